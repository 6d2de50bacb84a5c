"""Settings and what they make of a number, against a slow and obvious model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from forcesim.policy import Policy, Setting, course
from forcesim.timeline import Timeline
from tests.support.strategies import settings

TIMELINE = Timeline("2025-01", "2026-01")


def setting(**given_: Any) -> Setting:
    return Setting.model_validate({"lever": "x", **given_})


def naive(stack: list[Setting], x: list[float]) -> list[float]:
    """Apply settings one after another, month by month, to the numbers as they stand."""
    labels = list(TIMELINE.labels)
    level = list(x)
    for one in stack:
        first, last = one.start or labels[0], one.until or labels[-1]
        inside = [m for m, label in enumerate(labels) if first <= label <= last]
        begun = level[inside[0]] if inside else 0.0
        for m in inside:
            amount = one.given.centre if not isinstance(one.given, str) else 0.0
            if one.way == "set":
                level[m] = amount
            elif one.way == "add":
                level[m] += amount
            elif one.way == "scale":
                level[m] *= amount
            else:
                way = min(1.0, (m - inside[0]) / one.over) if one.over else 1.0
                level[m] = begun + way * (amount - begun)
    return level


STACKS = st.lists(settings(["DEU"]).map(Setting.model_validate), max_size=5)


@given(STACKS, st.floats(0, 1e6))
def test_stacks_are_what_the_obvious_model_makes_of_them(stack: list[Setting], x: float) -> None:
    found = course(stack, TIMELINE, path="x").of(x)
    np.testing.assert_allclose(found, naive(stack, [x] * TIMELINE.months), rtol=1e-9, atol=1e-3)


@given(STACKS, st.lists(st.floats(0, 1e6), min_size=13, max_size=13))
def test_stacks_on_a_schedule(stack: list[Setting], dated: list[float]) -> None:
    found = course(stack, TIMELINE, path="x", dated=np.array(dated))
    assert not found.factor.any()
    np.testing.assert_allclose(found.of(0.0), naive(stack, dated), rtol=1e-9, atol=1e-3)


@given(STACKS)
def test_the_course_is_affine_in_the_number(stack: list[Setting]) -> None:
    found = course(stack, TIMELINE, path="x")
    np.testing.assert_allclose(found.of(3.0) - found.of(1.0), 2.0 * found.factor, rtol=1e-9, atol=1e-6)


def test_what_was_goes_on_after_until() -> None:
    found = course([setting(set=9, **{"from": "2025-03"}, until="2025-05")], TIMELINE).of(1.0)
    assert found.tolist() == [1, 1, 9, 9, 9] + [1] * 8


def test_a_ramp_starts_from_what_is_there_then() -> None:
    stack = [setting(set=10), setting(ramp=0, over=5, **{"from": "2025-03"}), setting(set=7, **{"from": "2025-06"})]
    found = course(stack, TIMELINE).of(1.0)
    np.testing.assert_allclose(found, [10, 10, 10, 8, 6] + [7] * 8)


def test_an_uncertain_setting_brings_its_own_number_in() -> None:
    stack = [
        setting(set={"uniform": [2, 4]}, **{"from": "2025-03"}),
        setting(scale=3),
        setting(add={"uniform": [0, 1]}),
    ]
    found = course(stack, TIMELINE, path="x")
    assert list(found.extra) == ["x from 2025-03", "x from 2025-01"]
    law, factor = found.extra["x from 2025-03"]
    assert law.support == (2, 4)
    assert factor.tolist() == [0, 0] + [3] * 11
    assert found.of(1.0).tolist() == [3.5, 3.5] + [9.5] * 11
    covered = course([*stack, setting(set=1)], TIMELINE, path="x")
    assert covered.extra == {}  # what has no effect is not drawn
    twice = course([setting(add={"uniform": [0, 1]}), setting(add={"uniform": [0, 1]})], TIMELINE, path="x")
    assert len(twice.extra) == 2


def test_choices_become_positions() -> None:
    words = ("out", "pledged", "deployed")
    stack = [setting(set="deployed", **{"from": "2025-03"})]
    assert course(stack, TIMELINE, words).of(1.0).tolist() == [1, 1] + [2] * 11


@given(settings(["DEU"]))
def test_settings_survive_a_round_trip(data: dict[str, Any]) -> None:
    one = Setting.model_validate(data)
    assert Setting.model_validate(one.model_dump(mode="json")) == one
    assert set(one.model_dump()) == set(data)


def test_where_a_settings_number_comes_from() -> None:
    assert setting(set=1, source="FG001").origin == "FG001"
    assert setting(set={"value": 1, "source": "FG002"}).origin == "FG002"
    assert setting(scale=2, assumption="a guess").origin == "assumption: a guess"
    assert setting(set="out").origin == "none given"
    assert setting(set={"uniform": [0, 2]}).settled().given.centre == 1.0


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"set": 1, "add": 2},
        {"ramp": 1},
        {"over": 3, "set": 1},
        {"ramp": 1, "over": 0},
        {"ramp": 1, "over": 2.5},
        {"set": True},
        {"add": "1"},
        {"scale": {"uniform": [0, 1]}},
        {"set": {"schedule": {"2025-01": 1}}},
        {"set": float("nan")},
        {"set": 1, "from": "2025"},
        {"set": 1, "until": "soon"},
        {"set": 1, "form": "2025-01"},
        {"set": [1]},
    ],
    ids=str,
)
def test_what_is_no_setting_is_refused(given_: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        setting(**given_)


def test_a_policy_sets_something_and_nothing_twice() -> None:
    with pytest.raises(ValidationError, match=r"must set at least one lever"):
        Policy(title="empty")
    assert Policy(title="anyway", baseline=True).settings == ()
    with pytest.raises(ValidationError, match=r"must not set x twice from one date"):
        Policy(title="twice", settings=(setting(set=1), setting(add=1)))
    Policy(title="two dates", settings=(setting(set=1), setting(add=1, **{"from": "2025-05"})))
