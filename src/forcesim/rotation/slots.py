"""What sourcing is about: a demand while it runs, its slots, the orders that fill them, and what it needs of a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from forcesim.rotation.layout import RotationLayout
    from forcesim.rotation.sections import UnitGroup

__all__ = ["Candidate", "Order", "RunningDemand", "Sendable", "Slot"]

NOBODY: AbstractSet[str] = frozenset()


class Candidate(NamedTuple):
    """What a rule of your own is told of a unit; the least of what it returns is sent.

    A rule returns a number, a text, or a tuple of them, and reads nothing but its candidate: each replication has a
    copy of the rule, so that what it remembers of one cannot change another.

    Attributes
    ----------
    name, nation, component, type : str
        Which unit.
    size : int
        Its persons.
    days_home : int
        Days since its last return.
    days_away, tours : int
        Days of its tours so far, and how many.
    days_late : int
        Days after the need at which it would arrive.
    effectiveness : float
        What it is worth there.
    demand : str
        Where it would be sent.
    """

    name: str
    nation: str
    component: str
    type: str
    size: int
    days_home: int
    days_away: int
    tours: int
    days_late: int
    effectiveness: float
    demand: str


class Sendable(Protocol):
    """What sourcing and the roster need of a unit; :class:`forcesim.rotation.units.Unit` is one."""

    name: str
    index: int
    nation: str
    component: str
    group: UnitGroup
    order: Order | None
    free: int
    strained: int
    ready: int
    close: int
    lead: int
    dwell_price: float
    returned: int
    away_days: int
    tours: int
    stamp: int
    rank: tuple[Any, ...]
    restless: int
    relieved: bool
    recalled: bool

    def wake(self) -> None:
        """Look afresh at where it stands."""

    def take(self, order: Order) -> None:
        """Receive an order."""

    def excuse(self) -> None:
        """Be told that an order is called off."""

    def leave_by(self, day: int) -> None:
        """Be withdrawn by a day."""


class RunningDemand:
    """A demand while a replication runs: who may fill it, who may not just now, and what came of it."""

    def __init__(self, layout: RotationLayout, units: Sequence[Sendable], index: int) -> None:
        """Begin with no spell of it."""
        found, demand = layout.serving[index], layout.study.demands[index]
        self.index, self.demand, self.name = index, demand, demand.name
        self.quantity, self.priority = demand.quantity, demand.priority
        self.longest_lead, self.least_lead = found.longest_lead, found.least_lead
        self.worth = found.worth
        self.pool = [units[unit] for unit in found.worth]
        self.types = tuple(dict.fromkeys(unit.group.type for unit in self.pool))
        self.most: dict[str, int] = {}
        self.out: dict[str, int] = {}
        self.there: dict[str, int] = {}
        self.tolerant = found.tolerant
        self.spells: list[list[Slot]] = []
        self.waiting: list[Slot] = []
        self.open = self.started = self.lost = 0
        self.taken = 0  # places of before day 0 that a spell has taken over

    def shut(self, slot: Slot) -> AbstractSet[str]:
        """Return the nations that let no unit go there now."""
        if not (self.out or self.most):
            return NOBODY
        return {nation for nation in (*self.out, *self.most) if not self.admits(nation, slot)}

    def admits(self, nation: str, slot: Slot) -> bool:
        """Return whether a nation lets a unit go there now; who relieves his own nation's unit takes its place."""
        if self.out.get(nation):
            return False
        if nation not in self.most:
            return True
        own = slot.incumbent is not None and slot.incumbent.nation == nation
        return self.there.get(nation, 0) < self.most[nation] + own


@dataclass(slots=True)
class Order:
    """Where a unit is to go, and on which day it sets out (mobilisation included)."""

    slot: Slot
    unit: Sendable
    go: int


class Slot:
    """One unit's place in a spell of a demand."""

    __slots__ = ("closed", "desperate", "incumbent", "key", "kind", "leaving", "need", "relief", "serial", "waits")

    def __init__(self, kind: RunningDemand, need: int, serial: int) -> None:
        """Begin empty; ``need`` is the first day on which a unit is wanted."""
        self.kind, self.need, self.serial = kind, need, serial
        self.incumbent: Sendable | None = None
        self.leaving: Sendable | None = None
        self.relief: Order | None = None
        self.desperate = self.closed = self.waits = False
        self.key = (kind.priority, need, serial)

    def __lt__(self, other: Slot) -> bool:
        """Return whether this one is served first."""
        return self.key < other.key

    def arrive(self, unit: Sendable) -> None:
        """Take in a unit; the one before it hands over."""
        before, self.incumbent = self.incumbent, unit
        self.relief, self.desperate = None, False
        if before is not None:
            before.relieved = True
            before.wake()
