"""Figures as tables: each with unit, source, date and licence; who says so, who disagrees; as known on a date."""

from __future__ import annotations

import math

import pytest

import forcesim as fs
from forcesim import evidence, tables
from forcesim.evidence.peacetime import peacetime

WITH_FIGURES = [name for name in tables.names() if tables.schema(name).values]


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_every_figure_has_a_unit_a_source_and_a_licence(name: str) -> None:
    found = evidence.table(name)
    assert len(found) >= len(tables.table(name)) // 2
    for column in ("unit", "source", "licence"):
        assert (found[column].str.len() > 0).all(), column
    assert not found["value"].isna().any() or name == "parameters"
    assert (found["date"].str.match(r"^\d{4}")).mean() > 0.9 or name in ("growth_estimates", "nations")


def test_values_are_those_of_the_table() -> None:
    found = evidence.table("population").query("iso3 == 'UKR' and year == 2025").set_index("quantity")["value"]
    assert found["males_25_60"] == tables.lookup("population UKR 2025 males_25_60").value
    assert evidence.panel("gdp_growth")["USA"][2009] == tables.lookup("gdp_growth USA 2009").value


def test_only_what_was_published_by_a_date() -> None:
    found = evidence.table("parameters", as_known_on="2025-01-31")
    assert 0 < len(found) < len(evidence.table("parameters"))
    assert (found["date"] <= "2025-01-31").all()
    assert "FG004" in set(found["id"])
    assert "FG007" not in set(found["id"])


def test_who_says_so_and_who_disagrees() -> None:
    found = evidence.parameter("FG008")
    assert (found.low, found.central, found.high) == (600_000, 800_000, 800_000)
    assert [other.pointer for other in found.others] == ["FG009"]
    assert found.disagree == ()
    assert "FG009" in repr(found)
    assert {other.pointer for other in evidence.parameter("FG004").disagree} >= {"FG005", "FG007"}


def test_sources_are_counted() -> None:
    found = evidence.sources().set_index("source")["figures"]
    assert found["wb_growth"] == len(tables.table("gdp_growth"))
    assert evidence.sources()["licence"].str.len().min() > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evidence.table("gdp_grwth"), "tables: must be a bundled table, got 'gdp_grwth' (did you mean"),
        (lambda: evidence.table("sources"), "table: must hold figures, got sources (evidence.sources()"),
        (lambda: evidence.parameter("4"), "id: must be that of a single figure, such as FG004, got '4'"),
        (lambda: evidence.panel("population"), "panel: must have one number for each nation and year, got 'population'"),
        (lambda: evidence.panel("gdp_grwth"), "tables: must be a bundled table, got 'gdp_grwth' (did you mean"),
        (lambda: evidence.table("gdp_growth", as_known_on="soon"), "as_known_on: must be a date such as 2024-12-31"),
        (lambda: evidence.parameter(4), "id: must be text, got 4"),
        (lambda: evidence.replay([]), "names: must name a case, got none"),
        (lambda: tables.lookup("FG008 hgih"), "source: must have the form 'parameters id', got 'FG008 hgih'"),
        (lambda: tables.figure_of("gdp_growth", tables.table("gdp_growth")[0], "growht"),
         "column: must be a number of gdp_growth, got 'growht' (did you mean growth?)"),
        (lambda: peacetime("DUE"), "nation: must have strengths of 5 years or more, got 'DUE' (did you mean DEU?)"),
        (lambda: evidence.parameter("FG999"), "source: parameters must hold a row with this id, got 'FG999'"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(call, message: str) -> None:
    with pytest.raises(fs.DataError) as caught:
        call()
    assert str(caught.value).startswith(message)


def test_nothing_is_lost_where_a_source_gives_a_range_only() -> None:
    found = evidence.table("parameters").set_index("id")
    assert math.isfinite(found.loc["FG016", "low"])
    assert found.loc["FG016", "low"] < found.loc["FG016", "high"]
