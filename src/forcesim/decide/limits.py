"""Which limit binds the intake of the army whose lever it is: money, ceiling, pool, seats or instructors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forcesim import paths
from forcesim.processes.phases import LOCAL_ATTACK, WAR
from forcesim.result import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forcesim.arrays import Floats
    from forcesim.decide.futures import Futures
    from forcesim.expression import Key

__all__ = ["binding_limits", "limited"]

LIMIT = "intake_limit"
PHASE = ("phase", None)


def limited(futures: Futures, lever: str) -> list[str]:
    """Return the nations of a lever whose intake has limits that are written."""
    nations = futures.scenario.nations
    reached = paths.expand(lever, nations, futures.scenario.groups)
    parts = [paths.split(path) for path in reached]
    named = [str(part[1]) for part in parts if len(part) > 1 and part[0] == "nations"]
    return [nation for nation in dict.fromkeys(named) if (LIMIT, nation) in futures.plan.row_of]


def binding_limits(
    futures: Futures, nation: str, first: int, last: int, counted: Floats
) -> tuple[dict[str, Estimate], dict[str, float]]:
    """Return on which share of paths each limit binds in more months than any other, and how much of that is in war.

    Parameters
    ----------
    futures : Futures
        Of the scenario under the lever.
    nation : str
        Whose intake it is.
    first, last : int
        The months that are looked at.
    counted : float64 (path,)
        The answers to the question; a path that is nan does not count.

    Returns
    -------
    dict of limit to Estimate
        The most frequent first; ``"none"`` for paths on which none binds in any month.
    dict of limit to float
        Of the months in which it binds, the share at war; nothing where no phase is written.
    """
    key: Key = (LIMIT, nation)
    labels = futures.plan.vocabulary[LIMIT].labels
    names = [key, *([PHASE] if PHASE in futures.plan.row_of else [])]

    def work(values: Mapping[Key, Floats]) -> Floats:
        codes = np.stack([values[key][first:] == code for code in range(1, len(labels))])
        phase = values[PHASE][first:] if PHASE in values else np.zeros(codes.shape[1:])
        war = (phase == WAR) | (phase == LOCAL_ATTACK)
        return np.stack([codes.sum(axis=1), (codes & war).sum(axis=1)]).astype(np.float64)

    months, at_war = futures.values(names, last, work)[..., ~np.isnan(counted)]
    paths_there = months.shape[1]
    most = np.where(months.any(axis=0), months.argmax(axis=0) + 1, 0)
    found = {
        label: Estimate.of_count(int((most == code).sum()), paths_there, certain=futures.certain)
        for code, label in enumerate(labels)
        if (most == code).any()
    }
    in_war = {
        label: float(at_war[code].sum() / months[code].sum())
        for code, label in enumerate(labels[1:])
        if label in found and len(names) > 1
    }
    return dict(sorted(found.items(), key=lambda item: -item[1].value)), in_war
