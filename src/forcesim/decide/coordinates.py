"""Leading coordinates of chance: the few numbers behind a stream of monthly draws on which an answer depends most.

The draws z_1 .. z_T of one stream until a date are independent standard normals, so their coordinates along any
orthonormal vectors are too. Along the principal components of a random walk,

    v_k(t) = c_k cos((2k - 1) pi (2t - 1) / (2 (2T + 1))),   a_k = sum over t of v_k(t) z_t,

the first few carry most of what the sums of z do (Acworth, Broadie and Glasserman 1998: four fifths of the variance
of a walk's course lie in the first of them). Their mean is known to be 0, so they serve as control variates; and they
can be given other values with everything else left as chance has it,

    z'_t = z_t + v_k(t) (q_k - a_k):

from a scrambled Sobol point, say (z' is as normal as z). A uniform stream has the coordinates of its normal scores.

References
----------
Acworth, P., Broadie, M. and Glasserman, P. (1998), A comparison of some Monte Carlo and quasi Monte Carlo techniques
for option pricing, in: Monte Carlo and Quasi-Monte Carlo Methods 1996, Lecture Notes in Statistics 127, 1-18.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arrays import LARGEST, SMALLEST, Floats
from forcesim.randomness.address import fill_normal, fill_uniform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forcesim.plan import Plan
    from forcesim.randomness.address import Keys

__all__ = ["Coordinate", "MovedCoordinates", "candidates", "leading", "project"]

COMPONENTS = 2
"""Leading components of each stream that are looked at."""


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One component of one stream of draws.

    Attributes
    ----------
    step, drawing, place : int
        The stream: the plan's step, its drawing, the row among the drawing's.
    component : int
        From 0; component k has k changes of sign over the months.
    """

    step: int
    drawing: int
    place: int
    component: int

    def name(self, plan: Plan) -> str:
        """Return process, nation, draw, slot and component, as one word for each."""
        address = plan.steps[self.step].drawings[self.drawing].addresses[self.place]
        return " ".join(str(part) for part in (*address, self.component))


def leading(occasions: int, component: int) -> Floats:
    """Return a principal component of a random walk in the space of its steps, of length 1.

    Examples
    --------
    >>> one, other = leading(12, 0), leading(12, 1)
    >>> bool(abs(one @ one - 1) < 1e-12 and abs(one @ other) < 1e-12)
    True
    """
    t = np.arange(1, occasions + 1)
    found = np.cos((2 * component + 1) * math.pi * (2 * t - 1) / (2 * (2 * occasions + 1)))
    return np.asarray(found / math.sqrt(float(found @ found)))


def candidates(plan: Plan, last: int) -> list[Coordinate]:
    """Return the leading coordinates of every stream that is drawn without being asked for, until month ``last``."""
    found = []
    for s, step in enumerate(plan.steps):
        for d, drawing in enumerate(step.drawings):
            components = 0 if drawing.lazy else min(COMPONENTS, len(drawing.months(last)))
            found += [Coordinate(s, d, p, k) for p in range(len(drawing.rows)) for k in range(components)]
    return found


def _by_drawing(coordinates: Sequence[Coordinate]) -> dict[tuple[int, int], list[int]]:
    """Return which coordinates belong to each drawing."""
    found: dict[tuple[int, int], list[int]] = {}
    for c, one in enumerate(coordinates):
        found.setdefault((one.step, one.drawing), []).append(c)
    return found


def project(
    plan: Plan, keys: list[list[Keys]], coordinates: Sequence[Coordinate], *, first: int, paths: int, last: int
) -> Floats:
    """Return what chance gives coordinates on consecutive paths, (coordinate, path)."""
    from scipy.special import ndtri

    found = np.zeros((len(coordinates), paths))
    for (s, d), members in _by_drawing(coordinates).items():
        drawing = plan.steps[s].drawings[d]
        places = sorted({coordinates[c].place for c in members})
        row = {place: r for r, place in enumerate(places)}
        months, chosen = drawing.months(last), np.ascontiguousarray(keys[s][d][places])
        weights = {c: leading(len(months), coordinates[c].component) for c in members}
        drawn = np.empty((len(places), paths))
        for t, month in enumerate(months):
            if drawing.law == "normal":
                fill_normal(chosen, month, first, drawn)
            else:
                fill_uniform(chosen, month, first, drawn)
                drawn = np.asarray(ndtri(drawn))
            for c in members:
                found[c] += weights[c][t] * drawn[row[coordinates[c].place]]
    return found


class MovedCoordinates:
    """Gives coordinates other values on a block of paths.

    Parameters
    ----------
    plan : Plan
        Of the run.
    coordinates : sequence of Coordinate
        Which.
    moved : float64 (coordinate, path)
        By how much: the wanted value less what :func:`project` found.
    last : int
        The month until which the coordinates run.
    """

    replaces = False

    def __init__(self, plan: Plan, coordinates: Sequence[Coordinate], moved: Floats, last: int) -> None:
        """Look up each coordinate's row and weights."""
        self._moved = moved
        self._of: dict[tuple[int, int], list[tuple[int, int, dict[int, float]]]] = {}
        for (s, d), members in _by_drawing(coordinates).items():
            drawing = plan.steps[s].drawings[d]
            months = drawing.months(last)
            self._of[s, d] = [
                (c, int(drawing.rows[one.place]), dict(zip(months, leading(len(months), one.component), strict=True)))
                for c, one in ((c, coordinates[c]) for c in members)
            ]

    def apply(self, step: int, drawing: int, law: str, month: int, drawn: Floats) -> None:
        """Move this month's draws of a drawing, as they stand in ``drawn`` (row, path)."""
        from scipy.special import ndtr, ndtri

        members = self._of.get((step, drawing), ())
        rows = {row for _, row, _ in members} if law == "uniform" else ()
        for row in rows:
            drawn[row] = ndtri(drawn[row])
        for c, row, weights in members:
            drawn[row] += weights.get(month, 0.0) * self._moved[c]
        for row in rows:
            drawn[row] = np.clip(ndtr(drawn[row]), SMALLEST, LARGEST)
