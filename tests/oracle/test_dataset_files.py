"""Test sets in every form that Python, NumPy and tar write them, read by load_dataset and compared with the arrays themselves.

The comparison is the SHA-256 that src/data/dataset_hash.hpp defines, computed here from NumPy's arrays.
"""

import hashlib
import io
import os
import pathlib
import pickle
import subprocess
import tarfile

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = 7


def program():
    named = os.environ.get("TFI_DATASET_FACTS")
    path = pathlib.Path(named) if named else ROOT / "build/release/tests/oracle/dataset_facts"
    assert path.exists(), f"{path} is not built; build the target dataset_facts, or name it in TFI_DATASET_FACTS"
    return path


def load(dataset, path):
    done = subprocess.run([program(), dataset, path], capture_output=True, text=True)
    return (done.stdout if done.returncode == 0 else done.stderr).rstrip("\n")


def contents_hash(inputs, labels):
    """inputs: {name: array}."""
    total = hashlib.sha256()
    for name, array in sorted(inputs.items()):
        total.update(f"{name} {array.dtype} {array.shape}\n".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    labels = np.asarray(labels).reshape(-1).astype("<i4")
    total.update(f"labels int32 {labels.shape}\n".encode() + labels.tobytes())
    return total.hexdigest()


def random_set(classes):
    rng = np.random.default_rng(classes)
    return rng.integers(0, 256, (COUNT, 3072), dtype=np.uint8), rng.integers(0, classes, COUNT)


def as_keras_shows_it(data):
    return data.reshape(COUNT, 3, 32, 32).transpose(0, 2, 3, 1)


LABELS = {
    "list": lambda y: [int(v) for v in y],
    "tuple": lambda y: tuple(int(v) for v in y),
    "list of NumPy numbers": list,
    "list of lists": lambda y: [[int(v)] for v in y],
    **{f"array {t}": (lambda y, t=t: y.astype(t)) for t in ("i1", "u1", "<i2", ">i2", "<u4", ">i4", "<i8", ">u8")},
    "column": lambda y: y.reshape(-1, 1).astype(np.int32),
}
ORDERS = {
    "rows": lambda x: x,
    "rows in Fortran order": np.asfortranarray,
    "planes": lambda x: x.reshape(COUNT, 3, 32, 32),
    "planes in Fortran order": lambda x: np.asfortranarray(x.reshape(COUNT, 3, 32, 32)),
    "every second": lambda x: np.repeat(x, 2, axis=0)[::2],
}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("keys", [bytes, str])
def test_pickled_labels(protocol, labels, keys, tmp_path):
    data, y = random_set(10)
    key = (lambda k: k.encode()) if keys is bytes else str
    batch = {key("batch_label"): b"testing", key("labels"): LABELS[labels](y), key("data"): data}
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch, protocol))
    assert load("CIFAR10", tmp_path) == "CIFAR10 " + contents_hash({"": as_keras_shows_it(data)}, y)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("order", ORDERS)
def test_pickled_images(protocol, order, tmp_path):
    data, y = random_set(100)
    batch = {b"coarse_labels": [1] * COUNT, b"fine_labels": y.tolist(), b"data": ORDERS[order](data)}
    (tmp_path / "test").write_bytes(pickle.dumps(batch, protocol))
    assert load("CIFAR100", tmp_path) == "CIFAR100 " + contents_hash({"": as_keras_shows_it(data)}, y)


@pytest.mark.parametrize("protocol", [0, 1])
def test_older_protocols_are_refused(protocol, tmp_path):
    data, y = random_set(10)
    (tmp_path / "test_batch").write_bytes(pickle.dumps({"labels": y.tolist(), "data": data}, protocol))
    assert "protocol 2 to 5" in load("CIFAR10", tmp_path)


@pytest.mark.parametrize("wrong", [np.float32, np.int64, np.uint16, object])
def test_pickled_images_of_other_types_are_refused(wrong, tmp_path):
    data, y = random_set(10)
    (tmp_path / "test_batch").write_bytes(pickle.dumps({"labels": y.tolist(), "data": data.astype(wrong)}, 2))
    said = load("CIFAR10", tmp_path)
    assert str(tmp_path) in said and "\n" not in said


TAR_FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


@pytest.mark.parametrize("tar_format", TAR_FORMATS)
@pytest.mark.parametrize("folder", ["cifar-10-batches-py", "./cifar-10-batches-py", "deep/" * 30 + "x", "b" * 90 + "/" + "c" * 60])
def test_archives(tar_format, folder, tmp_path):
    data, y = random_set(10)
    batch = pickle.dumps({b"labels": y.tolist(), b"data": data}, 2)
    path = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(path, "w:gz", format=TAR_FORMATS[tar_format]) as archive:
        for name, content in (("data_batch_1", b"x" * 3000), ("test_batch", batch), ("readme.html", b"bye")):
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    expected = "CIFAR10 " + contents_hash({"": as_keras_shows_it(data)}, y)
    assert load("CIFAR10", path) == expected
    assert load("", path) == expected
    assert load("CIFAR10", tmp_path) == expected


@pytest.mark.parametrize("labels", ["i1", "u1", "<i2", ">i4", "<i8", ">u8"])
@pytest.mark.parametrize("images", ["u1", "<f4", ">f4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays(labels, images, order, tmp_path):
    rng = np.random.default_rng(1)
    x = np.asarray(rng.integers(0, 256, (COUNT, 5, 4, 3)), dtype=images, order=order)
    y = rng.integers(0, 100, (COUNT, 1)).astype(labels)
    expected = contents_hash({"": x.astype(images.lstrip("<>"))}, y)
    np.savez(tmp_path / "mine.npz", x=x, y=y)
    assert load("", tmp_path / "mine.npz") == "mine " + expected
    np.savez_compressed(tmp_path / "small.npz", x=x, y=y.reshape(-1))
    assert load("", tmp_path / "small.npz") == "small " + expected
    folder = tmp_path / "arrays"
    folder.mkdir()
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    assert load("", folder) == "arrays " + expected
    assert load("CIFAR10", folder) == "CIFAR10 " + expected


def test_an_array_for_each_input(tmp_path):
    rng = np.random.default_rng(2)
    inputs = {"left": rng.random((COUNT, 4), dtype=np.float32), "right": rng.integers(0, 9, (COUNT, 2, 2, 1)).astype(np.uint8)}
    np.savez(tmp_path / "two.npz", y=np.arange(COUNT), **inputs)
    assert load("", tmp_path / "two.npz") == "two " + contents_hash(inputs, np.arange(COUNT))


@pytest.mark.parametrize("dtype", ["f8", "f2", "i4", "i8", "u2", "?", "c8"])
def test_images_of_other_types_say_what_is_expected(dtype, tmp_path):
    np.savez(tmp_path / "mine.npz", x=np.zeros((COUNT, 2, 2, 3), dtype), y=np.zeros(COUNT, int))
    said = load("", tmp_path / "mine.npz")
    assert "expected uint8" in said and "float32" in said and "\n" not in said
    assert np.dtype(dtype).name in said or dtype == "?"
