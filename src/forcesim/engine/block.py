"""A block: consecutive paths that share the cache, run month by month, process by process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from forcesim.engine.acting import Acting
from forcesim.engine.apart import own_instance
from forcesim.engine.closing import Closing
from forcesim.engine.driver import (
    CHANGED,
    CODE,
    DRAWN,
    DRAWN_ROWS,
    FILL,
    FIRST,
    LOOK,
    MONTH,
    NEW_YEAR,
    NOISE,
    NOW,
    PYTHON,
    REPLACED,
    RUNNING,
    STEP,
    WIDTH,
    drive,
)
from forcesim.engine.layout import Call, layout_of
from forcesim.engine.programs import words_of
from forcesim.engine.ruling import Ruling
from forcesim.errors import Fault, ForcesimError, ProcessError
from forcesim.processes.draws import due
from forcesim.processes.laws import WORDS
from forcesim.processes.process import Context
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forcesim.arrays import Floats, Ints
    from forcesim.plan import Plan
    from forcesim.randomness.address import Keys

__all__ = ["Block", "OtherDraws", "draw_keys"]


class OtherDraws(Protocol):
    """What gives the draws of a block other values than chance gives them."""

    @property
    def replaces(self) -> bool:
        """Return whether it writes every draw, so that none need be made before."""

    def apply(self, step: int, drawing: int, law: str, month: int, drawn: Floats) -> None:
        """Change or write a month's draws of a drawing, as they stand in ``drawn`` (row, path)."""


class Block:
    """A run of consecutive paths, month by month.

    Parameters
    ----------
    plan : Plan
        What to run.
    keys : list of list of array
        Keys of each step's drawings (see :func:`draw_keys`).
    sampled : mapping of str to float64 (path,)
        The numbers that differ between paths.
    first, paths : int
        The first path's index and how many follow.
    noise : bool
        Whether chance plays.
    other : OtherDraws, optional
        Gives draws other values.
    more_rows : int
        Rows behind the plan's, for outcomes that are derived from these.
    spare : list of float64 array, optional
        Memory of blocks that are done. A new block takes one: fresh memory costs a page fault for each 4 kB.

    Attributes
    ----------
    state : float64 (row, path)
        The rows as they stand after the last month run.
    drawn : float64 (row, path)
        The draws of the process that ran last.
    written : int64 (row,)
        A number for each row that rises whenever the row is written.
    """

    def __init__(
        self,
        plan: Plan,
        keys: list[list[Keys]],
        sampled: Mapping[str, Floats],
        *,
        first: int,
        paths: int,
        noise: bool,
        other: OtherDraws | None = None,
        more_rows: int = 0,
        spare: list[Floats] | None = None,
    ) -> None:
        """Fill memory with what is known before month 0."""
        self.layout = layout = layout_of(plan, keys, paths, noise=noise, more_rows=more_rows)
        self.ruling = Ruling(plan.rules, paths)
        self.plan, self.sampled, self.first, self.noise, self.other = (
            plan, {**sampled, **self.ruling.masks}, first, noise, other,
        )  # fmt: skip
        self.memory = _memory(layout.size, spare)
        self.state = self.memory[: layout.places.drawn].reshape(layout.state_rows, paths)
        self.drawn = self.memory[layout.places.drawn : layout.places.words].reshape(-1, paths)
        self.words = self.memory[layout.places.words : layout.places.words + len(WORDS)]
        self.memory[layout.places.end :] = layout.numbers
        for row, value in plan.standing:
            self.state[row] = value
        self.values = [
            self.memory[begin : begin + len(given)]
            for begin, (given, _, _) in zip(layout.places.steps, layout.values, strict=True)
        ]
        for own, (given, _, _) in zip(self.values, layout.values, strict=True):
            own[:] = given
        self.book, self.flags = layout.book.copy(), layout.flags.copy()
        self.written, self.hand = layout.written.copy(), layout.hand.copy()
        self.hand[[FIRST, NOISE, DRAWN, DRAWN_ROWS, WIDTH]] = (
            first,
            noise,
            layout.places.drawn,
            layout.drawn_rows,
            paths,
        )
        self.hand[REPLACED] = other is not None
        self.contexts = {call.step: self._context(call.step) for call in layout.calls.values() if call.what == "step"}
        self.acting = {call.step: self._acting(call.step) for call in layout.calls.values() if call.what == "acts"}
        self.closing = Closing(plan, paths) if layout.closes else None

    def month(self, month: int) -> None:
        """Run one month (0 is the opening balance): each process in the plan's order."""
        self.open(month)
        self.run(*self.layout.whole[month > 0])

    def open(self, month: int) -> None:
        """Begin a month: bring words and parameters up to date."""
        self.words[:] = words_of(month, noise=self.noise)
        self.hand[MONTH] = month
        self.hand[NEW_YEAR] = due("year", month, self.plan.timeline.first_calendar_month)
        begun = bool(self.plan.rules) and self.ruling.month(month, self.state)
        if self.plan.rules:
            self.mark(self.ruling.rows)
        if month == 0 or begun or month in self.layout.moving:
            for place in range(len(self.plan.steps)):
                self._write_parameters(place, month, begun=begun)

    def run(self, begin: int, end: int) -> None:
        """Run operations of the month that was begun; :attr:`layout` tells which are a process's."""
        place = begin
        while place < end:
            try:
                place = drive(
                    self.memory,
                    self.book,
                    self.layout.draw_keys,
                    self.layout.table,
                    self.written,
                    self.flags,
                    self.hand,
                    place,
                    end,
                )
            except ForcesimError:
                raise
            except Exception as error:
                step = int(self.layout.table[self.hand[RUNNING], STEP])
                raise self._failed(step, error) from error
            if place < end:
                place += self._by_python(place)

    def _by_python(self, place: int) -> int:
        """Do what the driver cannot; return 1 if the operation is done, 0 if it can now be driven."""
        code = self.layout.table[place, CODE]
        if code in (PYTHON, LOOK):
            self._call(self.layout.calls[place])
            return 1
        if code == FILL and self.hand[REPLACED]:
            self._draw(self.layout.calls[place])
            return 1
        self.layout.compile(place)
        return 0

    def _call(self, call: Call) -> None:
        """Run the month of a process in NumPy, what a process does to others, or a look at all stocks."""
        month = int(self.hand[MONTH])
        if call.what == "acts":
            self.acting[call.step].month(month, self.first)
            self.mark(self.acting[call.step].moved)
            return
        if call.what == "closing":
            assert self.closing is not None
            self.closing.check(month, self.first, self.state)
            return
        context = self.contexts[call.step]
        try:
            if month == 0:
                context.process.start(context)
            else:
                context.process.step(context, month)
        except ForcesimError:
            raise
        except Exception as error:
            raise self._failed(call.step, error) from error
        self.mark(self.layout.marks[call.step])

    def mark(self, rows: Ints) -> None:
        """Note that rows have been written."""
        self.hand[NOW] += 2
        self.written[rows] = self.hand[NOW]

    def _failed(self, step: int, error: Exception) -> ProcessError:
        """Return what to say of a process that raised."""
        month, name = int(self.hand[MONTH]), self.plan.steps[step].process.name
        verb, last = ("start" if month == 0 else "step"), self.first + self.state.shape[1] - 1
        found = f"{type(error).__name__}: {error}; month {month}, paths {self.first} to {last}"
        return ProcessError(
            Fault(f"{name}.{verb}", "must not raise", found, "forcesim.reproduce runs one path step by step")
        )

    def _draw(self, call: Call) -> None:
        """Make the draws of a group as somebody wants them."""
        drawing, month, other = self.plan.steps[call.step].drawings[call.drawing], int(self.hand[MONTH]), self.other
        assert other is not None
        if not other.replaces:
            fill = fill_normal if drawing.law == "normal" else fill_uniform
            fill(self.layout.keys[call.step][call.drawing], month, self.first, self.drawn, rows=drawing.rows)
        other.apply(call.step, call.drawing, drawing.law, month, self.drawn)

    def _write_parameters(self, place: int, month: int, *, begun: bool) -> None:
        """Write what changes this month into a table of parameters, and note whether anything does."""
        parameters, values, paths = self.plan.steps[place].parameters, self.values[place], self.state.shape[1]
        change = parameters.changes.get(month)
        if change is not None:
            values[change[0]] = change[1]
        moving = (*parameters.moving.get(month, ()), *(parameters.switched if begun else ()))
        for which in moving:
            begin = len(parameters.constants) + which * paths
            parameters.by_path[which].course.write(values[begin : begin + paths], month, self.sampled)
        if month == 0 or change is not None or moving:
            self.hand[CHANGED + len(self.plan.steps) + place] = 1

    def _context(self, place: int) -> Context:
        """Return what a process in NumPy meets."""
        step = self.plan.steps[place]
        _, offset, stride = self.layout.values[place]
        return Context(
            process=own_instance(step.process),
            nations=step.nations,
            paths=self.state.shape[1],
            noise=self.noise,
            first_calendar_month=self.plan.timeline.first_calendar_month,
            state=self.state,
            at=step.at,
            drawn=self.drawn,
            drawn_at=step.drawn_at,
            values=self.values[place],
            offset=offset,
            stride=stride,
        )

    def _acting(self, place: int) -> Acting:
        """Return what a process does to others."""
        return Acting(self.plan.timeline, self.plan.steps[place], self.memory, self.state, noise=self.noise)


def _memory(size: int, spare: list[Floats] | None) -> Floats:
    """Return so many zeros, in memory of a block that is done if there is one."""
    found = spare.pop() if spare else np.empty(0)
    if len(found) != size:
        return np.zeros(size)
    found[:] = 0.0
    return found


def draw_keys(plan: Plan, seed: int) -> list[list[Keys]]:
    """Return the keys of each step's drawings under a seed."""
    return [[stream_keys(seed, drawing.addresses) for drawing in step.drawings] for step in plan.steps]
