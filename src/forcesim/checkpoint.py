"""What a run has done so far, on disk: whole or not there, and only for the run that it belongs to.

A folder holds one file with the summary and the list of the ranges of paths done, and a file for each range of
kept paths. The first is written last, beside its place, and renamed; what it does not list does not count.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forcesim.errors import CheckpointError, Fault, ResultError
from forcesim.files import located, replacing
from forcesim.packing import pack, unpack

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import numpy as np

    from forcesim.summary import Summary
    from forcesim.summary.summary import Arrays

__all__ = ["Checkpoint", "Span", "gaps", "joined"]

NAME = "progress.fsp"
EVERY = 20.0
"""A checkpoint is due after so many times the time that the last took to write, so that it costs a twentieth ..."""

SOONEST = 2.0
"""... and not before so many seconds."""

MOST_FAULTS = 5

Span = tuple[int, int]
Stores = dict[str, "np.ndarray[Any, Any]"]


def joined(spans: list[Span]) -> list[Span]:
    """Return ranges of paths in order, neighbours joined.

    Examples
    --------
    >>> joined([(512, 768), (0, 256), (256, 512), (1024, 1280)])
    [(0, 768), (1024, 1280)]
    """
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def gaps(spans: list[Span], first: int, last: int) -> list[Span]:
    """Return the ranges from ``first`` to ``last`` that are not done.

    Examples
    --------
    >>> gaps([(256, 512)], 0, 1000)
    [(0, 256), (512, 1000)]
    """
    found = []
    for begin, end in [*joined(spans), (last, last)]:
        if begin > first:
            found.append((first, min(begin, last)))
        first = max(first, end)
        if first >= last:
            break
    return found


class Checkpoint:
    """The folder of one run.

    Parameters
    ----------
    folder : path
        Made if it does not exist.
    about : mapping
        What the run is: a checkpoint of another is refused.
    """

    def __init__(self, folder: str | os.PathLike[str], about: Mapping[str, Any]) -> None:
        """Make the folder if need be."""
        self.folder, self.about = located(folder), dict(about)
        self._stored: list[tuple[int, int, str]] = []
        self._due = time.monotonic() + SOONEST
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(Fault("checkpoint", "must be a folder that can be made", f"{error}")) from error

    @property
    def due(self) -> bool:
        """Return whether it is time to write again."""
        return time.monotonic() >= self._due

    @property
    def stored(self) -> list[Span]:
        """Return the ranges whose kept paths are on disk."""
        return sorted((first, last) for first, last, _ in self._stored)

    def read(self) -> tuple[Arrays, list[Span], list[tuple[Span, Stores]]] | None:
        """Return what is done: the summary's arrays, ranges of paths, and kept paths by range; None if nothing is.

        Raises
        ------
        CheckpointError
            If what is there is damaged, or belongs to another run; it names the difference.
        """
        path = self.folder / NAME
        if not path.exists():
            return None
        about, summary = self._unpacked(path)
        faults = _differences(about.get("run", {}), self.about)
        if faults:
            raise CheckpointError(faults[:MOST_FAULTS])
        try:
            done = [(int(first), int(last)) for first, last in about["done"]]
            self._stored = [(int(first), int(last), str(name)) for first, last, name in about["stored"]]
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(Fault(str(path), "must list what is done", repr(error))) from None
        kept = [((first, last), self._unpacked(self.folder / Path(name).name)[1]) for first, last, name in self._stored]
        return summary, done, kept

    def _unpacked(self, path: Path) -> tuple[dict[str, Any], Arrays]:
        try:
            return unpack(path.read_bytes(), str(path))
        except (OSError, ResultError) as error:
            remedy = "remove the folder to begin again"
            raise CheckpointError(Fault(str(path), "must be readable and whole", str(error), remedy)) from error

    def write(self, summary: Summary, done: list[Span], fresh: list[tuple[Span, Stores]]) -> None:
        """Write what is done; what was there stays until this is whole.

        Parameters
        ----------
        summary : Summary
            Of all paths done.
        done : list of (first, last)
            Ranges of paths.
        fresh : list of ((first, last), stores)
            Kept paths that are not on disk yet.
        """
        begun = time.monotonic()
        for (first, last), stores in fresh:
            name = f"kept-{first}-{last}.fsp"
            with replacing(self.folder / name) as aside:
                aside.write_bytes(pack(stores))
            self._stored.append((first, last, name))
        data = pack(summary.arrays(), {"run": self.about, "done": joined(done), "stored": self._stored})
        with replacing(self.folder / NAME) as aside:
            aside.write_bytes(data)
        now = time.monotonic()
        self._due = now + max(SOONEST, EVERY * (now - begun))


def _differences(there: Any, here: Any, path: str = "") -> list[Fault]:
    """Return where two descriptions of a run differ, by path."""
    if isinstance(there, dict) and isinstance(here, dict):
        found: list[Fault] = []
        for key in [*here, *(key for key in there if key not in here)]:
            found += _differences(there.get(key), here.get(key), f"{path}.{key}" if path else str(key))
        return found
    if isinstance(there, list | tuple) and isinstance(here, list | tuple) and len(there) == len(here):
        pairs = enumerate(zip(there, here, strict=True))
        return [fault for place, (a, b) in pairs for fault in _differences(a, b, f"{path}[{place}]")]
    if there == here:
        return []
    remedy = "take another folder, or the run that this one belongs to"
    return [
        Fault(f"checkpoint: {path}", "must be that of the run", f"{_short(there)} there, {_short(here)} here", remedy)
    ]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
