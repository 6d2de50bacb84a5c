"""Contingent: hand cases, exact chains within 4 standard errors, limits, monotone levers, an oracle one by one."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

import forcesim as fs
from forcesim import tables
from forcesim.processes.backstop import IN_FORCE, LOST, NEVER, move_backstop, support, swings
from forcesim.processes.contingent import Common, Contingent, Parameters, begin, decide, deploy, stretch
from forcesim.processes.mission import CRISIS, STANDING, burden, climate, mission, standing
from forcesim.processes.phases import CEASEFIRE, DEFEAT, LOCAL_ATTACK, WAR
from forcesim.processes.stances import DEPLOYED, DEPLOYING, OUT, PLEDGED, WITHDRAWING, ready_to_send
from forcesim.scenario import Scenario
from tests.oracles.contingent_oracle import Contributor, Mission, simulate
from tests.support.alone import run_alone, without_compiler
from tests.support.each_path import assert_each_path_has_its_own
from tests.support.laws import assert_correlation, assert_mean, assert_share, assert_variance

N = 40_000
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
    numbers = {
        "delivery_median": 0.5,
        "z_delivery": -0.5,
        "politics_shared": 0.25,
        "z_politics": 0.6,
        "z_leaning": -0.2,
    }
    lean = float(ndtr(0.5 * 0.6 - math.sqrt(0.75) * 0.2))
    for spread, delivery in ((0.4, 0.5 * math.exp(-0.2)), (-4.0, 0.5 * math.exp(2.0))):
        found = begin(deployed=120.7, delivery_spread=spread, noise=1.0, **numbers)
        assert found == pytest.approx((delivery, lean, 120.0, DEPLOYED, 1.0, 120.0, 1.0), rel=1e-14)
    assert begin(deployed=0.4, delivery_spread=0.0, noise=0.0, **numbers)[2:] == (0.4, DEPLOYED, 1.0, 0.4, 1.0)
    assert begin(deployed=0.4, delivery_spread=0.0, noise=1.0, **numbers)[2:] == (0.0, OUT, 1.0, 0.0, 0.0)


@pytest.mark.parametrize(("u", "found"), [(0.76, STANDING), (0.74, CRISIS)])
def test_how_the_force_comes_by_hand(u: float, found: float) -> None:
    assert standing(standing_chance=0.25, u_standing=u) == found


@pytest.mark.parametrize(
    ("chance", "odds", "found"), [(0.2, 1.0, 0.2), (0.2, 4.0, 0.5), (1.0, 3.0, 1.0), (0.0, 3.0, 0.0)]
)
def test_the_backstop_raises_the_odds_of_being_ready_by_hand(chance: float, odds: float, found: float) -> None:
    assert ready_to_send(chance, odds) == pytest.approx(found, rel=1e-14)


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


MISSION = {
    "preparation_months": 5.0, "rotation_ratio": 4.0, "ramp_months": 8.0, "standing_months": 20.0, "exit_months": 10.0,
    "standing": CRISIS, "phase": WAR, "months_there": 18.0, "fading": 0.2, "backstop": 1.0, "backstop_opens": 0.7,
}  # fmt: skip


def test_months_rotation_and_phase_by_hand() -> None:
    e = math.exp
    found = mission(**MISSION, noise=1.0)
    assert found == pytest.approx((1 - e(-0.2), 0.25, 0.125, 0.1, 0, 1, 0, e(-0.3), e(0.7)), rel=1e-14)
    assert mission(**{**MISSION, "standing": STANDING}, noise=1.0).ramp == 0.05
    shorter = {**MISSION, "ramp_months": 0.5, "exit_months": 0.25, "fading": 0.0, "backstop": 0.0}
    assert mission(**shorter, noise=0.0) == pytest.approx((0.2, 0.25, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0))
    phases = {CEASEFIRE: (1, 0, 0), LOCAL_ATTACK: (0, 1, 0), DEFEAT: (0, 0, 1)}
    for phase, three in phases.items():
        assert mission(**{**MISSION, "phase": phase}, noise=1.0)[4:7] == three


def test_what_decisions_have_in_common_by_hand() -> None:
    numbers = {
        "backstop": 0.25, "joined_share": 0.5, "peace": 0.75, "fighting": 0.25, "strain": 0.2, "readiness": 0.8,
        "backstop_effect": 1.1, "peers_effect": 0.9, "ceasefire_effect": 0.7, "withdrawal_hazard": 0.03,
        "withdrawal_backstop": 0.6, "cascade": 0.4, "withdrawal_war": 1.3, "strain_effect": 1.7,
    }  # fmt: skip
    pull = 1.1 * 0.25 + 0.9 * 0.5 + 0.7 * 0.75
    push = 0.6 * 0.75 + 0.4 * 0.5 + 1.3 * 0.25 + 1.7 * 0.2
    expected = (0.8 * math.exp(pull), 0.03 * math.exp(push), 0.03 * math.exp(0.6 * 0.75 + 0.4 * 0.5))
    assert climate(requested=9.0, lost=0.0, **numbers) == pytest.approx(expected, rel=1e-14)
    for requested, lost in ((0.0, 0.0), (9.0, 1.0)):
        assert climate(requested=requested, lost=lost, **numbers) == pytest.approx((0.0, *expected[1:]), rel=1e-14)


def test_what_next_months_decisions_look_at_by_hand() -> None:
    numbers = {"contingent": 500.0, "deployments": 30.0, "withdrawals": 130.0, "months_there": 4.0}
    sums = {"offered_by_all": 1e3, "pledged": 2e3}
    found = burden(land_of_joined=3e3, land_of_asked=4e3, stretch=1.25, fights=1.0, **numbers, **sums)
    assert found == (0.75, 0.25, 5.0, 400.0)
    unmoved = {**sums, "pledged": 1_125.0}  # they may stretch by a quarter, and promised an eighth
    assert burden(land_of_joined=3e3, land_of_asked=4e3, stretch=1.25, fights=1.0, **numbers, **unmoved)[1] == 0.125
    gone = {**numbers, "withdrawals": 530.0}
    assert burden(land_of_joined=0.0, land_of_asked=0.0, stretch=0.5, fights=1.0, **gone, **sums) == (0, 0, 0, 0)
    assert burden(land_of_joined=3e3, land_of_asked=4e3, stretch=1.25, fights=0.0, **numbers, **sums)[3] == 0.0


DECISION = {
    "waited": 0.3, "contingent_by_nation": 100.0, "support": 0.8, "delivery": 0.9, "leaning": 0.1, "pull": 2.0,
    "push": 0.05, "push_before": 0.01, "ready": 0.4, "sustainable": 0.5, "peace": 1.0, "odds": 1.0, "faded": 0.5, "willingness": 0.1,
    "un_willingness": 0.03, "chance": 0.2, "deployable": -1.0, "enablers": 1.0, "land_force": 1e4,
    "deployable_share": 0.5, "limit": 1_000.0, "ambition": 2.0, "deployed": 100.6, "needs_ceasefire": 0.0,
    "noise": 1.0,
}  # fmt: skip


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
    found = decide(stance=stance, mandate=mandate, u_stance=u, **DECISION)
    inside = float(after in (PLEDGED, DEPLOYING, DEPLOYED))
    expected = (after, 0.3, 100.0, 1.0, 5_000.0, 850.0, 850.0, 850.0 * inside, 2_000.0 * inside, 2_000.0 * inside)
    assert found == pytest.approx(expected, rel=1e-14)


def test_who_has_sent_nobody_feels_neither_strain_nor_war() -> None:
    """It goes back on its word with 0.01 / 0.8 a month, and not with 0.05 / 0.8."""
    pledged = {**DECISION, "contingent_by_nation": 0.0, "stance": PLEDGED, "mandate": 0.0}
    assert decide(u_stance=0.98, **pledged).stance == PLEDGED
    assert decide(u_stance=0.99, **pledged).stance == WITHDRAWING
    assert decide(u_stance=0.98, **{**pledged, "contingent_by_nation": 5.0}).stance == WITHDRAWING  # negative twin


def test_who_leans_the_other_way_is_never_ready() -> None:
    """Unless the backstop raises the odds enough; and a mandate of the United Nations is another question."""
    against = {**DECISION, "leaning": 0.3, "stance": OUT, "u_stance": 0.001}
    assert decide(mandate=0.0, **against).stance == OUT
    assert decide(mandate=0.0, **{**against, "odds": 4.0}).stance == PLEDGED
    assert decide(mandate=1.0, **against).stance == PLEDGED


def test_a_nation_sends_of_those_that_generation_counts() -> None:
    found = decide(stance=DEPLOYED, mandate=0.0, u_stance=0.5, **{**DECISION, "deployable": 1_200.0, "faded": 1.0})
    assert (found.weight, found.would_send, found.would_sustain) == (1_200, 1_200, 600)
    assert (found.promise, found.offer) == pytest.approx((980, 500))  # 0.9 of 1,200 and half of it, less the 100
    waits = {**DECISION, "deployable": 0.0, "needs_ceasefire": 0.0, "peace": 0.0, "deployed": 0.0}
    assert decide(stance=DEPLOYED, mandate=0.0, u_stance=0.5, **waits)[3:8] == (0, 0, 0, 0, 0)


def test_enablers_carry_those_who_are_out_and_not_those_at_home() -> None:
    """1,200 of 2,000 ready can be carried; a quarter of the ready can be kept up, not a quarter of the carried."""
    numbers = {**DECISION, "deployed": 0.0, "faded": 1.0, "delivery": 1.0, "ambition": 100.0, "sustainable": 0.25}
    for enablers, kept_up in ((0.6, 500), (0.2, 400)):  # where enablers are few they bind
        found = decide(stance=DEPLOYED, mandate=0.0, u_stance=0.5, **{
            **numbers, "deployable": 2_000.0 * enablers, "enablers": enablers,
        })  # fmt: skip
        assert found.offer == pytest.approx(kept_up)


def test_what_is_meant_fades_and_what_can_be_kept_up_does_not() -> None:
    numbers = {**DECISION, "deployed": 0.0, "delivery": 1.3, "limit": 1_000.0, "ambition": 1.0, "deployable": 4_000.0}
    for faded, sustainable, offer in ((1.0, 0.25, 1_000), (0.9, 0.25, 1_000), (0.6, 0.25, 780), (0.6, 0.1, 400)):
        found = decide(stance=DEPLOYED, mandate=0.0, u_stance=0.5, **{
            **numbers, "faded": faded, "sustainable": sustainable,
        })  # fmt: skip
        assert found.promise == pytest.approx(1_300 * faded)  # delivery may pass what was said
        assert found.offer == pytest.approx(offer)


def test_troops_move_as_by_hand() -> None:
    numbers = {
        "contingent_by_nation": 300.0, "may_enter": 1.0, "offer": 1_700.0, "stretch": 0.5, "lost": 0.0,
        "weight": 1e4, "promise": 2_000.0, "ramp": 0.25, "leave": 0.2, "noise": 1.0,
    }  # fmt: skip
    assert deploy(stance=DEPLOYING, there=100.0, **numbers) == (538.0, DEPLOYING, 950.0, 238.0, 0.0, 1.0, 1e4)
    assert deploy(stance=DEPLOYING, there=100.0, **{**numbers, "may_enter": 0.0})[0] == 300.0
    assert deploy(stance=DEPLOYING, there=0.0, **numbers) == (513.0, DEPLOYING, 850.0, 213.0, 0, 1, 1e4)
    assert deploy(stance=DEPLOYING, there=0.0, **{**numbers, "stretch": 1.3}).pledged_by_nation == 2_000
    leaving = {**numbers, "leave": 0.1}
    assert deploy(stance=WITHDRAWING, there=100.0, **leaving) == (120, WITHDRAWING, 0, 0, 180, 0, 0)
    assert deploy(stance=WITHDRAWING, there=0.0, **numbers) == (0.0, OUT, 0.0, 0.0, 300.0, 0.0, 0.0)
    assert deploy(stance=DEPLOYING, there=100.0, **{**numbers, "lost": 1.0}) == (0, OUT, 0, 0, 300, 0, 0)


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


@pytest.mark.parametrize(("offered", "odds"), [("no", 1.0), ("yes", math.exp(0.8))])
def test_a_nation_is_ready_with_its_chance_and_the_backstop_raises_the_odds(offered: str, odds: float) -> None:
    nation = {"AAA": Parameters(land_force=90_000, willingness=1.0, chance=0.2)}
    found = run(nation, months=30, paths=N, seed=20, effects=False, withdrawal_hazard=0, backstop_offered=offered,
                backstop_loss_hazard=0, backstop_opens=0.8)  # fmt: skip
    expected = 0.2 * odds / (0.8 + 0.2 * odds)
    came = int((found["stance"][30, 0, 0] > 0).sum())
    assert_share(came, N, expected, "ever in", comparisons=2)
    with pytest.raises(AssertionError):
        assert_share(came, N, 1 - math.exp(-30), "twin: everybody comes in the end")


@pytest.mark.parametrize("shared", [0.0, 0.36])
def test_politics_are_shared(shared: float) -> None:
    found = run({"AAA": NATIONS["AAA"], "BBB": NATIONS["BBB"]}, months=0, paths=N, seed=21, politics_shared=shared)
    one, other = (ndtri(found["leaning"][0, place, 0]) for place in (0, 1))
    assert_correlation(one, other, shared, "two nations", comparisons=4)
    assert_variance(one, 1.0, "rank of one", comparisons=4)
    with pytest.raises(AssertionError):
        assert_correlation(one, other, 0.6 - shared, "twin")


def test_a_force_is_ready_before_the_ceasefire() -> None:
    """Asked for in war, it prepares in war: at the ceasefire it has to travel only."""
    nation = {"AAA": Parameters(land_force=40_000, willingness=0.5)}
    numbers = {"withdrawal_hazard": 0, "preparation_months": 6, "ramp_months": 2, "delivery_median": 1, "surge": 1}
    found = run(
        nation, months=40, noise=False, effects=False, reads={"phase": lambda month: float(month > 30)}, **numbers
    )
    assert list(total(found)[29:34, 0]) == [0, 0, 1_500, 3_000, 3_000]
    late = run(
        nation, months=40, noise=False, effects=False, reads={"phase": lambda month: float(month > 4)}, **numbers
    )
    assert list(total(late)[6:12, 0]) == [0, 0, 1_500, 3_000, 3_000, 3_000]  # negative twin: not ready yet


def test_the_force_fades_by_the_year_and_not_at_rate_0() -> None:
    nation = {"AAA": Parameters(land_force=400_000, willingness=1, limit=30_000)}
    numbers = {"withdrawal_hazard": 0, "preparation_months": 1, "ramp_months": 1, "delivery_median": 1, "surge": 1,
               "exit_months": 1}  # fmt: skip
    found = run(nation, months=75, noise=False, effects=False, fading=0.2, **numbers)
    troops, there = total(found)[:, 0], total(found, "months_there")[:, 0]
    assert there[75] == 74
    np.testing.assert_allclose(troops[3:], 30_000 * np.exp(-0.2 * there[2:-1] / 12), rtol=1e-12)
    assert total(run(nation, months=75, noise=False, effects=False, **numbers))[75, 0] == 30_000  # negative twin


def test_a_defeat_sends_the_force_home_and_a_local_attack_does_not() -> None:
    nation = {"AAA": Parameters(land_force=40_000, willingness=0.5)}
    numbers = {"withdrawal_hazard": 0, "preparation_months": 1, "ramp_months": 1, "exit_months": 3}
    for phase, left in ((DEFEAT, 0), (LOCAL_ATTACK, None)):
        phases = {"phase": lambda month, phase=phase: CEASEFIRE if month < 20 else phase}
        troops = total(run(nation, months=40, paths=50, seed=22, reads=phases, fights="yes", **numbers))
        assert troops[19].min() > 0
        assert troops[40].max() == left if left is not None else troops[40].min() > 0


def test_troops_fight_only_where_they_would() -> None:
    for fights in ("no", "yes"):
        found = run(months=40, paths=20, seed=23, fights=fights)
        np.testing.assert_array_equal(total(found, "contingent_fighting"), total(found) * (fights == "yes"))


def test_would_send_is_at_least_would_sustain_and_ambition_raises_both() -> None:
    sizes = [run(months=60, paths=200, seed=24, ambition=a, strain_effect=0) for a in (0.5, 1.0, 3.0)]
    for found in sizes:
        assert (total(found, "willing") >= total(found, "sustainable_force")).all()
    for name in ("willing", "sustainable_force"):
        for less, more in pairwise(sizes):
            never_fewer(total(more, name), total(less, name))


def shares_there(months: float, *, standing: bool, seed: int) -> np.ndarray:
    """Return what part of the force is there after so many months, by the scenario's times; whole months are not asked."""
    scenario, rng = fs.load("ukraine-2025"), np.random.default_rng(seed)
    wait = rng.exponential(rng.triangular(2, 6, 18, N)) if standing else 0.0
    spread = scenario.get("contingent.standing_months" if standing else "contingent.ramp_months").distribution
    ramp = np.exp(spread.log[0] + spread.log[1] * rng.standard_normal(N)).clip(spread.low, spread.high)
    return np.clip((months - wait) / np.maximum(ramp, 1.0), 0, 1)


DAY = 12 / 365.25


@pytest.mark.parametrize(
    ("mission", "month", "share"),
    [
        ("KFOR, day 6, counted at the month's end", 1.0, 24_500 / 51_500),
        ("KFOR, day 16, counted at the month's end", 1.0, 30_000 / 51_500),
        ("KFOR, day 52", 52 * DAY, 50_000 / 51_500),
        ("IFOR, day 48", 48 * DAY, 1.0),
        ("American reinforcement, day 120", 120 * DAY, 1.0),
    ],
)
def test_past_missions_lie_inside_the_crisis_class(mission: str, month: float, share: float) -> None:
    low, high = np.quantile(shares_there(month, standing=False, seed=25), [0.1, 0.9])
    assert low <= share <= high, mission
    low, high = np.quantile(shares_there(month, standing=True, seed=26), [0.1, 0.9])
    assert share > high, f"twin: {mission} is no standing presence"


def test_the_brigade_in_lithuania_lies_inside_the_standing_class() -> None:
    course = {10: 20, 18: 170, 23: 400, 30: 500, 32: 1_800, 37: 2_000}
    inside = 0
    for months, there in course.items():
        low, high = np.quantile(shares_there(months, standing=True, seed=27), [0.1, 0.9])
        inside += low <= there / 4_800 <= high
        assert there / 4_800 < np.quantile(shares_there(months, standing=False, seed=28), 0.1), "twin: no crisis"
    assert inside >= 4  # of 6: slower than the class at 23 and 30 months


def test_delivery_is_a_lognormal() -> None:
    found = run({"AAA": NATIONS["AAA"]}, months=0, paths=N, seed=5, delivery_median=0.9, delivery_spread=0.35)
    assert_mean(found["delivery"][0, 0, 0], 0.9 * math.exp(0.35**2 / 2), "part delivered")
    with pytest.raises(AssertionError):
        assert_mean(found["delivery"][0, 0, 0], 0.9, "twin: its median")


def test_delivery_is_that_of_kosovo() -> None:
    rows = [row for row in tables.table("contribution_records") if row["mission"] == "KFOR"]
    pledged = {row["iso3"]: float(row["troops"]) for row in rows if row["kind"] == "pledged"}
    sent = {row["iso3"]: float(row["troops"]) for row in rows if row["as_of"] == "1999-07-31"}
    logs = [math.log(sent[nation] / pledged[nation]) for nation in pledged]
    assert len(logs) == 5
    assert math.exp(np.mean(logs)) == pytest.approx(0.79, abs=0.01)
    assert np.std(logs, ddof=1) == pytest.approx(0.59, abs=0.01)
    assert np.std([x for x in logs if x > -1], ddof=1) == pytest.approx(0.30, abs=0.01)
    inside = [abs(x - math.log(0.9)) < 1.645 * 0.35 for x in logs]
    assert sum(inside) == 4  # Russia's is not


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
        assert each[:, 1].max() <= 1.33 * 3_750  # delivery may pass the limit of 2,000, not the stretched quarter
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
    assert found["stance"][:, :3].max() == DEPLOYING  # ready, and waiting
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
    base = {"months": 120, "paths": 5_000, "seed": 11, "backstop_offered": "yes", "withdrawal_hazard": 0.01,
            "strain_effect": 0.0}  # fmt: skip
    kept = run(**base, backstop_loss_hazard=0)
    lost = run(**base, backstop_loss_hazard=0.05, backstop_regain_hazard=0)
    alone = run(**base, backstop_loss_hazard=0.05, backstop_regain_hazard=0, cascade=0)
    assert total(lost)[120].mean() < 0.9 * total(kept)[120].mean()
    never_fewer(total(alone, "contributors"), total(lost, "contributors"))  # who leaves drives others out
    rates = [total(found, "withdrawals").sum() / total(found).sum() for found in (kept, alone, lost)]
    assert rates[1] > 3 * rates[0]
    assert rates[2] > 1.05 * rates[1]


def test_against_the_oracle_one_contributor_at_a_time() -> None:
    shared = {"backstop_effect": 0.7, "peers_effect": 0.9, "ceasefire_effect": 0.4, "strain_effect": 1.5}
    shared |= {"requested": 12_000, "surge": 1.33, "delivery_median": 0.8, "delivery_spread": 0.5}
    mission = Mission(
        months_of_war=10, offered=True, leave_without_backstop=0.8, leave_alone=0.6, leave_in_war=0.5,
        deployable=0.3, rotation=4.0, leave=0.02, loss=0.03, regain=0.02, preparation=4.0, ramp=6, exit=5, **shared,
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
    nation = {"AAA": Parameters(land_force=90_001, willingness=0.1, un_willingness=0.1, limit=9_000, deployed=300)}
    hazards = dict.fromkeys(("backstop_loss_hazard", "backstop_regain_hazard", "withdrawal_hazard"), 0.1)
    common = Common(backstop_offered="yes", **hazards)
    arguments = {"months": 60, "reads": {"phase": lambda month: float(month > 3), "growth": -0.02}, "seed": 14}
    chance = ("mood_volatility", "delivery_spread", "standing_months")
    leaning = ("chance", "backstop_opens", "politics_shared", "standing_chance")  # see the tests of each
    idle_at = {4_000: ("surge", "strain_effect", "fading"), 20_000: ("requested",)}
    for requested, more in idle_at.items():
        asked = common.model_copy(update={"requested": Common(requested=requested).requested})
        idle = ("un_willingness", "peers_effect", "ambition", *chance, *leaning, *more)
        assert_each_path_has_its_own(Contingent(), nation, asked, idle=idle, noise=False, **arguments)
    others = tuple(name for name in (*Common.model_fields, *Parameters.model_fields) if name not in chance)
    slow = common.model_copy(
        update={
            "requested": Common(requested=4_000).requested,
            "standing_chance": Common(standing_chance=1).standing_chance,
        }
    )
    assert_each_path_has_its_own(Contingent(), nation, slow, idle=others, **arguments)
    bound = common.model_copy(update={"requested": Common(requested=100_000).requested})
    wanting = tuple(name for name in others if name != "ambition")
    assert_each_path_has_its_own(Contingent(), nation, bound, idle=(*wanting, *chance), noise=False, **arguments)


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
