"""tools/zoo: its rules for lists (always), its networks (with TensorFlow 2.14), their weights against PyTorch twins (with both)."""
import csv
import hashlib
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
sys.path[:0] = [str(ROOT / "tools" / "zoo"), str(ROOT / "tools"), str(pathlib.Path(__file__).parent)]

import lists
import networks

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
try:
    import tensorflow as tf
except ImportError:
    tf = None
try:
    import torch
except ImportError:
    torch = None

needs_tensorflow = pytest.mark.skipif(tf is None, reason="no TensorFlow here (tools/README.md)")
needs_both = pytest.mark.skipif(tf is None or torch is None, reason="no TensorFlow with PyTorch beside it here (tools/README.md)")

SMALL = {"conv2d": (3, 3, 3, 16), "conv2d_1": (3, 3, 16, 32), "dense": (32, 10)}


def zoo(*arguments, **options):
    """(exit code, standard output, last line of standard error) of tools/zoo as a program."""
    run = subprocess.run([sys.executable, str(ROOT / "tools" / "zoo"), *map(str, arguments)], capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, **options)
    return run.returncode, run.stdout, (run.stderr.strip().splitlines() or [""])[-1]


# ---- lists -----------------------------------------------------------------------------------------------------------------

def test_a_list_of_the_right_sizes_fits():
    rows = lists.generate(SMALL)
    assert lists.problems(rows, SMALL) == []
    assert lists.same_rows(rows, SMALL) == len(rows)
    assert len({row[1:] for row in rows}) == len(rows)  # no fault twice


def test_sample_sizes_are_the_published_ones():
    assert lists.sample_size(268_336) == 16_625
    assert lists.sample_size(10**12) == 16_641


@pytest.mark.parametrize("row, message", [
    ((0, "conv2d_2", (0, 0, 0, 0), 0), "injection 0: no layer conv2d_2"),
    ((0, "conv2d", (0, 0, 3, 0), 0), "injection 0: conv2d is (3, 3, 3, 16), the index (0, 0, 3, 0)"),
    ((0, "conv2d", (0, -1, 0, 0), 0), "injection 0: conv2d is (3, 3, 3, 16), the index (0, -1, 0, 0)"),
    ((0, "conv2d", (0, 0), 0), "injection 0: conv2d is (3, 3, 3, 16), the index (0, 0)"),
    ((0, "conv2d", (0, 0, 0, 0), 32), "injection 0: bit 32"),
])
def test_a_row_that_does_not_fit_is_found(row, message):
    assert lists.problems([row, *lists.generate(SMALL)[1:]], SMALL)[0] == message


@pytest.mark.parametrize("shape", [(3, 3, 16, 31), (3, 3, 17, 32), (3, 5, 16, 32)])
def test_a_layer_of_another_size_is_found(shape):
    rows = lists.generate(SMALL)
    other = {**SMALL, "conv2d_1": shape}
    assert lists.problems(rows, other)
    assert lists.same_rows(rows, other) < len(rows) - 1


def test_a_kernel_of_the_same_size_but_another_shape_is_found():
    rows = lists.generate(SMALL)
    assert lists.same_rows(rows, {**SMALL, "conv2d_1": (3, 3, 32, 16)}) < len(rows) - 1


# ---- networks --------------------------------------------------------------------------------------------------------------

def shapes_of(dataset, network, **options):
    import builder
    _, b = builder.build(dataset, network, **options)
    return builder.kernel_shapes(b)


@needs_tensorflow
@pytest.mark.parametrize("dataset, network, layers", [("CIFAR10", "ResNet110", 110), ("CIFAR10", "Vgg16_bn", 16),
                                                      ("CIFAR10", "DenseNet169", 169), ("CIFAR10", "InceptionV3", 91)])
def test_networks_without_a_list_have_their_layers(dataset, network, layers):
    names = list(shapes_of(dataset, network, width=1 / 16))
    dense = [name for name in names if name.startswith("dense")]
    assert names == ["conv2d"] + [f"conv2d_{i}" for i in range(1, layers - len(dense))] + dense


@needs_tensorflow
@pytest.mark.parametrize("dataset, network", [("CIFAR10", "ResNet20"), ("CIFAR10", "GoogLeNet"), ("CIFAR10", "MobileNetV2"),
                                              ("CIFAR100", "ResNet18"), ("CIFAR100", "GoogLeNet"), ("GTSRB", "Vgg11_bn")])
def test_published_lists_are_made_again(dataset, network):
    found = [path for path in (SHARED / "fault_lists" / dataset).glob("*_TF_FL.csv")
             if path.name.lower() == f"{network}_tf_fl.csv".lower()]
    if not found:
        pytest.skip("no published lists (../shared/data is not there)")
    rows, shapes = lists.read(found[0]), shapes_of(dataset, network)
    assert lists.problems(rows, shapes) == []
    edited = 1 if (dataset, network) == ("CIFAR10", "ResNet20") else 0
    assert lists.same_rows(rows, shapes) == len(rows) - edited


with open(ROOT / "tests" / "sampling" / "published_lists.csv", newline="") as table:
    PUBLISHED = list(csv.DictReader(table))


@needs_tensorflow
@pytest.mark.parametrize("fact", PUBLISHED, ids=lambda fact: f"{fact['dataset']}-{fact['network']}")
def test_the_program_makes_the_published_lists(tmp_path, fact):
    """generate --published on the network as Keras saves it."""
    program = pathlib.Path(os.environ.get("TFI_PROGRAM", ROOT / "build/release/tf_injector"))
    if not program.exists():
        pytest.skip(f"{program} is not built")
    import builder
    model, _ = builder.build(fact["dataset"], fact["network"])
    path = tmp_path / "network.keras"
    model.save(path)
    made = subprocess.run([program, "generate", "--model", path, "--published", "-o", "-"], capture_output=True, check=True)
    path.unlink()  # up to 230 MB
    assert made.stdout.count(b"\n") == int(fact["rows"]) + 1
    assert hashlib.sha256(made.stdout).hexdigest() == fact["sha256"]


def leaves(model):
    for layer in model.layers:
        yield from leaves(layer) if isinstance(layer, tf.keras.Model) else [layer]


def number(layer):
    tail = layer.name.rsplit("_", 1)[-1]
    return int(tail) if tail.isdigit() else 0


def copy_weights(source, twins, normalised_by_convolution):
    """Kernels go by name; BatchNormalization by its convolution's name or, where it has none before it, by number."""
    kinds = (tf.keras.layers.Conv2D, tf.keras.layers.Dense)
    theirs, ours = list(leaves(source)), [layer for layer, _ in twins]
    named = {layer.name: layer for layer in theirs if isinstance(layer, kinds)}
    norms = [[layer for layer in layers if isinstance(layer, tf.keras.layers.BatchNormalization)] for layers in (theirs, ours)]
    for layers in norms:
        layers.sort(key=(lambda n: n.inbound_nodes[0].inbound_layers.name) if normalised_by_convolution else number)
    for layer in ours:
        if isinstance(layer, kinds):
            layer.set_weights(named[layer.name].get_weights())
    assert len(norms[0]) == len(norms[1])
    for their, our in zip(*norms):
        our.set_weights(their.get_weights())


@needs_tensorflow
@pytest.mark.parametrize("dataset, network", [("CIFAR10", "ResNet20"), ("CIFAR10", "ResNet32"), ("CIFAR10", "ResNet56"),
                                              ("CIFAR10", "MobileNetV2"), ("CIFAR10", "GoogLeNet"), ("CIFAR10", "DenseNet121"),
                                              ("GTSRB", "ResNet20")])
def test_scores_are_those_of_the_converted_files(dataset, network):
    """The same weights in the file that a converter wrote and in ours: the same scores, bit for bit."""
    path = SHARED / "models" / dataset / f"{network}.keras"
    if not path.exists():
        pytest.skip("no converted files (../shared/data is not there)")
    import builder
    import numpy as np
    source = tf.keras.models.load_model(path)
    model, b = builder.build(dataset, network)
    copy_weights(source, b.twins, network == "GoogLeNet")
    size = networks.IMAGE_SIZE[dataset]
    images = np.random.default_rng(0).normal(0, 1, (4, size, size, 3)).astype(np.float32)
    expected = source(images).numpy()
    assert expected.std() > 0.1
    np.testing.assert_array_equal(model(images).numpy(), expected)


# ---- weights ---------------------------------------------------------------------------------------------------------------

WIDTH = 0.125
TWINS = [("CIFAR10", "ResNet20"), ("CIFAR10", "MobileNetV2"), ("CIFAR10", "Vgg11_bn"), ("CIFAR10", "Vgg19_bn"),
         ("CIFAR10", "DenseNet121"), ("CIFAR10", "GoogLeNet"), ("CIFAR10", "InceptionV3"), ("CIFAR100", "ResNet18"),
         ("CIFAR100", "DenseNet121"), ("CIFAR100", "GoogLeNet"), ("GTSRB", "ResNet20"), ("GTSRB", "DenseNet121"),
         ("GTSRB", "Vgg11_bn")]


def twin_and_images(dataset, network):
    import twins
    size = networks.IMAGE_SIZE[dataset]
    images = torch.randn(8, 3, size, size, generator=torch.Generator().manual_seed(1))
    return twins.seeded(dataset, network, WIDTH, networks.CLASSES[dataset], images), images


@needs_both
@pytest.mark.parametrize("dataset, network", TWINS)
def test_scores_are_the_twins(dataset, network):
    import builder
    import weights
    twin, images = twin_and_images(dataset, network)
    with torch.no_grad():
        expected = twin(images).numpy()
    model, b = builder.build(dataset, network, WIDTH)
    weights.set_torch_weights(b.twins, {name: value.numpy() for name, value in twin.state_dict().items()})
    scores = model(images.numpy().transpose(0, 2, 3, 1)).numpy()
    assert expected.std() > 0.1
    assert abs(scores - expected).max() < 1e-4


@needs_both
@pytest.mark.parametrize("container", [None, "state_dict", "net"])
def test_the_program_reads_what_torch_saves(tmp_path, container):
    twin, images = twin_and_images("CIFAR10", "ResNet20")
    state = twin.state_dict()
    if container:
        state = {container: {f"module.{name}": value for name, value in state.items()}, "epoch": 3}
    torch.save(state, tmp_path / "twin.pth")
    code, said, _ = zoo("ResNet20", "-d", "CIFAR10", "--width", WIDTH, "--from-torch", tmp_path / "twin.pth",
                        "-o", tmp_path / "net.keras")
    assert code == 0 and "ResNet20 for CIFAR10" in said
    model = tf.keras.models.load_model(tmp_path / "net.keras")
    with torch.no_grad():
        expected = twin(images).numpy()
    assert abs(model(images.numpy().transpose(0, 2, 3, 1)).numpy() - expected).max() < 1e-4


@needs_both
def test_weights_of_another_network_are_refused(tmp_path):
    twin, _ = twin_and_images("CIFAR10", "ResNet20")
    torch.save({"more": torch.zeros(1), **{k: v for k, v in twin.state_dict().items() if k != "bn1.bias"}}, tmp_path / "twin.pth")
    code, _, error = zoo("ResNet20", "-d", "CIFAR10", "--width", WIDTH, "--from-torch", tmp_path / "twin.pth",
                         "-o", tmp_path / "net.keras")
    assert code == 3 and not (tmp_path / "net.keras").exists()
    assert "bn1.bias is missing (layer batch_normalization); more belongs to no layer" in error
    code, _, error = zoo("ResNet20", "-d", "CIFAR10", "--from-torch", tmp_path / "twin.pth", "-o", tmp_path / "net.keras")
    assert code == 3 and "conv1.weight has the shape (2, 3, 3, 3); layer conv2d is (3, 3, 3, 16)" in error


@needs_both
@pytest.mark.parametrize("content, message", [
    (b"", "no weights that torch.load reads"), (b"x" * 100, "no weights that torch.load reads")])
def test_a_file_that_is_no_state_dict_is_refused(tmp_path, content, message):
    (tmp_path / "bad.pth").write_bytes(content)
    code, _, error = zoo("ResNet20", "-d", "CIFAR10", "--from-torch", tmp_path / "bad.pth", "-o", tmp_path / "net.keras")
    assert code == 3 and message in error


@needs_tensorflow
@pytest.mark.skipif(torch is not None, reason="PyTorch is here")
def test_without_pytorch_it_says_so(tmp_path):
    code, _, error = zoo("ResNet20", "-d", "CIFAR10", "--from-torch", tmp_path / "a.pth", "-o", tmp_path / "net.keras")
    assert code == 3 and "--from-torch needs PyTorch" in error


@needs_tensorflow
def test_random_weights_come_from_the_seed_and_give_sane_scores(tmp_path):
    import numpy as np
    import oracle
    import weights
    mean, std = (np.array(values, np.float32) for values in oracle.STATISTICS["GTSRB"])
    images = (weights.made_images(50, 16, seed=99).astype(np.float32) / np.float32(255) - mean) / std  # not those of calibrate
    scores = []
    for i, seed in enumerate((1, 1, 2)):
        path = tmp_path / f"{i}.keras"
        code, _, error = zoo("ResNet20", "-d", "GTSRB", "--width", WIDTH, "--seed", seed, "-o", path)
        assert code == 0, error
        scores.append(tf.keras.models.load_model(path)(images).numpy())
    np.testing.assert_array_equal(scores[0], scores[1])
    assert (scores[0] != scores[2]).any()
    assert np.isfinite(scores[0]).all() and 0.3 < scores[0].std() < 30
    assert len(set(scores[0].argmax(axis=1))) > 1


@pytest.mark.parametrize("arguments, message", [
    (("ResNet20", "-d", "CIFAR10"), "give a network, --dataset and -o FILE, or --check FOLDER"),
    (("ResNet18", "-d", "CIFAR10", "-o", "x"), "no ResNet18 for CIFAR10: there are"),
    (("ResNet20", "-d", "CIFAR10", "-o", "x", "--width", "0"), "--width is a number over 0"),
])
def test_a_wrong_command_line_is_refused(arguments, message):
    code, _, error = zoo(*arguments)
    assert code == 2 and message in error
