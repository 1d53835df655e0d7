"""Reports of the shards of a list, joined to one."""

from __future__ import annotations

import os
from typing import Iterable

from . import _core, _text
from ._errors import Usage
from ._report import Report, read_report
from ._shards import shard_paths


def merge(
    shards: Iterable[str | os.PathLike[str]],
    report: str | os.PathLike[str],
    details: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
) -> Report:
    """Joins the reports of all shards (`run_campaign(..., shard=(i, n))`) to the report that one run over the list writes.

    Report, scores and details are the same in every byte. The shards stay as they are.

    shards: paths of their reports, in any order.
    report: path of the report that is written; metadata and scores go beside it.
    details: where the details go, if the shards have them; None: "r.details.csv" for "r.csv".
    overwrite: replace a report that is there.

    Raises `ResumeRefused`, naming the shard, where one is missing, given twice, of another run, unfinished, cut or changed, or the
    report exists; then nothing is written. `Usage`, `OutputError`, `Busy`.
    """
    if not isinstance(overwrite, bool):
        raise Usage(f"`overwrite`: expected True or False, found {overwrite!r}")
    paths = shard_paths(shards)
    options = _core.MergeOptions()
    options.path, options.overwrite = _text.path("report", report), overwrite
    options.details_path = "" if details is None else _text.path("details", details)
    options.command_line = ["tf_injector.merge"]
    return read_report(_core.merge(paths, options, _text.log))
