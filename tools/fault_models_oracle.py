#!/usr/bin/env python3
"""Faults of all models the slow way, in TensorFlow 2.14: the variables are set, and the network is called.

    .venv-tools/bin/python tools/fault_models_oracle.py                        # tests/golden: NAME.extended.csv, NAME.extended.npz
    .venv-tools/bin/python tools/fault_models_oracle.py --model M.keras --data SET --dataset CIFAR10 --images 64 --count 200 \\
        --list LIST.csv --report REPORT.csv --scores FOLDER                    # a campaign, for a comparison with tf_injector run

A list has the columns Injection,Layer,TensorIndex,Bit,Tensor,Model,Value,Part. Per golden model: NAME.extended.npz with
    faulty (F, N, C)           per fault, the images of NAME.golden.npz in one batch
    faulty_alone (F, N, C)     N batches of one
tests/golden/oracle.json says which TensorFlow on which CPU computed them. tests/campaign/golden_models_test.cpp compares.
"""
import argparse
import contextlib
import csv
import json
import os
import pathlib
import sys

import numpy as np

import oracle
from oracle import tf

HEADER = ("Injection", "Layer", "TensorIndex", "Bit", "Tensor", "Model", "Value", "Part")
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


def value_bits(text):
    return int(text, 16) if text.startswith("0x") else int(np.float32(float(text)).view(np.uint32))


def changed(bits, model, which, value):
    """The 32 bits that a part makes of these."""
    mask = sum(1 << bit for bit in which)
    return {"flip": bits ^ mask, "stuck0": bits & ~mask & 0xFFFFFFFF, "stuck1": bits | mask,
            "set": value_bits(value) if model == "set" else 0}[model]


def random_faults(variables, count, rng):
    """Each fault a list of parts (layer, tensor, index, bits, model, value)."""
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
            model = str(rng.choice(["flip", "flip", "stuck0", "stuck1", "set"]))
            bits = [] if model == "set" else [int(b) for b in rng.choice(32, size=rng.integers(1, 4), replace=False)]
            parts.append((*key, index, bits, model, str(rng.choice(VALUES)) if model == "set" else ""))
        faults.append(parts)
    return faults


@contextlib.contextmanager
def faulted(variables, parts):
    clean = {}
    for layer, tensor, index, bits, model, value in parts:
        variable = variables[layer, tensor]
        now = variable.numpy()
        clean.setdefault((layer, tensor), now)
        now = now.copy()
        words = now.view(np.uint32)
        words[index] = np.uint32(changed(int(words[index]), model, bits, value))
        variable.assign(now)
    try:
        yield
    finally:
        for key, value in clean.items():
            variables[key].assign(value)


def write_list(path, faults):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for injection, parts in enumerate(faults):
            for number, (layer, tensor, index, bits, model, value) in enumerate(parts):
                writer.writerow((injection, layer, index, " ".join(map(str, bits)), tensor, model, value, number))


def printed_value(text):
    """As reports print it."""
    bits = value_bits(text)
    value = np.array(bits, np.uint32).view(np.float32)
    if np.isnan(value):
        return "nan" if bits == 0x7FC00000 else f"0x{bits:08x}"
    return {"1e-45": "1e-45"}.get(text, repr(float(text)) if not text.startswith("0x") else "1e-45")


def columns(injection, parts):
    return (injection, " + ".join(part[0] for part in parts), " + ".join(str(part[2]) for part in parts),
            " + ".join(printed_value(part[5]) if part[4] == "set" else " ".join(map(str, part[3])) for part in parts))


def make_golden(folder, name, seed, count):
    tf.keras.backend.clear_session()
    model = oracle.load_model(folder / f"{name}.keras")
    with np.load(folder / f"{name}.golden.npz") as golden:
        inputs, clean = golden["inputs"], golden["clean"]
    if oracle.infer(model, inputs).tobytes() != clean.tobytes():
        print(f"{name}: left out: this machine's TensorFlow gives other clean scores than those that are recorded", flush=True)
        return False
    variables = variables_of(model)
    faults = random_faults(variables, count, np.random.default_rng(seed))
    write_list(folder / f"{name}.extended.csv", faults)
    faulty, alone = [], []
    for parts in faults:
        with faulted(variables, parts):
            faulty.append(oracle.infer(model, inputs))
            alone.append(oracle.infer(model, inputs, 1))
    np.savez_compressed(folder / f"{name}.extended.npz", faulty=np.array(faulty), faulty_alone=np.array(alone))
    masked = sum((scores == clean).all() for scores in faulty)
    print(f"{name}: {len(faults)} faults of {len(variables)} tensors, {masked} masked, {np.isnan(faulty).sum()} NaN and "
          f"{np.isinf(faulty).sum()} Inf in {np.size(faulty)} scores", flush=True)
    return True


def run_campaign(arguments):
    model = oracle.load_model(arguments.model)
    images, labels = oracle.load_images(arguments.data, arguments.dataset)
    images, labels = oracle.as_fed(model, images[:arguments.images]), labels[:arguments.images]
    variables = variables_of(model)
    faults = random_faults(variables, arguments.count, np.random.default_rng(arguments.seed))
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
            with faulted(variables, parts):
                scores = oracle.infer(model, images)
            if arguments.scores:
                np.save(arguments.scores / f"inj_{injection}.npy", scores)
            writer.writerow(oracle.fault_row(columns(injection, parts), golden, scores, labels))
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
        if make_golden(arguments.folder, name, arguments.seed + seed, arguments.count):
            oracles[f"{name}.extended"] = oracle.machine()
    record.write_text(json.dumps(oracles, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
