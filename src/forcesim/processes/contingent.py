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
home), but for the rounding to whole persons; nor does the backstop if besides ``surge`` is 1 (else those who join
relieve those who had stretched).

**By hand.** Without noise a nation moves on when its hazard has added up to 1 since it took its stance (one that has
pledged is not turned back), the backstop alike; ``m`` is 1, ``d`` its median, nothing is rounded. Willingness 0.1,
effects 0, preparation 6 months, ramp 4, ceasefire: the pledge comes in month 10, the first quarter of the troops in
month 16, the last in month 19. The seed figures, 100,000 or 150,000 there at the start, stay if ``withdrawal_hazard``
is 0.

**Within the month.** This month's phase and growth; mood (January), backstop, stances, goals, troops, sums.

**References.** Baltrusaitis, D. (2010), Coalition Politics and the Iraq War (attrition). Olson, M. and Zeckhauser, R.
(1966), An economic theory of alliances, Review of Economics and Statistics 48(3), 266-279 (sharing by size).
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np

from forcesim.kernels import kernel, law
from forcesim.numerics import exp, log
from forcesim.processes.process import (
    Context,
    Draw,
    Floats,
    Ints,
    Process,
    Section,
    Table,
    alike,
    draw_positions,
    look,
    parameter_positions,
    series_positions,
    spread,
)
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
    stretch_law,
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
    Draw("u_stance", every="asked"),
    Draw("u_backstop", scope="world"),
    Draw("z_mood", every="year"),
    Draw("z_delivery", every="start"),
)

P = parameter_positions(Common, Parameters)
S = series_positions(READS, WRITES)
D = draw_positions(DRAWS)

PULL, PUSH, READY, PEACE, ALWAYS, SUSTAINABLE, RAMP, EXIT, OFFERED, FACTOR, ASKED, JOINED, GOAL, CHANGE = range(14)
"""Rows of the month's scratch table (row, path): what nations share, sums over nations, one nation's own."""
KEEP, SWING, EFFECT = range(3)
"""Rows of the scratch table when moods are drawn."""


@kernel
def begin(state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, table: Table, noise: bool) -> None:
    """Write month 0 of each nation: who is there already, and what part of a pledge it would deliver."""
    for n in range(at.shape[1]):
        stance, troops = at[S.stance, n], at[S.contingent_by_nation, n]
        delivery, z = at[S.delivery, n], drawn_at[D.z_delivery, n]
        total, contributors = at[S.contingent, 0], at[S.contributors, 0]
        for i in range(state.shape[1]):
            median = log(max(look(table, P.delivery_median, n, i), 1e-9))
            state[delivery, i] = exp(min(0.0, median + look(table, P.delivery_spread, n, i) * drawn[z, i]))
            state[troops, i] = whole(look(table, P.deployed, n, i), noise)
            state[stance, i] = DEPLOYED if state[troops, i] > 0.0 else OUT
            state[contributors, i] += 1.0 if state[troops, i] > 0.0 else 0.0
            state[total, i] += state[troops, i]


@kernel
def feel(state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, table: Table, work: Floats, first: bool) -> None:
    """Draw each nation's mood of the year; the first year's comes from its stationary law."""
    keep, swing, effect = KEEP, SWING, EFFECT
    spread(table, P.mood_persistence, 0, work, keep)
    spread(table, P.mood_volatility, 0, work, swing)
    spread(table, P.recession_effect, 0, work, effect)
    for i in range(work.shape[1]):
        work[swing, i] *= 1.0 if first else math.sqrt(1.0 - work[keep, i] * work[keep, i])
    for n in range(at.shape[1]):
        support, growth, z = at[S.support, n], at[S.growth, n], drawn_at[D.z_mood, n]
        for i in range(state.shape[1]):
            fall = max(0.0, -state[growth, i])
            state[support, i] = mood_law(
                state[support, i], work[keep, i], work[swing, i], drawn[z, i], fall, work[effect, i]
            )


@kernel
def back(state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, table: Table, work: Floats, noise: bool) -> None:
    """Move the American backstop by a month."""
    status, waited = at[S.backstop_status, 0], at[S.backstop_waited, 0]
    backstop, u = at[S.backstop, 0], drawn_at[D.u_backstop, 0]
    loss, regain, offered, after = 0, 1, 2, 3
    spread(table, P.backstop_loss_hazard, 0, work, loss)
    spread(table, P.backstop_regain_hazard, 0, work, regain)
    spread(table, P.backstop_offered, 0, work, offered)
    if not noise:
        for i in range(state.shape[1]):
            away = work[regain, i] if state[status, i] == LOST else 0.0
            state[waited, i] += work[loss, i] if state[status, i] == IN_FORCE else away
            work[loss, i] = work[regain, i] = math.inf if state[waited, i] >= FULL else 0.0
    for i in range(state.shape[1]):
        work[after, i] = backstop_law(state[status, i], work[offered, i], drawn[u, i], work[loss, i], work[regain, i])
    for i in range(state.shape[1]):
        state[waited, i] = state[waited, i] if state[status, i] == work[after, i] else 0.0
        state[status, i] = work[after, i]
        state[backstop, i] = 1.0 if work[after, i] == IN_FORCE else 0.0


@law(inline=False)
def add_effect(work: Floats, total: int, table: Table, column: int, state: Floats, row: int, missing: bool) -> None:
    """Add to a sum a coefficient times a row of the state (or times what it lacks to 1), path by path."""
    spread(table, column, 0, work, CHANGE)
    for i in range(work.shape[1]):
        work[total, i] += work[CHANGE, i] * (1.0 - state[row, i] if missing else state[row, i])


@law(inline=False)
def inverse(table: Table, column: int, least: float, work: Floats, row: int) -> None:
    """Write one over a duration, which counts as no shorter than ``least``."""
    spread(table, column, 0, work, row)
    for i in range(work.shape[1]):
        work[row, i] = 1.0 / max(work[row, i], least)


@kernel
def climate(state: Floats, at: Ints, table: Table, work: Floats, noise: bool) -> None:
    """Work out what the nations have in common this month, path by path."""
    backstop, phase = at[S.backstop, 0], at[S.phase, 0]
    joined, strain = at[S.joined_share, 0], at[S.strain, 0]
    pull, push, ready, room = PULL, PUSH, READY, CHANGE
    for i in range(work.shape[1]):
        work[pull, i] = work[push, i] = 0.0
        work[PEACE, i], work[ALWAYS, i] = state[phase, i], 1.0
    add_effect(work, pull, table, P.backstop_effect, state, backstop, False)
    add_effect(work, pull, table, P.peers_effect, state, joined, False)
    add_effect(work, pull, table, P.ceasefire_effect, state, phase, False)
    add_effect(work, push, table, P.withdrawal_backstop, state, backstop, True)
    add_effect(work, push, table, P.cascade, state, joined, True)
    add_effect(work, push, table, P.withdrawal_war, state, phase, True)
    add_effect(work, push, table, P.strain_effect, state, strain, False)
    asked = GOAL
    spread(table, P.requested, 0, work, asked)
    spread(table, P.readiness, 0, work, room)
    for i in range(work.shape[1]):
        work[pull, i] = (work[room, i] if work[asked, i] > 0.0 else 0.0) * exp(work[pull, i])
    spread(table, P.withdrawal_hazard, 0, work, room)
    for i in range(work.shape[1]):
        work[push, i] = work[room, i] * exp(work[push, i])
    inverse(table, P.preparation_months, 1e-9, work, ready)
    if noise:
        for i in range(work.shape[1]):
            work[ready, i] = chance(work[ready, i])
    spread(table, P.deployable_share, 0, work, SUSTAINABLE)
    spread(table, P.rotation_ratio, 0, work, room)
    for i in range(work.shape[1]):
        work[SUSTAINABLE, i] /= work[room, i]
    inverse(table, P.ramp_months, 1.0, work, RAMP)
    inverse(table, P.exit_months, 1.0, work, EXIT)


@law(inline=False)
def numbers(table: Table, n: int, i: int, noise: bool) -> tuple[float, float, float, float, int]:
    """Return a nation's willingness, land force, limit, troops from the start, and the row of whether it may enter."""
    will = P.willingness if look(table, P.mandate, n, i) < 0.5 else P.un_willingness
    there, land, limit = look(table, P.deployed, n, i), look(table, P.land_force, n, i), look(table, P.limit, n, i)
    enter = ALWAYS if look(table, P.needs_ceasefire, n, i) > 0.5 else PEACE
    return look(table, will, n, i), land, limit, whole(there, noise), enter


@kernel
def decide(state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, table: Table, work: Floats, noise: bool) -> None:
    """Let every nation decide, and sum what those that are in offer; then share the request out, or stretch them."""
    for i in range(state.shape[1]):
        work[OFFERED, i] = 0.0
    for n in range(at.shape[1]):
        run = state.shape[1] if alike(table[2], n, P.land_force, P.needs_ceasefire) else 1
        for first in range(0, state.shape[1], run):
            will, land, limit, there, enter = numbers(table, n, first, noise)
            here = slice(first, first + run)
            stance, support = state[at[S.stance, n], here], state[at[S.support, n], here]
            waited, u = state[at[S.waited, n], here], drawn[drawn_at[D.u_stance, n], here]
            pull, push, ready, may = work[PULL, here], work[PUSH, here], work[READY, here], work[enter, here]
            if noise:
                for i in range(run):
                    pledge, withdraw = will * pull[i] * support[i], push[i] / support[i]
                    stance[i] = stance_law(stance[i], u[i], pledge, ready[i] * may[i], withdraw)
            else:
                for i in range(run):
                    pledge, withdraw = will * pull[i] * support[i], push[i] / support[i]
                    stance[i], waited[i] = still_law(stance[i], waited[i], pledge, ready[i] * may[i], withdraw)
            sustainable, delivery, offered = (
                work[SUSTAINABLE, here],
                state[at[S.delivery, n], here],
                work[OFFERED, here],
            )
            for i in range(run):
                offered[i] += is_in(stance[i]) * offer_law(land, sustainable[i], limit, delivery[i], there)
    for i in range(state.shape[1]):
        work[FACTOR, i] = stretch_law(work[OFFERED, i], look(table, P.requested, 0, i), look(table, P.surge, 0, i))


@kernel
def march(state: Floats, at: Ints, table: Table, work: Floats, noise: bool) -> None:
    """Move every nation's troops towards its goal, and write the totals that next month's decisions look at."""
    for n in range(at.shape[1]):
        run = state.shape[1] if alike(table[2], n, P.land_force, P.needs_ceasefire) else 1
        for first in range(0, state.shape[1], run):
            will, land, limit, there, enter = numbers(table, n, first, noise)
            here = slice(first, first + run)
            stance, troops = state[at[S.stance, n], here], state[at[S.contingent_by_nation, n], here]
            sustainable, delivery = work[SUSTAINABLE, here], state[at[S.delivery, n], here]
            factor, goal, change = work[FACTOR, here], work[GOAL, here], work[CHANGE, here]
            for i in range(run):
                offer = offer_law(land, sustainable[i], limit, delivery[i], there)
                goal[i] = goal_law(stance[i], offer, factor[i], limit, there, noise)
            may, ramp, leave = work[enter, here], work[RAMP, here], work[EXIT, here]
            for i in range(run):
                full = there + offer_law(land, sustainable[i], limit, delivery[i], there)
                change[i] = move_law(stance[i], troops[i], goal[i], may[i], ramp[i], full, leave[i], noise)
            arrivals, departures = state[at[S.deployments, 0], here], state[at[S.withdrawals, 0], here]
            for i in range(run):
                troops[i] += change[i]
                arrivals[i] += max(change[i], 0.0)
                departures[i] += max(-change[i], 0.0)
            for i in range(run):
                stance[i] = settled_law(stance[i], troops[i], goal[i])
            weight = land if will > 0.0 or there > 0.0 else 0.0
            pledged, contributors = state[at[S.pledged, 0], here], state[at[S.contributors, 0], here]
            joined, asked = work[JOINED, here], work[ASKED, here]
            for i in range(run):
                pledged[i] += goal[i]
                contributors[i] += 1.0 if goal[i] > 0.0 else 0.0
            for i in range(run):
                joined[i] += weight if goal[i] > 0.0 else 0.0
                asked[i] += weight
    contingent, share, strain = state[at[S.contingent, 0]], state[at[S.joined_share, 0]], state[at[S.strain, 0]]
    for i in range(state.shape[1]):
        contingent[i] = max(0.0, contingent[i] + (state[at[S.deployments, 0], i] - state[at[S.withdrawals, 0], i]))
        share[i] = work[JOINED, i] / max(work[ASKED, i], 1.0)
        strain[i] = max(0.0, work[FACTOR, i] - 1.0)


class Contingent(Process):
    """Pledges, arrivals and withdrawals of foreign troops, and the American backstop."""

    name = "contingent"
    section = "contingent"
    Common = Common
    Parameters = Parameters
    reads = READS
    writes = WRITES
    draws = DRAWS

    def start(self, context: Context) -> None:
        """Write month 0: who is there already, what each would deliver, whether the backstop stands."""
        for series in WRITES:
            context.write(series.name)[:] = 1.0 if series.name == "support" else 0.0
        begin(*context.arrays[:4], context.arrays[4:], context.noise)
        context.write("pledged")[:] = context.write("contingent")
        context.write("backstop")[:] = context.write("backstop_status")[:] = context.parameter("backstop_offered")[0]

    def step(self, context: Context, month: int) -> None:
        """Feel, decide, march; while nobody asks and nobody is in, on any path, only the mood and the backstop move."""
        rows, draws, table = context.arrays[:2], context.arrays[2:4], context.arrays[4:]
        work = np.empty((CHANGE + 1, context.paths))
        if context.new_year(month):
            feel(*rows, *draws, table, work, month == 1)
        back(*rows, *draws, table, work, context.noise)
        first, by_path = context.offset[P.requested, 0], context.stride[P.requested, 0]
        asked = context.values[first : first + (context.paths if by_path else 1)].any()
        idle = not (asked or any(context.state[context.at[place, 0]].any() for place in (S.contributors, S.contingent)))
        for place in (S.deployments, S.withdrawals, S.pledged, S.contributors):
            context.state[context.at[place, 0]] = 0.0
        if idle:  # what the kernels write where nobody asks and nobody is in
            for place in (S.joined_share, S.strain):
                context.state[context.at[place, 0]] = 0.0
            return
        context.ask("u_stance")
        work[[ASKED, JOINED]] = 0.0
        climate(*rows, table, work, context.noise)
        decide(*rows, *draws, table, work, context.noise)
        march(*rows, table, work, context.noise)
