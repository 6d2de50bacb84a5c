"""Counts and waits: exact where they say so, within the stated distance elsewhere, monotone, whole, in range."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forcesim.kernels import kernel
from forcesim.randomness.variates import EXACT_BELOW, bernoulli, binomial, binomial_counts, exponential, poisson
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


@kernel
def poissons(mean, z, out):
    for i in range(out.size):
        out[i] = poisson(mean[i], z[i])


def many(z, mean=None, n=None, p=None):
    z = np.atleast_1d(np.asarray(z, dtype=float))
    out = np.empty_like(z)
    if mean is not None:
        poissons(np.full_like(z, mean), z, out)
    else:
        binomials(np.full_like(z, n), np.full_like(z, p), z, out)
    return out


def distance(values, cdf):
    """Return the largest distance between the laws' distribution functions, from the z at which the count steps up."""
    steps = np.flatnonzero(np.diff(values))
    assert (np.diff(values) >= 0).all()
    assert (values == np.floor(values)).all()
    return np.abs(stats.norm.cdf((GRID[steps] + GRID[steps + 1]) / 2) - cdf(values[steps])).max()


SIZES = [(40, 0.4), (32, 0.5), (33, 0.5), (100, 0.2), (100, 0.84), (1000, 0.016), (10**6, 1.6e-5), (10**5, 0.3)]
STEP = 1.1e-5  # half a step of the grid, as probability


@pytest.mark.parametrize(("n", "p"), SIZES)
def test_large_binomials_are_within_the_stated_distance(n, p):
    assert n * min(p, 1 - p) >= EXACT_BELOW
    assert distance(many(GRID, n=n, p=p), lambda k: stats.binom.cdf(k, n, p)) < STATED + STEP < MILLION / 10


@pytest.mark.parametrize("mean", [16.0, 20.0, 47.0, 300.0, 1e5])
def test_large_poissons_are_within_the_stated_distance(mean):
    assert distance(many(GRID, mean=mean), lambda k: stats.poisson.cdf(k, mean)) < STATED + STEP < MILLION / 10


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


@pytest.mark.parametrize(("n", "p"), SMALL)
def test_small_binomials_are_exact(n, p):
    z = np.linspace(-8, 8, 4000)
    assert_quantiles(many(z, n=n, p=p), z, stats.binom(n, p))


@pytest.mark.parametrize("mean", [1e-9, 0.01, 0.7, 3.0, 15.999])
def test_small_poissons_are_exact(mean):
    z = np.linspace(-8, 8, 4000)
    assert_quantiles(many(z, mean=mean), z, stats.poisson(mean))


def test_an_approximation_would_not_pass_as_exact():
    z = np.linspace(-8, 8, 4000)
    with pytest.raises(AssertionError):
        assert_quantiles(many(z, mean=16.0), z, stats.poisson(16))


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
    assert poisson(n * p, z) == math.floor(poisson(n * p, z)) >= 0


@given(n=people, p=rates, z=normals, other=normals)
def test_rises_with_the_normal(n, p, z, other):
    low, high = sorted((z, other))
    assert binomial(n, p, low) <= binomial(n, p, high)
    assert poisson(n * p, low) <= poisson(n * p, high)


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
    assert poisson(n * p, z) <= poisson(n * q, z) + slack(n * p, n * q)


@pytest.mark.parametrize("z", [-8.6, -3.0, -0.5, 1e-9, 1.0, 4.1, 8.6])
def test_rises_through_the_switch(z):
    """Densely about the switch of method: never down, save there, and there by one."""
    means = np.linspace(15, 18, 30_001)
    out = np.empty_like(means)
    for call in (
        lambda: poissons(means, np.full_like(means, z), out),
        lambda: binomials(np.full_like(means, 50.0), means / 50, np.full_like(means, z), out),
    ):
        call()
        falls = np.flatnonzero(np.diff(out) < 0)
        assert len(falls) <= 1
        assert (np.diff(out) >= -1).all()
        assert (means[falls + 1] >= EXACT_BELOW - 1e-9).all()
        assert (means[falls] <= EXACT_BELOW + 1e-9).all()


@given(n=people, p=rates)
def test_the_middle_is_within_one_of_the_mean(n, p):
    assert abs(binomial(n, p, 1e-12) - n * p) <= 1
    assert abs(poisson(n * p, 1e-12) - n * p) <= 1


@given(n=people, p=rates)
def test_without_noise_a_count_is_its_mean(n, p):
    assert binomial(n, p, 0.0) == binomial(n, p, -0.0) == pytest.approx(n * p, rel=1e-15)
    assert binomial_counts(n, p, 0.0) == pytest.approx(n * p, rel=1e-15)
    assert poisson(n * p, 0.0) == n * p
    assert bernoulli(p, 0.5) == p
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
    assert poisson(0.0, z) == 0
    assert poisson(-1.0, z) == 0


def test_bernoulli_and_exponential():
    u = np.random.default_rng(5).random(100_000)
    assert_mean([bernoulli(0.3, value) for value in u], 0.3, "bernoulli")
    assert bernoulli(0.0, 2.0**-54) == 0
    assert bernoulli(1.0, 1 - 2.0**-53) == 1
    waits = [exponential(value) for value in u]
    assert_law(waits, stats.expon.cdf, "exponential")
    assert exponential(2.0**-54) == 2.0**-54
    assert exponential(0.3) < exponential(0.4)
