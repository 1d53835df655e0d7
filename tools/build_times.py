#!/usr/bin/env python3
"""Where the time of a build goes: per file and per folder, from a ninja log or from measured compilers.

    tools/build_times.py build/release/.ninja_log [--top N]    seconds from start to end of every step (others' load is in them)
    tools/build_times.py TIMES [--top N]                       processor seconds, from a file that the line below has written

    TFI_BUILD_TIMES=$PWD/times cmake --build ...               after: cmake -DCMAKE_CXX_COMPILER_LAUNCHER=$PWD/tools/build_times.py

As a compiler's launcher it appends a line `user system output` to $TFI_BUILD_TIMES for every command that it ran; ccache must not
come between (CCACHE_DISABLE=1). The same file compiled twice counts with its last time.
"""
import argparse
import collections
import os
import pathlib
import resource
import subprocess
import sys


def launch(command, log):
    """Runs a compiler and appends what it took; returns its exit code."""
    code = subprocess.call(command)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = command[command.index("-o") + 1] if "-o" in command[:-1] else command[0]
    with open(log, "a", encoding="utf-8") as out:
        out.write(f"{used.ru_utime:.3f} {used.ru_stime:.3f} {output}\n")
    return code


def read_times(path):
    """{output: seconds} of a ninja log or of a file that `launch` has written."""
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    times = {}
    for line in lines:
        if lines[0].startswith("# ninja log"):
            fields = line.split("\t")
            if len(fields) >= 4:
                times[fields[3]] = (int(fields[1]) - int(fields[0])) / 1000
        else:
            user, system, output = line.split(" ", 2)
            times[output] = float(user) + float(system)
    return times


def folder_of(output):
    """The folder of src/ or tests/ that an object file comes from; other outputs are steps of their own kind."""
    parts = pathlib.PurePath(output).parts
    if "CMakeFiles" not in parts or not output.endswith((".o", ".gch", ".pch")):
        return "(other steps)"
    inside = parts[parts.index("CMakeFiles") + 2:-1]
    return "/".join(inside) or "(precompiled header)"


def show(times, top):
    folders = collections.Counter()
    counts = collections.Counter()
    for output, seconds in times.items():
        folders[folder_of(output)] += seconds
        counts[folder_of(output)] += 1
    print(f"{sum(times.values()):8.1f} s  {len(times)} steps")
    for folder, seconds in folders.most_common():
        print(f"{seconds:8.1f} s  {counts[folder]:4}  {folder}")
    print()
    for output, seconds in sorted(times.items(), key=lambda item: -item[1])[:top]:
        print(f"{seconds:8.2f} s  {output}")


def main():
    log = os.environ.get("TFI_BUILD_TIMES")
    if log and len(sys.argv) > 2 and not sys.argv[1].startswith("-") and "--top" not in sys.argv:
        return launch(sys.argv[1:], log)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log")
    parser.add_argument("--top", type=int, default=20, metavar="N", help="how many files (default: %(default)s)")
    arguments = parser.parse_args()
    show(read_times(arguments.log), arguments.top)
    return 0


if __name__ == "__main__":
    sys.exit(main())
