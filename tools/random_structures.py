#!/usr/bin/env python3
"""Random models of models, saved by Keras and read by tf_injector: scores of every output, clean and faulted, against those of Keras' load_model.

    random_structures.py [--count N] [--seed S] [--program PROGRAM] [--keep FOLDER]

Models are nested, called several times, share layers, have several inputs and outputs, are frozen and partly thawed; all tensors have one shape,
so that nothing but names and order tells weights apart. Prints a line for each file that is read otherwise than Keras reads it.
"""
import argparse
import collections
import os
import pathlib
import random
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import numpy as np
import keras
from keras import layers

KERAS3 = keras.__version__.startswith("3.")
SHAPE = (4, 4, 3)
CHANNELS = SHAPE[-1]
BATCH = 3


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.count = 0

    def name(self, stem):
        self.count += 1
        return f"{stem}_{self.rng.randint(0, 9)}x{self.count}"

    def leaf(self):
        r = self.rng
        return r.choice([
            lambda: layers.Conv2D(CHANNELS, r.choice([1, 3]), padding="same", use_bias=r.random() < 0.5),
            lambda: layers.Conv2D(CHANNELS, 1, use_bias=False),
            lambda: layers.BatchNormalization(scale=r.random() < 0.8),
            lambda: layers.Dense(CHANNELS),
            lambda: layers.ReLU(),
            lambda: layers.DepthwiseConv2D(3, padding="same"),
            lambda: layers.SeparableConv2D(CHANNELS, 3, padding="same"),
        ])()

    def sequential(self, depth):
        r = self.rng
        model = keras.Sequential(name=self.name("seq"))
        if r.random() < 0.6:
            model.add(keras.Input(SHAPE))
        for i in range(r.randint(1, 3)):
            model.add(self.model(depth - 1, 1, 1) if depth > 0 and r.random() < 0.5 else self.leaf())
        return model

    def model(self, depth, inputs=None, outputs=None):
        r = self.rng
        inputs, outputs = inputs or r.choice([1, 1, 2]), outputs or r.choice([1, 1, 2, 3])
        if inputs == outputs == 1 and r.random() < 0.4:
            return self.sequential(depth)
        fed = [keras.Input(SHAPE) for _ in range(inputs)]
        pool, used = list(fed), []
        for _ in range(r.randint(1 + inputs, 5)):
            kind = r.random()
            if kind < 0.15 and len(pool) > 1:
                pool.append(r.choice([layers.Add, layers.Subtract])()(r.sample(pool, 2)))
            elif kind < 0.4 and used:
                self.call(r.choice(used), pool)
            elif kind < 0.7 and depth > 0:
                used.append(self.model(depth - 1))
                self.call(used[-1], pool)
            else:
                used.append(self.leaf())
                self.call(used[-1], pool)
        made = pool[inputs:]
        out = [r.choice(made) for _ in range(outputs)]
        if r.random() < 0.8:
            out = list({id(t): t for t in out}.values())
        return keras.Model(fed if inputs > 1 else fed[0], out if len(out) > 1 else out[0], name=self.name("fun"))

    def call(self, layer, pool):
        count = len(layer.inputs) if isinstance(layer, keras.Model) and not isinstance(layer, keras.Sequential) else 1
        taken = [self.rng.choice(pool[-4:]) for _ in range(count)]
        result = layer(taken if count > 1 else taken[0])
        pool.extend(result if isinstance(result, (list, tuple)) else [result])


def all_layers(model):
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from all_layers(layer)


def randomize(model, seed):
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        values = rng.normal(0, 0.6, weight.shape).astype(np.float32)
        weight.assign(np.abs(values) + 0.1 if "variance" in getattr(weight, "path", weight.name) else values)


def random_model(seed):
    """A model, frozen here and there, and the generator that made it."""
    maker = Maker(seed)
    model = maker.model(3 if seed % 3 else 2)
    if isinstance(model, keras.Sequential) and not model.built:
        model(np.zeros((1, *SHAPE), np.float32))
    randomize(model, seed)
    everything = list(all_layers(model))
    for _ in range(maker.rng.choice([0, 0, 1, 2, 4])):
        maker.rng.choice(everything).trainable = maker.rng.random() < 0.4
    return model, maker.rng


def leaves(model, path=""):
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from leaves(layer, f"{path}{layer.name}/")
        else:
            yield path + layer.name, layer


def injectable(model):
    found = {}
    for path, layer in leaves(model):
        if isinstance(layer, (layers.Conv2D, layers.Dense)) and layer.get_weights() and path not in found:
            found[path] = layer
    return found


def scores(model, fed):
    made = model(fed if len(fed) > 1 else fed[0], training=False)
    made = made if isinstance(made, (list, tuple)) else [made]
    return [np.asarray(m).reshape(BATCH, -1) for m in made]


def run(program, path, around, data, faults, output):
    folder = pathlib.Path(tempfile.mkdtemp(dir=around))
    np.savez(folder / "d.npz", **data)
    (folder / "l.csv").write_text("Injection,Layer,TensorIndex,Bit\n" + "".join(
        f'{i},{name},"{index}",{bit}\n' for i, (name, index, bit) in enumerate(faults)))
    words = [program, "--model", path, "--data", folder / "d.npz", "--report", folder / "r.csv", "--overwrite", "-s", "-q"]
    if faults:
        words += ["-f", folder / "l.csv"]
    if output:
        words += ["--output", output]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[-1:]
    read = lambda name: np.load(folder / "r" / name)
    clean = read("clean.npy") if faults else np.load(next(folder.rglob("clean.npy")))
    return [clean] + [read(f"inj_{i}.npy") for i in range(len(faults))], done.stderr.strip().splitlines()


def difference(found, expected):
    if found.shape != expected.shape:
        return 9.0
    return float(np.nanmax(np.abs(found - expected)) / max(np.abs(expected).max(), 1e-30))


def one(seed, ending, options, folder, tally):
    keras.backend.clear_session()
    model, rng = random_model(seed)
    path = folder / f"m{seed}{ending}"
    numbers = np.random.default_rng(seed)
    fed = [numbers.normal(size=(BATCH, *SHAPE)).astype(np.float32) for _ in model.inputs]
    original = scores(model, fed)
    try:
        model.save(path)
    except Exception:  # names that stand in the file already
        tally["Keras does not save"] += 1
        return
    try:
        loaded = keras.models.load_model(path, compile=False)
    except Exception:
        tally["Keras does not load"] += 1
        loaded = None
    if loaded is not None:
        expected = scores(loaded, fed)
        if any(difference(a, b) > 1e-6 for a, b in zip(original, expected)):
            tally["Keras loads another network"] += 1
            loaded = None
    source = loaded or model
    names = injectable(source)
    faults = []
    for name in rng.sample(list(names), min(2, len(names))):
        kernel = names[name].get_weights()[0]
        faults.append((name, tuple(rng.randrange(s) for s in kernel.shape), 31))
    wanted = [scores(source, fed)]
    for name, index, bit in faults:
        clean = names[name].get_weights()
        changed = clean[0].copy()
        changed.view(np.uint32)[index] ^= np.uint32(1 << bit)
        names[name].set_weights([changed, *clean[1:]])
        wanted.append(scores(source, fed))
        names[name].set_weights(clean)
    inputs = [getattr(i, "name", "") for i in source.inputs]
    if not KERAS3:
        inputs = source.input_names
    data = {"x": fed[0]} if len(fed) == 1 else dict(zip(inputs, fed))
    data["y"] = np.zeros(BATCH, np.int64)
    taken = []
    outputs = list(getattr(source, "output_names", [""]))
    for number, name in enumerate(outputs):
        unique = next(n for n in (name, *(f"{name}_{k}" for k in range(1, 99))) if n not in taken)
        taken.append(unique)
        found, said = run(options.program, path, folder, data, faults, unique if len(outputs) > 1 else None)
        if found is None:
            tally["refused" + ("" if loaded else ", as by Keras")] += 1
            if loaded or options.verbose:
                print(f"{path.name}: refused: {said}", flush=True)
            break
        worst = max(difference(f, w[number]) for f, w in zip(found, wanted))
        allowed = 1e-5 if KERAS3 else 0.0
        kind = "equal" if worst <= allowed else "DIFFERENT"
        tally[kind + ("" if loaded else ", to the saved network")] += 1
        if worst > allowed:
            print(f"{path.name}: output {number} '{unique}': {worst:.1e} {[difference(f, w[number]) for f, w in zip(found, wanted)]}", flush=True)
    if not options.keep:
        path.unlink()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default="build/release/tf_injector")
    parser.add_argument("--keep")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    tally = collections.Counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(options.keep or temporary)
        folder.mkdir(exist_ok=True)
        for seed in range(options.seed, options.seed + options.count):
            for ending in (".keras", ".h5"):
                one(seed, ending, options, folder, tally)
    print(keras.__version__, dict(tally))


if __name__ == "__main__":
    main()
