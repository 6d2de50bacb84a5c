"""Published computations as data: what a case is, how a file of cases is read, and what is wrong with one.

A case says what was published (a number or a span, by whom, when), which published figures went in, the scenario in
which the library is to compute the same, and what to ask of the result. It is data only: a file of cases is read as a
scenario file is, by the safe loader and within the same bounds.
"""

from __future__ import annotations

import difflib
import math
import re
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from forcesim import tables
from forcesim.arguments import place as place_of
from forcesim.errors import DataError, Fault, ForcesimError
from forcesim.scenario.faults import faults_of_form
from forcesim.scenario.reading import read_file

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

__all__ = ["Agreement", "Ask", "Case", "Cut", "Find", "Input", "Published", "bundled_cases", "cases_of", "load_cases"]

StrictNumber = Annotated[float, Field(strict=True)]
Text = Annotated[str, Field(max_length=1000)]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Span = tuple[Month, Month]

NATION = "{nation}"
"""Stands in a pointer for the code of each nation that a path with ``@group`` or ``*`` reaches."""

WITHIN = 1e-3
"""How far an input may lie from the figure that it points at, relative to it."""


class Agreement:
    """How a computed number stands to the published one."""

    MATCH = "match"
    WITHIN = "within the spread"
    DIFFERS = "differs"
    CANNOT = "cannot be replayed"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _fault(rule: str, found: str = "", remedy: str = "") -> PydanticCustomError:
    """Return a fault that pydantic carries to its place."""
    return PydanticCustomError("range", "{rule}", {"rule": rule, "found": found, "remedy": remedy})


class Input(_Entry):
    """A published figure that goes in: what it is, who says so, and where the scenario takes it.

    Parameters
    ----------
    name : str
        What it is.
    value : float, optional
        The figure; that of the row if ``source`` points at one.
    unit : str
        Its unit; that of the row unless given.
    source : str
        A pointer to a bundled row (``"FG029"``), with ``{nation}`` for many nations; or a citation.
    sets : str
        The path in the scenario; a figure that sets nothing is only shown.
    factor : float
        From the published unit to the library's: 1/12 from a year to a month.
    """

    name: Text
    value: StrictNumber | None = None
    unit: Text = ""
    source: Text = ""
    sets: Text = ""
    factor: StrictNumber = 1.0

    @property
    def of_many(self) -> bool:
        """Return whether it is a figure for each of several nations."""
        return NATION in self.source

    def figure(self, nation: str = "") -> float:
        """Return the published figure (of a nation)."""
        return tables.lookup(self.source.replace(NATION, nation)).value if self.value is None else self.value

    @property
    def shown_unit(self) -> str:
        """Return the unit of the figure."""
        pointed = self.unit == "" and not self.of_many and _points(self.source)
        return tables.lookup(self.source).unit if pointed else self.unit


class Published(_Entry):
    """What was published: a number, a span, or both; read from a bundled row unless given."""

    value: StrictNumber | None = None
    low: StrictNumber | None = None
    high: StrictNumber | None = None
    unit: Text = ""
    source: Text = ""

    @model_validator(mode="after")
    def _is_there(self) -> Self:
        """Refuse a span with one end, or no number at all."""
        if (self.low is None) != (self.high is None):
            raise _fault("must have both low and high, or neither")
        if self.value is None and self.low is None and not _points(self.source):
            raise _fault("must have a value, or low and high, or a source that points at a bundled row")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise _fault("low must not exceed high", f"{self.low:g} and {self.high:g}")
        return self

    @property
    def shown_unit(self) -> str:
        """Return the unit; that of the row that was pointed at unless given."""
        return self.unit or (tables.lookup(self.source).unit if _points(self.source) else "")

    def numbers(self) -> tuple[float, float, float]:
        """Return the value (nan if only a span was published) and the span, which is the value if there is none."""
        value, low, high = self.value, self.low, self.high
        if value is None and low is None:
            figure = tables.lookup(self.source)
            return figure.value, figure.low, figure.high
        if low is None or high is None:
            assert value is not None
            return value, value, value
        return math.nan if value is None else value, low, high


class Ask(_Entry):
    """What is read from the result: an expression, and of which months.

    Parameters
    ----------
    what : str
        An expression over outcomes.
    at, by : month, optional
        In this month; or, of something true or false, whether it came true until then.
    sum, mean, change : two months, optional
        Over the months from the one to the other, both included; ``change`` is the last less the first.
    """

    what: Text
    at: Month | None = None
    by: Month | None = None
    sum: Span | None = None
    mean: Span | None = None
    change: Span | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        """Refuse none or several of the ways to say when."""
        given = [name for name in ("at", "by", "sum", "mean", "change") if getattr(self, name) is not None]
        if len(given) != 1:
            raise _fault("must have one of at, by, sum, mean, change", ", ".join(given) or "none")
        return self


class Find(_Entry):
    """An input that nobody published: the value between ``low`` and ``high`` at which an answer is a published one."""

    path: Text
    low: StrictNumber
    high: StrictNumber
    so_that: Ask
    equals: StrictNumber | None = None
    source: Text = ""

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        """Refuse an empty range, or nothing to aim at."""
        if self.low >= self.high:
            raise _fault("low must lie below high", f"{self.low:g} and {self.high:g}")
        if self.equals is None and not _points(self.source):
            raise _fault("must have equals, or a source that points at a bundled row")
        return self

    @property
    def aim(self) -> float:
        """Return the published number."""
        return tables.lookup(self.source).value if self.equals is None else self.equals


class Cut(_Entry):
    """What is left of a bundled scenario, so that a case runs what it needs only; its policies are let go.

    Parameters
    ----------
    nations : tuple of str
        Codes, or ``"@group"``; all unless given.
    without : tuple of str
        Codes to leave out of them.
    sections : tuple of str
        Sections of the nations, and those of the world of the same name; all unless given.
    start, horizon : month, optional
        Other months.
    """

    nations: tuple[Text, ...] = Field(default=(), max_length=300)
    without: tuple[Text, ...] = Field(default=(), max_length=300)
    sections: tuple[Text, ...] = Field(default=(), max_length=50)
    start: Month | None = None
    horizon: Month | None = None


class Case(_Entry):
    """One published computation, and how the library is to do it again.

    Parameters
    ----------
    id, title, says : str
        Its name; what it is about; what was published, in one's own words.
    source, url, date : str
        Who published it, where and when.
    inputs : tuple of Input
        Published figures that go in.
    scenario : str, optional
        A bundled scenario or a file; with ``cut`` a part of it.
    world : mapping, optional
        Or a scenario of its own, as a file would hold it.
    values : mapping of path to value
        What else is set, as ``with_values`` takes it.
    policy : tuple of str
        Policies to apply.
    find : tuple of Find
        Inputs to be found first, in this order.
    ask : Ask, optional
        What to read; without it, the last number that was found.
    published : Published, optional
        What to compare with.
    unit : str
        Unit of the answer where nothing was published.
    tolerance : float
        Difference over the published number that still counts as a match.
    noise, paths, seed
        Without noise and on one path unless asked otherwise.
    expect : str
        The verdict that is known.
    why : str
        Why it does not match, or cannot be replayed.
    note : str
        What to beware of.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
    title: Text
    says: Text = ""
    source: Text
    url: Text = ""
    date: Text = ""
    inputs: tuple[Input, ...] = Field(default=(), max_length=200)
    scenario: Text | None = None
    cut: Cut | None = None
    world: dict[str, Any] | None = None
    values: dict[str, Any] = Field(default={}, max_length=1000)
    policy: tuple[Text, ...] = Field(default=(), max_length=100)
    find: tuple[Find, ...] = Field(default=(), max_length=20)
    ask: Ask | None = None
    published: Published | None = None
    unit: Text = ""
    tolerance: Annotated[float, Field(strict=True, ge=0.0, le=1.0)] = 0.001
    noise: Annotated[bool, Field(strict=True)] = False
    paths: Annotated[int, Field(strict=True, ge=1, le=10_000_000)] = 1
    seed: Annotated[int, Field(strict=True, ge=0)] = 2025
    expect: Literal["match", "within the spread", "differs", "cannot be replayed"] = "match"
    why: Text = ""
    note: Text = ""

    @property
    def runs(self) -> bool:
        """Return whether there is something to run."""
        return self.scenario is not None or self.world is not None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        """Refuse a case that asks nothing of nothing, or does not say why it fails."""
        if self.scenario is not None and self.world is not None:
            raise _fault("must have a scenario or a world, not both")
        if self.cut is not None and self.scenario is None:
            raise _fault("must have a scenario to cut from")
        if self.runs and self.ask is None and not self.find:
            raise _fault("must ask something of its scenario", "", "add ask: {what: gap, at: 2025-02}")
        if not self.runs and self.expect != Agreement.CANNOT:
            rule, remedy = "must have a scenario or a world", "or say expect: cannot be replayed, and why"
            raise _fault(rule, "", remedy)
        if self.expect != Agreement.CANNOT and self.published is None:
            raise _fault("must say what was published")
        if self.expect in (Agreement.DIFFERS, Agreement.CANNOT) and not self.why:
            raise _fault("must say why", f"expect {self.expect!r} and no why")
        return self


class _File(_Entry):
    """A file of cases; under ``shared`` stands what several of them repeat, by YAML's anchors."""

    shared: dict[str, Any] = Field(default={}, max_length=200)
    cases: tuple[Case, ...] = Field(max_length=1000)


def cases_of(data: Any) -> tuple[Case, ...]:
    """Return the cases of plain data, as a file holds them.

    Raises
    ------
    DataError
        With every fault of the data, each by its path.

    Examples
    --------
    >>> ratio = {"id": "ratio", "title": "A ratio", "source": "me", "expect": "cannot be replayed", "why": "no process"}
    >>> cases_of({"cases": [ratio]})[0].runs
    False
    """
    try:
        found = _File.model_validate(data).cases
    except ValidationError as error:
        raise DataError([_in_words(fault) for fault in faults_of_form(error, _File, data)]) from None
    # not by min_length: pydantic would count the sound cases only, and call a list of faulty ones empty
    faults = list(_faults_of(found)) if found else [Fault("cases", "must have at least 1 entry")]
    if faults:
        raise DataError(faults)
    return found


def load_cases(path: str | os.PathLike[str]) -> tuple[Case, ...]:
    """Return the cases of a YAML or JSON file of at most 2 MiB; ``~`` stands for the home folder.

    Raises
    ------
    DataError
        If the file cannot be read, is too large or holds anything but plain data; or with all its faults at once.
    """
    try:
        data = read_file(place_of("cases", path))
    except ForcesimError as error:
        raise DataError(
            [Fault(one.path, one.rule.replace("a scenario", "cases"), one.found, one.remedy) for one in error.faults]
        ) from None
    return cases_of(data)


def bundled_cases() -> tuple[Case, ...]:
    """Return the bundled cases, in the order of their files.

    Examples
    --------
    >>> bundled_cases()[0].id
    'A1-net'
    """
    found: list[Case] = []
    folder = files("forcesim").joinpath("published")
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.name.endswith(".yaml"):
            with as_file(entry) as path:
                found += load_cases(path)
    return tuple(found)


def _in_words(fault: Fault) -> Fault:
    """Return a fault of form in the words of a file of cases."""
    if fault.rule == "must be a month such as 2030-12" and fault.path.endswith(".id"):
        return Fault(fault.path, "must be letters, digits, . _ and -, at most 60 of them", fault.found)
    return fault


def _faults_of(cases: Iterable[Case]) -> Iterator[Fault]:
    """Yield what is wrong with cases of sound form: names given twice, pointers, figures misquoted."""
    met: set[str] = set()
    for place, case in enumerate(cases):
        path = f"cases[{place}]"
        if case.id in met:
            yield Fault(f"{path}.id", "must be given once", repr(case.id))
        met.add(case.id)
        for at, one in enumerate(case.inputs):
            yield from _faults_of_input(f"{path}.inputs[{at}]", one)
        for at, aim in enumerate(case.find):
            yield from _unknown(f"{path}.find[{at}].source", aim.source)
        if case.published is not None:
            faults = list(_unknown(f"{path}.published.source", case.published.source))
            yield from faults or _misquoted(f"{path}.published.value", case.published.value, case.published.source)
            if not faults and all(math.isnan(number) for number in case.published.numbers()):
                yield Fault(f"{path}.published.source", "must hold a figure", repr(case.published.source))


def _faults_of_input(path: str, one: Input) -> Iterator[Fault]:
    """Yield what is wrong with an input."""
    if one.of_many:
        if "@" not in one.sets and "*" not in one.sets:
            yield Fault(f"{path}.sets", "must reach several nations", repr(one.sets), "nations.*.spending.share, say")
        return
    faults = list(_unknown(f"{path}.source", one.source))
    yield from faults
    if faults or not _points(one.source):
        if one.value is None and not faults:
            yield Fault(f"{path}.value", "is missing", "", "or let source point at a bundled row")
        return
    if one.value is None and math.isnan(tables.lookup(one.source).value):
        yield Fault(f"{path}.value", "is missing", "", f"{one.source} holds no figure")
    yield from _misquoted(f"{path}.value", one.value, one.source)


def _misquoted(path: str, value: float | None, source: str) -> Iterator[Fault]:
    """Yield the fault of a number that lies outside the row that it points at."""
    if value is None or not _points(source):
        return
    figure = tables.lookup(source)
    slack = WITHIN * max(abs(figure.low), abs(figure.high))
    if not figure.low - slack <= value <= figure.high + slack:
        said = f"{figure.low:g} to {figure.high:g}" if figure.low < figure.high else f"{figure.value:g}"
        yield Fault(path, f"must agree with {source}, {said}", f"{value:g}")


def _points(source: str) -> bool:
    """Return whether a source is one pointer."""
    return bool(source) and ";" not in source and tables.is_pointer(source)


def _unknown(path: str, source: str) -> Iterator[Fault]:
    """Yield the fault of a pointer that names no figure."""
    if not _points(source):
        word = source.split(" ", maxsplit=1)[0]
        near = difflib.get_close_matches(word, tables.names(), n=1, cutoff=0.8)
        if near and re.fullmatch(r"[a-z_]+", word):
            yield Fault(path, "must name a bundled table", repr(source), f"did you mean {near[0]}?")
        return
    try:
        tables.lookup(source)
    except DataError as error:
        yield from (Fault(path, one.rule, one.found, one.remedy) for one in error.faults)
