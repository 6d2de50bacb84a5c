"""Aid: amounts of money that donors decide, for arms and for soldiers, and who gets them.

**Equation.** Each donor decides in month 1 and in each January (``t`` is the time since, in years). The logarithm of
its effort returns to 0 by an exact Ornstein-Uhlenbeck step, whose shock is in part that of all donors::

    e'    = k e + volatility sqrt(1 - k^2) (sqrt(rho) z_donors + sqrt(1 - rho) z_effort),  k = exp(-t / memory)
    military_aid   = military exp(e) / 12                  (times after_ceasefire in a ceasefire; 0 after a defeat)
    soldiers_paid  = pays external_soldiers / 12
    aid_received      = receives * sum of military_aid
    soldiers_received = receives * sum of soldiers_paid

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
e                     ``effort``                   log points          written
aid given             ``military_aid``             bn USD per month    written
aid, all donors       ``aid_total``                bn USD per month    written
aid got               ``aid_received``             bn USD per month    written
paid for soldiers     ``soldiers_paid``,           bn USD per month    written
                      ``soldiers_paid_by_all``
got for soldiers      ``soldiers_received``        bn USD per month    written
military              ``military``                 bn USD per year     SP055, SP057
after_ceasefire       ``after_ceasefire``          ratio               assumption
volatility            ``volatility``               log points          SP055, SP057
rho                   ``shared``                   share               assumption
memory                ``memory``                   years               assumption
external_soldiers     ``external_soldiers``        bn USD per year     assumption
pays, receives        ``pays``, ``receives``       share               assumption
z_donors, z_effort    ``z_donors``, ``z_effort``   standard normal     drawn, by year
phase                 ``phase``                    code                read, last month's
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** Aid is an amount of its own decision, not a share of the donor's budget: who doubles its own
forces does not double its aid. The amount is a median; luck moves it up as far as down, in logarithms. What is voted in
January flows for the year, whatever happens. Money for soldiers is what partners pay in the recipient's place, beside
its own budget; it goes on in a ceasefire, until somebody ends it. Loans count as aid. Where a nation books its aid
within its defence budget, its bill counts that part twice.

**By hand.** Without noise a donor of 12 bn USD a year gives 1 bn a month at war, with ``after_ceasefire`` 0.5 from the
first January of a ceasefire 0.5.

**Within the month.** Last month's phase; then decisions, sums, and what is received.

**References.** Trebesch, C. and others (2023), The Ukraine Support Tracker, Kiel Working Paper 2218. Uhlenbeck, G. E.
and Ornstein, L. S. (1930), Physical Review 36, 823-841 (the step).
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp
from forcesim.processes.laws import total, yearly
from forcesim.processes.phases import DEFEAT, at_war
from forcesim.processes.process import Draw, Process, Section
from forcesim.quantities import Quantity, Ratio, Share, UsdBn, Value, number
from forcesim.state import Flow, Indicator, Read

LogPoints = Annotated[Value, Quantity("log points", 0.0, 3.0)]
Years = Annotated[Value, Quantity("years", 0.1, 100.0)]


class Common(Section):
    """What all donors share."""

    after_ceasefire: Ratio = number(
        0.5,
        meaning="military aid in a ceasefire against aid at war",
        assumption="half: arms to deter go on, those to replace losses end",
        lever=True,
    )
    volatility: LogPoints = number(
        0.5,
        meaning="standard deviation of the logarithm of a donor's yearly aid",
        assumption="Europe gave 67 % more in 2025 than on average before (SP057), a change of 0.51",
    )
    shared: Share = number(
        0.5, meaning="part of its variance that all donors share", assumption="half: the war's year moves all of them"
    )
    memory: Years = number(
        3.0, meaning="time in which effort forgets its luck", assumption="pledges are made for three to four years"
    )
    external_soldiers: UsdBn = number(
        0.0,
        meaning="money of partners for the recipients' soldiers, per year",
        assumption="none unless decided",
        lever=True,
    )


class Parameters(Section):
    """One donor or recipient."""

    shares_over_nations = ("receives", "pays")

    military: UsdBn = number(
        0.0, meaning="military aid decided at war, per year (median)", assumption="none unless given", lever=True
    )
    pays: Share = number(
        0.0, meaning="part of the external money for soldiers that it pays", assumption="none unless given", lever=True
    )
    receives: Share = number(0.0, meaning="part of all aid that goes to this nation", assumption="none unless given")


READS = (Read("phase", lag=1),)
WRITES = (
    Indicator(name="effort", unit="log points", meaning="luck of the donor's yearly decision"),
    Flow(name="military_aid", unit="bn USD per month", meaning="military aid given"),
    Flow(name="aid_received", unit="bn USD per month", meaning="military aid received"),
    Flow(name="aid_total", unit="bn USD per month", meaning="military aid of all donors", scope="world"),
    Flow(name="soldiers_paid", unit="bn USD per month", meaning="money given for soldiers of others"),
    Flow(name="soldiers_paid_by_all", unit="bn USD per month", meaning="the same, of all who give it", scope="world"),
    Flow(name="soldiers_received", unit="bn USD per month", meaning="money of others for own soldiers"),
)
DRAWS = (Draw("z_effort", every="year"), Draw("z_donors", scope="world", every="year"))


@law
def peace_factor(phase: float, after_ceasefire: float) -> float:
    """Return aid in a phase against aid at war."""
    if at_war(phase):
        return 1.0
    return 0.0 if phase == DEFEAT else after_ceasefire


class Decision(NamedTuple):
    effort: float
    military_aid: float


@law
def decide(
    effort: float, phase: float, years: float, military: float, after_ceasefire: float, volatility: float, shared:
    float, memory: float, z_effort: float, z_donors: float,
) -> Decision:  # fmt: skip
    """Decide a donor's military aid of the year."""
    keep = exp(-years / memory)
    shock = math.sqrt(shared) * z_donors + math.sqrt(1.0 - shared) * z_effort
    effort = keep * effort + volatility * math.sqrt(1.0 - keep * keep) * shock
    return Decision(effort, military / 12.0 * exp(effort) * peace_factor(phase, after_ceasefire))


@law
def soldiers_paid(pays: float, external_soldiers: float) -> float:
    """Return what a nation pays for the soldiers of others in a month."""
    return pays * external_soldiers / 12.0


@law
def aid_received(receives: float, aid_total: float) -> float:
    """Return a recipient's part of all military aid."""
    return receives * aid_total


@law
def soldiers_received(receives: float, soldiers_paid_by_all: float) -> float:
    """Return a recipient's part of all money for soldiers."""
    return receives * soldiers_paid_by_all


class Aid(Process):
    """Military aid, and money for soldiers of others."""

    name = section = "aid"
    Common, Parameters = Common, Parameters
    reads, writes, draws = READS, WRITES, DRAWS
    month = (
        yearly(decide, total("aid_total", of="military_aid"), aid_received),
        soldiers_paid,
        total("soldiers_paid_by_all", of="soldiers_paid"),
        soldiers_received,
    )
