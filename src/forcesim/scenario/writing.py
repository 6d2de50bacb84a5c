"""Plain data as YAML or JSON text: what is written here, :mod:`forcesim.scenario.reading` reads back as it was.

Words that look like numbers, dates or truth values to YAML 1.2, which forcesim reads, or to YAML 1.1, which others
read, stand in quotes. A text with anything but printable characters is written with escapes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from forcesim.errors import Fault, ScenarioError
from forcesim.files import located, write_text
from forcesim.scenario.reading import LARGEST_FILE, SUFFIXES, TAG, resolvers

if TYPE_CHECKING:
    import os

__all__ = ["write_file", "yaml_text"]

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

PLAIN_TEXT = re.compile(r"[ -~\n\u00a1-\u167f\u1681-\u1fff\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff]*")
"""Printable characters, without the spaces and line ends of Unicode; other texts are written with escapes."""


class _Dumper(_Base):  # type: ignore[misc]
    """Writes plain data; quotes what either version of YAML takes for anything but text."""


def _both_versions() -> dict[str | None, list[tuple[str, re.Pattern[str]]]]:
    """Return how plain scalars are understood: YAML 1.1 as PyYAML has it, then 1.2 as forcesim reads it."""
    more = {first: [(TAG + "bool", re.compile(r"^[yYnN]$"))] for first in "yYnN"}
    more["0"] = [(TAG + "int", re.compile(r"^0o[0-7]+$"))]
    found: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}
    for rules in (yaml.SafeDumper.yaml_implicit_resolvers, resolvers(), more):
        for first, patterns in rules.items():
            found.setdefault(first, []).extend(patterns)
    return found


def _text(dumper: Any, text: str) -> yaml.ScalarNode:
    """Return a text as YAML has it."""
    style = None if PLAIN_TEXT.fullmatch(text) else '"'
    found: yaml.ScalarNode = dumper.represent_scalar(TAG + "str", text, style=style)
    return found


_Dumper.yaml_implicit_resolvers = _both_versions()
_Dumper.add_representer(str, _text)


def yaml_text(data: Any) -> str:
    """Return plain data as a text in YAML.

    Examples
    --------
    >>> print(yaml_text({"name": "1e6", "title": "no", "days": 90}), end="")
    name: '1e6'
    title: 'no'
    days: 90
    """
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))


def write_file(data: Any, path: str | os.PathLike[str]) -> None:
    """Write plain data to a YAML or JSON file; an existing one is replaced only when all is written.

    Parameters
    ----------
    data : mapping
        What :func:`forcesim.scenario.reading.read_file` is to read again.
    path : str or path
        Ends in .yaml, .yml or .json; ``~`` stands for the home folder.

    Raises
    ------
    ScenarioError
        If the path ends in anything else, or the file would be too large to read.
    FileError
        If the file cannot be written; an existing one then stays as it was.
    """
    target = located(path)
    if target.suffix not in SUFFIXES:
        raise ScenarioError(Fault("path", "must end in .yaml, .yml or .json", str(target)))
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n" if target.suffix == ".json" else yaml_text(data)
    size = len(text.encode(errors="replace"))
    if size > LARGEST_FILE:
        raise ScenarioError(Fault(str(target), f"must have at most {LARGEST_FILE:,} bytes", f"{size:,}"))
    write_text(target, text)
