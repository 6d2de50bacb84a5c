"""When something first comes true, for how long it is true, and how long it lasts from then on, over the paths."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forcesim.arguments import finite, integer
from forcesim.result.estimate import NORMAL_95, Estimate
from forcesim.view.tables import text_table

__all__ = ["FirstPassage", "Survival", "TimeIn"]


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
class Survival:
    """How long an expression lasts once it has come true (Kaplan and Meier).

    The share that lasts k months is the product over j <= k of 1 - ended_j / watched_j. Paths on which it still is true
    at the horizon are watched as long as they run, and then leave.

    Attributes
    ----------
    expression : str
        The expression.
    ended, watched : int64 (month,)
        Spells that ended with so many months, and that were watched up to then; month 0 is that in which it came true.
    left_out : int
        Paths on which it did not come true in time.
    z : float
        Half-width of intervals in standard errors.

    Notes
    -----
    Kaplan, E. L. and Meier, P. (1958), JASA 53, 457-481. The error is Greenwood's; the interval is that of the
    logarithm of minus the logarithm (Kalbfleisch and Prentice 2002, section 1.4), so that it stays within 0 and 1.

    Examples
    --------
    >>> lasted = Survival("calm", np.array([0, 1, 0, 1]), np.array([4, 4, 3, 2]), 0)
    >>> lasted.chance(1).value, lasted.chance(3).value
    (0.75, 0.375)
    """

    expression: str
    ended: npt.NDArray[np.int64]
    watched: npt.NDArray[np.int64]
    left_out: int
    z: float = NORMAL_95

    @property
    def curve(self) -> npt.NDArray[np.float64]:
        """Return the share that lasts so many months; nan from where no path is watched."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.cumprod(1.0 - self.ended / self.watched))

    def chance(self, months: int) -> Estimate:
        """Return the chance that it lasts so many months, with its error; unknown where no path runs so far."""
        months = integer("months", months, least=0, most=len(self.ended) - 1)
        share, begun = float(self.curve[months]), int(self.watched[0])
        note = f"{begun:,} spells, {int(self.watched[months]):,} of them watched for {months} months"
        if math.isnan(share):
            return replace(Estimate.unknown("chance"), note=note)
        ended, watched = self.ended[: months + 1], self.watched[: months + 1].astype(np.float64)
        if share in (0.0, 1.0):
            found = Estimate.of_count(int(share * watched[-1]), int(watched[-1]), self.z)
            return replace(found, n=begun, note=note)
        terms = float((ended / (watched * (watched - ended))).sum())
        error, half = share * math.sqrt(terms), self.z * math.sqrt(terms) / abs(math.log(share))
        low, high = share ** math.exp(half), share ** math.exp(-half)
        return Estimate(share, error, low, high, begun, "chance", note)

    def __repr__(self) -> str:
        """Return the chances after half a year, one, two, five and ten years, as a table."""
        rows = [["months", "lasts", "95 % interval"]]
        for months in (6, 12, 24, 60, 120):
            if months < len(self.ended) and self.watched[months]:
                found = self.chance(months)
                rows.append([str(months), f"{found.value:.3f}", f"{found.low:.3f} to {found.high:.3f}"])
        spells = f"{int(self.watched[0]):,} spells; on {self.left_out:,} paths it did not come true in time"
        return text_table(rows, caption=f"how long {self.expression} lasts ({spells})")


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
