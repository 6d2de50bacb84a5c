"""What a process is: the protocol, its parameters as a table, and what it meets in a run.

A process declares what it reads, writes and draws, and has two verbs: ``start`` writes month 0
(the opening balance), ``step`` one month. The engine gives both a :class:`Context`.
"""

from __future__ import annotations

import functools
import types
import typing
from abc import ABC
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from forcesim.kernels import law
from forcesim.processes.draws import Draw, draw_positions
from forcesim.quantities import Quantity, Value
from forcesim.state import Read, Series, positions, undeclared

if typing.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.fields import FieldInfo

__all__ = [
    "Column",
    "Context",
    "Draw",
    "Process",
    "Section",
    "Table",
    "alike",
    "all_columns",
    "bare",
    "columns",
    "draw_positions",
    "entries",
    "look",
    "parameter_positions",
    "series_positions",
    "spread",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Table = tuple[Floats, Ints, Ints]
"""Parameters as kernels take them: values, offset, stride (see :class:`Context`)."""

Arrays = tuple[Floats, Ints, Floats, Ints, Floats, Ints, Ints]


class Section(BaseModel):
    """Base of every parameter model: frozen, and no key that it does not know.

    Class attributes
    ----------------
    parts : tuple of tuple of str
        Groups of numbers (paths below the section) that are parts of one whole: together at most 1.
    shared_out : tuple of str
        Numbers that are parts of what all nations share: over the nations at most 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    parts: ClassVar[tuple[tuple[str, ...], ...]] = ()
    shared_out: ClassVar[tuple[str, ...]] = ()


class Process(ABC):
    """One mechanism of the model: what it reads, writes and draws, and its law.

    Class attributes
    ----------------
    name : str
        The process's name; part of the address of its draws.
    section : str
        The key of its parameters in a scenario (``nations.UKR.<section>`` and ``<section>``).
    Common : type of Section, optional
        Parameters that all nations share.
    Parameters : type of Section, optional
        Parameters of one nation; the process runs for the nations that have the section.
        A process without it is of world scope and has one column.
    reads, writes, draws : tuple
        Its declarations; the month's order is made from them.
    opening, month : tuple
        Its laws: of month 0, beyond what starts at the parameter of its own name, and of each month, in order.
    """

    name: ClassVar[str]
    section: ClassVar[str]
    Common: ClassVar[type[Section] | None] = None
    Parameters: ClassVar[type[Section] | None] = None
    reads: ClassVar[tuple[Read, ...]] = ()
    writes: ClassVar[tuple[Series, ...]] = ()
    draws: ClassVar[tuple[Draw, ...]] = ()
    opening: ClassVar[tuple[Any, ...]] = ()
    month: ClassVar[tuple[Any, ...]] = ()

    def uses(self, draw: Draw, slot: int, section: Section | None) -> bool:  # noqa: ARG002 - for those who override it
        """Return whether a nation with this section ever uses a slot of a draw; what is not used is not drawn."""
        return True

    def start(self, context: Context) -> None:  # noqa: B027 - laws may take its place
        """Write month 0 of every series."""

    def step(self, context: Context, month: int) -> None:  # noqa: B027 - laws may take its place
        """Write one month of every series."""


@dataclass(frozen=True, slots=True)
class Column:
    """One number of a parameter model, at its place in the table of a process.

    Parameters
    ----------
    path : str
        Path below the section: ``"ceiling"``, ``"schools[0].seats"``, ``"schools.count"``.
    words : tuple of str
        For a choice: its words; the number in the table is the position of the word.
    quantity : Quantity, optional
        Unit and admissible range.
    lever : bool
        Whether somebody decides it.
    remark : str
        For a choice: the source of its default, or why it is assumed.
    """

    path: str
    words: tuple[str, ...] = ()
    quantity: Quantity | None = None
    lever: bool = False
    remark: str = ""


def columns(model: type[BaseModel]) -> list[Column]:
    """Return the numbers of a parameter model in the order of its fields.

    A number is one column; a choice (``Literal``) one; a section within the section its columns;
    a tuple of sections first its ``.count``, then as many times the columns as its
    ``max_length`` allows. Text has no column.
    """
    return [column for column, _ in _layout(model)]


def entries(model: type[BaseModel], instance: BaseModel | None) -> Iterator[tuple[Column, Value | float]]:
    """Yield each column of a model with what an instance has there (0 where it has nothing)."""
    for column, route in _layout(model):
        found: Any = instance
        for part in route:
            if found is None:
                break
            found = (found[part] if part < len(found) else None) if isinstance(part, int) else getattr(found, part)
        if found is None:
            yield column, 0.0
        elif isinstance(found, tuple):
            yield column, float(len(found))
        elif column.words:
            yield column, float(column.words.index(str(found)))
        else:
            yield column, found


@functools.cache
def _layout(model: type[BaseModel], prefix: str = "") -> tuple[tuple[Column, tuple[str | int, ...]], ...]:
    """Return each column of a model with the way to it; asked for every nation, so it is kept."""
    found: list[tuple[Column, tuple[str | int, ...]]] = []
    for name, field in model.model_fields.items():
        kind, path = bare(field.annotation), prefix + name
        if kind is Value or kind in (float, int, bool) or typing.get_origin(kind) is Literal:
            found.append((_column(path, kind, field), (name,)))
        elif typing.get_origin(kind) is tuple:
            most = next(int(m.max_length) for m in field.metadata if hasattr(m, "max_length"))
            found.append((Column(f"{path}.count"), (name,)))
            for place in range(most):
                inner = _layout(typing.get_args(kind)[0], f"{path}[{place}].")
                found += [(column, (name, place, *route)) for column, route in inner]
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            found += [(column, (name, *route)) for column, route in _layout(kind, f"{path}.")]
    return tuple(found)


def _column(path: str, kind: Any, field: FieldInfo) -> Column:
    """Return the column of a number or a choice, with what its field says of it."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    marks = [*field.metadata, *getattr(field.annotation, "__metadata__", ())]
    return Column(
        path,
        words=tuple(str(word) for word in typing.get_args(kind)) if typing.get_origin(kind) is Literal else (),
        quantity=next((mark for mark in marks if isinstance(mark, Quantity)), None),
        lever=bool(extra.get("lever")),
        remark=str(extra.get("source") or (f"assumption: {extra['assumption']}" if extra.get("assumption") else "")),
    )


def bare(annotation: Any) -> Any:
    """Strip ``Annotated`` and ``| None`` from an annotation."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        kinds = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
        return bare(kinds[0])
    return annotation


def parameter_positions(*models: type[BaseModel] | None) -> Any:
    """Return the first column of every field, as a named tuple that kernels use as constants.

    For a section within a section and for a tuple of sections the position is that of its first
    number; the columns within are those of ``parameter_positions(Inner)``. A tuple of sections
    also has ``<field>_count``.

    Examples
    --------
    >>> class Two(Section):
    ...     speed: Value
    ...     bound: Value
    >>> parameter_positions(Two).bound
    1
    """
    names: dict[str, int] = {}
    for position, column in enumerate(all_columns(*models)):
        head = column.path.split(".")[0].split("[")[0]
        if column.path == f"{head}.count":
            names[f"{head}_count"] = position
        else:
            names.setdefault(head, position)
    return _named("P", names)


def all_columns(*models: type[BaseModel] | None) -> list[Column]:
    """Return the columns of several models, one after another."""
    return [column for model in models if model is not None for column in columns(model)]


def series_positions(reads: tuple[Read, ...], writes: tuple[Series, ...]) -> Any:
    """Return the position of each series in a process's ``at`` table: first what it reads, then what it writes.

    A series with several slots takes as many places; its name stands for the first.
    """
    names = {read.name: place for place, read in enumerate(reads)}
    place = len(reads)
    for series in writes:
        names[series.name] = place
        place += 1
    return _named("S", names)


@law
def alike(stride: Ints, n: int, first: int, last: int) -> bool:
    """Return whether the parameters in columns ``first`` to ``last`` - 1 are the same on every path.

    A kernel then reads them once and not in the hot loop, which becomes vector code.

    Examples
    --------
    >>> alike(np.array([[0], [0], [1]]), 0, 0, 2), alike(np.array([[0], [0], [1]]), 0, 0, 3)
    (True, False)
    """
    for column in range(first, last):  # noqa: SIM110 - Numba compiles no generator expression
        if stride[column, n] != 0:
            return False
    return True


@law
def look(table: Table, column: int, n: int, i: int) -> float:
    """Return a parameter of nation n on path i."""
    values, offset, stride = table
    return values[offset[column, n] + stride[column, n] * i]  # type: ignore[no-any-return]


@law(inline=False)
def spread(table: Table, column: int, n: int, out: Floats, row: int) -> None:
    """Write a parameter of nation n into a row, path by path, so that a loop over the paths is vector code.

    Examples
    --------
    >>> room, none = np.empty((1, 2)), np.zeros((1, 1), dtype=np.int64)
    >>> spread((np.array([2.5]), none, none), 0, 0, room, 0); room
    array([[2.5, 2.5]])
    >>> spread((np.array([5.0, 6.0]), none, none + 1), 0, 0, room, 0); room
    array([[5., 6.]])
    """
    values, offset, stride = table
    begin = offset[column, n]
    if stride[column, n] == 0:
        for i in range(out.shape[1]):
            out[row, i] = values[begin]
    else:
        given = values[begin:]
        for i in range(out.shape[1]):
            out[row, i] = given[i]


def _named(kind: str, names: dict[str, int]) -> Any:
    """Return a named tuple of the given positions."""
    return type(positions(kind, tuple(names)))(*names.values())


@dataclass(slots=True)
class Context:
    """What a process meets in a run: one block of paths.

    Kernels take ``*context.arrays``; a process written in NumPy uses :meth:`read`,
    :meth:`write`, :meth:`draw` and :meth:`parameter`.

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
    fill : callable, optional
        Makes the draws of a name, for :meth:`ask`; none where all are made ahead.
    standing : frozenset of int
        Rows that hold what is read and nobody writes.
    """

    process: Process
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
    fill: Callable[[str], None] | None = None
    standing: frozenset[int] = frozenset()

    def unwritten(self, place: int) -> npt.NDArray[np.bool_]:
        """Return for which nations a series, given by its place in ``at``, is written by nobody: it never changes."""
        return np.array([int(row) in self.standing for row in self.at[place]])

    def ask(self, name: str) -> None:
        """Have a draw made that is declared with ``every="asked"``; its address is this month's, as of any draw."""
        _, draw = self._draw("ask", name)
        if draw.every != "asked":
            known = [one.name for one in type(self.process).draws if one.every == "asked"]
            raise undeclared(self.process.name, "ask", name, known, 'a draw with every="asked"')
        if self.fill is not None:
            self.fill(name)

    @property
    def arrays(self) -> Arrays:
        """Return what a kernel takes: state, at, drawn, drawn_at, values, offset, stride."""
        return self.state, self.at, self.drawn, self.drawn_at, self.values, self.offset, self.stride

    def calendar_month(self, month: int) -> int:
        """Return the calendar month, 1 for January."""
        return (self.first_calendar_month - 1 + month) % 12 + 1

    def new_year(self, month: int) -> bool:
        """Return whether yearly draws are made: in month 1 and each January."""
        return month == 1 or (month > 0 and self.calendar_month(month) == 1)

    def read(self, name: str) -> Floats:
        """Return a series as (nation, path), or (path,) where all nations share one row; for reading only."""
        place = _names_of(type(self.process)).series.get(name)
        if place is None:
            known = [*(one.name for one in self.process.reads), *(one.name for one in self.process.writes)]
            raise undeclared(self.process.name, "read", name, known, "a series that the process reads or writes")
        rows = self.at[place]
        found = self.state[rows[0] if len(rows) == 1 or (rows == rows[0]).all() else rows]
        found.flags.writeable = False  # one row is a view: a change would reach who else reads it
        return np.asarray(found)

    def write(self, name: str) -> Floats:
        """Return a written series as a view: (nation * slot, path); (path,) for one of world scope with one slot."""
        names = _names_of(type(self.process))
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
        columns = _names_of(type(self.process)).columns
        place = columns.get(path)
        if place is None:
            raise undeclared(self.process.name, "parameter", path, columns, "a number of the process's sections")
        offset, stride = self.offset[place], self.stride[place]
        if not stride.any():
            return np.asarray(self.values[offset][:, None])
        return np.asarray(self.values[offset[:, None] + stride[:, None] * np.arange(self.paths)])

    def _draw(self, asked: str, name: str) -> tuple[int, Draw]:
        """Return the position of a draw in ``drawn_at``, and its declaration."""
        draws = _names_of(type(self.process)).draws
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
def _names_of(kind: type[Process]) -> _Names:
    """Return where the names of a process stand."""
    every = [*(read.name for read in kind.reads), *(series.name for series in kind.writes)]
    columns = [column.path for column in all_columns(kind.Common, kind.Parameters)]
    return _Names(
        series={name: place for place, name in reversed(list(enumerate(every)))},
        writes={series.name: series for series in kind.writes},
        draws={draw.name: (place, draw) for place, draw in enumerate(kind.draws)},
        columns={path: place for place, path in reversed(list(enumerate(columns)))},
    )
