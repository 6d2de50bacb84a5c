"""The war years as a test: a forecast from what was published by the end of 2024, held against all that came later.

The model starts at the end of 2023 and is fitted to figures of 2024 that were out by the origin. The same paths run on
to mid-2026; nothing of 2025 touches their weights. Each later figure is compared with its forecast: the paths' values,
each with the error that the measurement model gives to a published figure. Persistence says that the topic's last
known figure stays, with the errors of two figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forcesim.arguments import day, each, paths_of, seed_of
from forcesim.errors import Fault, ResultError
from forcesim.evidence.armies import armies, predicted, weigh_armies
from forcesim.evidence.measured import FAMILY_PART, POOLED, disagreement, measured, not_measured
from forcesim.extras import needed
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats
    from forcesim.evidence.armies import Weighed
    from forcesim.evidence.measured import Measured

__all__ = ["WarYears", "war_years"]


ORIGIN = "2024-12-31"
OPENING, END = "2023-12", "2026-06"
COVERED = (0.5, 0.8, 0.95)
DRAWN = 4_000
"""Forecast values of a figure."""

AS_KNOWN: dict[str, object] = {
    "nations.UKR.army.ceiling": {"value": 1e9, "assumption": "none was known"},
    "nations.UKR.army.intake_volatility": {"value": 0.4, "assumption": "twice to thrice the winter's (FG066, FG067)"},
    "nations.UKR.army.schools[0].months": {"value": 1.5, "source": "FG095"},
    "nations.RUS.army.intake_volatility": {"value": 0.15, "assumption": "from 25,000 to 40,500 (FG119, FG118)"},
}  # fmt: skip
"""What the bundled scenario took from 2025, as it stood at the origin."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WarYears(Quotable):
    """How a forecast of the war years did.

    Attributes
    ----------
    figures : pandas.DataFrame
        A row for each later figure: what was published, the forecast's median and 95 % interval, ``z`` and ``pit``
        (where the figure lies in the forecast), ``inside 50 %`` and so on, ``crps`` and ``persistence`` (CRPS of the
        naive forecast; on the log scale), ``weight``.
    unscored : pandas.DataFrame
        Later figures that the model says nothing on, and why.
    weighed : Weighed
        The fit at the origin.
    origin : str
        Nothing that was published after it went into the forecast.
    """

    figures: pd.DataFrame
    unscored: pd.DataFrame
    weighed: Weighed
    origin: str

    @property
    def outside(self) -> pd.DataFrame:
        """Return the figures outside their 95 % interval."""
        return self.figures[~self.figures["inside 95 %"]]

    def summary(self) -> pd.DataFrame:
        """Return coverage and CRPS: of all, of each nation's and of each topic's figures; weighted and not.

        Returns
        -------
        pandas.DataFrame
            ``skill`` is 1 less the ratio of the two CRPS, on the figures that persistence can forecast too.
        """
        import pandas as pd

        frame = self.figures
        slices = {"all": frame, "all, weighted": frame}
        slices |= {name: frame[frame["topic"].str.startswith(name)] for name in ("UKR", "RUS")}
        slices |= {str(topic): group for topic, group in frame.groupby("topic", sort=False)}
        rows = []
        for name, group in slices.items():
            weight = group["weight"].to_numpy() if name == "all, weighted" else np.ones(len(group))
            row: dict[str, object] = {"figures": len(group)}
            for share in COVERED:
                label = f"inside {share:.0%}".replace("%", " %")
                row[label] = float(np.average(group[label].to_numpy(dtype=float), weights=weight))
            row["crps"] = float(np.average(group["crps"].to_numpy(), weights=weight))
            both = group["persistence"].notna().to_numpy()
            ours, naive = (
                float(np.average(group[column].to_numpy()[both], weights=weight[both])) if both.any() else math.nan
                for column in ("crps", "persistence")
            )
            rows.append({"which": name, **row, "persistence": naive, "skill": 1.0 - ours / naive})
        return pd.DataFrame(rows).set_index("which")

    def forest(self) -> Figure:
        """Return the figures beside their forecasts (extra: plot)."""
        from forcesim.view.forest import ForestRow, forest

        frame = self.figures
        rows = [
            ForestRow(
                label=f"{row['pointer']}  {row['first']}"
                + (f" to {row['last']}" if row["first"] != row["last"] else ""),
                group=str(row["topic"]),
                family=str(row["family"]),
                low=row["low"] / row["median"],
                central=row["published"] / row["median"],
                high=row["high"] / row["median"],
                band=tuple(row[name] / row["median"] for name in ("low 95 %", "low 50 %", "high 50 %", "high 95 %")),
            )
            for row in frame.to_dict("records")
        ]
        inside = int(frame["inside 95 %"].sum())
        title = f"What came after {self.origin}: {inside} of {len(frame)} figures inside the 95 % forecast"
        note = "forecast from figures known at the origin; grey: its 50 % and 95 %, errors of publication included"
        return forest(rows, title=title, unit="published over the forecast's median", source=note)

    def _cells(self) -> list[list[str]]:
        cells = [["figure", "topic", "published", "forecast", "95 %", "z", "CRPS", "naive"]]
        for row in self.figures.to_dict("records"):
            span = f"{row['low 95 %']:,.4g} to {row['high 95 %']:,.4g}"
            numbers = [f"{row[name]:,.4g}" for name in ("published", "median")]
            scores = [f"{row['z']:+.1f}", f"{row['crps']:.2f}", f"{row['persistence']:.2f}"]
            cells.append([row["pointer"], row["topic"], *numbers, span, *scores])
        return cells

    def _caption(self) -> str:
        """Return the line above the table."""
        return f"forecast with figures known on {self.origin}"


def war_years(
    origin: str = ORIGIN, *, paths: int = 8_000, seed: int = 2025, values: Mapping[str, object] | None = None
) -> WarYears:
    """Forecast Ukraine's and Russia's strengths and flows from an origin to mid-2026, and score every later figure.

    Parameters
    ----------
    origin : str
        A date in 2024 or 2025: only what had been published by then is fitted to.
    paths : int
        In a round of the fit.
    seed : int
        Of the paths and of the errors of publication.
    values : mapping of path to number, optional
        What differs in the armies from ``ukraine-2025`` as known at the end of 2024.

    Returns
    -------
    WarYears
        The table of figures, and scores.

    Raises
    ------
    ResultError
        If no figure is left on one side of the origin.

    Examples
    --------
    >>> from forcesim.evidence.war_years import war_years
    >>> found = war_years(paths=2_000)
    >>> bool(found.figures["pit"].between(0, 1).all()), len(found.figures) > 30
    (True, True)
    """
    needed("war_years()", "scoringrules")
    origin, paths, seed = each(lambda: day("origin", origin), lambda: paths_of(paths), lambda: seed_of(seed))
    known = measured(OPENING, origin[:7], as_known_on=origin)
    later = measured(origin[:7], END, after=origin)
    if not known or not later:
        found = f"{len(known)} before and {len(later)} after {origin}"
        raise ResultError(Fault("origin", "must have figures on both sides", found))
    base = armies(OPENING, END, values={**AS_KNOWN, **(values or {})})
    weighed = weigh_armies(base, known, paths=paths, seed=seed, rounds=12)
    return WarYears(_scored(weighed, known, later, seed), not_measured("2025-01", END), weighed, origin)


def _scored(weighed: Weighed, known: Sequence[Measured], later: Sequence[Measured], seed: int) -> pd.DataFrame:
    """Return a row for each later figure."""
    import pandas as pd
    from scipy.special import ndtri
    from scoringrules import crps_ensemble, crps_normal

    spread, last, weight = disagreement(known), _last_known(known), _weights(later)
    picked = _picked(weighed.weights, seed)
    errors = np.empty((len(later), DRAWN))
    keys = stream_keys(seed, [("evidence", "", f"war years {one.pointer} {one.first}", 0) for one in later])
    fill_normal(keys, 0, 0, errors)
    rows = []
    for one, error, w in zip(later, errors, weight, strict=True):
        sd = math.hypot(one.sd, spread.get(one.topic, POOLED))
        drawn = np.log(predicted(one, weighed.result))[picked] + sd * error
        y = math.log(one.central)
        pit = float((np.sum(drawn < y) + 0.5) / (DRAWN + 1))
        naive = math.nan
        if one.topic in last:
            naive = float(crps_normal(y, last[one.topic], math.sqrt(2.0) * sd, backend="numpy"))
        rows.append(
            {
                "pointer": one.pointer, "topic": one.topic, "family": one.family, "first": one.first, "last": one.last,
                "low": one.low, "published": one.central, "high": one.high,
                **_quantiles(drawn),
                "z": float(ndtri(pit)), "pit": pit,
                **{f"inside {s:.0%}".replace("%", " %"): abs(pit - 0.5) <= s / 2 for s in COVERED},
                "crps": float(crps_ensemble(y, drawn, backend="numpy")),
                "persistence": naive,
                "weight": w, "note": one.note,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _quantiles(logs: Floats) -> dict[str, float]:
    """Return the forecast's median and bands."""
    shares = {"low 95 %": 0.025, "low 50 %": 0.25, "median": 0.5, "high 50 %": 0.75, "high 95 %": 0.975}
    return {name: float(np.exp(np.quantile(logs, share))) for name, share in shares.items()}


def _picked(weights: Floats, seed: int) -> npt.NDArray[np.int64]:
    """Return paths in proportion to their weights (systematic resampling), in an order by chance."""
    draws = np.empty((2, DRAWN))
    fill_uniform(
        stream_keys(seed, [("evidence", "", f"war years {name}", 0) for name in ("start", "order")]), 0, 0, draws
    )
    places = (np.arange(DRAWN) + draws[0, 0]) / DRAWN
    found = np.minimum(np.searchsorted(np.cumsum(weights), places), len(weights) - 1)
    return np.asarray(found[np.argsort(draws[1])], dtype=np.int64)


def _last_known(known: Sequence[Measured]) -> dict[str, float]:
    """Return the log of each topic's last figure."""
    return {one.topic: math.log(one.central) for one in sorted(known, key=lambda one: (one.last, one.published))}


def _weights(figures: Sequence[Measured]) -> Floats:
    """Return each figure's weight, of mean 1: less where sources disagree, and where a family repeats itself."""
    spread = disagreement(figures)
    groups = [one.group for one in figures]
    repeated = np.array([1.0 + FAMILY_PART * (groups.count(group) - 1) for group in groups])
    found = 1.0 / (np.array([one.sd**2 + spread[one.topic] ** 2 for one in figures]) * repeated)
    return np.asarray(found / found.mean())
