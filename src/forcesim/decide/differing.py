"""What is told of a difference beside its size: how often, how much earlier, whatever the taste for risk, at what cost.

The cost of an effect is a ratio of two paired differences, whose interval is Fieller's (1954, J. Royal Statistical
Society B 16(2), 175-185). Where the effect may be none it has no end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forcesim.decide.dominance import Dominance, dominance
from forcesim.decide.influence import covariance_of, influence
from forcesim.result.estimate import NORMAL_95, Estimate

if TYPE_CHECKING:
    from forcesim.arrays import Floats

__all__ = ["Difference", "Sampled", "difference_of", "ratio_of_differences"]


@dataclass(frozen=True, slots=True)
class Sampled:
    """What the paths of one alternative tell of one outcome.

    Attributes
    ----------
    values : float64 (path,)
        The answers; nan where a path has none.
    cost : float64 (path,), optional
        What it costs.
    first : float64 (path,), optional
        The month in which it comes true first, the month after the last that counts where it does not; nan where a
        path has no answer.
    """

    values: Floats
    cost: Floats | None = None
    first: Floats | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A policy held against its yardstick, on the same futures.

    Attributes
    ----------
    policy, yardstick : str
        Their names.
    simultaneous : Estimate
        The difference; its interval holds at once with those of all other differences of the call.
    higher, lower : Estimate
        Share of futures in which the outcome is higher, and lower, than under the yardstick.
    earlier, later : Estimate, optional
        Share of futures in which it comes true earlier, and later; of something true or false ``by`` a date.
    months_earlier : Estimate, optional
        By how many months, mean over the futures in which it does under both.
    dominance : Dominance, optional
        Tests of stochastic dominance; of a number.
    cost : Estimate, optional
        Difference of the costs.
    cost_per_effect : Estimate, optional
        Cost difference over difference.
    paths_needed : int, optional
        Paths for which the simultaneous interval would leave 0 out if the difference is as it was seen. 0 if it does;
        None if no difference was seen.
    """

    policy: str
    yardstick: str
    simultaneous: Estimate
    higher: Estimate
    lower: Estimate
    earlier: Estimate | None = None
    later: Estimate | None = None
    months_earlier: Estimate | None = None
    dominance: Dominance | None = None
    cost: Estimate | None = None
    cost_per_effect: Estimate | None = None
    paths_needed: int | None = None

    @property
    def open(self) -> bool:
        """Return whether the two are not told apart."""
        return self.paths_needed != 0


def difference_of(
    names: tuple[str, str],
    one: Sampled,
    other: Sampled,
    plain: Estimate,
    crit: float,
    *,
    more: bool,
    cost_unit: str = "",
    certain: bool = False,
) -> Difference:
    """Return all that is told of a difference.

    Parameters
    ----------
    names : (str, str)
        The policy and its yardstick.
    one, other : Sampled
        Of the policy and of its yardstick.
    plain : Estimate
        The difference with its interval.
    crit : float
        Standard errors in half a simultaneous interval.
    more : bool
        Whether more is better.
    cost_unit : str
        Unit of the cost.
    certain : bool
        Whether every path is the same.
    """
    wide = _wider(plain, crit)
    both = ~np.isnan(one.values) & ~np.isnan(other.values)
    a, b = one.values[both], other.values[both]
    earlier = later = months = None
    if one.first is not None and other.first is not None:
        first, second = one.first[both], other.first[both]
        earlier, later = (_share(flags, certain=certain) for flags in (first < second, first > second))
        reached = (a > 0) & (b > 0)
        months = _mean((second - first)[reached], "months", certain=certain)
    cost = per = None
    if one.cost is not None and other.cost is not None:
        cost = _mean(one.cost - other.cost, cost_unit, certain=certain)
        per = ratio_of_differences(one, other, f"{cost_unit} per {plain.unit or 'unit'}", certain=certain)
    return Difference(
        policy=names[0],
        yardstick=names[1],
        simultaneous=wide,
        higher=_share(a > b, certain=certain),
        lower=_share(a < b, certain=certain),
        earlier=earlier,
        later=later,
        months_earlier=months,
        dominance=None if plain.unit == "chance" else dominance(one.values, other.values, more=more),
        cost=cost,
        cost_per_effect=per,
        paths_needed=_needed(wide, crit, len(one.values)),
    )


def ratio_of_differences(one: Sampled, other: Sampled, unit: str, *, certain: bool = False) -> Estimate:
    """Return the difference of two costs over that of two outcomes, with Fieller's interval.

    Examples
    --------
    >>> a = Sampled(np.array([2.0, 4.0]), np.array([6.0, 12.0]))
    >>> ratio_of_differences(a, Sampled(np.zeros(2), np.zeros(2)), "bn USD per unit").value
    3.0
    """
    assert one.cost is not None
    assert other.cost is not None
    effect = float(np.nanmean(one.values) - np.nanmean(other.values)) if _some(one, other) else math.nan
    cost, n = float(np.mean(one.cost - other.cost)), len(one.values)
    if math.isnan(effect) or effect == 0.0:
        return replace(Estimate.unknown(unit), note="no effect was seen")
    value = cost / effect
    if certain:
        return Estimate(value, 0.0, value, value, n, unit)
    psis = [influence(one.cost) - influence(other.cost), influence(one.values) - influence(other.values)]
    covariance = covariance_of(psis)
    v_cost, both, v_effect = float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])
    error = math.sqrt(max(0.0, v_cost - 2 * value * both + value**2 * v_effect)) / abs(effect)
    z2 = NORMAL_95**2
    a, b, c = effect**2 - z2 * v_effect, effect * cost - z2 * both, cost**2 - z2 * v_cost
    if a <= 0.0:
        return Estimate(value, error, -math.inf, math.inf, n, unit, "the effect may be none")
    half = math.sqrt(max(0.0, b * b - a * c))
    return Estimate(value, error, (b - half) / a, (b + half) / a, n, unit)


def _some(one: Sampled, other: Sampled) -> bool:
    """Return whether both have an answer on some path."""
    return bool((~np.isnan(one.values)).any() and (~np.isnan(other.values)).any())


def _wider(plain: Estimate, crit: float) -> Estimate:
    """Return an estimate with an interval of so many standard errors, of the form that it has."""
    by = crit / NORMAL_95
    middle = (plain.low + plain.high) / 2.0
    half = by * (plain.high - plain.low) / 2.0
    least, most = (-1.0, 1.0) if plain.unit == "chance" else (-math.inf, math.inf)
    return replace(plain, low=max(least, middle - half), high=min(most, middle + half))


def _needed(wide: Estimate, crit: float, paths: int) -> int | None:
    """Return how many paths would tell a difference from 0 if it is as it was seen."""
    if math.isnan(wide.value):
        return None
    if wide.low > 0.0 or wide.high < 0.0:
        return 0
    if wide.value == 0.0 or math.isnan(wide.error):
        return None
    return math.ceil(paths * max(1.0, crit * wide.error / abs(wide.value)) ** 2)


def _share(flags: np.ndarray, *, certain: bool) -> Estimate:
    """Return a share of futures."""
    n = len(flags)
    return Estimate.of_count(int(flags.sum()), n, certain=certain) if n else Estimate.unknown("chance")


def _mean(values: Floats, unit: str, *, certain: bool) -> Estimate:
    """Return a mean over futures."""
    n = len(values)
    if n == 0:
        return Estimate.unknown(unit)
    variance = float(np.var(values, ddof=1)) if n > 1 else math.nan
    return Estimate.of_moments(float(np.mean(values)), variance, n, unit, certain=certain)
