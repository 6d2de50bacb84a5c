"""What knowing is worth, on plain arrays: utilities of decisions on the same paths, and functions of what is known.

Without knowing more one takes the decision d with the highest mean utility. Who knows x first takes the one with the
highest E[U_d | x]; that is worth

    E[max_d E[U_d | x]] - max_d E[U_d].

E[U_d | x] is a regression of U_d on functions of x (Strong, Oakley and Brennan 2014). Its plain estimate is too high,
since the largest of several fits is chosen with their errors. So the decision is learnt on four fifths of the paths and
scored on the others in turn: what a decision so learnt gains is never above the truth on average, and its error is
that of a mean. The plain estimate stands beside it.

References
----------
Strong, M., Oakley, J. E. and Brennan, A. (2014), Estimating multiparameter partial expected value of perfect
information from a probabilistic sensitivity analysis sample, Medical Decision Making 34(3), 311-326.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forcesim.decide.indices import basis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forcesim.arrays import Floats

__all__ = ["Worth", "foresight", "joint", "partial"]

FOLDS = 5
"""Parts of the paths; each is scored by what the others teach."""

PIECES = 3
"""Pieces of a line for each of several numbers together."""

MOST_PRODUCTS = 5
"""Numbers whose products two by two are functions too; with more the regression would learn chance."""


class Worth(NamedTuple):
    """What knowing is worth: the value that a learnt decision gains, its standard error, and the plain estimate."""

    value: float
    error: float
    plain: float


def foresight(utilities: Floats) -> Worth:
    """Return what it is worth to foresee all, chance included: the mean of the best on each path over the best mean.

    Parameters
    ----------
    utilities : float64 (decision, path)
        On the same paths.

    Examples
    --------
    >>> foresight(np.array([[0.0, 0.0], [1.0, -1.0]])).value
    0.5
    """
    best = int(utilities.mean(axis=1).argmax())
    gained = utilities.max(axis=0) - utilities[best]
    value = float(gained.mean())
    return Worth(value, float(gained.std(ddof=1)) / math.sqrt(len(gained)), value)


def joint(numbers: Sequence[Floats]) -> Floats:
    """Return functions (path, function) of numbers: lines over the ranks of each, of few also products two by two."""
    pieces = PIECES if len(numbers) > 1 else None
    found = [basis(one, pieces) for one in numbers]
    if len(numbers) <= MOST_PRODUCTS:
        ranks = [np.argsort(np.argsort(one)) / (len(one) - 1.0) - 0.5 for one in numbers]
        found += [(a * b)[:, None] for a, b in itertools.combinations(ranks, 2)]
    return np.hstack(found)


def partial(functions: Floats, utilities: Floats) -> Worth:
    """Return what it is worth to know a number, given functions of it.

    Parameters
    ----------
    functions : float64 (path, function)
        See :func:`joint`.
    utilities : float64 (decision, path)
        On the same paths.

    Examples
    --------
    A decision that gains x, which is 1 or -1, against one that gains nothing: knowing x is worth a half.

    >>> x = np.tile([1.0, -1.0], 500)
    >>> partial(joint([x]), np.stack([0.0 * x, x])).value
    0.5
    """
    n = utilities.shape[1]
    known = np.column_stack([np.ones(n), functions])
    fold, gained = np.arange(n) % FOLDS, np.zeros(n)
    for out in range(FOLDS):
        learn, score = fold != out, fold == out
        weights = np.linalg.lstsq(known[learn], utilities[:, learn].T, rcond=None)[0]
        taken = (known[score] @ weights).argmax(axis=1)
        usual = int(utilities[:, learn].mean(axis=1).argmax())
        scored = utilities[:, score]
        gained[score] = scored[taken, np.arange(len(taken))] - scored[usual]
    weights = np.linalg.lstsq(known, utilities.T, rcond=None)[0]
    fitted = known @ weights
    plain = float(fitted.max(axis=1).mean() - fitted.mean(axis=0).max())
    return Worth(float(gained.mean()), float(gained.std(ddof=1)) / math.sqrt(n), plain)
