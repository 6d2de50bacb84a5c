"""The bundled tables: whole, typed, unique, and true to what was published."""

from __future__ import annotations

import hashlib
import math
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from forcesim import tables
from forcesim.errors import DataError

DATA = files("forcesim") / "data"
PUBLISHED = [  # read from the publications themselves
    ("FG004", 880_000),
    ("FG006", 1_000_000),
    ("FG024", 1_500_000),
    ("FG077", 6_988 + 17_658 + 67_840 + 110_511),
    ("CT001 low", 100_000),
    ("CT001 high", 150_000),
    ("CT002", 500_000),
    ("SP030", 0.035),
    ("SP031", 0.015),
    ("DT007", 0.62),
    ("nato_defence_share POL 2025", 0.0448),
    ("nato_defence_share LTU 2025", 0.0400),
    ("nato_defence_share DEU 2024", 0.020037),
    ("nato_defence_share_vintages DEU 2024 2024-06", 0.0212),
    ("nato_defence_share_vintages DEU 2024 2025-08", 0.020037),
    ("nato_personnel POL 2024", 216_100),
    ("nato_equipment_share POL 2025", 0.545),
    ("defence_share UKR 2025", 0.39561),
    ("gdp_growth USA 2009", -0.02576),
    ("gdp_growth UKR 2022", -0.28759),
    ("gdp_level DEU 2025", 5_013.574),
    ("armed_forces USA 2025", 1_280_000),
    ("armed_forces UKR 2025 official", 880_000),
    ("armed_forces RUS 2025 authorised", 1_500_000),
    ("armed_forces CHE 2022", 100_000),
    ("contribution_records KFOR DEU", 530),
    ("endings 11545 1", 2.155),
    ("contribution_records IFOR USA", 22_000),
    ("FG301", 1_502_640),
    ("FG303", (42_860 + 42_020 + 46_230) / 3),
    ("SP301", 0.272),
    ("FR303", (117_020 + 120_614) / 2 / 603_550),
    ("war_losses RUS 2024-05 general_staff", 38_940),
    ("nato_2026 EST 2026", 0.0510),
    ("nato_2026 POL 2026 persons", 263_600),
    ("nato_2026 POL 2026 equipment_share", 0.559),
    ("nato_budget ALB 2014", 0.1981),
    ("gdp_2026 DEU 2026", 5_013.574 * 1.009),
]


@pytest.mark.parametrize("name", tables.names())
def test_loads_with_types_and_unique_keys(name: str) -> None:
    rows, form = tables.table(name), tables.schema(name)
    assert rows
    for row in rows:
        for column in form.values:
            cell = row[column]
            assert (cell is None and column in form.optional) or (isinstance(cell, float) and math.isfinite(cell))
    with pytest.raises(TypeError):
        rows[0]["anything"] = 1  # type: ignore[index]


def test_checksums_cover_every_file_and_hold() -> None:
    lines = (DATA / "SHA256SUMS").read_text().splitlines()
    sums = {name: found for found, name in (line.split() for line in lines)}
    assert set(sums) == {entry.name for entry in DATA.iterdir() if entry.name.endswith(".csv")}
    assert set(sums) == {f"{name}.csv" for name in tables.names()}
    for name, found in sums.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == found


def test_a_changed_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_checksums", lambda: {"gdp_level.csv": "0" * 64})
    tables._table.cache_clear()
    with pytest.raises(DataError, match=r"gdp_level\.csv: must fit its checksum, got .* \(reinstall forcesim\)"):
        tables.table("gdp_level")
    tables._table.cache_clear()


def test_every_fault_of_a_table_is_reported() -> None:
    text = "iso3,year,gdp,source\nDEU,2024,much,imf_gdp\nFRA,2024,1,imf_gdp\nFRA,2024,2,imf_gdp\nPOL,2024,nan,imf_gdp\n"
    with pytest.raises(DataError) as caught:
        tables.parse_table("gdp_level", text, tables.schema("gdp_level"))
    assert [fault.path for fault in caught.value.faults] == [
        "gdp_level.csv:2.gdp",
        "gdp_level.csv:4",
        "gdp_level.csv:5.gdp",
    ]
    with pytest.raises(DataError, match="must have the column, got gdp"):
        tables.parse_table("gdp_level", "iso3,year,source\n", tables.schema("gdp_level"))


@pytest.mark.parametrize(("pointer", "value"), PUBLISHED)
def test_figures_as_published(pointer: str, value: float) -> None:
    assert tables.lookup(pointer).value == pytest.approx(value, rel=1e-3)


def test_every_row_of_every_table_can_be_pointed_at() -> None:
    for name in tables.names():
        form = tables.schema(name)
        if not form.values or name == "sources":
            continue
        for row in tables.table(name):
            keys = [str(row[key]) for key in form.keys]
            pointer = str(row["id"]) if name == "parameters" else " ".join([name, *keys])
            figure = tables.lookup(pointer)
            assert tables.is_pointer(pointer)
            if name != "contribution_records":
                assert figure.row is row
            assert figure.source
            if math.isnan(figure.value):
                assert row[next(iter(form.values))] is None
            else:
                assert figure.low <= figure.value <= figure.high


def test_sources_are_all_explained_and_all_used() -> None:
    known = {row["source"] for row in tables.table("sources")}
    used = {
        row["source"]
        for name in tables.names()
        if name not in ("sources", "parameters", "nations")
        for row in tables.table(name)
    }
    assert used == known
    text = (DATA / "SOURCES.md").read_text()
    assert all(f"`{name}`" in text for name in tables.names() if name != "sources")


def test_what_may_not_ship_does_not() -> None:
    assert len(tables.table("defence_share")) == 11
    assert {row["year"] for row in tables.table("gdp_2026")} == {2026}
    imf = [row for row in tables.table("gdp_level") if row["source"] == "imf_gdp"]
    assert {row["year"] for row in imf} == {2024, 2025}
    assert not any("imf" in str(row["source"]) for row in tables.table("gdp_growth"))
    assert not any("iiss" in str(row["source"]).lower() for row in tables.table("armed_forces"))


def test_the_edition_of_july_2026_adds_up() -> None:
    rows = [row for row in tables.table("nato_2026") if row["year"] == 2026]
    assert len(rows) == 31
    assert sum(float(row["persons"] or 0) for row in rows) == pytest.approx(3_440_500, abs=200)
    assert all(row["share"] and row["equipment_share"] for row in rows)
    for row in tables.table("gdp_2026"):
        level = tables.lookup(f"gdp_level {row['iso3']} 2025").value
        assert float(row["gdp"] or 0) == pytest.approx(level * (1 + float(row["growth"] or 0)), abs=6e-4)


def test_ranges_and_preferences() -> None:
    kfor = tables.lookup("contribution_records KFOR DEU")
    assert (kfor.low, kfor.high, kfor.date, kfor.note) == (530, 6000, "2017-02-28", "deployed")
    russia = tables.lookup("armed_forces RUS 2025")
    assert (russia.low, russia.value, russia.high) == (1_100_000, 1_150_000, 1_200_000)
    assert tables.lookup("contribution_records KFOR DEU 1999-07-31").value == 6000
    assert tables.lookup("FG008 high").value == 800_000
    assert tables.lookup("population UKR 2025 males_25_60").value < tables.lookup("population UKR 2025").value
    assert math.isnan(tables.lookup("CT034").value)
    assert [figure.value for figure in tables.lookups("FG004; SP030")] == [880_000, 0.035]


@pytest.mark.parametrize(
    ("pointer", "message"),
    [
        ("FG999", r"parameters must hold a row with this id, got 'FG999' \(did you mean FG\d{3}\?\)"),
        ("gdp_levl DEU 2024", r"got 'gdp_levl DEU 2024' \(did you mean gdp_level\?\)"),
        ("gdp_level DEV 2024", r"must hold a row with this iso3, got 'DEV' \(did you mean DEU\?\)"),
        ("gdp_level DEU 1890", r"must hold a row with this year, got '1890'"),
        ("gdp_level DEU", r"must have the form 'gdp_level iso3 year', got 'gdp_level DEU'"),
        ("contribution_records KFOR", r"must have the form 'contribution_records mission iso3 \[as_of\]'"),
        ("sources cia", r"must be an id such as FG004 or a table with its keys"),
        ("", r"must be an id such as FG004 or a table with its keys, got ''"),
    ],
)
def test_a_wrong_pointer_says_what_is_near(pointer: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        tables.lookup(pointer)


def test_a_wrong_table_says_what_is_near() -> None:
    with pytest.raises(DataError, match=r"must be a bundled table, got 'populaton' \(did you mean population\?\)"):
        tables.table("populaton")


def test_free_citations_are_no_pointers() -> None:
    assert not tables.is_pointer("Leeds, Long & Mitchell (2000), page 695")
    assert not tables.is_pointer("FG004; see also the press")
    assert not tables.is_pointer("")
    assert tables.is_pointer("FG004; gdp_level DEU 2024")


def test_growth_estimates_lie_between_own_and_panel() -> None:
    panel = tables.lookup("growth_estimates ALL").value
    for row in tables.table("growth_estimates"):
        raw, trend = float(row["raw_mean"] or 0), float(row["trend"] or 0)
        if row["iso3"] not in ("ALL", "UKR"):
            assert min(raw, panel) - 0.002 <= trend <= max(raw, panel) + 0.002
            growth = [float(r["growth"] or 0) for r in tables.table("gdp_growth") if r["iso3"] == row["iso3"]]
            assert raw == pytest.approx(sum(growth) / len(growth), abs=1e-4)


def test_no_working_notes_ship() -> None:
    for entry in DATA.iterdir():
        assert not re.search(r"task brief|stored copy|not found here", entry.read_text(encoding="utf-8").lower())


def test_import_is_light() -> None:
    code = "import sys, forcesim.tables; print(sorted({'pandas', 'numpy', 'scipy', 'numba'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------------ the numbers of the bundled scenarios

UNITS = (1.0, 1e-3, 1e3, 1e-6, 1e6, 1e-9, 1e9, 1 / 12, 12.0, 1 / 30)
"""Factors by which a number may differ from its figure: units of money and time."""


def disagreement(path: str, source: str, centre: float, *, within: float) -> list[str]:
    """Return what is wrong with a number that points at figures: it must lie in the span that they give."""
    figures = tables.lookups(source)
    low, high = min(figure.low for figure in figures), max(figure.high for figure in figures)
    slack = within * max(abs(low), abs(high))
    if any((low - slack) * unit <= centre <= (high + slack) * unit for unit in UNITS):
        return []
    return [f"{path}: {centre:g} is not in {low:g} to {high:g} ({source})"]


@pytest.mark.parametrize("name", ["ukraine-2025", "ukraine-2026", "seed-figures"])
def test_numbers_of_the_bundled_scenarios_agree_with_the_figures_they_point_at(name: str) -> None:
    import forcesim as fs
    from forcesim.quantities import Value

    scenario, wrong, pointers = fs.load(name), [], 0
    for number in scenario.numbers():
        value = number.value
        if not isinstance(value, Value):
            continue
        if not (value.source or value.assumption):
            wrong.append(f"{number.path}: neither source nor assumption")
        elif value.source and tables.is_pointer(value.source) and value.schedule is None:
            pointers += 1
            wrong += disagreement(number.path, value.source, value.centre, within=0.02 if value.distribution else 1e-3)
    for title, policy in scenario.policies.items():
        for setting in policy.settings:
            assert setting.source or setting.assumption, f"{title}: {setting.lever}"
            if setting.source and isinstance(setting.set, float) and name != "seed-figures":
                wrong += disagreement(f"{title}: {setting.lever}", setting.source, setting.set, within=1e-3)
    assert not wrong
    assert pointers > (5 if name == "seed-figures" else 300)


def test_the_scenario_of_today_is_made_from_the_one_of_2025() -> None:
    tool = Path(__file__).parent.parent / "tools" / "ukraine_2026.py"
    code = f"import runpy; made = runpy.run_path({str(tool)!r}); print(made['text_of'](made['make']()[0]), end='')"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert made == (files("forcesim") / "scenarios" / "ukraine-2026.yaml").read_text(encoding="utf-8")


def test_a_number_that_strays_from_its_figure_is_found() -> None:
    assert not disagreement("x", "gdp_level DEU 2025", 5013.574, within=1e-3)
    assert not disagreement("x", "FG004; FG006", 950_000, within=1e-3)
    assert disagreement("x", "gdp_level DEU 2025", 5113.574, within=1e-3)
    assert disagreement("x", "nato_defence_share POL 2025", 0.0348, within=1e-3)


def test_the_bundled_scenario_has_nations_and_policies_enough() -> None:
    import forcesim as fs

    scenario = fs.load("ukraine-2025")
    assert len(scenario.nations) >= 36
    assert {"UKR", "RUS", *scenario.groups["nato"], *scenario.groups["coalition"]} <= set(scenario.nations)
    assert len(scenario.groups["nato"]) == 32
    asked = "status-quo ukraine-1.5m europe-100k europe-150k nato-in-ukraine nato-membership un-peacekeepers"
    assert {*asked.split(), "five-percent", "production-push", "protect-resources", "all-in"} <= set(scenario.policies)
    for policy in scenario.policies:
        scenario.with_policy(policy)


@pytest.mark.parametrize(
    ("policy", "gap"), [("status-quo", 500_000), ("europe-100k", 400_000), ("europe-150k", 350_000)]
)
def test_the_founding_figures(policy: str, gap: float) -> None:
    import forcesim as fs

    result = fs.simulate(fs.load("seed-figures").without_noise(), policy, paths=2)
    for month in ("2025-02", "2025-03", "2030-12"):
        assert result.mean("gap", at=month).value == gap


def test_real_budgets_add_up_to_the_printed_sum() -> None:
    rows = [row for row in tables.table("nato_budget") if row["year"] == 2026 and row["iso3"] != "USA"]
    assert len(rows) == 30
    assert sum(float(row["budget"] or 0) for row in rows) == pytest.approx(633.9, abs=1.0)
