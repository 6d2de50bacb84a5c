"""Balance: the gap in soldiers, the quality of each army, the effective ratio, and the ratio at the front.

**Equation.** With D the nations on the defender's side and A those on the aggressor's::

    gap      = sum over A of strength - (sum over D of strength + n contingent)
    quality  = equipment_quality training_quality                              (within least and most_quality)
    equipment_quality = (1e9 equipment / strength / reference_equipment)^equipment_elasticity
    training_quality  = (trained / strength / reference_trained)^training_elasticity
    ratio    = (sum over D of quality strength + n contingent_quality contingent) / sum over A of quality strength
    closed   = 1 if gap <= 0 else 0;   months_closed counts the months since it closed, 0 when it opens again

``n`` is 1, but 0 in a war (or local attack) in which foreign troops do not fight (``fights``). The front counts who is
there, or can be there within three months::

    reach    = theatre + rear_share (trained - theatre)
    W        = sum of quality reach                                            (over D, over A)
    alone    = (W of D + f contingent_quality contingent) / W of A             (f: 1 if they fight, else 0)
    backed   = (W of D + contingent_quality (contingent + R)) / W of A         (in war: alone, if they do not fight)
    R        = (deployable_total - contingent) (v within_30 + (1 - v) within_90)   (at least 0; v: first_month_weight)
    front_ratio = alone + credibility (backed - alone)                         (alone, backed: at most 10)

``alone`` is the balance if the promise is not kept, ``backed`` if it is. Credibility weighs the two, and acts nowhere
else in this ratio. ``deliveries`` is aid to the defenders over a year's memory, against that of the first year.

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
gap                   ``gap``                      persons             written
ratio                 ``ratio``                    ratio               written
front ratio           ``front_ratio``,             ratio               written
                      ``front_ratio_alone``,
                      ``front_ratio_backed``
quality               ``quality``,                 ratio               written, each army's
                      ``equipment_quality``,
                      ``training_quality``
side                  ``side``                     code                written (0 defender, 1 aggressor, -1 none)
closed                ``closed``                   code                written (0 open, 1 closed)
months since          ``months_closed``            months              written
deliveries            ``deliveries``,              ratio; bn USD       written
                      ``aid_at_first``             a month
side                  ``side``                     word                CT002 (who stands against whom)
elasticities          ``equipment_elasticity``,    ratio               assumption
                      ``training_elasticity``
reference_equipment   ``reference_equipment``      USD per soldier     assumption
reference_trained     ``reference_trained``        share               assumption
bounds                ``least_quality``,           ratio               assumption
                      ``most_quality``
contingent_quality    ``contingent_quality``       ratio               assumption
f                     ``fights``                   word                assumption: as declared (CT014)
rear_share            ``rear_share``               share               assumption
R's shares            ``within_30``,               share               CT072-CT074, halved
                      ``within_90``
v                     ``first_month_weight``       share               assumption
strength, trained     ``strength``, ``trained``,   persons             read
                      ``theatre``
equipment, aid        ``equipment``,               bn USD              read
                      ``aid_received``
contingent, allies'   ``contingent``,              persons             read
forces                ``deployable_total``
phase                 ``phase``                    code                read
credibility           ``credibility``              share               read
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** A soldier is a soldier in the gap: it is the count that people argue about. Quality is an
index around 1; equipment and training enter as a Cobb-Douglas product, within bounds. Where nobody writes equipment or
trained soldiers that factor is 1. Where nobody writes the theatre, all trained soldiers are in it. Prices differ, so
each army is measured against its own reference. Terrain, morale, command and the advantage of the defence are left out.

The gap is to be asked for twice, at war and in a ceasefire, and never pooled: armies differ between the two, so a mean
over both moves when peace becomes likelier, and says nothing about either (see ``docs/results.md``).

**By hand.** 1,500,000 against 1,000,000 is a gap of 500,000 and a ratio of 0.667; with 100,000 in the contingent the
gap is 400,000, with 150,000 it is 350,000 (CT001, CT002). An army with a quarter of the reference equipment and
elasticity 0.5 has quality 0.5. Two armies of quality 1 with 300,000 and 600,000 in the theatre give 0.5 at the front; a
promise of 150,000 more within three months, believed by half, gives 0.5 + 0.5 x 0.25 = 0.625.

**Within the month.** Balance runs last, on this month's strengths, equipment and contingent, in month 0 too. Others
read what it writes in the next month.

**References.** Biddle, S. (2004), Military Power, Princeton University Press (why counts alone do not decide).
Hildebrandt, G. (1999), The military production function, Defence and Peace Economics 10(3), 247-272. Huth, P. and
Russett, B. (1988), Deterrence failure and crisis escalation, International Studies Quarterly 32(1), 29-45 (the local
and immediate balance matters, the overall one little).
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.laws import total, world
from forcesim.processes.phases import CEASEFIRE, at_war
from forcesim.processes.process import Process, Section
from forcesim.quantities import Quantity, Ratio, Share, Value, choice, number
from forcesim.state import Indicator, Read

UsdPerSoldier = Annotated[Value, Quantity("USD per soldier", 1.0)]
PositiveShare = Annotated[Value, Quantity("share", 0.01, 1.0)]
Positive = Annotated[Value, Quantity("ratio", 0.01, 10.0)]

DEFENDER, AGGRESSOR = 0.0, 1.0
NEITHER = -1.0
UNKNOWN = -1.0
"""What stands in a row that nobody writes."""

MEMORY = 12.0
"""Months over which deliveries of aid are seen."""


class Common(Section):
    """What all armies share."""

    equipment_elasticity: Ratio = number(
        0.3, meaning="elasticity of quality in equipment per soldier", assumption="a third, as of capital in output"
    )
    training_elasticity: Ratio = number(
        0.5, meaning="elasticity of quality in the trained share", assumption="above equipment's; see Biddle (2004)"
    )
    reference_trained: PositiveShare = number(
        0.9, meaning="trained share at which quality is 1", assumption="a tenth of an army is in schools or recovering"
    )
    least_quality: Positive = number(0.4, meaning="bound below", assumption="an army without equipment still fights")
    most_quality: Positive = number(1.8, meaning="bound above", assumption="quality does not grow without end")
    contingent_quality: Ratio = number(
        1.2, meaning="quality of the contingent", assumption="professionals, well equipped, new to this war"
    )
    fights: Literal["no", "yes"] = choice(
        "no",
        meaning="whether foreign troops fight if war comes back",
        assumption="none has said so (CT014)",
        lever=True,
    )
    within_30: Share = number(
        0.2,
        meaning="part of allies' deployable forces that is there within 30 days",
        assumption="half of NATO's plan: 300,000 of 800,000 (CT072-CT074); plans were met by half before",
        lever=True,
    )
    within_90: Share = number(
        0.3,
        meaning="the same within 90 days",
        assumption="half of NATO's plan, 300,000 and two fifths of the next 500,000 (CT072-CT074)",
        lever=True,
    )
    first_month_weight: Share = number(
        0.5,
        meaning="weight of the first 30 days in the attacker's eyes; the rest is that of 90",
        assumption="a quick land grab or a campaign, even odds; the first month decides most crises (Huth 1988)",
    )


class Parameters(Section):
    """One army's side."""

    side: Literal["defender", "aggressor", "none"] = choice(
        "none", meaning="on whose side the army stands", assumption="on none unless given"
    )
    reference_equipment: UsdPerSoldier = number(
        65_000.0, meaning="equipment per soldier at which quality is 1", assumption="about Ukraine's in early 2025"
    )
    rear_share: Share = number(
        0.3,
        meaning="part of the trained outside the theatre that can be at the front within three months",
        assumption="schools, staffs, other borders and garrisons hold the rest",
    )


READS = (
    Read("strength"),
    Read("trained", missing=UNKNOWN),
    Read("theatre", missing=UNKNOWN),
    Read("equipment", missing=UNKNOWN),
    Read("contingent"),
    Read("deployable_total", missing=0.0),
    Read("aid_received"),
    Read("phase", missing=CEASEFIRE),
    Read("credibility"),
)
STATES = ("open", "closed")
WRITES = (
    Indicator(name="gap", unit="persons", meaning="force gap", scope="world", outcome=True, storage="count"),
    Indicator(name="ratio", unit="ratio", meaning="effective force ratio", scope="world", outcome=True),
    Indicator(
        name="front_ratio",
        unit="ratio",
        meaning="ratio at the front as an attacker expects it",
        scope="world",
        outcome=True,
    ),
    Indicator(name="front_ratio_alone", unit="ratio", meaning="the same if no promise is kept", scope="world"),
    Indicator(name="front_ratio_backed", unit="ratio", meaning="the same if promises are kept", scope="world"),
    Indicator(name="quality", unit="ratio", meaning="quality index of the army", outcome=True),
    Indicator(name="equipment_quality", unit="ratio", meaning="quality by equipment per soldier"),
    Indicator(name="training_quality", unit="ratio", meaning="quality by the share that is trained"),
    Indicator(name="side", unit="code", meaning="side: 0 defender, 1 aggressor, -1 neither"),
    Indicator(name="deliveries", unit="ratio", meaning="aid to the defenders against the first year", scope="world"),
    Indicator(name="aid_at_first", unit="bn USD per month", meaning="mean aid of the first year", scope="world"),
    Indicator(
        name="closed",
        unit="code",
        meaning="whether the gap is closed",
        scope="world",
        outcome=True,
        storage="code",
        labels=STATES,
    ),
    Indicator(
        name="months_closed", unit="months", meaning="months since the gap closed", scope="world", storage="count"
    ),
)


@law
def factor_law(amount: float, strength: float, reference: float, elasticity: float) -> float:
    """Return the logarithm of one factor of quality; 0 where there is no figure."""
    known = amount >= 0.0 and strength > 0.0
    return elasticity * log(max(amount / (strength * reference), 1e-9)) if known else 0.0


class Parts(NamedTuple):
    equipment_quality: float
    training_quality: float


@law
def parts(
    strength: float, trained: float, equipment: float, reference_equipment: float, reference_trained: float,
    equipment_elasticity: float, training_elasticity: float,
) -> Parts:  # fmt: skip
    """Return what equipment and training make of an army."""
    return Parts(
        equipment_quality=exp(factor_law(1e9 * equipment, strength, reference_equipment, equipment_elasticity)),
        training_quality=exp(factor_law(trained, strength, reference_trained, training_elasticity)),
    )


@law
def quality(equipment_quality: float, training_quality: float, least_quality: float, most_quality: float) -> float:
    """Return the quality index of an army, within its bounds."""
    return min(most_quality, max(least_quality, equipment_quality * training_quality))


@law
def side(side: float) -> float:
    """Give an army on no side the code -1; the word's own code is 2."""
    return side if side <= AGGRESSOR else NEITHER


@law
def reach_law(strength: float, trained: float, theatre: float, rear_share: float) -> float:
    """Return the soldiers who are at the front or can be there within three months.

    Examples
    --------
    >>> reach_law(strength=1e6, trained=900_000, theatre=500_000, rear_share=0.25)
    600000.0
    """
    able = trained if trained >= 0.0 else strength
    there = theatre if theatre >= 0.0 else able
    return there + rear_share * max(able - there, 0.0)


class Side(NamedTuple):
    own_weight: float  # effective soldiers of the defender's side
    other_weight: float
    own_front: float  # the same at the front
    other_front: float
    lead: float  # soldiers by which the aggressor is ahead
    aid: float  # to the defender's side


@law
def weigh(
    strength: float, trained: float, theatre: float, quality: float, side: float, rear_share: float, aid_received:
    float,
) -> Side:  # fmt: skip
    """Count an army on its side."""
    weight, front = quality * strength, quality * reach_law(strength, trained, theatre, rear_share)
    own, other = side == DEFENDER, side == AGGRESSOR
    return Side(
        own_weight=weight if own else 0.0,
        other_weight=weight if other else 0.0,
        own_front=front if own else 0.0,
        other_front=front if other else 0.0,
        lead=strength if other else (-strength if own else 0.0),
        aid=aid_received if own else 0.0,
    )


class Verdict(NamedTuple):
    gap: float
    ratio: float
    closed: float
    months_closed: float


@law
def verdict(
    own_weights: float, other_weights: float, lead_of_all: float, contingent: float, contingent_quality: float,
    phase: float, fights: float, months_closed: float,
) -> Verdict:  # fmt: skip
    """Return gap, effective ratio (an aggressor without soldiers counts as one) and whether the gap is closed."""
    counted = contingent if fights > 0.5 or not at_war(phase) else 0.0
    gap = lead_of_all - counted
    return Verdict(
        gap=gap,
        ratio=(own_weights + contingent_quality * counted) / max(other_weights, 1.0),
        closed=1.0 if gap <= 0.0 else 0.0,
        months_closed=months_closed + 1.0 if gap <= 0.0 else 0.0,
    )


MOST_RATIO = 10.0
"""Ratio at the front above which nobody attacks. Where an attacker has hardly any force in reach it would be hundreds,
and one path of a thousand would decide a mean."""


class Front(NamedTuple):
    front_ratio: float
    front_ratio_alone: float
    front_ratio_backed: float


@law
def front(
    own_fronts: float, other_fronts: float, contingent: float, contingent_quality: float, deployable_total: float,
    phase: float, fights: float, within_30: float, within_90: float, first_month_weight: float, credibility: float,
) -> Front:  # fmt: skip
    """Return the ratio at the front: without allies, with them, and as the promise is believed."""
    there = contingent_quality * contingent
    fighting = there if fights > 0.5 else 0.0
    coming = max(deployable_total - contingent, 0.0) * (
        first_month_weight * within_30 + (1.0 - first_month_weight) * within_90
    )
    kept = fights > 0.5 or not at_war(phase)
    against = max(other_fronts, 1.0)
    alone = min((own_fronts + fighting) / against, MOST_RATIO)
    backed = min((own_fronts + there + contingent_quality * coming) / against, MOST_RATIO) if kept else alone
    return Front(alone + credibility * (backed - alone), alone, backed)


class Deliveries(NamedTuple):
    deliveries: float
    aid_at_first: float


@law
def deliver(deliveries: float, aid_at_first: float, aid_of_all: float, month: float) -> Deliveries:
    """Follow aid against the mean of the first year; in that year, and where none ever came, it is 1."""
    first = aid_at_first
    if 0.0 < month <= MEMORY:
        first = first + (aid_of_all - first) / month
    seen = 1.0
    if month > MEMORY and first > 0.0:
        seen = deliveries + (aid_of_all / first - deliveries) / MEMORY
    return Deliveries(seen, first)


MONTH = (
    parts,
    quality,
    weigh,
    total("own_weights", of="own_weight"),
    total("other_weights", of="other_weight"),
    total("own_fronts", of="own_front"),
    total("other_fronts", of="other_front"),
    total("lead_of_all", of="lead"),
    total("aid_of_all", of="aid"),
    world(verdict),
    world(front),
    world(deliver),
)


class Balance(Process):
    """The gap, the effective ratio, the ratio at the front and the quality of each army."""

    name = section = "balance"
    Common, Parameters = Common, Parameters
    reads, writes = READS, WRITES
    opening = (side, *MONTH)
    month = MONTH
