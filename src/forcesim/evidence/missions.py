"""Leave one mission out: who would have joined it, and with how many, as the other missions have it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forcesim.arguments import seed_of
from forcesim.errors import Fault, ResultError
from forcesim.evidence.coalitions import BETWEEN, MissionRecord, features, forces, joining, missions, sizes
from forcesim.extras import needed
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from forcesim.arrays import Floats


__all__ = ["LeftOut", "area_under_curve", "leave_one_out"]


DRAWN = 4_000
PRIOR_WEIGHT = 1.0
"""Weight of the base rate against a nation's own record, in missions."""

MODELS = ("regression", "record", "base rate")
COVERED = (0.5, 0.8, 0.95)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LeftOut(Quotable):
    """How the others predict each mission.

    Attributes
    ----------
    joins : pandas.DataFrame
        A row for each mission and model: ``brier``, ``log score``, ``auc`` (0.5 for the base rate), ``nations``.
    nations : pandas.DataFrame
        A row for each nation of each mission: each model's chance that it joins, ``joined``; of those with troops on
        the lists ``troops``, the median forecast and ``pit``.
    totals : pandas.DataFrame
        A row for each mission: ``total``, median and 95 % interval of the forecast, ``pit``, ``crps`` (log scale), and
        ``naive``: that of a normal about the mean log of the others' totals, with the same sd between missions.
    """

    joins: pd.DataFrame
    nations: pd.DataFrame
    totals: pd.DataFrame

    def coverage(self) -> pd.Series:
        """Return how many of the nations' contingents lie inside the 50, 80 and 95 % intervals, as shares."""
        import pandas as pd

        pit = self.nations["pit"].dropna()
        return pd.Series({share: float(((pit - 0.5).abs() <= share / 2).mean()) for share in COVERED})

    def _cells(self) -> list[list[str]]:
        cells = [["left out", "model", "Brier", "log score", "AUC"]]
        for row in self.joins.to_dict("records"):
            scores = [f"{row[name]:.3f}" for name in ("brier", "log score", "auc")]
            cells.append([row["mission"], row["model"], *scores])
        return cells

    def _caption(self) -> str:
        """Return the line above the table."""
        return "leave one mission out: who joins"


def area_under_curve(chance: Sequence[float], happened: Sequence[bool]) -> float:
    """Return the chance that one that happened was given more than one that did not; ties count half.

    Examples
    --------
    >>> from forcesim.evidence.missions import area_under_curve
    >>> area_under_curve([0.9, 0.8, 0.3], [True, False, False])
    1.0
    """
    from scipy.stats import mannwhitneyu

    p, y = np.asarray(chance, dtype=np.float64), np.asarray(happened, dtype=bool)
    if y.all() or not y.any():
        return math.nan
    return float(mannwhitneyu(p[y], p[~y]).statistic / (y.sum() * (~y).sum()))


def leave_one_out(given: Sequence[MissionRecord] | None = None, *, seed: int = 2025) -> LeftOut:
    """Predict each mission from the others, and score it.

    Parameters
    ----------
    given : sequence of MissionRecord, optional
        The bundled ones unless given; at least two.
    seed : int
        Of the draws.

    Returns
    -------
    LeftOut
        Three models of who joins: the *regression* on membership of NATO and size; the nation's own *record* in the
        other missions, with the base rate counting as one mission; the *base rate* alone.

    Examples
    --------
    >>> from forcesim.evidence.missions import leave_one_out
    >>> found = leave_one_out()
    >>> sorted(found.joins["mission"].unique())
    ['IFOR', 'KFOR', 'SFOR']
    """
    import pandas as pd

    needed("leave_one_out()", "scoringrules")
    seed = seed_of(seed)
    known = list(missions().values()) if given is None else list(given)
    if len(known) < 2 or not all(isinstance(one, MissionRecord) for one in known):
        rule = "must be two missions or more, since each is predicted from the others"
        raise ResultError(Fault("given", rule, f"{len(known)}", "evidence.coalitions.missions() has them"))
    joins, nations, totals = list[dict[str, object]](), list[dict[str, object]](), list[dict[str, object]]()
    for left in known:
        others = [one for one in known if one is not left]
        chances = _chances(left, others)
        joined = np.array(list(left.joined.values()))
        joins += [{"mission": left.name, "model": name, **_scores(chances[name], joined)} for name in MODELS]
        each, total = _troops(left, others, chances["record"], seed)
        nations += [
            {
                "mission": left.name,
                "nation": nation,
                **{name: float(chances[name][place]) for name in MODELS},
                "joined": bool(joined[place]),
                **each[nation],
            }
            for place, nation in enumerate(left.joined)
        ]
        totals.append({"mission": left.name, **total})
    return LeftOut(pd.DataFrame(joins), pd.DataFrame(nations), pd.DataFrame(totals).set_index("mission"))


def _chances(left: MissionRecord, others: Sequence[MissionRecord]) -> dict[str, Floats]:
    """Return each model's chance that the nations of a mission join it."""
    nations = list(left.joined)
    base = sum(sum(one.joined.values()) for one in others) / sum(len(one.joined) for one in others)
    mode, covariance = joining(others)
    x = features(nations, left.year)
    spread = np.einsum("ni,ij,nj->n", x, covariance, x)
    eta = (x @ mode) / np.sqrt(1.0 + math.pi / 8.0 * spread)
    asked = np.array([sum(nation in one.joined for one in others) for nation in nations], dtype=float)
    came = np.array([sum(one.joined.get(nation, False) for one in others) for nation in nations], dtype=float)
    return {
        "regression": 1.0 / (1.0 + np.exp(-eta)),
        "record": (came + PRIOR_WEIGHT * base) / (asked + PRIOR_WEIGHT),
        "base rate": np.full(len(nations), base),
    }


def _scores(chance: Floats, joined: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return the scores of chances; the log score is the mean surprise, in natural logs."""
    right = np.where(joined, chance, 1.0 - chance)
    return {
        "brier": float(np.mean((chance - joined) ** 2)),
        "log score": float(-np.mean(np.log(right))),
        "auc": area_under_curve(chance.tolist(), joined.tolist()),
        "nations": len(joined),
    }


def _troops(
    left: MissionRecord, others: Sequence[MissionRecord], chance: Floats, seed: int
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Return the forecast of each nation's contingent, if it joins, and of the total."""
    from scoringrules import crps_ensemble, crps_normal

    nations, size = list(left.joined), forces()
    _, (base, slope, sd) = sizes(others)
    normal, uniform, whole = np.empty((len(nations), DRAWN)), np.empty((len(nations), DRAWN)), np.empty((1, DRAWN))
    keys = [("evidence", one, f"left out {left.name}", 0) for one in nations]
    fill_normal(stream_keys(seed, keys), 0, 0, normal)
    fill_uniform(stream_keys(seed, [(*key[:2], key[2] + " joins", 0) for key in keys]), 0, 0, uniform)
    fill_normal(stream_keys(seed, [("evidence", "", f"left out {left.name}", 0)]), 0, 0, whole)
    between = BETWEEN * math.sqrt(1.0 + 1.0 / len(others))
    centre = np.array([base + slope * math.log(size[one] / 50_000) for one in nations])
    logs = centre[:, None] + sd * normal + between * whole
    total = np.log(np.sum(np.exp(logs) * (uniform < chance[:, None]), axis=0))
    each: dict[str, dict[str, float]] = {}
    for place, nation in enumerate(nations):
        sent = left.troops.get(nation, math.nan)
        pit = math.nan if math.isnan(sent) else float(np.mean(logs[place] < math.log(sent)))
        each[nation] = {"troops": sent, "median": float(np.exp(np.median(logs[place]))), "pit": pit}
    y, past = math.log(left.total), [math.log(one.total) for one in others]
    low, middle, high = np.exp(np.quantile(total, [0.025, 0.5, 0.975]))
    return each, {
        "total": left.total,
        "median": float(middle),
        "low": float(low),
        "high": float(high),
        "pit": float(np.mean(total < y)),
        "crps": float(crps_ensemble(y, total, backend="numpy")),
        "naive": float(crps_normal(y, float(np.mean(past)), between, backend="numpy")),
    }
