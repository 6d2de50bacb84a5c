"""Mission: what all contributors to a force have in common in a month, and what their next decisions look at."""

from __future__ import annotations

from typing import NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp
from forcesim.processes.phases import CEASEFIRE, DEFEAT, at_war
from forcesim.processes.stances import chance

__all__ = ["CRISIS", "STANDING", "burden", "climate", "mission", "standing"]

CRISIS, STANDING = 0.0, 1.0


@law
def standing(standing_chance: float, u_standing: float) -> float:
    """Draw whether the force comes as one of a crisis or as a standing presence."""
    return STANDING if 1.0 - u_standing < standing_chance else CRISIS


class Mission(NamedTuple):
    ready: float  # chance (without noise: hazard) that a nation is ready within the month
    sustainable: float  # part of those who can be sent that can be sustained
    ramp: float  # part of the goal that arrives in a month
    leave: float  # part of the full contingent that leaves in a month
    peace: float  # 1 in a ceasefire
    fighting: float  # 1 at war
    lost: float  # 1 where the war is lost: the force goes home
    faded: float  # what is left of the force that is meant
    odds: float  # what the backstop multiplies the odds of being ready to send by


@law
def mission(
    preparation_months: float, rotation_ratio: float, ramp_months: float, standing_months: float, standing: float,
    exit_months: float, phase: float, months_there: float, fading: float, backstop: float, backstop_opens: float,
    noise: float,
) -> Mission:  # fmt: skip
    """Return what the months of preparation, arrival and withdrawal, the rotation and the phase come to."""
    hazard = 1.0 / max(preparation_months, 1e-9)
    return Mission(
        ready=chance(hazard) if noise > 0.0 else hazard,
        sustainable=1.0 / rotation_ratio,
        ramp=1.0 / max(standing_months if standing == STANDING else ramp_months, 1.0),
        leave=1.0 / max(exit_months, 1.0),
        peace=1.0 if phase == CEASEFIRE else 0.0,
        fighting=1.0 if at_war(phase) else 0.0,
        lost=1.0 if phase == DEFEAT else 0.0,
        faded=exp(-fading * months_there / 12.0),
        odds=exp(backstop_opens * backstop),
    )


class Climate(NamedTuple):
    pull: float  # what multiplies the willingness to pledge
    push: float  # hazard to withdraw, before a nation's mood
    push_before: float  # the same of one whose troops have not come: neither war nor strain is felt


@law
def climate(
    backstop: float, joined_share: float, peace: float, fighting: float, lost: float, strain: float, requested: float,
    readiness: float, backstop_effect: float, peers_effect: float, ceasefire_effect: float, withdrawal_hazard: float,
    withdrawal_backstop: float, cascade: float, withdrawal_war: float, strain_effect: float,
) -> Climate:  # fmt: skip
    """Return what the nations' decisions have in common this month."""
    pull = backstop_effect * backstop + peers_effect * joined_share + ceasefire_effect * peace
    before = withdrawal_backstop * (1.0 - backstop) + cascade * (1.0 - joined_share)
    push = before + withdrawal_war * fighting + strain_effect * strain
    asked = readiness if requested > 0.0 and lost == 0.0 else 0.0
    return Climate(asked * exp(pull), withdrawal_hazard * exp(push), withdrawal_hazard * exp(before))


class Burden(NamedTuple):
    joined_share: float
    strain: float
    months_there: float
    contingent_fighting: float


@law
def burden(
    land_of_joined: float, land_of_asked: float, stretch: float, offered_by_all: float, pledged: float, contingent:
    float, deployments: float, withdrawals: float, months_there: float, fights: float,
) -> Burden:  # fmt: skip
    """Return what next month's decisions look at, how long troops have been there, and how many would fight."""
    troops = contingent + deployments - withdrawals
    return Burden(
        joined_share=land_of_joined / max(land_of_asked, 1.0),
        strain=max(0.0, min(stretch, pledged / max(offered_by_all, 1.0)) - 1.0),
        months_there=months_there + 1.0 if troops > 0.0 else 0.0,
        contingent_fighting=fights * troops,
    )
