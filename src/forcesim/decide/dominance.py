"""Does one policy dominate another, whatever the reader's taste for risk? Tests on the same paths.

With F the distribution of an outcome of which more is better, A dominates B in the first order if F_A <= F_B
everywhere: who wants more prefers A. It does so in the second order if the integral of F_A is nowhere above that
of F_B: who wants more and dislikes risk prefers A. The test (Barrett and Donald 2003, Econometrica 71(1), 71-104)
takes "A dominates B" for its null hypothesis::

    statistic = sqrt(n) max over z of (I_A(z) - I_B(z))       I: the distribution, or its integral

and its law where both are the same from the multiplier bootstrap. Paths are paired, so influences are subtracted path
by path (Linton, Maasoumi and Whang 2005, Review of Economic Studies 72(3), 735-765). A dominates B is said where that
is not refused and "B dominates A" is, both at 5 %. Not refusing is no proof: paths that differ rarely tell little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.decide.influence import joint_normals

if TYPE_CHECKING:
    from forcesim.arrays import Floats

__all__ = ["Dominance", "dominance"]

GRID = 64
"""Quantiles of both samples together at which distributions are held against each other."""

REFUSED = 0.05

DRAWS = 1 << 12
"""Draws of the bootstrap: a p-value of 5 % is then good to 0.3 percentage points."""


@dataclass(frozen=True, slots=True)
class Dominance:
    """Whether a policy dominates its yardstick.

    Attributes
    ----------
    first, second : str
        In the first and in the second order: ``"dominates"``, ``"is dominated"``, ``"neither"`` or ``"open"``.
    p_first, p_second : (float, float)
        Chance of so large a violation where none is: of "it dominates", and of "it is dominated".
    """

    first: str
    second: str
    p_first: tuple[float, float]
    p_second: tuple[float, float]


def dominance(sample: Floats, other: Floats, *, more: bool = True) -> Dominance:
    """Test whether a sample dominates another, taken on the same paths; nan where a path has no answer.

    Parameters
    ----------
    sample, other : float64 (path,)
        The answers of two policies.
    more : bool
        Whether more is better.

    Returns
    -------
    Dominance

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 400)
    >>> dominance(x + 0.2, x).first, dominance(x, x).first
    ('dominates', 'open')
    """
    one, two = (sample, other) if more else (-sample, -other)
    both = np.concatenate([one[~np.isnan(one)], two[~np.isnan(two)]])
    if not len(both):
        return Dominance("open", "open", (1.0, 1.0), (1.0, 1.0))
    grid = np.unique(np.quantile(both, np.linspace(0.0, 1.0, GRID), method="inverted_cdf"))
    p_first = _tested(_below(one, grid), _below(two, grid))
    p_second = _tested(_short(one, grid), _short(two, grid))
    return Dominance(_verdict(*p_first), _verdict(*p_second), p_first, p_second)


def _verdict(dominates: float, dominated: float) -> str:
    """Return what two tests say together."""
    if dominates < REFUSED:
        return "neither" if dominated < REFUSED else "is dominated"
    return "dominates" if dominated < REFUSED else "open"


def _below(sample: Floats, grid: Floats) -> Floats:
    """Return whether each path is at most each point, (point, path); nan where it has no answer."""
    return np.where(np.isnan(sample), np.nan, (sample <= grid[:, None]).astype(np.float64))


def _short(sample: Floats, grid: Floats) -> Floats:
    """Return how far each path falls short of each point, (point, path)."""
    return np.maximum(grid[:, None] - sample, 0.0)


def _tested(one: Floats, two: Floats) -> tuple[float, float]:
    """Return the two p-values: that the one dominates, and that the other does."""
    (mean, psi), (other, psi_other) = _influences(one), _influences(two)
    difference, psi = mean - other, psi - psi_other
    n = psi.shape[1]
    draws = joint_normals(psi @ psi.T / n, DRAWS).max(axis=0)
    found = []
    for sign in (1.0, -1.0):
        statistic = np.sqrt(n) * float((sign * difference).max())
        refused = statistic > 0.0
        found.append(float((draws >= statistic).mean()) if refused else 1.0)
    return found[0], found[1]


def _influences(values: Floats) -> tuple[Floats, Floats]:
    """Return means (point,) and influences (point, path)."""
    counts = ~np.isnan(values[0])
    share = max(float(counts.mean()), 1e-300)
    mean = np.asarray(values[:, counts].mean(axis=1)) if counts.any() else np.zeros(len(values))
    return mean, np.where(counts, (np.nan_to_num(values) - mean[:, None]) / share, 0.0)
