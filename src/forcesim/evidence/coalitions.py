"""Who joins a coalition force, with how many, how much of a pledge arrives, and how long they stay.

Three missions under one command (IFOR, SFOR, KFOR) and five pledges: posteriors are wide, and said so.

- *joins*: a beta posterior of the share of nations, and a logistic regression on membership of NATO and the size of the
  forces (weak normal priors).
- *sizes*: ``log troops = a + b log forces + error``, among those that joined.
- *delivery*: the logs of delivered over pledged are normal with unknown mean and spread: a t posterior for the mean, an
  inverse gamma one for the variance; both are handed on as normals on the log scale with the same variance.
- *withdrawal*: nations leave with a constant hazard, known only to have left between two lists; hazards differ from
  mission to mission (lognormal). Summed over a grid, nothing approximated but the last step: the hazard of the next
  mission as a lognormal of the same moments.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim import tables
from forcesim.evidence.fitting import Fit, Fitted, maximum

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from forcesim.arrays import Floats

__all__ = [
    "IRAQ",
    "MISSIONS",
    "MissionRecord",
    "Stay",
    "delivered",
    "fit_contingent",
    "forces",
    "joining",
    "missions",
    "pledged_and_delivered",
    "pledges_figure",
    "sizes",
    "stays",
    "withdrawal",
]


NO_FORCES = ("ISL",)
LATER_STATES = {"MNE": 2006}
"""Nations that could not be asked before a year."""

WEAK = 1.5
"""Sd of the prior of a logistic coefficient (of a standardised size, or of being a member)."""


@dataclass(frozen=True, slots=True)
class MissionRecord:
    """A mission: who could have come, who came, and with how many at its height.

    Parameters
    ----------
    name : str
        As in ``contribution_records``.
    year : int
        When nations were asked.
    joined : mapping of nation to bool
        All that could have come and of which it is known.
    troops : mapping of nation to float
        At its height, of those that the lists name.
    total : float
        Of the whole force then.
    """

    name: str
    year: int
    joined: Mapping[str, bool]
    troops: Mapping[str, float]
    total: float


@dataclass(frozen=True, slots=True)
class Stay:
    """How many of so many nations left within a time: when, within it, nobody wrote down."""

    mission: str
    nations: int
    left: int
    months: float
    source: str


MISSIONS = {"IFOR": (1995, "CT080", ()), "SFOR": (1996, "CT081", ("FRA",)), "KFOR": (1999, "CT085", ())}
"""Year, row of the total, and nations that a list is known to leave out."""

LISTS = {"IFOR": "1996-06-30", "SFOR": "1998-01-26", "KFOR": "1999-07-31"}
"""The lists at the missions' height."""

IRAQ = (
    Stay("Iraq", 38, 12, 42.5, "CT096; CT097"),
    Stay("Iraq, to the end", 40, 35, 66.0, "CT098"),
)
"""The coalition in Iraq, whose nations left for reasons at home: a contrast, not part of the fit."""


def forces() -> dict[str, float]:
    """Return the active forces of each nation: World Bank 2020, else the CIA's, else NATO's."""
    found = {
        str(row["iso3"]): float(str(row["persons"])) for row in tables.table("nato_personnel") if row["year"] == 2024
    }
    for series in ("cia", "world_bank"):
        for row in tables.table("armed_forces"):
            if row["series"] == series:
                found[str(row["iso3"])] = float(str(row["persons"]))
    return found


def missions() -> dict[str, MissionRecord]:
    """Return the missions that the bundled tables hold.

    Asked are the nations of Europe, of NATO and of the coalition for Ukraine: the table holds others too, but only
    because they came. A nation counts as having joined KFOR if any of its three lists names it.

    Examples
    --------
    >>> from forcesim.evidence.coalitions import missions
    >>> {name: (sum(one.joined.values()), len(one.joined)) for name, one in missions().items()}
    {'IFOR': (28, 41), 'SFOR': (29, 40), 'KFOR': (33, 41)}
    """
    rows = [row for row in tables.table("contribution_records") if row["kind"] == "deployed"]
    asked = [
        str(row["iso3"])
        for row in tables.table("nations")
        if (row["europe"] or row["coalition"] or row["nato_since"]) and row["iso3"] not in NO_FORCES
    ]
    found = {}
    for name, (year, total, unknown) in MISSIONS.items():
        mine = [row for row in rows if row["mission"] == name]
        came = {str(row["iso3"]) for row in mine}
        could = [one for one in asked if LATER_STATES.get(one, 0) <= year and one not in unknown]
        height = {str(row["iso3"]): float(str(row["troops"])) for row in mine if row["as_of"] == LISTS[name]}
        troops = {one: height[one] for one in could if one in height}
        found[name] = MissionRecord(name, year, {one: one in came for one in could}, troops, tables.lookup(total).value)
    return found


def members(year: int) -> set[str]:
    """Return NATO's members of a year."""
    rows = tables.table("nations")
    return {str(row["iso3"]) for row in rows if row["nato_since"] and float(str(row["nato_since"])) <= year}


def features(nations: Sequence[str], year: int) -> Floats:
    """Return what joining is regressed on: (nation, 3) of 1, member of NATO, standardised log of the forces."""
    size, inside = forces(), members(year)
    return np.array([[1.0, float(one in inside), (math.log(size[one]) - 10.5) / 1.5] for one in nations])


def joining(given: Sequence[MissionRecord]) -> tuple[Floats, Floats]:
    """Return mode and covariance of the logistic coefficients of joining: base, member of NATO, size.

    Parameters
    ----------
    given : sequence of MissionRecord
        Each nation counts once in each.
    """
    x = np.concatenate([features(list(one.joined), one.year) for one in given])
    y = np.concatenate([np.array(list(one.joined.values()), dtype=float) for one in given])

    def log_posterior(b: Floats) -> float:
        eta = x @ b
        return float(np.sum(y * eta - np.logaddexp(0.0, eta)) - 0.5 * np.sum((b / np.array([3.0, WEAK, WEAK])) ** 2))

    mode, covariance, _ = maximum(log_posterior, np.zeros(3))
    return mode, covariance


def pledged_and_delivered() -> dict[str, tuple[float, float]]:
    """Return what each nation pledged to KFOR in June 1999 and had there in July.

    Examples
    --------
    >>> from forcesim.evidence.coalitions import pledged_and_delivered
    >>> pledged_and_delivered()["DEU"]
    (8500.0, 6000.0)
    """
    rows = [row for row in tables.table("contribution_records") if row["mission"] == "KFOR"]
    before = {str(r["iso3"]): float(str(r["troops"])) for r in rows if r["kind"] == "pledged"}
    after = {str(r["iso3"]): float(str(r["troops"])) for r in rows if r["as_of"] == LISTS["KFOR"]}
    return {one: (pledge, after[one]) for one, pledge in before.items() if one in after}


def delivered(ratios: Sequence[float]) -> tuple[Fitted, Fitted]:
    """Return median and spread of the part of a pledge that arrives, from some pairs.

    Parameters
    ----------
    ratios : sequence of float
        Delivered over pledged; five or more.

    Returns
    -------
    Fitted, Fitted
        ``delivery_median`` and ``delivery_spread``, normal on the log scale. With the prior 1 / spread^2 the posterior
        of the median's log is t with n - 1 degrees of freedom, that of the variance inverse gamma.

    Examples
    --------
    >>> from forcesim.evidence.coalitions import delivered
    >>> median, spread = delivered([0.5, 0.7, 1.0, 1.4, 2.0])
    >>> round(median.value, 3), median.sd > spread.value / 5**0.5
    (0.996, True)
    """
    from scipy.special import digamma, polygamma

    logs = np.log(np.asarray(ratios, dtype=np.float64))
    count = len(logs)
    free = count - 1
    square = float(logs.var(ddof=1))
    mean_sd = math.sqrt(square / count * free / (free - 2))
    spread = 0.5 * (math.log(free * square / 2.0) - float(digamma(free / 2.0)))
    spread_sd = 0.5 * math.sqrt(float(polygamma(1, free / 2.0)))
    return (
        Fitted("delivery_median", float(logs.mean()), mean_sd, "log", "share", "contingent.delivery_median", high=1.0),
        Fitted("delivery_spread", spread, spread_sd, "log", "ratio", "contingent.delivery_spread"),
    )


def stays() -> tuple[Stay, ...]:
    """Return how long nations stayed in the missions, list against list.

    Examples
    --------
    >>> from forcesim.evidence.coalitions import stays
    >>> [(one.mission, one.nations, one.left) for one in stays()]
    [('IFOR to SFOR', 31, 0), ('KFOR 1999 to 2017', 9, 3), ('KFOR 2017 to 2022', 30, 5)]
    """
    lists: dict[tuple[str, str], set[str]] = {}
    for row in tables.table("contribution_records"):
        if row["kind"] == "deployed":
            lists.setdefault((str(row["mission"]), str(row["as_of"])), set()).add(str(row["iso3"]))
    ifor, sfor = lists["IFOR", "1996-06-30"] - {"FRA"}, lists["SFOR", "1998-01-26"]
    early, middle, late = (lists["KFOR", day] for day in ("1999-07-31", "2017-02-28", "2022-08-01"))
    left = len(middle) + len(late - middle) - int(tables.lookup("CT091").note.split(maxsplit=1)[0])
    return (
        Stay("IFOR to SFOR", len(ifor), len(ifor - sfor), 19.0, "contribution_records IFOR, SFOR (France unknown)"),
        Stay("KFOR 1999 to 2017", len(early), len(early - middle), 211.0, "contribution_records KFOR"),
        Stay("KFOR 2017 to 2022", len(middle), left, 65.0, "CT090, CT091 and the two that had come"),
    )


def withdrawal(given: Sequence[Stay]) -> Fitted:
    """Return the hazard with which a nation of the next mission leaves.

    Parameters
    ----------
    given : sequence of Stay
        Each has a hazard of its own, lognormal about a common median (prior: 0.004, sd 1.5 of the log; that of the sd
        between missions half-normal, 0.7).

    Returns
    -------
    Fitted
        Normal on the log scale: mean and variance of the predictive distribution of the next mission's.

    Examples
    --------
    >>> from forcesim.evidence.coalitions import Stay, withdrawal
    >>> known = withdrawal([Stay(name, 1000, 632, 100.0, "") for name in "abcd"])
    >>> 0.0085 < known.value < 0.0115
    True
    """
    from numpy.polynomial.hermite_e import hermegauss
    from scipy.special import logsumexp

    mu = np.linspace(math.log(1e-5), math.log(0.3), 121)
    omega = np.linspace(0.02, 2.5, 30)
    nodes, weights = hermegauss(31)
    log_h = mu[:, None, None] + omega[None, :, None] * nodes
    height = np.zeros((len(mu), len(omega)))
    for one in given:
        exposure = np.exp(log_h) * one.months
        chance = one.left * np.log(-np.expm1(-exposure)) - (one.nations - one.left) * exposure
        height += logsumexp(chance, b=weights, axis=-1)
    height -= 0.5 * (mu[:, None] - math.log(0.004)) ** 2 / 1.5**2 + 0.5 * omega**2 / 0.7**2
    posterior = np.exp(height - height.max())
    posterior /= posterior.sum()
    mean = float(np.sum(posterior * mu[:, None]))
    variance = float(np.sum(posterior * ((mu[:, None] - mean) ** 2 + omega**2)))
    return Fitted("withdrawal_hazard", mean, math.sqrt(variance), "log", "per month", "contingent.withdrawal_hazard")


def fit_contingent() -> Fit:
    """Return what the missions say of a contingent's parameters.

    Returns
    -------
    Fit
        ``delivery_median``, ``delivery_spread`` and ``withdrawal_hazard`` go into a scenario; the share of nations that
        join, what membership of NATO and size do to it, and the troops of a force of 50,000 beside are for reading.

    Examples
    --------
    >>> from forcesim.evidence.coalitions import fit_contingent
    >>> fit = fit_contingent()
    >>> low, high = fit["delivery_median"].interval
    >>> low < 0.8 < high
    True
    """
    known = missions()
    came = sum(sum(one.joined.values()) for one in known.values())
    asked = sum(len(one.joined) for one in known.values())
    ratios = [after / before for before, after in pledged_and_delivered().values()]
    mode, covariance = joining(list(known.values()))
    slope, _ = sizes(list(known.values()))
    fitted = (
        *delivered(ratios),
        withdrawal(stays()),
        _share("joins", came, asked),
        *(
            Fitted(f"joins: {name}", float(mode[k]), math.sqrt(covariance[k, k]), unit="log odds")
            for k, name in ((1, "member of NATO"), (2, "forces 4.5 times as large"))
        ),
        Fitted("sent of 50,000 in the forces", *slope, "log", "persons"),
    )
    correlation = np.eye(len(fitted))
    correlation[4, 5] = correlation[5, 4] = covariance[1, 2] / math.sqrt(covariance[1, 1] * covariance[2, 2])
    diagnostics: dict[str, float | str] = {
        "missions": float(len(known)),
        "pledges": float(len(ratios)),
        "withdrawals": float(sum(one.left for one in stays())),
    }
    return Fit("contingent", "conjugate and exact", "IFOR, SFOR and KFOR", fitted, correlation, diagnostics)


def _share(name: str, hits: int, of: int) -> Fitted:
    """Return a beta posterior (prior of Jeffreys) as a normal on the logit scale."""
    from scipy.special import digamma, polygamma

    a, b = hits + 0.5, of - hits + 0.5
    sd = math.sqrt(float(polygamma(1, a) + polygamma(1, b)))
    return Fitted(name, float(digamma(a) - digamma(b)), sd, "logit", "share")


def sizes(given: Sequence[MissionRecord]) -> tuple[tuple[float, float], tuple[float, float, float]]:
    """Return how many soldiers those that joined sent, against the size of their forces.

    Parameters
    ----------
    given : sequence of MissionRecord
        At their height.

    Returns
    -------
    (float, float)
        Log of the troops that forces of 50,000 send, and its standard error (missions differ: half of a log point).
    (float, float, float)
        Base and slope of log troops over log forces / 50,000, and the sd of a nation about them.
    """
    size = forces()
    pairs = [
        (math.log(size[one] / 50_000), math.log(sent)) for mission in given for one, sent in mission.troops.items()
    ]
    x, y = np.array(pairs).T
    design = np.stack([np.ones_like(x), x], axis=1)
    found, *_ = np.linalg.lstsq(design, y, rcond=None)
    free = len(y) - 2
    variance = float(np.sum((y - design @ found) ** 2)) / free
    error = math.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0] + BETWEEN**2 / len(given))
    return (float(found[0]), error), (float(found[0]), float(found[1]), math.sqrt(variance))


BETWEEN = 0.5
"""Sd of the log of a mission's size against the nations' forces: an assumption (totals of 60, 31 and 50 thousand)."""


def pledges_figure() -> Figure:
    """Return pledged against delivered, with what the fit says of the next pledge (extra: plot)."""
    from forcesim.view.forest import pairs

    found = pledged_and_delivered()
    median, spread = delivered([after / before for before, after in found.values()])
    sd = math.hypot(spread.value, median.sd)
    bands = {
        f"{share} of the next pledges": (math.exp(median.centre - z * sd), math.exp(median.centre + z * sd))
        for share, z in (("80 %", 1.2816), ("50 %", 0.6745))
    }
    return pairs(
        labels=list(found),
        before=[before for before, _ in found.values()],
        after=[after for _, after in found.values()],
        bands=bands,
        title="KFOR, summer of 1999: pledged and delivered",
        names=("pledged in June", "there in July"),
        unit="soldiers",
        source="Reuters, 10 June 1999; Polish Ministry of National Defence (bundled contribution_records)",
    )
