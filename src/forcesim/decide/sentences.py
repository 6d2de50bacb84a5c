"""A difference as one plain sentence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forcesim.decide.differing import Difference
    from forcesim.result import Estimate

__all__ = ["per_cent", "sentence"]


def per_cent(share: Estimate) -> str:
    """Return a share of futures in per cent, with its error.

    Examples
    --------
    >>> from forcesim.result import Estimate
    >>> per_cent(Estimate.of_count(830, 1000)), per_cent(Estimate.of_count(1, 1, certain=True))
    ('83 ± 1 %', '100 %')
    """
    if share.n == 0:
        return "an unknown share"
    if share.error == 0.0 or math.isnan(share.error):
        return f"{100 * share.value:.0f} %"
    digits = 0 if share.error >= 0.0045 else 1
    return f"{100 * share.value:.{digits}f} ± {100 * share.error:.{digits}f} %"


def sentence(outcome: str, when: str, unit: str, one: Difference, value: Estimate) -> str:
    """Return what a difference says.

    Parameters
    ----------
    outcome, when, unit : str
        What is compared.
    one : Difference
        Of the policy from its yardstick.
    value : Estimate
        The outcome under the policy.
    """
    if math.isnan(value.value) or math.isnan(one.simultaneous.value):
        return f"No future tells {outcome} {when} under {one.policy} from {one.yardstick}."
    if one.open:
        needed = "" if one.paths_needed is None else f"; about {one.paths_needed:,} paths would tell them apart"
        return f"{one.policy} and {one.yardstick} are not told apart in {outcome} {when}{needed}."
    if one.earlier is not None and one.months_earlier is not None and one.months_earlier.n:
        return _earlier(outcome, when, one, one.earlier, one.months_earlier)
    wide = one.simultaneous
    word = "higher" if wide.value > 0 else "lower"
    share = one.higher if wide.value > 0 else one.lower
    return (
        f"{_what(outcome, unit)} {when} is {_amount(abs(wide.value), unit)} {word} under {one.policy} than under "
        f"{one.yardstick} (95 %: {_span(wide, unit)}), and {word} in {per_cent(share)} of futures."
    )


def _earlier(outcome: str, when: str, one: Difference, earlier: Estimate, months: Estimate) -> str:
    """Return the sentence of something that comes true by a date."""
    said = one.policy, earlier, months.value, "earlier"
    if one.simultaneous.value < 0 and one.later is not None:
        said = one.policy, one.later, -months.value, "later"
    policy, share, by, word = said
    chance = 100 * abs(one.simultaneous.value)
    more = "more" if one.simultaneous.value > 0 else "less"
    where = f"by {by:,.0f} months on average where both do" if by >= 0.5 else "where both do by less than a month"
    return (
        f"{policy} reaches {outcome} {word} than {one.yardstick} in {per_cent(share)} of futures, {where}; the chance "
        f"{when} is {chance:.1f} percentage points {more}."
    )


def _what(outcome: str, unit: str) -> str:
    return f"The chance of {outcome}" if unit == "chance" else outcome


def _amount(value: float, unit: str) -> str:
    """Return a size with its unit."""
    if unit == "chance":
        return f"{100 * value:.1f} percentage points"
    return f"{value:,.{0 if value >= 100 else 3}f} {unit}".strip()


def _span(wide: Estimate, unit: str) -> str:
    """Return the ends of an interval of a size, the smaller first."""
    low, high = sorted((abs(wide.low), abs(wide.high)))
    if unit == "chance":
        return f"{100 * low:.1f} to {100 * high:.1f}"
    digits = 0 if high >= 100 else 3
    return f"{low:,.{digits}f} to {high:,.{digits}f}"
