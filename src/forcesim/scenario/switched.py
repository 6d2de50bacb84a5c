"""A number that rules switch: its course without them, and with each of them, chosen path by path.

A rule's settings lie on top of all others. Where several rules set one number, a number has a course for each set of
rules that may be in effect at once, stacked in the order of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress, product
from typing import TYPE_CHECKING

import numpy as np

from forcesim import paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forcesim.arrays import Floats
    from forcesim.scenario.fields import ScenarioFields
    from forcesim.scenario.numbers import Course, Number

__all__ = ["Switched", "mask_of", "switched"]


def mask_of(rule: int) -> str:
    """Return the name under which a block holds whether a rule is in effect: no number has a blank in its path."""
    return f"rule {rule + 1}"


@dataclass(frozen=True, eq=False)
class Switched:
    """A number with a course for each set of rules.

    Attributes
    ----------
    rules : tuple of str
        The names of the masks of the rules that set it.
    courses : tuple of Course
        With none of them, with the first, with the second, with both ...: rule k counts 2^k.
    """

    rules: tuple[str, ...]
    courses: tuple[Course, ...]

    certain = False

    @property
    def changes(self) -> frozenset[int]:
        """Return the months in which it changes whatever the rules do."""
        return frozenset[int]().union(*(course.changes for course in self.courses))

    def write(self, row: Floats, month: int, sampled: Mapping[str, Floats]) -> None:
        """Write the number's value in a month on each path."""
        which = np.zeros(len(row))
        for k, name in enumerate(self.rules):
            which += 2.0**k * sampled[name]
        other = np.empty_like(row)
        for place in np.unique(which).tolist():
            self.courses[int(place)].write(other, month, sampled)
            np.copyto(row, other, where=which == place)


def switched(scenario: ScenarioFields) -> dict[str, Switched]:
    """Return the numbers that rules set, by path."""
    of: dict[str, list[int]] = {}
    for place, rule in enumerate(scenario.rules):
        for setting in rule.settings:
            for path in paths.expand(setting.lever, scenario.nations, scenario.groups):
                of.setdefault(path, [])
                of[path] += [place] * (place not in of[path])
    numbers = {number.path: number for number in scenario.numbers()}
    return {path: _switched(scenario, numbers[path], places) for path, places in of.items() if path in numbers}


def _switched(scenario: ScenarioFields, number: Number, places: list[int]) -> Switched:
    """Return a number with the courses that some rules give it."""
    courses = []
    for on in product((False, True), repeat=len(places)):
        chosen = list(compress(places, on[::-1]))
        more = [
            setting
            for place in chosen
            for setting in scenario.rules[place].settings
            if number.path in paths.expand(setting.lever, scenario.nations, scenario.groups)
        ]
        courses.append(number.under([*number.settings, *more]).course)
    return Switched(tuple(mask_of(place) for place in places), tuple(courses))
