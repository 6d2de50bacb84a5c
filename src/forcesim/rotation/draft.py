"""A study while it is checked: where each entry stands in its file, and how a fault of it is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forcesim import paths
from forcesim.errors import Fault
from forcesim.scenario.faults import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forcesim.rotation.entries import Day
    from forcesim.rotation.study import RotationFields

__all__ = ["StudyDraft", "fault_of_day", "unknown"]


@dataclass
class StudyDraft:
    """What there is to check, where it stands in the file, and which names belong to malformed entries."""

    study: RotationFields
    places: dict[str, list[int]] = field(default_factory=dict)
    lost: dict[str, set[str]] = field(default_factory=dict)

    def path(self, section: str, number: int, rest: str = "") -> str:
        """Return the path of an entry in the file as it was given."""
        place = self.places.get(section)
        return f"{section}[{place[number] if place else number}]{rest}"

    def knows(self, section: str, name: str, known: Iterable[str]) -> bool:
        """Return whether a name is one of those known, or of a malformed entry."""
        return name in known or name in self.lost.get(section, ())


def unknown(path: str, what: str, found: str, known: Iterable[str]) -> Fault:
    """Return the fault of a name that there is not."""
    names = list(known)
    return Fault(path, f"must name {what}", repr(found), paths.nearest(found, names) or listed(names))


def fault_of_day(study: RotationFields, path: str, when: Day | None) -> list[Fault]:
    """Return whether a day is no date, or lies outside the days that are simulated."""
    if when is None:
        return []
    try:
        day = study.day(when)
    except ValueError:
        return [Fault(path, "must be a day or a date such as 2030-12-01", repr(when))]
    if day < 0:
        return [Fault(path, f"must not lie before the start, {study.start}", str(when))]
    if day >= study.days:
        return [Fault(path, f"must lie within the {study.days:,} days", str(when))]
    return []
