"""The phases of the war: what the code of the series ``phase`` stands for."""

from __future__ import annotations

from forcesim.kernels import law

__all__ = ["CEASEFIRE", "DEFEAT", "LOCAL_ATTACK", "PHASES", "WAR", "at_war"]

PHASES = ("war", "ceasefire", "local attack", "defeat")
"""In the order of their codes. A local attack breaks a ceasefire at one place; defeat ends the war for good."""

WAR, CEASEFIRE, LOCAL_ATTACK, DEFEAT = 0.0, 1.0, 2.0, 3.0


@law
def at_war(phase: float) -> bool:
    """Return whether a phase is one of fighting: war, or a local attack.

    Examples
    --------
    >>> at_war(WAR), at_war(CEASEFIRE), at_war(LOCAL_ATTACK), at_war(DEFEAT)
    (True, False, True, False)
    """
    return phase == WAR or phase == LOCAL_ATTACK  # noqa: PLR1714 - a membership test is not compiled
