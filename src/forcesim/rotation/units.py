"""A unit as a SimPy process: forming, then home, away, home, away ...

At home the clock of its cycle says whether it recovers, is in reset, available, or past its window; it sleeps until
the next of these days, or until an order wakes it. Away, it sleeps until its relief must be looked for, until the
hand-over, until its tour is due, or until its relief wakes it. Whatever wakes it, it looks afresh at where it stands:
so that several things on one day do not depend on who comes first.
"""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from simpy.exceptions import Interrupt

from forcesim.rotation.durations import NO_DAY
from forcesim.rotation.lives import Cycle, Rules, biased, idle_days
from forcesim.rotation.sections import UnitState
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
    from forcesim.rotation.slots import Order, Slot

__all__ = ["Unit"]


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
        "arrived", "away_days", "away_since", "board", "close", "component", "cycle_end", "cycle_start",
        "due", "dwell_price", "free", "group", "index", "lead", "limit", "member", "mobilise", "name",
        "nation", "number", "order", "people", "prepare", "process", "rank", "ready", "recalled", "relieved",
        "rested", "restless", "returned", "rules", "rules_by_phase", "seen", "since", "slot", "sought",
        "stamp", "state", "strained", "strained_day", "tours", "world",
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
                made[id(policy)] = Rules(policy, self.name, world.streams, phase if made else "")
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
        self.stamp = 0
        self.dwell_price = 0.0
        self.rank: tuple[Any, ...] = ()
        self.process = world.env.process(self.life())

    def life(self) -> Generator[Any, Any, None]:
        """Live: what SimPy runs."""
        yield from self.forming()
        if self.slot is not None:
            self.enter(DEPLOYED, self.slot.kind.index)
            yield from self.pause(self.world.env.now)  # until all others stand where they begin
            yield from self.serve(self.slot)
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
            if self.group.start != "stationary" and world.env.now < 0:
                self.enter(FORMING)
                while world.env.now < 0:
                    yield from self.pause(0)
            self.place()
            return
        self.enter(FORMING)
        day = joins
        if wake is not None:
            alarm = world.alarms[self.member.group]
            if not alarm.triggered:
                yield from self.through(alarm)
            behind = 0 if wake.per_year is None else int(self.number * 365.25 / wake.per_year)
            day = max(joins, max(0, world.env.now) + wake.ready_after + behind)
        while world.env.now < day:
            yield from self.pause(day)
        self.begin(world.env.now, at=NO_DAY)

    def place(self) -> None:
        """Take the place on the first day that the study gives, or that is drawn."""
        start = self.group.start
        if start == "rested":
            self.begin(self.world.env.now, at=NO_DAY)
        elif isinstance(start, tuple):
            self.take_given(start[self.number])
        else:
            self.take_drawn()

    def take_given(self, state: int | UnitState) -> None:
        """Stand where the study says."""
        now = self.world.env.now
        if isinstance(state, UnitState):
            since = state.since if isinstance(state.since, int) else -self.world.layout.study.day(state.since)
            if state.on is not None:
                drawn = self.rules.draw()
                slot = self.board.place_in(self, state.on)
                if slot is not None:
                    self.resume(slot, drawn, since)
                    return
            state = since
        self.returned = now - state
        self.begin(now, at=state)

    def take_drawn(self) -> None:
        """Stand at some day of a life: evenly spread, or drawn; tours under way have their days behind them."""
        world, rules, layout = self.world, self.rules, self.world.layout
        share = layout.opening.shares[self.member.group]
        idle = not share.away
        if self.group.start == "staggered":
            drawn = rules.draw()
            at = Fraction(*layout.opening.spread[self.index])  # exact: no day is met twice
        else:
            chance = world.streams.uniform(self.name, "start")
            drawn = biased(rules, chance, short=share.short, waits=share.waits, idle=idle)
            at = Fraction(chance.next())
        now = world.env.now
        if idle:
            days = idle_days(drawn)
            self.begin(now, at=NO_DAY if days >= NO_DAY else int(at * days), drawn=drawn)
            return
        life = rules.life(drawn, short=share.short, waits=share.waits)
        day = int(at * life.days)
        self.returned = now - day
        away = day - (life.days - life.away)
        if away + life.lead >= 0:
            slot = self.board.place_in(self)
            if slot is not None and away >= 0:
                self.resume(slot, drawn, away)
                return
            if slot is not None:
                self.begin(now, at=day, drawn=drawn)
                self.board.promise(self, slot, now - life.lead - away)
                return
        # nobody asks for it: it has waited at home, and may have begun a cycle since
        days = idle_days(drawn)
        self.begin(now, at=day if days >= NO_DAY else day % days, drawn=drawn)

    def resume(self, slot: Slot, drawn: Cycle, days: int) -> None:
        """Be on tour, with some days of it behind."""
        self.mobilise, self.prepare = drawn.mobilise, drawn.prepare
        self.lead = drawn.mobilise + drawn.prepare
        self.board.drop(slot)
        slot.incumbent = self
        slot.kind.there[self.nation] = slot.kind.there.get(self.nation, 0) + 1
        self.begin_tour(slot, self.world.env.now - days)
        if self.people is not None:
            self.people.depart(self, self.world.env.now, counts=False)

    def begin(self, now: int, at: int = 0, drawn: Cycle | None = None) -> None:
        """Begin a cycle; ``at`` days of it are past already (beyond all days: it is ready at once)."""
        self.tick()
        drawn = self.rules.draw() if drawn is None else drawn
        if at == NO_DAY:
            self.returned, at = -NO_DAY, drawn.available_from
        self.cycle_start = now - at
        self.settle(drawn)

    def settle(self, drawn: Cycle) -> None:
        """Find the days of this cycle from its start and from the last return."""
        rules, start = self.rules, self.cycle_start
        self.mobilise, self.prepare = drawn.mobilise, drawn.prepare
        self.lead = drawn.mobilise + drawn.prepare
        self.rested = self.returned + drawn.recovery
        spent = 0 if rules.counts else self.lead
        trained = max(start + drawn.available_from, self.rested)
        self.ready = max(trained, self.returned + rules.dwell - spent)
        self.strained_day = max(trained, self.returned + rules.dwell_limit - spent)
        cycled = drawn.cycle < NO_DAY
        end = start + drawn.cycle if cycled else NO_DAY
        close = end
        if drawn.window < NO_DAY:
            close = self.ready + drawn.window
            end = max(end, close) if cycled else close
        elif drawn.until < NO_DAY:
            close = start + drawn.until
            end = end if cycled else close
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
        assert order is not None
        begun = self.away_since = order.go
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
        """Set out as ordered, and serve a tour."""
        order, now = self.order, self.world.env.now
        assert order is not None
        self.depart(now)
        self.begin_tour(order.slot, now)
        order.slot.arrive(self)
        yield from self.serve(order.slot)

    def begin_tour(self, slot: Slot, arrived: int) -> None:
        """Be on tour since a day."""
        rules = self.rules
        spent = self.lead if rules.counts else 0
        self.arrived, self.slot, self.order = arrived, slot, None
        self.due, self.limit = arrived + rules.tour - spent, arrived + rules.tour_limit - spent
        self.relieved = self.recalled = self.sought = False
        self.tours += 1

    def serve(self, slot: Slot) -> Generator[Any, Any, None]:
        """Serve a tour: find a relief, hand over, go home."""
        env = self.world.env
        self.enter(DEPLOYED, slot.kind.index)
        while not (self.recalled or self.relieved):
            now = env.now
            until = self.watch(slot, now)
            if until <= now or (self.rules.always and now >= self.due - self.rules.overlap):
                break
            try:
                yield env.timeout(until - now)
            except Interrupt:
                continue
        alone = self.rules.always and env.now < self.due and not self.relieved
        if (self.relieved or alone) and not self.recalled:
            if alone:
                self.board.vacate(slot)
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
        begun = self.due - rules.overlap if rules.always and not self.relieved else env.now
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
            self.broke(HAND_OVER, begun, short, rules.overlap_price)

    def depart(self, now: int) -> None:
        """Write down the departure, and the dwell that it ends."""
        world, rules = self.world, self.rules
        left = self.away_since if rules.counts else now
        dwell = left - self.returned
        if world.measured():
            # what nobody knows of a unit that was never away is no dwell
            world.departures.append((self.index, now, dwell if self.returned > -NO_DAY else -1))
        if dwell < rules.dwell:
            self.broke(DWELL, now, rules.dwell - dwell, rules.dwell_price)
        if self.people is not None:
            self.people.depart(self, now)

    def broke(self, rule: int, day: int, days: int, price: float) -> None:
        """Write down a broken rule."""
        if self.world.measured():
            self.world.breaks.append((self.index, rule, max(0, day), days, days * price))

    def go_home(self, slot: Slot) -> None:
        """End the tour."""
        now = self.world.env.now
        if now > self.due:
            self.broke(TOUR, self.due, now - self.due, self.rules.tour_price)
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
            self.settle(rules.draw())
        self.wake()
