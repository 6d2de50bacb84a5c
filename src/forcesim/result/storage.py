"""A result as a file, and the hash over its numbers."""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forcesim.errors import Fault, ResultError
from forcesim.extras import needed
from forcesim.files import located, replacing
from forcesim.manifest import Manifest
from forcesim.outcome import Outcome
from forcesim.summary import Summary
from forcesim.timeline import Timeline

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from forcesim.expression import Key
    from forcesim.packing import Arrays

__all__ = ["Parts", "digest", "read", "same_arrays", "write"]


TEXTS = ("manifest", "names", "outcomes", "timeline", "row_index")
"""Attributes of the file, each a text in JSON."""

UNREADABLE = (OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
"""What the readers of NetCDF, JSON and arrays raise over a file that is damaged or of something else."""


class Parts(NamedTuple):
    """What a result is made of, in the order in which :class:`forcesim.Result` takes it."""

    manifest: Manifest
    outcomes: list[Outcome]
    timeline: Timeline
    summary: Summary
    row_index: dict[Key, int]
    kept: Arrays


def digest(parts: Parts) -> str:
    """Return a hash over all that is summarised, and over the names under which it stands.

    That is exact sums, extremes, bucket counts and events; months, and of every outcome its name, unit, nations and
    labels. Kept paths are not in it: the digest is the same whatever is kept, and on disk they may fill it.
    """
    names = [[getattr(one, field) for field in Outcome.__slots__ if field != "meaning"] for one in parts.outcomes]
    rows = [[*key, row] for key, row in parts.row_index.items()]
    found = hashlib.sha256(json.dumps([names, rows, [parts.timeline.start, parts.timeline.horizon]]).encode())
    for name, values in sorted(parts.summary.arrays().items()):
        found.update(f"{name} {values.dtype.str} {values.shape}".encode())
        found.update(np.ascontiguousarray(values).tobytes())
    return found.hexdigest()


def same_arrays(one: Any, other: Any) -> bool:
    """Return whether two arrays, in memory or on disk, have one type and shape and the same bits; month by month."""
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return False
    pairs = ((np.ascontiguousarray(one[m]), np.ascontiguousarray(other[m])) for m in range(one.shape[0]))
    return all(np.array_equal(mine.view(np.uint8), others.view(np.uint8)) for mine, others in pairs)


def write(parts: Parts, path: str | os.PathLike[str]) -> None:
    """Write a result to a NetCDF file; an existing one is replaced only when all is written.

    Paths that are kept on disk stay where they are.

    Names of outcomes and expressions stand in an attribute, since NetCDF does not take all of them.

    Raises
    ------
    FileError
        If it cannot be written; an existing file then stays as it was.
    """
    h5netcdf = needed("to_netcdf()", "h5netcdf", "h5py")
    arrays = {f"summary {name}": values for name, values in parts.summary.arrays().items()}
    arrays |= {f"kept {name}": values for name, values in parts.kept.items() if isinstance(values, np.ndarray)}
    about = {
        "manifest": parts.manifest.to_json(),
        "names": json.dumps(list(arrays)),
        "outcomes": json.dumps([[getattr(o, f) for f in Outcome.__slots__] for o in parts.outcomes]),
        "timeline": json.dumps([parts.timeline.start, parts.timeline.horizon]),
        "row_index": json.dumps([[*key, row] for key, row in parts.row_index.items()]),
    }
    # made in memory first: where a disk is full, HDF5 ends the whole process while it closes the file
    image = io.BytesIO()
    with h5netcdf.File(image, "w") as file:
        file.attrs.update({**about, "check": _check(about, arrays)})
        for k, values in enumerate(arrays.values()):
            dims = {f"a{k}_{d}": size for d, size in enumerate(values.shape)}
            file.dimensions.update(dims)
            file.create_variable(f"a{k}", tuple(dims), data=np.ascontiguousarray(values))
    with replacing(path) as aside:
        aside.write_bytes(image.getbuffer())


def read(path: str | os.PathLike[str]) -> Parts:
    """Return what a NetCDF file of :func:`write` holds.

    Raises
    ------
    ResultError
        If it is no such file, was changed or damaged since, or is locked by another program.
    """
    needed("open()", "h5py")
    file = located(path)
    try:
        about, arrays = _contents(file)
        told: list[list[Any]] = json.loads(about["outcomes"])
        slots = Outcome.__slots__
        outcomes = [Outcome(**{n: _tupled(x) for n, x in zip(slots, one, strict=True)}) for one in told]
        index = {(name, nation): row for name, nation, row in json.loads(about["row_index"])}
        timeline, manifest = Timeline(*json.loads(about["timeline"])), Manifest.from_json(about["manifest"])
        summary = {n.removeprefix("summary "): values for n, values in arrays.items() if n.startswith("summary ")}
        kept = {n.removeprefix("kept "): values for n, values in arrays.items() if n.startswith("kept ")}
        return Parts(manifest, outcomes, timeline, Summary.of_arrays(summary), index, kept)
    except UNREADABLE as error:
        raise ResultError(_fault(file, error)) from None


def _fault(file: Path, error: Exception) -> Fault:
    """Return why a file cannot be read: it is not there, not to be had, or none of ours."""
    if isinstance(error, OSError) and not file.is_file():
        return Fault(str(file), "must be a file that to_netcdf wrote", "no file")
    if isinstance(error, BlockingIOError) or "unable to lock" in str(error):
        return Fault(str(file), "must not be locked", "a lock of another program", "set HDF5_USE_FILE_LOCKING=FALSE")
    if isinstance(error, PermissionError):
        remedy = "allow reading, or close the program that holds it"
        return Fault(str(file), "must be a file that can be read", error.strerror or str(error), remedy)
    return Fault(str(file), "must be a file that to_netcdf wrote", str(error))


def _contents(path: Path) -> tuple[dict[str, str], Arrays]:
    """Return the texts and the arrays by name, proved to be as they were written."""
    import h5py

    # h5netcdf and xarray would write to stderr over a file whose metadata are damaged; h5py raises
    # no lock is taken: a file is put into its place whole, so nobody writes to it, and some network disks have no locks
    with h5py.File(path, "r", locking=False) as file:
        about = {name: _text(file.attrs[name]) for name in TEXTS}
        check = _text(file.attrs["check"])
        arrays = {name: np.asarray(file[f"a{k}"][...]) for k, name in enumerate(json.loads(about["names"]))}
    if _check(about, arrays) != check:
        raise ValueError("contents that were changed or damaged since")
    return about, arrays


def _check(about: Mapping[str, str], arrays: Arrays) -> str:
    """Return a hash over all texts and arrays of a file, types and shapes included; HDF5 itself has none by default."""
    found = hashlib.sha256(json.dumps([about[name] for name in TEXTS]).encode())
    for values in arrays.values():
        found.update(f"{values.dtype.str} {values.shape}".encode())
        found.update(np.ascontiguousarray(values).view(np.uint8).data if values.size else b"")
    return found.hexdigest()


def _text(attribute: Any) -> str:
    """Return an attribute as text; which ones come back as bytes depends on the version of h5py."""
    return attribute.decode() if isinstance(attribute, bytes) else str(attribute)


def _tupled(value: Any) -> Any:
    """Return a list from JSON as the tuple that it was."""
    return tuple(value) if isinstance(value, list) else value
