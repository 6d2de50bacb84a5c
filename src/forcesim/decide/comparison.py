"""Policies side by side: values, paired differences, and what else is told of each difference."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import finite
from forcesim.decide.sentences import sentence
from forcesim.errors import Fault, ResultError
from forcesim.result.estimate import NORMAL_95, Estimate
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.decide.differing import Difference

__all__ = ["Comparison", "Comparisons"]


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
    yardsticks : mapping of policy to policy
        What each is held against; the first policy, or with several scenarios the first of its scenario.
    details : mapping of policy to Difference
        Simultaneous intervals, how often it is higher, how much earlier, dominance, cost per effect, paths needed.
    best : mapping of policy to Estimate
        Share of futures on which it is the best; where several are, each has a part.
    best_on_average : mapping of policy to float
        Chance that its mean is the best of all, as the paths tell it; it goes to 0 or 1 with more paths.
    critical : float
        Standard errors in half a simultaneous interval.
    """

    outcome: str
    when: str
    unit: str
    policies: tuple[str, ...]
    values: dict[str, Estimate]
    differences: dict[str, Estimate]
    pairing_gain: dict[str, float]
    source: str = ""
    yardsticks: dict[str, str] = field(default_factory=dict)
    details: dict[str, Difference] = field(default_factory=dict)
    best: dict[str, Estimate] = field(default_factory=dict)
    best_on_average: dict[str, float] = field(default_factory=dict)
    critical: float = NORMAL_95

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return each difference in a plain sentence."""
        return tuple(
            sentence(self.outcome, self.when, self.unit, one, self.values[one.policy]) for one in self.details.values()
        )

    @property
    def largest(self) -> float:
        """Return the size of the largest value."""
        return max(abs(value.value) for value in self.values.values())

    def to_dataframe(self, *, details: bool = False) -> pd.DataFrame:
        """Return one row a policy: value, difference from the yardstick, 95 % interval, gain by pairing.

        With ``details`` also the simultaneous interval, how often it is higher or earlier, dominance, cost per effect,
        paths needed and the chances of being best.
        """
        import pandas as pd

        rows: list[dict[str, object]] = []
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
            if details:
                rows[-1] |= _told(self.details.get(policy)) | {
                    "best": self.best[policy].value if policy in self.best else math.nan,
                    "best_on_average": self.best_on_average.get(policy, math.nan),
                }
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
        from_whom = repr(self.policies[0]) if len(set(self.yardsticks.values())) < 2 else "the first of each scenario"
        return f"{self.outcome} {self.when} ({self.unit}); differences from {from_whom}, paired on {n:,} paths"

    def _cells(self) -> list[list[str]]:
        head = ["policy", "value", "difference", "95 % interval", "pairing gain"]
        rows = [head]
        digits = 3 if self.unit == "chance" or self.largest < 1000 else 0
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


def _told(one: Difference | None) -> dict[str, object]:
    """Return the columns of what is told of a difference; nothing known of the yardstick."""
    nothing = Estimate.unknown()
    if one is None:
        wide = higher = lower = earlier = months = per = nothing
    else:
        wide, higher, lower = one.simultaneous, one.higher, one.lower
        earlier, months, per = (x or nothing for x in (one.earlier, one.months_earlier, one.cost_per_effect))
    dominance = None if one is None else one.dominance
    return {
        "simultaneous_low": wide.low,
        "simultaneous_high": wide.high,
        "higher": higher.value,
        "lower": lower.value,
        "earlier": earlier.value,
        "months_earlier": months.value,
        "first_order": "" if dominance is None else dominance.first,
        "second_order": "" if dominance is None else dominance.second,
        "cost_per_effect": per.value,
        "paths_needed": math.nan if one is None or one.paths_needed is None else float(one.paths_needed),
    }


@dataclass(frozen=True, slots=True, repr=False)
class Comparisons(Quotable):
    """Comparisons of several outcomes on the same futures; their simultaneous intervals hold all at once.

    Attributes
    ----------
    of : mapping of outcome to Comparison
        ``comparisons["gap"]`` is one of them.
    """

    of: dict[str, Comparison]

    def __getitem__(self, outcome: str) -> Comparison:
        """Return the comparison of one outcome."""
        if outcome not in self.of:
            raise ResultError(Fault("outcome", "must be one of those compared", repr(outcome), ", ".join(self.of)))
        return self.of[outcome]

    def __iter__(self) -> Iterator[str]:
        """Yield the outcomes."""
        return iter(self.of)

    def __len__(self) -> int:
        """Return how many outcomes there are."""
        return len(self.of)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return each difference in a plain sentence."""
        return tuple(said for one in self.of.values() for said in one.sentences)

    def to_dataframe(self, *, details: bool = False) -> pd.DataFrame:
        """Return one row an outcome and policy, with the columns of :meth:`Comparison.to_dataframe`."""
        import pandas as pd

        frames = {name: one.to_dataframe(details=details) for name, one in self.of.items()}
        return pd.concat(frames, names=["outcome", "policy"])

    def figure(self) -> Figure:
        """Return each policy's difference from its yardstick by outcome, with simultaneous 95 % intervals."""
        from forcesim.view.differences import differences

        first = next(iter(self.of.values()))
        return differences(
            labels=[policy for policy in first.policies if policy in first.details],
            panels={
                f"{name} {one.when}": [found.simultaneous for found in one.details.values()]
                for name, one in self.of.items()
            },
            units=[one.unit for one in self.of.values()],
            source=first.source,
        )

    def _caption(self) -> str:
        first = next(iter(self.of.values()))
        yardstick = first.policies[0]
        n = first.values[yardstick].n  # noqa: PD011 - a mapping, no frame
        return f"differences on {n:,} common futures; the 95 % intervals hold all at once"

    def _cells(self) -> list[list[str]]:
        rows = [["outcome", "policy", "difference", "simultaneous 95 % interval"]]
        for name, one in self.of.items():
            digits = 3 if one.unit == "chance" or one.largest < 1000 else 0
            for policy, found in one.details.items():
                wide = found.simultaneous
                ends = f"{wide.low:+,.{digits}f} to {wide.high:+,.{digits}f}"
                rows.append([name, policy, f"{wide.value:+,.{digits}f}", ends])
        return rows
