"""Details of a campaign from Python: those of the program's file, in memory and beside a report."""
import pickle

import numpy as np
import pytest
import small_campaign
import tf_injector as fi
from small_campaign import files_of
from test_campaign import small

COLUMNS = ("inj_id", "nan_images", "inf_images", "sdc5", "sdc10pct", "sdc20pct", "fixed", "broken", "majority_class", "majority_images",
           "max_abs_logit_change", "golden_value", "faulty_value")


def same(a, b):
    return a.dtype == b.dtype and all(np.array_equal(a[name], b[name], equal_nan=a[name].dtype.kind == "f") for name in a.dtype.names)


def test_files_are_those_of_the_program(tmp_path):
    data = small_campaign.write_images(tmp_path / "d.npz")
    done = small_campaign.run("--model", small_campaign.MODEL, "--data", data, "-f", small_campaign.LIST, "-q",
                              "--report", tmp_path / "program/r.csv", "--details", tmp_path / "program/r.details.csv")
    assert done.returncode == 0, done.stderr
    expected = files_of(tmp_path / "program")
    model, images, faults = small()
    report = fi.run_campaign(model, images, faults, report=tmp_path / "python/r.csv", details=True, progress=False)
    found = files_of(tmp_path / "python")
    assert found.keys() == expected.keys() == {"r.csv", "r.details.csv", "r.run.json"}
    assert found["r.details.csv"] == expected["r.details.csv"] and found["r.csv"] == expected["r.csv"]
    in_memory = fi.run_campaign(model, images, faults, details=True, progress=False)
    assert report.details.dtype.names == COLUMNS
    for other in (in_memory.details, fi.read_details(tmp_path / "program/r.details.csv"), fi.read_report(tmp_path / "program/r.csv").details):
        assert same(report.details, other)
    assert np.array_equal(report.confusion, in_memory.confusion) and report.confusion.shape == (10, 10)
    assert report.confusion.sum() == report.rows["critical"].sum()


def test_rows_fit_the_report():
    model, images, faults = small()
    report = fi.run_campaign(model, images, faults, details=True, progress=False)
    rows, details = report.rows, report.details
    assert np.array_equal(details["inj_id"], rows["inj_id"])
    assert np.array_equal(details["sdc5"], rows["n_injections"] - rows["top_5_robust"])
    assert np.array_equal(details["fixed"] - details["broken"], rows["top_1_correct"] - report.golden["top_1_correct"])
    assert np.array_equal(details["majority_class"] < 0, rows["critical"] == 0)
    assert (details["majority_images"] <= rows["critical"]).all() and (details["sdc20pct"] <= details["sdc10pct"]).all()
    bits = details["golden_value"].view(np.uint32) ^ details["faulty_value"].view(np.uint32)
    assert np.array_equal(bits, np.left_shift(np.uint32(1), rows["bit_pos"].astype(np.uint32)))


def test_another_name_and_another_folder(tmp_path):
    model, images, faults = small()
    (tmp_path / "there").mkdir()
    report = fi.run_campaign(model, images, faults, report=tmp_path / "r.csv", details=tmp_path / "there/d.csv", progress=False)
    assert same(report.details, fi.read_details(tmp_path / "there/d.csv"))
    with pytest.raises(fi.ResumeRefused, match="`details`"):
        fi.run_campaign(model, images, faults, report=tmp_path / "r.csv", progress=False)


def test_pandas_and_pickle():
    pandas = pytest.importorskip("pandas")
    model, images, faults = small()
    report = fi.run_campaign(model, images, faults, details=True, progress=False)
    frame, plain = report.to_pandas(details=True), report.to_pandas()
    assert list(frame.columns) == [*plain.columns, *COLUMNS[1:]]
    none = report.details["majority_class"] < 0
    assert none.any() and not none.all()
    assert frame["majority_class"].isna().tolist() == none.tolist()
    assert frame["majority_class"][~none].tolist() == report.details["majority_class"][~none].tolist()
    assert pandas.api.types.is_integer_dtype(frame["sdc10pct"])
    again = pickle.loads(pickle.dumps(report))
    assert same(again.details, report.details) and np.array_equal(again.confusion, report.confusion)


def test_where_there_are_none(tmp_path):
    model, images, faults = small()
    in_memory = fi.run_campaign(model, images, faults, progress=False)
    on_disk = fi.run_campaign(model, images, faults, report=tmp_path / "r.csv", progress=False)
    assert files_of(tmp_path).keys() == {"r.csv", "r.run.json"}
    for report in (in_memory, on_disk, pickle.loads(pickle.dumps(on_disk))):
        assert report.confusion is None
        with pytest.raises(fi.BadInput, match="no details; `details` of run_campaign asks"):
            report.details


@pytest.mark.parametrize("arguments, text", [
    ({"details": "d.csv"}, "needs a `report`"), ({"details": 1}, "`details`"), ({"details": None}, "`details`"), ({"details": ""}, "`details`"),
])
def test_what_cannot_be_meant(arguments, text):
    model, images, faults = small()
    with pytest.raises(fi.Usage, match=text):
        fi.run_campaign(model, images, faults, progress=False, **arguments)


def test_without_faults_there_are_no_rows():
    model, images, _ = small()
    with pytest.raises(fi.Usage, match="`details` needs `faults`"):
        fi.run_campaign(model, images, details=True, progress=False)


def test_files_that_are_no_details(tmp_path):
    path = tmp_path / "d.csv"
    for text, error in (("", "no header yet"), ("a,b\r\n", "d.csv:1:1: the header"), (",".join(COLUMNS) + "\r\n0,1", "its last line is torn"),
                        (",".join(COLUMNS) + "\r\n0,x,0,0,0,0,0,0,,0,0,0,0\r\n", "d.csv:2:3: nan_images; expected a whole number")):
        path.write_text(text, newline="")
        with pytest.raises(fi.BadInput, match=error):
            fi.read_details(path)
    with pytest.raises(fi.BadInput):
        fi.read_details(tmp_path / "none.csv")
