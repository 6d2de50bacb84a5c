"""What nothing beats on cost against a value, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forcesim.arguments import finite
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.result import Estimate

__all__ = ["Frontier", "FrontierPoint"]


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """A policy, or settings of levers, scored again on fresh futures.

    Attributes
    ----------
    name : str
        The policy, or the settings in words.
    settings : mapping of lever to float
        What is set; nothing for a policy.
    cost, value : Estimate
        On fresh futures; the intervals of all points hold at once.
    searched_cost, searched_value : float
        On the futures of the search, where the best are flattered.
    chances : mapping of condition to Estimate
        Of each constraint, on fresh futures.
    admissible : bool
        Whether all constraints hold there.
    unbeaten : bool
        Whether no other admissible point costs at most as much and is worth at least as much.
    sure : float
        Chance that it is so, as the paths tell it.
    """

    name: str
    settings: dict[str, float]
    cost: Estimate
    value: Estimate
    searched_cost: float
    searched_value: float
    chances: dict[str, Estimate]
    admissible: bool
    unbeaten: bool
    sure: float


@dataclass(frozen=True, slots=True, repr=False)
class Frontier(Quotable):
    """Policies that nothing beats on cost against a value.

    Attributes
    ----------
    cost, against, when : str
        What is paid, what it is for, at or by which month.
    cost_unit, unit : str
        Their units.
    better : str
        Whether ``"more"`` or ``"less"`` of ``against`` is better.
    points : tuple of FrontierPoint
        All that were scored again, the cheapest first.
    tried : tuple of (str, float, float)
        Name, cost and value of all that were tried, on the futures of the search.
    optimism : Estimate
        How much better the unbeaten points of the search looked there than on fresh futures, on average.
    source : str
        Where a picture or table comes from.
    """

    cost: str
    against: str
    when: str
    cost_unit: str
    unit: str
    better: str
    points: tuple[FrontierPoint, ...]
    tried: tuple[tuple[str, float, float], ...]
    optimism: Estimate
    source: str = ""

    @property
    def front(self) -> tuple[FrontierPoint, ...]:
        """Return the points that nothing beats, the cheapest first."""
        return tuple(point for point in self.points if point.unbeaten)

    def cheapest(self, value: float) -> FrontierPoint | None:
        """Return the cheapest admissible point that is worth so much, or None.

        Parameters
        ----------
        value : float
            A chance, or a number in the unit of ``against``.
        """
        value, sign = finite("value", value), 1.0 if self.better == "more" else -1.0
        return next((point for point in self.front if sign * (point.value.value - value) >= 0.0), None)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a point: settings, cost and value with simultaneous 95 % intervals, whether it is unbeaten."""
        import pandas as pd

        rows = [
            {
                "policy": point.name,
                **point.settings,
                "cost": point.cost.value,
                "cost_low": point.cost.low,
                "cost_high": point.cost.high,
                "value": point.value.value,
                "low": point.value.low,
                "high": point.value.high,
                "searched_cost": point.searched_cost,
                "searched_value": point.searched_value,
                "admissible": point.admissible,
                "unbeaten": point.unbeaten,
                "sure": point.sure,
            }
            for point in self.points
        ]
        return pd.DataFrame(rows).set_index("policy")

    def figure(self) -> Figure:
        """Return cost against value: what was tried, what nothing beats, and its bands."""
        from forcesim.view.frontier import frontier

        return frontier(
            tried=[(cost, value) for _, cost, value in self.tried],
            points=[
                (point.name if not point.settings else "", point.cost, point.value, point.unbeaten)
                for point in self.points
            ],
            title=f"{self.against} {self.when}, against {self.cost}",
            cost_unit=f"{self.cost}, {self.cost_unit}" if self.cost_unit else self.cost,
            unit=self.unit,
            source=self.source,
        )

    def _caption(self) -> str:
        flattered = f"the search flattered them by {self.optimism.quoted()}"
        counts = f"{len(self.front)} of {len(self.tried)} tried"
        return f"{self.against} {self.when}, against {self.cost}; {counts}; {flattered}"

    def _cells(self) -> list[list[str]]:
        rows = [["policy", "cost", "value", "95 % (all at once)", "unbeaten"]]
        for point in self.points:
            digits = 3 if self.unit == "chance" or abs(point.value.value) < 1000 else 0
            band = f"{point.value.low:,.{digits}f} to {point.value.high:,.{digits}f}"
            word = (
                "not admissible" if not point.admissible else f"{'yes' if point.unbeaten else 'no'} ({point.sure:.0%})"
            )
            rows.append([point.name, f"{point.cost.value:,.1f}", point.value.quoted(digits), band, word])
        return rows
