"""What a run records: which outcomes are summarised, of which every path is kept, which events are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.engine.apart import ClassWatch
from forcesim.engine.block import Block, draw_keys
from forcesim.engine.derived import Derived, Month
from forcesim.engine.layout import LARGEST, tile_of
from forcesim.engine.own_code import OwnCode
from forcesim.errors import Fault, ProcessError, ResultError
from forcesim.expression import Vocabulary
from forcesim.kernels import kernel
from forcesim.manifest import Manifest
from forcesim.outcome import Outcome, taken
from forcesim.paths import nearest
from forcesim.question import event
from forcesim.result import Result
from forcesim.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forcesim.arrays import Floats, Ints
    from forcesim.expression import Key
    from forcesim.plan import Plan
    from forcesim.scenario import Scenario

__all__ = ["Kept", "Recording"]

KEPT_BYTES = 200_000_000
"""Paths of an outcome are kept by default while all that is kept fits into this many bytes."""

WAYS = ("summary", "paths", "zarr")
"""What ``keep`` may say besides names of outcomes."""

STORED: dict[str, Any] = {"float": np.float64, "count": np.int32, "code": np.int8}

Array = np.ndarray[Any, Any]


@kernel
def _keep(state: Floats, rows: Ints, month: Array, first: int) -> None:
    """Copy the kept rows of a block's month to where the month of all paths is kept."""
    for r in range(rows.shape[0]):
        row, kept = state[rows[r]], month[r, first : first + state.shape[1]]
        for i in range(row.shape[0]):
            kept[i] = row[i]


class Kept:
    """Kept paths, ``first`` to ``last`` - 1: one array (month, row, path) for each kind of number.

    What goes to another process or to disk, and comes from there, goes under the names of outcomes (:meth:`cut`,
    :meth:`place`): who lays its rows out in another order cannot put them in the wrong place.

    Parameters
    ----------
    row_of : mapping of (outcome, nation or None) to row
        Where each outcome stands in the state.
    months : int
        Months, month 0 among them.
    outcomes : sequence of Outcome
        Of which every path is kept.
    first, last : int
        The paths.
    """

    def __init__(
        self, row_of: Mapping[Key, int], months: int, outcomes: Sequence[Outcome], first: int, last: int
    ) -> None:
        """Make room; memory is taken as paths arrive."""
        self.first, self.last = first, last
        self._months, self._outcomes = months, tuple(outcomes)
        self._stores: dict[str, Array] = {}
        self._rows: dict[str, Any] = {}
        found: dict[str, Array] = {}
        for storage, kind in STORED.items():
            alike = [outcome for outcome in outcomes if outcome.storage == storage]
            rows = [row_of[o.name, nation] for o in alike for nation in o.nations or (None,)]
            if not rows:
                continue
            store = np.empty((months, len(rows), last - first), dtype=kind)
            self._stores[storage], self._rows[storage] = store, np.array(rows, dtype=np.int64)
            place = 0
            for outcome in alike:
                width = max(1, len(outcome.nations))
                found[outcome.name] = store[:, place : place + width] if outcome.nations else store[:, place]
                place += width
        self.by_name: dict[str, Array] = {outcome.name: found[outcome.name] for outcome in outcomes}

    @property
    def names(self) -> tuple[str, ...]:
        """Return the outcomes of which every path is kept."""
        return tuple(outcome.name for outcome in self._outcomes)

    def put(self, month: int, first: int, state: Floats) -> None:
        """Keep a block's month."""
        for storage, store in self._stores.items():
            _keep(state, self._rows[storage], store[month], first - self.first)

    def place(self, first: int, last: int, pieces: Mapping[str, Array]) -> None:
        """Keep a piece that was made elsewhere.

        Parameters
        ----------
        first, last : int
            Its paths.
        pieces : mapping of outcome to array
            (month, path) or (month, nation, path); the order does not matter, and there may be more outcomes.

        Raises
        ------
        ResultError
            If an outcome is missing, or is not of the type and shape that it has here; nothing is then kept.
        """
        faults = []
        for outcome in self._outcomes:
            wanted = _form(STORED[outcome.storage], (self._months, *_width(outcome), last - first))
            found = pieces.get(outcome.name)
            there = "nothing" if found is None else _form(found.dtype, found.shape)
            if there != wanted:
                faults.append(Fault(f"kept paths: {outcome.name}", f"must be {wanted}", there))
        if faults:
            raise ResultError(faults)
        for name in self.names:
            self._write(name, 0, first, pieces[name])

    def _write(self, name: str, month: int, first: int, values: Array) -> None:
        """Keep the values of an outcome from a month and a path on."""
        begin = first - self.first
        self.by_name[name][month : month + len(values), ..., begin : begin + values.shape[-1]] = values

    def finish(self, paths: int) -> dict[str, Any]:
        """Return the arrays by outcome, cut to the paths that were run."""
        return {name: array[..., :paths] for name, array in self.by_name.items()}

    def drop(self) -> None:
        """Drop what is not complete: here it is freed with the object."""

    def cut(self, first: int, last: int) -> dict[str, Array]:
        """Return a piece, as :meth:`place` takes it."""
        return {name: array[..., first - self.first : last - self.first] for name, array in self.by_name.items()}


def _width(outcome: Outcome) -> tuple[int, ...]:
    """Return the shape of an outcome in one month of one path."""
    return (len(outcome.nations),) if outcome.nations else ()


def _form(kind: Any, shape: tuple[int, ...]) -> str:
    """Return what kind of array something is, in words."""
    return f"{np.dtype(kind).name} {shape}"


class Recording:
    """All that the blocks of one run share: the plan, the keys of the draws, and what is recorded.

    Parameters
    ----------
    scenario : Scenario
        With its policies applied.
    plan : Plan
        Of this scenario.
    paths, seed : int
        Of the run.
    keep, outcomes, events
        As :func:`forcesim.simulate` takes them.
    had : sequence of str, optional
        Of which outcomes a checkpoint has every path: by default no other is kept.
    """

    def __init__(
        self,
        scenario: Scenario,
        plan: Plan,
        *,
        paths: int,
        seed: int,
        keep: str | Sequence[str] | None = None,
        outcomes: Sequence[str | Derived] | None = None,
        events: Sequence[str] = (),
        had: Sequence[str] | None = None,
    ) -> None:
        """Lay out what is recorded and kept."""
        self.scenario, self.plan, self.paths, self.seed = scenario, plan, paths, seed
        self.keep = keep if keep is None or isinstance(keep, str) else list(keep)
        self.events, self.months = tuple(events), plan.timeline.months
        self.derived = tuple(one for one in outcomes or () if isinstance(one, Derived))
        names = None if outcomes is None else [one.name if isinstance(one, Derived) else one for one in outcomes]
        self.asked = names
        self.code = OwnCode(plan, self.derived)
        every = (*plan.outcomes, *(one.outcome for one in self.derived))
        self.row_of: dict[Key, int] = {
            **plan.row_of,
            **{(one.name, None): plan.rows + place for place, one in enumerate(self.derived)},
        }
        self.known = {outcome.name: outcome for outcome in every}
        if len(self.known) < len(every):
            raise ResultError(
                Fault("outcomes", "must have new names, each once", ", ".join(d.name for d in self.derived))
            )
        for one in self.derived:
            has = taken(one.name, self.known)
            if has:
                rule = "must have a name that is free in datasets"
                raise ResultError(Fault("outcomes", rule, repr(one.name), f"it is {has}"))
        wanted = _wanted(every, plan.by_default, keep, names)
        self.outcomes = tuple(outcome for outcome in every if outcome.name in wanted)
        keys = [(outcome.name, nation) for outcome in self.outcomes for nation in outcome.nations or (None,)]
        self.row_index = {key: place for place, key in enumerate(keys)}
        self.rows = np.array([self.row_of[key] for key in keys], dtype=np.int64)
        floor = {outcome.name: 0.0 if outcome.kind == "stock" else -np.inf for outcome in self.outcomes}
        self.floors = np.array([floor[name] for name, _ in keys])
        kept = self._kept_names() if had is None or keep is not None else self._kept_again(had)
        self.kept_outcomes = tuple(outcome for outcome in self.outcomes if outcome.name in kept)
        self._rules = [one.expression(plan.vocabulary.of_a_month) for one in self.derived]
        vocabulary = Vocabulary({outcome.name: outcome.term for outcome in every}, plan.groups, plan.timeline)
        followed = [event(text, vocabulary, "events") for text in self.events]
        self.expressions = {expression.canonical: expression for expression in followed}
        self.watched = sorted({name for e in self.expressions.values() for name in e.names}, key=str)
        self._classes = ClassWatch(step.process for step in plan.steps)
        self.keys = draw_keys(plan, seed)
        self._spare: list[Floats] = []
        self.tile = tile_of(plan) if not self.derived else LARGEST
        self.sampler = scenario.sampler(seed=seed, paths=paths)

    @property
    def options(self) -> dict[str, Any]:
        """Return what the caller chose of what is recorded, as a manifest holds it."""
        found = {"keep": self.keep, "outcomes": self.asked, "events": list(self.events)}
        return {**found, "derived": [one.to_dict() for one in self.derived]} if self.derived else found

    @property
    def layout(self) -> dict[str, Any]:
        """Return how all that is recorded is laid out, as plain data: what two that share the work must agree on."""
        return {
            "months": [self.plan.timeline.start, self.plan.timeline.horizon],
            "recorded": [outcome.name for outcome in self.outcomes],
            "kept": [outcome.name for outcome in self.kept_outcomes],
            "events": list(self.events),
            "series": {
                outcome.name: {
                    "nations": list(outcome.nations),
                    "labels": list(outcome.labels),
                    "storage": outcome.storage,
                    "kind": outcome.kind,
                }
                for outcome in self.outcomes
            },
        }

    def _kept_names(self) -> set[str]:
        """Return the outcomes of which every path is kept."""
        if self.keep in ("paths", "zarr"):
            return {outcome.name for outcome in self.outcomes}
        if self.keep is not None:
            return {self.keep} if isinstance(self.keep, str) else set(self.keep)
        return self._that_fit(self.outcomes)

    def _kept_again(self, had: Sequence[str]) -> set[str]:
        """Return the outcomes that are kept by default of a run that goes on: those of before, as many as fit.

        With more paths than before these are the ones that a new run would keep. With fewer they are less, and the
        manifest then names them, so that they are the same whenever the run is made again.
        """
        kept = self._that_fit([outcome for outcome in self.outcomes if outcome.name in had])
        if kept != self._kept_names():
            self.keep = [outcome.name for outcome in self.outcomes if outcome.name in kept] or "summary"
        return kept

    def _that_fit(self, outcomes: Sequence[Outcome]) -> set[str]:
        """Return as many of some outcomes as fit into the room for kept paths, the smallest first."""
        room, found = KEPT_BYTES, set()
        for size, _, outcome in sorted((self._size(one), place, one) for place, one in enumerate(outcomes)):
            if size <= room:
                room -= size
                found.add(outcome.name)
        return found

    def _size(self, outcome: Outcome) -> int:
        """Return the bytes that the paths of an outcome take."""
        each = int(np.dtype(STORED[outcome.storage]).itemsize)
        return self.months * max(1, len(outcome.nations)) * self.paths * each

    def new_summary(self) -> Summary:
        """Return an empty summary of what is recorded."""
        return Summary(len(self.rows), self.months, floors=self.floors)

    def new_kept(self, first: int, last: int) -> Kept:
        """Return room for the kept paths of a range."""
        return Kept(self.row_of, self.months, self.kept_outcomes, first, last)

    def new_block(self, first: int, last: int, sampled: Mapping[str, Floats] | None = None) -> Block:
        """Return a block of paths before month 0; ``sampled`` are its numbers, drawn unless given."""
        return Block(
            self.plan,
            self.keys,
            self.sampler(first, last - first) if sampled is None else sampled,
            first=first,
            paths=last - first,
            noise=self.scenario.noise,
            more_rows=len(self.derived),
            spare=self._spare,
        )

    def run(self, first: int, last: int, summary: Summary, kept: Kept) -> None:
        """Run a range of paths, fold it into a summary and keep what is kept; block after block, as the cache holds."""
        sampled = self.sampler(first, last - first)
        for begin in range(first, last, self.tile):
            end = min(last, begin + self.tile)
            part = {name: row[begin - first : end - first] for name, row in sampled.items()}
            self._run(begin, end, part, summary, kept)
        self._classes.check()

    def _run(self, first: int, last: int, sampled: Mapping[str, Floats], summary: Summary, kept: Kept) -> None:
        """Run one block."""
        block = self.new_block(first, last, sampled)
        watched = {key: np.empty((self.months, last - first)) for key in self.watched}
        derived = [one.apart() for one in self.derived]
        for month in range(self.months):
            block.month(month)
            if self.derived:
                self._derive(derived, block, month)
            bad = summary.fold(month, block.state, self.rows, block.written)
            if bad >= 0:
                self._refuse(bad, month, block)
            kept.put(month, first, block.state)
            for key, history in watched.items():
                history[month] = block.state[self.row_of[key]]
        self._spare.append(block.memory)
        summary.watch({text: expression.evaluate(watched) for text, expression in self.expressions.items()})

    def _derive(self, derived: Sequence[Derived], block: Block, month: int) -> None:
        """Write the caller's own outcomes of a month."""
        state = block.state
        block.mark(np.arange(self.plan.rows, self.plan.rows + len(derived)))
        for row, (one, rule) in enumerate(zip(derived, self._rules, strict=True), start=self.plan.rows):
            if rule is not None:
                state[row] = rule.evaluate({key: state[self.row_of[key]] for key in rule.names})
            else:
                state[row] = one.call(Month(month, state.shape[1], self.known, self.row_of, state), block.first)

    def _refuse(self, bad: int, month: int, block: Block) -> None:
        """Say what is not a finite number, or a stock below zero: process, outcome, nation, month, path, seed."""
        name, nation = next(key for key, row in self.row_index.items() if row == bad)
        values = block.state[self.rows[bad]]
        wrong = ~np.isfinite(values)
        rule = "must be a finite number" if wrong.any() or self.floors[bad] < 0 else "must be at least 0, being a stock"
        if not wrong.any():
            wrong = (values < self.floors[bad]) | (np.abs(values) >= 2.0**64)
        path = int(np.flatnonzero(wrong)[0])
        steps = self.plan.steps
        process = next((s.process.name for s in steps if name in {x.name for x in s.process.writes}), "outcomes")
        label, where = self.plan.timeline.label(month), f"{process}: {name}" + (f"[{nation}]" if nation else "")
        found = f"{values[path]} in {label}, path {block.first + path}, seed {self.seed}"
        remedy = f"forcesim.reproduce(scenario, path={block.first + path}, seed={self.seed}) shows how it came about"
        raise ProcessError(Fault(where, rule, found, remedy))

    def result(self, summary: Summary, kept: Kept, paths: int, options: dict[str, Any]) -> Result:
        """Return the result of the first ``paths`` paths, with the manifest that can make it again."""
        manifest = Manifest(
            scenario=self.scenario.in_full(),
            policies=self.scenario.applied,
            seed=self.seed,
            paths=paths,
            options=self.options | options,
            code=self.code.identities,
        )
        stored = kept.finish(paths)
        others = [name for name in self.known if name not in {outcome.name for outcome in self.outcomes}]
        timeline, own = self.plan.timeline, self.scenario.extra
        return Result(manifest, self.outcomes, timeline, summary, self.row_index, stored, own, others)


def _wanted(
    every: Sequence[Outcome],
    by_default: Sequence[str],
    keep: str | Sequence[str] | None,
    outcomes: Sequence[str] | None,
) -> set[str]:
    """Return the names of the outcomes that the result will hold."""
    keeps = [] if keep is None or keep in WAYS else [keep] if isinstance(keep, str) else list(keep)
    known = [outcome.name for outcome in every]
    faults = [
        Fault(place, "must name outcomes", repr(name), nearest(str(name), known))
        for place, names in (("keep", keeps), ("outcomes", outcomes or ()))
        for name in names
        if name not in known
    ]
    if faults:
        raise ResultError(faults)
    return {*(by_default if outcomes is None else outcomes), *keeps}
