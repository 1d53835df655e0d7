"""Reports verified from Python."""
import hashlib
import json
import pathlib

import numpy as np
import pytest
import small_campaign
import tf_injector as fi


@pytest.fixture()
def report(tmp_path):
    """The path of a report that the program wrote, its images beside it."""
    data = small_campaign.write_images(tmp_path / "d.npz")
    done = small_campaign.run("--model", small_campaign.MODEL, "--data", data, "-f", small_campaign.LIST, "--report", tmp_path / "r.csv", "-q", "-s")
    assert done.returncode == 0, done.stderr
    return tmp_path / "r.csv"


def test_passes_and_says_what_it_compared(report):
    seen = []
    found = fi.verify(report, sample=None, progress=seen.append)
    assert found and found.same and found.rows_checked == found.rows > 3
    assert found.hashes == ["model", "fault list", "data", "report"]
    assert len(found.differences) == 0 and "verified" in repr(found) and found.verdict in found._repr_html_()
    assert found.to_dict()["score_files"] == found.rows + 1
    assert seen and all(isinstance(now, fi.Progress) for now in seen)
    assert fi.verify(report, sample=2, seed=5, progress=False).rows_checked == 2
    images = fi.Dataset.read(report.with_name("d.npz"))
    model = fi.load_model(small_campaign.MODEL)
    given = fi.verify(report, model=model, dataset=images, faults=fi.FaultList.read(small_campaign.LIST), progress=False)
    assert given and given.hashes == found.hashes
    assert fi.verify(fi.read_report(report), faults=small_campaign.LIST, progress=False)


def test_finds_what_was_changed(report):
    text = report.read_bytes()
    end = text.rstrip().rfind(b",") + 1
    changed = text[:end] + (b"1" if text[end : end + 1] != b"1" else b"2") + text[end + 1 :]
    report.write_bytes(changed)
    metadata = report.with_suffix(".run.json")
    facts = json.loads(metadata.read_text())
    facts["report"]["sha256"] = hashlib.sha256(changed).hexdigest()
    metadata.write_text(json.dumps(facts))
    found = fi.verify(report, sample=None, progress=False)
    assert not found and "NOT" in found.verdict
    assert found.differences["line"].tolist() == [len(text.splitlines())]
    assert found.differences["what"][0].startswith("critical of fault ")
    other = fi.Dataset.from_arrays(np.zeros_like(np.load(report.with_name("d.npz"))["x"]), [0] * len(np.load(report.with_name("d.npz"))["y"]))
    swapped = fi.verify(report, dataset=other, progress=False)
    assert [str(what) for what in swapped.differences["what"]] == ["the data's SHA-256"]


def test_what_cannot_be_meant(report):
    with pytest.raises(fi.Usage, match="its metadata say how it was run"):
        fi.verify(report, batch_size=1)
    with pytest.raises(fi.Usage, match="sample"):
        fi.verify(report, sample=0)
    with pytest.raises(fi.Usage, match="need the `model` too"):
        fi.verify(report, faults=fi.FaultList.read(small_campaign.LIST))
    small_campaign.interrupt(report, 2)
    with pytest.raises(fi.ResumeRefused, match="unfinished: 2 of"):
        fi.verify(report)
    pathlib.Path(report).with_suffix(".run.json").unlink()
    with pytest.raises(fi.BadInput, match="no metadata"):
        fi.verify(report)
