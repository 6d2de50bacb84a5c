"""What a run keeps: one array (row, path), and what each row means.

A *stock* is a level at the month's end and changes by its named flows only; a *flow* is an
amount within a month; an *indicator* is anything else that is written.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import Any, Literal

Scope = Literal["nation", "world"]
Storage = Literal["float", "count", "code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A named row (or rows, one a nation) of the state.

    Parameters
    ----------
    name : str
        The outcome's name, the same in code, columns and docs.
    unit : str
        Unit of the values (``"persons"``, ``"bn USD per year"``, ``"code"``).
    meaning : str
        One line that a reader of a table understands.
    scope : {"nation", "world"}
        One row a nation, or one row.
    slots : int
        Rows a nation (the months of a training pipeline, say); only series with one slot are outcomes.
    outcome : bool
        Whether results hold it unless told otherwise.
    storage : {"float", "count", "code"}
        How kept paths are stored: 8-byte float, 4-byte whole number, 1-byte code.
    labels : tuple of str
        Words for the codes 0, 1, 2 … (storage ``"code"`` only).
    """

    name: str
    unit: str
    meaning: str
    scope: Scope = "nation"
    slots: int = 1
    outcome: bool = False
    storage: Storage = "float"
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock(Series):
    """A level at the month's end; its change is the sum of its named inflows less its named outflows."""

    inflows: tuple[str, ...] = ()
    outflows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Series):
    """An amount within a month; zero in month 0, which is the opening balance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator(Series):
    """A value that is neither a conserved stock nor a flow."""


@dataclass(frozen=True, slots=True)
class Read:
    """A series that a process reads.

    Parameters
    ----------
    name : str
        Name of the series.
    lag : {0, 1}
        0: this month's value, so its writer runs before; 1: last month's, so its writer runs after.
    missing : float
        What stands there when no process writes the series for a nation.
    """

    name: str
    lag: Literal[0, 1] = 0
    missing: float = 0.0


def positions(kind: str, names: tuple[str, ...]) -> Any:
    """Return a named tuple ``(a=0, b=1, ...)``; as a module constant it costs a compiled kernel nothing.

    Examples
    --------
    >>> S = positions("S", ("gdp", "growth"))
    >>> S.growth
    1
    """
    return namedtuple(kind, names)(*range(len(names)))  # noqa: PYI024 - made at import from declared names
