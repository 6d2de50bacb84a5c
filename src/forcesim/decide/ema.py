"""Scenarios for other tools: experiments and outcomes as EMA Workbench has them, and a function that tools can drive.

EMA Workbench, SALib and Optuna each ask for an input in a form of their own; :class:`ScenarioFunction` has all three.
A call of it is the mean over some futures. They are the same in every call, so that the answer is a smooth function of
the inputs as far as the model is one.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.arguments import finite, texts
from forcesim.decide.asking import PathQuestion
from forcesim.decide.widening import chosen, questions_of, size_of, widened
from forcesim.engine import simulate
from forcesim.errors import Fault, ResultError
from forcesim.extras import needed
from forcesim.scenario import asked

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import pandas as pd

    from forcesim.arrays import Floats
    from forcesim.engine import Progress
    from forcesim.policy import Policy
    from forcesim.scenario import Scenario

__all__ = ["ScenarioFunction", "as_function", "to_ema"]

NEARLY_ALL = (0.005, 0.995)
"""Quantiles that bound an input whose law has no bounds."""


def to_ema(
    scenario: Scenario,
    policies: str | Policy | Sequence[str | Policy | Sequence[str | Policy]],
    outcomes: str | Sequence[str],
    *,
    at: str | dt.date | int | None = None,
    fixed: Mapping[str, tuple[float, float]] | Sequence[str] | None = None,
    paths: int = 1_000,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> tuple[pd.DataFrame, dict[str, Floats]]:
    """Simulate policies and return experiments and outcomes, as EMA Workbench's ``perform_experiments`` does.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policies : str, Policy or sequence of them
        All meet the same futures. In a sequence each entry is one policy, or a list that is stacked.
    outcomes : str or sequence of str
        Outcomes or expressions.
    at : str, date or int, optional
        The month; all months unless given.
    fixed : mapping of path to (low, high), or sequence of str, optional
        Numbers that vary too, as in :func:`forcesim.sensitivity`.
    paths : int
        Experiments under each policy.
    seed, threads, progress
        As in :func:`forcesim.simulate`.

    Returns
    -------
    experiments : DataFrame
        One row an experiment: every uncertain number, then ``scenario`` (the path), ``policy`` and ``model``.
    outcomes : dict of str to float64 (experiment,) or (experiment, month)
        By expression; 1 and 0 for true and false.

    Raises
    ------
    PolicyError
        If a policy cannot be applied.
    ResultError
        If another argument is not admissible.

    Notes
    -----
    The form is that of ``ema_workbench.save_results`` and of its analyses (``prim``, ``feature_scoring`` ...); the
    package itself is not needed. An experiment holds one draw of chance.

    Source
    ------
    Kwakkel, J. H. (2017), The Exploratory Modeling Workbench, Environmental Modelling and Software 96, 239-250.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed, fixed = fs.load("seed-figures"), {"nations.UKR.army.strength": (0.9e6, 1.1e6)}
    >>> experiments, found = fs.to_ema(
    ...     seed, ["status-quo", "europe-100k"], ["gap", "gap <= 400_000"], at="2025-06", fixed=fixed, paths=64
    ... )
    >>> list(experiments.columns), found["gap"].shape
    (['nations.UKR.army.strength', 'scenario', 'policy', 'model'], (128,))
    """
    import pandas as pd

    size, wanted = size_of(paths, seed, threads, least=1), _outcomes(outcomes)
    when = asked(scenario).timeline.last if at is None else at
    questions = questions_of(scenario, policies, wanted[0], at=when, fixed=fixed, seed=size.seed, least=1)
    like = next(iter(questions.values()))
    needs = sorted({key for one in wanted for key, _ in PathQuestion(like.scenario, one, at=when, seed=size.seed).rows})
    frames, found = [], {name: list[Any]() for name in wanted}
    for name, question in questions.items():
        run = simulate(
            question.scenario, paths=size.paths, seed=size.seed, threads=size.threads, keep=needs, outcomes=needs,
            progress=progress,
        )  # fmt: skip
        frames.append(run.inputs.reset_index(drop=True).assign(scenario=np.arange(size.paths), policy=name))
        for one in wanted:
            found[one].append(run.history(one).T if at is None else run.sample(one, at=at))
    experiments = pd.concat(frames, ignore_index=True).assign(model=like.scenario.name)
    return experiments, {name: np.concatenate(parts) for name, parts in found.items()}


def _outcomes(given: Any) -> tuple[str, ...]:
    """Return what is asked for, at least one."""
    found = texts("outcomes", given)
    if not found:
        raise ResultError(Fault("outcomes", "must name at least one", "", "'gap', say"))
    return found


class ScenarioFunction:
    """A scenario as a function of some of its numbers; :func:`as_function` makes it.

    Attributes
    ----------
    bounds : dict of path to (low, high)
        The inputs, and between which values each lies.
    outcomes : tuple of str
        What a call returns.
    """

    def __init__(
        self, questions: Sequence[PathQuestion], bounds: Mapping[str, tuple[float, float]], paths: int, threads: int
    ) -> None:
        """Put the questions together: one run answers all."""
        self._first, self._questions = questions[0], tuple(questions)
        for question in questions:
            self._first.rows.update(question.rows)
        self.bounds, self._paths, self._threads = dict(bounds), paths, threads
        self.outcomes = tuple(question.expression.text for question in questions)

    def __call__(self, **inputs: float) -> dict[str, float]:
        """Return the mean of each outcome with some inputs set; the others differ from path to path as ever.

        Raises
        ------
        ResultError
            If a name is no input, or a value no number.
        """
        unknown = [name for name in inputs if name not in self.bounds]
        if unknown:
            remedy = f"inputs are {', '.join(list(self.bounds)[:4])} ..."
            raise ResultError(Fault(unknown[0], "must be an input of the function", "", remedy))
        given = {name: finite(name, value) for name, value in inputs.items()}

        def work(first: int, count: int) -> Floats:
            numbers = self._first.sampler(first, count)
            numbers |= {name: np.full(count, value) for name, value in given.items()}
            histories = self._first.histories(numbers, first, count)
            return np.array([one.courses(histories, [one.last])[0] for one in self._questions])

        found = self._first.spread(0, self._paths, self._threads, work).mean(axis=1)
        return dict(zip(self.outcomes, found.tolist(), strict=True))

    @property
    def problem(self) -> dict[str, Any]:
        """The inputs as a problem of SALib: ``num_vars``, ``names``, ``bounds``."""
        return {
            "num_vars": len(self.bounds),
            "names": list(self.bounds),
            "bounds": [list(b) for b in self.bounds.values()],
        }

    def evaluate(self, x: Floats) -> Floats:
        """Return the first outcome for each row of inputs (row, input), as SALib's analyses take it."""
        rows = np.atleast_2d(np.asarray(x, dtype=np.float64))
        return np.array([self(**dict(zip(self.bounds, row.tolist(), strict=True)))[self.outcomes[0]] for row in rows])

    def objective(self, trial: Any) -> float:
        """Return the first outcome for the inputs that a trial of Optuna suggests."""
        inputs = {name: trial.suggest_float(name, *ends) for name, ends in self.bounds.items()}
        return self(**inputs)[self.outcomes[0]]

    def to_ema(self, name: str = "forcesim") -> Any:
        """Return a ``Model`` of EMA Workbench whose uncertainties are the inputs (extra ``forcesim[ema]``).

        Parameters
        ----------
        name : str
            Of the model, letters and digits only.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of evaluators that are not installed
            workbench = needed("to_ema()", "ema_workbench")
        model = workbench.Model(name, function=self)
        model.uncertainties = [workbench.RealParameter(path, *ends) for path, ends in self.bounds.items()]
        model.outcomes = [workbench.ScalarOutcome(outcome) for outcome in self.outcomes]
        return model


def as_function(
    scenario: Scenario,
    policy: str | Policy | Sequence[str | Policy] | None,
    outcomes: str | Sequence[str],
    inputs: str | Sequence[str] | Mapping[str, tuple[float, float]],
    *,
    at: str | dt.date | int | None = None,
    paths: int = 256,
    seed: int = 2025,
    threads: int | None = None,
) -> ScenarioFunction:
    """Return a scenario as a function of some of its numbers, for EMA Workbench, SALib and Optuna.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policy : str, Policy or sequence of them, optional
        As in :func:`forcesim.simulate`.
    outcomes : str or sequence of str
        What a call returns: means of numbers, chances of what is true or false.
    inputs : str, sequence of str, or mapping of path to (low, high)
        Uncertain numbers by path (``"conflict.*"``), within their bounds; or any numbers, levers too, with ranges.
    at : str, date or int, optional
        The month; the horizon unless given.
    paths, seed, threads
        Futures behind a call, the same in each.

    Returns
    -------
    ScenarioFunction
        Called with inputs by name it returns outcomes by name; ``problem`` and ``evaluate`` are for SALib,
        ``objective`` for Optuna, ``to_ema()`` for EMA Workbench.

    Raises
    ------
    ResultError
        If an argument is not admissible.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed = fs.load("seed-figures")
    >>> gap = fs.as_function(seed, "status-quo", "gap", {"nations.UKR.army.strength": (0.8e6, 1.2e6)}, at="2025-06")
    >>> gap(**{"nations.UKR.army.strength": 900_000})
    {'gap': 600000.0}
    """
    size, wanted = size_of(paths, seed, threads, least=1), _outcomes(outcomes)
    ranges = inputs if isinstance(inputs, Mapping) else None
    under = asked(widened(asked(scenario), ranges), policy)
    when = under.timeline.last if at is None else at
    questions = [PathQuestion(under, one, at=when, seed=size.seed, every_month=True) for one in wanted]
    laws = questions[0].sampler.distributions
    names = list(ranges) if ranges is not None else chosen("inputs", inputs, list(laws))
    ends = np.array(NEARLY_ALL)
    bounds = {}
    for name in names:
        low, high = laws[name].support
        inner = laws[name].quantile(ends)
        bounds[name] = (low if np.isfinite(low) else float(inner[0]), high if np.isfinite(high) else float(inner[1]))
    return ScenarioFunction(questions, bounds, size.paths, size.threads)
