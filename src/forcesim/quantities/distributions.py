"""The distributions that a number may be: data, support, moments and quantile function.

Every distribution is used through its quantile function, so that a number rises with the uniform
it is made from, and designs (Latin hypercube, Sobol) and correlation work for all alike.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_serializer, model_validator

from forcesim.quantities.distribution import Distribution, Real, bounded_score, check_bounds, refuse, shares_below
from forcesim.quantities.interpolation import monotone_cubic

if TYPE_CHECKING:
    from forcesim.arrays import Floats

__all__ = [
    "KINDS",
    "AnyDistribution",
    "Beta",
    "Discrete",
    "Distribution",
    "Gamma",
    "LogRange",
    "Lognormal",
    "Normal",
    "Pert",
    "Quantiles",
    "Range",
    "Real",
    "Triangular",
    "Uniform",
]


class Normal(Distribution):
    """Normal with mean and standard deviation, cut off at ``low`` and ``high`` where they are given."""

    kind: Literal["normal"] = "normal"
    mean: Real
    sd: Real = Field(gt=0)
    low: Real | None = None
    high: Real | None = None
    positional: ClassVar[tuple[str, ...]] = ("mean", "sd", "low", "high")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        check_bounds(self.low, self.high, self._scores)
        return self

    @property
    def _scores(self) -> tuple[float, float]:
        low, high = self.support
        return (low - self.mean) / self.sd, (high - self.mean) / self.sd

    @property
    def support(self) -> tuple[float, float]:
        """Return the bounds, infinite where none is given."""
        return (-math.inf if self.low is None else self.low), (math.inf if self.high is None else self.high)

    @property
    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation (Johnson, Kotz and Balakrishnan 1994, vol. 1, 13.10.1)."""
        first, last = self._scores
        below, above = shares_below((first, last))
        heights = [0.0 if math.isinf(z) else math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi) for z in (first, last)]
        edges = [0.0 if math.isinf(z) else z * height for z, height in zip((first, last), heights, strict=True)]
        shift = (heights[0] - heights[1]) / (above - below)
        spread = 1.0 + (edges[0] - edges[1]) / (above - below) - shift * shift
        return self.mean + self.sd * shift, self.sd * math.sqrt(spread)

    def quantile(self, u: Floats) -> Floats:
        """Return mean + sd z."""
        return np.clip(self.mean + self.sd * bounded_score(u, self._scores), *self.support)


class Lognormal(Distribution):
    """Lognormal with median or mean, and the standard deviation ``sigma`` of the logarithm or ``sd`` of the number.

    ``low`` and ``high`` cut it off; median, mean and sd are those without the cut.
    """

    kind: Literal["lognormal"] = "lognormal"
    median: Real | None = Field(default=None, gt=0)
    mean: Real | None = Field(default=None, gt=0)
    sigma: Real | None = Field(default=None, gt=0)
    sd: Real | None = Field(default=None, gt=0)
    low: Real | None = Field(default=None, ge=0)
    high: Real | None = Field(default=None, gt=0)
    positional: ClassVar[tuple[str, ...]] = ("median", "sigma")

    @model_validator(mode="after")
    def _known(self) -> Self:
        if (self.median is None) == (self.mean is None):
            raise refuse("must have either median or mean")
        if (self.sigma is None) == (self.sd is None):
            raise refuse("must have either sigma or sd")
        if self.log[1] > 10.0:
            raise refuse("must have a standard deviation of the logarithm of at most 10")
        check_bounds(self.low, self.high, self._scores)
        return self

    @property
    def log(self) -> tuple[float, float]:
        """Return the mean and the standard deviation of the logarithm."""
        middle = self.mean if self.median is None else self.median
        assert middle is not None
        if self.sigma is not None:
            sigma = self.sigma
        else:
            assert self.sd is not None
            square = (self.sd / middle) ** 2
            growth = 1.0 + square if self.median is None else (1.0 + math.sqrt(1.0 + 4.0 * square)) / 2.0
            sigma = math.sqrt(math.log(growth))
        return math.log(middle) - (sigma * sigma / 2.0 if self.median is None else 0.0), sigma

    @property
    def _scores(self) -> tuple[float, float]:
        mu, sigma = self.log
        low = -math.inf if not self.low else (math.log(self.low) - mu) / sigma
        return low, math.inf if self.high is None else (math.log(self.high) - mu) / sigma

    @property
    def support(self) -> tuple[float, float]:
        """Return the bounds; those of the positive half-line where none is given."""
        return self.low or 0.0, math.inf if self.high is None else self.high

    @property
    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation, by the normal shares of the shifted bounds."""
        mu, sigma = self.log
        first, last = self._scores
        below, above = shares_below((first, last))
        raw = []
        for power in (1.0, 2.0):
            under, over = shares_below((first - power * sigma, last - power * sigma))
            raw.append(math.exp(power * mu + power**2 * sigma**2 / 2.0) * (over - under) / (above - below))
        return raw[0], math.sqrt(max(raw[1] - raw[0] ** 2, 0.0))

    def quantile(self, u: Floats) -> Floats:
        """Return the exponential of a normal."""
        mu, sigma = self.log
        return np.clip(np.exp(mu + sigma * bounded_score(u, self._scores)), *self.support)


class Bounded(Distribution):
    """Between two bounds, of which the lower must be below the higher."""

    low: Real
    high: Real
    positional: ClassVar[tuple[str, ...]] = ("low", "high")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise refuse("low must be below high")
        return self

    @property
    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high


class Uniform(Bounded):
    """Uniform between two bounds."""

    kind: Literal["uniform"] = "uniform"

    @property
    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation."""
        return (self.low + self.high) / 2.0, (self.high - self.low) / math.sqrt(12.0)

    def quantile(self, u: Floats) -> Floats:
        """Return the point at the share u of the way."""
        return np.asarray(self.low + (self.high - self.low) * u)


class Range(Uniform):
    """Deep uncertainty: nobody knows more than the bounds. Sampled evenly; says nothing on likelihood."""

    kind: Literal["range"] = "range"  # type: ignore[assignment]
    deep: ClassVar[bool] = True


class LogRange(Bounded):
    """Deep uncertainty over orders of magnitude: evenly spread in the logarithm between two positive bounds.

    The law is the reciprocal one (Hamming 1970, Bell System Technical Journal 49, 1609-1625). Half of the paths lie
    below the geometric mean of the bounds; under ``range`` over a decade only a fifth do.

    Examples
    --------
    >>> round(LogRange(low=0.004, high=0.04).centre, 5)
    0.01265
    """

    kind: Literal["log_range"] = "log_range"
    low: Real = Field(gt=0)
    high: Real = Field(gt=0)
    deep: ClassVar[bool] = True

    @property
    def moments(self) -> tuple[float, float]:
        """Return mean (b - a) / ln(b/a) and standard deviation, in units of b so that no square overflows."""
        least, logs = self.low / self.high, math.log(self.high) - math.log(self.low)
        mean = (1.0 - least) / logs
        return self.high * mean, self.high * math.sqrt(max((1.0 - least * least) / (2.0 * logs) - mean * mean, 0.0))

    def quantile(self, u: Floats) -> Floats:
        """Return the point at the share u of the way between the logarithms."""
        first, last = math.log(self.low), math.log(self.high)
        return np.clip(np.exp(first + (last - first) * np.asarray(u)), self.low, self.high)


class Triangular(Distribution):
    """Triangular with least, most likely and greatest value."""

    kind: Literal["triangular"] = "triangular"
    low: Real
    mode: Real
    high: Real
    positional: ClassVar[tuple[str, ...]] = ("low", "mode", "high")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not (self.low <= self.mode <= self.high and self.low < self.high):
            raise refuse("must have low <= mode <= high and low < high")
        return self

    @property
    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

    @property
    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation."""
        a, c, b = self.low, self.mode, self.high
        return (a + b + c) / 3.0, math.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18.0)

    def quantile(self, u: Floats) -> Floats:
        """Return the inverse of the two parabolas."""
        width = self.high - self.low
        left = (self.mode - self.low) / width
        rising = self.low + np.sqrt(u * width * (self.mode - self.low))
        falling = self.high - np.sqrt((1.0 - u) * width * (self.high - self.mode))
        return np.where(u < left, rising, falling)


class Beta(Distribution):
    """Beta on [low, high] with shapes a and b."""

    kind: Literal["beta"] = "beta"
    a: Real = Field(gt=0, le=1e6)
    b: Real = Field(gt=0, le=1e6)
    low: Real = 0.0
    high: Real = 1.0
    positional: ClassVar[tuple[str, ...]] = ("a", "b", "low", "high")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise refuse("low must be below high")
        return self

    @property
    def support(self) -> tuple[float, float]:
        """Return the bounds."""
        return self.low, self.high

    @property
    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation."""
        both, width = self.a + self.b, self.high - self.low
        return self.low + width * self.a / both, width * math.sqrt(self.a * self.b / (both + 1.0)) / both

    def quantile(self, u: Floats) -> Floats:
        """Return the inverse of the incomplete beta function."""
        from scipy.special import betaincinv

        return np.asarray(self.low + (self.high - self.low) * betaincinv(self.a, self.b, u))


class Gamma(Distribution):
    """Gamma with shape and scale; its mean is shape times scale.

    What is known of a rate after ``k`` events in ``T`` years is about Gamma(k + 1/2, 1/T) (Jeffreys' prior).

    Examples
    --------
    >>> round(Gamma(shape=0.5, scale=1 / 77).moments[0], 5)
    0.00649
    """

    kind: Literal["gamma"] = "gamma"
    shape: Real = Field(gt=0, le=1e6)
    scale: Real = Field(gt=0)
    positional: ClassVar[tuple[str, ...]] = ("shape", "scale")

    @property
    def support(self) -> tuple[float, float]:
        """Return the bounds of the positive half-line."""
        return 0.0, math.inf

    @property
    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation."""
        return self.shape * self.scale, self.scale * math.sqrt(self.shape)

    def quantile(self, u: Floats) -> Floats:
        """Return the inverse of the incomplete gamma function."""
        from scipy.special import gammaincinv

        return np.asarray(self.scale * gammaincinv(self.shape, u))


class Pert(Triangular):
    """PERT: a beta whose mean is (low + 4 mode + high) / 6 (Vose 2008, Risk Analysis, 3rd ed., p. 672)."""

    kind: Literal["pert"] = "pert"  # type: ignore[assignment]

    @property
    def beta(self) -> Beta:
        """Return the beta that it is."""
        width = self.high - self.low
        # divided first: four times a number of 308 digits would be infinite
        a, b = 1.0 + 4.0 * ((self.mode - self.low) / width), 1.0 + 4.0 * ((self.high - self.mode) / width)
        return Beta(a=a, b=b, low=self.low, high=self.high)

    @property
    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation."""
        return self.beta.moments

    def quantile(self, u: Floats) -> Floats:
        """Return the beta's quantile on [low, high]."""
        return self.beta.quantile(u)


class Discrete(Distribution):
    """One of a few values, with weights; weights need not add up to 1."""

    kind: Literal["discrete"] = "discrete"
    values: tuple[Real, ...] = Field(min_length=1, max_length=1000)
    weights: tuple[Real, ...] = Field(min_length=1, max_length=1000)
    positional: ClassVar[tuple[str, ...]] = ("values", "weights")

    @model_validator(mode="after")
    def _weighed(self) -> Self:
        if len(self.values) != len(self.weights):
            raise refuse("values and weights must be as many")
        if min(self.weights) < 0 or not 0 < sum(self.weights) < math.inf:
            raise refuse("weights must not be negative, and not all zero")
        return self

    @property
    def support(self) -> tuple[float, float]:
        """Return the least and the greatest value."""
        return min(self.values), max(self.values)

    @property
    def moments(self) -> tuple[float, float]:
        """Return mean and standard deviation."""
        values, weights = np.array(self.values), np.array(self.weights) / sum(self.weights)
        mean = float((values * weights).sum())
        return mean, math.sqrt(float(((values - mean) ** 2 * weights).sum()))

    def quantile(self, u: Floats) -> Floats:
        """Return the value in whose share of the ordered weights u falls."""
        order = np.argsort(self.values, kind="stable")
        order = order[np.array(self.weights)[order] > 0]
        shares = np.cumsum(np.array(self.weights)[order]) / sum(self.weights)
        place = np.minimum(np.searchsorted(shares, u, side="left"), len(order) - 1)
        return np.array(self.values)[order][place]


class Quantiles(Distribution):
    """Quantiles as an expert gives them; between them monotone cubic in the normal score.

    The quantile function is a shape-preserving cubic (PCHIP; Fritsch and Carlson 1980, SIAM J.
    Numer. Anal. 17, 238-246) in z = Phi^-1(u). Tails: beyond the outermost quantiles it goes on as a
    straight line in z through the outer two, which is a normal tail, cut off at ``low`` and ``high``
    where they are given.
    """

    kind: Literal["quantiles"] = "quantiles"
    at: tuple[tuple[Real, Real], ...] = Field(min_length=2, max_length=100)
    low: Real | None = None
    high: Real | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_mapping(cls, data: Any) -> Any:
        """Read ``{0.1: 5, 0.5: 7, 0.9: 12, low: 0}``."""
        if isinstance(data, dict) and "at" not in data:
            words = {key: value for key, value in data.items() if key in ("low", "high", "kind")}
            pairs = []
            for key, value in data.items():
                if key in words:
                    continue
                try:
                    pairs.append((float(key), value))
                except (TypeError, ValueError):
                    raise refuse(f"{key!r} is no share; write 0.1: 5, 0.5: 7, 0.9: 12") from None
            return {"at": tuple(sorted(pairs, key=lambda pair: pair[0])), **words}
        return data

    @model_validator(mode="after")
    def _monotone(self) -> Self:
        shares, values = zip(*self.at, strict=True)
        if not all(0.0 < share < 1.0 for share in shares) or len(set(shares)) < len(shares):
            raise refuse("quantiles must be given at different shares in (0, 1)")
        if any(later < earlier for earlier, later in pairwise(values)):
            raise refuse("quantiles must not fall")
        if (self.low is not None and self.low > values[0]) or (self.high is not None and self.high < values[-1]):
            raise refuse("low and high must lie outside the quantiles")
        return self

    @property
    def support(self) -> tuple[float, float]:
        """Return the bounds, infinite where none is given."""
        return (-math.inf if self.low is None else self.low), (math.inf if self.high is None else self.high)

    def quantile(self, u: Floats) -> Floats:
        """Return the interpolated value."""
        from scipy.special import ndtri

        scores = ndtri(np.array([share for share, _ in self.at]))
        values = np.array([value for _, value in self.at])
        return np.clip(monotone_cubic(scores, values, np.asarray(ndtri(u))), *self.support)

    @model_serializer
    def _short(self) -> dict[Any, Any]:
        """Write the mapping that a user writes."""
        bounds = {"low": self.low, "high": self.high}
        return {**{str(share): value for share, value in self.at}, **{k: v for k, v in bounds.items() if v is not None}}


AnyDistribution = Annotated[
    Normal | Lognormal | Uniform | Range | LogRange | Triangular | Beta | Gamma | Pert | Discrete | Quantiles,
    Field(discriminator="kind"),
]

KINDS: dict[str, type[Distribution]] = {
    "normal": Normal,
    "lognormal": Lognormal,
    "uniform": Uniform,
    "range": Range,
    "log_range": LogRange,
    "triangular": Triangular,
    "beta": Beta,
    "gamma": Gamma,
    "pert": Pert,
    "discrete": Discrete,
    "quantiles": Quantiles,
}
