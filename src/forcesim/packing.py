"""Arrays as one run of bytes that knows whether it is whole: for what goes between workers, and to disk.

A header in JSON names each array with its type and shape; the arrays follow, compressed; a hash stands over
everything. Nothing in it is ever executed, and no more memory is taken than the header's sizes, which are bounded.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forcesim.errors import Fault, ResultError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MOST_BYTES", "pack", "unpack"]

MARK = b"forcesim-packed-1\n"
MOST_BYTES = 64 * 2**30
"""Bytes of all arrays of a pack at the most."""

MOST_RATIO = 1032
"""zlib can shrink bytes by no more than this: a header that claims more is false."""

TYPES = ("<f8", "<i8", "<i4", "<i2", "|i1", "<u4", "<u2", "|u1")

Arrays = dict[str, npt.NDArray[Any]]


def pack(arrays: Mapping[str, npt.NDArray[Any]], about: Mapping[str, Any] | None = None) -> bytes:
    """Return arrays, and plain data about them, as bytes.

    Parameters
    ----------
    arrays : mapping of str to array
        Of 64-bit floats or whole numbers of 1 to 8 bytes.
    about : mapping, optional
        What JSON can hold.

    Returns
    -------
    bytes
        What :func:`unpack` takes; equal input gives equal bytes.

    Examples
    --------
    >>> about, arrays = unpack(pack({"x": np.arange(3)}, {"seed": 1}))
    >>> about["seed"], arrays["x"].tolist()
    (1, [0, 1, 2])
    """
    heads, bodies = [], []
    for name, array in arrays.items():
        kind = array.dtype.newbyteorder("<").str if array.dtype.itemsize > 1 else array.dtype.str
        # one level of compression costs a tenth of the time that the default takes and finds the zeros as well
        body = zlib.compress(np.ascontiguousarray(array, dtype=kind).tobytes(), 1)
        heads.append([name, kind, list(array.shape), len(body)])
        bodies.append(body)
    head = json.dumps({"about": about or {}, "arrays": heads}, separators=(",", ":")).encode()
    content = len(head).to_bytes(8, "little") + head + b"".join(bodies)
    return MARK + hashlib.sha256(content).digest() + content


def unpack(data: bytes, where: str = "pack") -> tuple[dict[str, Any], Arrays]:
    """Return what :func:`pack` put together: the data about it, and the arrays.

    Parameters
    ----------
    data : bytes
        All of them.
    where : str
        What to call it in messages.

    Raises
    ------
    ResultError
        If it is not whole, not ours, or claims more than it can hold.
    """
    if not data.startswith(MARK):
        raise ResultError(Fault(where, "must be one that forcesim wrote"))
    begin = len(MARK) + 32
    if len(data) < begin + 8 or hashlib.sha256(memoryview(data)[begin:]).digest() != data[len(MARK) : begin]:
        raise ResultError(Fault(where, "must be whole, and as it was written"))
    size = int.from_bytes(data[begin : begin + 8], "little")
    try:
        head = json.loads(data[begin + 8 : begin + 8 + size])
        about, heads = dict(head["about"]), list(head["arrays"])
        place, arrays = begin + 8 + size, {}
        for name, kind, shape, length in heads:
            arrays[str(name)] = _array(memoryview(data)[place : place + length], kind, shape)
            place += length
    except (ValueError, KeyError, TypeError, zlib.error, RecursionError) as error:
        raise ResultError(Fault(where, "must hold what its header says", f"{type(error).__name__}: {error}")) from None
    return about, arrays


def _array(body: memoryview, kind: str, shape: list[int]) -> npt.NDArray[Any]:
    """Return one array from its compressed bytes."""
    if kind not in TYPES or any(not isinstance(n, int) or n < 0 for n in shape):
        message = f"array of {kind!r} and shape {shape}"
        raise ValueError(message)
    size = math.prod(shape) * np.dtype(kind).itemsize
    if size > min(MOST_BYTES, len(body) * MOST_RATIO + 64):
        message = f"{size} bytes in {len(body)}"
        raise ValueError(message)
    reader = zlib.decompressobj()
    found = reader.decompress(body, size) if size else b""
    if len(found) != size:
        message = f"{len(found)} bytes in place of {size}"
        raise ValueError(message)
    return np.frombuffer(found, dtype=kind).reshape(shape).copy()
