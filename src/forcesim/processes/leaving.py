"""Leaving: who is lost, absent or discharged, and who comes back, as risks that compete within a month.

Each soldier runs constant hazards through the month. With sum ``h`` a chance of ``1 - exp(-h)`` to leave, shared out
in proportion to the hazards; who arrives in the month, at an even pace, runs the risk for the time that is left and
leaves with chance ``1 - (1 - exp(-h)) / h``. Then a steady inflow ``I`` keeps exactly ``I / h`` soldiers, whatever the
order in which laws run. The wounded and the absent obey the same.
"""

from __future__ import annotations

from typing import NamedTuple

from forcesim.kernels import law
from forcesim.numerics import expm1, log1p
from forcesim.processes.phases import at_war
from forcesim.randomness.variates import binomial, whole

__all__ = [
    "Arrived", "Departed", "Hazards", "Recovered", "Settled", "Told", "arrive", "chance", "depart", "drawn", "hazards",
    "late", "recover", "settle", "tell",
]  # fmt: skip


@law
def chance(rate: float) -> float:
    """Return the chance that something of a monthly rate happens within the month.

    Examples
    --------
    >>> round(chance(0.02), 6)
    0.019801
    """
    return -expm1(-rate)


@law
def late(rate: float) -> float:
    """Return the same for those who arrive within the month at an even pace.

    Examples
    --------
    >>> round(late(0.02), 6), late(0.0)
    (0.009934, 0.0)
    """
    exact, small = 1.0 - chance(rate) / max(rate, 1e-9), rate * (0.5 - rate / 6.0)
    return exact if rate > 1e-4 else small


@law
def drawn(x: float, u: float, noise: float) -> float:
    """Return an amount as a whole number that has it as its mean: a fraction of a person is drawn.

    Examples
    --------
    >>> drawn(2.7, 0.2, 1.0), drawn(2.7, 0.4, 1.0), drawn(2.7, 0.5, 0.0)
    (2.0, 3.0, 2.7)
    """
    rounded = whole(x + u, True)
    return rounded if noise > 0.0 else x


class Hazards(NamedTuple):
    leave_chance: float  # of all that ends service with the trained
    late_chance: float  # the same for those who arrive in the month
    loss_part: float  # part of it that is losses
    absence_part: float  # part of what is no loss that is absence


@law
def hazards(
    theatre: float, trained: float, phase: float, activity: float, intensity: float, front_share: float,
    contract_share: float, casualty_rate: float, quiet_share: float, awol_rate: float, discharge_rate: float,
    term_share: float, term_months: float, release_rate: float,
) -> Hazards:  # fmt: skip
    """Add up the hazards of a trained soldier: losses in the theatre, absence, the end of service."""
    fights = at_war(phase)
    tempo = quiet_share + (1.0 - quiet_share) * (activity if fights else 0.0)
    exposed = min(1.0, theatre / trained) if trained > 0.0 else front_share
    loss = casualty_rate * intensity * tempo * exposed
    absence = awol_rate * tempo
    released = -log1p(-contract_share * chance(release_rate))
    ends = discharge_rate + (term_share / term_months if fights else released)
    rest = absence + ends
    return Hazards(chance(loss + rest), late(loss + rest), loss / max(loss + rest, 1e-300), absence / max(rest, 1e-300))


class Departed(NamedTuple):
    lost: float
    dead: float
    others: float  # absent or discharged
    demobilised: float


@law
def depart(
    trained: float, strength: float, phase: float, leave_chance: float, loss_part: float, killed_share: float,
    peace_ceiling: float, demobilisation_share: float, noise: float, u_person: float, z_leave: float, z_losses: float,
    z_killed: float,
) -> Departed:  # fmt: skip
    """Return which of those who were there at the start of the month leave, and how."""
    leave = binomial(trained, leave_chance, z_leave)
    lost = binomial(leave, loss_part, z_losses)
    dead = binomial(lost, killed_share, z_killed)
    others = leave - lost
    surplus = max(0.0, strength - dead - others - peace_ceiling)
    home = min(trained - leave, drawn(demobilisation_share * surplus, u_person, noise))
    return Departed(lost, dead, others, 0.0 if at_war(phase) else home)


class Recovered(NamedTuple):
    healed: float  # of those who were wounded before the month
    healed_fit: float
    back: float  # of those who were absent before the month
    present: float  # trained, before the month's arrivals
    in_care: float


@law
def recover(
    trained: float, wounded: float, absent: float, lost: float, dead: float, others: float, demobilised:
    float, recovery_chance: float, awol_return_chance: float, return_in_force: float, z_recover: float,
    z_return: float, z_back: float,
) -> Recovered:  # fmt: skip
    """Return who recovers and comes back of those who were away before the month."""
    healed = binomial(wounded, recovery_chance, z_recover)
    fit = binomial(healed, return_in_force, z_return)
    back = binomial(absent, awol_return_chance, z_back)
    return Recovered(
        healed=healed,
        healed_fit=fit,
        back=back,
        present=trained - lost - others - demobilised + fit + back,
        in_care=wounded + lost - dead - healed,
    )


class Arrived(NamedTuple):
    absorbed: float
    losses: float
    lost_late: float  # of those who arrived in the month
    others_late: float
    on_duty: float  # trained, after all who left


@law
def arrive(
    present: float, waiting: float, graduations: float, lost: float, healed_fit: float, back: float, late_chance: float,
    loss_part: float, absorption_share: float, schools_count: float, noise: float, u_person: float, z_late: float,
    z_late_losses: float,
) -> Arrived:  # fmt: skip
    """Take graduates into units; let this month's arrivals run the month's risks for the time that is left."""
    ready = waiting + graduations
    able = drawn(absorption_share * (present + ready), u_person, noise)
    absorbed = min(ready, able) if schools_count > 0.5 else ready
    leave = binomial(absorbed + healed_fit + back, late_chance, z_late)
    lost_late = binomial(leave, loss_part, z_late_losses)
    return Arrived(
        absorbed=absorbed,
        losses=lost + lost_late,
        lost_late=lost_late,
        others_late=leave - lost_late,
        on_duty=present + absorbed - leave,
    )


class Told(NamedTuple):
    killed: float
    wounds: float
    awol: float
    discharges: float


@law
def tell(
    lost: float, dead: float, others: float, lost_late: float, others_late: float, killed_share: float, absence_part:
    float, z_late_killed: float, z_awol: float,
) -> Told:  # fmt: skip
    """Tell the killed from the wounded, and the absent from those whose service ends."""
    dead_late = binomial(lost_late, killed_share, z_late_killed)
    away = binomial(others + others_late, absence_part, z_awol)
    return Told(
        killed=dead + dead_late,
        wounds=lost - dead + lost_late - dead_late,
        awol=away,
        discharges=others + others_late - away,
    )


class Settled(NamedTuple):
    returns: float
    invalided: float
    awol_returns: float
    strength: float


@law
def settle(
    wounded: float, wounds: float, awol: float, on_duty: float, waiting: float, graduations: float, absorbed: float,
    pupils: float, healed: float, healed_fit: float, back: float, late_recovery: float, late_return: float,
    return_in_force: float, z_late_recover: float, z_late_return: float, z_late_back: float,
) -> Settled:  # fmt: skip
    """Let those who were wounded or left in the month recover and come back in the time that is left; count all."""
    healed_late = binomial(wounds, late_recovery, z_late_recover)
    fit_late = binomial(healed_late, return_in_force, z_late_return)
    back_late = binomial(awol, late_return, z_late_back)
    in_care = wounded + wounds - healed - healed_late
    return Settled(
        returns=healed_fit + fit_late,
        invalided=healed - healed_fit + healed_late - fit_late,
        awol_returns=back + back_late,
        strength=on_duty + fit_late + back_late + in_care + pupils + waiting + graduations - absorbed,
    )
