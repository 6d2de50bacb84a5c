"""Shares that are parts of one whole: in no month, and on no path, may they sum above 1.

Sections declare which numbers belong together (``shares_of_one``, ``shares_over_nations``). The greatest value of each
is added up, as its distribution bounds it. Correlation could keep a sum lower, but nothing holds it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forcesim.errors import Fault
from forcesim.quantities import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from forcesim.policy import Setting
    from forcesim.processes.process import Process
    from forcesim.scenario.dated import Listed
    from forcesim.scenario.fields import ScenarioFields
    from forcesim.scenario.numbers import Number

__all__ = ["faults_of_shares"]

SLACK = 1e-9
"""What a sum of shares may exceed 1 by: rounding."""


def faults_of_shares(
    scenario: ScenarioFields,
    numbers: Mapping[str, Number],
    is_lost: Callable[[str], bool],
    *,
    items: Mapping[str, Sequence[Listed[Setting]]] | None = None,
    under: Mapping[str, Sequence[Setting]] | None = None,
) -> list[Fault]:
    """Return the groups of shares that can sum above 1.

    Parameters
    ----------
    scenario : Scenario
        Whose shares; its dates are sound.
    numbers : mapping of path to Number
        The scenario's.
    is_lost : callable
        Whether a path leads to a part of the file that could not be read.
    items : mapping of path to sequence of Listed, optional
        Settings by the number that they reach: looked at are the groups that they reach. All groups as they are
        without settings unless given.
    under : mapping of path to sequence of Setting, optional
        Settings beneath those.
    """
    faults = []
    for group in _groups(scenario):
        if any(is_lost(path) for path in group) or (items is not None and not any(path in items for path in group)):
            continue
        there = [numbers[path] for path in group if path in numbers]
        fault = _fault(scenario, there, items or {}, under or {})
        faults += [fault] if fault else []
    return faults


def _groups(scenario: ScenarioFields) -> Iterator[tuple[str, ...]]:
    """Yield the paths of each group of shares."""
    for process in scenario.processes():
        yield from _groups_of(process, scenario.nations_of(process))


def _groups_of(process: Process, nations: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the groups of one process."""
    section = process.section
    for group in process.Common.shares_of_one if process.Common is not None else ():
        yield tuple(f"{section}.{name}" for name in group)
    if process.Parameters is not None:
        for group in process.Parameters.shares_of_one:
            yield from (tuple(f"nations.{nation}.{section}.{name}" for name in group) for nation in nations)
        for name in process.Parameters.shares_over_nations:
            yield tuple(f"nations.{nation}.{section}.{name}" for nation in nations)


def _fault(
    scenario: ScenarioFields,
    group: Sequence[Number],
    items: Mapping[str, Sequence[Listed[Setting]]],
    under: Mapping[str, Sequence[Setting]],
) -> Fault | None:
    """Return the fault of one group: the shares of the first month in which they can sum above 1."""
    own = [item for number in group for item in items.get(number.path, ())]
    stacked = {
        number.path: [*under.get(number.path, ()), *(item.entry for item in items.get(number.path, ()))]
        for number in group
    }
    if not any(stacked.values()) and sum(_most(number.value) for number in group) <= 1.0 + SLACK:
        return None  # whatever the date: most groups of most scenarios
    courses = [number.under(stacked[number.path]).course for number in group]
    most = np.array([course.bounds[1] for course in courses]).reshape(len(group), -1)
    total = most.sum(axis=0)
    above = np.flatnonzero(total > 1.0 + SLACK)
    if not len(above):
        return None
    month = int(above[0])
    shares = {number.path: share for number, share in zip(group, most[:, month].tolist(), strict=True) if share > 0.0}
    path = f"{own[-1].path}.{own[-1].entry.way}" if own else next(iter(shares))
    said = " + ".join(f"{name} {share:.6g}" for name, share in shares.items())
    found = f"{said} = {total[month]:.6g} in {scenario.timeline.label(month)}"
    uncertain = not all(course.certain for course in courses)
    remedy = "lower one of them" + (", or the upper end of what is uncertain" if uncertain else "")
    return Fault(path, "shares of one whole must sum to at most 1", found, remedy)


def _most(value: Value | float) -> float:
    """Return the greatest that a number can be in any month."""
    return value.bounds[1] if isinstance(value, Value) else value
