"""Campaigns: every fault of a list on every image of a test set."""

from __future__ import annotations

import os
import re
from typing import Any, Callable, NamedTuple, Union

import numpy as np

from . import _core, _text
from ._dataset import Dataset, Normalization, as_dataset, normalization_of
from ._errors import Usage
from ._faults import resolved
from ._model import load_model
from ._report import Report, read_report
from ._shards import shard_text
from ._table import percent

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


class Progress(NamedTuple):
    """How far a campaign is; what a `progress` callable is given, at most some ten times a second."""

    faults: int
    """Of the list."""
    done: float
    """Faults, parts of a block counted, with those that were in the report before."""
    seconds: float
    """Since this run's first fault started."""
    rows: int
    """In the report now."""
    critical: int
    """Sum of the column `critical` over these rows."""
    images: int
    """Rows x images: critical / images is the critical rate so far."""


ProgressArgument = Union[bool, Callable[[Progress], object]]


def run_campaign(
    model: Any,
    dataset: Any,
    faults: Any = None,
    report: str | os.PathLike[str] | None = None,
    scores: str = "none",
    details: bool | str | os.PathLike[str] = False,
    batch_size: int = 512,
    output: str | None = None,
    preprocess: Any = None,
    limit: int | None = None,
    check: int | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    memory: int | str | None = None,
    progress: ProgressArgument = True,
    *,
    use_tf: bool = False,
    kernels: str = "auto",
    shard: tuple[int, int] | str | None = None,
) -> Report:
    """Evaluates every fault on every image, each fault alone, and compares with the golden run.

    The counts and scores equal those of TensorFlow in every bit, whatever the number of threads and the CPU.

    model: a `Model`, or what `load_model` takes: a path, a live keras.Model.
    dataset: a `Dataset`, or (x, y).
    faults: a `FaultList`, the path of one, or `Fault`s. None: the golden run alone.
    report: path of a CSV report ("r.csv") that grows block by block, with its metadata ("r.run.json") and scores ("r/") beside it; a
        run that was stopped goes on behind its rows. None: nothing is written.
    scores: "none", "changed" (per fault the images whose scores differ from the golden ones), "all", or "one" (all, in a report's folder
        as one array instead of a file each): `Report.scores`.
    details: True: `Report.details`, what the columns cannot hold (NaN, Inf, SDC-10 %, where decisions went, the weight's value); with a
        `report` r.csv also the file r.details.csv. A path: that file instead.
    batch_size: of the batches in which Keras would be fed. It can decide last bits of Dense layers.
    output: name of the output that is scored; None: the first.
    preprocess: how 8-bit images become numbers. None: as `dataset` says, and x / 255 where it says nothing, but as they are where the
        model begins with Rescaling or Normalization. "none": as they are. "CIFAR10", "CIFAR100", "GTSRB": by that set's mean and std;
        (mean, std): by these.
    limit: the first so many images.
    check: None: some pairs of fault and image are evaluated in full too and compared in every bit, in about a hundredth of the time;
        N: every Nth fault on all images; 0: nothing.
    overwrite: begin `report` anew.
    threads: None: what affinity, cgroup and SLURM_CPUS_PER_TASK allow.
    memory: the most that model, images and work may take, in bytes or as "4G"; None: a share of what is free.
    progress: True: a bar (tqdm where it is installed); False: nothing; or a callable that is given a `Progress`.
    use_tf: 8-bit images are preprocessed in TensorFlow's arithmetic (x * (1 / 255)) instead of NumPy's.
    kernels: "auto", "avx512", "avx2", "neon" or "scalar". Changes no bit.
    shard: (i, n): only part i (from 0) of n of the faults, neighbours in the list, cut so that each part is expected to take as long;
        the reports of all parts become one by `merge`. "slurm": the part that the task of a Slurm job array is. None: all faults.

    Raises `BadInput` and its children, `Usage`, `OutputError`, `Busy`, `ResumeRefused`, `SelfCheckFailed`, `OutOfMemory`.
    KeyboardInterrupt (Ctrl-C, a notebook's stop button) ends it soon; the rows that were written stay valid.
    """
    network, images = load_model(model), as_dataset(dataset)
    check = check_interval(check)
    _choose("scores", scores, ("none", "changed", "all", "one"))
    if not isinstance(overwrite, bool):
        raise Usage(f"`overwrite`: expected True or False, found {overwrite!r}")
    options = session_options(images, batch_size, output, preprocess, use_tf, limit, threads, memory, kernels)
    details_path = _details_path(details, report)
    chosen = None if faults is None else resolved(faults, network)
    if shard is not None:
        if chosen is None:
            raise Usage("`shard` needs `faults`: it is a part of them")
        chosen = chosen.shard(shard_text(shard), network._handle)
    if report is not None and chosen is None:
        raise Usage("`report` needs `faults`: without faults there are no rows")
    if report is None and overwrite:
        raise Usage("`overwrite` needs a `report`")
    if details is not False and chosen is None:
        raise Usage("`details` needs `faults`: it has a row for each fault")
    with _Shown(progress, 0 if chosen is None else len(chosen)) as shown:
        if report is None or chosen is None:
            result = _core.run_in_memory(
                network._handle, images._handle, chosen, options, check, scores, details is True, _text.log, warn, shown.callback
            )
            return Report._of(result, scores, storage=network.storage)
        files = _core.ReportOptions()
        files.path, files.overwrite = _text.path("report", report), overwrite
        files.details_path = details_path
        files.command_line = ["tf_injector.run_campaign"]
        try:
            path = _core.run_to_file(
                network._handle, images._handle, chosen, options, check, scores, files, _text.log, warn, shown.callback
            )
        except KeyboardInterrupt as interrupt:
            interrupt.args = (f"what is finished is in {files.path}, what is done of the next faults beside it; the same call goes on",)
            raise
    return read_report(path)


def _details_path(details: Any, report: Any) -> str:
    """Of the file; "" for none. Raises `Usage`."""
    if details is False or details is True:
        return os.path.splitext(_text.path("report", report))[0] + ".details.csv" if details and report is not None else ""
    path = _text.path("details", details)
    if report is None:
        raise Usage("`details` as a file needs a `report`; details=True has them in memory")
    return path


def session_options(
    dataset: Dataset | None,
    batch_size: int,
    output: str | None,
    preprocess: Any,
    use_tf: bool,
    limit: int | None,
    threads: int | None,
    memory: int | str | None,
    kernels: str,
) -> _core.SessionOptions:
    """The options of a session. Raises `Usage`."""
    options = _core.SessionOptions()
    options.batch_size = _text.whole("batch_size", batch_size, 1)
    options.output = "" if output is None else _text.text("output", output)
    options.limit = _check_number("limit", limit, 1)
    options.threads = _check_number("threads", threads, 1) or 0
    options.memory_bytes = 0 if memory is None else _memory_bytes(memory)
    options.kernels = _choose("kernels", kernels, ("auto", "avx512", "avx2", "neon", "scalar"))
    if not isinstance(use_tf, bool):
        raise Usage(f"`use_tf`: expected True or False, found {use_tf!r}")
    options.tensorflow_arithmetic = use_tf
    normalization: Normalization | None = None
    if preprocess is None:
        if dataset is not None:
            options.dataset, normalization = dataset._set, dataset._normalization
    elif isinstance(preprocess, str):
        options.raw = preprocess == "none"
        if not options.raw and preprocess not in _core.dataset_names():
            names = ", ".join(_core.dataset_names())
            raise Usage(f"`preprocess`: expected none, {names} or (mean, std), found {preprocess!r}")
        options.dataset = "" if options.raw else preprocess
    elif isinstance(preprocess, (tuple, list)) and len(preprocess) == 2 and all(part is not None for part in preprocess):
        normalization = normalization_of(*preprocess)
    else:
        names = ", ".join(_core.dataset_names())
        raise Usage(f"`preprocess`: expected none, {names} or (mean, std), found {preprocess!r}")
    if normalization is not None:
        options.mean, options.std = list(normalization.mean), list(normalization.std)
    return options


def check_interval(check: Any) -> int | None:
    """The argument `check`. Raises `Usage`."""
    return None if check is None else _text.whole("check", check, 0)


def _choose(name: str, value: Any, names: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in names:
        raise Usage(f"`{name}`: expected one of {', '.join(names)}, found {value!r}")
    return value


def _check_number(name: str, value: Any, least: int) -> Any:
    return None if value is None else _text.whole(name, value, least)


def _memory_bytes(memory: int | str) -> int:
    if isinstance(memory, str):
        parts = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*([A-Za-z]*)\s*", memory)
        unit = parts[2].upper() if parts else "?"
        if parts is None or unit not in _UNITS:
            raise Usage(f"`memory`: expected bytes, or a size like 4G or 512M, found {memory!r}")
        size = float(parts[1]) * _UNITS[unit]
        number = int(size) if size < 2**63 else 2**63
    else:
        bytes_ = _text.index(memory)
        if bytes_ is None:
            raise Usage(f"`memory`: expected bytes, or a size like '4G', found {memory!r}")
        number = bytes_
    if not 0 < number < 2**63:
        raise Usage(f"`memory`: expected more than 0 bytes, found {memory!r}")
    return number


def warn(line: str) -> None:
    """To `warnings`, as of the line that called a function of the package, which handed this one on."""
    import warnings

    warnings.warn(line, UserWarning, stacklevel=3)


class _Shown:
    """What shows the progress of a campaign while it runs."""

    callback: Callable[..., object] | None

    def __init__(self, progress: ProgressArgument, faults: int) -> None:
        self._bar: Any = None
        self._is_drawn = True
        self.callback = None
        if callable(progress):
            self.callback = lambda *numbers: progress(Progress(*numbers))
        elif progress is True:
            if faults > 0:
                self.callback = self._show
                self._faults = faults
        elif progress is not None and (not isinstance(progress, (bool, int, np.bool_)) or progress):
            raise Usage(f"`progress`: expected True, False or a callable, found {progress!r}")

    def __enter__(self) -> "_Shown":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._bar is not None:
                self._bar.close()
        except (OSError, ValueError):
            pass  # as in _show

    def _show(self, *numbers: Any) -> None:
        if self._is_drawn:
            try:
                self._draw(Progress(*numbers))
            except (OSError, ValueError):  # standard error is closed or full: the campaign goes on without a bar
                self._is_drawn = False

    def _draw(self, now: Progress) -> None:
        few = now.faults < 100  # of these each may take long
        done = round(now.done, 1) if few and now.done < now.faults else int(now.done)
        if self._bar is None:
            self._bar = _make_bar(self._faults, done)
        self._bar.n = done
        if now.images:
            self._bar.set_postfix_str(f"critical {percent(now.critical / now.images)}", refresh=False)
        self._bar.refresh()


def _make_bar(faults: int, done: float) -> Any:
    """`done`: how many there are when the bar begins; those of an earlier run say nothing about the speed of this one."""
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tqdm.auto warns where ipywidgets is missing and draws text instead
            from tqdm.auto import tqdm

            return tqdm(total=faults, unit="fault")
    except ImportError:
        return _PlainBar(faults, done)


class _PlainBar:
    """A line on a terminal's standard error, where tqdm is not installed."""

    def __init__(self, faults: int, done: float) -> None:
        import sys
        import time

        self.n: float = done
        self._faults, self._before, self._postfix = faults, done, ""
        self._clock = time.monotonic
        self._start = self._clock()
        self._stream = sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None

    def set_postfix_str(self, text: str, refresh: bool = False) -> None:
        self._postfix = text

    def refresh(self) -> None:
        if self._stream is not None:
            share = 100 * self.n / self._faults
            self._stream.write(f"\r{share:3.0f} % of {self._faults:,} faults  {self._left()}  {self._postfix}   ")
            self._stream.flush()

    def _left(self) -> str:
        """"0:01:30 left"; "" before there is a speed."""
        if self.n <= self._before:
            return ""
        seconds = (self._clock() - self._start) * (self._faults - self.n) / (self.n - self._before)
        return f"{int(seconds // 3600)}:{int(seconds // 60 % 60):02}:{int(seconds % 60):02} left"

    def close(self) -> None:
        if self._stream is not None:
            self._stream.write("\n")
