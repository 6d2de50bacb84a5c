"""Armies at war fitted to what was published: importance sampling on the engine, round by round.

The paths are simulated with parameters from a proposal. Each gets the weight ``prior / proposal x likelihood^b`` of
its parameters and its outcomes, chance included. ``b`` is raised from round to round as far as a twentieth of the paths
still counts; the next proposal is the normal that fits the weighted paths, somewhat widened (population Monte Carlo:
Cappe, Guillin, Marin and Robert 2004, J. Comput. Graph. Stat. 13, 907-929; tempered as Del Moral, Doucet and Jasra
2006, J. R. Stat. Soc. B 68, 411-436). The last round has ``b = 1``. What is published and how far it may be off is in
:mod:`forcesim.evidence.measured`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import day, each, integer, paths_of, seed_of
from forcesim.engine import simulate
from forcesim.errors import Fault, ResultError
from forcesim.evidence.fitting import Fit, Fitted, of_posterior
from forcesim.evidence.measured import FAMILY_PART, disagreement, measured
from forcesim.scenario import Scenario, load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats
    from forcesim.evidence.measured import Measured
    from forcesim.result import Result

__all__ = ["PRIOR", "Weighed", "armies", "fit_armies", "log_likelihood", "predicted", "weigh_armies"]


FLOWS = ("accessions", "losses", "killed", "awol", "awol_returns")
LEVELS = ("strength", "absent")
COUNTED = 0.05
"""Part of the paths that must still count before the likelihood is raised further."""

WIDENED = 1.1
"""A proposal's sd against that of the weighted paths: tails are met."""


LEAST_POWER = 1e-3
"""Of the likelihood in the first round."""

MOST = {"persons": 1e8, "share": 1.0}
"""What a scenario admits; far out in any tail here."""


def _prior(nation: str, name: str, median: float, sd: float, unit: str) -> Fitted:
    """Return a wide prior, normal on the log scale."""
    path, high = f"nations.{nation}.army.{name}", MOST.get(unit, math.inf)
    return Fitted(f"{name}[{nation}]", math.log(median), sd, "log", unit, path, high=high)


PRIOR: tuple[Fitted, ...] = (
    _prior("UKR", "strength", 850_000, 0.2, "persons"),
    _prior("UKR", "absent", 60_000, 1.0, "persons"),
    _prior("UKR", "mobilisation", 20_000, 0.6, "persons"),
    _prior("UKR", "casualty_rate", 0.026, 0.7, "per month"),
    _prior("UKR", "killed_share", 0.25, 0.3, "share"),
    _prior("UKR", "return_share", 0.5, 0.2, "share"),
    _prior("UKR", "awol_rate", 0.004, 1.2, "per month"),
    _prior("UKR", "awol_return_rate", 0.03, 0.8, "per month"),
    _prior("UKR", "discharge_rate", 0.003, 0.7, "per month"),
    _prior("RUS", "strength", 1_100_000, 0.2, "persons"),
    _prior("RUS", "volunteers", 33_000, 0.5, "persons"),
    _prior("RUS", "casualty_rate", 0.055, 0.5, "per month"),
    _prior("RUS", "killed_share", 0.25, 0.3, "share"),
    _prior("RUS", "discharge_rate", 0.003, 0.7, "per month"),
)
"""What is thought before the figures: orders of magnitude of 2022-2024 (FG002, FG003, FG112, FG116, FG118 for sizes,
three wounded for one killed of FG063, half of the wounded back of FG062), each within a factor of two or more."""


def armies(first: str, last: str, *, values: Mapping[str, object] | None = None) -> Scenario:
    """Return the bundled scenario's two armies alone, at war from first to last month.

    Parameters
    ----------
    first, last : str
        Months: opening balance and horizon.
    values : mapping of path to number, optional
        What differs from ``ukraine-2025``.

    Examples
    --------
    >>> from forcesim.evidence.armies import armies
    >>> armies("2025-02", "2026-06").nations.keys()
    dict_keys(['UKR', 'RUS'])
    """
    whole = load("ukraine-2025").to_dict()["nations"]
    nations = {name: {"name": whole[name]["name"], "army": whole[name]["army"]} for name in ("UKR", "RUS")}
    found = Scenario.of(
        {"name": "armies", "title": "Two armies at war", "start": first, "horizon": last, "nations": nations}
    )
    return found.with_values(dict(values)) if values else found


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Simulated paths with the weights that the figures give them.

    Attributes
    ----------
    prior : tuple of Fitted
        The parameters, in the order of the rows of ``logs``.
    figures : tuple of Measured
        What they were weighed by.
    logs : float64 (parameter, path)
        Logarithms of the parameters.
    weights : float64 (path,)
        Sum to 1.
    result : Result
        The paths' outcomes.
    bias_sd : mapping
        How far figures disagree, by topic; a family's bias has half of the variance.
    rounds : int
        How many it took.
    power : float
        Of the likelihood in the last round: 1 if it was taken in full.
    """

    prior: tuple[Fitted, ...]
    figures: tuple[Measured, ...]
    logs: Floats
    weights: Floats
    result: Result
    bias_sd: Mapping[str, float]
    rounds: int
    power: float

    @property
    def effective(self) -> float:
        """Return the effective number of paths."""
        return float(1.0 / np.sum(self.weights**2))

    @property
    def moments(self) -> tuple[Floats, Floats]:
        """Return mean and covariance of the logarithms."""
        mean = self.logs @ self.weights
        gaps = self.logs - mean[:, None]
        return mean, (gaps * self.weights) @ gaps.T

    def pulls(self) -> pd.DataFrame:
        """Return how far each family is from the weighted paths, topic by topic.

        Returns
        -------
        pandas.DataFrame
            ``topic``, ``family``, ``figures``, ``pull``: mean log of published over simulated, so 0.1 is a tenth more;
            ``bias``: the part that the model puts down to the family; ``prior_sd`` of that part.
        """
        import pandas as pd

        residual = _residuals(self.figures, self.result)
        rows = []
        for (topic, family), places in _groups(self.figures).items():
            precision = _precisions(self.figures, places, self.bias_sd)
            spread = self.bias_sd[topic] ** 2 * FAMILY_PART
            pull = residual[places].mean(axis=0) @ self.weights
            bias = spread * (precision @ residual[places]) / (1.0 + spread * precision.sum())
            rows.append(
                {
                    "topic": topic,
                    "family": family,
                    "figures": len(places),
                    "pull": float(pull),
                    "bias": float(bias @ self.weights),
                    "prior_sd": math.sqrt(spread),
                }
            )
        return pd.DataFrame(rows)

    def forest(self) -> Figure:
        """Return the figures beside the weighted paths, topic by topic (extra: plot)."""
        from forcesim.view.forest import ForestRow, forest

        rows = []
        for one in sorted(self.figures, key=lambda each: _topics(self.figures).index(each.topic)):
            values = predicted(one, self.result)
            order = np.argsort(values)
            places = np.searchsorted(np.cumsum(self.weights[order]), [0.025, 0.25, 0.5, 0.75, 0.975])
            low, inner_low, middle, inner_high, high = values[order][np.minimum(places, len(order) - 1)]
            label = f"{one.pointer}  {one.first}" + (f" to {one.last}" if one.first != one.last else "")
            band = tuple(float(each / middle) for each in (low, inner_low, inner_high, high))
            said = [float(each / middle) for each in (one.low, one.central, one.high)]
            rows.append(ForestRow(label, one.topic, one.family, said[0], said[1], said[2], band))
        title = f"What {len(rows)} published figures say, and the model between them"
        note = "grey: 50 % and 95 % of the fitted model, without errors of publication; lines: a source's own span"
        return forest(rows, title=title, unit="published over the model's median", source=note)

    def fit(self) -> Fit:
        """Return the parameters as the weighted paths have them."""
        mean, covariance = self.moments
        sds = np.sqrt(np.diag(covariance))
        fitted = tuple(
            Fitted(one.name, float(m), float(s), "log", one.unit, one.path, one.low, one.high)
            for one, m, s in zip(self.prior, mean, sds, strict=True)
        )
        pulls = self.pulls()
        strong = pulls.iloc[pulls["pull"].abs().argsort()[::-1][:4]]
        diagnostics: dict[str, float | str] = {
            "paths": float(len(self.weights)),
            "effective paths": self.effective,
            "rounds": float(self.rounds),
            "figures": float(len(self.figures)),
            "strongest pulls": ", ".join(f"{r.topic} ({r.family}) {r.pull:+.2f}" for r in strong.itertuples()),
        }
        labels = self.result.dataset["month"].to_numpy()
        data = f"{len(self.figures)} published figures, {labels[0]} to {labels[-1]}"
        correlation = of_posterior(sds.tolist(), covariance)
        return Fit("personnel", "importance sampling on the engine", data, fitted, correlation, diagnostics)


def fit_armies(
    first: str = "2025-02",
    last: str = "2026-06",
    *,
    as_known_on: str | None = None,
    paths: int = 8_000,
    seed: int = 2025,
    rounds: int = 8,
) -> Fit:
    """Return intake, losses, absence and strength of Ukraine's and Russia's armies, fitted to the published figures.

    Parameters
    ----------
    first, last : str
        Months: opening balance and the last. The default begins where ``ukraine-2025`` does, so that the fit goes into
        it as it is. Rates are constant: from 2022 on they were not (mobilisation in waves, absence that trebled by the
        year), and before 2024 hardly any flow was published by the month.
    as_known_on : str, optional
        Only figures that had been published by this date.
    paths : int
        In a round.
    seed : int
        Of the first round; each round has its own.
    rounds : int
        At the most.

    Returns
    -------
    Fit
        Fourteen parameters, normal on the log scale.

    Raises
    ------
    ResultError
        If the figures could not be taken in full within the rounds.

    Examples
    --------
    >>> from forcesim.evidence.armies import fit_armies
    >>> fit = fit_armies(paths=2_000)
    >>> fit["casualty_rate[RUS]"].unit, 0.03 < fit["casualty_rate[RUS]"].value < 0.09
    ('per month', True)
    """
    first, last, as_known_on, paths, seed, rounds = each(
        lambda: day("first", first),
        lambda: day("last", last),
        lambda: None if as_known_on is None else day("as_known_on", as_known_on),
        lambda: paths_of(paths),
        lambda: seed_of(seed),
        lambda: integer("rounds", rounds, least=1),
    )
    base, figures = armies(first, last), measured(first, last, as_known_on=as_known_on)
    return weigh_armies(base, figures, paths=paths, seed=seed, rounds=rounds).fit()


def weigh_armies(
    base: Scenario,
    figures: Sequence[Measured],
    *,
    prior: Sequence[Fitted] = PRIOR,
    spread: Mapping[str, float] | None = None,
    paths: int = 8_000,
    seed: int = 2025,
    rounds: int = 8,
) -> Weighed:
    """Return paths weighed by published figures.

    Parameters
    ----------
    base : Scenario
        With the armies that ``prior`` names.
    figures : sequence of Measured
        What to weigh by.
    prior : sequence of Fitted
        Normal on the log scale.
    spread : mapping of topic to float, optional
        How far figures on a topic disagree; taken from the figures unless given.
    paths, seed, rounds : int
        As of :func:`fit_armies`.

    Raises
    ------
    ResultError
        If the figures could not be taken in full within the rounds.
    """
    from scipy.stats import multivariate_normal

    figures, prior = tuple(figures), tuple(prior)
    sds = disagreement(figures) if spread is None else dict(spread)
    centre, width = np.array([one.centre for one in prior]), np.array([one.sd for one in prior])
    mean, covariance, power = centre, np.diag(width**2), 0.0
    for place in range(1, rounds + 1):
        last = power >= 1.0
        scenario, used = _proposed(base, prior, mean, covariance)
        result = simulate(scenario, paths=paths, seed=seed + place, keep="paths", outcomes=[*FLOWS, *LEVELS])
        drawn = scenario.sampler(seed=seed + place, paths=paths)(0, paths)
        logs = np.log(np.array([drawn[one.path] for one in prior]))
        ratio = -0.5 * np.sum(((logs - centre[:, None]) / width[:, None]) ** 2, axis=0)
        ratio -= multivariate_normal(mean, used).logpdf(logs.T)
        likelihood = log_likelihood(figures, _residuals(figures, result), sds)
        power = 1.0 if last else _raised(ratio, likelihood, power, COUNTED * paths)
        found = Weighed(prior, figures, logs, _normalised(ratio + power * likelihood), result, sds, place, power)
        if last:
            return found
        mean, covariance = found.moments
        covariance = covariance * WIDENED**2
    remedy = "allow more rounds or more paths"
    raise ResultError(Fault("rounds", "must be enough to take the figures in full", f"power {power:.3g}", remedy))


def _proposed(base: Scenario, prior: tuple[Fitted, ...], mean: Floats, covariance: Floats) -> tuple[Scenario, Floats]:
    """Return the scenario with parameters drawn from a normal on the log scale, and the covariance that was used."""
    sds = np.sqrt(np.diag(covariance))
    correlation = np.round(0.999 * of_posterior(sds.tolist(), covariance), 12)
    np.fill_diagonal(correlation, 1.0)
    drawn = tuple(
        Fitted(one.name, float(m), float(s), "log", one.unit, one.path, one.low, one.high)
        for one, m, s in zip(prior, mean, sds, strict=True)
    )
    found = base.with_values({one.path: one.as_data("proposal") for one in drawn})
    among = [one.path for one in prior]
    together = {"among": among, "matrix": ((correlation + correlation.T) / 2).tolist(), "source": "proposal"}
    return Scenario.of({**found.to_dict(), "correlations": [together]}), correlation * np.outer(sds, sds)


def _normalised(logs: Floats) -> Floats:
    """Return weights that sum to 1."""
    found = np.exp(logs - logs.max())
    return np.asarray(found / found.sum())


def _raised(ratio: Floats, likelihood: Floats, power: float, wanted: float) -> float:
    """Return the highest power of the likelihood that leaves the wanted number of effective paths, or the most."""
    tried = np.geomspace(max(power, LEAST_POWER), 1.0, 200)
    counts = np.array([1.0 / np.sum(_normalised(ratio + each * likelihood) ** 2) for each in tried])
    enough = np.flatnonzero(counts >= wanted)
    return float(tried[enough[-1] if len(enough) else counts.argmax()])


def predicted(figure: Measured, result: Result) -> Floats:
    """Return what a figure measures, on each path: persons, persons a month, or a ratio.

    Parameters
    ----------
    figure : Measured
        Its months must lie within the result's.
    result : Result
        With its paths kept.

    Returns
    -------
    float64 (path,)
        At least 100 persons, or a ratio of 0.001: a difference may be below zero, and has no logarithm there.
    """
    months = result.dataset["month"].to_numpy().tolist()
    window = slice(months.index(figure.first), months.index(figure.last) + 1)

    def total(terms: Sequence[tuple[str, str]]) -> Floats:
        found = 0.0
        for name, nation in terms:
            each = result.dataset[name.lstrip("-")].sel(nation=nation).to_numpy()[window].astype(np.float64)
            found = found + (-1.0 if name.startswith("-") else 1.0) * each.mean(axis=0)
        return np.asarray(found)

    top = total(figure.terms)
    if figure.over:
        return np.asarray(np.maximum(top / np.maximum(total(figure.over), 1.0), 0.001))
    return np.asarray(np.maximum(top, 100.0))


def _residuals(figures: Sequence[Measured], result: Result) -> Floats:
    """Return the log of published over simulated: (figure, path)."""
    return np.array([math.log(one.central) - np.log(predicted(one, result)) for one in figures])


def _topics(figures: Sequence[Measured]) -> tuple[str, ...]:
    """Return the topics in the order in which they come."""
    return tuple(dict.fromkeys(one.topic for one in figures))


def _groups(figures: Sequence[Measured]) -> dict[tuple[str, str], list[int]]:
    """Return which figures share a bias."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, one in enumerate(figures):
        found[one.group].append(place)
    return dict(found)


def _precisions(figures: Sequence[Measured], places: Sequence[int], sds: Mapping[str, float]) -> Floats:
    """Return one over the error variances of some figures, the family's bias apart."""
    own = [figures[i].sd ** 2 + (1.0 - FAMILY_PART) * sds[figures[i].topic] ** 2 for i in places]
    return np.asarray(1.0 / np.array(own))


def log_likelihood(figures: Sequence[Measured], residuals: Floats, sds: Mapping[str, float]) -> Floats:
    """Return the log likelihood of the figures on each path, each family's bias integrated out.

    Parameters
    ----------
    figures : sequence of Measured
        What was published.
    residuals : float64 (figure, path)
        Log of published over simulated.
    sds : mapping of topic to float
        How far figures on a topic disagree (:func:`forcesim.evidence.measured.disagreement`).

    Returns
    -------
    float64 (path,)
        Up to a constant: normal, with a covariance of errors plus what a family's figures share.
    """
    found = np.zeros(residuals.shape[1])
    for (topic, _), places in _groups(figures).items():
        precision, spread = _precisions(figures, places, sds), FAMILY_PART * sds[topic] ** 2
        squares = precision @ residuals[places] ** 2
        shared = (precision @ residuals[places]) ** 2
        found -= 0.5 * (squares - spread * shared / (1.0 + spread * precision.sum()))
    return found
