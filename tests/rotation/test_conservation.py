"""Random forces: every unit is in one state on every day, nobody is sent against a rule, nothing is filled twice."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forcesim.rotation.layout import RotationLayout
from forcesim.rotation.model import Rotation
from forcesim.rotation.run import make_replication, run_once
from forcesim.rotation.world import AVAILABLE, CATEGORY, DEPLOYED, MOBILISING, OVERLAP, PREPARING
from tests.rotation.strategies import studies


def by_day(layout: RotationLayout, spells: np.ndarray) -> np.ndarray:
    """Return the state of every unit on every day, from the spells one by one; each day must be told once."""
    found = np.full((len(layout.members), layout.study.days), -1)
    for unit, _, state, begin, end, _ in spells:
        assert (found[unit, begin:end] == -1).all()
        found[unit, begin:end] = state
    assert (found >= 0).all()
    return found


@settings(max_examples=30)
@given(studies(), st.integers(0, 3))
def test_every_unit_is_accounted_for_on_every_day(data: dict[str, Any], replication: int) -> None:
    layout = RotationLayout(Rotation.of(data))
    account = run_once(layout, 5, replication)
    states = by_day(layout, account["spells"])
    days = account["days"]
    counts = np.array([group.count for group in layout.study.units])
    np.testing.assert_array_equal(days.sum(axis=2), counts[:, None] * account["phase_days"])
    assert account["phase_days"].sum() == layout.study.days
    group_of = np.array([member.group for member in layout.members])
    for group in range(len(counts)):
        table = np.bincount(states[group_of == group].ravel(), minlength=days.shape[2])
        np.testing.assert_array_equal(days[group].sum(axis=0), table)
    categories = np.array(CATEGORY)
    assert sum(days[..., categories == place].sum() for place in range(4)) == counts.sum() * layout.study.days


@settings(max_examples=30)
@given(studies())
def test_nothing_is_filled_that_is_not_asked_for(data: dict[str, Any]) -> None:
    layout = RotationLayout(Rotation.of(data))
    account = run_once(layout, 6, 0)
    asked, there, _ = account["series"]
    assert (there <= asked).all()
    np.testing.assert_array_equal(account["filled"] + account["unmet"], account["asked"])
    assert (account["longest"] <= account["unmet_days"].sum(axis=1)).all()


@settings(max_examples=25)
@given(studies())
def test_no_rule_is_broken_beyond_its_tolerance(data: dict[str, Any]) -> None:
    data = {**data, "phases": {"dated": {0: "peace"}}}
    for group in data["units"]:
        group["policy"] = "one"
        group.pop("activation", None)
    for demand in data["demands"]:
        demand.pop("phases", None)
    data["caveats"] = []
    layout = RotationLayout(Rotation.of(data))
    rule = layout.study.policies["one"]
    made = make_replication(layout, 7, 0)
    world = made.world
    world.env.run(until=world.last)
    spells = made.account()["spells"]
    for unit in made.units:
        mine = spells[spells[:, 0] == unit.index]
        away = np.isin(mine[:, 2], (DEPLOYED, OVERLAP))
        begun = mobilised = back = None
        for (_, _, state, begin, end, _), out in zip(mine, away, strict=True):
            if state in (MOBILISING, PREPARING) and mobilised is None:
                mobilised = begin
            elif not out:
                mobilised = None
            if out:
                if begun is None or (back == begin and state == DEPLOYED):
                    begun = begin
                    left = mobilised if rule.counts_preparation and mobilised is not None else begin
                    if back is not None:
                        assert left - back >= rule.minimum_dwell.limit_below
                assert end - begun <= rule.tour.limit_above
                back = end
            else:
                begun = None
    for _, kind, _, days, _ in world.breaks:
        limit = (rule.minimum_dwell.tolerance, rule.tour.tolerance, rule.overlap.guidance)[kind]
        assert 0 < days <= limit or kind == 0  # the dwell that a position on day 0 implies may be anything


@settings(max_examples=25)
@given(studies())
def test_people_are_conserved(data: dict[str, Any]) -> None:
    data["people"] = {"fill": 0.8, "not_deployable": 0.2, "turnover_per_year": 2.0, "minimum_dwell": 40}
    world, _, _, people, _ = make_replication(RotationLayout(Rotation.of(data)), 8, 0)
    assert people is not None
    before = people.total()
    world.env.run(until=world.last)
    assert people.total() == before
    assert (people.went <= people.posts).all()


@settings(max_examples=20)
@given(studies())
def test_a_study_comes_back_from_plain_data(data: dict[str, Any]) -> None:
    made = Rotation.of(data)
    assert Rotation.of(made.to_dict()) == made


def test_an_idle_force_is_idle() -> None:
    data = {
        "days": 90, "policies": {"p": {"tour": 30}},
        "units": [{"name": "a", "type": "t", "count": 3, "policy": "p"}],
    }  # fmt: skip
    account = run_once(RotationLayout(Rotation.of(data)), 1, 0)
    assert account["days"][0, 0, AVAILABLE] == 270
