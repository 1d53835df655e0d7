#!/usr/bin/env python3
"""Follows single faults through a network, step by step, with TensorFlow: the numbers of ARCHITECTURE.md, "The life of a fault".

    python tools/worked_example.py --data datasets/CIFAR10/cifar-10-batches-py
    python tools/worked_example.py --data ... --model net.keras --fault "conv2d_2,(1, 1, 5, 9),12" --images 0 7

Prints, for every fault, the weight with its old and new bits, on how many of the first images (--limit) the scores stay the same in
every bit (masked), and which step is the last whose output differs. Then, image by image, how many elements differ from the golden
run in some bit: of a layer's own sums, and behind BatchNormalization, Add and ReLU, which our plan takes into the same step. Without
--images these are the image where it ends soonest, and the first whose scores change. The default model is the one in models/; the
documents use the weights of the published campaigns. --json FILE keeps which positions differ, for tools/draw_architecture.py.
"""
import argparse
import ast
import json
import pathlib

import oracle
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
FAULTS = ("conv2d_8,(2, 0, 30, 3),3", "conv2d_3,(2, 2, 5, 9),11")
NO_SUM, NO_OUTPUT = -2, -1  # nothing differs at all; only sums of the layer that is hit
COPIES = ("pad", "getitem", "input", "flatten", "identity", "reshape", "transpose")  # in names of layers that only move values
LAYERS = oracle.tf.keras.layers
BEGINS = (LAYERS.Conv2D, LAYERS.Dense, LAYERS.GlobalAveragePooling2D, LAYERS.AveragePooling2D)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=ROOT / "models/CIFAR10/ResNet20.keras")
    parser.add_argument("--dataset", default="CIFAR10", choices=oracle.STATISTICS)
    parser.add_argument("--data", required=True, help="a folder of CIFAR pickles or an .npz")
    parser.add_argument("--fault", action="append", metavar='"LAYER,(INDEX),BIT"', help="may be given several times")
    parser.add_argument("--images", type=int, nargs="*", help="which images to follow")
    parser.add_argument("--limit", type=int, default=512, help="images that are counted")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--json", metavar="FILE", help="the positions that differ, of all images that are followed")
    return parser.parse_args()


def parse_fault(text):
    layer, rest = text.split(",", 1)
    index, bit = rest.rsplit(",", 1)
    return layer.strip(), ast.literal_eval(index.strip()), int(bit)


class Watcher:
    """Runs a model and keeps what every layer gives, in nested models too."""

    def __init__(self, model):
        self.model, self.seen, self.inputs = model, [], {}
        for _, layer in oracle.leaves(model):
            if not any(word in layer.name for word in COPIES):
                layer.call = self.watched(layer, layer.call)

    def watched(self, layer, call):
        def run(*arguments, **options):
            output = call(*arguments, **options)
            self.seen.append((layer, np.asarray(output)))
            self.inputs[layer.name] = np.asarray(arguments[0])
            return output
        return run

    def run(self, images):
        """[(name, sums, output)]: a step begins with a layer of weights or a pooling, what follows belongs to it."""
        self.seen = []
        self.model(images, training=False)
        steps = []
        for layer, output in self.seen:
            if isinstance(layer, BEGINS) or not steps:
                steps.append([layer.name, output, output])
            else:
                steps[-1][2] = output
        return steps


def differing(golden, faulted):
    """Which values differ in some bit; every NaN is the same."""
    return (golden.view(np.uint32) != faulted.view(np.uint32)) & ~(np.isnan(golden) & np.isnan(faulted))


def binary(value):
    text = f"{np.float32(value).view(np.uint32):032b}"
    return f"{text[0]} {text[1:9]} {text[9:]}"


def describe(layer, index, bit):
    old = layer.get_weights()[0][index]
    with oracle.faulted(layer, index, bit):
        new = layer.get_weights()[0][index]
    print(f"\n## {layer.name} {index} bit {bit}\n")
    for name, value in (("old", old), ("new", new)):
        print(f"{name}  0x{np.float32(value).view(np.uint32):08x}  {binary(value)}  {float(value):.9g}")
    print(f"change {float(new) - float(old):.3g}; multiplied with input channel {index[-2]}, changes output channel {index[-1]}")


def last_changed(golden, faulted, image):
    """Index of the last step whose output differs, or NO_OUTPUT, or NO_SUM."""
    changed = [i for i, ((_, _, a), (_, _, b)) in enumerate(zip(golden, faulted)) if differing(a[image], b[image]).any()]
    if changed:
        return changed[-1]
    return NO_OUTPUT if any(differing(a[image], b[image]).any() for (_, a, _), (_, b, _) in zip(golden, faulted)) else NO_SUM


def meets(layer, inputs, index):
    """At how many output positions the faulted weight meets an input that is not zero. Of convolutions without padding of their own."""
    if inputs.ndim != 3 or layer.padding != "valid":
        return None
    height, width = (inputs.shape[i] - layer.kernel_size[i] for i in (0, 1))
    rows, columns = (slice(index[i], index[i] + size + 1, layer.strides[i]) for i, size in ((0, height), (1, width)))
    met = inputs[rows, columns, index[2]]
    return f"{np.count_nonzero(met)} of {met.size}"


def first_elements(golden, faulted, image):
    """The elements of the first output that differs, where they are few."""
    for (name, _, a), (_, _, b) in zip(golden, faulted):
        where = np.argwhere(differing(a[image], b[image]))
        if 0 < len(where) <= 3:
            for at in where:
                old, new = (float(values[image][tuple(at)]) for values in (a, b))
                print(f"`{name}` {tuple(int(i) for i in at)}: {old:.9g} -> {new:.9g}")
        if len(where):
            return


def maps(golden, faulted, image):
    """Per step: its name, how many sums and outputs differ, of how many, and the positions as rows of 0 and 1."""
    steps = []
    for (name, sums, output), (_, other_sums, other) in zip(golden, faulted):
        differs = differing(output[image], other[image])
        at = differs.any(axis=-1)
        rows = at.reshape(-1, at.shape[-1]) if at.ndim > 1 else at.reshape(1, -1)
        steps.append({"name": name, "sums": int(differing(sums[image], other_sums[image]).sum()), "outputs": int(differs.sum()),
                      "of": int(differs.size), "rows": ["".join(str(int(v)) for v in row) for row in rows]})
    return steps


def follow(golden, faulted, image, number):
    print(f"\n### image {number}\n\n| step | sums that differ | outputs that differ | positions | channels | largest difference |"
          "\n|---|---|---|---|---|---|")
    for (name, sums, output), (_, other_sums, other) in zip(golden, faulted):
        in_sums, differs = differing(sums[image], other_sums[image]), differing(output[image], other[image])
        if not in_sums.any() and not differs.any():
            continue
        at = differs.reshape(-1, differs.shape[-1])
        with np.errstate(invalid="ignore"):
            largest = np.abs(output[image] - other[image]).max()
        print(f"| `{name}` | {in_sums.sum():,} | {differs.sum():,} of {differs.size:,} | {at.any(axis=1).sum()} of {at.shape[0]} | "
              f"{at.any(axis=0).sum()} of {at.shape[1]} | {largest:.2g} |")


def run_fault(watcher, layer, fault, images, arguments):
    """Prints all about one fault; returns what --json keeps."""
    _, index, bit = fault
    kept = []
    describe(layer, index, bit)

    def both(first):
        some = images[first:first + arguments.batch]
        golden = watcher.run(some)
        with oracle.faulted(layer, index, bit):
            return golden, watcher.run(some)

    last = []
    for first in range(0, len(images), arguments.batch):
        golden, faulted = both(first)
        last += [last_changed(golden, faulted, i) for i in range(len(golden[0][2]))]
    names = [name for name, _, _ in golden]
    end = len(names) - 1
    print(f"masked on {sum(i < end for i in last)} of {len(images)} images; the last step whose output differs, on how many images:")
    for step in sorted(set(last)):
        text = {NO_SUM: "none, nor a sum", NO_OUTPUT: "none, but sums do"}.get(step, names[step])
        print(f"  {text}: {last.count(step)}")
    chosen = arguments.images
    if chosen is None:
        ends = [i for i in last if NO_SUM < i < end]
        chosen = [last.index(min(ends))] if ends else []
        chosen += [last.index(end)] if end in last else []
    for image in chosen:
        first = image // arguments.batch * arguments.batch
        golden, faulted = both(first)
        met = meets(layer, watcher.inputs[layer.name][image - first], index)
        follow(golden, faulted, image - first, image)
        kept.append({"layer": layer.name, "index": index, "bit": bit, "image": image, "steps": maps(golden, faulted, image - first)})
        if met:
            print(f"\nthe weight meets an input that is not zero at {met} positions")
        first_elements(golden, faulted, image - first)
        scores, others = golden[-1][2][image - first], faulted[-1][2][image - first]
        best = int(np.argmax(scores))
        print(f"decision {best}, with the fault {int(np.argmax(others))}; score {best}: "
              f"{float(scores[best]):.9g} -> {float(others[best]):.9g}")
    return kept


def main():
    arguments = parse_arguments()
    model = oracle.load_model(arguments.model)
    images, _ = oracle.load_images(arguments.data, arguments.dataset)
    images = oracle.as_fed(model, images[:arguments.limit])
    layers, watcher = oracle.injectable_layers(model), Watcher(model)
    kept = []
    for text in arguments.fault or FAULTS:
        fault = parse_fault(text)
        kept += run_fault(watcher, layers[fault[0]], fault, images, arguments)
    if arguments.json:
        pathlib.Path(arguments.json).write_text("[\n" + ",\n".join(json.dumps(one) for one in kept) + "\n]\n", encoding="ascii")


if __name__ == "__main__":
    main()
