#!/usr/bin/env python3
"""Makes tests/torture/golden: every bit of every layer of ResNet20 flipped once, on real TensorFlow (2.14). Row 15 of scripts/torture compares.

    .venv-tools/bin/python tools/make_every_bit.py

every_bit.faults.csv: per layer and bit a fault; bit 30 hits the layer's largest weight, so that Inf and NaN come. every_bit.report.csv: TensorFlow's
report on 64 float32 images (tests/torture/inputs.py: float_images). every_bit.scores.txt: per fault the SHA-256 of its scores as the program
writes them (np.save, each NaN 0xFFC00000), how many images' scores hold a NaN, and how many an infinity.
"""
import hashlib
import io
import pathlib
import random
import sys

import numpy as np

import oracle

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from torture import inputs  # noqa: E402

GOLDEN, IMAGES = ROOT / "tests/torture/golden", 64
MODEL = ROOT / "models/CIFAR10/ResNet20.keras"


def faults_of(model, numbers):
    faults = []
    for name, layer in oracle.injectable_layers(model).items():
        kernel = layer.get_weights()[0]
        for bit in range(32):
            index = tuple(numbers.randrange(size) for size in kernel.shape)
            if bit == 30:
                index = tuple(int(place) for place in np.unravel_index(np.abs(kernel).argmax(), kernel.shape))
            faults.append((len(faults), name, index, bit))
    return faults


def written(scores):
    """The bytes of the program's score file."""
    file, scores = io.BytesIO(), scores.copy()
    scores.view(np.uint32)[np.isnan(scores)] = 0xFFC00000
    np.save(file, scores)
    return file.getvalue()


def main():
    GOLDEN.mkdir(exist_ok=True)
    model = oracle.load_model(str(MODEL))
    oracle.write_faults(GOLDEN / "every_bit.faults.csv", faults_of(model, random.Random(15)))
    inputs.float_images("/tmp/every_bit.npz", IMAGES, (32, 32, 3))
    images, labels = oracle.load_images("/tmp/every_bit.npz")
    scores = pathlib.Path("/tmp/every_bit_scores")
    oracle.run_campaign(model, images, labels, oracle.read_faults(GOLDEN / "every_bit.faults.csv"), 512, str(GOLDEN / "every_bit.report.csv"), str(scores))
    with open(GOLDEN / "every_bit.scores.txt", "w", encoding="ascii") as out:
        for name in ["clean", *(f"inj_{number}" for number in range(len(list(scores.glob("inj_*.npy")))))]:
            array = np.load(scores / f"{name}.npy")
            out.write(f"{name} {hashlib.sha256(written(array)).hexdigest()} {int(np.isnan(array).any(1).sum())} {int(np.isinf(array).any(1).sum())}\n")


if __name__ == "__main__":
    main()
