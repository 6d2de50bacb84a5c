"""Who is sent: ahead of time and within the tolerance; one more unit does not harm; what is missing costs no time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forcesim import rotation
from forcesim.rotation.board import Board
from forcesim.rotation.layout import RotationLayout
from forcesim.rotation.run import make_replication, run_once
from tests.rotation.strategies import study


def run(data: dict[str, Any]) -> rotation.RotationResult:
    return rotation.simulate(data, replications=1)


def mean(result: rotation.RotationResult, name: str) -> float:
    return result.mean(name).value


def two(dwell: Any, **changes: Any) -> dict[str, Any]:
    """Two units with 45 days of preparation take turns."""
    policy = {"cycle": None, "available_from": 0, "preparation": 45, "minimum_dwell": dwell, **changes}
    return study(policy=policy, unit={"count": 2, "start": "rested"}, demand={"start": 45, "notice": 45}, days=3_000)


def test_a_dwell_that_may_be_cut_is_as_good_as_a_shorter_one() -> None:
    """Planning knows the tolerance: the relief is called up in time, not on the day on which it is missed."""
    assert mean(run(two(120)), "unmet[mission]") == 0
    cut = run(two({"guidance": 360, "tolerance": 240, "penalty": 2.0}))
    assert mean(cut, "unmet[mission]") == 0
    tours = mean(cut, "tours[brigade]")
    # each but the two first ones goes after 180 days at home, of which 45 were preparation: 180 days too early
    assert mean(cut, "breaks[dwell]") == tours - 2
    assert mean(cut, "broken_days[dwell]") == 180 * (tours - 2)
    assert mean(cut, "price_of_rules") == pytest.approx(2.0 * 180 * (tours - 2) / 1e9)
    assert mean(run(two(360)), "unmet[mission]") > 0


def test_a_tour_is_prolonged_first_and_a_dwell_cut_only_in_time_for_its_end() -> None:
    dwell = {"guidance": 360, "tolerance": 240}
    tour = {"guidance": 180, "tolerance": 60}
    first = run({**two(dwell, tour=tour), "sourcing": {"break_first": "tour"}})
    assert mean(first, "unmet[mission]") == 0
    assert first.arrays["broken_days"][0].sum(axis=1).tolist()[:2] == [
        120 * mean(first, "breaks[dwell]"),
        60 * mean(first, "breaks[tour]"),
    ]
    assert mean(first, "breaks[tour]") > 5


def test_who_keeps_the_rules_goes_before_who_is_as_late_and_does_not() -> None:
    data = two({"guidance": 360, "tolerance": 240}, preparation=0)
    data["units"][0]["count"] = 3
    data["units"][0]["start"] = [350, 900, 200]
    data["demands"] = [{"name": "mission", "type": "brigade", "quantity": 1}]
    data["sourcing"] = {"order": ["soonest", "fewest"]}
    result = run(data)
    sent = next(row for row in result.spells[0] if row[2] == 7 and row[3] == 0)
    assert result.layout.members[sent[0]].name == "brigade-2"


def test_a_unit_within_its_tolerance_goes_before_one_that_keeps_the_rules_and_is_later() -> None:
    """At no penalty, and with ``soonest`` first: the reserve keeps the rules and takes 60 days."""
    data = study(
        policy={"cycle": None, "available_from": 0, "minimum_dwell": {"guidance": 360, "tolerance": 240}},
        unit={"count": 1, "start": [200]}, days=150,
    )  # fmt: skip
    alone = mean(run(data), "unmet[mission]")
    data["policies"]["slow"] = {"tour": 180, "preparation": 60}
    data["units"].append({"name": "slow", "type": "brigade", "policy": "slow", "start": "rested"})
    assert alone == mean(run(data), "unmet[mission]") == 0


@st.composite
def like_units(draw: st.DrawFn) -> dict[str, Any]:
    """Units of one fixed policy, with tolerances, and one lasting demand."""
    tour = draw(st.integers(20, 90))
    policy = {
        "available_from": draw(st.integers(0, 200)),
        "tour": {"guidance": tour, "tolerance": draw(st.sampled_from((0, 0, 15)))},
        "overlap": draw(st.sampled_from((0, 0, 5))),
        "minimum_dwell": {"guidance": draw(st.integers(0, 300)), "tolerance": draw(st.integers(0, 200))},
        "preparation": draw(st.sampled_from((0, 10, 40))),
    }
    window = draw(st.sampled_from((None, None, 30, 120)))
    if window is not None:
        policy["window"] = window
    count = draw(st.integers(1, 8))
    return {
        "days": 1_000, "policies": {"p": policy},
        "units": [{"name": "u", "type": "u", "policy": "p", "start": "rested", "count": count}],
        "demands": [{"name": "m", "type": "u", "quantity": draw(st.integers(1, 4))}],
        "sourcing": {"break_first": draw(st.sampled_from(("dwell", "tour")))},
    }  # fmt: skip


def unmet_days(data: dict[str, Any], more: int = 0) -> tuple[int, int]:
    made = rotation.Rotation.of(data)
    account = run_once(RotationLayout(made.with_units(u=made.units[0].count + more)), 1, 0)
    return int(account["unmet"].sum()), int(account["unmet_days"].sum())


@settings(max_examples=150, deadline=None)
@given(like_units())
def test_one_more_unit_of_the_kind_never_makes_it_worse(data: dict[str, Any]) -> None:
    assert unmet_days(data, 1)[0] <= unmet_days(data)[0]


def quick_and_slow(*, both: bool) -> dict[str, Any]:
    slow = {"available_from": 180, "tour": 180, "preparation": 60}
    data = study(unit={"count": 3, "start": "rested"}, days=720)
    data["policies"] = {"rule": slow, "quick": {"available_from": 90, "tour": 30, "preparation": 30}}
    if both:
        data["units"].append({"name": "quick", "type": "brigade", "policy": "quick", "start": "rested"})
    return data


def test_an_unlike_unit_may_make_it_worse_as_the_docs_say() -> None:
    """The quick one is there on day 30 for 30 days; its relief is sought when it arrives, and takes 60 days."""
    assert mean(run(quick_and_slow(both=False)), "unmet[mission]") == 60
    assert mean(run(quick_and_slow(both=True)), "unmet[mission]") == 90


def test_of_two_who_are_free_on_one_day_the_sooner_goes_and_who_is_free_soon_is_waited_for() -> None:
    """One alone leaves 30 of 90 days; with a slow one beside it no more may be missing."""
    data = study(
        policy={"available_from": 30, "tour": 60, "cycle": None}, unit={"count": 1, "start": "rested"}, days=720
    )
    alone = mean(run(data), "unmet[mission]")
    for home in (89, 90, 100):
        data["policies"]["slow"] = {"available_from": home, "tour": 60, "preparation": 60}
        slow = {"name": "slow", "type": "brigade", "policy": "slow", "start": "rested"}
        assert mean(run({**data, "units": [*data["units"], slow]}), "unmet[mission]") <= alone / 2


def test_notice_lets_a_package_prepare() -> None:
    data = study(
        policy={"preparation": 30}, unit={"count": 3, "start": "rested"},
        demand={"quantity": 3, "package": True, "start": 60, "notice": 30}, days=100,
    )  # fmt: skip
    assert mean(run(data), "unmet[mission]") == 0
    data["demands"][0]["notice"] = 10
    assert mean(run(data), "unmet_days[mission]") == 20
    data["demands"][0] |= {"notice": 30, "lost": True, "quantity": 4}
    lost = run({**data, "units": [*data["units"], {**data["units"][0], "name": "late", "count": 1, "joins": 65}]})
    assert (mean(lost, "lost[mission]"), mean(lost, "filled[mission]")) == (1, 0)
    data["demands"][0]["lost"] = False
    late = run({**data, "units": [*data["units"], {**data["units"][0], "name": "late", "count": 1, "joins": 40}]})
    assert mean(late, "unmet_days[mission]") == 10


def test_the_furthest_in_its_window_goes_first_and_a_window_without_end_is_never_far() -> None:
    data = study(policy={"cycle": 900, "available_from": 720}, unit={"count": 1, "start": [880]}, days=100)
    data["policies"]["open"] = {"tour": 180, "available_from": 720}
    data["units"].insert(0, {"name": "open", "type": "brigade", "policy": "open", "start": [1_700]})
    data["units"].insert(0, {"name": "early", "type": "brigade", "policy": "rule", "start": [730]})
    data["sourcing"] = {"order": ["advanced"]}
    result = run(data)
    sent = next(row for row in result.spells[0] if row[2] == 7)
    assert result.layout.members[sent[0]].name == "brigade-1"
    del data["units"][2]
    result = run(data)
    sent = next(row for row in result.spells[0] if row[2] == 7)
    assert result.layout.members[sent[0]].name == "early-1"


def looked(quantity: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how often a slot is compared or looked at while a force of ten serves a demand of some size."""
    seen = [0]
    serves = Board.serves

    def counted(*arguments: Any) -> bool:
        seen[0] += 1
        return serves(*arguments)

    monkeypatch.setattr(Board, "serves", staticmethod(counted))
    choose = Board.choose

    def chosen(self: Board, *arguments: Any) -> Any:
        seen[0] += 1
        return choose(self, *arguments)

    monkeypatch.setattr(Board, "choose", chosen)
    data = study(unit={"count": 10, "start": "rested"}, demand={"quantity": quantity})
    made = make_replication(RotationLayout(rotation.Rotation.of(data)), 1, 0)
    made.world.env.run(until=made.world.last)
    monkeypatch.undo()
    return seen[0]


def test_what_is_missing_costs_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is counted, not timed: 5,000 slots of which ten are filled take no more looks than 50."""
    few, many = looked(50, monkeypatch), looked(5_000, monkeypatch)
    assert many <= 1.1 * few
