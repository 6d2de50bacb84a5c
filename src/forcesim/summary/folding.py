"""One month of a block into the summary; rows that stand still are folded once for all months in which they do.

Many rows change once a year (budgets, shares) or not before something happens (contingents). Of each row that stood
still from month 1 to month 2 a copy is kept, and while the row equals its copy nothing is done. When it moves, or the
block ends, the copy is counted once and poured into all months that waited. A row that moves twice in a row is let
go. Counts and sums are whole numbers, so the bits are those of folding each month.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forcesim.arrays import Floats, Ints
from forcesim.kernels import kernel
from forcesim.summary.buckets import BUCKETS, PAGES, ZERO, count_row, sort_in, take, value_of
from forcesim.summary.sums import CHUNK, LIMBS, TOO_LARGE, add_constant_row, add_row

__all__ = ["Desk", "Store", "desk", "fold_month"]

Pages = npt.NDArray[np.int32]
Counts = npt.NDArray[np.uint32]

Store = tuple[Ints, Ints, Floats, Pages, Counts, Ints]
"""Of all months and rows: sums, sums of squares, extremes, pages, the pool of pages, how many are used."""

Desk = tuple[Floats, Ints, Counts, Counts, Floats, Ints, Pages, Counts, Ints]
"""Of a block: copies of rows, the month of each (-1: none), keys, counts close by, halves; then what waits to be
poured: sums, pages, their counts, how many are used."""

ROUNDING = 1e-9
"""A value below its floor by less than this part of the row's greatest is a rounding error."""


def desk(rows: int, paths: int) -> Desk:
    """Return room to work on blocks of so many paths."""
    return (
        np.zeros((rows, paths)),
        np.full(rows, -1, dtype=np.int64),
        np.zeros(paths, dtype=np.uint32),
        np.zeros((2, ZERO * BUCKETS), dtype=np.uint32),
        np.zeros(CHUNK // 2),
        np.zeros((2, LIMBS), dtype=np.int64),
        np.full(PAGES, -1, dtype=np.int32),
        np.zeros((PAGES, BUCKETS), dtype=np.uint32),
        np.zeros(1, dtype=np.int64),
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
def _pour(x: Floats, row: int, first: int, last: int, store: Store, desk: Desk) -> None:
    """Fold one row into the months ``first`` to ``last``: counted once, added to each."""
    sums, squares, extremes, pages, pool, used = store
    _, _, keys, near, work, waiting, waiting_pages, waiting_counts, waiting_used = desk
    least, most = sort_in(x, keys)
    low, high = value_of(least), value_of(most)
    waiting[:] = 0
    waiting_used[0] = 0
    if least != most or x.shape[0] % CHUNK != 0:
        add_row(x, waiting[0], waiting[1], work)
    elif least != 0:
        add_constant_row(low, x.shape[0], waiting[0], waiting[1])
    count_row(keys, least, most, waiting_pages, waiting_counts, waiting_used, near)
    for month in range(first, last + 1):
        for limb in range(LIMBS):
            sums[month, row, limb] += waiting[0, limb]
            squares[month, row, limb] += waiting[1, limb]
        ends = extremes[month, row]
        ends[0], ends[1] = min(ends[0], low), max(ends[1], high)
    for place in range(PAGES):
        if waiting_pages[place] >= 0:
            counts = waiting_counts[waiting_pages[place]]
            for month in range(first, last + 1):
                page = pool[take(place, pages[month, row], used)]
                for j in range(BUCKETS):
                    page[j] += counts[j]
            counts[:] = 0
            waiting_pages[place] = -1


@kernel
def _fold_row(x: Floats, row: int, month: int, floor: float, store: Store, desk: Desk) -> bool:
    """Fold one row into its month; return whether all of it is finite, of a size, and above its floor."""
    sums, squares, extremes, pages, pool, used = store
    _, _, keys, near, work, _, _, _, _ = desk
    least, most = sort_in(x, keys)
    low, high = value_of(least), value_of(most)
    if not (low > -TOO_LARGE and high < TOO_LARGE) or low < floor - ROUNDING * max(high, 1.0):
        return False
    if least != most or x.shape[0] % CHUNK != 0:
        if not add_row(x, sums[month, row], squares[month, row], work):
            return False
    elif least != 0:
        add_constant_row(low, x.shape[0], sums[month, row], squares[month, row])
    ends = extremes[month, row]
    ends[0], ends[1] = min(ends[0], low), max(ends[1], high)
    count_row(keys, least, most, pages[month, row], pool, used, near)
    return True


@kernel
def fold_month(
    state: Floats, rows: Ints, floors: Floats, begin: int, month: int, months: int, store: Store, desk: Desk
) -> tuple[int, int]:
    """Fold the recorded rows of a month from ``begin`` on; return where it stopped, and a row that is refused or -1.

    The months of a block come in their order. It stops before a row for which the pool may be too small.
    """
    copies, since = desk[0], desk[1]
    pool, used = store[4], store[5]
    for r in range(begin, rows.shape[0]):
        x = state[rows[r]]
        if month == 0:
            since[r] = -1
        waits = since[r] >= 0
        if used[0] + PAGES * (month - since[r] + 1 if waits else 1) > pool.shape[0]:
            return r, -1
        if waits and _same(x, copies[r]):
            if month == months - 1:
                _pour(x, r, since[r] + 1, month, store, desk)
            continue
        if waits and since[r] + 1 < month:
            _pour(copies[r], r, since[r] + 1, month - 1, store, desk)
        elif waits:
            waits = False
            since[r] = -1
        if not _fold_row(x, r, month, floors[r], store, desk):
            return r, r
        if waits or month == 1:
            copies[r] = x
            since[r] = month
    return rows.shape[0], -1
