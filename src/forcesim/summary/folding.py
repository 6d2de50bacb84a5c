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

from forcesim.addresses import part
from forcesim.arrays import Floats, Ints  # noqa: TC001 - named tuples that Numba reads
from forcesim.kernels import kernel, law
from forcesim.summary.buckets import BUCKETS, PAGES, ZERO, add_page, count_row, sort_in, take, value_of
from forcesim.summary.sums import CHUNK, LIMBS, TOO_LARGE, add_constant_row, add_row

__all__ = ["Store", "Workspace", "fold_month", "workspace"]

Pages = npt.NDArray[np.int32]
Counts = npt.NDArray[np.uint32]


class Store(NamedTuple):
    """What the summary holds of all cells (month, row), each flat: one cell's numbers behind the other's."""

    sums: Ints
    squares: Ints
    extremes: Floats
    pages: Pages
    pool: Counts
    used: Ints


class Workspace(NamedTuple):
    """What folding needs for blocks of one size: copies of rows, and the counts of one row before they are added."""

    copies: Floats  # (row, path), flat
    since: Ints  # the month of each copy; -1: none
    seen: Ints  # the tick at which each row was written when it was last folded
    keys: Counts
    near: Counts
    halves: Floats
    sums: Ints
    squares: Ints
    pages: Pages
    counts: Counts
    used: Ints


ROUNDING = 1e-9
"""A value below its floor by less than this part of the row's greatest is a rounding error."""


def workspace(rows: int, paths: int) -> Workspace:
    """Return room to work on blocks of so many paths."""
    return Workspace(
        copies=np.zeros(rows * paths),
        since=np.full(rows, -1, dtype=np.int64),
        seen=np.full(rows, -1, dtype=np.int64),
        keys=np.zeros(paths, dtype=np.uint32),
        near=np.zeros(2 * ZERO * BUCKETS, dtype=np.uint32),
        halves=np.zeros(CHUNK // 2),
        sums=np.zeros(LIMBS, dtype=np.int64),
        squares=np.zeros(LIMBS, dtype=np.int64),
        pages=np.full(PAGES, -1, dtype=np.int32),
        counts=np.zeros(PAGES * BUCKETS, dtype=np.uint32),
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


@law
def _widen(extremes: Floats, cell: int, low: float, high: float) -> None:
    """Take the ends of a row into those of a cell."""
    extremes[2 * cell] = min(extremes[2 * cell], low)
    extremes[2 * cell + 1] = max(extremes[2 * cell + 1], high)


@kernel
def _add_months(x: Floats, row: int, rows: int, first: int, last: int, store: Store, work: Workspace) -> None:
    """Fold one row into the months ``first`` to ``last``: counted once, added to each."""
    least, most = sort_in(x, work.keys)
    low, high = value_of(least), value_of(most)
    work.sums[:] = 0
    work.squares[:] = 0
    work.used[0] = 0
    if least != most or x.shape[0] % CHUNK != 0:
        add_row(x, work.sums, work.squares, work.halves)
    elif least != 0:
        add_constant_row(low, x.shape[0], work.sums, work.squares)
    count_row(work.keys, least, most, work.pages, 0, work.counts, work.used, work.near)
    for month in range(first, last + 1):
        cell = month * rows + row
        sums, squares = part(store.sums, cell * LIMBS, LIMBS), part(store.squares, cell * LIMBS, LIMBS)
        for limb in range(LIMBS):
            sums[limb] += work.sums[limb]
            squares[limb] += work.squares[limb]
        _widen(store.extremes, cell, low, high)
    for place in range(PAGES):
        page = int(work.pages[place])
        if page >= 0:
            for month in range(first, last + 1):
                add_page(store.pool, take(store.pages, month * rows + row, place, store.used), work.counts, page)
            part(work.counts, page * BUCKETS, BUCKETS)[:] = 0
            work.pages[place] = -1


@kernel
def _fold_row(x: Floats, cell: int, floor: float, store: Store, work: Workspace) -> bool:
    """Fold one row into its cell; return whether all of it is finite, of a size, and above its floor."""
    least, most = sort_in(x, work.keys)
    low, high = value_of(least), value_of(most)
    if not (low > -TOO_LARGE and high < TOO_LARGE) or low < floor - ROUNDING * max(high, 1.0):
        return False
    sums, squares = part(store.sums, cell * LIMBS, LIMBS), part(store.squares, cell * LIMBS, LIMBS)
    if least != most or x.shape[0] % CHUNK != 0:
        if not add_row(x, sums, squares, work.halves):
            return False
    elif least != 0:
        add_constant_row(low, x.shape[0], sums, squares)
    _widen(store.extremes, cell, low, high)
    count_row(work.keys, least, most, store.pages, cell, store.pool, store.used, work.near)
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
    says when each row of the state was last written: one that was not is not even compared.
    """
    since, count, paths, room = work.since, rows.shape[0], state.shape[1], store.pool.shape[0] // BUCKETS
    flat = state.reshape(-1)
    for r in range(begin, count):
        x, copy, tick = part(flat, rows[r] * paths, paths), part(work.copies, r * paths, paths), ticks[rows[r]]
        if month == 0:
            since[r] = -1
        waits = since[r] >= 0
        if store.used[0] + PAGES * (month - since[r] + 1 if waits else 1) > room:
            return r, -1
        untouched = month > 0 and tick == work.seen[r]
        work.seen[r] = tick
        if waits and (untouched or _same(x, copy)):
            if month == months - 1:
                _add_months(x, r, count, since[r] + 1, month, store, work)
            continue
        if waits and since[r] + 1 < month:
            _add_months(copy, r, count, since[r] + 1, month - 1, store, work)
        elif waits:
            waits = False
            since[r] = -1
        if not _fold_row(x, month * count + r, floors[r], store, work):
            return r, r
        if waits or month == 1:
            copy[:] = x
            since[r] = month
    return count, -1
