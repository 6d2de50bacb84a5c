"""Which policy is better, and is the difference real? Policies on the same futures, path by path.

Every draw is a function of its address, so two policies meet the same chance. The difference is
taken on each path; what both share drops out of its error (common random numbers; Glasserman
and Yao 1992, Management Science 38(6), 884-908).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np

from forcesim.arguments import each, one_of, paths_of, seed_of, shown, text, texts
from forcesim.decide.alternatives import alternatives
from forcesim.decide.comparison import Comparison, Comparisons
from forcesim.decide.differing import Sampled, difference_of
from forcesim.decide.futures import asked_of
from forcesim.decide.influence import covariance_of, critical, error_of, estimated, influence, joint_normals
from forcesim.engine import simulate
from forcesim.errors import Fault, ResultError
from forcesim.manifest import versions
from forcesim.plan import make_plan
from forcesim.question import Question, one_date
from forcesim.result.estimate import NORMAL_95, Estimate

if TYPE_CHECKING:
    import datetime as dt

    from forcesim.arrays import Floats
    from forcesim.engine import Progress
    from forcesim.policy import Policy
    from forcesim.question import Asked
    from forcesim.result import Result
    from forcesim.scenario import Scenario

    Policies = Sequence[str | Policy | Sequence[str | Policy]] | None
    Scenarios = Scenario | Mapping[str, Scenario] | Iterable[Scenario]
    Date = str | dt.date | int | None

__all__ = ["compare"]


@overload
def compare(
    scenario: Scenarios, policies: Policies = None, outcome: str = "gap", *, at: Date = None, by: Date = None,
    given: str | None = None, cost: str | None = None, better: str | Mapping[str, str] = "more", paths: int = 10_000,
    seed: int = 2025, threads: int | None = None, progress: bool | Progress | None = None,
) -> Comparison: ...  # fmt: skip


@overload
def compare(
    scenario: Scenarios, policies: Policies, outcome: list[str] | tuple[str, ...], *, at: Date = None, by: Date = None,
    given: str | None = None, cost: str | None = None, better: str | Mapping[str, str] = "more", paths: int = 10_000,
    seed: int = 2025, threads: int | None = None, progress: bool | Progress | None = None,
) -> Comparisons: ...  # fmt: skip


def compare(
    scenario: Scenarios,
    policies: Policies = None,
    outcome: str | list[str] | tuple[str, ...] = "gap",
    *,
    at: Date = None,
    by: Date = None,
    given: str | None = None,
    cost: str | None = None,
    better: str | Mapping[str, str] = "more",
    paths: int = 10_000,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Comparison | Comparisons:
    """Compare policies and scenarios on the same futures, with an interval for each paired difference.

    Parameters
    ----------
    scenario : Scenario, mapping of name to Scenario, or list of Scenario
        What to simulate. With several, each policy is held against the first of its scenario; under one policy each
        scenario against the first.
    policies : sequence of str or Policy
        At least two, or one and several scenarios; the first is the yardstick. ``"a + b"`` stacks policies, as does a
        list of names and objects; a name of the scenario that has a plus is that policy.
    outcome : str or list of str
        An outcome (``"gap"``, ``"strength[UKR]"``) or an expression that is true or false (``"gap <= 0"``). A list
        gives :class:`Comparisons`; with ``by`` its numbers are taken in that month.
    at, by : str, date or int
        The month (``"2030-12"``): the value in it, or for an expression that is true or false
        ``by``: whether it came true in any month until then.
    given : str, optional
        True or false (``"phase == 'ceasefire'"``): each policy's mean is over the paths on which it is true in that
        month, and the error of the difference allows for that.
    cost : str, optional
        What a policy costs (``"total(sum(cost))"``), in that month: then the cost of an effect is told.
    better : {"more", "less"} or mapping of outcome to one of them
        For the chance of being best and for dominance.
    paths, seed, threads, progress
        As in :func:`forcesim.simulate`.

    Returns
    -------
    Comparison or Comparisons
        Values, paired differences with Monte Carlo error, and the gain from pairing. ``details`` has simultaneous
        intervals (max-t) and what else is told of each difference; ``sentences`` says it.

    Raises
    ------
    PolicyError
        If there are fewer than two to compare, or one comes twice, or one cannot be applied.
    ResultError
        If not one of ``at`` and ``by`` is given, or it lies outside the months; or another argument is not admissible.

    Source
    ------
    Law, A. M. (2015), Simulation Modeling and Analysis, 5th ed., section 11.2 (common random numbers). Differences of
    chances: Agresti, A. and Min, Y. (2005), Statistics in Medicine 24(5), 729-740. Simultaneous intervals:
    Chernozhukov, V., Chetverikov, D. and Kato, K. (2013), Annals of Statistics 41(6), 2786-2819.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed = fs.load("seed-figures")
    >>> found = fs.compare(seed, ["status-quo", "europe-150k"], "gap", at="2030-12", paths=256)
    >>> found.differences["europe-150k"].value
    -150000.0
    """
    several = not isinstance(outcome, str) and isinstance(outcome, Sequence)
    outcomes, paths, seed = each(
        lambda: texts("outcome", outcome) if several else (text("outcome", outcome),),
        lambda: paths_of(paths),
        lambda: seed_of(seed),
    )
    if not outcomes:
        raise ResultError(Fault("outcome", "must name at least one", shown(outcome), "outcome=['gap', 'cost'], say"))
    under, more = alternatives(scenario, policies), _directions(better, outcomes)
    one_date(at, by, needed=True)
    asked = {
        name: _questions(one, outcomes, at=at, by=by, given=given, cost=cost, several=several)
        for name, one in under.scenarios.items()
    }
    sampled: dict[str, dict[str, Sampled]] = {name: {} for name in outcomes}
    for name, one in under.scenarios.items():
        wanted = sorted({key for question in asked[name] for key, _ in question.names})
        result = simulate(one, paths=paths, seed=seed, threads=threads, keep=wanted, outcomes=wanted, progress=progress)
        price = None if cost is None else result.answers(asked[name][-1])
        for what, question in zip(outcomes, asked[name], strict=False):
            sampled[what][name] = Sampled(result.answers(question), price, _first(result, question))
    labels = zip(outcomes, asked[name], strict=False)
    about = _About(
        {name: result.unit_of(name) for name in outcomes},
        "" if cost is None else result.unit_of(cost),
        {what: one.when + (f", given {one.given}" if one.given else "") for what, one in labels},
        _source(under.scenarios.values(), paths, seed),
        all(not one.noise and not one.uncertain() for one in under.scenarios.values()),
    )
    crit = _critical(sampled, under.yardsticks)
    found = {what: _compared(of, under.yardsticks, what, crit, about, more=more[what]) for what, of in sampled.items()}
    return Comparisons(found) if several else found[outcomes[0]]


@dataclass(frozen=True, slots=True)
class _About:
    """What a comparison is labelled with: units and dates by outcome, unit of the cost, source; if all is certain."""

    units: dict[str, str]
    cost_unit: str
    when: dict[str, str]
    source: str
    certain: bool


def _questions(
    scenario: Scenario,
    outcomes: Sequence[str],
    *,
    at: Date,
    by: Date,
    given: str | None,
    cost: str | None,
    several: bool,
) -> list[Asked]:
    """Return the questions that a call asks of a scenario, the cost last; they are checked before any run."""
    vocabulary = make_plan(scenario).vocabulary
    if several:
        found = asked_of(scenario, [(outcome, given) for outcome in outcomes], at=at, by=by)
    else:
        found = [Question(outcomes[0], at=at, by=by, given=given).check(vocabulary)]
    if cost is not None:
        found.append(Question(text("cost", cost), at=by if at is None else at).check(vocabulary))
    return found


def _directions(better: str | Mapping[str, str], outcomes: Sequence[str]) -> dict[str, bool]:
    """Return for each outcome whether more of it is better."""
    words = better if isinstance(better, Mapping) else dict.fromkeys(outcomes, better)
    for name in words:
        one_of("better", name, outcomes)
    return {name: one_of("better", words.get(name, "more"), ("more", "less")) == "more" for name in outcomes}


def _first(result: Result, question: Asked) -> Floats | None:
    """Return the month in which something comes true first by a date, or the month after that date."""
    if not question.by:
        return None
    true = result.history(str(question.expression))[: question.month + 1] > 0.0
    month = np.where(true.any(axis=0), true.argmax(axis=0), question.month + 1).astype(np.float64)
    return np.where(np.isnan(result.answers(question)), np.nan, month)


def _source(scenarios: Iterable[Scenario], paths: int, seed: int) -> str:
    """Return the line that says where a picture or table comes from."""
    names = " and ".join(dict.fromkeys(one.name for one in scenarios))
    version = versions()["forcesim"]
    return f"forcesim {version}: {names}; {paths:,} paths, seed {seed}, the same futures for all policies"


def _critical(sampled: Mapping[str, Mapping[str, Sampled]], yardsticks: Mapping[str, str]) -> float:
    """Return the standard errors in half an interval that holds for all differences of all outcomes at once."""
    psis = [
        influence(of[name].values) - influence(of[base].values)
        for of in sampled.values()
        for name, base in yardsticks.items()
    ]
    return critical(psis)


def _compared(
    sampled: Mapping[str, Sampled],
    yardsticks: Mapping[str, str],
    outcome: str,
    crit: float,
    about: _About,
    *,
    more: bool,
) -> Comparison:
    """Return the comparison of one outcome, from what the same paths tell under each policy."""
    unit, certain = about.units[outcome], about.certain
    samples = {name: one.values for name, one in sampled.items()}
    pairs = {name: (samples[name], samples[base]) for name, base in yardsticks.items()}
    differences = {name: _difference(*pair, unit, certain=certain) for name, pair in pairs.items()}
    best, on_average = _best(samples, more=more, certain=certain)
    return Comparison(
        outcome=outcome,
        when=about.when[outcome],
        unit=unit,
        policies=tuple(samples),
        values={name: estimated(sample, unit, certain=certain) for name, sample in samples.items()},
        differences=differences,
        pairing_gain={name: _pairing_gain(*pair) for name, pair in pairs.items()},
        source=about.source,
        yardsticks=dict(yardsticks),
        details={
            name: difference_of(
                (name, base), sampled[name], sampled[base], differences[name], crit,
                more=more, cost_unit=about.cost_unit, certain=certain,
            )
            for name, base in yardsticks.items()
        },
        best=best,
        best_on_average=on_average,
        critical=crit,
    )  # fmt: skip


def _pairing_gain(sample: Floats, first: Floats) -> float:
    """Return the variance of an unpaired difference over that of the paired one; nan where neither varies."""
    one, other = influence(sample), influence(first)
    paired, apart = float(np.mean((one - other) ** 2)), float(np.mean(one**2) + np.mean(other**2))
    if paired > 0:
        return apart / paired
    return math.inf if apart > 0 else math.nan


def _difference(sample: Floats, first: Floats, unit: str, *, certain: bool) -> Estimate:
    """Return the estimate of a paired difference.

    The difference of two chances has the interval of Agresti and Min (2005). Half a pair is added to each of the four
    outcomes of two policies. So the interval has a width even where no path tells them apart. The error is half of the
    interval over 1.96. Where a condition leaves paths out the interval is that of the influences.
    """
    whole = not (np.isnan(sample).any() or np.isnan(first).any())
    if not whole:
        return _of_some(sample, first, unit, certain=certain)
    plain = estimated(sample - first, "difference" if unit == "chance" else unit, certain=certain)
    if unit != "chance":
        return plain
    if certain:
        return dataclasses.replace(plain, unit="chance")
    n, gained, lost = len(sample) + 2.0, float((sample > first).sum()) + 0.5, float((sample < first).sum()) + 0.5
    middle = (gained - lost) / n
    half = NORMAL_95 * math.sqrt(gained + lost - (gained - lost) ** 2 / n) / n
    error = half / NORMAL_95 if plain.error == 0.0 else plain.error
    return dataclasses.replace(plain, error=error, low=middle - half, high=middle + half, unit="chance")


def _of_some(sample: Floats, first: Floats, unit: str, *, certain: bool) -> Estimate:
    """Return the estimate of a difference of two means, each over the paths that count under its policy."""
    if np.isnan(sample).all() or np.isnan(first).all():
        return Estimate.unknown(unit)
    value = float(np.nanmean(sample) - np.nanmean(first))
    error = 0.0 if certain else error_of(influence(sample) - influence(first))
    counted = [int((~np.isnan(one)).sum()) for one in (sample, first)]
    note = f"of {len(sample):,} paths {counted[0]:,} count, and {counted[1]:,} under the yardstick"
    return Estimate(value, error, value - NORMAL_95 * error, value + NORMAL_95 * error, min(counted), unit, note)


def _best(samples: Mapping[str, Floats], *, more: bool, certain: bool) -> tuple[dict[str, Estimate], dict[str, float]]:
    """Return on which share of futures each policy is the best, and the chance that its mean is."""
    values = np.stack(list(samples.values())) * (1.0 if more else -1.0)
    whole = values[:, ~np.isnan(values).any(axis=0)]
    if not whole.shape[1]:
        return {name: Estimate.unknown("chance") for name in samples}, dict.fromkeys(samples, math.nan)
    first = whole == whole.max(axis=0)
    parts = first / first.sum(axis=0)
    shares = [dataclasses.replace(estimated(part, "", certain=certain), unit="chance") for part in parts]
    means = np.nanmean(values, axis=1)
    draws = means[:, None] + (0.0 if certain else joint_normals(covariance_of([influence(one) for one in values])))
    ahead = draws >= draws.max(axis=0) - 1e-12 * max(1.0, float(np.abs(means).max()))
    chances = (ahead / ahead.sum(axis=0)).mean(axis=1)
    return dict(zip(samples, shares, strict=True)), dict(zip(samples, chances.tolist(), strict=True))
