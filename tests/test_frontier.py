"""A known frontier, constraints, and the winner's curse: the best of many equals is flattered by the search alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

import forcesim as fs
from forcesim.decide.search import front_of, searched
from tests.support.laws import assert_mean
from tests.support.toys import toy_scenario


class Effort(fs.Process):
    """Two efforts: the price is a^2 + b^2, the gain a + 2 b + z. So on the frontier b is twice a."""

    name = section = "effort"

    class Parameters(fs.Section):
        a: fs.Share = fs.number(0.0, meaning="first effort", assumption="toy", lever=True)
        b: fs.Share = fs.number(0.0, meaning="second effort", assumption="toy", lever=True)

    writes = (
        fs.Indicator(name="price", unit="bn USD", meaning="price", outcome=True),
        fs.Indicator(name="gain", unit="units", meaning="gain", outcome=True),
    )
    draws = (fs.Draw("z_gain"),)

    def start(self, context: fs.Context) -> None:
        context.write("price")[:] = 0.0
        context.write("gain")[:] = 0.0

    def step(self, context: fs.Context, month: int) -> None:
        a, b = context.parameter("a"), context.parameter("b")
        context.write("price")[:] = a * a + b * b
        context.write("gain")[:] = a + 2.0 * b + context.draw("z_gain")


LEVERS = ("nations.DEU.effort.a", "nations.DEU.effort.b")
ASKED = {"cost": "price[DEU]", "against": "gain[DEU] >= 1", "at": "2025-02", "progress": False}


@pytest.fixture(scope="module")
def scenario() -> fs.Scenario:
    data = {"name": "effort", "start": "2025-01", "horizon": "2025-03", "nations": {"DEU": {"effort": {}}}}
    return fs.Scenario.of(data, [Effort])


@pytest.fixture(scope="module")
def found(scenario: fs.Scenario) -> fs.Frontier:
    return fs.frontier(scenario, LEVERS, tries=40, paths=1_000, again=2_000, **ASKED)


def best_chance(price: float) -> float:
    """Return the greatest chance for a price: a + 2 b is at most sqrt(5 price), while b is at most 1."""
    gain = math.sqrt(5.0 * price) if price <= 1.25 else math.sqrt(price - 1.0) + 2.0
    return float(ndtr(gain - 1.0))


def test_what_nothing_beats() -> None:
    costs, values = np.array([1.0, 2.0, 2.0, 3.0, 1.0]), np.array([1.0, 3.0, 2.0, 3.0, 1.0])
    assert front_of(costs, values).tolist() == [True, True, False, False, True]


def test_the_search_comes_near_the_known_frontier() -> None:
    """Without noise: half of what nothing beats lies within 0.005 of the curve, and all within 0.03, from end to end."""

    def score(point: np.ndarray) -> np.ndarray:
        return np.array([point @ point, float(ndtr(point[0] + 2.0 * point[1] - 1.0))])

    scores = np.array([score(point) for point in searched(score, 2, 48)])
    front = scores[front_of(*scores.T)]
    short = np.array([best_chance(price) - chance for price, chance in front])
    assert len(front) >= 12
    assert short.min() > -1e-9
    assert short.max() < 0.03
    assert np.median(short) < 0.005
    assert np.diff(np.sort(front[:, 1])).max() < 0.1
    grid = np.array([score(np.array(point)) for point in np.random.default_rng(1).random((48, 2))])
    apart = grid[front_of(*grid.T)]
    assert np.median([best_chance(price) - chance for price, chance in apart]) > 0.005, "the twin: points at random"


def test_the_known_frontier_is_found_on_futures(found: fs.Frontier) -> None:
    assert len(found.front) >= 10
    for point in found.front:
        a, b = point.settings.values()
        assert point.cost.value == pytest.approx(a * a + b * b, abs=1e-12)
        truth = float(ndtr(a + 2.0 * b - 1.0))
        assert abs(point.value.value - truth) < 4.5 * max(point.value.error, 1e-3)
        assert best_chance(point.cost.value) - truth < 0.03
    cheapest = found.cheapest(0.7)
    assert cheapest is not None
    gain = 1.0 + 0.5244
    assert cheapest.cost.value == pytest.approx(gain**2 / 5.0, rel=0.2)
    assert found.cheapest(0.99) is None
    assert {"cost", "low", "high", "sure", *LEVERS} <= set(found.to_dataframe().columns)
    assert "tried" in repr(found)


def test_bands_hold_all_at_once(found: fs.Frontier) -> None:
    truths = [float(ndtr(a + 2.0 * b - 1.0)) for a, b in (point.settings.values() for point in found.points)]
    assert all(point.value.low <= truth <= point.value.high for point, truth in zip(found.points, truths, strict=True))
    widths = [
        (point.value.high - point.value.low) / point.value.error for point in found.points if point.value.high < 1
    ]
    assert min(widths) > 2 * 1.96


def test_the_same_on_one_thread(scenario: fs.Scenario) -> None:
    asked = {"tries": 10, "paths": 1_500, "again": 1_500, **ASKED}
    assert fs.frontier(scenario, LEVERS, threads=1, **asked) == fs.frontier(scenario, LEVERS, threads=2, **asked)


def test_a_constraint_keeps_points_out(scenario: fs.Scenario) -> None:
    """Gain >= 0 with a chance of 0.95: a + 2 b of at least 1.645."""
    held = fs.frontier(scenario, LEVERS, tries=20, paths=500, constraints={"gain[DEU] >= 0": 0.95}, **ASKED)
    assert held.front
    for point in held.front:
        a, b = point.settings.values()
        assert point.admissible
        assert a + 2 * b > 1.645 - 0.25
    assert held.front[0].cost.value > 0.4


def test_the_best_of_equals_is_flattered_by_the_search_alone() -> None:
    """Eight policies of one price and one chance, each with chance of its own; the truth is 1 - ndtr(0) = 0.5."""
    names = ("DEU", "FRA", "GBR", "ITA", "ESP", "POL", "NLD", "BEL")
    off = {f"nations.{name}.sum.weight": 0.0 for name in names}
    toy = toy_scenario(names).with_values(off)
    policies = [
        fs.Policy(title=name, settings=[fs.Setting(lever=f"nations.{name}.sum.weight", set=1.0)]) for name in names
    ]
    asked = {"cost": "total - total", "against": "total > 12", "at": "2026-01", "paths": 200, "again": 200}
    flattered, fresh = [], []
    for seed in range(0, 24, 2):
        found = fs.frontier(toy, policies, seed=seed, progress=False, **asked)
        best = max(found.points, key=lambda point: point.searched_value)
        flattered.append(best.searched_value)
        fresh.append(best.value.value)
    assert_mean(fresh, 0.5, "fresh")
    with pytest.raises(AssertionError):
        assert_mean(flattered, 0.5, "the negative twin: on the futures of the search")
    assert np.mean(flattered) - 0.5 == pytest.approx(1.42 * math.sqrt(0.25 / 200), rel=0.4)


def test_what_cannot_be_weighed_is_refused(scenario: fs.Scenario) -> None:
    with pytest.raises(fs.ResultError, match="cost: must be a number"):
        fs.frontier(scenario, LEVERS, **{**ASKED, "cost": "gain[DEU] > 1"})
    with pytest.raises(fs.ResultError, match="constraints: must be true or false"):
        fs.frontier(scenario, LEVERS, constraints={"gain[DEU]": 0.5}, **ASKED)
    with pytest.raises(fs.ResultError, match=r"levers\.nations\.DEU\.effort\.a: must be \(low, high\)"):
        fs.frontier(scenario, {LEVERS[0]: 1.0}, **ASKED)
    with pytest.raises(fs.ResultError, match="lever: must be a lever"):
        fs.frontier(scenario, {"nations.DEU.effort.c": (0, 1)}, **ASKED)
    with pytest.raises(fs.ResultError, match="given: must be true on some path"):
        fs.frontier(scenario, LEVERS, given="gain[DEU] > 1e9", tries=4, paths=64, **ASKED)
