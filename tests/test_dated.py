"""Dates decide, not places in a list; what comes twice or never acts is told with its path."""

from __future__ import annotations

import datetime as dt
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import forcesim as fs
from forcesim.policy import Setting, acting, in_order
from forcesim.scenario.numbers import course_of
from forcesim.timeline import Timeline, month_number
from tests.support.garrison import Garrison, garrison_data, garrisons
from tests.support.strategies import MONTHS, policies, which_act

if TYPE_CHECKING:
    from collections.abc import Sequence

STRENGTH = "nations.DEU.garrison.strength"
NATIONS = ["DEU", "EST", "FRA"]


def by_policy(settings: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {**garrison_data(), "policies": {"p": {"title": "P", "settings": list(settings)}}, **more}


def courses(scenario: fs.Scenario) -> dict[str, list[float]]:
    """Return what every strength is in each month."""
    return {
        number.path: number.course.bounds[1].tolist()
        for number in scenario.numbers()
        if number.path.endswith("strength")
    }


def setting(lever: str = STRENGTH, **given_: Any) -> dict[str, Any]:
    return {"lever": lever, **{"from" if key == "start" else key: value for key, value in given_.items()}}


THREE = [
    setting(set=5.0, start="2025-09"),
    setting(set=3.0, start="2025-03"),
    setting(scale=2.0, start="2025-06", until="2025-11"),
    setting("nations.*.garrison.strength", set=1.0, start="2025-03"),
]


@pytest.mark.parametrize("where", ["policy", "settings"])
def test_every_order_of_a_list_gives_the_same(where: str) -> None:
    found = []
    for order in permutations(THREE):
        if where == "policy":
            scenario = fs.Scenario.of(by_policy(order), [Garrison]).with_policy("p")
        else:
            scenario = fs.Scenario.of({**garrison_data(), "settings": list(order)}, [Garrison])
        found.append(courses(scenario))
    assert all(one == found[0] for one in found)
    at = dict(zip(MONTHS, found[0][STRENGTH], strict=False))
    assert [at[month] for month in ("2025-02", "2025-03", "2025-06", "2025-09", "2025-12")][1:] == [3.0, 6.0, 5.0, 5.0]


def test_in_the_order_of_the_list_they_would_differ() -> None:
    """The twin: stacking as listed depends on the list, so the test above can fail."""
    timeline = Timeline("2025-01", "2026-01")
    stacks = [[Setting.model_validate(one) for one in order] for order in permutations(THREE[:2])]
    listed = [course_of(0.0, stack, timeline).bounds[0].tolist() for stack in stacks]
    dated = [course_of(0.0, in_order(stack, timeline), timeline).bounds[0].tolist() for stack in stacks]
    assert listed[0] != listed[1]
    assert dated[0] == dated[1]


@given(st.data(), policies(NATIONS, ["DEU", "FRA"]))
def test_any_policy_in_any_order(data: st.DataObject, policy: dict[str, Any]) -> None:
    timeline = Timeline(MONTHS[0], MONTHS[12])
    stack = [
        Setting.model_validate(one) for one in policy["settings"] if one["lever"].split(".")[1] in ("*", "DEU", "@west")
    ]
    shuffled = data.draw(st.permutations(stack))
    assert in_order(shuffled, timeline) == in_order(stack, timeline)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.data())
def test_what_acts_is_what_can_be_felt(starts: list[int], data: st.DataObject) -> None:
    """Take each setting away: the course changes in some month if, and only if, the setting acts."""
    timeline, stack = Timeline("2025-01", "2025-06"), []
    for place, first in enumerate(starts):
        way = data.draw(st.sampled_from(["set", "add", "ramp"]))
        last = data.draw(st.integers(first, 5))
        over = {"over": data.draw(st.integers(1, 4))} if way == "ramp" else {}
        odd = 1.0 + 2.0 ** (3 * place)
        stack.append(
            Setting.model_validate({"lever": "x", way: odd, "from": MONTHS[first], "until": MONTHS[last], **over})
        )
    found = acting(stack, timeline)
    whole = course_of(0.123, stack, timeline).bounds[0]
    for place in range(len(stack)):
        without = course_of(0.123, stack[:place] + stack[place + 1 :], timeline).bounds[0]
        assert (place in found) == (not np.allclose(whole, without, rtol=1e-12, atol=1e-12))


IDLE: list[tuple[list[dict[str, Any]], str]] = [
    ([setting(set=5.0, start="2024-03"), setting(set=3.0, start="2024-06")],
     f"policies.p.settings[0]: must act in some month, got {STRENGTH} (policies.p.settings[1] covers it)"),
    ([setting(set=3.0, start="2024-06"), setting(set=5.0, start="2024-03")],
     f"policies.p.settings[1]: must act in some month, got {STRENGTH} (policies.p.settings[0] covers it)"),
    ([setting("nations.@west.garrison.strength", add=1.0), setting("nations.*.garrison.strength", set=1.0)],
     ""),
    ([setting("nations.@west.garrison.strength", add=1.0), setting(set=1.0)],
     "policies.p.settings[0]: must act in some month, got nations.@west.garrison.strength (policies.p.settings[1] covers it)"),
    ([setting(ramp=5.0, over=3, start="2025-04", until="2025-04")],
     f"policies.p.settings[0]: must act in some month, got {STRENGTH} (its ramp begins in 2025-04, its last month)"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "message"), IDLE, ids=range(len(IDLE)))
def test_a_setting_that_never_acts_is_a_fault_with_its_path(settings: list[dict[str, Any]], message: str) -> None:
    data = by_policy(settings, groups={"west": ["DEU"]})
    if not message:
        fs.Scenario.of(data, [Garrison])
        return
    with pytest.raises(fs.ScenarioError) as caught:
        fs.Scenario.of(data, [Garrison])
    assert str(caught.value) == message


def test_a_ramp_from_the_horizon_is_a_fault_once_its_policy_applies() -> None:
    scenario = garrisons(policies=by_policy([setting(ramp=5.0, over=3, start="2026-01")])["policies"])
    with pytest.raises(fs.PolicyError, match=r"policies\.p\.settings\[0\]: must act .* \(its ramp begins in 2026-01"):
        scenario.with_policy("p")


TWICE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (setting(set=5.0), setting(add=3.0, start="2025-01")),
    (setting(set=5.0, start="2025-04"), setting(set=3.0, start="2025-04-15")),
    (setting("nations.@west.garrison.strength", set=5.0), setting("nations.@all.garrison.strength", set=3.0)),
]


@pytest.mark.parametrize("pair", TWICE, ids=range(len(TWICE)))
@pytest.mark.parametrize("order", [1, -1])
def test_one_number_twice_from_one_date_is_a_fault_with_both_paths(pair: Any, order: int) -> None:
    groups = {"west": ["DEU"], "all": ["DEU", "FRA"]}
    with pytest.raises(fs.ScenarioError) as caught:
        fs.Scenario.of(by_policy(pair[::order], groups=groups), [Garrison])
    assert "must be set once from one date" in str(caught.value)
    assert "policies.p.settings[0] sets nations.DEU.garrison.strength from 2025-0" in str(caught.value)
    assert "policies.p.settings[1].lever" in str(caught.value)


def test_a_policy_made_in_python_names_both_places() -> None:
    with pytest.raises(ValidationError, match=r"settings\[0\] and settings\[1\] do"):
        fs.Policy(
            title="p",
            settings=(
                fs.Setting(lever="x", set=1.0, start="2025-04"),
                fs.Setting(lever="x", set=2.0, start="2025-04-30"),
            ),
        )


def test_of_two_policies_the_later_one_is_on_top_whatever_its_dates() -> None:
    late, early = setting(set=5.0, start="2025-09"), setting(set=3.0, start="2025-03")
    data = {
        **garrison_data(),
        "policies": {"late": {"title": "L", "settings": [late]}, "early": {"title": "E", "settings": [early]}},
    }
    scenario = fs.Scenario.of(data, [Garrison])
    assert courses(scenario.with_policy("late", "early"))[STRENGTH][-1] == 3.0
    assert courses(scenario.with_policy("early", "late"))[STRENGTH][-1] == 5.0


@pytest.mark.parametrize("names", [("two-percent", "five-percent"), ("nato-in-ukraine", "europe-150k", "all-in")])
def test_a_scenario_under_several_policies_is_read_back(names: tuple[str, ...]) -> None:
    scenario = fs.load("ukraine-2025").with_policy(*names)
    for again in (fs.Scenario.of(scenario.in_full()), fs.Scenario.of(scenario.to_dict())):
        assert again.applied == names
        assert again.settings_by_path() == scenario.settings_by_path()


NO_MONTHS = [
    "2027-13",
    "2027-00",
    "2027-1",
    "27-01",
    "2027",
    "2027-02-30",
    "2027-01-00",
    "2027-01-32",
    " 2027-01",
    "2027-01\n",
    "2027/01",
    "soon",
]


@pytest.mark.parametrize("given_", NO_MONTHS)
def test_what_is_no_date_is_refused(given_: str) -> None:
    with pytest.raises(ValueError, match=r"must be a (month|day)"):
        month_number(given_)
    for key in ("from", "until"):
        with pytest.raises(ValidationError, match=r"must be a (month|day)"):
            Setting.model_validate({"lever": "x", "set": 1.0, key: given_})
    with pytest.raises(fs.ScenarioError, match=r"strength\.schedule: must be a (month|day)"):
        fs.Scenario.of(
            {**garrison_data(), "nations": {"DEU": {"garrison": {"strength": {"schedule": {given_: 1.0}}}}}}, [Garrison]
        )


@pytest.mark.parametrize("given_", [2027.1, 2027, 202701, True, ["2027-01"]], ids=repr)
def test_what_is_no_text_is_no_date(given_: Any) -> None:
    with pytest.raises(ValidationError, match="must be a month such as 2030-12"):
        Setting.model_validate({"lever": "x", "set": 1.0, "from": given_})


@pytest.mark.parametrize(
    "given_", [dt.date(2027, 1, 31), dt.datetime(2027, 1, 31, 12, tzinfo=dt.UTC), "2027-01-31"], ids=repr
)
def test_dates_of_python_are_dates(given_: Any) -> None:
    one = Setting.model_validate({"lever": "x", "set": 1.0, "from": given_})
    assert one.start == "2027-01-31"
    assert Setting.model_validate(one.model_dump(mode="json")) == one
    assert fs.Value.model_validate({"schedule": {given_: 1.0}}).schedule == {"2027-01-31": 1.0}


def test_a_schedule_has_each_month_once_in_any_order() -> None:
    with pytest.raises(ValidationError, match="must have each month once, and has 2027-01-01 twice"):
        fs.Value.model_validate({"schedule": {"2027-01-01": 1.0, dt.date(2027, 1, 1): 2.0}})
    two = {"2025-03": 1.0, dt.date(2025, 3, 1): 2.0}
    with pytest.raises(fs.ScenarioError, match="must have each month once"):
        fs.Scenario.of(
            {**garrison_data(), "nations": {"DEU": {"garrison": {"strength": {"schedule": two}}}}}, [Garrison]
        )
    timeline, dates = Timeline("2025-01", "2025-06"), [("2025-05", 3.0), ("2025-02", 1.0), ("2025-03-15", 2.0)]
    found = [timeline.schedule(dict(order)).tolist() for order in permutations(dates)]
    assert all(one == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0] for one in found)


def test_the_strategies_know_what_acts() -> None:
    """Random policies of other tests hold acting settings only."""
    assert which_act([setting(set=1.0), setting("nations.*.garrison.strength", set=2.0)], NATIONS, ["DEU"]) == [
        True,
        True,
    ]
    assert which_act([setting(ramp=1.0, over=2, start=MONTHS[12])], NATIONS, ["DEU"]) == [False]


def test_the_cell_of_0_1_0_warns_is_the_line_of_the_course_and_refuses_a_floor() -> None:
    scenario = garrisons(policies=by_policy([setting(set=5.0, start="2025-03")])["policies"]).with_policy("p")
    number = next(one for one in scenario.numbers() if one.path == STRENGTH)
    with pytest.warns(DeprecationWarning, match=r"take number\.course"):
        line = scenario.cell(number, scenario.settings_by_path())
    assert line.same(number.course.lines[0])
    floor = Setting(lever=STRENGTH, at_least={"uniform": [900.0, 1_100.0]})
    with pytest.warns(DeprecationWarning, match="course"), pytest.raises(fs.ScenarioError, match="must have no floor"):
        scenario.cell(number, {STRENGTH: [floor]})
