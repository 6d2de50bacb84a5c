"""Policies: named, dated settings of levers, and the order in which they are put on top of each other.

A setting replaces a number, adds to it, scales it, slides it to a target or holds it above a floor. What settings make
of a number in each month is its course (:mod:`forcesim.scenario.numbers`).

A setting holds from its first month to its last; after that the lever is again what it was without.

Within a policy dates decide, not the place in the list: of two settings of one number the one that begins later goes
on top. From one date, that of a nation goes on top of that of its group, and a group's on top of that of all nations.
Of policies that are stacked, the later one goes on top, whatever its dates.
"""

from __future__ import annotations

import datetime as dt
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

from forcesim.quantities import Value
from forcesim.quantities.distributions import Real  # noqa: TC001 - pydantic reads it
from forcesim.timeline import Timeline, month_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


__all__ = ["Policy", "Rule", "Setting", "acting", "in_order", "stacking_key"]

WAYS = ("set", "add", "scale", "ramp", "at_least")
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
    set, add, scale, ramp, at_least : float
        Exactly one: the new value (a word for a choice); an amount; a factor, at least 0; a value reached
        ``over`` months from what the number is at ``from``; a floor, which the number takes where it would
        be lower. All but ``scale`` may be a distribution: each number that is set then has a draw of its own.
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
    scale: Annotated[Real, Field(ge=0.0)] | None = None
    ramp: Value | None = None
    at_least: Value | None = None
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
            raise PydanticCustomError("setting", "must have exactly one of set, add, scale, ramp, at_least")
        if (self.ramp is None) != (self.over is None):
            raise PydanticCustomError("setting", "ramp and over go together")
        for given in (self.set, self.add, self.ramp, self.at_least):
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
        """Return which of set, add, scale, ramp and at_least it is."""
        return next(way for way in WAYS if getattr(self, way) is not None)

    @property
    def given(self) -> Value | str:
        """Return what it sets, adds, scales by, ramps to or takes for a floor."""
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


class Rule(BaseModel):
    """Settings that take effect on a path once something has been true there for some months; they then stay.

    Parameters
    ----------
    when : str
        Over outcomes, true or false, as the month before ended: ``"contingent < 50000"``.
    months : int
        In how many months in a row it must be true, at least 1. Written ``for`` in a file.
    after : str or date
        The first month that counts; month 1 unless given.
    delay : int
        Months from the decision until the settings take effect.
    settings : sequence of Setting
        What is set, on top of all that is set without the rule: ``set``, ``add``, ``scale`` or ``at_least`` of a
        certain number, without dates.
    cost : float
        Billion constant US dollars a month, from the month in which the settings take effect.

    Examples
    --------
    >>> more = {"lever": "nations.UKR.army.mobilisation", "scale": 1.2}
    >>> Rule.model_validate({"when": "contingent < 50000", "for": 3, "settings": [more]}).months
    3
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)

    when: str = Field(max_length=1000)
    months: Annotated[int, Field(strict=True, ge=1, le=1200)] = Field(default=1, alias="for")
    after: Month | None = None
    delay: Annotated[int, Field(strict=True, ge=0, le=1200)] = 0
    settings: tuple[Setting, ...] = Field(min_length=1, max_length=20)
    cost: Annotated[Real, Field(ge=0.0)] = 0.0
    source: str | None = Field(default=None, max_length=2000)
    assumption: str | None = Field(default=None, max_length=2000)

    @model_validator(mode="after")
    def _only_what_can_be_switched(self) -> Self:
        """Refuse dates, ramps and distributions: the rule says when, at once, and to which number."""
        for place, setting in enumerate(self.settings):
            uncertain = isinstance(setting.given, Value) and setting.given.distribution is not None
            dated = setting.start is not None or setting.until is not None
            if dated or uncertain or setting.way == "ramp":
                about = {"place": place}
                rule = "settings[{place}] must be set, add, scale or at_least of a certain number, without dates"
                raise PydanticCustomError("rule", rule, about)
        return self

    @model_serializer
    def _short(self) -> dict[str, Any]:
        """Write what was given, under the names of a file."""
        found: dict[str, Any] = {"when": self.when, "for": self.months}
        found |= {name: getattr(self, name) for name in ("after", "delay", "cost", "source", "assumption")}
        found["settings"] = [setting.model_dump(mode="json") for setting in self.settings]
        return {name: part for name, part in found.items() if part is not None}

    @property
    def origin(self) -> str:
        """Return where its numbers come from."""
        return Value(value=0.0, source=self.source, assumption=self.assumption).origin


class Policy(BaseModel):
    """A named set of lever settings, and of rules that act on the simulated state.

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
    rules: tuple[Rule, ...] = Field(default=(), max_length=20)

    @model_validator(mode="after")
    def _sets_something(self) -> Self:
        """Refuse a policy that sets nothing, and one that sets a lever twice on a date."""
        if not self.settings and not self.rules and not self.baseline:
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
