"""Test programs of other folders that are part of a row. A test may say how much it tried: a line of JSON, {"cases": N, "failed": M}, appended to the
file that TFI_COUNTS names; without one, tests are counted."""
import json
import os
import re
import subprocess

from torture import program
from torture.case import Case, Failed, Figures, NotRun


def run(torture, words, environment):
    """(how it ended, what its tests said they tried)"""
    with torture.folder() as folder:
        counts = folder / "counts"
        done = subprocess.run([str(word) for word in words], cwd=program.ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
                              env={**os.environ, "TFI_COUNTS": str(counts), "TFI_PROGRAM": str(program.PROGRAM), **environment})
        lines = counts.read_text().splitlines() if counts.exists() else []
    return done, [json.loads(line) for line in lines]


def figures(done, said, passed, failed, each):
    """`each`: how much a test tries that does not say it itself."""
    if done.returncode and not failed:
        raise Failed(f"exit code {done.returncode}: {(done.stdout + done.stderr).strip()[-300:]}")
    volume, wrong = sum(line["cases"] for line in said), sum(line.get("failed", 0) for line in said)
    if not said:
        volume, wrong = (passed + failed) * each, failed
    why = re.search(r"FAILED.*", done.stdout)
    return Figures(volume=max(volume, failed), failed=max(wrong, failed), why=f"{failed} tests: {why[0] if why else ''}" if failed else "")


def gtest(torture, name, chosen, each=1, **environment):
    """Tests of build/release/tests/NAME."""
    path = program.ROOT / "build/release/tests" / name
    if not path.exists():
        raise NotRun(f"build/release/tests/{name} is not built (scripts/test does)")
    done, said = run(torture, [path, f"--gtest_filter={chosen}"], environment)
    passed, failed = (int(found[1]) if (found := re.search(rf"\[  {word}  \] (\d+) test", done.stdout)) else 0 for word in ("PASSED", "FAILED"))
    return figures(done, said, passed, failed, each)


def pytest(torture, path, each=1, **environment):
    """Tests of a Python file."""
    python = program.ROOT / ".cache/venv/bin/python"
    if not python.exists() or not (program.ROOT / path).exists():
        raise NotRun(f"{path}: not there, or no Python environment (scripts/test makes it)")
    done, said = run(torture, [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", path], environment)
    passed, failed = (int(found[1]) if (found := re.search(rf"(\d+) {word}", done.stdout)) else 0 for word in ("passed", "failed"))
    return figures(done, said, passed, failed, each)


def cases(torture, *wanted):
    """Cases of a row: (kind, arguments, keywords)."""
    for kind, *arguments, keywords in wanted:
        yield Case(f"suite:{arguments[0]}", lambda kind=kind, arguments=arguments, keywords=keywords: kind(torture, *arguments, **keywords))
