"""Conflict: hand cases, exact chains and mixtures within 4 standard errors, monotone promises, accession, grades."""

from __future__ import annotations

import itertools
import math
import re
from functools import partial

import numpy as np
import pytest

from forcesim import tables
from forcesim.processes.conflict import Common, Conflict, change, hazards, phase_law
from forcesim.processes.deterrence import (
    accession,
    attack,
    attacked_members,
    credibility,
    guarantee_in_force,
    held_law,
    incidents,
    kind,
    learn,
    presence,
    promise_needed,
    success_law,
)
from forcesim.processes.phases import CEASEFIRE, DEFEAT, LOCAL_ATTACK, WAR
from tests.support.alone import run_alone, without_compiler
from tests.support.laws import assert_mean, assert_share

N = 40_000
PLAIN = {
    "ceasefire_elasticity": 0, "aversion": 0, "success_slope": 0, "breaking_share": 1, "local_share": 0,
}  # fmt: skip
"""A ceasefire with one constant hazard, and no grades."""
CALM = {"ceasefire_base": 0, "start_phase": "ceasefire", "local_share": 0}
"""One ceasefire, and war for good once it is broken."""
KINDS = ("none", "un-peacekeepers", "europe", "nato-in-ukraine", "nato-membership")
EUROPE, MEMBERSHIP = float(KINDS.index("europe")), float(KINDS.index("nato-membership"))


def run(months: int, *, reads=None, **arguments) -> dict[str, np.ndarray]:
    """Run the conflict; each series as (month, path). What is no argument of a run is a number."""
    own = {k: arguments.pop(k) for k in ("paths", "seed", "noise", "per_path") if k in arguments}
    found = run_alone(Conflict(), None, Common(**arguments), reads=reads, months=months, **own)
    return {name: series[:, 0, 0] for name, series in found.items()}


def held(found: dict[str, np.ndarray], month: int) -> int:
    """Count the paths whose first ceasefire has held so long."""
    return int((found["breaches"][: month + 1].sum(axis=0) == 0).sum())


def test_without_noise_a_phase_ends_when_its_hazard_has_added_up_to_one() -> None:
    found = run(100, noise=False, ceasefire_base=0.05, breach_base=0.04, **PLAIN)
    assert list(np.flatnonzero(np.diff(found["phase"][:, 0])) + 1) == [20, 45, 65, 90]
    assert list(np.flatnonzero(found["breaches"][:, 0])) == [45, 90]
    assert list(found["months_of_peace"][19:24, 0]) == [0, 0, 1, 2, 3]
    assert found["secure_months"][[19, 20, 44, 45, 65, 100], 0].tolist() == [0, 1, 25, 25, 26, 50]
    local = run(100, noise=False, ceasefire_base=0.05, breach_base=0.04, local_end=0.25, **{**PLAIN, "local_share": 1})
    assert list(np.flatnonzero(np.diff(local["phase"][:, 0])) + 1) == [20, 45, 49, 74, 78, 100 + 3][:5]
    assert local["activity"][[0, 20, 45, 49], 0].tolist() == [1, 0, 0.2, 0]


def test_the_guarantee_by_hand() -> None:
    promise = partial(
        credibility, europe_promise=0.5, nato_promise=0.745, membership_promise=0.9, backstop_reliance=0.4, member=0.0,
        trust=0.0,
    )  # fmt: skip
    assert promise(guarantee=EUROPE, backstop=0.0) == pytest.approx(0.3)
    assert promise(guarantee=EUROPE, backstop=1.0) == pytest.approx(0.5)
    assert promise(guarantee=EUROPE, backstop=1.0, trust=math.log(3)) == pytest.approx(0.75)
    assert promise(guarantee=3.0, backstop=0.0) == pytest.approx(0.745 * 0.6)
    assert promise(guarantee=0.0, backstop=1.0) == promise(guarantee=1.0, backstop=1.0) == 0
    assert promise(guarantee=MEMBERSHIP, backstop=1.0) == 0  # asked for, not yet a member
    for guarantee in (0.0, MEMBERSHIP):
        assert promise(guarantee=guarantee, backstop=0.0, member=1.0) == pytest.approx(0.9)  # and no backstop needed
    assert promise(guarantee=EUROPE, backstop=1.0, europe_promise=1.0, trust=-5.0) == 1
    given = {"credibility": 0.5, "honoured_ratio": 0.2, "breaking_share": 0.4}
    assert guarantee_in_force(slowing=1.0, odds=1.0, **given) == pytest.approx(1 - 0.6)
    assert guarantee_in_force(slowing=0.5, odds=1.0, **given) == pytest.approx(1 - 0.3)
    fewer = 0.4 * 0.5 / (0.6 + 0.4 * 0.5) / 0.4  # half the odds of breaking
    assert guarantee_in_force(slowing=1.0, odds=0.5, **given) == pytest.approx(1 - 0.6 * fewer)


def test_presence_by_hand() -> None:
    """Nothing without troops, the stated ratio at 100,000, a power of it between; one of two readings."""
    by = partial(
        presence, troops_that_count=25_000.0, un_presence=0.5, presence_ratio=0.65, presence_odds=0.42,
        presence_reading=0.0, guarantee=0.0,
    )  # fmt: skip
    assert by(contingent=0.0) == (1.0, 1.0)
    assert by(contingent=1e5) == (pytest.approx(0.65), 1.0)
    assert by(contingent=1e5, presence_reading=1.0) == (1.0, pytest.approx(0.42))
    assert by(contingent=1e5, guarantee=1.0)[0] == pytest.approx(0.65**0.5)
    dose = (1 - math.exp(-1)) / (1 - math.exp(-4))
    assert by(contingent=25_000.0)[0] == pytest.approx(0.65**dose)


def test_what_an_attacker_expects_by_hand() -> None:
    assert success_law(ratio=1.0, needed=0.5, slope=1.0) == pytest.approx(1 / 3)
    numbers = {
        "front_ratio_alone": 0.5, "front_ratio_backed": 1.0, "month": 1.0, "success_slope": 1.0, "needed_ratio": 0.5,
        "reference_ratio": 0.5, "honoured_ratio": 0.1,
    }  # fmt: skip
    assert attack(credibility=0.0, **numbers) == (0.5, 1.0)  # centred: 1 at the reference
    assert attack(credibility=1.0, **numbers) == (pytest.approx(1 / 3), pytest.approx(0.1 * (1 / 3) / 0.5))
    half = attack(credibility=0.5, **numbers)
    assert half == (pytest.approx(5 / 12), pytest.approx(0.5 + 0.5 * 0.1 * 2 / 3))
    unknown = {**numbers, "front_ratio_alone": -1.0, "front_ratio_backed": -1.0}
    for still in (unknown, {**numbers, "month": 0.0, "front_ratio_alone": 9.0}):
        assert attack(credibility=0.5, **still) == (0.5, pytest.approx(0.5 + 0.5 * 0.1))


def test_the_hazards_by_hand() -> None:
    numbers = {
        "month": 1.0, "reference_ratio": 0.5, "ceasefire_base": 0.02, "ceasefire_elasticity": 0.5, "aversion": 1.0,
        "breach_base": 0.03, "lasting_share": 0.1, "local_end": 0.3, "escalation": 0.2, "collapse_hazard": 0.07,
        "guarantee_in_force": 0.0, "temptation": 0.5, "slowing": 0.8, "breaking": 1.0, "front_ratio_alone": 0.5,
    }  # fmt: skip

    def by_hand(phase: float, **more: float) -> tuple[float, ...]:
        return hazards(**{**numbers, **more}, phase=phase)[:4]

    assert by_hand(WAR, front_ratio_alone=2.0) == (pytest.approx(0.04), 0.0, pytest.approx(0.04), 0.07)
    assert by_hand(WAR, guarantee_in_force=0.5)[0] == pytest.approx(0.02 * math.exp(-0.5))
    assert by_hand(WAR, front_ratio_alone=2.0, month=0.0)[0] == pytest.approx(0.02)
    assert by_hand(WAR, front_ratio_alone=-1.0)[0] == pytest.approx(0.02)
    assert by_hand(CEASEFIRE) == (0.0, pytest.approx(0.012), 0.0, pytest.approx(0.012))
    assert by_hand(CEASEFIRE, breaking=0.0)[1] == pytest.approx(0.0012)
    assert by_hand(CEASEFIRE, breaking=0.5)[1] == pytest.approx(0.0066)
    assert by_hand(LOCAL_ATTACK) == (0.0, 0.0, 0.3, pytest.approx(0.08))
    assert by_hand(DEFEAT) == (0.0, 0.0, 0.0, 0.0)
    assert hazards(**numbers, phase=CEASEFIRE).fading == pytest.approx(0.012 * 0.9)


def test_a_phase_by_hand() -> None:
    """A small uniform is for the better, a large one for the worse; a hold wins over both."""
    step = partial(phase_law, hold=0.0, better=0.0, worse=0.0, u_grade=0.7, local_share=0.5)
    assert [step(WAR, u=u, better=0.5) for u in (0.39, 0.4)] == [CEASEFIRE, WAR]  # 1 - exp(-0.5) is 0.3935
    assert [step(CEASEFIRE, u=u, worse=0.5) for u in (0.61, 0.6)] == [WAR, CEASEFIRE]
    assert step(CEASEFIRE, u=0.61, worse=0.5, u_grade=0.4) == LOCAL_ATTACK
    assert step(LOCAL_ATTACK, u=0.01, better=0.5, worse=0.1) == CEASEFIRE
    assert step(LOCAL_ATTACK, u=0.99, better=0.5, worse=0.1) == WAR
    assert step(WAR, u=0.99, worse=0.1) == DEFEAT
    assert step(DEFEAT, u=0.01) == step(DEFEAT, u=0.99) == DEFEAT
    both = 1 - math.exp(-0.4)  # two hazards share the chance: a quarter of it is for the better
    assert [step(WAR, u=u, better=0.1, worse=0.3) for u in (0.24 * both, 0.26 * both)] == [CEASEFIRE, WAR]
    assert [step(WAR, u=1 - u, better=0.1, worse=0.3) for u in (0.74 * both, 0.76 * both)] == [DEFEAT, WAR]
    assert [phase_law(CEASEFIRE, hold, 0.99, 0.0, 0.5, 0.7, 0.5) for hold in (1.0, 2.0)] == [WAR, CEASEFIRE]
    numbers = {
        "exposure": 0.3, "better": 0.0, "worse": 0.5, "hold": 0.0, "noise": 1.0, "secure_months": 9.0, "survived": 2.0,
        "fading": 0.4, "local_share": 0.5, "local_activity": 0.2, "u_grade": 0.7,
    }  # fmt: skip
    stays = change(phase=CEASEFIRE, months_of_peace=7.0, u_change=0.5, **numbers)
    assert stays == (CEASEFIRE, 0.0, 0.0, 0.0, 0.8, 8.0, 10.0, 2.4)
    assert change(phase=CEASEFIRE, months_of_peace=7.0, u_change=0.99, **numbers) == (WAR, 1, 1, 0, 0, 0, 9, 0)
    local = change(phase=CEASEFIRE, months_of_peace=7.0, u_change=0.99, **{**numbers, "u_grade": 0.4})
    assert local == (LOCAL_ATTACK, 0.2, 1, 1, 0, 0, 9, 0)


def test_the_kind_by_hand() -> None:
    """Drawn when the ceasefire begins; troops that come turn a breaking one into a lasting one; else it stays."""
    by = partial(kind, breaking_share=0.6, odds=1.0, noise=1.0, survived=0.0, u_kind=0.5)
    assert by(phase=CEASEFIRE, months_of_peace=0.0, kind_draw=0.99) == (0.5, 0.0, 1.0)
    assert by(phase=CEASEFIRE, months_of_peace=0.0, kind_draw=0.0, u_kind=0.61) == (0.61, 0.0, 0.0)
    assert by(phase=CEASEFIRE, months_of_peace=3.0, kind_draw=0.5, u_kind=0.99) == (0.5, 0.0, 1.0)
    assert by(phase=CEASEFIRE, months_of_peace=3.0, kind_draw=0.5, odds=0.5) == (0.5, 0.0, 0.0)  # 0.3 / 0.7 is below
    assert by(phase=WAR, months_of_peace=0.0, kind_draw=0.5).breaking == 0
    still = by(phase=CEASEFIRE, months_of_peace=3.0, kind_draw=0.5, survived=math.log(3), noise=0.0)
    assert still == (0.5, math.log(3), pytest.approx(0.2 / 0.6))  # odds of 1.5 have fallen to 0.5


def test_war_lasts_geometrically() -> None:
    found = run(12, paths=N, seed=1, ceasefire_base=0.1, breach_base=0, **PLAIN)
    at_war = int((found["phase"][12] == 0).sum())
    assert_share(at_war, N, math.exp(-1.2), "war after a year")
    with pytest.raises(AssertionError):
        assert_share(at_war, N, 0.9**12, "twin: probability h instead of 1 - exp(-h)")


@pytest.mark.parametrize("start", ["war", "ceasefire"])
def test_with_one_kind_the_phase_is_a_two_state_chain(start: str) -> None:
    found = run(30, paths=N, seed=2, ceasefire_base=0.05, breach_base=0.03, start_phase=start, **PLAIN)
    p, q = 1 - math.exp(-0.05), 1 - math.exp(-0.03)
    stationary, memory = p / (p + q), (1 - p - q) ** 30
    expected = stationary + ((start == "ceasefire") - stationary) * memory
    ceasefires = int(found["phase"][30].sum())
    assert_share(ceasefires, N, expected, "ceasefire after 30 months")
    with pytest.raises(AssertionError):
        assert_share(ceasefires, N, stationary, "twin: no memory of the start")
    chain = [stationary + ((start == "ceasefire") - stationary) * (1 - p - q) ** k for k in range(30)]
    assert_mean(found["breaches"].sum(axis=0), q * sum(chain), "breaches in 30 months")


def test_a_ceasefire_holds_as_the_mixture_of_two_rates_has_it() -> None:
    """At one, two, five and ten years; a constant hazard with the same chance at five years misses the others."""
    share, base, lasting = 0.36, 0.092, 0.018
    found = run(120, paths=N, seed=3, breach_base=base, breaking_share=share, lasting_share=lasting, **CALM)
    even = -math.log(held_law(60.0, share, base, lasting)) / 60
    for year in (1, 2, 5, 10):
        count = held(found, 12 * year)
        assert_share(count, N, held_law(12.0 * year, share, base, lasting), f"held {year} years")
        if year != 5:
            with pytest.raises(AssertionError):
                assert_share(count, N, math.exp(-even * 12 * year), f"twin: constant hazard, {year} years")
    assert held_law(7.0, 1.0, 0.03, 0.5) == pytest.approx(math.exp(-0.21))
    assert held_law(7.0, 0.0, 0.03, 0.5) == pytest.approx(math.exp(-0.105))


def test_each_ceasefire_has_a_kind_of_its_own() -> None:
    numbers = {"ceasefire_base": 0.5, "breach_base": 0.5, "breaking_share": 0.4, "lasting_share": 0.2}
    found = run(60, paths=20_000, seed=11, **numbers)
    begins = (found["months_of_peace"][:-1] == 0) & (found["phase"][:-1] == CEASEFIRE)
    kinds, holds = found["breaking"][1:][begins], found["months_of_peace"][1:] > 1
    assert_share(int(kinds.sum()), len(kinds), 0.4, "kinds that break")
    np.testing.assert_array_equal(found["kind_draw"][1:][holds], found["kind_draw"][:-1][holds])
    assert set(np.unique(found["breaking"])) == {0.0, 1.0}


def test_without_noise_the_hazard_of_a_ceasefire_is_the_mean_of_those_that_still_hold() -> None:
    """The mixture's own hazard, which falls with age; and no ceasefire is drawn."""
    share, base, lasting = 0.5, 0.02, 0.1
    numbers = {"breach_base": base, "breaking_share": share, "lasting_share": lasting}
    found = run(40, noise=False, **numbers, **CALM)
    held_so_long = [held_law(float(t), share, base, lasting) for t in range(41)]
    rate = [
        (share * base * math.exp(-base * t) + (1 - share) * lasting * base * math.exp(-lasting * base * t))
        / held_so_long[t]
        for t in range(40)
    ]
    assert found["phase"].min() == CEASEFIRE
    np.testing.assert_allclose(found["breach_hazard"][1:, 0], rate, rtol=1e-9)
    assert rate[0] == pytest.approx(base * (share + (1 - share) * lasting))


@pytest.mark.parametrize("reading", [0, 1])
def test_presence_slows_every_break_or_changes_who_breaks(reading: int) -> None:
    """With 100,000 there from the start, the five years of each reading; and neither has the other's."""
    share, base, lasting = 0.5, 0.05, 0.05
    numbers = {"breach_base": base, "breaking_share": share, "lasting_share": lasting, "presence_ratio": 0.5}
    numbers |= {"presence_odds": 0.3, "presence_reading": reading, "success_slope": 0}
    found = run(60, paths=N, seed=4, reads={"contingent": 1e5}, **numbers, **CALM)
    expected = [held_law(60.0, share, 0.5 * base, lasting), held_law(60.0, 0.3 / 1.3, base, lasting)]
    assert_share(held(found, 60), N, expected[reading], "held five years")
    with pytest.raises(AssertionError):
        assert_share(held(found, 60), N, expected[1 - reading], "twin: the other reading")


@pytest.mark.parametrize(("troops", "honoured"), [(0.42, 0.02), (0.65, 0.06), (0.8, 0.3)])
def test_membership_beats_troops_above_the_promise_of_the_closed_form(troops: float, honoured: float) -> None:
    """At x* = (1 - T) / (1 - H) the two hazards are equal; a little above, membership's is the lower."""
    x = promise_needed(troops, honoured)
    numbers = {"presence_ratio": troops, "presence_reading": 0, "honoured_ratio": honoured, "ratification_months": 0}
    numbers |= {"breaking_share": 1, "breach_base": 0.04, **CALM}
    beside = run(2, reads={"contingent": 1e5}, **numbers)["breach_hazard"][1, 0]
    for promise, sign in ((x, 0), (x + 0.01, 1), (x - 0.01, -1)):
        member = run(2, guarantee="nato-membership", membership_promise=promise, **numbers)["breach_hazard"][1, 0]
        assert np.sign(np.round(beside - member, 9)) == sign
    assert promise_needed(0.65, 0.06) == pytest.approx(0.35 / 0.94)


@pytest.mark.parametrize(
    ("guarantee", "reads", "calmer"),
    [
        ("europe", "front_ratio_alone", (0.6, 0.9)),
        ("europe", "front_ratio_backed", (0.9, 1.5)),
        ("europe", "contingent", (0.0, 50_000.0)),
        ("europe", "backstop", (0.0, 1.0)),
        ("none", "contingent", (0.0, 50_000.0)),
    ],
)
def test_what_calms_never_shortens_a_ceasefire(guarantee: str, reads: str, calmer: tuple[float, float]) -> None:
    peace = []
    for value in calmer:
        given = {"front_ratio_alone": 0.5, "front_ratio_backed": 0.9, "contingent": 1e4, "backstop": 0.0, reads: value}
        numbers = {"breach_base": 0.04, "breaking_share": 0.6, **CALM}
        peace.append(run(60, paths=4_000, seed=4, guarantee=guarantee, reads=given, **numbers))
    worse, better = peace
    assert worse["breach_hazard"][1].mean() > better["breach_hazard"][1].mean()
    assert (better["secure_months"] >= worse["secure_months"]).all()
    assert (better["secure_months"] > worse["secure_months"]).any()


@pytest.mark.parametrize("kind_", KINDS[2:])
def test_a_firmer_promise_never_shortens_a_ceasefire(kind_: str) -> None:
    name = {"europe": "europe_promise", "nato-in-ukraine": "nato_promise", "nato-membership": "membership_promise"}
    found = [
        run(
            60, paths=4_000, seed=5, guarantee=kind_, breach_base=0.1, breaking_share=0.6, incident_base=0.3,
            **{name[kind_]: promise}, **CALM,
        )["secure_months"]
        for promise in (0.0, 0.4, 0.8, 1.0)
    ]  # fmt: skip
    for less, more in itertools.pairwise(found):
        assert (more >= less).all()
        assert more[-1].mean() > less[-1].mean()


def test_accession_takes_its_months_of_ceasefire_and_is_never_lost() -> None:
    """Once in, neither a lever, nor a backstop that is lost, nor a war ends it; without votes it never comes."""
    asked = {"guarantee": "nato-membership", "ratification_months": 14, "success_slope": 0, "incident_base": 0}
    found = run(30, start_phase="ceasefire", hold="ceasefire", **asked)
    assert np.flatnonzero(found["member"][:, 0])[0] == 13  # month 0 is a month of ceasefire too
    np.testing.assert_allclose(found["credibility"][13:, 0], 0.9)
    assert found["credibility"][:13].max() == 0
    half = run(40, start_phase="ceasefire", hold="ceasefire", ratified=0.5, **asked)
    assert np.flatnonzero(half["member"][:, 0])[0] == 27
    never = run(40, start_phase="ceasefire", hold="ceasefire", ratified=0, **asked)
    assert never["member"].max() == never["credibility"].max() == 0
    war = run(40, hold="war", **asked)
    assert war["member"].max() == 0  # nobody joins in a war
    free = run(
        240, paths=2_000, seed=8, reads={"backstop": lambda month: float(month < 60)}, ceasefire_base=0.1,
        breach_base=0.2, breaking_share=1, **asked,
    )  # fmt: skip
    joined = free["member"] == 1
    assert (np.diff(free["member"], axis=0) >= 0).all()
    assert joined[-1].any()
    assert (free["phase"][joined] == WAR).any()
    for lever in (0.0, 1.0, 2.0):
        assert accession(lever, WAR, 1.0, 1.0, 14.0, 1.0).member == 1


def test_trust_by_hand() -> None:
    by = partial(
        learn, trust=0.0, troops_seen=1e4, credibility=0.5, contingent=1e4, deliveries=1.0, incidents=0.0, breaches=0.0,
        month=5.0, trust_months=10.0, delivery_trust=0.5, troop_trust=0.05, incident_trust=0.1, breach_trust=1.0,
    )  # fmt: skip
    assert by() == (0.0, 1e4)
    assert by(trust=2.0).trust == pytest.approx(1.8)
    assert by(contingent=3e4) == (pytest.approx(0.1), 3e4)
    assert by(contingent=0.0).trust == pytest.approx(-0.05)
    assert by(contingent=3e4, month=1.0) == (0.0, 3e4)  # who was there from the start did not arrive
    assert by(deliveries=math.e).trust == pytest.approx(0.05)
    assert by(incidents=1.0, breaches=1.0).trust == pytest.approx(-0.5 * 1.1)
    assert by(incidents=1.0, credibility=0.9).trust == pytest.approx(-0.01)
    assert by(incidents=1.0, breaches=1.0, credibility=0.0).trust == 0  # no promise stood
    assert by(breaches=1.0, trust=-5.0, trust_months=1e4).trust == -5


def test_credibility_falls_with_withdrawals_and_violations_and_rises_with_deliveries() -> None:
    numbers = {"guarantee": "europe", "start_phase": "ceasefire", "hold": "ceasefire", "incident_base": 0}
    there = {"contingent": lambda month: 5e4 if month < 20 else 0.0}
    left = run(40, reads=there, **numbers)["credibility"][:, 0]
    np.testing.assert_allclose(left[:21], left[0])
    assert left[22] < left[0]
    assert left[22] < left[40] < left[0]  # and it is forgotten
    more = run(40, reads={"deliveries": 2.0}, **numbers)["credibility"][:, 0]
    assert (np.diff(more[1:]) > 0).all()
    violated = run(40, paths=500, seed=3, **{**numbers, "incident_base": 0.5})
    assert violated["credibility"][40].mean() < left[0] - 0.05
    assert run(40, **numbers)["credibility"].std() == pytest.approx(0, abs=1e-15)


def test_a_credible_guarantee_delays_a_ceasefire_by_the_stated_aversion() -> None:
    found = [float(run(1, guarantee=k, aversion=0.8)["ceasefire_hazard"][1, 0]) for k in ("none", "europe")]
    assert found[1] == pytest.approx(found[0] * math.exp(-0.8 * 0.3 * 0.94))


def test_breaches_are_graded() -> None:
    numbers = {"start_phase": "ceasefire", "ceasefire_base": 0, "breach_base": 0.05, "local_end": 0.3}
    numbers |= {"escalation": 0.1, "success_slope": 0, "breaking_share": 1}
    found = run(1, paths=N, seed=9, local_share=0.7, **numbers)
    p = 1 - math.exp(-0.05)
    assert_share(int((found["phase"][1] == LOCAL_ATTACK).sum()), N, 0.7 * p, "local attacks")
    assert_share(int((found["phase"][1] == WAR).sum()), N, 0.3 * p, "wars")
    np.testing.assert_array_equal(found["local_attacks"][1], found["phase"][1] == LOCAL_ATTACK)
    later = run(24, paths=20_000, seed=10, local_share=1, **numbers)
    inside = later["phase"][:-1] == LOCAL_ATTACK
    after = later["phase"][1:][inside]
    change_ = 1 - math.exp(-0.4)
    assert_share(int((after == CEASEFIRE).sum()), len(after), change_ * 0.75, "local attacks that end in a month")
    assert_share(int((after == WAR).sum()), len(after), change_ * 0.25, "local attacks that become war")
    with pytest.raises(AssertionError):
        assert_share(int((after == WAR).sum()), len(after), 1 - math.exp(-0.1), "twin: risks that do not compete")
    np.testing.assert_array_equal(later["activity"], np.select([later["phase"] == 0, later["phase"] == 2], [1.0, 0.2]))


def test_incidents_break_nothing_and_come_in_a_ceasefire_only() -> None:
    found = run(24, paths=20_000, seed=12, incident_base=0.2, **{**CALM, "start_phase": "ceasefire"}, breach_base=0)
    assert (found["phase"] == CEASEFIRE).all()
    assert_mean(found["incidents"].sum(axis=0), 24 * (1 - math.exp(-0.2)), "incidents in two years")
    assert run(24, paths=100, hold="war", incident_base=0.9)["incidents"].max() == 0
    assert incidents(CEASEFIRE, slowing=0.5, incident_base=0.2, u_incident=0.9, noise=0.0) == pytest.approx(
        1 - math.exp(-0.1)
    )


def test_an_attack_on_a_member_has_a_hazard_of_its_own() -> None:
    """In 40 quiet years about as many as the prior says; a defender who is a member adds his own."""
    found = run(480, paths=5_000, seed=13, hold="ceasefire", start_phase="ceasefire", breach_base=0)
    assert_mean(found["member_attacks"].sum(axis=0), 480 * (1 - math.exp(-0.00054)), "attacks in 40 years")
    numbers = {"member_attack_base": 0.01, "member_attack_at_war": 0.3, "u_member": 0.5, "noise": 1.0}
    assert attacked_members(CEASEFIRE, 0.0, 0.0, 0.02, **numbers) == (0.0, 0.01)
    assert attacked_members(CEASEFIRE, 1.0, 0.0, 0.02, **numbers) == (0.0, pytest.approx(0.03))
    assert attacked_members(WAR, 1.0, 1.0, 0.02, **numbers) == (1.0, pytest.approx(0.023))
    assert attacked_members(WAR, 0.0, 1.0, 0.02, **numbers) == (0.0, pytest.approx(0.003))


def test_a_collapse_is_defeat_and_defeat_lasts() -> None:
    reads = {"collapse_hazard": lambda month: 0.1 if month > 5 else 0.0}
    found = run(60, paths=20_000, seed=14, ceasefire_base=0, reads=reads)
    defeated = found["phase"] == DEFEAT
    assert not defeated[:6].any()
    assert (defeated[1:] >= defeated[:-1]).all()
    assert_share(int(defeated[25].sum()), 20_000, 1 - math.exp(-2.0), "defeat within 20 months of collapse")
    assert found["secure_months"].max() == 0
    assert (
        run(60, paths=200, hold="ceasefire", start_phase="ceasefire", reads={"collapse_hazard": 9.0})["phase"].max()
        == 1
    )


def test_a_phase_can_be_held() -> None:
    for hold, phase in (("war", 0.0), ("ceasefire", 1.0)):
        found = run(36, paths=50, seed=5, hold=hold, ceasefire_base=0.3, breach_base=0.3)
        np.testing.assert_array_equal(found["phase"][1:], phase)
    free = run(36, paths=50, seed=5, ceasefire_base=0.3, breach_base=0.3)
    assert 0 < free["phase"][1:].mean() < 2


def test_hazards_are_written_in_their_own_phase_only() -> None:
    found = run(80, paths=200, seed=6, ceasefire_base=0.1, breach_base=0.1)
    before, after = found["phase"][:-1], found["phase"][1:]
    assert (found["ceasefire_hazard"][1:][before != WAR] == 0).all()
    assert (found["breach_hazard"][1:][before != CEASEFIRE] == 0).all()
    np.testing.assert_array_equal(found["breaches"][1:], (before == CEASEFIRE) & (after != CEASEFIRE))
    np.testing.assert_array_equal(found["secure_months"], np.cumsum(np.vstack([0 * before[:1], after == 1]), axis=0))
    assert found["months_of_peace"][found["phase"] != CEASEFIRE].max() == 0
    for name in ("guarantee_in_force", "credibility", "attack_success", "breaking", "kind_draw", "accession_progress"):
        assert found[name].min() >= 0
        assert found[name].max() <= 1


def test_the_slope_of_success_is_fitted_to_battles() -> None:
    battles = []
    for row in tables.table("parameters"):
        ratio = re.search(r"attacker_win_share_ratio_([\d.]+)-?([\d.]+)?", str(row["quantity"]))
        size = re.search(r"share of (\d+)", str(row["unit"]))
        if ratio and size:
            low, high = float(ratio[1]), float(ratio[2] or 4.0)  # "2.71+" is taken up to 4
            battles.append((0.5 * math.log(low * high), float(row["central"]), int(size[1])))
    x, share, n = (np.array(column) for column in zip(*battles, strict=True))
    assert n.sum() == 478
    design, beta = np.column_stack([np.ones_like(x), x]), np.zeros(2)
    for _ in range(30):  # Newton's method for the logistic regression
        p = 1 / (1 + np.exp(-design @ beta))
        information = design.T @ (design * (n * p * (1 - p))[:, None])
        beta += np.linalg.solve(information, design.T @ (n * (share - p)))
    assert beta[1] == pytest.approx(Common().success_slope.value, abs=0.01)
    assert math.sqrt(np.linalg.inv(information)[1, 1]) == pytest.approx(0.18, abs=0.01)


def test_every_number_acts_on_its_own_path() -> None:
    """The second path has nine tenths of a number, or another if that is the same; the first is not touched."""
    reads = {"front_ratio_alone": 0.6, "front_ratio_backed": 0.9, "contingent": lambda month: 1e3 * month}
    reads |= {"backstop": 0.0, "deliveries": 1.2, "collapse_hazard": 0.001}
    kinds = {"nato_promise": "nato-in-ukraine", "membership_promise": "nato-membership"}
    kinds |= {"un_presence": "un-peacekeepers", "ratification_months": "nato-membership", "ratified": "nato-membership"}
    for name, field in Common.model_fields.items():
        value = getattr(field.default, "value", None)
        if value is None:
            continue  # a choice
        local = (
            {"local_share": 0.9, "breaking_share": 1}
            if name in ("local_end", "escalation", "local_activity", "local_share")
            else {}
        )
        common = {
            "guarantee": kinds.get(name, "europe"), "ceasefire_base": 0.3, "reads": reads, "noise": False, "paths": 2,
            "ratification_months": 5, "local_end": 0.15, "breach_base": 0.12, **local,
        }  # fmt: skip
        if name == "escalation":
            common |= {"escalation": 0.9}
        if name == "breach_trust":
            common |= {"breach_base": 0.5, "breaking_share": 1}
        value = common.get(name, value)
        alone = run(60, **common)
        mixed = run(60, **common, per_path={name: np.array([value, 0.4 * value])})
        for series, found in mixed.items():
            np.testing.assert_array_equal(found[:, 0], alone[series][:, 0])
        assert any((found[:, 1] != alone[series][:, 1]).any() for series, found in mixed.items()), name


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {"paths": 5, "seed": 7, "guarantee": "europe", "ceasefire_base": 0.1, "breach_base": 0.1}
    reads = {"front_ratio_alone": lambda month: 0.5 + 0.01 * month, "front_ratio_backed": 0.9, "contingent": 2e4}
    compiled = [run(40, reads=reads, noise=noise, **arguments) for noise in (True, False)]
    without_compiler(monkeypatch)
    plain = [run(40, reads=reads, noise=noise, **arguments) for noise in (True, False)]
    for one, other in zip(compiled, plain, strict=True):
        for name, series in one.items():
            np.testing.assert_array_equal(series, other[name], err_msg=name)
