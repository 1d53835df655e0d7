#!/usr/bin/env python3
"""Makes tests/program/data_files: what Keras itself takes as images and labels, and what it makes of them.

    make_data_facts.py FOLDER

Run it once with TensorFlow 2.14 (writes k2_*) and once with TensorFlow 2.21 and Keras 3 (writes k3_*). k?_facts.json holds
  shapes      [shape of an image, shape of the model's input, does model.predict take it]
  decisions   [threshold, bits of a score, label, is it right for keras.metrics.binary_accuracy]
  binary      of the models with one output unit: the bits of their scores, the labels, and what model.evaluate counts as right
  fed         of the models whose input is 8-bit images: per way of preprocessing the bits of the scores (see `ways`)
"""
import json
import os
import pathlib
import sys
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import numpy as np
import tensorflow as tf
import keras
from keras import layers

KERAS3 = keras.__version__.startswith("3.")
PREFIX = "k3_" if KERAS3 else "k2_"
IMAGES = 6
SHAPES = [((8, 8), (8, 8, 1)), ((8, 8, 1), (8, 8)), ((8, 8, 1), (8, 8, 1, 1)), ((5,), (5, 1)), ((5, 1), (5,)), ((), (1,)), ((1,), (1,)),
          ((1, 1), (1,)), ((8, 8), (1, 8, 8)), ((1, 8, 8), (8, 8)), ((8, 8), (8, 8, 3)), ((8, 8, 3), (8, 8)), ((8, 8, 3), (8, 8, 1)),
          ((8, 7), (8, 8, 1)), ((64,), (8, 8, 1)), ((8, 8, 1), (64,)), ((5, 2), (10,))]
SCORES = [0.5, np.nextafter(np.float32(0.5), np.float32(1)), np.nextafter(np.float32(0.5), np.float32(0)), 0.0, -0.0, 1e-45, -1e-45, 1.0, -1.0,
          3e38, -3e38, np.inf, -np.inf, np.nan]


def numbers(shape, dtype=np.float32):
    """What a test can make too."""
    made = (np.arange(int(np.prod(shape))) * 7919) % 256
    return made.astype(np.uint8).reshape(shape) if dtype == np.uint8 else ((made - 128) / 64).astype(np.float32).reshape(shape)


def bits(values):
    return [f"{b:08x}" for b in np.asarray(values, np.float32).ravel().view(np.uint32)]


def takes(have, want):
    """A model that needs every axis as it says: each is multiplied with a weight along it."""
    entrance = x = keras.Input(want)
    x = layers.Dense(2)(x)
    x = layers.Dense(1)(layers.Flatten()(x))
    model = keras.Model(entrance, x)
    try:
        return len(model.predict(numbers((IMAGES, *have)), verbose=0)) == IMAGES
    except Exception:  # of many kinds
        return False


def decisions():
    rows = []
    for threshold in (0.5, 0.0):
        for score in SCORES:
            for label in (0, 1):
                right = keras.metrics.binary_accuracy(np.array([[label]], np.float32), np.array([[score]], np.float32), threshold=threshold)
                rows.append([threshold, *bits([score]), label, bool(np.asarray(right)[0])])
    return rows


def randomized(model):
    rng = np.random.default_rng(7)
    for weight in model.weights:
        name = getattr(weight, "path", weight.name)
        if "count" in name:
            continue
        values = rng.normal(0, 0.3, weight.shape).astype(np.float32)
        weight.assign(100 + 50 * np.abs(values) if "mean" in name or "variance" in name else values)
    return model


def save(model, folder, name):
    path = folder / f"{PREFIX}{name}.keras"
    model.save(path)
    members = {}
    with zipfile.ZipFile(path) as archive:
        members = {i.filename: archive.read(i) for i in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(member), content, zipfile.ZIP_DEFLATED)


def binary(folder):
    facts = {}
    count = 4 * IMAGES
    x = numbers((count, 3, 3, 2))
    for name, activation, threshold in (("sigmoid", "sigmoid", 0.5), ("hard_sigmoid", "hard_sigmoid", 0.5), ("logit", None, 0.0), ("tanh", "tanh", 0.0)):
        entrance = keras.Input((3, 3, 2))
        h = layers.Conv2D(2, 2, name="conv")(entrance)
        h = layers.Dense(1, activation=activation, name="head")(layers.Flatten()(h))
        model = randomized(keras.Model(entrance, layers.Reshape((1,))(h)))
        model.compile(loss="mse", metrics=[keras.metrics.BinaryAccuracy(threshold=threshold)])
        labels = np.arange(count) % 3 // 2
        accuracy = model.evaluate(x, labels, verbose=0)[1]
        facts[name] = {"scores": bits(model.predict(x, verbose=0)), "labels": labels.tolist(), "right": round(accuracy * count)}
        save(model, folder, name)
    return facts


def ways(images):
    mean, std = np.array([0.4914, 0.4822, 0.4465], np.float32), np.array([0.2023, 0.1994, 0.2010], np.float32)
    scaled = images.astype(np.float32) / np.float32(255)
    return {"x": images.astype(np.float32), "x / 255": scaled, "(x / 255 - mean) / std": (scaled - mean) / std}


def fed(folder):
    def head(x):
        return layers.Dense(4, name="head")(layers.Flatten()(layers.Conv2D(2, 3, name="conv")(x)))

    def functional(first, dtype="float32"):
        entrance = keras.Input((5, 5, 3), dtype=dtype)
        return keras.Model(entrance, head(first(entrance)))

    inner = keras.Sequential([keras.Input((5, 5, 3)), layers.Dropout(0.5), layers.Rescaling(1 / 127.5, offset=-1)], name="augment")
    deep = keras.Sequential([keras.Input((5, 5, 3)), keras.Sequential([keras.Input((5, 5, 3)), layers.ZeroPadding2D(1), layers.Cropping2D(1), inner])])
    models = {
        "plain": functional(lambda x: x),
        "rescaling": functional(layers.Rescaling(1 / 255, name="rescaling")),
        "normalization": functional(layers.Normalization(mean=[120.0, 110, 100], variance=[3000.0, 2500, 3600])),
        "nested": functional(deep),
        "division": functional(lambda x: x / 255.0),
        "shifted": functional(lambda x: x / 127.5 - 1.0),
        "means": functional(lambda x: x - 110.0),
        "later": functional(lambda x: layers.Rescaling(0.5)(layers.Conv2D(3, 1, name="before")(x))),
        "batch_norm": functional(layers.BatchNormalization()),
    }
    facts = {}
    images = numbers((IMAGES, 5, 5, 3), np.uint8)
    for name, model in models.items():
        randomized(model)
        facts[name] = {way: bits(model.predict(x, verbose=0)) for way, x in ways(images).items()}
        assert facts[name]["x"] == bits(model.predict(images, verbose=0)), name
        save(model, folder, name)
    return facts


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(1)
    facts = {"keras": keras.__version__, "shapes": [[have, want, takes(have, want)] for have, want in SHAPES], "decisions": decisions(),
             "binary": binary(folder), "fed": fed(folder)}
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in facts.items()]
    (folder / f"{PREFIX}facts.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
