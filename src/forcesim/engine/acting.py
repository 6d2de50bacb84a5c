"""What a process does to others when its month ends: its flows move their stocks, its factors are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.engine.loops import move_stocks
from forcesim.errors import Fault, ProcessError
from forcesim.state import Factor

if TYPE_CHECKING:
    from forcesim.arrays import Floats, Ints
    from forcesim.order import Act
    from forcesim.plan import Step
    from forcesim.timeline import Timeline

    Bools = np.ndarray[Any, np.dtype[np.bool_]]

__all__ = ["Acting"]


class Acting:
    """The acts of one process on a block.

    Parameters
    ----------
    timeline : Timeline
        Of the run.
    step : Step
        The process.
    memory : float64
        The block's memory, which begins with the state.
    state : float64 (row, path)
        The rows.
    noise : bool
        Whether chance plays: only then are counts whole numbers.

    Attributes
    ----------
    moved : int64 (row,)
        The rows of the stocks that are moved.
    """

    def __init__(self, timeline: Timeline, step: Step, memory: Floats, state: Floats, *, noise: bool) -> None:
        """Turn rows into offsets."""
        self.timeline, self.step, self.memory, self.state, self.noise = timeline, step, memory, state, noise
        paths = state.shape[1]
        self.acts = [(act, self._table(act, paths)) for act in step.acts]
        self.moved = np.concatenate([np.zeros(0, dtype=np.int64), *(act.rows for act, _ in self.acts)])
        kind = type(step.process)
        self.factors = [
            (series, step.at[place] if series.scope == "nation" else step.at[place][:1])
            for place, series in enumerate(kind.writes, start=len(kind.reads))
            if isinstance(series, Factor)
        ]

    @staticmethod
    def _table(act: Act, paths: int) -> tuple[Ints, Ints, Floats]:
        """Return stocks, flows and signs as the kernel takes them."""
        return act.rows * paths, (act.flows * paths).reshape(-1, 1), np.full((len(act.rows), 1), act.sign)

    def month(self, month: int, first: int) -> None:
        """Move the stocks; month 0 is the opening balance.

        Raises
        ------
        ProcessError
            If a flow is below 0 or no whole number, takes more than there is, or a factor is below 0: with process,
            series, nation, month and path.
        """
        for series, rows in self.factors:
            wrong = ~(self.state[rows] >= 0.0)
            self._look("must be at least 0, being a factor", series.name, rows, wrong, month, first)
        if month == 0:
            return
        for act, table in self.acts:
            flow = self.state[act.flows]
            rule = f"must be at least 0, as it moves {act.stock}"
            self._look(rule, act.flow, act.flows, ~(flow >= 0.0), month, first)
            if act.counted and self.noise:
                rule = f"must be a whole number, as {act.stock} is (whole or binomial of forcesim give one)"
                self._look(rule, act.flow, act.flows, flow != np.floor(flow), month, first)
            move_stocks(self.memory, *table, self.state.shape[1])
            rule = f"takes more than there is: {act.stock} must stay at least 0"
            self._look(rule, act.flow, act.flows, self.state[act.rows] < 0.0, month, first)

    def _look(self, rule: str, name: str, rows: Ints, wrong: Bools, month: int, first: int) -> None:
        """Refuse what is wrong anywhere."""
        if not wrong.any():
            return
        nation, path = (int(place) for place in np.argwhere(wrong)[0])
        who = f"[{self.step.nations[nation]}]" if len(rows) == len(self.step.nations) else ""
        found = f"{self.state[rows[nation], path]:g} in {self.timeline.label(month)}, path {first + path}"
        remedy = f"forcesim.reproduce(scenario, path={first + path}, ...) shows how it came about"
        raise ProcessError(Fault(f"{self.step.process.name}: {name}{who}", rule, found, remedy))
