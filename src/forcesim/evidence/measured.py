"""The measurement model of the armies: what was published on strengths and flows, by whom, and how far it may be off.

Each figure is compared with a quantity of the personnel process: a level in a month, or a monthly mean over a window.
On the logarithmic scale ``published = true + bias[topic, family] + error``. A family is who counts: Ukraine,
Russia, or a third party (Western government, institute, press). What one family says on one topic shares one bias, so
that a figure repeated five times counts for less than two.

- disagreement: the variance of figures on the same topic in the same year, shrunk to that of all topics with the
  weight of three figures. It is taken from the figures that are fitted to only, so that a backtest does not know how
  far later sources disagreed. There are too few figures to tell how much of it is a family's bias: half is.
- error variance: the other half, the source's own span as a 90 % interval (``(log(high / low) / 3.29)^2``), rounding
  (0.05^2), and what the window misses (``beside^2``).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from forcesim import tables
from forcesim.arguments import day, each
from forcesim.evidence.named import month
from forcesim.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["FAMILY_PART", "Measured", "Term", "disagreement", "measured", "not_measured"]

Family = Literal["Ukraine", "Russia", "third"]
Term = tuple[str, str]
"""Outcome and nation."""

SPAN = 3.2897072539029444
"""Width of a 90 % interval in standard deviations."""

ROUNDING = 0.05
"""Least error sd on the log scale: published figures are round."""

SHRUNK = 3.0
"""Weight, in figures, of the pooled disagreement against a topic's own."""

POOLED = 0.2
"""Disagreement sd where too few figures overlap to say."""

FAMILY_PART = 0.5
"""Part of the disagreement's variance that all figures of a family on a topic share."""

DAYS = 30.4375


@dataclass(frozen=True, slots=True)
class Measured:
    """A published figure beside the quantity of the model that it is a measurement of.

    Parameters
    ----------
    pointer : str
        The row of the bundled table; two rows for a difference or a quotient.
    topic : str
        What is measured, such as ``"UKR losses"``: figures of one topic can be held against each other.
    terms : tuple of (outcome, nation)
        What is added up; ``-`` before the outcome takes it away.
    over : tuple of (outcome, nation)
        What it is divided by; empty for none.
    first, last : str
        Months: of a flow the window, of a level the month (both the same).
    family : {"Ukraine", "Russia", "third"}
        Who counts.
    published : str
        When it was out, at the latest.
    low, central, high : float
        Persons, persons a month, or a ratio.
    beside : float
        Further error on the log scale: what the window misses, or a definition that differs.
    note : str
        What to beware of.
    """

    pointer: str
    topic: str
    terms: tuple[Term, ...]
    over: tuple[Term, ...]
    first: str
    last: str
    family: Family
    published: str
    low: float
    central: float
    high: float
    beside: float = 0.0
    note: str = ""

    @property
    def sd(self) -> float:
        """Return the error sd on the log scale by the source's own account."""
        span = math.log(self.high / self.low) / SPAN if 0 < self.low < self.high else 0.0
        return math.sqrt(span**2 + ROUNDING**2 + self.beside**2)

    @property
    def group(self) -> tuple[str, str]:
        """Return whose bias it shares."""
        return self.topic, self.family


@dataclass(frozen=True, slots=True)
class _Entry:
    """How a row is read; ``scale`` turns its unit into persons (a month)."""

    pointer: str
    topic: str
    what: str
    first: str
    last: str
    family: Family
    published: str
    scale: float = 1.0
    beside: float = 0.0
    note: str = ""
    less: str = ""
    by: str = ""


WAR_MONTHS = 46
"""March 2022 to December 2025, of which cumulative figures of end-2025 are the sum."""

_ALL = "mean of the whole war stands for these months"
ENTRIES: tuple[_Entry, ...] = (
    _Entry("FG002", "UKR strength", "strength", "2023-12", "2023-12", "third", "2023-12", note="two months earlier"),
    _Entry("FG003", "UKR strength", "strength", "2024-01", "2024-01", "third", "2024-02", note="all defence forces"),
    _Entry("FG116", "UKR strength", "strength", "2023-12", "2023-12", "third", "2024-02"),
    _Entry("FG005", "UKR strength", "strength", "2025-02", "2025-02", "Ukraine", "2025-01-06", note="defence forces"),
    _Entry("FG004", "UKR strength", "strength", "2025-02", "2025-02", "Ukraine", "2025-01-15", note="armed forces"),
    _Entry("FG006", "UKR strength", "strength", "2025-02", "2025-02", "Ukraine", "2025-02-11"),
    _Entry("armed_forces UKR 2025 cia", "UKR strength", "strength", "2025-06", "2025-06", "third", "2026-01"),
    _Entry("FG007", "UKR strength", "strength", "2025-12", "2025-12", "Ukraine", "2025-12-25"),
    _Entry("FG067", "UKR intake", "accessions", "2024-01", "2024-02", "third", "2024-07"),
    _Entry("FG066", "UKR intake", "accessions", "2024-06", "2024-07", "third", "2024-07"),
    _Entry("FG065", "UKR intake", "accessions", "2024-01", "2024-12", "third", "2025-06"),
    _Entry("FG068", "UKR intake", "accessions", "2024-11", "2024-12", "third", "2025-03", note="blog"),
    _Entry("FG069", "UKR intake", "accessions", "2025-01", "2025-02", "third", "2025-03", note="blog"),
    _Entry("FG064", "UKR intake", "accessions", "2025-03", "2025-05", "Ukraine", "2025-04-15"),
    _Entry("FG070", "UKR intake", "accessions", "2025-06", "2025-07", "Ukraine", "2025-07-01", note="an MP"),
    _Entry("FG071", "UKR intake", "accessions", "2025-12", "2026-02", "Ukraine", "2026-02-02"),
    _Entry("FG061 high", "UKR wounded", "losses - killed", "2024-12", "2025-02", "Ukraine", "2025-02-16", 1 / 2.3, 0.25,
           "rounded totals", "FG061 low"),
    _Entry("FG046", "UKR losses", "losses", "2025-03", "2025-12", "third", "2026-01-28", 1 / WAR_MONTHS, 0.3, _ALL),
    _Entry("FG059", "UKR killed", "killed", "2024-03", "2024-11", "Ukraine", "2024-12-08", 1 / 9.4, 0.1,
           "the official counts, one less the other", "FG058"),
    _Entry("FG060", "UKR killed", "killed", "2024-12", "2025-02", "Ukraine", "2025-02-16", 1 / 2.3, 0.25,
           "rounded totals", "FG059 low"),
    _Entry("FG047", "UKR killed", "killed", "2025-03", "2025-12", "third", "2026-01-28", 1 / WAR_MONTHS, 0.3, _ALL),
    _Entry("FG048", "exchange ratio", "losses RUS / losses UKR", "2025-03", "2025-12", "third", "2026-01-28", 1.0, 0.2,
           _ALL),
    _Entry("FG074 high", "UKR awol", "awol", "2024-01", "2024-12", "Ukraine", "2024-09", 1 / 12, 0.94,
           "of 2023: the year before, which was 2.6 times its own (FG073 high)"),
    _Entry("FG075", "UKR awol", "awol", "2024-01", "2024-12", "Ukraine", "2025-01", 1 / 12),
    _Entry("FG076", "UKR awol", "awol", "2025-01", "2025-07", "Ukraine", "2025-09", 1 / 7),
    _Entry("FG078", "UKR awol", "awol", "2025-08", "2025-08", "Ukraine", "2025-09", 1.0, 0.0, "", "FG077"),
    _Entry("FG079", "UKR awol", "awol", "2025-09", "2025-09", "Ukraine", "2025-10", 1.0, 0.0, "", "FG078"),
    _Entry("FG080", "UKR awol", "awol", "2025-10", "2025-10", "Ukraine", "2025-11", 1.0, 0.05, "rounded", "FG079"),
    _Entry("FG081", "UKR awol", "awol", "2025-10", "2025-10", "Ukraine", "2025-12", 1.0, 0.1, "with desertion"),
    _Entry("FG072", "UKR awol", "awol", "2025-12", "2026-02", "Ukraine", "2026-02-02", 1.0, 0.15, "of 30,000 taken in"),
    _Entry("FG128", "UKR awol net", "awol - awol_returns", "2025-11", "2025-11", "Russia", "2025-11-15", 1.0, 0.15),
    _Entry("FG082", "UKR absent", "absent", "2026-01", "2026-01", "Ukraine", "2026-01-14"),
    _Entry("FG085", "UKR awol returns", "awol_returns", "2024-12", "2025-02", "Ukraine", "2025-03", 1 / 3),
    _Entry("FG084", "UKR awol returns", "awol_returns", "2025-03", "2025-08", "Ukraine", "2025-08-30", 1 / 6, 0.2,
           "less the first three months; the simplified scheme only", "FG085"),
    _Entry("FG112", "RUS strength", "strength", "2023-12", "2023-12", "third", "2022-02", 1.0, 0.25,
           "before the war: mobilisation and losses lie between"),
    _Entry("FG111", "RUS strength", "strength", "2025-02", "2025-02", "third", "2025-02-12"),
    _Entry("armed_forces RUS 2025 cia", "RUS strength", "strength", "2025-06", "2025-06", "third", "2026-01"),
    _Entry("FG118", "RUS intake", "accessions", "2024-01", "2024-12", "Russia", "2023-12-14", 1 / 12, 0.3,
           "official, of 2023: the year before"),
    _Entry("FG119", "RUS intake", "accessions", "2024-05", "2024-07", "third", "2024-06-27"),
    _Entry("FG036", "RUS intake", "accessions", "2024-10", "2024-12", "third", "2024-12-01"),
    _Entry("FG035", "RUS intake", "accessions", "2024-01", "2024-12", "Ukraine", "2025-12-30", note="'earlier years'"),
    _Entry("FG038 high", "RUS intake", "accessions", "2024-04", "2024-06", "Ukraine", "2025-08", 1 / 3),
    _Entry("FG038 low", "RUS intake", "accessions", "2025-04", "2025-06", "Ukraine", "2025-08", 1 / 3, 0.0,
           "contracts paid for by the budget: a third of the others' counts"),
    _Entry("FG037", "RUS intake", "accessions", "2025-03", "2025-07", "Ukraine", "2025-07-11"),
    _Entry("FG033", "RUS intake", "accessions", "2025-01", "2025-08", "Ukraine", "2025-09-01"),
    _Entry("FG028", "RUS intake", "accessions", "2025-01", "2025-12", "Ukraine", "2025-12-27", 1 / 12),
    _Entry("FG029", "RUS intake", "accessions", "2025-01", "2025-12", "Ukraine", "2026-03", 1 / 12),
    _Entry("FG034", "RUS intake", "accessions", "2025-12", "2026-02", "third", "2026-02-25"),
    _Entry("FG122", "RUS losses", "losses", "2024-05", "2024-06", "third", "2024-07", 1 / 2),
    _Entry("FG053", "RUS losses", "losses", "2024-11", "2024-11", "third", "2024-12", DAYS),
    _Entry("FG031", "RUS losses", "losses", "2024-01", "2024-12", "Ukraine", "2025-01-20", 1 / 12),
    _Entry("FG049", "RUS losses", "losses", "2025-01", "2025-12", "third", "2026-01-28"),
    _Entry("FG030", "RUS losses", "losses", "2025-01", "2025-12", "Ukraine", "2026-03", 1 / 12),
    _Entry("FG050", "RUS losses", "losses", "2025-12", "2026-01", "third", "2026-02"),
    _Entry("FG052", "RUS losses", "losses", "2026-01", "2026-03", "Ukraine", "2026-03-15", DAYS),
    _Entry("FG051", "RUS losses to intake", "losses RUS / accessions RUS", "2026-01", "2026-01", "third", "2026-02-25",
           note="losses less recruits, over the recruits of FG034", by="FG034"),
    _Entry("FG056", "RUS killed share", "killed RUS / losses RUS", "2025-03", "2025-12", "third", "2025-03-20"),
    _Entry("FG045", "RUS killed share", "killed RUS / losses RUS", "2025-03", "2025-12", "third", "2026-01-28",
           by="FG044", note="of the whole war"),
)  # fmt: skip

UNMEASURED = {
    "FG014": "the force in the theatre: not told apart from the army",
    "FG015": "the force in the theatre: not told apart from the army",
    "FG016": "the force in the theatre: not told apart from the army",
    "FG017": "the force in the theatre: not told apart from the army",
    "FG018": "the force in the theatre: not told apart from the army",
    "FG027": "a plan",
    "FG032": "a plan",
    "FG039": "a plan",
    "FG041": "a forecast, not a count",
    "FG044": "a sum since 2022: its share of killed is used (FG045)",
    "FG054": "an aim",
    "FG055": "a sum since 2022: its share of killed is used (FG056)",
    "FG057": "names that were confirmed: a lower bound",
    "FG083": "a factor on cases, by hearsay",
    "FG086": "people outside the army",
    "FG127": "one battalion",
}
"""Figures on people at war that are no measurement of this model, and why."""


def measured(
    first: str, last: str, *, as_known_on: str | None = None, after: str | None = None
) -> tuple[Measured, ...]:
    """Return the figures whose month, or most of whose window, lies in a span.

    Parameters
    ----------
    first, last : str
        Months: of the opening balance, and the last. Levels of the months up to ``first`` count as of it.
    as_known_on : str, optional
        Only what had been published by this date.
    after : str, optional
        Only what was published after this date.

    Returns
    -------
    tuple of Measured
        Windows cut to the span.

    Examples
    --------
    >>> from forcesim.evidence.measured import measured
    >>> found = measured("2025-02", "2026-06")
    >>> found[0].pointer, found[0].central, found[0].family
    ('FG005', 980000.0, 'Ukraine')
    """
    first, last, as_known_on, after = each(
        lambda: month("first", first),
        lambda: month("last", last),
        lambda: None if as_known_on is None else day("as_known_on", as_known_on),
        lambda: None if after is None else day("after", after),
    )
    found = []
    for entry in ENTRIES:
        if as_known_on is not None and entry.published > as_known_on:
            continue
        if after is not None and entry.published <= after:
            continue
        window = _window(entry, first, last)
        if window is not None:
            found.append(_read(entry, *window))
    return tuple(found)


def _window(entry: _Entry, first: str, last: str) -> tuple[str, str] | None:
    """Return an entry's months within a span: flows begin in the month after the opening balance."""
    if entry.what in ("strength", "absent"):
        return (entry.first, entry.last) if first <= entry.first <= last else None
    months = Timeline(min(entry.first, first), max(entry.last, last))
    begin, end, opening, stop = (months.index(each) for each in (entry.first, entry.last, first, last))
    inside = min(end, stop) - max(begin, opening + 1) + 1
    if 2 * inside < end - begin + 1:
        return None
    return months.label(max(begin, opening + 1)), months.label(min(end, stop))


def _terms(what: str, nation: str) -> tuple[Term, ...]:
    """Read ``"awol - awol_returns"`` and ``"losses RUS"``."""
    words = what.split(" - ")
    if len(words) == 2:
        return (words[0], nation), ("-" + words[1], nation)
    name, _, own = what.partition(" ")
    return ((name, own or nation),)


def _read(entry: _Entry, first: str, last: str) -> Measured:
    """Return an entry with its figures."""
    row = tables.lookup(entry.pointer)
    low, central, high = row.low, row.value, row.high
    pointer = entry.pointer
    if entry.less:
        other = tables.lookup(entry.less)
        low = central = high = row.value - other.value
        pointer = f"{entry.pointer} - {entry.less}"
    elif entry.by and entry.topic == "RUS losses to intake":
        base = tables.lookup(entry.by)
        low, central, high = ((each + row.value) / each for each in (base.high, base.value, base.low))
        pointer = f"{entry.pointer}; {entry.by}"
    elif entry.by:
        whole = tables.lookup(entry.by).value
        low, central, high = row.low / whole, row.value / whole, row.high / whole
        pointer = f"{entry.pointer}; {entry.by}"
    top, _, bottom = entry.what.partition(" / ")
    nation = entry.topic[:3]
    low, central, high = (each * entry.scale for each in (low, central, high))
    return Measured(
        pointer,
        entry.topic,
        _terms(top, nation),
        _terms(bottom, nation) if bottom else (),
        first,
        last,
        entry.family,
        entry.published,
        low,
        central,
        high,
        entry.beside,
        entry.note,
    )


def disagreement(figures: Sequence[Measured]) -> dict[str, float]:
    """Return each topic's sd on the log scale of figures of the same year, shrunk to that of all topics.

    Parameters
    ----------
    figures : sequence of Measured
        What is fitted to; nothing else is looked at.

    Examples
    --------
    >>> from forcesim.evidence.measured import disagreement, measured
    >>> found = disagreement(measured("2025-02", "2026-06"))
    >>> found["RUS intake"] > found["RUS losses"]
    True
    """
    years: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in figures:
        years[one.topic, one.last[:4]].append(math.log(one.central))
    squares: dict[str, float] = defaultdict(float)
    free: dict[str, int] = defaultdict(int)
    for (topic, _), logs in years.items():
        centre = sum(logs) / len(logs)
        squares[topic] += sum((each - centre) ** 2 for each in logs)
        free[topic] += len(logs) - 1
    all_free = sum(free.values())
    pooled = (sum(squares.values()) + SHRUNK * POOLED**2) / (all_free + SHRUNK)
    return {topic: math.sqrt((squares[topic] + SHRUNK * pooled) / (free[topic] + SHRUNK)) for topic in squares}


def not_measured(first: str, last: str) -> pd.DataFrame:
    """Return the figures on people at war, dated within a span, that the model says nothing on, and why.

    Parameters
    ----------
    first, last : str
        Months.
    """
    import pandas as pd

    first, last = each(lambda: month("first", first), lambda: month("last", last))
    rows = []
    for pointer, why in UNMEASURED.items():
        row = tables.lookup(pointer)
        if first <= row.date[:7] <= last:
            what = str(row.row["quantity"]).replace("_", " ")
            rows.append({"pointer": pointer, "what": what, "central": row.value, "date": row.date, "why not": why})
    return pd.DataFrame(rows, columns=["pointer", "what", "central", "date", "why not"])
