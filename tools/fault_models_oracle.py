#!/usr/bin/env python3
"""Faults of all models the slow way, in TensorFlow 2.14: the variables are set, outputs of layers are changed on their way to the
layers behind, and the network is called.

    .venv-tools/bin/python tools/fault_models_oracle.py                        # tests/golden: NAME.extended.*, NAME.outputs.*
    .venv-tools/bin/python tools/fault_models_oracle.py --storage int8         # tests/golden: NAME.int8.csv, NAME.int8.npz
    .venv-tools/bin/python tools/fault_models_oracle.py --model M.keras --data SET --dataset CIFAR10 --images 64 --count 200 \\
        [--outputs] --list LIST.csv --report REPORT.csv --scores FOLDER        # a campaign, for a comparison with tf_injector run

A list has the columns Injection,Layer,TensorIndex,Bit,Tensor,Model,Value,Part; with outputs Image and Call too, and every second part is
one of an output. Per golden model: NAME.extended.csv and .npz, NAME.outputs.csv and .npz; the arrays are
    faulty (F, N, C)           per fault, the images of NAME.golden.npz in one batch; of a fault of one image, golden on the others
    faulty_alone (F, N, C)     N batches of one
With --storage bfloat16, float16 or int8 every variable is quantised and dequantised before, and a fault changes the stored code; the
file has the scores of that network without a fault in the place of faulty_alone:
    clean (N, C)
tests/golden/oracle.json says which TensorFlow on which CPU computed them. tests/campaign/golden_models_test.cpp compares.
"""
import argparse
import contextlib
import csv
import itertools
import json
import os
import pathlib
import sys

import numpy as np

import oracle
from oracle import tf

HEADER = ("Injection", "Layer", "TensorIndex", "Bit", "Tensor", "Model", "Value", "Part", "Image", "Call")
WITHOUT_OUTPUTS = 8  # columns
TENSORS = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "depthwise_kernel", "pointwise_kernel")
L = tf.keras.layers
KINDS = (L.Conv2D, L.Dense, L.DepthwiseConv2D, L.SeparableConv2D, L.BatchNormalization, L.LayerNormalization)
VALUES = ("nan", "inf", "-inf", "0.0", "-0.0", "1.0", "-1.0", "-0.001", "1e-45", "-1e-40", "3e+38", "1e-30", "0x7fc00001", "0x00000001")
GOLDEN = ("option_a", "projection", "odd_channels", "mobile", "normalised", "shared_layers", "inception", "dense_blocks")


def variables_of(model):
    """(layer name or path, tensor) -> variable, of all that faults can hit."""
    paths = {}
    for path, layer in oracle.leaves(model):
        if isinstance(layer, KINDS):
            paths[path] = layer
    names = [layer.name for layer in paths.values()]
    found = {}
    for path, layer in paths.items():
        name = layer.name if names.count(layer.name) == 1 else path
        for variable in layer.weights:
            tensor = variable.name.split("/")[-1].split(":")[0]
            if tensor in TENSORS:
                found[name, tensor] = variable
    return found


# Layers that hand on what they are given have no output of their own.
PASSING = (L.InputLayer, L.Dropout, L.SpatialDropout2D, L.GaussianNoise, L.ActivityRegularization)


class Output:
    """The outputs of a layer's calls. `order`: of the calls that an inference makes, one after the other, their numbers."""

    def __init__(self, layer, shape, order):
        self.layer, self.shape, self.order = layer, shape, order


def outputs_of(model):
    """Layer name or path -> Output. Calls have numbers where the layer is called in one model, which is called once."""
    paths = dict(oracle.leaves(model))
    names = [layer.name for layer in paths.values()]
    found = {}
    for path, layer in paths.items():
        if isinstance(layer, PASSING) or "identity" in layer.name:
            continue
        if any(getattr(node.outputs, "dtype", None) != "float32" for node in layer._inbound_nodes):  # shapes, several outputs
            continue
        shapes = {tuple(node.output_shapes[1:]) for node in layer._inbound_nodes if isinstance(node.output_shapes, tuple)}
        if len(shapes) != 1 or not all(isinstance(size, int) for size in next(iter(shapes))):
            continue
        order = None
        if "/" not in path:
            run = [node for depth in sorted(model._nodes_by_depth, reverse=True) for node in model._nodes_by_depth[depth]]
            mine = [node for node in layer._inbound_nodes if any(node is other for other in run)]
            order = [next(i for i, node in enumerate(mine) if node is other) for other in run if other.layer is layer]
        found[layer.name if names.count(layer.name) == 1 else path] = Output(layer, next(iter(shapes)), order)
    return found


class Float32:
    """Variables as they are."""
    name, width, words = "float32", 32, np.uint32
    values = VALUES

    def __init__(self, values):
        pass

    def codes(self, values):
        return np.ascontiguousarray(values, dtype=np.float32).view(np.uint32).copy()

    def numbers(self, codes):
        return codes.view(np.float32)

    def code_of(self, value, index):
        return int(self.codes(np.full(1, value, np.float32))[0])


class Bfloat16(Float32):
    name, width, words = "bfloat16", 16, np.uint16
    values = ("nan", "inf", "-inf", "0.0", "-0.0", "1.0", "-0.001", "1e-40", "3e+38", "0.1", "0x7fc0", "0xff81", "0x0001")

    def codes(self, values):
        return tf.cast(values, tf.bfloat16).numpy().view(np.uint16)

    def numbers(self, codes):
        return (codes.astype(np.uint32) << 16).view(np.float32)


class Float16(Float32):
    name, width, words = "float16", 16, np.uint16
    values = ("nan", "inf", "-inf", "0.0", "-0.0", "1.0", "-0.001", "1e-07", "70000.0", "0.1", "0x7e00", "0xfc01", "0x0001")

    def codes(self, values):
        with np.errstate(over="ignore"):
            return values.astype(np.float16).view(np.uint16)

    def numbers(self, codes):
        return codes.view(np.float16).astype(np.float32)


class Int8(Float32):
    """Symmetric, a scale for each output channel."""
    name, width, words = "int8", 8, np.uint8
    values = ("inf", "-inf", "0.0", "-0.0", "1.0", "-0.001", "0.1", "-0.02", "3e+38", "0x80", "0x7f", "0x01", "0xff")

    def __init__(self, values, axes):
        largest = np.abs(values).max(axis=tuple(range(values.ndim - axes)), keepdims=True)
        self.scale = (largest / np.float32(127)).astype(np.float32)
        self.scale[self.scale == 0] = 1

    def codes(self, values):
        return np.clip(np.rint(values / self.scale), -127, 127).astype(np.int8).view(np.uint8)

    def numbers(self, codes):
        return codes.view(np.int8).astype(np.float32) * self.scale

    def code_of(self, value, index):
        return int(self.codes(np.full(self.scale.shape, value, np.float32) * np.ones_like(self.scale))[self.channel(index)])

    def channel(self, index):
        return tuple(0 if size == 1 else place for size, place in zip(self.scale.shape, index))


ACTIVATION = Float32(None)
STORAGES = {"float32": Float32, "bfloat16": Bfloat16, "float16": Float16, "int8": Int8}


def store(variables, storage):
    """key -> how it is stored. Sets every variable to what it is then."""
    formats = {}
    for (layer, tensor), variable in variables.items():
        values = variable.numpy()
        if storage == "int8" and "kernel" in tensor:
            stored = Int8(values, 2 if tensor == "depthwise_kernel" else 1)
        else:
            stored = Float32(values) if storage == "int8" else STORAGES[storage](values)
        if stored.name != "float32":
            variable.assign(stored.numbers(stored.codes(values)))
        formats[layer, tensor] = stored
    return formats


def value_bits(text, stored=Float32(None), index=()):
    return int(text, 16) if text.startswith("0x") else stored.code_of(np.float32(float(text)), index)


def changed(bits, model, which, value, stored, index):
    """The code that a part makes of this one."""
    mask = sum(1 << bit for bit in which)
    return {"flip": bits ^ mask, "stuck0": bits & ~mask & (1 << stored.width) - 1, "stuck1": bits | mask,
            "set": value_bits(value, stored, index) if model == "set" else 0}[model]


def random_change(rng, stored):
    """bits, model, value"""
    model = str(rng.choice(["flip", "flip", "stuck0", "stuck1", "set"]))
    bits = [] if model == "set" else [int(b) for b in rng.choice(stored.width, size=rng.integers(1, 4), replace=False)]
    return bits, model, str(rng.choice(stored.values)) if model == "set" else ""


def random_output_faults(variables, outputs, count, rng, formats):
    """Each a list of parts; the first is one of an output, of every layer in turn. Half of the others are parts of variables."""
    faults = []
    for number in range(count):
        parts, seen = [], set()
        for part in range(int(rng.choice([1, 1, 1, 2, 4]))):
            if part > 0 and rng.random() < 0.5:
                key = list(variables)[rng.integers(len(variables))]
                shape, call = tuple(variables[key].shape), None
            else:
                name = list(outputs)[(number if part == 0 else rng.integers(len(outputs))) % len(outputs)]
                key, shape, order = (name, "output"), outputs[name].shape, outputs[name].order
                call = int(rng.integers(len(order))) if order is not None and rng.random() < 0.5 else None
            index = tuple(int(rng.integers(size)) for size in shape)
            if (key, index) not in seen:
                seen.add((key, index))
                parts.append((*key, index, *random_change(rng, formats.get(key, ACTIVATION)), call))
        faults.append(parts)
    return faults


def random_faults(variables, count, rng, formats):
    """Each fault a list of parts (layer, tensor, index, bits, model, value, call)."""
    keys = list(variables)
    faults = []
    for number in range(count):
        parts, seen = [], set()
        wanted = int(rng.choice([1, 1, 1, 2, 3, 8]))
        key = keys[number % len(keys)]
        while len(parts) < wanted:
            if rng.random() < 0.5 and parts:
                key = keys[rng.integers(len(keys))]
            shape = tuple(variables[key].shape)
            index = tuple(int(rng.integers(size)) for size in shape)
            if parts and rng.random() < 0.5 and parts[-1][:2] == key:  # the same output channel
                index = (*index[:-1], parts[-1][2][-1])
            if (key, index) in seen:
                wanted -= 1
                continue
            seen.add((key, index))
            parts.append((*key, index, *random_change(rng, formats[key]), None))
        faults.append(parts)
    return faults


@contextlib.contextmanager
def masked(output, parts):
    """The output with its parts (index, bits, model, value, call) of a fault in it. A NaN is taken as 0xffc00000."""
    clean, calls = output.layer.call, itertools.count()

    def call(*arguments, **more):
        now = np.array(clean(*arguments, **more))
        words = now.view(np.uint32)
        turn = next(calls)
        number = output.order[turn % len(output.order)] if output.order is not None else None
        for index, bits, model, value, which in parts:
            for image in range(len(now)):
                if which is not None and which != number:
                    continue
                word = 0xFFC00000 if np.isnan(now[(image, *index)]) else int(words[(image, *index)])
                words[(image, *index)] = np.uint32(changed(word, model, bits, value, ACTIVATION, index))
        return tf.constant(now)

    output.layer.call = call
    try:
        yield
    finally:
        output.layer.call = clean


@contextlib.contextmanager
def faulted(variables, parts, formats, outputs=None):
    clean = {}
    of_outputs = {}
    for layer, tensor, index, bits, model, value, call in parts:
        if tensor == "output":
            of_outputs.setdefault(layer, []).append((index, bits, model, value, call))
            continue
        variable = variables[layer, tensor]
        now = variable.numpy()
        clean.setdefault((layer, tensor), now)
        stored = formats[layer, tensor]
        words = stored.codes(now)
        words[index] = stored.words(changed(int(words[index]), model, bits, value, stored, index))
        now = now.copy()
        now[index] = stored.numbers(words)[index]
        variable.assign(now)
    try:
        with contextlib.ExitStack() as stack:
            for layer, of_layer in of_outputs.items():
                stack.enter_context(masked(outputs[layer], of_layer))
            yield
    finally:
        for key, value in clean.items():
            variables[key].assign(value)


def random_images(faults, images, rng):
    """Of each fault the only image that has it, or None."""
    return [int(rng.integers(images)) if rng.random() < 0.4 else None for _ in faults]


def only_on(image, faulty, clean):
    """Of a fault of one image: golden scores elsewhere."""
    if image is None:
        return faulty
    scores = clean.copy()
    scores[image] = faulty[image]
    return scores


def write_list(path, faults, images=None):
    columns = WITHOUT_OUTPUTS if images is None else len(HEADER)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER[:columns])
        for injection, parts in enumerate(faults):
            for number, (layer, tensor, index, bits, model, value, call) in enumerate(parts):
                image = "" if images is None or number > 0 else "all" if images[injection] is None else images[injection]
                row = (injection, layer, index, " ".join(map(str, bits)), tensor, model, value, number, image, "" if call is None else call)
                writer.writerow(row[:columns])


def printed_value(text, stored, index):
    """As reports print it: the number that is stored, or its bits, where that number is not stored as these."""
    code = value_bits(text, stored, index)
    words = np.full(stored.scale.shape if stored.name == "int8" else (1,), code, stored.words)
    with np.errstate(over="ignore"):
        number = stored.numbers(words)[stored.channel(index) if stored.name == "int8" else 0]
    usual_nan = np.isnan(number) and number.view(np.uint32) == 0x7FC00000 and value_bits("nan", stored, index) == code
    if not usual_nan and (np.isnan(number) or stored.code_of(number, index) != code):
        return f"0x{code:0{stored.width // 4}x}"
    text = "nan" if usual_nan else str(number)
    return text if "." in text or "e" in text or "n" in text else text + ".0"


def columns(injection, parts, formats):
    return (injection, " + ".join(part[0] for part in parts), " + ".join(str(part[2]) for part in parts),
            " + ".join(printed_value(part[5], formats.get(part[:2], ACTIVATION), part[2]) if part[4] == "set" else " ".join(map(str, part[3])) for part in parts))


def make_golden(folder, name, seed, count, storage, kinds):
    tf.keras.backend.clear_session()
    model = oracle.load_model(folder / f"{name}.keras")
    with np.load(folder / f"{name}.golden.npz") as golden:
        inputs, clean = golden["inputs"], golden["clean"]
    if oracle.infer(model, inputs).tobytes() != clean.tobytes():
        print(f"{name}: left out: this machine's TensorFlow gives other clean scores than those that are recorded", flush=True)
        return False
    variables, outputs = variables_of(model), outputs_of(model)
    formats = store(variables, storage)
    clean, clean_alone = oracle.infer(model, inputs), oracle.infer(model, inputs, 1)
    for kind in kinds:
        rng = np.random.default_rng(seed)
        if kind == "outputs":
            faults = random_output_faults(variables, outputs, max(count, len(outputs)), rng, formats)
            images = random_images(faults, len(inputs), rng)
            write_list(folder / f"{name}.outputs.csv", faults, images)
        else:
            faults = random_faults(variables, count, rng, formats)
            images = [None] * len(faults)
            write_list(folder / f"{name}.{kind}.csv", faults)
        faulty, alone = [], []
        for parts, image in zip(faults, images):
            with faulted(variables, parts, formats, outputs):
                faulty.append(only_on(image, oracle.infer(model, inputs), clean))
                if storage == "float32":
                    alone.append(only_on(image, oracle.infer(model, inputs, 1), clean_alone))
        other = {"faulty_alone": np.array(alone)} if storage == "float32" else {"clean": clean}
        np.savez_compressed(folder / f"{name}.{kind}.npz", faulty=np.array(faulty), **other)
        golden_rows = sum((scores == clean).all() for scores in faulty)
        print(f"{name}, {kind}: {len(faults)} faults of {len(variables)} tensors and {len(outputs)} outputs, {golden_rows} masked, "
              f"{np.isnan(faulty).sum()} NaN and {np.isinf(faulty).sum()} Inf in {np.size(faulty)} scores", flush=True)
    return True


def run_campaign(arguments):
    model = oracle.load_model(arguments.model)
    images, labels = oracle.load_images(arguments.data, arguments.dataset)
    images, labels = oracle.as_fed(model, images[:arguments.images]), labels[:arguments.images]
    variables, outputs = variables_of(model), outputs_of(model)
    formats = store(variables, arguments.storage)
    rng = np.random.default_rng(arguments.seed)
    if arguments.outputs:
        faults = random_output_faults(variables, outputs, arguments.count, rng, formats)
        only = random_images(faults, len(images), rng)
        write_list(arguments.list, faults, only)
    else:
        faults = random_faults(variables, arguments.count, rng, formats)
        only = [None] * len(faults)
        write_list(arguments.list, faults)
    golden = oracle.infer(model, images)
    if arguments.scores:
        arguments.scores.mkdir(parents=True, exist_ok=True)
        np.save(arguments.scores / "clean.npy", golden)
    with open(arguments.report or os.devnull, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(oracle.REPORT_HEADER)
        writer.writerow(oracle.golden_row(golden, labels))
        for injection, parts in enumerate(faults):
            image = only[injection]
            with faulted(variables, parts, formats, outputs):
                scores = only_on(image, oracle.infer(model, images), golden)
            if arguments.scores:
                np.save(arguments.scores / f"inj_{injection}.npy", scores)
            rows = slice(None) if image is None else slice(image, image + 1)
            writer.writerow(oracle.fault_row(columns(injection, parts, formats), golden[rows], scores[rows], labels[rows]))
    print(json.dumps(oracle.machine()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[1] / "tests" / "golden")
    parser.add_argument("--model", type=pathlib.Path, help="a campaign on this model instead")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--dataset", help="CIFAR10, ...")
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--count", type=int, default=48, help="faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--storage", choices=tuple(STORAGES), default="float32", help="the format in which variables are stored")
    parser.add_argument("--outputs", action="store_true", help="faults of outputs too")
    parser.add_argument("--kind", choices=("extended", "outputs"), help="only these golden files")
    parser.add_argument("--list", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--scores", type=pathlib.Path)
    parser.add_argument("names", nargs="*", help="only these golden models")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(2)  # the sums of groups depend on it
    if arguments.model:
        return run_campaign(arguments)
    record = arguments.folder / "oracle.json"
    oracles = json.loads(record.read_text(encoding="utf-8"))
    for seed, name in enumerate(GOLDEN):
        if arguments.names and name not in arguments.names:
            continue
        kinds = [arguments.storage] if arguments.storage != "float32" else [arguments.kind] if arguments.kind else ["extended", "outputs"]
        if make_golden(arguments.folder, name, arguments.seed + seed, arguments.count, arguments.storage, kinds):
            oracles.update({f"{name}.{kind}": oracle.machine() for kind in kinds})
    record.write_text(json.dumps(oracles, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
