"""Two independent futures of each path, and mixtures of them: what players hold is the first's, all else the second's.

A *player* is some of the uncertain numbers, or some of the streams of draws. The second future of a path has the
addresses of a path far away. Numbers that are tied to others (Gaussian copula) and not held are drawn given those that
are held, so that every mixture has the law of a future:

    z_F | z_H  ~  N(R_FH R_HH^-1 z_H,  R_FF - R_FH R_HH^-1 R_HF).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forcesim.arrays import LARGEST, SMALLEST, Floats, Ints
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from forcesim.decide.asking import PathQuestion
    from forcesim.plan import Plan
    from forcesim.randomness.address import Keys
    from forcesim.uncertainty import Sampler

__all__ = ["AWAY", "Player", "Swaps", "all_streams", "clusters", "given_held", "order_of", "streams_by", "tied_to"]

AWAY = 1 << 31
"""How far the path lies whose addresses the second future has."""

Streams = dict[tuple[int, int], tuple[int, ...]]
"""By step and drawing of the plan, places among the drawing's rows."""


@dataclass(frozen=True, slots=True)
class Player:
    """Some uncertain numbers, or streams of draws, that change together.

    Attributes
    ----------
    name : str
        As a table shows it.
    numbers : tuple of int
        Positions among the uncertain numbers.
    streams : mapping of (step, drawing) to places
        Streams of draws.
    """

    name: str
    numbers: tuple[int, ...] = ()
    streams: Streams = field(default_factory=dict)


def streams_by(plan: Plan, part: int) -> dict[str, Streams]:
    """Return all streams by a part of their address: 0 the process, 1 the nation (``"world"`` for none).

    They stand in the order of the plan.
    """
    found: dict[str, dict[tuple[int, int], list[int]]] = {}
    for s, step in enumerate(plan.steps):
        for d, drawing in enumerate(step.drawings):
            for place, address in enumerate(drawing.addresses):
                name = str(address[part]).replace("WORLD", "") or "world"
                found.setdefault(name, {}).setdefault((s, d), []).append(place)
    return {name: {key: tuple(places) for key, places in own.items()} for name, own in found.items()}


def all_streams(plan: Plan) -> Streams:
    """Return every stream of a plan."""
    return {
        (s, d): tuple(range(len(drawing.addresses)))
        for s, step in enumerate(plan.steps)
        for d, drawing in enumerate(step.drawings)
    }


def clusters(tied: Sequence[int], root: Floats) -> list[list[int]]:
    """Return numbers that are correlated with each other, directly or through others.

    Examples
    --------
    >>> clusters([2, 5, 7], np.linalg.cholesky(np.array([[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]])))
    [[2, 5], [7]]
    """
    linked = np.abs(root @ root.T) > 0.0
    found: list[list[int]] = []
    left = list(range(len(tied)))
    while left:
        inside, edge = {left[0]}, [left[0]]
        while edge:
            edge = [j for j in left if j not in inside and linked[edge, j].any()]
            inside.update(edge)
        found.append([tied[j] for j in sorted(inside)])
        left = [j for j in left if j not in inside]
    return found


def given_held(scores: Floats, fresh: Floats, held: npt.NDArray[np.bool_], matrix: Floats) -> Floats:
    """Return normal scores of which some are held and the others are drawn given them.

    Parameters
    ----------
    scores : float64 (number, path)
        Correlated; of these ``held`` stay.
    fresh : float64 (number, path)
        Independent standard normals, from which the others are made.
    held : bool (number, path)
        Which stay.
    matrix : float64 (number, number)
        The correlations.

    Source
    ------
    Conditional law of a multivariate normal: Anderson, T. W. (2003), An Introduction to Multivariate Statistical
    Analysis, 3rd ed., section 2.5.

    Examples
    --------
    >>> matrix = np.array([[1.0, 0.6], [0.6, 1.0]])
    >>> held = np.array([[True], [False]])
    >>> given_held(np.array([[2.0], [9.0]]), np.array([[0.0], [1.0]]), held, matrix).round(12).tolist()
    [[2.0], [2.0]]
    """
    found, weights = scores.copy(), 1 << np.arange(len(scores))
    codes = weights @ held
    for code in np.unique(codes):
        here, stay = np.flatnonzero(codes == code), (code & weights) > 0
        h, f = np.flatnonzero(stay), np.flatnonzero(~stay)
        if not len(f):
            continue
        across = np.linalg.solve(matrix[np.ix_(h, h)], matrix[np.ix_(h, f)]) if len(h) else np.zeros((0, len(f)))
        root = np.linalg.cholesky(matrix[np.ix_(f, f)] - matrix[np.ix_(f, h)] @ across)
        for row, number in enumerate(f):  # written out: a matrix product may round differently in other blocks
            value = np.zeros(len(here))
            for column, other in enumerate(h):
                value += across[column, row] * scores[other, here]
            for column in range(row + 1):
                value += root[row, column] * fresh[f[column], here]
            found[number, here] = value
    return found


def tied_to(drawn: Sampler, u: Floats, fresh: Floats, stays: npt.NDArray[np.bool_]) -> Floats:
    """Return uniforms whose correlated numbers are drawn given those that stay; all others are as they were.

    Parameters
    ----------
    drawn : Sampler
        With the correlations.
    u : float64 (number, path)
        Correlated uniforms.
    fresh : float64 (number, path)
        Independent uniforms, from which correlated numbers that do not stay are made.
    stays : bool (number, path)
        Which stay.
    """
    from scipy.special import ndtr, ndtri

    found = u.copy()
    for group in clusters(drawn.tied, drawn.root) if drawn.tied else ():
        if stays[group].all():
            continue
        at = [drawn.tied.index(number) for number in group]
        matrix = (drawn.root @ drawn.root.T)[np.ix_(at, at)]
        scores = given_held(ndtri(u[group]), ndtri(fresh[group]), stays[group], matrix)
        found[group] = np.where(stays[group], u[group], np.clip(ndtr(scores), SMALLEST, LARGEST))
    return found


class Swaps:
    """Runs mixtures of two futures of each path.

    Parameters
    ----------
    question : PathQuestion
        What is asked.
    players : sequence of Player
        Who may hold the first future. What is no player's is the first's always.
    months : sequence of int, optional
        Months of which the answer is given, (month, path); the question's date alone unless given, (path,).
    """

    def __init__(self, question: PathQuestion, players: Sequence[Player], months: Sequence[int] = ()) -> None:
        """Look up who has which row."""
        self.question, self.players, self.months = question, tuple(players), tuple(months)
        drawn = question.sampler
        self._owner = np.full(len(drawn.distributions), -1)
        for place, player in enumerate(players):
            self._owner[list(player.numbers)] = place

    def run(self, held: npt.NDArray[np.bool_], first: int, count: int) -> Floats:
        """Return the answers of consecutive paths of which players hold the first future, ``held`` (player, path)."""
        question = self.question
        numbers = question.sampler.quantiles(self.uniforms(held, first, count))
        moved = _Mixed(question.plan, question.keys, self.players, held, first)
        histories = question.histories(numbers, first, count, other=moved if moved.streams else None)
        return question.courses(histories, self.months) if self.months else question.values(histories)

    def uniforms(self, held: npt.NDArray[np.bool_], first: int, count: int) -> Floats:
        """Return the correlated uniforms (number, path) of a mixture."""
        drawn = self.question.sampler
        stays = np.vstack([held, np.ones((1, count), dtype=np.bool_)])[self._owner]
        found = drawn.joined(drawn.uniforms(first, count))
        if stays.all():
            return found
        other = drawn.uniforms(first + AWAY, count)
        found = tied_to(drawn, found, other, stays)
        alone = np.setdiff1d(np.arange(len(found)), drawn.tied)
        found[alone] = np.where(stays[alone], found[alone], other[alone])
        return found

    def on_all(self, holders: Iterable[int], paths: int, threads: int) -> Floats:
        """Return the answers of paths 0 to ``paths`` - 1 on all of which the same players hold the first future."""
        which = np.zeros((len(self.players), 1), dtype=np.bool_)
        which[list(holders)] = True
        return self.question.spread(
            0, paths, threads, lambda first, count: self.run(which.repeat(count, 1), first, count)
        )

    def mixed(self, held: npt.NDArray[np.bool_], threads: int) -> Floats:
        """Return the answers of paths on which players hold the first future, ``held`` (player, path)."""
        paths = held.shape[1]
        return self.question.spread(
            0, paths, threads, lambda first, count: self.run(held[:, first : first + count], first, count)
        )

    def walk(self, order: Ints, threads: int) -> list[Floats]:
        """Return the answers as players go one by one from the second future to the first.

        Parameters
        ----------
        order : int (player, path)
            Who goes in each step.
        threads : int
            Blocks at once.

        Returns
        -------
        list of float64
            As :func:`forcesim.decide.indices.walked` takes them.
        """
        players, paths = order.shape
        found = []
        for gone in range(players + 1):
            held = np.zeros((players, paths), dtype=np.bool_)
            np.put_along_axis(held, order[:gone], values=True, axis=0)
            found.append(self.mixed(held, threads))
        return found


class _Mixed:
    """Gives a block the draws of the second future where a stream's player does not hold the first."""

    replaces = False

    def __init__(
        self,
        plan: Plan,
        keys: list[list[Keys]],
        players: Sequence[Player],
        held: npt.NDArray[np.bool_],
        first: int,
    ) -> None:
        self._plan, self._keys, self._first = plan, keys, first
        self.streams: dict[tuple[int, int], list[tuple[Ints, npt.NDArray[np.bool_]]]] = {}
        for player, own in zip(players, held, strict=True):
            for key, places in player.streams.items():
                if not own.all():
                    self.streams.setdefault(key, []).append((np.array(places), ~own))

    def apply(self, step: int, drawing: int, law: str, month: int, drawn: Floats) -> None:
        """Write draws of the second future over those of the first."""
        rows = self._plan.steps[step].drawings[drawing].rows
        for places, swapped in self.streams.get((step, drawing), ()):
            other = np.empty((len(places), drawn.shape[1]))
            fill = fill_normal if law == "normal" else fill_uniform
            fill(np.ascontiguousarray(self._keys[step][drawing][places]), month, self._first + AWAY, other)
            for row, values in zip(rows[places], other, strict=True):
                np.copyto(drawn[row], values, where=swapped)


def order_of(players: int, paths: int, seed: int) -> Ints:
    """Return a random order of players for each path, (player, path), by address."""
    u = np.empty((players, paths))
    fill_uniform(stream_keys(seed, [("order", "", str(player), 0) for player in range(players)]), 0, 0, u)
    return np.argsort(u, axis=0)
