"""The golden models: what TensorFlow computed with them (tests/golden, made by tools/make_golden.py)."""
import pathlib
from typing import NamedTuple

import numpy as np

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden"
# oracle.json there says which TensorFlow on which CPU.
NAMES = sorted(path.name.removesuffix(".golden.npz") for path in GOLDEN.glob("*.golden.npz"))


class Golden(NamedTuple):
    model: str
    faults: str
    inputs: object  # an array, or of several inputs a dict
    clean: np.ndarray  # (images, classes)
    faulty: np.ndarray  # (faults, images, classes)


def golden(name):
    stored = np.load(GOLDEN / f"{name}.golden.npz")
    model = next(path for suffix in (".keras", ".h5") if (path := GOLDEN / f"{name}{suffix}").exists())
    return Golden(str(model), str(GOLDEN / f"{name}.faults.csv"), stored["inputs"], stored["clean"], stored["faulty"])


def same_bits(a, b):
    """NaN of one kind are the same."""
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(np.where(np.isnan(a), 0, a).view(np.uint32), np.where(np.isnan(b), 0, b).view(np.uint32)) and np.array_equal(np.isnan(a), np.isnan(b))
