"""Whatever is handed over, an error of the package comes back or a right result: no crash, no other exception."""
import inspect
import os

import numpy as np
import pytest
import tf_injector as fi
from golden import golden
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

MODEL = fi.load_model(golden("odd_channels").model)
INPUT = MODEL.inputs[0].shape
LAYERS = [tensor.layer for tensor in MODEL.faultable]
settings.register_profile("tests", deadline=None, max_examples=int(os.environ.get("TFI_EXAMPLES", 100)), suppress_health_check=list(HealthCheck), derandomize=True)
settings.load_profile("tests")

DTYPES = [np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint64, np.float16, np.float32, np.float64, np.complex64, bool, "U3", "S2", object, "M8[s]", ">f4", ">i4"]
shapes = st.one_of(hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5), st.integers(0, 4).map(lambda n: (n, *INPUT)))


@st.composite
def arrays(draw):
    """Arrays of any type, shape, order and strides."""
    array = np.zeros(draw(shapes), dtype=draw(st.sampled_from(DTYPES)))
    if draw(st.booleans()) and array.dtype.kind == "f":
        array = array + array.dtype.type(draw(st.sampled_from([np.nan, np.inf, -np.inf, 3e4])))
    change = draw(st.sampled_from(["none", "fortran", "reversed", "strided", "broadcast", "readonly", "transposed"]))
    if change == "fortran":
        array = np.asfortranarray(array)
    elif change == "reversed" and array.ndim:
        array = array[::-1]
    elif change == "strided" and array.ndim:
        array = np.repeat(array, 2, axis=0)[::2]
    elif change == "broadcast" and array.ndim:
        array = np.broadcast_to(array[:1], array.shape) if len(array) else array
    elif change == "readonly" and array.ndim:
        array.flags.writeable = False
    elif change == "transposed":
        array = array.T
    return array


anything = st.one_of(arrays(), st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.text(st.characters(), max_size=3), st.binary(max_size=5),
                     st.lists(st.integers(-3, 40), max_size=4), st.lists(st.floats(), max_size=4), st.just({}), st.just({"x": 1}))
numbers = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.integers(-2, 600), st.floats(), st.text(max_size=3), arrays())


def attempt(call):
    """The result, or None where the package refused with a line that says something."""
    try:
        return call()
    except fi.Error as error:
        assert not isinstance(error, fi.InternalError), error
        assert str(error).strip()
        assert error.exit_code in (2, 3, 4, 8)
        return None


@given(arrays(), st.one_of(arrays(), st.lists(st.integers(0, 9), max_size=4)), st.one_of(st.none(), anything), st.one_of(st.none(), anything))
def test_data_sets(x, y, mean, std):
    images = attempt(lambda: fi.Dataset.from_arrays(x, y, mean=mean, std=std))
    if images is None:
        return
    assert len(images) == len(x) == len(images.y)
    report = attempt(lambda: fi.run_campaign(MODEL, images, [(LAYERS[0], (0, 0, 0, 0), 30)], progress=False, threads=1))
    assert report is None or len(report) == 1


@given(st.dictionaries(st.text(max_size=3), arrays(), max_size=3), arrays())
def test_data_sets_of_several_inputs(x, y):
    images = attempt(lambda: fi.Dataset.from_arrays(x, y))
    if images is not None:
        attempt(lambda: fi.run_campaign(MODEL, images, progress=False, threads=1))


@given(anything)
def test_predictions(x):
    scores = attempt(lambda: MODEL.predict(x, threads=1))
    assert scores is None or scores.shape[0] == len(x)


@given(st.one_of(anything, st.sampled_from(LAYERS), st.lists(st.sampled_from([*LAYERS, "none", "", "\udcff"]), max_size=4)), anything, anything, st.one_of(st.none(), anything))
def test_fault_columns(layer, index, bit, injection):
    faults = attempt(lambda: fi.FaultList.from_arrays(layer, index, bit, injection))
    if faults is not None:
        assert len(faults) == len(index)
        attempt(lambda: MODEL.predict(np.zeros((1, *INPUT), np.float32), faults, threads=1))


@given(st.one_of(anything, st.lists(st.tuples(anything, anything, anything), max_size=3), st.lists(st.tuples(st.sampled_from(LAYERS), st.lists(st.integers(-1, 3), max_size=5), st.integers(-1, 33)), max_size=3)))
def test_faults(faults):
    attempt(lambda: fi.run_campaign(MODEL, (np.zeros((1, *INPUT), np.float32), [0]), faults, progress=False, threads=1))


@given(st.one_of(st.text(), st.text(st.characters()), st.binary(), st.text().map(lambda t: "Injection,Layer,TensorIndex,Bit\n" + t)))
def test_list_texts(text):
    attempt(lambda: fi.FaultList.parse(text))


@given(st.sampled_from(["batch_size", "limit", "check", "threads", "memory", "output", "preprocess", "use_tf", "scores", "kernels", "overwrite"]), numbers)
def test_options(name, value):
    if name == "threads" and isinstance(value, int) and value > 8:
        return  # as many as asked for
    attempt(lambda: fi.run_campaign(MODEL, (np.zeros((1, *INPUT), np.float32), [0]), [(LAYERS[0], (0, 0, 0, 0), 30)], progress=False, **{name: value}))
    if name in inspect.signature(MODEL.predict).parameters:
        attempt(lambda: MODEL.predict(np.zeros((1, *INPUT), np.float32), **{name: value}))


@pytest.mark.parametrize("option", [{"memory": "9" * 400 + "G"}, {"preprocess": "\udc80"}, {"preprocess": (10**400, 1)}, {"preprocess": ("123", "456")}, {"preprocess": ((10**400,) * 3, (1, 1, 1))},
                                    {"check": "much"}, {"check": 1.0}, {"check": 10**30}, {"check": -1}])
def test_options_that_are_no_numbers(option):
    x = np.zeros((1, *INPUT), np.uint8)
    for call in (lambda: MODEL.predict(x, **option), lambda: fi.run_campaign(MODEL, (x, [0]), progress=False, **option)):
        with pytest.raises(fi.Usage, match=f"`({next(iter(option))}|mean)`"):
            call()


def test_preprocessing_by_arrays():
    x = np.random.default_rng(0).integers(0, 256, (2, *INPUT), np.uint8)
    mean, std = (0.5, 0.4, 0.3), (0.1, 0.2, 0.3)
    assert np.array_equal(MODEL.predict(x, preprocess=(np.array(mean), np.array(std))), MODEL.predict(x, preprocess=(mean, std)))


def test_numbers_are_never_cut_to_fewer_bits():
    for bit in (2**32 + 3, -(2**32) + 3, 2**40, 2**63 - 1, -(2**63)):
        with pytest.raises(fi.FaultListError, match=f"Bit out of range.*found {bit} in row 1"):
            fi.FaultList.from_arrays("conv2d", [(0, 0, 0, 0)] * 2, [3, bit])
    for index in (np.array([[0, 2**64 - 1]], np.uint64), [np.array([0, 2**64 - 1], np.uint64)]):
        with pytest.raises(fi.Usage, match="`index`: 18446744073709551615 is too large"):
            fi.FaultList.from_arrays("conv2d", index, 3)


@pytest.mark.parametrize("rows", [None, ..., "a", b"a", 1.5, [1.5], [[0, 1]], {0: 1}, {0, 1}, object(), slice("a"), slice(None, None, 0), (slice(2),), (slice(None), 0), np.zeros((2, 2), int), np.zeros((2, 2), bool), np.array(1.5), [[0], [1, 2]], True])
def test_what_are_no_rows(rows):
    faults, images = fi.FaultList.read(golden("odd_channels").faults), fi.Dataset.from_arrays(np.zeros((3, *INPUT), np.float32), [0, 1, 2])
    for things in (faults, images):
        with pytest.raises(fi.Usage, match="expected a slice, row numbers or a mask"):
            things[rows]


@pytest.mark.parametrize("rows", [(0, 2), (2,), range(2), [2, 0], np.array([1, -1], np.int8), np.array([2], np.uint64), (True, False, True), [], (), np.array([])])
def test_rows_of_a_data_set(rows):
    x = np.random.default_rng(0).random((3, *INPUT), np.float32)
    chosen = fi.Dataset.from_arrays(x, [5, 6, 7])[rows]
    numbers = np.arange(3)[list(rows)] if len(rows) else np.arange(0)
    assert np.array_equal(chosen.x, x[numbers]) and chosen.y.tolist() == [5 + i for i in numbers]


@given(anything)
def test_models_and_data_sets(thing):
    attempt(lambda: fi.load_model(thing))
    attempt(lambda: fi.run_campaign(MODEL, thing, progress=False))
    attempt(lambda: fi.FaultList.read(thing))
    attempt(lambda: fi.Dataset.read(thing))
    attempt(lambda: fi.read_report(thing))


@given(st.one_of(st.integers(-5, 30), st.slices(20), st.lists(st.integers(-20, 19), max_size=5), hnp.arrays(bool, st.integers(18, 22))))
def test_rows_of_a_list(rows):
    faults = fi.FaultList.read(golden("odd_channels").faults)
    expected = list(faults)
    try:
        chosen = faults[rows]
    except (IndexError, fi.FaultListError):
        return
    if isinstance(rows, int):
        assert chosen == expected[rows]
    else:
        assert list(chosen) == [expected[i] for i in np.arange(len(expected))[rows]]


def test_texts_say_what_to_do():
    zeros = np.zeros((2, *INPUT), np.float32)
    for call, error, text in (
        (lambda: fi.Dataset.from_arrays(zeros.astype(np.float64), [0, 1]), fi.DatasetError, r"float64.*x\.astype\('float32'\)"),
        (lambda: fi.Dataset.from_arrays(zeros, [0.0, np.nan]), fi.DatasetError, "labels of type float64"),
        (lambda: fi.Dataset.from_arrays(zeros, np.eye(2)), fi.DatasetError, "argmax"),
        (lambda: fi.Dataset.from_arrays(zeros, [0, -1]), fi.DatasetError, "label -1 of image 1"),
        (lambda: fi.Dataset.from_arrays(zeros, [0]), fi.DatasetError, "2 images.*1 labels"),
        (lambda: fi.Dataset.from_arrays(zeros, [0, 1], mean=(1, 2, 3)), fi.Usage, "`mean` needs `std`"),
        (lambda: fi.Dataset.from_arrays(zeros, [0, 1], mean=(1, 2), std=(1, 2)), fi.Usage, "three numbers"),
        (lambda: fi.load_model("no.keras"), fi.ModelError, "no.keras: no such file"),
        (lambda: fi.load_model(3), fi.Usage, "expected a path or a keras.Model, found int"),
        (lambda: fi.FaultList.read("no.csv"), fi.BadInput, "no.csv: no such file"),
        (lambda: fi.FaultList.from_faults([("conv2d", (0, 0, 0, 0), 32)]), fi.FaultListError, "Bit out of range"),
        (lambda: MODEL.predict(zeros, [("nothing", (0, 0, 0, 0), 3)]), fi.FaultListError, "unknown layer"),
        (lambda: MODEL.predict(zeros, [("nothing", (0, 0, 0, 0))]), fi.Usage, "item 0"),
        (lambda: MODEL.predict(zeros, output="nothing"), fi.ModelError, "no output 'nothing'"),
        (lambda: MODEL.predict(zeros, memory="much"), fi.Usage, "`memory`.*4G"),
        (lambda: MODEL.predict(zeros, memory=1000), fi.OutOfMemory, "memory"),
        (lambda: MODEL.predict(zeros, kernels="sse"), fi.Usage, "`kernels`.*avx2"),
        (lambda: MODEL.predict(zeros, preprocess="MNIST"), fi.Usage, "`preprocess`.*CIFAR10"),
        (lambda: MODEL.predict(zeros, batch_size=0), fi.Usage, "`batch_size`"),
        (lambda: fi.run_campaign(MODEL, (zeros, [0, 99]), progress=False), fi.DatasetError, "label 99 of image 1"),
        (lambda: fi.run_campaign(MODEL, (zeros, [0, 1]), report="r.csv", progress=False), fi.Usage, "`report` needs `faults`"),
        (lambda: fi.run_campaign(MODEL, (zeros, [0, 1]), progress="yes"), fi.Usage, "`progress`"),
        (lambda: fi.run_campaign(MODEL, zeros, progress=False), fi.Usage, r"`dataset`.*\(x, y\)"),
        (lambda: MODEL.predict((zeros, [0, 1])), fi.DatasetError, "`x`: images of different shapes"),
        (lambda: fi.Dataset.from_arrays(zeros, [[0], [1, 2]]), fi.DatasetError, "`y`: rows of different lengths"),
        (lambda: fi.Dataset.read("d.npz", model=3), fi.Usage, "`model`"),
        (lambda: fi.Dataset.cifar10("nowhere", download="no"), fi.Usage, "`download`"),
        (lambda: fi.Dataset.from_arrays(zeros, [0, 1], mean="123", std="456"), fi.Usage, "`mean`: expected three numbers"),
        (lambda: fi.FaultList.generate(MODEL, n=np.True_), fi.Usage, "`n`"),
        (lambda: fi.FaultList.generate(MODEL, n=3, bits=[[1], [2, 3]]), fi.Usage, "`bits`"),
        (lambda: fi.run_campaign(MODEL, (zeros, [0, 1]), b"no.csv"), fi.BadInput, "no.csv: no such file"),
        (lambda: fi.load_model(b"no.keras"), fi.ModelError, "no.keras: no such file"),
        (lambda: fi.run_campaign(MODEL, (zeros, [0, 1]), progress=np.array([1, 2])), fi.Usage, "`progress`"),
        (lambda: fi.Model(), fi.Usage, "load_model"),
        (lambda: fi.Dataset(), fi.Usage, "from_arrays"),
        (lambda: fi.Report(), fi.Usage, "run_campaign"),
    ):
        with pytest.raises(error, match=text):
            call()
