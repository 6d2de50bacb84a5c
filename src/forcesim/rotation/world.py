"""What the processes of one replication share: the clock, the phase, and what is written down about everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import simpy

from forcesim.rotation.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from forcesim.rotation.layout import RotationLayout

__all__ = [
    "AVAILABLE",
    "BROKEN",
    "CATEGORIES",
    "CATEGORY",
    "DEPLOYED",
    "DWELL",
    "EXPIRED",
    "FORMING",
    "HAND_OVER",
    "MOBILISING",
    "OVERLAP",
    "PREPARING",
    "RECOVERY",
    "RESET",
    "STATES",
    "TOUR",
    "RotationWorld",
]

STATES = (
    "forming", "recovery", "reset", "available", "expired", "mobilising", "preparing", "deployed", "hand-over",
)  # fmt: skip
"""What a unit can be at; each state belongs to one of the four categories of the account."""

FORMING, RECOVERY, RESET, AVAILABLE, EXPIRED, MOBILISING, PREPARING, DEPLOYED, OVERLAP = range(len(STATES))
CATEGORIES = ("fill", "overlap", "idle", "not ready")
CATEGORY = (3, 3, 3, 2, 3, 3, 3, 0, 1)

BROKEN = ("dwell", "tour", "overlap")
"""Rules that can be broken."""

DWELL, TOUR, HAND_OVER = range(len(BROKEN))

RESTLESS = 1_000
"""Changes of one unit on one day beyond which time does not pass."""


def warm_up_days(layout: RotationLayout, streams: Streams) -> int:
    """Return the days before day 0 on which a replication begins; those beyond the warm-up are drawn."""
    opening = layout.opening
    if not opening.warm_up:
        return 0
    return opening.warm_up + int(opening.life * streams.uniform("world", "warm-up").next())


class RotationWorld:
    """One replication while it runs.

    Attributes
    ----------
    log : list of (unit, state, day, demand)
        Every change of state; the account is made from it afterwards, so that little is done within events.
    requests : list of (demand, day, units)
        Every change of what is asked for.
    breaks : list of (unit, rule, day, days, price)
        Every broken rule.
    departures : list of (unit, day, dwell)
        Every departure; dwell is -1 where the unit has not been away before.
    phases : list of (day, phase)
        Every change of phase.
    first : int
        Day on which it begins: 0, or before it where units are warmed up.
    under_way : mapping of demand to list of Slot
        Places of the demands that were under way before, until their process takes them over.
    """

    def __init__(
        self, layout: RotationLayout, seed: int, replication: int, rules: Mapping[str, Callable[[Any], Any]]
    ) -> None:
        """Begin on day 0 with nobody there."""
        self.layout, self.streams, self.rules = layout, Streams(seed, replication), rules
        self.first = -warm_up_days(layout, self.streams)
        self.env: Any = simpy.Environment(initial_time=self.first)
        self.last = layout.study.days
        self.phase = 0
        self.log: list[tuple[int, int, int, int]] = []
        self.requests: list[tuple[int, int, int]] = []
        self.breaks: list[tuple[int, int, int, int, float]] = []
        self.departures: list[tuple[int, int, int]] = []
        self.phases: list[tuple[int, int]] = []
        self.alarms: dict[int, Any] = {}
        self.under_way: dict[int, list[Any]] = {}
        self.listeners: list[Callable[[int], None]] = []

    def measured(self) -> bool:
        """Return whether what happens now counts: from day 0 on."""
        return bool(self.env.now >= 0)

    def from_day(self, day: int) -> Generator[Any, Any, None]:
        """Wait for a day, unless it is there."""
        if day > self.env.now:
            yield self.env.timeout(day - self.env.now)

    def enter_phase(self, phase: int) -> None:
        """Change the phase: its listeners (policies, demands, caveats, cadres) follow at once, in this order."""
        self.phase = phase
        self.phases.append((self.env.now, phase))
        for listener in list(self.listeners):
            listener(phase)
