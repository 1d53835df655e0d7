"""`Model.explain`: against NumPy on a small network, and against Keras layer by layer where it is installed."""
import json
import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # before TensorFlow is imported

import numpy as np
import pytest
import tf_injector as fi
from golden import golden
from small_campaign import LIST, MODEL, run, write_images


def flipped(weights, index, bit):
    changed = weights.copy()
    changed.view(np.uint32)[index] ^= np.uint32(1) << np.uint32(bit)
    return changed


def test_it_is_what_the_program_says(tmp_path):
    images = write_images(tmp_path / "set.npz")
    arrays = np.load(images)
    model = fi.load_model(str(MODEL))
    fault = fi.FaultList.read(LIST)[3]
    found = model.explain(fault, (arrays["x"], arrays["y"]))
    ours = found.to_dict()
    done = run("explain", fault.injection, "-f", LIST, "--model", MODEL, "--data", images, "--json", "-", "-q")
    assert ours == json.loads(done.stdout)
    assert repr(found) + "\n" == run("explain", fault.injection, "-f", LIST, "--model", MODEL, "--data", images, "-q").stdout
    text = f"{fault.layer},{fault.index},{fault.bit}"
    assert model.explain(text).to_dict()["before"] == ours["before"]
    assert model.explain((fault.layer, fault.index, fault.bit)).images == 0 and model.explain(text).steps is None
    report = fi.run_campaign(model, (arrays["x"], arrays["y"]), [fault], progress=False)
    assert found.row == {name: int(report.rows[name][0]) for name in found.row}
    assert sum(found.ended.values()) + ours["spread"]["reached"] == found.images == report.images
    assert fault.layer in repr(found) and fault.layer in found._repr_html_()


def test_wrong_arguments():
    model = fi.load_model(str(MODEL))
    with pytest.raises(fi.Usage, match="no fault; expected layer"):
        model.explain("conv")
    with pytest.raises(fi.FaultListError, match="unknown layer"):
        model.explain(("no_layer", (0, 0), 3))
    with pytest.raises(fi.Usage, match="expected one fault"):
        model.explain(fi.FaultList.read(LIST)[:2])
    with pytest.raises(fi.Usage, match="`limit`"):
        model.explain(fi.FaultList.read(LIST)[0], (np.zeros((1, 8, 8, 3), np.float32), [0]), limit=0)


NAMES = ["option_a", "projection", "inception", "mobile", "dense_blocks", "odd_channels"]


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_is_as_keras_computes_it(name):
    """The outputs of each layer in Keras, without the fault and with its weight changed."""
    keras = pytest.importorskip("keras")
    stored = golden(name)
    if isinstance(stored.inputs, dict):
        pytest.skip("several inputs")
    model = fi.load_model(stored.model)
    try:
        live = keras.models.load_model(stored.model, compile=False)
    except Exception as error:  # written by another Keras
        pytest.skip(f"this Keras does not read it: {error}")
    faults = fi.FaultList.read(stored.faults)
    for fault in faults[:: max(1, len(faults) // 5)]:
        compare_with_keras(keras, live, model, fault, stored.inputs)


def compare_with_keras(keras, live, model, fault, images):
    found = model.explain(fault, (images, np.zeros(len(images), dtype=np.int64)), preprocess="none")
    layers = {layer.name: layer for layer in live._flatten_layers(include_self=False) if not hasattr(layer, "layers")}
    names = [name for name in dict.fromkeys(found.steps["layer"]) if "/" not in name and name in layers and len(layers[name]._inbound_nodes) == 1]
    several = keras.Model(live.inputs, [layers[name].output for name in names])
    layer = layers[fault.layer]
    weights = layer.get_weights()
    outputs = lambda: [np.asarray(x) for x in (several(images, training=False) if len(names) > 1 else [several(images, training=False)])]
    before = outputs()
    layer.set_weights([flipped(weights[0], fault.index, fault.bit), *weights[1:]])
    try:
        after = outputs()
    finally:
        layer.set_weights(weights)
    compared = 0
    for name, x, y in zip(names, before, after):
        differs = ~((x.view(np.uint32) == y.view(np.uint32)) | (np.isnan(x) & np.isnan(y))).reshape(len(images), -1)
        # The last op of a layer is its output.
        row = max(i for i, layer_name in enumerate(found.steps["layer"]) if layer_name == name)
        assert found.steps["images"][row] == differs.any(axis=1).sum(), (name, fault)
        assert found.steps["mean_differing"][row] == pytest.approx(differs.sum() / max(1, differs.any(axis=1).sum())), (name, fault)
        compared += 1
    assert compared > 0
