"""Where every number of a scenario comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forcesim import paths
from forcesim.quantities import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from forcesim.policy import Rule, Setting
    from forcesim.scenario.fields import ScenarioFields
    from forcesim.scenario.numbers import Number

__all__ = ["audit"]

REMARKS = ("source", "assumption", "note")


def audit(scenario: ScenarioFields) -> pd.DataFrame:
    """Return path, value, unit and source of every number, and of every setting."""
    import pandas as pd

    numbers = {number.path: number for number in scenario.numbers()}
    rows = [_row(scenario, number) for number in numbers.values()]
    rows += _rows_of_settings(scenario, "settings", scenario.settings, numbers)
    for place, rule in enumerate(scenario.rules):
        rows += _rows_of_rule(scenario, f"rules[{place}]", rule, numbers)
    for name, policy in scenario.policies.items():
        rows += _rows_of_settings(scenario, f"policies.{name}.settings", policy.settings, numbers)
        for place, rule in enumerate(policy.rules):
            rows += _rows_of_rule(scenario, f"policies.{name}.rules[{place}]", rule, numbers)
    return pd.DataFrame(rows, columns=["path", "value", "unit", "source"])


def _row(scenario: ScenarioFields, number: Number) -> dict[str, Any]:
    """Return the row of a number or a choice."""
    value = number.value
    if isinstance(value, Value):
        return {"path": number.path, "value": _bare(value), "unit": number.unit, "source": value.origin}
    *way, name = paths.split(number.path)
    owner, word = paths.get(scenario, tuple(way)), number.column.words[int(value)]
    by_default = type(owner).model_fields[str(name)].default == word
    # a word is what the scenario is about (who attacks, what is held fixed), not a figure that somebody measured
    origin = number.column.remark if by_default and number.column.remark else "chosen by the scenario"
    return {"path": number.path, "value": word, "unit": number.unit, "source": origin}


def _bare(value: Value | str) -> Any:
    """Return a number without its remarks."""
    if isinstance(value, str):
        return value
    found = value.model_dump(mode="json")
    if isinstance(found, dict):
        found = {key: part for key, part in found.items() if key not in REMARKS}
        return found.get("value", found)
    return found


def _rows_of_rule(
    scenario: ScenarioFields, place: str, rule: Rule, numbers: dict[str, Number]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a rule: its condition, how long it waits, its cost, its settings."""
    parts = [("when", rule.when, "condition"), ("for", rule.months, "months"), ("delay", rule.delay, "months")]
    for name, value, unit in (*parts, ("cost", rule.cost, "bn USD per month")):
        yield {"path": f"{place}.{name}", "value": value, "unit": unit, "source": rule.origin}
    yield from _rows_of_settings(scenario, f"{place}.settings", rule.settings, numbers)


def _rows_of_settings(
    scenario: ScenarioFields, place: str, settings: tuple[Setting, ...], numbers: dict[str, Number]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of settings."""
    for at, setting in enumerate(settings):
        reached = (numbers.get(path) for path in paths.expand(setting.lever, scenario.nations, scenario.groups))
        unit = next((number.unit for number in reached if number is not None), "")
        yield {
            "path": f"{place}[{at}].{setting.way}",
            "value": _bare(setting.given),
            "unit": "factor" if setting.way == "scale" else unit,
            "source": setting.origin,
        }
