"""Which of many policies is the best? Paths go where that is open; the chance of a right choice is stated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import each, finite, integer, one_of, paths_of, seed_of, shown, text
from forcesim.decide.alternatives import alternatives
from forcesim.decide.futures import Futures
from forcesim.decide.kim_nelson import KimNelson
from forcesim.errors import Fault, ResultError
from forcesim.machine import progress_shown, threads_here
from forcesim.manifest import versions
from forcesim.question import Question, one_date
from forcesim.result import Estimate
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats
    from forcesim.engine import Progress
    from forcesim.policy import Policy
    from forcesim.question import Asked
    from forcesim.scenario import Scenario

__all__ = ["Selection", "select"]

GROWTH = 4
"""Each batch is a quarter of the paths so far, and 256 at least."""

LEAST = 256


@dataclass(frozen=True, slots=True, repr=False)
class Selection(Quotable):
    """The best of several policies.

    Attributes
    ----------
    best : str
        The one that is selected.
    decided : bool
        Whether the stated confidence is reached; else ``best`` is only ahead, and ``left`` are still in it.
    confidence, indifference : float
        The chance of a right selection, where the best is ahead by the indifference zone or more.
    outcome, when, unit : str
        What is compared.
    values : mapping of policy to Estimate
        Mean of each on the paths that it was given. Those that were dropped early are known less well.
    left : tuple of str
        Those that were not dropped.
    needed : int
        Paths on which those left are told apart for certain; 0 if it is decided.
    source : str
        Where a table comes from.
    """

    best: str
    decided: bool
    confidence: float
    indifference: float
    outcome: str
    when: str
    unit: str
    values: dict[str, Estimate]
    left: tuple[str, ...]
    needed: int
    source: str = ""

    @property
    def paths(self) -> int:
        """Return how many paths were spent in all."""
        return sum(value.n for value in self.values.values())

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a policy: mean, error, 95 % interval, paths spent on it, whether it is left."""
        import pandas as pd

        rows = [
            {
                "policy": name,
                "value": value.value,
                "error": value.error,
                "low": value.low,
                "high": value.high,
                "paths": value.n,
                "left": name in self.left,
            }
            for name, value in self.values.items()
        ]
        return pd.DataFrame(rows).set_index("policy")

    def figure(self) -> Figure:
        """Return the picture: the mean of each policy, and the paths that it was given."""
        from forcesim.view.selected import selected

        return selected(
            labels=list(self.values),
            values=list(self.values.values()),
            paths=[value.n for value in self.values.values()],
            best=self.best,
            title=f"{self.outcome} {self.when}",
            unit=self.unit,
            source=self.source,
        )

    def _caption(self) -> str:
        sure = f"selected with a chance of at least {100 * self.confidence:g} % of being right"
        zone = f"if it is ahead by {self.indifference:g} or more"
        said = f"{sure}, {zone}" if self.decided else f"ahead, but not decided; about {self.needed:,} paths would do"
        return f"{self.outcome} {self.when}: {self.best} is {said}"

    def _cells(self) -> list[list[str]]:
        rows = [["policy", "value", "paths", ""]]
        for name, value in self.values.items():
            word = "selected" if name == self.best and self.decided else "left" if name in self.left else "dropped"
            rows.append([name, value.quoted(), f"{value.n:,}", word])
        return rows


def select(
    scenario: Scenario | Mapping[str, Scenario] | Iterable[Scenario],
    policies: Sequence[str | Policy | Sequence[str | Policy]] | None = None,
    outcome: str = "gap",
    *,
    indifference: float,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
    better: str = "more",
    confidence: float = 0.95,
    first: int = 256,
    most: int = 100_000,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Selection:
    """Select the best of several policies, with a stated chance of being right, on as few paths as that takes.

    All run on common futures. After each batch of paths those that are behind by too much are dropped, so that paths go
    where the decision is open.

    Parameters
    ----------
    scenario, policies, outcome, at, by
        As in :func:`forcesim.compare`.
    indifference : float
        The least difference that matters, in the unit of the outcome, above 0.
    better : {"more", "less"}
        Which is better.
    confidence : float
        Least chance of selecting the best, where it is ahead by ``indifference`` or more.
    first : int
        Paths of each before any is dropped, at least 64: their variances count from then on.
    most : int
        Paths of each at most. Where these do not decide, the result says so.
    seed, threads, progress
        As in :func:`forcesim.simulate`.

    Returns
    -------
    Selection

    Raises
    ------
    PolicyError
        If there are fewer than two to compare, or one comes twice, or one cannot be applied.
    ResultError
        If the paths depend on each other (``sampling.design`` is not plain), or an argument is not admissible.

    Source
    ------
    Kim, S.-H. and Nelson, B. L. (2001), ACM Transactions on Modeling and Computer Simulation 11(3), 251-273.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed, names = fs.load("seed-figures"), ["status-quo", "europe-100k", "europe-150k"]
    >>> fs.select(seed, names, "gap", at="2030-12", better="less", indifference=1_000).best
    'europe-150k'
    """
    indifference, outcome, better, confidence, first, most, seed, threads = each(
        lambda: finite("indifference", indifference, above=0),
        lambda: text("outcome", outcome),
        lambda: one_of("better", better, ("more", "less")),
        lambda: finite("confidence", confidence),
        lambda: integer("first", first, least=64),
        lambda: paths_of(most, least=64),
        lambda: seed_of(seed),
        lambda: threads_here() if threads is None else integer("threads", threads, least=1),
    )
    under = alternatives(scenario, policies).scenarios
    if not 1.0 / len(under) < confidence < 1.0:
        rule = f"must lie between {1 / len(under):.3g}, which chance gives, and 1"
        raise ResultError(Fault("confidence", rule, shown(confidence), "0.95, say"))
    one_date(at, by, needed=True)
    for name, one in under.items():
        if one.sampling.design != "plain" and one.uncertain():
            found = f"sampling.design {one.sampling.design!r} of {name}"
            raise ResultError(Fault("scenario", "needs independent paths", found, "set sampling.design to plain"))
    futures = {name: Futures(one, seed=seed, paths=most, threads=1) for name, one in under.items()}
    questions = {name: Question(outcome, at=at, by=by).check(one.plan.vocabulary) for name, one in futures.items()}
    sign = 1.0 if better == "more" else -1.0
    with progress_shown(progress, most, "paths") as show:
        race = _Race(list(futures.values()), list(questions.values()), sign, threads)
        race.run(min(first, most), most, indifference, confidence, show)
    return race.selection(list(under), outcome, confidence, indifference, seed)


class _Race:
    """Alternatives on common futures, until one is left."""

    def __init__(self, futures: list[Futures], questions: list[Asked], sign: float, threads: int) -> None:
        """Begin with no path."""
        self.futures, self.questions, self.sign, self.threads = futures, questions, sign, threads
        self.answers: list[list[Floats]] = [[] for _ in futures]
        self.race: KimNelson

    def run(self, first: int, most: int, indifference: float, confidence: float, show: Progress) -> None:
        """Go on until one is left, or the most paths are done."""
        every = list(range(len(self.futures)))
        self.race = KimNelson(self._more(every, 0, first), indifference, confidence)
        show(first, most)
        while not self.race.decided and self.race.paths < most:
            batch = max(LEAST, self.race.paths // GROWTH // LEAST * LEAST)
            batch = min(batch, most - self.race.paths)
            self.race.take(self._more(self.race.left, self.race.paths, batch))
            show(self.race.paths, most)
        show(most, most)

    def _more(self, which: list[int], first: int, count: int) -> Floats:
        """Return the answers of some alternatives on further paths, (alternative, path); more is better."""

        def one(place: int) -> Floats:
            (found,) = self.futures[place].answers([self.questions[place]], first=first, count=count)
            return np.asarray(found)

        with ThreadPoolExecutor(self.threads, thread_name_prefix="forcesim") as pool:
            found = list(pool.map(one, which))
        for place, answers in zip(which, found, strict=True):
            self.answers[place].append(answers)
        return self.sign * np.stack(found)

    def selection(self, names: list[str], outcome: str, confidence: float, indifference: float, seed: int) -> Selection:
        """Return what was found."""
        asked, race = self.questions[0], self.race
        units = {one.name: one.unit for one in self.futures[0].plan.outcomes}
        unit = asked.expression.unit(units)
        values = {}
        for name, parts, futures in zip(names, self.answers, self.futures, strict=True):
            sample = np.concatenate(parts)
            if unit == "chance":
                values[name] = Estimate.of_count(int(sample.sum()), len(sample), certain=futures.certain)
            else:
                variance = float(np.var(sample, ddof=1))
                mean = float(np.mean(sample))
                values[name] = Estimate.of_moments(mean, variance, len(sample), unit, certain=futures.certain)
        needed = 0 if race.decided else int(race.needed[np.ix_(race.left, race.left)].max()) + 1
        version, scenario = versions()["forcesim"], self.futures[0].scenario.name
        return Selection(
            best=names[race.best],
            decided=race.decided,
            confidence=confidence,
            indifference=indifference,
            outcome=outcome,
            when=asked.when,
            unit=unit,
            values=values,
            left=tuple(names[place] for place in race.left),
            needed=needed,
            source=f"forcesim {version}: {scenario}; seed {seed}, the same futures for all policies",
        )
