"""Summaries against numbers that are worked out by hand or in fractions: sums, buckets, rows that stand still, events.

They take few paths, so that they also run in plain Python: ``tools/mutate.py`` changes the summary on purpose, and
these tests must see it.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from forcesim.errors import ResultError
from forcesim.summary import CHUNK, TOO_LARGE, Summary
from forcesim.summary.events import Event

BELOW = math.nextafter(TOO_LARGE, 0.0)


def folded(*months: np.ndarray, floors: np.ndarray | None = None, ticks: list[list[int]] | None = None) -> Summary:
    """Fold one block, a table (row, path) for each month."""
    summary = Summary(len(months[0]), len(months), floors=floors)
    for month, state in enumerate(months):
        ticked = None if ticks is None else np.array(ticks[month])
        assert summary.fold(month, np.array(state, dtype=np.float64), np.arange(len(state)), ticked) == -1
    return summary


def of_row(values: list[float] | np.ndarray) -> Summary:
    return folded(np.array([values], dtype=np.float64))


def checked(summary: Summary, values: list[float] | np.ndarray) -> None:
    """Hold a summary of one row against fractions: nothing is rounded but the answer."""
    n, exact = len(values), [Fraction(float(value)) for value in values]
    mean = sum(exact) / n
    assert summary.paths == n
    assert summary.mean()[0, 0] == float(mean)
    spread = sum((one - mean) ** 2 for one in exact) / (n - 1)
    assert summary.variance()[0, 0] == float(spread)
    assert (summary.least()[0, 0], summary.most()[0, 0]) == (min(values), max(values))


@pytest.mark.parametrize("paths", [2, 255, CHUNK, CHUNK + 1, 2 * CHUNK + 7])
def test_sums_of_short_numbers_are_exact(paths: int) -> None:
    """Numbers of few bits lose nothing on the way: mean and variance are those of fractions, to the last bit."""
    rng = np.random.default_rng(paths)
    for scale in (1.0, 2.0**-20, 2.0**30):
        values = (rng.integers(-500, 500, paths) + 100_000) * scale
        checked(of_row(values), values)
        checked(of_row(-values), -values)


def test_each_path_of_a_chunk_counts_once() -> None:
    """A single path that differs moves mean and variance by the same amount wherever it stands."""
    for place in (0, 1, 15, 16, 63, 64, 127, 128, 191, 192, 255):
        values = np.full(CHUNK, 3.0)
        values[place] = 7.0
        checked(of_row(values), values)


@pytest.mark.parametrize("value", [0.1, -0.1, 1.0, -3.5e7, 2.0**-38, 1.1e-9, 0.0, 1e15 / 3])
def test_a_row_of_one_number_has_the_bits_of_any_other_row(value: float) -> None:
    """A block whose first chunk is constant folds it as a part of a row; by itself it is folded as a constant."""
    rng = np.random.default_rng(1)
    other = rng.normal(value, 1.0, 2 * CHUNK)
    constant = np.full(2 * CHUNK, value)
    together = of_row(np.concatenate([constant, other]))
    apart = of_row(constant).merge(of_row(other))
    assert together == apart
    assert apart != of_row(constant[:CHUNK]).merge(of_row(other))  # negative twin
    alone = of_row(constant)
    assert alone.mean()[0, 0] == value
    assert alone.variance()[0, 0] == 0.0
    uneven = of_row(np.full(CHUNK + 9, value))
    assert uneven.mean()[0, 0] == pytest.approx(value, rel=1e-15)
    assert uneven.variance()[0, 0] == 0.0


def test_sums_reach_from_the_largest_to_the_least_bit() -> None:
    large = [2.0**63, -(2.0**62), 2.0**40, 2.0**20]
    checked(of_row(large), large)
    small = [2.0**-60, 2.0**-59, -(2.0**-61), 3 * 2.0**-60]
    checked(of_row(small), small)
    assert of_row([2.0**-128, 2.0**-128]).mean()[0, 0] == 2.0**-128  # the unit
    assert of_row([2.0**-130, 2.0**-130]).mean()[0, 0] == 0.0  # below it: dropped
    half = of_row([2.0**-128 + 2.0**-129, 2.0**-128 + 2.0**-129])  # 3 units in all, none of them dropped
    assert half.mean()[0, 0] == 1.5 * 2.0**-128
    assert of_row([5e-324, 5e-324]).mean()[0, 0] == 0.0


def test_a_spread_of_a_hundred_millionth_of_the_mean_is_right() -> None:
    rng = np.random.default_rng(2)
    values = 1e6 * (1.0 + 1e-8 * rng.standard_normal(2 * CHUNK))
    exact = [Fraction(one) for one in values.tolist()]
    mean = sum(exact) / len(exact)
    spread = float(sum((one - mean) ** 2 for one in exact) / (len(exact) - 1))
    assert of_row(values).variance()[0, 0] == pytest.approx(spread, rel=1e-6)


def test_one_path_has_no_spread_and_no_path_no_mean() -> None:
    assert of_row([5.0]).variance()[0, 0] == 0.0
    assert Summary(1, 1).mean()[0, 0] == 0.0
    assert Summary(1, 1).variance()[0, 0] == 0.0
    assert Summary(1, 1).paths == 0


@pytest.mark.parametrize("place", [0, 1, CHUNK, CHUNK + 43])
@pytest.mark.parametrize("bad", [TOO_LARGE, -TOO_LARGE, math.inf, -math.inf, math.nan])
def test_what_is_too_large_is_refused(bad: float, place: int) -> None:
    state = np.ones((3, CHUNK + 44))
    state[2, place] = bad
    assert Summary(2, 1).fold(0, state, np.array([0, 2])) == 1
    state[2] = bad
    assert Summary(2, 1).fold(0, state, np.array([2, 0])) == 0


def test_what_is_just_below_is_taken() -> None:
    for value in (BELOW, -BELOW):
        assert of_row([value, value]).mean()[0, 0] == value
        assert of_row(np.full(CHUNK, value)).mean()[0, 0] == value
    mixed = np.array([[BELOW] + [-BELOW] * (CHUNK - 1)])
    assert Summary(1, 1).fold(0, mixed, np.array([0])) == 0  # the squares of such a spread have no room


@pytest.mark.parametrize(
    ("floor", "values", "refused"),
    [
        (0.0, [-1e-3, 5.0], True),
        (0.0, [-1.0000001e-9, 0.5], True),  # a number below 1 has the room of 1
        (0.0, [-0.999e-9, 0.5], False),
        (0.0, [-4.9e-9, 5.0], False),  # 1e-9 of the greatest is rounding
        (0.0, [-5.1e-9, 5.0], True),
        (2.0, [1.5, 3.0], True),
        (2.0, [2.0, 3.0], False),
        (-math.inf, [-1e9, 3.0], False),
    ],
)
def test_floors_hold_but_for_rounding(floor: float, values: list[float], refused: bool) -> None:
    summary = Summary(1, 1, floors=np.array([floor]))
    assert summary.fold(0, np.array([values]), np.array([0])) == (0 if refused else -1)


def middle(value: float) -> float:
    """Return the middle of a value's bucket: 128 buckets to each power of two."""
    scale = 2.0 ** math.floor(math.log2(abs(value)))
    place = math.floor((abs(value) / scale - 1.0) * 128)
    return math.copysign(scale * (1.0 + (place + 0.5) / 128), value)


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 1.0 + 1 / 128, 1.5, 2.0, 3.0],  # octaves side by side
        [1.0, 1.0 + 1 / 128, 1.5, 2.0, 3.0, 30.0],  # the fifth octave
        [1.0, 1.5, 2.0, 3.0, 33.0, 1.0 + 3 / 128],  # the sixth
        [-1.0, -1.25, -1.5, -2.0, -3.0],
        [-100.0, -1.5, -1.5, 0.001, 1.5, 1e6],  # both signs
        [2.0**-40, 2.0**-39, 3.0],  # the least octave
        [2.0**59, 1.5 * 2.0**59, 1.99 * 2.0**59],  # the greatest
        [7.0] * 5,
        [-7.0] * 4,
    ],
)
def test_quantiles_are_middles_of_buckets_within_the_ends(values: list[float]) -> None:
    n, ordered = len(values), sorted(values)
    shares = [(rank + 0.5) / n for rank in range(n)]
    expected = [min(max(middle(one), ordered[0]), ordered[-1]) for one in ordered]
    summary = of_row(values[::-1])
    assert summary.quantiles(shares, 0)[0].tolist() == expected
    assert summary.quantiles(shares[::-1], 0)[0].tolist() == expected[::-1]
    assert summary.quantiles([1 / n, 1 / n + 1e-9, 1.0, 0.0], 0)[0].tolist() == [
        expected[0],
        expected[min(1, n - 1)],
        expected[-1],
        expected[0],
    ]
    twice = of_row(values).merge(of_row(values))
    assert twice.quantiles(shares, 0)[0].tolist() == expected


def test_very_small_and_very_large_values_have_a_bucket() -> None:
    values = [-1.0, -(2.0**-41), 0.0, -0.0, 2.0**-41, 2.0**60, 1.5 * 2.0**63]
    top = 2.0**59 * (1.0 + 127.5 / 128)
    found = of_row(values).quantiles([(rank + 0.5) / 7 for rank in range(7)], 0)[0]
    assert found.tolist() == [-1.0, 0.0, 0.0, 0.0, 0.0, top, top]
    assert of_row([0.0] * 3).quantiles([0.5], 0)[0, 0] == 0.0
    assert of_row([2.0**-50] * 3).quantiles([0.5], 0)[0, 0] == 2.0**-50
    assert of_row([-(2.0**61), 2.0**61]).quantiles([0.1, 0.9], 0)[0].tolist() == [-top, top]


def test_counts_of_many_paths_are_those_of_sorting() -> None:
    rng = np.random.default_rng(3)
    for values in (rng.normal(100.0, 10.0, 301), rng.normal(0.0, 10.0, 300), rng.lognormal(0.0, 8.0, 301)):
        shares = np.array([0.9, 0.05, 0.5, 0.31])
        exact = np.quantile(values, shares, method="inverted_cdf")
        assert of_row(values).quantiles(shares, 0)[0].tolist() == [middle(one) for one in exact]


def test_quantiles_have_the_axes_that_are_asked_for() -> None:
    summary = folded(*(np.array([[1.0, 2.0], [10.0, 20.0]]) + month for month in range(3)))
    assert summary.quantiles([0.5], 0).shape == (3, 1)
    assert summary.quantiles([0.5, 0.1], slice(None)).shape == (3, 2, 2)
    assert summary.quantiles([0.5], 1, 2).tolist() == [pytest.approx(12.0, rel=0.004)]
    assert summary.quantiles([0.9], slice(1, 2), slice(0, 2))[:, 0, 0] == pytest.approx([20.0, 21.0], rel=0.004)


def singles(*months: np.ndarray) -> list[Summary]:
    """Fold each month into a summary of its own, in which nothing can be put off."""
    return [folded(state) for state in months]


def assert_same_months(whole: Summary, apart: list[Summary]) -> None:
    for month, one in enumerate(apart):
        for name in ("counts", "sums", "squares", "extremes"):
            np.testing.assert_array_equal(getattr(whole, name)[month], getattr(one, name)[0], err_msg=f"{name} {month}")
        shares, rows = np.linspace(0.0, 1.0, 11), slice(None)
        np.testing.assert_array_equal(whole.quantiles(shares, rows, month), one.quantiles(shares, rows, 0))


MOVES = ["aaaaaaaa", "abcdefgh", "abbbbbbb", "aabbccdd", "abbbcccc", "abbbcdef", "abbcbbcb", "aaabaaac", "abbbbbbc"]
"""How a row moves: one letter for each month, and the same letter for the same numbers."""


@pytest.mark.parametrize("kind", ["numbers", "constants", "wide"])
@pytest.mark.parametrize("moves", MOVES)
@pytest.mark.parametrize("paths", [CHUNK, 90])
def test_rows_that_stand_still_count_in_every_month(kind: str, moves: str, paths: int) -> None:
    rng = np.random.default_rng(4)
    draw = {
        "numbers": lambda: rng.normal(50.0, 5.0, paths),
        "constants": lambda: np.full(paths, rng.normal(0.0, 50.0)),
        "wide": lambda: rng.normal(0.0, 1.0, paths) * rng.lognormal(0.0, 5.0, paths),
    }[kind]
    words = {letter: draw() for letter in "abcdefgh"}
    words["b"] = words["a"].copy()
    words["b"][-1] += 1.0  # only the last path moves
    words["c"] = words["b"].copy()
    words["c"][0] += 1.0  # only the first one
    months = [np.stack([words["a"], words[letter]]) for letter in moves]
    written = [moves[month] != moves[max(month - 1, 0)] for month in range(8)]
    ticks = [[0, int(sum(written[: month + 1]))] for month in range(8)]
    apart = singles(*months)
    assert_same_months(folded(*months), apart)
    assert_same_months(folded(*months, ticks=ticks), apart)
    two = folded(*months, ticks=ticks)
    for month, state in enumerate(months):  # a second block
        assert two.fold(month, state, np.arange(2), np.array(ticks[month]) + 100) == -1
    assert two == folded(*months).merge(folded(*months))


def test_a_row_that_nobody_wrote_is_not_looked_at() -> None:
    """The tick alone says that a row was written; the engine raises it."""
    months = [np.full((1, 4), value) for value in (1.0, 2.0, 2.0, 3.0, 2.0)]
    assert folded(*months, ticks=[[0], [1], [1], [1], [1]]).mean()[:, 0].tolist() == [1.0, 2.0, 2.0, 2.0, 2.0]
    assert folded(*months, ticks=[[0], [1], [1], [2], [3]]).mean()[:, 0].tolist() == [1.0, 2.0, 2.0, 3.0, 2.0]
    assert folded(*months).mean()[:, 0].tolist() == [1.0, 2.0, 2.0, 3.0, 2.0]


def test_blocks_of_other_sizes_follow_each_other() -> None:
    rng = np.random.default_rng(5)
    blocks = [[rng.normal(5.0, 1.0, (2, size)) for _ in range(3)] for size in (CHUNK, CHUNK, 40)]
    whole = Summary(2, 3)
    for block in blocks:
        for month, state in enumerate(block):
            assert whole.fold(month, state, np.arange(2)) == -1
    assert_same_months(whole, singles(*(np.concatenate(month, axis=1) for month in zip(*blocks, strict=True))))
    assert whole.counts.tolist() == [2 * CHUNK + 40] * 3


def test_room_grows_with_the_octaves_that_are_met() -> None:
    rng = np.random.default_rng(6)
    months = [
        rng.choice([-1.0, 1.0], (2, CHUNK)) * 2.0 ** rng.uniform(-40.0, 60.0, (2, CHUNK)) for _ in range(4)
    ]  # some 150 pages a row and month, where 12 are foreseen
    whole = folded(*months)
    assert_same_months(whole, singles(*months))
    assert Summary(2, 4).merge(whole) == whole
    others = [-month for month in months]
    assert_same_months(
        folded(*others).merge(whole),
        singles(*(np.concatenate(both, axis=1) for both in zip(others, months, strict=True))),
    )


def test_room_is_made_for_all_months_in_which_a_row_stood_still() -> None:
    """At the end the counts of 39 months are added at once, in pages that nobody has taken yet."""
    rng = np.random.default_rng(8)
    state = rng.choice([-1.0, 1.0], (1, 60)) * 2.0 ** rng.uniform(-40.0, 60.0, (1, 60))
    whole, once = folded(*[state] * 40), folded(state)
    for name in ("sums", "squares", "extremes"):
        np.testing.assert_array_equal(getattr(whole, name), np.repeat(getattr(once, name), 40, axis=0))
    shares = np.linspace(0.0, 1.0, 11)
    assert (whole.quantiles(shares, 0) == once.quantiles(shares, 0)).all()


def test_a_merge_is_of_equals_and_leaves_the_other_as_it_was() -> None:
    one, other = of_row([1.0, 2.0]), of_row([300.0, -4.0])
    before = other.arrays()
    assert one.merge(other) is one
    checked(one, [1.0, 2.0, 300.0, -4.0])
    assert all(np.array_equal(before[name], found) for name, found in other.arrays().items())
    assert one == of_row([300.0, -4.0]).merge(of_row([1.0, 2.0]))
    assert one != other
    assert one != "one"
    for rows, months in ((2, 1), (1, 2)):
        with pytest.raises(ResultError, match="must have as many rows and months"):
            one.merge(Summary(rows, months))


def test_events_by_hand() -> None:
    # paths:            a      b      c      d      e
    true = np.array(
        [
            [False, True, False, False, True],
            [True, False, False, True, True],
            [False, True, False, True, True],
        ]
    )
    event = Event(3)
    assert event.fold(true).tolist() == [1, 0, 3, 1, 0]
    assert event.first.tolist() == [2, 2, 0, 1]
    assert event.stays.tolist() == [1, 1, 0]  # e from the first month on, d from the second
    assert event.holds.tolist() == [2, 3, 3]
    assert event.lasting.tolist() == [1, 2, 3]
    assert event.spent.tolist() == [1, 1, 2, 1]
    again = Event.of_array(event.array(), 3)
    again.merge(event)
    assert again.array().tolist() == (2 * event.array()).tolist()
    with pytest.raises(ValueError, match="do not fit"):
        Event.of_array(event.array(), 2)


def test_an_event_that_each_path_meets_at_once() -> None:
    event = Event(3)
    assert event.fold(np.ones((3, 2), dtype=bool)).tolist() == [0, 0]
    assert (event.first.tolist(), event.stays.tolist()) == ([2, 0, 0, 0], [2, 0, 0])
    assert (event.lasting.tolist(), event.spent.tolist()) == ([2, 2, 2], [0, 0, 0, 2])


def test_two_events_are_counted_together() -> None:
    summary = Summary(1, 2)
    x = np.array([[True, False, False, False], [True, True, False, True]])
    y = np.array([[False, False, False, True], [True, False, False, True]])
    summary.watch({"y": y, "x": x})
    # rows: when x first came true (2: never); columns: when y did
    assert list(summary.pairs) == [("x", "y")]
    assert summary.pairs["x", "y"].tolist() == [[0, 1, 0], [1, 0, 1], [0, 0, 1]]
    alone = Summary(1, 2)
    alone.watch({"z": x})
    assert alone.pairs == {}
    alone.merge(summary).merge(summary)
    assert sorted(alone.events) == ["x", "y", "z"]
    assert alone.pairs["x", "y"].tolist() == [[0, 2, 0], [2, 0, 2], [0, 0, 2]]
    assert summary.pairs["x", "y"].sum() == 4


def test_a_summary_comes_back_from_its_arrays() -> None:
    rng = np.random.default_rng(7)
    months = [rng.normal(0.0, 1.0, (3, 40)) for _ in range(2)]
    summary = folded(*months)
    summary.watch({"up": months[0][:2] > 0.0, "down": months[0][:2] < 0.0})
    arrays = summary.arrays()
    assert list(arrays) == [
        "counts", "sums", "squares", "extremes", "page_cells", "page_counts", "event:down", "event:up",
        'pair:["down", "up"]',
    ]  # fmt: skip
    again = Summary.of_arrays({name: found.copy() for name, found in arrays.items()})
    assert again == summary
    assert again.pairs["down", "up"].shape == (3, 3)
    again.merge(summary)
    assert again.paths == 80
    for name in ("counts", "sums", "squares"):
        np.testing.assert_array_equal(getattr(again, name), 2 * getattr(summary, name))
    shares = np.linspace(0.0, 1.0, 11)
    np.testing.assert_array_equal(again.quantiles(shares, slice(None)), summary.quantiles(shares, slice(None)))
    assert int(arrays["page_counts"].sum()) == 3 * 2 * 40
