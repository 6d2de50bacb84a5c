"""Which policy is better, and is the difference real? Policies on the same futures, path by path.

Every draw is a function of its address, so two policies meet the same chance. The difference is
taken on each path; what both share drops out of its error (common random numbers; Glasserman
and Yao 1992, Management Science 38(6), 884-908).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.engine import simulate
from forcesim.errors import Fault, PolicyError
from forcesim.expression import parse
from forcesim.plan import make_plan
from forcesim.result import Estimate, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.engine import Progress
    from forcesim.scenario import Scenario

__all__ = ["Comparison", "compare"]

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Policies side by side, and their paired differences from the first.

    Attributes
    ----------
    outcome : str
        What is compared: an outcome or an expression.
    when : str
        ``"at 2030-12"`` or ``"by 2030-12"``.
    unit : str
        Unit of the values; ``"chance"`` for an expression that is true or false.
    policies : tuple of str
        The first is the yardstick.
    values : mapping of policy to Estimate
        The outcome under each policy.
    differences : mapping of policy to Estimate
        Policy less yardstick, with the error of the paired difference.
    pairing_gain : mapping of policy to float
        Variance of an unpaired difference over that of the paired one.
    source : str
        Where a picture or table comes from.
    """

    outcome: str
    when: str
    unit: str
    policies: tuple[str, ...]
    values: dict[str, Estimate]
    differences: dict[str, Estimate]
    pairing_gain: dict[str, float]
    source: str = ""

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a policy: value, difference from the first, 95 % interval, gain by pairing."""
        import pandas as pd

        rows = []
        for policy in self.policies:
            value, difference = self.values[policy], self.differences.get(policy)
            rows.append(
                {
                    "policy": policy,
                    "value": value.value,
                    "error": value.error,
                    "difference": 0.0 if difference is None else difference.value,
                    "low": 0.0 if difference is None else difference.low,
                    "high": 0.0 if difference is None else difference.high,
                    "pairing_gain": self.pairing_gain.get(policy, float("nan")),
                }
            )
        return pd.DataFrame(rows).set_index("policy")

    def paths_for(self, half_width: float) -> dict[str, int]:
        """Return how many paths each difference needs for a 95 % interval of the given half-width.

        Parameters
        ----------
        half_width : float
            In the unit of the outcome, above 0.
        """
        return {
            policy: max(1, int(np.ceil(d.n * (NORMAL_95 * d.error / half_width) ** 2)))
            for policy, d in self.differences.items()
        }

    def figure(self) -> Figure:
        """Return the picture: each policy's value, and its paired difference with a 95 % interval."""
        from forcesim.view.paired import paired

        return paired(
            labels=list(self.policies),
            values=[self.values[policy] for policy in self.policies],
            differences=[self.differences.get(policy) for policy in self.policies],
            title=f"{self.outcome} {self.when}",
            unit=self.unit,
            source=self.source,
        )

    def __repr__(self) -> str:
        """Return the table that one can quote."""
        from forcesim.view.tables import text_table

        return text_table(self._cells(), caption=self._caption())

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        from forcesim.view.tables import html_table

        return html_table(self._cells(), caption=self._caption())

    def _caption(self) -> str:
        n = self.values[self.policies[0]].n
        return f"{self.outcome} {self.when} ({self.unit}); differences from {self.policies[0]!r}, paired on {n:,} paths"

    def _cells(self) -> list[list[str]]:
        head = ["policy", "value", "difference", "95 % interval", "pairing gain"]
        rows = [head]
        digits = 3 if self.unit == "chance" else 0 if max(abs(v.value) for v in self.values.values()) >= 1000 else 3
        for policy in self.policies:
            value, difference = self.values[policy], self.differences.get(policy)
            row = [policy, f"{value.value:,.{digits}f} ± {value.error:,.{digits}f}"]
            if difference is None:
                row += ["", "", ""]
            else:
                row += [
                    f"{difference.value:+,.{digits}f}",
                    f"{difference.low:+,.{digits}f} to {difference.high:+,.{digits}f}",
                    f"{self.pairing_gain[policy]:,.1f}",
                ]
            rows.append(row)
        return rows


def compare(
    scenario: Scenario,
    policies: Sequence[str],
    outcome: str = "gap",
    *,
    at: str | None = None,
    by: str | None = None,
    paths: int = 10_000,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Comparison:
    """Compare policies on the same futures, with an interval for each paired difference.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policies : sequence of str
        At least two; the first is the yardstick. ``"a + b"`` stacks policies.
    outcome : str
        An outcome (``"gap"``, ``"strength[UKR]"``) or an expression that is true or false (``"gap <= 0"``).
    at, by : str
        The month (``"2030-12"``): the value in it, or for an expression that is true or false
        ``by``: whether it came true in any month until then.
    paths, seed, threads, progress
        As in :func:`forcesim.simulate`.

    Returns
    -------
    Comparison
        Values, paired differences with Monte Carlo error, and the gain from pairing.

    Raises
    ------
    PolicyError
        If fewer than two policies are named, or one twice.

    Source
    ------
    Law, A. M. (2015), Simulation Modeling and Analysis, 5th ed., section 11.2 (common random numbers).

    Examples
    --------
    >>> import forcesim as fs
    >>> seed = fs.load("seed-figures")
    >>> found = fs.compare(seed, ["status-quo", "europe-150k"], "gap", at="2030-12", paths=256)
    >>> found.differences["europe-150k"].value
    -150000.0
    """
    names = list(policies)
    if len(names) < 2 or len(set(names)) < len(names):
        raise PolicyError(Fault("policies", "must name at least two different policies", str(names)))
    samples: dict[str, np.ndarray[Any, Any]] = {}
    result: Result | None = None
    for name in names:
        stack = [part.strip() for part in name.split("+")]
        result = simulate(
            scenario, stack, paths=paths, seed=seed, threads=threads, keep=_needed(scenario, outcome), progress=progress
        )
        samples[name] = result.sample(outcome, at=at, by=by)
    assert result is not None
    first = samples[names[0]]
    values, differences, gain = {}, {}, {}
    unit = result.unit_of(outcome)
    for name in names:
        values[name] = _estimate(samples[name], unit)
        if name != names[0]:
            differences[name] = _estimate(samples[name] - first, unit)
            paired = float(np.var(samples[name] - first))
            apart = float(np.var(samples[name]) + np.var(first))
            gain[name] = apart / paired if paired > 0 else float("inf" if apart > 0 else "nan")
    version, name = result.manifest.versions["forcesim"], scenario.name
    source = f"forcesim {version}: {name}; {paths:,} paths, seed {seed}, the same futures for all policies"
    return Comparison(outcome, f"by {by}" if by else f"at {at}", unit, tuple(names), values, differences, gain, source)


def _needed(scenario: Scenario, expression: str) -> list[str]:
    """Return the outcomes that an expression needs path by path."""
    vocabulary = {outcome.name: outcome.term for outcome in make_plan(scenario).outcomes}
    return sorted({name for name, _ in parse(expression, vocabulary).names})


def _estimate(sample: np.ndarray[Any, Any], unit: str) -> Estimate:
    """Return the estimate of a sample's mean."""
    variance = float(np.var(sample, ddof=1)) if len(sample) > 1 else 0.0
    return Estimate.of_moments(float(np.mean(sample)), variance, len(sample), unit)
