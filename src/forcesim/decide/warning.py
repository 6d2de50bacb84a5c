"""The level of a number that best separates paths that fail from those that do not, and how well it does.

Let a warning come where x > c (or x < c). Its hit rate h is the share of failing paths that it warns of. Its
false-alarm rate f is the share of the others on which it comes too. Let p be the share of failing paths, and let a miss
cost w false alarms. Never to warn costs p w, always to warn 1 - p. With m = min(p w, 1 - p) the worth of a warning is

    V = 1 - (p w (1 - h) + (1 - p) f) / m

1 for a perfect warning, 0 for one that is as good as none. With w = (1 - p) / p it is Youden's J = h - f.

The ROC area is the chance that of two paths, of which one fails, the failing one has the higher x (ties count half).

References
----------
Youden, W. J. (1950), Index for rating diagnostic tests, Cancer 3(1), 32-35.
Richardson, D. S. (2000), Skill and relative economic value of the ECMWF ensemble prediction system, Quarterly Journal
of the Royal Meteorological Society 126, 649-667.
DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988), Comparing the areas under two or more correlated receiver
operating characteristic curves, Biometrics 44(3), 837-845.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from forcesim.arrays import Floats

__all__ = ["Cut", "Weights", "area_of", "best_cut", "roc"]

Flags = npt.NDArray[np.bool_]

FINE = 0.01
"""A level is rounded to so many standard deviations at most: what is printed is what is scored."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a missed failure and a false alarm take from the worth of 1.

    Examples
    --------
    >>> Weights.of(0.25, None), Weights.of(0.25, 1.0)
    (Weights(miss=1.0, alarm=1.0), Weights(miss=1.0, alarm=3.0))
    """

    miss: float
    alarm: float

    @classmethod
    def of(cls, share: float, miss_cost: float | None) -> Weights:
        """Return the weights for a share of failing paths, and a miss that costs so many false alarms (None: J)."""
        if miss_cost is None:
            return cls(1.0, 1.0)
        never, always = share * miss_cost, 1.0 - share
        least = min(never, always)
        return cls(never / least, always / least)

    def worth(self, hit: Floats, alarm: Floats) -> Floats:
        """Return the worth V of hit rates and false-alarm rates."""
        return np.asarray(1.0 - self.miss * (1.0 - hit) - self.alarm * alarm)

    def error(self, hit: float, alarm: float, fails: int, others: int) -> float:
        """Return the standard error of the worth at a level that was set beforehand."""
        of_hits = self.miss**2 * hit * (1.0 - hit) / fails
        return math.sqrt(of_hits + self.alarm**2 * alarm * (1.0 - alarm) / others)


class Cut(NamedTuple):
    """A level with its side (``"<"`` or ``">"``), its worth, and between which levels the worth is about the same."""

    worth: float
    side: str
    level: float
    low: float
    high: float


def best_cut(values: Floats, fails: Flags, side: str, weights: Weights) -> Cut | None:
    """Return the level of greatest worth; None where all values are equal.

    Parameters
    ----------
    values, fails : (path,)
        The number that is watched, and whether the path fails later.
    side : {"<", ">"}
        On which side of the level a warning comes.
    weights : Weights
        Of misses and false alarms.

    Examples
    --------
    >>> values, fails = np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, False, False])
    >>> best_cut(values, fails, "<", Weights(1.0, 1.0))
    Cut(worth=1.0, side='<', level=2.5, low=2.5, high=2.5)
    """
    order = np.argsort(values, kind="stable")
    ranked, failing = values[order], fails[order]
    cuts = np.flatnonzero(ranked[1:] > ranked[:-1])
    if not len(cuts):
        return None
    hit = np.cumsum(failing)[cuts] / failing.sum()
    alarm = np.cumsum(~failing)[cuts] / (~failing).sum()
    if side == ">":
        hit, alarm = 1.0 - hit, 1.0 - alarm
    worth = weights.worth(hit, alarm)
    levels = (ranked[cuts] + ranked[cuts + 1]) / 2.0
    best = int(np.argmax(worth))
    error = weights.error(float(hit[best]), float(alarm[best]), int(failing.sum()), int((~failing).sum()))
    near = levels[worth >= worth[best] - error]
    level, low, high = (_rounded(float(one), float(np.std(values))) for one in (levels[best], near[0], near[-1]))
    return Cut(float(worth[best]), side, level, low, high)


def _rounded(level: float, spread: float) -> float:
    """Return a level with as many digits as tell a hundredth of the spread."""
    return float(f"{round(level, -math.floor(math.log10(FINE * spread))):.12g}")


def area_of(values: Floats, fails: Flags) -> tuple[float, float]:
    """Return the ROC area and DeLong's standard error; high values are those that warn.

    Examples
    --------
    >>> area_of(np.array([1.0, 3.0, 2.0, 4.0]), np.array([False, True, False, True]))
    (1.0, 0.0)
    """
    high, low = np.sort(values[fails]), np.sort(values[~fails])
    above = (np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")) / (2.0 * len(low))
    below = 1.0 - (np.searchsorted(high, low, "left") + np.searchsorted(high, low, "right")) / (2.0 * len(high))
    variance = float(np.var(above, ddof=1)) / len(high) + float(np.var(below, ddof=1)) / len(low)
    return float(above.mean()), math.sqrt(variance)


def roc(values: Floats, fails: Flags, points: int = 101) -> tuple[tuple[float, float], ...]:
    """Return (false-alarm rate, hit rate) at levels from the highest to the lowest; high values are those that warn.

    Examples
    --------
    >>> roc(np.array([1.0, 3.0, 2.0, 4.0]), np.array([False, True, True, True]))[1:3]
    ((0.0, 0.3333333333333333), (0.0, 0.6666666666666666))
    """
    order = np.argsort(-values, kind="stable")
    ranked, failing = values[order], fails[order]
    last = np.append(np.flatnonzero(ranked[1:] < ranked[:-1]), len(ranked) - 1)
    kept = last[np.unique(np.linspace(0, len(last) - 1, min(points, len(last))).round().astype(np.int64))]
    hit, alarm = np.cumsum(failing)[kept] / failing.sum(), np.cumsum(~failing)[kept] / (~failing).sum()
    return ((0.0, 0.0), *zip(alarm.tolist(), hit.tolist(), strict=True))
