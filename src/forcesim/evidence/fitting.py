"""What a fit gives: parameters with their uncertainty and correlation, ready to go into a scenario, and diagnostics."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from forcesim.arguments import integer, seed_of
from forcesim.errors import Fault, ResultError
from forcesim.randomness.address import fill_normal, stream_keys
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from forcesim.arrays import Floats
    from forcesim.scenario import Scenario

__all__ = ["Fit", "Fitted", "maximum", "of_posterior"]

Link = Literal["identity", "log", "logit"]

NORMAL_95 = 1.959963984540054
NEGLIGIBLE = 0.02
"""A correlation below this is left out of a scenario."""

MOST_TOGETHER = 100
"""Numbers that a scenario may correlate in one matrix."""


def _inverse(link: Link, x: Floats) -> Floats:
    """Return values from where a fit is close to normal."""
    if link == "log":
        return np.exp(x)
    return 1.0 / (1.0 + np.exp(-x)) if link == "logit" else x


@dataclass(frozen=True, slots=True)
class Fitted:
    """One parameter that was fitted.

    Parameters
    ----------
    name : str
        The parameter, with its nation where it has one: ``"trend[POL]"``.
    centre, sd : float
        Of its normal posterior on the scale of ``link``.
    link : {"identity", "log", "logit"}
        Of what it is normal: of itself, its logarithm, its logit.
    unit : str
        Of the parameter.
    path : str
        Where it stands in a scenario; empty if it is a scenario's only through others.
    low, high : float
        What it cannot leave.
    """

    name: str
    centre: float
    sd: float
    link: Link = "identity"
    unit: str = ""
    path: str = ""
    low: float = -math.inf
    high: float = math.inf

    def quantile(self, z: npt.ArrayLike) -> Floats:
        """Return the values at normal scores."""
        found = _inverse(self.link, self.centre + self.sd * np.asarray(z, dtype=np.float64))
        return np.clip(found, self.low, self.high)

    @property
    def value(self) -> float:
        """Return the median."""
        return float(self.quantile(0.0))

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval."""
        ends = self.quantile([-NORMAL_95, NORMAL_95])
        return float(ends[0]), float(ends[1])

    def as_data(self, source: str) -> dict[str, Any]:
        """Return the parameter as a scenario holds it: a distribution, or a number where it is certain."""
        if self.sd <= 0:
            return {"value": self.value, "source": source}
        bounds = {name: end for name, end in (("low", self.low), ("high", self.high)) if math.isfinite(end)}
        if self.link == "identity":
            law: dict[str, Any] = {"normal": {"mean": self.centre, "sd": self.sd, **bounds}}
        elif self.link == "log":
            law = {"lognormal": {"median": math.exp(self.centre), "sigma": self.sd, **bounds}}
        else:
            scores = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
            at = {str(0.5 * math.erfc(-z / math.sqrt(2.0))): float(self.quantile(z)) for z in scores}
            law = {"quantiles": {**at, "low": max(self.low, 0.0), "high": min(self.high, 1.0)}}
        return {**law, "source": source}


@dataclass(frozen=True, slots=True, repr=False)
class Fit(Quotable):
    """Parameters of a process as data have them, with their uncertainty and correlation.

    Parameters
    ----------
    process : str
        Which process.
    method : str
        How it was fitted.
    data : str
        To what, in words, with the span of years.
    fitted : tuple of Fitted
        The parameters.
    correlation : float64 (parameter, parameter)
        Of their normal scores.
    diagnostics : mapping of str to float or str
        What to look at before believing it.
    """

    process: str
    method: str
    data: str
    fitted: tuple[Fitted, ...]
    correlation: Floats
    diagnostics: Mapping[str, float | str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Fitted:
        """Return a parameter by its name."""
        for one in self.fitted:
            if one.name == name:
                return one
        raise ResultError(Fault("fit", "must name a fitted parameter", repr(name), ", ".join(self.names[:8])))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the parameters."""
        return tuple(one.name for one in self.fitted)

    def draws(self, count: int, *, seed: int = 0) -> dict[str, Floats]:
        """Return parameter values drawn from the posterior, each (draw,); the first k of more are the same.

        Parameters
        ----------
        count : int
            How many.
        seed : int
            Of the draws.
        """
        count, seed = integer("count", count, least=1), seed_of(seed)
        keys = stream_keys(seed, [("evidence", "", f"{self.process} {name}", 0) for name in self.names])
        scores = np.empty((len(self.fitted), count))
        fill_normal(keys, 0, 0, scores)
        root = np.linalg.cholesky(_closest(self.correlation))
        joined = np.zeros_like(scores)
        for i, j in itertools.product(range(len(root)), repeat=2):
            if j <= i and root[i, j] != 0:
                joined[i] += root[i, j] * scores[j]
        return {one.name: one.quantile(joined[row]) for row, one in enumerate(self.fitted)}

    def values(self, *, certain: bool = False) -> dict[str, Any]:
        """Return what goes into a scenario, by path: distributions, or medians only.

        Parameters
        ----------
        certain : bool
            Medians, as if the fit had no error.
        """
        source = f"fitted to {self.data}: {self.method}"
        found = [one for one in self.fitted if one.path]
        return {one.path: {"value": one.value, "source": source} if certain else one.as_data(source) for one in found}

    def apply(self, scenario: Scenario, *, certain: bool = False) -> Scenario:
        """Return the scenario with what was fitted: values, their spread, and how they go together.

        The scenario's own correlations of one fitted parameter with another make way; all others stay.

        Parameters
        ----------
        scenario : Scenario
            Must have the sections; parameters of nations that it lacks are left out.
        certain : bool
            Medians only, without spread.
        """
        values = {path: value for path, value in self.values(certain=certain).items() if _has(scenario, path)}
        sure = {one.path for one in self.fitted if certain or one.sd <= 0} & set(values)
        kept = _correlations_left(scenario, set(values), sure)
        found = type(scenario).of({**scenario.to_dict(), "correlations": kept}) if scenario.correlations else scenario
        data = found.with_values(values).to_dict()
        groups = [] if certain else [g for g in self._together() if all(self.fitted[i].path in values for i in g)]
        matrices = [
            {
                "among": [self.fitted[i].path for i in group],
                "matrix": _closest(self.correlation[np.ix_(group, group)]).tolist(),
                "source": f"fitted to {self.data}",
            }
            for group in groups
        ]
        return type(scenario).of({**data, "correlations": [*kept, *matrices]})

    def _together(self) -> list[list[int]]:
        """Return the groups of uncertain parameters that are correlated with each other."""
        from scipy.sparse.csgraph import connected_components

        uncertain = np.array([one.sd > 0 and bool(one.path) for one in self.fitted])
        linked = (np.abs(self.correlation) > NEGLIGIBLE) & uncertain[:, None] & uncertain[None, :]
        _, label = connected_components(linked, directed=False)
        groups = [np.flatnonzero((label == place) & uncertain).tolist() for place in range(label.max() + 1)]
        return [group for group in groups if 1 < len(group) <= MOST_TOGETHER]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a parameter: estimate, 95 % interval, unit, path."""
        import pandas as pd

        rows = [
            {
                "parameter": one.name,
                "estimate": one.value,
                "low": one.interval[0],
                "high": one.interval[1],
                "unit": one.unit,
                "path": one.path,
            }
            for one in self.fitted
        ]
        return pd.DataFrame(rows).set_index("parameter")

    def _cells(self) -> list[list[str]]:
        rows = [["parameter", "estimate", "95 % interval", "unit"]]
        for name, row in self.to_dataframe().iterrows():
            rows.append(
                [str(name), f"{row['estimate']:.4g}", f"{row['low']:.4g} to {row['high']:.4g}", str(row["unit"])]
            )
        return rows

    def _caption(self) -> str:
        about = "; ".join(
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in self.diagnostics.items()
        )
        return f"{self.process}, {self.method}, on {self.data}" + (f" ({about})" if about else "")


def _has(scenario: Scenario, path: str) -> bool:
    """Return whether a scenario has the section that a path leads to."""
    words = path.split(".")
    if words[0] != "nations":
        return getattr(scenario, words[0], None) is not None
    return words[1] in scenario.nations and getattr(scenario.nations[words[1]], words[2], None) is not None


def _correlations_left(scenario: Scenario, fitted: set[str], sure: set[str]) -> list[dict[str, Any]]:
    """Return the correlations of a scenario as plain data, less those of two fitted numbers or of one that is sure."""
    found: list[dict[str, Any]] = []
    for entry in scenario.correlations:
        whole = entry.model_dump(mode="json", exclude_unset=True)
        left = [p for p in entry.pairs if not ({p.one, p.other} <= fitted or {p.one, p.other} & sure)]
        if len(left) == len(entry.pairs):
            found.append(whole)
            continue
        said: dict[str, Any] = {key: whole[key] for key in ("source", "assumption") if key in whole}
        found += [{"between": [pair.one, pair.other], "rho": pair.rho, **said} for pair in left]
    return found


def _closest(correlation: Floats) -> Floats:
    """Return a correlation matrix that is symmetric, with 1 in its diagonal, and positive definite."""
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2.0)
    lifted = (vectors * np.maximum(values, 1e-8)) @ vectors.T
    scale = 1.0 / np.sqrt(np.diag(lifted))
    found = np.round(lifted * scale[:, None] * scale[None, :], 12)
    found = (found + found.T) / 2.0
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def of_posterior(sds: Sequence[float], covariance: Floats) -> Floats:
    """Return the correlation of a covariance; parameters without spread go with nothing."""
    scale = np.array([1.0 / sd if sd > 0 else 0.0 for sd in sds])
    found = covariance * scale[:, None] * scale[None, :]
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def maximum(log_posterior: Callable[[Floats], float], start: Floats) -> tuple[Floats, Floats, float]:
    """Return the mode of a log posterior, the covariance there (Laplace's approximation), and its height.

    Parameters
    ----------
    log_posterior : callable
        From parameters on scales where they are close to normal.
    start : float64 (parameter,)
        Where to begin.

    Returns
    -------
    mode : float64 (parameter,)
    covariance : float64 (parameter, parameter)
    height : float

    Raises
    ------
    ResultError
        If no mode is found, or it has a flat direction: the data do not tell the parameters apart.
    """
    from scipy.optimize import minimize

    def negative(x: Floats) -> float:
        return -log_posterior(x)

    rough = minimize(negative, start, method="Nelder-Mead", options={"maxiter": 400 * len(start), "fatol": 1e-6})
    found = minimize(negative, rough.x, method="BFGS")
    best = found if found.fun <= rough.fun else rough
    curvature = _hessian(negative, best.x)
    values = np.linalg.eigvalsh(curvature)
    if not (np.isfinite(best.fun) and np.all(values > 1e-8)):
        remedy = "give it more data, or fix a parameter"
        raise ResultError(Fault("fit", "must have one mode", f"curvatures {np.round(values, 6)}", remedy))
    return np.asarray(best.x), np.asarray(np.linalg.inv(curvature)), -float(best.fun)


def _hessian(function: Callable[[Floats], float], x: Floats) -> Floats:
    """Return the matrix of second derivatives by central differences."""
    from scipy.optimize import approx_fprime

    step = 1e-4 * np.maximum(1.0, np.abs(x))
    rows = []
    for i, each in enumerate(step):
        ahead, behind = x.copy(), x.copy()
        ahead[i] += each
        behind[i] -= each
        slopes = [approx_fprime(at, function, step) for at in (ahead, behind)]
        rows.append((slopes[0] - slopes[1]) / (2.0 * each))
    found = np.array(rows)
    return np.asarray((found + found.T) / 2.0)
