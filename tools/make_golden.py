#!/usr/bin/env python3
"""Makes tests/golden: small Keras models and TensorFlow's own scores of them, clean and faulted.

    .venv-tools/bin/python  tools/make_golden.py           # TensorFlow 2.14: the models of Keras 2
    .venv-keras3/bin/python tools/make_golden.py           # TensorFlow 2.21: the models of Keras 3 (k3_*)

Per model: NAME.keras (or .h5); NAME.faults.csv, a fault list over every Conv2D and Dense layer, Inf and NaN among the results; NAME.golden.npz:
    inputs (N, ...)            float32, as fed
    clean (N, 10)              scores of one batch of N           clean_alone (N, 10)        of N batches of one
    faulty (F, N, 10)          per fault, one batch of N          faulty_alone (F, N, 10)    N batches of one
tests/golden/oracle.json says which TensorFlow on which CPU computed them. tests/campaign/golden_models_test.cpp compares.
"""
import argparse
import json
import pathlib
import sys
import zipfile

import numpy as np

import oracle
from oracle import KERAS_3, tf

L = tf.keras.layers
IMAGES, CLASSES, FAULTS = 4, 10, 20


# ---- the models ------------------------------------------------------------------------------------------------------------

def conv_bn(x, filters, size=3, strides=1, relu=True):
    x = L.Conv2D(filters, size, strides, "same", use_bias=False)(x)
    x = L.BatchNormalization()(x)
    return L.ReLU()(x) if relu else x


def option_a():
    """As in the ResNets for CIFAR: strided blocks whose shortcut is a slice with padded channels."""
    inputs = tf.keras.Input((12, 12, 3))
    x = conv_bn(inputs, 8)
    for filters in (8, 16, 32):
        strides = 1 if filters == 8 else 2
        y = conv_bn(conv_bn(x, filters, strides=strides), filters, relu=False)
        if strides == 2:
            more = filters // 4
            x = tf.pad(x[:, ::2, ::2, :], [[0, 0], [0, 0], [0, 0], [more, more]])
        x = L.Activation("relu")(L.Add()([y, x]))
    return tf.keras.Model(inputs, L.Dense(CLASSES)(L.GlobalAveragePooling2D()(x)))


def converted_nchw():
    """As a converter from PyTorch writes it: channels first outside, explicit padding, a nested model per block."""
    v1 = tf.compat.v1

    def padded_conv(x, filters, strides=1):
        return L.Conv2D(filters, 3, strides, "valid", use_bias=False)(L.ZeroPadding2D(1)(x))

    def block(shape, filters, strides):
        inputs = tf.keras.Input(shape)
        x = tf.nn.relu(L.BatchNormalization(epsilon=1e-5)(padded_conv(inputs, filters, strides)))
        x = L.BatchNormalization(epsilon=1e-5)(padded_conv(x, filters))
        shortcut = inputs
        if strides == 2:
            more = filters - shape[2]
            shortcut = v1.pad(inputs[:, ::2, ::2, :], [[0, 0], [0, 0], [0, 0], [more // 2, more - more // 2]])
        return tf.keras.Model(inputs, tf.nn.relu(x + shortcut))

    inputs = tf.keras.Input((3, 8, 8))
    x = v1.transpose(inputs, [0, 2, 3, 1])
    x = tf.nn.relu(L.BatchNormalization(epsilon=1e-5)(padded_conv(x, 8)))
    x = block((8, 8, 8), 8, 1)(x)
    x = block((8, 8, 8), 16, 2)(x)
    x = L.AveragePooling2D(4, 4)(x)
    x = tf.reshape(v1.transpose(x, [0, 3, 1, 2]), [-1, 16])
    return tf.keras.Model(inputs, L.Dense(CLASSES)(x))


def projection():
    """1x1 projections on the shortcuts, biases, relu6, nested Sequential and Functional models, the mean of 16 positions."""
    def branch(filters, strides):
        return tf.keras.Sequential([L.Conv2D(filters, 3, strides, "same"), L.BatchNormalization(), L.ReLU(6.0),
                                    L.Conv2D(filters, 3, 1, "same"), L.BatchNormalization()])

    inputs = tf.keras.Input((16, 16, 3))
    x = L.Activation("relu")(L.Conv2D(8, 5, 2, "same")(inputs))
    inner = tf.keras.Input((8, 8, 8))
    y = L.ReLU(6.0)(L.Add()([branch(16, 2)(inner), L.Conv2D(16, 1, 2, "same")(inner)]))
    x = tf.keras.Model(inner, y, name="stage")(x)
    x = tf.nn.relu6(L.Add()([branch(16, 1)(x), L.Conv2D(16, 1)(x), x]))
    return tf.keras.Model(inputs, L.Dense(CLASSES)(tf.reduce_mean(x, axis=[1, 2])))


def dense_blocks():
    """Convolutions without padding, Flatten, and a Dense layer whose sum over 784 inputs TensorFlow cuts."""
    return tf.keras.Sequential([tf.keras.Input((12, 12, 3)), L.Conv2D(8, 4, activation="relu"), L.Conv2D(16, 3),
                                L.BatchNormalization(scale=False), L.Activation("relu"), L.Flatten(), L.Dense(9, activation="relu"),
                                L.Dense(CLASSES)])


def odd_channels():
    """Channels that are no multiple of four, dilation, rectangular kernels, average pooling at a border, no bias at the end."""
    inputs = tf.keras.Input((11, 9, 3))
    x = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(7, (3, 2), padding="same", use_bias=False)(inputs)))
    x = L.AveragePooling2D(3, 2, "same")(x)
    y = L.BatchNormalization(center=False)(L.Conv2D(7, 3, padding="same", dilation_rate=2)(x))
    x = L.ReLU()(L.Add()([x, y]))
    x = L.BatchNormalization(momentum=0.9, epsilon=1e-4)(L.Conv2D(13, (2, 3), strides=(2, 1))(x))
    return tf.keras.Model(inputs, L.Dense(CLASSES, use_bias=False)(L.GlobalAveragePooling2D()(L.ReLU()(x))))


def shared_layers():
    """A convolution that is called twice, and two nested models whose layers have the same names."""
    def part(name):
        inputs = tf.keras.Input((6, 6, 8))
        x = L.Conv2D(8, 3, padding="same", name="conv")(inputs)
        return tf.keras.Model(inputs, L.ReLU(name="relu")(x), name=name)

    inputs = tf.keras.Input((6, 6, 3))
    x = L.Conv2D(8, 3, padding="same", name="stem")(inputs)
    twice = L.Conv2D(8, 3, padding="same", use_bias=False, name="twice")
    y = twice(L.ReLU()(twice(x)))
    x = L.Add()([part("left")(x), part("right")(x), y])
    x = L.Flatten()(L.AveragePooling2D(3)(x))
    return tf.keras.Model(inputs, L.Dense(CLASSES, name="scores")(L.Dropout(0.5)(x)))


def inception():
    """Branches that are joined: max pooling over infinite padding and over the border, joins of layers and functions."""
    def branch(x, filters, size=1):
        return tf.nn.relu(L.BatchNormalization()(L.Conv2D(filters, size, padding="same", use_bias=False)(x)))

    inputs = tf.keras.Input((13, 13, 3))
    x = L.MaxPooling2D(3, 2, "same")(branch(inputs, 10, 3))
    pooled = L.MaxPooling2D(3, 1)(tf.compat.v1.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=-np.inf))
    x = tf.concat([branch(x, 5), branch(branch(x, 4), 6, 3), branch(pooled, 9)], 3)
    x = L.ReLU()(L.BatchNormalization()(L.Concatenate()([x, branch(x, 12, 3)])))
    x = L.AveragePooling2D(2)(L.Conv2D(16, 1, use_bias=False)(x))
    joined = L.Concatenate(axis=1)([tf.nn.max_pool2d(x, (2, 1), 1, "VALID"), x])
    largest = L.Concatenate()([L.GlobalMaxPooling2D()(joined), tf.reduce_max(x, [1, 2])])
    return tf.keras.Model(inputs, L.Dense(CLASSES)(largest))


def mobile():
    """Groups of one and of several channels and filters, depthwise layers, a Dense layer of a single unit."""
    def grouped(x, filters, groups, size=3, **options):
        return L.ReLU()(L.BatchNormalization()(L.Conv2D(filters, size, groups=groups, use_bias=False, **options)(x)))

    inputs = tf.keras.Input((11, 11, 3))
    x = grouped(L.Conv2D(20, 1)(inputs), 20, 20, padding="same")
    x = L.Add()([x, L.BatchNormalization()(L.Conv2D(20, 1)(grouped(L.ZeroPadding2D(1)(x), 20, 20)))])
    x = L.ReLU(6.0)(L.BatchNormalization()(L.DepthwiseConv2D(3, 2, "same", use_bias=False)(x)))
    x = L.DepthwiseConv2D((3, 2), depth_multiplier=2, activation="relu")(L.ZeroPadding2D(1)(x))
    x = L.Add()([x, grouped(x, 40, 4, 5, padding="same")])
    x = grouped(x, 10, 10, (2, 4), strides=2)
    alone = L.Flatten()(grouped(grouped(x, 10, 10, (3, 2)), 20, 5, 1))
    one = L.Dense(1)(L.Flatten()(x))
    return tf.keras.Model(inputs, L.Dense(CLASSES)(L.Concatenate()([alone, one])))


def cut_sums():
    """Convolutions whose sums TensorFlow cuts: groups, by threads and by blocks, and windows of many channels."""
    inputs = tf.keras.Input((12, 12, 3))
    x = L.Conv2D(44, 3, padding="same", activation="relu")(inputs)
    x = L.Conv2D(44, 4, padding="same", groups=2, use_bias=False)(x)
    x = L.Conv2D(44, 4, 2, padding="same", groups=2)(L.ReLU()(L.BatchNormalization()(x)))
    y = L.Conv2D(24, 4, groups=2)(L.ReLU()(L.BatchNormalization()(x)))
    y = L.Conv2D(4, (3, 2), groups=4)(L.ReLU()(L.BatchNormalization()(y)))
    x = L.Conv2D(4, 2, 2)(L.Conv2D(656, 1, activation="relu")(x))
    return tf.keras.Model(inputs, L.Dense(CLASSES)(L.Concatenate()([L.Flatten()(x), L.Flatten()(y)])))


def activations():
    """Every activation, as an option, a layer and a function; arithmetic of tensors and constants; a softmax at the end."""
    inputs = tf.keras.Input((8, 8, 3))
    x = L.Conv2D(8, 3, padding="same", activation="swish")(L.Rescaling(1 / 127.5, -1)(inputs * 50.0))
    branches = [L.Conv2D(8, 3, padding="same", activation=name)(x) for name in
                ("elu", "exponential", "gelu", "hard_sigmoid", "mish", "selu", "sigmoid", "softplus", "softsign", "tanh")]
    x = L.Average()(branches)
    x = L.Conv2D(8, 1, activation=L.LeakyReLU(0.1))(x)
    x = L.ELU(0.7)(L.BatchNormalization()(L.Conv2D(8, 3, padding="same")(x)))
    x = L.PReLU(shared_axes=[1, 2], alpha_initializer="random_normal")(L.Conv2D(8, 3, padding="same")(x))
    x = L.Maximum()([x, L.Minimum()([L.ReLU(4.0, 0.1)(x), L.ReLU(threshold=0.5)(x)])])
    gate = tf.nn.silu(L.Dense(8)(L.GlobalAveragePooling2D(keepdims=True)(x)))
    x = L.Subtract()([L.Multiply()([x, L.Activation("sigmoid")(gate)]), tf.nn.gelu(x, approximate=True)])
    x = tf.nn.relu6(x * [1.0, 2.0, 0.5, -1.0, 3.0, 1.5, 1.0, 1.0] + 3.0) * (1 / 6) - x / 3.0
    x = tf.nn.leaky_relu(1.0 - x)
    return tf.keras.Model(inputs, L.Dense(CLASSES, activation="softmax")(L.GlobalAveragePooling2D()(x)))


def normalised():
    """Layer normalisations of both kinds, batch normalisation behind Dense, layers that move pixels, a softmax over an axis."""
    inputs = tf.keras.Input((12, 10, 3))
    x = L.Normalization(mean=[0.1, -0.2, 0.3], variance=[0.9, 1.1, 1.3])(inputs)
    x = L.Conv2D(24, 3, 2, "same")(L.Cropping2D(((1, 1), (2, 0)))(x))
    x = L.LayerNormalization(epsilon=1e-6)(L.SeparableConv2D(24, 3, padding="same", depth_multiplier=2)(x))
    x = L.UpSampling2D(2, interpolation="bilinear")(L.Conv2D(12, 3, activation="gelu")(x))
    x = L.UpSampling2D((1, 2))(L.LayerNormalization()(x))
    x = L.Permute((2, 1, 3))(x)
    x = L.Softmax(axis=2)(x)
    x = L.GlobalMaxPooling2D()(L.Conv2D(20, 3)(x))
    x = L.BatchNormalization()(L.Dense(21)(x))
    x = L.Flatten()(L.RepeatVector(2)(L.Activation("tanh")(x)))
    return tf.keras.Model(inputs, L.Dense(CLASSES, activation="sigmoid")(L.LayerNormalization(epsilon=1e-6, scale=False)(x)))


def augmentation():
    """Random layers, as a nested model in front and by themselves: nothing happens at inference."""
    return tf.keras.Sequential([L.RandomFlip("horizontal"), L.RandomRotation(0.1, "nearest"), L.RandomZoom((-0.2, 0.1), 0.1),
                                L.RandomTranslation(0.1, (-0.1, 0.2)), L.RandomContrast(0.3), L.RandomBrightness((-0.2, 0.1), [-1.0, 1.0])])


def preprocessed():
    """preprocess_input behind random layers (mode caffe cannot be saved as .keras); tensors split, stacked, unstacked; log_softmax."""
    modes = tf.keras.applications
    inputs = tf.keras.Input((10, 9, 3))
    x = augmentation()(inputs)
    sized = L.GlobalAveragePooling2D()(L.Conv2D(4, 3, activation="relu")(L.RandomWidth(0.2)(L.RandomHeight(0.1)(x))))
    x = modes.densenet.preprocess_input(40.0 * x) - modes.mobilenet.preprocess_input(9.0 * x)
    left, right = tf.split(L.Conv2D(12, 3, activation="relu")(x), [5, -1], axis=-1)
    first, *_, last = tf.split(L.Conv2D(10, 3)(tf.concat([right, left], -1)), 5, axis=3)
    x = tf.nn.bias_add(tf.stack([first, last], axis=1), [0.25, -0.5])
    x = tf.concat([tf.nn.log_softmax(part, axis=2) for part in tf.unstack(x, axis=1)], -1)
    return tf.keras.Model(inputs, L.Dense(CLASSES, activation=tf.nn.log_softmax)(L.Concatenate()([sized, L.Flatten()(x)])))


def preprocessed_caffe():
    """preprocess_input in mode caffe, which Keras 2 saves as .h5 only."""
    inputs = tf.keras.Input((7, 6, 3))
    x = L.Conv2D(6, 3, activation="relu")(0.02 * tf.keras.applications.vgg16.preprocess_input(50.0 * inputs))
    return tf.keras.Model(inputs, tf.nn.log_softmax(L.Dense(CLASSES)(L.GlobalAveragePooling2D()(x))))


def k3_preprocessed():
    """The same in Keras 3, in mode caffe too, with the random layers that it has more of."""
    ops, modes = tf.keras.ops, tf.keras.applications
    inputs = tf.keras.Input((10, 9, 3))
    x = augmentation()(inputs)
    for layer in (L.RandomHue(0.1), L.RandomSaturation(0.3), L.RandomSharpness(0.2), L.RandomGrayscale(0.5),
                  L.RandomColorJitter([0, 1], 0.1, 0.1, 0.1, 0.1), L.RandomColorDegeneration(0.2), L.RandomPosterization(4), L.RandomInvert(),
                  L.RandomErasing(), L.RandomGaussianBlur(), L.RandomPerspective(), L.RandomElasticTransform(), L.Solarization(0.1, 0.2),
                  L.MixUp(), L.CutMix(), L.RandAugment([0, 1]), L.AugMix([0, 1])):
        x = layer(x)
    x = 0.01 * modes.resnet.preprocess_input(40.0 * x) + modes.densenet.preprocess_input(x) - modes.mobilenet.preprocess_input(9.0 * x)
    left, right = ops.split(L.Conv2D(12, 3, activation="relu")(x), [5], axis=-1)
    first, *_, last = ops.split(L.Conv2D(10, 3)(ops.concatenate([right, left], -1)), 5, axis=3)
    x = ops.concatenate([ops.log_softmax(part, axis=2) for part in ops.unstack(ops.stack([first, last], axis=1), axis=1)], -1)
    return tf.keras.Model(inputs, L.Dense(CLASSES, activation="log_softmax")(L.Flatten()(x)))


def resized():
    """Images of other sizes, by every method, cropped to an aspect ratio or not; sizes odd, larger and smaller."""
    inputs = tf.keras.Input((13, 9, 3))
    same = L.Resizing(13, 9)(inputs)
    sized = [L.Resizing(8, 7, method)(same) for method in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")]
    sized += [L.Resizing(8, 7, "area")(inputs), L.CenterCrop(8, 7)(L.Resizing(17, 20, "bicubic")(inputs)), L.CenterCrop(8, 7)(inputs[:, 6:]),
              L.RandomCrop(8, 7)(inputs), L.Resizing(8, 7, crop_to_aspect_ratio=True)(L.Cropping2D(((5, 0), (0, 0)))(inputs))]
    x = L.Conv2D(6, 3, 2, activation="relu")(L.Concatenate()(sized))
    x = L.Conv2D(4, 3)(L.UpSampling2D((3, 2), interpolation="bicubic")(x))
    return tf.keras.Model(inputs, L.Dense(CLASSES)(L.GlobalAveragePooling2D()(L.Resizing(5, 11)(x))))


def k3_resized():
    """The same in Keras 3, which can pad to an aspect ratio and make windows larger; its RandomCrop does nothing at inference."""
    inputs = tf.keras.Input((13, 9, 3))
    same = L.Resizing(13, 9)(L.RandomCrop(13, 9)(inputs))
    sized = [L.Resizing(8, 7, method, antialias=antialias)(same) for method in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")
             for antialias in (False, True)]
    sized += [L.CenterCrop(8, 7)(L.Resizing(17, 20, "bicubic")(inputs)), L.CenterCrop(8, 7)(inputs[:, 6:]),
              L.Resizing(8, 7, pad_to_aspect_ratio=True, fill_value=0.5)(inputs), L.Resizing(8, 7, crop_to_aspect_ratio=True)(inputs[:, 5:])]
    x = L.Conv2D(6, 3, 2, activation="relu")(L.Concatenate()(sized))
    x = L.Conv2D(4, 3)(L.UpSampling2D((3, 2), interpolation="bicubic")(x))
    return tf.keras.Model(inputs, L.Dense(CLASSES)(L.GlobalAveragePooling2D()(L.Resizing(5, 11)(x))))


def single_channel():
    """Means of a single channel, of few positions and of many."""
    inputs = tf.keras.Input((6, 7, 3))
    x = L.Conv2D(5, 3, padding="same", activation="relu")(inputs)
    means = [L.GlobalAveragePooling2D()(L.Conv2D(1, 3, activation="relu")(x)), tf.reduce_mean(L.Conv2D(1, 1)(x), axis=[1, 2]),
             L.GlobalAveragePooling2D()(L.Conv2D(1, (4, 5))(x)), L.GlobalAveragePooling2D()(L.UpSampling2D(3)(L.Conv2D(1, 3)(inputs)))]
    return tf.keras.Model(inputs, L.Dense(CLASSES)(L.Concatenate()(means)))


def whole_windows():
    """Convolutions whose window is the whole image, padded, dilated, of one filter and of several."""
    inputs = tf.keras.Input((6, 7, 3))
    x = L.Conv2D(11, 3, padding="same", activation="relu")(inputs)
    means = [L.GlobalAveragePooling2D()(L.Conv2D(1, 3)(x)), tf.reduce_mean(L.Conv2D(1, 1)(x), axis=[1, 2])]
    windows = [L.Conv2D(1, (6, 7))(x), L.Conv2D(2, (6, 7), activation="relu")(x), L.Conv2D(3, (5, 6))(x[:, 1:, 1:]),
               L.Conv2D(1, (8, 8))(L.ZeroPadding2D(((1, 1), (0, 1)))(inputs)),
               L.Conv2D(1, (3, 10), dilation_rate=(2, 1))(L.ZeroPadding2D(((0, 0), (1, 2)))(inputs))]
    return tf.keras.Model(inputs, L.Dense(CLASSES)(L.Concatenate()([*means, *map(L.Flatten(), windows)])))


def k3_residual():
    """Keras 3 operations beside layers. Without BatchNormalization, whose bits depend on the maker of the CPU in Keras 3."""
    ops = tf.keras.ops
    inputs = tf.keras.Input((12, 12, 3))
    x = L.ReLU()(L.Conv2D(8, 3, padding="same")(inputs))
    y = L.Conv2D(16, 3, padding="same")(L.ReLU(6.0)(L.Conv2D(16, 3, 2, "same")(x)))
    x = ops.relu(y + ops.pad(x[:, ::2, ::2, :], [[0, 0], [0, 0], [0, 0], [4, 4]]))
    y = L.Conv2D(16, 1)(x)
    x = L.Activation("relu")(L.Add()([x, y]))
    return tf.keras.Model(inputs, L.Dense(CLASSES)(ops.mean(x, axis=(1, 2))))


def k3_sequential():
    return tf.keras.Sequential([tf.keras.Input((10, 10, 3)), L.ZeroPadding2D(1), L.Conv2D(8, 3, activation="relu"),
                                tf.keras.Sequential([L.Conv2D(16, 3, 2, "same"), L.ReLU()]), L.AveragePooling2D(2), L.Flatten(),
                                L.Dense(24, activation="relu"), L.Dense(CLASSES)])


def k3_channels():
    """Depthwise layers, max pooling and joins, as layers and as operations."""
    ops = tf.keras.ops
    inputs = tf.keras.Input((12, 12, 3))
    x = L.MaxPooling2D(3, 2, "same")(L.Conv2D(9, 3, padding="same", activation="relu")(inputs))
    x = ops.concatenate([x, L.DepthwiseConv2D(3, padding="same", activation="relu")(x), ops.max_pool(x, 3, 1, "same")], axis=-1)
    x = L.Concatenate()([ops.average_pool(x, 2), L.DepthwiseConv2D(3, 2, "same", depth_multiplier=2)(x)])
    x = L.Conv2D(12, 1, activation="relu")(x)
    x = L.Concatenate()([L.GlobalMaxPooling2D()(x), ops.max(x, axis=(1, 2)), L.GlobalAveragePooling2D()(x)])
    return tf.keras.Model(inputs, L.Dense(CLASSES)(x))


def k3_functions():
    """The functions of one element whose polynomials are TensorFlow 2.21's own, a gate as in EfficientNet."""
    inputs = tf.keras.Input((9, 7, 3))
    x = L.Conv2D(11, 3, padding="same", activation="swish")(inputs)
    gate = L.Conv2D(11, 1, activation="sigmoid")(L.GlobalAveragePooling2D(keepdims=True)(x))
    x = L.Multiply()([x, gate])
    x = tf.keras.ops.silu(L.Conv2D(13, 3, activation="tanh")(x)) + L.Activation("sigmoid")(L.Conv2D(13, 3)(x))
    x = tf.keras.ops.tanh(L.Conv2D(5, 1)(x)) - tf.keras.ops.sigmoid(L.Conv2D(5, 1)(x))
    return tf.keras.Model(inputs, L.Dense(CLASSES, activation="sigmoid")(L.Flatten()(x)))


MODELS = (k3_residual, k3_sequential, k3_channels, k3_functions, k3_preprocessed, k3_resized) if KERAS_3 else (option_a, converted_nchw, projection, dense_blocks, odd_channels,
                                                                    shared_layers, inception, mobile, activations, normalised,
                                                                    cut_sums, preprocessed, preprocessed_caffe, resized, single_channel,
                                                                    whole_windows)



H5 = (preprocessed_caffe,)  # models that cannot be saved as .keras


# ---- weights, faults, scores -----------------------------------------------------------------------------------------------

def sane_weights(model, rng):
    """Weights as training leaves them, roughly; the first two of every kernel are 1 (bit 30 makes Inf) and -1.5 (makes NaN)."""
    for _, layer in oracle.leaves(model):
        values = []
        for variable, value in zip(layer.weights, layer.get_weights()):
            name = variable.name.split("/")[-1].split(":")[0]
            noise = rng.standard_normal(value.shape)
            if name == "kernel":
                value = noise * np.sqrt(2 / np.prod(value.shape[:-1]))
                value.reshape(-1)[:2] = 1, -1.5
            elif name in ("gamma", "moving_variance"):
                value = 0.5 + rng.random(value.shape)
            else:
                value = 0.3 * noise
            values.append(value.astype(np.float32))
        if values:
            layer.set_weights(values)


def list_faults(model, seed):
    """Random faults over every layer, the first two of them on the weights that bit 30 makes Inf and NaN."""
    faults = oracle.random_faults(model, max(FAULTS, len(oracle.injectable_layers(model)) + 4), seed)
    for i, element in enumerate((0, 1)):
        layer = oracle.injectable_layers(model)[faults[i][1]]
        index = np.unravel_index(element, layer.get_weights()[0].shape)
        faults[i] = (i, faults[i][1], tuple(int(v) for v in index), 30)
    return faults


def compress(path):
    """Zips the file again: HDF5 is mostly zeros where many layers have no weights."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def make(build, folder, seed):
    name = build.__name__
    tf.keras.backend.clear_session()
    rng = np.random.default_rng(seed)
    model = build()
    sane_weights(model, rng)
    path = folder / f"{name}{'.h5' if build in H5 else '.keras'}"
    model.save(path)
    if build not in H5:
        compress(path)
    with tf.keras.utils.custom_object_scope({"log_softmax_v2": tf.nn.log_softmax}):
        model = oracle.load_model(path)
    inputs = rng.standard_normal((IMAGES, *model.input_shape[1:])).astype(np.float32)
    faults = list_faults(model, seed)
    oracle.write_faults(folder / f"{name}.faults.csv", faults)
    layers = oracle.injectable_layers(model)
    faulty, alone = [], []
    for _, layer, index, bit in faults:
        with oracle.faulted(layers[layer], index, bit):
            faulty.append(oracle.infer(model, inputs))
            alone.append(oracle.infer(model, inputs, 1))
    clean = oracle.infer(model, inputs)
    assert np.isfinite(clean).all() and {layer for _, layer, _, _ in faults} == set(layers)
    np.savez_compressed(folder / f"{name}.golden.npz", inputs=inputs, clean=clean, clean_alone=oracle.infer(model, inputs, 1),
                        faulty=np.array(faulty), faulty_alone=np.array(alone))
    masked = sum((scores == clean).all() for scores in faulty)
    print(f"{name}: {len(faults)} faults in {len(layers)} layers, {masked} masked, {np.isnan(faulty).sum()} NaN and "
          f"{np.isinf(faulty).sum()} Inf in {np.size(faulty)} scores", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[1] / "tests" / "golden")
    parser.add_argument("names", nargs="*", help="only these models")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    tf.config.threading.set_intra_op_parallelism_threads(2)  # the sums of groups depend on it
    record = arguments.folder / "oracle.json"
    oracles = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    for seed, build in enumerate(MODELS):
        if arguments.names and build.__name__ not in arguments.names:
            continue
        make(build, arguments.folder, seed)
        oracles[build.__name__] = oracle.machine()
    record.write_text(json.dumps(oracles, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
