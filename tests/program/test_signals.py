"""SIGINT, SIGTERM and SIGHUP at any moment: exit code 75 and a line that says how to go on. How long that takes is measured by
signal_delays.py; here nothing depends on time: what a command waits for never comes."""
import contextlib
import fcntl
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest
from interrupted_calls import needs_compiler, stuck_disk
from small_campaign import BUSY, DONE, LIST, MODEL, NOT_WRITTEN, PROGRAM, files_of, run, write_images

INTERRUPTED = 75
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True, scope="module")
def hang_up_counts():
    """Under nohup SIGHUP is ignored, and stays so in the programs that are started."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def catches(program):
    """The program has got so far that it handles signals."""
    status = pathlib.Path(f"/proc/{program.pid}/status").read_text()
    return int(re.search(r"^SigCgt:\s*([0-9a-f]+)", status, re.M)[1], 16) >> (signal.SIGTERM - 1) & 1


def start(*words, until=lambda program: True, **options):
    """The program at work, in a state that lasts."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    program = subprocess.Popen([PROGRAM, *map(str, words)], **options)
    while program.poll() is None and not (catches(program) and until(program)):
        time.sleep(0.01)
    return program


def end(program, number):
    program.send_signal(number)
    out, err = program.communicate(timeout=60)
    assert program.returncode == INTERRUPTED, (program.returncode, out, err)
    return err


@contextlib.contextmanager
def locked(folder):
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("words", [["inspect", "pipe"], ["validate", "-f", "pipe", "--model", MODEL], ["--model", MODEL, "--data", "set.npz", "-f", "pipe"],
                                   ["--model", "pipe", "--data", "set.npz"], ["estimate", "--model", "pipe", "--data", "set.npz"],
                                   ["explain", "conv,(0,0,0,0),3", "--model", "pipe"], ["generate", "--model", "pipe", "-o", "l.csv"],
                                   ["bench", "--model", MODEL, "--data", "set.npz", "-f", "pipe"], ["report", "pipe"], ["compare", "pipe", "pipe"]], ids=lambda words: words[0].strip("-"))
def test_while_a_file_is_read(words, number, tmp_path):
    """A pipe that nobody writes into."""
    write_images(tmp_path / "set.npz")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(path.name for path in tmp_path.iterdir())
    err = end(start(*words, cwd=tmp_path), number)
    assert "interrupted; run the same command again" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_while_another_run_chooses_its_report(number, tmp_path):
    images = write_images(tmp_path / "set.npz")
    said = tmp_path / "said"
    with locked(tmp_path / "out"), open(said, "w") as err:
        program = start("--model", MODEL, "--data", images, "-f", LIST, "--report", tmp_path / "out/r.csv", stderr=err,
                        until=lambda _: "waiting for" in said.read_text())
        program.send_signal(number)
        assert program.wait(timeout=60) == INTERRUPTED
        assert f"waiting for {tmp_path}/out: another run is choosing its report there" in said.read_text()
        assert list((tmp_path / "out").iterdir()) == []


def test_a_run_that_waited_goes_on(tmp_path):
    images = write_images(tmp_path / "set.npz")
    with locked(tmp_path):
        program = start("--model", MODEL, "--data", images, "-f", LIST, "--report", tmp_path / "r.csv")
    program.communicate(timeout=60)
    assert program.returncode == DONE and (tmp_path / "r.csv").exists()


def test_a_download_that_gets_no_answer(tmp_path):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        program = start("download", "CIFAR10", "--to", tmp_path / "set", "--url", address)
        connection, _ = server.accept()
        err = end(program, signal.SIGTERM)
        connection.close()
    assert "the same command goes on" in err


@needs_compiler
@pytest.mark.parametrize("signals", [1, 2])
def test_a_call_that_does_not_come_back(signals, tmp_path):
    """The first signal's patience ends, or the second signal ends it."""
    images = write_images(tmp_path / "set.npz")
    report = tmp_path / "r.csv"
    words = ["--model", MODEL, "--data", images, "-f", LIST, "--report", report, "--threads", "1"]
    program = start(*words, until=lambda _: report.exists() and report.stat().st_size, env={**os.environ, "LD_PRELOAD": stuck_disk(tmp_path)})
    for number in SIGNALS[1:signals]:
        program.send_signal(number)
    err = end(program, signal.SIGINT)
    assert f"interrupted: the faults that are finished are in {report}, what is done of the next ones beside it; the same command goes on" in err
    whole = tmp_path / "whole.csv"
    assert run(*words).returncode == DONE and run(*words[:6], "--report", whole).returncode == DONE
    assert report.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("words", [["--report", "r.csv"], ["--report", "r.csv", "-s"], ["-o", "out"]], ids=["report", "scores", "folder"])
@pytest.mark.parametrize("blocks", [0, 1])
def test_a_file_that_may_not_grow_is_an_error(words, blocks, tmp_path):
    """`ulimit -f` counts in units of 1,024 bytes; the signal that it sends would end the program."""
    write_images(tmp_path / "set.npz")
    command = [PROGRAM, "--model", MODEL, "--data", "set.npz", "-f", LIST, *words]
    done = subprocess.run(["bash", "-c", f'ulimit -f {blocks}; exec "$@"', "bash", *map(str, command)], cwd=tmp_path, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == NOT_WRITTEN and "File too large; raise the file size limit (ulimit -f)" in done.stderr, done
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == DONE


@pytest.mark.parametrize("words", [["inspect", MODEL, "--plan"], ["generate", "--model", MODEL, "--scheme", "exhaustive", "-o", "-"]], ids=["inspect", "generate"])
def test_a_reader_that_is_gone_is_an_error(words):
    out, into = os.pipe()
    os.close(out)
    done = run(*words, capture_output=False, stdout=into, stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
    os.close(into)
    assert done.returncode == NOT_WRITTEN and "standard output" in done.stderr


def test_sixteen_at_once(tmp_path):
    """One runs, the others are told; without a name each has its own file or the one that runs."""
    images = write_images(tmp_path / "set.npz")
    whole = tmp_path / "whole.csv"
    assert run("--model", MODEL, "--data", images, "-f", LIST, "--report", whole).returncode == DONE
    for words in (["--report", tmp_path / "one/r.csv", "-s"], ["-o", tmp_path / "many"]):
        gate, into = os.pipe()
        command = ["bash", "-c", 'read -r _; exec "$@" </dev/null', "bash", PROGRAM, "--model", MODEL, "--data", images, "-f", LIST, "--threads", "1", "-q", *words]
        programs = [subprocess.Popen([*map(str, command)], stdin=gate, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(16)]
        os.write(into, b"\n" * 16)
        results = [(program.communicate(timeout=300), program.returncode) for program in programs]
        os.close(gate), os.close(into)
        codes = sorted(code for _, code in results)
        assert codes.count(DONE) >= 1 and set(codes) <= {DONE, BUSY}, results
        for name, content in files_of(tmp_path).items():
            assert not name.endswith(".csv") or content == whole.read_bytes(), name
            assert ".tmp" not in name and ".lock" not in name
