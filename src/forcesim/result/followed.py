"""What can be asked of paths: what is true when, for how long, and together with what else."""

from __future__ import annotations

import difflib
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forcesim.arguments import switch, text
from forcesim.errors import Fault, ResultError, on_request
from forcesim.expression import parse
from forcesim.outcome import Outcome
from forcesim.question import Answers, Asked, Question, event, one_date
from forcesim.result.estimate import Estimate
from forcesim.result.passage import FirstPassage, Survival, TimeIn
from forcesim.summary import Event

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from forcesim.arrays import Floats
    from forcesim.expression import Expression, Key, Vocabulary
    from forcesim.summary import Summary
    from forcesim.timeline import Timeline

__all__ = ["Followed"]


PIECE = 1 << 16
"""Kept paths that are looked at together."""


class Followed:
    """The part of a result that answers what is true or false: from streamed counts, else from kept paths."""

    outcomes: dict[str, Outcome]
    timeline: Timeline
    summary_: Summary
    kept: dict[str, npt.NDArray[Any]]
    row_index: dict[Key, int]
    unrecorded: tuple[str, ...]

    @property
    def paths(self) -> int:
        """Return how many paths there are."""
        return self.summary_.paths

    @property
    def _z(self) -> float:
        """Return the half-width of intervals in standard errors."""
        raise NotImplementedError

    @property
    def _certain(self) -> bool:
        """Return whether every path is the same, so that one tells all."""
        raise NotImplementedError

    @property
    def vocabulary(self) -> Vocabulary:
        """Return what an expression may name: the outcomes that the result holds."""
        raise NotImplementedError

    def mean(
        self,
        outcome: str,
        *,
        at: str | dt.date | int,
        nation: str | None = None,
        given: str | None = None,
        since: str | None = None,
    ) -> Estimate:
        """Return the mean of an outcome or an expression in a month."""
        raise NotImplementedError

    def _month(self, name: str, date: str | dt.date | int) -> int:
        return self.timeline.asked(name, date)

    def _count(self, hits: int, n: int) -> Estimate:
        """Return the estimate of a chance."""
        return Estimate.of_count(hits, n, self._z, certain=self._certain)

    def _outcome(self, name: str, nation: str | None = None) -> Outcome:
        """Return an outcome, or refuse with the nearest name."""
        name, nation = text("outcome", name), None if nation is None else text("nation", nation)
        if nation is not None and not self.outcomes.get(name, Outcome(name, "", "", "world")).nations:
            name = f"{name}_by_nation" if f"{name}_by_nation" in self.outcomes else name
        if name not in self.outcomes:
            near = difflib.get_close_matches(name, list(self.outcomes), n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(self.outcomes)}"
            hint = on_request(name, self.unrecorded) or hint
            raise ResultError(Fault("outcome", "must be one of the result's", repr(name), hint))
        outcome = self.outcomes[name]
        if nation is not None and nation not in outcome.nations:
            raise ResultError(Fault("nation", f"must be one that {name} has", repr(nation), ", ".join(outcome.nations)))
        return outcome

    def _key(self, name: str, nation: str | None = None) -> Key:
        """Return the key of an outcome written ``gap``, ``strength[UKR]``, or with the nation apart."""
        name = text("outcome", name)
        if name.endswith("]") and "[" in name and nation is None:
            name, _, inside = name[:-1].partition("[")
            nation = inside.strip()
        outcome = self._outcome(name, nation)
        if outcome.nations and nation is None:
            raise ResultError(Fault("nation", f"must be given for {name}", "", f"one of {', '.join(outcome.nations)}"))
        return outcome.name, nation

    def _paths_of(self, key: Key, paths: slice = slice(None)) -> npt.NDArray[Any]:
        """Return the kept paths of an outcome, (month, path)."""
        name, nation = key
        if name not in self.kept:
            raise ResultError(
                Fault(
                    "outcome",
                    f"must be kept path by path for this; {name} is summarised",
                    "",
                    f"simulate(..., keep=[{name!r}]); a chance can be named in events=[...]",
                ),
            )
        if nation is None:
            return np.asarray(self.kept[name][:, paths])
        return np.asarray(self.kept[name][:, self.outcomes[name].nations.index(nation), paths])

    def _pieces(self, names: Iterable[Key]) -> Iterator[dict[Key, Floats]]:
        """Yield outcomes on the kept paths, each (month, path), piece by piece: on disk there may be more than fit."""
        for begin in range(0, self.paths, PIECE):
            piece = slice(begin, min(begin + PIECE, self.paths))
            yield {key: self._paths_of(key, piece).astype(np.float64) for key in names}

    def _followed(self, expression: Expression) -> Event:
        """Return the counts of something true or false: as they were streamed, or from the kept paths."""
        streamed = self.summary_.events.get(expression.canonical)
        if streamed is not None:
            return streamed
        counts = Event(self.timeline.months)
        for values in self._pieces(expression.names):
            counts.fold(np.asarray(expression.evaluate(values), dtype=np.bool_))
        return counts

    def _event(self, expression: str, name: str = "expression") -> Expression:
        """Return an expression that must be true or false."""
        return event(expression, self.vocabulary, name)

    def _answers(self, asked: Asked) -> Answers:
        """Return the answers on the kept paths."""
        found = [asked.answers(values) for values in self._pieces(asked.names)]
        return Answers(
            np.concatenate([one.values for one in found]),
            np.concatenate([one.counted for one in found]),
            sum(one.never for one in found),
            sum(one.beyond for one in found),
            sum(one.other for one in found),
        )

    def _estimated(self, asked: Asked) -> Estimate:
        """Return the estimate of a mean or chance on the kept paths: its error is that of the paths that count."""
        answers = self._answers(asked)
        values, n = answers.values, len(answers.values)
        if n == 0:
            found = Estimate.unknown(self._unit(asked.expression))
        elif asked.expression.is_event:
            found = self._count(int(values.sum()), n)
        else:
            variance = float(np.var(values, ddof=1)) if n > 1 else math.nan
            unit = self._unit(asked.expression)
            found = Estimate.of_moments(float(np.mean(values)), variance, n, unit, self._z, certain=self._certain)
        return replace(found, note=asked.left_out(answers))

    def _unit(self, expression: Expression) -> str:
        return expression.unit({name: outcome.unit for name, outcome in self.outcomes.items()})

    def history(self, expression: str) -> Floats:
        """Return an expression on each kept path in every month.

        Parameters
        ----------
        expression : str
            ``"gap"``, ``"sum(strength)"``, ``"gap <= 0"``.

        Returns
        -------
        float64 (month, path)
            In the unit of the expression; 1 and 0 for true and false.
        """
        parsed = parse(text("expression", expression), self.vocabulary)
        found = [parsed.evaluate(values).astype(np.float64) for values in self._pieces(parsed.names)]
        return np.concatenate(found, axis=1)

    def sample(
        self,
        expression: str,
        *,
        at: str | dt.date | int | None = None,
        by: str | dt.date | int | None = None,
        given: str | None = None,
    ) -> Floats:
        """Return an expression on each kept path: in a month, or whether it came true until then.

        Parameters
        ----------
        expression : str
            ``"gap"``, ``"strength[UKR] - strength[RUS]"``, ``"gap <= 0"``.
        at, by : str, date or int
            Exactly one of the two; ``by`` for what is true or false.
        given : str, optional
            True or false: a path on which it is false in that month has no answer.

        Returns
        -------
        float64 (path,)
            In the unit of the expression; 1 and 0 for true and false; nan where a path has no answer.
        """
        one_date(at, by, needed=True)
        if by is not None:
            self._event(expression)
        return self.answers(Question(expression, at=at, by=by, given=given).check(self.vocabulary))

    def answers(self, asked: Asked) -> Floats:
        """Return the answer to a question on each kept path, (path,); nan where a path has none."""
        found = self._answers(asked)
        values = np.full(len(found.counted), math.nan)
        values[found.counted] = found.values
        return values

    def unit_of(self, expression: str) -> str:
        """Return the unit of an outcome, ``"chance"`` for what is true or false, nothing for other expressions."""
        return self._unit(parse(text("expression", expression), self.vocabulary))

    def chance(
        self,
        expression: str,
        *,
        by: str | dt.date | int | None = None,
        at: str | dt.date | int | None = None,
        given: str | None = None,
        since: str | None = None,
    ) -> Estimate:
        """Return the chance that an expression comes true.

        Parameters
        ----------
        expression : str
            Over outcomes, true or false: ``"gap <= 0"``, ``"phase == 'ceasefire'"``.
        by : str, date or int, optional
            True in any month up to this one; the horizon if neither is given.
        at : str, date or int, optional
            True in this month.
        given : str, optional
            True or false: the chance among the paths on which it is true in the month of ``by`` or ``at``.
        since : str, optional
            True or false: ``by`` or ``at`` is a number of months, counted on each path from the first in which this
            is true. Paths on which it never is, or that end before, are left out.

        Returns
        -------
        Estimate
            With Wilson's 95 % interval; unknown if no path counts. ``note`` says how many paths are left out.

        Raises
        ------
        ResultError
            If an outcome's paths are not kept and the expression was not among ``events``, or there is a condition.
        ExpressionError
            If the expression cannot be read.
        """
        one_date(at, by)
        parsed = self._event(expression)
        asked = Question(expression, at=at, by=by, given=given, since=since).check(self.vocabulary)
        if asked.of_some:
            return self._estimated(asked)
        counts = self._followed(parsed)
        hits = int(counts.first[: asked.month + 1].sum()) if asked.by else int(counts.holds[asked.month])
        return self._count(hits, self.paths)

    def lasting(self, expression: str, *, since: str | dt.date | int) -> Estimate:
        """Return the chance that an expression is true in every month from one to the horizon."""
        month = self._month("since", since)
        return self._count(int(self._followed(self._event(expression)).lasting[month]), self.paths)

    def first_passage(self, expression: str, *, given: str | None = None) -> FirstPassage:
        """Return when an expression first comes true: counts by month, the median, the chance of never.

        With ``given``, something true or false, among the paths on which that is true at the horizon.
        """
        parsed = self._event(expression)
        if given is None:
            first, n = self._followed(parsed).first, self.paths
        else:
            condition, counts = self._event(given, "given"), Event(self.timeline.months)
            for values in self._pieces({*parsed.names, *condition.names}):
                counts.fold(parsed.evaluate(values)[:, condition.evaluate(values)[-1]])
            first, n = counts.first, int(counts.first.sum())
        never = self._count(int(first[-1]), n) if n else Estimate.unknown("chance")
        if n < self.paths:
            left = f"of {self.paths:,} paths left out: {self.paths - n:,} where {condition} is false"
            never = replace(never, note=left)
        return FirstPassage(expression, self.timeline.labels, first[:-1], never)

    def time_in(self, expression: str) -> TimeIn:
        """Return in how many months an expression is true: mean, chance of at least so many, quantiles."""
        return TimeIn(expression, self._followed(self._event(expression)).spent, self._z, self._certain)

    def survival(self, expression: str, *, begun_by: str | dt.date | int | None = None) -> Survival:
        """Return how long an expression lasts from the month in which it first comes true (Kaplan and Meier).

        Parameters
        ----------
        expression : str
            Over outcomes, true or false: ``"phase == 'ceasefire'"``. The outcomes must be kept.
        begun_by : str, date or int, optional
            Only spells that begin up to this month; the horizon if none is given.

        Returns
        -------
        Survival
            ``chance(60)`` is the chance that it lasts 60 months.

        Raises
        ------
        ResultError
            If the outcomes are not kept, or it comes true on no path in time.
        """
        parsed = self._event(expression)
        last = self.timeline.last if begun_by is None else self._month("begun_by", begun_by)
        months, horizon = self.timeline.months, self.timeline.last
        ended, lengths = np.zeros(months, np.int64), np.zeros(months, np.int64)
        for values in self._pieces(parsed.names):
            true = np.asarray(parsed.evaluate(values), dtype=np.bool_)
            true = true[:, true[: last + 1].any(axis=0)]
            begun = np.argmax(true, axis=0)
            over = ~true & (np.arange(months)[:, None] > begun)
            ends = over.any(axis=0)
            length = np.where(ends, np.argmax(over, axis=0), horizon) - begun
            lengths += np.bincount(length, minlength=months)
            ended += np.bincount(length[ends], minlength=months)
        watched = np.cumsum(lengths[::-1])[::-1]
        if not watched[0]:
            raise ResultError(Fault("expression", f"must come true by {self.timeline.label(last)}", parsed.canonical))
        return Survival(parsed.canonical, ended, watched, self.paths - int(watched[0]), self._z)

    def joint(
        self,
        one: str,
        other: str,
        *,
        by: str | dt.date | int | None = None,
        other_by: str | dt.date | int | None = None,
        given: bool = False,
    ) -> Estimate:
        """Return the chance that two expressions both come true, each by its date.

        Parameters
        ----------
        one, other : str
            Each true or false; they need not be true in the same month.
        by, other_by : str, date or int, optional
            Until when the one and the other; the horizon, and ``by``, unless given.
        given : bool
            The chance of the one among those paths in which the other comes true.

        Returns
        -------
        Estimate
            With Wilson's 95 % interval; ``n`` is the number of paths that it is taken over.

        Raises
        ------
        ResultError
            If paths are not kept and the expressions were not both among ``events``; or nothing is given.
        """
        first_of, second_of = self._event(one, "one"), self._event(other, "other")
        given, names = switch("given", given), (first_of.canonical, second_of.canonical)
        month = self.timeline.last if by is None else self._month("by", by)
        other_month = month if other_by is None else self._month("other_by", other_by)
        counts = self.summary_.pairs.get((min(names), max(names)))
        if names[0] == names[1]:
            came = np.cumsum(self._followed(first_of).first)
            hits, those = int(came[min(month, other_month)]), int(came[other_month])
        elif counts is not None:
            counts = counts if names[0] < names[1] else counts.T
            hits = int(counts[: month + 1, : other_month + 1].sum())
            those = int(counts[:, : other_month + 1].sum())
        else:
            first, second = self.sample(one, by=month) > 0.0, self.sample(other, by=other_month) > 0.0
            hits, those = int((first & second).sum()), int(second.sum())
        if given and those == 0:
            raise ResultError(Fault("given", f"{other} must come true on some path", f"none of {self.paths:,}"))
        return self._count(hits, those if given else self.paths)
