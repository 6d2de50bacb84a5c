"""The first day: stationary where it says so, tours under way with their days behind them, one count of crises."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from scipy import stats

import forcesim as fs
from forcesim import rotation
from forcesim.rotation.layout import RotationLayout
from tests.rotation.strategies import study
from tests.rotation.theory import erlang_b
from tests.support.laws import assert_law, assert_mean


def force(start: Any = "stationary", *, days: int = 400, **policy: Any) -> dict[str, Any]:
    """48 units that are away a third of their life, and are always asked for."""
    rule = {"cycle": 540, "available_from": 360, "tour": 180, **policy}
    return {
        "days": days, "policies": {"rule": rule},
        "units": [{"name": "u", "type": "b", "policy": "rule", "count": 48, "start": start}],
        "demands": [{"name": "m", "type": "b", "quantity": 48}],
    }  # fmt: skip


def there_on(data: dict[str, Any], days: list[int], replications: int, demand: int = 0) -> np.ndarray:
    """Return units there on some days, by replication and day, from the spells one by one."""
    result = rotation.simulate(data, replications=replications, keep=replications)
    found = np.zeros((replications, len(days)))
    for number, spells in result.spells.items():
        filling = spells[(spells[:, 2] == 7) & (spells[:, 5] == demand)]
        for place, day in enumerate(days):
            found[number, place] = ((filling[:, 3] <= day) & (day < filling[:, 4])).sum()
    return found


LONG = {"cycle": 1_080, "available_from": 720, "tour": 360}


@pytest.mark.parametrize("start", ["stationary", "uniform"])
def test_a_third_of_the_units_is_away_on_every_day(start: str) -> None:
    """Exact: Binomial(48, 1/3) on each day, 150 replications; whole tours from day 0 on have 16, 24, 31.8."""
    found = there_on(force(start, **LONG), [0, 180, 355], 150)
    for place in range(3):
        assert_mean(found[:, place], 16.0, f"day {place}", comparisons=4)
    assert_law(found[:, 0], stats.binom(48, 1 / 3).cdf, "units there on day 0", discrete=True, comparisons=4)
    draw = np.random.default_rng(1)
    starts = [draw.integers(0, 1_080, 48).tolist() for _ in range(40)]
    whole = [there_on(force(drawn, **LONG), [0, 180, 355], 1)[0] for drawn in starts]
    with pytest.raises(AssertionError):
        assert_mean([row[2] for row in whole], 16.0, "twin: nobody is in the middle of a tour")


def test_staggered_units_are_even_in_deployments() -> None:
    found = there_on(force("staggered", days=1_200, **LONG), list(range(1_200)), 1)
    assert (found == 16).all()
    several = force("staggered", **LONG)
    several["units"] = [{**several["units"][0], "name": f"u{n}", "count": 4} for n in range(12)]
    assert (there_on(several, list(range(400)), 1) == 16).all()


@pytest.mark.parametrize(
    ("policy", "share"),
    [
        ({"preparation": 40, "cycle": None}, 180 / 580),
        ({"preparation": 40, "counts_preparation": True, "cycle": None}, 140 / 540),
        ({"minimum_dwell": {"guidance": 400, "tolerance": 100}, "cycle": None}, 180 / 540),
        ({"tour": {"guidance": 180, "tolerance": 20}, "cycle": None}, 200 / 560),
        ({"available_from": {"uniform": [100, 500]}, "cycle": None}, 180 / 480),
        ({"available_from": {"exponential": 300}, "cycle": None}, 180 / 480),
    ],
)
def test_the_cycle_alone_says_where_units_stand(policy: dict[str, Any], share: float) -> None:
    """No warm-up: preparation, tolerances and lives of random length are in the law that is drawn from."""
    data = force(**policy)
    assert RotationLayout(rotation.Rotation.of(data)).opening.warm_up == 0
    found = there_on(data, [0, 90, 300], 60)
    for place in range(3):
        assert_mean(found[:, place], 48 * share, "units there", comparisons=3)
    with pytest.raises(AssertionError):
        assert_mean(found[:, 0], 48 * share * 1.2, "twin: a fifth more")


LIMITED: dict[str, dict[str, Any]] = {
    "too few units": {"count": 12, "quantity": 3},
    "more than enough": {"count": 30, "quantity": 3},
    "hand-over and preparation": {"count": 18, "quantity": 3, "overlap": 10, "preparation": 45},
    "tolerances": {
        "count": 9, "quantity": 3, "preparation": 45, "minimum_dwell": {"guidance": 720, "tolerance": 240},
        "tour": {"guidance": 180, "tolerance": 40},
    },
    "random": {"count": 14, "quantity": 3, "available_from": {"uniform": [400, 900]}, "preparation": {"uniform": [20, 60]}},
    "a window": {"count": 16, "quantity": 3, "cycle": 1_000, "available_until": 900},
}  # fmt: skip


SLOW = ("random", "tolerances", "hand-over and preparation")
LIMITED_CASES = [
    pytest.param(given, id=name, marks=[pytest.mark.slow] if name in SLOW else []) for name, given in LIMITED.items()
]


@pytest.mark.parametrize("given", LIMITED_CASES)
def test_the_first_day_is_as_the_long_run(given: dict[str, Any]) -> None:
    """200 replications: what is there on day 0, less what is there on average over the next ten years."""
    given = dict(given)
    count, quantity = given.pop("count"), given.pop("quantity")
    data = study(
        policy={"available_from": 720, "cycle": None, **given}, unit={"count": count, "start": "stationary"},
        demand={"quantity": quantity}, days=3_650,
    )  # fmt: skip
    result = rotation.simulate(data, replications=200, seed=21)
    on_day_0 = result.arrays["series"][:, 1, 0, 0] / 1_000
    later = result.arrays["filled"][:, 0].sum(axis=1) / 1_000 / 3_650
    if (later == quantity).all():
        assert (on_day_0 == quantity).all()
        return
    assert_mean(on_day_0 - later, 0.0, "day 0 less the long run")
    assert result.settled
    data["units"][0]["start"] = "rested"
    rested = rotation.simulate(data, replications=200, seed=21)
    with pytest.raises(AssertionError):
        assert_mean(
            rested.arrays["series"][:, 1, 0, 0] / 1_000 - rested.arrays["filled"][:, 0].sum(axis=1) / 3.65e6,
            0.0,
            "twin",
        )


def test_a_warm_up_that_is_too_short_is_said() -> None:
    data = study(
        policy={"available_from": 720, "cycle": None, "preparation": 45}, unit={"count": 12, "start": "stationary"},
        demand={"quantity": 3}, days=100,
    )  # fmt: skip
    assert "warm-up" not in repr(rotation.simulate(data, replications=60))
    data["units"].append({**data["units"][0], "name": "late", "count": 12, "policy": "slow"})
    data["policies"]["slow"] = {"available_from": 3_000, "tour": 180}
    short = rotation.simulate({**data, "warm_up": 5, "units": data["units"][1:]}, replications=60)
    assert not short.settled
    assert "warm-up too short" in repr(short)


def test_the_life_that_covers_the_first_day_is_drawn_by_its_length() -> None:
    """Nobody asks; window 10 or 400 days, each in half of all cycles, reset 50: 205 / 255 are available on day 0.

    Windows that are open on day 0 are the long ones in 400 of 410 cases (600 units, 2 replications).
    """
    window = {"discrete": {"values": [10, 400], "weights": [1, 1]}}
    data = {
        "days": 401, "policies": {"p": {"available_from": 50, "window": window, "tour": 90}},
        "units": [{"name": f"u{n}", "type": "u", "policy": "p"} for n in range(600)],
    }  # fmt: skip
    result = rotation.simulate(data, replications=2, keep=2, seed=4)
    rows = np.concatenate([table[table[:, 3] == 0] for table in result.spells.values()])
    available = rows[:, 2] == 3
    assert_mean(available, 205 / 255, "available on day 0", comparisons=2)
    left = rows[available, 4]
    expected = (400 / 410) * 200.5 + (10 / 410) * 5.5
    assert_mean(left, expected, "days left", comparisons=2)
    with pytest.raises(AssertionError):
        assert_mean(left, (200.5 + 5.5) / 2, "twin: each window as often as it is drawn")


@pytest.mark.slow
def test_crises_are_lost_from_the_first_day_on_as_in_the_long_run() -> None:
    """Erlang's loss model in its first two days: of those that begin, a share is lost; 1,500 replications."""
    data = {
        "days": 2, "policies": {"p": {"tour": 1_000}},
        "units": [{"name": "u", "type": "u", "count": 4, "policy": "p"}],
        "demands": [
            {
                "name": "c", "type": "u", "quantity": 1, "rate_per_year": 365.25 / 10, "duration": {"exponential": 30},
                "package": True, "lost": True,
            }
        ],
    }  # fmt: skip
    result = rotation.simulate(data, replications=1_500, seed=5)
    begun, lost = (result.outcomes[name].series[:, 0] for name in ("spells", "lost"))
    assert (lost <= begun).all()
    assert_mean(begun, 0.2, "crises in two days", comparisons=2)
    assert_mean(lost - erlang_b(4, 3.0) * begun, 0.0, "lost ones", comparisons=2)
    with pytest.raises(AssertionError):
        assert_mean(lost - 2 * erlang_b(4, 3.0) * begun, 0.0, "twin: twice as many")


def test_crises_of_before_are_neither_begun_nor_lost() -> None:
    data = study(
        unit={"start": "rested", "count": 1},
        demand={"rate_per_year": 40, "duration": 400, "package": True, "lost": True, "quantity": 1}, days=2,
    )  # fmt: skip
    result = rotation.simulate(data, replications=40)
    assert (result.outcomes["lost"].series <= result.outcomes["spells"].series).all()
    assert result.outcomes["asked"].series.mean() > 40


# -- given states ------------------------------------------------------------------------------------------------------


def given_states() -> dict[str, Any]:
    start = [{"on": "mission", "since": 100}, {"on": "mission", "since": "2025-12-02"}, {"since": 30}, 700]
    return study(unit={"count": 4, "start": start}, demand={"quantity": 2}, days=400)


def test_units_are_on_tour_since_a_day_or_a_date() -> None:
    result = rotation.simulate(given_states(), replications=1)
    filling = result.spells[0][result.spells[0][:, 2] == 7]
    assert filling[:, [0, 3, 4]].tolist() == [[0, 0, 80], [1, 0, 150], [3, 80, 260]]
    assert result.mean("unmet[mission]").value == (400 - 260) + 400 - 150
    assert result.mean("tours[brigade]").value == 1  # tours that began before are no departures
    made = rotation.Rotation.of(given_states())
    assert rotation.Rotation.of(made.to_dict()) == made


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"on": "misson", "since": 3}, "units[0].start[0].on: must name a demand, got 'misson' (did you mean mission?)"),
        ({"on": "mission", "since": "2026-02-01"}, "units[0].start[0].since: must not lie after day 0, 2026-01-01, got 2026-02-01"),
        ({"on": "mission", "since": "early"}, "units[0].start[0].since: must be a number of days or a date"),
        ({"on": "mission", "since": 180}, "units[0].start[0].since: must be less than the tour, 180 days"),
        ({"on": "later", "since": 3}, "units[0].start[0].on: must be a demand that is under way on day 0, got 'later'"),
        ({"on": "other", "since": 3}, "units[0].start[0].on: must be a demand that the unit may fill, got 'other'"),
        (901, "units[0].start[0]: must lie within the cycle, 900 days, got 901"),
    ],
)  # fmt: skip
def test_states_that_cannot_be_are_refused(state: Any, message: str) -> None:
    data = given_states()
    data["units"].append({"name": "x", "type": "x", "policy": "rule"})
    data["demands"] += [
        {"name": "later", "type": "brigade", "quantity": 1, "start": 9}, {"name": "other", "type": "x", "quantity": 1},
    ]  # fmt: skip
    rotation.Rotation.of(data)
    data["units"][0]["start"][0] = state
    with pytest.raises(fs.ScenarioError) as caught:
        rotation.Rotation.of(data)
    assert message in str(caught.value)


def test_no_more_units_are_on_tour_than_are_asked_for() -> None:
    data = given_states()
    data["demands"][0]["quantity"] = 1
    with pytest.raises(fs.ScenarioError, match=r"demands\[0\].quantity: must be at least the units.*on tour.*2, got 1"):
        rotation.Rotation.of(data)
    data = given_states()
    data["units"].append({"name": "y", "type": "brigade", "policy": "rule"})
    with pytest.raises(
        fs.ScenarioError, match=r"units\[1\].start: must be given, since other units are on tour in mission"
    ):
        rotation.Rotation.of(data)


def test_a_new_mission_has_nobody_there_and_one_that_is_under_way_has() -> None:
    data = study(policy={"preparation": 30, "cycle": None}, unit={"count": 12, "start": "stationary"}, days=200)
    assert rotation.simulate(data, replications=5).time_to("mission").median == 0
    fresh = copy.deepcopy(data)
    fresh["demands"][0]["begun"] = False
    assert rotation.simulate(fresh, replications=5).time_to("mission").median == 30


def test_a_dwell_before_the_first_departure_counts_where_it_is_known() -> None:
    rule = {"available_from": 0, "cycle": None, "minimum_dwell": {"guidance": 300, "tolerance": 200}}
    result = rotation.simulate(study(policy=rule, unit={"count": 1, "start": [110]}, days=150), replications=1)
    assert result.mean("breaks[dwell]").value == result.arrays["dwell"].sum() == 1
    assert result.mean("dwell[brigade]").value == 110
    rested = rotation.simulate(study(policy=rule, unit={"count": 1, "start": "rested"}, days=150), replications=1)
    assert rested.mean("breaks[dwell]").value == rested.arrays["dwell"].sum() == 0
