"""Arguments that the compiled part can take: texts, paths, whole numbers. What is said on the way."""

from __future__ import annotations

import operator
import os
from typing import Any, Sequence

import numpy as np

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
    if isinstance(value, (bool, np.bool_)):
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


def real(name: str, value: Any) -> float:
    """A number as Python's float. Raises `Usage`."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise Usage(f"`{name}`: expected a number, found {value!r}")
    try:
        return float(value)
    except OverflowError:
        raise Usage(f"`{name}`: {value!r} is too large") from None


def array(name: str, values: Any) -> np.ndarray:
    """As NumPy reads it. Raises `Usage` where it cannot: rows of different lengths."""
    try:
        return np.asarray(values)
    except (TypeError, ValueError, OverflowError) as error:
        raise Usage(f"`{name}`: no array: {error}") from None


def rows(name: str, chosen: Any) -> Any:
    """What is between the brackets of ``name[...]``, other than one number, as a slice, or an array (M,) of row numbers or of truth
    values. Raises `Usage`.
    """
    if isinstance(chosen, slice):
        if all(part is None or index(part) is not None for part in (chosen.start, chosen.stop, chosen.step)) and chosen.step != 0:
            return chosen
    elif hasattr(chosen, "__array__") or (isinstance(chosen, Sequence) and not isinstance(chosen, (str, bytes))):
        try:
            numbers = np.asarray(chosen)
        except (TypeError, ValueError, OverflowError):  # rows of different lengths
            numbers = np.empty(())
        if numbers.ndim == 1 and (numbers.dtype.kind in "iub" or numbers.size == 0):
            return numbers if numbers.size > 0 else np.empty(0, dtype=np.int64)
    raise Usage(f"{name}[{chosen!r}]: expected a slice, row numbers or a mask")


def log(line: str) -> None:
    """To whoever listens to the logger "tf_injector"."""
    import logging

    logging.getLogger("tf_injector").info(line)
