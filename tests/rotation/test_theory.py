"""Against exact results: Erlang B, C and A, Kaufman and Roberts, renewal theory, binomial availability, Poisson crises.

Each check is within 4 standard errors at the stated n (tests/support/laws.py has the rate of false alarms), and has a
negative twin: a wrong law that must fail.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import forcesim as fs
from forcesim import rotation
from forcesim.rotation import schools as school_module
from forcesim.rotation.layout import RotationLayout
from forcesim.rotation.run import make_replication
from forcesim.rotation.schools import MEASURES
from tests.rotation.theory import erlang_a, erlang_b, kaufman_roberts
from tests.support.laws import assert_law, assert_mean, assert_variance

COURSE, SEATS, REPLICATIONS = 10.0, 5, 40
DAYS_A_YEAR = 365.25


def school(name: str, load: float, **more: Any) -> dict[str, Any]:
    """Return a school whose applicants come at a rate that would keep ``load`` seats busy."""
    rate = load / COURSE * DAYS_A_YEAR
    more = {"course": {"exponential": COURSE}, **more}
    return {"name": name, "seats": SEATS, "applicants": {"per_year": rate}, "measure_from": 300, **more}


@functools.cache
def measured() -> dict[str, dict[str, np.ndarray]]:
    """Return every measure by school, over the replications: 40 x 700 days, 300 more to reach the steady state."""
    every = [
        school("B", 4.0, room=0),
        school("B fixed", 4.0, room=0, course=int(COURSE)),
        school("C", 3.0),
        school("A", 5.0, patience={"exponential": 15.0}),
    ]
    result = rotation.simulate({"days": 1_000, "schools": every}, replications=REPLICATIONS, seed=11)
    table = result.arrays["schools"]
    return {
        one["name"]: {name: table[:, place, column] for column, name in enumerate(MEASURES)}
        for place, one in enumerate(every)
    }


@pytest.mark.parametrize("name", ["B", "B fixed"])
def test_a_school_without_a_queue_is_erlangs_loss_model_whatever_the_law_of_the_course(name: str) -> None:
    found, share = measured()[name], erlang_b(SEATS, 4.0)
    assert_mean(found["refused"] - share * found["applicants"], 0.0, f"Erlang {name}, 40 x 280 applicants")
    with pytest.raises(AssertionError):
        assert_mean(found["refused"] - erlang_b(SEATS, 4.4) * found["applicants"], 0.0, "twin: a tenth more load")


def test_a_school_with_a_queue_without_end_is_erlangs_delay_model() -> None:
    found = measured()["C"]
    waits, _, queue = erlang_a(SEATS, 3.0 / COURSE, COURSE)
    assert_mean(found["delayed"] - waits * found["applicants"], 0.0, "Erlang C, 40 x 210 applicants", comparisons=2)
    assert_mean(found["wait_days"] / found["span"], queue, "mean queue", comparisons=2)
    with pytest.raises(AssertionError):
        assert_mean(found["delayed"] - erlang_b(SEATS, 3.0) * found["applicants"], 0.0, "twin: Erlang B")


def test_a_school_whose_applicants_give_up_is_palms_model() -> None:
    found = measured()["A"]
    waits, leave, queue = erlang_a(SEATS, 5.0 / COURSE, COURSE, 15.0)
    assert_mean(found["gave_up"] - leave * found["applicants"], 0.0, "Erlang A, gave up", comparisons=3)
    assert_mean(found["delayed"] - waits * found["applicants"], 0.0, "Erlang A, waited", comparisons=3)
    assert_mean(found["wait_days"] / found["span"], queue, "mean queue", comparisons=3)
    other = erlang_a(SEATS, 5.0 / COURSE, COURSE, 25.0)[1]
    with pytest.raises(AssertionError):
        assert_mean(found["gave_up"] - other * found["applicants"], 0.0, "twin: more patience")


def test_littles_law_is_measured_in_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seats: busy on average = rate let in x mean course, but for who is inside at either end of the measurement."""
    for found in measured().values():
        busy, let_in = found["course_days"] / found["span"], found["admitted"] / found["span"]
        assert (np.abs(busy - let_in * COURSE) < 1.5).all()
        assert_mean(busy - let_in * COURSE, 0.0, "Little's law")
    move = school_module.Level.move

    def careless(self: Any, by: int, at: float) -> None:
        move(self, 2 * by, at)

    monkeypatch.setattr(school_module.Level, "move", careless)
    with pytest.raises(fs.ProcessError, match="schools C: must keep Little's law"):
        rotation.simulate({"days": 400, "schools": [school("C", 3.0)]}, replications=1)


def test_two_sizes_of_crisis_on_one_force_are_kaufmans_and_roberts() -> None:
    """12 units; small crises take 1, large ones 4; lost where they cannot be met. 45 x 12,000 days.

    Days are whole: a crisis that begins on the day on which another ends may or may not find its units, half a day
    in 200, which is less than half a standard error here.
    """
    rates, lengths, sizes = (4 / 300, 1.2 / 200), (300, 200), (1, 4)
    data = {
        "days": 14_000, "policies": {"stay": {"tour": 100_000}},
        "units": [{"name": "u", "type": "u", "count": 12, "policy": "stay", "start": "rested"}],
        "demands": [
            {
                "name": f"size {size}", "type": "u", "quantity": size, "rate_per_year": rate * DAYS_A_YEAR,
                "duration": {"exponential": length}, "package": True, "lost": True,
            }
            for size, rate, length in zip(sizes, rates, lengths, strict=True)
        ],
    }  # fmt: skip
    layout = RotationLayout(rotation.Rotation.of(data))
    begun, lost = np.zeros((2, 45)), np.zeros((2, 45))
    for replication in range(45):
        world, board, *_ = make_replication(layout, 12, replication)
        world.env.run(until=2_000)
        before = [(kind.started, kind.lost) for kind in board.kinds]
        world.env.run(until=world.last)
        for place, kind in enumerate(board.kinds):
            begun[place, replication] = kind.started - before[place][0]
            lost[place, replication] = kind.lost - before[place][1]
    exact = kaufman_roberts(12, list(sizes), [rate * length for rate, length in zip(rates, lengths, strict=True)])
    for place, share in enumerate(exact):
        assert_mean(lost[place] - share * begun[place], 0.0, f"crises of size {sizes[place]}", comparisons=2)
    with pytest.raises(AssertionError):
        assert_mean(lost[1] - erlang_b(3, 1.2) * begun[1], 0.0, "twin: large crises alone")


def test_an_unconstrained_unit_is_available_as_renewal_theory_has_it() -> None:
    """Reset uniform, window exponential, no demand: mean window over mean cycle. 200 units x 10 x 8,000 days."""
    policy = {"available_from": {"uniform": [20, 80]}, "window": {"exponential": 40}, "tour": 10}
    data = {
        "days": 8_000, "policies": {"p": policy},
        "units": [{"name": f"u{n}", "type": "u", "policy": "p", "start": "uniform"} for n in range(200)],
    }  # fmt: skip
    result = rotation.simulate(data, replications=2, seed=13)
    share = result.outcomes["idle_days"].series.ravel() / 8_000
    rule = rotation.RotationPolicy.model_validate(policy)
    assert rule.window is not None
    up, down = rule.window.mean, rule.available_from.mean
    assert up == pytest.approx(40.0, abs=0.05)
    assert_mean(share, up / (up + down), "availability, n = 400 units")
    with pytest.raises(AssertionError):
        assert_mean(share, 28 / (28 + down), "twin: the median of the window")


def test_staggered_units_are_constant_and_independent_ones_binomial() -> None:
    """Ten units that are available 180 days in 900; how many are so on day 0, over 900 replications."""
    data = {
        "days": 1, "policies": {"p": {"cycle": 900, "available_from": 720, "tour": 180}},
        "units": [{"name": "u", "type": "u", "count": 10, "policy": "p", "start": "uniform"}],
    }  # fmt: skip
    independent = rotation.simulate(data, replications=900, seed=14).outcomes["idle_days"].series[:, 0]
    law = stats.binom(10, 0.2)
    assert_law(independent, law.cdf, "available, independent cycles", discrete=True)
    assert_variance(independent, law.var(), "its variance")
    data["units"][0]["start"] = "staggered"
    data["days"] = 900
    staggered = rotation.simulate(data, replications=1)
    assert (staggered.arrays["sand"][2, 0] == 2).all()
    with pytest.raises(AssertionError):
        assert_law(np.full(900, 2.0), law.cdf, "twin: staggered", discrete=True)


def crises(**more: Any) -> rotation.RotationResult:
    """Crises that last 300 days on average and come twice in three years, for three years."""
    demand = {"name": "c", "type": "u", "quantity": 2, "rate_per_year": 2 / 3, "duration": {"erlang": [300, 3]}, **more}
    data = {
        "days": 1_096, "policies": {"p": {"tour": 10}}, "units": [{"name": "u", "type": "u", "policy": "p"}],
        "demands": [demand],
    }  # fmt: skip
    return rotation.simulate(data, replications=400, seed=15)


def test_crises_come_as_often_as_was_asked_for_however_long_they_last() -> None:
    """400 x 3 years; a model that draws the next crisis after the end of the last has 2/3 / (1 + 300/548) instead."""
    found = crises(begun=True)
    expected = 2 / 3 * 1_096 / DAYS_A_YEAR
    starts = found.outcomes["spells"].series[:, 0]
    assert_mean(starts, expected, "crises", comparisons=3)
    assert_variance(starts, expected, "crises: Poisson", comparisons=3)
    busy = found.outcomes["asked"].series[:, 0] / 1_096
    assert_mean(busy, 2 * 2 / 3 / DAYS_A_YEAR * 300, "units asked for on a day", comparisons=3)
    with pytest.raises(AssertionError):
        assert_mean(starts, expected / (1 + 2 / 3 / DAYS_A_YEAR * 300), "twin: arrivals suppressed")
    unbegun = crises(begun=False).outcomes["asked"].series[:, 0] / 1_096
    with pytest.raises(AssertionError):  # without those that had begun the first years have too few
        assert_mean(unbegun, 2 * 2 / 3 / DAYS_A_YEAR * 300, "twin: an empty world on day 0")


def test_crises_that_do_not_overlap_come_as_often_too() -> None:
    found = crises(overlapping=False, begun=True)
    expected = 2 / 3 * 1_096 / DAYS_A_YEAR
    starts = found.outcomes["spells"].series[:, 0]
    assert_mean(starts, expected, "crises that do not overlap", comparisons=2)
    assert found.arrays["series"][:, 0].max() == 2_000
    busy = found.outcomes["asked"].series[:, 0] / 1_096
    assert_mean(busy, 2 * 2 / 3 / DAYS_A_YEAR * 300, "units asked for on a day", comparisons=2)


def test_phases_are_the_chain_that_was_asked_for() -> None:
    """Peace 200 days, then crisis 50; from there war (100 days) or peace: shares of days, 150 x 10,000 days."""
    chain = {
        "start": "peace",
        "states": {
            "peace": {"days": {"exponential": 200}, "then": {"crisis": 1}},
            "crisis": {"days": 50, "then": {"war": 1, "peace": 3}},
            "war": {"days": {"erlang": [100, 2]}, "then": {"peace": 1}},
        },
    }
    found = rotation.simulate({"days": 10_000, "phases": {"chain": chain}}, replications=150, seed=16)
    share = found.arrays["phase_days"] / 10_000
    cycle = 200 + 50 + 0.25 * 100
    for place, part in enumerate((200, 50, 25)):
        assert_mean(share[:, place], part / cycle, found.layout.phases[place], comparisons=3)
    with pytest.raises(AssertionError):
        assert_mean(share[:, 2], 100 / (200 + 50 + 100), "twin: every crisis leads to war")


def test_withdrawals_come_at_their_rate() -> None:
    """A nation that leaves at a rate of 2 a year is gone after half a year with chance 1 - exp(-1). 900 replications."""
    data = {
        "days": 365, "policies": {"p": {"tour": 1_000}},
        "units": [{"name": "u", "type": "u", "nation": "GBR", "policy": "p", "start": "rested"}],
        "demands": [{"name": "m", "type": "u", "quantity": 1}],
        "caveats": [{"nation": "GBR", "demand": "m", "withdraws_per_year": 2.0, "notice": 0}],
    }  # fmt: skip
    there = rotation.simulate(data, replications=900, seed=17).outcomes["filled"].series[:, 0]
    assert_law(
        there, lambda day: np.where(day < 365, 1 - np.exp(-2 * (day + 1) / DAYS_A_YEAR), 1.0), "stay", discrete=True
    )
    with pytest.raises(AssertionError):
        assert_law(there, lambda day: np.where(day < 365, 1 - np.exp(-day / DAYS_A_YEAR), 1.0), "twin", discrete=True)


def test_turnover_and_fitness_of_people_are_their_laws() -> None:
    """400 people, a tenth cannot be sent: binomial; 600 replications."""
    data = {
        "days": 30, "policies": {"p": {"tour": 10}}, "people": {"not_deployable": 0.1},
        "units": [{"name": "u", "type": "u", "size": 400, "policy": "p", "start": "rested"}],
        "demands": [{"name": "m", "type": "u", "quantity": 1, "duration": 5}],
    }  # fmt: skip
    went = rotation.simulate(data, replications=600, seed=18).arrays["persons_sent"][:, 0]
    assert_mean(went, 360, "people sent", comparisons=2)
    assert_variance(went, 36, "people sent", comparisons=2)
    with pytest.raises(AssertionError):
        assert_mean(went, 362, "twin")


def test_a_persons_dwell_is_shorter_than_the_units_where_people_are_posted() -> None:
    data = {
        "days": 3_600, "policies": {"p": {"available_from": 360, "tour": 180}},
        "people": {"turnover_per_year": 0.3, "minimum_dwell": {"guidance": 360, "tolerance": 360, "penalty": 100}},
        "units": [{"name": "u", "type": "u", "count": 3, "size": 1_000, "policy": "p", "start": [360, 180, 0]}],
        "demands": [{"name": "m", "type": "u", "quantity": 1}],
    }  # fmt: skip
    result = rotation.simulate(data, replications=4)
    units, persons = result.arrays["dwell"].sum(axis=(0, 1)), result.arrays["personal_dwell"].sum(axis=(0, 1))
    assert np.flatnonzero(units).tolist() == [12]
    assert persons[:12].sum() > 0.02 * persons.sum()
    assert result.mean("personal_broken[u]").value > 0
    assert math.isclose(result.mean("manning[u]").value, 1.0)
    quiet = rotation.simulate({**data, "people": {}}, replications=1).arrays["personal_dwell"]
    assert np.flatnonzero(quiet[0, 0]).tolist() == [12]


def test_graduates_go_to_the_units_of_their_nation() -> None:
    data = {
        "days": 400, "policies": {"p": {"available_from": 100, "tour": 50}}, "people": {"fill": 0.9},
        "units": [{"name": "u", "type": "u", "nation": "GBR", "count": 2, "size": 100, "policy": "p"}],
        "demands": [{"name": "m", "type": "u", "quantity": 1}],
        "schools": [
            {"name": "s", "seats": 3, "course": 20, "applicants": {"per_year": 40}, "feeds": "GBR", "pass_share": 0.8},
        ],
    }  # fmt: skip
    world, _, _, people, (school,) = make_replication(RotationLayout(rotation.Rotation.of(data)), 19, 0)
    assert people is not None
    before = people.total()
    world.env.run(until=world.last)
    assert school.count["passed"] > 5
    assert people.total() == before + school.count["passed"]
    assert school.count["failed"] > 0


def test_a_study_may_be_schools_alone() -> None:
    result = rotation.simulate({"days": 100, "schools": [school("C", 3.0, measure_from=0)]}, replications=2)
    assert result.dataset.sizes["school"] == 1
    assert result.mean("applicants[C]").value > 0
    assert "0 units" in repr(result)
    assert len(result.summary()) > 10
