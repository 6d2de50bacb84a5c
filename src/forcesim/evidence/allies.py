"""How many allies reach the 2 % guideline, forecast from past years: what a table of shares cannot tell.

The count depends on how allies move together, which is why it is simulated and not added up from single forecasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forcesim import tables
from forcesim.arguments import each, integer, integers, paths_of, seed_of
from forcesim.errors import Fault, ResultError
from forcesim.evidence.backtest import shares_at
from forcesim.evidence.bundled import panel
from forcesim.evidence.named import all_named
from forcesim.evidence.shares import GUIDELINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["allies_at_guideline", "counted"]

PRINTED = 0.00005
"""Tables print shares to 0.01 points: what is printed as 2.00 % counts."""


def members_of(year: int) -> set[str]:
    """Return the allies of a year that have armed forces."""
    found = set()
    for row in tables.table("nations"):
        since = row["nato_since"]
        if since is not None and float(since) <= year and row["iso3"] != "ISL":
            found.add(str(row["iso3"]))
    return found


def counted(year: int) -> int:
    """Return how many allies stood at or above 2 % in a year, by NATO's table of August 2025 and later figures.

    Examples
    --------
    >>> counted(2014), counted(2024)
    (3, 18)
    """
    shares = panel("nato_defence_share")
    return sum(shares[n][year] >= GUIDELINE - PRINTED for n in members_of(year) if year in shares.get(n, {}))


def allies_at_guideline(
    origins: Sequence[int] = (2021, 2022, 2023, 2024), *, last: int = 2025, paths: int = 4_000, seed: int = 2025
) -> pd.DataFrame:
    """Forecast from past years how many allies reach 2 % of GDP, with what was known then.

    Parameters
    ----------
    origins : sequence of int
        Last known years.
    last : int
        The last year to forecast.
    paths, seed : int
        Of each simulation.

    Returns
    -------
    pandas.DataFrame
        One row an origin and year: the 5, 50 and 95 % quantiles of the number, what came, and whether it is inside.

    Examples
    --------
    >>> from forcesim import evidence
    >>> found = evidence.allies_at_guideline([2018], last=2019, paths=512)
    >>> found["observed"].tolist()
    [6]
    """
    import pandas as pd

    origins, last, paths, seed = each(
        lambda: integers("origins", origins),
        lambda: integer("last", last),
        lambda: paths_of(paths),
        lambda: seed_of(seed),
    )
    known = panel("nato_defence_share")
    years = sorted({year for series in known.values() for year in series if year - 1 in series})
    all_named("origins", origins, years, "must be a year that is known, with the one before it")
    late = [origin for origin in origins if origin >= last]
    if late or last > years[-1] or not origins:
        rule = f"must lie after every origin, and up to {years[-1]}, which is counted last"
        raise ResultError(Fault("last", rule, str(last)) if origins else Fault("origins", "must name at least one"))
    rows = []
    for origin in origins:
        chosen = sorted(n for n, series in known.items() if origin in series and origin - 1 in series)
        result = shares_at(known, origin, last, chosen, paths, seed)
        for year in range(origin + 1, last + 1):
            inside = [n for n in chosen if n in members_of(year)]
            samples = [result.sample(f"defence_share[{n}]", at=f"{year}-12") for n in inside]
            number = np.sum([sample >= GUIDELINE - PRINTED for sample in samples], axis=0)
            low, middle, high = (int(found) for found in np.quantile(number, [0.05, 0.5, 0.95], method="inverted_cdf"))
            came = counted(year)
            rows.append(
                {
                    "origin": origin,
                    "year": year,
                    "low": low,
                    "median": middle,
                    "high": high,
                    "observed": came,
                    "inside": low <= came <= high,
                }
            )
    return pd.DataFrame(rows)
