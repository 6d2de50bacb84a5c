"""The sections of a rotation study together, with the date of day 0, and what they say.

What one does with a study (make it from plain data, audit it, change the number of units) is in ``model.py``. The
checks know this file alone, so that the model can call them.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from forcesim.arguments import shown
from forcesim.errors import Fault, ScenarioError
from forcesim.rotation.durations import MOST_DAYS
from forcesim.rotation.entries import Day, Name, RotationSection
from forcesim.rotation.plain import plain
from forcesim.rotation.sections import (
    Caveat,
    Costs,
    Demand,
    People,
    Phases,
    RotationPolicy,
    RotationSchool,
    Sourcing,
    Substitute,
    UnitGroup,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RotationFields", "date_of"]

DATE = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")


def date_of(text: str) -> dt.date:
    """Return a date from ``2030-12-01`` or ``2030-12`` (its first day).

    Raises
    ------
    ValueError
        If the text is no date.
    """
    found = DATE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return dt.date(int(found[1]), int(found[2]), int(found[3] or 1))


class RotationFields(RotationSection):
    """The sections of a study."""

    name: Name = "rotation"
    start: Annotated[str, Field(max_length=10)] = "2026-01-01"
    days: int = Field(ge=1, le=MOST_DAYS)
    warm_up: Annotated[int, Field(ge=0, le=MOST_DAYS, strict=True)] | None = None
    policies: Annotated[dict[Name, RotationPolicy], Field(max_length=1000)] = Field(default_factory=dict)
    units: Annotated[tuple[UnitGroup, ...], Field(max_length=5000)] = ()
    demands: Annotated[tuple[Demand, ...], Field(max_length=500)] = ()
    substitutes: Annotated[tuple[Substitute, ...], Field(max_length=1000)] = ()
    sourcing: Sourcing = Sourcing()
    phases: Phases | None = None
    caveats: Annotated[tuple[Caveat, ...], Field(max_length=2000)] = ()
    people: People | None = None
    schools: Annotated[tuple[RotationSchool, ...], Field(max_length=200)] = ()
    costs: Annotated[dict[Name, Costs], Field(max_length=1000)] = Field(default_factory=dict)

    def day(self, when: Day) -> int:
        """Return a day from the start, of a day or a date.

        Raises
        ------
        ScenarioError
            If it is neither.

        Examples
        --------
        >>> RotationFields(days=10, start="2026-01-01").day("2026-02")
        31
        """
        found = plain(when)
        if isinstance(found, int) and not isinstance(found, bool):
            return found
        try:
            return int(found) if found.isdigit() else (date_of(found) - date_of(self.start)).days
        except (AttributeError, ValueError):
            raise ScenarioError(Fault("day", "must be a day or a date such as 2030-12-01", shown(when))) from None

    def date(self, day: int) -> str:
        """Return the date of a day, ``2026-01-01``.

        Raises
        ------
        OverflowError
            If it lies beyond the year 9999.
        """
        return (date_of(self.start) + dt.timedelta(days=day)).isoformat()

    @property
    def phase_names(self) -> tuple[str, ...]:
        """Return the phases that there can be, by date or in order of mention."""
        if self.phases is None:
            return ("all",)
        if self.phases.dated is not None:
            return self._phases_by_date(self.phases.dated)
        if self.phases.chain is not None:
            return tuple(self.phases.chain.states)
        assert self.phases.following is not None
        after = self.phases.following
        return tuple(dict.fromkeys((after.before, after.during, after.after)))

    def _phases_by_date(self, dated: Mapping[str, str]) -> tuple[str, ...]:
        """Return the phases by their first date, however they are listed: draws and labels follow this order."""
        try:
            ordered = sorted(dated, key=self.day)
        except ValueError:  # no day: the checks say so
            ordered = list(dated)
        return tuple(dict.fromkeys(dated[day] for day in ordered))

    def to_dict(self) -> dict[str, Any]:
        """Return the study as plain data, as a user would write it."""
        found: dict[str, Any] = self.model_dump(mode="json", exclude_defaults=True)
        return found
