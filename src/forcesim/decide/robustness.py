"""Which policy is robust? Noise and ignorance apart, regret and other measures in one table, and the worst case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arguments import finite, integer, switch
from forcesim.decide.regrets import drawn_in, errors, measures
from forcesim.decide.swaps import AWAY, tied_to
from forcesim.decide.widening import questions_of, size_of
from forcesim.decide.worst import leading, lowest_corner
from forcesim.errors import Fault, ResultError
from forcesim.machine import progress_shown
from forcesim.manifest import versions
from forcesim.randomness.address import fill_uniform, stream_keys
from forcesim.result import Estimate
from forcesim.result.estimate import NORMAL_95
from forcesim.view.tables import Quotable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from forcesim.arrays import Floats
    from forcesim.decide.asking import PathQuestion
    from forcesim.decide.widening import Size
    from forcesim.machine import Progress
    from forcesim.policy import Policy
    from forcesim.scenario import Scenario

__all__ = ["Robustness", "robustness"]

RANGE = (0.05, 0.95)
"""Quantiles over the worlds between which what we do not know moves an answer."""

RESAMPLES = 100
"""Resamples of worlds behind an error."""

LEADING = 6
"""Numbers among which the worst case is searched."""

RATIOS = ("satisficing", "signal_to_noise")
"""Measures that have not the outcome's unit."""


@dataclass(frozen=True, slots=True, repr=False)
class Robustness(Quotable):
    """Policies over worlds, a world being one draw of all uncertain numbers.

    Attributes
    ----------
    outcome, when, unit : str
        The question.
    policies : tuple of str
        All of them.
    values : mapping of policy to Estimate
        The mean outcome over worlds and chance.
    unknown : mapping of policy to (low, high)
        Between which values what we do not know moves the mean over chance: 5 % to 95 % of the worlds.
    chance_share : mapping of policy to float
        The share of the variance over paths that is chance.
    measures : mapping of measure to mapping of policy to Estimate
        See :func:`forcesim.decide.regrets.measures`.
    worst : mapping of policy to Estimate
        The mean outcome in the worst plausible case.
    worst_inputs : mapping of policy to mapping of path to float
        The numbers of that case; all others are as uncertain as ever.
    worlds : float64 (policy, world)
        Means over chance.
    source : str
        Where a picture or table comes from.
    """

    outcome: str
    when: str
    unit: str
    policies: tuple[str, ...]
    values: dict[str, Estimate]
    unknown: dict[str, tuple[float, float]]
    chance_share: dict[str, float]
    measures: dict[str, dict[str, Estimate]]
    worst: dict[str, Estimate]
    worst_inputs: dict[str, dict[str, float]]
    worlds: Floats
    source: str = ""

    def sentences(self) -> list[str]:
        """Return for each policy its mean, and between which values what we do not know moves it."""
        found = []
        for policy in self.policies:
            mean, (low, high) = self.values[policy], self.unknown[policy]
            unit, d = "" if self.unit == "chance" else f" {self.unit}", mean.digits
            found.append(
                f"{policy}: {mean.value:,.{d}f}{unit}, of which what we do not know moves it between {low:,.{d}f} and "
                f"{high:,.{d}f}"
            )
        return found

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a policy: mean, range of what is not known, all measures, the worst plausible case."""
        import pandas as pd

        rows = {}
        for policy in self.policies:
            low, high = self.unknown[policy]
            row = {"low": low, "high": high, "chance_share": self.chance_share[policy]}
            row |= {name: own[policy].value for name, own in self.measures.items()}
            rows[policy] = row | ({"worst_case": self.worst[policy].value} if policy in self.worst else {})
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("policy")

    def figure(self) -> Figure:
        """Return the heat map of regret: policies down, worlds across from the worst to the best."""
        from forcesim.view.regret import regret_map

        lowest = self.measures["maximin"][self.policies[0]].value > self.measures["maximax"][self.policies[0]].value
        x = -self.worlds if lowest else self.worlds
        order = np.argsort(x.mean(axis=0), kind="stable")
        title = f"{self.outcome} {self.when}: regret in each world"
        regret = (x.max(axis=0) - x)[:, order]
        return regret_map(labels=self.policies, regret=regret, title=title, unit=self.unit, source=self.source)

    def _caption(self) -> str:
        lines = "\n".join(self.sentences())
        return f"{self.outcome} {self.when} ({self.unit}), {self.worlds.shape[1]:,} worlds\n{lines}"

    def _cells(self) -> list[list[str]]:
        rows = [["policy", *self.measures, *(["worst case"] if self.worst else [])]]
        for policy in self.policies:
            digits = {name: 2 if name in RATIOS else self.values[policy].digits for name in self.measures}
            cells = [f"{own[policy].value:,.{digits[name]}f}" for name, own in self.measures.items()]
            rows.append([policy, *cells, *([self.worst[policy].quoted()] if self.worst else [])])
        return rows


def robustness(
    scenario: Scenario,
    policies: Sequence[str | Policy | Sequence[str | Policy]],
    outcome: str,
    *,
    at: str | dt.date | int | None = None,
    by: str | dt.date | int | None = None,
    threshold: float | None = None,
    optimism: float = 0.5,
    share: float = 0.1,
    lowest: bool = False,
    fixed: Mapping[str, tuple[float, float]] | Sequence[str] | None = None,
    worlds: int = 256,
    plays: int = 16,
    search: bool = True,
    seed: int = 2025,
    threads: int | None = None,
    progress: bool | Progress | None = None,
) -> Robustness:
    """Hold policies against what nobody knows: the same worlds for all, chance played several times in each.

    Parameters
    ----------
    scenario : Scenario
        What to simulate.
    policies : sequence of str or Policy
        As in :func:`forcesim.value_of_information`; one is enough.
    outcome : str
        An outcome, a number made of some, or something true or false.
    at, by : str, date or int
        The month, as in :func:`forcesim.compare`.
    threshold : float, optional
        What is good enough, in the unit of the outcome.
    optimism : float
        Weight of the best world in Hurwicz' measure, 0 to 1.
    share : float
        The share of worlds below the percentile, 0 to 1.
    lowest : bool
        Whether a low outcome is wanted.
    fixed : mapping of path to (low, high), or sequence of str, optional
        As in :func:`forcesim.sensitivity`.
    worlds, plays : int
        Draws of all uncertain numbers, and of chance in each of them.
    search : bool
        Whether the worst plausible case of each policy is searched.
    seed, threads, progress
        As in :func:`forcesim.simulate`; threads change no result.

    Returns
    -------
    Robustness
        All measures for all policies, with errors from resampled worlds.

    Raises
    ------
    PolicyError
        If a policy cannot be applied.
    ResultError
        If another argument is not admissible, or nothing is uncertain.

    Source
    ------
    McPhail et al. (2018), Earth's Future 6(2), 169-191.

    Examples
    --------
    >>> import forcesim as fs
    >>> seed, unknown = fs.load("seed-figures"), {"nations.UKR.army.strength": (0.9e6, 1.1e6)}
    >>> found = fs.robustness(
    ...     seed, ["status-quo", "europe-100k"], "gap", at="2025-06", lowest=True, fixed=unknown, worlds=64, plays=2
    ... )
    >>> round(found.measures["regret"]["status-quo"].value), round(found.measures["regret"]["europe-100k"].value)
    (100000, 0)
    """
    plays, optimism = integer("plays", plays, least=2), finite("optimism", optimism, least=0, most=1)
    share, lowest = finite("share", share, least=0, most=1), switch("lowest", lowest)
    search = switch("search", search)
    threshold = None if threshold is None else finite("threshold", threshold)
    size = size_of(worlds, seed, threads, least=32)
    questions = questions_of(scenario, policies, outcome, at=at, by=by, fixed=fixed, seed=size.seed, least=1)
    first = next(iter(questions.values()))
    if not first.sampler.distributions:
        remedy = "fixed={path: (low, high)} lets fixed numbers take part"
        raise ResultError(Fault("scenario", "must have uncertain numbers", "", remedy))
    plain = []
    with progress_shown(progress, len(questions), "policies") as show:
        for done, question in enumerate(questions.values()):
            plain.append(_nested(question, size, plays))
            show(done + 1, len(questions))
    values = np.array(plain)
    means = drawn_in(values)
    asked = {"threshold": threshold, "optimism": optimism, "share": share, "lowest": lowest}
    named = tuple(questions)
    worst = {
        name: _worst(question, own, size, plays, lowest=lowest)
        for name, question, own in zip(named, questions.values(), means, strict=True)
    } if search else {}  # fmt: skip
    version, about = versions()["forcesim"], f"{size.paths:,} worlds, chance {plays} times in each, seed {size.seed}"
    return Robustness(
        outcome=first.expression.text,
        when=first.when,
        unit=first.unit,
        policies=named,
        values={name: _mean(own, first.unit) for name, own in zip(named, values, strict=True)},
        unknown={name: (float(low), float(high)) for name, low, high in zip(named, *_ends(means), strict=True)},
        chance_share={name: _chance_share(own, drawn) for name, own, drawn in zip(named, values, means, strict=True)},
        measures=_measures(means, asked, named, size, first.unit),
        worst={name: found[0] for name, found in worst.items()},
        worst_inputs={name: found[1] for name, found in worst.items()},
        worlds=means,
        source=f"forcesim {version}: {first.scenario.name}; {about}",
    )


def _nested(question: PathQuestion, size: Size, plays: int) -> Floats:
    """Return the answers (world, play): all plays of a world have its numbers, and each its own chance."""

    def work(first: int, count: int) -> Floats:
        world = np.arange(first, first + count) // plays
        u = question.sampler.joined(question.sampler.uniforms(int(world[0]), int(world[-1] - world[0]) + 1))
        numbers = question.sampler.quantiles(u[:, world - world[0]])
        return question.values(question.histories(numbers, first, count))

    return question.spread(0, size.paths * plays, size.threads, work).reshape(size.paths, plays)


def _ends(means: Floats) -> tuple[Floats, Floats]:
    """Return between which values the worlds move each policy."""
    low, high = np.quantile(means, RANGE, axis=1)
    return low, high


def _chance_share(values: Floats, means: Floats) -> float:
    """Return the share of the variance over paths that is chance."""
    whole = values.var(ddof=1)
    return float(np.clip(1.0 - means.var(ddof=1) / whole, 0.0, 1.0)) if whole > 0 else 0.0


def _mean(values: Floats, unit: str) -> Estimate:
    """Return the mean over worlds and chance; its error is that of the worlds."""
    of_world = values.mean(axis=1)
    return Estimate.of_moments(float(of_world.mean()), float(of_world.var(ddof=1)), len(of_world), unit)


def _measures(
    means: Floats, asked: dict[str, float | bool | None], names: tuple[str, ...], size: Size, unit: str
) -> dict[str, dict[str, Estimate]]:
    """Return all measures with their errors."""
    u = np.empty((RESAMPLES, size.paths))
    fill_uniform(stream_keys(size.seed, [("resampled", "", str(place), 0) for place in range(RESAMPLES)]), 0, 0, u)
    found = measures(means, **asked)  # type: ignore[arg-type]
    spread = errors(means, (u * size.paths).astype(np.int64), **asked)
    units = dict.fromkeys(found, unit) | {"satisficing": "share of worlds", "signal_to_noise": "ratio"}
    return {
        name: {
            policy: Estimate(v, e, v - NORMAL_95 * e, v + NORMAL_95 * e, size.paths, units[name])
            for policy, v, e in zip(names, found[name].tolist(), spread[name].tolist(), strict=True)
        }
        for name in found
    }


def _worst(
    question: PathQuestion, means: Floats, size: Size, plays: int, *, lowest: bool
) -> tuple[Estimate, dict[str, float]]:
    """Return the mean outcome in the worst plausible case, and the numbers of that case."""
    drawn = question.sampler
    u = drawn.joined(drawn.uniforms(0, size.paths))
    y = -means if lowest else means
    corner = lowest_corner(u, y, leading(u, y, LEADING), size.seed % (1 << 32))

    def work(first: int, count: int) -> Floats:
        shares = drawn.joined(drawn.uniforms(AWAY + first, count))
        shares[corner.numbers] = corner.shares[:, None]
        stays = np.zeros(shares.shape, dtype=np.bool_)
        stays[corner.numbers] = True
        shares = tied_to(drawn, shares, drawn.uniforms(AWAY + first, count), stays)
        return question.values(question.histories(drawn.quantiles(shares), AWAY + first, count))

    found = question.spread(0, max(256, size.paths * plays // 4), size.threads, work)
    names, laws = list(drawn.distributions), list(drawn.distributions.values())
    at = {
        names[number]: float(laws[number].quantile(np.array([one]))[0])
        for number, one in zip(corner.numbers, corner.shares, strict=True)
    }
    if question.unit == "chance":
        return Estimate.of_count(int(found.sum()), len(found)), at
    return Estimate.of_moments(float(found.mean()), float(found.var(ddof=1)), len(found), question.unit), at
