"""Front: ground by hand, its noise against the closed form, the collapse below a breakpoint, bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forcesim.processes.front import Common, Front, advance_law, collapse_hazard, move
from forcesim.processes.phases import CEASEFIRE, DEFEAT, LOCAL_ATTACK, WAR
from tests.support.alone import run_alone, without_compiler
from tests.support.laws import assert_mean

AREA = 603_628.0
STILL = {"advance_noise": 0, "ground_elasticity": 1, "advance": 300}


def run(months: int, *, reads=None, **arguments) -> dict[str, np.ndarray]:
    """Run the front; each series as (month, path)."""
    own = {k: arguments.pop(k) for k in ("paths", "seed", "noise", "per_path") if k in arguments}
    given = {"phase": WAR, "activity": 1.0, "front_ratio_alone": 0.8, **(reads or {})}
    found = run_alone(Front(), None, Common(**arguments), reads=given, months=months, **own)
    return {name: series[:, 0, 0] for name, series in found.items()}


def test_ground_by_hand() -> None:
    found = run(12, **STILL)
    np.testing.assert_array_equal(found["ground_taken"][:, 0], [0] + 12 * [300])
    assert found["territory"][12, 0] == pytest.approx(0.81 - 3600 / AREA)
    ratio = {"front_ratio_alone": lambda month: 0.8 if month < 4 else 0.4}
    assert run(6, reads=ratio, **STILL)["ground_taken"][3:6, 0].tolist() == [
        300,
        pytest.approx(600),
        pytest.approx(600),
    ]
    unknown = {"front_ratio_alone": lambda month: -1.0 if month < 4 else 0.4}
    assert run(6, reads=unknown, **STILL)["ground_taken"][1:6, 0].tolist() == 5 * [
        300
    ]  # the first known one is the base
    for phase, taken in ((CEASEFIRE, 0), (DEFEAT, 0), (LOCAL_ATTACK, 60)):
        reads = {"phase": phase, "activity": 0.2}
        assert run(2, reads=reads, **STILL)["ground_taken"][2, 0] == pytest.approx(taken)


def test_the_advance_falls_with_the_ratio_whoever_advances() -> None:
    for advance in (300.0, -300.0, 0.0):
        found = [advance_law(advance, r, 0.7) for r in (0.25, 0.5, 1.0, 2.0, 4.0)]
        assert found == sorted(found, reverse=True)
        assert found[2] == advance
        assert [advance_law(advance, r, 0.0) for r in (0.25, 4.0)] == [advance, advance]
    assert advance_law(300.0, 0.5, 1.0) == pytest.approx(600)
    assert advance_law(-300.0, 0.5, 1.0) == pytest.approx(-150)


def test_the_noise_is_the_autoregression_that_the_page_states() -> None:
    """Over a year of 20,000 paths: the spread of the sum by its closed form; without memory it would be smaller."""
    rho, sd, n, paths = 0.5, 150.0, 12, 20_000
    found = run(n, paths=paths, seed=1, advance=300, advance_noise=sd, advance_memory=rho)
    total = found["ground_taken"].sum(axis=0)
    assert_mean(total, 300.0 * n, "ground of a year")
    variance = sd**2 * (n + 2 * sum((n - k) * rho**k for k in range(1, n)))
    error = variance * math.sqrt(2 / paths)
    assert abs(total.var(ddof=1) - variance) < 4 * error
    assert abs(total.var(ddof=1) - sd**2 * n) > 4 * error  # the twin: months that know nothing of each other
    np.testing.assert_allclose(found["ground_taken"][1].std(), sd, rtol=4 / math.sqrt(2 * paths))


def test_ground_stays_within_the_country() -> None:
    taken = run(100, advance=50_000, **{k: v for k, v in STILL.items() if k != "advance"})
    assert taken["territory"][-1, 0] == 0
    assert taken["ground_taken"].sum() == pytest.approx(0.81 * AREA)
    back = run(100, advance=-50_000, **{k: v for k, v in STILL.items() if k != "advance"})
    assert back["territory"][-1, 0] == 1
    assert back["ground_taken"].sum() == pytest.approx(-0.19 * AREA)
    found = run(60, paths=200, seed=2, advance_noise=5_000)
    np.testing.assert_allclose(-np.diff(found["territory"], axis=0) * AREA, found["ground_taken"][1:], atol=1e-6)


def test_a_defence_may_collapse_below_the_breakpoint_only() -> None:
    by = {"phase": WAR, "break_ratio": 0.4, "collapse_rate": 0.1}
    assert collapse_hazard(front_ratio_alone=0.2, **by) == pytest.approx(0.1 * math.log(2))
    assert collapse_hazard(front_ratio_alone=0.4, **by) == collapse_hazard(front_ratio_alone=2.0, **by) == 0
    assert collapse_hazard(front_ratio_alone=-1.0, **by) == 0  # nobody knows the ratio
    for phase in (CEASEFIRE, LOCAL_ATTACK, DEFEAT):
        assert collapse_hazard(front_ratio_alone=0.2, **{**by, "phase": phase}) == 0
    found = run(3, reads={"front_ratio_alone": 0.2}, break_ratio=0.4)
    assert found["collapse_hazard"][1, 0] == pytest.approx(0.1 * math.log(2))


def test_what_a_month_gives_by_hand() -> None:
    numbers = {
        "territory": 0.8, "advance_shock": 100.0, "ratio_at_first": 0.8, "phase": WAR, "activity": 1.0,
        "front_ratio_alone": 0.8, "area": 1e5, "advance": 200.0, "advance_noise": 50.0, "advance_memory": 0.6,
        "ground_elasticity": 1.0, "z_front": 1.0, "first_year": 0.0,
    }  # fmt: skip
    found = move(**numbers)
    assert found == (pytest.approx(0.8 - 300 / 1e5), pytest.approx(300.0), pytest.approx(60 + 40), 0.8)
    assert move(**{**numbers, "advance_shock": 0.0, "first_year": 1.0}).advance_shock == pytest.approx(50.0)


def test_every_number_acts_on_its_own_path() -> None:
    for name, field in Common.model_fields.items():
        value = field.default.value
        reads = {"front_ratio_alone": lambda month: 0.5 - 0.03 * month}
        alone = run(12, paths=2, seed=3, reads=reads)
        mixed = run(12, paths=2, seed=3, reads=reads, per_path={name: np.array([value, 0.9 * value])})
        for series, found in mixed.items():
            np.testing.assert_array_equal(found[:, 0], alone[series][:, 0])
        assert any((found[:, 1] != alone[series][:, 1]).any() for series, found in mixed.items()), name


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = {"front_ratio_alone": lambda month: 0.5 - 0.01 * month}
    compiled = [run(30, paths=5, seed=4, reads=reads, noise=noise) for noise in (True, False)]
    without_compiler(monkeypatch)
    plain = [run(30, paths=5, seed=4, reads=reads, noise=noise) for noise in (True, False)]
    for one, other in zip(compiled, plain, strict=True):
        for name, series in one.items():
            np.testing.assert_array_equal(series, other[name], err_msg=name)
