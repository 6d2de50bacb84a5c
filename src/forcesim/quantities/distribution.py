"""What every distribution answers, and what distributions on a normal scale share."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_serializer
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from forcesim.arrays import Floats

__all__ = ["Distribution", "Real", "bounded_score", "check_bounds", "refuse", "shares_below"]

Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number: no text, no truth value."""

LEAST_KEPT = 0.01
"""Share of a normal or lognormal that bounds must leave; less is another distribution than the one named."""


def refuse(rule: str) -> PydanticCustomError:
    """Return the error of a distribution that breaks a rule."""
    return PydanticCustomError("distribution", "{rule}", {"rule": rule})


class Distribution(BaseModel):
    """What every distribution answers: support, centre, moments, quantiles.

    Examples
    --------
    >>> from forcesim.quantities.distributions import Triangular
    >>> Triangular(low=1, mode=2, high=4).support
    (1.0, 4.0)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: str
    positional: ClassVar[tuple[str, ...]] = ()
    """Names of the arguments when given as a list."""
    deep: ClassVar[bool] = False
    """Whether nobody claims to know how likely the values are."""

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """Return the least and the greatest value."""

    @property
    def moments(self) -> tuple[float, float] | None:
        """Return mean and standard deviation, or None where no closed form is known."""
        return None

    @abstractmethod
    def quantile(self, u: Floats) -> Floats:
        """Return the values below which the shares ``u`` (in (0, 1)) lie."""

    @property
    def centre(self) -> float:
        """Return the median."""
        return float(self.quantile(np.array([0.5]))[0])

    @model_serializer
    def _short(self) -> dict[str, Any]:
        """Write the arguments that a user would; the kind is the key above."""
        fields = type(self).model_fields
        found = {name: getattr(self, name) for name in fields if name != "kind"}
        return {name: value for name, value in found.items() if value is not None and value != fields[name].default}


def shares_below(z: tuple[float, float]) -> tuple[float, float]:
    """Return the shares of a standard normal below two bounds."""
    return math.erfc(-z[0] / math.sqrt(2.0)) / 2.0, math.erfc(-z[1] / math.sqrt(2.0)) / 2.0


def bounded_score(u: Floats, z: tuple[float, float]) -> Floats:
    """Return the standard normal's quantiles, the normal being cut at two bounds."""
    from scipy.special import ndtri

    if z == (-math.inf, math.inf):
        return np.asarray(ndtri(u))
    below, above = shares_below(z)
    return np.asarray(np.clip(ndtri(below + u * (above - below)), *z))


def check_bounds(low: float | None, high: float | None, z: tuple[float, float]) -> None:
    """Refuse bounds that are out of order, or leave next to nothing."""
    if low is not None and high is not None and not low < high:
        raise refuse("low must be below high")
    below, above = shares_below(z)
    if above - below < LEAST_KEPT:
        raise refuse(f"low and high must leave at least {LEAST_KEPT:.0%} of the distribution")
