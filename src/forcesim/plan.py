"""From a scenario to what the engine runs: the month's order, the rows, the parameters, the draws.

A plan is data. ``print(plan)`` shows a month law by law: which process runs, for how many nations, what each of its
laws takes and gives, how its stocks move, and what other processes do to its stocks and rates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forcesim.binding import bind
from forcesim.errors import Fault, PlanError
from forcesim.expression import Vocabulary
from forcesim.order import WORLD, Act, acts_of, factors_on, month_order, rows_of_factors
from forcesim.outcome import Outcome
from forcesim.plan_text import month_of
from forcesim.processes.columns import all_columns, entries
from forcesim.processes.draws import due
from forcesim.program import Names, Program
from forcesim.ruled import Ruled, ruled
from forcesim.scenario.numbers import Course, course_of
from forcesim.scenario.switched import Switched, switched
from forcesim.state import Factor, Flow, Series, Stock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel

    from forcesim.arrays import Floats, Ints
    from forcesim.processes.draws import Rhythm
    from forcesim.processes.process import Draw, Process
    from forcesim.scenario import Scenario
    from forcesim.timeline import Timeline

__all__ = ["ByPath", "Drawing", "ParameterTable", "Plan", "Step", "make_plan"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws of one process that share a law and a rhythm.

    ``names`` are theirs, ``rows`` their rows among the month's draws; ``addresses`` gives process, nation, name, slot
    of each, ``still`` its value without noise.
    """

    law: str
    every: Rhythm
    names: tuple[str, ...]
    rows: Ints
    addresses: tuple[tuple[str, str, str, int], ...]
    still: Floats
    lazy: bool
    first_calendar_month: int

    def due(self, month: int) -> bool:
        """Return whether the draws are made in a month."""
        return due(self.every, month, self.first_calendar_month)

    def months(self, last: int) -> list[int]:
        """Return the months until ``last`` in which the draws are made."""
        return [month for month in range(last + 1) if self.due(month)]


@dataclass(frozen=True, slots=True)
class ByPath:
    """A parameter that differs between paths: its column, the nations that have it, its value in each month."""

    column: int
    nations: tuple[int, ...]
    course: Course | Switched


@dataclass(frozen=True, slots=True)
class ParameterTable:
    """The parameters of one process as a table (column, nation).

    ``constants`` are the values in month 0 of all that is the same on every path; ``changes``
    gives, by month, which of them become what. ``by_path`` are the others, ``switched`` those that rules set.
    """

    constants: Floats
    cell: Ints
    changes: Mapping[int, tuple[Ints, Floats]]
    by_path: tuple[ByPath, ...]
    moving: Mapping[int, tuple[int, ...]] = field(init=False)
    switched: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Note by month which of the numbers that differ between paths change, so that no month looks at all."""
        moving: dict[int, list[int]] = {}
        for place, one in enumerate(self.by_path):
            for month in one.course.changes:
                moving.setdefault(month, []).append(place)
        rules = (place for place, one in enumerate(self.by_path) if isinstance(one.course, Switched))
        object.__setattr__(self, "switched", tuple(rules))
        object.__setattr__(self, "moving", {month: tuple(places) for month, places in moving.items()})

    def layout(self, paths: int) -> tuple[Floats, Ints, Ints]:
        """Return values, offset and stride for a block of ``paths`` paths."""
        values = np.empty(len(self.constants) + len(self.by_path) * paths)
        values[: len(self.constants)] = self.constants
        offset, stride = self.cell.copy(), np.zeros_like(self.cell)
        for place, one in enumerate(self.by_path):
            for nation in one.nations:
                offset[one.column, nation] = len(self.constants) + place * paths
                stride[one.column, nation] = 1
        return values, offset, stride


@dataclass(frozen=True, slots=True)
class Step:
    """One process in the month's order, with everything that it needs.

    ``acts`` are its flows out of and into stocks of others; ``factors`` names, by parameter, what multiplies it.
    """

    process: Process
    nations: tuple[str, ...]
    at: Ints
    drawn_at: Ints
    drawings: tuple[Drawing, ...]
    drawn_rows: int
    parameters: ParameterTable
    program: Program | None = None
    acts: tuple[Act, ...] = ()
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def fixed(self) -> frozenset[str]:
        """Return the laws and totals that are worked out only when parameters change."""
        every = () if self.program is None else self.program.fixed
        return frozenset(one.label.split(".")[1] for one in every)

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
        Rows that hold what a process reads and nobody writes; and those of factors, which begin at 1.
    outcomes : tuple of Outcome
        Every series that a result may hold, in the month's order.
    row_of : mapping of (outcome, nation or None) to row
        Where each of them stands in the state.
    by_default : tuple of str
        Outcomes that a result holds unless told otherwise.
    groups : mapping of str to tuple of str
        Nations that an expression may name together.
    rules : tuple of Ruled
        What switches numbers on some paths.
    """

    timeline: Timeline
    steps: tuple[Step, ...]
    rows: int
    standing: tuple[tuple[int, float], ...]
    outcomes: tuple[Outcome, ...]
    row_of: Mapping[tuple[str, str | None], int]
    by_default: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    rules: tuple[Ruled, ...] = ()

    @property
    def vocabulary(self) -> Vocabulary:
        """Return what an expression may name: any series of the processes."""
        return Vocabulary({one.name: one.term for one in self.outcomes}, self.groups, self.timeline)

    def __str__(self) -> str:
        """Return a month, step by step."""
        line = self.timeline
        head = f"{line.months} months, {line.start} to {line.horizon}; {self.rows} rows a path"
        shown = (
            month_of(number, step.process, step.nations, step.factors, self.acts_upon(step.process), step.fixed)
            for number, step in enumerate(self.steps, 1)
        )
        rules = [
            f"{rule.name}: when {rule.when} {rule.months} months in a row, {rule.delay} later; before all processes"
            for rule in self.rules
        ]
        return "\n".join([head, *rules, *(text for texts in shown for text in texts)])

    def acts_upon(self, process: Process) -> list[tuple[str, Act]]:
        """Return what other processes do to the stocks of one, with their names."""
        stocks = {series.name for series in process.writes if isinstance(series, Stock)}
        return [(step.process.name, act) for step in self.steps for act in step.acts if act.stock in stocks]


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

    def of(self, kind: type[Series]) -> list[int]:
        """Return the rows of all series of a kind, each of one slot."""
        return [row for series, first in self.first.values() if isinstance(series, kind) for row in first.values()]

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
    courses: dict[str, Course | Switched] = {number.path: number.course for number in scenario.numbers()}
    courses.update(switched(scenario))
    steps = [_step(scenario, process, running[process.name][1], rows, order, courses) for process in order]
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
    rules = ruled(scenario, outcomes, row_of, rows.used)
    by_default += [outcome.name for outcome in outcomes[len(outcomes) - len(rules) - 1 :] if rules]
    return Plan(
        timeline=scenario.timeline,
        steps=tuple(steps),
        rows=rows.used + (len(rules) + 1 if rules else 0),
        standing=(*((row, value) for value, row in rows.standing.items()), *((row, 1.0) for row in rows.of(Factor))),
        outcomes=tuple(outcomes),
        row_of=row_of,
        by_default=tuple(by_default),
        groups=scenario.groups,
        rules=rules,
    )


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


def _step(
    scenario: Scenario,
    process: Process,
    nations: tuple[str, ...],
    rows: _Rows,
    everyone: Sequence[Process],
    courses: Mapping[str, Course | Switched],
) -> Step:
    """Return a process with its rows, draws and parameters."""
    at = [_read_rows(process, read.name, read.instead, nations, rows) for read in process.reads]
    for series in process.writes:
        first = rows.first[series.name][1]
        at.append([first[WORLD if series.scope == "world" else nation] for nation in nations])
    table = np.array(at, dtype=np.int64).reshape(-1, len(nations))
    drawings, drawn_at, drawn_rows = _drawings(scenario, process, nations, frozenset())
    factors, program = factors_on(process, everyone), None
    if process.month:
        by = {name: rows_of_factors(found, nations, rows.first, rows.stand(1.0)) for name, found in factors.items()}
        program = bind(_names(scenario, process, nations, table, drawn_at, by))
        drawings, _, _ = _drawings(scenario, process, nations, program.lazy)
    return Step(
        process=process,
        nations=nations,
        at=table,
        drawn_at=drawn_at,
        drawings=drawings,
        drawn_rows=drawn_rows,
        parameters=_parameters(scenario, process, nations, courses),
        program=program,
        acts=acts_of(process, nations, rows.first),
        factors=factors,
    )


def _names(
    scenario: Scenario,
    process: Process,
    nations: tuple[str, ...],
    at: Ints,
    drawn_at: Ints,
    factors: Mapping[str, Ints],
) -> Names:
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
        factors=factors,
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
    groups: dict[tuple[str, Rhythm, str], list[tuple[int, Draw]]] = {}
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
        first = scenario.timeline.first_calendar_month
        drawings.append(Drawing(law, every, names, places, tuple(addresses), np.array(still), names[0] in lazy, first))
    return tuple(drawings), drawn_at, row


def _parameters(
    scenario: Scenario, process: Process, nations: tuple[str, ...], courses: Mapping[str, Course | Switched]
) -> ParameterTable:
    """Lay out a process's parameters: what is the same on every path, and what is not."""
    found: list[tuple[int, tuple[int, ...], Course | Switched]] = []
    timeline, place = scenario.timeline, 0

    def lay(prefix: str, model: type[BaseModel], section: BaseModel | None, who: tuple[int, ...]) -> None:
        for column, (one, value) in enumerate(entries(model, section), place):
            course = courses.get(f"{prefix}.{one.path}")
            found.append((column, who, course_of(value, (), timeline) if course is None else course))

    if process.Common is not None:
        section = getattr(scenario, process.section, None) or process.Common()
        lay(process.section, process.Common, section, tuple(range(len(nations))))
        place = len(found)
    if process.Parameters is not None:
        for n, nation in enumerate(nations):
            section = getattr(scenario.nations[nation], process.section)
            lay(f"nations.{nation}.{process.section}", process.Parameters, section, (n,))
    return _table(found, len(all_columns(process.Common, process.Parameters)), len(nations), timeline.months)


def _table(
    found: list[tuple[int, tuple[int, ...], Course | Switched]], columns: int, nations: int, months: int
) -> ParameterTable:
    """Return courses by column and nations as a table: the values of month 0, and by month what changes."""
    cell = np.zeros((columns, nations), dtype=np.int64)
    certain = [(one[0], one[1], one[2]) for one in found if isinstance(one[2], Course) and one[2].certain]
    for place, (column, who, _) in enumerate(certain):
        cell[column, list(who)] = place
    constants = np.array([course.lines[0].constant for *_, course in certain]).reshape(-1, months)
    changes = {}
    for month in range(1, months):
        changed = np.flatnonzero(constants[:, month] != constants[:, month - 1])
        if len(changed):
            changes[month] = (changed, constants[changed, month].copy())
    by_path = tuple(ByPath(*one) for one in found if not one[2].certain)
    return ParameterTable(constants[:, 0].copy(), cell, changes, by_path)
