"""Policies: named, dated settings of levers, stacked in order; what they make of a number, month by month.

A setting turns a number into an affine function of what it was: ``a x + b`` in each month.
``set`` has a = 0, ``add`` changes b, ``scale`` both, and ``ramp`` slides from what the number is
to a target. Affine functions stack, and they work for a number that differs between paths.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from forcesim.timeline import Timeline, month_number

__all__ = ["Course", "Policy", "Setting", "course"]

Floats = npt.NDArray[np.float64]
WAYS = ("set", "add", "scale", "ramp")


class Setting(BaseModel):
    """One lever, set from a date on.

    Parameters
    ----------
    lever : str
        Path of a number that somebody decides; ``nations.@group...`` and ``nations.*...`` stand for several.
    set, add, scale, ramp : float
        Exactly one: the new value (a word for a choice); an amount; a factor; a value reached ``over`` months.
    start : str
        First month, ``"2026-01"``; the scenario's start if not given. Written ``from`` in a file.
    until : str
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
    set: float | str | None = None
    add: float | None = None
    scale: float | None = None
    ramp: float | None = None
    start: str | None = Field(default=None, alias="from")
    until: str | None = None
    over: int | None = Field(default=None, ge=1, le=1200)
    source: str | None = Field(default=None, max_length=2000)
    assumption: str | None = Field(default=None, max_length=2000)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        """Hold exactly one way, and well-formed dates."""
        ways = [way for way in WAYS if getattr(self, way) is not None]
        if len(ways) != 1:
            raise PydanticCustomError("setting", "must have exactly one of set, add, scale, ramp")
        if (self.ramp is None) != (self.over is None):
            raise PydanticCustomError("setting", "ramp and over go together")
        for date in (self.start, self.until):
            if date is not None:
                try:
                    month_number(date)
                except ValueError as error:
                    raise PydanticCustomError("setting", "date {rule}", {"rule": str(error)}) from None
        return self

    @model_serializer
    def _short(self) -> dict[str, Any]:
        """Write what was given, under the names of a file."""
        names = {"start": "from"}
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {names.get(name, name): value for name, value in found.items() if value is not None}

    @property
    def way(self) -> str:
        """Return which of set, add, scale and ramp it is."""
        return next(way for way in WAYS if getattr(self, way) is not None)


class Policy(BaseModel):
    """A named set of lever settings.

    ``baseline: true`` marks the one policy that may have no setting: what happens anyway.
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
        seen = set()
        for setting in self.settings:
            key = (setting.lever, setting.start)
            if key in seen:
                raise PydanticCustomError("policy", "sets {lever} twice from one date", {"lever": setting.lever})
            seen.add(key)
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What a number becomes: ``factor[m] x + constant[m]`` in month m.

    Attributes
    ----------
    factor, constant : float64 (month,)
        Of the number as it stands in the scenario.
    """

    factor: Floats
    constant: Floats

    def of(self, x: float) -> Floats:
        """Return the number in each month, from what it is in the scenario."""
        return self.factor * x + self.constant


def course(settings: Iterable[Setting], timeline: Timeline, words: tuple[str, ...] = ()) -> Course:
    """Stack settings of one number, in order.

    Parameters
    ----------
    settings : iterable of Setting
        All of one lever.
    timeline : Timeline
        The scenario's months; what lies outside has no effect.
    words : tuple of str
        For a choice: its words; the number is the position.

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
    factor, constant = np.ones(timeline.months), np.zeros(timeline.months)
    origin = month_number(timeline.start)
    for setting in settings:
        first = 0 if setting.start is None else max(0, month_number(setting.start) - origin)
        last = timeline.last if setting.until is None else month_number(setting.until) - origin
        span = slice(first, max(first, last + 1))
        if setting.set is not None:
            factor[span] = 0.0
            constant[span] = words.index(str(setting.set)) if words else float(setting.set)
        elif setting.add is not None:
            constant[span] += setting.add
        elif setting.scale is not None:
            factor[span] *= setting.scale
            constant[span] *= setting.scale
        elif setting.ramp is not None and setting.over is not None:
            begun = first if setting.start is None else month_number(setting.start) - origin
            way = np.clip((np.arange(timeline.months)[span] - begun) / setting.over, 0.0, 1.0)
            factor[span] *= 1.0 - way
            constant[span] = constant[span] * (1.0 - way) + way * setting.ramp
    return Course(factor, constant)
