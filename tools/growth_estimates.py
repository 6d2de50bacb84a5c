"""Trend, spread and persistence of real growth per nation, shrunk to the panel.

growth[n, t] = trend[n] + loading[n] * factor[t] + own[n, t], factor = median growth over nations less its mean,
own = AR(1). Each estimate is pulled to the panel by its own sampling error (empirical Bayes, normal means):
shrunk = w * own + (1 - w) * panel, w = between / (between + error**2). Ukraine is left out of the panel and its
invasion years (2014, 2015, 2022) out of its own figures.
"""

from __future__ import annotations

import math
import statistics
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WAR_YEARS = {"UKR": frozenset({2014, 2015, 2022})}
PANEL = "ALL"


def autocorrelation(series: Sequence[float]) -> float:
    """First-order autocorrelation with the small-sample correction (1 + 3 a) / n."""
    mean = statistics.fmean(series)
    centred = [value - mean for value in series]
    total = sum(value * value for value in centred)
    rough = sum(a * b for a, b in pairwise(centred)) / total
    return rough + (1 + 3 * rough) / len(series)


def shrink(own: Mapping[str, float], error: Mapping[str, float], panel: Sequence[str]) -> dict[str, float]:
    """Pull each estimate to the panel's mean by its own sampling error."""
    centre = statistics.fmean(own[n] for n in panel)
    noise = statistics.fmean(error[n] ** 2 for n in panel)
    between = max(statistics.variance([own[n] for n in panel]) - noise, 0.1 * noise)
    weight = {n: between / (between + error[n] ** 2) for n in own}
    return {n: weight[n] * own[n] + (1 - weight[n]) * centre for n in own}


def estimate_growth(growth: Mapping[str, Mapping[int, float]]) -> Iterator[tuple[str | float, ...]]:
    """Yield one row per nation, and one for the panel's factor."""
    panel = [n for n in sorted(growth) if n not in WAR_YEARS]
    years = sorted({year for n in panel for year in growth[n]})
    median = {year: statistics.median(growth[n][year] for n in panel if year in growth[n]) for year in years}
    centre = statistics.fmean(median.values())
    factor = {year: median[year] - centre for year in years}
    keep = {n: {y: g for y, g in growth[n].items() if y not in WAR_YEARS.get(n, ())} for n in sorted(growth)}

    mean, spread, loading, own_log, persistence, all_persistence = {}, {}, {}, {}, {}, {}
    errors: dict[str, dict[str, float]] = {name: {} for name in ("mean", "loading", "spread", "persistence")}
    for n, series in keep.items():
        count = len(series)
        values, shared = list(series.values()), [factor[year] for year in series]
        mean[n], spread[n] = statistics.fmean(values), statistics.stdev(values)
        loading[n] = statistics.covariance(values, shared) / statistics.variance(shared)
        own = [g - mean[n] - loading[n] * f for g, f in zip(values, shared, strict=True)]
        deviation = math.sqrt(sum(value * value for value in own) / (count - 2))
        own_log[n] = math.log(deviation)
        persistence[n] = min(max(autocorrelation(own), -0.9), 0.9)
        all_persistence[n] = min(max(autocorrelation(values), -0.9), 0.9)
        errors["mean"][n] = deviation * math.sqrt((1 + persistence[n]) / (1 - persistence[n]) / count)
        errors["loading"][n] = deviation / math.sqrt(statistics.variance(shared) * (count - 1))
        errors["spread"][n] = math.sqrt(0.5 / (count - 1))
        errors["persistence"][n] = math.sqrt((1 - persistence[n] ** 2) / count)

    trend = shrink(mean, errors["mean"], panel)
    load = shrink(loading, errors["loading"], panel)
    deviation_own = {n: math.exp(v) for n, v in shrink(own_log, errors["spread"], panel).items()}
    volatility = {
        n: math.exp(v) for n, v in shrink({n: math.log(s) for n, s in spread.items()}, errors["spread"], panel).items()
    }
    lasting = shrink(persistence, errors["persistence"], panel)
    lasting_all = shrink(all_persistence, errors["persistence"], panel)
    for n, series in keep.items():
        first, last = str(min(series)), str(max(series))
        yield (
            n, first, last, trend[n], volatility[n], lasting_all[n], load[n], deviation_own[n], lasting[n], mean[n],
            spread[n],
        )  # fmt: skip
    shared = list(factor.values())
    sd, lag = statistics.stdev(shared), autocorrelation(shared)
    yield PANEL, str(years[0]), str(years[-1]), centre, sd, lag, 1.0, 0.0, 0.0, centre, sd
