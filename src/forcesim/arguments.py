"""Arguments of public calls: checked and made plain before any work starts.

Every function takes the name of an argument and what a caller gave. It returns Python's own kind (NumPy's numbers
become Python's), or raises an error that names the argument, the rule, what was found and what to do. So a manifest
holds nothing that JSON does not have.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
import os
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forcesim.errors import Fault, ForcesimError, ResultError
from forcesim.paths import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "MOST_PATHS",
    "day",
    "each",
    "finite",
    "integer",
    "integers",
    "one_of",
    "paths_of",
    "place",
    "scalar",
    "seed_of",
    "shares",
    "shown",
    "switch",
    "text",
    "texts",
]  # fmt: skip

MOST_PATHS = 2**32 - 1
"""Paths in a run at most: the counts of a bucket are 32 bits wide."""

SEED_BITS = 256
"""Bits of a seed at most: more than any source of seeds gives, and few enough digits to write."""

NUMPY_BOOLS = ("bool", "bool_")
"""Names of NumPy's truth value: importing NumPy to ask would slow what reads tables only."""

Error = type[ForcesimError]


def shown(value: Any) -> str:
    """Return a value as a message quotes it, in at most 60 characters.

    Examples
    --------
    >>> shown("5"), len(shown([0] * 100))
    ("'5'", 60)
    """
    try:
        said = repr(value)
    except ValueError:  # a whole number with more digits than Python prints
        said = "a very large number"
    return said if len(said) <= 60 else said[:57] + "..."


def each(*checks: Callable[[], Any]) -> list[Any]:
    """Make several checks and return what they give; raise with the faults of all of them.

    Examples
    --------
    >>> each(lambda: integer("paths", 8.0), lambda: text("name", "gap"))
    [8, 'gap']
    """
    found, faults = [], list[Fault]()
    for check in checks:
        try:
            found.append(check())
        except ResultError as error:
            faults += error.faults
    if faults:
        raise ResultError(faults)
    return found


def scalar(value: Any) -> Any:
    """Return an array of no dimension as the number or text in it, and everything else as it is."""
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        import numpy as np  # who gives an array has loaded it; tables are read without

        return np.asarray(value)[()]
    return value


def integer(
    name: str, value: Any, *, least: int | None = None, most: int | None = None, error: Error = ResultError
) -> int:
    """Return a whole number: Python's, NumPy's, or a float without a fraction; no bool and no text.

    Raises
    ------
    ForcesimError
        Of the kind ``error``, if it is none or lies outside ``least`` to ``most``.

    Examples
    --------
    >>> import numpy as np
    >>> integer("paths", np.int64(256)), integer("paths", 1e3)
    (256, 1000)
    >>> integer("seed", 5.5)
    Traceback (most recent call last):
    forcesim.errors.ResultError: seed: must be a whole number, got 5.5
    """
    found = _whole(scalar(value))
    if found is None:
        raise error(Fault(name, "must be a whole number", shown(value), _meant(value)))
    if least is not None and found < least:
        raise error(Fault(name, f"must be >= {least}", shown(found)))
    if most is not None and found > most:
        raise error(Fault(name, f"must be <= {most}", shown(found)))
    return found


def _whole(value: Any) -> int | None:
    """Return a whole number as Python has it, or None."""
    if _is_switch(value):
        return None
    try:
        return int(operator.index(value))
    except TypeError:
        pass
    found = _float(value)
    return None if found is None or not found.is_integer() else int(found)


def _float(value: Any) -> float | None:
    """Return a real number as a float, or None for everything else."""
    if _is_switch(value) or isinstance(value, (str, bytes, complex)) or not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):  # an array, a missing value, a number of 400 digits
        return None


def _is_switch(value: Any) -> bool:
    """Return whether something is true or false, of Python or of NumPy."""
    return isinstance(value, bool) or type(value).__name__ in NUMPY_BOOLS


def _meant(value: Any) -> str:
    """Return the remedy for a number that was given as text."""
    if not isinstance(value, str):
        return ""
    try:
        return f"write {value.strip()} without quotes" if math.isfinite(float(value)) else ""
    except ValueError:
        return ""


def integers(name: str, value: Any, *, least: int | None = None, most: int | None = None) -> tuple[int, ...]:
    """Return whole numbers as a tuple; one number is a list of one.

    Examples
    --------
    >>> integers("horizons", range(1, 4)), integers("horizons", 2)
    ((1, 2, 3), (2,))
    """
    many = _many(name, value, "must be whole numbers")
    return tuple(integer(name, one, least=least, most=most) for one in many)


def seed_of(value: Any) -> int:
    """Return a seed: a whole number from 0 on, of at most 256 bits."""
    found = integer("seed", value, least=0)
    if found.bit_length() > SEED_BITS:
        raise ResultError(Fault("seed", f"must be < 2^{SEED_BITS}", shown(found)))
    return found


def paths_of(value: Any, *, least: int = 1) -> int:
    """Return a number of paths."""
    found = integer("paths", value, least=least)
    if found > MOST_PATHS:
        remedy = "split it by seed and merge the estimates"
        raise ResultError(Fault("paths", f"must be <= {MOST_PATHS}, what a bucket can count", shown(found), remedy))
    return found


def finite(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    error: Error = ResultError,
) -> float:
    """Return a finite number within bounds as a float.

    Examples
    --------
    >>> finite("half_width", 0, above=0)
    Traceback (most recent call last):
    forcesim.errors.ResultError: half_width: must be a number above 0, got 0
    """
    bounds = [f"{word} {bound:g}" for word, bound in (("above", above), ("from", least), ("to", most))
              if bound is not None]  # fmt: skip
    found = _float(scalar(value))
    right = found is not None and math.isfinite(found) and (above is None or found > above)
    if found is None or not right or (least is not None and found < least) or (most is not None and found > most):
        raise error(Fault(name, " ".join(["must be a number", *bounds]), shown(value), _meant(value)))
    return found


def shares(name: str, value: Any) -> tuple[float, ...]:
    """Return shares in (0, 1) as a tuple; one number is a list of one.

    Examples
    --------
    >>> shares("shares", 0.5), shares("shares", [0.1, 0.9])
    ((0.5,), (0.1, 0.9))
    """
    rule = "must lie in (0, 1)"
    found = []
    for one in _many(name, value, rule):
        share = _float(scalar(one))
        if share is None or not 0.0 < share < 1.0:
            raise ResultError(Fault(name, rule, shown(value), "0.5 is the median"))
        found.append(share)
    if not found:
        raise ResultError(Fault(name, "must have at least one share", shown(value), "0.5 is the median"))
    return tuple(found)


def text(name: str, value: Any, *, error: Error = ResultError) -> str:
    """Return a text as Python has it.

    Examples
    --------
    >>> text("outcome", 5)
    Traceback (most recent call last):
    forcesim.errors.ResultError: outcome: must be text, got 5
    """
    value = scalar(value)
    if not isinstance(value, str):
        raise error(Fault(name, "must be text", shown(value)))
    return str(value)


def texts(name: str, value: Any, *, error: Error = ResultError) -> tuple[str, ...]:
    """Return texts as a tuple: one text is a list of one, a generator is read once, a set is put in order.

    Examples
    --------
    >>> texts("events", "gap <= 0"), texts("events", (name for name in "ab"))
    (('gap <= 0',), ('a', 'b'))
    """
    found = tuple(text(name, one, error=error) for one in _many(name, value, "must be text or a list of texts", error))
    return tuple(sorted(found)) if isinstance(value, AbstractSet) and not isinstance(value, Mapping) else found


def _many(name: str, value: Any, rule: str, error: Error = ResultError) -> Sequence[Any]:
    """Return what a caller gave as a list; one text or number is a list of one."""
    value = scalar(value)
    if isinstance(value, str) or _float(value) is not None:
        return (value,)
    if isinstance(value, bytes) or not isinstance(value, Iterable):
        raise error(Fault(name, rule, shown(value)))
    return tuple(value)


def one_of(name: str, value: Any, choices: Iterable[str], *, error: Error = ResultError) -> str:
    """Return one of several words, or name the nearest."""
    known = list(choices)
    if isinstance(value, str) and value in known:
        return str(value)
    remedy = nearest(value, known) if isinstance(value, str) else ""
    raise error(Fault(name, f"must be one of {', '.join(known)}", shown(value), remedy))


def switch(name: str, value: Any) -> bool:
    """Return true or false, of Python or of NumPy."""
    value = scalar(value)
    if not _is_switch(value):
        raise ResultError(Fault(name, "must be True or False", shown(value)))
    return bool(value)


def day(name: str, value: Any, *, error: Error = ResultError) -> str:
    """Return a day, or a month, as text.

    Examples
    --------
    >>> day("as_known_on", "2024-07"), day("origin", dt.date(2024, 12, 31))
    ('2024-07', '2024-12-31')
    """
    value = scalar(value)
    dated = isinstance(value, dt.date) or type(value).__name__ == "datetime64"
    said = str(value)[:10] if dated else value
    if not isinstance(said, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?", said):
        raise error(Fault(name, "must be a date such as 2024-12-31", shown(value)))
    return str(said)


def place(name: str, value: Any, *, error: Error = ResultError) -> Path:
    """Return the path of a file or folder."""
    given = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(given, str) or not given or "\0" in given:
        raise error(Fault(name, "must be a path", shown(value), f"{name}='folder/name', say"))
    return Path(given)
