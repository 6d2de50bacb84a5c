"""One path of a run, step by step: how a number came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import each, integer, paths_of, seed_of, text
from forcesim.engine.block import Block, draw_keys
from forcesim.errors import Fault, ProcessError, ResultError
from forcesim.plan import make_plan
from forcesim.scenario import asked
from forcesim.summary import CHUNK

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from forcesim.arrays import Floats
    from forcesim.plan import Plan, Step
    from forcesim.policy import Policy
    from forcesim.scenario import Scenario

__all__ = ["Trace", "reproduce"]

LAST_PATH = 2**40 - 1
"""The last path that has an address."""


@dataclass(frozen=True)
class Trace:
    """One path, month by month: every series, recorded or not.

    Attributes
    ----------
    path, seed : int
        Which path, of which seed.
    labels : tuple of str
        The months done.
    steps : tuple of (process, series, nation or None, slot)
        What each row holds, in the order in which a month writes it.
    values : float64 (month, row)
        As each month left them.
    error : str
        Why it stopped before the horizon; empty if it did not.
    """

    path: int
    seed: int
    labels: tuple[str, ...]
    steps: tuple[tuple[str, str, str | None, int], ...]
    values: Floats
    error: str = ""

    def to_dataframe(self) -> pd.DataFrame:
        """Return one column a month, one row for each process, series, nation and slot."""
        import pandas as pd

        index = pd.MultiIndex.from_tuples(
            [(process, name, nation or "", slot) for process, name, nation, slot in self.steps],
            names=["process", "series", "nation", "slot"],
        )
        return pd.DataFrame(self.values.T, index=index, columns=list(self.labels))

    def series(self, name: str, nation: str | None = None) -> Floats:
        """Return a series by month (slots added up)."""
        name, nation = text("name", name), None if nation is None else text("nation", nation)
        rows = [place for place, step in enumerate(self.steps) if step[1:3] == (name, nation)]
        if not rows:
            raise ResultError(Fault(name, "must be a series of the run", f"nation {nation!r}"))
        return np.asarray(self.values[:, rows].sum(axis=1))

    def __repr__(self) -> str:
        """Return what it is, and how it ended."""
        end = f"stopped: {self.error}" if self.error else "complete"
        return f"<Trace of path {self.path}, seed {self.seed}: {len(self.labels)} months, {end}>"


def reproduce(
    scenario: Scenario,
    policy: str | Policy | Sequence[str | Policy] | None = None,
    *,
    path: int,
    seed: int = 2025,
    paths: int | None = None,
) -> Trace:
    """Run one path again and return everything that it wrote, up to the month in which it fails, if it does.

    Parameters
    ----------
    scenario : Scenario
        That of the run.
    policy : str, Policy or sequence of them, optional
        As given to the run.
    path, seed : int
        Which path of which seed, as an error message names them.
    paths : int, optional
        Paths of the run; only a Latin hypercube needs it.

    Returns
    -------
    Trace
        Every series of the path by month.

    Raises
    ------
    ResultError
        If path, seed or paths is not admissible.

    Examples
    --------
    >>> import forcesim as fs
    >>> trace = fs.reproduce(fs.load("seed-figures"), path=3)
    >>> trace.series("gap")[0]
    np.float64(500000.0)
    """
    path, seed, paths = each(
        lambda: integer("path", path, least=0, most=LAST_PATH),
        lambda: seed_of(seed),
        lambda: None if paths is None else paths_of(paths),
    )
    scenario = asked(scenario, policy)
    plan, first = make_plan(scenario), path // CHUNK * CHUNK
    # the paths of a group share their Philox blocks; the sampler is asked for this group, whatever the run's size
    sampled = scenario.sampler(seed=seed, paths=max(paths or 0, first + CHUNK))(first, CHUNK)
    block = Block(plan, draw_keys(plan, seed), sampled, first=first, paths=CHUNK, noise=scenario.noise)
    rows = _rows(plan)
    places = np.array([row for row, _ in rows])
    values, error = [], ""
    for month in range(plan.timeline.months):
        try:
            block.month(month)
        except ProcessError as failed:
            error = str(failed)
        found = block.state[places, path - first]
        values.append(found)
        if not error and not np.isfinite(found).all():
            process, name, nation, _ = rows[int(np.flatnonzero(~np.isfinite(found))[0])][1]
            error = f"{process}: {name}" + (f"[{nation}]" if nation else "") + " is not finite"
        if error:
            break
    labels = plan.timeline.labels[: len(values)]
    return Trace(path, seed, tuple(labels), tuple(step for _, step in rows), np.array(values), error)


def _rows(plan: Plan) -> list[tuple[int, tuple[str, str, str | None, int]]]:
    """Return each row that a process writes, with what it holds, in the month's order."""
    return [found for step in plan.steps for found in _rows_of(step)]


def _rows_of(step: Step) -> list[tuple[int, tuple[str, str, str | None, int]]]:
    """Return the rows of one process."""
    kind, table, found = type(step.process), step.at, []
    for place, series in enumerate(kind.writes, start=len(kind.reads)):
        for n, nation in enumerate(step.nations if series.scope == "nation" else step.nations[:1]):
            who = nation if series.scope == "nation" else None
            first = int(table[place, n])
            found += [(first + slot, (kind.name, series.name, who, slot)) for slot in range(series.slots)]
    return found
