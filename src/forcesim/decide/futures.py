"""Many questions of one scenario, answered path by path on futures that other scenarios share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import text
from forcesim.decide.asking import histories_of, spread
from forcesim.engine.block import draw_keys
from forcesim.expression import parse
from forcesim.machine import threads_here
from forcesim.plan import make_plan
from forcesim.question import Question

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from forcesim.arrays import Floats
    from forcesim.expression import Key
    from forcesim.question import Asked
    from forcesim.scenario import Scenario

__all__ = ["Futures", "asked_of"]


def asked_of(
    scenario: Scenario,
    questions: Sequence[tuple[str, str | None]],
    *,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
) -> list[Asked]:
    """Return questions, each with its condition or none, as they are asked of a scenario.

    With ``by`` a question that is a number is asked in that month.
    """
    vocabulary, found = make_plan(scenario).vocabulary, []
    for expression, given in questions:
        number = by is not None and not parse(text("question", expression), vocabulary).is_event
        question = Question(expression, at=by if number else at, by=None if number else by, given=given)
        found.append(question.check(vocabulary))
    return found


class Futures:
    """The futures of one scenario, each the same path by path as another scenario's with this seed.

    Parameters
    ----------
    scenario : Scenario
        With its policies applied.
    seed : int
        Of the draws.
    paths : int
        In the whole run; the strata of a Latin hypercube are as many.
    threads : int, optional
        Blocks run at once, all cores by default. Changes no result.
    """

    def __init__(self, scenario: Scenario, *, seed: int, paths: int, threads: int | None = None) -> None:
        """Plan the run."""
        self.scenario, self.plan = scenario, make_plan(scenario)
        self.keys, self.sampler = draw_keys(self.plan, seed), scenario.sampler(seed=seed, paths=paths)
        self.paths, self.threads = paths, threads or threads_here()

    @property
    def certain(self) -> bool:
        """Return whether every path is the same."""
        return not self.scenario.noise and not self.sampler.distributions

    def values(
        self,
        names: Sequence[Key],
        last: int,
        work: Callable[[Mapping[Key, Floats]], Floats],
        *,
        first: int = 0,
        count: int | None = None,
    ) -> Floats:
        """Return what ``work`` makes of some outcomes until a month, each (month, path): (..., path).

        Parameters
        ----------
        names : sequence of (outcome, nation or None)
            What it needs.
        last : int
            The last month.
        work : callable
            From the outcomes of a block to an array whose last axis is the path.
        first, count : int
            Which paths; all unless given.
        """
        rows, months = {key: self.plan.row_of[key] for key in names}, range(last + 1)

        def block(begin: int, some: int) -> Floats:
            numbers = self.sampler(begin, some)
            return work(
                histories_of(
                    self.plan, self.keys, numbers, begin, some, noise=self.scenario.noise, rows=rows, months=months
                )
            )

        return spread(first, self.paths if count is None else count, self.threads, block)

    def answers(self, asked: Sequence[Asked], *, first: int = 0, count: int | None = None) -> Floats:
        """Return the answers to questions, (question, path); nan where a path has none.

        Examples
        --------
        >>> import forcesim as fs
        >>> seed = fs.load("seed-figures")
        >>> Futures(seed, seed=1, paths=2).answers(asked_of(seed, [("gap", None)], at="2026-01")).tolist()
        [[500000.0, 500000.0]]
        """
        names = list(dict.fromkeys(name for one in asked for name in one.names))
        last = max(one.months.last if one.since is not None else one.month for one in asked)

        def work(values: Mapping[Key, Floats]) -> Floats:
            paths = len(next(iter(values.values()))[0])
            found = np.full((len(asked), paths), np.nan)
            for row, one in zip(found, asked, strict=True):
                answers = one.answers(values)
                row[answers.counted] = answers.values
            return found

        return self.values(names, last, work, first=first, count=count)
