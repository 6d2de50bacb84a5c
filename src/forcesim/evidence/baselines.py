"""Forecasts that anybody can make from a series of years: what the library's own must beat.

All are normal where a series is additive (growth; the logarithm of a defence share) and are given as quantiles at fixed
shares, so that they are scored like the library's own. Spreads come from the past only. For short panels (defence
shares begin in 2014) the spread of changes is pooled over nations: that makes each baseline better.
"""

from __future__ import annotations

import math
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from forcesim.extras import needed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forcesim.arrays import Floats

__all__ = ["BASELINES", "LONGEST", "MEMBERS", "SHARES", "growth_baselines", "normal_members", "share_baselines"]

Normal = tuple[float, float]

MEMBERS = 199
"""Quantiles that stand for a forecast, at shares (i + 0.5) / 199."""

SHARES = (np.arange(MEMBERS) + 0.5) / MEMBERS

BASELINES = ("persistence", "drift", "AR(1)", "local level")
"""The last value; the last value plus the mean change (for growth: its mean); AR(1); exponential smoothing."""

LONGEST = 10
"""Years ahead at most."""

FEWEST_FOR_LEVEL = 8
"""Years below which a local level cannot be told from a random walk, and persistence stands for it."""


def _scores() -> Floats:
    """Return the normal scores of the shares."""
    from scipy.special import ndtri

    return np.asarray(ndtri(SHARES))


SCORES = _scores()


def normal_members(mean: float, sd: float) -> Floats:
    """Return a normal forecast as its quantiles."""
    return np.asarray(mean + sd * SCORES)


def growth_baselines(series: Mapping[int, float], origin: int, horizon: int) -> dict[str, Normal]:
    """Return mean and spread of each baseline for growth ``horizon`` years after the origin."""
    values = np.array([series[year] for year in sorted(series) if year <= origin])
    n, mean, sd = len(values), float(values.mean()), float(values.std(ddof=1))
    steps = values[horizon:] - values[:-horizon]
    moved = math.sqrt(float((steps**2).mean())) if len(steps) > 2 else sd * math.sqrt(2.0)
    return {
        "persistence": (float(values[-1]), moved),
        "drift": (mean, sd * math.sqrt(1.0 + 1.0 / n)),
        "AR(1)": _ar1(values, horizon),
        "local level": _local_level(values, horizon),
    }


def share_baselines(
    logs: Mapping[str, Mapping[int, float]], nation: str, origin: int, horizon: int
) -> dict[str, Normal]:
    """Return mean and spread of each baseline for the logarithm of a share ``horizon`` years after the origin."""
    known = {n: {y: v for y, v in series.items() if y <= origin} for n, series in logs.items()}
    values = np.array([known[nation][year] for year in sorted(known[nation])])
    steps = [s[y] - s[y - 1] for s in known.values() for y in s if y - 1 in s]
    pairs = [(s[y - 1] - s[y - 2], s[y] - s[y - 1]) for s in known.values() for y in s if y - 1 in s and y - 2 in s]
    drift, sd = float(np.mean(steps)), math.sqrt(float(np.mean(np.square(steps))))
    around = float(np.std(steps, ddof=1))
    before, after = np.array(pairs or [(drift, drift)]).T - drift
    lag = float(np.clip(before @ after / max(float(before @ before), 1e-12), -0.9, 0.9))
    rest = float(np.std(after - lag * before)) if len(pairs) > 2 else around
    last, step = float(values[-1]), float(values[-1] - values[-2]) - drift
    ahead = np.array([lag**k for k in range(1, horizon + 1)])
    # what a shock of a year adds up to by the horizon
    sums = np.array([(1.0 - lag**k) / (1.0 - lag) for k in range(1, horizon + 1)])
    level = _local_level(values, horizon) if len(values) >= FEWEST_FOR_LEVEL else (last, sd * math.sqrt(horizon))
    return {
        "persistence": (last, sd * math.sqrt(horizon)),
        "drift": (last + horizon * drift, around * math.sqrt(horizon)),
        "AR(1)": (last + horizon * drift + step * float(ahead.sum()), rest * math.sqrt(float((sums**2).sum()))),
        "local level": (level[0], max(level[1], 0.25 * sd)),
    }


def _ar1(values: Floats, horizon: int) -> Normal:
    """Return the forecast of a first-order autoregression by least squares."""
    mean = float(values.mean())
    centred = values - mean
    lag = float(np.clip(centred[1:] @ centred[:-1] / max(float(centred[:-1] @ centred[:-1]), 1e-12), -0.95, 0.95))
    rest = float(np.std(centred[1:] - lag * centred[:-1], ddof=1))
    spread = rest * math.sqrt((1.0 - lag ** (2 * horizon)) / (1.0 - lag * lag))
    return mean + lag**horizon * float(centred[-1]), spread


def _local_level(values: Floats, horizon: int) -> Normal:
    """Return the forecast of a local level (exponential smoothing), by maximum likelihood."""
    ahead = _level_ahead(tuple(values.tolist()))
    return ahead[horizon - 1]


@lru_cache(maxsize=512)
def _level_ahead(values: tuple[float, ...]) -> tuple[Normal, ...]:
    """Return the forecasts of a local level for each of ten years: one fit serves all horizons."""
    needed("local level", "statsmodels")
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    scale = float(np.std(values)) or 1.0
    with warnings.catch_warnings():
        # a variance at its bound of zero is a finding, not a fault
        warnings.simplefilter("ignore")
        fit = UnobservedComponents(np.array(values) / scale, level="local level").fit(disp=False, maxiter=50)
        found = fit.get_forecast(LONGEST)
    return tuple(
        (float(mean) * scale, float(error) * scale)
        for mean, error in zip(found.predicted_mean, found.se_mean, strict=True)
    )
