"""Row 13: the fuzz targets. What libFuzzer has tried is read from tests/fuzz/record.json, to which scripts/fuzz adds each of its runs; the short
form runs the targets on their seeds and on the corpus."""
import json
import re
import subprocess
import sys

from torture import program
from torture.case import Case, Failed, Figures, NotRun

NUMBER, FAULT, UNIT = 13, "fuzzing (scripts/fuzz)", "inputs"
CRITERION = "no open finding; >= 60 minutes of processor time in all, no target left out"
PYTHON_TOOL = "not known"
FUZZ, PROGRAMS = program.ROOT / "tests/fuzz", program.ROOT / "build/release/tests/fuzz"
RECORD, LEAST_MINUTES = FUZZ / "record.json", 60


def targets():
    return sorted(path.name.removesuffix("_fuzz.cpp") for path in FUZZ.glob("*_fuzz.cpp"))


def recorded(record, names):
    """The figures of a record: executions of all runs, and of each target the findings of its last run."""
    runs = json.loads(record.read_text())["runs"] if record.exists() else []
    last = {name: row for run in runs for name, row in run["targets"].items()}
    missing = sorted(set(names) - last.keys())
    if missing:
        raise Failed(f"{record.name} has no run of {', '.join(missing)}: scripts/fuzz {' '.join(missing)} --record")
    rows = [row for run in runs for row in run["targets"].values()]
    minutes = sum(row["minutes"] for row in rows)
    if minutes < LEAST_MINUTES:
        raise Failed(f"{minutes:.0f} minutes of processor time; at least {LEAST_MINUTES} are wanted: scripts/fuzz --minutes 60 --record")
    findings = {name: row["findings"] for name, row in last.items() if row["findings"] and name in names}
    return Figures(volume=sum(row["executions"] for row in rows), failed=sum(findings.values()),
                   why=f"open findings: {', '.join(findings)}" if findings else "")


def replay(torture, name):
    """Runs a target on its seeds and its corpus."""
    folders = [folder for folder in (seeds(torture) / name, FUZZ / "corpus" / name) if folder.is_dir()]
    done = subprocess.run([PROGRAMS / f"fuzz_{name}", *folders], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, errors="replace")
    count = re.search(r"^(\d+) inputs, no finding$", done.stdout, re.MULTILINE)
    if done.returncode or not count:
        raise Failed(f"exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    return Figures(volume=int(count[1]))


def seeds(torture):
    return torture.once("seeds", lambda folder: subprocess.run([sys.executable, FUZZ / "make_seeds.py", folder], check=True))


def cases(torture):
    if not torture.short:
        yield Case("record", lambda: recorded(RECORD, targets()))
        return
    for name in targets():
        if not (PROGRAMS / f"fuzz_{name}").exists():
            raise NotRun("the fuzz targets are not built (scripts/test does)")
        yield Case(f"replay:{name}", lambda name=name: replay(torture, name))
