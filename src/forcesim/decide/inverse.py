"""At which value of a number does a chance reach a level? A response on common futures, inverted.

All values meet the same futures, so the curve of chances is as smooth as the futures allow. It is taken at a
grid. Then the two values between which it first reaches the level are brought closer together. This ends when their
distance is a quarter of the error.

The interval holds the values that a score test does not refuse: those whose chance, on a monotone regression of the
curve (pool adjacent violators), lies within 1.96 errors of the level. The error is that of the level, as in Wilson's
interval. So a flat response has a wide interval, or one without an end; no slope is divided by.

Whether the curve falls anywhere is tested for all pairs of values at once, by the max-t of their paired differences.

References
----------
Brownlee, K. A., Hodges, J. L. and Rosenblatt, M. (1953), JASA 48, 262-277 (inversion of a response curve). Robertson,
T., Wright, F. T. and Dykstra, R. L. (1988), Order Restricted Statistical Inference, chapter 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forcesim.decide.influence import critical, error_of, influence
from forcesim.result.estimate import NORMAL_95, Estimate

if TYPE_CHECKING:
    from collections.abc import Callable

    from forcesim.arrays import Floats

__all__ = ["MOST_RUNS", "Response"]

GRID = 9
"""Values at which the curve is taken first, ends included."""
REFINED = 12
"""Values between two of these at most; where every path is the same ``REFINED_CERTAIN``."""
REFINED_CERTAIN = 40
ENDS = 2
MOST_RUNS = GRID + REFINED + ENDS
NARROW, NARROW_CERTAIN = 1e-4, 1e-9
"""Of the range: the width of a bracket at which nothing is left to find; and where every path is the same."""


class Response:
    """A curve of chances over the values of a number.

    Parameters
    ----------
    ask : callable
        From a value to the answers on all paths, 1 and 0, nan where a path has none.
    low, high : float
        Between which values.
    level : float
        The chance that is wanted.
    certain : bool
        Whether every path is the same.
    """

    def __init__(
        self, ask: Callable[[float], Floats], low: float, high: float, level: float, *, certain: bool = False
    ) -> None:
        """Take the curve on a grid."""
        self.ask, self.low, self.high, self.level, self.certain = ask, low, high, level, certain
        self.samples: dict[float, Floats] = {}
        for value in np.linspace(low, high, GRID):
            self._take(float(value))

    @property
    def values(self) -> list[float]:
        """Return the values at which the curve was taken, the least first."""
        return sorted(self.samples)

    @property
    def chances(self) -> Floats:
        """Return the chance at each value; nan where no path counts."""
        return np.array([_mean(self.samples[value]) for value in self.values])

    def chance(self, value: float) -> Estimate:
        """Return the chance at one of the values."""
        counted = self.samples[value][~np.isnan(self.samples[value])]
        if not len(counted):
            return Estimate.unknown("chance")
        return Estimate.of_count(int(counted.sum()), len(counted), certain=self.certain)

    @property
    def best(self) -> float:
        """Return the least value at which the chance is greatest."""
        return self.values[int(np.nanargmax(self.chances))]

    @property
    def reached(self) -> bool:
        """Return whether the chance reaches the level at some value."""
        return bool(np.nanmax(self.chances) >= self.level)

    def fall(self) -> tuple[float, float] | None:
        """Return between which two values the chance falls for certain, if it does anywhere (at 5 %, all pairs)."""
        values = self.values
        psis = [influence(self.samples[value]) for value in values]
        pairs = [(i, j) for j in range(len(values)) for i in range(j)]
        differences = [psis[i] - psis[j] for i, j in pairs]
        falls = np.array([self.chances[i] - self.chances[j] for i, j in pairs])
        if self.certain:
            worst = int(np.nanargmax(falls))
            return (values[pairs[worst][0]], values[pairs[worst][1]]) if falls[worst] > 0.0 else None
        errors = np.array([error_of(difference) for difference in differences])
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = np.nan_to_num(np.where(errors > 0.0, falls / errors, 0.0))
        worst = int(scores.argmax())
        if scores[worst] <= NORMAL_95 or scores[worst] <= critical(differences):
            return None
        return values[pairs[worst][0]], values[pairs[worst][1]]

    def solved(self) -> tuple[Estimate, tuple[float, float] | None]:
        """Return the least value at which the chance reaches the level, and where the curve falls, if it does.

        Only where it is ``reached``.
        """
        for _ in range(REFINED_CERTAIN if self.certain else REFINED):
            bracket = self._bracket()
            if bracket is None or self._narrow(*bracket):
                break
            self._take(self._between(*bracket))
        found = self._estimate(monotone=True)
        if not self.certain:
            for end in (found.low, found.high):
                if self.low < end < self.high:
                    self._take(end)
        fell = self.fall()
        return self._estimate(monotone=fell is None), fell

    def _take(self, value: float) -> None:
        """Take the curve at one more value."""
        if value not in self.samples:
            self.samples[value] = self.ask(value)

    def _bracket(self) -> tuple[float, float] | None:
        """Return the values between which the level is first reached; None where it is at the lower end."""
        first = int(np.argmax(self.chances >= self.level))
        return None if first == 0 else (self.values[first - 1], self.values[first])

    def _narrow(self, below: float, above: float) -> bool:
        """Return whether nothing is left to find between two values."""
        if above - below <= (NARROW_CERTAIN if self.certain else NARROW) * (self.high - self.low):
            return True
        step = _mean(self.samples[above]) - _mean(self.samples[below])
        return not self.certain and step <= 0.25 * self._error(above)

    def _between(self, below: float, above: float) -> float:
        """Return a value between two: where their line meets the level, or half-way where the step is large."""
        lower, upper = _mean(self.samples[below]), _mean(self.samples[above])
        share = 0.5
        if 0.0 < upper - lower < 0.5:  # nan where no path counts: half-way
            share = min(max((self.level - lower) / (upper - lower), 0.1), 0.9)
        return below + share * (above - below)

    def _error(self, value: float) -> float:
        """Return the error of a chance at the level, on the paths that count at a value."""
        counted = int((~np.isnan(self.samples[value])).sum())
        return 0.0 if self.certain else math.sqrt(self.level * (1.0 - self.level) / max(counted, 1))

    def _estimate(self, *, monotone: bool) -> Estimate:
        """Return the solution with its interval, on the curve as it is or as it must be if it rises."""
        chances, n = self.chances, len(next(iter(self.samples.values())))
        counts = ~np.isnan(chances)
        values, chances = np.array(self.values)[counts], chances[counts]
        errors = np.array([self._error(float(value)) for value in values])
        bracket = self._bracket()
        if bracket is None:
            value = self.low
        else:
            below, above = bracket
            value = above if self.certain else self._met(np.array([below, above]))
        if monotone and not self.certain:
            from scipy.optimize import isotonic_regression

            weights = np.array([float((~np.isnan(self.samples[float(one)])).sum()) for one in values])
            chances = np.asarray(isotonic_regression(chances, weights=weights).x)
        low = min(value, _first(values, chances + NORMAL_95 * errors, self.level))
        high = max(value, _first(values, chances - NORMAL_95 * errors, self.level))
        error = (min(high, self.high) - low) / (2.0 * NORMAL_95) if math.isfinite(high) else math.nan
        notes = []
        if bracket is None:
            notes.append("reached at the lower bound")
        if math.isinf(high):
            notes.append("the interval has no end within the bounds")
        return Estimate(value, 0.0 if self.certain else error, low, high, n, "", "; ".join(notes))

    def _met(self, values: Floats) -> float:
        """Return where the line between two values meets the level."""
        lower, upper = (_mean(self.samples[float(value)]) for value in values)
        if math.isnan(lower) or upper <= lower:
            return float(values[1])
        return float(values[0] + (self.level - lower) / (upper - lower) * (values[1] - values[0]))


def _mean(sample: Floats) -> float:
    """Return the mean over the paths that count; nan where none does."""
    counted = sample[~np.isnan(sample)]
    return float(counted.mean()) if len(counted) else math.nan


def _first(values: Floats, heights: Floats, level: float) -> float:
    """Return where a curve first reaches a level, by lines between its points; infinite where it does not.

    Examples
    --------
    >>> _first(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.5, 1.0]), 0.75)
    1.5
    """
    reached = heights >= level
    if not reached.any():
        return math.inf
    place = int(reached.argmax())
    if place == 0:
        return float(values[0])
    lower, upper = heights[place - 1], heights[place]
    return float(values[place - 1] + (level - lower) / (upper - lower) * (values[place] - values[place - 1]))
