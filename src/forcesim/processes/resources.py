"""Resources: what the fields of Ukraine yield, to whoever holds the ground, and what of it buys defence.

**Equation.** Log prices return to their typical level by an exact Ornstein-Uhlenbeck step of one month (t = 1/12 year),
with shocks that share a factor::

    ln p' = ln m + k (ln p - ln m) + v sqrt((1 - k^2) / (2 kappa)) (rho z_market + sqrt(1 - rho^2) z)
    k     = exp(-kappa t)

Output of a field moves towards what the phase allows, strikes take a part of it, and the ground decides who sells::

    a'     = A + (a - A) exp(-1 / restore_months)          A = war_output at war, 1 after a ceasefire
    d'     = h + depth (1 - h) if struck else h            h = d exp(-1 / repair_months); struck only at war
    l'     = l + advance_rate (1 - protection hold) (1 - l)                                 (at war)
    held   = 1 - (o + (1 - o) l) (1 - recovered_share)

    value to the owner    = p output a' (1 - vulnerability (1 - protection shield) d') held / 12
    value to the occupier = p output a' occupier_output (1 - held) / 12
    resource_defence      = defence_share_of_revenue resource_revenue - protection protection_cost / 12   (owner)

**Symbols.**

====================  ============================  ==================  ==============================================
symbol                name in code                  unit                source
====================  ============================  ==================  ==============================================
p                     ``resource_price``            USD per unit        written, one slot a field
a                     ``field_output``              share               written, one slot a field
d                     ``strike_damage``             share               written
l                     ``ground_lost``               share               written
value                 ``owner_value``,              bn USD per month    written
                      ``occupier_value``
revenue               ``resource_revenue``          bn USD per month    written
defence money         ``resource_defence``          bn USD per month    written
fields                ``fields``                    section             RS001-RS041
output                ``output``                    units per year      RS005, RS026, RS029
m                     ``price``                     USD per unit        RS038, RS040, RS041
p (month 0)           ``start_price``               USD per unit        RS038
v                     ``volatility``                per sqrt(year)      RS041
kappa                 ``reversion``                 per year            assumption
rho                   ``market_share``              ratio               assumption
o                     ``occupied_share``            share               RS018-RS024
war_output            ``war_output``                share               assumption
a (month 0)           ``start_output``              share               assumption
restore_months        ``restore_months``            months              assumption
vulnerability         ``vulnerability``             share               RS028
role                  ``role``                      code                -
defence share         ``defence_share_of_revenue``  share               assumption
strike chance         ``strike_probability``        share               assumption
depth                 ``strike_depth``              share               RS028
repair_months         ``repair_months``             months              RS028
advance_rate          ``advance_rate``              per month           assumption
recovered_share       ``recovered_share``           share               -
occupier_output       ``occupier_output``           share               assumption
protection            ``protection``                share               -
shield, hold          ``shield``, ``hold``          share               assumption
protection_cost       ``protection_cost``           bn USD per year     assumption
z, z_market           ``z_price``, ``z_market``     standard normal     drawn
struck                ``u_strike``                  uniform             drawn (1 without noise: the mean)
phase                 ``phase``                     code                read, last month's (0 war, 1 ceasefire)
====================  ============================  ==================  ==============================================

**Assumes and leaves out.** Revenue is the gross value of output, before costs, royalties and the fund with America
(which takes half of the royalties of new licences only, RS032). Ordinary taxes on these fields are part of GDP and of
the defence share already; ``defence_share_of_revenue`` is an earmark on top. In-situ values of trillions (RS014-RS016)
play no part: what is not dug within the horizon pays no soldier. The front moves all fields alike. The sums are small:
all the gas of a year (RS026) at 380 USD is worth 7 bn USD, a tenth of it 0.7, while the war costs 63 (SP052).

**By hand.** Without noise a price starting at its typical level stays there; a gas field of 12 bcm a year at 400 USD
for 1000 m3, wholly held, in peace, brings 0.4 bn USD a month.

**Without noise** each strike is its mean: every month at war adds ``strike_probability`` of its depth.

**Within the month.** Resources run first, with last month's phase: prices, strikes, front, output, revenue.

**References.** Schwartz, E. S. (1997), The stochastic behavior of commodity prices, Journal of Finance 52(3), 923-973
(model 1). Uhlenbeck, G. E. and Ornstein, L. S. (1930), Physical Review 36, 823-841.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from forcesim.kernels import kernel, law
from forcesim.numerics import exp, log
from forcesim.processes.process import (
    Context,
    Draw,
    Floats,
    Ints,
    Process,
    Section,
    alike,
    columns,
    draw_positions,
    parameter_positions,
    series_positions,
    spread,
)
from forcesim.quantities import Months, PerMonth, Quantity, Share, UsdBn, Value, choice, number
from forcesim.state import Flow, Indicator, Read

MOST_FIELDS = 8

Price = Annotated[Value, Quantity("USD per unit", 1e-9)]
Output = Annotated[Value, Quantity("units per year", 0.0)]
PerYear = Annotated[Value, Quantity("per year", 1e-6, 20.0)]
Volatility = Annotated[Value, Quantity("per sqrt(year)", 0.0, 2.0)]
Correlation = Annotated[Value, Quantity("ratio", -1.0, 1.0)]


class Deposit(Section):
    """One field of output."""

    kind: str
    unit: str = "tonnes"
    price: Price = number(meaning="typical (median) price")
    start_price: Price = number(meaning="price at the start")
    volatility: Volatility = number(
        0.3, meaning="volatility of the log price", assumption="as ilmenite's annual changes 2015-2019 (RS041)"
    )
    reversion: PerYear = number(
        0.5, meaning="speed at which the log price returns", assumption="half of a shock is gone after 1.4 years"
    )
    market_share: Correlation = number(
        0.5, meaning="correlation of its shocks with the market factor", assumption="commodities move together in part"
    )
    war_output: Share = number(
        0.5, meaning="output at war over output in peace", assumption="half unless given", lever=True
    )
    start_output: Share = number(
        0.5,
        meaning="output at the start over output in peace",
        assumption="half unless given: the scenario starts at war",
    )
    restore_months: Months = number(
        24.0,
        meaning="mean time in which output nears what the phase allows",
        assumption="two years unless given",
        lever=True,
    )
    output: Output = number(meaning="what the whole field yields in peace, units per year")
    occupied_share: Share = number(meaning="share of its output on occupied ground at the start", lever=True)
    vulnerability: Share = number(
        0.1, meaning="how much of a strike's damage it takes", assumption="mines are dispersed; gas plants are not"
    )


class Common(Section):
    """The fields, and what happens to all of them."""

    fields: tuple[Deposit, ...] = Field(default=(), max_length=MOST_FIELDS)
    strike_probability: Share = number(
        0.15,
        meaning="chance that a month at war brings a campaign of strikes",
        assumption="two campaigns a year: early and late 2025",
    )
    strike_depth: Share = number(0.45, meaning="part of output that a campaign takes", source="RS028")
    repair_months: Months = number(
        2.5, meaning="mean time of repair", assumption="more than half was back within two months (RS028)", lever=True
    )
    advance_rate: PerMonth = number(
        0.0006,
        meaning="part of the held ground lost in a month at war",
        assumption="about 4,500 km2 of 603,000 a year in 2025, as published maps have it",
    )
    recovered_share: Share = number(
        0.0, meaning="part of the lost and occupied ground that is back", assumption="none", lever=True
    )
    occupier_output: Share = number(
        0.3,
        meaning="what the occupier draws from a field against its owner",
        assumption="sanctions, mines, no investors",
    )
    protection: Share = number(
        0.0,
        meaning="protection of fields and plants, 0 none to 1 full",
        assumption="none beyond the ordinary",
        lever=True,
    )
    shield: Share = number(
        0.6, meaning="part of strike damage that full protection averts", assumption="as air defence over cities"
    )
    hold: Share = number(
        0.5,
        meaning="part of the front's advance into fields that full protection averts",
        assumption="half; nobody knows",
    )
    protection_cost: UsdBn = number(
        1.0,
        meaning="cost of full protection, bn USD per year",
        assumption="about 150 interceptors and the crews of a few batteries",
        lever=True,
    )


class Parameters(Section):
    """Who holds the ground."""

    role: Literal["owner", "occupier"] = choice("owner", meaning="whether it owns the fields or occupies a part")
    defence_share_of_revenue: Share = number(
        0.1,
        meaning="part of the revenue that is earmarked for defence",
        assumption="a third for the state, of that a third",
        lever=True,
    )


READS = (Read("phase", lag=1),)
WRITES = (
    Flow(
        name="resource_revenue", unit="bn USD per month", meaning="gross value of output of held fields", outcome=True
    ),
    Flow(name="resource_defence", unit="bn USD per month", meaning="resource money for defence, less protection"),
    Indicator(
        name="resource_price",
        unit="USD per unit",
        meaning="price of each field's output",
        scope="world",
        slots=MOST_FIELDS,
    ),
    Indicator(
        name="field_output",
        unit="share",
        meaning="output of each field over its output in peace",
        scope="world",
        slots=MOST_FIELDS,
    ),
    Indicator(name="strike_damage", unit="share", meaning="part of exposed output out after strikes", scope="world"),
    Indicator(name="ground_lost", unit="share", meaning="part of the held ground lost since the start", scope="world"),
    Flow(name="owner_value", unit="bn USD per month", meaning="output of what the owner holds", scope="world"),
    Flow(name="occupier_value", unit="bn USD per month", meaning="output of what is occupied", scope="world"),
)
DRAWS = (
    Draw("z_price", scope="world", slots=MOST_FIELDS),
    Draw("z_market", scope="world"),
    Draw("u_strike", scope="world", still=1.0),
)

P = parameter_positions(Common, Parameters)
F = parameter_positions(Deposit)
S = series_positions(READS, WRITES)
D = draw_positions(DRAWS)
WIDTH = len(columns(Deposit))
COMMON = len(columns(Common))


@law
def spread_law(volatility: float, reversion: float, years: float) -> float:
    """Return the standard deviation that a log price builds up in ``years``."""
    keep = exp(-reversion * years)
    return volatility * math.sqrt((1.0 - keep * keep) / (2.0 * reversion))


@law
def price_law(price: float, typical: float, keep: float, shock: float) -> float:
    """Return the price after an exact Ornstein-Uhlenbeck step of its logarithm."""
    return typical * exp(keep * log(price / typical) + shock)


@law
def output_law(active: float, phase: float, war_output: float, keep: float) -> float:
    """Return the share of its peace output that a field yields: an exact first-order step to what the phase allows."""
    aim = war_output if phase < 0.5 else 1.0
    return aim + (active - aim) * keep


@law
def strike_law(damage: float, u: float, phase: float, probability: float, depth: float, keep: float) -> float:
    """Return the part of exposed output that is out after a month of repair and perhaps a strike (u = 1: its mean)."""
    healed = damage * keep
    struck = probability if u >= 1.0 else (1.0 if u < probability else 0.0)
    return healed if phase > 0.5 else healed + struck * depth * (1.0 - healed)


@law
def ground_law(lost: float, phase: float, advance_rate: float, protection: float, hold: float) -> float:
    """Return the part of the held ground lost so far; the front moves at war only."""
    return lost if phase > 0.5 else lost + advance_rate * (1.0 - protection * hold) * (1.0 - lost)


@law
def held_law(occupied: float, lost: float, recovered: float) -> float:
    """Return the share of a field on ground that its owner holds."""
    return 1.0 - (occupied + (1.0 - occupied) * lost) * (1.0 - recovered)


@kernel
def move_front(
    state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, values: Floats, offset: Ints, stride: Ints
) -> None:
    """Strike, repair, and move the front."""
    damage, lost = at[S.strike_damage, 0], at[S.ground_lost, 0]
    phase, u = at[S.phase, 0], drawn_at[D.u_strike, 0]
    table, work = (values, offset, stride), np.empty((3, state.shape[1]))
    a, b, c = 0, 1, 2
    spread(table, P.strike_probability, 0, work, a)
    spread(table, P.strike_depth, 0, work, b)
    spread(table, P.repair_months, 0, work, c)
    for i in range(work.shape[1]):
        keep = exp(-1.0 / max(work[c, i], 0.01))
        state[damage, i] = strike_law(state[damage, i], drawn[u, i], state[phase, i], work[a, i], work[b, i], keep)
    spread(table, P.advance_rate, 0, work, a)
    spread(table, P.protection, 0, work, b)
    spread(table, P.hold, 0, work, c)
    for i in range(work.shape[1]):
        state[lost, i] = ground_law(state[lost, i], state[phase, i], work[a, i], work[b, i], work[c, i])


@law(inline=False)
def price_numbers(
    values: Floats, offset: Ints, stride: Ints, first: int, i: int
) -> tuple[float, float, float, float, float, float]:
    """Read how a field's price moves (typical, kept, shared and own spread), and its output (at war, lag)."""
    typical = values[offset[first + F.price, 0] + stride[first + F.price, 0] * i]
    reversion = values[offset[first + F.reversion, 0] + stride[first + F.reversion, 0] * i]
    volatility = values[offset[first + F.volatility, 0] + stride[first + F.volatility, 0] * i]
    common = values[offset[first + F.market_share, 0] + stride[first + F.market_share, 0] * i]
    war_output = values[offset[first + F.war_output, 0] + stride[first + F.war_output, 0] * i]
    months = values[offset[first + F.restore_months, 0] + stride[first + F.restore_months, 0] * i]
    keep, wander = exp(-reversion / 12.0), spread_law(volatility, reversion, 1.0 / 12.0)
    own = math.sqrt(1.0 - common * common)
    return typical, keep, wander * common, wander * own, war_output, exp(-1.0 / max(months, 0.01))


@kernel
def move_prices(
    state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, values: Floats, offset: Ints, stride: Ints
) -> None:
    """Move each field's price and what it yields in the phase."""
    phase, market = state[at[S.phase, 0]], drawn[drawn_at[D.z_market, 0]]
    for k in range(np.int64(values[offset[P.fields_count, 0]])):
        first = P.fields + WIDTH * k
        price, active = state[at[S.resource_price, 0] + k], state[at[S.field_output, 0] + k]
        z = drawn[drawn_at[D.z_price, 0] + k]
        run = state.shape[1] if alike(stride, 0, first + F.price, first + F.output) else 1
        for begin in range(0, state.shape[1], run):
            typical, keep, shared, own, war_output, lag = price_numbers(values, offset, stride, first, begin)
            here = slice(begin, begin + run)
            cost, common, shock, yields, at_war = price[here], market[here], z[here], active[here], phase[here]
            for i in range(run):
                cost[i] = price_law(cost[i], typical, keep, shared * common[i] + own * shock[i])
            for i in range(run):
                yields[i] = output_law(yields[i], at_war[i], war_output, lag)


@kernel
def sell(state: Floats, at: Ints, values: Floats, offset: Ints, stride: Ints) -> None:
    """Sum what each side's ground yields at this month's prices."""
    damage, lost = at[S.strike_damage, 0], at[S.ground_lost, 0]
    owner, occupier = at[S.owner_value, 0], at[S.occupier_value, 0]
    table, work = (values, offset, stride), np.empty((7, state.shape[1]))
    a, recovered, left_to, unshielded, full, held, exposed = 0, 1, 2, 3, 4, 5, 6
    spread(table, P.recovered_share, 0, work, recovered)
    spread(table, P.occupier_output, 0, work, left_to)
    spread(table, P.protection, 0, work, unshielded)
    spread(table, P.shield, 0, work, a)
    for i in range(work.shape[1]):
        work[unshielded, i] = 1.0 - work[unshielded, i] * work[a, i]
        state[owner, i] = state[occupier, i] = 0.0
    for k in range(np.int64(values[offset[P.fields_count, 0]])):
        first = P.fields + WIDTH * k
        price, active = at[S.resource_price, 0] + k, at[S.field_output, 0] + k
        spread(table, first + F.output, 0, work, a)
        spread(table, first + F.occupied_share, 0, work, held)
        spread(table, first + F.vulnerability, 0, work, exposed)
        for i in range(work.shape[1]):
            work[full, i] = state[price, i] * state[active, i] * (work[a, i] / 12e9)
            work[held, i] = held_law(work[held, i], state[lost, i], work[recovered, i])
        for i in range(work.shape[1]):
            whole = 1.0 - work[exposed, i] * work[unshielded, i] * state[damage, i]
            state[owner, i] += work[full, i] * work[held, i] * whole
        for i in range(work.shape[1]):
            state[occupier, i] += work[full, i] * (1.0 - work[held, i]) * work[left_to, i]


@kernel
def share_out(state: Floats, at: Ints, values: Floats, offset: Ints, stride: Ints) -> None:
    """Give each side the value of its ground, and defence its part; the owner pays for protection."""
    for n in range(at.shape[1]):
        is_owner = values[offset[P.role, n]] == 0.0
        value = at[S.owner_value, n] if is_owner else at[S.occupier_value, n]
        revenue, defence = at[S.resource_revenue, n], at[S.resource_defence, n]
        table, work = (values, offset, stride), np.empty((3, state.shape[1]))
        part, protection, cost = 0, 1, 2
        spread(table, P.defence_share_of_revenue, n, work, part)
        spread(table, P.protection, n, work, protection)
        spread(table, P.protection_cost, n, work, cost)
        for i in range(state.shape[1]):
            paid = work[protection, i] * work[cost, i] / 12.0 if is_owner else 0.0
            state[revenue, i] = state[value, i]
            state[defence, i] = work[part, i] * state[value, i] - paid


class Resources(Process):
    """Output, prices and revenue of the fields."""

    name = "resources"
    section = "resources"
    Common = Common
    Parameters = Parameters
    reads = READS
    writes = WRITES
    draws = DRAWS

    def start(self, context: Context) -> None:
        """Write prices and outputs of month 0; revenue flows from month 1."""
        for series in WRITES:
            context.write(series.name)[:] = 0.0
        price, active = context.write("resource_price"), context.write("field_output")
        for k in range(int(context.parameter("fields.count")[0, 0])):
            price[k] = context.parameter(f"fields[{k}].start_price")[0]
            active[k] = context.parameter(f"fields[{k}].start_output")[0]

    def step(self, context: Context, month: int) -> None:  # noqa: ARG002 - every month is alike
        """Move the world's fields, then share out their revenue."""
        move_front(*context.arrays)
        move_prices(*context.arrays)
        tables = (context.state, context.at, context.values, context.offset, context.stride)
        sell(*tables)
        share_out(*tables)
