"""Expressions over outcomes: what they mean, what is refused, and with which words."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forcesim.errors import ExpressionError
from forcesim.expression import Term, parse

WORDS = {
    "gap": Term(),
    "contingent": Term(),
    "contingent_by_nation": Term(("FRA", "GBR")),
    "strength": Term(("RUS", "UKR")),
    "phase": Term((), ("war", "ceasefire")),
    "pledged": Term(),
    "stance": Term(("FRA", "GBR"), ("out", "pledged", "deployed")),
}
VALUES = {
    ("gap", None): np.array([500.0, 0.0, -10.0]),
    ("strength", "UKR"): np.array([1e6, 9e5, 1.2e6]),
    ("strength", "RUS"): np.array([1.5e6, 9e5, 1.1e6]),
    ("phase", None): np.array([0.0, 1.0, 1.0]),
    ("contingent", None): np.array([0.0, 7.0, 9.0]),
    ("contingent_by_nation", "FRA"): np.array([0.0, 5.0, 9.0]),
    ("pledged", None): np.array([3.0, 4.0, 5.0]),
    ("stance", "FRA"): np.array([0.0, 1.0, 2.0]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gap <= 0", [False, True, True]),
        ("strength[RUS] - strength[UKR]", [5e5, 0.0, -1e5]),
        ("strength['UKR'] >= 1_000_000", [True, False, True]),
        ("gap <= 0 and phase == 'ceasefire'", [False, True, True]),
        ("phase == war or gap < 0", [True, False, True]),
        ("phase != 'war'", [False, True, True]),
        ("'war' == phase", [True, False, False]),
        ("phase == 1", [False, True, True]),
        ("not gap <= 0", [True, False, False]),
        ("-100 < gap < 100", [False, True, True]),
        ("1000 > gap > -1 <= 5", [True, True, False]),
        ("min(strength[UKR], strength[RUS]) / 1000", [1000.0, 900.0, 1100.0]),
        ("max(gap, 1, -gap)", [500.0, 1.0, 10.0]),
        ("abs(gap) * 2 + 1", [1001.0, 1.0, 21.0]),
        ("+gap - -1", [501.0, 1.0, -9.0]),
        ("2 + 3 * gap", [1502.0, 2.0, -28.0]),
        ("contingent[FRA] > 1", [False, True, True]),
        ("contingent > 8", [False, False, True]),
        ("stance[FRA] == pledged", [False, True, False]),
        ("pledged >= 4", [False, True, True]),
        ("gap / contingent > 1", [True, False, False]),
        ("contingent / contingent < 2", [False, True, True]),
        ("  gap\t<=  0 ", [False, True, True]),
        ("gap <= 1e-3", [False, True, True]),
    ],
)
def test_meaning(text: str, expected: list[float]) -> None:
    np.testing.assert_array_equal(parse(text, WORDS).evaluate(VALUES), expected)


def test_whole_numbers_do_not_overflow() -> None:
    found = parse("strength[UKR] * 4_000", WORDS).evaluate({("strength", "UKR"): np.array([1_000_000], dtype=np.int32)})
    assert found[0] == 4e9


def test_a_nation_given_apart_fills_in() -> None:
    assert parse("strength > 1", WORDS, nation="UKR").names == (("strength", "UKR"),)
    assert parse("contingent > 1 and gap > 0", WORDS, nation="FRA").names == (
        ("contingent_by_nation", "FRA"),
        ("gap", None),
    )
    assert parse("strength[RUS] > strength", WORDS, nation="UKR").names == (("strength", "RUS"), ("strength", "UKR"))
    with pytest.raises(ExpressionError, match="must have an outcome by nation"):
        parse("gap > 0", WORDS, nation="UKR")


REFUSED = [
    ("gpa <= 0", "'gpa <= 0', column 1: must name an outcome, got 'gpa' (did you mean gap?)"),
    ("gap <= 0 and strenght[UKR] > 1", ", column 14: must name an outcome, got 'strenght' (did you mean strength?)"),
    ("strength > 1", "column 1: strength must say of which nation (write strength[RUS], or sum(strength))"),
    ("strength[UKE] > 1", "strength must name a nation that it has, got 'UKE' (did you mean UKR?)"),
    ("strength[ukr] > 1", "got 'ukr' (did you mean UKR?)"),
    ("strength[DEU] > 1", "got 'DEU' (there are RUS, UKR)"),
    ("strength[1] > 1", "must name a nation in [...], got strength[1]"),
    ("gap[UKR] > 1", "gap must name a nation that it has, got 'UKR' (it is one of the world)"),
    ("phase == 'peace'", "column 10: must compare phase with one of its words, got 'peace' (known are war, ceasefire)"),
    ("phase == peace", "must name an outcome, got 'peace'"),
    ("ceasefire", "must name an outcome, got 'ceasefire' (write phase == 'ceasefire')"),
    ("phase < 'ceasefire'", "column 9: must compare a word by == or !=, got <"),
    ("gap == 'war'", "must compare gap with one of its words, got 'war' (it has no words)"),
    ("'war' == 'war'", "may use numbers"),
    ("gap <=", "must be an expression such as gap <= 0"),
    ("", "must be an expression such as gap <= 0"),
    ("gap <= 0; gap", "must be an expression such as gap <= 0"),
    ("gap = 0", "must be an expression such as gap <= 0"),
    ("1 < 2", "must name an outcome"),
    ("gap and contingent > 1", "column 1: must be true or false beside and, or, not, got gap (compare it"),
    ("not gap", "must be true or false beside and, or, not, got gap"),
    ("(gap > 0) + 1", "must not reckon with what is true or false, got (gap > 0) + 1"),
    ("(gap > 0) == (contingent > 0)", "must not reckon with what is true or false"),
    ("__import__('os').system('x')", "may use numbers"),
    (
        "gap.__class__",
        (
            "may use numbers, outcomes, + - * /, comparisons, and, or, not, abs, min, max, sum, mean, count, total, "
            "got gap.__class__"
        ),
    ),
    ("gap.max() > 0", "may use numbers"),
    ("[gap for gap in gap]", "may use numbers"),
    ("gap ** 2", "may use numbers"),
    ("gap // 2", "may use numbers"),
    ("gap if gap else gap", "may use numbers"),
    ("print(gap)", "may use numbers"),
    ("min(gap)", "min must be over an outcome by nation, got min(gap)"),
    ("abs(gap, gap)", "may use numbers"),
    ("max(*gap)", "may use numbers"),
    ("gap is 0", "may use numbers"),
    ("gap in (1, 2)", "may use numbers"),
    ("lambda: gap", "may use numbers"),
    ("(gap := 3)", "may use numbers"),
    ("f'{gap}'", "may use numbers"),
    ("1j * gap", "may use numbers"),
    ("True", "may use numbers"),
    ("gap > 1e999", "must have finite numbers"),
    ("gap > " + "9" * 400, "must have finite numbers"),
    ("-" * 60 + "gap", "must nest at most 30 levels"),
    ("gap + " * 300 + "gap", "must have at most 1,000 characters, got 1,803"),
]


@pytest.mark.parametrize(("text", "part"), REFUSED, ids=[text[:20] for text, _ in REFUSED])
def test_refused(text: str, part: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, WORDS)
    assert part in str(caught.value)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ExpressionError, match="must be text"):
        parse(3, WORDS)  # type: ignore[arg-type]


def test_a_heap_of_brackets_does_no_harm() -> None:
    text = "(" * 450 + "gap" + ")" * 450
    try:
        assert parse(text, WORDS).names == (("gap", None),)
    except ExpressionError:
        assert sys.getrecursionlimit() > 0


@given(st.text(alphabet="gap<=>0123 +-*/()[]andornot'.,_UKRstrength", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text, WORDS)
    except ExpressionError:
        return
    assert found.names


def test_events_are_told_from_numbers() -> None:
    assert parse("gap <= 0", WORDS).is_event
    assert parse("not (gap <= 0 or gap > 5)", WORDS).is_event
    assert not parse("gap + 1", WORDS).is_event


def test_spelling_does_not_matter_to_the_canonical_form() -> None:
    one = parse("(gap<=1_000) and phase=='war'", WORDS)
    assert one.canonical == parse("gap <= 1e3 and (phase == war)", WORDS).canonical
    assert one.canonical != parse("gap < 1_000 and phase == 'war'", WORDS).canonical
    assert parse("strength['UKR'] > 0", WORDS).canonical == parse("strength > 0.0", WORDS, nation="UKR").canonical
    assert parse("gap - (1 - gap)", WORDS).canonical != parse("gap - 1 - gap", WORDS).canonical


def test_an_expression_goes_to_another_process() -> None:
    found = pickle.loads(pickle.dumps(parse("gap <= 0", WORDS)))
    np.testing.assert_array_equal(found.evaluate(VALUES), [False, True, True])
