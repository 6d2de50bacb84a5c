"""Demands, phases and withdrawals as SimPy processes: what is asked for, when, and who does not come.

Crises at random begin in a Poisson stream, each with its own duration, whatever else goes on: nothing suppresses an
arrival and nothing is redrawn, so their realised rate is the one that was asked for. Where crises of one demand may
not overlap, the quiet time is exponential with mean 1 / rate - mean duration: the rate is again the one asked for.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.randomness.variates import exponential
from forcesim.rotation.durations import DAYS_A_YEAR, MOST_DAYS, NO_DAY, mean_of_whole_days
from forcesim.rotation.opening import phase_of_day_0

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from forcesim.rotation.board import Board
    from forcesim.rotation.durations import Days
    from forcesim.rotation.sections import Caveat, Chain, Following
    from forcesim.rotation.slots import RunningDemand, Slot
    from forcesim.rotation.streams import Stream
    from forcesim.rotation.world import RotationWorld

__all__ = ["begin_demands", "begin_measurement", "begin_phases", "begin_withdrawals"]


def wait(stream: Stream, mean: float) -> float:
    """Return an exponential wait."""
    return mean * float(exponential(stream.next()))


# -- spells of a demand ------------------------------------------------------------------------------------------------


def spell(
    board: Board, kind: RunningDemand, start: int, end: int, *, units: int | None = None, new: bool = True
) -> Generator[Any, Any, None]:
    """Ask for units of a demand, all unless told, from a day to a day; what began before day 0 is not begun anew."""
    world = board.world
    held: list[list[Slot]] = []
    units = kind.quantity if units is None else units
    if kind.demand.package:
        yield from packaged(board, kind, start, end, held, new=new)
    else:
        yield from parted(board, kind, start, units, held, new=new)
    if end >= world.last:
        return
    yield world.env.timeout(end - world.env.now)
    for found in held:
        board.end(found)
    closed(world, kind, units)


def parted(
    board: Board, kind: RunningDemand, start: int, units: int, held: list[list[Slot]], *, new: bool
) -> Generator[Any, Any, None]:
    """Begin a spell that is filled in part: by the rules as long as may be, in time at a price, then late."""
    world = board.world
    first = max(world.env.now, start - kind.demand.notice)
    last = max(first, start - kind.longest_lead)
    yield from world.from_day(first)
    slots = board.begin(kind, start, units, strained=first == last)
    held.append(slots)
    for day in dict.fromkeys((last, start)):
        if day > world.env.now:
            yield from world.from_day(day)
            if day == start:
                opened(world, kind, units, new=new)
            board.fill(slots, start, strained=True)
    if first == start:
        opened(world, kind, units, new=new)


def packaged(
    board: Board, kind: RunningDemand, start: int, end: int, held: list[list[Slot]], *, new: bool
) -> Generator[Any, Any, None]:
    """Begin a spell that takes all its units at once: as soon as there is notice of it, or on its first day."""
    world = board.world
    env = world.env
    lost: list[int] = []

    def attempt() -> bool:
        if held or lost or env.now >= end:  # it has waited until there is nothing left to wait for
            return True
        found = board.package(kind, max(start, env.now))
        if found is not None:
            held.append(found)
        return found is not None

    first = max(env.now, start - kind.demand.notice)
    yield from world.from_day(first)
    if first < start and not attempt():
        board.packages.append((kind.priority, board.serial, attempt))
    yield from world.from_day(start)
    opened(world, kind, kind.quantity, new=new)
    if not attempt():
        if kind.demand.lost:
            lost.append(start)
            kind.lost += new and world.measured()
        elif first == start:
            board.packages.append((kind.priority, board.serial, attempt))


def opened(world: RotationWorld, kind: RunningDemand, units: int, *, new: bool = True) -> None:
    """Write down that a spell began."""
    kind.open += 1
    # a lasting demand that was under way counts once; crises and phases count where they begin
    kind.started += new and (world.measured() or kind.demand.rate_per_year is None)
    world.requests.append((kind.index, world.env.now, units))
    if kind.open == 1:
        follow(world, kind)


def closed(world: RotationWorld, kind: RunningDemand, units: int) -> None:
    """Write down that a spell ended; what its units may do now is looked at after they have heard of it."""
    kind.open -= 1
    world.requests.append((kind.index, world.env.now, -units))
    if kind.open == 0:
        follow(world, kind)


def once(board: Board, kind: RunningDemand) -> Generator[Any, Any, None]:
    """Ask for a demand once."""
    world = board.world
    demand = kind.demand
    start = day = world.layout.study.day(demand.start)
    if start >= world.last:
        return
    if day == 0 and world.layout.opening.begun[kind.index]:
        start = world.first
    end = NO_DAY
    if demand.duration is not None:
        end = day + world.streams.days(kind.name, "duration", demand.duration, 1).next()
    (start, end, units), *others = parts_of(board, kind, start, end)
    for begin, until, many in others:
        world.env.process(spell(board, kind, begin, until, units=many, new=False))
    yield from spell(board, kind, start, end, units=units)


def parts_of(board: Board, kind: RunningDemand, start: int, end: int) -> list[tuple[int, int, int]]:
    """Return the parts of a demand that grows and shrinks: first day, day after the last, units; in order of days.

    What came last goes first, so that a part is whole from its first day to its last.
    """
    study = board.world.layout.study
    levels = sorted((study.day(day), units) for day, units in kind.demand.steps.items())
    there, parts = [(start, kind.quantity)], list[tuple[int, int, int]]()
    for day, units in [level for level in levels if start < level[0] < end]:
        more = units - sum(part[1] for part in there)
        if more > 0:
            there.append((day, more))
        while more < 0:
            begin, many = there.pop()
            left = max(0, many + more)
            parts.append((begin, day, many - left))
            more += many - left
            if left:
                there.append((begin, left))
    parts += [(begin, end, many) for begin, many in there]
    return sorted(parts)


def crises(board: Board, kind: RunningDemand) -> Generator[Any, Any, None]:
    """Ask for a demand at random."""
    world = board.world
    env = world.env
    for start, end in arrivals(world, kind):
        if start >= world.last:
            return
        if end <= world.first:
            continue
        first = max(start, world.first)
        yield from world.from_day(first - kind.demand.notice)
        env.process(spell(board, kind, first, end, new=start >= 0))


def arrivals(world: RotationWorld, kind: RunningDemand) -> Iterator[tuple[int, int]]:
    """Yield beginning and end of the crises of a demand, in order of their beginning."""
    demand = kind.demand
    assert demand.duration is not None
    assert demand.rate_per_year is not None
    gaps = world.streams.uniform(kind.name, "gap")
    lengths = world.streams.days(kind.name, "duration", demand.duration, 1)
    mean, typical = DAYS_A_YEAR / demand.rate_per_year, mean_of_whole_days(demand.duration, 1)
    at = 0.0
    if world.layout.opening.begun[kind.index]:
        at = world.first - float(warm_up(demand.duration, mean, overlapping=demand.overlapping))
    if not demand.overlapping:
        mean -= typical
    while True:
        at += wait(gaps, mean)
        start, length = math.floor(at), lengths.next()
        yield start, start + length
        if not demand.overlapping:
            at += length


def warm_up(duration: Days, mean: float, *, overlapping: bool) -> float:
    """Return the days before the first one after which the state on that one is stationary."""
    most = duration.most
    if math.isinf(most):
        assert duration.law is not None
        most = float(duration.law.quantile(np.array([1.0 - 1e-9]))[0])
    most = min(most, float(MOST_DAYS))
    return most + 1.0 if overlapping else 40.0 * mean + most


def by_phase(board: Board, kind: RunningDemand) -> None:
    """Ask for a demand in its phases."""
    world = board.world
    phases = {world.layout.phases.index(name) for name in kind.demand.phases or ()}
    held: list[list[Slot]] = []

    def listen(phase: int) -> None:
        inside = phase in phases
        if inside and not kind.open:
            opened(world, kind, kind.quantity)
            if not kind.demand.package:
                held.append(board.begin(kind, world.env.now, kind.quantity, strained=True))
            elif not attempt():
                board.packages.append((kind.priority, board.serial, attempt))
        elif kind.open and not inside:
            for slots in held:
                board.end(slots)
            held.clear()
            closed(world, kind, kind.quantity)

    def attempt() -> bool:
        if not kind.open:
            return True
        found = board.package(kind, world.env.now)
        if found is not None:
            held.append(found)
        elif kind.demand.lost:
            kind.lost += world.measured()
            return True
        return found is not None

    world.listeners.append(listen)
    if world.phase in phases:
        day = world.first if world.layout.opening.begun[kind.index] else 0
        world.env.process(on_day(world, day, lambda: listen(world.phase)))


def on_day(world: RotationWorld, day: int, action: Any) -> Generator[Any, Any, None]:
    """Do something on a day, after the units have come into being."""
    yield from world.from_day(day)
    action()


def begin_demands(board: Board) -> None:
    """Start the processes of all demands, the highest priority first."""
    world = board.world
    for kind in sorted(board.kinds, key=lambda kind: (kind.priority, kind.index)):
        if kind.demand.phases is not None:
            by_phase(board, kind)
        elif kind.demand.rate_per_year is not None:
            world.env.process(crises(board, kind))
        else:
            world.env.process(once(board, kind))


# -- phases ------------------------------------------------------------------------------------------------------------


def first_phase(world: RotationWorld) -> int:
    """Return the phase of day 0, which is that of all days before."""
    return world.layout.phases.index(phase_of_day_0(world.layout.study))


def begin_phases(world: RotationWorld) -> None:
    """Start what changes the phase."""
    phases = world.layout.study.phases
    if phases is None:
        return
    if phases.dated is not None:
        world.env.process(dated(world, phases.dated))
    elif phases.chain is not None:
        world.env.process(chained(world, phases.chain))


def dated(world: RotationWorld, dates: dict[str, str]) -> Generator[Any, Any, None]:
    """Change the phase by date."""
    for day, name in sorted((world.layout.study.day(day), name) for day, name in dates.items()):
        if day > 0:
            yield from world.from_day(day)
            if world.env.now < world.last:
                world.enter_phase(world.layout.phases.index(name))


def chained(world: RotationWorld, chain: Chain) -> Generator[Any, Any, None]:
    """Change the phase by a semi-Markov chain; each state has streams of its own."""
    streams, at = world.streams, chain.start
    lengths = {name: streams.days(f"phase {name}", "duration", state.days, 1) for name, state in chain.states.items()}
    choices = {name: streams.uniform(f"phase {name}", "next") for name in chain.states}
    yield from world.from_day(0)
    while True:
        yield world.env.timeout(lengths[at].next())
        then = chain.states[at].then
        steps = list(accumulate(then.values()))
        place = min(bisect_right(steps, choices[at].next() * steps[-1]), len(steps) - 1)
        at = list(then)[place]
        world.enter_phase(world.layout.phases.index(at))


def follow(world: RotationWorld, kind: RunningDemand) -> None:
    """Change the phase when a demand that leads it begins or ends."""
    phases = world.layout.study.phases
    if phases is None or phases.following is None or phases.following.demand != kind.name:
        return
    lead: Following = phases.following
    world.enter_phase(world.layout.phases.index(lead.during if kind.open else lead.after))


# -- caveats and cadres ------------------------------------------------------------------------------------------------


def begin_withdrawals(board: Board) -> None:
    """Put the caveats in force, and start those that withdraw."""
    world = board.world
    by_name = {kind.name: kind for kind in board.kinds}
    for caveat in world.layout.study.caveats:
        kind = by_name[caveat.demand]
        most = NO_DAY if caveat.most is None else caveat.most
        if caveat.chance < 1.0:
            rank = world.streams.uniform(f"{caveat.nation} {kind.name}", "part").next()
            most = most if rank < caveat.chance else 0
        if most < NO_DAY:
            kind.most[caveat.nation] = min(most, kind.most.get(caveat.nation, NO_DAY))
        if caveat.not_in:
            watch_phases(board, kind, caveat)
        if caveat.withdraws_on is not None or caveat.withdraws_per_year is not None:
            world.env.process(withdrawing(board, kind, caveat))


def watch_phases(board: Board, kind: RunningDemand, caveat: Caveat) -> None:
    """Keep a nation out in some phases."""
    world = board.world
    phases = {world.layout.phases.index(name) for name in caveat.not_in}
    state = {"out": False}

    def listen(phase: int) -> None:
        if phase in phases and not state["out"]:
            board.withdraw(kind, caveat.nation, caveat.notice)
        elif phase not in phases and state["out"]:
            board.readmit(kind, caveat.nation)
        state["out"] = phase in phases

    world.listeners.append(listen)
    listen(world.phase)


def withdrawing(board: Board, kind: RunningDemand, caveat: Caveat) -> Generator[Any, Any, None]:
    """Let a nation announce that it leaves: on a day, or at random; and come back if it does."""
    world = board.world
    env, name = world.env, f"{caveat.nation} {kind.name}"
    waits = world.streams.uniform(name, "withdrawal")
    back = None
    if caveat.returns_after is None or not world.layout.opening.begun[kind.index]:
        yield from world.from_day(0)
    if caveat.returns_after is not None:
        back = world.streams.days(name, "return", caveat.returns_after, 1)
    while True:
        if caveat.withdraws_on is not None:
            day = world.layout.study.day(caveat.withdraws_on)
        else:
            assert caveat.withdraws_per_year is not None
            day = env.now + math.floor(wait(waits, DAYS_A_YEAR / caveat.withdraws_per_year))
        if day >= world.last:
            return
        yield from world.from_day(day)
        board.withdraw(kind, caveat.nation, caveat.notice)
        if back is None:
            return
        yield env.timeout(back.next())
        board.readmit(kind, caveat.nation)
        if caveat.withdraws_on is not None:
            return


def begin_measurement(board: Board) -> None:
    """Let cadres hear on day 0 of what is missing already."""

    def hear() -> None:
        for kind in list(board.short.values()):
            if any(slot.need <= 0 for slot in kind.waiting):
                board.alarm(kind)

    if board.world.first < 0:
        board.world.env.process(on_day(board.world, 0, hear))


def begin_alarms(world: RotationWorld) -> None:
    """Make the alarms that wake cadres."""
    study = world.layout.study
    for number, group in enumerate(study.units):
        wake = group.activation
        if wake is None:
            continue
        alarm = world.alarms[number] = world.env.event()
        if wake.on is not None:
            world.env.process(ring(world, alarm, study.day(wake.on)))
        elif wake.phase is not None:
            listen_for(world, alarm, world.layout.phases.index(wake.phase))


def listen_for(world: RotationWorld, alarm: Any, phase: int) -> None:
    """Ring an alarm when a phase is entered."""

    def listen(entered: int) -> None:
        if entered == phase and not alarm.triggered:
            alarm.succeed()

    world.listeners.append(listen)
    listen(world.phase)


def ring(world: RotationWorld, alarm: Any, day: int) -> Generator[Any, Any, None]:
    """Ring an alarm on a day."""
    yield world.env.timeout(day - world.env.now)
    if not alarm.triggered:
        alarm.succeed()
