"""Industry: capacity that follows orders after a lead time, production, aid in kind, and the stock of equipment.

**Equation.** For each producer and each of four lines (shells, armour, drones, air defence)::

    funded   = orders order_share / unit_cost                          (units per month that the orders pay for)
    c'       = w + (c - w) exp(-1 / (lead_months lead_factor))         (wanted w = funded / utilisation > c)
    c'       = w + (c - w) exp(-depreciation)                          (w <= c)
    output   = min(utilisation c' exp(sigma z), funded)
    orders   = push (equipment_budget + aid_bought_at_home aid_received)

The order shares sum to at most 1; ``push`` is cut where the lines together would take more than all money. Output in
money is ``production``. Producers offer a part of it as aid; as much is shipped as the donors' money for equipment
buys::

    shipped  = min(sum of aid_offer production, (1 - aid_bought_at_home) aid_in_kind sum of aid_received)

    equipment' = equipment + production + equipment_aid - gifts - wear - war_losses
    wear       = wear_rate equipment
    war_losses = min(equipment - wear, war_loss_rate equipment + use_per_soldier strength / 10^9)     (at war)

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
c                     ``capacity``                 units per month     PR001-PR005, PR010, PR016-PR017, PR033-PR036
output                ``production_shells``,       units per month     written
                      ``production_armour``,
                      ``production_drones``,
                      ``production_air_defence``
production            ``production``               bn USD per month    written
equipment             ``equipment``                bn USD              written
aid in kind got       ``equipment_aid``            bn USD per month    written
aid in kind given     ``gifts``                    bn USD per month    written
wear                  ``wear``                     bn USD per month    written
war losses            ``war_losses``               bn USD per month    written
offered, all          ``aid_offered``              bn USD per month    written
for equipment, all    ``aid_money``                bn USD per month    written
push times money      ``orders``                   bn USD per month    written
lines                 ``shells``, ``armour``,      section             PR001-PR042
                      ``drones``,
                      ``air_defence``
c at the start        ``capacity``                 units per month     as c
unit_cost             ``unit_cost``                million USD         PR014, PR015, PR029
order_share           ``order_share``              share of money      calibrated on today's output
lead_months           ``lead_months``              months              PR030, PR003-PR005
depreciation          ``depreciation``             per month           assumption
push                  ``push``                     ratio               assumption
aid_offer             ``aid_offer``                share of output     assumption
equipment (month 0)   ``equipment``                bn USD              assumption
wear_rate             ``wear_rate``                per month           assumption
war_loss_rate         ``war_loss_rate``            per month           PR025
use_per_soldier       ``use_per_soldier``          USD per month       PR011, PR012, PR014, PR015
utilisation           ``utilisation``              share               assumption
sigma                 ``output_volatility``        ratio               assumption
lead_factor           ``lead_factor``              ratio               assumption
aid_bought_at_home    ``aid_bought_at_home``       share of aid        assumption
aid_in_kind           ``aid_in_kind``              share of aid        assumption
z                     ``z_output``                 standard normal     drawn
equipment_budget      ``equipment_budget``         bn USD per month    read
aid_received          ``aid_received``             bn USD per month    read
phase                 ``phase``                    code                read, last month's (0 war, 1 ceasefire)
strength              ``strength``                 persons             read, last month's
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** The delay of capacity is first-order with mean ``lead_months``: half of what new orders call
for stands after 0.7 of it. Orders that capacity cannot meet are not carried over; their money buys what is not modelled
here (aircraft, ships, imports). Producers without a section are none. Output counts refurbished vehicles; that the
hulls in store run out is left out. Equipment is one sum of money, not a list of types; shells count as equipment until
they are fired.

**By hand.** Without noise, with orders for 200 units a month, full utilisation, capacity 100 and a lead of 12 months,
capacity after 12 months is ``200 - 100 exp(-1)`` = 163.2.

**Within the month.** This month's budgets; last month's phase and strength; capacity, output, aid, then the stock.

**References.** Forrester, J. W. (1961), Industrial Dynamics, MIT Press, chapter 9 (delays). Watling, J. and Reynolds,
N. (2024), Russian Military Objectives and Capacity in Ukraine Through 2024, RUSI (refurbishment).
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp
from forcesim.processes.laws import Items, total
from forcesim.processes.process import Draw, Process, Section
from forcesim.quantities import Months, PerMonth, Quantity, Ratio, Share, UsdBn, Value, number
from forcesim.state import Flow, Indicator, Read, Stock

UnitsPerMonth = Annotated[Value, Quantity("units per month", 0.0)]
UsdMillion = Annotated[Value, Quantity("million USD", 1e-6)]
UsdPerMonth = Annotated[Value, Quantity("USD per month", 0.0)]


class Line(Section):
    """One line of production; all numbers 0 where a nation makes none."""

    capacity: UnitsPerMonth = number(0.0, meaning="units per month that it can make", assumption="none unless given")
    unit_cost: UsdMillion = number(1.0, meaning="cost of one unit", assumption="a million USD unless given")
    order_share: Share = number(
        0.0, meaning="part of the equipment money spent on this line", assumption="none unless given", lever=True
    )
    lead_months: Months = number(
        24.0, meaning="mean time from order to new capacity", assumption="two years unless given", lever=True
    )
    depreciation: PerMonth = number(
        0.01, meaning="rate at which capacity without orders decays", assumption="lines last about eight years"
    )


class Common(Section):
    """What all producers share."""

    utilisation: Share = number(
        0.9, meaning="part of capacity in use at most", assumption="changes of shift, repairs", lever=True
    )
    output_volatility: Share = number(
        0.1, meaning="standard deviation of a month's output (logarithm)", assumption="deliveries come in lots"
    )
    aid_bought_at_home: Share = number(
        0.1,
        meaning="part of the aid that orders from the recipient's own producers",
        assumption="the 'Danish model' and its like are about a tenth of the aid",
        lever=True,
    )
    aid_in_kind: Share = number(
        0.7,
        meaning="part of the other aid that buys equipment",
        assumption="the rest is training, repair, transport, fuel",
    )


class Parameters(Section):
    """One producer."""

    shares_of_one = (("shells.order_share", "armour.order_share", "drones.order_share", "air_defence.order_share"),)

    shells: Line = Line()
    armour: Line = Line()
    drones: Line = Line()
    air_defence: Line = Line()
    push: Ratio = number(
        1.0, meaning="orders for the four lines against the stated shares", assumption="as stated", lever=True
    )
    lead_factor: Ratio = number(
        1.0, meaning="lead times against the stated", assumption="as stated; long contracts shorten them", lever=True
    )
    aid_offer: Share = number(
        0.0, meaning="part of production offered as military aid", assumption="none unless given", lever=True
    )
    equipment: UsdBn = number(0.0, meaning="equipment at the start", assumption="none unless given")
    wear_rate: PerMonth = number(
        0.006, meaning="wear of equipment in peace", assumption="equipment lasts fourteen years"
    )
    war_loss_rate: PerMonth = number(
        0.0, meaning="equipment lost to the war, per month of the stock", assumption="none where there is no war"
    )
    use_per_soldier: UsdPerMonth = number(
        0.0, meaning="ammunition and drones used per soldier at war", assumption="none where there is no war"
    )


READS = (Read("equipment_budget"), Read("aid_received"), Read("phase", lag=1), Read("strength", lag=1))
WRITES = (
    Stock(
        name="equipment",
        unit="bn USD",
        meaning="equipment in service",
        inflows=("production", "equipment_aid"),
        outflows=("gifts", "wear", "war_losses"),
        outcome=True,
    ),
    Flow(name="production", unit="bn USD per month", meaning="output of the four lines", outcome=True),
    Flow(name="production_shells", unit="units per month", meaning="artillery shells made"),
    Flow(name="production_armour", unit="units per month", meaning="armoured vehicles made or refurbished"),
    Flow(name="production_drones", unit="units per month", meaning="drones made"),
    Flow(name="production_air_defence", unit="units per month", meaning="interceptors made"),
    Flow(name="equipment_aid", unit="bn USD per month", meaning="equipment received as aid"),
    Flow(name="gifts", unit="bn USD per month", meaning="equipment given as aid"),
    Flow(name="wear", unit="bn USD per month", meaning="equipment worn out"),
    Flow(name="war_losses", unit="bn USD per month", meaning="equipment lost or used up in the war"),
    Indicator(name="orders", unit="bn USD per month", meaning="money that orders of the lines are shares of"),
    Indicator(name="capacity", unit="units per month", meaning="what each line can make", slots=4),
    Flow(
        name="aid_offered", unit="bn USD per month", meaning="production offered as aid, all producers", scope="world"
    ),
    Flow(name="aid_money", unit="bn USD per month", meaning="aid that may buy equipment, all nations", scope="world"),
)
DRAWS = (Draw("z_output"),)

lines = Items("shells", "armour", "drones", "air_defence", writes={"output": "production_{}"})
"""The four lines of a producer: a law over them takes the numbers of a line by their own names."""


TINY = 1e-300
"""Stands for nothing in a divisor: no offers, no money."""
WAR = 0.0


@law
def capacity(capacity: float) -> float:
    """Begin with the capacity of the line at the start."""
    return capacity


@law
def push_in_force(push: float, order_shares: float) -> float:
    """Return what multiplies the order shares: the push, cut where all lines would take more than all money."""
    return min(push, 1.0 / order_shares) if order_shares > 0.0 else push


class Orders(NamedTuple):
    orders: float
    aid_for_equipment: float  # bn USD of aid that buys from producers abroad
    luck: float  # factor on the month's output


@law
def place_orders(
    equipment_budget: float, aid_received: float, aid_bought_at_home: float, aid_in_kind: float, push_in_force:
    float, output_volatility: float, z_output: float,
) -> Orders:  # fmt: skip
    """Place the month's orders."""
    return Orders(
        orders=push_in_force * (equipment_budget + aid_bought_at_home * aid_received),
        aid_for_equipment=(1.0 - aid_bought_at_home) * aid_in_kind * aid_received,
        luck=exp(output_volatility * z_output),
    )


class LineNumbers(NamedTuple):
    cost: float  # bn USD a unit
    in_use: float  # part of capacity in use
    keep_growing: float  # part of a gap to more orders that a month leaves
    keep_idle: float  # part of a gap to fewer orders that a month leaves


@law
def line_numbers(
    unit_cost: float, utilisation: float, lead_months: float, lead_factor: float, depreciation: float
) -> LineNumbers:
    """Return what a line's month depends on."""
    return LineNumbers(
        cost=unit_cost / 1000.0,
        in_use=max(0.01, utilisation),
        keep_growing=exp(-1.0 / max(lead_months * lead_factor, 0.01)),
        keep_idle=exp(-depreciation),
    )


class Production(NamedTuple):
    capacity: float
    output: float
    value: float  # bn USD


@law
def produce(
    capacity: float, orders: float, luck: float, order_share: float, cost: float, in_use: float, keep_growing:
    float, keep_idle: float,
) -> Production:  # fmt: skip
    """Move a line's capacity towards what orders call for, and make what capacity and money allow.

    The step is exact for a first-order delay: up slowly, down by decay.
    """
    funded = orders * order_share / cost
    wanted = funded / in_use
    capacity = wanted + (capacity - wanted) * (keep_growing if wanted > capacity else keep_idle)
    output = min(in_use * capacity * luck, funded)
    return Production(capacity, output, output * cost)


@law
def offer(production: float, aid_offer: float) -> float:
    """Return what a producer offers as military aid."""
    return aid_offer * production


class Use(NamedTuple):
    equipment_aid: float
    gifts: float
    wear: float
    war_losses: float


@law
def use(
    equipment: float, offer: float, aid_for_equipment: float, aid_offered: float, aid_money: float, phase: float,
    strength: float, wear_rate: float, war_loss_rate: float, use_per_soldier: float,
) -> Use:  # fmt: skip
    """Ship the aid that is both offered and paid for; wear equipment out, and lose it at war, at most what is there."""
    shipped = min(aid_offered, aid_money)
    wear = min(1.0, wear_rate) * equipment
    left = equipment - wear
    lost = min(left, war_loss_rate * left + use_per_soldier / 1e9 * strength)
    return Use(
        equipment_aid=shipped / max(aid_money, TINY) * aid_for_equipment,
        gifts=shipped / max(aid_offered, TINY) * offer,
        wear=wear,
        war_losses=lost if phase == WAR else 0.0,
    )


class Industry(Process):
    """Production, aid in kind and the stock of equipment."""

    name = section = "industry"
    Common, Parameters = Common, Parameters
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (lines(capacity),)
    month = (
        total("order_shares", of="order_share", over=lines),
        push_in_force,
        place_orders,
        total("aid_money", of="aid_for_equipment"),
        lines(line_numbers),
        lines(produce),
        total("production", of="value", over=lines),
        offer,
        total("aid_offered", of="offer"),
        use,
    )
