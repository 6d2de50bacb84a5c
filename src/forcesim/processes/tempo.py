"""Tempo: how the intensity of the fighting and the intake of an army move by chance.

The logarithm of intensity is a first-order autoregression, in part shared by both sides. It begins at 0, so its
variance grows with the month; half of it is taken off, so that the mean of intensity is 1 in every month.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from forcesim.kernels import law
from forcesim.numerics import exp
from forcesim.processes.leaving import chance, late

__all__ = ["Fixed", "SharedMemory", "Shocks", "fixed", "shared_intensity", "shared_memory", "shocks"]


class SharedMemory(NamedTuple):
    shared_keep: float  # part of last month's value that the shared intensity keeps
    shared_swing: float  # standard deviation of its innovations


@law
def shared_memory(shared_months: float) -> SharedMemory:
    """Return how the intensity that both sides share moves: an exact AR(1) step of a standard normal."""
    keep = exp(-1.0 / shared_months)
    return SharedMemory(keep, math.sqrt(1.0 - keep * keep))


@law
def shared_intensity(shared_intensity: float, shared_keep: float, shared_swing: float, z_shared: float) -> float:
    """Move the intensity that both sides share by a month."""
    return shared_keep * shared_intensity + shared_swing * z_shared


class Fixed(NamedTuple):
    intensity_keep: float
    intensity_swing: float
    intake_keep: float
    intake_swing: float
    shared_root: float  # weights of the shared and of the own part of intensity
    own_root: float
    recovery_chance: float
    late_recovery: float  # the same for who was wounded in the month
    awol_return_chance: float
    late_return: float
    shift: float  # part of the way between theatre and rear that a month goes


@law
def fixed(
    intensity_months: float, intake_months: float, intensity_shared: float, recovery_months: float, awol_return_rate:
    float, shift_months: float,
) -> Fixed:  # fmt: skip
    """Return chances and memories that depend on parameters alone."""
    intensity_keep, intake_keep = exp(-1.0 / intensity_months), exp(-1.0 / intake_months)
    return Fixed(
        intensity_keep=intensity_keep,
        intensity_swing=math.sqrt(1.0 - intensity_keep * intensity_keep),
        intake_keep=intake_keep,
        intake_swing=math.sqrt(1.0 - intake_keep * intake_keep),
        shared_root=math.sqrt(intensity_shared),
        own_root=math.sqrt(1.0 - intensity_shared),
        recovery_chance=chance(1.0 / recovery_months),
        late_recovery=late(1.0 / recovery_months),
        awol_return_chance=chance(awol_return_rate),
        late_return=late(awol_return_rate),
        shift=chance(1.0 / shift_months),
    )


class Shocks(NamedTuple):
    own_intensity: float
    intake_shock: float
    intensity: float


@law
def shocks(
    shared_intensity: float, own_intensity: float, intake_shock: float, shared_months: float, intensity_months: float,
    intensity_keep: float, intensity_swing: float, intake_keep: float, intake_swing: float, shared_root: float,
    own_root: float, intensity_volatility: float, month: float, noise: float, z_intensity: float, z_intake: float,
) -> Shocks:  # fmt: skip
    """Move the army's shocks; intensity begins at 1 and is lognormal with mean 1."""
    own = intensity_keep * own_intensity + intensity_swing * z_intensity
    sigma = intensity_volatility if noise > 0.0 else 0.0
    x = shared_root * shared_intensity + own_root * own
    own_part, shared_part = own_root * own_root, shared_root * shared_root
    known = own_part * exp(-2.0 * month / intensity_months) + shared_part * exp(-2.0 * month / shared_months)
    return Shocks(
        own_intensity=own,
        intake_shock=intake_keep * intake_shock + intake_swing * z_intake,
        intensity=exp(sigma * x - 0.5 * sigma * sigma * (1.0 - known)),
    )
