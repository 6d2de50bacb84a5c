"""Selection with a known best: the stated chance over 500 repetitions, and paths that go where the decision is open."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import bdtr

import forcesim as fs
from forcesim.decide.kim_nelson import KimNelson
from tests.support.laws import FALSE_ALARM
from tests.support.toys import toy_scenario

REPEATS, K, DELTA = 500, 5, 0.5
CORRELATION = 0.6


def race(rng: np.random.Generator, *, shared: float, delta: float = DELTA, means: np.ndarray) -> tuple[int, int]:
    """Return which is selected, and the paths spent on all."""

    def draws(count: int) -> np.ndarray:
        common = np.sqrt(shared) * rng.standard_normal(count)
        return means[:, None] + common + np.sqrt(1 - shared) * rng.standard_normal((K, count))

    found = KimNelson(draws(64), delta)
    spent = K * 64
    while not found.decided:
        spent += 32 * len(found.left)
        found.take(draws(32)[found.left])
    return found.best, spent


def test_the_best_is_selected_as_often_as_is_stated() -> None:
    """The hardest case: the best is ahead of all others by the indifference zone exactly. At 95 % or more."""
    rng, means = np.random.default_rng(1), np.r_[DELTA, np.zeros(K - 1)] * 0.4
    hits = sum(race(rng, shared=CORRELATION, delta=0.4 * DELTA, means=means)[0] == 0 for _ in range(REPEATS))
    assert bdtr(hits, REPEATS, 0.95) > FALSE_ALARM, f"{hits} of {REPEATS}"
    wide = sum(race(rng, shared=CORRELATION, delta=2.0, means=means)[0] == 0 for _ in range(REPEATS))
    assert bdtr(wide, REPEATS, 0.95) < FALSE_ALARM, "the negative twin: a zone ten times as wide as the lead"


def test_common_futures_spend_fewer_paths() -> None:
    means = np.array([0.2, 0.0, 0.0, 0.0, 0.0])
    spent = {
        shared: np.mean(
            [race(np.random.default_rng(run), shared=shared, delta=0.2, means=means)[1] for run in range(40)]
        )
        for shared in (0.0, 0.8)
    }
    assert spent[0.8] < 0.5 * spent[0.0]


def test_what_is_equal_ends_all_the_same() -> None:
    level = np.random.default_rng(2).standard_normal(64)
    assert KimNelson(np.stack([level, level]), 0.1).left == [0]


@pytest.fixture(scope="module")
def toy() -> fs.Scenario:
    return toy_scenario()


def drift(value: float) -> fs.Policy:
    return fs.Policy(title=f"drift {value}", settings=[fs.Setting(lever="nations.*.walk.drift", set=value)])


def test_policies_are_selected_on_common_futures(toy: fs.Scenario) -> None:
    """By total > 24 in a year; a drift of 1.05 against 1.0 is closer than 2.0, and takes more paths."""
    policies = ["status-quo", drift(1.05), drift(0.5), drift(0.2)]
    asked = {"at": "2026-01", "indifference": 0.02, "first": 128, "progress": False}
    found = fs.select(toy, policies, "total > 24", **asked)
    assert (found.best, found.decided, found.needed) == ("drift 1.05", True, 0)
    spent = found.to_dataframe()["paths"]
    assert spent["drift 0.2"] <= spent["drift 0.5"] < spent["status-quo"]
    assert found.paths == spent.sum()
    assert "selected with a chance of at least 95 %" in repr(found)
    same = fs.select(toy, policies, "total > 24", threads=1, **asked)
    assert same == found
    plain = fs.simulate(toy, "status-quo", paths=int(spent["status-quo"]), keep="paths")
    assert found.values["status-quo"].value == plain.chance("total > 24", at="2026-01").value


def test_what_few_paths_do_not_decide_is_said(toy: fs.Scenario) -> None:
    asked = {"at": "2026-01", "indifference": 1e-3, "first": 64, "most": 128, "progress": False}
    found = fs.select(toy, ["status-quo", drift(1.02)], "total > 24", **asked)
    assert not found.decided
    assert found.needed > 128
    assert "not decided" in repr(found)
    less = fs.select(toy, ["status-quo", drift(3.0)], "total", better="less", **{**asked, "indifference": 1.0})
    assert less.best == "status-quo"


def test_what_cannot_be_selected_is_refused(toy: fs.Scenario) -> None:
    policies = ["status-quo", "faster"]
    with pytest.raises(fs.ResultError, match="indifference: must be a number above 0, got 0"):
        fs.select(toy, policies, "total", at=12, indifference=0)
    with pytest.raises(fs.ResultError, match=r"confidence: must lie between 0\.5, which chance gives, and 1"):
        fs.select(toy, policies, "total", at=12, indifference=1, confidence=0.4)
    data = toy.to_dict()
    uniform = {"uniform": [0.5, 1.5], "assumption": "toy"}
    data["nations"]["DEU"]["walk"] = {"drift": uniform}
    designed = type(toy).of({**data, "sampling": {"design": "sobol"}})
    with pytest.raises(fs.ResultError, match="scenario: needs independent paths"):
        fs.select(designed, policies, "total", at=12, indifference=1)
