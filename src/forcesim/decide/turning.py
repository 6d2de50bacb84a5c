"""At which value of a number does an answer turn? Two policies on the same futures, as the number moves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import each, finite, paths_of, seed_of, text
from forcesim.decide.compare import compare
from forcesim.errors import Fault, PolicyError, ResultError
from forcesim.result import Estimate
from forcesim.result.estimate import NORMAL_95
from forcesim.scenario import asked

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from forcesim.engine import Progress
    from forcesim.policy import Policy
    from forcesim.scenario import Scenario

__all__ = ["turning_value"]

STEPS = 5
"""Values between the ends at which policies are compared."""


def turning_value(
    scenario: Scenario,
    parameter: str,
    policies: Sequence[str | Policy | Sequence[str | Policy]],
    outcome: str,
    *,
    low: float = 0.0,
    high: float = 1.0,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
    paths: int = 4_000,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Estimate:
    """Find the value of a number at which two policies are equal on the same futures.

    The policies are compared at seven values from ``low`` to ``high``, and the turn lies on the line through the two
    between which the difference changes its sign. Its error is that of the difference over the slope of the line.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    parameter : str
        Path of a number in the scenario (``"conflict.membership_promise"``); whatever it is, it is set.
    policies : sequence of str or Policy
        The two to compare, as in :func:`forcesim.compare`.
    outcome : str
        An outcome or an expression that is true or false.
    low, high : float
        Between which values the turn is sought, in the unit of the number.
    at, by : str, date or int
        The month, as in :func:`forcesim.compare`.
    paths, seed, threads, progress
        As in :func:`forcesim.simulate`.

    Returns
    -------
    Estimate
        The value with its Monte Carlo error. Where the difference keeps its sign it is unknown (nan), and ``note`` says
        which policy is ahead throughout.

    Raises
    ------
    PolicyError
        If there are not two policies.
    ResultError
        If ``low`` is not below ``high``, or another argument is not admissible.

    Source
    ------
    Inverse regression on common random numbers; Glasserman, P. and Yao, D. D. (1992), Some guidelines and guarantees
    for common random numbers, Management Science 38(6), 884-908.

    Examples
    --------
    A larger army of Ukraine's own against 100,000 Europeans: which strength leaves the same gap?

    >>> import forcesim as fs
    >>> seed = fs.load("seed-figures")
    >>> one = fs.Policy(title="own", settings=[fs.Setting(lever="nations.GBR.contingent.deployed", set=70_000)])
    >>> found = turning_value(
    ...     seed, "nations.FRA.contingent.deployed", [one, "europe-100k"], "gap", low=0, high=1e5, at="2026-01", paths=2
    ... )
    >>> round(found.value)
    30000
    """
    scenario, parameter, paths, seed = each(
        lambda: asked(scenario), lambda: text("parameter", parameter), lambda: paths_of(paths), lambda: seed_of(seed)
    )
    low, high = finite("low", low), finite("high", high)
    if not low < high:
        raise ResultError(Fault("low", "must be below high", f"{low:g} and {high:g}"))
    if len(tuple(policies)) != 2:
        raise PolicyError(Fault("policies", "must be two", f"{len(tuple(policies))}"))
    values = np.linspace(low, high, STEPS + 2)
    differences = []
    for value in values:
        moved = scenario.with_values({parameter: float(value)})
        found = compare(
            moved, policies, outcome, at=at, by=by, paths=paths, seed=seed, threads=threads, progress=progress
        )
        differences.append(found.differences[found.policies[1]])
    return _turn(values, differences, found.policies)


def _turn(values: np.ndarray, differences: Sequence[Estimate], names: Sequence[str]) -> Estimate:
    """Return where the differences change their sign: the first place, by the line between two values."""
    found = np.array([difference.value for difference in differences])
    turns = np.flatnonzero(found[:-1] * found[1:] < 0.0)
    level = np.flatnonzero((found[1:-1] == 0.0) & (found[:-2] * found[2:] < 0.0)) + 1
    n, unit = differences[0].n, "value"
    if len(turns) == 0:
        if len(level):
            value = float(values[level[0]])
            return Estimate(value, 0.0, value, value, n, unit)
        ahead = 0 if found.sum() < 0.0 else 1
        note = f"{names[ahead]!r} is ahead of {names[1 - ahead]!r} or level throughout"
        return Estimate(math.nan, math.nan, math.nan, math.nan, n, unit, note)
    k = int(turns[0])
    slope = float((found[k + 1] - found[k]) / (values[k + 1] - values[k]))
    value = float(values[k] - found[k] / slope)
    error = float(max(differences[k].error, differences[k + 1].error) / abs(slope))
    note = "" if len(turns) == 1 else f"the first of {len(turns)} turns"
    return Estimate(value, error, value - NORMAL_95 * error, value + NORMAL_95 * error, n, unit, note)
