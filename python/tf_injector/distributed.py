"""Campaigns and estimates on the workers of a Dask cluster: `pip install tf_injector[distributed]`.

    from dask.distributed import Client
    from tf_injector import distributed

    client = Client("tcp://scheduler:8786")
    report = distributed.run_campaign(client, model, dataset, faults, report="r.csv")

The result is that of the local functions, and so is every byte of the report, its scores and its details: one run may begin here and go
on there. How to: docs/howto-dask.md.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import os
import queue
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, Callable, Iterable

import numpy as np

from . import _core, _text
from ._campaign import ProgressArgument, _choose, _details_path, _Shown, check_interval, session_options, warn
from ._campaign import run_campaign as _run_here
from ._dataset import Dataset, as_dataset
from ._errors import DatasetError, Error, ModelError, Usage
from ._estimate import Estimate, EstimateProgressArgument, _Bar, _options
from ._faults import FaultList, _as_fault_list
from ._model import Model, load_model
from ._report import Report, read_report

if TYPE_CHECKING:
    from distributed import Client, Future, Worker

__all__ = ["ClusterError", "estimate", "forget", "run_campaign"]

_PREFIX = "tf_injector-"
_MOST_WAITING = 256 << 20  # bytes of slices that wait for one before them
_SHARE_OF_LIMIT = 0.7  # of a worker's memory limit: at 0.8 Dask lets it pause


class ClusterError(Error, RuntimeError):
    """The cluster cannot do the work: no workers, workers that die, another version of tf_injector there."""


def run_campaign(
    client: "Client",
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
    timeout: float = 300.0,
    slice_seconds: float = 20.0,
    shared_files: bool = False,
) -> Report:
    """`tf_injector.run_campaign` on the workers of a Dask cluster: slices of the list are evaluated there, rows are written here.

    client: a `distributed.Client`, not an asynchronous one.
    threads: of a worker; None: those that Dask gave it (nthreads).
    memory: of a worker, and of this process; None: a share of the worker's memory limit; here a share of what is free.
    timeout: seconds after which it ends with `ClusterError` while there is no worker, or nothing is heard of any.
    slice_seconds: about so long a worker takes for a slice, whose faults are computed again when it dies.
    shared_files: workers read model and data themselves, from the paths that they have here, instead of being sent them.
    The others: as `tf_injector.run_campaign` takes them. Without `faults` the golden run is done here.

    Raises what `tf_injector.run_campaign` raises, and `ClusterError`. KeyboardInterrupt, or what `progress` raises, ends it soon, here and
    on the workers; the rows that were written stay valid, and the same call, or the local one, goes on.
    """
    if faults is None:
        return _run_here(model, dataset, None, report, scores, details, batch_size, output, preprocess, limit, check, overwrite, threads,
                         memory, progress, use_tf=use_tf, kernels=kernels)
    network, images = load_model(model), as_dataset(dataset)
    check = check_interval(check)
    _choose("scores", scores, ("none", "changed", "all"))
    if not isinstance(overwrite, bool):
        raise Usage(f"`overwrite`: expected True or False, found {overwrite!r}")
    if report is None and overwrite:
        raise Usage("`overwrite` needs a `report`")
    cluster = _Cluster(client, timeout)
    seconds = _positive("slice_seconds", slice_seconds)
    session = {"batch_size": batch_size, "output": output, "preprocess": preprocess, "use_tf": use_tf, "limit": limit, "kernels": kernels}
    here = session_options(images, threads=threads, memory=memory, **session)
    details_path = _details_path(details, report)
    chosen = _as_fault_list(faults)
    files = None
    if report is not None:
        files = _core.ReportOptions()
        files.path, files.overwrite, files.details_path = _text.path("report", report), overwrite, details_path
        files.command_line = ["tf_injector.distributed.run_campaign"]
    has_details = details is True if files is None else bool(details_path)
    writer = _core.SliceWriter(network._handle, images._handle, chosen._resolved(network), here, check, scores, has_details, files,
                               _text.log, warn)
    settings = {**session, "threads": threads, "memory": memory, "check": check, "scores": scores, "details": has_details}
    if not writer.is_finished:
        name = cluster.provide(network, images, shared_files)
        with _Shown(progress, len(chosen)) as shown:
            try:
                _Run(cluster, name, settings, chosen, writer, seconds, shown.callback).run()
            except KeyboardInterrupt as interrupt:
                if files is not None:
                    interrupt.args = (f"what is finished is in {files.path}; the same call goes on",)
                raise
    if files is None:
        return Report._of(writer.result(), scores, storage=network.storage)
    path = writer.path
    del writer  # and with it the report's lock
    return read_report(path)


def estimate(
    client: "Client",
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
    timeout: float = 300.0,
    shared_files: bool = False,
) -> Estimate:
    """`tf_injector.estimate` on the workers of a Dask cluster: faults are drawn here and evaluated there.

    client, threads, memory, timeout, shared_files: as `run_campaign` of this module takes them. The others, and the result: as those of
    `tf_injector.estimate`, whose `state` goes on here, and the other way round. Worth it where an inference takes milliseconds: rounds are
    small, and each waits for all of its draws.

    Raises what `tf_injector.estimate` raises, and `ClusterError`.
    """
    network, images = load_model(model), as_dataset(dataset)
    options = _options(error, confidence, metric, by, seed, max_seconds, state, split_by_sign)
    cluster = _Cluster(client, timeout)
    session = {"batch_size": batch_size, "output": output, "preprocess": preprocess, "use_tf": use_tf, "limit": limit, "kernels": kernels}
    here = session_options(images, threads=threads, memory=memory, **session)
    settings = {**session, "threads": threads, "memory": memory, "check": 0, "scores": "none", "details": False}
    name = cluster.provide(network, images, shared_files)
    with _Bar(progress) as bar, _Counter(cluster, name, settings) as counter:
        return Estimate(*_core.estimate(network._handle, images._handle, here, options, _text.log, warn, bar.callback, counter))


def forget(client: "Client") -> None:
    """Lets the workers and the scheduler drop the models and data that campaigns have left there for the next ones."""
    cluster = _Cluster(client, 60.0)
    for name in set(itertools.chain.from_iterable(cluster.call(client.run, _plugin_names, on_error="ignore").values())):
        cluster.call(client.unregister_worker_plugin, name)


def _positive(name: str, value: Any) -> float:
    number = float(_text.real(name, value))
    if not 0 < number < float("inf"):
        raise Usage(f"`{name}`: expected seconds above 0, found {value!r}")
    return number


# On the client.


class _Cluster:
    """A client whose calls end: none waits longer than `timeout` seconds."""

    def __init__(self, client: "Client", timeout: float) -> None:
        self.timeout = _positive("timeout", timeout)
        try:
            import distributed
        except ImportError as error:
            raise Usage(f"distributed is not installed ({error}): pip install 'tf_injector[distributed]'") from None
        if not isinstance(client, distributed.Client):
            raise Usage(f"`client`: expected a distributed.Client, found {type(client).__name__}")
        if client.asynchronous:
            raise Usage("`client`: expected one that is not asynchronous; call this from a thread that runs no event loop")
        if client.status != "running":
            raise ClusterError(f"the client is not connected to a scheduler: it is {client.status}")
        self.client = client

    def call(self, work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """What `work` returns, on a thread of its own: Ctrl-C is heard meanwhile."""
        done: "queue.SimpleQueue[tuple[bool, Any]]" = queue.SimpleQueue()

        def run() -> None:
            try:
                done.put((True, work(*arguments, **named)))
            except BaseException as error:  # handed on
                done.put((False, error))

        threading.Thread(target=run, name="tf_injector-call", daemon=True).start()
        end = time.monotonic() + self.timeout
        while time.monotonic() < end:
            try:
                is_result, value = done.get(timeout=0.1)
            except queue.Empty:
                continue
            if is_result:
                return value
            if isinstance(value, (Error, KeyboardInterrupt)):
                raise value
            raise ClusterError(f"the cluster did not answer: {type(value).__name__}: {value}") from value
        raise ClusterError(f"the cluster did not answer within {self.timeout:g} s; `timeout` says how long to wait")

    def workers(self) -> dict[str, Any]:
        """{address: facts}"""
        return dict(self.call(self.client.scheduler_info)["workers"])

    def provide(self, model: Model, dataset: Dataset, shared_files: bool) -> str:
        """Brings model and data to every worker, also to those that come later; once. Returns the plugin's name."""
        if not isinstance(shared_files, bool):
            raise Usage(f"`shared_files`: expected True or False, found {shared_files!r}")
        self._require_workers()
        self._require_version()
        contents: tuple[Any, ...]
        if shared_files:
            contents = ("paths", _path_of_model(model), model.sha256, model.storage, _path_of(dataset), dataset._set, dataset._normalization)
            digest = hashlib.sha256(repr(contents).encode())
        else:
            contents = ("bytes", _bytes_of(model), model.source, model.storage, dataset)
            digest = hashlib.sha256(f"{model.sha256} {model.storage}".encode())
            _add_dataset(digest, dataset)
        name = f"{_PREFIX}{_core.version()}-{digest.hexdigest()[:32]}"
        known = self.call(self.client.run, _plugin_names, on_error="ignore")
        if not known or not all(name in names for names in known.values()):
            self.call(self.client.register_plugin, _plugin_class()(name, contents), name=name)
        return name

    def _require_workers(self) -> None:
        end = time.monotonic() + self.timeout
        while not self.workers():
            if time.monotonic() > end:
                raise ClusterError(_no_worker(self.client, self.timeout))
            time.sleep(min(0.2, self.timeout))

    def _require_version(self) -> None:
        found = self.call(self.client.run, eval, "__import__('tf_injector').__version__", on_error="return")
        for worker, version in found.items():
            if version != _core.version():
                what = f"it cannot be imported: {version}" if isinstance(version, Exception) else f"found {version}"
                raise ClusterError(f"worker {worker}: expected tf_injector {_core.version()}, as here, {what}; install that version there")


def _no_worker(client: "Client", seconds: float) -> str:
    address = client.scheduler.address if client.scheduler is not None else "?"
    return f"no worker for {seconds:g} s: the scheduler {address} has none; start some, or wait longer with `timeout`"


def _bytes_of(model: Model) -> bytes:
    if model._file is not None:
        return model._file
    try:
        with open(_path_of_model(model), "rb") as file:
            contents = file.read()
    except OSError as error:
        raise ModelError(f"{model.source}: cannot be read again for the workers: {error.strerror}") from None
    if hashlib.sha256(contents).hexdigest() != model.sha256:
        raise ModelError(f"{model.source}: the file is another one since the model was loaded; load it again")
    return contents


def _path_of_model(model: Model) -> str:
    if model._file is not None:
        raise Usage("`shared_files`: a live model has no file; save it and give its path")
    return model._place or os.path.abspath(model.source)


def _path_of(dataset: Dataset) -> str:
    path = os.path.abspath(dataset.source)
    if not os.path.exists(path):
        raise Usage(f"`shared_files`: the data set {dataset.source!r} has no file; read it from one (Dataset.read), or leave shared_files out")
    return path


def _add_dataset(digest: Any, dataset: Dataset) -> None:
    for name, images, scaled in dataset._handle.inputs():
        digest.update(repr((name, images.dtype.str, images.shape, scaled)).encode())
        digest.update(np.ascontiguousarray(images).data)
    digest.update(np.ascontiguousarray(dataset.y).data)
    digest.update(repr((dataset.name, dataset.source, dataset._set, dataset._normalization)).encode())


class _Tasks:
    """Tasks of a run: their results come through a queue, they are released at once, and none outlives the run."""

    def __init__(self, cluster: _Cluster, name: str, settings: dict[str, Any]) -> None:
        self.cluster, self.client, self._name, self._settings = cluster, cluster.client, name, settings
        self.run = uuid.uuid4().hex[:12]
        self.topic = f"{_PREFIX}{self.run}"
        self._results: "queue.SimpleQueue[tuple[Any, Any, Any]]" = queue.SimpleQueue()
        self._futures: dict[str, tuple["Future", Any]] = {}
        self._number = itertools.count()
        self._heard = self._seen = self._looked = time.monotonic()
        self._news: dict[Any, float] = {}
        self.workers = 1

    def __enter__(self) -> "_Tasks":
        self.client.subscribe_topic(self.topic, self._hear)
        self.workers = max(len(self.cluster.workers()), 1)
        return self

    def __exit__(self, *_: object) -> None:
        """Tasks that are left are cancelled; workers see that and stop."""
        futures = [future for future, _ in self._futures.values()]
        self._futures.clear()
        try:
            self.client.unsubscribe_topic(self.topic)
            if futures:
                self.client.cancel(futures, force=True, asynchronous=False)
        except Exception:  # the cluster is gone, and the tasks with it
            pass

    def __len__(self) -> int:
        return len(self._futures)

    def places(self) -> list[Any]:
        return [place for _, place in self._futures.values()]

    def submit(self, place: Any, kind: str, *arguments: Any) -> None:
        label = f"{place[0]}-{place[1]}" if isinstance(place, tuple) else str(place)
        key = f"{_PREFIX}{kind}-{self.run}-{label}-{next(self._number)}"
        future = self.client.submit(_evaluate, self._name, self.topic, self._settings, kind, *arguments, key=key, pure=False, retries=0)
        self._futures[key] = (future, place)
        if len(self._futures) == 1:
            self._heard = time.monotonic()
        future.add_done_callback(self._done)

    def _done(self, future: "Future") -> None:  # on a thread of Dask's
        value: Any = None
        error: BaseException | None = None
        try:
            value = future.result(timeout=self.cluster.timeout)
        except BaseException as raised:  # handed on
            error = raised
        self._results.put((future.key, value, error))

    def _hear(self, event: Any) -> None:  # on the client's event loop
        self._heard = time.monotonic()
        message = event[1]
        if isinstance(message, dict) and isinstance(message.get("row"), int):
            done = message.get("done")
            self._news[message["row"]] = float(done) if isinstance(done, (int, float)) else 0.0

    def done_in_work(self) -> float:
        """Faults of slices that are not back yet, about."""
        rows = [place[0] for place in self.places() if isinstance(place, tuple)]
        return sum(self._news.get(row, 0.0) for row in rows)

    def next_result(self, seconds: float) -> tuple[Any, Any] | None:
        """(place, value) of a task; None: nothing came within these seconds. Raises what the task raised, and `ClusterError`."""
        try:
            key, value, error = self._results.get(timeout=seconds)
        except queue.Empty:
            self._watch()
            return None
        self._heard = time.monotonic()
        future, place = self._futures.pop(key, (None, None))
        if future is None:
            return None
        future.release()
        if error is not None:
            raise self._explained(error, place)
        return place, value

    def _explained(self, error: BaseException, place: Any) -> BaseException:
        from distributed import KilledWorker

        if isinstance(error, (Error, KeyboardInterrupt)):
            return error
        what = _name_of(place)
        if isinstance(error, KilledWorker):
            return ClusterError(f"{what}: every worker that evaluated it died, {error.last_worker.address} the last of "
                                f"{error.allowed_failures + 1}: it may need more memory than the workers have, or crash; their logs say more")
        kind = type(error).__name__
        if "Cancelled" in kind:
            return ClusterError(f"{what}: was cancelled by somebody else, or the scheduler was lost or restarted")
        return ClusterError(f"{what}: {kind}: {error}")

    def _watch(self) -> None:
        """Raises `ClusterError` where nobody works any more."""
        now = time.monotonic()
        if self.client.status not in ("running", "connecting"):
            raise ClusterError(f"the client has lost the scheduler: it is {self.client.status}")
        if now - self._looked > 1.0:
            workers = len(self.cluster.workers())
            self._looked = now
            self.workers = max(workers, 1)
            if workers:
                self._seen = now
            else:
                self._heard = now
        if now - self._seen > self.cluster.timeout:
            raise ClusterError(_no_worker(self.client, self.cluster.timeout))
        if self._futures and now - self._heard > self.cluster.timeout:
            first = _name_of(min(self.places(), key=str))
            raise ClusterError(f"nothing was heard of {first} for {self.cluster.timeout:g} s, though there are workers; `timeout` says how "
                               "long to wait")


def _name_of(place: Any) -> str:
    return f"the slice of rows {place[0] + 1} to {place[1]} of the list" if isinstance(place, tuple) else f"the task {place}"


class _Run:
    """A campaign: hands out slices, takes their results as they come, and writes them in the list's order."""

    def __init__(self, cluster: _Cluster, name: str, settings: dict[str, Any], faults: FaultList, writer: _core.SliceWriter, seconds: float,
                 show: Callable[..., object] | None) -> None:
        self._tasks = _Tasks(cluster, name, settings)
        self._faults, self._writer, self._seconds, self._show = faults, writer, seconds, show
        self._pending: list[tuple[int, int]] = [(writer.rows, len(faults))]  # (first, end), a heap
        self._waiting: dict[int, bytes] = {}
        self._rate = 0.0  # faults per second of a worker; 0: not known
        self._begin = time.monotonic()
        self._shown = 0.0

    def run(self) -> None:
        writer, total = self._writer, len(self._faults)
        with self._tasks as tasks:
            if writer.needs_scores:
                tasks.submit("golden", "golden")
            while writer.rows < total:
                self._fill()
                result = tasks.next_result(0.1)
                if result is not None:
                    self._take(*result)
                    self._write()
                self._tell()
            writer.finish()
            self._tell(last=True)

    def _left(self) -> int:
        return sum(end - first for first, end in self._pending)

    def _fill(self) -> None:
        tasks = self._tasks
        while self._pending and len(tasks) < 2 * tasks.workers:
            first, end = self._pending[0]
            is_next = first == self._writer.rows
            if not is_next and len(tasks) > 0 and sum(map(len, self._waiting.values())) > _MOST_WAITING:
                return
            heapq.heappop(self._pending)
            size = min(self._size(end - first), end - first)
            if first + size < end:
                heapq.heappush(self._pending, (first + size, end))
            text = self._faults[first : first + size]._text
            tasks.submit((first, first + size), "slice", text, first, self._budget())

    def _size(self, run: int) -> int:
        """Faults of the next slice: a share that leaves something for all, and not more than a worker does in its time."""
        share = -(-(self._left() + run) // (2 * self._tasks.workers))
        if self._rate == 0:
            return max(share, 1)
        return max(1, min(share, int(self._rate * self._seconds)), int(self._rate * min(1.0, self._seconds)))

    def _budget(self) -> float:
        return self._seconds / 2 if self._rate == 0 else self._seconds * 2

    def _take(self, place: Any, value: Any) -> None:
        if not isinstance(value, bytes):
            raise ClusterError(f"{_name_of(place)}: expected bytes, found {type(value).__name__}")
        row, count, seconds = _core.slice_head(value)
        if place == "golden":
            self._writer.begin(value)
            return
        first, end = place
        if row != first or not 0 < count <= end - first:
            raise ClusterError(f"{_name_of(place)}: found {count} rows from row {row + 1} on")
        self._keep(first, end, count, seconds, value)

    def _keep(self, first: int, end: int, count: int, seconds: float, value: bytes) -> None:
        if first + count < end:
            heapq.heappush(self._pending, (first + count, end))
        self._waiting[first] = value
        if seconds > 0:
            rate = count / seconds
            self._rate = rate if self._rate == 0 else (self._rate + rate) / 2

    def _write(self) -> None:
        writer = self._writer
        while (writer.has_begun or not writer.needs_scores) and writer.rows in self._waiting:
            writer.append(self._waiting.pop(writer.rows))

    def _tell(self, last: bool = False) -> None:
        now = time.monotonic()
        if self._show is None or (not last and now - self._shown < 0.1):
            return
        self._shown = now
        total, rows = len(self._faults), self._writer.rows
        waiting = sum(_core.slice_head(value)[1] for value in self._waiting.values()) if not last else 0
        done = min(rows + waiting + self._tasks.done_in_work(), total)
        images = rows * self._writer.images
        self._show(total, float(total if last else done), now - self._begin, rows, self._writer.critical, images)


class _Counter:
    """Counts what an estimate asks for: its draws in parts, one for each worker and more."""

    def __init__(self, cluster: _Cluster, name: str, settings: dict[str, Any]) -> None:
        self._tasks = _Tasks(cluster, name, settings)

    def __enter__(self) -> "_Counter":
        self._tasks.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._tasks.__exit__(*error)

    def __call__(self, metric: str, csv: bytes, images: np.ndarray) -> list[int]:
        head, *lines = csv.splitlines(keepends=True)
        size = -(-len(lines) // (2 * self._tasks.workers))
        counts = np.full(len(lines), -1, dtype=np.int64)
        for first in range(0, len(lines), size):
            end = min(first + size, len(lines))
            part = head + b"".join(lines[first:end])
            self._tasks.submit((first, end), "draws", metric, part, np.ascontiguousarray(images[first:end]).tobytes(), images.shape[1])
        while len(self._tasks) > 0:
            result = self._tasks.next_result(0.1)
            if result is None:
                continue
            (first, end), value = result
            if not isinstance(value, bytes) or len(value) != 8 * (end - first):
                raise ClusterError(f"draws {first + 1} to {end}: a worker's counts are not as many as were asked for")
            counts[first:end] = np.frombuffer(value, dtype=np.int64)
        return [int(count) for count in counts]


# On the workers.


class _Stopped(Error):
    """Nobody wants the task any more."""


def _plugin_names(dask_worker: "Worker | None" = None) -> list[str]:
    return [name for name in getattr(dask_worker, "plugins", {}) if str(name).startswith(_PREFIX)]


_plugin_type: Any = None


def _plugin_class() -> Any:
    """`_Plugin` as a WorkerPlugin, made when distributed is imported anyway."""
    global _plugin_type
    if _plugin_type is None:
        from distributed import WorkerPlugin

        _plugin_type = type("Plugin", (_Plugin, WorkerPlugin), {"__module__": __name__, "__reduce__": _reduce_plugin})
    return _plugin_type


def _reduce_plugin(plugin: Any) -> tuple[Any, ...]:
    return _restore_plugin, (plugin.name, plugin.contents)


def _restore_plugin(name: str, contents: Any) -> Any:
    return _plugin_class()(name, contents)


class _Plugin:
    """Model and data of campaigns on a worker. One slice at a time, on all of the worker's threads."""

    idempotent = True  # who registers it again leaves it in place

    def __init__(self, name: str, contents: tuple[Any, ...]) -> None:
        self.name, self.contents = name, contents
        self._turn = threading.Lock()
        self._is_closed = False
        self._loaded: tuple[Model, Dataset] | None = None
        self._runner: tuple[str, _core.SliceRunner] | None = None

    def setup(self, worker: "Worker") -> None:
        """Nothing is loaded before the first task: the worker's event loop is not held up."""

    def teardown(self, worker: "Worker") -> None:
        self._is_closed = True
        self._runner = self._loaded = None

    def evaluate(self, worker: "Worker", topic: str, settings: dict[str, Any], kind: str, *arguments: Any) -> bytes:
        look = _Look(worker, topic, self, arguments[1] if kind == "slice" else -1)
        while not self._turn.acquire(timeout=0.1):
            look()
        try:
            runner = self._runner_of(worker, settings, look)
            if kind == "golden":
                return runner.golden(look)
            if kind == "slice":
                text, row, seconds = arguments
                return runner.run(text, row, seconds, look, look.progress)
            metric, text, images, each = arguments
            counts: Any = runner.count(metric, text, np.frombuffer(images, dtype=np.int64).reshape(-1, each), look)
            return bytes(np.ascontiguousarray(counts, dtype=np.int64).tobytes())
        finally:
            self._turn.release()

    def _runner_of(self, worker: "Worker", settings: dict[str, Any], look: "_Look") -> _core.SliceRunner:
        key = repr(sorted(settings.items()))
        runner = self._runner
        if runner is not None and runner[0] == key:
            return runner[1]
        self._runner = None
        model, dataset = self._loaded = self._loaded or _load(self.contents)
        session = {name: settings[name] for name in ("batch_size", "output", "preprocess", "use_tf", "limit", "kernels")}
        memory = settings["memory"] if settings["memory"] is not None else _memory_of(worker)
        options = session_options(dataset, threads=settings["threads"] or _threads_of(worker), memory=memory, **session)
        made = _core.SliceRunner(model._handle, dataset._handle, options, settings["check"], settings["scores"], settings["details"], look)
        self._runner = (key, made)
        return made

    def is_unwanted(self) -> bool:
        return self._is_closed


class _Look:
    """What a slice does every few hundredths of a second: it ends where nobody wants it any more, and says that it is alive."""

    def __init__(self, worker: "Worker", topic: str, plugin: _Plugin, row: int) -> None:
        self._worker, self._topic, self._plugin, self._row = worker, topic, plugin, row
        self._key = worker.get_current_task()
        self._said, self._done = 0.0, 0.0

    def __call__(self) -> None:
        task = self._worker.state.tasks.get(self._key)
        if task is None or task.state == "cancelled":
            raise _Stopped("the task was cancelled")
        if self._plugin.is_unwanted():
            from distributed import Reschedule

            raise Reschedule()  # this worker goes, another one does it
        now = time.monotonic()
        if now - self._said >= 1.0:
            self._said = now
            self._worker.log_event(self._topic, {"row": self._row, "done": self._done, "worker": str(self._worker.name)})

    def progress(self, faults: int, done: float, *_: object) -> None:
        self._done = done


def _load(contents: tuple[Any, ...]) -> tuple[Model, Dataset]:
    if contents[0] == "bytes":
        _, file, source, storage, dataset = contents
        return Model._of(_core.Model.from_bytes(file, source), file)._stored(storage), dataset
    _, path, sha256, storage, data_path, named_set, normalization = contents
    model = load_model(path, storage)
    if model.sha256 != sha256:
        raise ModelError(f"{path}: on this worker it is another model than the client's")
    names = [item.name for item in model.inputs]
    handle = _core.Dataset.read(named_set, data_path, False, "pillow", names, _text.log)
    return model, Dataset._of(handle, named_set, normalization)


def _threads_of(worker: "Worker") -> int:
    return max(int(worker.state.nthreads), 1)


def _memory_of(worker: "Worker") -> int | None:
    """What a session may take of the worker's memory limit, beside what the process has already; None: there is no limit."""
    limit = getattr(worker.memory_manager, "memory_limit", None)
    if not limit:
        return None
    import psutil

    return max(int(_SHARE_OF_LIMIT * limit) - psutil.Process().memory_info().rss, 1)


def _evaluate(name: str, topic: str, settings: dict[str, Any], kind: str, *arguments: Any) -> bytes:
    """A task: the result of `kind` by the worker's plugin of this name."""
    from distributed import get_worker

    worker = get_worker()
    for _ in range(50):  # a worker that has just come may be given a task before its plugins are there
        plugin: Any = worker.plugins.get(name)
        if plugin is not None:
            result: bytes = plugin.evaluate(worker, topic, settings, kind, *arguments)
            return result
        time.sleep(0.1)
    raise ClusterError(f"worker {worker.address}: has not got model and data ({name}); its log says why")
