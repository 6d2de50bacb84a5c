"""Executors: which of them are taken, and what to tell who has one that does not work."""

from __future__ import annotations

import sys
from concurrent.futures import Executor
from multiprocessing import current_process
from pathlib import Path
from typing import Any

from forcesim.errors import ExecutorError, Fault

__all__ = ["GUARD", "check_executor", "guarded", "starting"]

GUARD = 'if __name__ == "__main__":'
"""The line under which a script must start its processes."""


def check_executor(executor: Any) -> None:
    """Refuse what is no executor.

    Parameters
    ----------
    executor : concurrent.futures.Executor or None
        As a caller gave it.

    Raises
    ------
    ExecutorError
        If it is something else: a name, a class, Dask's client.

    Examples
    --------
    >>> check_executor("processes")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    forcesim.errors.ExecutorError: executor: must be an executor of concurrent.futures, got 'processes' (...)
    """
    if executor is None or isinstance(executor, Executor):
        return
    remedy = "give an open one: with ProcessPoolExecutor(8) as pool: ..., executor=pool"
    if hasattr(executor, "get_executor"):
        remedy = "give executor=client.get_executor()"
    raise ExecutorError(Fault("executor", "must be an executor of concurrent.futures", repr(executor)[:60], remedy))


def starting() -> bool:
    """Return whether this is a worker that is still running the script again: it can start no process itself."""
    return bool(getattr(current_process(), "_inheriting", False))


def guarded() -> str:
    """Return what a script needs so that processes can be started from it.

    Processes that are not forked begin by running the script again. Without the guard they come to the line that
    starts processes, and fail; a script that is read from a pipe cannot be run again at all. At a prompt there is
    nothing to run again, and what was defined there is unknown to them.
    """
    guard = f"put the call, and what starts its processes, under {GUARD}"
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if file is None and not starting():
        return "workers know nothing that was defined at the prompt: import processes and functions from a file"
    if file is not None and not Path(file).is_file():
        return f"workers run the script again, which is no file: save it as one, and {guard}"
    return f"workers run the script again: {guard}"
