"""Do the stocks that a caller's own processes write or move close? A month's change is inflows less outflows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.errors import Fault, ProcessError
from forcesim.processes.catalogue import built_in
from forcesim.state import Stock

if TYPE_CHECKING:
    from forcesim.arrays import Floats, Ints
    from forcesim.order import Act
    from forcesim.plan import Plan, Step

__all__ = ["Closing"]

RELATIVE = 1e-9
"""Rounding that is allowed, as a share of the levels and flows of the month."""

WHOLE = 0.5
"""What is counted may differ by less than this: of whole numbers, by nothing."""


@dataclass(frozen=True, slots=True)
class _Flow:
    """A flow of a stock: its sign, and for the nations that have it (places in the stock) its rows."""

    sign: float
    nations: Ints
    rows: Ints


@dataclass(slots=True)
class _Level:
    """A stock of the block: its rows (nation, slot), its flows, and its level in the month before."""

    process: str
    stock: Stock
    nations: tuple[str, ...]
    rows: Ints
    flows: list[_Flow]
    before: Floats

    def off(self, state: Floats) -> tuple[Floats, Floats]:
        """Return by how much the level has changed beyond its flows, and how much it may; remember the level."""
        now = state[self.rows].sum(axis=1)
        beyond, size = now - self.before, np.abs(now) + np.abs(self.before)
        for flow in self.flows:
            amount = state[flow.rows].sum(axis=1)
            beyond[flow.nations] -= flow.sign * amount
            size[flow.nations] += np.abs(amount)
        self.before = now
        allowed = RELATIVE * size
        return beyond, np.minimum(allowed, WHOLE) if self.stock.storage == "count" else allowed


class Closing:
    """The stocks that processes of a caller write or move; the contract tests look after the others.

    Parameters
    ----------
    plan : Plan
        Of the run.
    paths : int
        Paths in the block.
    """

    def __init__(self, plan: Plan, paths: int) -> None:
        """Find the rows of the stocks and of their flows."""
        self.plan = plan
        moved = {act.stock for step in plan.steps for act in step.acts}
        self.levels = [
            _level(plan, step, stock, paths)
            for step in plan.steps
            for stock in step.process.writes
            if isinstance(stock, Stock) and (type(step.process) not in built_in() or stock.name in moved)
        ]

    def check(self, month: int, first: int, state: Floats) -> None:
        """Refuse a stock that does not close in a month; month 0 is the opening balance.

        Raises
        ------
        ProcessError
            With process, stock, nation, month, path, and by how much it is off.
        """
        for level in self.levels:
            with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is told by the recorder
                off, allowed = level.off(state)
                wrong = np.abs(off) > allowed
            if month > 0 and wrong.any():
                nation, path = (int(place) for place in np.argwhere(wrong)[0])
                raise ProcessError(self._leak(level, nation, month, first + path, float(off[nation, path])))

    def _leak(self, level: _Level, nation: int, month: int, path: int, off: float) -> Fault:
        """Return the fault of a stock that does not close."""
        stock = level.stock
        who = f"[{level.nations[nation]}]" if stock.scope == "nation" else ""
        flows = [*(f"+ {name}" for name in stock.inflows), *(f"- {name}" for name in stock.outflows)]
        flows += [f"{'+' if act.sign > 0 else '-'} {act.flow}" for act in _acts_on(self.plan, stock)]
        rule = f"must change by its declared flows only, {' '.join(flows) or 'and it has none'}"
        found = f"{off:+g} {stock.unit} beyond them in {self.plan.timeline.label(month)}, path {path}"
        remedy = "move the stock by what is written to its flows, or declare the flow that is missing"
        return Fault(f"{level.process}: {stock.name}{who}", rule, found, remedy)


def _level(plan: Plan, step: Step, stock: Stock, paths: int) -> _Level:
    """Return a stock with its rows and those of its flows."""
    rows = _rows(step, stock.name)
    nations = step.nations if stock.scope == "nation" else step.nations[:1]
    flows = []
    for sign, names in ((1.0, stock.inflows), (-1.0, stock.outflows)):
        for name in names:
            writer = next((one for one in plan.steps if name in {series.name for series in one.process.writes}), None)
            if writer is None:
                continue  # its process does not run in this scenario: nothing flows
            found = _rows(writer, name)
            if stock.scope == "world":
                flows.append(_Flow(sign, np.array([0]), found.reshape(1, -1)))
                continue
            both = [nation for nation in nations if nation in writer.nations]
            mine = np.array([nations.index(nation) for nation in both], dtype=np.int64)
            flows.append(_Flow(sign, mine, found[[writer.nations.index(nation) for nation in both]]))
    for act in _acts_on(plan, stock):
        names = nations if stock.scope == "world" else act.nations
        mine = np.array([nations.index(nation) for nation in names], dtype=np.int64)
        flows.append(_Flow(act.sign, mine, act.flows[:, None]))
    return _Level(step.process.name, stock, nations, rows, flows, np.zeros((len(nations), paths)))


def _acts_on(plan: Plan, stock: Stock) -> list[Act]:
    """Return what other processes do to a stock."""
    return [act for step in plan.steps for act in step.acts if act.stock == stock.name]


def _rows(step: Step, name: str) -> Ints:
    """Return the rows of a series that a step writes, (nation, slot), or (1, slot) for one of the world."""
    kind = type(step.process)
    place, series = next((at, one) for at, one in enumerate(kind.writes) if one.name == name)
    first = step.at[len(kind.reads) + place]
    owners = first if series.scope == "nation" else first[:1]
    return np.asarray(owners[:, None] + np.arange(series.slots))
