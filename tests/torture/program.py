"""The program as a child: what it is started with and how it ended."""
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import time

from torture.case import Failed, NotRun

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TFI_PROGRAM", ROOT / "build/release/tf_injector")).resolve()
DONE, MISTAKE, USAGE, BAD_INPUT, NOT_WRITTEN, BUSY, REFUSED, CHECK_FAILED, NO_MEMORY, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 7, 8, 75
HANGS = 300.0  # s


@dataclasses.dataclass
class Ended:
    code: int  # negative: the signal that killed it
    out: str
    err: str
    seconds: float  # that passed; of run_measured: of the processor
    mebibytes: float  # the most that was resident

    @property
    def last_line(self):
        lines = self.err.strip().splitlines()
        return lines[-1] if lines else ""

    def describe(self):
        return f"exit code {self.code}: {self.err.strip()[-300:]!r}"


def start(words, cwd, before=(), environment=None, **options):
    """A child whose outputs are pipes; in a session of its own, so that a signal meets it alone."""
    return subprocess.Popen([*map(str, before), str(PROGRAM), *map(str, words)], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env={**os.environ, **(environment or {})}, start_new_session=True, **options)


def kill(child):
    """Ends the child and what it started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def end_of(child, since, timeout=HANGS):
    """Waits for a child of start(). One that does not end is killed, and is a failure."""
    try:
        out, err = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        kill(child)
        child.communicate()
        raise Failed(f"does not end within {timeout:.0f} s") from None
    return Ended(child.returncode, out.decode(errors="replace"), err.decode(errors="replace"), time.monotonic() - since, 0.0)


def run(words, cwd, before=(), environment=None, timeout=HANGS, **options):
    since = time.monotonic()
    return end_of(start(words, cwd, before, environment, **options), since, timeout)


def processor_seconds(words, cwd, instant=None):
    """(exit code, seconds of the processor) of a child that says nothing; killed at an instant, if it is not done before."""
    child = subprocess.Popen([str(PROGRAM), *map(str, words)], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             start_new_session=True)
    since, pid = time.monotonic(), 0
    while not pid:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if not pid and time.monotonic() - since > (HANGS if instant is None else instant):
            kill(child)
            pid, status, usage = os.wait4(child.pid, 0)
        time.sleep(0.002)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, usage.ru_utime + usage.ru_stime


def run_measured(words, cwd, measure, timeout=HANGS):
    """As run, with the processor time and the memory that it took. `measure`: shims/measure.c (shim.build)."""
    out = pathlib.Path(cwd).parent / f"{pathlib.Path(cwd).name}.measured"
    ended = run(words, cwd, before=[measure, out], timeout=timeout)
    if not out.exists():
        raise Failed(f"could not be measured: {ended.describe()}")
    seconds, kibibytes = out.read_text().split()
    out.unlink()
    ended.seconds, ended.mebibytes = float(seconds), int(kibibytes) / 1024
    return ended


def need(tool, package):
    """The path of a tool; NotRun where it is missing."""
    found = shutil.which(tool)
    if not found:
        raise NotRun(f"{tool} is not installed (Debian: apt-get install {package})")
    return found
