"""Statistical checks with one stated rate of false alarm.

A check compares a sample with what the law says, in standard errors at the sample's size: four of
them, which an honest sample exceeds once in 16,000 checks. Within one test of k comparisons pass
``comparisons=k`` and each is held to a k-th of that rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

FALSE_ALARM = 6.334e-5
"""Rate at which an honest sample fails one check: two sides of four standard errors."""


def standard_errors(comparisons: int = 1) -> float:
    """Return the bound in standard errors for one of several comparisons; 4 for a single one."""
    return float(-special.ndtri(FALSE_ALARM / comparisons / 2))


def assert_mean(sample: Any, expected: float, label: str = "", *, comparisons: int = 1) -> None:
    """Check a sample's mean."""
    sample = np.asarray(sample, dtype=float).ravel()
    error = sample.std(ddof=1) / np.sqrt(sample.size)
    _within(sample.mean(), expected, error, f"mean of {label}, n = {sample.size}", comparisons)


def assert_variance(sample: Any, expected: float, label: str = "", *, comparisons: int = 1) -> None:
    """Check a sample's variance; its standard error comes from the sample's fourth moment."""
    sample = np.asarray(sample, dtype=float).ravel()
    squares = (sample - sample.mean()) ** 2
    error = squares.std(ddof=1) / np.sqrt(sample.size)
    found = squares.sum() / (sample.size - 1)
    _within(found, expected, error, f"variance of {label}, n = {sample.size}", comparisons)


def assert_correlation(one: Any, other: Any, expected: float = 0.0, label: str = "", *, comparisons: int = 1) -> None:
    """Check the correlation of two samples (on Fisher's scale)."""
    one, other = np.ravel(one), np.ravel(other)
    found = float(np.corrcoef(one, other)[0, 1])
    error = 1 / np.sqrt(one.size - 3)
    _within(np.arctanh(found), np.arctanh(expected), error, f"correlation of {label}, n = {one.size}", comparisons)


def assert_share(hits: float, n: float, expected: float, label: str = "", *, comparisons: int = 1) -> None:
    """Check how many of n had a property of the expected probability, by the exact binomial tails."""
    below, above = special.bdtr(hits, n, expected), special.bdtrc(hits - 1, n, expected) if hits > 0 else 1.0
    rate = FALSE_ALARM / comparisons / 2
    assert min(below, above) > rate, f"{label}: {hits} of {n}, expected {expected * n:.6g} (p {min(below, above):.2g})"


def assert_law(
    sample: Any,
    cdf: Callable[[np.ndarray], Any],
    label: str = "",
    *,
    discrete: bool = False,
    comparisons: int = 1,
) -> None:
    """Check a sample against a distribution function (Kolmogorov and Smirnov); conservative for a discrete law."""
    sample = np.asarray(sample, dtype=float).ravel()
    n = sample.size
    values, counts = np.unique(sample, return_counts=True)
    after = np.cumsum(counts) / n
    expected = np.asarray(cdf(values), dtype=float)
    distance = np.abs(after - expected).max()
    if not discrete:
        distance = max(distance, np.abs(after - counts / n - expected).max())
    bound = special.kolmogi(FALSE_ALARM / comparisons) / np.sqrt(n)
    assert distance <= bound, f"{label}: distance {distance:.3g} from the law, bound {bound:.3g} at n = {n}"


def assert_same_bits(one: Any, other: Any, label: str = "") -> None:
    """Check that two arrays are the same to the last bit (signs of zeros and payloads of nans included)."""
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    assert one.dtype == other.dtype, f"{label}: {one.dtype} and {other.dtype}"
    assert one.shape == other.shape, f"{label}: {one.shape} and {other.shape}"
    differ = (one.reshape(-1, 1).view(np.uint8) != other.reshape(-1, 1).view(np.uint8)).any(axis=1)
    assert not differ.any(), f"{label}: {differ.sum()} of {one.size} numbers differ, first at {int(differ.argmax())}"


def _within(found: float, expected: float, error: float, label: str, comparisons: int) -> None:
    distance = abs(found - expected)
    bound = standard_errors(comparisons) * error + 1e-12 * max(1.0, abs(expected))  # rounding, for a sample of equals
    assert distance <= bound, (
        f"{label}: {found:.8g}, expected {expected:.8g}: {distance / max(error, 1e-300):.1f} errors"
    )
