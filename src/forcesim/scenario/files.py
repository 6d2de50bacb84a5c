"""Scenarios as files: load, save, and the JSON Schema by which an editor checks one."""

from __future__ import annotations

import os
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forcesim import paths
from forcesim.arguments import shown
from forcesim.errors import Fault, ScenarioError
from forcesim.scenario.model import Scenario, kind_of
from forcesim.scenario.reading import SUFFIXES, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forcesim.processes.process import Process

__all__ = ["load", "save", "scenario_schema"]


def load(name_or_path: str | os.PathLike[str], processes: Iterable[type[Process]] = ()) -> Scenario:
    """Load a scenario: a bundled one by name, or a YAML or JSON file.

    Parameters
    ----------
    name_or_path : str or path
        ``"ukraine-2026"``, ``"ukraine-2025"``, ``"seed-figures"``, or a path that ends in .yaml, .yml or .json
        (``~`` stands for the home folder). A file may have 2 MiB, 24 levels and 200,000 entries (aliases written out).
    processes : iterable of type of Process
        A caller's own processes, whose sections the file may have.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        If there is no such scenario; or with all faults of the file at once, each by its path.
    PlanError
        If two processes claim one name, section or series.

    Examples
    --------
    >>> import forcesim as fs
    >>> fs.load("ukraine-2025").start
    '2025-02'
    """
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise ScenarioError(Fault("scenario", "must be a bundled name or a file", shown(name_or_path)))
    text = os.fsdecode(name_or_path)
    if Path(text).suffix in SUFFIXES:
        return Scenario.of(read_file(text), processes)
    bundled = {
        entry.name.removesuffix(".yaml"): entry
        for entry in files("forcesim").joinpath("scenarios").iterdir()
        if entry.name.endswith(".yaml")
    }
    if text not in bundled:
        hint = paths.nearest(text, bundled) or f"there are {', '.join(sorted(bundled))}; or a path that ends in .yaml"
        raise ScenarioError(Fault("scenario", "must be a bundled name or a file", repr(text), hint))
    with as_file(bundled[text]) as path:
        return Scenario.of(read_file(path), processes)


def save(scenario: Scenario, path: str | os.PathLike[str]) -> None:
    """Write a scenario to a YAML or JSON file; an existing file is replaced only when all is written.

    Parameters
    ----------
    scenario : Scenario
        What to write.
    path : str or path
        Ends in .yaml, .yml or .json; ``~`` stands for the home folder. A link stays; what it names is replaced.

    Raises
    ------
    ScenarioError
        If the path ends in neither .yaml, .yml nor .json, or the file would be too large to load.
    FileError
        If the file cannot be written; an existing one then stays as it was.
    """
    if not isinstance(scenario, Scenario):
        raise ScenarioError(Fault("scenario", "must be a Scenario", shown(scenario)))
    scenario.save(path)


def scenario_schema(processes: Iterable[type[Process]] = ()) -> dict[str, Any]:
    """Return the JSON Schema of a scenario file.

    Examples
    --------
    >>> import forcesim as fs
    >>> sorted(fs.scenario_schema()["required"])
    ['horizon', 'name', 'nations', 'start']
    """
    return kind_of(tuple(processes)).model_json_schema()
