"""A program on a block: where each number lies in the block's memory, and the operations month by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.engine.loops import add_up, any_left, loop_of, move_stocks
from forcesim.processes.laws import WORDS, Where
from forcesim.program import Loop, Places, Resting, Staged, Sum, Year

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forcesim.arrays import Floats, Ints
    from forcesim.program import Program

__all__ = ["Layout", "Running", "words_of"]


ALWAYS = np.iinfo(np.int64).max
"""A tick that lies after all others: of draws, and of words that differ by month."""


class Clock:
    """Counts the operations of a block; each takes two ticks, so that what it writes is newer than what it read."""

    def __init__(self, rows: int) -> None:
        """Begin before anything is written; the last row stands for what is new each month."""
        self.now = 0
        self.written = np.zeros(rows + 1, dtype=np.int64)
        self.written[rows] = ALWAYS

    def tick(self) -> int:
        """Return the tick of the next operation."""
        self.now += 2
        return self.now

    def mark(self, rows: Ints) -> None:
        """Note that rows have been written."""
        self.written[rows] = self.tick()


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the rows of a block begin in its memory: state, draws, and what a process has for itself.

    ``rows`` is the number of the process's first scratch row among all rows that the clock knows.
    """

    memory: Floats
    clock: Clock
    paths: int
    state: int
    drawn: int
    scratch: int
    rows: int
    values: int
    constants: int
    words: int


class Running:
    """The program of one process on one block.

    Parameters
    ----------
    program : Program
        What to run.
    layout : Layout
        Where things lie.
    offset, stride : int64 (column, nation)
        The table of parameters: positions among the values, 1 where a number differs between paths.
    draw : callable
        Makes the lazy draws of the month.
    noise : bool
        Whether chance plays.
    """

    def __init__(
        self,
        program: Program,
        layout: Layout,
        offset: Ints,
        stride: Ints,
        draw: Callable[[], None],
        *,
        noise: bool,
    ) -> None:
        """Lay the constants out, and turn places into offsets."""
        self.program, self.layout, self.draw, self.noise = program, layout, draw, noise
        self.value_offset, self.value_stride = layout.values + offset.ravel(), stride.ravel()
        self.constant_stride = np.zeros(program.constants, dtype=np.int64)
        self.constant_offset = np.full(program.constants, layout.constants)
        self.new_year, self.changed = False, 0
        self.fixed = [self._fixed(one) for one in program.fixed]
        self.opening = [self.operation(one) for one in program.opening]
        self.month_ = [self.operation(one) for one in program.month]
        self.stocks = self._stocks()

    def start(self) -> None:
        """Write month 0: what starts at a parameter, then the opening laws."""
        layout = self.layout
        memory, paths = layout.memory, layout.paths
        if self.program.begins is not None:
            rows, cells = self.program.begins
            to, _ = self._where(rows)
            at, by = self._where(cells)
            for place in range(len(to)):
                source = memory[at[place] : at[place] + paths] if by[place] else memory[at[place]]
                memory[to[place] : to[place] + paths] = source
        self.refresh()
        layout.clock.mark(np.arange(len(layout.clock.written) - 1))
        for operation in self.opening:
            operation()

    def refresh(self) -> None:
        """Work out what depends on parameters alone, since some have changed."""
        self.changed = self.layout.clock.tick()
        for operation in self.fixed:
            operation()

    def month(self, *, new_year: bool) -> None:
        """Run one month, and move the stocks by their flows."""
        self.new_year = new_year
        for operation in self.month_:
            operation()
        if self.stocks is not None:
            rows, at, flows, signs = self.stocks
            move_stocks(self.layout.memory, at, flows, signs, self.layout.paths)
            self.layout.clock.mark(rows)

    # from places to offsets

    def _where(self, places: Places) -> tuple[Ints, Ints]:
        """Return offset and stride of each column."""
        at, layout = places.at, self.layout
        if places.space == "value":
            return self.value_offset[at], self.value_stride[at]
        if places.space == "constant":
            return self.constant_offset[at], self.constant_stride[at]
        if places.space == "word":
            return layout.words + at, np.zeros_like(at)
        base = {"state": layout.state, "drawn": layout.drawn, "scratch": layout.scratch}[places.space]
        return base + at * layout.paths, np.ones_like(at)

    def _rows(self, places: Places) -> Ints:
        """Return the rows by which the clock knows each column: -1 for parameters, the last for what is always new."""
        if places.space == "state":
            return places.at
        if places.space == "scratch":
            return self.layout.rows + places.at
        steady = places.is_fixed or (places.space == "word" and WORDS[int(places.at[0])] == "noise")
        return np.full_like(places.at, -1 if steady else len(self.layout.clock.written) - 1)

    def table(self, loop: Loop) -> Ints:
        """Return a loop's table: offsets, strides and rows of arguments, offsets and rows of results, the last run."""
        takes = list(loop.takes.values())
        gives = [places for _, places in loop.gives.values()]
        found = [self._where(places) for places in takes]
        parts = [
            *(at for at, _ in found),
            *(by for _, by in found),
            *(self._rows(places) for places in takes),
            *(self._where(places)[0] for places in gives),
            *(self._rows(places) for places in gives),
            np.full(loop.columns, -1),
        ]
        return np.array(parts, dtype=np.int64).reshape(len(parts), loop.columns)

    def operation(self, one: Any) -> Callable[[], None]:
        """Return an operation of the month, ready to run."""
        memory, paths, clock = self.layout.memory, self.layout.paths, self.layout.clock
        if isinstance(one, Loop):
            run, table, every = loop_of(one), self.table(one), np.ones(one.columns, dtype=np.bool_)
            return lambda: run(memory, table, clock.written, every, paths, clock.tick(), self.changed)
        if isinstance(one, Sum):
            sums = self._sum(one)
            return lambda: add_up(memory, *sums, clock.written, paths, clock.tick(), self.changed)
        if isinstance(one, Year):
            inner = [self.operation(each) for each in one.operations]
            return lambda: self._yearly(inner)
        if isinstance(one, Staged):
            found = {name: self._where(places) for name, places in one.places.items()}
            offset, stride = ({name: pair[k] for name, pair in found.items()} for k in (0, 1))
            where, noise = Where(offset, stride, one.first), self.noise
            given = np.concatenate(
                [self._rows(one.places[name]) + slot for name, slots in one.slots for slot in range(slots)]
            )

            def stage() -> None:
                one.stage.run(memory, where, paths, noise=noise)
                clock.mark(given)

            return stage
        assert isinstance(one, Resting)
        return _Sleeper(self, one, self._where).run

    def _yearly(self, operations: Sequence[Callable[[], None]]) -> None:
        if self.new_year:
            for operation in operations:
                operation()

    def _sum(self, one: Sum) -> tuple[Ints, Ints, Ints, Ints]:
        """Return offsets, strides and rows of the members, and where the sums go."""
        members = Places(one.space, np.maximum(one.members, 0))
        offset, stride = self._where(members)
        into = np.array([self._where(one.into)[0], self._rows(one.into), np.full(len(one.into.at), -1)])
        return np.where(one.members < 0, -1, offset), stride, self._rows(members), into

    def _fixed(self, one: Loop | Sum) -> Callable[[], None]:
        """Lay out what a law of parameters gives, a number each or one for each path, and return what fills it."""
        memory, paths, clock = self.layout.memory, self.layout.paths, self.layout.clock
        if isinstance(one, Sum):
            members = self._where(Places(one.space, np.maximum(one.members, 0)))[1] * (one.members >= 0)
            by_path = members.any(axis=1)
            places = [one.into]
        else:
            by_path = np.zeros(one.columns, dtype=np.bool_)
            for taken in one.takes.values():
                by_path |= self._where(taken)[1] != 0
            places = [given for _, given in one.gives.values()]
        begin = self.layout.constants + int(self._taken)
        for given in places:
            lengths = np.where(by_path, paths, 1)
            self.constant_offset[given.at] = begin + np.cumsum(lengths) - lengths
            self.constant_stride[given.at] = by_path
            begin += int(lengths.sum())
        self._taken = begin - self.layout.constants
        groups = [(which, count) for which, count in ((by_path, paths), (~by_path, 1)) if which.any()]
        if isinstance(one, Sum):
            at, by, rows, into = self._sum(one)
            sums = [(at[which], by[which], rows[which], into[:, which].copy(), n) for which, n in groups]

            def add() -> None:
                for offset, stride, of, out, count in sums:
                    add_up(memory, offset, stride, of, out, clock.written, count, clock.now, clock.now)

            return add
        run, table = loop_of(one), self.table(one)
        parts = [(table[:, which].copy(), np.ones(int(which.sum()), dtype=np.bool_), n) for which, n in groups]

        def fill() -> None:
            for chosen, every, count in parts:
                run(memory, chosen, clock.written, every, count, clock.now, clock.now)

        return fill

    _taken = 0

    def _stocks(self) -> tuple[Ints, Ints, Ints, Floats] | None:
        """Return the rows of stocks, stocks and flows as offsets, and the signs."""
        stocks = self.program.stocks
        if not stocks:
            return None
        most = max(len(flows) for _, flows in stocks)
        base, paths = self.layout.state, self.layout.paths
        at = np.full((len(stocks), most), -1)
        signs = np.zeros((len(stocks), most))
        for c, (_, flows) in enumerate(stocks):
            for k, (row, sign) in enumerate(flows):
                at[c, k], signs[c, k] = base + row * paths, sign
        rows = np.array([row for row, _ in stocks])
        return rows, base + rows * paths, at, signs


class _Sleeper:
    """Operations that rest while what they watch is 0 on all paths of the block.

    They run once more when all has become 0, so that what they give is what they give at 0. A watched row that only
    these operations write stays 0 while they rest, and is not looked at again.
    """

    def __init__(self, running: Running, one: Resting, where: Callable[[Places], tuple[Ints, Ints]]) -> None:
        """Lay out what is watched."""
        self.running, self.one = running, one
        self.watched = [where(places) for places in one.watched]
        self.loops = [(loop_of(each), running.table(each)) for each in one.operations] if one.by_column else []
        self.operations = [] if one.by_column else [running.operation(each) for each in one.operations]
        fixed = [places.is_fixed for places in one.watched]
        self.parameters = [watched for watched, steady in zip(self.watched, fixed, strict=True) if steady]
        self.rows = [
            (k, watched) for k, (watched, steady) in enumerate(zip(self.watched, fixed, strict=True)) if not steady
        ]
        self.looked, self.by_parameter = -1, np.zeros(0, dtype=np.bool_)
        self.settled = np.zeros(len(self.watched[0][0]) if one.by_column else 1, dtype=np.bool_)

    def run(self) -> None:
        """Run what does not rest."""
        memory, paths = self.running.layout.memory, self.running.layout.paths
        awake = self._awake() if self.one.by_column else self._any_awake()
        active = awake | ~self.settled
        self.settled = ~awake
        if not active.any():
            return
        self.running.draw()
        for operation in self.operations:
            operation()
        clock = self.running.layout.clock
        for loop, table in self.loops:
            loop(memory, table, clock.written, active, paths, clock.tick(), self.running.changed)

    def _any_parameter(self, c: int) -> bool:
        """Return whether a watched parameter of a column is not 0, on any path."""
        memory, paths = self.running.layout.memory, self.running.layout.paths
        return any(any_left(memory, at[c : c + 1], by[c : c + 1], paths) for at, by in self.parameters)

    def _any_awake(self) -> Any:
        """Return whether something watched is not 0."""
        memory, paths = self.running.layout.memory, self.running.layout.paths
        return np.array([any(any_left(memory, *watched, paths) for watched in self.watched)])

    def _awake(self) -> Any:
        """Return the columns in which something watched is not 0; parameters are looked at when one has changed."""
        memory, paths = self.running.layout.memory, self.running.layout.paths
        if self.looked != self.running.changed:
            self.looked = self.running.changed
            self.by_parameter = np.array([self._any_parameter(c) for c in range(len(self.settled))])
        found = self.by_parameter.copy()
        for place, (at, by) in self.rows:
            asleep = self.settled if self.one.own[place] else np.False_
            for c in np.flatnonzero(~found & ~asleep):
                found[c] = any_left(memory, at[c : c + 1], by[c : c + 1], paths)
        return found


def words_of(month: int, *, noise: bool) -> list[float]:
    """Return what the engine gives laws in a month; see :data:`forcesim.processes.laws.WORDS`."""
    years = 1.0 / 12.0 if month <= 1 else min(12, month - 1) / 12.0
    known = {"month": float(month), "first_year": float(month <= 1), "years": years, "noise": float(noise)}
    return [known[word] for word in WORDS]
