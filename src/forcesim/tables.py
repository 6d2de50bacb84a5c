"""The bundled tables: figures with source, date and licence, and the pointers that name one of them.

A *pointer* is what stands in ``source=`` of a number: the id of a single figure (``"FG004"``), or a table and its keys
(``"gdp_level DEU 2024"``, ``"contribution_records KFOR DEU"``), with a column as the last word where the table has
several (``"population UKR 2025 males_25_60"``, ``"FG008 high"``). :func:`lookup` turns a pointer into a
:class:`Figure`. Every file is checked against its checksum and its schema when it is first read.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from forcesim.arguments import text
from forcesim.errors import DataError, Fault

__all__ = ["Figure", "Row", "TableSchema", "figure_of", "is_pointer", "lookup", "lookups", "names", "schema", "table"]

Cell = str | float | int | None


class Row(Mapping[str, Cell]):
    """One row of a table: a mapping that nobody can change, and that can be copied and sent to a worker.

    Parameters
    ----------
    cells : mapping of str to cell
        By column; they are copied.

    Examples
    --------
    >>> Row({"iso3": "AUS", "year": 2024})
    Row({'iso3': 'AUS', 'year': 2024})
    """

    __slots__ = ("_cells",)

    def __init__(self, cells: Mapping[str, Cell]) -> None:
        """Hold a copy."""
        self._cells = dict(cells)

    def __getitem__(self, column: str) -> Cell:
        """Return the cell of a column."""
        return self._cells[column]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the columns."""
        return iter(self._cells)

    def __len__(self) -> int:
        """Return how many columns there are."""
        return len(self._cells)

    def __hash__(self) -> int:
        """Return a hash over columns and cells, so that a figure has one."""
        return hash(frozenset(self._cells.items()))

    def __repr__(self) -> str:
        """Return the cells as one writes them."""
        return f"Row({self._cells!r})"


SINGLE_FIGURE = re.compile(r"[A-Z]{2}\d{3}")


@dataclass(frozen=True, slots=True)
class TableSchema:
    """What the columns of a table are.

    Parameters
    ----------
    meaning : str
        What one row says.
    keys : tuple of str
        The columns that name a row, in the order in which a pointer gives them.
    values : mapping of str to str
        The numeric columns with their units; the first is what a pointer means when it names none.
    optional : tuple of str
        Key columns that a pointer may leave out, and cells that may be empty.
    prefer : mapping of str to tuple of str
        Which words of a column to prefer when a pointer leaves several rows.
    """

    meaning: str
    keys: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    prefer: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_YEARLY = ("iso3", "year")
SCHEMAS: Mapping[str, TableSchema] = MappingProxyType(
    {
        "armed_forces": TableSchema(
            "size of the armed forces, by kind of count",
            ("iso3", "year", "series"),
            {"persons": "persons", "low": "persons", "high": "persons"},
            ("series", "low", "high"),
            {"series": ("cia", "official", "authorised", "world_bank")},
        ),
        "contribution_records": TableSchema(
            "troops that a nation sent, or pledged, to a mission",
            ("mission", "iso3", "as_of"),
            {"troops": "persons"},
            ("as_of",),
            {"kind": ("deployed", "active army", "pledged")},
        ),
        "defence_share": TableSchema(
            "military expenditure over GDP, nations outside NATO", _YEARLY, {"share": "share of GDP"}
        ),
        "endings": TableSchema(
            "ceasefires and peace agreements by pair of sides: years until fighting resumed, or until the end of 2020",
            ("dyad", "episode"),
            {"years": "years", "broken": "0 or 1"},
        ),
        "gdp_2026": TableSchema(
            "GDP of 2026 at prices and exchange rates of 2025, with the growth that was expected",
            _YEARLY,
            {"gdp": "bn USD of 2025", "growth": "share per year"},
        ),
        "gdp_growth": TableSchema("growth of real GDP", _YEARLY, {"growth": "share per year"}),
        "gdp_level": TableSchema("GDP at prices and exchange rates of the year", _YEARLY, {"gdp": "bn USD"}),
        "growth_estimates": TableSchema(
            "trend, spread and persistence of real growth, shrunk to the panel (row ALL: the shared factor)",
            ("iso3",),
            {
                "trend": "share per year",
                "volatility": "share per year",
                "persistence": "ratio",
                "loading": "ratio",
                "own_volatility": "share per year",
                "own_persistence": "ratio",
                "raw_mean": "share per year",
                "raw_volatility": "share per year",
                "first_year": "year",
                "last_year": "year",
            },
        ),
        "nations": TableSchema(
            "names and memberships",
            ("iso3",),
            {"nato_since": "year", "eu": "0 or 1", "europe": "0 or 1", "coalition": "0 or 1"},
            ("nato_since",),
        ),
        "nato_2026": TableSchema(
            "core defence, people, equipment and personnel shares (NATO, edition of July 2026)",
            _YEARLY,
            {
                "share": "share of GDP",
                "persons": "persons",
                "equipment_share": "share of defence expenditure",
                "personnel_share": "share of defence expenditure",
            },
            ("share", "persons", "equipment_share", "personnel_share"),
        ),
        "nato_budget": TableSchema(
            "defence expenditure at prices and exchange rates of 2021 (NATO, edition of July 2026)",
            _YEARLY,
            {"budget": "bn USD of 2021"},
        ),
        "nato_defence_share": TableSchema("defence expenditure over GDP (NATO)", _YEARLY, {"share": "share of GDP"}),
        "nato_defence_share_vintages": TableSchema(
            "defence expenditure over GDP (NATO), as each edition has it",
            ("iso3", "year", "edition"),
            {"share": "share of GDP"},
        ),
        "nato_equipment_share": TableSchema(
            "equipment over defence expenditure (NATO)", _YEARLY, {"share": "share of defence expenditure"}
        ),
        "nato_personnel": TableSchema("military personnel (NATO)", _YEARLY, {"persons": "persons"}),
        "parameters": TableSchema(
            "single figures with the spread of their sources",
            ("id",),
            {"central": "", "low": "", "high": ""},
            ("low", "central", "high", "url", "note"),
        ),
        "population": TableSchema(
            "residents at mid-year",
            _YEARLY,
            {"males_18_60": "persons", "males_25_60": "persons", "total": "persons"},
        ),
        "war_losses": TableSchema(
            "killed and wounded of an army in a month, by who counts",
            ("iso3", "month", "series"),
            {"losses": "persons per month"},
        ),
        "sources": TableSchema("where each figure comes from", ("source",), {}, ("url",)),
    }
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a bundled table, as a pointer names it.

    Parameters
    ----------
    pointer : str
        The pointer that was resolved.
    value : float
        The figure; ``nan`` where the source gives words or a range only.
    low, high : float
        The range in the sources; equal to ``value`` where they give none.
    unit : str
        Unit of the figure.
    source, date, licence, url : str
        Who says so, as of when, and under which licence it may be passed on.
    note : str
        What to beware of.
    row : Row
        The whole row.
    """

    pointer: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    date: str
    licence: str
    url: str
    note: str
    row: Row

    def __str__(self) -> str:
        """Return the figure as one line that can be quoted."""
        spread = f" ({self.low:,.6g} to {self.high:,.6g})" if self.low < self.high else ""
        return f"{self.value:,.6g} {self.unit}{spread}: {self.source}, {self.date}"


def names() -> tuple[str, ...]:
    """Return the names of the bundled tables.

    Examples
    --------
    >>> from forcesim import tables
    >>> "parameters" in tables.names()
    True
    """
    return tuple(SCHEMAS)


def schema(name: str) -> TableSchema:
    """Return what the columns of a table are.

    Raises
    ------
    DataError
        If there is no such table.
    """
    if text("table", name, error=DataError) not in SCHEMAS:
        raise DataError(Fault("tables", "must be a bundled table", repr(name), _nearest(name, SCHEMAS)))
    return SCHEMAS[name]


def table(name: str) -> tuple[Row, ...]:
    """Read a bundled table; numbers are numbers, an empty cell is None.

    Parameters
    ----------
    name : str
        One of :func:`names`.

    Returns
    -------
    tuple of Row
        One read-only mapping per row, in the order of the file.

    Raises
    ------
    DataError
        If there is no such table, or the file does not fit its checksum, its types or its unique keys.

    Examples
    --------
    >>> from forcesim import tables
    >>> tables.table("defence_share")[0]["iso3"]
    'AUS'
    """
    return _table(text("table", name, error=DataError))


@cache
def _table(name: str) -> tuple[Row, ...]:
    """Read a bundled table once."""
    form = schema(name)
    content = (files("forcesim") / "data" / f"{name}.csv").read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != _checksums().get(f"{name}.csv"):
        raise DataError(Fault(f"{name}.csv", "must fit its checksum", found[:12], "reinstall forcesim"))
    return parse_table(name, content.decode("utf-8"), form)


def parse_table(name: str, text: str, form: TableSchema) -> tuple[Row, ...]:
    """Read the text of a table and check it against its schema; every fault is reported."""
    reader = csv.DictReader(io.StringIO(text))
    columns = reader.fieldnames or []
    missing = [column for column in (*form.keys, *form.values) if column not in columns]
    if missing:
        raise DataError([Fault(f"{name}.csv", "must have the column", column) for column in missing])
    faults: list[Fault] = []
    rows: list[Row] = []
    seen: set[tuple[Cell, ...]] = set()
    for line, cells in enumerate(reader, start=2):
        row: dict[str, Cell] = {}
        for column in columns:
            try:
                row[column] = _cell(column, cells[column], form)
            except (TypeError, ValueError):
                faults.append(Fault(f"{name}.csv:{line}.{column}", "must be a number", repr(cells[column])))
        key = tuple(row.get(column) for column in form.keys) + ((row["kind"],) if "kind" in row else ())
        if key in seen:
            faults.append(Fault(f"{name}.csv:{line}", "must have a key of its own", " ".join(map(str, key))))
        seen.add(key)
        rows.append(Row(row))
    if faults:
        raise DataError(faults)
    return tuple(rows)


def lookup(pointer: str) -> Figure:
    """Resolve one source pointer to the figure that it names.

    Where a pointer leaves several rows, the preferred series is taken (armed forces: CIA, official statement,
    authorised posts, World Bank; contributions: deployed before pledged) and of these the latest; ``low`` and ``high``
    of contributions span the rows of that kind.

    Parameters
    ----------
    pointer : str
        ``"FG004"``, ``"FG008 high"``, ``"gdp_level DEU 2024"``, ``"armed_forces RUS 2025 authorised"``,
        ``"population UKR 2025 males_25_60"``, ``"contribution_records KFOR DEU"``.

    Returns
    -------
    Figure
        Value, range, unit, source, date, licence and the whole row.

    Raises
    ------
    DataError
        If the pointer names no figure; the message gives the nearest one.

    Examples
    --------
    >>> from forcesim import tables
    >>> print(tables.lookup("FG004"))
    880,000 persons: Zelensky press conference with Tusk, LIGA.net, 2025, 2025-01-15
    >>> tables.lookup("nato_defence_share POL 2025").value
    0.0448
    """
    pointer = text("pointer", pointer, error=DataError)
    words = pointer.split()
    if words and SINGLE_FIGURE.fullmatch(words[0]):
        words = ["parameters", *words]
    if not words or words[0] not in SCHEMAS or not SCHEMAS[words[0]].values:
        rule = "must be an id such as FG004 or a table with its keys"
        raise DataError(Fault("source", rule, repr(pointer), _nearest(words[0] if words else "", SCHEMAS)))
    name, *keys = words
    form = SCHEMAS[name]
    column = keys.pop() if len(keys) > 1 and keys[-1] in form.values else next(iter(form.values))
    rows = _matching(name, form, keys, pointer)
    row = rows[-1]
    return _figure(pointer, form, column, row, rows)


def figure_of(name: str, row: Row, column: str) -> Figure:
    """Return the figure in a column of a row of a table, by itself.

    Examples
    --------
    >>> from forcesim import tables
    >>> tables.figure_of("gdp_growth", tables.table("gdp_growth")[0], "growth").unit
    'share per year'
    """
    form = schema(name)
    if column not in form.values:
        raise DataError(
            Fault("column", f"must be a number of {name}", repr(column), _nearest(str(column), form.values))
        )
    pointer = " ".join([name, *(str(row[key]) for key in form.keys), column])
    return _figure(pointer, form, column, row, (row,))


def lookups(text: str) -> tuple[Figure, ...]:
    """Resolve several pointers separated by semicolons.

    Raises
    ------
    DataError
        If one of them names no figure.
    """
    return tuple(lookup(part.strip()) for part in text.split(";"))


def is_pointer(text: str) -> bool:
    """Return whether a source is a pointer (or several) and not a free citation; it may still name no figure.

    Examples
    --------
    >>> from forcesim import tables
    >>> tables.is_pointer("gdp_level DEU 2024; FG004"), tables.is_pointer("Fortna (2008), page 104")
    (True, False)
    """
    firsts = [part.split()[0] if part.split() else "" for part in text.split(";")]
    return all(first in SCHEMAS or SINGLE_FIGURE.fullmatch(first) for first in firsts)


def _matching(name: str, form: TableSchema, keys: Sequence[str], pointer: str) -> list[Row]:
    """Return the rows that the keys leave, the preferred one last."""
    rows = list(table(name))
    needed = [key for key in form.keys if key not in form.optional]
    if not len(needed) <= len(keys) <= len(form.keys):
        form_text = " ".join([name, *needed, *(f"[{key}]" for key in form.keys if key in form.optional)])
        raise DataError(Fault("source", f"must have the form '{form_text}'", repr(pointer)))
    for column, word in zip(form.keys, keys, strict=False):
        left = [row for row in rows if str(row[column]) == word]
        if not left:
            present = dict.fromkeys(str(row[column]) for row in rows)
            raise DataError(
                Fault("source", f"{name} must hold a row with this {column}", repr(word), _nearest(word, present))
            )
        rows = left
    for column, order in form.prefer.items():
        best = min(order.index(str(row[column])) for row in rows)
        rows = [row for row in rows if row[column] == order[best]]
    return sorted(rows, key=lambda row: str(row.get("as_of", "")))


def _figure(pointer: str, form: TableSchema, column: str, row: Row, rows: Sequence[Row]) -> Figure:
    """Gather what is known of one figure."""
    value = _number(row[column])
    same = [_number(other[column]) for other in rows]
    low = _number(row["low"]) if row.get("low") is not None else min(same)
    high = _number(row["high"]) if row.get("high") is not None else max(same)
    if column in ("low", "high"):
        low = high = value
    origin: Mapping[str, Cell] = {}
    if row.get("id") is None and "source" in row:
        origin = next(other for other in table("sources") if other["source"] == row["source"])
    unit = form.values[column] or str(row["unit"])
    kind = str(row.get("counted") or row.get("kind") or row.get("status") or "")
    return Figure(
        pointer=pointer,
        value=value,
        low=low,
        high=high,
        unit=unit,
        source=str(origin.get("citation") or row.get("source") or "forcesim"),
        date=str(row.get("as_of") or origin.get("as_of") or ""),
        licence=str(origin.get("licence") or "single figure, cited"),
        url=str(origin.get("url") or row.get("url") or ""),
        note=str(row.get("note") or kind),
        row=row,
    )


def _cell(column: str, text: str, form: TableSchema) -> Cell:
    """Read one cell."""
    if column in form.values:
        if text == "" and column in form.optional:
            return None
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(text)
        return value
    if column == "year":
        return int(text)
    if text == "" and column in form.keys:
        raise ValueError(text)
    return text


def _number(cell: Cell) -> float:
    """Return a cell as a number; nothing published is nan."""
    return math.nan if cell is None else float(cell)


@cache
def _checksums() -> Mapping[str, str]:
    """Read the file of checksums: name of the file to its SHA-256."""
    text = (files("forcesim") / "data" / "SHA256SUMS").read_text(encoding="utf-8")
    return {name: found for found, name in (line.split() for line in text.splitlines())}


def _nearest(word: str, choices: Mapping[str, object]) -> str:
    """Return a remedy that names the nearest choice."""
    near = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.0)
    return f"did you mean {near[0]}?" if near else ""
