"""Which process or nation makes the spread? The variance of an answer, divided among the draws behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import integer, one_of
from forcesim.decide.indices import beyond, left, shared
from forcesim.decide.measures import share_of
from forcesim.decide.swaps import Player, Swaps, streams_by
from forcesim.decide.widening import in_words, question_of, size_of, source_of
from forcesim.errors import Fault, ResultError
from forcesim.machine import progress_shown
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats
    from forcesim.decide.asking import PathQuestion
    from forcesim.decide.widening import Size
    from forcesim.machine import Progress
    from forcesim.policy import Policy
    from forcesim.result import Estimate
    from forcesim.scenario import Scenario

__all__ = ["Decomposition", "decompose"]

PARTS = {"process": 0, "nation": 1}
"""Which part of an address a draw is told apart by."""

NUMBERS, INTERACTION = "uncertain numbers", "interaction"

SCREEN = 8
"""The paths of a run over those with which parts are screened."""


@dataclass(frozen=True, slots=True, repr=False)
class Decomposition(Quotable):
    """The variance of an answer, by where it comes from.

    Attributes
    ----------
    outcome, when, unit, policy, by : str
        The question, and what its chance is divided by.
    alone : mapping of part to Estimate
        The share of variance of each part by itself; ``"interaction"`` is what parts have together only. They sum to 1.
    total : mapping of part to Estimate
        The share that would go if the part were known, interaction included.
    standard_deviation : float
        Of the answer, in its unit.
    source : str
        Where a picture or table comes from.
    """

    outcome: str
    when: str
    unit: str
    policy: str
    by: str
    alone: dict[str, Estimate]
    total: dict[str, Estimate]
    standard_deviation: float
    source: str = ""

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a part, the largest first: both shares with their 95 % intervals."""
        import pandas as pd

        rows = {}
        for name, one in self.alone.items():
            row = {"alone": one.value, "alone_low": one.low, "alone_high": one.high}
            whole = self.total.get(name)
            ends = (np.nan,) * 3 if whole is None else (whole.value, whole.low, whole.high)
            rows[name] = row | dict(zip(("total", "total_low", "total_high"), ends, strict=True))
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis(self.by)

    def figure(self) -> Figure:
        """Return a bar for each part: its share alone and in total, with 95 % intervals."""
        from forcesim.view.tornado import bars

        names = list(self.alone)
        values: dict[str, list[Estimate | None]] = {
            "alone": [self.alone.get(name) for name in names],
            "total": [self.total.get(name) for name in names],
        }
        title = f"{self.outcome} {self.when}, {self.policy}: where the spread comes from"
        return bars(labels=names, values=values, title=title, unit="share of variance", source=self.source)

    def _caption(self) -> str:
        spread = f"standard deviation {self.standard_deviation:,.4g} {self.unit}"
        return f"{self.outcome} {self.when}, {self.policy}: {spread}; shares of its variance by {self.by}"

    def _cells(self) -> list[list[str]]:
        rows = [[self.by, "alone", "total"]]
        for name, one in self.alone.items():
            rows.append([name, one.quoted(3), self.total[name].quoted(3) if name in self.total else ""])
        return rows


def decompose(
    scenario: Scenario,
    policy: str | Policy | Sequence[str | Policy] | None = None,
    outcome: str = "gap",
    *,
    at: str | dt.date | int | None = None,
    by_date: str | dt.date | int | None = None,
    by: str = "process",
    most: int = 10,
    paths: int = 2_048,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Decomposition:
    """Divide the variance of an answer among the chance in each process or nation, and the uncertain numbers.

    Each draw has an address, so the draws of one part can be drawn again while everything else stays (its total), or
    stay while everything else is drawn again (its share alone).

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policy : str, Policy or sequence of them, optional
        As in :func:`forcesim.simulate`.
    outcome : str
        An outcome, a number made of some, or something true or false.
    at, by_date : str, date or int
        The month of the value, or the last month of any for something true or false.
    by : {"process", "nation"}
        What the chance is divided by. Draws of no nation are ``"world"``.
    most : int
        Parts that stand by themselves; with more, those of the largest totals in a shorter run, the others together.
    paths : int
        Paths of each run; there are two for each part.
    seed, threads, progress
        As in :func:`forcesim.simulate`; threads change no result.

    Returns
    -------
    Decomposition
        Shares alone, which sum to 1 with the interaction, and total shares.

    Raises
    ------
    ResultError
        If an argument is not admissible, or every path is the same.

    Source
    ------
    Sobol, I. M. (2001), Global sensitivity indices for nonlinear mathematical models and their Monte Carlo estimates,
    Mathematics and Computers in Simulation 55, 271-280. Estimators: :mod:`forcesim.decide.indices`.

    Examples
    --------
    >>> import forcesim as fs
    >>> uncertain = {"uniform": [9e5, 11e5], "assumption": "an example"}
    >>> seed = fs.load("seed-figures").with_values({"nations.UKR.army.strength": uncertain})
    >>> found = fs.decompose(seed, "status-quo", "gap", at="2025-06", paths=256)
    >>> round(found.alone["uncertain numbers"].value, 6)
    1.0
    """
    by, most, size = one_of("by", by, PARTS), integer("most", most, least=1), size_of(paths, seed, threads)
    question = question_of(scenario, policy, outcome, at=at, by=by_date, seed=size.seed)
    if question.certain:
        raise ResultError(Fault("scenario", "must have chance or uncertain numbers", "", "every path is the same"))
    parts = _parts(question, by)
    runs = 2 * min(len(parts), most + 1) + 2
    with progress_shown(progress, runs, "runs") as show:
        if len(parts) > most + 1:
            parts = _screened(question, parts, most, size)
        swaps, every = Swaps(question, parts), range(len(parts))
        base = swaps.on_all(every, size.paths, size.threads)
        if not base.std() > 0.0:
            remedy = "more paths, another date"
            raise ResultError(Fault(repr(outcome), "must differ between paths", f"{base[0]:g} on all", remedy))
        apart = swaps.on_all((), size.paths, size.threads)
        alone: list[Floats] = []
        total: list[Floats] = []
        for place in every:
            others = [one for one in every if one != place]
            alone.append(swaps.on_all([place], size.paths, size.threads))
            total.append(swaps.on_all(others, size.paths, size.threads))
            show(2 * place + 4, runs)
    by_part = {
        part.name: (share_of(shared(base, a, apart), size.paths), share_of(left(base, t), size.paths))
        for part, a, t in zip(parts, alone, total, strict=True)
    }
    ranked = sorted(by_part, key=lambda name: -by_part[name][1].value)
    return Decomposition(
        outcome=question.expression.text,
        when=question.when,
        unit=question.unit,
        policy=in_words(question),
        by=by,
        alone={name: by_part[name][0] for name in ranked}
        | {INTERACTION: share_of(beyond(base, alone, apart), size.paths)},
        total={name: by_part[name][1] for name in ranked},
        standard_deviation=float(base.std(ddof=1)),
        source=source_of(question, size.paths),
    )


def _parts(question: PathQuestion, by: str) -> list[Player]:
    """Return all that differs between paths, in parts."""
    streams = streams_by(question.plan, PARTS[by]) if question.scenario.noise else {}
    parts = [Player(name, streams=own) for name, own in streams.items()]
    numbers = tuple(range(len(question.sampler.distributions)))
    return [*parts, Player(NUMBERS, numbers)] if numbers else parts


def _screened(question: PathQuestion, parts: list[Player], most: int, size: Size) -> list[Player]:
    """Return the parts with the largest totals in a shorter run, and all others as one part."""
    swaps, every, paths = Swaps(question, parts), range(len(parts)), max(256, size.paths // SCREEN)
    base = swaps.on_all(every, paths, size.threads)
    totals = []
    for place in every:
        moved = swaps.on_all([one for one in every if one != place], paths, size.threads)
        totals.append(float(((base - moved) ** 2).mean()))
    first = sorted(every, key=lambda place: -totals[place])[:most]
    rest = [parts[place] for place in every if place not in first]
    together: dict[tuple[int, int], tuple[int, ...]] = {}
    for part in rest:
        for key, places in part.streams.items():
            together[key] = (*together.get(key, ()), *places)
    numbers = tuple(number for part in rest for number in part.numbers)
    return [*(parts[place] for place in sorted(first)), Player(f"{len(rest)} others", numbers, together)]
