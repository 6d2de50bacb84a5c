"""A block: consecutive paths that share the cache, run month by month, process by process."""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.engine.apart import own_instance
from forcesim.engine.closing import Closing
from forcesim.engine.programs import Layout, Running, words_of
from forcesim.errors import Fault, ForcesimError, ProcessError
from forcesim.processes.laws import WORDS
from forcesim.processes.process import Context, Floats
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forcesim.engine.coordinates import Bend
    from forcesim.engine.scores import Scores
    from forcesim.plan import Plan, Step

__all__ = ["Block", "Keys", "draw_keys"]

Keys = np.ndarray[Any, np.dtype[np.uint64]]


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
        The first path's index (even) and how many follow.
    noise : bool
        Whether chance plays.
    antithetic : bool
        Whether path 2j + 1 has the draws of path 2j mirrored.
    bend : Bend or Scores, optional
        Gives leading coordinates of the draws other values, or all draws.
    more_rows : int
        Rows behind the plan's, for whoever derives something from these.

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
        antithetic: bool = False,
        bend: Bend | Scores | None = None,
        more_rows: int = 0,
    ) -> None:
        """Lay out state, draws and parameters."""
        self.first, self.noise = first, noise
        rows, drawn = plan.rows + more_rows, max(step.drawn_rows for step in plan.steps)
        sizes = [paths * rows, paths * drawn, len(WORDS), *(step.room(paths) for step in plan.steps)]
        begins = np.cumsum([0, *sizes]).tolist()
        self.memory = np.zeros(begins[-1])
        self.state = self.memory[: paths * rows].reshape(rows, paths)
        for row, value in plan.standing:
            self.state[row] = value
        self.words = self.memory[begins[2] : begins[3]]
        layout = _Room(self.memory, self.state, paths, begins[1], drawn, begins[2])
        self.running = [
            _Running(
                step,
                keys[place],
                sampled,
                layout,
                begins[3 + place],
                _Chance(place, noise, antithetic, bend),
                plan.timeline.first_calendar_month,
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


@dataclass(frozen=True, slots=True)
class _Chance:
    """How the draws of a step are made: its place in the plan, and what is done to chance."""

    place: int
    noise: bool
    antithetic: bool
    bend: Bend | Scores | None


@dataclass(frozen=True, slots=True)
class _Room:
    """The memory of a block, and where what all processes share lies in it."""

    memory: Floats
    state: Floats
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
        chance: _Chance,
        first_calendar_month: int,
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
            first_calendar_month=first_calendar_month,
            state=state,
            at=step.at,
            drawn=drawn,
            drawn_at=step.drawn_at,
            values=self.values,
            offset=offset,
            stride=stride,
        )
        self.now, self.drawing_seconds = (0, 0), 0.0
        self.program: Running | None = None
        if step.program is not None:
            scratch = begin + len(given)
            constants = scratch + step.program.scratch * paths
            layout = Layout(room.memory, paths, 0, room.drawn, scratch, begin, constants, room.words)
            self.program = Running(step.program, layout, offset, stride, _lazily(self), noise=chance.noise)

    def month(self, month: int, first: int) -> None:
        """Bring parameters up to date, draw, and let the process write its month."""
        changed = self._parameters(month)
        self.now = month, first
        for place, drawing in enumerate(self.step.drawings):
            if self._due(drawing.every, month) and not drawing.lazy:
                self._fill(place)
        process = self.context.process
        try:
            if self.program is not None:
                self._laws(self.program, month, changed)
            elif month == 0:
                process.start(self.context)
            else:
                process.step(self.context, month)
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
            if drawing.lazy and self._due(drawing.every, self.now[0]):
                self._fill(place)

    def _fill(self, place: int) -> None:
        """Make the draws of a group for the month that runs."""
        (month, first), chance = self.now, self.chance
        drawing, keys = self.step.drawings[place], self.keys[place]
        begun = time.perf_counter()
        if not chance.noise:
            self.drawn[drawing.rows] = drawing.still[:, None]
        else:
            if chance.bend is None or not chance.bend.replaces:
                fill = fill_normal if drawing.law == "normal" else fill_uniform
                fill(keys, month, first, self.drawn, rows=drawing.rows, antithetic=chance.antithetic)
            if chance.bend is not None:
                chance.bend.apply(chance.place, place, drawing.law, month, self.drawn)
        self.drawing_seconds += time.perf_counter() - begun

    def _due(self, every: str, month: int) -> bool:
        """Return whether a drawing is made in this month."""
        if every == "start":
            return month == 0
        return self.context.new_year(month) if every == "year" else month > 0

    def _parameters(self, month: int) -> bool:
        """Write what changes this month into the table of parameters; return whether anything does."""
        parameters, paths = self.step.parameters, self.context.paths
        change = parameters.changes.get(month)
        if change is not None:
            self.values[change[0]] = change[1]
        changed = change is not None
        for place, one in enumerate(parameters.by_path):
            if month in one.course.changes:
                begin = len(parameters.constants) + place * paths
                one.course.write(self.values[begin : begin + paths], month, self.sampled)
                changed = True
        return changed


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
