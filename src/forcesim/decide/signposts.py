"""Which observable warns best of a failure? Its level, hit rate, false-alarm rate and lead time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forcesim.arguments import each, finite, integer, paths_of, seed_of, shown, text, texts
from forcesim.decide.futures import Futures
from forcesim.decide.signs import Signpost, Signposts
from forcesim.decide.warning import Cut, Weights, area_of, best_cut, roc
from forcesim.errors import Fault, ResultError
from forcesim.expression import parse
from forcesim.machine import progress_shown
from forcesim.manifest import versions
from forcesim.question import Question, one_date
from forcesim.result import Estimate
from forcesim.scenario import asked as asked_scenario

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from forcesim.arrays import Floats
    from forcesim.decide.warning import Flags
    from forcesim.expression import Expression, Key
    from forcesim.machine import Progress
    from forcesim.plan import Plan
    from forcesim.policy import Policy
    from forcesim.question import Asked
    from forcesim.scenario import Scenario

__all__ = ["signposts"]

LEAST = 20
"""Failing paths that are needed, and as many others."""

FEW = 4
"""Nations that an outcome may have if it is watched without being named."""

READINGS = (("in", "<"), ("in", ">"), ("until", "<"), ("until", ">"))
"""The value in the last month of the watch, or in any month until then; below the level or above it."""


def signposts(
    scenario: Scenario,
    policy: str | Policy | Sequence[str | Policy] | None,
    failure: str,
    *,
    watch: str | dt.date | int,
    observables: str | Sequence[str] | None = None,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
    miss_cost: float | None = None,
    paths: int = 4_096,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Signposts:
    """Find which observable, at which level, warns best of a later failure, with hits, false alarms and lead time.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policy : str, Policy or sequence of them, optional
        As in :func:`forcesim.simulate`.
    failure : str
        True or false: ``"front_ratio < 0.67"``.
    watch : str, date or int
        The month until which one may watch. It lies before the failure.
    observables : str or sequence of str, optional
        Numbers or conditions of one month: ``"gap"``, ``"phase == 'ceasefire'"``. Unless given all outcomes of the
        world, and those that at most four nations have.
    at, by : str, date or int
        The month in which a path fails, or until which it may (by the horizon unless given). With ``by`` paths that
        have failed until ``watch`` are left out.
    miss_cost : float, optional
        How many false alarms a missed failure costs. Unless given the level is that of Youden's J.
    paths : int
        Paths that choose the levels, and as many fresh ones that score them.
    seed, threads, progress
        As in :func:`forcesim.simulate`; threads change no result.

    Returns
    -------
    Signposts
        All observables, the best of the search first.

    Raises
    ------
    PolicyError
        If a policy cannot be applied.
    ResultError
        If an argument is not admissible, or fewer than 20 paths fail (or do not) after the watch.

    Notes
    -----
    A level is taken below or above, and for the value in the month ``watch`` or in any month from month 1 until then,
    whichever is worth most in the search.

    Source
    ------
    Youden (1950), Richardson (2000), DeLong et al. (1988): see ``forcesim.decide.warning``. Signposts: Haasnoot, M.,
    van 't Klooster, S. and van Alphen, J. (2018), Designing a monitoring system to detect signals to adapt to uncertain
    climate change, Global Environmental Change 52, 273-285.

    Examples
    --------
    >>> import forcesim as fs
    >>> war = fs.load("ukraine-2025")
    >>> found = fs.signposts(
    ...     war, "status-quo", "front_ratio < 0.8", at="2027-12", watch="2026-06", observables="front_ratio", paths=256
    ... )
    >>> found.best.observable, found.best.area.value > 0.5
    ('front_ratio', True)
    """
    paths, seed, threads, cost = each(
        lambda: paths_of(paths, least=64),
        lambda: seed_of(seed),
        lambda: None if threads is None else integer("threads", threads, least=1),
        lambda: None if miss_cost is None else finite("miss_cost", miss_cost, above=0.0),
    )
    under = asked_scenario(scenario, policy)
    search, fresh = (Futures(under, seed=seed + more, paths=paths, threads=threads) for more in (0, 1))
    watched = _watched(search.plan, failure, watch, observables, at, by)
    with progress_shown(progress, 2, "runs") as show:
        months, found = _run(search, watched, [(number, None) for number in range(len(watched.numbers))])
        fails, _ = _cases(months, watched, paths)
        weights = Weights.of(float(fails.mean()), cost)
        cuts = _chosen(found[:, ~np.isnan(months)], fails, watched, weights)
        show(1, 2)
        months, found = _run(fresh, watched, list(cuts.items()))
        fails, failed = _cases(months, watched, paths)
        show(2, 2)
    kept = ~np.isnan(months)
    rows = zip(cuts.items(), found[:, kept].reshape(len(cuts), 2, -1), strict=True)
    signs = [_sign(watched, number, cut, own, months[kept], fails, weights) for (number, cut), own in rows]
    version, name, asked = versions()["forcesim"], under.name, watched.asked
    policies = " + ".join(under.applied) or "as given"
    return Signposts(
        failure=str(asked.expression),
        when=asked.when,
        policy=policies,
        watch=asked.months.label(watched.month),
        base=Estimate.of_count(int(fails.sum()), len(fails)),
        failed=Estimate.of_count(failed, paths),
        signs=tuple(sorted(signs, key=lambda sign: -sign.searched_worth)),
        silent=tuple(str(one) for number, one in enumerate(watched.numbers) if number not in cuts),
        miss_cost=cost,
        source=f"forcesim {version}: {name}, {policies}; {paths:,} paths, and as many fresh ones, seed {seed}",
    )


class _Watched(NamedTuple):
    """What is watched until which month, with units, and what for."""

    asked: Asked
    month: int
    numbers: list[Expression]
    units: list[str]


class _Reading(NamedTuple):
    """A cut of the value in the last month of the watch, or of the most extreme one until then."""

    how: str
    cut: Cut

    @property
    def sign(self) -> float:
        """Return 1 where high values warn, else -1."""
        return 1.0 if self.cut.side == ">" else -1.0


def _watched(plan: Plan, failure: Any, watch: Any, observables: Any, at: Any, by: Any) -> _Watched:
    """Return a checked question with what is watched for it."""
    one_date(at, by)
    words = plan.vocabulary
    asked = Question(text("failure", failure), at=at, by=by).check(words)
    if not asked.expression.is_event:
        raise ResultError(Fault("failure", "must be true or false", shown(failure), "front_ratio < 0.67, say"))
    month = asked.months.asked("watch", watch)
    if not 1 <= month < asked.month:
        ends = f"{asked.months.label(1)} to {asked.months.label(max(asked.month - 1, 1))}"
        raise ResultError(Fault("watch", f"must lie before the failure, {ends}", shown(watch)))
    names = _headlines(plan) if observables is None else texts("observables", observables)
    numbers = [parse(name, words) for name in names]
    if not numbers:
        raise ResultError(Fault("observables", "must name at least one", shown(observables), "observables='gap', say"))
    over = next((one.text for one in numbers if one.over_time), None)
    if over is not None:
        remedy = "a rule sees one month: name an outcome that adds up by itself"
        raise ResultError(Fault("observables", "must be of one month, without total", over, remedy))
    unique = list({str(one): one for one in numbers}.values())
    units = {outcome.name: outcome.unit for outcome in plan.outcomes}
    return _Watched(asked, month, unique, [one.unit(units) for one in unique])


def _headlines(plan: Plan) -> list[str]:
    """Return the outcomes of the world and of few nations; a code as one condition for each of its words."""
    of, found = {outcome.name: outcome for outcome in plan.outcomes}, list[str]()
    for name, nation in plan.row_of:
        if name in of and (nation is None or len(of[name].nations) <= FEW):
            full = name if nation is None else f"{name}[{nation}]"
            found += [f"{full} == '{word}'" for word in of[name].labels] or [full]
    return found


def _run(futures: Futures, watched: _Watched, what: Sequence[tuple[int, _Reading | None]]) -> tuple[Floats, Floats]:
    """Return for each path the month of failure (inf: none, nan: before the watch ends), and rows of what is watched.

    Without a reading the rows are value, lowest and highest until the last month of the watch; with one they are what
    is held against its level and the month of the warning (inf: none).
    """
    asked, last = watched.asked, watched.month
    needed = [*asked.names, *(name for number, _ in what for name in watched.numbers[number].names)]

    def work(values: Mapping[Key, Floats]) -> Floats:
        rows = [_failure(asked, last, values)]
        for number, reading in what:
            seen = np.asarray(watched.numbers[number].evaluate(values)[1 : last + 1], dtype=np.float64)
            _hold_finite(watched.numbers[number], seen)
            rows += [seen[-1], seen.min(axis=0), seen.max(axis=0)] if reading is None else _warned(seen, reading)
        return np.array(rows)

    found = futures.values(list(dict.fromkeys(needed)), asked.month, work)
    return found[0], found[1:]


def _failure(asked: Asked, last: int, values: Mapping[Key, Floats]) -> Floats:
    """Return the month in which a path fails after the watch; inf if it does not, nan if it has failed already."""
    found = asked.expression.evaluate(values)[: asked.month + 1]
    if not asked.by:
        return np.where(found[-1], float(asked.month), np.inf)
    months = np.where(found.any(axis=0), found.argmax(axis=0), np.inf)
    return np.where(months <= last, np.nan, months)


def _warned(seen: Floats, reading: _Reading) -> list[Floats]:
    """Return what is held against the level, and in which month it warns."""
    last, sign = len(seen), reading.sign
    watched = seen if reading.how == "until" else seen[-1:]
    warns = sign * watched > sign * reading.cut.level
    first = last - len(watched) + 1 + warns.argmax(axis=0)
    return [sign * np.max(sign * watched, axis=0), np.where(warns.any(axis=0), first, np.inf)]


def _hold_finite(number: Expression, seen: Floats) -> None:
    """Refuse an observable that is no number on some path."""
    if not np.isfinite(seen).all():
        remedy = "max(..., 1e-9) keeps a divisor above 0"
        raise ResultError(Fault(f"observables: {number}", "must be a finite number on every path", "", remedy))


def _cases(months: Floats, watched: _Watched, paths: int) -> tuple[Flags, int]:
    """Return which of the paths that count fail, and how many have failed before; refuse too few of either kind."""
    counted = ~np.isnan(months)
    fails = np.isfinite(months[counted])
    if not LEAST <= fails.sum() <= len(fails) - LEAST:
        rule = f"must come true later on {LEAST} paths, and not on as many"
        found = f"{int(fails.sum()):,} of {len(fails):,} paths; on {paths - len(fails):,} it is true before"
        raise ResultError(Fault(repr(str(watched.asked.expression)), rule, found, "another watch, level or more paths"))
    return fails, paths - len(fails)


def _chosen(found: Floats, fails: Flags, watched: _Watched, weights: Weights) -> dict[int, _Reading]:
    """Return the reading of greatest worth of each observable that is not the same on all paths."""
    cuts = dict[int, _Reading]()
    for number, (value, lowest, highest) in enumerate(found.reshape(len(watched.numbers), 3, -1)):
        for how, side in READINGS:
            seen = value if how == "in" else lowest if side == "<" else highest
            cut = best_cut(seen, fails, side, weights)
            if cut is not None and (number not in cuts or cut.worth > cuts[number].cut.worth):
                cuts[number] = _Reading(how, cut)
    if not cuts:
        remedy = "a later watch, or other observables"
        raise ResultError(Fault("observables", "must differ between paths until the watch ends", "none does", remedy))
    return cuts


def _sign(
    watched: _Watched, number: int, reading: _Reading, own: Floats, months: Floats, fails: Flags, weights: Weights
) -> Signpost:
    """Return the signpost of an observable, scored on fresh futures."""
    expression, cut, (values, warned) = watched.numbers[number], reading.cut, own
    warns, known = np.isfinite(warned), watched.asked.months
    hit = Estimate.of_count(int(warns[fails].sum()), int(fails.sum()))
    alarm = Estimate.of_count(int(warns[~fails].sum()), int((~fails).sum()))
    worth = float(weights.worth(np.array(hit.value), np.array(alarm.value)))
    variance = (weights.miss * hit.error) ** 2 + (weights.alarm * alarm.error) ** 2
    area, error = area_of(reading.sign * values, fails)
    told = warns & fails
    ahead = months[told] - warned[told]
    condition = str(expression) if cut.side == ">" else f"not ({expression})"
    return Signpost(
        observable=str(expression),
        unit=watched.units[number],
        when=condition if expression.is_event else f"{expression} {cut.side} {cut.level:.12g}",
        after=known.label(1 if reading.how == "until" else watched.month),
        until=known.label(watched.month),
        level=cut.level,
        low=cut.low,
        high=cut.high,
        area=Estimate.of_moments(area, error**2 * len(fails), len(fails)) if error else _certain(area, fails),
        hit=hit,
        false_alarm=alarm,
        worth=Estimate.of_moments(worth, variance * len(fails), len(fails)),
        lead=_mean(ahead),
        searched_worth=cut.worth,
        curve=roc(reading.sign * values, fails),
    )


def _certain(area: float, fails: Flags) -> Estimate:
    """Return an area of 0, 1/2 or 1 that no path contradicts: as sure as so many paths of the rarer kind can tell."""
    n = int(min(fails.sum(), (~fails).sum()))
    return Estimate.of_count(round(area * n), n)


def _mean(months: Floats) -> Estimate:
    """Return the mean number of months."""
    if not len(months):
        return Estimate.unknown("months")
    variance = float(np.var(months, ddof=1)) if len(months) > 1 else np.nan
    return Estimate.of_moments(float(months.mean()), variance, len(months), "months")
