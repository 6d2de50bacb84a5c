"""Conflict: war, ceasefire, breach and defeat, under the guarantee in force.

**Equation.** Four phases. Each month the phase changes with probability ``1 - exp(-h)``, where the hazards are::

    ceasefire_hazard = ceasefire_base (alone / reference_ratio)^ceasefire_elasticity exp(-aversion G)        (at war)
    breach_hazard    = breach_base (w + (1 - w) lasting_share) m T^d1                                 (in a ceasefire)
    collapse_hazard  of the front -> defeat                                                                   (at war)
    local_end -> ceasefire,  escalation m T^d1 -> war                                              (in a local attack)

A ceasefire is of one of two kinds. It is of the kind that breaks (``w`` = 1) with chance ``breaking_share``, and else
lasts (``w`` = 0): its hazard is then ``lasting_share`` of the other's. The kind is drawn when the ceasefire begins.
Over many ceasefires the hazard falls with age, as it does in data: who breaks, breaks early. A breach is a local attack
with chance ``local_share``, else war. Incidents come at ``incident_base T^d1`` and break nothing.

``m`` is what the attacker expects of an attack, 1 at the reference. His chance of success at a front ratio ``r``
(defender over attacker) is ``s(r)``; the promise is kept with chance ``c``, the credibility::

    s(r) = 1 / (1 + (r / needed_ratio)^success_slope)
    m    = ((1 - c) s(alone) + c honoured_ratio s(backed)) / s(reference_ratio)

So the balance enters once, and credibility only as the weight of two cases: without allies, and with those who come
within 30 and 90 days (``backed``). A promise that is kept leaves ``honoured_ratio`` of the hazard, beyond what the
front says: it is a war with an alliance. Credibility is the promise, moved by what is seen::

    c      = p / (p + (1 - p) exp(-trust)),   p = promise (1 - backstop_reliance (1 - B))        (B: American backstop)
    trust' = (1 - 1 / trust_months) trust + delivery_trust ln(deliveries) / trust_months
             + troop_trust (troops that arrived - troops that left) / 10^4
             - (1 - c) (incident_trust incidents + breach_trust breaches)                    (while a promise stands)

Membership begins by accession: in a ceasefire, ``ratification_months`` after it is asked for, if ``ratified``. It
rests on no backstop, and no hazard ends it. Troops in place deter by presence. Two readings fit the data alike:
presence slows every break, or it changes which ceasefires break. ``presence_reading`` is 0 for the first, 1 for the
second::

    d  = (1 - exp(-contingent / troops_that_count)) / (1 - exp(-10^5 / troops_that_count))     (UN: times un_presence)
    d1 = d (1 - presence_reading),  d2 = d presence_reading
    T  = presence_ratio;  the odds of breaking_share are multiplied by presence_odds^d2

``G`` is the part of the hazard that promise and presence take away. Members of the alliance are attacked with the
hazard ``member_attack_base`` (at war times ``member_attack_at_war``); an attack on a defender who is a member adds to
it.

**Symbols.**

====================  ============================  ===================  =============================================
symbol                name in code                  unit                 source
====================  ============================  ===================  =============================================
phase, activity       ``phase``, ``activity``       code, ratio          written (0 war, 1 ceasefire, 2 local attack,
                                                                         3 defeat)
hazards               ``ceasefire_hazard``,         per month            written; 0 in the other phases
                      ``breach_hazard``,
                      ``member_attack_hazard``
events                ``breaches``, ``incidents``,  events               written
                      ``local_attacks``,
                      ``member_attacks``
G, c, s               ``guarantee_in_force``,       share                written
                      ``credibility``,
                      ``attack_success``
membership            ``member``,                   code, share          written
                      ``accession_progress``
secure months         ``secure_months``             months               written: in a ceasefire, since the start
t, hazard added up    ``months_of_peace``,          months, ratio        written
                      ``exposure``
kind                  ``breaking``, ``kind_draw``,  share, log points    written (w; where it was drawn; what its odds
                      ``survived``                                       have lost by holding)
trust, troops seen    ``trust``, ``troops_seen``    log points, persons  written
guarantee, hold       ``guarantee``, ``hold``,      word                 CT001, CT014, CT034; FG006
                      ``start_phase``
ceasefire_base        ``ceasefire_base``,           per month, ratio,    assumption: none in the first 36 months
                      ``ceasefire_elasticity``,     log points
                      ``aversion``
breach_base           ``breach_base``,              per month, share     fitted to 88 endings (docs/deterrence.md)
                      ``breaking_share``,
                      ``lasting_share``
s                     ``success_slope``,            ratio                fitted to DT013-DT034; DT012
                      ``needed_ratio``,
                      ``reference_ratio``
promises              ``europe_promise``,           share                DT001-DT006; assumption
                      ``nato_promise``,
                      ``membership_promise``,
                      ``backstop_reliance``,
                      ``honoured_ratio``
presence              ``presence_ratio``,           ratio, share,        fitted to 88 endings (docs/deterrence.md)
                      ``presence_odds``,            persons
                      ``presence_reading``,
                      ``un_presence``,
                      ``troops_that_count``
accession             ``ratification_months``,      months, share        allies that joined 2017-2024
                      ``ratified``
learning              ``trust_months``,             months, log points   assumption
                      ``delivery_trust``,
                      ``troop_trust``,
                      ``incident_trust``,
                      ``breach_trust``
grades                ``incident_base``,            per month, share     assumption
                      ``local_share``,
                      ``local_end``,
                      ``escalation``,
                      ``local_activity``
attack on a member    ``member_attack_base``,       per month, share     none in 77 years (Jeffreys' prior)
                      ``member_attack_at_war``
alone, backed         ``front_ratio_alone``,        ratio                read, last month's
                      ``front_ratio_backed``
contingent, B         ``contingent``,               persons, code        read, last month's
                      ``backstop``
deliveries, collapse  ``deliveries``,               ratio, per month     read, last month's
                      ``collapse_hazard``
chances of the month  ``u_change``, ``u_kind``,     uniform              drawn
                      ``u_grade``,
                      ``u_incident``,
                      ``u_member``
====================  ============================  ===================  =============================================

**Assumes and leaves out.** One war; a peace treaty is a ceasefire of the lasting kind. A guarantee that is offered
makes the aggressor slower to stop, or the defender readier (``aversion``; its sign is not known). What allies do in a
new war, and what follows a defeat, is left out. Data on truces are mostly of civil wars. Most numbers here are priors,
so docs/deterrence.md gives the values at which answers turn. The source rules United Nations peacekeepers out (CT001);
they can be simulated all the same.

**By hand.** With ``breaking_share`` 1, or ``lasting_share`` 1, a ceasefire without guarantee at the reference ratio
ends at a constant hazard. Else it holds ``t`` months with chance ``w exp(-b t) + (1 - w) exp(-l b t)``, with b the base
and l the lasting share. Membership at once beats troops if its promise is above ``(1 - T) / (1 - H)``. Without noise a
phase ends in the month in which its hazard has added up to 1, ``w`` is the chance that a ceasefire which has held so
long is of the kind that breaks, and incidents are their mean.

**Within the month.** Conflict reads last month's balance, front, contingent and backstop; the phase that it writes is
this month's for armies and contributors. So balance -> breach -> losses -> balance runs with a lag of one month.

**References.** Berkemeier, M. and Fuhrmann, M. (2018), Reassessing the fulfillment of alliance commitments in war,
Research & Politics 5(2). Fortna, V. P. (2004), Peace Time, Princeton University Press; (2008), Does Peacekeeping Work?,
Princeton University Press. Huth, P. (1988), Extended deterrence and the outbreak of war, American Political Science
Review 82(2), 423-443. Leeds, B. A., Long, A. G. and Mitchell, S. M. (2000), Reevaluating alliance reliability, Journal
of Conflict Resolution 44(5), 686-699. Vaupel, J. W., Manton, K. G. and Stallard, E. (1979), The impact of heterogeneity
in individual frailty on the dynamics of mortality, Demography 16(3), 439-454 (why the mean hazard of a mixture falls).
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.deterrence import (
    accession,
    attack,
    attacked_members,
    breaking,
    credibility,
    guarantee_in_force,
    incidents,
    kind,
    learn,
    presence,
)
from forcesim.processes.phases import CEASEFIRE, DEFEAT, LOCAL_ATTACK, PHASES, WAR, at_war
from forcesim.processes.process import Draw, Process, Section
from forcesim.quantities import Months, PerMonth, Persons, Quantity, Ratio, Share, Value, choice, number
from forcesim.state import Flow, Indicator, Read

Positive = Annotated[Value, Quantity("ratio", 0.01, 100.0)]
Less = Annotated[Value, Quantity("ratio", 0.01, 1.0)]
LongTime = Annotated[Value, Quantity("months", 1.0, 10_000.0)]
LogPoints = Annotated[Value, Quantity("log points", 0.0, 10.0)]
Delay = Annotated[Value, Quantity("log points", -2.0, 10.0)]

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
    aversion: Delay = number(
        0.3,
        meaning="how a credible guarantee delays a ceasefire; below 0 it hastens it",
        assumption="Moscow rejects foreign troops, Kyiv will not stop without them; nobody has measured it",
    )
    breach_base: PerMonth = number(
        0.092,
        meaning="hazard of a ceasefire that is of the kind that breaks, without guarantee, at the reference ratio",
        source="fitted to 88 truces and settlements of Fortna's data: 1.1 a year (docs/deterrence.md)",
        open=True,
    )
    breaking_share: Share = number(
        0.36,
        meaning="chance that a ceasefire is of the kind that breaks",
        assumption="mean of truces between states, of civil wars and with Russia, weighed by judgement",
    )
    lasting_share: Share = number(
        0.018,
        meaning="hazard of a ceasefire of the lasting kind over that of the other",
        source="fitted to the same 88: 0.02 a year (docs/deterrence.md)",
    )
    success_slope: Ratio = number(
        0.92,
        meaning="slope of the odds that an attack succeeds over the log ratio",
        source="fitted to 478 battles (DT013-DT034), standard error 0.18",
    )
    needed_ratio: Positive = number(
        0.47,
        meaning="front ratio (defender over attacker) at which an attack succeeds half the time",
        assumption="middle of 1/3 (the rule of three to one, DT012) and 1/1.5",
    )
    reference_ratio: Positive = number(
        0.667, meaning="front ratio at which the base hazards hold", assumption="1.0 against 1.5 million (CT002)"
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
    honoured_ratio: Share = number(
        0.06,
        meaning="part of the hazard of a breach that is left where the promise is sure to be kept",
        assumption="0.0023 a year for frontline members (none in 217 years) over 0.02-0.06 for truces between states",
    )
    presence_ratio: Less = number(
        0.65,
        meaning="what 100,000 troops in place multiply the hazard of a break by",
        source="Cox model of 88 endings, adjusted: 0.65, 80 % from 0.42 to 0.99 (docs/deterrence.md)",
    )
    presence_odds: Less = number(
        0.42,
        meaning="what they multiply the odds of a ceasefire that breaks by, in the other reading",
        source="the same 88: 0.24 to 0.30, moved towards 1 since cases differ (docs/deterrence.md)",
    )
    presence_reading: Share = number(
        0.5,
        meaning="reading of presence: 0 slows every break, 1 changes which ceasefires break",
        assumption="both fit alike (AIC 296.6 and 297.4); half of each",
    )
    un_presence: Share = number(
        0.5,
        meaning="effect of peacekeepers of the United Nations over that",
        assumption="half: a veto power is a party",
    )
    troops_that_count: Persons = number(
        25_000.0, meaning="troops over which the effect of presence saturates", source="CT006"
    )
    ratification_months: Months = number(
        14.0,
        meaning="months of ceasefire from the invitation to accession",
        source="accession of Montenegro 13, North Macedonia 13, Finland 11, Sweden 22 months (NATO)",
        lever=True,
    )
    ratified: Share = number(
        1.0, meaning="whether all allies ratify (1) or not (0)", assumption="what membership does is asked", lever=True
    )
    trust_months: LongTime = number(
        36.0, meaning="time in which what was seen fades to 1/e", assumption="governments change every four years"
    )
    delivery_trust: LogPoints = number(
        0.5, meaning="trust per log point of aid delivered", assumption="half as much aid costs a third of a log point"
    )
    troop_trust: LogPoints = number(
        0.05, meaning="trust per 10,000 troops that arrive, and lost with those that leave", assumption="small"
    )
    incident_trust: LogPoints = number(
        0.1, meaning="trust lost by an incident that goes unanswered", assumption="ten cost a log point"
    )
    breach_trust: LogPoints = number(
        1.0,
        meaning="trust lost by a breach that goes unanswered",
        assumption="past backing down harms (Huth 1988); odds fall to a third",
    )
    incident_base: PerMonth = number(
        0.1,
        meaning="hazard of a grave incident in a ceasefire",
        assumption="about one a year, between the daily shots of Minsk and the months between its battles",
    )
    local_share: Share = number(
        0.5, meaning="part of breaches that begin as a local attack", assumption="even odds against war at once"
    )
    local_end: PerMonth = number(
        0.25,
        meaning="hazard that a local attack ends in a new ceasefire",
        assumption="four months, as Debaltseve or Gaza",
    )
    escalation: PerMonth = number(
        0.08, meaning="hazard that it becomes war, without guarantee", assumption="a quarter of them"
    )
    local_activity: Share = number(
        0.2, meaning="fighting in a local attack over that at war", assumption="a fifth of the front"
    )
    member_attack_base: PerMonth = number(
        0.00054,
        meaning="hazard of an attack on a member of the alliance",
        assumption="none in 77 years: half an event in 77 (Jeffreys' estimate), 0.0065 a year",
    )
    member_attack_at_war: Share = number(
        0.3,
        meaning="the same while the war goes on, over that in peace",
        assumption="'practically impossible' beside the war (Dutch service, 2026); not nothing",
    )


READS = (
    Read("front_ratio_alone", lag=1, missing=-1.0),
    Read("front_ratio_backed", lag=1, missing=-1.0),
    Read("contingent", lag=1),
    Read("backstop", lag=1),
    Read("deliveries", lag=1, missing=1.0),
    Read("collapse_hazard", lag=1, missing=0.0),
)
GRADES = (
    ("breaches", "ceasefires breached"),
    ("incidents", "grave incidents in a ceasefire"),
    ("local_attacks", "breaches that are local attacks"),
    ("member_attacks", "attacks on a member of the alliance"),
)
WORLD_OUTCOMES = (
    ("activity", "ratio", "fighting over that at war"),
    ("ceasefire_hazard", "per month", "hazard of a ceasefire"),
    ("breach_hazard", "per month", "hazard of a breach"),
    ("member_attack_hazard", "per month", "hazard of an attack on a member"),
    ("guarantee_in_force", "share", "part of the hazard of a breach that the guarantee takes away"),
    ("credibility", "share", "chance that the promise is kept, as the attacker sees it"),
    ("attack_success", "share", "chance that an attack succeeds, as the attacker sees it"),
)
INNER = (
    ("months_of_peace", "months", "months since the ceasefire"),
    ("exposure", "ratio", "hazard added up in this phase"),
    ("accession_progress", "share", "way to accession that is done"),
    ("breaking", "share", "chance that the ceasefire is of the kind that breaks"),
    ("kind_draw", "share", "where the kind of the ceasefire was drawn"),
    ("survived", "log points", "what the odds of the breaking kind have lost by holding"),
    ("trust", "log points", "trust in promises by what was seen"),
    ("troops_seen", "persons", "foreign troops seen last"),
)
FACTS = (
    Indicator(
        name="phase", unit="code", meaning="phase of the war", scope="world", outcome=True, storage="code",
        labels=PHASES,
    ),
    Indicator(
        name="member", unit="code", meaning="whether the defender is a member of the alliance", scope="world",
        outcome=True, storage="code", labels=("no", "yes"),
    ),
    Indicator(
        name="secure_months", unit="months", meaning="months in a ceasefire since the start", scope="world",
        outcome=True, storage="count",
    ),
)  # fmt: skip
WRITES = (
    *FACTS,
    *(
        Flow(name=name, unit="events", meaning=meaning, scope="world", outcome=True, storage="count")
        for name, meaning in GRADES
    ),
    *(
        Indicator(name=name, unit=unit, meaning=meaning, scope="world", outcome=True)
        for name, unit, meaning in WORLD_OUTCOMES
    ),
    *(Indicator(name=name, unit=unit, meaning=meaning, scope="world") for name, unit, meaning in INNER),
)
DRAWS = tuple(Draw(name, scope="world") for name in ("u_change", "u_kind", "u_grade", "u_incident", "u_member"))


class Hazards(NamedTuple):
    ceasefire_hazard: float
    breach_hazard: float
    better: float  # hazard that the phase changes for the better
    worse: float
    fading: float  # what the odds of the breaking kind lose in a month that holds


@law
def hazards(
    phase: float, guarantee_in_force: float, temptation: float, slowing: float, breaking: float, front_ratio_alone:
    float, collapse_hazard: float, month: float, reference_ratio: float, ceasefire_base: float,
    ceasefire_elasticity: float, aversion: float, breach_base: float, lasting_share: float, local_end: float,
    escalation: float,
) -> Hazards:  # fmt: skip
    """Return the hazards of the phase; in month 0, and where nobody knows it, the ratio counts as the reference."""
    known = month > 0.0 and front_ratio_alone >= 0.0
    r = max(front_ratio_alone / reference_ratio, 1e-3) if known else 1.0
    stops = ceasefire_base * exp(ceasefire_elasticity * log(r) - aversion * guarantee_in_force)
    tempted = temptation * slowing
    breaks = breach_base * (breaking + (1.0 - breaking) * lasting_share) * tempted
    war, ceasefire, local = phase == WAR, phase == CEASEFIRE, phase == LOCAL_ATTACK
    better = stops if war else (local_end if local else 0.0)
    worse = collapse_hazard if war else (breaks if ceasefire else (escalation * tempted if local else 0.0))
    return Hazards(
        ceasefire_hazard=stops if war else 0.0,
        breach_hazard=breaks if ceasefire else 0.0,
        better=better,
        worse=worse,
        fading=breach_base * (1.0 - lasting_share) * tempted,
    )


@law
def phase_law(
    phase: float, hold: float, u: float, better: float, worse: float, u_grade: float, local_share: float
) -> float:
    """Return the next phase, by chance unless it is held: a small u is for the better, a large one for the worse.

    So more peaceful hazards bring, at equal draws, never a worse phase. Two hazards share the chance of the month as
    competing risks do; a breach is a local attack if ``u_grade`` is below its share.
    """
    total = better + worse
    change = 1.0 - exp(-total)
    good = change * (better / max(total, 1e-300))
    if hold > 0.5:
        return hold - 1.0
    if u < good:
        return CEASEFIRE
    if not 1.0 - u < change - good:
        return phase
    breach = LOCAL_ATTACK if u_grade < local_share else WAR
    return breach if phase == CEASEFIRE else (DEFEAT if phase == WAR else WAR)


class Change(NamedTuple):
    phase: float
    activity: float
    breaches: float
    local_attacks: float
    exposure: float
    months_of_peace: float
    secure_months: float
    survived: float


@law
def change(
    phase: float, exposure: float, months_of_peace: float, secure_months: float, survived: float, better: float, worse:
    float, fading: float, hold: float, local_share: float, local_activity: float, u_change: float, u_grade: float,
    noise: float,
) -> Change:  # fmt: skip
    """Let the phase change, or not; without noise it goes the likelier way when its hazards have added up to 1."""
    exposed = exposure + better + worse
    sure = 1e9 if exposed >= FULL and noise == 0.0 else 0.0
    to_better = better if noise > 0.0 else (sure if better >= worse else 0.0)
    to_worse = worse if noise > 0.0 else (sure if better < worse else 0.0)
    after = phase_law(phase, hold, u_change, to_better, to_worse, u_grade, local_share)
    stays, held = after == phase, after == CEASEFIRE and phase == CEASEFIRE
    broken = phase == CEASEFIRE and at_war(after)
    return Change(
        phase=after,
        activity=1.0 if after == WAR else (local_activity if after == LOCAL_ATTACK else 0.0),
        breaches=1.0 if broken else 0.0,
        local_attacks=1.0 if broken and after == LOCAL_ATTACK else 0.0,
        exposure=exposed if stays else 0.0,
        months_of_peace=months_of_peace + 1.0 if held else 0.0,
        secure_months=secure_months + (1.0 if after == CEASEFIRE else 0.0),
        survived=survived + fading if held else 0.0,
    )


class First(NamedTuple):
    phase: float
    activity: float


@law
def begin(start_phase: float) -> First:
    """Begin with the phase at the start."""
    return First(start_phase, 1.0 if start_phase == WAR else 0.0)


WEIGHED = (accession, credibility, presence, guarantee_in_force, attack)


class Conflict(Process):
    """War, ceasefire, breach and defeat."""

    name = section = "conflict"
    Common = Common
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (begin, *WEIGHED, breaking, hazards)
    month = (*WEIGHED, kind, hazards, incidents, change, attacked_members, learn)
