"""The formats in which weights can be stored."""

from __future__ import annotations

from typing import Any, NamedTuple

from . import _core
from ._errors import Usage

FLOAT32 = "float32"


class Field(NamedTuple):
    """Neighbouring bits of a stored weight: "sign", "exponent", "mantissa"; of int8 "sign" and "magnitude"."""

    name: str
    first: int
    last: int


def fields(storage: str) -> list[Field]:
    """Of a format, the highest bits first."""
    return [Field(*item) for item in _core.storage_fields(storage)]


def width(storage: str) -> int:
    """Bits of a stored weight."""
    return fields(storage)[0].last + 1


def checked(storage: Any) -> str:
    """The name of a format. Raises `Usage`."""
    names = _core.storage_names()
    if storage not in names:
        raise Usage(f"`storage`: expected one of {', '.join(names)}, found {storage!r}")
    return str(storage)
