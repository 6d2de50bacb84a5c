"""Recruiting: how many volunteer, by pay, by the people who are left, and by what they hear of losses.

**Equation.** The volunteers of the start are multiplied by::

    enlistment = (bonus / wage)^epsilon (pool / its start)^kappa exp(-beta (h / its start - 1))     at war
               = (bonus / wage)^epsilon (pool / its start)^kappa peace_share                        in peace
    wage       = exp(wage_growth t / 12)                                    (bonus and wage against the start)

``h`` is the mean loss rate per soldier in the theatre over six months. ``bonuses`` is what bonuses above those of the
start cost: it is taken from the money for people.

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
enlistment            ``enlistment``               ratio               written, on ``army.volunteers``
cost                  ``bonuses``                  bn USD per month    written
at the start          ``pool_at_start``,           persons, per month  written
                      ``losses_at_start``
bonus                 ``bonus``, ``bonus_cost``    ratio, USD          FG040
wage                  ``wage_growth``              per year            assumption
epsilon               ``bonus_elasticity``         ratio               assumption: seven comparisons, 0.08, sd 0.20
kappa                 ``pool_elasticity``          ratio               assumption
beta                  ``loss_effect``              ratio               assumption
in peace              ``peace_share``              share               assumption
pool, h               ``pool``,                    persons, per month  read, last month's
                      ``mean_loss_rate``
intake                ``accessions``               persons per month   read, last month's
phase                 ``phase``                    code                read
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** The half-years of 2024 and 2025 do not tell a low elasticity of the bonus from a higher one
with a pool that shrinks. Intake is set by plan and money: the effect of losses has no sign in the data, and may be 0.
Losses enter as a rate per soldier, not over intake: a ratio to intake would let a small shortfall end intake. Quotas,
pressure on conscripts and prisons are left out.

**By hand.** With epsilon 0.5, four times the bonus doubles the volunteers. With beta 0.3, losses at twice the rate of
the start leave ``exp(-0.3)`` = 0.74. In peace, with peace_share 0.4, two fifths come.

**Within the month.** Recruiting runs before personnel, on last month's pool and losses. In month 1 enlistment is that
of the phase and the bonus alone.

**References.** Warner, J. T. and Asch, B. J. (1995), The economics of military manpower, Handbook of Defense
Economics 1, 347-398 (elasticities of enlistment).
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from forcesim.numerics import exp, log
from forcesim.processes.phases import at_war
from forcesim.processes.process import Process, Section
from forcesim.quantities import Quantity, Ratio, Share, Value, number
from forcesim.state import Factor, Indicator, Read

Exponent = Annotated[Value, Quantity("ratio", 0.0, 5.0)]
Usd = Annotated[Value, Quantity("USD", 0.0)]
Positive = Annotated[Value, Quantity("ratio", 0.01, 100.0)]
PerYear = Annotated[Value, Quantity("per year", -0.5, 0.5)]


class Parameters(Section):
    """One army's recruiting."""

    bonus: Positive = number(1.0, meaning="bonus against the start", assumption="as at the start", lever=True)
    bonus_cost: Usd = number(0.0, meaning="bonus of a recruit at the start", assumption="part of a soldier's cost")
    wage_growth: PerYear = number(0.0, meaning="growth of civilian pay", assumption="none unless given")
    bonus_elasticity: Exponent = number(
        0.12, meaning="elasticity of volunteers in the bonus",
        assumption="seven comparisons of half-years and years in Russia: median 0.08, sd 0.20; not below 0",
    )  # fmt: skip
    pool_elasticity: Exponent = number(
        0.5, meaning="elasticity in the pool", assumption="from nothing to 1; the middle"
    )
    loss_effect: Ratio = number(
        0.2, meaning="fall of the log of volunteers where the loss rate doubles",
        assumption="nobody has seen it: intake rose with losses in 2023-2025, under one plan",
    )  # fmt: skip
    peace_share: Share = number(
        1.0, meaning="volunteers in peace against war", assumption="none stays away unless given", lever=True
    )


READS = (
    Read("phase"), Read("pool", lag=1), Read("mean_loss_rate", lag=1), Read("accessions", lag=1),
)  # fmt: skip
WRITES = (
    Factor(name="enlistment", on="army.volunteers", meaning="volunteers against those of the start", outcome=True),
    Indicator(name="bonuses", unit="bn USD per month", meaning="cost of bonuses above the start's", outcome=True),
    Indicator(name="pool_at_start", unit="persons", meaning="pool at the start"),
    Indicator(name="losses_at_start", unit="per month", meaning="mean loss rate at the start"),
)


class Enlisted(NamedTuple):
    enlistment: float
    bonuses: float
    pool_at_start: float
    losses_at_start: float


def enlist(
    phase: float, pool: float, mean_loss_rate: float, accessions: float, pool_at_start: float, losses_at_start: float,
    bonus: float, bonus_cost: float, wage_growth: float, bonus_elasticity: float, pool_elasticity: float, loss_effect:
    float, peace_share: float, month: float,
) -> Enlisted:  # fmt: skip
    """Return volunteers against those of the start, and what last month's recruits were paid beyond that."""
    pool_then = pool if month <= 1.0 else pool_at_start
    losses_then = mean_loss_rate if month <= 1.0 else losses_at_start
    paid = bonus_elasticity * (log(bonus) - wage_growth * month / 12.0)
    left = pool_elasticity * log(max(pool, 1.0) / max(pool_then, 1.0))
    worse = mean_loss_rate / max(losses_then, 1e-9) - 1.0 if losses_then > 0.0 else 0.0
    drawn_by = exp(paid + left)
    return Enlisted(
        enlistment=drawn_by * (exp(-loss_effect * worse) if at_war(phase) else peace_share),
        bonuses=max(0.0, bonus - 1.0) * bonus_cost * accessions / 1e9,
        pool_at_start=pool_then,
        losses_at_start=losses_then,
    )


class Recruiting(Process):
    """Who volunteers, and for how much."""

    name = section = "recruiting"
    Parameters = Parameters
    reads, writes = READS, WRITES
    month = (enlist,)
