"""Balance: the founding figures, quality by hand, neutral where nothing is known, bounds, what moves the ratio."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forcesim.processes.balance import (
    Balance,
    Common,
    Parameters,
    deliver,
    factor_law,
    front,
    parts,
    quality,
    reach_law,
    verdict,
)
from forcesim.processes.phases import CEASEFIRE, DEFEAT, LOCAL_ATTACK, WAR
from tests.support.alone import run_alone, without_compiler
from tests.support.each_path import assert_each_path_has_its_own

SIDES = {"RUS": Parameters(side="aggressor", reference_equipment=100_000), "UKR": Parameters(side="defender")}
SOLDIERS = np.array([[1_500_000.0], [1_000_000.0]])
BY_NATION = ("quality", "equipment_quality", "training_quality", "side")
STOCKS = {"strength": SOLDIERS, "trained": 0.9 * SOLDIERS, "equipment": np.array([[150.0], [65.0]])}


def weigh(nations=SIDES, *, months: int = 1, reads=None, **numbers) -> dict[str, np.ndarray]:
    """Weigh armies; world series as (month, path), quality as (month, nation, path)."""
    own = {k: numbers.pop(k) for k in ("paths", "per_path") if k in numbers}
    found = run_alone(Balance(), nations, Common(**numbers), reads={**STOCKS, **(reads or {})}, months=months, **own)
    return {name: series[:, :, 0] if name in BY_NATION else series[:, 0, 0] for name, series in found.items()}


@pytest.mark.parametrize(("contingent", "gap"), [(0, 500_000), (100_000, 400_000), (150_000, 350_000)])
def test_the_founding_figures_are_exact(contingent: float, gap: float) -> None:
    found = weigh(reads={"contingent": contingent})
    assert list(found["gap"][:, 0]) == [gap, gap]
    assert list(found["closed"][:, 0]) == [0, 0]


def test_the_ratio_by_hand() -> None:
    found = weigh(reads={"contingent": 100_000.0}, contingent_quality=1.5)
    np.testing.assert_allclose(found["quality"][1, :, 0], 1.0)
    assert found["ratio"][1, 0] == pytest.approx((1_000_000 + 150_000) / 1_500_000)


@pytest.mark.parametrize(
    ("contingent", "expected"),
    [
        # gap, ratio, closed, months closed; 300 soldiers are missing, 4 months were closed before
        (100.0, (200.0, 1.2, 0.0, 0.0)),
        (300.0, (0.0, 1.6, 1.0, 5.0)),
        (400.0, (-100.0, 1.8, 1.0, 5.0)),
    ],
)
def test_a_verdict_by_hand(contingent: float, expected: tuple[float, ...]) -> None:
    numbers = {"own_weights": 800.0, "lead_of_all": 300.0, "contingent_quality": 1.6, "months_closed": 4.0}
    apart = verdict(other_weights=800.0, contingent=contingent, phase=0.0, fights=0.0, **numbers)
    assert apart == (300.0, 1.0, 0.0, 0.0)  # it does not fight: at war nobody counts it
    numbers |= {"phase": 0.0, "fights": 1.0} if contingent > 300.0 else {"phase": 1.0, "fights": 0.0}
    found = verdict(other_weights=800.0, contingent=contingent, **numbers)
    assert found == pytest.approx(expected, rel=1e-12)
    alone = verdict(other_weights=0.25, contingent=contingent, **numbers)
    assert alone.ratio == pytest.approx(800.0 + 1.6 * contingent, rel=1e-12)  # fewer than one soldier count as one


def test_quality_by_hand() -> None:
    quarter = weigh(reads={"equipment": STOCKS["equipment"] / 4}, equipment_elasticity=0.5)
    np.testing.assert_allclose(quarter["quality"][1, :, 0], 0.5)
    half = weigh(reads={"trained": 0.45 * SOLDIERS}, training_elasticity=0.6)
    np.testing.assert_allclose(half["quality"][1, :, 0], 0.5**0.6)
    assert half["ratio"][1, 0] == pytest.approx(2 / 3)


def test_what_nobody_writes_is_neutral() -> None:
    for name in ("equipment", "trained"):
        found = weigh(reads={name: -1.0})
        np.testing.assert_allclose(found["quality"], 1.0)
    assert weigh(reads={"equipment": 0.0})["quality"].max() == 0.4  # none at all is not unknown
    assert weigh(reads={"strength": 0.0})["quality"].min() == 1.0


def test_months_closed_count_from_the_month_of_closing_and_start_again() -> None:
    def strength(month: int) -> np.ndarray:
        return np.array([[1e6], [2e6 if month in (3, 4, 5, 8) else 9e5]])

    found = weigh(months=9, reads={"strength": strength})
    assert list(found["closed"][:, 0]) == [0, 0, 0, 1, 1, 1, 0, 0, 1, 0]
    assert list(found["months_closed"][:, 0]) == [0, 0, 0, 1, 2, 3, 0, 0, 1, 0]
    equal = weigh(reads={"strength": np.array([[1e6], [1e6]])})
    assert list(equal["closed"][:, 0]) == [1, 1]  # no gap is a closed one
    assert list(equal["months_closed"][:, 0]) == [1, 2]


def test_armies_on_no_side_have_a_quality_and_do_not_count() -> None:
    three = {**SIDES, "ZZZ": Parameters()}
    reads = {name: np.vstack([rows, rows[:1]]) for name, rows in STOCKS.items()}
    with_it, without = weigh(three, reads=reads), weigh()
    for name in ("gap", "ratio"):
        np.testing.assert_array_equal(with_it[name], without[name])
    assert with_it["quality"][1, 2, 0] > 0
    allied = weigh({**SIDES, "ZZZ": Parameters(side="defender")}, reads=reads)
    assert allied["gap"][1, 0] == without["gap"][1, 0] - 1_500_000


@given(
    strength=st.tuples(*[st.integers(0, 5_000_000)] * 2),
    trained=st.tuples(*[st.floats(0, 1)] * 2),
    equipment=st.tuples(*[st.floats(0, 1_000)] * 2),
    contingent=st.integers(0, 300_000),
)
def test_everything_stays_finite_and_within_bounds(strength, trained, equipment, contingent) -> None:
    column = np.array(strength, dtype=float)[:, None]
    reads = {
        "strength": column,
        "trained": column * np.array(trained)[:, None],
        "equipment": np.array(equipment)[:, None],
        "contingent": float(contingent),
    }
    found = weigh(reads=reads)
    assert all(np.isfinite(series).all() for series in found.values())
    assert found["gap"][1, 0] == strength[0] - strength[1] - contingent
    assert found["quality"].min() >= 0.4
    assert found["quality"].max() <= 1.8
    assert found["ratio"].min() >= 0


@given(amount=st.floats(1e3, 1e12), more=st.floats(1.0, 10.0), elasticity=st.floats(0, 2))
def test_quality_rises_with_equipment_and_keeps_its_scale(amount: float, more: float, elasticity: float) -> None:
    one, other = (factor_law(x, 1e6, 65_000.0, elasticity) for x in (amount, amount * more))
    assert other >= one
    assert factor_law(2 * amount, 2e6, 65_000.0, elasticity) == pytest.approx(
        one, abs=1e-12
    )  # twice of all is the same
    assert factor_law(0.0, 1e6, 65_000.0, elasticity) == pytest.approx(elasticity * math.log(1e-9))
    both = parts(
        strength=1e6, trained=5e5, equipment=amount / 1e9, reference_equipment=65_000.0, reference_trained=1.0,
        equipment_elasticity=elasticity, training_elasticity=0.5,
    )  # fmt: skip
    assert both == (pytest.approx(math.exp(one)), pytest.approx(math.sqrt(0.5)))
    found = quality(*both, least_quality=0.01, most_quality=10.0)
    assert found == pytest.approx(min(10.0, max(0.01, math.sqrt(0.5) * math.exp(one))))


FRONT = {
    "own_fronts": 300_000.0, "other_fronts": 600_000.0, "contingent": 50_000.0, "contingent_quality": 1.2,
    "deployable_total": 450_000.0, "phase": CEASEFIRE, "fights": 0.0, "within_30": 0.1, "within_90": 0.4,
    "first_month_weight": 0.5, "credibility": 0.0,
}  # fmt: skip


def test_the_front_ratio_by_hand() -> None:
    """Not believed, promises add nothing; believed by half, half of 50,000 there and 100,000 who come."""
    alone, backed = 0.5, (300_000 + 1.2 * 150_000) / 600_000
    assert front(**FRONT) == (alone, alone, pytest.approx(backed))
    assert front(**{**FRONT, "other_fronts": 3.0}) == (10.0, 10.0, 10.0)  # an attacker without force in reach
    assert front(**{**FRONT, "credibility": 0.5})[0] == pytest.approx((alone + backed) / 2)
    assert front(**{**FRONT, "first_month_weight": 1.0})[2] == pytest.approx((300_000 + 1.2 * 90_000) / 600_000)
    fought = front(**{**FRONT, "fights": 1.0})
    assert fought[1:] == (pytest.approx((300_000 + 60_000) / 600_000), pytest.approx(backed))
    for phase in (WAR, LOCAL_ATTACK):  # the promise was not kept: who does not fight does not count
        assert front(**{**FRONT, "phase": phase, "credibility": 1.0}) == (alone, alone, alone)
        assert front(**{**FRONT, "phase": phase, "fights": 1.0, "credibility": 1.0})[0] == pytest.approx(backed)


def test_who_can_reach_the_front_by_hand() -> None:
    assert reach_law(strength=1e6, trained=9e5, theatre=5e5, rear_share=0.25) == 6e5
    assert reach_law(strength=1e6, trained=9e5, theatre=-1.0, rear_share=0.25) == 9e5  # no theatre: all are in it
    assert reach_law(strength=1e6, trained=-1.0, theatre=-1.0, rear_share=0.25) == 1e6
    assert reach_law(strength=1e6, trained=4e5, theatre=5e5, rear_share=0.25) == 5e5
    found = weigh(reads={"theatre": np.array([[6e5], [3e5]])}, months=1)
    alone = (3e5 + 0.3 * 6e5) / (6e5 + 0.3 * 7.5e5)
    assert found["front_ratio"][1, 0] == pytest.approx(alone)
    assert found["ratio"][1, 0] == pytest.approx(2 / 3)  # the ratio of armies does not move


@pytest.mark.parametrize(("phase", "counted"), [(WAR, 0), (LOCAL_ATTACK, 0), (CEASEFIRE, 1), (DEFEAT, 1)])
def test_foreign_troops_count_in_a_war_only_if_they_fight(phase: float, counted: int) -> None:
    for fights, n in ((0.0, counted), (1.0, 1)):
        found = verdict(
            own_weights=1e6, other_weights=1.5e6, lead_of_all=5e5, contingent=1e5, contingent_quality=1.5, phase=phase,
            fights=fights, months_closed=0.0,
        )  # fmt: skip
        assert found[:2] == (5e5 - n * 1e5, pytest.approx((1e6 + n * 1.5e5) / 1.5e6))


def test_the_side_is_a_series() -> None:
    three = {**SIDES, "ZZZ": Parameters()}
    reads = {name: np.vstack([rows, rows[:1]]) for name, rows in STOCKS.items()}
    np.testing.assert_array_equal(weigh(three, reads=reads, months=2)["side"][:, :, 0], [[1, 0, -1]] * 3)


def test_deliveries_are_aid_against_the_first_year() -> None:
    """Aid that doubles after a year is followed as the formula has it: 2 - (11/12)^k after k months."""
    aid = {"aid_received": lambda month: np.array([[0.0], [4.0 if month > 12 else 2.0]])}
    found = weigh(reads=aid, months=24)["deliveries"][:, 0]
    np.testing.assert_array_equal(found[:13], 1.0)
    np.testing.assert_allclose(found[13:], [2 - (11 / 12) ** k for k in range(1, 13)])
    assert (weigh(months=24)["deliveries"] == 1).all()  # none ever came
    assert deliver(deliveries=1.5, aid_at_first=2.0, aid_of_all=0.0, month=30.0)[0] == pytest.approx(1.5 * 11 / 12)


def test_a_stronger_defender_and_a_larger_contingent_raise_the_ratio() -> None:
    base = weigh()["ratio"][1, 0]
    assert weigh(reads={"contingent": 50_000.0})["ratio"][1, 0] > base
    assert weigh(reads={"equipment": np.array([[150.0], [80.0]])})["ratio"][1, 0] > base
    assert weigh(reads={"trained": np.array([[1.35e6], [9.5e5]])})["ratio"][1, 0] > base
    assert weigh(reads={"equipment": np.array([[200.0], [65.0]])})["ratio"][1, 0] < base
    with pytest.raises(AssertionError):  # negative twin: soldiers on no side
        assert weigh({**SIDES, "UKR": Parameters()}, reads={"strength": 2 * SOLDIERS})["ratio"][1, 0] > base


def test_every_number_acts_on_its_own_path() -> None:
    nation = {"AAA": Parameters(side="aggressor")}
    for part, bound in ((1.0, None), (0.01, "least_quality"), (100.0, "most_quality")):
        reads = {"strength": 1e6, "trained": 8e5, "theatre": 3e5, "equipment": 60.0 * part, "contingent": 1e4}
        reads |= {"phase": CEASEFIRE, "credibility": 0.5, "deployable_total": 1e5}
        own = (
            {"least_quality", "most_quality"}
            if bound is None
            else {*Common.model_fields, *Parameters.model_fields} - {bound}
        )
        assert_each_path_has_its_own(Balance(), nation, Common(), months=2, reads=reads, idle=tuple(own))


def test_compiled_and_plain_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    reads = {
        "strength": rng.integers(1, 2_000_000, (2, 50)).astype(float),
        "trained": rng.uniform(0, 1e6, (2, 50)),
        "equipment": rng.uniform(-1, 200, (2, 50)),
        "contingent": rng.integers(0, 150_000, 50).astype(float),
    }
    compiled = weigh(paths=50, reads=reads)
    without_compiler(monkeypatch)
    plain = weigh(paths=50, reads=reads)
    for name, series in compiled.items():
        np.testing.assert_array_equal(series, plain[name], err_msg=name)
