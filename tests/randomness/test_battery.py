"""The statistical battery: laws, tails, and independence of whatever stands near in address space.

Each check is a function of the draws; each is also given draws of a wrong law, which must fail.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from forcesim.randomness.address import fill_normal, fill_uniform, stream_keys
from tests.support.laws import assert_correlation, assert_law, assert_share, standard_errors

PATHS = 1 << 20
ROWS = 8  # 8.4 million normals, and as many uniforms


def filled(fill, rows, *, month=1, first=0, paths=PATHS, **options):
    """Return draws (row, path) for addresses (process, nation, variate, slot)."""
    out = np.empty((len(rows), paths))
    fill(stream_keys(2025, rows), month, first, out, **options)
    return out


NEAR = [("army", "UKR", "z", 0), ("army", "UKR", "z", 1), ("army", "UKR", "z", 2), ("army", "UKR", "z", 256)]
NEAR += [("army", "RUS", "z", 0), ("army", "UKR", "y", 0), ("navy", "UKR", "z", 0), ("arm", "yUKR", "z", 0)]


@pytest.fixture(scope="module")
def normals():
    return filled(fill_normal, NEAR)


@pytest.fixture(scope="module")
def uniforms():
    return filled(fill_uniform, NEAR)


def check_normal_moments(z):
    """First to fourth moment; the k-th power of a normal has variance m_2k - m_k^2."""
    moments = {1: 0, 2: 1, 3: 0, 4: 3, 6: 15, 8: 105}
    for power in (1, 2, 3, 4):
        error = math.sqrt((moments[2 * power] - moments[power] ** 2) / z.size)
        found = (z**power).mean()
        assert abs(found - moments[power]) <= standard_errors(4) * error, f"moment {power}: {found}"


def check_uniform_moments(u):
    for power in (1, 2, 3, 4):
        error = math.sqrt((1 / (2 * power + 1) - 1 / (power + 1) ** 2) / u.size)
        found = (u**power).mean()
        assert abs(found - 1 / (power + 1)) <= standard_errors(4) * error, f"moment {power}: {found}"


def check_tails(z):
    """Counts beyond 2 to 5 standard deviations, each side by itself."""
    for bound in (2, 3, 4, 4.5, 5):
        for side, hits in (("above", np.count_nonzero(z > bound)), ("below", np.count_nonzero(z < -bound))):
            assert_share(hits, z.size, special.ndtr(-bound), f"tail {side} {bound}", comparisons=10)


def check_serial(rows):
    """Correlation of draws, and of their squares, with those some paths on; 128 shares a Philox block."""
    lags = (1, 2, 4, 64, 127, 128, 129, 256)
    for lag in lags:
        for name, x in (("draws", rows), ("squares", (rows - rows.mean()) ** 2)):
            assert_correlation(x[:, :-lag], x[:, lag:], label=f"serial, {name}, lag {lag}", comparisons=2 * len(lags))


def check_apart(rows):
    """Correlation of every two rows, draws and squares."""
    pairs = [(a, b) for a in range(len(rows)) for b in range(a)]
    squares = (rows - rows.mean()) ** 2
    for a, b in pairs:
        for name, x in (("draws", rows), ("squares", squares)):
            assert_correlation(x[a], x[b], label=f"rows {a} and {b}, {name}", comparisons=2 * len(pairs))


def check_pairs(u, v, cells=64):
    """Chi-square of pairs on a grid: every kind of dependence, not only the linear."""
    counts = np.bincount((u * cells).astype(int) * cells + (v * cells).astype(int), minlength=cells * cells)
    expected = u.size / cells**2
    found, freedom = ((counts - expected) ** 2 / expected).sum(), cells**2 - 1
    assert abs(found - freedom) <= standard_errors() * math.sqrt(2 * freedom), f"chi-square {found} at {freedom}"


def test_normal_moments(normals):
    check_normal_moments(normals)


def test_uniform_moments(uniforms):
    check_uniform_moments(uniforms)


def test_laws(normals, uniforms):
    assert_law(normals[0], special.ndtr, "normal", comparisons=2)
    assert_law(uniforms[0], lambda x: x, "uniform", comparisons=2)
    assert uniforms.min() > 0
    assert uniforms.max() < 1


def test_bits_of_uniforms(uniforms):
    """All 53 bits are used, and each is a fair coin."""
    whole = (uniforms[0] * 2.0**53).astype(np.uint64)
    for bit in range(53):
        ones = int((whole >> np.uint64(bit) & np.uint64(1)).sum())
        assert_share(ones, PATHS, 0.5, f"bit {bit}", comparisons=53)


def test_tails(normals):
    check_tails(normals)


def test_serial(normals, uniforms):
    check_serial(normals[:2])
    check_serial(uniforms[:2])


def test_neighbouring_keys_and_slots(normals, uniforms):
    check_apart(normals[:, : PATHS // 4])
    check_apart(uniforms[:, : PATHS // 4])


@pytest.mark.parametrize("fill", [fill_normal, fill_uniform])
def test_neighbouring_months(fill):
    months = [filled(fill, NEAR[:1], month=month, paths=PATHS // 4)[0] for month in (0, 1, 2, 3, 12, 13)]
    check_apart(np.array(months))


def test_neighbouring_key_words():
    """Keys that differ in one bit, as no hash would give them."""
    keys = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [2, 0, 0], [1 << 31, 0, 0], [0, 1 << 31, 0]], dtype=np.uint64)
    out = np.empty((len(keys), PATHS // 4))
    fill_normal(keys, 0, 0, out)
    check_apart(out)


def test_pairs_on_a_grid(normals, uniforms):
    u = special.ndtr(normals[0])
    check_pairs(u[:-1], u[1:])
    check_pairs(u[:-128], u[128:])  # both of one Box-Muller pair, at every other place
    groups = normals[1].reshape(-1, 2, 128)
    check_pairs(*(special.ndtr(groups[:, half].ravel()) for half in (0, 1)))
    check_pairs(uniforms[0][:-1], uniforms[0][1:])
    check_pairs(uniforms[0], uniforms[1])


def wrong(kind, rng):
    """Draws that are nearly, but not, standard normals without memory."""
    z = rng.standard_normal((2, PATHS))
    if kind == "scale":
        return z * 1.005
    if kind == "twelve uniforms":
        return sum(rng.random((2, PATHS)) for _ in range(12)) - 6
    if kind == "short tails":
        return np.clip(z, -4, 4)
    if kind == "skewed":
        return z + 0.005 * (z**2 - 1)
    if kind == "memory":
        z[:, 1:] += 0.01 * z[:, :-1]
    if kind == "shared noise":
        z[1] += 0.02 * z[0]
    if kind == "same size":
        z[1] = np.abs(z[0]) * np.sign(z[1])
    return z


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("scale", check_normal_moments),
        ("twelve uniforms", check_normal_moments),
        ("twelve uniforms", check_tails),
        ("short tails", check_tails),
        ("skewed", check_normal_moments),
        ("memory", check_serial),
        ("shared noise", check_apart),
        ("same size", check_apart),
        ("same size", lambda z: check_pairs(*special.ndtr(z))),
        ("twelve uniforms", lambda z: assert_law(z, special.ndtr)),
    ],
)
def test_wrong_laws_fail(kind, check):
    rng = np.random.default_rng(3)
    check(rng.standard_normal((2, PATHS)))
    with pytest.raises(AssertionError):
        check(wrong(kind, rng))


def test_wrong_uniforms_fail():
    u = np.random.default_rng(3).random((2, PATHS))
    check_uniform_moments(u)
    with pytest.raises(AssertionError):
        check_uniform_moments(u**1.01)
    with pytest.raises(AssertionError):
        assert_law(u**1.01, lambda x: x)
