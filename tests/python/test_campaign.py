"""Campaigns and predictions from Python: the bits of TensorFlow, and the bytes of the program."""
import copy
import pathlib
import pickle
import shutil

import numpy as np
import pytest
import small_campaign
import tf_injector as fi
from golden import NAMES, golden, same_bits


def small():
    """Model, images and labels, list: as small_campaign has them for the program."""
    g = golden("odd_channels")
    return fi.load_model(g.model), fi.Dataset.from_arrays(g.inputs, np.arange(len(g.inputs))), fi.FaultList.read(g.faults)


@pytest.mark.parametrize("name", NAMES)
def test_predict_gives_tensorflows_bits(name):
    g = golden(name)
    model = fi.load_model(g.model)
    raw = {"preprocess": "none"}
    assert same_bits(model.predict(g.inputs, **raw), g.clean)
    assert same_bits(model.predict(g.inputs, g.faults, **raw), g.faulty)


@pytest.mark.parametrize("scores", ["none", "changed", "all"])
def test_files_are_those_of_the_program(tmp_path, scores):
    data = small_campaign.write_images(tmp_path / "d.npz")
    done = small_campaign.run("--model", small_campaign.MODEL, "--data", data, "-f", small_campaign.LIST,
                              "--report", tmp_path / "program/r.csv", "--scores", scores, "-q")
    assert done.returncode == 0, done.stderr
    model, arrays, faults = small()
    from_arrays = fi.run_campaign(model, arrays, faults, report=tmp_path / "arrays/r.csv", scores=scores, progress=False)
    fi.run_campaign(str(small_campaign.MODEL), fi.Dataset.read(data), str(small_campaign.LIST),
                    report=tmp_path / "files/r.csv", scores=scores, progress=False)
    program = small_campaign.files_of(tmp_path / "program")
    metadata = {name for name in program if name.endswith(".json")}
    for folder in ("arrays", "files"):
        files = small_campaign.files_of(tmp_path / folder)
        assert files.keys() == program.keys()
        assert all(files[name] == program[name] for name in files.keys() - metadata), folder
    assert from_arrays.metadata["state"] == "finished"
    in_memory = fi.run_campaign(model, arrays, faults, scores=scores, progress=False)
    assert in_memory.to_csv().encode() == program["r.csv"]
    assert np.array_equal(in_memory.rows, from_arrays.rows) and in_memory.golden == from_arrays.golden
    if scores == "none":
        for report in (in_memory, from_arrays):
            with pytest.raises(fi.BadInput, match="no scores"):
                report.scores
            with pytest.raises(fi.BadInput, match="no scores"):
                report.golden_scores
        return
    assert same_bits(in_memory.golden_scores, from_arrays.golden_scores)
    assert len(in_memory.scores) == len(from_arrays.scores) == len(faults)
    for mine, theirs in zip(in_memory.scores, from_arrays.scores):
        if scores == "all":
            assert same_bits(mine, theirs)
        else:
            assert np.array_equal(mine.index, theirs.index) and same_bits(mine.scores, theirs.scores)


def test_without_faults_the_golden_run():
    model, images, _ = small()
    report = fi.run_campaign(model, images, scores="all", progress=False)
    assert len(report) == 0 and report.images == 4
    assert same_bits(report.golden_scores, golden("odd_channels").clean)
    assert report.golden["top_1_correct"] == int((report.golden_scores.argmax(axis=1) == images.y).sum())
    assert "4 images" in repr(report) and "4 images" in report._repr_html_()


def test_counts_are_those_of_the_scores():
    model, images, faults = small()
    report = fi.run_campaign(model, images, faults, scores="all", progress=False)
    golden_class = report.golden_scores.argmax(axis=1)
    for row, scores in zip(report.rows, report.scores):
        assert row["masked"] == int((scores == report.golden_scores).all(axis=1).sum())
        if not np.isnan(scores).any():
            assert row["critical"] == int((scores.argmax(axis=1) != golden_class).sum())
        assert row["n_injections"] == 4 and row["masked"] + row["non_critical"] + row["critical"] == 4


def test_a_report_goes_on_where_it_was_stopped(tmp_path):
    model, images, faults = small()
    whole = fi.run_campaign(model, images, faults, report=tmp_path / "r.csv", progress=False)
    expected = (tmp_path / "r.csv").read_bytes()
    small_campaign.interrupt(tmp_path / "r.csv", 7)
    with pytest.raises(fi.BadInput, match="r.csv"):
        fi.read_report(tmp_path / "none" / "r.csv")
    told = []
    again = fi.run_campaign(model, images, faults, report=tmp_path / "r.csv", progress=told.append)
    assert (tmp_path / "r.csv").read_bytes() == expected
    assert np.array_equal(again.rows, whole.rows)
    assert told and all(isinstance(p, fi.Progress) and p.faults == len(faults) and p.done >= 7 for p in told)
    with pytest.raises(fi.ResumeRefused, match="batch"):
        fi.run_campaign(model, images, faults, report=tmp_path / "r.csv", batch_size=3, progress=False)
    fi.run_campaign(model, images, faults[:5], report=tmp_path / "r.csv", overwrite=True, progress=False)
    assert len(fi.read_report(tmp_path / "r.csv")) == 5


@pytest.mark.parametrize("option", [{"threads": 1}, {"threads": 2}, {"kernels": "scalar"}, {"memory": "1G"}, {"check": 1}, {"check": 0}])
def test_no_byte_depends_on(option):
    model, images, faults = small()
    assert fi.run_campaign(model, images, faults, progress=False, **option).to_csv() == fi.run_campaign(model, images, faults, progress=False).to_csv()


def test_options_reach_the_run():
    model, images, faults = small()
    assert fi.run_campaign(model, images, faults, limit=3, progress=False).images == 3
    bytes_ = (np.asarray(images.x) * 40 + 128).clip(0, 255).astype(np.uint8)
    scores = {
        "own": model.predict(bytes_),
        "raw": model.predict(bytes_, preprocess="none"),
        "set": model.predict(bytes_, preprocess="CIFAR10"),
        "numbers": model.predict(bytes_, preprocess=((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))),
        "tensorflow": model.predict(bytes_, preprocess="CIFAR10", use_tf=True),
    }
    x = bytes_.astype(np.float32)
    mean, std = (np.array(v, np.float32) for v in ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)))
    same = {
        "own": x / np.float32(255),
        "raw": x,
        "set": (x / np.float32(255) - mean) / std,
        "tensorflow": (x * np.float32(1 / 255) - mean) / std,
    }
    for name, fed in same.items():
        assert same_bits(scores[name], model.predict(fed)), name
    assert same_bits(scores["set"], scores["numbers"])
    normalised = fi.Dataset.from_arrays(bytes_, images.y, mean=(0.4914, 0.4822, 0.4465), std=(0.2023, 0.1994, 0.2010))
    assert same_bits(model.predict(normalised), scores["set"])


def test_what_is_said(caplog, recwarn):
    model, images, faults = small()
    with caplog.at_level("INFO", logger="tf_injector"):
        fi.run_campaign(model, images, faults, progress=False)
    assert any("preprocessing" in line for line in caplog.messages)
    g = golden("k3_preprocessed")  # it rescales by itself
    x = (np.asarray(g.inputs)).clip(0, 255).astype(np.uint8)
    rescaling = fi.load_model(g.model)
    if rescaling.layers:
        fi.run_campaign(rescaling, (x, np.zeros(len(x), int)), preprocess="CIFAR10", progress=False)
        assert any("scaled twice" in str(w.message) for w in recwarn.list)


def test_tables():
    model, images, faults = small()
    report = fi.run_campaign(model, images, faults, progress=False)
    for table, key in ((report.by_layer(), "layer"), (report.by_bit(), "bit"), (report.by_field(), "field"), (report.summary(), "faults of")):
        assert table.columns == [key, "faults", "inferences", "masked", "non_critical", "critical"]
        assert table["faults"].sum() == len(report) and table["inferences"].sum() == report.rows["n_injections"].sum()
        for name in ("masked", "non_critical", "critical"):
            assert (table[name] * table["inferences"]).sum() == pytest.approx(report.rows[name].sum())
        assert "critical" in repr(table) and "<table>" in table._repr_html_()
    assert "<pre>" in model._repr_html_() and f"{len(model.layers)} layers" in model._repr_html_()
    assert f"{100 * report.summary()['critical'][0]:.3f} %" in report._repr_html_()
    bits = report.by_bit()["bit"]
    assert list(bits) == sorted(bits, reverse=True)
    for layer in report.by_layer()["layer"]:
        rows = report.rows[report.rows["target_layer"] == layer]
        at = list(report.by_layer()["layer"]).index(layer)
        assert report.by_layer()["critical"][at] == pytest.approx(rows["critical"].sum() / rows["n_injections"].sum())


def test_pandas(tmp_path):
    pandas = pytest.importorskip("pandas")
    model, images, faults = small()
    report = fi.run_campaign(model, images, faults, report=tmp_path / "r.csv", progress=False)
    stored = pandas.read_csv(tmp_path / "r.csv").query("inj_id != 'GOLDEN'").reset_index(drop=True)
    pandas.testing.assert_frame_equal(report.to_pandas().astype(str), stored.astype({c: "Int64" for c in stored.columns[3:]}).astype(str))
    assert list(faults.to_pandas().columns) == ["Injection", "Layer", "TensorIndex", "Bit"]
    assert report.by_layer().to_pandas().shape[1] == 6


def test_pickles():
    model, images, faults = small()
    report = fi.run_campaign(model, images, faults, progress=False)
    restored = pickle.loads(pickle.dumps((model, images, faults, report)))
    assert restored[2] == faults and restored[2].sha256 == faults.sha256
    assert restored[3].to_csv() == report.to_csv()
    assert np.array_equal(restored[1].x, images.x) and np.array_equal(restored[1].y, images.y)
    assert fi.run_campaign(*restored[:3], progress=False).to_csv() == report.to_csv()


def test_dataset_refers_to_the_arrays():
    x = np.zeros((2, 11, 9, 3), np.float32)
    images = fi.Dataset.from_arrays(x, [0, 1])
    assert np.shares_memory(images.x, x)
    assert not images.x.flags.writeable
    del x
    assert float(images.x.sum()) == 0 and len(images) == 2 and images.y.dtype == np.int32


def test_part_of_a_data_set():
    g = golden("odd_channels")
    images = fi.Dataset.from_arrays(np.zeros((4, 11, 9, 3), np.uint8), [3, 1, 0, 2], mean=(0.1, 0.2, 0.3), std=(1, 2, 3), name="mine")
    for rows in (slice(1, 3), [1, 2], np.array([False, True, True, False])):
        part = images[rows]
        assert (len(part), part.name, list(part.y), part.normalization) == (2, "mine", [1, 0], images.normalization)
    model = fi.load_model(g.model)
    assert same_bits(model.predict(images[1:3]), model.predict(images)[1:3])
    with pytest.raises(fi.Usage, match="sliced"):
        images[0]


def test_data_sets_by_name(tmp_path):
    with pytest.raises(fi.DatasetError, match="CIFAR10"):
        fi.Dataset.cifar10(tmp_path)
    with pytest.raises(fi.DatasetError):
        fi.Dataset.read(tmp_path / "none.npz")
    with pytest.raises(fi.Usage, match="resize"):
        fi.Dataset.gtsrb(tmp_path, resize="nearest")
    np.savez(tmp_path / "d.npz", x=np.zeros((3, 4), np.float32), y=np.arange(3))
    assert len(fi.Dataset.read(tmp_path / "d.npz")) == 3


def test_all_that_is_wrong_with_faults_in_memory_is_said_at_once():
    model, images, faults = small()
    layer, index = faults[0].layer, faults[0].index
    wrong = [(layer, index[:-1], 40), ("none_such", index, 3), (layer, index, -1)]
    for call in (lambda: fi.run_campaign(model, images, wrong), lambda: model.predict(images, wrong)):
        with pytest.raises(fi.FaultListError) as found:
            call()
        for text in ("faults:2", "wrong length", '"40"', "faults:3", "unknown layer", "faults:4"):
            assert text in str(found.value)


def test_faults_of_a_data_frame():
    pytest.importorskip("pandas")
    _, _, faults = small()
    frame = faults.to_pandas()
    with pytest.raises(fi.Usage, match=r"found a DataFrame; .*from_arrays\(frame\['Layer'\]"):
        fi.FaultList(frame)
    assert list(fi.FaultList.from_arrays(frame["Layer"], frame["TensorIndex"], frame["Bit"], frame["Injection"])) == list(faults)


def test_rates_are_never_rounded_to_none_or_all():
    from tf_injector._table import Table

    shares = [0.0, 1e-7, 0.5, 1 - 1e-7, 1.0, -0.001, np.nan]
    table = Table({"layer": list("abcdefg"), "critical": shares}, shares=("critical",))
    assert [row[1] for row in table._cells()] == ["0.000 %", "<0.001 %", "50.000 %", ">99.999 %", "100.000 %", "-0.100 %", "-"]
    with pytest.raises(KeyError, match="no column 'sdc'; there are layer, critical"):
        table["sdc"]


def test_a_bar_says_what_is_done_and_left(monkeypatch):
    import io
    import sys

    from tf_injector._campaign import _PlainBar, _Shown

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stderr", Terminal())
    bar = _PlainBar(1000, 200)
    times = iter([90.0])
    bar._start, bar._clock = 0.0, lambda: next(times)
    bar.refresh()
    bar.n = 400
    bar.refresh()
    first, second = sys.stderr.getvalue().split("\r")[1:]
    assert first.split() == ["20", "%", "of", "1,000", "faults"]
    assert second.split() == ["40", "%", "of", "1,000", "faults", "0:04:30", "left"]

    for faults, done, want in ((5, 2.34, 2.3), (5, 5.0, 5), (1000, 417.6, 417), (1000, 1000.0, 1000)):
        with _Shown(True, faults) as bar:
            bar.callback(faults, done, 1.0, 0, 0, 0)
            assert bar._bar.n == want and bar._bar._before == want


def test_bar_without_tqdm(capsys, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    model, images, faults = small()
    fi.run_campaign(model, images, faults, progress=True)
    assert capsys.readouterr() == ("", "")  # no terminal


def test_a_callable_that_raises_ends_the_run(tmp_path):
    model, images, faults = small()

    def fail(_):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        fi.run_campaign(model, images, faults, progress=fail)


def test_summary_of_a_model():
    model = small()[0]
    text = model.summary()
    for tensor in model.faultable:
        assert str(tensor.shape) in text and tensor.bits == 32 * tensor.elements
    assert {layer.path for layer in model.layers} >= {tensor.layer for tensor in model.faultable}
    assert model.inputs[0].shape == (11, 9, 3)
    assert pathlib.Path(model.source).exists() and len(model.sha256) == 64


def test_files_are_found_when_the_working_directory_has_changed(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    g = golden("odd_channels")
    shutil.copy(g.model, "m.keras")
    model = fi.load_model("m.keras")
    report = fi.run_campaign(model, fi.Dataset.from_arrays(g.inputs, np.arange(len(g.inputs))), g.faults, report="r.csv", scores="all", progress=False)
    assert (report.path, model.source) == ("r.csv", "m.keras")
    before, scores = report.metadata, report.scores
    monkeypatch.chdir(tmp_path)
    for again in (report, pickle.loads(pickle.dumps(report)), copy.copy(report), copy.deepcopy(report), fi.read_report("a/r.csv")):
        assert again.metadata == before and before
        assert np.array_equal(again.golden_scores, np.load("a/r/clean.npy"), equal_nan=True)
        assert np.array_equal(again.scores[3], scores[3], equal_nan=True)
    assert pickle.loads(pickle.dumps(model)).sha256 == model.sha256


@pytest.mark.parametrize("scores", ["changed", "all"])
def test_copies_of_a_report_keep_the_scores(scores):
    g = golden("odd_channels")
    report = fi.run_campaign(g.model, (g.inputs, np.arange(len(g.inputs))), g.faults, scores=scores, progress=False)
    for again in (copy.copy(report), copy.deepcopy(report)):
        assert again.to_csv() == report.to_csv() and np.array_equal(again.golden_scores, report.golden_scores, equal_nan=True)
        assert all(np.array_equal(a, b, equal_nan=True) for one, other in zip(again.scores, report.scores) for a, b in zip(one, other))


@pytest.mark.parametrize("path", ["no/r.csv", ".", "", 3, "x" * 300, "a\0b"])
def test_a_report_that_cannot_be_written(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    g = golden("odd_channels")
    report = fi.run_campaign(g.model, (g.inputs, np.arange(len(g.inputs))), g.faults, progress=False)
    with pytest.raises(fi.OutputError if path in ("no/r.csv", ".", "x" * 300) else fi.Usage, match="cannot be written|`path`"):
        report.to_csv(path)


def test_predict_warns_as_run_campaign_does():
    model = fi.load_model(golden("k3_preprocessed").model)
    x = np.zeros((2, *model.inputs[0].shape), np.uint8)
    with pytest.warns(UserWarning, match="scaled twice") as warned:
        model.predict(x, preprocess="CIFAR10")
    assert warned[0].filename == __file__


@pytest.mark.parametrize("damage", ["gone", "rubbish", "empty", "cut", "folder"])
@pytest.mark.parametrize("scores,name", [("all", "r/clean.npy"), ("all", "r/inj_3.npy"), ("changed", "r/inj_3.npz"), ("all", "r.run.json")])
def test_damaged_files_beside_a_report(damage, scores, name, tmp_path):
    g = golden("odd_channels")
    report = fi.run_campaign(g.model, (g.inputs, np.arange(len(g.inputs))), g.faults, report=tmp_path / "r.csv", scores=scores, progress=False)
    kept, file = report.scores, tmp_path / name
    contents = {"rubbish": b"\xffrubbish" * 20, "empty": b"", "cut": file.read_bytes()[:-40]}
    file.unlink()
    if damage in contents:
        file.write_bytes(contents[damage])
    elif damage == "folder":
        file.mkdir()
    if name == "r.run.json" and damage == "gone":
        assert report.metadata == {}
        return
    with pytest.raises(fi.BadInput, match=r"(cannot be read|damaged|there is no)"):
        report.metadata if name == "r.run.json" else report.golden_scores if "clean" in name else kept[3]
