"""Expressions over outcomes: ``gap <= 0``, ``strength[UKR] >= 1_000_000 and phase == 'ceasefire'``.

Read with Python's own parser; of its language only numbers, names of outcomes, ``[NATION]``,
``+ - * /``, comparisons, ``and``/``or``/``not`` and a few functions are admitted, and nothing of it is
ever run. Numbers and conditions are kept apart: ``and`` joins conditions only. A division by zero
follows IEEE arithmetic, and a comparison with what comes out as not-a-number is false.

``sum``, ``mean``, ``min`` and ``max`` of one number and ``count`` of a condition are taken over nations:
all that have the outcomes, those of a group (``sum(defence_budget[@nato])``) or those that are
named (``sum(strength[UKR, POL])``). ``total`` is the sum over the months, from month 1 on.
"""

from __future__ import annotations

import ast
import difflib
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from forcesim.errors import ExpressionError, Fault, on_request
from forcesim.formula import (
    EACH,
    OVER,
    Apply,
    Cumulative,
    Key,
    Node,
    Over,
    Symbol,
    Word,
    bracketed,
    is_condition,
    margin,
    unit_of,
    value,
    varies,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Expression", "Key", "Term", "Vocabulary", "parse"]

LONGEST = 1000
DEEPEST = 30

GROUP = "\N{LATIN LETTER BILABIAL CLICK}"
"""Stands for the @ of a group while Python reads the text: a letter that no name of a nation begins with."""

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
}


@dataclass(frozen=True, slots=True)
class Term:
    """What an expression may say of an outcome: its nations (none for one of the world) and the words of its codes."""

    nations: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class Months(Protocol):
    """Which months there are; a :class:`forcesim.timeline.Timeline` knows it."""

    def index(self, date: str) -> int:
        """Return the month of a date, or raise ValueError."""

    def label(self, month: int) -> str:
        """Return how a month is written."""


class Vocabulary(dict[str, Term]):
    """What an expression may name.

    Parameters
    ----------
    terms : mapping of outcome to Term
        The outcomes.
    groups : mapping of str to sequence of str, optional
        Nations under one name.
    months : Months, optional
        The months, where a value belongs to one of many: without them there is no ``total``.
    unrecorded : sequence of str
        Outcomes that the run did not record.
    """

    def __init__(
        self,
        terms: Mapping[str, Term],
        groups: Mapping[str, Sequence[str]] | None = None,
        months: Months | None = None,
        unrecorded: Sequence[str] = (),
    ) -> None:
        """Hold the names."""
        super().__init__(terms)
        self.groups, self.months, self.unrecorded = dict(groups or {}), months, tuple(unrecorded)

    @property
    def of_a_month(self) -> Vocabulary:
        """Return the same for what is computed within a month, which has no months before it."""
        return Vocabulary(self, self.groups)


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression; as text it is written in one way, whatever the spelling.

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
    over_time : bool
        Whether it needs the months before the one that is asked about.
    """

    text: str
    names: tuple[Key, ...]
    is_event: bool
    canonical: str
    over_time: bool
    tree: Node

    def __str__(self) -> str:
        """Return it as it is written in one way; this text reads as the same expression again."""
        return self.canonical

    @property
    def is_outcome(self) -> bool:
        """Return whether it is one outcome and nothing else."""
        return isinstance(self.tree, Symbol)

    def evaluate(self, values: Mapping[Key, Array]) -> Array:
        """Return the expression's value, of the shape of the arrays given; computed in double precision.

        Where it is over time the arrays must be (month, path), from month 0 on.
        """
        found = {key: np.asarray(values[key], dtype=np.float64) for key in self.names}
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(value(self.tree, found))

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
            return np.asarray(margin(self.tree, found))

    def unit(self, units: Mapping[str, str]) -> str:
        """Return the unit, from those of the outcomes: ``"chance"`` if true or false, nothing if it is none of theirs.

        Examples
        --------
        >>> words = {"strength": Term(("RUS", "UKR"))}
        >>> parse("sum(strength) - 5", words).unit({"strength": "persons"})
        'persons'
        """
        return "chance" if self.is_event else unit_of(self.tree, units) or ""


def parse(text: str, vocabulary: Mapping[str, Term], nation: str | None = None) -> Expression:
    """Read an expression.

    Parameters
    ----------
    text : str
        At most 1,000 characters.
    vocabulary : Vocabulary or mapping of outcome to Term
        What it may name.
    nation : str, optional
        The nation of every outcome by nation that does not say of which.

    Raises
    ------
    ExpressionError
        If it is no expression, or names an outcome, nation, group or word that there is not.

    Examples
    --------
    >>> parse("gap <= 0", {"gap": Term()}).is_event
    True
    >>> parse("strength < 1e6", {"strength": Term(("UKR",))}, nation="UKR").names
    (('strength', 'UKR'),)
    >>> words = Vocabulary({"gdp": Term(("DEU", "POL", "UKR"))}, groups={"nato": ["DEU", "POL"]})
    >>> print(parse("sum( gdp[@nato] )/1_000", words), parse("sum(gdp[@nato])", words).names)
    sum(gdp[@nato]) / 1000 (('gdp', 'DEU'), ('gdp', 'POL'))
    """
    if not isinstance(text, str):
        raise ExpressionError(Fault("expression", "must be text such as 'gap <= 0'", repr(text)))
    if len(text) > LONGEST:
        raise ExpressionError(Fault("expression", f"must have at most {LONGEST:,} characters", f"{len(text):,}"))
    try:
        tree = ast.parse(text.strip().replace("@", GROUP), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = f", column {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        message = (error.msg if isinstance(error, SyntaxError) else str(error)).replace(GROUP, "@")
        raise ExpressionError(
            Fault(repr(text) + place, "must be an expression such as gap <= 0", "", message)
        ) from None
    reader = _Reader(text.strip(), vocabulary, nation)
    found = reader.read(tree, 0)
    if not reader.names:
        raise ExpressionError(Fault(repr(text), "must name an outcome", "", reader.known()))
    if nation is not None and not any(of == nation for _, of in reader.names):
        raise ExpressionError(Fault(repr(text), "must have an outcome by nation if a nation is given", repr(nation)))
    return Expression(text, tuple(reader.names), is_condition(found), written(found), reader.over_time, found)


@dataclass(slots=True)
class _Scope:
    """What stands between the brackets of a sum over nations: its outcomes by nation, and which nations are chosen."""

    names: dict[str, None] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()


class _Reader:
    """Turns a parsed text into nodes, or refuses with the place and the nearest name."""

    def __init__(self, text: str, vocabulary: Mapping[str, Term], nation: str | None) -> None:
        """Begin with no outcome met."""
        self.text, self.vocabulary, self.nation = text, vocabulary, nation
        known = vocabulary if isinstance(vocabulary, Vocabulary) else Vocabulary(vocabulary)
        self.groups, self.months = known.groups, known.months
        self.names: dict[Key, None] = {}
        self.over_time = False
        self.scope: _Scope | None = None

    def read(self, node: ast.expr, depth: int) -> Node:
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
                return Apply(_OPERATORS[type(op)], self.numbers(node, [left, right], depth))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.numbers(node, [operand], depth)[0]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Apply("negative", self.numbers(node, [operand], depth))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Apply("not", self.conditions([operand], depth))
            case ast.BoolOp(op=op, values=values):
                return Apply(_OPERATORS[type(op)], self.conditions(values, depth))
            case ast.Compare() if all(type(op) in _OPERATORS for op in node.ops):
                return self.comparison(node, depth)
            case ast.Call(func=ast.Name(id="abs"), args=[_] as args, keywords=[]):
                return Apply("abs", self.numbers(node, args, depth))
            case ast.Call(func=ast.Name(id="min" | "max" as name), args=[_, _, *_] as args, keywords=[]):
                return Apply(name, self.numbers(node, args, depth))
            case ast.Call(func=ast.Name(id=name), args=[part], keywords=[]) if name in OVER and _is_one(part):
                return self.over(node, name, part, depth)
            case ast.Call(func=ast.Name(id="total"), args=[part]) if _is_one(part):
                return self.total(node, part, depth)
        rule = "may use numbers, outcomes, + - * /, comparisons, and, or, not, abs, min, max, sum, mean, count, total"
        raise self.fault(node, rule, self.shown(node))

    def over(self, node: ast.expr, name: str, part: ast.expr, depth: int) -> Over:
        """Return what is taken over nations."""
        outside, self.scope = self.scope, _Scope()
        inner, scope = self.read(part, depth + 1), self.scope
        self.scope = outside
        if is_condition(inner) != (name == "count"):
            rule = "count must be over something true or false, sum, mean, min and max over a number"
            raise self.fault(node, rule, self.shown(node))
        if not scope.names:
            raise self.fault(node, f"{name} must be over an outcome by nation", self.shown(node))
        terms = [self.vocabulary[each].nations for each in scope.names]
        nations = [nation for nation in terms[0] if all(nation in term for term in terms)]
        members = scope.chosen
        if members[:1] and members[0].startswith("@"):
            members = tuple(self.groups[members[0][1:]])
        nations = [nation for nation in nations if nation in members or not members]
        if not nations:
            rule = f"{name} must be over nations that have {' and '.join(scope.names)}"
            raise self.fault(node, rule, self.shown(node))
        self.names.update(dict.fromkeys((each, nation) for each in scope.names for nation in nations))
        if scope.chosen and not scope.chosen[0].startswith("@"):
            return Over(name, inner, tuple(nations), ", ".join(map(bracketed, nations)))
        return Over(name, inner, tuple(nations), "".join(map(bracketed, scope.chosen)))

    def total(self, node: ast.Call, part: ast.expr, depth: int) -> Cumulative:
        """Return a sum over the months."""
        if self.months is None:
            raise self.fault(node, "total must not stand where there is one month only", self.shown(node))
        (inner,) = self.numbers(node, [part], depth)
        if not varies(inner):
            raise self.fault(node, "total must be over an outcome", self.shown(node))
        self.over_time = True
        match node.keywords:
            case []:
                return Cumulative(inner, 1, "")
            case [ast.keyword(arg="since", value=ast.Constant(value=str(date)) as place)]:
                try:
                    month = self.months.index(date)
                except ValueError as error:
                    raise self.fault(place, f"since {error}", repr(date)) from None
                return Cumulative(inner, max(month, 1), self.months.label(month))
        raise self.fault(node, "total may have since, a month: total(gdp, since='2027-01')", self.shown(node))

    def number(self, node: ast.expr, value: float) -> float:
        """Return a number that was written."""
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
        if not math.isfinite(found):
            raise self.fault(node, "must have finite numbers", self.shown(node, 40))
        return found

    def numbers(self, whole: ast.expr, nodes: list[ast.expr], depth: int) -> tuple[Node, ...]:
        """Return parts that must be numbers."""
        found = tuple(self.read(node, depth + 1) for node in nodes)
        for part in found:
            if is_condition(part):
                raise self.fault(whole, "must not reckon with what is true or false", self.shown(whole))
        return found

    def conditions(self, nodes: list[ast.expr], depth: int) -> tuple[Node, ...]:
        """Return parts that must be true or false."""
        found = tuple(self.read(node, depth + 1) for node in nodes)
        for node, part in zip(nodes, found, strict=True):
            if not is_condition(part):
                hint = "compare it with something: gap <= 0, say"
                raise self.fault(node, "must be true or false beside and, or, not", self.shown(node), hint)
        return found

    def comparison(self, node: ast.Compare, depth: int) -> Apply:
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
                pairs.append(Apply(name, (*self.numbers(node, [other], depth), Word(labels[int(code)], code))))
            else:
                pairs.append(self.coded(name, *self.numbers(node, [left, right], depth)))
        return pairs[0] if len(pairs) == 1 else Apply("and", tuple(pairs))

    def coded(self, name: str, left: Node, right: Node) -> Apply:
        """Return a comparison; the number of a code becomes its word, so that both spellings are one."""
        if name in ("==", "!="):
            for one, other in ((left, right), (right, left)):
                labels = self.vocabulary[one.name].labels if isinstance(one, Symbol) else ()
                if isinstance(other, float) and other in range(len(labels)):
                    return Apply(name, (one, Word(labels[int(other)], other)))
        return Apply(name, (left, right))

    def word_for(self, outcome: ast.expr, word: ast.expr) -> tuple[str, ...]:
        """Return the words of a coded outcome if the other side is one of them."""
        text = isinstance(word, ast.Constant) and isinstance(word.value, str)
        name = _word(outcome.value if isinstance(outcome, ast.Subscript) else outcome)
        of_text = isinstance(outcome, ast.Constant)
        labels = () if name is None or of_text else self.vocabulary.get(name, Term()).labels
        if _word(word) in labels:
            return labels
        if text and name is not None and not of_text and name in self.vocabulary:
            near = difflib.get_close_matches(str(_word(word)), labels, n=1)
            known = f"known are {', '.join(labels)}" if labels else "it has no words"
            hint = f"did you mean {near[0]}?" if near else known
            raise self.fault(word, f"must compare {name} with one of its words", repr(_word(word)), hint)
        return ()

    def series(self, node: ast.Name | ast.Subscript) -> Symbol:
        """Return the outcome (and nation) that a node names."""
        base, chosen = (node.value, self.chosen(node)) if isinstance(node, ast.Subscript) else (node, ())
        name, scope = str(_word(base)), self.scope
        several = len(chosen) > 1 or any(one.startswith("@") for one in chosen)
        nation = EACH if scope and (several or not chosen) else chosen[0] if chosen else self.nation
        term = self.vocabulary.get(name)
        if nation is not None and not (term and term.nations) and f"{name}_by_nation" in self.vocabulary:
            name = f"{name}_by_nation"
            term = self.vocabulary[name]
        if term is None:
            raise self.fault(node, "must name an outcome", repr(name), self.known(name))
        if several and scope is None:
            hint = f"write sum({self.shown(node)})"
            raise self.fault(
                node, "must stand within sum, count, mean, min or max if it is of several nations", "", hint
            )
        if not term.nations and not chosen:
            nation = None
        if nation is None and term.nations:
            hint = f"write {name}[{term.nations[0]}], or sum({name})"
            raise self.fault(node, f"{name} must say of which nation", "", hint)
        for one in chosen:
            if not one.startswith("@") and one not in term.nations:
                near = difflib.get_close_matches(one.upper(), term.nations, n=1)
                there = f"there are {', '.join(term.nations)}" if term.nations else "it is one of the world"
                hint = f"did you mean {near[0]}?" if near else there
                raise self.fault(node, f"{name} must name a nation that it has", repr(one), hint)
        if nation == EACH:
            assert scope is not None
            if chosen and scope.chosen and set(chosen) != set(scope.chosen):
                rule = "must be of the same nations throughout a sum"
                raise self.fault(node, rule, f"{', '.join(scope.chosen)} and {', '.join(chosen)}")
            scope.names[name], scope.chosen = None, chosen or scope.chosen
        else:
            self.names[name, nation] = None
        return Symbol(name, nation)

    def chosen(self, node: ast.Subscript) -> tuple[str, ...]:
        """Return the nations, or the group, that stand in square brackets."""
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        words = [_word(each) for each in inside]
        found = tuple(word.replace(GROUP, "@") for word in words if word is not None)
        groups = [word for word in found if word.startswith("@")]
        if len(found) < len(words) or not found:
            raise self.fault(node, "must name a nation in [...]", self.shown(node))
        if groups and len(found) > 1:
            raise self.fault(node, "must have one group, or nations, in [...]", self.shown(node))
        if len(set(found)) < len(found):
            raise self.fault(node, "must name each nation once in [...]", self.shown(node))
        for group in groups:
            if group[1:] not in self.groups:
                hint = _near(group[1:], self.groups, "there is none")
                raise self.fault(node, "must name a group of the scenario", repr(group), hint)
        return found

    def known(self, name: str = "") -> str:
        """Return the nearest name, or what there is."""
        for outcome, term in self.vocabulary.items():
            if name in term.labels:
                return f"write {outcome} == '{name}'"
        return on_request(name, getattr(self.vocabulary, "unrecorded", ())) or _near(name, self.vocabulary)

    @staticmethod
    def shown(node: ast.expr, most: int = 80) -> str:
        """Return a part of the text as it is quoted in a message."""
        return ast.unparse(node).replace(GROUP, "@")[:most]

    def fault(self, node: ast.expr, rule: str, found: str = "", remedy: str = "") -> ExpressionError:
        """Return the error, with its place in the text."""
        before = self.text.replace("@", GROUP).encode()[: node.col_offset]
        place = f", column {len(before.decode(errors='ignore')) + 1}" if node.lineno == 1 else ""
        shown = self.text if len(self.text) <= 80 else f"{self.text[:77]}..."
        return ExpressionError(Fault(f"{shown!r}{place}", rule, found, remedy))


def _word(node: ast.expr) -> str | None:
    """Return the word that a node may stand for."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return node.id if isinstance(node, ast.Name) else None


def _is_one(node: ast.expr) -> bool:
    """Return whether an argument is one value, not several after a star."""
    return not isinstance(node, ast.Starred)


def _near(name: str, known: Iterable[str], none: str = "") -> str:
    """Return the nearest name, or what there is."""
    every = sorted(known)
    near = difflib.get_close_matches(name, every, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(every)}" if every else none
