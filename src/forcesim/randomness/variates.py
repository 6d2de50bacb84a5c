"""Laws of counts and waits, each a monotone function of one standard normal or one uniform.

A count X with distribution function F is made from a standard normal z as the quantile of F at
Phi(z). Where the mean of the successes (or of the failures, if those are fewer) is below 16,
F is summed term by term and the quantile is exact. Above, the Cornish-Fisher expansion of

    Y, the smooth law that gives X when rounded to whole numbers

is rounded. Sheppard's corrections give its cumulants: v = var X - 1/12, k3 as that of X, and k4 that
of X + 1/120. Without them the error would be fifty times as large. The expansion is taken to k4:

    Y = mean + sqrt(v) z + k3/v (z^2 - 1)/6 + [k4/v (z^3 - 3z)/24 - (k3/v)^2 (2z^3 - 5z)/36] / sqrt(v)

Its distribution function is within 6e-5 of the exact one (the worst case is at a mean of 16), where
a million draws cannot tell two laws less than 1e-3 apart: a test checks both. (mean + sd z alone,
rounded, is off by 1.6e-2 at that mean.)

What holds on the range of our draws, |z| <= 8.6: the result is a whole number in [0, n]; it never
falls when z, n or p rises, save where n or p crosses the switch of method (there by one at most, and
with a probability of less than 6e-5).

Without noise a normal is exactly 0 and a uniform exactly 1/2. There each law gives its mean, a real number, and
:func:`whole` rounds nothing. A normal that is drawn is exactly 0 once in 2^52 draws, a uniform is never 1/2.

References
----------
Cornish, E. A. and Fisher, R. A. (1938), Moments and cumulants in the specification of distributions.
Panjer, H. H. (1981), Recursive evaluation of a family of compound distributions, ASTIN Bulletin 12.
Johnson, N. L., Kemp, A. W. and Kotz, S. (2005), Univariate Discrete Distributions, 3rd ed., section 3.6.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forcesim.kernels import kernel, law
from forcesim.numerics import cos_turns, exp, log, log1p, normal_cdf, normal_survival, sin_turns

if TYPE_CHECKING:
    from forcesim.arrays import Floats

__all__ = ["EXACT_BELOW", "binomial", "binomial_counts", "binomials", "exponential", "student3", "whole"]


EXACT_BELOW = 16.0
"""Mean (of the rarer of success and failure) below which a count is exact."""

STILL_NORMAL, STILL_UNIFORM = 0.0, 0.5
"""What draws are without noise."""

TAIL_FROM = 4.0
"""From this z on an exact count is summed from above."""


@law
def exponential(u: float) -> float:
    """Return a unit exponential (a wait in units of its mean), rising with the uniform u; 1 without noise."""
    return 1.0 if u == STILL_UNIFORM else -log1p(-u)


SQRT3, TURN = 1.7320508075688772, 6.283185307179586
NEWTON = 6
"""Steps after which Newton's method stands at rounding, from the first term of the series on."""


@law
def student3(u: float) -> float:
    """Return the quantile at u of Student's t with 3 degrees of freedom; 0 without noise.

    With x in (0, pi], tail = P(T > t) = (x - sin x) / (2 pi) where t = sqrt(3) cot(x / 2). The equation for x is
    Kepler's with eccentricity 1. Newton's method solves it from x = (6 m)^(1/3), m = 2 pi tail.

    Examples
    --------
    >>> round(student3(0.975), 6), student3(0.5)
    (3.182446, 0.0)
    """
    tail = min(u, 1.0 - u)
    m = TURN * max(tail, 1e-300)
    x = exp(log(6.0 * m) / 3.0)
    for _ in range(NEWTON):
        x -= (x - sin_turns(x / TURN) - m) / (1.0 - cos_turns(x / TURN))
    t = SQRT3 * sin_turns(x / TURN) / (1.0 - cos_turns(x / TURN))
    return 0.0 if u == STILL_UNIFORM else (t if u > STILL_UNIFORM else -t)


@law
def whole(x: float, noise: bool) -> float:
    """Return an amount rounded down where chance plays, since counts are whole there; as it is without noise.

    Examples
    --------
    >>> whole(2.7, True), whole(2.7, False)
    (2.0, 2.7)
    """
    return float(np.floor(x)) if noise else x


@law
def _expanded(mean: float, variance: float, third: float, fourth: float, z: float) -> float:
    """Return the rounded Cornish-Fisher quantile; third and fourth are cumulants over the variance."""
    v = variance - 0.08333333333333333
    inverse = 1.0 / v
    root = math.sqrt(v)
    skew = third * variance * inverse
    kurt = (fourth * variance + 0.008333333333333333) * inverse
    z2 = z * z
    bend = kurt * 0.041666666666666664 * (z2 - 3.0) - skew * skew * 0.027777777777777776 * (2.0 * z2 - 5.0)
    return float(np.floor(mean + 0.5 + z * (root + bend * (root * inverse)) + skew * 0.16666666666666666 * (z2 - 1.0)))


@law(inline=False)
def _summed(term: float, slope: float, bend: float, most: float, z: float) -> float:
    """Return the exact quantile of a count by summing its probabilities (Panjer's class).

    ``term`` is P(0), and P(k + 1) = P(k) (slope - bend k) / (k + 1). In the upper tail the sum runs
    from above: there one less a sum from below would be rounding errors.
    """
    k = 0.0
    if z < TAIL_FROM:
        u = normal_cdf(z)
        total = term
        while total < u and k < most:
            term *= (slope - bend * k) / (k + 1.0)
            k += 1.0
            total += term
        return k
    tail = normal_survival(z)
    while k < most and (k < slope or term > 1e-18 * tail):
        term *= (slope - bend * k) / (k + 1.0)
        k += 1.0
    above = 0.0
    while k > 0.0 and above + term <= tail:
        above += term
        k -= 1.0
        term *= (k + 1.0) / (slope - bend * k)
    return k


@law(inline=False)
def _few(n: float, p: float, z: float) -> float:
    """Return the exact quantile of a binomial count whose successes or failures have a mean below 16."""
    often = p > 0.5
    rare = 1.0 - p if often else p
    odds = rare / (1.0 - rare)
    k = _summed(exp(n * log1p(-rare)), odds * n, odds, n, -z if often else z)
    return n - k if often else k


@law
def _many(n: float, p: float, z: float) -> float:
    """Return a binomial count from its cumulants, or its mean; 0 or n where there is nothing to draw."""
    q = p * (1.0 - p)
    count = _expanded(n * p, max(n * q, 1.0), 1.0 - 2.0 * p, 1.0 - 6.0 * q, z)
    k = n * p if z == STILL_NORMAL else count
    none = max(n, 0.0) if p > 0.5 else 0.0
    return min(max(k, 0.0), n) if n * min(p, 1.0 - p) > 0.0 else none


@law
def _is_few(n: float, p: float, z: float) -> bool:
    """Return whether there is noise, and the rarer of success and failure has a mean above 0 and below 16."""
    return 0.0 < n * min(p, 1.0 - p) < EXACT_BELOW and z != STILL_NORMAL


@law
def binomial(n: float, p: float, z: float) -> float:
    """Return how many of n succeed, each with probability p, from a standard normal z: a whole number in [0, n].

    A p outside [0, 1] counts as 0 or 1, a negative n as 0. Where z is 0 (no noise) it is the mean n p.

    Examples
    --------
    >>> binomial(1000.0, 0.25, 1.0), binomial(3.0, 0.01, 2.5), binomial(5.0, 1.0, -3.0), binomial(5.0, 0.25, 0.0)
    (264.0, 1.0, 5.0, 1.25)
    """
    return _few(n, p, z) if _is_few(n, p, z) else _many(n, p, z)


@law(inline=False)
def binomials(n: Floats, n_row: int, p: Floats, p_row: int, z: Floats, z_row: int, out: Floats, out_row: int) -> None:
    """Write a row of binomial counts: vector code, save for those that must be summed term by term.

    Parameters
    ----------
    n, p, z : float64 (row, path)
        Trials, chances and standard normals, each with the row to take; see :func:`binomial`, whose counts these are.
    out : float64 (row, path)
        Where to write, with the row; none of the others.

    Examples
    --------
    >>> n, p, z = np.array([[1000.0, 3.0]]), np.array([[0.25, 0.01]]), np.array([[1.0, 2.5]])
    >>> counts = np.empty((1, 2))
    >>> binomials(n, 0, p, 0, z, 0, counts, 0); counts
    array([[264.,   1.]])
    """
    few = 0
    for i in range(out.shape[1]):
        out[out_row, i] = _many(n[n_row, i], p[p_row, i], z[z_row, i])
        few += 1 if _is_few(n[n_row, i], p[p_row, i], z[z_row, i]) else 0
    if few > 0:
        for i in range(out.shape[1]):
            if _is_few(n[n_row, i], p[p_row, i], z[z_row, i]):
                out[out_row, i] = _few(n[n_row, i], p[p_row, i], z[z_row, i])


@kernel
def _rows_of_binomials(n: Floats, p: Floats, z: Floats, out: Floats) -> None:
    """Write rows of binomial counts."""
    for row in range(out.shape[0]):
        binomials(n, row, p, row, z, row, out, row)


def binomial_counts(n: npt.ArrayLike, p: npt.ArrayLike, z: npt.ArrayLike) -> Floats:
    """Return binomial counts from standard normals, for a process that is written in NumPy.

    Parameters
    ----------
    n, p, z : array_like
        Trials, chances and standard normals, of shapes that fit together; see :func:`binomial`.

    Returns
    -------
    float64, of their common shape
        Whole numbers from 0 to n; means where z is 0 (no noise).

    Examples
    --------
    >>> binomial_counts([1000.0, 3.0], 0.25, [1.0, 0.0])
    array([264.  ,   0.75])
    """
    shape = np.broadcast_shapes(np.shape(n), np.shape(p), np.shape(z))
    given = [np.ascontiguousarray(np.broadcast_to(x, shape), dtype=np.float64) for x in (n, p, z)]
    flat = [x.reshape(-1, shape[-1]) if shape else x.reshape(1, 1) for x in given]
    out = np.empty_like(flat[0])
    _rows_of_binomials(flat[0], flat[1], flat[2], out)
    return out.reshape(shape)
