"""Parameters as a table: each number of a model of parameters has a column, found by its path."""

from __future__ import annotations

import functools
import types
import typing
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from forcesim.quantities import Quantity, Value

if typing.TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

__all__ = ["Column", "Section", "all_columns", "bare", "columns", "entries"]


class Section(BaseModel):
    """Base of every parameter model: frozen, and no key that it does not know.

    Class attributes
    ----------------
    shares_of_one : tuple of tuple of str
        Groups of numbers (paths below the section) that are parts of one whole: together at most 1.
    shares_over_nations : tuple of str
        Numbers that are parts of what all nations share: over the nations at most 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    shares_of_one: ClassVar[tuple[tuple[str, ...], ...]] = ()
    shares_over_nations: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One number of a parameter model, at its place in the table of a process.

    Parameters
    ----------
    path : str
        Path below the section: ``"ceiling"``, ``"schools[0].seats"``, ``"schools.count"``.
    words : tuple of str
        For a choice: its words; the number in the table is the position of the word.
    quantity : Quantity, optional
        Unit and admissible range.
    lever : bool
        Whether somebody decides it.
    open : bool
        Whether other processes may multiply it.
    remark : str
        For a choice: the source of its default, or why it is assumed.
    """

    path: str
    words: tuple[str, ...] = ()
    quantity: Quantity | None = None
    lever: bool = False
    open: bool = False
    remark: str = ""


def columns(model: type[BaseModel]) -> list[Column]:
    """Return the numbers of a parameter model in the order of its fields.

    A number is one column; a choice (``Literal``) one; a section within the section its columns;
    a tuple of sections first its ``.count``, then as many times the columns as its
    ``max_length`` allows. Text has no column.
    """
    return [column for column, _ in _layout(model)]


def entries(model: type[BaseModel], instance: BaseModel | None) -> Iterator[tuple[Column, Value | float]]:
    """Yield each column of a model with what an instance has there (0 where it has nothing)."""
    for column, route in _layout(model):
        found: Any = instance
        for part in route:
            if found is None:
                break
            found = (found[part] if part < len(found) else None) if isinstance(part, int) else getattr(found, part)
        if found is None:
            yield column, 0.0
        elif isinstance(found, tuple):
            yield column, float(len(found))
        elif column.words:
            yield column, float(column.words.index(str(found)))
        else:
            yield column, found


@functools.cache
def _layout(model: type[BaseModel], prefix: str = "") -> tuple[tuple[Column, tuple[str | int, ...]], ...]:
    """Return each column of a model with the way to it; asked for every nation, so it is kept."""
    found: list[tuple[Column, tuple[str | int, ...]]] = []
    for name, field in model.model_fields.items():
        kind, path = bare(field.annotation), prefix + name
        if kind is Value or kind in (float, int, bool) or typing.get_origin(kind) is Literal:
            found.append((_column(path, kind, field), (name,)))
        elif typing.get_origin(kind) is tuple:
            most = next(int(m.max_length) for m in field.metadata if hasattr(m, "max_length"))
            found.append((Column(f"{path}.count"), (name,)))
            for place in range(most):
                inner = _layout(typing.get_args(kind)[0], f"{path}[{place}].")
                found += [(column, (name, place, *route)) for column, route in inner]
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            found += [(column, (name, *route)) for column, route in _layout(kind, f"{path}.")]
    return tuple(found)


def _column(path: str, kind: Any, field: FieldInfo) -> Column:
    """Return the column of a number or a choice, with what its field says of it."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    marks = [*field.metadata, *getattr(field.annotation, "__metadata__", ())]
    return Column(
        path,
        words=tuple(str(word) for word in typing.get_args(kind)) if typing.get_origin(kind) is Literal else (),
        quantity=next((mark for mark in marks if isinstance(mark, Quantity)), None),
        lever=bool(extra.get("lever")),
        open=bool(extra.get("open")),
        remark=str(extra.get("source") or (f"assumption: {extra['assumption']}" if extra.get("assumption") else "")),
    )


def bare(annotation: Any) -> Any:
    """Strip ``Annotated`` and ``| None`` from an annotation."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        kinds = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
        return bare(kinds[0])
    return annotation


def all_columns(*models: type[BaseModel] | None) -> list[Column]:
    """Return the columns of several models, one after another."""
    return [column for model in models if model is not None for column in columns(model)]
