"""What the tools here share: a fault campaign's parts on real TensorFlow (2.14 for files of Keras 2, 2.16 and later for Keras 3).

The network is called eagerly on batches, as the Python tool calls it; a fault is set with set_weights and taken back afterwards.
"""
import ast
import contextlib
import csv
import os
import pathlib
import pickle
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import numpy as np
import tensorflow as tf
import keras

KERAS_3 = keras.__version__ >= "3"
# mean and standard deviation of a data set's channels, as the Python tool has them
STATISTICS = {
    "CIFAR10": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "CIFAR100": ((0.5070751592371323, 0.48654887331495095, 0.4409178433670343),
                 (0.2673342858792401, 0.2564384629170883, 0.27615047132568404)),
    "GTSRB": ((0.3403, 0.3121, 0.3214), (0.2724, 0.2608, 0.2669)),
}
LIST_HEADER = ("Injection", "Layer", "TensorIndex", "Bit")
REPORT_HEADER = ("inj_id", "target_layer", "layer_weigths", "bit_pos", "n_injections", "top_1_correct", "top_5_correct",
                 "top_1_robust", "top_5_robust", "masked", "non_critical", "critical")


# ---- model -----------------------------------------------------------------------------------------------------------------

def load_model(path):
    return tf.keras.models.load_model(path)


def leaves(model, path=""):
    for layer in model.layers:
        if isinstance(layer, tf.keras.Model):
            yield from leaves(layer, f"{path}{layer.name}/")
        else:
            yield path + layer.name, layer


def injectable_layers(model):
    """Name -> layer of every Conv2D and Dense; where nested models share a name, the path "outer/inner"."""
    found, paths = [], set()
    for path, layer in leaves(model):
        if isinstance(layer, (tf.keras.layers.Conv2D, tf.keras.layers.Dense)) and path not in paths:
            paths.add(path)
            found.append((path, layer))
    names = [layer.name for _, layer in found]
    return {layer.name if names.count(layer.name) == 1 else path: layer for path, layer in found}


def infer(model, images, batch=512):
    """Scores of all images at inference, fed in batches; the last one may be short. Random layers need the word: without
    training=False Keras lets them change images."""
    return np.concatenate([np.asarray(model(images[i:i + batch], training=False)) for i in range(0, len(images), batch)])


@contextlib.contextmanager
def faulted(layer, index, bit):
    """The layer with one bit of its kernel flipped."""
    clean = layer.get_weights()
    kernel = clean[0].copy()
    if len(index) != kernel.ndim or not all(0 <= i < size for i, size in zip(index, kernel.shape)) or not 0 <= bit < 32:
        raise ValueError(f"{layer.name}: index {index} or bit {bit} does not fit a kernel of shape {kernel.shape}")
    kernel.view(np.uint32)[index] ^= np.uint32(1 << bit)
    layer.set_weights([kernel, *clean[1:]])
    try:
        yield
    finally:
        layer.set_weights(clean)


# ---- faults: (injection, layer name, index, bit) ---------------------------------------------------------------------------

def random_faults(model, count, seed=0):
    """Goes round all layers, and in each round all bits; one in eight hits bit 30 of a layer's largest weight: Inf and NaN."""
    rng = np.random.default_rng(seed)
    layers = list(injectable_layers(model).items())
    bits = rng.permutation(32)
    faults = []
    for i in range(count):
        name, layer = layers[i % len(layers)]
        kernel = layer.get_weights()[0]
        element, bit = rng.integers(kernel.size), int(bits[(i + i // len(layers)) % 32])
        if i % 8 == 5:
            element, bit = np.abs(kernel).argmax(), 30
        faults.append((i, name, tuple(int(v) for v in np.unravel_index(element, kernel.shape)), bit))
    return faults


def read_faults(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if row]
    if tuple(rows[0]) != LIST_HEADER:
        raise ValueError(f"{path}: expected the header {','.join(LIST_HEADER)}, found {','.join(rows[0])}")
    return [(int(injection), layer, ast.literal_eval(index), int(bit)) for injection, layer, index, bit in rows[1:]]


def write_faults(path, faults):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(LIST_HEADER)
        writer.writerows(faults)


# ---- images ----------------------------------------------------------------------------------------------------------------

def load_images(path, dataset=None, use_tensorflow=False):
    """(float32 images N x H x W x C as they are fed, labels uint8 N x 1). `path`: a folder of CIFAR pickles, or an .npz (x, y)."""
    path = pathlib.Path(path)
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            images, labels = arrays["x"], arrays["y"]
    else:
        name = "test" if dataset == "CIFAR100" else "test_batch"
        with open(path / name, "rb") as file:
            batch = pickle.load(file, encoding="bytes")
        images = batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        labels = batch[b"fine_labels" if dataset == "CIFAR100" else b"labels"]
    if images.dtype == np.uint8:
        mean, std = (np.array(values, np.float32) for values in STATISTICS[dataset])
        if use_tensorflow:
            images = ((tf.image.convert_image_dtype(images, tf.float32) - mean) / std).numpy()
        else:
            images = (images.astype(np.float32) / np.float32(255) - mean) / std
    return np.ascontiguousarray(images, np.float32), np.asarray(labels, np.uint8).reshape(-1, 1)


def as_fed(model, images):
    """Images for this model: one that takes (C, H, W) is fed transposed images."""
    expected = tuple(model.input_shape[1:])
    if images.shape[1:] != expected and len(expected) == 3 and images.transpose(0, 3, 1, 2).shape[1:] == expected:
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    return images


# ---- report ----------------------------------------------------------------------------------------------------------------

def hits(scores, wanted, k):
    """Images whose wanted class is among their k best, as NumPy selects them. NumPy 2 chooses others among equals."""
    if np.__version__ >= "2":
        raise RuntimeError(f"the metrics are those of NumPy 1.26; this is NumPy {np.__version__}")
    best = scores.argpartition(-min(k, scores.shape[1]), axis=-1)[:, -min(k, scores.shape[1]):]
    return int((best == wanted).any(axis=1).sum())


def golden_row(golden, labels):
    return ["GOLDEN", None, None, None, len(labels), hits(golden, labels, 1), hits(golden, labels, 5)] + [None] * 4


def fault_row(fault, golden, scores, labels):
    decided = golden.argmax(axis=1, keepdims=True)
    robust, masked = hits(scores, decided, 1), int((scores == golden).all(axis=1).sum())
    return [*fault, len(labels), hits(scores, labels, 1), hits(scores, labels, 5), robust, hits(scores, decided, 5), masked,
            robust - masked, len(labels) - robust]


def run_campaign(model, images, labels, faults, batch, report=None, scores=None):
    """All faults on all images. `report`: a CSV file; `scores`: a folder for clean.npy, inj_<id>.npy. Returns the golden scores
    and the seconds that the faults took, the golden run not counted."""
    layers = injectable_layers(model)
    golden = infer(model, images, batch)
    if scores:
        pathlib.Path(scores).mkdir(parents=True, exist_ok=True)
        np.save(pathlib.Path(scores) / "clean.npy", golden)
    with open(report or os.devnull, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(REPORT_HEADER)
        writer.writerow(golden_row(golden, labels))
        start = time.perf_counter()
        for fault in faults:
            injection, name, index, bit = fault
            with faulted(layers[name], index, bit):
                faulty = infer(model, images, batch)
            if scores:
                np.save(pathlib.Path(scores) / f"inj_{injection}.npy", faulty)
            writer.writerow(fault_row(fault, golden, faulty, labels))
            file.flush()
        seconds = time.perf_counter() - start
    return golden, seconds


def machine():
    """Versions and the CPU: what TensorFlow's last bits may depend on."""
    flags, model = set(), "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "flags":
            flags |= set(value.split())
        elif key.strip() == "model name":
            model = value.strip()
    return {"tensorflow": tf.__version__, "keras": keras.__version__, "numpy": np.__version__, "cpu": model,
            "cpu_flags": sorted(f for f in flags if f in ("avx2", "fma") or f.startswith(("avx512", "avx_")))}
