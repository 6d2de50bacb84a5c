"""Counts and waits: exact where they say so, within the stated distance elsewhere, monotone, whole, in range."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forcesim.kernels import kernel
from forcesim.randomness.variates import EXACT_BELOW, binomial, binomial_counts, exponential, student3
from tests.support.laws import assert_law, assert_mean, assert_variance

STATED = 6e-5  # the docstring's bound on the distance of distribution functions
MILLION = 1e-3  # what a million draws can tell apart: median of their own distance from the law is 0.83e-3
GRID = np.linspace(-7, 7, 280_000)  # without 0, which stands for no noise

rates = st.floats(0, 1)
people = st.integers(0, 3_000_000).map(float)
normals = st.floats(-8.6, 8.6).filter(lambda z: z != 0.0)  # 0 stands for no noise


@kernel
def binomials(n, p, z, out):
    for i in range(out.size):
        out[i] = binomial(n[i], p[i], z[i])


def many(z, n, p):
    z = np.atleast_1d(np.asarray(z, dtype=float))
    out = np.empty_like(z)
    binomials(np.full_like(z, n), np.full_like(z, p), z, out)
    return out


def distance(values, cdf):
    """Return the largest distance between the laws' distribution functions, from the z at which the count steps up."""
    steps = np.flatnonzero(np.diff(values))
    assert (np.diff(values) >= 0).all()
    assert (values == np.floor(values)).all()
    return np.abs(stats.norm.cdf((GRID[steps] + GRID[steps + 1]) / 2) - cdf(values[steps])).max()


SIZES = [(40, 0.4), (32, 0.5), (33, 0.5), (100, 0.2), (100, 0.84), (1000, 0.016), (10**6, 1.6e-5), (10**5, 0.3)]
RARE = [(10**9, mean / 10**9) for mean in (20.0, 47.0, 300.0, 1e5)]  # as good as Poisson counts
STEP = 1.1e-5  # half a step of the grid, as probability


@pytest.mark.parametrize(("n", "p"), SIZES + RARE)
def test_large_binomials_are_within_the_stated_distance(n, p):
    assert n * min(p, 1 - p) >= EXACT_BELOW
    assert distance(many(GRID, n=n, p=p), lambda k: stats.binom.cdf(k, n, p)) < STATED + STEP < MILLION / 10


def test_a_plain_normal_would_not_do():
    """The negative twin: rounding mean + sd z, at the smallest mean, differs by more than a million draws hide."""
    plain = np.maximum(np.floor(16 + 4 * GRID + 0.5), 0)
    assert distance(plain, lambda k: stats.poisson.cdf(k, 16)) > 10 * MILLION


def assert_quantiles(found, z, law):
    """Check P(X < k) < Phi(z) <= P(X <= k), each tail by itself, up to rounding at a step (1e-9 of the tail)."""
    low, high = found[z < 0], found[z >= 0]
    below, above = stats.norm.cdf(z[z < 0]), stats.norm.sf(z[z >= 0])
    assert (law.cdf(low - 1) < below * (1 + 1e-9)).all()
    assert (law.cdf(low) > below * (1 - 1e-9)).all()
    assert (law.sf(high) < above * (1 + 1e-9)).all()
    assert (law.sf(high - 1) > above * (1 - 1e-9)).all()


SMALL = [(1, 0.3), (5, 0.9), (10, 0.97), (20, 0.5), (31, 0.5), (200, 0.05), (10**6, 1e-5), (10**6, 1e-9)]
SMALL += [(10**9, mean / 10**9) for mean in (1e-9, 0.01, 0.7, 3.0, 15.999)]  # as good as Poisson counts


@pytest.mark.parametrize(("n", "p"), SMALL)
def test_small_binomials_are_exact(n, p):
    z = np.linspace(-8, 8, 4000)
    assert_quantiles(many(z, n=n, p=p), z, stats.binom(n, p))


def test_an_approximation_would_not_pass_as_exact():
    z = np.linspace(-8, 8, 4000)
    with pytest.raises(AssertionError):
        assert_quantiles(many(z, n=32, p=0.5), z, stats.binom(32, 0.5))


@pytest.mark.parametrize(("n", "p"), [(12, 0.3), (100, 0.3), (700_000, 0.004), (700_000, 0.996)])
def test_binomial_draws(n, p):
    z = np.random.default_rng(11).standard_normal(100_000)
    found = many(z, n=n, p=p)
    assert_mean(found, n * p, "binomial", comparisons=3)
    assert_variance(found, n * p * (1 - p), "binomial", comparisons=3)
    assert_law(found, lambda k: stats.binom.cdf(k, n, p), "binomial", discrete=True, comparisons=3)


def test_a_wrong_rate_is_seen():
    z = np.random.default_rng(11).standard_normal(100_000)
    found = many(z, n=1000, p=0.31)
    with pytest.raises(AssertionError, match="mean of binomial"):
        assert_mean(found, 300, "binomial")
    with pytest.raises(AssertionError, match="distance"):
        assert_law(found, lambda k: stats.binom.cdf(k, 1000, 0.3), "binomial", discrete=True)


@given(n=people, p=rates, z=normals)
def test_whole_and_within_range(n, p, z):
    k = binomial(n, p, z)
    assert 0 <= k <= n
    assert k == math.floor(k)


@given(n=people, p=rates, z=normals, other=normals)
def test_rises_with_the_normal(n, p, z, other):
    low, high = sorted((z, other))
    assert binomial(n, p, low) <= binomial(n, p, high)


def slack(*means):
    """Return 1 where the method switches in between (the docstring's "by one at most"), else 0."""
    return float(min(means) < EXACT_BELOW <= max(means))


@given(n=people, more=people, p=rates, q=rates, z=normals)
def test_rises_with_people_and_rate(n, more, p, q, z):
    p, q = sorted((p, q))
    n, more = sorted((n, more))
    assert binomial(n, p, z) <= binomial(more, p, z) + slack(n * min(p, 1 - p), more * min(p, 1 - p))
    between = (n * p, n * q) if q <= 0.5 else (n * (1 - p), n * (1 - q)) if p >= 0.5 else (0.0, n)
    assert binomial(n, p, z) <= binomial(n, q, z) + slack(*between)


@pytest.mark.parametrize("z", [-8.6, -3.0, -0.5, 1e-9, 1.0, 4.1, 8.6])
def test_rises_through_the_switch(z):
    """Densely about the switch of method: never down, save there, and there by one."""
    means = np.linspace(15, 18, 30_001)
    out = np.empty_like(means)
    for n in (50.0, 1e9):
        binomials(np.full_like(means, n), means / n, np.full_like(means, z), out)
        falls = np.flatnonzero(np.diff(out) < 0)
        assert len(falls) <= 1
        assert (np.diff(out) >= -1).all()
        assert (means[falls + 1] >= EXACT_BELOW - 1e-9).all()
        assert (means[falls] <= EXACT_BELOW + 1e-9).all()


@given(n=people, p=rates)
def test_the_middle_is_within_one_of_the_mean(n, p):
    assert abs(binomial(n, p, 1e-12) - n * p) <= 1


@given(n=people, p=rates)
def test_without_noise_a_count_is_its_mean(n, p):
    assert binomial(n, p, 0.0) == binomial(n, p, -0.0) == pytest.approx(n * p, rel=1e-15)
    assert binomial_counts(n, p, 0.0) == pytest.approx(n * p, rel=1e-15)
    assert exponential(0.5) == 1.0


def test_what_is_still_on_one_path_says_nothing_of_another():
    found = binomial_counts(7.0, 0.3, [0.0, 0.4, 0.0])
    assert found.tolist() == [7.0 * 0.3, binomial(7.0, 0.3, 0.4), 7.0 * 0.3]


@pytest.mark.parametrize("z", [-8.6, 0.0, 8.6])
def test_edges(z):
    odd = [
        (0, 0.5, 0),
        (9, 0, 0),
        (9, 1, 9),
        (9, -0.1, 0),
        (9, 1.1, 9),
        (-3, 0.5, 0),
        (-3, 1, 0),
        (1e9, 0, 0),
        (1e9, 1, 1e9),
    ]
    for n, p, expected in odd:
        assert binomial(float(n), float(p), z) == expected


def test_exponential():
    u = np.random.default_rng(5).random(100_000)
    waits = [exponential(value) for value in u]
    assert_law(waits, stats.expon.cdf, "exponential")
    assert exponential(2.0**-54) == 2.0**-54
    assert exponential(0.3) < exponential(0.4)


def test_student3_is_the_quantile_of_students_t_in_both_tails():
    u = np.concatenate([10.0 ** -np.arange(1, 13), np.linspace(0.01, 0.99, 99), 1 - 10.0 ** -np.arange(1, 10)])
    found = np.array([student3(one) for one in u.tolist()])
    np.testing.assert_allclose(found, stats.t.ppf(u, 3), rtol=2e-7, atol=1e-12)
    assert student3(0.5) == 0.0
    assert (np.diff([student3(one) for one in np.linspace(1e-9, 1 - 1e-9, 10_001).tolist()]) > 0).all()
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(found, stats.t.ppf(u, 4), rtol=1e-2)  # negative twin: 4 degrees of freedom
