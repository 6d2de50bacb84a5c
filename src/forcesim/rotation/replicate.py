"""Many replications: here, in processes of this machine, or on any executor; as many as are asked for, or as it takes.

A replication is a function of the study, the seed and its number. Pieces come back in any order and are put in theirs,
so whoever does them, the bits are the same.
"""

from __future__ import annotations

import os
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forcesim.engine.precision import MISS
from forcesim.engine.work import PIECE_SECONDS, TRIES
from forcesim.errors import ExecutorError, Fault, ForcesimError, Interrupted, ResultError, ScenarioError
from forcesim.machine import progress_shown
from forcesim.packing import pack, unpack
from forcesim.paths import nearest
from forcesim.rotation.checks import KEYS
from forcesim.rotation.layout import Layout
from forcesim.rotation.model import Rotation
from forcesim.rotation.result import RotationResult
from forcesim.rotation.run import run_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from forcesim.engine import Precision, Progress
    from forcesim.rotation.board import Candidate

__all__ = ["simulate"]

Arrays = dict[str, npt.NDArray[Any]]

FIRST_LOOK = 32
"""Replications before the first look whether an answer is precise enough."""

KNOWN = 4
"""Studies that a worker keeps at hand."""

LARGEST_PIECE = 256


@dataclass(frozen=True)
class Task:
    """A study, as it is sent to a worker."""

    study: dict[str, Any]
    seed: int
    kept: int
    rules: Mapping[str, Callable[[Candidate], Any]] = field(default_factory=dict)


_known: deque[tuple[dict[str, Any], Layout]] = deque(maxlen=KNOWN)
"""Studies that this worker met last. What is in it changes no result."""


def do_piece(task: Task, first: int, last: int) -> tuple[bytes, float]:
    """Do a range of replications, in a worker: return their accounts as bytes, and the seconds that it took."""
    begun = time.monotonic()
    layout = next((known for data, known in tuple(_known) if data == task.study), None)
    if layout is None:
        layout = Layout(Rotation.of(task.study))
        _known.append((task.study, layout))
    return pack(run_piece(layout, task, first, last)), time.monotonic() - begun


def run_piece(layout: Layout, task: Task, first: int, last: int) -> Arrays:
    """Return the accounts of a range of replications, one row each; the sand is added up, spells are kept of few."""
    accounts, found = [], Arrays()
    for replication in range(first, last):
        account = run_once(layout, task.seed, replication, task.rules)
        spells = account.pop("spells")
        if replication < task.kept:
            found[f"spells {replication}"] = spells
        accounts.append(account)
    for name in accounts[0]:
        rows = [account[name] for account in accounts]
        found[name] = np.sum(rows, axis=0)[None] if name == "sand" else np.stack(rows)
    return found


class Ledger:
    """What is done of a run."""

    def __init__(self, layout: Layout, task: Task) -> None:
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
        Processes of this machine that share the work; 1 does it here. Changes no result.
    executor : concurrent.futures.Executor, optional
        Who does the work, in place of processes of our own: a pool, Dask's ``client.get_executor()``, MPI's.
    until : Precision, optional
        Go on until a chance or mean (``fs.Precision(mean="unmet[mission]", half_width=5)``) is that precise. The looks
        are after 32 replications and each doubling, and share the 5 %.
    rules : mapping of str to callable, optional
        Rules of your own for ``sourcing.order``: each gets a :class:`Candidate` and returns what is compared, the least
        is sent. With workers they must be functions of a module.
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
        If a number here is not admissible.
    ProcessError
        If a day does not end (with the names of the units that wait).
    ExecutorError
        If the executor breaks, or loses a piece again and again.
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
    study = study if isinstance(study, Rotation) else Rotation.of(dict(study))
    own = dict(rules or {})
    _check(study, own, replications=replications, seed=seed, workers=workers, keep=keep, until=until)
    layout = Layout(study)
    task = Task(study.to_dict(), seed, keep, own)
    ledger = Ledger(layout, task)
    with progress_shown(progress, replications, "replications") as show, _workers(executor, workers) as pool:
        at_once = workers if executor is None else max(workers, os.cpu_count() or 1)
        if until is None:
            _up_to(ledger, replications, pool, at_once, show, replications)
            return ledger.result()
        looked, z = looks(replications)
        result = None
        for last in looked:
            _up_to(ledger, last, pool, at_once, show, replications)
            result = ledger.result(z, until)
            if result.reached:
                break
        assert result is not None
        return result


def looks(most: int) -> tuple[list[int], float]:
    """Return after how many replications to look, and the z of each look's interval (Bonferroni).

    Examples
    --------
    >>> looks(200)[0]
    [32, 64, 128, 200]
    """
    from scipy.special import ndtri

    found = []
    n = FIRST_LOOK
    while n < most:
        found.append(n)
        n *= 2
    found.append(most)
    return found, -float(ndtri(MISS / len(found) / 2))


def _check(
    study: Rotation, own: Mapping[str, Any], *, replications: int, seed: int, workers: int, keep: int,
    until: Precision | None,
) -> None:  # fmt: skip
    """Check what a caller asks for before any work starts."""
    least = {"replications": (replications, 1), "seed": (seed, 0), "workers": (workers, 1), "keep": (keep, 0)}
    faults = [Fault(name, f"must be >= {bound}", str(given)) for name, (given, bound) in least.items() if given < bound]
    if until is not None and (until.by is not None or until.at is not None):
        faults.append(Fault("until", "must have neither by nor at: outcomes of a rotation are of the whole run"))
    if faults:
        raise ResultError(faults)
    known = (*KEYS, *own)
    unknown = [(place, key) for place, key in enumerate(study.sourcing.order) if key not in known]
    if unknown:
        remedy = "known are " + ", ".join(KEYS) + "; rules of your own come with rules={name: function}"
        raise ScenarioError(
            [
                Fault(f"sourcing.order[{place}]", "must be a key or a rule", repr(key), nearest(key, known) or remedy)
                for place, key in unknown
            ]
        )


def _up_to(ledger: Ledger, last: int, pool: Executor | None, at_once: int, show: Progress, most: int) -> None:
    """Do all replications below ``last`` that are not done."""
    first = ledger.done
    try:
        if pool is not None:
            _on_executor(ledger, first, last, pool, at_once, show, most)
            return
        for replication in range(first, last):
            ledger.add(replication, 1, run_piece(ledger.layout, ledger.task, replication, replication + 1))
            show(ledger.done, most)
    except KeyboardInterrupt:
        message = f"stopped after {ledger.done:,} of {most:,} replications; nothing is kept"
        raise Interrupted(message) from None


def _on_executor(
    ledger: Ledger, first: int, last: int, pool: Executor, at_once: int, show: Progress, most: int
) -> None:
    """Hand out pieces of some seconds, smaller towards the end, so that all are done at the same time."""
    todo, size = first, 1
    running: dict[Future[tuple[bytes, float]], tuple[int, int, int]] = {}

    def give(begin: int, end: int, tries: int) -> None:
        running[pool.submit(do_piece, ledger.task, begin, end)] = (begin, end, tries)

    try:
        while todo < last or running:
            while todo < last and len(running) < 2 * at_once:
                share = max(1, (last - todo) // (2 * at_once))
                end = min(last, todo + min(size, share, LARGEST_PIECE))
                give(todo, end, 1)
                todo = end
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                begin, end, tries = running.pop(future)
                try:
                    data, seconds = future.result()
                except (ForcesimError, BrokenExecutor):
                    raise
                except Exception as error:
                    if tries >= TRIES:
                        raise ExecutorError(_lost(begin, end, error)) from error
                    give(begin, end, tries + 1)
                    continue
                ledger.add(begin, end - begin, unpack(data)[1])
                show(ledger.done, most)
                size = max(1, int(PIECE_SECONDS * (end - begin) / max(seconds, 1e-6)))
    except BrokenExecutor as error:
        raise ExecutorError(Fault("executor", "must stay alive", str(error))) from error
    finally:
        for future in running:
            future.cancel()


def _lost(begin: int, end: int, error: Exception) -> Fault:
    why = f"{TRIES} failures, the last: {type(error).__name__}: {error}"
    return Fault("executor", f"must do replications {begin} to {end - 1}", why)


@contextmanager
def _workers(executor: Executor | None, workers: int) -> Iterator[Executor | None]:
    """Give the executor that was asked for: the caller's, processes of our own, or none."""
    if executor is not None or workers == 1:
        yield executor
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # fresh processes: a forked one may hold a lock of a thread that it does not have
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool
