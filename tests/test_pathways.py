"""Pathways: normal walks whose chances are known in each month; when a policy is used up and what a switch restores."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

import forcesim as fs
from forcesim.decide.stretches import stretch_of
from tests.support.toys import toy_scenario

LIMIT, WANTED, LAST = 8.5, 0.8, 12
DRIFT, WEIGHT = "nations.DEU.walk.drift", "nations.DEU.sum.weight"
HALVED = fs.Policy(title="halved", settings=[fs.Setting(lever=WEIGHT, set=0.5)])


def slower(drift: float, **more: Any) -> fs.Policy:
    return fs.Policy(title=f"drift {drift:g}", settings=[fs.Setting(lever=DRIFT, set=drift, **more)])


def found(paths: int = 6_000, **more: Any) -> fs.Pathways:
    asked = {"chance": WANTED, "paths": paths, "threads": 1, **more}
    return fs.pathways(toy_scenario(("DEU",)), ["status-quo", slower(0.5), HALVED], f"total <= {LIMIT}", **asked)


def chance(month: int, rise: float, weight: float = 1.0) -> float:
    """Return the chance that a walk of spread 1 a month that rose so far on average is at the limit at most, weighted."""
    return float(ndtr((LIMIT / weight - rise) / math.sqrt(month)))


@pytest.fixture(scope="module")
def paths() -> fs.Pathways:
    return found()


def test_chances_in_each_month_are_known(paths: fs.Pathways) -> None:
    for name, drift, weight in (("status-quo", 1.0, 1.0), ("drift 0.5", 0.5, 1.0), ("halved", 1.0, 0.5)):
        one = paths.policies[name]
        truth = np.array([chance(month, month * drift, weight) for month in range(1, LAST + 1)])
        assert (np.abs(np.array(one.chances) - truth) < 4 * np.array(one.errors)).all()
    wrong = np.array([chance(month, month * 0.9) for month in range(1, LAST + 1)])
    late = paths.policies["status-quo"]
    assert (np.abs(np.array(late.chances) - wrong) > 4 * np.array(late.errors)).any(), "the negative twin"


def test_a_policy_is_used_up_when_the_chance_is_gone(paths: fs.Pathways) -> None:
    """With drift 1 the chance is 0.846 in month 6 and 0.715 in month 7; with 0.5 it is 0.817 in 11 and 0.765 in 12."""
    known = [chance(month, month) >= WANTED for month in range(1, LAST + 1)]
    first = known.index(False) + 1
    own = paths.policies["status-quo"]
    assert (own.since, own.used_up) == ("2025-02", f"2025-{first + 1:02d}")
    assert own.earliest == own.used_up == own.latest
    other = paths.policies["drift 0.5"]
    last = max(month for month in range(1, LAST + 1) if chance(month, month * 0.5) >= WANTED)
    assert other.used_up == paths.months[last]
    assert paths.policies["halved"].used_up == ""


def test_a_switch_restores_it_later_and_until(paths: fs.Pathways) -> None:
    """From month 7 on six months at drift 1 lie behind: with 0.5 the target stays lost, halved it is back at once."""
    start = paths.months.index(paths.policies["status-quo"].used_up) + 1
    by = {(one.after, one.policy): one for one in paths.transfers}
    assert set(by) == {("status-quo", "drift 0.5"), ("status-quo", "halved"), ("drift 0.5", "halved")}
    assert paths.nothing == (("drift 0.5", "status-quo"),)
    for drift, weight, name in ((0.5, 1.0, "drift 0.5"), (1.0, 0.5, "halved")):
        one = by["status-quo", name]
        months = range(start, LAST + 1)
        truth = [chance(month, start - 1 + (month - start + 1) * drift, weight) for month in months]
        assert (np.abs(np.array(one.chances[start - 1 :]) - truth) < 4 * np.array(one.errors[start - 1 :])).all()
        held = [month for month, value in zip(months, truth, strict=True) if value >= WANTED]
        assert one.start == paths.policies["status-quo"].used_up
        assert one.since == (paths.months[held[0] - 1] if held else "")
        assert one.reaches == bool(held)
    assert by["status-quo", "halved"].used_up == ""
    assert by["status-quo", "drift 0.5"].chances[: start - 1] == paths.policies["status-quo"].chances[: start - 1]


def test_the_same_bits_on_two_threads() -> None:
    assert found(2_500) == found(2_500, threads=2)


def test_dates_of_the_second_are_put_off() -> None:
    """What begins later begins later still, what has ended is over, and what changes nothing is told."""
    over = fs.Policy(title="over", settings=[fs.Setting(lever=DRIFT, set=0.5, start="2025-02", until="2025-03")])
    late = fs.Policy(title="late", settings=[fs.Setting(lever=WEIGHT, set=0.25, start="2025-12")])
    toy = toy_scenario(("DEU",)).without_noise()
    seen = fs.pathways(toy, ["status-quo", over, late], "total <= 6", paths=1)
    assert seen.policies["status-quo"].used_up == "2025-08"
    by = {(one.after, one.policy): one for one in seen.transfers}
    assert ("status-quo", "over") in seen.nothing
    assert (by["status-quo", "late"].start, by["status-quo", "late"].since) == ("2025-08", "2025-12")
    assert {one.after for one in seen.transfers} <= set(seen.policies)


def test_a_stretch_by_hand() -> None:
    labels = tuple(f"m{month}" for month in range(6))
    one = stretch_of("a", np.array([5.0, 9.0, 3.0, 8.0, 2.0]), 10, 0.8, labels, "", 1)
    assert (one.since, one.used_up) == ("m2", "m5")
    later = stretch_of("a", np.array([9.0, 9.0, 3.0, 2.0, 2.0]), 10, 0.8, labels, "b", 3)
    assert (later.since, later.used_up, later.reaches) == ("", "m3", False)


def test_table_and_map(paths: fs.Pathways) -> None:
    frame = paths.to_dataframe()
    assert len(frame) == len(paths.policies) + len(paths.transfers)
    assert "lasts" in repr(paths)
    (axes,) = paths.figure().axes
    assert [label.get_text() for label in axes.get_yticklabels()] == list(paths.policies)
    held = axes.lines[1].get_ydata()
    assert np.isfinite(held).sum() == sum(value >= WANTED for value in paths.policies["status-quo"].chances)


def test_refusals() -> None:
    toy = toy_scenario(("DEU",))
    with pytest.raises(fs.PolicyError, match="at least two"):
        fs.pathways(toy, ["faster"], "total <= 5")
    with pytest.raises(fs.ResultError, match=r"chance: must lie in \(0, 1\)"):
        found(10, chance=1.0)
    with pytest.raises(fs.ResultError, match="at: must be given"):
        fs.pathways(toy, ["status-quo", "faster"], "total")
    twice = [fs.Setting(lever=DRIFT, set=5.0, start="2025-02"), fs.Setting(lever=DRIFT, scale=2.0, start="2025-03")]
    with pytest.raises(fs.PolicyError, match="must not build on an earlier setting of its own if it is put off"):
        fs.pathways(toy, ["status-quo", fs.Policy(title="twice", settings=twice)], "total <= 8", paths=200)
