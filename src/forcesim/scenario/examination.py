"""All faults of a scenario at once: those of its form, and beside them those of the whole.

Parts with a faulty form are cut out, and the rest is examined as a whole. So a percent for a fraction and a misspelt
lever are reported together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from forcesim import paths
from forcesim.policy import Setting
from forcesim.scenario.checks import ScenarioDraft, faults_of_draft, faults_of_nations
from forcesim.scenario.correlated import Correlated
from forcesim.scenario.dated import Listed
from forcesim.scenario.faults import faults_of_form, place_of, stand_in, without
from forcesim.scenario.fields import ScenarioFields
from forcesim.scenario.rules import faults_of_rules

if TYPE_CHECKING:
    from forcesim.errors import Fault

__all__ = ["examine"]

ROUNDS = 8
"""Times that faulty parts are cut out: what is missing may be missing in what holds it, and so on."""

STAND_INS = {"name": "?", "start": "2000-01", "horizon": "2001-01"}
"""What stands for a scenario's own words while the rest is examined."""

Model = TypeVar("Model", bound=BaseModel)
AnyScenario = TypeVar("AnyScenario", bound=ScenarioFields)


def examine(kind: type[AnyScenario], data: Any) -> tuple[AnyScenario | None, list[Fault]]:
    """Return the scenario of plain data, and its faults; no scenario if its form is faulty."""
    try:
        scenario = kind.model_validate(data)
    except ValidationError as error:
        faults = faults_of_form(error, kind, data)
        draft = _rest(kind, data, error) if isinstance(data, Mapping) else None
        if draft is not None:
            faults += faults_of_draft(draft)
        elif isinstance(data, Mapping) and isinstance(data.get("nations"), Mapping):
            faults += faults_of_nations(data["nations"])
        return None, list(dict.fromkeys(faults))
    faults = faults_of_draft(ScenarioDraft.of(scenario))
    faults += faults_of_rules(scenario, scenario.rules, "")
    for name, policy in scenario.policies.items():
        faults += faults_of_rules(scenario, policy.rules, f"policies.{name}", in_force=False)
    return scenario, faults


def _rest(kind: type[ScenarioFields], data: Mapping[str, Any], error: ValidationError) -> ScenarioDraft | None:
    """Return what is sound in faulty data, or None if too little is."""
    lost: list[str] = []
    lists: dict[str, Any] = {"policies": {}, "settings": (), "correlations": ()}
    rest: Any = {**data, **{name: empty for name, empty in lists.items() if name in data}}
    for _ in range(ROUNDS):
        for details in error.errors(include_url=False):
            place = place_of(details, rest)
            if place and place[0] not in lists:
                rest, cut = _mended(kind, rest, place)
                lost.append(cut)
            if rest is None:
                return None
        try:
            scenario = kind.model_validate(rest)
        except ValidationError as again:
            error = again
            continue
        return _draft(scenario, data, lost)
    return None


def _mended(kind: type[ScenarioFields], data: Any, place: tuple[str | int, ...]) -> tuple[Any, str]:
    """Return data with something admissible in a faulty place, or without it; and the path of what is lost."""
    if len(place) == 1 and place[0] in STAND_INS:
        return {**data, place[0]: STAND_INS[str(place[0])]}, str(place[0])
    found = stand_in(kind, place)
    if found is None:
        return without(data, place)
    try:
        return paths.replace(data, *found), paths.join(found[0])
    except KeyError:
        return without(data, place)


def _draft(scenario: ScenarioFields, data: Mapping[str, Any], lost: list[str]) -> ScenarioDraft:
    """Return a sound rest, with the sound entries of the lists."""
    policies = data.get("policies")
    named = policies.items() if isinstance(policies, Mapping) else ()
    return ScenarioDraft(
        scenario,
        {
            str(name): _sound(Setting, f"policies.{name}.settings", policy.get("settings"))
            for name, policy in named
            if isinstance(policy, Mapping)
        },
        _sound(Setting, "settings", data.get("settings")),
        _sound(Correlated, "correlations", data.get("correlations")),
        lost,
    )


def _sound(kind: type[Model], path: str, entries: Any) -> list[Listed[Model]]:
    """Return the entries of a list that are well-formed, with their places."""
    found = []
    for place, entry in enumerate(entries if isinstance(entries, (list, tuple)) else ()):
        try:
            found.append(Listed(f"{path}[{place}]", kind.model_validate(entry)))
        except ValidationError:
            continue
    return found
