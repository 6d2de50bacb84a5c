"""Personnel: hand cases, closed forms within 4 standard errors, conservation, bounds; an oracle person by person."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import forcesim as fs
from forcesim.processes.personnel import (
    Common,
    Parameters,
    Personnel,
    School,
    back,
    fixed,
    front,
    opening,
    recruit,
    shared_intensity,
    shared_memory,
    shocks,
)
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
        reads={"personnel_budget": 1e12, "quality": 1.0, **(reads or {})},
    )  # fmt: skip
    return {name: values[:, 0] for name, values in found.items()}


def test_an_army_without_flows_stands_still() -> None:
    found = run(24)
    assert (found["strength"] == 100_000).all()


def test_losses_by_hand() -> None:
    found = run(1, noise=False, casualty_rate=0.02, killed_share=0.25)
    lost = 100_000 * -math.expm1(-0.02)
    assert found["losses"][1, 0, 0] == pytest.approx(lost, rel=1e-14)
    assert found["killed"][1, 0, 0] == pytest.approx(lost / 4, rel=1e-14)
    assert found["strength"][1, 0, 0] == pytest.approx(100_000 - lost / 4, rel=1e-14)


def test_memories_chances_and_shocks_by_hand() -> None:
    found = fixed(
        intensity_months=2.0, intake_months=4.0, intensity_shared=0.36, recovery_months=5.0, discharge_rate=0.01,
        awol_rate=0.02, quiet_share=0.25, awol_return_rate=0.3,
    )  # fmt: skip
    rates = (0.2, 0.01, 0.02, 0.005, 0.3)
    memories = [math.exp(-0.5), math.sqrt(1 - math.exp(-1.0)), math.exp(-0.25), math.sqrt(1 - math.exp(-0.5)), 0.6, 0.8]
    assert found == pytest.approx((*memories, *(-math.expm1(-rate) for rate in rates)), rel=1e-12)
    one = {
        "shared_intensity": 0.5, "own_intensity": -1.0, "intake_shock": 2.0, "intensity_keep": 0.9, "intensity_swing": 0.4,
        "intake_keep": 0.7, "intake_swing": 0.3, "shared_root": 0.6, "own_root": 0.8, "intensity_volatility": 0.5,
        "z_intensity": 1.5, "z_intake": -0.5,
    }  # fmt: skip
    own, intake = -0.9 + 0.6, 1.4 - 0.15
    intensity = math.exp(0.5 * (0.3 + 0.8 * own) - 0.125)
    assert shocks(noise=1.0, **one) == pytest.approx((own, intake, intensity), rel=1e-14)
    assert shocks(noise=0.0, **one) == pytest.approx((own, intake, 1.0), rel=1e-14)


def test_who_leaves_and_comes_back_by_hand() -> None:
    """Without noise each count is its mean."""
    numbers = {
        "trained": 1_000.0, "strength": 1_200.0, "quality": 2.0, "intensity": 1.5, "casualty_rate": 0.1,
        "quality_elasticity": 0.5, "quiet_share": 0.2, "killed_share": 0.25, "awol_at_war": 0.02, "awol_at_rest": 0.01,
        "discharge_chance": 0.03, "peace_ceiling": 900.0, "demobilisation_share": 0.5, "noise": 0.0,
        **dict.fromkeys(("z_losses", "z_killed", "z_awol", "z_discharge"), 0.0),
    }  # fmt: skip
    for phase, activity, awol in ((0.0, 1.0, 0.02), (1.0, 0.2, 0.01)):
        lost = 1_000 * -math.expm1(-0.1 * 1.5 * activity / math.sqrt(2.0))
        away = awol * (1_000 - lost)
        sent = 0.03 * (1_000 - lost - away)
        home = 0.5 * (1_200 - lost / 4 - away - sent - 900) * phase
        assert front(phase=phase, **numbers) == pytest.approx(
            (lost, lost / 4, 0.75 * lost, away, sent, home), rel=1e-12
        )
    found = back(
        trained=1_000.0, wounded=80.0, absent=50.0, losses=30.0, wounds=20.0, awol=10.0, discharges=5.0, demobilised=2.0,
        recovery_chance=0.25, return_share=0.6, awol_return_chance=0.1, z_recover=0.0, z_return=0.0, z_back=0.0,
    )  # fmt: skip
    assert found == pytest.approx((12.0, 8.0, 5.0, 1_000 + 12 + 5 - 47, 80 + 20 - 20), rel=1e-14)
    gone = dict.fromkeys(("losses", "wounds", "awol", "discharges", "demobilised"), 0.0)
    draws = {"z_recover": 2.0, "z_return": -2.0, "z_back": 0.0}
    many = back(trained=0.0, wounded=1e4, absent=1e4, **gone, recovery_chance=0.5, return_share=0.5,
                awol_return_chance=0.5, **draws)  # fmt: skip
    assert many.returns + many.invalided == pytest.approx(5_100, abs=2)  # 2 of 50 above the mean
    assert many.returns == pytest.approx(2_550 - math.sqrt(5_100.0), abs=2)  # 2 of 35.7 below it
    assert many.awol_returns == pytest.approx(5_000, abs=2)


def test_the_shared_intensity_by_hand() -> None:
    """A standard normal AR(1): what it keeps and what is new have variances that add up to 1."""
    keep, swing = shared_memory(shared_months=2.0)
    assert (keep, swing) == pytest.approx((math.exp(-0.5), math.sqrt(1.0 - math.exp(-1.0))), rel=1e-14)
    moved = shared_intensity(shared_intensity=0.5, shared_keep=0.8, shared_swing=0.6, z_shared=-1.5)
    assert moved == pytest.approx(0.8 * 0.5 - 0.6 * 1.5, rel=1e-14)


@pytest.mark.parametrize(
    ("strength", "noise", "home"),
    [(900.0, 0.0, 0.0), (1_000.4, 0.0, 0.5 * 100.4), (1_000.4, 1.0, 50.0), (9_000.0, 0.0, 1_000.0)],
)
def test_demobilisation_by_hand(strength: float, noise: float, home: float) -> None:
    """Half of those above the ceiling of 900; none below it; at most the trained; whole persons where chance plays."""
    numbers = dict.fromkeys(
        ("casualty_rate", "killed_share", "awol_at_war", "awol_at_rest", "discharge_chance", "z_losses", "z_killed",
         "z_awol", "z_discharge"), 0.0,
    )  # fmt: skip
    found = front(
        trained=1_000.0, strength=strength, phase=1.0, quality=1.0, intensity=1.0, quality_elasticity=0.5,
        quiet_share=0.2, peace_ceiling=900.0, demobilisation_share=0.5, noise=noise, **numbers,
    )  # fmt: skip
    assert found == pytest.approx((0.0, 0.0, 0.0, 0.0, 0.0, home), rel=1e-12)


@pytest.mark.parametrize(("place", "draw"), list(enumerate(["losses", "killed", "awol", "discharge"])))
def test_each_count_has_its_own_draw(place: int, draw: str) -> None:
    """A draw moves its own count and those that are taken from what is left; none that come before."""
    numbers = {
        "trained": 1e6, "strength": 2e5, "phase": 0.0, "quality": 0.001, "intensity": 1.0, "casualty_rate": 0.1,
        "quality_elasticity": 0.5, "quiet_share": 0.2, "killed_share": 0.25, "awol_at_war": 0.2, "awol_at_rest": 0.01,
        "discharge_chance": 0.3, "peace_ceiling": 0.0, "demobilisation_share": 1.0, "noise": 1.0,
        **{f"z_{name}": -1.0 for name in ("losses", "killed", "awol", "discharge")},
    }  # fmt: skip
    columns = [0, 1, 3, 4]  # losses, killed, awol, discharges
    low, high = front(**numbers), front(**{**numbers, f"z_{draw}": 1.0})
    moved = [low[column] != high[column] for column in columns]
    assert moved[place]
    assert not any(moved[:place])
    assert low.losses == pytest.approx(1e6 * -math.expm1(-0.1 * 10.0), rel=0.01)  # quality counts as 0.01 at least


def test_only_those_who_are_left_are_sent_home() -> None:
    found = front(
        trained=1_000.0, strength=9_000.0, phase=1.0, quality=1.0, intensity=1.0, casualty_rate=math.log(2.0),
        quality_elasticity=0.5, quiet_share=1.0, killed_share=1.0, awol_at_war=0.5, awol_at_rest=0.5,
        discharge_chance=0.2, peace_ceiling=0.0, demobilisation_share=1.0, noise=0.0, z_losses=0.0, z_killed=0.0,
        z_awol=0.0, z_discharge=0.0,
    )  # fmt: skip
    assert found == pytest.approx((500.0, 500.0, 0.0, 250.0, 50.0, 200.0), rel=1e-12)


@pytest.mark.parametrize(
    ("noise", "schools", "began"),
    [
        # strength, trained, wounded, absent, pool, intensity, in school
        (1.0, 2.0, (1_000.0, 890.0, 10.0, 5.0, 300.0, 1.0, 100.0)),
        (1.0, 0.0, (1_000.0, 990.0, 10.0, 5.0, 300.0, 1.0, 0.0)),
        (0.0, 2.0, (1_000.9, 890.1, 10.2, 5.6, 300.8, 1.0, 100.6)),
    ],
)
def test_month_zero_by_hand(noise: float, schools: float, began: tuple[float, ...]) -> None:
    """Trainees are in school where there is one, and among the trained elsewhere; the stocks add up to the strength."""
    numbers = {"trainees": 100.6, "wounded": 10.2, "absent": 5.6, "pool": 300.8, "schools_count": schools}
    assert opening(strength=1_000.9, noise=noise, **numbers) == pytest.approx(began, rel=1e-14)
    few = opening(strength=50.0, noise=noise, **numbers)
    inside = began[2] + began[6]
    assert few[:3] == pytest.approx((max(50.0, inside), max(0.0, 50.0 - inside), began[2]), rel=1e-14)


@pytest.mark.parametrize(("phase", "meant"), [(0.0, 1_077.0), (1.0, 970.0)])
def test_intake_by_hand(phase: float, meant: float) -> None:
    found = recruit(
        present=333.0, in_care=20.0, waiting=50.0, pool=1e5, graduations=7.0, pupils=90.0, free_places=1e5, phase=phase,
        personnel_budget=1e9, intake_shock=0.4, absorption_share=0.1, ceiling=1e6, peace_ceiling=1e6, soldier_cost=1.0,
        volunteers=900.0, mobilisation=100.0, intake_volatility=0.5, pool_entries=3.7, schools_count=1.0, noise=1.0,
    )  # fmt: skip
    assert found == (33.0, meant, 7.0, 3.0, 500.0 + meant)


@pytest.mark.parametrize(
    ("phase", "bound", "taken"),
    [
        (0.0, {"ceiling": 1_200.0, "peace_ceiling": 1_100.0}, 700.0),
        (1.0, {"ceiling": 1_200.0, "peace_ceiling": 1_100.0}, 600.0),
        (1.0, {"ceiling": 900.0, "peace_ceiling": 1_100.0}, 400.0),
        (0.0, {"personnel_budget": 8e-7, "soldier_cost": 12.0}, 300.0),
        (0.0, {"pool": 200.0}, 200.0),
        (0.0, {"free_places": 100.0}, 100.0),
        (0.0, {"ceiling": 400.0}, 0.0),
    ],
)
def test_what_bounds_intake_by_hand(phase: float, bound: dict[str, float], taken: float) -> None:
    numbers = dict.fromkeys(("pool", "free_places", "personnel_budget", "ceiling", "peace_ceiling"), 1e6)
    found = recruit(
        present=333.0, in_care=20.0, waiting=50.0, graduations=7.0, pupils=90.0, phase=phase, intake_shock=0.4,
        absorption_share=0.1, volunteers=9e4, mobilisation=100.0, intake_volatility=0.5, pool_entries=3.7,
        schools_count=0.0, noise=1.0, **{**numbers, "soldier_cost": 1.0, **bound},
    )  # fmt: skip
    assert found == (33.0, taken, 7.0 + taken, 3.0, 500.0 + taken)


def test_a_fixed_school_of_two_months_by_hand() -> None:
    found = run(4, noise=False, volunteers=1_000, schools=[{"seats": 1e6, "months": 2, "pass_share": 1.0}])
    assert list(found["accessions"][:, 0, 0]) == [0, 1000, 1000, 1000, 1000]
    assert list(found["graduations"][:, 0, 0]) == [0, 0, 0, 1000, 1000]
    assert found["trained"][4, 0, 0] == 101_000


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
        3, noise=False, strength=1_000, volunteers=5_000, instructor_share=0.1, students_per_instructor=5,
        schools=[{"seats": 1e6, "months": 3}],
    )  # fmt: skip
    assert found["trainees"].sum(axis=1).max() == 500


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
    """In a steady state the mean stock is the mean inflow times the mean stay, 1 / (1 - exp(-1/3)) months."""
    found = run(
        80, 4_000, casualty_rate=0.02, killed_share=0.0, return_share=1.0, recovery_months=3.0, wounded=5_000, seed=3
    )
    stock, inflow = found["wounded"][40:, 0].mean(axis=0), found["wounds"][40:, 0].mean(axis=0)
    stay = 1.0 / (1.0 - np.exp(-1.0 / 3.0))
    ratio = stock / inflow
    assert abs(ratio.mean() - stay) <= 4 * ratio.std() / np.sqrt(len(ratio)) + 0.003
    wrong = 3.0
    assert abs(ratio.mean() - wrong) > 0.1, "the negative twin: a stay of 3 months must be told from 3.53"


def test_an_erlang_course_has_its_mean_stock() -> None:
    """Little again: k stages of mean 1 / (1 - exp(-k / d)) months each."""
    found = run(60, 2_000, volunteers=1_000, schools=[{"seats": 1e6, "months": 4, "stages": 2, "duration": "erlang"}])
    students = found["trainees"][30:].sum(axis=1).mean(axis=0)
    expected = 1_000 * 2 / (1.0 - np.exp(-0.5))
    assert abs(students.mean() - expected) <= 4 * students.std() / np.sqrt(len(students))
    assert abs(students.mean() - 4_000) > 4 * students.std() / np.sqrt(len(students)), "the negative twin"


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
    """At equal draws; rounding of one binomial may take one person back a month (see variates)."""
    few = run(36, 8, seed=seed, **army())
    many = run(36, 8, seed=seed, **army(volunteers=900 + more))
    assert (many["strength"] - few["strength"]).min() >= -3


def test_worse_quality_costs_more() -> None:
    good = run(12, 500, **army(), reads={"quality": 1.2})["losses"].sum(axis=0)
    bad = run(12, 500, **army(), reads={"quality": 0.8})["losses"].sum(axis=0)
    assert (bad > good).all()


def test_the_oracle_agrees_person_by_person() -> None:
    """Means of 300 runs of 400 people against 20,000 paths, each within 4 joint standard errors."""
    numbers = {
        "casualty_rate": 0.05, "killed_share": 0.3, "recovery_months": 2.5, "return_share": 0.6, "awol_rate": 0.03,
        "awol_return_rate": 0.1, "discharge_rate": 0.02,
    }  # fmt: skip
    rng = random.Random(7)
    runs = [
        simulate(
            rng, months=10, trained=300, wounded=60, absent=40, intake=12, course_months=2, pass_share=0.9, **numbers
        )
        for _ in range(300)
    ]
    found = run(
        10, N, strength=360, wounded=60, absent=40, volunteers=12, absorption_share=1.0, instructor_share=1.0,
        schools=[{"seats": 1e6, "months": 2, "pass_share": 0.9}], **numbers,
    )  # fmt: skip
    pairs = {
        "trained": found["trained"][10, 0], "wounded": found["wounded"][10, 0], "absent": found["absent"][10, 0],
        "students": found["trainees"][10].sum(axis=0), "dead": found["killed"][:, 0].sum(axis=0),
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
