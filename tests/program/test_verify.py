"""`verify` as a program: what a run wrote passes, what was changed is exit code 7, and a report of the Python tool is proven."""
import hashlib
import json
import os
import pathlib
import re
import shutil

import numpy as np
import pytest
from small_campaign import BAD_INPUT, DONE, LIST, MODEL, RESUME, ROOT, USAGE, files_of, interrupt, run, write_images

DIFFERS = 7


@pytest.fixture()
def report(tmp_path):
    images = write_images(tmp_path / "d.npz")
    done = run("--model", MODEL, "--data", images, "-f", LIST, "--report", tmp_path / "r.csv", "--details", tmp_path / "details.csv", "-s", "-q")
    assert done.returncode == DONE, done.stderr
    return tmp_path / "r.csv"


def forge(report, text):
    """Writes the report, and its hash into the metadata."""
    report.write_bytes(text)
    metadata = report.with_suffix(".run.json")
    facts = json.loads(metadata.read_text())
    facts["report"].update(bytes=len(text), sha256=hashlib.sha256(text).hexdigest())
    metadata.write_text(json.dumps(facts))


def test_what_a_run_wrote_passes(report):
    rows = len(report.read_bytes().splitlines()) - 2
    done = run("verify", report, "--json", report.parent / "proof.json", "-q")
    assert done.returncode == DONE and done.stderr == ""
    assert re.fullmatch(rf".*r\.csv: verified: {rows} of {rows} rows evaluated .* SHA-256 of model, fault list, data, report, details as recorded\n", done.stdout)
    facts = json.loads((report.parent / "proof.json").read_text())
    assert facts["same"] and facts["differences"] == [] and facts["score_files"] == rows + 1 and facts["details_rows"] == rows
    some = json.loads(run("verify", report, "--sample", 3, "--seed", 9, "--json", "-").stdout)
    assert some["rows_checked"] == 3 and some["seed"] == 9 and some["score_files"] == 4
    scalar = run("verify", report, "--sample", 2, "--kernels", "scalar", "-q")
    assert scalar.returncode == DONE, scalar.stdout + scalar.stderr


def test_a_changed_row_is_named(report):
    text = report.read_bytes()
    lines = text.splitlines(keepends=True)
    fields = lines[5].rsplit(b",", 1)
    lines[5] = fields[0] + b"," + (b"1\r\n" if fields[1] != b"1\r\n" else b"2\r\n")
    forge(report, b"".join(lines))
    done = run("verify", report, "--sample", "all", "-q")
    assert done.returncode == DIFFERS
    place = re.escape(f"{report}:6:{len(fields[0]) + 2}: critical of fault {lines[5].split(b',')[0].decode()}: ")
    assert re.match(rf"{place}expected \d+, found \d+\n", done.stdout), done.stdout
    assert "NOT what its inputs give: 1 difference" in done.stdout
    report.write_bytes(text)  # now the hash is wrong, and no row
    done = run("verify", report, "--sample", 2, "-q")
    assert done.returncode == DIFFERS and "the report's SHA-256: expected" in done.stdout and "--sample all finds" in done.stdout


@pytest.mark.parametrize("which", ["model", "fault list", "data"])
def test_a_swapped_input_is_named(report, which):
    if which == "model":
        words = ["--model", ROOT / "tests/golden/projection.keras"]
    elif which == "fault list":
        other = report.parent / "other.csv"
        other.write_bytes(LIST.read_bytes() + b"\n")
        words = ["-f", other]
    else:
        images = np.load(report.parent / "d.npz")
        np.savez(report.parent / "e.npz", x=images["x"], y=images["y"][::-1])
        words = ["--data", report.parent / "e.npz"]
    done = run("verify", report, *words, "-q")
    assert done.returncode == DIFFERS
    assert re.search(rf"the {which}'s SHA-256: expected [0-9a-f]{{64}}, found [0-9a-f]{{64}}\n", done.stdout), done.stdout
    assert "nothing was evaluated" in done.stdout


def test_what_cannot_be_verified_is_refused(report):
    assert run("verify").returncode == USAGE
    assert run("verify", report, "-b", 1).returncode == USAGE
    assert run("verify", report, "--sample", 0).returncode == USAGE
    assert run("verify", report, "--json", report).returncode == USAGE
    assert run("verify", LIST).returncode == BAD_INPUT
    interrupt(report, 3)
    done = run("verify", report)
    assert done.returncode == RESUME and "unfinished: 3 of" in done.stderr
    report.with_suffix(".run.json").unlink()
    done = run("verify", report)
    assert done.returncode == BAD_INPUT and "give --model and --fault-list and --data" in done.stderr


SHARED = pathlib.Path(os.environ.get("TFI_SHARED", ROOT.parent / "shared")) / "data"
CIFAR = pathlib.Path(os.environ.get("TFI_CIFAR10", "/nowhere"))


@pytest.mark.skipif(not SHARED.is_dir() or not CIFAR.exists(), reason="needs the reference campaign and TFI_CIFAR10")
def test_a_report_of_the_python_tool_is_proven(tmp_path):
    reference = SHARED / "reference"
    report, scores = tmp_path / "CIFAR10_ResNet20_240501_1200.csv", tmp_path / "240501_1200"
    shutil.copy(reference / "ResNet20_24faults_report.csv", report)
    scores.mkdir()
    for path in reference.glob("*.npy"):
        shutil.copy(path, scores / path.name.removeprefix("ResNet20_"))
    words = ["--model", SHARED / "models/CIFAR10/ResNet20.keras", "-d", "CIFAR10", "--data", CIFAR, "-f", reference / "ResNet20_24faults.csv"]
    done = run("verify", report, *words, "--sample", "all", "--json", "-")
    facts = json.loads(done.stdout)
    assert done.returncode == DONE and facts["same"] and facts["rows_checked"] == 24 and facts["score_files"] == 5, facts


def test_a_changed_report_is_no_basis_for_statistics(report, tmp_path):
    whole = report.read_bytes()
    head, row, rest = whole[:whole.index(b"\r\n", whole.index(b"GOLDEN")) + 2], *whole[whole.index(b"GOLDEN"):].split(b"\r\n", 2)[1:]
    for changed in (whole[:-3], whole[:-2] + b"\n", head + rest, whole + row + b"\r\n", whole.replace(b"\r\n", b"\n")):
        report.write_bytes(changed)
        for more in ([], ["--model", MODEL, "--list", LIST]):
            done = run("report", report, *more)
            assert done.returncode == 3 and "was changed after it was finished" in done.stderr and done.stdout == "", done
    report.write_bytes(whole)
    assert run("report", report).returncode == DONE
    report.with_suffix(".run.json").unlink()  # then nothing says what the report was
    report.write_bytes(head + rest)
    assert run("report", report).returncode == DONE


def test_what_was_moved_is_asked_for(report, tmp_path):
    (tmp_path / "d.npz").rename(tmp_path / "moved.npz")
    done = run("verify", report)
    assert done.returncode == 3 and "r.run.json names" in done.stderr and "--data where it is now" in done.stderr
    assert run("verify", report, "--data", tmp_path / "moved.npz", "--sample", 2).returncode == DONE


def test_rows_that_were_not_drawn_are_spoken_of(report):
    done = run("verify", report, "--sample", 2)
    assert done.returncode == DONE and "the other rows rest on what the metadata record" in done.stdout
    assert "other rows" not in run("verify", report, "--sample", "all").stdout


@pytest.mark.parametrize("text", ["", "\n", '{"schema": 2, "to'])
def test_damaged_metadata_are_said_in_plain_words(report, text):
    report.with_suffix(".run.json").write_text(text)
    done = run("report", report)
    assert done.returncode == 3 and "r.run.json" in done.stderr and "json.exception" not in done.stderr


@pytest.mark.parametrize("target", ["r.run.json", "details.csv", "r.csv", "d.npz", "state", "list.csv.plan.json"])
def test_a_result_takes_the_place_of_results_alone(report, tmp_path, target):
    (tmp_path / "state").write_text('{"file":"estimate state","schema":2}\n')
    (tmp_path / "list.csv.plan.json").write_text("{}")
    before = files_of(tmp_path)
    for words in (["verify", report], ["compare", report, report], ["explain", "0", "-f", LIST, "--model", MODEL]):
        done = run(*words, "--json", tmp_path / target)
        assert done.returncode == USAGE and target in done.stderr, done
    assert files_of(tmp_path) == before
    for _ in range(2):
        assert run("verify", report, "--json", tmp_path / "result.json").returncode == DONE
