"""Expressions over outcomes: ``gap <= 0``, ``strength[UKR] >= 1_000_000 and phase == "ceasefire"``.

Read with Python's own parser, and of its language only numbers, names of outcomes, ``[NATION]``,
arithmetic, comparisons, ``and``/``or``/``not`` and ``abs``, ``min``, ``max`` are admitted.
"""

from __future__ import annotations

import ast
import difflib
import functools
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

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_CALLS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "min": lambda *a: functools.reduce(np.minimum, a),
    "max": lambda *a: functools.reduce(np.maximum, a),
}


@dataclass(frozen=True, slots=True)
class Term:
    """What an expression may say of an outcome: its nations (none for one of the world) and the words of its codes."""

    nations: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


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
    """

    text: str
    names: tuple[Key, ...]
    is_event: bool
    _tree: ast.expr
    _vocabulary: Mapping[str, Term]

    def evaluate(self, values: Mapping[Key, Array]) -> Array:
        """Return the expression's value, of the shape of the arrays given."""
        return np.asarray(_evaluate(self._tree, values, self._vocabulary))


def parse(text: str, vocabulary: Mapping[str, Term]) -> Expression:
    """Read an expression.

    Parameters
    ----------
    text : str
        At most 1,000 characters.
    vocabulary : mapping of outcome to Term
        The outcomes that there are.

    Raises
    ------
    ExpressionError
        If it is no expression, or names an outcome or nation that there is not.

    Examples
    --------
    >>> parse("gap <= 0", {"gap": Term()}).is_event
    True
    """
    if len(text) > LONGEST:
        raise ExpressionError(Fault("expression", f"must have at most {LONGEST} characters", f"{len(text)}"))
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(Fault(repr(text), "must be an expression such as gap <= 0", str(error))) from None
    names: dict[Key, None] = {}
    is_event = _check(tree, text, vocabulary, names, 0)
    return Expression(text, tuple(names), is_event, tree, vocabulary)


def _check(node: ast.expr, text: str, vocabulary: Mapping[str, Term], names: dict[Key, None], depth: int) -> bool:
    """Admit or refuse a node; collect the outcomes; return whether it is true or false."""
    if depth > DEEPEST:
        raise ExpressionError(Fault(repr(text), f"must nest at most {DEEPEST} levels"))

    def inner(*nodes: ast.expr) -> list[bool]:
        return [_check(each, text, vocabulary, names, depth + 1) for each in nodes]

    match node:
        case ast.Constant(value=value) if isinstance(value, (int, float)) and not isinstance(value, bool):
            return False
        case ast.Name() | ast.Subscript():
            names[_key(node, text, vocabulary)] = None
            return False
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            inner(left, right)
            return False
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            inner(operand)
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return inner(operand)[0]
        case ast.BoolOp(values=values):
            inner(*values)
            return True
        case ast.Compare(left=left, ops=ops, comparators=right) if all(type(op) in _COMPARE for op in ops):
            sides = [left, *right]
            labels = _labels(sides, text, vocabulary)
            inner(*(side for side in sides if _word(side) is None or _word(side) not in labels))
            return True
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _CALLS and args:
            inner(*args)
            return False
    raise ExpressionError(
        Fault(
            repr(text),
            "may use numbers, outcomes, + - * /, comparisons, and, or, not, abs, min, max",
            ast.unparse(node),
        )
    )


def _word(node: ast.expr) -> str | None:
    """Return the word that a node may stand for."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return node.id if isinstance(node, ast.Name) else None


def _labels(sides: list[ast.expr], text: str, vocabulary: Mapping[str, Term]) -> tuple[str, ...]:
    """Return the words of the coded outcome that a comparison is about."""
    labels: tuple[str, ...] = ()
    for side in sides:
        if isinstance(side, (ast.Name, ast.Subscript)):
            name = side.id if isinstance(side, ast.Name) else _word(side.value)
            labels = labels or vocabulary.get(str(name), Term()).labels
    for side in sides:
        word = side.value if isinstance(side, ast.Constant) and isinstance(side.value, str) else None
        if word is not None and word not in labels:
            hint = f"known are {', '.join(labels)}" if labels else "no outcome here has words"
            raise ExpressionError(Fault(repr(text), "must compare with a word of the outcome", repr(word), hint))
    return labels


def _key(node: ast.expr, text: str, vocabulary: Mapping[str, Term]) -> Key:
    """Return the outcome (and nation) that a node names."""
    nation: str | None = None
    if isinstance(node, ast.Subscript):
        nation = _word(node.slice)
        node = node.value
    name = node.id if isinstance(node, ast.Name) else ast.unparse(node)
    if nation is not None and not vocabulary.get(name, Term()).nations and f"{name}_by_nation" in vocabulary:
        name = f"{name}_by_nation"
    if name not in vocabulary:
        near = difflib.get_close_matches(name, list(vocabulary), n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(vocabulary))}"
        raise ExpressionError(Fault(repr(text), "must name an outcome", repr(name), hint))
    nations = vocabulary[name].nations
    if nation is None and nations:
        raise ExpressionError(Fault(repr(text), f"{name} must say of which nation", "", f"write {name}[{nations[0]}]"))
    if nation is not None and nation not in nations:
        near = difflib.get_close_matches(nation, nations, n=1)
        hint = (
            f"did you mean {near[0]}?" if near else f"there are {', '.join(nations) or 'none: it is one of the world'}"
        )
        raise ExpressionError(Fault(repr(text), f"{name} must name a nation that it has", repr(nation), hint))
    return name, nation


def _evaluate(node: ast.expr, values: Mapping[Key, Array], vocabulary: Mapping[str, Term]) -> Any:
    """Return the value of an admitted node."""

    def of(each: ast.expr) -> Any:
        return _evaluate(each, values, vocabulary)

    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name() | ast.Subscript():
            return values[_key(node, "", vocabulary)]
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](of(left), of(right))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -of(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return of(operand)
        case ast.UnaryOp(operand=operand):
            return np.logical_not(of(operand))
        case ast.BoolOp(op=op, values=parts):
            return functools.reduce(np.logical_and if isinstance(op, ast.And) else np.logical_or, map(of, parts))
        case ast.Compare(left=left, ops=ops, comparators=right):
            sides = [left, *right]
            labels = _labels(sides, "", vocabulary)
            found = [labels.index(str(_word(s))) if _word(s) in labels else of(s) for s in sides]
            pairs = [_COMPARE[type(op)](a, b) for op, a, b in zip(ops, found, found[1:], strict=False)]
            return functools.reduce(np.logical_and, pairs)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _CALLS[name](*map(of, args))
    raise AssertionError(node)
