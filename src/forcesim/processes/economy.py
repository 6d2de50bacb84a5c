"""Economy: real gross domestic product of each nation, with shared and own shocks, recessions, war and reconstruction.

**Equation.** In month 1 and in each January the year's growth (in logarithms) is drawn once::

    g[n]   = ln(1 + trend[n]) + loading[n] (f + R) + e[n] + omega[n] S[n]
    f'     = phi f + sigma_f sqrt(1 - phi^2) z             (shared: AR(1), one for the world)
    e'[n]  = phi_n e[n] + sigma_n sqrt(1 - phi_n^2) z[n]   (own: AR(1))
    R      = P (a + b) - D,  D = a + b ln(P / u) if u < P else 0      (a world recession, centred; S[n] alike)

and each month moves by its twelfth, less what the war costs and plus what peace rebuilds::

    gdp'   = gdp exp(g / 12) exp(w - w')
    w'     = w + drag / 12                 at war
    w'     = w exp(-1 / recovery_months)   after a ceasefire: the gap closes, reconstruction adds growth
    gdp   *= L' / L,  L' = (1 - (soldiers - soldiers of month 0) / labour)^labour_share      (where labour is given)

``sigma_f`` and ``sigma_n`` are what the rare falls leave of the stated volatility, so that trend, volatility and
persistence are those of the growth panel whether or not there are recessions: these change the shape (a heavy left
tail), neither mean nor variance. With the probabilities at 0 GDP is exactly lognormal.

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
GDP                   ``gdp``                      bn USD per year     gdp_level (month 0)
annualised growth     ``growth``                   share per year      written
exp(g / 12)           ``monthly_factor``           ratio               written
e                     ``own_shock``                log points          written
f                     ``shared_shock``             log points          written
R                     ``recession``                log points          written
w                     ``war_gap``                  log points          written; at the start a parameter
L                     ``labour_factor``            ratio               written
soldiers at first     ``first_soldiers``           persons             written
labour                ``labour``                   persons             population (men and women at work)
labour_share          ``labour_share``             share               labour's share of income
soldiers              ``strength``                 persons             read, last month's
trend                 ``trend``                    per year            growth_estimates (World Bank, 1995-2024)
loading               ``loading``                  ratio               growth_estimates
omega                 ``own_volatility``           per year            growth_estimates
phi_n                 ``own_persistence``          ratio               growth_estimates
w at the start        ``war_gap``                  log points          assumption
drag                  ``war_drag``                 per year            assumption
recovery_months       ``recovery_months``          months              assumption
sd of f + R           ``shared_volatility``        per year            growth_estimates ALL
phi                   ``shared_persistence``       ratio               growth_estimates ALL
P, a, b of R          ``recession_probability``,   share, log points   2009 and 2020 among the years 1995-2024
                      ``recession_least``,
                      ``recession_excess``
P, a, b of S          ``slump_probability``,       share, own sd       skewness and left tail of the panel's residuals
                      ``slump_least``,
                      ``slump_excess``
z, z[n]               ``z_shared``, ``z_own``      standard normal     drawn, by year
u of R, of S          ``u_recession``,             uniform             drawn, by year (1 without noise: the mean)
                      ``u_slump``
phase                 ``phase``                    code                read, last month's (0 war, 1 ceasefire)
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** Growth comes in calendar years; within a year it is even. Shocks are to the level and are
never made good (the rebound of 2021 counts as an ordinary good year). No inflation, no exchange rates: constant
dollars. The persistence of the shared factor is that of its calm part; a recession year is not followed by another
more often than chance has it. Who is in the army is missing at work: an army that grows lowers GDP, one that shrinks
raises it. The killed and those who fled are missing too; that is part of ``war_drag``. Money for defence does not feed
back on growth.

**By hand.** Without noise GDP after k months is ``gdp (1 + trend)^(k / 12)``; with ``drag`` 0.12 at war it is that
times ``exp(-0.01 k)``; a gap of 0.2 that closes for ever adds ``exp(0.2)``. With a labour force of 12 million and a
labour share of 0.6, 600,000 more soldiers cost ``1 - 0.95^0.6`` = 3.0 % of GDP.

**Within the month.** Economy runs first; it reads last month's phase and strength.

**References.** Barro, R. J. (2006), Rare disasters and asset markets in the twentieth century, Quarterly Journal of
Economics 121(3), 823-866 (rare falls beside ordinary shocks). Efron, B. and Morris, C. (1975), Data analysis using
Stein's estimator, JASA 70, 311-319 (the shrinkage behind growth_estimates).
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.laws import unless_zero, world, yearly
from forcesim.processes.phases import at_war
from forcesim.processes.process import Draw, Process, Section
from forcesim.quantities import Months, Quantity, Ratio, Share, UsdBn, Value, number
from forcesim.state import Indicator, Read

Growth = Annotated[Value, Quantity("per year", -0.3, 0.3)]
Volatility = Annotated[Value, Quantity("per year", 0.0, 0.5)]
Persistence = Annotated[Value, Quantity("ratio", -0.95, 0.95)]
Labour = Annotated[Value, Quantity("persons", 0.0, 1e9)]
LogPoints = Annotated[Value, Quantity("log points", 0.0, 3.0)]


class Common(Section):
    """What all economies share."""

    shared_volatility: Volatility = number(
        0.0217,
        meaning="standard deviation of the shared factor, recessions included",
        source="growth_estimates ALL volatility",
    )
    shared_persistence: Persistence = number(
        0.133, meaning="year-to-year autocorrelation of the shared factor", source="growth_estimates ALL persistence"
    )
    recession_probability: Share = number(
        0.0667,
        meaning="chance that a year is one of world recession",
        assumption="2009 and 2020 among the 30 years 1995-2024",
    )
    recession_least: LogPoints = number(
        0.04,
        meaning="least depth of a world recession",
        assumption="with the excess, a mean depth of 6.5 points: the"
        " median growth of the panel in 2009 and 2020 lay 7.0 and 6.1 points under its mean",
    )
    recession_excess: LogPoints = number(
        0.025,
        meaning="mean depth of a world recession beyond the least",
        assumption="exponential beyond the least; two recessions cannot tell its form",
    )
    slump_probability: Share = number(
        0.015,
        meaning="chance that a year is one of a nation's own slump",
        assumption="with depth 2.7 sd gives the"
        " panel's residuals their skewness of -0.34 and 1.3 % of years below -2.5 sd",
    )
    slump_least: Ratio = number(
        2.0, meaning="least depth of a slump, in standard deviations of own shocks", assumption="see slump_probability"
    )
    slump_excess: Ratio = number(
        0.7, meaning="mean depth of a slump beyond the least, in the same unit", assumption="see slump_probability"
    )


class Parameters(Section):
    """One economy."""

    gdp: UsdBn = number(meaning="real GDP at the start, bn USD per year")
    trend: Growth = number(0.0253, meaning="growth in a year without shocks", source="growth_estimates ALL trend")
    loading: Ratio = number(
        1.0, meaning="how much of the shared factor it takes", source="growth_estimates ALL loading"
    )
    own_volatility: Volatility = number(
        0.0217,
        meaning="standard deviation of own shocks, slumps included",
        assumption="as large as the shared factor's",
    )
    own_persistence: Persistence = number(
        0.32, meaning="year-to-year autocorrelation of own shocks", assumption="the panel's mean"
    )
    war_gap: LogPoints = number(
        0.0, meaning="GDP lost to the war so far that peace could rebuild", assumption="none where there is no war"
    )
    war_drag: Growth = number(
        0.0, meaning="growth that each further year of war costs", assumption="none where there is no war"
    )
    labour: Labour = number(
        0.0,
        meaning="people at work at the start; 0: soldiers cost no output",
        assumption="an army whose labour nobody misses unless given",
    )
    labour_share: Share = number(
        0.6, meaning="elasticity of GDP in labour", assumption="labour's share of income, about six tenths"
    )
    recovery_months: Months = number(
        120.0, meaning="mean time in which peace closes the gap", assumption="a decade, as after other wars", lever=True
    )


READS = (Read("phase", lag=1), Read("strength", lag=1))
WRITES = (
    Indicator(name="gdp", unit="bn USD per year", meaning="real gross domestic product", outcome=True),
    Indicator(name="growth", unit="share per year", meaning="annualised growth of real GDP"),
    Indicator(name="monthly_factor", unit="ratio", meaning="what the year's growth multiplies GDP by each month"),
    Indicator(name="own_shock", unit="log points", meaning="the nation's own shock to this year's growth"),
    Indicator(name="war_gap", unit="log points", meaning="GDP lost to the war that peace could rebuild"),
    Indicator(name="labour_factor", unit="ratio", meaning="output of those at work against that of month 0"),
    Indicator(name="first_soldiers", unit="persons", meaning="soldiers of month 0"),
    Indicator(
        name="shared_shock", unit="log points", meaning="shock to this year's growth, all nations", scope="world"
    ),
    Indicator(
        name="recession", unit="log points", meaning="world recession: this year's effect, centred", scope="world"
    ),
)
DRAWS = (
    Draw("z_own", every="year"),
    Draw("u_slump", every="year", still=1.0),
    Draw("z_shared", scope="world", every="year"),
    Draw("u_recession", scope="world", every="year", still=1.0),
)


@law
def rare_fall(u: float, probability: float, least: float, excess: float) -> float:
    """Return a rare fall less its mean, from one uniform: it decides both whether and how deep (u = 1: no noise)."""
    mean = probability * (least + excess)
    fall = mean - least + excess * log(max(u, 1e-300) / max(probability, 1e-300))
    return 0.0 if u >= 1.0 else (fall if u < probability else mean)


@law
def calm_deviation(volatility: float, probability: float, least: float, excess: float) -> float:
    """Return the standard deviation that a rare fall leaves to the ordinary shocks."""
    mean = probability * (least + excess)
    fall = probability * ((least + excess) * (least + excess) + excess * excess) - mean * mean
    return math.sqrt(max(0.0, volatility * volatility - fall))


@law
def innovation(deviation: float, persistence: float) -> float:
    """Return the standard deviation of an AR(1)'s innovations, given its stationary one."""
    return deviation * math.sqrt(1.0 - persistence * persistence)


@law
def shock_law(shock: float, persistence: float, spread: float, z: float) -> float:
    """Return next year's shock: AR(1) with innovations of standard deviation ``spread``."""
    return persistence * shock + spread * z


@law
def twelfth_power(x: float) -> float:
    """Return x to the twelfth: twelve months of the same growth."""
    cube = x * x * x
    return (cube * cube) * (cube * cube)


@law
def war_gap_law(gap: float, phase: float, drag: float, recovery_months: float) -> float:
    """Return the GDP (log points) lost to the war: it grows at war and closes after a ceasefire."""
    return gap + drag / 12.0 if at_war(phase) else gap * exp(-1.0 / max(recovery_months, 1.0))


class Spreads(NamedTuple):
    shared_spread: float  # standard deviation of the shared factor's innovations, per year
    shared_spread_at_first: float  # the same in the first year, when the factor has no past


@law
def shared_spreads(
    shared_volatility: float, shared_persistence: float, recession_probability: float, recession_least: float,
    recession_excess: float,
) -> Spreads:  # fmt: skip
    """Return what world recessions leave to the shared factor."""
    calm = calm_deviation(shared_volatility, recession_probability, recession_least, recession_excess)
    return Spreads(innovation(calm, shared_persistence), calm)


class SharedYear(NamedTuple):
    shared_shock: float
    recession: float


@law
def shared_year(
    shared_shock: float, shared_persistence: float, shared_spread: float, shared_spread_at_first: float,
    recession_probability: float, recession_least: float, recession_excess: float, first_year: float, z_shared:
    float, u_recession: float,
) -> SharedYear:  # fmt: skip
    """Draw the year's shocks that all nations share; the first year's come from their stationary law."""
    keep = 0.0 if first_year > 0.0 else shared_persistence
    spread = shared_spread_at_first if first_year > 0.0 else shared_spread
    return SharedYear(
        shared_shock=shock_law(shared_shock, keep, spread, z_shared),
        recession=rare_fall(u_recession, recession_probability, recession_least, recession_excess),
    )


class OwnSpreads(NamedTuple):
    own_spread: float  # standard deviation of a nation's own innovations, per year
    own_spread_at_first: float
    log_trend: float  # growth in a year without shocks, as a logarithm


@law
def own_spreads(
    trend: float, own_volatility: float, own_persistence: float, slump_probability: float, slump_least: float,
    slump_excess: float,
) -> OwnSpreads:  # fmt: skip
    """Return what slumps leave to a nation's own shocks, and its trend."""
    calm = own_volatility * calm_deviation(1.0, slump_probability, slump_least, slump_excess)
    return OwnSpreads(innovation(calm, own_persistence), calm, log(1.0 + trend))


class Year(NamedTuple):
    own_shock: float
    monthly_factor: float
    growth: float


@law
def own_year(
    own_shock: float, own_persistence: float, own_spread: float, own_spread_at_first: float, own_volatility: float,
    slump_probability: float, slump_least: float, slump_excess: float, log_trend: float, loading: float,
    shared_shock: float, recession: float, first_year: float, z_own: float, u_slump: float,
) -> Year:  # fmt: skip
    """Draw a nation's own shocks, and its growth of the year."""
    keep = 0.0 if first_year > 0.0 else own_persistence
    spread = own_spread_at_first if first_year > 0.0 else own_spread
    shock = shock_law(own_shock, keep, spread, z_own)
    slump = own_volatility * rare_fall(u_slump, slump_probability, slump_least, slump_excess)
    growth = log_trend + loading * (shared_shock + recession) + (shock + slump)
    factor = exp(growth / 12.0)
    return Year(own_shock=shock, monthly_factor=factor, growth=twelfth_power(factor) - 1.0)


@law
def gdp(gdp: float, monthly_factor: float) -> float:
    """Move GDP by a month."""
    return gdp * monthly_factor


class War(NamedTuple):
    gdp: float
    growth: float
    war_gap: float


@law
def war(
    gdp: float, monthly_factor: float, war_gap: float, phase: float, war_drag: float, recovery_months: float
) -> War:
    """Take from GDP what the month's war costs, or add what peace rebuilds."""
    gap = war_gap_law(war_gap, phase, war_drag, recovery_months)
    back = exp(war_gap - gap)
    return War(gdp=gdp * back, growth=twelfth_power(monthly_factor * back) - 1.0, war_gap=gap)


class AtWork(NamedTuple):
    gdp: float
    labour_factor: float
    first_soldiers: float


@law
def work(
    gdp: float, strength: float, labour_factor: float, first_soldiers: float, first_year: float, labour: float,
    labour_share: float,
) -> AtWork:  # fmt: skip
    """Take from GDP what those would make who are soldiers now and were not at the start."""
    if labour <= 0.0:
        return AtWork(gdp, labour_factor, first_soldiers)
    first = strength if first_year > 0.0 else first_soldiers
    left = max(0.01, 1.0 - (strength - first) / labour)
    factor = exp(labour_share * log(left))
    return AtWork(gdp * factor / labour_factor, factor, first)


class Opening(NamedTuple):
    growth: float
    monthly_factor: float
    labour_factor: float


@law
def opening(trend: float) -> Opening:
    """Begin with the trend's growth."""
    return Opening(growth=trend, monthly_factor=1.0, labour_factor=1.0)


class Economy(Process):
    """Real GDP of each nation."""

    name = section = "economy"
    Common, Parameters = Common, Parameters
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (opening,)
    month = (
        world(shared_spreads),
        own_spreads,
        yearly(world(shared_year), own_year),
        gdp,
        unless_zero("labour", work),
        unless_zero(("war_gap", "war_drag"), war),
    )
