"""The order of a month, and what processes do to the stocks and rates of others.

Who reads this month's value runs after its writer, and after all who move it; who reads last month's runs before. A
process that moves a stock of another, or multiplies a rate of another, runs before it, unless what it reads makes it
run after. It reads the stock as the stock stands at its own place in the month.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.errors import Fault, PlanError
from forcesim.state import Factor, Flow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from forcesim.arrays import Ints
    from forcesim.processes.process import Process
    from forcesim.state import Series

    First = Mapping[str, tuple[Series, dict[str, int]]]

__all__ = ["WORLD", "Act", "acts_of", "factors_on", "month_order", "rows_of_factors"]

WORLD = "WORLD"


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """A flow that moves a stock of another process.

    ``sign`` is 1 into the stock and -1 out of it; ``nations`` has the names, ``rows`` and ``flows`` the rows of stock
    and flow, in one order; ``counted`` tells whether the stock holds whole numbers.
    """

    flow: str
    stock: str
    sign: float
    nations: tuple[str, ...]
    rows: Ints
    flows: Ints
    counted: bool


def month_order(processes: Iterable[Process]) -> list[Process]:
    """Return the processes in the month's order.

    Processes that do not wait for each other are ordered by name.

    Raises
    ------
    PlanError
        If processes wait for each other in a circle; it names them.
    """
    left = {process.name: process for process in processes}
    waits = _waits(left)
    order: list[Process] = []
    while left:
        ready = sorted(name for name in left if not waits[name] & left.keys())
        if not ready:
            circle = "; ".join(
                f"{name} waits for {', '.join(sorted(waits[name] & left.keys()))}" for name in sorted(left)
            )
            raise PlanError(
                Fault("processes", "must not wait for each other in a circle", circle, "read one series with lag=1"),
            )
        order.append(left.pop(ready[0]))
    return order


def _waits(known: Mapping[str, Process]) -> dict[str, set[str]]:
    """Return for whom each process waits."""
    writer = {series.name: name for name, process in known.items() for series in process.writes}
    moved: dict[str, set[str]] = {}
    for name, process in known.items():
        for stock in _moves(process):
            moved.setdefault(stock, set()).add(name)
    waits: dict[str, set[str]] = {name: set() for name in known}
    for name, process in known.items():
        for read in process.reads:
            movers = moved.get(read.name, set())
            others = {writer[read.name]} if read.name in writer else set()
            others |= set() if name in movers else movers
            for other in others - {name}:
                waits[name if read.lag == 0 else other].add(other if read.lag == 0 else name)
    section = {process.section: name for name, process in known.items()}
    for name in sorted(known):
        owners = {writer[stock] for stock in _moves(known[name]) if stock in writer}
        owners |= {section[one] for one in _multiplies(known[name]) if one in section}
        for owner in sorted(owners - {name}):
            if owner not in _before(name, waits):
                waits[owner].add(name)
    return waits


def _before(name: str, waits: Mapping[str, set[str]]) -> set[str]:
    """Return all who must run before a process."""
    found: set[str] = set()
    left = [name]
    while left:
        new = waits[left.pop()] - found
        found |= new
        left += new
    return found


def _moves(process: Process) -> Iterator[str]:
    """Yield the stocks of others that a process moves."""
    for series in process.writes:
        if isinstance(series, Flow):
            yield from (stock for stock in (series.out_of, series.into) if stock)


def _multiplies(process: Process) -> Iterator[str]:
    """Yield the sections of which a process multiplies a parameter."""
    for series in process.writes:
        if isinstance(series, Factor):
            yield series.on.split(".")[0]


def acts_of(process: Process, nations: Sequence[str], first: First) -> tuple[Act, ...]:
    """Return what a process does to stocks of others.

    Parameters
    ----------
    process : Process
        Who acts.
    nations : sequence of str
        For whom it runs.
    first : mapping of str to (Series, mapping of str to int)
        Each series with its row by nation.

    Raises
    ------
    PlanError
        If a nation lacks the stock, or no process that runs owns it.
    """
    found, faults = [], []
    for series in process.writes:
        targets = ((series.out_of, -1.0), (series.into, 1.0)) if isinstance(series, Flow) else ()
        for stock, sign in targets:
            if not stock:
                continue
            declared, rows = first.get(stock, (None, {}))
            owners = [WORLD] if series.scope == "world" else list(nations)
            lacking = [owner for owner in owners if owner not in rows]
            if declared is None or lacking:
                where = f"processes.{process.name}.writes.{series.name}"
                rule = f"moves the stock {stock!r}: every nation that has the section {process.section!r} must have it"
                short = f"{', '.join(lacking[:5])}{', ...' if len(lacking) > 5 else ''} without"
                remedy = f"take {process.section!r} from these nations, or give them the section that owns the stock"
                faults.append(Fault(where, rule, short, remedy))
                continue
            at, flows = ([places[one] for one in owners] for places in (rows, first[series.name][1]))
            counted = declared.storage == "count"
            found.append(Act(series.name, stock, sign, tuple(owners), np.array(at), np.array(flows), counted))
    if faults:
        raise PlanError(faults)
    return tuple(found)


def factors_on(process: Process, everyone: Iterable[Process]) -> dict[str, tuple[str, ...]]:
    """Return by parameter of a process the factors that others multiply it by, in the order of their names."""
    found: dict[str, list[str]] = {}
    for other in everyone:
        for series in other.writes:
            if isinstance(series, Factor) and series.on.split(".")[0] == process.section:
                found.setdefault(series.on.split(".")[1], []).append(series.name)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def rows_of_factors(factors: Sequence[str], nations: Sequence[str], first: First, one: int) -> Ints:
    """Return the row of each factor for each nation; ``one``, a row of ones, where a nation has none."""
    rows = [first[name][1] for name in factors]
    return np.array([[at.get(WORLD, at.get(nation, one)) for nation in nations] for at in rows], dtype=np.int64)
