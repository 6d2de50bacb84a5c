"""The search for settings that nothing beats on cost against a value: points, a surface through them, better points.

It begins with both ends of all levers and a Sobol sequence between them. Then it repeats two steps: a surface through
all points (radial basis functions), and for some values between those of the front the cheapest setting that the
surfaces promise for it (DIRECT, Jones, Perttunen and Stuckman 1993, J. Optimization Theory and Applications 79(1),
157-181). Both are SciPy's. Nothing in it is random, and all points meet the same futures, so it is the same each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    from forcesim.arrays import Floats

__all__ = ["front_of", "searched"]

AT_ONCE = 4
"""Values of the front for which a cheaper setting is sought in one round."""

NEAR = 1e-3
"""Of the range of each lever: points nearer than this are one point."""

PENALTY = 1e3
EVALUATIONS = 1000


def front_of(costs: Floats, values: Floats) -> npt.NDArray[np.bool_]:
    """Return which points nothing beats: no other costs at most as much and is worth at least as much, and differs.

    Parameters
    ----------
    costs, values : float64 (..., point)
        Less cost is better, more value is.

    Returns
    -------
    bool (..., point)

    Examples
    --------
    >>> front_of(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0, 3.0])).tolist()
    [True, True, False, False]
    """
    cheaper = costs[..., None, :] <= costs[..., :, None]
    worthier = values[..., None, :] >= values[..., :, None]
    better = (costs[..., None, :] < costs[..., :, None]) | (values[..., None, :] > values[..., :, None])
    return np.asarray(~(cheaper & worthier & better).any(axis=-1))


def searched(score: Callable[[Floats], Floats], levers: int, tries: int) -> list[Floats]:
    """Return the points that were tried, each (lever,) in the unit cube.

    Parameters
    ----------
    score : callable
        From a point to its cost, its value, and how far it is within each constraint (below 0: outside).
    levers : int
        How many there are.
    tries : int
        Points at most.
    """
    from scipy.stats.qmc import Sobol

    sequence = Sobol(levers, scramble=False).random_base2(max(tries, 2).bit_length())
    spare = iter(sequence[1:])  # the first is the lower end
    points = [np.zeros(levers), np.ones(levers)]
    while len(points) < min(max(2 * (levers + 1), tries // 2), tries):
        points.append(next(spare))
    scores = [score(point) for point in points]
    while len(points) < tries:
        for point in _promising(np.array(points), np.array(scores), min(AT_ONCE, tries - len(points))):
            fresh = point if _apart(point, points) else next((one for one in spare if _apart(one, points)), None)
            if fresh is None:
                return points
            points.append(fresh)
            scores.append(score(fresh))
    return points


def _apart(point: Floats, points: list[Floats]) -> bool:
    """Return whether a point is none of those that were tried."""
    return bool((np.abs(np.array(points) - point).max(axis=1) > NEAR).all())


def _promising(points: Floats, scores: Floats, count: int) -> list[Floats]:
    """Return the cheapest settings that surfaces through all points promise for some values of the front."""
    from scipy.interpolate import RBFInterpolator
    from scipy.optimize import direct

    spread = np.ptp(scores, axis=0)
    spread[spread == 0.0] = 1.0
    surface = RBFInterpolator(points, scores / spread, kernel="thin_plate_spline", degree=1)
    found = []
    for wanted in _wanted(scores, count) / spread[1]:

        def cost(point: Floats, wanted: float = wanted) -> float:
            told = surface(point[None])[0]
            outside = max(0.0, wanted - told[1]) + np.maximum(0.0, -told[2:]).sum()
            return float(told[0] + PENALTY * outside)

        found.append(np.asarray(direct(cost, [(0.0, 1.0)] * points.shape[1], maxfun=EVALUATIONS).x))
    return found


def _wanted(scores: Floats, count: int) -> Floats:
    """Return values in the middle of the widest gaps of the front."""
    within = scores[(scores[:, 2:] >= 0.0).all(axis=1)] if (scores[:, 2:] >= 0.0).all(axis=1).any() else scores
    front = within[front_of(within[:, 0], within[:, 1])]
    values = np.unique(front[:, 1])
    if len(values) < 2:
        return np.linspace(scores[:, 1].min(), scores[:, 1].max(), count + 2)[1:-1]
    gaps = [(values[k + 1] - values[k], values[k], values[k + 1]) for k in range(len(values) - 1)]
    middles = list[float]()
    while len(middles) < count:
        gaps.sort(reverse=True)
        width, low, high = gaps.pop(0)
        middles.append(0.5 * (low + high))
        gaps += [(0.5 * width, low, 0.5 * (low + high)), (0.5 * width, 0.5 * (low + high), high)]
    return np.array(middles)
