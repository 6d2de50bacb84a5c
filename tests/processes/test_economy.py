"""Economy: lognormal GDP, AR(1) growth, rare falls that keep mean and variance, war and reconstruction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forcesim import tables
from forcesim.processes.economy import (
    Common,
    Economy,
    Parameters,
    calm_deviation,
    innovation,
    own_spreads,
    own_year,
    rare_fall,
    shared_spreads,
    shared_year,
    war_gap_law,
    work,
)
from tests.support.alone import run_alone, without_compiler
from tests.support.each_path import assert_each_path_has_its_own

PATHS = 40_000
CALM = {"recession_probability": 0.0, "slump_probability": 0.0}
JANUARY = 12  # month 0 is a December: years of growth are calendar years


def errors_off(sample: np.ndarray, expected: float) -> float:
    """Distance of the sample's mean from what is expected, in standard errors."""
    return float(abs(sample.mean() - expected) / (sample.std() / math.sqrt(sample.size)))


def variance_errors_off(sample: np.ndarray, expected: float) -> float:
    return errors_off((sample - sample.mean()) ** 2, expected)


def ten_years(common: Common, nation: Parameters, seed: int = 1) -> np.ndarray:
    run = run_alone(Economy(), {"AAA": nation}, common, months=120, paths=PATHS, seed=seed, start_month=JANUARY)
    return np.log(run["gdp"][120, 0, 0] / run["gdp"][0, 0, 0])


def sum_variance(deviation: float, persistence: float, years: int) -> float:
    """Variance of a sum of ``years`` values of a stationary AR(1)."""
    lags = sum((years - k) * persistence**k for k in range(1, years))
    return deviation**2 * (years + 2.0 * lags)


def test_without_noise_gdp_grows_by_the_trend() -> None:
    nation = Parameters(gdp=500.0, trend=0.02)
    run = run_alone(Economy(), {"AAA": nation}, Common(), months=130, noise=False)
    expected = 500.0 * 1.02 ** (np.arange(131) / 12.0)
    np.testing.assert_allclose(run["gdp"][:, 0, 0, 0], expected, rtol=1e-12)
    np.testing.assert_allclose(run["growth"][:, 0, 0, 0], 0.02, rtol=1e-10)


def test_gdp_is_exactly_lognormal_when_there_are_no_recessions() -> None:
    nation = Parameters(gdp=100.0, trend=0.025, loading=1.2, own_volatility=0.02, own_persistence=0.3)
    common = Common(**CALM, shared_volatility=0.02, shared_persistence=0.15)
    logs = ten_years(common, nation)
    mean = 10.0 * math.log(1.025)
    variance = 1.2**2 * sum_variance(0.02, 0.15, 10) + sum_variance(0.02, 0.3, 10)
    assert errors_off(logs, mean) < 4
    assert variance_errors_off(logs, variance) < 4
    assert errors_off(np.exp(logs), math.exp(mean + variance / 2.0)) < 4  # the lognormal's mean
    assert errors_off(((logs - mean) / math.sqrt(variance)) ** 4, 3.0) < 4  # the normal's fourth moment
    # negative twin: shocks without memory
    assert variance_errors_off(logs, 10.0 * (1.2**2 * 0.02**2 + 0.02**2)) > 20


def test_recessions_change_the_shape_and_neither_mean_nor_variance() -> None:
    nation = Parameters(gdp=100.0, trend=0.02, loading=1.0, own_volatility=0.02, own_persistence=0.0)
    run = run_alone(Economy(), {"AAA": nation}, Common(shared_persistence=0.0), months=1, paths=PATHS, seed=3)
    growth = np.log1p(run["growth"][1, 0, 0])
    assert errors_off(growth, math.log(1.02)) < 4
    assert variance_errors_off(growth, 0.0217**2 + 0.02**2) < 4
    skewness = ((growth - growth.mean()) ** 3).mean() / growth.std() ** 3
    assert skewness < -0.5  # the heavy left tail; its standard error is 0.01
    depth = rare_fall_mean_square(0.0667, 0.04, 0.025)
    assert variance_errors_off(growth, 0.0217**2 + depth + 0.02**2) > 4  # negative twin: falls on top


def rare_fall_mean_square(chance: float, least: float, excess: float) -> float:
    return chance * ((least + excess) ** 2 + excess**2) - (chance * (least + excess)) ** 2


def test_spreads_by_hand() -> None:
    assert innovation(0.5, 0.6) == pytest.approx(0.4, rel=1e-15)
    falls = {"probability": 0.1, "least": 0.3, "excess": 0.2}
    left = 0.1 * (0.5**2 + 0.2**2) - 0.05**2
    shared = shared_spreads(0.4, 0.6, *falls.values())
    assert shared.shared_spread_at_first == pytest.approx(math.sqrt(0.16 - left), rel=1e-14)
    assert shared.shared_spread == pytest.approx(0.8 * shared.shared_spread_at_first, rel=1e-14)
    own = own_spreads(
        trend=0.03, own_volatility=0.02, own_persistence=0.6, slump_probability=0.1, slump_least=0.3, slump_excess=0.2
    )
    assert own.own_spread_at_first == pytest.approx(0.02 * math.sqrt(1.0 - left), rel=1e-14)
    assert own.own_spread == pytest.approx(0.8 * own.own_spread_at_first, rel=1e-14)
    assert own.log_trend == pytest.approx(math.log(1.03), rel=1e-14)


@pytest.mark.parametrize("first", [True, False])
def test_a_year_by_hand(first: bool) -> None:
    """The first year has no past, and the stationary spread; a uniform of 1 brings no rare fall."""
    shared = shared_year(
        shared_shock=0.1, shared_persistence=0.4, shared_spread=0.02, shared_spread_at_first=0.03,
        recession_probability=0.2, recession_least=0.05, recession_excess=0.01, first_year=float(first), z_shared=1.5,
        u_recession=0.5,
    )  # fmt: skip
    assert shared.shared_shock == pytest.approx(0.03 * 1.5 if first else 0.4 * 0.1 + 0.02 * 1.5, rel=1e-14)
    assert shared.recession == pytest.approx(0.2 * 0.06, rel=1e-14)
    year = own_year(
        own_shock=0.2, own_persistence=0.3, own_spread=0.04, own_spread_at_first=0.05, own_volatility=0.06,
        slump_probability=0.1, slump_least=2.0, slump_excess=0.5, log_trend=0.02, loading=1.5, shared_shock=0.01,
        recession=-0.03, first_year=float(first), z_own=-0.5, u_slump=0.9,
    )  # fmt: skip
    shock = -0.5 * 0.05 if first else 0.3 * 0.2 - 0.5 * 0.04
    assert year.own_shock == pytest.approx(shock, rel=1e-14)
    growth = 0.02 + 1.5 * (0.01 - 0.03) + shock + 0.06 * 0.1 * 2.5
    assert year.monthly_factor == pytest.approx(math.exp(growth / 12), rel=1e-14)


def test_a_rare_fall_has_the_stated_chance_and_depth() -> None:
    u = (np.arange(20_000) + 0.5) / 20_000
    falls = np.array([rare_fall(x, 0.1, 0.04, 0.025) for x in u.tolist()])
    mean = 0.1 * 0.065
    assert np.mean(falls < mean - 1e-12) == pytest.approx(0.1, abs=1e-4)
    depths = mean - falls[falls < mean - 1e-12]
    assert depths.min() >= 0.04
    assert depths.mean() == pytest.approx(0.065, rel=1e-3)
    assert falls.mean() == pytest.approx(0.0, abs=1e-5)
    assert falls.var() == pytest.approx(
        0.02**2 - calm_deviation(0.02, 0.0, 0.0, 0.0) ** 2 + rare_fall_mean_square(0.1, 0.04, 0.025), rel=5e-3
    )
    assert rare_fall(1.0, 0.1, 0.04, 0.025) == 0.0  # no noise
    assert np.all(np.diff(falls) >= 0)  # monotone in the uniform


def test_shocks_are_a_stationary_autoregression() -> None:
    nations = {
        name: Parameters(gdp=1.0, own_volatility=0.03, own_persistence=0.5, loading=0.0) for name in ("AAA", "BBB")
    }
    run = run_alone(Economy(), nations, Common(**CALM), months=25, paths=PATHS, seed=5, start_month=JANUARY)
    shock = run["own_shock"][:, 0, 0]
    for month in (1, 13, 25):
        assert variance_errors_off(shock[month], 0.03**2) < 4
    assert errors_off(shock[1] * shock[13], 0.5 * 0.03**2) < 4
    assert errors_off(shock[1] * shock[25], 0.25 * 0.03**2) < 4
    assert errors_off(shock[13] * run["own_shock"][13, 1, 0], 0.0) < 4  # nations are independent in their own shocks
    assert errors_off(shock[1] * shock[13], 0.3 * 0.03**2) > 20  # negative twin
    shared = run["shared_shock"][:, 0, 0]
    assert errors_off(shared[1] * shared[13], 0.133 * 0.0217**2) < 4


def test_growth_is_drawn_in_month_one_and_in_january_only() -> None:
    run = run_alone(Economy(), {"AAA": Parameters(gdp=1.0)}, Common(), months=24, paths=50, seed=2, start_month=2)
    changed = [month for month in range(2, 25) if np.any(run["growth"][month] != run["growth"][month - 1])]
    assert changed == [11, 23]  # January 2026 and 2027


def test_war_costs_growth_and_peace_makes_good_the_gap() -> None:
    nation = Parameters(gdp=200.0, trend=0.0, war_drag=0.12, war_gap=0.2, recovery_months=24.0)
    war = run_alone(Economy(), {"UKR": nation}, Common(), reads={"phase": 0.0}, months=24, noise=False)
    np.testing.assert_allclose(war["gdp"][:, 0, 0, 0], 200.0 * np.exp(-0.01 * np.arange(25)), rtol=1e-12)
    np.testing.assert_allclose(war["growth"][1:, 0, 0, 0], math.exp(-0.12) - 1.0, rtol=1e-10)
    peace = run_alone(Economy(), {"UKR": nation}, Common(), reads={"phase": 1.0}, months=480, noise=False)
    closed = 0.2 * (1.0 - np.exp(-np.arange(481) / 24.0))
    np.testing.assert_allclose(peace["gdp"][:, 0, 0, 0], 200.0 * np.exp(closed), rtol=1e-10)
    assert peace["gdp"][-1, 0, 0, 0] == pytest.approx(200.0 * math.exp(0.2), rel=1e-6)
    over = nation.model_copy(update={"war_drag": Parameters(gdp=1.0).war_drag})  # the drag is over, the gap is there
    rebuilt = run_alone(Economy(), {"UKR": over}, Common(), reads={"phase": 1.0}, months=480, noise=False)
    np.testing.assert_allclose(rebuilt["gdp"], peace["gdp"], rtol=1e-12)
    assert war_gap_law(0.2, 1.0, 0.12, 24.0) < 0.2 < war_gap_law(0.2, 0.0, 0.12, 24.0)


def test_the_war_of_one_nation_leaves_the_others_alone() -> None:
    calm, hit = Parameters(gdp=100.0), Parameters(gdp=100.0, war_drag=0.05)
    both = run_alone(Economy(), {"AAA": calm, "UKR": hit}, Common(), months=30, paths=20, seed=9)
    none = run_alone(Economy(), {"AAA": calm, "UKR": calm}, Common(), months=30, paths=20, seed=9)
    np.testing.assert_array_equal(both["gdp"][:, 0], none["gdp"][:, 0])
    assert np.all(both["gdp"][1:, 1] < none["gdp"][1:, 1])


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    nations = {"AAA": Parameters(gdp=100.0), "UKR": Parameters(gdp=100.0, war_drag=0.05, war_gap=0.1)}
    arguments = {"reads": {"phase": lambda month: float(month > 6)}, "months": 14, "paths": 7, "seed": 4}
    trend = {"trend": np.linspace(0.0, 0.05, 7)}
    compiled = run_alone(Economy(), nations, Common(recession_probability=0.5), **arguments, per_path=trend)
    without_compiler(monkeypatch)
    plain = run_alone(Economy(), nations, Common(recession_probability=0.5), **arguments, per_path=trend)
    for name, series in compiled.items():
        np.testing.assert_array_equal(series, plain[name], err_msg=name)


def test_defaults_are_those_of_the_bundled_panel() -> None:
    common, nation = Common(), Parameters(gdp=1.0)
    assert common.shared_volatility.value == tables.lookup("growth_estimates ALL volatility").value
    assert common.shared_persistence.value == tables.lookup("growth_estimates ALL persistence").value
    assert nation.trend.value == tables.lookup("growth_estimates ALL trend").value
    # the calm years of the panel (all but 2009 and 2020) spread as much as the recessions leave
    rows = [row for row in tables.table("gdp_growth") if row["iso3"] != "UKR"]
    years = sorted({int(row["year"]) for row in rows})
    median = [float(np.median([row["growth"] for row in rows if row["year"] == year])) for year in years]
    calm = np.std([g for year, g in zip(years, median, strict=True) if year not in (2009, 2020)], ddof=1)
    left = calm_deviation(0.0217, 0.0667, 0.04, 0.025)
    assert left == pytest.approx(calm, rel=0.05)


def test_soldiers_are_missing_at_work_and_come_back() -> None:
    """Exactly a Cobb-Douglas factor of those at work against month 0; who needs no soldier more loses nothing."""
    nation = Parameters(gdp=100.0, trend=0.0, labour=12e6, labour_share=0.6)
    reads = {"phase": 0.0, "strength": lambda month: 1e6 if month < 5 or month > 20 else 1.6e6}
    run = run_alone(Economy(), {"UKR": nation}, Common(), reads=reads, months=30, noise=False)["gdp"][:, 0, 0, 0]
    np.testing.assert_allclose(run[5:21], 100.0 * 0.95**0.6, rtol=1e-12)
    assert run[10] == pytest.approx(97.0, abs=0.05)  # the docstring's
    np.testing.assert_allclose(run[[4, 21, 30]], 100.0, rtol=1e-12)
    free = Parameters(gdp=100.0, trend=0.0)  # negative twin: no labour force given
    run = run_alone(Economy(), {"UKR": free}, Common(), reads=reads, months=30, noise=False)["gdp"][:, 0, 0, 0]
    np.testing.assert_allclose(run, 100.0, rtol=1e-12)
    assert work(100.0, 5e5, 0.9, 4e5, 0.0, 1e6, 0.5) == pytest.approx(
        (100.0 * math.sqrt(0.9) / 0.9, math.sqrt(0.9), 4e5)
    )
    assert work(100.0, 5e5, 1.0, 0.0, 1.0, 1e6, 0.5) == (100.0, 1.0, 5e5)
    assert work(100.0, 5e5, 1.0, 0.0, 0.0, 0.0, 0.5) == (100.0, 1.0, 0.0)


def test_parameters_that_differ_between_paths_act_path_by_path() -> None:
    nation = Parameters(gdp=100.0, war_drag=0.05, war_gap=0.1, labour=1e6)
    common = Common(recession_probability=0.9, slump_probability=0.9, shared_volatility=0.2, slump_excess=0.1)
    reads = {"phase": lambda month: float(month > 13), "strength": lambda month: 1e5 + 1e3 * month}
    assert_each_path_has_its_own(Economy(), {"UKR": nation}, common, reads=reads, months=15, seed=1)
