"""The catalogue of processes: this folder, the entry points of installed packages, and a caller's own.

A new process is one new file in this folder; nothing else is edited. A package outside offers its
own under the entry-point group ``forcesim.processes``; a script hands its classes to ``load``.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from forcesim.errors import Fault, PlanError
from forcesim.processes.declarations import classes_of, faults_among, faults_of, replacement_faults
from forcesim.processes.process import Process

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ENTRY_POINTS", "Catalogue", "built_in"]

ENTRY_POINTS = "forcesim.processes"
NOT_PROCESSES = {"process", "catalogue", "columns", "context", "declarations", "draws", "laws", "lines", "phases"}


@functools.cache
def built_in() -> tuple[type[Process], ...]:
    """Return the processes of this folder, by name."""
    found = []
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name in NOT_PROCESSES:
            continue
        page = importlib.import_module(f"forcesim.processes.{module.name}")
        for _, kind in inspect.getmembers(page, inspect.isclass):
            if issubclass(kind, Process) and kind.__module__ == page.__name__:
                found.append(kind)
    return tuple(sorted(found, key=lambda kind: kind.name))


@functools.cache
def installed() -> tuple[type[Process], ...]:
    """Return the processes that installed packages offer."""
    found = []
    for point in entry_points(group=ENTRY_POINTS):
        kind = point.load()
        if not (inspect.isclass(kind) and issubclass(kind, Process)):
            raise PlanError(Fault(f"entry point {point.name}", "must be a class of Process", repr(kind)))
        found.append(kind)
    return tuple(found)


def _refuse(faults: list[Fault]) -> None:
    """Raise what is at fault, if anything is."""
    if faults:
        raise PlanError(faults)


def _made(kind: type[Process]) -> Process:
    """Return a process of a class: it has no state of its own, so nothing is handed to it."""
    try:
        return kind()
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
        raise PlanError(Fault(f"processes.{kind.name}", "must be made without arguments", found)) from error


class Catalogue:
    """All processes that a scenario may use, each once.

    Parameters
    ----------
    extra : iterable of type of Process
        A caller's own, beside those of the package and of installed ones.

    Raises
    ------
    PlanError
        If a process declares what cannot be; or two have one name or section, or write one series; or one replaces a
        built-in process and does not write what others read.

    Examples
    --------
    >>> [process.name for process in Catalogue().processes][:3]
    ['absence', 'aid', 'balance']
    """

    def __init__(self, extra: Iterable[type[Process]] = ()) -> None:
        """Collect and check."""
        own = tuple(dict.fromkeys((*installed(), *classes_of(extra))))
        _refuse([fault for kind in own for fault in faults_of(kind)])
        others = [kind for kind in own if kind not in built_in()]
        replaced = {kind.name: kind for kind in others if kind.replaces}
        left = [kind for kind in built_in() if kind.name not in replaced]
        given = (*left, *sorted(own, key=lambda kind: kind.name))
        self.kinds: tuple[type[Process], ...] = tuple(dict.fromkeys(given))
        missing = [fault for kind in replaced.values() for fault in replacement_faults(kind, built_in(), self.kinds)]
        _refuse([*self._clashes(), *(missing or faults_among(self.kinds, others))])
        self.processes: tuple[Process, ...] = tuple(_made(kind) for kind in self.kinds)

    def _clashes(self) -> list[Fault]:
        """Return what two processes both claim."""
        faults, claimed = [], dict[tuple[str, str], str]()
        for kind in self.kinds:
            claims = [("name", kind.name), *(("series", series.name) for series in kind.writes)]
            if kind.Parameters is not None or kind.Common is not None:
                claims.append(("section", kind.section))
            for claim in claims:
                if claim in claimed:
                    faults.append(
                        Fault(
                            f"processes.{kind.name}",
                            f"{claim[0]} {claim[1]!r} must have one owner",
                            "",
                            f"{claimed[claim]} has it already",
                        ),
                    )
                claimed[claim] = kind.name
        return faults
