"""Who joined past missions, how much of what was pledged arrived, and who left early: what history says of contingents.

Three missions have complete lists of contributors: IFOR (1996), SFOR (1998) and KFOR (2017). Five nations' pledges for
KFOR can be set beside what stood there seven weeks later. Who left can be counted where two lists of one mission exist.
That is little, and the posteriors are as wide as it makes them.

**Joining.** ``logit P(joins) = a + b ln(forces / 50,000) + c ally``, with weak normal priors; ``ln troops = d + e ln
(forces / 50,000)`` plus a normal rest, of those who join. Forces are those of today's table, as an order of size.

**Leaving.** Exits over nation-months, with Jeffreys' prior: a gamma posterior of the monthly hazard.

**Delivery.** Of the logarithms of delivered over pledged: mean with the error of a t distribution, spread likewise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forcesim import tables
from forcesim.errors import DataError, Fault, ResultError
from forcesim.evidence.fitting import Fit, Fitted, maximum
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["deliveries", "exits", "fit_missions", "left_out", "missions"]

Floats = npt.NDArray[np.float64]

COMPLETE = {"IFOR": "1996-06-30", "SFOR": "1998-01-26", "KFOR": "2017-02-28"}
"""Missions of which every contributor is listed, and as of when."""

MISPRINTED = {"SFOR": frozenset({"FRA"})}
"""Contributors whose number cannot be read in the source: they took part."""

SIZE = 50_000.0
"""Forces to which the intercepts refer."""

JOINING_PRIOR = (2.0, 1.0, 1.5)
"""Standard deviations of the normal priors of a, b and c."""


def _forces() -> dict[str, float]:
    """Return the size of each nation's forces: an order of magnitude."""
    found: dict[str, float] = {}
    for row in tables.table("nations"):
        try:
            found[str(row["iso3"])] = tables.lookup(f"armed_forces {row['iso3']} 2020 world_bank").value
        except DataError:
            continue
    return found


def missions() -> pd.DataFrame:
    """Return who could have joined each mission, and who did.

    Candidates are the nations of the bundled scenario that have forces, parties to the war left out.

    Returns
    -------
    pandas.DataFrame
        ``mission``, ``nation``, ``forces``, ``ally`` (in the year of the list), ``joined``, ``troops``.

    Examples
    --------
    >>> found = missions()
    >>> int(found.query("mission == 'IFOR'")["joined"].sum()) > 20
    True
    """
    import pandas as pd

    forces, rows = _forces(), []
    since = {str(row["iso3"]): row["nato_since"] for row in tables.table("nations")}
    for mission, date in COMPLETE.items():
        sent = {
            str(row["iso3"]): float(str(row["troops"]))
            for row in tables.table("contribution_records")
            if row["mission"] == mission and row["as_of"] == date and row["kind"] == "deployed"
        }
        for nation in sorted(set(forces) - {"UKR", "RUS"}):
            entered = since.get(nation)
            rows.append(
                {
                    "mission": mission,
                    "nation": nation,
                    "forces": forces[nation],
                    "ally": float(entered is not None and float(str(entered)) <= int(date[:4])),
                    "joined": nation in sent or nation in MISPRINTED.get(mission, ()),
                    "troops": sent.get(nation, math.nan),
                }
            )
    return pd.DataFrame(rows)


def deliveries() -> pd.DataFrame:
    """Return what was pledged for KFOR in June 1999 and what stood there at the end of July.

    Examples
    --------
    >>> deliveries()["nation"].tolist()
    ['DEU', 'FRA', 'GBR', 'RUS', 'USA']
    """
    import pandas as pd

    found: dict[str, dict[str, float]] = {}
    for row in tables.table("contribution_records"):
        if row["mission"] == "KFOR" and str(row["as_of"]).startswith("1999"):
            found.setdefault(str(row["iso3"]), {})[str(row["kind"])] = float(str(row["troops"]))
    rows = [
        {"nation": nation, "pledged": kinds["pledged"], "delivered": kinds["deployed"]}
        for nation, kinds in sorted(found.items())
        if "pledged" in kinds and "deployed" in kinds
    ]
    return pd.DataFrame(rows)


def exits() -> pd.DataFrame:
    """Return how many nations left missions in how many nation-months.

    From lists where two exist (IFOR to SFOR); from counts of contributors elsewhere, where at least so many left.

    Examples
    --------
    >>> found = exits().set_index("mission")
    >>> bool(found.loc["Iraq 2003-2008", "hazard"] > found.loc["IFOR to SFOR", "hazard"])
    True
    """
    import pandas as pd

    first, second = (
        {str(row["iso3"]) for row in tables.table("contribution_records") if row["mission"] == mission}
        for mission in ("IFOR", "SFOR")
    )
    left = len(first - second - MISPRINTED["SFOR"])
    rows = [("IFOR to SFOR", left, 0.5 * (len(first) + len(first) - left) * 19.0, "")]
    counts = ((32, 29, 41.0), (30, 27, 65.0))
    rows.append(
        (
            "KFOR 2009-2022",
            sum(before - after for before, after, _ in counts),
            sum(0.5 * (before + after) * months for before, after, months in counts),
            "CT087; CT089; CT090; CT091",
        )
    )
    rows.append(("Iraq 2003-2008", 35, 0.5 * (40 + 5) * 66.0, "CT096; CT098"))
    frame = pd.DataFrame(rows, columns=["mission", "left", "nation_months", "source"])
    frame["hazard"] = (frame["left"] + 0.5) / frame["nation_months"]
    return frame


def fit_missions() -> Fit:
    """Fit what can be fitted of contingents: leaving, delivery, joining.

    Returns
    -------
    Fit
        ``withdrawal_hazard`` (missions that America backed), ``delivery_median``, ``delivery_spread``: these go into a
        scenario. ``withdrawal_hazard_alone`` (Iraq), ``joining[...]`` and ``size[...]`` are for comparison.

    Source
    ------
    Gelman, A. and others (2013), Bayesian Data Analysis, 3rd ed., sections 2.6 (rates), 3.2 (normal) and 4.1 (mode).

    Examples
    --------
    >>> from forcesim import evidence
    >>> low, high = evidence.fit("contingent")["delivery_median"].interval
    >>> low < 0.8 < high
    True
    """
    from scipy.stats import t

    gone = exits().set_index("mission")
    backed = gone.loc[["IFOR to SFOR", "KFOR 2009-2022"]]
    pairs = deliveries()
    logs = np.log(pairs["delivered"].to_numpy() / pairs["pledged"].to_numpy())
    n = len(logs)
    # the normal whose 95 % interval is that of the t distribution
    widen = float(t.ppf(0.975, n - 1)) / 1.959963984540054
    joining, join_errors, sizes, size_errors, rest = _joining(missions())
    fitted = [
        _hazard("withdrawal_hazard", float(backed["left"].sum()), float(backed["nation_months"].sum()),
                "contingent.withdrawal_hazard"),
        _hazard("withdrawal_hazard_alone", *gone.loc["Iraq 2003-2008", ["left", "nation_months"]].astype(float)),
        Fitted("delivery_median", float(logs.mean()), float(logs.std(ddof=1)) / math.sqrt(n) * widen, "log", "share",
               "contingent.delivery_median", 0.05, 1.0),
        Fitted("delivery_spread", math.log(float(logs.std(ddof=1))), math.sqrt(0.5 / (n - 1)), "log", "ratio",
               "contingent.delivery_spread", 0.0, 2.0),
        *(Fitted(f"joining[{name}]", float(joining[i]), float(join_errors[i]), "identity", "log odds")
          for i, name in enumerate(("intercept", "forces", "ally"))),
        *(Fitted(f"size[{name}]", float(sizes[i]), float(size_errors[i]), "identity", "log persons")
          for i, name in enumerate(("intercept", "forces"))),
        Fitted("size[rest]", math.log(rest), 0.1, "log", "log persons"),
    ]  # fmt: skip
    return Fit(
        process="contingent",
        method="conjugate posteriors, and the mode of a logistic regression",
        data="IFOR, SFOR and KFOR",
        fitted=tuple(fitted),
        correlation=np.eye(len(fitted)),
        diagnostics={"nations that left": float(gone["left"].sum()), "pairs of pledge and delivery": float(n)},
    )


def _hazard(name: str, left: float, months: float, path: str = "") -> Fitted:
    """Return a monthly hazard with the spread of its gamma posterior, on the logarithm."""
    from scipy.special import digamma, polygamma

    shape = left + 0.5
    centre, sd = float(digamma(shape)) - math.log(months), math.sqrt(float(polygamma(1, shape)))
    return Fitted(name, centre, sd, "log", "per month", path, 0.0, 1.0)


def _joining(frame: pd.DataFrame) -> tuple[Floats, Floats, Floats, Floats, float]:
    """Return slopes and errors of joining, those of size, and what size leaves unexplained."""
    known = _design(frame)
    joined = frame["joined"].to_numpy(dtype=np.float64)
    scales = np.array(JOINING_PRIOR)

    def log_posterior(x: Floats) -> float:
        odds = known @ x
        return float((joined * odds - np.logaddexp(0.0, odds)).sum()) - 0.5 * float(((x / scales) ** 2).sum())

    mode, covariance, _ = maximum(log_posterior, np.zeros(3))
    sent = frame["troops"].notna().to_numpy() & (frame["troops"] > 0).to_numpy()
    x, y = known[sent, :2], np.log(frame.loc[sent, "troops"].to_numpy())
    inverse = np.linalg.inv(x.T @ x)
    slopes = inverse @ x.T @ y
    rest = math.sqrt(float(((y - x @ slopes) ** 2).sum()) / max(1, len(y) - 2))
    return mode, np.sqrt(np.diag(covariance)), slopes, rest * np.sqrt(np.diag(inverse)), rest


def _design(frame: pd.DataFrame) -> Floats:
    """Return what joining depends on: one, size of the forces, ally or not."""
    size = np.log(np.maximum(frame["forces"].to_numpy(), 100.0) / SIZE)
    return np.column_stack([np.ones(len(frame)), size, frame["ally"].to_numpy()])


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A mission that was predicted from the others.

    Parameters
    ----------
    mission : str
        Which.
    chance : float64 (nation,)
        Of each nation to join.
    joined : bool (nation,)
        Whether it did.
    total, low, high, observed : float
        Median, 5 and 95 % of the troops of all candidates together; and what they were.
    crps, crps_base : float
        Of the logarithm of the total: ours, and of the mean of the other missions.
    """

    mission: str
    chance: Floats
    joined: npt.NDArray[np.bool_]
    total: float
    low: float
    high: float
    observed: float
    crps: float
    crps_base: float

    @property
    def brier(self) -> float:
        """Return the mean squared distance of chances from what came."""
        return float(np.mean((self.chance - self.joined) ** 2))

    @property
    def ranked(self) -> float:
        """Return how often one who joined had a higher chance than one who did not (area under the curve)."""
        yes, no = self.chance[self.joined], self.chance[~self.joined]
        above = (yes[:, None] > no[None, :]) + 0.5 * (yes[:, None] == no[None, :])
        return float(above.mean())


def left_out(mission: str, *, draws: int = 4_000, seed: int = 2025) -> LeftOut:
    """Predict who joins a mission, and how many troops come together, from the other missions only.

    Parameters
    ----------
    mission : {"IFOR", "SFOR", "KFOR"}
        The mission that is left out.
    draws, seed : int
        Of the prediction.

    Raises
    ------
    ResultError
        If there is no complete list of the mission.

    Examples
    --------
    >>> 0.0 < left_out("SFOR", draws=500).brier < 0.25
    True
    """
    import scoringrules

    if mission not in COMPLETE:
        raise ResultError(Fault("mission", "must have a complete list", repr(mission), ", ".join(COMPLETE)))
    frame = missions()
    others, own = frame[frame["mission"] != mission], frame[frame["mission"] == mission]
    mode, errors, slopes, slope_errors, rest = _joining(others)
    design, count = _design(own), len(own)
    scores, uniforms = np.empty((5 + count, draws)), np.empty((count, draws))
    nations = own["nation"].tolist()
    fill_normal(stream_keys(seed, [("evidence", mission, f"normal {k}", 0) for k in range(5 + count)]), 0, 0, scores)
    fill_uniform(stream_keys(seed, [("evidence", n, f"joins {mission}", 0) for n in nations]), 0, 0, uniforms)
    odds = design @ (mode[:, None] + errors[:, None] * scores[:3])
    chances = 1.0 / (1.0 + np.exp(-odds))
    sizes = design[:, :2] @ (slopes[:, None] + slope_errors[:, None] * scores[3:5]) + rest * scores[5:]
    totals = np.where(uniforms < chances, np.exp(sizes), 0.0).sum(axis=0)
    observed = float(own["troops"].sum())
    known = np.array([group["troops"].sum() for _, group in others.groupby("mission")])
    low, middle, high = np.quantile(totals, [0.05, 0.5, 0.95])
    return LeftOut(
        mission=mission,
        chance=chances.mean(axis=1),
        joined=own["joined"].to_numpy(dtype=np.bool_),
        total=float(middle),
        low=float(low),
        high=float(high),
        observed=observed,
        crps=float(scoringrules.crps_ensemble(math.log(observed), np.log(np.maximum(totals, 1.0)))),
        crps_base=abs(float(np.log(known).mean()) - math.log(observed)),
    )
