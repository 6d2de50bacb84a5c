"""All chance of some paths as one point of normal scores, which can be moved a little and run again.

A path is a function of its uncertain numbers and draws, all of them functions of standard normals x. With fresh
normals y the move is x' = sqrt(1 - b^2) x + b y, and b is its size. It keeps the law of x and is reversible, in any
number of dimensions (Neal 1998; Cotter, Roberts, Stuart and White 2013, Statistical Science 28(3), 424-446).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

import numpy as np

from forcesim.arrays import LARGEST, SMALLEST, Floats, Ints
from forcesim.randomness.address import fill_normal, stream_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from forcesim.plan import Plan
    from forcesim.randomness.address import Keys

__all__ = ["Scores"]

Place = tuple[int, int]
"""A drawing: the plan's step, and which of the step's drawings."""


class Scores:
    """Normal scores of every draw until a month, and of every uncertain number, on some paths.

    Parameters
    ----------
    plan : Plan
        Of the run.
    keys : list of list of array
        Of its drawings.
    numbers : int
        Uncertain numbers.
    seed : int
        Of their streams.
    paths, last : int
        How many paths, until which month.
    """

    replaces = True

    def __init__(self, plan: Plan, keys: list[list[Keys]], numbers: int, *, seed: int, paths: int, last: int) -> None:
        """Make room: 8 bytes for each draw of each path."""
        self.plan, self.keys = plan, keys
        self._streams = stream_keys(seed, [("scores", "", str(k), 0) for k in range(numbers)])
        self.numbers = np.zeros((numbers, paths))
        self._when: dict[Place, dict[int, int]] = {}
        self._of: dict[Place, Floats] = {}
        for s, step in enumerate(plan.steps):
            for d, drawing in enumerate(step.drawings):
                months = drawing.months(last)
                self._when[s, d] = {month: t for t, month in enumerate(months)}
                self._of[s, d] = np.zeros((len(months), len(drawing.rows), paths))

    def moved(self, far: float, first: int, into: Self) -> Self:
        """Write the scores after a move into ``into``; ``first`` is where the fresh normals have their addresses."""
        near, paths = math.sqrt(max(0.0, 1.0 - far * far)), self.numbers.shape[1]
        fresh = np.empty_like(self.numbers)
        fill_normal(self._streams, 0, first, fresh)
        into.numbers[:] = near * self.numbers + far * fresh
        for (s, d), scores in self._of.items():
            fresh = np.empty((scores.shape[1], paths))
            for month, t in self._when[s, d].items():
                fill_normal(self.keys[s][d], month, first, fresh)
                np.multiply(scores[t], near, out=into._of[s, d][t])
                fresh *= far
                into._of[s, d][t] += fresh
        return into

    def pick(self, other: Self, whence: Ints) -> None:
        """Take over paths ``whence`` of another, one for each place here."""
        for mine, others in self._pairs(other):
            np.take(others, whence, axis=-1, out=mine, mode="clip")

    def accept(self, other: Self, passed: npt.NDArray[np.bool_]) -> None:
        """Take over those paths of another, each at its place."""
        for mine, others in self._pairs(other):
            np.copyto(mine, others, where=passed)

    def _pairs(self, other: Self) -> Iterator[tuple[Floats, Floats]]:
        """Yield each array with that of another."""
        yield self.numbers, other.numbers
        yield from ((scores, other._of[place]) for place, scores in self._of.items())

    def uniforms(self) -> Floats:
        """Return the uniforms of the uncertain numbers."""
        from scipy.special import ndtr

        return np.asarray(np.clip(ndtr(self.numbers), SMALLEST, LARGEST))

    def apply(self, step: int, drawing: int, law: str, month: int, drawn: Floats) -> None:
        """Write a month's draws of a drawing into ``drawn`` (row, path)."""
        from scipy.special import ndtr

        scores = self._of[step, drawing][self._when[step, drawing][month]]
        rows = self.plan.steps[step].drawings[drawing].rows
        drawn[rows] = scores if law == "normal" else np.clip(ndtr(scores), SMALLEST, LARGEST)
