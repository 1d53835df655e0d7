"""One campaign in every way there is: `python -m slurm.every_way`; see scripts/every-way. One process, 5 and 64 shards merged in random order, a
Slurm array with a preemption and a requeue, Dask workers that are killed: one SHA-256 of report, details and scores."""
import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from slurm.cluster import Cluster, ask, facts
from slurm.scenarios import Campaign, digest, end_by_interrupt
from small_campaign import PROGRAM, ROOT


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cifar10", metavar="FOLDER", help="CIFAR-10's batches; without it random images")
    parser.add_argument("--model", default=ROOT / "models/CIFAR10/ResNet20.keras", type=pathlib.Path)
    parser.add_argument("--list", type=pathlib.Path, help="a fault list; without it one is drawn")
    parser.add_argument("--faults", type=int, default=300, help="spread over the list")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1, help="of the order in which shards are merged")
    parser.add_argument("--without-slurm", action="store_true")
    return parser.parse_args()


def write_list(options, folder):
    path = options.list
    if path is None:
        path = folder / "all.csv"
        ask(PROGRAM, "generate", "--model", options.model, "--seed", 1, "-o", path, "--n", 10 * options.faults)
    header, *rows = path.read_text().splitlines()
    chosen = [rows[i * len(rows) // options.faults] for i in range(options.faults)]
    (folder / "faults.csv").write_text("\n".join([header, *chosen]) + "\n")


def words_of(options, folder):
    """Flags of `run`, for paths in `folder`."""
    shutil.copy(options.model, folder / "net.keras")
    write_list(options, folder)
    words = ["--model", "net.keras", "-f", "faults.csv", "--scores", "changed", "--limit", options.images, "-q"]
    if options.cifar10:
        return [*words, "--data", os.path.abspath(options.cifar10), "-d", "CIFAR10"]
    import numpy as np
    draw = np.random.default_rng(1)
    np.savez(folder / "test.npz", x=draw.integers(0, 256, (options.images, 32, 32, 3), dtype=np.uint8), y=draw.integers(0, 10, options.images))
    return [*words, "--data", "test.npz"]


def one_process(folder, words, _):
    """one process"""
    ask(PROGRAM, *words, "--report", "one/net.csv", "--details", "one/details.csv", cwd=folder)
    return digest(folder / "one/net.csv", folder / "one/details.csv")


def shards(folder, words, options, count):
    (folder / f"{count}").mkdir()
    for shard in range(count):
        ask(PROGRAM, *words, "--shard", f"{shard}/{count}", "--report", f"{count}/shard-{shard}.csv", "--details", f"{count}/shard-{shard}.details.csv", cwd=folder)
    order = [f"{count}/shard-{shard}.csv" for shard in range(count)]
    random.Random(options.seed).shuffle(order)
    ask(PROGRAM, "merge", "-o", f"{count}/merged/net.csv", "--details", f"{count}/merged/details.csv", *order, cwd=folder)
    return digest(folder / f"{count}/merged/net.csv", folder / f"{count}/merged/details.csv")


def five_shards(folder, words, options):
    """5 shards, merged in random order"""
    return shards(folder, words, options, 5)


def many_shards(folder, words, options):
    """64 shards, merged in random order"""
    return shards(folder, words, options, 64)


def slurm_array(folder, words, _):
    """Slurm array of 2: a preemption and a requeue"""
    (folder / "cluster").mkdir(mode=0o755)
    work = folder / "slurm"
    work.mkdir()
    for path in [path for path in folder.iterdir() if path.is_file()]:
        shutil.copy(path, work)
    with Cluster(folder / "cluster") as cluster:
        campaign = Campaign(work, cluster, 2, [*words, "--threads", "1"])
        campaign.submit()
        cluster.wait(lambda: campaign.at_work(0) or campaign.at_work(1), "no task is at work", 120)
        urgent = ask("sbatch", "--parsable", "--partition=urgent", f"--cpus-per-task={cluster.cpus}", "--mem=100", "--output=/dev/null", "--wrap=sleep 1")
        cluster.wait(lambda: facts(urgent)["JobState"] == "COMPLETED", "the urgent job is not done", 120)
        campaign.wait_for_work(0)
        ask("scontrol", "requeue", f"{campaign.array}_0")
        campaign.wait_until_done()
        campaign.check(restarts=2)
    return digest(work / "net.csv", work / "details.csv")


def dask_workers(folder, words, options):
    """Dask, 2 workers, killed twice"""
    import tf_injector as fi
    from distributed import Client, LocalCluster
    from tf_injector import distributed

    data = fi.Dataset.cifar10(options.cifar10) if options.cifar10 else fi.Dataset.read(folder / "test.npz")
    kills = [options.faults // 4, options.faults // 2]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster, Client(cluster) as client:
        def kill(now):
            if kills and now.rows >= kills[0]:
                kills.pop(0)
                os.kill(next(iter(client.run(os.getpid, on_error="ignore").values())), signal.SIGKILL)

        distributed.run_campaign(client, folder / "net.keras", data, folder / "faults.csv", report=folder / "dask/net.csv", details=folder / "dask/details.csv",
                                 scores="changed", limit=options.images, slice_seconds=1, progress=kill)
    assert not kills, "the campaign was over before a worker was killed"
    return digest(folder / "dask/net.csv", folder / "dask/details.csv")


def main():
    options = arguments()
    end_by_interrupt()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tfi-ways-"))
    folder.chmod(0o755)
    found = {}
    try:
        words = words_of(options, folder)
        for way in [one_process, five_shards, many_shards, dask_workers] + ([] if options.without_slurm else [slurm_array]):
            begin = time.monotonic()
            found[way.__name__] = way(folder, words, options)
            print(f"{found[way.__name__]}  {time.monotonic() - begin:5.0f} s  {way.__doc__}", flush=True)
    finally:
        shutil.rmtree(folder)
    if len(set(found.values())) != 1:
        print("error: the ways give different bytes", file=sys.stderr)
        return 1
    print(f"{len(found)} ways, {options.faults} faults x {options.images} images: one SHA-256 of report, details and scores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
