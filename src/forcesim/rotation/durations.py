"""Days: a whole number or a law, and rules that may be broken at a price.

The fleet lives on whole days: a random duration is rounded to the nearest day (halves up), which keeps its mean;
nothing is shorter than its least admissible value. Schools take the same laws as real times, not rounded.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from forcesim.quantities.distributions import (
    Beta,
    Discrete,
    Distribution,
    Gamma,
    Lognormal,
    LogRange,
    Normal,
    Pert,
    Quantiles,
    Range,
    Real,
    Triangular,
    Uniform,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forcesim.arrays import Floats

__all__ = [
    "DAYS_A_YEAR",
    "LAWS",
    "MOST_DAYS",
    "NO_DAY",
    "Days",
    "Erlang",
    "Exponential",
    "Rule",
    "mean_of_whole_days",
    "whole_days",
]


MOST_DAYS = 100_000
"""Days that anything may last: 270 years."""

NO_DAY = 1 << 40
"""A day beyond all others."""

DAYS_A_YEAR = 365.25
"""Days in a mean year, for rates that are given by the year."""

REMARKS = ("source", "assumption", "note")


class Exponential(Distribution):
    """Exponential with a mean: what lasts as long again, however long it has lasted."""

    kind: Literal["exponential"] = "exponential"
    mean: Real = Field(gt=0, le=MOST_DAYS)
    positional: ClassVar[tuple[str, ...]] = ("mean",)

    @property
    def support(self) -> tuple[float, float]:
        """Return the bounds of the positive half-line."""
        return 0.0, math.inf

    @property
    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation."""
        return self.mean, self.mean

    def quantile(self, u: Floats) -> Floats:
        """Return -mean ln(1 - u)."""
        return np.asarray(-self.mean * np.log1p(-np.asarray(u)))


class Erlang(Distribution):
    """Sum of ``stages`` exponentials, of the given mean in all."""

    kind: Literal["erlang"] = "erlang"
    mean: Real = Field(gt=0, le=MOST_DAYS)
    stages: int = Field(ge=1, le=1000)
    positional: ClassVar[tuple[str, ...]] = ("mean", "stages")

    @property
    def support(self) -> tuple[float, float]:
        """Return the bounds of the positive half-line."""
        return 0.0, math.inf

    @property
    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation."""
        return self.mean, self.mean / math.sqrt(self.stages)

    def quantile(self, u: Floats) -> Floats:
        """Return the inverse of the incomplete gamma function."""
        from scipy.special import gammaincinv

        return np.asarray(self.mean / self.stages * gammaincinv(self.stages, u))


Law = Annotated[
    Normal
    | Lognormal
    | Uniform
    | Range
    | LogRange
    | Triangular
    | Beta
    | Gamma
    | Pert
    | Discrete
    | Quantiles
    | Exponential
    | Erlang,
    Field(discriminator="kind"),
]

LAWS: dict[str, type[Distribution]] = {
    kind.model_fields["kind"].default: kind
    for kind in (
        Normal, Lognormal, Uniform, Range, LogRange, Triangular, Beta, Gamma, Pert, Discrete, Quantiles, Exponential,
        Erlang,
    )
}  # fmt: skip
"""The laws of a duration by the word that a file uses."""


def _refuse(rule: str) -> PydanticCustomError:
    return PydanticCustomError("days", "{rule}", {"rule": rule})


class Days(BaseModel):
    """A duration in days: a whole number, or a law; with where it comes from.

    A user writes ``180``, or ``{erlang: [180, 4], source: ...}``, or ``{value: 180, source: ...}``.

    Examples
    --------
    >>> Days.model_validate(180).mean
    180.0
    >>> Days.model_validate({"exponential": [400]}).law.mean
    400.0
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    value: int | None = Field(default=None, ge=0, le=MOST_DAYS, strict=True)
    law: Law | None = None
    source: str | None = Field(default=None, max_length=2000)
    assumption: str | None = Field(default=None, max_length=2000)
    note: str | None = Field(default=None, max_length=2000)

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, data: Any) -> Any:
        """Read ``180`` as a value and ``{uniform: [90, 120]}`` as a law."""
        if isinstance(data, Days):
            return data
        if isinstance(data, (int, float)) and not isinstance(data, bool):
            return {"value": _whole(data)}
        if not isinstance(data, dict):
            raise _refuse("must be a number of days or a law")
        if isinstance(data.get("value"), float):
            data = {**data, "value": _whole(data["value"])}
        named = [key for key in data if key in LAWS]
        if not named:
            return data
        if len(named) > 1:
            raise _refuse(f"must be one law, not {' and '.join(named)}")
        rest = {key: value for key, value in data.items() if key != named[0]}
        return {"law": _arguments(named[0], data[named[0]]), **rest}

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        """Hold a value or a law, and one that can be a duration."""
        if (self.value is None) == (self.law is None):
            raise _refuse("must be either a whole number of days or one law")
        if self.law is not None and self.law.support[0] < 0.0:
            raise _refuse("must not be negative: give the law a low of 0 or more")
        return self

    @model_serializer
    def _short(self) -> Any:
        """Write the form that a user would."""
        remarks = {name: getattr(self, name) for name in REMARKS if getattr(self, name) is not None}
        if self.law is not None:
            return {self.law.kind: self.law.model_dump(), **remarks}
        return {"value": self.value, **remarks} if remarks else self.value

    @property
    def mean(self) -> float:
        """Return the mean of the whole days."""
        return float(self.value) if self.value is not None else mean_of_whole_days(self, 0)

    @property
    def least(self) -> int:
        """Return the least that it can be, in whole days."""
        return self.value if self.value is not None else math.floor(self._law.support[0] + 0.5)

    @property
    def most(self) -> float:
        """Return the most that it can be, in days; infinite where the law has no end."""
        return float(self.value) if self.value is not None else self._law.support[1]

    @property
    def _law(self) -> Distribution:
        assert self.law is not None
        return self.law


def _whole(number: float) -> Any:
    """Return a whole number as such; any other as it is, to be refused with its value."""
    return int(number) if math.isfinite(number) and number == int(number) else number


def _arguments(kind: str, given: Any) -> Mapping[str, Any]:
    """Return a law's arguments by name, from a mapping, a list or one number."""
    if isinstance(given, Distribution):
        given = given.model_dump()
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        given = [given]
    names = LAWS[kind].positional
    if isinstance(given, (list, tuple)):
        if not names or len(given) > len(names):
            raise _refuse(f"{kind} must have at most {len(names)} entries: {', '.join(names)}")
        given = dict(zip(names, given, strict=False))
    if not isinstance(given, dict):
        raise _refuse(f"must give the arguments of {kind}")
    return {**given, "kind": kind}


def whole_days(law: Distribution, u: Floats, least: int) -> npt.NDArray[np.int64]:
    """Return durations in whole days, to the nearest (halves up), from uniforms.

    Examples
    --------
    >>> whole_days(Exponential(mean=10), np.array([0.01, 0.5, 0.9]), 1).tolist()
    [1, 7, 23]
    """
    days = np.floor(np.asarray(law.quantile(u), dtype=np.float64) + 0.5)
    return np.clip(days, least, MOST_DAYS).astype(np.int64)


@lru_cache(maxsize=1024)
def mean_of_whole_days(days: Days, least: int) -> float:
    """Return the mean of a duration as the fleet has it, rounded to whole days.

    For a law it is the integral of the rounded quantile function, by the midpoint rule at 2^16 points: within 1e-3
    of a day for what lasts some hundred days.
    """
    if days.value is not None:
        return float(max(days.value, least))
    points = (np.arange(65_536) + 0.5) / 65_536
    assert days.law is not None
    return float(whole_days(days.law, points, least).mean())


class Rule(BaseModel):
    """A rule that may be broken at a price: what is wanted, how far one may go, what a day beyond costs.

    A bare number is a rule that is never broken.

    Examples
    --------
    >>> Rule.model_validate(180)
    Rule(guidance=180, tolerance=0, penalty=0.0, source=None, assumption=None)
    >>> Rule(guidance=720, tolerance=180, penalty=5e4).limit_below
    540
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    guidance: int = Field(ge=0, le=MOST_DAYS, strict=True)
    tolerance: int = Field(default=0, ge=0, le=MOST_DAYS, strict=True)
    penalty: float = Field(default=0.0, ge=0.0, le=1e12, strict=True)
    source: str | None = Field(default=None, max_length=2000)
    assumption: str | None = Field(default=None, max_length=2000)

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, data: Any) -> Any:
        """Read ``180`` as guidance."""
        if isinstance(data, (int, float)) and not isinstance(data, bool):
            return {"guidance": _whole(data)}
        if not isinstance(data, (dict, Rule)):
            raise _refuse("must be a number of days, or guidance with tolerance and penalty")
        return data

    @model_serializer
    def _short(self) -> Any:
        """Write the form that a user would."""
        found = {
            name: getattr(self, name)
            for name, field in type(self).model_fields.items()
            if name == "guidance" or getattr(self, name) != field.default
        }
        return found["guidance"] if len(found) == 1 else found

    @property
    def limit_below(self) -> int:
        """Return the least that the tolerance admits."""
        return max(0, self.guidance - self.tolerance)

    @property
    def limit_above(self) -> int:
        """Return the most that the tolerance admits."""
        return self.guidance + self.tolerance
