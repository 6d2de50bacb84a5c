"""Ways to estimate one number from paths: the same mean, with another variance and another cost.

==============  ====================================================================================================
``plain``       independent paths
``control``     what leading coordinates of chance and of uncertain numbers explain is taken out: their mean is known
                to be 0; coefficients come from the other half of the paths, so nothing is biased (Avramidis and
                Wilson 1993)
``sobol``       uncertain numbers and leading coordinates of chance from scrambled Sobol points, in 32 independent
                replicates, whose spread is the error (Owen 1997; L'Ecuyer and Lemieux 2000)
``splitting``   for what is rare: see :mod:`forcesim.decide.splitting`
==============  ====================================================================================================

References
----------
Avramidis, A. N. and Wilson, J. R. (1993), A splitting scheme for control variates, Operations Research Letters 14.
L'Ecuyer, P. and Lemieux, C. (2000), Variance reduction via lattice rules, Management Science 46(9), 1214-1235.
Owen, A. B. (1997), Scrambled net variance for integrals of smooth functions, Annals of Statistics 25(4), 1541-1562.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from forcesim.decide.coordinates import Coordinate, MovedCoordinates, candidates, project
from forcesim.errors import Fault, ResultError
from forcesim.summary import CHUNK
from forcesim.uncertainty import sobol_points

if TYPE_CHECKING:
    from forcesim.arrays import Floats
    from forcesim.decide.asking import PathQuestion

__all__ = ["Control", "Found", "Method", "Pilot", "Plain", "Sobol", "pilot"]

PILOT = 4096
"""Paths that tell what an answer depends on, and what a plain path costs."""

FAR = 1 << 39
"""Where the pilot's paths begin: no run comes so far, so what is learnt from them biases nothing."""

MOST = 32
"""Coordinates of chance that are used at most."""

SIGNIFICANT = 4.0
"""A coordinate counts if its correlation with the answer is as many standard errors from 0."""


def _ndtri(u: Floats) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(u))


@dataclass(frozen=True, slots=True)
class Pilot:
    """What some plain paths told.

    Attributes
    ----------
    chosen : tuple of Coordinate
        Coordinates of chance on which the answer hangs, the strongest first.
    numbers : tuple of int
        Uncertain numbers (by rank) on which it hangs, the strongest first.
    correlations : mapping of str to float
        Of each of these with the answer, by name.
    scores : float64 (number + coordinate, path)
        Standard normal scores of the pilot's paths, first of ``numbers``, then of ``chosen``.
    answers, margins : float64 (path,)
        The answers, and how far from true (the answers again, for a number).
    seconds : float
        That a plain path takes.
    """

    chosen: tuple[Coordinate, ...]
    numbers: tuple[int, ...]
    correlations: dict[str, float]
    scores: Floats
    answers: Floats
    margins: Floats
    seconds: float


def pilot(question: PathQuestion, threads: int) -> Pilot:
    """Run the pilot of a question."""
    plain = Plain(question, None, threads)
    plain.work(FAR - CHUNK, CHUNK)  # compiles, and fills the caches

    def both(first: int, count: int) -> Floats:
        histories = question.histories(question.sampler(first, count), first, count)
        values = question.values(histories)
        return np.stack([values, question.margins(histories) if question.expression.is_event else values])

    begun = time.perf_counter()
    values, margins = question.spread(FAR, PILOT, threads, both)
    seconds = (time.perf_counter() - begun) / PILOT
    every = candidates(question.plan, question.last)
    chance = question.spread(FAR, PILOT, threads, lambda f, c: _projected(question, every, f, c))
    numbers = _ndtri(question.sampler.uniforms(FAR, PILOT)) if question.sampler.distributions else np.empty((0, PILOT))
    strength = [np.maximum(_correlation(x, values), _correlation(x, margins)) for x in (numbers, chance)]
    kept = [[int(k) for k in np.argsort(-s, kind="stable") if s[k] > SIGNIFICANT / math.sqrt(PILOT)] for s in strength]
    chosen = kept[1][:MOST]
    names = list(question.sampler.distributions)
    told = {names[k]: float(strength[0][k]) for k in kept[0]}
    told |= {every[k].name(question.plan): float(strength[1][k]) for k in chosen}
    scores = np.concatenate([numbers[kept[0]], chance[chosen]])
    return Pilot(tuple(every[k] for k in chosen), tuple(kept[0]), told, scores, values, margins, seconds)


def _projected(question: PathQuestion, coordinates: list[Coordinate], first: int, count: int) -> Floats:
    return project(question.plan, question.keys, coordinates, first=first, paths=count, last=question.last)


def _correlation(x: Floats, y: Floats) -> Floats:
    """Return the size of each row's correlation with y; 0 where either is constant."""
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.abs(x @ y) / np.sqrt((x * x).sum(axis=1) * (y @ y))
    return np.asarray(np.nan_to_num(found))


@dataclass(frozen=True, slots=True)
class Found:
    """An estimate before it has an interval.

    Attributes
    ----------
    value, error : float
        Of the mean, and its standard error.
    variance : float
        Of a single plain path, as this method's paths show it.
    freedom : float
        Degrees of freedom of the error.
    n, effective : int
        Paths, and as many independent ones at the most (weights).
    """

    value: float
    error: float
    variance: float
    n: int
    effective: int
    freedom: float = math.inf


class Method(ABC):
    """One way to estimate, in the middle of doing it.

    Parameters
    ----------
    question : PathQuestion
        What is asked.
    learnt : Pilot
        What is known of it.
    threads : int
        Blocks run at once.
    """

    name: ClassVar[str]
    step: ClassVar[int] = CHUNK
    """Paths come in multiples of this."""
    most: ClassVar[int] = 1 << 38
    """Paths at most."""

    def __init__(self, question: PathQuestion, learnt: Pilot | None, threads: int) -> None:
        """Begin with no path."""
        self.question, self.threads = question, threads
        self._learnt, self.paths = learnt, 0

    @property
    def learnt(self) -> Pilot:
        """Return the pilot."""
        assert self._learnt is not None
        return self._learnt

    @abstractmethod
    def work(self, first: int, count: int) -> Floats:
        """Do a block of paths: (row, path) of what this method keeps of a path."""

    @abstractmethod
    def take(self, rows: Floats) -> None:
        """Take in paths that are done, in their order."""

    @abstractmethod
    def found(self) -> Found:
        """Return the estimate so far."""

    def up_to(self, paths: int) -> None:
        """Go on to so many paths, rounded up to whole steps."""
        paths = -(-paths // self.step) * self.step
        batch = max(self.step, (1 << 16) // self.step * self.step)
        while self.paths < paths:
            count = min(batch, paths - self.paths)
            self.take(self.question.spread(self.paths, count, self.threads, self.work))
            self.paths += count


class Plain(Method):
    """Independent paths."""

    name = "plain"

    def __init__(self, question: PathQuestion, learnt: Pilot | None, threads: int) -> None:
        """Keep every answer: 8 bytes a path."""
        super().__init__(question, learnt, threads)
        self.values: list[Floats] = []

    def work(self, first: int, count: int) -> Floats:
        """Return the answers, (1, path)."""
        question = self.question
        return question.values(question.histories(question.sampler(first, count), first, count))[None]

    def take(self, rows: Floats) -> None:
        """Keep the answers."""
        self.values.append(rows[0])

    def found(self) -> Found:
        """Return mean and standard error."""
        y = np.concatenate(self.values)
        variance = float(y.var(ddof=1))
        return Found(float(y.mean()), math.sqrt(variance / len(y)), variance, len(y), len(y))


class _Halves:
    """Moments of (1, controls, answer) in two halves of the paths, chunk by chunk in turn."""

    def __init__(self, controls: int) -> None:
        """Begin with nothing."""
        self.moments = np.zeros((2, controls + 2, controls + 2))
        self._turn = 0

    def take(self, rows: Floats) -> None:
        """Add paths (control..., answer; path)."""
        for begin in range(0, rows.shape[1], CHUNK):
            part = rows[:, begin : begin + CHUNK]
            whole = np.concatenate([np.ones((1, part.shape[1])), part])
            self.moments[self._turn] += whole @ whole.T
            self._turn = 1 - self._turn

    def split(self) -> tuple[float, float, float]:
        """Return mean and standard error with each half's coefficients from the other, and the variance.

        The mean of every control is taken to be 0.
        """
        coefficients = [self._fit(self.moments[half]) for half in (1, 0)]
        n = self.moments[:, 0, 0]
        total = square = 0.0
        for moments, b in zip(self.moments, coefficients, strict=True):
            direction = np.r_[0.0, -b, 1.0]
            total += float(direction @ moments[0])
            left = float(direction @ moments @ direction) - float(direction @ moments[0]) ** 2 / moments[0, 0]
            square += max(left, 0.0)
        whole, all_n = self.moments.sum(axis=0), float(n.sum())
        variance = float(whole[-1, -1] - whole[0, -1] ** 2 / all_n) / max(all_n - 1.0, 1.0)
        return total / all_n, math.sqrt(square / (all_n - 2.0)) / math.sqrt(all_n), max(variance, 0.0)

    @staticmethod
    def _fit(moments: Floats) -> Floats:
        """Return the least-squares coefficients of the answer on the controls."""
        centred = moments - np.outer(moments[0], moments[0]) / moments[0, 0]
        inner = centred[1:-1, 1:-1]
        # a small ridge: coefficients may be anything without bias, so it costs nothing and keeps the matrix regular
        inner = inner + np.eye(len(inner)) * (1e-9 * np.trace(inner) / max(len(inner), 1) + 1e-300)
        return np.asarray(np.linalg.solve(inner, centred[1:-1, -1]))


class Control(Method):
    """What controls with a known mean explain is taken out."""

    name = "control"
    step = 2 * CHUNK

    def __init__(self, question: PathQuestion, learnt: Pilot | None, threads: int) -> None:
        """Keep moments only."""
        super().__init__(question, learnt, threads)
        if not len(self.learnt.scores):
            raise ResultError(Fault("method", "must find what the answer depends on", "control", "take 'plain'"))
        self._halves = _Halves(len(self.learnt.scores))

    def work(self, first: int, count: int) -> Floats:
        """Return the controls and the answer."""
        question, learnt = self.question, self.learnt
        u = question.sampler.uniforms(first, count)
        controls = np.concatenate(
            [_ndtri(u[list(learnt.numbers)]), _projected(question, list(learnt.chosen), first, count)]
        )
        answers = question.values(question.histories(question.sampler.numbers(u), first, count))
        return np.concatenate([controls, answers[None]])

    def take(self, rows: Floats) -> None:
        """Add to the moments."""
        self._halves.take(rows)

    def found(self) -> Found:
        """Return the estimate with coefficients from the other half."""
        value, error, variance = self._halves.split()
        return Found(value, error, variance, self.paths, self.paths)


class _Replicates:
    """Scrambled Sobol points in independent replicates: chunk c of the paths belongs to replicate c modulo 32."""

    COUNT = 32
    POINTS = 1 << 18
    """Points in a replicate at most: 8 million paths."""

    def __init__(self, question: PathQuestion, name: str, dimensions: int) -> None:
        """Scramble each replicate."""
        names = [f"{name} {question.expression.canonical} {r}" for r in range(self.COUNT)]
        self.points = [sobol_points(question.seed, text, dimensions, self.POINTS) for text in names]

    def uniforms(self, first: int, count: int) -> Floats:
        """Return the points of consecutive paths, from a multiple of 256 on, (dimension, path)."""
        parts = []
        for begin in range(first, first + count, CHUNK):
            chunk, size = begin // CHUNK, min(CHUNK, first + count - begin)
            parts.append(self.points[chunk % self.COUNT](chunk // self.COUNT * CHUNK, size))
        return np.concatenate(parts, axis=1)

    def found(self, values: Floats) -> Found:
        """Return mean, and its error from the spread of the replicates' means."""
        means = values.reshape(-1, self.COUNT, CHUNK).mean(axis=(0, 2))
        error = float(means.std(ddof=1)) / math.sqrt(self.COUNT)
        n = len(values)
        return Found(float(means.mean()), error, float(values.var(ddof=1)), n, n, self.COUNT - 1.0)


class Sobol(Plain):
    """Uncertain numbers and leading coordinates of chance from scrambled Sobol points."""

    name = "sobol"
    step = CHUNK * _Replicates.COUNT
    most = _Replicates.POINTS * _Replicates.COUNT

    def __init__(self, question: PathQuestion, learnt: Pilot | None, threads: int) -> None:
        """Give the strongest the first dimensions, which are the most even ones."""
        super().__init__(question, learnt, threads)
        total = len(question.sampler.distributions)
        strongest = list(self.learnt.numbers)
        self._order = [*strongest, *(k for k in range(total) if k not in set(strongest))]
        self._coordinates = list(self.learnt.chosen)
        dimensions = total + len(self._coordinates)
        if not dimensions:
            raise ResultError(Fault("method", "must find what the answer depends on", "sobol", "take 'plain'"))
        self._first = len(strongest)
        self._replicates = _Replicates(question, "sobol", dimensions)

    def work(self, first: int, count: int) -> Floats:
        """Return the answers, (1, path)."""
        question, c = self.question, len(self._coordinates)
        points = self._replicates.uniforms(first, count)
        u = np.empty((len(self._order), count))
        u[self._order] = np.delete(points, np.s_[self._first : self._first + c], axis=0)
        moved = _ndtri(points[self._first : self._first + c]) - _projected(question, self._coordinates, first, count)
        other = MovedCoordinates(question.plan, self._coordinates, moved, question.last)
        return question.values(question.histories(question.sampler.numbers(u), first, count, other=other))[None]

    def found(self) -> Found:
        """Return mean, and its error from the spread of the replicates' means."""
        return self._replicates.found(np.concatenate(self.values))
