#!/usr/bin/env python3
"""Figures of this machine for docs/scaling.md and tools/scaling_model.py: what a campaign costs alone, in shards, and on Dask workers.

    measure_scaling.py --data FOLDER [--list LIST] [--model FILE] [--faults 2000] [--images 1000] [--rounds 5] [-o FIGURES.json] [--short]

Needs distributed; tf_injector must be importable, and the program built. --list: it is thinned evenly to --faults rows, and its other rows
are what costs are measured on, so that the model never sees the runs that it predicts. Without it faults are drawn, without --data images
are random. --short: a campaign of seconds, for tests. The machine must be idle. Ways to run are measured in turn; FIGURES.json is written
anew behind every step, so what an interruption leaves can be read.
"""
import argparse
import datetime
import hashlib
import json
import multiprocessing
import os
import pathlib
import pickle
import platform
import re
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import tf_injector as fi
from dask_overhead import ROOT, data_of, seconds_to_first_slice, timed
from distributed import Client, LocalCluster
from tf_injector import _core, distributed
from tf_injector._campaign import session_options

CUTS, SHORT_CUTS = (1, 2, 4, 8, 16, 64), (1, 2, 4)
FINE_CUT = 4096  # shards whose sizes tell what the rule of --shard takes the faults of each layer for
NEVER = 1e9


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=str(ROOT / "models/CIFAR10/ResNet20.keras"))
    parser.add_argument("--data", default=None, help="a test set as Dataset.cifar10 reads it")
    parser.add_argument("--list", default=None)
    parser.add_argument("--program", default=str(ROOT / "build/release/tf_injector"))
    parser.add_argument("--faults", type=int, default=2000)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--shard-images", type=int, default=250, help="of the shards that are run one after the other")
    parser.add_argument("--cost-images", type=int, default=64, help="on which faults of each layer are measured")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow-rounds", type=int, default=3, help="in which the ways that work on one thread at a time are measured too")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("-o", "--output", default="scaling.json")
    arguments = parser.parse_args()
    if arguments.short:
        arguments.faults, arguments.images, arguments.shard_images, arguments.cost_images, arguments.rounds = 64, 16, 8, 8, 1
    return arguments


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    import distributed as dask

    return {"cpu": cpu, "processors": len(os.sched_getaffinity(0)), "memory_bytes": memory, "kernel": platform.release(),
            "python": platform.python_version(), "distributed": dask.__version__}


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def loopback_bytes():
    line = next(line for line in open("/proc/net/dev") if line.strip().startswith("lo:"))
    return int(line.split(":")[1].split()[0])


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class Work:
    """What is measured on: model, images, the campaign's list, and that of the rows between."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.model, self.data = fi.load_model(arguments.model), data_of(arguments)
        if arguments.list is None:
            self.whole = fi.FaultList.generate(self.model, n=4 * arguments.faults, seed=1)
        else:
            self.whole = fi.FaultList.read(arguments.list)
        rows, faults = len(self.whole), arguments.faults
        if rows < 2 * faults:
            raise SystemExit(f"{self.whole.name}: expected at least {2 * faults} faults, found {rows}: choose fewer with --faults")
        chosen = np.arange(faults) * rows // faults
        self.campaign, self.others = self.whole[chosen], self.whole[chosen + rows // faults // 2]

    def runner(self, images, check=0):
        options = session_options(self.data, 512, None, None, False, images, 1, None, "auto")
        return _core.SliceRunner(self.model._handle, self.data._handle, options, check, "none", False, None)

    def layers(self):
        """(name, first row, end row) of the whole list."""
        names = self.whole.layer
        begins = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1), len(names)]
        return [(str(names[a]), int(a), int(b)) for a, b in zip(begins, begins[1:])]

    def every_bit_near(self, layer, shape, place, count):
        """`count` neighbours in the list of all bits of a layer's weights, bits fastest."""
        bits = int(np.prod(shape)) * 32
        count = min(count, bits)
        rows = min(int(place * bits), bits - count) + np.arange(count)
        index = np.stack(np.unravel_index(rows // 32, shape), axis=1)
        return fi.FaultList.from_arrays(layer, index, rows % 32)


def run_slice(runner, faults, row=0):
    """Seconds, and the bytes, of a slice."""
    text = faults._text
    begin = time.perf_counter()
    result = runner.run(text, row, NEVER, None, None)
    return time.perf_counter() - begin, result


def cheapest(work, runner):
    """A fault that costs next to nothing: in the last layer."""
    layer = work.model.faultable[-1]
    return work.every_bit_near(layer.layer.split("/")[-1], layer.shape, 0.5, 1)


def measure_fixed(work):
    """What is paid beside faults, by a process with one thread: golden run, a slice's own cost, the self-check."""
    images = work.arguments.images
    few = max(images // 10, 1)
    figures = {"images": images}
    goldens, passes = [], {images: [], few: []}
    for _ in range(3):
        for number in passes:
            runner = work.runner(number)
            golden = timed(lambda: runner.golden(None))
            if number == images:
                goldens.append(golden)
            one = cheapest(work, runner)
            run_slice(runner, one)
            passes[number].append(min(run_slice(runner, one)[0] for _ in range(3)))
    many, less = statistics.median(passes[images]), statistics.median(passes[few])
    figures["golden_seconds_per_image"] = statistics.median(goldens) / images
    figures["pass_seconds_per_image"] = max(many - less, 0.0) / max(images - few, 1)
    figures["slice_seconds"] = max(less - few * figures["pass_seconds_per_image"], 0.0)
    checked = work.runner(images, None)
    checked.golden(None)
    faults = work.others[: min(64, len(work.others))]
    plain = work.runner(images)
    plain.golden(None)
    figures["check_seconds"] = statistics.median(run_slice(checked, faults)[0] - run_slice(plain, faults)[0] for _ in range(3))
    return figures


def cost_of(runner, faults, nothing):
    return max(run_slice(runner, faults)[0] - nothing, 0.0)


def measure_costs(work, figures):
    """Seconds of faults on an image, by place in each list: neighbours as they are evaluated together."""
    arguments = work.arguments
    nothing = figures["slice_seconds"] + figures["pass_seconds_per_image"] * arguments.images
    runner = work.runner(arguments.images)
    runner.golden(None)
    campaign, rows, first = [], len(work.others), 0
    while first < rows:
        size = max(rows // (16 if first < rows // 4 else 8), 1)  # costs fall where the list begins
        faults = work.others[first : first + size]
        campaign.append({"first": first, "faults": len(faults), "seconds_per_image": cost_of(runner, faults, nothing) / arguments.images})
        first += size
    number = arguments.cost_images
    runner = work.runner(number)
    runner.golden(None)
    one = cheapest(work, runner)
    nothing = statistics.median(run_slice(runner, one)[0] for _ in range(5))
    published, every_bit = [], []
    shapes = {layer.layer.split("/")[-1]: layer.shape for layer in work.model.faultable}
    for name, first, end in work.layers():
        bits = int(np.prod(shapes[name])) * 32
        published.append(layer_costs(name, end - first, arguments, lambda place, count: cost_of(
            runner, work.whole[neighbours(first, end, place, count)], nothing)))
        every_bit.append(layer_costs(name, bits, arguments, lambda place, count: cost_of(
            runner, work.every_bit_near(name, shapes[name], place, count), nothing)))
    return {"campaign": campaign, "published": published, "exhaustive": every_bit}


def neighbours(first, end, place, count):
    """A slice of so many rows, or of all that there are, about a place between the first and the end."""
    count = min(count, end - first)
    begin = first + int(place * (end - first - count))
    return slice(begin, begin + count)


def layer_costs(name, faults, arguments, cost):
    """Of a fault in a layer, evaluated with so many neighbours."""
    seconds, images = {}, arguments.cost_images
    for count, places in ((4, (0.5,)), (16, (0.5,))) if arguments.short else ((16, (0.1, 0.4, 0.6, 0.9)), (256, (0.5,))):
        count = min(count, faults)
        seconds[str(count)] = sum(cost(place, count) for place in places) / (count * len(places) * images)
    return {"layer": name, "faults": faults, "seconds_per_fault_and_image": seconds}


def expected_costs(work, faults):
    """Row at which each of FINE_CUT shards begins: what the rule of --shard expects."""
    resolved = faults._resolved(work.model)
    rows, begins = 0, []
    for i in range(FINE_CUT):
        begins.append(rows)
        rows += len(resolved.shard(f"{i}/{FINE_CUT}", work.model._handle))
    return begins


def work_at_once(model, data, text, images, repeats, ready, go, results):
    """A process of its own: the same slice again and again, when all are ready."""
    options = session_options(data, 512, None, None, False, images, 1, None, "auto")
    runner = _core.SliceRunner(model._handle, data._handle, options, 0, "none", False, None)
    runner.golden(None)
    ready.release()
    go.wait()
    begin = time.perf_counter()
    for _ in range(repeats):
        runner.run(text, 0, NEVER, None, None)
    results.put(time.perf_counter() - begin)


def seconds_at_once(work, processes):
    context = multiprocessing.get_context("spawn")
    ready, go, results = context.Semaphore(0), context.Event(), context.Queue()
    text = work.others[:: max(len(work.others) // 200, 1)]._text
    images, repeats = max(work.arguments.images // 5, 1), 1 if work.arguments.short else 2
    arguments = (work.model, work.data, text, images, repeats, ready, go, results)
    started = [context.Process(target=work_at_once, args=arguments) for _ in range(processes)]
    for process in started:
        process.start()
    for _ in started:
        ready.acquire()
    go.set()
    seconds = [results.get() for _ in started]
    for process in started:
        process.join()
    return statistics.mean(seconds)


def measure_at_once(work):
    """How much longer a slice takes while the other processor works too."""
    alone, both = [], []
    for _ in range(1 if work.arguments.short else 3):
        alone.append(seconds_at_once(work, 1))
        both.append(seconds_at_once(work, 2))
    return {"alone_seconds": alone, "both_seconds": both, "factor": statistics.median(both) / statistics.median(alone)}


class Program:
    """The command line's campaigns."""

    def __init__(self, work, folder):
        arguments = work.arguments
        self.folder = pathlib.Path(folder)
        data = arguments.data
        if data is None:
            data = self.folder / "images.npz"
            np.savez(data, x=work.data.x, y=work.data.y)
        self.words = [arguments.program, "--model", arguments.model, "--data", str(data), "--threads", "1", "-q"]
        if arguments.data is not None:
            self.words += ["-d", "CIFAR10"]

    def start(self, *words):
        return subprocess.Popen([*self.words, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def run(self, *words):
        """Wall seconds, and those of the processor."""
        begin = time.perf_counter()
        process = self.start(*words)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{shlex.join(process.args)}: exit code {process.returncode}")
        return seconds, usage.ru_utime + usage.ru_stime


def measure_start(program):
    """A process without faults on one image: reading model and data."""
    return [program.run("--limit", 1, "--check", 0)[0] for _ in range(5)]


def run_two_shards(program, faults, images, name):
    """Wall seconds of two processes of one thread, each with half of the list."""
    begin = time.perf_counter()
    reports = [program.folder / f"{name}_{i}.csv" for i in range(2)]
    started = [program.start("-f", faults, "--limit", images, "--shard", f"{i}/2", "--report", report) for i, report in enumerate(reports)]
    seconds = []
    for process in started:
        if process.wait() != 0:
            raise SystemExit(f"{shlex.join(process.args)}: exit code {process.returncode}")
    seconds = time.perf_counter() - begin
    each = [json.loads(report.with_suffix(".run.json").read_text())["seconds"] for report in reports]
    merged = program.folder / f"{name}.csv"
    subprocess.run([program.words[0], "merge", "-q", "-o", merged, *reports], check=True, stdout=subprocess.DEVNULL)
    return seconds, each, merged


def measure_shards(program, faults, images, cuts):
    """Every shard of every cut, those of different cuts in turn; then all are merged to the same bytes."""
    order = sorted(((i + 0.5) / of, of, i) for of in cuts for i in range(of))
    shards = {of: [] for of in cuts}
    for _, of, i in order:
        report = program.folder / f"shard_{i}_of_{of}.csv"
        wall, processor = program.run("-f", faults, "--limit", images, "--shard", f"{i}/{of}", "--report", report)
        facts = json.loads(report.with_suffix(".run.json").read_text())
        shards[of].append({"rows": facts["shard"]["rows"], "wall_seconds": wall, "processor_seconds": processor,
                           "run_seconds": facts["seconds"], "check_seconds": facts["check"]["seconds"]})
    merges, hashes = [], set()
    for of in cuts:
        reports = [program.folder / f"shard_{i}_of_{of}.csv" for i in range(of)]
        merges.append(merge(program, reports, program.folder / f"merged_{of}.csv"))
        hashes.add(sha256(program.folder / f"merged_{of}.csv"))
    if len(hashes) != 1:
        raise SystemExit("the merged reports differ")
    return {"images": images, "sha256": hashes.pop(), "cuts": {str(of): shards[of] for of in cuts}}, merges


def merge(program, reports, output):
    seconds = timed(lambda: subprocess.run([program.words[0], "merge", "-q", "--overwrite", "-o", output, *reports], check=True,
                                           stdout=subprocess.DEVNULL))
    size = output.stat().st_size
    size += sum(path.stat().st_size for path in output.with_suffix("").rglob("*")) if output.with_suffix("").is_dir() else 0
    rows = output.read_bytes().count(b"\n") - 2
    return {"shards": len(reports), "rows": rows, "bytes": size, "seconds": seconds}


def measure_merges(work, program):
    """Merges of many rows, and of scores, in few and many shards."""
    layer = work.model.faultable[-1]
    name, bits = layer.layer.split("/")[-1], int(np.prod(layer.shape)) * 32
    conv = next(item for item in reversed(work.model.faultable[:-1]))
    many = min(int(np.prod(conv.shape)) * 32, 2_000 if work.arguments.short else 200_000)
    lists = {"few": work.every_bit_near(name, layer.shape, 0, min(bits, 1_000 if work.arguments.short else 20_000)),
             "many": work.every_bit_near(conv.layer.split("/")[-1], conv.shape, 0, many)}
    merges = []
    for label, images, scores, cuts in (("few", 1, "none", (2, 64)), ("many", 1, "none", (2,)), ("few", 64, "one", (2,))):
        if work.arguments.short:
            images, cuts = min(images, 4), cuts[:1]
        faults = program.folder / f"{label}.csv.list"
        lists[label].to_csv(faults)
        for of in cuts:
            reports = []
            for i in range(of):
                reports.append(program.folder / f"{label}_{scores}_{i}_of_{of}.csv")
                program.run("-f", faults, "--limit", images, "--scores", scores, "--shard", f"{i}/{of}", "--report", reports[-1], "--check", 0)
            merges.append({**merge(program, reports, program.folder / f"{label}_{scores}_{of}.csv"), "scores": scores})
    return merges


def measure_writer(work, folder):
    """What the process that writes does for a slice: cuts its text out of the list, and appends its rows durably."""
    images = max(work.arguments.images // 20, 1)
    runner = work.runner(images)
    options = session_options(work.data, 512, None, None, False, images, 1, None, "auto")
    files = _core.ReportOptions()
    files.path, files.overwrite, files.command_line = os.path.join(folder, "writer.csv"), True, ["measure_scaling.py"]
    writer = _core.SliceWriter(work.model._handle, work.data._handle, work.others._resolved(work.model), options, 0, "none", False, files,
                               None, None)
    size, cut, append, bytes_there, bytes_back = max(len(work.others) // 32, 1), [], [], [], []
    for first in range(0, len(work.others), size):
        begin = time.perf_counter()
        faults = work.others[first : first + size]
        cut.append(time.perf_counter() - begin)
        result = run_slice(runner, faults, first)[1]
        append.append(timed(lambda: writer.append(result)))
        bytes_there.append(len(faults._text))
        bytes_back.append(len(result))
    writer.finish()
    return {"faults": size, "cut_seconds": statistics.median(cut), "append_seconds": statistics.median(append),
            "bytes_to_worker": statistics.median(bytes_there), "bytes_from_worker": statistics.median(bytes_back)}


def measure_tasks(client):
    """Tasks that do nothing: seconds of one there and back, and tasks per second of many."""
    numbers = iter(range(10**9))

    def submit():
        return client.submit(abs, 1, key=f"nothing-{time.time_ns()}-{next(numbers)}", pure=False)

    submit().result()
    trips = [timed(lambda: submit().result()) for _ in range(50)]
    many = 1000
    seconds = timed(lambda: client.gather([submit() for _ in range(many)]))
    return {"round_trip_seconds": statistics.median(trips), "tasks_per_second": many / seconds}


def measure_load(work):
    """What a worker does with the bytes of model and data before its first slice, the golden run left out."""
    contents = ("bytes", distributed._bytes_of(work.model), work.model.source, work.data)
    text = pickle.dumps(distributed._plugin_class()("tf_injector-measured", contents))

    def load():
        _, file, source, data = pickle.loads(text).contents
        model = fi.Model._of(_core.Model.from_bytes(file, source), file)
        options = session_options(data, 512, None, None, False, work.arguments.images, 1, None, "auto")
        _core.SliceRunner(model._handle, data._handle, options, 0, "none", False, None)

    return {"bytes_per_worker": len(text), "load_seconds": statistics.median(timed(load) for _ in range(5))}


def measure_provide(client, work):
    """Bringing model and data to all workers."""
    def provide():
        distributed.forget(client)
        return timed(lambda: distributed._Cluster(client, 60.0).provide(work.model, work.data, False))

    return statistics.median(provide() for _ in range(3))


class DaskRuns:
    """Campaigns on a cluster of this machine whose workers have one thread; workers forget model and data before each."""

    def __init__(self, work, workers):
        self.work, self.workers = work, workers

    def __enter__(self):
        self.start_seconds = timed(self._start)
        return self

    def _start(self):
        self.cluster = LocalCluster(n_workers=self.workers, threads_per_worker=1, dashboard_address=":0")
        self.client = Client(self.cluster)
        self.client.wait_for_workers(self.workers, timeout=120)

    def __exit__(self, *_):
        self.client.close()
        self.cluster.close()

    def run(self, path, images, faults=None):
        """Wall seconds, and bytes on the loopback meanwhile."""
        distributed.forget(self.client)
        before = loopback_bytes()
        faults = self.work.campaign if faults is None else faults
        seconds = timed(lambda: distributed.run_campaign(self.client, self.work.model, self.work.data, faults, path, limit=images,
                                                         progress=False, overwrite=True))
        return seconds, loopback_bytes() - before

    def peak_bytes(self):
        return list(self.client.run(peak_bytes).values())


def slices_of(report):
    facts = json.loads(pathlib.Path(report).with_suffix(".run.json").read_text())
    return facts["check"]["constants"] - 1  # once per block, and once for the golden run


def measure_runs(work, program, folder, save):
    """The ways to run one campaign, in turn."""
    arguments, images = work.arguments, work.arguments.images
    faults = program.folder / "campaign.list"
    work.campaign.to_csv(faults)
    runs = {name: [] for name in ("one_thread", "two_threads", "two_shards", "dask_1", "dask_2")}
    hashes, facts = {}, {"loopback_bytes": {}, "start_seconds": {}, "peak_bytes": {}}

    def here(threads, name):
        path = os.path.join(folder, f"{name}.csv")
        runs[name].append(timed(lambda: fi.run_campaign(work.model, work.data, work.campaign, path, limit=images, threads=threads,
                                                        progress=False, overwrite=True)))
        hashes[name] = sha256(path)

    def there(cluster, name):
        path = os.path.join(folder, f"{name}.csv")
        seconds, moved = cluster.run(path, images)
        runs[name].append(seconds)
        facts["loopback_bytes"].setdefault(name, []).append(moved)
        facts["blocks"] = slices_of(path)
        hashes[name] = sha256(path)

    def shards(name):
        seconds, each, merged = run_two_shards(program, faults, images, f"{name}_{len(runs[name])}")
        runs[name].append(seconds)
        facts.setdefault("two_shards_each", []).append(each)
        hashes[name] = sha256(merged)

    with DaskRuns(work, 1) as one, DaskRuns(work, 2) as two:
        there(two, "dask_2")  # does not count: what is loaded and compiled at first
        runs["dask_2"].clear()
        facts["loopback_bytes"].clear()
        for turn in range(arguments.rounds):
            ways = [lambda: here(2, "two_threads"), lambda: there(two, "dask_2")]
            if turn * arguments.slow_rounds % arguments.rounds < arguments.slow_rounds:  # these take longer
                ways += [lambda: here(1, "one_thread"), lambda: there(one, "dask_1"), lambda: shards("two_shards")]
            for way in ways[turn % len(ways):] + ways[: turn % len(ways)]:
                way()
                save(runs)
        for name, cluster in (("1", one), ("2", two)):
            facts["start_seconds"][name] = cluster.start_seconds
            facts["peak_bytes"][name] = cluster.peak_bytes()
        facts["provide_seconds"] = {"1": measure_provide(one.client, work), "2": measure_provide(two.client, work)}
        facts["tasks"] = measure_tasks(one.client)
        options = {"limit": images}
        facts["worker_start_seconds"] = [seconds_to_first_slice(one.cluster, one.client, work.model, work.data, work.campaign, options)
                                         for _ in range(arguments.rounds)]
    if len(set(hashes.values())) != 1:
        raise SystemExit(f"the reports differ: {hashes}")
    facts["sha256"] = next(iter(hashes.values()))
    return runs, facts


def measure_many_workers(work, folder):
    """More workers than processors: only whether the bytes are the same."""
    images = max(work.arguments.images // 50, 1)
    faults = work.campaign[:: max(len(work.campaign) // 200, 1)]
    path = os.path.join(folder, "here.csv")
    fi.run_campaign(work.model, work.data, faults, path, limit=images, progress=False)
    hashes = {"one process": sha256(path)}
    for workers in (4,) if work.arguments.short else (4, 8):
        with DaskRuns(work, workers) as cluster:
            path = os.path.join(folder, f"workers_{workers}.csv")
            cluster.run(path, images, faults)
            hashes[f"{workers} workers"] = sha256(path)
    if len(set(hashes.values())) != 1:
        raise SystemExit(f"the reports differ: {hashes}")
    return {"faults": len(faults), "images": images, "sha256": hashes}


def main():
    arguments = read_arguments()
    work = Work(arguments)
    figures = {"what": "tf_injector scaling figures", "schema": 1, "version": fi.__version__, "machine": machine(),
               "command": shlex.join(["measure_scaling.py", *(re.sub(r"^/.*/", "", word) for word in sys.argv[1:])]),
               "date": datetime.date.today().isoformat(),
               "campaign": {"model": os.path.basename(arguments.model), "list": os.path.basename(arguments.list or "drawn"),
                            "list_faults": len(work.whole), "faults": len(work.campaign), "images": arguments.images,
                            "data": "CIFAR-10" if arguments.data else "random"}}

    begin = time.perf_counter()

    def save(name, value):
        figures[name] = value
        with open(arguments.output + ".part", "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
            file.write("\n")
        os.replace(arguments.output + ".part", arguments.output)
        print(f"{time.perf_counter() - begin:6.0f} s  {name}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        program = Program(work, folder)
        save("start_seconds", measure_start(program))
        save("fixed", measure_fixed(work))
        save("costs", measure_costs(work, figures["fixed"]))
        save("at_once", measure_at_once(work))
        save("writer", measure_writer(work, folder))
        save("load", measure_load(work))
        save("expected", {"campaign": expected_costs(work, work.campaign), "published": expected_costs(work, work.whole)})
        runs, dask = measure_runs(work, program, folder, lambda runs: save("runs", runs))
        save("runs", runs)
        save("dask", dask)
        save("many_workers", measure_many_workers(work, folder))
        shards, merges = measure_shards(program, program.folder / "campaign.list", arguments.shard_images,
                                        SHORT_CUTS if arguments.short else CUTS)
        save("shards", shards)
        save("merges", merges + measure_merges(work, program))
    overhead = statistics.median(runs["dask_2"]) / statistics.median(runs["two_threads"]) - 1
    print(f"two workers against two threads: {100 * overhead:+.1f} %; a worker's first slice after "
          f"{statistics.median(dask['worker_start_seconds']):.2f} s")


if __name__ == "__main__":
    main()
