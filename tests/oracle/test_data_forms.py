"""The program itself on every form of every test set: what it feeds the network with is what NumPy and Pillow make of the images.

The network has one layer, Flatten: its scores, which `-s` keeps, are the preprocessed images.
"""

import io
import json
import os
import pathlib
import pickle
import subprocess
import tarfile
import zipfile

import h5py
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = 5
CLASSES = {"CIFAR10": 10, "CIFAR100": 100, "GTSRB": 43}
STATISTICS = {
    "CIFAR10": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "CIFAR100": ((0.5070751592371323, 0.48654887331495095, 0.4409178433670343),
                 (0.2673342858792401, 0.2564384629170883, 0.27615047132568404)),
    "GTSRB": ((0.3403, 0.3121, 0.3214), (0.2724, 0.2608, 0.2669)),
}


def program():
    named = os.environ.get("TFI_PROGRAM")
    path = pathlib.Path(named) if named else ROOT / "build/release/tf_injector"
    assert path.exists(), f"{path} is not built; build the target tf_injector, or name it in TFI_PROGRAM"
    return path


def write_model(path, shape):
    layers = [("InputLayer", {"batch_input_shape": [None, *shape], "dtype": "float32", "name": "image"}),
              ("Flatten", {"dtype": "float32", "data_format": "channels_last", "name": "flatten"})]
    config = {"module": "keras", "class_name": "Sequential", "registered_name": None, "config": {"name": "net", "layers": [
        {"module": "keras.layers", "class_name": kind, "registered_name": None, "config": c} for kind, c in layers]}}
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file.create_group("_layer_checkpoint_dependencies/flatten/vars")
        file.create_group("vars")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.14.0", "date_saved": "2024-01-01@00:00:00"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights.getvalue())


def run(folder, *flags, size=32, home=None):
    """(what was fed, standard error) of a golden run in `folder`."""
    write_model(folder / "net.keras", (size, size, 3))
    environment = {**os.environ, "HOME": str(home or folder / "nobody")}
    done = subprocess.run([program(), "--model", "net.keras", "-o", "out", "-s", "--no-download", *map(str, flags)], cwd=folder,
                          capture_output=True, text=True, env=environment, timeout=120)
    if done.returncode != 0:
        return None, done.stderr
    files = list((folder / "out").rglob("clean.npy"))
    assert len(files) == 1 and f"images: {COUNT}\n" in done.stdout
    return np.load(files[0]), done.stderr


def preprocessed(images, dataset, as_tensorflow=False):
    mean, std = (np.array(v, np.float32) for v in STATISTICS[dataset])
    scaled = images.astype(np.float32)
    scaled = scaled * np.float32(1 / 255) if as_tensorflow else scaled / np.float32(255)
    return ((scaled - mean) / std).reshape(len(images), -1)


def expect_fed(fed, expected):
    assert fed[0] is not None, fed[1]
    np.testing.assert_array_equal(fed[0].view(np.uint32), expected.astype(np.float32).view(np.uint32))


# ---- CIFAR -----------------------------------------------------------------------------------------------------------------

def cifar(dataset):
    rng = np.random.default_rng(CLASSES[dataset])
    return rng.integers(0, 256, (COUNT, 32, 32, 3), dtype=np.uint8), rng.integers(0, CLASSES[dataset], COUNT)


def pickled(dataset, images, labels, protocol):
    batch = {b"data": images.transpose(0, 3, 1, 2).reshape(COUNT, -1)}
    if dataset == "CIFAR10":
        batch[b"labels"] = labels.tolist()
    else:
        batch |= {b"fine_labels": labels.tolist(), b"coarse_labels": [0] * COUNT}
    return pickle.dumps(batch, protocol)


def binary(dataset, images, labels):
    before = 1 if dataset == "CIFAR10" else 2
    return b"".join(bytes([7] * (before - 1) + [int(label)]) + image.transpose(2, 0, 1).tobytes()
                    for image, label in zip(images, labels))


NAMES = {"CIFAR10": ("cifar-10-batches-py/test_batch", "cifar-10-batches-bin/test_batch.bin", "cifar-10-python.tar.gz",
                     "cifar-10-binary.tar.gz"),
         "CIFAR100": ("cifar-100-python/test", "cifar-100-binary/test.bin", "cifar-100-python.tar.gz",
                      "cifar-100-binary.tar.gz")}


def put_file(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def put_archive(path, member, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo(member)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))


def put_cifar(place, dataset, form, images, labels):
    python, binaries, python_archive, binary_archive = NAMES[dataset]
    if form.startswith("pickle"):
        put_file(place / python, pickled(dataset, images, labels, int(form[-1])))
    elif form == "binary":
        put_file(place / binaries, binary(dataset, images, labels))
    elif form == "archive of pickles":
        put_archive(place / python_archive, python, pickled(dataset, images, labels, 2))
    elif form == "archive of binaries":
        put_archive(place / binary_archive, binaries, binary(dataset, images, labels))
    else:
        put_arrays(place, form, images, labels)


def put_arrays(place, form, images, labels):
    place.mkdir(parents=True, exist_ok=True)
    if form == "npz":
        np.savez(place / "set.npz", x=images, y=labels)
    else:
        np.save(place / "x.npy", images)
        np.save(place / "y.npy", labels)


CIFAR_FORMS = ["pickle 2", "pickle 4", "binary", "archive of pickles", "archive of binaries", "npy"]


@pytest.mark.parametrize("dataset", ["CIFAR10", "CIFAR100"])
@pytest.mark.parametrize("form", CIFAR_FORMS)
@pytest.mark.parametrize("flag", [(), ("-u",)])
def test_cifar_in_its_own_folder(tmp_path, dataset, form, flag):
    images, labels = cifar(dataset)
    put_cifar(tmp_path / "datasets" / dataset, dataset, form, images, labels)
    expect_fed(run(tmp_path, "-d", dataset, *flag), preprocessed(images, dataset, bool(flag)))


@pytest.mark.parametrize("dataset", ["CIFAR10", "CIFAR100"])
@pytest.mark.parametrize("form", [form for form in CIFAR_FORMS if form != "npy"])
def test_cifar_in_keras_folder(tmp_path, dataset, form):
    images, labels = cifar(dataset)
    put_cifar(tmp_path / "home" / ".keras" / "datasets", dataset, form, images, labels)
    expect_fed(run(tmp_path, "-d", dataset, home=tmp_path / "home"), preprocessed(images, dataset))


@pytest.mark.parametrize("dataset", ["CIFAR10", "CIFAR100"])
@pytest.mark.parametrize("form", [*CIFAR_FORMS, "npz"])
def test_cifar_by_path(tmp_path, dataset, form):
    images, labels = cifar(dataset)
    place = tmp_path / "elsewhere"
    put_cifar(place, dataset, form, images, labels)
    paths = [place] if form != "npz" else []
    files = [path for path in place.rglob("*") if path.is_file()]
    if form in ("npz", "archive of pickles", "archive of binaries"):
        paths.append(files[0])
    elif form != "npy":
        paths.append(files[0].parent)
    for i, path in enumerate(paths):
        folder = tmp_path / f"run{i}"
        folder.mkdir()
        expect_fed(run(folder, "-d", dataset, "--data", path), preprocessed(images, dataset))


def test_the_places_in_their_order(tmp_path):
    sets = [cifar("CIFAR10")[0] + np.uint8(i) for i in range(3)]
    labels = np.zeros(COUNT, int)
    places = [tmp_path / "given", tmp_path / "datasets/CIFAR10", tmp_path / "home/.keras/datasets"]
    for i, (place, images) in enumerate(zip(places, sets)):
        put_cifar(place, "CIFAR10", "pickle 2", images, labels)
        if i == 2:
            (places[1] / NAMES["CIFAR10"][0]).unlink()
    home = tmp_path / "home"
    expect_fed(run(tmp_path, "-d", "CIFAR10", home=home), preprocessed(sets[2], "CIFAR10"))
    put_cifar(places[1], "CIFAR10", "pickle 2", sets[1], labels)
    for number, (flags, wanted) in enumerate([((), 1), (("--data", places[0]), 0)]):
        subprocess.run(["rm", "-r", tmp_path / "out"], check=True)
        expect_fed(run(tmp_path, "-d", "CIFAR10", *flags, home=home), preprocessed(sets[wanted], "CIFAR10"))
    (places[0] / NAMES["CIFAR10"][0]).unlink()
    fed, error = run(tmp_path, "-d", "CIFAR10", "--data", places[0], home=home)
    assert fed is None and "holds no CIFAR10 test set" in error


# ---- GTSRB -----------------------------------------------------------------------------------------------------------------

def gtsrb(side_from, side_to):
    rng = np.random.default_rng(43)
    return [rng.integers(0, 256, (*rng.integers(side_from, side_to, 2), 3), dtype=np.uint8) for _ in range(COUNT)]


def ppm_of(image):
    return b"P6\n%d %d\n255\n" % (image.shape[1], image.shape[0]) + image.tobytes()


def put_gtsrb(place, packed, images):
    """Files are made in another order than that of their names, in which they are to be read."""
    names = [f"{i:05}.ppm" for i in range(COUNT)]
    table = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n" + "".join(
        f"{name};1;1;0;0;0;0;{i}\r\n" for i, name in reversed(list(enumerate(names))))
    members = {f"GTSRB/Final_Test/Images/{name}": ppm_of(image) for name, image in reversed(list(zip(names, images)))}
    place.mkdir(parents=True)
    if packed:
        with zipfile.ZipFile(place / "GTSRB_Final_Test_Images.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        with zipfile.ZipFile(place / "GTSRB_Final_Test_GT.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("GT-final_test.csv", table)
    else:
        for name, content in members.items():
            put_file(place / name, content)
        put_file(place / "GT-final_test.csv", table.encode())


def by_pillow(images):
    from PIL import Image
    return np.stack([np.asarray(Image.fromarray(image).resize((50, 50), Image.Resampling.BILINEAR)) for image in images])


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("flag", [(), ("-u",)])
def test_gtsrb_as_pillow_resizes_it(tmp_path, packed, flag):
    pytest.importorskip("PIL", reason="Pillow is not installed (scripts/test installs it)")
    images = [image[:, :image.shape[0]] for image in gtsrb(30, 90)]  # none taller than wide: Pillow 13 differs there
    images = [image if image.shape[0] <= image.shape[1] else image[:image.shape[1]] for image in images]
    put_gtsrb(tmp_path / "datasets" / "GTSRB", packed, images)
    expect_fed(run(tmp_path, "-d", "GTSRB", *flag, size=50), preprocessed(by_pillow(images), "GTSRB", bool(flag)))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("flag", [(), ("-u",)])
def test_gtsrb_as_tensorflow_resizes_it(tmp_path, packed, flag):
    from test_resize import resized_by_tensorflow
    images = gtsrb(15, 120)
    put_gtsrb(tmp_path / "elsewhere", packed, images)
    resized = np.stack([resized_by_tensorflow(image) for image in images])
    fed = run(tmp_path, "-d", "GTSRB", "--data", "elsewhere", "--resize", "tensorflow", *flag, size=50)
    expect_fed(fed, preprocessed(resized, "GTSRB", bool(flag)))


@pytest.mark.parametrize("form", ["npz", "npy"])
def test_gtsrb_as_arrays(tmp_path, form):
    images = np.random.default_rng(1).integers(0, 256, (COUNT, 50, 50, 3), dtype=np.uint8)
    put_arrays(tmp_path / "set", form, images, np.arange(COUNT))
    path = "set/set.npz" if form == "npz" else "set"
    expect_fed(run(tmp_path, "-d", "GTSRB", "--data", path, size=50), preprocessed(images, "GTSRB"))


def test_the_snapshot_of_the_python_tool_names_the_command(tmp_path):
    (tmp_path / "datasets" / "GTSRB" / "GTSRB_keras").mkdir(parents=True)
    fed, error = run(tmp_path, "-d", "GTSRB", size=50)
    assert fed is None and "tf.data snapshot" in error and "'tf_injector download GTSRB'" in error
    fed, error = run(tmp_path, "-d", "GTSRB", "--data", "datasets/GTSRB", size=50)
    assert fed is None and "tf.data snapshot" in error and "'tf_injector download GTSRB --to datasets/GTSRB'" in error


def test_a_dry_run_fetches_nothing(tmp_path):
    write_model(tmp_path / "net.keras", (32, 32, 3))
    done = subprocess.run([program(), "--model", "net.keras", "-d", "CIFAR10", "--dry-run"], cwd=tmp_path, capture_output=True,
                          text=True, env={**os.environ, "HOME": str(tmp_path)}, timeout=120)
    assert done.returncode == 3 and "'tf_injector download CIFAR10'" in done.stderr
    assert os.listdir(tmp_path) == ["net.keras"]


# ---- any images ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("form", ["npz", "npy"])
@pytest.mark.parametrize("dataset", [None, "CIFAR100"])
def test_float_images_are_fed_as_they_are(tmp_path, form, dataset):
    images = np.random.default_rng(2).normal(0, 300, (COUNT, 9, 9, 3)).astype(np.float32)
    put_arrays(tmp_path / "set", form, images, np.arange(COUNT))
    path = "set/set.npz" if form == "npz" else "set"
    flags = ["-d", dataset] if dataset else []
    expect_fed(run(tmp_path, *flags, "--data", path, size=9), images.reshape(COUNT, -1))


def test_mean_and_std_of_the_user(tmp_path):
    images = np.random.default_rng(3).normal(0, 1, (COUNT, 9, 9, 3)).astype(np.float32)
    put_arrays(tmp_path / "set", "npz", images, np.arange(COUNT))
    fed = run(tmp_path, "--data", "set/set.npz", "--mean", "0.1,0.2,0.3", "--std", "0.5,0.6,0.7", size=9)
    mean, std = np.array([0.1, 0.2, 0.3], np.float32), np.array([0.5, 0.6, 0.7], np.float32)
    expect_fed(fed, ((images - mean) / std).reshape(COUNT, -1))


@pytest.mark.parametrize("flag", [(), ("-u",)])
def test_bytes_without_a_data_set_are_scaled_only(tmp_path, flag):
    images = np.random.default_rng(4).integers(0, 256, (COUNT, 9, 9, 3), dtype=np.uint8)
    put_arrays(tmp_path / "set", "npz", images, np.arange(COUNT))
    scaled = images.astype(np.float32)
    scaled = scaled * np.float32(1 / 255) if flag else scaled / np.float32(255)
    expect_fed(run(tmp_path, "--data", "set/set.npz", *flag, size=9), scaled.reshape(COUNT, -1))
