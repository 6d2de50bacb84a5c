"""Contingent: who pledges troops to a force in Ukraine, how many arrive and when, and whether they stay.

**Equation.** Every contributor ``n`` is out, pledged, deploying, deployed or withdrawing. Each month it moves on with
probability ``1 - exp(-h)``, where the hazards are::

    h_pledge   = readiness willingness exp(backstop_effect B + peers_effect s + ceasefire_effect C) m
    h_ready    = 1 / preparation_months                                    (C = 1, or needs_ceasefire is "no")
    h_withdraw = withdrawal_hazard exp(withdrawal_backstop (1 - B) + cascade (1 - s) + withdrawal_war (1 - C)
                                       + strain_effect x) / m
    m = exp(y),  y' = mood_persistence y + mood_volatility sqrt(1 - mood_persistence^2) z
                      - recession_effect max(0, -growth)                   (in month 1 and each January)

``B`` is the American backstop (0 or 1), ``C`` the ceasefire (0 or 1), ``s`` the share of the land forces asked that was
in last month, ``m`` the mood at home. What a contributor offers, and what it means to send::

    q    = d min(land_force deployable_share / rotation_ratio, limit),   K = sum of q over those that are in
    d    = min(1, delivery_median exp(delivery_spread z))                  (part of a pledge that is delivered)
    goal = floor(f q), at most limit
    f    = requested / K                             (K >= requested: the request is shared out)
    f    = 1 + (surge - 1) (1 - K / requested)       (K < requested: they stretch),     x = max(0, f - 1)
    contingent' = contingent + deployments - withdrawals                   (whole persons: goal / ramp_months a month
                                                                            arrive, q / exit_months leave)

The backstop stands when it is offered, is lost with ``backstop_loss_hazard`` and, while offered, regained with
``backstop_regain_hazard``. Its loss slows pledges and hastens withdrawals, and through ``s`` each nation that leaves
does the same to the others: that is the cascade.

**Symbols.**

=====================  ===============================  ==============  ===============================================
symbol                 name in code                     unit            source
=====================  ===============================  ==============  ===============================================
troops in place        ``contingent``,                  persons         written: all, and each nation's
                       ``contingent_by_nation``
arrive, leave; goals   ``deployments``,                 persons         written
                       ``withdrawals``, ``pledged``
how many are in        ``contributors``                 nations         written
s; x                   ``joined_share``, ``strain``     share; ratio    written
B; what became of it   ``backstop``,                    code            written
                       ``backstop_status``
stance; d; m           ``stance``, ``delivery``,        code, share,    written
                       ``support``                      ratio
hazard added up        ``waited``,                      ratio           written, without noise only
                       ``backstop_waited``
requested              ``requested``                    persons         CT001, CT014
who asks; offer of B   ``mandate``,                     word            CT014, CT034
                       ``backstop_offered``
loss, regain of B      ``backstop_loss_hazard``,        per month       assumption
                       ``backstop_regain_hazard``
effects on pledging    ``backstop_effect``,             log points      assumption (direction: CT033, CT034)
                       ``peers_effect``,
                       ``ceasefire_effect``
effects on leaving     ``withdrawal_backstop``,         log points      assumption
                       ``cascade``, ``strain_effect``,
                       ``withdrawal_war``
withdrawal_hazard      ``withdrawal_hazard``            per month       CT085, CT090 (KFOR), CT098 (Iraq)
y                      ``mood_volatility``,             ratio           DT043-DT055; assumption
                       ``mood_persistence``,
                       ``recession_effect``
times                  ``preparation_months``,          months          CT060, CT063-CT069, CT074, CT079
                       ``ramp_months``,
                       ``exit_months``
sustainable part       ``deployable_share``,            share, ratio    CT059, CT062
                       ``rotation_ratio``, ``surge``
d                      ``delivery_median``,             share, ratio    contribution_records KFOR (pledged, sent)
                       ``delivery_spread``
land_force             ``land_force``                   persons         contribution_records UA_contingent_model
willingness            ``willingness``, or under a      per month       CT016-CT033
                       UN mandate ``un_willingness``
all nations' factor    ``readiness``                    ratio           assumption
limit; there at first  ``limit``, ``deployed``          persons         CT018-CT022; CT035 (none)
waits for C            ``needs_ceasefire``              word            CT014
z of d, of y           ``z_delivery``, ``z_mood``       normal          drawn, once and by year
moves; B's moves       ``u_stance``, ``u_backstop``     uniform         drawn
phase, growth          ``phase``, ``growth``            as named        read
=====================  ===============================  ==============  ===============================================

**Assumes and leaves out.** Governments decide one by one, on last month's news of the others. Troops that are there at
the start (``deployed``) are part of no request: they stay until their nation withdraws. Losses, cost and equipment of
the contingent are left out. Russia and Ukraine are the parties, so no contributors; Iceland has no forces. At equal
draws a larger request brings never fewer pledges or troops if ``strain_effect`` is 0 (else stretching drives some
home), but for rounding. The same holds for the backstop if ``surge`` is 1 (else joiners relieve the stretched).

**By hand.** Without noise a nation moves on when its hazard has added up to 1 since it took its stance (one that has
pledged is not turned back), the backstop alike; ``m`` is 1, ``d`` its median, nothing is rounded. Willingness 0.1,
effects 0, preparation 6 months, ramp 4, ceasefire: the pledge comes in month 10, the first quarter of the troops in
month 16, the last in month 19. The 100,000 or 150,000 of the seed figures stay if ``withdrawal_hazard`` is 0.

**Within the month.** This month's phase and growth; mood (January), backstop, stances, goals, troops, sums.

**References.** Baltrusaitis, D. (2010), Coalition Politics and the Iraq War (attrition). Olson, M. and Zeckhauser, R.
(1966), An economic theory of alliances, Review of Economics and Statistics 48(3), 266-279 (sharing by size).
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.laws import total, unless_zero, world, yearly
from forcesim.processes.phases import CEASEFIRE
from forcesim.processes.process import Draw, Process, Section
from forcesim.processes.stances import (
    DEPLOYED,
    FULL,
    IN_FORCE,
    LOST,
    OUT,
    backstop_law,
    chance,
    goal_law,
    is_in,
    mood_law,
    move_law,
    offer_law,
    settled_law,
    stance_law,
    still_law,
    stretch,
)
from forcesim.quantities import Months, PerMonth, Persons, Quantity, Ratio, Share, Value, choice, number
from forcesim.randomness.variates import whole
from forcesim.state import Flow, Indicator, Read, Stock

Effect = Annotated[Value, Quantity("log points", 0.0, 5.0)]
Surge = Annotated[Value, Quantity("ratio", 1.0, 2.0)]
Rotation = Annotated[Value, Quantity("ratio", 1.0, 20.0)]


class Common(Section):
    """The mission, the backstop, and what all contributors share."""

    requested: Persons = number(
        0.0, meaning="size of the force that is asked for; 0: none", assumption="none unless a policy asks", lever=True,
    )  # fmt: skip
    mandate: Literal["coalition", "un"] = choice(
        "coalition", meaning="who asks: a coalition, or the United Nations", assumption="as planned (CT014)", lever=True
    )
    backstop_offered: Literal["no", "yes"] = choice(
        "no", meaning="whether America offers to back the force", assumption="the draft was deleted (CT034)", lever=True
    )
    backstop_loss_hazard: PerMonth = number(
        0.01, meaning="hazard that the backstop is lost", assumption="one change of course in two presidencies",
    )  # fmt: skip
    backstop_regain_hazard: PerMonth = number(
        0.01, meaning="hazard that a lost backstop comes back, while offered", assumption="the next change of course",
    )  # fmt: skip
    readiness: Ratio = number(
        1.0, meaning="all nations' willingness against the stated", assumption="as stated; nobody knows it", lever=True,
    )  # fmt: skip
    backstop_effect: Effect = number(
        1.0, meaning="effect of the backstop on pledging",
        assumption="2.7 times as fast: 'all want US support' (CT033)",
    )  # fmt: skip
    peers_effect: Effect = number(
        1.0, meaning="effect of all others being in on pledging", assumption="as the backstop; no number is published",
    )  # fmt: skip
    ceasefire_effect: Effect = number(
        0.7, meaning="effect of a ceasefire on pledging",
        assumption="twice as fast; before it, words of intent (CT014)",
    )  # fmt: skip
    withdrawal_hazard: PerMonth = number(
        0.004, meaning="hazard to withdraw, backstop and all others in", assumption="few ever left KFOR (CT085, CT090)",
    )  # fmt: skip
    withdrawal_backstop: Effect = number(
        1.0, meaning="effect of no backstop on withdrawing", assumption="2.7 times as fast, as on pledging",
    )  # fmt: skip
    cascade: Effect = number(
        1.0, meaning="effect of no others being in on withdrawing",
        assumption="alone and without backstop, Iraq's rate",
    )  # fmt: skip
    withdrawal_war: Effect = number(
        0.7, meaning="effect of war on withdrawing", assumption="twice as fast; some would reinforce instead",
    )  # fmt: skip
    strain_effect: Effect = number(
        2.0, meaning="effect on withdrawing of sending double the sustainable", assumption="a third more doubles it",
    )  # fmt: skip
    recession_effect: Ratio = number(
        10.0, meaning="fall of the mood per unit of fall in GDP", assumption="5 % less GDP slows pledges by two fifths",
    )  # fmt: skip
    mood_volatility: Ratio = number(
        0.5, meaning="spread of the mood (logarithm)", assumption="polls differ by half in odds (DT043-DT047)",
    )  # fmt: skip
    mood_persistence: Share = number(
        0.7, meaning="year-to-year autocorrelation of the mood", assumption="half of a shock is gone after two years",
    )  # fmt: skip
    preparation_months: Months = number(
        6.0, meaning="time from pledge and ceasefire to first troops", assumption="up to 6 (CT074), 18 (CT079)",
        lever=True,
    )  # fmt: skip
    ramp_months: Months = number(
        9.0, meaning="time from first troops to last", assumption="two were aimed at (CT060); 48 took CT063",
        lever=True,
    )  # fmt: skip
    exit_months: Months = number(6.0, meaning="time in which a full contingent leaves", assumption="one tour")
    deployable_share: Share = number(0.3, meaning="part of land forces that can be sent", source="CT059", lever=True)
    rotation_ratio: Rotation = number(
        4.0, meaning="soldiers in the pool for each one deployed", source="CT062", lever=True,
    )  # fmt: skip
    surge: Surge = number(
        1.33, meaning="most sent over what can be sustained", assumption="three in the pool instead of four (CT062)",
    )  # fmt: skip
    delivery_median: Share = number(
        0.8, meaning="median part of a pledge that arrives", assumption="KFOR 1999, five nations: geometric mean 0.79",
    )  # fmt: skip
    delivery_spread: Ratio = number(
        0.5, meaning="spread of that part (logarithm)", assumption="the same: 0.59, without Russia 0.30",
    )  # fmt: skip


class Parameters(Section):
    """One contributor."""

    land_force: Persons = number(meaning="soldiers of its land forces")
    willingness: PerMonth = number(
        0.01, meaning="hazard to pledge: war, no backstop, alone", assumption="one in 8 years (CT016)", lever=True,
    )  # fmt: skip
    un_willingness: PerMonth = number(
        0.01, meaning="the same under a mandate of the United Nations", assumption="as to a coalition", lever=True,
    )  # fmt: skip
    limit: Persons = number(1e6, meaning="most that it would send", assumption="what it can sustain", lever=True)
    deployed: Persons = number(0.0, meaning="troops that are there at the start", assumption="none (CT035)", lever=True)
    needs_ceasefire: Literal["yes", "no"] = choice(
        "yes", meaning="whether its troops wait for a ceasefire", assumption="as declared (CT014)", lever=True
    )


READS = (Read("phase"), Read("growth"))
STANCES = ("out", "pledged", "deploying", "deployed", "withdrawing")
OFFER = ("never", "in force", "lost")
BACKSTOP = ("none", "in force")
WRITES = (
    Stock(
        name="contingent", unit="persons", meaning="foreign troops in Ukraine", scope="world", inflows=("deployments",),
        outflows=("withdrawals",), outcome=True, storage="count",
    ),
    Flow(name="deployments", unit="persons", meaning="foreign troops that arrive", scope="world", storage="count"),
    Flow(name="withdrawals", unit="persons", meaning="foreign troops that leave", scope="world", storage="count"),
    Indicator(name="pledged", unit="persons", meaning="troops pledged and not withdrawn", scope="world", outcome=True),
    Indicator(name="contributors", unit="nations", meaning="nations that are in", scope="world", storage="count"),
    Indicator(name="joined_share", unit="share", meaning="their part of the land forces asked", scope="world"),
    Indicator(name="strain", unit="ratio", meaning="troops sent beyond what can be sustained", scope="world"),
    Indicator(
        name="backstop", unit="code", meaning="American backstop", scope="world", outcome=True, storage="code",
        labels=BACKSTOP,
    ),
    Indicator(name="backstop_status", unit="code", meaning="the offer", scope="world", storage="code", labels=OFFER),
    Indicator(name="backstop_waited", unit="ratio", meaning="hazard added up (without noise)", scope="world"),
    Indicator(name="contingent_by_nation", unit="persons", meaning="its troops there", outcome=True, storage="count"),
    Indicator(name="stance", unit="code", meaning="where the nation stands", storage="code", labels=STANCES),
    Indicator(name="delivery", unit="share", meaning="part of a pledge that the nation delivers"),
    Indicator(name="support", unit="ratio", meaning="mood at home, 1 is normal"),
    Indicator(name="waited", unit="ratio", meaning="hazard added up in this stance (without noise)"),
)  # fmt: skip
DRAWS = (
    Draw("u_stance"),
    Draw("u_backstop", scope="world"),
    Draw("z_mood", every="year"),
    Draw("z_delivery", every="start"),
)


class Begin(NamedTuple):
    delivery: float
    contingent_by_nation: float
    stance: float
    support: float
    pledged_by_nation: float
    is_contributor: float


@law
def begin(deployed: float, delivery_median: float, delivery_spread: float, z_delivery: float, noise: float) -> Begin:
    """Begin with who is there already, and what part of a pledge each nation would deliver."""
    troops = whole(deployed, noise > 0.0)
    there = troops > 0.0
    return Begin(
        delivery=exp(min(0.0, log(max(delivery_median, 1e-9)) + delivery_spread * z_delivery)),
        contingent_by_nation=troops,
        stance=DEPLOYED if there else OUT,
        support=1.0,
        pledged_by_nation=troops,
        is_contributor=1.0 if there else 0.0,
    )


class Offer(NamedTuple):
    backstop: float
    backstop_status: float


@law
def offer_at_first(backstop_offered: float) -> Offer:
    """Begin with the backstop in force where it is offered."""
    return Offer(backstop_offered, backstop_offered)


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
    """Draw a nation's mood of the year; the first year's comes from its stationary law."""
    spread = swing_at_first if first_year > 0.0 else swing
    return mood_law(support, mood_persistence, spread, z_mood, max(0.0, -growth), recession_effect)


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


class Mission(NamedTuple):
    ready: float  # chance (without noise: hazard) that a nation is ready within the month
    sustainable: float  # part of land forces that can be sustained
    ramp: float  # part of the goal that arrives in a month
    leave: float  # part of the full contingent that leaves in a month


@law
def mission(
    preparation_months: float, deployable_share: float, rotation_ratio: float, ramp_months: float, exit_months:
    float, noise: float,
) -> Mission:  # fmt: skip
    """Return what the months of preparation, arrival and withdrawal, and the rotation, come to."""
    hazard = 1.0 / max(preparation_months, 1e-9)
    return Mission(
        ready=chance(hazard) if noise > 0.0 else hazard,
        sustainable=deployable_share / rotation_ratio,
        ramp=1.0 / max(ramp_months, 1.0),
        leave=1.0 / max(exit_months, 1.0),
    )


class Climate(NamedTuple):
    pull: float  # what multiplies the willingness to pledge
    push: float  # hazard to withdraw, before a nation's mood


@law
def climate(
    backstop: float, joined_share: float, phase: float, strain: float, requested: float, readiness: float,
    backstop_effect: float, peers_effect: float, ceasefire_effect: float, withdrawal_hazard: float,
    withdrawal_backstop: float, cascade: float, withdrawal_war: float, strain_effect: float,
) -> Climate:  # fmt: skip
    """Return what the nations' decisions have in common this month."""
    pull = backstop_effect * backstop + peers_effect * joined_share + ceasefire_effect * (phase == CEASEFIRE)
    push = withdrawal_backstop * (1.0 - backstop) + cascade * (1.0 - joined_share)
    push = push + withdrawal_war * (phase != CEASEFIRE) + strain_effect * strain
    return Climate((readiness if requested > 0.0 else 0.0) * exp(pull), withdrawal_hazard * exp(push))


class Decision(NamedTuple):
    stance: float
    waited: float
    there: float  # troops from the start
    may_enter: float
    will: float  # hazard to pledge under the mandate
    offer: float  # persons that the nation sustains and delivers beyond those there
    offered: float  # the same if the nation is in


@law
def decide(
    stance: float, waited: float, support: float, delivery: float, phase: float, pull: float, push: float, ready:
    float, sustainable: float, willingness: float, un_willingness: float, mandate: float, land_force: float, limit:
    float, deployed: float, needs_ceasefire: float, u_stance: float, noise: float,
) -> Decision:  # fmt: skip
    """Let a nation decide; what it offers counts if it is in."""
    will = willingness if mandate < 0.5 else un_willingness
    may_enter = 1.0 if needs_ceasefire > 0.5 or phase == CEASEFIRE else 0.0
    pledge, withdraw = will * pull * support, push / support
    by_chance = stance_law(stance, u_stance, pledge, ready * may_enter, withdraw)
    still, added = still_law(stance, waited, pledge, ready * may_enter, withdraw)
    after = by_chance if noise > 0.0 else still
    there = whole(deployed, noise > 0.0)
    offer = offer_law(land_force, sustainable, limit, delivery, there)
    return Decision(
        stance=after,
        waited=waited if noise > 0.0 else added,
        there=there,
        may_enter=may_enter,
        will=will,
        offer=offer,
        offered=is_in(after) * offer,
    )


class Deployment(NamedTuple):
    contingent_by_nation: float
    stance: float
    pledged_by_nation: float
    arrivals: float
    departures: float
    is_contributor: float
    land_joined: float
    land_asked: float


@law
def deploy(
    stance: float, contingent_by_nation: float, there: float, may_enter: float, will: float, offer: float, stretch:
    float, land_force: float, limit: float, ramp: float, leave: float, noise: float,
) -> Deployment:  # fmt: skip
    """Move a nation's troops towards its goal."""
    goal = goal_law(stance, offer, stretch, limit, there, noise > 0.0)
    change = move_law(stance, contingent_by_nation, goal, may_enter, ramp, there + offer, leave, noise > 0.0)
    troops = contingent_by_nation + change
    weight = land_force if will > 0.0 or there > 0.0 else 0.0
    return Deployment(
        contingent_by_nation=troops,
        stance=settled_law(stance, troops, goal),
        pledged_by_nation=goal,
        arrivals=max(change, 0.0),
        departures=max(-change, 0.0),
        is_contributor=1.0 if goal > 0.0 else 0.0,
        land_joined=weight if goal > 0.0 else 0.0,
        land_asked=weight,
    )


class Burden(NamedTuple):
    joined_share: float
    strain: float


@law
def burden(land_of_joined: float, land_of_asked: float, stretch: float) -> Burden:
    """Return what next month's decisions look at."""
    return Burden(land_of_joined / max(land_of_asked, 1.0), max(0.0, stretch - 1.0))


class Contingent(Process):
    """Pledges, arrivals and withdrawals of foreign troops, and the American backstop."""

    name = section = "contingent"
    Common, Parameters = Common, Parameters
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (
        world(offer_at_first),
        begin,
        total("contingent", of="contingent_by_nation"),
        total("pledged", of="pledged_by_nation"),
        total("contributors", of="is_contributor"),
    )
    month = (
        world(swings),
        yearly(support),
        world(move_backstop),
        world(mission),
        unless_zero(
            ("requested", "contributors", "contingent"),
            world(climate),
            decide,
            total("offered_by_all", of="offered"),
            world(stretch),
            deploy,
            total("deployments", of="arrivals"),
            total("withdrawals", of="departures"),
            total("pledged", of="pledged_by_nation"),
            total("contributors", of="is_contributor"),
            total("land_of_joined", of="land_joined"),
            total("land_of_asked", of="land_asked"),
            world(burden),
        ),
    )
