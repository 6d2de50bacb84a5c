"""The vector engine and the units agree where their assumptions agree, and part where the docs say so."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import forcesim as fs
from forcesim import rotation
from forcesim.processes.contingent import Common, Contingent
from forcesim.processes.contingent import Parameters as Contributor
from forcesim.processes.personnel import Common as Shared
from forcesim.processes.personnel import Parameters as Army
from forcesim.processes.personnel import Personnel, School
from tests.support.alone import run_alone

MONTHS = 7


def in_aggregate(run_months: int = MONTHS, **school: Any) -> dict[str, np.ndarray]:
    """Return one army with 1,000 volunteers a month and one school, without noise."""
    army = Army(strength=100_000, volunteers=1_000, schools=(School(**{"pass_share": 1.0, **school}),))
    found = run_alone(
        Personnel(), {"UKR": army}, Shared(shared_months=4.0), months=run_months, noise=False,
        reads={"personnel_budget": 1e12, "quality": 1.0},
    )  # fmt: skip
    return {name: values[:, 0] for name, values in found.items()}


def by_seats(days: int, **school: Any) -> rotation.RotationResult:
    """Return a school of the same numbers: months of 30 days, classes that start with each."""
    given = {"name": "s", "applicants": {"batch": 1_000, "every": 30}, "classes_every": 30, **school}
    return rotation.simulate({"days": days, "schools": [given]}, replications=1)


@pytest.mark.parametrize(("seats", "months"), [(1_000_000, 2), (800, 2), (1_700, 3)])
def test_the_aggregate_pipeline_and_the_school_by_seats_agree(seats: int, months: int) -> None:
    """Month by month: who was let in by the end of month k, and who had graduated."""
    found = in_aggregate(seats=seats, months=months)
    let_in, out = (np.cumsum(found[name][:, 0, 0]) for name in ("accessions", "graduations"))
    for month in range(1, MONTHS + 1):
        school = by_seats(30 * month - 1, seats=seats, course=30 * months)
        assert school.mean("admitted[s]").value == let_in[month]
        assert school.mean("passed[s]").value == out[month]


def test_they_agree_where_the_course_is_random() -> None:
    """Little's law in both: with 1,000 a month and a mean of 2 months 2,000 are in school, with 100 a month 200."""
    found = in_aggregate(24, seats=1e6, months=2, duration="erlang", stages=1)
    assert found["trainees"].sum(axis=1)[24, 0] == pytest.approx(2_000, rel=1e-3)
    data = {
        "name": "s", "seats": 10_000, "course": {"exponential": 60}, "applicants": {"per_year": 100 / 30 * 365.25},
        "measure_from": 300,
    }  # fmt: skip
    there = rotation.simulate({"days": 900, "schools": [data]}, replications=4).mean("in_school[s]")
    assert abs(there.value - 200) < 4 * 200**0.5 / 2  # Poisson, 4 runs of some ten independent stretches each


def contingent(land_force: float, ratio: float) -> float:
    """Return the troops that the contingent process has in place in the end, without noise."""
    numbers = {
        "requested": 1e6, "deployable_share": 0.5, "rotation_ratio": ratio, "surge": 1.0, "withdrawal_hazard": 0.0,
        "preparation_months": 1.0, "ramp_months": 1.0, "delivery_median": 1.0, "strain_effect": 0.0,
        "withdrawal_backstop": 0.0, "cascade": 0.0, "withdrawal_war": 0.0,
    }  # fmt: skip
    nation = {"GBR": Contributor(land_force=land_force, willingness=1.0)}
    found = run_alone(
        Contingent(), nation, Common(**numbers), months=60, noise=False, reads={"phase": 1.0, "growth": 0.02}
    )
    return float(found["contingent"][60, 0, 0, 0])


def brigades(count: int, slots: int, **policy: Any) -> float:
    """Return the unmet unit-days of a mission over ten years, from an evenly staggered force."""
    rule = {"available_from": 540, "tour": 180, **policy}
    data = {
        "days": 3_600, "policies": {"rule": rule},
        "units": [{"name": "b", "type": "b", "count": count, "size": 5_000, "policy": "rule"}],
        "demands": [{"name": "m", "type": "b", "quantity": slots}],
    }  # fmt: skip
    return rotation.simulate(data, replications=1).mean("unmet[m]").value


def test_the_contingents_sustained_level_and_the_brigades_agree() -> None:
    """A pool of 100,000 over a ratio of 4 is 25,000 on paper; 20 brigades of 5,000 keep 5 of them there, not 6."""
    assert contingent(200_000, 4.0) == 25_000
    assert rotation.rotation_ratio({"available_from": 540, "tour": 180}).ratio == 4
    assert brigades(20, 5) == 0
    assert brigades(20, 6) > 0


def test_they_part_where_brigades_hand_over_and_come_whole() -> None:
    """Ten days of hand-over make 4 into 72/17: the same 20 brigades keep 4 slots, 20,000, and not 25,000."""
    ratio = rotation.rotation_ratio({"available_from": 540, "tour": 180, "overlap": 10})
    assert float(ratio.ratio) == pytest.approx(72 / 17)
    assert math.floor(20 / ratio.ratio) == 4
    assert contingent(200_000, float(ratio.ratio)) == pytest.approx(100_000 / (72 / 17), rel=1e-12)


MONTHS_OF_FOUR_YEARS = [f"{year}-{month:02}" for year in range(2027, 2031) for month in range(1, 13)]


def on_paper(scenario: fs.Scenario, **values: float) -> float:
    """Return the mean contingent over four years of a ceasefire, asked for 100,000, with America behind it."""
    held = {"conflict.hold": "ceasefire", "conflict.start_phase": "ceasefire", "contingent.backstop_offered": "yes"}
    own = {f"contingent.{name}": value for name, value in values.items()}
    asked = {"contingent.requested": 100_000, "contingent.backstop_loss_hazard": 0}
    run = fs.simulate(
        scenario.with_values({**held, **asked, **own}), paths=600, outcomes=["contingent"], progress=False
    )
    return sum(run.mean("contingent", at=month).value for month in MONTHS_OF_FOUR_YEARS) / len(MONTHS_OF_FOUR_YEARS)


@pytest.mark.slow
def test_a_study_from_a_scenario_agrees_with_its_contingent() -> None:
    """Within a tenth where what is pledged comes, and at once; as the process has it, a quarter less comes."""
    scenario = fs.load("ukraine-2026")
    study = rotation.from_scenario(scenario, asked=100_000, start="2027-01", america=True)
    there = rotation.simulate(study, replications=40, seed=2025, progress=False).mean("persons[mission]")
    at_once = {
        "delivery_median": 1,
        "delivery_spread": 0,
        "preparation_months": 1,
        "ramp_months": 1,
        "standing_chance": 0,
    }
    assert on_paper(scenario, **at_once) == pytest.approx(there.value, abs=0.1 * there.value + 2 * there.error)
    as_it_is = on_paper(scenario)
    assert 0.65 * there.value < as_it_is < 0.85 * there.value
    free = rotation.from_scenario(scenario, asked=100_000, start="2027-01", america=True, limits=False)
    more = rotation.simulate(free, replications=10, seed=2025, progress=False).mean("persons[mission]")
    assert more.value > 2 * there.value, "twin: without what nations said, the two part"
