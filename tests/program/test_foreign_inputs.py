"""Inputs that are something else than they are taken for: each is one line that says what it is and what to do, exit code 3."""
import json
import shutil
import sys
import zipfile

import h5py
import numpy as np
import pytest
from small_campaign import BAD_INPUT, DONE, LIST, MODEL, run, write_images

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 1143210\n"
LFS = "is a Git LFS pointer, not the file itself (1143210 bytes); 'git lfs pull' in its repository fetches it"


def refusal(*words, cwd=None):
    done = run(*words, cwd=cwd)
    lines = done.stderr.strip().splitlines()
    assert done.returncode == BAD_INPUT and len(lines) == 1 and not done.stdout, done
    return lines[0]


@pytest.mark.parametrize("text", [POINTER, POINTER.replace("\n", "\r\n"), POINTER.replace("v1\n", "v1\next-0-foo sha256:" + "1" * 64 + "\n")],
                         ids=["plain", "crlf", "extension"])
@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.hdf5"])
def test_a_pointer_for_a_model_or_a_list_is_named(name, text, tmp_path):
    (tmp_path / name).write_bytes(text.encode())
    assert refusal("inspect", name, cwd=tmp_path) == f"error: {name}: {LFS}"
    assert refusal("validate", "-f", LIST, "--model", name, cwd=tmp_path) == f"error: {name}: {LFS}"
    assert refusal("validate", "-f", name, "--model", MODEL, cwd=tmp_path) == f"error: {name}: {LFS}"


@pytest.mark.parametrize("dataset, place, pointer", [
    (None, "x.npz", "x.npz"), ("CIFAR10", "x.npz", "x.npz"), ("CIFAR10", "c.tar.gz", "c.tar.gz"), (None, "c.tar.gz", "c.tar.gz"),
    ("CIFAR10", "set", "set/cifar-10-python.tar.gz"), ("CIFAR10", "set", "set/cifar-10-batches-py/test_batch"), ("CIFAR100", "set", "set/test"),
    ("CIFAR10", "set", "set/test_batch.bin"), (None, "set", "set/x.npy"), ("GTSRB", "set", "set/GTSRB_Final_Test_Images.zip"),
    ("GTSRB", "set", "set/GTSRB/Final_Test/Images/00000.ppm")])
def test_a_pointer_for_data_is_named(dataset, place, pointer, tmp_path):
    path = tmp_path / pointer
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(POINTER)
    if pointer.endswith("x.npy"):
        np.save(path.with_name("y.npy"), np.arange(3))
    if dataset == "GTSRB":
        (tmp_path / place / "GT-final_test.csv").write_text("Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n00000.ppm;50;50;0;0;49;49;1\n")
    words = ["--model", MODEL, "--data", place, "-q", *(["-d", dataset] if dataset else [])]
    assert refusal(*words, cwd=tmp_path) == f"error: {pointer}: {LFS}"


def test_the_folder_of_keras3_can_be_made_a_file_as_the_message_says(tmp_path):
    folder = tmp_path / "saved"
    with zipfile.ZipFile(MODEL) as archive:
        archive.extractall(folder)
    said = refusal("inspect", "saved", cwd=tmp_path)
    assert "is a Keras model saved as a folder (zipped=False)" in said
    command = said[said.index("python3 -m zipfile") :].replace("python3", sys.executable, 1)
    assert shutil.which("sh") and run(before=["sh", "-c", command + " #"], cwd=tmp_path).returncode == 0
    assert run("inspect", "saved.keras", cwd=tmp_path).stdout.splitlines()[1:] == run("inspect", MODEL).stdout.splitlines()[1:]


def write_legacy(path, version, config):
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        if version:
            file.attrs["keras_version"] = version
        file.create_group("model_weights")


@pytest.mark.parametrize("version", ["1.2.2", "1.0.6", None])
def test_files_of_keras1_are_named_as_such(version, tmp_path):
    dense = {"name": "dense_1", "batch_input_shape": [None, 4], "output_dim": 6, "init": "glorot_uniform", "W_regularizer": None}
    write_legacy(tmp_path / "old.h5", version, {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": dense}]})
    said = refusal("inspect", "old.h5", cwd=tmp_path)
    assert "is a file of Keras 1" in said and (version or "Keras 1;") in said and "load it with Keras 2.0 to 2.3 and save it again" in said


@pytest.mark.parametrize("first", [{"class_name": "BatchNormalization", "config": {"name": "b", "axis": 1}}, None], ids=["normalised", "plain"])
def test_channels_first_is_told_before_a_shape_is_missed(first, tmp_path):
    conv = {"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [3, 3], "data_format": "channels_first"}}
    write_legacy(tmp_path / "m.h5", "2.0.2", {"class_name": "Sequential", "config": [layer for layer in (first, conv) if layer]})
    said = refusal("inspect", "m.h5", cwd=tmp_path)
    assert "layer 'c' (Conv2D): option 'data_format': expected \"channels_last\", found \"channels_first\"" in said


def test_a_member_that_is_there_twice_is_named(tmp_path):
    with pytest.warns(UserWarning), zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        for name in ("metadata.json", "config.json", "model.weights.h5", "config.json"):
            archive.writestr(name, "{}")
    assert refusal("inspect", "m.keras", cwd=tmp_path) == "error: m.keras: two members have the same name, 'config.json'; write the archive anew"


def test_archives_of_models_are_told_from_models(tmp_path):
    for name, member, expected in (("a", "saved/saved_model.pb", "SavedModel"), ("b", "model/config.json", "unpack"), ("c", "net/data.pkl", "PyTorch")):
        with zipfile.ZipFile(tmp_path / f"{name}.keras", "w") as archive:
            archive.writestr(member, "x")
        assert expected in refusal("inspect", f"{name}.keras", cwd=tmp_path)


def test_the_images_of_these_tests_are_fine(tmp_path):
    images = write_images(tmp_path / "x.npz")
    assert run("--model", MODEL, "--data", images, "-q").returncode == DONE
