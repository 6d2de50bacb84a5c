"""Front: the ground that changes hands, and when a defence may collapse.

**Equation.** In a war, or in part in a local attack, ground is taken each month; ``r`` is the ratio at the front last
month over that of the first month in which it was known::

    taken  = activity (advance r^(-ground_elasticity) + e)                (km2; if advance < 0 the power is positive)
    e'     = advance_memory e + advance_noise sqrt(1 - advance_memory^2) z
    held'  = held - taken / area                                          (within 0 and 1)

A side that retakes ground has a negative ``taken``. Below a breakpoint the defence may collapse::

    collapse_hazard = collapse_rate max(0, ln(break_ratio / front_ratio_alone))                      (at war)

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
held                  ``territory``                share               written
taken                 ``ground_taken``             km2                 written
collapse hazard       ``collapse_hazard``          per month           written
e                     ``advance_shock``            km2                 written
first ratio           ``ratio_at_first``           ratio               written
held (month 0)        ``territory``                share               maps of the war (ISW, DeepState), January 2025
area                  ``area``                     km2                 Ukraine in its borders of 1991
advance               ``advance``                  km2 per month       the same maps, 2024
its noise, memory     ``advance_noise``,           km2, share          the same maps, 2024-2025
                      ``advance_memory``
its elasticity        ``ground_elasticity``        ratio               assumption
breakpoint            ``break_ratio``              ratio               assumption (DT012)
collapse_rate         ``collapse_rate``            per month           assumption
z                     ``z_front``                  normal              drawn
phase, activity       ``phase``, ``activity``      code, ratio         read
front ratio           ``front_ratio_alone``        ratio               read, last month's
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** No monthly series of the ratio at the front exists, and the months of this war do not tie
ground to losses or fires. So the elasticity is a prior, and the advance differs between paths more than between
months: in 2026 it fell to a tenth, and a law fitted to the years before misses that. Ground is one number: where it
lies, and what stands on it, is left out, as are the terms of a peace. A collapse of the attacker is left out.

**By hand.** At 300 km2 a month and the first ratio, 603,628 km2 lose 0.6 % in a year of war. With elasticity 1, half
the ratio doubles the advance. At a ratio of 0.2, a breakpoint of 0.4 and a rate of 0.1 the hazard of a collapse is
0.069.

**Within the month.** Front runs after the conflict, on this month's phase and last month's ratio. The conflict reads
its collapse hazard in the next month.

**References.** Biddle, S. (2004), Military Power, Princeton University Press. Dupuy, T. N. (1987), Understanding War,
Paragon House (breakpoints). Helmbold, R. L. (1971), Decision in battle: breakpoint hypotheses and engagement
termination data, RAND R-772-PR (defeat is not a matter of a loss threshold alone, so it is a hazard here).
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.phases import WAR, at_war
from forcesim.processes.process import Draw, Process, Section
from forcesim.quantities import PerMonth, Quantity, Ratio, Share, Value, number
from forcesim.state import Indicator, Read

Area = Annotated[Value, Quantity("km2", 1.0)]
Ground = Annotated[Value, Quantity("km2 per month")]
Spread = Annotated[Value, Quantity("km2", 0.0)]
Positive = Annotated[Value, Quantity("ratio", 0.01, 100.0)]


class Common(Section):
    """The front of the war."""

    territory: Share = number(
        0.81,
        meaning="part of the country that the defender holds at the start",
        source="km2 held by Russia, January 2025: 112,204 (DeepState), 115,916 (ISW), of 603,628",
    )
    area: Area = number(603_628.0, meaning="area of the country", source="Ukraine in its borders of 1991")
    advance: Ground = number(
        342.0,
        meaning="ground that the attacker takes in a month of war, at the first ratio",
        source="ISW: 111,811 km2 held in January 2024, 115,916 in January 2025",
    )
    advance_noise: Spread = number(
        150.0, meaning="spread of a month about that", source="ISW and DeepState 2024-2025: 136 to 179"
    )
    advance_memory: Share = number(
        0.5, meaning="autocorrelation of that from month to month", source="the same months: 0.41 to 0.66, error 0.2"
    )
    ground_elasticity: Ratio = number(
        0.6, meaning="fall of the advance with the ratio", assumption="no data; between a fifth and two"
    )
    break_ratio: Positive = number(
        0.33, meaning="ratio below which the defence may collapse", assumption="the rule of three to one (DT012)"
    )
    collapse_rate: PerMonth = number(
        0.1, meaning="hazard of a collapse per log point below it", assumption="half the break_ratio: within 14 months"
    )


READS = (
    Read("phase", missing=WAR),
    Read("activity", missing=1.0),
    Read("front_ratio_alone", lag=1, missing=-1.0),
)
WRITES = (
    Indicator(
        name="territory",
        unit="share",
        meaning="part of the country that the defender holds",
        scope="world",
        outcome=True,
    ),
    Indicator(name="ground_taken", unit="km2", meaning="ground taken by the attacker", scope="world", outcome=True),
    Indicator(name="collapse_hazard", unit="per month", meaning="hazard of a collapse", scope="world", outcome=True),
    Indicator(name="advance_shock", unit="km2", meaning="what a month's advance is above its mean", scope="world"),
    Indicator(name="ratio_at_first", unit="ratio", meaning="ratio at the front when first known", scope="world"),
)
DRAWS = (Draw("z_front", scope="world"),)


class Move(NamedTuple):
    territory: float
    ground_taken: float
    advance_shock: float
    ratio_at_first: float


@law
def advance_law(advance: float, r: float, elasticity: float) -> float:
    """Return the mean advance at a ratio over the first one: a stronger defender gives less, or retakes more.

    Examples
    --------
    >>> advance_law(advance=300.0, r=0.5, elasticity=1.0), advance_law(advance=-300.0, r=0.5, elasticity=1.0)
    (600.0, -150.0)
    """
    power = elasticity * log(max(r, 1e-6))
    return advance * exp(-power if advance >= 0.0 else power)


@law
def move(
    territory: float, advance_shock: float, ratio_at_first: float, phase: float, activity: float, front_ratio_alone:
    float, area: float, advance: float, advance_noise: float, advance_memory: float, ground_elasticity: float,
    z_front: float, first_year: float,
) -> Move:  # fmt: skip
    """Move the front by a month; the first month's shock comes from its stationary law."""
    first = ratio_at_first if ratio_at_first > 0.0 else front_ratio_alone
    r = front_ratio_alone / first if front_ratio_alone > 0.0 and first > 0.0 else 1.0
    fresh = 1.0 if first_year > 0.0 else math.sqrt(1.0 - advance_memory * advance_memory)
    shock = advance_memory * advance_shock + advance_noise * fresh * z_front
    wanted = activity * (advance_law(advance, r, ground_elasticity) + shock) if at_war(phase) else 0.0
    taken = min(territory * area, max((territory - 1.0) * area, wanted))
    held = min(1.0, max(0.0, territory - taken / area))
    return Move(held, taken, shock, first)


@law
def collapse_hazard(phase: float, front_ratio_alone: float, break_ratio: float, collapse_rate: float) -> float:
    """Return the hazard that the defence collapses: none above the breakpoint, or where the ratio is not known."""
    known = phase == WAR and front_ratio_alone >= 0.0
    below = log(break_ratio / max(front_ratio_alone, 1e-3)) if known else 0.0
    return collapse_rate * max(0.0, below)


class Front(Process):
    """Ground that changes hands, and the hazard of a collapse."""

    name = section = "front"
    Common = Common
    reads, writes, draws = READS, WRITES, DRAWS
    month = (move, collapse_hazard)
