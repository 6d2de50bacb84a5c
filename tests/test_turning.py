"""The value at which an answer turns: exact lines, the closed form of a promise against troops, and refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

import forcesim as fs
from forcesim.decide.turning import _turn
from forcesim.processes.deterrence import promise_needed
from forcesim.result import Estimate


def estimate(value: float, error: float = 0.1) -> Estimate:
    return Estimate(value, error, value - error, value + error, 100)


def test_a_turn_lies_on_the_line_between_two_values() -> None:
    at, names = np.array([0.0, 1.0, 2.0]), ("a", "b")
    found = _turn(at, [estimate(-3.0), estimate(-1.0, 0.2), estimate(3.0)], names)
    assert (found.value, found.error) == (pytest.approx(1.25), pytest.approx(0.2 / 4))
    assert found.low == pytest.approx(1.25 - 1.959964 * 0.05, abs=1e-6)
    twice = _turn(at, [estimate(-1.0), estimate(1.0), estimate(-1.0)], names)
    assert (twice.value, twice.note) == (0.5, "the first of 2 turns")
    assert _turn(at, [estimate(-1.0), estimate(0.0), estimate(1.0)], names).value == 1.0
    never = _turn(at, [estimate(1.0), estimate(1.0), estimate(0.0)], names)
    assert math.isnan(never.value)
    assert never.note == "'b' is ahead of 'a' or level throughout"
    assert _turn(at, [estimate(-1.0)] * 3, names).note == "'a' is ahead of 'b' or level throughout"


TROOPS, HONOURED = 0.5, 0.06


def frozen(**values: float) -> fs.Scenario:
    """Return a ceasefire in a world of its own: membership at once, or 100,000 troops that are there."""
    conflict = {
        "start_phase": "ceasefire", "ceasefire_base": 0, "local_share": 0, "breaking_share": 1, "breach_base": 0.02,
        "ratification_months": 0, "honoured_ratio": HONOURED, "presence_ratio": TROOPS, "presence_reading": 0,
        "success_slope": 0, "incident_base": 0, "troop_trust": 0, **values,
    }  # fmt: skip
    return fs.Scenario.of(
        {
            "name": "frozen", "start": "2025-01", "horizon": "2030-02", "conflict": conflict,
            "contingent": {"withdrawal_hazard": 0},
            "nations": {"FRA": {"contingent": {"land_force": 1e6, "willingness": 0}}},
            "policies": {
                "troops": {"title": "troops", "settings": [{"lever": "nations.FRA.contingent.deployed", "set": 100_000}]},
                "membership": {"title": "membership", "settings": [{"lever": "conflict.guarantee", "set": "nato-membership"}]},
            },
        }
    )  # fmt: skip


def test_the_model_turns_where_the_closed_form_says() -> None:
    """Membership beats 100,000 troops above (1 - T) / (1 - H); a wrong closed form is refused."""
    asked = ("conflict.membership_promise", ["troops", "membership"], "breaches > 0")
    found = fs.turning_value(frozen(), *asked, by="2030-01", low=0.2, high=0.9, paths=20_000, progress=False)
    expected = promise_needed(TROOPS, HONOURED)
    assert abs(found.value - expected) < 4 * found.error
    assert found.error < 0.02
    assert abs(found.value - (1 - TROOPS) / (1 - 3 * HONOURED)) > 4 * found.error  # the twin: another honoured ratio
    late = frozen(ratification_months=24)
    later = fs.turning_value(late, *asked, by="2030-01", low=0.2, high=1.0, paths=4_000, progress=False)
    assert math.isnan(later.value) or later.value > found.value + 4 * found.error  # who waits must promise more


def test_what_cannot_be_asked_is_refused() -> None:
    scenario = frozen()
    with pytest.raises(fs.ResultError, match="low: must be below high"):
        fs.turning_value(scenario, "conflict.breach_base", ["troops", "membership"], "phase", at=2, low=1, high=1)
    with pytest.raises(fs.PolicyError, match="policies: must be two, got 1"):
        fs.turning_value(scenario, "conflict.breach_base", ["troops"], "phase", at=2)
