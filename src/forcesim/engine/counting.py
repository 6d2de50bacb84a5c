"""Laws that draw counts: their fast form, and whether it may be used.

In the fast form of a law a count of small mean is not a number. The engine finds it among the results and runs the
exact form there. So the fast form may be used only where what is not a number always reaches a result: sums,
differences, products and ratios hand it on; a comparison, ``min`` and ``max`` may not. Whether a law does is read off
its source. Where it cannot be told, the exact form runs on every path.
"""

from __future__ import annotations

import ast
import functools
import inspect
import math
import textwrap
import types
from typing import Any

from forcesim.kernels import Compiled, law, lawlike
from forcesim.randomness import variates

__all__ = ["counts", "fast_form", "hands_on"]


@law
def count_or_nan(n: float, p: float, z: float) -> float:
    """Return a binomial count where its mean is large; not a number where it must be summed term by term."""
    return math.nan if variates._is_few(n, p, z) else variates._many(n, p, z)  # noqa: SLF001 - the two halves of one law


def _called(function: Any) -> list[tuple[str, Compiled[..., Any]]]:
    """Return the laws that a function names."""
    found = [(name, function.__globals__.get(name)) for name in function.__code__.co_names]
    return [(name, value) for name, value in found if isinstance(value, Compiled)]


def counts(one: Compiled[..., Any]) -> bool:
    """Return whether a law, or one that it calls, draws counts."""
    return any(value is variates.binomial or counts(value) for _, value in _called(one.function))


@functools.cache
def fast_form(one: Compiled[..., Any]) -> Compiled[..., Any]:
    """Return the same law with counts that are not a number where they are small."""
    swapped = dict(one.function.__globals__)
    for name, value in _called(one.function):
        if value is variates.binomial:
            swapped[name] = count_or_nan
        elif counts(value):
            swapped[name] = fast_form(value)
    function = one.function
    made = types.FunctionType(function.__code__, swapped, function.__name__, None, function.__closure__)
    return lawlike(made)


@functools.cache
def hands_on(one: Compiled[..., Any]) -> bool:
    """Return whether each count that a law draws reaches a result, so that one that is not a number shows there."""
    names = {name for name, value in _called(one.function) if value is variates.binomial or counts(value)}
    helpers = [value for _, value in _called(one.function) if value is not variates.binomial and counts(value)]
    body = _body_of(one.function)
    if body is None or not all(hands_on(helper) for helper in helpers):
        return False
    whole = ast.Module(list(body), [])
    if sum(isinstance(part, ast.Return) for part in ast.walk(whole)) != 1:
        return False
    stored = [part.id for part in ast.walk(whole) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]
    reader = _Reader(names)
    for line in body[:-1]:
        if isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name):
            target = line.targets[0].id
            reader.known[target] = reader.read(line.value) if stored.count(target) == 1 else frozenset()
    drawn = {id(part) for part in ast.walk(whole) if reader.draws(part)}
    last = body[-1]
    return isinstance(last, ast.Return) and last.value is not None and drawn <= reader.read_results(last.value)


class _Reader:
    """Tells of an expression which draws it hands on; ``known`` does so of the names given so far."""

    def __init__(self, names: set[str]) -> None:
        """Begin with the names of what draws counts."""
        self.names, self.known = names, dict[str, frozenset[int]]()

    def draws(self, part: ast.AST) -> bool:
        """Return whether a part of the source draws a count."""
        return isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in self.names

    def read(self, part: ast.expr) -> frozenset[int]:
        """Return the draws that a number hands on."""
        if self.draws(part):
            return frozenset({id(part)})
        if isinstance(part, ast.Name):
            return self.known.get(part.id, frozenset())
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
            return self.read(part.left) | self.read(part.right)
        return frozenset()

    def read_results(self, part: ast.expr) -> frozenset[int]:
        """Return the draws that the results of a law hand on: one number, or the fields of a named tuple."""
        if isinstance(part, ast.Call) and not self.draws(part) and isinstance(part.func, ast.Name):
            if not part.func.id[:1].isupper():
                return frozenset()
            return frozenset().union(*(self.read(one) for one in (*part.args, *(k.value for k in part.keywords))))
        return self.read(part)


def _body_of(function: Any) -> list[ast.stmt] | None:
    """Return the statements of a function, or None where its source is not at hand."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    return tree.body[0].body if isinstance(tree.body[0], ast.FunctionDef) else None
