"""Chance by address, drawn as it is wanted: a stream for each entity and mechanism, the replication as the path.

Draw ``k`` of a stream has the address (seed, ``rotation``, entity, mechanism, slot ``k``, replication), so that one
more unit or demand changes no draw of the others. Draws are taken in growing batches: a scalar then costs as much as
an entry of a list.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from forcesim.randomness.address import fill_normal, fill_uniform, stream_key
from forcesim.rotation.durations import whole_days

if TYPE_CHECKING:
    from forcesim.arrays import Floats
    from forcesim.quantities import Distribution
    from forcesim.rotation.durations import Days

__all__ = ["FixedDays", "RealTimes", "Stream", "Streams", "WholeDays"]


FIRST, LARGEST = 8, 1024
"""Draws in the first batch of a stream, and in the largest."""


@lru_cache(maxsize=65_536)
def _key(seed: int, entity: str, mechanism: str) -> tuple[int, int]:
    """Return the key of a stream; what is remembered changes no draw."""
    return stream_key(seed, "rotation", entity, mechanism)


class Stream:
    """Uniforms (or standard normals), one after the other."""

    __slots__ = ("_at", "_batch", "_buffer", "_drawn", "_key", "_normal", "_replication")

    def __init__(self, key: tuple[int, int], replication: int, *, normal: bool = False) -> None:
        """Begin with nothing drawn."""
        self._key, self._replication, self._normal = key, replication, normal
        self._buffer: list[float] = []
        self._at, self._drawn, self._batch = 0, 0, FIRST

    def batch(self) -> Floats:
        """Return the next batch of raw draws."""
        keys = np.empty((self._batch, 3), dtype=np.uint64)
        keys[:, 0], keys[:, 1] = self._key
        keys[:, 2] = np.arange(self._drawn, self._drawn + self._batch)
        out = np.empty((self._batch, 1))
        (fill_normal if self._normal else fill_uniform)(keys, 0, self._replication, out)
        self._drawn += self._batch
        self._batch = min(LARGEST, 2 * self._batch)
        return out[:, 0]

    def next(self) -> float:
        """Return the next draw."""
        if self._at == len(self._buffer):
            self._buffer, self._at = self.values(), 0
        found = self._buffer[self._at]
        self._at += 1
        return found

    def values(self) -> list[float]:
        """Return a batch as it is handed out."""
        return [float(value) for value in self.batch()]


class RealTimes(Stream):
    """Durations in days and parts of days, from a law."""

    __slots__ = ("_law",)

    def __init__(self, key: tuple[int, int], replication: int, law: Distribution) -> None:
        """Begin with nothing drawn."""
        super().__init__(key, replication)
        self._law = law

    def values(self) -> list[float]:
        """Return a batch of durations."""
        return [float(value) for value in np.maximum(self._law.quantile(self.batch()), 0.0)]


class WholeDays:
    """Durations in whole days, from a law."""

    __slots__ = ("_law", "_least", "_left", "_stream")

    def __init__(self, stream: Stream, law: Distribution, least: int) -> None:
        """Begin with nothing drawn."""
        self._stream, self._law, self._least = stream, law, least
        self._left: list[int] = []

    def next(self) -> int:
        """Return the next duration."""
        if not self._left:
            self._left = whole_days(self._law, self._stream.batch(), self._least).tolist()[::-1]
        return self._left.pop()


class FixedDays:
    """A duration that is always the same."""

    __slots__ = ("_days",)

    def __init__(self, days: int) -> None:
        """Keep the days."""
        self._days = days

    def next(self) -> int:
        """Return the duration."""
        return self._days


class Streams:
    """The streams of one replication.

    Examples
    --------
    >>> one, other = Streams(2025, 0), Streams(2025, 0)
    >>> one.uniform("GBR-1", "reset").next() == other.uniform("GBR-1", "reset").next()
    True
    >>> one.uniform("GBR-1", "reset").next() == one.uniform("GBR-2", "reset").next()
    False
    """

    __slots__ = ("replication", "seed")

    def __init__(self, seed: int, replication: int) -> None:
        """Keep the address of the replication."""
        self.seed, self.replication = seed, replication

    def uniform(self, entity: str, mechanism: str) -> Stream:
        """Return a stream of uniforms on (0, 1), from its beginning."""
        return Stream(_key(self.seed, entity, mechanism), self.replication)

    def normal(self, entity: str, mechanism: str) -> Stream:
        """Return a stream of standard normals, from its beginning."""
        return Stream(_key(self.seed, entity, mechanism), self.replication, normal=True)

    def days(self, entity: str, mechanism: str, days: Days, least: int = 0) -> WholeDays | FixedDays:
        """Return durations in whole days."""
        if days.law is None:
            return FixedDays(max(days.least, least))
        return WholeDays(self.uniform(entity, mechanism), days.law, least)

    def times(self, entity: str, mechanism: str, days: Days) -> RealTimes | FixedDays:
        """Return durations in days and parts of days."""
        if days.law is None:
            return FixedDays(days.least)
        return RealTimes(_key(self.seed, entity, mechanism), self.replication, days.law)
