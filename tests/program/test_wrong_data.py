"""Data that do not fit: wrong sizes, types, labels, classes, cut files. Each is one line that says what was expected and what
was found, exit code 3, before anything is computed or written.
"""

import gzip
import io
import pickle
import re
import tarfile
import zipfile

import numpy as np
import pytest
from small_campaign import BAD_INPUT, DONE, LIST, MODEL, ROOT, files_of, run

X = np.load(ROOT / "tests/golden/odd_channels.golden.npz")["inputs"]
N = len(X)
Y = np.arange(N)
CIFAR_MODEL = ROOT / "models/CIFAR10/ResNet20.keras"


def npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def bytes_of(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def npy(array):
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def member(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
        archive.writestr("y.npy", npy(Y))
    return out.getvalue()


def pickled(**changed):
    content = {b"data": np.zeros((4, 3072), np.uint8), b"labels": [0, 1, 2, 3], **{k.encode(): v for k, v in changed.items()}}
    return pickle.dumps({k: v for k, v in content.items() if v is not None}, protocol=2)


def tar_gz(name, content):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


# What is in the file, and what the line must say: both what was expected and what was found.
ARRAYS = {
    "images of another height": (bytes_of(x=X[:, 1:], y=Y), str(X.shape[1] - 1)),
    "images of another width": (bytes_of(x=X[:, :, 1:], y=Y), str(X.shape[2] - 1)),
    "images of other channels": (bytes_of(x=X[..., :1], y=Y), r"\b1\)"),
    "images without channels": (bytes_of(x=X[..., 0], y=Y), "takes"),
    "flat images": (bytes_of(x=X.reshape(N, -1), y=Y), "takes"),
    "one image without a batch": (bytes_of(x=X[0], y=Y[:1]), "images, but 1 labels"),
    "a single number": (bytes_of(x=np.float32(1), y=Y), "x"),
    "no images": (bytes_of(x=X[:0], y=Y[:0]), "0|no images|empty"),
    "fewer labels": (bytes_of(x=X, y=Y[:-1]), str(N - 1)),
    "more labels": (bytes_of(x=X, y=np.append(Y, 0)), str(N + 1)),
    "a label below 0": (bytes_of(x=X, y=np.where(Y == 2, -1, Y)), "-1"),
    "a label above the classes": (bytes_of(x=X, y=np.where(Y == 2, 1000, Y)), "1000"),
    "a huge label": (bytes_of(x=X, y=np.full(N, 2**62)), str(2**62)),
    "labels that are fractions": (bytes_of(x=X, y=Y + 0.5), "y"),
    "labels that are NaN": (bytes_of(x=X, y=np.full(N, np.nan)), "y"),
    "labels that are words": (bytes_of(x=X, y=np.array(["cat"] * N)), "y"),
    "labels of two axes": (bytes_of(x=X, y=np.zeros((N, 7), int)), "y"),
    "images of float64": (bytes_of(x=X.astype("<f8"), y=Y), "float64|<f8"),
    "images of int64": (bytes_of(x=X.astype("<i8"), y=Y), "int64|<i8"),
    "complex images": (bytes_of(x=X.astype("<c8"), y=Y), "c8|complex"),
    "images that are objects": (member("x.npy", npy(np.array([X, None], dtype=object))), "x"),
    "no array x": (bytes_of(foo=X, bar=X, y=Y), "foo"),
    "no labels": (bytes_of(x=X), "y"),
    "an npz that is cut": (bytes_of(x=X, y=Y)[:-40], "damaged|cut|zip"),
    "an npz that is cut in the middle": (bytes_of(x=X, y=Y)[: 5000], "damaged|cut|zip"),
    "an npy that is cut": (member("x.npy", npy(X)[:-4]), str(X.nbytes)),
    "an npy that is too long": (member("x.npy", npy(X) + b"1234"), "x"),
    "an npy of a shape that overflows": (member("x.npy", npy(X).replace(b"'shape': (", b"'shape': (9", 1)), "x"),
    "no npy": (member("x.npy", b"hello"), "x"),
    "an empty file": (b"", "expected"),
    "text": (b"hello", "expected"),
}

CIFAR = {
    "a pickle that is cut": ("test_batch", pickled()[:-100], "test_batch"),
    "an empty pickle": ("test_batch", b"", "test_batch"),
    "a pickle of too many labels": ("test_batch", pickled(labels=[0, 1, 2, 3, 4]), "5"),
    "a pickle with a label out of range": ("test_batch", pickled(labels=[0, 1, 2, 10]), "10"),
    "a pickle of other images": ("test_batch", pickled(data=np.zeros((4, 3071), np.uint8)), "3071|3072"),
    "a pickle of float images": ("test_batch", pickled(data=np.zeros((4, 3072), np.float32)), "data|f4"),
    "a pickle without labels": ("test_batch", pickled(labels=None), "labels"),
    "a pickle that runs code": ("test_batch", b"cos\nsystem\n(S'touch /tmp/owned'\ntR.", "test_batch"),
    "a .bin that is cut": ("test_batch.bin", bytes(3073 * 2 - 1), "3073"),
    "a .bin with a label out of range": ("test_batch.bin", b"\x0a" + bytes(3072), "10"),
    "an empty .bin": ("test_batch.bin", b"", "test_batch"),
    "a .tar.gz that is cut": ("cifar-10-python.tar.gz", tar_gz("cifar-10-batches-py/test_batch", pickled())[:-30], "tar.gz"),
    "a .tar.gz without the set": ("cifar-10-python.tar.gz", tar_gz("readme", b"x"), "test_batch"),
    "a .tar.gz that is no tar": ("cifar-10-python.tar.gz", gzip.compress(b"hello"), "tar.gz"),
}


def refused(folder, *words):
    done = run("run", "-q", *words, "--no-download", "--report", folder / "r.csv", cwd=folder)
    assert done.returncode == BAD_INPUT, done
    assert re.fullmatch(r"error: [^\n]+\n", done.stderr), done.stderr
    assert not list(folder.glob("r*")), "something was written"
    return done.stderr


@pytest.mark.parametrize("case", ARRAYS)
def test_wrong_arrays(tmp_path, case):
    content, said = ARRAYS[case]
    (tmp_path / "x.npz").write_bytes(content)
    assert re.search(said, refused(tmp_path, "--model", MODEL, "--data", "x.npz", "-f", LIST).replace("x.npz", "", 1))


@pytest.mark.parametrize("case", CIFAR)
def test_wrong_files_of_cifar(tmp_path, case):
    name, content, said = CIFAR[case]
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / name).write_bytes(content)
    assert re.search(said, refused(tmp_path, "-d", "CIFAR10", "--model", CIFAR_MODEL, "--data", "set"))


def test_a_set_for_a_model_of_other_classes(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set/test.bin").write_bytes((b"\0\x63" + bytes(3072)) * 2)  # CIFAR-100, class 99
    said = refused(tmp_path, "-d", "CIFAR100", "--model", CIFAR_MODEL, "--data", "set")
    assert "99" in said or ("100" in said and "10" in said)


def test_the_data_of_these_tests_is_fine(tmp_path):
    npz(tmp_path / "x.npz", x=X, y=Y)
    assert run("run", "--model", MODEL, "--data", "x.npz", "-f", LIST, "--report", "r.csv", cwd=tmp_path).returncode == DONE
    assert "r.csv" in files_of(tmp_path)
