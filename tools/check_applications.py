#!/usr/bin/env python3
"""Every network of keras.applications, with random weights, through tf_injector and through Keras itself.

    .venv-tools/bin/python   tools/check_applications.py --write     # TensorFlow 2.14: Keras 2
    .venv-keras3/bin/python  tools/check_applications.py --write     # TensorFlow 2.21: Keras 3

Each network is built at the smallest image that it takes, without its last softmax, and saved as .keras. Normalisations get random
factors and the statistics of a random batch, so that scores are as large as a trained network's. tf_injector evaluates four images
(golden scores, `-s`), Keras calls the model on them. One line per network: scores that differ in a bit, the largest difference
as a part of the largest score. --write puts the lines into the table of docs/layers.md. The exit code is 1 when a network is refused, or
differs by more than --allowed.
"""
import argparse
import gc
import inspect
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "layers.md"
SIZES = (32, 33, 40, 48, 64, 71, 75, 76, 96, 112, 128, 160, 192, 224, 299, 331)
IMAGES, CLASSES = 4, 100


def networks():
    """Names of the constructors, as keras.applications lists them."""
    found = [name for name, value in vars(keras.applications).items()
             if inspect.isfunction(value) and "include_top" in inspect.signature(value).parameters]
    return sorted(found, key=lambda name: (name.rstrip("0123456789"), name))


def build(name):
    """The network at the smallest size that it accepts, and that size."""
    for size in SIZES:
        keras.backend.clear_session()
        try:
            return getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=CLASSES,
                                                     classifier_activation=None), size
        except ValueError:  # too small
            continue
    raise SystemExit(f"{name}: takes none of the sizes {SIZES}")


def leaves(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from leaves(layer)
        else:
            yield layer


def make_sane(model, images, rng):
    """Random factors of normalisations; their statistics become those of a batch."""
    momenta = []
    for layer in leaves(model):
        values = layer.get_weights()
        kind = type(layer).__name__
        if kind in ("BatchNormalization", "LayerNormalization"):
            factors = int(layer.scale) + int(layer.center)
            for i in range(factors):
                is_gamma = layer.scale and i == 0
                values[i] = (0.7 + 0.6 * rng.random(values[i].shape) if is_gamma else 0.2 * rng.standard_normal(values[i].shape))
            layer.set_weights([v.astype(np.float32) for v in values])
        elif kind == "LayerScale":
            layer.set_weights([(0.2 + 0.3 * rng.random(values[0].shape)).astype(np.float32)])
        if kind == "BatchNormalization":
            momenta.append((layer, layer.momentum))
            layer.momentum = 0.0
    for _ in range(2 if momenta else 0):  # the second time with the statistics of the first in the layers before
        model(images, training=True)
    for layer, momentum in momenta:
        layer.momentum = momentum


def random_images(model, size, count, rng):
    scaled = any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in leaves(model))
    values = rng.random((count, size, size, 3)) * 255 if scaled else rng.standard_normal((count, size, size, 3))
    return values.astype(np.float32)


def our_scores(program, model_file, data_file, folder):
    """Golden scores, or the line that says why there are none."""
    command = [program, "--model", model_file, "--data", data_file, "-s", "-o", folder, "-b", str(IMAGES), "-q", "--threads", "2"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr.strip().splitlines()[-1]
    (scores,) = pathlib.Path(folder).rglob("clean.npy")
    return np.load(scores), ""


def check(name, program):
    rng = np.random.default_rng(1)
    keras.utils.set_random_seed(1)
    started = time.time()
    model, size = build(name)
    make_sane(model, random_images(model, size, 16, rng), rng)
    images = random_images(model, size, IMAGES, rng)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model.save(folder / "network.keras")
        np.savez(folder / "images.npz", x=images, y=np.zeros(IMAGES, np.int64))
        expected = np.asarray(model(images, training=False))
        ours, problem = our_scores(program, folder / "network.keras", folder / "images.npz", folder / "out")
    result = {"name": name, "size": size, "problem": problem, "seconds": time.time() - started}
    if ours is not None:
        assert ours.shape == expected.shape and np.isfinite(expected).all()
        result["different"] = int((ours.view(np.uint32) != expected.view(np.uint32)).sum())
        result["scores"] = ours.size
        result["relative"] = float(np.abs(ours.astype(np.float64) - expected).max() / np.abs(expected).max())
        result["largest"] = float(np.abs(expected).max())
    del model
    gc.collect()
    return result


def row(result):
    if result["problem"]:
        return f"| {result['name']} | {result['size']} | refused: {result['problem']} |"
    if result["different"] == 0:
        return f"| {result['name']} | {result['size']} | every bit |"
    return f"| {result['name']} | {result['size']} | {result['relative']:.1e} |"


def write(rows, names):
    """Replaces the rows of `names` between the markers of this Keras."""
    generation = "Keras 3" if keras.__version__.startswith("3") else "Keras 2"
    begin, end = f"<!-- {generation}: begin -->\n", f"<!-- {generation}: end -->"
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    table, after = rest.split(end)
    kept = {line.split("|")[1].strip(): line for line in table.splitlines()[2:]}
    kept.update(zip(names, rows))
    lines = [kept[name] for name in networks() if name in kept]
    head = "| network | image | scores |\n|---|---|---|\n"
    PAGE.write_text(before + begin + head + "\n".join(lines) + ("\n" if lines else "") + end + after, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only these networks")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build" / "release" / "tf_injector")
    parser.add_argument("--write", action="store_true", help="into docs/layers.md")
    parser.add_argument("--list", action="store_true", help="names only")
    parser.add_argument("--allowed", type=float, default=1e-5, help="largest relative difference (default 1e-5)")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(2)
    names = arguments.names or networks()
    if arguments.list:
        print("\n".join(names))
        return 0
    print(f"Keras {keras.__version__}, TensorFlow {tf.__version__}, {len(names)} networks", flush=True)
    bad, rows = 0, []
    for name in names:
        result = check(name, arguments.program)
        rows.append(row(result))
        wrong = bool(result["problem"]) or result["relative"] > arguments.allowed
        bad += wrong
        shown = result["problem"] or f"{result['different']} of {result['scores']} differ, {result['relative']:.1e} of {result['largest']:.3g}"
        print(f"{name:22} {result['size']:4} {shown} ({result['seconds']:.0f} s){'   <-- WRONG' if wrong else ''}", flush=True)
        if arguments.write:
            write(rows, names[:len(rows)])
    print(f"{len(names)} networks, {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
