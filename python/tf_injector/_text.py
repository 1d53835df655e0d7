"""Arguments that the compiled part can take: texts, paths, whole numbers. What is said on the way."""

from __future__ import annotations

import operator
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


def index(value: Any) -> int | None:
    """A whole number as Python's; None where it is none: a truth value, a float, an array."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def whole(name: str, value: Any, least: int, below: int = 2**31) -> int:
    """A whole number from `least`. Raises `Usage`."""
    number = index(value)
    if number is None or not least <= number < below:
        raise Usage(f"`{name}`: expected a whole number from {least}, found {value!r}")
    return number


def log(line: str) -> None:
    """To whoever listens to the logger "tf_injector"."""
    import logging

    logging.getLogger("tf_injector").info(line)
