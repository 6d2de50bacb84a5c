"""Call compiled functions by their addresses, and look at parts of an array without a copy.

A compiled function that names another is compiled anew whenever the other changes. One that is given an address is
not: so one driver can run loops that are compiled apart, side by side, and kept on disk each by itself. An address
holds in one process only. In plain Python it is a number under which the function is known.
"""

from __future__ import annotations

import importlib
from typing import Any
from weakref import WeakValueDictionary

from forcesim.kernels import Compiled, compiling

__all__ = ["address_of", "invoke", "part", "sheet"]

_numbered: WeakValueDictionary[int, Any] = WeakValueDictionary()
"""Plain functions by number: whoever asks for an address keeps the function alive."""


def address_of(function: Any, signature: str) -> int:
    """Return the address of a function that takes arrays and numbers and gives nothing; compile it if need be.

    Parameters
    ----------
    function : kernel, dispatcher or plain function
        It must outlive the address.
    signature : str
        The types of its arguments, as Numba writes them: ``"float64[::1], int64"``. A call by
        address must give exactly these.

    Returns
    -------
    int
        Not 0.

    Examples
    --------
    >>> from forcesim.kernels import kernel
    >>> import numpy as np
    >>> @kernel
    ... def double(numbers):
    ...     for i in range(len(numbers)):
    ...         numbers[i] *= 2.0
    >>> address_of(double, "float64[::1]") != 0
    True
    """
    dispatcher = function.dispatcher if isinstance(function, Compiled) and compiling() else function
    if not (compiling() and hasattr(dispatcher, "overloads")):
        plain = function.function if isinstance(function, Compiled) else function
        _numbered[id(plain)] = plain
        return id(plain)
    sigutils = importlib.import_module("numba.core.sigutils")
    arguments, _ = sigutils.normalize_signature(f"void({signature})")
    dispatcher.compile(arguments)
    made = dispatcher.overloads[arguments]
    return int(made.library.get_pointer_to_function(made.fndesc.llvm_func_name))


def _invoke(address: int, arguments: tuple[Any, ...]) -> None:
    """Call the function at an address."""
    _numbered[int(address)](*arguments)


def _sheet(numbers: Any, at: int, rows: int, columns: int) -> Any:
    """Return (row, column) of an array from a place on, as a view."""
    return numbers[at : at + rows * columns].reshape(rows, columns)


def _part(numbers: Any, at: int, length: int) -> Any:
    """Return so many numbers of an array from a place on, as a view."""
    return numbers[at : at + length]


def _tools() -> tuple[Any, Any, Any, Any]:
    """Import what code is generated with, now that it is needed."""
    names = ("numba", "numba.core.types", "numba.core.cgutils", "numba.np.arrayobj")
    return tuple(importlib.import_module(name) for name in names)  # type: ignore[return-value]


def _invoke_dispatcher(_: Any) -> Any:
    """Make a dispatcher of :func:`invoke`: a call through a pointer, by the convention of compiled functions."""
    numba, types, cgutils, _ = _tools()

    def typing(_context: Any, address: Any, arguments: Any) -> Any:
        kinds = list(arguments)

        def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            given = [builder.extract_value(values[1], place) for place in range(len(kinds))]
            kind = context.call_conv.get_function_type(types.none, kinds)
            called = builder.inttoptr(values[0], kind.as_pointer())
            status, _ = context.call_conv.call_function(builder, called, types.none, kinds, given)
            with cgutils.if_unlikely(builder, status.is_error):
                context.call_conv.return_status_propagate(builder, status)
            return context.get_dummy_value()

        return types.void(address, arguments), generate

    move = numba.extending.intrinsic(typing)
    return numba.njit(lambda address, arguments: move(address, arguments), forceinline=True)  # noqa: PLW0108


def _view(dimensions: int) -> Any:
    """Return an intrinsic that makes a view which counts no references: who made the array keeps it alive."""
    numba, types, _, arrays = _tools()

    def typing(_context: Any, numbers: Any, at: Any, shape: Any) -> Any:
        result = types.Array(numbers.dtype, dimensions, "C")

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            source = arrays.make_array(signature.args[0])(context, builder, value=values[0])
            found = arrays.make_array(result)(context, builder)
            size = context.get_constant(types.intp, context.get_abi_sizeof(source.data.type.pointee))
            sides = [builder.extract_value(values[2], place) for place in range(dimensions)]
            strides = [size] if dimensions == 1 else [builder.mul(sides[1], size), size]
            data = builder.gep(source.data, [values[1]])
            arrays.populate_array(found, data=data, shape=sides, strides=strides, itemsize=size, meminfo=None)
            return found._getvalue()  # noqa: SLF001 - as Numba's own code does

        return result(numbers, at, shape), generate

    return numba.extending.intrinsic(typing)


def _sheet_dispatcher(_: Any) -> Any:
    move = _view(2)
    return _tools()[0].njit(lambda numbers, at, rows, columns: move(numbers, at, (rows, columns)), forceinline=True)


def _part_dispatcher(_: Any) -> Any:
    move = _view(1)
    return _tools()[0].njit(lambda numbers, at, length: move(numbers, at, (length,)), forceinline=True)


invoke: Compiled[[int, tuple[Any, ...]], None] = Compiled(_invoke, _invoke_dispatcher)
sheet: Compiled[[Any, int, int, int], Any] = Compiled(_sheet, _sheet_dispatcher)
part: Compiled[[Any, int, int], Any] = Compiled(_part, _part_dispatcher)
