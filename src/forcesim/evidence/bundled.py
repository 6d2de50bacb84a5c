"""The bundled figures as tables that one can read: every figure with its unit, source, date and licence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forcesim import tables
from forcesim.arguments import day, shown, text
from forcesim.errors import DataError, Fault
from forcesim.tables import Figure, lookup
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd
    from matplotlib.figure import Figure as Picture

__all__ = ["Views", "panel", "parameter", "sources", "table"]

PANEL = (("iso3", "year"), 1)
"""Keys of a table that is a panel, and its numbers."""


def table(name: str, *, as_known_on: str | dt.date | None = None) -> pd.DataFrame:
    """Return a bundled table, one row for each figure.

    Parameters
    ----------
    name : str
        One of :func:`forcesim.tables.names`, such as ``"gdp_growth"``.
    as_known_on : str or date, optional
        A date (``"2024-07-01"``, ``"2024-07"``): only what had been published by then. Of a table that holds several
        editions (``nato_defence_share_vintages``) each figure is then that of the last one.

    Returns
    -------
    pandas.DataFrame
        The table's keys; ``quantity`` (the column of the file), ``value``, ``unit``, ``source``, ``date``,
        ``licence``, ``note``. Shares are fractions.

    Raises
    ------
    DataError
        If there is no such table, or it does not fit its checksum, its types or its unique keys.

    Examples
    --------
    >>> from forcesim import evidence
    >>> found = evidence.table("gdp_growth").query("iso3 == 'POL' and year == 2024")
    >>> found[["unit", "licence"]].iloc[0].tolist(), float(found["value"].iloc[0])
    (['share per year', 'CC BY 4.0'], 0.03028)
    """
    import pandas as pd

    form = tables.schema(name)
    known_on = None if as_known_on is None else day("as_known_on", as_known_on, error=DataError)
    columns = tuple(form.values)
    if not columns:
        raise DataError(Fault("table", "must hold figures", name, "evidence.sources() lists where they come from"))
    found = []
    for row in tables.table(name):
        for column in columns:
            if row[column] is None or (column in ("low", "high") and "central" in row):
                continue
            about = tables.figure_of(name, row, column)
            keys = {key: row[key] for key in form.keys}
            spread = {"low": about.low, "high": about.high} if "low" in columns else {}
            found.append(
                {
                    **keys,
                    "quantity": str(row.get("quantity", column)),
                    "value": about.value,
                    **spread,
                    "unit": about.unit,
                    "source": about.source,
                    "date": about.date,
                    "licence": about.licence,
                    "note": about.note,
                }
            )
    frame = pd.DataFrame(found)
    return frame if known_on is None else _as_known(frame, form.keys, known_on)


def panel(name: str) -> dict[str, dict[int, float]]:
    """Return a bundled table of nations and years as plain numbers.

    Raises
    ------
    DataError
        If there is no such table, or it has more than one number for a nation and a year.

    Examples
    --------
    >>> from forcesim import evidence
    >>> evidence.panel("nato_defence_share")["POL"][2025]
    0.0448
    """
    form = tables.schema(name)
    if (form.keys, len(form.values)) != PANEL:
        there = [one for one in tables.names() if (tables.schema(one).keys, len(tables.schema(one).values)) == PANEL]
        rule = "must have one number for each nation and year"
        raise DataError(Fault("panel", rule, shown(name), f"such are {', '.join(there)}"))
    found: dict[str, dict[int, float]] = {}
    for row in table(name).to_dict("records"):
        found.setdefault(row["iso3"], {})[int(row["year"])] = float(row["value"])
    return found


def _as_known(frame: pd.DataFrame, keys: tuple[str, ...], date: str) -> pd.DataFrame:
    """Return what was published by a date, and of several editions the last."""
    edition = "edition" if "edition" in keys else "date"
    dated = frame[edition].astype(str)
    known = frame[(dated != "") & (dated <= date) | (dated.str.slice(0, len(date)) == date)]
    if "edition" not in keys:
        return known.reset_index(drop=True)
    others = [key for key in keys if key != "edition"]
    last = known.sort_values("edition", kind="stable").groupby([*others, "quantity"], sort=False).tail(1)
    return last.sort_values(others, kind="stable").reset_index(drop=True)


def sources() -> pd.DataFrame:
    """Return where the figures come from: one row a source of a whole table, then one a citation of a single figure.

    Returns
    -------
    pandas.DataFrame
        ``source``, ``citation``, ``date``, ``licence``, ``url`` and ``figures``: how many are taken from it.

    Examples
    --------
    >>> from forcesim import evidence
    >>> set(evidence.sources().columns) == {"source", "citation", "date", "licence", "url", "figures"}
    True
    """
    import pandas as pd

    counts: dict[str, int] = {}
    singles: dict[str, dict[str, object]] = {}
    for name in tables.names():
        for row in tables.table(name):
            if name == "parameters":
                about = tables.lookup(str(row["id"]))
                known = singles.setdefault(
                    about.source,
                    {
                        "source": str(row["id"]),
                        "citation": about.source,
                        "date": about.date,
                        "licence": about.licence,
                        "url": about.url,
                        "figures": 0,
                    },
                )
                known["figures"] = int(str(known["figures"])) + 1
            elif name != "sources" and "source" in row:
                counts[str(row["source"])] = counts.get(str(row["source"]), 0) + 1
    whole = [
        {
            "source": row["source"],
            "citation": row["citation"],
            "date": row["as_of"],
            "licence": row["licence"],
            "url": row["url"] or "",
            "figures": counts.get(str(row["source"]), 0),
        }
        for row in tables.table("sources")
    ]
    return pd.DataFrame([*whole, *singles.values()])


@dataclass(frozen=True, slots=True, repr=False)
class Views(Quotable):
    """What is published on one quantity: a figure, and all others on the same quantity and actor.

    Parameters
    ----------
    chosen : Figure
        The one that was asked for.
    others : tuple of Figure
        The rest, by date; figures of other dates may differ because things changed.
    """

    chosen: Figure
    others: tuple[Figure, ...]

    @property
    def low(self) -> float:
        """Return the least that its own source gives."""
        return self.chosen.low

    @property
    def central(self) -> float:
        """Return the figure."""
        return self.chosen.value

    @property
    def high(self) -> float:
        """Return the greatest that its own source gives."""
        return self.chosen.high

    @property
    def disagree(self) -> tuple[Figure, ...]:
        """Return those whose span does not touch the span of this one."""
        return tuple(other for other in self.others if other.low > self.high or other.high < self.low)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a figure: who says what, when."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "id": one.pointer,
                    "low": one.low,
                    "central": one.value,
                    "high": one.high,
                    "unit": one.unit,
                    "date": one.date,
                    "source": one.source,
                    "disagrees": one in self.disagree,
                }
                for one in (self.chosen, *self.others)
            ]
        )

    def figure(self) -> Picture:
        """Return the sources as a forest plot; those that disagree stand out."""
        import numpy as np

        from forcesim.view.sources import spans

        every = (self.chosen, *self.others)
        return spans(
            labels=[f"{one.date}  {one.source[:58].rstrip(', ')}  ({one.pointer})" for one in every],
            values=np.array([(one.low, one.value, one.high) for one in every]),
            marked=[one in self.disagree for one in every],
            title=self._caption(),
            unit=self.chosen.unit,
            source=f"orange: does not touch the span of {self.chosen.pointer}; other dates may differ because"
            " things changed",
        )

    def _cells(self) -> list[list[str]]:
        rows = [["id", "low", "central", "high", "date", "disagrees", "who says so"]]
        for row in self.to_dataframe().to_dict("records"):
            numbers = [_written(float(row[name])) for name in ("low", "central", "high")]
            rows.append([row["id"], *numbers, row["date"], "yes" if row["disagrees"] else "", row["source"][:60]])
        return rows

    def _caption(self) -> str:
        row = self.chosen.row
        return f"{row['actor']}: {str(row['quantity']).replace('_', ' ')}, {self.chosen.unit}"


def _written(value: float) -> str:
    """Write a figure, or a dash where nothing is published."""
    return "-" if math.isnan(value) else f"{value:,.6g}"


def parameter(id: str) -> Views:  # noqa: A002 - the field's own word, and the column's name
    """Return a single figure with low, central and high, who says so, and who disagrees.

    Parameters
    ----------
    id : str
        Such as ``"FG004"``.

    Returns
    -------
    Views
        The figure and all others on the same quantity and actor.

    Raises
    ------
    DataError
        If there is no such figure.

    Examples
    --------
    >>> from forcesim import evidence
    >>> found = evidence.parameter("FG004")
    >>> found.central, len(found.others) > 3, found.disagree[0].pointer
    (880000.0, True, 'FG001')
    """
    if not tables.SINGLE_FIGURE.fullmatch(text("id", id, error=DataError)):
        raise DataError(Fault("id", "must be that of a single figure, such as FG004", repr(id)))
    figure = lookup(id)
    same = [
        lookup(str(row["id"]))
        for row in tables.table("parameters")
        if (row["quantity"], row["actor"]) == (figure.row["quantity"], figure.row["actor"]) and row["id"] != id
    ]
    return Views(figure, tuple(sorted(same, key=lambda one: (one.date, one.pointer))))
