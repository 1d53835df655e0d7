#!/usr/bin/env python3
"""What Dask costs: a campaign by workers of one thread against one process of as many threads, and the start of a worker.

    dask_overhead.py [--faults 2000] [--images 1000] [--repeats 5] [--workers 2] [--data FOLDER] [--model FILE] [--json]

Needs distributed; tf_injector must be importable. --data: a test set as Dataset.cifar10 reads it; without it images are random. Both runs
are made in turn, after one of each that does not count. The overhead is (Dask - one process) / one process, of the median of both; a
worker's start is the time from the end of its registration to the beginning of its first slice, model and data on the way included.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import tempfile
import time

import numpy as np
import tf_injector as fi
from distributed import Client, LocalCluster
from tf_injector import distributed

ROOT = pathlib.Path(__file__).resolve().parent.parent
MOST_OVERHEAD, MOST_START = 0.05, 2.0  # what is aimed at


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=2000)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--data", default=None)
    parser.add_argument("--model", default=ROOT / "models/CIFAR10/ResNet20.keras")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def data_of(arguments):
    if arguments.data is not None:
        return fi.Dataset.cifar10(arguments.data, download=False)
    random = np.random.default_rng(1)
    return fi.Dataset.from_arrays(random.integers(0, 256, (arguments.images, 32, 32, 3), dtype=np.uint8), random.integers(0, 10, arguments.images))


def timed(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def seconds_to_first_slice(cluster, client, model, data, faults, options):
    """Of a worker that has just come: the first event that a slice of it logs."""
    cluster.scale(0)
    while client.scheduler_info()["workers"]:
        time.sleep(0.05)
    distributed_topics, first = [], []
    subscribe = client.subscribe_topic

    def subscribe_and_watch(topic, handler):
        def heard(event):
            first.append(time.perf_counter())
            return handler(event)

        distributed_topics.append(topic)
        return subscribe(topic, heard)

    cluster.scale(1)
    client.wait_for_workers(1, timeout=60)
    begin = time.perf_counter()
    client.subscribe_topic = subscribe_and_watch
    try:
        distributed.run_campaign(client, model, data, faults[:20], progress=False, **options)
    finally:
        client.subscribe_topic = subscribe
        distributed.forget(client)
    return first[0] - begin


def main():
    arguments = read_arguments()
    model, data = fi.load_model(arguments.model), data_of(arguments)
    faults = fi.FaultList.generate(model, n=arguments.faults, seed=1)
    options = {"limit": arguments.images}
    one, many, starts = [], [], []
    with LocalCluster(n_workers=arguments.workers, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
        with tempfile.TemporaryDirectory() as folder:
            for repeat in range(arguments.repeats + 1):
                here, there = (os.path.join(folder, f"{name}{repeat}.csv") for name in ("one", "many"))
                one.append(timed(lambda: fi.run_campaign(model, data, faults, here, threads=arguments.workers, progress=False, **options)))
                many.append(timed(lambda: distributed.run_campaign(client, model, data, faults, there, progress=False, **options)))
                if pathlib.Path(here).read_bytes() != pathlib.Path(there).read_bytes():
                    raise SystemExit("the reports differ")
        distributed.forget(client)
        for _ in range(arguments.repeats):
            starts.append(seconds_to_first_slice(cluster, client, model, data, faults, options))
    one, many = one[1:], many[1:]
    overhead = statistics.median(many) / statistics.median(one) - 1
    result = {
        "machine": platform.machine(), "processors": len(os.sched_getaffinity(0)), "faults": len(faults), "images": arguments.images,
        "workers": arguments.workers, "one_process_seconds": one, "dask_seconds": many, "overhead": overhead, "worker_start_seconds": starts,
        "is_within": bool(overhead <= MOST_OVERHEAD and statistics.median(starts) <= MOST_START),
    }
    if arguments.json:
        print(json.dumps(result, indent=1))
        return
    print(f"{len(faults)} faults x {arguments.images} images, {arguments.workers} threads, median of {arguments.repeats}")
    print(f"one process {statistics.median(one):.2f} s, Dask {statistics.median(many):.2f} s: {100 * overhead:+.1f} % (aim: at most 5 %)")
    print(f"a worker's first slice begins {statistics.median(starts):.2f} s after it came (aim: at most 2 s)")


if __name__ == "__main__":
    main()
