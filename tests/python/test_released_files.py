"""Reports of released versions (tests/compat) in Python: read, gone on with, those of later versions refused."""
import json
import pathlib
import shutil

import numpy as np
import pytest
import tf_injector as fi
from conftest import ROOT

VERSIONS = sorted(path.parent for path in (ROOT / "tests/compat").glob("*/cases.json"))


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name)
def version(request, tmp_path):
    return pathlib.Path(shutil.copytree(request.param, tmp_path / request.param.name))


def arguments(version):
    model = fi.load_model(version / "inputs/model.keras")
    arrays = np.load(version / "inputs/images.npz")
    return model, fi.Dataset.from_arrays(arrays["x"], arrays["y"]), fi.FaultList.read(version / "inputs/list.csv")


def test_finished_reports_are_read(version):
    report = fi.read_report(version / "plain/report.csv")
    assert len(report) == 40 and report.golden["n_injections"] == 4
    assert report.rows["critical"].sum() == 5


def test_killed_reports_are_gone_on_with(version):
    path = version / "killed_in_a_row/report.csv"
    done = fi.run_campaign(*arguments(version), report=path, progress=False)
    assert path.read_bytes() == (version / "plain/report.csv").read_bytes()
    assert (done.rows == fi.read_report(version / "plain/report.csv").rows).all()


def test_a_later_version(version):
    path = version / "killed_in_a_row/report.run.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, "schema": 99}))
    with pytest.raises(fi.ResumeRefused, match="written by a later version of tf_injector .*schema 99.*use it with that version"):
        fi.run_campaign(*arguments(version), report=version / "killed_in_a_row/report.csv", progress=False)
