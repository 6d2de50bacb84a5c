"""A study from a scenario: the same nations, soldiers, will and mission as the contingent process has."""

from __future__ import annotations

import math
from typing import Any

import pytest

import forcesim as fs
from forcesim import rotation

CODES = ("EST", "FRA", "GBR", "LUX")


def scenario(**values: Any) -> fs.Scenario:
    """Return four contributors of the bundled scenario, with two armies, to 2028."""
    data = fs.load("ukraine-2026").to_dict()
    kept = {code: data["nations"][code] for code in (*CODES, "RUS", "UKR")}
    small = {"nations": kept, "policies": {}, "groups": {}, "correlations": [], "horizon": "2028-12"}
    return fs.Scenario.of({**data, **small}).with_values({name.replace("__", "."): x for name, x in values.items()})


def test_units_and_will_are_those_of_the_scenario() -> None:
    one = scenario(
        nations__GBR__contingent__chance=0.6, nations__GBR__contingent__limit=4_400, contingent__backstop_opens=1.2,
        contingent__withdrawal_hazard=0.01, contingent__withdrawal_backstop=0.5, contingent__exit_months=4,
    )  # fmt: skip
    run = fs.simulate(one.without_noise(), paths=1, outcomes=["deployable"], progress=False)
    made = rotation.from_scenario(one, asked=30_000, start="2027-01", america=False)
    units = {group.nation: group for group in made.units}
    assert units["GBR"].count == int(run.mean("deployable[GBR]", at="2027-01").value / 1_000)
    assert {group.policy for group in made.units} <= {"FRA", "GBR", "other"}
    caveat = next(one for one in made.caveats if one.nation == "GBR")
    assert (caveat.chance, caveat.most) == (pytest.approx(0.6), 4)
    assert caveat.withdraws_per_year == pytest.approx(12 * 0.01 * math.exp(0.5))
    assert caveat.notice == round(4 * 365.25 / 12)
    backed = rotation.from_scenario(one, asked=30_000, start="2027-01", america=True)
    caveat = next(one for one in backed.caveats if one.nation == "GBR")
    odds = 0.6 / 0.4 * math.exp(1.2)
    assert caveat.chance == pytest.approx(odds / (1 + odds))
    assert caveat.withdraws_per_year == pytest.approx(12 * 0.01)
    free = rotation.from_scenario(one, asked=30_000, start="2027-01", limits=False)
    assert all(one.most is None for one in free.caveats)


def test_nations_too_small_for_a_unit_are_put_together() -> None:
    made = rotation.from_scenario(scenario(), asked=30_000, size=3_000)
    assert [group.nation for group in made.units] == ["FRA", "GBR"]
    small = rotation.from_scenario(scenario(nations__EST__contingent__limit=150), asked=30_000, size=160)
    assert "EST" not in {group.nation for group in small.units}
    together = next(group for group in small.units if group.nation == "XMN")
    able = fs.simulate(scenario().without_noise(), paths=1, outcomes=["deployable"], progress=False)
    persons = sum(able.mean(f"deployable[{code}]", at="2026-11").value for code in ("EST", "LUX"))
    assert together.count == int(persons / 160)


def test_a_result_is_the_demand_month_by_month() -> None:
    one = scenario(
        contingent__requested=20_000, conflict__hold="ceasefire", conflict__start_phase="ceasefire",
        nations__FRA__contingent__chance=1, nations__FRA__contingent__willingness=1,
    )  # fmt: skip
    result = fs.simulate(one, paths=200, seed=4, keep="paths", progress=False)
    made = rotation.from_scenario(one, asked=result, start="2027-03", size=500, days=600)
    (demand,) = made.demands
    levels = [demand.quantity, *demand.steps.values()]
    assert max(levels) == max(
        round(result.mean("contingent", at=f"2027-{m:02}").value / 500) for m in range(3, 13)
    ) or (max(levels) == round(result.mean("contingent", at="2028-10").value / 500))
    day = next(iter(demand.steps))
    assert demand.steps[day] == round(result.mean("contingent", at=day[:7]).value / 500)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(fs.ScenarioError, match="must be given where no policy asks for a force"):
        rotation.from_scenario(scenario())
    with pytest.raises(fs.ScenarioError, match="must have a contingent and a generation"):
        rotation.from_scenario(fs.load("seed-figures"), asked=10_000)
    with pytest.raises(fs.ScenarioError, match=r"bundled name or a file.*europe-in-ukraine"):
        rotation.from_scenario(scenario(), asked=10_000, study="europe-in-ukrain")
    bare = rotation.Rotation.of({"days": 9, "policies": {"FRA": {"tour": 90}}})
    with pytest.raises(fs.ScenarioError, match="must have a policy for each nation, or one called other, got GBR"):
        rotation.from_scenario(scenario(), asked=10_000, study=bare)
    with pytest.raises(fs.ResultError, match="size"):
        rotation.from_scenario(scenario(), asked=10_000, size=0)


def test_a_policy_of_the_scenario_is_what_is_asked_for() -> None:
    made = rotation.from_scenario(fs.load("ukraine-2026"), "europe-100k", days=30)
    assert made.demands[0].quantity == 100


def test_the_bundled_study_is_what_the_scenario_gives_today() -> None:
    """Its nations, will and mission are those of ukraine-2026; tools/europe_in_ukraine.py writes it anew."""
    bundled = rotation.load("europe-in-ukraine")
    made = rotation.from_scenario(fs.load("ukraine-2026"), asked=30_000, start="2027-01", study=bundled)
    assert bundled.units == made.units
    assert bundled.caveats == made.caveats
    assert bundled.demands == made.demands
    assert rotation.simulate(bundled, replications=1, progress=False).mean("persons[mission]").value > 0
