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
import zipfile

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = 7


def program():
    named = os.environ.get("TFI_DATASET_FACTS")
    path = pathlib.Path(named) if named else ROOT / "build/release/tests/oracle/dataset_facts"
    assert path.exists(), f"{path} is not built; build the target dataset_facts, or name it in TFI_DATASET_FACTS"
    return path


def load(dataset, path, *inputs):
    done = subprocess.run([program(), dataset, path, *inputs], capture_output=True, text=True)
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


@pytest.mark.parametrize("tar_format", TAR_FORMATS)
def test_archives_with_links_folders_and_other_letters(tar_format, tmp_path):
    data, y = random_set(10)
    batch = pickle.dumps({b"labels": y.tolist(), b"data": data}, 2)
    path = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(path, "w:gz", format=TAR_FORMATS[tar_format], encoding="utf-8") as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo("a/test_batch")
            member.type, member.linkname, member.mtime = kind, "../../etc/passwd", 1.5 if tar_format == "pax" else 1
            archive.addfile(member)
        for name, content in (("\u00e9t\u00e9", b"x"), ("test_batch", batch)):
            member = tarfile.TarInfo(f"../{name}")
            member.size, member.uname = len(content), "\u00e9"
            archive.addfile(member, io.BytesIO(content))
    assert load("CIFAR10", path) == "CIFAR10 " + contents_hash({"": as_keras_shows_it(data)}, y)


@pytest.mark.parametrize("kind", ["gnu", "pax 0.0", "pax 0.1", "pax 1.0"])
def test_sparse_members_are_refused(kind, tmp_path):
    (tmp_path / "test_batch").write_bytes(b"")
    os.truncate(tmp_path / "test_batch", 3 << 20)
    with open(tmp_path / "test_batch", "r+b") as file:
        file.seek(1 << 20)
        file.write(b"x")
    flags = ["--format=gnu"] if kind == "gnu" else ["--format=posix", f"--sparse-version={kind[-3:]}"]
    subprocess.run(["tar", "--sparse", *flags, "-czf", "a.tar.gz", "test_batch"], cwd=tmp_path, check=True)
    assert (tmp_path / "a.tar.gz").stat().st_size < 10000, "the file system or tar knows no holes"
    said = load("CIFAR10", tmp_path / "a.tar.gz")
    assert "member 'test_batch' is stored with holes" in said and "without tar's --sparse" in said and "\n" not in said


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
    expected = contents_hash(inputs, np.arange(COUNT))
    assert load("", tmp_path / "two.npz", "right", "left") == "two " + expected
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, array in {**inputs, "y": np.arange(COUNT)}.items():
        np.save(folder / f"{name}.npy", array)
    assert load("", folder, "right", "left") == "folder " + expected
    (folder / "left.npy").unlink()
    assert "no array 'left'" in load("", folder, "right", "left")


# Whatever else stands in a file: any type, shape, length and state.
OTHERS = {
    **{f"type {t}": np.zeros((3, 2), t) for t in ("?", "i1", "u1", ">i2", "<u4", "<i8", "f2", "f4", ">f8", "c8", "c16", "S3", "U2", "M8[s]", "m8[ns]", "V5")},
    "long double": np.zeros(3, np.longdouble),
    "objects": np.array([{"a": 1}, None], object),
    "records": np.zeros(4, [("a", "f4"), ("b", "i8", (2,))]),
    "number": np.float32(3),
    "nothing": np.zeros((0, 5), np.float32),
    "as long": np.zeros((COUNT, 2), np.float32),
    "longer": np.zeros((3 * COUNT, 5, 4, 3), np.uint8),
    "in Fortran order": np.zeros((4, 5, 6), np.float32, "F"),
    "text": np.array("some words"),
    "32 axes": np.zeros((1,) * 32, np.uint8),
}
SAVES = {"npz": np.savez, "compressed": np.savez_compressed}


def save_folder(folder, **arrays):
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=True)


def one_set():
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (COUNT, 5, 4, 3), dtype=np.uint8), rng.integers(0, 100, COUNT)


@pytest.mark.parametrize("other", OTHERS)
def test_other_arrays_are_left_unread(other, tmp_path):
    x, y = one_set()
    left, right = np.ones((COUNT, 2), np.float32), x
    for save, name in ((np.savez, "a.npz"), (np.savez_compressed, "b.npz"), (save_folder, "c.npz")):
        save(tmp_path / name, x=x, y=y, other=OTHERS[other])
        assert load("", tmp_path / name).split()[1] == contents_hash({"": x}, y)
        assert load("", tmp_path / name, "image").split()[1] == contents_hash({"": x}, y)
        save(tmp_path / f"two_{name}", left=left, right=right, y=y, other=OTHERS[other])
        said = load("", tmp_path / f"two_{name}", "left", "right")
        assert said.split()[1] == contents_hash({"left": left, "right": right}, y), said


def test_damaged_arrays_and_other_files_are_left_unread(tmp_path):
    x, y = one_set()
    np.savez(tmp_path / "a.npz", x=x, y=y)
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("readme.txt", "words")
        archive.writestr("cut.npy", b"\x93NUMPY\x01\x00")
        archive.writestr("no array.npy", b"hello")
        archive.writestr("unpacked by nobody.npy", bytes(1000), zipfile.ZIP_BZIP2)
    damaged = (tmp_path / "a.npz").read_bytes().replace(b"hello", b"jello")
    (tmp_path / "a.npz").write_bytes(damaged)  # its checksum is wrong now
    assert load("", tmp_path / "a.npz") == "a " + contents_hash({"": x}, y)


def test_a_single_input_takes_the_array_of_its_name_or_x(tmp_path):
    x, y = one_set()
    np.savez(tmp_path / "named.npz", input_1=x, y=y)
    assert load("", tmp_path / "named.npz", "input_1") == "named " + contents_hash({"input_1": x}, y)
    assert load("", tmp_path / "named.npz", "other") == "named " + contents_hash({"input_1": x}, y)  # the only one
    np.savez(tmp_path / "both.npz", input_1=x, x=x[::-1], y=y)
    assert load("", tmp_path / "both.npz", "input_1") == "both " + contents_hash({"input_1": x}, y)
    assert load("", tmp_path / "both.npz", "other") == "both " + contents_hash({"": x[::-1]}, y)
    np.savez(tmp_path / "unclear.npz", a=x, b=x, y=y)
    said = load("", tmp_path / "unclear.npz", "input_1")
    assert "found: 'a', 'b', 'y'" in said and "\n" not in said


@pytest.mark.parametrize("form", ["npz", "compressed", "folder"])
def test_the_test_part_of_keras_own_files(form, tmp_path):
    x, y = one_set()
    save = {**SAVES, "folder": save_folder}[form]
    place = tmp_path / "mnist.npz"
    save(place, x_train=np.tile(x, (3, 1, 1, 1)), y_train=np.tile(y, 3), x_test=x, y_test=y)
    assert load("", place).split()[1] == contents_hash({"": x}, y)
    place = tmp_path / "all.npz"  # x and y are what the flag's help names
    save(place, x_test=x[::-1], y_test=y, x=x, y=y)
    assert load("", place).split()[1] == contents_hash({"": x}, y)
    place = tmp_path / "train.npz"
    save(place, x_train=x, y_train=y)
    said = load("", place)
    assert ("'x_test' and 'y_test'" in said and "found: 'x_train', 'y_train'" in said) or "no test set" in said


@pytest.mark.parametrize("names", [("X", "Y"), ("X", "y"), ("images", "labels"), ("arr_0", "arr_1"), ("data", "target"),
                                   ("X_test", "y_test"), ("features", "labels"), ("x", "labels")])
def test_other_names_are_refused_with_the_line_that_renames_them(names, tmp_path):
    x, y = one_set()
    np.savez(tmp_path / "a.npz", **dict(zip(names, (x, y))))
    said = load("", tmp_path / "a.npz")
    if names[1] == "y":  # the only array beside the labels
        assert said == "a " + contents_hash({names[0]: x}, y)
        return
    assert said.startswith(f"{tmp_path / 'a.npz'}: expected the images 'x'") and "found: " in said and "\n" not in said
    os.chdir(tmp_path)
    exec(said.split("rename them: ")[1], {"np": np})
    assert load("", tmp_path / "renamed.npz") == "renamed " + contents_hash({"": x}, y)


@pytest.mark.parametrize("dtype", ["f8", "f2", "i4", "i8", "u2", "?", "c8"])
def test_images_of_other_types_say_what_is_expected(dtype, tmp_path):
    np.savez(tmp_path / "mine.npz", x=np.zeros((COUNT, 2, 2, 3), dtype), y=np.zeros(COUNT, int))
    said = load("", tmp_path / "mine.npz")
    assert "expected uint8" in said and "float32" in said and "\n" not in said
    assert f"type {np.dtype(dtype).name}," in said
