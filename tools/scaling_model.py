#!/usr/bin/env python3
"""What a campaign takes on 1 to 1,000 nodes, and what limits it: a queueing model with the figures of tools/measure_scaling.py.

    scaling_model.py FIGURES.json [--nodes 1 2 10 100 1000] [--images 10000] [--csv FILE] [--write docs/scaling.md] [--bandwidth BYTES]
                     [--check-only | --measured]

Needs SimPy and tf_injector: slices are cut by tf_injector.distributed itself. First it predicts the runs that were measured by 1 and 2
workers, from what was measured of single processes; a prediction that is wrong by more than 10 % is an error (exit code 1). Then it
predicts larger clusters of nodes like the machine of the figures, for the published list and for one of all bits, as shards of a Slurm
array and on Dask workers, and says on what the nodes' time is spent. Nothing is fitted to what is predicted.
"""
import argparse
import bisect
import collections
import contextlib
import csv
import dataclasses
import io
import json
import math
import statistics
import sys
import textwrap

import numpy as np
import simpy
from tf_injector.distributed import _Run

MOST_ERROR = 0.10

# Published: https://slurm.schedmd.com/high_throughput.html ("500 simple batch jobs per second on a sustained basis"),
# https://distributed.dask.org ("Each task suffers about 1ms of overhead").
SLURM_STARTS_PER_SECOND = 500.0
DASK_SECONDS_PER_TASK = 0.001
# Assumed: a file server, and a scheduler's network, of 10 Gbit/s.
BANDWIDTH = 1.25e9

# As src/session/block_size.cpp and src/session/run_estimate.cpp have them.
LONGEST_BLOCK_SECONDS, AIM, AIM_OF_FIRST = 20.0, 0.7, 0.07
PASS_SHARE, MOST_PASS_SECONDS = 0.02, 300.0
LEAST_BLOCK = 256
MOST_JOINED_SECONDS, FAULT_IN_GOLDEN_RUNS = 120.0, 0.1
CHECK_SHARE = 0.01  # src/session/check/sampled_check.cpp


class Costs:
    """Seconds on one image of the faults before each row of a list."""

    def __init__(self, rows, seconds, few=None):
        self.rows, self.seconds = [float(row) for row in rows], [float(value) for value in seconds]
        self.few = few  # (faults together, the same seconds where no more are together, and how many are in `seconds`)

    @classmethod
    def of_chunks(cls, chunks, rows):
        """Of a list of so many rows, measured on another one of the same kind."""
        ends = np.array([chunk["first"] + chunk["faults"] for chunk in chunks], float)
        seconds = np.cumsum([chunk["seconds_per_image"] for chunk in chunks])
        scale = rows / ends[-1]
        return cls([0, *ends * scale], [0, *seconds * scale])

    @classmethod
    def of_layers(cls, layers):
        rows = [0, *np.cumsum([layer["faults"] for layer in layers])]

        def sums(which):
            each = [layer["faults"] * which(layer["seconds_per_fault_and_image"]) for layer in layers]
            return [0, *np.cumsum(each)]

        def at(end):
            return lambda seconds: seconds[end(seconds, key=int)]

        together = [max(map(int, layer["seconds_per_fault_and_image"])) for layer in layers]
        least = min(int(number) for number in layers[0]["seconds_per_fault_and_image"])
        return cls(rows, sums(at(max)), (least, sums(at(min)), max(together)))

    @property
    def faults(self):
        return int(self.rows[-1])

    def together(self, first, end):
        """Of the rows from first to end, as if they were evaluated with many others."""
        return self._before(end, self.seconds) - self._before(first, self.seconds)

    def between(self, first, end):
        """Of the rows from first to end, which are evaluated together."""
        many = self.together(first, end)
        if self.few is None or end - first >= self.few[2]:
            return many
        least, seconds, most = self.few
        few = self._before(end, seconds) - self._before(first, seconds)
        share = math.log(max((end - first) / least, 1)) / math.log(most / least)
        return many + (few - many) * (1 - share)

    def _before(self, row, seconds):
        i = min(max(bisect.bisect_right(self.rows, row), 1), len(self.rows) - 1)
        low, high = self.rows[i - 1], self.rows[i]
        return seconds[i - 1] + (seconds[i] - seconds[i - 1]) * (row - low) / (high - low)


@dataclasses.dataclass
class Case:
    """A campaign, and what its parts cost. A part that is set to 0 costs nothing."""

    costs: Costs
    images: int
    threads: float  # of a worker, as many as they are worth
    start: float  # of a process: seconds
    golden: float  # seconds of an image on one thread; a block's pass, which is the same again, apart
    block_pass: float
    slice: float
    check: float
    append: float  # of the process that writes, for a slice
    cut: float
    load: float
    bytes_per_worker: float
    bandwidth: float
    scheduler_seconds: float  # a task, or a job of an array
    round_trip: float = 0.0
    merge: tuple = (0.0, 0.0, 0.0)  # seconds of one merge, for a shard, for a row
    begins: tuple = ()  # shares of the work expected by --shard before each row: (share, row)
    provide: float | None = None  # seconds, where it was measured

    @property
    def golden_seconds(self):
        return self.golden * self.images / self.threads

    @property
    def pass_seconds(self):
        return self.block_pass * self.images / self.threads

    def fault_seconds(self, first, end):
        return self.costs.between(first, end) * self.images / self.threads

    def checked(self, seconds):
        return max(self.check / self.threads, CHECK_SHARE * seconds) if self.check > 0 else 0.0

    @property
    def work(self):
        """Of all faults on one node, and nothing else."""
        return self.fault_seconds(0, self.costs.faults)


class Blocks:
    """As BlockSize of src/session/block_size.hpp."""

    def __init__(self, seconds_per_fault, pass_seconds):
        self.seconds_per_fault = max(seconds_per_fault, 1e-9)
        self.aim = AIM_OF_FIRST * LONGEST_BLOCK_SECONDS
        self.later_aim = max(AIM * LONGEST_BLOCK_SECONDS, min(pass_seconds / PASS_SHARE, MOST_PASS_SECONDS))

    def next(self, left):
        size = min(int(max(self.aim / self.seconds_per_fault, LEAST_BLOCK)), left)
        return -(-left // -(-left // size))

    def measured(self, faults, seconds):
        self.seconds_per_fault, self.aim = max(seconds / faults, 1e-9), self.later_aim


def run_blocks(case, first, end, seconds_per_fault=None, most_seconds=float("inf")):
    """(faults done, seconds, seconds per fault) of blocks until `most_seconds` have passed: ListRun::run_blocks."""
    blocks = Blocks(case.golden_seconds, case.pass_seconds)
    if seconds_per_fault is not None:
        blocks.measured(1, seconds_per_fault)
    row, seconds = first, 0.0
    while row < end and (row == first or seconds < most_seconds):
        count = blocks.next(end - row)
        block = case.pass_seconds + case.fault_seconds(row, row + count)
        blocks.measured(count, block)
        row, seconds, seconds_per_fault = row + count, seconds + block, block / count
    return row - first, seconds, seconds_per_fault


class Spent:
    """Seconds of all nodes together, by what they were spent on; what is left of their time they had nothing to do."""

    def __init__(self):
        self.seconds = collections.Counter()

    def add(self, part, seconds):
        self.seconds[part] += seconds
        return seconds

    def faults(self, case, first, end):
        """Of a part of the list; what it takes longer because few faults are evaluated together is apart."""
        full = case.costs.together(first, end) * case.images / case.threads
        self.add("faults", full)
        self.add("few faults together", case.fault_seconds(first, end) - full)


@dataclasses.dataclass
class Result:
    seconds: float  # from the call, or from submitting, to the report
    slices: int
    spent: dict  # {part: share of all nodes' time}


def result_of(seconds, slices, nodes, spent):
    shares = {part: value / (nodes * seconds) for part, value in spent.seconds.items()} if seconds > 0 else {}
    shares["nothing to do"] = 1 - sum(shares.values())
    return Result(seconds, slices, shares)


class Server:
    """Serves one after the other, in the order in which they come: a queue with one server, as one event each."""

    def __init__(self, environment):
        self._environment, self._free = environment, 0.0

    def serve(self, seconds):
        self._free = max(self._environment.now, self._free) + seconds
        return self._environment.timeout(self._free - self._environment.now)


def process_seconds(case, first, end, spent=None):
    """A run of one process, its start left out."""
    spent, count = spent or Spent(), end - first
    golden = spent.add("golden run", case.golden_seconds)
    if count <= 0:
        return golden
    spent.faults(case, first, end)
    seconds = golden + case.fault_seconds(first, end)
    if case.golden_seconds * (1 + FAULT_IN_GOLDEN_RUNS * count) > MOST_JOINED_SECONDS:
        seconds = golden + run_blocks(case, first, end)[1]
        spent.add("passes of blocks", seconds - golden - case.fault_seconds(first, end))
    return seconds + spent.add("self-check", case.checked(seconds))


def shard_rows(case, shards):
    shares, rows = case.begins if case.begins else ((0.0, 1.0), (0, case.costs.faults))
    return [int(round(row)) for row in np.interp(np.arange(shards + 1) / shards, shares, rows)]


def simulate_shards(case, nodes, shards=None):
    """An array of one shard a node, or of so many, and the merge behind it."""
    shards, spent = nodes if shards is None else shards, Spent()
    environment = simpy.Environment()
    scheduler, files = Server(environment), Server(environment)
    machines = simpy.Resource(environment, nodes)
    rows = shard_rows(case, shards)

    def turn_of(server, seconds, part):
        begin = environment.now
        yield server.serve(seconds)
        spent.add(part, environment.now - begin)

    def task(first, end):
        with machines.request() as machine:
            yield machine
            yield from turn_of(scheduler, case.scheduler_seconds, "scheduler")
            yield from turn_of(files, case.bytes_per_worker / case.bandwidth, "model and data to the nodes")
            yield environment.timeout(spent.add("start of processes", case.start) + process_seconds(case, first, end, spent))

    def campaign():
        yield simpy.AllOf(environment, [environment.process(task(a, b)) for a, b in zip(rows, rows[1:])])
        fixed, shard, row = case.merge
        merge = fixed + shard * shards + row * case.costs.faults
        spent.add("merge", nodes * merge)
        yield environment.timeout(merge)

    environment.run(environment.process(campaign()))
    return result_of(environment.now, shards, nodes, spent)


class _Faults:
    """The client's list: only its length counts here."""

    _text = b""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return self.rows

    def __getitem__(self, rows):
        return self


class _Writer:
    needs_scores, has_begun, images = False, True, 1

    def __init__(self):
        self.rows = self.appended = 0
        self.slices = {}

    def append(self, value):
        self.rows += self.slices.pop(self.rows)
        self.appended += 1


class _Client(_Run):
    """Cuts a list as tf_injector.distributed does; tasks go to `submit(first, end, budget)`."""

    def __init__(self, workers, rows, seconds, submit):
        self.workers, self._submit, self._in_work = workers, submit, 0
        self._tasks, self._faults, self._writer, self._seconds = self, _Faults(rows), _Writer(), seconds
        self._pending, self._waiting, self._rate = [(0, rows)], {}, 0.0
        self.slices = 0

    def __len__(self):
        return self._in_work

    def submit(self, place, kind, text, row, budget):
        self._in_work += 1
        self.slices += 1
        self._submit(*place, budget)

    def took(self, first, end, count, seconds):
        """Slices that can be written now."""
        self._in_work -= 1
        self._writer.slices[first] = count
        before = self._writer.appended
        self._keep(first, end, count, seconds, b" ")
        self._write()
        return self._writer.appended - before

    @property
    def is_handed_out(self):
        return not self._pending

    @property
    def is_done(self):
        return self._writer.rows >= len(self._faults)


def simulate_dask(case, workers, slice_seconds=20.0):
    """tf_injector.distributed.run_campaign on workers that are there, a node each."""
    environment, spent, new = simpy.Environment(), Spent(), []
    scheduler, tasks, results = Server(environment), simpy.Store(environment), simpy.Store(environment)
    client = _Client(workers, case.costs.faults, slice_seconds, lambda *task: new.append(task))

    def worker():
        seconds_per_fault, is_first = None, True
        while True:
            begin, is_end = environment.now, client.is_handed_out
            first, end, budget = yield tasks.get()
            if not is_end:
                spent.add("scheduler and client", environment.now - begin)
            if is_first:
                begun = spent.add("start of processes", case.load) + spent.add("golden run", case.golden_seconds)
                yield environment.timeout(begun + spent.add("self-check", 0.1 * case.check / case.threads))
                is_first = False
            count, seconds, seconds_per_fault = run_blocks(case, first, end, seconds_per_fault, budget)
            spent.faults(case, first, first + count)
            spent.add("passes of blocks", seconds - case.fault_seconds(first, first + count))
            seconds += spent.add("self-check", case.checked(seconds))
            yield environment.timeout(spent.add("scheduler and client", case.round_trip) + spent.add("start of slices", case.slice) + seconds)
            through_scheduler(results, (first, end, count, seconds))

    def through_scheduler(to, item):
        scheduler.serve(case.scheduler_seconds).callbacks.append(lambda event: to.put(item))

    def hand_out():
        client._fill()
        while new:
            task = new.pop(0)
            if case.cut > 0:
                yield environment.timeout(case.cut)
            through_scheduler(tasks, task)

    def campaign():
        seconds = case.bytes_per_worker * workers / case.bandwidth if case.provide is None else case.provide
        spent.add("model and data to the nodes", workers * seconds)
        yield environment.timeout(seconds)
        for _ in range(workers):
            environment.process(worker())
        yield from hand_out()
        while not client.is_done:
            result = yield results.get()
            yield environment.timeout(case.append * client.took(*result))
            yield from hand_out()

    environment.run(environment.process(campaign()))
    return result_of(environment.now, client.slices, workers, spent)


# Cases from figures.


def merge_cost(merges):
    """(fixed, per shard, per row), by least squares over the merges without scores."""
    chosen = [item for item in merges if item.get("scores", "none") == "none"]
    matrix = np.array([[1, item["shards"], item["rows"]] for item in chosen], float)
    weights = 1 / np.array([item["seconds"] for item in chosen])
    seconds, *_ = np.linalg.lstsq(matrix * weights[:, None], np.ones(len(chosen)), rcond=None)
    return tuple(float(max(value, 0.0)) for value in seconds)


def median(values):
    return statistics.median(values)


def fixed_parts(figures):
    fixed, dask, writer = figures["fixed"], figures["dask"], figures["writer"]
    return {"start": median(figures["start_seconds"]), "golden": fixed["golden_seconds_per_image"],
            "block_pass": fixed["pass_seconds_per_image"], "slice": fixed["slice_seconds"], "check": fixed["check_seconds"],
            "append": writer["append_seconds"], "cut": writer["cut_seconds"], "load": figures["load"]["load_seconds"],
            "bytes_per_worker": figures["load"]["bytes_per_worker"], "merge": merge_cost(figures["merges"]),
            "round_trip": dask["tasks"]["round_trip_seconds"]}


def measured_case(figures, processors_busy, threads=1):
    """The campaign that was measured, on threads that share the machine with others."""
    factor = figures["at_once"]["factor"] if processors_busy > 1 else 1.0
    parts = {**fixed_parts(figures), "bytes_per_worker": 0.0, "bandwidth": BANDWIDTH,
             "scheduler_seconds": 1 / figures["dask"]["tasks"]["tasks_per_second"], "threads": threads / factor}
    for part in ("slice", "load", "start"):
        parts[part] *= factor
    campaign = figures["campaign"]
    return Case(Costs.of_chunks(figures["costs"]["campaign"], campaign["faults"]), campaign["images"],
                begins=begins_of(figures["expected"]["campaign"], campaign["faults"]), **parts)


def begins_of(rows, faults):
    return tuple(np.arange(len(rows) + 1) / len(rows)), (*rows, faults)


def predictions(figures):
    """{run: (predicted, measured)}; the first three must be right."""
    measured = {name: median(seconds) for name, seconds in figures["runs"].items()}
    faults = figures["campaign"]["faults"]
    alone, both, two = measured_case(figures, 1), measured_case(figures, 2), measured_case(figures, 2, 2)
    provide = figures["dask"]["provide_seconds"]
    halves = shard_rows(both, 2)
    shards = max(both.start + process_seconds(both, a, b) for a, b in zip(halves, halves[1:]))
    return {"dask_1": (simulate_dask(dataclasses.replace(alone, provide=provide["1"]), 1).seconds, measured["dask_1"]),
            "dask_2": (simulate_dask(dataclasses.replace(both, provide=provide["2"]), 2).seconds, measured["dask_2"]),
            "two_shards": (shards, measured["two_shards"]),
            "one_thread": (process_seconds(alone, 0, faults), measured["one_thread"]),
            "two_threads": (process_seconds(two, 0, faults), measured["two_threads"])}


MUST_BE_RIGHT = ("dask_1", "dask_2", "two_shards")


def cluster_case(figures, name, images, way, bandwidth):
    """A list on nodes with the machine's processors."""
    processors = figures["machine"]["processors"]
    parts = {**fixed_parts(figures), "bandwidth": bandwidth, "threads": processors / (figures["at_once"]["factor"] if processors > 1 else 1.0),
             "scheduler_seconds": 1 / SLURM_STARTS_PER_SECOND if way == "slurm" else DASK_SECONDS_PER_TASK}
    costs = Costs.of_layers(figures["costs"][name])
    return Case(costs, images, begins=cluster_begins(figures, name, costs), **parts)


def cluster_begins(figures, name, costs):
    published = figures["expected"]["published"]
    layers = figures["costs"]["published"]
    shares, rows = begins_of(published, sum(layer["faults"] for layer in layers))
    if name == "published":
        return shares, rows
    ends = np.cumsum([layer["faults"] for layer in layers])
    before = np.interp([0, *ends], rows, shares)
    each = np.diff(before) / [layer["faults"] for layer in layers] * [layer["faults"] for layer in figures["costs"][name]]
    return tuple([0, *np.cumsum(each) / each.sum()]), tuple(costs.rows)


# How a list is run: (way, shards a node, or golden runs that a slice takes at least).
WAYS = (("slurm", 1), ("slurm", 10), ("dask", 0), ("dask", 20))


def predict(figures, arguments):
    """Rows of the table."""
    table = []
    for name in ("published", "exhaustive"):
        for way, number in WAYS:
            case = cluster_case(figures, name, arguments.images, way, arguments.bandwidth)
            slice_seconds = max(20.0, number * case.golden_seconds)
            alone = case.start + process_seconds(case, 0, case.costs.faults)
            for nodes in arguments.nodes:
                if way == "slurm":
                    text, found = f"slurm, {number} shard{'s' * (number > 1)} a node", simulate_shards(case, nodes, number * nodes)
                else:
                    text, found = f"dask, slices of {slice_seconds:.0f} s", simulate_dask(case, nodes, slice_seconds)
                parts = sorted(((share, part) for part, share in found.spent.items() if part != "faults"), reverse=True)
                table.append({"list": name, "way": text, "nodes": nodes, "tasks": found.slices, "seconds": found.seconds,
                              "efficiency": alone / nodes / found.seconds, "largest": parts[0][1], "share": parts[0][0],
                              "second": parts[1][1], "second_share": parts[1][0]})
    return table


def advice(figures, arguments):
    """Most shards, each on a node of its own, whose nodes spend at most a tenth of their time beside faults; waiting for the last not counted."""
    rows = []
    for name in ("published", "exhaustive"):
        for images in (100, 1000, 10000):
            case = cluster_case(figures, name, images, "slurm", arguments.bandwidth)

            def is_good(nodes, case=case):
                spent = simulate_shards(case, nodes).spent
                return 1 - spent["faults"] - spent["nothing to do"] <= 0.1

            low, high = 1, 2
            while high <= 100_000 and is_good(high):
                low, high = high, 2 * high
            while high - low > max(low // 20, 1):
                middle = (low + high) // 2
                low, high = (middle, high) if is_good(middle) else (low, middle)
            alone = case.start + process_seconds(case, 0, case.costs.faults)
            rows.append({"list": name, "images": images, "alone_seconds": alone, "shards": low, "shard_seconds": alone / low})
    return rows


def time_text(seconds):
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def print_predictions(found):
    head("run", "predicted", "measured", "difference")
    for name, (predicted, measured) in found.items():
        row_of(name, f"{predicted:.2f} s", f"{measured:.2f} s", f"{100 * (predicted / measured - 1):+.1f} %")


def row_of(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def head(*cells):
    print()
    row_of(*cells)
    print("|" + "---|" * len(cells))


def say(text):
    """A paragraph, in the columns that a document may have."""
    print("\n" + textwrap.fill(text, 120))


def print_measured(figures):
    """Tables of what was measured."""
    runs, fixed, dask, images = figures["runs"], figures["fixed"], figures["dask"], figures["campaign"]["images"]
    alone, both = median(runs["one_thread"]), median(runs["two_threads"])
    head("run", "median", "least to most", "efficiency")
    for name, seconds in runs.items():
        processors = 1 if name in ("one_thread", "dask_1") else 2
        row_of(name, f"{median(seconds):.2f} s", f"{min(seconds):.2f} to {max(seconds):.2f}, {len(seconds)} times",
               f"{100 * alone / processors / median(seconds):.1f} %")
    machine = figures["machine"]
    say(f"{machine['cpu']}, {machine['processors']} processors, {machine['memory_bytes'] / 2**30:.0f} GiB, Python {machine['python']}, "
        f"distributed {machine['distributed']}, tf_injector {figures['version']}, {figures['date']}: {figures['campaign']['faults']:,} faults "
        f"of {figures['campaign']['list']} x {images:,} images. Dask with two workers against two threads: "
        f"{100 * (median(runs['dask_2']) / both - 1):+.1f} %. Both processors busy, a thread takes {figures['at_once']['factor']:.3f} times as "
        "long.")
    head("part", "seconds")
    for name, seconds in (("start of a process", median(figures["start_seconds"])),
                          (f"golden run of {images} images, one thread", fixed["golden_seconds_per_image"] * images),
                          ("pass of a block", fixed["pass_seconds_per_image"] * images), ("a slice's own", fixed["slice_seconds"]),
                          ("self-check, least", fixed["check_seconds"]), ("loading on a worker", figures["load"]["load_seconds"]),
                          ("model and data to 1 worker", dask["provide_seconds"]["1"]), ("to 2", dask["provide_seconds"]["2"]),
                          ("a worker's first slice", median(dask["worker_start_seconds"])), ("a cluster of 2 starts", dask["start_seconds"]["2"]),
                          ("a task there and back", dask["tasks"]["round_trip_seconds"]), ("a task of many", 1 / dask["tasks"]["tasks_per_second"]),
                          ("rows of a slice appended", figures["writer"]["append_seconds"]), ("a slice cut", figures["writer"]["cut_seconds"])):
        row_of(name, f"{seconds:.4f}")
    megabyte = 1e6
    moved = ", ".join(f"{name} {median(moved) / megabyte:.1f} MB" for name, moved in dask["loopback_bytes"].items())
    say(f"Bytes to a worker: {figures['load']['bytes_per_worker'] / megabyte:.1f} MB; of a slice of {figures['writer']['faults']} faults: "
        f"{figures['writer']['bytes_to_worker']:.0f} there, {figures['writer']['bytes_from_worker']:.0f} back; all that went over the loopback "
        f"device: {moved}. Memory of a worker: {max(dask['peak_bytes']['2']) / megabyte:.0f} MB.")
    shards = figures["shards"]
    golden = fixed["golden_seconds_per_image"] * shards["images"]
    head("shards", "wall, sum", "wall of one: mean, most", "most / mean", "golden run's share", "faults alone: most / mean")
    for of, each in shards["cuts"].items():
        walls = [shard["wall_seconds"] for shard in each]
        faults = [max(shard["run_seconds"] - shard["check_seconds"] - golden, 0) for shard in each]
        row_of(of, f"{sum(walls):.1f} s", f"{statistics.mean(walls):.2f}, {max(walls):.2f} s", f"{max(walls) / statistics.mean(walls):.2f}",
               f"{100 * golden / statistics.mean(walls):.1f} %", f"{max(faults) / max(statistics.mean(faults), 1e-9):.2f}")
    head("merge of", "rows", "bytes", "seconds")
    for merge in figures["merges"]:
        row_of(merge["shards"], f"{merge['rows']:,}", f"{merge['bytes']:,}", f"{merge['seconds']:.3f}")
    say("Of a merge, fixed, for a shard, for a row: " + ", ".join(f"{1e6 * value:.3g} us" for value in merge_cost(figures["merges"])) + ".")
    head("layer", "published, 256 together", "16 together", "all bits, 256 together")
    for published, every in zip(figures["costs"]["published"], figures["costs"]["exhaustive"]):
        costs = [f"{1e6 * value:.1f} us" for value in published["seconds_per_fault_and_image"].values()][::-1]
        row_of(published["layer"], *costs, f"{1e6 * list(every['seconds_per_fault_and_image'].values())[-1]:.1f} us")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 10, 100, 1000])
    parser.add_argument("--images", type=int, default=10000)
    parser.add_argument("--bandwidth", type=float, default=BANDWIDTH, help="bytes per second of the file server, and of the scheduler's network")
    parser.add_argument("--csv", default=None)
    parser.add_argument("--write", metavar="DOCUMENT", default=None, help="put the tables into docs/scaling.md")
    parser.add_argument("--measured", action="store_true", help="only tables of the figures")
    parser.add_argument("--check-only", action="store_true", help="only the runs that were measured")
    return parser.parse_args()


def print_clusters(table):
    head("list", "way", "nodes", "tasks", "time", "efficiency", "of the nodes' time beside faults")
    for row in table:
        row_of(row["list"], row["way"], f"{row['nodes']:,}", f"{row['tasks']:,}", time_text(row["seconds"]), f"{100 * row['efficiency']:.0f} %",
               f"{row['largest']} {100 * row['share']:.0f} %, {row['second']} {100 * row['second_share']:.0f} %")


def print_advice(rows):
    head("list", "images", "on one node", "most shards", "a shard takes")
    for row in rows:
        row_of(row["list"], f"{row['images']:,}", time_text(row["alone_seconds"]), f"{row['shards']:,}", time_text(row["shard_seconds"]))


FIGURES = "## Figures of one machine\n"
TITLES = {"measured": "Measured", "predictions": "Predicted for one and two workers", "clusters": "Predicted for clusters",
          "advice": "At most a tenth beside faults"}


def write_tables(path, tables):
    """Puts the tables at the end of a document, in place of those that an earlier call has put there."""
    with open(path, encoding="utf-8") as file:
        text = file.read().split(FIGURES)[0].rstrip() + "\n\n" + FIGURES
    for name, title in TITLES.items():
        text += f"\n### {title}\n\n{tables[name].strip()}\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    arguments = read_arguments()
    with open(arguments.figures, encoding="utf-8") as file:
        figures = json.load(file)
    if arguments.measured:
        print_measured(figures)
        return
    tables = {}

    def show(name, print_table, *values):
        with contextlib.redirect_stdout(io.StringIO()) as text:
            print_table(*values)
        tables[name] = text.getvalue()
        print(tables[name])

    found = predictions(figures)
    show("predictions", print_predictions, found)
    wrong = [name for name in MUST_BE_RIGHT if abs(found[name][0] / found[name][1] - 1) > MOST_ERROR]
    if wrong:
        sys.exit(f"error: {', '.join(wrong)}: predicted wrong by more than {100 * MOST_ERROR:.0f} %; nothing larger is predicted")
    if arguments.check_only:
        return
    table = predict(figures, arguments)
    show("clusters", print_clusters, table)
    show("advice", print_advice, advice(figures, arguments))
    if arguments.csv:
        with open(arguments.csv, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, table[0])
            writer.writeheader()
            writer.writerows(table)
    if arguments.write:
        show("measured", print_measured, figures)
        write_tables(arguments.write, tables)


if __name__ == "__main__":
    main()
