"""`check`: what it says of models, beside Keras where that is installed."""

import importlib.util
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import tf_injector as fi
from tf_injector import _check
from conftest import ROOT

GOLDEN = ROOT / "tests/golden/odd_channels.keras"
HAS_KERAS = importlib.util.find_spec("keras") is not None and importlib.util.find_spec("tensorflow") is not None
needs_keras = pytest.mark.skipif(not HAS_KERAS, reason="Keras and TensorFlow are not installed in this environment")


def with_layers_renamed(path, classes):
    """The golden model, layers of these names being of other classes."""
    with zipfile.ZipFile(GOLDEN) as archive, zipfile.ZipFile(path, "w") as changed:
        for member in archive.namelist():
            contents = archive.read(member)
            if member == "config.json":
                config = json.loads(contents)
                for layer in config["config"]["layers"]:
                    layer["class_name"] = classes.get(layer["config"]["name"], layer["class_name"])
                contents = json.dumps(config).encode()
            changed.writestr(member, contents)
    return path


def command(*words):
    return subprocess.run([sys.executable, "-m", "tf_injector", "check", *map(str, words)], capture_output=True, text=True)


@pytest.mark.skipif(HAS_KERAS, reason="Keras is installed")
def test_without_keras_what_is_read_is_said():
    result = fi.check(GOLDEN)
    assert result.ok and result.exit_code == 0 and result.layers == [] and result.outputs == []
    assert result.model.faultable and "read; not compared" in repr(result)
    assert any("not installed" in note for note in result.notes)
    done = command(GOLDEN)
    assert done.returncode == 0 and done.stdout.strip() == repr(result) and done.stderr == ""


def test_a_refused_model_is_a_result(tmp_path):
    names = [layer.name for layer in fi.load_model(GOLDEN).layers if layer.class_name == "Conv2D"][:2]
    path = with_layers_renamed(tmp_path / "odd.keras", {names[0]: "ConvLSTM2D"})
    result = fi.check(path)
    assert not result.ok and result.model is None and result.outputs == []
    assert len(result.refused) == 1 and f"layer '{names[0]}'" in result.refused[0] and "ConvLSTM2D" in result.refused[0]
    assert "refused: 1 problem" in repr(result) and "ConvLSTM2D" in result._repr_html_()
    done = command(path)
    assert done.returncode == 3 and "ConvLSTM2D" in done.stdout


def test_all_refused_layers_are_named(tmp_path):
    names = [layer.name for layer in fi.load_model(GOLDEN).layers if layer.class_name == "Conv2D"][:2]
    result = fi.check(with_layers_renamed(tmp_path / "odd.keras", {names[0]: "ConvLSTM2D", names[1]: "Conv2DTranspose"}))
    assert len(result.refused) == 2
    assert "ConvLSTM2D" in result.refused[0] and f"layer '{names[1]}': class 'Conv2DTranspose'" in result.refused[1]


def test_wrong_arguments(tmp_path):
    with pytest.raises(fi.ModelError, match="no such file"):
        fi.check(tmp_path / "none.keras")
    for options in ({"samples": 0}, {"batch_size": -1}, {"samples": 1.5}, {"samples": True}):
        with pytest.raises(fi.Usage):
            fi.check(GOLDEN, **options)
    assert command(tmp_path / "none.keras").returncode == 3
    assert command(GOLDEN, "--samples", 0).returncode == 2
    assert command(GOLDEN, "--sample-size", 3).returncode == 2
    done = command("--help")
    assert done.returncode == 0 and "Exit codes: 0" in done.stdout and "python -m tf_injector check net.keras" in done.stdout


def test_no_keras_is_imported_with_the_package():
    code = "import sys, tf_injector; sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow', 'h5py')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.0, 1.0])
def test_bits_are_compared(value):
    a = np.array([[value, 0, 1, 2]], np.float32)
    same = _check._compare("x", "Dense", (4,), a, a.copy(), False)
    assert (same.values, same.differing, same.largest) == (4, 0, 0)
    b = a.copy()
    b[0, 1:3] = [-0.0, np.nextafter(np.float32(1), np.float32(2))]
    found = _check._compare("x", "Dense", (4,), a, b, False)
    assert found.differing == 2 and found.largest == 2.0**-23
    b[0, 3] = np.inf
    assert _check._compare("x", "Dense", (4,), a, b, False).largest == np.inf


def test_every_nan_is_one():
    a = np.array([0x7FC00000, 0xFFC00000], np.uint32).view(np.float32)
    assert _check._compare("x", "Dense", (2,), a, a[::-1].copy(), False).differing == 0


def blocks(keras, x, name):
    """Convolutions by the same names in every block."""
    inside = keras.Input(shape=x.shape[1:])
    y = keras.layers.Conv2D(4, 3, padding="same", name="conv")(inside)
    y = keras.layers.BatchNormalization(name="norm")(y)
    y = keras.layers.Dropout(0.5, name="drop")(y)
    return keras.Model(inside, keras.layers.ReLU(name="relu")(y), name=name)(x)


def sequential(keras):
    layers = keras.layers
    body = [layers.Conv2D(4, 3, name="conv"), layers.MaxPooling2D(name="pool"), layers.Flatten(name="flat"), layers.Dense(5, name="dense")]
    return keras.Sequential([keras.Input((8, 8, 3)), *body]), ["conv", "pool", "flat", "dense"]


def nested(keras):
    x = keras.Input((8, 8, 3))
    y = blocks(keras, blocks(keras, x, "first"), "second")
    y = keras.Sequential([keras.Input(y.shape[1:]), keras.layers.GlobalAveragePooling2D(name="mean")], name="third")(y)
    inside = [f"{block}/{name}" for block in ("first", "second") for name in ("conv", "norm", "drop", "relu")]
    return keras.Model(x, keras.layers.Dense(3, activation="softmax", name="scores")(y)), [*inside, "third/mean", "scores"]


def shared(keras):
    x = keras.Input((6, 6, 2))
    conv = keras.layers.Conv2D(2, 3, padding="same", name="conv")
    y = keras.layers.Add(name="sum")([conv(x), conv(conv(x))])
    return keras.Model(x, keras.layers.Flatten(name="flat")(y)), ["conv", "conv", "conv", "sum", "flat"]


def two_inputs(keras):
    a, b = keras.Input((4, 4, 1), name="left"), keras.Input((3,), name="right")
    y = keras.layers.Concatenate(name="both")([keras.layers.Flatten(name="flat")(a), b])
    first, second = keras.layers.Dense(4, name="first")(y), keras.layers.Dense(2, name="second")(y)
    return keras.Model([a, b], [first, second]), ["flat", "both", "first", "second"]


def rescaled(keras):
    x = keras.Input((8, 8, 3), dtype="uint8")
    y = keras.layers.Rescaling(1 / 255, name="scale")(x)
    y = keras.layers.Conv2D(3, 3, name="conv")(y)
    return keras.Model(x, keras.layers.GlobalMaxPooling2D(name="most")(y)), ["scale", "conv", "most"]


@pytest.fixture
def keras():
    """Keras as `check` needs it, whatever the tests before this one have imported."""
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    import keras

    keras.utils.set_random_seed(3)
    return keras


@needs_keras
@pytest.mark.parametrize("make", [sequential, nested, shared, two_inputs, rescaled])
@pytest.mark.parametrize("live", [False, True])
def test_every_layer_equals_keras(tmp_path, keras, make, live):
    model, names = make(keras)
    before = [layer.name for layer in model.layers]
    model.save(tmp_path / "net.keras")
    result = fi.check(model if live else tmp_path / "net.keras", samples=5, batch_size=4)
    assert result.ok, result
    assert sorted(item.layer.split("#")[0] for item in result.layers) == sorted(names)
    assert [item.values for item in result.outputs] == [5 * int(np.prod(y.shape[1:])) for y in model.outputs]
    assert [layer.name for layer in model.layers] == before  # a copy was taken apart
    assert "equal in every bit" in repr(result) and "<table>" in result._repr_html_()


@needs_keras
def test_the_layer_that_begins_to_differ_is_named(keras, monkeypatch):
    model, _ = nested(keras)
    inner = _check._Comparison._group_in_keras

    def other_weights(self, group):
        layer = second[0]
        kept = layer.get_weights()
        layer.set_weights([kept[0] + np.float32(1e-3), *kept[1:]])
        found = inner(self, group)
        layer.set_weights(kept)
        return found

    load = _check._load_in_keras
    second = []

    def remember(*arguments):
        copy = load(*arguments)
        second.append(copy.get_layer("second").get_layer("conv"))
        return copy

    monkeypatch.setattr(_check, "_load_in_keras", remember)
    monkeypatch.setattr(_check._Comparison, "_group_in_keras", other_weights)
    result = fi.check(model, samples=2)
    assert not result.ok and result.exit_code == 7
    assert [item.layer for item in result.layers if item.begins] == ["second/conv"]
    differing = [item.layer for item in result.layers if item.differing]
    assert differing[0] == "second/conv" and "second/norm" in differing and not any(name.startswith("first") for name in differing)
    assert "first in second/conv (Conv2D)" in result.verdict()
    assert all(item.differing == 0 for item in result.outputs)


@needs_keras
def test_layers_are_compared_in_groups_where_memory_is_short(keras, monkeypatch):
    model, names = nested(keras)
    monkeypatch.setattr(_check, "_VALUES_AT_ONCE", 600)
    result = fi.check(model, samples=2)
    assert result.ok and len(result.layers) == len(names), result


@needs_keras
def test_a_group_that_is_too_large_is_halved(keras, monkeypatch):
    model, names = nested(keras)
    inner, sizes = _check._Comparison._group_here, []

    def narrow(self, symbols, calls):
        sizes.append(len(calls))
        if len(calls) > 3:
            raise fi.OutOfMemory("not enough memory")
        return inner(self, symbols, calls)

    monkeypatch.setattr(_check._Comparison, "_group_here", narrow)
    result = fi.check(model, samples=2)
    assert result.ok and [item.layer for item in result.layers] == names, result
    assert sizes[0] == len(names) and sum(size for size in sizes if size <= 3) == len(names)


@needs_keras
def test_a_graph_that_cannot_be_walked_leaves_the_outputs(keras, monkeypatch):
    from tf_injector import _keras_walk

    def fail(*_):
        raise _keras_walk.CannotWalk("unknown")

    monkeypatch.setattr(_keras_walk.Walk, "run", fail)
    result = fi.check(sequential(keras)[0], samples=2)
    assert result.ok and result.layers == [] and len(result.outputs) == 1
    assert any("only the outputs were compared" in note for note in result.notes)


@needs_keras
@pytest.mark.parametrize(
    "before,note",
    [
        ("", "=1 was set before TensorFlow"),
        # As if TensorFlow computed something else: only then it matters.
        ("import tensorflow\nfrom tf_injector import _check\nold = _check._compare\n"
         "_check._compare = lambda a, b, c, want, got, e: old(a, b, c, want + 1, got, e)\n", "had been imported without"),
    ],
)
def test_the_switch_of_tensorflow(tmp_path, keras, before, note):
    sequential(keras)[0].save(tmp_path / "net.keras")
    code = f"{before}\nimport tf_injector as fi\nprint(fi.check({str(tmp_path / 'net.keras')!r}, samples=2))"
    environment = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert note in done.stdout, done.stderr
    done = command(tmp_path / "net.keras")
    assert done.returncode == 0 and "equal in every bit" in done.stdout


def test_a_seed_that_cannot_be_meant():
    for seed in (-1, 1.5, "x", 2**63):
        with pytest.raises(fi.Usage, match="`seed`"):
            fi.check(ROOT / "tests/golden/odd_channels.keras", seed=seed)
