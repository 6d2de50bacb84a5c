"""Binding: from the laws of a process to where each of their numbers lies.

The names of a law's arguments are looked up once, when the plan is made. What comes out is a :class:`Program`: loops
over columns (a nation, an item of a nation, the world) with the place of every argument and result, sums, and the
stocks with their flows. Neighbouring laws over the same columns share a loop: what one hands to the next is not stored.

A law that takes parameters only is taken out of the month. It runs when one of its parameters changes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.errors import Fault, PlanError
from forcesim.paths import nearest
from forcesim.processes.laws import (
    WORDS,
    Items,
    OverItems,
    Rest,
    Stage,
    Total,
    World,
    Yearly,
    as_law,
    check_results,
    results_of,
    takes_of,
    times,
)
from forcesim.program import Columns, Handed, Loop, Names, Places, Program, Resting, Staged, Sum, Year
from forcesim.state import Flow, Stock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forcesim.arrays import Ints
    from forcesim.processes.draws import Draw
    from forcesim.processes.laws import Law

__all__ = ["bind"]


def bind(names: Names) -> Program:
    """Bind the laws of a process.

    Raises
    ------
    PlanError
        If a law takes a name that nobody gives, gives what is not its own, or a series is given by no law.
    """
    return _Binder(names).program()


_RHYTHMS = {
    "start": ("takes a draw that is made in month 0 only", "take it in opening"),
    "year": ("takes a draw that is made once a year", "list the law in yearly"),
    "month": ("takes a draw that month 0 does not make", "Draw(..., every='start') for the opening"),
}
"""Why a draw cannot be taken, and the remedy, by how often it is made."""


class _Binder:
    """Binds one process: looks names up, fuses laws, and hands out rows for what passes between loops."""

    def __init__(self, names: Names) -> None:
        """Begin with nothing given."""
        self.names, self.kind = names, type(names.process)
        self.series = {series.name: series for series in self.kind.writes}
        self.stocks = {
            s.name for s in self.kind.writes if isinstance(s, Stock) and s.slots == 1 and s.inflows + s.outflows
        }
        self.draws = {draw.name: draw for draw in self.kind.draws}
        everyone = np.arange(len(names.nations))
        self.nations, self.world = Columns("nation", everyone), Columns("world", everyone[:1])
        if names.nations == ("WORLD",):
            self.nations = self.world
        self.handed: dict[str, Handed] = {}
        self.given: set[str] = set()
        self.fixed: list[Any] = []
        self.opening, self.in_year, self.scratch, self.constants = False, False, 0, 0
        self.drawn_by: dict[str, set[int]] = {}
        self.group, self.asker = 0, self.kind.name

    def program(self) -> Program:
        """Bind month 0 and the month."""
        begins = self._begins()
        self.opening = True
        opening = self._operations(self.kind.opening)
        self.opening = False
        self.handed, opened = {}, self.given
        self.given = set()
        multiplied = [self._multiply(name, rows) for name, rows in self.names.factors.items()]
        month = (*multiplied, *self._operations(self.kind.month))
        self._check_given(opened)
        lazy = frozenset(name for name, groups in self.drawn_by.items() if 0 not in groups and len(groups) == 1)
        return Program(
            fixed=tuple(self.fixed),
            opening=opening,
            month=month,
            begins=begins,
            stocks=tuple(self._stocks()),
            scratch=self.scratch,
            constants=self.constants,
            lazy=lazy,
        )

    def _multiply(self, name: str, factors: Ints) -> Loop:
        """Bind a parameter times what other processes multiply it by; the month's laws take the product."""
        columns = self.world if name in self.names.common else self.nations
        loop, count = Loop(f"{self.kind.name}.{name}", len(columns.nation)), len(columns.nation)
        value, cells = loop.row(), self._value(name, columns)
        assert cells is not None
        loop.takes[value] = cells
        for rows in factors:
            factor, product = loop.row(), loop.row()
            loop.takes[factor] = Places("state", rows[columns.nation])
            loop.laws.append((times, (value, factor), (product,)))
            loop.names.append(name)
            value = product
        places = Places("scratch", np.arange(self.scratch, self.scratch + count))
        self.scratch += count
        loop.gives[name] = value, places
        self.handed[name] = Handed(None, 0, columns, places)
        return loop

    # what stands in a month

    def _operations(self, stages: Sequence[Any]) -> tuple[Any, ...]:
        """Return the operations of some stages, neighbouring laws over the same columns in one loop."""
        found: list[Any] = []
        loop: tuple[Loop, Columns, dict[str, int]] | None = None
        for stage in stages:
            if isinstance(stage, Total):
                loop, added = None, self._total(stage)
                found += [added] * (added is not None)
            elif isinstance(stage, Yearly):
                loop, self.in_year = None, True
                found.append(Year(self._operations(stage.laws)))
                self.in_year = False
            elif isinstance(stage, Rest):
                loop = None
                found.append(self._rest(stage))
            elif isinstance(stage, Stage):
                loop = None
                found.append(self._stage(stage))
            else:
                one, columns = self._law_of(stage)
                if self._is_fixed(one, columns):
                    self._fix(one, columns)
                    continue
                if loop is None or not loop[1].is_like(columns):
                    loop = Loop(f"{self.kind.name}.{one.function.__name__}", len(columns.nation)), columns, {}
                    found.append(loop[0])
                self._add(one, *loop)
        return tuple(found)

    def _law_of(self, stage: Any) -> tuple[Law, Columns]:
        """Return a law, and for what it runs."""
        if isinstance(stage, World):
            return stage.law, self.world
        if isinstance(stage, OverItems):
            return stage.law, self._columns_of(stage.items)
        return as_law(stage), self.nations

    def _columns_of(self, items: Items) -> Columns:
        """Return the columns of items: those that each nation has, or the world's where all nations share them."""
        one, sections = items.names[0], {re.split(r"[.\[]", path)[0] for path in self.names.cells if "." in path}
        for name in items.names:
            if name not in sections:
                rule = "must name sections of the parameters"
                raise PlanError(Fault(f"{self.kind.name}: Items", rule, repr(name), nearest(name, sections)))
        if len(items.names) == 1 and f"{one}.count" in self.names.cells:
            base = self.world if f"{one}.count" in self.names.common else self.nations
            counts = [int(self.names.counts[one][n]) for n in base.nation]
        else:
            base, counts = self.nations, [len(items.names)] * len(self.nations.nation)
        nation = np.repeat(base.nation, counts)
        item = np.concatenate([np.arange(count) for count in counts] or [np.zeros(0, dtype=np.int64)])
        return Columns(f"item of {base.level}", nation, items, item.astype(np.int64))

    def _add(self, one: Law, loop: Loop, columns: Columns, current: dict[str, int]) -> None:
        """Append a law to a loop."""
        takes = []
        for name in takes_of(one):
            if name not in current:
                current[name] = loop.row()
                loop.takes[current[name]] = self._find(name, columns, one)
            takes.append(current[name])
        gives = []
        check_results(one, self.kind.name)
        for name in results_of(one):
            row = loop.row()
            gives.append(row)
            self._give(name, row, loop, columns, one)
            current[name] = row
        loop.laws.append((one, tuple(takes), tuple(gives)))
        loop.names.append(one.function.__name__)

    def _give(self, name: str, row: int, loop: Loop, columns: Columns, one: Law) -> None:
        """Note what a law gives: a series is stored, anything else waits for somebody to ask for it."""
        known = columns.items.writes.get(name) if columns.items is not None else None
        where = self.asker = self._called(one)
        if known is not None:
            assert columns.items is not None
            assert columns.item is not None
            spelled = [known.format(columns.items.names[k]) for k in columns.item]
            rows = [self._own(word, where)[n] for word, n in zip(spelled, columns.nation, strict=True)]
            loop.gives[name] = row, Places("state", np.array(rows, dtype=np.int64))
            self.given.update(spelled)
            self.handed[name] = Handed(loop, row, columns)
        elif name in self.series:
            if name in self.stocks and not self.opening:
                rule = "must give flows: the stock moves by its declared flows"
                stock = self.series[name]
                assert isinstance(stock, Stock)
                remedy = f"flows of {name}: {', '.join((*stock.inflows, *stock.outflows))}"
                raise PlanError(Fault(where, rule, repr(name), remedy))
            if self.series[name].scope != "world" and columns.level == "world" and self.nations is not self.world:
                raise PlanError(Fault(where, "a law of the world cannot give a series of nations", repr(name)))
            if columns.item is not None and self.series[name].slots == 1:
                rule, remedy = "a law over items cannot give a series that has one number", "add it up with total"
                raise PlanError(Fault(where, rule, repr(name), remedy))
            loop.gives[name] = row, self._state(name, columns)
            self.given.add(name)
        else:
            self._check_free(name, where)
            self.handed[name] = Handed(loop, row, columns)

    def _check_free(self, name: str, where: str) -> None:
        """Refuse to hand on under a name that something else has."""
        if name in self.names.rows:
            raise PlanError(Fault(where, "must give series of its own", repr(name), "another process writes it"))
        if name in self.names.cells or name in WORDS or name in self.draws:
            holder = "the engine" if name in WORDS else "a draw" if name in self.draws else "a parameter"
            raise PlanError(Fault(where, "must give a name of its own", repr(name), f"{holder} has it"))

    def _own(self, name: str, where: str) -> Ints:
        if name not in self.series:
            raise PlanError(Fault(where, "must give series of its own", repr(name), nearest(name, self.series)))
        return self.names.rows[name]

    # what is worked out when parameters change

    def _is_fixed(self, one: Law, columns: Columns) -> bool:
        """Return whether a law takes parameters only, and gives no series."""
        if self.opening or any(name in self.series for name in results_of(one)):
            return False
        if columns.items is not None and set(results_of(one)) & set(columns.items.writes):
            return False
        takes = takes_of(one)
        return bool(takes) and all(name == "noise" or self._is_fixed_name(name, columns) for name in takes)

    def _is_fixed_name(self, name: str, columns: Columns) -> bool:
        handed = self.handed.get(name)
        if handed is not None:
            return handed.places is not None and handed.places.is_fixed
        return name not in self.names.rows and name not in self.draws and self._cell(name, columns) is not None

    def _fix(self, one: Law, columns: Columns) -> None:
        """Bind a law of parameters alone: its results lie among the constants."""
        loop = Loop(f"{self.kind.name}.{one.function.__name__}", len(columns.nation))
        takes = []
        for name in takes_of(one):
            row = loop.row()
            takes.append(row)
            loop.takes[row] = self._find(name, columns, one)
        gives = []
        for name in results_of(one):
            row = loop.row()
            places = Places("constant", self._take_constants(len(columns.nation)))
            loop.gives[name] = row, places
            gives.append(row)
            self.handed[name] = Handed(None, row, columns, places)
        loop.laws.append((one, tuple(takes), tuple(gives)))
        loop.names.append(one.function.__name__)
        self.fixed.append(loop)

    def _take_constants(self, count: int) -> Ints:
        found = np.arange(self.constants, self.constants + count)
        self.constants += count
        return found

    # where names lie

    def _find(self, name: str, columns: Columns, one: Law | str, *, slots: bool = False) -> Places:
        """Return where a name lies for some columns; with ``slots`` the first slot of a series or draw."""
        self.asker = self._called(one)
        found = self._handed(name, columns)
        begins = self.opening or isinstance(self.series.get(name), Flow)
        if found is None and begins and name not in self.given:
            found = self._value(name, columns)
        if found is None and name in self.names.rows:
            series = None if slots else self.series.get(name)
            found = Places("state", self._rows(name, self.names.rows[name], series, columns))
        if found is None and name in self.draws:
            self._check_rhythm(self.draws[name], one)
            self.drawn_by.setdefault(name, set()).add(self.group)
            draw = None if slots and self.draws[name].scope == "nation" else self.draws[name]
            found = Places("drawn", self._rows(name, self.names.drawn[name], draw, columns))
        if found is None and name in WORDS:
            found = Places("word", np.full(len(columns.nation), WORDS.index(name)))
        if found is None:
            found = self._value(name, columns)
        if found is None:
            own = self.names.cells if columns.items is None else [path.split(".")[-1] for path in self.names.cells]
            known = [*self.handed, *self.names.rows, *self.draws, *WORDS, *own]
            rule = "takes a name that is neither a series, a draw, a parameter nor given by an earlier law"
            raise PlanError(Fault(self._called(one), rule, repr(name), nearest(name, known)))
        return found

    def _called(self, one: Law | str) -> str:
        """Return how messages call a law or a stage."""
        return f"{self.kind.name}.{one if isinstance(one, str) else one.function.__name__}"

    def _check_rhythm(self, draw: Draw, one: Law | str) -> None:
        """Refuse a draw that is not made when the law runs: its row then holds anything."""
        made = {"start": self.opening, "year": self.in_year, "month": not self.opening}[draw.every]
        if not made:
            rule, remedy = _RHYTHMS[draw.every]
            raise PlanError(Fault(self._called(one), rule, repr(draw.name), remedy))

    def _handed(self, name: str, columns: Columns) -> Places | None:
        """Return where something lies that an earlier law gave and no series holds."""
        handed = self.handed.get(name)
        if handed is None:
            return None
        shape = handed.shape
        if handed.places is None:
            assert handed.loop is not None
            if name in handed.loop.gives:
                handed.places = handed.loop.gives[name][1]
            else:
                rows = np.arange(self.scratch, self.scratch + len(shape.nation))
                self.scratch += len(rows)
                handed.places = Places("scratch", rows)
                handed.loop.gives[name] = handed.row, handed.places
        if shape.level == "world":
            return Places(handed.places.space, np.repeat(handed.places.at, len(columns.nation)))
        if shape.is_like(columns):
            return handed.places
        if shape.level == "nation" and columns.level in ("nation", "item of nation"):
            return Places(handed.places.space, handed.places.at[columns.nation])
        rule = f"was given for each {shape.level}, and is taken for each {columns.level}"
        raise PlanError(Fault(f"{self.asker}: {name}", rule, "", "add it up with total"))

    def _state(self, name: str, columns: Columns) -> Places:
        """Return the rows of a series."""
        return Places("state", self._rows(name, self.names.rows[name], self.series.get(name), columns))

    def _rows(self, name: str, rows: Ints, declared: Any, columns: Columns) -> Ints:
        """Return the row of a series or draw for each column: of its nation, and of its item where there are slots."""
        is_world = declared.scope == "world" if declared is not None else name in self.names.worldly
        if columns.level.endswith("world") and not is_world and self.nations is not self.world:
            rule = "differs between nations: a law of the world cannot take it"
            raise PlanError(Fault(f"{self.asker}: {name}", rule, "", "add it up with total"))
        found = rows[columns.nation if not is_world else np.zeros(len(columns.nation), dtype=np.int64)]
        if declared is not None and declared.slots > 1:
            if columns.item is None:
                raise PlanError(Fault(f"{self.asker}: {name}", "has slots: only laws over items take it", ""))
            return np.asarray(found + columns.item)
        return np.asarray(found)

    def _cell(self, name: str, columns: Columns) -> list[int] | None:
        """Return the column of a parameter for each column of a law, its item's before the nation's own."""
        cells = self.names.cells
        items, item = columns.items, columns.item
        if items is not None and item is not None and self._path(name, items, 0) in cells:
            return [cells[self._path(name, items, k)] for k in item]
        path = name if name in cells else name.replace("_count", ".count")
        return [cells[path]] * len(columns.nation) if path in cells else None

    def _path(self, name: str, items: Items, k: int) -> str:
        return f"{items.names[k]}.{name}" if len(items.names) > 1 else f"{items.names[0]}[{k}].{name}"

    def _value(self, name: str, columns: Columns) -> Places | None:
        """Return the cells of a parameter."""
        cells = self._cell(name, columns)
        if cells is None:
            return None
        if columns.level.endswith("world") and self.nations is not self.world and name in self._own_parameters():
            rule = "differs between nations: a law of the world cannot take it"
            raise PlanError(Fault(f"{self.asker}: {name}", rule, "", "add it up with total"))
        return Places("value", np.array(cells, dtype=np.int64) * len(self.names.nations) + columns.nation)

    def _own_parameters(self) -> set[str]:
        return set(self.names.cells) - self.names.common

    # sums, rests, stages, stocks

    def _total(self, stage: Total) -> Sum | None:
        """Bind a sum; one of parameters is worked out when they change."""
        if stage.over is None:
            columns, into = self.nations, self.world
            of = self._find(stage.of, columns, f"total {stage.name!r}")
            members = of.at.reshape(1, -1)
        else:
            columns = self._columns_of(stage.over)
            assert columns.item is not None
            into = self.world if columns.level.endswith("world") else self.nations
            of = self._find(stage.of, columns, f"total {stage.name!r}")
            members = np.full((len(into.nation), 1 + int(columns.item.max(initial=0))), -1)
            members[columns.nation, columns.item] = of.at
        label = self.asker = f"{self.kind.name}.{stage.name}"
        if stage.name in self.series:
            self.given.add(stage.name)
            return Sum(label, of.space, members, self._state(stage.name, into))
        self._check_free(stage.name, label)
        if of.is_fixed:
            places = Places("constant", self._take_constants(len(into.nation)))
            self.fixed.append(Sum(label, of.space, members, places))
        else:
            places = Places("scratch", np.arange(self.scratch, self.scratch + len(into.nation)))
            self.scratch += len(into.nation)
        self.handed[stage.name] = Handed(None, 0, into, places)
        return None if of.is_fixed else Sum(label, of.space, members, places)

    def _rest(self, stage: Rest) -> Resting:
        """Bind laws that may rest."""
        before, self.group = self.given, max([0, *(max(g) for g in self.drawn_by.values())]) + 1
        self.given = set()
        operations = self._operations(stage.laws)
        given, self.given, self.group = self.given, before | self.given, 0
        alone = all(isinstance(one, Loop) and one.columns == len(self.nations.nation) for one in operations)
        by_column = alone and len(self.nations.nation) > 1
        return Resting(
            watched=tuple(self._watched(name, by_column=by_column) for name in stage.names),
            own=tuple(name in given for name in stage.names),
            operations=operations,
            by_column=by_column,
        )

    def _watched(self, name: str, *, by_column: bool) -> Places:
        """Return where a watched number lies: for each nation where each rests alone, else as few rows as hold it."""
        found = self._find(name, self.nations, "unless_zero")
        return found if by_column else Places(found.space, np.unique(found.at))

    def _stage(self, stage: Stage) -> Staged:
        """Bind a stage: what it gives and no series holds gets rows."""
        places: dict[str, Places] = {}
        for name in stage.takes:
            places[name] = self._find(name, self.nations, type(stage).__name__, slots=True)
        for name in stage.gives:
            if name in self.series:
                self.given.add(name)
                places[name] = Places("state", self._rows(name, self.names.rows[name], None, self.nations))
                continue
            rows = np.arange(self.scratch, self.scratch + len(self.nations.nation))
            self.scratch += len(rows)
            places[name] = Places("scratch", rows)
            self.handed[name] = Handed(None, 0, self.nations, places[name])
        first = np.zeros(len(self.nations.nation) + 1, dtype=np.int64)
        if stage.over is not None:
            columns = self._columns_of(stage.over)
            found = {name: self._find(name, columns, type(stage).__name__) for name in stage.takes_of_item}
            places.update(found)
            first[1:] = np.cumsum(np.bincount(columns.nation, minlength=len(self.nations.nation)))
        slots = tuple((name, self.series[name].slots if name in self.series else 1) for name in stage.gives)
        return Staged(stage, places, first, slots)

    def _begins(self) -> tuple[Places, Places] | None:
        """Return the rows that start at the parameter of their own name, and its cells; flows start at 0."""
        rows, cells = [], []
        for name, series in self.series.items():
            columns = self.world if series.scope == "world" else self.nations
            is_flow = isinstance(series, Flow)  # flows are 0 in month 0
            if series.slots == 1 and name in self.names.cells and not is_flow:
                rows.append(self.names.rows[name][columns.nation])
                cells.append(self.names.cells[name] * len(self.names.nations) + columns.nation)
        if not rows:
            return None
        return Places("state", np.concatenate(rows)), Places("value", np.concatenate(cells))

    def _stocks(self) -> list[tuple[int, tuple[tuple[int, float], ...]]]:
        """Return each row of a stock that moves, with its flows and their signs in the declared order."""
        found = []
        for name in sorted(self.stocks, key=list(self.series).index):
            stock = self.series[name]
            assert isinstance(stock, Stock)
            signs = [*((flow, 1.0) for flow in stock.inflows), *((flow, -1.0) for flow in stock.outflows)]
            if stock.scope == "world":
                parts = [(int(row), sign) for flow, sign in signs for row in np.unique(self.names.rows[flow])]
                found.append((int(self.names.rows[name][0]), tuple(parts)))
                continue
            for n in range(len(self.names.nations)):
                flows = tuple((int(self.names.rows[flow][n]), sign) for flow, sign in signs)
                found.append((int(self.names.rows[name][n]), flows))
        return found

    def _check_given(self, opened: set[str]) -> None:
        """Refuse series that no law gives, save stocks and what stays as it began."""
        known = self.given | self.stocks | opened | set(self.names.cells)
        left = [name for name in self.series if name not in known]
        if left:
            rule = "must be given by a law of the month"
            raise PlanError([Fault(f"{self.kind.name}: {name}", rule) for name in left])
