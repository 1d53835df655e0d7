#!/usr/bin/env python3
"""Writes tests/graph/shape_facts.csv: the output shapes that TensorFlow gives random ops on random inputs, batch left out.

A row is op, arguments, input shape, output shape (numbers separated by blanks); the output is "refused" where TensorFlow raises.
The order of the arguments is that of the calls below; tests/graph/shape_facts_test.cpp reads them back in the same order.
"""

import csv
import os
import pathlib
import random

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import tensorflow as tf  # noqa: E402

OUT = pathlib.Path(__file__).resolve().parents[1] / "tests" / "graph" / "shape_facts.csv"
layers = tf.keras.layers
PADDING = ("valid", "same")


def shape_of(make, shape):
    """Output shape without the batch, or "refused"."""
    try:
        return tuple(make()(tf.keras.Input(shape)).shape)[1:]
    except ValueError:
        return "refused"


def image(rng):
    return (rng.randint(1, 20), rng.randint(1, 20), rng.choice((1, 2, 3, 4, 6)))


def any_shape(rng):
    return tuple(rng.randint(1, 6) for _ in range(rng.randint(1, 4)))


def conv2d(rng):
    kernel = (rng.randint(1, 7), rng.randint(1, 7))
    strides = (rng.randint(1, 4), rng.randint(1, 4)) if rng.random() < 0.6 else (1, 1)
    dilation = (rng.randint(1, 3), rng.randint(1, 3)) if strides == (1, 1) else (1, 1)  # Keras takes one of the two
    groups, filters, padding = rng.choice((1, 1, 1, 2, 3)), rng.choice((1, 2, 4, 6)), rng.randint(0, 1)
    shape = image(rng)
    options = dict(strides=strides, dilation_rate=dilation, groups=groups, padding=PADDING[padding])
    return (*kernel, *strides, *dilation, groups, filters, padding), shape, shape_of(
        lambda: layers.Conv2D(filters, kernel, **options), shape)


def average_pool2d(rng):
    pool, strides, padding = (rng.randint(1, 5), rng.randint(1, 5)), (rng.randint(1, 4), rng.randint(1, 4)), rng.randint(0, 1)
    shape = image(rng)
    return (*pool, *strides, padding), shape, shape_of(
        lambda: layers.AveragePooling2D(pool, strides, padding=PADDING[padding]), shape)


def global_average_pool(rng):
    keepdims, shape = rng.randint(0, 1), image(rng)
    return (keepdims,), shape, shape_of(lambda: layers.GlobalAveragePooling2D(keepdims=bool(keepdims)), shape)


def dense(rng):
    units, shape = rng.randint(1, 9), any_shape(rng)
    return (units,), shape, shape_of(lambda: layers.Dense(units), shape)


def pad(rng):
    shape = any_shape(rng)
    paddings = [[rng.randint(0, 3), rng.randint(0, 3)] for _ in shape]
    return [n for pair in paddings for n in pair], shape, tuple(tf.pad(tf.zeros((1, *shape)), [[0, 0], *paddings]).shape)[1:]


def slice_(rng):
    """Arguments per axis: begin, step, count (resolved as Python resolves the slice), dropped."""
    while True:
        shape, index, arguments = any_shape(rng), [], []
        for length in shape:
            if rng.random() < 0.2:
                at = rng.randrange(length)
                index.append(rng.choice((at, at - length)))
                arguments += [at, 1, 1, 1]
            else:
                step = rng.choice((1, 1, 2, 3, -1, -2))
                piece = slice(*(rng.choice((None, rng.randint(-7, 7))) for _ in range(2)), step)
                taken = range(*piece.indices(length))
                index.append(piece)
                arguments += [taken.start, step, len(taken), 0]
        out = tuple(tf.zeros((1, *shape))[(slice(None), *index)].shape)[1:]
        if 0 not in out:  # a slice that takes nothing is no layer of a model
            return arguments, shape, out


def transpose(rng):
    shape = any_shape(rng)
    perm = rng.sample(range(len(shape)), len(shape))
    return perm, shape, tuple(tf.transpose(tf.zeros((1, *shape)), [0, *(axis + 1 for axis in perm)]).shape)[1:]


def reshape(rng):
    shape = any_shape(rng)
    target = list(shape)
    rng.shuffle(target)
    if len(target) > 1 and rng.random() < 0.5:
        target[:2] = [target[0] * target[1]]
    if rng.random() < 0.2:
        target.append(2)
    return target, shape, shape_of(lambda: layers.Reshape(target), shape)


def main():
    rng = random.Random(1)
    makers = {"conv2d": (conv2d, 150), "average_pool2d": (average_pool2d, 80), "global_average_pool": (global_average_pool, 10),
              "dense": (dense, 15), "pad": (pad, 20), "slice": (slice_, 60), "transpose": (transpose, 20), "reshape": (reshape, 30)}
    with open(OUT, "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["op", "arguments", "input", "output"])
        for name, (make, count) in makers.items():
            for _ in range(count):
                row = make(rng)
                writer.writerow([name, *(cell if isinstance(cell, str) else " ".join(map(str, cell)) for cell in row)])


if __name__ == "__main__":
    main()
