"""Studies as files: safe YAML or JSON, bounded in size, depth and expansion."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from forcesim.errors import Fault, ScenarioError
from forcesim.files import write_text
from forcesim.rotation.model import Rotation
from forcesim.scenario.reading import read_file

__all__ = ["load", "save"]

SUFFIXES = (".yaml", ".yml", ".json")


def load(path: str | os.PathLike[str]) -> Rotation:
    """Load a rotation study from a YAML or JSON file.

    Parameters
    ----------
    path : str or path
        Ends in .yaml, .yml or .json; at most 2 MiB, 24 levels and 200,000 entries.

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
    file = Path(os.fspath(path))
    if file.suffix not in SUFFIXES:
        raise ScenarioError(Fault("path", "must end in .yaml, .yml or .json", str(file)))
    return Rotation.of(read_file(file))


def save(study: Rotation, path: str | os.PathLike[str]) -> None:
    """Write a study to a YAML file; :func:`load` reads it back.

    Raises
    ------
    ScenarioError
        If the path does not end in .yaml or .yml.
    """
    if Path(os.fspath(path)).suffix not in SUFFIXES[:2]:
        raise ScenarioError(Fault("path", "must end in .yaml or .yml", str(path)))
    write_text(path, yaml.safe_dump(study.to_dict(), sort_keys=False, allow_unicode=True, width=120))
