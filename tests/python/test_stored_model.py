"""Models whose weights are stored in another format than float32."""
import pickle

import numpy as np
import pytest
import small_campaign
import tf_injector as fi
from golden import GOLDEN, golden, same_bits

WIDTHS = {"bfloat16": 16, "float16": 16, "int8": 8}
STORED = sorted((path.name.split(".")[0], path.name.split(".")[1]) for path in GOLDEN.glob("*.csv") if path.name.split(".")[1] in WIDTHS)


def images_of(g):
    return fi.Dataset.from_arrays(g.inputs, np.arange(len(g.inputs)))


@pytest.mark.parametrize("name, storage", STORED)
def test_predict_gives_tensorflows_bits(name, storage):
    g, stored = golden(name), np.load(GOLDEN / f"{name}.{storage}.npz")
    model = fi.load_model(g.model, storage=storage)
    assert same_bits(model.predict(g.inputs, preprocess="none"), stored["clean"])
    assert same_bits(model.predict(g.inputs, str(GOLDEN / f"{name}.{storage}.csv"), preprocess="none"), stored["faulty"])


@pytest.mark.parametrize("storage", WIDTHS)
def test_a_stored_model(storage):
    plain = fi.load_model(golden("odd_channels").model)
    model = fi.load_model(plain, storage=storage)
    assert (plain.storage, model.storage, model.sha256) == ("float32", storage, plain.sha256)
    assert [tensor.bits for tensor in model.faultable] == [WIDTHS[storage] * tensor.elements for tensor in plain.faultable]
    assert fi.load_model(model) is model and fi.load_model(model, storage=storage) is model
    assert storage in repr(model) and "stored" not in repr(plain)
    again = pickle.loads(pickle.dumps(model))
    assert again.storage == storage
    assert same_bits(again.predict(golden("odd_channels").inputs), model.predict(golden("odd_channels").inputs))
    with pytest.raises(fi.Usage, match="stored in .* already"):
        fi.load_model(model, storage="int8" if storage != "int8" else "float16")
    with pytest.raises(fi.Usage, match="`storage`: expected one of float32, bfloat16, float16, int8, found 'half'"):
        fi.load_model(plain, storage="half")
    with pytest.raises(fi.Usage, match=f"stored in {storage}"):
        fi.check(model)


@pytest.mark.parametrize("storage", WIDTHS)
def test_reports_on_disk_and_in_memory(tmp_path, storage):
    g = golden("odd_channels")
    model = fi.load_model(g.model, storage=storage)
    faults = fi.FaultList.generate(model, n=60)
    assert set(faults.bit) <= set(range(WIDTHS[storage])) and faults.plan["storage"] == storage
    images = fi.Dataset.read(small_campaign.write_images(tmp_path / "set.npz"))
    report = fi.run_campaign(model, images, faults, report=tmp_path / "r.csv", progress=False)
    memory = fi.run_campaign(model, images_of(g), faults, progress=False)
    list_path = tmp_path / "list.csv"
    faults.to_csv(list_path)
    fields = ["sign", "magnitude"] if storage == "int8" else ["sign", "exponent", "mantissa"]
    for one in (report, memory, pickle.loads(pickle.dumps(memory)), fi.read_report(tmp_path / "r.csv")):
        assert one.storage == storage and list(one.by_field()["field"]) == fields
        assert max(one.by_bit()["bit"]) < WIDTHS[storage]
    assert list(memory.statistics().by_field()["field"]) == fields
    for study in (fi.protect(memory), fi.protect(memory, model=g.model, faults=faults), fi.protect(report)):
        assert f"tmr-bits={WIDTHS[storage] - 1}" in str(study.to_json())
    for statistics in (report.statistics(), memory.statistics(model=g.model, faults=faults), memory.statistics(model=model, faults=faults)):
        assert list(statistics.by_field()["field"]) == fields
        assert sum(statistics.by_field()["population"]) == sum(tensor.bits for tensor in model.faultable)
    assert fi.verify(report, model=model, faults=faults, progress=False).same
    assert fi.verify(report, faults=list_path, progress=False).same
    with pytest.raises(fi.ResumeRefused, match=f"`storage`: {storage} in the report's metadata, float32 now"):
        fi.verify(report, model=g.model, faults=fi.FaultList.parse(faults.to_csv()), progress=False)
    with pytest.raises(fi.BadInput, match=f"the plan of a list for weights that are stored in {storage}, not float32"):
        fi.run_campaign(g.model, images, faults, progress=False)
    with pytest.raises(fi.Usage, match="made for the model stored in"):
        fi._core.run_in_memory(fi.load_model(g.model)._handle, images_of(g)._handle, faults._resolved(model), fi._core.SessionOptions(), None,
                               "none", False, lambda line: None, lambda line: None, None)


def test_pictures(tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    g = golden("odd_channels")
    for storage, width in WIDTHS.items():
        model = fi.load_model(g.model, storage=storage)
        report = fi.run_campaign(model, images_of(g), fi.FaultList.generate(model, n=60), progress=False)
        bars = report.plot_bits()
        assert len(bars.patches) == width and [text.get_text() for text in bars.get_xticklabels()][0] == str(width - 1)
        assert report.heatmap().get_xlabel() == "bit"


def test_values_of_lists():
    g = golden("odd_channels")
    layer = fi.FaultList.read(g.faults).layer[0]
    text = f'Injection,Layer,TensorIndex,Bit,Tensor,Model,Value\n0,{layer},"(0, 0, 0, 0)",,,set,0x7fc0\n'
    faults = fi.FaultList.parse(text)
    assert faults[0].parts[0].value == "0x7fc0"
    model = fi.load_model(g.model, storage="bfloat16")
    assert np.isnan(model.predict(g.inputs, faults)).any()
    with pytest.raises(fi.FaultListError, match="Value is no float32"):
        fi.load_model(g.model).predict(g.inputs, faults)


def test_estimates():
    g = golden("odd_channels")
    found = fi.estimate(fi.load_model(g.model, storage="int8"), images_of(g), error=0.2, by="bit", progress=False)
    assert list(found.strata()["bit_first"]) == list(range(8))[::-1]


def test_the_program_and_python_write_the_same(tmp_path):
    g = golden("odd_channels")
    path = str(GOLDEN / "odd_channels.int8.csv")
    data = small_campaign.write_images(tmp_path / "set.npz")
    done = small_campaign.run("--model", g.model, "--data", data, "-f", path, "--report", tmp_path / "a.csv", "--storage", "int8", "-q")
    assert done.returncode == 0, done.stderr
    fi.run_campaign(fi.load_model(g.model, storage="int8"), fi.Dataset.read(data), path, report=tmp_path / "b.csv", progress=False)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
