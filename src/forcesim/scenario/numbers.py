"""The numbers of a scenario: where each stands, and what it is in each month once settings are applied."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forcesim.policy import course
from forcesim.processes.columns import entries
from forcesim.quantities import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import BaseModel

    from forcesim.arrays import Floats
    from forcesim.policy import Setting
    from forcesim.processes.columns import Column
    from forcesim.quantities import Distribution
    from forcesim.timeline import Timeline

__all__ = ["Cell", "Number", "cell_of", "numbers_of"]


_SLOT = re.compile(r"(.*)\[([0-9]+)\]")


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a scenario, with its path; for a choice the position of its word."""

    path: str
    column: Column
    value: Value | float

    @property
    def unit(self) -> str:
        """Return the unit; ``"choice"`` for a word."""
        return "choice" if self.column.words else self.column.quantity.unit if self.column.quantity else ""

    @property
    def distribution(self) -> Distribution | None:
        """Return its distribution, if it is uncertain."""
        return self.value.distribution if isinstance(self.value, Value) else None


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """What a number is in each month: a constant, plus factors times the uncertain numbers that it rests on.

    Attributes
    ----------
    constant : float64 (month,)
        The part that is the same on every path.
    factors : mapping of name to float64 (month,)
        Of the number's own draw (under its path), and of what settings bring in.
    distributions : mapping of name to Distribution
        What the names are drawn from.
    """

    constant: Floats
    factors: Mapping[str, Floats]
    distributions: Mapping[str, Distribution] = field(default_factory=dict)

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """Return the least and the greatest that it can be in each month."""
        least, most = self.constant.copy(), self.constant.copy()
        for name, factor in self.factors.items():
            low, high = self.distributions[name].support
            on = factor != 0.0
            one, other = factor[on] * low, factor[on] * high
            least[on] += np.minimum(one, other)
            most[on] += np.maximum(one, other)
        return least, most

    def same(self, other: Cell) -> bool:
        """Return whether it is the same number in every month on every path."""
        return (
            np.array_equal(self.constant, other.constant)
            and dict(self.distributions) == dict(other.distributions)
            and all(np.array_equal(factor, other.factors[name]) for name, factor in self.factors.items())
        )


def numbers_of(prefix: str, model: type[BaseModel], section: BaseModel) -> Iterator[Number]:
    """Yield the numbers and choices that a section has."""
    counts: dict[str, int] = {}
    for column, value in entries(model, section):
        if column.path.endswith(".count"):
            assert isinstance(value, float)
            counts[column.path.removesuffix(".count")] = int(value)
            continue
        slot = _SLOT.match(column.path)
        absent = slot is not None and int(slot[2]) >= counts[slot[1]]
        if not absent and (isinstance(value, Value) or column.words):
            yield Number(f"{prefix}.{column.path}", column, value)


def cell_of(number: Number, settings: Sequence[Setting], timeline: Timeline) -> Cell:
    """Return what a number is in each month under settings of it, stacked in order."""
    value, dated = number.value, None
    if isinstance(value, Value) and value.schedule is not None:
        dated = timeline.schedule(value.schedule, value.interpolate)
    way = course(settings, timeline, number.column.words, path=number.path, dated=dated)
    factors = {name: factor for name, (_, factor) in way.extra.items()}
    laws = {name: law for name, (law, _) in way.extra.items()}
    if isinstance(value, Value) and value.distribution is not None:
        if way.factor.any():
            factors, laws = {number.path: way.factor, **factors}, {number.path: value.distribution, **laws}
        return Cell(way.constant, factors, laws)
    x = value.centre if isinstance(value, Value) else float(value)
    return Cell(way.factor * x + way.constant, factors, laws)
