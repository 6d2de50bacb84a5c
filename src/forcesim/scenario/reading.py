"""Scenario files are data: safe YAML or JSON, bounded in size, depth and expansion, no key twice."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from forcesim.errors import Fault, ScenarioError
from forcesim.files import located
from forcesim.paths import join

if TYPE_CHECKING:
    import os

__all__ = ["LARGEST_FILE", "SUFFIXES", "TAG", "read_file", "read_json", "read_yaml", "resolvers"]

SUFFIXES = (".yaml", ".yml", ".json")
"""Ends of the names of files that are read and written."""

LARGEST_FILE = 2 * 1024 * 1024
"""Bytes that a scenario file may have."""

MOST_NODES = 200_000
"""Entries that a file may have, aliases written out."""

DEEPEST = 24
"""Levels that a file may nest."""

LONGEST_NUMBER = 64
"""Characters that a number may have: reading longer ones costs more than they can be worth."""

TAG = "tag:yaml.org,2002:"
PLAIN = frozenset(TAG + name for name in ("str", "int", "float", "bool", "null", "map", "seq", "merge"))
"""Tags of plain data; all others are refused, harmless ones too."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader; with LibYAML it reads ten times as fast."""


class _Loader(_Base):  # type: ignore[misc]
    """YAML's safe subset with the scalars of YAML 1.2: ``1e6`` is a number, ``no`` a word, 2025-02 no date."""


def resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """Return how plain scalars are understood (YAML 1.2, core schema, decimal numbers; _ between digits)."""
    digits = "-+.0123456789"
    rules = [
        ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("int", r"[-+]?(?:0|[1-9][0-9_]*)", digits),
        ("float", r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?", digits),
        ("float", r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", digits),
        ("merge", r"<<", "<"),
    ]
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for name, pattern, firsts in rules:
        for first in firsts:
            found.setdefault(first, []).append((TAG + name, re.compile(rf"^(?:{pattern})$")))
    return found


_Loader.yaml_implicit_resolvers = resolvers()


def read_file(name: str | os.PathLike[str]) -> Any:
    """Return the plain data of a YAML or JSON file; ``~`` stands for the home folder.

    Raises
    ------
    ScenarioError
        If the file is missing, too large, not readable as YAML or JSON, nests too deeply, expands
        to too much, or has a key twice (each by its path).
    """
    path = located(name)
    try:
        if not path.is_file():
            raise ScenarioError(Fault(str(path), "must be a file"))
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ScenarioError(Fault(str(path), "must be a file that can be read", error.strerror or str(error))) from None
    if len(raw) > LARGEST_FILE:
        raise ScenarioError(Fault(str(path), f"must have at most {LARGEST_FILE:,} bytes"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(Fault(str(path), "must be UTF-8 text", f"byte {error.start}")) from None
    return read_json(text) if path.suffix == ".json" else read_yaml(text)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it was written, keys given twice among it."""


def read_json(text: str) -> Any:
    """Return the plain data of a JSON text; see :func:`read_file` for the bounds."""
    try:
        raw = json.loads(text, object_pairs_hook=_Pairs, parse_int=_whole)
    except RecursionError:
        raise ScenarioError(Fault("", f"must nest at most {DEEPEST} levels")) from None
    except ValueError as error:
        raise ScenarioError(Fault("", "must be JSON", "", str(error))) from None
    faults: list[Fault] = []
    data = _mappings(raw, (), faults, [MOST_NODES])
    if faults:
        raise ScenarioError(faults)
    return _no_empty(data)


def _whole(text: str) -> int | float:
    """Return a whole number; one of more digits than any sensible input as a float."""
    return int(text) if len(text) <= LONGEST_NUMBER else float(text)


def _mappings(raw: Any, path: tuple[str | int, ...], faults: list[Fault], left: list[int]) -> Any:
    """Return JSON objects as mappings; note keys given twice."""
    _bound_depth(path)
    left[0] -= 1
    if left[0] < 0:
        raise ScenarioError(Fault(join(path[:4]), f"must have at most {MOST_NODES:,} entries"))
    if isinstance(raw, _Pairs):
        found: dict[str, Any] = {}
        for key, value in raw:
            if key in found:
                faults.append(Fault(join((*path, key)), "must be given once"))
            found[key] = _mappings(value, (*path, key), faults, left)
        return found
    if isinstance(raw, list):
        return [_mappings(value, (*path, place), faults, left) for place, value in enumerate(raw)]
    return raw


def _no_empty(data: Any) -> Any:
    """Refuse what is no mapping at all."""
    if data is None or data == {}:
        raise ScenarioError(Fault("", "must hold a scenario", "an empty file"))
    return data


def _bound_depth(path: tuple[str | int, ...]) -> None:
    if len(path) > DEEPEST:
        raise ScenarioError(Fault(join(path[:4]) + "...", f"must nest at most {DEEPEST} levels"))


def read_yaml(text: str) -> Any:
    """Return the plain data of a YAML text; see :func:`read_file` for the bounds."""
    _bound_brackets(text)
    try:
        loader = _Loader(text)
    except yaml.YAMLError as error:  # a character that YAML does not have
        raise ScenarioError(Fault("", "must be YAML", "", str(error).split("\n", 1)[0])) from None
    try:
        node = loader.get_single_node()
        if node is None:
            return _no_empty(None)
        _check_nodes(node)
        return _no_empty(loader.construct_document(node))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = str(getattr(error, "problem", error)).split("\n", 1)[0]
        raise ScenarioError(Fault(where, "must be YAML", "", problem)) from None
    except ScenarioError:
        raise
    except (RecursionError, ValueError, TypeError) as error:
        raise ScenarioError(Fault("", "must be plain data", "", str(error)[:200])) from None
    finally:
        loader.dispose()


def _check_nodes(node: yaml.Node) -> None:
    """Refuse what is no bounded plain data, all faults at once."""
    faults: list[Fault] = []
    _count(node, (), faults, {}, set())
    if faults:
        raise ScenarioError(faults)


def _bound_brackets(text: str) -> None:
    """Refuse very deep nesting before what makes the nodes, which recurses, meets it.

    Counting brackets and spaces is quick; only where words may hold them all does the parser, which does not recurse,
    tell.
    """
    if not _may_be_deep(text):
        return
    depth = 0
    try:
        for event in yaml.parse(text, _Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > 20 * DEEPEST:
                raise ScenarioError(Fault("", f"must nest at most {DEEPEST} levels"))
    except yaml.YAMLError:  # the reader of the whole file reports it with its place
        return


def _may_be_deep(text: str) -> bool:
    """Return whether a text has so many brackets, dashes or spaces that it may nest very deeply."""
    depth = deepest = 0
    for found in re.finditer(r"[\[{\]}]", text):
        depth += 1 if found[0] in "[{" else -1
        deepest = max(deepest, depth)
    dashes = max((len(found[0]) // 2 for found in re.finditer(r"(?:[-?] )+", text)), default=0)
    indent = max((len(found[0]) for found in re.finditer(r"^ +", text, re.MULTILINE)), default=0)
    return max(deepest, dashes) > 20 * DEEPEST or indent > 50 * DEEPEST


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
    _bound_depth(path)
    if node.tag not in PLAIN:
        faults.append(Fault(join(path), "must be plain data", node.tag.removeprefix(TAG)))
    open_nodes.add(id(node))
    size = 1
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":null"):
                faults.append(Fault(join(path), "must have plain keys", "", f"line {key.start_mark.line + 1}"))
                continue
            name = str(key.value)
            if name in seen:
                again = f"again in line {key.start_mark.line + 1}"
                faults.append(Fault(join((*path, name)), "must be given once", "", again))
            seen.add(name)
            size += _count(value, (*path, name), faults, sizes, open_nodes)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            size += _count(value, (*path, place), faults, sizes, open_nodes)
    elif len(node.value) > LONGEST_NUMBER and node.tag.endswith((":int", ":float")):
        faults.append(Fault(join(path), f"must have at most {LONGEST_NUMBER} digits"))
    if size > MOST_NODES:
        raise ScenarioError(Fault(join(path), f"must expand to at most {MOST_NODES:,} entries"))
    open_nodes.discard(id(node))
    sizes[id(node)] = size
    return size
