"""The nodes of an expression: what they are worth, how far a condition is from true, and how they are written."""

from __future__ import annotations

import functools
import keyword
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "CONDITIONS",
    "EACH",
    "OVER",
    "Apply",
    "Cumulative",
    "Key",
    "Node",
    "Over",
    "Symbol",
    "Word",
    "bracketed",
    "is_condition",
    "margin",
    "unit_of",
    "value",
    "varies",
    "written",
]  # fmt: skip

Key = tuple[str, str | None]
Array = npt.NDArray[Any]

EACH = "@"
"""Stands for the nation in a part that is taken for one nation after another; no nation has this name."""

OVER = ("sum", "count", "mean", "min", "max")
"""What can be taken over nations."""

CONDITIONS = frozenset({"<", "<=", ">", ">=", "==", "!=", "and", "or", "not"})
_MEANINGS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": np.divide,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "and": lambda *parts: functools.reduce(np.logical_and, parts),
    "or": lambda *parts: functools.reduce(np.logical_or, parts),
    "not": np.logical_not,
    "negative": operator.neg,
    "abs": np.abs,
    "min": lambda *parts: functools.reduce(np.minimum, parts),
    "max": lambda *parts: functools.reduce(np.maximum, parts),
    "sum": lambda *parts: functools.reduce(operator.add, parts),
}
_RANKS = {"or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "/": 6, "negative": 7}
_COMPARED, _ATOM = 4, 8
"""How tightly an operation binds: what binds less tightly than its place allows is written in brackets."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """An outcome: of one nation, of each nation in turn, or of the world."""

    name: str
    nation: str | None


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a coded outcome, and the code that it stands for."""

    text: str
    code: float


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation on parts."""

    name: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Over:
    """A part taken over nations.

    Attributes
    ----------
    name : str
        One of :data:`OVER`.
    chosen : str
        How the nations are written, ``@nato`` or ``POL, UKR``; nothing for all that have the outcomes.
    """

    name: str
    part: Node
    nations: tuple[str, ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Cumulative:
    """A part summed over the months, from ``begin`` on; ``since`` is how that month is written, if it is."""

    part: Node
    begin: int
    since: str


Node = float | Word | Symbol | Apply | Over | Cumulative


def is_condition(node: Node) -> bool:
    """Return whether a node is true or false."""
    return isinstance(node, Apply) and node.name in CONDITIONS


def value(node: Node, values: Mapping[Key, Array]) -> Any:
    """Return the value of a node, from values (path,) or (month, path)."""
    return _value(node, values, None, {})


def _value(node: Node, values: Mapping[Key, Array], nation: str | None, known: dict[int, Any]) -> Any:
    """Return the value of a node for a nation; what is over nations is the same for each of them, and taken once."""
    match node:
        case Symbol():
            return values[node.name, nation if node.nation == EACH else node.nation]
        case Word():
            return node.code
        case Apply():
            return _MEANINGS[node.name](*(_value(part, values, nation, known) for part in node.parts))
        case Over():
            if id(node) not in known:
                parts = (np.asarray(_value(node.part, values, one, known), np.float64) for one in node.nations)
                whole = functools.reduce(_MEANINGS[node.name if node.name in ("min", "max") else "sum"], parts)
                known[id(node)] = whole / len(node.nations) if node.name == "mean" else whole
            return known[id(node)]
        case Cumulative():
            months = np.array(_value(node.part, values, nation, known), dtype=np.float64)
            months[: node.begin] = 0.0
            return np.cumsum(months, axis=0)
        case _:
            return node


def margin(node: Node, values: Mapping[Key, Array]) -> Any:
    """Return the margin of a condition, the value of a number."""
    if not isinstance(node, Apply) or not is_condition(node):
        return value(node, values)
    parts = [margin(part, values) for part in node.parts]
    match node.name:
        case "and":
            return functools.reduce(np.minimum, parts)
        case "or":
            return functools.reduce(np.maximum, parts)
        case "not":
            return -parts[0]
        case "<" | "<=":
            return parts[1] - parts[0]
        case ">" | ">=":
            return parts[0] - parts[1]
    apart = np.abs(parts[0] - parts[1])
    return -apart if node.name == "==" else np.where(apart > 0.0, apart, -1.0)


def varies(node: Node) -> bool:
    """Return whether there is an outcome in a node."""
    return any(varies(part) for part in node.parts) if isinstance(node, Apply) else not isinstance(node, float | Word)


def unit_of(node: Node, units: Mapping[str, str]) -> str | None:
    """Return the unit of a number; None for one that was written, which has the unit of what it stands beside."""
    match node:
        case Symbol():
            return units[node.name]
        case Cumulative():
            found = unit_of(node.part, units)
            return None if found is None else found.removesuffix(" per month")
        case Over():
            return "" if node.name == "count" else unit_of(node.part, units)
        case Apply():
            parts = {unit_of(part, units) for part in node.parts} - {None}
            return "" if node.name in ("*", "/") or len(parts) > 1 else next(iter(parts), None)
        case _:
            return None


def written(node: Node, chosen: str = "") -> str:
    """Return a node as an expression that reads as the same node again.

    Examples
    --------
    >>> written(Apply("*", (Apply("+", (Symbol("gap", None), 1.0)), Symbol("strength", "UKR"))))
    '(gap + 1) * strength[UKR]'
    """
    match node:
        case Symbol():
            inside = chosen if node.nation == EACH else "" if node.nation is None else bracketed(node.nation)
            return f"{node.name}[{inside}]" if inside else node.name
        case Word():
            return repr(node.text)
        case Apply():
            return _operation(node, chosen)
        case Over():
            return f"{node.name}({written(node.part, node.chosen)})"
        case Cumulative():
            return f"total({written(node.part, chosen)}{f', since={node.since!r}' if node.since else ''})"
        case _:
            return str(int(node)) if node.is_integer() and node < 1e15 else repr(node)


def bracketed(name: str) -> str:
    """Return a name as it stands in square brackets: as it is, or quoted where Python would not read it."""
    word = name.removeprefix("@")
    return name if word.isidentifier() and not keyword.iskeyword(word) else repr(name)


def _operation(node: Apply, chosen: str) -> str:
    """Return an operation as it is written, with the brackets that it needs."""
    rank = _rank(node)

    def part(place: int, least: int) -> str:
        found = written(node.parts[place], chosen)
        return found if _rank(node.parts[place]) >= least else f"({found})"

    match node.name:
        case "negative":
            return f"-{part(0, rank)}"
        case "not":
            return f"not {part(0, rank)}"
        case "and" | "or":
            return f" {node.name} ".join(part(place, rank + 1) for place in range(len(node.parts)))
        case "abs" | "min" | "max":
            return f"{node.name}({', '.join(written(one, chosen) for one in node.parts)})"
        case _:
            return f"{part(0, rank)} {node.name} {part(1, rank + 1)}"


def _rank(node: Node) -> int:
    """Return how tightly a node binds."""
    if not isinstance(node, Apply):
        return _ATOM
    return _COMPARED if node.name in ("<", "<=", ">", ">=", "==", "!=") else _RANKS.get(node.name, _ATOM)
