#!/usr/bin/env python3
"""Makes the small model files of tests/keras/files and, beside each, what Keras itself says about it.

    make_keras_files.py FOLDER [NAME...]

NAME: only these, of those that MAKERS lists. Run it once with TensorFlow 2.14 (writes k2_*) and once with TensorFlow 2.21 and Keras 3 (writes k3_*);
with TF_USE_LEGACY_KERAS=1 and the package tf-keras it writes tf_keras_*. NAME.json holds the
layers in the order of _flatten_layers without containers, SHA-256 of their weights (get_weights(), float32 bytes one after
the other), the names of inputs and outputs, and the bits of the scores of three images (see `images`).
"""
import hashlib
import json
import os
import pathlib
import sys
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import numpy as np
import tensorflow as tf
if os.environ.get("TF_USE_LEGACY_KERAS") == "1":  # Keras 2 for TensorFlow 2.16 and later (package tf-keras)
    import tf_keras as keras
    layers = keras.layers
else:
    import keras
    from keras import layers

KERAS3 = keras.__version__.startswith("3.")
PREFIX = "tf_keras_" if keras.__name__ == "tf_keras" else "k3_" if KERAS3 else "k2_"
BATCH = 3
rng = np.random.default_rng(20)


def images(shape, dtype="float32"):
    """Inputs that a test can make too: small multiples of 1/64; for inputs of integers 0 to 255."""
    n = BATCH * int(np.prod(shape))
    numbers = (np.arange(n) * 7919) % 256
    if "int" not in dtype:
        numbers = (numbers - 128) / 64
    return numbers.astype(np.float32).reshape((BATCH, *shape))


def randomize(model):
    """Weights that differ in every tensor; variances stay positive."""
    for weight in model.weights:
        values = rng.normal(0, 0.5, weight.shape).astype(np.float32)
        name = getattr(weight, "path", weight.name)
        weight.assign(np.abs(values) + 0.1 if "variance" in name else values)
    return model


def sequential():
    return keras.Sequential([
        keras.Input((6, 6, 2)),
        layers.Conv2D(3, 3, padding="same", activation="relu", dilation_rate=2),
        layers.BatchNormalization(scale=False, epsilon=1e-5),
        layers.SpatialDropout2D(0.2), layers.GaussianNoise(0.1), layers.Dropout(0.5), layers.ActivityRegularization(0.1),
        layers.ZeroPadding2D(((1, 0), (2, 1))),
        layers.Conv2D(4, (3, 2), strides=(2, 1), use_bias=False),
        layers.ReLU(6.0),
        layers.AveragePooling2D(2, 1, padding="same"),
        layers.Reshape((-1, 4)), layers.Flatten(),
        layers.Dense(5, activation="relu6"), layers.Activation("linear"), layers.Dense(3)])


def deferred():
    model = keras.Sequential([layers.Conv2D(2, 3, name="first"), layers.GlobalAveragePooling2D(), layers.Dense(3)])
    model(np.zeros((2, 5, 5, 1), np.float32))
    return model


def nested():
    """Shared and nested models; keys of the weight file do not follow the layers' names."""
    a = keras.Input((6, 6, 4))
    y = layers.BatchNormalization(center=False)(a)
    y = layers.Conv2D(4, 3, padding="same", name="conv_b")(y)
    block = keras.Model(a, layers.Add()([a, y]), name="block")
    c = keras.Input((6, 6, 4))
    z = layers.Conv2D(4, 1, name="conv_c")(c)
    outer = keras.Model(c, layers.ReLU()(block(block(z))), name="outer")
    tail = keras.Sequential([layers.Conv2D(8, 3, name="conv_d"), layers.GlobalAveragePooling2D(keepdims=True),
                             layers.Flatten()], name="tail")
    frozen = keras.Sequential([keras.Input((6, 6, 4)), layers.BatchNormalization(), layers.Conv2D(4, 1, name="conv_e")],
                              name="frozen")
    frozen.trainable = False
    i = keras.Input((6, 6, 2), name="image")
    shared = layers.Conv2D(4, 3, padding="same", name="conv_z")
    x = layers.Conv2D(2, 1, name="conv_a")(i)
    x = layers.Add()([shared(x), shared(i), outer(shared(x))])
    x = frozen(x)
    if not KERAS3:
        x = keras.Sequential(name="nothing")(x)
    x = outer(x)
    return keras.Model(i, layers.Dense(3, name="scores")(tail(x)))


def multi():
    a, b = keras.Input((4, 4, 1), name="left"), keras.Input((4, 4, 1), name="right")
    pair_a, pair_b = keras.Input((4, 4, 1)), keras.Input((4, 4, 1))
    total = layers.Add()([pair_a, pair_b])
    both = keras.Model([pair_a, pair_b], [layers.Conv2D(2, 3)(total), layers.ReLU()(pair_b)], name="both")
    first, second = both([b, a])
    return keras.Model([a, b], [layers.Flatten()(first), layers.Dense(2)(layers.Flatten()(second)), layers.Flatten()(second)])


def ops_keras2():
    i = keras.Input((8, 8, 4))
    x = i[:, ::2]
    x = x[:, 1:-1, ::-1]
    z = tf.add(x, tf.nn.relu6(tf.math.add(x, x)))
    shape = tf.shape(z)
    q = tf.reshape(z, [shape[0], shape[1] * shape[2], -1])
    q = tf.reshape(q, tf.stack([shape[0], (shape[1] + 6) // 2 - 3, -1]))
    r = tf.expand_dims(tf.cast(tf.squeeze(tf.reduce_mean(z, [1, 2], keepdims=True), [1, 2]), tf.float32), -1)
    p = tf.stop_gradient(tf.pad(z, [[0, 0], [1, 1], [2, 2], [0, 0]], constant_values=float("-inf")))
    batch = tf.unstack(tf.compat.v1.shape(z))[0]
    return keras.Model(i, [x[:, 0][:, tf.newaxis], q, p, tf.reshape(tf.transpose(z, [0, 3, 1, 2]), (batch, -1)),
                           tf.transpose(r, [0, 2, 1]), layers.Activation(tf.nn.relu6)(tf.identity(z)),
                           layers.Conv2D(2, 1, activation=tf.nn.relu)(z)])


def ops_keras3():
    from keras import ops
    i = keras.Input((8, 8, 4))
    x = i[..., ::2]
    x = x[:, 1:-1, ::-1]
    z = ops.add(x, ops.relu6(x + x))
    q = ops.squeeze(ops.mean(z, [1, 2], keepdims=True), [1, 2])
    q = ops.expand_dims(ops.expand_dims(ops.cast(q, "float32"), -1), -1)
    q = ops.reshape(ops.transpose(ops.stop_gradient(ops.relu(q)), (0, 2, 1, 3)), (-1, 2))
    p = ops.pad(ops.pad(z, ((0, 0), (1, 1), (2, 2), (0, 0))), ((0, 0), (0, 1), (0, 0), (0, 0)), constant_values=-1.0)
    p = keras.activations.relu(layers.ReLU(6.0)(layers.Conv2D(2, 3, activation=ops.relu)(p)))
    return keras.Model(i, [x[:, 0][:, None], q, p])


def clips():
    i = keras.Input((6, 5, 3))
    clip, maximum, minimum = (keras.ops.clip, keras.ops.maximum, keras.ops.minimum) if KERAS3 else (tf.clip_by_value, tf.maximum, tf.minimum)
    x = layers.Conv2D(4, 3)(i)
    y = clip(x, -0.5, 1.25)
    z = minimum(maximum(y, 0.25), x)
    return keras.Model(i, [layers.Dense(3)(layers.Flatten()(z)), layers.Flatten()(y), layers.Flatten()(maximum(0.5, minimum(z, 1.0)))])


def inputs():
    """Three inputs whose names are in no order, two of one shape that must not be mistaken for each other; two outputs."""
    zebra, apple = keras.Input((6, 6, 2), name="zebra"), keras.Input((6, 6, 2), name="apple")
    number = keras.Input((3,), name="middle")
    x = layers.Subtract()([layers.Conv2D(4, 3, name="conv_z")(zebra), layers.Conv2D(4, 3, name="conv_a")(apple)])
    x = layers.Concatenate()([layers.Flatten()(layers.ReLU()(x)), layers.Dense(4, name="dense_m")(number)])
    return keras.Model([zebra, apple, number], [layers.Dense(5, name="scores")(x), layers.Dense(3, name="other")(x)])


def typed():
    """Inputs that are not float32: what casts them, and what leaves them as they are."""
    a, b = keras.Input((6, 6, 3), dtype="uint8", name="bytes"), keras.Input((4,), dtype="int32", name="numbers")
    c, d = keras.Input((4,), dtype="float16", name="halves"), keras.Input((4,), dtype="float64", name="doubles")
    i = keras.Input((6, 6, 3))
    inner = keras.Model(i, layers.Conv2D(3, 3, name="conv_inner")(i), name="inner")
    moved = layers.Concatenate()([layers.ZeroPadding2D(1)(a)[:, 1:-1, 1:-1], layers.Identity()(a)])
    x = layers.Conv2D(2, 3, name="conv_r")(layers.Rescaling(1 / 127.5, offset=-1)(layers.MaxPooling2D(2, 1)(moved)))
    if KERAS3:
        from keras import ops
        y = layers.Conv2D(2, 3, name="conv_c")((ops.transpose(a, (0, 2, 1, 3)) / 255 - 0.5) * 0.5)
        z = layers.Dense(3, name="dense_c")(ops.cast(a, "float32") - 100)
        n = b * 0.25
    else:
        y = layers.Conv2D(2, 3, name="conv_c")(tf.cast(tf.transpose(a, [0, 2, 1, 3]), tf.float32) / 255.0 - 0.5)
        z = layers.Dense(3, name="dense_c")(a / 3)
        n = b / 7
    return keras.Model([a, b, c, d], [layers.Flatten()(x), layers.Flatten()(y), layers.Flatten()(z), layers.Flatten()(inner(a)),
                                      layers.Dense(3, name="dense_n")(n), layers.Dense(3, name="dense_b")(layers.Flatten()(b)),
                                      layers.Dense(2, name="dense_h")(layers.ReLU()(c)), layers.Add()([layers.Dense(4)(d), d])])


def calls():
    """Outputs that are outputs of nested models, first and later calls, at every level. Keras 3 counts the calls of a Functional
    from 1 in output_layers and from 0 in inbound_nodes, those of a Sequential from 0 in both."""
    a, b = keras.Input((4, 4, 2)), keras.Input((4, 4, 2))
    pair = keras.Model([a, b], [layers.Conv2D(2, 1, name="conv_p")(a), layers.Subtract()([a, b])], name="pair")
    c = keras.Input((4, 4, 2))
    first, second = pair([c, layers.ReLU()(c)]), pair([layers.Conv2D(2, 3, padding="same", name="conv_q")(c), c])
    deep = keras.Model(c, [first[1], second[0], first[0]], name="deep")
    row, line = (keras.Sequential([keras.Input((4, 4, 2)), layers.Conv2D(2, 1, name="conv_" + name)], name=name) for name in ("row", "line"))
    d = keras.Input((4, 4, 2))
    r1, r2 = row(d), row(layers.ReLU()(d))
    rows = keras.Model(d, [r1, r2], name="rows")
    i = keras.Input((4, 4, 2))
    x, y = deep(i), deep(layers.ReLU()(i))
    z = rows(layers.Add()([x[0], y[2]]))
    s1, s2 = line(z[0]), line(z[1])
    return keras.Model(i, [x[1], y[0], s1, z[1], x[2], s2])


def describe_inputs(path):
    """What tests/program/test_inputs.py compares with: scores of every output, also with one flipped bit (the sign of a weight)."""
    model = keras.models.load_model(path, compile=False)
    fed = [np.roll(images(i.shape[1:]), 31 * k) for k, i in enumerate(model.inputs)]
    names = [i.name for i in model.inputs] if KERAS3 else model.input_names
    bits = lambda: [[f"{b:08x}" for b in np.asarray(s).ravel().view("<u4")] for s in model(fed)]
    facts = {"keras_version": keras.__version__, "inputs": names, "outputs": ["scores", "other"], "scores": bits()}
    layer = model.get_layer("conv_a")
    weights = layer.get_weights()
    weights[0][1, 2, 0, 3] *= -1
    layer.set_weights(weights)
    return {**facts, "faulty": bits()}


def mixed():
    return keras.Sequential([keras.Input((4,)), layers.Dense(2, name="half", dtype="mixed_float16")])


def flatten(model):
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if not isinstance(layer, keras.Model):
            yield layer


def describe(path):
    model = keras.models.load_model(path, compile=False)
    rows = []
    for layer in flatten(model):
        name = type(layer).__name__
        if name in ("TFOpLambda", "SlicingOpLambda"):
            name += f"({layer.get_config()['function']})"
        weights = layer.get_weights()
        rows.append({"name": layer.name, "class": name,
                     "shapes": [list(w.shape) for w in weights],
                     "sha256": hashlib.sha256(b"".join(w.astype("<f4").tobytes() for w in weights)).hexdigest(),
                     "injectable": isinstance(layer, (layers.Conv2D, layers.Dense)) and bool(weights)})
    fed = [images(i.shape[1:], keras.backend.standardize_dtype(i.dtype) if KERAS3 else i.dtype.name) for i in model.inputs]
    scores = model(fed if len(fed) > 1 else fed[0], training=False)  # a bare call augments images
    scores = scores if isinstance(scores, (list, tuple)) else [scores]
    names = [i.name for i in model.inputs] if KERAS3 else model.input_names
    outputs = []
    for name in getattr(model, "output_names", [model.layers[-1].name]):  # numbered as Keras 2 numbers them; Keras 3 repeats them
        outputs.append(next(n for n in (name, *(f"{name}_{k}" for k in range(1, 99))) if n not in outputs))
    return {"keras_version": keras.__version__, "inputs": names, "outputs": outputs,
            "layers": rows, "scores": [[f"{b:08x}" for b in np.asarray(s).ravel().view("<u4")] for s in scores]}


def deflate(path):
    """Keras stores; a file that somebody zipped again is deflated, and smaller."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members.items():
            new.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def write_json(path, facts):
    """One line per layer and per output."""
    parts = [f'  "{key}": {json.dumps(facts[key])}' for key in ("keras_version", "inputs", "outputs")]
    for key in ("layers", "scores"):
        parts.append(f'  "{key}": [\n    ' + ",\n    ".join(json.dumps(row) for row in facts[key]) + "\n  ]")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def legacy():
    """tf_keras names its own modules for models and functions, and random layers have one option more."""
    inner = keras.Sequential([layers.Rescaling(0.5, input_shape=(8, 8, 3)), layers.RandomFlip(), layers.RandomZoom(0.2),
                              layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.1),
                              layers.GaussianNoise(0.1), layers.Flatten()])
    i = keras.Input((8, 8, 3))
    return keras.Model(i, layers.Dense(4)(tf.nn.relu(layers.Dense(5)(inner(i)) * 2 + 1)))


def renorm():
    """Of renormalisation (Keras 2) only training takes the further variables."""
    return keras.Sequential([layers.Conv2D(4, 2, input_shape=(6, 6, 2)), layers.BatchNormalization(renorm=True), layers.Flatten(), layers.Dense(3)])


# Each with a seed of its own, so that one can be made without the others: name -> (maker, endings).
MAKERS = {"typed": (typed, (".keras",)), "calls": (calls, (".keras",)), "legacy": (legacy, (".keras", ".h5"))}
if not KERAS3:
    MAKERS["renorm"] = (renorm, (".keras", ".h5"))


def make_one(folder, name):
    global rng
    maker, endings = MAKERS[name]
    keras.utils.set_random_seed(1)
    keras.backend.clear_session()
    rng = np.random.default_rng(list(name.encode()))
    model = randomize(maker())
    for ending in endings:
        path = folder / (PREFIX + name + ending)
        model.save(path)
        if ending == ".keras":
            deflate(path)
        write_json(path.with_name(path.name + ".json"), describe(path))


def main():
    folder = pathlib.Path(sys.argv[1])
    names = sys.argv[2:] or (["legacy"] if PREFIX == "tf_keras_" else [])
    for name in names:
        make_one(folder, name)
    if names:
        return
    makers = {"sequential": sequential, "deferred": deferred, "nested": nested, "multi": multi,
              "ops": ops_keras3 if KERAS3 else ops_keras2}
    for name, make in makers.items():
        keras.utils.set_random_seed(1)
        keras.backend.clear_session()
        model = randomize(make())
        endings = (".keras", ".h5") if name in ("sequential", "nested") else (".keras",)
        for ending in endings:
            path = folder / (PREFIX + name + ending)
            model.save(path)
            if ending == ".keras" and name != "deferred":
                deflate(path)
            write_json(path.with_name(path.name + ".json"), describe(path))
    keras.utils.set_random_seed(1)
    keras.backend.clear_session()
    model = randomize(inputs())
    for ending in (".keras", ".h5"):
        path = folder / (PREFIX + "inputs" + ending)
        model.save(path)
        if ending == ".keras":
            deflate(path)
        path.with_name(path.name + ".json").write_text(json.dumps(describe_inputs(path), indent=1) + "\n", encoding="utf-8")
    keras.utils.set_random_seed(1)
    keras.backend.clear_session()
    path = folder / (PREFIX + "clips.keras")
    randomize(clips()).save(path)
    deflate(path)
    write_json(path.with_name(path.name + ".json"), describe(path))
    mixed().save(folder / (PREFIX + "mixed.keras"))
    deflate(folder / (PREFIX + "mixed.keras"))
    for name in MAKERS:
        if name != "legacy":
            make_one(folder, name)


if __name__ == "__main__":
    main()
