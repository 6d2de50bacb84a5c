"""The family of errors, and the one form of message: place, rule, what was found, remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "CheckpointError",
    "DataError",
    "ExecutorError",
    "ExpressionError",
    "Fault",
    "FileError",
    "ForcesimError",
    "Interrupted",
    "ManifestError",
    "PlanError",
    "PolicyError",
    "ProcessError",
    "ResultError",
    "ScenarioError",
    "on_request",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where, which rule, what was found, what to do.

    Parameters
    ----------
    path : str
        Where the fault is, in the library's path syntax.
    rule : str
        The rule that is broken, as a phrase (``"share must lie in [0, 1]"``).
    found : str, optional
        What stood there, as it should be quoted.
    remedy : str, optional
        What the user can do (``"did you mean 0.047?"``).

    Examples
    --------
    >>> print(Fault("nations.POL.spending.target", "share must lie in [0, 1]", "4.7", "did you mean 0.047?"))
    nations.POL.spending.target: share must lie in [0, 1], got 4.7 (did you mean 0.047?)
    """

    path: str
    rule: str
    found: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        """Return the fault as one line."""
        place = f"{self.path}: " if self.path else ""
        found = f", got {self.found}" if self.found else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        # half of a character in a name must not keep the message from being printed
        return f"{place}{self.rule}{found}{remedy}".encode(errors="backslashreplace").decode()


class ForcesimError(Exception):
    """Any error that forcesim raises on purpose.

    Parameters
    ----------
    faults : str, Fault or iterable of Fault
        What is wrong; every fault of the input, not only the first.

    Examples
    --------
    >>> print(ForcesimError(Fault("horizon", "must lie after the start", "2020-01")))
    horizon: must lie after the start, got 2020-01
    """

    def __init__(self, faults: str | Fault | Iterable[Fault]) -> None:
        """Keep the faults and form the message."""
        if isinstance(faults, str):
            faults = Fault("", faults)
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        lines = [str(fault) for fault in self.faults]
        message = lines[0] if len(lines) == 1 else f"{len(lines)} faults:\n" + "\n".join(f"  {line}" for line in lines)
        super().__init__(message)


class ScenarioError(ForcesimError, ValueError):
    """A scenario, or a value given to one, is not admissible."""


class PolicyError(ScenarioError):
    """A policy names no lever, or changes nothing, or lies outside the horizon."""


class PlanError(ForcesimError, ValueError):
    """The processes of a scenario cannot be put in an order, or two write one series."""


class ProcessError(ForcesimError, RuntimeError):
    """A process produced something that its declaration does not allow."""


class ExpressionError(ForcesimError, ValueError):
    """An expression over outcomes cannot be read."""


class ResultError(ForcesimError, LookupError):
    """A result was asked for something that it does not hold."""


class ManifestError(ForcesimError, ValueError):
    """A manifest cannot be read, or does not fit this version."""


class DataError(ForcesimError, ValueError):
    """A bundled table is damaged or does not hold what was asked for."""


class CheckpointError(ForcesimError, ValueError):
    """A checkpoint is damaged, or belongs to another run."""


class FileError(ForcesimError, OSError):
    """A file cannot be written, or a path names none; what was there before is there still."""


class ExecutorError(ForcesimError, RuntimeError):
    """An executor lost a piece of the work more often than chance explains."""


class Interrupted(KeyboardInterrupt):
    """A run was stopped by the user; the message says what is kept, and how to go on."""


def on_request(name: str, unrecorded: Sequence[str]) -> str:
    """Return how to have an outcome recorded that the run knows and did not record; nothing for other names.

    Examples
    --------
    >>> on_request("reserves", ["reserves"])
    "recorded on request: simulate(..., keep=['reserves']), or outcomes=[...] for the summary alone"
    """
    remedy = f"recorded on request: simulate(..., keep=['{name}']), or outcomes=[...] for the summary alone"
    return remedy if name in unrecorded else ""
