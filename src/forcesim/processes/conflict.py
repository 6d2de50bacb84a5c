"""Conflict: war, ceasefire, breach, under the guarantee in force.

**Equation.** Two phases; each month the phase changes with probability ``1 - exp(-hazard)``::

    war       -> ceasefire:  ceasefire_hazard = c (ratio / r0)^gamma
    ceasefire -> war:        breach_hazard    = b (ratio / r0)^(-delta) (1 - G) exp(-months_of_peace / tau)

``G`` is the credibility of the guarantee in force: the part of the hazard of a breach that it takes away::

    G = g(kind) presence(kind) us(kind)
    presence = 1 - exp(-contingent / troops_that_count)   (europe, nato-in-ukraine; 1 for the other kinds)
    us       = 1 with the backstop, else without_us(kind) (nato-in-ukraine, nato-membership; 1 for the others)

**Symbols.**

====================  ===========================  ==================  ==================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ==================================================
phase                 ``phase``                    code                written (0 war, 1 ceasefire)
hazards               ``ceasefire_hazard``,        per month           written
                      ``breach_hazard``
G                     ``credibility``              share               written
breaches              ``breaches``                 events              written
months of peace       ``months_of_peace``          months              written
exposure              ``exposure``                 hazard              written (hazard gathered in this phase)
kind                  ``guarantee``                choice              CT001, CT014, CT034
start                 ``start_phase``              choice              assumption
c                     ``ceasefire_base``           per month           assumption
gamma                 ``ceasefire_elasticity``     ratio               assumption
b                     ``breach_base``              per month           DT007, DT009
delta                 ``breach_elasticity``        ratio               assumption
r0                    ``reference_ratio``          ratio               CT002
tau                   ``consolidation_months``     months              assumption
g(kind)               ``un_credibility``,          share               DT007, DT008, DT002-DT005
                      ``europe_credibility``,
                      ``nato_ukraine_credibility``,
                      ``membership_credibility``
without_us            ``nato_ukraine_without_us``, share               CT001, CT034
                      ``membership_without_us``
troops that count     ``troops_that_count``        persons             CT005-CT007
ratio, contingent,    as named                     as named            read, last month's
backstop
chance                ``u_change``                 uniform             drawn
====================  ===========================  ==================  ==================================================

**Assumes and leaves out.** One war, two phases; a ceasefire either holds or is breached, there is no peace treaty as a
state of its own (its effect is the hazard that falls with the months of peace). The guarantee does not change the
chance that fighting stops: whether Moscow would sign against NATO troops is a question of its own, and a lever
(``ceasefire_base``) for who wants to ask it. Nobody has measured most of these numbers: they are ranges, and belong in
every sensitivity analysis.

**By hand.** Without noise a phase ends in the month in which its gathered hazard reaches 1 (the mean of a unit
exponential): with a constant hazard of 0.05, after 20 months. With noise the stay is geometric with mean
``1 / (1 - exp(-h))``.

**Within the month.** Conflict reads last month's balance, contingent and backstop; the phase it writes is this
month's for armies and contributors. So balance -> breach -> losses -> balance runs with a lag of one month.

**References.** Fortna, V. P. (2008), Does Peacekeeping Work?, Princeton University Press, chapter 5. Berkemeier, M. and
Fuhrmann, M. (2018), Reassessing the fulfillment of alliance commitments in war, Research & Politics 5(2). Leeds, B. A.,
Long, A. G. and Mitchell, S. M. (2000), Reevaluating alliance reliability, JCR 44(5), 686-699. Walter, B. F. (2002),
Committing to Peace, Princeton University Press (why guarantees by third parties matter most).
"""

from __future__ import annotations

from typing import Annotated, Literal

from forcesim.kernels import kernel, law
from forcesim.numerics import exp, log
from forcesim.processes.process import (
    Context,
    Draw,
    Floats,
    Ints,
    Process,
    Section,
    draw_positions,
    parameter_positions,
    series_positions,
)
from forcesim.quantities import Persons, Quantity, Ratio, Share, Value, choice, number
from forcesim.state import Flow, Indicator, Read

Hazard = Annotated[Value, Quantity("per month", 0.0, 5.0)]
Positive = Annotated[Value, Quantity("ratio", 0.01, 10.0)]
LongTime = Annotated[Value, Quantity("months", 1.0, 10_000.0)]

NONE, UN, EUROPE, NATO_IN_UKRAINE, MEMBERSHIP = 0.0, 1.0, 2.0, 3.0, 4.0
WAR, CEASEFIRE = 0.0, 1.0


class Common(Section):
    """The war, and what holds a ceasefire."""

    start_phase: Literal["war", "ceasefire"] = choice("war", meaning="phase in month 0", source="CT002")
    guarantee: Literal["none", "un-peacekeepers", "europe", "nato-in-ukraine", "nato-membership"] = choice(
        "none", meaning="guarantee in force after a ceasefire", source="CT034", lever=True
    )
    ceasefire_base: Hazard = number(
        0.025,
        meaning="hazard that fighting stops, at the reference ratio",
        assumption="mean wait of 40 months; nobody knows, so the bundled scenario gives a range",
        lever=True,
    )
    ceasefire_elasticity: Ratio = number(
        0.5, meaning="how it rises with the ratio", assumption="a stronger defender makes war less promising"
    )
    breach_base: Hazard = number(
        0.03,
        meaning="hazard of a breach without any guarantee, fresh, at the reference ratio",
        assumption="median of about two years: the truces of 2014 and 2015 were broken within months, DT009",
    )
    breach_elasticity: Ratio = number(
        2.0, meaning="how it falls with the ratio", assumption="parity (from 2:3) takes away about half; DT013-DT023"
    )
    reference_ratio: Positive = number(0.667, meaning="ratio at which the base hazards hold", source="CT002")
    consolidation_months: LongTime = number(
        60.0, meaning="time in which the hazard of a breach falls to 1/e", assumption="peace that lasts gets firmer"
    )
    un_credibility: Share = number(
        0.3,
        meaning="part of the hazard that UN peacekeepers take away",
        assumption="half of DT007 (0.62, mostly civil wars): here a permanent member of the Council is a party",
    )
    europe_credibility: Share = number(
        0.5, meaning="the same for European troops at full presence", assumption="near DT002, alliances honoured"
    )
    nato_ukraine_credibility: Share = number(
        0.8, meaning="the same for NATO forces in Ukraine with the US", assumption="above DT001 (0.745): troops are there"
    )
    membership_credibility: Share = number(
        0.9, meaning="the same for membership with the US", assumption="no member has been attacked by Russia"
    )
    nato_ukraine_without_us: Share = number(
        0.6, meaning="what is left of it without the backstop", assumption="falls to about that of European troops"
    )
    membership_without_us: Share = number(
        0.65, meaning="what is left of it without the backstop", assumption="CT001: without America not complete"
    )
    troops_that_count: Persons = number(
        30_000.0, meaning="troops at which presence is 63 %", source="CT006; CT007", lever=False
    )


READS = (Read("ratio", lag=1, missing=0.667), Read("contingent", lag=1), Read("backstop", lag=1))
WRITES = (
    Indicator(
        name="phase",
        unit="code",
        meaning="phase of the conflict",
        scope="world",
        outcome=True,
        storage="code",
        labels=("war", "ceasefire"),
    ),
    Flow(name="breaches", unit="events", meaning="ceasefires breached", scope="world", outcome=True, storage="count"),
    Indicator(
        name="ceasefire_hazard", unit="per month", meaning="hazard that fighting stops", scope="world", outcome=True
    ),
    Indicator(
        name="breach_hazard", unit="per month", meaning="hazard that a ceasefire is breached", scope="world", outcome=True
    ),
    Indicator(
        name="credibility", unit="share", meaning="credibility of the guarantee in force", scope="world", outcome=True
    ),
    Indicator(name="months_of_peace", unit="months", meaning="months since the ceasefire", scope="world"),
    Indicator(name="exposure", unit="hazard", meaning="hazard gathered in this phase", scope="world"),
)
DRAWS = (Draw("u_change", scope="world", still=1.0),)

P = parameter_positions(Common)
S = series_positions(READS, WRITES)
D = draw_positions(DRAWS)


@law
def power(x: float, exponent: float) -> float:
    """Return x^exponent for x > 0."""
    return exp(exponent * log(x))


@law
def credibility_law(
    kind: float,
    contingent: float,
    backstop: float,
    un: float,
    europe: float,
    nato_ukraine: float,
    membership: float,
    nato_ukraine_without_us: float,
    membership_without_us: float,
    troops_that_count: float,
) -> float:
    """Return the part of the hazard of a breach that the guarantee takes away."""
    presence = 1.0 - exp(-contingent / max(troops_that_count, 1.0))
    if kind == UN:
        return un
    if kind == EUROPE:
        return europe * presence
    if kind == NATO_IN_UKRAINE:
        return nato_ukraine * presence * (1.0 if backstop > 0.5 else nato_ukraine_without_us)
    if kind == MEMBERSHIP:
        return membership * (1.0 if backstop > 0.5 else membership_without_us)
    return 0.0


@law
def ceasefire_law(base: float, elasticity: float, ratio: float, reference: float) -> float:
    """Return the hazard that fighting stops."""
    return base * power(max(ratio / reference, 1e-3), elasticity)


@law
def breach_law(
    base: float, elasticity: float, ratio: float, reference: float, credibility: float, peace: float, tau: float
) -> float:
    """Return the hazard that a ceasefire is breached."""
    return base * power(max(ratio / reference, 1e-3), -elasticity) * (1.0 - credibility) * exp(-peace / tau)


@law
def change_law(hazard: float, exposure: float, u: float) -> bool:
    """Return whether the phase ends: by chance, or without noise (u = 1) when the gathered hazard reaches 1."""
    if u >= 1.0:
        return exposure + hazard >= 1.0
    return u < 1.0 - exp(-hazard)


@kernel
def step(
    state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, values: Floats, offset: Ints, stride: Ints, *, moving: bool
) -> None:
    """Write hazards and credibility, and let the phase change (not in month 0)."""
    phase, breaches, exposure = state[at[S.phase, 0]], state[at[S.breaches, 0]], state[at[S.exposure, 0]]
    peace, u = state[at[S.months_of_peace, 0]], drawn[drawn_at[D.u_change, 0]]
    ratio, contingent, backstop = state[at[S.ratio, 0]], state[at[S.contingent, 0]], state[at[S.backstop, 0]]
    o, s = offset[:, 0], stride[:, 0]
    for i in range(state.shape[1]):
        credibility = credibility_law(
            values[o[P.guarantee] + s[P.guarantee] * i],
            contingent[i],
            backstop[i],
            values[o[P.un_credibility] + s[P.un_credibility] * i],
            values[o[P.europe_credibility] + s[P.europe_credibility] * i],
            values[o[P.nato_ukraine_credibility] + s[P.nato_ukraine_credibility] * i],
            values[o[P.membership_credibility] + s[P.membership_credibility] * i],
            values[o[P.nato_ukraine_without_us] + s[P.nato_ukraine_without_us] * i],
            values[o[P.membership_without_us] + s[P.membership_without_us] * i],
            values[o[P.troops_that_count] + s[P.troops_that_count] * i],
        )
        reference = values[o[P.reference_ratio] + s[P.reference_ratio] * i]
        now = ratio[i] if moving else reference
        stop = ceasefire_law(
            values[o[P.ceasefire_base] + s[P.ceasefire_base] * i],
            values[o[P.ceasefire_elasticity] + s[P.ceasefire_elasticity] * i],
            now,
            reference,
        )
        breach = breach_law(
            values[o[P.breach_base] + s[P.breach_base] * i],
            values[o[P.breach_elasticity] + s[P.breach_elasticity] * i],
            now,
            reference,
            credibility,
            peace[i],
            values[o[P.consolidation_months] + s[P.consolidation_months] * i],
        )
        state[at[S.credibility, 0], i] = credibility
        state[at[S.ceasefire_hazard, 0], i] = stop
        state[at[S.breach_hazard, 0], i] = breach
        if not moving:
            continue
        hazard = stop if phase[i] == WAR else breach
        breaches[i] = 0.0
        if change_law(hazard, exposure[i], u[i]):
            breaches[i] = 1.0 if phase[i] == CEASEFIRE else 0.0
            phase[i] = CEASEFIRE if phase[i] == WAR else WAR
            exposure[i] = 0.0
            peace[i] = 0.0
        else:
            exposure[i] += hazard
            peace[i] = peace[i] + 1.0 if phase[i] == CEASEFIRE else 0.0


class Conflict(Process):
    """War, ceasefire and breach."""

    name = "conflict"
    section = "conflict"
    Common = Common
    reads = READS
    writes = WRITES
    draws = DRAWS

    def start(self, context: Context) -> None:
        """Write the phase of month 0, and the hazards as they stand."""
        context.write("phase")[:] = context.parameter("start_phase")[0]
        step(*context.arrays, moving=False)

    def step(self, context: Context, month: int) -> None:  # noqa: ARG002 - the same law every month
        """Let the phase change, or not."""
        step(*context.arrays, moving=True)
