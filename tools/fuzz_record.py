#!/usr/bin/env python3
"""The figures of a run of scripts/fuzz, which are read from standard input (a line per target: name, executions, minutes of processor
time, edges, inputs found, findings), as a table; with FILE they are added to that file, tests/fuzz/record.json.
fuzz_record.py [FILE]    fuzz_record.py --sum FILE   what the file says in all, a line per target"""
import datetime
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIGURES = ("executions", "minutes", "edges", "corpus", "findings")


def read(lines):
    """{target: figures}"""
    rows = {}
    for line in lines:
        name, *numbers = line.split()
        rows[name] = {key: float(text) if key == "minutes" else int(text) for key, text in zip(FIGURES, numbers, strict=True)}
    return rows


def sums(runs):
    """Of each target what all runs make together; edges and findings are those of the last one."""
    total = {}
    for run in runs:
        for name, row in run["targets"].items():
            before = total.get(name, {"executions": 0, "minutes": 0.0})
            total[name] = {**row, "executions": before["executions"] + row["executions"], "minutes": round(before["minutes"] + row["minutes"], 2)}
    return dict(sorted(total.items()))


def print_table(rows):
    print(f"{'target':16} {'executions':>13} {'minutes':>8} {'edges':>7} {'corpus':>7} {'findings':>9}")
    for name, row in rows.items():
        print(f"{name:16} {row['executions']:13,} {row['minutes']:8.2f} {row['edges']:7} {row['corpus']:7} {row['findings']:9}")
    executions, minutes, findings = (sum(row[key] for row in rows.values()) for key in ("executions", "minutes", "findings"))
    print(f"{len(rows)} targets, {executions:,} executions in {minutes:.1f} minutes of processor time, {findings} findings")


def add(path, rows):
    """Appends the run. What was tried is named by the commit, with "-dirty" where files of the sources differ from it."""
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    runs = json.loads(path.read_text())["runs"] if path.exists() else []
    runs.append({"commit": commit, "date": datetime.date.today().isoformat(), "targets": rows})
    shown = ",\n".join(f'  {{"commit": "{run["commit"]}", "date": "{run["date"]}", "targets": {{\n' +
                       ",\n".join(f"   {json.dumps(name)}: {json.dumps(row)}" for name, row in run["targets"].items()) + "}}" for run in runs)
    path.write_text(f'{{"runs": [\n{shown}\n]}}\n')


def main(words):
    if words[:1] == ["--sum"] and len(words) == 2:
        print_table(sums(json.loads(pathlib.Path(words[1]).read_text())["runs"]))
    elif len(words) <= 1 and not (words and words[0].startswith("-")):
        rows = read(sys.stdin)
        print_table(rows)
        if words:
            add(pathlib.Path(words[0]), rows)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
