"""A number that came from simulation, and how far off it may be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

__all__ = ["NORMAL_95", "Estimate"]

NORMAL_95 = 1.959963984540054
"""The standard normal quantile of 0.975: standard errors in half a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number that came from simulation, with its Monte Carlo error.

    Attributes
    ----------
    value, error : float
        The estimate and its standard error.
    low, high : float
        95 % interval of the Monte Carlo error (not of the outcome).
    n : int
        Paths.
    unit : str
        Unit of value, error, low and high.
    """

    value: float
    error: float
    low: float
    high: float
    n: int
    unit: str = ""

    @classmethod
    def of_moments(cls, mean: float, variance: float, n: int, unit: str = "", z: float = NORMAL_95) -> Self:
        """Return the estimate of a mean, with a normal interval; ``z`` is larger where it was one of several looks."""
        error = math.sqrt(variance / n) if n > 1 else 0.0
        return cls(mean, error, mean - z * error, mean + z * error, n, unit)

    @classmethod
    def of_count(cls, hits: int, n: int, z: float = NORMAL_95) -> Self:
        """Return the estimate of a chance, with Wilson's interval (Wilson 1927, JASA 22, 209-212).

        With another ``z``, for one of several looks, with the exact one (Clopper and Pearson 1934, Biometrika 26).
        """
        if z != NORMAL_95:
            return cls._exact(hits, n, z)
        p, z2 = hits / n, NORMAL_95**2
        middle, spread = (p + z2 / (2 * n)) / (1 + z2 / n), math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        half = NORMAL_95 * spread / (1 + z2 / n)
        low, high = (0.0 if hits == 0 else middle - half), (1.0 if hits == n else middle + half)
        return cls(p, math.sqrt(p * (1 - p) / n), low, high, n, "chance")

    @classmethod
    def _exact(cls, hits: int, n: int, z: float) -> Self:
        """Return the estimate of a chance with the exact interval."""
        from scipy.special import betaincinv, ndtr

        miss, p = float(ndtr(-z)), hits / n
        low = 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, miss))
        high = 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 1.0 - miss))
        return cls(p, math.sqrt(p * (1 - p) / n), low, high, n, "chance")

    def __str__(self) -> str:
        """Return the estimate as one quotes it."""
        digits = _digits(self.value, self.error)
        shown = f"{self.value:,.{digits}f} ± {self.error:,.{digits}f}"
        unit = f" {self.unit}" if self.unit and self.unit != "chance" else ""
        return f"{shown}{unit} (95 %: {self.low:,.{digits}f} to {self.high:,.{digits}f}, n = {self.n:,})"


def _digits(value: float, error: float) -> int:
    """Return how many digits behind the point are worth showing."""
    size = error if error > 0 else abs(value) * 1e-3
    return 0 if size == 0 or not math.isfinite(size) else int(min(6, max(0, 1 - math.floor(math.log10(size)))))
