"""When something first comes true, over the paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forcesim.view.tables import text_table

if TYPE_CHECKING:
    from forcesim.result.estimate import Estimate

__all__ = ["FirstPassage"]


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
        return np.cumsum(self.first) / self.never.n

    @property
    def median(self) -> str | None:
        """Return the month by which it has come true in half of the paths, if there is one."""
        reached = np.flatnonzero(self.chance >= 0.5)
        return self.months[reached[0]] if len(reached) else None

    def __repr__(self) -> str:
        """Return the chance by the end of each year, as a table."""
        last = {label[:4]: place for place, label in enumerate(self.months)}
        rows = [["by", "chance"], *([self.months[p], f"{self.chance[p]:.3f}"] for p in last.values())]
        return text_table(
            rows, caption=f"first {self.expression} (n = {self.never.n:,}); never: {self.never.value:.3f}"
        )
