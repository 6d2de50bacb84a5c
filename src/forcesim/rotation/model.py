"""A rotation study: its sections together, with the date of day 0; made from plain data, all faults at once."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field

from forcesim.arguments import shown
from forcesim.errors import Fault, ScenarioError
from forcesim.paths import nearest
from forcesim.rotation.durations import LONGEST
from forcesim.rotation.plain import plain
from forcesim.rotation.sections import (
    Caveat,
    Costs,
    Day,
    Demand,
    Name,
    People,
    Phases,
    RotationPolicy,
    School,
    Section,
    Sourcing,
    Substitute,
    UnitGroup,
)
from forcesim.scenario.faults import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["Rotation", "RotationFields", "date_of"]

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


class RotationFields(Section):
    """The sections of a study."""

    name: Name = "rotation"
    start: Annotated[str, Field(max_length=10)] = "2026-01-01"
    days: int = Field(ge=1, le=LONGEST)
    policies: Annotated[dict[Name, RotationPolicy], Field(max_length=1000)] = Field(default_factory=dict)
    units: Annotated[tuple[UnitGroup, ...], Field(max_length=5000)] = ()
    demands: Annotated[tuple[Demand, ...], Field(max_length=500)] = ()
    substitutes: Annotated[tuple[Substitute, ...], Field(max_length=1000)] = ()
    sourcing: Sourcing = Sourcing()
    phases: Phases | None = None
    caveats: Annotated[tuple[Caveat, ...], Field(max_length=2000)] = ()
    people: People | None = None
    schools: Annotated[tuple[School, ...], Field(max_length=200)] = ()
    costs: Annotated[dict[Name, Costs], Field(max_length=1000)] = Field(default_factory=dict)


class Rotation(RotationFields):
    """A rotation study: who there is, by which rules they rotate, what is asked for, and for how many days.

    Make one with :meth:`of` or :func:`forcesim.rotation.load`: both say all that is wrong at once.

    Parameters
    ----------
    name : str
        Its name.
    start : str
        Date of day 0.
    days : int
        Days to simulate.
    policies : mapping of str to RotationPolicy
        Rules by name.
    units : tuple of UnitGroup
        The force.
    demands : tuple of Demand
        What is asked for.
    substitutes : tuple of Substitute
        Types that stand in for others.
    sourcing : Sourcing
        Who is sent.
    phases : Phases, optional
        Peace, surge and after; one phase ``all`` unless given.
    caveats : tuple of Caveat
        What nations do not do, and when they leave.
    people : People, optional
        The people inside units; not modelled unless given.
    schools : tuple of School
        Schools beside the fleet.
    costs : mapping of type to Costs
        Money by type of unit; ``*`` for all others.

    Examples
    --------
    >>> from forcesim import rotation
    >>> study = rotation.Rotation.of({
    ...     "days": 1800,
    ...     "policies": {"five": {"cycle": 900, "available_from": 720, "tour": 180}},
    ...     "units": [{"name": "brigade", "type": "brigade", "count": 5, "policy": "five"}],
    ...     "demands": [{"name": "mission", "type": "brigade", "quantity": 1}],
    ... })
    >>> rotation.simulate(study, replications=1).mean("unmet[mission]").value
    0.0
    """

    @classmethod
    def of(cls, data: Any) -> Self:
        """Return the study that plain data describe.

        Raises
        ------
        ScenarioError
            With all faults at once, each by its path.
        """
        from forcesim.rotation.checks import checked

        return checked(cls, data)

    def day(self, when: Day) -> int:
        """Return a day from the start, of a day or a date.

        Raises
        ------
        ScenarioError
            If it is neither.

        Examples
        --------
        >>> Rotation(days=10, start="2026-01-01").day("2026-02")
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

    def audit(self) -> pd.DataFrame:
        """Return every part of the study with its source, or its assumption, or ``none given``.

        Examples
        --------
        >>> Rotation.of({"days": 9, "policies": {"p": {"tour": 5, "source": "CT062"}}}).audit().iloc[0].tolist()
        ['policies.p', 'tour 5', 'CT062']
        """
        import pandas as pd

        rows: list[tuple[str, str, str]] = []
        for section in ("policies", "units", "demands", "substitutes", "caveats", "schools", "costs"):
            parts = getattr(self, section)
            named = parts.items() if isinstance(parts, dict) else enumerate(parts)
            for key, part in named:
                told = part.model_dump(mode="json", exclude_defaults=True)
                remarks = [told.pop("source", None), told.pop("assumption", None)]
                told.pop("note", None)
                origin = "; ".join(
                    f"{kind}{text}" for kind, text in zip(("", "assumption: "), remarks, strict=True) if text
                )
                path = f"{section}.{key}" if isinstance(parts, dict) else f"{section}[{key}]"
                value = ", ".join(f"{name} {number}" for name, number in told.items())
                rows.append((path, value, origin or "none given"))
        return pd.DataFrame(rows, columns=["path", "value", "source"])

    def with_units(self, **counts: int) -> Rotation:
        """Return the same study with other numbers of units in the named groups.

        Raises
        ------
        ScenarioError
            If there is no such group (with the nearest name), or a number is not admissible.

        Examples
        --------
        >>> study = Rotation.of({"days": 9, "policies": {"p": {"tour": 5}},
        ...                      "units": [{"name": "a", "type": "t", "policy": "p"}]})
        >>> study.with_units(a=4).units[0].count
        4
        """
        names = [group.name for group in self.units]
        faults = [
            Fault(f"with_units: {name}", "must name a group of units", "", nearest(name, names) or listed(names))
            for name in counts
            if name not in names
        ]
        if faults:
            raise ScenarioError(faults)
        data = self.to_dict()
        for group in data.get("units", []):
            if group["name"] in counts:
                group["count"] = counts[group["name"]]
        return Rotation.of(data)
