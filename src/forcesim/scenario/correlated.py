"""Correlations as a user writes them: pair by pair, or as a matrix among several numbers."""

from __future__ import annotations

import itertools
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from forcesim.uncertainty import Correlation

__all__ = ["Correlated"]

Rho = Annotated[float, Field(strict=True, ge=-1, le=1, allow_inf_nan=False)]


class Correlated(BaseModel):
    """Uncertain numbers whose normal scores are correlated.

    Either two paths ``between`` and their ``rho``, or several paths ``among`` and their ``matrix``.

    Examples
    --------
    >>> Correlated(among=("a", "b"), matrix=((1, 0.5), (0.5, 1))).pairs
    [Correlation(one='a', other='b', rho=0.5)]
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    between: tuple[str, str] | None = None
    rho: Rho | None = None
    among: tuple[str, ...] | None = Field(default=None, min_length=2, max_length=100)
    matrix: tuple[tuple[Rho, ...], ...] | None = None
    source: str | None = Field(default=None, max_length=2000)
    assumption: str | None = Field(default=None, max_length=2000)

    @model_validator(mode="after")
    def _either(self) -> Self:
        """Hold a pair or a matrix that fits."""
        given = tuple(part is not None for part in (self.between, self.rho, self.among, self.matrix))
        if given not in ((True, True, False, False), (False, False, True, True)):
            raise PydanticCustomError("correlated", "must have between and rho, or among and matrix")
        if self.among is not None and self.matrix is not None:
            size = len(self.among)
            if len(self.matrix) != size or any(len(row) != size for row in self.matrix):
                raise PydanticCustomError("correlated", "matrix must have a row and a column for each number")
            places = itertools.product(range(size), repeat=2)
            if any(self.matrix[i][j] != (1.0 if i == j else self.matrix[j][i]) for i, j in places):
                raise PydanticCustomError("correlated", "matrix must be symmetric, with 1 in its diagonal")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return the paths that it correlates."""
        return self.between or self.among or ()

    @property
    def pairs(self) -> list[Correlation]:
        """Return its correlations, pair by pair."""
        if self.between is not None:
            assert self.rho is not None
            return [Correlation(*self.between, self.rho)]
        assert self.among is not None
        assert self.matrix is not None
        places = itertools.combinations(range(len(self.among)), 2)
        return [Correlation(self.among[i], self.among[j], self.matrix[i][j]) for i, j in places]
