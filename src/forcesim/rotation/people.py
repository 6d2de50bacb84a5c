"""The people inside units: who is manned, who can be sent, and how long each has been at home.

A unit's people are cohorts by the day of their last return. When a unit departs, the postings of its nation since the
last departure take place. People leave units at home and the nation's reserve (staffs, schools). They go to the other
units, in proportion to what each is short of, and take their dwell along. Then some cannot be sent, and people whose
dwell is too short stay behind. Nobody is posted while away. People are conserved: units, reserves and graduates of
schools add up on every day.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forcesim.randomness.variates import binomial
from forcesim.rotation.durations import DAYS_A_YEAR, NO_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forcesim.rotation.slots import Sendable
    from forcesim.rotation.streams import Stream
    from forcesim.rotation.world import RotationWorld

__all__ = ["BINS", "BIN_DAYS", "Roster"]

BIN_DAYS, BINS = 30, 122
"""Width and number of the bins of dwell; the last holds whatever is longer."""

RESERVE_SHARE = 0.1
"""People outside units (staffs, schools) over people in units at the start: an assumption."""


Cohort = list[int]
"""Day of the last return, and how many."""


class Roster:
    """The people of all units in one replication."""

    def __init__(self, world: RotationWorld) -> None:
        """Begin with nobody."""
        people = world.layout.study.people
        assert people is not None
        self.world, self.people = world, people
        self.home: dict[int, list[Cohort]] = {}
        self.away: dict[int, int] = {}
        self.reserve: dict[str, list[Cohort]] = {}
        self.streams: dict[int, Stream] = {}
        self.units: dict[str, list[Sendable]] = {}
        self.posted: dict[str, int] = {}
        groups = len(world.layout.study.units)
        self.went = np.zeros(groups, np.int64)
        self.posts = np.zeros(groups, np.int64)
        self.short = np.zeros((groups, 2), np.int64)
        self.dwell = np.zeros((groups, BINS), np.int64)

    def man(self, units: Iterable[Sendable]) -> None:
        """Man the units as the study has it; nobody has been away yet, save as the unit's position says."""
        world, people = self.world, self.people
        manned_by_nation: dict[str, int] = {}
        for unit in units:
            manned = round(unit.group.size * people.fill)
            self.home[unit.index] = [[-NO_DAY, manned]] if manned else []
            self.units.setdefault(unit.nation, []).append(unit)
            self.streams[unit.index] = world.streams.normal(unit.name, "people")
            manned_by_nation[unit.nation] = manned_by_nation.get(unit.nation, 0) + manned
        for nation, manned in manned_by_nation.items():
            self.reserve[nation] = [[-NO_DAY, round(RESERVE_SHARE * manned)]]

    def total(self) -> int:
        """Return all people."""
        at_home = sum(count for cohorts in self.home.values() for _, count in cohorts)
        waiting = sum(count for cohorts in self.reserve.values() for _, count in cohorts)
        return at_home + waiting + sum(self.away.values())

    def graduate(self, nation: str, persons: int = 1) -> None:
        """Take somebody in from a school."""
        self.reserve.setdefault(nation, []).append([-NO_DAY, persons])

    def depart(self, unit: Sendable, day: int, *, counts: bool = True) -> None:
        """Send a unit: find who goes; it counts from day 0 on, unless the unit is away already."""
        counts = counts and day >= 0
        self.post(unit.nation, day)
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
            if counts and goes and returned > -NO_DAY:
                self.dwell[group, min(dwell // BIN_DAYS, BINS - 1)] += goes
                if dwell < rule.guidance:
                    self.short[group] += (goes, goes * (rule.guidance - dwell))
            went += goes
        self.home[unit.index], self.away[unit.index] = stay, went
        self.went[group] += went * counts
        self.posts[group] += unit.group.size * counts

    def come_back(self, unit: Sendable, day: int) -> None:
        """Bring a unit's people home."""
        persons = self.away.pop(unit.index, 0)
        if persons:
            self.home[unit.index].append([day, persons])

    def post(self, nation: str, day: int) -> None:
        """Let those who were posted since last time change places, between the units at home and the reserve."""
        rate, since = self.people.turnover_per_year, self.posted.get(nation, self.world.first)
        self.posted[nation] = day
        share = 1.0 - math.exp(-rate * max(0, day - since) / DAYS_A_YEAR)
        units = [unit for unit in self.units[nation] if unit.index not in self.away]
        short = [
            round(unit.group.size * self.people.fill) - sum(count for _, count in self.home[unit.index])
            for unit in units
        ]
        pool = self.reserve[nation]
        if not share and not any(short):
            return
        for place, unit in enumerate(units):
            kept: list[Cohort] = []
            for returned, count in self.home[unit.index]:
                leaves = int(binomial(float(count), share, self.streams[unit.index].next())) if share else 0
                short[place] += leaves
                pool.append([returned, leaves])
                kept.append([returned, count - leaves])
            self.home[unit.index] = kept
        pool = _merged(pool)
        for place, unit in enumerate(units):
            total = sum(count for _, count in pool)
            wanted = max(0, min(short[place], total))
            got = _share_out(pool, wanted, total)
            pool = [[returned, count - taken] for (returned, count), (_, taken) in zip(pool, got, strict=True)]
            self.home[unit.index] = _merged([*self.home[unit.index], *got])
        self.reserve[nation] = _merged(pool)


def _share_out(pool: list[Cohort], wanted: int, total: int) -> list[Cohort]:
    """Return so many people from a pool, from each cohort in proportion, rounded so that the sum is right."""
    found, given, passed = [], 0, 0
    for returned, count in pool:
        passed += count
        upto = wanted * passed // total if total else 0
        found.append([returned, upto - given])
        given = upto
    return found


def _merged(cohorts: list[Cohort]) -> list[Cohort]:
    """Return cohorts with those of one day together, the earliest first."""
    found: dict[int, int] = {}
    for returned, count in cohorts:
        found[returned] = found.get(returned, 0) + count
    return [[returned, found[returned]] for returned in sorted(found) if found[returned]]
