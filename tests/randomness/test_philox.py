"""The published known answers, and a second Philox written from the paper with Python's integers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forcesim.randomness.philox import philox, philox_twice

ANSWERS = [
    [int(word, 16) for word in line.split()]
    for line in (Path(__file__).parent / "philox4x32_known_answers.txt").read_text(encoding="ascii").splitlines()
    if not line.startswith("#")
]

words = st.integers(0, 2**32 - 1)


def naive_philox(counter: list[int], key: list[int], rounds: int = 10) -> list[int]:
    """Return the words as the paper says (figure 1), one operation a line."""
    left, right = list(counter), list(key)
    for _ in range(rounds):
        high_0, low_0 = divmod(0xD2511F53 * left[0], 2**32)
        high_1, low_1 = divmod(0xCD9E8D57 * left[2], 2**32)
        left = [high_1 ^ left[1] ^ right[0], low_1, high_0 ^ left[3] ^ right[1], low_0]
        right = [(right[0] + 0x9E3779B9) % 2**32, (right[1] + 0xBB67AE85) % 2**32]
    return left


def found(function, counter, key):
    return [int(word) for word in function(*(np.uint64(word) for word in (*counter, *key)))]


@pytest.mark.parametrize("answer", ANSWERS, ids=["zeros", "ones", "pi"])
def test_known_answers(answer):
    counter, key, expected = answer[:4], answer[4:6], answer[6:]
    assert found(philox, counter, key) == expected
    assert naive_philox(counter, key) == expected


@pytest.mark.parametrize("answer", ANSWERS, ids=["zeros", "ones", "pi"])
def test_nine_rounds_are_not_enough(answer):
    assert naive_philox(answer[:4], answer[4:6], rounds=9) != answer[6:]


@given(counter=st.lists(words, min_size=4, max_size=4), key=st.lists(words, min_size=2, max_size=2))
def test_agrees_with_the_naive_one(counter, key):
    assert found(philox, counter, key) == naive_philox(counter, key)


@given(counter=st.lists(words, min_size=4, max_size=4), key=st.lists(words, min_size=2, max_size=2), other=words)
def test_two_at_once_are_two_by_one(counter, key, other):
    first, *rest = (np.uint64(word) for word in (*counter, *key))
    both = [int(word) & 0xFFFFFFFF for word in philox_twice(first, np.uint64(other), *rest)]
    assert both[:4] == naive_philox(counter, key)
    assert both[4:] == naive_philox([other, *counter[1:]], key)
