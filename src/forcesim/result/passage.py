"""When something first comes true, and for how long it is true, over the paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forcesim.arguments import finite, integer
from forcesim.result.estimate import NORMAL_95, Estimate
from forcesim.view.tables import text_table

__all__ = ["FirstPassage", "TimeIn"]


@dataclass(frozen=True, slots=True, repr=False)
class FirstPassage:
    """When an expression first comes true.

    Attributes
    ----------
    months : tuple of str
        The months.
    first : int64 (month,)
        Paths in which it first came true in that month.
    never : Estimate
        Chance that it does not come true until the horizon.
    """

    expression: str
    months: tuple[str, ...]
    first: npt.NDArray[np.int64]
    never: Estimate

    @property
    def chance(self) -> npt.NDArray[np.float64]:
        """Return the chance that it has come true by each month."""
        return np.cumsum(self.first) / (self.never.n or np.nan)

    @property
    def median(self) -> str | None:
        """Return the month by which it has come true in half of the paths, if there is one."""
        reached = np.flatnonzero(self.chance >= 0.5)
        return self.months[reached[0]] if len(reached) else None

    def __repr__(self) -> str:
        """Return the chance by the end of each year, as a table."""
        last = {label[:4]: place for place, label in enumerate(self.months)}
        rows = [["by", "chance"], *([self.months[p], f"{self.chance[p]:.3f}"] for p in last.values())]
        never = f"{self.never.value:.3f}" if self.never.n else "unknown"
        note = f"; {self.never.note}" if self.never.note else ""
        return text_table(rows, caption=f"first {self.expression} (n = {self.never.n:,}{note}); never: {never}")


@dataclass(frozen=True, slots=True, repr=False)
class TimeIn:
    """In how many months an expression is true, whether or not they follow each other.

    Attributes
    ----------
    expression : str
        The expression.
    paths : int64 (month + 1,)
        Paths in which it is true in 0, 1, 2 ... months.
    z : float
        Half-width of intervals in standard errors.
    certain : bool
        Whether every path is the same, so that one tells all.
    """

    expression: str
    paths: npt.NDArray[np.int64]
    z: float = NORMAL_95
    certain: bool = False

    @property
    def mean(self) -> Estimate:
        """Return the mean number of months."""
        n, months = int(self.paths.sum()), np.arange(len(self.paths), dtype=np.float64)
        mean = float(months @ self.paths) / n
        variance = float((months - mean) ** 2 @ self.paths) / max(n - 1, 1)
        return Estimate.of_moments(mean, variance, n, "months", self.z, certain=self.certain)

    def chance(self, *, at_least: int) -> Estimate:
        """Return the chance of at least so many months."""
        least = max(integer("at_least", at_least), 0)
        return Estimate.of_count(int(self.paths[least:].sum()), int(self.paths.sum()), self.z, certain=self.certain)

    def quantile(self, share: float) -> int:
        """Return the least number of months that at least this share of the paths does not exceed."""
        share = finite("share", share, least=0.0, most=1.0)
        return int(np.searchsorted(np.cumsum(self.paths), share * self.paths.sum()))

    def __repr__(self) -> str:
        """Return mean and quantiles as a table."""
        rows = [["share of paths", "months at most"]]
        rows += [[f"{share:.0%}", str(self.quantile(share))] for share in (0.05, 0.25, 0.5, 0.75, 0.95)]
        return text_table(rows, caption=f"months with {self.expression}: mean {self.mean}")
