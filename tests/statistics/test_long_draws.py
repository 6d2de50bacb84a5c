"""A billion draws, in chunks: what the short battery is too small to see. Slow."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from forcesim.kernels import kernel
from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys
from tests.support.laws import assert_share, standard_errors

DRAWS = 1 << 30
PATHS, ROWS = 4096, 16  # half a megabyte at a time
CELLS = 512
BOUNDS = np.array([2.0, 3.0, 4.0, 5.0, 5.5, 6.0])


@kernel
def fold(rows, edges, sums, beyond, products):
    """Add up powers, tails on either side, and products with neighbours and halves."""
    for r in range(rows.shape[0]):
        row = rows[r]
        power = np.zeros(4)
        near, half = 0.0, 0.0
        for i in range(row.size):
            z = row[i]
            power[0] += z
            power[1] += z * z
            power[2] += z * z * z
            power[3] += z * z * z * z
        for i in range(row.size - 1):
            near += row[i] * row[i + 1]
        for i in range(0, row.size, 256):
            for j in range(i, i + 128):
                half += (row[j] * row[j] - 1.0) * (row[j + 128] * row[j + 128] - 1.0)
        for i in range(row.size):
            z = row[i]
            if abs(z) > 2.0:
                for b in range(beyond.shape[1]):
                    beyond[0, b] += z > edges[b]
                    beyond[1, b] += z < -edges[b]
        for k in range(4):
            sums[k] += power[k]
        products[0] += near
        products[1] += half


@kernel
def count(rows, cells):
    """Count uniforms in cells, and pairs of neighbours in a grid."""
    width = cells.shape[0]
    for r in range(rows.shape[0]):
        row = rows[r]
        for i in range(0, row.size, 2):
            cells[int(row[i] * width), int(row[i + 1] * width)] += 1


def chunks(fill):
    """Yield chunks of draws from many streams, months and paths."""
    out = np.empty((ROWS, PATHS))
    keys = stream_keys(99, [("long", str(row), "z", row % 3) for row in range(ROWS)])
    for chunk in range(DRAWS // out.size):
        fill(keys, chunk % 128, chunk // 128 * PATHS, out)
        yield out


def check_moments(sums):
    for power, (mean, variance) in enumerate([(0, 1), (1, 2), (0, 15), (3, 96)]):
        found = sums[power] / DRAWS
        assert abs(found - mean) <= standard_errors(6) * math.sqrt(variance / DRAWS), f"moment {power + 1}: {found:.8g}"


def check_products(products):
    near, half = products
    assert abs(near) <= standard_errors(6) * math.sqrt(DRAWS), f"neighbours: {near / DRAWS:.3g}"
    assert abs(half) <= standard_errors(6) * math.sqrt(4 * DRAWS / 2), f"halves of a block: {half / DRAWS:.3g}"


def check_tails(beyond):
    for side in beyond:
        for hits, edge in zip(side, BOUNDS, strict=True):
            assert_share(hits, DRAWS, special.ndtr(-edge), f"beyond {edge}", comparisons=12)


def check_grid(cells):
    for name, counts in (("pairs", cells), ("first", cells.sum(1)), ("second", cells.sum(0))):
        expected = DRAWS / 2 / counts.size
        statistic, freedom = ((counts - expected) ** 2 / expected).sum(), counts.size - 1
        assert abs(statistic - freedom) <= standard_errors(3) * math.sqrt(2 * freedom), f"{name}: {statistic}"


@pytest.mark.slow
def test_a_billion_normals():
    sums, products, beyond = np.zeros(4), np.zeros(2), np.zeros((2, len(BOUNDS)))
    for rows in chunks(fill_normal):
        fold(rows, BOUNDS, sums, beyond, products)
    check_moments(sums)
    check_products(products)
    check_tails(beyond)
    # The negative twins: the same draws times 1.0002, with a correlation of 2e-4, and cut off at 5.5.
    with pytest.raises(AssertionError, match="moment 2"):
        check_moments(sums * 1.0002 ** np.arange(1, 5))
    for place in (0, 1):
        with pytest.raises(AssertionError):
            check_products(products + 4e-4 * DRAWS * (np.arange(2) == place))
    with pytest.raises(AssertionError, match=r"beyond 5\.5"):
        check_tails(np.where(BOUNDS >= 5.5, 0, beyond))


@pytest.mark.slow
def test_a_billion_uniforms():
    cells = np.zeros((CELLS, CELLS), dtype=np.int64)
    for rows in chunks(fill_uniform):
        count(rows, cells)
    assert cells.sum() == DRAWS // 2
    check_grid(cells)
    wave = 1 + 1e-3 * np.cos(2 * np.pi * np.arange(CELLS) / CELLS)  # the negative twin: a density that waves by 1e-3
    with pytest.raises(AssertionError, match="first"):
        check_grid(cells * wave[:, None])
