"""How long something lasts: counts as by hand, the law of a constant hazard with spells cut short, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import forcesim as fs
from forcesim.result.passage import Survival
from tests.support.toys import toy_scenario

HAZARD, SPELLS, LONGEST = 0.04, 40_000, 61


@pytest.fixture(scope="module")
def kept() -> fs.Result:
    return fs.simulate(toy_scenario(), "faster", paths=600, seed=3, keep="paths")


@pytest.mark.parametrize("begun_by", [None, "2025-06"])
def test_spells_are_counted_as_by_hand(kept: fs.Result, begun_by: str | None) -> None:
    event = "level[FRA] < level[DEU]"
    true, last = (
        kept.history(event) > 0,
        kept.timeline.last if begun_by is None else kept.timeline.asked("by", begun_by),
    )
    ended, watched, left = np.zeros(kept.timeline.months, int), np.zeros(kept.timeline.months, int), 0
    for path in true.T:
        begun = next((month for month in range(last + 1) if path[month]), None)
        if begun is None:
            left += 1
            continue
        for month in range(begun, kept.timeline.months):
            watched[month - begun] += 1
            if not path[month]:
                ended[month - begun] += 1
                break
    found = kept.survival(event, begun_by=begun_by)
    assert found.ended.tolist() == ended.tolist()
    assert found.watched.tolist() == watched.tolist()
    assert found.left_out == left
    assert ended.sum() > 50
    assert left > 0


def spells() -> tuple[Survival, np.ndarray, np.ndarray]:
    """Return spells of a constant hazard, watched for a time drawn evenly from 1 to 60 months."""
    rng = np.random.default_rng(5)
    length, cut = rng.geometric(HAZARD, SPELLS), rng.integers(1, LONGEST, SPELLS)
    ends, seen = length <= cut, np.minimum(length, cut)
    ended = np.bincount(seen[ends], minlength=LONGEST)
    watched = np.cumsum(np.bincount(seen, minlength=LONGEST)[::-1])[::-1]
    return Survival("calm", ended, watched, 0), seen, ends


def test_a_constant_hazard_is_found_though_most_spells_are_cut_short() -> None:
    found, seen, ends = spells()
    for months in (6, 12, 24, 48):
        chance, truth = found.chance(months), (1.0 - HAZARD) ** months
        assert abs(chance.value - truth) < 4 * chance.error
        assert chance.low < chance.value < chance.high
        assert chance.high - chance.low == pytest.approx(2 * 1.96 * chance.error, rel=0.05)
    naive = 1.0 - np.mean(ends & (seen <= 24))
    assert abs(naive - (1.0 - HAZARD) ** 24) > 4 * found.chance(24).error, (
        "the negative twin: cut spells counted as held"
    )


def test_the_error_is_that_of_other_spells() -> None:
    rng, found = np.random.default_rng(6), []
    for _ in range(400):
        length, cut = rng.geometric(HAZARD, 500), rng.integers(1, LONGEST, 500)
        seen = np.minimum(length, cut)
        ended = np.bincount(seen[length <= cut], minlength=LONGEST)
        watched = np.cumsum(np.bincount(seen, minlength=LONGEST)[::-1])[::-1]
        found.append(Survival("calm", ended, watched, 0).chance(24))
    spread, claimed = np.std([one.value for one in found]), np.mean([one.error for one in found])
    assert abs(spread / claimed - 1.0) < 4 / np.sqrt(2 * 400)
    inside = np.mean([one.low <= (1.0 - HAZARD) ** 24 <= one.high for one in found])
    assert abs(inside - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 400)


def test_edges_and_refusals(kept: fs.Result) -> None:
    for_ever = Survival("calm", np.array([0, 0, 0]), np.array([5, 5, 0]), 0)
    assert (for_ever.chance(1).value, for_ever.chance(1).n) == (1.0, 5)
    assert for_ever.chance(1).low < 1.0
    assert np.isnan(for_ever.chance(2).value)
    assert "5 spells, 0 of them" in str(for_ever.chance(2))
    assert "how long calm lasts (5 spells" in repr(for_ever)
    with pytest.raises(fs.ResultError, match=r"expression: must come true by 2025-03, got level\[FRA\] > 1000"):
        kept.survival("level[FRA] > 1000", begun_by="2025-03")
    with pytest.raises(fs.ResultError, match="months: must be <= 2, got 3"):
        for_ever.chance(3)
