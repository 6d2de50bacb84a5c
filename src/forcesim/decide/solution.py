"""The least setting of a lever that is enough, or the best that can be had and what stands in the way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forcesim.decide.sentences import per_cent
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.result import Estimate

__all__ = ["Solution"]


@dataclass(frozen=True, slots=True, repr=False)
class Solution(Quotable):
    """The least setting of a lever at which a chance reaches a level.

    Attributes
    ----------
    lever, unit : str
        What is set, and its unit.
    reach, when : str
        What shall come true, at or by which month, and the condition.
    chance : float
        The chance that is wanted.
    low, high : float
        The bounds within which it was sought.
    setting : Estimate
        The least setting that is enough, with the interval of its Monte Carlo error; nan where none is.
    best_at : float
        Where it is enough, the setting; else the setting with the greatest chance.
    best : Estimate
        The chance there, on fresh futures.
    falls : (float, float), optional
        Two settings between which the chance falls for certain, though the lever is raised: the response is not
        monotone.
    nation : str
        Whose intake the limits are of; nothing where the lever is of no army.
    limits : mapping of limit to Estimate
        At ``limits_at``: share of paths on which it binds in more months than any other, from the first month of the
        setting to the month of the question; ``"none"`` where none does.
    at_war : mapping of limit to float
        Of the months in which it binds, the share at war; nothing where the scenario has no phases.
    limits_at : float
        The setting that is enough; where none is, the upper bound unless the chance is lower there.
    curve : mapping of setting to Estimate
        The chance at each setting that was tried, on the same futures.
    source : str
        Where a picture or table comes from.
    """

    lever: str
    unit: str
    reach: str
    when: str
    chance: float
    low: float
    high: float
    setting: Estimate
    best_at: float
    best: Estimate
    falls: tuple[float, float] | None
    nation: str
    limits: dict[str, Estimate]
    at_war: dict[str, float]
    limits_at: float
    curve: dict[float, Estimate]
    source: str = ""

    @property
    def reached(self) -> bool:
        """Return whether some setting is enough."""
        return not math.isnan(self.setting.value)

    @property
    def binding(self) -> str:
        """Return the limit that binds on the most paths; nothing where none does."""
        return next((limit for limit in self.limits if limit != "none"), "")

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return the answer, whether more of the lever can be less, and what binds."""
        wanted = f"{self.reach} {self.when} with a chance of {100 * self.chance:g} %"
        if self.reached:
            said = [f"{wanted} needs {self.lever} of at least {self._amount(self.setting.value)}{self._interval()}."]
        else:
            bounds = f"{self._amount(self.low)} and {self._amount(self.high)}"
            best = f"The best is {per_cent(self.best)}, at {self._amount(self.best_at)}"
            said = [f"{wanted} cannot be reached by {self.lever} between {bounds}. {best}."]
            if self.curve[self.best_at].high >= self.chance:
                said.append("What is wanted lies within the error: more paths would tell.")
        if self.falls is not None:
            one, other = (self.curve[value] for value in self.falls)
            at = [self._amount(value) for value in self.falls]
            said.append(
                f"The response is not monotone: {per_cent(one)} at {at[0]}, and only {per_cent(other)} at {at[1]}."
            )
        if self.binding:
            share, war = self.limits[self.binding], self.at_war.get(self.binding)
            when = "" if war is None else f" ({100 * war:.0f} % of its months are at war)"
            said.append(
                f"At {self._amount(self.limits_at)} the limit that binds {self.nation}'s intake in the most months is "
                f"{self.binding}, on {per_cent(share)} of paths{when}."
            )
        return tuple(said)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a setting that was tried: chance, error, 95 % interval, paths that count."""
        import pandas as pd

        rows = [
            {"setting": value, "chance": one.value, "error": one.error, "low": one.low, "high": one.high, "n": one.n}
            for value, one in self.curve.items()
        ]
        return pd.DataFrame(rows).set_index("setting")

    def figure(self) -> Figure:
        """Return the response curve with its band, the level that is wanted, and the answer with its interval."""
        from forcesim.view.response import response

        return response(
            settings=list(self.curve),
            chances=list(self.curve.values()),
            level=self.chance,
            answer=self.setting if self.reached else None,
            title=f"{self.reach} {self.when}",
            lever=f"{self.lever}, {self.unit}" if self.unit else self.lever,
            remark="" if self.reached else self.sentences[-1] if self.binding else "",
            source=self.source,
        )

    def _amount(self, value: float) -> str:
        """Return a setting with its unit."""
        digits = 0 if abs(value) >= 1000 else max(0, min(6, 3 - math.floor(math.log10(abs(value) or 1.0))))
        said = f"{value:,.{digits}f}"
        said = said.rstrip("0").rstrip(".") if "." in said else said
        return f"{said} {self.unit}".strip()

    def _interval(self) -> str:
        """Return the interval in words."""
        one = self.setting
        if one.low == one.high:
            return ""
        end = self._amount(one.high) if math.isfinite(one.high) else "beyond the bounds"
        return f" (95 %: {self._amount(one.low)} to {end})"

    def _caption(self) -> str:
        return " ".join(self.sentences)

    def _cells(self) -> list[list[str]]:
        rows = [["setting", "chance", "95 % interval"]]
        for value, one in self.curve.items():
            rows.append([self._amount(value), one.quoted(3), f"{one.low:.3f} to {one.high:.3f}"])
        return rows
