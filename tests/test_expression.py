"""Expressions over outcomes: what they mean, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from forcesim.errors import ExpressionError
from forcesim.expression import Term, parse

WORDS = {
    "gap": Term(),
    "contingent": Term(),
    "contingent_by_nation": Term(("FRA", "GBR")),
    "strength": Term(("RUS", "UKR")),
    "phase": Term((), ("war", "ceasefire")),
}
VALUES = {
    ("gap", None): np.array([500.0, 0.0, -10.0]),
    ("strength", "UKR"): np.array([1e6, 9e5, 1.2e6]),
    ("strength", "RUS"): np.array([1.5e6, 9e5, 1.1e6]),
    ("phase", None): np.array([0.0, 1.0, 1.0]),
    ("contingent_by_nation", "FRA"): np.array([0.0, 5.0, 9.0]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gap <= 0", [False, True, True]),
        ("strength[RUS] - strength[UKR]", [5e5, 0.0, -1e5]),
        ("strength['UKR'] >= 1_000_000", [True, False, True]),
        ("gap <= 0 and phase == 'ceasefire'", [False, True, True]),
        ("phase == war or gap < 0", [True, False, True]),
        ("not gap <= 0", [True, False, False]),
        ("-100 < gap < 100", [False, True, True]),
        ("min(strength[UKR], strength[RUS]) / 1000", [1000.0, 900.0, 1100.0]),
        ("abs(gap) * 2 + 1", [1001.0, 1.0, 21.0]),
        ("contingent[FRA] > 1", [False, True, True]),
    ],
)
def test_meaning(text: str, expected: list[float]) -> None:
    np.testing.assert_array_equal(parse(text, WORDS).evaluate(VALUES), expected)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("gpa <= 0", "did you mean gap?"),
        ("strength > 1", "write strength[RUS]"),
        ("strength[UKE] > 1", "did you mean UKR?"),
        ("gap[UKR] > 1", "none: it is one of the world"),
        ("phase == 'peace'", "known are war, ceasefire"),
        ("gap == 'war'", "no outcome here has words"),
        ("gap <=", "must be an expression"),
        ("__import__('os').system('x')", "may use numbers"),
        ("gap.__class__", "may use numbers"),
        ("[gap for gap in gap]", "may use numbers"),
        ("gap ** 2", "may use numbers"),
        ("gap if gap else gap", "may use numbers"),
        ("print(gap)", "may use numbers"),
        ("(" * 200 + "gap" + ")" * 200, ""),
        ("-" * 60 + "gap", "nest at most"),
        ("gap + " * 300 + "gap", "at most 1000 characters"),
        ("True", "may use numbers"),
    ],
)
def test_refused(text: str, part: str) -> None:
    if not part:  # many brackets are one name to the parser, or too many for it: either is well
        try:
            parse(text, WORDS)
        except ExpressionError:
            return
        return
    with pytest.raises(ExpressionError) as caught:
        parse(text, WORDS)
    assert part in str(caught.value)


def test_events_are_told_from_numbers() -> None:
    assert parse("gap <= 0", WORDS).is_event
    assert not parse("gap + 1", WORDS).is_event
