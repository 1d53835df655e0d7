"""Row 13: the fuzz targets, by their own command."""
from torture import program
from torture.case import Case, Failed, NotRun

NUMBER, FAULT, UNIT = 13, "fuzzing (scripts/fuzz)", "runs of all targets"
CRITERION = "no open finding"
PYTHON_TOOL = "not known"
ALONE = True


def fuzz():
    command = program.ROOT / "scripts/fuzz"
    if not command.exists():
        raise NotRun("scripts/fuzz is not there")
    done = program.subprocess.run([command], capture_output=True, text=True, stdin=program.subprocess.DEVNULL, check=False)
    if done.returncode:
        raise Failed(f"scripts/fuzz: exit code {done.returncode}: {done.stderr.strip()[-300:]}")


def cases(torture):
    if torture.short:
        raise NotRun("takes an hour; scripts/test replays the corpus")
    yield Case("scripts/fuzz", fuzz)
