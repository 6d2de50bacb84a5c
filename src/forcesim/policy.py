"""Policies: named, dated settings of levers, stacked in order; what they make of a number, month by month.

A setting turns a number x into an affine function of what it was, ``factor x + constant``, in each
month: ``set`` has factor 0, ``add`` changes the constant, ``scale`` both, and ``ramp`` slides from
what the number is when it begins to a target. Affine functions stack, and they work for a number
that differs between paths. A lever may also be set (or raised, or ramped) to something uncertain;
then another sampled number enters beside x.

A setting holds from its first month to its last; after that the lever is again what it was without.

Within a policy dates decide, not the place in the list: of two settings of one number the one that begins later goes
on top. From one date, that of a nation goes on top of that of its group, and a group's on top of that of all nations.
Of policies that are stacked, the later one goes on top, whatever its dates.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from forcesim.quantities import Distribution, Value
from forcesim.quantities.distributions import Real  # noqa: TC001 - pydantic reads it
from forcesim.timeline import Timeline, month_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forcesim.arrays import Floats

__all__ = ["Course", "Policy", "Setting", "acting", "course", "in_order", "stacking_key"]

WAYS = ("set", "add", "scale", "ramp")
WordOrNumber = Annotated[
    Annotated[str, Tag("word")] | Annotated[Value, Tag("number")],
    Discriminator(lambda given: "word" if isinstance(given, str) else "number"),
]


def _month(given: Any) -> Any:
    """Return a date as text; refuse what is none."""
    text = given.isoformat()[:10] if isinstance(given, dt.date) else given
    rule = "must be a month such as 2030-12"
    if isinstance(text, str):
        try:
            month_number(text)
        except ValueError as error:
            rule = str(error)
        else:
            return text
    raise PydanticCustomError("range", "{rule}", {"rule": rule, "found": repr(given)[:60], "remedy": ""})


Month = Annotated[str, BeforeValidator(_month)]
"""A month as a file has it; from Python a date too."""


class Setting(BaseModel):
    """One lever, set from a date on.

    Parameters
    ----------
    lever : str
        Path of a number that somebody decides; ``nations.@group...`` and ``nations.*...`` stand for several.
    set, add, scale, ramp : float
        Exactly one: the new value (a word for a choice); an amount; a factor; a value reached ``over``
        months from what the number is at ``from``. ``set``, ``add`` and ``ramp`` may be a distribution:
        each number that is set then has a draw of its own.
    start : str or date
        First month, ``"2026-01"``; the scenario's start if not given. Written ``from`` in a file.
    until : str or date
        Last month; the horizon if not given.
    over : int
        Months that a ramp takes, at least 1.

    Examples
    --------
    >>> Setting.model_validate({"lever": "nations.UKR.army.ceiling", "set": 1_500_000, "from": "2026-01"}).way
    'set'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)

    lever: str = Field(max_length=200)
    set: WordOrNumber | None = None
    add: Value | None = None
    scale: Real | None = None
    ramp: Value | None = None
    start: Month | None = Field(default=None, alias="from")
    until: Month | None = None
    over: Annotated[int, Field(strict=True, ge=1, le=1200)] | None = None
    source: str | None = Field(default=None, max_length=2000)
    assumption: str | None = Field(default=None, max_length=2000)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        """Hold exactly one way."""
        ways = [way for way in WAYS if getattr(self, way) is not None]
        if len(ways) != 1:
            raise PydanticCustomError("setting", "must have exactly one of set, add, scale, ramp")
        if (self.ramp is None) != (self.over is None):
            raise PydanticCustomError("setting", "ramp and over go together")
        for given in (self.set, self.add, self.ramp):
            if isinstance(given, Value) and given.schedule is not None:
                raise PydanticCustomError("setting", "takes no schedule: write one setting for each date")
        return self

    @model_serializer
    def _short(self) -> dict[str, Any]:
        """Write what was given, under the names of a file."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        plain = {name: part.model_dump() if isinstance(part, Value) else part for name, part in found.items()}
        return {"from" if name == "start" else name: part for name, part in plain.items() if part is not None}

    @property
    def way(self) -> str:
        """Return which of set, add, scale and ramp it is."""
        return next(way for way in WAYS if getattr(self, way) is not None)

    @property
    def given(self) -> Value | str:
        """Return what it sets, adds, scales by or ramps to."""
        found = getattr(self, self.way)
        return found if isinstance(found, (Value, str)) else Value(value=found)

    @property
    def origin(self) -> str:
        """Return where its number comes from."""
        own = Value(value=0.0, source=self.source, assumption=self.assumption).origin
        return self.given.origin if own == "none given" and isinstance(self.given, Value) else own

    def settled(self) -> Setting:
        """Return the same without uncertainty: at the centre."""
        if not isinstance(self.given, Value) or self.given.distribution is None:
            return self
        return self.model_copy(update={self.way: self.given.settled()})


class Policy(BaseModel):
    """A named set of lever settings.

    ``baseline: true`` marks a policy that may have no setting: what happens anyway. Settings of one
    lever apply in the order of their dates, wherever they stand in the list; from one date, a nation's
    own value comes after that of its group.

    Examples
    --------
    >>> Policy(title="More schools", settings=[{"lever": "nations.UKR.army.seats", "scale": 2}]).settings[0].way
    'scale'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(max_length=200)
    description: str = Field(default="", max_length=2000)
    baseline: bool = False
    settings: tuple[Setting, ...] = Field(default=(), max_length=200)

    @model_validator(mode="after")
    def _sets_something(self) -> Self:
        """Refuse a policy that sets nothing, and one that sets a lever twice on a date."""
        if not self.settings and not self.baseline:
            raise PydanticCustomError("policy", "must set at least one lever (or be marked baseline: true)")
        seen: dict[tuple[str, int | None], int] = {}
        for place, setting in enumerate(self.settings):
            key = (setting.lever, None if setting.start is None else month_number(setting.start))
            if key in seen:
                about = {"lever": setting.lever, "first": seen[key], "second": place}
                rule = "must not set {lever} twice from one date: settings[{first}] and settings[{second}] do"
                raise PydanticCustomError("policy", rule, about)
            seen[key] = place
        return self


def in_order(settings: Iterable[Setting], timeline: Timeline) -> list[Setting]:
    """Return the settings of one policy in the order in which they are put on top of each other.

    By first month; from one month those of all nations, then of groups, then of single numbers.

    Examples
    --------
    >>> later, first = Setting(lever="x", set=5.0, start="2027-01"), Setting(lever="x", set=3.0, start="2026-01")
    >>> [setting.given.centre for setting in in_order([later, first], Timeline("2025-01", "2028-12"))]
    [3.0, 5.0]
    """
    return sorted(settings, key=lambda setting: stacking_key(setting, timeline))


def stacking_key(setting: Setting, timeline: Timeline) -> tuple[int, int]:
    """Return by what the settings of a policy are put in order: first month; 0 all nations, 1 a group, 2 one number."""
    lever = setting.lever
    narrow = 0 if lever.startswith("nations.*") else 1 if lever.startswith("nations.@") else 2
    return timeline.offset(setting.start or timeline.start), narrow


def acting(settings: Sequence[Setting], timeline: Timeline) -> set[int]:
    """Return the places of those settings of one number that change it in some month, stacked in order.

    The rest is covered by what lies on top, or is a ramp that ends where it begins.

    Examples
    --------
    >>> both = [Setting(lever="x", set=5.0), Setting(lever="x", set=3.0)]
    >>> acting(both, Timeline("2025-01", "2028-12"))
    {1}
    """
    felt: list[set[int]] = [set() for _ in range(timeline.months)]
    for place, setting in enumerate(settings):
        span = timeline.span(setting.start, setting.until)
        covers = setting.way == "set" or (setting.way == "scale" and setting.scale == 0.0)
        way = timeline.ramp(setting.start, setting.over) if setting.over is not None else np.ones(timeline.months)
        begun = set(felt[span.start]) if span.start < span.stop else set()
        for month in range(span.start, span.stop):
            if setting.way == "ramp":
                felt[month] = (begun if way[month] < 1.0 else set()) | ({place} if way[month] > 0.0 else set())
            else:
                felt[month] = {place} if covers else felt[month] | {place}
    return set().union(*felt)


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What a number becomes in month m: ``factor[m] x + constant[m] +`` the sum of ``extra`` factors times draws.

    Attributes
    ----------
    factor, constant : float64 (month,)
        Of the number as it stands in the scenario.
    extra : mapping of name to (Distribution, float64 (month,))
        Uncertain numbers that settings bring in, with their factors.
    """

    factor: Floats
    constant: Floats
    extra: Mapping[str, tuple[Distribution, Floats]] = field(default_factory=dict)

    def of(self, x: float) -> Floats:
        """Return the number in each month, from what it is in the scenario (uncertain settings at their centres)."""
        whole = self.factor * x + self.constant
        for distribution, factor in self.extra.values():
            whole = whole + factor * distribution.centre
        return whole


@dataclass(slots=True)
class _Stack:
    """A course while settings are put on it."""

    factors: dict[str, Floats]
    distributions: dict[str, Distribution]

    def blend(self, span: slice, keep: Floats, frozen: dict[str, float] | None = None) -> None:
        """Keep a share of what stands there, month by month; or of what stood there at one month."""
        for name, factor in self.factors.items():
            factor[span] = keep * (factor[span] if frozen is None else frozen[name])

    def add(self, span: slice, share: Floats, given: Value, name: str) -> None:
        """Add a share of a given number, month by month."""
        if given.distribution is None:
            self.factors[ONE][span] += share * given.centre
            return
        months = len(self.factors[ONE])
        self.distributions[name] = given.distribution
        self.factors.setdefault(name, np.zeros(months))[span] += share


ONE, ITSELF = "1", "x"


def course(
    settings: Iterable[Setting],
    timeline: Timeline,
    words: tuple[str, ...] = (),
    *,
    path: str = "",
    dated: Floats | None = None,
) -> Course:
    """Stack settings of one number, in order.

    Parameters
    ----------
    settings : iterable of Setting
        All of one lever.
    timeline : Timeline
        The scenario's months; what lies outside has no effect.
    words : tuple of str
        For a choice: its words; the number is the position.
    path : str
        Path of the number, which names the draws of uncertain settings: ``"<path> from <date>"``.
    dated : float64 (month,), optional
        The number in each month, if it follows a schedule; factors of x are then 0.

    Returns
    -------
    Course
        Factor and constant for each month.

    Examples
    --------
    >>> ramp = Setting(lever="x", ramp=4.0, over=2, start="2025-02")
    >>> course([ramp], Timeline("2025-01", "2025-05")).of(2.0)
    array([2., 2., 3., 4., 4.])
    """
    months = timeline.months
    itself = np.ones(months) if dated is None else np.zeros(months)
    stack = _Stack({ITSELF: itself, ONE: np.zeros(months) if dated is None else dated.copy()}, {})
    for setting in settings:
        span = timeline.span(setting.start, setting.until)
        if span.start >= span.stop:
            continue
        name = f"{path} from {setting.start or timeline.start}"
        while name in stack.distributions:
            name += ", again"
        _put(stack, setting, span, words, name, timeline)
    extra = {
        name: (distribution, stack.factors[name])
        for name, distribution in stack.distributions.items()
        if stack.factors[name].any()
    }
    return Course(stack.factors[ITSELF], stack.factors[ONE], extra)


def _put(stack: _Stack, setting: Setting, span: slice, words: tuple[str, ...], name: str, timeline: Timeline) -> None:
    """Put one setting on a stack."""
    given, whole = setting.given, np.ones(span.stop - span.start)
    if isinstance(given, str):
        given = Value(value=float(words.index(given)))
    match setting.way:
        case "set":
            stack.blend(span, 0.0 * whole)
            stack.add(span, whole, given, name)
        case "add":
            stack.add(span, whole, given, name)
        case "scale":
            stack.blend(span, given.centre * whole)
        case "ramp":
            assert setting.over is not None
            way = timeline.ramp(setting.start, setting.over)[span]
            begun = {one: float(factor[span.start]) for one, factor in stack.factors.items()}
            stack.blend(span, 1.0 - way, begun)
            stack.add(span, way, given, name)
