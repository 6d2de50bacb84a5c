"""A caller's data as a file would hold them: NumPy's numbers become numbers, dates become text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["day_text", "plain"]

DEEPEST = 24
"""Levels that a study may nest; what lies deeper is left for the checks to refuse."""


def day_text(when: dt.date | np.datetime64) -> str:
    """Return a date as it is written, ``2030-12-01``; what is no time at all as ``NaT``.

    Examples
    --------
    >>> day_text(dt.datetime(2030, 12, 1, 8, 30)), day_text(np.datetime64("2030-12"))
    ('2030-12-01', '2030-12-01')
    """
    if isinstance(when, np.datetime64):
        return str(np.datetime_as_string(when, unit="D"))
    return when.isoformat()[:10]


def plain(data: Any, depth: int = 0) -> Any:
    """Return nested data with plain numbers and dates as text; what is neither stays, to be refused by its path.

    Examples
    --------
    >>> plain({"days": np.int64(9), "start": dt.date(2026, 1, 1)})
    {'days': 9, 'start': '2026-01-01'}
    """
    if isinstance(data, (dt.date, np.datetime64)):
        return day_text(data)
    if isinstance(data, np.generic):
        return data.item()
    if depth > DEEPEST:
        return data
    if isinstance(data, np.ndarray):
        data = list(data)
    if isinstance(data, Mapping):
        return {plain(key, depth + 1): plain(value, depth + 1) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [plain(value, depth + 1) for value in data]
    return data
