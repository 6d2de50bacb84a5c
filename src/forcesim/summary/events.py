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
    spent : int64 (month + 1,)
        Paths in which it is true in so many months.

    Examples
    --------
    >>> event = Event(3)
    >>> event.fold(np.array([[False, True], [True, False], [True, False]])).tolist()
    [1, 0]
    >>> event.first.tolist(), event.stays.tolist(), event.holds.tolist(), event.spent.tolist()
    ([1, 1, 0, 0], [0, 1, 0], [1, 1, 1], [0, 1, 1, 0])
    """

    __slots__ = ("first", "holds", "lasting", "spent", "stays")

    def __init__(self, months: int) -> None:
        """Begin with no path."""
        self.first = np.zeros(months + 1, dtype=np.int64)
        self.stays = np.zeros(months, dtype=np.int64)
        self.holds = np.zeros(months, dtype=np.int64)
        self.lasting = np.zeros(months, dtype=np.int64)
        self.spent = np.zeros(months + 1, dtype=np.int64)

    def fold(self, true: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Count (month, path); return the month in which each path first has it, or as many as there are months."""
        months = len(self.holds)
        first = np.where(true.any(axis=0), true.argmax(axis=0), months)
        since = np.where(true[-1], months - true[::-1].argmin(axis=0), months)
        since[true.all(axis=0)] = 0
        self.first += np.bincount(first, minlength=months + 1)
        self.stays += np.bincount(first[(first == since) & (first < months)], minlength=months)
        self.holds += np.count_nonzero(true, axis=1)
        self.lasting += np.cumsum(np.bincount(since, minlength=months + 1))[:months]
        self.spent += np.bincount(np.count_nonzero(true, axis=0), minlength=months + 1)
        return np.asarray(first)

    def array(self) -> npt.NDArray[np.int64]:
        """Return all counts as one row of numbers."""
        return np.concatenate([getattr(self, name) for name in self.__slots__])

    @classmethod
    def of_array(cls, counts: npt.NDArray[np.int64], months: int) -> Event:
        """Return the event that :meth:`array` described."""
        event, begin = cls(months), 0
        for name in cls.__slots__:
            own = getattr(event, name)
            own[:] = counts[begin : begin + len(own)]
            begin += len(own)
        if begin != len(counts):
            raise ValueError("counts of an event that do not fit the months")
        return event

    def merge(self, other: Event) -> None:
        """Add another's counts."""
        for name in self.__slots__:
            getattr(self, name)[:] += getattr(other, name)
