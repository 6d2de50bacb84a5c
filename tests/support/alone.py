"""Run one process by itself on the engine, with what it reads given: for tests of its laws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from forcesim import kernels
from forcesim.engine import Block, draw_keys
from forcesim.plan import ByPath, Step, make_plan
from forcesim.processes.catalogue import Catalogue
from forcesim.processes.columns import all_columns, entries
from forcesim.processes.process import Context, Process, Section
from forcesim.scenario.numbers import Affine, Course, Number
from forcesim.state import Indicator
from forcesim.timeline import Timeline

if TYPE_CHECKING:
    import pytest

Given = float | np.ndarray | Callable[[int], Any]

SCOPES = {series.name: series.scope for process in Catalogue().processes for series in type(process).writes}
"""Whose a series is: of each nation or of the world. One that no built-in process writes is of each nation."""


def given(reads: Mapping[str, Given]) -> Process:
    """Return a process that writes what another reads."""

    def step(_self: Process, context: Context, month: int) -> None:
        for name, value in reads.items():
            context.write(name)[:] = value(month) if callable(value) else value

    writes = tuple(
        Indicator(
            name=name, unit="any", meaning="given", scope=SCOPES.get(name, "world" if name == "territory" else "nation")
        )
        for name in reads
    )
    body = {"name": "given", "section": "given", "writes": writes, "start": lambda s, c: step(s, c, 0), "step": step}
    return type("Given", (Process,), body)()


class World:
    """As much of a scenario as a plan is made from: one process, and the one that gives what it reads."""

    noise = True
    groups: ClassVar[dict[str, tuple[str, ...]]] = {}
    rules = ()

    def __init__(self, process: Process, nations: Mapping[str, Section] | None, common: Section | None) -> None:
        """Keep the numbers."""
        self.process = process
        self.names = tuple(nations) if nations else ("WORLD",)
        self.nations = {
            name: type("Nation", (), {process.section: own, "given": None}) for name, own in (nations or {}).items()
        }
        setattr(self, process.section, common)

    def nations_of(self, _process: Process) -> tuple[str, ...]:
        """Return the nations, in the caller's order."""
        return self.names

    def numbers(self) -> list[Number]:
        """Return every number of the process at its centre: what is uncertain differs between no paths here."""
        kind, section, found = type(self.process), self.process.section, []
        if kind.Common is not None:
            found += [(section, one) for one in entries(kind.Common, getattr(self, section) or kind.Common())]
        if kind.Parameters is not None:
            for name, nation in self.nations.items():
                own = entries(kind.Parameters, getattr(nation, section))
                found += [(f"nations.{name}.{section}", one) for one in own]
        return [
            Number(f"{prefix}.{column.path}", column, getattr(value, "centre", value), self.timeline)
            for prefix, (column, value) in found
        ]


def run_alone(
    process: Process,
    nations: Mapping[str, Section] | None = None,
    common: Section | None = None,
    *,
    reads: Mapping[str, Given] | None = None,
    months: int,
    paths: int = 1,
    seed: int = 0,
    noise: bool = True,
    start_month: int = 2,
    per_path: Mapping[str, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Return every written series as (month, nation, slot, path).

    ``reads`` gives each series that the process reads as a number, as an array that broadcasts
    to (nation, path), or as a function of the month: what the process reads in that month. ``per_path`` overrides
    parameters by path.
    """
    kind = type(process)
    at_once = type(kind.__name__, (kind,), {"reads": tuple(replace(read, lag=0) for read in kind.reads)})()
    world, last = World(at_once, nations, common), 2024 * 12 + start_month - 1 + months
    world.timeline = Timeline(f"2024-{start_month:02}", f"{last // 12}-{last % 12 + 1:02}")
    known = {read.name for read in kind.reads}
    world.processes = lambda: (at_once, *([given({n: v for n, v in reads.items() if n in known})] if reads else []))
    plan = make_plan(world)
    sampled = {f"{path}[{n}]": row for path, rows in (per_path or {}).items()
               for n, row in enumerate(np.broadcast_to(rows, (len(world.names), paths)))}  # fmt: skip
    plan = replace(
        plan,
        steps=tuple(_with_paths(step, sampled, months + 1) if step.process is at_once else step for step in plan.steps),
    )
    block = Block(plan, draw_keys(plan, seed), sampled, first=0, paths=paths, noise=noise)
    step = next(step for step in plan.steps if step.process is at_once)
    history: dict[str, list[np.ndarray]] = {series.name: [] for series in kind.writes}
    for month in range(months + 1):
        block.month(month)
        for series, rows in zip(kind.writes, step.at[len(kind.reads) :], strict=True):
            owners = rows[:1] if series.scope == "world" else rows
            history[series.name].append(block.state[owners[:, None] + np.arange(series.slots)])
    return {name: np.stack(found) for name, found in history.items()}


def _with_paths(step: Step, sampled: Mapping[str, np.ndarray], months: int) -> Step:
    """Return a step some of whose parameters differ between paths."""
    kind, own = type(step.process), []
    for column, one in enumerate(all_columns(kind.Common, kind.Parameters)):
        for n in range(len(step.nations)):
            name = f"{one.path}[{n}]"
            if name in sampled:
                line = Affine(np.zeros(months), {name: np.ones(months)})
                own.append(ByPath(column, (n,), Course((line,))))
    return replace(step, parameters=replace(step.parameters, by_path=tuple(own)))


def without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let laws, loops and kernels run as plain Python."""
    monkeypatch.setattr(kernels, "_COMPILE", False)
    monkeypatch.setattr(kernels.Compiled, "__call__", lambda self, *a, **k: self.function(*a, **k))
