"""Spending: shares return to their aims exactly, budgets and bills add up, defaults fit NATO's data."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pytest

from forcesim import tables
from forcesim.processes.spending import (
    LEAST_SHARE,
    UNKNOWN,
    Common,
    Parameters,
    Spending,
    aim_law,
    calm_volatility,
    debt_drag,
    decide,
    decided_budget,
    lift_law,
    share_law,
    shared_swing,
    spread_law,
    start,
)
from tests.support.alone import run_alone, without_compiler
from tests.support.each_path import assert_each_path_has_its_own

PATHS = 100_000
GIVEN = {"gdp": 1000.0, "growth": 0.02}
FIRM = {"compliance": 1.0, "pace": 1.0, "stress": 0.0, "shared_volatility": 0.0}


def pledge(floor: float, ramp: float) -> dict[str, object]:
    """Return a pledge as parameters of a nation that has been made already."""
    made = Parameters(share=0.02, floor=floor, ramp=ramp)
    return {"floor": made.floor, "ramp": made.ramp}


def errors_off(sample: np.ndarray, expected: float) -> float:
    """Distance of the sample's mean from what is expected, in standard errors."""
    return float(abs(sample.mean() - expected) / (sample.std() / math.sqrt(sample.size)))


def variance_errors_off(sample: np.ndarray, expected: float) -> float:
    return errors_off((sample - sample.mean()) ** 2, expected)


def test_without_noise_the_share_nears_its_target_as_by_hand() -> None:
    nation = Parameters(share=0.02, target_share=0.04, speed=0.24)
    run = run_alone(Spending(), {"AAA": nation}, Common(**FIRM), reads=GIVEN, months=61, noise=False, start_month=12)
    share = run["defence_share"][:, 0, 0, 0]
    assert share[1] == 0.02  # the share is that of the year
    assert share[61] == pytest.approx(0.04 * 0.5 ** math.exp(-1.2), rel=1e-12)  # five Januaries
    aged = run_alone(
        Spending(), {"AAA": nation}, Common(**FIRM, share_age=1.0), reads=GIVEN, months=61, noise=False, start_month=12
    )
    np.testing.assert_allclose(aged["defence_share"][49, 0, 0, 0], share[61], rtol=1e-12)  # a year old: a year sooner
    assert share_law(0.02, math.log(0.04), math.exp(-1.2), 0.0) == pytest.approx(0.0325, abs=5e-5)  # the docstring's
    assert np.all(np.diff(share) >= 0)


def test_the_share_is_an_exact_ornstein_uhlenbeck_process_at_any_step() -> None:
    nation = Parameters(share=0.02, target_share=0.035, speed=0.5, volatility=0.1)
    for age, start_month, months in ((0.0, 2, 23), (1.0, 2, 23), (0.5, 11, 14)):  # two Januaries, and month 1
        run = run_alone(
            Spending(),
            {"AAA": nation},
            Common(**FIRM, election_probability=0.0, share_age=age),
            reads=GIVEN,
            months=months,
            paths=PATHS,
            seed=1,
            start_month=start_month,
        )
        logs, years = np.log(run["defence_share"][months, 0, 0]), 2.0 + age
        keep = math.exp(-0.5 * years)
        assert errors_off(logs, math.log(0.035) + keep * math.log(0.02 / 0.035)) < 4
        variance = 0.1**2 * (1.0 - keep**2) / (2 * 0.5)
        assert variance_errors_off(logs, variance) < 4
        assert errors_off(((logs - logs.mean()) / logs.std()) ** 4, 3.0) < 4
        assert variance_errors_off(logs, 0.1**2 * years) > 20  # negative twin: a walk that does not return


def test_two_half_steps_are_one_whole_step() -> None:
    keep = math.exp(-0.3)
    half = share_law(share_law(0.02, -3.0, keep, 0.0), -3.0, keep, 0.0)
    assert half == pytest.approx(share_law(0.02, -3.0, keep * keep, 0.0), rel=1e-14)
    one, two = spread_law(0.3, 1.0, keep), spread_law(0.3, 2.0, keep * keep)
    assert two**2 == pytest.approx(one**2 * (1 + keep**2), rel=1e-14)
    assert spread_law(0.0, 4.0, 1.0) == 2.0


def test_election_years_widen_the_tails_and_leave_the_volatility() -> None:
    nation = Parameters(share=0.02, target_share=0.02, speed=1e-9, volatility=0.12)
    run = run_alone(
        Spending(), {"AAA": nation}, Common(**FIRM), reads=GIVEN, months=13, paths=PATHS, seed=2, start_month=12
    )
    change = np.log(run["defence_share"][13, 0, 0] / run["defence_share"][1, 0, 0])
    assert variance_errors_off(change, 0.12**2) < 4
    p, q = 0.25, 3.0
    kurtosis = 3 * (1 - p + p * q**4) / (1 - p + p * q**2) ** 2
    assert kurtosis == 7.0
    assert errors_off(change**4, kurtosis * 0.12**4) < 4
    assert errors_off(change**4, 3.0 * 0.12**4) > 20  # negative twin: no elections
    assert calm_volatility(0.12, 0.0, 3.0) == 0.12


def test_what_moves_all_shares_keeps_to_last_year() -> None:
    calm = Parameters(share=0.02, target_share=0.02, speed=1e-9, volatility=0.0)
    common = Common(**{**FIRM, "shared_volatility": 0.05}, election_probability=0.0, shared_persistence=0.7)
    run = run_alone(Spending(), {"AAA": calm}, common, reads=GIVEN, months=25, paths=PATHS, seed=7, start_month=12)
    one, two = np.diff(np.log(run["defence_share"][[1, 13, 25], 0, 0]), axis=0)
    for change in (one, two):
        assert variance_errors_off(change, 0.05**2) < 4
    assert errors_off(one * two, 0.7 * 0.05**2) < 4
    assert errors_off(one * two, 0.0) > 20  # negative twin: years are independent
    assert shared_swing(shared_swing=2.0, shared_persistence=0.6, first_year=0.0, z_shared=0.5) == pytest.approx(1.6)
    assert shared_swing(shared_swing=2.0, shared_persistence=0.6, first_year=1.0, z_shared=0.5) == 0.5


def test_a_year_moves_all_shares_at_once_save_of_those_at_war() -> None:
    calm = {"share": 0.02, "target_share": 0.02, "speed": 1e-9, "volatility": 0.04}
    nations = {"AAA": Parameters(**calm), "BBB": Parameters(**calm), "CCC": Parameters(**calm, war_share=0.02)}
    common = Common(**{**FIRM, "shared_volatility": 0.03}, election_probability=0.0)
    run = run_alone(
        Spending(), nations, common, reads={**GIVEN, "phase": 0.0}, months=13, paths=PATHS, seed=6, start_month=12
    )
    one, other, at_war = np.log(run["defence_share"][13, :3] / run["defence_share"][1, :3]).reshape(3, -1)
    for change, variance in ((one, 0.04**2 + 0.03**2), (other, 0.04**2 + 0.03**2), (at_war, 0.04**2)):
        assert variance_errors_off(change, variance) < 4
    assert errors_off(one * other, 0.03**2) < 4
    assert errors_off(one * at_war, 0.0) < 4
    assert errors_off(one * other, 0.0) > 20  # negative twin: nothing shared


@pytest.mark.parametrize(
    ("phase", "u_election", "war_share"), [(1.0, 0.2, 0.2), (1.0, 0.4, 0.2), (0.0, 0.4, 0.2), (0.0, 0.4, 0.0)]
)
def test_a_decision_by_hand(phase: float, u_election: float, war_share: float) -> None:
    """At war a nation with a war share aims at it and takes no part in the shared shock."""
    found = decide(
        defence_share=0.03, resilience_share=0.01, past_growth=-0.05, growth=0.04, phase=phase, share_age=0.5, share=0.02,
        target_share=0.04, war_share=war_share, resilience=0.008, resilience_target=0.016, compliance=0.5, speed=0.4,
        pace=2.0, stress=0.6, calm=0.1, election_probability=0.3, election_ratio=3.0, shared_volatility=0.05, floor=0.0,
        ramp=1.0, promised_floor=0.0, promise_age=2.0, debt_drag=0.0, first_year=1.0, z_share=0.7,
        u_election=u_election, shared_swing=-1.2,
    )  # fmt: skip
    at_war = phase == 0.0 and war_share > 0.0
    keep, aim = math.exp(-0.4), 0.2 if at_war else 0.03
    own, shared = (0.3 if u_election < 0.3 else 0.1), 0.0 if at_war else 0.05
    shock = (own * 0.7 - shared * 1.2) * math.sqrt((1 - keep**2) / 1.6) - 0.6 * 0.05
    assert found.defence_share == pytest.approx(aim * (0.03 / aim) ** keep * math.exp(shock), rel=1e-13)
    assert found.resilience_share == pytest.approx(0.012 - 0.002 * keep, rel=1e-13)
    assert found.past_growth == 0.04
    assert found.promise_age == 2.5


@pytest.mark.parametrize(("first_year", "step"), [(1.0, 0.5), (0.0, 1.0)])
def test_a_new_pledge_by_hand(first_year: float, step: float) -> None:
    """A floor that is not last year's starts the clock; month 1 counts for the age of the share."""
    found = decide(
        defence_share=0.03, resilience_share=0.0, past_growth=0.0, growth=0.0, phase=1.0, share_age=0.5, share=0.03,
        target_share=0.0, war_share=0.0, resilience=0.0, resilience_target=0.0, compliance=0.9, speed=0.4, pace=2.0,
        stress=0.0, calm=0.0, election_probability=0.0, election_ratio=1.0, shared_volatility=0.0, floor=0.04,
        ramp=5.0, promised_floor=0.02, promise_age=7.0, debt_drag=0.0001, first_year=first_year, z_share=0.0,
        u_election=0.5, shared_swing=0.0,
    )  # fmt: skip
    assert found.defence_share == pytest.approx(0.03 + step * (0.9 * 0.01 / 5 - 0.0001), rel=1e-12)
    assert (found.promised_floor, found.promise_age) == (0.04, step)


def test_a_pledge_is_a_floor_that_is_met_at_its_date_and_cuts_nobody() -> None:
    """Leaders keep their lead; with compliance 1 whoever lies below rises by equal steps and arrives on time."""
    nations = {"LOW": Parameters(share=0.02), "TOP": Parameters(share=0.048, target_share=0.05)}
    pledged = {n: p.model_copy(update=pledge(0.035, 10.0)) for n, p in nations.items()}
    months, given = {"months": 121, "noise": False, "start_month": 12}, {**GIVEN, "debt_ratio": 1.2}
    common = Common(**FIRM, debt_brake=0.0)
    free = run_alone(Spending(), nations, common, reads=given, **months)["defence_share"][:, :, 0, 0]
    share = run_alone(Spending(), pledged, common, reads=given, **months)["defence_share"][:, :, 0, 0]
    budgets = np.arange(11)  # none in month 1: the share is that of the year
    np.testing.assert_array_equal(share[:, 1], free[:, 1])
    np.testing.assert_allclose(share[1::12, 0], np.minimum(0.035, 0.02 + 0.0015 * budgets), rtol=1e-12)
    # twin: a pledge that is kept in part, and one under debt, are late
    half = run_alone(Spending(), pledged, Common(**{**FIRM, "compliance": 0.5}, debt_brake=0.0), reads=given, **months)
    braked = run_alone(Spending(), pledged, Common(**FIRM), reads=given, **months)
    assert 0.02 < half["defence_share"][109, 0, 0, 0] < 0.035
    late = braked["defence_share"][13::12, 0, 0, 0]
    np.testing.assert_allclose(late[0], 0.02 + 0.0015 - 0.001 * (1.2 - 0.65), rtol=1e-12)
    assert share[121, 0] == 0.035 > late[9]


def test_on_every_path_a_higher_floor_never_means_less() -> None:
    nations = {"AAA": Parameters(share=0.02, volatility=0.3), "BBB": Parameters(share=0.045, volatility=0.3)}
    found = []
    for floor in (0.0, 0.02, 0.035, 0.05):
        several = {n: p.model_copy(update=pledge(floor, 10.0)) for n, p in nations.items()}
        run = run_alone(
            Spending(), several, Common(compliance=0.8), reads=GIVEN, months=130, paths=400, seed=9, start_month=12
        )
        found.append(run["defence_share"])
    for less, more in itertools.pairwise(found):
        assert (more >= less - 1e-15).all()
        assert (more > less + 1e-3).any()


def test_debt_slows_a_rise_only_where_it_is_written() -> None:
    assert debt_drag(1.65, 0.001, 0.65, 1.0) == pytest.approx(0.001)
    assert debt_drag(1.65, 0.001, 0.65, 0.0) == 0.0
    assert debt_drag(UNKNOWN, 0.001, 0.65, 1.0) == 0.0
    assert lift_law(0.03, 0.02, 0.0, 5.0, 1.0, 1.0, -1.0) == 0.0  # above its floor: nothing, whatever the debt
    assert lift_law(0.02, 0.03, 0.0, 5.0, 1.0, 1.0, -1.0) == pytest.approx(
        0.002
    )  # little debt hastens nobody beyond it
    assert lift_law(0.02, 0.03, 0.0, 5.0, 1.0, 0.5, 1.0) == 0.0  # nor does much debt cut


def test_the_opening_balance_and_a_budget_by_hand() -> None:
    numbers = {"gdp": 500.0, "external_share": 0.4, "external_support": 0.25}
    opening = {"share": 0.02, "resilience": 0.01, "growth": 0.03, "personnel_share": 0.5, "equipment_share": 0.3}
    expected = (0.02, 0.01, 0.03, 7.0, 7.0, 14.0, 3.5 / 12, 2.1 / 12)
    assert start(**numbers, **opening, price_level=0.5) == pytest.approx(expected, rel=1e-14)
    assert decided_budget(defence_share=0.02, **numbers) == pytest.approx(7.0, rel=1e-14)
    assert share_law(0.5, math.log(0.9), 0.5, 1.0) == 1.0
    assert share_law(0.0, -1.0, 0.5, 0.0) == pytest.approx(math.sqrt(LEAST_SHARE * math.exp(-1.0)), rel=1e-14)
    assert calm_volatility(0.3, 0.2, 2.0) == pytest.approx(0.3 / math.sqrt(1.6), rel=1e-14)


def test_a_rise_is_pledged_in_part_and_a_fall_in_full() -> None:
    assert aim_law(0.02, 0.03, 0.5, 0.0, 0.0) == pytest.approx(0.025)
    assert aim_law(0.03, 0.02, 0.5, 0.0, 0.0) == pytest.approx(0.02)
    assert aim_law(0.03, 0.0, 0.5, 0.0, 0.0) == 0.03  # no aim of its own: it goes on
    assert aim_law(0.34, 0.15, 0.5, 0.4, 0.0) == 0.4
    assert aim_law(0.34, 0.15, 0.5, 0.4, 1.0) == pytest.approx(0.15)


def test_a_recession_lowers_the_next_budget() -> None:
    def growth(month: int) -> float:
        return -0.06 if month == 1 else 0.02

    nation = Parameters(share=0.02, target_share=0.02)
    common = Common(compliance=1.0, stress=0.5)
    run = run_alone(
        Spending(), {"AAA": nation}, common, reads={**GIVEN, "growth": growth}, months=13, noise=False, start_month=12
    )
    assert run["defence_share"][1, 0, 0, 0] == pytest.approx(0.02)
    assert run["defence_share"][13, 0, 0, 0] == pytest.approx(0.02 * math.exp(-0.03))


def test_budgets_are_shares_of_gdp_and_resource_money_comes_on_top() -> None:
    nation = Parameters(
        share=0.05,
        target_share=0.05,
        personnel_share=0.5,
        equipment_share=0.3,
        external_share=0.4,
        external_support=0.5,
    )

    def resources(month: int) -> float:
        return 0.0 if month < 5 else 0.1

    reads = {"gdp": lambda month: 1000.0 + month, "growth": 0.02, "resource_defence": resources}
    run = run_alone(Spending(), {"AAA": nation}, Common(), reads=reads, months=11, noise=False, start_month=2)
    budget = run["defence_budget"][:, 0, 0, 0]
    assert budget[0] == pytest.approx(0.05 * 1000 * 0.8)
    np.testing.assert_allclose(budget[1:5], 0.05 * 1001 * 0.8)  # voted in month 1, whatever happens to GDP
    np.testing.assert_allclose(budget[5:11], 0.05 * 1001 * 0.8 + 1.2)
    assert budget[11] == pytest.approx(0.05 * 1011 * 0.8 + 1.2)  # January
    np.testing.assert_allclose(run["personnel_budget"][:, 0, 0, 0], 0.5 * budget / 12)
    np.testing.assert_allclose(run["equipment_budget"][:, 0, 0, 0], 0.3 * budget / 12)


def test_the_bill_is_what_a_nation_pays_and_soldiers_paid_by_others_are_paid_once() -> None:
    """Aid, soldiers of others, pushed orders and interest come on top of the budget; received money is no cost."""
    nation = Parameters(share=0.05, target_share=0.05, personnel_share=0.5, equipment_share=0.3, price_level=0.5)
    reads = {**GIVEN, "military_aid": 0.2, "soldiers_paid": 0.3, "soldiers_received": 0.7, "push_money": 0.05}
    reads["extra_interest"] = 0.01
    run = run_alone(Spending(), {"AAA": nation}, Common(), reads=reads, months=3, noise=False)
    month = 0.05 * 1000 / 12
    np.testing.assert_allclose(run["outlay"][1:, 0, 0, 0], month + 0.2 + 0.3 + 0.05, rtol=1e-13)
    np.testing.assert_allclose(run["cost"][1:, 0, 0, 0], month + 0.56, rtol=1e-13)
    np.testing.assert_allclose(run["personnel_budget"][1:, 0, 0, 0], 0.5 * month + 0.7, rtol=1e-13)
    np.testing.assert_allclose(run["budget_ppp"][:, 0, 0, 0], 100.0, rtol=1e-13)
    alone = run_alone(Spending(), {"AAA": nation}, Common(), reads=GIVEN, months=3, noise=False)
    np.testing.assert_allclose(alone["cost"][1:, 0, 0, 0], month, rtol=1e-13)  # twin: nobody writes the others


def test_shares_stay_between_zero_and_one() -> None:
    wild = Parameters(share=0.6, target_share=0.9, volatility=1.0, speed=0.01)
    none = Parameters(share=0.0, target_share=0.0)
    run = run_alone(Spending(), {"AAA": wild, "ISL": none}, Common(), reads=GIVEN, months=120, paths=500, seed=4)
    for name in ("defence_share", "resilience_share"):
        assert run[name].min() >= 0.0
        assert run[name].max() <= 1.0
    assert run["defence_share"][:, 1].max() < 1e-4


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    nations = {"AAA": Parameters(share=0.02), "UKR": Parameters(share=0.3, war_share=0.35)}
    reads = {**GIVEN, "phase": lambda month: float(month > 6), "growth": -0.03}
    arguments = {"reads": reads, "months": 24, "paths": 7, "seed": 4, "per_path": {"compliance": np.linspace(0, 1, 7)}}
    compiled = run_alone(Spending(), nations, Common(), **arguments)
    without_compiler(monkeypatch)
    plain = run_alone(Spending(), nations, Common(), **arguments)
    for name, series in compiled.items():
        np.testing.assert_array_equal(series, plain[name], err_msg=name)


def annual_changes(first: int, last: int) -> list[tuple[float, float]]:
    """Distance to the 2 % guideline and the year's change, in logarithms, of allies below it."""
    share = {(row["iso3"], int(row["year"])): float(row["share"]) for row in tables.table("nato_defence_share")}
    return [
        (math.log(0.02 / share[n, y - 1]), math.log(share[n, y] / share[n, y - 1]))
        for n, y in sorted(share)
        if (n, y - 1) in share and share[n, y - 1] < 0.02 and first <= y <= last
    ]


def test_speed_pace_and_volatility_are_fitted_to_natos_shares() -> None:
    def speed(first: int, last: int) -> float:
        pairs = annual_changes(first, last)
        kept = 1.0 - sum(x * d for x, d in pairs) / sum(x * x for x, _ in pairs)
        return -math.log(kept)

    assert speed(2015, 2025) == pytest.approx(Parameters(share=0.02).speed.value, abs=0.01)
    assert speed(2015, 2021) == pytest.approx(0.6 * 0.12, abs=0.01)  # the least pace
    assert speed(2022, 2025) == pytest.approx(3.2 * 0.12, abs=0.02)  # the greatest
    pairs = annual_changes(2015, 2025)
    left = [d - (1 - math.exp(-0.12)) * x for x, d in pairs]
    assert statistics.stdev(left) == pytest.approx(0.12, rel=0.15)
    square = statistics.fmean((d - statistics.fmean(left)) ** 2 for d in left)
    fourth = statistics.fmean((d - statistics.fmean(left)) ** 4 for d in left)
    assert 5.0 < fourth / square**2 < 12.0  # the tails that election years stand for (7)


def test_parameters_that_differ_between_paths_act_path_by_path() -> None:
    nation = Parameters(share=0.2, war_share=0.3, target_share=0.5, external_share=0.4)
    nation = nation.model_copy(
        update={"external_support": Parameters(share=0.1, external_support=0.8).external_support}
    )
    nation = nation.model_copy(update=pledge(0.45, 5.0))
    common = Common(election_probability=0.6, share_age=1.0)
    reads = {"gdp": 1000.0, "growth": -0.05, "phase": lambda month: float(month > 8), "debt_ratio": 0.9}
    assert_each_path_has_its_own(Spending(), {"UKR": nation}, common, reads=reads, months=24, seed=8)
