"""A study made ready to run: names become numbers, lists become tables. Made once for all replications."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from forcesim.rotation.certainty import is_certain
from forcesim.rotation.durations import NO_DAY
from forcesim.rotation.opening import Opening

if TYPE_CHECKING:
    from forcesim.rotation.sections import Demand, RotationPolicy, UnitGroup
    from forcesim.rotation.study import RotationFields

__all__ = ["Member", "RotationLayout"]

WHOLE_UNIT = 1_000
"""Effectiveness is counted in thousandths, so that accounts stay whole numbers."""


@dataclass(frozen=True, slots=True)
class Member:
    """One unit as the study has it."""

    name: str
    index: int
    group: int
    place: int
    """Its place among those of its group."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Who may fill a demand: units and groups with their worth in thousandths, the slowest and the quickest lead.

    ``tolerant`` says whether any of them may be sent before its dwell is over, at a price.
    """

    worth: dict[int, int]
    groups: dict[int, int]
    longest_lead: int
    least_lead: int
    tolerant: bool


@dataclass(frozen=True)
class RotationLayout:
    """A study with everything in its order."""

    study: RotationFields

    @cached_property
    def phases(self) -> tuple[str, ...]:
        """Return the phases."""
        return self.study.phase_names

    @cached_property
    def opening(self) -> Opening:
        """Return what the study says of its first day."""
        return Opening(self.study, [serving.groups for serving in self.serving])

    @cached_property
    def certain(self) -> bool:
        """Return whether every replication is the same."""
        return is_certain(self.study)

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Return every unit."""
        found: list[Member] = []
        for number, group in enumerate(self.study.units):
            for place in range(group.count):
                found.append(Member(f"{group.name}-{place + 1}", len(found), number, place))
        return tuple(found)

    def policy_of(self, group: UnitGroup, phase: str) -> RotationPolicy:
        """Return a group's policy in a phase."""
        if isinstance(group.policy, str):
            return self.study.policies[group.policy]
        return self.study.policies[group.policy.get(phase) or group.policy["other"]]

    @cached_property
    def on_need(self) -> bool:
        """Return whether some cadre waits for an unmet need."""
        return any(group.activation is not None and group.activation.need for group in self.study.units)

    @cached_property
    def serving(self) -> tuple[Serving, ...]:
        """Return who may fill each demand."""
        return tuple(self._serving(demand) for demand in self.study.demands)

    def _serving(self, demand: Demand) -> Serving:
        types = {demand.type: WHOLE_UNIT}
        for one in self.study.substitutes:
            if one.demanded == demand.type:
                types[one.by] = max(types.get(one.by, 0), round(WHOLE_UNIT * one.effectiveness))
        groups = {
            number: types[group.type]
            for number, group in enumerate(self.study.units)
            if group.type in types and self.may_serve(group, demand)
        }
        policies = [self.policy_of(self.study.units[number], phase) for number in groups for phase in self.phases]
        longest = max((policy.mobilisation.most + policy.preparation.most for policy in policies), default=0.0)
        least = min((policy.mobilisation.least + policy.preparation.least for policy in policies), default=0)
        worth = {member.index: groups[member.group] for member in self.members if member.group in groups}
        tolerant = any(policy.minimum_dwell.tolerance > 0 for policy in policies)
        return Serving(worth, groups, int(min(longest, NO_DAY)), least, tolerant)

    @staticmethod
    def may_serve(group: UnitGroup, demand: Demand) -> bool:
        """Return whether the units of a group may be sent to a demand at all."""
        return (demand.nations is None or group.nation in demand.nations) and (
            demand.components is None or group.component in demand.components
        )
