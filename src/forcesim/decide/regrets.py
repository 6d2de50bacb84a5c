"""Measures of robustness on plain arrays: what each policy gives in each world, a world being all uncertain numbers.

In each world chance is played several times, and what counts is the mean over chance. An estimate of it spreads more
over the worlds than the mean itself does,

    Var(estimate) = Var(mean) + Var(chance) / plays,

so estimates are drawn towards their centre until they spread as the means do (Ghosh 1992). What is left between the
worlds is what we do not know.

References
----------
Ghosh, M. (1992), Constrained Bayes estimation with applications, Journal of the American Statistical Association
87(418), 533-540.
McPhail, C., Maier, H. R., Kwakkel, J. H., Giuliani, M., Castelletti, A. and Westra, S. (2018), Robustness metrics:
how are they calculated, when should they be used and why do they give different results?, Earth's Future 6(2), 169-191.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from forcesim.arrays import Floats, Ints

__all__ = ["drawn_in", "errors", "measures"]


def drawn_in(values: Floats) -> Floats:
    """Return means of worlds (policy, world) from plays (policy, world, play), without the spread of chance.

    What all policies have in common and how each differs from it are drawn in by themselves: policies meet the same
    chance, so their differences have less of it, and regret is made of these.

    Examples
    --------
    >>> drawn_in(np.array([[[1.0, 3.0], [2.0, 2.0]]])).tolist()
    [[2.0, 2.0]]
    """
    common = values.mean(axis=0, keepdims=True)
    return _drawn_in(common) + _drawn_in(values - common)


def _drawn_in(values: Floats) -> Floats:
    """Return means of worlds, drawn towards their centre until they spread as the means themselves do."""
    means = values.mean(axis=-1)
    middle = means.mean(axis=-1, keepdims=True)
    spread = means.var(axis=-1, ddof=1, keepdims=True)
    chance = values.var(axis=-1, ddof=1).mean(axis=-1, keepdims=True) / values.shape[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(spread > 0.0, np.sqrt(np.maximum(spread - chance, 0.0) / spread), 0.0)
    return np.asarray(middle + kept * (means - middle))


def measures(
    worlds: Floats, *, threshold: float | None = None, optimism: float = 0.5, share: float = 0.1, lowest: bool = False
) -> dict[str, Floats]:
    """Return measures of robustness by name, each (policy,).

    Parameters
    ----------
    worlds : float64 (policy, world)
        Means of each policy in each world.
    threshold : float, optional
        What is good enough, for ``satisficing``.
    optimism : float
        Weight of the best world in Hurwicz' measure.
    share : float
        The share of worlds below the ``percentile``.
    lowest : bool
        Whether low values are wanted.

    Returns
    -------
    dict of str to float64 (policy,)
        In the order of a table: ``mean`` (Laplace), ``maximin`` and ``maximax`` (worst and best world), ``hurwicz``,
        ``percentile``; ``satisficing`` (share of worlds that are good enough, if a threshold is given); ``regret`` and
        ``regret_90`` (the largest and the 90 % quantile of what the best policy of a world gives more);
        ``signal_to_noise`` (mean over standard deviation); ``undesirable`` (mean of what worlds fall short of the
        median).

    Source
    ------
    McPhail et al. (2018), Earth's Future 6(2), 169-191, table 1. Regret: Savage, L. J. (1951), JASA 46, 55-67.

    Examples
    --------
    >>> found = measures(np.array([[1.0, 1.0], [0.0, 3.0]]), threshold=1.0)
    >>> found["maximin"].tolist(), found["regret"].tolist(), found["satisficing"].tolist()
    ([1.0, 0.0], [2.0, 1.0], [1.0, 0.5])
    """
    x = -worlds if lowest else worlds
    sign = -1.0 if lowest else 1.0
    worst, best, mean = x.min(axis=1), x.max(axis=1), x.mean(axis=1)
    regret = x.max(axis=0) - x
    short = np.maximum(0.0, np.median(x, axis=1, keepdims=True) - x)
    with np.errstate(divide="ignore", invalid="ignore"):
        signal = np.abs(mean) / x.std(axis=1, ddof=1)
    enough = {} if threshold is None else {"satisficing": (x >= sign * threshold).mean(axis=1)}
    return {
        "mean": sign * mean,
        "maximin": sign * worst,
        "maximax": sign * best,
        "hurwicz": sign * (optimism * best + (1.0 - optimism) * worst),
        "percentile": sign * np.quantile(x, share, axis=1),
        **enough,
        "regret": regret.max(axis=1),
        "regret_90": np.quantile(regret, 0.9, axis=1),
        "signal_to_noise": signal,
        "undesirable": short.mean(axis=1),
    }


def errors(worlds: Floats, picks: Ints, **asked: float | bool | None) -> dict[str, Floats]:
    """Return standard errors of :func:`measures` over resampled worlds, ``picks`` (resample, world).

    An extreme has no error that resampling can tell: that of the worst and best world, and what is made of them, is a
    lower bound.
    """
    found = [measures(worlds[:, these], **asked) for these in picks]  # type: ignore[arg-type]
    return {name: np.asarray(np.std([one[name] for one in found], axis=0, ddof=1)) for name in found[0]}
