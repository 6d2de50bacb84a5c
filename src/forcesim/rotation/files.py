"""Studies as files: safe YAML or JSON, bounded in size, depth and expansion."""

from __future__ import annotations

import os
from pathlib import Path

from forcesim.errors import Fault, ScenarioError
from forcesim.rotation.model import Rotation
from forcesim.scenario.reading import SUFFIXES, read_file
from forcesim.scenario.writing import write_file

__all__ = ["load", "save"]


def load(path: str | os.PathLike[str]) -> Rotation:
    """Load a rotation study from a YAML or JSON file.

    Parameters
    ----------
    path : str or path
        Ends in .yaml, .yml or .json; ``~`` stands for the home folder; at most 2 MiB, 24 levels and 200,000 entries.

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
    file = Path(os.fsdecode(path))
    if file.suffix not in SUFFIXES:
        raise ScenarioError(Fault("path", "must end in .yaml, .yml or .json", str(file)))
    return Rotation.of(read_file(file))


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
