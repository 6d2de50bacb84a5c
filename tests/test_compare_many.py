"""Comparisons of many policies, scenarios and outcomes: intervals that hold at once, conditions, dominance, sentences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtri

import forcesim as fs
from forcesim.decide.differing import Sampled, ratio_of_differences
from forcesim.decide.dominance import dominance
from forcesim.decide.influence import critical, error_of, influence
from tests.support.laws import assert_share
from tests.support.toys import TOYS, toy_data, toy_scenario

REPEATS = 200


@pytest.fixture(scope="module")
def toy() -> fs.Scenario:
    heavier = {"title": "Heavier", "settings": [{"lever": "nations.*.sum.weight", "set": 1.5}]}
    return toy_scenario(policies={**toy_data()["policies"], "heavier": heavier})


def test_simultaneous_intervals_cover_all_at_once() -> None:
    """Six means with correlation 0.5: all covered in 95 %; intervals of 1.96 errors cover all less often."""
    rng, hits, narrow = np.random.default_rng(1), 0, 0
    for _ in range(REPEATS):
        shared = rng.standard_normal(200)
        psis = [influence(x) for x in rng.standard_normal((6, 200)) + shared]
        means = rng.standard_normal() / math.sqrt(200) + rng.standard_normal(6) / math.sqrt(200)
        errors = np.array([error_of(psi) for psi in psis])
        furthest = float((np.abs(means) / errors).max())
        hits += furthest <= critical(psis)
        narrow += furthest <= 1.96
    assert_share(hits, REPEATS, 0.95, "all covered")
    with pytest.raises(AssertionError):
        assert_share(narrow, REPEATS, 0.95, "the negative twin: 1.96 errors")


def test_the_critical_value_is_known_where_means_are_independent_or_one() -> None:
    apart = list((np.eye(4)[:, :, None] * np.array([1.0, -1.0])).reshape(4, 8))
    assert critical(apart) == pytest.approx(float(ndtri((1 + 0.95**0.25) / 2)), abs=0.02)
    assert critical([apart[0]] * 4) == pytest.approx(1.96, abs=0.02)
    assert critical(apart[:1]) == pytest.approx(1.959964, abs=1e-6)


def test_a_conditional_difference_has_the_error_of_a_ratio() -> None:
    """Each mean is over its own paths: the interval covers 95 %; that of the paths in common is another question."""
    rng, hits, runs = np.random.default_rng(2), 0, 2_000
    for _ in range(runs):
        x, u = rng.standard_normal(400), rng.random(400)
        one, other = np.where(u < 0.4, x + 1.0, np.nan), np.where(u < 0.7, 2.0 * x, np.nan)
        psi = influence(one) - influence(other)
        hits += abs(np.nanmean(one) - np.nanmean(other) - 1.0) <= 1.96 * error_of(psi)
    assert_share(hits, runs, 0.949, "covered")


def test_dominance_is_seen_where_it_is_and_not_where_it_is_not() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(2000)
    assert (dominance(x + 0.3, x).first, dominance(x, x + 0.3).first) == ("dominates", "is dominated")
    assert dominance(x + 0.3, x).second == "dominates"
    assert dominance(x + 0.3, x, more=False).first == "is dominated"
    spread = dominance(x, 2.0 * x)
    assert (spread.first, spread.second) == ("neither", "dominates")
    runs = 60
    refused = sum(dominance(*rng.standard_normal((2, 100))).p_first[0] < 0.05 for _ in range(runs))
    assert refused <= 0.05 * runs + 4 * math.sqrt(0.05 * 0.95 * runs)
    assert refused > 0, "a test that never refuses is none"


def test_the_cost_of_an_effect_has_fiellers_interval() -> None:
    """Cost 6.4 and effect 2 a path: 3.2, covered in 95 %. An effect that may be none has no end."""
    rng, hits, runs = np.random.default_rng(4), 0, 1_000
    for _ in range(runs):
        effect = 2.0 + 8.0 * rng.standard_normal(200)
        cost = 6.0 + 0.2 * effect + 20.0 * rng.standard_normal(200)
        found = ratio_of_differences(Sampled(effect, cost), Sampled(np.zeros(200), np.zeros(200)), "")
        hits += found.low <= 6.4 / 2.0 <= found.high
    assert_share(hits, runs, 0.95, "covered")
    level = rng.standard_normal(200)
    level += 0.01 - level.mean()
    none = ratio_of_differences(Sampled(level, level + 9.0), Sampled(np.zeros(200), np.zeros(200)), "")
    assert (none.low, none.high, none.note) == (-math.inf, math.inf, "the effect may be none")


def test_several_outcomes_and_what_is_told_of_each(toy: fs.Scenario) -> None:
    names = ["status-quo", "heavier", "faster"]
    found = fs.compare(toy, names, ["total", "total > 30"], by="2026-01", cost="total", paths=512, seed=3)
    assert list(found) == ["total", "total > 30"]
    assert len(found) == 2
    one = found["total"]
    plain = fs.compare(toy, names, "total", at="2026-01", paths=512, seed=3)
    assert plain.differences == one.differences
    assert one.critical > plain.critical >= 1.959963
    wide, narrow = one.details["heavier"].simultaneous, one.differences["heavier"]
    assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(one.critical / 1.959964, rel=1e-6)
    assert one.details["heavier"].cost_per_effect.value == pytest.approx(1.0)
    assert one.details["heavier"].dominance.first == "dominates"
    assert sum(x.value for x in one.best.values()) == pytest.approx(1.0)
    assert sum(one.best_on_average.values()) == pytest.approx(1.0)
    frame = found.to_dataframe(details=True)
    assert frame.index.names == ["outcome", "policy"]
    assert {"simultaneous_low", "second_order", "paths_needed", "best"} <= set(frame.columns)
    assert len(found.sentences) == 4
    assert "hold all at once" in repr(found)


def test_the_best_is_the_one_that_is_best_path_by_path(toy: fs.Scenario) -> None:
    names = ["status-quo", "faster", "ramped"]
    found = fs.compare(toy, names, "level[DEU]", at="2026-01", paths=256, seed=4, better="less")
    runs = [fs.simulate(toy, name, paths=256, seed=4, keep="paths").sample("level[DEU]", at=12) for name in names]
    least = np.argmin(runs, axis=0)
    for place, name in enumerate(names):
        assert found.best[name].value == pytest.approx(float((least == place).mean()))
    assert found.best_on_average["status-quo"] == 1.0
    more = fs.compare(toy, names, "level[DEU]", at="2026-01", paths=256, seed=4)
    assert more.best["status-quo"].value == 0.0


def test_how_much_earlier_it_comes_true(toy: fs.Scenario) -> None:
    """Without chance the total rises by 2 a month, under ``heavier`` by 3: 12 in month 6 and in month 4."""
    pair = fs.compare(toy.without_noise(), ["status-quo", "heavier"], "total >= 12", by="2025-08", paths=1)
    told = pair.details["heavier"]
    spread = toy.with_values({f"nations.{who}.walk.spread": 0.0 for who in ("DEU", "FRA")})
    again = fs.compare(spread, ["status-quo", "heavier"], "total >= 12", by="2025-08", paths=2).details["heavier"]
    assert told.months_earlier.value == again.months_earlier.value == 2.0
    assert (told.earlier.value, told.later.value) == (1.0, 0.0)
    late = fs.compare(spread, ["status-quo", "heavier"], "total >= 12", by="2025-05", paths=256)
    assert late.sentences[0] == (
        "The chance of total >= 12 by 2025-05 is 100.0 percentage points higher under heavier than under status-quo "
        "(95 %: 97.9 to 100.0), and higher in 100.0 ± 0.4 % of futures."
    )


def test_a_sentence_says_when_two_are_not_told_apart(toy: fs.Scenario) -> None:
    pair = fs.compare(toy, ["status-quo", "faster"], "total > 1e6", by="2026-01", paths=64)
    assert pair.details["faster"].open
    assert pair.sentences == ("faster and status-quo are not told apart in total > 1e6 by 2026-01.",)
    small = fs.Policy(title="small", settings=[fs.Setting(lever="nations.*.sum.weight", set=1.0 + 1e-9)])
    close = fs.compare(toy, ["ramped", ["ramped", small]], "total > 20", at="2026-01", paths=256)
    assert close.details["ramped + small"].paths_needed is None


def test_paths_needed_tell_two_apart(toy: fs.Scenario) -> None:
    """Chances that differ little: open on few paths, and told apart on twice as many as it asks for."""
    small = fs.Policy(title="small", settings=[fs.Setting(lever="nations.*.sum.weight", set=1.02)])
    few = fs.compare(toy, ["status-quo", small], "total > 24", at="2026-01", paths=64, seed=4)
    needed = few.details["small"].paths_needed
    assert needed is not None
    assert needed > 64
    many = fs.compare(toy, ["status-quo", small], "total > 24", at="2026-01", paths=max(2 * needed, 2048), seed=9)
    assert many.details["small"].paths_needed == 0


def test_conditions_are_those_of_a_result(toy: fs.Scenario) -> None:
    asked = {"at": "2026-01", "given": "sign == 'above'"}
    pair = fs.compare(toy, ["status-quo", "heavier"], "total > 24", paths=256, seed=5, **asked)
    for name in ("status-quo", "heavier"):
        result = fs.simulate(toy, name, paths=256, seed=5, keep="paths")
        assert pair.values[name].value == result.chance("total > 24", **asked).value
    assert pair.differences["heavier"].value == pair.values["heavier"].value - pair.values["status-quo"].value
    never = fs.compare(toy, ["status-quo", "heavier"], "total", at=12, given="total > 1e9", paths=64)
    assert math.isnan(never.differences["heavier"].value)
    assert never.sentences[0].startswith("No future tells")


def test_scenarios_are_compared_as_policies_are(toy: fs.Scenario) -> None:
    other = toy.with_values({"nations.DEU.walk.drift": 1.25})
    both = {"as it is": toy, "more": other}
    under = fs.compare(both, ["status-quo", "heavier"], "total", at="2026-01", paths=256)
    assert under.policies == ("as it is: status-quo", "as it is: heavier", "more: status-quo", "more: heavier")
    assert under.yardsticks == {"as it is: heavier": "as it is: status-quo", "more: heavier": "more: status-quo"}
    plain = fs.compare(toy, ["status-quo", "heavier"], "total", at="2026-01", paths=256)
    assert under.differences["as it is: heavier"] == plain.differences["heavier"]
    apart = fs.compare(both, None, "total", at="2026-01", paths=256)
    assert apart.differences["more"].value == pytest.approx(3.0)
    assert apart.differences["more"].error == pytest.approx(0.0, abs=1e-12)
    renamed = fs.Scenario.of({**other.to_dict(), "name": "other"}, TOYS)
    listed = fs.compare([toy, renamed], ["heavier"], "total", at="2026-01", paths=256)
    assert listed.yardsticks == {"other": "toy"}


def test_what_cannot_be_compared_is_refused(toy: fs.Scenario) -> None:
    at = {"at": "2026-01", "paths": 2}
    with pytest.raises(fs.ResultError, match="scenario: must have names of their own"):
        fs.compare([toy, toy], ["faster"], "total", **at)
    with pytest.raises(fs.PolicyError, match="scenario: must be at least two, or have two policies"):
        fs.compare([toy], None, "total", **at)
    with pytest.raises(fs.ResultError, match="better: must be one of more, less"):
        fs.compare(toy, ["status-quo", "faster"], "total", better="most", **at)
    with pytest.raises(fs.ResultError, match="outcome: must be one of those compared, got 'gap'"):
        fs.compare(toy, ["status-quo", "faster"], ["total"], **at)["gap"]
