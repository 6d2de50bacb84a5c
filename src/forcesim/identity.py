"""The identity of code: one hash over a function or class and over all data that it computes with.

Two processes give one function the same identity if it would compute the same numbers in both. The hash covers the
bytecode, constants, defaults and closures, and the values of the globals and module attributes that the code names;
functions and classes among them are followed in turn. Code of installed libraries counts by its name and version.

Comments, docstrings and line numbers do not count. Code whose result can change while the hash stays the same has no
identity: code that opens files, reads the environment or the clock, or draws from a generator of its own.
"""

from __future__ import annotations

import builtins
import dis
import enum
import functools
import hashlib
import importlib
import inspect
import os
import sys
import sysconfig
import types
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

import numpy as np

from forcesim.errors import Fault, ForcesimError

__all__ = ["IdentityError", "identity_of"]

OUTSIDE = {
    "open": "opens a file",
    "input": "asks the user",
    "eval": "runs text",
    "exec": "runs text",
    "globals": "reads all globals",
    "__import__": "imports by name",
}
"""Built-in functions whose result no hash over code and data covers."""

READERS = {
    "read_text": "reads a file",
    "read_bytes": "reads a file",
    "loadtxt": "reads a file",
    "genfromtxt": "reads a file",
    "fromfile": "reads a file",
    "memmap": "reads a file",
    "read_csv": "reads a file",
    "read_excel": "reads a file",
    "read_parquet": "reads a file",
    "read_json": "reads a file",
    "environ": "reads the environment",
    "getenv": "reads the environment",
    "urlopen": "reads the network",
    "open": "opens a file",
}
"""Attributes whose use means that the result depends on something outside code and data."""

UNSTEADY = ("time", "random", "secrets", "socket", "subprocess", "urllib.request")
"""Modules whose functions give other results each time; ``numpy.random`` and ``datetime.now`` are found by name."""

SKIPPED = {
    "__module__",
    "__doc__",
    "__dict__",
    "__weakref__",
    "__qualname__",
    "__abstractmethods__",
    "__firstlineno__",
    "__static_attributes__",
    "__orig_bases__",
    "__parameters__",
    "__match_args__",
    "__slotnames__",
    "_abc_impl",
}
"""Entries of a class that change no number; some appear only when an instance is copied."""

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis))
"""Types whose repr is all that there is to them."""

REMEDY = "read it once, outside, into a number or array that the code names; or give the object a method __identity__"


class IdentityError(ForcesimError, TypeError):
    """A function or object has no identity: something that it depends on cannot be hashed."""


def identity_of(*things: Any, follow: tuple[str, ...] = (), met: list[Any] | None = None) -> str:
    """Return a hash over code and the data that the code reads.

    Parameters
    ----------
    *things : object
        Functions, classes, or any data.
    follow : tuple of str
        Installed packages whose code is followed into, beside the packages of ``things``; else name and version count.
    met : list, optional
        Gets every object on the way that has a method ``__identity__``.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    IdentityError
        If something that the code depends on cannot be identified; the message names it.

    Examples
    --------
    >>> before = identity_of({"rate": 2.0})
    >>> identity_of({"rate": 2.0}) == before, identity_of({"rate": 3.0}) == before
    (True, False)
    """
    tops = {_top(thing) for thing in things if isinstance(thing, type | types.FunctionType)}
    walker = _Walker({*follow, *tops} - {"", "forcesim"} | set(follow))
    found = walker.digest(things, "").hex()[:32]
    if met is not None:
        met += walker.met
    return found


def _top(thing: Any) -> str:
    """Return the top package of a function or class."""
    return str(getattr(thing, "__module__", "") or "").split(".", maxsplit=1)[0]


@functools.cache
def _library_folders() -> tuple[Path, ...]:
    """Return the folders of the standard library and of installed packages."""
    paths = sysconfig.get_paths()
    return tuple(dict.fromkeys(Path(paths[key]).resolve() for key in ("stdlib", "platstdlib", "purelib", "platlib")))


@functools.cache
def _is_library(module: str) -> bool:
    """Return whether a module belongs to Python, to an installed package or to forcesim."""
    top = module.split(".", maxsplit=1)[0]
    if top in ("forcesim", "builtins") or top in sys.stdlib_module_names:
        return True
    if top in ("", "__main__", "__mp_main__"):
        return False
    file = getattr(sys.modules.get(module) or sys.modules.get(top), "__file__", None)
    if file is None:
        return False
    where = Path(file).resolve()
    return any(folder in where.parents for folder in _library_folders())


@functools.cache
def _release(module: str) -> str:
    """Return name and version of the distribution that a library module belongs to."""
    top = module.split(".", maxsplit=1)[0]
    if top in sys.stdlib_module_names:
        return f"python {sys.version_info[0]}.{sys.version_info[1]}"
    found = getattr(sys.modules.get(top), "__version__", None)
    if found is not None:
        return f"{top} {found}"
    for name in packages_distributions().get(top, [top]):
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return top


def _hash(kind: str, *parts: bytes) -> bytes:
    """Return one hash over parts, each with its length, so that no two lists of parts look alike."""
    digest = hashlib.sha256(kind.encode())
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()


class _Walker:
    """Forms digests from the leaves up; what is shared is hashed once, and a circle is cut where it closes."""

    def __init__(self, follow: set[str]) -> None:
        """Begin with nothing known."""
        self.follow = follow
        self.known: dict[int, tuple[Any, bytes]] = {}
        self.open: dict[int, int] = {}
        self.met: list[Any] = []

    def digest(self, thing: Any, where: str) -> bytes:
        """Return the digest of anything; ``where`` is what a message calls it."""
        if type(thing) in PLAIN:
            return _hash(type(thing).__name__, repr(thing).encode("utf-8", "surrogatepass"))
        key = id(thing)
        if key in self.known:
            return self.known[key][1]
        if key in self.open:
            return _hash("circle", str(len(self.open) - self.open[key]).encode())
        self.open[key] = len(self.open)
        try:
            found = self._compound(thing, where)
        finally:
            del self.open[key]
        self.known[key] = thing, found
        return found

    def _all(self, kind: str, things: Any, where: str) -> bytes:
        return _hash(kind, *(self.digest(thing, where) for thing in things))

    def _compound(self, thing: Any, where: str) -> bytes:
        """Return the digest of what is no plain number or text."""
        own = getattr(type(thing), "__identity__", None)
        if own is not None:
            self.met.append(thing)
            return self._all("own", (own(thing),), where)
        if isinstance(thing, np.ndarray | np.generic) and thing.dtype != object:
            return _hash("array", thing.dtype.str.encode(), repr(thing.shape).encode(), thing.tobytes())
        if isinstance(thing, tuple | list) and type(thing) in (tuple, list):
            return self._all(type(thing).__name__, thing, where)
        if type(thing) in (dict, types.MappingProxyType):
            return self._all("dict", [part for pair in thing.items() for part in pair], where)
        if isinstance(thing, set | frozenset):
            return _hash("set", *sorted(self.digest(part, where) for part in thing))
        if isinstance(thing, types.CodeType):
            return self._code(thing, None)
        if isinstance(thing, types.ModuleType):
            return self._module(thing)
        if isinstance(thing, type):
            return self._class(thing)
        if isinstance(thing, enum.Enum):
            name = f"{type(thing).__qualname__}.{thing.name}"
            return _hash("member", name.encode(), self.digest(thing.value, where))
        return self._callable(thing, where) or self._instance(thing, where)

    def _callable(self, thing: Any, where: str) -> bytes | None:
        """Return the digest of a function in any wrapping, or None."""
        if isinstance(thing, types.FunctionType):
            return self._function(thing)
        if isinstance(thing, types.BuiltinFunctionType | np.ufunc | types.MethodDescriptorType):
            module = getattr(thing, "__module__", None) or "builtins"
            holder = getattr(thing, "__self__", None)
            if holder is not None and not isinstance(holder, types.ModuleType):
                return self._all("bound", (thing.__name__, holder), where)
            self._refuse_unsteady(module, thing.__name__, where)
            return _hash("library", f"{_release(module)}: {thing.__name__}".encode())
        if isinstance(thing, types.MethodType):
            return self._all("method", (thing.__self__, thing.__func__), where)
        if isinstance(thing, functools.partial):
            return self._all("partial", (thing.func, thing.args, thing.keywords), where)
        if isinstance(thing, staticmethod | classmethod):
            return self._all("static", (thing.__func__,), where)
        if isinstance(thing, property):
            return self._all("property", (thing.fget, thing.fset), where)
        if isinstance(thing, functools.cached_property):
            return self._all("property", (thing.func,), where)
        inner = getattr(thing, "py_func", None) or getattr(thing, "__wrapped__", None)
        if isinstance(inner, types.FunctionType):  # Numba's dispatchers, functools.cache and the like
            return self._all("wrapped", (inner,), where)
        return None

    def _instance(self, thing: Any, where: str) -> bytes:
        """Return the digest of an object by what it would be rebuilt from."""
        kind = type(thing)
        name = where or kind.__name__
        if isinstance(thing, tuple) and hasattr(kind, "_fields"):  # a named tuple; its class may be made at run time
            return _hash("named", repr(kind._fields).encode(), self.digest(tuple(thing), where))
        if thing is _shared_generator():  # libraries hold on to it; code that draws from it is found by name
            return _hash("library", b"numpy.random")
        if isinstance(thing, np.random.Generator | np.random.RandomState):
            rule = "must not draw from a generator of its own"
            raise IdentityError(Fault(name, rule, kind.__name__, "declare fs.Draw"))
        try:
            parts = thing.__reduce_ex__(4)
        except Exception as error:
            raise IdentityError(
                Fault(name, "must be code or data that can be identified", f"{kind.__module__}.{kind.__name__}", REMEDY)
            ) from error
        if isinstance(parts, str):
            return _hash("global", parts.encode())
        function, args, state, items, pairs = (*parts, None, None, None)[:5]
        return _hash(
            "object",
            self.digest(function, name),
            self.digest(args, name),
            self.digest(state, name),
            self.digest(None if items is None else list(items), name),
            self.digest(None if pairs is None else [list(pair) for pair in pairs], name),
        )

    def _stays_outside(self, thing: Any) -> bool:
        """Return whether a function or class counts by its name and version only."""
        return self._is_outside(getattr(thing, "__module__", "") or "")

    def _is_outside(self, module: str) -> bool:
        """Return whether a module counts by its name and version only."""
        return module.split(".", maxsplit=1)[0] not in self.follow and _is_library(module)

    def _module(self, module: types.ModuleType) -> bytes:
        """Return the digest of a module that is used as a whole."""
        if self._is_outside(module.__name__):
            return _hash("library", _release(module.__name__).encode())
        file = getattr(module, "__file__", None)
        source = Path(file).read_bytes() if file and os.path.isfile(file) else b""  # noqa: PTH113 - file is text
        parts = [_hash("source", source)]
        for name, value in sorted(vars(module).items()):
            if not name.startswith("__") and not isinstance(value, types.ModuleType):
                try:
                    parts.append(_hash(name, self.digest(value, f"{module.__name__}.{name}")))
                except IdentityError:  # the source stands for it
                    continue
        return _hash("module", *parts)

    def _class(self, kind: type) -> bytes:
        """Return the digest of a class: its bases, and all that its body holds."""
        if self._stays_outside(kind):
            fields = getattr(kind, "_fields", ())
            return _hash("library", f"{_release(kind.__module__)}: {kind.__qualname__} {fields!r}".encode())
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            return _hash("named class", repr((kind._fields, getattr(kind, "_field_defaults", {}))).encode())
        bases = [base for base in kind.__bases__ if base is not object]
        parts = [self.digest(base, base.__qualname__) for base in bases]
        if "model_fields" in dir(kind):
            parts.append(self._fields(kind))
        for name, value in sorted(vars(kind).items()):
            if name in SKIPPED or name.startswith(("__pydantic", "model_")) or _is_slot(value):
                continue
            if "model_fields" in dir(kind) and not isinstance(value, types.FunctionType):
                continue  # what pydantic made from the fields
            if name == "__annotations__":
                if not value:  # made when it is asked for
                    continue
                parts.append(_hash(name, repr(sorted(value)).encode()))
            else:
                parts.append(_hash(name, self.digest(value, f"{kind.__qualname__}.{name}")))
        return _hash("class", *parts)

    def _fields(self, kind: Any) -> bytes:
        """Return the digest of a parameter model's fields: order, names, defaults. Values stand in the scenario."""
        found = []
        for name, field in kind.model_fields.items():
            default = getattr(field.default, "value", field.default)
            found.append(f"{name}={default!r}" if not callable(default) else name)
        return _hash("fields", "\n".join(found).encode())

    def _function(self, function: types.FunctionType) -> bytes:
        """Return the digest of a function: code, defaults, closure, and the globals that the code names."""
        where = function.__qualname__
        if self._stays_outside(function):
            self._refuse_unsteady(function.__module__, function.__name__, where)
            return _hash("library", f"{_release(function.__module__)}: {where}".encode())
        cells = []
        for cell in function.__closure__ or ():
            try:
                cells.append(self.digest(cell.cell_contents, where))
            except ValueError:  # not filled yet
                cells.append(b"empty")
        return _hash(
            "function",
            self._code(function.__code__, function.__doc__),
            self.digest(function.__defaults__, where),
            self.digest(function.__kwdefaults__, where),
            *cells,
            *self._named(function.__code__, function, where),
        )

    def _code(self, code: types.CodeType, docstring: str | None) -> bytes:
        """Return the digest of bytecode, the code within it included; a docstring does not count."""
        consts = list(code.co_consts)
        if consts and docstring is not None and consts[0] == docstring:
            consts[0] = None
        parts = [self._code(c, _docstring(c)) if isinstance(c, types.CodeType) else self.digest(c, "") for c in consts]
        names = repr((code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_flags))
        return _hash("code", code.co_code, getattr(code, "co_exceptiontable", b""), names.encode(), *parts)

    def _named(self, code: types.CodeType, function: types.FunctionType, where: str) -> list[bytes]:
        """Return the digests of the globals, module attributes and imports that code names, inner code included."""
        found = []
        steps = list(dis.get_instructions(code))
        for place, step in enumerate(steps):
            if step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                rule = "must not change a global: the result would depend on the order of the blocks"
                raise IdentityError(Fault(where, rule, str(step.argval), "keep it in a series that the process writes"))
            if step.opname == "IMPORT_NAME":
                found.append(self._import(str(step.argval), steps[place - 2].argval, function, where))
            elif step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                found.append(self._global(str(step.argval), _attributes(steps, place), function, where))
            elif step.opname in ("LOAD_ATTR", "LOAD_METHOD") and step.argval in READERS:
                raise IdentityError(Fault(where, f"{READERS[str(step.argval)]} when it runs", str(step.argval), REMEDY))
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                found += self._named(inner, function, where)
        return found

    def _global(self, name: str, attributes: list[str], function: types.FunctionType, where: str) -> bytes:
        """Return the digest of a global, or of the attribute that is taken from a module."""
        if name not in function.__globals__:
            if name in OUTSIDE:
                raise IdentityError(Fault(where, f"{OUTSIDE[name]} when it runs", f"{name}()", REMEDY))
            return _hash("builtin" if hasattr(builtins, name) else "missing", name.encode())
        value, spelled = function.__globals__[name], name
        while attributes and isinstance(value, types.ModuleType):
            self._refuse_unsteady(value.__name__, attributes[0], where)
            if not hasattr(value, attributes[0]):
                return _hash("missing", f"{spelled}.{attributes[0]}".encode())
            holder, value, spelled = value, getattr(value, attributes[0]), f"{spelled}.{attributes[0]}"
            attributes = attributes[1:]
            walked = isinstance(value, types.ModuleType | types.FunctionType | type)
            if not walked and self._is_outside(holder.__name__):
                return _hash("library", f"{_release(holder.__name__)}: {spelled}".encode())
        if attributes and isinstance(value, type):
            self._refuse_unsteady(getattr(value, "__module__", ""), attributes[0], where)
        return _hash(spelled, self.digest(value, f"{where}: {spelled}"))

    def _import(self, name: str, level: Any, function: types.FunctionType, where: str) -> bytes:
        """Return the digest of a module that code imports when it runs."""
        self._refuse_unsteady(name, "", where)
        package = function.__globals__.get("__package__") or None
        try:
            module = importlib.import_module("." * level + name if isinstance(level, int) else name, package)
        except Exception as error:
            raise IdentityError(Fault(where, "imports a module that cannot be imported here", name)) from error
        return _hash(name, self.digest(module, name))

    def _refuse_unsteady(self, module: str, name: str, where: str) -> None:
        """Refuse functions that give another result each time, or read what the hash does not cover."""
        if name in READERS or (name in ("load", "fromregex") and module.startswith("numpy")):
            raise IdentityError(Fault(where, f"{READERS.get(name, 'reads a file')} when it runs", name, REMEDY))
        clock = module == "datetime" and name in ("now", "utcnow", "today")
        if clock or module in UNSTEADY or module.startswith("numpy.random"):
            rule = "must not depend on the clock, the machine or a generator of its own"
            raise IdentityError(Fault(where, rule, f"{module}.{name}", "declare fs.Draw for chance"))


def _shared_generator() -> Any:
    """Return NumPy's global generator."""
    return np.random.mtrand._rand  # noqa: SLF001 - NumPy names it nowhere else


def _is_slot(value: Any) -> bool:
    return isinstance(value, types.MemberDescriptorType | types.GetSetDescriptorType)


def _docstring(code: types.CodeType) -> str | None:
    """Return the docstring of inner code, if its first constant is one."""
    first = code.co_consts[0] if code.co_consts else None
    is_function = bool(code.co_flags & inspect.CO_NEWLOCALS)
    return first if is_function and isinstance(first, str) else None


def _attributes(steps: list[dis.Instruction], place: int) -> list[str]:
    """Return the attributes that are taken one after another from what an instruction loads."""
    found = []
    for step in steps[place + 1 :]:
        if step.opname in ("CACHE", "PUSH_NULL", "NOP"):
            continue
        if step.opname not in ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"):
            break
        found.append(str(step.argval))
    return found
