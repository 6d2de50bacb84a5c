"""The layout of a block: where its numbers lie, and its operations. All blocks of a plan and a size share one."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forcesim.addresses import address_of
from forcesim.engine.closing import Closing
from forcesim.engine.driver import ADDRESS, AT, CHANGED, CODE, FILL, FLAGS, LOOK, MORE, PYTHON, ROWS, STILL, YEAR
from forcesim.engine.programs import ALWAYS, Room, Writer, function_of
from forcesim.engine.tables import Tables
from forcesim.kernels import compiling
from forcesim.processes.laws import WORDS
from forcesim.program import Loop, Program, Resting, Year
from forcesim.randomness.address import FILL_TYPES, fill_rows
from forcesim.state import Factor
from forcesim.summary import CHUNK

if TYPE_CHECKING:
    from forcesim.arrays import Ints
    from forcesim.plan import Plan, Step
    from forcesim.randomness.address import Keys

__all__ = ["LARGEST", "Call", "Layout", "Range", "layout_of", "tile_of"]

LARGEST = 20_480
"""Paths in a block at most."""

CACHE = 1 << 24
"""Bytes of a block at most. In smaller blocks more of a month stays in the second cache. But the summary of a month is
fetched once for each block: below 512 paths that costs more than it saves."""

RECENT = 8
"""Layouts that are kept at hand: of whole blocks and of the last one, of some policies."""


class Range(NamedTuple):
    """The operations of a process in a month: its draws, then what it does."""

    begin: int
    laws: int
    end: int


class Call(NamedTuple):
    """What is done in Python: a group of draws, the month of a process in NumPy, its acts, or a look at all stocks."""

    what: str
    step: int
    drawing: int = 0


@dataclass(frozen=True, slots=True)
class _Places:
    """Where in a block's memory things begin: the draws, the words, what each process has for itself."""

    drawn: int
    words: int
    steps: tuple[int, ...]
    end: int


class Layout:
    """Where all numbers of a block lie, and its operations in month 0 and in each month.

    Parameters
    ----------
    plan : Plan
        What is run.
    keys : list of list of array
        Keys of each step's drawings.
    paths : int
        Of a block.
    noise : bool
        Whether chance plays.
    more_rows : int
        Rows behind the plan's.

    Attributes
    ----------
    steps : (list of Range, list of Range)
        The operations of each step in month 0, and in each month.
    whole : (int, int), (int, int)
        All operations of month 0, and of a month.
    moving : frozenset of int
        Months in which a parameter changes.
    calls : mapping of operation to Call
        What is done in Python.
    """

    def __init__(self, plan: Plan, keys: list[list[Keys]], paths: int, *, noise: bool, more_rows: int) -> None:
        """Lay everything out."""
        self.plan, self.keys, self.paths, self.noise = plan, keys, paths, noise
        self.state_rows, self.drawn_rows = plan.rows + more_rows, max(step.drawn_rows for step in plan.steps)
        scratch = [0 if step.program is None else step.program.scratch for step in plan.steps]
        sizes = [paths * self.state_rows, paths * self.drawn_rows, len(WORDS), *(s.room(paths) for s in plan.steps)]
        begins = np.cumsum([0, *sizes]).tolist()
        self.places = _Places(begins[1], begins[2], tuple(begins[3:-1]), begins[-1])
        self.news = self.state_rows + sum(scratch)
        self._scratch_rows = [self.state_rows + sum(scratch[:place]) for place in range(len(scratch))]
        self.values = [step.parameters.layout(paths) for step in plan.steps]
        self.tables = Tables(begins[-1], max([1, *(_widest(step.program) for step in plan.steps)]))
        self.calls: dict[int, Call] = {}
        self._functions: dict[int, Any] = {}
        self._held: list[Any] = []
        self._keys: list[Keys] = []
        self.closes = bool(Closing(plan, paths).levels)
        self._writers = [self._writer(place) for place in range(len(plan.steps))]
        opening = [self._step(place, opening=True) for place in range(len(plan.steps))]
        self._end()
        begin = len(self.tables)
        self.steps = opening, [self._step(place, opening=False) for place in range(len(plan.steps))]
        self._end()
        self.whole = (0, begin), (begin, len(self.tables))
        self.marks = [_written_rows(step) for step in plan.steps]
        self._freeze()

    def _freeze(self) -> None:
        """Turn what was laid out into arrays; a block copies what it writes to."""
        tables = self.tables
        self.table, self.book, self.flags = tables.operations, tables.book, tables.flags
        self.numbers, self.size = tables.numbers, self.places.end + len(tables.numbers)
        self.draw_keys = np.concatenate([*(one.ravel() for one in self._keys), np.zeros(3, dtype=np.uint64)])
        self.hand = np.zeros(CHANGED + 2 * len(self.plan.steps), dtype=np.int64)
        self.written = np.zeros(self.news + 1, dtype=np.int64)
        self.written[self.news] = ALWAYS
        changing = [month for step in self.plan.steps for month in (*step.parameters.changes, *step.parameters.moving)]
        self.moving = frozenset(changing)

    def compile(self, place: int) -> None:
        """Give an operation the address of its function; it is compiled if it has not been."""
        if self.table[place, CODE] == FILL:
            self.table[self.table[:, CODE] == FILL, ADDRESS] = address_of(fill_rows, FILL_TYPES)
        else:
            self.table[place, ADDRESS], function = function_of(self._functions[place])
            self._held.append(function)

    # what is laid out for each process

    def _writer(self, place: int) -> Writer | None:
        """Return what writes the operations of a process with laws."""
        step, paths = self.plan.steps[place], self.paths
        if step.program is None:
            return None
        given, offset, stride = self.values[place]
        values = self.places.steps[place]
        scratch = values + len(given)
        constants = scratch + step.program.scratch * paths
        own = (values, scratch, constants, self._scratch_rows[place])
        room = Room(paths, self.places.drawn, self.places.words, *own, self.news)
        return Writer(step.program, room, self.tables, offset, stride, lambda: self._draws(place, lazy=True))

    def _step(self, place: int, *, opening: bool) -> Range:
        """Write the operations of a process: its draws, its laws, what it does to others."""
        step, writer, tables = self.plan.steps[place], self._writers[place], self.tables
        self._opening, tables.step, begin = opening, place, len(tables)
        self._draws(place, lazy=False)
        laws = len(tables)
        if writer is None:
            self._python(Call("step", place))
        else:
            writer.functions.clear()
            write = writer.start if opening else writer.month
            write(len(self.plan.steps))
            self._functions.update(writer.functions)
        factors = _rows_of_factors(step)
        if step.acts:
            self._python(Call("acts", place))
        elif len(factors):
            fields = {AT: tables.write(factors), ROWS: len(factors)}
            self.calls[tables.add(LOOK, fields)] = Call("acts", place)
        return Range(begin, laws, len(tables))

    def _end(self) -> None:
        """Write what stands at the end of a month."""
        if self.closes:
            self._python(Call("closing", len(self.plan.steps) - 1))

    def _python(self, call: Call) -> None:
        self.calls[self.tables.add(PYTHON)] = call

    def _draws(self, place: int, *, lazy: bool) -> None:
        """Write the groups of draws of a process: those of laws that rest, or the others."""
        for k, drawing in enumerate(self.plan.steps[place].drawings):
            yearly = drawing.every == "year" and not self._opening
            if drawing.lazy != lazy or not (yearly or drawing.due(0 if self._opening else 2)):
                continue
            year = self.tables.add(YEAR) if yearly else 0
            fields = {AT: self.tables.write(drawing.rows), ROWS: len(drawing.rows)}
            if self.noise:
                fields |= {FLAGS: sum(one.size for one in self._keys), MORE: int(drawing.law == "normal")}
                self._keys.append(self.keys[place][k])
                self.calls[self.tables.add(FILL, fields)] = Call("draws", place, k)
            else:
                self.tables.add(STILL, fields | {MORE: self.tables.number(drawing.still)})
            if yearly:
                self.tables.close(year)


def tile_of(plan: Plan) -> int:
    """Return how many paths run together: as many as the caches hold.

    A process in NumPy works on few paths at the cost of many: where there is one, blocks are as large as they come.
    """
    if any(step.program is None or step.acts for step in plan.steps):
        return LARGEST
    scratch = sum(step.program.scratch for step in plan.steps if step.program is not None)
    rows = plan.rows + max(step.drawn_rows for step in plan.steps) + scratch
    return max(1, min(LARGEST, CACHE // (8 * rows)) // CHUNK) * CHUNK


def _widest(program: Any) -> int:
    """Return the most columns of the loops of a program, or of some operations."""
    if isinstance(program, Loop):
        return program.columns
    parts = (program.fixed, program.opening, program.month) if isinstance(program, Program) else (_inside(program),)
    return max([0, *(_widest(one) for part in parts for one in part)])


def _inside(one: Any) -> tuple[Any, ...]:
    """Return the operations within one."""
    return one.operations if isinstance(one, Year | Resting) else ()


def _written_rows(step: Step) -> Ints:
    """Return the rows that a process writes."""
    kind = type(step.process)
    first = step.at[len(kind.reads) :]
    rows = [first[place] + slot for place, series in enumerate(kind.writes) for slot in range(series.slots)]
    return np.unique(np.concatenate(rows)) if rows else np.zeros(0, dtype=np.int64)


def _rows_of_factors(step: Step) -> Ints:
    """Return the rows of what a process multiplies rates of others by."""
    kind = type(step.process)
    given = zip(kind.writes, step.at[len(kind.reads) :], strict=True)
    rows = [at if series.scope == "nation" else at[:1] for series, at in given if isinstance(series, Factor)]
    return np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)


_recent: deque[tuple[bool, int, Layout]] = deque(maxlen=RECENT)
"""Layouts that were asked for last: many blocks of one plan have one size. What is in it changes no result."""


def layout_of(plan: Plan, keys: list[list[Keys]], paths: int, *, noise: bool, more_rows: int) -> Layout:
    """Return the layout of blocks of so many paths; what was laid out for a block like it is taken again."""
    wanted = compiling()
    for compiled, more, found in tuple(_recent):
        same = found.plan is plan and found.keys is keys and found.paths == paths and found.noise == noise
        if same and more == more_rows and compiled == wanted:
            return found
    found = Layout(plan, keys, paths, noise=noise, more_rows=more_rows)
    _recent.append((wanted, more_rows, found))
    return found
