"""Row 21: a long run on a small network: memory and open files do not grow."""
import os
import pathlib
import time

from torture import program
from torture.case import Case, Failed, Figures

NUMBER, FAULT, UNIT = 21, "soak", "faults"
CRITERION = "memory grows < 1 MiB from a quarter of the run on, open files constant"
PYTHON_TOOL = "not known"
ALONE = True
FAULTS, SHORT, MOST_GROWTH = 1000000, 20000, 1.0


def sample(process):
    """(MiB that are resident, open files) of a process that runs."""
    pages = int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, len(os.listdir(f"/proc/{process}/fd"))


def watch(torture, words, count):
    """Samples while the rows grow; judged from a quarter of the rows on."""
    with torture.folder() as folder:
        child, since = program.start(words, folder), time.monotonic()
        report, samples = folder / "r.csv", []
        while child.poll() is None:
            try:
                size = report.stat().st_size
                samples.append((size, *sample(child.pid)))
            except (OSError, IndexError):
                pass
            time.sleep(0.005)
        ended = program.end_of(child, since)
        if ended.code != program.DONE:
            raise Failed(ended.describe())
        whole = report.stat().st_size
    late = [entry for entry in samples if whole * 0.25 < entry[0] < whole]
    if len(late) < 3:
        raise Failed(f"only {len(late)} samples between the first quarter and the end")
    memory, files = [entry[1] for entry in late], [entry[2] for entry in late]
    half = max(1, len(memory) // 2)
    growth = max(memory[half:]) - max(memory[:half])  # what a block takes while it is written comes and goes
    spread = max(files) - min(files)
    if growth >= MOST_GROWTH or spread > 2:  # a report's metadata and its temporary file are open now and then
        raise Failed(f"memory grew by {growth:.2f} MiB to {memory[-1]:.1f} MiB, {min(files)} to {max(files)} files were open")
    return Figures(volume=count, mebibytes=max(memory))


def cases(torture):
    count = SHORT if torture.short else FAULTS
    files = torture.model_files(count, 1)
    words = [*files, "--report", "r.csv", "--threads", "1", "-q", "--check", "0"]
    few = [*files, "--memory", torture.least_memory(files)]
    yield Case("memory", lambda: watch(torture, [*few, *words[len(files):]], count))
    if not torture.short:
        details = [*words, "--details", "d.csv", "--memory", "512M"]
        yield Case("details", lambda: watch(torture, details, count))
