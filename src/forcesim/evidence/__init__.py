"""Why believe it: tables with provenance, parameters fitted to history, forecasts scored, published figures replayed.

>>> from forcesim import evidence
>>> evidence.parameter("FG024").central
1500000.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forcesim import tables
from forcesim.arguments import shown, text, whole
from forcesim.errors import DataError, Fault, ResultError
from forcesim.evidence.allies import allies_at_guideline
from forcesim.evidence.backtest import Backtest, backtest
from forcesim.evidence.bundled import Views, parameter, sources, table
from forcesim.evidence.fitting import Fit, Fitted
from forcesim.evidence.published import Replay, Replayed, replay
from forcesim.evidence.published_cases import Case, bundled_cases, load_cases
from forcesim.evidence.war_years import WarYears, war_years

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Backtest",
    "Case",
    "Fit",
    "Fitted",
    "Replay",
    "Replayed",
    "Views",
    "WarYears",
    "allies_at_guideline",
    "backtest",
    "bundled_cases",
    "fit",
    "load_cases",
    "panel",
    "parameter",
    "replay",
    "sources",
    "table",
    "war_years",
]

PANEL = (("iso3", "year"), 1)
"""Keys of a table that is a panel, and its numbers."""


def fit(process: str, data: Mapping[str, Mapping[int, float]] | None = None, **options: Any) -> Fit:
    """Fit a process to history: parameters with their uncertainty and correlation, ready to go into a scenario.

    Parameters
    ----------
    process : {"economy", "spending", "contingent", "personnel"}
        The process.
    data : mapping of nation to mapping of year to value, optional
        The history; the bundled one unless given (growth of the World Bank, defence shares of NATO).
    **options
        ``until`` (economy, spending): the last year that may be looked at. For personnel those of
        :func:`forcesim.evidence.armies.fit_armies`.

    Returns
    -------
    Fit
        ``fit.apply(scenario)`` puts it into a scenario.

    Raises
    ------
    ResultError
        If there is no fitter for the process, or too little data.

    Examples
    --------
    >>> import forcesim as fs
    >>> from forcesim import evidence
    >>> scenario = evidence.fit("economy").apply(fs.load("ukraine-2025"))
    >>> scenario.get("nations.DEU.economy.trend").distribution.kind
    'normal'
    """
    from forcesim.evidence.armies import fit_armies
    from forcesim.evidence.coalitions import fit_contingent
    from forcesim.evidence.growth import fit_growth
    from forcesim.evidence.shares import fit_shares

    process = text("process", process)
    if process == "contingent" and data is None and not options:
        return fit_contingent()
    if process == "personnel" and data is None:
        return fit_armies(**options)
    fitters = {"economy": (fit_growth, "gdp_growth"), "spending": (fit_shares, "nato_defence_share")}
    if process not in fitters:
        known = ", ".join([*fitters, "contingent", "personnel"])
        raise ResultError(Fault("process", "must be one that can be fitted", repr(process), known))
    unknown = sorted(options.keys() - {"until"})
    if unknown:
        raise ResultError(Fault(unknown[0], f"is no option of {process}", shown(options[unknown[0]]), "there is until"))
    until = None if options.get("until") is None else whole("until", options["until"])
    fitter, name = fitters[process]
    return fitter(panel(name) if data is None else data, until=until)


def panel(name: str) -> dict[str, dict[int, float]]:
    """Return a bundled table of nations and years as plain numbers.

    Raises
    ------
    DataError
        If there is no such table, or it has more than one number for a nation and a year.

    Examples
    --------
    >>> from forcesim import evidence
    >>> evidence.panel("nato_defence_share")["POL"][2025]
    0.0448
    """
    form = tables.layout(name)
    if (form.keys, len(form.values)) != PANEL:
        there = [one for one in tables.names() if (tables.layout(one).keys, len(tables.layout(one).values)) == PANEL]
        rule = "must have one number for each nation and year"
        raise DataError(Fault("panel", rule, shown(name), f"such are {', '.join(there)}"))
    found: dict[str, dict[int, float]] = {}
    for row in table(name).to_dict("records"):
        found.setdefault(row["iso3"], {})[int(row["year"])] = float(row["value"])
    return found
