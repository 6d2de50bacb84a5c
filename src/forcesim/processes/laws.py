"""Laws: what a process author writes, and the words that put laws in the order of a month.

A law is a function of plain floats. The names of its arguments say what it takes: a series, a draw, a parameter, what
an earlier law gave, or one of :data:`WORDS`. Its own name says what it gives, or the fields of the named tuple that
it returns. A process lists its laws in ``month``; the engine owns the loop over nations, items and paths.

A law runs once for each nation of the process, unless :func:`world`, :func:`yearly`, :func:`unless_zero` or
:class:`Items` say otherwise. :func:`total` adds up what a law gave, always in the same order.
"""

from __future__ import annotations

import functools
import inspect
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forcesim.errors import Fault, PlanError
from forcesim.kernels import Compiled, law

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


__all__ = [
    "STAGE_TYPES",
    "WORDS",
    "Items",
    "OverItems",
    "Rest",
    "Stage",
    "Total",
    "World",
    "Yearly",
    "as_law",
    "check_results",
    "results_of",
    "takes_of",
    "times",
    "total",
    "unless_zero",
    "world",
    "yearly",
]

WORDS = ("month", "first_year", "years", "noise")
"""What the engine gives a law: the month; 1 in month 1, else 0; the years that a yearly law covers; 1 with noise."""

Law = Compiled[..., Any]


@dataclass(frozen=True, slots=True)
class World:
    """A law that runs once a path, and not for each nation."""

    law: Law


@dataclass(frozen=True, slots=True)
class Yearly:
    """Laws that run in month 1 and in each January."""

    laws: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """Laws that change nothing while some numbers are 0 on every path; the engine then leaves them out."""

    names: tuple[str, ...]
    laws: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class OverItems:
    """A law that runs for each item of each nation."""

    items: Items
    law: Law


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of what a law gives, over all nations or over the items of each."""

    name: str
    of: str
    over: Items | None = None


@dataclass(frozen=True)
class Items:
    """Like parts of a nation, or of the world: lines of production, fields, schools.

    Parameters
    ----------
    *names : str
        Sections within the parameters, one an item; or one name, that of a tuple of sections.
    writes : mapping of str to str
        For what a law gives under one name and the state holds under one name an item: ``{"output": "output_{}"}``.

    Examples
    --------
    >>> lines = Items("shells", "drones", writes={"output": "output_{}"})
    >>> lines.names
    ('shells', 'drones')
    """

    names: tuple[str, ...]
    writes: Mapping[str, str] = field(default_factory=dict)

    def __init__(self, *names: str, writes: Mapping[str, str] | None = None) -> None:
        """Keep the names."""
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "writes", dict(writes or {}))

    def __call__(self, one: Callable[..., Any]) -> OverItems:
        """Return a law that runs for each item."""
        return OverItems(self, as_law(one))


class Stage:
    """A step of the month that is no law: it works on whole rows, where what one item leaves bounds another.

    Class attributes
    ----------------
    takes, gives : tuple of str
        The names that it uses for each nation, as arguments and results of a law.
    over, takes_of_item : Items, tuple of str
        Items, and the names that it uses for each of them.
    kernel : kernel
        Writes the month's rows: ``(memory, at, by, item_at, item_by, first, paths, noise)``. ``at`` is the position of
        the first path in memory for each of ``takes`` and ``gives`` (name, nation), ``by`` is 1 where a number differs
        between paths, else 0; ``item_at`` and ``item_by`` say so of ``takes_of_item`` (name, item). The items of nation
        n are ``first[n]`` to ``first[n + 1] - 1``. A series with slots is named by its first: the others follow, a row
        each.
    """

    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    over: Items | None = None
    takes_of_item: tuple[str, ...] = ()
    kernel: Compiled[..., None]


STAGE_TYPES = "float64[::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[::1], int64, boolean"
"""The types of what the kernel of a stage takes."""


def world(one: Callable[..., Any]) -> World:
    """Have a law run once a path and not for each nation.

    Examples
    --------
    >>> def shared_shock(shared_shock, z_shared):
    ...     return 0.9 * shared_shock + z_shared
    >>> world(shared_shock).law(shared_shock=1.0, z_shared=0.5)
    1.4
    """
    return World(as_law(one))


def yearly(*laws: Any) -> Yearly:
    """Have laws run in month 1 and in each January."""
    return Yearly(laws)


def unless_zero(names: str | tuple[str, ...], *laws: Any) -> Rest:
    """Leave laws out while the named series and parameters are 0 on all paths.

    The laws must change nothing then; flows that they give count as 0. The engine looks at every path of a block.
    """
    if not names:
        raise PlanError(Fault("unless_zero", "must name the numbers at which laws rest", repr(names)))
    return Rest((names,) if isinstance(names, str) else names, laws)


def total(name: str, *, of: str, over: Items | None = None) -> Total:
    """Add up what a law gave: over all nations, for the world; or over the items of each nation."""
    return Total(name, of, over)


def as_law(one: Any) -> Law:
    """Return a law as the engine takes it; a plain function becomes one."""
    if isinstance(one, Compiled):
        return one
    if not inspect.isfunction(one):
        rule = "must list laws: functions of floats, or total, world, yearly, unless_zero"
        raise PlanError(Fault("month", rule, repr(one) if isinstance(one, str) else type(one).__name__))
    return _wrapped(one)


@functools.cache
def _wrapped(function: Callable[..., Any]) -> Law:
    """Return one law for one function, however often a process names it."""
    return law(function)


def takes_of(one: Law) -> tuple[str, ...]:
    """Return the names of a law's arguments.

    Examples
    --------
    >>> def left(stock, losses):
    ...     return stock - losses
    >>> takes_of(as_law(left))
    ('stock', 'losses')
    """
    found = []
    for name, parameter in inspect.signature(one.function).parameters.items():
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or parameter.default is not parameter.empty:
            raise PlanError(Fault(f"law {one.function.__name__}", "must name its arguments, without defaults", name))
        found.append(name)
    return tuple(found)


def check_results(one: Law, process: str) -> None:
    """Refuse a law that returns another number of values than it names; it is called once, with halves.

    Raises
    ------
    PlanError
        With what it returned. A law that raises is left to the run.
    """
    try:
        found = one.function(*(0.5 for _ in takes_of(one)))
    except Exception:  # noqa: BLE001 - halves need not be admissible
        return
    named, values = results_of(one), found if isinstance(found, tuple) else (found,)
    where = f"{process}.{one.function.__name__}"
    if len(values) != len(named):
        rule, remedy = f"must return what it names, {', '.join(named)}", "return a NamedTuple, and name it after ->"
        raise PlanError(Fault(where, rule, f"{len(values)} number{'s' * (len(values) != 1)}", remedy))
    wrong = [value for value in values if not isinstance(value, int | float | np.number | np.bool_)]
    if wrong:
        raise PlanError(Fault(where, "must return numbers", repr(wrong[0])))


@functools.cache
def results_of(one: Law) -> tuple[str, ...]:
    """Return the names of what a law gives: the fields of its named tuple, or its own name."""
    try:
        hint = typing.get_type_hints(one.function).get("return")
    except NameError as error:
        rule = "must return float or a NamedTuple that stands in the same module"
        raise PlanError(Fault(f"law {one.function.__name__}", rule, str(error))) from None
    fields = getattr(hint, "_fields", None)
    return (one.function.__name__,) if fields is None else tuple(fields)


@law
def times(value: float, factor: float) -> float:
    """Return a parameter times a factor of another process."""
    return value * factor
