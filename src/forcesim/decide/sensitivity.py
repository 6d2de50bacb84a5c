"""Which unknown matters most? Indices of every uncertain number of a scenario, with chance apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.arguments import integer, one_of
from forcesim.decide.measures import CHANCE, MEASURES, NOTHING, OTHERS, Study
from forcesim.decide.swaps import clusters
from forcesim.decide.widening import chosen, in_words, question_of, size_of, source_of
from forcesim.errors import Fault, ResultError
from forcesim.extras import needed
from forcesim.machine import progress_shown
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats
    from forcesim.decide.asking import PathQuestion
    from forcesim.machine import Progress
    from forcesim.policy import Policy
    from forcesim.result import Estimate
    from forcesim.scenario import Scenario

__all__ = ["Sensitivity", "sensitivity"]

SHOWN = 12
"""Numbers in a printed table or a picture."""

LAST = (OTHERS, CHANCE, NOTHING)
"""What stands below them."""


@dataclass(frozen=True, slots=True, repr=False)
class Sensitivity(Quotable):
    """What each uncertain number does to an answer.

    Attributes
    ----------
    outcome, when, unit, policy : str
        The question.
    method : str
        How it was looked at.
    measures : mapping of measure to mapping of input to Estimate
        ``first`` and ``total`` (shares of variance), ``shapley`` (shares that sum to 1), ``pawn`` (a distance between
        distributions, 0 to 1), or ``low``, ``high`` and ``swing`` (in the unit). Inputs are paths of numbers. Others
        are ``"chance"``, ``"all other numbers"`` and groups.
    base : Estimate
        The mean answer; with ``method="swings"`` the one with all numbers at their centre.
    months : tuple of str
        Months of :attr:`course`.
    course : mapping of input to float64 (month,)
        The share of variance over time.
    source : str
        Where a picture or table comes from.
    """

    outcome: str
    when: str
    unit: str
    policy: str
    method: str
    measures: dict[str, dict[str, Estimate]]
    base: Estimate
    months: tuple[str, ...] = ()
    course: dict[str, Floats] | None = None
    source: str = ""

    @property
    def ranking(self) -> list[str]:
        """Return the inputs, the one that matters most first."""
        measure = self.measures[list(self.measures)[-1]]
        names = list(dict.fromkeys(name for own in self.measures.values() for name in own))

        def size(name: str) -> tuple[bool, float]:
            found = measure.get(name) or next(own[name] for own in self.measures.values() if name in own)
            return name not in measure, -abs(found.value)

        return sorted(names, key=size)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row an input, the one that matters most first: each measure with its 95 % interval."""
        import pandas as pd

        rows = {}
        for name in self.ranking:
            row = rows[name] = dict[str, float]()
            for measure, values in self.measures.items():
                found = values.get(name)
                ends = (np.nan,) * 3 if found is None else (found.value, found.low, found.high)
                row |= dict(zip((measure, f"{measure}_low", f"{measure}_high"), ends, strict=True))
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("input")

    def by_month(self) -> pd.DataFrame:
        """Return shares of variance over time, (month, input), as ``every`` asked for them."""
        import pandas as pd

        return pd.DataFrame({**(self.course or {})}, index=pd.Index(self.months, name="month"))

    def figure(self) -> Figure:
        """Return the tornado: swings about the base, or bars of each measure with their intervals."""
        from forcesim.view.tornado import bars, tornado

        title = f"{self.outcome} {self.when}, {self.policy}: what matters"
        names = self.ranking
        if self.method == "swings":
            low, high = self.measures["low"], self.measures["high"]
            return tornado(
                labels=names[:SHOWN], low=[low[name] for name in names[:SHOWN]],
                high=[high[name] for name in names[:SHOWN]], base=self.base, title=title, unit=self.unit,
                source=self.source,
            )  # fmt: skip
        closely = self.measures[list(self.measures)[-1]]
        shown = [name for name in names if name in closely and name not in LAST][:SHOWN]
        shown += [name for name in LAST if name in names]
        values = {measure: [own.get(name) for name in shown] for measure, own in self.measures.items()}
        return bars(labels=shown, values=values, title=title, unit=self._unit_of_measures, source=self.source)

    def figure_by_month(self) -> Figure:
        """Return the shares of variance over time, one line an input.

        Raises
        ------
        ResultError
            If ``every`` was not given.
        """
        from forcesim.view.shares_by_month import shares_by_month

        if not self.course or len(self.months) < 2:
            raise ResultError(Fault("figure_by_month", "needs shares over time", "", "sensitivity(..., every=12)"))
        title = f"{self.outcome}, {self.policy}: what matters when"
        measure = list(self.measures)[-1]
        return shares_by_month(
            months=self.months, courses=self.course, title=title, measure=measure, source=self.source
        )  # fmt: skip

    @property
    def _unit_of_measures(self) -> str:
        return {"pawn": "distance between distributions", "swings": self.unit}.get(self.method, "share of variance")

    def _caption(self) -> str:
        return f"{self.outcome} {self.when}, {self.policy}: {self.base}; {self.method}, {self._unit_of_measures}"

    def _cells(self) -> list[list[str]]:
        digits = None if self.method == "swings" else 3
        rows = [["input", *self.measures]]
        names = self.ranking
        shown = [name for name in names if name not in LAST][:SHOWN] + [name for name in LAST if name in names]
        for name in shown:
            found = [values.get(name) for values in self.measures.values()]
            rows.append([name, *("" if one is None else one.quoted(digits) for one in found)])
        return rows


def sensitivity(
    scenario: Scenario,
    policy: str | Policy | Sequence[str | Policy] | None = None,
    outcome: str = "gap",
    *,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
    method: str = "sobol",
    inputs: str | Sequence[str] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    fixed: Mapping[str, tuple[float, float]] | Sequence[str] | None = None,
    most: int = 8,
    every: int | None = None,
    paths: int = 4_096,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Sensitivity:
    """Find which uncertain numbers an answer depends on, and how much of it is chance.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policy : str, Policy or sequence of them, optional
        As in :func:`forcesim.simulate`.
    outcome : str
        An outcome, a number made of some, or something true or false, whose chance is looked at.
    at, by : str, date or int
        The month, as in :func:`forcesim.compare`.
    method : {"sobol", "shapley", "pawn", "swings"}
        ``"sobol"``: first indices of all numbers from one run, total indices of those that lead.
        ``"shapley"``: shares that sum to 1; correlated numbers each have their own.
        ``"pawn"``: how far the whole distribution moves (extra ``forcesim[sensitivity]``).
        ``"swings"``: the answer at the 5 % and 95 % quantile of one number at a time.
    inputs : str or sequence of str, optional
        Numbers to look at closely, by path; ``"conflict.*"`` takes all that begin so. Unless given the ``most`` with
        the largest totals in short runs. All others are one input more, so that it is seen what they do together.
    groups : mapping of name to sequence of str, optional
        Numbers that are looked at together.
    fixed : mapping of path to (low, high), or sequence of str, optional
        Numbers that are fixed by assumption and take part, uniform over the range; without one, over all that is
        admissible.
    most : int
        How many inputs are looked at closely.
    every : int, optional
        Months between those of which the shares are given too; the date's alone unless given.
    paths : int
        Paths of each run. ``"sobol"`` and ``"shapley"`` make about ``most + 3`` runs, ``"swings"`` ``2 most + 2``, and
        one more for each 32 inputs to choose from; ``"pawn"`` makes one.
    seed, threads, progress
        As in :func:`forcesim.simulate`; threads change no result.

    Returns
    -------
    Sensitivity
        Each measure with its 95 % interval.

    Raises
    ------
    ResultError
        If an argument is not admissible, a package is missing, or nothing is uncertain.

    Notes
    -----
    Uncertain numbers are sampled plainly. Correlated numbers count as one input for ``"sobol"``; a first index or
    distance of one of them alone would hold what it tells of the others. With ``"swings"`` they move together.

    Source
    ------
    Saltelli, A. et al. (2008), Global Sensitivity Analysis: The Primer. Estimators: :mod:`forcesim.decide.indices`.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed = fs.load("seed-figures")
    >>> strength = {"nations.UKR.army.strength": (9e5, 11e5), "nations.RUS.army.strength": (14e5, 16e5)}
    >>> found = fs.sensitivity(seed, "status-quo", "gap", at="2025-06", fixed=strength, paths=512)
    >>> [round(found.measures["total"][name].value, 1) for name in strength]
    [0.5, 0.5]
    """
    method, size = one_of("method", method, MEASURES), size_of(paths, seed, threads)
    most = integer("most", most, least=1)
    if method == "pawn":
        needed("sensitivity(method='pawn')", "SALib")
    question = question_of(scenario, policy, outcome, at=at, by=by, fixed=fixed, seed=size.seed, every_month=True)
    if not question.sampler.distributions:
        remedy = "fixed={path: (low, high)} lets fixed numbers take part"
        raise ResultError(Fault("scenario", "must have uncertain numbers", "", remedy))
    step = question.last + 1 if every is None else integer("every", every, least=1)
    months = tuple(range(question.last, 0, -step))[::-1] or (question.last,)
    if method == "pawn" and groups:
        raise ResultError(Fault("groups", "must not be given with method 'pawn'", "", "a distance is of one number"))
    known = _groups(question, groups, single=method != "sobol")
    wanted = () if inputs is None else tuple(_wanted(inputs, known, list(question.sampler.distributions)))
    done = 0
    with progress_shown(progress, most + 3, "runs") as show:

        def told(_: str) -> None:
            nonlocal done
            show(min(done, most + 3), most + 3)
            done += 1

        found = MEASURES[method](Study(question, known, wanted, most, months, size, told))
    return Sensitivity(
        outcome=question.expression.text,
        when=question.when,
        unit=question.unit,
        policy=in_words(question),
        method=method,
        measures=found.measures,
        base=found.base,
        months=tuple(question.plan.timeline.labels[month] for month in months) if found.course else (),
        course=found.course or None,
        source=source_of(question, size.paths),
    )


def _groups(question: PathQuestion, groups: Any, *, single: bool) -> dict[str, tuple[int, ...]]:
    """Return all inputs: groups of the caller, numbers that are correlated with each other, single numbers."""
    names = list(question.sampler.distributions)
    found, taken = dict[str, tuple[int, ...]](), set[str]()
    for name, given in (groups or {}).items():
        own = chosen(f"groups: {name}", given, names)
        twice = taken.intersection(own)
        if twice:
            raise ResultError(Fault(f"groups: {name}", "must share no number with another group", min(twice)))
        taken.update(own)
        found[name] = tuple(names.index(one) for one in own)
    drawn = question.sampler
    tied = [] if single or not drawn.tied else clusters(drawn.tied, drawn.root)
    for group in tied:
        own = [names[number] for number in group]
        if len(group) > 1 and not taken.intersection(own):
            found[" + ".join(own)] = tuple(group)
            taken.update(own)
        elif taken.intersection(own) and not any(set(group) <= set(have) for have in found.values()):
            apart = next(one for one in own if one not in taken)
            raise ResultError(Fault("groups", "must hold all numbers that are correlated", "", f"add {apart}"))
    return found | {name: (place,) for place, name in enumerate(names) if name not in taken}


def _wanted(inputs: Any, known: Mapping[str, tuple[int, ...]], names: list[str]) -> list[str]:
    """Return the inputs that hold the numbers that a caller named."""
    given = [inputs] if isinstance(inputs, str) else list(inputs)
    direct = [name for name in given if name in known]
    numbers = {names.index(one) for one in chosen("inputs", [one for one in given if one not in known], names)}
    return [name for name, own in known.items() if name in direct or numbers.intersection(own)]
