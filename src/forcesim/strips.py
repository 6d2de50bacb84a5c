"""Strips of paths in a small buffer: three moves that Numba has no words for.

A buffer holds rows of as many numbers as a strip has paths. A law takes a column of it as a tuple and gives one. Rows
come from memory, and go there, by a few vector moves.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

__all__ = ["gather", "mover", "scatter", "strip_of"]

STRIPS = (128, 64, 32)
"""Paths in a strip: long ones read memory in longer runs, as long as the buffer stays in the first cache."""

BUFFER = 3_072
"""Numbers in a buffer at most, for strips of more than the least: half of a first cache of 48 kB."""


def strip_of(rows: int) -> int:
    """Return how many paths a strip has for a buffer of so many rows.

    Examples
    --------
    >>> strip_of(6), strip_of(40), strip_of(52)
    (128, 64, 32)
    """
    return next((strip for strip in STRIPS if rows * strip <= BUFFER), STRIPS[-1])


def _tools() -> tuple[Any, Any, Any]:
    """Import what code is generated with, now that it is needed."""
    extending = importlib.import_module("numba.extending")
    return importlib.import_module("llvmlite.ir"), importlib.import_module("numba.core.types"), extending.intrinsic


@functools.cache
def gather(rows: tuple[int, ...], strip: int) -> Any:
    """Return an intrinsic: some rows of a column of the buffer, as a tuple."""
    ir, types, intrinsic = _tools()

    def typing(_context: Any, buffer: Any, column: Any) -> Any:
        result = types.UniTuple(types.float64, len(rows))

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            base = context.make_array(signature.args[0])(context, builder, value=arguments[0]).data
            found = context.get_constant_undef(result)
            for place, row in enumerate(rows):
                at = builder.add(ir.Constant(ir.IntType(64), row * strip), arguments[1])
                value = builder.load(builder.gep(base, [at], inbounds=True))
                found = builder.insert_value(found, value, place)
            return found

        return result(buffer, column), generate

    return intrinsic(typing)


@functools.cache
def scatter(rows: tuple[int, ...], strip: int) -> Any:
    """Return an intrinsic: write what a law gave into rows of a column of the buffer."""
    ir, types, intrinsic = _tools()

    def typing(_context: Any, buffer: Any, column: Any, values: Any) -> Any:
        kinds = list(values) if isinstance(values, types.BaseTuple) else [values]
        if len(kinds) != len(rows):
            message = f"a law gives {len(kinds)} numbers where {len(rows)} are named"
            raise TypeError(message)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            base = context.make_array(signature.args[0])(context, builder, value=arguments[0]).data
            for place, (row, kind) in enumerate(zip(rows, kinds, strict=True)):
                at = builder.add(ir.Constant(ir.IntType(64), row * strip), arguments[1])
                whole = isinstance(values, types.BaseTuple)
                value = builder.extract_value(arguments[2], place) if whole else arguments[2]
                number = context.cast(builder, value, kind, types.float64)
                builder.store(number, builder.gep(base, [at], inbounds=True))
            return context.get_dummy_value()

        return types.void(buffer, column, values), generate

    return intrinsic(typing)


@functools.cache
def mover(strip: int, *, into_buffer: bool) -> Any:
    """Return an intrinsic that copies a strip between memory and buffer, as a few vector moves."""
    ir, types, intrinsic = _tools()
    copy = importlib.import_module("numba.core.cgutils").raw_memcpy

    def typing(_context: Any, memory: Any, at: Any, buffer: Any, place: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            ends = []
            for k in (0, 2):
                base = context.make_array(signature.args[k])(context, builder, value=arguments[k]).data
                index = context.cast(builder, arguments[k + 1], signature.args[k + 1], types.int64)
                ends.append(builder.gep(base, [index], inbounds=True))
            source, target = ends if into_buffer else ends[::-1]
            for begin in range(0, strip, STRIPS[-1]):
                at = ir.Constant(ir.IntType(64), begin)
                parts = [builder.gep(end, [at], inbounds=True) for end in (target, source)]
                copy(builder, *parts, ir.Constant(ir.IntType(64), STRIPS[-1]), 8)
            return context.get_dummy_value()

        return types.void(memory, at, buffer, place), generate

    return intrinsic(typing)
