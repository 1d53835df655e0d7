#!/usr/bin/env python3
"""How long the program takes to end after SIGINT, SIGTERM or SIGHUP, at random instants of every kind of command: a line of p50, p99 and
the longest each, in milliseconds. Anything but exit code 75 with a line that says how to go on (or the usual end, where that came first),
and every temporary file that stays, is a failure. Usage: signal_delays.py [--shots N] [--seed S] [--scene NAME]..."""
import argparse
import contextlib
import fcntl
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TFI_PROGRAM", ROOT / "build/release/tf_injector"))
MODEL = ROOT / "models/CIFAR10/ResNet20.keras"
INTERRUPTED = 75
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LIMIT = 0.2  # seconds, for 99 of 100


@contextlib.contextmanager
def stalled_server():
    """Accepts connections and answers nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        kept = []

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    kept.append(listener.accept())

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        for connection, _ in kept:
            connection.close()


@contextlib.contextmanager
def locked(folder):
    """As another run that decides which report in the folder to write, for ever."""
    folder.mkdir(parents=True)
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def prepare(work):
    """What the scenes read."""
    random_values = np.random.default_rng(1)
    np.savez(work / "set.npz", x=random_values.random((256, 32, 32, 3), dtype=np.float32), y=random_values.integers(0, 10, 256))
    model = os.fspath(MODEL)
    for name, faults in (("list.csv", "4000"), ("million.csv", "1000000")):
        subprocess.run([PROGRAM, "generate", "--model", model, "-o", work / name, "--n", faults], check=True, capture_output=True)
    with open(work / "million.csv") as faults, open(work / "report.csv", "w") as report:
        report.write("inj_id,target_layer,layer_weigths,bit_pos,n_injections,top_1_correct,top_5_correct,top_1_robust,top_5_robust,masked,"
                     "non_critical,critical\r\nGOLDEN,,,,10000,9148,9965,,,,\r\n")
        next(faults)
        for line in faults:
            report.write(line.rstrip() + ",10000,9148,9965,10000,10000,6845,3155,0\r\n")


def scenes(work, port):
    """{name: (words, seconds within which the signal comes)}"""
    model = ["--model", os.fspath(MODEL)]
    inputs = [*model, "--data", "set.npz"]
    run = [*inputs, "-f", "list.csv", "--threads", "1"]
    return {
        "start of a run": ([*run, "--report", "start.csv"], 0.3),
        "a million rows": (["validate", *model, "-f", "million.csv"], 1.5),
        "golden run, large tile": ([*inputs, "--threads", "1", "--tile", "256", "--kernels", "scalar"], 1.5),
        "run, one thread": ([*run, "--report", "one.csv"], 4),
        "run, all threads": ([*inputs, "-f", "list.csv", "--report", "all.csv"], 4),
        "run, scores": ([*inputs, "-f", "list.csv", "--report", "scores.csv", "-s"], 4),
        "run, plain, large tile": ([*run, "--report", "plain.csv", "--tile", "256", "--kernels", "scalar"], 4),
        "run, --check 1": ([*run, "--report", "check.csv", "--check", "1"], 4),
        "folder is locked": ([*run, "-o", "locked"], 1.5),
        "estimate": (["estimate", *inputs, "--threads", "1", "--error", "0.00001", "--state", "state"], 3),
        "explain": (["explain", *inputs, "conv2d,(0,0,0,0),30"], 1.5),
        "generate": (["generate", *model, "--scheme", "exhaustive", "-o", "all_faults.csv", "--overwrite"], 1.0),
        "bench": (["bench", *run[:-2], "--threads", "1", "--seconds", "30"], 3),
        "report": (["report", "report.csv", "-o", "page.html", "--json", "page.json", "--overwrite"], 3),
        "compare": (["compare", "report.csv", "report.csv"], 3),
        "download": (["download", "CIFAR10", "--to", "fetched", "--url", f"http://127.0.0.1:{port}/"], 1.0),
    }


def catches(program):
    with contextlib.suppress(OSError):
        status = pathlib.Path(f"/proc/{program.pid}/status").read_text()
        return int(re.search(r"^SigCgt:\s*([0-9a-f]+)", status, re.M)[1], 16) >> (signal.SIGTERM - 1) & 1
    return True


def shoot(words, seconds, number, work):
    """(seconds from the signal to the end, or None where the program was faster than it; what went wrong)"""
    with open(work / "said", "w+b") as said:
        program = subprocess.Popen([PROGRAM, *words], cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        while program.poll() is None and not catches(program):  # before `main` nothing can be caught
            time.sleep(0.001)
        time.sleep(seconds)
        if program.poll() is not None:
            return None, ""
        begin = time.perf_counter()
        program.send_signal(number)
        program.wait()
        delay = time.perf_counter() - begin
        said.seek(0)
        text = said.read().decode(errors="replace")
    left = [os.fspath(path) for path in work.rglob(".tf_injector-*.tmp")]
    if left:
        return delay, f"left behind: {left}"
    if program.returncode == 0:
        return None, ""
    if program.returncode != INTERRUPTED or "same command" not in text:
        return delay, f"signal {number}: exit {program.returncode}: {text[-300:]!r}"
    return delay, ""


def measure(name, words, longest, work, shots, random_values):
    delays, problems = [], []
    for shot in range(shots):
        delay, problem = shoot(words, random_values.uniform(0, longest), SIGNALS[shot % len(SIGNALS)], work)
        if delay is not None:
            delays.append(delay)
        if problem:
            problems.append(problem)
    if not delays:
        print(f"{name:24} was faster than every signal")
        return []
    delays.sort()
    late = sum(delay > LIMIT for delay in delays)
    p50, p99 = (delays[min(len(delays) - 1, int(len(delays) * share))] for share in (0.5, 0.99))
    print(f"{name:24} {len(delays):4} signals: p50 {1000 * p50:5.0f} ms, p99 {1000 * p99:5.0f} ms, longest {1000 * delays[-1]:5.0f} ms, "
          f"{late} over {1000 * LIMIT:.0f} ms, {len(problems)} failures", flush=True)
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scene", action="append", default=[])
    options = parser.parse_args()
    problems = []
    with tempfile.TemporaryDirectory() as folder, stalled_server() as port:
        work = pathlib.Path(folder)
        prepare(work)
        with locked(work / "locked" / "set" / "ResNet20"):  # named after data and model
            for name, (words, longest) in scenes(work, port).items():
                if not options.scene or name in options.scene:
                    problems += measure(name, words, longest, work, options.shots, random.Random(f"{options.seed}/{name}"))
    for problem in problems:
        print("FAILED:", problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
