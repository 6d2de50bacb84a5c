"""Settings and what they make of a number, against a slow and obvious model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from forcesim.policy import Policy, Setting
from forcesim.quantities import Value
from forcesim.scenario.numbers import Course, course_of
from forcesim.timeline import Timeline
from tests.support.strategies import settings

TIMELINE = Timeline("2025-01", "2026-01")


def setting(**given_: Any) -> Setting:
    return Setting.model_validate({"lever": "x", **given_})


def evaluated(course: Course, drawn: dict[str, float]) -> list[float]:
    """Return a course month by month, with its uncertain numbers as drawn."""
    row, sampled = np.empty(1), {name: np.array([value]) for name, value in drawn.items()}
    found = []
    for month in range(TIMELINE.months):
        course.write(row, month, sampled)
        found.append(float(row[0]))
    return found


def of(stack: list[Setting], x: float) -> list[float]:
    """Return a certain number month by month under settings that are certain."""
    return evaluated(course_of(x, stack, TIMELINE, path="x"), {})


def naive(stack: list[Setting], x: list[float], amounts: list[float]) -> list[float]:
    """Apply settings one after another, month by month, to the numbers as they stand."""
    labels = list(TIMELINE.labels)
    level = list(x)
    for one, amount in zip(stack, amounts, strict=True):
        first, last = one.start or labels[0], one.until or labels[-1]
        inside = [m for m, label in enumerate(labels) if first <= label <= last]
        begun = level[inside[0]] if inside else 0.0
        for m in inside:
            if one.way == "set":
                level[m] = amount
            elif one.way == "add":
                level[m] += amount
            elif one.way == "scale":
                level[m] *= amount
            elif one.way == "at_least":
                level[m] = max(level[m], amount)
            else:
                way = min(1.0, (m - inside[0]) / one.over) if one.over else 1.0
                level[m] = begun + way * (amount - begun)
    return level


def names(stack: list[Setting]) -> list[str]:
    """Return the name of each setting's draw; of settings from one date each later one is another draw."""
    found: list[str] = []
    taken: set[str] = set()
    for one in stack:
        name = f"x from {one.start or TIMELINE.start}"
        while name in taken:
            name += ", again"
        found.append(name)
        if uncertain(one):
            taken.add(name)
    return found


def uncertain(one: Setting) -> bool:
    return isinstance(one.given, Value) and one.given.distribution is not None


def amount(one: Setting, part: float) -> float:
    """Return a setting's number: if it is uncertain, one a part of the way through its support."""
    assert isinstance(one.given, Value)
    low, high = one.given.bounds
    return low + part * (high - low) if uncertain(one) else one.given.centre


SPANS = st.tuples(st.floats(0, 1e5), st.floats(1, 1e5)).map(lambda two: {"uniform": [two[0], two[0] + two[1]]})
MORE = st.one_of(
    st.builds(lambda x, first: setting(add=x, **{"from": first}), SPANS, st.sampled_from(TIMELINE.labels)),
    st.builds(
        lambda x, over, first: setting(ramp=x, over=over, **{"from": first}),
        SPANS,
        st.integers(1, 20),
        st.sampled_from(TIMELINE.labels),
    ),
    st.builds(
        lambda x, first, last: setting(at_least=x, **{"from": min(first, last)}, until=max(first, last)),
        st.one_of(SPANS, st.floats(0, 1e6)),
        st.sampled_from(TIMELINE.labels),
        st.sampled_from(TIMELINE.labels),
    ),
)
STACKS = st.lists(st.one_of(settings(["DEU"]).map(Setting.model_validate), MORE), max_size=6)
BOUNDED = STACKS.filter(lambda stack: all(np.isfinite(amount(one, 0.5)) for one in stack))
PARTS = st.lists(st.floats(0, 1), min_size=7, max_size=7)


@given(BOUNDED, st.one_of(st.floats(0, 1e6), SPANS), PARTS)
def test_stacks_are_what_the_obvious_model_makes_of_them(stack: list[Setting], x: Any, parts: list[float]) -> None:
    value = Value.model_validate(x)
    low, high = value.bounds
    own = low + parts[-1] * (high - low)
    amounts = [amount(one, part) for one, part in zip(stack, parts, strict=False)]
    found = course_of(value, stack, TIMELINE, path="x")
    assert found.distributions.keys() <= {"x", *names(stack)}
    drawn = {"x": own, **dict(zip(names(stack), amounts, strict=True))}
    expected = naive(stack, [own] * TIMELINE.months, amounts)
    np.testing.assert_allclose(evaluated(found, drawn), expected, rtol=1e-9, atol=1e-3)


@given(BOUNDED, st.lists(st.floats(0, 1e6), min_size=13, max_size=13), PARTS)
def test_stacks_on_a_schedule(stack: list[Setting], dated: list[float], parts: list[float]) -> None:
    value = Value(schedule=dict(zip(TIMELINE.labels, dated, strict=True)))
    amounts = [amount(one, part) for one, part in zip(stack, parts, strict=False)]
    found = course_of(value, stack, TIMELINE, path="x")
    assert "x" not in found.distributions
    drawn = dict(zip(names(stack), amounts, strict=True))
    np.testing.assert_allclose(evaluated(found, drawn), naive(stack, dated, amounts), rtol=1e-9, atol=1e-3)


@given(BOUNDED, SPANS, st.sampled_from([0.0, 1.0]))
def test_the_bounds_are_reached_where_everything_uncertain_is_at_its_own(
    stack: list[Setting], x: dict[str, list[float]], part: float
) -> None:
    value = Value.model_validate(x)
    found = course_of(value, stack, TIMELINE, path="x")
    drawn = {"x": value.bounds[int(part)]}
    drawn |= dict(zip(names(stack), [amount(one, part) for one in stack], strict=True))
    np.testing.assert_allclose(evaluated(found, drawn), found.bounds[int(part)], rtol=1e-9, atol=1e-3)


@given(BOUNDED, SPANS)
def test_no_factor_is_negative_and_without_a_floor_there_is_one_line(stack: list[Setting], x: Any) -> None:
    found = course_of(Value.model_validate(x), stack, TIMELINE, path="x")
    assert all((factor >= 0.0).all() for line in found.lines for factor in line.factors.values())
    assert np.isfinite(found.lines[0].constant).all()
    assert len(found.lines) <= 1 + sum(one.way == "at_least" for one in stack)
    if found.certain:
        assert len(found.lines) == 1


@given(BOUNDED, SPANS)
def test_a_course_changes_in_the_months_in_which_its_numbers_do(stack: list[Setting], x: Any) -> None:
    value = Value.model_validate(x)
    found = course_of(value, stack, TIMELINE, path="x")
    drawn = {"x": amount(setting(set=x), 0.3)} | dict(zip(names(stack), [amount(o, 0.6) for o in stack], strict=True))
    values = evaluated(found, drawn)
    differ = {month for month in range(1, TIMELINE.months) if values[month] != values[month - 1]}
    assert {0, *differ} <= found.changes


def raised(stack: list[Setting], place: int, more: Setting, x: Any, parts: list[float]) -> tuple[Any, Any]:
    """Return a number month by month without and with one more setting in a place, from the same draws."""
    value = Value.model_validate(x)
    own = {"x": amount(setting(set=x), parts[-1])}
    found = []
    for each in (stack, [*stack[:place], more, *stack[place:]]):
        drawn = own | dict(zip(names(each), [amount(one, 0.4) for one in each], strict=True))
        found.append(np.array(evaluated(course_of(value, each, TIMELINE, path="x"), drawn)))
    return found[0], found[1]


@given(BOUNDED, st.integers(0, 6), SPANS, PARTS, st.floats(0, 1e6), st.sampled_from(TIMELINE.labels))
def test_a_floor_never_lowers_a_number(
    stack: list[Setting], place: int, x: Any, parts: list[float], floor: float, first: str
) -> None:
    low, high = raised(stack, place, setting(at_least=floor, **{"from": first}), x, parts)
    assert (high >= low - 1e-9 * np.abs(low)).all()


def test_another_setting_in_the_place_of_the_floor_can_lower_it() -> None:
    """The twin: the test above could fail."""
    stack = [setting(at_least=9.0), setting(add={"uniform": [0, 1]}, **{"from": "2025-05"})]
    low, high = raised(stack, 1, setting(set=5.0, **{"from": "2025-03"}), {"uniform": [1, 20]}, [0.5] * 7)
    assert (high[2:] < low[2:]).all()


@given(STACKS.map(lambda stack: [one for one in stack if not uncertain(one)]), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_higher_floor_on_top_is_the_greater_of_the_two(stack: list[Setting], x: float, floor: float) -> None:
    alone = np.array(of(stack, x))
    np.testing.assert_array_equal(of([*stack, setting(at_least=floor)], x), np.maximum(alone, floor))


def test_a_floor_that_is_never_felt_changes_nothing_and_one_above_all_is_a_set() -> None:
    value = Value.model_validate({"uniform": [2, 4]})

    def made(*stack: Setting) -> Course:
        return course_of(value, stack, TIMELINE, path="x")

    assert made(setting(at_least=2)).same(made())
    assert made(setting(at_least=5, **{"from": "2025-03"})).same(made(setting(set=5, **{"from": "2025-03"})))
    assert made(setting(at_least=2.5), setting(at_least=3)).same(made(setting(at_least=3)))
    assert made(setting(at_least=3), setting(scale=0)).same(made(setting(set=0)))
    assert not made(setting(at_least=3)).same(made())
    assert not made(setting(at_least=3)).same(made(setting(at_least=3.5)))
    assert not made(setting(at_least=3)).same(made(setting(set=3)))


def test_a_floor_holds_between_its_dates_and_under_what_comes_later() -> None:
    floor = setting(at_least=5, **{"from": "2025-03"}, until="2025-09")
    assert of([floor], 3.0) == [3, 3] + [5] * 7 + [3] * 4
    assert of([floor, setting(add=1, **{"from": "2025-05"})], 3.0) == [3, 3, 5, 5] + [6] * 5 + [4] * 4
    assert of([floor, setting(set=1, **{"from": "2025-05"})], 3.0) == [3, 3, 5, 5] + [1] * 9
    np.testing.assert_allclose(
        of([floor, setting(ramp=0, over=5, **{"from": "2025-05"})], 3.0), [3, 3, 5, 5, 5, 4, 3, 2, 1] + [0] * 4
    )


def test_what_was_goes_on_after_until() -> None:
    assert of([setting(set=9, **{"from": "2025-03"}, until="2025-05")], 1.0) == [1, 1, 9, 9, 9] + [1] * 8


def test_a_ramp_starts_from_what_is_there_then() -> None:
    stack = [setting(set=10), setting(ramp=0, over=5, **{"from": "2025-03"}), setting(set=7, **{"from": "2025-06"})]
    np.testing.assert_allclose(of(stack, 1.0), [10, 10, 10, 8, 6] + [7] * 8)


def test_an_uncertain_setting_brings_its_own_number_in() -> None:
    stack = [
        setting(set={"uniform": [2, 4]}, **{"from": "2025-03"}),
        setting(scale=3),
        setting(add={"uniform": [0, 1]}),
    ]
    found = course_of(1.0, stack, TIMELINE, path="x")
    assert list(found.distributions) == ["x from 2025-03", "x from 2025-01"]
    assert found.distributions["x from 2025-03"].support == (2, 4)
    assert found.lines[0].factors["x from 2025-03"].tolist() == [0, 0] + [3] * 11
    assert evaluated(found, {"x from 2025-03": 3.0, "x from 2025-01": 0.5}) == [3.5, 3.5] + [9.5] * 11
    assert course_of(1.0, [*stack, setting(set=1)], TIMELINE, path="x").certain  # what has no effect is not drawn
    twice = [setting(add={"uniform": [0, 1]}), setting(add={"uniform": [0, 1]})]
    assert len(course_of(1.0, twice, TIMELINE, path="x").distributions) == 2


def test_choices_become_positions() -> None:
    words = ("out", "pledged", "deployed")
    stack = [setting(set="deployed", **{"from": "2025-03"})]
    found = course_of(1.0, stack, TIMELINE, words=words)
    assert evaluated(found, {}) == [1, 1] + [2] * 11


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
        {"scale": -1},
        {"at_least": "1"},
        {"at_least": 1, "set": 2},
        {"at_least": 1, "over": 3},
        {"at_least": {"schedule": {"2025-01": 1}}},
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
