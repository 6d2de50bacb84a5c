"""Absence: how the hazard of leaving without leave rises with time at the front and with losses, and falls with pay.

**Equation.** The hazard of the start is multiplied by::

    pressure = min(ceiling, (m / m0)^time_elasticity (h / h0)^loss_elasticity pay^-pay_elasticity)
    m'       = (m + 1) (1 - r) at war,      r = min(1, relief_rate + newcomers / theatre)
    m'       = m exp(-1 / rest_months) in peace

``m`` is the mean time that those in the theatre have spent there: who comes, or is relieved, begins anew. ``h`` is the
mean loss rate per soldier in the theatre over six months. ``combat_pay`` is what pay above that of the start costs: it
is taken from the money for people.

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
pressure              ``pressure``                 ratio               written, on ``army.awol_rate``
m                     ``months_at_front``,         months              written; at the start: assumption
                      ``front_months_at_start``
cost                  ``combat_pay``               bn USD per month    written
h0                    ``loss_rate_at_start``       per month           written
relief                ``relief_rate``,             per month, months   assumption
                      ``rest_months``
elasticities          ``time_elasticity``,         ratio               assumption: growth of about 1 % a month, flat
                      ``loss_elasticity``,                             from 2025 on
                      ``pay_elasticity``
ceiling               ``pressure_ceiling``         ratio               assumption: counts of 2025
pay                   ``pay``, ``pay_cost``        ratio, USD a year   FG093
theatre, h            ``theatre``,                 persons, per month  read, last month's
                      ``mean_loss_rate``
newcomers             ``absorbed``, ``returns``    persons per month   read, last month's
phase                 ``phase``                    code                read
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** Relief changes places with the rear one for one, so it costs no soldier in the theatre.
Cases grew by a tenth a month until the turn of 2024/25 and then hardly: the ceiling says so, and no month of this war
tells the parts of pressure from each other. Amnesties, law and registration are left out.

**By hand.** With no newcomers and no relief m grows by 1 a month. With 8 % newcomers it goes to 11.5. With
time_elasticity 0.5 four times the time doubles the hazard, unless the ceiling is below 2.

**Within the month.** Absence runs before personnel, on last month's force. In month 1 pressure is that of pay alone.

**References.** Stouffer, S. A. and others (1949), The American Soldier: Combat and Its Aftermath, Princeton University
Press, chapter 4. Beebe, G. W. and Appel, J. W. (1958), Variation in psychological tolerance to ground combat in World
War II, National Academy of Sciences.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from forcesim.numerics import exp, log
from forcesim.processes.phases import at_war
from forcesim.processes.process import Process, Section
from forcesim.quantities import PerMonth, Quantity, Value, number
from forcesim.state import Factor, Indicator, Read

Exponent = Annotated[Value, Quantity("ratio", 0.0, 3.0)]
AtLeastOne = Annotated[Value, Quantity("ratio", 1.0, 20.0)]
Positive = Annotated[Value, Quantity("ratio", 0.1, 10.0)]
Months = Annotated[Value, Quantity("months", 0.1, 120.0)]
UsdPerYear = Annotated[Value, Quantity("USD per year", 0.0)]


class Parameters(Section):
    """One army."""

    months_at_front: Months = number(12.0, meaning="mean time at the front at the start", assumption="no rotation")
    relief_rate: PerMonth = number(
        0.0, meaning="part of the theatre that is relieved in a month", assumption="none unless given", lever=True
    )
    rest_months: Months = number(6.0, meaning="time in which peace heals", assumption="half a year")
    time_elasticity: Exponent = number(
        0.3, meaning="elasticity in the time at the front", assumption="1 % a month, or none"
    )
    loss_elasticity: Exponent = number(0.3, meaning="elasticity in the loss rate", assumption="as that in time")
    pay_elasticity: Exponent = number(0.3, meaning="fall with pay", assumption="as that in time")
    pressure_ceiling: AtLeastOne = number(1.25, meaning="most that the hazard grows to", assumption="flat in 2025")
    pay: Positive = number(1.0, meaning="pay against the start", assumption="as at the start", lever=True)
    pay_cost: UsdPerYear = number(0.0, meaning="pay of a soldier in the theatre", assumption="part of a soldier's cost")


READS = (
    Read("phase"), Read("theatre", lag=1), Read("mean_loss_rate", lag=1), Read("absorbed", lag=1),
    Read("returns", lag=1),
)  # fmt: skip
WRITES = (
    Factor(name="pressure", on="army.awol_rate", meaning="hazard of absence against the start", outcome=True),
    Indicator(name="months_at_front", unit="months", meaning="mean time of the theatre at the front", outcome=True),
    Indicator(name="front_months_at_start", unit="months", meaning="the same at the start"),
    Indicator(name="loss_rate_at_start", unit="per month", meaning="mean loss rate at the start"),
    Indicator(name="combat_pay", unit="bn USD per month", meaning="cost of pay above the start's", outcome=True),
)


class Pressed(NamedTuple):
    pressure: float
    months_at_front: float
    front_months_at_start: float
    loss_rate_at_start: float
    combat_pay: float


def press(
    phase: float, theatre: float, mean_loss_rate: float, absorbed: float, returns: float, months_at_front: float,
    front_months_at_start: float, loss_rate_at_start: float, relief_rate: float, rest_months: float, time_elasticity:
    float, loss_elasticity: float, pay_elasticity: float, pressure_ceiling: float, pay: float, pay_cost: float,
    month: float,
) -> Pressed:  # fmt: skip
    """Return the hazard of absence against the start, the time at the front, and what more pay costs."""
    first = month <= 1.0
    begun = months_at_front if first else front_months_at_start
    losses_then = mean_loss_rate if first else loss_rate_at_start
    fresh = min(1.0, relief_rate + (absorbed + returns) / max(theatre, 1.0))
    longer = (months_at_front + 1.0) * (1.0 - fresh) if at_war(phase) else months_at_front * exp(-1.0 / rest_months)
    served = months_at_front if first else longer
    worse = log(max(mean_loss_rate, 1e-9) / max(losses_then, 1e-9)) if losses_then > 0.0 else 0.0
    powers = time_elasticity * log(max(served, 1e-3) / max(begun, 1e-3)) + loss_elasticity * worse
    return Pressed(
        pressure=min(pressure_ceiling, exp(powers - pay_elasticity * log(pay))),
        months_at_front=served,
        front_months_at_start=begun,
        loss_rate_at_start=losses_then,
        combat_pay=max(0.0, pay - 1.0) * pay_cost * theatre / 12.0 / 1e9,
    )


class Absence(Process):
    """Why soldiers leave without leave."""

    name = section = "absence"
    Parameters = Parameters
    reads, writes = READS, WRITES
    month = (press,)
