"""Sourcing: slots that want a unit, and who is sent to them.

A slot is one unit's place in one spell of a demand. It looks for its next unit ahead of time: as many days as the
slowest candidate needs from an order to its arrival. The chosen unit is promised to that slot. A slot without a unit
waits. A unit that becomes available is offered to the waiting slots: first by priority, then by the day of need.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from forcesim.errors import Fault, ProcessError
from forcesim.rotation.durations import NO_DAY
from forcesim.rotation.layout import WHOLE_UNIT
from forcesim.rotation.own_rules import rule_value
from forcesim.rotation.slots import Candidate, Order, Slot
from forcesim.rotation.world import RESTLESS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forcesim.rotation.slots import RunningDemand, Sendable
    from forcesim.rotation.world import RotationWorld

__all__ = ["Board"]

USUAL = ("soonest", "effectiveness")
"""Keys that move and stand first by default: then most choices are made without looking at all units."""


class Board:
    """Who is sent where."""

    def __init__(self, world: RotationWorld) -> None:
        """Begin with nothing wanted, and nobody to send."""
        self.world = world
        self.units: Sequence[Sendable] = ()
        sourcing = world.layout.study.sourcing
        self.dwell_first = sourcing.break_first == "dwell"
        self.order = sourcing.order
        self.components = {name: place for place, name in enumerate(sourcing.components)}
        self.nations = {name: place for place, name in enumerate(sourcing.nations)}
        self.kinds: list[RunningDemand] = []
        types = dict.fromkeys(group.type for group in world.layout.study.units)
        self.coming: dict[str, list[tuple[int, int, int]]] = {kind: [] for kind in types}
        self.idle: dict[str, list[tuple[tuple[int, ...], Sendable]]] = {kind: [] for kind in types}
        self.waiting: list[Slot] = []
        self.packages: list[tuple[int, int, Callable[[], bool]]] = []
        self.serial = 0
        moving = {"soonest", "effectiveness", "advanced", *world.rules}
        self.static = tuple(key for key in sourcing.order if key not in moving)
        self.leading = tuple(key for key in sourcing.order if key in moving)
        self.usual = sourcing.order[: len(self.leading)] == self.leading
        if not self.usual:  # a key that does not move stands before one that does: all are ranked in their order
            self.leading, self.static = sourcing.order, ()

    # -- ranking ---------------------------------------------------------------------------------------------------

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
        now, worth, leading = self.world.env.now, kind.worth, self.leading
        if leading == USUAL:

            def usual(unit: Sendable) -> tuple[Any, ...]:
                late = (unit.soonest if unit.free > now else now + unit.lead) - need
                return late if late > 0 else 0, -worth[unit.index], unit.rank  # noqa: FURB136 - called for each

            return min(units, key=usual)
        try:
            return min(units, key=lambda unit: (*(self.moving(key, unit, kind, need) for key in leading), unit.rank))
        except TypeError as error:  # keys of ours are numbers, all of them
            own = ", ".join(self.world.rules)
            where = f"on day {now}, for demand {kind.name}"
            rule = "must return values that can be compared with each other"
            raise ProcessError(Fault(f"rules: {own}", rule, str(error), where)) from error

    def moving(self, key: str, unit: Sendable, kind: RunningDemand, need: int) -> Any:
        """Return a key as it is on this day."""
        now = self.world.env.now
        late = max(0, max(now, min(unit.free, unit.strained)) + unit.lead - need)
        match key:
            case "soonest":
                return late
            case "effectiveness":
                return -kind.worth[unit.index]
            case "advanced":
                length = max(1, unit.close - unit.ready)
                return -(now - unit.ready) / length if unit.close < NO_DAY else unit.ready
            case "component" | "nation" | "rested" | "fewest":
                return self.fixed(key, unit)
        seen = Candidate(
            unit.name, unit.nation, unit.component, unit.group.type, unit.group.size,
            now - unit.returned, unit.away_days, unit.tours, late, kind.worth[unit.index] / WHOLE_UNIT, kind.name,
        )  # fmt: skip
        return rule_value(key, self.world.rules[key], seen, now)

    # -- seeking ---------------------------------------------------------------------------------------------------

    def seek(self, slot: Slot, need: int, *, strained: bool = False) -> bool:
        """Look for a unit that is wanted from a day on; where none is found the slot waits."""
        self.drop(slot)
        slot.need, slot.key = need, (slot.kind.priority, need, slot.serial)
        slot.desperate = slot.desperate or strained
        now, kind = self.world.env.now, slot.kind
        unit = self.choose(slot, now, need)
        if unit is None and slot.desperate and need <= now:
            found = [unit for unit in kind.pool if unit.strained <= now < unit.close and kind.admits(unit, slot)]
            unit = self.best(found, kind, need) if found else None
        if unit is not None:
            self.send(unit, slot)
            return True
        insort(self.waiting, slot)
        if need <= now:
            self.alarm(kind)
        return False

    def enlist(self, unit: Sendable) -> None:
        """Put a unit on the list of its type, by the first day on which it may be sent."""
        self.delist(unit)
        unit.rank = self.rank(unit)
        heappush(self.coming[unit.group.type], (unit.free, unit.index, unit.stamp))

    def delist(self, unit: Sendable) -> None:
        """Take a unit off the list; its entry among those to come is void."""
        unit.stamp += 1
        idle = self.idle[unit.group.type]
        place = bisect_left(idle, unit.rank, key=_rank_of)
        if place < len(idle) and idle[place][1] is unit:
            del idle[place]

    def advance(self, kind: RunningDemand, until: int) -> None:
        """Move those who may be sent by a day to the lists that are ordered by rank."""
        for name in kind.types:
            coming, idle = self.coming[name], self.idle[name]
            while coming and coming[0][0] <= until:
                _, index, stamp = heappop(coming)
                unit = self.units[index]
                if unit.stamp == stamp:
                    insort(idle, (unit.rank, unit), key=_rank_of)

    def choose(self, slot: Slot, now: int, need: int) -> Sendable | None:
        """Return the unit that is sent, of those who can be there when they are needed or may set out at once."""
        kind = slot.kind
        self.advance(kind, max(now, need))
        if self.leading == USUAL:
            # nobody can be less late: the first in rank that is as good need not be compared with the others
            best, picks = max(now + kind.least_lead, need), []
            for name in kind.types:
                for rank, unit in self.idle[name]:
                    if max(now, unit.free) + unit.lead <= best and self.serves(unit, slot, now, need):
                        picks.append((-kind.worth[unit.index], rank, unit))
                        break
            if picks:
                return min(picks)[2]
        found = [
            unit
            for name in kind.types
            for _, unit in self.idle[name]
            if (unit.soonest <= need or unit.free <= now) and self.serves(unit, slot, now, need)
        ]
        return self.best(found, kind, need) if found else None

    @staticmethod
    def serves(unit: Sendable, slot: Slot, now: int, need: int) -> bool:
        """Return whether a unit may be sent there, and its window is open on the day on which it would set out."""
        kind = slot.kind
        return (
            max(now, unit.free, need - unit.lead) < unit.close
            and unit.index in kind.worth
            and (not (kind.out or kind.most) or kind.admits(unit, slot))
        )

    def send(self, unit: Sendable, slot: Slot) -> None:
        """Give a unit its order."""
        now, kind = self.world.env.now, slot.kind
        go = max(now, min(unit.free, unit.strained), slot.need - unit.lead)
        kind.there[unit.nation] = kind.there.get(unit.nation, 0) + 1
        slot.relief = Order(slot, unit, go)
        unit.take(slot.relief)
        unit.wake()

    def offer(self, unit: Sendable) -> bool:
        """Offer a unit that has become available to the slots that wait."""
        now = self.world.env.now
        for slot in self.waiting:
            kind = slot.kind
            if unit.index not in kind.worth or not kind.admits(unit, slot):
                continue
            if unit.free > now and not (slot.desperate and slot.need <= now):
                continue
            if max(now, slot.need - unit.lead) >= unit.close:
                continue
            self.waiting.remove(slot)
            self.send(unit, slot)
            return True
        if self.packages:
            self.retry_packages()
        return unit.order is not None

    def retry(self) -> None:
        """Look again for all that wait: something has changed."""
        self.retry_packages()
        for slot in list(self.waiting):
            self.seek(slot, slot.need)

    def retry_packages(self) -> None:
        """Try the packages that wait, the highest priority first."""
        self.packages.sort(key=lambda package: package[:2])
        self.packages = [package for package in self.packages if not package[2]()]

    def drop(self, slot: Slot) -> None:
        """Take a slot off the list of those that wait."""
        if slot in self.waiting:
            self.waiting.remove(slot)

    def alarm(self, kind: RunningDemand) -> None:
        """Call up the cadres that wait for the first unmet need of their type."""
        layout = self.world.layout
        if not layout.on_need:
            return
        serving = layout.serving[kind.index].groups
        for number, group in enumerate(layout.study.units):
            wake = group.activation
            if wake is not None and wake.need and number in serving:
                event = self.world.alarms[number]
                if not event.triggered:
                    event.succeed()

    # -- spells ----------------------------------------------------------------------------------------------------

    def begin(self, kind: RunningDemand, need: int) -> list[Slot]:
        """Begin to look for the units of a spell that are wanted from a day on."""
        slots = self.slots(kind, need)
        for slot in slots:
            self.seek(slot, need, strained=need <= self.world.env.now)
        return slots

    def slots(self, kind: RunningDemand, need: int) -> list[Slot]:
        """Return the slots of a spell."""
        slots = [Slot(kind, need, self.serial + place) for place in range(kind.quantity)]
        self.serial += kind.quantity
        kind.spells.append(slots)
        return slots

    def package(self, kind: RunningDemand, need: int) -> list[Slot] | None:
        """Begin a spell with all its units at once, or not at all."""
        now = self.world.env.now
        for limit in ("free", "strained"):
            units = [unit for unit in kind.pool if getattr(unit, limit) <= now < unit.close]
            chosen: list[Sendable] = []
            counts = dict(kind.there)
            while units and len(chosen) < kind.quantity:
                unit = self.best(units, kind, need)
                units.remove(unit)
                there = counts.get(unit.nation, 0)
                if not kind.out.get(unit.nation) and there < kind.most.get(unit.nation, NO_DAY):
                    counts[unit.nation] = there + 1
                    chosen.append(unit)
            if len(chosen) == kind.quantity:
                slots = self.slots(kind, need)
                for unit, slot in zip(chosen, slots, strict=True):
                    self.send(unit, slot)
                return slots
        self.alarm(kind)
        return None

    def end(self, slots: Sequence[Slot]) -> None:
        """End a spell: units go home, orders are called off."""
        for slot in slots:
            slot.closed = True
            self.drop(slot)
        for slot in slots[:1]:
            slot.kind.spells[:] = [spell for spell in slot.kind.spells if spell is not slots]
        for slot in slots:
            self.call_off(slot)
            for unit in (slot.incumbent, slot.leaving):
                if unit is not None:
                    unit.recalled = True
                    unit.wake()

    def call_off(self, slot: Slot) -> None:
        """Call off the order of the unit that is promised to a slot, if any."""
        order, slot.relief = slot.relief, None
        if order is not None:
            slot.kind.there[order.unit.nation] -= 1
            order.unit.excuse()

    def release(self, slot: Slot, unit: Sendable) -> None:
        """Let a unit leave its slot; if nobody took its place, look for one."""
        kind = slot.kind
        kind.there[unit.nation] -= 1
        if slot.incumbent is unit:
            slot.incumbent = None
            if not slot.closed and slot.relief is None:
                self.seek(slot, self.world.env.now, strained=True)
        if kind.most and self.waiting:  # its nation may send another now
            self.retry()

    def withdraw(self, kind: RunningDemand, nation: str, notice: int) -> None:
        """Let a nation leave a mission: nobody of it is sent any more, who is there leaves within the notice."""
        kind.out[nation] = kind.out.get(nation, 0) + 1
        day = self.world.env.now + notice
        for slots in list(kind.spells):
            for slot in slots:
                if slot.relief is not None and slot.relief.unit.nation == nation:
                    self.call_off(slot)
                    self.seek(slot, max(slot.need, self.world.env.now))
                if slot.incumbent is not None and slot.incumbent.nation == nation:
                    slot.incumbent.leave_by(day)

    def readmit(self, kind: RunningDemand, nation: str) -> None:
        """Let a nation be asked again."""
        kind.out[nation] -= 1
        if not kind.out[nation]:
            del kind.out[nation]
        self.retry()

    def stuck(self, unit: Sendable) -> ProcessError:
        """Return the error of a day that does not end."""
        active = [other.name for other in self.units if other.restless > RESTLESS // 2]
        waiting = list(dict.fromkeys(slot.kind.name for slot in self.waiting))
        names = ", ".join(active[:10]) + (" ..." if len(active) > 10 else "")
        wait = f"; demands that wait: {', '.join(waiting[:10])}" if waiting else ""
        remedy = f"units that wait for a day that never comes: {names}{wait}; give their policy at least one day"
        found = f"{RESTLESS} changes on day {self.world.env.now}"
        return ProcessError(Fault(f"units {unit.name}", "must let time pass", found, remedy))


def _rank_of(entry: tuple[tuple[int, ...], Sendable]) -> tuple[int, ...]:
    """Return the rank of an entry of an ordered list."""
    return entry[0]
