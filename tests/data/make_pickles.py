#!/usr/bin/env python3
"""Writes the small pickles in tests/data/pickles, as CPython 3 and NumPy 1.26 make them.  make_pickles.py FOLDER

Each holds two images: byte i of image k, in CIFAR's order of planes, is (7 i + i // 256 + 31 k) mod 256. CIFAR-10: labels 3, 8.
CIFAR-100: fine labels 99, 0, coarse labels 1, 2. python2_* have Python 2's string operations in the place of Python 3's; CPython
reads each file back here as Keras does.
"""
import io
import pathlib
import pickle
import struct
import sys

import numpy as np


class Python2Pickler(pickle._Pickler):
    """Writes str and bytes as Python 2 writes its str."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_string(self, obj):
        data = obj if isinstance(obj, bytes) else obj.encode("latin1")
        short = len(data) < 256
        self.write(b"U" + bytes([len(data)]) if short else b"T" + struct.pack("<i", len(data)))
        self.write(data)
        self.memoize(obj)

    dispatch[bytes] = save_string
    dispatch[str] = save_string


def dumps_python2(value):
    out = io.BytesIO()
    Python2Pickler(out, protocol=2).dump(value)
    return out.getvalue()


def images():
    i = np.arange(3072)
    return np.stack([(7 * i + i // 256 + 31 * k) % 256 for k in range(2)]).astype(np.uint8)


def cifar10(data, labels):
    return {b"batch_label": b"testing batch 1 of 1", b"labels": labels, b"data": data, b"filenames": [b"a.png", b"b.png"]}


def cifar100(data):
    return {b"filenames": [b"a.png", b"b.png"], b"batch_label": b"", b"fine_labels": [99, 0], b"coarse_labels": [1, 2], b"data": data}


def files():
    plain = cifar10(images(), [3, 8])
    yield "python2_cifar10", dumps_python2(plain)
    for protocol in (2, 3, 4, 5):
        yield f"protocol{protocol}_cifar10", pickle.dumps(plain, protocol)
    renamed = pickle.dumps(plain, 2).replace(b"cnumpy.core.multiarray\n", b"cnumpy._core.multiarray\n")
    assert renamed != pickle.dumps(plain, 2)
    yield "numpy2_cifar10", renamed
    array_labels = {"data": np.asfortranarray(images()), "labels": np.array([3, 8], ">i2")}
    yield "fortran_cifar10", pickle.dumps(array_labels, 4)
    planes = {"data": np.asfortranarray(images().reshape(2, 3, 32, 32)), "labels": np.array([[3], [8]], np.uint64)}
    yield "fortran_planes_cifar10", pickle.dumps(planes, 5)
    yield "scalars_cifar10", pickle.dumps({"data": images(), "labels": [np.int64(3), np.uint8(8)]}, 4)
    yield "python2_cifar100", dumps_python2(cifar100(images()))
    yield "protocol2_cifar100", pickle.dumps(cifar100(images()), 2)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files():
        if not name.startswith("numpy2"):  # its modules exist in NumPy 2 only
            loaded = pickle.loads(content, encoding="bytes")
            data = loaded[b"data"] if b"data" in loaded else loaded["data"]
            assert np.array_equal(data.reshape(2, 3072), images()), name
        (folder / f"{name}.pkl").write_bytes(content)


if __name__ == "__main__":
    main()
