"""Resources: what the fields of Ukraine yield, to the side that holds the ground, and what of it buys defence.

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
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.laws import Items, total, world
from forcesim.processes.process import Draw, Process, Section
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

fields = Items("fields")
"""The fields, which all nations share: a law over them takes the numbers of a field by their own names."""

WAR = 0.0
OWNER = 0.0


class Front(NamedTuple):
    strike_damage: float
    ground_lost: float


@law
def front(
    strike_damage: float, ground_lost: float, phase: float, strike_probability: float, strike_depth: float,
    repair_months: float, advance_rate: float, protection: float, hold: float, u_strike: float,
) -> Front:  # fmt: skip
    """Repair, strike (u = 1: the mean of strikes) and move the front; both happen at war only."""
    healed = strike_damage * exp(-1.0 / max(repair_months, 0.01))
    struck = strike_probability if u_strike >= 1.0 else (1.0 if u_strike < strike_probability else 0.0)
    advance = advance_rate * (1.0 - protection * hold) * (1.0 - ground_lost)
    return Front(
        strike_damage=healed + struck * strike_depth * (1.0 - healed) if phase == WAR else healed,
        ground_lost=ground_lost + advance if phase == WAR else ground_lost,
    )


class Market(NamedTuple):
    keep: float  # part of a price's distance from the typical that a month leaves
    shared_part: float  # standard deviation of a month's shared shock to the log price
    own_part: float  # the same of its own shock
    lag: float  # part of a gap in output that a month leaves


@law
def market(reversion: float, volatility: float, market_share: float, restore_months: float) -> Market:
    """Return how a field's price and output move."""
    left = exp(-reversion * (1.0 / 12.0))
    wander = volatility * math.sqrt((1.0 - left * left) / (2.0 * reversion))
    return Market(
        keep=exp(-reversion / 12.0),
        shared_part=wander * market_share,
        own_part=wander * math.sqrt(1.0 - market_share * market_share),
        lag=exp(-1.0 / max(restore_months, 0.01)),
    )


class Sale(NamedTuple):
    resource_price: float
    field_output: float
    to_owner: float  # bn USD per month
    to_occupier: float


@law
def sell(
    resource_price: float, field_output: float, phase: float, strike_damage: float, ground_lost: float, price:
    float, keep: float, shared_part: float, own_part: float, lag: float, war_output: float, output: float,
    occupied_share: float, vulnerability: float, recovered_share: float, occupier_output: float, protection: float,
    shield: float, z_price: float, z_market: float,
) -> Sale:  # fmt: skip
    """Move a field's price (an exact Ornstein-Uhlenbeck step of its logarithm) and output, and sell on both sides."""
    cost = price * exp(keep * log(resource_price / price) + (shared_part * z_market + own_part * z_price))
    aim = war_output if phase == WAR else 1.0
    active = aim + (field_output - aim) * lag
    full = cost * active * (output / 12e9)
    held = 1.0 - (occupied_share + (1.0 - occupied_share) * ground_lost) * (1.0 - recovered_share)
    whole = 1.0 - vulnerability * (1.0 - protection * shield) * strike_damage
    return Sale(cost, active, full * held * whole, full * (1.0 - held) * occupier_output)


class Revenue(NamedTuple):
    resource_revenue: float
    resource_defence: float


@law
def revenue(
    owner_value: float, occupier_value: float, role: float, defence_share_of_revenue: float, protection: float,
    protection_cost: float,
) -> Revenue:  # fmt: skip
    """Give a side the value of its ground, and defence its part; the owner pays for protection."""
    value = owner_value if role == OWNER else occupier_value
    paid = protection * protection_cost / 12.0 if role == OWNER else 0.0
    return Revenue(value, defence_share_of_revenue * value - paid)


class Start(NamedTuple):
    resource_price: float
    field_output: float


@law
def start(start_price: float, start_output: float) -> Start:
    """Begin with each field's price and output at the start."""
    return Start(start_price, start_output)


class Resources(Process):
    """Output, prices and revenue of the fields."""

    name = section = "resources"
    Common, Parameters = Common, Parameters
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (fields(start),)
    month = (
        world(front),
        fields(market),
        fields(sell),
        total("owner_value", of="to_owner", over=fields),
        total("occupier_value", of="to_occupier", over=fields),
        revenue,
    )
