"""A program on a block: where each number lies in the block's memory, and the operations month by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.binding import Loop, Places, Resting, Staged, Sum, Year
from forcesim.engine.loops import add_up, any_left, loop_of, move_stocks
from forcesim.processes.laws import WORDS, Where

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forcesim.binding import Program
    from forcesim.processes.process import Floats, Ints

__all__ = ["Layout", "Running", "words_of"]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the rows of a block begin in its memory: state, draws, and what a process has for itself."""

    memory: Floats
    paths: int
    state: int
    drawn: int
    scratch: int
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
        self.new_year = False
        self.fixed = [self._fixed(one) for one in program.fixed]
        self.opening = [self.operation(one) for one in program.opening]
        self.month_ = [self.operation(one) for one in program.month]
        self.stocks = self._stocks()

    def start(self) -> None:
        """Write month 0: what starts at a parameter, then the opening laws."""
        memory, paths = self.layout.memory, self.layout.paths
        if self.program.begins is not None:
            rows, cells = self.program.begins
            to, _ = self._where(rows)
            at, by = self._where(cells)
            for place in range(len(to)):
                source = memory[at[place] : at[place] + paths] if by[place] else memory[at[place]]
                memory[to[place] : to[place] + paths] = source
        self.refresh()
        for operation in self.opening:
            operation()

    def refresh(self) -> None:
        """Work out what depends on parameters alone."""
        for operation in self.fixed:
            operation()

    def month(self, *, new_year: bool) -> None:
        """Run one month, and move the stocks by their flows."""
        self.new_year = new_year
        for operation in self.month_:
            operation()
        if self.stocks is not None:
            move_stocks(self.layout.memory, *self.stocks, self.layout.paths)

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

    def tables(self, loop: Loop) -> tuple[Ints, Ints, Ints]:
        """Return offsets and strides of the arguments, and where results go."""
        found = [self._where(places) for places in loop.takes.values()]
        offset = np.array([at for at, _ in found], dtype=np.int64).reshape(len(found), loop.columns)
        stride = np.array([by for _, by in found], dtype=np.int64).reshape(len(found), loop.columns)
        into = np.array([self._where(places)[0] for _, places in loop.gives.values()], dtype=np.int64)
        return offset, stride, into.reshape(len(loop.gives), loop.columns)

    def operation(self, one: Any) -> Callable[[], None]:
        """Return an operation of the month, ready to run."""
        memory, paths = self.layout.memory, self.layout.paths
        if isinstance(one, Loop):
            run, tables = loop_of(one), self.tables(one)
            return lambda: run(memory, *tables, paths)
        if isinstance(one, Sum):
            sums = self._sum(one)
            return lambda: add_up(memory, *sums, paths)
        if isinstance(one, Year):
            inner = [self.operation(each) for each in one.operations]
            return lambda: self._yearly(inner)
        if isinstance(one, Staged):
            found = {name: self._where(places) for name, places in one.places.items()}
            offset, stride = ({name: pair[k] for name, pair in found.items()} for k in (0, 1))
            where, noise = Where(offset, stride, one.first), self.noise
            return lambda: one.stage.run(memory, where, paths, noise=noise)
        assert isinstance(one, Resting)
        return _Sleeper(self, one, self._where).run

    def _yearly(self, operations: Sequence[Callable[[], None]]) -> None:
        if self.new_year:
            for operation in operations:
                operation()

    def _sum(self, one: Sum) -> tuple[Ints, Ints, Ints]:
        """Return offsets and strides of the members, and where the sums go."""
        offset, stride = self._where(Places(one.space, np.maximum(one.members, 0)))
        return np.where(one.members < 0, -1, offset), stride, self._where(one.into)[0]

    def _fixed(self, one: Loop | Sum) -> Callable[[], None]:
        """Lay out what a law of parameters gives, a number each or one for each path, and return what fills it."""
        memory, paths = self.layout.memory, self.layout.paths
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
            sums = [(tuple(table[which] for table in self._sum(one)), count) for which, count in groups]
            return lambda: _each_sum(memory, sums)
        run, tables = loop_of(one), self.tables(one)
        parts = [([np.ascontiguousarray(table[:, which]) for table in tables], count) for which, count in groups]

        def fill() -> None:
            for chosen, count in parts:
                run(memory, *chosen, count)

        return fill

    _taken = 0

    def _stocks(self) -> tuple[Ints, Ints, Floats] | None:
        """Return stocks and flows as offsets, with the signs."""
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
        return np.array([base + row * paths for row, _ in stocks]), at, signs


def _each_sum(memory: Floats, sums: Sequence[tuple[tuple[Ints, ...], int]]) -> None:
    """Form sums of parameters."""
    for (offset, stride, into), count in sums:
        add_up(memory, offset, stride, into, count)


class _Sleeper:
    """Operations that rest while what they watch is 0 on all paths of the block.

    They run once more when all has become 0, so that what they give is what they give at 0. A watched row that only
    these operations write stays 0 while they rest, and is not looked at again.
    """

    def __init__(self, running: Running, one: Resting, where: Callable[[Places], tuple[Ints, Ints]]) -> None:
        """Lay out what is watched."""
        self.running, self.one = running, one
        self.watched = [where(places) for places in one.watched]
        self.loops = [(loop_of(each), running.tables(each)) for each in one.operations] if one.by_column else []
        self.operations = [] if one.by_column else [running.operation(each) for each in one.operations]
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
        for loop, tables in self.loops:
            chosen = tables if active.all() else [np.ascontiguousarray(table[:, active]) for table in tables]
            loop(memory, *chosen, paths)

    def _any_awake(self) -> Any:
        """Return whether something watched is not 0."""
        memory, paths = self.running.layout.memory, self.running.layout.paths
        return np.array([any(any_left(memory, *watched, paths) for watched in self.watched)])

    def _awake(self) -> Any:
        """Return the columns in which something watched is not 0."""
        memory, paths = self.running.layout.memory, self.running.layout.paths
        found = np.zeros(len(self.settled), dtype=np.bool_)
        for mine, (at, by) in zip(self.one.own, self.watched, strict=True):
            found |= (by == 0) & (memory[at] != 0.0)
            look = (by != 0) & ~found & ~(self.settled if mine else np.False_)
            for c in np.flatnonzero(look):
                found[c] = any_left(memory, at[c : c + 1], by[c : c + 1], paths)
        return found


def words_of(month: int, *, noise: bool) -> list[float]:
    """Return what the engine gives laws in a month; see :data:`forcesim.processes.laws.WORDS`."""
    years = 1.0 / 12.0 if month <= 1 else min(12, month - 1) / 12.0
    known = {"month": float(month), "first_year": float(month <= 1), "years": years, "noise": float(noise)}
    return [known[word] for word in WORDS]
