"""Armies in peace as a check: one steady intake and one discharge rate must hold the strengths of a decade.

With intake ``a`` a month and discharge ``d`` a month, strength moves as ``S' = S exp(-d) + a (1 - exp(-d)) / d``, as in
the engine. A year's strength then is normal about what the year before leads to. Strengths alone tell the balance
``a / d`` well and ``d`` badly, so ``d`` has a prior: a mean service of ten years, within a factor of two and a half.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim import tables
from forcesim.arguments import each, paths_of, seed_of, text
from forcesim.engine import simulate
from forcesim.errors import DataError, Fault, ResultError
from forcesim.evidence.fitting import Fit, Fitted, maximum, of_posterior
from forcesim.paths import nearest
from forcesim.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forcesim.arrays import Floats

__all__ = ["Peacetime", "fit_peacetime", "fit_strengths", "peacetime"]


SERVICE = (math.log(1.0 / 120.0), 0.45)
"""Prior of the log of the discharge rate: ten years of service, four to 24."""

FEWEST = 5
"""Yearly strengths without which nothing is fitted."""

BREAKS: Mapping[str, int] = {"GBR": 2015}
"""First year of a count that means the same until the end: the British one lost 27,000 reservists from 2014 to 2015."""


@dataclass(frozen=True, slots=True, eq=False)
class Peacetime:
    """A fit to a peacetime army, and what the engine makes of it.

    Attributes
    ----------
    fit : Fit
        ``volunteers`` and ``discharge_rate``, and the shocks to intake that spread the years.
    years : pandas.DataFrame
        ``counted``, and of the simulation ``median``, ``low`` and ``high`` (95 %: parameters and yearly shocks).
    """

    fit: Fit
    years: pd.DataFrame

    @property
    def worst(self) -> float:
        """Return the largest gap between median and count, over the count."""
        return float(((self.years["median"] - self.years["counted"]).abs() / self.years["counted"]).max())

    @property
    def inside(self) -> float:
        """Return the share of years, after the first, inside the 95 % interval."""
        found = self.years.iloc[1:]
        return float(found["counted"].between(found["low"], found["high"]).mean())


def strengths(nation: str) -> dict[int, float]:
    """Return the yearly strengths of a nation that the package holds (NATO's count, one definition)."""
    nation = text("nation", nation, error=DataError)
    first = BREAKS.get(nation, 0)
    found = {
        int(str(row["year"])): float(str(row["persons"]))
        for row in tables.table("nato_personnel")
        if row["iso3"] == nation and int(str(row["year"])) >= first
    }
    if len(found) < FEWEST:
        near = nearest(nation, {str(row["iso3"]) for row in tables.table("nato_personnel")})
        raise DataError(Fault("nation", f"must have strengths of {FEWEST} years or more", repr(nation), near))
    return dict(sorted(found.items()))


def fit_peacetime(nation: str) -> Fit:
    """Return a peacetime army's intake and discharge rate, fitted to its yearly strengths.

    Parameters
    ----------
    nation : str
        An ally with strengths of five years or more in ``nato_personnel``.

    Returns
    -------
    Fit
        As of :func:`fit_strengths`.

    Examples
    --------
    >>> from forcesim.evidence.peacetime import fit_peacetime
    >>> fit = fit_peacetime("DEU")
    >>> 170_000 < fit["volunteers[DEU]"].value / fit["discharge_rate[DEU]"].value < 195_000
    True
    """
    return _fit_one(nation, strengths(nation), " (NATO)")


def fit_strengths(data: Mapping[str, Mapping[int, float]]) -> Fit:
    """Return intake and discharge rate of armies in peace, and the spread of their years, fitted to yearly strengths.

    Parameters
    ----------
    data : mapping of nation to mapping of year to strength
        Persons; of each nation five years or more.

    Returns
    -------
    Fit
        For each nation ``volunteers`` a month, ``discharge_rate`` a month, ``yearly_sd`` (ratio), and
        ``intake_volatility`` (ratio): the shocks to intake that stand for all that moves strength. All are normal on
        the log scale. ``intake_months`` is a year.

    Raises
    ------
    ResultError
        If there is no nation, or one has too few strengths, or one that is not above 0.
    """
    from scipy.linalg import block_diag

    if not data:
        raise ResultError(Fault("data", "must hold the strengths of a nation"))
    for nation, given in data.items():
        if len(given) < FEWEST:
            rule = f"must have strengths of {FEWEST} years or more"
            raise ResultError(Fault(f"data[{nation}]", rule, str(len(given))))
        for year, strength in given.items():
            if not 0.0 < strength < math.inf:
                raise ResultError(Fault(f"data[{nation}][{year}]", "must be persons, above 0", str(strength)))
    fits = [_fit_one(nation, dict(sorted(given.items())), "") for nation, given in data.items()]
    return Fit(
        "personnel",
        fits[0].method,
        "; ".join(fit.data for fit in fits),
        tuple(one for fit in fits for one in fit.fitted),
        np.asarray(block_diag(*(fit.correlation for fit in fits))),
        {"years": float(sum(len(given) for given in data.values()))},
    )


def _fit_one(nation: str, found: Mapping[int, float], by: str) -> Fit:
    """Return the fit of one nation."""
    years = np.array(list(found))
    logs = np.log(np.array(list(found.values()), dtype=np.float64))

    def log_posterior(x: Floats) -> float:
        discharge, balance, sd = np.exp(x[0]), x[1], np.exp(x[2])
        kept = np.exp(-12.0 * discharge * np.diff(years))
        expected = np.log(np.exp(logs[:-1]) * kept + np.exp(balance) * (1.0 - kept))
        z = (logs[1:] - expected) / sd
        prior = -0.5 * ((x[0] - SERVICE[0]) / SERVICE[1]) ** 2 - 0.5 * ((x[2] - math.log(0.02)) / 1.0) ** 2
        return float(-0.5 * np.sum(z**2) - len(z) * x[2] + prior)

    start = np.array([SERVICE[0], float(logs.mean()), math.log(0.02)])
    mode, covariance, _ = maximum(log_posterior, start)
    # volunteers: discharge times balance; intake_volatility: the yearly sd over a year's intake per head
    turn = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [-1.0, -1.0, 1.0]])
    centre, spread = turn @ mode, turn @ covariance @ turn.T
    centre[3] += math.log(float(np.exp(logs).mean()) / 12.0)
    sds = np.sqrt(np.diag(spread))
    army = f"nations.{nation}.army."
    kinds = (
        ("volunteers", "persons per month", f"{army}volunteers", 1e8),
        ("discharge_rate", "per month", f"{army}discharge_rate", math.inf),
        ("yearly_sd", "ratio", "", math.inf),
        ("intake_volatility", "ratio", f"{army}intake_volatility", math.inf),
    )
    fitted = [
        Fitted(f"{name}[{nation}]", float(m), float(s), "log", unit, path, high=high)
        for (name, unit, path, high), m, s in zip(kinds, centre, sds, strict=True)
    ]
    fitted.append(Fitted(f"intake_months[{nation}]", math.log(12.0), 0.0, "log", "months", f"{army}intake_months"))
    correlation = np.eye(len(fitted))
    correlation[:-1, :-1] = of_posterior(sds.tolist(), spread)
    data = f"{nation}'s strengths {years[0]} to {years[-1]}{by}"
    return Fit("personnel", "mode and curvature", data, tuple(fitted), correlation, {"years": float(len(years))})


def peacetime(nation: str, *, paths: int = 2_000, seed: int = 2025) -> Peacetime:
    """Return the fit to a peacetime army, run through the engine from its first year on.

    Parameters
    ----------
    nation : str
        As of :func:`fit_peacetime`.
    paths : int
        Simulated futures.
    seed : int
        Of them.

    Examples
    --------
    >>> from forcesim.evidence.peacetime import peacetime
    >>> peacetime("DEU", paths=256).worst < 0.05
    True
    """
    import pandas as pd

    paths, seed = each(lambda: paths_of(paths), lambda: seed_of(seed))
    fit, found = fit_peacetime(nation), strengths(nation)
    years = list(found)
    army = {"strength": {"value": found[years[0]], "source": f"nato_personnel {nation} {years[0]}"}}
    base = Scenario.of(
        {
            "name": "peacetime", "title": "An army in peace", "start": f"{years[0]}-06", "horizon": f"{years[-1]}-06",
            "nations": {nation: {"name": nation, "army": army}},
        }
    )  # fmt: skip
    result = simulate(fit.apply(base), paths=paths, seed=seed, keep="paths", outcomes=["strength"])
    bands = result.quantiles("strength", [0.025, 0.5, 0.975]).sel(nation=nation)
    rows = [
        {
            "year": year, "counted": found[year],
            **{name: float(bands.sel(month=f"{year}-06", quantile=q)) for name, q in
               (("median", 0.5), ("low", 0.025), ("high", 0.975))},
        }
        for year in years
    ]  # fmt: skip
    return Peacetime(fit, pd.DataFrame(rows).set_index("year"))
