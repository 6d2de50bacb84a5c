"""Debt: the accounting identity, the IMF's own path at its own inputs, interest, and what defence adds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forcesim.processes.debt import Common, Debt, Parameters, book, debt_law, extra_interest
from tests.support.alone import run_alone, without_compiler
from tests.support.each_path import assert_each_path_has_its_own

PATHS = 100_000
FLAT = {"inflation": 0.0, "market_rate": 0.0, "rate_volatility": 0.0}

IMF = {
    # IMF, World Economic Outlook, October 2025, single figures to a tenth: debt of 2025 and of 2030 (% of GDP), and
    # for 2026 to 2030 real growth (%), net interest and primary balance (% of GDP)
    "AUS": (51.0, 49.4, (2.1, 2.2, 2.2, 2.2, 2.3), (1.0, 1.0, 0.9, 0.9, 0.9), (-1.3, -1.0, -0.8, -0.7, -0.6)),
    "DEU": (64.4, 73.6, (0.9, 1.5, 1.2, 1.0, 0.7), (1.0, 1.1, 1.3, 1.4, 1.6), (-2.4, -2.9, -2.8, -2.6, -2.4)),
    "EST": (24.4, 35.4, (1.5, 1.8, 1.8, 1.8, 1.7), (0.3, 0.4, 0.5, 0.5, 0.5), (-3.8, -3.4, -2.4, -2.3, -2.3)),
    "LUX": (27.1, 30.6, (2.1, 2.3, 2.2, 2.1, 2.1), (0.0, 0.1, 0.2, 0.3, 0.4), (-1.5, -1.5, -1.9, -1.9, -1.9)),
    "MLT": (46.9, 47.1, (3.9, 4.0, 4.0, 4.0, 4.0), (1.3, 1.4, 1.4, 1.4, 1.4), (-1.5, -1.2, -1.2, -1.1, -1.2)),
    "NLD": (44.0, 48.5, (1.2, 1.4, 1.4, 1.3, 1.2), (0.7, 0.8, 0.9, 1.0, 1.0), (-2.1, -1.4, -1.3, -1.6, -1.6)),
}


def errors_off(sample: np.ndarray, expected: float) -> float:
    """Distance of the sample's mean from what is expected, in standard errors."""
    return float(abs(sample.mean() - expected) / (sample.std() / math.sqrt(sample.size)))


def decades(nation: Parameters, common: Common, **reads: object) -> dict[str, np.ndarray]:
    given = {"gdp": 1000.0, "growth": 0.0, "outlay": 2.0, **reads}
    return run_alone(Debt(), {"AAA": nation}, common, reads=given, months=121, noise=False, start_month=12)


@pytest.mark.parametrize("code", IMF)
def test_the_imf_path_is_met_within_half_a_point_at_its_own_inputs(code: str) -> None:
    begun, ends, growth, interest, balance = IMF[code]
    debt = undone = begun / 100
    for g, i, p in zip(growth, interest, balance, strict=True):
        debt = debt_law(debt, 0.0, g / 100, 0.02, (i - p) / 100, 1.0)
        undone = debt_law(undone, 0.0, g / 100, 0.02, i / 100, 1.0)
    assert debt == pytest.approx(ends / 100, abs=0.005)
    assert abs(undone - ends / 100) > 0.03  # negative twin: the primary balance is forgotten


def test_the_accounting_identity_by_hand() -> None:
    assert debt_law(0.6, 0.05, 0.05, 0.0, 0.0, 1.0) == pytest.approx(0.6)  # r = g: the docstring's
    assert debt_law(0.6, 0.04, 0.03, 0.02, 0.01, 0.5) == pytest.approx(0.6 * 1.02 / math.sqrt(1.03 * 1.02) + 0.005)
    run = decades(Parameters(debt=0.6, deficit=0.02, interest_rate=0.0), Common(**FLAT))
    years = np.arange(11) + 1 / 12
    np.testing.assert_allclose(run["debt_ratio"][1::12, 0, 0, 0], 0.6 + 0.02 * years, rtol=1e-12)
    np.testing.assert_array_equal(run["extra_interest"], 0.0)
    np.testing.assert_array_equal(run["added_debt"], 0.0)


def test_more_defence_is_borrowed_in_part_and_bears_interest() -> None:
    nation = Parameters(debt=0.6, deficit=0.02, interest_rate=0.0, borrowed=0.4)
    more = {"outlay": lambda month: 2.0 if month < 13 else 3.0}  # bn a month: from 2.4 to 3.6 % of 1,000
    run = decades(nation, Common(**{**FLAT, "market_rate": 0.05}), **more)
    added = run["added_debt"][:, 0, 0, 0]
    assert added[24] == 0.0  # the first January with more defence books it a year later
    assert added[25] == pytest.approx(0.4 * 0.012)
    plain = decades(nation, Common(**{**FLAT, "market_rate": 0.05}))
    np.testing.assert_allclose((run["debt_ratio"] - plain["debt_ratio"])[:, 0, 0, 0], added, atol=1e-12)
    np.testing.assert_allclose(run["extra_interest"][1:, 0, 0, 0], 0.05 * added[1:] * 1000 / 12, rtol=1e-12)
    keep = math.exp(-1 / 8)
    rate = run["effective_rate"][:, 0, 0, 0]
    np.testing.assert_allclose(
        rate[13:], np.repeat(0.05 * (1 - keep ** (np.arange(1, 11) + 1 / 12)), 12)[:109], rtol=1e-9
    )
    np.testing.assert_allclose(run["interest"][1:], (run["effective_rate"] * run["debt_ratio"])[1:], rtol=1e-12)
    less = decades(nation, Common(**{**FLAT, "market_rate": 0.05}), outlay=lambda month: 2.0 if month < 13 else 1.0)
    assert less["added_debt"][121, 0, 0, 0] < 0.0
    np.testing.assert_array_equal(less["extra_interest"], 0.0)  # savings are no bill
    assert extra_interest(0.02, 0.05, 600.0) == pytest.approx(0.05)


def test_a_booking_by_hand() -> None:
    found = book(
        debt_ratio=0.5, added_debt=0.01, effective_rate=0.02, extra_share=0.01, first_outlay=0.02, rate_shock=0.004,
        booked_growth=0.01, growth=0.03, outlay=2.5, gdp=1000.0, years=0.5, first_year=0.0, debt=0.6, deficit=0.03, interest_rate=0.02,
        spread=0.006, borrowed=0.5, inflation=0.02, market_rate=0.03, maturity=8.0,
    )  # fmt: skip
    shrink = 1.01 / math.sqrt(1.01 * 1.02)
    rate = 0.04 - 0.02 * math.exp(-0.5 / 8)
    owed = 0.5 * shrink + 0.5 * (0.03 - 0.012 + 0.005)
    assert found == pytest.approx((owed, 0.01 * shrink + 0.0025, rate, rate * owed, 0.01, 0.03, 0.02, 0.04), rel=1e-12)


def test_rates_are_an_exact_ornstein_uhlenbeck_process() -> None:
    nation = {"AAA": Parameters(debt=0.6, deficit=0.0)}
    reads = {"gdp": 1000.0, "growth": 0.0, "outlay": 2.0}
    common = Common(rate_volatility=0.02, rate_memory=3.0)
    run = run_alone(Debt(), nation, common, reads=reads, months=25, paths=PATHS, seed=3, start_month=12)
    shock = run["rate_shock"][25, 0, 0]
    assert errors_off(shock, 0.0) < 4
    assert errors_off(shock**2, 0.02**2 * (1 - math.exp(-2 * 25 / 36))) < 4
    assert errors_off(shock**2, 0.02**2) > 20  # negative twin: no memory


def test_debt_is_never_below_nothing() -> None:
    run = decades(Parameters(debt=0.1, deficit=-0.05), Common())
    assert run["debt_ratio"].min() == 0.0


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = {"gdp": 1000.0, "growth": 0.02, "outlay": lambda month: 2.0 + month / 10}
    nation = {"AAA": Parameters(debt=0.9, deficit=0.03)}
    arguments = {"reads": reads, "months": 30, "paths": 5, "seed": 2, "per_path": {"borrowed": np.linspace(0, 1, 5)}}
    compiled = run_alone(Debt(), nation, Common(), **arguments)
    without_compiler(monkeypatch)
    plain = run_alone(Debt(), nation, Common(), **arguments)
    for name, series in compiled.items():
        np.testing.assert_array_equal(series, plain[name], err_msg=name)


def test_parameters_that_differ_between_paths_act_path_by_path() -> None:
    nation = {"AAA": Parameters(debt=0.9, deficit=0.03)}
    reads = {"gdp": 1000.0, "growth": 0.02, "outlay": lambda month: 2.0 + month / 10}
    assert_each_path_has_its_own(Debt(), nation, Common(), reads=reads, months=30, seed=8)
