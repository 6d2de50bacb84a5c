"""One month of a block into the summary. A row that does not change is counted once, for all months in which it is so.

Many rows change once a year (budgets, shares), or not before something happens (contingents). A row that was the same
in months 1 and 2 is copied, and while it equals its copy nothing is done. When it changes, or the block ends, the copy
is counted once, and the counts are added to every month in which the row was unchanged. A row that changes in two
successive months is again counted month by month. Counts and sums are whole numbers, so the bits are those of folding
each month.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forcesim.arrays import Floats, Ints  # noqa: TC001 - named tuples that Numba reads
from forcesim.kernels import kernel
from forcesim.summary.buckets import BUCKETS, PAGES, ZERO, count_row, sort_in, take, value_of
from forcesim.summary.sums import CHUNK, LIMBS, TOO_LARGE, add_constant_row, add_row

__all__ = ["Store", "Workspace", "fold_month", "workspace"]

Pages = npt.NDArray[np.int32]
Counts = npt.NDArray[np.uint32]


class Store(NamedTuple):
    """What the summary holds of all months and rows."""

    sums: Ints
    squares: Ints
    extremes: Floats
    pages: Pages
    pool: Counts
    used: Ints


class Workspace(NamedTuple):
    """What folding needs for blocks of one size: copies of rows, and the counts of one row before they are added."""

    copies: Floats
    since: Ints  # the month of each copy; -1: none
    seen: Ints  # the tick at which each row was written when it was last folded
    keys: Counts
    near: Counts
    halves: Floats
    sums: Ints
    pages: Pages
    counts: Counts
    used: Ints


ROUNDING = 1e-9
"""A value below its floor by less than this part of the row's greatest is a rounding error."""


def workspace(rows: int, paths: int) -> Workspace:
    """Return room to work on blocks of so many paths."""
    return Workspace(
        copies=np.zeros((rows, paths)),
        since=np.full(rows, -1, dtype=np.int64),
        seen=np.full(rows, -1, dtype=np.int64),
        keys=np.zeros(paths, dtype=np.uint32),
        near=np.zeros((2, ZERO * BUCKETS), dtype=np.uint32),
        halves=np.zeros(CHUNK // 2),
        sums=np.zeros((2, LIMBS), dtype=np.int64),
        pages=np.full(PAGES, -1, dtype=np.int32),
        counts=np.zeros((PAGES, BUCKETS), dtype=np.uint32),
        used=np.zeros(1, dtype=np.int64),
    )


@kernel
def _same(x: Floats, copy: Floats) -> bool:
    """Return whether a row equals its copy; most that do not differ at the beginning."""
    for begin in range(0, x.shape[0], CHUNK):
        differ = 0
        for i in range(begin, min(begin + CHUNK, x.shape[0])):
            differ |= x[i] != copy[i]
        if differ != 0:
            return False
    return True


@kernel
def _add_months(x: Floats, row: int, first: int, last: int, store: Store, work: Workspace) -> None:
    """Fold one row into the months ``first`` to ``last``: counted once, added to each."""
    least, most = sort_in(x, work.keys)
    low, high = value_of(least), value_of(most)
    work.sums[:] = 0
    work.used[0] = 0
    if least != most or x.shape[0] % CHUNK != 0:
        add_row(x, work.sums[0], work.sums[1], work.halves)
    elif least != 0:
        add_constant_row(low, x.shape[0], work.sums[0], work.sums[1])
    count_row(work.keys, least, most, work.pages, work.counts, work.used, work.near)
    for month in range(first, last + 1):
        for limb in range(LIMBS):
            store.sums[month, row, limb] += work.sums[0, limb]
            store.squares[month, row, limb] += work.sums[1, limb]
        ends = store.extremes[month, row]
        ends[0], ends[1] = min(ends[0], low), max(ends[1], high)
    for place in range(PAGES):
        if work.pages[place] >= 0:
            counts = work.counts[work.pages[place]]
            for month in range(first, last + 1):
                page = store.pool[take(place, store.pages[month, row], store.used)]
                for j in range(BUCKETS):
                    page[j] += counts[j]
            counts[:] = 0
            work.pages[place] = -1


@kernel
def _fold_row(x: Floats, row: int, month: int, floor: float, store: Store, work: Workspace) -> bool:
    """Fold one row into its month; return whether all of it is finite, of a size, and above its floor."""
    least, most = sort_in(x, work.keys)
    low, high = value_of(least), value_of(most)
    if not (low > -TOO_LARGE and high < TOO_LARGE) or low < floor - ROUNDING * max(high, 1.0):
        return False
    if least != most or x.shape[0] % CHUNK != 0:
        if not add_row(x, store.sums[month, row], store.squares[month, row], work.halves):
            return False
    elif least != 0:
        add_constant_row(low, x.shape[0], store.sums[month, row], store.squares[month, row])
    ends = store.extremes[month, row]
    ends[0], ends[1] = min(ends[0], low), max(ends[1], high)
    count_row(work.keys, least, most, store.pages[month, row], store.pool, store.used, work.near)
    return True


@kernel
def fold_month(
    state: Floats,
    rows: Ints,
    ticks: Ints,
    floors: Floats,
    begin: int,
    month: int,
    months: int,
    store: Store,
    work: Workspace,
) -> tuple[int, int]:
    """Fold the recorded rows of a month from ``begin`` on; return where it stopped, and a row that is refused or -1.

    The months of a block come in their order. It stops before a row for which the pool may be too small. ``ticks``
    says when each recorded row was last written: one that was not is not even compared.
    """
    since = work.since
    for r in range(begin, rows.shape[0]):
        x = state[rows[r]]
        if month == 0:
            since[r] = -1
        waits = since[r] >= 0
        if store.used[0] + PAGES * (month - since[r] + 1 if waits else 1) > store.pool.shape[0]:
            return r, -1
        untouched = month > 0 and ticks[r] == work.seen[r]
        work.seen[r] = ticks[r]
        if waits and (untouched or _same(x, work.copies[r])):
            if month == months - 1:
                _add_months(x, r, since[r] + 1, month, store, work)
            continue
        if waits and since[r] + 1 < month:
            _add_months(work.copies[r], r, since[r] + 1, month - 1, store, work)
        elif waits:
            waits = False
            since[r] = -1
        if not _fold_row(x, r, month, floors[r], store, work):
            return r, r
        if waits or month == 1:
            work.copies[r] = x
            since[r] = month
    return rows.shape[0], -1
