"""Contingent: hand cases, exact chains within 4 standard errors, limits, monotone levers, an oracle one by one."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtr

import forcesim as fs
from forcesim import tables
from forcesim.processes.contingent import (
    Common,
    Contingent,
    Parameters,
    begin,
    burden,
    climate,
    decide,
    deploy,
    mission,
    move_backstop,
    stretch,
    support,
    swings,
)
from forcesim.processes.stances import DEPLOYED, DEPLOYING, IN_FORCE, LOST, NEVER, OUT, PLEDGED, WITHDRAWING
from forcesim.scenario import Scenario
from tests.oracles.contingent_oracle import Contributor, Mission, simulate
from tests.support.alone import run_alone, without_compiler
from tests.support.each_path import assert_each_path_has_its_own
from tests.support.laws import assert_mean, assert_share, assert_variance

N = 100_000
NO_EFFECTS = {
    "backstop_effect": 0, "peers_effect": 0, "ceasefire_effect": 0, "withdrawal_backstop": 0, "cascade": 0,
    "withdrawal_war": 0, "strain_effect": 0, "mood_volatility": 0, "recession_effect": 0, "delivery_spread": 0,
}  # fmt: skip
PEACE = {"phase": 1.0, "growth": 0.02}
NATIONS = {
    "AAA": Parameters(land_force=100_000, willingness=0.08),
    "BBB": Parameters(land_force=50_000, willingness=0.05, limit=2_000),
    "CCC": Parameters(land_force=20_000, willingness=0.1),
}


def run(nations=NATIONS, *, months: int, reads=PEACE, effects: bool = True, **arguments) -> dict[str, np.ndarray]:
    """Run the contributors; what is no argument of a run is a number of the common section."""
    own = {k: arguments.pop(k) for k in ("paths", "seed", "noise", "per_path", "start_month") if k in arguments}
    common = Common(**{**({} if effects else NO_EFFECTS), "requested": 1e6, **arguments})
    return run_alone(Contingent(), nations, common, reads=reads, months=months, **own)


def total(found: dict[str, np.ndarray], name: str = "contingent") -> np.ndarray:
    """Return a world series as (month, path)."""
    return found[name][:, 0, 0]


def test_without_noise_pledge_preparation_and_ramp_come_as_by_hand() -> None:
    nation = {"AAA": Parameters(land_force=20_000, willingness=0.1)}
    numbers = {"requested": 1_000, "preparation_months": 6, "ramp_months": 4, "withdrawal_hazard": 0}
    found = run(nation, months=30, noise=False, effects=False, **numbers)
    stance, troops = found["stance"][:, 0, 0, 0], total(found)[:, 0]
    assert list(np.flatnonzero(np.diff(stance)) + 1) == [10, 16, 19]
    assert list(troops[15:21]) == [0, 250, 500, 750, 1000, 1000]


def test_the_beginning_by_hand() -> None:
    for spread, delivery in ((0.4, 0.5 * math.exp(-0.2)), (-4.0, 1.0)):
        found = begin(deployed=120.7, delivery_median=0.5, delivery_spread=spread, z_delivery=-0.5, noise=1.0)
        assert found == pytest.approx((delivery, 120.0, DEPLOYED, 1.0, 120.0, 1.0), rel=1e-14)
    assert begin(0.4, 0.5, 0.0, 0.0, noise=0.0)[1:] == (0.4, DEPLOYED, 1.0, 0.4, 1.0)
    assert begin(0.4, 0.5, 0.0, 0.0, noise=1.0)[1:] == (0.0, OUT, 1.0, 0.0, 0.0)


@pytest.mark.parametrize(("first", "spread"), [(1.0, 0.2), (0.0, 0.16)])
def test_a_mood_by_hand(first: float, spread: float) -> None:
    """A recession takes from the mood, growth adds nothing."""
    swing, at_first = swings(mood_persistence=0.6, mood_volatility=0.2)
    for growth, fall in ((-0.02, 0.02), (0.02, 0.0)):
        found = support(
            support=0.9, growth=growth, mood_persistence=0.6, swing=swing, swing_at_first=at_first,
            recession_effect=2.0, first_year=first, z_mood=0.5,
        )  # fmt: skip
        assert found == pytest.approx(math.exp(0.6 * math.log(0.9) + 0.5 * spread - 2.0 * fall), rel=1e-14)


@pytest.mark.parametrize(
    ("status", "offered", "u", "after", "waited"),
    [
        (IN_FORCE, 1.0, 0.95, LOST, 0.0),
        (IN_FORCE, 1.0, 0.9, IN_FORCE, 0.3),
        (LOST, 1.0, 0.18, IN_FORCE, 0.0),
        (LOST, 1.0, 0.19, LOST, 0.3),
        (IN_FORCE, 0.0, 0.5, NEVER, 0.0),
        (NEVER, 1.0, 0.99, IN_FORCE, 0.0),
    ],
)
def test_the_backstop_by_hand(status: float, offered: float, u: float, after: float, waited: float) -> None:
    found = move_backstop(
        backstop_status=status, backstop_waited=0.3, backstop_offered=offered, backstop_loss_hazard=0.1,
        backstop_regain_hazard=0.2, u_backstop=u, noise=1.0,
    )  # fmt: skip
    assert found == (float(after == IN_FORCE), after, waited)


def test_months_and_rotation_by_hand() -> None:
    numbers = {"preparation_months": 5.0, "deployable_share": 0.3, "rotation_ratio": 4.0}
    found = mission(**numbers, ramp_months=8.0, exit_months=10.0, noise=1.0)
    assert found == pytest.approx((1.0 - math.exp(-0.2), 0.075, 0.125, 0.1), rel=1e-14)
    assert mission(**numbers, ramp_months=0.5, exit_months=0.25, noise=0.0) == pytest.approx((0.2, 0.075, 1.0, 1.0))


def test_what_decisions_have_in_common_by_hand() -> None:
    numbers = {
        "backstop": 0.25, "joined_share": 0.5, "phase": 0.75, "strain": 0.2, "readiness": 0.8, "backstop_effect": 1.1,
        "peers_effect": 0.9, "ceasefire_effect": 0.7, "withdrawal_hazard": 0.03, "withdrawal_backstop": 0.6,
        "cascade": 0.4, "withdrawal_war": 1.3, "strain_effect": 1.7,
    }  # fmt: skip
    pull = 1.1 * 0.25 + 0.9 * 0.5 + 0.7 * 0.75
    push = 0.6 * 0.75 + 0.4 * 0.5 + 1.3 * 0.25 + 1.7 * 0.2
    expected = (0.8 * math.exp(pull), 0.03 * math.exp(push))
    assert climate(requested=9.0, **numbers) == pytest.approx(expected, rel=1e-14)
    assert climate(requested=0.0, **numbers) == pytest.approx((0.0, expected[1]), rel=1e-14)
    assert burden(land_of_joined=3e3, land_of_asked=4e3, stretch=1.25) == (0.75, 0.25)
    assert burden(land_of_joined=0.0, land_of_asked=0.0, stretch=0.5) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("stance", "mandate", "u", "after"),
    [
        (OUT, 0.0, 0.147, PLEDGED),
        (OUT, 0.0, 0.149, OUT),
        (OUT, 1.0, 0.048, OUT),
        (OUT, 1.0, 0.046, PLEDGED),
        (PLEDGED, 0.0, 0.39, DEPLOYING),
        (PLEDGED, 0.0, 0.41, PLEDGED),
        (DEPLOYED, 0.0, 0.94, WITHDRAWING),
        (DEPLOYED, 0.0, 0.93, DEPLOYED),
    ],
)
def test_a_nation_decides_as_by_hand(stance: float, mandate: float, u: float, after: float) -> None:
    """The hazard to pledge is 0.16, or 0.048 under the other mandate; that to withdraw 0.0625."""
    found = decide(
        stance=stance, waited=0.3, support=0.8, delivery=0.9, phase=1.0, pull=2.0, push=0.05, ready=0.4,
        sustainable=0.25, willingness=0.1, un_willingness=0.03, mandate=mandate, land_force=1e4, limit=2_000.0,
        deployed=100.6, needs_ceasefire=0.0, u_stance=u, noise=1.0,
    )  # fmt: skip
    offered = 1_700.0 if after in (PLEDGED, DEPLOYING, DEPLOYED) else 0.0
    assert found == pytest.approx((after, 0.3, 100.0, 1.0, 0.03 if mandate else 0.1, 1_700.0, offered), rel=1e-14)


def test_troops_move_as_by_hand() -> None:
    numbers = {
        "contingent_by_nation": 300.0, "may_enter": 1.0, "offer": 1_700.0, "stretch": 0.5, "land_force": 1e4,
        "limit": 2_000.0, "ramp": 0.25, "leave": 0.2, "noise": 1.0,
    }  # fmt: skip
    coming = (538.0, DEPLOYING, 950.0, 238.0, 0.0, 1.0, 1e4, 1e4)
    assert deploy(stance=DEPLOYING, there=100.0, will=0.1, **numbers) == coming
    assert deploy(stance=DEPLOYING, there=100.0, will=0.1, **{**numbers, "may_enter": 0.0})[0] == 300.0
    assert deploy(stance=DEPLOYING, there=0.0, will=0.0, **numbers) == (513.0, DEPLOYING, 850.0, 213.0, 0, 1, 0, 0)
    leaving = {**numbers, "leave": 0.1}
    assert deploy(stance=WITHDRAWING, there=100.0, will=0.0, **leaving) == (120, WITHDRAWING, 0, 0, 180, 0, 0, 1e4)
    assert deploy(stance=WITHDRAWING, there=0.0, will=0.1, **numbers) == (0.0, OUT, 0.0, 0.0, 300.0, 0.0, 0.0, 1e4)


@pytest.mark.parametrize("size", [100_000, 150_000])
def test_the_seed_figures_stay_where_nobody_withdraws(size: int) -> None:
    nations = {name: Parameters(land_force=75_000, deployed=part * size) for name, part in (("GBR", 0.4), ("FRA", 0.6))}
    for noise in (False, True):
        found = run(nations, months=60, noise=noise, requested=0, withdrawal_hazard=0, reads={"phase": 0.0})
        np.testing.assert_array_equal(total(found), size)
    leaving = run(nations, months=60, requested=0, withdrawal_hazard=0.05, reads={"phase": 0.0})
    assert total(leaving)[-1, 0] < size  # negative twin


def test_without_noise_the_backstop_is_lost_and_regained_by_added_up_hazard() -> None:
    found = run(months=60, noise=False, backstop_offered="yes", backstop_loss_hazard=0.05, backstop_regain_hazard=0.1)
    assert list(np.flatnonzero(np.diff(total(found, "backstop")[:, 0])) + 1) == [20, 30, 50, 60]


def test_the_wait_for_a_pledge_is_geometric_with_the_hazards_chance() -> None:
    nation = {"AAA": Parameters(land_force=20_000, willingness=0.1)}
    found = run(nation, months=12, paths=N, seed=1, effects=False, withdrawal_hazard=0)
    out = int((found["stance"][12, 0, 0] == 0).sum())
    assert_share(out, N, math.exp(-1.2), "still out after a year")
    with pytest.raises(AssertionError):
        assert_share(out, N, 0.9**12, "twin: probability h instead of 1 - exp(-h)")


def test_hazards_take_their_effects() -> None:
    effects = {"backstop_effect": 0.8, "ceasefire_effect": 0.5, "readiness": 2.0, "backstop_loss_hazard": 0}
    nation = {"AAA": Parameters(land_force=20_000, willingness=0.02)}
    for offered, phase in (("yes", 1.0), ("no", 1.0), ("yes", 0.0)):
        common = {**NO_EFFECTS, **effects, "withdrawal_hazard": 0, "backstop_offered": offered}
        found = run(nation, months=6, paths=N, seed=2, reads={"phase": phase}, **common)
        hazard = 0.04 * math.exp(0.8 * (offered == "yes") + 0.5 * phase)
        assert_share(int((found["stance"][6, 0, 0] == 0).sum()), N, math.exp(-6 * hazard), "out", comparisons=3)


@pytest.mark.parametrize(("gain", "loss"), [(0.08, 0.05), (0.3, 0.02)])
def test_backstop_and_stance_are_two_state_chains(gain: float, loss: float) -> None:
    nation = {"AAA": Parameters(land_force=20_000, willingness=gain)}
    found = run(
        nation, months=20, paths=N, seed=3, effects=False, withdrawal_hazard=loss, preparation_months=1e9,
        backstop_offered="yes", backstop_loss_hazard=loss, backstop_regain_hazard=gain,
    )  # fmt: skip
    p, q = 1 - math.exp(-gain), 1 - math.exp(-loss)
    stationary, memory = p / (p + q), (1 - p - q) ** 20
    backed = int(total(found, "backstop")[20].sum())
    assert_share(backed, N, stationary + (1 - stationary) * memory, "backstop after 20 months", comparisons=2)
    inside = int((found["stance"][20, 0, 0] == 1).sum())
    assert_share(inside, N, stationary * (1 - memory), "pledged after 20 months", comparisons=2)
    with pytest.raises(AssertionError):
        assert_share(backed, N, stationary if memory > 0.01 else gain / (gain + loss), "twin: no memory, or no months")


def test_expected_troops_follow_the_two_waits() -> None:
    nation = {"AAA": Parameters(land_force=40_000, willingness=0.06)}
    numbers = {"withdrawal_hazard": 0, "preparation_months": 5, "ramp_months": 1, "delivery_median": 1, "surge": 1}
    found = run(nation, months=18, paths=N, seed=4, effects=False, **numbers)
    goal, p, g = 40_000 * 0.3 / 4, 1 - math.exp(-0.06), 1 - math.exp(-0.2)
    ready = sum((1 - p) ** (i - 1) * p * (1 - (1 - g) ** (18 - i)) for i in range(1, 18))
    assert_mean(total(found)[18], goal * ready, "troops after 18 months")
    with pytest.raises(AssertionError):
        assert_mean(total(found)[18], goal * (1 - (1 - p) ** 18), "twin: no preparation")


def test_delivery_is_a_lognormal_capped_at_one() -> None:
    found = run({"AAA": NATIONS["AAA"]}, months=0, paths=N, seed=5, delivery_median=0.8, delivery_spread=0.5)
    edge = math.log(1 / 0.8) / 0.5
    expected = 0.8 * math.exp(0.125) * ndtr(edge - 0.5) + ndtr(-edge)
    assert_mean(found["delivery"][0, 0, 0], expected, "part delivered")
    with pytest.raises(AssertionError):
        assert_mean(found["delivery"][0, 0, 0], 0.8 * math.exp(0.125), "twin: not capped")


def test_delivery_is_that_of_kosovo() -> None:
    rows = [row for row in tables.table("contribution_records") if row["mission"] == "KFOR"]
    pledged = {row["iso3"]: float(row["troops"]) for row in rows if row["kind"] == "pledged"}
    sent = {row["iso3"]: float(row["troops"]) for row in rows if row["as_of"] == "1999-07-31"}
    logs = [math.log(sent[nation] / pledged[nation]) for nation in pledged]
    assert len(logs) == 5
    assert math.exp(np.mean(logs)) == pytest.approx(0.79, abs=0.01)
    assert np.std(logs, ddof=1) == pytest.approx(0.59, abs=0.01)
    assert np.std([x for x in logs if x > -1], ddof=1) == pytest.approx(0.30, abs=0.01)


def test_the_mood_is_a_stationary_ar1_that_recessions_depress() -> None:
    nation, numbers = {"AAA": NATIONS["AAA"]}, {"mood_volatility": 0.5, "mood_persistence": 0.7}
    found = run(nation, months=25, paths=N, seed=6, start_month=12, **numbers)
    mood = np.log(found["support"][:, 0, 0])
    assert_variance(mood[1], 0.25, "first year", comparisons=3)
    assert_variance(mood[25], 0.25, "third year", comparisons=3)
    assert_mean(mood[1] * mood[25], 0.25 * 0.49, "autocovariance over two years", comparisons=3)
    with pytest.raises(AssertionError):
        assert_mean(mood[1] * mood[25], 0.0, "twin: no memory")
    fall = run(months=1, noise=False, reads={"phase": 1.0, "growth": -0.05}, recession_effect=10.0)
    np.testing.assert_allclose(fall["support"][1], math.exp(-0.5))


def test_people_are_whole_and_conserved_and_never_more_than_asked() -> None:
    numbers = {"withdrawal_hazard": 0.02, "ramp_months": 3, "backstop_offered": "yes"}
    for requested in (3_000.0, 9_000.0, 1e6):
        phases = {"phase": lambda month: float(month % 40 > 15)}
        found = run(months=120, paths=300, seed=7, requested=requested, reads=phases, **numbers)
        troops, each = total(found), found["contingent_by_nation"][:, :, 0]
        np.testing.assert_array_equal(troops, each.sum(axis=1))
        moved = total(found, "deployments") - total(found, "withdrawals")
        np.testing.assert_array_equal(np.diff(troops, axis=0), moved[1:])
        np.testing.assert_array_equal(each, np.floor(each))
        assert each.min() >= 0
        assert total(found, "pledged").max() <= requested
        assert each[:, 1].max() <= 2_000
        inside = np.isin(found["stance"][:, :, 0], (1, 2, 3))
        np.testing.assert_array_equal(total(found, "contributors"), inside.sum(axis=1))
        np.testing.assert_array_equal(found["stance"][:, :, 0] == 4, (each > 0) & ~inside)
        assert not any(total(found, "deployments")[month].any() for month in range(120) if month % 40 <= 15)
        assert total(found, "joined_share").max() <= 1.0
        assert total(found, "withdrawals").sum() > 0


def test_nobody_comes_in_war_unless_it_does_not_wait_for_a_ceasefire() -> None:
    eager = Parameters(land_force=20_000, willingness=0.5, needs_ceasefire="no")
    found = run({**NATIONS, "DDD": eager}, months=40, paths=50, seed=8, reads={"phase": 0.0})
    assert found["contingent_by_nation"][:, :3].max() == 0
    assert found["stance"][:, :3].max() == 1
    assert found["contingent_by_nation"][:, 3].max() > 0


def test_the_mandate_decides_who_is_willing() -> None:
    nations = {"AAA": Parameters(land_force=9e4, willingness=0.3, un_willingness=0), "BBB": NATIONS["BBB"]}
    for mandate, willing in (("coalition", True), ("un", False)):
        troops = run(nations, months=60, paths=20, mandate=mandate)["contingent_by_nation"][60, :, 0]
        assert (troops[0].max() > 0) == willing
        assert troops[1].max() > 0


def test_the_end_of_the_request_sends_all_home() -> None:
    nation = {"land_force": 90_000, "willingness": 0.5, "needs_ceasefire": "no"}
    data = {
        "name": "end", "title": "End", "start": "2025-01", "horizon": "2029-12",
        "contingent": {"requested": {"schedule": {"2025-01": 5_000, "2027-01": 0}}, "ramp_months": 2},
        "nations": {name: {"contingent": nation} for name in ("GBR", "FRA")},
    }  # fmt: skip
    result = fs.simulate(Scenario.of(data), paths=256, progress=False, keep="paths").dataset
    assert float(result["contingent"].sel(month="2026-12").mean()) > 4_000
    assert float(result["contingent"].sel(month="2027-06").max()) < 5_000
    assert float(result["contingent"].sel(month="2029-12").max()) == 0


def test_stretching_stays_between_what_is_sustained_and_the_surge() -> None:
    sustained = np.linspace(0, 2e5, 401)
    sent = np.array([k * stretch(offered_by_all=k, requested=1e5, surge=1.33) for k in sustained.tolist()])
    assert np.all(np.diff(sent) >= -1e-9)
    assert sent.max() == pytest.approx(1e5)
    assert np.all(sent <= 1.33 * sustained + 1e-9)


def never_fewer(more: np.ndarray, less: np.ndarray) -> None:
    assert (more >= less).all()
    assert (more > less).any()


def test_more_backing_brings_never_fewer_pledges_at_equal_draws() -> None:
    base = {"months": 90, "paths": 2_000, "seed": 9, "withdrawal_hazard": 0.02, "strain_effect": 0.0}
    with_it, without = run(**base, backstop_offered="yes"), run(**base)
    never_fewer(total(with_it, "contributors"), total(without, "contributors"))
    never_fewer(total(with_it, "pledged") + 3, total(without, "pledged"))  # but for rounding, at most one a nation
    with pytest.raises(AssertionError):
        never_fewer(total(without, "contributors"), total(with_it, "contributors"))
    firm, frail = (run(**base, backstop_offered="yes", backstop_loss_hazard=hazard) for hazard in (0.02, 0.05))
    never_fewer(total(firm, "backstop"), total(frail, "backstop"))


def test_a_larger_request_brings_never_fewer_troops_at_equal_draws() -> None:
    base = {"months": 90, "paths": 2_000, "seed": 10, "withdrawal_hazard": 0.02, "strain_effect": 0.0}
    sizes = [run(**base, requested=size) for size in (4_000.0, 8_000.0, 150_000.0)]
    for small, large in pairwise(sizes):
        never_fewer(total(large, "pledged"), total(small, "pledged"))
        never_fewer(total(large), total(small))
    with pytest.raises(AssertionError):
        never_fewer(total(sizes[0]), total(sizes[1]))
    strained = run(**{**base, "strain_effect": 5.0}, requested=150_000.0)
    assert total(strained, "contributors").mean() < total(sizes[-1], "contributors").mean()


def test_losing_the_backstop_cascades() -> None:
    base = {"months": 120, "paths": 5_000, "seed": 11, "backstop_offered": "yes", "withdrawal_hazard": 0.01}
    kept = run(**base, backstop_loss_hazard=0)
    lost = run(**base, backstop_loss_hazard=0.05, backstop_regain_hazard=0)
    alone = run(**base, backstop_loss_hazard=0.05, backstop_regain_hazard=0, cascade=0)
    assert total(lost)[120].mean() < 0.8 * total(kept)[120].mean()
    never_fewer(total(alone, "contributors"), total(lost, "contributors"))  # who leaves drives others out
    rates = [total(found, "withdrawals").sum() / total(found).sum() for found in (kept, alone, lost)]
    assert rates[1] > 3 * rates[0]
    assert rates[2] > 1.05 * rates[1]


def test_against_the_oracle_one_contributor_at_a_time() -> None:
    shared = {"backstop_effect": 0.7, "peers_effect": 0.9, "ceasefire_effect": 0.4, "strain_effect": 1.5}
    shared |= {"requested": 12_000, "surge": 1.33, "delivery_median": 0.8, "delivery_spread": 0.5}
    mission = Mission(
        months_of_war=10, offered=True, leave_without_backstop=0.8, leave_alone=0.6, leave_in_war=0.5,
        sustainable=0.075, leave=0.02, loss=0.03, regain=0.02, preparation=4.0, ramp=6, exit=5, **shared,
    )  # fmt: skip
    found = run(
        months=40, paths=40_000, seed=12, reads={"phase": lambda month: float(month > 10)}, backstop_offered="yes",
        withdrawal_backstop=0.8, cascade=0.6, withdrawal_war=0.5, mood_volatility=0, withdrawal_hazard=0.02,
        backstop_loss_hazard=0.03, backstop_regain_hazard=0.02, preparation_months=4, ramp_months=6, exit_months=5,
        **shared,
    )  # fmt: skip
    rng, told = random.Random(13), []
    for _ in range(4_000):
        numbers = [(n.land_force.centre, n.willingness.centre, n.limit.centre) for n in NATIONS.values()]
        told.append(simulate(rng, mission, [Contributor(*three) for three in numbers], 40))
    ours = {name: total(found, name)[40] for name in ("contingent", "contributors", "backstop")}
    ours["most"] = total(found).max(axis=0)
    for name, sample in ours.items():
        theirs = np.array([one[name] for one in told])
        error = math.sqrt(sample.var() / sample.size + theirs.var() / theirs.size)
        assert abs(sample.mean() - theirs.mean()) < 4 * error, name
    fewer = 0.9 * np.array([one["contingent"] for one in told])  # negative twin: a tenth fewer
    assert abs(ours["contingent"].mean() - fewer.mean()) > 4 * fewer.std() / math.sqrt(fewer.size)


def test_every_number_acts_on_its_own_path() -> None:
    nation = {"AAA": Parameters(land_force=90_001, willingness=0.1, un_willingness=0.1, limit=7_000, deployed=300)}
    hazards = dict.fromkeys(("backstop_loss_hazard", "backstop_regain_hazard", "withdrawal_hazard"), 0.1)
    common = Common(backstop_offered="yes", **hazards)
    arguments = {"months": 60, "reads": {"phase": lambda month: float(month > 3), "growth": -0.02}, "seed": 14}
    chance = ("mood_volatility", "delivery_spread")
    idle_at = {4_000: ("surge", "strain_effect"), 20_000: ("requested",)}
    for requested, more in idle_at.items():
        asked = common.model_copy(update={"requested": Common(requested=requested).requested})
        idle = ("un_willingness", "peers_effect", *chance, *more)
        assert_each_path_has_its_own(Contingent(), nation, asked, idle=idle, noise=False, **arguments)
    others = tuple(name for name in (*Common.model_fields, *Parameters.model_fields) if name not in chance)
    assert_each_path_has_its_own(Contingent(), nation, common, idle=others, **arguments)


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {
        "months": 30, "paths": 6, "seed": 15, "backstop_offered": "yes", "withdrawal_hazard": 0.05, "requested": 9e3,
        "reads": {"phase": lambda month: float(month > 8), "growth": -0.01},
    }  # fmt: skip
    several = {"land_force": np.linspace(1e4, 1e5, 6)}
    compiled = [run(**arguments), run(**arguments, noise=False), run(**arguments, per_path=several)]
    without_compiler(monkeypatch)
    plain = [run(**arguments), run(**arguments, noise=False), run(**arguments, per_path=several)]
    for one, other in zip(compiled, plain, strict=True):
        for name, series in one.items():
            np.testing.assert_array_equal(series, other[name], err_msg=name)
