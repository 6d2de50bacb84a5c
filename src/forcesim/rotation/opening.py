"""The first day: which demands are under way, what share of its time a unit is away, how long a warm-up takes.

A unit's life covers day 0 with its tour in proportion to the tour's share of it. Where every unit is sent as soon
as it may be, or nobody is sent at all, a position that is drawn in such a life is exactly stationary. Else units
start from such positions some lives before day 0, with the demands of day 0, and what they do until then is thrown
away. How much earlier is drawn within one life more, so that no day of a rotation in step is preferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from forcesim.rotation.durations import DAYS_A_YEAR, MOST_DAYS, mean_of_whole_days

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forcesim.rotation.durations import Days
    from forcesim.rotation.sections import Demand, RotationPolicy, UnitGroup
    from forcesim.rotation.study import RotationFields

__all__ = ["Opening", "is_begun", "is_there", "phase_of_day_0"]

LIVES = 3
"""Lives of the slowest unit that a warm-up lasts at least."""

MEAN_DURATIONS = 5
"""Mean durations of the crises that a warm-up lasts at least."""


def phase_of_day_0(study: RotationFields) -> str:
    """Return the phase of day 0."""
    phases = study.phases
    if phases is None:
        return study.phase_names[0]
    if phases.dated is not None:
        return next(name for day, name in phases.dated.items() if study.day(day) == 0)
    if phases.chain is not None:
        return phases.chain.start
    assert phases.following is not None
    return phases.following.before


def is_begun(study: RotationFields, demand: Demand) -> bool:
    """Return whether a demand is under way before day 0."""
    if demand.phases is not None:
        return demand.begun is not False and phase_of_day_0(study) in demand.phases
    if demand.begun is not None:
        return demand.begun
    if demand.package and demand.rate_per_year is None:
        return False
    leads = study.phases is not None and study.phases.following is not None
    if leads and study.phases.following.demand == demand.name:  # type: ignore[union-attr]
        return False
    return demand.rate_per_year is not None or study.day(demand.start) == 0


def is_there(study: RotationFields, group: UnitGroup) -> bool:
    """Return whether the units of a group exist on day 0."""
    return group.activation is None and study.day(group.joins) <= 0


def _whole_life(policy: RotationPolicy, *, short: bool) -> tuple[float, float]:
    """Return the days of a life in which a unit is sent, and those of its tour, as means."""

    def mean(days: Days) -> float:
        return mean_of_whole_days(days, 0)

    lead = mean(policy.mobilisation) + mean(policy.preparation)
    dwell = policy.minimum_dwell.limit_below if short else policy.minimum_dwell.guidance
    tour = policy.tour.limit_above if short else policy.tour.guidance
    home = max(mean(policy.available_from), mean(policy.recovery), dwell - (0.0 if policy.counts_preparation else lead))
    away = max(0.0, tour - (lead if policy.counts_preparation else 0.0))
    return home + lead + away, away


@dataclass(frozen=True)
class Share:
    """How much of its time a unit is away: as a share, and whether this is as much as the tolerances admit.

    ``waits`` are the days of a life in which the unit is ready and not asked for.
    """

    away: float
    short: bool
    waits: int


@dataclass(frozen=True)
class Opening:
    """What a study says of its first day.

    Parameters
    ----------
    study : RotationFields
        The study.
    pools : sequence of mapping of group to worth
        Who may fill each demand.
    """

    study: RotationFields
    pools: Sequence[Mapping[int, int]]

    @cached_property
    def begun(self) -> tuple[bool, ...]:
        """Return which demands are under way before day 0."""
        return tuple(is_begun(self.study, demand) for demand in self.study.demands)

    @cached_property
    def lasting(self) -> tuple[bool, ...]:
        """Return which of them have places that are known on day 0: neither crises nor packages."""
        return tuple(
            begun and demand.rate_per_year is None and not demand.package
            for begun, demand in zip(self.begun, self.study.demands, strict=True)
        )

    def policy(self, group: UnitGroup) -> RotationPolicy:
        """Return a group's policy on day 0."""
        name = group.policy
        if not isinstance(name, str):
            name = name.get(phase_of_day_0(self.study)) or name["other"]
        return self.study.policies[name]

    def units_of(self, pool: Mapping[int, int]) -> int:
        """Return the units of a pool that there are on day 0."""
        groups = self.study.units
        return sum(groups[number].count for number in pool if is_there(self.study, groups[number]))

    @cached_property
    def shares(self) -> tuple[Share, ...]:
        """Return how much of its time a unit of each group is away, if all who may serve share alike."""
        wanted = [0.0] * len(self.study.units)
        for demand, pool, begun in zip(self.study.demands, self.pools, self.begun, strict=True):
            units = self.units_of(pool)
            if begun and units:
                for number in pool:
                    wanted[number] += demand.quantity * self._time_on(demand) / units
        return tuple(self._share(group, many) for group, many in zip(self.study.units, wanted, strict=True))

    @staticmethod
    def _time_on(demand: Demand) -> float:
        """Return how many spells of a demand there are on a day, on average."""
        if demand.rate_per_year is None:
            return 1.0
        assert demand.duration is not None
        return demand.rate_per_year / DAYS_A_YEAR * mean_of_whole_days(demand.duration, 1)

    def _share(self, group: UnitGroup, wanted: float) -> Share:
        """Return the share of a group of which so many places are wanted for each unit."""
        policy = self.policy(group)
        life, away = _whole_life(policy, short=False)
        tour = policy.tour.guidance
        beyond = wanted * tour / max(1, tour - policy.overlap.guidance)
        if not wanted or not away:
            return Share(0.0, short=False, waits=0)
        if beyond >= away / life:
            life, away = _whole_life(policy, short=True)
            return Share(away / life, short=True, waits=0)
        return Share(beyond, short=False, waits=round(away / beyond - life))

    @cached_property
    def alone(self) -> bool:
        """Return whether the cycle alone drives deployment: each unit is always sent as soon as may be, or never."""
        study = self.study
        if study.caveats:
            return False
        open_ended = [lasting and study.demands[place].duration is None for place, lasting in enumerate(self.lasting)]
        for number, share in enumerate(self.shares):
            mine = [place for place, pool in enumerate(self.pools) if number in pool and self.begun[place]]
            enough = any(study.demands[place].quantity >= self.units_of(self.pools[place]) for place in mine)
            if share.away and not (enough and all(open_ended[place] for place in mine)):
                return False
        return True

    @cached_property
    def life(self) -> int:
        """Return the days of the longest life of a unit that starts stationary, or of a crisis; 0 if there is none."""
        longest = 0.0
        for number, group in enumerate(self.study.units):
            if group.start != "stationary" or not group.count or not is_there(self.study, group):
                continue
            if not self.shares[number].away:
                continue
            life, away = _whole_life(self.policy(group), short=self.shares[number].short)
            mine = [
                demand
                for place, demand in enumerate(self.study.demands)
                if number in self.pools[place] and self.begun[place]
            ]
            spells = [mean_of_whole_days(one.duration, 1) for one in mine if one.duration is not None]
            there = max(spells) if spells and len(spells) == len(mine) else away
            longest = max(longest, life - away + min(away, there))
        return min(MOST_DAYS, round(longest))

    @cached_property
    def warm_up(self) -> int:
        """Return the days that are simulated before day 0 at least; as many more as :attr:`life` are drawn."""
        if self.study.warm_up is not None:
            return self.study.warm_up
        if self.alone or not self.life:
            return 0
        crises = [
            mean_of_whole_days(demand.duration, 1)
            for demand, begun in zip(self.study.demands, self.begun, strict=True)
            if begun and demand.rate_per_year is not None and demand.duration is not None
        ]
        return min(2 * MOST_DAYS, round(max(LIVES * self.life, MEAN_DURATIONS * max(crises, default=0.0))))

    @cached_property
    def spread(self) -> tuple[tuple[int, int], ...]:
        """Return for each unit its place among the staggered ones of its kind and policy, and their number."""
        kinds = [(group.type, str(group.policy)) for group in self.study.units if group.start == "staggered"]
        many = dict.fromkeys(kinds, 0)
        found: list[list[tuple[int, int]]] = []
        for group in self.study.units:
            kind = (group.type, str(group.policy))
            staggered = group.start == "staggered"
            found.append([(many[kind] + place if staggered else 0, 0) for place in range(group.count)])
            if staggered:
                many[kind] += group.count
        return tuple(
            (place, many.get((group.type, str(group.policy)), 0))
            for group, places in zip(self.study.units, found, strict=True)
            for place, _ in places
        )
