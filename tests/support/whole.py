"""Look at every row of a run: for contract tests, which results (outcomes only) cannot serve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.engine import Block, draw_keys
from forcesim.plan import Plan, make_plan

if TYPE_CHECKING:
    from forcesim.scenario import Scenario


@dataclass
class History:
    """All rows of a few paths, by month."""

    plan: Plan
    rows: np.ndarray  # (month, row, path)

    def series(self, name: str) -> np.ndarray:
        """Return a series as (month, nation, path), its slots summed."""
        for step in self.plan.steps:
            process = type(step.process)
            for place, series in enumerate(process.writes, start=len(process.reads)):
                if series.name == name:
                    first = step.at[place] if series.scope == "nation" else step.at[place][:1]
                    return np.stack([self.rows[:, row : row + series.slots].sum(axis=1) for row in first], axis=1)
        raise KeyError(name)


def history(
    scenario: Scenario, *, paths: int = 32, seed: int = 1, first: int = 0, months: int | None = None
) -> History:
    """Run one block and keep everything."""
    plan = make_plan(scenario)
    sampled = scenario.sampler(seed=seed, paths=first + paths)(first, paths)
    block = Block(plan, draw_keys(plan, seed), sampled, first=first, paths=paths, noise=scenario.noise)
    rows = []
    for month in range(months or plan.timeline.months):
        block.month(month)
        rows.append(block.state.copy())
    return History(plan, np.stack(rows))
