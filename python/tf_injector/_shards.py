"""Shards as arguments."""

from __future__ import annotations

import os
from typing import Any

from . import _text
from ._errors import Usage


def shard_text(shard: Any) -> str:
    """As the program takes it: "I/N" or "slurm". Raises `Usage`."""
    if isinstance(shard, str):
        return shard
    if isinstance(shard, (tuple, list)) and len(shard) == 2:
        return f"{_text.whole('shard', shard[0], 0)}/{_text.whole('shard', shard[1], 1)}"
    raise Usage(f"`shard`: expected (i, n) or 'slurm', found {shard!r}")


def shard_paths(shards: Any) -> list[str]:
    """Several paths. Raises `Usage`."""
    if isinstance(shards, (str, os.PathLike)):
        raise Usage(f"`shards`: expected several paths, found {shards!r}")
    try:
        return [_text.path("shards", shard) for shard in shards]
    except TypeError:
        raise Usage(f"`shards`: expected paths, found {shards!r}") from None
