"""Industry: capacity that follows orders, prices under demand, stocks of equipment and ammunition, aid in kind.

**Equation.** For each producer and each of four lines (shells, armour, drones, air defence)::

    money    = push orders order_share full             (of the line; orders of the nation, below)
    full     = min(1, store_months fires_needed / ammunition)          (of lines that are fired, where there is a need)
    funded   = money / (prices unit_cost)                              (units per month that the orders pay for)
    c'       = w + (c - w) exp(-1 / (lead_months lead_factor))         (wanted w = funded / utilisation > c)
    c'       = w + (c - w) exp(-depreciation)                          (w <= c)
    new      = min(utilisation c' exp(sigma z), funded)
    output   = new (1 - r + r h),  h = min(1, H / (r new hull_months))      (r: part that needs a hull from store)
    H'       = H - r h new
    prices'  = max(1, (load / load of month 1)^price_elasticity),  load = all money of lines / all capacity (at cost)

What the lines leave buys other equipment (vehicles, aircraft, ships, imports), delivered after a delay. What a push
takes beyond the stated shares is new money::

    orders       = equipment_budget + aid_orders + prices (gifts of last month)
    push_money   = max(0, spent - orders order_shares)                 (spent: prices times output of the lines)
    other_orders = other_share (orders - min(spent, orders order_shares)) / prices
    on_order'    = on_order + other_orders - other_deliveries,  other_deliveries = on_order (1 - exp(-1 / other_months))

Producers offer a part of their output as aid; as much is shipped as there is money for goods. What finds no goods is
kept, and goes to the recipient's own producers in time::

    aid_unspent'  = aid_unspent + aid_booked - aid_orders - aid_services - aid_goods
    aid_orders    = aid_bought_at_home aid_received + aid_unspent (1 - exp(-1 / aid_patience))
    aid_services  = (1 - aid_bought_at_home) (1 - aid_in_kind) aid_received
    aid_goods     = the nation's part of prices * shipped;  shipped = min(all offers, all money for goods / prices)

    equipment'  = equipment + arms_made + other_deliveries + equipment_aid - gifts - wear - war_losses
    war_losses  = war_loss_rate (equipment - wear)                                                       (at war)
    ammunition' = ammunition + munitions_made + ammunition_aid - ammunition_gifts - fired
    fired       = min(ammunition, needed)                                                                (at war)
    needed      = fires_needed (1 + need_growth)^(month / 12) force / force of month 0
    fires       = fired / needed                                              (1 where nothing is needed)

**Symbols.**

====================  ===========================  ==================  ================================================
symbol                name in code                 unit                source
====================  ===========================  ==================  ================================================
c                     ``capacity``                 units per month     PR001-PR005, PR010, PR016-PR017, PR033-PR036
H                     ``hulls``                    units               assumption; ``hulls_left`` over all lines
output                ``production_shells``,       units per month     written
                      ``production_armour``,
                      ``production_drones``,
                      ``production_air_defence``
production            ``production``               bn USD per month    written (at prices of month 0)
prices, load          ``prices``, ``first_load``   ratio               written
stocks                ``equipment``,               bn USD              written
                      ``ammunition``,
                      ``on_order``,
                      ``aid_unspent``
in                    ``arms_made``,               bn USD per month    written
                      ``munitions_made``,
                      ``other_orders``,
                      ``other_deliveries``
aid in kind           ``equipment_aid``,           bn USD per month    written
                      ``ammunition_aid``,
                      ``gifts``,
                      ``ammunition_gifts``
aid money             ``aid_booked``,              bn USD per month    written (booked: received)
                      ``aid_orders``,
                      ``aid_services``,
                      ``aid_goods``
out                   ``wear``, ``war_losses``,    bn USD per month    written
                      ``fired``
fires                 ``fires``                    share               written
force at first        ``first_force``              persons             written
money                 ``orders``, ``push_money``   bn USD per month    written
all nations           ``aid_offered``,             bn USD per month    written
                      ``aid_money``
lines                 ``shells``, ``armour``,      section             PR001-PR042
                      ``drones``,
                      ``air_defence``
of a line             ``capacity``,                as named            PR001-PR042
                      ``unit_cost``,
                      ``order_share``,
                      ``lead_months``,
                      ``depreciation``
fired of a line       ``fired_share``              share               shells and drones are fired
r, H at the start     ``refurbished_share``,       share, units        PR016, PR017; assumption
                      ``hulls``
hull_months           ``hull_months``              months              assumption
push, lead_factor     ``push``, ``lead_factor``    ratio               assumption
aid_offer             ``aid_offer``                share of output     assumption
at the start          ``equipment``,               bn USD              assumption
                      ``ammunition``
wear, war losses      ``wear_rate``,               per month           PR025
                      ``war_loss_rate``
fires_needed          ``fires_needed``             bn USD per month    PR040, PR041, PR014, PR015
need_growth           ``need_growth``              per year            assumption
store_months          ``store_months``             months              assumption
other equipment       ``other_share``,             share, months       assumption
                      ``other_months``
utilisation, sigma    ``utilisation``,             share, ratio        assumption
                      ``output_volatility``
price_elasticity      ``price_elasticity``         ratio               assumption
aid                   ``aid_bought_at_home``,      share, months       assumption
                      ``aid_in_kind``,
                      ``aid_patience``
z                     ``z_output``                 standard normal     drawn
read                  ``equipment_budget``,        bn USD per month    read
                      ``aid_received``
force                 ``theatre``, else            persons             read, last month's
                      ``strength``
phase                 ``phase``                    code                read, last month's
====================  ===========================  ==================  ================================================

**Assumes and leaves out.** The delay of capacity is first-order with mean ``lead_months``. Producers without a section
are none. Equipment is one sum of money, not a list of types; ammunition counts at its maker's cost, so that a shell
made at 4,000 USD weighs as much as four made at 1,000. The month begins with the ammunition that can be fired in it. A
push is paid for: its cost is in the bill. Gifts are paid for by aid, and that money orders anew. One price moves all
lines; it eases as capacity follows, down to where it began. The order book begins in its steady state.

**By hand.** Without noise, with orders for 200 units a month, full utilisation, capacity 100 and a lead of 12 months,
capacity after 12 months is ``200 - 100 exp(-1)`` = 163.2. An army that needs 0.6 bn USD a month and holds 0.3 has
fires of 0.5.

**Within the month.** This month's budgets and aid; last month's phase and force; orders, lines, aid, then the stocks.

**References.** Forrester, J. W. (1961), Industrial Dynamics, MIT Press, chapter 9 (delays). Watling, J. and Reynolds,
N. (2024), Russian Military Objectives and Capacity in Ukraine Through 2024, RUSI (refurbishment).
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.laws import Items, total, world
from forcesim.processes.lines import TINY, Ammunition, Line, line_numbers, line_start, prices, produce, set_prices
from forcesim.processes.phases import at_war
from forcesim.processes.process import Draw, Process, Section
from forcesim.quantities import Months, PerMonth, Quantity, Ratio, Share, UsdBn, Value, number
from forcesim.state import Flow, Indicator, Read, Stock

PerYear = Annotated[Value, Quantity("per year", -0.5, 1.0)]
BnPerMonth = Annotated[Value, Quantity("bn USD per month", 0.0)]

UNKNOWN = -1.0
"""What stands for the force in the theatre where nobody writes it."""


class Common(Section):
    """What all producers share."""

    utilisation: Share = number(
        0.9, meaning="part of capacity in use at most", assumption="changes of shift, repairs", lever=True
    )
    output_volatility: Share = number(
        0.1, meaning="standard deviation of a month's output (logarithm)", assumption="deliveries come in lots"
    )
    price_elasticity: Ratio = number(
        0.3,
        meaning="elasticity of prices in orders over capacity",
        assumption="shells rose from 2,000 to 4,000 USD (PR014) while orders rose about tenfold",
    )
    other_months: Months = number(
        30.0,
        meaning="mean time from order to delivery of other equipment",
        assumption="two to three years, as vehicles",
    )
    hull_months: Months = number(
        24.0, meaning="months of work in store below which hulls slow it", assumption="the fair ones are taken first"
    )
    need_growth: PerYear = number(
        0.1,
        meaning="growth of the ammunition that is needed, by counter-measures",
        assumption="jamming and dispersion: more drones and shells are fired for one hit every year",
    )
    store_months: Months = number(
        18.0,
        meaning="months of need above which stores slow the orders of ammunition",
        assumption="a year and a half",
        lever=True,
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
    aid_patience: Months = number(
        12.0,
        meaning="mean time for which money waits for goods before it orders from the recipient's own producers",
        assumption="a budget year",
        lever=True,
    )


class Parameters(Section):
    """One producer."""

    shares_of_one = (("shells.order_share", "armour.order_share", "drones.order_share", "air_defence.order_share"),)

    shells: Ammunition = Ammunition()
    armour: Line = Line()
    drones: Ammunition = Ammunition()
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
    ammunition: UsdBn = number(0.0, meaning="ammunition at the start", assumption="none unless given")
    wear_rate: PerMonth = number(
        0.006, meaning="wear of equipment in peace", assumption="equipment lasts fourteen years"
    )
    war_loss_rate: PerMonth = number(
        0.0, meaning="equipment lost to the war, per month of the stock", assumption="none where there is no war"
    )
    fires_needed: BnPerMonth = number(
        0.0,
        meaning="ammunition that the force of the start would fire in a month at war if it had it",
        assumption="none where there is no war",
    )
    other_share: Share = number(
        1.0,
        meaning="part of what the four lines leave that buys equipment in service",
        assumption="all of it unless given; the rest is repair, research, what others keep",
        lever=True,
    )


READS = (
    Read("equipment_budget"),
    Read("aid_received"),
    Read("phase", lag=1),
    Read("strength", lag=1),
    Read("theatre", lag=1, missing=UNKNOWN),
)


def _flow(name: str, meaning: str, *, unit: str = "bn USD per month", **more: Any) -> Flow:
    return Flow(name=name, unit=unit, meaning=meaning, **more)


WRITES = (
    Stock(name="equipment", unit="bn USD", meaning="equipment in service", outcome=True,
          inflows=("arms_made", "other_deliveries", "equipment_aid"), outflows=("gifts", "wear", "war_losses")),
    Stock(name="ammunition", unit="bn USD", meaning="shells and drones in store", outcome=True,
          inflows=("munitions_made", "ammunition_aid"), outflows=("ammunition_gifts", "fired")),
    Stock(name="on_order", unit="bn USD", meaning="other equipment ordered and not delivered",
          inflows=("other_orders",), outflows=("other_deliveries",)),
    Stock(name="aid_unspent", unit="bn USD", meaning="aid money that has found no goods yet",
          inflows=("aid_booked",), outflows=("aid_orders", "aid_services", "aid_goods")),
    _flow("production", "output of the four lines", outcome=True),
    _flow("production_shells", "artillery shells made", unit="units per month"),
    _flow("production_armour", "armoured vehicles made or refurbished", unit="units per month"),
    _flow("production_drones", "drones made", unit="units per month"),
    _flow("production_air_defence", "interceptors made", unit="units per month"),
    _flow("arms_made", "output of the lines that is equipment"),
    _flow("munitions_made", "output of the lines that is ammunition"),
    _flow("other_orders", "other equipment ordered"),
    _flow("other_deliveries", "other equipment delivered"),
    _flow("equipment_aid", "equipment received as aid"),
    _flow("ammunition_aid", "ammunition received as aid"),
    _flow("gifts", "equipment given as aid"),
    _flow("ammunition_gifts", "ammunition given as aid"),
    _flow("aid_booked", "aid received, as the stock of unspent aid takes it in"),
    _flow("aid_orders", "aid that orders from the recipient's own producers"),
    _flow("aid_services", "aid that is training, repair, transport, fuel"),
    _flow("aid_goods", "aid that pays for goods of producers abroad"),
    _flow("wear", "equipment worn out"),
    _flow("war_losses", "equipment lost in the war"),
    _flow("fired", "ammunition fired"),
    _flow("push_money", "what a push of the lines costs beyond the equipment money"),
    Indicator(name="orders", unit="bn USD per month", meaning="money that orders of the lines are shares of"),
    Indicator(name="capacity", unit="units per month", meaning="what each line can make", slots=4),
    Indicator(name="hulls", unit="units", meaning="hulls in store for each line", slots=4),
    Indicator(name="hulls_left", unit="units", meaning="hulls in store"),
    Indicator(name="fires", unit="share", meaning="ammunition fired over ammunition needed", outcome=True),
    Indicator(name="first_force", unit="persons", meaning="force that the need of ammunition is stated for"),
    Indicator(name="prices", unit="ratio", meaning="prices of arms against month 1", scope="world", outcome=True),
    Indicator(name="first_load", unit="ratio", meaning="orders over capacity in month 1", scope="world"),
    _flow("aid_offered", "production offered as aid, all producers", scope="world"),
    _flow("aid_money", "aid that may buy goods, all nations", scope="world"),
)  # fmt: skip
DRAWS = (Draw("z_output"),)

lines = Items("shells", "armour", "drones", "air_defence", writes={"output": "production_{}"})
"""The four lines of a producer: a law over them takes the numbers of a line by their own names."""


class Opening(NamedTuple):
    on_order: float
    fires: float


@law
def opening(equipment_budget: float, order_shares: float, other_share: float, other_months: float) -> Opening:
    """Begin with the order book of a steady state, and with fires that nobody needs yet."""
    return Opening(other_share * equipment_budget * max(0.0, 1.0 - order_shares) * other_months, 1.0)


class AidSpent(NamedTuple):
    aid_booked: float
    aid_orders: float
    aid_services: float
    aid_for_goods: float  # bn USD that may buy goods of producers abroad


class Paces(NamedTuple):
    patience_ends: float  # part of the aid that waits for goods which a month turns into orders
    delivered: float  # part of other equipment on order that a month delivers


@law
def paces(aid_patience: float, other_months: float) -> Paces:
    """Return what part of money that waits, and of an order book, goes in a month."""
    return Paces(1.0 - exp(-1.0 / max(aid_patience, 0.01)), 1.0 - exp(-1.0 / max(other_months, 0.01)))


@law
def spend_aid(
    aid_unspent: float, aid_received: float, aid_bought_at_home: float, aid_in_kind: float, patience_ends: float
) -> AidSpent:
    """Split the month's aid; of what waits, a part goes to the recipient's own producers."""
    released = aid_unspent * patience_ends
    abroad = (1.0 - aid_bought_at_home) * aid_received
    return AidSpent(
        aid_booked=aid_received,
        aid_orders=aid_bought_at_home * aid_received + released,
        aid_services=(1.0 - aid_in_kind) * abroad,
        aid_for_goods=(aid_unspent - released) + aid_in_kind * abroad,
    )


class Orders(NamedTuple):
    orders: float
    full: float  # part of the orders of ammunition that full stores leave
    luck: float  # factor on the month's output
    price: float  # of arms in this month; ``prices`` is that of the next from then on


@law
def place_orders(
    equipment_budget: float, aid_orders: float, gifts: float, ammunition_gifts: float, prices: float,
    ammunition: float, fires_needed: float, store_months: float, output_volatility: float, z_output: float,
) -> Orders:  # fmt: skip
    """Place the month's orders: own money, aid spent here, and what last month's gifts were paid with."""
    store = store_months * fires_needed
    return Orders(
        full=store / ammunition if ammunition > store > 0.0 else 1.0,
        orders=equipment_budget + aid_orders + prices * (gifts + ammunition_gifts),
        luck=exp(output_volatility * z_output),
        price=prices,
    )


class Books(NamedTuple):
    arms_made: float
    push_money: float
    other_orders: float
    other_deliveries: float
    offer: float  # bn USD of goods, at prices of month 0


@law
def keep_books(
    production: float, munitions_made: float, orders: float, order_shares: float, price: float, on_order: float,
    other_share: float, delivered: float, aid_offer: float,
) -> Books:  # fmt: skip
    """Return what the lines cost and leave, what else is ordered and delivered, and what is offered as aid."""
    spent, stated = price * production, orders * order_shares
    return Books(
        arms_made=max(0.0, production - munitions_made),
        push_money=max(0.0, spent - stated),
        other_orders=other_share * max(0.0, orders - min(spent, stated)) / price,
        other_deliveries=on_order * delivered,
        offer=aid_offer * production,
    )


class Shipped(NamedTuple):
    equipment_aid: float
    ammunition_aid: float
    gifts: float
    ammunition_gifts: float
    aid_goods: float


@law
def ship(
    arms_made: float, munitions_made: float, aid_offer: float, aid_for_goods: float, aid_offered: float, aid_money:
    float, arms_offered: float, price: float,
) -> Shipped:  # fmt: skip
    """Ship the aid that is both offered and paid for, arms and ammunition in the same part."""
    shipped = min(aid_offered, aid_money / price)
    part, whose = shipped / max(aid_offered, TINY), aid_for_goods / max(aid_money, TINY)
    arms = part * arms_offered
    return Shipped(
        equipment_aid=whose * arms,
        ammunition_aid=whose * max(0.0, shipped - arms),  # never below 0 by a rounding
        gifts=part * aid_offer * arms_made,
        ammunition_gifts=part * aid_offer * munitions_made,
        aid_goods=whose * price * shipped,
    )


@law
def arms_offer(arms_made: float, aid_offer: float) -> float:
    """Return the arms, not ammunition, that a producer offers as military aid."""
    return aid_offer * arms_made


@law
def need_by_now(month: float, need_growth: float) -> float:
    """Return the ammunition that a force needs against the start: counter-measures grow."""
    return exp(month / 12.0 * log(1.0 + need_growth))


class Used(NamedTuple):
    wear: float
    war_losses: float
    fired: float
    fires: float
    first_force: float


@law
def use(
    equipment: float, ammunition: float, phase: float, strength: float, theatre: float, first_force: float,
    first_year: float, need_by_now: float, wear_rate: float, war_loss_rate: float, fires_needed: float,
) -> Used:  # fmt: skip
    """Wear equipment out, lose it at war, and fire what is needed, at most what was there when the month began."""
    wear = min(1.0, wear_rate) * equipment
    force = theatre if theatre >= 0.0 else strength
    first = force if first_year > 0.0 else first_force
    fighting = at_war(phase)
    needed = fires_needed * need_by_now * force / max(first, 1.0) if fighting else 0.0
    fired = min(ammunition, needed)
    return Used(
        wear=wear,
        war_losses=min(1.0, war_loss_rate) * (equipment - wear) if fighting else 0.0,
        fired=fired,
        fires=fired / needed if needed > 0.0 else 1.0,
        first_force=first,
    )


class Industry(Process):
    """Production, prices, aid in kind, and the stocks of equipment and ammunition."""

    name = section = "industry"
    Common, Parameters = Common, Parameters
    reads, writes, draws = READS, WRITES, DRAWS
    opening = (
        lines(line_start),
        total("hulls_left", of="hulls", over=lines),
        total("order_shares", of="order_share", over=lines),
        opening,
        world(prices),
    )
    month = (
        total("order_shares", of="order_share", over=lines),
        world(paces),
        world(need_by_now),
        spend_aid,
        place_orders,
        total("aid_money", of="aid_for_goods"),
        lines(line_numbers),
        lines(produce),
        total("production", of="value", over=lines),
        total("munitions_made", of="munitions", over=lines),
        total("hulls_left", of="hulls", over=lines),
        total("demand_of_lines", of="demand", over=lines),
        total("supply_of_lines", of="supply", over=lines),
        total("all_demand", of="demand_of_lines"),
        total("all_supply", of="supply_of_lines"),
        world(set_prices),
        keep_books,
        arms_offer,
        total("aid_offered", of="offer"),
        total("arms_offered", of="arms_offer"),
        ship,
        use,
    )
