"""What is enough: the least setting of a lever at which a chance reaches a level, and which limit binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import each, finite, integer, one_of, paths_of, seed_of, shown
from forcesim.decide.futures import Futures, asked_of
from forcesim.decide.inverse import MOST_RUNS, Response
from forcesim.decide.levers import WAYS, Lever
from forcesim.decide.limits import binding_limits, limited
from forcesim.decide.solution import Solution
from forcesim.errors import Fault, ResultError
from forcesim.machine import progress_shown
from forcesim.manifest import versions
from forcesim.question import one_date
from forcesim.result import Estimate
from forcesim.scenario import asked as asked_scenario

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from forcesim.arrays import Floats
    from forcesim.engine import Progress
    from forcesim.policy import Policy
    from forcesim.question import Asked
    from forcesim.scenario import Scenario

__all__ = ["solve"]


def solve(
    scenario: Scenario,
    lever: str,
    *,
    reach: str,
    given: str | None = None,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
    chance: float = 0.8,
    low: float | None = None,
    high: float | None = None,
    way: str = "set",
    start: str | dt.date | None = None,
    policy: str | Policy | Sequence[str | Policy] | None = None,
    paths: int = 4_000,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Solution:
    """Find the least setting of a lever at which something comes true with a wanted chance.

    All settings meet the same futures. If no setting is enough, the answer is the best that can be had and the limit
    that binds there.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    lever : str
        Path of a number that somebody decides (``"nations.UKR.army.mobilisation"``), or of several
        (``"nations.@europe.spending.target_share"``).
    reach : str
        True or false (``"front_ratio >= 0.67"``).
    given : str, optional
        True or false: only the paths count on which it is true in the month of the question.
    at, by : str, date or int, optional
        True in this month, or in any month up to it; by the horizon unless given.
    chance : float
        In (0, 1).
    low, high : float, optional
        Between which settings; by default the lever's admissible range where it is finite.
    way : {"set", "add", "scale", "at_least"}
        How the lever is set, as in :class:`forcesim.Setting`.
    start : str or date, optional
        The first month of the setting; the scenario's start unless given.
    policy : str, Policy or sequence of them, optional
        Policies that apply before the lever is set.
    paths, seed, threads, progress
        As in :func:`forcesim.simulate`, for each setting that is tried; about 20 are. ``progress`` counts them all.

    Returns
    -------
    Solution
        The setting with its 95 % interval, the curve, whether it falls anywhere, and which limit binds.

    Raises
    ------
    ResultError
        If it is no lever, a bound is missing, ``reach`` is a number, or another argument is not admissible.
    PolicyError
        If a setting is not admissible.

    Source
    ------
    Brownlee, K. A., Hodges, J. L. and Rosenblatt, M. (1953), JASA 48, 262-277: inversion of a response curve.

    Examples
    --------
    1.5 million against 1.0 million: which French contingent leaves 400,000 of the 500,000?

    >>> import forcesim as fs
    >>> seed, lever = fs.load("seed-figures").without_noise(), "nations.FRA.contingent.deployed"
    >>> found = fs.solve(seed, lever, reach="gap <= 400_000", at="2026-01", high=118_000)
    >>> round(found.setting.value)
    100000
    """
    scenario, chance, paths, seed, way, threads = each(
        lambda: asked_scenario(scenario, policy),
        lambda: finite("chance", chance),
        lambda: paths_of(paths),
        lambda: seed_of(seed),
        lambda: one_of("way", way, WAYS),
        lambda: None if threads is None else integer("threads", threads, least=1),
    )
    if not 0.0 < chance < 1.0:
        raise ResultError(Fault("chance", "must lie in (0, 1)", shown(chance), "0.8, say"))
    one_date(at, by)
    if at is None and by is None:
        by = scenario.timeline.last
    (asked,) = asked_of(scenario, [(reach, given)], at=at, by=by)
    if not asked.expression.is_event:
        raise ResultError(Fault("reach", "must be true or false", shown(reach), "front_ratio >= 0.67, say"))
    sought = Lever.of(scenario, lever, low=low, high=high, way=way, start=start)
    certain = not scenario.noise and not scenario.uncertain()
    with progress_shown(progress, (MOST_RUNS + 2) * paths, "paths") as show:
        runs = _Runs(scenario, sought, asked, 1 if certain else paths, seed, threads, show)
        return _solved(runs, chance, certain=certain)


class _Runs:
    """The answers at each setting of a lever, on the same futures."""

    def __init__(
        self, scenario: Scenario, lever: Lever, asked: Asked, paths: int, seed: int, threads: int | None, show: Progress
    ) -> None:
        """Begin with none done."""
        self.scenario, self.lever, self.asked, self.paths = scenario, lever, asked, paths
        self.seed, self.threads, self.show, self.done = seed, threads, show, 0

    def futures(self, value: float, seed: int | None = None) -> Futures:
        """Return the futures with the lever at a value."""
        under = self.scenario.with_policy(self.lever.policy(value))
        return Futures(under, seed=self.seed if seed is None else seed, paths=self.paths, threads=self.threads)

    def __call__(self, value: float) -> Floats:
        """Return the answers with the lever at a value."""
        return self.answers(self.futures(value))

    def answers(self, futures: Futures) -> Floats:
        """Return the answers of some futures, and show what is done."""
        (found,) = futures.answers([self.asked])
        self.done += self.paths
        self.show(self.done, (MOST_RUNS + 2) * self.paths)
        return np.asarray(found)

    def fresh(self, value: float, *, certain: bool) -> Estimate:
        """Return the chance at a setting on futures of another seed: the best of several is best by luck, too."""
        found = self.answers(self.futures(value, self.seed + 1))
        counted = found[~np.isnan(found)]
        if not len(counted):
            return Estimate.unknown("chance")
        return Estimate.of_count(int(counted.sum()), len(counted), certain=certain)

    def limits(self, value: float) -> tuple[dict[str, Estimate], dict[str, float], str]:
        """Return which limits bind at a setting, the part of it at war, and whose they are."""
        futures = self.futures(value)
        nations = limited(futures, self.lever.path)
        if len(nations) != 1:
            return {}, {}, ""
        timeline = self.scenario.timeline
        first = 0 if self.lever.start is None else timeline.offset(self.lever.start)
        last = max(self.asked.month, 1)
        return *binding_limits(futures, nations[0], min(max(first, 1), last), last, self.answers(futures)), nations[0]


def _solved(runs: _Runs, chance: float, *, certain: bool) -> Solution:
    """Return the solution: the curve on common futures, the limits, and the chance on fresh ones."""
    lever, asked = runs.lever, runs.asked
    curve = Response(runs, lever.low, lever.high, chance, certain=certain)
    if np.isnan(curve.chances).all():
        remedy = "another month, another condition, or more paths"
        raise ResultError(Fault("given", "must be true on some path", str(asked.given), remedy))
    setting, falls = Estimate.unknown(lever.unit), curve.fall()
    if curve.reached:
        found, falls = curve.solved()
        setting = Estimate(found.value, found.error, found.low, found.high, found.n, lever.unit, found.note)
    best_at = setting.value if curve.reached else curve.best
    best = runs.fresh(best_at, certain=certain)
    limits_at = best_at
    if not curve.reached and curve.chance(lever.high).high >= curve.chance(best_at).value:
        limits_at = lever.high
    limits, at_war, nation = runs.limits(limits_at)
    version = versions()["forcesim"]
    return Solution(
        lever=lever.path,
        unit=lever.unit,
        reach=str(asked.expression),
        when=asked.when + (f", given {asked.given}" if asked.given else ""),
        chance=chance,
        low=lever.low,
        high=lever.high,
        setting=setting,
        best_at=best_at,
        best=best,
        falls=falls,
        nation=nation,
        limits=limits,
        at_war=at_war,
        limits_at=limits_at,
        curve={value: curve.chance(value) for value in curve.values},
        source=f"forcesim {version}: {runs.scenario.name}; {runs.paths:,} paths for each setting, seed {runs.seed}",
    )
