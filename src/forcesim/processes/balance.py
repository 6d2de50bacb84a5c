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

from typing import Annotated, Literal

import numpy as np

from forcesim.kernels import kernel, law
from forcesim.numerics import exp, log
from forcesim.processes.process import (
    Context,
    Floats,
    Ints,
    Process,
    Section,
    Table,
    look,
    parameter_positions,
    series_positions,
    spread,
)
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

P = parameter_positions(Common, Parameters)
S = series_positions(READS, WRITES)


@law
def factor_law(amount: float, strength: float, reference: float, elasticity: float) -> float:
    """Return the logarithm of one factor of quality; 0 where there is no figure."""
    known = amount >= 0.0 and strength > 0.0
    return elasticity * log(max(amount / (strength * reference), 1e-9)) if known else 0.0


@law
def quality_law(factors: float, least: float, most: float) -> float:
    """Return the quality index, within its bounds, from the sum of the logarithms of its factors."""
    return min(most, max(least, exp(factors)))


@law
def ratio_law(own: float, other: float) -> float:
    """Return the effective ratio; an aggressor without soldiers counts as one soldier."""
    return own / max(other, 1.0)


@law
def months_closed_law(gap: float, months: float) -> float:
    """Return for how many months the gap has been closed."""
    return months + 1.0 if gap <= 0.0 else 0.0


@kernel
def assess(state: Floats, at: Ints, table: Table) -> None:
    """Write the quality of each army."""
    work = np.empty((6, state.shape[1]))
    reference, elasticity, other_reference, other_elasticity, least, most = range(6)
    spread(table, P.equipment_elasticity, 0, work, elasticity)
    spread(table, P.training_elasticity, 0, work, other_elasticity)
    spread(table, P.reference_trained, 0, work, other_reference)
    spread(table, P.least_quality, 0, work, least)
    spread(table, P.most_quality, 0, work, most)
    for n in range(at.shape[1]):
        spread(table, P.reference_equipment, n, work, reference)
        strength, trained, equipment, quality = (
            at[S.strength, n],
            at[S.trained, n],
            at[S.equipment, n],
            at[S.quality, n],
        )
        for i in range(state.shape[1]):
            money, people = 1e9 * state[equipment, i], state[strength, i]
            factors = factor_law(money, people, work[reference, i], work[elasticity, i])
            factors += factor_law(state[trained, i], people, work[other_reference, i], work[other_elasticity, i])
            state[quality, i] = quality_law(factors, work[least, i], work[most, i])


@kernel
def weigh(state: Floats, at: Ints, table: Table) -> None:
    """Write gap, ratio and whether the gap is closed."""
    gap, ratio, closed, months = at[S.gap, 0], at[S.ratio, 0], at[S.closed, 0], at[S.months_closed, 0]
    contingent, work, own, other = at[S.contingent, 0], np.empty((2, state.shape[1])), 0, 1
    spread(table, P.contingent_quality, 0, work, own)
    for i in range(state.shape[1]):
        state[gap, i] = -state[contingent, i]
        work[own, i] *= state[contingent, i]
        work[other, i] = 0.0
    for n in range(at.shape[1]):
        strength, quality, side = at[S.strength, n], at[S.quality, n], look(table, P.side, n, 0)
        for i in range(state.shape[1]):
            weight = state[quality, i] * state[strength, i]
            state[gap, i] += (
                state[strength, i] if side == AGGRESSOR else (-state[strength, i] if side == DEFENDER else 0.0)
            )
            work[own, i] += weight if side == DEFENDER else 0.0
            work[other, i] += weight if side == AGGRESSOR else 0.0
    for i in range(state.shape[1]):
        state[ratio, i] = ratio_law(work[own, i], work[other, i])
        state[months, i] = months_closed_law(state[gap, i], state[months, i])
        state[closed, i] = 1.0 if state[gap, i] <= 0.0 else 0.0


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
        for series in WRITES:
            context.write(series.name)[:] = 0.0
        self.step(context, 0)

    def step(self, context: Context, month: int) -> None:  # noqa: ARG002 - the same law every month
        """Weigh a month."""
        assess(context.state, context.at, context.arrays[4:])
        weigh(context.state, context.at, context.arrays[4:])
