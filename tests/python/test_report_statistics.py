"""`Report.statistics`, `Report.to_html`: of files and of reports in memory."""
import csv
import json

import numpy as np
import pytest
import tf_injector as fi
from page import check_page
from small_campaign import LIST, MODEL, run, write_images


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("statistics")
    images = write_images(made / "set.npz")
    done = run("--model", MODEL, "--data", images, "-f", LIST, "--report", made / "r.csv")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def report(folder):
    return fi.read_report(folder / "r.csv")


@pytest.fixture(scope="module")
def in_memory(folder):
    with np.load(folder / "set.npz") as arrays:
        return fi.run_campaign(str(MODEL), fi.Dataset.from_arrays(arrays["x"], arrays["y"]), str(LIST), progress=False)


def bits_hit():
    """Different ones in the list: it names some twice."""
    with open(LIST, newline="") as file:
        rows = list(csv.reader(file))[1:]
    bits = {tuple(row[1:]) for row in rows}
    assert len(bits) < len(rows)
    return len(bits)


def test_it_is_what_the_program_says(folder, report):
    statistics = report.statistics(confidence=0.9, margin=0.01, fit_per_mbit=5)
    options = ["--confidence", 0.9, "--margin", 0.01, "--fit-per-mbit", 5]
    assert statistics.to_json() == run("report", folder / "r.csv", "--json", "-", *options).stdout
    assert repr(statistics) + "\n" == run("report", folder / "r.csv", *options, env={"COLUMNS": "100"}).stdout
    assert statistics.to_dict() == json.loads(statistics.to_json())


def test_rates(report):
    statistics = report.statistics(0.95)
    assert statistics.confidence == 0.95 and statistics.images == report.images and statistics.faults == bits_hit()
    read = statistics.to_dict()["network"]
    for outcome in ("critical", "non_critical", "masked", "top_1_correct", "top_5_correct", "top_5_robust"):
        for of in ("images", "faults"):
            assert statistics.rate(outcome, of) == fi.Share(**read[outcome][of])
    rate = statistics.rate()
    assert rate.low <= rate.estimate <= rate.high and rate == statistics.rate("critical", of="images")
    assert str(rate).count("%") == 3
    narrow, wide = report.statistics(0.6).rate(), report.statistics(0.999).rate()
    assert wide.low <= narrow.low and narrow.high < wide.high


def test_tables(report):
    statistics = report.statistics()
    for table, key, names in ((statistics.by_layer(), "layer", ["conv2d", "conv2d_1", "conv2d_2", "dense"]),
                              (statistics.by_field(), "field", ["sign", "exponent", "mantissa"])):
        assert table.columns[:3] == [key, "faults", "population"] and list(table[key]) == names
        assert sum(table["faults"]) == bits_hit()
        with np.errstate(invalid="ignore"):
            known = table["faults"] > 0
            assert (table["critical_low"] <= table["critical"])[known].all() and (table["critical"] <= table["critical_high"])[known].all()
        assert table["top_5_robust_faults_high"].shape == (len(names),)
    assert list(statistics.by_bit()["bit"]) == sorted(statistics.by_bit()["bit"], reverse=True)
    cells = statistics.cells()
    assert sum(cells["faults"]) == bits_hit() and "critical_high" in cells.columns and "top_1_correct" not in cells.columns


def test_files(report, tmp_path):
    statistics = report.statistics()
    assert statistics.to_html(tmp_path / "r.html") is None and statistics.to_json(str(tmp_path / "r.json")) is None
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == statistics.to_html() == report.to_html()
    assert (tmp_path / "r.json").read_text(encoding="utf-8") == statistics.to_json()
    check_page(statistics.to_html())
    paths = statistics.save_pictures(tmp_path / "pictures")
    assert [path.rsplit("/", 1)[1] for path in paths] == ["heatmap.svg", "bits.svg", "layers.svg", "distribution.svg"]
    with pytest.raises(fi.OutputError, match="there already"):
        report.to_html(tmp_path / "r.html")
    report.to_html(tmp_path / "r.html", confidence=0.9, overwrite=True)
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == report.statistics(0.9).to_html()
    assert "<img" in statistics._repr_html_()


def test_in_memory(report, in_memory):
    alone = in_memory.statistics()
    assert alone.to_dict()["report"] == "in memory" and alone.to_dict()["network"]["population"] is None and alone.remarks
    known = in_memory.statistics(model=str(MODEL), faults=fi.FaultList.read(LIST)).to_dict()
    assert known["network"] == report.statistics().to_dict()["network"]
    assert known["network"]["population"] is not None


def test_the_plan_of_a_list(folder):
    model = fi.load_model(MODEL)
    faults = fi.FaultList.generate(model, n=30, scheme="layer-wise")
    with np.load(folder / "set.npz") as arrays:
        report = fi.run_campaign(model, fi.Dataset.from_arrays(arrays["x"], arrays["y"]), faults, progress=False)
    statistics = report.statistics(model=model, faults=faults)
    assert statistics.to_dict()["design"]["scheme"] == "layer-wise"
    assert report.statistics(model=model).to_dict()["design"]["scheme"] != "layer-wise"


@pytest.mark.parametrize("arguments,message", [
    ({"confidence": 1}, "`confidence`: expected a number between 0 and 1, found 1"),
    ({"confidence": "0.9"}, "`confidence`: expected a number, found '0.9'"),
    ({"confidence": 0.2}, "confidence"),
    ({"margin": 0}, "`margin`: expected a number between 0 and 1"),
    ({"fit_per_mbit": float("nan")}, "`fit_per_mbit`: expected a number above 0"),
    ({"faults": 3, "model": str(MODEL)}, "`faults`: expected a FaultList or a path, found int"),
    ({"faults": fi.FaultList([("conv2d", (0, 0, 0, 0), 1)])}, "`faults` needs `model`"),
])
def test_wrong_arguments(report, arguments, message):
    with pytest.raises(fi.Usage, match=message):
        report.statistics(**arguments)


def test_wrong_questions(report):
    with pytest.raises(fi.Usage, match="`outcome`: expected one of critical"):
        report.statistics().rate("harmless")
    with pytest.raises(fi.Usage, match="`of`: expected images or faults"):
        report.statistics().rate(of="layers")
    with pytest.raises(fi.BadInput, match="none.csv"):
        report.statistics(details="none.csv")
