"""How long policies hold a target, and what a switch to another one restores: the result of ``fs.pathways``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.result.estimate import NORMAL_95
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats

__all__ = ["Pathways", "Stretch", "stretch_of"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Over which months the target is reached.

    Attributes
    ----------
    policy : str
        Followed from the start, or from ``start`` on.
    after : str
        The policy that it follows on; nothing if it is the first.
    start : str
        Its first month.
    since : str
        The first month with the wanted chance; nothing if there is none.
    used_up : str
        The month from which it no longer reaches the chance; nothing if it does in the last month. Its first month if
        it never does.
    earliest, latest : str
        The same by the ends of the 95 % interval of the chance in each month.
    chances, errors : tuple of float
        For each month from month 1 on.
    """

    policy: str
    after: str
    start: str
    since: str
    used_up: str
    earliest: str
    latest: str
    chances: tuple[float, ...]
    errors: tuple[float, ...]

    @property
    def reaches(self) -> bool:
        """Return whether it reaches the wanted chance in some month."""
        return bool(self.since)


def stretch_of(
    policy: str, hits: Floats, paths: int, chance: float, labels: tuple[str, ...], after: str, start: int
) -> Stretch:
    """Return a stretch from the number of paths that hold the target in each month.

    Parameters
    ----------
    policy, after : str
        Which, and on what it follows.
    hits : (month,)
        Paths that hold the target, from month 1 on.
    paths, chance : int, float
        Of how many; the wanted chance.
    labels : tuple of str
        All months, month 0 among them.
    start : int
        The first month that counts.

    Examples
    --------
    >>> found = stretch_of("a", np.array([9.0, 7.0, 8.0, 1.0]), 10, 0.8, tuple("01234"), "", 1)
    >>> found.since, found.used_up, found.latest
    ('1', '4', '4')
    """
    chances = hits / paths
    n = paths + NORMAL_95**2  # Agresti and Coull (1998): the middle and error of Wilson's interval
    middle = (hits + NORMAL_95**2 / 2) / n
    errors = np.sqrt(middle * (1.0 - middle) / n)

    def end(level: Floats) -> str:
        held = np.flatnonzero(level[start - 1 :] >= chance)
        last = start - 1 if not len(held) else start + int(held[-1])
        return labels[last + 1] if last + 1 <= len(hits) else ""

    held = np.flatnonzero((chances >= chance)[start - 1 :])
    return Stretch(
        policy=policy,
        after=after,
        start=labels[start],
        since=labels[start + int(held[0])] if len(held) else "",
        used_up=end(chances),
        earliest=end(middle - NORMAL_95 * errors),
        latest=end(middle + NORMAL_95 * errors),
        chances=tuple(chances.tolist()),
        errors=tuple(errors.tolist()),
    )


@dataclass(frozen=True, slots=True, repr=False)
class Pathways(Quotable):
    """How long each policy holds a target, and which one may follow it.

    Attributes
    ----------
    reach : str
        The target.
    chance : float
        The wanted chance.
    months : tuple of str
        From month 1 to the last.
    policies : dict of name to Stretch
        Each followed from the start.
    transfers : tuple of Stretch
        Each policy that reaches the chance and is used up, followed by each other one from that month on.
    nothing : tuple of (str, str)
        Pairs of which the second changes nothing on top of the first.
    source : str
        Where a picture or table comes from.
    """

    reach: str
    chance: float
    months: tuple[str, ...]
    policies: dict[str, Stretch]
    transfers: tuple[Stretch, ...]
    nothing: tuple[tuple[str, str], ...]
    source: str = ""

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a policy, then one a transfer: since when it reaches the chance, when it is used up."""
        import pandas as pd

        names = ("after", "policy", "start", "since", "used_up", "earliest", "latest")
        every = [*self.policies.values(), *self.transfers]
        return pd.DataFrame([{name: getattr(one, name) for name in names} for one in every])

    def figure(self) -> Figure:
        """Return the map: a row a policy, a line where it reaches the chance, a tick where one takes over."""
        from forcesim.view.pathways import pathways_map

        return pathways_map(
            months=self.months,
            chance=self.chance,
            rows={name: one.chances for name, one in self.policies.items()},
            transfers=[(one.after, one.policy, one.start, one.chances) for one in self.transfers if one.reaches],
            title=f"{self.reach} with a chance of {self.chance:.0%}: how long each policy lasts",
            source=self.source,
        )

    def _caption(self) -> str:
        return f"{self.reach} with a chance of {self.chance:.0%} in each month; {self.source}"

    def _cells(self) -> list[list[str]]:
        rows = [["policy", "after", "from", "reaches it since", "used up", "95 %"]]
        for one in [*self.policies.values(), *self.transfers]:
            said = one.used_up or "lasts"
            band = f"{one.earliest or 'lasts'} to {one.latest or 'lasts'}" if one.earliest else ""
            ends = [one.since, said, band] if one.reaches else ["never", "", ""]
            rows.append([one.policy, one.after, one.start, *ends])
        return rows
