"""Answers of a rotation study, each with its error: what one future, or futures that are all alike, cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forcesim.result import Estimate
from forcesim.rotation.certainty import is_fixed

if TYPE_CHECKING:
    from forcesim.arrays import Floats
    from forcesim.expression import Expression
    from forcesim.rotation.layout import RotationLayout

__all__ = ["TimeTo", "error_of", "is_known", "mean_of"]


def is_known(layout: RotationLayout, parsed: Expression) -> bool:
    """Return whether an expression has the same value in every future, so that one of them tells it all."""
    return layout.certain or all(is_fixed(layout.study, name, label) for name, label in parsed.names)


def error_of(values: Floats, *, certain: bool) -> float:
    """Return the standard error of a mean; nan where the values cannot tell it, 0 where there is none.

    Values by chance that are all alike tell no error, however many: what is rare has not happened yet.

    Examples
    --------
    >>> error_of(np.array([1.0, 3.0]), certain=False), error_of(np.array([2.0, 2.0]), certain=False)
    (1.0, nan)
    """
    n = len(values)
    if certain:
        return 0.0
    spread = float(values.std(ddof=1)) if n > 1 else 0.0
    return spread / float(np.sqrt(n)) if spread > 0.0 else float("nan")


def mean_of(values: Floats, unit: str, z: float, *, certain: bool) -> Estimate:
    """Return the estimate of a mean over the replications."""
    mean, error = float(values.mean()), error_of(values, certain=certain)
    return Estimate(mean, error, mean - z * error, mean + z * error, len(values), unit)


@dataclass(frozen=True, slots=True)
class TimeTo:
    """How long it takes to reach a size.

    Attributes
    ----------
    what : str
        What is reached.
    chance : Estimate
        That it is reached at all.
    days : float64
        Days from the demand's first one until it is reached, in the replications in which it is.
    """

    what: str
    chance: Estimate
    days: npt.NDArray[np.float64]

    @property
    def median(self) -> float | None:
        """Return the days after which half of all replications have reached it; None if half of them never do."""
        missing = self.chance.n - len(self.days)
        ordered = np.sort(np.concatenate([self.days, np.full(missing, np.inf)]))
        middle = float(ordered[(self.chance.n - 1) // 2])
        return middle if np.isfinite(middle) else None

    def __str__(self) -> str:
        """Return it as one says it."""
        if not len(self.days):
            return f"{self.what}: cannot be reached (in none of {self.chance.n:,} replications)"
        span = f"{self.days.min():,.0f} to {self.days.max():,.0f}"
        if self.median is None:
            rarely = f"cannot be reached in most futures (chance {self.chance.value:.2g})"
            return f"{self.what}: {rarely}; else after {span} days"
        often = "" if len(self.days) == self.chance.n else f", reached in {self.chance.value:.0%} of the replications"
        return f"{self.what}: after {self.median:,.0f} days in the median ({span}{often})"
