#!/usr/bin/env python3
"""Prints what NumPy and TensorFlow make of every byte value, for preprocess_test.cpp. Needs TensorFlow 2.14:  make_facts.py

For each data set and each arithmetic: the SHA-256 of a float32 table of 256 x 3 (byte value x channel), little-endian,
and its first, a middle and its last row.
"""
import hashlib
import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import numpy as np
import tensorflow as tf

SETS = {
    "CIFAR10": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "CIFAR100": (
        (0.5070751592371323, 0.48654887331495095, 0.4409178433670343),
        (0.2673342858792401, 0.2564384629170883, 0.27615047132568404),
    ),
    "GTSRB": ((0.3403, 0.3121, 0.3214), (0.2724, 0.2608, 0.2669)),
}


def report(name, way, table):
    table = np.ascontiguousarray(table, dtype="<f4")
    rows = [[f"0x{bits:08X}" for bits in table[row].view("<u4")] for row in (0, 100, 255)]
    print(name, way, hashlib.sha256(table.tobytes()).hexdigest(), rows)


def main():
    values = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    scaled_by_numpy = values.astype(np.float32) / 255
    scaled_by_tensorflow = tf.image.convert_image_dtype(values, tf.float32)
    assert scaled_by_numpy.dtype == np.float32
    report("-", "numpy", scaled_by_numpy)
    report("-", "tensorflow", scaled_by_tensorflow.numpy())
    for name, (mean, std) in SETS.items():
        report(name, "numpy", (scaled_by_numpy - np.array(mean, np.float32)) / np.array(std, np.float32))
        centred = scaled_by_tensorflow - tf.constant(mean, tf.float32)
        report(name, "tensorflow", (centred / tf.constant(std, tf.float32)).numpy())


if __name__ == "__main__":
    main()
