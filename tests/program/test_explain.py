"""`explain` as a program: its numbers against campaigns of the program, its text, its errors."""
import csv
import json
import os
import shutil

import numpy as np
import pytest
from small_campaign import BAD_INPUT, DONE, LIST, MODEL, ROOT, USAGE, run, write_images

GOLDEN = sorted(path.name.removesuffix(".golden.npz") for path in (ROOT / "tests/golden").glob("*.golden.npz"))
COUNTS = ["n_injections", "top_1_correct", "top_5_correct", "top_1_robust", "top_5_robust", "masked", "non_critical", "critical"]


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("images") / "set.npz")


def faults():
    with open(LIST, newline="") as file:
        return list(csv.DictReader(file))


def explained(*words, **options):
    done = run("explain", *words, "--json", "-", "-q", **options)
    assert done.returncode == DONE, done.stderr
    return json.loads(done.stdout)


def same_bits(a, b):
    return (a.view(np.uint32) == b.view(np.uint32)) | (np.isnan(a) & np.isnan(b))


def test_the_last_row_is_that_of_a_campaign(images, tmp_path):
    source = ["--model", MODEL, "--data", images]
    assert run(*source, "-f", LIST, "--report", tmp_path / "r.csv", "-s", "-q").returncode == DONE
    golden = np.load(tmp_path / "r/clean.npy")
    with open(tmp_path / "r.csv", newline="") as file:
        rows = {row["inj_id"]: row for row in csv.DictReader(file)}
    for fault in faults():
        spread = explained(fault["Injection"], "-f", LIST, *source)["spread"]
        assert spread["row"] == {name: int(rows[fault["Injection"]][name]) for name in COUNTS}
        scores = np.load(tmp_path / f"r/inj_{fault['Injection']}.npy")
        differing = ~same_bits(golden, scores)
        assert spread["reached"] == differing.any(axis=1).sum()
        assert spread["steps"][-1]["differing"] == differing.sum()
        assert sum(spread["ended"].values()) + spread["reached"] == len(golden)


@pytest.mark.parametrize("name", GOLDEN)
def test_every_golden_model_against_tensorflows_scores(name, tmp_path):
    """The last step and the decisions are those of TensorFlow, for faults of all kinds of layers."""
    stored = np.load(ROOT / f"tests/golden/{name}.golden.npz")
    model = next(path for suffix in (".keras", ".h5") if (path := ROOT / f"tests/golden/{name}{suffix}").exists())
    clean, faulty = stored["clean"], stored["faulty"]
    if clean.shape[1] < 2:
        pytest.skip("one output unit: decisions are made by a threshold")
    np.savez(tmp_path / "set.npz", x=stored["inputs"], y=np.zeros(len(clean), dtype=np.int64))
    listed = ROOT / f"tests/golden/{name}.faults.csv"
    with open(listed, newline="") as file:
        ids = [row["Injection"] for row in csv.DictReader(file)]
    for number in range(0, len(ids), max(1, len(ids) // 4)):
        found = explained(ids[number], "-f", listed, "--model", model, "--data", tmp_path / "set.npz", "--preprocess", "none")["spread"]
        differing = ~same_bits(clean, faulty[number])
        assert found["reached"] == differing.any(axis=1).sum() and found["steps"][-1]["differing"] == differing.sum()
        assert found["row"]["masked"] == (clean == faulty[number]).all(axis=1).sum()
        if not np.isnan(faulty[number]).any():
            changes = np.argmax(clean, axis=1) != np.argmax(faulty[number], axis=1)
            assert sum(change["images"] for change in found["decision_changes"]) == changes.sum()


def test_without_data_it_says_what_the_fault_is(images):
    fault = faults()[0]
    by_name = explained(f"{fault['Layer']},{fault['TensorIndex']},{fault['Bit']}", "--model", MODEL)
    by_number = explained(fault["Injection"], "-f", LIST, "--model", MODEL)
    with_data = explained(fault["Injection"], "-f", LIST, "--model", MODEL, "--data", images)
    assert by_name["spread"] is None and with_data["spread"] is not None
    for other in (by_number, with_data):
        assert {**by_name, "fault": 0, "spread": 0} == {**other, "fault": 0, "spread": 0}
    before, after = (np.uint32(int(by_name[which]["bits"], 16)) for which in ("before", "after"))
    assert before ^ after == np.uint32(1) << np.uint32(int(fault["Bit"]))
    assert by_name["before"]["value"] == float(before.view(np.float32))
    assert explained(fault["Injection"], "-f", LIST, "--model", MODEL, "--data", images, "--no-data") == by_number
    limited = explained(fault["Injection"], "-f", LIST, "--model", MODEL, "--data", images, "--limit", 2)
    assert limited["spread"]["images"] == 2


def test_text_fits_a_terminal_and_has_no_colour(images):
    for fault in faults()[:6]:
        done = run("explain", fault["Injection"], "-f", LIST, "--model", MODEL, "--data", images, "-q")
        assert done.returncode == DONE and done.stderr == ""
        assert all(len(line) <= 80 for line in done.stdout.splitlines()), done.stdout
        assert "\x1b" not in done.stdout and "masked " in done.stdout


def test_a_layer_of_one_position_reaches_one_output():
    model = ROOT / "models/CIFAR10/ResNet20.keras"
    text = run("explain", "dense,(5, 1),31", "--model", model).stdout
    assert "\nreach: one output of dense; from it on 1 of 10 outputs; 64 of the " in text
    text = run("explain", "conv2d,(0, 0, 0, 0),31", "--model", model).stdout
    assert "\nreach: at most 1,024 of 1,024 output positions of conv2d, one channel of" in text


@pytest.mark.parametrize("words, code, said", [
    ((), USAGE, "explain needs a FAULT"),
    (("conv",), USAGE, '"conv": no fault; expected layer,(index),bit'),
    (("conv,(0, 0, 0, 0),32",), USAGE, "expected a bit from 0 to 31"),
    (("7",), USAGE, "-f (--fault-list) is required"),
    (("conv,(0, 0, 0, 0),3", "-f", str(LIST)), USAGE, "-f (--fault-list) goes with the number"),
    (("no_layer,(0, 0, 0, 0),3",), BAD_INPUT, "error: no_layer,(0, 0, 0, 0),3: unknown layer"),
    (("987654321", "-f", str(LIST)), BAD_INPUT, "no fault has the Injection 987654321"),
    (("7", "-f", "none.csv"), BAD_INPUT, "none.csv"),
    (("conv,(0, 0, 0, 0),3", "--data", "none.npz"), BAD_INPUT, "none.npz"),
])
def test_wrong_input_ends_as_documented(words, code, said, tmp_path):
    done = run("explain", *words, "--model", MODEL, "-q", cwd=tmp_path)
    assert done.returncode == code and said in done.stderr, done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("error: ")]) == 1


def test_a_model_is_needed():
    done = run("explain", "conv,(0, 0, 0, 0),3")
    assert done.returncode == USAGE and "--model is required, or -d and -n" in done.stderr


def test_json_is_never_written_over_what_is_read(images, tmp_path):
    copies = [shutil.copy(path, tmp_path / name) for path, name in ((MODEL, "net.keras"), (LIST, "list.csv"), (images, "set.npz"))]
    words = ["explain", faults()[0]["Injection"], "--model", copies[0], "-f", copies[1], "--data", copies[2], "--json"]
    for path in copies:
        before = open(path, "rb").read()
        for target in (path, os.path.relpath(path)):
            done = run(*words, target)
            assert done.returncode == USAGE and "would be written over" in done.stderr
        assert open(path, "rb").read() == before
