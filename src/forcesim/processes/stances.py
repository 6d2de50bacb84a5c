"""Stances: how one nation moves between out, pledged, deploying, deployed and withdrawing, and its troops with it.

A chain with hazards h: in a month who is out pledges, and who is in withdraws, with probability 1 - exp(-h); who has
pledged becomes ready to deploy likewise. Without noise a nation moves when the hazard that has added up reaches 1. Its
troops follow: up by a part of the goal each month, down by a part of the full size. The hazards, and what the nations
know of each other, are the business of the contingent process.
"""

from __future__ import annotations

from forcesim.kernels import law
from forcesim.numerics import exp
from forcesim.randomness.variates import whole

__all__ = [
    "DEPLOYED",
    "DEPLOYING",
    "FULL",
    "OUT",
    "PLEDGED",
    "WITHDRAWING",
    "chance",
    "goal_law",
    "is_in",
    "move_law",
    "offer_law",
    "ready_to_send",
    "settled_law",
    "stance_law",
    "still_law",
    "stretch",
]

OUT, PLEDGED, DEPLOYING, DEPLOYED, WITHDRAWING = 0.0, 1.0, 2.0, 3.0, 4.0
FULL = 1.0 - 1e-9
"""Added-up hazard at which a nation moves on without noise; ten tenths are a little less than 1."""


@law
def chance(hazard: float) -> float:
    """Return the chance of an event within a month."""
    return 1.0 - exp(-hazard)


@law
def is_in(stance: float) -> float:
    """Return 1 for a nation that has pledged or sent troops and has not withdrawn, else 0."""
    return 1.0 if abs(stance - DEPLOYING) < 1.5 else 0.0


@law
def stance_law(stance: float, u: float, pledge: float, ready: float, withdraw: float) -> float:
    """Return a nation's next stance, by chance; ``ready`` is a chance, the others are hazards.

    While the chances to join and to leave sum to at most 1, a u small enough to join is never large enough to
    leave: higher hazards to join and lower ones to leave bring, at equal draws, never fewer nations in.
    """
    inside = is_in(stance) > 0.0
    moves = (1.0 - u if inside else u) < chance(withdraw if inside else pledge)
    starts = DEPLOYING if stance == PLEDGED and u < ready else stance
    return (WITHDRAWING if inside else PLEDGED) if moves else starts


@law
def still_law(stance: float, waited: float, pledge: float, ready: float, withdraw: float) -> tuple[float, float]:
    """Return a nation's next stance and its added-up hazard, without noise; all three are hazards."""
    out = is_in(stance) == 0.0
    waited += pledge if out else (ready if stance == PLEDGED else withdraw)
    if waited < FULL:
        return stance, waited
    return (PLEDGED if out else (DEPLOYING if stance == PLEDGED else WITHDRAWING)), 0.0


@law
def stretch(offered_by_all: float, requested: float, surge: float) -> float:
    """Share the request out among those that are in, or stretch them: what they send against what they can sustain."""
    if offered_by_all >= requested:
        return requested / offered_by_all if offered_by_all > 0.0 else 0.0
    return 1.0 + (surge - 1.0) * (1.0 - offered_by_all / requested)


@law
def offer_law(meant: float, delivery: float, there: float) -> float:
    """Return the persons that a nation delivers of those it means to send, beyond those there from the start."""
    return max(0.0, delivery * meant - there)


@law
def goal_law(stance: float, offer: float, factor: float, limit: float, there: float, noise: bool) -> float:
    """Return the persons that a nation means to have there: whole ones where chance plays."""
    return is_in(stance) * (there + whole(min(factor * offer, limit), noise))


@law
def ready_to_send(chance: float, odds: float) -> float:
    """Return a nation's chance to be ready to send troops at all, with its odds multiplied."""
    return chance * odds / max(1.0 - chance + chance * odds, 1e-12)


@law
def part_law(left: float, step: float) -> float:
    """Return a month's part of a way: what is left goes with the last step, rounding errors and all."""
    return left if left <= step * (1.0 + 1e-9) else step


@law
def move_law(
    stance: float, troops: float, goal: float, may_enter: float, ramp: float, full: float, leave: float, noise: bool
) -> float:
    """Return the month's change of a contingent: up by a part of its goal, down by a part of its full size.

    Nobody enters before it is ready, nor in war if it waits for a ceasefire. Parts are rounded up where chance plays.
    """
    waits = may_enter < 0.5 or (stance == PLEDGED and troops == 0.0)
    up = 0.0 if waits else part_law(goal - troops, -whole(-goal * ramp, noise))
    down = part_law(troops - goal, max(1.0, -whole(-full * leave, noise)))
    return up if goal >= troops else -down


@law
def settled_law(stance: float, troops: float, goal: float) -> float:
    """Return the stance as troops and goal have it at the month's end; a nation with neither is out."""
    inside = PLEDGED if stance == PLEDGED and troops == 0.0 else (DEPLOYED if troops >= goal else DEPLOYING)
    return inside if goal > 0.0 else (WITHDRAWING if troops > 0.0 else OUT)
