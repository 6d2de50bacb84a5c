"""Balance: the gap in soldiers, the quality of each army, the effective ratio, and whether the gap is closed.

**Equation.** With D the nations on the defender's side and A those on the aggressor's::

    gap      = sum over A of strength - (sum over D of strength + contingent)
    quality  = (1e9 equipment / strength / reference_equipment)^equipment_elasticity
               (trained / strength / reference_trained)^training_elasticity        (within least and most_quality)
    ratio    = (sum over D of quality strength + contingent_quality contingent) / sum over A of quality strength
    closed   = 1 if gap <= 0 else 0;   months_closed counts the months since it closed, 0 when it opens again

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
gap                   ``gap``                      persons             written
ratio                 ``ratio``                    ratio               written
quality               ``quality``                  ratio               written, each army's
closed                ``closed``                   code                written (0 open, 1 closed)
months since          ``months_closed``            months              written
side                  ``side``                     word                CT002 (who stands against whom)
elasticities          ``equipment_elasticity``,    ratio               assumption
                      ``training_elasticity``
reference_equipment   ``reference_equipment``      USD per soldier     assumption
reference_trained     ``reference_trained``        share               assumption
bounds                ``least_quality``,           ratio               assumption
                      ``most_quality``
contingent_quality    ``contingent_quality``       ratio               assumption
strength, trained     ``strength``, ``trained``    persons             read
equipment             ``equipment``                bn USD              read
contingent            ``contingent``               persons             read
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** A soldier is a soldier in the gap: it is the count that people argue about. Quality is an
index around 1; equipment and training enter as a Cobb-Douglas product, within bounds. Where nobody writes equipment or
trained soldiers that factor is 1. Prices differ, so each army is measured against its own reference. Terrain,
morale, command and the advantage of the defence are left out; so is that not all of an army stands at this front.

**By hand.** 1,500,000 against 1,000,000 is a gap of 500,000 and a ratio of 0.667; with 100,000 in the contingent the
gap is 400,000, with 150,000 it is 350,000 (CT001, CT002). An army with a quarter of the reference equipment and
elasticity 0.5 has quality 0.5.

**Within the month.** Balance runs last, on this month's strengths, equipment and contingent, in month 0 too. Others
read what it writes in the next month.

**References.** Hildebrandt, G. (1999), The military production function, Defence and Peace Economics 10(3), 247-272.
Biddle, S. (2004), Military Power, Princeton University Press (why counts alone do not decide).
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.laws import total, world
from forcesim.processes.process import Process, Section
from forcesim.quantities import Quantity, Ratio, Value, choice, number
from forcesim.state import Indicator, Read

UsdPerSoldier = Annotated[Value, Quantity("USD per soldier", 1.0)]
PositiveShare = Annotated[Value, Quantity("share", 0.01, 1.0)]
Positive = Annotated[Value, Quantity("ratio", 0.01, 10.0)]

DEFENDER, AGGRESSOR = 0.0, 1.0
UNKNOWN = -1.0
"""What stands in a row that nobody writes."""


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


class Parameters(Section):
    """One army's side."""

    side: Literal["defender", "aggressor", "none"] = choice(
        "none", meaning="on whose side the army stands", assumption="on none unless given"
    )
    reference_equipment: UsdPerSoldier = number(
        65_000.0, meaning="equipment per soldier at which quality is 1", assumption="about Ukraine's in early 2025"
    )


READS = (Read("strength"), Read("trained", missing=UNKNOWN), Read("equipment", missing=UNKNOWN), Read("contingent"))
STATES = ("open", "closed")
WRITES = (
    Indicator(name="gap", unit="persons", meaning="force gap", scope="world", outcome=True, storage="count"),
    Indicator(name="ratio", unit="ratio", meaning="effective force ratio", scope="world", outcome=True),
    Indicator(name="quality", unit="ratio", meaning="quality index of the army", outcome=True),
    Indicator(name="side", unit="code", meaning="side: 0 defender, 1 aggressor, -1 neither"),
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


@law
def side(side: float) -> float:
    """Give an army on no side the code -1; the word's own code is 2."""
    return side if side <= AGGRESSOR else UNKNOWN


@law
def quality(
    strength: float, trained: float, equipment: float, reference_equipment: float, reference_trained: float,
    equipment_elasticity: float, training_elasticity: float, least_quality: float, most_quality: float,
) -> float:  # fmt: skip
    """Return the quality index of an army, within its bounds."""
    factors = factor_law(1e9 * equipment, strength, reference_equipment, equipment_elasticity)
    factors += factor_law(trained, strength, reference_trained, training_elasticity)
    return min(most_quality, max(least_quality, exp(factors)))


class Side(NamedTuple):
    own_weight: float  # effective soldiers of the defender's side
    other_weight: float
    lead: float  # soldiers by which the aggressor is ahead


@law
def weigh(strength: float, quality: float, side: float) -> Side:
    """Count an army on its side."""
    weight = quality * strength
    return Side(
        own_weight=weight if side == DEFENDER else 0.0,
        other_weight=weight if side == AGGRESSOR else 0.0,
        lead=strength if side == AGGRESSOR else (-strength if side == DEFENDER else 0.0),
    )


class Verdict(NamedTuple):
    gap: float
    ratio: float
    closed: float
    months_closed: float


@law
def verdict(
    own_weights: float, other_weights: float, lead_of_all: float, contingent: float, contingent_quality: float,
    months_closed: float,
) -> Verdict:  # fmt: skip
    """Return gap, effective ratio (an aggressor without soldiers counts as one) and whether the gap is closed."""
    gap = lead_of_all - contingent
    return Verdict(
        gap=gap,
        ratio=(own_weights + contingent_quality * contingent) / max(other_weights, 1.0),
        closed=1.0 if gap <= 0.0 else 0.0,
        months_closed=months_closed + 1.0 if gap <= 0.0 else 0.0,
    )


MONTH = (
    quality,
    weigh,
    total("own_weights", of="own_weight"),
    total("other_weights", of="other_weight"),
    total("lead_of_all", of="lead"),
    world(verdict),
)


class Balance(Process):
    """The gap, the effective ratio and the quality of each army."""

    name = section = "balance"
    Common, Parameters = Common, Parameters
    reads, writes = READS, WRITES
    opening = (side, *MONTH)
    month = MONTH
