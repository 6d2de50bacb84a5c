"""Whether chance has a part in a study at all: only then does a single future tell nothing of the error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from forcesim.rotation.durations import Days

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forcesim.rotation.sections import UnitGroup
    from forcesim.rotation.study import RotationFields

__all__ = ["is_certain", "is_fixed"]

KNOWN_AHEAD = ("asked", "spells")
"""Outcomes of a demand that follow from its dates alone, if these are fixed."""


def is_certain(study: RotationFields) -> bool:
    """Return whether every replication of a study is the same.

    Examples
    --------
    >>> from forcesim.rotation import Rotation
    >>> fixed = {"days": 90, "policies": {"p": {"tour": 30}},
    ...          "units": [{"name": "a", "type": "t", "policy": "p", "start": "rested"}]}
    >>> is_certain(Rotation.of(fixed))
    True
    >>> is_certain(Rotation.of({**fixed, "policies": {"p": {"tour": 30, "available_from": {"uniform": [5, 9]}}}}))
    False
    """
    people = study.people
    by_chance = (
        any(days.law is not None for days in _durations(study)),
        any(_draws_start(study, group) for group in study.units),
        any(demand.rate_per_year is not None for demand in study.demands),
        any(one.withdraws_per_year is not None or 0.0 < one.chance < 1.0 for one in study.caveats),
        _has_branches(study),
        people is not None and (people.not_deployable > 0.0 or people.turnover_per_year > 0.0),
        any(school.applicants.per_year is not None or 0.0 < school.pass_share < 1.0 for school in study.schools),
    )
    return not any(by_chance)


def is_fixed(study: RotationFields, name: str, label: str | None) -> bool:
    """Return whether one outcome is the same in every replication, whatever chance does elsewhere."""
    demand = next((one for one in study.demands if one.name == label), None)
    if name not in KNOWN_AHEAD or demand is None or demand.rate_per_year is not None:
        return False
    return demand.phases is None and (demand.duration is None or demand.duration.law is None)


def _draws_start(study: RotationFields, group: UnitGroup) -> bool:
    """Return whether it is drawn where the units of a group stand on day 0."""
    there = group.activation is None and study.day(group.joins) <= 0
    return there and group.count > 0 and group.start in {"stationary", "uniform"}


def _has_branches(study: RotationFields) -> bool:
    """Return whether phases are a chain in which chance chooses the way."""
    if study.phases is None or study.phases.chain is None:
        return False
    ways = [
        [name for name, weight in state.then.items() if weight > 0.0] for state in study.phases.chain.states.values()
    ]
    return any(len(each) > 1 for each in ways)


def _durations(part: Any) -> Iterator[Days]:
    """Yield every duration in a part of a study."""
    if isinstance(part, Days):
        yield part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _durations(getattr(part, name))
    elif isinstance(part, (tuple, list)):
        for entry in part:
            yield from _durations(entry)
    elif isinstance(part, dict):
        for entry in part.values():
            yield from _durations(entry)
