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
        The estimate and its standard error; nan where one path alone cannot tell it.
    low, high : float
        95 % interval of the Monte Carlo error (not of the outcome).
    n : int
        Paths.
    unit : str
        Unit of value, error, low and high.
    note : str
        Which paths it leaves out, and why.
    """

    value: float
    error: float
    low: float
    high: float
    n: int
    unit: str = ""
    note: str = ""

    @classmethod
    def of_moments(
        cls, mean: float, variance: float, n: int, unit: str = "", z: float = NORMAL_95, *, certain: bool = False
    ) -> Self:
        """Return the estimate of a mean, with a normal interval; ``z`` is larger where it was one of several looks.

        One path tells no error: it is nan then, unless the answer is ``certain``, being the same on every path.
        """
        error = 0.0 if certain else math.sqrt(variance / n) if n > 1 else math.nan
        return cls(mean, error, mean - z * error, mean + z * error, n, unit)

    @classmethod
    def unknown(cls, unit: str = "") -> Self:
        """Return what no path tells."""
        return cls(math.nan, math.nan, math.nan, math.nan, 0, unit)

    @classmethod
    def of_count(cls, hits: int, n: int, z: float = NORMAL_95, *, certain: bool = False) -> Self:
        """Return the estimate of a chance, with Wilson's interval (Wilson 1927, JASA 22, 209-212).

        With another ``z``, for one of several looks, with the exact one (Clopper and Pearson 1934, Biometrika 26).
        Where no path or every path is a hit the error is half the interval over ``z``, and with one path it is nan. An
        answer that is ``certain``, being the same on every path, has no error.
        """
        if certain:
            return cls(hits / n, 0.0, hits / n, hits / n, n, "chance")
        if z != NORMAL_95:
            return cls._exact(hits, n, z)
        p, z2 = hits / n, NORMAL_95**2
        middle, spread = (p + z2 / (2 * n)) / (1 + z2 / n), math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        half = NORMAL_95 * spread / (1 + z2 / n)
        low, high = (0.0 if hits == 0 else middle - half), (1.0 if hits == n else middle + half)
        return cls(p, cls._error(hits, n, (high - low) / (2 * z)), low, high, n, "chance")

    @staticmethod
    def _error(hits: int, n: int, of_interval: float) -> float:
        """Return the standard error of a chance; the sample's own is 0 where all paths agree, which is not true."""
        if n == 1:
            return math.nan
        p = hits / n
        return math.sqrt(p * (1 - p) / n) if 0 < hits < n else of_interval

    @classmethod
    def _exact(cls, hits: int, n: int, z: float) -> Self:
        """Return the estimate of a chance with the exact interval."""
        from scipy.special import betaincinv, ndtr

        miss, p = float(ndtr(-z)), hits / n
        low = 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, miss))
        high = 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 1.0 - miss))
        return cls(p, cls._error(hits, n, (high - low) / (2 * z)), low, high, n, "chance")

    @property
    def digits(self) -> int:
        """Return how many digits behind the point are worth showing."""
        width = (self.high - self.low) / (2 * NORMAL_95)
        size = self.error if self.error > 0 else width if width > 0 else 0.0
        if size <= abs(self.value) * 1e-12:  # nothing, or what is left of rounding
            size = abs(self.value) * 1e-3
        if size == 0 or not math.isfinite(size):
            return 0
        wanted = max(0, 1 - math.floor(math.log10(size)))
        return min(wanted, 6) if size >= 1e-6 else wanted

    def quoted(self, digits: int | None = None) -> str:
        """Return value and error as one quotes them, with so many digits at least that the error is seen.

        Examples
        --------
        >>> Estimate.of_count(0, 256).quoted(), Estimate.of_moments(3.25, 0.0, 1).quoted()
        ('0.0000 ± 0.0038', '3.2500 ± unknown')
        """
        digits = self.digits if digits is None else digits
        if self.error > 0 and round(self.error, digits) == 0:
            digits = self.digits
        error = "unknown" if math.isnan(self.error) else f"{self.error:,.{digits}f}"
        return f"{self.value:,.{digits}f} ± {error}"

    def __str__(self) -> str:
        """Return the estimate as one quotes it."""
        unit = f" {self.unit}" if self.unit and self.unit != "chance" else ""
        note = f"; {self.note}" if self.note else ""
        if self.n == 0:
            return f"unknown (n = 0{note})"
        if math.isnan(self.low) or math.isnan(self.high):
            return f"{self.quoted()}{unit} (n = {self.n:,}{note})"
        low, high = (f"{end:,.{self.digits}f}" for end in (self.low, self.high))
        return f"{self.quoted()}{unit} (95 %: {low} to {high}, n = {self.n:,}{note})"
