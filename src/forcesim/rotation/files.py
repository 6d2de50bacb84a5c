"""Studies as files: safe YAML or JSON, bounded in size, depth and expansion."""

from __future__ import annotations

import os
from importlib.resources import as_file, files
from pathlib import Path

from forcesim.arguments import shown
from forcesim.errors import Fault, ScenarioError
from forcesim.paths import nearest
from forcesim.rotation.model import Rotation
from forcesim.scenario.reading import SUFFIXES, read_file
from forcesim.scenario.writing import write_file

__all__ = ["load", "save"]


def load(name_or_path: str | os.PathLike[str]) -> Rotation:
    """Load a rotation study: a bundled one by its name, or a YAML or JSON file.

    Parameters
    ----------
    name_or_path : str or path
        ``"europe-in-ukraine"``; or what ends in .yaml, .yml or .json; ``~`` stands for the home folder; at most 2 MiB,
        24 levels and 200,000 entries.

    Returns
    -------
    Rotation

    Raises
    ------
    ScenarioError
        With all faults of the file at once, each by its path.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "small.yaml")
    ...     _ = file.write_text("{days: 90, policies: {short: {tour: 30}}}")
    ...     load(file).policies["short"].tour.guidance
    30
    """
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise ScenarioError(Fault("study", "must be a bundled name or a file", shown(name_or_path)))
    name = os.fsdecode(name_or_path)
    if Path(name).suffix in SUFFIXES:
        return Rotation.of(read_file(name))
    if Path(name).suffix:
        raise ScenarioError(Fault("study", "must end in .yaml, .yml or .json, or be a bundled name", name))
    bundled = {
        entry.name.removesuffix(".yaml"): entry
        for entry in files("forcesim").joinpath("studies").iterdir()
        if entry.name.endswith(".yaml")
    }
    if name not in bundled:
        hint = nearest(name, bundled) or f"there is {', '.join(sorted(bundled))}; or a path that ends in .yaml"
        raise ScenarioError(Fault("study", "must be a bundled name or a file", repr(name), hint))
    with as_file(bundled[name]) as path:
        return Rotation.of(read_file(path))


def save(study: Rotation, path: str | os.PathLike[str]) -> None:
    """Write a study to a YAML or JSON file; :func:`load` reads it back.

    Parameters
    ----------
    study : Rotation
        What to write.
    path : str or path
        Ends in .yaml, .yml or .json; ``~`` stands for the home folder. A link stays; what it names is replaced.

    Raises
    ------
    ScenarioError
        If the path does not end in .yaml, .yml or .json, or the file would be too large to load.
    FileError
        If the file cannot be written; an existing one then stays as it was.
    """
    write_file(study.to_dict(), path)
