"""The people inside units: who is manned, who can be sent, and how long each has been at home.

A unit's people stand in cohorts by the day of their last return. At a departure those who were posted away since last
time are replaced from their nation's reserve (first in, first out), who bring their own dwell along; some cannot be
sent; whoever's dwell is too short stays behind. Nobody is posted while away. People are conserved: those in units,
in the reserves and who came from schools add up on every day.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from forcesim.randomness.variates import binomial
from forcesim.rotation.durations import NEVER

if TYPE_CHECKING:
    from forcesim.rotation.units import Unit
    from forcesim.rotation.world import World

__all__ = ["BINS", "BIN_DAYS", "Roster"]

BIN_DAYS, BINS = 30, 122
"""Width and number of the bins of dwell; the last holds whatever is longer."""

RESERVE_SHARE = 0.1
"""People outside units (staffs, schools) over people in units at the start: an assumption; it sets how soon somebody
who left one unit comes to another."""

YEAR = 365.25

Cohort = list[int]
"""Day of the last return, and how many."""


class Roster:
    """The people of all units in one replication."""

    def __init__(self, world: World) -> None:
        """Man the units as the study has it; nobody has been away yet, save as the unit's position says."""
        people = world.layout.study.people
        assert people is not None
        self.world, self.people = world, people
        self.home: dict[int, list[Cohort]] = {}
        self.away: dict[int, int] = {}
        self.seen: dict[int, int] = {}
        self.reserve: dict[str, deque[Cohort]] = {}
        self.streams = {}
        groups = len(world.layout.study.units)
        self.went = np.zeros(groups, np.int64)
        self.posts = np.zeros(groups, np.int64)
        self.short = np.zeros((groups, 2), np.int64)
        self.dwell = np.zeros((groups, BINS), np.int64)
        manned_by_nation: dict[str, int] = {}
        for unit in world.units:
            manned = round(unit.group.size * people.fill)
            self.home[unit.index] = [[-NEVER, manned]] if manned else []
            self.seen[unit.index] = 0
            self.streams[unit.index] = world.streams.normal(unit.name, "people")
            manned_by_nation[unit.nation] = manned_by_nation.get(unit.nation, 0) + manned
        for nation, manned in manned_by_nation.items():
            self.reserve[nation] = deque([[-NEVER, round(RESERVE_SHARE * manned)]])

    def total(self) -> int:
        """Return all people."""
        at_home = sum(count for cohorts in self.home.values() for _, count in cohorts)
        waiting = sum(count for cohorts in self.reserve.values() for _, count in cohorts)
        return at_home + waiting + sum(self.away.values())

    def graduate(self, nation: str, persons: int = 1) -> None:
        """Take somebody in from a school."""
        self.reserve.setdefault(nation, deque()).append([-NEVER, persons])

    def depart(self, unit: Unit, day: int) -> None:
        """Send a unit: find who goes."""
        self.post(unit, day)
        people, rule, draw = self.people, self.people.minimum_dwell, self.streams[unit.index]
        group = self.world.layout.members[unit.index].group
        stay: list[Cohort] = []
        went = 0
        for returned, count in self.home[unit.index]:
            unfit = int(binomial(float(count), people.not_deployable, draw.next())) if people.not_deployable else 0
            dwell = day - returned
            goes = count - unfit if dwell >= rule.limit_below else 0
            if count > goes:
                stay.append([returned, count - goes])
            if goes and returned > -NEVER:
                self.dwell[group, min(dwell // BIN_DAYS, BINS - 1)] += goes
                if dwell < rule.guidance:
                    self.short[group] += (goes, goes * (rule.guidance - dwell))
            went += goes
        self.home[unit.index], self.away[unit.index] = stay, went
        self.went[group] += went
        self.posts[group] += unit.group.size

    def come_back(self, unit: Unit, day: int) -> None:
        """Bring a unit's people home."""
        persons = self.away.pop(unit.index, 0)
        if persons:
            self.home[unit.index].append([day, persons])
        self.seen[unit.index] = day

    def post(self, unit: Unit, day: int) -> None:
        """Replace those who were posted away since the unit was last looked at."""
        rate = self.people.turnover_per_year
        since, self.seen[unit.index] = self.seen[unit.index], day
        if not rate or day <= since:
            return
        share, draw = 1.0 - math.exp(-rate * (day - since) / YEAR), self.streams[unit.index]
        kept: list[Cohort] = []
        left = 0
        reserve = self.reserve[unit.nation]
        for returned, count in self.home[unit.index]:
            leaves = int(binomial(float(count), share, draw.next()))
            left += leaves
            if leaves:
                reserve.append([returned, leaves])
            if count > leaves:
                kept.append([returned, count - leaves])
        while left:
            returned, count = reserve[0]
            comes = min(left, count)
            left -= comes
            if comes == count:
                reserve.popleft()
            else:
                reserve[0][1] -= comes
            if comes:
                kept.append([returned, comes])
        self.home[unit.index] = _merged(kept)


def _merged(cohorts: list[Cohort]) -> list[Cohort]:
    """Return cohorts with those of one day together, the earliest first."""
    found: dict[int, int] = {}
    for returned, count in cohorts:
        found[returned] = found.get(returned, 0) + count
    return [[returned, found[returned]] for returned in sorted(found)]
