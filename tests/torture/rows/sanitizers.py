"""Row 19: the suite and campaigns under the sanitizers, by their own command."""
import re

from torture import program
from torture.case import Case, Failed, Figures, NotRun

NUMBER, FAULT, UNIT = 19, "sanitizers (scripts/sanitize)", "tests"
CRITERION = "no report of ASan, UBSan, TSan"
PYTHON_TOOL = "not known"
ALONE = True


def sanitize(preset):
    done = program.subprocess.run([program.ROOT / "scripts/sanitize", preset], capture_output=True, text=True, stdin=program.subprocess.DEVNULL, check=False)
    counts = re.findall(r"(\d+) tests failed out of (\d+)", done.stdout)
    failed, volume = (sum(int(pair[place]) for pair in counts) for place in (0, 1))
    if done.returncode and not failed:
        raise Failed(f"scripts/sanitize {preset}: {(done.stdout + done.stderr).strip()[-300:]}")
    return Figures(volume=volume, failed=failed, why=f"{failed} tests of scripts/sanitize {preset}" if failed else "")


def cases(torture):
    if torture.short:
        raise NotRun("takes hours: scripts/sanitize")
    for preset in ("asan", "tsan"):
        yield Case(preset, lambda preset=preset: sanitize(preset))
