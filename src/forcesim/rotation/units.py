"""A unit as a SimPy process: forming, then home, away, home, away ...

At home the clock of its cycle says whether it recovers, is in reset, available, or past its window; it sleeps until
the next of these days, or until an order wakes it. Away, it sleeps until its relief must be looked for, until the
hand-over, until its tour is due, or until its relief wakes it. Whatever wakes it, it looks afresh at where it stands:
so that several things on one day do not depend on who comes first.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from simpy.exceptions import Interrupt

from forcesim.rotation.durations import NO_DAY
from forcesim.rotation.world import (
    AVAILABLE,
    DEPLOYED,
    DWELL,
    EXPIRED,
    FORMING,
    HAND_OVER,
    MOBILISING,
    OVERLAP,
    PREPARING,
    RECOVERY,
    RESET,
    RESTLESS,
    TOUR,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from forcesim.rotation.board import Board
    from forcesim.rotation.layout import Member
    from forcesim.rotation.people import Roster
    from forcesim.rotation.sections import RotationPolicy
    from forcesim.rotation.slots import Order, Slot
    from forcesim.rotation.streams import FixedDays, WholeDays
    from forcesim.rotation.world import RotationWorld

__all__ = ["Rules", "Unit"]


class Rules:
    """A policy as one unit meets it: numbers, and streams for what is drawn."""

    __slots__ = (
        "available_from", "available_until", "counts", "cycle", "dwell", "dwell_limit", "dwell_price", "mobilisation",
        "overlap", "overlap_price", "preparation", "recovery", "tour", "tour_limit", "tour_price", "window",
    )  # fmt: skip

    def __init__(self, policy: RotationPolicy, unit: Unit, world: RotationWorld, phase: str = "") -> None:
        """Take the numbers of a policy; one stream a mechanism, and others for a policy that only some phase has."""

        def days(name: str, least: int = 0) -> WholeDays | FixedDays | None:
            given = getattr(policy, name)
            mechanism = f"{name} in {phase}" if phase else name
            return None if given is None else world.streams.days(unit.name, mechanism, given, least)

        self.cycle, self.window = days("cycle", 1), days("window")
        self.available_from, self.available_until = days("available_from"), days("available_until")
        self.recovery = days("recovery")
        self.mobilisation, self.preparation = days("mobilisation"), days("preparation")
        rule = policy.tour
        self.tour, self.tour_limit, self.tour_price = rule.guidance, rule.limit_above, rule.penalty
        rule = policy.minimum_dwell
        self.dwell, self.dwell_limit, self.dwell_price = rule.guidance, rule.limit_below, rule.penalty
        self.overlap, self.overlap_price = policy.overlap.guidance, policy.overlap.penalty
        self.counts = policy.counts_preparation


class Unit:
    """One unit while a replication runs.

    Attributes
    ----------
    free, strained : int
        First day on which it may be sent, by the rules and at a price; beyond all days while it cannot be had.
    close : int
        Day from which it may no longer be sent in this cycle.
    lead : int
        Days from an order to its arrival.
    dwell_price : float
        What a day costs by which its dwell is cut.
    returned : int
        Day of its last return.
    rank : tuple
        Its place in the queue, as far as that does not change while it waits.
    """

    __slots__ = (
        "arrived", "away_days", "away_since", "board", "close", "component", "cycle_end", "cycle_start", "due",
        "dwell_price", "free", "group", "index", "lead", "limit", "member", "mobilise", "name", "nation", "number", "order",
        "people", "prepare", "process", "rank", "ready", "recalled", "relieved", "rested", "restless", "returned",
        "rules", "rules_by_phase", "seen", "since", "slot", "sought", "stamp", "state", "strained",
        "strained_day", "tours", "window", "world",
    )  # fmt: skip

    def __init__(self, board: Board, people: Roster | None, member: Member) -> None:
        """Stand where the study puts it on day 0."""
        world = board.world
        layout = world.layout
        self.world, self.board, self.people, self.member = world, board, people, member
        self.name, self.index, self.number = member.name, member.index, member.place
        self.group = layout.study.units[member.group]
        self.nation, self.component = self.group.nation, self.group.component
        policies = [layout.policy_of(self.group, phase) for phase in layout.phases]
        made: dict[int, Rules] = {}
        for phase, policy in zip(layout.phases, policies, strict=True):
            if id(policy) not in made:
                made[id(policy)] = Rules(policy, self, world, phase if made else "")
        self.rules_by_phase = [made[id(policy)] for policy in policies]
        self.rules = self.rules_by_phase[world.phase]
        self.order: Order | None = None
        self.slot: Slot | None = None
        self.state, self.since, self.seen, self.restless = -1, -1, -1, 0
        self.free = self.strained = self.close = self.cycle_end = self.ready = self.strained_day = NO_DAY
        self.lead = self.mobilise = self.prepare = self.cycle_start = self.rested = 0
        self.arrived = self.due = self.limit = self.away_since = self.away_days = self.tours = 0
        self.relieved = self.recalled = self.sought = False
        self.returned = -NO_DAY
        self.window = self.stamp = 0
        self.dwell_price = 0.0
        self.rank: tuple[Any, ...] = ()
        self.process = world.env.process(self.life())

    def life(self) -> Generator[Any, Any, None]:
        """Live: what SimPy runs."""
        yield from self.forming()
        while True:
            yield from self.home()
            ready = yield from self.preparing()
            if ready:
                yield from self.away()

    def wake(self) -> None:
        """Let it look afresh at where it stands."""
        if self.process is not self.world.env.active_process:
            self.process.interrupt()

    def enter(self, state: int, demand: int = -1) -> None:
        """Write down a change of state."""
        if state != self.state:
            self.state = state
            self.world.log.append((self.index, state, self.world.env.now, demand))

    def tick(self) -> None:
        """Stop a day that does not end."""
        now = self.world.env.now
        if now == self.seen:
            self.restless += 1
            if self.restless > RESTLESS:
                raise self.board.stuck(self)
        else:
            self.seen, self.restless = now, 0

    # -- beginning -------------------------------------------------------------------------------------------------

    def forming(self) -> Generator[Any, Any, None]:
        """Come into being: at once, on a date, or some time after what makes a cadre ready."""
        world, wake = self.world, self.group.activation
        joins = world.layout.study.day(self.group.joins)
        if wake is None and joins <= 0:
            self.place()
            return
        self.enter(FORMING)
        day = joins
        if wake is not None:
            alarm = world.alarms[self.member.group]
            if not alarm.triggered:
                yield from self.through(alarm)
            behind = 0 if wake.per_year is None else int(self.number * 365.25 / wake.per_year)
            day = max(joins, world.env.now + wake.ready_after + behind)
        while world.env.now < day:
            yield from self.pause(day)
        self.begin(world.env.now, at=NO_DAY)

    def place(self) -> None:
        """Take the position in the cycle that the study gives for day 0."""
        start, count = self.group.start, self.group.count
        if start == "rested":
            self.begin(0, at=NO_DAY)
            return
        if isinstance(start, tuple):
            at = start[self.number]
        else:
            share = (
                self.number / count if start == "staggered" else self.world.streams.uniform(self.name, "start").next()
            )
            at = int(share * self.length())
        self.returned = -at
        self.begin(0, at=at)

    def length(self) -> int:
        """Return the days of its cycle: as given, or those of a unit that is sent as soon as it may be."""
        rules = self.rules
        if rules.cycle is not None:
            return rules.cycle.next()
        assert rules.available_from is not None
        assert rules.recovery is not None
        home = max(rules.available_from.next(), rules.recovery.next(), rules.dwell)
        if rules.window is not None:
            return max(1, home + rules.window.next())
        return home + rules.tour

    def begin(self, now: int, at: int = 0) -> None:
        """Begin a cycle; ``at`` days of it are past already (beyond all days: it is ready at once)."""
        self.tick()
        rules = self.rules
        assert rules.mobilisation is not None
        assert rules.preparation is not None
        assert rules.recovery is not None
        assert rules.available_from is not None
        self.mobilise, self.prepare = rules.mobilisation.next(), rules.preparation.next()
        self.lead = self.mobilise + self.prepare
        recovery, available_from = rules.recovery.next(), rules.available_from.next()
        if at == NO_DAY:
            self.returned, at = -NO_DAY, available_from
        self.cycle_start = now - at
        self.rested = self.returned + recovery
        self.settle(available_from, recovery)

    def settle(self, available_from: int, recovery: int) -> None:
        """Find the days of this cycle from its start and from the last return."""
        rules, start = self.rules, self.cycle_start
        spent = 0 if rules.counts else self.lead
        trained = max(start + available_from, self.returned + recovery)
        self.ready = max(trained, self.returned + rules.dwell - spent)
        self.strained_day = max(trained, self.returned + rules.dwell_limit - spent)
        end = NO_DAY if rules.cycle is None else start + rules.cycle.next()
        if rules.window is not None:
            self.window = rules.window.next()
            close = self.ready + self.window
            end = close if rules.cycle is None else max(end, close)
        elif rules.available_until is not None:
            close = start + rules.available_until.next()
            end = close if rules.cycle is None else end
        else:
            close = end
        self.close, self.cycle_end = close, end
        self.offer_itself()

    def offer_itself(self) -> None:
        """Stand in the lists of those who may be sent."""
        self.free, self.strained = self.ready, self.strained_day
        self.dwell_price = self.rules.dwell_price
        self.board.enlist(self)

    # -- home ------------------------------------------------------------------------------------------------------

    def home(self) -> Generator[Any, Any, None]:
        """Be at home until an order is due."""
        env, board = self.world.env, self.board
        while True:
            now = env.now
            order = self.order
            if order is not None and now >= order.go:
                return
            if now >= self.cycle_end:
                self.begin(now)
            if now < self.rested:
                state, until = RECOVERY, self.rested
            elif now < self.ready:
                state, until = RESET, (self.strained_day if now < self.strained_day < self.ready else self.ready)
            elif now < self.close:
                state, until = AVAILABLE, self.close
            else:
                state, until = EXPIRED, self.cycle_end
            if state != self.state:
                self.enter(state)
            if order is not None:
                until = min(until, order.go)
            elif self.strained <= now < self.close and (board.short or board.packages):
                board.offer(self)
                if self.order is not None:
                    continue
            if until <= now:
                continue
            try:  # not suppress(): it costs as much as the event
                yield env.timeout(until - now) if until < NO_DAY else env.event()
            except Interrupt:
                continue

    def pause(self, until: int) -> Generator[Any, Any, None]:
        """Sleep until a day, or until something wakes it."""
        with suppress(Interrupt):
            yield self.world.env.timeout(until - self.world.env.now)

    def through(self, alarm: Any) -> Generator[Any, Any, None]:
        """Wait for an event, whatever wakes it meanwhile."""
        while not alarm.processed:
            try:
                yield alarm
            except Interrupt:
                continue

    def preparing(self) -> Generator[Any, Any, bool]:
        """Mobilise and prepare; return whether it goes: if the order is called off, or changed, it stays at home."""
        env, order = self.world.env, self.order
        begun = self.away_since = env.now
        if not self.lead:
            return True
        for state, end in ((MOBILISING, begun + self.mobilise), (PREPARING, begun + self.lead)):
            while (now := env.now) < end:
                self.enter(state)
                try:
                    yield env.timeout(end - now)
                except Interrupt:
                    if self.order is not order:
                        return False
        return True

    def take(self, order: Order) -> None:
        """Receive an order."""
        self.order = order
        self.free = self.strained = NO_DAY
        self.board.delist(self)

    def excuse(self) -> None:
        """Be told that an order is called off."""
        self.order = None
        self.offer_itself()
        self.wake()

    # -- away ------------------------------------------------------------------------------------------------------

    def away(self) -> Generator[Any, Any, None]:
        """Serve a tour: arrive, find a relief, hand over, go home."""
        world, order, rules = self.world, self.order, self.rules
        env = world.env
        assert order is not None
        slot = order.slot
        now = env.now
        self.depart(now)
        spent = self.lead if rules.counts else 0
        self.arrived, self.slot, self.order = now, slot, None
        self.due, self.limit = now + rules.tour - spent, now + rules.tour_limit - spent
        self.relieved = self.recalled = self.sought = False
        self.tours += 1
        slot.arrive(self)
        self.enter(DEPLOYED, slot.kind.index)
        while not (self.recalled or self.relieved):
            now = env.now
            until = self.watch(slot, now)
            if until <= now:
                break
            try:
                yield env.timeout(until - now)
            except Interrupt:
                continue
        if self.relieved and not self.recalled:
            yield from self.hand_over(slot)
        self.go_home(slot)

    def watch(self, slot: Slot, now: int) -> int:
        """Look for a relief when it is time to; return the day on which to look again, today if it is time to go."""
        if now >= self.limit:
            return now
        board, hand_over = self.board, self.due - self.rules.overlap
        lead = slot.kind.longest_lead
        if now < hand_over - lead:
            return hand_over - lead
        if not self.sought:
            self.sought = True
            if slot.relief is None:
                board.seek(slot, max(hand_over, now), strained=board.dwell_first)
        days = [hand_over, self.due, self.limit]
        if slot.relief is None and not slot.desperate:
            # the tour comes first: it may be prolonged to its limit, by when whoever breaks his dwell must be there
            last = self.limit - self.rules.overlap
            days.append(last - lead)
            if now >= last - lead:
                board.seek(slot, max(last, now), strained=True)
        return min(day for day in days if day > now)  # nobody came on the day: it stays on, at a price

    def hand_over(self, slot: Slot) -> Generator[Any, Any, None]:
        """Stay beside the relief for the days of the overlap, as far as the tour has them."""
        env, rules = self.world.env, self.rules
        begun = env.now
        end = min(begun + rules.overlap, self.due if begun <= self.due else self.limit)
        self.enter(OVERLAP, slot.kind.index)
        slot.leaving = self
        while (now := env.now) < end and not self.recalled:
            try:
                yield env.timeout(end - now)
            except Interrupt:
                continue
        if slot.leaving is self:
            slot.leaving = None
        short = rules.overlap - (env.now - begun)
        if short > 0 and not self.recalled:
            self.world.breaks.append((self.index, HAND_OVER, begun, short, short * rules.overlap_price))

    def depart(self, now: int) -> None:
        """Write down the departure, and the dwell that it ends."""
        world, rules = self.world, self.rules
        left = self.away_since if rules.counts else now
        dwell = left - self.returned
        world.departures.append((self.index, now, dwell if self.tours else -1))
        if dwell < rules.dwell:
            short = rules.dwell - dwell
            world.breaks.append((self.index, DWELL, now, short, short * rules.dwell_price))
        if self.people is not None:
            self.people.depart(self, now)

    def go_home(self, slot: Slot) -> None:
        """End the tour."""
        world, now = self.world, self.world.env.now
        if now > self.due:
            over = now - self.due
            world.breaks.append((self.index, TOUR, self.due, over, over * self.rules.tour_price))
        self.away_days += now - self.arrived
        self.returned, self.slot = now, None
        if self.people is not None:
            self.people.come_back(self, now)
        self.begin(now)
        self.board.release(slot, self)

    def leave_by(self, day: int) -> None:
        """Be withdrawn by a day."""
        self.due = min(self.due, day)
        self.limit = min(self.limit, day)
        self.sought = False
        self.wake()

    def meet_phase(self, phase: int) -> None:
        """Take on the policy of a phase: at home the cycle goes on under it; away, the tour."""
        rules, before = self.rules_by_phase[phase], self.rules
        if rules is before:
            return
        self.rules = rules
        if self.state in (-1, FORMING):
            return
        if self.slot is not None:
            moved = rules.tour - before.tour
            now = self.world.env.now
            self.due = max(now, self.due + moved)
            self.limit = max(now, self.due, self.limit + rules.tour_limit - before.tour_limit)
            self.sought = False
        elif self.order is None:
            assert rules.recovery is not None
            assert rules.available_from is not None
            assert rules.mobilisation is not None
            assert rules.preparation is not None
            self.mobilise, self.prepare = rules.mobilisation.next(), rules.preparation.next()
            self.lead = self.mobilise + self.prepare
            recovery = rules.recovery.next()
            self.rested = self.returned + recovery
            self.settle(rules.available_from.next(), recovery)
        self.wake()
