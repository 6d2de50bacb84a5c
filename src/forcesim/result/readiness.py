"""Readiness marks: when an aggressor has brigades free for another war, by what each war needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import finite
from forcesim.errors import Fault, ResultError
from forcesim.result.estimate import Estimate
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from forcesim.arrays import Floats
    from forcesim.result.followed import Followed

__all__ = ["Readiness", "readiness"]

WITHIN = (0, 6, 24, 60)
"""Months after the ceasefire: Denmark's service has a local war after 6, a regional after 24, a large one after 60."""


@dataclass(frozen=True, slots=True, repr=False)
class Readiness(Quotable):
    """When brigades are free for another war, counted from the first ceasefire, while it holds.

    Attributes
    ----------
    free : mapping of months to (low, median, high, n)
        Brigades free after so many months: 10, 50 and 90 % of the n paths on which the ceasefire still holds.
    needs : mapping of mark to brigades
        What each war needs.
    chances : mapping of (mark, months) to Estimate
        Chance that the need was met by then.
    """

    free: Mapping[int, tuple[float, float, float, int]]
    needs: Mapping[str, float]
    chances: Mapping[tuple[str, int], Estimate]

    def _cells(self) -> list[list[str]]:
        rows = [
            ["months after the ceasefire", "brigades free", *(f"{m}: {need:.0f}" for m, need in self.needs.items())]
        ]
        for month, (low, middle, high, _) in self.free.items():
            met = (f"{self.chances[mark, month].value:.2f}" for mark in self.needs)
            rows.append([str(month), f"{middle:.0f} ({low:.0f} to {high:.0f})", *met])
        return rows

    def _caption(self) -> str:
        least = min(row[3] for row in self.free.values())
        return f"chance that the need was met; median and 80 % of free brigades; at least {least:,} paths"


def readiness(
    result: Followed,
    needs: Mapping[str, float],
    *,
    aggressor: str = "RUS",
    within: Sequence[int] = WITHIN,
    land_share: float = 0.65,
    brigade: float = 6_000.0,
    peace: str = "phase == 'ceasefire'",
) -> Readiness:
    """Return when an aggressor has brigades free for another war.

    Free are those of its trained land forces that are not held in the theatre, in brigades::

        free = max(0, land_share trained - theatre) / brigade

    It counts people: rest, officers, equipment and stocks are left out, so it is the earliest date.

    Parameters
    ----------
    result : Result
        With ``trained``, ``theatre`` and ``phase`` kept.
    needs : mapping of mark to brigades
        What each war needs.
    aggressor : str
        A nation.
    within : sequence of int
        Months after the first ceasefire.
    land_share : float
        Part of the trained who serve on land, in (0, 1].
    brigade : float
        Persons of a brigade with its support.
    peace : str
        What counts as a ceasefire.

    Returns
    -------
    Readiness

    Raises
    ------
    ResultError
        If an outcome is not kept, or no path has a ceasefire that holds so long.

    Source
    ------
    Shlapak, D. A. and Johnson, M. W. (2016), Reinforcing Deterrence on NATO's Eastern Flank, RAND RR-1253 (wars by the
    brigades that they need). The shares are assumptions.
    """
    size, part = finite("brigade", brigade, above=0.0), finite("land_share", land_share, above=0.0)
    held = result.history(peace) > 0.0
    free = (
        np.maximum(0.0, part * result.history(f"trained[{aggressor}]") - result.history(f"theatre[{aggressor}]")) / size
    )
    counted = _since(held, free, max(within))
    rows: dict[int, tuple[float, float, float, int]] = {}
    chances: dict[tuple[str, int], Estimate] = {}
    for months in within:
        holds = ~np.isnan(counted[: months + 1]).any(axis=0)
        if not holds.any():
            raise ResultError(Fault("within", "must be months that a ceasefire holds on some path", str(months)))
        there = counted[: months + 1, holds]
        low, middle, high = np.quantile(there[-1], (0.1, 0.5, 0.9))
        rows[months] = (float(low), float(middle), float(high), int(holds.sum()))
        for mark, need in needs.items():
            met, n = (there >= need).any(axis=0), there.shape[1]
            variance = float(np.var(met, ddof=1)) if n > 1 else math.nan
            chances[mark, months] = Estimate.of_moments(float(met.mean()), variance, n, "chance")
    return Readiness(rows, dict(needs), chances)


def _since(held: npt.NDArray[np.bool_], values: Floats, months: int) -> Floats:
    """Return values by months since the first ceasefire (month, path), unknown where it is over."""
    first = np.where(held.any(axis=0), held.argmax(axis=0), len(held))
    counted = np.full((months + 1, held.shape[1]), np.nan)
    going = np.ones(held.shape[1], dtype=np.bool_)
    for month in range(months + 1):
        at = np.minimum(first + month, len(held) - 1)
        going &= (first + month < len(held)) & held[at, np.arange(held.shape[1])]
        counted[month, going] = values[at, np.arange(held.shape[1])][going]
    return counted
