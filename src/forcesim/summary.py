"""Summaries that merge in any order to the same bits: sums, extremes, quantile counts, events.

*Sums.* Paths are folded in chunks of 256 consecutive paths, aligned at the path's index; a
chunk's sum depends on its paths only. It is cut into three whole numbers (units 2^44, 1 and
2^-44) which are added as integers: exact, so free of order. Bits below 2^-44 of a chunk's sum are
dropped, always alike.

*Quantiles.* A value is counted in the bucket of its sign, exponent and 7 leading bits: buckets
are 2^-7 of their power of two wide, so a bucket's middle is within 0.4 % of any value in it
(compare DDSketch: Masson, Rim and Lee 2019, PVLDB 12(12), 2195-2205). Counts merge by addition.
A page of 128 buckets exists once something fell into it. Values below 2^-40 in size count as zero,
those above 2^60 as of that size.

*Events.* For an expression that is true or false: in how many paths it first came true in each
month, holds in each month, and holds from each month to the end.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from forcesim.kernels import bits_of_float, kernel

__all__ = ["CHUNK", "Event", "Summary"]

CHUNK = 256
"""Paths that are summed together; blocks begin at multiples of it."""

SMALLEST, LARGEST = -40, 60
OCTAVES = LARGEST - SMALLEST
PAGES = 2 * OCTAVES + 1
BUCKETS = 128
NEAR = 8
SMALL, LARGE = 2.0**SMALLEST, 2.0**LARGEST
LIMB = 2.0**44
CARRY = 44
MASK = (1 << 44) - 1

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Counts = npt.NDArray[np.uint32]

_BIAS = 1023
_SIGN = np.uint64(63)
_MANTISSA = np.uint64(52)
_LEADING = np.uint64(45)
_EXPONENT = np.uint64(0x7FF)
_SEVEN = np.uint64(0x7F)


@kernel
def _add(limbs: Ints, x: float) -> None:
    """Add a double to an exact sum of three limbs."""
    high = np.floor(x / LIMB)
    rest = x - high * LIMB
    middle = np.floor(rest)
    low = limbs[2] + np.int64((rest - middle) * LIMB)
    mid = limbs[1] + np.int64(middle) + (low >> CARRY)
    limbs[2] = low & MASK
    limbs[1] = mid & MASK
    limbs[0] += np.int64(high) + (mid >> CARRY)


@kernel
def _moments(x: Floats, sums: Ints, squares: Ints, extremes: Floats) -> bool:
    """Fold one row: chunk by chunk into the exact sums; return whether all is finite.

    Four lanes side by side, always the same four: the compiler makes vector code of them, and the
    order of a chunk's additions is fixed.
    """
    l0 = l1 = l2 = l3 = extremes[0]
    m0 = m1 = m2 = m3 = extremes[1]
    for begin in range(0, x.shape[0], CHUNK):
        end = min(begin + CHUNK, x.shape[0])
        s0 = s1 = s2 = s3 = q0 = q1 = q2 = q3 = 0.0
        whole = begin + (end - begin) // 4 * 4
        for i in range(begin, whole, 4):
            a, b, c, d = x[i], x[i + 1], x[i + 2], x[i + 3]
            s0 += a
            s1 += b
            s2 += c
            s3 += d
            q0 += a * a
            q1 += b * b
            q2 += c * c
            q3 += d * d
            l0 = a if a < l0 else l0
            l1 = b if b < l1 else l1
            l2 = c if c < l2 else l2
            l3 = d if d < l3 else l3
            m0 = a if a > m0 else m0
            m1 = b if b > m1 else m1
            m2 = c if c > m2 else m2
            m3 = d if d > m3 else m3
        for i in range(whole, end):
            a = x[i]
            s0 += a
            q0 += a * a
            l0 = a if a < l0 else l0
            m0 = a if a > m0 else m0
        square = (q0 + q1) + (q2 + q3)
        if not np.isfinite(square):
            return False
        _add(sums, (s0 + s1) + (s2 + s3))
        _add(squares, square)
    extremes[0], extremes[1] = min(l0, l1, l2, l3), max(m0, m1, m2, m3)
    return True


@kernel
def _page(octave: Any, pages: npt.NDArray[np.int32], used: Ints) -> Any:
    """Return the page of an octave, taken from the pool when it is new."""
    page = pages[octave]
    if page < 0:
        page = used[0]
        pages[octave] = page
        used[0] += 1
    return page


@kernel
def _count(x: Floats, extremes: Floats, pages: npt.NDArray[np.int32], pool: Counts, used: Ints, near: Counts) -> None:
    """Count one row's values in their buckets; new pages are taken from the pool.

    The octaves below the greatest value so far, where nearly all values lie, are counted side by
    side in ``near`` and then added page by page.
    """
    first: Any = 0
    size = 0
    if SMALL < extremes[1] < LARGE:
        last = np.int64(bits_of_float(extremes[1]) >> _LEADING)
        size = near.shape[0]
        first = (last // BUCKETS + 1) * BUCKETS - size
        near[:] = 0
    zeros = 0
    for i in range(x.shape[0]):
        bits = bits_of_float(x[i])
        place: Any = np.int64(bits >> _LEADING) - first
        if 0 <= place < size:
            near[place] += np.uint32(1)
        elif x[i] == 0.0:
            zeros += 1
        else:
            octave: Any = np.int64((bits >> _MANTISSA) & _EXPONENT) - _BIAS - SMALLEST
            bucket: Any = np.int64((bits >> _LEADING) & _SEVEN)
            if octave < 0:
                octave, bucket = 2 * OCTAVES, 0
            else:
                if octave >= OCTAVES:
                    octave, bucket = OCTAVES - 1, BUCKETS - 1
                if (bits >> _SIGN) != 0:
                    octave += OCTAVES
            pool[_page(octave, pages, used), bucket] += np.uint32(1)
    if zeros > 0:
        pool[_page(2 * OCTAVES, pages, used), 0] += np.uint32(zeros)
    for k in range(size // BUCKETS):
        total = np.uint32(0)
        for j in range(k * BUCKETS, (k + 1) * BUCKETS):
            total += near[j]
        place = first // BUCKETS + k - _BIAS - SMALLEST
        if total > 0 and place >= 0:
            page = _page(place, pages, used)
            for j in range(BUCKETS):
                pool[page, j] += near[k * BUCKETS + j]
        elif total > 0:
            pool[_page(2 * OCTAVES, pages, used), 0] += total


@kernel
def _fold(
    state: Floats,
    rows: Ints,
    begin: int,
    month: int,
    sums: Ints,
    squares: Ints,
    extremes: Floats,
    pages: npt.NDArray[np.int32],
    pool: Counts,
    used: Ints,
    near: Counts,
) -> tuple[int, int]:
    """Fold the recorded rows of a month from ``begin`` on; return where it stopped and a row that is not finite."""
    for r in range(begin, rows.shape[0]):
        if used[0] + PAGES > pool.shape[0]:
            return r, -1
        x = state[rows[r]]
        if not _moments(x, sums[month, r], squares[month, r], extremes[month, r]):
            return r, r
        _count(x, extremes[month, r], pages[month, r], pool, used, near)
    return rows.shape[0], -1


class Event:
    """Exact counts of an expression that is true or false.

    Attributes
    ----------
    first : int64 (month + 1,)
        Paths in which it first came true in that month; the last entry: never.
    holds : int64 (month,)
        Paths in which it is true in that month.
    lasting : int64 (month,)
        Paths in which it is true from that month to the last.
    """

    __slots__ = ("first", "holds", "lasting")

    def __init__(self, months: int) -> None:
        """Begin with no path."""
        self.first = np.zeros(months + 1, dtype=np.int64)
        self.holds = np.zeros(months, dtype=np.int64)
        self.lasting = np.zeros(months, dtype=np.int64)

    def fold(self, true: npt.NDArray[np.bool_]) -> None:
        """Count (month, path)."""
        months = len(self.holds)
        first = np.where(true.any(axis=0), true.argmax(axis=0), months)
        self.first += np.bincount(first, minlength=months + 1)
        self.holds += true.sum(axis=1)
        self.lasting += np.logical_and.accumulate(true[::-1], axis=0)[::-1].sum(axis=1)

    def merge(self, other: Event) -> None:
        """Add another's counts."""
        self.first += other.first
        self.holds += other.holds
        self.lasting += other.lasting


class Summary:
    """What is known of the recorded rows in every month, however many paths there are.

    Parameters
    ----------
    rows : int
        Recorded rows.
    months : int
        Months, month 0 among them.

    Examples
    --------
    >>> summary = Summary(1, 1)
    >>> summary.fold(0, np.array([[1.0, 2.0, 6.0]]), np.array([0]))
    -1
    >>> summary.mean()[0, 0], summary.least()[0, 0], summary.most()[0, 0]
    (np.float64(3.0), np.float64(1.0), np.float64(6.0))
    """

    def __init__(self, rows: int, months: int) -> None:
        """Begin with no path."""
        self.rows, self.months = rows, months
        self.counts = np.zeros(months, dtype=np.int64)
        self.sums = np.zeros((months, rows, 3), dtype=np.int64)
        self.squares = np.zeros((months, rows, 3), dtype=np.int64)
        self.extremes = np.tile(np.array([np.inf, -np.inf]), (months, rows, 1))
        self.pages = np.full((months, rows, PAGES), -1, dtype=np.int32)
        self.pool = np.zeros((4 * rows * months + PAGES + 64, BUCKETS), dtype=np.uint32)
        self.used = np.zeros(1, dtype=np.int64)
        self.events: dict[str, Event] = {}
        self._near = np.zeros(NEAR * BUCKETS, dtype=np.uint32)

    @property
    def paths(self) -> int:
        """Return how many paths were folded in."""
        return int(self.counts[0])

    def fold(self, month: int, state: Floats, rows: Ints) -> int:
        """Fold one month of a block that begins at a multiple of 256.

        Parameters
        ----------
        month : int
            The month.
        state : float64 (row, path)
            All rows.
        rows : int64 (recorded row,)
            Which of them are recorded.

        Returns
        -------
        int
            -1, or the recorded row that holds something other than finite numbers.
        """
        begin = 0
        while True:
            begin, bad = _fold(
                state,
                rows,
                begin,
                month,
                self.sums,
                self.squares,
                self.extremes,
                self.pages,
                self.pool,
                self.used,
                self._near,
            )
            if bad >= 0:
                return int(bad)
            if begin == len(rows):
                break
            self._grow(len(self.pool) + PAGES)
        self.counts[month] += state.shape[1]
        return -1

    def watch(self, name: str, true: npt.NDArray[np.bool_]) -> None:
        """Count an event of a block, (month, path)."""
        self.events.setdefault(name, Event(self.months)).fold(true)

    def merge(self, other: Summary) -> Self:
        """Add another summary of the same rows and months; the order of merging cannot matter."""
        self.counts += other.counts
        for mine, others in ((self.sums, other.sums), (self.squares, other.squares)):
            low = mine[..., 2] + others[..., 2]
            middle = mine[..., 1] + others[..., 1] + (low >> CARRY)
            mine[..., 0] += others[..., 0] + (middle >> CARRY)
            mine[..., 1], mine[..., 2] = middle & MASK, low & MASK
        np.minimum(self.extremes[..., 0], other.extremes[..., 0], out=self.extremes[..., 0])
        np.maximum(self.extremes[..., 1], other.extremes[..., 1], out=self.extremes[..., 1])
        mine_flat, others_flat = self.pages.reshape(-1), other.pages.reshape(-1)
        new = np.flatnonzero((mine_flat < 0) & (others_flat >= 0))
        self._grow(int(self.used[0]) + len(new) + PAGES)
        mine_flat[new] = np.arange(len(new)) + self.used[0]
        self.used[0] += len(new)
        held = np.flatnonzero(others_flat >= 0)
        self.pool[mine_flat[held]] += other.pool[others_flat[held]]
        for name, event in other.events.items():
            self.events.setdefault(name, Event(self.months)).merge(event)
        return self

    def _grow(self, pages: int) -> None:
        """Make room for at least so many pages."""
        if pages > len(self.pool):
            pool = np.zeros((max(pages, len(self.pool) * 3 // 2), BUCKETS), dtype=np.uint32)
            pool[: len(self.pool)] = self.pool
            self.pool = pool

    def _exact(self, limbs: Ints) -> Floats:
        """Return exact sums as doubles, each rounded once."""
        flat = limbs.reshape(-1, 3).tolist()
        whole = [(((high << 44) + middle) << 44) + low for high, middle, low in flat]
        return np.array([value / (1 << 44) for value in whole]).reshape(limbs.shape[:-1])

    def mean(self) -> Floats:
        """Return the means, (month, row)."""
        return self._exact(self.sums) / np.maximum(self.counts, 1)[:, None]

    def variance(self) -> Floats:
        """Return the variances, (month, row), with n - 1; exactly 0 where all paths agree."""
        n = np.maximum(self.counts, 1).tolist()
        out = np.zeros((self.months, self.rows))
        sums, squares = self.sums.tolist(), self.squares.tolist()
        same = self.extremes[..., 0] >= self.extremes[..., 1]
        for month in range(self.months):
            if n[month] < 2:
                continue
            for row in range(self.rows):
                if same[month, row]:
                    continue
                h, m, low = sums[month][row]
                total = (((h << 44) + m) << 44) + low
                h, m, low = squares[month][row]
                square = (((h << 44) + m) << 44) + low
                # n sum(x^2) - (sum x)^2 in whole numbers: nothing cancels before the one rounding
                numerator = ((n[month] * square) << 44) - total * total
                out[month, row] = max(0.0, (numerator / (1 << 88)) / (n[month] * (n[month] - 1)))
        return out

    def least(self) -> Floats:
        """Return the least values, (month, row)."""
        return self.extremes[..., 0]

    def most(self) -> Floats:
        """Return the greatest values, (month, row)."""
        return self.extremes[..., 1]

    def quantiles(self, shares: Floats, row: int) -> Floats:
        """Return the quantiles of a recorded row, (month, share), within 0.4 % of a value of that rank."""
        out = np.empty((self.months, len(shares)))
        for month in range(self.months):
            values, counts = self._buckets(month, row)
            ranks = np.maximum(np.ceil(np.asarray(shares) * counts.sum()), 1)
            place = np.minimum(np.searchsorted(np.cumsum(counts), ranks, side="left"), len(values) - 1)
            out[month] = np.clip(values[place], *self.extremes[month, row])
        return out

    def _buckets(self, month: int, row: int) -> tuple[Floats, Ints]:
        """Return the middles of the buckets that hold something, rising, and their counts."""
        pages = self.pages[month, row]
        held = np.flatnonzero(pages >= 0)
        counts = self.pool[pages[held]].astype(np.int64)
        octave = np.where(held >= OCTAVES, held - OCTAVES, held) + SMALLEST
        middles = np.ldexp(1.0 + (np.arange(BUCKETS) + 0.5) / BUCKETS, octave[:, None])
        middles[(held >= OCTAVES) & (held < 2 * OCTAVES)] *= -1.0
        middles[held == 2 * OCTAVES] = 0.0
        some = counts > 0
        order = np.argsort(middles[some], kind="stable")
        return middles[some][order], counts[some][order]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return all as plain arrays; pages in the order of their cells, so that equal summaries give equal arrays."""
        flat = self.pages.reshape(-1)
        held = np.flatnonzero(flat >= 0)
        found: dict[str, npt.NDArray[Any]] = {
            "counts": self.counts,
            "sums": self.sums,
            "squares": self.squares,
            "extremes": self.extremes,
            "page_cells": held,
            "page_counts": self.pool[flat[held]],
        }
        for name, event in sorted(self.events.items()):
            found[f"event:{name}"] = np.concatenate([event.first, event.holds, event.lasting])
        return found

    @classmethod
    def of_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Return the summary that :meth:`arrays` described."""
        months, rows = arrays["sums"].shape[:2]
        summary = cls(rows, months)
        for name in ("counts", "sums", "squares", "extremes"):
            setattr(summary, name, np.array(arrays[name]))
        held = arrays["page_cells"]
        summary._grow(len(held) + PAGES)
        summary.pages.reshape(-1)[held] = np.arange(len(held))
        summary.pool[: len(held)] = arrays["page_counts"]
        summary.used[0] = len(held)
        for name, found in arrays.items():
            if name.startswith("event:"):
                event = summary.events.setdefault(name.removeprefix("event:"), Event(months))
                event.first, event.holds, event.lasting = (
                    found[: months + 1].copy(),
                    found[months + 1 : 2 * months + 1].copy(),
                    found[2 * months + 1 :].copy(),
                )
        return summary
