"""The least setting that is enough: closed forms, coverage of its interval, what is not monotone, what cannot be reached."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtri

import forcesim as fs
from forcesim.decide.inverse import Response
from tests.support.laws import assert_share
from tests.support.toys import toy_scenario

DRIFT = "nations.DEU.walk.drift"
WANTED = (40.0 - 12.0 + math.sqrt(24.0) * float(ndtri(0.8))) / 12.0
"""The total in month 12 is N(12 d + 12, 24): at least 40 with a chance of 0.8."""


@pytest.fixture(scope="module")
def toy() -> fs.Scenario:
    return toy_scenario()


def test_a_certain_scenario_is_solved_exactly(toy: fs.Scenario) -> None:
    """Without chance the total is 12 d + 12: at least 40 from 28 / 12 on, and at no less."""
    still = toy.without_noise()
    found = fs.solve(still, DRIFT, reach="total >= 40", at="2026-01", low=0, high=4, progress=False)
    assert found.setting.value == pytest.approx(28 / 12, abs=1e-7)
    assert (found.setting.error, found.best.value) == (0.0, 1.0)
    below = still.with_values({DRIFT: found.setting.value - 1e-6})
    assert fs.simulate(below, paths=1).chance("total >= 40", at="2026-01").value == 0.0
    seed = fs.load("seed-figures").without_noise()
    lever = "nations.FRA.contingent.deployed"
    need = fs.solve(seed, lever, reach="gap <= 425_000", at="2026-01", high=118_000, progress=False)
    assert need.setting.value == pytest.approx(75_000, abs=1)


def test_a_normal_answer_is_found_within_its_error(toy: fs.Scenario) -> None:
    found = fs.solve(toy, DRIFT, reach="total >= 40", at="2026-01", low=0, high=6, paths=4_000, progress=False)
    assert abs(found.setting.value - WANTED) < 4 * found.setting.error
    assert found.setting.low < found.setting.value < found.setting.high
    assert found.setting.error < 0.05
    assert abs(found.best.value - 0.8) < 4 * found.best.error
    assert found.falls is None
    wrong = (40.0 - 12.0 + math.sqrt(24.0) * float(ndtri(0.9))) / 12.0
    assert abs(found.setting.value - wrong) > 4 * found.setting.error, "the twin: another chance"
    same = fs.solve(toy, DRIFT, reach="total >= 40", at="2026-01", low=0, high=6, paths=4_000, threads=1)
    assert same == found


def test_the_interval_covers_as_often_as_it_says() -> None:
    """Answers are x >= z for normal z: the level 0.8 is reached at 0.8416; half the width covers less often."""
    rng, hits, narrow, runs = np.random.default_rng(5), 0, 0, 80
    truth = float(ndtri(0.8))
    for _ in range(runs):
        z = rng.standard_normal(400)
        found, fell = Response(lambda x, z=z: (x >= z).astype(float), -3.0, 3.0, 0.8).solved()
        assert fell is None
        hits += found.low <= truth <= found.high
        narrow += abs(found.value - truth) <= (found.high - found.low) / 4
    assert_share(hits, runs, 0.95, "covered")
    with pytest.raises(AssertionError):
        assert_share(narrow, runs, 0.95, "the negative twin: half the width")


def test_a_response_that_falls_is_reported() -> None:
    z = np.random.default_rng(6).standard_normal(2000)

    def hill(x: float) -> np.ndarray:
        return (4.0 - (x - 2.0) ** 2 >= 2.0 + z).astype(float)

    found, fell = Response(hill, 0.0, 4.0, 0.8).solved()
    assert fell is not None
    assert fell[0] < fell[1]
    truth = 2.0 - math.sqrt(2.0 - float(ndtri(0.8)))
    assert abs(found.value - truth) < 4 * found.error
    flat = Response(lambda x: (z + 0.5 * np.random.default_rng(int(x)).random(2000) < 0.0).astype(float), 0.0, 4.0, 0.8)
    assert flat.fall() is None, "chance alone is no fall"


def test_what_is_never_enough_gives_the_best_and_the_fresh_chance(toy: fs.Scenario) -> None:
    found = fs.solve(toy, DRIFT, reach="total >= 90", at="2026-01", low=0, high=6, paths=1_000, progress=False)
    assert not found.reached
    assert math.isnan(found.setting.value)
    assert found.best_at == 6.0
    truth = 1.0 - 0.5 * math.erfc(-(90.0 - 84.0) / math.sqrt(48.0))
    assert abs(found.best.value - truth) < 4 * found.best.error
    assert "cannot be reached" in found.sentences[0]
    assert (found.binding, found.nation) == ("", "")
    assert "cannot be reached" in repr(found)
    assert list(found.to_dataframe().columns) == ["chance", "error", "low", "high", "n"]


def army(**values: float) -> fs.Scenario:
    """Return an army of 100,000 at war without losses, which wants recruits and is let have as many as limits allow."""
    own = {"strength": 100_000, "pool": 1e6, "ceiling": 1e9, "casualty_rate": 0, **values}
    return fs.Scenario.of(
        {"name": "army", "start": "2025-01", "horizon": "2026-02", "noise": False, "nations": {"UKR": {"army": own}}}
    )


@pytest.mark.parametrize(("limit", "values"), [("ceiling", {"ceiling": 112_000}), ("pool", {"pool": 10_000})])
def test_the_limit_that_binds_is_named(limit: str, values: dict[str, float]) -> None:
    lever = "nations.UKR.army.mobilisation"
    found = fs.solve(army(**values), lever, reach="strength[UKR] >= 120_000", at="2026-01", high=10_000, progress=False)
    assert not found.reached
    assert found.binding == limit
    assert found.nation == "UKR"
    assert found.limits[limit].value == 1.0
    assert limit in found.sentences[-1]
    free = fs.solve(army(), lever, reach="strength[UKR] >= 120_000", at="2026-01", high=10_000, progress=False)
    assert free.setting.value == pytest.approx(20_000 / 12, rel=1e-3)
    assert free.binding == ""


def test_a_condition_asks_of_some_paths_only(toy: fs.Scenario) -> None:
    """Given that the total is above 0, which it is: the same; given that it never is: refused."""
    asked = {"reach": "total >= 40", "at": "2026-01", "low": 0, "high": 6, "paths": 500, "progress": False}
    assert fs.solve(toy, DRIFT, given="total > -1e9", **asked).setting == fs.solve(toy, DRIFT, **asked).setting
    with pytest.raises(fs.ResultError, match="given: must be true on some path, got total > 1000000000"):
        fs.solve(toy, DRIFT, given="total > 1e9", **asked)


def test_a_lever_may_be_scaled_from_a_month_on(toy: fs.Scenario) -> None:
    """Twice the drift from month 7 on gives 6 more; the total is then 12 + 6 + 6 s for both walks: 12 s + 12."""
    found = fs.solve(
        toy.without_noise(),
        "nations.*.walk.drift",
        reach="total >= 40",
        at="2026-01",
        high=5,
        way="scale",
        start="2025-08",
    )
    assert found.setting.value == pytest.approx(28 / 12, abs=1e-7)
    assert found.unit == "ratio"


REFUSED = {
    "no bound": ({"lever": DRIFT, "low": 0}, "high: must be given: nations.DEU.walk.drift has no bound of its own"),
    "no lever": ({"lever": "nations.DEU.walk.spread", "low": 0, "high": 1}, "lever: must be a lever"),
    "a number": ({"lever": DRIFT, "reach": "total", "low": 0, "high": 1}, "reach: must be true or false"),
    "no chance": ({"lever": DRIFT, "chance": 1, "low": 0, "high": 1}, "chance: must lie in"),
    "order": ({"lever": DRIFT, "low": 1, "high": 1}, "low: must be below high, got '1 and 1'"),
    "way": ({"lever": DRIFT, "way": "ramp", "low": 0, "high": 1}, "way: must be one of set, add, scale, at_least"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_solved_is_refused(toy: fs.Scenario, case: str) -> None:
    given, message = REFUSED[case]
    with pytest.raises(fs.ResultError) as caught:
        fs.solve(toy, **{"reach": "total >= 40", "at": "2026-01", "paths": 2, **given})
    assert message.replace("'", "") in str(caught.value).replace("'", "")
