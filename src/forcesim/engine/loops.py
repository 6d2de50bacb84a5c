"""The loop over columns and paths: laws run on strips of paths, copied through a small buffer.

A strip's arguments are copied into the buffer, the laws run on its columns, and what they give is copied out. So the
compiler knows that what a law reads and what it writes are different memory, and turns the law into vector code.
Strips of 8 would be unrolled into scalar code; long ones read memory in longer runs.

All numbers of a block lie in one array. Each argument is an offset and a stride in it: 1 for a number that differs
between paths, 0 for one that does not.

Every row knows at which tick it was last written. A law gives the same numbers for the same arguments, so a column is
left out where no argument was written, and no parameter changed, since it last ran.

A law that draws counts is compiled twice. In the fast form a count of small mean is not a number; where a strip then
holds one, the exact form of the law runs on that strip; see :mod:`forcesim.engine.counting`.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim import strips
from forcesim.addresses import part
from forcesim.engine import counting
from forcesim.engine.counting import counts, fast_form, hands_on
from forcesim.identity import IdentityError, identity_of
from forcesim.kernels import Compiled, cached, compiling, kernel, lawlike, uncached, wide
from forcesim.strips import gather, mover, scatter, strip_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from forcesim.arrays import Floats, Ints
    from forcesim.program import Loop

Bools = np.ndarray[Any, np.dtype[np.bool_]]

__all__ = ["LOOP_TYPES", "add_up", "is_any_left", "is_none_below", "loop_of", "move_stocks"]

LOOP_TYPES = "float64[::1], int64[:, ::1], int64[::1], boolean[::1], int64, int64, int64"
"""The types of what a loop takes."""


def loop_of(loop: Loop) -> Any:
    """Return the function that runs a loop: ``(memory, table, written, active, paths, now, changed)``.

    ``table`` (see :func:`table_rows`) is (row, column); ``written`` the tick at which each row of memory was last
    written; ``active`` which columns run; ``now`` this tick, and ``changed`` the last at which a parameter changed.
    """
    shape = tuple((takes, gives) for _, takes, gives in loop.laws)
    stored = tuple(row for row, _ in loop.gives.values())
    ins = tuple(loop.takes)
    if not compiling():
        functions = tuple(one.function for one, _, _ in loop.laws)
        return functools.partial(_in_python, functions, shape, ins, stored, loop.rows)
    laws = tuple(one for one, _, _ in loop.laws)
    try:
        identity = identity_of(_stamp(), shape, ins, stored, *(_identity(one) for one in laws))
    except IdentityError:
        return _compiled(laws, shape, ins, stored, loop.rows, loop.label, None)
    known = _known.get(identity)
    if known is None:
        known = _known[identity] = _compiled(laws, shape, ins, stored, loop.rows, loop.label, identity)
    return known


@functools.cache
def _stamp() -> str:
    """Return a hash over what makes loops: a loop that another version has compiled is compiled anew."""
    parts = (Path(__file__), Path(counting.__file__), Path(strips.__file__))
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:16]


_known: dict[str, Any] = {}
"""Compiled loops of this process by identity: policies and runs share them."""


def _identity(one: Compiled[..., Any]) -> str:
    """Return the identity of a law; one of forcesim's own cannot change while the program runs."""
    return _own_identity(one) if _is_own(one) else identity_of(one.function, follow=("forcesim",))


def _is_own(one: Compiled[..., Any]) -> bool:
    return one.function.__module__.split(".")[0] == "forcesim"


@functools.cache
def _own_identity(one: Compiled[..., Any]) -> str:
    return identity_of(one.function, follow=("forcesim",))


def _in_python(
    functions: tuple[Callable[..., Any], ...],
    shape: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...],
    ins: tuple[int, ...],
    stored: tuple[int, ...],
    rows: int,
    memory: Floats,
    table: Ints,
    written: Ints,
    active: Bools,
    paths: int,
    now: int,
    changed: int,
) -> None:
    """Run a loop as plain Python: slow, the same bits, and a debugger can step into each law."""
    buffer = [0.0] * rows
    taken, given = len(ins), len(stored)
    for c in np.flatnonzero(active):
        column = table[:, c]
        marks = [written[k] for k in column[2 * taken : 3 * taken] if k >= 0]
        if max([changed, *marks]) <= column[-1]:
            continue
        column[-1] = now
        for p in range(paths):
            for k, row in enumerate(ins):
                buffer[row] = float(memory[column[k] + column[taken + k] * p])
            for function, (takes, gives) in zip(functions, shape, strict=True):
                found = function(*(buffer[row] for row in takes))
                for row, value in zip(gives, found if isinstance(found, tuple) else (found,), strict=True):
                    buffer[row] = float(value)
            for k, row in enumerate(stored):
                memory[column[3 * taken + k] + p] = buffer[row]
        for k in column[3 * taken + given : 3 * taken + 2 * given]:
            if k >= 0:
                written[k] = now + 1


def _compiled(
    laws: tuple[Compiled[..., Any], ...],
    shape: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...],
    ins: tuple[int, ...],
    stored: tuple[int, ...],
    rows: int,
    label: str,
    identity: str | None,
) -> Any:
    """Return a loop that is compiled when first called."""
    order = {row: place for place, row in enumerate((*ins, *(row for row in range(rows) if row not in ins)))}
    month, strip = _nothing, strip_of(rows)
    for one, (takes, gives) in zip(laws, shape, strict=True):
        month = _then(month, _step(one, tuple(order[row] for row in takes), tuple(order[row] for row in gives), strip))
    taken, given = len(ins), len(stored)
    places = (*(order[row] * strip for row in stored), 0)
    load, store = mover(strip, into_buffer=True), mover(strip, into_buffer=False)

    def run(memory: Floats, table: Ints, written: Ints, active: Bools, paths: int, now: int, changed: int) -> None:
        wide()
        buffer = np.zeros(rows * strip)
        source, row = np.empty(taken, dtype=np.int64), np.empty(taken, dtype=np.int64)
        target = np.empty(given, dtype=np.int64)
        whole = paths - paths % strip
        last = table.shape[0] - 1
        for c in range(table.shape[1]):
            if not active[c]:
                continue
            newest = changed
            for k in range(2 * taken, 3 * taken):
                if table[k, c] >= 0:
                    newest = max(newest, written[table[k, c]])
            if newest <= table[last, c]:
                continue
            table[last, c] = now
            varying = 0
            for k in range(taken):
                if table[taken + k, c] == 0:
                    buffer[k * strip : (k + 1) * strip] = memory[table[k, c]]
                else:
                    source[varying], row[varying] = table[k, c], k * strip
                    varying += 1
            for k in range(given):
                target[k] = table[3 * taken + k, c]
            for begin in range(0, whole, strip):
                for k in range(varying):
                    load(memory, source[k] + begin, buffer, row[k])
                month(buffer, strip)
                for k in range(given):
                    store(memory, target[k] + begin, buffer, places[k])
            if whole < paths:
                for k in range(varying):
                    for j in range(paths - whole):
                        buffer[row[k] + j] = memory[source[k] + whole + j]
                month(buffer, paths - whole)
                for k in range(given):
                    for j in range(paths - whole):
                        memory[target[k] + whole + j] = buffer[places[k] + j]
            for k in range(3 * taken + given, 3 * taken + 2 * given):
                if table[k, c] >= 0:
                    written[table[k, c]] = now + 1

    run.__qualname__ = run.__name__ = label
    return cached(run, identity, own=not all(_is_own(one) for one in laws)) if identity else uncached(run)


def _nothing_function(buffer: Floats, width: int) -> None:
    """Do nothing: what comes before the first law."""


_nothing = lawlike(_nothing_function)


def _then(before: Any, step: Any) -> Any:
    """Return one step after another."""

    def both(buffer: Floats, width: int) -> None:
        before(buffer, width)
        step(buffer, width)

    return lawlike(both)


def _step(one: Compiled[..., Any], takes: tuple[int, ...], gives: tuple[int, ...], strip: int) -> Any:
    """Return a law over the columns of the buffer."""
    take, give = gather(takes, strip), scatter(gives, strip)
    if counts(one) and not hands_on(one):
        only = lawlike(one.function, inline=False)

        def exactly(buffer: Floats, width: int) -> None:
            for j in range(width):
                give(buffer, j, only(*take(buffer, j)))

        return lawlike(exactly)
    if not counts(one):

        def plain(buffer: Floats, width: int) -> None:  # noqa: ARG001 - as a step with counts
            wide()
            for j in range(strip):
                give(buffer, j, one(*take(buffer, j)))

        return lawlike(plain)
    fast, exact = fast_form(one), lawlike(one.function, inline=False)
    first, last = gives[0], gives[-1] + 1

    def counted(buffer: Floats, width: int) -> None:
        wide()
        for j in range(strip):
            give(buffer, j, fast(*take(buffer, j)))
        open_ = 0
        for row in range(first, last):
            for j in range(row * strip, row * strip + width):
                open_ |= buffer[j] != buffer[j]
        if open_ != 0:
            for j in range(width):
                small = 0
                for row in range(first, last):
                    small |= buffer[row * strip + j] != buffer[row * strip + j]
                if small != 0:
                    give(buffer, j, exact(*take(buffer, j)))

    return lawlike(counted)


@kernel
def _add_members(memory: Floats, offset: Ints, stride: Ints, at: int, paths: int) -> None:
    """Write one sum, its members in their order: four rows at a time, so that what is summed stays in a register."""
    wide()
    out, k, count = part(memory, at, paths), 0, offset.shape[0]
    for i in range(paths):
        out[i] = 0.0
    while k < count:
        rows = 0
        while rows < 4 and k + rows < count and offset[k + rows] >= 0 and stride[k + rows] == 1:
            rows += 1
        if rows == 4:
            a, b = part(memory, offset[k], paths), part(memory, offset[k + 1], paths)
            c, d = part(memory, offset[k + 2], paths), part(memory, offset[k + 3], paths)
            for i in range(paths):
                out[i] = (((out[i] + a[i]) + b[i]) + c[i]) + d[i]
            k += 4
            continue
        if offset[k] >= 0 and stride[k] == 1:
            row = part(memory, offset[k], paths)
            for i in range(paths):
                out[i] += row[i]
        elif offset[k] >= 0:
            one = memory[offset[k]]
            for i in range(paths):
                out[i] += one
        k += 1


@kernel
def add_up(
    memory: Floats,
    offset: Ints,
    stride: Ints,
    rows: Ints,
    sums: Ints,
    written: Ints,
    paths: int,
    now: int,
    changed: int,
) -> None:
    """Write sums: ``offset``, ``stride`` and ``rows`` (column, member) say what is added up, -1 where there is nothing.

    ``sums`` (3, column) holds where each sum goes, its row, and the tick at which it was last formed.
    """
    wide()
    for c in range(offset.shape[0]):
        newest = changed
        for k in range(offset.shape[1]):
            if offset[c, k] >= 0 and rows[c, k] >= 0:
                newest = max(newest, written[rows[c, k]])
        if newest <= sums[2, c]:
            continue
        sums[2, c] = now
        _add_members(memory, offset[c], stride[c], sums[0, c], paths)
        if sums[1, c] >= 0:
            written[sums[1, c]] = now + 1


@kernel
def move_stocks(memory: Floats, stocks: Ints, flows: Ints, signs: Floats, paths: int) -> None:
    """Move stocks (column) by their flows (column, flow), -1 where there is none.

    Outflows that were meant to empty a stock can leave it below 0 by a rounding: then it is empty.
    """
    wide()
    for c in range(stocks.shape[0]):
        stock = part(memory, stocks[c], paths)
        count, k = 0, 0
        while count < flows.shape[1] and flows[c, count] >= 0:
            count += 1
        while k + 2 <= count:
            one, other = part(memory, flows[c, k], paths), part(memory, flows[c, k + 1], paths)
            first, second = signs[c, k], signs[c, k + 1]
            for i in range(paths):
                stock[i] = (stock[i] + first * one[i]) + second * other[i]
            k += 2
        if k < count:
            one, first = part(memory, flows[c, k], paths), signs[c, k]
            for i in range(paths):
                stock[i] += first * one[i]
        below = 0
        for i in range(paths):
            below += 1 if stock[i] < 0.0 else 0
        if below == 0:
            continue
        for i in range(paths):
            turnover = 0.0
            for k in range(flows.shape[1]):
                turnover += memory[flows[c, k] + i] if flows[c, k] >= 0 else 0.0
            if -1e-9 * turnover <= stock[i] < 0.0:
                stock[i] = 0.0


@kernel
def is_none_below(memory: Floats, at: int, paths: int) -> bool:
    """Return whether a row is at least 0 on all paths; what is not a number is not."""
    row, wrong = part(memory, at, paths), 0
    for i in range(paths):
        wrong |= not row[i] >= 0.0
    return wrong == 0


@kernel
def is_any_left(memory: Floats, at: int, by: int, paths: int) -> bool:
    """Return whether a number is not 0 on any path."""
    if by == 0:
        return bool(memory[at] != 0.0)
    row, found = memory[at : at + paths], 0
    for i in range(paths):
        found |= row[i] != 0.0
    return found != 0
