"""One question of a scenario or a result: an expression with its month, and on which paths it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forcesim.arguments import integer, text
from forcesim.errors import Fault, ResultError
from forcesim.expression import Expression, Key, Vocabulary, parse
from forcesim.timeline import Timeline

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from forcesim.arrays import Floats

__all__ = ["Answers", "Asked", "Question", "event", "one_date"]

Flags = npt.NDArray[np.bool_]


def one_date(at: Any, by: Any, *, needed: bool = False, path: str = "at, by") -> None:
    """Refuse two dates of one question, and none where one is needed.

    Raises
    ------
    ResultError
        If it is not one.
    """
    if (at is not None and by is not None) or (needed and at is None and by is None):
        raise ResultError(Fault(path, "must be exactly one of the two"))


def event(expression: str, vocabulary: Vocabulary, name: str = "expression") -> Expression:
    """Return an expression that must be true or false.

    Raises
    ------
    ResultError
        If it is a number.
    """
    found = parse(text(name, expression), vocabulary)
    if not found.is_event:
        raise ResultError(Fault(repr(expression), "must be true or false", "", "write gap <= 0, say"))
    return found


@dataclass(frozen=True, slots=True)
class Question:
    """A question in words; :meth:`check` holds it against what there is.

    Parameters
    ----------
    text : str
        An expression: a number (its mean is asked for), or something true or false (its chance).
    at, by : str, date or int, optional
        The month, or for what is true or false the last month of any; by the horizon unless given. With ``since``
        so many months after it, and one must be given.
    given : str, optional
        True or false: only the paths count on which it is true in the month of the question.
    since : str, optional
        True or false: ``at`` and ``by`` are counted from the first month in which it is true on a path. Paths on
        which it never is, or on which the month lies beyond the horizon, do not count.

    Examples
    --------
    >>> from forcesim.expression import Term
    >>> from forcesim.timeline import Timeline
    >>> months = Timeline("2025-02", "2025-06")
    >>> words = Vocabulary({"gap": Term(), "phase": Term((), ("war", "ceasefire"))}, months=months)
    >>> asked = Question("gap <= 0", by=2, since="phase == 'ceasefire'").check(words)
    >>> asked.when
    "by 2 months since phase == 'ceasefire'"
    >>> phase, gap = np.array([[0.0, 0, 0], [1, 0, 0], [1, 0, 1]]), np.array([[0.0, 9, 9], [9, 9, 9], [0, 9, 0]])
    >>> phase, gap = (np.pad(values, ((0, 2), (0, 0)), mode="edge") for values in (phase, gap))
    >>> found = asked.answers({("gap", None): gap, ("phase", None): phase})
    >>> found.values.tolist(), found.never, found.beyond
    ([1.0, 1.0], 1, 0)
    """

    text: str
    at: str | dt.date | int | None = None
    by: str | dt.date | int | None = None
    given: str | None = None
    since: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no question, whatever there is."""
        one_date(self.at, self.by, needed=self.since is not None)

    def check(self, vocabulary: Vocabulary) -> Asked:
        """Return the question with its parts read, or refuse it.

        Raises
        ------
        ExpressionError
            If an expression cannot be read.
        ResultError
            If there is no such month, or a condition is a number.
        """
        months = vocabulary.months
        assert isinstance(months, Timeline)
        expression = parse(text("question", self.text), vocabulary)
        by = self.at is None
        if by and not expression.is_event:
            raise ResultError(Fault("at", f"must be given, since {self.text!r} is a number", "", "at='2030-12', say"))
        name, date = ("by", self.by) if by else ("at", self.at)
        if self.since is not None:
            month = months.last if date is None else integer(name, date, least=0)
        else:
            month = months.last if date is None else months.asked(name, date)
        return Asked(
            expression=expression,
            by=by,
            month=month,
            given=None if self.given is None else event(self.given, vocabulary, "given"),
            since=None if self.since is None else event(self.since, vocabulary, "since"),
            months=months,
        )


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of some paths.

    Attributes
    ----------
    values : float64 (path,)
        On the paths that count: a number, or 1 and 0 for true and false.
    counted : bool (path,)
        Which paths count.
    never, beyond, other : int
        Paths that do not: ``since`` is never true, the month lies beyond the horizon, ``given`` is false.
    """

    values: Floats
    counted: Flags
    never: int = 0
    beyond: int = 0
    other: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that has been checked.

    Attributes
    ----------
    by : bool
        Whether any month up to the date counts, not the date's month alone.
    month : int
        The month; with ``since`` so many months after it.
    """

    expression: Expression
    by: bool
    month: int
    given: Expression | None
    since: Expression | None
    months: Timeline

    @property
    def names(self) -> tuple[Key, ...]:
        """Return the outcomes that it needs."""
        parts = [part for part in (self.expression, self.given, self.since) if part is not None]
        return tuple(dict.fromkeys(name for part in parts for name in part.names))

    @property
    def of_some(self) -> bool:
        """Return whether it is asked of some paths only."""
        return self.given is not None or self.since is not None

    @property
    def whole(self) -> bool:
        """Return whether it needs every month up to the last it asks about, and not that month alone."""
        return self.by or self.of_some or self.expression.over_time

    @property
    def when(self) -> str:
        """Return the date in words."""
        if self.since is not None:
            return f"{'by' if self.by else 'at'} {self.month} months since {self.since}"
        return f"{'by' if self.by else 'at'} {self.months.label(self.month)}"

    def answers(self, values: Mapping[Key, npt.NDArray[Any]]) -> Answers:
        """Return the answer on each path, from all months of what it names, each (month, path)."""
        found = self.expression.evaluate(values)
        months, paths = found.shape
        begin, counted = np.zeros(paths, dtype=np.int64), np.ones(paths, dtype=np.bool_)
        never = beyond = 0
        if self.since is not None:
            true = self.since.evaluate(values)
            begin, counted = np.asarray(true.argmax(axis=0)), np.asarray(true.any(axis=0))
            never = paths - int(counted.sum())
        end = begin + self.month
        beyond = int((counted & (end >= months)).sum())
        counted &= end < months
        end = np.minimum(end, months - 1)
        before, every = int(counted.sum()), np.arange(paths)
        if self.given is not None:
            counted &= self.given.evaluate(values)[end, every]
        if self.by:
            month = np.arange(months)[:, None]
            answers = (found & (begin <= month) & (month <= end)).any(axis=0)
        else:
            answers = found[end, every]
        left = before - int(counted.sum())
        return Answers(answers[counted].astype(np.float64), counted, never, beyond, left)

    def left_out(self, answers: Answers) -> str:
        """Return in words how many paths do not count, and why; nothing if all do."""
        reasons = [
            (answers.never, f"without {self.since}"),
            (answers.beyond, "beyond the horizon"),
            (answers.other, f"where {self.given} is false"),
        ]
        told = [f"{count:,} {reason}" for count, reason in reasons if count]
        return f"of {len(answers.counted):,} paths left out: {', '.join(told)}" if told else ""
