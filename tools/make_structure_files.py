#!/usr/bin/env python3
"""Makes tests/keras/structures_k2.zip and structures_k3.zip: models of models as Keras saves them, and forms that older versions wrote.

    make_structure_files.py FOLDER       with TensorFlow 2.14 (structures_k2.zip), then with TensorFlow 2.21 and Keras 3

Forms of versions that cannot be run any more are put into a file of today; Keras' load_model of the result is the oracle. facts.json: for each
file the scores of every output (their bits), clean and with a flipped bit.
"""
import io
import json
import os
import pathlib
import sys
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import h5py
import numpy as np
import keras
from keras import layers
from make_keras_files import images
from random_structures import KERAS3, SHAPE, injectable, random_model, randomize


def conv(name, **options):
    return layers.Conv2D(3, 1, use_bias=False, name=name, **options)


def base(name="base"):
    i = keras.Input(SHAPE)
    return keras.Model(i, conv("a3")(layers.BatchNormalization(name="b2")(conv("a2")(layers.BatchNormalization(name="b1")(conv("a1")(i))))), name=name)


def headed(model):
    i = keras.Input(SHAPE)
    return keras.Model(i, layers.Dense(3, name="head")(layers.Flatten()(model(i))))


def frozen():
    """A frozen model, its last layers thawed."""
    inner = base()
    inner.trainable = False
    for name in ("a3", "b2"):
        inner.get_layer(name).trainable = True
    return headed(inner)


def frozen_in_models():
    """The same two levels down: Keras 2 saves an order that it does not load."""
    inner = base()
    inner.trainable = False
    inner.get_layer("a3").trainable = inner.get_layer("b2").trainable = True
    i = keras.Input(SHAPE)
    return headed(keras.Model(i, conv("behind")(inner(conv("before")(i))), name="outer"))


def frozen_sequential():
    """Of a frozen Sequential Keras 3 saves the weights in another order than it loads them."""
    model = keras.Sequential([keras.Input(SHAPE), conv("a1"), layers.BatchNormalization(name="b1"), conv("a2"), layers.BatchNormalization(name="b2")], name="row")
    model.trainable = False
    model.get_layer("a2").trainable = True
    return headed(model)


def renamed():
    """Names of weights are those that the layers had before: each that of another one."""
    built_before = base().layers[1:]
    for layer in built_before:
        setattr(layer, "name" if KERAS3 else "_name", layer.name + "_1")
    setattr(built_before[0], "name" if KERAS3 else "_name", "a2")
    x = i = keras.Input(SHAPE)
    for layer in built_before:
        x = layer(x)
    return headed(keras.Model(i, x, name="base"))


def classes():
    return keras.Sequential([keras.Input(SHAPE), conv("c1"), layers.BatchNormalization(name="v1"), layers.ReLU(), layers.BatchNormalization(name="v2"),
                             layers.Flatten(), layers.Dense(3, name="head")])


def row_of_rows():
    inner = keras.Sequential([base("mobile"), layers.GlobalAveragePooling2D()], name="inner")
    return keras.Sequential([inner, keras.Sequential([layers.Dense(4, name="d1"), layers.Dense(3, name="d2")], name="tail")], name="whole")


def arithmetic():
    """x / 127.5 - 1 and others, to be written as TensorFlowOpLayer."""
    i = keras.Input(SHAPE, name="image")
    x = layers.Rescaling(1, name="truediv")(i)
    x = layers.Add(name="add")([layers.Rescaling(1, name="sub")(x), x])
    x = layers.ReLU(name="leaky")(layers.Rescaling(1, name="rsub")(x))
    x = layers.ZeroPadding2D(name="pad")(x)
    x = layers.Concatenate(name="cat")([x, x])
    x = layers.Cropping2D(((1, 0), (0, 0)), name="slice")(x)
    return keras.Model(i, layers.Dense(3, name="head")(layers.GlobalAveragePooling2D(name="mean")(conv("c1")(x))))


def dicts():
    """Inputs and outputs that are dicts; the inner model's input names are in no order."""
    a, b = keras.Input((4,), name="zz"), keras.Input((4,), name="aa")
    inner = keras.Model({"zz": a, "aa": b}, {"q": layers.Dense(3, name="d1")(a), "p": layers.Subtract()([layers.Dense(3, name="d2")(b), layers.Dense(3, name="d3")(a)])}, name="inner")
    i, j = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    one, two = inner({"zz": i, "aa": j}), inner({"aa": i, "zz": j})
    return keras.Model([i, j], {"zo": layers.Dense(2, name="x1")(one["q"]), "ao": layers.Add()([one["p"], two["q"]]), "mo": two["p"]})


def ignored():
    """What Keras 2 takes and ignores: groups of convolutions by channel, training=True where nothing is trained, capitals."""
    i = keras.Input(SHAPE)
    inner = keras.Sequential([keras.Input(SHAPE), layers.BatchNormalization(trainable=False), layers.Dropout(0.0), conv("c1", padding="SAME")], name="inner")
    x = layers.DepthwiseConv2D(2, groups=3, name="dw")(inner(i, training=True))
    x = layers.GlobalAveragePooling2D()(layers.SeparableConv2D(3, 3, groups=3, name="s1")(x))
    return keras.Model(i, layers.Dense(3, name="head")(layers.Flatten(data_format="channels_first")(x)))


def edited_h5(data, edit):
    """The .h5 file with another configuration, and whatever else `edit` does to it."""
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "r+") as file:
        text = file.attrs["model_config"]
        config = edit(json.loads(text), file)
        file.attrs["model_config"] = json.dumps(config)
    return buffer.getvalue()


def each_config(config):
    layers_of = config["config"]["layers"] if isinstance(config["config"], dict) else config["config"]
    for layer in layers_of:
        yield layer
        if isinstance(layer["config"], list) or "layers" in layer["config"]:
            yield from each_config(layer)


def ones_for_true(config, _):
    def replaced(value):
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, dict):
            return {k: v if k == "trainable" else replaced(v) for k, v in value.items()}
        return [replaced(v) for v in value] if isinstance(value, list) else value
    return replaced(config)


def early_classes(config, _):
    for layer in each_config(config):
        if layer["class_name"] == "BatchNormalization":
            layer["class_name"] += layer["config"]["name"].upper()
    return config


def bare_lists(config, _):
    """As Keras wrote a Sequential until 2.2.2: a list without a name, without InputLayer: the first layer has the shape."""
    def bare(layer):
        if layer["class_name"] == "Sequential":
            first, *others = layer["config"]["layers"]
            kept = [bare(inner) for inner in others]
            if "layers" not in others[0]["config"]:
                kept[0]["config"]["batch_input_shape"] = first["config"]["batch_input_shape"]
            return {**layer, "config": kept}
        return layer
    return bare(config)


def names_of_groups(config, file):
    """Until Keras 2.2.2 a group is named after a Sequential that has no name in the configuration."""
    weights = file["model_weights"]
    names = [n.decode() if isinstance(n, bytes) else n for n in weights.attrs["layer_names"]]
    new = {name: f"sequential_{9 - k}" for k, name in enumerate(names)}
    for name in names:
        weights.move(name, new[name])
    weights.attrs["layer_names"] = [new[name].encode() for name in names]
    return bare_lists(config, file)


def mixed_up(config, file):
    """The kernels of two layers, equal in shape, have changed places: names that no order of Keras explains."""
    group = file["model_weights/base"]
    names = list(group.attrs["weight_names"])
    kernels = [k for k, name in enumerate(names) if "kernel" in str(name)]
    first, second = kernels[:2]
    names[first], names[second] = names[second], names[first]
    group.attrs["weight_names"] = names
    return config


def op_layers(config, _):
    number = {"type": "DT_FLOAT"}
    nodes = {"truediv": ("RealDiv", {"T": number}, {"1": 1.7}), "sub": ("Sub", {"T": number}, {"1": [[[[0.5, 1.0, 0.25]]]]}),
             "rsub": ("Sub", {"T": number}, {"0": 2.0}), "add": ("AddV2", {"T": number}, {}),
             "leaky": ("LeakyRelu", {"T": number, "alpha": {"f": 0.3}}, {}),
             "pad": ("PadV2", {"T": number, "Tpaddings": {"type": "DT_INT32"}}, {"1": [[0, 0], [1, 1], [1, 1], [0, 0]], "2": 0.75}),
             "cat": ("ConcatV2", {"T": number, "N": {"i": "2"}, "Tidx": {"type": "DT_INT32"}}, {"2": 3}),
             "slice": ("StridedSlice", {"T": number, "Index": {"type": "DT_INT32"}, "begin_mask": {"i": "5"}, "end_mask": {"i": "7"}, "ellipsis_mask": {"i": "0"},
                                        "new_axis_mask": {"i": "0"}, "shrink_axis_mask": {"i": "0"}},
                       {"1": [0, 1, 0], "2": [0, 0, 0], "3": [1, 1, 1]}),
             "mean": ("Mean", {"T": number, "Tidx": {"type": "DT_INT32"}, "keep_dims": {"b": False}}, {"1": [1, 2]})}
    renamed = {name: "tf_op_layer_" + name for name in nodes}

    def renamed_tensors(value):
        if isinstance(value, list):
            return [renamed.get(v, v) if isinstance(v, str) and k == 0 else renamed_tensors(v) for k, v in enumerate(value)]
        return value
    for layer in config["config"]["layers"]:
        layer["inbound_nodes"] = renamed_tensors(layer["inbound_nodes"])
        name = layer["name"]
        if name in nodes:
            op, attributes, constants = nodes[name]
            count = len(constants) + (2 if name in ("add", "cat") else 1)
            layer["class_name"], layer["name"] = "TensorFlowOpLayer", renamed[name]
            layer["config"] = {"name": name, "trainable": True, "dtype": "float32", "constants": constants,
                               "node_def": {"name": name, "op": op, "input": [f"{name}/{k}" for k in range(count)], "attr": attributes}}
    return config


def op_layer_groups(config, file):
    """Groups follow the layers' names."""
    weights = file["model_weights"]
    edited = op_layers(config, file)
    names = [layer["name"] for layer in edited["config"]["layers"]]
    for name in names:
        if name.startswith("tf_op_layer_"):
            weights.move(name[len("tf_op_layer_"):], name)
    weights.attrs["layer_names"] = [name.encode() for name in names]
    return edited


def on_windows(data):
    """Keras 2.13 to 2.15 joined names of groups with a backslash there."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    buffer = io.BytesIO()
    with h5py.File(io.BytesIO(members["model.weights.h5"]), "r") as old, h5py.File(buffer, "w") as new:
        def copied(name, item):
            if isinstance(item, h5py.Dataset):
                folder, rest = name.split("/vars/")
                new[folder.replace("/", "\\") + "/vars/" + rest] = item[()]
        old.visititems(copied)
    members["model.weights.h5"] = buffer.getvalue()
    return zipped(members)


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def saved(model, ending):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / ("model" + ending)
        model.save(path)
        return path.read_bytes()


def loaded(data, ending):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / ("model" + ending)
        path.write_bytes(data)
        return keras.models.load_model(path, compile=False)


def scores(model):
    fed = [np.roll(images(tuple(i.shape[1:])), 31 * k) for k, i in enumerate(model.inputs)]
    made = model(fed if len(fed) > 1 else fed[0], training=False)
    if isinstance(made, dict):
        made = [made[key] for key in sorted(made)]
    made = made if isinstance(made, (list, tuple)) else [made]
    return [[f"{b:08x}" for b in np.asarray(s).ravel().view("<u4")] for s in made]


def facts(model, seed):
    rng = np.random.default_rng(seed)
    found = {"scores": scores(model), "faults": []}
    names = injectable(model)
    for path in rng.permutation(sorted(names))[:2]:
        clean = names[path].get_weights()
        changed = clean[0].copy()
        element = int(rng.integers(changed.size))
        changed.reshape(-1)[element] *= -1
        names[path].set_weights([changed, *clean[1:]])
        found["faults"].append({"layer": path, "element": element, "bit": 31, "scores": scores(model)})
        names[path].set_weights(clean)
    return found


# name -> maker, what is done to the file; `as_saved`: Keras loads another network than was saved (see the maker)
PLANS = {
    "k2": {"frozen.h5": (frozen, None), "frozen_in_models.h5": (frozen_in_models, None, "as_saved"), "renamed.h5": (renamed, None),
           "mixed_up.h5": (frozen, mixed_up), "ones.h5": (frozen, ones_for_true), "early_classes.h5": (classes, early_classes), "row_of_rows.h5": (row_of_rows, None),
           "bare_lists.h5": (row_of_rows, names_of_groups), "op_layers.h5": (arithmetic, op_layer_groups),
           "dicts.h5": (dicts, None), "dicts.keras": (dicts, None), "ignored.keras": (ignored, None),
           "windows.keras": (frozen_in_models, on_windows), "frozen_in_models.keras": (frozen_in_models, None)},
    "k3": {"frozen.h5": (frozen, None), "frozen_in_models.h5": (frozen_in_models, None), "frozen_sequential.h5": (frozen_sequential, None, "as_saved"),
           "renamed.h5": (renamed, None), "dicts.h5": (dicts, None), "dicts.keras": (dicts, None), "row_of_rows.h5": (row_of_rows, None), "row_of_rows.keras": (row_of_rows, None)},
}
RANDOM = {"k2": [".h5", ".keras"], "k3": [".h5", ".keras"]}
SEEDS = (3, 5, 8, 13)


def built(maker):
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    model = maker()
    if not model.built:
        model(np.zeros((1, *SHAPE), np.float32))
    randomize(model, 7)
    return model


def main():
    folder = pathlib.Path(sys.argv[1])
    generation = "k3" if KERAS3 else "k2"
    members, all_facts = {}, {"keras_version": keras.__version__}
    for name, (maker, edit, *how) in PLANS[generation].items():
        ending = pathlib.Path(name).suffix
        model = built(maker)
        data = saved(model, ending)
        if edit is on_windows:
            all_facts[name] = facts(loaded(data, ending), 1)
            data = on_windows(data)
        else:
            if edit is not None:
                data = edited_h5(data, edit)
            if edit is mixed_up:
                all_facts[name] = {"refused": "weight 2 in 'model_weights/base' is named 'a1/kernel:0', expected that of 'a3/kernel'"}
            else:
                all_facts[name] = facts(model if how else loaded(data, ending), 1)
                all_facts[name]["by_names"] = bool(how)
        members[name] = data
    for ending in RANDOM[generation]:
        for seed in SEEDS:
            keras.backend.clear_session()
            model, _ = random_model(seed)
            name, data = f"random_{seed}{ending}", saved(model, ending)
            all_facts[name] = facts(loaded(data, ending), seed)
            members[name] = data
    members["facts.json"] = json.dumps(all_facts, separators=(",", ":")).encode()
    (folder / f"structures_{generation}.zip").write_bytes(zipped(members))


if __name__ == "__main__":
    main()
