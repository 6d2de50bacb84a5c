"""What an uncertain number does to an answer, by four measures; chance has its own place in each.

- ``sobol``: first indices of all numbers from one run of plain paths, total indices of some from a second run for each.
- ``pawn``: how far the distribution of the answer moves with the number (SALib), from the same run.
- ``shapley``: shares of the variance that sum to 1, for correlated numbers too.
- ``swings``: the mean answer at the 5 % and the 95 % quantile of one number, all others at their centre.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.decide.indices import Share, basis, explained, left, shared, walked
from forcesim.decide.swaps import Player, Swaps, all_streams, clusters, order_of
from forcesim.extras import needed
from forcesim.randomness.address import fill_uniform, stream_keys
from forcesim.result import Estimate
from forcesim.result.estimate import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from forcesim.arrays import Floats
    from forcesim.decide.asking import PathQuestion
    from forcesim.decide.widening import Size

__all__ = ["CHANCE", "MEASURES", "NOTHING", "OTHERS", "Found", "Study"]

CHANCE, OTHERS, NOTHING = "chance", "all other numbers", "a number of no effect"
"""Inputs that are no single number of the scenario."""

ENDS = (0.05, 0.95)
"""Quantiles of a number between which it swings."""

RESAMPLES = 25
"""Resamples of paths behind an interval of PAWN."""

CLASSES = 10
"""Classes of a number for PAWN."""

SHORT, LEAST_SHORT = 32, 64
"""The paths of a run over those on which an input is screened, and how many these are at least."""

Measures = dict[str, dict[str, Estimate]]
"""By measure and name."""


@dataclass(frozen=True)
class Found:
    """What a measure found: by measure and name, and the course of its first measure over the months."""

    measures: Measures
    course: dict[str, Floats]
    base: Estimate


@dataclass(frozen=True)
class Study:
    """A question, its inputs and what is asked of them.

    Attributes
    ----------
    question : PathQuestion
        With the numbers that vary.
    groups : mapping of name to positions
        All inputs: single numbers, numbers that are correlated with each other, groups of the caller.
    wanted : tuple of str
        Names of inputs to look at closely; the ``most`` that matter if there is none.
    months : tuple of int
        The last is the question's date.
    """

    question: PathQuestion
    groups: Mapping[str, tuple[int, ...]]
    wanted: tuple[str, ...]
    most: int
    months: tuple[int, ...]
    size: Size
    show: Callable[[str], None]

    def players(self, names: Sequence[str]) -> list[Player]:
        """Return players for inputs, for all other numbers, and for chance."""
        inside = {number for name in names for number in self.groups[name]}
        rest = tuple(number for own in self.groups.values() for number in own if number not in inside)
        found = [Player(name, self.groups[name]) for name in names]
        found += [Player(OTHERS, rest)] if rest else []
        return (
            [*found, Player(CHANCE, streams=all_streams(self.question.plan))] if self.question.scenario.noise else found
        )

    def base(self) -> tuple[dict[str, Floats], Floats]:
        """Return the numbers of plain paths, and the answers (month, path)."""
        self.show("the given paths")
        swaps = Swaps(self.question, (), self.months)
        return self.question.sampler(0, self.size.paths), swaps.on_all((), self.size.paths, self.size.threads)

    def mean(self, y: Floats) -> Estimate:
        """Return the mean answer at the date."""
        last = y[-1] if y.ndim > 1 else y
        if self.question.unit == "chance":
            return Estimate.of_count(int(last.sum()), len(last))
        return Estimate.of_moments(float(last.mean()), float(last.var(ddof=1)), len(last), self.question.unit)

    def leading(self, y: Floats) -> list[str]:
        """Return the inputs to look at closely: groups, and the largest totals in short runs.

        Each input is drawn again on some of the given paths, and many share a run: each has paths of its own there.
        First indices would not do, since a number may act only together with others or with chance.
        """
        names = list(self.groups)
        if self.wanted or len(names) <= self.most:
            return list(self.wanted) or names
        few, paths = max(LEAST_SHORT, self.size.paths // SHORT), self.size.paths
        swaps = Swaps(self.question, [Player(name, own) for name, own in self.groups.items()])
        at_once, answer, total = max(1, paths // few), y[-1] if y.ndim > 1 else y, np.zeros(len(names))
        for begin in range(0, len(names), at_once):
            these = range(begin, min(begin + at_once, len(names)))
            spans = {place: slice((place - begin) * few, (place - begin + 1) * few) for place in these}
            held = np.ones((len(names), paths), dtype=np.bool_)
            for place, span in spans.items():
                held[place, span] = False
            self.show(f"short runs of {len(these)} inputs")
            moved = swaps.mixed(held, self.size.threads)
            for place, span in spans.items():
                total[place] = float(((answer[span] - moved[span]) ** 2).mean() / answer.var())
        several = [name for name in names if len(self.groups[name]) > 1]
        single = [names[place] for place in np.argsort(-total, kind="stable") if names[place] not in several]
        return [*several, *single][: max(self.most, len(several))]


def share_of(share: Share, n: int) -> Estimate:
    """Return a share of variance at the date as an estimate."""
    value, error = (float(np.atleast_1d(part)[-1]) for part in share)
    return Estimate(value, error, value - NORMAL_95 * error, value + NORMAL_95 * error, n, "share of variance")


def _first(study: Study, numbers: Mapping[str, Floats], y: Floats) -> dict[str, Share]:
    """Return first indices of all inputs that are one number."""
    names = list(numbers)
    own = {name: group for name, group in study.groups.items() if len(group) == 1}
    return {name: explained(basis(numbers[names[number]]), y) for name, (number,) in own.items()}


def sobol(study: Study) -> Found:
    """Return first indices of all inputs, and totals of those that lead, of all others together and of chance."""
    numbers, y = study.base()
    first = _first(study, numbers, y)
    players = study.players(study.leading(y))
    swaps, every = Swaps(study.question, players, study.months), range(len(players))
    total = dict[str, Share]()
    for place, player in enumerate(players):
        study.show(f"total index of {player.name}")
        others = [one for one in every if one != place]
        total[player.name] = left(y, swaps.on_all(others, study.size.paths, study.size.threads))
        if len(player.numbers) > 1 and player.name != OTHERS:
            first[player.name] = shared(y, swaps.on_all([place], study.size.paths, study.size.threads))
    n = study.size.paths
    measures: Measures = {
        "first": {name: share_of(share, n) for name, share in first.items()},
        "total": {name: share_of(share, n) for name, share in total.items()},
    }
    course = {player.name: total[player.name].value for player in players}
    return Found(measures, course, study.mean(y))


def shapley(study: Study) -> Found:
    """Return Shapley effects of the inputs that lead, of all others together and of chance."""
    _, y = study.base()
    players = study.players(study.leading(y))
    swaps = Swaps(study.question, players, study.months)
    study.show(f"a walk of {len(players)} players")
    order = order_of(len(players), study.size.paths, study.size.seed)
    found = walked(swaps.walk(order, study.size.threads), order)
    shares = {player.name: share for player, share in zip(players, found, strict=True)}
    measures: Measures = {"shapley": {name: share_of(share, study.size.paths) for name, share in shares.items()}}
    return Found(measures, {name: share.value for name, share in shares.items()}, study.mean(y))


def pawn(study: Study) -> Found:
    """Return the median Kolmogorov-Smirnov distance over classes of each input, and what a number of no effect has."""
    numbers, y = study.base()
    given, answer = list(numbers.values()), y[-1] if y.ndim > 1 else y
    own = {name: group[0] for name, group in study.groups.items() if len(group) == 1}
    x = np.column_stack([given[number] for number in own.values()])
    keys = stream_keys(study.size.seed, [("pawn", "", "order", 0)])
    u = np.empty((1, len(answer)))
    fill_uniform(keys, 0, 0, u)
    study.show("distances of distributions")
    values = distances(np.column_stack([x, np.argsort(u[0])]), answer)
    leading = study.wanted or tuple(name for _, name in sorted(zip(-values[:-1], own, strict=True))[: study.most])
    names = [name for name in leading if name in own]
    picked = np.column_stack([given[own[name]] for name in names]) if names else np.empty((len(answer), 0))
    spread = resampled(picked, answer, study.size.seed) if names else np.empty((RESAMPLES, 0))
    found = {}
    for name, value in zip(own, values, strict=False):
        ends = np.std(spread[:, names.index(name)]) if name in names else math.nan
        error, n = float(ends), len(answer)
        found[name] = Estimate(float(value), error, value - NORMAL_95 * error, value + NORMAL_95 * error, n, "distance")
    dummy = float(values[-1])
    found[NOTHING] = Estimate(dummy, math.nan, math.nan, math.nan, len(answer), "distance")
    return Found({"pawn": found}, {}, study.mean(y))


def distances(x: Floats, y: Floats) -> Floats:
    """Return PAWN indices (median over ten classes) of inputs (path, input), by SALib.

    Source
    ------
    Pianosi, F. and Wagener, T. (2018), Distribution-based sensitivity analysis from a generic input-output sample,
    Environmental Modelling and Software 108, 197-207.
    """
    analyse = needed("method='pawn'", "SALib.analyze.pawn").analyze
    names = [str(place) for place in range(x.shape[1])]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    return np.asarray(analyse(problem, x, y, S=CLASSES, print_to_console=False)["median"], dtype=np.float64)


def resampled(x: Floats, y: Floats, seed: int) -> Floats:
    """Return PAWN indices of resampled paths, (resample, input)."""
    u = np.empty((RESAMPLES, len(y)))
    fill_uniform(stream_keys(seed, [("pawn", "", str(place), 0) for place in range(RESAMPLES)]), 0, 0, u)
    return np.array([distances(x[these], y[these]) for these in (u * len(y)).astype(np.int64)])


def swings(study: Study) -> Found:
    """Return the mean answer at both ends of each leading input, the others at their centre, on the same chance."""
    _, y = study.base()
    leading = study.leading(y)
    middle = np.full(len(study.question.sampler.distributions), 0.5)
    at_centre = _answers_at(study, middle)
    measures: Measures = {"low": {}, "high": {}, "swing": {}}
    for name in leading:
        study.show(f"swing of {name}")
        ends = [_answers_at(study, _moved(study, study.groups[name], share)) for share in ENDS]
        measures["low"][name], measures["high"][name] = (study.mean(end) for end in ends)
        n, unit = study.size.paths, study.question.unit
        far = ends[1] - ends[0]
        measures["swing"][name] = Estimate.of_moments(float(far.mean()), float(far.var(ddof=1)), n, unit)
    return Found(measures, {}, study.mean(at_centre))


def _moved(study: Study, numbers: Sequence[int], share: float) -> Floats:
    """Return uniforms with some numbers at a quantile; numbers that are tied to them go to their median given these."""
    from scipy.special import ndtr, ndtri

    drawn = study.question.sampler
    found = np.full(len(drawn.distributions), 0.5)
    found[list(numbers)] = share
    matrix = drawn.root @ drawn.root.T
    for group in clusters(drawn.tied, drawn.root) if drawn.tied else ():
        at = [drawn.tied.index(number) for number in group]
        h = [row for row, number in enumerate(group) if number in numbers]
        f = [row for row, number in enumerate(group) if number not in numbers]
        if h and f:
            own = matrix[np.ix_(at, at)]
            scores = own[np.ix_(f, h)] @ np.linalg.solve(own[np.ix_(h, h)], np.full(len(h), ndtri(share)))
            found[[group[row] for row in f]] = ndtr(scores)
    return found


def _answers_at(study: Study, u: Floats) -> Floats:
    """Return the answers (path,) with the numbers at given shares on every path."""
    question = study.question

    def work(first: int, count: int) -> Floats:
        numbers = question.sampler.quantiles(np.repeat(u[:, None], count, axis=1))
        return question.values(question.histories(numbers, first, count))

    return question.spread(0, study.size.paths, study.size.threads, work)


MEASURES: dict[str, Callable[[Study], Found]] = {
    "sobol": sobol,
    "shapley": shapley,
    "pawn": pawn,
    "swings": swings,
}
"""By the name that a caller gives."""
