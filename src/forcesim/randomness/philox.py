"""Philox 4x32-10: four counter words and two key words in, 128 random bits out.

Two counter words are multiplied by constants in each of ten rounds; the high and low halves of
the products, the other words and the key are mixed by exclusive or; the key moves by a Weyl step.
No state: the bits at a counter do not depend on those at any other.

References
----------
Salmon, J. K., Moraes, M. A., Dror, R. O. and Shaw, D. E. (2011), Parallel random numbers: as easy as 1, 2, 3,
Proceedings of SC11, doi 10.1145/2063384.2063405.
"""

from __future__ import annotations

import numpy as np

from forcesim.kernels import law

__all__ = ["LOW", "philox", "philox_twice"]

LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)

Four = tuple[np.uint64, np.uint64, np.uint64, np.uint64]


@law
def _round(c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64) -> Four:
    """Return the four words after one round; what stands above their low 32 bits is no part of them."""
    p0 = (c0 & LOW) * _MULTIPLIER_0
    p1 = (c2 & LOW) * _MULTIPLIER_1
    return (p1 >> _32) ^ (c1 ^ k0), p1, (p0 >> _32) ^ (c3 ^ k1), p0


@law
def philox(c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64) -> Four:
    """Return four random 32-bit words, each below 2^32, at a counter of four words under a key of two."""
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    for _ in range(9):
        k0 = (k0 + _WEYL_0) & LOW
        k1 = (k1 + _WEYL_1) & LOW
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    return c0 & LOW, c1 & LOW, c2 & LOW, c3 & LOW


@law
def philox_twice(
    c0: np.uint64, d0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64, np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the words at two counters that differ in their first word only; only their low 32 bits count.

    The rounds stand in full: a loop inside the loop over paths would not become vector code. The rounds of the two
    counters take turns: one multiplies while the other waits.
    """
    d1, d2, d3 = c1, c2, c3
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    d0, d1, d2, d3 = _round(d0, d1, d2, d3, k0, k1)
    k0, k1 = (k0 + _WEYL_0) & LOW, (k1 + _WEYL_1) & LOW
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    d0, d1, d2, d3 = _round(d0, d1, d2, d3, k0, k1)
    k0, k1 = (k0 + _WEYL_0) & LOW, (k1 + _WEYL_1) & LOW
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    d0, d1, d2, d3 = _round(d0, d1, d2, d3, k0, k1)
    k0, k1 = (k0 + _WEYL_0) & LOW, (k1 + _WEYL_1) & LOW
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    d0, d1, d2, d3 = _round(d0, d1, d2, d3, k0, k1)
    k0, k1 = (k0 + _WEYL_0) & LOW, (k1 + _WEYL_1) & LOW
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    d0, d1, d2, d3 = _round(d0, d1, d2, d3, k0, k1)
    k0, k1 = (k0 + _WEYL_0) & LOW, (k1 + _WEYL_1) & LOW
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    d0, d1, d2, d3 = _round(d0, d1, d2, d3, k0, k1)
    k0, k1 = (k0 + _WEYL_0) & LOW, (k1 + _WEYL_1) & LOW
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    d0, d1, d2, d3 = _round(d0, d1, d2, d3, k0, k1)
    k0, k1 = (k0 + _WEYL_0) & LOW, (k1 + _WEYL_1) & LOW
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    d0, d1, d2, d3 = _round(d0, d1, d2, d3, k0, k1)
    k0, k1 = (k0 + _WEYL_0) & LOW, (k1 + _WEYL_1) & LOW
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    d0, d1, d2, d3 = _round(d0, d1, d2, d3, k0, k1)
    k0, k1 = (k0 + _WEYL_0) & LOW, (k1 + _WEYL_1) & LOW
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    d0, d1, d2, d3 = _round(d0, d1, d2, d3, k0, k1)
    return c0, c1, c2, c3, d0, d1, d2, d3
