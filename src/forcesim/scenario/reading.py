"""Scenario files are data: safe YAML or JSON, bounded in size, depth and expansion, no key twice."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from forcesim.errors import Fault, ScenarioError
from forcesim.paths import join

__all__ = ["LARGEST_FILE", "read_file", "read_json", "read_yaml"]

LARGEST_FILE = 2 * 1024 * 1024
"""Bytes that a scenario file may have."""

MOST_NODES = 200_000
"""Entries that a file may have, aliases written out."""

DEEPEST = 24
"""Levels that a file may nest."""


class _Loader(yaml.SafeLoader):
    """YAML's safe subset; numbers such as 1e6 are numbers, as in YAML 1.2."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d[\d_]*)(\.[\d_]*)?[eE][-+]?\d+$"),
    list("-+0123456789"),
)


def read_file(path: Path) -> Any:
    """Return the plain data of a YAML or JSON file.

    Raises
    ------
    ScenarioError
        If the file is missing, too large, not readable as YAML or JSON, nests too deeply, expands
        to too much, or has a key twice (each by its path).
    """
    if not path.is_file():
        raise ScenarioError(Fault(str(path), "must be a file"))
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ScenarioError(Fault(str(path), f"must have at most {LARGEST_FILE:,} bytes", f"{size:,}"))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(Fault(str(path), "must be UTF-8 text", f"byte {error.start}")) from None
    return read_json(text) if path.suffix == ".json" else read_yaml(text)


def read_json(text: str) -> Any:
    """Return the plain data of a JSON text; see :func:`read_file` for what is refused."""
    faults: list[Fault] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen:
                faults.append(Fault(key, "must be given once"))
            seen[key] = value
        return seen

    try:
        data = json.loads(text, object_pairs_hook=mapping)
    except ValueError as error:
        raise ScenarioError(Fault("", "must be JSON", str(error))) from None
    except RecursionError:
        raise ScenarioError(Fault("", f"must nest at most {DEEPEST} levels")) from None
    if faults:
        raise ScenarioError(faults)
    return data


def read_yaml(text: str) -> Any:
    """Return the plain data of a YAML text; see :func:`read_file` for what is refused."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise ScenarioError(Fault("", "must hold a scenario", "an empty file"))
        faults: list[Fault] = []
        _count(node, (), faults, {}, set())
        if faults:
            raise ScenarioError(faults)
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ScenarioError(Fault(where, "must be YAML", str(getattr(error, "problem", error)))) from None
    except (RecursionError, ValueError) as error:
        raise ScenarioError(Fault("", "must be plain data", str(error)[:200])) from None
    finally:
        loader.dispose()


def _count(
    node: yaml.Node, path: tuple[str | int, ...], faults: list[Fault], sizes: dict[int, int], open_nodes: set[int]
) -> int:
    """Return how many entries a node has with its aliases written out; note keys given twice.

    A node met again through an alias is not walked again: its size is known.
    """
    if id(node) in sizes:
        return sizes[id(node)]
    if id(node) in open_nodes:
        raise ScenarioError(Fault(join(path), "must not contain itself"))
    if len(path) > DEEPEST:
        raise ScenarioError(Fault(join(path[:4]) + "...", f"must nest at most {DEEPEST} levels"))
    open_nodes.add(id(node))
    size = 1
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if name in seen:
                faults.append(Fault(join((*path, name)), "must be given once", f"again in line {key.start_mark.line + 1}"))
            seen.add(name)
            size += _count(value, (*path, name), faults, sizes, open_nodes)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            size += _count(value, (*path, place), faults, sizes, open_nodes)
    if size > MOST_NODES:
        raise ScenarioError(Fault(join(path), f"must expand to at most {MOST_NODES:,} entries"))
    open_nodes.discard(id(node))
    sizes[id(node)] = size
    return size
