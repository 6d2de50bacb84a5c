"""Defence shares, fitted to what allies did under the 2 % guideline of 2014, with the break of 2022.

**Model.** The process moves the logarithm of a share to its aim by an exact step of a year, linear in the gap::

    ln s' - ln s = (b + c after + u[n]) gap + m[t] + e,    gap = max(0, ln(0.02 / s)),   b = 1 - exp(-speed)

``after`` is 1 from 2023 on, the first budgets that were voted after the invasion; ``u[n]`` is what nations differ
by, ``m[t]`` what a year does to all of them, ``e`` a nation's own shock. Years keep to each other (0.7), so ten of them
are worth two, and a prior from longer history carries their spread. Two crossed random effects: a linear mixed
model by restricted maximum likelihood (Laird and Ware 1982). The tails of ``e`` give the spread of an election year
against others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from forcesim.errors import Fault, ResultError
from forcesim.evidence.fitting import Fit, Fitted, maximum

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forcesim.arrays import Floats

__all__ = ["BREAK", "GUIDELINE", "changes_of", "fit_shares"]


GUIDELINE = 0.02
"""What the allies pledged in Wales in 2014 (SP001): to move toward 2 % of GDP."""

BREAK = 2023
"""The first budgets that were voted after February 2022."""

ELECTIONS = 0.25
"""Chance that a year is one of election, as the process has it: terms of four years."""

WEAK_MEAN, WEAK_SD = math.log(0.05), 1.5
"""Prior of the logarithm of each spread: between 0.003 and 1, so to speak."""

SHARED_MEAN, SHARED_SD = math.log(0.09), 0.4
"""Prior of the logarithm of what a year does to all: few years tell it. With 0.09, intervals of 80 % from the origins
2016 to 2023 hold 80 % of what came to 2024; SIPRI's years 1996-2024 alone give 0.06."""

PERSISTENCE = 0.7
"""Year-to-year autocorrelation of that, as the process has it (``shared_persistence``)."""

FEWEST = 40
"""Changes without which nothing is fitted: two years of the panel."""


def changes_of(shares: Mapping[str, Mapping[int, float]], *, until: int | None = None) -> pd.DataFrame:
    """Return the yearly changes of the logarithm of defence shares: one row a nation and year.

    Examples
    --------
    >>> changes_of({"DEU": {2014: 0.012, 2015: 0.012}})[["change", "after"]].iloc[0].tolist()
    [0.0, 0.0]
    """
    import pandas as pd

    rows = [
        {
            "nation": n,
            "year": year,
            "change": math.log(series[year] / series[year - 1]),
            "gap": max(0.0, math.log(GUIDELINE / series[year - 1])),
            "after": float(year >= BREAK),
        }
        for n, series in sorted(shares.items())
        for year in sorted(series)
        if year - 1 in series and (until is None or year <= until)
    ]
    return pd.DataFrame(rows, columns=["nation", "year", "change", "gap", "after"])


def fit_shares(shares: Mapping[str, Mapping[int, float]], *, until: int | None = None) -> Fit:
    """Fit the spending process to a panel of defence shares.

    Parameters
    ----------
    shares : mapping of nation to mapping of year to share
        Fractions of GDP, such as NATO's since 2014.
    until : int, optional
        The last year that may be looked at.

    Returns
    -------
    Fit
        ``speed`` (before the break) and ``pace`` (its multiple after it; 1 where no year after it is known) of all
        nations, ``speed[n]`` of each, ``volatility``, ``shared_volatility``, ``election_ratio``.

    Raises
    ------
    ResultError
        If there are fewer than 40 changes.

    Source
    ------
    Laird, N. M. and Ware, J. H. (1982), Random-effects models for longitudinal data, Biometrics 38(4), 963-974.

    Examples
    --------
    >>> from forcesim import evidence
    >>> fit = evidence.fit("spending")
    >>> fit["pace"].value > 1.0
    True
    """
    frame = changes_of(shares, until=until)
    if len(frame) < FEWEST:
        raise ResultError(Fault("shares", f"must hold {FEWEST} yearly changes", str(len(frame))))
    broken = bool(frame["after"].any())
    found = _mixed(frame, broken=broken)
    before, after = float(found.slopes[0]), float(found.slopes[-1])
    speed, pace = _speed(before), _speed(after) / _speed(before)
    errors = found.slope_errors / (1.0 - found.slopes) / np.array([_speed(float(slope)) for slope in found.slopes])
    ratio, ratio_error = _tails(found.residuals)
    nations = sorted(found.nations)
    k = math.exp(-speed)
    volatility, volatility_error = found.own / math.sqrt((1.0 - k * k) / (2.0 * speed)), float(found.log_errors[0])
    speed_error = float(errors[0])
    pace_error = math.hypot(float(errors[1]), speed_error) if broken else 0.0
    fitted = [
        Fitted("speed", math.log(speed), speed_error, "log", "per year"),
        Fitted("pace", math.log(pace), pace_error, "log", "ratio", "spending.pace", 0.1, 20.0),
        Fitted("spread_of_step", math.log(found.between), float(found.log_errors[1]), "log", "share per year"),
        Fitted("volatility", math.log(volatility), volatility_error, "log", "per sqrt(year)"),
        Fitted("shared_volatility", math.log(found.shared), float(found.log_errors[2]), "log", "per year",
               "spending.shared_volatility", 0.0, 0.5),
        Fitted("election_ratio", math.log(ratio), ratio_error, "log", "ratio", "spending.election_ratio", 1.0, 10.0),
    ]  # fmt: skip
    for n in nations:
        of_nation = _speed(before + found.nations[n])
        fitted += [
            Fitted(f"speed[{n}]", math.log(of_nation), speed_error, "log", "per year", f"nations.{n}.spending.speed",
                   0.001, 5.0),
            Fitted(f"volatility[{n}]", math.log(volatility), volatility_error, "log", "per sqrt(year)",
                   f"nations.{n}.spending.volatility", 0.0, 1.0),
        ]  # fmt: skip
    return Fit(
        process="spending",
        method="linear mixed model (restricted maximum likelihood)",
        data=f"defence shares of {len(nations)} allies, {int(frame['year'].min()) - 1}-{int(frame['year'].max())}",
        fitted=tuple(fitted),
        correlation=np.eye(len(fitted)),
        diagnostics={
            "changes": float(len(frame)),
            "mean change before the break": float(frame.loc[frame["after"] == 0, "change"].mean()),
            **({"mean change after it": float(frame.loc[frame["after"] == 1, "change"].mean())} if broken else {}),
        },
    )


def _speed(step: float) -> float:
    """Return the speed per year whose step of a year closes such a part of the gap."""
    return -math.log(1.0 - min(max(step, 0.005), 0.95))


@dataclass(frozen=True, slots=True)
class _Mixed:
    """What the mixed model finds: slopes (before, after the break), the spreads, and where each nation stands."""

    slopes: Floats
    slope_errors: Floats
    own: float
    between: float
    shared: float
    log_errors: Floats
    residuals: Floats
    nations: dict[str, float]


def _mixed(frame: pd.DataFrame, *, broken: bool) -> _Mixed:
    """Fit the mixed model by restricted maximum likelihood; slopes are parts of the gap that a year closes.

    A weak prior keeps the three spreads off zero, where two or three years cannot tell them from it.
    """
    gap, after = frame["gap"].to_numpy(), frame["after"].to_numpy()
    change = frame["change"].to_numpy()
    fixed = np.column_stack([gap * (1.0 - after), gap * after] if broken else [gap])
    nations = sorted(set(frame["nation"]))
    of_nation = (frame["nation"].to_numpy()[:, None] == np.array(nations)) * gap[:, None]
    years = np.unique(frame["year"])
    of_year = (frame["year"].to_numpy()[:, None] == years) @ _persistent(years)
    random = np.hstack([of_nation, of_year])
    every = np.column_stack([random, fixed, change])
    # all that the likelihood needs of the data: a year more costs nothing
    cross, width, counts = every.T @ every, random.shape[1], (of_nation.shape[1], of_year.shape[1])

    def solved(x: Floats) -> tuple[float, Floats, Floats, Floats]:
        own, between, shared = np.exp(2.0 * np.clip(x, -12.0, 3.0))
        inner = cross[:width, :width] + np.diag(np.repeat([own / between, own / shared], counts))
        root = cho_factor(inner, lower=True)
        effects = cho_solve(root, cross[:width, width:])
        rest = (cross[width:, width:] - cross[width:, :width] @ effects) / own
        information, target = rest[:-1, :-1], rest[:-1, -1]
        slopes = np.linalg.solve(information, target)
        size = (len(change) - width) * math.log(own) + counts[0] * math.log(between) + counts[1] * math.log(shared)
        size += 2.0 * float(np.log(np.diag(root[0])).sum()) + float(np.linalg.slogdet(information)[1])
        height = -0.5 * (size + float(rest[-1, -1] - target @ slopes))
        return height, slopes, information, effects[:, -1] - effects[:, :-1] @ slopes

    def log_posterior(x: Floats) -> float:
        return solved(x)[0] - 0.5 * float((((x - means) / spreads) ** 2).sum())

    means, spreads = np.array([WEAK_MEAN, WEAK_MEAN, SHARED_MEAN]), np.array([WEAK_SD, WEAK_SD, SHARED_SD])
    mode, covariance, _ = maximum(log_posterior, means)
    _, slopes, information, effects = solved(mode)
    own, between, shared = np.exp(mode)
    return _Mixed(
        slopes=slopes,
        slope_errors=np.sqrt(np.diag(np.linalg.inv(information))),
        own=float(own),
        between=float(between),
        shared=float(shared),
        log_errors=np.sqrt(np.diag(covariance)),
        residuals=change - fixed @ slopes - random @ effects,
        nations=dict(zip(nations, effects[: len(nations)], strict=True)),
    )


def _persistent(years: Floats) -> Floats:
    """Return what turns independent years into years that keep to each other, by the root of their correlation."""
    return np.asarray(np.linalg.cholesky(PERSISTENCE ** np.abs(years[:, None] - years)))


def _tails(residuals: Floats) -> tuple[float, float]:
    """Return the spread of an election year's shock against an ordinary one's, and the error of its logarithm."""
    scaled = residuals / residuals.std()

    def log_likelihood(x: Floats) -> float:
        ratio = math.exp(min(float(x[0]), 4.0))
        calm = 1.0 / math.sqrt(1.0 - ELECTIONS + ELECTIONS * ratio * ratio)
        heights = [
            share * np.exp(-0.5 * (scaled / sd) ** 2) / sd
            for share, sd in ((1.0 - ELECTIONS, calm), (ELECTIONS, calm * ratio))
        ]
        # a weak prior around twice as much: two years of data tell little of tails
        return float(np.log(heights[0] + heights[1]).sum()) - 0.5 * (float(x[0]) - math.log(2.0)) ** 2

    mode, covariance, _ = maximum(log_likelihood, np.array([math.log(2.0)]))
    return max(1.0, math.exp(float(mode[0]))), math.sqrt(float(covariance[0, 0]))
