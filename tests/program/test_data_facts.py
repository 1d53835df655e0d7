"""Images and labels as people have them, through the program, held against what Keras itself makes of them (tests/program/data_files, made by
tools/make_data_facts.py)."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TFI_PROGRAM", ROOT / "build/release/tf_injector"))
sys.path.append(str(ROOT / "tests/oracle"))
from test_data_forms import write_model  # noqa: E402  the network that gives out what it is fed

FILES = ROOT / "tests" / "program" / "data_files"
FACTS = {keras: json.loads((FILES / f"{keras}_facts.json").read_text()) for keras in ("k2", "k3")}
BAD_INPUT = 3


def numbers(shape, dtype=np.float32):
    """As tools/make_data_facts.py makes them."""
    made = (np.arange(int(np.prod(shape))) * 7919) % 256
    return made.astype(np.uint8).reshape(shape) if dtype == np.uint8 else ((made - 128) / 64).astype(np.float32).reshape(shape)


def floats(bits):
    return np.array([int(b, 16) for b in bits], np.uint32).view(np.float32)


def run(folder, model, data, *words, faults=None):
    """(standard output, standard error, report rows) of a run that ends well."""
    if faults:
        (folder / "list.csv").write_text("Injection,Layer,TensorIndex,Bit\n" + "".join(f'{i},{f}\n' for i, f in enumerate(faults)))
        words = ("-f", folder / "list.csv", *words)
    np.savez(folder / "set.npz", **data)
    words = [PROGRAM, "--model", model, "--data", folder / "set.npz", "--report", folder / "r.csv", "--overwrite", "-s", *words]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in (folder / "r.csv").read_text().splitlines()[1:]] if faults else []
    return done.stdout, done.stderr, rows


def printed(out):
    """Images, top 1 and top 5 of the golden run."""
    return [int(line.split(": ")[1]) for line in out.splitlines()[1:4]]


# ---- one output unit -------------------------------------------------------------------------------------------------------

def keras_class(scores, threshold):
    """keras.metrics.binary_accuracy's; test_keras_decisions holds it against Keras. TensorFlow takes denormals for zero."""
    scores = np.where(np.abs(scores) < np.finfo(np.float32).tiny, np.float32(0), scores)
    return (scores > np.float32(threshold)).astype(int)


@pytest.mark.parametrize("keras", FACTS)
def test_keras_decisions(keras):
    for threshold, score, label, right in FACTS[keras]["decisions"]:
        assert (keras_class(floats([score]), threshold)[0] == label) == right, (threshold, score, label)


@pytest.mark.parametrize("keras", FACTS)
@pytest.mark.parametrize("name, threshold", [("sigmoid", 0.5), ("hard_sigmoid", 0.5), ("logit", 0.0), ("tanh", 0.0)])
def test_one_output_unit_has_two_classes(keras, name, threshold, tmp_path):
    facts = FACTS[keras]["binary"][name]
    count = len(facts["labels"])
    labels = np.array(facts["labels"])
    faults = ['conv,"(0, 0, 0, 0)",31', 'conv,"(1, 1, 1, 1)",30', 'head,"(0, 0)",31', 'head,"(3, 0)",29', 'head,"(2, 0)",0', 'conv,"(0, 1, 0, 1)",30']
    out, said, rows = run(tmp_path, FILES / f"{keras}_{name}.keras", {"x": numbers((count, 3, 3, 2)), "y": labels}, faults=faults)
    assert printed(out) == [count, facts["right"], count]
    assert f"one output unit: class 1 where its score is above {threshold:g} (" in said
    golden = np.load(tmp_path / "r/clean.npy")
    assert golden.shape == (count, 1)
    np.testing.assert_allclose(golden.ravel(), floats(facts["scores"]), rtol=0, atol=1e-6)
    wanted = keras_class(golden.ravel(), threshold)
    changed = 0
    for i, row in enumerate(rows[1:]):
        scores = np.load(tmp_path / f"r/inj_{i}.npy").ravel()
        found = keras_class(scores, threshold)
        robust, masked = int((found == wanted).sum()), int((scores == golden.ravel()).sum())
        assert list(map(int, row[-8:])) == [count, (found == labels).sum(), count, robust, count, masked, robust - masked, count - robust], row
        changed += count - robust
    assert changed > 0
    metadata = json.loads((tmp_path / "r.run.json").read_text())
    assert metadata["classes"] == 2 and metadata["settings"]["threshold"] == threshold


def test_labels_of_one_output_unit(tmp_path):
    x = numbers((3, 3, 3, 2))
    for labels, hint in (([1, 2, 2], "count from 1"), ([-1, 1, 1], "(y + 1) // 2"), ([0, 1, 7], "has 2 classes")):
        np.savez(tmp_path / "set.npz", x=x, y=np.array(labels))
        words = [PROGRAM, "--model", FILES / "k2_sigmoid.keras", "--data", tmp_path / "set.npz", "-o", tmp_path / "out", "-q"]
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == BAD_INPUT and hint in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize("scores, warned", [([0, 0.25, 1], True), ([0, 0.25, 1.5], False), ([-0.5, 0.25, 1], False),
                                            ([0, float("nan"), 1], False)])
def test_scores_like_probabilities_with_the_threshold_of_logits_are_warned_of(scores, warned, tmp_path):
    write_model(tmp_path / "net.keras", (1, 1, 1))
    data = {"x": np.array(scores, np.float32).reshape(3, 1, 1, 1), "y": np.array([0, 1, 1])}
    _, said, _ = run(tmp_path, tmp_path / "net.keras", data, "-q")
    assert ("all scores without a fault lie in [0, 1], but class 1 begins above 0" in said) == warned


# ---- shapes ----------------------------------------------------------------------------------------------------------------

def test_both_keras_take_the_same_shapes():
    assert FACTS["k2"]["shapes"] == FACTS["k3"]["shapes"]


@pytest.mark.parametrize("have, want, taken", FACTS["k3"]["shapes"])
@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_a_last_axis_of_one_comes_and_goes_as_in_keras(have, want, taken, dtype, tmp_path):
    write_model(tmp_path / "net.keras", want)
    x = numbers((3, *have), dtype)
    np.savez(tmp_path / "set.npz", x=x, y=np.zeros(3, int))
    words = [PROGRAM, "--model", tmp_path / "net.keras", "--data", tmp_path / "set.npz", "-o", tmp_path / "out", "-s", "-q"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert (done.returncode == 0) == taken and (taken or done.returncode == BAD_INPUT), done.stderr
    if taken:
        fed = np.load(next((tmp_path / "out").rglob("clean.npy")))
        expected = x.astype(np.float32) / np.float32(1 if dtype == np.float32 else 255)
        np.testing.assert_array_equal(fed, expected.reshape(fed.shape))
    else:
        assert f"takes ({', '.join(map(str, want))}{',' if len(want) == 1 else ''})" in done.stderr


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
@pytest.mark.parametrize("words", [(), ("--mean", "0.1,0.2,0.3", "--std", "0.5,0.6,0.7")])
@pytest.mark.parametrize("data_first, model_first", [(True, False), (False, True), (True, True)])
def test_channels_elsewhere_are_transposed_with_a_word(dtype, words, data_first, model_first, tmp_path):
    images = numbers((3, 5, 4, 3), dtype)
    expected = images.astype(np.float32) / np.float32(1 if dtype == np.float32 else 255)
    if words:
        expected = (expected - np.array([0.1, 0.2, 0.3], np.float32)) / np.array([0.5, 0.6, 0.7], np.float32)
    write_model(tmp_path / "net.keras", (3, 5, 4) if model_first else (5, 4, 3))
    data = images.transpose(0, 3, 1, 2) if data_first else images
    out, said, rows = run(tmp_path, tmp_path / "net.keras", {"x": data, "y": np.zeros(3, int)}, *words)
    fed = np.load(tmp_path / "r/clean.npy")
    np.testing.assert_array_equal(fed, (expected.transpose(0, 3, 1, 2) if model_first else expected).reshape(fed.shape))
    assert ("are transposed to" in said) == (data_first != model_first)
