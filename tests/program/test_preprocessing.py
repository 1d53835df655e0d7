"""How images are preprocessed, and what is said of it: scores, messages, metadata. The scores are Keras' own for each way of feeding the same
8-bit images (tests/program/data_files, made by tools/make_data_facts.py)."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TFI_PROGRAM", ROOT / "build/release/tf_injector"))
FILES = ROOT / "tests" / "program" / "data_files"
sys.path.append(str(ROOT / "tests/oracle"))
from test_data_forms import preprocessed, put_cifar, put_gtsrb, write_model  # noqa: E402

FACTS = {keras: json.loads((FILES / f"{keras}_facts.json").read_text()) for keras in ("k2", "k3")}
MODELS = [(keras, model) for keras, facts in FACTS.items() for model in facts["fed"]]
CIFAR10 = ("--mean", "0.4914,0.4822,0.4465", "--std", "0.2023,0.1994,0.2010")
WHOLE_LAYERS = {"rescaling": "Rescaling", "normalization": "Normalization", "nested": "Rescaling"}
OPS = ("division", "shifted", "means")
RAW = "float32(x)"
USAGE, BAD_INPUT, RESUME = 2, 3, 6


def numbers(shape):
    return ((np.arange(int(np.prod(shape))) * 7919) % 256).astype(np.uint8).reshape(shape)


def floats(bits):
    return np.array([int(b, 16) for b in bits], np.uint32).view(np.float32)


def start(folder, *words):
    return subprocess.run([PROGRAM, *map(str, words)], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def run(folder, model, *words, x=None):
    """(scores, standard error, metadata) of a campaign of one fault."""
    np.savez(folder / "set.npz", x=numbers((6, 5, 5, 3)) if x is None else x, y=np.zeros(6, int))
    layer, index = ("head", "(0, 0)")
    (folder / "list.csv").write_text(f'Injection,Layer,TensorIndex,Bit\n0,{layer},"{index}",31\n')
    done = start(folder, "--model", model, "--data", "set.npz", "-f", "list.csv", "--report", "r.csv", "--overwrite", "-s", *words)
    assert done.returncode == 0, done.stderr
    return np.load(folder / "r/clean.npy").ravel(), done.stderr, json.loads((folder / "r.run.json").read_text())


def way_of(model, words):
    """The key of the facts: what the rules of docs/interface.md make of the flags."""
    if "none" in words:
        return "x"
    if "-d" in words or "--mean" in words:
        return "(x / 255 - mean) / std"
    return "x" if model in WHOLE_LAYERS and "dataset" not in words else "x / 255"


@pytest.mark.parametrize("keras, model", MODELS)
@pytest.mark.parametrize("words", [(), ("--preprocess", "none"), ("--preprocess", "dataset"), ("-d", "CIFAR10"), CIFAR10,
                                   ("-d", "CIFAR10", "--preprocess", "none"), ("-d", "CIFAR10", "--preprocess", "dataset")],
                         ids=lambda w: " ".join(w)[:40] or "nothing")
def test_scores_warnings_and_metadata(keras, model, words, tmp_path):
    scores, said, metadata = run(tmp_path, FILES / f"{keras}_{model}.keras", *words)
    way = way_of(model, words)
    expected = floats(FACTS[keras]["fed"][model][way])
    np.testing.assert_allclose(scores, expected, rtol=0, atol=3e-6 * np.abs(expected).max())
    others = [floats(bits) for name, bits in FACTS[keras]["fed"][model].items() if name != way]
    assert all(np.abs(scores - other).max() > 1e-3 * np.abs(expected).max() for other in others)
    how = RAW if way == "x" else way
    assert metadata["preprocess"]["how"] == how and (metadata["preprocess"]["mean"] is None) == ("mean" not in way)
    assert f"preprocessing: {how} ({metadata['preprocess']['why']})\n" in said
    warned = [line for line in said.splitlines() if line.startswith("warning: ")]
    if way == "x" or model not in (*WHOLE_LAYERS, *OPS):
        assert warned == []
    else:
        assert len(warned) == 1 and warned[0].startswith(f"warning: the images are scaled twice: {way} (") and "--preprocess none" in warned[0]
        assert WHOLE_LAYERS.get(model, "") in warned[0]


def reason(folder, *words, x=None, model=FILES / "k2_plain.keras"):
    metadata = run(folder, model, *words, x=x)[2]
    return metadata["preprocess"]["how"], metadata["preprocess"]["why"]


def test_the_reason_is_named(tmp_path):
    assert reason(tmp_path) == ("x / 255", "neither a data set nor mean and std are given")
    assert reason(tmp_path, "-u") == ("x * (1 / 255)", "neither a data set nor mean and std are given")
    assert reason(tmp_path, "-d", "GTSRB") == ("(x / 255 - mean) / std", "the data set is GTSRB")
    assert reason(tmp_path, "-d", "GTSRB", *CIFAR10, "-u") == ("(x * (1 / 255) - mean) / std", "mean and std are given")
    assert reason(tmp_path, "--preprocess", "none") == (RAW, "no preprocessing is asked for")
    assert reason(tmp_path, model=FILES / "k3_nested.keras")[0] == RAW
    assert reason(tmp_path, model=FILES / "k2_rescaling.keras") == (RAW, "the model begins with 'rescaling' (Rescaling)")
    images = numbers((6, 5, 5, 3)).astype(np.float32)
    assert reason(tmp_path, x=images) == ("x", "float32 images are fed as they are")
    assert reason(tmp_path, "-d", "CIFAR10", x=images) == ("x", "float32 images are fed as they are")
    assert reason(tmp_path, "-d", "CIFAR10", *CIFAR10, x=images) == ("(x - mean) / std", "mean and std are given")
    assert reason(tmp_path, "-d", "CIFAR10", "--preprocess", "none", x=images) == ("x", "no preprocessing is asked for")


def test_a_warning_is_given_to_the_quiet_and_to_programs_too(tmp_path):
    said = run(tmp_path, FILES / "k2_rescaling.keras", "-q", "-d", "CIFAR10")[1]
    assert said.startswith("warning: the images are scaled twice") and len(said.splitlines()) == 1
    said = run(tmp_path, FILES / "k2_rescaling.keras", "--progress", "json", "-d", "CIFAR10")[1]
    events = [json.loads(line) for line in said.splitlines()]
    assert [e["event"] for e in events].count("warning") == 1
    assert any(e["event"] == "message" and e["text"].startswith("preprocessing: (x / 255 - mean) / std (") for e in events)


def test_a_dry_run_says_it(tmp_path):
    np.savez(tmp_path / "set.npz", x=numbers((6, 5, 5, 3)), y=np.zeros(6, int))
    done = start(tmp_path, "--model", FILES / "k2_rescaling.keras", "--data", "set.npz", "--dry-run")
    assert "\npreprocessing: float32(x) (the model begins with 'rescaling' (Rescaling))\n" in done.stdout
    done = start(tmp_path, "--model", FILES / "k2_rescaling.keras", "--data", "set.npz", "--dry-run", "-d", "CIFAR10", "-q")
    assert "\npreprocessing: (x / 255 - mean) / std (the data set is CIFAR10)\n" in done.stdout and done.stderr.startswith("warning: ")


def test_wrong_flags(tmp_path):
    for words, part in ((("--preprocess", "some"), "expected one of dataset, none"), (("--preprocess", "none", *CIFAR10), "give one of them")):
        done = start(tmp_path, "--model", FILES / "k2_plain.keras", "--data", "set.npz", *words)
        assert done.returncode == USAGE and part in done.stderr, done.stderr


def again(folder, *words, model="k2_rescaling.keras"):
    return start(folder, "--model", FILES / model, "--data", "set.npz", "-f", "list.csv", "--report", "r.csv", "-s", *words)


def test_a_report_is_gone_on_with_by_the_same_preprocessing_only(tmp_path):
    run(tmp_path, FILES / "k2_rescaling.keras")
    assert again(tmp_path).returncode == 0
    assert again(tmp_path, "--preprocess", "none").returncode == 0  # the same for another reason
    done = again(tmp_path, "--preprocess", "dataset")
    assert done.returncode == RESUME and "the preprocessing: float32(x) in the report, x / 255 now" in done.stderr


def as_of_schema_1(folder):
    """What versions before --preprocess wrote."""
    metadata = json.loads((folder / "r.run.json").read_text())
    preprocess = metadata.pop("preprocess")
    metadata["schema"] = 1
    metadata["settings"].pop("threshold")
    metadata["settings"] |= {key: preprocess[key] for key in ("mean", "std", "resize")}
    (folder / "r.run.json").write_text(json.dumps(metadata))


def test_metadata_of_older_versions(tmp_path):
    for words in ((), ("-d", "CIFAR10")):
        run(tmp_path, FILES / "k2_plain.keras", *words)
        as_of_schema_1(tmp_path)
        done = again(tmp_path, *words, model="k2_plain.keras")
        assert done.returncode == 0 and "is finished already" in done.stderr, done.stderr
        done = again(tmp_path, *words, "--preprocess", "none", model="k2_plain.keras")
        assert done.returncode == RESUME and "the preprocessing: before 8-bit images could be fed as they are" in done.stderr
    run(tmp_path, FILES / "k2_rescaling.keras", "--preprocess", "dataset")  # what was divided by 255 is not gone on with raw
    as_of_schema_1(tmp_path)
    assert again(tmp_path).returncode == RESUME
    assert again(tmp_path, "--preprocess", "dataset").returncode == 0


# ---- the named sets --------------------------------------------------------------------------------------------------------

def fed(folder, *words):
    done = start(folder, "--model", "net.keras", "-o", "out", "-s", "--no-download", *words)
    assert done.returncode == 0, done.stderr
    return np.load(next((folder / "out").rglob("clean.npy"))), done.stderr


@pytest.mark.parametrize("words", [(), ("--preprocess", "none"), ("--preprocess", "dataset"), ("-u",)])
@pytest.mark.parametrize("dataset", ["CIFAR10", "CIFAR100"])
def test_cifar(dataset, words, tmp_path):
    from test_data_forms import cifar
    images, labels = cifar(dataset)
    put_cifar(tmp_path / "datasets" / dataset, dataset, "binary", images, labels)
    write_model(tmp_path / "net.keras", (32, 32, 3))
    expected = images.reshape(len(images), -1) if "none" in words else preprocessed(images, dataset, "-u" in words)
    np.testing.assert_array_equal(fed(tmp_path, "-d", dataset, *words)[0], expected)


@pytest.mark.parametrize("resize", ["pillow", "tensorflow"])
def test_gtsrb_as_it_is(resize, tmp_path):
    images = [np.random.default_rng(i).integers(0, 256, (50, 50, 3), dtype=np.uint8) for i in range(5)]  # resizing leaves them
    put_gtsrb(tmp_path / "datasets" / "GTSRB", False, images)
    write_model(tmp_path / "net.keras", (50, 50, 3))
    values, said = fed(tmp_path, "-d", "GTSRB", "--resize", resize, "--preprocess", "none")
    np.testing.assert_array_equal(values, np.stack(images).reshape(5, -1))
    assert "preprocessing: float32(x) (no preprocessing is asked for)" in said


# ---- several inputs, other types -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["k2_typed.keras", "k3_typed.keras"])
def test_each_input_by_its_own_rule(name, tmp_path):
    """Inputs of uint8, int32, float16 and float64, as tools/make_keras_files.py feeds them."""
    facts = json.loads((ROOT / "tests/keras/files" / f"{name}.json").read_text())
    shapes = {"bytes": (6, 6, 3), "numbers": (4,), "halves": (4,), "doubles": (4,)}
    arrays = {key: ((np.arange(3 * int(np.prod(shape))) * 7919) % 256).reshape((3, *shape)) for key, shape in shapes.items()}
    data = {key: array.astype(np.uint8) if key == "bytes" else (array if key == "numbers" else (array - 128) / 64).astype(np.float32)
            for key, array in arrays.items()}
    np.savez(tmp_path / "set.npz", y=np.zeros(3, int), **data)
    for output, bits in zip(facts["outputs"], facts["scores"]):
        done = start(tmp_path, "--model", ROOT / "tests/keras/files" / name, "--data", "set.npz", "-o", f"out_{output}", "-s", "--output", output)
        assert done.returncode == 0, done.stderr
        found, expected = np.load(next((tmp_path / f"out_{output}").rglob("clean.npy"))).ravel(), floats(bits)
        np.testing.assert_allclose(found, expected, rtol=0, atol=3e-6 * np.abs(expected).max())
    assert ("preprocessing: bytes: float32(x); numbers: x; halves: x; doubles: x (bytes: the model's input is uint8; numbers: float32 images are "
            "fed as they are; ") in done.stderr
    assert "warning" not in done.stderr


def test_what_an_input_of_bytes_does_not_hold_is_cut_with_a_warning(tmp_path):
    data = {"bytes": np.full((3, 6, 6, 3), 1.5, np.float32), "numbers": np.zeros((3, 4), np.float32), "halves": np.zeros((3, 4), np.float32),
            "doubles": np.zeros((3, 4), np.float32)}
    model = ROOT / "tests/keras/files/k2_typed.keras"
    output = json.loads(model.with_name(model.name + ".json").read_text())["outputs"][1]

    def scores(folder, *words, **arrays):
        np.savez(tmp_path / "set.npz", y=np.zeros(3, int), **{**data, **arrays})
        done = start(tmp_path, "--model", model, "--data", "set.npz", "-o", folder, "-s", "-q", "--output", output, *words)
        assert done.returncode == 0, done.stderr
        return np.load(next((tmp_path / folder).rglob("clean.npy"))), done.stderr

    cut, said = scores("cut")
    assert said.startswith("warning: ") and "the model's input 'bytes' is uint8" in said
    whole, said = scores("whole", bytes=np.ones((3, 6, 6, 3), np.uint8))
    assert said == ""
    np.testing.assert_array_equal(cut, whole)
    scaled, said = scores("scaled", "--preprocess", "dataset", bytes=np.full((3, 6, 6, 3), 255, np.uint8))
    assert "what x / 255 (neither a data set nor mean and std are given) gives is cut to whole numbers" in said
    np.testing.assert_array_equal(scaled, whole)
