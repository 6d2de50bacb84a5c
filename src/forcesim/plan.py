"""From a scenario to what the engine runs: the month's order, the rows, the parameters, the draws.

A plan is data. ``print(plan)`` shows a month step by step: which process runs, for how many
nations, what it reads (and what of it is last month's), what it draws and writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forcesim.binding import Names, Program, bind
from forcesim.errors import Fault, PlanError
from forcesim.processes.columns import all_columns, entries
from forcesim.result import Outcome
from forcesim.scenario.model import Cell, Number
from forcesim.state import Flow, Series, Stock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forcesim.processes.process import Draw, Floats, Ints, Process
    from forcesim.scenario import Scenario
    from forcesim.timeline import Timeline

__all__ = ["Drawing", "Parameters", "Plan", "Step", "make_plan"]

WORLD = "WORLD"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws of one process that share a law and a rhythm.

    ``names`` are theirs, ``rows`` their rows among the month's draws; ``addresses`` gives process, nation, name, slot
    of each, ``still`` its value without noise.
    """

    law: str
    every: str
    names: tuple[str, ...]
    rows: Ints
    addresses: tuple[tuple[str, str, str, int], ...]
    still: Floats
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Affine:
    """A parameter that differs between paths: by month, factors times uncertain numbers, plus a constant."""

    column: int
    nations: tuple[int, ...]
    bases: tuple[str, ...]
    changes: Mapping[int, tuple[tuple[float, ...], float]]


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one process as a table (column, nation).

    ``constants`` are the values in month 0 of all that is the same on every path; ``changes``
    gives, by month, which of them become what. ``by_path`` are the others.
    """

    constants: Floats
    cell: Ints
    changes: Mapping[int, tuple[Ints, Floats]]
    by_path: tuple[Affine, ...]

    def layout(self, paths: int) -> tuple[Floats, Ints, Ints]:
        """Return values, offset and stride for a block of ``paths`` paths."""
        values = np.empty(len(self.constants) + len(self.by_path) * paths)
        values[: len(self.constants)] = self.constants
        offset, stride = self.cell.copy(), np.zeros_like(self.cell)
        for place, affine in enumerate(self.by_path):
            for nation in affine.nations:
                offset[affine.column, nation] = len(self.constants) + place * paths
                stride[affine.column, nation] = 1
        return values, offset, stride


@dataclass(frozen=True, slots=True)
class Step:
    """One process in the month's order, with everything that it needs."""

    process: Process
    nations: tuple[str, ...]
    at: Ints
    drawn_at: Ints
    drawings: tuple[Drawing, ...]
    drawn_rows: int
    parameters: Parameters
    program: Program | None = None

    def room(self, paths: int) -> int:
        """Return how many numbers a block of so many paths holds for this step alone."""
        by_path = len(self.parameters.by_path)
        own = len(self.parameters.constants) + by_path * paths
        if self.program is not None:
            own += self.program.scratch * paths + self.program.constants * (paths if by_path else 1)
        return own


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does each month, in order.

    Attributes
    ----------
    timeline : Timeline
        Month 0 is the opening balance.
    steps : tuple of Step
        The processes in the month's order.
    rows : int
        Rows of the state.
    standing : tuple of (int, float)
        Rows that hold what a process reads and nobody writes.
    outcomes : tuple of Outcome
        Every series that a result may hold, in the month's order.
    row_of : mapping of (outcome, nation or None) to row
        Where each of them stands in the state.
    by_default : tuple of str
        Outcomes that a result holds unless told otherwise.
    """

    timeline: Timeline
    steps: tuple[Step, ...]
    rows: int
    standing: tuple[tuple[int, float], ...]
    outcomes: tuple[Outcome, ...]
    row_of: Mapping[tuple[str, str | None], int]
    by_default: tuple[str, ...]

    def __str__(self) -> str:
        """Return a month, step by step."""
        lines = [
            f"{self.timeline.months} months, {self.timeline.start} to {self.timeline.horizon}; {self.rows} rows a path"
        ]
        for number, step in enumerate(self.steps, 1):
            kind = type(step.process)
            reads = ", ".join(read.name + (" (last month's)" if read.lag else "") for read in kind.reads)
            draws = ", ".join(
                draw.name + ("" if draw.every == "month" else f" (by {draw.every})") for draw in kind.draws
            )
            who = "the world" if step.nations == (WORLD,) else f"{len(step.nations)} nations"
            lines.append(f"{number:2}. {kind.name}, for {who}")
            lines += [f"      reads  {reads}"] * bool(reads)
            lines += [f"      draws  {draws}"] * bool(draws)
            lines.append(f"      writes {', '.join(series.name for series in kind.writes)}")
        return "\n".join(lines)


@dataclass(slots=True)
class _Rows:
    """Rows handed out so far."""

    used: int = 0
    first: dict[str, tuple[Series, dict[str, int]]] = field(default_factory=dict)
    standing: dict[float, int] = field(default_factory=dict)

    def take(self, series: Series, nations: Sequence[str]) -> None:
        """Hand out the rows of a series: its slots together, nation after nation."""
        owners = [WORLD] if series.scope == "world" else list(nations)
        self.first[series.name] = (series, {who: self.used + place * series.slots for place, who in enumerate(owners)})
        self.used += series.slots * len(owners)

    def stand(self, value: float) -> int:
        """Return the row that always holds a value."""
        if value not in self.standing:
            self.standing[value] = self.used
            self.used += 1
        return self.standing[value]


def make_plan(scenario: Scenario) -> Plan:
    """Make the plan of a scenario.

    Parameters
    ----------
    scenario : Scenario
        A validated scenario.

    Returns
    -------
    Plan
        The same for any order of nations and processes in the scenario.

    Raises
    ------
    PlanError
        Processes wait for each other in a circle, or a process of world scope reads a series of nations.

    Examples
    --------
    >>> import forcesim as fs
    >>> print(make_plan(fs.load("seed-figures")))  # doctest: +ELLIPSIS
    71 months...
    """
    running = {process.name: (process, scenario.nations_of(process)) for process in scenario.processes()}
    order = month_order([process for process, _ in running.values()])
    rows = _Rows()
    for process in order:
        for series in process.writes:
            rows.take(series, running[process.name][1])
    steps = [_step(scenario, process, running[process.name][1], rows) for process in order]
    outcomes, row_of, by_default = [], {}, []
    for process in order:
        for series in process.writes:
            if series.slots > 1:
                continue
            nations = () if series.scope == "world" else running[process.name][1]
            outcomes.append(_outcome(series, nations, noise=scenario.noise))
            by_default += [series.name] * series.outcome
            first = rows.first[series.name][1]
            row_of.update({(series.name, None if who == WORLD else who): row for who, row in first.items()})
    return Plan(
        timeline=scenario.timeline,
        steps=tuple(steps),
        rows=rows.used,
        standing=tuple((row, value) for value, row in rows.standing.items()),
        outcomes=tuple(outcomes),
        row_of=row_of,
        by_default=tuple(by_default),
    )


def month_order(processes: Iterable[Process]) -> list[Process]:
    """Return the processes in the month's order.

    Who reads this month's value runs after its writer; who reads last month's runs before it,
    while it still stands. Processes that do not wait for each other are ordered by name.

    Raises
    ------
    PlanError
        If processes wait for each other in a circle; it names them.
    """
    left = {process.name: process for process in processes}
    writer = {series.name: name for name, process in left.items() for series in process.writes}
    waits: dict[str, set[str]] = {name: set() for name in left}
    for name, process in left.items():
        for read in process.reads:
            other = writer.get(read.name)
            if other is None or other == name:
                continue
            if read.lag == 0:
                waits[name].add(other)
            else:
                waits[other].add(name)
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


def _outcome(series: Series, nations: Sequence[str], *, noise: bool) -> Outcome:
    """Return what a result needs to know of a series; without noise counts are means, which are no whole numbers."""
    kind = "stock" if isinstance(series, Stock) else "flow" if isinstance(series, Flow) else "indicator"
    return Outcome(
        name=series.name,
        unit=series.unit,
        meaning=series.meaning,
        scope=series.scope,
        nations=tuple(nations),
        labels=series.labels,
        storage="float" if series.storage == "count" and not noise else series.storage,
        kind=kind,
    )


def _step(scenario: Scenario, process: Process, nations: tuple[str, ...], rows: _Rows) -> Step:
    """Return a process with its rows, draws and parameters."""
    at = [_read_rows(process, read.name, read.instead, nations, rows) for read in process.reads]
    for series in process.writes:
        first = rows.first[series.name][1]
        at.append([first[WORLD if series.scope == "world" else nation] for nation in nations])
    table = np.array(at, dtype=np.int64).reshape(-1, len(nations))
    drawings, drawn_at, drawn_rows = _drawings(scenario, process, nations, frozenset())
    program = None
    if process.month:
        program = bind(_names(scenario, process, nations, table, drawn_at))
        drawings, _, _ = _drawings(scenario, process, nations, program.lazy)
    return Step(
        process=process,
        nations=nations,
        at=table,
        drawn_at=drawn_at,
        drawings=drawings,
        drawn_rows=drawn_rows,
        parameters=_parameters(scenario, process, nations),
        program=program,
    )


def _names(scenario: Scenario, process: Process, nations: tuple[str, ...], at: Ints, drawn_at: Ints) -> Names:
    """Return all that the laws of a process may name."""
    series = [*(read.name for read in process.reads), *(series.name for series in process.writes)]
    rows = {name: at[place] for place, name in reversed(list(enumerate(series)))}
    owned = {series.name: series.scope for series in process.writes}
    shared = [name for name in rows if owned.get(name, "nation") == "world" or (rows[name] == rows[name][0]).all()]
    common = [column.path for column in all_columns(process.Common)]
    own = [column.path for column in all_columns(process.Parameters)]
    counts = {}
    for path in (*common, *own):
        if path.endswith(".count"):
            items = path.removesuffix(".count")
            section = [
                getattr(scenario, process.section, None)
                if path in common
                else getattr(scenario.nations[nation], process.section)
                for nation in nations
            ]
            counts[items] = np.array([len(getattr(one, items, ())) for one in section], dtype=np.int64)
    return Names(
        process=process,
        nations=nations,
        rows=rows,
        worldly=frozenset(shared),
        drawn={draw.name: drawn_at[place] for place, draw in enumerate(process.draws)},
        cells={path: place for place, path in reversed(list(enumerate([*common, *own])))},
        common=frozenset(common),
        counts=counts,
    )


def _read_rows(process: Process, name: str, missing: float, nations: Sequence[str], rows: _Rows) -> list[int]:
    """Return the row that each nation of a process reads."""
    if name not in rows.first:
        return [rows.stand(missing)] * len(nations)
    series, first = rows.first[name]
    if series.scope == "world":
        return [first[WORLD]] * len(nations)
    if tuple(nations) == (WORLD,):
        raise PlanError(
            Fault(
                f"{process.name}.reads",
                f"a process of world scope cannot read {name!r}, a series of nations",
                "",
                "give the process Parameters, so that it runs for nations",
            ),
        )
    return [first[nation] if nation in first else rows.stand(missing) for nation in nations]


def _drawings(
    scenario: Scenario, process: Process, nations: tuple[str, ...], lazy: frozenset[str]
) -> tuple[tuple[Drawing, ...], Ints, int]:
    """Group a process's draws by law and rhythm, so that each group is filled by one call; leave out what is unused.

    A lazy draw is a group by itself. Rows follow the order of the draws: laws are bound to them before it is known
    which draws are lazy.
    """
    groups: dict[tuple[str, str, str], list[tuple[int, Draw]]] = {}
    drawn_at, row = np.zeros((len(process.draws), len(nations)), dtype=np.int64), 0
    for place, draw in enumerate(process.draws):
        groups.setdefault((draw.law, draw.every, draw.name * (draw.name in lazy)), []).append((place, draw))
        owners = 1 if draw.scope == "world" else len(nations)
        drawn_at[place] = row + draw.slots * np.minimum(np.arange(len(nations)), owners - 1)
        row += draw.slots * owners
    sections = {nation: getattr(scenario.nations[nation], process.section) for nation in nations if nation != WORLD}
    drawings = []
    for (law, every, _), draws in groups.items():
        rows, addresses, still = [], [], []
        for place, draw in draws:
            for n, owner in enumerate((WORLD,) if draw.scope == "world" else nations):
                slots = [slot for slot in range(draw.slots) if process.uses(draw, slot, sections.get(owner))]
                rows += [int(drawn_at[place, n]) + slot for slot in slots]
                addresses += [(process.name, owner, draw.name, slot) for slot in slots]
                still += [draw.without_noise] * len(slots)
        names = tuple(draw.name for _, draw in draws)
        places = np.array(rows, dtype=np.int64)
        drawings.append(Drawing(law, every, names, places, tuple(addresses), np.array(still), names[0] in lazy))
    return tuple(drawings), drawn_at, row


def _parameters(scenario: Scenario, process: Process, nations: tuple[str, ...]) -> Parameters:
    """Lay out a process's parameters: what is the same on every path, and what is not."""
    settings = scenario.settings_by_path()
    table = _Table(len(all_columns(process.Common, process.Parameters)), len(nations))
    everybody = tuple(range(len(nations)))
    place = 0
    if process.Common is not None:
        section = getattr(scenario, process.section, None) or process.Common()
        for column, value in entries(process.Common, section):
            cell = scenario.cell(Number(f"{process.section}.{column.path}", column, value), settings)
            table.add(place, everybody, cell)
            place += 1
    if process.Parameters is not None:
        for n, nation in enumerate(nations):
            section = getattr(scenario.nations[nation], process.section)
            prefix = f"nations.{nation}.{process.section}"
            for offset, (column, value) in enumerate(entries(process.Parameters, section)):
                cell = scenario.cell(Number(f"{prefix}.{column.path}", column, value), settings)
                table.add(place + offset, (n,), cell)
    return table.parameters()


class _Table:
    """The parameters of one process while they are laid out."""

    def __init__(self, columns: int, nations: int) -> None:
        """Begin with an empty table."""
        self.cell = np.zeros((columns, nations), dtype=np.int64)
        self.courses: list[Floats] = []
        self.by_path: list[Affine] = []

    def add(self, column: int, nations: tuple[int, ...], cell: Cell) -> None:
        """Place one number, for one nation or for all."""
        if not cell.factors:
            self.cell[column, list(nations)] = len(self.courses)
            self.courses.append(cell.constant)
            return
        whole = np.stack([*cell.factors.values(), cell.constant])
        new = np.flatnonzero(np.r_[True, (whole[:, 1:] != whole[:, :-1]).any(axis=0)])
        changes = {int(m): (tuple(whole[:-1, m].tolist()), float(whole[-1, m])) for m in new}
        self.by_path.append(Affine(column, nations, tuple(cell.factors), changes))

    def parameters(self) -> Parameters:
        """Return the table: the values of month 0, and by month what changes."""
        if not self.courses:
            return Parameters(np.zeros(0), self.cell, {}, tuple(self.by_path))
        courses = np.array(self.courses)
        changes = {}
        for month in range(1, courses.shape[1]):
            changed = np.flatnonzero(courses[:, month] != courses[:, month - 1])
            if len(changed):
                changes[month] = (changed, courses[changed, month].copy())
        return Parameters(courses[:, 0].copy(), self.cell, changes, tuple(self.by_path))
