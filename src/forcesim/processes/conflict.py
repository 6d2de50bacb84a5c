"""Conflict: war, ceasefire and breach, under the guarantee in force.

**Equation.** Two phases. Each month the phase changes with probability ``1 - exp(-h)``, where the hazards are::

    ceasefire_hazard = ceasefire_base r^ceasefire_elasticity exp(-aversion G)                      (at war)
    breach_hazard    = breach_base r^(-breach_elasticity) exp(gap_effect gap / 10^6) (1 - G) L     (in a ceasefire)
    r = ratio / reference_ratio
    L = lasting_share + (1 - lasting_share) exp(-t / consolidation_months)     (t: months since the ceasefire began)

``G`` is the credibility of the guarantee in force: the part of the hazard of a breach that it takes away. It rests on a
promise, honoured with some probability, and on troops that stand in the way, each deterring on its own::

    G = 1 - (1 - promise (1 - backstop_reliance (1 - B))) (1 - presence (1 - exp(-contingent / troops_that_count)))

``B`` is the American backstop (0 or 1). Promise and presence depend on the kind of guarantee: ``none`` (troops only),
``un-peacekeepers`` (no promise, weaker presence), ``europe``, ``nato-in-ukraine``, ``nato-membership``.

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
phase                 ``phase``                    code                written (0 war, 1 ceasefire)
hazards               ``ceasefire_hazard``,        per month           written; 0 in the other phase
                      ``breach_hazard``
G                     ``guarantee_in_force``       share               written
breaches              ``breaches``                 events              written
t                     ``months_of_peace``          months              written
hazard added up       ``exposure``                 ratio               written
kind of guarantee     ``guarantee``                word                CT001, CT014, CT034
phase at the start    ``start_phase``              word                FG006 (the war goes on)
phase held            ``hold``                     word                lever: what if?
ceasefire_base        ``ceasefire_base``           per month           assumption: none in the first 36 months
its elasticity        ``ceasefire_elasticity``     ratio               assumption
aversion              ``aversion``                 log points          assumption
breach_base           ``breach_base``              per month           assumption: Minsk I and II
its elasticity        ``breach_elasticity``        ratio               fitted to DT013-DT034
gap_effect            ``gap_effect``               log points          assumption
reference_ratio       ``reference_ratio``          ratio               CT002 (1.0 to 1.5 million)
lasting_share         ``lasting_share``,           share, months       assumption
                      ``consolidation_months``
promise               ``europe_promise``,          share               DT001-DT006
                      ``nato_promise``,
                      ``membership_promise``
backstop_reliance     ``backstop_reliance``        share               assumption (CT001)
presence              ``presence_effect``,         share               DT007, DT008, DT010
                      ``un_presence_effect``
troops_that_count     ``troops_that_count``        persons             CT006
ratio, gap            ``ratio``, ``gap``           ratio, persons      read, last month's
contingent, B         ``contingent``,              persons, code       read, last month's
                      ``backstop``
chance of the month   ``u_change``                 uniform             drawn
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** One war, two phases; a peace treaty is a ceasefire whose hazard has decayed. A guarantee
deters a breach and does not fight: what troops would do in a new war is left out. A guarantee that is offered makes the
aggressor slower to stop (``aversion``). Nobody has measured most of these numbers; they are ranges, and belong in every
sensitivity analysis. The source rules United Nations peacekeepers out (CT001); they can be simulated all the same.

**By hand.** Without noise a phase ends in the month in which its hazard has added up to 1: with a constant hazard of
0.05 after 20 months. With noise the stay is geometric with mean ``1 / (1 - exp(-h))``. With promise 0.5, reliance 0.4,
no backstop and no troops, G is ``0.5 (1 - 0.4)`` = 0.3.

**Within the month.** Conflict reads last month's balance, contingent and backstop; the phase that it writes is this
month's for armies and contributors. So balance -> breach -> losses -> balance runs with a lag of one month.

**References.** Berkemeier, M. and Fuhrmann, M. (2018), Reassessing the fulfillment of alliance commitments in war,
Research & Politics 5(2). Fortna, V. P. (2008), Does Peacekeeping Work?, Princeton University Press. Leeds, B. A., Long,
A. G. and Mitchell, S. M. (2000), Reevaluating alliance reliability, Journal of Conflict Resolution 44(5), 686-699.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.process import Draw, Process, Section
from forcesim.quantities import PerMonth, Persons, Quantity, Ratio, Share, Value, choice, number
from forcesim.state import Flow, Indicator, Read

Positive = Annotated[Value, Quantity("ratio", 0.01, 100.0)]
LongTime = Annotated[Value, Quantity("months", 1.0, 10_000.0)]
LogPoints = Annotated[Value, Quantity("log points", 0.0, 10.0)]

WAR, CEASEFIRE = 0.0, 1.0
UN, EUROPE, NATO_IN_UKRAINE, MEMBERSHIP = 1.0, 2.0, 3.0, 4.0
FULL = 1.0 - 1e-9
"""Added-up hazard at which a phase ends without noise; twenty twentieths are a little less than 1."""


class Common(Section):
    """The war, and what holds a ceasefire."""

    start_phase: Literal["war", "ceasefire"] = choice(
        "war", meaning="phase at the start", source="Zelensky, Guardian interview, February 2025 (FG006)"
    )
    hold: Literal["chance", "war", "ceasefire"] = choice(
        "chance", meaning="phase that is held whatever chance says", assumption="none: chance decides", lever=True
    )
    guarantee: Literal["none", "un-peacekeepers", "europe", "nato-in-ukraine", "nato-membership"] = choice(
        "none", meaning="guarantee in force in a ceasefire", assumption="none had been given in early 2025", lever=True
    )
    ceasefire_base: PerMonth = number(
        0.014,
        meaning="hazard that fighting stops, at the reference ratio",
        assumption="none in the first 36 months of the war: half an event in 36 (Jeffreys' estimate)",
        open=True,
    )
    ceasefire_elasticity: Ratio = number(
        0.5, meaning="how it rises with the ratio", assumption="war promises less against a stronger defender"
    )
    aversion: LogPoints = number(
        0.3,
        meaning="how a credible guarantee delays a ceasefire",
        assumption="Moscow rejects foreign troops; a quarter less",
    )
    breach_base: PerMonth = number(
        0.023,
        meaning="hazard of a breach at first, without guarantee, at the reference ratio",
        assumption="Minsk I (September 2014) and II (February 2015): two ceasefires broken in 88 months",
        open=True,
    )
    breach_elasticity: Ratio = number(
        0.92,
        meaning="how it falls with the ratio",
        assumption="as the odds of an attack's success over the log ratio in 478 battles (DT013-DT034), error 0.18",
    )
    gap_effect: LogPoints = number(
        0.3,
        meaning="effect of a gap of a million soldiers on a breach",
        assumption="mass tempts beyond the ratio; a third",
    )
    reference_ratio: Positive = number(
        0.667, meaning="ratio at which the base hazards hold", assumption="1.0 against 1.5 million (CT002)"
    )
    lasting_share: Share = number(
        0.2, meaning="part of the hazard of a breach that never fades", assumption="a fifth; no war is forgotten"
    )
    consolidation_months: LongTime = number(
        60.0, meaning="time in which the rest falls to 1/e", assumption="five years: breaches cluster early"
    )
    europe_promise: Share = number(0.5, meaning="credibility of Europe's promise", source="DT002")
    nato_promise: Share = number(
        0.745, meaning="credibility of the promise of NATO states with forces in Ukraine", source="DT001"
    )
    membership_promise: Share = number(
        0.9, meaning="credibility of membership", assumption="above DT001 (0.745): no member was ever invaded by Russia"
    )
    backstop_reliance: Share = number(
        0.4, meaning="part of a promise that rests on the backstop", assumption="'without America not complete' (CT001)"
    )
    presence_effect: Share = number(
        0.3,
        meaning="deterrence by troops in place",
        assumption="half of DT007 (0.62); tripwires disappoint (DT010)",
    )
    un_presence_effect: Share = number(
        0.15,
        meaning="the same for peacekeepers of the United Nations",
        assumption="half again: a veto power is a party",
    )
    troops_that_count: Persons = number(25_000.0, meaning="troops at which 63 % of that is reached", source="CT006")


READS = (Read("ratio", lag=1, missing=0.667), Read("gap", lag=1), Read("contingent", lag=1), Read("backstop", lag=1))
PHASES = ("war", "ceasefire")
WRITES = (
    Indicator(
        name="phase",
        unit="code",
        meaning="phase of the war",
        scope="world",
        outcome=True,
        storage="code",
        labels=PHASES,
    ),
    Flow(name="breaches", unit="events", meaning="ceasefires breached", scope="world", outcome=True, storage="count"),
    Indicator(name="ceasefire_hazard", unit="per month", meaning="hazard of a ceasefire", scope="world", outcome=True),
    Indicator(name="breach_hazard", unit="per month", meaning="hazard of a breach", scope="world", outcome=True),
    Indicator(
        name="guarantee_in_force", unit="share", meaning="credibility of the guarantee", scope="world", outcome=True
    ),
    Indicator(name="months_of_peace", unit="months", meaning="months since the ceasefire", scope="world"),
    Indicator(name="exposure", unit="ratio", meaning="hazard added up in this phase", scope="world"),
)
DRAWS = (Draw("u_change", scope="world"),)


@law
def guarantee_in_force(
    guarantee: float, europe_promise: float, nato_promise: float, membership_promise: float, presence_effect: float,
    un_presence_effect: float, backstop: float, backstop_reliance: float, contingent: float, troops_that_count:
    float,
) -> float:  # fmt: skip
    """Return the credibility of the guarantee: the part of the hazard of a breach that it takes away."""
    by_name = nato_promise if guarantee == NATO_IN_UKRAINE else (membership_promise if guarantee == MEMBERSHIP else 0.0)
    promise = europe_promise if guarantee == EUROPE else by_name
    presence = un_presence_effect if guarantee == UN else presence_effect
    given = promise * (1.0 - backstop_reliance * (1.0 - backstop))
    return 1.0 - (1.0 - given) * (1.0 - presence * (1.0 - exp(-contingent / max(troops_that_count, 1.0))))


class Hazards(NamedTuple):
    ceasefire_hazard: float
    breach_hazard: float


@law
def hazards(
    phase: float, guarantee_in_force: float, gap: float, ratio: float, months_of_peace: float, month: float,
    reference_ratio: float, ceasefire_base: float, ceasefire_elasticity: float, aversion: float, breach_base: float,
    breach_elasticity: float, gap_effect: float, lasting_share: float, consolidation_months: float,
) -> Hazards:  # fmt: skip
    """Return the hazards of the phase; in month 0 the ratio counts as at its reference."""
    r = max(ratio / reference_ratio, 1e-3) if month > 0.0 else 1.0
    stops = ceasefire_base * exp(ceasefire_elasticity * log(r) - aversion * guarantee_in_force)
    breaks = breach_base * exp(gap_effect * (gap / 1e6) - breach_elasticity * log(r)) * (1.0 - guarantee_in_force)
    left = lasting_share + (1.0 - lasting_share) * exp(-months_of_peace / consolidation_months)
    return Hazards(
        ceasefire_hazard=stops if phase == WAR else 0.0,
        breach_hazard=breaks * left if phase != WAR else 0.0,
    )


@law
def phase_law(phase: float, hold: float, u: float, hazard: float) -> float:
    """Return the next phase, by chance unless it is held: a small u stops a war, a large one breaks a ceasefire.

    So more peaceful hazards bring, at equal draws, never less peace.
    """
    change = (u if phase == WAR else 1.0 - u) < 1.0 - exp(-hazard)
    return hold - 1.0 if hold > 0.5 else (1.0 - phase if change else phase)


class Change(NamedTuple):
    phase: float
    breaches: float
    exposure: float
    months_of_peace: float


@law
def change(
    phase: float, exposure: float, months_of_peace: float, ceasefire_hazard: float, breach_hazard: float, hold:
    float, u_change: float, noise: float,
) -> Change:  # fmt: skip
    """Let the phase change, or not."""
    hazard = ceasefire_hazard + breach_hazard
    exposed = exposure + hazard
    sure = 1e9 if exposed >= FULL else 0.0
    after = phase_law(phase, hold, u_change, hazard if noise > 0.0 else sure)
    stays = after == phase
    return Change(
        phase=after,
        breaches=1.0 if after < phase else 0.0,
        exposure=exposed if stays else 0.0,
        months_of_peace=months_of_peace + 1.0 if stays and phase == CEASEFIRE else 0.0,
    )


@law
def phase(start_phase: float) -> float:
    """Begin with the phase at the start."""
    return start_phase


class Conflict(Process):
    """War, ceasefire and breach."""

    name = section = "conflict"
    Common = Common
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (phase, guarantee_in_force, hazards)
    month = (guarantee_in_force, hazards, change)
