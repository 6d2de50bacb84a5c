"""What a machine may lack: processors that can be counted, a console, a terminal; asked for in one place."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Progress", "progress_shown", "say", "threads_here"]

Progress = Callable[[int, int], None]
"""Gets what is done, and how much there is in all."""


def threads_here() -> int:
    """Return how many processors this process may use, at least 1.

    Where the system does not tell (macOS, Windows), it is all of the machine.

    Examples
    --------
    >>> threads_here() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def say(line: str) -> None:
    """Write a line to the error stream, if there is one: a program without a console has none."""
    # a closed stream raises ValueError, a broken one OSError: no line of ours is worth a run
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()


def _on_terminal() -> bool:
    """Return whether the error stream is a terminal."""
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # it is closed
        return False


@contextmanager
def progress_shown(progress: bool | Progress | None, total: int, unit: str) -> Iterator[Progress]:
    """Show progress: a bar on a terminal unless told otherwise, or whatever the caller gives.

    Parameters
    ----------
    progress : bool or callable, optional
        ``None`` for a bar on a terminal, ``True`` for a bar wherever there is an error stream, ``False`` for none.
    total : int
        How much there is to do.
    unit : str
        Of what.

    Yields
    ------
    callable
        Takes how much is done, and the total.
    """
    if callable(progress):
        yield progress
        return
    if progress is False or sys.stderr is None or (progress is None and not _on_terminal()):
        yield lambda *_: None
        return
    from tqdm import tqdm

    with tqdm(total=total, unit=f" {unit}", desc="forcesim", delay=0.5, smoothing=0.1) as bar:

        def show(done: int, _: int) -> None:
            bar.update(done - bar.n)

        yield show
