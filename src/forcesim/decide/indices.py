"""Shares of variance on plain arrays: of one number, of what two runs share, and of players that join one by one.

Every estimator is a mean over paths, or a ratio of such means, so its error follows from how the terms spread over the
paths. An output may have a row for each month.

- *First index* S_i = Var E[Y | X_i] / Var Y from given runs: the adjusted R^2 of a regression on X_i. The basis is
  piecewise linear in the rank of X_i, with a class for each value of a number that has few.
- *What two runs share.* Y and Y' have the same law and share some inputs, everything else is drawn anew. Then
  Cov(Y, Y') / Var Y is the closed index of what they share (Sobol 2001; Janon et al. 2014). One less it is the total
  index of everything else (Jansen 1999, with both runs in the variance).
- *Shapley effects.* One player after another, in a random order for each path, goes from its value in Y' to its value
  in Y. What a step changes, by

      (y - (before + after) / 2) (after - before),

  has the mean of its share of the variance (Goda 2021). That only needs each run of the walk to have the law of Y. So
  it holds for dependent players too, if those that have not gone are drawn given those that have (Song, Nelson and
  Staum 2016). The shares of a path sum to (y - y')^2 / 2, whose mean is the variance.

References
----------
Goda, T. (2021), A simple algorithm for global sensitivity analysis with Shapley effects, Reliability Engineering and
System Safety 213, 107702.
Janon, A., Klein, T., Lagnoux, A., Nodet, M. and Prieur, C. (2014), Asymptotic normality and efficiency of two Sobol
index estimators, ESAIM: Probability and Statistics 18, 342-364.
Jansen, M. J. W. (1999), Analysis of variance designs for model output, Computer Physics Communications 117, 35-43.
Song, E., Nelson, B. L. and Staum, J. (2016), Shapley effects for global sensitivity analysis, SIAM/ASA Journal on
Uncertainty Quantification 4(1), 1060-1083.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forcesim.arrays import Floats

__all__ = ["Share", "basis", "beyond", "explained", "left", "shared", "walked"]

LEAST_PIECES, MOST_PIECES = 3, 16
"""Pieces of a line over the ranks of a number."""

SMALLEST_DIRECTION = 1e-9
"""Against the largest singular value: smaller directions of a basis are rounding."""


class Share(NamedTuple):
    """A share of variance and its standard error, each (month,) or one number."""

    value: Floats
    error: Floats


def basis(x: Floats, pieces: int | None = None) -> Floats:
    """Return an orthonormal basis (path, direction) of functions of one number, each with mean 0.

    Parameters
    ----------
    x : float64 (path,)
        The number.
    pieces : int, optional
        Pieces of a line over its ranks; the cube root of the paths unless given, from 3 to 16.

    Returns
    -------
    float64 (path, direction)
        Classes for a number of no more values than pieces, else lines; no column for a number that does not vary.

    Examples
    --------
    >>> basis(np.arange(100.0)).shape, basis(np.array([1.0, 1.0, 2.0, 2.0])).shape, basis(np.ones(9)).shape
    ((100, 4), (4, 1), (9, 0))
    """
    pieces = pieces or min(MOST_PIECES, max(LEAST_PIECES, round(len(x) ** (1.0 / 3.0)) - 1))
    values, place = np.unique(x, return_inverse=True)
    if len(values) <= pieces:
        found = (place[:, None] == np.arange(len(values))).astype(np.float64)
    else:
        rank = np.cumsum(np.bincount(place))[place] / len(x)
        found = np.maximum(0.0, 1.0 - np.abs(rank[:, None] * pieces - np.arange(pieces + 1)))
    directions, size, _ = np.linalg.svd(found - found.mean(axis=0), full_matrices=False)
    return np.asarray(directions[:, size > SMALLEST_DIRECTION * max(size[0], 1.0)])


def explained(directions: Floats, y: Floats) -> Share:
    """Return the share of variance that functions of a number explain, without the part that chance explains.

    Parameters
    ----------
    directions : float64 (path, direction)
        An orthonormal basis; see :func:`basis`.
    y : float64 (path,) or (month, path)
        The output.

    Returns
    -------
    Share
        Adjusted R^2, nan where the output does not vary.

    Source
    ------
    Ezekiel, M. (1930), Methods of Correlation Analysis (adjusted R^2); its error by the delta method.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 1000)
    >>> round(float(explained(basis(x), 3 * x).value), 6)
    1.0
    """
    n, k = directions.shape
    centred = y - y.mean(axis=-1, keepdims=True)
    residual = centred - (centred @ directions) @ directions.T
    squares, rest = centred * centred, residual * residual
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = squares.sum(axis=-1) / (n - 1)
        value = 1.0 - rest.sum(axis=-1) / (n - 1 - k) / variance
        each = rest - (1.0 - value)[..., None] * squares
        spread = np.var(each, axis=-1) / n / variance**2
        # the terms hold what chance lets a basis of k directions explain twice: 4 k / n^2 where it explains nothing
        error = np.sqrt(np.maximum(spread - 2.0 * k * ((1.0 - value) / n) ** 2, 0.5 * spread))
    return Share(np.asarray(value), np.asarray(error))


def shared(one: Floats, other: Floats, apart: Floats | None = None) -> Share:
    """Return the share of variance that comes from what two runs share.

    Parameters
    ----------
    one, other : float64 (path,) or (month, path)
        Outputs of the same law, equal in some inputs and independent in all others.
    apart : float64, optional
        A third that has nothing in common with ``one``, and with ``other`` all that ``one`` has not. Its products with
        ``one`` have mean 0, so they serve as a control variate: little is left of the error of a small share.

    Returns
    -------
    Share
        The closed index of what they share, nan where the output does not vary.

    Source
    ------
    Janon et al. (2014), ESAIM: Probability and Statistics 18, 342-364.

    Examples
    --------
    >>> a = np.array([1.0, 2.0, 3.0])
    >>> shared(a, a).value.item(), left(a, a).value.item()
    (1.0, 0.0)
    """
    value, terms = _products(one, other, apart)
    return Share(np.asarray(value), np.asarray(np.std(terms, axis=-1) / math.sqrt(one.shape[-1])))


def _products(one: Floats, other: Floats, apart: Floats | None) -> tuple[Floats, Floats]:
    """Return the share of :func:`shared`, and what each path adds to its error."""
    middle = 0.5 * (one + other).mean(axis=-1, keepdims=True)
    a, b = one - middle, other - middle
    squares = 0.5 * (a * a + b * b)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = squares.mean(axis=-1, keepdims=True)
        value = (a * b).mean(axis=-1, keepdims=True) / variance
        terms = (a * b - value * squares) / variance
        if apart is not None:
            control = a * (apart - apart.mean(axis=-1, keepdims=True)) / variance
            along = control - control.mean(axis=-1, keepdims=True)
            weight = (terms * along).mean(axis=-1, keepdims=True) / (along * along).mean(axis=-1, keepdims=True)
            value, terms = value - weight * control.mean(axis=-1, keepdims=True), terms - weight * control
    return value[..., 0], terms


def left(one: Floats, other: Floats) -> Share:
    """Return the share of variance from all that two runs do not share, interactions included: a total index.

    The same as 1 less :func:`shared`; the error is too.
    """
    found = shared(one, other)
    return Share(1.0 - found.value, found.error)


def beyond(one: Floats, others: Sequence[Floats], apart: Floats | None = None) -> Share:
    """Return the share of variance that no part has alone: 1 less the sum of :func:`shared` of each, with its error.

    Parameters
    ----------
    one : float64 (path,)
        Outputs.
    others : sequence of float64 (path,)
        Outputs that share one part each with ``one``; the parts are independent and make up all inputs.
    apart : float64 (path,), optional
        As in :func:`shared`.

    Examples
    --------
    >>> a, b, c, d = np.random.default_rng(1).normal(size=(4, 5000))
    >>> abs(beyond(a + b, [a + d, c + b]).value.item()) < 0.1, abs(beyond(a * b, [a * d, c * b]).value.item()) > 0.9
    (True, True)
    """
    found = [_products(one, other, apart) for other in others]
    terms = np.sum([own for _, own in found], axis=0)
    value = 1.0 - sum(float(own) for own, _ in found)
    return Share(np.asarray(value), np.asarray(np.std(terms) / math.sqrt(len(one))))


def walked(steps: Sequence[Floats], order: np.ndarray) -> list[Share]:
    """Return the Shapley effects of players.

    Parameters
    ----------
    steps : sequence of float64 (path,) or (month, path)
        The outputs as 0, 1, ..., k players have gone from the other values to the first.
    order : int (player, path)
        ``order[j]`` are the players that go in step j + 1.

    Returns
    -------
    list of Share
        By player; they sum to 1.

    Source
    ------
    Goda (2021), Reliability Engineering and System Safety 213, 107702, algorithm 1.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> a, b = rng.normal(size=(2, 2, 4000))
    >>> order = np.tile([[0], [1]], 4000)
    >>> [round(float(one.value), 1) for one in walked([b.sum(0), a[0] + b[1], a.sum(0)], order)]
    [0.5, 0.5]
    """
    first, other = steps[-1], steps[0]
    whole = 0.5 * (first - other) ** 2
    gained = np.zeros((len(order), *first.shape))
    paths = np.arange(first.shape[-1])
    for place, (before, after) in enumerate(itertools.pairwise(steps)):
        gained[order[place], ..., paths] += ((first - 0.5 * (before + after)) * (after - before)).T
    found = []
    for own in gained:
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = whole.mean(axis=-1)
            value = own.mean(axis=-1) / variance
            each = own - value[..., None] * whole
            error = np.std(each, axis=-1) / math.sqrt(first.shape[-1]) / variance
        found.append(Share(np.asarray(value), np.asarray(error)))
    return found
