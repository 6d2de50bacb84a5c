"""Cases without chance that can be worked out by hand: ratios, hand-overs, broken rules, caveats, cadres, packages."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import forcesim as fs
from forcesim import rotation
from tests.rotation.strategies import study


def run(data: dict[str, Any], **options: Any) -> rotation.RotationResult:
    return rotation.simulate(data, replications=1, **options)


def mean(result: rotation.RotationResult, name: str) -> float:
    return result.mean(name).value


@pytest.mark.parametrize(
    ("policy", "ratio"),
    [
        ({}, Fraction(5)),
        ({"overlap": 10}, Fraction(90, 17)),
        ({"overlap": 10, "preparation": 30}, Fraction(930, 170)),
        ({"minimum_dwell": 750, "preparation": 30}, Fraction(5) + Fraction(30, 180)),
        ({"minimum_dwell": 750, "preparation": 30, "counts_preparation": True}, Fraction(930, 150)),
        ({"available_from": 360, "tour": 120}, Fraction(4)),
        ({"available_from": 0, "recovery": 90, "tour": 90}, Fraction(2)),
    ],
)
def test_the_ratio_keeps_slots_filled_and_one_unit_less_does_not(policy: dict[str, Any], ratio: Fraction) -> None:
    """With as many slots as make the ratio's units whole; their hand-overs are spread evenly."""
    rule = {"available_from": 720, "tour": 180, **policy}
    found = rotation.rotation_ratio(rule)
    assert found.ratio == ratio
    slots = min(ratio.denominator, 17)
    needed = found.units(slots)
    late = {}
    for units in (needed, needed - 1):
        # hand-overs of the slots are spread evenly: one demand a slot, each begins when a unit is due
        demands = [
            {
                "name": f"slot {place}",
                "type": "brigade",
                "quantity": 1,
                "start": 60 + int(place * found.fill / slots),
                "notice": 60,
            }
            for place in range(slots)
        ]
        data = {
            "days": 9_000, "policies": {"rule": rule}, "demands": demands,
            "units": [{"name": "b", "type": "brigade", "count": units, "policy": "rule", "start": "rested"}],
        }  # fmt: skip
        result = run(data)
        # a relief that comes late is first missed by the hand-over, then by the slot
        late[units] = sum(mean(result, f"unmet['slot {place}']") for place in range(slots))
        late[units] += mean(result, "broken_days[overlap]")
    assert late[needed] == 0
    assert late[needed - 1] > 0


def test_slots_that_rotate_together_take_whole_tranches() -> None:
    """Seventeen slots at 90/17 a slot take 90 units if spread, but six tranches of 17 if they hand over together."""
    rule = {"available_from": 720, "tour": 180, "overlap": 10}
    found = rotation.rotation_ratio(rule)
    assert (found.units(17), found.tranches) == (90, 6)
    data = {
        "days": 5_000, "policies": {"rule": rule},
        "units": [{"name": "b", "type": "brigade", "policy": "rule", "start": "rested"}],
        "demands": [{"name": "mission", "type": "brigade", "quantity": 17}],
    }  # fmt: skip
    unmet = {n: mean(run(fs.rotation.Rotation.of(data).with_units(b=n)), "unmet[mission]") for n in (90, 101, 102)}
    assert unmet[102] == 0
    assert unmet[101] > 0
    assert unmet[90] > unmet[101]


def test_staggered_units_fill_a_slot_from_the_first_day() -> None:
    assert mean(run(study()), "unmet[mission]") == 0
    assert mean(run(study(unit={"count": 4})), "unmet[mission]") == 720


def test_hand_over_is_counted_apart_from_fill() -> None:
    result = run(study(policy={"overlap": 10}, unit={"count": 6}))
    assert mean(result, "fill_days[brigade]") == 3600
    # one was on tour on day 0, with its hand-over behind it: every departure is a hand-over
    assert mean(result, "overlap_days[brigade]") == 10 * mean(result, "tours[brigade]")
    assert mean(result, "breaks[overlap]") == 0


def test_a_short_hand_over_is_a_broken_rule() -> None:
    """Five units keep the slot filled, but each relief comes on the day on which the other must go."""
    result = run(study(policy={"overlap": {"guidance": 10, "penalty": 1_000.0}}))
    assert mean(result, "unmet[mission]") == 0
    assert mean(result, "overlap_days[brigade]") == 0
    assert mean(result, "breaks[overlap]") == 19
    assert mean(result, "price_of_rules") == pytest.approx(19 * 10 * 1_000 / 1e9)


def test_a_tour_is_extended_at_a_price_until_the_relief_comes() -> None:
    """Four units for a slot of five: each tour lasts 240 days (720 = 3 x 240), 60 beyond guidance."""
    rule = {"tour": {"guidance": 180, "tolerance": 90, "penalty": 10.0}}
    result = run(study(policy=rule, unit={"count": 4, "start": [720, 480, 240, 0]}))
    assert mean(result, "unmet[mission]") == 0
    assert mean(result, "breaks[tour]") == 14  # the fifteenth goes on beyond the horizon
    assert mean(result, "broken_days[tour]") == 14 * 60
    assert mean(result, "price_of_rules") == pytest.approx(14 * 60 * 10 / 1e9)
    assert mean(run(study(unit={"count": 4, "start": [720, 480, 240, 0]})), "unmet[mission]") > 0


def test_dwell_is_broken_at_a_price_within_its_tolerance() -> None:
    rule = {
        "available_from": 100, "tour": 180, "cycle": None,
        "minimum_dwell": {"guidance": 720, "tolerance": 180, "penalty": 7.0},
    }  # fmt: skip
    result = run(study(policy=rule, unit={"count": 4, "start": [720, 540, 360, 180]}))
    assert mean(result, "unmet[mission]") == 0
    assert mean(result, "broken_days[dwell]") == mean(result, "breaks[dwell]") * 180
    assert mean(result, "dwell[brigade]") == (4 * 720 + 16 * 540) / 20  # the first four had come home as was given
    stricter = {**rule, "minimum_dwell": {"guidance": 720, "tolerance": 170}}
    assert mean(run(study(policy=stricter, unit={"count": 4, "start": [720, 540, 360, 180]})), "unmet[mission]") > 0


@pytest.mark.parametrize(("first", "dwell", "tour"), [("dwell", True, False), ("tour", False, True)])
def test_which_rule_is_broken_first_is_a_choice(first: str, dwell: bool, tour: bool) -> None:
    rule = {
        "available_from": 0, "cycle": None, "tour": {"guidance": 180, "tolerance": 180},
        "minimum_dwell": {"guidance": 240, "tolerance": 180},
    }  # fmt: skip
    data = study(policy=rule, unit={"count": 2, "start": [240, 60]}, days=1_500, sourcing={"break_first": first})
    result = run(data)
    assert (mean(result, "breaks[dwell]") > 0) == dwell
    assert (mean(result, "breaks[tour]") > 0) == tour
    assert mean(result, "unmet[mission]") == 0


def test_reserves_mobilise_ahead_of_the_hand_over_and_come_after_the_active() -> None:
    data = study(unit={"count": 1, "start": "rested"}, days=400)
    data["policies"]["reserve"] = {"tour": 270, "mobilisation": 60, "preparation": 30, "counts_preparation": True}
    data["units"].append(
        {"name": "r", "type": "brigade", "component": "reserve", "policy": "reserve", "start": "rested"}
    )
    data["costs"] = {"brigade": {"home": 1e6, "training": 2e6, "deployed": 5e6}}
    result = run(data)
    spells = result.spells[0]
    reserve = spells[spells[:, 0] == 1]
    names = [(int(state), int(begin), int(end)) for _, _, state, begin, end, _ in reserve]
    # called up 90 days before day 180, there from 180 for 270 - 90 = 180 days
    assert names[:4] == [(3, 0, 90), (5, 90, 150), (6, 150, 180), (7, 180, 360)]
    assert mean(result, "unmet[mission]") == 40
    assert mean(result, "cost[r]") == pytest.approx((90 + 2 * (90 + 40) + 5 * 180) / 1e3)  # called up again on day 360
    deployed = mean(result, "total_cost") * 1e9 / mean(result, "cost_per_deployed_day")
    assert deployed == pytest.approx(360)


def test_a_cadre_becomes_ready_some_time_after_the_need_and_at_its_rate() -> None:
    data = study(unit={"count": 1, "start": "rested"}, demand={"quantity": 3, "start": 30}, days=700)
    cadre = {"name": "c", "type": "brigade", "component": "cadre", "count": 2, "policy": "rule"}
    cadre["activation"] = {"need": True, "ready_after": 100, "per_year": 365.25 / 50}
    data["units"].append(cadre)
    result = run(data)
    arrivals = [int(spell[3]) for spell in result.spells[0] if spell[2] == 7]
    assert arrivals == [30, 130, 180]
    assert result.time_to("mission", 2).median == 130 - 30
    assert result.time_to("mission").median == 180 - 30
    assert "cannot be reached" in str(run({**data, "days": 100}).time_to("mission"))


def test_substitutes_fill_in_part() -> None:
    data = study(unit={"type": "light", "start": "rested"}, days=180)
    data["substitutes"] = [{"demanded": "brigade", "by": "light", "effectiveness": 0.6}]
    result = run(data)
    assert mean(result, "filled[mission]") == pytest.approx(0.6 * 180)
    assert mean(result, "unmet_days[mission]") == 180
    data["units"].append({"name": "true", "type": "brigade", "policy": "rule", "start": "rested"})
    assert mean(run(data), "unmet[mission]") == 0  # the type itself comes first


def test_the_higher_priority_is_served_first() -> None:
    data = study(unit={"count": 3, "start": "rested"}, demand={"priority": 2, "quantity": 2}, days=100)
    data["demands"].append({"name": "first", "type": "brigade", "quantity": 2, "priority": 1})
    result = run(data)
    assert mean(result, "unmet[first]") == 0
    assert mean(result, "unmet[mission]") == 100
    assert result.unmet_by("priority")["unmet"].to_dict() == {1: 0.0, 2: 100.0}


def test_caveats_cap_a_nation_keep_it_out_and_let_it_withdraw_at_notice() -> None:
    data = study(unit={"nation": "GBR", "start": "rested"}, demand={"quantity": 3}, days=100)
    data["units"].append({"name": "f", "nation": "FRA", "type": "brigade", "policy": "rule", "start": "rested"})
    caveat = {"nation": "GBR", "demand": "mission"}
    assert mean(run({**data, "caveats": [{**caveat, "most": 1}]}), "unmet[mission]") == 100
    assert mean(run({**data, "caveats": [{**caveat, "most": 0}]}), "unmet[mission]") == 200
    left = run({**data, "caveats": [{**caveat, "withdraws_on": 40, "notice": 20}]})
    assert left.spells[0][left.spells[0][:, 2] == 7][:, 4].tolist() == [60, 60, 60, 100]
    back = run({**data, "caveats": [{**caveat, "withdraws_on": 40, "notice": 20, "returns_after": 30}]})
    assert mean(back, "unmet[mission]") == 2 * 10  # from day 60 to day 70


def test_phases_change_policies_demands_and_caveats() -> None:
    data = study(unit={"count": 4, "start": "rested", "policy": {"peace": "rule", "other": "surge"}}, days=600)
    data["policies"]["surge"] = {"available_from": 0, "tour": 400}
    data["phases"] = {"dated": {0: "peace", 100: "war"}}
    data["demands"].append({"name": "war", "type": "brigade", "quantity": 2, "phases": ["war"]})
    result = run(data)
    tours = [spell[3:5].tolist() for spell in result.spells[0] if spell[2] == 7]
    assert sorted(tours) == [[0, 400], [100, 500], [100, 500], [400, 600], [500, 600], [500, 600]]
    by_phase = result.dataset["asked_by_phase"].sel(demand="war").values[0]
    assert by_phase.tolist() == [0, 1000]
    assert result.arrays["phase_days"].tolist() == [[100, 500]]


def test_phases_may_follow_a_demand() -> None:
    data = study(demand={"start": 50, "duration": 100}, days=300)
    data["phases"] = {"following": {"demand": "mission"}}
    result = run(data)
    assert dict(zip(result.layout.phases, result.arrays["phase_days"][0].tolist(), strict=True)) == {
        "peace": 50, "surge": 100, "after": 150,
    }  # fmt: skip


def test_a_package_comes_whole_or_waits_or_is_lost() -> None:
    data = study(unit={"count": 2, "start": "rested"}, demand={"quantity": 3, "package": True}, days=100)
    joins = {"name": "late", "type": "brigade", "policy": "rule", "joins": 40}
    waiting = run({**data, "units": [*data["units"], joins]})
    assert [spell[3] for spell in waiting.spells[0] if spell[2] == 7] == [40, 40, 40]
    data["demands"][0]["lost"] = True
    lost = run({**data, "units": [*data["units"], joins]})
    assert (mean(lost, "lost[mission]"), mean(lost, "filled[mission]")) == (1, 0)


def test_notice_lets_preparation_begin_before_the_demand() -> None:
    data = study(policy={"preparation": 30}, unit={"start": "rested"}, demand={"start": 60}, days=200)
    assert mean(run(data), "unmet[mission]") == 30
    data["demands"][0]["notice"] = 30
    assert mean(run(data), "unmet[mission]") == 0


def test_who_is_sent_first_is_data_or_a_rule_of_ones_own() -> None:
    data = study(unit={"count": 1, "start": [800]}, days=100)
    data["units"] += [
        {"name": "fresh", "type": "brigade", "nation": "FRA", "policy": "rule", "start": [730], "size": 9},
        {"name": "tired", "type": "brigade", "nation": "GBR", "component": "reserve", "policy": "rule", "start": [890]},
    ]

    def sent(order: list[str], **options: Any) -> str:
        result = run({**data, "sourcing": {"order": order, "nations": ["FRA", "GBR"]}}, **options)
        return next(result.layout.members[spell[0]].name for spell in result.spells[0] if spell[2] == 7)

    assert sent(["rested"]) == "tired-1"
    assert sent(["component", "rested"]) == "brigade-1"
    assert sent(["nation"]) == "fresh-1"
    assert sent(["advanced"]) == "tired-1"
    assert sent(["largest"], rules={"largest": lambda unit: -unit.size}) == "fresh-1"


def test_an_order_is_called_off_when_the_demand_ends_before_the_unit_is_there() -> None:
    data = study(policy={"preparation": 30}, unit={"start": "rested"}, demand={"duration": 20}, days=100)
    result = run(data)
    states = [int(spell[2]) for spell in result.spells[0] if spell[0] == 0]
    assert states == [6, 3]
    assert mean(result, "tours[brigade]") == 0


def test_bog_dwell_and_stress() -> None:
    result = run(study())
    assert mean(result, "bog_dwell[brigade]") == 4
    assert result.arrays["stress"][0, 0].tolist() == [0, 0, 0, 0, 5, *[0] * 15]
    assert result.arrays["dwell"][0, 0, 720 // 30] == result.arrays["dwell"][0, 0].sum() == 19
    assert np.all(result.dataset["account"].sum("category") == 5 * 3600)


def test_the_smallest_force_and_what_cannot_be_reached() -> None:
    found = rotation.smallest_force(study(), "unmet[mission] <= 0", 1.0, replications=1)
    assert found.units == 5
    assert found.tried[4].value == 0
    unreachable = rotation.smallest_force(study(), "unmet[mission] <= -1", 1.0, replications=1, most=20)
    assert unreachable.units is None
    assert "cannot be reached with up to 20 units" in str(unreachable)
    with pytest.raises(fs.ResultError, match="cannot be reached"):
        rotation.rotation_ratio(
            {"available_from": {"uniform": [90, 110]}, "minimum_dwell": 500, "tour": 30, "available_until": 200}
        )


def test_a_package_in_a_phase_comes_at_once_or_is_lost() -> None:
    data = study(unit={"count": 3, "start": "rested"}, days=300)
    data["phases"] = {"dated": {0: "war", 100: "peace", 200: "war"}}
    data["demands"] = [
        {"name": "war", "type": "brigade", "quantity": 3, "phases": ["war"], "package": True, "lost": True}
    ]
    result = run(data)
    assert [spell[3:5].tolist() for spell in result.spells[0] if spell[2] == 7] == [[0, 100]] * 3
    assert (mean(result, "spells[war]"), mean(result, "lost[war]")) == (2, 1)
    assert result.unmet_by("phase")["unmet"].to_dict() == {"war": 300.0, "peace": 0.0}


def test_what_was_looked_for_ahead_is_had_at_a_price_when_the_day_comes() -> None:
    rule = {"available_from": 0, "cycle": None, "minimum_dwell": {"guidance": 300, "tolerance": 100}}
    data = study(policy=rule, unit={"count": 1, "start": [110]}, demand={"start": 100, "notice": 50}, days=150)
    result = run(data)
    assert mean(result, "unmet[mission]") == 0
    assert mean(result, "broken_days[dwell]") == 90


def test_a_nation_at_its_cap_relieves_its_own_and_takes_the_place_of_one_that_left() -> None:
    policy = {"overlap": 10, "preparation": 30, "cycle": None}
    data = study(policy=policy, unit={"nation": "GBR", "count": 3, "start": "rested"}, demand={"quantity": 2}, days=500)
    data["caveats"] = [{"nation": "GBR", "demand": "mission", "most": 1}]
    result = run(data)
    tours = sorted(spell[3:5].tolist() for spell in result.spells[0] if spell[2] == 7)
    assert tours == [[30, 200], [200, 370], [370, 500]]
    assert mean(result, "overlap_days[brigade]") == 20


def test_a_package_that_waited_in_vain_is_forgotten_when_its_time_is_over() -> None:
    data = study(
        unit={"count": 1, "start": "rested"}, demand={"package": True, "quantity": 2, "duration": 30}, days=200
    )
    data["units"].append({"name": "late", "type": "brigade", "policy": "rule", "joins": 60})
    result = run(data)
    assert mean(result, "unmet[mission]") == 60
    assert mean(result, "tours[brigade]") == mean(result, "tours[late]") == 0
