"""Names and years that a caller gives: each must be one that there is, and none is passed over in silence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from forcesim import paths
from forcesim.arguments import day, finite, integer, shown
from forcesim.errors import Fault, ResultError
from forcesim.timeline import month_number

__all__ = ["all_named", "month", "panel_of"]

SHOWN = 8


def all_named(name: str, given: Iterable[Any], known: Collection[Any], rule: str) -> None:
    """Refuse names, or years, of which one is not known.

    Raises
    ------
    ResultError
        With all of them, and the nearest that there is.

    Examples
    --------
    >>> all_named("nations", ["DEU", "PLO"], {"DEU": 1, "POL": 2}, "must be in the panel")
    Traceback (most recent call last):
    forcesim.errors.ResultError: nations: must be in the panel, got PLO (did you mean POL?)
    """
    unknown = [one for one in given if one not in known]
    if not unknown:
        return
    words = [str(one) for one in known]
    remedy = paths.nearest(unknown[0], words) if isinstance(unknown[0], str) else ""
    if not remedy and words and len(words) <= SHOWN:
        remedy = f"there are {', '.join(words)}"
    raise ResultError(Fault(name, rule, ", ".join(str(one) for one in unknown), remedy))


def month(name: str, value: Any) -> str:
    """Return the month of a date, as text.

    Examples
    --------
    >>> month("first", "2025-02-24")
    '2025-02'
    """
    try:
        number_of = month_number(day(name, value))
    except ValueError as error:
        raise ResultError(Fault(name, str(error), shown(value))) from None
    return f"{number_of // 12:04d}-{number_of % 12 + 1:02d}"


def panel_of(data: Any, *, above: float | None = None) -> dict[str, dict[int, float]]:
    """Return a caller's panel, nation by nation and year by year, as plain numbers.

    Parameters
    ----------
    data : mapping of nation to mapping of year to value
        As the caller gave it.
    above : float, optional
        What every value must be above.

    Raises
    ------
    ResultError
        If it is no panel: with nation and year.
    """
    remedy = "{'POL': {2024: 0.0412}}, say"
    if not isinstance(data, Mapping) or not data:
        raise ResultError(Fault("data", "must be a mapping of nations to years", shown(data), remedy))
    found: dict[str, dict[int, float]] = {}
    for nation, series in data.items():
        if not isinstance(nation, str) or not isinstance(series, Mapping):
            raise ResultError(Fault("data", "must be a mapping of nations to years", shown({nation: series}), remedy))
        found[nation] = {
            integer(f"data[{nation}]", year): finite(f"data[{nation}][{year}]", value, above=above)
            for year, value in series.items()
        }
    return found
