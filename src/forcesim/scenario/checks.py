"""What is wrong with a scenario: faults of its form, and of the whole when the form is right."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from forcesim import paths
from forcesim.errors import Fault
from forcesim.policy import Setting
from forcesim.quantities import Value
from forcesim.quantities.distributions import KINDS
from forcesim.scenario.codes import ISO3
from forcesim.timeline import month_number
from forcesim.uncertainty import Correlation, correlation_matrix

if TYPE_CHECKING:
    from forcesim.scenario.model import Number, Scenario

__all__ = ["faults_of_settings", "faults_of_validation", "faults_of_whole"]


def faults_of_validation(error: ValidationError, kind: type[BaseModel], data: Any) -> list[Fault]:
    """Return pydantic's findings in our one form, with hints; and the unknown nation codes beside them."""
    faults = [_fault(details, kind) for details in error.errors()]
    if isinstance(data, Mapping) and isinstance(data.get("nations"), Mapping):
        faults += _unknown_nations(str(code) for code in data["nations"])
    return list(dict.fromkeys(faults))


def _fault(details: ErrorDetails, kind: type[BaseModel]) -> Fault:
    """Return one finding as a fault."""
    parts = [part for part in details["loc"] if part != "distribution" and part not in KINDS]
    path, found, context = paths.join(parts), _shown(details["input"]), details.get("ctx", {})
    match details["type"]:
        case "missing":
            return Fault(path, "is missing")
        case "extra_forbidden":
            known = _keys(kind, parts[:-1])
            return Fault(path, "is not a known key", "", paths.nearest(str(parts[-1]), known) or _listed(known))
        case "range":
            return Fault(path, str(context["rule"]), str(context["found"]), str(context["remedy"]))
        case "literal_error":
            words = str(context["expected"]).replace("'", "")
            near = paths.nearest(str(details["input"]), words.replace(" or ", ", ").split(", "))
            return Fault(path, f"must be one of {words}", found, near)
        case "finite_number":
            return Fault(path, "must be a finite number", found)
        case "string_pattern_mismatch":
            return Fault(path, "must be a month such as 2030-12", found)
        case _:
            rule = details["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
            rule = rule if rule.startswith("must") or " " not in rule else f"must be {rule}"
            return Fault(path, rule, found)


def _shown(value: Any) -> str:
    """Return a value as a message quotes it."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _listed(known: Iterable[str]) -> str:
    names = sorted(known)
    return f"known are {', '.join(names[:12])}" if names else ""


def _keys(kind: Any, parts: list[Any]) -> list[str]:
    """Return the keys that a section knows, by the way that leads to it."""
    for part in parts:
        kind = _bare(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(part))
            if field is None:
                return []
            kind = field.annotation
        elif typing.get_origin(kind) in (dict, tuple):
            kind = typing.get_args(kind)[1 if typing.get_origin(kind) is dict else 0]
        else:
            return []
    kind = _bare(kind)
    if kind is Value:
        return ["value", "schedule", "interpolate", "source", "assumption", "note", *KINDS]
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    return [field.alias or name for name, field in kind.model_fields.items()]


def _bare(kind: Any) -> Any:
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return _bare(next(arg for arg in typing.get_args(kind) if arg is not type(None)))
    return kind


def _unknown_nations(codes: Iterable[str]) -> list[Fault]:
    return [
        Fault(f"nations.{code}", "must be an ISO 3166 alpha-3 code", "", paths.nearest(code.upper(), ISO3))
        for code in codes
        if code not in ISO3
    ]


def faults_of_whole(scenario: Scenario) -> list[Fault]:
    """Return the faults that only the whole shows: dates, nations, groups, levers, correlations."""
    faults = _unknown_nations(scenario.nations)
    if month_number(scenario.horizon) <= month_number(scenario.start):
        return [*faults, Fault("horizon", f"must lie after the start, {scenario.start}", scenario.horizon)]
    if scenario.timeline.last > 1200:
        faults.append(Fault("horizon", "must lie within 100 years of the start", scenario.horizon))
    for group, members in scenario.groups.items():
        for place, code in enumerate(members):
            if code not in scenario.nations:
                hint = paths.nearest(code, scenario.nations)
                faults.append(Fault(f"groups.{group}[{place}]", "must be a nation of the scenario", repr(code), hint))
    faults += _faults_of_schedules(scenario)
    for name, policy in scenario.policies.items():
        faults += faults_of_settings(scenario, policy.settings, f"policies.{name}.settings")
    faults += faults_of_settings(scenario, scenario.settings, "settings")
    return faults + _faults_of_correlations(scenario)


def _faults_of_schedules(scenario: Scenario) -> list[Fault]:
    """Return the dates of schedules that are no months or lie past the horizon."""
    faults = []
    for number in scenario.numbers():
        schedule = number.value.schedule if isinstance(number.value, Value) else None
        for date in schedule or ():
            found = _fault_of_date(scenario, f"{number.path}.schedule", date)
            faults += [found] if found else []
    return faults


def _fault_of_date(scenario: Scenario, path: str, date: str) -> Fault | None:
    try:
        number = month_number(date)
    except ValueError as error:
        return Fault(path, str(error), repr(date))
    if number > month_number(scenario.horizon):
        return Fault(path, f"must not lie past the horizon, {scenario.horizon}", date)
    return None


def faults_of_settings(scenario: Scenario, settings: Iterable[Setting], place: str) -> list[Fault]:
    """Return what is wrong with settings: lever, date, value."""
    faults = []
    numbers = {number.path: number for number in scenario.numbers()}
    for position, setting in enumerate(settings):
        path = f"{place}[{position}]"
        try:
            targets = list(paths.expand(setting.lever, scenario.nations, scenario.groups))
        except KeyError as error:
            faults.append(Fault(f"{path}.lever", "must name a group of the scenario", str(error), _listed(scenario.groups)))
            continue
        targets = [t for t in targets if t in numbers] or targets[:1]
        for target in targets:
            found = _fault_of_lever(numbers, target, path)
            if found is not None:
                faults.append(found)
                break
            faults += _faults_of_setting(numbers[target], setting, path)
        for key, date in (("from", setting.start), ("until", setting.until)):
            late = _fault_of_date(scenario, f"{path}.{key}", date) if date else None
            faults += [late] if late else []
        if setting.until and month_number(setting.until) < month_number(setting.start or scenario.start):
            faults.append(Fault(f"{path}.until", "must not lie before the start", setting.until))
    return list(dict.fromkeys(faults))


def _fault_of_lever(numbers: Mapping[str, Number], target: str, path: str) -> Fault | None:
    """Return why a path is no lever."""
    if target not in numbers:
        levers = [p for p, number in numbers.items() if number.column.lever]
        hint = paths.nearest(target, levers)
        return Fault(f"{path}.lever", "must name a lever of the scenario", target, hint)
    if not numbers[target].column.lever:
        return Fault(f"{path}.lever", "must be something that somebody decides", target, "change it by with_values")
    return None


def _faults_of_setting(number: Number, setting: Setting, path: str) -> list[Fault]:
    """Return why a value cannot be set there."""
    words, given, way = number.column.words, setting.given, setting.way
    if words:
        if way != "set" or str(given) not in words:
            found = given if isinstance(given, str) else f"{given.centre:g}"
            return [Fault(f"{path}.{way}", f"must set one of {', '.join(words)}", found, paths.nearest(found, words))]
        return []
    if isinstance(given, str):
        return [Fault(f"{path}.set", "must be a number", repr(given))]
    if way in ("set", "ramp") and number.column.quantity is not None:
        try:
            number.column.quantity.check(given)
        except PydanticCustomError as error:
            context = error.context or {}
            return [Fault(f"{path}.{way}", str(context["rule"]), str(context["found"]), str(context["remedy"]))]
    return []


def _faults_of_correlations(scenario: Scenario) -> list[Fault]:
    """Return correlations between numbers that are not uncertain, and sets that do not fit together."""
    uncertain, faults = scenario.uncertain(), []
    for place, entry in enumerate(scenario.correlations):
        for side, name in enumerate(entry.between):
            if name not in uncertain:
                hint = paths.nearest(name, uncertain)
                faults.append(Fault(f"correlations[{place}].between[{side}]", "must name an uncertain number", name, hint))
        if entry.between[0] == entry.between[1]:
            faults.append(Fault(f"correlations[{place}].between", "must name two numbers", entry.between[0]))
    if scenario.correlations and not faults:
        tied = [Correlation(*entry.between, entry.rho) for entry in scenario.correlations]
        names = list(dict.fromkeys(name for entry in scenario.correlations for name in entry.between))
        try:
            correlation_matrix(names, tied)
        except ValueError as error:
            faults.append(Fault("correlations", str(error)))
    return faults
