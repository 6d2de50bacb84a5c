"""Summaries: exact, free of order, quantiles within their bound."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forcesim.summary import CHUNK, Summary


def folded(data: np.ndarray, cuts: list[int]) -> list[Summary]:
    """Fold (row, path) in blocks that begin at the cuts, each into a summary of its own."""
    edges = [0, *cuts, data.shape[1]]
    rows = np.arange(len(data))
    out = []
    for first, last in itertools.pairwise(edges):
        summary = Summary(len(data), 1)
        assert summary.fold(0, np.ascontiguousarray(data[:, first:last]), rows) == -1
        out.append(summary)
    return out


def merged(parts: list[Summary], order: list[int]) -> Summary:
    total = Summary(parts[0].rows, 1)
    for place in order:
        total.merge(parts[place])
    return total


def same(one: Summary, other: Summary) -> bool:
    a, b = one.arrays(), other.arrays()
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.fixture(scope="module")
def data() -> np.ndarray:
    rng = np.random.default_rng(5)
    return np.stack(
        [
            rng.normal(1e6, 1e5, 5 * CHUNK + 77),
            rng.normal(0.0, 3e5, 5 * CHUNK + 77).round(),
            rng.lognormal(-8, 2, 5 * CHUNK + 77),
            np.full(5 * CHUNK + 77, 0.1),
            rng.integers(0, 2, 5 * CHUNK + 77).astype(float),
        ]
    )


@given(cuts=st.lists(st.integers(1, 5), unique=True).map(lambda c: sorted(k * CHUNK for k in c)), order=st.randoms())
def test_any_partition_in_any_order_gives_the_same_bits(data: np.ndarray, cuts: list[int], order) -> None:
    whole = merged(folded(data, []), [0])
    parts = folded(data, cuts)
    places = list(range(len(parts)))
    order.shuffle(places)
    assert same(merged(parts, places), whole)


def test_chunks_off_their_alignment_are_told_apart(data: np.ndarray) -> None:
    """The negative twin: a cut that is no multiple of 256 shifts the chunks, and sums differ in their last bits."""
    assert not same(merged(folded(data, [CHUNK // 2 + 1]), [0, 1]), merged(folded(data, []), [0]))


def test_sums_are_exact(data: np.ndarray) -> None:
    summary = merged(folded(data, []), [0])
    n = data.shape[1]
    for row in range(len(data)):
        exact = sum(map(Fraction, data[row].tolist()))
        assert summary.mean()[0, row] == pytest.approx(float(exact / n), rel=1e-14, abs=1e-15)
        spread = sum((Fraction(x) - exact / n) ** 2 for x in data[row].tolist()) / (n - 1)
        assert summary.variance()[0, row] == pytest.approx(float(spread), rel=1e-8, abs=1e-16)
    assert summary.variance()[0, 3] == 0.0


@pytest.mark.parametrize("row", range(5))
def test_quantiles_are_within_their_bound(data: np.ndarray, row: int) -> None:
    summary = merged(folded(data, []), [0])
    shares = np.linspace(0.01, 0.99, 99)
    exact = np.quantile(data[row], shares, method="inverted_cdf")
    found = summary.quantiles(shares, row)[0]
    assert (np.abs(found - exact) <= 0.004 * np.abs(exact) + 2.0**-40).all()


def test_extremes_and_counts(data: np.ndarray) -> None:
    summary = merged(folded(data, [CHUNK]), [1, 0])
    assert summary.paths == data.shape[1]
    np.testing.assert_array_equal(summary.least()[0], data.min(axis=1))
    np.testing.assert_array_equal(summary.most()[0], data.max(axis=1))


@given(
    seed=st.integers(0, 2**32 - 1),
    months=st.integers(1, 9),
    stands_still=st.floats(0.0, 1.0),
    sizes=st.lists(st.sampled_from([CHUNK, 2 * CHUNK, 300]), min_size=1, max_size=3),
)
def test_rows_that_stand_still_count_in_every_month(
    seed: int, months: int, stands_still: float, sizes: list[int]
) -> None:
    """Folded a month at a time into summaries of one month each, nothing is put off: the bits must be the same."""
    rng, rows = np.random.default_rng(seed), np.arange(6)
    whole, singles = Summary(6, months), [Summary(6, 1) for _ in range(months)]
    for size in sizes:
        state = rng.normal(0.0, 1e3, (6, size))
        state[4] = 7.0
        state[5] = rng.lognormal(0.0, 9.0, size)
        for month in range(months):
            moves = rng.random(6) > stands_still
            state[moves] = rng.normal(1e3, 1e2, (int(moves.sum()), size))
            state[0, -1] += float(moves[1])
            assert whole.fold(month, state, rows) == -1
            assert singles[month].fold(0, state, rows) == -1
    for month, single in enumerate(singles):
        for name in ("counts", "sums", "squares", "extremes"):
            np.testing.assert_array_equal(getattr(whole, name)[month], getattr(single, name)[0], err_msg=name)
        mine, others = whole.pages[month], single.pages[0]
        np.testing.assert_array_equal(mine >= 0, others >= 0)
        np.testing.assert_array_equal(whole.pool[mine[mine >= 0]], single.pool[others[others >= 0]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named(bad: float) -> None:
    summary = Summary(3, 1)
    state = np.zeros((4, 10))
    state[2, 7] = bad
    assert summary.fold(0, state, np.array([0, 2, 3])) == 1


def test_events_are_counted_exactly() -> None:
    summary = Summary(1, 4)
    true = np.array([[0, 0, 1], [1, 0, 0], [0, 0, 1], [1, 0, 1]], dtype=bool)
    summary.watch({"x": true})
    other = Summary(1, 4)
    other.watch({"x": ~true})
    summary.merge(other)
    event = summary.events["x"]
    np.testing.assert_array_equal(event.first, [1 + 2, 1 + 1, 0, 0, 1])
    np.testing.assert_array_equal(event.holds, [3, 3, 3, 3])
    np.testing.assert_array_equal(event.lasting, [1, 1, 2, 3])
    np.testing.assert_array_equal(event.spent, [1, 1, 2, 1, 1])


def test_arrays_come_back(data: np.ndarray) -> None:
    summary = merged(folded(data, []), [0])
    true = np.ones((summary.months, 3), dtype=bool)
    summary.watch({"gap <= 0": true, "x": ~true})
    assert same(Summary.of_arrays(summary.arrays()), summary)
