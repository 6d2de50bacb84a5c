"""The random numbers that a process declares; their names say their law."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from numbers import Real
from typing import Literal

from forcesim.errors import Fault, PlanError
from forcesim.state import Scope, name_faults, named, slots_faults, word_faults

__all__ = ["Draw", "due"]

Rhythm = Literal["month", "year", "start"]
LARGEST = sys.float_info.max


def due(every: Rhythm, month: int, first_calendar_month: int) -> bool:
    """Return whether a draw is made in a month; ``first_calendar_month`` is the calendar month of month 0.

    Examples
    --------
    >>> [month for month in range(15) if due("year", month, 2)], due("start", 0, 2), due("month", 0, 2)
    ([1, 11], True, False)
    """
    if every == "start":
        return month == 0
    if every == "year":
        return month == 1 or (month > 0 and (first_calendar_month - 1 + month) % 12 == 0)
    return month > 0


@dataclass(frozen=True, slots=True)
class Draw:
    """A random number that a process uses, one for each path (and nation).

    Parameters
    ----------
    name : str
        ``z_...`` for a standard normal, ``u_...`` for a uniform on (0, 1).
    scope : {"nation", "world"}
        One for each nation of the process, or one.
    every : {"month", "year", "start"}
        Drawn in every month from 1; in month 1 and each January; once, for month 0.
    slots : int
        How many of them (one for each field of output, say), in consecutive rows.
    still : float, optional
        The value without noise; 0 for a normal, 0.5 for a uniform unless given. At these the laws of
        ``randomness.variates`` give means.
    """

    name: str
    scope: Scope = "nation"
    every: Rhythm = "month"
    slots: int = 1
    still: float | None = None

    def __post_init__(self) -> None:
        """Refuse a draw whose law cannot be told, or that is never made."""
        place = named("Draw", self.name)
        faults = [
            *name_faults(place, self.name),
            *word_faults(f"{place}: scope", self.scope, Scope),
            *word_faults(f"{place}: every", self.every, Rhythm),
            *slots_faults(f"{place}: slots", self.slots),
        ]
        if not faults and not self.name.startswith(("z_", "u_")):
            remedy = f"z_{self.name} is a standard normal, u_{self.name} a uniform on (0, 1)"
            faults.append(Fault(place, "must begin with z_ or u_, which says its law", "", remedy))
        low, high = (0.0, 1.0) if self.law == "uniform" else (-LARGEST, LARGEST)
        if self.still is not None and not (isinstance(self.still, Real) and low <= self.still <= high):
            rule = "must be a number in [0, 1]" if self.law == "uniform" else "must be a finite number"
            faults.append(Fault(f"{place}: still", rule, repr(self.still)))
        if faults:
            raise PlanError(faults)

    @property
    def law(self) -> Literal["normal", "uniform"]:
        """Return the law that the name announces."""
        return "uniform" if str(self.name).startswith("u_") else "normal"

    @property
    def without_noise(self) -> float:
        """Return what the draw is when noise is off."""
        if self.still is not None:
            return self.still
        return 0.0 if self.law == "normal" else 0.5
