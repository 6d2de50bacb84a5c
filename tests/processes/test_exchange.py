"""Exchange: hand cases, the identities of the law, and both armies in one run."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forcesim.processes.exchange import Common, Exchange, Parameters, exchange, face, weigh
from tests.support.alone import run_alone

SIDES = np.array([[0.0], [1.0]])
ZERO = {"mass_exponent": 0, "fires_elasticity": 0, "quality_exponent": 0}


def attrition(later: dict[str, list[float]], **numbers: float) -> list[float]:
    """Return both sides' attrition in month 2, after equal forces of 500,000 in month 1."""
    start = {"theatre": [5e5, 5e5], "fires": [1.0, 1.0], "quality": [1.0, 1.0]}

    def given_in(name: str):
        return lambda month: np.array(start[name] if month < 2 else later.get(name, start[name]))[:, None]

    found = run_alone(
        Exchange(), {"UKR": Parameters(), "RUS": Parameters()}, Common(**numbers), months=2,
        reads={"side": SIDES, **{name: given_in(name) for name in start}},
    )["attrition"]  # fmt: skip
    assert (found[1] == 1.0).all(), "the hazard of month 1 is that of the start"
    return found[2, :, 0, 0].tolist()


def test_mass_by_hand() -> None:
    ours, theirs = attrition({"theatre": [5e5, 2e6]}, **{**ZERO, "mass_exponent": 0.5})
    assert (ours, theirs) == pytest.approx((2.0, 0.5), rel=1e-12)


def test_fires_by_hand() -> None:
    """Half of the enemy's fires, half of the losses without fires, phi = 1; none at all leaves w^phi."""
    for left, expected in ((0.5, 0.75), (0.0, 0.5)):
        ours, theirs = attrition({"fires": [1.0, left]}, **{**ZERO, "fires_elasticity": 0.5, "other_share": 0.5})
        assert (ours, theirs) == pytest.approx((expected, 1.0), rel=1e-12)


def test_quality_by_hand() -> None:
    ours, theirs = attrition({"quality": [0.5, 1.0]}, **{**ZERO, "quality_exponent": 0.5})
    assert (ours, theirs) == pytest.approx((math.sqrt(2.0), math.sqrt(0.5)), rel=1e-12)


@given(st.tuples(*[st.floats(0.0, 4.0)] * 6))
def test_without_exponents_the_hazard_is_constant(world: tuple[float, ...]) -> None:
    later = {"theatre": [1e6 * world[0], 1e6 * world[1]], "fires": list(world[2:4]), "quality": list(world[4:])}
    assert attrition(later, **ZERO) == [1.0, 1.0]


@given(more=st.floats(1.001, 4.0), p=st.floats(0.01, 0.99))
def test_more_soldiers_raise_the_enemys_losses_and_lower_the_own_risk(more: float, p: float) -> None:
    """Own losses in all rise all the same, with the power 1 - p: fewer would be wrong."""
    ours, theirs = attrition({"theatre": [5e5 * more, 5e5]}, **{**ZERO, "mass_exponent": p})
    assert ours < 1.0 < theirs
    assert more * ours == pytest.approx(more ** (1.0 - p), rel=1e-9)


def test_a_side_is_the_sum_of_its_armies_weighed_by_their_soldiers() -> None:
    one = weigh(side=0.0, theatre=100.0, fires=0.5, quality=2.0)
    assert one == (100.0, 0.0, 50.0, 0.0, 200.0, 0.0)
    assert weigh(side=1.0, theatre=100.0, fires=0.5, quality=2.0) == (0.0, 100.0, 0.0, 50.0, 0.0, 200.0)
    assert weigh(side=-1.0, theatre=100.0, fires=0.5, quality=2.0) == (0.0,) * 6
    sums = {
        "defenders": 200.0, "attackers": 400.0, "defenders_fires": 100.0, "attackers_fires": 300.0,
        "defenders_quality": 100.0, "attackers_quality": 600.0,
    }  # fmt: skip
    assert face(side=0.0, **sums) == pytest.approx((math.log(2.0), 0.75, math.log(3.0), 1.0))
    assert face(side=1.0, **sums) == pytest.approx((-math.log(2.0), 0.5, -math.log(3.0), 1.0))
    assert face(side=-1.0, **sums).opposed == 0.0
    assert face(side=0.0, **{**sums, "attackers": 0.0}).opposed == 0.0


def test_an_army_that_nobody_opposes_loses_as_at_its_start() -> None:
    numbers = {
        "force_ratio": 2.0, "fires_of_other": 0.3, "quality_ratio": 1.0, "force_at_start": 0.0, "fires_at_start": 1.0,
        "quality_at_start": 0.0, "mass_exponent": 0.5, "fires_elasticity": 0.1, "other_share": 0.5,
        "quality_exponent": 0.5, "month": 5.0,
    }  # fmt: skip
    assert exchange(opposed=0.0, **numbers).attrition == 1.0
    powers = 0.5 * 2.0 + 0.5 * 1.0 + 0.2 * math.log(0.65)
    assert exchange(opposed=1.0, **numbers) == pytest.approx((math.exp(powers), 0.0, 1.0, 0.0), rel=1e-12)
    assert exchange(opposed=1.0, **{**numbers, "fires_at_start": 0.0}).attrition == pytest.approx(math.exp(1.5))


def test_where_thirty_per_cent_more_shells_equal_ten_per_cent_more_troops() -> None:
    """The value at which the answer turns: a local elasticity of fires of about 0.13, if p is 0.35."""
    elasticity = 0.35 * math.log(1.1) / math.log(1.3)
    assert elasticity == pytest.approx(0.127, abs=1e-3)
    troops = attrition({"theatre": [5.5e5, 5e5]}, **{**ZERO, "mass_exponent": 0.35})[1]
    for nearby, sign in ((0.8 * elasticity, -1), (1.3 * elasticity, 1)):
        shells = attrition({"fires": [1.3, 1.0]}, **{**ZERO, "fires_elasticity": nearby, "other_share": 0.5})[1]
        assert np.sign(shells - troops) == sign
