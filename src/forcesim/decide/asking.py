"""One question of a scenario, answered path by path: no summary is kept, and no month after the date is run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from forcesim.decide.scores import Scores
from forcesim.engine.block import Block, draw_keys
from forcesim.errors import Fault, ProcessError
from forcesim.plan import make_plan
from forcesim.question import Question
from forcesim.summary import CHUNK
from forcesim.uncertainty import sampler

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from forcesim.arrays import Floats
    from forcesim.engine.block import OtherDraws
    from forcesim.expression import Key
    from forcesim.plan import Plan
    from forcesim.randomness.address import Keys
    from forcesim.scenario import Scenario

__all__ = ["PathQuestion", "histories_of", "spread"]

BLOCK = 1024
"""Paths in a block at most: few enough that each thread has several in a pilot."""


class PathQuestion:
    """An expression of a scenario, at a month or by it.

    Parameters
    ----------
    scenario : Scenario
        With its policies applied.
    expression : str
        A number (its mean is asked for), or something true or false (its chance).
    at, by : str, date or int, optional
        The month, or for what is true or false the last month of any; by the horizon unless given.
    seed : int
        Of the draws.
    every_month : bool
        Whether all months until the date are needed, so that :meth:`courses` can be asked for.

    Notes
    -----
    Uncertain numbers are sampled plainly, whatever the scenario's design: a method lays them out anew.
    """

    def __init__(
        self,
        scenario: Scenario,
        expression: str,
        *,
        at: str | dt.date | int | None = None,
        by: str | dt.date | int | None = None,
        seed: int,
        every_month: bool = False,
    ) -> None:
        """Check the question before any work starts."""
        self.scenario, self.plan = scenario, make_plan(scenario)
        asked = Question(expression, at=at, by=by).check(self.plan.vocabulary)
        self.expression, self.by, self.last = asked.expression, asked.by, asked.month
        self.whole, self.when = asked.whole or every_month, asked.when
        self.seed, self.keys = seed, draw_keys(self.plan, seed)
        self.sampler = sampler(scenario.uncertain(), scenario.tied(), design="plain", seed=seed, paths=1)
        self.rows = {key: self.plan.row_of[key] for key in self.expression.names}
        self.unit = self.expression.unit({outcome.name: outcome.unit for outcome in self.plan.outcomes})

    @property
    def certain(self) -> bool:
        """Return whether every path is the same."""
        return not self.scenario.noise and not self.sampler.distributions

    def histories(
        self,
        numbers: Mapping[str, Floats],
        first: int,
        count: int,
        *,
        other: OtherDraws | None = None,
    ) -> dict[tuple[str, str | None], Floats]:
        """Run a block and return what the expression needs, each (month, path)."""
        months = range(self.last + 1) if self.whole else range(self.last, self.last + 1)
        return histories_of(
            self.plan, self.keys, numbers, first, count,
            noise=self.scenario.noise, rows=self.rows, months=months, other=other,
        )  # fmt: skip

    def values(self, histories: Mapping[tuple[str, str | None], Floats]) -> Floats:
        """Return the answer on each path: a number, or 1 and 0 for true and false."""
        found = self.expression.evaluate(histories)
        return np.asarray(found.any(axis=0) if self.by else found[-1], dtype=np.float64)

    def courses(self, histories: Mapping[tuple[str, str | None], Floats], months: Sequence[int]) -> Floats:
        """Return the answer as it would be at (or by) each of some months, (month, path)."""
        found = self.expression.evaluate(histories)
        if self.by:
            found = np.logical_or.accumulate(found, axis=0)
        return np.asarray(found[list(months)], dtype=np.float64)

    def margins(self, histories: Mapping[tuple[str, str | None], Floats]) -> Floats:
        """Return how far each path is from true (below 0) or beyond it."""
        found = self.expression.margin(histories)
        return np.asarray(found.max(axis=0) if self.by else found[-1], dtype=np.float64)

    def scores(self, paths: int) -> Scores:
        """Return room for all chance of some paths until the date."""
        numbers = len(self.sampler.distributions)
        return Scores(self.plan, self.keys, numbers, seed=self.seed, paths=paths, last=self.last)

    def spread(self, first: int, count: int, threads: int, work: Callable[[int, int], Floats]) -> Floats:
        """Do blocks of consecutive paths on threads; return (..., path) in the order of the paths."""
        return spread(first, count, threads, work)


def histories_of(
    plan: Plan,
    keys: list[list[Keys]],
    numbers: Mapping[str, Floats],
    first: int,
    count: int,
    *,
    noise: bool,
    rows: Mapping[Key, int],
    months: range,
    other: OtherDraws | None = None,
) -> dict[Key, Floats]:
    """Run a block of consecutive paths until the last of some months; return rows of its state, each (month, path).

    Raises
    ------
    ProcessError
        If one of them is no finite number.
    """
    block = Block(plan, keys, numbers, first=first, paths=count, noise=noise, other=other)
    found = {key: np.empty((len(months), count)) for key in rows}
    for month in range(months.stop):
        block.month(month)
        if month in months:
            for key, row in rows.items():
                found[key][month - months.start] = block.state[row]
    for (name, nation), values in found.items():
        if not np.isfinite(values).all():
            who = name + (f"[{nation}]" if nation else "")
            place = f"paths {first} to {first + count - 1}"
            raise ProcessError(Fault(who, "must be a finite number", place, "forcesim.reproduce shows one path"))
    return found


def spread(first: int, count: int, threads: int, work: Callable[[int, int], Floats]) -> Floats:
    """Do blocks of consecutive paths on threads; return (..., path) in the order of the paths."""
    spans = [(begin, min(BLOCK, first + count - begin)) for begin in range(first, first + count, BLOCK)]
    if threads == 1 or len(spans) == 1:
        return np.concatenate([work(*span) for span in spans], axis=-1)
    with ThreadPoolExecutor(threads, thread_name_prefix="forcesim") as pool:
        return np.concatenate(list(pool.map(lambda span: work(*span), spans)), axis=-1)


assert BLOCK % CHUNK == 0
