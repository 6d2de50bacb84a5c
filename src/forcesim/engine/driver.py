"""The driver: it runs the operations of a month on a block of paths, one after another, without the interpreter.

A table says for each operation which it is and where its numbers lie; :mod:`forcesim.engine.tables` lays it out. Loops
and stages are compiled apart and called by their addresses. Where something has to be done in Python (a process in
NumPy, draws that somebody replaces, a loop that is not compiled yet), the driver returns the number of that operation
and is called again behind it. What the driver does is written once: compiled and in plain Python it is the same text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forcesim.addresses import invoke, part, sheet
from forcesim.engine.loops import add_up, is_any_left, is_none_below, move_stocks
from forcesim.kernels import kernel

if TYPE_CHECKING:
    import numpy as np

    from forcesim.arrays import Floats, Ints
    from forcesim.randomness.address import Keys

    Bools = np.ndarray[Any, np.dtype[np.bool_]]

__all__ = ["drive"]

LOOP, SUM, STAGE, FILL, STILL, YEAR, REST, REFRESH, BEGIN, MARK, MOVE, LOOK, PYTHON = range(13)
"""The operations.

``LOOP`` runs laws over columns and paths, ``SUM`` adds members up, ``STAGE`` runs a stage; ``FILL`` makes draws,
``STILL`` writes their values without noise; ``YEAR`` passes over what is done in month 1 and each January only,
``REST`` over what rests, ``REFRESH`` over what depends on parameters alone while none has changed; ``BEGIN`` copies
parameters into rows in month 0, ``MARK`` notes that all rows are new, ``MOVE`` moves stocks by their flows, ``LOOK``
looks whether a factor on another process is below 0, ``PYTHON`` is done by whoever called the driver.
"""

CODE, NEXT, ADDRESS, AT, ROWS, COLUMNS, FLAGS, STEP, PATHS, MORE = range(10)
"""The fields of an operation.

``NEXT`` is the operation behind what it may pass over; ``ADDRESS`` of a function, 0 while it is not compiled; ``AT``
where its table begins, of ``ROWS`` and ``COLUMNS``; ``FLAGS`` where its flags begin; ``STEP`` the process; ``PATHS``
how many numbers it works out for each column; ``MORE`` is explained with each.
"""

NOW, MONTH, FIRST, NEW_YEAR, NOISE, REPLACED, RUNNING, DRAWN, DRAWN_ROWS, WIDTH, CHANGED = range(11)
"""What the driver knows of the month: the tick, the month, the first path, whether a year begins, whether chance plays,
whether somebody replaces draws, the operation that runs, where the draws lie and in how many rows, how many paths the
block has. From ``CHANGED`` on it holds for each process the tick at which a parameter changed, and then for each
whether one has just done so."""


@kernel
def _tick(hand: Ints) -> int:
    """Return the tick of the next operation: what it writes is newer, by one, than what it read."""
    hand[NOW] += 2
    return int(hand[NOW])


@kernel
def _loop(memory: Floats, book: Ints, op: Ints, written: Ints, flags: Bools, hand: Ints) -> None:
    """Run a loop; one over parameters alone (``MORE`` is 1) runs whatever it did before."""
    table, columns = sheet(book, op[AT], op[ROWS], op[COLUMNS]), part(flags, op[FLAGS], op[COLUMNS])
    now = _tick(hand)
    changed = now if op[MORE] == 1 else hand[CHANGED + op[STEP]]
    invoke(op[ADDRESS], (memory, table, written, columns, op[PATHS], now, changed))


@kernel
def _sum(memory: Floats, book: Ints, op: Ints, written: Ints, hand: Ints) -> None:
    """Add members (``COLUMNS``) up for each sum (``ROWS``)."""
    sums, members = op[ROWS], op[COLUMNS]
    size, at = sums * members, op[AT]
    now = _tick(hand)
    changed = now if op[MORE] == 1 else hand[CHANGED + op[STEP]]
    offset, stride = sheet(book, at, sums, members), sheet(book, at + size, sums, members)
    rows, into = sheet(book, at + 2 * size, sums, members), sheet(book, at + 3 * size, 3, sums)
    add_up(memory, offset, stride, rows, into, written, op[PATHS], now, changed)


@kernel
def _stage(memory: Floats, book: Ints, op: Ints, written: Ints, hand: Ints) -> None:
    """Run a stage; its table begins with how many names, columns, names of items, items and rows given it has."""
    at = op[AT]
    names, columns, of_item, items, given = book[at], book[at + 1], book[at + 2], book[at + 3], book[at + 4]
    place = at + 5
    offset, stride = sheet(book, place, names, columns), sheet(book, place + names * columns, names, columns)
    place += 2 * names * columns
    item_offset, item_stride = sheet(book, place, of_item, items), sheet(book, place + of_item * items, of_item, items)
    place += 2 * of_item * items
    first = part(book, place, columns + 1)
    noise = hand[NOISE] != 0
    invoke(op[ADDRESS], (memory, offset, stride, item_offset, item_stride, first, op[PATHS], noise))
    _mark(part(book, place + columns + 1, given), written, hand)


@kernel
def _mark(rows: Ints, written: Ints, hand: Ints) -> None:
    """Note that rows are new."""
    now = _tick(hand)
    for k in range(rows.shape[0]):
        written[rows[k]] = now


@kernel
def _fill(memory: Floats, book: Ints, keys: Keys, op: Ints, hand: Ints) -> None:
    """Make the draws of a group: normals where ``MORE`` is 1, else uniforms; their keys begin at ``FLAGS``."""
    rows, out = part(book, op[AT], op[ROWS]), sheet(memory, hand[DRAWN], hand[DRAWN_ROWS], hand[WIDTH])
    normal = op[MORE] == 1
    invoke(op[ADDRESS], (normal, sheet(keys, op[FLAGS], op[ROWS], 3), rows, hand[MONTH], hand[FIRST], out))


@kernel
def _still(memory: Floats, book: Ints, op: Ints, hand: Ints) -> None:
    """Write what draws are without noise; the values begin at ``MORE``."""
    for k in range(op[ROWS]):
        row = part(memory, hand[DRAWN] + book[op[AT] + k] * hand[WIDTH], hand[WIDTH])
        for p in range(row.shape[0]):
            row[p] = memory[op[MORE] + k]


@kernel
def _begin(memory: Floats, book: Ints, op: Ints) -> None:
    """Copy parameters into rows."""
    count, paths = op[ROWS], op[PATHS]
    for k in range(count):
        to, at, by = book[op[AT] + k], book[op[AT] + count + k], book[op[AT] + 2 * count + k]
        for p in range(paths):
            memory[to + p] = memory[at + by * p]


@kernel
def _move(memory: Floats, book: Ints, op: Ints, written: Ints, hand: Ints) -> None:
    """Move stocks (``ROWS``) by their flows (``COLUMNS``); the signs begin at ``MORE``."""
    stocks, flows, at = op[ROWS], op[COLUMNS], op[AT]
    signs = sheet(memory, op[MORE], stocks, flows)
    move_stocks(memory, part(book, at, stocks), sheet(book, at + stocks, stocks, flows), signs, op[PATHS])
    _mark(part(book, at + stocks + stocks * flows, stocks), written, hand)


@kernel
def _is_well(memory: Floats, book: Ints, op: Ints, hand: Ints) -> bool:
    """Return whether no factor (``ROWS``) is below 0 on any path."""
    found = True
    for k in range(op[ROWS]):
        found = found and is_none_below(memory, book[op[AT] + k] * hand[WIDTH], hand[WIDTH])
    return found


@kernel
def _rests(memory: Floats, book: Ints, op: Ints, flags: Bools, hand: Ints) -> bool:
    """Return whether all columns rest: nothing that they watch (``ROWS``) is other than 0 on any path.

    The flags of a column say whether it was at rest, whether a watched parameter keeps it awake, and whether it runs.
    A column runs once more when all has become 0, so that what it gives is what it gives at 0. A watched row that only
    the resting laws write stays 0 while they rest, and is not looked at. Parameters are, when one has changed.
    """
    watched, columns, at = op[ROWS], op[COLUMNS], op[AT]
    offset, stride = sheet(book, at, watched, columns), sheet(book, at + watched * columns, watched, columns)
    place = at + 2 * watched * columns
    steady, own, looked = part(book, place, watched), part(book, place + watched, watched), place + 2 * watched
    settled, by_parameter = part(flags, op[FLAGS], columns), part(flags, op[FLAGS] + columns, columns)
    runs, changed = part(flags, op[FLAGS] + 2 * columns, columns), hand[CHANGED + op[STEP]]
    renewed, found = book[looked] != changed, False
    book[looked] = changed
    for c in range(columns):
        if renewed:
            by_parameter[c] = False
            for k in range(watched):
                if steady[k] == 1 and is_any_left(memory, offset[k, c], stride[k, c], op[PATHS]):
                    by_parameter[c] = True
                    break
        awake = by_parameter[c]
        for k in range(watched):
            if awake or steady[k] == 1 or (own[k] == 1 and settled[c]):
                continue
            awake = is_any_left(memory, offset[k, c], stride[k, c], op[PATHS])
        runs[c] = awake or not settled[c]
        settled[c] = not awake
        found = found or runs[c]
    return not found


@kernel
def _is_passed(memory: Floats, book: Ints, op: Ints, flags: Bools, hand: Ints) -> bool:
    """Return whether what stands between an operation and its ``NEXT`` is left out."""
    if op[CODE] == YEAR:
        return bool(hand[NEW_YEAR] == 0)
    if op[CODE] == REST:
        return bool(_rests(memory, book, op, flags, hand))
    step, count = op[STEP], op[MORE]
    if hand[CHANGED + count + step] == 0:
        return True
    hand[CHANGED + count + step] = 0
    hand[CHANGED + step] = _tick(hand)
    return False


@kernel
def _do(memory: Floats, book: Ints, keys: Keys, op: Ints, written: Ints, flags: Bools, hand: Ints) -> None:
    """Do what an operation says."""
    code = op[CODE]
    if code == LOOP:
        _loop(memory, book, op, written, flags, hand)
    elif code == SUM:
        _sum(memory, book, op, written, hand)
    elif code == STAGE:
        _stage(memory, book, op, written, hand)
    elif code == FILL:
        _fill(memory, book, keys, op, hand)
    elif code == STILL:
        _still(memory, book, op, hand)
    elif code == BEGIN:
        _begin(memory, book, op)
    elif code == MOVE:
        _move(memory, book, op, written, hand)
    elif code == MARK:
        written[: written.shape[0] - 1] = _tick(hand)


@kernel
def drive(
    memory: Floats,
    book: Ints,
    keys: Keys,
    table: Ints,
    written: Ints,
    flags: Bools,
    hand: Ints,
    begin: int,
    end: int,
) -> int:
    """Run operations from ``begin`` on; return ``end``, or the first that needs Python.

    Parameters
    ----------
    memory : float64
        All numbers of the block.
    book : int64
        The tables of all operations, one behind the other.
    keys : uint64
        The keys of all draws.
    table : int64 (operation, field)
        The operations.
    written : int64 (row,)
        The tick at which each row was last written.
    flags : bool
        Columns that run, and what rests.
    hand : int64
        What is known of the month.
    begin, end : int
        Which operations.
    """
    place = begin
    while place < end:
        op = table[place]
        code = op[CODE]
        hand[RUNNING] = place
        if code in (YEAR, REST, REFRESH):
            place = op[NEXT] if _is_passed(memory, book, op, flags, hand) else place + 1
            continue
        asks = code == PYTHON or (code == FILL and hand[REPLACED] != 0)
        asks = asks or (code == LOOK and not _is_well(memory, book, op, hand))
        if asks or (code in (LOOP, STAGE, FILL) and op[ADDRESS] == 0):
            return place
        _do(memory, book, keys, op, written, flags, hand)
        place += 1
    return place
