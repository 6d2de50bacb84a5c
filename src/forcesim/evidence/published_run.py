"""How a case is run: its scenario made and filled, what nobody published found, the answer read from a result."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim import paths
from forcesim.engine import simulate
from forcesim.errors import DataError, Fault
from forcesim.evidence.published_cases import NATION
from forcesim.expression import parse
from forcesim.plan import make_plan
from forcesim.question import event
from forcesim.result import Estimate
from forcesim.scenario import Scenario, load

if TYPE_CHECKING:
    from collections.abc import Callable

    from forcesim.arrays import Floats
    from forcesim.evidence.published_cases import Ask, Case, Cut, Find
    from forcesim.result import Result

__all__ = ["PathValues", "answer_of", "scenario_of"]


LEAST_PARTS = 3
"""Parts of a path to a number of a nation: nations, the nation, its section."""
NEAR = 1e-9
"""How finely a number is found, relative to the range in which it is looked for."""


class PathValues:
    """What came out: the number on each path.

    Attributes
    ----------
    estimate : Estimate
        The mean with its Monte Carlo error.
    low, high : float
        5 and 95 % of the paths.
    """

    def __init__(self, values: Floats, *, certain: bool = False) -> None:
        """Take the number on each path; with ``certain`` all paths are the same."""
        n = len(values)
        variance = float(np.var(values, ddof=1)) if n > 1 else math.nan
        self.estimate = Estimate.of_moments(float(np.mean(values)), variance, n, certain=certain)
        low, high = np.quantile(values, [0.05, 0.95], method="inverted_cdf")
        self.low, self.high = float(low), float(high)


def scenario_of(case: Case, loader: Callable[[str], Scenario] = load) -> Scenario:
    """Return the scenario of a case with its inputs and values set; ``loader`` gives a scenario by name or path.

    Raises
    ------
    ForcesimError
        If the scenario, an input or a value is not admissible; with all faults of the step that fails.
    """
    if case.world is not None:
        scenario = Scenario.of({"name": case.id, **case.world})
    else:
        assert case.scenario is not None
        scenario = loader(case.scenario)
    if case.cut is not None:
        scenario = _cut(scenario, case.cut)
    values = dict(case.values)
    for one in case.inputs:
        if one.sets:
            for path in _reached(scenario, one.sets):
                nation = str(paths.split(path)[1]) if one.of_many else ""
                figure = one.figure(nation) * one.factor
                # a dated number takes the figure alone: its source stands beside the schedule
                bare = ".schedule." in path
                values[path] = figure if bare else {"value": figure, "source": one.source.replace(NATION, nation)}
    if values:
        scenario = scenario.with_values(values)
    return scenario if case.noise else scenario.without_noise()


def _reached(scenario: Scenario, path: str) -> list[str]:
    """Return the places that a path with ``@group`` or ``*`` stands for: of nations that have the section."""
    try:
        every = list(paths.expand(path, scenario.nations, scenario.groups))
        short = any(len(paths.split(one)) < LEAST_PARTS for one in every)
    except KeyError as error:
        raise DataError(Fault(path, "must name a group of the scenario", f"@{error.args[0]}")) from None
    except ValueError as error:
        raise DataError(Fault("sets", str(error), repr(path))) from None
    if every == [path]:
        return every
    if short:
        raise DataError(Fault(path, "must lead to a number", "", "nations.*.spending.share, say"))
    return [one for one in every if getattr(scenario.nations[str(paths.split(one)[1])], str(paths.split(one)[2]), None)]


def _cut(scenario: Scenario, cut: Cut) -> Scenario:
    """Return part of a scenario: some nations, some sections, other months; without policies and settings."""
    data, faults = scenario.to_dict(), []
    known = {process.section for process in scenario.catalogue.processes}
    faults += [
        Fault(f"cut.sections[{place}]", "must be a section", repr(section), paths.nearest(section, known))
        for place, section in enumerate(cut.sections)
        if section not in known
    ]
    wanted: list[str] = []
    for place, name in enumerate(cut.nations or scenario.nations):
        members = (
            scenario.groups.get(name[1:], ()) if name.startswith("@") else (name,) if name in data["nations"] else ()
        )
        if not members:
            near = paths.nearest(name.lstrip("@"), scenario.groups if name.startswith("@") else scenario.nations)
            faults.append(
                Fault(f"cut.nations[{place}]", "must be a nation or @group of the scenario", repr(name), near)
            )
        wanted += members
    if faults:
        raise DataError(faults)
    stay = [name for name in dict.fromkeys(wanted) if name not in cut.without]
    keep = {*(cut.sections or known), "name"}
    nations = {name: {key: one for key, one in data["nations"][name].items() if key in keep} for name in stay}
    left = {key: one for key, one in data.items() if key not in known or key in keep}
    groups = {group: [name for name in members if name in nations] for group, members in data.get("groups", {}).items()}
    if cut.start is not None:
        left.pop("as_of", None)  # the inputs of the case are the values of its own start
    for gone in ("policies", "settings", "correlations", "applied"):
        left.pop(gone, None)
    months = {key: month for key, month in (("start", cut.start), ("horizon", cut.horizon)) if month is not None}
    return type(scenario).of({**left, "nations": nations, "groups": groups, **months})


def answer_of(case: Case, scenario: Scenario) -> PathValues:
    """Find what a case has to find, run it, and read what it asks.

    Raises
    ------
    ForcesimError
        If the run or the expression is not admissible, or nothing is found.
    """
    found = 0.0
    for place, wanted in enumerate(case.find):
        found = _found(case, scenario, wanted, place)
        scenario = scenario.with_values({wanted.path: found})
    certain = not scenario.noise and not (scenario.with_policy(*case.policy) if case.policy else scenario).uncertain()
    if case.ask is None:
        return PathValues(np.array([found]), certain=certain)
    return PathValues(_asked(case, scenario, case.ask), certain=certain)


def _found(case: Case, scenario: Scenario, wanted: Find, place: int) -> float:
    """Return the value of an input at which an answer is the published number."""
    from scipy.optimize import brentq

    def off(value: float) -> float:
        return float(np.mean(_asked(case, scenario.with_values({wanted.path: value}), wanted.so_that))) - wanted.aim

    least, most = off(wanted.low), off(wanted.high)
    if least * most > 0.0:
        rule = f"must bring {wanted.so_that.what} to {wanted.aim:,.6g} between {wanted.low:g} and {wanted.high:g}"
        raise DataError(Fault(f"find[{place}]", rule, f"{least + wanted.aim:,.6g} to {most + wanted.aim:,.6g}"))
    return float(brentq(off, wanted.low, wanted.high, xtol=NEAR * (wanted.high - wanted.low)))


def _asked(case: Case, scenario: Scenario, ask: Ask) -> Floats:
    """Return what is asked on each path."""
    asked = parse(ask.what, make_plan(scenario).vocabulary)
    names = list(dict.fromkeys(name for name, _ in asked.names))
    options: dict[str, Any] = {"outcomes": names, "keep": names, "progress": False}
    result = simulate(scenario, list(case.policy) or None, paths=case.paths, seed=case.seed, **options)
    found = _read(result, ask)
    if not np.isfinite(found).all():
        raise DataError(Fault(repr(ask.what), "must give a finite number", ", ".join(_dates(ask))))
    return found


def _read(result: Result, ask: Ask) -> Floats:
    """Return what is asked of a result, on each path."""
    if ask.by is not None:
        event(ask.what, result.vocabulary, "what")
    index = result.timeline.index
    try:
        if ask.at is not None or ask.by is not None:
            first, last = 0, index(ask.at or ask.by or "")
        else:
            span = ask.sum or ask.mean or ask.change
            assert span is not None
            first, last = index(span[0]), index(span[1])
    except ValueError as error:
        raise DataError(Fault("ask", str(error), ", ".join(_dates(ask)))) from None
    months = result.history(ask.what)[first : last + 1]
    if ask.at is not None:
        return np.asarray(months[-1])
    if ask.by is not None:
        return np.asarray(months.max(axis=0))
    if ask.change is not None:
        return np.asarray(months[-1] - months[0])
    return np.asarray(months.sum(axis=0) if ask.sum is not None else months.mean(axis=0))


def _dates(ask: Ask) -> list[str]:
    """Return the dates of a question."""
    return [date for date in (ask.at, ask.by, *(ask.sum or ask.mean or ask.change or ())) if date]
