"""What a result knows of a series besides its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forcesim.expression import Term

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["NATION", "Outcome", "nation_axes", "taken"]

NATION = "nation"
AXES = ("month", NATION, "path", "quantile")
BESIDE = {"_mean": "the mean", "_error": "the error"}
"""What stands in a dataset beside an outcome, by the end of its name."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a result knows of a series: name, unit, meaning, nations (none: one of the world), words of its codes."""

    name: str
    unit: str
    meaning: str
    scope: str
    nations: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    storage: str = "float"
    kind: str = "indicator"

    @property
    def term(self) -> Term:
        """Return what an expression may say of it."""
        return Term(self.nations, self.labels)


def nation_axes(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Return the axis of nations of each outcome that has some, the same in a dataset and in a Zarr store.

    Outcomes of the same nations share an axis. Where all have the same nations it is called ``nation``, else each is
    called after the first outcome that has it. One axis for unlike nations would be filled up with NaN.

    Examples
    --------
    >>> both = [Outcome("gdp", "", "", "nation", ("DEU", "UKR")), Outcome("strength", "", "", "nation", ("UKR",))]
    >>> nation_axes(both), nation_axes(both[:1])
    ({'gdp': 'nation_gdp', 'strength': 'nation_strength'}, {'gdp': 'nation'})
    """
    named = [outcome for outcome in outcomes if outcome.nations]
    first = {outcome.nations: outcome.name for outcome in reversed(named)}
    return {one.name: NATION if len(first) == 1 else f"{NATION}_{first[one.nations]}" for one in named}


def taken(name: str, others: Collection[str]) -> str:
    """Return what a dataset has under a name already, or nothing.

    Examples
    --------
    >>> taken("gap_mean", {"gap"}), taken("month", ()), taken("gap", ())
    ('the mean of gap', 'an axis', '')
    """
    if name in AXES or name.startswith(f"{NATION}_"):
        return "an axis"
    found = (f"{what} of {name.removesuffix(end)}" for end, what in BESIDE.items() if name.endswith(end))
    return next((text for text in found if text.rpartition(" ")[2] in others), "")
