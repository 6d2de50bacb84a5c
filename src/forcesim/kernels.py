"""The only door to Numba: options, cache, off-switch, and the line that says why a first run waits.

``@law`` marks a scalar function that kernels call; ``@kernel`` marks a loop over arrays, which
runs without the interpreter lock. Called from Python, a kernel is compiled and a law is not: it is its own
reference. Nothing is compiled, and Numba is not even imported, before
a kernel is first called. Where the environment has ``FORCESIM_COMPILE=0`` when forcesim is first
imported, every function runs as plain Python: slow, the same bits, and a debugger can step through it. Numba's own
switch, ``NUMBA_DISABLE_JIT=1`` or ``numba.config.DISABLE_JIT``, does the same.

The same bits means: Numba is told nothing that would let it reorder or fuse arithmetic.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import os
import pickle
import sys
from collections.abc import Callable  # noqa: TC003 - part of public annotations
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar, overload

import numpy as np

from forcesim.identity import IdentityError, identity_of
from forcesim.machine import say

__all__ = [
    "bits_of_float",
    "cached",
    "code_stamp",
    "compiling",
    "float_of_bits",
    "hidden",
    "kernel",
    "law",
    "lawlike",
    "when_compiling",
    "wide",
]

P = ParamSpec("P")
R = TypeVar("R")

_PACKAGE = Path(__file__).parent
OPTIONS = {"error_model": "numpy", "no_cfunc_wrapper": True}
"""For all compiled functions: division by zero gives infinity, and nothing is made for callers in C."""


def _switched_off() -> bool:
    """Return whether the user wants plain Python, by our switch or by Numba's; Numba is not imported to ask it."""
    if os.environ.get("FORCESIM_COMPILE", "1") == "0":
        return True
    if "numba" in sys.modules:
        return bool(sys.modules["numba"].config.DISABLE_JIT)
    try:
        return int(os.environ.get("NUMBA_DISABLE_JIT", "0")) != 0
    except ValueError:  # Numba leaves its compiler on then
        return False


_COMPILE = not _switched_off()


def compiling() -> bool:
    """Return whether kernels are compiled (``FORCESIM_COMPILE=0`` or ``NUMBA_DISABLE_JIT=1`` switches it off)."""
    return _COMPILE


class Compiled(Generic[P, R]):
    """A function that is compiled when first called, and that compiled code can call.

    Parameters
    ----------
    function : callable
        The plain function; it stays at hand as ``.function``.
    make : callable
        Makes Numba's dispatcher from the plain function.
    entry : bool
        Whether Python calls the compiled code; else the plain function, and no door for Python is compiled.
    """

    def __init__(self, function: Callable[P, R], make: Callable[[Callable[P, R]], Any], *, entry: bool = True) -> None:
        """Keep the plain function; compile nothing."""
        self._entry = entry and _COMPILE
        functools.update_wrapper(self, function)
        self.function = function
        self._make = make
        self._dispatcher: Any = None
        self._made_from: str | None = None

    def __identity__(self) -> Any:
        """Return what decides the compiled code: the function, and how its dispatcher is made."""
        return self.function, self._make.__code__

    def renew(self) -> None:
        """Compile again at the next call if numbers that a caller's function names have changed since."""
        if self._made_from is not None and self._made_from != _identity_or_none(self.function):
            self._dispatcher = self._made_from = None

    def __reduce__(self) -> str:
        """Pickle by name, as functions are."""
        return self.function.__qualname__

    @property
    def dispatcher(self) -> Any:
        """Return Numba's dispatcher, made on first use.

        The lock is the compiler's own: compiling one kernel makes dispatchers of the laws that it
        calls, and a lock of ours could be taken in the other order by another thread.
        """
        if self._dispatcher is None:
            with _numba("numba.core.compiler_lock").global_compiler_lock:
                if self._dispatcher is None:
                    # a file of Numba's may switch it off, or a program that already runs
                    off = _numba().config.DISABLE_JIT
                    self._dispatcher = self.function if off else self._make(self.function)
                    own = _PACKAGE not in _file_of(self.function).parents
                    self._made_from = _identity_or_none(self.function) if own else None
        return self._dispatcher

    @property
    def _numba_type_(self) -> Any:
        """Tell Numba what this is when another compiled function names it."""
        made = self.dispatcher
        if hasattr(made, "_numba_type_"):
            return made._numba_type_
        context = _numba("numba.core.registry").cpu_target.typing_context  # an intrinsic, where it is called
        context.refresh()
        return context.resolve_value_type(made)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run: a kernel compiled, unless compilation is switched off; a law as plain Python."""
        if not self._entry:
            return self.function(*args, **kwargs)
        return (self._dispatcher or self.dispatcher)(*args, **kwargs)  # type: ignore[no-any-return]


@overload
def law(function: Callable[P, R]) -> Compiled[P, R]: ...


@overload
def law(*, inline: bool) -> Callable[[Callable[P, R]], Compiled[P, R]]: ...


def law(
    function: Callable[P, R] | None = None, *, inline: bool = True
) -> Compiled[P, R] | Callable[[Callable[P, R]], Compiled[P, R]]:
    """Mark a scalar law: plain numbers in, plain numbers out, callable from a kernel and from Python.

    Parameters
    ----------
    function : callable
        The law.
    inline : bool
        Whether it becomes part of each kernel that calls it, before loops are turned into vector
        code. Say ``@law(inline=False)`` for a long one with loops or one that is seldom reached.
    """
    make = _inlined if inline else _plain
    if function is not None:
        return Compiled(function, make, entry=False)
    return lambda found: Compiled(found, make, entry=False)


def lawlike(function: Callable[..., Any], *, inline: bool = True) -> Compiled[..., Any]:
    """Return a function that was made at run time as a law; see :func:`law`."""
    return Compiled(function, _inlined if inline else _plain, entry=False)


def kernel(function: Callable[P, R]) -> Compiled[P, R]:
    """Mark a kernel: a loop over arrays that runs without the interpreter lock."""
    return Compiled(function, _cached)


def _identity_or_none(function: Callable[..., Any]) -> str | None:
    """Return the identity of a function, or None where it has none."""
    try:
        return identity_of(function)
    except IdentityError:
        return None


def _file_of(function: Callable[..., Any]) -> Path:
    """Return the file in which a function stands."""
    return Path(function.__code__.co_filename)


def _numba(module: str = "numba") -> Any:
    """Import Numba, or a module of it, now that it is needed; without types, since they differ by version."""
    return importlib.import_module(module)


def _inlined(function: Callable[..., Any]) -> Any:
    """Make the dispatcher of a law that is inlined wherever it is called."""
    return _once_for_all_constants(_numba().njit(forceinline=True, no_cpython_wrapper=True, **OPTIONS)(function))


def _plain(function: Callable[..., Any]) -> Any:
    """Make the dispatcher of a law whose inlining is left to the compiler."""
    return _once_for_all_constants(_numba().njit(no_cpython_wrapper=True, **OPTIONS)(function))


def _once_for_all_constants(dispatcher: Any) -> Any:
    """Let a law be compiled once and not anew for each constant that it is called with, as Numba would."""
    plain, resolve = _numba("numba.core.types").unliteral, dispatcher.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        return resolve(tuple(plain(arg) for arg in args), {name: plain(arg) for name, arg in kws.items()})

    dispatcher.get_call_template = get_call_template
    return dispatcher


def _cached(function: Callable[..., Any]) -> Any:
    """Make the dispatcher of a kernel."""
    return cached(function)


def cached(function: Callable[..., Any], identity: str | None = None, *, own: bool = False) -> Any:
    """Make a dispatcher that runs without the interpreter lock, with a cache on disk where there is room for one.

    Parameters
    ----------
    function : callable
        What to compile.
    identity : str, optional
        Hash over all that the function computes with, what it encloses included; worked out unless given.
    own : bool
        Whether the code is a caller's, so that a message names it.
    """
    dispatcher = _numba().njit(nogil=True, **OPTIONS)(function)
    try:
        dispatcher._cache = _cache(function, identity, own)  # noqa: SLF001 - Numba has no public door to this
    except IdentityError:  # what it computes with may change unseen: compiled in every process
        say(f"forcesim: compiling {function.__qualname__}, in each process anew: its data may change unseen ...")
    except (RuntimeError, OSError):  # no source file, or no folder that can be written: compiled in every process
        if _file_of(function).is_file():
            _say_that_nothing_is_kept()
        else:
            say(f"forcesim: compiling {function.__qualname__}, in each process anew: its code stands in no file ...")
    return dispatcher


def uncached(function: Callable[..., Any]) -> Any:
    """Make a dispatcher in memory: what the function computes with may change unseen."""
    return _numba().njit(nogil=True, **OPTIONS)(function)


def _cache(function: Callable[..., Any], given: str | None, own: bool) -> Any:
    """Return a cache on disk whose stamp is the identity of the kernel: all laws and numbers that it is made from."""
    identity = given or identity_of(function, follow=("forcesim",))
    inside = _PACKAGE in _file_of(function).parents and not own
    places = _numba("numba.core.caching").CompileResultCacheImpl._locator_classes  # noqa: SLF001 - no public door

    def stamped(place: Any) -> Any:
        """Return one of Numba's places for a cache, with our stamp in place of the date of one file."""

        def get_source_stamp(_self: Any) -> Any:
            return _door_stamp(), identity

        return type(place.__name__, (place,), {"get_source_stamp": get_source_stamp})

    class Implementation(_numba("numba.core.caching").CompileResultCacheImpl):  # type: ignore[misc]
        _locator_classes = [stamped(place) for place in places]  # noqa: RUF012 - Numba wants a list

    class Cache(_numba("numba.core.caching").FunctionCache):  # type: ignore[misc]
        _impl_class = Implementation

        def _index_key(self, sig: Any, codegen: Any) -> Any:
            """Return Numba's key; where the identity is given it stands for what the function encloses."""
            return super()._index_key(sig, codegen) if given is None else (sig, codegen.magic_tuple(), given)

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            try:
                found = super().load_overload(sig, target_context)
            except Exception:  # noqa: BLE001 - whatever a damaged file raises: compiled code can be made again
                found = None
                with contextlib.suppress(OSError):
                    self.flush()
            if found is None and inside:
                _say_why_it_waits()
            elif found is None:
                say(f"forcesim: compiling {function.__qualname__} ...")
            return found

        def save_overload(self, sig: Any, data: Any) -> None:
            try:
                super().save_overload(sig, data)
            except (OSError, AttributeError, pickle.PicklingError):
                # the disk is full, or a law was made inside a function: the code in memory serves this process
                self.disable()

    return Cache(function)


@functools.cache
def code_stamp() -> str:
    """Return one hash over the package's sources: what a checkpoint of the built-in processes belongs to."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(str(path.relative_to(_PACKAGE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@functools.cache
def _door_stamp() -> str:
    """Return a hash over this file: what it tells Numba is part of what all kernels are made from."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]


@functools.cache
def _say_why_it_waits() -> None:
    """Tell, once, why a first run takes longer, and start the helper."""
    say("forcesim: compiling the kernels (once on this machine, about 25 s) ...")
    for call in _helpers:
        call()


@functools.cache
def _say_that_nothing_is_kept() -> None:
    """Tell, once, that each process compiles anew, and the remedy; nobody can help, since nothing is handed on."""
    say(
        "forcesim: compiling the kernels, about 25 s in each process: no folder for them can be written"
        " (set NUMBA_CACHE_DIR to one that can) ..."
    )


_helpers: list[Callable[[], None]] = []


def when_compiling(call: Callable[[], None]) -> None:
    """Have a function called once, when the first kernel is found not to be compiled yet."""
    if call not in _helpers:
        _helpers.append(call)


def _cast_dispatcher(from_type: str, to_type: str) -> Any:
    """Make a dispatcher of the change from one 64-bit type to another that leaves the bits as they are."""
    source, target = (getattr(_numba("numba.core.types"), name) for name in (from_type, to_type))

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(target))

    def typing(_context: Any, _value: Any) -> Any:
        return target(source), generate

    move = _numba("numba.extending").intrinsic(typing)
    return _numba().njit(lambda value: move(value), forceinline=True)  # noqa: PLW0108 - an intrinsic is no function


def _hidden_dispatcher() -> Any:
    """Make a dispatcher of :func:`hidden`: each number passes through an assembler text of no instruction."""
    ir = importlib.import_module("llvmlite.ir")
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

    move = _numba("numba.extending").intrinsic(typing)
    return _numba().njit(lambda values: move(values), forceinline=True)  # noqa: PLW0108 - an intrinsic is no function


def _wide_dispatcher() -> Any:
    """Make a dispatcher of :func:`wide`: it marks the function in which it stands."""
    types = _numba("numba.core.types")

    def generate(context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        # llvmlite knows this attribute of LLVM by no name of its own
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    def typing(_context: Any) -> Any:
        return types.void(), generate

    return _numba("numba.extending").intrinsic(typing)


def _bits_of_float(x: float) -> np.uint64:
    """Return the 64 bits of a double."""
    return np.float64(x).view(np.uint64)


def _float_of_bits(bits: np.uint64) -> float:
    """Return the double that 64 bits stand for."""
    return float(np.uint64(bits).view(np.float64))


def _hidden(values: tuple[float, ...]) -> tuple[float, ...]:
    """Return the numbers as they are; compiled code does not see that they are constants.

    Each use of a constant in compiled code is a move of 64 bits and a broadcast; a number that the
    compiler does not know stays in a register or, spread out, on the stack. In a loop with
    polynomials that is a third of the time. Call it ahead of the loop, with a tuple of floats.
    """
    return values


def _wide() -> None:
    """Have the loops of the function in which it stands use vectors of 512 bits, where the processor has them.

    The compiler prefers 256 bits, for processors that slow down at more. Our loops are long and do arithmetic only:
    for them the wider ones are a fifth faster. On other processors it says nothing.
    """


bits_of_float: Compiled[[float], np.uint64] = Compiled(_bits_of_float, lambda _: _cast_dispatcher("float64", "uint64"))
float_of_bits: Compiled[[np.uint64], float] = Compiled(_float_of_bits, lambda _: _cast_dispatcher("uint64", "float64"))
hidden: Compiled[[tuple[float, ...]], tuple[float, ...]] = Compiled(_hidden, lambda _: _hidden_dispatcher())
wide: Compiled[[], None] = Compiled(_wide, lambda _: _wide_dispatcher())
