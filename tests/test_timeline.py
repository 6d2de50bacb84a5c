"""Months, dates, schedules and ramps."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import forcesim as fs
from forcesim.timeline import Timeline, month_number

MAIN = Timeline("2025-02", "2035-12")


def test_the_main_scenario_has_131_months() -> None:
    assert (MAIN.months, MAIN.last, MAIN.first_calendar_month) == (131, 130, 2)
    assert (MAIN.label(0), MAIN.label(11), MAIN.label(130)) == ("2025-02", "2026-01", "2035-12")
    assert MAIN.index("2030-12") == 70
    assert MAIN.index(dt.date(2030, 12, 24)) == MAIN.index("2030-12-24") == MAIN.index(70) == 70


@pytest.mark.parametrize(
    "date",
    [
        dt.datetime(2030, 12, 24, 5, tzinfo=dt.UTC), pd.Timestamp("2030-12-24"), pd.Period("2030-12", "M"),
        np.datetime64("2030-12-24"), np.datetime64("2030-12-24T05", "ns"), np.str_("2030-12"), np.int64(70),
        np.uint8(70), 70.0, np.float32(70), np.array(70), xr.DataArray(70),
    ],
    ids=lambda date: type(date).__name__,
)  # fmt: skip
def test_a_month_may_be_given_as_any_kind_of_date_or_number(date: Any) -> None:
    assert MAIN.index(date) == 70
    assert MAIN.asked("at", date) == 70


@pytest.mark.parametrize(
    "date",
    [None, True, np.True_, np.nan, 70.5, pd.NaT, np.datetime64("NaT"), b"2030-12", [70], np.array([70]), 70j, object()],
    ids=lambda date: type(date).__name__,
)
def test_what_is_neither_date_nor_number_is_refused_with_the_argument(date: Any) -> None:
    with pytest.raises(fs.ResultError, match=r"^at: must be a month such as 2030-12, got "):
        MAIN.asked("at", date)


@given(st.integers(0, 130))
def test_labels_and_months_are_inverse(month: int) -> None:
    assert MAIN.index(MAIN.label(month)) == month
    assert MAIN.labels[month] == MAIN.label(month)
    assert MAIN.offset(MAIN.label(month)) == month


@pytest.mark.parametrize(
    "text",
    [
        "2030",
        "2030-13",
        "2030-00",
        "2030-1",
        "30-01",
        "2030-01-",
        " 2030-01",
        "2030/01",
        "\u0662\u0660\u0663\u0660-\u0660\u0661",
        "",
    ],
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a month such as 2030-12"):
        month_number(text)


@pytest.mark.parametrize("date", ["2025-01", "2036-01", -1, 131])
def test_a_date_outside_is_refused(date: str | int) -> None:
    with pytest.raises(ValueError, match=r"must lie between 2025-02 and 2035-12"):
        MAIN.index(date)


def naive(dated: dict[str, float], label: str) -> float:
    """Look a schedule up in the slow and obvious way."""
    before = [date for date in sorted(dated) if date <= label]
    return dated[before[-1]] if before else dated[min(dated)]


@given(
    st.dictionaries(
        st.sampled_from([f"{y}-{m:02d}" for y in (2024, 2025, 2026) for m in range(1, 13)]),
        st.floats(-9, 9),
        min_size=1,
    )
)
def test_a_stepwise_schedule_holds_the_last_value_given(dated: dict[str, float]) -> None:
    timeline = Timeline("2025-01", "2026-12")
    assert timeline.schedule(dated).tolist() == [naive(dated, label) for label in timeline.labels]


def test_a_linear_schedule_goes_from_value_to_value() -> None:
    timeline = Timeline("2025-01", "2025-07")
    found = timeline.schedule({"2025-02": 10, "2025-06": 30}, "linear")
    np.testing.assert_allclose(found, [10, 10, 15, 20, 25, 30, 30])
    begun = timeline.schedule({"2024-11": 0, "2025-03": 40}, "linear")
    np.testing.assert_allclose(begun, [20, 30, 40, 40, 40, 40, 40])


def test_spans_are_cut_to_the_scenario() -> None:
    timeline = Timeline("2025-01", "2025-07")
    assert timeline.span(None, None) == slice(0, 7)
    assert timeline.span("2025-03", "2025-04") == slice(2, 4)
    assert timeline.span("2020-01", "2030-01") == slice(0, 7)
    empty = timeline.span("2026-01", None)
    assert empty.start >= empty.stop


def test_ramps() -> None:
    timeline = Timeline("2025-01", "2025-06")
    np.testing.assert_allclose(timeline.ramp("2025-02", 4), [0, 0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(timeline.ramp("2024-11", 4), [0.5, 0.75, 1, 1, 1, 1])
    np.testing.assert_allclose(timeline.ramp(None, 1), [0, 1, 1, 1, 1, 1])
