"""Types of arrays, and the bounds of a uniform."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["LARGEST", "SMALLEST", "Floats", "Ints"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SMALLEST = 2.0**-54
LARGEST = 1.0 - 2.0**-53
"""Bounds of a uniform, both within the open interval (0, 1)."""
