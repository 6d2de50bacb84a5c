"""The identity of the code that a caller brings to a run: processes and derived outcomes.

A checkpoint belongs to this code, workers must have the same, and a manifest records it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forcesim.errors import Fault
from forcesim.identity import IdentityError, identity_of
from forcesim.kernels import Compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forcesim.engine.derived import Derived
    from forcesim.plan import Plan

__all__ = ["OwnCode"]


class OwnCode:
    """What identifies the code of a run that is not forcesim's own.

    Parameters
    ----------
    plan : Plan
        Of the run; processes of installed packages count as a caller's.
    derived : sequence of Derived
        Outcomes of the caller's own.

    Attributes
    ----------
    identities : dict of str to str
        By path (``"processes.weariness"``); empty text where there is no identity.
    faults : list of Fault
        Why there is none.
    """

    def __init__(self, plan: Plan, derived: Sequence[Derived]) -> None:
        """Identify the code, and have compiled functions compiled again whose data changed since."""
        self.identities: dict[str, str] = {}
        self.faults: list[Fault] = []
        for step in plan.steps:
            kind = type(step.process)
            if kind.__module__.split(".")[0] != "forcesim":
                self._add(f"processes.{kind.name}", kind)
        for one in derived:
            if not isinstance(one.rule, str):
                self._add(f"outcomes.{one.name}", one.rule)

    def _add(self, path: str, code: Any) -> None:
        met: list[Any] = []
        try:
            self.identities[path] = identity_of(code, met=met)
        except IdentityError as error:
            self.identities[path] = ""
            self.faults += [Fault(f"{path}: {one.path}", one.rule, one.found, one.remedy) for one in error.faults]
        for one in met:
            if isinstance(one, Compiled):
                one.renew()

    def differences(self, other: dict[str, str]) -> list[str]:
        """Return the paths whose code is known on both sides and differs."""
        return [path for path, found in self.identities.items() if found and other.get(path, found) not in ("", found)]
