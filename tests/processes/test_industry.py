"""Industry: first-order capacity, output within capacity and money, aid shipped once, equipment closed by its flows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forcesim.processes.industry import (
    Common,
    Industry,
    Line,
    Parameters,
    line_numbers,
    offer,
    produce,
    push_in_force,
    use,
)
from tests.support.alone import run_alone, without_compiler
from tests.support.each_path import assert_each_path_has_its_own

PATHS = 100_000
LINE = Line(capacity=100.0, unit_cost=5.0, order_share=0.5, lead_months=12.0, depreciation=0.02)
EVEN = {"utilisation": 1.0, "aid_bought_at_home": 0.0}


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
        Industry(), {"AAA": Parameters(armour=LINE)}, Common(utilisation=0.8), reads=reads, months=30, paths=200, seed=1
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
    return {
        "AAA": Parameters(armour=LINE, aid_offer=0.5, equipment=10.0),
        "BBB": Parameters(drones=LINE, aid_offer=0.25, equipment=5.0),
        "RUS": Parameters(shells=LINE, equipment=100.0, war_loss_rate=0.01, use_per_soldier=500.0),
        "UKR": Parameters(drones=LINE, equipment=60.0, war_loss_rate=0.015, use_per_soldier=600.0),
    }


AID = np.array([[0.0], [0.0], [0.0], [1.0]])


@pytest.mark.parametrize("phase", [0.0, 1.0])
def test_equipment_closes_by_its_flows_and_gifts_arrive(phase: float) -> None:
    reads = {"equipment_budget": 2.0, "aid_received": AID, "strength": 9e5, "phase": phase}
    run = run_alone(Industry(), producers(), Common(), reads=reads, months=60, paths=100, seed=3)
    flows = run["production"] + run["equipment_aid"] - run["gifts"] - run["wear"] - run["war_losses"]
    np.testing.assert_allclose(np.diff(run["equipment"], axis=0), flows[1:], atol=1e-12)
    np.testing.assert_allclose(run["gifts"].sum(axis=1), run["equipment_aid"].sum(axis=1), rtol=1e-12)
    assert np.all(run["gifts"] <= run["production"] + 1e-15)
    np.testing.assert_array_equal(run["equipment_aid"][:, :3], 0.0)
    assert run["equipment"].min() >= 0.0
    assert (run["war_losses"].max() > 0) == (phase == 0.0)
    forgotten = flows + run["wear"]  # negative twin: one flow left out
    assert np.abs(np.diff(run["equipment"], axis=0) - forgotten[1:]).max() > 0.01


@pytest.mark.parametrize(
    ("capacity", "orders", "luck", "expected"),
    [
        # 4 bn USD, a half of it at 10 m a unit: 200 funded; in use 0.8: 250 wanted. A month leaves 0.9 of the gap.
        (100.0, 4.0, 1.5, (115.0, 138.0, 1.38)),  # grows; capacity binds: 0.8 * 115 * 1.5
        (240.0, 4.0, 1.5, (241.0, 200.0, 2.0)),  # grows; money binds
        (300.0, 4.0, 0.5, (290.0, 116.0, 1.16)),  # more than is called for: 0.8 of the gap is left
        (300.0, 0.0, 1.0, (240.0, 0.0, 0.0)),  # no order
    ],
)
def test_a_month_of_a_line_by_hand(capacity: float, orders: float, luck: float, expected: tuple[float, ...]) -> None:
    found = produce(
        capacity=capacity, orders=orders, luck=luck, order_share=0.5, cost=0.01, in_use=0.8, keep_growing=0.9,
        keep_idle=0.8,
    )  # fmt: skip
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_numbers_of_a_line_by_hand() -> None:
    line = {"unit_cost": 5.0, "utilisation": 0.8, "lead_months": 12.0, "lead_factor": 0.5, "depreciation": 0.02}
    assert line_numbers(**line) == pytest.approx((0.005, 0.8, math.exp(-1 / 6), math.exp(-0.02)), rel=1e-14)
    least = line_numbers(**{**line, "utilisation": 0.0, "lead_factor": 0.0})
    assert (least.in_use, least.keep_growing) == (0.01, pytest.approx(math.exp(-100.0), rel=1e-12))


@pytest.mark.parametrize(
    ("offered", "money", "arrives", "given"),
    [
        (4.0, 2.0, 0.5, 0.75),  # money binds: all of it arrives, half of the offers are taken
        (2.0, 4.0, 0.25, 1.5),  # offers bind: all are taken, half of the money finds something
        (0.0, 4.0, 0.0, 0.0),
        (4.0, 0.0, 0.0, 0.0),
    ],
)
@pytest.mark.parametrize("phase", [0.0, 1.0])
def test_aid_wear_and_losses_by_hand(offered: float, money: float, arrives: float, given: float, phase: float) -> None:
    assert offer(production=3.0, aid_offer=0.25) == 0.75
    found = use(
        equipment=100.0, offer=1.5 if offered else 0.0, aid_for_equipment=0.5 if money else 0.0, aid_offered=offered,
        aid_money=money, phase=phase, strength=5e5, wear_rate=0.01, war_loss_rate=0.02, use_per_soldier=600.0,
    )  # fmt: skip
    lost = 0.02 * 99.0 + 600.0 * 5e5 / 1e9 if phase == 0.0 else 0.0
    assert found == pytest.approx((arrives, given, 1.0, lost), rel=1e-12)


def test_no_more_is_lost_than_there_is() -> None:
    numbers = dict.fromkeys(("offer", "aid_for_equipment", "aid_offered", "aid_money", "phase"), 0.0)
    found = use(equipment=10.0, strength=5e5, wear_rate=0.5, war_loss_rate=0.9, use_per_soldier=1e5, **numbers)
    assert found == (0.0, 0.0, 5.0, 5.0)
    assert use(equipment=10.0, strength=0.0, wear_rate=1.5, war_loss_rate=0.9, use_per_soldier=0.0, **numbers)[2:] == (
        10.0,
        0.0,
    )


def test_what_is_shipped_is_the_lesser_of_offers_and_money() -> None:
    for aid, binding in ((0.05, "aid_money"), (50.0, "aid_offered")):
        reads = {"equipment_budget": 2.0, "aid_received": aid * AID}
        run = run_alone(
            Industry(), producers(), Common(aid_bought_at_home=0.0, aid_in_kind=0.8), reads=reads, months=3, noise=False
        )
        shipped = run["equipment_aid"][1:, 3, 0, 0]
        np.testing.assert_allclose(shipped, run[binding][1:, 0, 0, 0], rtol=1e-12)
        if binding == "aid_money":
            np.testing.assert_allclose(shipped, 0.8 * aid, rtol=1e-12)


def test_stock_alone_wears_out_geometrically_and_never_below_zero() -> None:
    run = run_alone(Industry(), {"AAA": Parameters(equipment=10.0, wear_rate=0.006)}, Common(), months=100, noise=False)
    np.testing.assert_allclose(run["equipment"][:, 0, 0, 0], 10.0 * 0.994 ** np.arange(101), rtol=1e-12)
    hungry = Parameters(equipment=10.0, wear_rate=0.5, war_loss_rate=0.9, use_per_soldier=1e6)
    gone = run_alone(Industry(), {"UKR": hungry}, Common(), reads={"strength": 1e6}, months=12, noise=False)
    assert gone["equipment"].min() == 0.0


def test_a_push_buys_more_and_is_cut_at_all_the_money() -> None:
    assert push_in_force(push=1.5, order_shares=0.5) == 1.5
    assert push_in_force(push=3.0, order_shares=0.5) == 2.0
    assert push_in_force(push=2.0, order_shares=0.0) == 2.0
    assert push_in_force(push=0.0, order_shares=0.5) == 0.0
    reads = {"equipment_budget": 2.0, "aid_received": AID, "strength": 9e5}
    before = run_alone(Industry(), producers(), Common(), reads=reads, months=48, paths=50, seed=5)
    pushed = {
        n: p.model_copy(update={"push": Parameters(push=1.6, lead_factor=0.7).push}) for n, p in producers().items()
    }
    after = run_alone(Industry(), pushed, Common(), reads=reads, months=48, paths=50, seed=5)
    assert np.all(after["production"][1:] >= before["production"][1:])
    assert np.all(after["equipment"][48, 3] > before["equipment"][48, 3])


def test_aid_money_spent_at_home_adds_orders() -> None:
    reads = {"equipment_budget": 0.1, "aid_received": AID}
    none = run_alone(Industry(), producers(), Common(aid_bought_at_home=0.0), reads=reads, months=24, noise=False)
    half = run_alone(Industry(), producers(), Common(aid_bought_at_home=0.5), reads=reads, months=24, noise=False)
    np.testing.assert_allclose(half["orders"][1:, 3], none["orders"][1:, 3] + 0.5)
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
    line = Line(capacity=100.0, unit_cost=2.0, order_share=0.2, lead_months=12.0, depreciation=0.05)
    lines = dict.fromkeys(("shells", "armour", "drones", "air_defence"), line)
    losses = {"war_loss_rate": 0.01, "use_per_soldier": 500.0}
    nation = Parameters(**lines, push=1.1, aid_offer=0.3, equipment=50.0, **losses)
    reads = {"equipment_budget": lambda month: 3.0 if month < 4 else 0.3, "aid_received": 1.0, "strength": 9e5}
    assert_each_path_has_its_own(Industry(), {"UKR": nation}, Common(), reads=reads, months=8, seed=1)
