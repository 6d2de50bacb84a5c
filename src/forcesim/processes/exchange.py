"""Exchange: losses of a side come from the other side's soldiers in the theatre, its fires and its quality.

**Equation.** For each army the hazard of loss at the start, ``casualty_rate``, is multiplied by::

    attrition = (force ratio / its start)^p (w + (1 - w) fires ratio)^phi (quality ratio / its start)^chi
    force ratio   = theatre of the other side / theatre of the own side
    fires ratio   = fires of the other side / fires at the start         (its mean over armies, weighed by theatre)
    quality ratio = quality of the other side / quality of the own side  (as above)

so losses of D are ``1 - exp(-k_D I attrition)`` of ``F_D``, and the total goes with ``F_D^(1 - p) F_A^p``.

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
attrition             ``attrition``                ratio               written, on ``army.casualty_rate``
p                     ``mass_exponent``            ratio               660 battles since 1900 (CDB90); assumption here
local elasticity      ``fires_elasticity``         ratio               assumption: phi (1 - w), months of this war
w                     ``other_share``              share               assumption
chi                   ``quality_exponent``         ratio               assumption
at the start          ``force_at_start``,          ratio               written
                      ``fires_at_start``,
                      ``quality_at_start``
F                     ``theatre``                  persons             read, last month's
f                     ``fires``                    share               read, last month's
q                     ``quality``                  ratio               read, last month's
side                  ``side``                     code                read, last month's
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** One front. ``phi`` is ``fires_elasticity / (1 - w)``: near the start only the local
elasticity can be seen, and ``w`` says what is left where fires fail. An army alone, or on no side, loses as at its
start. Which arm fires, air defence, fortification and the season are left out; the tempo of the attacker stands in
``intensity``. With p below 1 a larger army loses more in all, and less per soldier.

**By hand.** With p = 0.5 and all else 0, four times the enemy's soldiers double the hazard. With w = 0.5, phi = 1
(``fires_elasticity`` 0.5), half of the enemy's fires leave ``0.5 + 0.25`` = 0.75. With all exponents 0 the hazard is
constant.

**Within the month.** Exchange runs before personnel, on last month's forces. In month 1 attrition is 1.

**References.** Bracken, J. (1995), Lanchester models of the Ardennes campaign, Naval Research Logistics 42(4),
559-577. Lucas, T. W. and Turkes, T. (2004), Fitting Lanchester equations to the battles of Kursk and Ardennes, Naval
Research Logistics 51(1), 95-116. Helmbold, R. L. (1995), CDB90 database of battles, US Army Concepts Analysis Agency.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.laws import total
from forcesim.processes.process import Process, Section
from forcesim.quantities import Quantity, Value, number
from forcesim.state import Factor, Indicator, Read

Exponent = Annotated[Value, Quantity("ratio", 0.0, 2.0)]
MostShare = Annotated[Value, Quantity("share", 0.0, 0.95)]

DEFENDER, AGGRESSOR = 0.0, 1.0


class Common(Section):
    """What holds between all armies."""

    mass_exponent: Exponent = number(
        0.37, meaning="exponent of the force ratio",
        assumption="413 battles since 1900 give 0.27 and 0.45 (attackers, defenders), wars differ by 0.3 to 0.4",
    )  # fmt: skip
    fires_elasticity: Exponent = number(
        0.1, meaning="elasticity of losses in the other side's fires, near the start",
        assumption="months of this war: 0.3 and more fails in 2026, no fall below 0 makes sense",
    )  # fmt: skip
    other_share: MostShare = number(0.5, meaning="part of the losses that needs no fires", assumption="half")
    quality_exponent: Exponent = number(
        0.35, meaning="exponent of the ratio of qualities", assumption="from nothing to that of mass; the middle",
    )  # fmt: skip


class Parameters(Section):
    """One army; it has no numbers of its own."""


READS = (
    Read("side", lag=1, missing=-1.0), Read("theatre", lag=1), Read("fires", lag=1, missing=1.0),
    Read("quality", lag=1, missing=1.0),
)  # fmt: skip
WRITES = (
    Factor(name="attrition", on="army.casualty_rate", meaning="hazard of loss against that at the start", outcome=True),
    Indicator(name="force_at_start", unit="ratio", meaning="log of the ratio of forces at the start"),
    Indicator(name="fires_at_start", unit="ratio", meaning="fires of the other side at the start"),
    Indicator(name="quality_at_start", unit="ratio", meaning="log of the ratio of qualities at the start"),
)


class Weights(NamedTuple):
    defending: float  # soldiers of the defender's side in the theatre
    attacking: float
    defending_fires: float  # the same, weighed by fires
    attacking_fires: float
    defending_quality: float
    attacking_quality: float


@law
def weigh(side: float, theatre: float, fires: float, quality: float) -> Weights:
    """Count an army on its side."""
    own, other = theatre if side == DEFENDER else 0.0, theatre if side == AGGRESSOR else 0.0
    return Weights(own, other, own * fires, other * fires, own * quality, other * quality)


class Sides(NamedTuple):
    force_ratio: float  # log of the other side's soldiers over the own
    fires_of_other: float
    quality_ratio: float  # log of the other side's quality over the own
    opposed: float  # 1 where there are soldiers on both sides


@law
def face(
    side: float, defenders: float, attackers: float, defenders_fires: float, attackers_fires: float, defenders_quality:
    float, attackers_quality: float,
) -> Sides:  # fmt: skip
    """Return what an army faces."""
    defends = side == DEFENDER
    own, other = (defenders, attackers) if defends else (attackers, defenders)
    own_quality, other_quality = (
        (defenders_quality, attackers_quality) if defends else (attackers_quality, defenders_quality)
    )
    fires = attackers_fires if defends else defenders_fires
    level = log(max(other_quality, 1e-9) / max(other, 1.0)) - log(max(own_quality, 1e-9) / max(own, 1.0))
    return Sides(
        force_ratio=log(max(other, 1.0) / max(own, 1.0)),
        fires_of_other=fires / max(other, 1.0),
        quality_ratio=level,
        opposed=1.0 if (defends or side == AGGRESSOR) and own >= 1.0 and other >= 1.0 else 0.0,
    )


class Exchanged(NamedTuple):
    attrition: float
    force_at_start: float
    fires_at_start: float
    quality_at_start: float


@law
def exchange(
    force_ratio: float, fires_of_other: float, quality_ratio: float, opposed: float, force_at_start: float,
    fires_at_start: float, quality_at_start: float, mass_exponent: float, fires_elasticity: float, other_share: float,
    quality_exponent: float, month: float,
) -> Exchanged:  # fmt: skip
    """Return the hazard of loss against that of the start, which month 1 fixes."""
    first = month <= 1.0
    force, fires = force_ratio if first else force_at_start, fires_of_other if first else fires_at_start
    quality = quality_ratio if first else quality_at_start
    shelled = other_share + (1.0 - other_share) * (fires_of_other / max(fires, 1e-9) if fires > 0.0 else 1.0)
    powers = mass_exponent * (force_ratio - force) + quality_exponent * (quality_ratio - quality)
    powers += fires_elasticity / (1.0 - other_share) * log(max(shelled, 1e-9))
    return Exchanged(exp(opposed * powers), force, fires, quality)


class Exchange(Process):
    """Who hits whom, and how hard."""

    name = section = "exchange"
    Common, Parameters = Common, Parameters
    reads, writes = READS, WRITES
    month = (
        weigh,
        total("defenders", of="defending"),
        total("attackers", of="attacking"),
        total("defenders_fires", of="defending_fires"),
        total("attackers_fires", of="attacking_fires"),
        total("defenders_quality", of="defending_quality"),
        total("attackers_quality", of="attacking_quality"),
        face,
        exchange,
    )
