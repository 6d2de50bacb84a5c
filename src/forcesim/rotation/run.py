"""One replication: the world is made, SimPy runs it, the account is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forcesim.rotation.board import Board, Kind
from forcesim.rotation.demands import begin_alarms, begin_demands, begin_phases, begin_withdrawals, first_phase
from forcesim.rotation.people import Roster
from forcesim.rotation.schools import SchoolHouse
from forcesim.rotation.tally import tally
from forcesim.rotation.units import Unit
from forcesim.rotation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import numpy.typing as npt

    from forcesim.rotation.board import Candidate
    from forcesim.rotation.layout import Layout

__all__ = ["make_world", "run_once"]


def make_world(
    layout: Layout, seed: int, replication: int, rules: Mapping[str, Callable[[Candidate], Any]] | None = None
) -> tuple[World, list[SchoolHouse]]:
    """Return a world on the morning of day 0."""
    world = World(layout, seed, replication, rules or {})
    world.phase = first_phase(world)
    world.phases.append((0, world.phase))
    world.board = Board(world)
    begin_alarms(world)
    world.units = [Unit(world, member) for member in layout.members]
    world.board.kinds = [Kind(world, number, demand) for number, demand in enumerate(layout.study.demands)]
    if layout.study.people is not None:
        world.people = Roster(world)
    begin_phases(world)
    begin_withdrawals(world)
    begin_demands(world)
    return world, [SchoolHouse(world, school) for school in layout.study.schools]


def run_once(
    layout: Layout, seed: int, replication: int, rules: Mapping[str, Callable[[Candidate], Any]] | None = None
) -> dict[str, npt.NDArray[np.generic]]:
    """Run one replication and return its account.

    Raises
    ------
    ProcessError
        If a day does not end, with the names of the units that wait.
    """
    world, schools = make_world(layout, seed, replication, rules)
    world.env.run(until=world.last)
    return tally(world, [school.measures() for school in schools])
