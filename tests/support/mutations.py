"""Files that are damaged on purpose: bytes, words and structure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    import random

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, -1e308, 1e-320, float("nan"), float("inf"), 2**70, "", "yes", "4.7 %", "nan", "2025-13", "9999-12",
    [], {}, [[]], {"value": 1}, {"range": [2, 1]}, {"uniform": [1, "x"]}, {"normal": {"mean": 1}}, {"discrete": {"values": []}},
    {"quantiles": {"0.5": 1}}, {"schedule": {"2025-01": 1, "1700-01": 2}}, {"schedule": {}}, {"beta": {"a": -1, "b": 0, "low": 1, "high": 0}},
    {"lognormal": {"median": -1, "sigma": 1e9}}, {"triangular": [3, 2, 1]}, {"value": 1, "source": 5}, "\x00", "é" * 50, "a.b[0].c",
)  # fmt: skip
TEXTS = (
    b"&a [*a, *a]", b"!!python/object/apply:os.system ['true']", b"\xef\xbb\xbf", b"\x00\x01", b"? ", b"- " * 40, b"{" * 300, b"[" * 300,
    b": : :", b"<<: *x", b"\t", b"'", b'"', b"|\n", b"%YAML 9.9\n---\n", b"...\n---\n", b"key: &b {x: *b}", b"1e400", b".nan", b"-.inf", b"0x1F",
)  # fmt: skip


def places(data: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every entry of nested data."""
    found = [way] if way else []
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        found += places(value, (*way, key))
    return found


def changed(data: Any, chance: random.Random) -> Any:
    """Return nested data with one entry dropped, renamed, replaced or doubled."""
    data = json.loads(json.dumps(data))
    *way, last = chance.choice(places(data))
    owner = data
    for key in way:
        owner = owner[key]
    what = chance.randrange(6)
    if what == 0:
        del owner[last]
    elif what == 1 and isinstance(owner, dict):
        owner[chance.choice(["", "x", str(last)[:-1], str(last) + "s", "nations", "UKR", "army", "a" * 500])] = (
            owner.pop(last)
        )
    elif what == 2 and isinstance(owner[last], int | float):
        owner[last] = owner[last] * chance.choice([-1, 0, 100, 1e12, 1e-12])
    elif what == 3:
        owner[last] = {"value": owner[last], chance.choice(["source", "assumption", "sauce"]): "x"}
    elif what == 4:
        owner[last] = [owner[last]] * chance.choice([0, 1, 2, 50])
    else:
        owner[last] = chance.choice(ODD)
    return data


def damaged(raw: bytes, chance: random.Random) -> bytes:
    """Return bytes with some of them changed, cut out, doubled or put in."""
    for _ in range(chance.choice([1, 1, 1, 2, 5])):
        place, what = chance.randrange(len(raw) + 1), chance.randrange(5)
        length = chance.choice([1, 1, 2, 5, 20, 100])
        if what == 0:
            raw = raw[:place] + bytes(chance.randrange(256) for _ in range(length)) + raw[place + length :]
        elif what == 1:
            raw = raw[:place] + raw[place + length :]
        elif what == 2:
            raw = raw[:place] + raw[place : place + length] * chance.choice([2, 3, 30]) + raw[place + length :]
        elif what == 3:
            raw = raw[:place] + chance.choice(TEXTS) + raw[place:]
        else:
            lines = raw.split(b"\n")
            chance.shuffle(lines)
            raw = b"\n".join(lines[: max(1, len(lines) - chance.randrange(3))])
        raw = raw or b"x"
    return raw


def a_file(data: Any, chance: random.Random) -> tuple[str, bytes]:
    """Return the ending and the bytes of a damaged scenario file."""
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        data = changed(data, chance) if isinstance(data, dict | list) and places(data) else data
    ending = chance.choice([".yaml", ".yaml", ".json"])
    text = json.dumps(data) if ending == ".json" else yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    raw = text.encode("utf-8", "surrogatepass")
    return ending, damaged(raw, chance) if chance.random() < 0.6 else raw
