"""Scenarios as files: load, save, and the JSON Schema by which an editor checks one."""

from __future__ import annotations

import json
import os
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from forcesim import paths
from forcesim.arguments import place, shown
from forcesim.errors import Fault, ScenarioError
from forcesim.files import write_text
from forcesim.scenario.model import Scenario, kind_of
from forcesim.scenario.reading import LARGEST_FILE, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forcesim.processes.process import Process

__all__ = ["load", "save", "scenario_schema"]

SUFFIXES = (".yaml", ".yml", ".json")


def load(name_or_path: str | os.PathLike[str], processes: Iterable[type[Process]] = ()) -> Scenario:
    """Load a scenario: a bundled one by name, or a YAML or JSON file.

    Parameters
    ----------
    name_or_path : str or path
        ``"ukraine-2025"``, ``"seed-figures"``, or a path that ends in .yaml, .yml or .json. A file may
        have 2 MiB, 24 levels and 200,000 entries (aliases written out).
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
    text = os.fspath(name_or_path)
    if Path(text).suffix in SUFFIXES:
        return Scenario.of(read_file(Path(text)), processes)
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

    Raises
    ------
    ScenarioError
        If the path ends in neither .yaml, .yml nor .json, or the file would be too large to load.
    """
    target = place("path", path, error=ScenarioError)
    if not isinstance(scenario, Scenario):
        raise ScenarioError(Fault("scenario", "must be a Scenario", shown(scenario)))
    data = scenario.to_dict()
    if target.suffix == ".json":
        text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    elif target.suffix in SUFFIXES:
        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
    else:
        raise ScenarioError(Fault("path", "must end in .yaml, .yml or .json", str(target)))
    size = len(text.encode())
    if size > LARGEST_FILE:
        raise ScenarioError(Fault(str(target), f"must have at most {LARGEST_FILE:,} bytes", f"{size:,}"))
    write_text(target, text)


def scenario_schema(processes: Iterable[type[Process]] = ()) -> dict[str, Any]:
    """Return the JSON Schema of a scenario file.

    Examples
    --------
    >>> import forcesim as fs
    >>> sorted(fs.scenario_schema()["required"])
    ['horizon', 'name', 'nations', 'start']
    """
    return kind_of(tuple(processes)).model_json_schema()
