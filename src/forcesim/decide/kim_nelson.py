"""The procedure of Kim and Nelson: drop what is behind by too much, and go on with the rest.

There are k alternatives on common futures. Let S^2_il be the variance of the difference of i and l over the first n0
paths. Let d be the indifference zone and 1 - a the confidence. After r paths i is dropped if its
mean is behind that of some l by more than::

    W_il(r) = max(0, d / (2 r) (h^2 S^2_il / d^2 - r))
    h^2 = (n0 - 1) ((2 a / (k - 1))^(-2 / (n0 - 1)) - 1)

If the best is ahead of every other by d or more, it is selected with a chance of at least 1 - a, whatever the
correlation. That is exact for normal answers looked at after every path. Looking less often errs on the safe side, and
means of hundreds of paths are near to normal.

References
----------
Kim, S.-H. and Nelson, B. L. (2001), A fully sequential procedure for indifference-zone selection in simulation, ACM
Transactions on Modeling and Computer Simulation 11(3), 251-273.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from forcesim.arrays import Floats

__all__ = ["KimNelson"]


class KimNelson:
    """Alternatives while they are dropped one after the other; more is better.

    Parameters
    ----------
    first : float64 (alternative, path)
        Answers on the first paths, at least two of each.
    indifference : float
        The least difference that matters, above 0.
    confidence : float
        Least chance that the best is selected, in (1 / k, 1).

    Examples
    --------
    >>> steps = np.linspace(0.0, 1.0, 64)
    >>> found = KimNelson(np.stack([steps, steps + 1.0]), 0.5, 0.95)
    >>> found.left, found.best
    ([1], 1)
    """

    def __init__(self, first: Floats, indifference: float, confidence: float = 0.95) -> None:
        """Take the variances of the first stage, and look at once."""
        self.paths, self.delta = first.shape[1], indifference
        k, free = len(first), self.paths - 1
        apart = first[:, None, :] - first[None, :, :]
        h2 = free * ((2.0 * (1.0 - confidence) / max(k - 1, 1)) ** (-2.0 / free) - 1.0)
        self.needed = h2 * apart.var(axis=2, ddof=1) / indifference**2
        """Paths after which two are told apart whatever their means, (alternative, alternative)."""
        self.sums = first.sum(axis=1)
        self.left = list(range(k))
        self._look()

    @property
    def means(self) -> Floats:
        """Return the mean of each alternative that is left, in the order of ``left``."""
        return np.asarray(self.sums[self.left] / self.paths)

    @property
    def best(self) -> int:
        """Return the alternative that is ahead."""
        return self.left[int(self.means.argmax())]

    @property
    def decided(self) -> bool:
        """Return whether one is left."""
        return len(self.left) == 1

    def take(self, more: Floats) -> None:
        """Take in answers on further paths, (alternative left, path), and drop what is behind by too much."""
        self.sums[self.left] += more.sum(axis=1)
        self.paths += more.shape[1]
        self._look()

    def _look(self) -> None:
        """Drop what is behind by too much; where nothing is left to find out, all but the one that is ahead."""
        needed = self.needed[np.ix_(self.left, self.left)]
        if self.paths > needed.max():
            self.left = [self.best]
            return
        margin = np.maximum(0.0, self.delta / (2.0 * self.paths) * (needed - self.paths))
        behind = self.means[:, None] < self.means[None, :] - margin
        self.left = [one for one, dropped in zip(self.left, behind.any(axis=1), strict=True) if not dropped]
