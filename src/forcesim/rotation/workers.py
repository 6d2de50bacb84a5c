"""Who does the work of a rotation: processes of our own, a caller's executor, or nobody but this process."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from forcesim.engine.pools import guarded, starting
from forcesim.errors import ExecutorError, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import BrokenExecutor

__all__ = ["broken", "refuse_to_start", "workers_of"]

MOST_ON_WINDOWS = 61
"""Processes of one pool that Windows can wait for."""


def refuse_to_start(executor: Executor | None, workers: int) -> None:
    """Refuse to start processes that could not import the caller's script, or that a worker would start meanwhile.

    Raises
    ------
    ExecutorError
        With the line that the script lacks.
    """
    starts = workers > 1 if executor is None else isinstance(executor, ProcessPoolExecutor)
    if starts and starting():
        raise ExecutorError(Fault("workers", "must not be asked for by a worker that starts", "", guarded()))
    main = sys.modules.get("__main__")
    script, spec = getattr(main, "__file__", None), getattr(main, "__spec__", None)
    if executor is None and workers > 1 and script and spec is None and not Path(script).is_file():
        raise ExecutorError(Fault("workers", "must have a script that they can import", str(script), guarded()))


@contextmanager
def workers_of(executor: Executor | None, workers: int) -> Iterator[Executor | None]:
    """Give the executor that was asked for: the caller's, processes of our own, or none."""
    if executor is not None or workers == 1:
        yield executor
        return
    if sys.platform == "win32":
        workers = min(workers, MOST_ON_WINDOWS)
    # fresh processes: a forked one may hold a lock of a thread that it does not have
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def broken(pool: Executor, error: BrokenExecutor) -> ExecutorError:
    """Return the error of an executor that has broken, with what to look at."""
    remedy = "give a new executor"
    if isinstance(pool, ProcessPoolExecutor):
        remedy = f"{guarded()}; if it is, look for what ends a process, such as too little memory"
    return ExecutorError(Fault("executor", "must stay alive", str(error), remedy))
