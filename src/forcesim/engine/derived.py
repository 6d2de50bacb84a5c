"""Outcomes of a caller's own: an expression over outcomes, or a function of the month's state, streamed like any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.arguments import shown, text
from forcesim.engine.apart import own_copy
from forcesim.errors import Fault, ForcesimError, ProcessError, ResultError
from forcesim.expression import parse
from forcesim.identity import IdentityError, identity_of
from forcesim.outcome import Outcome
from forcesim.state import undeclared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forcesim.arrays import Floats
    from forcesim.expression import Expression, Key, Term

__all__ = ["Derived", "Month"]


@dataclass(frozen=True, slots=True)
class Month:
    """What a function meets: the month's state of a block of paths.

    Attributes
    ----------
    month : int
        0 is the opening balance.
    paths : int
        Paths in the block.
    """

    month: int
    paths: int
    _outcomes: Mapping[str, Outcome]
    _row_of: Mapping[Key, int]
    _state: Floats

    def read(self, name: str, nation: str | None = None) -> Floats:
        """Return an outcome as (path,), or of all its nations as (nation, path); for reading only.

        Raises
        ------
        ProcessError
            If there is no such outcome or nation.
        """
        if name not in self._outcomes:
            raise undeclared("outcomes", "read", name, self._outcomes, "an outcome of the run", at="month")
        nations = self._outcomes[name].nations
        if nation is not None and nation not in nations:
            raise undeclared("outcomes", f"read({name!r})", nation, nations, f"a nation that {name} has", at="month")
        if nation is not None or not nations:
            return np.asarray(self._state[self._row_of[name, nation]])
        return np.asarray(self._state[[self._row_of[name, one] for one in nations]])


@dataclass(frozen=True, slots=True)
class Derived:
    """An outcome of a caller's own.

    Parameters
    ----------
    name : str
        A new name.
    rule : str or callable
        An expression (``"strength[UKR] / strength[RUS]"``; one that is true or false counts as 1 and 0), or a function
        of a :class:`Month` that returns (path,). What a function does for a path must depend on that path alone; an
        object that can be called is copied for each block of paths.
    unit, meaning : str
        As tables and pictures show them.

    Raises
    ------
    ResultError
        If the name is no name, or the rule neither text nor callable.

    Examples
    --------
    >>> import forcesim as fs
    >>> share = fs.Derived("share", "strength[UKR] / strength[RUS]", unit="ratio", meaning="Ukraine over Russia")
    >>> result = fs.simulate(fs.load("seed-figures").without_noise(), paths=1, outcomes=["gap", share])
    >>> round(result.mean("share", at="2025-02").value, 3)
    0.667
    """

    name: str
    rule: str | Callable[[Month], Any]
    unit: str = ""
    meaning: str = ""

    def __post_init__(self) -> None:
        """Refuse what can be neither named nor computed."""
        if not (isinstance(self.name, str) and self.name.isidentifier()):
            raise ResultError(Fault("outcomes", "must have names of letters, digits and _", shown(self.name)))
        where = f"outcomes.{self.name}"
        if not (isinstance(self.rule, str) or callable(self.rule)):
            raise ResultError(Fault(where, "must be an expression or a function", shown(self.rule)))
        plain = {"name": str(self.name), "unit": text(f"{where}.unit", self.unit)}
        plain["meaning"] = text(f"{where}.meaning", self.meaning)
        if isinstance(self.rule, str):
            plain["rule"] = str(self.rule)
        for name, value in plain.items():
            object.__setattr__(self, name, value)

    @property
    def outcome(self) -> Outcome:
        """Return what a result needs to know of it."""
        return Outcome(self.name, self.unit, self.meaning or self.name, "world")

    def to_dict(self) -> dict[str, str]:
        """Return it as plain data: an expression in full; of a function its name and the identity of its code."""
        found = {"name": self.name, "unit": self.unit, "meaning": self.meaning}
        if isinstance(self.rule, str):
            return {**found, "rule": self.rule}
        try:
            code = identity_of(self.rule)
        except IdentityError:
            code = ""
        return {**found, "function": getattr(self.rule, "__qualname__", type(self.rule).__name__), "code": code}

    def expression(self, vocabulary: Mapping[str, Term]) -> Expression | None:
        """Return the checked expression, or None for a function."""
        return parse(self.rule, vocabulary) if isinstance(self.rule, str) else None

    def apart(self) -> Derived:
        """Return it for one block: what an object stores on itself, other blocks do not see."""
        return self if isinstance(self.rule, str) else replace(self, rule=own_copy(self.name, self.rule))

    def call(self, month: Month, first: int) -> Floats:
        """Return what a function says of a block whose first path is ``first``."""
        assert callable(self.rule)
        try:
            found = np.asarray(self.rule(month), dtype=np.float64)
        except ForcesimError:
            raise
        except Exception as error:
            where = f"{type(error).__name__}: {error}; month {month.month}, paths from {first}"
            raise ProcessError(Fault(f"outcomes.{self.name}", "must not raise", where)) from error
        if found.shape not in ((), (month.paths,)):
            shape = f"shape {found.shape}; month {month.month}, paths from {first}"
            raise ProcessError(Fault(f"outcomes.{self.name}", f"must return ({month.paths},)", shape))
        return found
