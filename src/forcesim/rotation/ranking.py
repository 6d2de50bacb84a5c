"""Who is sent first: units that may fill a place are ranked by lateness, by the price of broken rules, and by keys.

Where ``soonest`` stands first, a unit that is less late wins, whatever rule it breaks within its tolerance. Among
those that are as late, who keeps the rules wins, then the lowest penalty, then the fewest days that lack. Where
``soonest`` does not stand first, whoever keeps the rules wins over all who do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forcesim.errors import Fault, ProcessError
from forcesim.rotation.durations import NO_DAY
from forcesim.rotation.layout import WHOLE_UNIT
from forcesim.rotation.own_rules import rule_value
from forcesim.rotation.slots import Candidate

if TYPE_CHECKING:
    from forcesim.rotation.slots import RunningDemand, Sendable
    from forcesim.rotation.world import RotationWorld

__all__ = ["Ranking", "sets_out"]

USUAL = ("soonest", "effectiveness")
"""Keys that move and stand first by default: then most choices are made without looking at all units."""


def sets_out(unit: Sendable, now: int, need: int) -> int:
    """Return the day on which a unit would set out to be there on the day of need, or as soon after it as it can.

    It keeps its dwell where it may go now, or is in time all the same; else it goes within the tolerance.
    """
    keeps = unit.free <= now or unit.free + unit.lead <= need
    return max(now, unit.free if keeps else unit.strained, need - unit.lead)


class Ranking:
    """The order in which units are sent, as the study has it."""

    def __init__(self, world: RotationWorld) -> None:
        """Part the keys that change while a unit waits from those that do not."""
        sourcing = world.layout.study.sourcing
        self.world = world
        self.soonest = sourcing.order[0] == "soonest"
        self.components = {name: place for place, name in enumerate(sourcing.components)}
        self.nations = {name: place for place, name in enumerate(sourcing.nations)}
        moving = {"soonest", "effectiveness", "advanced", *world.rules}
        self.static = tuple(key for key in sourcing.order if key not in moving)
        self.leading = tuple(key for key in sourcing.order if key in moving)
        if sourcing.order[: len(self.leading)] != self.leading:
            # a key that does not move stands before one that does: all are ranked in their order
            self.leading, self.static = sourcing.order, ()
        self.usual = self.leading == USUAL

    def rank(self, unit: Sendable) -> tuple[Any, ...]:
        """Return the part of a unit's place in the queue that does not change while it waits."""
        if self.static == ("component", "rested"):
            return self.components.get(unit.component, len(self.components)), unit.returned, unit.index
        return (*(self.fixed(key, unit) for key in self.static), unit.index)

    def fixed(self, key: str, unit: Sendable) -> int:
        """Return a key that does not change while a unit waits."""
        if key == "component":
            return self.components.get(unit.component, len(self.components))
        if key == "nation":
            return self.nations.get(unit.nation, len(self.nations))
        return unit.returned if key == "rested" else unit.away_days

    def best(self, units: list[Sendable], kind: RunningDemand, need: int) -> Sendable:
        """Return the unit that is sent."""
        if (
            len(units) == 1 and not self.world.rules
        ):  # a rule is asked all the same: what is wrong with it shows at once
            return units[0]
        now, leading = self.world.env.now, self.leading

        def place(unit: Sendable) -> tuple[Any, ...]:
            go = sets_out(unit, now, need)
            late, short = max(0, go + unit.lead - need), max(0, unit.free - go)
            price = (late if self.soonest else 0, short * unit.dwell_price, short)
            if self.usual:
                return (*price, -kind.worth[unit.index], unit.rank)
            return (*price, *(self.moving(key, unit, kind, late) for key in leading), unit.rank)

        try:
            return min(units, key=place)
        except TypeError as error:  # keys of ours are numbers, all of them
            own = ", ".join(self.world.rules)
            where = f"on day {now}, for demand {kind.name}"
            rule = "must return values that can be compared with each other"
            raise ProcessError(Fault(f"rules: {own}", rule, str(error), where)) from error

    def moving(self, key: str, unit: Sendable, kind: RunningDemand, late: int) -> Any:
        """Return a key as it is on this day."""
        now = self.world.env.now
        match key:
            case "soonest":
                return late
            case "effectiveness":
                return -kind.worth[unit.index]
            case "advanced":
                return -advance(unit, now)
            case "component" | "nation" | "rested" | "fewest":
                return self.fixed(key, unit)
        seen = Candidate(
            unit.name, unit.nation, unit.component, unit.group.type, unit.group.size,
            now - unit.returned, unit.away_days, unit.tours, late, kind.worth[unit.index] / WHOLE_UNIT, kind.name,
        )  # fmt: skip
        return rule_value(key, self.world.rules[key], seen, now)


def advance(unit: Sendable, now: int) -> float:
    """Return how far a unit is in its window, as a share: 0 where it opens, 1 where it closes.

    The days of a window without an end count as a share of ``NO_DAY`` days. So such units stand behind all units whose
    window closes. Among each other they stand by the day on which their window opened.
    """
    length = max(1, unit.close - unit.ready) if unit.close < NO_DAY else NO_DAY
    return (now - unit.ready) / length
