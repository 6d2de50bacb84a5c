"""People in uniform, forecast from a past year with the budgets known: NATO's allies, nation by nation.

The law is that of :mod:`forcesim.processes.generation`, its parameters the distributions of ``ukraine-2025``. Budgets
are those that came, since the question is what money does to people; a run that forecasts budgets too errs more.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forcesim import tables
from forcesim.arguments import each, integer, seed_of
from forcesim.errors import Fault, ResultError
from forcesim.extras import needed
from forcesim.processes.generation import Common, grow, pace
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys

if TYPE_CHECKING:
    import pandas as pd

    from forcesim.arrays import Floats

__all__ = ["people_forecast"]

APART = ("USA", "POL", "TUR")
"""No response of the group: America has no budget jump, Poland built a territorial force, Türkiye was recounted."""

BREAKS = {("FIN", 2023), ("EST", 2025), ("EST", 2026)}
"""Steps of the count and not of the forces; a forecast across one is left out."""

CONSCRIPTION = ("DNK", "EST", "FIN", "GRC", "HRV", "LTU", "LVA", "NOR", "SWE")
RESPONSE, RESPONSE_ERROR, LAG, LAG_SPREAD, DRIFT_ERROR = 0.05, 0.014, 5.5, 0.4, 0.005
CONSCRIPTS_RESPOND = 1.4


def history() -> tuple[dict[str, dict[int, float]], dict[str, dict[int, float]]]:
    """Return people and real budgets by nation and year, edition of July 2026."""
    people: dict[str, dict[int, float]] = {}
    money: dict[str, dict[int, float]] = {}
    for row in tables.table("nato_2026"):
        if row["persons"] is not None:
            people.setdefault(str(row["iso3"]), {})[int(float(str(row["year"])))] = float(str(row["persons"]))
    for row in tables.table("nato_budget"):
        money.setdefault(str(row["iso3"]), {})[int(float(str(row["year"])))] = float(str(row["budget"]))
    return people, money


def people_forecast(origin: int, last: int, *, draws: int = 400, seed: int = 2025) -> pd.DataFrame:
    """Forecast people in uniform by nation and year, and score them against persistence.

    Parameters
    ----------
    origin, last : int
        The last known year, and the last to forecast; 2015 to 2026.
    draws, seed : int
        Futures of each nation, and their seed.

    Returns
    -------
    pandas.DataFrame
        One row a nation and year: ``observed``, ``low`` and ``high`` (80 %), ``inside``, ``crps`` of the logarithm, and
        ``persistence``: that of a normal about the last count, as wide as changes were up to the origin.

    Raises
    ------
    ResultError
        If the years are not known, or do not follow each other.

    Examples
    --------
    >>> from forcesim.evidence.people import people_forecast
    >>> found = people_forecast(2023, 2024, draws=50)
    >>> len(found), bool((found["crps"] > 0).all())
    (28, True)
    """
    import pandas as pd

    needed("people_forecast()", "scoringrules")
    origin, last, draws, seed = each(
        lambda: integer("origin", origin),
        lambda: integer("last", last),
        lambda: integer("draws", draws),
        lambda: seed_of(seed),
    )
    people, money = history()
    years = sorted(people["DEU"])
    if not years[0] < origin < last <= years[-1]:
        rule = f"must be two years from {years[0] + 1} to {years[-1]}, the first one earlier"
        raise ResultError(Fault("origin, last", rule, f"{origin}, {last}"))
    from scoringrules import crps_ensemble, crps_normal

    sd, rows = _changes(people, origin), []
    shared = _normals(seed, "", last - origin + 3, draws)
    for nation in sorted(set(people) - set(APART)):
        logs = _futures(nation, people[nation][origin], money[nation], (origin, last), shared, seed)
        for year in range(origin + 1, last + 1):
            if any((nation, broken) in BREAKS for broken in range(origin + 1, year + 1)):
                continue
            sample, came = logs[year - origin - 1], math.log(people[nation][year])
            low, high = np.quantile(sample, [0.1, 0.9])
            about, wide = math.log(people[nation][origin]), sd * math.sqrt(year - origin)
            rows.append(
                {
                    "nation": nation, "year": year, "observed": people[nation][year], "low": math.exp(low),
                    "high": math.exp(high), "inside": bool(low <= came <= high),
                    "crps": float(crps_ensemble(came, sample, backend="numpy")),
                    "persistence": float(crps_normal(came, about, wide, backend="numpy")),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _normals(seed: int, nation: str, count: int, draws: int) -> Floats:
    """Return standard normals as (number, future)."""
    found = np.empty((count, draws))
    keys = [("evidence", nation, f"people {place}", 0) for place in range(count)]
    fill_normal(stream_keys(seed, keys), 0, 0, found)
    return found


def _changes(people: dict[str, dict[int, float]], origin: int) -> float:
    """Return the robust sd of yearly log changes up to a year."""
    found = [
        math.log(series[year] / series[year - 1])
        for nation, series in people.items()
        if nation not in APART
        for year in range(origin - 4, origin + 1)
        if year - 1 in series and (nation, year) not in BREAKS
    ]
    return float(1.4826 * np.median(np.abs(found)))


def _futures(
    nation: str, people: float, money: dict[int, float], span: tuple[int, int], shared: Floats, seed: int
) -> Floats:
    """Return logs of people as (year, future), each made by the laws of the process."""
    origin, last = span
    uniforms = np.empty((last - origin, shared.shape[1]))
    keys = [("evidence", nation, f"people {year}", 0) for year in range(origin + 1, last + 1)]
    fill_uniform(stream_keys(seed, keys), 0, 0, uniforms)
    common = {name: getattr(Common(), name).centre for name in Common.model_fields}
    logs = np.empty_like(uniforms)
    for future in range(shared.shape[1]):
        response = max(0.0, RESPONSE + RESPONSE_ERROR * shared[0, future])
        lag = LAG * math.exp(LAG_SPREAD * shared[1, future])
        drift, regulars = common["drift"] + DRIFT_ERROR * shared[2, future], people
        for place, year in enumerate(range(origin + 1, last + 1)):
            step = pace(
                years=1.0, response=response, lag_years=lag, kit_years=1.0, volatility=common["volatility"],
                shared_volatility=common["shared_volatility"], kits_per_year=0.0, z_people=shared[3 + place, future],
            )  # fmt: skip
            regulars = grow(
                regulars=regulars, budget_at_start=money[origin], budget_before=money[year], defence_budget=money[year],
                month=12.0 * (year - origin), keep=step.keep, elasticity=step.elasticity, sway=step.sway,
                shared_shock=step.shared_shock, people=people, overcount=0.0, drift=drift,
                responsiveness=CONSCRIPTS_RESPOND if nation in CONSCRIPTION else 1.0, u_people=uniforms[place, future],
            ).regulars  # fmt: skip
            logs[place, future] = math.log(regulars)
    return logs
