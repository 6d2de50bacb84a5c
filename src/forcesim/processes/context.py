"""The door for processes that are written in NumPy: series, draws and parameters of a block by name."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.processes.columns import all_columns
from forcesim.processes.draws import due
from forcesim.state import Series, undeclared

if TYPE_CHECKING:
    from forcesim.arrays import Floats, Ints
    from forcesim.processes.draws import Draw

__all__ = ["Context"]


@dataclass(slots=True)
class Context:
    """What a process that is written in NumPy meets in a run: one block of paths.

    Attributes
    ----------
    nations : tuple of str
        The nations for which the process runs (``("WORLD",)`` for one of world scope).
    paths : int
        Paths in the block; every row has this length.
    noise : bool
        Whether chance plays; without noise each draw has its ``still`` value.
    first_month_of_year : int
        Calendar month (1-12) of month 0.
    state : float64 (row, path)
        All rows of the run.
    at : int64 (series, nation)
        Row of each series (see :func:`series_positions`) for each nation; the slots of a series follow its first row.
    drawn : float64 (row, path)
        This month's draws.
    drawn_at : int64 (draw, nation)
        Row of each draw; the slots of a draw follow its first row.
    values, offset, stride : float64 (n,), int64 (column, nation), int64 (column, nation)
        Parameters: ``values[offset[c, n] + path * stride[c, n]]``; the stride is 1 for a
        parameter that differs between paths and else 0.
    """

    process: Any
    nations: tuple[str, ...]
    paths: int
    noise: bool
    first_calendar_month: int
    state: Floats
    at: Ints
    drawn: Floats
    drawn_at: Ints
    values: Floats
    offset: Ints
    stride: Ints

    def calendar_month(self, month: int) -> int:
        """Return the calendar month, 1 for January."""
        return (self.first_calendar_month - 1 + month) % 12 + 1

    def new_year(self, month: int) -> bool:
        """Return whether yearly draws are made: in month 1 and each January."""
        return due("year", month, self.first_calendar_month)

    def read(self, name: str) -> Floats:
        """Return a series as (nation, path), or (path,) where all nations share one row; for reading only."""
        place = _names_of(self.process.__class__).series.get(name)
        if place is None:
            known = [*(one.name for one in self.process.reads), *(one.name for one in self.process.writes)]
            raise undeclared(self.process.name, "read", name, known, "a series that the process reads or writes")
        rows = self.at[place]
        found = self.state[rows[0] if len(rows) == 1 or (rows == rows[0]).all() else rows]
        found.flags.writeable = False  # one row is a view: a change would reach who else reads it
        return np.asarray(found)

    def write(self, name: str) -> Floats:
        """Return a written series as a view: (nation * slot, path); (path,) for one of world scope with one slot."""
        names = _names_of(self.process.__class__)
        series = names.writes.get(name)
        if series is None:
            raise undeclared(self.process.name, "write", name, names.writes, "a series that the process writes")
        first = int(self.at[names.series[name], 0])
        if series.scope == "world":
            last = first + series.slots
            return np.asarray(self.state[first] if series.slots == 1 else self.state[first:last])
        return np.asarray(self.state[first : first + len(self.nations) * series.slots])

    def draw(self, name: str) -> Floats:
        """Return this month's draws as (nation, path), or (path,) for a draw of world scope."""
        place, draw = self._draw("draw", name)
        first = int(self.drawn_at[place, 0])
        if draw.scope == "world" and draw.slots == 1:
            return np.asarray(self.drawn[first])
        last = first + draw.slots * (len(self.nations) if draw.scope == "nation" else 1)
        return np.asarray(self.drawn[first:last])

    def parameter(self, path: str) -> Floats:
        """Return a parameter as (nation, 1), or (nation, path) where it differs between paths."""
        columns = _names_of(self.process.__class__).columns
        place = columns.get(path)
        if place is None:
            raise undeclared(self.process.name, "parameter", path, columns, "a number of the process's sections")
        offset, stride = self.offset[place], self.stride[place]
        if not stride.any():
            return np.asarray(self.values[offset][:, None])
        return np.asarray(self.values[offset[:, None] + stride[:, None] * np.arange(self.paths)])

    def _draw(self, asked: str, name: str) -> tuple[int, Draw]:
        """Return the position of a draw in ``drawn_at``, and its declaration."""
        draws = _names_of(self.process.__class__).draws
        if name not in draws:
            raise undeclared(self.process.name, asked, name, draws, "a draw of the process")
        return draws[name]


@dataclass(frozen=True, slots=True)
class _Names:
    """Where the names of a process stand: asked for on every block and month, so they are looked up once."""

    series: dict[str, int]
    writes: dict[str, Series]
    draws: dict[str, tuple[int, Draw]]
    columns: dict[str, int]


@functools.cache
def _names_of(kind: Any) -> _Names:
    """Return where the names of a process stand."""
    every = [*(read.name for read in kind.reads), *(series.name for series in kind.writes)]
    columns = [column.path for column in all_columns(kind.Common, kind.Parameters)]
    return _Names(
        series={name: place for place, name in reversed(list(enumerate(every)))},
        writes={series.name: series for series in kind.writes},
        draws={draw.name: (place, draw) for place, draw in enumerate(kind.draws)},
        columns={path: place for place, path in reversed(list(enumerate(columns)))},
    )
