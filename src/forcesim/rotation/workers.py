"""Who does the work of a rotation: processes of our own, a caller's executor, or nobody but this process."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forcesim.arguments import shown
from forcesim.errors import ExecutorError, Fault, ResultError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import BrokenExecutor

__all__ = ["broken", "executor_of", "refuse_to_start", "workers_of"]

GUARD = (
    "every worker imports the script anew: put its calls below a line if __name__ == '__main__': (or use workers=1);"
    " else look for what ends a process, such as too little memory"
)

MOST_ON_WINDOWS = 61
"""Processes of one pool that Windows can wait for."""


def executor_of(executor: Any) -> Executor | None:
    """Return the caller's executor.

    Raises
    ------
    ResultError
        If it is none.
    """
    if executor is not None and not isinstance(executor, Executor):
        remedy = "concurrent.futures.ThreadPoolExecutor(2), say; workers=2 makes processes by itself"
        raise ResultError(Fault("executor", "must be a concurrent.futures.Executor", shown(executor), remedy))
    return executor


def refuse_to_start(executor: Executor | None, workers: int) -> None:
    """Refuse to start processes that could not import the caller's script, or that a worker would start meanwhile.

    Raises
    ------
    ExecutorError
        With the line that the script lacks.
    """
    starts = workers > 1 if executor is None else isinstance(executor, ProcessPoolExecutor)
    # multiprocessing looks at the same mark, and would say the same in ten lines
    if starts and getattr(multiprocessing.current_process(), "_inheriting", False):
        raise ExecutorError(Fault("workers", "must not be asked for while a worker imports the script", "", GUARD))
    main = sys.modules.get("__main__")
    script, spec = getattr(main, "__file__", None), getattr(main, "__spec__", None)
    if executor is None and workers > 1 and script and spec is None and not Path(script).exists():
        remedy = "save it as a file, with its calls below a line if __name__ == '__main__':, or use workers=1"
        raise ExecutorError(Fault("workers", "must have a script that they can import", str(script), remedy))


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
    remedy = GUARD if isinstance(pool, ProcessPoolExecutor) else "give a new executor"
    return ExecutorError(Fault("executor", "must stay alive", str(error), remedy))
