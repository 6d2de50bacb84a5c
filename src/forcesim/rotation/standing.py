"""Where units stand on day 0, as a study gives it: what is wrong with that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.errors import Fault, ScenarioError
from forcesim.rotation.draft import unknown
from forcesim.rotation.layout import RotationLayout
from forcesim.rotation.opening import is_begun
from forcesim.rotation.sections import UnitState

if TYPE_CHECKING:
    from forcesim.rotation.draft import StudyDraft
    from forcesim.rotation.sections import Demand, RotationPolicy, UnitGroup
    from forcesim.rotation.study import RotationFields

__all__ = ["faults_of_places", "faults_of_start"]


def faults_of_start(draft: StudyDraft, number: int, group: UnitGroup) -> list[Fault]:
    """Return what is wrong with the states that are given for the units of a group."""
    path, states = draft.path("units", number, ".start"), group.start
    assert isinstance(states, tuple)
    if len(states) != group.count:
        rule = f"must have a state, or a day of the cycle, for each of {group.count} units"
        return [Fault(path, rule, str(len(states)))]
    by_phase = group.policy if isinstance(group.policy, dict) else {"": group.policy}
    policies = [draft.study.policies[name] for name in by_phase.values() if name in draft.study.policies]
    faults: list[Fault] = []
    for place, state in enumerate(states):
        if isinstance(state, UnitState):
            faults += _of_state(draft, f"{path}[{place}]", state, group, policies)
        else:
            faults += _of_day(f"{path}[{place}]", state, policies)
    return faults


def _of_day(path: str, day: int, policies: list[RotationPolicy]) -> list[Fault]:
    """Return whether a day lies beyond every cycle."""
    ends = [policy.cycle.most for policy in policies if policy.cycle is not None]
    if len(ends) < len(policies) or not ends or day <= max(ends):
        return []
    return [Fault(path, f"must lie within the cycle, {max(ends):g} days", str(day))]


def _of_state(
    draft: StudyDraft, path: str, state: UnitState, group: UnitGroup, policies: list[RotationPolicy]
) -> list[Fault]:
    """Return what is wrong with the state of one unit."""
    study, faults = draft.study, list[Fault]()
    days = state.since if isinstance(state.since, int) else None
    if days is None:
        try:
            days = -study.day(state.since)
        except ScenarioError:
            return [Fault(f"{path}.since", "must be a number of days or a date such as 2025-12-01", repr(state.since))]
        if days < 0:
            return [Fault(f"{path}.since", f"must not lie after day 0, {study.start}", str(state.since))]
    if state.on is None:
        return faults
    names = [demand.name for demand in study.demands]
    if state.on not in names:
        return [] if draft.knows("demands", state.on, names) else [unknown(f"{path}.on", "a demand", state.on, names)]
    demand = study.demands[names.index(state.on)]
    tours = [policy.tour.limit_above for policy in policies]
    if tours and days >= max(tours):
        faults.append(Fault(f"{path}.since", f"must be less than the tour, {max(tours)} days", str(state.since)))
    if demand.rate_per_year is not None or demand.package or not is_begun(study, demand):
        faults.append(Fault(f"{path}.on", "must be a demand that is under way on day 0", repr(state.on)))
    if not _may_fill(study, group, demand):
        faults.append(Fault(f"{path}.on", "must be a demand that the unit may fill", repr(state.on)))
    return faults


def _may_fill(study: RotationFields, group: UnitGroup, demand: Demand) -> bool:
    """Return whether the units of a group may be sent to a demand."""
    types = {demand.type, *(one.by for one in study.substitutes if one.demanded == demand.type)}
    return group.type in types and RotationLayout.may_serve(group, demand)


def faults_of_places(draft: StudyDraft) -> list[Fault]:
    """Return demands in which more units are on tour than are asked for, or in which others might stand too."""
    study, faults = draft.study, list[Fault]()
    for number, demand in enumerate(study.demands):
        there = sum(
            isinstance(state, UnitState) and state.on == demand.name
            for group in study.units
            for state in (group.start if isinstance(group.start, tuple) else ())
        )
        if there > demand.quantity:
            rule = f"must be at least the units that are on tour there on day 0, {there}"
            faults.append(Fault(draft.path("demands", number, ".quantity"), rule, str(demand.quantity)))
        for place, group in enumerate(study.units):
            drawn = not isinstance(group.start, tuple) and group.start != "rested" and group.count
            if there and drawn and _may_fill(study, group, demand):
                rule = f"must be given, since other units are on tour in {demand.name} on day 0"
                remedy = "rested, or a state for each"
                faults.append(Fault(draft.path("units", place, ".start"), rule, str(group.start), remedy))
    return faults
