"""Fault lists that are drawn: against CPython's random, the formulas of the field, and the published lists."""
import ast
import csv
import hashlib
import json
import math
import os
import random
import signal
import statistics
import subprocess

import numpy as np
import pytest
import tf_injector as fi
from golden import NAMES, golden
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_campaign import PROGRAM, ROOT, run, write_images

settings.register_profile("generate", deadline=None, max_examples=60, suppress_health_check=list(HealthCheck), derandomize=True)
settings.load_profile("generate")

SHARED = ROOT.parent / "shared/data"
MODELS = {name: fi.load_model(golden(name).model) for name in NAMES}
RESNET20 = fi.load_model(ROOT / "models/CIFAR10/ResNet20.keras")
SCHEMES = ["network-wise", "layer-wise", "data-unaware", "data-aware"]


def names(model):
    """The names by which lists call the layers: without the models around them where that is enough."""
    leaves = [layer.name for layer in model.layers]
    paths = {layer.path: layer.name for layer in model.layers}
    return [paths[t.layer] if leaves.count(paths[t.layer]) == 1 else t.layer for t in model.faultable]


def drawn(rng, population, count):
    """What the list is defined to be: the first different numbers of randrange, or those that are left out of more than half."""
    wanted = count if count <= population // 2 else population - count
    found = set()
    while len(found) < wanted:
        found.add(rng.randrange(population))
    return sorted(found) if count <= population // 2 else [i for i in range(population) if i not in found]


def expected(model, plan):
    """The rows of a plan as CPython draws them."""
    rng = random.Random(plan["seed"])
    kernels = {name: tensor for name, tensor in zip(names(model), model.faultable) if name in plan["layers"]}
    for stratum in plan["strata"]:
        chosen = [stratum["layer"]] if stratum["layer"] else list(kernels)
        is_bit = plan["scheme"].startswith("data")
        bits = [stratum["bit_first"]] if is_bit else plan["bits"]
        faults = [(name, element, bit) for name in chosen for element in range(kernels[name].elements) for bit in bits]
        assert stratum["population"] == len(faults)
        for i in drawn(rng, len(faults), stratum["faults"]):
            name, element, bit = faults[i]
            yield name, tuple(int(n) for n in np.unravel_index(element, kernels[name].shape)), bit


def wanted(population, error, confidence, p):
    t = round(statistics.NormalDist().inv_cdf(0.5 + confidence / 2), 2)
    return population / (1 + error**2 * (population - 1) / (t**2 * p * (1 - p)))


@given(st.sampled_from(NAMES), st.sampled_from(SCHEMES[:3]), st.integers(0, 2**64 - 1).map(lambda n: n >> 1), st.data())
def test_rows_are_those_that_cpython_draws(name, scheme, seed, data):
    model = MODELS[name]
    layers = data.draw(st.one_of(st.none(), st.lists(st.sampled_from(names(model)), min_size=1, max_size=3)))
    bits = data.draw(st.one_of(st.none(), st.lists(st.integers(0, 31), min_size=1, max_size=5)))
    sizes = data.draw(st.one_of(
        st.fixed_dictionaries({"n": st.integers(1, 60)}),
        st.fixed_dictionaries({"error": st.floats(0.05, 0.5), "confidence": st.sampled_from([0.9, 0.95, 0.99])}),
    ))
    try:
        faults = fi.FaultList.generate(model, scheme, seed=seed, layers=layers, bits=bits, **sizes)
    except fi.Usage as error:
        assert "`n`: expected at most" in str(error) or "no faults" in str(error)
        return
    plan = faults.plan
    assert list(expected(model, plan)) == [(f.layer, f.index, f.bit) for f in faults]
    assert [f.injection for f in faults] == list(range(len(faults)))
    assert sum(s["faults"] for s in plan["strata"]) == plan["faults"] == len(faults)
    assert plan["list_sha256"] == faults.sha256 and plan["model_sha256"] == model.sha256
    for stratum in plan["strata"]:
        n, population, p = stratum["faults"], stratum["population"], stratum["p"]
        if "n" in sizes:
            assert abs(n - sizes["n"] * population / plan["population"]) < 1
        else:
            assert n == max(1, round(wanted(population, sizes["error"], sizes["confidence"], p)))
        if 0 < n < population:
            margin = plan["t"] * math.sqrt(p * (1 - p) / n * (population - n) / (population - 1))
            assert stratum["margin"] == pytest.approx(min(1, margin), rel=1e-12)
        else:
            assert stratum["margin"] == (0 if n else 1)


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_fits_its_model(name):
    faults = fi.FaultList.generate(MODELS[name], n=20, seed=3)
    scores = MODELS[name].predict(golden(name).inputs, faults, preprocess="none")
    assert scores.shape[0] == 20


def test_exhaustive_lists_are_all_faults():
    model = MODELS["odd_channels"]
    tensor = min(model.faultable, key=lambda t: t.elements)
    faults = fi.FaultList.generate(model, "exhaustive", layers=[tensor.layer], bits=[31, 0])
    assert len(faults) == 2 * tensor.elements == len(set(f[1:] for f in faults))
    assert [f.bit for f in faults[:4]] == [0, 31, 0, 31]
    assert faults == fi.FaultList.generate(model, n=2 * tensor.elements, layers=[tensor.layer], bits=[31, 0])


def test_all_faults_are_as_likely_as_each_other():
    """Chi-square over the elements of a small layer, and over the bits; 5 standard deviations."""
    model = MODELS["odd_channels"]
    tensor = min(model.faultable, key=lambda t: t.elements)
    counts = np.zeros((tensor.elements, 32))
    for seed in range(400):
        for fault in fi.FaultList.generate(model, n=tensor.elements * 4, layers=[tensor.layer], seed=seed):
            counts[np.ravel_multi_index(fault.index, tensor.shape), fault.bit] += 1
    for table in (counts.sum(axis=0), counts.sum(axis=1)):
        chi = ((table - table.mean()) ** 2 / table.mean()).sum()
        freedom = len(table) - 1
        assert abs(chi - freedom) < 5 * math.sqrt(2 * freedom)


def test_data_aware_asks_for_what_the_weights_say():
    """p by D(i) = mean |w with bit i flipped - w|, scaled to 0 .. 0.5; outliers 0.5 (NumPy)."""
    h5py = pytest.importorskip("h5py")
    import io
    import zipfile

    with zipfile.ZipFile(ROOT / "models/CIFAR10/ResNet20.keras") as archive:
        file = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    kernels = []
    file.visititems(lambda _, o: kernels.append(o[()].ravel()) if isinstance(o, h5py.Dataset) and o.ndim in (2, 4) else None)
    weights = np.concatenate(kernels).astype(np.float32)
    assert len(weights) == sum(t.elements for t in RESNET20.faultable)
    with np.errstate(all="ignore"):
        flipped = [(weights.view(np.uint32) ^ np.uint32(1 << bit)).view(np.float32).astype(float) for bit in range(32)]
        distances = np.array([np.abs(f - weights.astype(float)).mean() for f in flipped])
    distances[np.isnan(distances)] = np.inf
    outlier = np.array([not np.isfinite(d) or d > 1000 * np.median(np.delete(distances, bit)) for bit, d in enumerate(distances)])
    rest = distances[~outlier]
    p = np.where(outlier, 0.5, 0.5 * (distances - rest.min()) / (rest.max() - rest.min()))
    assert outlier[30] and p.min() == 0
    plan = fi.FaultList.generate(RESNET20, "data-aware", error=0.05, confidence=0.9).plan
    for stratum in plan["strata"]:
        assert stratum["p"] == pytest.approx(p[stratum["bit_first"]], rel=1e-9, abs=1e-12)
        assert stratum["p"] > 0 or stratum["margin"] > 0.5  # one fault of a bit that hardly changes anything makes nothing certain


def test_sizes_of_resnet20():
    sizes = {scheme: fi.FaultList.generate(RESNET20, scheme).plan["faults"] for scheme in ("network-wise", "layer-wise")}
    assert sizes == {"network-wise": 16609, "layer-wise": 290142}
    assert fi.FaultList.generate(RESNET20, published=True).plan["faults"] == 16627


with open(ROOT / "tests/sampling/published_lists.csv", newline="") as table:  # SHA-256 of the lists, line ends as LF
    PUBLISHED = {(r["dataset"], r["network"]): r for r in csv.DictReader(table)}
EDITED_ROWS = {("CIFAR10", "ResNet20"): 1}  # by hand; the table has the list as it was before


def published_list(dataset, network):
    folder = SHARED / "fault_lists" / dataset
    return next(p for p in folder.iterdir() if p.name.lower() == f"{network}_TF_FL.csv".lower())


@pytest.mark.skipif(not (SHARED / "fault_lists").exists(), reason="../shared/data/fault_lists is absent")
def test_the_table_has_all_published_lists():
    assert len(list((SHARED / "fault_lists").glob("*/*.csv"))) == len(PUBLISHED)
    for (dataset, network), fact in PUBLISHED.items():
        text = published_list(dataset, network).read_bytes().replace(b"\r\n", b"\n")
        if (dataset, network) in EDITED_ROWS:
            text = text.replace(b'\n2,conv2d,"(0, 0, 0, 13)",30\n', b'\n2,conv2d,"(0, 0, 0, 13)",13\n')
        assert (text.count(b"\n") - 1, hashlib.sha256(text).hexdigest()) == (int(fact["rows"]), fact["sha256"]), network


@pytest.mark.parametrize("dataset,network", PUBLISHED)
def test_published_lists_row_for_row(dataset, network):
    """tests/zoo has those whose models are not there."""
    model = SHARED / f"models/{dataset}/{network}.keras"
    if not model.exists():
        pytest.skip(f"../shared/data/models/{dataset}/{network}.keras is absent")
    faults = fi.FaultList.generate(model, published=True)
    path = published_list(dataset, network)
    with open(path, newline="") as file:
        rows = [(int(r["Injection"]), r["Layer"], ast.literal_eval(r["TensorIndex"]), int(r["Bit"])) for r in csv.DictReader(file)]
    edited = EDITED_ROWS.get((dataset, network), 0)
    assert len(rows) == len(faults) and sum(tuple(f) != row for f, row in zip(faults, rows)) == edited
    if not edited:
        assert path.read_bytes().replace(b"\r\n", b"\n") == faults.to_csv().encode()
    assert faults.sha256 == PUBLISHED[dataset, network]["sha256"]


def test_the_published_list_of_resnet20():
    faults = fi.FaultList.generate(RESNET20, published=True)
    assert faults.sha256 == PUBLISHED["CIFAR10", "ResNet20"]["sha256"]


def published_counts(model):
    weights = {name: t.elements for name, t in zip(names(model), model.faultable)}
    population = 64 * sum(weights.values())
    n = round(population / (1 + 0.01**2 * (population - 1) / (2.58**2 * 0.25)))
    return {name: round(n * w / sum(weights.values())) for name, w in weights.items()}


@pytest.mark.parametrize("name", NAMES)
def test_published_procedure_of_any_model(name):
    model, rng = MODELS[name], random.Random(42)
    rows = []
    counts = published_counts(model)
    shapes = {name: t.shape for name, t in zip(names(model), model.faultable)}
    if any(count > 32 * math.prod(shapes[layer]) for layer, count in counts.items()):
        with pytest.raises(fi.Usage, match="too small"):  # each fault is drawn until it is a new one
            fi.FaultList.generate(model, published=True)
        return
    faults = fi.FaultList.generate(model, published=True)
    assert sorted(faults.plan["layers"]) == sorted(shapes)
    for layer in faults.plan["layers"]:  # their order: tests/sampling
        seen, shape = {}, shapes[layer]
        order = (3, 2, 0, 1) if len(shape) == 4 else (1, 0)
        while len(seen) < counts[layer]:
            index = [0] * len(shape)
            for axis in order:
                index[axis] = rng.randint(0, shape[axis] - 1)
            seen.setdefault((layer, tuple(index), rng.randint(0, 31)))
        rows += seen
    assert rows == [(f.layer, f.index, f.bit) for f in faults]


@pytest.mark.parametrize("options,text", [
    ({"error": 0}, "`error`: expected a number above 0 and below 1"), ({"error": float("nan")}, "`error`"), ({"confidence": 1}, "`confidence`"),
    ({"p": 0}, "`p`"), ({"n": 0}, "`n`"), ({"n": 10**15}, "at most"), ({"n": 5, "error": 0.1}, "instead of"), ({"bits": [32]}, "`bits`"),
    ({"bits": []}, "at least one"), ({"layers": ["conv2d_99"]}, "`layers`.*nearest"), ({"layers": "dense"}, "a list of names"),
    ({"scheme": "random"}, "`scheme`"), ({"scheme": "exhaustive", "n": 4}, "exhaustive"), ({"scheme": "data-aware", "p": 0.1}, "data-aware"),
    ({"published": True, "seed": 1}, "published"), ({"published": True, "layers": ["dense"]}, "published"), ({"seed": -1}, "`seed`"), ({"n": 2.5}, "`n`"),
    ({"published": True, "scheme": "layer-wise"}, "published"), ({"error": "small"}, "`error`"),
])
def test_what_cannot_be_meant(options, text):
    with pytest.raises(fi.Error, match=text) as caught:
        fi.FaultList.generate(RESNET20, **options)
    assert caught.value.exit_code in (2, 3)


def test_the_program_writes_the_same(tmp_path):
    model = golden("odd_channels").model
    for number, (words, options) in enumerate([
        (["--n", 30], {"n": 30}), (["--scheme", "layer-wise", "--error", "0.2", "--seed", 7], {"scheme": "layer-wise", "error": 0.2, "seed": 7}),
        (["--scheme", "exhaustive", "--bits", "0-2,31"], {"scheme": "exhaustive", "bits": [0, 1, 2, 31]}),
    ]):
        path = tmp_path / f"new/{number}.csv"
        done = run("generate", "--model", model, "-o", path, *words)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        faults = fi.FaultList.generate(model, **options)
        assert path.read_text() == faults.to_csv()
        assert json.loads((path.parent / f"{number}.csv.plan.json").read_text()) == faults.plan
        assert run("generate", "--model", model, "-o", "-", *words).stdout == faults.to_csv()
        assert fi.FaultList.read(path).plan == faults.plan
        assert run("generate", "--model", model, "-o", path, *words).returncode == 4
        assert run("generate", "--model", model, "-o", path, "--overwrite", *words).returncode == 0
        assert run("validate", "-f", path, "--model", model).returncode == 0


def test_flags_that_are_refused(tmp_path):
    model = golden("odd_channels").model
    for words, text in ((["--bits", "32"], "--bits"), (["--bits", "5-3"], "--bits"), (["--bits", ""], "--bits"), (["--layers", "a,,b"], "--layers"), (["--layers", "nothing"], "--layers"),
                        (["--error", "x"], "--error"), (["--error", "0"], "--error"), (["--n", "0"], "--n"), (["--published", "--scheme", "layer-wise"], "--published"),
                        (["--published", "--n", "3"], "--published"), (["--scheme", "published"], "--scheme"), (["--seed", "-1"], "--seed")):
        done = run("generate", "--model", model, "-o", tmp_path / "l.csv", *words)
        assert done.returncode in (2, 3) and text in done.stderr and len(done.stderr.splitlines()) <= 2, done.stderr
    assert run("generate", "--model", model).returncode == run("generate", "-o", "-").returncode == 2
    assert not list(tmp_path.iterdir())


def test_nothing_half_written_stays(tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    words = [PROGRAM, "generate", "--model", ROOT / "models/CIFAR10/ResNet20.keras", "--scheme", "exhaustive", "-o"]
    limited = subprocess.run(["bash", "-c", 'ulimit -f 1000; "$@"', "bash", *words, tmp_path / "l.csv"], capture_output=True, text=True)
    assert limited.returncode == 4 and "l.csv" in limited.stderr, limited
    assert not list(tmp_path.iterdir())
    child = subprocess.Popen([*words, tmp_path / "l.csv"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not list(tmp_path.iterdir()):
        assert child.poll() is None
    child.send_signal(signal.SIGINT)
    _, err = child.communicate()
    assert (child.returncode, list(tmp_path.iterdir())) == (75, []) or child.returncode == 0, err
    for file in tmp_path.iterdir():  # it was faster than the signal
        file.unlink()
    with open("/dev/full", "w") as full:
        assert subprocess.run([*words, "-"], stdout=full, stderr=subprocess.PIPE).returncode == 4
    assert run("generate", "--model", golden("odd_channels").model, "-o", tmp_path, "--overwrite").returncode == 4
    child = subprocess.Popen(["stdbuf", "-o0", *words, "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout.readline() == b"Injection,Layer,TensorIndex,Bit\n"
    child.send_signal(signal.SIGINT)  # it waits for its reader
    out, err = child.communicate()
    assert child.returncode == 75 and b"interrupted" in err
    assert not list(tmp_path.iterdir())


def test_a_dry_run_writes_nothing(tmp_path):
    done = run("generate", "--model", golden("odd_channels").model, "--dry-run", "--scheme", "data-unaware", "--error", "0.1", cwd=tmp_path)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (0, "", []) and "data-unaware" in done.stderr


def test_the_plan_goes_into_the_metadata(tmp_path):
    data, path = write_images(tmp_path / "d.npz"), tmp_path / "l.csv"
    model = golden("odd_channels").model
    assert run("generate", "--model", model, "-o", path, "--n", 5).returncode == 0
    words = ["--model", model, "--data", data, "-f", path, "--no-download"]
    assert run(*words, "--report", tmp_path / "a.csv").returncode == 0
    plan = json.loads((tmp_path / "l.csv.plan.json").read_text())
    assert json.loads((tmp_path / "a.run.json").read_text())["plan"] == plan
    images = fi.Dataset.read(data)
    assert fi.run_campaign(model, images, fi.FaultList.read(path), report=tmp_path / "b.csv", progress=False).metadata["plan"] == plan
    assert fi.run_campaign(model, images, fi.FaultList.generate(model, n=5), report=tmp_path / "c.csv", progress=False).metadata["plan"] == plan
    path.write_text(path.read_text() + "5,dense,\"(0, 0)\",3\n")  # no longer the list that was drawn
    done = run(*words, "--report", tmp_path / "d.csv")
    assert done.returncode == 0 and "plan of another list" in done.stderr
    assert json.loads((tmp_path / "d.run.json").read_text()).get("plan") is None
    assert fi.FaultList.read(path).plan is None
