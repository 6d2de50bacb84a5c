"""What is it worth to know? The value of perfect information about uncertain numbers, for a stated decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.arguments import finite, shown, switch
from forcesim.decide.swaps import Swaps
from forcesim.decide.widening import chosen, questions_of, size_of
from forcesim.decide.worth import Worth, foresight, joint, partial
from forcesim.errors import Fault, ResultError
from forcesim.machine import progress_shown
from forcesim.manifest import versions
from forcesim.result import Estimate
from forcesim.result.estimate import NORMAL_95
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats
    from forcesim.machine import Progress
    from forcesim.policy import Policy
    from forcesim.scenario import Scenario

__all__ = ["ValueOfInformation", "value_of_information"]

SHOWN = 12
"""Rows in a printed table or a picture."""

LEADING = 5
"""Numbers on which the value of knowing all numbers is taken: more would teach the regression chance."""

ALL, EVERYTHING = "all numbers", "all numbers and chance"


@dataclass(frozen=True, slots=True, repr=False)
class ValueOfInformation(Quotable):
    """What it is worth to know, before deciding between policies.

    Attributes
    ----------
    outcome, when, unit : str
        What the decision is for, with costs taken off.
    best : str
        The policy that is taken without knowing more.
    values : mapping of policy to Estimate
        Mean utility: outcome times worth, less cost.
    worth : mapping of input to Estimate
        What knowing it adds to the mean utility: of each number and group, of ``"all numbers"`` (at least so much:
        a decision learnt from the five that matter most), and of ``"all numbers and chance"`` (nothing is worth more).
    plain : mapping of input to float
        The plain estimate of Strong, Oakley and Brennan, which is too high where little is worth knowing.
    source : str
        Where a picture or table comes from.
    """

    outcome: str
    when: str
    unit: str
    best: str
    values: dict[str, Estimate]
    worth: dict[str, Estimate]
    plain: dict[str, float]
    source: str = ""

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row an input, the one most worth knowing first: value, error, 95 % interval, plain estimate."""
        import pandas as pd

        rows = {
            name: {"value": v.value, "error": v.error, "low": v.low, "high": v.high, "plain": self.plain[name]}
            for name, v in self.worth.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("input")

    def figure(self) -> Figure:
        """Return a bar for each input: what it is worth to know it, with its 95 % interval."""
        from forcesim.view.tornado import bars

        names = list(self.worth)[: SHOWN + 2]
        title = f"{self.outcome} {self.when}: what it is worth to know before deciding"
        values = {"value of knowing": [self.worth[name] for name in names]}
        return bars(labels=names, values=values, title=title, unit=self.unit, source=self.source)

    def _caption(self) -> str:
        return f"{self.outcome} {self.when} ({self.unit}): {self.best!r} without knowing more; what knowing adds"

    def _cells(self) -> list[list[str]]:
        rows = [["know", "worth", "plain estimate"]]
        for name in list(self.worth)[: SHOWN + 2]:
            found = self.worth[name]
            rows.append([name, found.quoted(), f"{self.plain[name]:,.{found.digits}f}"])
        return rows


def value_of_information(
    scenario: Scenario,
    policies: Sequence[str | Policy | Sequence[str | Policy]],
    outcome: str,
    *,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
    cost: Mapping[str, float] | None = None,
    worth: float = 1.0,
    lowest: bool = False,
    inputs: str | Sequence[str] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    fixed: Mapping[str, tuple[float, float]] | Sequence[str] | None = None,
    paths: int = 8_192,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> ValueOfInformation:
    """Find what it is worth to know uncertain numbers before one of several policies is taken.

    The decision is for the policy with the highest mean of ``worth * outcome - cost``. Costs that differ from path to
    path belong into the expression: ``"secure_months - 0.1 * total(sum(cost))"``.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policies : sequence of str or Policy
        At least two; names with `` + `` and lists stack policies.
    outcome : str
        An outcome, a number made of some, or something true or false.
    at, by : str, date or int
        The month, as in :func:`forcesim.compare`.
    cost : mapping of policy to float, optional
        In the unit of ``worth * outcome``; 0 for policies that are not named.
    worth : float
        What a unit of the outcome is worth in the unit of costs, above 0.
    lowest : bool
        Whether a low outcome is wanted.
    inputs : str or sequence of str, optional
        Numbers to look at, by path; ``"conflict.*"`` takes all that begin so; all unless given.
    groups : mapping of name to sequence of str, optional
        Numbers that are known together.
    fixed : mapping of path to (low, high), or sequence of str, optional
        As in :func:`forcesim.sensitivity`.
    paths : int
        Paths under each policy.
    seed, threads, progress
        As in :func:`forcesim.simulate`; threads change no result.

    Returns
    -------
    ValueOfInformation
        What each is worth, with its error. Where the interval holds 0 or lies below, nothing is shown to be worth
        knowing: what so many paths teach then misleads as often as it helps.

    Raises
    ------
    PolicyError
        If fewer than two policies are named, or one cannot be applied.
    ResultError
        If another argument is not admissible, or nothing is uncertain.

    Source
    ------
    Strong, M., Oakley, J. E. and Brennan, A. (2014), Medical Decision Making 34(3), 311-326; scored on paths that the
    regression has not seen, see :mod:`forcesim.decide.worth`.

    Examples
    --------
    A contingent that costs 0.3 of a closed gap, while nobody knows Ukraine's strength:

    >>> import forcesim as fs
    >>> seed = fs.load("seed-figures")
    >>> found = fs.value_of_information(
    ...     seed, ["status-quo", "europe-100k"], "gap <= 400_000", at="2025-06", cost={"europe-100k": 0.3},
    ...     fixed={"nations.UKR.army.strength": (0.9e6, 1.1e6)}, paths=512,
    ... )
    >>> found.best
    'europe-100k'
    """
    size = size_of(paths, seed, threads, least=256)
    worth, lowest = finite("worth", worth, above=0), switch("lowest", lowest)
    questions = questions_of(scenario, policies, outcome, at=at, by=by, fixed=fixed, seed=size.seed)
    first = next(iter(questions.values()))
    names = list(first.sampler.distributions)
    if not names:
        remedy = "fixed={path: (low, high)} lets fixed numbers take part"
        raise ResultError(Fault("scenario", "must have uncertain numbers", "", remedy))
    costs = _costs(cost, list(questions))
    single = names if inputs is None else chosen("inputs", inputs, names)
    together = {name: chosen(f"groups: {name}", own, names) for name, own in (groups or {}).items()}
    samples = []
    with progress_shown(progress, len(questions), "policies") as show:
        for done, question in enumerate(questions.values()):
            samples.append(Swaps(question, ()).on_all((), size.paths, size.threads))
            show(done + 1, len(questions))
    factor = -worth if lowest else worth
    utilities = np.array([factor * sample - costs[name] for name, sample in zip(questions, samples, strict=True)])
    unit = first.unit if worth == 1.0 else "utility"
    knowing = _knowing(first.sampler(0, size.paths), utilities, single, together)
    means = {name: _mean(own, unit) for name, own in zip(questions, utilities, strict=True)}
    version, about = versions()["forcesim"], f"{size.paths:,} paths, seed {size.seed}, {len(means)} policies"
    return ValueOfInformation(
        outcome=first.expression.text,
        when=first.when,
        unit=unit,
        best=max(means, key=lambda name: means[name].value),
        values=means,
        worth={name: _estimate(one, size.paths, unit) for name, one in knowing.items()},
        plain={name: one.plain for name, one in knowing.items()},
        source=f"forcesim {version}: {first.scenario.name}; {about}",
    )


def _knowing(
    numbers: Mapping[str, Floats], utilities: Floats, single: list[str], together: Mapping[str, list[str]]
) -> dict[str, Worth]:
    """Return what each is worth, all of it first, then the one most worth knowing."""
    own = {name: partial(joint([numbers[name]]), utilities) for name in single}
    own |= {name: partial(joint([numbers[one] for one in of]), utilities) for name, of in together.items()}
    every = own if len(single) == len(numbers) else {n: partial(joint([x]), utilities) for n, x in numbers.items()}
    leading = sorted((name for name in every if name in numbers), key=lambda name: -every[name].plain)[:LEADING]
    found = {EVERYTHING: foresight(utilities), ALL: partial(joint([numbers[name] for name in leading]), utilities)}
    return found | dict(sorted(own.items(), key=lambda entry: (-entry[1].value, -entry[1].plain)))


def _costs(given: Any, policies: list[str]) -> dict[str, float]:
    """Return the cost of each policy."""
    if given is not None and not isinstance(given, Mapping):
        raise ResultError(Fault("cost", "must be a mapping of policy to number", shown(given)))
    unknown = [name for name in given or {} if name not in policies]
    if unknown:
        raise ResultError(Fault(f"cost: {unknown[0]}", "must be one of the policies", "", ", ".join(policies)))
    return {name: finite(f"cost: {name}", (given or {}).get(name, 0.0)) for name in policies}


def _mean(values: Floats, unit: str) -> Estimate:
    """Return the estimate of a mean utility."""
    return Estimate.of_moments(float(values.mean()), float(values.var(ddof=1)), len(values), unit)


def _estimate(found: Worth, n: int, unit: str) -> Estimate:
    """Return what knowing is worth as an estimate."""
    half = NORMAL_95 * found.error
    return Estimate(found.value, found.error, found.value - half, found.value + half, n, unit)
