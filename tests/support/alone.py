"""Run one process by itself, with what it reads given: for tests of its laws, apart from the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from forcesim.processes.columns import all_columns, entries
from forcesim.processes.draws import due
from forcesim.processes.process import Context, Process, Section
from forcesim.quantities import Value

Given = float | np.ndarray | Callable[[int], Any]


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
    """Return every written series as (month, nation, slot, path); draws come from NumPy.

    ``reads`` gives each series that the process reads as a number, as an array that broadcasts
    to (nation, path), or as a function of the month. ``per_path`` overrides columns by path.
    """
    rng = np.random.default_rng(seed)
    kind = type(process)
    names = tuple(nations) if nations else ("WORLD",)
    width = len(names)

    table = all_columns(kind.Common, kind.Parameters)
    values: list[float] = []
    offset = np.zeros((len(table), width), dtype=np.int64)
    stride = np.zeros((len(table), width), dtype=np.int64)
    for n, nation in enumerate(names):
        found = list(entries(kind.Common, common or kind.Common())) if kind.Common else []
        if kind.Parameters:
            assert nations is not None
            found += list(entries(kind.Parameters, nations[nation]))
        for c, (column, entry) in enumerate(found):
            offset[c, n] = len(values)
            override = (per_path or {}).get(column.path)
            if override is None:
                values.append(entry.centre if isinstance(entry, Value) else float(entry))
            else:
                stride[c, n] = 1
                values.extend(np.broadcast_to(override, (width, paths))[n])

    rows, at = 0, []
    for _ in kind.reads:
        at.append(np.arange(rows, rows + width))
        rows += width
    for series in kind.writes:
        if series.scope == "world":
            at.append(np.full(width, rows))
            rows += series.slots
        else:
            at.append(rows + series.slots * np.arange(width))
            rows += series.slots * width
    drawn_rows, drawn_at = 0, []
    for draw in kind.draws:
        count = width if draw.scope == "nation" else 1
        drawn_at.append(drawn_rows + draw.slots * (np.arange(width) if draw.scope == "nation" else np.zeros(width)))
        drawn_rows += draw.slots * count
    context = Context(
        process=process,
        nations=names,
        paths=paths,
        noise=noise,
        first_calendar_month=start_month,
        state=np.zeros((max(rows, 1), paths)),
        at=np.array(at, dtype=np.int64).reshape(-1, width),
        drawn=np.zeros((max(drawn_rows, 1), paths)),
        drawn_at=np.array(drawn_at, dtype=np.int64).reshape(-1, width),
        values=np.array(values, dtype=np.float64),
        offset=offset,
        stride=stride,
    )

    def fill(month: int) -> None:
        for place, read in enumerate(kind.reads):
            given: Any = (reads or {}).get(read.name, read.instead)
            context.state[context.at[place]] = np.broadcast_to(
                given(month) if callable(given) else given, (width, paths)
            )
        for place, draw in enumerate(kind.draws):
            if due(draw.every, month, context.first_calendar_month):
                first = int(context.drawn_at[place, 0])
                last = first + draw.slots * (width if draw.scope == "nation" else 1)
                shape = (last - first, paths)
                if not noise:
                    context.drawn[first:last] = draw.without_noise
                else:
                    context.drawn[first:last] = (
                        rng.standard_normal(shape) if draw.law == "normal" else rng.random(shape)
                    )

    history: dict[str, list[np.ndarray]] = {series.name: [] for series in kind.writes}
    for month in range(months + 1):
        fill(month)
        if month == 0:
            process.start(context)
        else:
            process.step(context, month)
        for place, series in enumerate(kind.writes, start=len(kind.reads)):
            many = 1 if series.scope == "world" else width
            first = int(context.at[place, 0])
            block = context.state[first : first + many * series.slots]
            history[series.name].append(block.reshape(many, series.slots, paths).copy())
    return {name: np.stack(found) for name, found in history.items()}
