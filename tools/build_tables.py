"""Make the bundled tables from a folder of gathered reference files.

``python tools/build_tables.py --reference DIR`` reads the gathered files in DIR, keeps what the library needs and may
ship, and writes compact tables and their checksums to ``src/forcesim/data``. The same files in give the same bytes out.
What ships and why: ``docs/decisions/0003-bundled-tables.md``; where each figure comes from: ``data/SOURCES.md``.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from bundled_2026 import FIGURES_2026
from bundled_extras import (
    CONTRIBUTION_KINDS,
    EXTRA_FORCES,
    NATIONS,
    NOTES,
    PARAMETER_SOURCES,
    SIPRI_SINGLE_FIGURES,
    SOURCES,
)

from forcesim.evidence.growth import estimate_growth

DATA = Path(__file__).resolve().parent.parent / "src" / "forcesim" / "data"

Row = Sequence[str]


def number(value: float, digits: int = 6) -> str:
    """Write a number shortly: no exponent, no trailing zeros."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Reference:
    """The gathered files."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder."""
        self.folder = folder

    def rows(self, name: str) -> list[dict[str, str]]:
        """Read one gathered file."""
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def short_note(text: str, limit: int = 110) -> str:
    """Cut a note at a clause so that it stays within the limit."""
    text = text.strip()
    while len(text) > limit and "; " in text:
        text = text.rpartition("; ")[0]
    return text


def parameters(reference: Reference) -> Iterable[Row]:
    """Single figures: every row, notes shortened."""
    for row in reference.rows("parameters"):
        unit, scale = row["unit"], 1.0
        if unit.startswith("%"):
            unit, scale = "share" + (" of" if unit.startswith("% GDP") else "") + unit[1:], 100.0
        yield (
            row["id"],
            row["system"],
            row["actor"],
            row["quantity"],
            *(row[c] and number(float(row[c]) / scale) for c in ("low", "central", "high")),
            unit,
            row["as_of"],
            PARAMETER_SOURCES.get(row["id"]) or PARAMETER_SOURCES.get(row["source"]) or row["source"],
            row["url"] if len(row["url"]) <= 200 else "",
            NOTES.get(row["id"], short_note(row["note"])),
        )
    yield from FIGURES_2026


def gdp_growth(reference: Reference) -> Iterable[Row]:
    """Real growth, World Bank only."""
    for row in reference.rows("gdp_growth"):
        if row["wb_real_gdp_growth_pct"] and int(row["year"]) <= 2024:
            yield row["iso3"], row["year"], number(float(row["wb_real_gdp_growth_pct"]) / 100), "wb_growth"


def gdp_level(reference: Reference) -> Iterable[Row]:
    """Gross domestic product: World Bank for 2023, single International Monetary Fund figures for 2024 and 2025."""
    for row in reference.rows("gdp_level"):
        if row["year"] == "2023":
            yield row["iso3"], row["year"], row["wb_gdp_current_usd_bn"], "wb_gdp"
        elif row["year"] in ("2024", "2025"):
            yield row["iso3"], row["year"], row["gdp_current_usd_bn"], "imf_gdp"


def gdp_2026(reference: Reference) -> Iterable[Row]:
    """Gross domestic product of 2026 at prices of 2025: that of 2025, and one year's growth as the Fund expects it."""
    levels = {row["iso3"]: row["gdp_current_usd_bn"] for row in reference.rows("gdp_level") if row["year"] == "2025"}
    for row in reference.rows("gdp_projection"):
        if row["year"] == "2026":
            growth = float(row["real_gdp_growth_pct"]) / 100
            level = float(levels[row["iso3"]]) * (1 + growth)
            yield row["iso3"], row["year"], number(level, 3), number(growth), "imf_growth_2026"


def growth_estimates(reference: Reference) -> Iterable[Row]:
    """Our own estimates of trend, spread and persistence of growth, from the table that ships."""
    panel: dict[str, dict[int, float]] = {}
    for iso3, year, growth, _ in gdp_growth(reference):
        panel.setdefault(iso3, {})[int(year)] = float(growth)
    for estimate in estimate_growth(panel):
        yield (*(text if isinstance(text, str) else number(text, 4) for text in estimate), "own_growth")


EDITIONS = {"2025-08": "nato_2025", "2026-03": "nato_sg_2025"}


def nato_defence_share(reference: Reference) -> Iterable[Row]:
    """Defence expenditure over gross domestic product, NATO."""
    for row in reference.rows("nato_defence_share"):
        share = number(float(row["defence_pct_gdp"]) / 100)
        yield row["iso3"], row["year"], share, row["status"], EDITIONS[row["edition"]]


VINTAGES = {"2024-06": "nato_2024", "2025-08": "nato_2025", "2026-03": "nato_sg_2025"}
"""Editions that count alike. The one of July 2026 counts core defence only: as a later edition of the same measure it
would mislead whoever asks what was known on a date."""


def nato_defence_share_vintages(reference: Reference) -> Iterable[Row]:
    """Defence expenditure over gross domestic product, NATO, as each edition has it."""
    for row in reference.rows("nato_defence_share_vintages"):
        if row["edition"] in VINTAGES:
            share = number(float(row["defence_pct_gdp"]) / 100)
            yield row["iso3"], row["year"], row["edition"], share, row["status"], VINTAGES[row["edition"]]


def nato_personnel(reference: Reference) -> Iterable[Row]:
    """Military personnel as NATO counts them."""
    for row in reference.rows("nato_personnel"):
        persons = number(float(row["military_personnel_thousands"]) * 1000, 0)
        yield row["iso3"], row["year"], persons, row["status"], "nato_2024"
    for row in reference.rows("nato_fragments_2025_2026"):
        if row["metric"] == "military_personnel_thousands" and row["year"] == "2025":
            yield row["iso3"], row["year"], number(float(row["value"]) * 1000, 0), "estimate", "nato_2025"


def nato_equipment_share(reference: Reference) -> Iterable[Row]:
    """Equipment over defence expenditure, NATO."""
    for row in reference.rows("nato_equipment_share"):
        share = number(float(row["equipment_pct_of_defence_expenditure"]) / 100)
        yield row["iso3"], row["year"], share, row["status"], "nato_2024"
    for row in reference.rows("nato_fragments_2025_2026"):
        if row["metric"] == "equipment_share_pct" and row["year"] == "2025":
            yield row["iso3"], row["year"], number(float(row["value"]) / 100), "estimate", "nato_2025"


PARTS_2026 = {
    "Defence share of GDP 2025e": ("2025", "share"),
    "Defence share of GDP 2026e": ("2026", "share"),
    "Equipment share of defence 2026e": ("2026", "equipment_share"),
}
SUM_ROWS = ("NATO_EUR_CAN", "NATO_TOTAL")


def nato_2026(reference: Reference) -> Iterable[Row]:
    """Core defence, people, equipment and personnel shares: the edition of July 2026."""
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row in reference.rows("facts_2026"):
        quantity, _, iso3 = row["quantity"].rpartition(", ")
        if quantity in PARTS_2026 and len(iso3) == 3:
            year, column = PARTS_2026[quantity]
            cells.setdefault((iso3, year), {})[column] = number(float(row["value"]) / 100)
    for row in reference.rows("forces_by_nation"):
        found = cells.setdefault((row["nation"], row["date_of_fact"]), {})
        if row["quantity"] == "active_total_nato":
            found["persons"] = number(float(row["value"]), 0)
        elif row["quantity"] == "personnel_share_of_defence":
            found["personnel_share"] = number(float(row["value"]) / 100)
    for (iso3, year), found in cells.items():
        if found and iso3 not in SUM_ROWS:
            parts = [found.get(part, "") for part in ("share", "persons", "equipment_share", "personnel_share")]
            yield iso3, year, *parts, "estimate" if int(year) >= 2025 else "actual", "nato_2026"


def nato_budget(reference: Reference) -> Iterable[Row]:
    """Defence expenditure at prices and exchange rates of 2021, the edition of July 2026."""
    for row in reference.rows("nato_budget_real"):
        yield row["nation"], row["year"], row["budget_bn_usd_2021"], row["status"], "nato_2026"


def defence_share(reference: Reference) -> Iterable[Row]:
    """Military expenditure over gross domestic product of nations outside NATO: single figures only."""
    for row in reference.rows("defence_share"):
        if (row["iso3"], row["year"]) in SIPRI_SINGLE_FIGURES:
            yield row["iso3"], row["year"], number(float(row["milex_pct_gdp"]) / 100), "estimate", "sipri_single"


FORCE_SERIES = {
    "CIA_WFB": ("cia", "active", "cia"),
    "OFFICIAL_STATEMENT": ("official", "active", "ua_official"),
    "AUTHORISED_STRENGTH": ("authorised", "posts", "ru_decree"),
    "WB_MS.MIL.TOTL.P1": ("world_bank", "active with paramilitary", "wb_forces"),
}


def armed_forces(reference: Reference) -> Iterable[Row]:
    """Size of the armed forces, by kind of count."""
    for row in reference.rows("armed_forces"):
        if row["series"] not in FORCE_SERIES or (row["series"].startswith("WB") and row["year"] != "2020"):
            continue
        series, counted, source = FORCE_SERIES[row["series"]]
        low, central, high = row["low"], row["active_personnel"], row["high"]
        if not central:
            central = number((float(low) + float(high)) / 2, 0)
        yield row["iso3"], row["year"], series, low, number(float(central), 0), high, counted, source
    yield from EXTRA_FORCES


def population(reference: Reference) -> Iterable[Row]:
    """People and men of military age, 2020 to 2036."""
    for row in reference.rows("population"):
        if 2020 <= int(row["year"]) <= 2036:
            counts = (row["population_total"], row["males_18_60"], row["males_25_60"])
            yield row["iso3"], row["year"], *counts, row["status"], "un_wpp"


def contribution_records(reference: Reference) -> Iterable[Row]:
    """Who sent how many to past missions."""
    for row in reference.rows("contribution_records"):
        kind, source = CONTRIBUTION_KINDS[row["mission"], row["as_of"]]
        yield row["mission"], row["as_of"], row["iso3"], row["troops"], kind, source


BETWEEN_SIDES = ("ceasefire", "peace agreement")
LAST_SEEN = dt.date(2020, 12, 31)


def endings(reference: Reference) -> Iterable[Row]:
    """How long ceasefires and peace agreements lasted: years until fighting resumed, or until the end of 2020."""
    for row in reference.rows("endings_ucdp"):
        if row["outcome"] in BETWEEN_SIDES:
            ended, resumed = dt.date.fromisoformat(row["ended"]), row["fighting_resumed"]
            until = dt.date.fromisoformat(resumed) if resumed else LAST_SEEN
            years = number((until - ended).days / 365.25, 3)
            broken = str(int(bool(resumed)))
            yield (
                row["dyad_id"],
                row["episode"],
                row["conflict_type"],
                row["outcome"],
                row["ended"],
                years,
                broken,
                "ucdp",
            )


COUNTS_OF_LOSSES = {
    ("losses_claimed_by_enemy", "General Staff"): ("general_staff", "general_staff"),
    ("losses_estimated", "The Economist"): ("economist", "economist"),
}


def war_losses(reference: Reference) -> Iterable[Row]:
    """Russian losses by month: the claims of the other side, and an estimate that is made of several."""
    for row in reference.rows("war_months"):
        for (quantity, start), (series, source) in COUNTS_OF_LOSSES.items():
            one = (row["side"], row["quantity"], row["unit"]) == ("RUS", quantity, "persons/month")
            if one and row["source"].startswith(start):
                yield "RUS", row["month"], series, row["value"], source


def nations(_: Reference) -> Iterable[Row]:
    """Names and memberships."""
    for iso3, (name, nato_since, eu, europe, coalition) in NATIONS.items():
        yield iso3, name, str(nato_since or ""), *(str(int(flag)) for flag in (eu, europe, coalition))


def sources(_: Reference) -> Iterable[Row]:
    """Where each figure comes from."""
    yield from SOURCES


ESTIMATES = (
    "iso3,first_year,last_year,trend,volatility,persistence,loading,own_volatility,own_persistence,"
    "raw_mean,raw_volatility,source"
)
TABLES = {
    "armed_forces": (armed_forces, "iso3,year,series,low,persons,high,counted,source"),
    "contribution_records": (contribution_records, "mission,as_of,iso3,troops,kind,source"),
    "defence_share": (defence_share, "iso3,year,share,status,source"),
    "endings": (endings, "dyad,episode,kind,outcome,ended,years,broken,source"),
    "gdp_2026": (gdp_2026, "iso3,year,gdp,growth,source"),
    "gdp_growth": (gdp_growth, "iso3,year,growth,source"),
    "gdp_level": (gdp_level, "iso3,year,gdp,source"),
    "growth_estimates": (
        growth_estimates,
        ESTIMATES,
    ),
    "nations": (nations, "iso3,name,nato_since,eu,europe,coalition"),
    "nato_2026": (nato_2026, "iso3,year,share,persons,equipment_share,personnel_share,status,source"),
    "nato_budget": (nato_budget, "iso3,year,budget,status,source"),
    "nato_defence_share": (nato_defence_share, "iso3,year,share,status,source"),
    "nato_defence_share_vintages": (nato_defence_share_vintages, "iso3,year,edition,share,status,source"),
    "nato_equipment_share": (nato_equipment_share, "iso3,year,share,status,source"),
    "nato_personnel": (nato_personnel, "iso3,year,persons,status,source"),
    "parameters": (parameters, "id,system,actor,quantity,low,central,high,unit,as_of,source,url,note"),
    "population": (population, "iso3,year,total,males_18_60,males_25_60,status,source"),
    "war_losses": (war_losses, "iso3,month,series,losses,source"),
    "sources": (sources, "source,citation,as_of,licence,url"),
}


def write(reference: Reference, folder: Path) -> list[str]:
    """Write every table and the file of checksums; return their lines."""
    checksums = []
    for name, (make, header) in TABLES.items():
        columns = header.split(",")
        rows = [list(row) for row in make(reference)]
        assert all(len(row) == len(columns) for row in rows), name
        if name not in ("parameters", "sources", "nations"):
            rows.sort()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        content = text.getvalue().encode()
        (folder / f"{name}.csv").write_bytes(content)
        checksums.append(f"{hashlib.sha256(content).hexdigest()}  {name}.csv")
        print(f"{name}: {len(rows)} rows, {len(content):,} bytes")
    (folder / "SHA256SUMS").write_text("\n".join(checksums) + "\n", encoding="utf-8")
    return checksums


def main() -> None:
    """Read the command line and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--reference", type=Path, required=True, help="folder with the gathered files")
    parser.add_argument("--output", type=Path, default=DATA, help="where the tables go")
    options = parser.parse_args()
    write(Reference(options.reference), options.output)


if __name__ == "__main__":
    main()
