"""Rules that act on the simulated state: what is wrong with one, and what a condition may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forcesim.errors import ExpressionError, Fault, ResultError
from forcesim.expression import Term, Vocabulary
from forcesim.question import event
from forcesim.scenario.checks import ScenarioDraft, faults_of_settings
from forcesim.scenario.dated import Listed
from forcesim.timeline import month_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forcesim.policy import Rule, Setting
    from forcesim.scenario.fields import ScenarioFields

__all__ = ["faults_of_rules"]


def faults_of_rules(
    scenario: ScenarioFields, rules: Sequence[Rule], where: str, *, in_force: bool = True
) -> list[Fault]:
    """Return what is wrong with rules: conditions, dates, levers and values.

    Parameters
    ----------
    scenario : ScenarioFields
        On whose settings they come.
    rules : sequence of Rule
        Those of one policy, or of the scenario.
    where : str
        Path of what has them.
    in_force : bool
        Whether they apply; one that does not may begin past the horizon.
    """
    faults: list[Fault] = []
    draft, under = ScenarioDraft.of(scenario), scenario.settings_by_path()
    every: list[Listed[Setting]] = []
    for place, rule in enumerate(rules):
        path = f"{where}.rules[{place}]".removeprefix(".")
        faults += _faults_of_condition(scenario, path, rule)
        if rule.after is not None and in_force and month_number(rule.after) >= month_number(scenario.horizon):
            faults.append(Fault(f"{path}.after", f"must lie before the horizon, {scenario.horizon}", rule.after))
        items = [Listed(f"{path}.settings[{at}]", setting) for at, setting in enumerate(rule.settings)]
        faults += faults_of_settings(draft, items, under)
        every += items
    if len(rules) > 1 and not faults:
        faults += faults_of_settings(draft, every, under, stacked=True)
    return list(dict.fromkeys(faults))


def _faults_of_condition(scenario: ScenarioFields, path: str, rule: Rule) -> list[Fault]:
    """Return why a condition cannot be read."""
    terms = {}
    for process in scenario.processes():
        for series in process.writes:
            if series.slots == 1:
                nations = () if series.scope == "world" else scenario.nations_of(process)
                terms[series.name] = Term(nations, series.labels)
    try:
        event(rule.when, Vocabulary(terms, scenario.groups), "when")
    except (ExpressionError, ResultError) as error:
        return [Fault(f"{path}.when: {fault.path}", fault.rule, fault.found, fault.remedy) for fault in error.faults]
    return []
