"""Dates and whole months: month 0 is the scenario's start, the last one its horizon."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forcesim.arguments import integer, scalar, shown
from forcesim.errors import Fault, ResultError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from forcesim.arrays import Floats

__all__ = ["Timeline", "moment", "month_number"]


RULE = "must be a month such as 2030-12"
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")


def month_number(text: str | dt.date) -> int:
    """Return the number of months since year 0 of a date, ``"2030-12"`` or ``"2030-12-24"``.

    Raises
    ------
    ValueError
        If the text is no month, or a day that its month does not have; the message says so.

    Examples
    --------
    >>> month_number("2030-12") - month_number("2030-01")
    11
    """
    found = _MONTH.fullmatch(str(moment(text)))
    if found is None or not 1 <= int(found[2]) <= 12:
        raise ValueError(RULE)
    year, month = int(found[1]), int(found[2])
    if found[3] is not None and not 1 <= int(found[3]) <= calendar.monthrange(max(year, 1), month)[1]:
        raise ValueError("must be a day that there is, such as 2030-12-24")
    return year * 12 + month - 1


def moment(date: Any) -> str | int:
    """Return any kind of date as text, and the number of a month as a whole number of Python.

    Raises
    ------
    ValueError
        If it is neither; the message says so.

    Examples
    --------
    >>> import datetime as dt
    >>> moment(dt.datetime(2030, 12, 24)), moment(np.datetime64("2030-12-24")), moment(np.int64(70))
    ('2030-12', '2030-12', 70)
    """
    date = scalar(date)
    if isinstance(date, str):
        return str(date)
    if isinstance(date, np.datetime64) and not np.isnat(date):
        return str(date.astype("datetime64[M]"))
    year, month = getattr(date, "year", None), getattr(date, "month", None)
    if isinstance(year, int) and isinstance(month, int):  # of Python, of pandas; a missing date of pandas has a nan
        return f"{year:04d}-{month:02d}"
    try:
        return integer("date", date)
    except ResultError:
        raise ValueError(RULE) from None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The months of a scenario.

    Parameters
    ----------
    start, horizon : str
        First and last month, ``"2025-02"``.

    Examples
    --------
    >>> timeline = Timeline("2025-02", "2035-12")
    >>> timeline.months, timeline.label(10), timeline.index("2030-12")
    (131, '2025-12', 70)
    """

    start: str
    horizon: str

    @property
    def last(self) -> int:
        """Return the last month."""
        return month_number(self.horizon) - month_number(self.start)

    @property
    def months(self) -> int:
        """Return how many months there are, month 0 among them."""
        return self.last + 1

    @property
    def first_calendar_month(self) -> int:
        """Return the calendar month of month 0, 1 for January."""
        return month_number(self.start) % 12 + 1

    def label(self, month: int) -> str:
        """Return the month's label, ``"2030-12"``."""
        number = month_number(self.start) + month
        return f"{number // 12:04d}-{number % 12 + 1:02d}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Return all labels."""
        return tuple(self.label(month) for month in range(self.months))

    def asked(self, name: str, date: Any) -> int:
        """Return the month that an argument asks for: a date of any kind, or the month's number.

        Raises
        ------
        ResultError
            If it is none, or outside the scenario; it names the argument.
        """
        try:
            return self.index(date)
        except ValueError as error:
            raise ResultError(Fault(name, str(error), shown(date))) from None

    def index(self, date: str | dt.date | int) -> int:
        """Return the month of a date; a whole number is a month already.

        Raises
        ------
        ValueError
            If the date is no month, or outside the scenario; the message names the range.
        """
        found = moment(date)
        month = found if isinstance(found, int) else month_number(found) - month_number(self.start)
        if not 0 <= month <= self.last:
            raise ValueError(f"must lie between {self.start} and {self.horizon}")
        return month

    def offset(self, date: str | dt.date) -> int:
        """Return the month of a date, negative before the start; it may lie outside the scenario.

        Examples
        --------
        >>> Timeline("2025-02", "2035-12").offset("2024-12")
        -2
        """
        return month_number(date) - month_number(self.start)

    def span(self, first: str | None, last: str | None) -> slice:
        """Return the months from one date to another (included), cut to the scenario; it may be empty."""
        begin = 0 if first is None else max(0, self.offset(first))
        end = self.last if last is None else min(self.last, self.offset(last))
        return slice(begin, max(begin, end + 1))

    def schedule(self, dated: Mapping[str, float], interpolate: Literal["step", "linear"] = "step") -> Floats:
        """Return dated values in each month: the last one given, or on the line to the next.

        Before the first date the first value holds, after the last date the last one.

        Examples
        --------
        >>> Timeline("2025-01", "2025-05").schedule({"2025-02": 1.0, "2025-04": 3.0}, "linear")
        array([1., 1., 2., 3., 3.])
        """
        points = sorted((self.offset(date), value) for date, value in dated.items())
        months, values = np.array([month for month, _ in points]), np.array([float(value) for _, value in points])
        every = np.arange(self.months)
        if interpolate == "linear":
            return np.asarray(np.interp(every, months, values))
        return np.asarray(values[np.maximum(np.searchsorted(months, every, side="right") - 1, 0)])

    def ramp(self, first: str | None, over: int) -> Floats:
        """Return the way done in each month: 0 up to a date, 1 from ``over`` months later, even steps between.

        Examples
        --------
        >>> Timeline("2025-01", "2025-05").ramp("2025-02", 2)
        array([0. , 0. , 0.5, 1. , 1. ])
        """
        begin = 0 if first is None else self.offset(first)
        return np.asarray(np.clip((np.arange(self.months) - begin) / over, 0.0, 1.0))
