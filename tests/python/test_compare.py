"""`fi.compare`: files and reports in memory."""
import json

import numpy as np
import pytest
import tf_injector as fi
from small_campaign import LIST, MODEL, run, write_images


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    images = write_images(folder / "set.npz")
    with np.load(images) as arrays:
        made = fi.run_campaign(str(MODEL), fi.Dataset.from_arrays(arrays["x"], arrays["y"]), str(LIST), progress=False)
    made.to_csv(folder / "a.csv")
    lines = made.to_csv().splitlines(keepends=True)
    (folder / "b.csv").write_text("".join(lines[:-1]), newline="")
    return made, folder


def test_a_report_in_memory_equals_its_file(report):
    made, folder = report
    found = fi.compare(made, folder / "a.csv")
    assert found.same and found.matched == len(made) and found.only_a == [] and found.notes == []
    assert list(found.columns["equal"]) == [len(made)] * 7
    assert list(found.columns["rate_a"]) == pytest.approx(list(found.columns["rate_b"]))
    assert found.columns["rate_a"][-1] == pytest.approx(made.summary()["critical"][0])
    assert len(found.rows) == 0


def test_it_is_what_the_program_says(report):
    made, folder = report
    found = fi.compare(made, folder / "b.csv", top=3)
    assert not found.same and found.only_a == [int(made.rows["inj_id"][-1])] and found.only_b == []
    done = run("compare", folder / "a.csv", folder / "b.csv", "--top", 3, "--json", "-")
    assert done.returncode == 10
    ours, theirs = found.to_dict(), json.loads(done.stdout)
    ours.pop("a"), theirs.pop("a")
    assert ours == theirs
    assert repr(found).splitlines()[-1] == found.verdict == theirs["verdict"]
    assert found.verdict in found._repr_html_()


def test_wrong_arguments(report):
    made, folder = report
    with pytest.raises(fi.Usage, match="`b`: expected a Report or a path"):
        fi.compare(made, 3)
    with pytest.raises(fi.Usage, match="`top`"):
        fi.compare(made, made, top=-1)
    with pytest.raises(fi.BadInput, match="the header lacks"):
        fi.compare(made, LIST)
