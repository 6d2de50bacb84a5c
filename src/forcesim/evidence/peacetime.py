"""Armies in peace as a check: one steady intake and one discharge rate must hold the strengths of a decade.

With intake ``a`` a month and discharge ``d`` a month, strength moves as ``S' = S exp(-d) + a``. A year's strength then
is normal about what the year before leads to. Strengths alone tell the balance ``a / (1 - exp(-d))`` well and ``d``
badly, so ``d`` has a prior: a mean service of ten years, within a factor of two and a half.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forcesim import tables
from forcesim.arguments import each, paths_of, seed_of, text
from forcesim.engine import simulate
from forcesim.errors import DataError, Fault
from forcesim.evidence.fitting import Fit, Fitted, maximum, of_posterior
from forcesim.paths import nearest
from forcesim.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["Peacetime", "fit_peacetime", "peacetime"]

Floats = npt.NDArray[np.float64]

SERVICE = (math.log(1.0 / 120.0), 0.45)
"""Prior of the log of the discharge rate: ten years of service, four to 24."""

BREAKS: Mapping[str, int] = {"GBR": 2015}
"""First year of a count that means the same until the end: the British one lost 27,000 reservists from 2014 to 2015."""


@dataclass(frozen=True, slots=True, eq=False)
class Peacetime:
    """A fit to a peacetime army, and what the engine makes of it.

    Attributes
    ----------
    fit : Fit
        ``intake`` and ``discharge_rate``, and the sd of a year's change.
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
    if len(found) < 5:
        near = nearest(nation, {str(row["iso3"]) for row in tables.table("nato_personnel")})
        raise DataError(Fault("nation", "must have strengths of five years or more", repr(nation), near))
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
        ``volunteers`` a month, ``discharge_rate`` a month, and ``yearly_sd`` (ratio), normal on the log scale.

    Examples
    --------
    >>> from forcesim.evidence.peacetime import fit_peacetime
    >>> fit = fit_peacetime("DEU")
    >>> 170_000 < fit["volunteers[DEU]"].value / fit["discharge_rate[DEU]"].value < 195_000
    True
    """
    found = strengths(nation)
    years = np.array(list(found))
    logs = np.log(np.array(list(found.values())))

    def log_posterior(x: Floats) -> float:
        discharge, balance, sd = np.exp(x[0]), x[1], np.exp(x[2])
        kept = np.exp(-12.0 * discharge * np.diff(years))
        expected = np.log(np.exp(logs[:-1]) * kept + np.exp(balance) * (1.0 - kept))
        z = (logs[1:] - expected) / sd
        prior = -0.5 * ((x[0] - SERVICE[0]) / SERVICE[1]) ** 2 - 0.5 * ((x[2] - math.log(0.02)) / 1.0) ** 2
        return float(-0.5 * np.sum(z**2) - len(z) * x[2] + prior)

    start = np.array([SERVICE[0], float(logs.mean()), math.log(0.02)])
    mode, covariance, _ = maximum(log_posterior, start)
    turn = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    centre, spread = turn @ mode, turn @ covariance @ turn.T
    sds = np.sqrt(np.diag(spread))
    base = f"nations.{nation}.army."
    fitted = tuple(
        Fitted(f"{name}[{nation}]", float(m), float(s), "log", unit, base + path if path else "", high=high)
        for (name, unit, path, high), m, s in zip(
            (
                ("volunteers", "persons per month", "volunteers", 1e8),
                ("discharge_rate", "per month", "discharge_rate", math.inf),
                ("yearly_sd", "ratio", "", math.inf),
            ),
            centre,
            sds,
            strict=True,
        )
    )
    data = f"{nation}'s strengths {years[0]} to {years[-1]} (NATO)"
    return Fit(
        "personnel",
        "mode and curvature",
        data,
        fitted,
        of_posterior(sds.tolist(), spread),
        {"years": float(len(years))},
    )


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
    army = {
        "strength": {"value": found[years[0]], "source": f"nato_personnel {nation} {years[0]}"},
        "intake_volatility": {"value": fit[f"yearly_sd[{nation}]"].value / _intake(fit, nation, found)},
        "intake_months": {"value": 12.0, "assumption": "a year's shock"},
    }
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


def _intake(fit: Fit, nation: str, found: Mapping[int, float]) -> float:
    """Return a year's intake over strength: shocks to intake stand for all that moves strength."""
    mean = float(np.mean(list(found.values())))
    return 12.0 * fit[f"volunteers[{nation}]"].value / mean
