"""The one path syntax: ``nations.UKR.army.schools[0].seats``; ``*`` and ``@group`` stand for several nations.

It is the same in files, errors, policies, ``with_values`` and the columns of an audit.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

__all__ = ["Parts", "expand", "get", "has_key", "join", "leaves", "nearest", "nearest_path", "replace", "split"]

Parts = tuple[str | int, ...]

_PIECE = re.compile(r"\.?[^.\[\]]+|\[[0-9]+\]")
_PART = re.compile(r"\.?([^.\[\]]+)|\[([0-9]{1,9})\]")


def split(path: str) -> Parts:
    """Return the parts of a path.

    Raises
    ------
    ValueError
        If the text is no path; the message says where it stops to be one.

    Examples
    --------
    >>> split("nations.UKR.army.schools[0].seats")
    ('nations', 'UKR', 'army', 'schools', 0, 'seats')
    """
    parts: list[str | int] = []
    place = 0
    while place < len(path):
        found = _PART.match(path, place)
        if found is None or (found[1] is not None and (place > 0) != found[0].startswith(".")):
            raise ValueError(f"must be a path such as nations.UKR.army.strength; it is none at {path[place:]!r}")
        parts.append(found[1] if found[2] is None else int(found[2]))
        place = found.end()
    if not parts:
        raise ValueError("must be a path such as nations.UKR.army.strength; it is empty")
    return tuple(parts)


def join(parts: Iterable[str | int]) -> str:
    """Return the path of parts.

    Examples
    --------
    >>> join(("nations", "UKR", "army", "schools", 0, "seats"))
    'nations.UKR.army.schools[0].seats'
    """
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def get(data: Any, parts: Parts) -> Any:
    """Return the entry of nested data (mappings, sequences, objects with attributes).

    Raises
    ------
    KeyError
        If a part of the path leads nowhere; it carries the path up to there.

    Examples
    --------
    >>> get({"schools": [{"seats": 5}]}, ("schools", 0, "seats"))
    5
    """
    for place, part in enumerate(parts):
        in_mapping = isinstance(data, Mapping) and part in data
        if in_mapping or (isinstance(part, int) and isinstance(data, (list, tuple)) and part < len(data)):
            data = data[part]
        elif isinstance(part, str) and part in getattr(type(data), "model_fields", ()):
            data = getattr(data, part)
        else:
            raise KeyError(join(parts[: place + 1]))
    return data


def has_key(data: Any, keys: Container[str]) -> bool:
    """Return whether plain data have one of some keys, at any depth.

    Examples
    --------
    >>> has_key({"schools": [{"seats": 5}]}, {"seats"}), has_key([5], {"seats"})
    (True, False)
    """
    if isinstance(data, dict):
        return any(key in keys or has_key(part, keys) for key, part in data.items())
    return isinstance(data, (list, tuple)) and any(has_key(part, keys) for part in data)


def replace(data: Any, parts: Parts, value: Any) -> Any:
    """Return a copy of nested plain data with one entry replaced (or added to a mapping).

    Raises
    ------
    KeyError
        If a part of the path leads nowhere; it carries the path up to there.

    Examples
    --------
    >>> replace({"schools": [{"seats": 5}]}, ("schools", 0, "seats"), 6)
    {'schools': [{'seats': 6}]}
    """
    return _replace(data, parts, 0, value)


def _replace(data: Any, parts: Parts, place: int, value: Any) -> Any:
    """Replace below the part at ``place``."""
    if place == len(parts):
        return value
    head, last = parts[place], place + 1 == len(parts)
    if isinstance(data, Mapping) and not isinstance(head, int) and (last or head in data):
        return {**data, head: _replace(data.get(head), parts, place + 1, value)}
    if isinstance(data, (list, tuple)) and isinstance(head, int) and head < len(data):
        return [_replace(item, parts, place + 1, value) if at == head else item for at, item in enumerate(data)]
    raise KeyError(join(parts[: place + 1]))


def leaves(data: Any, prefix: Parts = ()) -> Iterator[tuple[str, Any]]:
    """Yield every entry of nested plain data that holds no other, with its path.

    Examples
    --------
    >>> dict(leaves({"a": {"b": 1, "c": [2, 3]}}))
    {'a.b': 1, 'a.c[0]': 2, 'a.c[1]': 3}
    """
    if isinstance(data, Mapping) and data:
        for key, value in data.items():
            yield from leaves(value, (*prefix, str(key)))
    elif isinstance(data, (list, tuple)) and data:
        for place, value in enumerate(data):
            yield from leaves(value, (*prefix, place))
    else:
        yield join(prefix), data


def expand(path: str, nations: Iterable[str], groups: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yield the paths that ``nations.*...`` or ``nations.@group...`` stands for; any other path itself.

    Raises
    ------
    KeyError
        If the group is unknown; it carries the group's name.

    Examples
    --------
    >>> list(expand("nations.@two.spending.target_share", ["DEU", "FRA", "POL"], {"two": ["DEU", "POL"]}))
    ['nations.DEU.spending.target_share', 'nations.POL.spending.target_share']
    """
    found = re.match(r"nations\.(\*|@[^.\[\]]+)(?=\.|$)", path)
    if found is None:
        yield path
        return
    chosen = nations if found[1] == "*" else groups[found[1][1:]]
    for nation in chosen:
        yield f"nations.{nation}{path[found.end() :]}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean ...?`` with the nearest known name, or nothing.

    Examples
    --------
    >>> nearest("strenght", ["strength", "ceiling"])
    'did you mean strength?'
    """
    found = _closest(name, known)
    return f"did you mean {found}?" if found else ""


def nearest_path(path: str, known: Iterable[str]) -> str:
    """Return ``did you mean ...?`` with the path that has the nearest name where this one first goes astray.

    Comparing part by part is quick among thousands of paths, and never proposes another nation
    for a misspelt number of this one.

    Examples
    --------
    >>> nearest_path("nations.UKR.army.strenght", ["nations.UKR.army.strength", "nations.RUS.army.strength"])
    'did you mean nations.UKR.army.strength?'
    """
    way = _PIECE.findall(path)
    left = [_PIECE.findall(name) for name in known]
    fixed = ""
    for place, piece in enumerate(way):
        names = dict.fromkeys(pieces[place] for pieces in left if len(pieces) > place)
        chosen = piece if piece in names else _closest(piece, names)
        if chosen is None:
            return ""
        left = [pieces for pieces in left if len(pieces) > place and pieces[place] == chosen]
        fixed += chosen
    return f"did you mean {fixed}?" if fixed != path else ""


def _closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most alike, whatever the case, if any is."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.55)
    return by_lower[found[0]] if found else None
