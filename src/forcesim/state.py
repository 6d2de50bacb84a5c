"""What a run keeps: one array (row, path), and what each row means.

A *stock* is a level at the month's end and changes by its named flows only; a *flow* is an
amount within a month; an *indicator* is anything else that is written; a *factor* is an indicator that multiplies a
parameter of another process.
"""

from __future__ import annotations

import keyword
import typing
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal

from forcesim.errors import Fault, PlanError, ProcessError
from forcesim.paths import nearest

if typing.TYPE_CHECKING:
    from collections.abc import Iterable

Scope = Literal["nation", "world"]
Storage = Literal["float", "count", "code"]
MOST_LABELS = 128
"""Codes are kept in one byte each, from 0 on."""


def name_faults(place: str, name: Any) -> list[Fault]:
    """Return what is wrong with a name: it stands in code, in files and in expressions."""
    if isinstance(name, str) and name.isidentifier() and not name.startswith("_") and not keyword.iskeyword(name):
        return []
    return [Fault(place, "must be a name of letters, digits and _ that begins with a letter", repr(name))]


def word_faults(place: str, word: Any, kind: Any) -> list[Fault]:
    """Return what is wrong with a word that must be one of a ``Literal``."""
    words = typing.get_args(kind)
    if isinstance(word, (str, Integral)) and word in words:
        return []
    listed = f"{', '.join(map(repr, words[:-1]))} or {words[-1]!r}"
    return [Fault(place, f"must be {listed}", repr(word), nearest(str(word), map(str, words)))]


def slots_faults(place: str, slots: Any) -> list[Fault]:
    """Return what is wrong with a number of slots."""
    if isinstance(slots, Integral) and not isinstance(slots, bool) and int(slots) >= 1:
        return []
    return [Fault(place, "must be a whole number of at least 1", repr(slots))]


def named(kind: str, name: Any) -> str:
    """Return how a message names a declaration: ``Draw 'z_mood'``."""
    return f"{kind} {name!r}"


def undeclared(
    process: str, asked: str, name: Any, known: Iterable[str], what: str, *, at: str = "context"
) -> ProcessError:
    """Return the error of a process that asks for a name which it does not declare.

    Examples
    --------
    >>> print(undeclared("toll", "draw", "z_mod", ["z_mood"], "a draw of the process"))
    toll: context.draw: must name a draw of the process, got 'z_mod' (did you mean z_mood? there are z_mood)
    """
    listed = tuple(known)
    there = f"there are {', '.join(listed)}" if listed else "there is none"
    remedy = " ".join(part for part in (nearest(str(name), listed), there) if part)
    return ProcessError(Fault(f"{process}: {at}.{asked}", f"must name {what}", repr(name), remedy))


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A named row (or rows, one a nation) of the state.

    Parameters
    ----------
    name : str
        The outcome's name, the same in code, columns and docs.
    unit : str
        Unit of the values (``"persons"``, ``"bn USD per year"``, ``"code"``).
    meaning : str
        One line that a reader of a table understands.
    scope : {"nation", "world"}
        One row a nation, or one row.
    slots : int
        Rows a nation (the months of a training pipeline, say); only series with one slot are outcomes.
    outcome : bool
        Whether results hold it unless told otherwise.
    storage : {"float", "count", "code"}
        How kept paths are stored: 8-byte float, 4-byte whole number, 1-byte code.
    labels : tuple of str
        Words for the codes 0, 1, 2 … (storage ``"code"`` only).
    """

    name: str
    unit: str
    meaning: str
    scope: Scope = "nation"
    slots: int = 1
    outcome: bool = False
    storage: Storage = "float"
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no run could keep, or no reader understand."""
        place = named(type(self).__name__, self.name)
        faults = [
            *name_faults(place, self.name),
            *word_faults(f"{place}: scope", self.scope, Scope),
            *slots_faults(f"{place}: slots", self.slots),
            *word_faults(f"{place}: storage", self.storage, Storage),
        ]
        texts = (("unit", self.unit), ("meaning", self.meaning))
        faults += [
            Fault(f"{place}: {at}", "must be text", repr(text)) for at, text in texts if not isinstance(text, str)
        ]
        for field in ("labels", "inflows", "outflows"):
            words = getattr(self, field, ())
            if not isinstance(words, (tuple, list)) or not all(isinstance(word, str) for word in words):
                remedy = f"write ({words!r},)" if isinstance(words, str) else ""
                faults.append(Fault(f"{place}: {field}", "must be a tuple of names", repr(words), remedy))
        if not faults and self.labels and (self.storage != "code" or len(self.labels) > MOST_LABELS):
            rule = f"are the words of a code, {MOST_LABELS} at most"
            faults.append(Fault(f"{place}: labels", rule, f"{len(self.labels)}, storage {self.storage!r}"))
        if faults:
            raise PlanError(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock(Series):
    """A level at the month's end; its change is the sum of its named inflows less its named outflows."""

    inflows: tuple[str, ...] = ()
    outflows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Series):
    """An amount within a month; zero in month 0, which is the opening balance.

    Parameters
    ----------
    out_of, into : str
        A stock of another process that the flow takes from, or adds to. The stock is moved when the month of the
        flow's own process ends. What flows must be at least 0.
    """

    out_of: str = ""
    into: str = ""

    def __post_init__(self) -> None:
        """Refuse what names no stock."""
        Series.__post_init__(self)
        place = named("Flow", self.name)
        faults = [fault for at in ("out_of", "into") for fault in self._target_faults(f"{place}: {at}", at)]
        if not faults and self.out_of and self.out_of == self.into:
            faults.append(Fault(place, "must go out of one stock and into another", repr(self.into)))
        if not faults and (self.out_of or self.into) and self.slots > 1:
            faults.append(Fault(place, "must have one slot to move a stock", f"{self.slots}"))
        if faults:
            raise PlanError(faults)

    def _target_faults(self, place: str, at: str) -> list[Fault]:
        found = getattr(self, at)
        return [] if isinstance(found, str) and not found else name_faults(place, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator(Series):
    """A value that is neither a conserved stock nor a flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor(Indicator):
    """A number of at least 0 that multiplies a parameter of another process; 1 in month 0 unless its process says else.

    Parameters
    ----------
    on : str
        Section and name of the parameter: ``"army.volunteers"``. It must be declared with ``open=True``.

    Examples
    --------
    >>> Factor(name="morale", on="army.volunteers", meaning="volunteers against those of good years").unit
    'ratio'
    """

    on: str
    unit: str = "ratio"

    def __post_init__(self) -> None:
        """Refuse what names no parameter of a section."""
        Indicator.__post_init__(self)
        place, parts = named("Factor", self.name), str(self.on).split(".")
        if not isinstance(self.on, str) or len(parts) != 2 or not all(parts):
            raise PlanError(Fault(f"{place}: on", "must be a section and a name, 'army.volunteers'", repr(self.on)))
        if self.slots > 1:
            raise PlanError(Fault(place, "must have one slot", f"{self.slots}"))


@dataclass(frozen=True, slots=True)
class Read:
    """A series that a process reads.

    Parameters
    ----------
    name : str
        Name of the series.
    lag : {0, 1}
        0: this month's value, so its writer runs before; 1: last month's, so its writer runs after. All who move a
        stock count as its writers, save for one that moves it too: that one reads what the others have left.
    missing : float, optional
        What stands there when no process writes the series for a nation; 0 unless given. A series that no known process
        writes is read only where it is given.
    """

    name: str
    lag: Literal[0, 1] = 0
    missing: float | None = None

    def __post_init__(self) -> None:
        """Refuse a lag that no order of the month can give."""
        place = named("Read", self.name)
        faults = [*name_faults(place, self.name), *word_faults(f"{place}: lag", self.lag, Literal[0, 1])]
        if self.missing is not None and not isinstance(self.missing, Real):
            faults.append(Fault(f"{place}: missing", "must be a number", repr(self.missing)))
        if faults:
            raise PlanError(faults)

    @property
    def instead(self) -> float:
        """Return what stands where nobody writes the series."""
        return 0.0 if self.missing is None else float(self.missing)
