"""How many units a slot takes in steady state, exactly; and the smallest force that meets a rule, by simulation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from forcesim import paths
from forcesim.arguments import each, finite, integer, shown
from forcesim.errors import Fault, ResultError, ScenarioError
from forcesim.rotation.checks import faults_of_policy
from forcesim.rotation.durations import whole_days
from forcesim.rotation.entries import MOST_UNITS
from forcesim.rotation.layout import RotationLayout
from forcesim.rotation.model import Rotation
from forcesim.rotation.outcomes import parsed
from forcesim.rotation.plain import plain
from forcesim.rotation.replicate import simulate
from forcesim.rotation.sections import RotationPolicy
from forcesim.scenario.faults import faults_of_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forcesim.result import Estimate
    from forcesim.rotation.durations import Days

__all__ = ["RotationRatio", "SmallestForce", "rotation_ratio", "smallest_force"]

POINTS = 2_048


@dataclass(frozen=True)
class RotationRatio:
    """Units for each slot that is always filled, in steady state.

    Attributes
    ----------
    ratio : Fraction
        Units for each slot, if hand-overs are spread evenly: no force below it keeps a slot filled.
    tranches : int
        Units for each slot if all slots of a mission rotate together: the ratio rounded up.
    period : Fraction
        Days from one departure of a unit to its next, if it goes as soon as it may.
    fill : Fraction
        Days of each tour that count, hand-over left out.
    bog_dwell : Fraction
        Days at home (preparation included, unless it counts against the tour) for each day away.
    """

    ratio: Fraction
    tranches: int
    period: Fraction
    fill: Fraction
    bog_dwell: Fraction

    def units(self, slots: int) -> int:
        """Return the units that a number of slots takes, with hand-overs spread evenly."""
        return math.ceil(self.ratio * integer("slots", slots, least=0))

    def __str__(self) -> str:
        """Return it as one says it."""
        return f"{float(self.ratio):.4g} units a slot ({self.tranches} tranches if all rotate together)"


def rotation_ratio(policy: RotationPolicy | Mapping[str, Any]) -> RotationRatio:
    """Return the exact steady-state number of units per slot under a policy.

    A unit that goes as soon as it may departs every ``period`` = reset + preparation + days away. It fills its slot for
    the tour less the hand-over, in which its relief is counted: ratio = period / fill. Reset lasts until the unit is
    trained, has recovered and has had its minimum dwell. Random durations enter by their means in whole days, by the
    renewal-reward theorem (Ross, 1996, Stochastic Processes, 2nd ed., section 3.6). The mean of the largest of several
    durations is a numerical integral, exact to some 1e-3 of a day.

    Raises
    ------
    ScenarioError
        If it is no policy: with its faults, each by its path.
    ResultError
        If a unit can never be sent under the policy: "cannot be reached".

    Examples
    --------
    >>> from forcesim import rotation
    >>> rotation.rotation_ratio({"available_from": 720, "tour": 180}).ratio
    Fraction(5, 1)
    >>> print(rotation.rotation_ratio({"available_from": 720, "tour": 180, "overlap": 10}))
    5.294 units a slot (6 tranches if all rotate together)
    """
    policy = policy if isinstance(policy, RotationPolicy) else _policy(policy)
    lead = _mean(policy.mobilisation) + _mean(policy.preparation)
    spent = Fraction(0) if policy.counts_preparation else lead
    dwell = max(Fraction(0), policy.minimum_dwell.guidance - spent)
    reset = _first_open(policy, _mean_of_largest(policy.available_from, policy.recovery, dwell))
    away = Fraction(policy.tour.guidance) - (lead if policy.counts_preparation else 0)
    fill = away - policy.overlap.guidance
    ends = [days for days in (policy.available_until, policy.cycle) if days is not None]
    closes = [days.most for days in ends if policy.available_from.value is None or days.value is None]
    if fill <= 0 or (closes and min(closes) <= float(reset)):
        found = f"ready on day {float(reset):g}, window closed on day {min(closes):g}" if closes else f"{fill} days"
        raise ResultError(Fault("policy", "cannot be reached: no day of the cycle on which a unit may be sent", found))
    faults = faults_of_policy("policy", policy)
    if faults:
        raise ScenarioError(faults)
    period = reset + lead + away
    ratio = period / fill
    home = period - away
    return RotationRatio(ratio, math.ceil(ratio), period, fill, home / away)


def _first_open(policy: RotationPolicy, reset: Fraction) -> Fraction:
    """Return the first day from the return on which a unit may be sent, if its window closes before it is ready.

    It then waits until a later cycle, as in :func:`simulate`; where the durations are random the day stays as it is.
    """
    close, cycle = policy.available_until or policy.cycle, policy.cycle or policy.available_until
    opens = policy.available_from.value
    if policy.window is not None or close is None or cycle is None or opens is None:
        return reset
    if close.value is None or not cycle.value or close.value <= opens:
        return reset
    begun = (reset // cycle.value) * cycle.value  # of the cycle in which it is ready
    if reset < begun + close.value:
        return max(reset, Fraction(begun + opens))
    return Fraction(begun + cycle.value + opens)


def _policy(given: Any) -> RotationPolicy:
    """Return the policy that plain data describe."""
    data = plain(given)
    if not isinstance(data, dict):
        remedy = "{'tour': 180, 'available_from': 720}, say"
        raise ScenarioError(Fault("policy", "must be a mapping or a RotationPolicy", shown(given), remedy))
    try:
        return RotationPolicy.model_validate(data)
    except ValidationError as error:
        faults = faults_of_form(error, RotationPolicy, data)
        raise ScenarioError([replace(one, path=f"policy.{one.path}") for one in faults]) from None


def _mean(days: Days) -> Fraction:
    """Return the mean in whole days."""
    return Fraction(days.value) if days.value is not None else Fraction(days.mean)


def _mean_of_largest(one: Days, other: Days, least: Fraction) -> Fraction:
    """Return the mean of the largest of two independent durations and a number."""
    if one.law is None and other.law is None:
        return max(Fraction(one.least), Fraction(other.least), least)
    points = (np.arange(POINTS) + 0.5) / POINTS
    grids = [np.array([days.least]) if days.law is None else whole_days(days.law, points, 0) for days in (one, other)]
    largest = np.maximum(np.maximum(grids[0][:, None], grids[1][None, :]), float(least))
    return Fraction(float(largest.mean()))


@dataclass(frozen=True)
class SmallestForce:
    """The smallest force that meets a rule.

    Attributes
    ----------
    units : int or None
        How many; None if not even the most meets it.
    estimate : Estimate
        Chance that the rule is met, with so many (or with the most).
    tried : mapping of int to Estimate
        Every number that was tried.
    rule : str
        The rule, and the chance that was asked for.
    """

    units: int | None
    estimate: Estimate
    tried: Mapping[int, Estimate]
    rule: str

    def __str__(self) -> str:
        """Return it as one says it."""
        if self.units is None:
            most = max(self.tried)
            return f"{self.rule}: cannot be reached with up to {most:,} units (chance {self.estimate.value:.3g})"
        below = self.tried.get(self.units - 1)
        less = f"; with {self.units - 1}: {below.value:.3g}" if below is not None else ""
        return f"{self.rule}: {self.units:,} units (chance {self.estimate.value:.3g}{less})"


def smallest_force(
    study: Rotation | Mapping[str, Any],
    rule: str,
    chance: float = 0.9,
    *,
    group: str | None = None,
    most: int = 1_000,
    replications: int = 200,
    seed: int = 2025,
    **options: Any,
) -> SmallestForce:
    """Find the least number of units of a group with which a rule is met with a stated chance.

    Numbers are doubled until the rule is met, then halved in; each is judged on the same futures (draws by address), so
    that two forces differ by their units alone. That one unit less fails is part of the answer. More units are taken
    never to harm; a start that is ``staggered`` moves with their number, so look at ``tried`` if in doubt.

    Parameters
    ----------
    study : Rotation or mapping
        The study; the count of the group in it does not matter.
    rule : str
        A comparison of outcomes, such as ``"unmet_share[mission] <= 0.01"``.
    chance : float
        How likely it must be met, in (0, 1].
    group : str, optional
        Which units are varied; may be left out if there is one group.
    most : int
        The largest force to try.
    replications, seed, **options
        As for :func:`simulate`.

    Returns
    -------
    SmallestForce
        With ``units`` None, and saying "cannot be reached", if not even ``most`` meets it.

    Raises
    ------
    ResultError
        If the group, the chance or the rule is not admissible.

    Examples
    --------
    >>> from forcesim import rotation
    >>> study = {
    ...     "days": 3600,
    ...     "policies": {"six in thirty": {"available_from": 720, "tour": 180}},
    ...     "units": [{"name": "brigade", "type": "brigade", "policy": "six in thirty"}],
    ...     "demands": [{"name": "mission", "type": "brigade", "quantity": 2}],
    ... }
    >>> print(rotation.smallest_force(study, "unmet[mission] <= 0", 1.0, replications=1))
    unmet[mission] <= 0 with chance 1: 10 units (chance 1; with 9: 0)
    """
    study = study if isinstance(study, Rotation) else Rotation.of(study)
    group, chance, most, _ = each(
        lambda: _group_of(study, group),
        lambda: _chance_of(chance),
        lambda: integer("most", most, least=1, most=MOST_UNITS),
        lambda: integer("replications", replications, least=1),
    )
    if not parsed(rule, RotationLayout(study)).is_event:
        raise ResultError(Fault(rule, "must be true or false: compare it with something"))
    tried: dict[int, Estimate] = {}

    def met(units: int) -> bool:
        if units not in tried:
            force = study.with_units(**{group: units})
            tried[units] = simulate(force, replications=replications, seed=seed, keep=0, **options).chance(rule)
        return tried[units].value >= chance

    wanted = f"{rule} with chance {chance:g}"
    high = 1
    while not met(high):
        if high == most:
            return SmallestForce(None, tried[high], tried, wanted)
        high = min(most, 2 * high)
    low = max((units for units in tried if units < high), default=0)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if met(middle) else (middle, high)
    return SmallestForce(high, tried[high], dict(sorted(tried.items())), wanted)


def _group_of(study: Rotation, group: Any) -> str:
    """Return the group whose number is varied."""
    names = [one.name for one in study.units]
    if group is None and len(names) == 1:
        group = names[0]
    if group not in names:
        remedy = (paths.nearest(group, names) if isinstance(group, str) else "") or f"there are {', '.join(names)}"
        raise ResultError(Fault("group", "must name a group of units", shown(group), remedy))
    if any(one.name == group and isinstance(one.start, tuple) for one in study.units):
        raise ResultError(Fault("group", "must start rested, staggered or uniform, so that its number can vary"))
    return str(group)


def _chance_of(chance: Any) -> float:
    """Return a chance above 0."""
    try:
        return finite("chance", chance, above=0.0, most=1.0)
    except ResultError:
        raise ResultError(Fault("chance", "must lie in (0, 1]", shown(chance))) from None
