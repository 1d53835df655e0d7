"""fi.protect gives what the program gives."""
import json
import pathlib
import sys

import numpy as np
import pytest
import tf_injector as fi

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "program"))
from small_campaign import DONE, campaign_in, run  # noqa: E402


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("protect_call")
    path = folder / "r.csv"
    assert run("run", *campaign_in(folder), "--report", path, "-q").returncode == DONE
    return path


def test_it_is_the_program(report, tmp_path):
    study = fi.protect(report, ["tmr-bits=29"], tmr_bits=[30, 31], confidence=0.95)
    done = run("protect", report, "--protect", "tmr-bits=29", "--tmr-bits", "30,31", "--confidence", "0.95", "--json", "-")
    assert study.to_dict() == json.loads(done.stdout)
    assert fi.protect(fi.read_report(report), ["tmr-bits=29"], tmr_bits=[30, 31], confidence=0.95).to_dict() == study.to_dict()
    rows = study.rows
    assert rows["protection"][0] == "none" and len(rows) == len(study.to_dict()["rows"])
    assert np.isnan(rows["residual"][list(rows["protection"]).index("clamp")])
    assert study.to_csv(tmp_path / "p.csv") is None and (tmp_path / "p.csv").read_bytes().decode() == study.to_csv()
    assert study.to_html().startswith("<!DOCTYPE html>") and "TMR of bit 30" in repr(study)
    with pytest.raises(fi.OutputError):
        study.to_csv(tmp_path / "p.csv")


def test_wrong_arguments(report):
    for wrong in ({"protections": "secded32"}, {"protections": ["secded33"]}, {"metric": "masked"}, {"confidence": 0.3}, {"tmr_bits": [32]},
                  {"layers": ["nothing"]}, {"faults": "l.csv"}):
        with pytest.raises(fi.Usage):
            fi.protect(report, **wrong)
    with pytest.raises(fi.Usage):
        fi.protect(3)
