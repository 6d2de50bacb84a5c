"""Recruiting and absence: hand cases and limits."""

from __future__ import annotations

import math

import pytest

from forcesim.processes.absence import press
from forcesim.processes.recruiting import enlist

ENLIST = {
    "phase": 0.0, "pool": 2e6, "mean_loss_rate": 0.06, "accessions": 30_000.0, "pool_at_start": 4e6,
    "losses_at_start": 0.03, "bonus": 4.0, "bonus_cost": 10_000.0, "wage_growth": 0.0, "bonus_elasticity": 0.5,
    "pool_elasticity": 1.0, "loss_effect": 0.3, "peace_share": 0.4, "month": 12.0,
}  # fmt: skip


def test_enlistment_by_hand() -> None:
    assert enlist(**ENLIST) == pytest.approx((2.0 * 0.5 * math.exp(-0.3), 0.9, 4e6, 0.03), rel=1e-12)
    assert enlist(**{**ENLIST, "phase": 1.0}).enlistment == pytest.approx(0.4, rel=1e-12)
    assert enlist(**{**ENLIST, "phase": 3.0}).enlistment == pytest.approx(0.4, rel=1e-12)
    dearer = enlist(**{**ENLIST, "wage_growth": math.log(4.0), "loss_effect": 0.0})
    assert dearer.enlistment == pytest.approx(0.5, rel=1e-12), "wages that grow fourfold in a year undo the bonus"
    assert enlist(**{**ENLIST, "bonus": 0.5}).bonuses == 0.0


def test_the_first_month_is_the_start() -> None:
    first = enlist(**{**ENLIST, "month": 1.0, "pool_at_start": 0.0, "losses_at_start": 0.0, "bonus": 1.0})
    assert first == (1.0, 0.0, 2e6, 0.06)
    assert enlist(**{**ENLIST, "losses_at_start": 0.0}).enlistment == pytest.approx(1.0), "no losses then: no effect"


def test_losses_over_a_rate_do_not_spiral() -> None:
    """Losses of 36,000 against an intake of 34,000 leave nearly all volunteers; a ratio to intake would end it."""
    assert enlist(**{**ENLIST, "mean_loss_rate": 0.03 * 36 / 34}).enlistment > 0.98


PRESS = {
    "phase": 0.0, "theatre": 1e5, "mean_loss_rate": 0.06, "absorbed": 6_000.0, "returns": 2_000.0,
    "months_at_front": 23.0, "front_months_at_start": 5.52, "loss_rate_at_start": 0.03, "relief_rate": 0.0,
    "rest_months": 6.0, "time_elasticity": 0.5, "loss_elasticity": 0.2, "pay_elasticity": 0.3, "pressure_ceiling": 9.0,
    "pay": 1.0, "pay_cost": 24_000.0, "month": 12.0,
}  # fmt: skip


def test_pressure_by_hand() -> None:
    found = press(**PRESS)
    assert found == pytest.approx((2.0 * 2.0**0.2, 24 * 0.92, 5.52, 0.03, 0.0), rel=1e-12)
    assert press(**{**PRESS, "pressure_ceiling": 1.4}).pressure == 1.4
    paid = press(**{**PRESS, "pay": 2.0})
    assert paid.pressure == pytest.approx(found.pressure * 2.0**-0.3, rel=1e-12)
    assert paid.combat_pay == pytest.approx(0.2, rel=1e-12)
    assert press(**{**PRESS, "pay": 0.5}).combat_pay == 0.0


def test_relief_and_peace_shorten_the_time_at_the_front() -> None:
    assert press(**{**PRESS, "relief_rate": 0.12}).months_at_front == pytest.approx(24 * 0.8, rel=1e-12)
    assert press(**{**PRESS, "relief_rate": 5.0}).months_at_front == 0.0
    assert press(**{**PRESS, "phase": 1.0}).months_at_front == pytest.approx(23 * math.exp(-1 / 6), rel=1e-12)
    steady = 12.0
    for _ in range(400):
        steady = press(**{**PRESS, "months_at_front": steady}).months_at_front
    assert steady == pytest.approx(11.5, rel=1e-9)


def test_pressure_begins_at_one() -> None:
    first = press(**{**PRESS, "month": 1.0, "front_months_at_start": 0.0, "loss_rate_at_start": 0.0})
    assert first == (1.0, 23.0, 23.0, 0.06, 0.0)
    assert press(**{**PRESS, "loss_rate_at_start": 0.0}).pressure == pytest.approx(2.0)
