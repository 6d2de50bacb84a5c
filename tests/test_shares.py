"""Shares of one whole: what sums above 1 is refused, wherever it comes from and whenever it begins."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import forcesim as fs
from forcesim.processes.catalogue import Catalogue
from forcesim.processes.columns import all_columns

UKR, POL = "nations.UKR.spending.", "nations.POL.spending."
RULE = "shares of one whole must sum to at most 1"


def world(spending: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a world of two treasuries, one of which also makes things."""
    treasury = {"economy": {"gdp": 500}, "spending": {"share": 0.03, "personnel_share": 0.5, "equipment_share": 0.3}}
    lines = {"shells": {"order_share": 0.5}, "drones": {"order_share": 0.3}}
    one = {**treasury, "spending": {**treasury["spending"], **(spending or {})}, "industry": lines}
    return {"name": "w", "start": "2025-01", "horizon": "2027-12", "nations": {"UKR": one, "POL": treasury}, **more}


def faults(data: dict[str, Any]) -> list[fs.Fault]:
    with pytest.raises(fs.ScenarioError) as caught:
        fs.Scenario.of(data)
    return list(caught.value.faults)


@pytest.mark.parametrize(
    ("spending", "said"),
    [
        ({"personnel_share": 1.0, "equipment_share": 1.0}, "personnel_share 1 + {}equipment_share 1 = 2 in 2025-01"),
        ({"personnel_share": 0.8}, "personnel_share 0.8 + {}equipment_share 0.3 = 1.1 in 2025-01"),
        (
            {"personnel_share": {"schedule": {"2025-01": 0.5, "2026-03": 0.9}}},
            "personnel_share 0.9 + {}equipment_share 0.3 = 1.2 in 2026-03",
        ),
        ({"personnel_share": {"uniform": [0.3, 0.75]}}, "personnel_share 0.75 + {}equipment_share 0.3 = 1.05"),
        ({"personnel_share": {"discrete": {"values": [0.1, 0.9], "weights": [9, 1]}}}, "personnel_share 0.9 + "),
    ],
)
def test_a_budget_cannot_be_spent_twice(spending: dict[str, Any], said: str) -> None:
    (fault,) = faults(world(spending))
    assert fault.path == f"{UKR}personnel_share"
    assert fault.rule == RULE
    assert said.format(UKR, UKR) in fault.found
    assert "lower one of them" in fault.remedy
    assert ("upper end" in fault.remedy) == any("uniform" in str(x) or "discrete" in str(x) for x in spending.values())


def test_what_sums_to_one_is_accepted() -> None:
    parts = {"personnel_share": 0.3, "equipment_share": 0.7}
    assert fs.Scenario.of(world(parts)).get(f"{UKR}equipment_share").centre == 0.7
    turns = {"personnel_share": {"schedule": {"2025-01": 0.2, "2026-01": 0.7}},
             "equipment_share": {"schedule": {"2025-01": 0.8, "2026-01": 0.3}}}  # fmt: skip
    assert fs.Scenario.of(world(turns)).timeline.months == 36
    turns["equipment_share"]["schedule"] = {"2025-01": 0.8, "2026-02": 0.3}
    assert "= 1.5 in 2026-01" in faults(world(turns))[0].found


def test_lines_of_industry_and_parts_of_all_aid_are_shares_too() -> None:
    data = world()
    data["nations"]["UKR"]["industry"]["armour"] = {"order_share": 0.3}
    assert "shells.order_share 0.5 + " in faults(data)[0].found
    assert "drones.order_share 0.3 = 1.1" in faults(data)[0].found
    data = world()
    for code, part in (("UKR", 0.8), ("POL", 0.3)):
        data["nations"][code] = {**data["nations"][code], "aid": {"receives": part}}
    (fault,) = faults(data)
    assert fault.found == "nations.POL.aid.receives 0.3 + nations.UKR.aid.receives 0.8 = 1.1 in 2025-01"


def course(*settings: dict[str, Any]) -> dict[str, Any]:
    return {"title": "More", "settings": list(settings)}


def test_a_policy_cannot_spend_twice_from_a_date_on() -> None:
    more = {"lever": f"{UKR}personnel_share", "set": 0.8, "from": "2026-05"}
    (fault,) = faults(world(policies={"more": course(more)}))
    assert fault.path == "policies.more.settings[0].set"
    assert fault.found == f"{UKR}personnel_share 0.8 + {UKR}equipment_share 0.3 = 1.1 in 2026-05"
    less = {"lever": f"{UKR}equipment_share", "set": 0.1, "from": "2026-05"}
    assert fs.Scenario.of(world(policies={"more": course(less, more)})).with_policy("more")


def test_policies_are_looked_at_as_they_stack() -> None:
    one = {"lever": f"{UKR}personnel_share", "ramp": 0.65, "over": 12, "from": "2026-01"}
    other = {"lever": f"{UKR}equipment_share", "add": 0.15, "from": "2026-01", "until": "2026-08"}
    scenario = fs.Scenario.of(world(policies={"one": course(one), "other": course(other)}))
    scenario.with_policy("one")
    scenario.with_policy("other")
    with pytest.raises(fs.PolicyError) as caught:
        scenario.with_policy("one", "other")
    (fault,) = caught.value.faults
    assert fault.path == "policies.other.settings[0].add"
    assert fault.rule == RULE


def test_values_put_in_by_hand_are_looked_at() -> None:
    with pytest.raises(fs.ScenarioError, match=RULE):
        fs.load("ukraine-2025").with_values({"nations.*.spending.personnel_share": 0.9})


def test_the_shares_that_sections_declare_are_theirs() -> None:
    found = 0
    for kind in Catalogue().kinds:
        for section in (kind.Common, kind.Parameters):
            if section is None:
                continue
            known = {column.path for column in all_columns(section)}
            for group in (*section.shares_of_one, section.shares_over_nations):
                assert set(group) <= known, kind.name
                found += len(group)
    assert found >= 8


@given(st.lists(st.integers(0, 100), min_size=2, max_size=2))
def test_shares_are_refused_exactly_when_they_sum_above_one(percent: list[int]) -> None:
    names = ("personnel_share", "equipment_share")
    data = world({name: part / 100 for name, part in zip(names, percent, strict=True)})
    if sum(percent) > 100:
        assert RULE in str(faults(data)[0])
    else:
        assert fs.Scenario.of(data)
