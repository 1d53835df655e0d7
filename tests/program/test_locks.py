"""The lock on a report where the file system has none (as some network file systems): a file beside it says who holds it. strace plays such a
file system: every flock fails."""
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest
from interrupted_calls import stuck_disk
from small_campaign import BUSY, DONE, PROGRAM, campaign_in, files_of, run

pytestmark = pytest.mark.skipif(shutil.which("strace") is None or shutil.which("cc") is None, reason="strace or cc is not installed")
ERRORS = ["ENOLCK", "EOPNOTSUPP", "ENOSYS", "EBADF"]


def without_flock(error, *more):
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e", f"inject=flock:error={error}", *more]


@pytest.fixture
def campaign(tmp_path):
    return campaign_in(tmp_path)


@pytest.fixture
def held(campaign, tmp_path):
    """A run that holds its report for ever: its first sync does not come back. Its process, and the report."""
    report = tmp_path / "out/r.csv"
    command = [*without_flock("ENOLCK", "-E", f"LD_PRELOAD={stuck_disk(tmp_path)}"), PROGRAM, *campaign, "--report", report]
    tracer = subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while tracer.poll() is None and not (report.exists() and report.stat().st_size):
        time.sleep(0.01)
    with open(f"/proc/{tracer.pid}/task/{tracer.pid}/children") as children:
        yield int(children.read().split()[0]), report
    with open(f"/proc/{tracer.pid}/task/{tracer.pid}/children") as children:
        for child in children.read().split():
            os.kill(int(child), signal.SIGKILL)
    tracer.kill()
    tracer.wait()


@pytest.mark.parametrize("error", ERRORS)
def test_a_run_leaves_no_lock_behind(error, campaign, tmp_path):
    for words in (["--report", tmp_path / "r.csv", "-s"], ["-o", tmp_path / "out"]):
        done = run(*campaign, *words, before=without_flock(error))
        assert done.returncode == DONE, done.stderr
    assert not [name for name in files_of(tmp_path) if "lock" in name or ".tmp" in name]
    assert run(*campaign, "--report", tmp_path / "whole.csv").returncode == DONE
    assert (tmp_path / "r.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_report_that_is_in_use_is_refused(held, campaign):
    process, report = held
    lock = report.with_name("r.csv.lock")
    text = lock.read_text()
    assert f"-{process}-" in text and socket.gethostname() in text
    done = run(*campaign, "--report", report, before=without_flock("ENOLCK"))
    assert done.returncode == BUSY
    assert f"is in use by another run (process {process} on {socket.gethostname()})" in done.stderr
    assert f"if that run is gone, remove '{lock}'" in done.stderr
    assert lock.read_text() == text


def test_a_lock_of_a_killed_run_is_taken_over(held, campaign, tmp_path):
    process, report = held
    os.kill(process, signal.SIGKILL)
    done = run(*campaign, "--report", report, before=without_flock("ENOLCK"))
    while done.returncode == BUSY:  # until the kernel has taken the process down
        done = run(*campaign, "--report", report, before=without_flock("ENOLCK"))
    assert done.returncode == DONE, done.stderr
    assert run(*campaign, "--report", tmp_path / "whole.csv").returncode == DONE
    assert report.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert sorted(files_of(tmp_path / "out")) == ["r.csv", "r.run.json"]


def test_a_lock_of_another_machine_stays(campaign, tmp_path):
    lock, text = tmp_path / "r.csv.lock", "0123456789abcdef-77-1234\nnode3\n"
    lock.write_text(text)
    done = run(*campaign, "--report", tmp_path / "r.csv", before=without_flock("EOPNOTSUPP"))
    assert done.returncode == BUSY and "process 77 on node3" in done.stderr and str(lock) in done.stderr
    assert lock.read_text() == text and not (tmp_path / "r.csv").exists()


def test_sixteen_at_once(campaign, tmp_path):
    assert run(*campaign, "--report", tmp_path / "whole.csv").returncode == DONE
    words = [*without_flock("ENOLCK"), PROGRAM, *campaign, "-q", "--report", tmp_path / "one/r.csv"]
    programs = [subprocess.Popen([*map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(16)]
    results = [(program.communicate(timeout=300)[1], program.returncode) for program in programs]
    codes = [code for _, code in results]
    assert DONE in codes and set(codes) <= {DONE, BUSY}, results
    assert (tmp_path / "one/r.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert sorted(files_of(tmp_path / "one")) == ["r.csv", "r.run.json"]


def test_files_of_killed_runs_are_removed(campaign, tmp_path):
    """By the next run that writes beside them: those of processes that are gone, and in the report's own folder of scores all."""
    folder = tmp_path / "out"
    killed = 0
    for number in range(1, 40):
        done = run(*campaign, "--report", folder / "r.csv", "-s", before=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=rename",
                                                                            "-e", f"inject=rename:signal=SIGKILL:when={number}"])
        if done.returncode == DONE:
            break
        killed += 1
    assert killed > 0 and (folder / "r.csv").exists()
    assert [name for name in files_of(folder) if ".tmp" in name] == []
    foreign = folder / ".tf_injector-0123456789abcdef-77-1234-0.tmp"
    foreign.write_text("of a run elsewhere")
    (folder / "r" / foreign.name).write_text("of nobody: these scores are this report's")
    (folder / "r.csv").write_bytes(b"".join((folder / "r.csv").read_bytes().splitlines(keepends=True)[:3]))
    assert run(*campaign, "--report", folder / "r.csv", "-s", "--overwrite").returncode == DONE
    assert [name for name in files_of(folder) if ".tmp" in name] == [foreign.name]
