"""Sampling of uncertain numbers: addresses, designs, correlation."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forcesim.quantities.distributions import Distribution, Lognormal, Triangular, Uniform
from forcesim.randomness.address import stream_keys
from forcesim.uncertainty import ROUNDS, Correlation, Design, _permuted, _random_words, correlation_matrix, sampler
from tests.support.laws import assert_correlation, assert_mean, assert_variance
from tests.support.strategies import blocks

DESIGNS: tuple[Design, ...] = ("plain", "latin-hypercube", "sobol")
UNIT = Uniform(low=0, high=1)
LAWS: dict[str, Distribution] = {
    "a": UNIT,
    "b": Triangular(low=0, mode=1, high=4),
    "c": Lognormal(median=2, sigma=0.5),
    "d": UNIT,
}
TIES = [Correlation("a", "c", 0.6), Correlation("c", "d", -0.5)]


@pytest.mark.parametrize("design", DESIGNS)
@given(data=st.data())
def test_any_blocks_give_the_same_bits(design: Design, data: st.DataObject) -> None:
    paths = data.draw(st.integers(1, 700))
    draw = sampler(LAWS, TIES, design=design, seed=5, paths=paths)
    whole = draw(0, paths)
    for first, count in data.draw(blocks(paths)):
        part = draw(first, count)
        for name in LAWS:
            assert part[name].tobytes() == whole[name][first : first + count].tobytes()


@pytest.mark.parametrize("design", DESIGNS)
def test_one_more_number_changes_no_other(design: Design) -> None:
    before = sampler(LAWS, TIES, design=design, seed=5, paths=500)(0, 500)
    more = {**LAWS, "e": UNIT} if design == "sobol" else {"e": UNIT, **LAWS}
    after = sampler(more, TIES, design=design, seed=5, paths=500)(0, 500)
    for name in LAWS:
        assert after[name].tobytes() == before[name].tobytes()
    assert not np.array_equal(after["e"], after["a"])


@pytest.mark.parametrize("design", ["plain", "sobol"])
def test_more_paths_leave_the_first_as_they_were(design: Design) -> None:
    few = sampler(LAWS, TIES, design=design, seed=5, paths=300)(0, 300)
    many = sampler(LAWS, TIES, design=design, seed=5, paths=5000)(0, 5000)
    for name in LAWS:
        np.testing.assert_array_equal(many[name][:300], few[name])


@pytest.mark.parametrize("design", DESIGNS)
def test_another_seed_gives_other_numbers(design: Design) -> None:
    one, other = (sampler(LAWS, [], design=design, seed=seed, paths=64)(0, 64) for seed in (1, 2))
    assert all((one[name] != other[name]).mean() > 0.9 for name in LAWS)


def test_plain_numbers_follow_their_laws() -> None:
    found = sampler(LAWS, [], design="plain", seed=7, paths=100_000)(0, 100_000)
    for name, law in LAWS.items():
        assert law.moments is not None
        assert_mean(found[name], law.moments[0], name, comparisons=8)
        assert_variance(found[name], law.moments[1] ** 2, name, comparisons=8)
    for one, other in itertools.combinations(LAWS, 2):
        assert_correlation(found[one], found[other], 0.0, f"{one}, {other}", comparisons=6)
    with pytest.raises(AssertionError):  # negative twin
        assert_mean(found["a"], 0.505, "a")


@pytest.mark.parametrize("design", DESIGNS)
def test_the_copula_gives_the_scores_the_correlations_and_keeps_the_laws(design: Design) -> None:
    n = 65_536
    found = sampler(LAWS, TIES, design=design, seed=3, paths=n)(0, n)
    scores = {"a": stats.norm.ppf(found["a"]), "c": np.log(found["c"] / 2) / 0.5, "d": stats.norm.ppf(found["d"])}
    assert_correlation(scores["a"], scores["c"], 0.6, "a, c", comparisons=4)
    assert_correlation(scores["c"], scores["d"], -0.5, "c, d", comparisons=4)
    assert_correlation(scores["a"], scores["d"], 0.0, "a, d", comparisons=4)
    assert_correlation(found["b"], found["a"], 0.0, "a, b", comparisons=4)
    for name in ("a", "c", "d"):
        law = LAWS[name]
        assert law.moments is not None
        assert_mean(found[name], law.moments[0], name, comparisons=3)
    with pytest.raises(AssertionError):  # negative twin
        assert_correlation(scores["a"], scores["c"], 0.57, "a, c")


@pytest.mark.parametrize("paths", [1, 2, 7, 256, 1000])
def test_a_latin_hypercube_meets_each_stratum_once(paths: int) -> None:
    found = sampler(dict.fromkeys("abc", UNIT), [], design="latin-hypercube", seed=9, paths=paths)(0, paths)
    for values in found.values():
        assert np.sort(np.floor(values * paths)).tolist() == list(range(paths))
    if paths == 1000:
        plain = sampler({"a": UNIT}, [], design="plain", seed=9, paths=paths)(0, paths)["a"]
        assert len(np.unique(np.floor(plain * paths))) < 700  # negative twin
        orders = [np.floor(values * paths) for values in found.values()]
        for one, other in itertools.combinations(orders, 2):
            assert_correlation(one, other, 0.0, "orders", comparisons=3)


@pytest.mark.parametrize("size", [3, 5, 8])
def test_every_order_of_strata_is_as_likely(size: int) -> None:
    n = 3000
    words = _random_words(stream_keys(1, [("uncertainty", "", f"x{k}", 0) for k in range(n)]), ROUNDS)
    firsts = Counter(map(tuple, _permuted(0, size, size, words)[:, :2].astype(int).tolist()))
    cells = size * (size - 1)
    assert len(firsts) == cells
    square = sum((count - n / cells) ** 2 for count in firsts.values()) / (n / cells)
    assert abs(square - (cells - 1)) < 4 * np.sqrt(2 * (cells - 1))


def test_sobol_points_fill_squares_evenly() -> None:
    n = 4096
    found = sampler({f"x{k}": UNIT for k in range(6)}, [], design="sobol", seed=1, paths=n)(0, n)
    for one, other in itertools.combinations(found.values(), 2):
        counts = np.histogram2d(one, other, bins=16, range=[[0, 1], [0, 1]])[0]
        assert counts.min() >= 8  # 16 expected; plain points leave cells with 4
        assert counts.max() <= 24
    for values in found.values():
        assert np.sort(np.floor(values * n)).tolist() == list(range(n))


def test_sobol_without_a_scramble_is_scipys() -> None:
    from scipy.stats import qmc

    from forcesim.uncertainty import BITS, _directions

    index = np.arange(64, dtype=np.uint64)
    gray = index ^ (index >> np.uint64(1))
    points = np.zeros((5, 64), dtype=np.uint64)
    for level, column in enumerate(_directions(5, 6).T):
        points ^= column[:, None] * ((gray >> np.uint64(level)) & np.uint64(1))
    np.testing.assert_array_equal(points.T * 2.0**-BITS, qmc.Sobol(5, scramble=False).random(64))


def test_scrambled_sobol_is_unbiased_over_seeds_and_far_better_than_plain() -> None:
    def error(design: Design, seed: int) -> float:
        found = sampler({"a": UNIT, "b": UNIT}, [], design=design, seed=seed, paths=256)(0, 256)
        return float((found["a"] ** 2 * found["b"]).mean() - 1 / 6)

    sobol = np.array([error("sobol", seed) for seed in range(200)])
    plain = np.array([error("plain", seed) for seed in range(200)])
    assert_mean(sobol, 0.0, "integration error")
    assert sobol.std() < plain.std() / 10


def test_nothing_uncertain_is_nothing_drawn() -> None:
    for design in DESIGNS:
        assert sampler({}, [], design=design, seed=1, paths=10)(0, 10) == {}


def test_correlations_that_do_not_fit_together_are_refused() -> None:
    good = [Correlation("a", "b", 0.9), Correlation("b", "c", 0.9), Correlation("a", "c", 0.7)]
    assert np.linalg.eigvalsh(correlation_matrix("abc", good)).min() > 0
    with pytest.raises(ValueError, match=r"must fit together"):
        correlation_matrix("abc", [*good[:2], Correlation("a", "c", -0.9)])
    with pytest.raises(ValueError, match=r"must fit together"):
        correlation_matrix("ab", [Correlation("a", "b", 1.0)])
