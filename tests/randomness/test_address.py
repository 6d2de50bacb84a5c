"""Every variate is a pure function of its address: the same bits whatever is drawn beside it, and in whatever order."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forcesim.randomness.address import fill_normal, fill_uniform, stream_key, stream_keys
from tests.randomness.test_philox import naive_philox
from tests.support.laws import assert_same_bits

KEYS = stream_keys(7, [("army", "UKR", "z_losses", 0), ("army", "UKR", "z_losses", 1), ("army", "RUS", "z_losses", 0)])
BOTH = pytest.mark.parametrize("fill", [fill_uniform, fill_normal])


def drawn(fill, keys=KEYS, month=3, first=0, paths=1000, **options):
    out = np.full((len(keys), paths), np.nan)
    fill(keys, month, first, out, **options)
    return out


@BOTH
@given(cuts=st.lists(st.integers(0, 1000), max_size=6), start=st.integers(0, 2**40))
def test_blocks_do_not_matter(fill, cuts, start):
    whole = drawn(fill, first=start)
    edges = [0, *sorted(cuts), 1000]
    pieces = [drawn(fill, first=start + a, paths=b - a) for a, b in itertools.pairwise(edges)]
    assert_same_bits(np.hstack(pieces), whole)


@BOTH
def test_every_path_alone_is_the_same(fill):
    whole = drawn(fill, paths=600)
    alone = np.hstack([drawn(fill, first=path, paths=1) for path in range(600)])
    assert_same_bits(alone, whole)


@BOTH
@pytest.mark.parametrize("first", [0, 2**33 - 256, 2**33 - 100, 2**40 - 1000])
def test_against_the_naive_philox(fill, first):
    """Addresses by the definition, across the carry into the counter's second word."""
    key, month, slot = stream_key(7, "army", "UKR", "z_losses"), 130, 1
    keys = np.array([[*key, slot]], dtype=np.uint64)
    values = drawn(fill, keys, month, first, 512)[0]
    for path in range(first, first + 512, 37):
        block = 128 * (path // 256) + path % 128
        words = naive_philox([block % 2**32, block >> 32, month, slot], list(key))
        if fill is fill_uniform:
            high, low = words[2:] if path % 256 >= 128 else words[:2]
            assert values[path - first] == max((high * 2**21 + (low >> 11)) * 2.0**-53, 2.0**-54)
        else:
            near, far = words[0] << 32 | words[1], words[2] << 32 | words[3]
            radius = np.sqrt(-2 * np.log((2 * (near >> 12) + 1) * 2.0**-53))
            turns = ((far >> 12) - 2**51) * 2.0**-54
            sine, cosine = np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns) * (-1 if far & 1 else 1)
            pair = (cosine, sine) if far & 2 else (sine, cosine)
            assert values[path - first] == pytest.approx(radius * pair[path % 256 >= 128], rel=1e-13, abs=1e-15)


@BOTH
def test_rows_do_not_matter(fill):
    whole = drawn(fill)
    for order in ([2, 0, 1], [1], [0, 0, 2]):
        assert_same_bits(drawn(fill, KEYS[order]), whole[order])


@BOTH
def test_threads_do_not_matter(fill):
    whole = drawn(fill, paths=8192)
    with ThreadPoolExecutor(4) as pool:
        pieces = list(pool.map(lambda first: drawn(fill, first=first, paths=512), range(0, 8192, 512)))
    assert_same_bits(np.hstack(pieces), whole)


@BOTH
def test_layout_does_not_matter(fill):
    whole = drawn(fill)
    wide = np.zeros((2 * len(KEYS), 2000))
    fill(KEYS, 3, 0, wide[::2, :1000])
    assert_same_bits(wide[::2, :1000], whole)
    assert not wide[1::2].any()
    assert not wide[:, 1000:].any()
    fill(KEYS.astype(np.uint32), 3, 0, wide[: len(KEYS), :1000])
    assert_same_bits(wide[: len(KEYS), :1000], whole)


@BOTH
def test_each_part_of_an_address_matters(fill):
    base = drawn(fill)
    assert len(np.unique(base)) == base.size
    seed = stream_keys(8, [("army", "UKR", "z_losses", 0)])
    for other in (drawn(fill, month=4), drawn(fill, first=1000), drawn(fill, seed)):
        assert not np.isin(other, base).any()


def test_nothing_to_draw():
    for shape in ((0, 100), (3, 0)):
        out = np.zeros(shape)
        fill_normal(KEYS[: shape[0]], 1, 0, out)
        fill_uniform(KEYS[: shape[0]], 1, 0, out)


def test_no_address_below_zero():
    for month, first in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="at least 0"):
            drawn(fill_normal, month=month, first=first)


def test_keys_are_stable_and_apart():
    """The key words are part of every result's meaning: they may not change between versions or machines."""
    assert stream_key(2025, "army", "UKR", "z_losses") == (3563702359, 2785634816)
    parts = ["a", "b", "ab", "", "é"]
    addresses = [(seed, p, n, v) for seed in (0, 1, 10, 2**70) for p in parts for n in parts for v in parts]
    assert len({stream_key(*address) for address in addresses}) == len(addresses)
    assert_same_bits(KEYS[:, 2], np.array([0, 1, 0], dtype=np.uint64))


def test_same_bits_uncompiled():
    """The plain functions, as FORCESIM_COMPILE=0 runs them, against the compiled ones."""
    code = (
        "import sys, numpy as np; from forcesim.randomness.address import *; from forcesim import kernels\n"
        "assert not kernels.compiling()\n"
        "keys = stream_keys(7, [('army', 'UKR', 'z_losses', 0), ('army', 'UKR', 'z_losses', 1)])\n"
        "out = np.zeros((4, 40)); fill_uniform(keys, 3, 110, out[:2]); fill_normal(keys, 3, 110, out[2:])\n"
        "assert 'numba' not in sys.modules\n"
        "sys.stdout.write(out.tobytes().hex())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "FORCESIM_COMPILE": "0"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    plain = np.frombuffer(bytes.fromhex(done.stdout)).reshape(4, 40)
    assert_same_bits(plain[:2], drawn(fill_uniform, KEYS[:2], first=110, paths=40))
    assert_same_bits(plain[2:], drawn(fill_normal, KEYS[:2], first=110, paths=40))
