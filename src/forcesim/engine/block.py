"""A block: consecutive paths that share the cache, run month by month, process by process."""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from forcesim.engine.acting import Acting
from forcesim.engine.apart import own_instance
from forcesim.engine.closing import Closing
from forcesim.engine.programs import Clock, Layout, Running, words_of
from forcesim.errors import Fault, ForcesimError, ProcessError
from forcesim.processes.laws import WORDS
from forcesim.processes.process import Context
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forcesim.arrays import Floats, Ints
    from forcesim.plan import Plan, Step
    from forcesim.randomness.address import Keys
    from forcesim.timeline import Timeline

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
        Rows behind the plan's, for whoever derives something from these.
    spare : list of float64 array, optional
        Memory of blocks that are done. A new block takes one: fresh memory costs a page fault for each 4 kB.

    Attributes
    ----------
    state : float64 (row, path)
        The rows as they stand after the last month run.
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
        """Lay out state, draws and parameters."""
        self.first, self.noise = first, noise
        rows, drawn = plan.rows + more_rows, max(step.drawn_rows for step in plan.steps)
        sizes = [paths * rows, paths * drawn, len(WORDS), *(step.room(paths) for step in plan.steps)]
        begins = np.cumsum([0, *sizes]).tolist()
        self.memory = _memory(begins[-1], spare)
        self.state = self.memory[: paths * rows].reshape(rows, paths)
        for row, value in plan.standing:
            self.state[row] = value
        self.words = self.memory[begins[2] : begins[3]]
        scratch = [0 if step.program is None else step.program.scratch for step in plan.steps]
        self.clock = Clock(rows + sum(scratch))
        room = _Room(self.memory, self.state, self.clock, paths, begins[1], drawn, begins[2])
        self.running = [
            _Running(
                step,
                keys[place],
                sampled,
                room,
                begins[3 + place],
                rows + sum(scratch[:place]),
                _Chance(place, noise, other),
                plan.timeline,
            )
            for place, step in enumerate(plan.steps)
        ]
        self.closing = Closing(plan, paths)

    def month(self, month: int) -> None:
        """Run one month (0 is the opening balance): each process in the plan's order."""
        self.words[:] = words_of(month, noise=self.noise)
        for one in self.running:
            one.month(month, self.first)
        self.closing.check(month, self.first, self.state)


def _memory(size: int, spare: list[Floats] | None) -> Floats:
    """Return so many zeros, in memory of a block that is done if there is one."""
    found = spare.pop() if spare else np.empty(0)
    if len(found) != size:
        return np.zeros(size)
    found[:] = 0.0
    return found


@dataclass(frozen=True, slots=True)
class _Chance:
    """How the draws of a step are made: its place in the plan, and what is done to chance."""

    place: int
    noise: bool
    other: OtherDraws | None


@dataclass(frozen=True, slots=True)
class _Room:
    """The memory of a block, and where what all processes share lies in it."""

    memory: Floats
    state: Floats
    clock: Clock
    paths: int
    drawn: int
    drawn_rows: int
    words: int

    @property
    def draws(self) -> Floats:
        """Return the month's draws, as (row, path)."""
        rows, paths = self.drawn_rows, self.paths
        return np.asarray(self.memory[self.drawn : self.drawn + rows * paths].reshape(rows, paths))


class _Running:
    """One step of the plan on one block: its context, and what changes by month."""

    def __init__(
        self,
        step: Step,
        keys: list[Keys],
        sampled: Mapping[str, Floats],
        room: _Room,
        begin: int,
        scratch_rows: int,
        chance: _Chance,
        timeline: Timeline,
    ) -> None:
        """Make the context of the block."""
        state, drawn, paths = room.state, room.draws, room.paths
        self.step, self.keys, self.drawn, self.chance = step, keys, drawn, chance
        given, offset, stride = step.parameters.layout(paths)
        self.values = room.memory[begin : begin + len(given)]
        self.values[:] = given
        self.sampled = sampled
        self.context = Context(
            process=own_instance(step.process),
            nations=step.nations,
            paths=state.shape[1],
            noise=chance.noise,
            first_calendar_month=timeline.first_calendar_month,
            state=state,
            at=step.at,
            drawn=drawn,
            drawn_at=step.drawn_at,
            values=self.values,
            offset=offset,
            stride=stride,
        )
        self.acting = Acting(timeline, step, room.memory, state, room.clock, noise=chance.noise)
        self.now, self.drawing_seconds = (0, 0), 0.0
        self.clock, self.rows = room.clock, _written_rows(step)
        self.program: Running | None = None
        if step.program is not None:
            scratch = begin + len(given)
            constants = scratch + step.program.scratch * paths
            rows = (room.clock, paths, 0, room.drawn, scratch, scratch_rows)
            layout = Layout(room.memory, *rows, begin, constants, room.words)
            self.program = Running(step.program, layout, offset, stride, _lazily(self), noise=chance.noise)

    def month(self, month: int, first: int) -> None:
        """Bring parameters up to date, draw, let the process write its month, and move what it moves of others."""
        changed = self._parameters(month)
        self.now = month, first
        for place, drawing in enumerate(self.step.drawings):
            if not drawing.lazy and drawing.due(month):
                self._fill(place)
        process = self.context.process
        try:
            if self.program is not None:
                self._laws(self.program, month, changed)
            elif month == 0:
                process.start(self.context)
                self.clock.mark(self.rows)
            else:
                process.step(self.context, month)
                self.clock.mark(self.rows)
        except ForcesimError:
            raise
        except Exception as error:
            verb, last = ("start" if month == 0 else "step"), first + self.context.paths - 1
            raise ProcessError(
                Fault(
                    f"{process.name}.{verb}",
                    "must not raise",
                    f"{type(error).__name__}: {error}; month {month}, paths {first} to {last}",
                    "forcesim.reproduce runs one path step by step",
                )
            ) from error
        self.acting.month(month, first)

    def _laws(self, program: Running, month: int, changed: bool) -> None:
        """Run the laws of a month; what depends on parameters alone only if these have changed."""
        if month == 0:
            program.start()
            return
        if changed:
            program.refresh()
        program.month(new_year=self.context.new_year(month))

    def fill_lazily(self) -> None:
        """Make the month's draws of laws that were resting."""
        for place, drawing in enumerate(self.step.drawings):
            if drawing.lazy and drawing.due(self.now[0]):
                self._fill(place)

    def _fill(self, place: int) -> None:
        """Make the draws of a group for the month that runs."""
        (month, first), chance = self.now, self.chance
        drawing, keys = self.step.drawings[place], self.keys[place]
        begun = time.perf_counter()
        if not chance.noise:
            self.drawn[drawing.rows] = drawing.still[:, None]
        else:
            if chance.other is None or not chance.other.replaces:
                fill = fill_normal if drawing.law == "normal" else fill_uniform
                fill(keys, month, first, self.drawn, rows=drawing.rows)
            if chance.other is not None:
                chance.other.apply(chance.place, place, drawing.law, month, self.drawn)
        self.drawing_seconds += time.perf_counter() - begun

    def _parameters(self, month: int) -> bool:
        """Write what changes this month into the table of parameters; return whether anything does."""
        parameters, paths = self.step.parameters, self.context.paths
        change = parameters.changes.get(month)
        if change is not None:
            self.values[change[0]] = change[1]
        moving = parameters.moving.get(month, ())
        for place in moving:
            begin = len(parameters.constants) + place * paths
            parameters.by_path[place].course.write(self.values[begin : begin + paths], month, self.sampled)
        return change is not None or bool(moving)


def _written_rows(step: Step) -> Ints:
    """Return the rows that a process writes."""
    kind = type(step.process)
    first = step.at[len(kind.reads) :]
    rows = [first[place] + slot for place, series in enumerate(kind.writes) for slot in range(series.slots)]
    return np.unique(np.concatenate(rows)) if rows else np.zeros(0, dtype=np.int64)


def _lazily(running: _Running) -> Callable[[], None]:
    """Return what fills lazy draws, without holding on to who makes them.

    A reference cycle would keep finished blocks in memory until the garbage collector runs.
    """
    known = weakref.ref(running)

    def fill() -> None:
        maker = known()
        if maker is not None:
            maker.fill_lazily()

    return fill


def draw_keys(plan: Plan, seed: int) -> list[list[Keys]]:
    """Return the keys of each step's drawings under a seed."""
    return [[stream_keys(seed, drawing.addresses) for drawing in step.drawings] for step in plan.steps]
