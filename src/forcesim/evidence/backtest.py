"""Forecasts from past years, made with what was known then, scored on what came.

From each origin year the process is fitted to the years up to it, put into a scenario with the fit's uncertainty, and
simulated; so is each baseline. Nothing after the origin is looked at. The panels are those of the latest edition:
what statisticians revised since then is not undone (NATO's editions differ by 0.01 to 0.1 points of GDP).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import each, integer, integers, one_of, paths_of, seed_of, shown, texts
from forcesim.engine import simulate
from forcesim.errors import Fault, ResultError
from forcesim.evidence.baselines import (
    BASELINES,
    LONGEST,
    MEMBERS,
    SHARES,
    growth_baselines,
    normal_members,
    share_baselines,
)
from forcesim.evidence.bundled import panel
from forcesim.evidence.growth import FEWEST_YEARS, fit_growth
from forcesim.evidence.named import all_named, panel_of
from forcesim.evidence.shares import GUIDELINE, fit_shares
from forcesim.extras import needed
from forcesim.randomness.address import fill_uniform, stream_keys
from forcesim.scenario import Scenario
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats
    from forcesim.result import Result

__all__ = ["Backtest", "backtest"]

Panel = "Mapping[str, Mapping[int, float]]"

OURS = "forcesim"
COVERED = (0.5, 0.8, 0.95)
HORIZONS = (1, 2, 3, 4, 5)
"""Years ahead unless given; those that nothing is known of yet are left out then."""

INTERVALS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""What the weighted interval score leaves out of each interval (Bracher and others 2021)."""


@dataclass(frozen=True, slots=True, repr=False)
class Backtest(Quotable):
    """Forecasts beside what came.

    Parameters
    ----------
    target : str
        What was forecast: ``"growth"`` or ``"defence_share"``.
    cases : pandas.DataFrame
        One row a forecast: ``origin``, ``horizon``, ``year``, ``nation``, ``observed``.
    members : mapping of str to float64 (case, member)
        Quantiles of each method's forecasts, rising.
    """

    target: str
    cases: pd.DataFrame
    members: Mapping[str, Floats]

    @property
    def observed(self) -> Floats:
        """Return what came, (case,)."""
        return self.cases["observed"].to_numpy(dtype=np.float64)

    def _of_method(self, method: str) -> Floats:
        """Return the forecasts of a method."""
        return self.members[one_of("method", method, self.members)]

    def crps(self, method: str = OURS) -> Floats:
        """Return the continuous ranked probability score of each forecast, in the target's unit: less is better."""
        scoringrules = needed("crps()", "scoringrules")
        return np.asarray(scoringrules.crps_ensemble(self.observed, self._of_method(method), sorted_ensemble=True))

    def interval_score(self, method: str = OURS) -> Floats:
        """Return the weighted interval score of each forecast (Bracher and others 2021)."""
        scoringrules = needed("interval_score()", "scoringrules")
        ends = [_quantile(self._of_method(method), np.array([a / 2, 1 - a / 2])) for a in INTERVALS]
        lower, upper = (np.stack([end[:, side] for end in ends], axis=1) for side in (0, 1))
        middle = _quantile(self.members[method], np.array([0.5]))[:, 0]
        return np.asarray(
            scoringrules.weighted_interval_score(self.observed, middle, lower, upper, np.array(INTERVALS))
        )

    def log_score(self, method: str = OURS) -> Floats:
        """Return minus the logarithm of each forecast's density (of a kernel estimate) where the outcome fell.

        Infinite where the forecast had ruled the outcome out: compare medians.
        """
        scoringrules = needed("log_score()", "scoringrules")
        with np.errstate(divide="ignore"):
            return np.asarray(scoringrules.logs_ensemble(self.observed, self._of_method(method)))

    def pit(self, method: str = OURS) -> Floats:
        """Return which share of each forecast lies below what came: uniform if forecasts are honest."""
        return np.asarray((self._of_method(method) < self.observed[:, None]).mean(axis=1))

    def coverage(self, method: str = OURS, *, horizon: int | None = None) -> dict[float, float]:
        """Return the share of outcomes in the central 50, 80 and 95 % intervals."""
        inside = np.abs(2.0 * self._of(horizon, self.pit(method)) - 1.0)
        return {share: float((inside <= share).mean()) for share in COVERED}

    def _of(self, horizon: int | None, values: Floats) -> Floats:
        if horizon is None:
            return values
        there = self.cases["horizon"].to_numpy()
        if integer("horizon", horizon) not in there:
            known = ", ".join(map(str, sorted(set(there))))
            raise ResultError(Fault("horizon", "must be one of the forecasts'", shown(horizon), f"there are {known}"))
        return np.asarray(values[there == horizon])

    def skill(
        self, baseline: str, *, horizon: int, repetitions: int = 2_000, seed: int = 1
    ) -> tuple[float, float, float]:
        """Return by which part the score is below a baseline's, with a 90 % interval.

        Years are drawn again, in blocks of two, not nations: what moves one year moves all of them.

        Parameters
        ----------
        baseline : str
            One of the other methods.
        horizon : int
            Years ahead.
        repetitions, seed : int
            Of the bootstrap.

        Returns
        -------
        skill, low, high : float
            1 - CRPS / CRPS of the baseline; above 0 is better than the baseline. Two years or fewer tell no interval:
            it is nan then.

        Source
        ------
        Künsch, H. R. (1989), The jackknife and the bootstrap for general stationary observations, Annals of Statistics
        17(3), 1217-1241.
        """
        repetitions, seed = integer("repetitions", repetitions, least=1), seed_of(seed)
        years = self._of(horizon, self.cases["year"].to_numpy())
        ours, theirs = (self._of(horizon, self.crps(method)) for method in (OURS, baseline))
        known = np.unique(years)
        sums = np.array([(ours[years == year].sum(), theirs[years == year].sum()) for year in known])
        uniforms = np.empty((len(known), repetitions))
        keys = stream_keys(seed, [("evidence", self.target, f"skill {horizon} {k}", 0) for k in range(len(known))])
        fill_uniform(keys, 0, 0, uniforms)
        starts = (uniforms[: (len(known) + 1) // 2] * len(known)).astype(int)
        places = np.concatenate([starts, (starts + 1) % len(known)])[: len(known)]
        drawn = sums[places].sum(axis=0)
        found = 1.0 - drawn[:, 0] / drawn[:, 1]
        # blocks of two of one or two years are always the same years: an interval of no width would be a lie
        low, high = np.quantile(found, [0.05, 0.95]) if len(known) > 2 else (math.nan, math.nan)
        total = sums.sum(axis=0)
        return float(1.0 - total[0] / total[1]), float(low), float(high)

    def best_baseline(self, *, horizon: int) -> str:
        """Return the baseline of the least CRPS at a horizon."""
        return min((m for m in self.members if m != OURS), key=lambda m: float(self._of(horizon, self.crps(m)).mean()))

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a horizon and method: cases, mean scores, coverage."""
        import pandas as pd

        rows = []
        for method in self.members:
            crps, wis, logs = self.crps(method), self.interval_score(method), self.log_score(method)
            for horizon in sorted(set(self.cases["horizon"])):
                covered = self.coverage(method, horizon=horizon)
                rows.append(
                    {
                        "horizon": horizon,
                        "method": method,
                        "cases": len(self._of(horizon, crps)),
                        "crps": float(self._of(horizon, crps).mean()),
                        "interval_score": float(self._of(horizon, wis).mean()),
                        "log_score": float(np.median(self._of(horizon, logs))),
                        **{f"covered_{share:.0%}": found for share, found in covered.items()},
                    }
                )
        return pd.DataFrame(rows).sort_values(["horizon", "crps"]).reset_index(drop=True)

    def by_year(self, *, horizon: int, method: str = OURS) -> pd.DataFrame:
        """Return scores and coverage year by year: which years a method did not see coming."""
        frame = self.cases.assign(crps=self.crps(method), inside=np.abs(2.0 * self.pit(method) - 1.0) <= 0.8)
        found = frame[frame["horizon"] == horizon].groupby("year")[["crps", "inside"]].mean()
        return found.rename(columns={"inside": "covered_80%"})

    def figure_origins(self, nations: Sequence[str], origins: Sequence[int], *, line: float | None = None) -> Figure:
        """Return fans from past origins with what then happened, a panel a nation.

        Parameters
        ----------
        nations : sequence of str
            Of the panel.
        origins : sequence of int
            Of the backtest.
        line : float, optional
            A level to mark.
        """
        from forcesim.view.scored import past_fans

        needed("figure_origins()", "matplotlib")
        nations, origins = texts("nations", nations), integers("origins", origins)
        there = {name: sorted(set(self.cases[name])) for name in ("nation", "origin")}
        all_named("nations", nations, there["nation"], "must be a nation that is forecast")
        all_named("origins", origins, there["origin"], "must be an origin of the forecasts")
        if not nations or not origins:
            raise ResultError(Fault("nations" if not nations else "origins", "must name at least one"))
        known = panel("gdp_growth" if self.target == "growth" else "nato_defence_share")
        first = min(origins) - 4
        observed = {}
        for n in nations:
            years = [year for year in sorted(known[n]) if year >= first]
            observed[n] = np.array(years, dtype=np.float64), np.array([known[n][year] for year in years])
        quantiles = _quantile(self.members[OURS], np.array([0.1, 0.5, 0.9]))
        fans: dict[str, list[tuple[Floats, Floats]]] = {}
        for n in nations:
            fans[n] = []
            for origin in origins:
                mine = ((self.cases["nation"] == n) & (self.cases["origin"] == origin)).to_numpy()
                if mine.any():
                    ahead = np.concatenate([[origin], self.cases["year"].to_numpy()[mine]]).astype(np.float64)
                    start = np.full((3, 1), known[n][origin])
                    fans[n].append((ahead, np.hstack([start, quantiles[mine].T])))
        unit = "share per year" if self.target == "growth" else "share of GDP"
        title = {"growth": "Growth", "defence_share": "Defence shares"}[self.target] + ", forecast from past years"
        source = "bands of 80 % from what was known at each origin; " + (
            "World Bank, growth of real GDP" if self.target == "growth" else "NATO, table of 28 August 2025 and later"
        )
        return past_fans(observed=observed, fans=fans, title=title, unit=unit, source=source, line=line)

    def _cells(self) -> list[list[str]]:
        rows = [["horizon", "method", "cases", "CRPS", "interval score", "log score", "50 %", "80 %", "95 %"]]
        for row in self.to_dataframe().to_dict("records"):
            scores = [f"{100 * row[name]:.3f}" for name in ("crps", "interval_score")]
            covered = [f"{row[f'covered_{share:.0%}']:.2f}" for share in COVERED]
            rows.append(
                [str(row["horizon"]), row["method"], str(row["cases"]), *scores, f"{row['log_score']:.2f}", *covered]
            )
        return rows

    def _caption(self) -> str:
        origins = self.cases["origin"]
        return (
            f"{self.target}: origins {origins.min()}-{origins.max()}, scores in points of per cent (log score: median)"
        )


def backtest(
    target: str,
    *,
    origins: Sequence[int] | None = None,
    horizons: Sequence[int] = HORIZONS,
    nations: Sequence[str] | None = None,
    data: Mapping[str, Mapping[int, float]] | None = None,
    paths: int = 4_000,
    seed: int = 2025,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Forecast from past years with what was known then, and set beside it what came.

    Parameters
    ----------
    target : {"growth", "defence_share"}
        Real growth (World Bank, from 1995) or the defence share of allies (NATO, from 2014).
    origins : sequence of int, optional
        Last known years; 2004-2023 for growth and 2016-2024 for shares unless given.
    horizons : sequence of int
        Years ahead.
    nations : sequence of str, optional
        All of the panel unless given. Ukraine and Russia are left out of growth from 2014 on: a war is no forecast.
    data : mapping of nation to mapping of year to value, optional
        Another panel than the bundled one.
    paths, seed : int
        Of each simulation.
    progress : callable, optional
        Gets origins done and origins in all.

    Returns
    -------
    Backtest
        Scores, coverage, skill against baselines.

    Raises
    ------
    ResultError
        If the target is neither of the two, or an origin, a nation or a horizon that is named has no forecast to score.

    Examples
    --------
    >>> from forcesim import evidence
    >>> found = evidence.backtest("defence_share", origins=[2019], horizons=[1], nations=["DEU", "POL"], paths=256)
    >>> found.cases["year"].tolist()
    [2020, 2020]
    """
    if target not in ("growth", "defence_share"):
        raise ResultError(Fault("target", "must be growth or defence_share", shown(target)))
    needed("backtest()", "scoringrules", "statsmodels")
    horizons, origins, nations, paths, seed = each(
        lambda: integers("horizons", horizons),
        lambda: None if origins is None else integers("origins", origins),
        lambda: None if nations is None else texts("nations", nations),
        lambda: paths_of(paths),
        lambda: seed_of(seed),
    )
    if not horizons or not all(1 <= h <= LONGEST for h in horizons):
        raise ResultError(Fault("horizons", f"must be years ahead from 1 to {LONGEST}", str(list(horizons))))
    if data is None:
        known = panel("gdp_growth" if target == "growth" else "nato_defence_share")
    else:
        known = panel_of(data, above=None if target == "growth" else 0.0)
    all_named("nations", nations or (), known, "must be in the panel")
    years = origins if origins is not None else range(2004, 2024) if target == "growth" else range(2016, 2025)
    by_origin = {origin: _asked(known, origin, horizons, nations, target) for origin in years}
    _all_forecast(by_origin, origins=origins, horizons=horizons, nations=nations)
    make = _growth_from if target == "growth" else _shares_from
    rows: list[dict[str, object]] = []
    members: dict[str, list[Floats]] = {method: [] for method in (OURS, *BASELINES)}
    for done, (origin, asked) in enumerate(by_origin.items()):
        if asked:
            found = make(known, origin, asked, paths, seed)
            for n, h in asked:
                rows.append(
                    {"origin": origin, "horizon": h, "year": origin + h, "nation": n, "observed": known[n][origin + h]}
                )
                for method, forecast in found[n, h].items():
                    members[method].append(forecast)
        if progress is not None:
            progress(done + 1, len(by_origin))
    import pandas as pd

    return Backtest(target, pd.DataFrame(rows), {method: np.array(each) for method, each in members.items()})


def _asked(
    known: Mapping[str, Mapping[int, float]],
    origin: int,
    horizons: Sequence[int],
    nations: Sequence[str] | None,
    target: str,
) -> list[tuple[str, int]]:
    """Return nations and years ahead that can be forecast from an origin, and scored."""
    chosen = [n for n in sorted(known) if (nations is None or n in nations) and _is_known(known[n], origin, target)]
    return [
        (n, h)
        for n in chosen
        for h in dict.fromkeys(horizons)
        if origin + h in known[n] and not _at_war(n, origin + h, target)
    ]


def _all_forecast(
    by_origin: Mapping[int, Sequence[tuple[str, int]]],
    *,
    origins: Sequence[int] | None,
    horizons: Sequence[int],
    nations: Sequence[str] | None,
) -> None:
    """Refuse what a caller names and no forecast is of: an origin, a horizon, a nation."""
    if not any(by_origin.values()):
        raise ResultError(Fault("origins", "must have a year after them that is known", str(list(by_origin))))
    there = [origin for origin, asked in by_origin.items() if asked]
    all_named("origins", origins or (), there, "must be years with enough known before and something after")
    pairs = [pair for asked in by_origin.values() for pair in asked]
    all_named(
        "horizons", () if horizons == HORIZONS else horizons, {h for _, h in pairs}, "must reach a year that is known"
    )
    all_named("nations", nations or (), {n for n, _ in pairs}, "must have enough years that are known")


def _is_known(series: Mapping[int, float], origin: int, target: str) -> bool:
    """Return whether a nation's series is long enough at an origin."""
    fewest = FEWEST_YEARS if target == "growth" else 2
    return origin in series and sum(year <= origin for year in series) >= fewest


def _at_war(nation: str, year: int, target: str) -> bool:
    """Return whether a nation's growth is that of a war."""
    return target == "growth" and nation in ("UKR", "RUS") and year >= 2014


def _quantile(members: Floats, shares: Floats) -> Floats:
    """Return quantiles (case, share) of forecasts that are given as quantiles."""
    places = shares * MEMBERS - 0.5
    below = np.clip(np.floor(places).astype(int), 0, MEMBERS - 2)
    part = np.clip(places - below, 0.0, 1.0)
    return np.asarray(members[:, below] * (1.0 - part) + members[:, below + 1] * part)


def _members(sample: Floats) -> Floats:
    """Return a simulated forecast as its quantiles."""
    return np.asarray(np.quantile(sample, SHARES))


Forecasts = "dict[tuple[str, int], dict[str, Floats]]"


def _growth_from(
    known: Mapping[str, Mapping[int, float]], origin: int, asked: Sequence[tuple[str, int]], paths: int, seed: int
) -> dict[tuple[str, int], dict[str, Floats]]:
    """Return the forecasts of growth from an origin."""
    nations = sorted({n for n, _ in asked})
    fit = fit_growth(known, until=origin)
    last = origin + max(h for _, h in asked)
    scenario = fit.apply(_scenario(origin, last, {n: {"economy": {"gdp": 100.0}} for n in nations}))
    result = simulate(scenario, paths=paths, seed=seed, keep=["growth"], outcomes=["growth"], progress=False)
    found = {}
    for n, h in asked:
        normals = growth_baselines(known[n], origin, h)
        # the process draws logarithms
        ours = np.expm1(result.sample(f"growth[{n}]", at=f"{origin + h}-06"))
        found[n, h] = {OURS: _members(ours), **{m: normal_members(*normal) for m, normal in normals.items()}}
    return found


def shares_at(
    known: Mapping[str, Mapping[int, float]], origin: int, last: int, nations: Sequence[str], paths: int, seed: int
) -> Result:
    """Simulate defence shares from an origin on, with what was known then: paths of all nations together."""
    growth = fit_growth(panel("gdp_growth"), until=origin)
    fit = fit_shares(known, until=origin)
    sections = {
        n: {
            "economy": {"gdp": 100.0},
            "spending": {"share": known[n][origin], "target_share": max(GUIDELINE, known[n][origin])},
        }
        for n in nations
    }
    scenario = _scenario(origin, last, sections).with_values({"spending.compliance": 1.0})
    return simulate(
        fit.apply(growth.apply(scenario)),
        paths=paths,
        seed=seed,
        keep=["defence_share"],
        outcomes=["defence_share"],
        progress=False,
    )


def _shares_from(
    known: Mapping[str, Mapping[int, float]], origin: int, asked: Sequence[tuple[str, int]], paths: int, seed: int
) -> dict[tuple[str, int], dict[str, Floats]]:
    """Return the forecasts of defence shares from an origin."""
    nations = sorted({n for n, _ in asked})
    result = shares_at(known, origin, origin + max(h for _, h in asked), nations, paths, seed)
    logs = {n: {y: math.log(v) for y, v in series.items()} for n, series in known.items()}
    found = {}
    for n, h in asked:
        ours = result.sample(f"defence_share[{n}]", at=f"{origin + h}-12")
        normals = share_baselines(logs, n, origin, h)
        found[n, h] = {OURS: _members(ours), **{m: np.exp(normal_members(*normal)) for m, normal in normals.items()}}
    return found


def _scenario(origin: int, last: int, sections: Mapping[str, object]) -> Scenario:
    """Return a scenario that begins in January of the origin: the year's value is the opening balance."""
    return Scenario.of(
        {"name": f"from-{origin}", "start": f"{origin}-01", "horizon": f"{last}-12", "nations": dict(sections)}
    )
