"""The worst plausible case of a policy: the corner of the ranges in which its mean outcome is lowest, found by search.

A response surface (a square polynomial in the shares of the leading numbers, from worlds that are run anyway) is
searched within the 5 % to 95 % quantile of each by differential evolution (Storn and Price 1997; scipy). What it finds
is run by itself, on chance that the surface has not seen. So the value that is told does not depend on the surface.

References
----------
Storn, R. and Price, K. (1997), Differential evolution, Journal of Global Optimization 11, 341-359.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from forcesim.arrays import Floats, Ints

__all__ = ["Corner", "leading", "lowest_corner"]

ENDS = (0.05, 0.95)
"""Quantiles of a number between which a case is plausible."""

ROUNDS = 60
"""Generations of the search."""


class Corner(NamedTuple):
    """Which numbers, and the share of its distribution at which each lies."""

    numbers: Ints
    shares: Floats


def leading(u: Floats, y: Floats, most: int) -> Ints:
    """Return the numbers whose ranks go with the outcome most.

    Parameters
    ----------
    u : float64 (number, world)
        Uniforms of the numbers.
    y : float64 (world,)
        The outcome.
    most : int
        How many.

    Examples
    --------
    >>> u = np.array([[0.1, 0.5, 0.9, 0.3], [0.2, 0.1, 0.4, 0.3]])
    >>> leading(u, np.array([1.0, 2.0, 3.0, 1.5]), 1).tolist()
    [0]
    """
    ranks = np.argsort(np.argsort(y))
    along = np.abs(np.corrcoef(np.vstack([u, ranks[None, :]]))[-1, :-1])
    return np.sort(np.argsort(-np.nan_to_num(along))[:most])


def lowest_corner(u: Floats, y: Floats, numbers: Ints, seed: int) -> Corner:
    """Return where a response surface of some numbers is lowest within their plausible ranges.

    Parameters
    ----------
    u : float64 (number, world)
        Uniforms of all numbers.
    y : float64 (world,)
        The outcome, low being bad.
    numbers : int (leading,)
        Those that are searched.
    seed : int
        Of the search.

    Examples
    --------
    >>> u = np.random.default_rng(1).uniform(size=(3, 400))
    >>> lowest_corner(u, u[0] - u[1], np.array([0, 1]), 1).shares.round(2).tolist()
    [0.05, 0.95]
    """
    from scipy.optimize import differential_evolution

    weights = np.linalg.lstsq(_surface(u[numbers]), y - y.mean(), rcond=None)[0]
    found = differential_evolution(
        lambda x: _surface(x) @ weights,
        [ENDS] * len(numbers),
        rng=np.random.default_rng(seed),
        vectorized=True,
        updating="deferred",
        maxiter=ROUNDS,
        tol=0.0,
        polish=False,
    )
    return Corner(numbers, np.asarray(found.x))


def _surface(u: Floats) -> Floats:
    """Return functions (point, function) of uniforms (number, point): each, its square, products two by two."""
    x = 2.0 * u - 1.0
    products = [a * b for a, b in itertools.combinations_with_replacement(x, 2)]
    return np.column_stack([np.ones(u.shape[1]), *x, *products])
