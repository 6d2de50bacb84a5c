"""The elementary functions against 50 digits, densely and at the extremes, within their stated errors."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forcesim import numerics
from forcesim.kernels import bits_of_float, float_of_bits, hidden, kernel
from tests.support.laws import assert_same_bits

mpmath.mp.dps = 50
RNG = np.random.default_rng(20)
N = 1500
TINY = 2.2250738585072014e-308


def spread(low, high):
    """Return numbers whose logarithms are even between low and high."""
    return np.exp(RNG.uniform(low, high, N))


def about(points, width=1e-6):
    """Return numbers on and beside each point."""
    points = np.asarray(points, dtype=float)
    beside = points[:, None] * (1 + width * RNG.standard_normal((len(points), 20)))
    return np.concatenate([points, np.nextafter(points, 9e9), np.nextafter(points, -9e9), beside.ravel()])


HALF_LN2 = math.log(2) * (np.arange(-60, 61) + 0.5)  # where exp changes its power of two
ROOTS = math.sqrt(0.5) * 2.0 ** np.arange(-30, 31)  # where log does
EIGHTHS = np.arange(-17, 18) / 8  # where sine and cosine change places

EXP = np.concatenate(
    [RNG.uniform(-1, 1, N), RNG.uniform(-708, 709.7, N), about(HALF_LN2, 1e-12), spread(-700, 0), -spread(-700, 0)]
)
LOG = np.concatenate(
    [
        RNG.uniform(0, 2, N),
        spread(-708, 709),
        about(ROOTS),
        1 + about([1e-3, 1e-9, 2e-16]),
        about([TINY, 1.7e308], 1e-9),
    ]
)
TURNS = np.concatenate(
    [RNG.uniform(0, 1, N), RNG.uniform(-50, 50, N), about(EIGHTHS[EIGHTHS != 0]), spread(-600, 0), [0.0]]
)
CENTRE = np.concatenate([RNG.uniform(-0.7, 0.7, N), RNG.normal(size=N), about([0.66291, -0.66291, 5.656854249492381])])

CASES = {
    "exp": (numerics.exp, mpmath.exp, EXP, 1.1),
    "log": (numerics.log, mpmath.log, LOG[LOG > 0], 1.8),
    "log1p": (
        numerics.log1p,
        mpmath.log1p,
        np.concatenate([RNG.uniform(-1, 3, N), spread(-500, 500), -spread(-500, -1)]),
        2.5,
    ),
    "expm1": (numerics.expm1, mpmath.expm1, np.concatenate([EXP, RNG.uniform(-0.8, 0.8, N)]), 4),
    "sin_turns": (numerics.sin_turns, lambda u: mpmath.sinpi(2 * u), TURNS, 1.8),
    "cos_turns": (numerics.cos_turns, lambda u: mpmath.cospi(2 * u), TURNS, 1.8),
    "normal_cdf": (numerics.normal_cdf, mpmath.ncdf, np.concatenate([CENTRE, RNG.uniform(-37.5, 9, N)]), 8),
    "normal_survival": (
        numerics.normal_survival,
        lambda z: mpmath.ncdf(-z),
        np.concatenate([CENTRE, RNG.uniform(-9, 37.5, N)]),
        8,
    ),
}


def errors(function, exact, arguments):
    """Return each result's distance from the exact one in units of the exact one's last place."""
    found = []
    for x in arguments.tolist():
        true = exact(mpmath.mpf(x))
        found.append(float(abs(mpmath.mpf(function(x)) - true) / mpmath.mpf(np.spacing(abs(float(true))))))
    return np.array(found)


@pytest.mark.parametrize("name", CASES)
def test_within_the_stated_error(name):
    function, exact, arguments, bound = CASES[name]
    found = errors(function, exact, arguments)
    assert found.max() < bound, f"{found.max():.3f} ulp at {arguments[found.argmax()]!r}"
    if name in ("exp", "log", "sin_turns", "cos_turns"):
        assert bound < 2


def test_a_single_precision_log_would_not_pass():
    found = errors(lambda x: float(np.log(np.float32(x))), mpmath.log, RNG.uniform(1.5, 2, 50))
    assert found.min() > 2


def test_results_below_the_normal_range():
    """Exp of -745 to -708 is a number with fewer bits; it is rounded once: within one of its last place."""
    found = errors(numerics.exp, mpmath.exp, RNG.uniform(-745, -708.4, N))
    assert found.max() <= 1
    found = errors(numerics.log, mpmath.log, spread(-744, -708.4))
    assert found.max() < 1.8


def quantile(u):
    """Return the normal quantile to 50 digits, by Newton's method from ours."""
    z = mpmath.mpf(numerics.normal_quantile(float(u)))
    for _ in range(4):
        excess = mpmath.ncdf(z) - u if u < 0.5 else (1 - u) - mpmath.ncdf(-z)
        z -= excess / mpmath.npdf(z)
    return z


def test_normal_quantile_within_the_stated_error():
    n = N // 5
    arguments = np.concatenate([
        RNG.uniform(0, 1, n), spread(-744, 0)[:n], 1 - spread(-36, -1)[:n], 0.5 + 1e-4 * RNG.normal(size=n),
        about([0.075, 0.925, math.exp(-25)])[:60], [5e-324, TINY, 2.0**-54, 1 - 2.0**-53],
    ])  # fmt: skip
    found = errors(numerics.normal_quantile, quantile, arguments)
    assert found.max() < 8, f"{found.max():.2f} ulp at {arguments[found.argmax()]!r}"


@given(st.floats(1e-300, 1 - 2.0**-53))
def test_quantile_and_cdf_are_inverse(u):
    z = numerics.normal_quantile(u)
    assert numerics.normal_cdf(z) == pytest.approx(u, rel=1e-11 if u < 0.5 else 1e-14)


INF, NAN = math.inf, math.nan
EDGES = [
    (
        numerics.exp,
        [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (709.79, INF), (-746.0, 0.0), (1e308, INF), (-1e308, 0.0)],
    ),
    (numerics.log, [(1.0, 0.0), (0.0, -INF), (-0.0, -INF), (INF, INF), (-1.0, NAN), (-INF, NAN)]),
    (numerics.log1p, [(0.0, 0.0), (-0.0, -0.0), (-1.0, -INF), (INF, INF), (-1.5, NAN), (5e-324, 5e-324)]),
    (numerics.expm1, [(0.0, 0.0), (INF, INF), (-INF, -1.0), (-800.0, -1.0), (5e-324, 5e-324)]),
    (numerics.sin_turns, [(0.0, 0.0), (0.25, 1.0), (0.5, 0.0), (0.75, -1.0), (1e6, 0.0), (-0.25, -1.0)]),
    (numerics.cos_turns, [(0.0, 1.0), (0.25, 0.0), (0.5, -1.0), (0.75, 0.0), (1e6, 1.0), (-0.5, -1.0)]),
    (numerics.normal_cdf, [(0.0, 0.5), (INF, 1.0), (-INF, 0.0), (50.0, 1.0), (-50.0, 0.0)]),
    (numerics.normal_survival, [(0.0, 0.5), (INF, 0.0), (-INF, 1.0), (50.0, 0.0)]),
    (numerics.normal_quantile, [(0.5, 0.0), (0.0, -INF), (1.0, INF), (-0.1, NAN), (1.1, NAN)]),
]


@pytest.mark.parametrize(("function", "pairs"), EDGES, ids=[function.__name__ for function, _ in EDGES])
def test_edges(function, pairs):
    for x, expected in pairs:
        assert function(x) == expected or (math.isnan(expected) and math.isnan(function(x))), x
    assert math.isnan(function(NAN)) or function in (numerics.sin_turns, numerics.cos_turns)


@given(st.floats(-700, 700), st.floats(-700, 700))
def test_monotone(x, y):
    x, y = sorted((x, y))
    assert numerics.exp(x) <= numerics.exp(y)
    assert numerics.normal_cdf(x / 20) <= numerics.normal_cdf(y / 20) * (1 + 1e-14)


@given(st.floats(allow_nan=False))
def test_bits_there_and_back(x):
    assert_same_bits(np.float64(float_of_bits(np.uint64(bits_of_float(x)))), np.float64(x))


def test_hidden_changes_nothing():
    numbers = (0.1, -0.0, 1e300)
    assert hidden(numbers) == numbers


@kernel
def each(x, out):
    for i in range(x.size):
        out[0, i] = numerics.exp(x[i])
        out[1, i] = numerics.log(abs(x[i]))
        out[2, i] = numerics.log1p(abs(x[i]))
        out[3, i] = numerics.expm1(x[i])
        out[4, i] = numerics.sin_turns(x[i])
        out[5, i] = numerics.cos_turns(x[i])
        out[6, i] = numerics.normal_cdf(x[i])
        out[7, i] = numerics.normal_quantile(abs(x[i]) / 750)


def test_same_bits_uncompiled():
    """Compiled, and as plain Python in a process where FORCESIM_COMPILE=0: no fused or reordered arithmetic."""
    x = np.concatenate([RNG.normal(size=300), RNG.uniform(-749, 749, 300), [0.0, -0.0, 746.0, -745.0]])
    compiled = np.empty((8, x.size))
    each(x, compiled)
    code = (
        "import sys, numpy as np; from tests.test_numerics import each\n"
        "x = np.frombuffer(bytes.fromhex(sys.stdin.read())); out = np.empty((8, x.size)); each(x, out)\n"
        "assert 'numba' not in sys.modules; sys.stdout.write(out.tobytes().hex())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "FORCESIM_COMPILE": "0"},
        input=x.tobytes().hex(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert_same_bits(np.frombuffer(bytes.fromhex(done.stdout)).reshape(8, -1), compiled)
