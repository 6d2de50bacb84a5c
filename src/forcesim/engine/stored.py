"""Kept paths on disk: one Zarr array an outcome, written block by block, so that memory does not grow with the paths.

All goes to a folder beside the wanted one, which is renamed when the run is complete: what bears the name is whole.
"""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.engine.recording import STORED, Kept
from forcesim.errors import Fault, FileError, ResultError
from forcesim.extras import needed
from forcesim.files import behind_links
from forcesim.outcome import nation_axes

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from forcesim.arrays import Floats
    from forcesim.engine.recording import Recording

__all__ = ["KeptOnDisk"]

MONTHS = 12
"""Months in a chunk: a block holds so many in memory before they are written."""

Array = np.ndarray[Any, Any]


class KeptOnDisk(Kept):
    """Kept paths in a Zarr group: arrays (month, path) or (month, nation, path), a chunk for each block and year.

    Parameters
    ----------
    recording : Recording
        Of the run.
    store : path
        The folder; there must be none yet. A link stays: the folder that it names is made.
    block : int
        Paths in a block.
    """

    def __init__(self, recording: Recording, store: str | os.PathLike[str], block: int) -> None:
        """Begin the group beside its place."""
        zarr = _zarr()
        self.store = behind_links(store)
        if self.store.exists():
            raise ResultError(Fault("store", "must not exist yet", str(store), "remove it, or give another name"))
        self.aside = self.store.with_name(self.store.name + ".part")
        self._clear()
        self.first, self.last = 0, recording.paths
        self._months, self._outcomes = recording.months, recording.kept_outcomes
        self._pending, self._lock = dict[tuple[int, str], Array](), threading.Lock()
        self._rows = {}
        try:
            self._group = zarr.open_group(self.aside, mode="w")
        except OSError as error:
            raise _not_made(self.store, error) from error
        self._group.attrs["months"] = list(recording.plan.timeline.labels)
        self._arrays: dict[str, Any] = {}
        axes = nation_axes(recording.kept_outcomes)
        for outcome in recording.kept_outcomes:
            width = len(outcome.nations)
            self._rows[outcome.name] = [recording.row_of[outcome.name, who] for who in outcome.nations or (None,)]
            inner = (width,) if width else ()
            self._arrays[outcome.name] = self._group.create_array(
                outcome.name,
                shape=(recording.months, *inner, recording.paths),
                chunks=(min(MONTHS, recording.months), *inner, min(block, recording.paths)),
                dtype=np.dtype(STORED[outcome.storage]),
                dimension_names=("month", *([axes[outcome.name]] if width else ()), "path"),
                attributes={
                    "units": outcome.unit,
                    "long_name": outcome.meaning,
                    "kind": outcome.kind,
                    "nations": list(outcome.nations),
                    "labels": list(outcome.labels),
                },
            )

    def _clear(self) -> None:
        """Remove what a run left that was killed."""
        try:
            if self.aside.is_dir() and not self.aside.is_symlink():
                shutil.rmtree(self.aside)
            else:
                self.aside.unlink(missing_ok=True)
        except OSError as error:
            raise _not_made(self.aside, error) from error

    def put(self, month: int, first: int, state: Floats) -> None:
        """Keep a block's month; every twelfth, and the last, are written with those before."""
        begin = month // MONTHS * MONTHS
        end, paths = min(begin + MONTHS, self._months), state.shape[1]
        for name, rows in self._rows.items():
            array = self._arrays[name]
            with self._lock:
                held = self._pending.setdefault((first, name), np.empty((MONTHS, len(rows), paths), dtype=array.dtype))
            held[month - begin] = state[rows]
            if month == end - 1:
                with self._lock:
                    del self._pending[first, name]
                done = held[: end - begin]
                self._write(name, begin, first, done if array.ndim == 3 else done[:, 0])

    def _write(self, name: str, month: int, first: int, values: Array) -> None:
        """Write the values of an outcome from a month and a path on."""
        self._arrays[name][month : month + len(values), ..., first : first + values.shape[-1]] = values

    def cut(self, first: int, last: int) -> dict[str, Array]:
        """Return nothing: what is on disk needs no checkpoint of its own."""
        raise NotImplementedError

    def finish(self, paths: int) -> dict[str, Any]:
        """Cut to the paths that were run, give the folder its name, and return the arrays by outcome, for reading."""
        for array in self._arrays.values():
            if array.shape[-1] != paths:
                array.resize((*array.shape[:-1], paths))
        self._group.attrs["paths"] = paths
        try:
            self.aside.rename(self.store)
        except OSError as error:  # something has taken the name meanwhile
            raise _not_made(self.store, error) from error
        group = _zarr().open_group(self.store, mode="r")
        return {name: group[name] for name in self._arrays}

    def drop(self) -> None:
        """Remove what is not complete."""
        shutil.rmtree(self.aside, ignore_errors=True)


def _not_made(folder: Path, error: OSError) -> FileError:
    """Return what kept a folder from being made."""
    return FileError(Fault(str(folder), "must be a folder that can be made", error.strerror or str(error)))


def _zarr() -> Any:
    return needed("keep", "zarr")
