"""A lever as a number that is looked for: its unit, its admissible range, and the policy that sets it to a value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forcesim import paths
from forcesim.arguments import finite, shown, text
from forcesim.errors import Fault, ResultError
from forcesim.policy import Policy, Setting

if TYPE_CHECKING:
    from forcesim.scenario import Scenario

__all__ = ["WAYS", "Lever"]

WAYS = ("set", "add", "scale", "at_least")

NO_BOUND = 1e9
"""Ranges end here where nothing else bounds a number of persons or posts: that is no bound to search within."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A lever between two bounds.

    Attributes
    ----------
    path : str
        Of the number; ``nations.@group...`` stands for several.
    way : str
        One of ``set``, ``add``, ``scale`` and ``at_least``.
    unit : str
        Of what is set.
    low, high : float
        The bounds.
    start : str, optional
        The first month.
    """

    path: str
    way: str
    unit: str
    low: float
    high: float
    start: str | None = None

    @classmethod
    def of(
        cls, scenario: Scenario, path: Any, *, low: Any = None, high: Any = None, way: str = "set", start: Any = None
    ) -> Lever:
        """Return a lever of a scenario; without bounds it has those of its admissible range.

        Raises
        ------
        ResultError
            If it is no lever that takes numbers, has no bound and none is given, or the bounds are not in order.
        """
        path = text("lever", path)
        levers = {number.path: number for number in scenario.numbers() if number.column.lever}
        try:
            reached = [levers[one] for one in paths.expand(path, scenario.nations, scenario.groups) if one in levers]
        except KeyError:
            reached = []
        if not reached:
            raise ResultError(Fault("lever", "must be a lever", shown(path), paths.nearest_path(path, levers)))
        quantity = reached[0].column.quantity
        if quantity is None:
            raise ResultError(Fault("lever", "must be a number", shown(path), "compare policies that set the word"))
        unit, least, most = ("ratio", 0.0, math.inf) if way == "scale" else (quantity.unit, quantity.low, quantity.high)
        if way == "add":
            least, most = -math.inf, math.inf
        bounds = []
        for name, given, own in (("low", low, least), ("high", high, most)):
            if given is None and abs(own) >= NO_BOUND:
                rule = f"must be given: {path} has no bound of its own"
                raise ResultError(Fault(name, rule, "", f"{name}={2 * _now(reached[0]):g}, say"))
            bounds.append(own if given is None else finite(name, given))
        if not bounds[0] < bounds[1]:
            raise ResultError(Fault("low", "must be below high", f"{bounds[0]:g} and {bounds[1]:g}"))
        return cls(path, way, unit, bounds[0], bounds[1], start)

    def setting(self, value: float) -> Setting:
        """Return what sets it to a value."""
        return Setting.model_validate({"lever": self.path, self.way: value, "from": self.start})

    def policy(self, value: float) -> Policy:
        """Return the policy that sets it to a value, which may be the one that it has."""
        return Policy(title=f"{self.path} {self.way} {value:g}", baseline=True, settings=(self.setting(value),))


def _now(number: Any) -> float:
    """Return about how large a number is."""
    return float(abs(number.course.bounds[1][0])) or 1.0
