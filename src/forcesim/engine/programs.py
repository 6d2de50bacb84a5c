"""A program on a block: where each number lies in the block's memory, and the operations that the driver runs."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.addresses import address_of
from forcesim.engine.driver import (
    AT,
    BEGIN,
    COLUMNS,
    FLAGS,
    LOOP,
    MARK,
    MORE,
    MOVE,
    PATHS,
    REFRESH,
    REST,
    ROWS,
    STAGE,
    SUM,
    YEAR,
)
from forcesim.engine.loops import LOOP_TYPES, loop_of
from forcesim.kernels import compiling
from forcesim.processes.laws import STAGE_TYPES, WORDS
from forcesim.program import Loop, Places, Resting, Staged, Sum, Year

if TYPE_CHECKING:
    from collections.abc import Callable

    from forcesim.arrays import Ints
    from forcesim.engine.tables import Tables
    from forcesim.program import Program

__all__ = ["Room", "Writer", "function_of", "words_of"]

ALWAYS = np.iinfo(np.int64).max
"""A tick that lies after all others: of draws, and of words that differ by month."""


@dataclass(frozen=True, slots=True)
class Room:
    """Where the rows of a block begin in its memory: state, draws, and what a process has for itself.

    ``rows`` is the number of the process's first scratch row among all rows whose ticks are kept, ``news`` that of the
    last, which stands for what is new each month.
    """

    paths: int
    drawn: int
    words: int
    values: int
    scratch: int
    constants: int
    rows: int
    news: int


class Writer:
    """Writes the operations of one program.

    Parameters
    ----------
    program : Program
        What is to run.
    room : Room
        Where its numbers lie.
    tables : Tables
        What is written to.
    offset, stride : int64 (column, nation)
        The table of parameters: positions among the values, 1 where a number differs between paths.
    draws : callable
        Writes the draws of the laws that rest.
    """

    def __init__(
        self, program: Program, room: Room, tables: Tables, offset: Ints, stride: Ints, draws: Callable[[], None]
    ) -> None:
        """Lay the constants out."""
        self.program, self.room, self.tables, self.draws = program, room, tables, draws
        self.value_offset, self.value_stride = room.values + offset.ravel(), stride.ravel()
        self.constant_stride = np.zeros(program.constants, dtype=np.int64)
        self.constant_offset = np.full(program.constants, room.constants)
        self.functions: dict[int, Loop | Staged] = {}
        self._taken = 0
        self._by_path = [self._lay_out(one) for one in program.fixed]

    def start(self, steps: int) -> None:
        """Write month 0: what starts at a parameter, then the opening laws."""
        if self.program.begins is not None:
            rows, cells = self.program.begins
            to, _ = self.where(rows)
            at, by = self.where(cells)
            place = self.tables.write(to, at, by)
            self.tables.add(BEGIN, {AT: place, ROWS: len(to), PATHS: self.room.paths})
        self._refresh(steps)
        self.tables.add(MARK)
        for one in self.program.opening:
            self._operation(one)

    def month(self, steps: int) -> None:
        """Write a month; the stocks are moved by their flows at its end."""
        self._refresh(steps)
        for one in self.program.month:
            self._operation(one)
        self._stocks()

    def _refresh(self, steps: int) -> None:
        """Write what depends on parameters alone."""
        place = self.tables.add(REFRESH, {MORE: steps})
        for one, by_path in zip(self.program.fixed, self._by_path, strict=True):
            for which, count in ((by_path, self.room.paths), (~by_path, 1)):
                if which.any():
                    write = self._sum if isinstance(one, Sum) else self._loop
                    write(one, which=which, more={MORE: 1, PATHS: count})
        self.tables.close(place)

    # from places to offsets

    def where(self, places: Places) -> tuple[Ints, Ints]:
        """Return offset and stride of each column."""
        at, room = places.at, self.room
        if places.space == "value":
            return self.value_offset[at], self.value_stride[at]
        if places.space == "constant":
            return self.constant_offset[at], self.constant_stride[at]
        if places.space == "word":
            return room.words + at, np.zeros_like(at)
        base = {"state": 0, "drawn": room.drawn, "scratch": room.scratch}[places.space]
        return base + at * room.paths, np.ones_like(at)

    def _rows(self, places: Places) -> Ints:
        """Return the rows whose ticks are kept for each column: -1 for parameters, the last for what is always new."""
        if places.space == "state":
            return places.at
        if places.space == "scratch":
            return self.room.rows + places.at
        steady = places.is_fixed or (places.space == "word" and WORDS[int(places.at[0])] == "noise")
        return np.full_like(places.at, -1 if steady else self.room.news)

    def _lay_out(self, one: Any) -> Any:
        """Lay out what a law of parameters gives, a number each or one for each path; return where it is by path."""
        if isinstance(one, Sum):
            members = self.where(Places(one.space, np.maximum(one.members, 0)))[1] * (one.members >= 0)
            by_path = members.any(axis=1)
            places = [one.into]
        else:
            by_path = np.zeros(one.columns, dtype=np.bool_)
            for taken in one.takes.values():
                by_path |= self.where(taken)[1] != 0
            places = [given for _, given in one.gives.values()]
        for given in places:
            lengths = np.where(by_path, self.room.paths, 1)
            self.constant_offset[given.at] = self.room.constants + self._taken + np.cumsum(lengths) - lengths
            self.constant_stride[given.at] = by_path
            self._taken += int(lengths.sum())
        return by_path

    # operations

    def _operation(self, one: Any, flags: int = 0) -> None:
        """Write an operation of the month; ``flags`` tell which columns of a loop run."""
        if isinstance(one, Loop):
            self._loop(one, more={FLAGS: flags, PATHS: self.room.paths})
        elif isinstance(one, Sum):
            self._sum(one, more={PATHS: self.room.paths})
        elif isinstance(one, Staged):
            self._stage(one)
        elif isinstance(one, Year):
            place = self.tables.add(YEAR)
            for each in one.operations:
                self._operation(each)
            self.tables.close(place)
        else:
            self._rest(one)

    def table(self, loop: Loop) -> Ints:
        """Return a loop's table: offsets, strides and rows of arguments, offsets and rows of results, the last run."""
        takes = list(loop.takes.values())
        gives = [places for _, places in loop.gives.values()]
        found = [self.where(places) for places in takes]
        parts = [
            *(at for at, _ in found),
            *(by for _, by in found),
            *(self._rows(places) for places in takes),
            *(self.where(places)[0] for places in gives),
            *(self._rows(places) for places in gives),
            np.full(loop.columns, -1),
        ]
        return np.array(parts, dtype=np.int64).reshape(len(parts), loop.columns)

    def _loop(self, loop: Loop, *, more: dict[int, int], which: Any = slice(None)) -> None:
        """Write a loop over some columns."""
        table = self.table(loop)[:, which]
        fields = {AT: self.tables.write(table), ROWS: len(table), COLUMNS: table.shape[1]}
        self.functions[self.tables.add(LOOP, fields | more)] = loop

    def _sum(self, one: Sum, *, more: dict[int, int], which: Any = slice(None)) -> None:
        """Write some sums: offsets, strides and rows of the members, and where the sums go."""
        members = Places(one.space, np.maximum(one.members, 0))
        offset, stride = self.where(members)
        into = np.array([self.where(one.into)[0], self._rows(one.into), np.full(len(one.into.at), -1)])
        parts = (np.where(one.members < 0, -1, offset)[which], stride[which], self._rows(members)[which])
        place = self.tables.write(*parts, into[:, which])
        fields = {AT: place, ROWS: parts[0].shape[0], COLUMNS: parts[0].shape[1]}
        self.tables.add(SUM, fields | more)

    def _stage(self, one: Staged) -> None:
        """Write a stage: the offsets and strides of its names, its items, and the rows that it gives."""
        stage, columns, items = one.stage, len(one.first) - 1, int(one.first[-1])
        names = [self.where(one.places[name]) for name in (*stage.takes, *stage.gives)]
        of_item = [self.where(one.places[name]) for name in stage.takes_of_item]
        given = [self._rows(one.places[name]) + slot for name, slots in one.slots for slot in range(slots)]
        head = (len(names), columns, len(of_item), items, sum(len(rows) for rows in given))
        parts = [pair[k] for pairs in (names, of_item) for k in (0, 1) for pair in pairs]
        place = self.tables.write(head, *parts, one.first, *given)
        self.functions[self.tables.add(STAGE, {AT: place, PATHS: self.room.paths})] = one

    def _rest(self, one: Resting) -> None:
        """Write laws that may rest: what is watched, the draws that they take, the laws."""
        found, steady, own = self._watched(one)
        columns = len(found[0][0])
        parts = ([at for at, _ in found], [by for _, by in found], steady, own, [-1])
        flags = self.tables.flag(3 * columns)
        fields = {AT: self.tables.write(*parts), ROWS: len(found), COLUMNS: columns, FLAGS: flags}
        place = self.tables.add(REST, fields | {PATHS: self.room.paths})
        self.draws()
        for each in one.operations:
            self._operation(each, flags + 2 * columns if one.by_column else 0)
        self.tables.close(place)

    def _watched(self, one: Resting) -> tuple[list[tuple[Ints, Ints]], list[bool], list[bool]]:
        """Return what each column watches: offsets and strides, which are parameters, which only these laws write."""
        found = [self.where(places) for places in one.watched]
        steady = [places.is_fixed for places in one.watched]
        if one.by_column:
            return found, steady, list(one.own)
        # one column watches all
        every = [(at[k : k + 1], by[k : k + 1]) for at, by in found for k in range(len(at))]
        return every, np.repeat(steady, [len(at) for at, _ in found]).tolist(), [False] * len(every)

    def _stocks(self) -> None:
        """Write how stocks are moved: offsets of stocks and flows, the rows of the stocks, the signs."""
        stocks = self.program.stocks
        if not stocks:
            return
        most, paths = max(len(flows) for _, flows in stocks), self.room.paths
        at = np.full((len(stocks), most), -1)
        signs = np.zeros((len(stocks), most))
        for c, (_, flows) in enumerate(stocks):
            for k, (row, sign) in enumerate(flows):
                at[c, k], signs[c, k] = row * paths, sign
        rows = np.array([row for row, _ in stocks])
        place = self.tables.write(rows * paths, at, rows)
        fields = {AT: place, ROWS: len(stocks), COLUMNS: most, MORE: self.tables.number(signs), PATHS: paths}
        self.tables.add(MOVE, fields)


def function_of(one: Loop | Staged) -> tuple[int, Any]:
    """Return the address of what runs a loop or a stage, compiled if need be, and what must be kept meanwhile."""
    function = _loop_of(one, compiling()) if isinstance(one, Loop) else one.stage.kernel
    return address_of(function, LOOP_TYPES if isinstance(one, Loop) else STAGE_TYPES), function


@functools.lru_cache(maxsize=1024)
def _loop_of(loop: Loop, compiled: bool) -> Any:  # noqa: ARG001 - one for each way to run it
    """Return the function of a loop; its identity is worked out once a plan."""
    return loop_of(loop)


def words_of(month: int, *, noise: bool) -> list[float]:
    """Return what the engine gives laws in a month; see :data:`forcesim.processes.laws.WORDS`."""
    years = 1.0 / 12.0 if month <= 1 else min(12, month - 1) / 12.0
    known = {"month": float(month), "first_year": float(month <= 1), "years": years, "noise": float(noise)}
    return [known[word] for word in WORDS]
