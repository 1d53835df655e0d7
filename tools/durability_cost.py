#!/usr/bin/env python3
"""What it costs that a campaign survives a kill and a power cut: the time of its writes, syncs and renames against the whole.

    tools/durability_cost.py --program build/release/tf_injector --folder /tmp/x -- --model M.keras -d CIFAR10 --data DATA -f LIST.csv

Runs the campaign once under strace (needed: apt install strace), with its report in a folder of the file system that is
asked about, and adds up the time that its threads spent in calls that write, sync, rename or cut files. Threads that
are in such a call do not compute: the share is that time of all threads' time. On a machine that does nothing else:
other programs' waiting counts as well.
"""
import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

CALLS = ("fsync", "fdatasync", "rename", "ftruncate", "pwrite64", "unlink")
LINE = re.compile(r"^\d+ +(?:<\.\.\. )?(\w+)[( ].*<(\d+\.\d+)>$")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=Path("build/release/tf_injector"))
    parser.add_argument("--folder", type=Path, help="where the report goes (default: a temporary folder)")
    parser.add_argument("--most", type=float, default=1.0, help="exit code 1 above so many %% (default: 1)")
    parser.add_argument("flags", nargs="+", help="of run, without --report")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        report, trace = Path(folder) / "r.csv", Path(folder) / "trace"
        words = ["strace", "-f", "-T", "-qq", "-e", "signal=none", "-e", "trace=" + ",".join(CALLS), "-o", trace, given.program, *given.flags, "--report", report, "-q"]
        subprocess.run([str(word) for word in words], check=True)
        facts = json.loads(report.with_suffix(".run.json").read_text())
        seconds, count = defaultdict(float), Counter()
        for line in trace.read_text().splitlines():
            found = LINE.match(line)
            if found:
                count[found[1]] += 1
                seconds[found[1]] += float(found[2])
    whole = facts["seconds"] * facts["machine"]["threads"]
    for call in CALLS:
        print(f"{call:10} {count[call]:7} calls {seconds[call]:9.3f} s")
    share = 100 * sum(seconds.values()) / whole
    print(f"{facts['report']['rows']} rows in {facts['seconds']:.1f} s on {facts['machine']['threads']} threads: {share:.3f} % of their time")
    return 0 if share <= given.most else 1


if __name__ == "__main__":
    sys.exit(main())
