"""Quantile counts: a value is counted in the bucket of its sign, its exponent and its 7 leading bits.

Buckets are 2^-7 of their power of two wide, so a bucket's middle is within 0.4 % of any value in it
(compare DDSketch: Masson, Rim and Lee 2019, PVLDB 12(12), 2195-2205). Counts merge by addition; one
bucket holds at most 2^32 - 1 paths. A page of 128 buckets (one octave) exists once something fell into
it. Values below 2^-40 in size count as zero, those above 2^60 as of that size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forcesim.addresses import part
from forcesim.kernels import bits_of_float, float_of_bits, kernel, law, wide

if TYPE_CHECKING:
    from forcesim.arrays import Floats, Ints

__all__ = ["BUCKETS", "PAGES", "ZERO", "add_page", "count_row", "middles", "ranked", "sort_in", "take", "value_of"]

SMALLEST, LARGEST = -40, 60
OCTAVES = LARGEST - SMALLEST
ZERO = 2 * OCTAVES
PAGES = 2 * OCTAVES + 1
BUCKETS = 128
FEW = 5

Int = Any  # an int64 in compiled code
Pages = npt.NDArray[np.int32]
Counts = npt.NDArray[np.uint32]

_FIRST_KEY = (1023 + SMALLEST) * BUCKETS
_HALF = OCTAVES * BUCKETS
_63 = np.uint64(63)
_BESIDE = np.uint64(ZERO * BUCKETS)
_7 = np.uint32(7)
_SIZE = np.uint64((1 << 63) - 1)
_MOST = (1 << 63) - 1


@law
def _bucket(size: Int, negative: Int) -> Int:
    """Return the bucket of a value from its bits without the sign, and its sign."""
    key = (size >> 45) - _FIRST_KEY
    beside = min(key, _HALF - 1) + negative * _HALF
    return ZERO * BUCKETS if key < 0 else beside


@law
def value_of(signed: Int) -> float:
    """Return the double whose bits are given as a whole number with its sign; there is one zero."""
    size = float_of_bits(np.uint64(abs(signed)))
    return size if signed >= 0 else -size


@kernel
def sort_in(x: Floats, keys: Counts) -> tuple[Int, Int]:
    """Write the bucket of each value; return the least and the greatest value as whole numbers (bits with a sign)."""
    wide()
    least: Int = _MOST
    most: Int = -_MOST
    for i in range(x.shape[0]):
        bits = bits_of_float(x[i])
        size, negative = np.int64(bits & _SIZE), np.int64(bits >> _63)
        signed = (size ^ -negative) + negative
        least, most = min(least, signed), max(most, signed)
        keys[i] = np.uint32(_bucket(size, negative))
    return least, most


@law
def take(pages: Pages, cell: int, place: Int, used: Ints) -> Int:
    """Return the page of an octave of a cell, taken from the pool when it is new."""
    at = cell * PAGES + place
    page = np.int64(pages[at])
    if page < 0:
        page = used[0]
        pages[at] = page
        used[0] += 1
    return page


@law
def add_page(pool: Counts, page: Int, counts: Counts, other: Int) -> None:
    """Add one page of counts to another."""
    to, these = part(pool, page * BUCKETS, BUCKETS), part(counts, other * BUCKETS, BUCKETS)
    for j in range(BUCKETS):
        to[j] += these[j]


@kernel
def _count_close_by(
    keys: Counts, first: Int, last: Int, pages: Pages, cell: int, pool: Counts, used: Ints, near: Counts
) -> None:
    """Count the buckets of one row that lie in a few octaves: two at a time, then add them up."""
    n = keys.shape[0]
    for i in range(0, n - 1, 2):
        near[np.uint64(keys[i])] += np.uint32(1)
        near[np.uint64(keys[i + 1]) + _BESIDE] += np.uint32(1)
    if n % 2 == 1:
        near[np.uint64(keys[n - 1])] += np.uint32(1)
    for place in range(first, last + 1):
        one, other = part(near, place * BUCKETS, BUCKETS), part(near, (ZERO + place) * BUCKETS, BUCKETS)
        total = np.uint32(0)
        for j in range(BUCKETS):
            one[j] += other[j]
            other[j] = np.uint32(0)
            total |= one[j]
        if total != 0:
            add_page(pool, take(pages, cell, place, used), near, place)
            for j in range(BUCKETS):
                one[j] = np.uint32(0)


@kernel
def _count(keys: Counts, pages: Pages, cell: int, pool: Counts, used: Ints) -> None:
    """Count the buckets of one row in their pages."""
    own = part(pages, cell * PAGES, PAGES)
    for i in range(keys.shape[0]):
        page = own[keys[i] >> _7]
        if page < 0:
            page = used[0]
            own[keys[i] >> _7] = page
            used[0] += 1
        pool[np.uint64((page << 7) | np.int64(keys[i] & np.uint32(BUCKETS - 1)))] += np.uint32(1)


@kernel
def count_row(
    keys: Counts, least: Int, most: Int, pages: Pages, cell: int, pool: Counts, used: Ints, near: Counts
) -> None:
    """Count one row, whose buckets and ends :func:`sort_in` gave, in the pages of a cell (a month of a row)."""
    bucket, top = _bucket(abs(least), np.int64(least < 0)), _bucket(abs(most), np.int64(most < 0))
    first, last = min(bucket, top) // BUCKETS, max(bucket, top) // BUCKETS
    if least == most:
        pool[take(pages, cell, first, used) * BUCKETS + bucket % BUCKETS] += np.uint32(keys.shape[0])
    elif last - first < FEW and (least < 0) == (most < 0) and last < ZERO:
        _count_close_by(keys, first, last, pages, cell, pool, used, near)
    else:
        _count(keys, pages, cell, pool, used)


@kernel
def ranked(pages: Pages, pool: Counts, ranks: Ints, out: Ints) -> None:
    """Write the bucket in which each rank lies (ranks rise from 1) for the cells (cell, octave)."""
    for cell in range(pages.shape[0]):
        below, k, wanted = 0, 0, ranks.shape[1]
        for step in range(PAGES):
            if k == wanted:
                break
            negative = step < OCTAVES
            place = ZERO - 1 - step if negative else ZERO if step == OCTAVES else step - OCTAVES - 1
            page = pages[cell, place]
            if page < 0:
                continue
            for j in range(BUCKETS):
                bucket = BUCKETS - 1 - j if negative else j
                below += pool[page, bucket]
                while k < wanted and ranks[cell, k] <= below:
                    out[cell, k] = place * BUCKETS + bucket
                    k += 1


def middles() -> Floats:
    """Return the middle of each bucket."""
    octaves = np.arange(SMALLEST, LARGEST)[:, None]
    positive = np.ldexp(1.0 + (np.arange(BUCKETS) + 0.5) / BUCKETS, octaves).ravel()
    return np.concatenate([positive, -positive, np.zeros(BUCKETS)])
