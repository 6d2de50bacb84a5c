"""Why believe it: tables with provenance, parameters fitted to history, forecasts scored, published figures replayed.

>>> from forcesim import evidence
>>> evidence.parameter("FG024").central
1500000.0
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from forcesim.arguments import integer, text
from forcesim.errors import Fault, ResultError
from forcesim.evidence.allies import allies_at_guideline
from forcesim.evidence.backtest import Backtest, backtest
from forcesim.evidence.bundled import Views, panel, parameter, sources, table
from forcesim.evidence.fitting import Fit, Fitted
from forcesim.evidence.published import Replay, Replayed, replay
from forcesim.evidence.published_cases import Case, bundled_cases, load_cases
from forcesim.evidence.war_years import WarYears, war_years

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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


def fit(process: str, data: Mapping[str, Mapping[int, float]] | None = None, **options: Any) -> Fit:
    """Fit a process to history: parameters with their uncertainty and correlation, ready to go into a scenario.

    Parameters
    ----------
    process : {"economy", "spending", "contingent", "personnel"}
        The process.
    data : mapping of nation to mapping of year to value, optional
        The history; the bundled one unless given (growth of the World Bank, defence shares of NATO). For personnel
        yearly strengths of one army in peace; unless given, what was published on the two armies at war. For
        contingent there is none to give.
    **options
        ``until`` (economy, spending): the last year that may be looked at. For personnel at war those of
        :func:`forcesim.evidence.armies.fit_armies`.

    Returns
    -------
    Fit
        ``fit.apply(scenario)`` puts it into a scenario.

    Raises
    ------
    ResultError
        If there is no fitter for the process, too little data, or an option that its fitter does not have.

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
    from forcesim.evidence.peacetime import fit_strengths
    from forcesim.evidence.shares import fit_shares

    to_history: dict[str, tuple[Callable[..., Fit], str]] = {
        "economy": (fit_growth, "gdp_growth"),
        "spending": (fit_shares, "nato_defence_share"),
        "personnel": (fit_strengths, ""),
    }
    of_their_own: dict[str, Callable[..., Fit]] = {"contingent": fit_contingent, "personnel": fit_armies}
    process = text("process", process)
    known = [*to_history, *(name for name in of_their_own if name not in to_history)]
    if process not in known:
        raise ResultError(Fault("process", "must be one that can be fitted", repr(process), ", ".join(known)))
    if data is not None and process not in to_history:
        raise ResultError(Fault("data", f"must not be given for {process}", "", "it is fitted to bundled records only"))
    bundled = data is None and process in of_their_own
    fitter = of_their_own[process] if bundled else to_history[process][0]
    parameters = list(inspect.signature(fitter).parameters)
    allowed = parameters if bundled else parameters[1:]
    for option in options:
        if option not in allowed:
            there = f"there are {', '.join(allowed)}" if allowed else "there are none"
            raise ResultError(Fault(option, f"must be an option of this fit of {process}", "", there))
    if options.get("until") is not None:
        options["until"] = integer("until", options["until"])
    if bundled:
        return fitter(**options)
    return fitter(panel(to_history[process][1]) if data is None else data, **options)
