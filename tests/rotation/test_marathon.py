"""A force-generation study as MARATHON has it, written natively, against an enumeration of all first phases.

Active and reserve units with windows and most days on the ground, a hand-over that is always served, tours under way on
day 0, and more asked for than there is: one group a kind, one policy a group.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forcesim import rotation
from tests.support.laws import assert_law, assert_mean, assert_variance

DAYS = 1_500
KINDS: dict[str, dict[str, int]] = {
    "active": {"home": 365, "lead": 0, "bog": 270, "overlap": 45, "cycle": 1_095, "until": 1_000},
    "reserve": {"home": 1_095, "lead": 95, "bog": 270, "overlap": 45, "cycle": 1_825, "until": 1_500},
}  # fmt: skip


def written(start: str, counts: dict[str, int]) -> dict[str, Any]:
    """Return the study."""
    policies = {
        kind: {
            "available_from": one["home"], "available_until": one["until"], "cycle": one["cycle"], "tour": one["bog"],
            "overlap": one["overlap"], "overlap_always": True, "mobilisation": one["lead"],
        }
        for kind, one in KINDS.items()
    }  # fmt: skip
    units = [
        {"name": kind, "type": "bct", "component": kind, "count": count, "policy": kind, "start": start}
        for kind, count in counts.items()
    ]
    return {
        "days": DAYS, "policies": policies, "units": units,
        "demands": [{"name": "d", "type": "bct", "quantity": sum(counts.values())}],
        "sourcing": {"order": ["component", "advanced"]},
    }  # fmt: skip


def life(kind: str) -> int:
    """Return the days from a return to the next where a unit is sent as soon as it may be."""
    return KINDS[kind]["home"] + KINDS[kind]["lead"] + KINDS[kind]["bog"]


def enumerated(kind: str) -> np.ndarray:
    """Return the days that a unit fills a place, for each first phase: day by day, on purpose."""
    one = KINDS[kind]
    begin = one["home"] + one["lead"]
    end = begin + one["bog"] - one["overlap"]
    phases = (np.arange(life(kind))[:, None] + np.arange(DAYS)[None, :]) % life(kind)
    return ((phases >= begin) & (phases < end)).sum(axis=1)


def filled(result: rotation.RotationResult, kind: str) -> np.ndarray:
    """Return the days that each unit of a kind filled a place, over the replications."""
    group = list(KINDS).index(kind)
    names = [member.index for member in result.layout.members if member.group == group]
    found = []
    for table in result.spells.values():
        rows = table[(table[:, 2] == 7) & (table[:, 1] == group)]
        days = np.bincount(rows[:, 0], weights=rows[:, 4] - rows[:, 3], minlength=max(names) + 1)
        found.append(days[names])
    return np.concatenate(found)


@pytest.mark.parametrize("kind", KINDS)
def test_every_first_phase_has_the_fill_that_was_counted(kind: str) -> None:
    """As many units as a life has days, evenly staggered: all first phases, one each, to the day."""
    counts = {name: life(name) if name == kind else 0 for name in KINDS}
    result = rotation.simulate(written("staggered", counts), replications=1)
    assert sorted(filled(result, kind)) == sorted(enumerated(kind))


@pytest.mark.parametrize("start", ["uniform", "stationary"])
def test_a_drawn_first_phase_has_their_mean_spread_and_law(start: str) -> None:
    """40 units of each kind, 15 replications: n = 600 units a kind."""
    result = rotation.simulate(written(start, {"active": 40, "reserve": 40}), replications=15, keep=15, seed=8)
    for kind in KINDS:
        found, law = filled(result, kind), np.sort(enumerated(kind))
        assert_mean(found, law.mean(), f"{start} {kind}", comparisons=6)
        assert_variance(found, law.var(), f"{start} {kind}", comparisons=6)
        assert_law(
            found, lambda at, law=law: np.searchsorted(law, at, side="right") / len(law), kind, discrete=True, comparisons=6
        )  # fmt: skip
    with pytest.raises(AssertionError):
        assert_mean(filled(result, "active"), enumerated("active").mean() * 270 / 225, "twin: no hand-over served")


def test_a_hand_over_to_nobody_is_served_and_the_place_is_empty() -> None:
    counts = {"active": 1, "reserve": 0}
    data = written("rested", counts)
    result = rotation.simulate(data, replications=1)
    assert result.mean("overlap_days[active]").value == 45 * 2 + 5
    assert result.mean("fill_days[active]").value == 225 * 3 - max(0, 2 * life("active") + 225 - DAYS)
    assert result.mean("breaks[overlap]").value == 0
    data["policies"]["active"]["overlap_always"] = False
    without = rotation.simulate(data, replications=1)
    assert without.mean("overlap_days[active]").value == 0
    data["units"][0]["count"] = 4
    data["demands"][0]["quantity"] = 1
    data["policies"]["active"]["overlap_always"] = True
    relieved = rotation.simulate(data, replications=1)
    assert relieved.mean("unmet[d]").value == 0
