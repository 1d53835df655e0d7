"""A finished report held against what its model, faults and data give."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Union

from . import _core, _text
from ._campaign import ProgressArgument, _Shown, session_options, warn
from ._dataset import as_dataset
from ._errors import Usage
from ._faults import resolved
from ._model import load_model
from ._report import Report
from ._result import Result
from ._table import Table

if TYPE_CHECKING:
    ReportArgument = Union[str, os.PathLike[str], Report]


class Verification(Result):
    """What `verify` found. `print` shows all of it."""

    same: bool
    """Nothing differs."""
    verdict: str
    """In one sentence."""
    rows: int
    """Faults of the report."""
    rows_checked: int
    """Of them, evaluated on all images and compared."""
    hashes: list[str]
    """What has the SHA-256 that the metadata record: "model", "fault list", "data", "report", "details"."""

    def __init__(self, result: str, text: str) -> None:
        super().__init__(result, text)
        self.same, self.verdict = self._result["same"], self._result["verdict"]
        self.rows, self.rows_checked, self.hashes = self._result["rows"], self._result["rows_checked"], self._result["hashes"]

    @property
    def differences(self) -> Table:
        """A row for each of the first 100: `file`, `line` and `column` (0: not a place in a text), `what`, `expected`, `found`."""
        rows = self._result["differences"]
        names = ("file", "line", "column", "what", "expected", "found")
        return Table({name: [row[name] if row[name] is not None else 0 for row in rows] for name in names})

    def __bool__(self) -> bool:
        return self.same


def verify(
    report: "ReportArgument",
    sample: int | None = 100,
    seed: int = 1,
    model: Any = None,
    dataset: Any = None,
    faults: Any = None,
    threads: int | None = None,
    memory: int | str | None = None,
    progress: ProgressArgument = True,
    *,
    batch_size: int = 512,
    output: str | None = None,
    preprocess: Any = None,
    limit: int | None = None,
    use_tf: bool = False,
    kernels: str = "auto",
) -> Verification:
    """Evaluates rows of a finished report once more, and compares every byte of them and of their files.

    report: the path of a report, or a `Report` that was written to one.
    sample: how many rows, drawn without replacement; None: all.
    seed: which rows are drawn.
    model, dataset, faults: as `run_campaign` takes them. None: read from where the report's metadata say they were. Their SHA-256 must
        be those of the metadata, and the model stored as theirs (`load_model(path, storage=...)`).
    batch_size, output, preprocess, limit, use_tf: how a report without metadata was run, as one of the Python tool. Where there are
        metadata these say it, and nothing may be given.
    threads, memory, kernels, progress: as `run_campaign` takes them.

    Raises `BadInput` (no report; without metadata something is missing), `ResumeRefused` (the report is unfinished), and what
    `run_campaign` raises. That something differs is no error: `Verification.same` is False. KeyboardInterrupt ends it soon.
    """
    path = _path_of(report)
    settings = (batch_size, output, preprocess, limit, use_tf)
    if settings != (512, None, None, None, False) and _core.has_metadata(path):
        raise Usage(f"{path}: its metadata say how it was run: `batch_size`, `output`, `preprocess`, `limit` and `use_tf` are for reports without")
    images = None if dataset is None else as_dataset(dataset)
    inputs = _core.VerifyInputs()
    network = None if model is None else load_model(model)
    inputs.model = None if network is None else network._handle
    inputs.dataset = None if images is None else images._handle
    if faults is not None:
        if network is not None:
            inputs.faults = resolved(faults, network)
        elif isinstance(faults, (str, os.PathLike)):
            inputs.fault_list_path = _text.path("faults", faults)
        else:
            raise Usage("`faults`: these need the `model` too; a path of a list does not")
    inputs.session = session_options(images, batch_size, output, preprocess, use_tf, limit, threads, memory, kernels)
    rows = None if sample is None else _text.whole("sample", sample, 1)
    with _Shown(progress, 1 if rows is None else rows) as shown:
        return Verification(
            *_core.verify(path, inputs, rows, _text.whole("seed", seed, 0, 2**63), _text.log, warn, shown.callback)
        )


def _path_of(report: "ReportArgument") -> str:
    if isinstance(report, Report):
        if report.path is None:
            raise Usage("`report`: this one is in memory only; `run_campaign(..., report=\"r.csv\")` writes one")
        return str(report.path)
    return _text.path("report", report)
