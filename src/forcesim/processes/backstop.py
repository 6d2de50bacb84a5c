"""The American backstop: offered, in force, lost and regained; and the mood at home that pledges hang on."""

from __future__ import annotations

import math
from typing import NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.stances import FULL, chance

__all__ = ["IN_FORCE", "LOST", "NEVER", "backstop_law", "move_backstop", "offer_at_first", "support", "swings"]

NEVER, IN_FORCE, LOST = 0.0, 1.0, 2.0


@law
def backstop_law(status: float, offered: float, u: float, loss: float, regain: float) -> float:
    """Return what becomes of the American offer in a month: given at once, lost and regained by chance."""
    if offered < 0.5:
        return NEVER
    if status == LOST:
        return IN_FORCE if u < chance(regain) else LOST
    return LOST if status == IN_FORCE and 1.0 - u < chance(loss) else IN_FORCE


class Offer(NamedTuple):
    backstop: float
    backstop_status: float


@law
def offer_at_first(backstop_offered: float) -> Offer:
    """Begin with the backstop in force where it is offered."""
    return Offer(backstop_offered, backstop_offered)


class Backstop(NamedTuple):
    backstop: float
    backstop_status: float
    backstop_waited: float


@law
def move_backstop(
    backstop_status: float, backstop_waited: float, backstop_offered: float, backstop_loss_hazard: float,
    backstop_regain_hazard: float, u_backstop: float, noise: float,
) -> Backstop:  # fmt: skip
    """Move the American backstop by a month."""
    away = backstop_regain_hazard if backstop_status == LOST else 0.0
    hazard = backstop_loss_hazard if backstop_status == IN_FORCE else away
    waited = backstop_waited if noise > 0.0 else backstop_waited + hazard
    sure = math.inf if waited >= FULL else 0.0
    loss = backstop_loss_hazard if noise > 0.0 else sure
    regain = backstop_regain_hazard if noise > 0.0 else sure
    after = backstop_law(backstop_status, backstop_offered, u_backstop, loss, regain)
    return Backstop(
        backstop=1.0 if after == IN_FORCE else 0.0,
        backstop_status=after,
        backstop_waited=waited if after == backstop_status else 0.0,
    )


class Swings(NamedTuple):
    swing: float  # standard deviation of a year's shock to the mood
    swing_at_first: float  # the same in the first year, of the stationary law


@law
def swings(mood_persistence: float, mood_volatility: float) -> Swings:
    """Return how moods move."""
    return Swings(mood_volatility * math.sqrt(1.0 - mood_persistence * mood_persistence), mood_volatility)


@law
def support(
    support: float, growth: float, mood_persistence: float, swing: float, swing_at_first: float, recession_effect:
    float, first_year: float, z_mood: float,
) -> float:  # fmt: skip
    """Draw a nation's mood of the year, an AR(1) step of its log; the first year's comes from its stationary law."""
    spread = swing_at_first if first_year > 0.0 else swing
    return exp(mood_persistence * log(support) + spread * z_mood - recession_effect * max(0.0, -growth))
