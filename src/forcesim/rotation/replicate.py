"""Many replications: here, in processes of this machine, or on any executor; as many as are asked for, or as it takes.

A replication is a function of the study, the seed and its number. Pieces come back in any order and are put in theirs,
so the bits are the same for any worker.
"""

from __future__ import annotations

import copy
import os
import time
from collections import deque
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.arguments import MOST_PATHS, each, integer, seed_of, shown, switch
from forcesim.engine import Precision
from forcesim.engine.pieces import PIECE_SECONDS, give_out
from forcesim.engine.pools import check_executor
from forcesim.engine.precision import looks
from forcesim.errors import Fault, Interrupted, ResultError
from forcesim.machine import progress_shown
from forcesim.packing import Arrays, pack, unpack
from forcesim.rotation.layout import RotationLayout
from forcesim.rotation.model import Rotation
from forcesim.rotation.outcomes import parsed
from forcesim.rotation.own_rules import check_identities, checked_rules, identities_of
from forcesim.rotation.result import RotationResult
from forcesim.rotation.run import run_once
from forcesim.rotation.workers import broken, refuse_to_start, workers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forcesim.checkpoint import Span
    from forcesim.engine import Progress
    from forcesim.rotation.slots import Candidate

__all__ = ["simulate"]


FIRST_LOOK = 32
"""Replications before the first look whether an answer is precise enough."""

KNOWN = 4
"""Studies that a worker keeps at hand."""

LARGEST_PIECE = 256


@dataclass(frozen=True)
class RotationTask:
    """A study, as it is sent to a worker."""

    study: dict[str, Any]
    seed: int
    kept: int
    rules: dict[str, Callable[[Candidate], Any]] = field(default_factory=dict)
    identities: Mapping[str, str] = field(default_factory=dict)
    """Of the code and data of the rules, as they are where they were given."""


_known: deque[tuple[dict[str, Any], RotationLayout]] = deque(maxlen=KNOWN)
"""Studies that this worker met last. What is in it changes no result."""


def do_piece(task: RotationTask, first: int, last: int) -> tuple[bytes, float]:
    """Do a range of replications, in a worker: return their accounts as bytes, and the seconds that it took."""
    begun = time.monotonic()
    check_identities(task.rules, task.identities)
    layout = next((known for data, known in tuple(_known) if data == task.study), None)
    if layout is None:
        layout = RotationLayout(Rotation.of(task.study))
        _known.append((task.study, layout))
    return pack(run_piece(layout, task, first, last)), time.monotonic() - begun


def run_piece(layout: RotationLayout, task: RotationTask, first: int, last: int) -> Arrays:
    """Return the accounts of a range of replications, one row each; the sand is added up, spells are kept of few."""
    accounts, found = [], Arrays()
    for replication in range(first, last):
        # a copy each: what a rule remembers of one replication must not reach the next
        account = run_once(layout, task.seed, replication, copy.deepcopy(dict(task.rules)))
        spells = account.pop("spells")
        if replication < task.kept:
            found[f"spells {replication}"] = spells
        accounts.append(account)
    for name in accounts[0]:
        rows = [account[name] for account in accounts]
        found[name] = np.sum(rows, axis=0)[None] if name == "sand" else np.stack(rows)
    return found


class RotationLedger:
    """What is done of a run."""

    def __init__(self, layout: RotationLayout, task: RotationTask) -> None:
        """Begin with nothing."""
        self.layout, self.task = layout, task
        self.pieces: dict[int, Arrays] = {}
        self.done = 0

    def add(self, first: int, count: int, arrays: Arrays) -> None:
        """Take in a piece."""
        self.pieces[first] = arrays
        self.done += count

    def result(self, looks_z: float | None = None, until: Precision | None = None) -> RotationResult:
        """Return the result of all that is done."""
        ordered = [self.pieces[first] for first in sorted(self.pieces)]
        names = [name for name in ordered[0] if not name.startswith("spells ")]
        arrays = {name: np.concatenate([piece[name] for piece in ordered]) for name in names}
        arrays["sand"] = arrays["sand"].sum(axis=0)
        spells = {
            int(name.removeprefix("spells ")): table
            for piece in ordered
            for name, table in piece.items()
            if name.startswith("spells ")
        }
        return RotationResult(self.layout, self.task.seed, arrays, spells, z=looks_z, until=until)


def simulate(
    study: Rotation | Mapping[str, Any],
    *,
    replications: int = 200,
    seed: int = 2025,
    workers: int = 1,
    executor: Executor | None = None,
    until: Precision | None = None,
    rules: Mapping[str, Callable[[Candidate], Any]] | None = None,
    keep: int = 1,
    progress: bool | Progress | None = None,
) -> RotationResult:
    """Simulate a rotation study, unit by unit, and return its outcomes with their Monte Carlo error.

    Parameters
    ----------
    study : Rotation or mapping
        What to simulate.
    replications : int
        How many futures; with ``until`` the most. The first k of a longer run are those of a shorter one.
    seed : int
        Seed of every draw's address, at least 0.
    workers : int
        Processes of this machine that share the work; 1 does it here. Changes no result. Every process imports the
        script anew, so its calls must stand below a line ``if __name__ == "__main__":``.
    executor : concurrent.futures.Executor, optional
        Who does the work, in place of processes of our own: a pool, Dask's ``client.get_executor()``, MPI's.
    until : Precision, optional
        Go on until a chance or mean (``fs.Precision(mean="unmet[mission]", half_width=5)``) is that precise. The looks
        are after 32 replications and each doubling, and share the 5 %.
    rules : mapping of str to callable, optional
        Rules of your own for ``sourcing.order``: each gets a :class:`Candidate` and returns what is compared, the least
        is sent. All must stand in the order. With workers they must be functions of a module.
    keep : int
        Of how many replications every spell of every unit is kept (for the Gantt view).
    progress : bool or callable, optional
        A bar by default if the error stream is a terminal; a callable gets replications done and in all.

    Returns
    -------
    RotationResult

    Raises
    ------
    ScenarioError
        If the study is not admissible; all faults at once.
    ResultError
        If something else that is asked for is not admissible; nothing has run then.
    ProcessError
        If a day does not end (with the names of the units that wait), or a rule of your own raises, or returns what
        cannot be compared (with its name, the day and the unit).
    ExecutorError
        If the executor breaks, or loses a piece again and again, or a script lacks the line that workers need.
    Interrupted
        If the user stops it.

    Examples
    --------
    >>> from forcesim import rotation
    >>> result = rotation.simulate({
    ...     "days": 1800,
    ...     "policies": {"six in thirty": {"available_from": 720, "tour": 180}},
    ...     "units": [{"name": "brigade", "type": "brigade", "count": 4, "policy": "six in thirty"}],
    ...     "demands": [{"name": "mission", "type": "brigade", "quantity": 1}],
    ... }, replications=1)
    >>> result.mean("unmet_days[mission]").value
    360.0
    """
    study = study if isinstance(study, Rotation) else Rotation.of(study)
    check_executor(executor)
    replications, seed, workers, keep, until, progress = each(
        lambda: integer("replications", replications, least=1, most=MOST_PATHS),
        lambda: seed_of(seed),
        lambda: integer("workers", workers, least=1),
        lambda: integer("keep", keep, least=0),
        lambda: _precision_of(until),
        lambda: progress if progress is None or callable(progress) else switch("progress", progress),
    )
    refuse_to_start(executor, workers)
    to_processes = isinstance(executor, ProcessPoolExecutor) or (executor is None and workers > 1)
    own = checked_rules(study, rules, to_processes=to_processes, spawned=executor is None)
    layout = RotationLayout(study)
    if until is not None:
        _check_question(layout, until)
    identities = identities_of(own) if executor is not None or workers > 1 else {}
    ledger = RotationLedger(layout, RotationTask(study.to_dict(), seed, keep, own, identities))
    with progress_shown(progress, replications, "replications") as show, workers_of(executor, workers) as pool:
        at_once = workers if executor is None else max(workers, os.cpu_count() or 1)
        if until is None:
            _up_to(ledger, replications, pool, at_once, show, replications)
            return ledger.result()
        looked, z = looks(replications, first=FIRST_LOOK)
        result = None
        for last in looked:
            _up_to(ledger, last, pool, at_once, show, replications)
            result = ledger.result(z, until)
            if result.reached:
                break
        assert result is not None
        return result


def _precision_of(until: Any) -> Precision | None:
    """Return the precision that is wanted."""
    if until is None:
        return None
    if not isinstance(until, Precision):
        remedy = 'fs.Precision(mean="unmet[mission]", half_width=5), say'
        raise ResultError(Fault("until", "must be a Precision", shown(until), remedy))
    if until.by is not None or until.at is not None:
        raise ResultError(Fault("until", "must have neither by nor at: outcomes of a rotation are of the whole run"))
    return until


def _check_question(layout: RotationLayout, until: Precision) -> None:
    """Refuse a question that this study has no answer to."""
    text = str(until.mean if until.chance is None else until.chance)
    is_event = parsed(text, layout).is_event
    if is_event != (until.chance is not None):
        rule = "must be true or false: compare it with something" if until.chance else "must be a number"
        raise ResultError(Fault(f"until: {text}", rule))


def _up_to(ledger: RotationLedger, last: int, pool: Executor | None, at_once: int, show: Progress, most: int) -> None:
    """Do all replications below ``last`` that are not done."""
    try:
        if pool is not None:
            _on_executor(ledger, last, pool, 2 * at_once, lambda: show(ledger.done, most))
            return
        for replication in range(ledger.done, last):
            ledger.add(replication, 1, run_piece(ledger.layout, ledger.task, replication, replication + 1))
            show(ledger.done, most)
    except KeyboardInterrupt:
        message = f"stopped after {ledger.done:,} of {most:,} replications; nothing is kept"
        raise Interrupted(message) from None


def _on_executor(ledger: RotationLedger, last: int, pool: Executor, at_once: int, show: Callable[[], None]) -> None:
    """Give out pieces of some seconds, smaller towards the end, so that all are done at the same time."""
    todo, size = ledger.done, 1

    def next_piece() -> Span | None:
        nonlocal todo
        if todo == last:
            return None
        first, share = todo, max(1, (last - todo) // at_once)
        todo = min(last, todo + min(size, share, LARGEST_PIECE))
        return first, todo

    def take(span: Span, piece: tuple[bytes, float]) -> None:
        nonlocal size
        replications = span[1] - span[0]
        ledger.add(span[0], replications, unpack(piece[0])[1])
        show()
        size = max(1, int(PIECE_SECONDS * replications / max(piece[1], 1e-6)))

    try:
        give_out(
            lambda *span: pool.submit(do_piece, ledger.task, *span),
            next_piece,
            take,
            at_once=at_once,
            unit="replications",
        )
    except BrokenExecutor as error:
        raise broken(pool, error) from error
