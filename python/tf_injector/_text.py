"""Texts and paths that the compiled part can take."""

from __future__ import annotations

import os
from typing import Any

from ._errors import Usage


def text(name: str, value: Any) -> str:
    """`value` if it is a text that can be written as UTF-8. Raises `Usage`."""
    if not isinstance(value, str):
        raise Usage(f"`{name}`: expected a text, found {value!r}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Usage(f"`{name}`: {value!r} is no text: it cannot be written as UTF-8") from None
    return str(value)


def path(name: str, value: Any) -> str:
    """The path as text. Raises `Usage`."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise Usage(f"`{name}`: expected a path, found {type(value).__name__}")
    place = text(name, os.fsdecode(value))
    if "\0" in place or not place:
        raise Usage(f"`{name}`: {place!r} is no path")
    return place
