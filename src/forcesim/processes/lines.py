"""Lines of production: capacity that follows orders, hulls that run out, and prices that rise with orders."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp, log
from forcesim.processes.process import Section
from forcesim.quantities import Months, PerMonth, Quantity, Share, Value, number

UnitsPerMonth = Annotated[Value, Quantity("units per month", 0.0)]
UsdMillion = Annotated[Value, Quantity("million USD", 1e-6)]
Units = Annotated[Value, Quantity("units", 0.0)]

TINY = 1e-300
"""Stands for nothing in a divisor: no offers, no money."""


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
    refurbished_share: Share = number(
        0.0, meaning="part of the output that needs a hull from store", assumption="all is new unless given"
    )
    hulls: Units = number(0.0, meaning="hulls in store at the start", assumption="none unless given")
    fired_share: Share = number(0.0, meaning="part of the output that is fired", assumption="equipment, not ammunition")


class Ammunition(Line):
    """A line of what is fired: shells, drones."""

    fired_share: Share = number(1.0, meaning="part of the output that is fired", assumption="all of it")


class LineStart(NamedTuple):
    capacity: float
    hulls: float


@law
def line_start(capacity: float, hulls: float) -> LineStart:
    """Begin with the capacity and the hulls of the line at the start."""
    return LineStart(capacity, hulls)


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
    hulls: float
    output: float
    value: float  # bn USD, at prices of month 0
    munitions: float  # of that, what is fired
    demand: float  # bn USD of orders
    supply: float  # bn USD of capacity, at prices of month 0


@law
def produce(
    capacity: float, hulls: float, orders: float, full: float, push: float, price: float, luck: float, order_share:
    float, cost: float, in_use: float, keep_growing: float, keep_idle: float, refurbished_share: float, hull_months:
    float, fired_share: float,
) -> Production:  # fmt: skip
    """Move a line's capacity towards what orders call for, and make what capacity, money and hulls allow.

    The step is exact for a first-order delay: up slowly, down by decay.
    """
    money = push * orders * order_share * (1.0 - fired_share * (1.0 - full))
    funded = money / (price * cost)
    wanted = funded / in_use
    capacity = wanted + (capacity - wanted) * (keep_growing if wanted > capacity else keep_idle)
    made = min(in_use * capacity * luck, funded)
    needed = refurbished_share * made
    hulled = min(needed, hulls / max(hull_months, 1.0))
    output = made - needed + hulled
    value = output * cost
    return Production(capacity, hulls - hulled, output, value, fired_share * value, money, in_use * capacity * cost)


class Prices(NamedTuple):
    prices: float
    first_load: float


@law
def prices() -> float:
    """Return the prices of month 0, which are the yardstick."""
    return 1.0


@law
def set_prices(
    all_demand: float, all_supply: float, first_load: float, first_year: float, price_elasticity: float
) -> Prices:
    """Return next month's prices: they rise with orders over capacity, and fall back to the first at most."""
    load = all_demand / max(all_supply, TINY)
    first = load if first_year > 0.0 else first_load
    if load <= 0.0 or first <= 0.0:
        return Prices(1.0, first)
    return Prices(max(1.0, exp(price_elasticity * log(load / first))), first)
