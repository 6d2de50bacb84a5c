"""Industry: first-order capacity, prices, hulls, output within capacity and money; all stocks close by their flows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forcesim.processes.industry import (
    Common,
    Industry,
    Parameters,
    keep_books,
    need_by_now,
    paces,
    place_orders,
    ship,
    spend_aid,
    use,
)
from forcesim.processes.lines import Ammunition, Line, produce, set_prices
from forcesim.processes.phases import CEASEFIRE, LOCAL_ATTACK, WAR
from tests.support.alone import run_alone, without_compiler
from tests.support.each_path import assert_each_path_has_its_own

PATHS = 40_000
NUMBERS = {"capacity": 100.0, "unit_cost": 5.0, "order_share": 0.5, "lead_months": 12.0, "depreciation": 0.02}
LINE, FIRED = Line(**NUMBERS), Ammunition(**NUMBERS)
EVEN = {"utilisation": 1.0, "aid_bought_at_home": 0.0, "price_elasticity": 0.0}


def errors_off(sample: np.ndarray, expected: float) -> float:
    """Distance of the sample's mean from what is expected, in standard errors."""
    return float(abs(sample.mean() - expected) / (sample.std() / math.sqrt(sample.size)))


def test_capacity_follows_orders_with_a_first_order_lag() -> None:
    nation = Parameters(armour=LINE)
    run = run_alone(
        Industry(), {"AAA": nation}, Common(**EVEN), reads={"equipment_budget": 2.0}, months=60, noise=False
    )
    months = np.arange(61)  # 2 bn a month, half on the line, 5 million each: 200 a month
    np.testing.assert_allclose(run["capacity"][:, 0, 1, 0], 200.0 - 100.0 * np.exp(-months / 12.0), rtol=1e-12)
    assert run["capacity"][12, 0, 1, 0] == pytest.approx(163.2, abs=0.05)  # the docstring's
    np.testing.assert_allclose(run["production_armour"][1:, 0, 0, 0], run["capacity"][1:, 0, 1, 0], rtol=1e-12)
    np.testing.assert_allclose(run["production"][1:, 0, 0, 0], 5e-3 * run["capacity"][1:, 0, 1, 0], rtol=1e-12)
    for other in ("shells", "drones", "air_defence"):
        np.testing.assert_array_equal(run[f"production_{other}"], 0.0)


def test_capacity_without_orders_decays_at_its_own_rate() -> None:
    run = run_alone(Industry(), {"AAA": Parameters(armour=LINE)}, Common(**EVEN), months=24, noise=False)
    np.testing.assert_allclose(run["capacity"][:, 0, 1, 0], 100.0 * np.exp(-0.02 * np.arange(25)), rtol=1e-12)
    np.testing.assert_array_equal(run["production"], 0.0)  # no money, no output


def test_output_is_bounded_by_money_and_by_capacity() -> None:
    reads = {"equipment_budget": lambda month: 3.0 if month < 10 else 0.4}
    run = run_alone(
        Industry(),
        {"AAA": Parameters(armour=LINE)},
        Common(utilisation=0.8, price_elasticity=0.0),
        reads=reads,
        months=30,
        paths=200,
        seed=1,
    )
    output, capacity = run["production_armour"][1:, 0, 0], run["capacity"][1:, 0, 1]
    assert np.all(run["production"][1:10] <= 1.5 + 1e-12)
    np.testing.assert_allclose(run["production"][12:], 0.2, rtol=1e-12)  # money binds: chance of output plays no part
    assert output.max() <= 0.8 * capacity.max() * math.exp(0.1 * 6)


def test_noise_of_output_is_lognormal_where_capacity_binds() -> None:
    nation = Parameters(armour=Line(capacity=100.0, unit_cost=1.0, order_share=1.0, lead_months=1e6))
    run = run_alone(
        Industry(),
        {"AAA": nation},
        Common(**EVEN, output_volatility=0.2),
        reads={"equipment_budget": 1e3},
        months=1,
        paths=PATHS,
        seed=2,
    )
    output = run["production_armour"][1, 0, 0] / run["capacity"][1, 0, 1]
    assert errors_off(np.log(output), 0.0) < 4
    assert errors_off(np.log(output) ** 2, 0.2**2) < 4
    assert errors_off(output, math.exp(0.02)) < 4
    assert errors_off(output, 1.0) > 20  # negative twin: the mean forgotten


def producers() -> dict[str, Parameters]:
    war = {"war_loss_rate": 0.012, "fires_needed": 0.9}
    return {
        "AAA": Parameters(armour=LINE, aid_offer=0.5, equipment=10.0),
        "BBB": Parameters(drones=FIRED, aid_offer=0.25, equipment=5.0),
        "RUS": Parameters(shells=FIRED, equipment=100.0, ammunition=1.0, **war),
        "UKR": Parameters(drones=FIRED, equipment=60.0, ammunition=0.4, **war),
    }


AID = np.array([[0.0], [0.0], [0.0], [1.0]])
STOCKS = {
    "equipment": (("arms_made", "other_deliveries", "equipment_aid"), ("gifts", "wear", "war_losses")),
    "ammunition": (("munitions_made", "ammunition_aid"), ("ammunition_gifts", "fired")),
    "on_order": (("other_orders",), ("other_deliveries",)),
    "aid_unspent": (("aid_booked",), ("aid_orders", "aid_services", "aid_goods")),
}


@pytest.mark.parametrize("phase", [WAR, CEASEFIRE, LOCAL_ATTACK])
def test_every_stock_closes_by_its_flows_and_gifts_arrive(phase: float) -> None:
    reads = {"equipment_budget": 2.0, "aid_received": AID, "strength": 9e5, "phase": phase}
    run = run_alone(Industry(), producers(), Common(), reads=reads, months=60, paths=100, seed=3)
    for stock, (inflows, outflows) in STOCKS.items():
        moved = sum(run[name] for name in inflows) - sum(run[name] for name in outflows)
        np.testing.assert_allclose(np.diff(run[stock], axis=0), moved[1:], atol=1e-12, err_msg=stock)
        assert run[stock].min() >= -1e-12
        forgotten = moved + run[outflows[0]]  # negative twin: one flow left out
        assert np.abs(np.diff(run[stock], axis=0) - forgotten[1:]).max() > 1e-3
    for given, got in (("gifts", "equipment_aid"), ("ammunition_gifts", "ammunition_aid")):
        np.testing.assert_allclose(run[given].sum(axis=1), run[got].sum(axis=1), rtol=1e-12, atol=1e-15)
        np.testing.assert_array_equal(run[got][:, :3], 0.0)
    made = run["arms_made"] + run["munitions_made"]
    np.testing.assert_allclose(made, run["production"], rtol=1e-12)
    fights = phase != CEASEFIRE
    assert (run["war_losses"].max() > 0, run["fired"].max() > 0) == (fights, fights)
    if not fights:
        np.testing.assert_array_equal(run["fires"], 1.0)


def test_no_money_is_lost_between_orders_lines_and_other_equipment() -> None:
    """What is spent on lines and on other equipment is what there was and what a push adds, at the prices paid."""
    reads = {"equipment_budget": 2.0, "aid_received": AID, "strength": 9e5, "phase": WAR}
    pushed = {n: p.model_copy(update={"push": Parameters(push=1.6).push}) for n, p in producers().items()}
    for nations, adds in ((producers(), False), (pushed, True)):
        run = run_alone(Industry(), nations, Common(), reads=reads, months=40, paths=20, seed=4)
        price = run["prices"][:-1]  # a month pays last month's prices
        spent = price * (run["production"] + run["other_orders"])[1:]
        np.testing.assert_allclose(spent, (run["orders"] + run["push_money"])[1:], rtol=1e-12)
        paid_back = run["prices"][:-1] * (run["gifts"] + run["ammunition_gifts"])[:-1]
        np.testing.assert_allclose(run["orders"][1:], 2.0 + run["aid_orders"][1:] + paid_back, rtol=1e-12)
        assert bool(run["push_money"].max() > 1e-9) == adds


def test_a_push_buys_more_and_is_paid_for() -> None:
    reads = {"equipment_budget": 2.0, "aid_received": AID, "strength": 9e5, "phase": WAR}
    pushed = {
        n: p.model_copy(
            update={"push": Parameters(push=1.6).push, "lead_factor": Parameters(lead_factor=0.7).lead_factor}
        )
        for n, p in producers().items()
    }
    arguments = {"reads": reads, "months": 48, "paths": 50, "seed": 5}
    before = run_alone(Industry(), producers(), Common(price_elasticity=0.0), **arguments)
    after = run_alone(Industry(), pushed, Common(price_elasticity=0.0), **arguments)
    dear = run_alone(Industry(), pushed, Common(price_elasticity=0.6), **arguments)
    assert np.all(after["production"][1:] >= before["production"][1:])
    assert np.all(after["fires"][40:, 3] >= before["fires"][40:, 3])
    assert np.all(after["push_money"][48] > 0.0)
    np.testing.assert_allclose(before["push_money"], 0.0, atol=1e-12)
    assert np.all(dear["push_money"][48] >= 0.0)


def test_prices_rise_with_orders_over_capacity_and_a_dearer_line_makes_less() -> None:
    first = set_prices(all_demand=3.0, all_supply=2.0, first_load=0.0, first_year=1.0, price_elasticity=0.5)
    assert first == (1.0, 1.5)
    later = set_prices(all_demand=6.0, all_supply=2.0, first_load=1.5, first_year=0.0, price_elasticity=0.5)
    assert later == pytest.approx((math.sqrt(2.0), 1.5))
    assert set_prices(1.0, 2.0, 1.5, 0.0, 0.5) == (1.0, 1.5)  # prices of arms do not fall
    assert set_prices(0.0, 2.0, 1.5, 0.0, 0.5) == (1.0, 1.5)  # nobody orders anything
    assert set_prices(6.0, 2.0, 1.5, 0.0, 0.0).prices == 1.0  # twin: no elasticity
    reads = {"equipment_budget": lambda month: 2.0 if month < 3 else 6.0}
    run = run_alone(Industry(), {"AAA": Parameters(armour=LINE)}, Common(), reads=reads, months=60, noise=False)
    price = run["prices"][:, 0, 0, 0]
    assert price[0] == price[1] == 1.0
    assert price[3] == price.max() > 1.2  # orders treble
    assert np.all(np.diff(price[3:10]) < 0)  # capacity follows
    assert price[60] == price.min() == 1.0
    still = run_alone(
        Industry(), {"AAA": Parameters(armour=LINE)}, Common(price_elasticity=0.0), reads=reads, months=60, noise=False
    )
    dearer, same = run["capacity"][1:10, 0, 1, 0], still["capacity"][1:10, 0, 1, 0]
    assert np.all(dearer <= same)
    assert dearer[-1] < same[-1]  # the same money builds less


def line(**more: float) -> dict[str, float]:
    return {
        "capacity": 100.0, "hulls": 0.0, "orders": 2.0, "full": 1.0, "push": 1.0, "price": 1.0, "luck": 1.0,
        "order_share": 0.5, "cost": 0.005, "in_use": 0.8, "keep_growing": 0.9, "keep_idle": 0.99,
        "refurbished_share": 0.0, "hull_months": 10.0, "fired_share": 0.0, **more,
    }  # fmt: skip


def test_a_line_by_hand() -> None:
    found = produce(**line())
    capacity = 250.0 - 150.0 * 0.9  # 200 are paid for, at 0.8 in use
    assert found == pytest.approx((capacity, 0.0, 0.8 * capacity, 0.004 * capacity, 0.0, 1.0, 0.004 * capacity))
    dear = produce(**line(price=2.0, push=0.5))
    assert dear.capacity == pytest.approx(62.5 + 37.5 * 0.99)  # 50 are paid for: capacity decays
    assert (dear.output, dear.demand) == pytest.approx((50.0, 0.5))
    assert produce(**line(push=0.25)).output == pytest.approx(50.0)  # money binds
    shells = produce(**line(fired_share=1.0, full=0.25))
    assert (shells.demand, shells.munitions) == (0.25, shells.value)
    assert produce(**line(full=0.25)).demand == 1.0  # full stores of ammunition slow no armour


def test_hulls_run_out_and_output_falls_to_what_is_new() -> None:
    nation = Parameters(armour=Line(**{**NUMBERS, "lead_months": 1e6}, refurbished_share=0.75, hulls=900.0))
    run = run_alone(
        Industry(), {"RUS": nation}, Common(**EVEN, hull_months=4.0), reads={"equipment_budget": 9.0}, months=60,
        noise=False,
    )  # fmt: skip
    output, hulls = run["production_armour"][1:, 0, 0, 0], run["hulls"][:, 0, 1, 0]
    assert output[0] == pytest.approx(100.0, rel=1e-4)
    np.testing.assert_allclose(output[-1], 25.0, rtol=1e-2)
    np.testing.assert_allclose(-np.diff(hulls), output - 0.25 * run["capacity"][1:, 0, 1, 0], rtol=1e-9)
    assert np.all(np.diff(hulls) <= 0)
    assert hulls.min() > 0.0
    np.testing.assert_array_equal(run["hulls_left"][:, 0, 0, 0], hulls)
    slow = produce(**line(hulls=100.0, refurbished_share=0.5))
    made = 0.8 * 115.0
    assert (slow.output, slow.hulls) == pytest.approx((0.5 * made + 10.0, 90.0))  # a tenth of the hulls a month


def test_other_equipment_comes_after_its_lead_and_the_order_book_begins_steady() -> None:
    reads = {"equipment_budget": lambda month: 1.0 if month < 10 else 2.0}
    nation = Parameters(other_share=0.5, equipment=7.0)
    run = run_alone(Industry(), {"AAA": nation}, Common(other_months=20.0), reads=reads, months=100, noise=False)
    delivered = run["other_deliveries"][:, 0, 0, 0]
    keep = math.exp(-1 / 20)
    steady = 20.0 * (1 - keep)  # a month of the order book that a steady state of 20 months at 0.5 holds
    assert delivered[1] == pytest.approx(0.5 * steady)
    months = np.arange(91)
    np.testing.assert_allclose(delivered[10:], 1.0 + (delivered[10] - 1.0) * keep**months, rtol=1e-12)
    assert run["equipment"][100, 0, 0, 0] > run["equipment"][10, 0, 0, 0]


def test_aid_that_finds_no_goods_waits_and_then_orders_at_home() -> None:
    """The least of offers and money is shipped; the rest is there next month, and none of it is lost."""
    for aid, binds in ((0.05, "money"), (50.0, "offers")):
        reads = {"equipment_budget": 2.0, "aid_received": aid * AID}
        common = Common(**{**EVEN, "aid_in_kind": 0.8}, aid_patience=6.0)
        run = run_alone(Industry(), producers(), common, reads=reads, months=3, noise=False)
        goods = (run["equipment_aid"] + run["ammunition_aid"])[1:, 3, 0, 0]
        if binds == "money":
            np.testing.assert_allclose(goods, 0.8 * aid, rtol=1e-12)
            np.testing.assert_allclose(run["aid_unspent"][:, 3, 0, 0], 0.0, atol=1e-15)
        else:
            np.testing.assert_allclose(goods, run["aid_offered"][1:, 0, 0, 0], rtol=1e-12)
            assert run["aid_unspent"][1, 3, 0, 0] == pytest.approx(0.8 * aid - goods[0])
            released = run["aid_unspent"][1, 3, 0, 0] * (1 - math.exp(-1 / 6))
            assert run["aid_orders"][2, 3, 0, 0] == pytest.approx(released)
    ends = paces(aid_patience=4.0, other_months=10.0).patience_ends
    found = spend_aid(aid_unspent=10.0, aid_received=2.0, aid_bought_at_home=0.25, aid_in_kind=0.5, patience_ends=ends)
    waits = 10.0 * math.exp(-0.25)
    assert found == pytest.approx((2.0, 0.5 + 10.0 - waits, 0.75, waits + 0.75))
    assert sum(found[1:]) == pytest.approx(12.0)


def test_a_shipment_by_hand() -> None:
    numbers = {"arms_made": 1.0, "munitions_made": 3.0, "aid_offer": 0.5, "aid_offered": 4.0, "arms_offered": 1.0}
    found = ship(**numbers, aid_for_goods=1.0, aid_money=4.0, price=2.0)  # 4 at a price of 2 buy half of the offers
    assert found == pytest.approx((0.125, 0.375, 0.25, 0.75, 1.0))
    found = ship(**numbers, aid_for_goods=4.0, aid_money=16.0, price=2.0)  # offers bind: half of the money waits
    assert found == pytest.approx((0.25, 0.75, 0.5, 1.5, 2.0))


def test_orders_and_books_by_hand() -> None:
    found = place_orders(
        equipment_budget=2.0, aid_orders=0.5, gifts=0.1, ammunition_gifts=0.2, prices=1.5, ammunition=30.0,
        fires_needed=1.0, store_months=12.0, output_volatility=0.1, z_output=2.0,
    )  # fmt: skip
    assert found == pytest.approx((2.95, 0.4, math.exp(0.2), 1.5))
    none = place_orders(
        equipment_budget=2.0, aid_orders=0.0, gifts=0.0, ammunition_gifts=0.0, prices=1.0, ammunition=30.0,
        fires_needed=0.0, store_months=12.0, output_volatility=0.1, z_output=0.0,
    )  # fmt: skip
    assert none.full == 1.0  # who needs none for a war of its own fills no store
    numbers = {"munitions_made": 0.25, "orders": 4.0, "order_shares": 0.5, "on_order": 10.0, "other_share": 0.75}
    numbers |= {"price": 2.0, "delivered": paces(aid_patience=4.0, other_months=10.0).delivered, "aid_offer": 0.4}
    books = keep_books(production=0.5, **numbers)
    delivered = 10.0 * (1 - math.exp(-0.1))
    assert books == pytest.approx((0.25, 0.0, 0.75 * 3.0 / 2.0, delivered, 0.2))
    pushed = keep_books(production=1.5, **numbers)
    assert pushed == pytest.approx((1.25, 1.0, 0.75 * 2.0 / 2.0, delivered, 0.6))


def test_ammunition_is_fired_as_the_force_needs_it_and_at_most_what_there_is() -> None:
    numbers = {"equipment": 50.0, "wear_rate": 0.1, "war_loss_rate": 0.2, "fires_needed": 0.6}
    numbers |= {"strength": 9e5, "first_force": 4e5, "first_year": 0.0}
    numbers["need_by_now"] = need_by_now(month=6.0, need_growth=0.21)
    found = use(ammunition=0.33, phase=WAR, theatre=2e5, **numbers)
    assert found == pytest.approx((5.0, 9.0, 0.33, 1.0, 4e5))  # half the force, 1.1 times the need
    assert use(ammunition=0.11, phase=LOCAL_ATTACK, theatre=2e5, **numbers).fires == pytest.approx(1 / 3)
    assert use(ammunition=0.33, phase=WAR, theatre=-1.0, **numbers).fires == pytest.approx(0.33 / (0.66 * 9 / 4))
    assert use(ammunition=0.33, phase=CEASEFIRE, theatre=2e5, **numbers) == pytest.approx((5.0, 0.0, 0.0, 1.0, 4e5))
    first = use(ammunition=9.0, phase=WAR, theatre=3e5, **{**numbers, "first_year": 1.0})
    assert (first.first_force, first.fired) == pytest.approx((3e5, 0.66))
    assert use(ammunition=0.0, phase=WAR, theatre=2e5, **numbers)[2:4] == (0.0, 0.0)
    assert use(ammunition=1.0, phase=WAR, theatre=0.0, **numbers)[2:4] == (0.0, 1.0)  # nobody is there to fire


def test_stock_alone_wears_out_geometrically_and_never_below_zero() -> None:
    run = run_alone(Industry(), {"AAA": Parameters(equipment=10.0, wear_rate=0.006)}, Common(), months=100, noise=False)
    np.testing.assert_allclose(run["equipment"][:, 0, 0, 0], 10.0 * 0.994 ** np.arange(101), rtol=1e-12)
    hungry = Parameters(equipment=10.0, wear_rate=0.5, war_loss_rate=1.0, fires_needed=1e3, ammunition=5.0)
    gone = run_alone(Industry(), {"UKR": hungry}, Common(), reads={"strength": 1e6}, months=12, noise=False)
    assert gone["equipment"].min() == gone["ammunition"].min() == 0.0


def test_aid_money_spent_at_home_adds_orders() -> None:
    reads = {"equipment_budget": 0.1, "aid_received": AID}
    none = run_alone(Industry(), producers(), Common(**EVEN), reads=reads, months=24, noise=False)
    half = run_alone(
        Industry(), producers(), Common(**{**EVEN, "aid_bought_at_home": 0.5}), reads=reads, months=24, noise=False
    )
    assert half["orders"][1, 3, 0, 0] == pytest.approx(none["orders"][1, 3, 0, 0] + 0.5)
    assert half["production_drones"][24, 3, 0, 0] > none["production_drones"][24, 3, 0, 0]


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = {"equipment_budget": 2.0, "aid_received": AID, "strength": 9e5, "phase": lambda month: float(month > 4)}
    arguments = {
        "reads": reads,
        "months": 8,
        "paths": 5,
        "seed": 6,
        "per_path": {"war_loss_rate": np.linspace(0, 0.03, 5)},
    }
    compiled = run_alone(Industry(), producers(), Common(), **arguments)
    without_compiler(monkeypatch)
    plain = run_alone(Industry(), producers(), Common(), **arguments)
    for name, series in compiled.items():
        np.testing.assert_array_equal(series, plain[name], err_msg=name)


def test_parameters_that_differ_between_paths_act_path_by_path() -> None:
    numbers = {"capacity": 100.0, "unit_cost": 2.0, "order_share": 0.2, "lead_months": 12.0, "depreciation": 0.05}
    more = {"refurbished_share": 0.5, "hulls": 300.0}
    made, fired = Line(**numbers, **more, fired_share=0.1), Ammunition(**numbers, **more, fired_share=0.9)
    war = {"war_loss_rate": 0.01, "fires_needed": 0.2, "ammunition": 3.0}
    nation = Parameters(
        shells=fired, armour=made, drones=fired, air_defence=made, push=1.1, aid_offer=0.3, equipment=50.0, **war
    )
    reads = {"equipment_budget": lambda month: (1.0, 4.0, 0.3)[month // 3], "aid_received": 1.0, "strength": 9e5}
    common = Common(store_months=10.0)
    assert_each_path_has_its_own(Industry(), {"UKR": nation}, common, reads=reads, months=8, seed=1)
