"""Where the time of a run goes: process by process, draws and step apart, and what recording adds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import each, paths_of, seed_of
from forcesim.engine.recording import Recording
from forcesim.plan import make_plan
from forcesim.scenario import asked
from forcesim.summary import CHUNK
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from forcesim.policy import Policy
    from forcesim.scenario import Scenario

__all__ = ["Profile", "profile"]


@dataclass(frozen=True, repr=False)
class Profile(Quotable):
    """Seconds that a run spent, on one thread.

    Attributes
    ----------
    path_months : int
        Paths times months.
    draws : mapping of process to int
        Rows that each process draws in a month (yearly ones by the twelfth are counted in full).
    drawing, stepping : mapping of process to float
        Seconds in its draws, and in the rest of it; the draws of laws that rest (``unless_zero``) are part of the rest.
    recording, keeping : float
        Seconds in summaries, and in copying kept paths.
    """

    path_months: int
    draws: dict[str, int]
    drawing: dict[str, float]
    stepping: dict[str, float]
    recording: float
    keeping: float

    @property
    def total(self) -> float:
        """Return all seconds."""
        return sum(self.drawing.values()) + sum(self.stepping.values()) + self.recording + self.keeping

    @property
    def over_draws(self) -> float:
        """Return the whole over its draws alone."""
        return self.total / sum(self.drawing.values())

    @property
    def recording_share(self) -> float:
        """Return what recording adds to draws and steps, as a share of them."""
        return self.recording / (self.total - self.recording - self.keeping)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a process, and one each for recording and keeping: ns a path-month, share of the total."""
        import pandas as pd

        unit = 1e9 / self.path_months
        rows = [
            (name, self.draws[name], self.drawing[name] * unit, self.stepping[name] * unit) for name in self.stepping
        ]
        rows += [("recording", 0, 0.0, self.recording * unit), ("keeping paths", 0, 0.0, self.keeping * unit)]
        frame = pd.DataFrame(rows, columns=["process", "drawn_rows", "draws_ns", "step_ns"]).set_index("process")
        frame["share"] = (frame["draws_ns"] + frame["step_ns"]) / (self.total * unit)
        return frame

    def _cells(self) -> list[list[str]]:
        rows = [["process", "drawn rows", "draws, ns", "step, ns", "share"]]
        for name, row in self.to_dataframe().iterrows():
            numbers = f"{row['draws_ns']:.0f}", f"{row['step_ns']:.0f}"
            rows.append([str(name), f"{row['drawn_rows']:.0f}", *numbers, f"{row['share']:.1%}"])
        return rows

    def _caption(self) -> str:
        each = self.total / self.path_months * 1e9
        return (
            f"{each:,.0f} ns a path-month on one thread; the whole over its draws {self.over_draws:.1f}; "
            f"recording adds {self.recording_share:.0%}"
        )


def profile(
    scenario: Scenario,
    policy: str | Policy | Sequence[str | Policy] | None = None,
    *,
    paths: int = 4096,
    seed: int = 2025,
) -> Profile:
    """Run a scenario on one thread and tell where the time goes, process by process.

    Parameters
    ----------
    scenario : Scenario
        Also one with processes of your own.
    policy : str, Policy or sequence of them, optional
        Policies to apply first.
    paths : int
        At least 256; fewer than some thousand make a restless clock.
    seed : int
        Of the draws.

    Returns
    -------
    Profile
        A table of nanoseconds a path-month: its draws, its step, what recording adds.

    Raises
    ------
    ResultError
        If there are fewer than 256 paths.

    Examples
    --------
    >>> import forcesim as fs
    >>> found = fs.profile(fs.load("seed-figures"), paths=256)
    >>> sorted(found.stepping)
    ['balance', 'contingent', 'personnel']
    """
    paths, seed = each(lambda: paths_of(paths, least=CHUNK), lambda: seed_of(seed))
    scenario = asked(scenario, policy)
    recording = Recording(scenario, make_plan(scenario), paths=paths, seed=seed)
    _measured(recording, CHUNK)  # compiles, and fills the caches
    return _measured(recording, paths)


def _measured(recording: Recording, paths: int) -> Profile:
    """Run all blocks and add up the time of each part; draws of laws that rest count with the laws."""
    steps, clock = recording.plan.steps, time.perf_counter
    names = [step.process.name for step in steps]
    drawing, stepping = np.zeros(len(steps)), np.zeros(len(steps))
    summary, kept = recording.new_summary(), recording.new_kept(0, paths)
    folding = keeping = 0.0
    for first in range(0, paths, recording.tile):
        block = recording.new_block(first, min(paths, first + recording.tile))
        for month in range(recording.months):
            block.open(month)
            for place, (begin, laws, end) in enumerate(block.layout.steps[month > 0]):
                begun = clock()
                block.run(begin, laws)
                drawn = clock()
                block.run(laws, end)
                drawing[place] += drawn - begun
                stepping[place] += clock() - drawn
            begun = clock()
            summary.fold(month, block.state, recording.rows, block.written)
            folded = clock()
            kept.put(month, first, block.state)
            folding, keeping = folding + folded - begun, keeping + clock() - folded
    draws = {step.process.name: sum(len(drawing.rows) for drawing in step.drawings) for step in steps}
    drawn_in, stepped_in = (dict(zip(names, found.tolist(), strict=True)) for found in (drawing, stepping))
    return Profile(paths * recording.months, draws, drawn_in, stepped_in, folding, keeping)
