"""run --status FILE: how far a run is, as JSON. It is whole whenever it is read, says how the run ended, never takes another file's place,
and never is what ends a run."""
import csv
import datetime
import json
import os
import shutil
import signal
import socket
import subprocess
import time

import numpy as np
import pytest
from small_campaign import BAD_INPUT, BUSY, DONE, LIST, MODEL, NOT_WRITTEN, PROGRAM, RESUME, USAGE, campaign_in, run, write_images

INTERRUPTED = 75
NAMES = [b"a b", b"emoji \xf0\x9f\x98\x80.json", b"no utf-8 \xff\xfe", b"two\nlines", b"'quotes\"", b"$(x)", b"%s", b"-x"]
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
KEYS = {"what", "schema", "state", "report", "shard", "rows_written", "faults_done", "faults_total", "faults_per_second", "seconds_left", "critical_rate",
        "host", "process", "started", "updated", "exit_code", "error", "version"}


@pytest.fixture
def campaign(tmp_path):
    return campaign_in(tmp_path)


def long_campaign(folder, faults=20000):
    """The words of a campaign that takes long with the scalar kernels."""
    with np.load(write_images(folder / "few.npz")) as few:
        np.savez(folder / "many.npz", x=np.tile(few["x"], (100, 1, 1, 1)), y=np.tile(few["y"], 100))
    header, *lines = LIST.read_text().splitlines()
    rows = [fault.split(",", 1)[1] for fault in lines]
    (folder / "long.csv").write_text("\n".join([header, *(f"{i},{rows[i % len(rows)]}" for i in range(faults))]) + "\n")
    return ["--model", MODEL, "--data", folder / "many.npz", "-f", folder / "long.csv", "--threads", "1", "--kernels", "scalar"]


def read(path):
    status = json.loads(path.read_text())
    assert set(status) == KEYS and status["what"] == "tf_injector status" and status["schema"] == 1
    return status


def seconds_of(time_text):
    return datetime.datetime.strptime(time_text, "%Y-%m-%dT%H:%M:%S%z").timestamp()


def start(*words):
    return subprocess.Popen([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(program, path, what):
    """The first status that is `what` says."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if path.exists() and what(status := read(path)):
            return status
        assert program.poll() is None, program.communicate()
        time.sleep(0.01)
    raise AssertionError("no such status came")


def test_of_a_finished_run(campaign, tmp_path):
    """The figures are those of the report; a second run of the finished report says the same."""
    before = int(time.time())
    for _ in range(2):
        assert run(*campaign, "--report", tmp_path / "r.csv", "--status", tmp_path / "s.json").returncode == DONE
        status = read(tmp_path / "s.json")
        rows = list(csv.DictReader((tmp_path / "r.csv").read_text().splitlines()))[1:]
        assert (status["state"], status["exit_code"], status["error"], status["seconds_left"]) == ("finished", 0, None, None)
        assert status["rows_written"] == status["faults_done"] == status["faults_total"] == len(rows)
        assert status["critical_rate"] == sum(int(row["critical"]) for row in rows) / sum(int(row["n_injections"]) for row in rows)
        assert status["report"] == str(tmp_path / "r.csv") and status["host"] == socket.gethostname()
        assert before <= seconds_of(status["started"]) <= seconds_of(status["updated"]) <= time.time()


def test_of_a_shard(campaign, tmp_path):
    """Its faults are those of the shard."""
    assert run(*campaign, "--shard", "1/3", "--report", tmp_path / "r.csv", "--status", tmp_path / "s.json").returncode == DONE
    status = read(tmp_path / "s.json")
    assert status["shard"] == "1/3"
    assert status["rows_written"] == status["faults_total"] == len((tmp_path / "r.csv").read_text().splitlines()) - 2 < 20


def test_nothing_else_changes(campaign, tmp_path):
    for name, more in [("a", []), ("b", ["--status", tmp_path / "s.json"])]:
        assert run(*campaign, "--report", tmp_path / f"{name}.csv", *more).returncode == DONE
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_while_it_runs_and_after_a_kill(tmp_path):
    """It grows about once a second and is whole whenever it is read. SIGKILL leaves it "running", of a process that is gone; the next
    run takes it over."""
    words = [*long_campaign(tmp_path), "--report", tmp_path / "r.csv", "--status", tmp_path / "s.json"]
    program = start(*words)
    first = wait_for(program, tmp_path / "s.json", lambda status: status["faults_done"] > 0)
    seen = {(tmp_path / "s.json").stat().st_mtime_ns}
    begin = time.monotonic()
    while time.monotonic() < begin + 3:
        status = read(tmp_path / "s.json")
        seen.add((tmp_path / "s.json").stat().st_mtime_ns)
    assert 2 <= len(seen) <= 5
    assert status["state"] == "running" and status["process"] == program.pid and status["exit_code"] is None
    assert first["faults_done"] < status["faults_done"] < status["faults_total"] == 20000
    assert status["faults_per_second"] > 0
    left = (status["faults_total"] - status["faults_done"]) / status["faults_per_second"]
    assert abs(status["seconds_left"] - left) <= 1 / status["faults_per_second"]
    program.kill()
    program.communicate()
    killed = read(tmp_path / "s.json")
    assert killed["state"] == "running" and killed["process"] == program.pid
    assert run(*words, "--kernels", "auto", "--overwrite", "-f", LIST).returncode == DONE
    assert read(tmp_path / "s.json")["state"] == "finished" and read(tmp_path / "s.json")["process"] != program.pid
    assert not list(tmp_path.glob(".tf_injector-*"))


@pytest.mark.parametrize("signals", [1, 2], ids=["in order", "at once"])
def test_of_an_interrupted_run(signals, tmp_path):
    """Also where a second signal ends it without any order."""
    program = start(*long_campaign(tmp_path), "--report", tmp_path / "r.csv", "--status", tmp_path / "s.json")
    wait_for(program, tmp_path / "s.json", lambda status: status["faults_done"] > 0)
    for _ in range(signals):
        program.send_signal(signal.SIGTERM)
    err = program.communicate(timeout=60)[1]
    assert program.returncode == INTERRUPTED, err
    status = read(tmp_path / "s.json")
    assert (status["state"], status["exit_code"], status["error"]) == ("interrupted", INTERRUPTED, None)
    assert status["seconds_left"] is None and status["faults_done"] < status["faults_total"]
    assert not list(tmp_path.glob(".tf_injector-*"))


@needs_strace
def test_of_a_failed_run(campaign, tmp_path):
    """The report cannot be written any more when it is synced."""
    done = run(*campaign, "--report", tmp_path / "r.csv", "--status", tmp_path / "s.json",
               before=["strace", "-f", "-qq", "-o", "/dev/null", "-P", tmp_path / "r.csv", "-e", "inject=fdatasync:error=EIO"])
    assert done.returncode == NOT_WRITTEN, done.stderr
    status = read(tmp_path / "s.json")
    assert (status["state"], status["exit_code"]) == ("failed", NOT_WRITTEN) and "r.csv" in status["error"]
    assert status["error"] in done.stderr


def test_a_run_that_never_had_the_report_leaves_it_alone(tmp_path):
    """A second start of the same command, and what ends before."""
    words = [*long_campaign(tmp_path), "--report", tmp_path / "r.csv", "--status", tmp_path / "s.json"]
    program = start(*words)
    wait_for(program, tmp_path / "s.json", lambda status: status["faults_done"] > 0)
    assert run(*words).returncode == BUSY
    assert read(tmp_path / "s.json")["process"] == program.pid and read(tmp_path / "s.json")["state"] == "running"
    program.kill()
    program.communicate()
    before = (tmp_path / "s.json").read_bytes()
    assert run(*words, "--limit", "2").returncode == RESUME
    (tmp_path / "long.csv").write_text("wrong\n")
    assert run(*words).returncode == BAD_INPUT
    assert run(*words, "--dry-run").returncode == BAD_INPUT
    assert (tmp_path / "s.json").read_bytes() == before


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_of_any_bytes(name, campaign, tmp_path):
    """Of the status, in a folder that is made for it, and of the report that it names."""
    folder = os.path.join(os.fsencode(tmp_path), b"new", name)
    path = os.path.join(folder, name)
    done = subprocess.run([PROGRAM, *map(str, campaign), "--report", os.path.join(folder, b"r.csv"), "--status", path], capture_output=True, check=False)
    assert done.returncode == DONE, done.stderr
    with open(path, "rb") as file:
        status = json.loads(file.read())
    assert status["state"] == "finished" and status["report"] == os.path.join(folder, b"r.csv").decode(errors="replace")


def test_a_link_stands_for_what_it_leads_to(campaign, tmp_path):
    (tmp_path / "link.json").symlink_to("s.json")
    for _ in range(2):
        assert run(*campaign, "--report", tmp_path / "r.csv", "--status", tmp_path / "link.json").returncode == DONE
        assert (tmp_path / "link.json").is_symlink() and read(tmp_path / "s.json")["state"] == "finished"


@pytest.mark.parametrize("name", ["r.csv", "r.run.json", "r.run.part", "r.run.part.scores", "r.run.golden", "r.csv.lock", "r", "r/inj_0.npy", "d.csv", "./x/../r.csv",
                                  "set.npz", "list.csv", "list.csv.plan.json", "model.keras", "notes.txt", "other.json", "folder", "pipe", "link"])
@pytest.mark.parametrize("is_there", [False, True], ids=["first run", "again"])
def test_files_whose_place_it_never_takes(name, is_there, campaign, tmp_path):
    """The report and what belongs to it, inputs, and whatever is no status: refused before anything is written."""
    shutil.copy(LIST, tmp_path / "list.csv")
    shutil.copy(MODEL, tmp_path / "model.keras")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "other.json").write_text('{"what": "something else"}')
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("r.csv")
    os.mkfifo(tmp_path / "pipe")
    words = ["--model", "model.keras", "--data", "set.npz", "-f", "list.csv", "--report", "r.csv", "--details", "d.csv", "-s"]
    if is_there:
        assert run(*words, cwd=tmp_path).returncode == DONE
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = run(*words, "--status", name, cwd=tmp_path, timeout=60)
    assert done.returncode == USAGE and done.stderr.startswith("error: --status "), done.stderr
    assert done.stderr.count("\n") == 2, done.stderr  # the second says where the flags are listed
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_report_that_is_named_by_the_time(campaign, tmp_path):
    """Its files stand under other names than any status; the file that is there is refused."""
    assert run(*campaign, "-o", tmp_path / "out", "--status", tmp_path / "s.json").returncode == DONE
    report = read(tmp_path / "s.json")["report"]
    assert run(*campaign, "-o", tmp_path / "out", "--status", report).returncode == USAGE


def test_it_needs_a_list(campaign, tmp_path):
    words = [word for word in campaign if word not in ("-f", LIST)]
    done = run(*words, "--status", tmp_path / "s.json")
    assert done.returncode == USAGE and "--status" in done.stderr
    assert run(*campaign, "--report", tmp_path / "r.csv", "--status", tmp_path / "s.json", "--dry-run").returncode == DONE
    assert not (tmp_path / "s.json").exists()


def test_standard_output_into_it(campaign, tmp_path):
    with open(tmp_path / "s.json", "w") as out:
        done = run(*campaign, "--report", tmp_path / "r.csv", "--status", tmp_path / "s.json", capture_output=False, stdout=out, stderr=subprocess.PIPE)
    assert done.returncode == USAGE and "standard output" in done.stderr


FULL = 'mount -t tmpfs -o size=8k none "$0" && { head -c 1M /dev/zero >"$0/fill" 2>/dev/null; exec "$@"; }'


@pytest.mark.skipif(subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0, reason="needs the right to mount")
def test_a_full_disk_only_warns_once(tmp_path):
    """The run is as good as without it, and every second it is tried again."""
    (tmp_path / "full").mkdir()
    words = [*long_campaign(tmp_path, 3000), "--kernels", "auto"]
    done = run(*words, "--report", tmp_path / "r.csv", "--status", tmp_path / "full/s.json", before=["unshare", "-m", "bash", "-c", FULL, tmp_path / "full"])
    assert done.returncode == DONE and done.stderr.count("warning: the status of the run is not kept") == 1, done.stderr
    assert "full/s.json" in done.stderr
