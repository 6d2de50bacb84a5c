"""A contingent, one contributor at a time: slow and obvious, own random numbers; shares no code with the library.

Whether something of rate h happens within a month is seen by waiting: an exponential wait of rate h shorter than one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


@dataclass
class Contributor:
    """One nation."""

    land_force: float
    willingness: float
    limit: float
    part_delivered: float = 1.0
    word_given: bool = False
    prepared: bool = False
    troops: int = 0


@dataclass
class Mission:
    """What everybody knows."""

    requested: int
    months_of_war: int
    offered: bool
    loss: float
    regain: float
    backstop_effect: float
    peers_effect: float
    ceasefire_effect: float
    leave: float
    leave_without_backstop: float
    leave_alone: float
    leave_in_war: float
    strain_effect: float
    preparation: float
    ramp: int
    exit: int
    deployable: float
    rotation: float
    surge: float
    delivery_median: float
    delivery_spread: float


def simulate(rng: random.Random, mission: Mission, nations: list[Contributor], months: int) -> dict[str, float]:
    """Return what stands after so many months."""

    def happens(rate: float) -> bool:
        return rate > 0 and rng.expovariate(rate) < 1

    asked = sum(nation.land_force for nation in nations if nation.willingness > 0)
    backed, share_in, strain, most = mission.offered, 0.0, 0.0, 0
    for nation in nations:
        nation.part_delivered = mission.delivery_median * math.exp(rng.gauss(0, mission.delivery_spread))
    for month in range(1, months + 1):
        ceasefire = month > mission.months_of_war
        if mission.offered:
            backed = not happens(mission.loss) if backed else happens(mission.regain)
        eagerness = math.exp(
            (mission.backstop_effect if backed else 0)
            + mission.peers_effect * share_in
            + (mission.ceasefire_effect if ceasefire else 0)
        )
        doubt = (0 if backed else mission.leave_without_backstop) + mission.leave_alone * (1 - share_in)
        there = (0 if ceasefire else mission.leave_in_war) + mission.strain_effect * strain
        for nation in nations:
            if not nation.word_given:
                nation.word_given = happens(nation.willingness * eagerness)
                nation.prepared = nation.word_given and nation.troops > 0  # its last soldiers had not left yet
            elif happens(mission.leave * math.exp(doubt + (there if nation.troops > 0 else 0))):
                nation.word_given = nation.prepared = False
            elif not nation.prepared:
                nation.prepared = happens(1 / mission.preparation)
        meant = [
            nation.part_delivered * min(nation.land_force * mission.deployable, nation.limit) for nation in nations
        ]
        kept_up = [nation.land_force * mission.deployable / mission.rotation for nation in nations]
        can = [min(pair) for pair in zip(meant, kept_up, strict=True)]
        together = sum(size for size, nation in zip(can, nations, strict=True) if nation.word_given)
        if together >= mission.requested:
            factor = mission.requested / together
        else:
            factor = 1 + (mission.surge - 1) * (1 - together / mission.requested)
        goals = 0
        for size, most_meant, nation in zip(can, meant, nations, strict=True):
            goal = int(min(size * factor, most_meant)) if nation.word_given else 0
            goals += goal
            if nation.troops > goal:
                nation.troops -= min(nation.troops - goal, max(1, math.ceil(size / mission.exit)))
            elif ceasefire and nation.prepared:
                nation.troops += min(goal - nation.troops, math.ceil(goal / mission.ramp))
        strain = max(0.0, min(factor, goals / max(together, 1)) - 1)
        share_in = sum(nation.land_force for nation in nations if nation.word_given) / asked
        most = max(most, sum(nation.troops for nation in nations))
    return {
        "contingent": sum(nation.troops for nation in nations),
        "contributors": sum(nation.word_given for nation in nations),
        "backstop": float(backed),
        "most": most,
    }
