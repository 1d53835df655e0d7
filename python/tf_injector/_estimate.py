"""How critical a network is, from as few faults as the wanted margin needs."""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Iterable, NamedTuple, Union

from . import _core, _text
from ._campaign import session_options, warn
from ._dataset import as_dataset
from ._errors import Usage
from ._model import load_model
from ._shards import shard_paths, shard_text
from ._statistics import Share
from ._table import Table, percent

_METRICS = ("critical", "masked", "non-critical", "sdc5", "due")
_BY = ("network", "bit", "layer")


class EstimateProgress(NamedTuple):
    """How far an estimate is; what a `progress` callable is given."""

    faults: int
    """That were drawn."""
    inferences: int
    """Faults x images."""
    estimate: float
    """As of now."""
    low: float
    """Lower end of the interval, which is valid already."""
    high: float
    """Upper end."""
    share: float
    """Of the work, about, from 0 to 1."""
    seconds: float
    """Since the beginning."""


EstimateProgressArgument = Union[bool, Callable[[EstimateProgress], object]]


class Estimate:
    """What `estimate` found; `print` shows the answer in a sentence."""

    metric: str
    """"critical", "masked", "non-critical", "sdc5" or "due"."""
    rate: Share
    """Mean share of images over all single-bit flips of the network's kernels, with its interval."""
    confidence: float
    """Of the interval."""
    stopped: str
    """"error" (as narrow as wanted), "time" or "exhausted" (every fault on every image: the interval is a point)."""
    faults: int
    """That were drawn."""
    images_per_fault: int
    """Each fault was evaluated on so many images, drawn at random."""
    inferences: int
    """faults x images_per_fault"""
    population: int
    """Single-bit flips that there are."""

    def __init__(self, text: str, sentence: str) -> None:
        self._read: dict[str, Any] = json.loads(text)
        self._text, self._sentence = text, sentence
        self.metric, self.confidence, self.stopped = self._read["metric"], self._read["confidence"], self._read["stopped"]
        self.rate = Share(self._read["estimate"], self._read["low"], self._read["high"])
        self.faults, self.population = self._read["faults"], self._read["population"]
        self.images_per_fault, self.inferences = self._read["images_per_fault"], self._read["inferences"]

    def strata(self) -> Table:
        """A row for each part of the population that was sampled apart: `layer` ("" for all), `bit_first`, `bit_last`, `part` (of the
        weights; "" for all), `population`, `faults`, `estimate`, `low`, `high`. By network each interval holds at the confidence; by
        bit or layer all hold at once.
        """
        rows = self._read["strata"]
        return Table({name: [row[name] if row[name] is not None else "" for row in rows] for name in rows[0]},
                     shares=("estimate", "low", "high"))

    def to_dict(self) -> dict[str, Any]:
        """Everything, as `tf_injector estimate --json` writes it (docs/interface.md, "estimate")."""
        copy: dict[str, Any] = json.loads(self._text)
        return copy

    def to_json(self) -> str:
        """The same as text."""
        return self._text

    def __repr__(self) -> str:
        return f"<Estimate: {self.metric} {self.rate}, {self.faults:,} faults, {self.inferences:,} inferences>"

    def __str__(self) -> str:
        return self._sentence

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(self._sentence)}</p>"


def estimate(
    model: Any,
    dataset: Any,
    error: float = 0.002,
    confidence: float = 0.99,
    metric: str = "critical",
    by: str = "network",
    seed: int = 1,
    max_seconds: float | None = None,
    state: str | os.PathLike[str] | None = None,
    batch_size: int = 512,
    output: str | None = None,
    preprocess: Any = None,
    limit: int | None = None,
    threads: int | None = None,
    memory: int | str | None = None,
    progress: EstimateProgressArgument = True,
    *,
    use_tf: bool = False,
    kernels: str = "auto",
    split_by_sign: bool = True,
    shard: tuple[int, int] | str | None = None,
) -> Estimate:
    """Estimates a rate over all single-bit flips of a network's kernels: draws faults where they tell most, evaluates each on a few
    images, and ends when the interval is narrow enough. The interval is valid whenever one looks (docs/statistics.md).

    model, dataset: as `run_campaign` takes them.
    error: half width of the interval that is wanted.
    confidence: of the interval; by bit or layer: that all intervals hold at once.
    metric: share of images with another decision ("critical", SDC-1), with no score changed ("masked"), with another score and the same
        decision ("non-critical"), whose golden decision is not among the first five classes ("sdc5"), with a NaN or Inf among the
        scores ("due").
    by: "network": one interval; "bit" or "layer": one as narrow for each of them.
    seed: another seed is another sample; the same one gives the same estimate on every machine.
    max_seconds: ends then, with the interval that there is.
    state: a file that keeps what was evaluated; the same call goes on with it.
    progress: True: a bar (tqdm where it is installed); False: nothing; or a callable that is given an `EstimateProgress`.
    split_by_sign: sample flips of bit 30 apart by the sign of weight x gamma of the BatchNormalization behind it.
    shard: (i, n), by bit or layer and with a `state`: only these bits or layers, every n-th from the i-th (from 0) on; the result is
        of these alone. `merge_estimates` joins the states of all shards. "slurm": the task of a job array says which.
    The others: as `run_campaign` takes them.

    Raises `BadInput` and its children, `Usage`, `OutputError`, `Busy`, `ResumeRefused` (the state is of another estimate),
    `OutOfMemory`. KeyboardInterrupt ends it soon; the state stays valid.
    """
    network, images = load_model(model), as_dataset(dataset)
    options = _options(error, confidence, metric, by, seed, max_seconds, state, split_by_sign)
    if shard is not None:
        options.set_shard(shard_text(shard))
    session = session_options(images, batch_size, output, preprocess, use_tf, limit, threads, memory, kernels)
    with _Bar(progress) as bar:
        return Estimate(*_core.estimate(network._handle, images._handle, session, options, _text.log, warn, bar.callback))


def merge_estimates(states: Iterable[str | os.PathLike[str]], state: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Joins the states of all shards of an estimate (`estimate(..., shard=(i, n), state=...)`): the whole estimate answers from `state`.

    states: paths, in any order; they stay as they are.
    state: path of the state that is written.
    overwrite: replace a file that is there.

    Raises `ResumeRefused`, naming the shard, where one is missing, given twice, of another estimate or unfinished, or the file exists;
    `BadInput` where a state was changed; then nothing is written. `Usage`, `OutputError`.
    """
    if not isinstance(overwrite, bool):
        raise Usage(f"`overwrite`: expected True or False, found {overwrite!r}")
    _core.merge_estimate_states(shard_paths(states), _text.path("state", state), overwrite)


def _options(
    error: float, confidence: float, metric: str, by: str, seed: int, max_seconds: float | None, state: Any, split_by_sign: bool
) -> _core.EstimateOptions:
    """Raises `Usage`."""
    options = _core.EstimateOptions()
    for name, value, names in (("metric", metric, _METRICS), ("by", by, _BY)):
        if not isinstance(value, str) or value not in names:
            raise Usage(f"`{name}`: expected one of {', '.join(names)}, found {value!r}")
    options.set_metric(metric)
    options.set_by(by)
    options.error, options.confidence = _text.real("error", error), _text.real("confidence", confidence)
    options.seed = _text.whole("seed", seed, 0, 2**63)
    options.max_seconds = None if max_seconds is None else _text.real("max_seconds", max_seconds)
    options.state_path = "" if state is None else _text.path("state", state)
    if not isinstance(split_by_sign, bool):
        raise Usage(f"`split_by_sign`: expected True or False, found {split_by_sign!r}")
    options.split_by_sign = split_by_sign
    return options


class _Bar:
    """What shows the progress of an estimate."""

    callback: Callable[..., object] | None

    def __init__(self, progress: EstimateProgressArgument) -> None:
        self._bar: Any = None
        self.callback = None
        if callable(progress):
            self.callback = lambda *numbers: progress(EstimateProgress(*numbers))
        elif progress is True:
            self.callback = self._show
        elif progress not in (False, None):
            raise Usage(f"`progress`: expected True, False or a callable, found {progress!r}")

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._bar is not None:
                self._bar.close()
        except (OSError, ValueError):
            pass

    def _show(self, *numbers: Any) -> None:
        now = EstimateProgress(*numbers)
        try:
            if self._bar is None:
                self._bar = _make_bar()
            if self._bar:
                self._bar.n = round(100 * now.share)
                self._bar.set_postfix_str(
                    f"{percent(now.estimate)} [{percent(now.low)}, {percent(now.high)}], {now.faults:,} faults", refresh=False)
                self._bar.refresh()
        except (OSError, ValueError):  # standard error is closed or full: the estimate goes on without a bar
            self.callback = None


def _make_bar() -> Any:
    """None where tqdm is not installed."""
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tqdm.auto warns where ipywidgets is missing and draws text instead
            from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=100, bar_format="{l_bar}{bar}| {elapsed} {postfix}")
