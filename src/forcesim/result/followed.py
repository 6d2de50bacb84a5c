"""What can be asked of paths: what is true when, for how long, and together with what else."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forcesim.arguments import switch, text
from forcesim.errors import Fault, ResultError
from forcesim.expression import Expression, Key, parse
from forcesim.result.estimate import Estimate
from forcesim.result.outcome import Outcome
from forcesim.result.passage import FirstPassage, TimeIn
from forcesim.summary import Event

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from forcesim.arrays import Floats
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
                    f"simulate(..., keep=[{name!r}]), or name the expression in events=[...]",
                ),
            )
        if nation is None:
            return np.asarray(self.kept[name][:, paths])
        return np.asarray(self.kept[name][:, self.outcomes[name].nations.index(nation), paths])

    def _parsed(self, expression: str) -> Expression:
        return parse(text("expression", expression), {name: outcome.term for name, outcome in self.outcomes.items()})

    def _values(self, expression: str, *, event: bool) -> Iterator[npt.NDArray[Any]]:
        """Yield an expression on the kept paths, (month, path), piece by piece: on disk there may be more than fit."""
        parsed = self._parsed(expression)
        if event and not parsed.is_event:
            raise ResultError(Fault(repr(expression), "must be true or false", "", "write gap <= 0, say"))
        for begin in range(0, self.paths, PIECE):
            piece = slice(begin, min(begin + PIECE, self.paths))
            found = parsed.evaluate({key: self._paths_of(key, piece).astype(np.float64) for key in parsed.names})
            yield np.broadcast_to(found, (self.timeline.months, piece.stop - begin))

    def _followed(self, expression: str) -> Event:
        """Return the counts of something true or false: as they were streamed, or from the kept paths."""
        expression = text("expression", expression)
        streamed = self.summary_.events.get(expression)
        if streamed is not None:
            return streamed
        event = Event(self.timeline.months)
        for true in self._values(expression, event=True):
            event.fold(np.asarray(true, dtype=np.bool_))
        return event

    def sample(
        self, expression: str, *, at: str | dt.date | int | None = None, by: str | dt.date | int | None = None
    ) -> Floats:
        """Return an expression on each kept path: in a month, or whether it came true until then.

        Parameters
        ----------
        expression : str
            ``"gap"``, ``"strength[UKR] - strength[RUS]"``, ``"gap <= 0"``.
        at, by : str, date or int
            Exactly one of both; ``by`` for what is true or false.

        Returns
        -------
        float64 (path,)
            In the unit of the expression; 1 and 0 for true and false.
        """
        if (at is None) == (by is None):
            raise ResultError(Fault("at, by", "must be given one of both"))
        if by is not None:
            month = self._month("by", by) + 1
            found = [true[:month].any(axis=0) for true in self._values(expression, event=True)]
        else:
            assert at is not None
            month = self._month("at", at)
            found = [values[month] for values in self._values(expression, event=False)]
        return np.concatenate(found).astype(np.float64)

    def unit_of(self, expression: str) -> str:
        """Return the unit of an outcome, ``"chance"`` for what is true or false, nothing for other expressions."""
        parsed = self._parsed(expression)
        if parsed.is_event:
            return "chance"
        names = {name for name, _ in parsed.names}
        units = {self.outcomes[name].unit for name in names}
        return units.pop() if len(units) == 1 and not set(expression) & set("*/") else ""

    def chance(
        self, expression: str, *, by: str | dt.date | int | None = None, at: str | dt.date | int | None = None
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

        Returns
        -------
        Estimate
            With Wilson's 95 % interval.

        Raises
        ------
        ResultError
            If an outcome's paths are not kept and the expression was not among ``events``.
        ExpressionError
            If the expression cannot be read.
        """
        if at is not None and by is not None:
            raise ResultError(Fault("at, by", "must be given one of both"))
        date = by if at is None else at
        month = self.timeline.last if date is None else self._month("by" if at is None else "at", date)
        event = self._followed(expression)
        hits = int(event.holds[month]) if at is not None else int(event.first[: month + 1].sum())
        return self._count(hits, self.paths)

    def lasting(self, expression: str, *, since: str | dt.date | int) -> Estimate:
        """Return the chance that an expression is true in every month from one to the horizon."""
        month = self._month("since", since)
        return self._count(int(self._followed(expression).lasting[month]), self.paths)

    def first_passage(self, expression: str) -> FirstPassage:
        """Return when an expression first comes true: counts by month, the median, the chance of never."""
        first = self._followed(expression).first
        never = self._count(int(first[-1]), self.paths)
        return FirstPassage(expression, self.timeline.labels, first[:-1], never)

    def time_in(self, expression: str) -> TimeIn:
        """Return in how many months an expression is true: mean, chance of at least so many, quantiles."""
        return TimeIn(expression, self._followed(expression).spent, self._z, self._certain)

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
        one, other, given = text("one", one), text("other", other), switch("given", given)
        month = self.timeline.last if by is None else self._month("by", by)
        other_month = month if other_by is None else self._month("other_by", other_by)
        counts = self.summary_.pairs.get((min(one, other), max(one, other)))
        if one == other:
            came = np.cumsum(self._followed(one).first)
            hits, those = int(came[min(month, other_month)]), int(came[other_month])
        elif counts is not None:
            counts = counts if one < other else counts.T
            hits = int(counts[: month + 1, : other_month + 1].sum())
            those = int(counts[:, : other_month + 1].sum())
        else:
            first, second = self.sample(one, by=month) > 0.0, self.sample(other, by=other_month) > 0.0
            hits, those = int((first & second).sum()), int(second.sum())
        if given and those == 0:
            raise ResultError(Fault("given", f"{other} must come true on some path", f"none of {self.paths:,}"))
        return self._count(hits, those if given else self.paths)
