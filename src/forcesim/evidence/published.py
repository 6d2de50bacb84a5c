"""Published computations, replayed: the library computes what others have published, and says how far off it is."""

from __future__ import annotations

import dataclasses
import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forcesim import paths
from forcesim.arguments import texts
from forcesim.errors import DataError, Fault, ForcesimError
from forcesim.evidence.published_cases import Agreement, Case, bundled_cases, cases_of, load_cases
from forcesim.evidence.published_run import answer_of, scenario_of
from forcesim.scenario import load
from forcesim.view.tables import Quotable, html_table

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.evidence.published_run import PathValues
    from forcesim.scenario import Scenario

__all__ = ["Replay", "Replayed", "replay"]

NARROW = 0.01
"""A tolerance beyond which the printed verdict names it."""

TINY = 1e-9
"""Rounding: shown as 0."""

WIDEST = 44
"""Characters of inputs that a printed table shows."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One published computation beside the library's.

    Attributes
    ----------
    case : Case
        What was replayed.
    published, published_low, published_high : float
        What was published; nan where there is no number.
    computed, error, low, high : float
        The library's number, its Monte Carlo error, and 5 to 95 % of its paths; nan where nothing was run.
    difference : float
        Computed less published; to the nearest end of the span where only a span was published.
    unit, verdict : str
        Unit of all; ``match``, ``within the spread``, ``differs`` or ``cannot be replayed``.
    """

    case: Case
    published: float
    published_low: float
    published_high: float
    computed: float
    error: float
    low: float
    high: float
    difference: float
    unit: str
    verdict: str

    @property
    def as_expected(self) -> bool:
        """Return whether the verdict is the one that the case states."""
        return self.verdict == self.case.expect

    @property
    def relative(self) -> float:
        """Return the difference over what was published."""
        scale = self.published if math.isfinite(self.published) else 0.5 * (self.published_low + self.published_high)
        return self.difference / abs(scale) if scale else math.nan


def replay(
    names: str | Sequence[str] | None = None,
    *,
    cases: str | os.PathLike[str] | Mapping[str, Any] | Iterable[Case] | None = None,
) -> Replay:
    """Replay published computations through the library's own calls, and say which match.

    Each case makes or takes a scenario, sets the published inputs by path, finds what nobody published, simulates, and
    reads an expression over outcomes; nothing is computed beside the library.

    Parameters
    ----------
    names : str or sequence of str, optional
        Names of cases, or their beginnings (``"C6"``); all bundled ones unless given, or all of ``cases``.
    cases : path, mapping or iterable of Case, optional
        Cases of your own beside the bundled ones: a YAML or JSON file, what one would hold, or cases.

    Returns
    -------
    Replay
        One row a case; prints as a table that can be quoted.

    Raises
    ------
    DataError
        If a name is unknown, or a case is faulty: every fault of all cases, each by its path.

    Examples
    --------
    >>> from forcesim import evidence
    >>> found = evidence.replay("B1-gap")
    >>> found["B1-gap"].computed, found["B1-gap"].verdict
    (500000.0, 'match')
    """
    own = _own(cases)
    bundled = bundled_cases()
    known = {case.id for case in bundled}
    again = [case.id for case in own if case.id in known]
    if again:
        raise DataError([Fault(f"cases.{name}", "must not have the name of a bundled case") for name in again])
    chosen = _chosen(names, own, bundled)
    loader = functools.cache(load)  # of this call only: a caller's file may change between two
    ready = _attempted((case, lambda case=case: scenario_of(case, loader) if case.runs else None) for case in chosen)
    answers = _attempted((case, lambda case=case, world=world: _answer(case, world)) for case, world in ready)
    return Replay(tuple(_compared(case, answer) for case, answer in answers))


def _own(cases: str | os.PathLike[str] | Mapping[str, Any] | Iterable[Case] | None) -> tuple[Case, ...]:
    """Return the caller's cases."""
    import os
    from collections.abc import Mapping

    if cases is None:
        return ()
    if isinstance(cases, (str, os.PathLike)):
        return load_cases(cases)
    if isinstance(cases, Mapping):
        return cases_of(dict(cases))
    own = tuple(cases)
    return own if all(isinstance(one, Case) for one in own) else cases_of({"cases": list(own)})


def _chosen(names: str | Sequence[str] | None, own: Sequence[Case], bundled: Sequence[Case]) -> list[Case]:
    """Return the cases that are asked for, in the order of the registry."""
    if names is None:
        return list(own or bundled)
    names = texts("names", names, error=DataError)
    if not names:
        raise DataError(Fault("names", "must name a case", "none", "without names all are replayed"))
    registry, wanted, faults = [*bundled, *own], set[str](), []
    for name in names:
        found = [case.id for case in registry if case.id == name or case.id.startswith(f"{name}-")]
        if not found:
            near = paths.nearest(name, [case.id for case in registry])
            faults.append(Fault("names", "must name a case", repr(name), near))
        wanted.update(found)
    if faults:
        raise DataError(faults)
    return [case for case in registry if case.id in wanted]


def _attempted(steps: Iterable[tuple[Case, Any]]) -> list[tuple[Case, Any]]:
    """Return what each step gives, or raise with the faults of all that fail."""
    found, faults = [], []
    for case, step in steps:
        try:
            found.append((case, step()))
        except ForcesimError as error:
            place = f"cases.{case.id}"
            faults += [
                dataclasses.replace(one, path=f"{place}: {one.path}" if one.path else place) for one in error.faults
            ]
    if faults:
        raise DataError(faults)
    return found


def _answer(case: Case, scenario: Scenario | None) -> PathValues | None:
    return None if scenario is None else answer_of(case, scenario)


def _compared(case: Case, answer: PathValues | None) -> Replayed:
    """Return a case with its verdict."""
    value, low, high = (math.nan,) * 3 if case.published is None else case.published.numbers()
    unit = case.unit if case.published is None else case.published.shown_unit
    if answer is None:
        return Replayed(case, value, low, high, *(math.nan,) * 5, unit, Agreement.CANNOT)
    computed = answer.estimate.value
    if case.published is None:
        difference = math.nan
    elif math.isfinite(value):
        difference = computed - value
    else:
        difference = computed - min(max(computed, low), high)
    return Replayed(
        case, value, low, high, computed, answer.estimate.error, answer.low, answer.high, difference, unit,
        _verdict(case, (value, low, high), computed, (answer.low, answer.high)),
    )  # fmt: skip


def _verdict(case: Case, published: tuple[float, float, float], computed: float, paths_: tuple[float, float]) -> str:
    """Return how a computed number stands to the published one."""
    value, low, high = published
    if case.published is None or case.expect == Agreement.CANNOT:
        return Agreement.CANNOT  # a number may be shown all the same: it is ours, and nobody published its like
    if math.isfinite(value) and abs(computed - value) <= case.tolerance * abs(value):
        return Agreement.MATCH
    slack = case.tolerance * max(abs(low), abs(high))
    inside = low < high and low - slack <= computed <= high + slack
    middle = value if math.isfinite(value) else 0.5 * (low + high)
    if inside or (paths_[0] < paths_[1] and paths_[0] <= middle <= paths_[1]):
        return Agreement.WITHIN
    return Agreement.DIFFERS


class Replay(Quotable):
    """Published computations beside the library's.

    Parameters
    ----------
    rows : tuple of Replayed
        One a case.

    Notes
    -----
    Made by :func:`replay`. Prints as a table; ``found["B1-gap"]`` is one row, ``for row in found`` all.
    """

    def __init__(self, rows: tuple[Replayed, ...]) -> None:
        """Hold the rows."""
        self.rows = rows

    def __getitem__(self, name: str) -> Replayed:
        """Return the row of a case."""
        found = {row.case.id: row for row in self.rows}
        if name not in found:
            raise DataError(Fault("names", "must name a case", repr(name), paths.nearest(name, found)))
        return found[name]

    def __iter__(self) -> Iterator[Replayed]:
        """Iterate over the rows."""
        return iter(self.rows)

    def __len__(self) -> int:
        """Return how many cases there are."""
        return len(self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many cases have each verdict."""
        every = (Agreement.MATCH, Agreement.WITHIN, Agreement.DIFFERS, Agreement.CANNOT)
        return {verdict: sum(row.verdict == verdict for row in self.rows) for verdict in every}

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a case: inputs, published, computed, difference, unit, verdict, why, source, url, date.

        Examples
        --------
        >>> from forcesim import evidence
        >>> float(evidence.replay("B1").to_dataframe().loc["B1-100k", "computed"])
        400000.0
        """
        import pandas as pd

        rows = [
            {
                "case": row.case.id,
                "title": row.case.title,
                "inputs": _inputs(row.case),
                "published": row.published,
                "published_low": row.published_low,
                "published_high": row.published_high,
                "computed": row.computed,
                "error": row.error,
                "low": row.low,
                "high": row.high,
                "difference": row.difference,
                "relative": row.relative,
                "unit": row.unit,
                "verdict": row.verdict,
                "why": row.case.why,
                "note": row.case.note,
                "source": row.case.source,
                "url": row.case.url,
                "date": row.case.date,
            }
            for row in self.rows
        ]
        return pd.DataFrame(rows).set_index("case")

    def figure(self) -> Figure:
        """Return each computed number over the published one, with the published span; needs ``forcesim[plot]``."""
        from forcesim.view.replayed import replayed

        shown = [row for row in self.rows if row.verdict != Agreement.CANNOT]
        scale = [_middle(row) for row in shown]
        return replayed(
            labels=[row.case.id for row in shown],
            spans=[(row.published_low / m, row.published_high / m) for row, m in zip(shown, scale, strict=True)],
            values=[row.computed / m for row, m in zip(shown, scale, strict=True)],
            groups=[row.verdict for row in shown],
            order=(Agreement.MATCH, Agreement.DIFFERS, Agreement.WITHIN),
            title="Published computations, replayed",
            source=self._caption(),
        )

    def _caption(self) -> str:
        said = ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items() if count)
        return f"{len(self.rows)} published computations replayed: {said}"

    def _cells(self) -> list[list[str]]:
        head = ["case", "inputs", "published", "computed", "difference", "unit", "verdict"]
        return [head, *(_cells(row) for row in self.rows)]

    def __repr__(self) -> str:
        """Return the table that one can quote, and below it why some do not match."""
        table = super().__repr__()
        whys = [f"{row.case.id}: {row.case.why}" for row in self.rows if row.case.why]
        return "\n".join([table, *(["", *whys] if whys else [])])

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        head, *cells = self._cells()
        whys = [row.case.why or row.case.note for row in self.rows]
        rows = [[*head, "why"], *([*line, why] for line, why in zip(cells, whys, strict=True))]
        return html_table(rows, caption=self._caption())


def _middle(row: Replayed) -> float:
    """Return the published number that a row is measured by."""
    middle = row.published if math.isfinite(row.published) else 0.5 * (row.published_low + row.published_high)
    return middle or 1.0


def _cells(row: Replayed) -> list[str]:
    """Return a row of the printed table."""
    if row.published_low < row.published_high:
        span = f"{_shown(row.published_low)} to {_shown(row.published_high)}"
        published = f"{_shown(row.published)} ({span})" if math.isfinite(row.published) else span
    else:
        published = _shown(row.published)
    error = " ± unknown" if math.isnan(row.error) and not math.isnan(row.computed) else ""
    computed = _shown(row.computed) + (f" ± {_shown(row.error)}" if row.error > 0.0 else error)
    relative = f" ({100 * row.relative:+.1f} %)" if abs(row.relative) > TINY else ""
    difference = "" if math.isnan(row.difference) else f"{_shown(row.difference, sign='+')}{relative}"
    given = _inputs(row.case)
    short = given if len(given) <= WIDEST else given[: WIDEST - 4].rpartition(";")[0] + "; ..."
    loose = row.verdict == Agreement.MATCH and row.case.tolerance > NARROW
    verdict = f"{row.verdict} within {100 * row.case.tolerance:g} %" if loose else row.verdict
    return [row.case.id, short, published, computed, difference, row.unit, verdict]


def _inputs(case: Case) -> str:
    """Return the published figures that go in, as one line."""
    return "; ".join(one.name if one.of_many else f"{one.name} {_shown(one.figure())}" for one in case.inputs)


def _shown(value: float, *, sign: str = "") -> str:
    """Return a number as a table quotes it; nothing for nan."""
    if math.isnan(value):
        return ""
    value = float(f"{value:.12g}")  # what is left of rounding is no difference
    if abs(value) < TINY:
        return "0"
    if abs(value) >= 1000.0 or value == round(value):
        return f"{value:{sign},.0f}"
    return f"{value:{sign}.4g}"
