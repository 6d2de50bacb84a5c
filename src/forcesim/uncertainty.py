"""What nobody knows: uncertain numbers sampled for each path, by address, with correlation.

Every uncertain number has a stream of its own, so that adding one changes no other. Three
designs: *plain* (independent uniforms), *latin-hypercube* (each number's N strata are met once:
McKay, Beckman and Conover 1979, Technometrics 21, 239-245) and *sobol* (scrambled Sobol points:
Owen 1998, J. Complexity 14, 466-489; a number's dimension is its rank in the scenario).
Correlated numbers are joined by a Gaussian copula: normals with the given correlation, each
turned into the uniform that its quantile function takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from forcesim.quantities import Distribution
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys

__all__ = ["Correlation", "Design", "Sampler", "correlation_matrix", "sampler"]

Floats = npt.NDArray[np.float64]
Design = Literal["plain", "latin-hypercube", "sobol"]
Sampler = Callable[[int, int], dict[str, Floats]]
ADDRESS = "uncertainty"


@dataclass(frozen=True, slots=True)
class Correlation:
    """Correlation of the normal scores of two numbers."""

    one: str
    other: str
    rho: float


def correlation_matrix(names: Sequence[str], correlations: Sequence[Correlation]) -> Floats:
    """Return the matrix of the given correlations, 0 where none is given.

    Raises
    ------
    ValueError
        If no set of numbers can be correlated so (the matrix is not positive definite).
    """
    place = {name: position for position, name in enumerate(names)}
    matrix = np.eye(len(names))
    for entry in correlations:
        i, j = place[entry.one], place[entry.other]
        matrix[i, j] = matrix[j, i] = entry.rho
    if len(names) and np.linalg.eigvalsh(matrix).min() < 1e-10:
        raise ValueError("correlations must fit together (the matrix must be positive definite)")
    return matrix


def sampler(
    distributions: Mapping[str, Distribution],
    correlations: Sequence[Correlation],
    *,
    design: Design,
    seed: int,
    paths: int,
) -> Sampler:
    """Return a function from (first path, how many) to the uncertain numbers of those paths.

    Parameters
    ----------
    distributions : mapping of path to Distribution
        In the scenario's order.
    correlations : sequence of Correlation
        Between names of ``distributions``.
    design : {"plain", "latin-hypercube", "sobol"}
        How the uniforms are laid out.
    seed : int
        Seed of the addresses.
    paths : int
        Paths in the whole run; the strata of a Latin hypercube are as many.

    Returns
    -------
    callable
        The same numbers for a path, whatever block it is asked in.

    Examples
    --------
    >>> from forcesim.quantities.distributions import Uniform
    >>> draw = sampler({"a": Uniform(low=0, high=1)}, [], design="plain", seed=1, paths=8)
    >>> bool((draw(0, 8)["a"][4:] == draw(4, 4)["a"]).all())
    True
    """
    names = list(distributions)
    keys = {name: stream_keys(seed, [(ADDRESS, "", name, 0)]) for name in names}
    tied = [name for name in names if any(name in (c.one, c.other) for c in correlations)]
    root = np.linalg.cholesky(correlation_matrix(tied, correlations)) if tied else np.eye(0)
    uniforms = {"plain": _plain, "latin-hypercube": _strata(keys, paths), "sobol": _sobol(names, seed)}[design]

    def draw(first: int, count: int) -> dict[str, Floats]:
        from scipy.special import ndtr, ndtri

        u = uniforms(keys, first, count)
        if tied:
            scores = root @ (
                _normals(keys, tied, first, count) if design == "plain" else ndtri(np.array([u[name] for name in tied]))
            )
            u.update(zip(tied, ndtr(scores), strict=True))
        return {name: distributions[name].quantile(u[name]) for name in names}

    return draw


def _plain(keys: Mapping[str, npt.NDArray[np.uint64]], first: int, count: int) -> dict[str, Floats]:
    """Return a uniform for each number and path."""
    if not keys:
        return {}
    out = np.empty((len(keys), count))
    fill_uniform(np.concatenate(list(keys.values())), 0, first, out)
    return dict(zip(keys, out, strict=True))


def _normals(keys: Mapping[str, npt.NDArray[np.uint64]], names: Sequence[str], first: int, count: int) -> Floats:
    """Return a normal for each of the named numbers and path."""
    out = np.empty((len(names), count))
    fill_normal(np.concatenate([keys[name] for name in names]), 0, first, out)
    return out


def _strata(
    keys: Mapping[str, npt.NDArray[np.uint64]], paths: int
) -> Callable[[Mapping[str, npt.NDArray[np.uint64]], int, int], dict[str, Floats]]:
    """Return Latin-hypercube uniforms: a random order of the strata for each number, and a place within each."""
    orders: dict[str, npt.NDArray[np.int64]] = {}

    def uniforms(_: Mapping[str, npt.NDArray[np.uint64]], first: int, count: int) -> dict[str, Floats]:
        within = _plain(keys, first, count)
        for name in keys:
            if name not in orders:
                lots = np.empty((1, paths))
                fill_uniform(keys[name], 1, 0, lots)
                order = np.empty(paths, dtype=np.int64)
                order[np.argsort(lots[0], kind="stable")] = np.arange(paths)
                orders[name] = order
        return {name: (orders[name][first : first + count] + within[name]) / paths for name in keys}

    return uniforms


def _sobol(
    names: Sequence[str], seed: int
) -> Callable[[Mapping[str, npt.NDArray[np.uint64]], int, int], dict[str, Floats]]:
    """Return scrambled Sobol uniforms; a number's dimension is its rank."""

    def uniforms(_: Mapping[str, npt.NDArray[np.uint64]], first: int, count: int) -> dict[str, Floats]:
        from scipy.stats import qmc

        if not names:
            return {}
        points = qmc.Sobol(len(names), scramble=True, rng=seed)
        if first:
            points.fast_forward(first)
        found = np.clip(points.random(count), 2.0**-54, 1.0 - 2.0**-53)
        return {name: np.ascontiguousarray(found[:, place]) for place, name in enumerate(names)}

    return uniforms
