"""From an address to a variate: seed, process, nation and name make the key; month, path and slot the counter.

Paths come in groups of 256. The 128 bits of a Philox block serve two paths of a group, j and j + 128. For normals
these are the two of one Box-Muller pair. Both halves are written in order, without a shuffle of vectors. The counter's
words are

    (block, low 32 bits), (its high bits), month, slot;     block = 128 (path // 256) + path % 128

References
----------
Box, G. E. P. and Muller, M. E. (1958), A note on the generation of random normal deviates, Ann. Math. Stat. 29.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable  # noqa: TC003 - part of public annotations

import numpy as np
import numpy.typing as npt

from forcesim.arrays import LARGEST, SMALLEST, Floats, Ints
from forcesim.kernels import bits_of_float, float_of_bits, hidden, kernel, law, wide
from forcesim.numerics import LOG_TERMS, TURN_TERMS, Terms, log_of_normal, sin_cos_near
from forcesim.randomness.philox import LOW, philox_twice

__all__ = ["FILL_TYPES", "fill_normal", "fill_rows", "fill_uniform", "stream_key", "stream_keys"]

Keys = npt.NDArray[np.uint64]

_0, _2, _11, _12, _32, _63, _64 = (np.uint64(number) for number in (0, 2, 11, 12, 32, 63, 64))
_ONE, _HALF, _QUARTER, _TWO_20 = (np.float64(number).view(np.uint64) for number in (1.0, 0.5, 0.25, 2.0**20))


def stream_key(seed: int, process: str, nation: str, variate: str) -> tuple[int, int]:
    """Return the two 32-bit key words of a stream of draws.

    Examples
    --------
    >>> stream_key(2025, "army", "UKR", "z_losses") == stream_key(2025, "army", "UKR", "z_losses")
    True
    >>> stream_key(2025, "army", "UKR", "z_losses") == stream_key(2025, "army", "RUS", "z_losses")
    False
    """
    words = [str(int(seed)).encode(), process.encode(), nation.encode(), variate.encode()]
    text = b"".join(len(word).to_bytes(4, "little") + word for word in words)
    digest = hashlib.blake2b(text, digest_size=8, person=b"forcesim").digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little")


def stream_keys(seed: int, addresses: Iterable[tuple[str, str, str, int]]) -> Keys:
    """Return the rows (key, key, slot) for addresses (process, nation, variate, slot), as the fill functions take them.

    Examples
    --------
    >>> stream_keys(1, [("army", "UKR", "z_losses", 0), ("army", "UKR", "z_losses", 1)]).shape
    (2, 3)
    """
    rows = [(*stream_key(seed, process, nation, variate), slot) for process, nation, variate, slot in addresses]
    return np.array(rows, dtype=np.uint64).reshape(-1, 3)


@law
def _uniform(bits: np.uint64) -> float:
    """Return a double in (0, 1) from the upper 53 of 64 bits; 2^-54 where all of them are zero."""
    upper = float_of_bits((bits >> _32) | _TWO_20) - 1048576.5
    return max(upper + float_of_bits(((bits & LOW) >> _11) | _HALF), SMALLEST)


@law
def _normals(first: np.uint64, second: np.uint64, log_terms: Terms, turn_terms: Terms) -> tuple[float, float]:
    """Return two standard normals from twice 64 bits (Box and Muller 1958).

    The radius comes from an odd multiple of 2^-53 in (0, 1). The angle comes from 52 bits within
    an eighth of a turn of the axis, one that turns the half plane and one that swaps the axes.
    """
    radius = math.sqrt(-2.0 * log_of_normal(float_of_bits((first >> _12) | _ONE) - LARGEST, log_terms))
    sine, cosine = sin_cos_near(float_of_bits((second >> _12) | _QUARTER) - 0.375, turn_terms)
    cosine = float_of_bits(bits_of_float(cosine) ^ (second << _63))
    swap = (second & _2) != _0
    return radius * (cosine if swap else sine), radius * (sine if swap else cosine)


@law(inline=False)
def _bits(block: np.uint64, month: np.uint64, key: Keys, near: Keys, far: Keys, near_2: Keys, far_2: Keys) -> None:
    """Write 128 bits for each of the consecutive blocks from ``block`` on, and for those 64 blocks further on."""
    wide()
    k0, k1, slot = key[0] & LOW, key[1] & LOW, key[2] & LOW
    low, high = block & LOW, (block >> _32) & LOW
    for j in range(len(near)):
        c0 = low + np.uint64(j)
        a, b, c, d, e, f, g, h = philox_twice(c0, c0 + _64, high, month, slot, k0, k1)
        near[j] = (a << _32) | (b & LOW)
        far[j] = (c << _32) | (d & LOW)
        near_2[j] = (e << _32) | (f & LOW)
        far_2[j] = (g << _32) | (h & LOW)


@law(inline=False)
def _finish(
    normal: bool, log_terms: Terms, turn_terms: Terms, near: Keys, far: Keys, to_near: Floats, to_far: Floats
) -> None:
    """Turn bits into variates."""
    wide()
    if normal:
        for j in range(len(near)):
            to_near[j], to_far[j] = _normals(near[j], far[j], log_terms, turn_terms)
    else:
        for j in range(len(near)):
            to_near[j] = _uniform(near[j])
            to_far[j] = _uniform(far[j])


@law
def _columns(first: int, last: int) -> tuple[int, int]:
    """Return the columns, of the 64 of a quarter, that hold the places ``first`` to ``last`` of a group."""
    column = first & 63
    return (column, column + last - first) if column + last - first <= 64 else (0, 64)


FILL_TYPES = "boolean, uint64[:, ::1], int64[::1], int64, int64, float64[:, ::1]"
"""The types of what :func:`fill_rows` takes, for who calls it by its address."""


@kernel
def fill_rows(normal: bool, keys: Keys, rows: Ints, month: int, first_path: int, out: Floats) -> None:
    """Write one variate for each row of keys and each path, into the given rows."""
    paths = out.shape[1]
    near, far = np.empty(128, np.uint64), np.empty(128, np.uint64)
    room = np.empty(256)
    when = np.uint64(month) & LOW
    log_terms, turn_terms = hidden(LOG_TERMS), hidden(TURN_TERMS)
    for r in range(rows.shape[0]):
        row = out[rows[r]]
        done = 0
        while done < paths:
            group = (first_path + done) >> 8
            first = (first_path + done) & 255
            last = min(256, first + paths - done)
            start, stop = _columns(first, last)
            block = np.uint64((group << 7) + start)
            far_start, far_stop = 64 + start, 64 + stop
            _bits(
                block, when, keys[r],
                near[start:stop], far[start:stop], near[far_start:far_stop], far[far_start:far_stop],
            )  # fmt: skip
            if last - first == 256:
                _finish(
                    normal, log_terms, turn_terms,
                    near, far, row[done : done + 128], row[done + 128 : done + 256],
                )  # fmt: skip
            else:
                for half in range(0, 128, 64):
                    begin, end = half + start, half + stop
                    _finish(
                        normal, log_terms, turn_terms,
                        near[begin:end], far[begin:end], room[begin:end], room[128 + begin : 128 + end],
                    )  # fmt: skip
                for place in range(first, last):  # not one slice to another: that compiles for 3 s
                    row[done + place - first] = room[place]
            done += last - first


def fill_uniform(keys: Keys, month: int, first_path: int, out: Floats, *, rows: Ints | None = None) -> None:
    """Write uniforms on (0, 1), one row for each key, for consecutive paths.

    Parameters
    ----------
    keys : uint64 (row, 3)
        Two key words and the slot of each row, as :func:`stream_keys` gives them.
    month : int
        Month of the draw, at least 0.
    first_path : int
        Path of the first column, from 0 to 2^40.
    out : float64 (row, path)
        Where to write.
    rows : int64 (row,), optional
        The rows of ``out`` that the keys belong to; all of them, in order, unless given.
    """
    _fill_any(False, keys, month, first_path, out, rows)


def fill_normal(keys: Keys, month: int, first_path: int, out: Floats, *, rows: Ints | None = None) -> None:
    """Write standard normals, one row for each key, for consecutive paths.

    Parameters
    ----------
    keys : uint64 (row, 3)
        Two key words and the slot of each row, as :func:`stream_keys` gives them.
    month : int
        Month of the draw, at least 0.
    first_path : int
        Path of the first column, from 0 to 2^40.
    out : float64 (row, path)
        Where to write.
    rows : int64 (row,), optional
        The rows of ``out`` that the keys belong to; all of them, in order, unless given.
    """
    _fill_any(True, keys, month, first_path, out, rows)


def _fill_any(normal: bool, keys: Keys, month: int, first_path: int, out: Floats, rows: Ints | None) -> None:
    """Check, and fill; types are fixed here, since each kind would be compiled anew."""
    keys, month, first_path = np.ascontiguousarray(keys, dtype=np.uint64), int(month), int(first_path)
    if month < 0 or first_path < 0:
        message = f"month and first path must be at least 0, got {month} and {first_path}"
        raise ValueError(message)
    where = np.arange(len(keys)) if rows is None else rows
    if out.flags.c_contiguous:
        fill_rows(normal, keys, where, month, first_path, out)
    else:
        whole = np.empty((len(keys), out.shape[1]))
        fill_rows(normal, keys, np.arange(len(keys)), month, first_path, whole)
        out[where] = whole
