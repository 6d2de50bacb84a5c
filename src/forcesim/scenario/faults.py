"""Faults of form: what pydantic finds in a file, said in our one way, with hints.

The faulty parts can be cut out of a file. The rest then shows the faults of the whole (a misspelt lever, a date past
the horizon), and all faults are reported at once.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ValidationError

from forcesim import paths
from forcesim.arguments import shown
from forcesim.errors import Fault
from forcesim.quantities import Quantity, Value
from forcesim.quantities.distributions import KINDS

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["faults_of_form", "known_keys", "listed", "place_of", "stand_in", "without"]

INTERNAL = ("distribution", "word", "number", "at", "model-type", "[key]")
"""Parts of pydantic's places that no file has."""

RULES = {
    "missing": "is missing",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "string_pattern_mismatch": "must be a month such as 2030-12",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "tuple_type": "must be a list",
}

BOUNDS = {
    "greater_than": ("gt", "must be > {}"),
    "greater_than_equal": ("ge", "must be >= {}"),
    "less_than": ("lt", "must be < {}"),
    "less_than_equal": ("le", "must be <= {}"),
    "too_short": ("min_length", "must have at least {} entries"),
    "too_long": ("max_length", "must have at most {} entries"),
    "string_too_long": ("max_length", "must have at most {} characters"),
}


def faults_of_form(error: ValidationError, kind: type[BaseModel], data: Any) -> list[Fault]:
    """Return pydantic's findings in our one form, with hints."""
    return list(dict.fromkeys(_fault(details, kind, data) for details in error.errors(include_url=False)))


def place_of(details: ErrorDetails, data: Any) -> tuple[str | int, ...]:
    """Return where a finding is in the file, without the parts that only pydantic knows."""
    place: list[str | int] = []
    at = data
    for part in details["loc"]:
        held = isinstance(at, Mapping) and part in at
        if held or (isinstance(at, (list, tuple)) and isinstance(part, int) and part < len(at)):
            place.append(part)
            at = at[part]
        elif part in INTERNAL:
            continue
        elif isinstance(at, (Mapping, list, tuple)):
            place.append(part)
            at = None
        else:
            break  # pydantic names what a bare number stands for
    return tuple(place)


def _fault(details: ErrorDetails, kind: type[BaseModel], data: Any) -> Fault:
    """Return one finding as a fault."""
    place, context, what = place_of(details, data), details.get("ctx", {}), details["type"]
    path, found = paths.join(place), shown(details["input"])
    if what == "missing":
        return Fault(path, RULES[what])
    if what == "extra_forbidden":
        known = known_keys(kind, place[:-1])
        return Fault(path, "is not a known key", "", paths.nearest(str(place[-1]), known) or listed(known))
    if what == "range":
        return Fault(path, str(context["rule"]), str(context["found"]), str(context["remedy"]))
    if what == "literal_error":
        words = str(context["expected"]).replace("'", "")
        near = paths.nearest(str(details["input"]), words.replace(" or ", ", ").split(", "))
        return Fault(path, f"must be one of {words}", found, near)
    if what in BOUNDS:
        name, rule = BOUNDS[what]
        counted = what in ("too_short", "too_long", "string_too_long")
        return Fault(path, rule.format(f"{context[name]:g}"), "" if counted else found)
    if what in RULES:
        return Fault(path, RULES[what], found)
    rule = details["msg"]
    return Fault(path, rule, "" if isinstance(details["input"], Mapping) else found)


def listed(known: Iterable[str]) -> str:
    """Return the first known names, as a hint."""
    names = sorted(known)
    more = ", ..." if len(names) > 12 else ""
    return f"known are {', '.join(names[:12])}{more}" if names else ""


def known_keys(kind: Any, parts: Iterable[str | int]) -> list[str]:
    """Return the keys that a part of a file may have, by the way that leads to it."""
    for part in parts:
        kind = _bare(kind)
        if kind is Value and part in KINDS:
            kind = KINDS[str(part)]
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = {field.alias or name: field for name, field in kind.model_fields.items()}
            if part not in fields:
                return []
            kind = fields[str(part)].annotation
        elif typing.get_origin(kind) in (dict, tuple):
            kind = typing.get_args(kind)[1 if typing.get_origin(kind) is dict else 0]
        else:
            return []
    kind = _bare(kind)
    if kind is Value:
        return ["value", "schedule", "interpolate", "source", "assumption", "note", *KINDS]
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    return [field.alias or name for name, field in kind.model_fields.items() if name != "kind"]


def _bare(kind: Any) -> Any:
    """Strip ``Annotated`` and ``| None``; of several kinds take the one that has keys."""
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        kinds = [_bare(one) for one in typing.get_args(kind) if one is not type(None)]
        return next((one for one in kinds if isinstance(one, type) and issubclass(one, BaseModel)), kinds[0])
    return kind


def stand_in(kind: Any, place: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], Any] | None:
    """Return the number or choice at a place (or above it), and something admissible that may stand there."""
    for depth, part in enumerate(place):
        model = _bare(kind)
        if isinstance(model, type) and issubclass(model, BaseModel):
            if part not in model.model_fields:
                return None
            field = model.model_fields[str(part)]
            kind = field.annotation
            marks = [*field.metadata, *getattr(kind, "__metadata__", ())]
            if _bare(kind) is Value:
                quantity = next((mark for mark in marks if isinstance(mark, Quantity)), Quantity(""))
                return place[: depth + 1], float(np.clip(0.0, quantity.low, quantity.high))
            if typing.get_origin(_bare(kind)) is typing.Literal:
                return place[: depth + 1], typing.get_args(_bare(kind))[0]
        elif typing.get_origin(model) in (dict, tuple):
            kind = typing.get_args(model)[1 if typing.get_origin(model) is dict else 0]
        else:
            return None
    return None


def without(data: Any, place: tuple[str | int, ...]) -> tuple[Any, str]:
    """Return a copy of plain data without the entry at a place, and the path of what was cut.

    If nothing is there (something is missing), what should hold it is cut. Of a list nothing can be
    cut without renaming what follows, so the whole list goes.
    """
    way: list[Any] = [data]
    for part in place:
        at = way[-1]
        held = isinstance(at, Mapping) and part in at
        if not held and not (isinstance(at, (list, tuple)) and isinstance(part, int) and part < len(at)):
            break
        way.append(at[part])
    depth = len(way) - 1
    while depth > 0 and not isinstance(way[depth - 1], Mapping):
        depth -= 1
    if depth == 0:
        return None, ""
    return _cut(data, place[:depth]), paths.join(place[:depth])


def _cut(data: Any, place: tuple[str | int, ...]) -> Any:
    """Return a copy without one key."""
    head, rest = place[0], place[1:]
    if isinstance(data, Mapping):
        if not rest:
            return {key: value for key, value in data.items() if key != head}
        return {**data, head: _cut(data[head], rest)}
    return [_cut(item, rest) if at == head else item for at, item in enumerate(data)]
