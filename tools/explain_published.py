#!/usr/bin/env python3
"""Why published results differ from ours: single faults, with TF32 and without, ties decided as NumPy does and as PyTorch (docs/results.md).

    python tools/explain_published.py --model ResNet20.keras --data cifar-10-batches-py --list list.csv --published results.csv 6004 4384

The published campaigns ran with PyTorch on a GPU. TF32 rounds what a convolution multiplies, inputs and weights, to 10 bits of
mantissa (half away from zero), and adds up in float32. cuDNN decides layer by layer; here convolutions with --channels output
channels and more do it, all others are float32. Where several scores are Inf or NaN, which of them is the decision is a matter of the
library: NumPy's argpartition (the Python tool and we), or the first of the largest, NaN before Inf (PyTorch). For each Injection that
is named: images that are masked, images that are critical, and images with a score of Inf or NaN.
"""
import argparse
import csv

import oracle
import numpy as np

tf = oracle.tf
DISCARDED = 13  # bits of a float32's mantissa that TF32 has not


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--dataset", default="CIFAR10", choices=oracle.STATISTICS)
    parser.add_argument("--data", required=True, help="a folder of CIFAR pickles or an .npz")
    parser.add_argument("--list", required=True, help="the published fault list")
    parser.add_argument("--published", required=True, help="its results: Injection, masked, critical")
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--limit", type=int, help="images")
    parser.add_argument("injections", type=int, nargs="+")
    return parser.parse_args()


def rounded(values):
    half, kept = 1 << (DISCARDED - 1), -(1 << DISCARDED)
    bits = tf.bitwise.bitwise_and(tf.bitcast(values, tf.int32) + half, tf.constant(kept, tf.int32))
    return tf.where(tf.math.is_finite(values), tf.bitcast(bits, tf.float32), values)


def use_tf32(least_channels):
    """From here on, for every convolution with so many output channels that is called."""
    exact = tf.keras.layers.Conv2D.convolution_op

    def convolution(layer, inputs, kernel):
        return exact(layer, rounded(inputs), rounded(kernel)) if kernel.shape[-1] >= least_channels else exact(layer, inputs, kernel)

    tf.keras.layers.Conv2D.convolution_op = convolution


def counts(model, images, faults):
    """[(masked, critical by argpartition, critical by the first of the largest, not finite)], images each."""
    layers, found = oracle.injectable_layers(model), []
    run = tf.function(lambda batch: model(batch, training=False))

    def scores():
        return np.concatenate([run(images[i:i + 512]).numpy() for i in range(0, len(images), 512)])

    golden = scores()
    decided = golden.argmax(axis=1)
    for layer, index, bit in faults:
        with oracle.faulted(layers[layer], index, bit):
            faulty = scores()
        found.append(((faulty == golden).all(axis=1).sum(), len(images) - oracle.hits(faulty, decided[:, None], 1),
                      (faulty.argmax(axis=1) != decided).sum(), (~np.isfinite(faulty)).any(axis=1).sum()))
    return found


def main():
    arguments = parse_arguments()
    images, _ = oracle.load_images(arguments.data, arguments.dataset)
    images = images[:arguments.limit]
    listed = {fault[0]: fault[1:] for fault in oracle.read_faults(arguments.list)}
    with open(arguments.published, newline="") as file:
        published = {int(row["Injection"]): row for row in csv.DictReader(file)}
    faults = [listed[injection] for injection in arguments.injections]
    exact = counts(oracle.load_model(arguments.model), images, faults)
    use_tf32(arguments.channels)
    tf32 = counts(oracle.load_model(arguments.model), images, faults)
    print("                        masked                    critical                                   Inf or NaN\n"
          " fault layer      bit  float32   TF32 published  float32: report, first   TF32: first published  float32")
    for injection, (layer, _, bit), plain, rounds in zip(arguments.injections, faults, exact, tf32):
        row = published[injection]
        print(f"{injection:>6} {layer:10} {bit:>3} {plain[0]:>8,} {rounds[0]:>6,} {int(row['masked']):>9,} {plain[1]:>16,} {plain[2]:>6,}"
              f" {rounds[2]:>13,} {int(row['critical']):>9,} {plain[3]:>8,}")


if __name__ == "__main__":
    main()
