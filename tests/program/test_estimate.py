"""`estimate` as a program: the same result whatever threads and kernels, after being killed, and its exit codes."""
import json
import os
import re
import signal
import subprocess
import time

import pytest
from small_campaign import BAD_INPUT, BUSY, DONE, MODEL, NOT_WRITTEN, PROGRAM, RESUME, USAGE, run, write_images

INTERRUPTED = 75


@pytest.fixture
def words(tmp_path):
    return ["estimate", "--model", MODEL, "--data", write_images(tmp_path / "set.npz")]


def result_of(words, *more):
    """The JSON on standard output, but for the time that it took."""
    done = run(*words, "--json", "-", *more)
    assert done.returncode == DONE, done.stderr
    result = json.loads(done.stdout)
    assert result.pop("seconds") >= 0
    return result


def test_threads_and_kernels_change_nothing(words):
    expected = result_of(words, "--error", "0.02", "--threads", "1")
    assert expected["stopped"] == "error" and expected["high"] - expected["low"] <= 0.04
    assert result_of(words, "--error", "0.02", "--threads", "2") == expected
    for kernels in ("scalar", "avx2", "auto"):
        assert result_of(words, "--error", "0.02", "--kernels", kernels) == expected


def test_keys(words):
    result = result_of(words, "--metric", "masked", "--error", "0.1", "--confidence", "0.9", "--seed", "3")
    assert set(result) == {"schema", "metric", "estimate", "low", "high", "confidence", "error_wanted", "by", "stopped", "faults",
                           "images_per_fault", "inferences", "population", "images", "seed", "split_by_sign", "strata", "model_sha256",
                           "data_sha256", "version"}
    assert (result["metric"], result["confidence"], result["seed"], result["by"]) == ("masked", 0.9, 3, "network")
    assert set(result["strata"][0]) == {"layer", "bit_first", "bit_last", "part", "population", "faults", "estimate", "low", "high"}
    assert sum(row["population"] for row in result["strata"]) == result["population"]
    assert sum(row["faults"] for row in result["strata"]) == result["faults"]


@pytest.mark.parametrize("by, rows", [("bit", 32), ("layer", None)])
def test_parts(words, by, rows):
    result = result_of(words, "--by", by, "--error", "0.2")
    assert result["by"] == by
    assert rows is None or len(result["strata"]) == rows
    assert all(row["high"] - row["low"] <= 0.4 for row in result["strata"])


# Killed when its state has grown, again and again; a kill tears the last line at most.
def test_killed_and_gone_on_with_it_is_the_same(words, tmp_path):
    words = [*words, "--error", "0.004", "--threads", "1"]
    expected = result_of(words)
    state = tmp_path / "net.state"
    size = 0
    for _ in range(3):
        process = subprocess.Popen([str(PROGRAM), *map(str, words), "--state", str(state)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        while process.poll() is None and (not state.exists() or state.stat().st_size < size + 2000):
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        size = state.stat().st_size
        with open(state, "ab") as file:
            file.write(b"0,12")
    assert size > 0
    assert result_of(words, "--state", state) == expected
    assert result_of(words, "--state", state) == expected


def test_interrupted(words, tmp_path):
    state = tmp_path / "net.state"
    process = subprocess.Popen([str(PROGRAM), *map(str, words), "--error", "1e-6", "--threads", "1", "--state", str(state)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    while process.poll() is None and not state.exists():
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == INTERRUPTED
    assert f"the same command goes on with {state}" in errors


def test_time(words):
    result = result_of(words, "--error", "1e-6", "--max-seconds", "0.05")
    assert result["stopped"] == "time"
    assert 0 <= result["low"] <= result["estimate"] <= result["high"] <= 1


def test_text(words):
    done = run(*words, "--error", "0.05")
    assert done.returncode == DONE
    assert "A random bit flip in a kernel changes the decision on" in done.stdout and "at 99 % confidence" in done.stdout
    assert re.search(r"the interval is \+-[0-4]\.\d+ percentage points, 5 were asked", done.stdout)
    assert "--by bit or --by layer" in done.stdout


def test_text_of_what_was_not_drawn(words):
    done = run(*words, "--by", "layer", "--error", "0.00001", "--max-seconds", "0.000001")
    assert done.returncode == DONE
    rows = [line.split() for line in done.stdout.splitlines() if line.endswith(" 100")]
    assert rows and all(row[-4:] == ["0", "-", "0", "100"] for row in rows)


def test_json_file(words, tmp_path):
    path = tmp_path / "folder" / "net.json"
    done = run(*words, "--error", "0.05", "--json", path)
    assert done.returncode == DONE and "A random bit flip" in done.stdout
    assert json.loads(path.read_text())["schema"] == 1


@pytest.mark.parametrize("wrong", [["--error", "0"], ["--error", "x"], ["--confidence", "1"], ["--metric", "none"], ["--by", "bits"],
                                   ["--seed", "-1"], ["--max-seconds", "0"], ["-f", "list.csv"]])
def test_wrong_flags(words, wrong):
    done = run(*words, *wrong)
    assert done.returncode == USAGE
    assert done.stdout == "" and wrong[0] in done.stderr


def test_bad_state(words, tmp_path):
    state = tmp_path / "net.state"
    state.write_text("no state\n")
    done = run(*words, "--state", state)
    assert done.returncode == BAD_INPUT and f"{state}:1: expected the state of an estimate" in done.stderr
    assert state.read_text() == "no state\n"
    state.unlink()
    assert run(*words, "--error", "0.1", "--state", state).returncode == DONE
    done = run(*words, "--error", "0.2", "--state", state)
    assert done.returncode == RESUME and "another estimate: error: 0.1 in the file, 0.2 now" in done.stderr


def test_no_model(words):
    words[2] = "none.keras"
    assert run(*words).returncode == BAD_INPUT


def test_what_cannot_be_written(words, tmp_path):
    (tmp_path / "file").write_text("")
    assert run(*words, "--error", "0.1", "--json", tmp_path / "file" / "net.json").returncode == NOT_WRITTEN
    assert run(*words, "--error", "0.1", "--state", tmp_path / "none" / "net.state").returncode == NOT_WRITTEN


def test_a_state_has_one_owner(words, tmp_path):
    state = tmp_path / "net.state"
    first = subprocess.Popen([str(PROGRAM), *map(str, words), "--error", "1e-6", "--threads", "1", "--state", str(state)],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        while first.poll() is None and (not state.exists() or state.stat().st_size == 0):
            time.sleep(0.002)
        done = run(*words, "--error", "1e-6", "--state", state)
        assert done.returncode == BUSY and str(state) in done.stderr
    finally:
        first.kill()
        first.wait()


# Known before anything is drawn: the state, which a run makes first, is not there.
def test_json_that_cannot_be_written_is_refused_before_the_work(words, tmp_path):
    (tmp_path / "file").write_text("")
    state = tmp_path / "net.state"
    for target in (tmp_path / "file" / "net.json", "/proc/net.json", tmp_path):
        done = run(*words, "--error", "0.2", "--state", state, "--json", target)
        assert done.returncode == NOT_WRITTEN and os.path.dirname(target) in done.stderr and done.stdout == ""
        assert not state.exists()
    kept = tmp_path / "kept.json"
    kept.write_text("before")
    assert run(*words, "--error", "0.2", "--limit", "0", "--json", kept).returncode == USAGE
    assert kept.read_text() == "before" and sorted(p.name for p in tmp_path.iterdir()) == ["file", "kept.json", "set.npz"]


def test_json_is_never_written_over_what_is_read(words, tmp_path):
    state = tmp_path / "net.state"
    assert run(*words, "--error", "0.2", "--state", state).returncode == DONE
    (tmp_path / "link.keras").symlink_to(MODEL)
    for target in (words[words.index("--data") + 1], tmp_path / "." / "set.npz", state, tmp_path / "link.keras"):
        before = open(target, "rb").read()
        done = run(*words, "--error", "0.2", "--state", state, "--json", target)
        assert done.returncode == USAGE and "would be written over" in done.stderr
        assert open(target, "rb").read() == before
