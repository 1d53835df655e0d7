#!/usr/bin/env python3
"""Writes tests/compat/<version>/: small reports, metadata, scores, details and estimates as a released program writes them, finished and killed.

    make_compat_files.py PROGRAM [FOLDER]

PROGRAM is that of the release, FOLDER is new (default: tests/compat/<its version>). Needs NumPy, gcc and strace, which kills the program at
chosen system calls. So that a list of 40 faults is evaluated in several blocks, the program's steady clock runs 100,000 times as fast.
tests/compat/compat_test.py holds that today's program reads the files and goes on with them.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODEL = "single_channel"  # of tests/golden
INPUTS = ["--model", "inputs/model.keras", "--data", "inputs/images.npz"]
CLOCK = """
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec* now) {
  if (syscall(SYS_clock_gettime, clock, now) != 0) return -1;
  if (clock != CLOCK_MONOTONIC) return 0;
  static struct timespec first;
  if (first.tv_sec == 0) first = *now;
  long long passed = ((now->tv_sec - first.tv_sec) * 1000000000LL + now->tv_nsec - first.tv_nsec) * 100000;
  now->tv_sec = first.tv_sec + passed / 1000000000;
  now->tv_nsec = passed % 1000000000;
  return 0;
}
"""


def campaign(name, fault_list="list", *more):
    """Words of a run whose report is <name>/report.csv."""
    return [*INPUTS, "-f", f"inputs/{fault_list}.csv", "--report", f"{name}/report.csv", "--threads", "1", *more]


def estimate(name):
    return ["estimate", *INPUTS, "--error", "0.05", "--state", f"{name}/net.state", "--json", f"{name}/net.json"]


SCALAR = ("--kernels", "scalar")  # whose blocks may be of one fault
DETAILS = ("--scores", "changed", "--details")
PART = ("--resume-from", "7", "--limit", "3")
# Name; words; system call and its how-many-th that the program is killed at, and whether a line is torn then, or None for a run that ends;
# the finished case that it becomes when it is gone on with.
CASES = [
    ("plain", campaign("plain"), None, "plain"),
    ("part", campaign("part", "list", *PART), None, "part"),
    ("details", campaign("details", "list", *DETAILS, "details/details.csv"), None, "details"),
    ("scores", campaign("scores", "few", "--scores", "all"), None, "scores"),
    ("killed_at_start", campaign("killed_at_start"), ("rename", 1, False), "plain"),
    ("killed_between_blocks", campaign("killed_between_blocks", "list", *SCALAR), ("rename", 15, False), "plain"),
    ("killed_in_a_row", campaign("killed_in_a_row", "list", *SCALAR), ("fdatasync", 15, True), "plain"),
    ("killed_in_a_part", campaign("killed_in_a_part", "list", *PART, *SCALAR), ("fdatasync", 9, True), "part"),
    ("killed_with_details", campaign("killed_with_details", "list", *DETAILS, "killed_with_details/details.csv", *SCALAR),
     ("fdatasync", 20, True), "details"),
    ("killed_with_scores", campaign("killed_with_scores", "few", "--scores", "all", *SCALAR), ("fdatasync", 5, True), "scores"),
    ("killed_without_a_name", [*INPUTS, "-f", "inputs/list.csv", "-o", "killed_without_a_name", "--threads", "1", *SCALAR],
     ("fdatasync", 25, False), "plain"),
    ("estimate", estimate("estimate"), None, "estimate"),
    ("killed_estimate", estimate("killed_estimate"), ("fdatasync", 3, True), "estimate"),
]


class Maker:
    def __init__(self, program, folder):
        self.folder = folder
        tools = folder / "tools"
        tools.mkdir()
        shutil.copy(program, tools / "tf_injector")  # so that the command line in the metadata begins with this name
        (tools / "clock.c").write_text(CLOCK)
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", tools / "clock.so", tools / "clock.c"], check=True)
        self.environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}

    def run(self, words, kill=None):
        slow = [f"--env=LD_PRELOAD={self.folder}/tools/clock.so"]
        inject = [f"--inject={kill[0]}:signal=SIGKILL:when={kill[1]}"] if kill else ["--trace=none"]
        done = subprocess.run(["strace", "-f", "-o", "/dev/null", *inject, *slow, "tf_injector", *words], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if (done.returncode == 0) != (kill is None):
            sys.exit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stderr}")

    def write_inputs(self):
        inputs = self.folder / "inputs"
        inputs.mkdir()
        shutil.copy(ROOT / f"tests/golden/{MODEL}.keras", inputs / "model.keras")
        images = np.load(ROOT / f"tests/golden/{MODEL}.golden.npz")["inputs"]
        np.savez_compressed(inputs / "images.npz", x=images, y=np.arange(len(images)) % 3)
        for name, faults in (("list", 40), ("few", 8)):
            self.run(["generate", "--model", "inputs/model.keras", "-o", f"inputs/{name}.csv", "--n", str(faults)])

    def write_case(self, name, words, kill):
        (self.folder / name).mkdir()
        self.run(words, kill)
        files = [path for path in (self.folder / name).rglob("*") if path.suffix in (".csv", ".state")]
        torn = next((path for path in files if path.name in ("report.csv", "net.state")), None)
        if kill and kill[2]:
            os.truncate(torn, torn.stat().st_size - 5)


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    program = pathlib.Path(sys.argv[1]).resolve()
    version = re.search(r"\d+\.\d+\.\d+", subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout)[0]
    target = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "tests/compat" / version)
    if target.exists():
        sys.exit(f"{target} exists")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        maker = Maker(program, folder)
        maker.write_inputs()
        for name, words, kill, _ in CASES:
            maker.write_case(name, words, kill)
        shutil.rmtree(folder / "tools")
        cases = [{"name": name, "words": words, "killed": kill is not None, "becomes": becomes} for name, words, kill, becomes in CASES]
        (folder / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
        shutil.copytree(folder, target)
    print(f"{target}: {len(CASES)} cases, {sum(path.stat().st_size for path in target.rglob('*') if path.is_file())} bytes")


main()
