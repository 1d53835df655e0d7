"""Small models of Dense layers, written as Keras 2 writes .h5, with weights that a test chooses; and lists of faults of them."""
import json

import h5py
import numpy as np


def write_dense_model(path, layers, inputs, outputs=None):
    """`layers`: (name, name of the input layer or "input", kernel (in, out), activation). `outputs`: their names; the last layer's."""
    def layer(name, of, kernel, activation):
        config = {"name": name, "trainable": True, "dtype": "float32", "units": kernel.shape[1], "activation": activation, "use_bias": False}
        return {"class_name": "Dense", "config": config, "name": name, "inbound_nodes": [[[of, 0, 0, {}]]]}

    first = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, inputs], "dtype": "float32", "sparse": False, "ragged": False,
                                                    "name": "input"}, "name": "input", "inbound_nodes": []}
    names = outputs or [layers[-1][0]]
    config = {"name": "model", "trainable": True, "layers": [first, *(layer(*each) for each in layers)],
              "input_layers": [["input", 0, 0]], "output_layers": [[name, 0, 0] for name in names]}
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.14.0", "tensorflow"
        file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": config})
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = np.array([b"input", *(name.encode() for name, *_ in layers)])
        weights.create_group("input").attrs["weight_names"] = np.array([], dtype="S1")
        for name, _, kernel, _ in layers:
            group = weights.create_group(name)
            group.attrs["weight_names"] = np.array([f"{name}/kernel:0".encode()])
            group.create_dataset(f"{name}/kernel:0", data=kernel.astype(np.float32))
    return path


def write_fault_list(path, faults):
    """`faults`: (id, layer, (row, column), bit)."""
    lines = ["Injection,Layer,TensorIndex,Bit", *(f'{i},{layer},"({row}, {column})",{bit}' for i, layer, (row, column), bit in faults)]
    path.write_text("\n".join(lines) + "\n")
    return path


def random_faults(rng, layers, count):
    """With unsorted ids; half of them in the exponent and the sign."""
    faults = []
    for number in rng.permutation(count):
        name, _, kernel, _ = layers[rng.integers(len(layers))]
        bit = int(rng.integers(23, 32) if rng.random() < 0.5 else rng.integers(32))
        faults.append((int(number) + 10, name, tuple(int(rng.integers(n)) for n in kernel.shape), bit))
    return faults
