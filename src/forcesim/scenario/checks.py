"""Faults of the whole: dates, nations, groups, levers, settings, correlations.

They are looked for even when some part of a file is malformed: that part is left out (``lost``),
and nothing that refers to it is called wrong for that.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim import paths
from forcesim.errors import Fault
from forcesim.quantities import Value
from forcesim.scenario import dated
from forcesim.scenario.codes import ISO3, OTHER_CODES
from forcesim.scenario.dated import Entry, Listed
from forcesim.scenario.faults import listed
from forcesim.scenario.shares import faults_of_shares
from forcesim.timeline import month_number
from forcesim.uncertainty import Correlation, correlation_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forcesim.policy import Setting
    from forcesim.scenario.correlated import Correlated
    from forcesim.scenario.fields import ScenarioFields
    from forcesim.scenario.numbers import Number

__all__ = ["ScenarioDraft", "faults_of_draft", "faults_of_nations", "faults_of_settings"]

ONE_CAUSE = "two numbers with one cause: make one of them uncertain, and give the other its centre; or take 0.999"
LONGEST = 1200
"""Months that a scenario may have."""


@dataclass(frozen=True)
class ScenarioDraft:
    """What there is to check: a scenario without its lists, and the lists' sound entries."""

    scenario: ScenarioFields
    policies: Mapping[str, Sequence[Listed[Setting]]]
    settings: Sequence[Listed[Setting]]
    correlations: Sequence[Listed[Correlated]]
    lost: Sequence[str] = field(default=())

    @classmethod
    def of(cls, scenario: ScenarioFields) -> ScenarioDraft:
        """Return a sound scenario with its own lists."""
        return cls(
            scenario,
            {name: _listed(f"policies.{name}.settings", policy.settings) for name, policy in scenario.policies.items()},
            _listed("settings", scenario.settings),
            _listed("correlations", scenario.correlations),
        )

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """Return the scenario's numbers by path."""
        return {number.path: number for number in self.scenario.numbers()}

    @property
    def dated(self) -> bool:
        """Return whether start and horizon are sound, so that dates can be compared with them."""
        return not (self.is_lost("start") or self.is_lost("horizon")) and 0 < self.scenario.timeline.last <= LONGEST

    def is_lost(self, path: str) -> bool:
        """Return whether a path lies in a part that was left out, or leads to one."""
        return any(path.startswith(part) and path[len(part) : len(part) + 1] in ("", ".", "[") for part in self.lost)


def _listed(path: str, entries: Iterable[Entry]) -> list[Listed[Entry]]:
    return [Listed(f"{path}[{place}]", entry) for place, entry in enumerate(entries)]


def faults_of_draft(draft: ScenarioDraft) -> list[Fault]:
    """Return the faults that only the whole shows."""
    scenario = draft.scenario
    faults = faults_of_nations(scenario.nations)
    faults += _faults_of_horizon(draft)
    faults += _faults_of_start(draft)
    faults += _faults_of_groups(draft)
    faults += _faults_of_sections(draft)
    dates, broken = _faults_of_schedules(draft)
    faults += dates
    if broken:
        draft = replace(draft, lost=(*draft.lost, *broken))
    for listed_settings in draft.policies.values():
        faults += faults_of_settings(draft, listed_settings)
    faults += faults_of_settings(draft, draft.settings, {}, stacked=bool(scenario.applied))
    if draft.dated:
        faults += faults_of_shares(draft.scenario, draft.numbers, draft.is_lost)
    faults += _faults_of_correlations(draft)
    return list(dict.fromkeys(faults))


def faults_of_nations(codes: Iterable[Any]) -> list[Fault]:
    """Return the nations that are named by no ISO code."""
    return [Fault(f"nations.{code}", "must be an ISO 3166 alpha-3 code", "", _code(str(code))) for code in codes
            if code not in ISO3]  # fmt: skip


def _code(text: str) -> str:
    """Return the code that was probably meant."""
    known = OTHER_CODES.get(text.upper())
    return f"did you mean {known}?" if known else paths.nearest(text, ISO3)


def _faults_of_horizon(draft: ScenarioDraft) -> list[Fault]:
    scenario = draft.scenario
    if draft.dated or draft.is_lost("start") or draft.is_lost("horizon"):
        return []
    if scenario.timeline.last <= 0:
        return [Fault("horizon", f"must lie after the start, {scenario.start}", scenario.horizon)]
    return [Fault("horizon", f"must lie within {LONGEST // 12} years of the start", scenario.horizon)]


def _faults_of_start(draft: ScenarioDraft) -> list[Fault]:
    """Return that a scenario begins after the month that its starting values are of: they would be stale."""
    start, known = draft.scenario.start, draft.scenario.as_of
    if known is None or start <= known or draft.is_lost("start") or draft.is_lost("as_of"):
        return []
    remedy = f"a scenario of that date, or new starting values and as_of: {start}"
    return [Fault("start", f"must not lie after the month of the starting values, {known}", start, remedy)]


def _faults_of_groups(draft: ScenarioDraft) -> list[Fault]:
    nations = draft.scenario.nations
    return [
        Fault(
            f"groups.{group}[{place}]",
            "must be a nation of the scenario",
            repr(code),
            paths.nearest(code, nations) if code in ISO3 else _code(code),
        )
        for group, members in draft.scenario.groups.items()
        for place, code in enumerate(members)
        if code not in nations and not draft.is_lost(f"nations.{code}")
    ]


def _faults_of_sections(draft: ScenarioDraft) -> list[Fault]:
    """Return the shared sections that a process of some nation needs and that have no default."""
    scenario = draft.scenario
    return [
        Fault(process.section, "is missing", "", f"{process.name} needs it")
        for process in scenario.catalogue.processes
        if process.Parameters is not None
        and process.Common is not None
        and getattr(scenario, process.section) is None
        and scenario.nations_of(process)
        and not draft.is_lost(process.section)
    ]


def _faults_of_schedules(draft: ScenarioDraft) -> tuple[list[Fault], list[str]]:
    """Return the dates of schedules that are no months, come twice, or lie past the horizon; and whose they are."""
    faults: list[Fault] = []
    broken: list[str] = []
    for number in draft.numbers.values():
        schedule = number.value.schedule if isinstance(number.value, Value) else None
        seen: set[int] = set()
        for date in schedule or ():
            fault = _fault_of_date(draft, f"{number.path}.schedule", date)
            if fault is None and month_number(date) in seen:
                fault = Fault(f"{number.path}.schedule", "must have each month once", date)
            if fault is None:
                seen.add(month_number(date))
            else:
                faults.append(fault)
                broken.append(number.path)
    return faults, broken


def _fault_of_date(draft: ScenarioDraft, path: str, date: str, *, bounded: bool = True) -> Fault | None:
    try:
        number = month_number(date)
    except ValueError as error:
        return Fault(path, str(error), repr(date))
    if bounded and draft.dated and number > month_number(draft.scenario.horizon):
        return Fault(path, f"must not lie past the horizon, {draft.scenario.horizon}", date)
    return None


def faults_of_settings(
    draft: ScenarioDraft,
    settings: Sequence[Listed[Setting]],
    under: Mapping[str, list[Setting]] | None = None,
    *,
    stacked: bool = False,
) -> list[Fault]:
    """Return what is wrong with a list of settings: levers, dates, values, and settings that never act.

    A policy that is not applied may begin past the horizon: a shortened scenario keeps those that
    are not used. It is refused when it is applied.

    Parameters
    ----------
    draft : ScenarioDraft
        What they belong to.
    settings : sequence of Listed
        Of one policy, in any order; or those in force.
    under : mapping of path to settings, optional
        What a policy is applied on top of; None for one that is not applied.
    stacked : bool
        Whether they are those of several policies, in order: a later one may then cover an earlier one.
    """
    numbers = draft.numbers
    faults: list[Fault] = []
    reached: dict[str, list[Listed[Setting]]] = {}
    for item in settings:
        targets, wrong = _targets(draft, numbers, item)
        wrong += _faults_of_dates(draft, item, in_force=under is not None)
        for target in targets:
            wrong += _faults_of_value(numbers[target], item)
        if not wrong:
            for target in targets:
                reached.setdefault(target, []).append(item)
        faults += wrong
    if not stacked:
        timeline = draft.scenario.timeline
        reached = {target: dated.entries_in_order(items, timeline) for target, items in reached.items()}
        again = dated.given_again(reached, timeline)
        idle = dated.idle(reached, timeline, in_force=under is not None) if draft.dated and not again else []
        faults += again + idle
    if draft.dated:
        for target, items in reached.items():
            faults += _fault_of_range(draft, numbers[target], items, (under or {}).get(target, []))
        faults += faults_of_shares(draft.scenario, numbers, draft.is_lost, items=reached, under=under)
    return list(dict.fromkeys(faults))


def _targets(
    draft: ScenarioDraft, numbers: Mapping[str, Number], item: Listed[Setting]
) -> tuple[list[str], list[Fault]]:
    """Return the numbers that a setting reaches, or why it reaches none."""
    scenario, lever = draft.scenario, item.entry.lever
    path = f"{item.path}.lever"
    try:
        wanted = list(paths.expand(lever, scenario.nations, scenario.groups))
    except KeyError as error:
        group = str(error.args[0])
        if draft.is_lost(f"groups.{group}") or draft.is_lost("groups"):
            return [], []
        near = paths.nearest(group, scenario.groups) or listed(scenario.groups)
        return [], [Fault(path, "must name a group of the scenario", f"@{group}", near)]
    found = [target for target in wanted if target in numbers]
    if not found:
        if any(draft.is_lost(target) for target in (*wanted, lever)) or (draft.lost and not wanted):
            return [], []
        levers = (name for name, number in numbers.items() if number.column.lever)
        hint = paths.nearest_path(wanted[0], levers) if wanted else "the group is empty"
        return [], [Fault(path, "must name a lever of the scenario", lever, hint)]
    if not all(numbers[target].column.lever for target in found):
        return [], [Fault(path, "must be something that somebody decides", lever, "change it by with_values")]
    return found, []


def _faults_of_dates(draft: ScenarioDraft, item: Listed[Setting], *, in_force: bool) -> list[Fault]:
    setting, faults = item.entry, []
    for key, date in (("from", setting.start), ("until", setting.until)):
        fault = _fault_of_date(draft, f"{item.path}.{key}", date, bounded=in_force) if date else None
        faults += [fault] if fault and (key == "from" or setting.start is None) else []
    if setting.until and not faults:
        if draft.dated and month_number(setting.until) < month_number(draft.scenario.start):
            rule = f"must not lie before the scenario's start, {draft.scenario.start}"
            return [Fault(f"{item.path}.until", rule, setting.until)]
        if setting.start and month_number(setting.until) < month_number(setting.start):
            return [Fault(f"{item.path}.until", f"must not lie before its own start, {setting.start}", setting.until)]
    return faults


def _faults_of_value(number: Number, item: Listed[Setting]) -> list[Fault]:
    """Return why something cannot be set there."""
    setting, words = item.entry, number.column.words
    path, given = f"{item.path}.{setting.way}", setting.given
    if words:
        if setting.way == "set" and isinstance(given, str) and given in words:
            return []
        said = given if isinstance(given, str) else f"{given.centre:g}"
        return [Fault(path, f"must set one of {', '.join(words)}", repr(said), paths.nearest(said, words))]
    if isinstance(given, str):
        return [Fault(path, "must be a number", repr(given))]
    quantity = number.column.quantity
    if setting.way in ("set", "ramp", "at_least") and quantity is not None and not quantity.admits(*given.bounds):
        least, most = given.bounds
        found = f"{least:.12g}" if least == most else f"{least:.12g} to {most:.12g}"
        return [Fault(path, quantity.rule, found, quantity.remedy(least, most))]
    return []


def _fault_of_range(
    draft: ScenarioDraft, number: Number, items: Sequence[Listed[Setting]], under: list[Setting]
) -> list[Fault]:
    """Return whether settings, stacked, lead a number out of its range (2 added to a share, say)."""
    quantity, timeline = number.column.quantity, draft.scenario.timeline
    if quantity is None or draft.is_lost(number.path) or not any(item.entry.way in ("add", "scale") for item in items):
        return []
    least, most = number.under([*under, *(item.entry for item in items)]).course.bounds
    slack = 1e-12 * np.maximum(np.abs(least), np.abs(most))  # 0.1 + 0.2 of a share of 0.3 is no fault
    outside = np.flatnonzero((least < quantity.low - slack) | (most > quantity.high + slack))
    if not len(outside):
        return []
    month = int(outside[0])
    found = f"{least[month]:.12g}" if least[month] == most[month] else f"{least[month]:.12g} to {most[month]:.12g}"
    last = [item for item in items if item.entry.way in ("add", "scale")][-1]
    where = f"{number.path} in {timeline.label(month)}"
    return [Fault(f"{last.path}.{last.entry.way}", quantity.rule, found, where)]


def _faults_of_correlations(draft: ScenarioDraft) -> list[Fault]:
    """Return correlations of numbers that are not uncertain, pairs given twice, and sets that do not fit together."""
    uncertain = [path for path, number in draft.numbers.items() if number.distribution is not None]
    faults: list[Fault] = []
    tied: dict[frozenset[str], Correlation] = {}
    for item in draft.correlations:
        key = "between" if item.entry.between else "among"
        names = item.entry.names
        if len(set(names)) < len(names):
            faults.append(Fault(f"{item.path}.{key}", "must name different numbers"))
        for side, name in enumerate(names):
            if name not in uncertain and not draft.is_lost(name):
                hint = paths.nearest_path(name, uncertain)
                faults.append(Fault(f"{item.path}.{key}[{side}]", "must name an uncertain number", name, hint))
        for pair in item.entry.pairs:
            if abs(pair.rho) == 1.0 and pair.one != pair.other:
                place = f"{item.path}.{'rho' if item.entry.between else 'matrix'}"
                faults.append(Fault(place, "must lie within (-1, 1)", f"{pair.rho:g}", ONE_CAUSE))
            both = frozenset((pair.one, pair.other))
            if both in tied and len(both) == 2:
                faults.append(Fault(f"{item.path}.{key}", "must give each pair once", f"{pair.one}, {pair.other}"))
            tied[both] = pair
    if tied and not faults:
        names = tuple(dict.fromkeys(name for pair in tied.values() for name in (pair.one, pair.other)))
        try:
            correlation_matrix(names, list(tied.values()))
        except ValueError as error:
            faults.append(Fault("correlations", str(error)))
    return faults
