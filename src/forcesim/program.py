"""A program: what the engine does for a process, with the place of every number; binding makes it from the laws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forcesim.arrays import Ints
    from forcesim.processes.laws import Items, Law, Stage
    from forcesim.processes.process import Process

__all__ = ["Columns", "Handed", "Loop", "Names", "Places", "Program", "Resting", "Staged", "Sum", "Year"]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where the numbers of one name lie: a space of memory, and a place in it for each column.

    ``space`` is ``"state"``, ``"drawn"`` or ``"scratch"`` (a row), ``"value"`` (a cell of the table of parameters),
    ``"constant"`` (what a law makes of parameters alone) or ``"word"``.
    """

    space: str
    at: Ints

    @property
    def is_fixed(self) -> bool:
        """Return whether the numbers change only where parameters do."""
        return self.space in ("value", "constant")


@dataclass(slots=True, eq=False)
class Loop:
    """Laws that run one after another for each column, over all paths.

    ``takes`` are filled into rows 0, 1, ... of a buffer; ``laws`` gives for each law the rows that it takes and gives;
    ``gives`` what is stored, by name: the buffer's row, and where it goes.
    """

    label: str
    columns: int
    laws: list[tuple[Law, tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    takes: dict[int, Places] = field(default_factory=dict)
    gives: dict[str, tuple[int, Places]] = field(default_factory=dict)
    rows: int = 0

    def row(self) -> int:
        """Return a new row of the buffer."""
        self.rows += 1
        return self.rows - 1


@dataclass(slots=True)
class Handed:
    """What a law gave and no series holds: it gets rows only if another loop asks for it."""

    loop: Loop | None
    row: int
    shape: Columns
    places: Places | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """Sums of members (column, member), -1 where there is none, in order."""

    label: str
    space: str
    members: Ints
    into: Places


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """A stage that is no law, with the places of its names; ``first`` as in :class:`~forcesim.processes.laws.Where`.

    ``slots`` tells how many rows each name has that it gives.
    """

    stage: Stage
    places: Mapping[str, Places]
    first: Ints
    slots: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Resting:
    """Operations that are left out while all watched numbers are 0; ``by_column`` where each column rests alone.

    ``own`` tells which watched rows only these operations write.
    """

    watched: tuple[Places, ...]
    own: tuple[bool, ...]
    operations: tuple[Any, ...]
    by_column: bool


@dataclass(frozen=True, slots=True, eq=False)
class Year:
    """Operations of month 1 and each January."""

    operations: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """What the engine does for a process: when parameters change, in month 0, and in each month.

    ``constants`` is how many numbers the first hold for each path or all; ``stocks`` gives each row of a stock with
    its flows and their signs; ``begins`` the rows that start at a parameter; ``lazy`` the draws of resting laws.
    """

    fixed: tuple[Any, ...]
    opening: tuple[Any, ...]
    month: tuple[Any, ...]
    begins: tuple[Places, Places] | None
    stocks: tuple[tuple[int, tuple[tuple[int, float], ...]], ...]
    scratch: int
    constants: int
    lazy: frozenset[str]


@dataclass(frozen=True, slots=True)
class Names:
    """All that the laws of a process may name, as the plan lays it out.

    ``rows`` gives the first row of each series by nation, ``drawn`` of each draw; ``cells`` the column of each
    parameter; ``counts`` how many items a nation has of each tuple of sections; ``factors`` the rows (factor, nation)
    of what others multiply a parameter by.
    """

    process: Process
    nations: tuple[str, ...]
    rows: Mapping[str, Ints]
    worldly: frozenset[str]
    drawn: Mapping[str, Ints]
    cells: Mapping[str, int]
    common: frozenset[str]
    counts: Mapping[str, Ints]
    factors: Mapping[str, Ints] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """For what a law runs: nation and item of each column; the world is nation 0."""

    level: str
    nation: Ints
    items: Items | None = None
    item: Ints | None = None

    def is_like(self, other: Columns) -> bool:
        """Return whether two laws run for the same columns."""
        return self.level == other.level and self.items is other.items
