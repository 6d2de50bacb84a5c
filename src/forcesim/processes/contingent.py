"""Contingent: who pledges troops to a force in Ukraine, how many arrive and when, and whether they stay.

**Equation.** Every contributor ``n`` is out, pledged, deploying, deployed or withdrawing. Each month it moves on with
probability ``1 - exp(-h)``, where the hazards are::

    h_pledge   = readiness willingness exp(backstop_effect B + peers_effect s + ceasefire_effect C) m    (if l < p)
    h_ready    = 1 / preparation_months                                    (from the pledge on, in war too)
    h_withdraw = withdrawal_hazard exp(withdrawal_backstop (1 - B) + cascade (1 - s) + withdrawal_war W
                                       + strain_effect x) / m         (W, x: 0 before its troops come)
    m = exp(y),  y' = mood_persistence y + mood_volatility sqrt(1 - mood_persistence^2) z
                      - recession_effect max(0, -growth)                   (in month 1 and each January)
    odds(p) = odds(chance) exp(backstop_opens B),   l = Phi(sqrt(rho) z_all + sqrt(1 - rho) z_n)   (drawn once)

``B`` is the American backstop, ``C`` a ceasefire, ``W`` war or a local attack (each 0 or 1), ``s`` the share of all
who can be sent by those asked that was in last month, ``m`` the mood at home, ``l`` the rank of a nation's politics,
``rho`` politics_shared. What a contributor offers, and what it means to send::

    w    = g d min(deployable, ambition limit),       g = exp(-fading t / 12),  t months since the first troops came
    q    = min(w, deployable / enablers / rotation_ratio),           K = sum of q over those that are in
    goal = floor(f q), at most w
    f    = requested / K                             (K >= requested: the request is shared out)
    f    = 1 + (surge - 1) (1 - K / requested)       (K < requested: they stretch),     x = max(0, sum of goals / K - 1)
    contingent' = contingent + deployments - withdrawals     (whole persons: in a ceasefire goal / ramp a month arrive,
                              q / exit_months leave; ramp is ramp_months, or standing_months for a standing presence)

What a nation means to send fades; what it can sustain does not. So the two limit each other and do not multiply.
Enablers (transport, intelligence, air defence) carry those who are out, and not those at home who relieve them.

The backstop stands when it is offered, is lost with ``backstop_loss_hazard`` and, while offered, regained with
``backstop_regain_hazard``. Its loss slows pledges, makes fewer nations ready to pledge and hastens withdrawals, and
through ``s`` each nation that leaves does the same to the others: that is the cascade.

**Symbols.**

=====================  ===============================  ==============  ===============================================
symbol                 name in code                     unit            source
=====================  ===============================  ==============  ===============================================
troops in place        ``contingent``,                  persons         written: all, and each nation's
                       ``contingent_by_nation``
arrive, leave; goals   ``deployments``,                 persons         written
                       ``withdrawals``, ``pledged``
would send, sustain    ``willing``,                     persons         written: of those in, before delivery
                       ``sustainable_force``
would fight in a war   ``contingent_fighting``          persons         written
how many are in        ``contributors``                 nations         written
s; x; t                ``joined_share``, ``strain``,    share; ratio;   written
                       ``months_there``                 months
B; what became of it   ``backstop``,                    code            written
                       ``backstop_status``
stance; d; m; l        ``stance``, ``delivery``,        code, ratio,    written
                       ``support``, ``leaning``         share
how it comes           ``standing``                     code            written
hazard added up        ``waited``,                      ratio           written, without noise only
                       ``backstop_waited``
requested              ``requested``                    persons         CT001, CT014
who asks; offer of B   ``mandate``,                     word            CT014, CT034
                       ``backstop_offered``
does it fight?         ``fights``                       word            lever
loss, regain of B      ``backstop_loss_hazard``,        per month       assumption
                       ``backstop_regain_hazard``
effects on pledging    ``backstop_effect``,             log points      assumption (direction: CT033, CT034)
                       ``backstop_opens``,
                       ``peers_effect``,
                       ``ceasefire_effect``
effects on leaving     ``withdrawal_backstop``,         log points      assumption
                       ``cascade``, ``strain_effect``,
                       ``withdrawal_war``
withdrawal_hazard      ``withdrawal_hazard``,           per month,      CT085, CT090 (KFOR), CT098 (Iraq)
                       ``fading``                       per year
y                      ``mood_volatility``,             ratio           DT043-DT055; assumption
                       ``mood_persistence``,
                       ``recession_effect``
times                  ``preparation_months``,          months          CT060, CT063-CT069, CT074, CT079, CT080, CT085
                       ``ramp_months``,
                       ``standing_months``,
                       ``standing_chance``,
                       ``exit_months``
sustainable part       ``rotation_ratio``, ``surge``    ratio           CT062
d                      ``delivery_median``,             ratio           contribution_records KFOR (pledged, sent)
                       ``delivery_spread``
deployable             ``land_force``,                  persons, share  contribution_records UA_contingent_model; CT059
                       ``deployable_share``
willingness            ``willingness``, or under a      per month       CT016-CT033
                       UN mandate ``un_willingness``
chance, its factor     ``chance``, ``politics_shared``  share           CT016-CT033
factors of all         ``readiness``, ``ambition``      ratio           assumption
limit; there at first  ``limit``, ``deployed``          persons         CT018-CT022; CT035 (none)
waits for C            ``needs_ceasefire``              word            CT014
z of d, of y, of l     ``z_delivery``, ``z_mood``,      normal          drawn, once and by year
                       ``z_leaning``, ``z_politics``
moves; how it comes    ``u_stance``, ``u_backstop``,    uniform         drawn
                       ``u_standing``
phase, growth          ``phase``, ``growth``            as named        read
deployable, enablers   ``deployable``,                  persons, share  read; if unwritten, deployable_share land_force
                       ``enablers``                                     and 1
=====================  ===============================  ==============  ===============================================

**Assumes and leaves out.** Governments decide one by one, on last month's news of the others. Limits are what nations
have said or past missions show, and delivery may pass them (Britain in Kosovo: 1.46); beside them a larger request
brings few more. Who has pledged and sent nobody feels neither strain nor war. Troops that are there at the start
(``deployed``) are part of no request: they stay until their nation withdraws. In a defeat all go home. Losses, cost
and equipment of the contingent are left out. Russia and Ukraine are the parties, so no contributors. At equal draws a
larger request brings never fewer pledges or troops if ``strain_effect`` is 0 (else stretching drives some home), but
for rounding. The same holds for the backstop if ``surge`` is 1 (else joiners relieve the stretched).

**By hand.** Without noise a nation moves on when its hazard has added up to 1 since it took its stance (one that has
pledged is not turned back), the backstop alike; ``m`` is 1, ``d`` its median, ``l`` one half, nothing is rounded.
Willingness 0.1, effects 0, preparation 6 months, ramp 4, ceasefire: the pledge comes in month 10, the first quarter of
the troops in month 16, the last in month 19. The 100,000 or 150,000 of the seed figures stay if nobody withdraws.

**Within the month.** This month's phase, growth and deployable; mood (January), backstop, stances, goals, troops, sums.

**References.** Baltrusaitis, D. (2010), Coalition Politics and the Iraq War (attrition). Olson, M. and Zeckhauser, R.
(1966), An economic theory of alliances, Review of Economics and Statistics 48(3), 266-279 (sharing by size).
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log, normal_cdf
from forcesim.processes.backstop import move_backstop, offer_at_first, support, swings
from forcesim.processes.laws import total, unless_zero, world, yearly
from forcesim.processes.mission import burden, climate, mission, standing
from forcesim.processes.process import Draw, Process, Section
from forcesim.processes.stances import (
    DEPLOYED,
    OUT,
    goal_law,
    is_in,
    move_law,
    offer_law,
    ready_to_send,
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
PerYear = Annotated[Value, Quantity("per year", 0.0, 5.0)]
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
    backstop_opens: Effect = number(
        1.0, meaning="log odds that the backstop adds to a nation's readiness to send troops at all",
        assumption="all want it (CT033); from 0.2 to 0.4",
    )  # fmt: skip
    politics_shared: Share = number(
        0.36, meaning="part of the variance of that readiness that all share",
        assumption="correlation of the nations' politics in the total that was judged; no data",
    )  # fmt: skip
    ambition: Ratio = number(
        1.0, meaning="what nations would send, against their limits", assumption="as said", lever=True
    )
    fights: Literal["no", "yes"] = choice(
        "no", meaning="whether the force fights if there is war", assumption="none has said that it would", lever=True
    )
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
        6.0, meaning="time from pledge to troops that are ready", assumption="up to 6 (CT074), 18 (CT079)",
        lever=True,
    )  # fmt: skip
    ramp_months: Months = number(
        2.8, meaning="time from first troops to last, as in a crisis",
        assumption="IFOR and KFOR took 1.6 and 1.7 (CT080, CT085); America's reinforcement of 2022 took 4", lever=True,
    )  # fmt: skip
    standing_months: Months = number(
        38.0, meaning="the same for a standing presence, with families and buildings",
        assumption="the brigade in Lithuania is planned to take 54 (CT063-CT069), the battle groups took 11",
        lever=True,
    )  # fmt: skip
    standing_chance: Share = number(
        0.0, meaning="chance that the force comes as a standing presence", assumption="none unless given"
    )
    fading: PerYear = number(
        0.0, meaning="rate at which the force shrinks while it is there",
        assumption="none unless given; Bosnia 0.23, Kosovo 0.12 a year, withdrawals included",
    )  # fmt: skip
    exit_months: Months = number(6.0, meaning="time in which a full contingent leaves", assumption="one tour")
    deployable_share: Share = number(
        0.3, meaning="part of land forces that can be sent, where no generation counts it", source="CT059", lever=True
    )
    rotation_ratio: Rotation = number(
        4.0, meaning="soldiers in the pool for each one deployed", source="CT062", lever=True,
    )  # fmt: skip
    surge: Surge = number(
        1.33, meaning="most sent over what can be sustained", assumption="three in the pool instead of four (CT062)",
    )  # fmt: skip
    delivery_median: Share = number(
        0.9, meaning="median of delivered over pledged",
        assumption="KFOR 1999: geometric mean of five nations 0.79, of four without Russia 1.01",
    )  # fmt: skip
    delivery_spread: Ratio = number(
        0.35, meaning="spread of that ratio (logarithm)", assumption="the same: 0.59, without Russia 0.30",
    )  # fmt: skip


class Parameters(Section):
    """One contributor."""

    land_force: Persons = number(
        0.0, meaning="soldiers of its land forces, where no generation counts them", assumption="none unless given"
    )
    willingness: PerMonth = number(
        0.01, meaning="hazard to pledge: war, no backstop, alone", assumption="one in 8 years (CT016)", lever=True,
    )  # fmt: skip
    un_willingness: PerMonth = number(
        0.01, meaning="the same under a mandate of the United Nations", assumption="as to a coalition", lever=True,
    )  # fmt: skip
    chance: Share = number(
        1.0, meaning="chance that it is ready to send land troops at all, no backstop", assumption="sure unless given",
        lever=True,
    )  # fmt: skip
    limit: Persons = number(1e6, meaning="most that it would send", assumption="what it can sustain", lever=True)
    deployed: Persons = number(0.0, meaning="troops that are there at the start", assumption="none (CT035)", lever=True)
    needs_ceasefire: Literal["yes", "no"] = choice(
        "yes", meaning="whether its troops wait for a ceasefire", assumption="as declared (CT014)", lever=True
    )


READS = (Read("phase"), Read("growth"), Read("deployable", missing=-1.0), Read("enablers", missing=1.0))
STANCES = ("out", "pledged", "deploying", "deployed", "withdrawing")
OFFER = ("never", "in force", "lost")
BACKSTOP = ("none", "in force")
SPEEDS = ("crisis", "standing presence")
WRITES = (
    Stock(
        name="contingent", unit="persons", meaning="foreign troops in Ukraine", scope="world", inflows=("deployments",),
        outflows=("withdrawals",), outcome=True, storage="count",
    ),
    Flow(name="deployments", unit="persons", meaning="foreign troops that arrive", scope="world", storage="count"),
    Flow(name="withdrawals", unit="persons", meaning="foreign troops that leave", scope="world", storage="count"),
    Indicator(name="pledged", unit="persons", meaning="troops pledged and not withdrawn", scope="world", outcome=True),
    Indicator(
        name="willing", unit="persons", meaning="what those that are in would send at once", scope="world", outcome=True
    ),
    Indicator(
        name="sustainable_force", unit="persons", meaning="what they could sustain of it", scope="world", outcome=True
    ),
    Indicator(
        name="contingent_fighting", unit="persons", meaning="foreign troops that would fight if there is war",
        scope="world",
    ),
    Indicator(name="months_there", unit="months", meaning="time since the first troops came", scope="world"),
    Indicator(
        name="standing", unit="code", meaning="how the force comes", scope="world", storage="code", labels=SPEEDS
    ),
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
    Indicator(name="leaning", unit="share", meaning="rank of its politics: who is below its chance is ready to send"),
    Indicator(name="delivery", unit="ratio", meaning="part of a pledge that the nation delivers"),
    Indicator(name="support", unit="ratio", meaning="mood at home, 1 is normal"),
    Indicator(name="waited", unit="ratio", meaning="hazard added up in this stance (without noise)"),
)  # fmt: skip
DRAWS = (
    Draw("u_stance"),
    Draw("u_backstop", scope="world"),
    Draw("z_mood", every="year"),
    Draw("z_delivery", every="start"),
    Draw("z_leaning", every="start"),
    Draw("z_politics", scope="world", every="start"),
    Draw("u_standing", scope="world", every="start"),
)


class Begin(NamedTuple):
    delivery: float
    leaning: float
    contingent_by_nation: float
    stance: float
    support: float
    pledged_by_nation: float
    is_contributor: float


@law
def begin(
    deployed: float, delivery_median: float, delivery_spread: float, politics_shared: float, z_delivery: float,
    z_leaning: float, z_politics: float, noise: float,
) -> Begin:  # fmt: skip
    """Begin with who is there already, what part of a pledge each nation would deliver, and how it leans."""
    troops = whole(deployed, noise > 0.0)
    there = troops > 0.0
    lean = math.sqrt(politics_shared) * z_politics + math.sqrt(1.0 - politics_shared) * z_leaning
    return Begin(
        delivery=exp(log(max(delivery_median, 1e-9)) + delivery_spread * z_delivery),
        leaning=normal_cdf(lean),
        contingent_by_nation=troops,
        stance=DEPLOYED if there else OUT,
        support=1.0,
        pledged_by_nation=troops,
        is_contributor=1.0 if there else 0.0,
    )


class Decision(NamedTuple):
    stance: float
    waited: float
    there: float  # troops from the start
    may_enter: float
    weight: float  # soldiers who can be sent, of a nation that might
    promise: float  # persons that it means to send and delivers, beyond those there
    offer: float  # those of them that it sustains
    offered: float  # the same if the nation is in
    would_send: float  # what it would send at once, if in
    would_sustain: float  # what it could sustain of that, if in


@law
def decide(
    stance: float, waited: float, contingent_by_nation: float, support: float, delivery: float, leaning: float, pull:
    float, push: float, push_before: float, ready: float, sustainable: float, peace: float, odds: float, faded: float,
    willingness: float, un_willingness: float, chance: float, mandate: float, deployable: float, enablers: float,
    land_force: float, deployable_share: float, limit: float, ambition: float, deployed: float, needs_ceasefire:
    float, u_stance: float, noise: float,
) -> Decision:  # fmt: skip
    """Let a nation decide; what it offers counts if it is in."""
    coalition = mandate < 0.5
    asked = willingness if coalition else un_willingness
    refuses = coalition and leaning >= ready_to_send(chance, odds)
    pledge = (0.0 if refuses else asked) * pull * support
    # who has sent nobody yet is not worn out by what is done there
    withdraw = (push if contingent_by_nation > 0.0 else push_before) / support
    by_chance = stance_law(stance, u_stance, pledge, ready, withdraw)
    still, added = still_law(stance, waited, pledge, ready, withdraw)
    after = by_chance if noise > 0.0 else still
    there = whole(deployed, noise > 0.0)
    able = deployable if deployable >= 0.0 else land_force * deployable_share
    meant = min(able, ambition * limit)
    sustained = min(able / max(enablers, 1e-9) * sustainable, able)
    promise = faded * offer_law(meant, delivery, there)
    offer = min(promise, max(0.0, sustained - there))
    return Decision(
        stance=after,
        waited=waited if noise > 0.0 else added,
        there=there,
        may_enter=1.0 if needs_ceasefire > 0.5 else peace,
        weight=able if (asked > 0.0 and not refuses) or there > 0.0 else 0.0,
        promise=promise,
        offer=offer,
        offered=is_in(after) * offer,
        would_send=is_in(after) * whole(meant, noise > 0.0),
        would_sustain=is_in(after) * whole(min(sustained, meant), noise > 0.0),
    )


class Deployment(NamedTuple):
    contingent_by_nation: float
    stance: float
    pledged_by_nation: float
    arrivals: float
    departures: float
    is_contributor: float
    land_joined: float


@law
def deploy(
    stance: float, contingent_by_nation: float, there: float, may_enter: float, promise: float, offer: float, stretch:
    float, lost: float, weight: float, ramp: float, leave: float, noise: float,
) -> Deployment:  # fmt: skip
    """Move a nation's troops towards its goal."""
    goal = (1.0 - lost) * goal_law(stance, offer, stretch, promise, there, noise > 0.0)
    change = move_law(stance, contingent_by_nation, goal, may_enter, ramp, there + offer, leave, noise > 0.0)
    troops = contingent_by_nation + change
    return Deployment(
        contingent_by_nation=troops,
        stance=settled_law(stance, troops, goal),
        pledged_by_nation=goal,
        arrivals=max(change, 0.0),
        departures=max(-change, 0.0),
        is_contributor=1.0 if goal > 0.0 else 0.0,
        land_joined=weight if goal > 0.0 else 0.0,
    )


class Contingent(Process):
    """Pledges, arrivals and withdrawals of foreign troops, and the American backstop."""

    name = section = "contingent"
    Common, Parameters = Common, Parameters
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (
        world(offer_at_first),
        world(standing),
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
            total("willing", of="would_send"),
            total("sustainable_force", of="would_sustain"),
            deploy,
            total("deployments", of="arrivals"),
            total("withdrawals", of="departures"),
            total("pledged", of="pledged_by_nation"),
            total("contributors", of="is_contributor"),
            total("land_of_joined", of="land_joined"),
            total("land_of_asked", of="weight"),
            world(burden),
        ),
    )
