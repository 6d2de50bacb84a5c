"""Expressions over outcomes: ``gap <= 0``, ``strength[UKR] >= 1_000_000 and phase == 'ceasefire'``.

Read with Python's own parser; of its language only numbers, names of outcomes, ``[NATION]``,
``+ - * /``, comparisons, ``and``/``or``/``not`` and ``abs``, ``min``, ``max`` are admitted, and
nothing of it is ever run. Numbers and conditions are kept apart: ``and`` joins conditions only. A
division by zero follows IEEE arithmetic, and a comparison with what comes out as not-a-number is false.
"""

from __future__ import annotations

import ast
import difflib
import functools
import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forcesim.errors import ExpressionError, Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Expression", "Key", "Term", "parse"]

LONGEST = 1000
DEEPEST = 30

Key = tuple[str, str | None]
Array = npt.NDArray[Any]

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.And: "and",
    ast.Or: "or",
    ast.Not: "not",
    ast.USub: "negative",
}
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
}
_LOGIC = frozenset({"and", "or", "not"})
_CONDITIONS = frozenset({"<", "<=", ">", ">=", "==", "!="}) | _LOGIC


@dataclass(frozen=True, slots=True)
class Term:
    """What an expression may say of an outcome: its nations (none for one of the world) and the words of its codes."""

    nations: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Series:
    """An outcome, of one nation or of the world."""

    name: str
    nation: str | None

    def __str__(self) -> str:
        return self.name if self.nation is None else f"{self.name}[{self.nation}]"


@dataclass(frozen=True, slots=True)
class _Apply:
    """An operation on parts."""

    name: str
    parts: tuple[_Node, ...]

    @property
    def is_condition(self) -> bool:
        """Return whether it is true or false."""
        return self.name in _CONDITIONS

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.parts))})"


_Node = float | _Series | _Apply


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression.

    Attributes
    ----------
    text : str
        As given.
    names : tuple of (outcome, nation or None)
        What it needs.
    is_event : bool
        Whether it is true or false.
    canonical : str
        The same for expressions that differ in spelling only (blanks, brackets, ``1_000`` and ``1000``).
    """

    text: str
    names: tuple[Key, ...]
    is_event: bool
    canonical: str
    _tree: _Node

    def evaluate(self, values: Mapping[Key, Array]) -> Array:
        """Return the expression's value, of the shape of the arrays given; computed in double precision."""
        found = {key: np.asarray(values[key], dtype=np.float64) for key in self.names}
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(_evaluate(self._tree, found))

    def margin(self, values: Mapping[Key, Array]) -> Array:
        """Return how far a condition is from coming true: below 0 where it is false, else at least 0.

        The margin of ``a <= b`` is b - a; of ``and`` the least of its parts, of ``or`` the greatest (robustness in
        temporal logic: Fainekos and Pappas 2009, Theoretical Computer Science 410, 4262-4291). A strict comparison
        has the margin of the other, 0, where both sides are equal.

        Examples
        --------
        >>> gap = parse("gap <= 0 or gap > 500", {"gap": Term()})
        >>> gap.margin({("gap", None): np.array([-3.0, 100.0, 480.0, 600.0])}).tolist()
        [3.0, -100.0, -20.0, 100.0]
        """
        found = {key: np.asarray(values[key], dtype=np.float64) for key in self.names}
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(_margin(self._tree, found))


def parse(text: str, vocabulary: Mapping[str, Term], nation: str | None = None) -> Expression:
    """Read an expression.

    Parameters
    ----------
    text : str
        At most 1,000 characters.
    vocabulary : mapping of outcome to Term
        The outcomes that there are.
    nation : str, optional
        The nation of every outcome by nation that does not say of which.

    Raises
    ------
    ExpressionError
        If it is no expression, or names an outcome, nation or word that there is not.

    Examples
    --------
    >>> parse("gap <= 0", {"gap": Term()}).is_event
    True
    >>> parse("strength < 1e6", {"strength": Term(("UKR",))}, nation="UKR").names
    (('strength', 'UKR'),)
    """
    if not isinstance(text, str):
        raise ExpressionError(Fault("expression", "must be text such as 'gap <= 0'", repr(text)))
    if len(text) > LONGEST:
        raise ExpressionError(Fault("expression", f"must have at most {LONGEST:,} characters", f"{len(text):,}"))
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = f", column {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ExpressionError(
            Fault(repr(text) + place, "must be an expression such as gap <= 0", "", message)
        ) from None
    reader = _Reader(text.strip(), vocabulary, nation)
    found = reader.read(tree, 0)
    if not reader.names:
        raise ExpressionError(Fault(repr(text), "must name an outcome", "", reader.known()))
    if nation is not None and not any(of == nation for _, of in reader.names):
        raise ExpressionError(Fault(repr(text), "must have an outcome by nation if a nation is given", repr(nation)))
    condition = isinstance(found, _Apply) and found.is_condition
    return Expression(text, tuple(reader.names), condition, str(found), found)


def _evaluate(node: _Node, values: Mapping[Key, Array]) -> Any:
    """Return the value of a node."""
    match node:
        case _Series():
            return values[node.name, node.nation]
        case _Apply():
            return _MEANINGS[node.name](*(_evaluate(part, values) for part in node.parts))
        case _:
            return node


def _margin(node: _Node, values: Mapping[Key, Array]) -> Any:
    """Return the margin of a condition, the value of a number."""
    if not isinstance(node, _Apply) or not node.is_condition:
        return _evaluate(node, values)
    parts = [_margin(part, values) for part in node.parts]
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


class _Reader:
    """Turns a parsed text into nodes, or refuses with the place and the nearest name."""

    def __init__(self, text: str, vocabulary: Mapping[str, Term], nation: str | None) -> None:
        """Begin with no outcome met."""
        self.text, self.vocabulary, self.nation = text, vocabulary, nation
        self.names: dict[Key, None] = {}

    def read(self, node: ast.expr, depth: int) -> _Node:
        """Return the node for a part of the text."""
        if depth > DEEPEST:
            raise self.fault(node, f"must nest at most {DEEPEST} levels")
        match node:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float() as value):
                return self.number(node, value)
            case ast.Name() | ast.Subscript(value=ast.Name()):
                return self.series(node)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _Apply(_OPERATORS[type(op)], self.numbers(node, [left, right], depth))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.numbers(node, [operand], depth)[0]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _Apply("negative", self.numbers(node, [operand], depth))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _Apply("not", self.conditions([operand], depth))
            case ast.BoolOp(op=op, values=values):
                return _Apply(_OPERATORS[type(op)], self.conditions(values, depth))
            case ast.Compare() if all(type(op) in _OPERATORS for op in node.ops):
                return self.comparison(node, depth)
            case ast.Call(func=ast.Name(id="abs"), args=[_] as args, keywords=[]):
                return _Apply("abs", self.numbers(node, args, depth))
            case ast.Call(func=ast.Name(id="min" | "max" as name), args=[_, _, *_] as args, keywords=[]):
                return _Apply(name, self.numbers(node, args, depth))
        rule = "may use numbers, outcomes, + - * /, comparisons, and, or, not, abs, min, max"
        raise self.fault(node, rule, ast.unparse(node)[:80])

    def number(self, node: ast.expr, value: float) -> float:
        """Return a number that was written."""
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
        if not math.isfinite(found):
            raise self.fault(node, "must have finite numbers", ast.unparse(node)[:40])
        return found

    def numbers(self, whole: ast.expr, nodes: list[ast.expr], depth: int) -> tuple[_Node, ...]:
        """Return parts that must be numbers."""
        found = tuple(self.read(node, depth + 1) for node in nodes)
        for part in found:
            if isinstance(part, _Apply) and part.is_condition:
                raise self.fault(whole, "must not reckon with what is true or false", ast.unparse(whole)[:80])
        return found

    def conditions(self, nodes: list[ast.expr], depth: int) -> tuple[_Node, ...]:
        """Return parts that must be true or false."""
        found = tuple(self.read(node, depth + 1) for node in nodes)
        for node, part in zip(nodes, found, strict=True):
            if not (isinstance(part, _Apply) and part.is_condition):
                hint = "compare it with something: gap <= 0, say"
                raise self.fault(node, "must be true or false beside and, or, not", ast.unparse(node)[:80], hint)
        return found

    def comparison(self, node: ast.Compare, depth: int) -> _Apply:
        """Return a comparison, or several that are chained; words stand for the codes of the outcome they meet."""
        sides = [node.left, *node.comparators]
        pairs = []
        for op, left, right in zip(node.ops, sides, node.comparators, strict=False):
            name = _OPERATORS[type(op)]
            word, other = (left, right) if self.word_for(right, left) else (right, left)
            labels = self.word_for(other, word)
            if labels:
                if name not in ("==", "!="):
                    raise self.fault(word, "must compare a word by == or !=", name)
                code = float(labels.index(str(_word(word))))
                pairs.append(_Apply(name, (*self.numbers(node, [other], depth), code)))
            else:
                pairs.append(_Apply(name, self.numbers(node, [left, right], depth)))
        return pairs[0] if len(pairs) == 1 else _Apply("and", tuple(pairs))

    def word_for(self, outcome: ast.expr, word: ast.expr) -> tuple[str, ...]:
        """Return the words of a coded outcome if the other side is one of them."""
        text = isinstance(word, ast.Constant) and isinstance(word.value, str)
        name = _word(outcome.value if isinstance(outcome, ast.Subscript) else outcome)
        of_text = isinstance(outcome, ast.Constant)
        labels = () if name is None or of_text else self.vocabulary.get(name, Term()).labels
        if _word(word) in labels:
            return labels
        if text and name is not None and not of_text and name in self.vocabulary:
            hint = f"known are {', '.join(labels)}" if labels else "it has no words"
            raise self.fault(word, f"must compare {name} with one of its words", repr(_word(word)), hint)
        return ()

    def series(self, node: ast.expr) -> _Series:
        """Return the outcome (and nation) that a node names."""
        nation = self.nation
        base = node
        if isinstance(node, ast.Subscript):
            base, nation = node.value, _word(node.slice)
            if nation is None:
                raise self.fault(node, "must name a nation in [...]", ast.unparse(node)[:80])
        name = str(_word(base))
        term = self.vocabulary.get(name)
        if nation is not None and not (term and term.nations) and f"{name}_by_nation" in self.vocabulary:
            name = f"{name}_by_nation"
            term = self.vocabulary[name]
        if term is None:
            raise self.fault(node, "must name an outcome", repr(name), self.known(name))
        if not term.nations and not isinstance(node, ast.Subscript):
            nation = None
        if nation is None and term.nations:
            raise self.fault(node, f"{name} must say of which nation", "", f"write {name}[{term.nations[0]}]")
        if nation is not None and nation not in term.nations:
            near = difflib.get_close_matches(nation.upper(), term.nations, n=1)
            there = f"there are {', '.join(term.nations)}" if term.nations else "it is one of the world"
            hint = f"did you mean {near[0]}?" if near else there
            raise self.fault(node, f"{name} must name a nation that it has", repr(nation), hint)
        self.names[name, nation] = None
        return _Series(name, nation)

    def known(self, name: str = "") -> str:
        """Return the nearest name, or what there is."""
        for outcome, term in self.vocabulary.items():
            if name in term.labels:
                return f"write {outcome} == '{name}'"
        near = difflib.get_close_matches(name, list(self.vocabulary), n=1)
        return f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(self.vocabulary))}"

    def fault(self, node: ast.expr, rule: str, found: str = "", remedy: str = "") -> ExpressionError:
        """Return the error, with its place in the text."""
        column = len(self.text.encode()[: node.col_offset].decode(errors="ignore")) + 1 if node.lineno == 1 else 0
        place = f", column {column}" if column else ""
        shown = self.text if len(self.text) <= 80 else f"{self.text[:77]}..."
        return ExpressionError(Fault(f"{shown!r}{place}", rule, found, remedy))


def _word(node: ast.expr) -> str | None:
    """Return the word that a node may stand for."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return node.id if isinstance(node, ast.Name) else None
