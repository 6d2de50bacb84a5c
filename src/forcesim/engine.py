"""The engine: blocks of paths x months x processes, and the recorder.

A block is a run of consecutive paths that share the cache. Every draw is a function of its
address, sums are free of order, so neither the block size nor the number of threads can change
a result.
"""

from __future__ import annotations

import difflib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.errors import Fault, ManifestError, ProcessError, ResultError
from forcesim.expression import parse
from forcesim.kernels import kernel
from forcesim.manifest import Manifest
from forcesim.plan import Drawing, Plan, Step, make_plan
from forcesim.processes.process import Context, Floats
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys
from forcesim.result import Outcome, Result
from forcesim.summary import CHUNK, Summary

if TYPE_CHECKING:
    from forcesim.scenario import Scenario

__all__ = ["replay", "simulate"]

KEPT_BYTES = 300_000_000
"""Paths of an outcome are kept by default while all that is kept fits into this many bytes."""

BLOCK = 1024
"""Paths in a block: small enough for the cache, large enough that entering kernels costs little."""

STORED: dict[str, Any] = {"float": np.float64, "count": np.int32, "code": np.int8}

Progress = Callable[[int, int], None]
Keys = np.ndarray[Any, np.dtype[np.uint64]]
Rows = np.ndarray[Any, np.dtype[np.int64]]


@kernel
def _keep(state: Floats, rows: Rows, month: np.ndarray[Any, Any], first: int) -> None:
    """Copy the kept rows of a block's month to where the month of all paths is kept."""
    for r in range(rows.shape[0]):
        row, kept = state[rows[r]], month[r, first : first + state.shape[1]]
        for i in range(row.shape[0]):
            kept[i] = row[i]


def simulate(
    scenario: Scenario,
    policy: str | Sequence[str] | None = None,
    *,
    paths: int = 100_000,
    seed: int = 2025,
    threads: int | None = None,
    block: int | None = None,
    keep: str | Sequence[str] | None = None,
    events: Sequence[str] = (),
    progress: bool | Progress | None = None,
) -> Result:
    """Simulate a scenario and return its outcomes as distributions.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policy : str or sequence of str, optional
        Policies of the scenario to apply first, stacked in order.
    paths : int
        Simulated futures, at least 1. The first k paths of a longer run are those of a shorter one
        (save for a Latin hypercube, whose strata depend on the number).
    seed : int
        Seed of every draw's address, at least 0.
    threads : int, optional
        Blocks run at once; all cores by default. Does not change a result.
    block : int, optional
        Paths in a block, a multiple of 256. Does not change a result.
    keep : {"summary", "paths"} or sequence of str, optional
        Of which outcomes every path is kept. By default of as many as fit into 300 MB,
        the smallest first; everything else is summarised (mean, error, quantiles).
    events : sequence of str
        Expressions over outcomes (``"gap <= 0"``) that are followed path by path, whether or not
        the paths are kept.
    progress : bool or callable, optional
        A bar by default if the error stream is a terminal; ``False`` for none, ``True`` for always;
        a callable gets paths done and paths in all.

    Returns
    -------
    Result
        Outcomes by month (and nation) with their Monte Carlo error.

    Raises
    ------
    ScenarioError
        If a policy is unknown, or the scenario is not admissible.
    PlanError
        If the processes cannot be put in an order.
    ResultError
        If paths, seed, block, threads or an outcome to keep is not admissible.
    ProcessError
        If a process writes something that is not a finite number.

    Examples
    --------
    >>> import forcesim as fs
    >>> result = fs.simulate(fs.load("seed-figures").without_noise(), paths=1)
    >>> result.mean("gap", at="2025-02").value
    500000.0
    """
    if policy is not None:
        scenario = scenario.with_policy(*([policy] if isinstance(policy, str) else policy))
    size = _sizes(paths=paths, seed=seed, threads=threads, block=block)
    run = _Run(scenario, make_plan(scenario), paths=paths, seed=seed, keep=keep, events=events)
    blocks = [(first, min(first + size.block, paths)) for first in range(0, paths, size.block)]
    with _shown(progress, paths) as show:
        summary = _work(run, blocks, min(size.threads, len(blocks)), show)
    return run.result(summary)


def replay(manifest: Manifest | str | os.PathLike[str]) -> Result:
    """Run again what a manifest describes, and prove that it gives the same bits.

    Parameters
    ----------
    manifest : Manifest or path
        The manifest of a result, or a file that holds one.

    Returns
    -------
    Result
        The same to the last bit as the result that the manifest came from.

    Raises
    ------
    ManifestError
        If the manifest cannot be read, or the bits differ (another version of forcesim, say).

    Examples
    --------
    >>> import forcesim as fs
    >>> result = fs.simulate(fs.load("seed-figures"), paths=256)
    >>> fs.replay(result.manifest).same_bits(result)
    True
    """
    from forcesim.scenario import Scenario

    if not isinstance(manifest, Manifest):
        manifest = Manifest.read(manifest)
    result = simulate(
        Scenario.of(manifest.scenario),
        paths=manifest.paths,
        seed=manifest.seed,
        keep=manifest.options.get("keep"),
        events=tuple(manifest.options.get("events", ())),
        progress=False,
    )
    if result.manifest.digest != manifest.digest:
        there = manifest.versions.get("forcesim", "?")
        here = result.manifest.versions.get("forcesim", "?")
        raise ManifestError(
            Fault(
                "digest",
                "must come out the same",
                result.manifest.digest,
                f"made with forcesim {there}, this is {here}",
            ),
        )
    return result


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How a run is cut up."""

    block: int
    threads: int


def _sizes(*, paths: int, seed: int, threads: int | None, block: int | None) -> _Sizes:
    """Check what a caller asks for before any work starts."""
    faults = []
    if paths < 1:
        faults.append(Fault("paths", "must be >= 1", str(paths)))
    if seed < 0:
        faults.append(Fault("seed", "must be >= 0", str(seed)))
    if threads is not None and threads < 1:
        faults.append(Fault("threads", "must be >= 1", str(threads)))
    if block is not None and (block < 1 or block % CHUNK):
        faults.append(Fault("block", f"must be a multiple of {CHUNK}", str(block)))
    if faults:
        raise ResultError(faults)
    return _Sizes(block=block or BLOCK, threads=threads or len(os.sched_getaffinity(0)))


class _Run:
    """All that the blocks of one run share: the plan, what is recorded, and the arrays of kept paths."""

    def __init__(
        self,
        scenario: Scenario,
        plan: Plan,
        *,
        paths: int,
        seed: int,
        keep: str | Sequence[str] | None,
        events: Sequence[str],
    ) -> None:
        """Lay out what is recorded and kept."""
        self.scenario, self.plan, self.paths, self.seed = scenario, plan, paths, seed
        self.keep, self.events = keep, tuple(events)
        self.months = plan.timeline.months
        wanted = _wanted(plan, keep)
        self.outcomes = tuple(outcome for outcome in plan.outcomes if outcome.name in wanted)
        self.row_index: dict[tuple[str, str | None], int] = {}
        for outcome in self.outcomes:
            for nation in outcome.nations or (None,):
                self.row_index[outcome.name, nation] = len(self.row_index)
        self.rows = np.array([plan.row_of[key] for key in self.row_index], dtype=np.int64)
        self.kept, self.stores = self._rooms(tuple(self._kept_outcomes()))
        vocabulary = {outcome.name: outcome.term for outcome in plan.outcomes}
        self.expressions = {text: parse(text, vocabulary) for text in self.events}
        self.watched = sorted({name for e in self.expressions.values() for name in e.names}, key=str)
        self.keys = draw_keys(plan, seed)
        self.sampler = scenario.sampler(seed=seed, paths=paths)

    def _kept_outcomes(self) -> Iterator[Outcome]:
        """Yield the outcomes of which every path is kept."""
        if self.keep == "summary":
            return
        if self.keep == "paths":
            yield from self.outcomes
            return
        if self.keep is not None:
            names = {self.keep} if isinstance(self.keep, str) else set(self.keep)
            yield from (outcome for outcome in self.outcomes if outcome.name in names)
            return
        room = KEPT_BYTES
        for size, _, outcome in sorted((self._size(o), place, o) for place, o in enumerate(self.outcomes)):
            if size <= room:
                room -= size
                yield outcome

    def _size(self, outcome: Outcome) -> int:
        """Return the bytes that the paths of an outcome take."""
        each = int(np.dtype(STORED[outcome.storage]).itemsize)
        return self.months * max(1, len(outcome.nations)) * self.paths * each

    def _rooms(
        self, outcomes: Sequence[Outcome]
    ) -> tuple[dict[str, np.ndarray[Any, Any]], list[tuple[np.ndarray[Any, Any], Rows]]]:
        """Return the arrays for kept paths, views of one for each kind of number, and those with the rows they hold."""
        kept, stores = {}, []
        for storage, kind in STORED.items():
            alike = [outcome for outcome in outcomes if outcome.storage == storage]
            rows = [self.plan.row_of[o.name, nation] for o in alike for nation in o.nations or (None,)]
            store = np.empty((self.months, len(rows), self.paths), dtype=kind)
            place = 0
            for outcome in alike:
                width = max(1, len(outcome.nations))
                kept[outcome.name] = store[:, place : place + width] if outcome.nations else store[:, place]
                place += width
            if rows:
                stores.append((store, np.array(rows, dtype=np.int64)))
        return {outcome.name: kept[outcome.name] for outcome in outcomes}, stores

    def new_summary(self) -> Summary:
        """Return an empty summary of what is recorded."""
        return Summary(len(self.rows), self.months)

    def block(self, first: int, last: int, summary: Summary) -> None:
        """Run one block of paths and fold it into a summary."""
        paths = last - first
        block = Block(
            self.plan, self.keys, self.sampler(first, paths), first=first, paths=paths, noise=self.scenario.noise
        )
        watched = {key: np.empty((self.months, paths)) for key in self.watched}
        for month in range(self.months):
            block.month(month)
            bad = summary.fold(month, block.state, self.rows)
            if bad >= 0:
                self._refuse(bad, month, block)
            for store, rows in self.stores:
                _keep(block.state, rows, store[month], first)
            for key, history in watched.items():
                history[month] = block.state[self.plan.row_of[key]]
        for text, expression in self.expressions.items():
            summary.watch(text, expression.evaluate(watched))

    def _refuse(self, bad: int, month: int, block: Block) -> None:
        """Say what is not a finite number: outcome, nation, month, path, seed."""
        (name, nation), row = next(item for item in self.row_index.items() if item[1] == bad)
        values = block.state[self.rows[row]]
        path = int(np.flatnonzero(~np.isfinite(values))[0])
        process = next(
            step.process.name for step in self.plan.steps if name in {series.name for series in step.process.writes}
        )
        where = f"{process}: {name}" + (f"[{nation}]" if nation else "")
        label = self.plan.timeline.label(month)
        raise ProcessError(
            Fault(
                where,
                "must be a finite number",
                f"{values[path]} in {label}, path {block.first + path}, seed {self.seed}",
            )
        )

    def result(self, summary: Summary) -> Result:
        """Return the result, with the manifest that can make it again."""
        keep = self.keep if self.keep is None or isinstance(self.keep, str) else list(self.keep)
        manifest = Manifest(
            scenario=self.scenario.in_full(),
            policies=self.scenario.applied,
            seed=self.seed,
            paths=self.paths,
            options={"keep": keep, "events": list(self.events)},
        )
        return Result(manifest, self.outcomes, self.plan.timeline, summary, self.row_index, self.kept)


class Block:
    """A run of consecutive paths, month by month.

    Parameters
    ----------
    plan : Plan
        What to run.
    keys : list of list of array
        Keys of each step's drawings (see :func:`draw_keys`).
    sampled : mapping of str to float64 (path,)
        The numbers that differ between paths.
    first, paths : int
        The first path's index (even) and how many follow.
    noise : bool
        Whether chance plays.

    Attributes
    ----------
    state : float64 (row, path)
        The rows as they stand after the last month run.
    """

    def __init__(
        self, plan: Plan, keys: list[list[Keys]], sampled: Mapping[str, Floats], *, first: int, paths: int, noise: bool
    ) -> None:
        """Lay out state, draws and parameters."""
        self.first, self.noise = first, noise
        self.state = np.zeros((plan.rows, paths))
        for row, value in plan.standing:
            self.state[row] = value
        drawn = np.empty((max(step.drawn_rows for step in plan.steps), paths))
        self.running = [
            _Running(step, step_keys, sampled, self.state, drawn, noise, plan.timeline.first_calendar_month)
            for step, step_keys in zip(plan.steps, keys, strict=True)
        ]

    def month(self, month: int) -> None:
        """Run one month (0 is the opening balance): each process in the plan's order."""
        for one in self.running:
            one.month(month, self.first)


class _Running:
    """One step of the plan on one block: its context, and what changes by month."""

    def __init__(
        self,
        step: Step,
        keys: list[Keys],
        sampled: Mapping[str, Floats],
        state: Floats,
        drawn: Floats,
        noise: bool,
        first_calendar_month: int,
    ) -> None:
        """Make the context of the block."""
        self.step, self.keys, self.drawn = step, keys, drawn
        self.values, offset, stride = step.parameters.layout(state.shape[1])
        self.bases = [[sampled[name] for name in affine.bases] for affine in step.parameters.by_path]
        self.context = Context(
            process=step.process,
            nations=step.nations,
            paths=state.shape[1],
            noise=noise,
            first_calendar_month=first_calendar_month,
            state=state,
            at=step.at,
            drawn=drawn,
            drawn_at=step.drawn_at,
            values=self.values,
            offset=offset,
            stride=stride,
            fill=self._fill_asked,
        )
        self.now = (0, 0)

    def month(self, month: int, first: int) -> None:
        """Bring parameters up to date, draw, and let the process write its month."""
        self._parameters(month)
        self.now = month, first
        for drawing, keys in zip(self.step.drawings, self.keys, strict=True):
            if self._due(drawing.every, month):
                self._fill(drawing, keys)
        if month == 0:
            self.step.process.start(self.context)
        else:
            self.step.process.step(self.context, month)

    def _fill(self, drawing: Drawing, keys: Keys) -> None:
        """Make the draws of a group for the month that runs."""
        month, first = self.now
        if not self.context.noise:
            self.drawn[drawing.rows] = drawing.still[:, None]
        elif drawing.law == "normal":
            fill_normal(keys, month, first, self.drawn, rows=drawing.rows)
        else:
            fill_uniform(keys, month, first, self.drawn, rows=drawing.rows)

    def _fill_asked(self, name: str) -> None:
        """Make the draws that a process asks for."""
        for drawing, keys in zip(self.step.drawings, self.keys, strict=True):
            if drawing.every == "asked" and name in drawing.names:
                self._fill(drawing, keys)

    def _due(self, every: str, month: int) -> bool:
        """Return whether a drawing is made in this month without being asked for."""
        if every in ("start", "asked"):
            return every == "start" and month == 0
        return self.context.new_year(month) if every == "year" else month > 0

    def _parameters(self, month: int) -> None:
        """Write what changes this month into the table of parameters."""
        parameters, paths = self.step.parameters, self.context.paths
        change = parameters.changes.get(month)
        if change is not None:
            self.values[change[0]] = change[1]
        for place, affine in enumerate(parameters.by_path):
            found = affine.changes.get(month)
            if found is not None:
                begin = len(parameters.constants) + place * paths
                row = self.values[begin : begin + paths]
                row[:] = found[1]
                for factor, base in zip(found[0], self.bases[place], strict=True):
                    row += factor * base


def draw_keys(plan: Plan, seed: int) -> list[list[Keys]]:
    """Return the keys of each step's drawings under a seed."""
    return [[stream_keys(seed, drawing.addresses) for drawing in step.drawings] for step in plan.steps]


def _wanted(plan: Plan, keep: str | Sequence[str] | None) -> set[str]:
    """Return the names of the outcomes that the result will hold."""
    wanted = set(plan.by_default)
    if keep is not None and keep not in ("summary", "paths"):
        known = [outcome.name for outcome in plan.outcomes]
        for name in [keep] if isinstance(keep, str) else keep:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                raise ResultError(
                    Fault("keep", "must name outcomes", repr(name), f"did you mean {near[0]!r}?" if near else "")
                )
            wanted.add(name)
    return wanted


def _work(run: _Run, blocks: Sequence[tuple[int, int]], threads: int, show: Progress) -> Summary:
    """Run the blocks on threads, each folding into a summary of its own; merge them."""
    queue, lock, stop = iter(blocks), threading.Lock(), threading.Event()
    done = 0

    def worker() -> Summary:
        nonlocal done
        summary = run.new_summary()
        while not stop.is_set():
            with lock:
                piece = next(queue, None)
            if piece is None:
                break
            run.block(*piece, summary)
            with lock:
                done += piece[1] - piece[0]
                show(done, run.paths)
        return summary

    if threads == 1:
        return worker()
    with ThreadPoolExecutor(threads, thread_name_prefix="forcesim") as pool:
        futures = [pool.submit(worker) for _ in range(threads)]
        try:
            summaries = [future.result() for future in futures]
        finally:
            stop.set()
    total = summaries[0]
    for other in summaries[1:]:
        total.merge(other)
    return total


@contextmanager
def _shown(progress: bool | Progress | None, paths: int) -> Iterator[Progress]:
    """Show progress: a bar on a terminal unless told otherwise, or whatever the caller gives."""
    if callable(progress):
        yield progress
        return
    if progress is False or (progress is None and not sys.stderr.isatty()):
        yield lambda *_: None
        return
    from tqdm import tqdm

    with tqdm(total=paths, unit=" paths", desc="forcesim", delay=0.5, smoothing=0.1) as bar:

        def show(done: int, _: int) -> None:
            bar.update(done - bar.n)

        yield show
