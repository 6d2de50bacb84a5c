"""One answer as precisely as time allows: a choice of methods, each with the gain that was measured."""

from __future__ import annotations

import dataclasses
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.arguments import each, finite, integer, one_of, seed_of, shown
from forcesim.decide.asking import PathQuestion
from forcesim.decide.methods import FAR, PILOT, Control, Found, Method, Plain, Sobol, pilot
from forcesim.decide.splitting import Splitting
from forcesim.engine.precision import looks
from forcesim.errors import Fault, ResultError
from forcesim.machine import threads_here
from forcesim.manifest import versions
from forcesim.result import Estimate
from forcesim.result.estimate import NORMAL_95
from forcesim.scenario import asked as scenario_under
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.decide.methods import Pilot
    from forcesim.policy import Policy
    from forcesim.scenario import Scenario

    Date = str | dt.date | int | None
    Policies = str | Policy | Sequence[str | Policy] | None

__all__ = ["METHODS", "Advice", "Answer", "estimate", "plan_precision"]

METHODS: dict[str, type[Method]] = {method.name: method for method in (Plain, Control, Sobol, Splitting)}
"""The methods by name."""

GONE = {
    "antithetic": "pairs of mirrored paths were worth 0.7 to 0.9 times plain paths of the same time",
    "twin": "a second path without noise was worth 0.3 to 0.4 times plain paths of the same time",
}
"""Methods of earlier releases that went, and the measurement that decided it (docs/decisions/0009-methods.md)."""

FEW = 100
"""Below so many effective hits an interval by normal theory is not to be trusted."""

ADVISED = 8192
"""Paths with which each method is tried before one is advised."""

RARE = 0.01
"""Below this chance splitting is tried too."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """An estimate, how it was made, and what the method was worth.

    Attributes
    ----------
    question, when : str
        What was asked, and of which month.
    estimate : Estimate
        Value, standard error, 95 % interval, paths, unit.
    method : str
        One of the methods of :mod:`forcesim.decide.methods`.
    efficiency : float
        Variance times time of plain paths over that of this method, both measured in this run. With efficiency 3 plain
        paths need three times the time for the same error.
    seconds : float
        The run took, without its pilot.
    pilot_seconds : float
        The pilot took.
    effective : int
        Independent observations behind the interval: paths, or what weights leave of them.
    hangs_on : mapping of str to float
        The uncertain numbers and coordinates of chance that the pilot found, with the size of their correlation with
        the answer (or with how far it is from coming true).
    reached : bool or None
        Whether the half-width that was asked for is reached; None if there was none.
    """

    question: str
    when: str
    estimate: Estimate
    method: str
    efficiency: float
    seconds: float
    pilot_seconds: float
    effective: int
    hangs_on: dict[str, float]
    reached: bool | None = None

    @property
    def value(self) -> float:
        """Return the value."""
        return self.estimate.value

    @property
    def error(self) -> float:
        """Return the standard error."""
        return self.estimate.error

    def __repr__(self) -> str:
        """Return a line that one can quote, and what it depends on."""
        lines = [f"{self.question} {self.when}: {self.estimate}"]
        lines.append(f"  by {self.method}, worth {self.efficiency:.3g} times the plain paths of the same time")
        if self.estimate.unit == "chance" and self.effective < FEW:
            lines.append(f"  only {self.effective} effective observations: the interval is rough")
        strongest = sorted(self.hangs_on.items(), key=lambda item: -item[1])[:5]
        lines += [f"  depends on {name} ({size:.2f})" for name, size in strongest]
        return "\n".join(lines)


def estimate(
    scenario: Scenario,
    question: str,
    *,
    at: Date = None,
    by: Date = None,
    policy: Policies = None,
    method: str = "plain",
    paths: int = 16_384,
    half_width: float | None = None,
    seed: int = 2025,
    threads: int | None = None,
) -> Answer:
    """Estimate one number of a scenario by a chosen method, and measure what the method is worth.

    Parameters
    ----------
    scenario : Scenario
        What to simulate; its uncertain numbers are laid out by the method, whatever its own design.
    question : str
        An outcome or expression (``"gap"``: its mean) or something true or false (``"gap <= 0"``: its chance).
    at, by : str, date or int
        The month; for what is true or false ``by`` asks whether it came true in any month until then (the horizon
        unless given).
    policy : str, Policy or sequence of them, optional
        Policies to apply first.
    method : {"plain", "control", "sobol", "splitting"}
        See :mod:`forcesim.decide.methods`; :func:`plan_precision` advises.
    paths : int
        At least 2, rounded up to whole steps of the method (256 to 8,192); with ``half_width`` the most.
    half_width : float, optional
        Go on until the 95 % interval is as narrow: looks at 16,384 paths and each doubling, with intervals that are
        honest however often one looks (see :class:`forcesim.Precision`).
    seed, threads
        As in :func:`forcesim.simulate`.

    Returns
    -------
    Answer
        The value is the same on any number of threads; ``efficiency`` and seconds are measured.

    Raises
    ------
    ResultError
        If an argument is not admissible, or a method cannot do it.
    ExpressionError
        If the question cannot be read.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed = fs.load("seed-figures")
    >>> answer = fs.estimate(seed, "gap", at="2026-12", method="plain", paths=512)
    >>> answer.value, answer.estimate.unit
    (500000.0, 'persons')
    """
    method, paths, half_width, seed, threads = _checked(method, paths, half_width, seed, threads)
    asked = _asked(scenario, question, at, by, policy, seed)
    threads = threads or threads_here()
    begun = time.perf_counter()
    learnt = pilot(asked, threads)
    pilot_seconds = time.perf_counter() - begun
    return _answer(asked, learnt, method, paths, half_width, threads, pilot_seconds)


def _answer(
    asked: PathQuestion,
    learnt: Pilot,
    method: str,
    paths: int,
    half_width: float | None,
    threads: int,
    pilot_seconds: float,
) -> Answer:
    """Run a method, and put its estimate into an answer."""
    begun = time.perf_counter()
    running = METHODS[method](asked, learnt, threads)
    looked, z = looks(paths) if half_width is not None else ([paths], NORMAL_95)
    reached: bool | None = None
    for look in looked:
        running.up_to(look)
        found = running.found()
        result = _interval(found, asked.unit, z, certain=asked.certain)
        reached = None if half_width is None else result.high - result.low <= 2.0 * half_width
        if reached:
            break
    seconds = time.perf_counter() - begun
    if method != "plain":  # a plain path is timed before and after: machines are not quiet
        plain = METHODS["plain"](asked, learnt, threads)
        again = time.perf_counter()
        asked.spread(FAR, PILOT, threads, plain.work)
        plain_seconds = 0.5 * (learnt.seconds + (time.perf_counter() - again) / PILOT)
    else:
        plain_seconds = seconds / found.n
    own = found.error**2 * seconds
    efficiency = found.variance * plain_seconds / own if own > 0.0 else math.nan
    return Answer(
        asked.expression.text, asked.when, result, method, efficiency, seconds, pilot_seconds, found.effective,
        learnt.correlations, reached,
    )  # fmt: skip


def _asked(scenario: Scenario, question: str, at: Date, by: Date, policy: Policies, seed: int) -> PathQuestion:
    return PathQuestion(scenario_under(scenario, policy), question, at=at, by=by, seed=seed)


def _interval(found: Found, unit: str, z: float, *, certain: bool) -> Estimate:
    """Return the estimate with its interval: Student's where the error comes from few replicates.

    A chance that shows no spread (no path, or every path, is an instance) has no measured error: Wilson's interval
    then, about the value. An answer that is ``certain`` has no error.
    """
    from scipy.special import ndtr, stdtrit

    if unit == "chance" and found.error == 0.0 and not certain:
        n = max(found.effective, 1)
        return dataclasses.replace(Estimate.of_count(round(found.value * n), n, z), value=found.value)
    width = float(stdtrit(found.freedom, ndtr(z))) if math.isfinite(found.freedom) else z
    low, high = found.value - width * found.error, found.value + width * found.error
    if unit == "chance":
        low, high = max(low, 0.0), min(high, 1.0)
    return Estimate(found.value, found.error, low, high, found.n, unit)


def _method(method: Any) -> str:
    """Return a method's name; one of an earlier release is told why it went."""
    if isinstance(method, str) and method in GONE:
        remedy = f"{GONE[method]}; take 'control' or 'sobol'"
        raise ResultError(Fault("method", "was taken out", repr(method), remedy))
    return one_of("method", method, METHODS)


def _checked(method: Any, paths: Any, half_width: Any, seed: Any, threads: Any) -> list[Any]:
    """Return arguments as they are worked with; refuse them before any work starts."""
    most = METHODS[method].most if isinstance(method, str) and method in METHODS else Method.most

    def between() -> int:
        found = integer("paths", paths)
        if not 2 <= found <= most:
            raise ResultError(Fault("paths", f"must lie in [2, {most:,}]", shown(found)))
        return found

    return each(
        lambda: _method(method),
        between,
        lambda: None if half_width is None else finite("half_width", half_width, above=0),
        lambda: seed_of(seed),
        lambda: None if threads is None else integer("threads", threads, least=1),
    )


@dataclass(frozen=True, slots=True, repr=False)
class Advice(Quotable):
    """What each method would need for a precision.

    Attributes
    ----------
    answers : mapping of method to Answer
        Of the trial runs.
    half_width : float
        Of the 95 % interval that is wanted.
    refused : mapping of method to str
        Methods that cannot do it, and why.
    source : str
        Where a picture comes from.
    """

    answers: dict[str, Answer]
    half_width: float
    refused: dict[str, str]
    source: str = ""

    def paths_for(self, method: str) -> int:
        """Return the paths that a method needs, at least one step of it."""
        answer = self.answers[one_of("method", method, self.answers)]
        wanted = (NORMAL_95 * answer.error / self.half_width) ** 2
        step = METHODS[method].step
        return max(step, math.ceil(answer.estimate.n * wanted / step) * step)

    def seconds_for(self, method: str) -> float:
        """Return the seconds that they take on this machine, pilot included."""
        answer = self.answers[one_of("method", method, self.answers)]
        return answer.pilot_seconds + answer.seconds * self.paths_for(method) / answer.estimate.n

    @property
    def best(self) -> str:
        """Return the method that is there first (plain if nothing tells them apart)."""
        usable = [name for name, answer in self.answers.items() if answer.efficiency > 0.0] or list(self.answers)
        return min(usable, key=self.seconds_for)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a method: value, error, efficiency, paths and seconds for the precision."""
        import pandas as pd

        rows = [
            {
                "method": name,
                "value": answer.value,
                "error": answer.error,
                "efficiency": answer.efficiency,
                "paths": self.paths_for(name),
                "seconds": self.seconds_for(name),
            }
            for name, answer in self.answers.items()
        ]
        return pd.DataFrame(rows).set_index("method")

    def figure(self) -> Figure:
        """Return the picture: each method's estimate in its trial, and the seconds that it needs."""
        from forcesim.view.method_costs import method_costs

        names = list(self.answers)
        one = self.answers[names[0]]
        return method_costs(
            labels=names,
            values=[self.answers[name].estimate for name in names],
            seconds=[self.seconds_for(name) for name in names],
            worth=[self.answers[name].efficiency for name in names],
            best=self.best,
            title=f"{one.question} {one.when}: 95 % interval of ± {self.half_width:,g}",
            unit=one.estimate.unit,
            source=self.source,
        )

    def _cells(self) -> list[list[str]]:
        rows = [["method", "estimate", "efficiency", "paths needed", "seconds needed"]]
        for name, answer in self.answers.items():
            shown = str(answer.estimate).split(" (")[0]
            needed = f"{self.paths_for(name):,}", f"{self.seconds_for(name):,.1f}"
            rows.append([name, shown, f"{answer.efficiency:.2f}", *needed])
        rows += [[name, "-", "-", "-", why] for name, why in self.refused.items()]
        return rows

    def _caption(self) -> str:
        one = next(iter(self.answers.values()))
        return f"{one.question} {one.when}, 95 % interval of ± {self.half_width:g}: take {self.best!r}"


def plan_precision(
    scenario: Scenario,
    question: str,
    *,
    half_width: float,
    at: Date = None,
    by: Date = None,
    policy: Policies = None,
    paths: int = ADVISED,
    seed: int = 2025,
    threads: int | None = None,
) -> Advice:
    """Try every method on a question, and tell what each needs for a wanted precision.

    Parameters
    ----------
    scenario, question, at, by, policy, seed, threads
        As in :func:`estimate`.
    half_width : float
        Of the 95 % interval that is wanted, in the unit of the answer.
    paths : int
        With which each method is tried. Splitting is tried where the pilot's chance is below 0.01.

    Returns
    -------
    Advice
        Prints as a table; ``advice.best`` is the method that is there first.

    Raises
    ------
    ResultError, ExpressionError
        As :func:`estimate`.

    Examples
    --------
    >>> import forcesim as fs
    >>> advice = fs.plan_precision(fs.load("seed-figures"), "gap", at="2026-12", half_width=1_000.0, paths=512)
    >>> sorted(advice.answers)
    ['plain']
    """
    wanted = finite("half_width", half_width, above=0)
    _, paths, _, seed, threads = _checked("plain", paths, wanted, seed, threads)
    asked = _asked(scenario, question, at, by, policy, seed)
    threads = threads or threads_here()
    begun = time.perf_counter()
    learnt = pilot(asked, threads)
    pilot_seconds = time.perf_counter() - begun
    answers, refused = dict[str, Answer](), dict[str, str]()
    for name in METHODS:
        if name == "splitting" and not (asked.expression.is_event and float(np.mean(learnt.answers)) < RARE):
            continue
        try:
            answers[name] = _answer(asked, learnt, name, paths, None, threads, pilot_seconds)
        except ResultError as error:
            refused[name] = str(error)
    source = f"forcesim {versions()['forcesim']}: {scenario.name}; trials of {paths:,} paths or more, seed {seed}"
    return Advice(answers, wanted, refused, source)
