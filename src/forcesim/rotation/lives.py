"""A policy as one unit meets it: its numbers, what chance makes of them, and how long a life is under it.

A life begins with a return. It has days at home, preparation, and a tour; or, where nobody asks for the unit, days
at home until its cycle begins anew.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forcesim.rotation.durations import MOST_DAYS, NO_DAY

if TYPE_CHECKING:
    from forcesim.rotation.durations import Days
    from forcesim.rotation.sections import RotationPolicy
    from forcesim.rotation.streams import FixedDays, Stream, Streams, WholeDays

__all__ = ["Cycle", "Life", "Rules", "biased", "idle_days"]

TAIL = 1e-6
"""Chance beyond which a duration without an end is cut off where lives are drawn by their length."""


class Cycle(NamedTuple):
    """The durations of one cycle, in days; ``NO_DAY`` for what the policy does not have."""

    mobilise: int
    prepare: int
    recovery: int
    available_from: int
    cycle: int = NO_DAY
    until: int = NO_DAY
    window: int = NO_DAY


class Life(NamedTuple):
    """A life in days: at home, waiting for an order, from the order to the arrival, away."""

    home: int
    waits: int
    lead: int
    away: int

    @property
    def days(self) -> int:
        """Return all its days, at least one."""
        return max(1, sum(self))


class Rules:
    """A policy as one unit meets it: numbers, and streams for what is drawn."""

    __slots__ = (
        "always", "counts", "dwell", "dwell_limit", "dwell_price", "fixed", "most", "overlap", "overlap_price",
        "streams", "tour", "tour_limit", "tour_price",
    )  # fmt: skip

    def __init__(self, policy: RotationPolicy, name: str, streams: Streams, phase: str = "") -> None:
        """Take the numbers of a policy; one stream a mechanism, and others for a policy that only some phase has."""
        parts = {
            "mobilisation": 0, "preparation": 0, "recovery": 0, "available_from": 0, "cycle": 1, "available_until": 0,
            "window": 0,
        }  # fmt: skip
        given: list[Days | None] = [getattr(policy, part) for part in parts]
        self.streams: list[WholeDays | FixedDays | None] = [
            None if days is None else streams.days(name, f"{part} in {phase}" if phase else part, days, least)
            for (part, least), days in zip(parts.items(), given, strict=True)
        ]
        self.fixed = all(days is None or days.law is None for days in given)
        self.most = given
        rule = policy.tour
        self.tour, self.tour_limit, self.tour_price = rule.guidance, rule.limit_above, rule.penalty
        rule = policy.minimum_dwell
        self.dwell, self.dwell_limit, self.dwell_price = rule.guidance, rule.limit_below, rule.penalty
        self.overlap, self.overlap_price = policy.overlap.guidance, policy.overlap.penalty
        self.always, self.counts = policy.overlap_always, policy.counts_preparation

    def draw(self) -> Cycle:
        """Return the durations of the next cycle."""
        return Cycle(*(NO_DAY if stream is None else stream.next() for stream in self.streams))

    def longest(self) -> Cycle:
        """Return durations that none exceeds, save with a chance of ``TAIL``."""
        return Cycle(*(NO_DAY if days is None else _longest(days) for days in self.most))

    def life(self, drawn: Cycle, *, short: bool, waits: int = 0) -> Life:
        """Return a life in which the unit is sent; ``short``: as soon and as long as the tolerances admit."""
        lead = drawn.mobilise + drawn.prepare
        spent = 0 if self.counts else lead
        dwell = self.dwell_limit if short else self.dwell
        tour = self.tour_limit if short else self.tour
        home = max(drawn.available_from, drawn.recovery, dwell - spent)
        return Life(home, waits, lead, max(0, tour - (lead if self.counts else 0)))


def idle_days(drawn: Cycle) -> int:
    """Return the days of a cycle in which nobody asks for the unit; ``NO_DAY`` where it stays ready for ever."""
    if drawn.window < NO_DAY:
        close = drawn.available_from + drawn.window
        return max(1, close, drawn.cycle if drawn.cycle < NO_DAY else 0)
    if drawn.cycle < NO_DAY:
        return drawn.cycle
    return drawn.until


def biased(rules: Rules, chance: Stream, *, short: bool, waits: int, idle: bool) -> Cycle:
    """Return the cycle that covers a given day: a cycle's chance to cover it is in proportion to its length.

    By rejection: a cycle is drawn as usual, and kept with a chance of its length over the longest (Feller, 1971, An
    Introduction to Probability Theory and Its Applications II, section I.4, on the paradox of waiting times).
    """
    if rules.fixed:
        return rules.draw()

    def days(drawn: Cycle) -> int:
        return idle_days(drawn) if idle else rules.life(drawn, short=short, waits=waits).days

    bound = days(rules.longest())
    while True:
        drawn = rules.draw()
        if bound >= NO_DAY or chance.next() * bound <= days(drawn):
            return drawn


def _longest(days: Days) -> int:
    """Return days that a duration does not exceed, save with a chance of ``TAIL``."""
    most = days.most
    if math.isinf(most):
        assert days.law is not None
        most = float(days.law.quantile(np.array([1.0 - TAIL]))[0])
    return min(MOST_DAYS, math.ceil(most))
