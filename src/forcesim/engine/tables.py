"""The tables that the driver reads: operations, their offsets, flags and numbers, laid one behind the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.engine.driver import CODE, MORE, NEXT, STEP

if TYPE_CHECKING:
    from forcesim.arrays import Floats, Ints

    Bools = np.ndarray[Any, np.dtype[np.bool_]]

__all__ = ["Tables"]


class Tables:
    """What the driver needs, as far as it is laid out.

    Parameters
    ----------
    numbers_at : int
        Where in a block's memory the numbers begin that operations bring along.
    columns : int
        The most columns that an operation has: the first flags say for so many that all run.
    """

    def __init__(self, numbers_at: int, columns: int) -> None:
        """Begin with no operation."""
        self.step, self.numbers_at = 0, numbers_at
        self._operations: list[list[int]] = []
        self._book: list[Ints] = []
        self._flags: list[Bools] = [np.ones(columns, dtype=np.bool_)]
        self._numbers: list[Floats] = []
        self._written, self._flagged, self._numbered = 0, columns, 0

    def __len__(self) -> int:
        """Return how many operations there are."""
        return len(self._operations)

    def add(self, code: int, fields: dict[int, int] | None = None) -> int:
        """Add an operation of the process that is laid out; return its place."""
        row = [0] * (MORE + 1)
        row[CODE], row[STEP] = code, self.step
        for field, value in (fields or {}).items():
            row[field] = int(value)
        self._operations.append(row)
        return len(self._operations) - 1

    def close(self, place: int) -> None:
        """Have an operation pass over all that was added since."""
        self._operations[place][NEXT] = len(self._operations)

    def write(self, *parts: Any) -> int:
        """Write whole numbers into the book; return where they begin."""
        begin = self._written
        for one in parts:
            flat = np.asarray(one, dtype=np.int64).ravel()
            self._book.append(flat)
            self._written += len(flat)
        return begin

    def flag(self, count: int) -> int:
        """Make room for flags that are down; return where they begin."""
        self._flags.append(np.zeros(count, dtype=np.bool_))
        self._flagged += count
        return self._flagged - count

    def number(self, values: Any) -> int:
        """Bring numbers along; return where in the block's memory they begin."""
        flat = np.asarray(values, dtype=np.float64).ravel()
        self._numbers.append(flat)
        self._numbered += len(flat)
        return self.numbers_at + self._numbered - len(flat)

    @property
    def operations(self) -> Ints:
        """Return the operations (operation, field)."""
        return np.array(self._operations, dtype=np.int64).reshape(-1, MORE + 1)

    @property
    def book(self) -> Ints:
        """Return the tables of all operations."""
        return np.concatenate([*self._book, np.zeros(1, dtype=np.int64)])

    @property
    def flags(self) -> Bools:
        """Return all flags."""
        return np.concatenate(self._flags)

    @property
    def numbers(self) -> Floats:
        """Return all numbers that operations bring along."""
        return np.concatenate([*self._numbers, np.zeros(0)])
