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

from typing import Annotated

import numpy as np

from forcesim.kernels import kernel, law
from forcesim.numerics import exp
from forcesim.processes.process import (
    Context,
    Draw,
    Floats,
    Ints,
    Process,
    Section,
    alike,
    all_columns,
    columns,
    draw_positions,
    parameter_positions,
    series_positions,
    spread,
)
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

P = parameter_positions(Common, Parameters)
L = parameter_positions(Line)
S = series_positions(READS, WRITES)
D = draw_positions(DRAWS)
LINES = (P.shells, P.armour, P.drones, P.air_defence)
WIDTH = len(columns(Line))
COLUMNS = len(all_columns(Common, Parameters))
TINY = 1e-300
"""Stands for nothing in a divisor: no offers, no money."""


@law
def funded_law(money: float, order_share: float, unit_cost: float) -> float:
    """Return the units per month that the orders pay for; money and cost in bn USD."""
    return money * order_share / unit_cost


@law
def push_law(push: float, order_shares: float) -> float:
    """Return what multiplies the order shares: the push, cut where all lines would take more than all money."""
    return min(push, 1.0 / order_shares) if order_shares > 0.0 else push


@law
def capacity_law(capacity: float, wanted: float, keep_growing: float, keep_idle: float) -> float:
    """Return next month's capacity: an exact first-order step to what orders call for, up slowly, down by decay."""
    return wanted + (capacity - wanted) * (keep_growing if wanted > capacity else keep_idle)


@law
def output_law(capacity: float, utilisation: float, noise: float, funded: float) -> float:
    """Return the units made in a month: what capacity allows, at most what is paid for."""
    return min(utilisation * capacity * noise, funded)


@law
def war_losses_law(stock: float, phase: float, loss_rate: float, use: float, strength: float) -> float:
    """Return the equipment lost in a month, at most the stock; none in a ceasefire. ``use``: bn USD a soldier."""
    return 0.0 if phase > 0.5 else min(stock, loss_rate * stock + use * strength)


@law(inline=False)
def purse(values: Floats, offset: Ints, stride: Ints, n: int, i: int) -> tuple[float, float, float]:
    """Read the push in force, and which parts of aid buy at the recipient's producers and elsewhere."""
    shares = 0.0
    for line in LINES:
        shares += values[offset[line + L.order_share, n] + stride[line + L.order_share, n] * i]
    home = values[offset[P.aid_bought_at_home, n] + stride[P.aid_bought_at_home, n] * i]
    kind = values[offset[P.aid_in_kind, n] + stride[P.aid_in_kind, n] * i]
    push = push_law(values[offset[P.push, n] + stride[P.push, n] * i], shares)
    return push, home, (1.0 - home) * kind


@law
def alike_purse(stride: Ints, n: int) -> bool:
    """Return whether what :func:`purse` reads is the same on every path."""
    found = alike(stride, n, P.push, P.push + 1) and alike(stride, n, P.aid_bought_at_home, P.aid_in_kind + 1)
    for line in LINES:
        found = found and alike(stride, n, line + L.order_share, line + L.order_share + 1)
    return found


@kernel
def order(state: Floats, at: Ints, values: Floats, offset: Ints, stride: Ints) -> None:
    """Place the month's orders, and sum the aid money that may buy equipment."""
    money = state[at[S.aid_money, 0]]
    for i in range(state.shape[1]):
        money[i] = 0.0
    for n in range(at.shape[1]):
        budget, aid, orders = state[at[S.equipment_budget, n]], state[at[S.aid_received, n]], state[at[S.orders, n]]
        run = state.shape[1] if alike_purse(stride, n) else 1
        for first in range(0, state.shape[1], run):
            push, home, kind = purse(values, offset, stride, n, first)
            placed, own = orders[first : first + run], budget[first : first + run]
            given, sum_of = aid[first : first + run], money[first : first + run]
            for i in range(run):
                placed[i] = push * (own[i] + home * given[i])
                sum_of[i] += kind * given[i]


@law(inline=False)
def line_numbers(
    values: Floats, offset: Ints, stride: Ints, n: int, line: int, i: int
) -> tuple[float, float, float, float, float]:
    """Read a line's cost (bn USD), order share and utilisation, and what of a gap each month keeps, up and down."""
    cost = values[offset[line + L.unit_cost, n] + stride[line + L.unit_cost, n] * i] / 1000.0
    share = values[offset[line + L.order_share, n] + stride[line + L.order_share, n] * i]
    lead = values[offset[line + L.lead_months, n] + stride[line + L.lead_months, n] * i]
    lead *= values[offset[P.lead_factor, n] + stride[P.lead_factor, n] * i]
    decay = values[offset[line + L.depreciation, n] + stride[line + L.depreciation, n] * i]
    use = max(0.01, values[offset[P.utilisation, n] + stride[P.utilisation, n] * i])
    return cost, share, use, exp(-1.0 / max(lead, 0.01)), exp(-decay)


@kernel
def produce(state: Floats, at: Ints, drawn: Floats, drawn_at: Ints, values: Floats, offset: Ints, stride: Ints) -> None:
    """Move capacity towards orders and make what capacity and money allow."""
    paths = state.shape[1]
    work = np.empty((1, paths))
    luck = work[0]
    for n in range(at.shape[1]):
        orders, production, z = state[at[S.orders, n]], state[at[S.production, n]], drawn[drawn_at[D.z_output, n]]
        spread((values, offset, stride), P.output_volatility, n, work, 0)
        for i in range(paths):
            luck[i] = exp(luck[i] * z[i])
        for i in range(paths):
            production[i] = 0.0
        common = alike(stride, n, P.utilisation, P.utilisation + 1) and alike(
            stride, n, P.lead_factor, P.lead_factor + 1
        )
        for k in range(4):
            line, capacity, output = LINES[k], state[at[S.capacity, n] + k], state[at[S.production_shells + k, n]]
            run = paths if common and alike(stride, n, line + L.unit_cost, line + WIDTH) else 1
            for first in range(0, paths, run):
                cost, share, use, growing, idle = line_numbers(values, offset, stride, n, line, first)
                money, room, out = (
                    orders[first : first + run],
                    capacity[first : first + run],
                    output[first : first + run],
                )
                lot, value = luck[first : first + run], production[first : first + run]
                for i in range(run):
                    room[i] = capacity_law(room[i], funded_law(money[i], share, cost) / use, growing, idle)
                for i in range(run):
                    out[i] = output_law(room[i], use, lot[i], funded_law(money[i], share, cost))
                for i in range(run):
                    value[i] += out[i] * cost


@kernel
def offer(state: Floats, at: Ints, values: Floats, offset: Ints, stride: Ints) -> None:
    """Sum what producers offer as aid, and set each one's offer aside as its gift."""
    paths, offered = state.shape[1], state[at[S.aid_offered, 0]]
    for i in range(paths):
        offered[i] = 0.0
    for n in range(at.shape[1]):
        production, gifts = at[S.production, n], at[S.gifts, n]
        spread((values, offset, stride), P.aid_offer, n, state, gifts)
        for i in range(paths):
            state[gifts, i] *= state[production, i]
            offered[i] += state[gifts, i]


@kernel
def stock(state: Floats, at: Ints, values: Floats, offset: Ints, stride: Ints) -> None:
    """Ship aid, as much of it as the money buys, and move the stock of equipment by its flows."""
    offered, money, work = state[at[S.aid_offered, 0]], state[at[S.aid_money, 0]], np.empty((3, state.shape[1]))
    for n in range(at.shape[1]):
        gifts, got, aid = state[at[S.gifts, n]], state[at[S.equipment_aid, n]], state[at[S.aid_received, n]]
        phase, strength = state[at[S.phase, n]], state[at[S.strength, n]]
        equipment, production = state[at[S.equipment, n]], state[at[S.production, n]]
        wear, losses = state[at[S.wear, n]], state[at[S.war_losses, n]]
        run = state.shape[1] if alike_purse(stride, n) else 1
        for first in range(0, state.shape[1], run):
            _, _, kind = purse(values, offset, stride, n, first)
            there, paid = offered[first : first + run], money[first : first + run]
            into, given, sent = got[first : first + run], aid[first : first + run], gifts[first : first + run]
            for i in range(run):
                into[i] = min(there[i], paid[i]) / max(paid[i], TINY) * (kind * given[i])
            for i in range(run):
                sent[i] *= min(there[i], paid[i]) / max(there[i], TINY)
        spread((values, offset, stride), P.wear_rate, n, work, 0)
        spread((values, offset, stride), P.war_loss_rate, n, work, 1)
        spread((values, offset, stride), P.use_per_soldier, n, work, 2)
        for i in range(state.shape[1]):
            wear[i] = min(1.0, work[0, i]) * equipment[i]
            left, use = equipment[i] - wear[i], work[2, i] / 1e9
            losses[i] = war_losses_law(left, phase[i], work[1, i], use, strength[i])
        for i in range(state.shape[1]):
            equipment[i] += production[i] + got[i] - gifts[i] - wear[i] - losses[i]


class Industry(Process):
    """Production, aid in kind and the stock of equipment."""

    name = "industry"
    section = "industry"
    Common = Common
    Parameters = Parameters
    reads = READS
    writes = WRITES
    draws = DRAWS

    def start(self, context: Context) -> None:
        """Write the capacities and stocks of month 0; nothing is made yet."""
        for series in WRITES:
            context.write(series.name)[:] = 0.0
        context.write("equipment")[:] = context.parameter("equipment")
        capacity = context.write("capacity")
        for place, line in enumerate(("shells", "armour", "drones", "air_defence")):
            capacity[place::4] = context.parameter(f"{line}.capacity")

    def step(self, context: Context, month: int) -> None:  # noqa: ARG002 - every month is alike
        """Make, ship, use up."""
        tables = (context.state, context.at, context.values, context.offset, context.stride)
        order(*tables)
        produce(*context.arrays)
        offer(*tables)
        stock(*tables)
