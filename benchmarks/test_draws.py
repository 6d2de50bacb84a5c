"""Draws with an address against NumPy's generators, in one run on one core.

Typical printout (a 2-core AVX2 server CPU, 3.2 GHz, no AVX-512; NumPy 2.4, Numba 0.68):

    draws
      normals                       0.22 ms  ns_per_draw 3.13  numpy_ns 10.7  of_numpy 0.292
      uniforms                      0.11 ms  ns_per_draw 1.61  numpy_ns 2.59  of_numpy 0.622
      binomials[large mean]         0.05 ms  ns_per_draw 0.69  numpy_ns 39.2  of_numpy 0.017
      binomials[small mean]         2.93 ms  ns_per_draw 42.6  numpy_ns 48.2  of_numpy 0.883
      small_blocks                  0.35 ms  ns_per_draw 4.50  numpy_ns 11.2  of_numpy 0.401
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from forcesim.kernels import kernel
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys
from forcesim.randomness.variates import binomial

ROWS, PATHS = 64, 1024  # half a megabyte: what a block's draws take of the second-level cache
KEYS = stream_keys(1, [("benchmark", str(row), "z", 0) for row in range(ROWS)])
DRAWS = ROWS * PATHS

pytestmark = pytest.mark.benchmark(group="draws")


@kernel
def binomials(n, p, z, out):
    for r in range(z.shape[0]):
        for i in range(z.shape[1]):
            out[r, i] = binomial(n, p, z[r, i])


def best(function, rounds=30):
    """Return the shortest time of a call in seconds."""
    function()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def compare(benchmark, ours, numpys):
    """Time ours with pytest-benchmark and both by their best; put nanoseconds and the ratio into the record."""
    benchmark(ours)
    mine, theirs = best(ours), best(numpys)
    benchmark.extra_info["ns_per_draw"] = mine / DRAWS * 1e9
    benchmark.extra_info["numpy_ns"] = theirs / DRAWS * 1e9
    benchmark.extra_info["of_numpy"] = mine / theirs


def assert_moments(values, mean, variance):
    """Check that the work was done: mean and variance within five standard errors or so."""
    assert abs(values.mean() - mean) < 5 * (variance / DRAWS) ** 0.5
    assert abs(values.var() / variance - 1) < 5 * (2 / DRAWS) ** 0.5


def test_normals(benchmark):
    out, other, rng = np.empty((ROWS, PATHS)), np.empty((ROWS, PATHS)), np.random.default_rng(1)
    compare(benchmark, lambda: fill_normal(KEYS, 1, 0, out), lambda: rng.standard_normal(out=other))
    assert_moments(out, 0, 1)


def test_uniforms(benchmark):
    out, other, rng = np.empty((ROWS, PATHS)), np.empty((ROWS, PATHS)), np.random.default_rng(1)
    compare(benchmark, lambda: fill_uniform(KEYS, 1, 0, out), lambda: rng.random(out=other))
    assert_moments(out, 0.5, 1 / 12)


@pytest.mark.parametrize(("n", "p"), [(100_000, 0.01), (1000, 0.005)], ids=["large mean", "small mean"])
def test_binomials(benchmark, n, p):
    """From normals that are there already, as a process meets them."""
    z, out, rng = np.empty((ROWS, PATHS)), np.empty((ROWS, PATHS)), np.random.default_rng(1)
    fill_normal(KEYS, 1, 0, z)
    compare(benchmark, lambda: binomials(float(n), p, z, out), lambda: rng.binomial(n, p, size=z.shape))
    assert_moments(out, n * p, n * p * (1 - p))


def test_small_blocks(benchmark):
    """A few rows of one short block: what entering the compiled code costs."""
    out, rng = np.empty((4, 256)), np.random.default_rng(1)
    keys = KEYS[:4]

    def ours():
        for month in range(64):
            fill_normal(keys, month, 0, out)

    def numpys():
        for _ in range(64):
            rng.standard_normal(out=out)

    compare(benchmark, ours, numpys)
    assert abs(out.mean()) < 5 / 32
