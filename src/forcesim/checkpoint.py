"""What a run has done so far, on disk: whole or not there, and only for the run that it belongs to.

A folder holds one file with the summary and the list of the ranges of paths done, and a file for each range of
kept paths. The first is written last, beside its place, and renamed; what it does not list does not count. Kept paths
stand under the names of their outcomes, and each file says of which run and of which paths it is.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forcesim.errors import CheckpointError, Fault, ResultError
from forcesim.files import located, replacing
from forcesim.packing import pack, unpack

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

    import numpy as np

    from forcesim.summary import Summary
    from forcesim.summary.summary import Arrays

__all__ = ["Checkpoint", "Span", "Stores", "differences", "gaps", "joined"]

NAME = "progress.fsp"
EVERY = 20.0
"""A checkpoint is due after so many times the time that the last took to write, so that it costs a twentieth ..."""

SOONEST = 2.0
"""... and not before so many seconds."""

MOST_FAULTS = 5

Span = tuple[int, int]
Stores = dict[str, "np.ndarray[Any, Any]"]
"""Kept paths by the name of their outcome: (month, path) or (month, nation, path)."""


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
        Made by :meth:`begin` if it does not exist.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Look at what is there, and change nothing."""
        self.folder, self.about = located(folder), dict[str, Any]()
        self._stored: list[tuple[int, int, str]] = []
        self._due = time.monotonic() + SOONEST
        path = self.folder / NAME
        self._found = self._unpacked(path) if path.exists() else None

    @property
    def keeps(self) -> list[str] | None:
        """Return the outcomes of which it has every path done; None if nothing is there."""
        if self._found is None:
            return None
        run = self._found[0].get("run")
        names = run.get("kept") if isinstance(run, dict) else None
        return [str(name) for name in names] if isinstance(names, list) else []

    def begin(self, about: Mapping[str, Any]) -> None:
        """Say which run it is for; make the folder if need be.

        Parameters
        ----------
        about : mapping
            What the run is, as plain data. Its ``kept`` names the outcomes of which every path is kept: the folder
            may hold more of them. In all else a checkpoint of another run is refused.

        Raises
        ------
        CheckpointError
            If what is there belongs to another run; it names the difference. Or if the folder cannot be made.
        """
        self.about = dict(about)
        if self._found is not None:
            there = self._found[0].get("run", {})
            faults = _faults(there if isinstance(there, dict) else {}, self.about)
            if faults:
                raise CheckpointError(faults[:MOST_FAULTS])
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

    def read(self) -> tuple[Arrays, list[Span]] | None:
        """Return what is done: the summary's arrays, and ranges of paths; None if nothing is.

        Raises
        ------
        CheckpointError
            If what is there is damaged.
        """
        if self._found is None:
            return None
        (about, summary), self._found = self._found, None
        try:
            done = [(int(first), int(last)) for first, last in about["done"]]
            self._stored = [(int(first), int(last), str(name)) for first, last, name in about["stored"]]
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(Fault(str(self.folder / NAME), "must list what is done", repr(error))) from None
        return summary, done

    def read_kept(self) -> Iterator[tuple[Span, Stores]]:
        """Yield the kept paths by range.

        Raises
        ------
        CheckpointError
            If a file is damaged, or of another run or range, or lacks an outcome that the run keeps.
        """
        kept = self.about.get("kept", [])
        for first, last, name in self._stored if kept else ():
            path = self.folder / Path(name).name
            about, stores = self._unpacked(path)
            if about != self._of_kept(first, last) or not set(kept) <= stores.keys():
                rule = f"must be the kept paths {first} to {last - 1} of this run"
                raise CheckpointError(Fault(str(path), rule, "", "remove the folder to begin again"))
            yield (first, last), stores

    def _of_kept(self, first: int, last: int) -> dict[str, Any]:
        """Return what a file of kept paths says of itself: the run, whatever of it is kept, and the paths."""
        run = {key: value for key, value in self.about.items() if key != "kept"}
        text = json.dumps(run, sort_keys=True, separators=(",", ":"))
        return {"run": hashlib.sha256(text.encode()).hexdigest(), "paths": [first, last]}

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
                aside.write_bytes(pack(stores, self._of_kept(first, last)))
            self._stored.append((first, last, name))
        data = pack(summary.arrays(), {"run": self.about, "done": joined(done), "stored": self._stored})
        with replacing(self.folder / NAME) as aside:
            aside.write_bytes(data)
        now = time.monotonic()
        self._due = now + max(SOONEST, EVERY * (now - begun))


def _faults(there: dict[str, Any], here: dict[str, Any]) -> list[Fault]:
    """Return why a run cannot go on from what another has done."""
    had = list(there["kept"]) if isinstance(there.get("kept"), list) else []
    missing = [name for name in here.get("kept", []) if name not in had]
    faults = []
    if missing:
        found = f"{_short(had)} there, and not {_short(missing)}"
        remedy = f"give keep={_short(had or 'summary')}, or take another folder"
        faults.append(Fault("checkpoint: kept", "must hold every outcome that keep= names", found, remedy))
    remedy = "take another folder, or the run that this one belongs to"
    of_names = "give outcomes= and keep= as they were, or take another folder"
    for path, one, other in differences({**there, "kept": []}, {**here, "kept": []}):
        what = of_names if path == "recorded" else remedy
        faults.append(Fault(f"checkpoint: {path}", "must be that of the run", f"{one} there, {other} here", what))
    return faults


def differences(there: Any, here: Any, path: str = "") -> list[tuple[str, str, str]]:
    """Return where two descriptions in plain data differ: the path, what is there, what is here.

    Examples
    --------
    >>> differences({"seed": 1, "nations": ["DEU", "FRA"]}, {"seed": 2, "nations": ["DEU", "FRA"]})
    [('seed', '1', '2')]
    >>> differences(["gap", "strength", "pool"], ["gap", "strength"], "kept")
    [('kept', "['pool'] more", '[] more')]
    """
    if isinstance(there, dict) and isinstance(here, dict):
        found: list[tuple[str, str, str]] = []
        for key in [*here, *(key for key in there if key not in here)]:
            found += differences(there.get(key), here.get(key), f"{path}.{key}" if path else str(key))
        return found
    if isinstance(there, list | tuple) and isinstance(here, list | tuple):
        if len(there) == len(here):
            pairs = enumerate(zip(there, here, strict=True))
            return [one for place, (a, b) in pairs for one in differences(a, b, f"{path}[{place}]")]
        more, others = [one for one in there if one not in here], [one for one in here if one not in there]
        if more or others:  # two long lists look alike when they are cut short: show what one has and the other has not
            return [(path, f"{_short(more)} more", f"{_short(others)} more")]
    return [] if there == here else [(path, _short(there), _short(here))]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
