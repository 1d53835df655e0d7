"""Models of several inputs and outputs, through the program: an `.npz` with an array per input name, `--output NAME`. The scores are Keras'
own (tests/keras/files/*_inputs.*.json, made by tools/make_keras_files.py), those of Keras 2 in every bit."""
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TFI_PROGRAM", ROOT / "build/release/tf_injector"))
FILES = ROOT / "tests" / "keras" / "files"
NAMES = ["k2_inputs.keras", "k2_inputs.h5", "k3_inputs.keras", "k3_inputs.h5"]
SHAPES = {"zebra": (6, 6, 2), "apple": (6, 6, 2), "middle": (3,)}
BAD_INPUT = 3


def arrays():
    """As tools/make_keras_files.py feeds them: each input's turned by 31 more elements."""
    made = {}
    for k, (name, shape) in enumerate(SHAPES.items()):
        n = 3 * int(np.prod(shape))
        made[name] = np.roll((((np.arange(n) * 7919) % 256 - 128) / 64).astype(np.float32), 31 * k).reshape((3, *shape))
    return {**made, "y": np.zeros(3, np.int32)}


def run(folder, name, data, *words, faults=True):
    """(exit code, lines of standard error)."""
    (folder / "list.csv").write_text('Injection,Layer,TensorIndex,Bit\n7,conv_a,"(1, 2, 0, 3)",31\n')
    np.savez(folder / "set.npz", **data)
    words = [PROGRAM, "--model", FILES / name, "--data", folder / "set.npz", "--report", folder / "r.csv", "--overwrite", "-s", "-q",
             *(["-f", folder / "list.csv"] if faults else []), *words]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stderr.strip().splitlines()


def refusal(folder, name, data, *words):
    code, said = run(folder, name, data, *words)
    assert code == BAD_INPUT, said
    assert len(said) == 1 and not (folder / "r.csv").exists(), said
    return said[0]


def same(name, found, bits):
    expected = np.array([int(b, 16) for b in bits], np.uint32).view(np.float32).reshape(found.shape)
    if name.startswith("k2_"):
        assert found.tobytes() == expected.tobytes()
    else:  # TensorFlow 2.21 cuts some sums otherwise (docs/numerics.md)
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6 * np.abs(expected).max())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("output, number", [(None, 0), ("scores", 0), ("other", 1)])
def test_every_output_has_keras_scores(name, output, number, tmp_path):
    facts = json.loads((FILES / f"{name}.json").read_text())
    named = facts["outputs"][number] if output else None
    assert facts["inputs"] == list(SHAPES)
    shuffled = dict(sorted(arrays().items()))  # the file's order means nothing
    code, said = run(tmp_path, name, shuffled, *(["--output", named] if named else []))
    assert code == 0, said
    same(name, np.load(tmp_path / "r" / "clean.npy"), facts["scores"][number])
    same(name, np.load(tmp_path / "r" / "inj_7.npy"), facts["faulty"][number])
    assert facts["scores"][number] != facts["faulty"][number]


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_told_apart_by_name(name, tmp_path):
    facts = json.loads((FILES / f"{name}.json").read_text())
    data = arrays()
    data["zebra"], data["apple"] = data["apple"], data["zebra"]
    code, said = run(tmp_path, name, data, faults=False)
    assert code == 0, said
    found = np.load(next(tmp_path.rglob("clean.npy"))).ravel().view(np.uint32)
    assert [f"{b:08x}" for b in found] != facts["scores"][0]


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_fit_is_one_clear_line(name, tmp_path):
    data = arrays()
    without = {key: value for key, value in data.items() if key != "middle"}
    said = refusal(tmp_path, name, without)
    assert "no array 'middle'" in said and "found: " in said and "zebra" in said
    said = refusal(tmp_path, name, {**data, "middle": data["middle"][:, :2]})
    assert "images of (2,), the model's input 'middle' takes (3,)" in said
    said = refusal(tmp_path, name, {**data, "apple": data["apple"][:2]})
    assert "apple" in said
    said = refusal(tmp_path, name, {**data, "y": np.array([0, 1, 5], np.int32)})
    assert "label 5 of image 2" in said
    said = refusal(tmp_path, name, {key: value for key, value in data.items() if key != "y"})
    assert "'y'" in said
    said = refusal(tmp_path, name, data, "--output", "nothing")
    assert "no output 'nothing' (--output); the model has scores, other" in said


@pytest.mark.parametrize("name", NAMES)
def test_an_array_that_no_input_takes_is_left_alone(name, tmp_path):
    code, said = run(tmp_path, name, {**arrays(), "extra": np.zeros((3, 2), np.float32)})
    assert code == 0, said
    facts = json.loads((FILES / f"{name}.json").read_text())
    same(name, np.load(tmp_path / "r" / "clean.npy"), facts["scores"][0])


@pytest.mark.parametrize("name", ["k2_clips.keras", "k3_clips.keras"])
def test_clipping_has_keras_scores(name, tmp_path):
    """tf.clip_by_value, tf.maximum, tf.minimum and the ops of Keras 3."""
    facts = json.loads((FILES / f"{name}.json").read_text())
    n = 3 * 6 * 5 * 3
    image = (((np.arange(n) * 7919) % 256 - 128) / 64).astype(np.float32).reshape((3, 6, 5, 3))
    for output, bits in zip(facts["outputs"], facts["scores"]):
        np.savez(tmp_path / "set.npz", x=image, y=np.zeros(3, np.int32))
        words = [PROGRAM, "--model", FILES / name, "--data", tmp_path / "set.npz", "-o", tmp_path / output, "-s", "-q", "--output", output]
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        same(name, np.load(next((tmp_path / output).rglob("clean.npy"))), bits)
