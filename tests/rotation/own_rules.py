"""Rules of one's own, in a module so that workers find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forcesim.rotation import Candidate

__all__ = ["Counting", "fails_on_three", "least_away"]


def least_away(seen: Candidate) -> tuple[int, str]:
    """Send who was away least; of those alike the first by name."""
    return seen.days_away, seen.name


def fails_on_three(seen: Candidate) -> float:
    """Divide by zero for one unit."""
    return 1.0 / (seen.name != "brigade-3")


class Counting:
    """A rule that remembers how often it was asked: what it says depends on what came before."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, seen: Candidate) -> int:
        self.asked += 1
        return (self.asked * 7919) % 13
