"""Rare events by splitting: populations of paths that climb level by level.

Let S be the margin of a path: below 0 where the event does not come true. Let L_1 < L_2 < ... < 0 be levels. A
population of 512 plain paths starts. At each level the paths below it are dropped. Copies of the others fill their
places (systematic resampling). Then every path is moved a few times: x' = sqrt(1 - b^2) x + b y, where x holds all
normal scores behind the path. A move that falls below the level is taken back. So the law of x given S >= L is kept.

    estimate = product over the levels of the part that passes  x  the part that arrives

With levels and moves fixed beforehand its mean is the chance, exactly. They are set by a population that does
not count. The error is the spread of independent populations. A path that came true stays so under no move for
certain, so many moves help; uncertain numbers move like draws.

References
----------
Au, S. K. and Beck, J. L. (2001), Estimation of small failure probabilities in high dimensions by subset simulation,
Probabilistic Engineering Mechanics 16(4), 263-277.
Cerou, F., Del Moral, P., Furon, T. and Guyader, A. (2012), Sequential Monte Carlo for rare event estimation,
Statistics and Computing 22, 795-808.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from forcesim.decide.methods import Found, Method, Pilot
from forcesim.errors import Fault, ResultError
from forcesim.randomness.address import fill_uniform, stream_keys
from forcesim.summary import CHUNK

if TYPE_CHECKING:
    from forcesim.arrays import Floats
    from forcesim.decide.asking import PathQuestion
    from forcesim.decide.scores import Scores

__all__ = ["Splitting"]


class Splitting(Method):
    """For what is rare: populations of paths that climb level by level."""

    name = "splitting"
    step = 2 * CHUNK
    SIZE = 2 * CHUNK
    """Paths in a population."""
    SURVIVE = 0.2
    """Of the paths, the part that a level shall let pass."""
    MOVES = 5
    """Moves of each path between two levels."""
    LEVELS = 40
    LEAST = 10
    """Populations at least: the error is the spread of their estimates."""
    BEGIN = 1 << 37
    """Where the addresses of moves begin."""

    def __init__(self, question: PathQuestion, learnt: Pilot | None, threads: int) -> None:
        """Set the levels, and how far to move below each, with a population of its own: then nothing is biased."""
        super().__init__(question, learnt, threads)
        if not question.expression.is_event:
            raise ResultError(Fault("method", "needs what is true or false", "splitting", "take 'sobol'"))
        self._resample = stream_keys(question.seed, [("splitting", "", "resample", 0)])
        self._populations = 0
        self.estimates: list[float] = []
        self.levels: list[float] = []
        self.far: list[float] = []
        self._climb(0, learn=True)

    @property
    def cost(self) -> int:
        """Return how many paths are run for one population."""
        return self.SIZE * (1 + self.MOVES * len(self.levels))

    def _run(self, scores: Scores) -> Floats:
        """Return margins and answers of a population, (2, path)."""
        question = self.question
        histories = question.histories(question.sampler.numbers(scores.uniforms()), 0, self.SIZE, other=scores)
        return np.stack([question.margins(histories), question.values(histories)])

    def _climb(self, population: int, *, learn: bool = False) -> float:
        """Return a population's estimate: the product of the parts that pass each level, then of those that arrive."""
        begin = self.BEGIN + population * self.SIZE * (1 + self.MOVES * self.LEVELS)
        blank, here, there = (self.question.scores(self.SIZE) for _ in range(3))
        blank.moved(1.0, begin, here)
        found, estimate, far, spin = self._run(here), 1.0, 0.5, np.empty((1, 1))
        for stage in range(self.LEVELS):
            if learn:
                level = float(np.quantile(found[0], 1.0 - self.SURVIVE))
                if level >= 0.0 or found[1].mean() >= self.SURVIVE:
                    return estimate
                if self.levels and level <= self.levels[-1]:
                    break
                self.levels.append(level)
                self.far.append(far)
            elif stage == len(self.levels):
                return estimate * float(found[1].mean())
            alive = np.flatnonzero(found[0] >= self.levels[stage])
            estimate *= len(alive) / self.SIZE
            if not len(alive):
                return 0.0
            fill_uniform(self._resample, stage, population, spin)
            chosen = alive[
                ((np.arange(self.SIZE) + spin[0, 0]) * (len(alive) / self.SIZE)).astype(np.int64) % len(alive)
            ]
            there.pick(here, chosen)
            here, there, found = there, here, found[:, chosen]
            for move in range(self.MOVES):
                first = begin + (1 + stage * self.MOVES + move) * self.SIZE
                here.moved(self.far[stage], first, there)
                tried = self._run(there)
                passed = tried[0] >= self.levels[stage]
                here.accept(there, passed)
                np.copyto(found, tried, where=passed)
                if learn:  # a third of the moves shall succeed
                    far = self.far[stage] = min(1.0, max(0.02, self.far[stage] * math.exp(float(passed.mean()) - 0.33)))
        where = f"stuck at a margin of {self.levels[-1]:,.4g}"
        raise ResultError(Fault("method", "splitting found no way to where it comes true", where))

    def up_to(self, paths: int) -> None:
        """Send out populations until so many paths are run, and at least 10."""
        wanted = max(self.LEAST, -(-paths // self.cost))
        todo = range(self._populations + 1, wanted + 1)
        with ThreadPoolExecutor(self.threads, thread_name_prefix="forcesim") as pool:
            self.estimates += pool.map(self._climb, todo)
        self._populations = max(self._populations, wanted)
        self.paths = self._populations * self.cost

    def work(self, first: int, count: int) -> Floats:  # pragma: no cover - populations take its place
        """Do nothing: :meth:`up_to` works by populations."""
        raise NotImplementedError

    take = work  # type: ignore[assignment]

    def found(self) -> Found:
        """Return the mean of the populations, and its error from their spread."""
        each = np.array(self.estimates)
        value, error = float(each.mean()), float(each.std(ddof=1)) / math.sqrt(len(each))
        variance = value * (1.0 - value)
        effective = int(min(variance / error**2, 1e18)) if error > 0.0 else len(each)
        return Found(value, error, variance, self.paths, effective, len(each) - 1.0)
