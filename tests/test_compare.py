"""Paired comparisons: the gain of pairing, the paths one needs, and how often the interval covers the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

import forcesim as fs
from tests.support.laws import assert_share, standard_errors
from tests.support.toys import TOYS, toy_data, toy_scenario

PATHS = 2048
WEIGHT = 1.5
TRUE_DIFFERENCE = (WEIGHT - 1) * 2 * 12
"""The heavier total is 1.5 S on every path, S ~ N(24, 24): two nations, twelve months of drift 1 and variance 1."""
TRUE_GAIN = (WEIGHT**2 + 1) / (WEIGHT - 1) ** 2


@pytest.fixture(scope="module")
def toy() -> fs.Scenario:
    heavier = {"title": "Heavier", "settings": [{"lever": "nations.*.sum.weight", "set": WEIGHT}]}
    policies = {"status-quo": {"title": "Status quo", "baseline": True}, "heavier": heavier}
    return toy_scenario(policies={**toy_data()["policies"], **policies})


@pytest.fixture(scope="module")
def found(toy: fs.Scenario) -> fs.Comparison:
    return fs.compare(toy, ["status-quo", "heavier", "faster + heavier"], "total", at="2026-01", paths=PATHS, seed=7)


@pytest.fixture(scope="module")
def samples(toy: fs.Scenario) -> dict[str, np.ndarray]:
    runs = {
        "status-quo": fs.simulate(toy, "status-quo", paths=PATHS, seed=7, keep="paths"),
        "heavier": fs.simulate(toy, "heavier", paths=PATHS, seed=7, keep="paths"),
        "faster + heavier": fs.simulate(toy, ["faster", "heavier"], paths=PATHS, seed=7, keep="paths"),
    }
    return {name: run.kept["total"][12] for name, run in runs.items()}


def test_differences_and_gains_are_those_of_the_kept_paths(found: fs.Comparison, samples) -> None:
    first = samples["status-quo"]
    for name in ("heavier", "faster + heavier"):
        apart = samples[name].var(ddof=1) + first.var(ddof=1)
        paired = (samples[name] - first).var(ddof=1)
        assert found.pairing_gain[name] == pytest.approx(apart / paired, rel=1e-9)
        assert found.differences[name].value == pytest.approx((samples[name] - first).mean(), rel=1e-12)
        assert found.differences[name].error == pytest.approx(math.sqrt(paired / PATHS), rel=1e-9)
        assert found.values[name].value == pytest.approx(samples[name].mean(), rel=1e-12)
    assert list(found.values) == ["status-quo", "heavier", "faster + heavier"]
    assert list(found.differences) == list(found.pairing_gain) == ["heavier", "faster + heavier"]


def test_the_gain_is_the_one_that_can_be_worked_out(found: fs.Comparison) -> None:
    """The totals are 1.5 S and S: var(1.5 S) + var(S) over var(0.5 S) is 13, whatever the paths."""
    assert found.pairing_gain["heavier"] == pytest.approx(TRUE_GAIN, rel=1e-9)


def test_paths_that_are_not_the_same_gain_nothing(samples) -> None:
    """The negative twin: with the paths of one policy shuffled the gain is 1, within four standard errors."""
    first = samples["status-quo"]
    shuffled = np.random.default_rng(2).permutation(samples["heavier"])
    gain = (shuffled.var() + first.var()) / (shuffled - first).var()
    assert abs(gain - 1.0) < standard_errors() / math.sqrt(PATHS)
    assert standard_errors() / math.sqrt(PATHS) < TRUE_GAIN - 1.0


def test_as_many_paths_as_it_asks_for_give_the_half_width(toy: fs.Scenario, found: fs.Comparison) -> None:
    """A standard deviation from n normal values has the relative error 1 / sqrt(2 n); here are two of them."""
    wanted = 0.06
    paths = found.paths_for(wanted)["heavier"]
    assert paths > 2 * PATHS
    again = fs.compare(toy, ["status-quo", "heavier"], "total", at="2026-01", paths=paths, seed=8)
    difference = again.differences["heavier"]
    bound = standard_errors() * math.sqrt(1 / (2 * PATHS) + 1 / (2 * paths))
    assert (difference.high - difference.low) / 2 == pytest.approx(wanted, rel=bound)
    assert found.paths_for(wanted / 2)["heavier"] == pytest.approx(4 * paths, abs=4)
    unpaired = paths * found.pairing_gain["heavier"]
    assert abs(math.sqrt(paths / unpaired) - 1) > bound, "the negative twin: a count that forgets the pairing"


def test_the_interval_covers_the_true_difference_as_often_as_it_says(toy: fs.Scenario) -> None:
    """Normal values and 256 paths: the normal interval covers 94.9 % (Student's law), not 95 %."""
    runs, hits, narrow = 120, 0, 0
    for seed in range(runs):
        pair = fs.compare(toy, ["status-quo", "heavier"], "total", at="2026-01", paths=256, seed=seed, progress=False)
        difference = pair.differences["heavier"]
        hits += difference.low <= TRUE_DIFFERENCE <= difference.high
        narrow += abs(difference.value - TRUE_DIFFERENCE) <= (difference.high - difference.value) / 2
    assert_share(hits, runs, 0.949, "covered")
    with pytest.raises(AssertionError):
        assert_share(narrow, runs, 0.949, "the negative twin: intervals of half the width")


def test_a_difference_that_never_varies_needs_one_path(toy: fs.Scenario) -> None:
    pair = fs.compare(toy, ["status-quo", "status-quo + status-quo"], "level[DEU]", at="2025-01", paths=256)
    assert pair.differences["status-quo + status-quo"].error == 0.0
    assert math.isnan(pair.pairing_gain["status-quo + status-quo"])
    assert pair.paths_for(1e-9) == {"status-quo + status-quo": 1}


def test_chances_are_compared_path_by_path(toy: fs.Scenario) -> None:
    pair = fs.compare(toy, ["status-quo", "faster"], "total > 30", by="2026-01", paths=512, seed=3)
    one, other = (fs.simulate(toy, name, paths=512, seed=3).chance("total > 30") for name in ("status-quo", "faster"))
    assert pair.unit == "chance"
    assert pair.when == "by 2026-01"
    assert pair.differences["faster"].value == pytest.approx(other.value - one.value, abs=1e-12)
    assert list(pair.to_dataframe().columns) == ["value", "error", "difference", "low", "high", "pairing_gain"]


def test_policies_are_compared_by_name_as_objects_and_in_stacks(toy: fs.Scenario, found: fs.Comparison) -> None:
    heavier = toy.policies["heavier"]
    pair = fs.compare(toy, ["status-quo", heavier, ("faster", heavier)], "total", at=12, paths=PATHS, seed=7)
    assert pair.policies == ("status-quo", "Heavier", "faster + Heavier")
    assert pair.differences["Heavier"] == found.differences["heavier"]
    assert pair.differences["faster + Heavier"] == found.differences["faster + heavier"]
    assert pair.when == found.when == "at 2026-01"


def test_a_policy_may_have_a_plus_in_its_name(toy: fs.Scenario) -> None:
    data = toy.to_dict()
    named = {**data["policies"], "3.5 % + 1.5 %": data["policies"]["heavier"]}
    scenario = fs.Scenario.of({**data, "policies": named}, TOYS)
    names = ["status-quo", "3.5 % + 1.5 %", "faster + 3.5 % + 1.5 %", "heavier"]
    pair = fs.compare(scenario, names, "total", at="2026-01", paths=256)
    assert pair.policies == tuple(names)
    assert pair.differences["3.5 % + 1.5 %"] == pair.differences["heavier"]
    assert pair.differences["faster + 3.5 % + 1.5 %"] != pair.differences["heavier"]
    with pytest.raises(fs.PolicyError, match="must be one of the scenario's, got 'lighter'"):
        fs.compare(scenario, ["status-quo", "3.5 % + 1.5 % + lighter"], "total", at="2026-01")


def test_a_policy_that_cannot_be_applied_is_refused_before_any_run(toy: fs.Scenario) -> None:
    seen: list[int] = []
    with pytest.raises(fs.PolicyError):
        fs.compare(toy, ["faster", "fastre"], "total", at=12, paths=256, progress=lambda done, _: seen.append(done))
    assert not seen


def test_where_no_path_tells_chances_apart_the_difference_has_an_error(toy: fs.Scenario) -> None:
    """Agresti and Min's interval at n = 64 with no pair told apart: half of it is 1.96 sqrt(1 / 66^2)."""
    pair = fs.compare(toy, ["status-quo", "faster"], "total > 1e6", by="2026-01", paths=64)
    difference = pair.differences["faster"]
    assert difference.value == 0.0
    assert difference.error == pytest.approx(1 / 66)
    assert "± 0.000" not in repr(pair)


def test_one_path_tells_no_difference_unless_it_is_certain(toy: fs.Scenario) -> None:
    pair = fs.compare(toy, ["status-quo", "faster"], "total", at="2026-01", paths=1)
    assert math.isnan(pair.differences["faster"].error)
    assert "± unknown" in repr(pair)
    with pytest.raises(fs.ResultError, match="needs an error, which one path does not tell"):
        pair.paths_for(1.0)
    still = fs.compare(toy.without_noise(), ["status-quo", "faster"], "total > 5", by="2026-01", paths=1)
    assert still.differences["faster"].error == still.values["faster"].error == 0.0


@pytest.mark.parametrize("half_width", [0.0, -1.0, math.nan, math.inf])
def test_a_half_width_that_is_none_is_refused(found: fs.Comparison, half_width: float) -> None:
    with pytest.raises(fs.ResultError) as caught:
        found.paths_for(half_width)
    assert str(caught.value) == f"half_width: must be a number above 0, got {half_width!r}"


@pytest.mark.parametrize("policies", [[], ["faster"], ["faster", "faster"]])
def test_fewer_than_two_policies_are_refused(toy: fs.Scenario, policies: list[str]) -> None:
    with pytest.raises(fs.PolicyError) as caught:
        fs.compare(toy, policies, "total", at="2026-01")
    assert str(caught.value) == f"policies: must name at least two different policies, got {policies}"
