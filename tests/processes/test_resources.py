"""Resources: prices that return exactly, output and strikes by phase, revenue to whoever holds the ground."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forcesim import tables
from forcesim.processes.resources import Common, Deposit, Front, Parameters, Resources, Sale, front, market, sell
from tests.support.alone import run_alone, without_compiler
from tests.support.each_path import assert_each_path_has_its_own

PATHS = 40_000
GAS = {
    "kind": "gas",
    "unit": "thousand m3",
    "output": 12e6,
    "price": 400.0,
    "start_price": 400.0,
    "occupied_share": 0.0,
}
QUIET = {"strike_probability": 0.0, "advance_rate": 0.0}
BOTH = {
    "RUS": Parameters(role="occupier", defence_share_of_revenue=0.2),
    "UKR": Parameters(defence_share_of_revenue=0.1),
}


def sale(**numbers: float) -> Sale:
    """Return a month of a field by hand: one unit that nobody strikes and all of which is held, unless told so."""
    still = {
        "resource_price": 400.0, "field_output": 1.0, "phase": 1.0, "strike_damage": 0.0, "ground_lost": 0.0,
        "price": 400.0, "keep": 1.0, "shared_part": 0.0, "own_part": 0.0, "lag": 1.0, "war_output": 0.5,
        "output": 12e9 / 400.0, "occupied_share": 0.0, "vulnerability": 0.0, "recovered_share": 0.0,
        "occupier_output": 1.0, "protection": 0.0, "shield": 0.0, "z_price": 0.0, "z_market": 0.0,
    }  # fmt: skip
    return sell(**{**still, **numbers})


def a_front(**numbers: float) -> Front:
    """Return a month of strikes and of the front by hand."""
    still = {
        "strike_damage": 0.0, "ground_lost": 0.0, "front_at": 0.8, "front_first": 0.8, "territory": -1.0,
        "phase": 0.0, "first_year": 0.0, "strike_probability": 0.15, "strike_depth": 0.45,
        "repair_months": -1 / math.log(0.9), "advance_rate": 0.01, "protection": 0.0, "hold": 0.5, "u_strike": 0.5,
    }  # fmt: skip
    return front(**{**still, **numbers})


def errors_off(sample: np.ndarray, expected: float) -> float:
    """Distance of the sample's mean from what is expected, in standard errors."""
    return float(abs(sample.mean() - expected) / (sample.std() / math.sqrt(sample.size)))


def test_a_held_field_in_peace_brings_what_it_brings_by_hand() -> None:
    field = Deposit(**GAS, start_output=1.0)
    run = run_alone(Resources(), BOTH, Common(fields=(field,)), reads={"phase": 1.0}, months=24, noise=False)
    np.testing.assert_allclose(run["resource_revenue"][1:, 1], 0.4, rtol=1e-12)
    np.testing.assert_array_equal(run["resource_revenue"][:, 0], 0.0)
    np.testing.assert_allclose(run["resource_defence"][1:, 1], 0.04, rtol=1e-12)
    np.testing.assert_array_equal(run["resource_revenue"][0], 0.0)  # month 0 is the opening balance


def test_prices_are_exact_ornstein_uhlenbeck_in_logarithms() -> None:
    fields = tuple(
        Deposit(**{**GAS, "start_price": 800.0}, volatility=0.5, reversion=0.8, market_share=rho) for rho in (0.6, 0.3)
    )
    run = run_alone(Resources(), BOTH, Common(fields=fields), months=18, paths=PATHS, seed=1)
    for month in (1, 6, 18):
        logs, years = np.log(run["resource_price"][month, 0, 0] / 400.0), month / 12
        keep = math.exp(-0.8 * years)
        variance = 0.5**2 * (1 - keep**2) / (2 * 0.8)
        assert errors_off(logs, keep * math.log(2.0)) < 4
        assert errors_off((logs - logs.mean()) ** 2, variance) < 4
        price = run["resource_price"][month, 0, 0]
        assert errors_off(price, 400.0 * math.exp(keep * math.log(2.0) + variance / 2)) < 4
        euler = 0.5**2 * years  # negative twin: no return
        assert month == 1 or errors_off((logs - logs.mean()) ** 2, euler) > 20
    one, two = (np.log(run["resource_price"][18, 0, k]) for k in (0, 1))
    product = (one - one.mean()) * (two - two.mean()) / (one.std() * two.std())
    assert errors_off(product, 0.6 * 0.3) < 4
    assert errors_off(product, 0.0) > 20  # negative twin: no common factor


def test_price_steps_compose() -> None:
    month = market(reversion=0.8, volatility=0.5, market_share=0.6, restore_months=24.0)
    assert month.keep == pytest.approx(math.exp(-0.8 / 12), rel=1e-15)
    price = 700.0
    for _ in range(12):
        price = sale(resource_price=price, keep=month.keep).resource_price
    assert price == pytest.approx(sale(resource_price=700.0, keep=math.exp(-0.8)).resource_price, rel=1e-13)
    spread = math.hypot(month.shared_part, month.own_part)
    months = sum((spread * month.keep**k) ** 2 for k in range(12))
    assert months == pytest.approx(0.5**2 * (1 - math.exp(-1.6)) / 1.6, rel=1e-12)
    assert month.shared_part == pytest.approx(0.6 * spread, rel=1e-12)
    moved = sale(shared_part=0.1, own_part=0.2, z_market=2.0, z_price=-0.5).resource_price
    assert moved == pytest.approx(400.0 * math.exp(0.1), rel=1e-12)


def test_output_follows_the_phase_with_a_first_order_lag() -> None:
    field = Deposit(**GAS, start_output=0.2, war_output=0.2, restore_months=24.0)
    reads = {"phase": lambda month: float(month > 10)}
    run = run_alone(Resources(), BOTH, Common(fields=(field,), **QUIET), reads=reads, months=34, noise=False)
    active = run["field_output"][:, 0, 0, 0]
    np.testing.assert_allclose(active[:11], 0.2)
    np.testing.assert_allclose(active[10:], 1.0 - 0.8 * np.exp(-np.arange(25) / 24.0), rtol=1e-12)
    assert sale(field_output=0.5, phase=0.0, war_output=0.5, lag=0.9).field_output == 0.5


def test_strikes_take_output_at_war_and_are_repaired() -> None:
    assert a_front(u_strike=0.1).strike_damage == 0.45
    assert a_front(strike_damage=0.45, u_strike=0.9).strike_damage == pytest.approx(0.405)
    assert a_front(u_strike=0.1, phase=1.0).strike_damage == 0.0  # not in a ceasefire
    assert a_front(u_strike=1.0).strike_damage == pytest.approx(0.15 * 0.45)  # without noise: the mean
    keep, months = math.exp(-1 / 2.5), 20
    common = Common(fields=(Deposit(**GAS),), strike_probability=0.2, strike_depth=0.4)
    run = run_alone(Resources(), BOTH, common, months=months, paths=PATHS, seed=2)
    damage = run["strike_damage"][months, 0, 0]
    mean = 0.2 * 0.4 / (1 - keep * (1 - 0.2 * 0.4))  # of the stationary law: d' = h + s (1 - h)
    assert errors_off(damage, mean) < 4
    assert errors_off(damage, 0.2 * 0.4 / (1 - keep)) > 20  # negative twin: damage that adds up without bound
    assert 0.0 <= damage.min() <= damage.max() <= 1.0


def test_more_than_half_of_a_strikes_damage_is_back_within_two_months() -> None:
    assert math.exp(-2.0 / Common().repair_months.value) < 0.5


def test_the_front_takes_ground_at_war_only() -> None:
    lost = 0.0
    for _ in range(12):
        lost = a_front(ground_lost=lost).ground_lost
    assert lost == pytest.approx(1.0 - 0.99**12)
    assert a_front(ground_lost=lost, phase=1.0).ground_lost == lost
    assert a_front(protection=1.0).ground_lost == pytest.approx(0.005)
    assert sale(occupied_share=0.3).to_owner == pytest.approx(0.7)
    assert sale(occupied_share=0.3, ground_lost=0.1).to_owner == pytest.approx(0.63)
    assert sale(occupied_share=0.3, ground_lost=0.1, recovered_share=1.0).to_owner == 1.0
    assert sale(occupied_share=1.0, ground_lost=1.0).to_owner == 0.0


def test_ground_follows_the_territory_where_a_front_is_written() -> None:
    assert a_front(territory=0.76).ground_lost == pytest.approx(0.05)
    assert a_front(territory=0.76, phase=1.0).ground_lost == pytest.approx(0.05)  # whatever the phase
    assert a_front(territory=0.76, protection=1.0).ground_lost == pytest.approx(0.025)
    assert a_front(territory=0.84, protection=1.0, ground_lost=0.2).ground_lost == pytest.approx(0.15)
    assert a_front(territory=0.84).ground_lost == 0.0  # more than at the start is not counted
    assert a_front(territory=0.0, ground_lost=0.5).ground_lost == 1.0
    begun = a_front(territory=0.7, first_year=1.0)
    assert (begun.ground_lost, begun.front_at, begun.front_first) == (0.0, 0.7, 0.7)
    reads = {"phase": 0.0, "territory": lambda month: 0.8 - 0.008 * max(0, min(month, 10) - 1)}
    common = Common(fields=(Deposit(**GAS, start_output=1.0),), strike_probability=0.0, advance_rate=0.05)
    run = run_alone(Resources(), BOTH, common, reads=reads, months=20, noise=False)["ground_lost"][:, 0, 0, 0]
    np.testing.assert_allclose(run[10:], 0.09, rtol=1e-9)
    drift = run_alone(Resources(), BOTH, common, reads={"phase": 0.0}, months=20, noise=False)["ground_lost"]
    assert drift[20, 0, 0, 0] == pytest.approx(1 - 0.95**20)  # twin: nobody writes the territory


def test_what_the_owner_gets_is_counted_by_mineral_and_nothing_is_counted_twice() -> None:
    names = ("gas", "oil", "titanium", "uranium", "manganese", "rare-earths", "lithium", "other")
    some = tuple(Deposit(**{**GAS, "output": 1e7 * (k + 1)}, mineral=name) for k, name in enumerate(names))
    run = run_alone(Resources(), BOTH, Common(fields=some), reads={"phase": 1.0}, months=12, paths=20, seed=4)
    counted = [run[f"{name.replace('-', '_')}_value"] for name in names[:-1]]
    prices, output = run["resource_price"][:, 0], run["field_output"][:, 0]
    for k, found in enumerate(counted):
        value = (prices[1:, k] * output[1:, k]) * 1e7 * (k + 1) / 12e9
        np.testing.assert_allclose(found[1:, 0, 0], value, rtol=1e-12)
    other = (prices[1:, 7] * output[1:, 7]) * 8e7 / 12e9
    np.testing.assert_allclose(sum(counted)[1:, 0, 0] + other, run["owner_value"][1:, 0, 0], rtol=1e-12)


def test_struck_output_is_not_sold() -> None:
    field = Deposit(**GAS, start_output=1.0, war_output=1.0, vulnerability=0.5)
    common = Common(fields=(field,), strike_probability=0.5, strike_depth=0.4, advance_rate=0.0)
    run = run_alone(Resources(), BOTH, common, months=1, noise=False)
    assert run["resource_revenue"][1, 1, 0, 0] == pytest.approx(0.4 * (1 - 0.5 * 0.2))
    half = Common(
        fields=(field,), strike_probability=0.5, strike_depth=0.4, advance_rate=0.0, protection=1.0, shield=0.5
    )
    run = run_alone(Resources(), BOTH, half, months=1, noise=False)
    assert run["resource_revenue"][1, 1, 0, 0] == pytest.approx(0.4 * (1 - 0.25 * 0.2))


def test_each_side_sells_what_it_holds() -> None:
    field = {**GAS, "occupied_share": 0.25}
    common = Common(fields=(Deposit(**field, start_output=1.0, war_output=1.0),), **QUIET, occupier_output=0.4)
    run = run_alone(Resources(), BOTH, common, months=2, noise=False)
    np.testing.assert_allclose(run["resource_revenue"][1:, 1], 0.75 * 0.4, rtol=1e-12)
    np.testing.assert_allclose(run["resource_revenue"][1:, 0], 0.25 * 0.4 * 0.4, rtol=1e-12)
    np.testing.assert_allclose(run["resource_defence"][1:, 0], 0.2 * 0.04, rtol=1e-12)
    back = common.model_copy(update={"recovered_share": Common(recovered_share=1.0).recovered_share})
    run = run_alone(Resources(), BOTH, back, months=2, noise=False)
    np.testing.assert_allclose(run["resource_revenue"][1:, 1], 0.4, rtol=1e-12)
    np.testing.assert_array_equal(run["resource_revenue"][1:, 0], 0.0)


def test_protection_averts_damage_and_costs_money() -> None:
    fields = (Deposit(**{**GAS, "occupied_share": 0.2}, vulnerability=1.0),)
    bare = run_alone(Resources(), BOTH, Common(fields=fields), months=36, paths=200, seed=3)
    full = run_alone(
        Resources(), BOTH, Common(fields=fields, protection=1.0, protection_cost=1.2), months=36, paths=200, seed=3
    )
    assert np.all(full["resource_revenue"][1:, 1] >= bare["resource_revenue"][1:, 1])
    assert np.all(full["ground_lost"][1:] < bare["ground_lost"][1:])
    np.testing.assert_allclose(full["resource_defence"][1:, 1], 0.1 * full["resource_revenue"][1:, 1] - 0.1, atol=1e-12)
    assert np.all(full["resource_revenue"][36, 0] < bare["resource_revenue"][36, 0])  # less ground for the occupier


def test_the_sums_are_small_beside_the_cost_of_the_war() -> None:
    gas = tables.lookup("RS026").value * 0.380  # bcm a year at 380 USD for 1000 m3: bn USD
    war = tables.lookup("SP052").value * 365 / 1000  # million USD a day: bn USD a year
    assert gas == pytest.approx(7.1, abs=0.1)
    assert war == pytest.approx(62.8, abs=0.1)
    assert 0.1 * gas / war < 0.02


def test_no_fields_bring_nothing() -> None:
    run = run_alone(Resources(), BOTH, Common(), months=3, paths=4)
    np.testing.assert_array_equal(run["resource_revenue"], 0.0)


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = tuple(Deposit(**{**GAS, "occupied_share": share}) for share in (0.1, 0.9))
    arguments = {"reads": {"phase": lambda month: float(month > 6)}, "months": 10, "paths": 5, "seed": 6}
    varied = {"fields[1].occupied_share": np.linspace(0, 1, 5), "strike_depth": np.linspace(0.4, 0.5, 5)}
    compiled = run_alone(Resources(), BOTH, Common(fields=fields), **arguments, per_path=varied)
    without_compiler(monkeypatch)
    plain = run_alone(Resources(), BOTH, Common(fields=fields), **arguments, per_path=varied)
    for name, series in compiled.items():
        np.testing.assert_array_equal(series, plain[name], err_msg=name)


def test_parameters_that_differ_between_paths_act_path_by_path() -> None:
    fields = tuple(Deposit(**{**GAS, "occupied_share": share, "vulnerability": 0.5}) for share in (0.1, 0.9))
    common = Common(fields=fields, protection=0.5, recovered_share=0.1, strike_probability=0.6)
    idle = tuple(f"fields[{place}]" for place in range(2, 8))
    reads = {"phase": lambda month: float(month > 40)}
    owner = {"UKR": Parameters()}
    assert_each_path_has_its_own(Resources(), owner, common, idle=idle, reads=reads, months=43, seed=4)
