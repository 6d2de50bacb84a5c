"""The only door to Numba: options, cache, off-switch, and the line that says why a first run waits.

``@law`` marks a scalar function that kernels call; ``@kernel`` marks a loop over arrays, which
runs without the interpreter lock. Nothing is compiled, and Numba is not even imported, before
a kernel is first called. With the environment variable ``FORCESIM_COMPILE=0`` every function
runs as plain Python: slow, the same bits, and a debugger can step through it.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar, cast

import numpy as np

__all__ = ["bits_of_float", "compiling", "float_of_bits", "hidden", "kernel", "law"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_lock = threading.RLock()


def compiling() -> bool:
    """Return whether kernels are compiled (``FORCESIM_COMPILE=0`` switches it off)."""
    return os.environ.get("FORCESIM_COMPILE", "1") != "0"


@functools.cache
def _sources() -> str:
    """Return one hash over the package's sources: a kernel inlines laws of other files, so any edit outdates it."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class Compiled(Generic[P, R]):
    """A function that is compiled when first called, and that compiled code can call.

    Parameters
    ----------
    function : callable
        The plain function; it stays at hand as ``.function``.
    options : dict
        What Numba is told.
    """

    def __init__(self, function: Callable[P, R], options: dict[str, Any]) -> None:
        """Keep the plain function; compile nothing."""
        functools.update_wrapper(self, function)
        self.function = function
        self.options = options
        self._dispatcher: Any = None

    @property
    def dispatcher(self) -> Any:
        """Return Numba's dispatcher, made on first use."""
        if self._dispatcher is None:
            with _lock:
                if self._dispatcher is None:
                    self._dispatcher = _dispatcher(self.function, self.options)
        return self._dispatcher

    @property
    def _numba_type_(self) -> Any:
        """Tell Numba what this is when another compiled function names it."""
        return self.dispatcher._numba_type_

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run, compiled unless compilation is switched off."""
        if self._dispatcher is not None:
            return cast("R", self._dispatcher(*args, **kwargs))
        if not compiling():
            return self.function(*args, **kwargs)
        return cast("R", self.dispatcher(*args, **kwargs))


def law(function: Callable[P, R]) -> Compiled[P, R]:
    """Mark a scalar law: plain numbers in, plain numbers out, callable from a kernel and from Python."""
    return Compiled(function, {"forceinline": True})


def kernel(function: Callable[P, R]) -> Compiled[P, R]:
    """Mark a kernel: a loop over arrays that runs without the interpreter lock."""
    return Compiled(function, {"nogil": True, "cache": True})


class _Made(Compiled[P, R]):
    """A function whose compiled form is not its plain one, but made by ``make``."""

    def __init__(self, function: Callable[P, R], make: Callable[[], Any]) -> None:
        """Keep the plain function and the maker of the dispatcher."""
        super().__init__(function, {})
        self._make = make

    @property
    def dispatcher(self) -> Any:
        """Return Numba's dispatcher, made on first use."""
        if self._dispatcher is None:
            with _lock:
                if self._dispatcher is None:
                    self._dispatcher = self._make()
        return self._dispatcher


def _cast_dispatcher(from_type: str, to_type: str) -> Any:
    """Make a dispatcher of the change from one 64-bit type to another that leaves the bits as they are."""
    import numba
    from numba.core import types
    from numba.extending import intrinsic

    source, target = getattr(types, from_type), getattr(types, to_type)

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(target))

    def typing(_context: Any, _value: Any) -> Any:
        return target(source), generate

    move = intrinsic(typing)
    return numba.njit(lambda value: move(value), forceinline=True)


def _hidden_dispatcher() -> Any:
    """Make a dispatcher of :func:`hidden`: each number passes through an assembler text of no instruction."""
    import numba
    from llvmlite import ir
    from numba.extending import intrinsic

    word = ir.IntType(64)
    through = ir.FunctionType(word, [word])

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        result = args[0]
        for place in range(len(result.type)):
            value = builder.extract_value(args[0], place)
            bits = builder.asm(through, "", "=r,0", [builder.bitcast(value, word)], side_effect=False)
            result = builder.insert_value(result, builder.bitcast(bits, value.type), place)
        return result

    def typing(_context: Any, values: Any) -> Any:
        return values(values), generate

    move = intrinsic(typing)
    return numba.njit(lambda values: move(values), forceinline=True)


def _bits_of_float(x: float) -> np.uint64:
    """Return the 64 bits of a double."""
    return np.float64(x).view(np.uint64)


def _float_of_bits(bits: np.uint64) -> float:
    """Return the double that 64 bits stand for."""
    return float(np.uint64(bits).view(np.float64))


def _hidden(values: T) -> T:
    """Return the numbers as they are; compiled code does not see that they are constants.

    Each use of a constant in compiled code is a move of 64 bits and a broadcast; a number that the
    compiler does not know stays in a register or, spread out, on the stack. In a loop with
    polynomials that is a third of the time. Call it ahead of the loop, with a tuple of floats.
    """
    return values


bits_of_float: Compiled[[float], np.uint64] = _Made(_bits_of_float, lambda: _cast_dispatcher("float64", "uint64"))
float_of_bits: Compiled[[np.uint64], float] = _Made(_float_of_bits, lambda: _cast_dispatcher("uint64", "float64"))
hidden: Compiled[[T], T] = _Made(_hidden, _hidden_dispatcher)  # type: ignore[valid-type, assignment]


def _dispatcher(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """Make Numba's dispatcher; its cached code is outdated by any edit of the package."""
    import numba

    options = dict(options)
    cached = options.pop("cache", False)
    dispatcher = numba.njit(error_model="numpy", **options)(function)
    if cached:
        dispatcher._cache = _cache(function)
    return dispatcher


def _cache(function: Callable[..., Any]) -> Any:
    """Return a cache on disk whose stamp covers every source file of the package."""
    from numba.core import caching

    class Locator(caching.UserWideCacheLocator):  # type: ignore[misc]
        """Keep the code beside the source where that can be written, else with the user."""

        def __init__(self, py_func: Any, py_file: str) -> None:
            super().__init__(py_func, py_file)
            beside = Path(py_file).parent / "__pycache__"
            if os.access(beside if beside.exists() else beside.parent, os.W_OK):
                self._cache_path = str(beside)

        def get_source_stamp(self) -> Any:
            return _sources()

    class Implementation(caching.CompileResultCacheImpl):  # type: ignore[misc]
        _locator_classes = (Locator,)

    class Cache(caching.FunctionCache):  # type: ignore[misc]
        _impl_class = Implementation

        def save_overload(self, sig: Any, data: Any) -> None:
            super().save_overload(sig, data)

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            found = super().load_overload(sig, target_context)
            if found is None:
                _say_why_it_waits()
            return found

    return Cache(function)


@functools.cache
def _say_why_it_waits() -> None:
    """Tell, once, why a first run takes longer."""
    sys.stderr.write("forcesim: compiling the kernels (once on this machine, about 20 s) ...\n")
    sys.stderr.flush()
