"""What nobody knows: uncertain numbers sampled for each path, by address, with correlation.

Every uncertain number has a stream of its own, so that adding one changes no other. Three
designs: *plain* (independent uniforms), *latin-hypercube* (each number's N strata are met once:
McKay, Beckman and Conover 1979, Technometrics 21, 239-245) and *sobol* (scrambled Sobol points:
Sobol 1967; direction numbers of Joe and Kuo 2008, SIAM J. Sci. Comput. 30, 2635-2654; linear scramble
and digital shift of Matousek 1998, J. Complexity 14, 527-556). A number's Sobol dimension is its rank
in the scenario, its scramble comes from its address.

Correlated numbers are joined by a Gaussian copula: each uniform becomes a normal score, the scores
get the given correlation, and each becomes the uniform that its quantile function takes.

Any path can be asked for by itself, and nothing of the length of the run is held in memory.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from forcesim.arrays import LARGEST, SMALLEST, Floats
from forcesim.randomness.address import fill_uniform, stream_keys

if TYPE_CHECKING:
    from forcesim.quantities import Distribution

__all__ = ["Correlation", "Design", "Sampler", "correlation_matrix", "sampler", "sobol_points"]

Words = npt.NDArray[np.uint64]
Design = Literal["plain", "latin-hypercube", "sobol"]
Uniforms = Callable[[int, int], Floats]
"""From first path and how many to uniforms (number, path)."""

ADDRESS = "uncertainty"
LEAST_EIGENVALUE = 1e-10
BITS = 53
"""Binary places of a Sobol point."""
ROUNDS = 8
"""Rounds of the permutation of strata."""
LEAST_NETWORK = 10
"""Bits that are permuted at least: halves of a bit or two would not reach all orders alike."""


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
    if len(names) and np.linalg.eigvalsh(matrix).min() < LEAST_EIGENVALUE:
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
    Sampler
        The same numbers for a path, whatever block it is asked in; safe to call from several threads.

    Examples
    --------
    >>> from forcesim.quantities.distributions import Uniform
    >>> draw = sampler({"a": Uniform(low=0, high=1)}, [], design="plain", seed=1, paths=8)
    >>> bool((draw(0, 8)["a"][4:] == draw(4, 4)["a"]).all())
    True
    """
    names = list(distributions)
    keys = stream_keys(seed, [(ADDRESS, "", name, 0) for name in names])
    layout = {"plain": _plain, "latin-hypercube": _strata, "sobol": _sobol}[design]
    tied = tuple(name for name in names if any(name in (entry.one, entry.other) for entry in correlations))
    root = np.asarray(np.linalg.cholesky(correlation_matrix(tied, correlations)), dtype=np.float64)
    uniforms = layout(keys, paths) if names else functools.partial(_none, 0)
    return Sampler(dict(distributions), tuple(names.index(name) for name in tied), root, uniforms)


@dataclass(frozen=True, slots=True, eq=False)
class Sampler:
    """The uncertain numbers of any paths.

    Attributes
    ----------
    distributions : mapping of path to Distribution
        In the scenario's order.
    tied : tuple of int
        Which of them are correlated with another.
    root : float64 (tied, tied)
        Cholesky factor of the correlations of their normal scores.
    uniforms : callable
        From (first path, how many) to independent uniforms (number, path), before they are correlated.
    """

    distributions: Mapping[str, Distribution]
    tied: tuple[int, ...]
    root: Floats
    uniforms: Uniforms

    def __call__(self, first: int, count: int) -> dict[str, Floats]:
        """Return the numbers of consecutive paths, each (path,)."""
        return self.numbers(self.uniforms(first, count))

    def numbers(self, u: Floats) -> dict[str, Floats]:
        """Return the numbers that independent uniforms (number, path) lead to; those are left as they are."""
        return self.quantiles(self.joined(u))

    def joined(self, u: Floats) -> Floats:
        """Return correlated uniforms from independent ones, (number, path), which are left as they are."""
        if self.tied:
            u = u.copy()
            u[list(self.tied)] = _joined(u[list(self.tied)], self.root)
        return u

    def quantiles(self, u: Floats) -> dict[str, Floats]:
        """Return the numbers below which the shares ``u`` (number, path) of each lie."""
        return {name: law.quantile(u[row]) for row, (name, law) in enumerate(self.distributions.items())}


def _none(rows: int, _first: int, count: int) -> Floats:
    """Return no uniforms at all."""
    return np.empty((rows, count))


def _joined(u: Floats, root: Floats) -> Floats:
    """Return uniforms with correlated normal scores, ``root`` being the correlations' Cholesky factor.

    The sums are written out: a matrix product may round differently in blocks of another size.
    """
    from scipy.special import ndtr, ndtri

    scores = ndtri(u)
    joined = np.zeros_like(scores)
    for i in range(len(root)):
        for j in range(i + 1):
            joined[i] += root[i, j] * scores[j]
    return np.asarray(np.clip(ndtr(joined), SMALLEST, LARGEST))


def _plain(keys: Words, _paths: int) -> Uniforms:
    """Return independent uniforms."""

    def uniforms(first: int, count: int) -> Floats:
        out = np.empty((len(keys), count))
        fill_uniform(keys, 0, first, out)
        return out

    return uniforms


def _strata(keys: Words, paths: int) -> Uniforms:
    """Return Latin-hypercube uniforms: a random order of the strata for each number, and a place within each."""
    within, words = _plain(keys, paths), _random_words(keys, ROUNDS)

    def uniforms(first: int, count: int) -> Floats:
        order = _permuted(first, count, paths, words).astype(np.float64)
        return np.clip((order + within(first, count)) / paths, SMALLEST, LARGEST)

    return uniforms


def _random_words(keys: Words, count: int) -> Words:
    """Return random 53-bit words for each number: its stream in month 1, which no path's uniform uses."""
    out = np.empty((len(keys), count))
    fill_uniform(keys, 1, 0, out)
    return np.asarray((out * 2.0**BITS).astype(np.uint64))


def _permuted(first: int, count: int, size: int, words: Words) -> Words:
    """Return where random permutations of 0 .. size - 1, one for each row of ``words``, send consecutive places.

    An unbalanced Feistel network permutes a power of two; what falls outside walks on until it is
    back inside (Black and Rogaway 2002, CT-RSA, LNCS 2271, 114-130). Shuffling a list would do
    too, but would have to be held for the whole run.
    """
    bits = max(LEAST_NETWORK, (size - 1).bit_length())
    found = np.tile(np.arange(first, first + count, dtype=np.uint64), (len(words), 1)).ravel()
    row = np.repeat(np.arange(len(words)), count)
    outside = np.arange(len(found))
    while len(outside):
        found[outside] = _feistel(found[outside], bits, words[row[outside]].T)
        outside = outside[found[outside] >= np.uint64(size)]
    return found.reshape(len(words), count)


def _feistel(x: Words, bits: int, words: Words) -> Words:
    """Permute the numbers of so many bits: each round mixes one half into the other."""
    low_bits = np.uint64(bits // 2)
    low_mask = (np.uint64(1) << low_bits) - np.uint64(1)
    high_mask = ((np.uint64(1) << np.uint64(bits)) - np.uint64(1)) ^ low_mask
    for number, word in enumerate(words):
        source, target = (low_mask, high_mask) if number % 2 == 0 else (high_mask, low_mask)
        x = x ^ (_hash(x & source, word) & target)
    return x


def _hash(x: Words, word: Words) -> Words:
    """Return 64 well-mixed bits (the finaliser of SplitMix64; Steele, Lea and Flood 2014, OOPSLA)."""
    z = x + word * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def sobol_points(seed: int, name: str, dimensions: int, paths: int) -> Uniforms:
    """Return a function to scrambled Sobol uniforms (dimension, path); ``name`` tells one scramble from another.

    Examples
    --------
    >>> points = sobol_points(1, "pilot", 2, 4)
    >>> sorted((points(0, 4)[1] * 4).astype(int).tolist())
    [0, 1, 2, 3]
    """
    if dimensions == 0:
        return functools.partial(_none, 0)
    return _sobol(stream_keys(seed, [(ADDRESS, "", f"{name} {k}", 0) for k in range(dimensions)]), paths)


def _sobol(keys: Words, paths: int) -> Uniforms:
    """Return scrambled Sobol uniforms; a number's dimension is its rank.

    Point i is the exclusive or of the direction numbers where i's Gray code has a one. Scrambling
    is linear, so the direction numbers are scrambled once, and any point can be had by itself.
    """
    levels = max(1, (paths - 1).bit_length())
    random = _random_words(keys, BITS + 1)
    directions = _scrambled(_directions(len(keys), levels), random[:, :BITS])
    shift = random[:, BITS]

    def uniforms(first: int, count: int) -> Floats:
        index = np.arange(first, first + count, dtype=np.uint64)
        gray = index ^ (index >> np.uint64(1))
        points = np.repeat(shift[:, None], count, axis=1)
        for level in range(levels):
            on = (gray >> np.uint64(level)) & np.uint64(1)
            points ^= directions[:, level, None] * on
        return np.clip((points + 0.5) * 2.0**-BITS, SMALLEST, LARGEST)

    return uniforms


@functools.lru_cache(maxsize=8)
def _directions(dimensions: int, levels: int) -> Words:
    """Return SciPy's direction numbers (dimension, level) in 53 binary places: point 2^(k+1) - 1 is the k-th.

    SciPy walks there point by point, so the answer is kept.
    """
    from scipy.stats import qmc

    points = qmc.Sobol(dimensions, scramble=False, bits=32)
    found = np.empty((dimensions, levels), dtype=np.uint64)
    for level in range(levels):
        points.fast_forward((1 << (level + 1)) - 1 - points.num_generated)
        found[:, level] = (points.random(1)[0] * 2.0**BITS).astype(np.uint64)
    found.flags.writeable = False
    return found


def _scrambled(directions: Words, random: Words) -> Words:
    """Return the direction numbers times a random lower triangular binary matrix for each dimension.

    Column b of the matrix (for the b-th binary place from the top) has a one at b and random bits below.
    """
    one, scrambled = np.uint64(1), np.zeros_like(directions)
    for place in range(BITS):
        unit = one << np.uint64(BITS - 1 - place)
        column = unit | (random[:, place] & (unit - one))
        on = (directions >> np.uint64(BITS - 1 - place)) & one
        scrambled ^= on * column[:, None]
    return scrambled
