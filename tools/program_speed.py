#!/usr/bin/env python3
"""Times one whole campaign of tf_injector, start-up and golden run included, and prints the JSON line of side_by_side.py.

    tools/program_speed.py NAME PROGRAM FLAGS...      e.g. tools/program_speed.py ours build/release/tf_injector --model M -f L ...
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import time


def main():
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.csv"
        command = [*sys.argv[2:], "--report", str(report), "--quiet", "--no-download"]
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        seconds = time.perf_counter() - start
        with open(report, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))[2:]  # the header, the golden row
    print(json.dumps({"name": sys.argv[1], "faults": len(rows), "images": int(rows[0][4]), "seconds": round(seconds, 3),
                      "faults_per_second": len(rows) / seconds}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
