"""What a result knows of a series besides its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from forcesim.expression import Term

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a result knows of a series: name, unit, meaning, nations (none: one of the world), words of its codes."""

    name: str
    unit: str
    meaning: str
    scope: str
    nations: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    storage: str = "float"
    kind: str = "indicator"

    @property
    def term(self) -> Term:
        """Return what an expression may say of it."""
        return Term(self.nations, self.labels)
