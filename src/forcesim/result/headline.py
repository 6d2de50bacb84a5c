"""What the answer looks like: what fills the gap of the article, by means, and who pays how much."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import finite
from forcesim.errors import Fault, ResultError
from forcesim.result.estimate import Estimate
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from forcesim.arrays import Floats
    from forcesim.result.followed import Followed

__all__ = ["Bill", "Filling", "bill", "filling", "ratio_after"]

LIMITS = ("pool", "seats", "instructors", "ceiling", "money")
"""What may keep intake below what is wanted, as ``intake_limit`` names it."""

AGAINST, NEED = 1_500_000.0, 500_000.0
"""The article: 1.5 million against 1.0 million."""


@dataclass(frozen=True, slots=True, repr=False)
class Filling(Quotable):
    """What fills the gap of the article in a month, one means after the other; the parts add up to the need.

    Attributes
    ----------
    when : str
        The month, and the condition.
    need : float
        Persons.
    parts : mapping of means to Estimate
        Persons, mean over the paths; below zero where a means opens the gap.
    remains : Estimate
        Need less all parts.
    beside : mapping of name to Estimate
        What is no part: the share of paths on which each limit keeps the defender's intake down, and the allies'
        reserves, persons, which fill brigades that fight.
    source : str
        Where a picture comes from.
    """

    when: str
    need: float
    parts: Mapping[str, Estimate]
    remains: Estimate
    beside: Mapping[str, Estimate] = field(default_factory=dict)
    source: str = ""

    def figure(self) -> Figure:
        """Return the waterfall: from the need down to what remains."""
        from forcesim.view.waterfall import waterfall

        return waterfall(
            first=("1.5 million against 1.0 million", self.need),
            parts={name: part.value for name, part in self.parts.items()},
            last=("what remains", self.remains.value),
            title=f"What fills the {self.need:,.0f}, {self.when}",
            unit="persons",
            source=self.source,
        )

    def _cells(self) -> list[list[str]]:
        rows = [["means", "persons", "± error"], ["1.5 million against 1.0 million", f"{self.need:,.0f}", ""]]
        rows += [[name, f"{-part.value:+,.0f}", f"{part.error:,.0f}"] for name, part in self.parts.items()]
        rows.append(["what remains", f"{self.remains.value:,.0f}", f"{self.remains.error:,.0f}"])
        return rows + [
            [f"beside it: {name}", _cell(one.value, one), _cell(one.error, one)] for name, one in self.beside.items()
        ]

    def _caption(self) -> str:
        return f"what fills the {self.need:,.0f}, {self.when}; mean of {self.remains.n:,} paths"


def filling(
    result: Followed,
    *,
    at: str | dt.date | int,
    given: str | None = None,
    defender: str = "UKR",
    aggressor: str = "RUS",
    need: float = NEED,
) -> Filling:
    """Return what fills the gap of 500,000 in a month, by means.

    The means are: how far the aggressor's army is below 1.5 million and the defender's above 1.0 million (the need less
    these two is the gap of heads); troops of others in the country; what allies could send more than at the start and
    have not sent; and quality, as so many average soldiers of the other side more.

    Parameters
    ----------
    result : Result
        With ``strength``, ``contingent``, ``quality`` and, where allies raise forces, ``deployable`` kept. With
        ``intake_limit`` and ``reserves`` kept it says what limits intake, and what reserves stand beside.
    at : str, date or int
        The month.
    given : str, optional
        True or false: the mean over the paths on which it is true in that month.
    defender, aggressor : str
        Nations.
    need : float
        Persons.

    Returns
    -------
    Filling

    Raises
    ------
    ResultError
        If an outcome is not kept, or no path counts.
    """
    month, need = result.timeline.asked("at", at), finite("need", need, above=0.0)
    counts = np.ones(result.paths, dtype=np.bool_) if given is None else result.history(given)[month] > 0.0
    if not counts.any():
        raise ResultError(Fault("given", "must be true on some path", f"none of {result.paths:,}", given or ""))

    def now(expression: str, when: int = month) -> Floats:
        return np.asarray(result.history(expression)[when][counts])

    own, other, there = now(f"strength[{defender}]"), now(f"strength[{aggressor}]"), now("contingent")
    parts = {
        "Russia's army, against 1.5 million": AGAINST - other,
        "Ukraine's army, against 1.0 million": own - (AGAINST - need),
        "troops of others in Ukraine": there,
    }
    if "deployable" in result.kept:
        raised = now("sum(deployable)") - now("sum(deployable)", 0)
        parts["allies' new brigades that could come"] = np.maximum(raised - there, 0.0)
    better = now(f"quality[{defender}]") / np.maximum(now(f"quality[{aggressor}]"), 1e-9) - 1.0
    parts["quality of soldiers"] = own * better
    remains = need - np.sum(list(parts.values()), axis=0)
    beside = {}
    if "intake_limit" in result.kept:
        for limit in LIMITS:
            beside[f"intake limited by {limit}"] = _mean(now(f"intake_limit[{defender}] == {limit}"), "share")
    if "reserves" in result.kept:
        beside["allies' reserves"] = _mean(now("sum(reserves)"))
    label = result.timeline.label(month) + (f", given {given}" if given else "")
    source = str(getattr(result, "source_line", ""))
    return Filling(label, need, {name: _mean(part) for name, part in parts.items()}, _mean(remains), beside, source)


def _mean(values: Floats, unit: str = "persons") -> Estimate:
    """Return the mean over paths."""
    variance = float(np.var(values, ddof=1)) if len(values) > 1 else math.nan
    return Estimate.of_moments(float(np.mean(values)), variance, len(values), unit)


def _cell(value: float, of: Estimate) -> str:
    """Return a share as per cent, and persons as a count."""
    return f"{100 * value:.1f} %" if of.unit == "share" else f"{value:,.0f}"


@dataclass(frozen=True, slots=True, repr=False)
class Bill(Quotable):
    """Who pays how much in a year: means over the paths.

    Attributes
    ----------
    year : int
        The year.
    rows : mapping of payer to (cost, interest, share)
        Billion US dollars a year; of it interest on the debt that defence added; share of GDP. The largest payer first.
    source : str
        Where a table comes from.
    """

    year: int
    rows: Mapping[str, tuple[float, float, float]]
    source: str = ""

    @property
    def total(self) -> float:
        """Return what all pay, billion US dollars a year."""
        return float(sum(cost for cost, _, _ in self.rows.values()))

    def figure(self, *, most: int = 15) -> Figure:
        """Return the largest payers as bars, with their part of GDP."""
        from forcesim.view.waterfall import payers

        first = dict(list(self.rows.items())[:most])
        return payers(first, title=f"Who pays in {self.year}", unit="bn USD a year", source=self.source)

    def _cells(self) -> list[list[str]]:
        rows = [["payer", "bn USD a year", "of it interest", "% of GDP"]]
        for name, (cost, interest, share) in self.rows.items():
            rows.append([name, f"{cost:,.1f}", f"{interest:,.1f}", f"{100 * share:.2f}"])
        return [*rows, ["all", f"{self.total:,.1f}", f"{sum(row[1] for row in self.rows.values()):,.1f}", ""]]

    def _caption(self) -> str:
        return f"who pays in {self.year}: defence, aid and interest; {self.source}"


def bill(result: Followed, *, year: int | str, payers: Mapping[str, Sequence[str]] | None = None) -> Bill:
    """Return who pays how much in a year: defence, aid to others, and interest on the debt that they add.

    Parameters
    ----------
    result : Result
        With the outcomes ``cost`` and ``gdp``, and ``extra_interest`` where debt is simulated.
    year : int or str
        A year all of whose months lie within the result's.
    payers : mapping of name to nations, optional
        Who pays together; by default each nation for itself.

    Returns
    -------
    Bill

    Raises
    ------
    ResultError
        If the result has no ``cost``, or a month of the year is missing.
    """
    months = [result.timeline.asked("year", f"{int(year):04d}-{month:02d}") for month in range(1, 13)]
    means = result.summary_.mean()[months]

    def of(name: str, nations: Sequence[str]) -> float:
        known = [nation for nation in nations if (name, nation) in result.row_index]
        return float(sum(means[:, result.row_index[name, nation]].sum() for nation in known))

    if "cost" not in result.outcomes:
        raise ResultError(Fault("cost", "must be an outcome of the result", "", "a scenario whose nations spend"))
    every = result.outcomes["cost"].nations
    rows = {}
    for name, nations in (payers or {nation: (nation,) for nation in every}).items():
        cost, interest, gdp = of("cost", nations), of("extra_interest", nations), of("gdp", nations) / 12.0
        rows[name] = (cost, interest, cost / gdp if gdp > 0.0 else math.nan)
    ordered = dict(sorted(rows.items(), key=lambda row: -row[1][0]))
    return Bill(int(year), ordered, str(getattr(result, "source_line", "")))


def ratio_after(result: Followed, months: int, *, peace: str = "phase == 'ceasefire'") -> Estimate:
    """Return the front ratio so many months after the first ceasefire, given that there is one in that month.

    It is s / (1 - s) of the mean of s, the defender's share of all power at the front: a few paths on which the
    attacker has hardly any force would decide a mean of the ratio itself.

    Parameters
    ----------
    result : Result
        With ``front_ratio`` and ``phase`` kept.
    months : int
        Since the first ceasefire.
    peace : str
        What counts as one.

    Returns
    -------
    Estimate
        The ratio; unknown where no path counts. ``note`` says how many paths are left out.
    """
    share = result.mean("front_ratio / (1 + front_ratio)", at=months, since=peace, given=peace)
    value, low, high = (one / (1.0 - one) for one in (share.value, share.low, share.high))
    return Estimate(value, share.error / (1.0 - share.value) ** 2, low, high, share.n, "ratio", share.note)
