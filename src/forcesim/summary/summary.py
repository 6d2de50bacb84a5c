"""What is known of the recorded rows in every month, however many paths there are."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from forcesim.errors import Fault, ResultError
from forcesim.summary.buckets import BUCKETS, PAGES, middles, ranked
from forcesim.summary.events import Event
from forcesim.summary.folding import Store, Workspace, fold_month, workspace
from forcesim.summary.sums import CHUNK, LIMBS, TOO_LARGE, UNIT, exact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forcesim.arrays import Floats, Ints

__all__ = ["CHUNK", "TOO_LARGE", "Summary"]

Pages = npt.NDArray[np.int32]
Counts = npt.NDArray[np.uint32]
Arrays = dict[str, npt.NDArray[Any]]


class Summary:
    """What is known of the recorded rows in every month, however many paths there are.

    Parameters
    ----------
    rows : int
        Recorded rows.
    months : int
        Months, month 0 among them.
    floors : float64 (row,), optional
        What no value of a row may fall below (save by rounding); no bound unless given.

    Examples
    --------
    >>> summary = Summary(1, 1)
    >>> summary.fold(0, np.array([[1.0, 2.0, 6.0]]), np.array([0]))
    -1
    >>> summary.mean()[0, 0], summary.least()[0, 0], summary.most()[0, 0]
    (np.float64(3.0), np.float64(1.0), np.float64(6.0))
    """

    def __init__(self, rows: int, months: int, *, floors: Floats | None = None) -> None:
        """Begin with no path."""
        self.rows, self.months = rows, months
        self._floors = np.full(rows, -np.inf) if floors is None else floors
        self.counts = np.zeros(months, dtype=np.int64)
        self.sums = np.zeros((months, rows, LIMBS), dtype=np.int64)
        self.squares = np.zeros((months, rows, LIMBS), dtype=np.int64)
        self.extremes = np.tile(np.array([np.inf, -np.inf]), (months, rows, 1))
        self.pages = np.full((months, rows, PAGES), -1, dtype=np.int32)
        # memory is taken as pages are used; growing would copy, and hold both for a while
        self.pool = np.zeros((12 * rows * months + PAGES + 64, BUCKETS), dtype=np.uint32)
        self.used = np.zeros(1, dtype=np.int64)
        self.events: dict[str, Event] = {}
        self.pairs: dict[tuple[str, str], Ints] = {}
        self._work: Workspace | None = None

    @property
    def paths(self) -> int:
        """Return how many paths were folded in."""
        return int(self.counts[0])

    def fold(self, month: int, state: Floats, rows: Ints, ticks: Ints | None = None) -> int:
        """Fold one month of a block that begins at a multiple of 256; a block's months come in their order.

        What is folded shows in the summary when the block's last month is.

        Parameters
        ----------
        month : int
            The month.
        state : float64 (row, path)
            All rows, each contiguous.
        rows : int64 (recorded row,)
            Which of them are recorded.
        ticks : int64 (row,), optional
            A number for each row that rises when the row is written; unless given, all count as written.

        Returns
        -------
        int
            -1, or the recorded row that holds something other than finite numbers below 2^64 in
            size and above its floor; the summary then is of no more use.
        """
        if self._work is None or len(self._work.keys) != state.shape[1]:
            self._work = workspace(self.rows, state.shape[1])
        if ticks is None:
            ticks = np.full(len(state), self._work.seen.max(initial=0) + 1)
        begin = 0
        while True:
            store = Store(
                sums=self.sums.reshape(-1),
                squares=self.squares.reshape(-1),
                extremes=self.extremes.reshape(-1),
                pages=self.pages.reshape(-1),
                pool=self.pool.reshape(-1),
                used=self.used,
            )
            begin, bad = fold_month(state, rows, ticks, self._floors, begin, month, self.months, store, self._work)
            if bad >= 0:
                return int(bad)
            if begin == len(rows):
                break
            self._grow(len(self.pool) + PAGES * self.months)
        self.counts[month] += state.shape[1]
        return -1

    def watch(self, true: Mapping[str, npt.NDArray[np.bool_]]) -> None:
        """Count the events of a block, each (month, path); for each two of them, when both first came true."""
        first = {name: self.events.setdefault(name, Event(self.months)).fold(found) for name, found in true.items()}
        size = self.months + 1
        for pair in itertools.combinations(sorted(first), 2):
            both = self.pairs.setdefault(pair, np.zeros((size, size), dtype=np.int64))
            both += np.bincount(first[pair[0]] * size + first[pair[1]], minlength=size * size).reshape(size, size)

    def merge(self, other: Summary) -> Self:
        """Add another summary of the same rows and months; the order of merging cannot matter."""
        if (self.rows, self.months) != (other.rows, other.months):
            raise ResultError(Fault("summary", "must have as many rows and months", f"{other.rows} and {other.months}"))
        self.counts += other.counts
        self.sums += other.sums
        self.squares += other.squares
        np.minimum(self.extremes[..., 0], other.extremes[..., 0], out=self.extremes[..., 0])
        np.maximum(self.extremes[..., 1], other.extremes[..., 1], out=self.extremes[..., 1])
        mine, others = self.pages.reshape(-1), other.pages.reshape(-1)
        held = np.flatnonzero(others >= 0)
        new = held[mine[held] < 0]
        self._grow(int(self.used[0]) + len(new) + PAGES)
        mine[new] = np.arange(len(new)) + self.used[0]
        self.used[0] += len(new)
        for part in np.array_split(held, len(held) // 4096 + 1):
            self.pool[mine[part]] += other.pool[others[part]]
        for name, event in other.events.items():
            self.events.setdefault(name, Event(self.months)).merge(event)
        for pair, counts in other.pairs.items():
            self.pairs[pair] = self.pairs[pair] + counts if pair in self.pairs else counts.copy()
        return self

    def _grow(self, pages: int) -> None:
        """Make room for at least so many pages."""
        if pages > len(self.pool):
            pool = np.zeros((max(pages, len(self.pool) * 3 // 2), BUCKETS), dtype=np.uint32)
            pool[: self.used[0]] = self.pool[: self.used[0]]
            self.pool = pool

    def mean(self) -> Floats:
        """Return the means, (month, row); each is the exact sum over the paths, divided and rounded once."""
        units = np.maximum(self.counts, 1).astype(object)[:, None] << UNIT
        return np.asarray(exact(self.sums) / units, dtype=np.float64)

    def variance(self) -> Floats:
        """Return the variances, (month, row), with n - 1; exactly 0 where all paths agree."""
        n = self.counts.astype(object)[:, None]
        total, square = exact(self.sums), exact(self.squares)
        # n sum(x^2) - (sum x)^2 in whole numbers: nothing cancels before the one rounding
        spread = ((n * square) << UNIT) - total * total
        spread[self.extremes[..., 0] >= self.extremes[..., 1]] = 0
        return np.asarray(np.maximum(spread, 0) / (np.maximum(n * (n - 1), 1) << 2 * UNIT), dtype=np.float64)

    def least(self) -> Floats:
        """Return the least values, (month, row)."""
        return self.extremes[..., 0]

    def most(self) -> Floats:
        """Return the greatest values, (month, row)."""
        return self.extremes[..., 1]

    def quantiles(self, shares: npt.ArrayLike, row: int | slice, month: int | slice = slice(None)) -> Floats:
        """Return quantiles, each within 0.4 % of the value of its rank.

        The quantile of share q of n paths is the least value that at least q n of them do not exceed.

        Parameters
        ----------
        shares : sequence of float
            In [0, 1], in any order.
        row : int or slice
            Recorded rows.
        month : int or slice
            Months; all unless given.

        Returns
        -------
        float64 (month, row, share)
            Without the axis of a row or month that was given as a whole number.
        """
        q = np.asarray(shares, dtype=np.float64)
        months, rows, order = np.arange(self.months)[month], np.arange(self.rows)[row], np.argsort(q)
        cells = np.ix_(np.atleast_1d(months), np.atleast_1d(rows))
        pages, ends, n = self.pages[cells], self.extremes[cells], self.counts[cells[0]][..., None]
        ranks = np.clip(np.ceil(n * q[order]), 1, np.maximum(n, 1)).astype(np.int64)
        ranks = np.broadcast_to(ranks, (*pages.shape[:2], len(q))).reshape(-1, len(q))
        buckets = np.zeros_like(ranks)
        ranked(pages.reshape(-1, PAGES), self.pool, ranks, buckets)
        found = np.empty((*pages.shape[:2], len(q)))
        found[..., order] = middles()[buckets].reshape(found.shape)
        return np.clip(found, ends[..., :1], ends[..., 1:]).reshape(*months.shape, *rows.shape, len(q))

    def arrays(self) -> Arrays:
        """Return all as plain arrays; pages in the order of their cells, so that equal summaries give equal arrays."""
        flat = self.pages.reshape(-1)
        held = np.flatnonzero(flat >= 0)
        found: Arrays = {
            "counts": self.counts,
            "sums": self.sums,
            "squares": self.squares,
            "extremes": self.extremes,
            "page_cells": held,
            "page_counts": self.pool[flat[held]],
        }
        for name, event in sorted(self.events.items()):
            found[f"event:{name}"] = event.array()
        for pair, counts in sorted(self.pairs.items()):
            found[f"pair:{json.dumps(pair)}"] = counts
        return found

    @classmethod
    def of_arrays(cls, arrays: Arrays) -> Self:
        """Return the summary that :meth:`arrays` described."""
        months, rows = arrays["sums"].shape[:2]
        summary = cls(rows, months)
        for name in ("counts", "sums", "squares", "extremes"):
            getattr(summary, name)[:] = arrays[name]
        held = arrays["page_cells"]
        summary._grow(len(held) + PAGES)
        summary.pages.reshape(-1)[held] = np.arange(len(held))
        summary.pool[: len(held)] = arrays["page_counts"]
        summary.used[0] = len(held)
        for name, found in arrays.items():
            if name.startswith("event:"):
                summary.events[name.removeprefix("event:")] = Event.of_array(found, months)
            elif name.startswith("pair:"):
                one, other = json.loads(name.removeprefix("pair:"))
                summary.pairs[one, other] = found.astype(np.int64).reshape(months + 1, months + 1)
        return summary

    def __eq__(self, other: object) -> bool:
        """Return whether another summary holds the same to the last bit, in whatever order it was folded."""
        if not isinstance(other, Summary):
            return NotImplemented
        mine, others = self.arrays(), other.arrays()
        return mine.keys() == others.keys() and all(np.array_equal(mine[name], others[name]) for name in mine)

    __hash__ = None  # type: ignore[assignment]
