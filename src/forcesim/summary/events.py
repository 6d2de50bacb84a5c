"""Exact counts of an expression that is true or false, month by month."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Event"]


class Event:
    """Exact counts of an expression that is true or false.

    Attributes
    ----------
    first : int64 (month + 1,)
        Paths in which it first came true in that month; the last entry: never.
    stays : int64 (month,)
        Of those, the ones in which it then is true in every month to the last.
    holds : int64 (month,)
        Paths in which it is true in that month.
    lasting : int64 (month,)
        Paths in which it is true from that month to the last.

    Examples
    --------
    >>> event = Event(3)
    >>> event.fold(np.array([[False, True], [True, False], [True, False]]))
    >>> event.first.tolist(), event.stays.tolist(), event.holds.tolist()
    ([1, 1, 0, 0], [0, 1, 0], [1, 1, 1])
    """

    __slots__ = ("first", "holds", "lasting", "stays")

    def __init__(self, months: int) -> None:
        """Begin with no path."""
        self.first = np.zeros(months + 1, dtype=np.int64)
        self.stays = np.zeros(months, dtype=np.int64)
        self.holds = np.zeros(months, dtype=np.int64)
        self.lasting = np.zeros(months, dtype=np.int64)

    def fold(self, true: npt.NDArray[np.bool_]) -> None:
        """Count (month, path)."""
        months = len(self.holds)
        first = np.where(true.any(axis=0), true.argmax(axis=0), months)
        since = np.where(true[-1], months - true[::-1].argmin(axis=0), months)
        since[true.all(axis=0)] = 0
        self.first += np.bincount(first, minlength=months + 1)
        self.stays += np.bincount(first[(first == since) & (first < months)], minlength=months)
        self.holds += np.count_nonzero(true, axis=1)
        self.lasting += np.cumsum(np.bincount(since, minlength=months + 1))[:months]

    def merge(self, other: Event) -> None:
        """Add another's counts."""
        for name in self.__slots__:
            getattr(self, name)[:] += getattr(other, name)
