"""Real growth, fitted to the panel of nations since 1995: trend, shared factor, own shocks, each shrunk to the panel.

**Model.** ``growth[n, t] = trend[n] + loading[n] f[t] + e[n, t]``, with ``f`` the median growth over nations less its
mean, and ``f`` and ``e`` AR(1). Each estimate is pulled to the panel by its own sampling error (empirical Bayes for
normal means; Efron and Morris 1975)::

    shrunk = w own + (1 - w) panel,   w = between / (between + error^2)

Its posterior variance is ``w error^2`` and the part of the panel's own error that it takes over. All trends share the
error of the factor's mean, in proportion to their loadings: that is what correlates them.

Ukraine is left out of the panel, and its invasion years (2014, 2015, 2022) out of its own figures.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from forcesim.errors import Fault, ResultError
from forcesim.evidence.fitting import Fit, Fitted, of_posterior

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Panel", "estimate_growth", "fit_growth", "panel_estimates"]

Series = "Mapping[str, Mapping[int, float]]"

WAR_YEARS = {"UKR": frozenset({2014, 2015, 2022})}
PANEL = "ALL"
RECESSION = -0.035
"""A year in which the median of the nations lies this far under its mean is one of world recession: the least depth of
the process (4 points) less what chance may add."""

FEWEST_YEARS = 8
"""Years that a nation must have to be fitted."""


def autocorrelation(series: Sequence[float]) -> float:
    """First-order autocorrelation with the small-sample correction (1 + 3 a) / n."""
    mean = statistics.fmean(series)
    centred = [value - mean for value in series]
    total = sum(value * value for value in centred)
    rough = sum(a * b for a, b in pairwise(centred)) / total
    return rough + (1 + 3 * rough) / len(series)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Estimates pulled to the panel, and their posterior standard deviations."""

    value: dict[str, float]
    sd: dict[str, float]


def shrink(own: Mapping[str, float], error: Mapping[str, float], panel: Sequence[str]) -> Shrunk:
    """Pull each estimate to the panel's mean by its own sampling error."""
    centre = statistics.fmean(own[n] for n in panel)
    noise = statistics.fmean(error[n] ** 2 for n in panel)
    between = max(statistics.variance([own[n] for n in panel]) - noise, 0.1 * noise)
    weight = {n: between / (between + error[n] ** 2) for n in own}
    of_centre = (between + noise) / len(panel)
    return Shrunk(
        {n: weight[n] * own[n] + (1 - weight[n]) * centre for n in own},
        {n: math.sqrt(weight[n] * error[n] ** 2 + (1 - weight[n]) ** 2 * of_centre) for n in own},
    )


@dataclass(frozen=True, slots=True)
class Panel:
    """All that the panel says: the shared factor, and each nation's estimates, raw and shrunk."""

    years: list[int]
    centre: float
    factor: dict[int, float]
    series: dict[str, dict[int, float]]
    mean: dict[str, float]
    spread: dict[str, float]
    trend: Shrunk
    loading: Shrunk
    own_log_volatility: Shrunk
    log_volatility: Shrunk
    own_persistence: Shrunk
    persistence: Shrunk


def panel_estimates(growth: Mapping[str, Mapping[int, float]]) -> Panel:
    """Return the panel's estimates.

    Parameters
    ----------
    growth : mapping of nation to mapping of year to growth
        Shares per year; gaps are allowed.
    """
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
    return Panel(
        years=years,
        centre=centre,
        factor=factor,
        series=keep,
        mean=mean,
        spread=spread,
        trend=shrink(mean, errors["mean"], panel),
        loading=shrink(loading, errors["loading"], panel),
        own_log_volatility=shrink(own_log, errors["spread"], panel),
        log_volatility=shrink({n: math.log(s) for n, s in spread.items()}, errors["spread"], panel),
        own_persistence=shrink(persistence, errors["persistence"], panel),
        persistence=shrink(all_persistence, errors["persistence"], panel),
    )


def estimate_growth(growth: Mapping[str, Mapping[int, float]]) -> Iterator[tuple[str | float, ...]]:
    """Yield one row per nation, and one for the panel's factor, as the table ``growth_estimates`` holds them."""
    panel = panel_estimates(growth)
    for n, series in panel.series.items():
        yield (
            n,
            str(min(series)),
            str(max(series)),
            panel.trend.value[n],
            math.exp(panel.log_volatility.value[n]),
            panel.persistence.value[n],
            panel.loading.value[n],
            math.exp(panel.own_log_volatility.value[n]),
            panel.own_persistence.value[n],
            panel.mean[n],
            panel.spread[n],
        )
    shared = list(panel.factor.values())
    sd, lag = statistics.stdev(shared), autocorrelation(shared)
    ends = str(panel.years[0]), str(panel.years[-1])
    yield PANEL, *ends, panel.centre, sd, lag, 1.0, 0.0, 0.0, panel.centre, sd


def fit_growth(growth: Mapping[str, Mapping[int, float]], *, until: int | None = None) -> Fit:
    """Fit the economy process to a panel of annual growth.

    Parameters
    ----------
    growth : mapping of nation to mapping of year to growth
        Shares per year.
    until : int, optional
        The last year that may be looked at.

    Returns
    -------
    Fit
        ``trend``, ``loading``, ``own_volatility``, ``own_persistence`` of each nation; ``shared_volatility``,
        ``shared_persistence``, ``recession_probability``.

    Raises
    ------
    ResultError
        If fewer than three nations have eight years.

    Examples
    --------
    >>> from forcesim import evidence
    >>> fit = evidence.fit("economy", until=2019)
    >>> 0.0 < fit["trend[POL]"].value < 0.05
    True
    """
    known = {n: {y: g for y, g in series.items() if until is None or y <= until} for n, series in growth.items()}
    known = {n: series for n, series in known.items() if len(series) >= FEWEST_YEARS}
    if len(known) < 3:
        raise ResultError(Fault("growth", f"must hold three nations with {FEWEST_YEARS} years", str(len(known))))
    panel = panel_estimates(known)
    shared = list(panel.factor.values())
    count, sd, lag = len(shared), statistics.stdev(shared), autocorrelation(shared)
    bad = sum(value < RECESSION for value in shared)
    common_error = sd * math.sqrt((1 + lag) / (1 - lag) / count)
    fitted, sources = [], []
    for n in panel.series:
        own = panel.trend.sd[n]
        whole = math.hypot(own, panel.loading.value[n] * common_error)
        fitted += _of_nation(n, panel, whole)
        sources += [panel.loading.value[n] * common_error, 0.0, 0.0, 0.0]
    odds = (bad + 0.5) / (count - bad + 0.5)
    fitted += [
        Fitted("shared_volatility", math.log(sd), math.sqrt(0.5 / (count - 1)), "log", "per year",
               "economy.shared_volatility", 0.0, 0.5),
        Fitted("shared_persistence", lag, math.sqrt((1 - lag * lag) / count), "identity", "ratio",
               "economy.shared_persistence", -0.9, 0.9),
        Fitted("recession_probability", math.log(odds), math.sqrt(1 / (bad + 0.5) + 1 / (count - bad + 0.5)), "logit",
               "share", "economy.recession_probability", 0.0, 0.3),
    ]  # fmt: skip
    sources += [0.0, 0.0, 0.0]
    together = np.outer(sources, sources)
    np.fill_diagonal(together, [one.sd**2 for one in fitted])
    return Fit(
        process="economy",
        method="moments, shrunk to the panel (empirical Bayes)",
        data=f"real growth of {len(known)} nations, {panel.years[0]}-{panel.years[-1]}",
        fitted=tuple(fitted),
        correlation=of_posterior([one.sd for one in fitted], together),
        diagnostics={
            "panel's mean growth": panel.centre,
            "recession years": ", ".join(str(year) for year, value in panel.factor.items() if value < RECESSION),
        },
    )


def _of_nation(n: str, panel: Panel, trend_sd: float) -> list[Fitted]:
    """Return the parameters of a nation."""
    place = f"nations.{n}.economy"
    volatility, persistence = panel.own_log_volatility, panel.own_persistence
    return [
        Fitted(f"trend[{n}]", panel.trend.value[n], trend_sd, "identity", "per year", f"{place}.trend", -0.2, 0.2),
        Fitted(f"loading[{n}]", panel.loading.value[n], panel.loading.sd[n], "identity", "ratio", f"{place}.loading",
               0.0, 5.0),
        Fitted(f"own_volatility[{n}]", volatility.value[n], volatility.sd[n], "log", "per year",
               f"{place}.own_volatility", 0.0, 0.5),
        Fitted(f"own_persistence[{n}]", persistence.value[n], persistence.sd[n], "identity", "ratio",
               f"{place}.own_persistence", -0.9, 0.9),
    ]  # fmt: skip
