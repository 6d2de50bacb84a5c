"""Spending: the share of GDP that goes to defence, what it buys, and the bill of each payer.

**Equation.** Budgets are decided once a year: each January by a step of a whole year (``t`` = 1), in month 1 by
``share_age`` years. The logarithm of the share returns to its aim by an exact Ornstein-Uhlenbeck step::

    ln f  = ln a + k (ln s - ln a) + (v z + w m) sqrt((1 - k^2) / (2 kappa)) - stress max(0, -growth of last year)
    m'    = rho m + sqrt(1 - rho^2) z_all                                (once a year; m = z_all at first)
    k     = exp(-kappa t),  kappa = speed pace
    a     = b + compliance max(0, target - b) + min(0, target - b)       (b: the share at the start)
    a     = war_share                              (at war, where one is given); at least min(s, floor)
    s'    = f + min(due, max(0, compliance due - debt_brake debt_effect (debt - debt_reference) t))
    due   = max(0, floor - f) min(1, t / max(t, ramp - age))
    v     = volatility / c,  c^2 = 1 - p + p q^2;  in an election year (chance p) v is q times that
    w     = shared_volatility: what a year does to all at once; 0 at war where a war_share is given

    defence_budget   = max(0, s gdp (1 - external_share (1 - external_support)) + 12 resource_defence)
    budget_ppp       = defence_budget / price_level
    personnel_budget = personnel_share defence_budget / 12 + soldiers_received
    equipment_budget = equipment_share defence_budget / 12
    outlay           = defence_budget / 12 + military_aid + soldiers_paid + push_money
    cost             = outlay + extra_interest

**Symbols.**

===================  =========================  ===================  ==============================================
symbol               name in code               unit                 source
===================  =========================  ===================  ==============================================
s                    ``defence_share``          share of GDP         nato_defence_share (month 0: ``share``)
r                    ``resilience_share``       share of GDP         assumption (no accounts are published yet)
budget               ``defence_budget``         bn USD per year      written
budget of January    ``decided_budget``         bn USD per year      written
for people           ``personnel_budget``       bn USD per month     written
for equipment        ``equipment_budget``       bn USD per month     written
at home prices       ``budget_ppp``             bn USD per year      written
the bill             ``outlay``, ``cost``       bn USD per month     written
growth of last year  ``past_growth``            share per year       written (kept from ``growth``)
b                    ``share``                  share of GDP         nato_defence_share, defence_share
target               ``target_share``           share of GDP         SP030, SP032
f                    -                          share of GDP         the share without a pledge of a floor
floor; ramp          ``floor``, ``ramp``        share of GDP, years  SP030, SP034
floor as last read   ``promised_floor``         share of GDP         written
age                  ``promise_age``            years                written: budgets under that floor so far
debt                 ``debt_ratio``             share of GDP         read, last month's; no brake if not written
debt_effect          ``debt_effect``,           share of GDP         fitted: 150 changes of 30 allies, 2022-2026
                     ``debt_reference``
debt_brake           ``debt_brake``             ratio                assumption
war_share            ``war_share``              share of GDP         SP049, defence_share
speed                ``speed``                  per year             fitted to nato_defence_share 2014-2025
volatility           ``volatility``             per sqrt(year)       fitted to nato_defence_share 2014-2025
w; rho               ``shared_volatility``,     per sqrt(year),      fitted to nato_defence_share 2014-2025; SIPRI
                     ``shared_persistence``     share                1996-2024
m                    ``shared_swing``           ratio                written
t in month 1         ``share_age``              years                what the share at the start is of
resilience           ``resilience``,            share of GDP         SP031
                     ``resilience_target``
personnel_share      ``personnel_share``        share of budget      SP042, SP044
equipment_share      ``equipment_share``        share of budget      nato_equipment_share, SP043
price_level          ``price_level``            ratio                IMF, World Economic Outlook: NGDPD over PPPGDP
external_share       ``external_share``         share of budget      SP053
external_support     ``external_support``       ratio                assumption
compliance           ``compliance``             share                SP035, SP011
pace                 ``pace``                   ratio                fitted: 2022-2025 against 2015-2025
stress               ``stress``                 ratio                fitted to nato_defence_share 2015-2021
p, q                 ``election_probability``,  share, ratio         fitted: tails of the annual changes
                     ``election_ratio``
z; z_all             ``z_share``, ``z_shared``  standard normal      drawn, by year
election             ``u_election``             uniform              drawn, by year
gdp, growth          ``gdp``, ``growth``        as named             read
phase                ``phase``                  code                 read, last month's (0 war, 1 ceasefire)
resource_defence     ``resource_defence``       bn USD per month     read
aid, for soldiers    ``military_aid``,          bn USD per month     read
                     ``soldiers_paid``,
                     ``soldiers_received``
pushed; interest     ``push_money``,            bn USD per month     read, last month's
                     ``extra_interest``
===================  =========================  ===================  ==============================================

**Assumes and leaves out.** A nation's own aim (``target_share``) that calls for more is followed in part
(``compliance``), one that calls for less in full. A pledge is a ``floor``, whole after ``ramp`` budgets. It never
lowers a share, so who leads keeps its lead. Each budget makes up an equal part of what is missing, and what is reached
is kept. With compliance 1 and no brake the floor is met at its date. A published share is of a calendar year:
``share_age`` is 1 where the share is of the year before month 1. What moves all allies lasts: years of rises follow
each other. Debt above the reference slows a rise: in
2022-2026 they went together, which need not be a cause. Money is voted in January: what happens to GDP or at the front
within a year moves the next budget, not this one; only earmarked resource money comes monthly. Operations and
infrastructure are what personnel and equipment leave: their shares sum to at most 1. Aid is decided on its own and
comes on top. Money of partners for soldiers is part of the recipient's money for people, and of the payers' bill.
Purchasing power is that of all GDP, which is not that of arms. The resilience-related part moves at the same speed,
without chance, and buys neither soldiers nor equipment here. Allies do not react to each other's spending; what moves
them all is chance.

**By hand.** Without noise a share of 0.02 with target 0.04, compliance 1 and speed 0.24 a year is after five years
``0.04 (0.02 / 0.04)^exp(-1.2)`` = 0.0325. A share that stays at 0.02 with a floor of 0.035, ramp 10 and compliance 1
rises by 0.0015 a year and is 0.035 in the tenth budget; one of 0.048 stays there.

**Within the month.** Last month's phase; this month's GDP, growth and resources; then shares, budgets, the bill.

**References.** NATO (2025), The Hague Summit Declaration, paragraphs 2-3 (3.5 % + 1.5 % by 2035). Uhlenbeck, G. E. and
Ornstein, L. S. (1930), Physical Review 36, 823-841 (the step).
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.laws import world, yearly
from forcesim.processes.phases import at_war
from forcesim.processes.process import Draw, Process, Section
from forcesim.quantities import Quantity, Ratio, Share, Value, number
from forcesim.state import Flow, Indicator, Read

PerYear = Annotated[Value, Quantity("per year", 0.0, 5.0)]
Volatility = Annotated[Value, Quantity("per sqrt(year)", 0.0, 1.0)]
Years = Annotated[Value, Quantity("years", 1.0, 50.0)]
Age = Annotated[Value, Quantity("years", 0.0, 5.0)]
DebtEffect = Annotated[Value, Quantity("share of GDP per year", -0.05, 0.05)]
PriceLevel = Annotated[Value, Quantity("ratio", 0.05, 5.0)]
DebtRatio = Annotated[Value, Quantity("share of GDP", 0.0, 10.0)]

UNKNOWN = -1.0
"""What stands for the debt where nobody writes it."""
LEAST_SHARE = 1e-6
"""A share of zero has no logarithm; one dollar in a million stands for none."""


class Common(Section):
    """What all treasuries share."""

    compliance: Share = number(
        0.85,
        meaning="part of an aimed or pledged rise that is made",
        assumption="with the pace it puts Europe's share near 3 % by 2030, as Bloomberg Economics has it (SP035)",
        lever=True,
    )
    debt_effect: DebtEffect = number(
        0.0010,
        meaning="what a debt of all GDP above the reference takes from a pledged rise of the share in a year",
        assumption="fitted to 30 allies, 2022-2026: 0.0016 (0.0008 to 0.0023), without Poland and the Baltics 0.0008"
        " (0.0000 to 0.0015); nothing in 2015-2021. At least half of it is distance from Russia",
    )
    debt_reference: DebtRatio = number(
        0.65, meaning="debt at which it neither slows nor hastens", assumption="about the allies' mean of 2021-2025"
    )
    debt_brake: Ratio = number(
        1.0,
        meaning="how much debt slows pledged rises, 1 as in 2022-2026",
        assumption="as in the past; 0 exempts defence from the rules of debt",
        lever=True,
    )
    pace: Ratio = number(
        2.0,
        meaning="speed of adjustment against the mean of 2015-2025",
        assumption="fitted: 0.24 a year over 2022-2025"
        " against 0.12 over 2015-2025 (nations under the 2 % guideline); whether it lasts nobody knows",
        lever=True,
    )
    stress: Ratio = number(
        0.2,
        meaning="fall of the share's logarithm per unit of last year's fall in GDP",
        assumption="fitted to NATO shares 2015-2021: 0.19 with a standard error of 0.27",
    )
    election_probability: Share = number(
        0.25, meaning="chance that a year is one of election", assumption="terms of four years"
    )
    election_ratio: Ratio = number(
        3.0,
        meaning="spread of an election year's shock against an ordinary one's",
        assumption="fitted: a robust"
        " standard deviation of 0.09 beside a plain one of 0.13 in the annual log changes 2015-2025",
    )
    shared_volatility: Volatility = number(
        0.048,
        meaning="spread of what a year does to the logarithm of all shares at once",
        assumption="fitted to NATO"
        " shares 2014-2025: a pandemic that shrinks GDP, an invasion; 0.027 if only the years to 2021 are looked at",
    )
    shared_persistence: Share = number(
        0.7,
        meaning="year-to-year autocorrelation of what moves all shares",
        assumption="SIPRI, mean changes of 31 allies 1996-2024: 0.57, and 0.68 without the bias of 29 years",
    )
    share_age: Age = number(
        0.0,
        meaning="years from that of the share at the start to that of month 1",
        assumption="the share is that of the year in which the run begins",
    )


class Parameters(Section):
    """One nation's treasury."""

    shares_of_one = (("personnel_share", "equipment_share"),)

    share: Share = number(meaning="defence share of GDP at the start (core)")
    target_share: Share = number(
        0.0,
        meaning="share that the nation itself aims at; 0: that of the start",
        assumption="it goes on as it began",
        lever=True,
    )
    floor: Share = number(
        0.0, meaning="least share that is pledged; never lowers a share", assumption="none unless given", lever=True
    )
    ramp: Years = number(
        1.0,
        meaning="yearly budgets from the pledge to the one in which it is whole",
        assumption="at once unless given",
        lever=True,
    )
    war_share: Share = number(
        0.0,
        meaning="share aimed at while the war lasts; 0: the pledge",
        assumption="none but for those at war",
        lever=True,
    )
    speed: PerYear = number(
        0.12,
        meaning="speed at which the share nears its aim, at the pace of 2015-2025",
        assumption="fitted to NATO shares 2014-2025, panel mean",
        lever=True,
    )
    volatility: Volatility = number(
        0.12,
        meaning="spread of a year's shock to the share's logarithm, election years included",
        assumption="fitted to NATO shares 2014-2025, panel mean",
    )
    resilience: Share = number(
        0.008,
        meaning="resilience-related share of GDP at the start",
        assumption="no accounts are published; about half of the goal",
    )
    resilience_target: Share = number(
        0.015,
        meaning="resilience-related share that is pledged",
        assumption="the allies' pledge, 1.5 % of GDP (SP031)",
        lever=True,
    )
    personnel_share: Share = number(
        0.40,
        meaning="part of the budget that pays people",
        assumption="between 52 % in 2017 (SP042) and what equipment near 30 % leaves",
        lever=True,
    )
    equipment_share: Share = number(
        0.30, meaning="part of the budget that buys equipment", assumption="the allies' mean of 2024", lever=True
    )
    price_level: PriceLevel = number(
        1.0, meaning="prices at home against those of the United States", assumption="as there unless given"
    )
    external_share: Share = number(
        0.0, meaning="part of the budget that partners finance", assumption="none unless given"
    )
    external_support: Ratio = number(
        1.0, meaning="partners' financing against that at the start", assumption="goes on in full", lever=True
    )


READS = (
    Read("gdp"),
    Read("growth"),
    Read("phase", lag=1),
    Read("resource_defence"),
    Read("debt_ratio", lag=1, missing=UNKNOWN),
    Read("military_aid", missing=0.0),
    Read("soldiers_paid", missing=0.0),
    Read("soldiers_received", missing=0.0),
    Read("push_money", lag=1, missing=0.0),
    Read("extra_interest", lag=1, missing=0.0),
)
WRITES = (
    Indicator(name="defence_share", unit="share of GDP", meaning="core defence spending over GDP", outcome=True),
    Indicator(name="resilience_share", unit="share of GDP", meaning="resilience-related spending over GDP"),
    Indicator(name="defence_budget", unit="bn USD per year", meaning="core defence spending", outcome=True),
    Indicator(name="decided_budget", unit="bn USD per year", meaning="defence spending as decided in January"),
    Indicator(name="personnel_budget", unit="bn USD per month", meaning="money for soldiers"),
    Indicator(name="equipment_budget", unit="bn USD per month", meaning="money for equipment"),
    Indicator(name="promised_floor", unit="share of GDP", meaning="pledged floor as of the last decision"),
    Indicator(name="promise_age", unit="years", meaning="yearly budgets under that floor"),
    Indicator(name="past_growth", unit="share per year", meaning="growth when the budget was last decided"),
    Indicator(name="shared_swing", unit="ratio", meaning="what a year does to all, in its sd", scope="world"),
    Indicator(
        name="budget_ppp",
        unit="bn USD per year",
        meaning="core defence spending at the prices of the United States",
    ),
    Flow(name="outlay", unit="bn USD per month", meaning="defence budget, aid and pushed orders"),
    Flow(name="cost", unit="bn USD per month", meaning="bill: outlay and interest on debt that it adds", outcome=True),
)
DRAWS = (
    Draw("z_share", every="year"),
    Draw("u_election", every="year"),
    Draw("z_shared", scope="world", every="year"),
)


@law
def aim_law(base: float, target: float, compliance: float, war_share: float, phase: float) -> float:
    """Return the share of GDP that a nation really aims at."""
    if war_share > 0.0 and at_war(phase):
        return war_share
    if target <= 0.0:
        return base
    return base + compliance * max(0.0, target - base) + min(0.0, target - base)


@law
def calm_volatility(volatility: float, probability: float, ratio: float) -> float:
    """Return the volatility of a year without election, given that over all years."""
    return volatility / math.sqrt(1.0 - probability + probability * ratio * ratio)


@law
def spread_law(speed: float, years: float, keep: float) -> float:
    """Return the standard deviation that unit volatility builds up in ``years``; ``keep`` of a distance is left."""
    if speed <= 0.0:
        return math.sqrt(years)
    return math.sqrt((1.0 - keep * keep) / (2.0 * speed))


@law
def share_law(share: float, goal: float, keep: float, shock: float) -> float:
    """Return the share after an exact Ornstein-Uhlenbeck step of its logarithm to ``goal`` plus a shock; at most 1."""
    return min(1.0, exp(goal + keep * (log(max(share, LEAST_SHARE)) - goal) + shock))


@law
def lift_law(free: float, floor: float, age: float, ramp: float, step: float, compliance: float, drag: float) -> float:
    """Return what a pledged floor adds to the share that would be decided without it; never below 0.

    An equal part a year of what is missing, up to the date; of that, ``compliance`` less what debt takes in a year.
    """
    due = max(0.0, floor - free) * min(1.0, step / max(step, ramp - age))
    return min(due, max(0.0, compliance * due - drag * step))


@law
def debt_drag(debt_ratio: float, debt_effect: float, debt_reference: float, debt_brake: float) -> float:
    """Return what debt takes from a year's pledged rise; 0 where nobody writes the debt."""
    return debt_brake * debt_effect * (debt_ratio - debt_reference) if debt_ratio != UNKNOWN else 0.0


@law
def shared_swing(shared_swing: float, shared_persistence: float, first_year: float, z_shared: float) -> float:
    """Draw what the year does to all shares, in standard deviations; it keeps to what last year did."""
    keep = 0.0 if first_year > 0.0 else shared_persistence
    return keep * shared_swing + math.sqrt(1.0 - keep * keep) * z_shared


@law
def calm(volatility: float, election_probability: float, election_ratio: float) -> float:
    """Return the volatility of a year without election, given that over all years."""
    return calm_volatility(volatility, election_probability, election_ratio)


class Decision(NamedTuple):
    defence_share: float
    resilience_share: float
    past_growth: float
    promised_floor: float
    promise_age: float


@law
def decide(
    defence_share: float, resilience_share: float, past_growth: float, growth: float, phase: float, share_age: float,
    share: float, target_share: float, war_share: float, resilience: float, resilience_target: float, compliance:
    float, speed: float, pace: float, stress: float, calm: float, election_probability: float, election_ratio:
    float, shared_volatility: float, floor: float, ramp: float, promised_floor: float, promise_age: float, debt_drag:
    float, first_year: float, z_share: float, u_election: float, shared_swing: float,
) -> Decision:  # fmt: skip
    """Decide the shares of the year; a floor that is not last year's is a new pledge, whose time begins."""
    hurried = speed * pace
    step = share_age if first_year > 0.0 else 1.0  # each January votes a whole budget
    keep = exp(-hurried * step)
    kept = min(defence_share, floor)  # what a pledge has reached is aimed at from then on
    aim = max(aim_law(share, target_share, compliance, war_share, phase), kept, LEAST_SHARE)
    hoped = aim_law(resilience, resilience_target, compliance, 0.0, phase)
    together = 0.0 if war_share > 0.0 and at_war(phase) else shared_volatility
    spread = calm * election_ratio if u_election < election_probability else calm
    sway = (spread * z_share + together * shared_swing) * spread_law(hurried, step, keep)
    shock = sway - stress * max(0.0, -past_growth)
    free = share_law(defence_share, log(aim), keep, shock) if step > 0.0 else defence_share
    age = promise_age if floor == promised_floor else 0.0
    return Decision(
        defence_share=free + lift_law(free, floor, age, ramp, step, compliance, debt_drag),
        resilience_share=hoped + keep * (resilience_share - hoped),
        past_growth=growth,
        promised_floor=floor,
        promise_age=age + step,
    )


@law
def decided_budget(defence_share: float, gdp: float, external_share: float, external_support: float) -> float:
    """Turn the year's share into money."""
    return defence_share * gdp * (1.0 - external_share * (1.0 - external_support))


class Split(NamedTuple):
    defence_budget: float
    budget_ppp: float
    personnel_budget: float
    equipment_budget: float


@law
def split(
    decided_budget: float, resource_defence: float, soldiers_received: float, personnel_share: float,
    equipment_share: float, price_level: float,
) -> Split:  # fmt: skip
    """Split the month's money; resource money and money of partners for soldiers come on top of what was decided."""
    budget = max(0.0, decided_budget + 12.0 * resource_defence)
    people = personnel_share / 12.0 * budget + soldiers_received
    return Split(budget, budget / price_level, people, equipment_share / 12.0 * budget)


class Bill(NamedTuple):
    outlay: float
    cost: float


@law
def bill(
    defence_budget: float, military_aid: float, soldiers_paid: float, push_money: float, extra_interest: float
) -> Bill:
    """Add up what a nation pays in a month."""
    outlay = defence_budget / 12.0 + military_aid + soldiers_paid + push_money
    return Bill(outlay, outlay + extra_interest)


class Start(NamedTuple):
    defence_share: float
    resilience_share: float
    past_growth: float
    decided_budget: float
    defence_budget: float
    budget_ppp: float
    personnel_budget: float
    equipment_budget: float


@law
def start(
    share: float, resilience: float, gdp: float, growth: float, external_share: float, external_support: float,
    personnel_share: float, equipment_share: float, price_level: float,
) -> Start:  # fmt: skip
    """Begin with the shares and budgets of month 0; bills come from month 1."""
    budget = share * gdp * (1.0 - external_share * (1.0 - external_support))
    return Start(
        defence_share=share,
        resilience_share=resilience,
        past_growth=growth,
        decided_budget=budget,
        defence_budget=budget,
        budget_ppp=budget / price_level,
        personnel_budget=personnel_share * budget / 12.0,
        equipment_budget=equipment_share * budget / 12.0,
    )


class Spending(Process):
    """Defence shares, budgets and bills."""

    name = section = "spending"
    Common, Parameters = Common, Parameters
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (start,)
    month = (calm, yearly(world(shared_swing), debt_drag, decide, decided_budget), split, bill)
