"""A mission that grows and shrinks, and nations that take part by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import forcesim as fs
from forcesim import rotation
from forcesim.rotation.demands import parts_of
from forcesim.rotation.run import make_replication
from tests.support.laws import assert_mean, assert_share

DAYS = 400


def force(steps: dict[Any, int], *, units: int = 10, **more: Any) -> dict[str, Any]:
    """Return units that may stay for ever, and one mission of five that changes."""
    return {
        "days": DAYS, "policies": {"p": {"tour": DAYS}},
        "units": [{"name": "u", "type": "t", "count": units, "policy": "p", "nation": "XAA", "start": "rested"}],
        "demands": [{"name": "m", "type": "t", "quantity": 5, "steps": steps, **more}],
    }  # fmt: skip


@pytest.mark.parametrize("begun", [False, True])
def test_what_is_asked_for_follows_the_steps_and_is_there(begun: bool) -> None:
    result = rotation.simulate(force({100: 8, "2026-07-20": 3, "300": 6}, begun=begun), replications=1)
    asked = 5 * 100 + 8 * 100 + 3 * 100 + 6 * 100
    assert result.mean("asked[m]").value == result.mean("filled[m]").value == asked
    assert result.mean("spells[m]").value == 1
    level = result.arrays["series"][0, 0, 0] / 1_000
    np.testing.assert_array_equal(level[[0, 55, 110, 160]], [5, 8, 3, 6])  # every second day is kept
    few = rotation.simulate(force({100: 8, 200: 3, 300: 6}, units=4, begun=begun), replications=1)
    assert few.mean("unmet[m]").value == 1 * 100 + 4 * 100 + 0 + 2 * 100


def test_what_came_last_goes_first_and_a_part_is_whole() -> None:
    """By hand: of five, three stay to the end; a rise of three on day 100 goes on day 200, together with two of five."""
    study = rotation.Rotation.of(force({100: 8, 200: 3, 300: 6}))
    made = make_replication(rotation.replicate.RotationLayout(study), 1, 0)
    assert parts_of(made.board, made.board.kinds[0], 0, DAYS) == [
        (0, 200, 2),
        (0, 400, 3),
        (100, 200, 3),
        (300, 400, 3),
    ]
    assert parts_of(made.board, made.board.kinds[0], 0, 150) == [(0, 150, 5), (100, 150, 3)]


def test_a_mission_may_end_and_begin_anew() -> None:
    result = rotation.simulate(force({50: 0, 150: 2}), replications=1)
    assert result.mean("asked[m]").value == 5 * 50 + 2 * (DAYS - 150)


@pytest.mark.parametrize(
    ("steps", "more", "said"),
    [
        ({10: 8}, {"start": 50}, r"steps\.10: must lie after the demand's first day, 50, got 10"),
        ({900: 1}, {}, r"steps\.900: must lie within the 400 days"),
        ({50: 1, "2026-02-20": 2}, {}, r"steps\.50: must be the only one of its day, got 50"),
        ({50: 8}, {"package": True}, "must have no steps if it has a rate_per_year or phases, or is a package"),
    ],
)
def test_steps_that_make_no_sense_are_refused(steps: dict[Any, int], more: dict[str, Any], said: str) -> None:
    with pytest.raises(fs.ScenarioError, match=said):
        rotation.Rotation.of(force(steps, **more))


def test_a_nation_takes_part_with_its_chance_and_for_all_of_a_future() -> None:
    """400 futures: all of five places are filled on 40 % of them, and none on the others."""
    data = force({}) | {"caveats": [{"nation": "XAA", "demand": "m", "chance": 0.4}]}
    assert not rotation.simulate(data, replications=1).layout.certain
    filled = rotation.simulate(data, replications=400, seed=3).outcomes["filled"].series[:, 0]
    assert set(np.unique(filled)) == {0.0, 5.0 * DAYS}
    assert_share(int((filled > 0).sum()), 400, 0.4, "futures in which it takes part")
    with pytest.raises(AssertionError):
        assert_mean(filled / (5 * DAYS), 0.6, "twin: another chance")
    other = rotation.simulate(data | {"days": 200}, replications=400, seed=3).outcomes["filled"].series[:, 0]
    np.testing.assert_array_equal(other > 0, filled > 0)
