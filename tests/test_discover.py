"""Other tools: a known box found by PRIM and CART, EMA's form of experiments, and a function that all three drive."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import forcesim as fs
from forcesim.decide.boxes import by_cart, by_prim
from tests.test_sensitivity import LEVELS, walks

ROWS = 2_400


def workbench() -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("ema_workbench")


def cases() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return rows of which those with a < 0.4, b > 0.5 and a word that is not "two" are cases nine times in ten, others seldom."""
    rng = np.random.default_rng(13)
    x = pd.DataFrame(rng.uniform(size=(ROWS, 5)), columns=[*"abcde"])
    x["word"] = pd.Categorical(rng.choice(["one", "two", "three"], size=ROWS))
    inside = (x["a"] < 0.4) & (x["b"] > 0.5) & (x["word"] != "two")
    return x, (rng.uniform(size=ROWS) < np.where(inside, 0.9, 0.05)).astype(float), np.arange(ROWS) % 2 == 0


@pytest.mark.slow
def test_prim_finds_a_known_box() -> None:
    workbench()
    x, y, learn = cases()
    boxes = by_prim(x, y, learn, mass=0.05)
    assert boxes[0].limits == {}
    assert boxes[0].coverage == 1.0
    assert boxes[0].density == pytest.approx(y[learn].mean())
    best = next(box for box in boxes if box.density > 0.85)
    assert best.limits["a"][1] == pytest.approx(0.4, abs=0.07)
    assert best.limits["b"][0] == pytest.approx(0.5, abs=0.07)
    assert best.limits["word"] == frozenset({"one", "three"})
    assert best.fresh_density == pytest.approx(0.88, abs=0.08)
    assert best.fresh_coverage == pytest.approx(0.735, abs=0.1)
    assert best.quasi_p["a"][1] < 1e-6
    assert boxes[-1].mass >= 0.05
    chance = (np.random.default_rng(14).uniform(size=ROWS) < 0.1).astype(float)
    nothing = by_prim(x, chance, learn, mass=0.05)[-1]
    assert nothing.density > 1.3 * nothing.fresh_density  # what chance chose does not come again


def test_cart_finds_it_too() -> None:
    pytest.importorskip("sklearn")
    x, y, learn = cases()
    best = by_cart(x, y, learn, mass=0.05)[0]
    assert best.limits["a"][1] == pytest.approx(0.4, abs=0.07)
    assert best.limits["b"][0] == pytest.approx(0.5, abs=0.07)
    assert best.fresh_density == pytest.approx(0.88, abs=0.08)


@pytest.mark.slow
def test_discover_in_a_scenario() -> None:
    """A low sum gathers where levels are low and walks are slow: the policy is an input."""
    workbench()
    found = fs.discover(walks(), ["status-quo", "faster"], "total < 305", at="2026-01", paths=1_024, threads=1)
    assert found.policies == ("status-quo", "faster")
    last = found.boxes[-1]
    assert last.limits["policy"] == frozenset({"status-quo"})
    assert np.isinf(last.limits[LEVELS["DEU"]][0])
    assert last.fresh_density > 2 * found.base
    frame = found.trajectory()
    assert list(frame.columns) == ["coverage", "density", "fresh_coverage", "fresh_density", "mass", "res_dim"]
    assert "policy" in found.box().index
    again = fs.discover(walks(), ["status-quo", "faster"], "total < 305", at="2026-01", paths=1_024, threads=2)
    assert again.trajectory().equals(found.trajectory())
    assert found.figure().axes[0].get_xlabel().startswith("coverage")


def test_a_tree_in_a_scenario() -> None:
    pytest.importorskip("sklearn")
    asked = (walks(), ["status-quo", "faster"], "total < 305")
    one, two = (fs.discover(*asked, at="2026-01", method="cart", paths=1_024, threads=k) for k in (1, 2))
    assert one.boxes[0].limits["policy"] == frozenset({"status-quo"})
    assert one.boxes[0].fresh_density > 2 * one.base > 2 * one.boxes[-1].fresh_density
    assert one.trajectory().equals(two.trajectory())
    assert one.figure().axes[0].get_xlabel().startswith("coverage")


def test_refusals() -> None:
    with pytest.raises(fs.ResultError, match="must be true or false"):
        fs.discover(walks(), "status-quo", "total", at="2026-01", method="cart")
    with pytest.raises(fs.ResultError, match=r"must be true on 20 paths, and false on as many, got 0 of 4,096 paths"):
        fs.discover(walks(), "status-quo", "total < -1000", at="2026-01", method="cart", threads=1)
    with pytest.raises(fs.ResultError, match="must be an input of the function"):
        fs.as_function(walks(), None, "total", list(LEVELS.values()), paths=4)(level=1.0)


def test_experiments_are_in_the_form_of_ema_workbench() -> None:
    experiments, outcomes = fs.to_ema(
        walks(), ["status-quo", "faster"], ["total", "total > 300"], at="2025-12", paths=300
    )
    assert list(experiments.columns) == [*LEVELS.values(), "scenario", "policy", "model"]
    assert experiments["policy"].tolist() == ["status-quo"] * 300 + ["faster"] * 300
    run = fs.simulate(walks(), "faster", paths=300, keep=["total"])
    assert np.array_equal(outcomes["total"][300:], run.sample("total", at="2025-12"))
    assert np.array_equal(experiments[LEVELS["FRA"]][300:], run.inputs[LEVELS["FRA"]])
    assert np.array_equal(outcomes["total > 300"], outcomes["total"] > 300)
    _, courses = fs.to_ema(walks(), "faster", "total", paths=8)
    assert courses["total"].shape == (8, 13)


def test_a_scenario_is_a_function() -> None:
    """The sum moves one for one with a level, on the same futures in every call; a chance is one of them."""
    name = LEVELS["POL"]
    one = fs.as_function(walks(), None, ["total", "total > 288"], name, at="2025-07", paths=64)
    low, high = one(**{name: 80.0}), one(**{name: 100.0})
    assert high["total"] - low["total"] == pytest.approx(20.0)
    assert 0.0 <= low["total > 288"] < high["total > 288"] <= 1.0
    assert one.bounds[name][1] == pytest.approx(90 + 2.5758 * 2.0, abs=0.01)
    lever = fs.as_function(walks(), None, "total", {"nations.DEU.walk.drift": (0.0, 2.0)}, at="2025-07", paths=64)
    assert lever.problem == {"num_vars": 1, "names": ["nations.DEU.walk.drift"], "bounds": [[0.0, 2.0]]}
    assert np.diff(lever.evaluate(np.array([[0.0], [1.0]]))) == pytest.approx(6.0)


@pytest.mark.slow
def test_three_tools_drive_it() -> None:
    ema = workbench()
    optuna = pytest.importorskip("optuna")
    pytest.importorskip("SALib")
    from SALib.analyze import rbd_fast
    from SALib.sample import latin

    f = fs.as_function(walks(rho=0), None, "total", list(LEVELS.values()), at="2025-07", paths=16, threads=1)
    x = latin.sample(f.problem, 128, seed=1)
    found = rbd_fast.analyze(f.problem, x, f.evaluate(x), seed=1)
    assert int(np.argmax(found["S1"])) == 0
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
    study.optimize(f.objective, n_trials=25)
    assert study.best_value > f()["total"] + 3.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        experiments, outcomes = ema.perform_experiments(f.to_ema("walks"), scenarios=16)
    assert set(LEVELS.values()) <= set(experiments.columns)
    assert np.corrcoef(experiments[list(LEVELS.values())].sum(axis=1), outcomes["total"])[0, 1] > 0.999
