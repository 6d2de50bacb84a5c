"""Number types with unit, range and source, and the distributions that a number may be."""

from forcesim.quantities.distributions import Distribution
from forcesim.quantities.numbers import (
    Months,
    PerMonth,
    Persons,
    Quantity,
    Ratio,
    Share,
    UsdBn,
    Value,
    choice,
    number,
)

__all__ = [
    "Distribution",
    "Months",
    "PerMonth",
    "Persons",
    "Quantity",
    "Ratio",
    "Share",
    "UsdBn",
    "Value",
    "choice",
    "number",
]
