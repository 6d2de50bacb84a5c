"""The account of one replication, made from its log: whole days, whole units, nothing left over.

Every unit is in exactly one state on every day, so for each group, phase and category the days add up to units times
days; that is checked in every replication. Effectiveness is counted in thousandths of a unit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forcesim.errors import Fault, ProcessError
from forcesim.rotation.layout import WHOLE_UNIT
from forcesim.rotation.people import BIN_DAYS, BINS
from forcesim.rotation.schools import MEASURES
from forcesim.rotation.world import BROKEN, CATEGORIES, CATEGORY, DEPLOYED, OVERLAP, STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forcesim.arrays import Ints
    from forcesim.packing import Arrays
    from forcesim.rotation.layout import RotationLayout
    from forcesim.rotation.people import Roster
    from forcesim.rotation.slots import RunningDemand
    from forcesim.rotation.world import RotationWorld

__all__ = ["STRESS_BINS", "sample_step", "tally"]


STRESS_BINS = 20
"""Bins of the share of days that a unit was away."""

SAMPLES = 240
"""Days at most at which series are sampled."""

MOST_REACH = 200
"""Sizes up to which the time to reach them is kept."""


def sample_step(days: int) -> int:
    """Return the days between two samples of a series."""
    return max(1, -(-days // SAMPLES))


def tally(
    world: RotationWorld, kinds: Sequence[RunningDemand], people: Roster | None, schools: Sequence[Sequence[float]]
) -> Arrays:
    """Return the account of a replication that has run."""
    layout = world.layout
    spells = _spells(world)
    settling = _settling(world, spells) if world.first < 0 else np.zeros((2, len(kinds)), np.int64)
    spells = _counted(spells)
    found = _days(world, spells)
    found["settling"] = settling
    found |= _fill(world, kinds, spells)
    found |= _stress(world, spells)
    found |= _broken(world)
    found["sand"] = _sand(layout, spells)
    found["spells"] = spells
    found["phase_days"] = _days_of_phases(world)
    if people is not None:
        found |= {
            "persons_sent": people.went, "posts_sent": people.posts, "personal_dwell": people.dwell,
            "personal_breaks": people.short,
        }  # fmt: skip
    found["schools"] = np.array(schools, dtype=np.float64).reshape(len(schools), len(MEASURES))
    return found


def _spells(world: RotationWorld) -> Ints:
    """Return every spell of a unit in a state: unit, group, state, first day, day after the last, demand."""
    log = np.array(world.log, dtype=np.int64).reshape(-1, 4)
    log = log[np.argsort(log[:, 0], kind="stable")]
    unit, begin = log[:, 0], log[:, 2]
    end = np.empty_like(begin)
    end[:-1] = np.where(unit[1:] == unit[:-1], begin[1:], world.last)
    end[-1:] = world.last
    groups = np.array([member.group for member in world.layout.members], dtype=np.int64)
    return np.column_stack([unit, groups[unit], log[:, 1], begin, end, log[:, 3]])[end > begin]


def _counted(spells: Ints) -> Ints:
    """Return the parts of spells that lie on day 0 and later."""
    kept = spells[spells[:, 4] > 0]
    kept[:, 3] = np.maximum(kept[:, 3], 0)
    return kept


def _settling(world: RotationWorld, spells: Ints) -> Ints:
    """Return what is there of each demand in the last two lives of the warm-up, in thousandths of unit-days."""
    layout = world.layout
    found = np.zeros((2, len(layout.study.demands)), np.int64)
    filling = spells[spells[:, 2] == DEPLOYED]
    for place in range(2):
        first, last = (place - 2) * layout.opening.life, (place - 1) * layout.opening.life
        days = np.minimum(filling[:, 4], last) - np.maximum(filling[:, 3], first)
        np.add.at(found[place], filling[:, 5], np.maximum(days, 0) * _worth(layout)[filling[:, 5], filling[:, 1]])
    return found


def _worth(layout: RotationLayout) -> Ints:
    """Return what a unit of each group is worth in each demand, in thousandths."""
    worth = np.zeros((len(layout.study.demands), len(layout.study.units)), np.int64)
    for number, serving in enumerate(layout.serving):
        worth[number, list(serving.groups)] = list(serving.groups.values())
    return worth


def _days_of_phases(world: RotationWorld) -> Ints:
    """Return the days of each phase."""
    found = np.zeros(len(world.layout.phases), np.int64)
    days = [day for day, _ in world.phases] + [world.last]
    for (day, phase), until in zip(world.phases, days[1:], strict=True):
        found[phase] += until - day
    return found


def _phase_of_day(world: RotationWorld) -> Ints:
    """Return the phase of every day."""
    found = np.zeros(world.last, np.int64)
    for day, phase in world.phases:
        found[day:] = phase
    return found


def _days(world: RotationWorld, spells: Ints) -> Arrays:
    """Return unit-days by group, phase and state, and check that none is lost."""
    layout = world.layout
    groups, phases, states = len(layout.study.units), len(layout.phases), len(STATES)
    days = np.zeros((groups, phases, states), np.int64)
    bounds = np.array([day for day, _ in world.phases], dtype=np.int64)
    which = np.array([phase for _, phase in world.phases], dtype=np.int64)
    cell = spells[:, 1] * states + spells[:, 2]
    for phase in np.unique(which):
        lengths = np.diff(np.append(bounds, world.last)) * (which == phase)
        before = np.concatenate([[0], np.cumsum(lengths)])

        def until(day: Ints, before: Ints = before, phase: int = int(phase)) -> Ints:
            place = np.searchsorted(bounds, day, side="right") - 1
            return np.asarray(before[place] + np.where(which[place] == phase, day - bounds[place], 0))

        inside = until(spells[:, 4]) - until(spells[:, 3])
        days[:, phase] = np.bincount(cell, weights=inside, minlength=groups * states).reshape(groups, states)
    _check(world, days)
    return {"days": days}


def _check(world: RotationWorld, days: Ints) -> None:
    """Refuse an account in which unit-days are lost or made."""
    counts = np.array([group.count for group in world.layout.study.units], dtype=np.int64)
    wrong = np.argwhere(days.sum(axis=2) != counts[:, None] * _days_of_phases(world))
    if len(wrong):
        group, phase = (int(place) for place in wrong[0])
        name = world.layout.study.units[group].name
        found = f"{int(days[group, phase].sum())} unit-days in phase {world.layout.phases[phase]}"
        raise ProcessError(Fault(f"units {name}", "must be in one state on every day", found))


def _fill(world: RotationWorld, demands: Sequence[RunningDemand], spells: Ints) -> Arrays:
    """Return what was asked for and what was there, day by day, and what follows from it."""
    layout, last = world.layout, world.last
    kinds, phases = len(demands), len(layout.phases)
    asked, there, persons = (np.zeros((kinds, last + 1), np.int64) for _ in range(3))
    for kind, day, units in world.requests:
        asked[kind, max(0, day)] += units * WHOLE_UNIT
    filling = spells[spells[:, 2] == DEPLOYED]
    if len(filling):
        worth = _worth(layout)
        sizes = np.array([group.size for group in layout.study.units], dtype=np.int64)
        of, weight, heads = filling[:, 5], worth[filling[:, 5], filling[:, 1]], sizes[filling[:, 1]]
        for target, amount in ((there, weight), (persons, heads)):
            np.add.at(target, (of, filling[:, 3]), amount)
            np.subtract.at(target, (of, filling[:, 4]), amount)
    asked, there, persons = (np.cumsum(series, axis=1)[:, :last] for series in (asked, there, persons))
    unmet = np.maximum(asked - there, 0)
    phase_of_day = _phase_of_day(world)
    totals = np.zeros((5, kinds, phases), np.int64)
    for phase in range(phases):
        days = phase_of_day == phase
        for place, series in enumerate((asked, np.minimum(there, asked), unmet, unmet > 0, persons)):
            totals[place, :, phase] = series[:, days].sum(axis=1)
    step = sample_step(last)
    found: Arrays = dict(zip(("asked", "filled", "unmet", "unmet_days", "person_days"), totals, strict=True))
    found["peak"] = unmet.max(axis=1, initial=0)
    found["longest"] = np.array([_longest(row) for row in unmet > 0], dtype=np.int64)
    found["full"], found["lasts"] = _full(asked, there)
    found["reach"] = _reach(layout, asked, there)
    found["series"] = np.stack([asked[:, ::step], there[:, ::step], persons[:, ::step]])
    found["started"] = np.array([kind.started for kind in demands], dtype=np.int64)
    found["lost"] = np.array([kind.lost for kind in demands], dtype=np.int64)
    return found


def _longest(short: npt.NDArray[np.bool_]) -> int:
    """Return the longest run of days that are true."""
    ends = np.flatnonzero(~short)
    return int(np.diff(np.concatenate([[-1], ends, [len(short)]])).max()) - 1


def _first_days(asked: Ints) -> Ints:
    """Return the day on which each demand is asked for the first time; 0 for one that never is."""
    return np.argmax(asked > 0, axis=1) if asked.size else np.zeros(len(asked), np.int64)


def _full(asked: Ints, there: Ints) -> tuple[Ints, Ints]:
    """Return the days until each demand is first met in full, and the days that this lasts; -1 for never.

    What ends with the demand itself, or with the horizon, has not failed: it lasts to the horizon.
    """
    full, lasts = np.full(len(asked), -1, np.int64), np.full(len(asked), -1, np.int64)
    begin = _first_days(asked)
    for kind in range(len(asked)):
        met = np.flatnonzero((asked[kind] > 0) & (there[kind] >= asked[kind]))
        if len(met):
            full[kind] = met[0] - begin[kind]
            short = there[kind, met[0] :] < asked[kind, met[0] :]
            lasts[kind] = np.argmax(short) if short.any() else len(short)
    return full, lasts


def _reach(layout: RotationLayout, asked: Ints, there: Ints) -> Ints:
    """Return the days from its first one after which a demand has 1, 2, ... units; -1 for never."""
    most = min(MOST_REACH, max((demand.most for demand in layout.study.demands), default=0))
    found = np.full((len(there), most), -1, np.int64)
    begin = _first_days(asked)
    for kind, series in enumerate(there):
        peak = np.maximum.accumulate(series)
        first = np.searchsorted(peak, np.arange(1, most + 1) * WHOLE_UNIT)
        found[kind] = np.where(first < len(peak), first - begin[kind], -1)
    return found


def _stress(world: RotationWorld, spells: Ints) -> Arrays:
    """Return tours, dwell at departure, and the share of days away, by group."""
    layout, last = world.layout, world.last
    groups, units = len(layout.study.units), len(layout.members)
    group_of = np.array([member.group for member in layout.members], dtype=np.int64)
    away = spells[(spells[:, 2] == DEPLOYED) | (spells[:, 2] == OVERLAP)]
    share = np.bincount(away[:, 0], weights=away[:, 4] - away[:, 3], minlength=units) / last
    bins = np.minimum((share * STRESS_BINS).astype(np.int64), STRESS_BINS - 1)
    stress = np.bincount(group_of * STRESS_BINS + bins, minlength=groups * STRESS_BINS)
    left = np.array(world.departures, dtype=np.int64).reshape(-1, 3)
    tours = np.bincount(group_of[left[:, 0]], minlength=groups)
    again = left[left[:, 2] >= 0]
    of, dwell = group_of[again[:, 0]], again[:, 2]
    cell = of * BINS + np.minimum(dwell // BIN_DAYS, BINS - 1)
    return {
        "stress": stress.reshape(groups, STRESS_BINS),
        "tours": tours,
        "dwell": np.bincount(cell, minlength=groups * BINS).reshape(groups, BINS),
        "dwell_sum": np.bincount(of, weights=dwell, minlength=groups).astype(np.int64),
    }


def _broken(world: RotationWorld) -> Arrays:
    """Return broken rules: how often, by how many days, at what price, by rule and group; and the first day of each."""
    layout = world.layout
    shape = (len(BROKEN), len(layout.study.units))
    times, days, first = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.full(shape, -1, np.int64)
    price = np.zeros(shape)
    for unit, rule, day, short, cost in world.breaks:
        at = rule, layout.members[unit].group
        times[at] += 1
        days[at] += short
        price[at] += cost
        if first[at] < 0 or day < first[at]:
            first[at] = day
    return {"breaks": times, "broken_days": days, "broken_price": price, "first_break": first}


def _sand(layout: RotationLayout, spells: Ints) -> Ints:
    """Return units by category and group on the days of the samples."""
    last = layout.study.days
    step = sample_step(last)
    samples, groups = len(range(0, last, step)), len(layout.study.units)
    found = np.zeros((len(CATEGORIES), groups, samples + 1), np.int64)
    category = np.array(CATEGORY)[spells[:, 2]]
    np.add.at(found, (category, spells[:, 1], -(-spells[:, 3] // step)), 1)
    np.subtract.at(found, (category, spells[:, 1], -(-spells[:, 4] // step)), 1)
    return np.asarray(np.cumsum(found, axis=2)[:, :, :samples])
