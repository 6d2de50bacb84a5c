"""Sourcing: slots that want a unit, and who is sent to them.

A slot is one unit's place in one spell of a demand. It looks for its next unit ahead of time: as many days as the
slowest candidate needs from an order to its arrival. The chosen unit is promised to that slot. A slot without a unit
waits. A unit that becomes available is offered to the waiting slots: first by priority, then by the day of need.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from forcesim.errors import Fault, ProcessError
from forcesim.rotation.durations import NO_DAY
from forcesim.rotation.ranking import Ranking, sets_out
from forcesim.rotation.slots import Order, Slot
from forcesim.rotation.world import RESTLESS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forcesim.rotation.slots import RunningDemand, Sendable
    from forcesim.rotation.world import RotationWorld

__all__ = ["Board"]


class Board:
    """Who is sent where.

    Attributes
    ----------
    coming, idle : mapping of type to list
        Units that may be sent: by the first day on which they may, and, from that day on, by rank.
    short : mapping of int to RunningDemand
        Demands of which a slot waits; each has its slots by day of need.
    packages : list of (priority, serial, attempt)
        Packages that wait.
    """

    def __init__(self, world: RotationWorld) -> None:
        """Begin with nothing wanted, and nobody to send."""
        self.world, self.ranking = world, Ranking(world)
        self.units: Sequence[Sendable] = ()
        self.dwell_first = world.layout.study.sourcing.break_first == "dwell"
        self.kinds: list[RunningDemand] = []
        types = dict.fromkeys(group.type for group in world.layout.study.units)
        self.coming: dict[str, list[tuple[int, int, int]]] = {kind: [] for kind in types}
        self.idle: dict[str, list[tuple[tuple[int, ...], Sendable]]] = {kind: [] for kind in types}
        self.short: dict[int, RunningDemand] = {}
        self.packages: list[tuple[int, int, Callable[[], bool]]] = []
        self.serial = 0

    # -- seeking ---------------------------------------------------------------------------------------------------

    def seek(self, slot: Slot, need: int, *, strained: bool = False) -> bool:
        """Look for a unit that is wanted from a day on, at a price too if so said; where none is found it waits."""
        self.drop(slot)
        slot.need, slot.key = need, (slot.kind.priority, need, slot.serial)
        slot.desperate = slot.desperate or strained
        now = self.world.env.now
        unit = self.choose(slot, now, need)
        if unit is not None:
            self.send(unit, slot)
            return True
        self.let_wait(slot)
        if need <= now:
            self.alarm(slot.kind)
        return False

    def let_wait(self, slot: Slot) -> None:
        """Put a slot among those that wait."""
        insort(slot.kind.waiting, slot)
        slot.waits = True
        self.short[slot.kind.index] = slot.kind

    def drop(self, slot: Slot) -> None:
        """Take a slot off the list of those that wait."""
        if slot.waits:
            waiting = slot.kind.waiting
            del waiting[bisect_left(waiting, slot)]
            slot.waits = False
            if not waiting:
                del self.short[slot.kind.index]

    def enlist(self, unit: Sendable) -> None:
        """Put a unit on the list of its type, by the first day on which it may be sent."""
        self.delist(unit)
        unit.rank = self.ranking.rank(unit)
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
        kind, shut = slot.kind, slot.kind.shut(slot)
        ahead = need > now and bool(self.short)
        self.advance(kind, max(now, need))
        if self.ranking.usual and not ahead:
            # nobody can be less late: the first in rank that is as good need not be compared with the others
            best, picks = max(now + kind.least_lead, need), []
            for name in kind.types:
                for rank, unit in self.idle[name]:
                    if unit.nation in shut or max(now, unit.free) + unit.lead > best:
                        continue
                    if self.serves(unit, kind, now, need):
                        picks.append((-kind.worth[unit.index], rank, unit))
                        break
            if picks:
                return min(picks)[2]
        found = [
            unit
            for name in kind.types
            for _, unit in self.idle[name]
            if unit.nation not in shut
            and (unit.free <= now or unit.free + unit.lead <= need)
            and self.serves(unit, kind, now, need)
        ]
        if slot.desperate and kind.tolerant:
            found += [
                unit
                for unit in kind.pool
                if unit.nation not in shut
                and (unit.strained <= now or unit.strained + unit.lead <= need)
                and now < unit.free > need - unit.lead
                and self.serves(unit, kind, now, need)
            ]
        if found and self.ranking.soonest:
            found += [unit for unit in self.sooner(found, slot, now, need) if unit.nation not in shut]
        if ahead:
            found = self.spared(found, slot, now)
        return self.ranking.best(found, kind, need) if found else None

    def sooner(self, units: list[Sendable], slot: Slot, now: int, need: int) -> list[Sendable]:
        """Return units that may not set out yet, and are there before all that may, who are late."""
        arrival = min(sets_out(unit, now, need) + unit.lead for unit in units)
        if arrival <= need:
            return []
        return [
            unit
            for unit in slot.kind.pool
            if now < unit.strained < arrival - unit.lead
            and (slot.desperate or unit.strained == unit.free)
            and unit.free + unit.lead > need
            and self.serves(unit, slot.kind, now, need)
        ]

    @staticmethod
    def serves(unit: Sendable, kind: RunningDemand, now: int, need: int) -> bool:
        """Return whether a unit is of use there, and its window is open on the day on which it would set out."""
        return sets_out(unit, now, need) < unit.close and unit.index in kind.worth

    def spared(self, units: list[Sendable], slot: Slot, now: int) -> list[Sendable]:
        """Return the units that places which lack one today, and are served no later, leave to one to come."""
        kinds = [kind for kind in self.short.values() if kind.priority <= slot.kind.priority]
        left = [bisect_right(kind.waiting, now, key=_need_of) for kind in kinds]
        found = []
        for unit in sorted(units, key=_soonest_of):
            for place, kind in enumerate(kinds if min(unit.free, unit.strained) > now else ()):
                if left[place] and unit.index in kind.worth and not kind.out.get(unit.nation):
                    left[place] -= 1
                    break
            else:
                found.append(unit)
        return found

    def send(self, unit: Sendable, slot: Slot) -> None:
        """Give a unit its order."""
        kind = slot.kind
        go = sets_out(unit, self.world.env.now, slot.need)
        kind.there[unit.nation] = kind.there.get(unit.nation, 0) + 1
        slot.relief = Order(slot, unit, go)
        unit.take(slot.relief)
        unit.wake()

    def offer(self, unit: Sendable) -> bool:
        """Offer a unit that has become available to the slots that wait: by priority, then by day of need.

        A slot takes its best unit: another may be free since today, too, and be there sooner.
        """
        now = self.world.env.now
        while unit.order is None:
            slot = self.first_for(unit, now)
            if slot is None:
                break
            best = self.choose(slot, now, slot.need) or unit
            self.drop(slot)
            self.send(best, slot)
        if self.packages:
            self.retry_packages()
        return unit.order is not None

    def first_for(self, unit: Sendable, now: int) -> Slot | None:
        """Return the first slot that waits and may have a unit today."""
        found: Slot | None = None
        for kind in self.short.values():
            if unit.index not in kind.worth or kind.out.get(unit.nation):
                continue
            for slot in kind.waiting:
                if found is not None and found < slot:
                    break
                free = unit.free <= now or slot.desperate
                if free and kind.admits(unit.nation, slot) and self.serves(unit, kind, now, slot.need):
                    found = slot
                    break
        return found

    def retry(self) -> None:
        """Look again for all that wait: something has changed."""
        self.retry_packages()
        now, in_vain = self.world.env.now, set[int]()
        for slot in sorted(slot for kind in self.short.values() for slot in kind.waiting):
            alike = slot.incumbent is None and slot.need <= now
            if slot.waits and not (alike and slot.kind.index in in_vain) and not self.seek(slot, slot.need) and alike:
                in_vain.add(slot.kind.index)  # the others of its kind would look as much in vain

    def retry_packages(self) -> None:
        """Try the packages that wait, the highest priority first."""
        self.packages.sort(key=lambda package: package[:2])
        self.packages = [package for package in self.packages if not package[2]()]

    def alarm(self, kind: RunningDemand) -> None:
        """Call up the cadres that wait for the first unmet need of their type."""
        layout = self.world.layout
        if not layout.on_need or not self.world.measured():
            return
        serving = layout.serving[kind.index].groups
        for number, group in enumerate(layout.study.units):
            wake = group.activation
            if wake is not None and wake.need and number in serving:
                event = self.world.alarms[number]
                if not event.triggered:
                    event.succeed()

    # -- spells ----------------------------------------------------------------------------------------------------

    def begin(self, kind: RunningDemand, need: int, quantity: int, *, strained: bool) -> list[Slot]:
        """Begin to look for the units of a spell that are wanted from a day on; who is there already stays."""
        slots: list[Slot] = []
        if need == self.world.first:
            slots = self.world.under_way.get(kind.index, [])[kind.taken : kind.taken + quantity]
            kind.taken += len(slots)
        slots = slots or self.slots(kind, need, quantity)
        kind.spells.append(slots)
        self.fill(slots, need, strained=strained)
        return slots

    def fill(self, slots: Sequence[Slot], need: int, *, strained: bool) -> None:
        """Look for units for the slots of a spell that have none; where one finds nobody, the next does not either."""
        found = True
        for slot in slots:
            if slot.incumbent is None and slot.relief is None and not slot.closed:
                if found:
                    found = self.seek(slot, need, strained=strained)
                else:
                    slot.desperate = slot.desperate or strained
                    if not slot.waits:
                        self.let_wait(slot)

    def slots(self, kind: RunningDemand, need: int, quantity: int) -> list[Slot]:
        """Return the slots of a spell."""
        slots = [Slot(kind, need, self.serial + place) for place in range(quantity)]
        self.serial += quantity
        return slots

    def package(self, kind: RunningDemand, need: int) -> list[Slot] | None:
        """Begin a spell with all its units at once, or not at all."""
        now = self.world.env.now
        for limit in ("free", "strained"):
            units = [
                unit
                for unit in kind.pool
                if ((day := getattr(unit, limit)) <= now or day + unit.lead <= need)
                and max(now, day, need - unit.lead) < unit.close
            ]
            chosen: list[Sendable] = []
            counts = dict(kind.there)
            while units and len(chosen) < kind.quantity:
                unit = self.ranking.best(units, kind, need)
                units.remove(unit)
                there = counts.get(unit.nation, 0)
                if not kind.out.get(unit.nation) and there < kind.most.get(unit.nation, NO_DAY):
                    counts[unit.nation] = there + 1
                    chosen.append(unit)
            if len(chosen) == kind.quantity:
                slots = self.slots(kind, need, kind.quantity)
                kind.spells.append(slots)
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

    def place_in(self, unit: Sendable, name: str | None = None) -> Slot | None:
        """Return a place, of a demand that is under way on the first day, that this unit may take; none if none."""
        for kind in sorted(self.kinds, key=lambda kind: (kind.priority, kind.index)):
            if (name is None or kind.name == name) and unit.index in kind.worth:
                slots: list[Slot] = self.world.under_way.get(kind.index, [])
                for slot in slots:
                    if slot.incumbent is None and slot.relief is None and kind.admits(unit.nation, slot):
                        return slot
        return None

    def promise(self, unit: Sendable, slot: Slot, go: int) -> None:
        """Give a unit an order of before the first day."""
        kind = slot.kind
        kind.there[unit.nation] = kind.there.get(unit.nation, 0) + 1
        slot.relief = Order(slot, unit, go)
        unit.take(slot.relief)

    def release(self, slot: Slot, unit: Sendable) -> None:
        """Let a unit leave its slot; if nobody took its place, look for one."""
        kind = slot.kind
        kind.there[unit.nation] -= 1
        if slot.incumbent is unit:
            self.vacate(slot)
        if kind.most and self.short:  # its nation may send another now
            self.retry()

    def vacate(self, slot: Slot) -> None:
        """Leave a place empty while its unit makes ready for a hand-over to nobody."""
        slot.incumbent = None
        if not slot.closed and slot.relief is None:
            self.seek(slot, self.world.env.now, strained=True)

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
        waiting = [kind.name for kind in self.short.values()]
        names = ", ".join(active[:10]) + (" ..." if len(active) > 10 else "")
        wait = f"; demands that wait: {', '.join(waiting[:10])}" if waiting else ""
        remedy = f"units that wait for a day that never comes: {names}{wait}; give their policy at least one day"
        found = f"{RESTLESS} changes on day {self.world.env.now}"
        return ProcessError(Fault(f"units {unit.name}", "must let time pass", found, remedy))


def _rank_of(entry: tuple[tuple[int, ...], Sendable]) -> tuple[int, ...]:
    """Return the rank of an entry of an ordered list."""
    return entry[0]


def _need_of(slot: Slot) -> int:
    """Return the day of need of a slot."""
    return slot.need


def _soonest_of(unit: Sendable) -> tuple[int, int]:
    """Return the first day on which a unit could be there, at a price too."""
    return min(unit.free, unit.strained) + unit.lead, unit.index
