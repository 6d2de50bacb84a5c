"""Shares of variance against models whose indices are known: Ishigami, Sobol's g, and linear ones that are correlated."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forcesim.decide.indices import basis, explained, left, shared, walked

PATHS = 20_000
A, B = 7.0, 0.1
D1, D2, D13 = 0.5 * (1 + B * math.pi**4 / 5) ** 2, A**2 / 8, B**2 * math.pi**8 * 8 / 225
ISHIGAMI = {"first": np.array([D1, D2, 0.0]), "total": np.array([D1 + D13, D2, D13])}
G = np.array([0.0, 1.0, 4.5, 9.0])


def ishigami(u: np.ndarray) -> np.ndarray:
    x = math.pi * (2 * u - 1)
    return np.sin(x[0]) + A * np.sin(x[1]) ** 2 + B * x[2] ** 4 * np.sin(x[0])


def sobol_g(u: np.ndarray) -> np.ndarray:
    return np.prod((np.abs(4 * u - 2) + G[:, None]) / (1 + G[:, None]), axis=0)


def known(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and total indices of a model."""
    if name == "ishigami":
        whole = D1 + D2 + D13
        return ISHIGAMI["first"] / whole, ISHIGAMI["total"] / whole
    own = (1 / 3) / (1 + G) ** 2
    whole = np.prod(1 + own) - 1
    return own / whole, np.array([own[i] * np.prod(1 + np.delete(own, i)) for i in range(4)]) / whole


MODELS = {"ishigami": (ishigami, 3), "sobol g": (sobol_g, 4)}


@pytest.mark.parametrize("name", MODELS)
def test_indices_of_known_models(name: str) -> None:
    """First from given runs and total from moved ones: within 4 standard errors, with a hundredth for the basis."""
    (model, k), (first, total) = MODELS[name], known(name)
    u, v = np.random.default_rng(5).uniform(size=(2, k, PATHS))
    y = model(u)
    for i in range(k):
        found = explained(basis(u[i]), y)
        assert abs(found.value - first[i]) < 4 * found.error + 0.01
        moved = u.copy()
        moved[i] = v[i]
        found = left(y, model(moved))
        assert abs(found.value - total[i]) < 4 * found.error
        held = v.copy()
        held[i] = u[i]
        found = shared(y, model(held))
        assert abs(found.value - first[i]) < 4 * found.error
    with pytest.raises(AssertionError):  # the negative twin: a total is no first index
        assert abs(left(y, model(np.vstack([v[:1], u[1:]]))).value - first[0]) < 0.02


@pytest.mark.parametrize("name", MODELS)
def test_shapley_effects_of_known_models(name: str) -> None:
    """They sum to 1 and lie between first and total; of Ishigami the interaction of 1 and 3 is halved."""
    (model, k), (first, total) = MODELS[name], known(name)
    rng = np.random.default_rng(6)
    u, v = rng.uniform(size=(2, k, PATHS))
    order = rng.permuted(np.tile(np.arange(k)[:, None], PATHS), axis=0)
    now, steps = v.copy(), [model(v)]
    for place in range(k):
        now[order[place], np.arange(PATHS)] = u[order[place], np.arange(PATHS)]
        steps.append(model(now))
    found = walked(steps, order)
    assert sum(float(one.value) for one in found) == pytest.approx(1.0)
    for i, one in enumerate(found):
        assert first[i] - 4 * one.error < one.value < total[i] + 4 * one.error
        if name == "ishigami":
            assert abs(one.value - (first[i] + total[i]) / 2) < 4 * one.error


def test_errors_are_right() -> None:
    """Over 120 repetitions (value - truth) / error has mean 0 and variance 1, within 4 standard errors; months alike."""
    rng, z = np.random.default_rng(7), {"explained": [], "nothing": [], "shared": [], "controlled": []}
    for _ in range(120):
        x, other, e, f = rng.normal(size=(4, 600))
        y = np.stack([x + e, 2 * x + 2 * e])
        found = explained(basis(x), y)
        assert found.value.shape == (2,)
        assert found.value[0] == pytest.approx(found.value[1])
        z["explained"].append((found.value[0] - 0.5) / found.error[0])
        found = explained(basis(other), x + e)
        z["nothing"].append(found.value / found.error)
        found, away = shared(x + e, x + f), left(x + e, x + f)
        z["shared"].append((found.value - 0.5) / found.error)
        small = shared(0.1 * x + e, 0.1 * x + f, 0.1 * other + f)
        assert small.error < 0.5 * shared(0.1 * x + e, 0.1 * x + f).error
        z["controlled"].append((small.value - 0.01 / 1.01) / small.error)
        assert away.value == pytest.approx(1 - found.value)
    for name, values in z.items():
        assert abs(np.mean(values)) < 4 * np.std(values) / math.sqrt(120) + 0.25, name
        assert 0.5 < np.var(values) < 1.7, name


def test_an_output_that_does_not_vary_has_no_share() -> None:
    still = np.ones(100)
    assert math.isnan(explained(basis(np.arange(100.0)), still).value)
    assert math.isnan(shared(still, still).value)
    assert basis(still).shape == (100, 0)
