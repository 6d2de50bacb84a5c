"""Which policy is better, and is the difference real? Policies on the same futures, path by path.

Every draw is a function of its address, so two policies meet the same chance. The difference is
taken on each path; what both share drops out of its error (common random numbers; Glasserman
and Yao 1992, Management Science 38(6), 884-908).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.arguments import each, finite, paths_of, seed_of, shown, text
from forcesim.engine import simulate
from forcesim.errors import Fault, PolicyError, ResultError
from forcesim.manifest import versions
from forcesim.plan import make_plan
from forcesim.policy import Policy
from forcesim.question import Question, one_date
from forcesim.result import Estimate
from forcesim.result.estimate import NORMAL_95
from forcesim.scenario import asked, stack_of
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Container, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats
    from forcesim.engine import Progress
    from forcesim.scenario import Scenario

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Quotable):
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

        Returns
        -------
        dict of policy to int
            Paths; 1 where the difference is the same on every path.

        Raises
        ------
        ResultError
            If the half-width is not a number above 0, or the comparison is of one path.
        """
        half_width = finite("half_width", half_width, above=0)
        if any(math.isnan(difference.error) for difference in self.differences.values()):
            raise ResultError(Fault("half_width", "needs an error, which one path does not tell", "", "paths=256, say"))
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

    def _caption(self) -> str:
        n = self.values[self.policies[0]].n
        return f"{self.outcome} {self.when} ({self.unit}); differences from {self.policies[0]!r}, paired on {n:,} paths"

    def _cells(self) -> list[list[str]]:
        head = ["policy", "value", "difference", "95 % interval", "pairing gain"]
        rows = [head]
        digits = 3 if self.unit == "chance" else 0 if max(abs(v.value) for v in self.values.values()) >= 1000 else 3
        for policy in self.policies:
            value, difference = self.values[policy], self.differences.get(policy)
            row = [policy, value.quoted(digits)]
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
    policies: Sequence[str | Policy | Sequence[str | Policy]],
    outcome: str = "gap",
    *,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
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
    policies : sequence of str or Policy
        At least two; the first is the yardstick. ``"a + b"`` stacks policies, as does a list of names and objects; a
        name of the scenario that has a plus is that policy.
    outcome : str
        An outcome (``"gap"``, ``"strength[UKR]"``) or an expression that is true or false (``"gap <= 0"``).
    at, by : str, date or int
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
        If fewer than two policies are named, or one twice, or one cannot be applied.
    ResultError
        If not one of ``at`` and ``by`` is given, or it lies outside the months; or another argument is not admissible.

    Source
    ------
    Law, A. M. (2015), Simulation Modeling and Analysis, 5th ed., section 11.2 (common random numbers). Differences of
    chances: Agresti, A. and Min, Y. (2005), Statistics in Medicine 24(5), 729-740.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed = fs.load("seed-figures")
    >>> found = fs.compare(seed, ["status-quo", "europe-150k"], "gap", at="2030-12", paths=256)
    >>> found.differences["europe-150k"].value
    -150000.0
    """
    scenario, outcome, paths, seed = each(
        lambda: asked(scenario), lambda: text("outcome", outcome), lambda: paths_of(paths), lambda: seed_of(seed)
    )
    under = {name: asked(scenario, stack) for name, stack in _stacks(policies, scenario.policies).items()}
    one_date(at, by, needed=True)
    question = Question(outcome, at=at, by=by).check(make_plan(scenario).vocabulary)
    wanted, when = sorted({name for name, _ in question.names}), {"by" if question.by else "at": question.month}
    samples: dict[str, Floats] = {}
    for name, one in under.items():
        result = simulate(one, paths=paths, seed=seed, threads=threads, keep=wanted, outcomes=wanted, progress=progress)
        samples[name] = result.sample(outcome, **when)
        unit = result.unit_of(outcome)
    version = versions()["forcesim"]
    source = f"forcesim {version}: {scenario.name}; {paths:,} paths, seed {seed}, the same futures for all policies"
    certain = all(not one.noise and not one.uncertain() for one in under.values())
    return _paired(samples, outcome, question.when, unit, source, certain=certain)


def _stacks(policies: Any, known: Container[str]) -> dict[str, Sequence[str | Policy]]:
    """Return each name with the policies that it stacks, or refuse names that cannot be compared."""
    given = stack_of("policies", policies) if isinstance(policies, (str, Policy)) else policies
    if isinstance(given, (bytes, Mapping, AbstractSet)) or not isinstance(given, Iterable):
        raise PolicyError(Fault("policies", "must be a list of policies", shown(given), "the first is the yardstick"))
    stacks: dict[str, Sequence[str | Policy]] = {}
    names: list[str] = []
    for one in given:
        stack = stack_of("policies", one)
        name = " + ".join(part if isinstance(part, str) else part.title for part in stack)
        names.append(name)
        stacks[name] = _split(str(one), known) if isinstance(one, str) else stack
    if len(names) < 2 or len(stacks) < len(names):
        raise PolicyError(Fault("policies", "must name at least two different policies", shown(names)))
    return stacks


def _split(name: str, known: Container[str]) -> list[str]:
    """Return the policies that a name stacks; where a part with a plus in it is a policy's name, it is that policy.

    Examples
    --------
    >>> _split("a + b", {"a", "b"}), _split("3 % + 1 % + a", {"a", "3 % + 1 %"})
    (['a', 'b'], ['3 % + 1 %', 'a'])
    """
    if name in known:
        return [name]
    parts, found = name.split("+"), list[str]()
    while parts:
        longest = (n for n in range(len(parts), 1, -1) if "+".join(parts[:n]).strip() in known)
        taken = next(longest, 1)
        found.append("+".join(parts[:taken]).strip())
        parts = parts[taken:]
    return found


def _paired(
    samples: dict[str, Floats], outcome: str, when: str, unit: str, source: str, *, certain: bool = False
) -> Comparison:
    """Return the comparison of samples (path,) by policy, taken on the same paths; the first is the yardstick.

    With ``certain`` every path of a sample is the same, so that nothing has an error.
    """
    yardstick, *others = samples
    first = samples[yardstick]
    return Comparison(
        outcome=outcome,
        when=when,
        unit=unit,
        policies=tuple(samples),
        values={name: _estimate(sample, unit, certain=certain) for name, sample in samples.items()},
        differences={name: _difference(samples[name], first, unit, certain=certain) for name in others},
        pairing_gain={name: _pairing_gain(samples[name], first) for name in others},
        source=source,
    )


def _pairing_gain(sample: Floats, first: Floats) -> float:
    """Return the variance of an unpaired difference over that of the paired one; nan where neither varies."""
    paired, apart = float(np.var(sample - first)), float(np.var(sample) + np.var(first))
    if paired > 0:
        return apart / paired
    return math.inf if apart > 0 else math.nan


def _difference(sample: Floats, first: Floats, unit: str, *, certain: bool) -> Estimate:
    """Return the estimate of a paired difference.

    The difference of two chances has the interval of Agresti and Min (2005). Half a pair is added to each of the four
    outcomes of two policies. So the interval has a width even where no path tells them apart. The error is half of the
    interval over 1.96.
    """
    plain = _estimate(sample - first, "difference" if unit == "chance" else unit, certain=certain)
    if unit != "chance":
        return plain
    if certain:
        return dataclasses.replace(plain, unit="chance")
    n, gained, lost = len(sample) + 2.0, float((sample > first).sum()) + 0.5, float((sample < first).sum()) + 0.5
    middle = (gained - lost) / n
    half = NORMAL_95 * math.sqrt(gained + lost - (gained - lost) ** 2 / n) / n
    error = half / NORMAL_95 if plain.error == 0.0 else plain.error
    return dataclasses.replace(plain, error=error, low=middle - half, high=middle + half, unit="chance")


def _estimate(sample: Floats, unit: str, *, certain: bool) -> Estimate:
    """Return the estimate of a sample's mean: of a chance, where that is what it is."""
    if unit == "chance":
        return Estimate.of_count(int(sample.sum()), len(sample), certain=certain)
    variance = float(np.var(sample, ddof=1)) if len(sample) > 1 else math.nan
    return Estimate.of_moments(float(np.mean(sample)), variance, len(sample), unit, certain=certain)
