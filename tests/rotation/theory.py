"""Exact results of queueing theory, computed from the states one by one: slow and obvious on purpose."""

from __future__ import annotations

import itertools
import math

import numpy as np


def birth_death(up: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Return the stationary law of a birth-death chain; ``up[k]`` leads from k to k + 1, ``down[k]`` back."""
    weights = np.concatenate([[1.0], np.cumprod(up / down)])
    return weights / weights.sum()


def erlang_b(seats: int, load: float) -> float:
    """Return the share of arrivals that find all seats taken and are lost."""
    terms = [load**k / math.factorial(k) for k in range(seats + 1)]
    return terms[-1] / sum(terms)


def erlang_a(seats: int, rate: float, course: float, patience: float = math.inf) -> tuple[float, float, float]:
    """Return share that waits, share that gives up, mean number waiting (Palm 1957; without impatience Erlang C)."""
    states = np.arange(1, 1000)
    down = np.minimum(states, seats) / course + np.maximum(states - seats, 0) / patience
    law = birth_death(np.full(len(states), rate), down)
    number = np.arange(len(law))
    waiting = np.maximum(number - seats, 0)
    queue = float((law * waiting).sum())
    return float(law[number >= seats].sum()), queue / patience / rate, queue


def kaufman_roberts(units: int, sizes: list[int], loads: list[float]) -> list[float]:
    """Return the share of each size of crisis that finds too few units, by summing over all states."""
    ranges = [range(units // size + 1) for size in sizes]
    total, blocked = 0.0, [0.0] * len(sizes)
    for state in itertools.product(*ranges):
        used = sum(n * size for n, size in zip(state, sizes, strict=True))
        if used > units:
            continue
        weight = math.prod(load**n / math.factorial(n) for n, load in zip(state, loads, strict=True))
        total += weight
        for place, size in enumerate(sizes):
            blocked[place] += weight * (used + size > units)
    return [share / total for share in blocked]
