"""Balance: the gap in soldiers, the quality of each army, the effective ratio, and whether the gap is closed.

**Equation.** With D the nations on the defender's side and A those on the aggressor's::

    gap      = sum over A of strength - (sum over D of strength + contingent)
    quality  = min(most, max(least, (equipment / (strength reference_equipment))^alpha
                                    (trained / (strength reference_trained))^beta))
    ratio    = (sum over D of strength quality + contingent contingent_quality) / (sum over A of strength quality)
    closed   = 1 if gap <= 0 else 0;   months_closed counts the months since it closed, 0 when it opens again

**Symbols.**

====================  ===========================  ==================  ==================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ==================================================
gap                   ``gap``                      persons             written
ratio                 ``ratio``                    ratio               written
quality               ``quality``                  ratio               written
closed                ``closed``                   code                written
months since          ``months_closed``            months              written
side                  ``side``                     choice              CT002 (who stands against whom)
alpha                 ``equipment_elasticity``     ratio               assumption
beta                  ``training_elasticity``      ratio               assumption
reference_equipment   ``reference_equipment``      USD per soldier     assumption
reference_trained     ``reference_trained``        share               assumption
least, most           ``least_quality``,           ratio               assumption
                      ``most_quality``
contingent_quality    ``contingent_quality``       ratio               assumption
strength, trained     ``strength``, ``trained``    persons             read
equipment             ``equipment``                bn USD              read; below zero where no process writes it
contingent            ``contingent``               persons             read
====================  ===========================  ==================  ==================================================

**Assumes and leaves out.** A soldier is a soldier in the gap: it is the count that people argue about. Quality is an
index around 1, equipment and training enter as a Cobb-Douglas product (as in the production-function view of military
capability), and it is bounded. Terrain, morale, command and the advantage of the defence are left out; the conflict
process states what it makes of the ratio. Where nobody writes equipment or trained strength the factor is 1.

**By hand.** 1,500,000 against 1,000,000 gives a gap of 500,000 and a ratio of 0.667; 100,000 in the contingent leave
400,000, 150,000 leave 350,000 (CT001, CT002).

**Within the month.** Balance runs last: it reads this month's strengths and contingent. What it writes is read by
others in the next month.

**References.** Hildebrandt, G. (1999), The military production function, Defence and Peace Economics 10(3), 247-272.
Biddle, S. (2004), Military Power, Princeton University Press, chapter 2 (why counts alone do not decide).
"""

from __future__ import annotations

from typing import Annotated, Literal

from forcesim.kernels import kernel, law
from forcesim.numerics import exp, log
from forcesim.processes.process import (
    Context,
    Floats,
    Ints,
    Process,
    Section,
    parameter_positions,
    series_positions,
)
from forcesim.quantities import Quantity, Ratio, Value, choice, number
from forcesim.state import Indicator, Read

UsdPerSoldier = Annotated[Value, Quantity("USD per soldier", 1.0)]
PositiveShare = Annotated[Value, Quantity("share", 0.01, 1.0)]
Positive = Annotated[Value, Quantity("ratio", 0.01, 10.0)]

DEFENDER, AGGRESSOR = 0.0, 1.0


class Common(Section):
    """What all armies share."""

    equipment_elasticity: Ratio = number(
        0.3,
        meaning="elasticity of quality in equipment per soldier",
        assumption="a third, the usual share of capital in output",
    )
    training_elasticity: Ratio = number(
        0.5,
        meaning="elasticity of quality in the trained share",
        assumption="training counts for more than equipment per head; see Biddle (2004)",
    )
    reference_equipment: UsdPerSoldier = number(
        60_000.0,
        meaning="equipment per soldier at which quality is 1",
        assumption="near what Ukraine and Russia hold at the start of 2025 in this scenario",
    )
    reference_trained: PositiveShare = number(
        0.9, meaning="trained share at which quality is 1", assumption="a tenth of an army in schools or recovering"
    )
    least_quality: Positive = number(0.4, meaning="bound below", assumption="an army without equipment still fights")
    most_quality: Positive = number(1.8, meaning="bound above", assumption="quality does not grow without end")
    contingent_quality: Ratio = number(
        1.2,
        meaning="quality of the contingent's soldiers",
        assumption="professional units with full equipment, without experience of this war",
    )


class Parameters(Section):
    """An army's side."""

    side: Literal["defender", "aggressor"] = choice(
        "defender", meaning="on whose side the army stands", source="CT002"
    )


READS = (
    Read("strength"),
    Read("trained", missing=-1.0),
    Read("equipment", missing=-1.0),
    Read("contingent"),
)
WRITES = (
    Indicator(name="gap", unit="persons", meaning="force gap", scope="world", outcome=True, storage="count"),
    Indicator(name="ratio", unit="ratio", meaning="effective force ratio", scope="world", outcome=True),
    Indicator(name="quality", unit="ratio", meaning="quality index of the army", outcome=True),
    Indicator(
        name="closed",
        unit="code",
        meaning="whether the gap is closed",
        scope="world",
        outcome=True,
        storage="code",
        labels=("open", "closed"),
    ),
    Indicator(
        name="months_closed", unit="months", meaning="months since the gap closed", scope="world", storage="count"
    ),
)

P = parameter_positions(Common, Parameters)
S = series_positions(READS, WRITES)


@law
def factor_law(amount: float, strength: float, reference: float, elasticity: float) -> float:
    """Return one factor of quality: (amount per head / reference)^elasticity; 1 where there is no figure."""
    if amount < 0.0 or strength <= 0.0:
        return 1.0
    return exp(elasticity * log(max(amount / strength / reference, 1e-6)))


@law
def quality_law(equipment_factor: float, training_factor: float, least: float, most: float) -> float:
    """Return the quality index, within its bounds."""
    return min(most, max(least, equipment_factor * training_factor))


@law
def months_closed_law(gap: float, months: float) -> float:
    """Return for how many months the gap has been closed."""
    return months + 1.0 if gap <= 0.0 else 0.0


@kernel
def weigh(state: Floats, at: Ints, values: Floats, offset: Ints, stride: Ints) -> None:
    """Write the quality of each army, then gap, ratio and whether the gap is closed."""
    gap, ratio, closed = state[at[S.gap, 0]], state[at[S.ratio, 0]], state[at[S.closed, 0]]
    months, contingent = state[at[S.months_closed, 0]], state[at[S.contingent, 0]]
    for i in range(state.shape[1]):
        c = contingent[i]
        own, own_effective = c, c * values[offset[P.contingent_quality, 0] + stride[P.contingent_quality, 0] * i]
        other, other_effective = 0.0, 0.0
        for n in range(at.shape[1]):
            strength = state[at[S.strength, n], i]
            quality = quality_law(
                factor_law(
                    state[at[S.equipment, n], i] * 1e9 if state[at[S.equipment, n], i] >= 0.0 else -1.0,
                    strength,
                    values[offset[P.reference_equipment, n] + stride[P.reference_equipment, n] * i],
                    values[offset[P.equipment_elasticity, n] + stride[P.equipment_elasticity, n] * i],
                ),
                factor_law(
                    state[at[S.trained, n], i],
                    strength,
                    values[offset[P.reference_trained, n] + stride[P.reference_trained, n] * i],
                    values[offset[P.training_elasticity, n] + stride[P.training_elasticity, n] * i],
                ),
                values[offset[P.least_quality, n] + stride[P.least_quality, n] * i],
                values[offset[P.most_quality, n] + stride[P.most_quality, n] * i],
            )
            state[at[S.quality, n], i] = quality
            if values[offset[P.side, n] + stride[P.side, n] * i] == AGGRESSOR:
                other += strength
                other_effective += strength * quality
            else:
                own += strength
                own_effective += strength * quality
        gap[i] = other - own
        ratio[i] = own_effective / max(other_effective, 1.0)
        months[i] = months_closed_law(gap[i], months[i])
        closed[i] = 1.0 if gap[i] <= 0.0 else 0.0


class Balance(Process):
    """The gap, the effective ratio and the quality of each army."""

    name = "balance"
    section = "balance"
    Common = Common
    Parameters = Parameters
    reads = READS
    writes = WRITES

    def start(self, context: Context) -> None:
        """Weigh month 0."""
        weigh(context.state, context.at, context.values, context.offset, context.stride)

    def step(self, context: Context, month: int) -> None:  # noqa: ARG002 - the same law every month
        """Weigh a month."""
        weigh(context.state, context.at, context.values, context.offset, context.stride)
