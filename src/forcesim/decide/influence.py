"""Means that are taken on the same paths: how far each is off, and how far all of them may be off at once.

A sample holds an answer on each path, and nan where a path has none (``given``). Its mean over the paths that count is
a ratio of two means. What path i does to it, times the number of paths, is its influence::

    psi_i = c_i (y_i - mean) / share      c_i: whether path i counts; share: part of the paths that count

So a difference of two means has the influence of the one less that of the other, whichever paths count in each. Its
variance is that of psi over the number of paths (Hampel 1974, JASA 69, 383-393). Where all paths count it is the
paired difference.

Several means hold at once within ``critical`` standard errors: the 95 % quantile of the greatest |Z| of normals with
the correlation of the influences. It is the max-t interval of the multiplier bootstrap (Chernozhukov, Chetverikov and
Kato 2013, Annals of Statistics 41(6), 2786-2819): with normal multipliers its law is this normal law exactly.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from forcesim.randomness.address import fill_normal, stream_keys
from forcesim.result.estimate import NORMAL_95, Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forcesim.arrays import Floats

__all__ = ["covariance_of", "critical", "error_of", "estimated", "influence", "joint_normals"]

DRAWS = 1 << 15
"""Normals of each mean: the critical value is then good to about one in 200."""


def influence(sample: Floats) -> Floats:
    """Return what each path does to the mean of a sample, (path,); 0 where it does not count.

    Examples
    --------
    >>> influence(np.array([1.0, 3.0, np.nan, np.nan])).tolist()
    [-2.0, 2.0, 0.0, 0.0]
    """
    counts = ~np.isnan(sample)
    if not counts.any():
        return np.zeros(len(sample))
    return np.where(counts, (sample - sample[counts].mean()) / counts.mean(), 0.0)


def error_of(psi: Floats) -> float:
    """Return the standard error of what has these influences; nan from one path."""
    n = len(psi)
    return math.sqrt(float(psi @ psi) / (n - 1) / n) if n > 1 else math.nan


def covariance_of(psis: Sequence[Floats]) -> Floats:
    """Return the covariance of the estimates that have these influences, (estimate, estimate)."""
    found = np.stack(psis)
    n = found.shape[1]
    return np.asarray(found @ found.T / max(n - 1, 1) / n)


def joint_normals(covariance: Floats, draws: int = DRAWS) -> Floats:
    """Return normal draws with a covariance, (estimate, draw): the same ones at each call."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(root @ _normals(len(covariance), draws))


@functools.lru_cache(maxsize=8)
def _normals(rows: int, draws: int) -> Floats:
    """Return independent standard normals, (row, draw)."""
    found = np.empty((rows, draws))
    fill_normal(stream_keys(0, [("decide", "", "multiplier", place) for place in range(rows)]), 0, 0, found)
    return found


def critical(psis: Sequence[Floats], level: float = 0.95) -> float:
    """Return within how many standard errors all of some estimates lie at once, at this level.

    Examples
    --------
    >>> from scipy.special import ndtri
    >>> apart = np.eye(4)[:, :, None] * np.array([1.0, -1.0])
    >>> apart = list(apart.reshape(4, 8))
    >>> round(critical(apart), 1), round(float(ndtri((1 + 0.95**0.25) / 2)), 1)
    (2.5, 2.5)
    """
    varying = [psi for psi in psis if psi.any()]
    if len(varying) < 2:
        return NORMAL_95
    covariance = covariance_of(varying)
    spread = np.sqrt(np.diag(covariance))
    greatest = np.abs(joint_normals(covariance / np.outer(spread, spread))).max(axis=0)
    return max(NORMAL_95, float(np.quantile(greatest, level)))


def estimated(sample: Floats, unit: str, *, certain: bool = False) -> Estimate:
    """Return the mean, or the chance, over the paths of a sample that have an answer."""
    counted = sample[~np.isnan(sample)]
    n = len(counted)
    if n == 0:
        return Estimate.unknown(unit)
    if unit == "chance":
        return Estimate.of_count(int(counted.sum()), n, certain=certain)
    variance = float(np.var(counted, ddof=1)) if n > 1 else math.nan
    return Estimate.of_moments(float(np.mean(counted)), variance, n, unit, certain=certain)
