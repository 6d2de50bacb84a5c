"""Generation: how many people in uniform, reserves and brigades an ally has, from money, service and time.

**Equation.** Each January, for the ``y`` years that end, with their budget ``B`` and equipment money ``E``::

    ln R'  = ln R + (1 - exp(-y / tau)) (ln G - ln R) + shock,      G = P0 (B / B0)^(s eps) exp(drift t)
    eps    = r / (1 - exp(-1 / tau))                                     (r: what the first year after a rise brings)
    shock  = sqrt(y) (scale T + common z),  within 0.4              (T: Student's t with 3 degrees of freedom)
    wanted = b0 + land_part (soldiers - P0) / margin,  at least 0
    kits'  = kits + min((1 - exp(-y / lead)) (wanted - kits),  y kits_per_year (E / E0) (wanted - kits) / all that wait)
    brigades   = min(wanted, kits)
    land_force = brigade_size brigades
    deployable = min(1, readiness readiness_ratio) land_force enablers
    enablers   = own_enablers + (1 - own_enablers) backstop

Each month added service builds up, ``c' = c + (1 - exp(-1 / (12 build_up))) (yield conscription - c)``, and ``soldiers
= R (1 + c)``. Each month ``1 / (12 reserve_years)`` of the reserves ages out. What comes in balances this at the start
and grows with R; those in added service join after ``service_months``: ``c R / service_months`` more a month.
Reservists are whole persons.

**Symbols.**

====================  ==========================  =================  ==================================================
symbol                name in code                unit               source
====================  ==========================  =================  ==================================================
R, c, soldiers        ``regulars``, ``service``,  persons, share     written; ``soldiers`` is all in uniform
                      ``soldiers``
reserves, in and out  ``reserves``,               persons            written
                      ``to_reserve``,
                      ``aged_out``
wanted, kits          ``wanted_brigades``,        brigades           written: by people, by equipment
                      ``kits``
brigades              ``brigades``,               brigades           written, and over all allies
                      ``brigades_total``
land_force            ``land_force``,             persons            written
deployable            ``deployable``,             persons            written, and over all allies
                      ``deployable_total``
B0, E0                ``budget_at_start``,        bn USD             written: of month 0
                      ``kit_money_at_start``
B, E                  ``budget_before``,          bn USD             written: of the last January
                      ``kit_money_before``
P0                    ``people``, ``overcount``   persons, share     nato_personnel; fitted
r, tau, s             ``response``,               ratio, years,      fitted: NATO, 2022-2026
                      ``lag_years``,              ratio
                      ``responsiveness``
drift                 ``drift``                   per year           assumption: -2 % a year in 2015-2022
scale, common         ``volatility``,             ratio              fitted: NATO, 2022-2026
                      ``shared_volatility``
conscription          ``conscription``,           share, ratio,      fitted: four reintroductions (SWE LTU NOR LVA)
                      ``service_yield``,          years
                      ``build_up_years``
reserves at first     ``reserves_counted``,       persons, share     published, or a quarter of the people
                      ``reserve_ratio``
times                 ``reserve_years``,          years, months      assumption
                      ``service_months``
b0                    ``brigades_counted``,       brigades,          published counts; one pool for all others
                      ``persons_per_brigade``     persons
margin, land_part     ``brigade_margin``,         persons, share     CT044; assumption
                      ``land_part``
lead, kits_per_year   ``kit_years``,              years, brigades    PR030; assumption
                      ``kits_per_year``           per year
brigade_size          ``brigade_size``            persons            CT043, CT044
readiness             ``readiness``,              share, ratio       CT057, CT059; IFOR's lists
                      ``readiness_ratio``
own_enablers          ``own_enablers``,           share              assumption (CT033); with America's: written
                      ``enablers``
T; z                  ``u_people``; ``z_people``  uniform, normal    drawn, by year
money                 ``defence_budget``,         bn USD             read, this month's
                      ``equipment_budget``
backstop              ``backstop``                code               read, last month's
====================  ==========================  =================  ==================================================

**Assumes and leaves out.** Only the response within a year is known from data; a long lag with a large elasticity fits
as well as a short one with a small (draw ``response`` and ``lag_years``, never the elasticity alone). Money explains a
tenth of who grew. People were in balance with the budget of month 0. Pay, unemployment and the size of cohorts are
left out. Conscription adds person-years, which cost money that is not asked for here. America has no people here; its
part is the backstop. Counts of brigades are published for few: the others share one pool, so trust sums and not single
nations. A brigade is one brigade, whatever its kind; half of a brigade counts as half.

**By hand.** Without noise, response 0.05, lag 5.5 years: a budget doubled at the start and kept brings 3.5 % more
people after a year (0.05 ln 2) and 23 % in the long run (eps = 0.301). 12,000 more people with margin 6,000 and
land_part 0.5 want one more brigade; with 8 brigades of 6,000, readiness 0.3 and enablers 0.6, 8,640 can be sent.

**Within the month.** People (January, from last January's budget), service and reserves, brigades (January), who can be
sent with last month's backstop; this month's money is kept for the next January.

**References.** Asch, B. J., Hosek, J. R. and Warner, J. T. (2007), New economics of manpower in the post-Cold War era,
Handbook of Defense Economics 2, 1075-1138. NATO (2026), Defence Investment of NATO Countries (2014-2026).
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.laws import total, world, yearly
from forcesim.processes.process import Draw, Process, Section
from forcesim.quantities import Persons, Quantity, Ratio, Share, Value, number
from forcesim.randomness.variates import student3, whole
from forcesim.state import Flow, Indicator, Read, Stock

Years = Annotated[Value, Quantity("years", 0.1, 200.0)]
Drift = Annotated[Value, Quantity("share per year", -0.2, 0.2)]
Brigades = Annotated[Value, Quantity("brigades", 0.0, 1e4)]
KitsPerYear = Annotated[Value, Quantity("brigades per year", 0.0, 1e4)]
Soldiers = Annotated[Value, Quantity("persons", 1.0, 1e8)]
Service = Annotated[Value, Quantity("months", 1.0, 60.0)]

MOST_SHOCK = 0.4
"""Log change by chance in a year: Student's t has no mean of its exponential; only recounts moved more."""


class Common(Section):
    """What all allies share."""

    response: Ratio = number(
        0.05, meaning="log change of people in the first year per log change of the budget",
        assumption="fitted: 19 NATO allies without conscription, 2022-2026; 0.05 with a standard error of 0.014",
    )  # fmt: skip
    lag_years: Years = number(
        5.5, meaning="time in which people follow the budget",
        assumption="fitted with the response, leaning on a prior: 3.7 to 9.8",
    )  # fmt: skip
    drift: Drift = number(
        -0.003, meaning="yearly log change of people at a given budget",
        assumption="-2 % in 2015-2022, none seen since; nobody knows whether it is over",
    )  # fmt: skip
    volatility: Ratio = number(
        0.027, meaning="scale of a nation's shock of a year (Student's t, 3 degrees of freedom)",
        assumption="fitted: 90 % of the residuals of 28 allies, 2022-2026, lie within -0.061 and 0.069",
    )  # fmt: skip
    shared_volatility: Ratio = number(
        0.008, meaning="sd of what a year does to all allies", assumption="fitted: 3 % of the variance of the residuals"
    )
    overcount: Share = number(
        0.0, meaning="part by which the last count of people is too high",
        assumption="none unless given; the estimates of June 2024 were cut by 0 to 4 %",
    )  # fmt: skip
    service_yield: Ratio = number(
        1.0, meaning="people gained per conscript-year added", assumption="SWE, LTU, NOR within a factor of 1.5"
    )
    build_up_years: Years = number(
        2.0, meaning="time in which added service builds up", assumption="reintroductions took 3 to 6 years in all"
    )
    service_months: Service = number(12.0, meaning="length of added service", assumption="9 to 12 in SWE, LTU, NOR")
    reserve_ratio: Ratio = number(
        0.25, meaning="reserves over people where none are counted",
        assumption="seven with a count and without conscription: 0.17 to 0.33",
    )  # fmt: skip
    reserve_years: Years = number(10.0, meaning="mean time in the reserve", assumption="from 30 to 40 years of age")
    persons_per_brigade: Soldiers = number(
        19_500.0, meaning="people in uniform per brigade of those without a published count",
        assumption="82 brigades in 2024, less 24 that are counted, over 1.2 million; 14,700 on paper in 2014",
    )  # fmt: skip
    brigade_margin: Soldiers = number(
        6_000.0, meaning="people per brigade that is added",
        assumption="300,000 for 50 (CT044); seven more in Germany for 35,000 to 40,000",
    )  # fmt: skip
    land_part: Share = number(
        0.65, meaning="part of added people who go to land brigades", assumption="half to four fifths", lever=True
    )
    kit_years: Years = number(3.0, meaning="time from order to a brigade's equipment", source="PR030", lever=True)
    kits_per_year: KitsPerYear = number(
        5.0, meaning="brigades that all allies' industry equips a year, at the equipment money of the start",
        assumption="100 tanks a year from one maker, 86 a brigade, a third of brigades heavy: 3.5; others add to it",
        lever=True,
    )  # fmt: skip
    brigade_size: Persons = number(
        6_000.0, meaning="soldiers of a brigade that is sent, support included", assumption="300,000 are 50 (CT044)"
    )
    readiness: Share = number(0.3, meaning="part of brigades that can be sent", source="CT059", lever=True)
    own_enablers: Share = number(
        0.6, meaning="part of them that can be sent without America's transport, intelligence, air defence",
        assumption="all want America behind them (CT033); nobody publishes a share", lever=True,
    )  # fmt: skip


class Parameters(Section):
    """One ally."""

    people: Soldiers = number(meaning="people in uniform at the start")
    responsiveness: Ratio = number(
        1.0, meaning="its response to money against the volunteer forces'", assumption="as the volunteers"
    )
    conscription: Ratio = number(
        0.0, meaning="added conscript-years over regulars", assumption="no new service unless a policy says so",
        lever=True,
    )  # fmt: skip
    reserves_counted: Persons = number(
        0.0, meaning="reserves at the start; 0: by the ratio of all", assumption="not published for most"
    )
    brigades_counted: Brigades = number(
        0.0, meaning="brigades at the start; 0: by the pool's persons per brigade", assumption="not published for most"
    )
    readiness_ratio: Ratio = number(
        1.0, meaning="its part of brigades that can be sent, against the pool's", assumption="as the pool"
    )


READS = (
    Read("defence_budget", missing=1.0),
    Read("equipment_budget", missing=1.0),
    Read("backstop", lag=1, missing=0.0),
)
WRITES = (
    Indicator(name="regulars", unit="persons", meaning="people in uniform, without added service"),
    Indicator(name="service", unit="share", meaning="added conscript-years over regulars"),
    Indicator(name="soldiers", unit="persons", meaning="people in uniform"),
    Stock(
        name="reserves", unit="persons", meaning="reserves", storage="count", inflows=("to_reserve",),
        outflows=("aged_out",),
    ),
    Flow(name="to_reserve", storage="count", unit="persons", meaning="leavers who join the reserve"),
    Flow(name="aged_out", storage="count", unit="persons", meaning="reservists who are past service"),
    Indicator(name="wanted_brigades", unit="brigades", meaning="brigades that people would fill"),
    Indicator(name="kits", unit="brigades", meaning="brigades that there is equipment for"),
    Indicator(name="brigades", unit="brigades", meaning="brigades with people and equipment"),
    Indicator(
        name="brigades_total", unit="brigades", meaning="brigades of all allies but America", scope="world",
        outcome=True,
    ),
    Indicator(name="land_force", unit="persons", meaning="soldiers of its brigades, support included"),
    Indicator(name="deployable", unit="persons", meaning="soldiers of land forces that can be sent", outcome=True),
    Indicator(name="deployable_total", unit="persons", meaning="the same of all allies but America", scope="world"),
    Indicator(name="enablers", unit="share", meaning="part of those ready that enablers carry at once", scope="world"),
    Indicator(name="budget_before", unit="bn USD per year", meaning="defence spending when people were last counted"),
    Indicator(
        name="kit_money_before", unit="bn USD per month", meaning="equipment money at that time", scope="world"
    ),
    Indicator(name="budget_at_start", unit="bn USD per year", meaning="defence spending of month 0"),
    Indicator(
        name="kit_money_at_start", unit="bn USD per month", meaning="equipment money of month 0", scope="world"
    ),
)  # fmt: skip
DRAWS = (Draw("u_people", every="year"), Draw("z_people", scope="world", every="year"))


@law
def enablers(own_enablers: float, backstop: float) -> float:
    """Return what part of those ready transport, intelligence and air defence can carry at once."""
    return own_enablers + (1.0 - own_enablers) * backstop


@law
def sent(brigades: float, brigade_size: float, readiness: float, readiness_ratio: float, enablers: float) -> float:
    """Return the soldiers that can be sent."""
    return min(1.0, readiness * readiness_ratio) * (brigade_size * brigades) * enablers


class Begin(NamedTuple):
    regulars: float
    soldiers: float
    reserves: float
    wanted_brigades: float
    kits: float
    brigades: float
    land_force: float
    deployable: float
    budget_at_start: float
    budget_before: float
    kit_money: float


@law
def begin(
    people: float, overcount: float, defence_budget: float, equipment_budget: float, reserves_counted: float,
    reserve_ratio: float, brigades_counted: float, persons_per_brigade: float, brigade_size: float, readiness: float,
    readiness_ratio: float, enablers: float, noise: float,
) -> Begin:  # fmt: skip
    """Begin with the people counted, and the brigades and reserves that are published or follow from them."""
    regulars = max(people * (1.0 - overcount), 1.0)
    brigades = brigades_counted if brigades_counted > 0.0 else regulars / max(persons_per_brigade, 1.0)
    return Begin(
        regulars=regulars,
        soldiers=regulars,
        reserves=whole(reserves_counted if reserves_counted > 0.0 else reserve_ratio * regulars, noise > 0.0),
        wanted_brigades=brigades,
        kits=brigades,
        brigades=brigades,
        land_force=brigade_size * brigades,
        deployable=sent(brigades, brigade_size, readiness, readiness_ratio, enablers),
        budget_at_start=defence_budget,
        budget_before=defence_budget,
        kit_money=equipment_budget,
    )


class Pace(NamedTuple):
    keep: float  # part of the distance to the goal that is left
    elasticity: float  # long-run, of volunteer forces
    keep_kit: float
    sway: float  # sd of a nation's shock per unit of Student's t
    shared_shock: float
    kits_made: float  # brigades equipped in the years, at the equipment money of the start


@law
def pace(
    years: float, response: float, lag_years: float, kit_years: float, volatility: float, shared_volatility: float,
    kits_per_year: float, z_people: float,
) -> Pace:  # fmt: skip
    """Return what the years that end this month have brought to every ally."""
    root = years**0.5
    return Pace(
        keep=exp(-years / lag_years),
        elasticity=response / (1.0 - exp(-1.0 / lag_years)),
        keep_kit=exp(-years / kit_years),
        sway=volatility * root,
        shared_shock=shared_volatility * root * z_people,
        kits_made=kits_per_year * years,
    )


class Regulars(NamedTuple):
    regulars: float
    budget_before: float


@law
def grow(
    regulars: float, budget_at_start: float, budget_before: float, defence_budget: float, month: float, keep: float,
    elasticity: float, sway: float, shared_shock: float, people: float, overcount: float, responsiveness: float, drift:
    float, u_people: float,
) -> Regulars:  # fmt: skip
    """Move people towards what the budget of the years that end has sustained."""
    at_first = max(people * (1.0 - overcount), 1.0)
    more_money = log(max(budget_before, 1e-9) / max(budget_at_start, 1e-9))
    goal = log(at_first) + responsiveness * elasticity * more_money + drift * (month / 12.0)
    shock = min(MOST_SHOCK, max(-MOST_SHOCK, sway * student3(u_people) + shared_shock))
    return Regulars(exp(goal + keep * (log(regulars) - goal) + shock), defence_budget)


@law
def keep_service(build_up_years: float) -> float:
    """Return what part of the way to the service asked is left after a month."""
    return exp(-1.0 / (12.0 * build_up_years))


class Standing(NamedTuple):
    asked: float  # conscript-years over regulars that are asked for
    kept_up: float  # regulars a month, as a part of them, who keep the reserve of the start as large as it is
    past_service: float  # months in the reserve


@law
def standing(
    people: float, overcount: float, conscription: float, service_yield: float, reserves_counted: float, reserve_ratio:
    float, reserve_years: float,
) -> Standing:  # fmt: skip
    """Return what service is asked for, and how many leavers keep up the reserve of the start."""
    at_first = max(people * (1.0 - overcount), 1.0)
    reserves_at_first = reserves_counted if reserves_counted > 0.0 else reserve_ratio * at_first
    return Standing(
        asked=service_yield * conscription,
        kept_up=reserves_at_first / (12.0 * reserve_years) / at_first,
        past_service=12.0 * reserve_years,
    )


class Served(NamedTuple):
    service: float
    soldiers: float
    to_reserve: float
    aged_out: float


@law
def serve(
    regulars: float, service: float, reserves: float, keep_service: float, asked: float, kept_up: float, past_service:
    float, service_months: float, noise: float,
) -> Served:  # fmt: skip
    """Build service up by a month; let who has served join the reserve, and the reserve age."""
    added = asked + keep_service * (service - asked)
    return Served(
        service=added,
        soldiers=regulars * (1.0 + added),
        to_reserve=whole(regulars * (kept_up + added / service_months), noise > 0.0),
        aged_out=whole(reserves / past_service, noise > 0.0),
    )


class Wanted(NamedTuple):
    wanted_brigades: float
    waiting: float  # brigades that have people and wait for equipment
    kit_money: float


@law
def want(
    soldiers: float, kits: float, equipment_budget: float, people: float, overcount: float, brigades_counted: float,
    persons_per_brigade: float, land_part: float, brigade_margin: float,
) -> Wanted:  # fmt: skip
    """Count the brigades that people would fill."""
    at_first = max(people * (1.0 - overcount), 1.0)
    counted = brigades_counted if brigades_counted > 0.0 else at_first / max(persons_per_brigade, 1.0)
    wanted = max(0.0, counted + land_part * (soldiers - at_first) / max(brigade_margin, 1.0))
    return Wanted(wanted, max(0.0, wanted - kits), equipment_budget)


class Equipped(NamedTuple):
    kits: float
    brigades: float


@law
def equip(
    kits: float, wanted_brigades: float, waiting: float, waiting_of_all: float, kit_money_before: float,
    kit_money_at_start: float, keep_kit: float, kits_made: float,
) -> Equipped:  # fmt: skip
    """Give those that wait their part of what industry makes, no faster than it takes from the order."""
    made = kits_made * kit_money_before / max(kit_money_at_start, 1e-9)
    part = made * waiting / max(waiting_of_all, 1e-9)
    after = kits + min((1.0 - keep_kit) * waiting, part)
    return Equipped(after, min(after, wanted_brigades))


@law
def kit_money_before(kit_money_of_all: float) -> float:
    """Keep the equipment money of this month, for the next January."""
    return kit_money_of_all


class Month(NamedTuple):
    land_force: float
    deployable: float


@law
def ready(brigades: float, brigade_size: float, readiness: float, readiness_ratio: float, enablers: float) -> Month:
    """Count who can be sent this month."""
    return Month(
        land_force=brigade_size * brigades,
        deployable=sent(brigades, brigade_size, readiness, readiness_ratio, enablers),
    )


class Generation(Process):
    """People in uniform, reserves, brigades and what can be sent, of every ally but America."""

    name = section = "generation"
    Common, Parameters = Common, Parameters
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (
        world(enablers),
        begin,
        total("kit_money_at_start", of="kit_money"),
        total("kit_money_before", of="kit_money"),
        total("brigades_total", of="brigades"),
        total("deployable_total", of="deployable"),
    )
    month = (
        yearly(world(pace), grow),
        world(keep_service),
        standing,
        serve,
        yearly(
            want,
            total("waiting_of_all", of="waiting"),
            total("kit_money_of_all", of="kit_money"),
            equip,
            world(kit_money_before),
            total("brigades_total", of="brigades"),
        ),
        world(enablers),
        ready,
        total("deployable_total", of="deployable"),
    )
