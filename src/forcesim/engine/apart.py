"""What blocks must not share: whatever a caller's own process or function stores on itself.

Blocks run side by side, on threads and in other processes. A process that keeps something on ``self`` from one month
to the next would meet there what another block has left, and numbers would depend on threads and blocks. So each block
has its own instance. What stands on the class is copied for it, and a class that changes in a run is refused.
"""

from __future__ import annotations

import copy
import hashlib
import pickle
from typing import TYPE_CHECKING, Any

from forcesim.errors import Fault, ProcessError
from forcesim.processes.process import Process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["ClassWatch", "own_copy", "own_instance"]

DECLARED = frozenset(Process.__annotations__)
"""What a process declares on its class: data that nothing writes to."""

PACKAGE = __name__.partition(".")[0]


def own_instance(process: Process) -> Process:
    """Return a fresh instance of a process, for one block; a built-in one stores nothing and is its own.

    Raises
    ------
    ProcessError
        If it raises when it is made.
    """
    kind = type(process)
    if _built_in(kind):
        return process
    fresh = kind.__new__(kind)
    for name, value in _stored(kind):
        mine = _copied(value)
        if mine is not value:
            object.__setattr__(fresh, name, mine)
    try:
        kind.__init__(fresh)
    except Exception as error:
        found, remedy = f"{type(error).__name__}: {error}", "each block of paths makes an instance of its own"
        raise ProcessError(Fault(f"{kind.name}.__init__", "must not raise", found, remedy)) from error
    return fresh


def own_copy(name: str, rule: Callable[..., Any]) -> Callable[..., Any]:
    """Return a caller's function for one block: itself, or a copy of an object that may store something.

    Raises
    ------
    ProcessError
        If it is an object that cannot be copied.
    """
    try:
        return copy.deepcopy(rule)
    except Exception as error:
        found, remedy = f"{type(error).__name__}: {error}", "give a plain function"
        rule_ = "must be a function, or an object that can be copied for each block"
        raise ProcessError(Fault(f"outcomes.{name}", rule_, found, remedy)) from error


class ClassWatch:
    """Looks whether the classes of processes stay as they are while a run goes on.

    Parameters
    ----------
    processes : iterable of Process
        Of the run.
    """

    def __init__(self, processes: Iterable[Process]) -> None:
        """Remember what stands on the classes."""
        self._kinds = [type(process) for process in processes if not _built_in(type(process))]
        self._seen = [_marks(kind) for kind in self._kinds]

    def check(self) -> None:
        """Refuse what has changed.

        Raises
        ------
        ProcessError
            If a process has written to its class: what blocks share cannot hold what they compute.
        """
        for kind, seen in zip(self._kinds, self._seen, strict=True):
            now = _marks(kind)
            changed = sorted(name for name in now.keys() | seen.keys() if now.get(name) != seen.get(name))
            if changed:
                remedy = "all blocks share the class; store on self, which is each block's own"
                where = f"{kind.name}.{changed[0]}"
                raise ProcessError(Fault(where, "must not change on the class in a run", kind.__name__, remedy))


def _built_in(kind: type[Process]) -> bool:
    """Return whether a process is of this package."""
    return kind.__module__.partition(".")[0] == PACKAGE


def _stored(kind: type[Process]) -> Iterator[tuple[str, Any]]:
    """Yield what stands on a class and its bases that a method might write to: no declarations, no functions."""
    seen = set(DECLARED)
    for one in kind.__mro__:
        if one in (Process, object) or _built_in(one):
            continue
        for name, value in list(vars(one).items()):
            inert = isinstance(value, type) or hasattr(type(value), "__get__") or name.startswith(("__", "_abc_"))
            if name not in seen and not inert:
                yield name, value
            seen.add(name)


def _copied(value: Any) -> Any:
    """Return a copy of a value, or itself if it cannot be copied or is an array that cannot be written to."""
    if not getattr(getattr(value, "flags", None), "writeable", True):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:  # noqa: BLE001 - a lock, say: whatever it raises, there is nothing to copy
        return value


def _marks(kind: type[Process]) -> dict[str, Any]:
    """Return what stands on a class: by identity, and by content where that can be told."""
    return {name: (id(value), _content(value)) for name, value in _stored(kind)}


def _content(value: Any) -> str:
    if isinstance(value, bool | int | float | str | None):
        return repr(value)
    try:
        return hashlib.sha256(pickle.dumps(value)).hexdigest()
    except Exception:  # noqa: BLE001 - what cannot be pickled is told apart by its identity alone
        return ""
