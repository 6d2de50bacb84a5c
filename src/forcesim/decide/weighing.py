"""Points of a frontier: what their paths tell of cost, value and constraints, and which of them nothing beats."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forcesim.decide.alternatives import alternatives
from forcesim.decide.front import Frontier, FrontierPoint
from forcesim.decide.futures import Futures
from forcesim.decide.influence import covariance_of, critical, estimated, influence, joint_normals
from forcesim.decide.search import front_of, searched
from forcesim.errors import Fault, ResultError
from forcesim.manifest import versions
from forcesim.plan import make_plan
from forcesim.policy import Policy
from forcesim.result.estimate import NORMAL_95, Estimate

if TYPE_CHECKING:
    from forcesim.arrays import Floats
    from forcesim.decide.levers import Lever
    from forcesim.engine import Progress
    from forcesim.question import Asked
    from forcesim.scenario import Scenario

__all__ = ["Study", "Tried"]

LIKELY = 0.05
"""Points of the search are scored again where nothing beats them with at least this chance ..."""
MOST_AGAIN = 24
"""... the likeliest of them, at most so many."""
DRAWS = 1 << 12

Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Tried:
    """A point: its name, its scenario, and what its paths told, (question, path)."""

    name: str
    settings: dict[str, float]
    under: Scenario
    answers: Floats = field(default_factory=lambda: np.empty((0, 0)))
    certain: bool = False


class Study:
    """The questions that every point is asked: cost, value, and constraints."""

    def __init__(
        self, scenario: Scenario, asked: list[Asked], least: list[float], better: str, threads: int | None
    ) -> None:
        """Begin with no point."""
        self.scenario, self.asked, self.least, self.better, self.threads = scenario, asked, least, better, threads
        self.sign = 1.0 if better == "more" else -1.0
        self.done = 0

    def scored(self, point: Tried, paths: int, seed: int, show: Progress, count: int) -> Tried:
        """Return a point with its answers on the futures of a seed."""
        futures = Futures(point.under, seed=seed, paths=paths, threads=self.threads)
        answers = futures.answers(self.asked)
        self.done += paths
        show(self.done % (count * paths) or count * paths, count * paths)
        return dataclasses.replace(point, answers=answers, certain=futures.certain)

    def tried(
        self, policies: Any, levers: list[Lever], tries: int, paths: int, seed: int, show: Progress
    ) -> list[Tried]:
        """Return the points of the search, each with its answers."""
        if not levers:
            under = alternatives(self.scenario, policies).scenarios
            points = [Tried(name, {}, one) for name, one in under.items()]
            return [self.scored(point, paths, seed, show, len(points)) for point in points]
        found = list[Tried]()

        def score(place: Floats) -> Floats:
            values = {one.path: one.low + float(x) * (one.high - one.low) for one, x in zip(levers, place, strict=True)}
            name = ", ".join(f"{path.rsplit('.', 1)[-1]} {value:,.5g}" for path, value in values.items())
            settings = tuple(one.setting(values[one.path]) for one in levers)
            under = self.scenario.with_policy(Policy(title=name, baseline=True, settings=settings))
            found.append(self.scored(Tried(name, values, under), paths, seed, show, tries))
            return self._score(found[-1])

        searched(score, len(levers), tries)
        return found

    def _score(self, point: Tried) -> Floats:
        """Return a point's cost, its value (more is better), and how far it is within each constraint."""
        means = [_mean(row) for row in point.answers]
        if np.isnan(means).any():
            remedy = "another month, another condition, or more paths"
            raise ResultError(Fault("given", "must be true on some path", point.name, remedy))
        held = [chance - least for chance, least in zip(means[2:], self.least, strict=True)]
        return np.array([means[0], self.sign * means[1], *held])

    def likely(self, tried: list[Tried]) -> list[int]:
        """Return which points of the search are scored again: those that are unbeaten, or may well be."""
        chances, unbeaten = self._unbeaten(tried)
        order = np.lexsort((-chances, ~unbeaten))[:MOST_AGAIN]
        kept = [int(place) for place in order if unbeaten[place] or chances[place] >= LIKELY]
        return kept or [int(np.argmax([self._score(point)[2:].sum() for point in tried]))]

    def _unbeaten(self, points: list[Tried]) -> tuple[Floats, Flags]:
        """Return the chance that nothing beats each point, and whether nothing does, among what is admissible."""
        scores = np.array([self._score(point) for point in points])
        within = (scores[:, 2:] >= 0.0).all(axis=1)
        costs, values = np.where(within, scores[:, 0], math.inf), np.where(within, scores[:, 1], -math.inf)
        if all(point.certain for point in points):
            unbeaten = front_of(costs, values) & within
            return unbeaten.astype(np.float64), unbeaten
        psis = [influence(point.answers[0]) for point in points]
        psis += [self.sign * influence(point.answers[1]) for point in points]
        moved = joint_normals(covariance_of(psis), DRAWS).T
        k = len(points)
        drawn = front_of(costs + moved[:, :k], values + moved[:, k:]) & within
        return np.asarray(drawn.mean(axis=0)), np.asarray(front_of(costs, values) & within)

    def frontier(self, search: list[Tried], fresh: list[Tried], tried: list[Tried], seed: int) -> Frontier:
        """Return what was found."""
        sure, unbeaten = self._unbeaten(fresh)
        units = {one.name: one.unit for one in make_plan(self.scenario).outcomes}
        cost_unit, unit = (one.expression.unit(units) for one in self.asked[:2])
        certain = all(point.certain for point in fresh)
        crit = 0.0 if certain else critical([influence(row) for point in fresh for row in point.answers[:2]])
        points = [
            self._point(
                before, after, (cost_unit, unit), crit, float(sure[k]), unbeaten=bool(unbeaten[k]), certain=certain
            )
            for k, (before, after) in enumerate(zip(search, fresh, strict=True))
        ]
        asked, version = self.asked[1], versions()["forcesim"]
        counts = f"{tried[0].answers.shape[1]:,} paths for the search, {fresh[0].answers.shape[1]:,} fresh ones"
        return Frontier(
            cost=str(self.asked[0].expression),
            against=str(asked.expression),
            when=asked.when + (f", given {asked.given}" if asked.given else ""),
            cost_unit=cost_unit,
            unit=unit,
            better=self.better,
            points=tuple(sorted(points, key=lambda point: (point.cost.value, self.sign * point.value.value))),
            tried=tuple((point.name, _mean(point.answers[0]), _mean(point.answers[1])) for point in tried),
            optimism=self._optimism(search, fresh, unit),
            source=f"forcesim {version}: {self.scenario.name}; {counts}, seed {seed}",
        )

    def _point(
        self,
        before: Tried,
        after: Tried,
        units: tuple[str, str],
        crit: float,
        sure: float,
        *,
        unbeaten: bool,
        certain: bool,
    ) -> FrontierPoint:
        """Return a point as it was scored again, with what it was in the search."""
        cost, value = (
            _wide(estimated(row, unit, certain=certain), crit) for row, unit in zip(after.answers, units, strict=False)
        )
        chances = {
            str(one.expression): estimated(row, "chance", certain=certain)
            for one, row in zip(self.asked[2:], after.answers[2:], strict=True)
        }
        return FrontierPoint(
            name=after.name,
            settings=after.settings,
            cost=cost,
            value=value,
            searched_cost=_mean(before.answers[0]),
            searched_value=_mean(before.answers[1]),
            chances=chances,
            admissible=bool((self._score(after)[2:] >= 0.0).all()),
            unbeaten=unbeaten,
            sure=sure,
        )

    def _optimism(self, search: list[Tried], fresh: list[Tried], unit: str) -> Estimate:
        """Return how much better the unbeaten points of the search look there than on fresh futures."""
        _, unbeaten = self._unbeaten(search)
        those = [place for place in range(len(search)) if unbeaten[place]]
        if not those:
            return Estimate.unknown(unit)
        moved = [self.sign * (_mean(search[k].answers[1]) - _mean(fresh[k].answers[1])) for k in those]
        variance = sum(
            float(np.mean(covariance_of([influence(points[k].answers[1]) for k in those])))
            for points in (search, fresh)
        )
        value, error = float(np.mean(moved)), 0.0 if fresh[0].certain else math.sqrt(variance)
        n = fresh[0].answers.shape[1]
        return Estimate(value, error, value - NORMAL_95 * error, value + NORMAL_95 * error, n, unit)


def _mean(row: Floats) -> float:
    """Return a mean over the paths that have an answer; nan where none has."""
    counted = row[~np.isnan(row)]
    return float(counted.mean()) if len(counted) else math.nan


def _wide(one: Estimate, crit: float) -> Estimate:
    """Return an estimate with its interval so many errors wide."""
    low, high = one.value - crit * one.error, one.value + crit * one.error
    if one.unit == "chance":
        low, high = max(low, 0.0), min(high, 1.0)
    return dataclasses.replace(one, low=low, high=high)
