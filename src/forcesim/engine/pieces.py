"""Pieces of a job on an executor: given out, tried again when one is lost, taken in as they come.

A piece is a range of paths, or of replications. The job sees to it that the result is the same for any worker and any
number of tries.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from pickle import PicklingError
from typing import TYPE_CHECKING, TypeVar

from forcesim.engine.pools import guarded, starting
from forcesim.errors import ExecutorError, Fault, ForcesimError

if TYPE_CHECKING:
    from collections.abc import Callable

    from forcesim.checkpoint import Span

__all__ = ["PIECE_SECONDS", "give_out"]

PIECE_SECONDS = 2.0
"""A piece for an executor should take so long at least: then handing it out costs little."""

TRIES = 3
"""How often a piece is given out before its loss is an error."""

Found = TypeVar("Found")


def give_out(
    work: Callable[[int, int], Future[Found]],
    next_piece: Callable[[], Span | None],
    take: Callable[[Span, Found], None],
    *,
    at_once: int,
    unit: str,
) -> None:
    """Give out pieces, some at once, and take them in, until all are done.

    Parameters
    ----------
    work : callable
        Gives a piece, from its first number to before its last, to an executor.
    next_piece : callable
        Returns the next piece, or None when all are given out.
    take : callable
        Takes in what a worker has done.
    at_once : int
        Pieces that are given out and not yet done, at most.
    unit : str
        What a piece is a range of, as messages call it.

    Raises
    ------
    ExecutorError
        If the executor takes no work, cannot be sent a piece, or loses one again and again.
    BrokenExecutor
        If it breaks.
    """
    running: dict[Future[Found], tuple[Span, int]] = {}
    try:
        while True:
            while len(running) < at_once and (span := next_piece()) is not None:
                running[_submitted(work, span)] = (span, 1)
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                span, tries = running.pop(future)
                try:
                    found = future.result()
                except (ForcesimError, BrokenExecutor):
                    raise
                except Exception as error:
                    if tries >= TRIES or _unsent(error):
                        raise ExecutorError(_lost(unit, span, error)) from error
                    running[_submitted(work, span)] = (span, tries + 1)
                else:
                    take(span, found)
    finally:  # call off what has not begun: nothing, unless it ends early
        for future in running:
            future.cancel()


def _submitted(work: Callable[[int, int], Future[Found]], span: Span) -> Future[Found]:
    """Give a piece to an executor, or refuse one that was shut down or cannot start its processes from here."""
    try:
        return work(*span)
    except (ForcesimError, BrokenExecutor):
        raise
    except Exception as error:
        remedy = guarded() if starting() else "call it while the executor is open: with ... as pool:"
        found = f"{type(error).__name__}: {' '.join(str(error).split())}"[:120]
        raise ExecutorError(Fault("executor", "must take work", found, remedy)) from error


def _unsent(error: Exception) -> bool:
    """Return whether a piece never reached a worker, and never will."""
    said_so = isinstance(error, (AttributeError, TypeError)) and "pickle" in str(error)
    return said_so or isinstance(error, PicklingError)


def _lost(unit: str, span: Span, error: Exception) -> Fault:
    """Return what to say of a piece that fails whenever it is tried, or that cannot be sent."""
    why = f"{type(error).__name__}: {error}"
    if _unsent(error):
        remedy = "what goes to another process must stand at the top level of a module that it can import"
        return Fault("executor", f"must be able to send the {unit}", why, remedy)
    return Fault("executor", f"must do {unit} {span[0]} to {span[1] - 1}", f"{TRIES} failures, the last: {why}")
