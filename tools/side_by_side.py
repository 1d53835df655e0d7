#!/usr/bin/env python3
"""Measures campaigns side by side: runs named commands in turn, on the same cores, and prints their faults per second as a table.

    python3 tools/side_by_side.py --rounds 5 [--cores 0,1] [--baseline tensorflow] \\
        "tensorflow=.cache/tf-venv/bin/python tools/tensorflow_campaign.py --time-only ..." \\
        "tf_injector=tools/program_speed.py ..."

A command prints one JSON line per thing that it measured: {"name": ..., "faults": ..., "images": ..., "seconds": ..., "faults_per_second": ...}.
Every round runs every command once, so whatever else the machine does hits all of them alike; ratios are taken within a round. The
order turns round every other time. Standard library only.
"""
import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys


def measure(command):
    """name -> the JSON lines that the command printed."""
    done = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"exit code {done.returncode} of: {command}")
    found = {}
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            result = json.loads(line)
            found[result["name"]] = result
    if not found:
        sys.exit(f"no JSON line with a result came from: {command}")
    return found


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"


def spread(values):
    return f"{min(values):.4g} / {statistics.median(values):.4g} / {max(values):.4g}"


def print_table(rounds, baseline):
    print("\n| | faults x images | seconds a fault | faults/s min / median / max | times the baseline min / median / max |")
    print("|---|---|---|---|---|")
    for name, first in rounds[0].items():
        speeds = [results[name]["faults_per_second"] for results in rounds]
        ratios = [results[name]["faults_per_second"] / results[baseline]["faults_per_second"] for results in rounds]
        print(f"| {name} | {first['faults']} x {first['images']} | {1 / statistics.median(speeds):.4g} | {spread(speeds)} | "
              f"{'1 (the baseline)' if name == baseline else spread(ratios)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commands", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", help="comma-separated; all commands run on these only")
    parser.add_argument("--baseline", help="the name that the others are compared with (default: the first measured)")
    arguments = parser.parse_args()
    if arguments.cores:
        os.sched_setaffinity(0, {int(core) for core in arguments.cores.split(",")})
    commands = [command.partition("=")[2] for command in arguments.commands]
    print(f"CPU: {cpu_name()}, cores {sorted(os.sched_getaffinity(0))}, load {os.getloadavg()[0]:.1f}, {arguments.rounds} rounds, alternating")
    for command in arguments.commands:
        print(f"  {command.replace('=', ': ', 1)}")
    rounds = []
    for number in range(arguments.rounds):
        results = {}
        for command in commands if number % 2 == 0 else commands[::-1]:
            results.update(measure(command))
        rounds.append(results if number == 0 else {name: results[name] for name in rounds[0]})
        print(f"round {number + 1}: " + ", ".join(f"{name} {result['faults_per_second']:.4g} faults/s"
                                                   for name, result in rounds[-1].items()), flush=True)
    baseline = arguments.baseline or next(iter(rounds[0]))
    if baseline not in rounds[0]:
        sys.exit(f"nothing named '{baseline}' was measured; there are {', '.join(rounds[0])}")
    print_table(rounds, baseline)
    return 0


if __name__ == "__main__":
    sys.exit(main())
