"""Reports in odd places: folders that cannot be written or are missing, links, names of any bytes, a working directory that is gone, files that
are replaced while a run reads or writes them, a clock that jumps. Nothing foreign is overwritten, and what is wrong is said."""
import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest
from small_campaign import BAD_INPUT, BUSY, DONE, LIST, MODEL, NOT_WRITTEN, PROGRAM, RESUME, campaign_in, files_of, run, write_images

NAMES = [b"a b", b"emoji \xf0\x9f\x98\x80", b"no utf-8 \xff\xfe", b"two\nlines", b"-f", b"'quotes\"", b"$(x)", b"%s"]
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.fixture
def campaign(tmp_path):
    return campaign_in(tmp_path)


@pytest.fixture
def whole(campaign, tmp_path):
    report = tmp_path / "whole.csv"
    assert run(*campaign, "--report", report).returncode == DONE
    return report.read_bytes()


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_of_any_bytes(name, whole, tmp_path):
    """Of the folder and of all files in it; and what is said has no line of its own from a name."""
    folder = os.path.join(os.fsencode(tmp_path), name)
    os.mkdir(folder)
    files = {b"model.keras": MODEL.read_bytes(), b"list.csv": LIST.read_bytes(), b"set.npz": (tmp_path / "set.npz").read_bytes()}
    for file, content in files.items():
        with open(os.path.join(folder, name + file), "wb") as out:
            out.write(content)
    words = [PROGRAM, "--model", os.path.join(folder, name + b"model.keras"), "--data", os.path.join(folder, name + b"set.npz"),
             "-f", os.path.join(folder, name + b"list.csv"), "--report", os.path.join(folder, name + b"r.csv"), "-s"]
    for _ in range(2):  # the second says that it is finished
        done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == DONE, done.stderr
    with open(os.path.join(folder, name + b"r.csv"), "rb") as report:
        assert report.read() == whole
    assert os.path.isdir(os.path.join(folder, name + b"r"))


def test_a_missing_folder_is_made(campaign, whole, tmp_path):
    report = tmp_path / "a/b/c/r.csv"
    assert run(*campaign, "--report", report).returncode == DONE and report.read_bytes() == whole


@needs_strace
@pytest.mark.parametrize("error", ["EROFS", "EACCES", "EPERM", "ENOSPC", "EDQUOT"])
def test_a_folder_that_cannot_be_written(error, campaign, tmp_path):
    """strace plays it: root may write everywhere."""
    folder = tmp_path / "out"
    folder.mkdir()
    done = run(*campaign, "--report", folder / "r.csv", before=["strace", "-qq", "-o", "/dev/null", "-P", folder / "r.csv", "-e", f"inject=openat:error={error}"])
    assert done.returncode == NOT_WRITTEN and f"{folder}/r.csv" in done.stderr, done.stderr
    assert list(folder.iterdir()) == []


def test_a_file_in_place_of_a_folder(campaign, tmp_path):
    (tmp_path / "file").write_text("mine")
    for words in (["--report", tmp_path / "file/r.csv"], ["-o", tmp_path / "file"]):
        done = run(*campaign, *words)
        assert done.returncode == NOT_WRITTEN and "Not a directory" in done.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_links(campaign, whole, tmp_path):
    """A link to a report is followed, and the other files go beside it; a link to nothing, to a folder and to what is no report is refused."""
    real = tmp_path / "real"
    real.mkdir()
    report = real / "r.csv"
    assert run(*campaign, "--report", report).returncode == DONE
    (tmp_path / "link.csv").symlink_to(report)
    done = run(*campaign, "--report", tmp_path / "link.csv")
    assert done.returncode == DONE and "finished already" in done.stderr
    assert run(*campaign, "--report", tmp_path / "link.csv", "--overwrite").returncode == DONE
    assert (tmp_path / "link.csv").is_symlink() and report.read_bytes() == whole and not (tmp_path / "link.run.json").exists()
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("ten years")
    for name, target in {"nothing.csv": tmp_path / "none.csv", "folder.csv": real, "thesis.csv": thesis}.items():
        (tmp_path / name).symlink_to(target)
        for words in ([], ["--overwrite"]):
            done = run(*campaign, "--report", tmp_path / name, *words)
            assert done.returncode in (NOT_WRITTEN, RESUME), (name, done.stderr)
    assert thesis.read_text() == "ten years" and not (tmp_path / "none.csv").exists()
    assert sorted(path.name for path in real.iterdir()) == ["r.csv", "r.run.json"]


def test_metadata_and_scores_that_are_links_lead_nowhere_else(campaign, tmp_path):
    """A temporary file takes the link's place; what it led to stays as it is."""
    (tmp_path / "mine.json").write_text("{}")
    (tmp_path / "r.run.json").symlink_to(tmp_path / "mine.json")
    done = run(*campaign, "--report", tmp_path / "r.csv")
    assert done.returncode == RESUME, done.stderr
    assert (tmp_path / "mine.json").read_text() == "{}" and not (tmp_path / "r.csv").exists()


def test_a_working_directory_that_is_gone(campaign, tmp_path):
    """Relative paths lead nowhere; absolute ones do."""
    for words, codes in ((["--report", tmp_path / "r.csv"], {DONE}), (["--report", "r.csv"], {NOT_WRITTEN}), ([], {NOT_WRITTEN})):
        gone = tmp_path / "gone"
        gone.mkdir()
        command = ["bash", "-c", 'cd "$1" && rmdir "$1" && shift && exec "$@"', "bash", gone, PROGRAM, *campaign, *words]
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode in codes, done.stderr
        assert "internal" not in done.stderr
    assert (tmp_path / "r.csv").exists()


@needs_strace
@pytest.mark.parametrize("what", ["model", "list", "data"])
def test_inputs_that_are_replaced_during_the_run(what, campaign, whole, tmp_path):
    """They are read once: the run ends as it began, and its metadata name what was read."""
    files = {"model": tmp_path / "net.keras", "list": tmp_path / "list.csv", "data": tmp_path / "set.npz"}
    files["model"].write_bytes(MODEL.read_bytes())
    files["list"].write_bytes(LIST.read_bytes())
    words = ["--model", files["model"], "--data", files["data"], "-f", files["list"], "--threads", "1", "--report", tmp_path / "r.csv"]
    run_with_pause(words, tmp_path / "r.csv", lambda: files[what].write_bytes(b"other"))
    assert (tmp_path / "r.csv").read_bytes() == whole
    assert run(*words).returncode == BAD_INPUT


def run_with_pause(words, report, meanwhile):
    """Calls `meanwhile` while the program is in its first sync of rows, then lets it go on; returns its exit code and what it said."""
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=2s:when=1", PROGRAM, *words]
    program = subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while program.poll() is None and not (report.exists() and report.stat().st_size):
        time.sleep(0.005)
    meanwhile()
    _, said = program.communicate(timeout=60)
    return program.returncode, said


@needs_strace
def test_a_report_that_is_replaced_during_the_run(campaign, tmp_path):
    """By another file of its name: that is not written to."""
    report = tmp_path / "r.csv"

    def replace():
        other = tmp_path / "other"
        other.write_text("mine")
        other.rename(report)

    code, said = run_with_pause([*campaign, "--report", report], report, replace)
    assert report.read_text() == "mine"
    assert code in (NOT_WRITTEN, BUSY, DONE), said


@pytest.mark.parametrize("changed", [-10**9, 10**9])
def test_a_clock_that_jumps(changed, campaign, whole, tmp_path):
    """Times in the metadata decide nothing but which of two unfinished reports is the newer."""
    report = tmp_path / "out/set/odd_channels"
    assert run(*campaign, "-o", tmp_path / "out").returncode == DONE
    name = next(path for path in report.iterdir() if path.suffix == ".csv")
    metadata = name.with_suffix(".run.json")
    facts = json.loads(metadata.read_text())
    year = "1990-01-01T00:00:00Z" if changed < 0 else "2090-01-01T00:00:00Z"
    facts["state"] = "running"
    for key, value in facts["times"].items() if isinstance(facts.get("times"), dict) else []:
        facts["times"][key] = year if isinstance(value, str) else value
    metadata.write_text(json.dumps(facts))
    done = run(*campaign, "-o", tmp_path / "out")
    assert done.returncode == DONE and "going on with" in done.stderr, done.stderr
    assert name.read_bytes() == whole
    assert len(files_of(report)) == 2


def test_one_minute_one_name_each(campaign, tmp_path):
    """Runs that begin in one minute never share a file."""
    for _ in range(3):
        assert run(*campaign, "-o", tmp_path / "out", "--overwrite").returncode == DONE
    names = sorted(pathlib.Path(name).name for name in files_of(tmp_path / "out") if name.endswith(".csv"))
    assert len(names) == 3
