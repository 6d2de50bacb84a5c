"""Personnel: hand cases, closed forms within 4 standard errors, conservation, bounds; an oracle person by person."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import forcesim as fs
from forcesim.processes.courses import AGES, School, failing, finishing, left, passing
from forcesim.processes.leaving import arrive, chance, depart, drawn, hazards, late, recover, settle, tell
from forcesim.processes.personnel import LIMITS, Common, Parameters, Personnel, force, opening, recruit
from forcesim.processes.tempo import fixed, shocks
from tests.oracles.personnel_oracle import simulate
from tests.support.alone import run_alone
from tests.support.whole import history

N = 20_000


def run(
    months: int, paths: int = 1, *, noise: bool = True, seed: int = 1, reads=None, **numbers
) -> dict[str, np.ndarray]:
    """Run one army by itself; (month, slot, path) of each series."""
    schools = tuple(School(**school) for school in numbers.pop("schools", ()))
    shared = Common(shared_months=numbers.get("intensity_months", 4.0))
    army = Parameters(**{"strength": 100_000, **numbers}, schools=schools)
    found = run_alone(
        Personnel(), {"UKR": army}, shared, months=months, paths=paths, noise=noise, seed=seed,
        reads={"personnel_budget": 1e12, **(reads or {})},
    )  # fmt: skip
    return {name: values[:, 0] for name, values in found.items()}


def test_an_army_without_flows_stands_still() -> None:
    found = run(24)
    assert (found["strength"] == 100_000).all()


def test_losses_by_hand() -> None:
    found = run(1, noise=False, casualty_rate=0.02, killed_share=0.25, return_share=1.0)
    lost = 100_000 * -math.expm1(-0.02)
    assert found["losses"][1, 0, 0] == pytest.approx(lost, rel=1e-14)
    assert found["killed"][1, 0, 0] == pytest.approx(lost / 4, rel=1e-14)
    assert found["strength"][1, 0, 0] == pytest.approx(100_000 - lost / 4, rel=1e-14)


def test_memories_chances_and_shocks_by_hand() -> None:
    found = fixed(
        intensity_months=2.0, intake_months=4.0, intensity_shared=0.36, recovery_months=5.0, awol_return_rate=0.3,
        shift_months=8.0,
    )  # fmt: skip
    memories = [math.exp(-0.5), math.sqrt(1 - math.exp(-1.0)), math.exp(-0.25), math.sqrt(1 - math.exp(-0.5)), 0.6, 0.8]
    rates = [f(rate) for rate in (0.2, 0.3) for f in (lambda r: -math.expm1(-r), lambda r: 1 + math.expm1(-r) / r)]
    assert found == pytest.approx((*memories, *rates, -math.expm1(-0.125)), rel=1e-12)
    one = {
        "shared_intensity": 0.5, "own_intensity": -1.0, "intake_shock": 2.0, "intensity_keep": 0.9, "intensity_swing": 0.4,
        "intake_keep": 0.7, "intake_swing": 0.3, "shared_root": 0.6, "own_root": 0.8, "intensity_volatility": 0.5,
        "shared_months": 4.0, "intensity_months": 2.0, "month": 3.0, "z_intensity": 1.5, "z_intake": -0.5,
    }  # fmt: skip
    own, intake = -0.9 + 0.6, 1.4 - 0.15
    variance = 0.25 * (0.36 * (1 - math.exp(-1.5)) + 0.64 * (1 - math.exp(-3.0)))
    intensity = math.exp(0.5 * (0.3 + 0.8 * own) - variance / 2)
    assert shocks(noise=1.0, **one) == pytest.approx((own, intake, intensity), rel=1e-14)
    assert shocks(noise=0.0, **one) == pytest.approx((own, intake, 1.0), rel=1e-14)


HAZARDS = {
    "theatre": 600.0, "trained": 1_000.0, "intensity": 1.5, "front_share": 0.9, "contract_share": 0.5,
    "casualty_rate": 0.1, "quiet_share": 0.2, "awol_rate": 0.02, "discharge_rate": 0.01, "term_share": 0.3,
    "term_months": 15.0, "release_rate": 0.04,
}  # fmt: skip
PEACE = 0.01 - math.log(1 - 0.5 * (1 - math.exp(-0.04)))


@pytest.mark.parametrize(
    ("phase", "activity", "tempo", "service"),
    [
        (0.0, 1.0, 1.0, 0.03),
        (1.0, 0.0, 0.2, PEACE),
        (2.0, 0.5, 0.6, 0.03),
        (3.0, 0.0, 0.2, PEACE),
        (1.0, 1.0, 0.2, PEACE),
    ],
)
def test_hazards_by_hand(phase: float, activity: float, tempo: float, service: float) -> None:
    loss, absence = 0.1 * 1.5 * tempo * 0.6, 0.02 * tempo
    whole = loss + absence + service
    found = hazards(phase=phase, activity=activity, **HAZARDS)
    chances = (-math.expm1(-whole), 1 + math.expm1(-whole) / whole)
    assert found == pytest.approx((*chances, loss / whole, absence / (absence + service)), rel=1e-12)


def test_an_army_of_nobody_is_exposed_by_its_share() -> None:
    found = hazards(phase=0.0, activity=1.0, **{**HAZARDS, "trained": 0.0, "theatre": 0.0})
    assert found.leave_chance == pytest.approx(-math.expm1(-(0.1 * 1.5 * 0.9 + 0.05)), rel=1e-12)
    nothing = dict.fromkeys(("casualty_rate", "awol_rate", "discharge_rate", "term_share", "release_rate"), 0.0)
    assert hazards(phase=0.0, activity=1.0, **{**HAZARDS, **nothing}) == (0.0, 0.0, 0.0, 0.0)


def test_chances_of_a_month_by_hand() -> None:
    assert chance(0.2) == pytest.approx(1 - math.exp(-0.2), rel=1e-14)
    for rate in (1e-9, 1e-5, 0.99e-4, 1.01e-4, 0.5, 3.0):
        assert late(rate) == pytest.approx(rate / 2 - rate**2 / 6 if rate < 1e-4 else 1 - (1 - math.exp(-rate)) / rate)
    assert (late(0.0), chance(0.0)) == (0.0, 0.0)
    us = (np.arange(1000) + 0.5) / 1000
    assert np.mean([drawn(2.73, float(u), 1.0) for u in us]) == pytest.approx(2.73)
    assert drawn(2.73, 0.5, 0.0) == 2.73


def still(*names: str) -> dict[str, float]:
    return dict.fromkeys(names, 0.0)


def test_who_leaves_and_comes_back_by_hand() -> None:
    """Without noise each count is its mean."""
    for phase in (0.0, 1.0, 3.0):
        found = depart(
            trained=1_000.0, strength=1_200.0, phase=phase, leave_chance=0.2, loss_part=0.5, killed_share=0.25,
            peace_ceiling=900.0, demobilisation_share=0.5, noise=0.0, u_person=0.5,
            **still("z_leave", "z_losses", "z_killed"),
        )  # fmt: skip
        home = 0.5 * (1_200 - 25 - 100 - 900) if phase in (1.0, 3.0) else 0.0
        assert found == pytest.approx((100.0, 25.0, 100.0, home), rel=1e-12)
    found = recover(
        trained=1_000.0, wounded=80.0, absent=50.0, lost=30.0, dead=10.0, others=15.0, demobilised=2.0,
        recovery_chance=0.25, return_in_force=0.6, awol_return_chance=0.1, **still("z_recover", "z_return", "z_back"),
    )  # fmt: skip
    assert found == pytest.approx((20.0, 12.0, 5.0, 1_000 - 47 + 17, 80 + 20 - 20), rel=1e-14)


@pytest.mark.parametrize(("schools", "taken"), [(0.0, 100.0), (1.0, 0.05 * 1_070)])
def test_who_arrives_runs_the_risks_of_the_time_that_is_left_by_hand(schools: float, taken: float) -> None:
    found = arrive(
        present=970.0, waiting=30.0, graduations=70.0, lost=30.0, healed_fit=12.0, back=5.0, late_chance=0.1,
        loss_part=0.75, absorption_share=0.05, schools_count=schools, noise=0.0, u_person=0.5,
        **still("z_late", "z_late_losses"),
    )  # fmt: skip
    leave = 0.1 * (taken + 17)
    assert found == pytest.approx(
        (taken, 30 + 0.75 * leave, 0.75 * leave, 0.25 * leave, 970 + taken - leave), rel=1e-12
    )
    told = tell(
        lost=30.0, dead=10.0, others=15.0, lost_late=8.0, others_late=5.0, killed_share=0.25, absence_part=0.4,
        **still("z_late_killed", "z_awol"),
    )  # fmt: skip
    assert told == (12.0, 26.0, 8.0, 12.0)
    settled = settle(
        wounded=80.0, wounds=26.0, awol=8.0, on_duty=1_000.0, waiting=30.0, graduations=70.0, absorbed=50.0, pupils=40.0,
        healed=20.0, healed_fit=12.0, back=5.0, late_recovery=0.5, late_return=0.25, return_in_force=0.4,
        **still("z_late_recover", "z_late_return", "z_late_back"),
    )  # fmt: skip
    fit = 0.4 * 13
    strength = 1_000 + fit + 2 + 80 + 26 - 20 - 13 + 40 + 100 - 50
    assert settled == pytest.approx((12 + fit, 8 + 13 - fit, 7.0, strength), rel=1e-12)


FREE = dict.fromkeys(("pool", "seats_left", "teaching_left", "ceiling", "peace_ceiling"), 1e6)
ASKED = {
    "present": 333.0, "in_care": 20.0, "waiting": 50.0, "graduations": 7.0, "pupils_now": 90.0, "personnel_budget": 1.0,
    "bonuses": 0.0, "combat_pay": 0.0, "soldier_cost": 1.0, "intake_shock": 0.4, "volunteers": 900.0,
    "mobilisation": 100.0, "intake_volatility": 0.5, "pool_entries": 3.7, "pool_exit_rate": 0.0, "noise": 1.0,
    "u_person": 0.4, "u_intake": 0.9, "z_exits": 0.0,
}  # fmt: skip


@pytest.mark.parametrize(("phase", "meant"), [(0.0, 1_078.0), (1.0, 970.0), (2.0, 1_078.0), (3.0, 970.0)])
def test_intake_by_hand(phase: float, meant: float) -> None:
    """1,000 and 900, times exp(0.5 * 0.4 - 0.125): 1,077.9 and 970.1, and a fraction that is drawn."""
    assert recruit(phase=phase, **{**FREE, **ASKED}) == (meant, 0.0, 4.0, 0.0)


@pytest.mark.parametrize(
    ("phase", "bound", "taken", "limit"),
    [
        (0.0, {"ceiling": 1_200.0, "peace_ceiling": 1_100.0}, 700.0, "ceiling"),
        (1.0, {"ceiling": 1_200.0, "peace_ceiling": 1_100.0}, 600.0, "ceiling"),
        (1.0, {"ceiling": 900.0, "peace_ceiling": 1_100.0}, 400.0, "ceiling"),
        (0.0, {"personnel_budget": 8e-7, "soldier_cost": 12.0}, 300.0, "money"),
        (0.0, {"personnel_budget": 13e-7, "bonuses": 3e-7, "combat_pay": 2e-7, "soldier_cost": 12.0}, 300.0, "money"),
        (0.0, {"personnel_budget": 2e-7, "bonuses": 3e-7}, 0.0, "money"),
        (0.0, {"pool": 200.0}, 200.0, "pool"),
        (0.0, {"pool": 400.0, "pool_exit_rate": math.log(2.0), "noise": 0.0}, 200.0, "pool"),
        (0.0, {"seats_left": 100.0, "teaching_left": 150.0}, 100.0, "seats"),
        (0.0, {"seats_left": 160.0, "teaching_left": 150.0}, 150.0, "instructors"),
        (0.0, {"ceiling": 400.0}, 0.0, "ceiling"),
    ],
)
def test_what_bounds_intake_by_hand(phase: float, bound: dict[str, float], taken: float, limit: str) -> None:
    found = recruit(phase=phase, **{**FREE, **ASKED, "volunteers": 9e4, **bound})
    assert found.accessions == pytest.approx(taken, rel=1e-12)
    assert LIMITS[int(found.intake_limit)] == limit


def test_the_force_by_hand() -> None:
    numbers = {
        "trained": 1_000.0, "theatre": 500.0, "front_share": 0.5, "mean_loss_rate": 0.1, "contract_share": 0.4,
        "absorbed": 50.0, "returns": 12.0, "awol_returns": 5.0, "losses": 40.0, "awol": 10.0, "discharges": 6.0,
        "demobilised": 1.0, "pupils": 80.0, "theatre_share": 0.6, "peace_theatre_share": 0.25, "shift": 0.1,
        "release_rate": 0.05, "field_instructors": 0.5, "students_per_instructor": 8.0, "noise": 0.0,
    }  # fmt: skip
    there, fresh = 1_010.0, 50 / 1_010
    rate = 0.1 * math.exp(-1 / 6) + 0.08 * (1 - math.exp(-1 / 6))
    war, peace = force(phase=0.0, **numbers), force(phase=1.0, **numbers)
    assert war == pytest.approx((0.51 * there - 5, 0.51, rate, 0.4 * (1 - fresh) + fresh), rel=1e-12)
    still_bound = 0.4 * math.exp(-0.05) / (0.4 * math.exp(-0.05) + 0.6)
    assert peace == pytest.approx((0.465 * there - 5, 0.465, rate, still_bound * (1 - fresh)), rel=1e-12)
    assert force(phase=0.0, **{**numbers, "contract_share": 0.0}).contract_share == 0.0


def test_the_opening_by_hand() -> None:
    numbers = {
        "strength": 1_000.0, "trainees": 100.0, "wounded": 50.0, "absent": 30.0, "pool": 1e5, "activity": 1.0,
        "theatre_share": 0.6, "peace_theatre_share": 0.5, "casualty_rate": 0.05, "quiet_share": 0.2, "killed_share": 0.25,
        "awol_rate": 0.001, "awol_return_rate": 0.1, "discharge_rate": 0.004, "term_share": 0.05, "term_months": 20.0,
        "return_share": 0.7, "net_return": 0.1, "schools_count": 1.0, "noise": 1.0,
    }  # fmt: skip
    given = opening(phase=0.0, return_basis=0.0, **numbers)
    assert given == (1_000.0, 850.0, 50.0, 30.0, 1e5, 1.0, 100.0, 510.0, 0.6, 0.05, 0.7)
    solved = opening(phase=1.0, return_basis=1.0, **numbers)
    assert solved[7:10] == pytest.approx((255.0, 0.3, 0.01))
    lost = 0.05 * 0.6 * 850
    assert solved.return_in_force == pytest.approx((0.1 * lost + 0.0075 * 850 - 3) / (0.75 * lost), rel=1e-12)
    for net, bound in ((-1.0, 0.0), (1.0, 1.0)):
        assert opening(phase=0.0, return_basis=1.0, **{**numbers, "net_return": net}).return_in_force == bound


def test_a_fixed_school_of_two_months_by_hand() -> None:
    found = run(4, noise=False, volunteers=1_000, schools=[{"seats": 1e6, "months": 2, "pass_share": 1.0}])
    assert list(found["accessions"][:, 0, 0]) == [0, 1000, 1000, 1000, 1000]
    assert list(found["graduations"][:, 0, 0]) == [0, 0, 0, 1000, 1000]
    assert found["trained"][4, 0, 0] == 102_000


def test_two_schools_in_series_by_hand() -> None:
    school = {"seats": 1e6, "months": 1, "pass_share": 1.0}
    found = run(4, noise=False, volunteers=1_000, schools=[school, {**school, "months": 2}])
    assert list(found["graduations"][:, 0, 0]) == [0, 0, 0, 0, 1000]


def test_seats_bound_intake_and_what_stands_before_a_full_school_waits() -> None:
    found = run(6, noise=False, volunteers=5_000, schools=[{"seats": 800, "months": 2, "pass_share": 1.0}])
    assert found["trainees"].sum(axis=1).max() == 800
    narrow = [{"seats": 1e6, "months": 1, "pass_share": 1.0}, {"seats": 300, "months": 1, "pass_share": 1.0}]
    found = run(8, noise=False, volunteers=1_000, schools=narrow)
    assert found["graduations"].max() == 300
    assert run(6, volunteers=5_000, schools=[{"seats": 0, "months": 2}])["accessions"].sum() == 0


def test_instructors_bound_the_seats() -> None:
    found = run(
        3, noise=False, strength=1_000, volunteers=5_000, instructor_share=0.1, students_per_instructor=5, founders=20,
        schools=[{"seats": 1e6, "months": 3}],
    )  # fmt: skip
    assert found["trainees"].sum(axis=1).max() == 600
    assert LIMITS[int(found["intake_limit"][2, 0, 0])] == "instructors"


def test_an_army_of_nobody_grows() -> None:
    found = run(120, noise=False, strength=0, volunteers=2_000, schools=[{"seats": 5_000, "months": 2}])
    assert found["trained"][-1, 0, 0] > 50_000
    assert LIMITS[int(found["intake_limit"][1, 0, 0])] == "instructors"
    nobody = run(12, strength=0, volunteers=2_000, founders=0, schools=[{"seats": 5_000, "months": 2}])
    assert nobody["accessions"].sum() == 0, "the twin: without founders nobody teaches"


@pytest.mark.parametrize("start", [0, 3_000, 60_000])
def test_steady_intake_and_one_rate_give_the_textbook_at_every_month(start: int) -> None:
    """n' = I - h n: n(t) = I / h + (n(0) - I / h) exp(-h t), to rounding; and nothing but h counts."""
    months = np.arange(61)
    for rates in ({"discharge_rate": 0.08}, {"discharge_rate": 0.05, "casualty_rate": 0.03, "killed_share": 1.0}):
        found = run(60, noise=False, strength=start, volunteers=1_000, **rates)["strength"][:, 0, 0]
        exact = 12_500 + (start - 12_500) * np.exp(-0.08 * months)
        np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-6)
    wrong = 12_500 + (start - 12_500) * np.exp(-0.081 * months)
    assert np.abs(found / np.maximum(wrong, 1.0) - 1)[1:].max() > 1e-3, "the twin: another rate"


def test_hazards_that_compete_share_the_leavers_out() -> None:
    found = run(
        40, noise=False, volunteers=700, casualty_rate=0.03, killed_share=1.0, awol_rate=0.02, discharge_rate=0.01
    )
    for name, share in (("losses", 1 / 2), ("awol", 1 / 3), ("discharges", 1 / 6)):
        leavers = found["losses"] + found["awol"] + found["discharges"]
        np.testing.assert_allclose(found[name][1:], share * leavers[1:], rtol=1e-12)


def test_a_fraction_of_a_person_a_month_comes_at_times() -> None:
    found = run(48, 4_000, strength=0, volunteers=0.3, pool_entries=0.4, pool=1e6)
    came = found["accessions"][1:, 0].sum(axis=0)
    assert abs(came.mean() - 0.3 * 48) <= 4 * came.std() / np.sqrt(len(came))
    assert set(np.unique(found["accessions"])) == {0.0, 1.0}
    entered = found["pool_entries"][1:, 0].sum(axis=0)
    assert abs(entered.mean() - 0.4 * 48) <= 4 * entered.std() / np.sqrt(len(entered))


def test_without_noise_counts_are_the_means_of_all_paths() -> None:
    """Where no bound binds, every law is linear in the counts; the twin rounds intake down."""
    numbers = {
        "casualty_rate": 0.03, "awol_rate": 0.02, "awol_return_rate": 0.1, "discharge_rate": 0.01, "wounded": 3_000,
        "absent": 2_000, "volunteers": 400.6, "strength": 30_000, "absorption_share": 1.0,
        "schools": [{"seats": 1e9, "months": 2.4, "pass_share": 0.8}], "students_per_instructor": 1e6,
    }  # fmt: skip
    mean, paths = run(24, noise=False, **numbers), run(24, 20_000, seed=4, **numbers)
    for name in ("strength", "trained", "wounded", "absent", "trainees"):
        ours, theirs = mean[name][24].sum(), paths[name][24].sum(axis=0)
        assert abs(ours - theirs.mean()) <= 4 * theirs.std() / np.sqrt(theirs.size), name
    cut = run(24, noise=False, **{**numbers, "volunteers": 400.0})["strength"][24].sum()
    strength = paths["strength"][24, 0]
    assert abs(cut - strength.mean()) > 4 * strength.std() / np.sqrt(strength.size), "the twin"


@pytest.mark.parametrize(
    ("bound", "most"),
    [({"ceiling": 103_000}, 103_000), ({"pool": 2_500}, 102_500)],
)
def test_ceiling_and_pool_bound_intake(bound: dict, most: int) -> None:
    assert run(12, noise=False, volunteers=1_000, **bound)["strength"].max() == most


def test_money_bounds_intake() -> None:
    budget = 101_500 * 40_000 / 12 / 1e9
    found = run(12, noise=False, volunteers=1_000, soldier_cost=40_000, reads={"personnel_budget": budget})
    assert found["strength"].max() == 101_500


def test_demobilisation_ends_at_the_peace_ceiling() -> None:
    found = run(
        400, noise=False, peace_ceiling=80_000, demobilisation_share=0.05, mobilisation=900, reads={"phase": 1.0}
    )
    assert found["strength"][-1, 0, 0] == pytest.approx(80_000, abs=25)
    assert found["accessions"].sum() == 0


def army(**more) -> dict:
    """An army in which everything moves."""
    return {
        "wounded": 5_000, "absent": 3_000, "pool": 60_000, "pool_entries": 40, "volunteers": 900, "mobilisation": 1_100,
        "intake_volatility": 0.3, "ceiling": 110_000, "casualty_rate": 0.03, "intensity_volatility": 0.5, "awol_rate": 0.02,
        "awol_return_rate": 0.05, "discharge_rate": 0.01, "trainees": 900,
        "schools": [
            {"seats": 3_000, "months": 2, "pass_share": 0.9},
            {"seats": 2_500, "months": 2.5, "stages": 3, "duration": "erlang", "pass_share": 0.95},
        ],
        **more,
    }  # fmt: skip


def check_books(found: dict[str, np.ndarray]) -> None:
    """Every stock changes by its declared flows, in whole persons, and is never negative."""
    from forcesim.processes.personnel import WRITES
    from forcesim.state import Stock

    for series in WRITES:
        if isinstance(series, Stock):
            level = found[series.name].sum(axis=1)
            flow = sum(found[name].sum(axis=1) for name in series.inflows)
            flow = flow - sum(found[name].sum(axis=1) for name in series.outflows)
            np.testing.assert_array_equal(np.diff(level, axis=0), flow[1:], err_msg=series.name)
            assert level.min() >= 0, series.name
            assert (found[series.name] == np.floor(found[series.name])).all(), series.name
    books = sum(found[name].sum(axis=1) for name in ("trained", "trainees", "waiting", "wounded"))
    np.testing.assert_array_equal(found["strength"][:, 0], books)
    np.testing.assert_array_equal(found["losses"], found["killed"] + found["wounds"])


@pytest.mark.parametrize("phase", [0.0, 1.0])
def test_people_are_conserved(phase: float) -> None:
    check_books(run(60, 200, **army(peace_ceiling=70_000), reads={"phase": phase}))


@given(
    strength=st.integers(0, 2_000_000), pool=st.integers(0, 10_000_000), intake=st.integers(0, 200_000),
    casualty=st.floats(0, 2), awol=st.floats(0, 2), discharge=st.floats(0, 2), volatility=st.floats(0, 2),
    months=st.floats(0.1, 8), erlang=st.booleans(), seats=st.integers(0, 500_000), seed=st.integers(0, 2**31),
)  # fmt: skip
def test_people_are_conserved_whatever_the_numbers(
    strength, pool, intake, casualty, awol, discharge, volatility, months, erlang, seats, seed
) -> None:
    check_books(
        run(
            12, 4, seed=seed, strength=strength, pool=pool, mobilisation=intake, casualty_rate=casualty, awol_rate=awol,
            discharge_rate=discharge, intensity_volatility=volatility, intake_volatility=volatility, wounded=strength // 3,
            schools=[{"seats": seats, "months": months, "stages": 4, "duration": "erlang" if erlang else "fixed"}],
        )
    )  # fmt: skip


def test_wounded_obey_littles_law() -> None:
    """In a steady state the mean stock is the mean inflow times the mean stay: 3 months, as the parameter says."""
    found = run(
        80, 4_000, casualty_rate=0.02, killed_share=0.0, return_share=1.0, recovery_months=3.0, wounded=5_000, seed=3
    )
    stock, inflow = found["wounded"][40:, 0].mean(axis=0), found["wounds"][40:, 0].mean(axis=0)
    ratio = stock / inflow
    assert abs(ratio.mean() - 3.0) <= 4 * ratio.std() / np.sqrt(len(ratio)) + 0.003
    wrong = 1.0 / (1.0 - np.exp(-1.0 / 3.0))
    assert abs(ratio.mean() - wrong) > 0.1, (
        "the negative twin: 3.53 months, if nobody recovers in the month of the wound"
    )


COURSES = [
    {"months": 4, "stages": 2, "duration": "erlang"},
    {"months": 2, "stages": 6, "duration": "erlang"},
    {"months": 0.5, "stages": 3, "duration": "erlang"},
    {"months": 7.3, "stages": 24, "duration": "erlang"},
    {"months": 12, "stages": 1, "duration": "erlang"},
    {"months": 1.7},
    {"months": 0.4},
    {"months": 24},
]


@pytest.mark.parametrize("course", COURSES)
def test_a_course_lasts_its_months_on_average(course: dict) -> None:
    """Little: a steady intake keeps intake times months in school, for any number of stages."""
    school = [{"seats": 1e6, "pass_share": 1.0, **course}]
    found = run(220, noise=False, volunteers=1_000, schools=school)
    assert found["trainees"][-1].sum() == pytest.approx(1_000 * course["months"], rel=1e-6)
    assert found["graduations"][-1, 0, 0] == pytest.approx(1_000, rel=1e-6)
    chancy = run(90, 500, volunteers=1_000, schools=school)["trainees"][60:].sum(axis=1).mean(axis=0)
    slack = 1.0 if course["months"] == 12 else 0.0
    assert abs(chancy.mean() - 1_000 * course["months"]) <= 4 * chancy.std() / np.sqrt(len(chancy)) + 1e-6 + slack * 200


def test_an_erlang_course_has_its_distribution() -> None:
    """Of those who join in one month a part is left after each later month: the Erlang law over an even intake."""
    from scipy import integrate, stats

    law = stats.gamma(3, scale=4 / 3)
    for age in range(6):
        exact = integrate.quad(lambda u, a=age: law.sf(a + u), 0, 1)[0]
        assert left(float(age), 4.0, 3.0, True) == pytest.approx(exact, rel=1e-8)
        assert finishing(float(age), 4.0, 3.0, True) == pytest.approx(
            1 - integrate.quad(lambda u, a=age: law.sf(a + 1 + u), 0, 1)[0] / exact, rel=1e-8
        )
    assert left(2.0, 4.0, 2.0, True) != pytest.approx(left(2.0, 4.0, 3.0, True), rel=0.01), "the twin: fewer stages"
    assert finishing(AGES - 1.0, 48.0, 1.0, True) == pytest.approx(-math.expm1(-1 / 48), rel=1e-9)
    assert (finishing(1.0, 1.7, 1.0, False), finishing(5.0, 1.7, 1.0, False)) == (1.0, 1.0)


@pytest.mark.parametrize("course", COURSES[:4] + COURSES[5:7])
@pytest.mark.parametrize("early", [0.0, 0.5, 1.0])
def test_who_joins_passes_with_the_share_that_is_stated(course: dict, early: float) -> None:
    school = [{"seats": 1e6, "pass_share": 0.7, "early_share": early, **course}]
    found = run(220, noise=False, volunteers=1_000, schools=school)
    assert found["graduations"][-1, 0, 0] == pytest.approx(700, rel=1e-6)
    assert found["washouts"][-1, 0, 0] == pytest.approx(300, rel=1e-6)


def test_early_failures_leave_part_way() -> None:
    assert failing(4.0, 0.8, 0.0) == 0.0
    assert (1 - failing(4.0, 0.8, 0.5)) ** 4 == pytest.approx(0.9, rel=1e-12)
    assert passing(4.0, 1.0, False, 0.8, 0.0) == 0.8
    stock = [
        run(60, noise=False, volunteers=1_000, schools=[
            {"seats": 1e6, "months": 6, "pass_share": 0.8, "early_share": early}])["trainees"][-1].sum()
        for early in (0.0, 1.0)
    ]  # fmt: skip
    assert stock[0] == pytest.approx(6_000)
    assert 5_000 < stock[1] < 5_600


def test_courses_start_as_a_steady_intake_would_fill_them() -> None:
    """The stationary pipeline stays as it is; the twin, all in the first month of the course, does not."""
    schools = [
        {"seats": 1e6, "months": 2.5, "pass_share": 0.9},
        {"seats": 1e6, "months": 3, "stages": 2, "duration": "erlang", "pass_share": 0.8, "early_share": 0.3},
    ]
    steady = run(300, noise=False, volunteers=1_000, schools=schools)["trainees"][-1].sum()
    found = run(24, noise=False, volunteers=1_000, trainees=steady, schools=schools)
    np.testing.assert_allclose(found["trainees"].sum(axis=1)[:, 0], steady, rtol=1e-3)
    np.testing.assert_allclose(found["graduations"][1:, 0, 0], 720, rtol=2e-3)
    assert found["school_1_pupils"][0, 0, 0] == pytest.approx(2_500, rel=1e-3)
    counted = run(1, trainees=4_001, schools=schools)
    assert counted["trainees"][0].sum() == 4_001
    assert (counted["trainees"][0] == np.floor(counted["trainees"][0])).all()


def test_schools_side_by_side_and_in_series() -> None:
    """Two lines: a school of two months to units; then a pair in series. Recruits go where there are places."""
    schools = [
        {"seats": 2_000, "months": 2, "pass_share": 1.0, "leads_to": "units"},
        {"seats": 600, "months": 1, "pass_share": 0.9},
        {"seats": 1e6, "months": 3, "pass_share": 0.5},
    ]
    found = run(60, noise=False, volunteers=1_600, schools=schools)
    last = {name: values[-1, 0, 0] for name, values in found.items() if name.startswith("school_") and name[-1] != "s"}
    last |= {name: found[name][-1, 0, 0] for name in found if name.startswith("school_")}
    assert last["school_1_entrants"] + last["school_2_entrants"] == pytest.approx(1_600)
    assert last["school_2_entrants"] == pytest.approx(600)
    assert last["school_3_entrants"] == pytest.approx(540)
    assert last["school_3_graduates"] == pytest.approx(270)
    assert last["school_3_pupils"] == pytest.approx(1_620)
    assert found["graduations"][-1, 0, 0] == pytest.approx(1_270)
    assert found["washouts"][-1, 0, 0] == pytest.approx(330)
    assert last["school_4_pupils"] == 0


def test_instructors_from_the_field_leave_the_theatre() -> None:
    numbers = {"volunteers": 1_000, "schools": [{"seats": 1e6, "months": 2, "pass_share": 1.0}]}
    found = run(20, noise=False, field_instructors=0.5, students_per_instructor=10, **numbers)
    assert found["theatre"][-1, 0, 0] == pytest.approx(found["trained"][-1, 0, 0] - 100)
    assert (run(20, noise=False, **numbers)["theatre"] == run(20, noise=False, **numbers)["trained"]).all()


def test_theatre_and_rear_move_with_the_phase() -> None:
    """Losses strike the theatre only; in peace part of it goes home, and comes back with the war."""
    numbers = {"theatre_share": 0.6, "peace_theatre_share": 0.5, "shift_months": 4.0}
    lost = run(1, noise=False, casualty_rate=0.02, **numbers)["losses"][1, 0, 0]
    assert lost == pytest.approx(100_000 * -math.expm1(-0.012), rel=1e-12)
    found = run(48, noise=False, reads={"phase": lambda month: 1.0 if 5 <= month < 24 else 0.0}, **numbers)
    share = found["theatre"][:, 0, 0] / 100_000
    assert share[4] == pytest.approx(0.6)
    assert share[23] == pytest.approx(0.3 + 0.3 * math.exp(-19 / 4), rel=1e-9)
    assert share[48] == pytest.approx(0.6 - (0.6 - share[23]) * math.exp(-25 / 4), rel=1e-9)


@pytest.mark.parametrize("net", [-0.05, 0.0, 0.05])
def test_the_return_that_is_solved_keeps_the_army_as_published(net: float) -> None:
    """Intake 34,000, losses 35,000: the army changes by their difference and the net return, whoever else leaves."""
    for leaving in (0.002, 0.008):
        found = run(
            2, noise=False, strength=1_000_000, volunteers=34_000, casualty_rate=35_000 / 6e5, theatre_share=0.6,
            discharge_rate=leaving, killed_share=0.3, recovery_months=0.1, return_basis="balance", net_return=net,
        )  # fmt: skip
        trained = found["trained"][:, 0, 0]
        assert trained[2] - trained[1] == pytest.approx(34_000 - 35_000 + net * 35_000, abs=300)
    share = [
        run(0, casualty_rate=0.05, discharge_rate=rate, return_basis="balance")["return_in_force"][0, 0, 0]
        for rate in (0.002, 0.01)
    ]
    assert share[1] > share[0], "more leavers mean more returns"


def test_who_serves_until_the_war_ends_leaves_in_peace() -> None:
    numbers = {"contract_share": 0.8, "release_rate": 0.04, "reads": {"phase": lambda month: 1.0 if month > 6 else 0.0}}
    found = run(200, noise=False, **numbers)["trained"][:, 0, 0]
    assert (found[:7] == 100_000).all()
    np.testing.assert_allclose(found[7:], 20_000 + 80_000 * np.exp(-0.04 * np.arange(1, 195)), rtol=1e-9)


def test_terms_of_service_end_at_war_only() -> None:
    found = run(24, noise=False, term_share=0.3, term_months=15)["trained"][:, 0, 0]
    np.testing.assert_allclose(found, 100_000 * np.exp(-0.02 * np.arange(25)), rtol=1e-12)
    assert (run(24, term_share=0.3, term_months=15, reads={"phase": 1.0})["trained"] == 100_000).all()


def test_the_pool_loses_people_of_its_own() -> None:
    found = run(36, noise=False, pool=1e6, pool_entries=2_000, pool_exit_rate=0.01)["pool"][:, 0, 0]
    kept = np.exp(-0.01)
    steady = 2_000 / (1 - kept)
    np.testing.assert_allclose(found, steady + (1e6 - steady) * kept ** np.arange(37), rtol=1e-9)


def test_intensity_is_lognormal_with_mean_one_and_remembers() -> None:
    found = run(30, N, casualty_rate=0.02, intensity_volatility=0.4, intensity_months=5.0, intensity_shared=0.5)
    last, before = np.log(found["intensity"][30, 0]), np.log(found["intensity"][29, 0])
    assert abs(found["intensity"][30, 0].mean() - 1.0) <= 4 * np.sqrt((np.exp(0.16) - 1) / N)
    assert abs(last.var() - 0.16) <= 4 * 0.16 * np.sqrt(2 / N)
    correlation = np.corrcoef(last, before)[0, 1]
    phi = np.exp(-1 / 5)
    assert abs(correlation - phi) <= 4 * (1 - phi**2) / np.sqrt(N)
    assert abs(correlation - np.exp(-1 / 4)) > 4 * (1 - phi**2) / np.sqrt(N), "the negative twin"


def test_survival_is_geometric() -> None:
    found = run(24, N, discharge_rate=0.05)
    expected = 100_000 * np.exp(-0.05 * 24)
    spread = np.sqrt(expected * (1 - np.exp(-0.05 * 24)) / N)
    assert abs(found["trained"][24, 0].mean() - expected) <= 4 * spread + 0.5


@given(more=st.integers(1, 3_000), seed=st.integers(0, 2**31))
def test_more_intake_never_means_fewer_soldiers(more: int, seed: int) -> None:
    """At equal draws; each binomial may take one person back where n crosses its switch of method (see variates)."""
    few = run(36, 8, seed=seed, **army())
    many = run(36, 8, seed=seed, **army(volunteers=900 + more))
    assert (many["strength"] - few["strength"]).min() >= -8


def test_the_oracle_agrees_person_by_person() -> None:
    """Means of 300 runs of 400 people in continuous time against 20,000 paths, within 4 joint standard errors."""
    numbers = {
        "casualty_rate": 0.05, "killed_share": 0.3, "recovery_months": 2.5, "return_share": 0.6, "awol_rate": 0.03,
        "awol_return_rate": 0.1, "discharge_rate": 0.02,
    }  # fmt: skip
    rng = random.Random(7)
    runs = [
        simulate(
            rng, months=10, trained=300, wounded=60, absent=40, intake=12, course_months=2.3, pass_share=0.9, **numbers
        )
        for _ in range(300)
    ]
    found = run(
        10, N, strength=360, wounded=60, absent=40, volunteers=12, absorption_share=1.0, instructor_share=1.0,
        schools=[{"seats": 1e6, "months": 2.3, "pass_share": 0.9}], **numbers,
    )  # fmt: skip
    pairs = {
        "trained": found["trained"][10, 0], "wounded": found["wounded"][10, 0], "absent": found["absent"][10, 0],
        "student": found["trainees"][10].sum(axis=0), "dead": found["killed"][:, 0].sum(axis=0),
    }  # fmt: skip
    for name, ours in pairs.items():
        theirs = np.array([one[name] for one in runs], dtype=float)
        error = np.sqrt(theirs.var() / len(theirs) + ours.var() / N)
        assert abs(ours.mean() - theirs.mean()) <= 4 * error + 1e-9, name
        if theirs.std() > 0:
            assert ours.std() == pytest.approx(theirs.std(), rel=4 * np.sqrt(1 / (2 * len(theirs))) + 0.02), name


def test_a_fixed_course_of_ten_months_takes_ten() -> None:
    found = run(14, noise=False, volunteers=1_000, schools=[{"seats": 1e6, "months": 10, "pass_share": 1.0}])
    assert found["graduations"][:11].sum() == 0
    assert (found["graduations"][11:] == 1_000).all()


@pytest.mark.parametrize("duration", ["fixed", "erlang"])
def test_a_course_that_becomes_shorter_lets_everybody_go(duration: str) -> None:
    school = {"seats": 1e6, "months": 6, "stages": 6, "duration": duration, "pass_share": 1.0}
    army = Parameters(strength=20_000, volunteers=100, schools=(School(**school),))
    scenario = fs.Scenario.of(
        {
            "name": "one-army",
            "start": "2025-01",
            "horizon": "2027-06",
            "nations": {"UKR": {"army": army.model_dump(mode="json")}},
        }
    )
    shorter = {"schedule": {"2025-01": 6, "2025-11": 2}, "interpolate": "step"}
    path = "nations.UKR.army.schools[0]"
    seen = history(scenario.with_values({f"{path}.months": shorter, f"{path}.stages": shorter}), paths=256)
    inside = seen.series("trainees")[:, 0]
    assert (inside[9] > 500).all()
    assert (inside[-1] <= (200 if duration == "fixed" else 400)).all()


def test_books_that_disagree_are_refused() -> None:
    with pytest.raises(ValueError, match="together they must not exceed it"):
        Parameters(strength=1_000, wounded=3_000)
    found = run(1, strength=1_000, wounded=400, trainees=100)
    assert found["strength"][0, 0, 0] == found["trained"][0, 0, 0] + 400
