"""The numbers of a scenario: where each stands, and its course, which is its value in each month under settings.

A setting changes what a number was in each month: ``set`` replaces it, ``add`` and ``scale`` change it, ``ramp``
slides from what it is when the ramp begins to a target, and ``at_least`` raises it where it is lower. What settings
make of a number x is the greatest of a few lines ``a x + b`` with a >= 0. Such a form stays one under every further
setting: a scale is not negative, and a ramp keeps a share between 0 and 1 of what was there. It holds for a number
that differs between paths, too. An uncertain setting brings a sampled number of its own into a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.processes.columns import entries
from forcesim.quantities import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic import BaseModel

    from forcesim.arrays import Floats
    from forcesim.policy import Setting
    from forcesim.processes.columns import Column
    from forcesim.quantities import Distribution
    from forcesim.timeline import Timeline

__all__ = ["Affine", "Course", "Number", "course_of", "numbers_of"]


_SLOT = re.compile(r"(.*)\[([0-9]+)\]")


@dataclass(frozen=True)
class Number:
    """One number of a scenario, with its path; for a choice the position of its word.

    Attributes
    ----------
    path : str
        Where it stands.
    column : Column
        What is declared of it.
    value : Value or float
        What it is without settings.
    timeline : Timeline
        The scenario's months.
    settings : tuple of Setting
        Those of this number, in the order in which they are put on top of each other.
    """

    path: str
    column: Column
    value: Value | float
    timeline: Timeline
    settings: tuple[Setting, ...] = ()

    @property
    def unit(self) -> str:
        """Return the unit; ``"choice"`` for a word."""
        return "choice" if self.column.words else self.column.quantity.unit if self.column.quantity else ""

    @property
    def distribution(self) -> Distribution | None:
        """Return its distribution, if it is uncertain."""
        return self.value.distribution if isinstance(self.value, Value) else None

    @cached_property
    def course(self) -> Course:
        """Return its value in each month under its settings."""
        return course_of(self.value, self.settings, self.timeline, path=self.path, words=self.column.words)

    def under(self, settings: Iterable[Setting]) -> Number:
        """Return the same number under other settings; itself if they are those that it has."""
        stack = tuple(settings)
        return self if stack == self.settings else replace(self, settings=stack)


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """A constant plus factors times uncertain numbers, month by month.

    Attributes
    ----------
    constant : float64 (month,)
        The part that is the same on every path; of a floor minus infinity in months in which it does not hold.
    factors : dict of name to float64 (month,)
        At least 0, by the name of an uncertain number.
    """

    constant: Floats
    factors: dict[str, Floats] = field(default_factory=dict)

    def bounds(self, distributions: Mapping[str, Distribution]) -> tuple[Floats, Floats]:
        """Return the least and the greatest that it can be in each month."""
        least, most = self.constant.copy(), self.constant.copy()
        for name, factor in self.factors.items():
            low, high = distributions[name].support
            on = factor != 0.0
            least[on] += factor[on] * low
            most[on] += factor[on] * high
        return least, most

    def same(self, other: Affine) -> bool:
        """Return whether it is the same in every month."""
        return (
            np.array_equal(self.constant, other.constant)
            and self.factors.keys() == other.factors.keys()
            and all(np.array_equal(factor, other.factors[name]) for name, factor in self.factors.items())
        )

    def write(self, row: Floats, month: int, sampled: Mapping[str, Floats]) -> None:
        """Write what it is in a month on each path."""
        row[:] = self.constant[month]
        for name, factor in self.factors.items():
            row += factor[month] * sampled[name]


@dataclass(frozen=True, eq=False)
class Course:
    """The value of a number in each month: the greatest of its lines.

    Attributes
    ----------
    lines : tuple of Affine
        First what settings make of the number; behind it the floors that it may lie under on some path.
    distributions : mapping of name to Distribution
        What the uncertain numbers in the lines are drawn from: the number's own, under its path, comes first.
    """

    lines: tuple[Affine, ...]
    distributions: Mapping[str, Distribution] = field(default_factory=dict)

    @property
    def certain(self) -> bool:
        """Return whether it is the same on every path; it then has one line, which is constant."""
        return not self.distributions

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """Return the least and the greatest that the number can be in each month.

        No factor is negative, so all lines are least at once, and greatest at once.
        """
        least, most = zip(*(line.bounds(self.distributions) for line in self.lines), strict=True)
        return np.maximum.reduce(least), np.maximum.reduce(most)

    @cached_property
    def changes(self) -> frozenset[int]:
        """Return the months in which it is not what it was in the month before; month 0 is one of them."""
        rows = np.stack([row for line in self.lines for row in (*line.factors.values(), line.constant)])
        new = (rows[:, 1:] != rows[:, :-1]).any(axis=0)
        return frozenset(np.flatnonzero(np.r_[True, new]).tolist())

    def same(self, other: Course) -> bool:
        """Return whether it is the same number in every month on every path."""
        return (
            len(self.lines) == len(other.lines)
            and dict(self.distributions) == dict(other.distributions)
            and all(one.same(another) for one, another in zip(self.lines, other.lines, strict=True))
        )

    def write(self, row: Floats, month: int, sampled: Mapping[str, Floats]) -> None:
        """Write the number's value in a month on each path.

        Parameters
        ----------
        row : float64 (path,)
            What is written.
        month : int
            Which month.
        sampled : mapping of name to float64 (path,)
            The uncertain numbers.
        """
        first, *floors = self.lines
        first.write(row, month, sampled)
        for floor in floors:
            other = np.empty_like(row)
            floor.write(other, month, sampled)
            np.maximum(row, other, out=row)


def numbers_of(
    prefix: str,
    model: type[BaseModel],
    section: BaseModel,
    timeline: Timeline,
    settings: Mapping[str, Iterable[Setting]],
) -> Iterator[Number]:
    """Yield the numbers and choices that a section has, each with those of the settings, by path, that are its own."""
    counts: dict[str, int] = {}
    for column, value in entries(model, section):
        if column.path.endswith(".count"):
            assert isinstance(value, float)
            counts[column.path.removesuffix(".count")] = int(value)
            continue
        slot = _SLOT.match(column.path)
        absent = slot is not None and int(slot[2]) >= counts[slot[1]]
        if not absent and (isinstance(value, Value) or column.words):
            path = f"{prefix}.{column.path}"
            yield Number(path, column, value, timeline, tuple(settings.get(path, ())))


def course_of(
    value: Value | float,
    settings: Iterable[Setting],
    timeline: Timeline,
    *,
    path: str = "",
    words: tuple[str, ...] = (),
) -> Course:
    """Return the value of a number in each month under settings.

    Parameters
    ----------
    value : Value or float
        The number without settings.
    settings : iterable of Setting
        All of this number, in the order in which they are put on top of each other.
    timeline : Timeline
        The scenario's months; what lies outside has no effect.
    path : str
        Path of the number, which names its own draw; that of an uncertain setting is ``"<path> from <date>"``.
    words : tuple of str
        For a choice: its words; the number is the position.

    Examples
    --------
    >>> from forcesim.policy import Setting
    >>> from forcesim.timeline import Timeline
    >>> timeline = Timeline("2025-01", "2025-05")
    >>> ramp = Setting(lever="x", ramp=4.0, over=2, start="2025-02")
    >>> floor = Setting(lever="x", at_least=2.5)
    >>> course_of(2.0, [ramp, floor], timeline).lines[0].constant
    array([2.5, 2.5, 3. , 4. , 4. ])
    """
    stack = _Stack(value, timeline)
    for setting in settings:
        span = timeline.span(setting.start, setting.until)
        if span.start < span.stop:
            stack.put(setting, span, path, words)
    return stack.course(path)


ONE, ITSELF = "1", "x"
"""Names of the constant and of the number itself, in a stack."""


class _Stack:
    """The lines of a course while settings are put on it: each has factors by name, with 1 for the constant."""

    def __init__(self, value: Value | float, timeline: Timeline) -> None:
        """Begin with the number itself."""
        self.value, self.timeline = value, timeline
        itself, constant = np.ones(timeline.months), np.zeros(timeline.months)
        if isinstance(value, Value) and value.schedule is not None:
            itself, constant = np.zeros(timeline.months), timeline.schedule(value.schedule, value.interpolate)
        self.lines: list[dict[str, Floats]] = [{ITSELF: itself, ONE: constant}]
        self.distributions: dict[str, Distribution] = {}

    def put(self, setting: Setting, span: slice, path: str, words: tuple[str, ...]) -> None:
        """Put one setting on top."""
        given, whole = setting.given, np.ones(span.stop - span.start)
        if isinstance(given, str):
            given = Value(value=float(words.index(given)))
        name = self._name(given, f"{path} from {setting.start or self.timeline.start}")
        match setting.way:
            case "set":
                self._keep(span, 0.0 * whole)
                self._add(span, whole, given, name)
            case "add":
                self._add(span, whole, given, name)
            case "scale":
                self._keep(span, given.centre * whole)
            case "ramp":
                assert setting.over is not None
                way = self.timeline.ramp(setting.start, setting.over)[span]
                self._keep(span, 1.0 - way, begun=True)
                self._add(span, way, given, name)
            case "at_least":
                floor = {ONE: np.full(self.timeline.months, -np.inf)}
                floor[ONE][span] = 0.0
                self._add_to(floor, span, whole, given, name)
                self.lines.append(floor)

    def course(self, path: str) -> Course:
        """Return the course, with the number itself put in: its centre if it is certain, else its draw."""
        first, *floors = self.lines
        itself, own = first.pop(ITSELF), self.value.distribution if isinstance(self.value, Value) else None
        if own is None:
            x = self.value.centre if isinstance(self.value, Value) else float(self.value)
            first[ONE] = itself * x + first[ONE]
        else:
            self.distributions = {path: own, **self.distributions}
            first[path] = itself
        whole = [Affine(line.pop(ONE), line) for line in (first, *floors)]
        whole = _apart(whole, self.distributions)
        felt = {
            name: distribution
            for name, distribution in self.distributions.items()
            if any(name in line.factors and line.factors[name].any() for line in whole)
        }
        lines = [Affine(one.constant, {name: one.factors[name] for name in felt if _has(one, name)}) for one in whole]
        return Course(tuple(lines), felt)

    def _name(self, given: Value, name: str) -> str:
        """Return the name of a setting's draw, and note what it is drawn from, if it is uncertain."""
        while name in self.distributions:
            name += ", again"
        if given.distribution is not None:
            self.distributions[name] = given.distribution
        return name

    def _keep(self, span: slice, share: Floats, *, begun: bool = False) -> None:
        """Keep a share, month by month, of what stands there, or of what stood there when the span began.

        A floor of which nothing is kept does not hold any more.
        """
        for place, line in enumerate(self.lines):
            for name, factor in line.items():
                was = np.full(len(share), factor[span.start]) if begun else factor[span]
                if place == 0:
                    factor[span] = share * was
                else:
                    none = np.full(len(share), -np.inf if name == ONE else 0.0)
                    factor[span] = np.multiply(share, was, out=none, where=share > 0.0)

    def _add(self, span: slice, share: Floats, given: Value, name: str) -> None:
        """Add a share of a given number to every line, month by month."""
        for line in self.lines:
            self._add_to(line, span, share, given, name)

    def _add_to(self, line: dict[str, Floats], span: slice, share: Floats, given: Value, name: str) -> None:
        """Add a share of a given number to one line, in the months in which that holds."""
        if given.distribution is None:
            line[ONE][span] += share * given.centre
        else:
            line.setdefault(name, np.zeros(self.timeline.months))[span] += share * (line[ONE][span] > -np.inf)


def _has(line: Affine, name: str) -> bool:
    """Return whether an uncertain number is in a line in some month."""
    return name in line.factors and bool(line.factors[name].any())


def _apart(lines: list[Affine], distributions: Mapping[str, Distribution]) -> list[Affine]:
    """Return the lines without what is never the greatest.

    In a month in which a floor lies above another line on every path, it takes that line's place. Each round takes a
    floor away in every month in which one can go, so that there are as many rounds as floors.
    """
    for _ in lines[1:]:
        for floor, line in ((floor, line) for place, floor in enumerate(lines) for line in lines[:place]):
            (low, high), (least, most) = line.bounds(distributions), floor.bounds(distributions)
            under = most <= low
            _move(floor, line, ~under & (least >= high))
            _move(floor, None, under)
    return [line for line in lines if line is lines[0] or (line.constant > -np.inf).any()]


def _move(floor: Affine, line: Affine | None, months: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
    """Take a floor away in some months, and put it in the place of a line there."""
    if line is not None:
        line.constant[months] = floor.constant[months]
        for name in {**line.factors, **floor.factors}:
            factor = line.factors.setdefault(name, np.zeros(len(months)))
            factor[months] = floor.factors[name][months] if name in floor.factors else 0.0
    floor.constant[months] = -np.inf
    for factor in floor.factors.values():
        factor[months] = 0.0
