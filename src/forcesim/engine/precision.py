"""Stopping when an answer is precise enough, without an interval that stopping has made too narrow.

A run that stops at the first narrow interval has selected that interval: its coverage is below its level. There are
at most K looks, at 2,048 paths and each doubling. Each interval is of level 1 - 0.05 / K. So all K together miss with a
chance of at most 0.05 (Bonferroni), for any rule of stopping. Chances get the exact interval of Clopper and Pearson.

References
----------
Clopper, C. J. and Pearson, E. S. (1934), Biometrika 26(4), 404-413.
Glynn, P. W. and Whitt, W. (1992), The asymptotic validity of sequential stopping rules, Ann. Appl. Probab. 2(1).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from forcesim.arguments import finite, shown, text
from forcesim.errors import Fault, ResultError
from forcesim.timeline import moment

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

__all__ = ["Precision", "looks"]

FIRST_LOOK = 2_048
MISS = 0.05


@dataclass(frozen=True)
class Precision:
    """How precise one answer shall be.

    Parameters
    ----------
    half_width : float
        Of its 95 % interval, in the unit of the answer; above 0.
    chance : str, optional
        An expression that is true or false: its chance by (or at) a date.
    mean : str, optional
        An outcome (``"gap"``, ``"strength[UKR]"``): its mean at a date. One of the two must be given.
    by, at : str, date or int, optional
        The date, or the number of a month. By default the horizon.

    Raises
    ------
    ResultError
        If not exactly one answer is named, or the half-width is not above 0.

    Examples
    --------
    >>> import forcesim as fs
    >>> wanted = fs.Precision(chance="gap <= 0", by="2030-12", half_width=0.05)
    >>> result = fs.simulate(fs.load("ukraine-2025"), paths=4_096, until=wanted)
    >>> result.reached
    True
    """

    half_width: float
    chance: str | None = None
    mean: str | None = None
    by: str | dt.date | int | None = None
    at: str | dt.date | int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be reached or is not one question."""
        faults: list[Fault] = []
        checks: dict[str, Callable[[Any], Any]] = {
            "half_width": lambda value: finite("until.half_width", value, above=0),
            "chance": lambda value: text("until.chance", value),
            "mean": lambda value: text("until.mean", value),
            "by": lambda value: _date("until.by", value),
            "at": lambda value: _date("until.at", value),
        }
        for name, check in checks.items():
            value = getattr(self, name)
            try:
                plain = None if value is None and name != "half_width" else check(value)
            except ResultError as error:
                faults += error.faults
            else:
                object.__setattr__(self, name, plain)
        if (self.chance is None) == (self.mean is None):
            faults.append(Fault("until", "must name either a chance or a mean"))
        if self.mean is not None and self.by is not None:
            faults.append(Fault("until.by", "belongs to a chance; a mean has a month: at=..."))
        if self.at is not None and self.by is not None:
            faults.append(Fault("until", "must have at or by, not both"))
        if faults:
            raise ResultError(faults)

    def to_dict(self) -> dict[str, Any]:
        """Return what is not empty."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def _date(name: str, value: Any) -> str | int:
    """Return a date as text, or the number of a month."""
    try:
        return moment(value)
    except ValueError as error:
        raise ResultError(Fault(name, str(error), shown(value))) from None


def looks(most: int, first: int = FIRST_LOOK) -> tuple[list[int], float]:
    """Return after how many paths to look, and the z of each look's interval (Bonferroni); ``first`` is the first look.

    Examples
    --------
    >>> looks(10_000)[0]
    [2048, 4096, 8192, 10000]
    >>> looks(200, first=32)[0]
    [32, 64, 128, 200]
    """
    from scipy.special import ndtri

    found = []
    n = first
    while n < most:
        found.append(n)
        n *= 2
    found.append(most)
    return found, -float(ndtri(MISS / len(found) / 2))
