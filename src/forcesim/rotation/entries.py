"""What every section of a rotation study is made of: frozen, checked, with where its numbers come from."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from forcesim.rotation.durations import MOST_DAYS

__all__ = ["MOST_UNITS", "Day", "Name", "RotationSection", "Share", "Usd", "refuse"]

MOST_UNITS = 20_000
Text = Annotated[str, Field(max_length=2000)]


def refuse(rule: str) -> PydanticCustomError:
    """Return the error of a rule that does not hold."""
    return PydanticCustomError("rotation", "{rule}", {"rule": rule})


def _named(text: str) -> str:
    """Refuse a name that an expression or a table cannot hold."""
    if not text.strip():
        raise refuse("must not be empty")
    if text != text.strip() or not text.isprintable() or set(text) & set("[]'\""):
        rule = "must be printable text without brackets, quotes or blanks at its ends"
        raise refuse(f"{rule}, since expressions write it as unmet[NAME]")
    return text


Name = Annotated[str, Field(max_length=80), AfterValidator(_named)]
Day = Annotated[int, Field(ge=0, le=MOST_DAYS, strict=True)] | Annotated[str, Field(max_length=10)]
"""A day from the start, or a date such as ``2030-12-01``."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Usd = Annotated[float, Field(ge=0.0, le=1e12)]

NUMBERS = (int, float, int | None, float | None)
"""Annotations of fields that hold one number."""


class RotationSection(BaseModel):
    """A part of a study: frozen, no unknown keys, with where its numbers come from."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    source: Text | None = None
    assumption: Text | None = None
    note: Text | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _number_or_truth(cls, data: Any, info: ValidationInfo) -> Any:
        """Refuse a truth value, or a text, where a number is meant: pydantic would take ``true`` as 1."""
        kind = cls.model_fields[str(info.field_name)].annotation
        if isinstance(data, bool) and kind not in (bool, bool | None):
            raise refuse("must not be true or false")
        if isinstance(data, str) and kind in NUMBERS:
            raise refuse("must be a number")
        return data
