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
CELLS = 1024
BOUNDS = np.array([2.0, 3.0, 4.0, 5.0, 5.5, 6.0])


@kernel
def fold(rows, edges, cells, sums, beyond, products):
    """Add up cells of equal probability, powers, tails on either side, and products with neighbours and halves."""
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


@pytest.mark.slow
def test_a_billion_normals():
    sums, products = np.zeros(4), np.zeros(2)
    beyond = np.zeros((2, len(BOUNDS)))
    cells = np.zeros(1)
    for rows in chunks(fill_normal):
        fold(rows, BOUNDS, cells, sums, beyond, products)
    bound = standard_errors(6)
    for power, (mean, variance) in enumerate([(0, 1), (1, 2), (0, 15), (3, 96)]):
        found = sums[power] / DRAWS
        assert abs(found - mean) <= bound * math.sqrt(variance / DRAWS), f"moment {power + 1}: {found:.6g}"
    assert abs(products[0]) <= bound * math.sqrt(DRAWS * (PATHS - 1) / PATHS), f"neighbours: {products[0] / DRAWS:.3g}"
    assert abs(products[1]) <= bound * math.sqrt(4 * DRAWS / 2), f"halves of a block: {products[1] / DRAWS:.3g}"
    for side in (0, 1):
        for place, edge in enumerate(BOUNDS):
            assert_share(beyond[side, place], DRAWS, special.ndtr(-edge), f"beyond {edge}", comparisons=12)


@pytest.mark.slow
def test_a_billion_uniforms():
    cells = np.zeros((CELLS, CELLS), dtype=np.int64)
    for rows in chunks(fill_uniform):
        count(rows, cells)
    assert cells.sum() == DRAWS // 2
    for name, counts in (("pairs", cells), ("first", cells.sum(1)), ("second", cells.sum(0)), ("columns", cells[:, ::2])):
        share = counts.sum() / counts.size
        expected = DRAWS / 2 / CELLS**2 * (cells.size / counts.size if counts.ndim == 1 else 1)
        statistic, freedom = ((counts - expected) ** 2 / expected).sum(), counts.size
        assert abs(statistic - freedom) <= standard_errors(4) * math.sqrt(2 * freedom), f"{name}: {statistic}, {share}"


@pytest.mark.slow
def test_a_defect_of_one_in_ten_thousand_would_be_seen():
    """The negative twin: the same sums find a variance off by 1e-4, and tails that end at 5.5."""
    assert 1e-4 > standard_errors(6) * math.sqrt(2 / DRAWS)
    with pytest.raises(AssertionError):
        assert_share(0, DRAWS, special.ndtr(-5.5), "ends at 5.5", comparisons=12)
