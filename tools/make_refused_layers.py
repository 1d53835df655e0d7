#!/usr/bin/env python3
"""Makes tests/keras/refused: layers as Keras writes them that the reader refuses, with what its message shall say of them.

    make_refused_layers.py layers FOLDER    once with TensorFlow 2.14 and tensorflow-model-optimization 0.8 (k2_layers.json), once with
                                            Keras 3 (k3_layers.json): {name: the layer's entry in the configuration}; with Keras 2.0
                                            (TensorFlow 1.15, Python 3.7) k20_layers.json, whose one Lambda holds its code as raw text
    make_refused_layers.py codes FOLDER     with Python 3.6 to 3.13 each: lambda_VERSION.tsv, per line a function's code as Keras stores it
                                            (marshalled, base64) and, from calling it, its scale and offset; "-" where it is another function
"""
import base64
import json
import marshal
import os
import pathlib
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # before any import of Keras

# Functions of x: first those of the form x * scale + offset, then others.
AFFINE = ["x / 255", "x / 255.0", "x / 127.5 - 1", "(x - 127.5) / 127.5", "x * (1 / 255)", "x * (1.0 / 127.5) - 1.0", "2 * x - 1", "1 - x", "-x",
          "-(x / 2 + 1)", "x + x", "(x - 0.449) / 0.226", "x", "3 * (x - (x - 1) / 4)", "x / 255 * 2 - 1", "x - (1 - x)"]
OTHER = ["x * x", "1 / x", "x ** 2", "x // 2", "x[0]", "abs(x)", "x / y", "255", "max(x, 0) / 255", "x if x else 1", "x % 2"]


def codes(folder):
    lines = []
    for text in AFFINE + OTHER:
        function = eval("lambda x: " + text)  # as in a user's program
        code = base64.b64encode(marshal.dumps(function.__code__)).decode()
        if text in AFFINE:
            offset = float(function(0.0))
            lines.append("\t".join([code, text, repr(float(function(1.0)) - offset), repr(offset)]))
        else:
            lines.append("\t".join([code, text, "-", "-"]))

    def documented(x):
        """A function with a text of its own."""
        return x / 255.0

    lines.append("\t".join([base64.b64encode(marshal.dumps(documented.__code__)).decode(), "x / 255", repr(1 / 255.0), "0.0"]))
    version = "%d.%d" % sys.version_info[:2]
    (folder / ("lambda_" + version + ".tsv")).write_text("\n".join(lines) + "\n")


def half(x):
    return x / 2


def models():
    """{name: a model whose layer the reader refuses}"""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    layers = keras.layers

    def model(*more):
        return keras.Sequential([keras.Input((6, 6, 1)), *more, layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(16)])

    made = {"lambda": model(layers.Lambda(lambda x: x / 127.5 - 1)), "other_lambda": model(layers.Lambda(lambda x: x ** 2)),
            "function": model(layers.Lambda(half))}
    if keras.__version__.startswith("3."):
        for mode in ("int8", "int4", "float8"):
            made[mode] = model()
            made[mode].quantize(mode)
        return made
    import tensorflow_model_optimization as tfmot
    centroids = tfmot.clustering.keras.CentroidInitialization.LINEAR
    return {**made, "pruned": tfmot.sparsity.keras.prune_low_magnitude(model()),
            "clustered": tfmot.clustering.keras.cluster_weights(model(), number_of_clusters=2, cluster_centroids_init=centroids),
            "quantized": tfmot.quantization.keras.quantize_model(model()),
            "annotated": tfmot.quantization.keras.quantize_annotate_model(model())}


def layers(folder):
    import keras
    if keras.__version__.startswith("2.0."):
        image = keras.layers.Input((6, 6, 1))
        model = keras.models.Model(image, keras.layers.Lambda(lambda x: x / 127.5 - 1)(image))
        entry = json.loads(model.to_json())["config"]["layers"][1]
        del entry["inbound_nodes"]
        (folder / "k20_layers.json").write_text(json.dumps({"lambda": entry}, indent=1) + "\n", encoding="utf-8")
        return
    entries = {}
    for name, model in models().items():
        saved = json.loads(model.to_json())["config"]["layers"]
        kinds = ("Lambda", "PruneLowMagnitude", "ClusterWeights", "QuantizeWrapper", "QuantizeWrapperV2", "QuantizeLayer", "QuantizeAnnotate")
        refused = [layer for layer in saved if layer["class_name"] in kinds] or [layer for layer in saved if layer["class_name"] == "Dense"]
        seen = {}
        for layer in refused:
            seen.setdefault(layer["class_name"], layer)
        entries.update({name if len(seen) == 1 else f"{name}_{kind}": layer for kind, layer in seen.items()})
    generation = "k3" if keras.__version__.startswith("3.") else "k2"
    (folder / f"{generation}_layers.json").write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    {"codes": codes, "layers": layers}[sys.argv[1]](pathlib.Path(sys.argv[2]))
