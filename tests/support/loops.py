"""The loops of a plan with numbers at random: for tests that compare the ways in which laws run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.engine.loops import _in_python, loop_of
from forcesim.processes.columns import all_columns
from forcesim.processes.laws import WORDS, takes_of
from forcesim.program import Loop, Resting, Sum, Year

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from forcesim.plan import Plan
    from forcesim.processes.process import Process

PEOPLE = ("present", "in_care", "pupils", "free_places", "graduations", "trained", "wounded", "absent", "losses")


def loops_of(plan: Plan) -> Iterator[tuple[type[Process], Loop]]:
    """Yield each loop of a plan with its process."""

    def walk(operations: Iterable[Any]) -> Iterator[Loop]:
        for one in operations:
            if isinstance(one, Year | Resting):
                yield from walk(one.operations)
            elif isinstance(one, Loop):
                yield one
            else:
                assert isinstance(one, Sum) or hasattr(one, "stage")

    for step in plan.steps:
        if step.program is not None:
            for part in (step.program.fixed, step.program.opening, step.program.month):
                yield from ((type(step.process), loop) for loop in walk(part))


@dataclass
class Numbers:
    """Admissible numbers of a process, by name; ``few`` keeps counts of people at 40 or less."""

    kind: type[Process]
    rng: np.random.Generator
    few: bool = False

    def __post_init__(self) -> None:
        """Look the ranges up."""
        self.columns = {
            column.path.split(".")[-1]: column for column in all_columns(self.kind.Common, self.kind.Parameters)
        }
        self.series = {series.name: series for series in self.kind.writes}

    def of(self, name: str, count: int) -> np.ndarray:
        """Return so many admissible numbers."""
        rng, column, series = self.rng, self.columns.get(name), self.series.get(name)
        if name.startswith("z_"):
            return rng.standard_normal(count)
        if name.startswith("u_"):
            return rng.random(count)
        if name in WORDS:
            return rng.integers(0, 2, count).astype(float) if name != "years" else rng.integers(1, 13, count) / 12
        if name == "phase" or (column is not None and column.words) or (series is not None and series.labels):
            words = 2 if name == "phase" else len(column.words if column is not None else series.labels)  # type: ignore[union-attr]
            return rng.integers(0, words, count).astype(float)
        unit = (
            series.unit
            if series is not None
            else column.quantity.unit
            if column is not None and column.quantity
            else ""
        )
        if unit == "persons" or name in PEOPLE or name == "strength":
            return rng.integers(0, 41 if self.few else 100_000, count).astype(float)
        if column is not None and column.quantity is not None:
            low, high = max(column.quantity.low, -10.0), min(column.quantity.high, 10.0)
            return rng.uniform(low, max(low, high), count)
        return rng.uniform(0.0, 1.0, count)


class Bench:
    """A loop with its memory: each argument uniform or by path, at random.

    Parameters
    ----------
    loop : Loop
        What to run.
    numbers : callable
        From a name and a count to numbers.
    rng : Generator
        Decides which arguments differ between paths.
    paths, columns : int
        Of the memory.
    """

    def __init__(
        self,
        loop: Loop,
        numbers: Callable[[str, int], np.ndarray],
        rng: np.random.Generator,
        *,
        paths: int,
        columns: int,
    ) -> None:
        """Lay the arguments out."""
        self.loop, self.paths, self.columns = loop, paths, columns
        self.names = {row: name for one, takes, _ in loop.laws for row, name in zip(takes, takes_of(one), strict=True)}
        self.ins, self.outs = list(loop.takes), [row for row, _ in loop.gives.values()]
        size = len(self.ins) * columns * paths
        self.offset = np.arange(len(self.ins) * columns).reshape(-1, columns) * paths
        self.stride = rng.integers(0, 2, self.offset.shape)
        self.into = size + np.arange(len(self.outs) * columns).reshape(-1, columns) * paths
        self.active = np.arange(columns) < columns - 1
        self.memory = np.concatenate([
            *(numbers(self.names[row], columns * paths) for row in self.ins), np.full(len(self.outs) * columns * paths, -7.5)
        ])  # fmt: skip

    def table(self) -> np.ndarray:
        """Return the loop's table: no row is known to the clock, and no column has run."""
        unknown = np.full((len(self.ins) + len(self.outs), self.columns), -1)
        ins, outs = unknown[: len(self.ins)], unknown[len(self.ins) :]
        return np.concatenate([self.offset, self.stride, ins, self.into, outs, np.full((1, self.columns), -1)])

    def compiled(self) -> np.ndarray:
        """Return the memory after the compiled loop."""
        memory = self.memory.copy()
        loop_of(self.loop)(memory, self.table(), np.zeros(1, dtype=np.int64), self.active, self.paths, 2, 0)
        return memory

    def plain(self) -> np.ndarray:
        """Return the memory after the loop in plain Python."""
        memory, loop = self.memory.copy(), self.loop
        functions = tuple(one.function for one, _, _ in loop.laws)
        shape = tuple((takes, gives) for _, takes, gives in loop.laws)
        start = (functions, shape, tuple(self.ins), tuple(self.outs), loop.rows)
        _in_python(*start, memory, self.table(), np.zeros(1, dtype=np.int64), self.active, self.paths, 2, 0)
        return memory

    def by_hand(self) -> np.ndarray:
        """Return the memory after each law was called by the names of its arguments."""
        memory = self.memory.copy()
        for c in np.flatnonzero(self.active):
            for p in range(self.paths):
                at = {row: float(memory[self.offset[k, c] + self.stride[k, c] * p]) for k, row in enumerate(self.ins)}
                for one, takes, gives in self.loop.laws:
                    found = one(**dict(zip(takes_of(one), (at[row] for row in takes), strict=True)))
                    at.update(zip(gives, found if isinstance(found, tuple) else (found,), strict=True))
                for k, row in enumerate(self.outs):
                    memory[self.into[k, c] + p] = at[row]
        return memory
