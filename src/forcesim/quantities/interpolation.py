"""Shape-preserving cubic interpolation: between quantiles it never overshoots, so quantiles never fall.

SciPy has it too (``scipy.interpolate.PchipInterpolator``, which a test compares with); importing
that takes longer than a small run, and this is all that is needed of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from forcesim.arrays import Floats

__all__ = ["monotone_cubic"]


def monotone_cubic(x: Floats, y: Floats, at: Floats) -> Floats:
    """Return the monotone cubic through (x, y) at some points; beyond the ends the line through the outer two.

    Parameters
    ----------
    x, y : float64 (point,)
        Rising x, at least two; y may rise, fall or stay.
    at : float64
        Where to interpolate.

    Source
    ------
    Fritsch, F. N. and Butland, J. (1984), SIAM J. Sci. Stat. Comput. 5, 300-304, for the slopes within;
    Moler, C. (2004), Numerical Computing with MATLAB, section 3.6, for those at the ends.

    Examples
    --------
    >>> monotone_cubic(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.0, 1.0]), np.array([0.5, 2.0, 3.0]))
    array([0., 1., 2.])
    """
    width, rise = np.diff(x), np.diff(y) / np.diff(x)
    slope = _slopes(width, rise)
    piece = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(width) - 1)
    t = np.clip((at - x[piece]) / width[piece], 0.0, 1.0)
    first, last, middle = slope[piece], slope[piece + 1], rise[piece]
    cubic = first + t * (3.0 * middle - 2.0 * first - last + t * (first + last - 2.0 * middle))
    inside = y[piece] + t * width[piece] * cubic
    inside = np.where(t == 1.0, y[piece + 1], inside)  # the corners exactly; and no overshoot by rounding:
    inside = np.clip(inside, np.minimum(y[piece], y[piece + 1]), np.maximum(y[piece], y[piece + 1]))
    return np.asarray(inside + rise[0] * np.minimum(at - x[0], 0.0) + rise[-1] * np.maximum(at - x[-1], 0.0))


def _slopes(width: Floats, rise: Floats) -> Floats:
    """Return the slope at each point: a weighted harmonic mean of the two beside it, 0 at a turn."""
    slope = np.zeros(len(width) + 1)
    if len(width) == 1:
        slope[:] = rise[0]
        return slope
    one, other = 2.0 * width[1:] + width[:-1], width[1:] + 2.0 * width[:-1]
    before, after = rise[:-1], rise[1:]
    same_way = before * after > 0.0
    safe_before, safe_after = np.where(same_way, before, 1.0), np.where(same_way, after, 1.0)
    slope[1:-1] = np.where(same_way, (one + other) / (one / safe_before + other / safe_after), 0.0)
    slope[0] = _end_slope(width[0], width[1], rise[0], rise[1])
    slope[-1] = _end_slope(width[-1], width[-2], rise[-1], rise[-2])
    return slope


def _end_slope(near: float, far: float, rise: float, next_rise: float) -> float:
    """Return the slope at an end: the parabola's through three points, bounded so that the shape is kept."""
    slope = ((2.0 * near + far) * rise - near * next_rise) / (near + far)
    if slope * rise <= 0.0:
        return 0.0
    if rise * next_rise <= 0.0 and abs(slope) > 3.0 * abs(rise):
        return 3.0 * rise
    return slope
