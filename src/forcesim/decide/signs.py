"""Signposts: what warns of a failure, at which level, how surely and how long before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forcesim.arguments import one_of
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.result import Estimate

__all__ = ["Signpost", "Signposts"]

SHOWN = 15
"""Signposts in a printed table."""

DRAWN = 6
"""Curves in a picture."""


@dataclass(frozen=True, slots=True)
class Signpost:
    """An observable with the level at which it warns; all rates are on fresh futures.

    Attributes
    ----------
    observable, unit : str
        What is watched.
    when : str
        The condition that warns, as ``fs.Rule`` takes it.
    after, until : str
        From which month to which it is watched.
    level, low, high : float
        The level, in the unit. Between ``low`` and ``high`` lie the levels whose worth was within a standard error of
        the best in the search.
    area : Estimate
        ROC area: the chance that of a path that fails and one that does not, the first is further on the side that
        warns. 0.5 tells nothing.
    hit, false_alarm : Estimate
        Shares of the failing paths, and of the others, on which the warning comes.
    worth : Estimate
        1 for a perfect warning, 0 for one that is as good as none.
    lead : Estimate
        Months from the warning to the failure, mean over the failures that it warned of.
    searched_worth : float
        The worth on the futures that chose the level.
    curve : tuple of (false-alarm rate, hit rate)
        The same observable at other levels.
    """

    observable: str
    unit: str
    when: str
    after: str
    until: str
    level: float
    low: float
    high: float
    area: Estimate
    hit: Estimate
    false_alarm: Estimate
    worth: Estimate
    lead: Estimate
    searched_worth: float
    curve: tuple[tuple[float, float], ...]

    @property
    def watched(self) -> str:
        """Return the months of the watch in words."""
        return f"in {self.until}" if self.after == self.until else f"from {self.after} to {self.until}"


@dataclass(frozen=True, slots=True, repr=False)
class Signposts(Quotable):
    """What warns of a failure, the best of the search first.

    Attributes
    ----------
    failure, when, policy, watch : str
        The failure, at or by which month, under which policies, until which month one may watch.
    base : Estimate
        Chance that a path fails later, among those that have not failed until ``watch``.
    failed : Estimate
        Chance that a path has failed until then; such paths are left out.
    signs : tuple of Signpost
        In the order of their worth on the futures of the search. So the rates of the first, on fresh futures, are not
        flattered by having been chosen.
    silent : tuple of str
        Observables that are the same on every path until then.
    miss_cost : float or None
        How many false alarms a missed failure costs; with None the worth is Youden's J.
    source : str
        Where a picture or table comes from.
    """

    failure: str
    when: str
    policy: str
    watch: str
    base: Estimate
    failed: Estimate
    signs: tuple[Signpost, ...]
    silent: tuple[str, ...]
    miss_cost: float | None
    source: str = ""

    @property
    def best(self) -> Signpost:
        """Return the one that the search found best."""
        return self.signs[0]

    def __getitem__(self, observable: str) -> Signpost:
        """Return the signpost of an observable."""
        known = {sign.observable: sign for sign in self.signs}
        return known[one_of("observable", observable, known)]

    def rule(self, observable: str | None = None) -> str:
        """Return the condition that warns, as ``fs.Rule(when=...)`` and ``when:`` in a file take it.

        Parameters
        ----------
        observable : str, optional
            Of which signpost; of the best unless given.

        Notes
        -----
        The month ``after`` of the signpost goes into the rule, too. A rule goes on watching after :attr:`watch`.
        """
        return (self.best if observable is None else self[observable]).when

    @property
    def sentence(self) -> str:
        """Return in words what the best signpost tells."""
        best = self.best
        hit, alarm = (f"{100 * one.value:.0f} ± {100 * one.error:.0f} %" for one in (best.hit, best.false_alarm))
        ahead = f", on average {best.lead.value:.0f} months before" if best.lead.n else ""
        return (
            f"{best.when}, watched {best.watched}, warns of {self.failure} {self.when} in {hit} of the failures"
            f"{ahead}; it is a false alarm on {alarm} of the paths that do not fail."
        )

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a signpost: condition, levels, ROC area, hits, false alarms, worth and lead with errors."""
        import pandas as pd

        rows = {}
        for sign in self.signs:
            row = rows[sign.observable] = {name: getattr(sign, name) for name in ("when", "after", "until", "unit")}
            row |= {"level": sign.level, "level_low": sign.low, "level_high": sign.high}
            for name in ("area", "hit", "false_alarm", "worth", "lead"):
                found = getattr(sign, name)
                row |= {name: found.value, f"{name}_error": found.error}
            row["searched_worth"] = sign.searched_worth
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("observable")

    def figure(self) -> Figure:
        """Return hits against false alarms at all levels, one curve an observable, with the chosen levels."""
        from forcesim.view.signs import hits_against_alarms

        shown = self.signs[:DRAWN]
        return hits_against_alarms(
            labels=[f"{sign.when} ({sign.watched})" for sign in shown],
            curves=[sign.curve for sign in shown],
            chosen=[(sign.false_alarm, sign.hit) for sign in shown],
            title=f"What warns of {self.failure} {self.when}",
            source=self.source,
        )

    def _caption(self) -> str:
        by = "Youden's J" if self.miss_cost is None else f"a miss costs {self.miss_cost:g} false alarms"
        return (
            f"{self.failure} {self.when}, {self.policy}, watched until {self.watch}; {self.base.value:.1%} of "
            f"{self.base.n:,} paths fail later; worth: {by}; on fresh futures"
        )

    def _cells(self) -> list[list[str]]:
        rows = [["warns when", "watched", "ROC area", "hits", "false alarms", "worth", "months before"]]
        for sign in self.signs[:SHOWN]:
            rates = (sign.area, sign.hit, sign.false_alarm, sign.worth)
            lead = sign.lead.quoted(1) if sign.lead.n else ""
            rows.append([sign.when, sign.watched, *(one.quoted(2) for one in rates), lead])
        return rows
