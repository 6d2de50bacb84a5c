"""A rotation study: made from plain data, all faults at once; audited, and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from forcesim.errors import Fault, ScenarioError
from forcesim.paths import nearest
from forcesim.rotation.checks import checked
from forcesim.rotation.study import RotationFields
from forcesim.scenario.faults import listed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Rotation"]


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
    warm_up : int, optional
        Days before day 0 from which units that start ``stationary`` are simulated. Unless given: three lives of the
        slowest or five mean durations of crises, the longer of the two; none where the cycle alone says where they
        stand.
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
    schools : tuple of RotationSchool
        Schools beside the fleet.
    costs : mapping of type to Costs
        Money by type of unit; ``*`` for all others.

    Examples
    --------
    >>> from forcesim import rotation
    >>> study = rotation.Rotation.of({
    ...     "days": 1800,
    ...     "policies": {"five": {"cycle": 900, "available_from": 720, "tour": 180}},
    ...     "units": [{"name": "brigade", "type": "brigade", "count": 5, "policy": "five",
    ...                "start": "staggered"}],
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
        return checked(cls, data)

    def audit(self) -> pd.DataFrame:
        """Return every part of the study with its source, or its assumption, or ``none given``.

        Examples
        --------
        >>> Rotation.of({"days": 9, "policies": {"p": {"tour": 9, "source": "CT062"}}}).audit().iloc[0].tolist()
        ['policies.p', 'tour 9', 'CT062']
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
        >>> study = Rotation.of({"days": 9, "policies": {"p": {"tour": 9}},
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
