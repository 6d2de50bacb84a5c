"""One replication: the world is made, SimPy runs it, the account is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from forcesim.rotation.board import Board
from forcesim.rotation.demands import (
    begin_alarms,
    begin_demands,
    begin_measurement,
    begin_phases,
    begin_withdrawals,
    first_phase,
)
from forcesim.rotation.people import Roster
from forcesim.rotation.schools import SchoolHouse
from forcesim.rotation.slots import RunningDemand
from forcesim.rotation.tally import tally
from forcesim.rotation.units import Unit
from forcesim.rotation.world import RotationWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forcesim.packing import Arrays
    from forcesim.rotation.layout import RotationLayout
    from forcesim.rotation.slots import Candidate

__all__ = ["Replication", "make_replication", "run_once"]


class Replication(NamedTuple):
    """Everything that one replication is made of."""

    world: RotationWorld
    board: Board
    units: list[Unit]
    people: Roster | None
    schools: list[SchoolHouse]

    def account(self) -> Arrays:
        """Return the account of a replication that has run."""
        return tally(self.world, self.board.kinds, self.people, [school.measures() for school in self.schools])


def make_replication(
    layout: RotationLayout, seed: int, replication: int, rules: Mapping[str, Callable[[Candidate], Any]] | None = None
) -> Replication:
    """Return a replication on the morning of its first day."""
    world = RotationWorld(layout, seed, replication, rules or {})
    world.phase = first_phase(world)
    world.phases.append((0, world.phase))  # of the days that count
    board = Board(world)
    people = None if layout.study.people is None else Roster(world)
    begin_alarms(world)
    units = [Unit(board, people, member) for member in layout.members]
    board.units = units
    board.kinds = [RunningDemand(layout, units, number) for number in range(len(layout.study.demands))]
    for kind in board.kinds:
        if layout.opening.lasting[kind.index]:
            world.under_way[kind.index] = board.slots(kind, world.first, kind.quantity)
    if people is not None:
        people.man(units)

    def meet(phase: int) -> None:
        for unit in units:
            unit.meet_phase(phase)

    world.listeners.insert(0, meet)  # units hear of a phase before cadres, demands and caveats do
    begin_phases(world)
    begin_withdrawals(board)
    begin_demands(board)
    begin_measurement(board)
    world.listeners.append(lambda _phase: board.retry())  # and who waits is looked at when all have heard of it
    schools = [SchoolHouse(world, people, school) for school in layout.study.schools]
    return Replication(world, board, units, people, schools)


def run_once(
    layout: RotationLayout, seed: int, replication: int, rules: Mapping[str, Callable[[Candidate], Any]] | None = None
) -> Arrays:
    """Run one replication and return its account.

    Raises
    ------
    ProcessError
        If a day does not end, with the names of the units that wait.
    """
    made = make_replication(layout, seed, replication, rules)
    made.world.env.run(until=made.world.last)
    return made.account()
