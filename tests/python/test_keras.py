"""Live models; Keras, TensorFlow and h5py in one process. Skipped where they are not installed: run it with the Python of such an
environment.

Seen to pass with TensorFlow 2.14.1 (Keras 2.14) and Keras 3 on a virtual AMD EPYC (Zen 5, AVX-512)."""
import importlib.util
import json
import os
import subprocess
import sys
import textwrap
import time
import zipfile

import numpy as np
import pytest
import small_campaign
import tf_injector as fi
from golden import golden, same_bits

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

needs_keras = pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="Keras is not installed")
needs_h5py = pytest.mark.skipif(importlib.util.find_spec("h5py") is None, reason="h5py is not installed")


def new_model():
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(7)
    return keras.Sequential([
        layers.Input((12, 12, 3)) if hasattr(layers, "Input") else keras.Input((12, 12, 3)),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(12, 3),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(5),
    ], name="mine")


@needs_keras
def test_a_live_model_is_that_of_its_file(tmp_path):
    live = new_model()
    model = fi.load_model(live)
    assert model.name == "mine" and len(model.faultable) == 3 and "mine" in repr(model)
    live.save(tmp_path / "mine.keras")
    x = np.random.default_rng(1).standard_normal((6, 12, 12, 3)).astype(np.float32)
    y = np.arange(6) % 5
    faults = fi.FaultList.from_faults([(t.layer, (0,) * len(t.shape), bit) for t in model.faultable for bit in (1, 20, 30, 31)])
    reports = {}
    for name, network in (("live", live), ("loaded", model), ("file", tmp_path / "mine.keras")):
        fi.run_campaign(network, (x, y), faults, report=tmp_path / name / "r.csv", scores="all", progress=False)
        files = small_campaign.files_of(tmp_path / name)
        files.pop("r.run.json")
        reports[name] = files
    np.savez(tmp_path / "d.npz", x=x, y=y)
    faults.to_csv(tmp_path / "f.csv")
    done = small_campaign.run("--model", tmp_path / "mine.keras", "--data", tmp_path / "d.npz", "-f", tmp_path / "f.csv",
                              "--report", tmp_path / "program/r.csv", "-s", "-q")
    assert done.returncode == 0, done.stderr
    reports["program"] = small_campaign.files_of(tmp_path / "program")
    reports["program"].pop("r.run.json")
    assert all(files == reports["program"] for files in reports.values())


@needs_keras
def test_scores_of_a_live_model_are_keras_own():
    import keras

    live = new_model()
    x = np.random.default_rng(1).standard_normal((6, 12, 12, 3)).astype(np.float32)
    theirs = np.asarray(live.predict(x, batch_size=6, verbose=0))
    ours = fi.load_model(live).predict(x, batch_size=6)
    if keras.__version__.startswith("2.") and "avx512f" in open("/proc/cpuinfo").read():
        assert same_bits(ours, theirs)
    else:  # another backend, or another CPU, rounds otherwise
        assert np.abs(ours - theirs).max() < 1e-4


class Live:
    """What load_model takes for a keras.Model: it saves itself as Keras does, with the date."""

    name, built = "mine", True

    def get_config(self):
        return {}

    def save(self, path):
        Live.saved = getattr(Live, "saved", 0) + 1
        with zipfile.ZipFile(golden("odd_channels").model) as kept, zipfile.ZipFile(path, "w") as made:
            for name in kept.namelist():
                part = kept.read(name)
                if name == "metadata.json":
                    part = json.dumps(json.loads(part) | {"date_saved": f"2026-01-01@00:00:{Live.saved:02}"})
                made.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 2 * Live.saved)), part)


def test_a_campaign_of_a_live_model_goes_on_in_its_report(tmp_path):
    g = golden("odd_channels")
    images = (g.inputs, np.arange(len(g.inputs)))
    fi.run_campaign(Live(), images, g.faults, report=tmp_path / "r.csv", progress=False)
    before = (tmp_path / "r.csv").read_bytes()
    fi.run_campaign(Live(), images, g.faults, report=tmp_path / "r.csv", progress=False)
    assert (tmp_path / "r.csv").read_bytes() == before and Live.saved == 2
    model = fi.load_model(Live())
    assert model.keras_version == fi.load_model(g.model).keras_version != ""
    assert np.array_equal(model.predict(g.inputs), fi.load_model(g.model).predict(g.inputs))


def test_a_model_without_weights_is_refused():
    class Unbuilt(Live):
        built = False

    with pytest.raises(fi.ModelError, match="mine: the model has no weights yet: begin it with keras.Input"):
        fi.load_model(Unbuilt())


@needs_keras
def test_a_live_model_has_the_same_bytes_whenever_it_is_read():
    live = new_model()
    first = fi.load_model(live).sha256
    time.sleep(2.1)  # the date in a zip is one of two seconds
    assert fi.load_model(live).sha256 == first
    live.layers[-1].bias.assign(live.layers[-1].bias + 1)
    assert fi.load_model(live).sha256 != first


@needs_keras
def test_a_model_that_cannot_be_saved():
    class Broken:
        name = "broken"

        def get_config(self):
            return {}

        def save(self, path):
            raise OSError("no")

    with pytest.raises(fi.ModelError, match="broken: Keras could not save it"):
        fi.load_model(Broken())


ORDERS = [("tf_injector", "other"), ("other", "tf_injector")]


def in_one_process(order, other, work):
    g = golden("odd_channels")
    imports = "\n".join("import tf_injector as fi" if name == "tf_injector" else f"import {other}" for name in order)
    code = f"""
import os
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
import numpy as np
{imports}
images = np.load({str(small_campaign.ROOT / "tests/golden/odd_channels.golden.npz")!r})["inputs"]
def campaign():
    return fi.run_campaign({g.model!r}, (images, np.arange(len(images))), {g.faults!r}, progress=False).to_csv()
{work}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@needs_keras
@pytest.mark.parametrize("order", ORDERS)
def test_tensorflow_beside_us_is_not_changed(order):
    pytest.importorskip("tensorflow")
    in_one_process(order, "tensorflow", textwrap.dedent(f"""
        is_old = __import__("keras").__version__.startswith("2.")
        net = tensorflow.keras.models.load_model({golden("odd_channels").model!r} if is_old else {golden("k3_sequential").model!r}, compile=False)
        x = np.random.default_rng(1).standard_normal((4, *net.input_shape[1:])).astype(np.float32)
        before = net(x).numpy()
        first = campaign()
        assert np.array_equal(net(x).numpy().view(np.uint32), before.view(np.uint32))
        assert campaign() == first
        fi.load_model(net)
    """))


@needs_h5py
@pytest.mark.parametrize("order", ORDERS)
def test_h5py_beside_us(order, tmp_path):
    in_one_process(order, "h5py", textwrap.dedent(f"""
        path = {str(small_campaign.ROOT / "tests/golden/preprocessed_caffe.h5")!r}
        with h5py.File(path) as file:
            names = list(file)
            model = fi.load_model(path)
            assert list(file) == names
        with h5py.File({str(tmp_path / "new.h5")!r}, "w") as file:
            file["a"] = np.arange(1000)
            fi.load_model(path)
            assert int(file["a"][999]) == 999
        campaign()
        try:
            h5py.File({str(tmp_path / "none.h5")!r})
        except OSError as error:
            assert "No such file" in str(error)
    """))
