"""What the processes of one replication share: the clock, the phase, and what is written down about everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import simpy

from forcesim.errors import Fault, ProcessError
from forcesim.rotation.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forcesim.rotation.board import Board, Candidate
    from forcesim.rotation.layout import Layout
    from forcesim.rotation.people import Roster
    from forcesim.rotation.units import Unit

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
    "World",
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


class World:
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
        self, layout: Layout, seed: int, replication: int, rules: Mapping[str, Callable[[Candidate], Any]]
    ) -> None:
        """Begin on day 0 with nobody there."""
        self.env: Any = simpy.Environment()
        self.layout, self.streams, self.rules = layout, Streams(seed, replication), rules
        self.last = layout.study.days
        self.phase = 0
        self.units: list[Unit] = []
        self.board: Board
        self.people: Roster | None = None
        self.log: list[tuple[int, int, int, int]] = []
        self.requests: list[tuple[int, int, int]] = []
        self.breaks: list[tuple[int, int, int, int, float]] = []
        self.departures: list[tuple[int, int, int]] = []
        self.phases: list[tuple[int, int]] = []
        self.alarms: dict[int, Any] = {}
        self.listeners: list[Callable[[int], None]] = []

    def enter_phase(self, phase: int) -> None:
        """Change the phase: policies, demands, caveats and cadres follow at once."""
        self.phase = phase
        self.phases.append((self.env.now, phase))
        for unit in self.units:
            unit.meet_phase(phase)
        for listener in list(self.listeners):
            listener(phase)
        self.board.retry()

    def stuck(self, unit: Unit) -> ProcessError:
        """Return the error of a day that does not end."""
        active = [other.name for other in self.units if other.restless > RESTLESS // 2]
        waiting = self.board.waiting_names()
        names = ", ".join(active[:10]) + (" ..." if len(active) > 10 else "")
        wait = f"; demands that wait: {', '.join(waiting[:10])}" if waiting else ""
        remedy = f"units that wait for a day that never comes: {names}{wait}; give their policy at least one day"
        found = f"{RESTLESS} changes on day {self.env.now}"
        return ProcessError(Fault(f"units {unit.name}", "must let time pass", found, remedy))
