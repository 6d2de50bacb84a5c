"""What the processes of one replication share: the clock, the phase, and what is written down about everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import simpy

from forcesim.rotation.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    """

    def __init__(
        self, layout: RotationLayout, seed: int, replication: int, rules: Mapping[str, Callable[[Any], Any]]
    ) -> None:
        """Begin on day 0 with nobody there."""
        self.env: Any = simpy.Environment()
        self.layout, self.streams, self.rules = layout, Streams(seed, replication), rules
        self.last = layout.study.days
        self.phase = 0
        self.log: list[tuple[int, int, int, int]] = []
        self.requests: list[tuple[int, int, int]] = []
        self.breaks: list[tuple[int, int, int, int, float]] = []
        self.departures: list[tuple[int, int, int]] = []
        self.phases: list[tuple[int, int]] = []
        self.alarms: dict[int, Any] = {}
        self.listeners: list[Callable[[int], None]] = []

    def enter_phase(self, phase: int) -> None:
        """Change the phase: its listeners (policies, demands, caveats, cadres) follow at once, in this order."""
        self.phase = phase
        self.phases.append((self.env.now, phase))
        for listener in list(self.listeners):
            listener(phase)
