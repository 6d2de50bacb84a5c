"""Deterrence: what an attacker expects of an attack, what a promise is worth to him, and which ceasefires break.

The laws of one month that the conflict process lists; their parameters, symbols and sources stand on its page.
"""

from __future__ import annotations

from typing import NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.phases import CEASEFIRE, at_war

__all__ = [
    "EUROPE",
    "FULL_FORCE",
    "MEMBERSHIP",
    "NATO_IN_UKRAINE",
    "UN",
    "accession",
    "attack",
    "attacked_members",
    "breaking",
    "credibility",
    "guarantee_in_force",
    "held_law",
    "incidents",
    "kind",
    "learn",
    "presence",
    "promise_needed",
    "success_law",
]

UN, EUROPE, NATO_IN_UKRAINE, MEMBERSHIP = 1.0, 2.0, 3.0, 4.0
FULL = 1.0 - 1e-9
FULL_FORCE = 100_000.0
"""Troops for which the effect of presence is stated."""
MOST_TRUST = 5.0
"""Log points beyond which nobody believes more, or less."""


class Accession(NamedTuple):
    accession_progress: float
    member: float


@law
def accession(
    guarantee: float, phase: float, accession_progress: float, member: float, ratification_months: float, ratified:
    float,
) -> Accession:  # fmt: skip
    """Let allies ratify, in a ceasefire and while membership is asked for; who is a member stays one."""
    asked = guarantee == MEMBERSHIP and phase == CEASEFIRE
    progress = min(1.0, accession_progress + (ratified / max(ratification_months, 1e-9) if asked else 0.0))
    return Accession(progress, 1.0 if member > 0.5 or progress >= FULL else 0.0)


@law
def credibility(
    guarantee: float, member: float, trust: float, backstop: float, europe_promise: float, nato_promise: float,
    membership_promise: float, backstop_reliance: float,
) -> float:  # fmt: skip
    """Return the chance that the promise in force is kept, as the attacker sees it; membership rests on no backstop."""
    by_name = europe_promise if guarantee == EUROPE else (nato_promise if guarantee == NATO_IN_UKRAINE else 0.0)
    backed = by_name * (1.0 - backstop_reliance * (1.0 - backstop))
    promise = membership_promise if member > 0.5 else backed
    return promise / max(promise + (1.0 - promise) * exp(-trust), 1e-12)


class Presence(NamedTuple):
    slowing: float  # what troops in place multiply the hazard of a break by
    odds: float  # what they multiply the odds of a ceasefire that breaks by


@law
def presence(
    guarantee: float, contingent: float, troops_that_count: float, un_presence: float, presence_ratio: float,
    presence_odds: float, presence_reading: float,
) -> Presence:  # fmt: skip
    """Return what troops in place do: nothing at none, the stated effect at 100,000, by a saturating dose between."""
    scale = max(troops_that_count, 1.0)
    dose = (1.0 - exp(-contingent / scale)) / (1.0 - exp(-FULL_FORCE / scale))
    dose = dose * (un_presence if guarantee == UN else 1.0)
    slowing = exp(dose * (1.0 - presence_reading) * log(max(presence_ratio, 1e-9)))
    return Presence(slowing, exp(dose * presence_reading * log(max(presence_odds, 1e-9))))


@law
def guarantee_in_force(
    credibility: float, slowing: float, odds: float, honoured_ratio: float, breaking_share: float
) -> float:
    """Return the part of the hazard of a breach that promise and presence take away."""
    fewer = odds / (1.0 - breaking_share + breaking_share * odds)
    return 1.0 - (1.0 - credibility * (1.0 - honoured_ratio)) * slowing * fewer


@law
def success_law(ratio: float, needed: float, slope: float) -> float:
    """Return the chance that an attack succeeds at a front ratio, as the attacker sees it.

    Examples
    --------
    >>> success_law(ratio=0.4, needed=0.4, slope=0.92)
    0.5
    """
    return 1.0 / (1.0 + exp(slope * log(max(ratio, 1e-6) / needed)))


class Attack(NamedTuple):
    attack_success: float
    temptation: float  # what the balance and the promise multiply the hazard of a breach by


@law
def attack(
    credibility: float, front_ratio_alone: float, front_ratio_backed: float, month: float, success_slope: float,
    needed_ratio: float, reference_ratio: float, honoured_ratio: float,
) -> Attack:  # fmt: skip
    """Weigh an attack with allies who keep away and one with allies who come; unknown ratios count as the reference."""
    known = month > 0.0 and front_ratio_alone >= 0.0
    usual = success_law(reference_ratio, needed_ratio, success_slope)
    alone = success_law(front_ratio_alone, needed_ratio, success_slope) if known else usual
    backed = success_law(front_ratio_backed, needed_ratio, success_slope) if known else usual
    expected = (1.0 - credibility) * alone + credibility * backed
    tempting = ((1.0 - credibility) * alone + credibility * honoured_ratio * backed) / usual
    return Attack(expected, tempting)


@law
def breaking(phase: float, breaking_share: float, odds: float) -> float:
    """Return the chance that a ceasefire which stands in month 0 is of the kind that breaks."""
    return breaking_share * odds / (1.0 - breaking_share + breaking_share * odds) if phase == CEASEFIRE else 0.0


class Kind(NamedTuple):
    kind_draw: float
    survived: float
    breaking: float


@law
def kind(
    phase: float, months_of_peace: float, kind_draw: float, survived: float, u_kind: float, breaking_share: float,
    odds: float, noise: float,
) -> Kind:  # fmt: skip
    """Draw a ceasefire's kind when it begins; troops that come later may turn a breaking one into a lasting one.

    Without noise the kind is a chance: it falls as the ceasefire holds, since who breaks, breaks early.
    """
    begins = phase == CEASEFIRE and months_of_peace == 0.0
    draw, lost = (u_kind, 0.0) if begins else (kind_draw, survived)
    weight = breaking_share * odds * (exp(-lost) if noise == 0.0 else 1.0)
    share = weight / max(1.0 - breaking_share + weight, 1e-300)
    drawn = 1.0 if draw < share else 0.0
    breaking = share if noise == 0.0 else drawn
    return Kind(draw, lost, breaking if phase == CEASEFIRE else 0.0)


@law
def incidents(phase: float, slowing: float, incident_base: float, u_incident: float, noise: float) -> float:
    """Let an incident come, in a ceasefire; without noise its chance."""
    chance = 1.0 - exp(-incident_base * slowing) if phase == CEASEFIRE else 0.0
    return chance if noise == 0.0 else (1.0 if u_incident < chance else 0.0)


class Members(NamedTuple):
    member_attacks: float
    member_attack_hazard: float


@law
def attacked_members(
    phase: float, member: float, breaches: float, breach_hazard: float, member_attack_base: float,
    member_attack_at_war: float, u_member: float, noise: float,
) -> Members:  # fmt: skip
    """Let a member be attacked: one of the allies, or the defender if he is one."""
    hazard = member_attack_base * (member_attack_at_war if at_war(phase) else 1.0)
    chance = 1.0 - exp(-hazard)
    event = chance if noise == 0.0 else (1.0 if u_member < chance else 0.0)
    return Members(event + member * breaches, hazard + member * breach_hazard)


class Learnt(NamedTuple):
    trust: float
    troops_seen: float


@law
def learn(
    trust: float, troops_seen: float, credibility: float, contingent: float, deliveries: float, incidents: float,
    breaches: float, month: float, trust_months: float, delivery_trust: float, troop_trust: float, incident_trust:
    float, breach_trust: float,
) -> Learnt:  # fmt: skip
    """Move the trust in promises by what was seen; who was there in month 0 has not arrived."""
    came = contingent - troops_seen if month > 1.0 else 0.0
    ignored = 1.0 - credibility if credibility > 0.0 else 0.0  # with no promise there is nothing to leave unanswered
    kept = trust * (1.0 - 1.0 / trust_months) + delivery_trust * log(max(deliveries, 0.05)) / trust_months
    moved = kept + troop_trust * came / 1e4 - ignored * (incident_trust * incidents + breach_trust * breaches)
    return Learnt(min(MOST_TRUST, max(-MOST_TRUST, moved)), contingent)


@law
def held_law(months: float, breaking: float, base: float, lasting_share: float) -> float:
    """Return the chance that a ceasefire holds so long: the survival function of a mixture of two rates.

    Parameters
    ----------
    months : float
        Its age.
    breaking : float
        Chance that it is of the kind that breaks.
    base : float
        Hazard of that kind, per month.
    lasting_share : float
        Hazard of the other kind over that.

    Examples
    --------
    >>> round(held_law(60.0, 0.36, 1.1 / 12, 0.02 / 1.1), 3)
    0.581
    """
    return breaking * exp(-base * months) + (1.0 - breaking) * exp(-lasting_share * base * months)


@law
def promise_needed(presence_ratio: float, honoured_ratio: float) -> float:
    """Return the promise above which membership at once beats troops in place: (1 - T) / (1 - H).

    With membership believed by x, the hazard is ``(1 - x) + x H`` of the base, with troops it is ``T``. The two are
    equal at this x. It holds for any base and balance, if nobody comes within 90 days and presence slows every break.

    Parameters
    ----------
    presence_ratio : float
        T, what the troops multiply the hazard of a break by.
    honoured_ratio : float
        H, what is left of it where a promise is sure to be kept.

    Returns
    -------
    float
        The promise, from 0 to 1; above 1 membership never beats the troops.

    Examples
    --------
    >>> round(promise_needed(presence_ratio=0.65, honoured_ratio=0.06), 2)
    0.37
    """
    return (1.0 - presence_ratio) / (1.0 - honoured_ratio)
