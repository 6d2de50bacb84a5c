"""A number as a user writes it: value, distribution or schedule; unit, admissible range, source."""

from __future__ import annotations

import datetime as dt
import math
import numbers
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from forcesim.quantities.distributions import KINDS, AnyDistribution, Distribution, Real

__all__ = ["Months", "PerMonth", "Persons", "Quantity", "Ratio", "Share", "UsdBn", "Value", "choice", "number"]

REMARKS = ("source", "assumption", "note")
RATES = ("share", "per year", "per month", "per sqrt(year)")
"""Units of which people think in percent."""


def _refuse(rule: str) -> PydanticCustomError:
    return PydanticCustomError("number", "{rule}", {"rule": rule})


class Value(BaseModel):
    """A number with where it comes from; it may be uncertain, or change with the date.

    A user writes a bare number, or one of ``value``, a distribution's name or ``schedule``,
    with ``source``, ``assumption`` and ``note`` beside it. A schedule holds each value from its
    date on (``interpolate: linear`` draws a line to the next); before its first date it holds the first.

    Examples
    --------
    >>> Value.model_validate(0.5).centre
    0.5
    >>> Value.model_validate({"triangular": [1, 2, 3], "source": "FG001"}).centre
    2.0
    >>> Value.model_validate({"schedule": {"2025-02": 27_000, "2026-01": 30_000}}).bounds
    (27000.0, 30000.0)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    value: Real | None = None
    distribution: AnyDistribution | None = None
    schedule: dict[str, Real] | None = Field(default=None, min_length=1, max_length=2000)
    interpolate: Literal["step", "linear"] = "step"
    source: str | None = Field(default=None, max_length=2000)
    assumption: str | None = Field(default=None, max_length=2000)
    note: str | None = Field(default=None, max_length=2000)

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, data: Any) -> Any:
        """Read ``0.5`` as ``{value: 0.5}``, and ``{uniform: [0, 1]}`` as a distribution."""
        if isinstance(data, Value):
            return data
        if isinstance(data, numbers.Real) and not isinstance(data, bool):
            return {"value": _plain(data)}
        if not isinstance(data, dict):
            raise _refuse("must be a number, a distribution or a schedule")
        if isinstance(data.get("value"), numbers.Real) and not isinstance(data["value"], bool):
            data = {**data, "value": _plain(data["value"])}
        if isinstance(data.get("schedule"), dict):
            data = {**data, "schedule": _dated(data["schedule"])}
        named = [key for key in data if key in KINDS]
        if not named:
            return data
        if len(named) > 1:
            raise _refuse(f"must be one distribution, not {' and '.join(named)}")
        rest = {key: value for key, value in data.items() if key != named[0]}
        if "distribution" in rest:
            raise _refuse("must be one distribution")
        return {"distribution": _arguments(named[0], data[named[0]]), **rest}

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        """Hold one of value, distribution and schedule."""
        if sum(part is not None for part in (self.value, self.distribution, self.schedule)) != 1:
            raise _refuse("must be one of value, distribution (by its name) or schedule")
        if self.interpolate != "step" and self.schedule is None:
            raise _refuse("interpolate goes with a schedule only")
        return self

    @model_serializer
    def _short(self) -> Any:
        """Write the form that a user would."""
        remarks = {name: getattr(self, name) for name in REMARKS if getattr(self, name) is not None}
        if self.value is not None:
            return {"value": self.value, **remarks} if remarks else self.value
        if self.distribution is not None:
            return {self.distribution.kind: self.distribution.model_dump(), **remarks}
        dated: dict[str, Any] = {"schedule": self.schedule}
        if self.interpolate != "step":
            dated["interpolate"] = self.interpolate
        return {**dated, **remarks}

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the short forms, which are what files hold."""
        return {
            "title": "Value",
            "description": "A number, a distribution or a schedule, with where it comes from.",
            "anyOf": [{"type": "number"}, *(_object(name, body) for name, body in _bodies().items())],
        }

    @property
    def centre(self) -> float:
        """Return the number, the median of its distribution, or the first of its schedule."""
        if self.distribution is not None:
            return self.distribution.centre
        if self.schedule is not None:
            return self.schedule[min(self.schedule)]
        assert self.value is not None
        return self.value

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the least and the greatest that it can be."""
        if self.distribution is not None:
            return self.distribution.support
        if self.schedule is not None:
            return min(self.schedule.values()), max(self.schedule.values())
        return self.centre, self.centre

    @property
    def origin(self) -> str:
        """Return where it comes from: the source, ``"assumption: ..."``, or ``"none given"``."""
        if self.source:
            return f"{self.source} (assumption: {self.assumption})" if self.assumption else self.source
        return f"assumption: {self.assumption}" if self.assumption else "none given"

    def settled(self) -> Value:
        """Return the same without uncertainty: at the centre."""
        if self.distribution is None:
            return self
        return self.model_copy(update={"value": self.centre, "distribution": None})

    def replace(self, number: float | Distribution | dict[str, float] | None = None, **remarks: str | None) -> Value:
        """Return the same with another number (value, distribution or schedule) or other remarks.

        Examples
        --------
        >>> Value(value=1.0, source="FG001").replace(2.0, note="doubled").model_dump()
        {'value': 2.0, 'source': 'FG001', 'note': 'doubled'}
        """
        parts: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        if number is not None:
            parts |= {"value": None, "distribution": None, "schedule": None, "interpolate": "step"}
            uncertain, dated = isinstance(number, Distribution), isinstance(number, dict)
            parts["distribution" if uncertain else "schedule" if dated else "value"] = number
        return Value(**parts | remarks)


def _plain(number: Any) -> float:
    """Return a Python float; a whole number too large for one is infinite, and refused as such."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _dated(schedule: dict[Any, Any]) -> dict[Any, Any]:
    """Return a schedule with its dates as text; whether each is a month of the scenario, the scenario knows."""
    found: dict[Any, Any] = {}
    for date, value in schedule.items():
        text = date.isoformat()[:10] if isinstance(date, dt.date) else date
        if text in found:
            raise _refuse(f"schedule must have each month once, and has {text} twice")
        found[text] = value
    return found


def _arguments(kind: str, given: Any) -> dict[str, Any]:
    """Return a distribution's arguments by name, from a mapping or a list."""
    if isinstance(given, Distribution):
        given = given.model_dump()
    if isinstance(given, (list, tuple)):
        names = KINDS[kind].positional
        if not names:
            raise _refuse(f"{kind} must be given as a mapping")
        if len(given) > len(names):
            raise _refuse(f"{kind} must have at most {len(names)} entries: {', '.join(names)}")
        given = dict(zip(names, given, strict=False))
    if not isinstance(given, dict):
        raise _refuse(f"must give the arguments of {kind}")
    return {**given, "kind": kind}


def _bodies() -> dict[str, Any]:
    """Return the JSON Schema of each form that a number may have."""
    real = {"type": "number"}
    dated = {"type": "object", "additionalProperties": real, "minProperties": 1}
    bodies: dict[str, Any] = {"value": real, "schedule": dated}
    for name, kind in KINDS.items():
        bodies[name] = {"anyOf": [_arguments_schema(name, kind), {"type": "array", "items": {}}]}
    return bodies


def _arguments_schema(name: str, kind: type[Distribution]) -> dict[str, Any]:
    """Return the JSON Schema of a distribution's arguments."""
    real = {"type": "number"}
    if name == "quantiles":
        return {
            "type": "object",
            "properties": {"low": real, "high": real},
            "patternProperties": {r"^0?\.\d+$": real},
            "additionalProperties": False,
        }
    many = {"type": "array", "items": real}
    fields = {field: info for field, info in kind.model_fields.items() if field != "kind"}
    return {
        "type": "object",
        "properties": {field: many if field in ("values", "weights") else real for field in fields},
        "required": [field for field, info in fields.items() if info.is_required()],
        "additionalProperties": False,
    }


def _object(name: str, body: Any) -> dict[str, Any]:
    """Return the JSON Schema of one form with its remarks."""
    properties: dict[str, Any] = {name: body, **{remark: {"type": "string"} for remark in REMARKS}}
    if name == "schedule":
        properties["interpolate"] = {"enum": ["step", "linear"]}
    return {"type": "object", "properties": properties, "required": [name], "additionalProperties": False}


@dataclass(frozen=True, slots=True)
class Quantity:
    """Unit and admissible range of a number; goes into ``Annotated[Value, Quantity(...)]``.

    Parameters
    ----------
    unit : str
        The unit, in the field's words.
    low, high : float
        Admissible range, bounds included; a distribution must lie inside it.
    """

    unit: str
    low: float = -math.inf
    high: float = math.inf

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the range after the number itself was read."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Put unit and range beside the number's schema."""
        found = dict(handler(schema))
        if "$ref" in found:
            found = {"allOf": [found]}
        found["unit"] = self.unit
        bounds = {"least": self.low, "most": self.high}
        return found | {name: bound for name, bound in bounds.items() if math.isfinite(bound)}

    @property
    def rule(self) -> str:
        """Return the rule in words."""
        if math.isinf(self.high):
            return f"{self.unit} must be >= {self.low:g}"
        if math.isinf(self.low):
            return f"{self.unit} must be <= {self.high:g}"
        return f"{self.unit} must lie in [{self.low:g}, {self.high:g}]"

    def admits(self, least: float, most: float) -> bool:
        """Return whether an interval lies inside the range."""
        return self.low <= least and most <= self.high

    def check(self, value: Value) -> Value:
        """Refuse a number outside the range."""
        least, most = value.bounds
        if self.admits(least, most):
            return value
        found = f"{least:.12g}" if least == most else f"{least:.12g} to {most:.12g}"
        remedy = self.remedy(least, most) or _remedy_of_bounds(value)
        raise PydanticCustomError("range", "{rule}", {"rule": self.rule, "found": found, "remedy": remedy})

    def remedy(self, least: float, most: float) -> str:
        """Return what the user probably meant: a fraction where percent was written."""
        if self.unit not in RATES or not self.admits(least / 100.0, most / 100.0) or max(abs(least), abs(most)) > 100.0:
            return ""
        if least == most:
            return f"did you mean {least / 100.0:.12g}?"
        return f"did you mean {least / 100.0:.12g} to {most / 100.0:.12g}?"


def _remedy_of_bounds(value: Value) -> str:
    """Return what to do about a distribution that knows no bounds."""
    least, most = value.bounds
    if value.distribution is None or not (math.isinf(least) or math.isinf(most)):
        return ""
    return "give the distribution low and high, or take one with bounds: triangular, pert, beta, uniform"


Persons = Annotated[Value, Quantity("persons", 0.0, 1e9)]
Share = Annotated[Value, Quantity("share", 0.0, 1.0)]
PerMonth = Annotated[Value, Quantity("per month", 0.0)]
Months = Annotated[Value, Quantity("months", 0.0)]
UsdBn = Annotated[Value, Quantity("bn USD", 0.0)]
Ratio = Annotated[Value, Quantity("ratio", 0.0)]


def number(
    default: float | Value | None = None,
    *,
    meaning: str,
    source: str | None = None,
    assumption: str | None = None,
    lever: bool = False,
    open: bool = False,  # noqa: A002 - the word that a declaration reads best with
) -> Any:
    """Declare a numeric field of a section.

    Parameters
    ----------
    default : float or Value, optional
        Default; without it the number must be given.
    meaning : str
        One line that a reader of a table understands.
    source, assumption : str
        Where the default comes from, or why it is assumed.
    lever : bool
        Whether somebody decides it, so that a policy may set it.
    open : bool
        Whether other processes may multiply it month by month, by a ``Factor``.
    """
    extra: dict[str, Any] = {"lever": lever, **({"open": True} if open else {})}
    if default is None:
        return Field(description=meaning, json_schema_extra=extra)
    value = default if isinstance(default, Value) else Value(value=default, source=source, assumption=assumption)
    return Field(default=value, description=meaning, json_schema_extra=extra)


def choice(
    default: str, *, meaning: str, source: str | None = None, assumption: str | None = None, lever: bool = False
) -> Any:
    """Declare a field that takes one of a few words (``Literal[...]``); its code is the position of the word."""
    extra: dict[str, Any] = {"lever": lever, "source": source, "assumption": assumption}
    return Field(default=default, description=meaning, json_schema_extra=extra)
