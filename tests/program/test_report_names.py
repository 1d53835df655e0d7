"""Reports whose other files would have the same names: no report loses its rows, metadata or scores to another one, whatever the order, on
resumed runs and with --overwrite; the refusal names the owner (exit code 6)."""
import json
import os
import signal
import subprocess
import time

import numpy as np
import pytest
from small_campaign import DONE, LIST, MODEL, NOT_WRITTEN, PROGRAM, RESUME, ROOT, USAGE, files_of, interrupt, run, write_images


@pytest.fixture
def work(tmp_path):
    write_images(tmp_path / "set.npz")
    (tmp_path / "d").mkdir()
    return tmp_path / "d"


def campaign(work, report, *words):
    return run("--model", MODEL, "--data", "../set.npz", "-f", LIST, "--report", report, "-q", *words, cwd=work)


def refused(work, report, *words, code=RESUME):
    """One line; nothing has changed."""
    before = files_of(work)
    done = campaign(work, report, *words)
    lines = done.stderr.strip().splitlines()
    assert done.returncode == code and files_of(work) == before, done
    assert len(lines) == (1 if code != USAGE else 2), lines
    return lines[0]


def named_in(metadata):
    return json.loads(metadata.read_text())["report"]["file"]


OTHERS = ["x.txt", "x.", "x.CSV", "x.run"]


@pytest.mark.parametrize("words", [[], ["--overwrite"], ["-s"], ["-s", "--overwrite"], ["--dry-run"], ["--dry-run", "--overwrite"]], ids=" ".join)
@pytest.mark.parametrize("other", OTHERS)
def test_a_stem_that_belongs_to_another_report_is_refused(other, words, work):
    assert campaign(work, "x.csv", "-s").returncode == DONE
    assert named_in(work / "x.run.json") == "x.csv"
    said = refused(work, other, *words)
    assert other in said and "x.run.json, which belong to the report ./x.csv" in said


@pytest.mark.parametrize("finished", [True, False])
def test_the_owner_goes_on_and_still_owns_its_files(finished, work):
    assert campaign(work, "x.csv").returncode == DONE
    whole = files_of(work)["x.csv"]
    if not finished:
        interrupt(work / "x.csv", 5)
    refused(work, "x.txt")
    refused(work, "x.txt", "--overwrite")
    done = campaign(work, "x.csv")
    assert done.returncode == DONE, done
    assert files_of(work)["x.csv"] == whole and named_in(work / "x.run.json") == "x.csv"
    refused(work, "x.txt", "--overwrite")


def test_a_second_report_beside_the_first_is_refused_however_it_came_there(work):
    """Both files stand there, as older versions left them: the metadata are the second's."""
    assert campaign(work, "x.csv").returncode == DONE
    first = (work / "x.csv").read_bytes()
    (work / "x.txt").write_bytes(first)
    metadata = json.loads((work / "x.run.json").read_text())
    metadata["report"]["file"] = "x.txt"
    (work / "x.run.json").write_text(json.dumps(metadata))
    for words in ([], ["--overwrite"], ["-s", "--overwrite"]):
        assert "which belong to the report ./x.txt" in refused(work, "x.csv", *words)
    interrupt(work / "x.txt", 3)  # its metadata: x.run.json
    assert "which belong to the report ./x.txt" in refused(work, "x.csv")
    assert campaign(work, "x.txt").returncode == DONE and (work / "x.txt").read_bytes() == first


def test_metadata_left_over_from_a_report_that_is_gone(work):
    assert campaign(work, "x.csv").returncode == DONE
    (work / "x.csv").unlink()
    assert "left over from the report ./x.csv; choose another --report, or take its place with --overwrite" in refused(work, "x.txt")
    assert campaign(work, "x.txt", "--overwrite").returncode == DONE
    assert named_in(work / "x.run.json") == "x.txt"
    (work / "x.txt").unlink()
    assert campaign(work, "x.txt").returncode == DONE  # its own


def test_a_report_renamed_with_its_metadata_goes_on_and_is_named_in_them(work):
    assert campaign(work, "x.csv").returncode == DONE
    whole = (work / "x.csv").read_bytes()
    interrupt(work / "x.csv", 4)
    (work / "x.csv").rename(work / "y.csv")
    (work / "x.run.json").rename(work / "y.run.json")
    done = campaign(work, "y.csv")
    assert done.returncode == DONE and (work / "y.csv").read_bytes() == whole, done
    assert named_in(work / "y.run.json") == "y.csv"


def test_something_else_where_the_metadata_go_is_left_alone(work):
    (work / "x.run.json").write_text("[1, 2]")
    for words in ([], ["--overwrite"]):
        assert "holds no metadata" in refused(work, "x.csv", *words)


@pytest.mark.parametrize("words", [["-s"], ["-s", "--overwrite"], ["--scores", "changed", "--overwrite"]], ids=" ".join)
def test_a_folder_of_scores_that_belongs_to_another_report_is_refused(words, work):
    done = run("--model", MODEL, "--data", "../set.npz", "-f", LIST, "-o", ".", "-s", "-q", cwd=work)
    assert done.returncode == DONE, done
    report = next(work.rglob("*.csv"))
    folder = next(path for path in report.parent.iterdir() if path.is_dir())
    said = refused(work, f"{folder.relative_to(work)}.csv", *words)
    assert f"which belongs to the report {report.relative_to(work)}" in said
    golden_only = run("--model", MODEL, "--data", "../set.npz", "--report", f"{folder.relative_to(work)}.csv", "-q", *words, cwd=work)
    assert golden_only.returncode == RESUME and report.name in golden_only.stderr
    assert campaign(work, f"{folder.relative_to(work)}.csv").returncode == DONE  # without scores it disturbs nobody
    assert f"which belongs to the report {report.relative_to(work)}" in refused(work, f"{folder.relative_to(work)}.csv", "-s", "--overwrite")


def test_a_folder_of_scores_under_another_name_is_the_same_folder(work):
    assert campaign(work, "x.csv", "-s").returncode == DONE
    os.symlink("x", work / "y")
    assert "which belongs to the report ./x.csv" in refused(work, "y.csv", "-s", "--overwrite")


def test_a_golden_run_spares_the_scores_of_a_report(work):
    assert campaign(work, "x.csv", "-s").returncode == DONE
    before = files_of(work)
    for report in ("x.csv", "x.txt"):
        done = run("--model", MODEL, "--data", "../set.npz", "--report", report, "-s", "-q", "--limit", "2", "--overwrite", cwd=work)
        assert done.returncode == RESUME and "./x.csv" in done.stderr and files_of(work) == before
    for _ in range(2):  # its own may be written again
        assert run("--model", MODEL, "--data", "../set.npz", "--report", "g.csv", "-s", "-q", cwd=work).returncode == DONE


@pytest.mark.parametrize("name", ["x", ".csv", "..csv", "...csv", "x.run.json", ".run.json", "d/"])
def test_names_that_no_report_can_have_are_wrong_usage(name, work):
    assert name in refused(work, name, code=USAGE)
    assert name in refused(work, name, "--overwrite", "-s", code=USAGE)


def test_a_name_that_looks_like_metadata_has_metadata_of_its_own(work):
    assert campaign(work, "x.csv", "-s").returncode == DONE
    before = files_of(work)
    assert campaign(work, "x.run.csv", "-s").returncode == DONE
    after = files_of(work)
    assert {name: after[name] for name in before} == before and named_in(work / "x.run.run.json") == "x.run.csv"


def test_a_symbolic_link_is_the_report_it_leads_to(work):
    (work / "far").mkdir()
    assert campaign(work, "far/real.csv", "-s").returncode == DONE
    whole = files_of(work)
    os.symlink("far/real.csv", work / "link.csv")
    assert campaign(work, "link.csv", "-s").returncode == DONE  # finished already
    interrupt(work / "far" / "real.csv", 5)
    assert campaign(work, "link.csv", "-s").returncode == DONE
    assert campaign(work, "link.csv", "-s", "--overwrite").returncode == DONE
    found = files_of(work)
    assert {name: content for name, content in found.items() if not name.endswith("run.json") and name != "link.csv"} == \
        {name: content for name, content in whole.items() if not name.endswith("run.json")}
    assert not (work / "link.run.json").exists() and named_in(work / "far/real.run.json") == "real.csv"


def test_a_symbolic_link_to_nothing_is_said(work):
    os.symlink("gone.csv", work / "link.csv")
    assert "link.csv: is a symbolic link to 'gone.csv', which is not there" in refused(work, "link.csv", code=NOT_WRITTEN)


def test_another_name_of_the_same_file_does_not_overwrite_it(work):
    assert campaign(work, "x.csv").returncode == DONE
    os.link(work / "x.csv", work / "y.csv")
    refused(work, "y.csv")
    assert "y.csv: has another name too (a hard link)" in refused(work, "y.csv", "--overwrite")
    assert "x.csv: has another name too" in refused(work, "x.csv", "--overwrite")
    assert campaign(work, "x.csv").returncode == DONE  # finished already
    (work / "y.csv").unlink()
    assert campaign(work, "x.csv", "--overwrite").returncode == DONE


def test_a_damaged_report_under_its_own_name_can_be_begun_anew(work):
    assert campaign(work, "x.csv").returncode == DONE
    whole = (work / "x.csv").read_bytes()
    (work / "x.run.json").write_text("{")
    refused(work, "x.csv")
    assert campaign(work, "x.csv", "--overwrite").returncode == DONE
    assert (work / "x.csv").read_bytes() == whole and named_in(work / "x.run.json") == "x.csv"


def test_reports_that_are_found_by_their_folder_leave_foreign_metadata_alone(work):
    words = ["--model", MODEL, "--data", "../set.npz", "-f", LIST, "-o", ".", "-q"]
    assert run(*words, cwd=work).returncode == DONE
    report = next(work.rglob("*.csv"))
    interrupt(report, 5)
    report.with_suffix(".txt").write_bytes(report.read_bytes())
    metadata = json.loads(report.with_suffix(".run.json").read_text())
    metadata["report"]["file"] = report.with_suffix(".txt").name
    report.with_suffix(".run.json").write_text(json.dumps(metadata))
    before = files_of(work)
    done = run(*[word for word in words if word != "-q"], cwd=work)
    assert done.returncode == DONE and "left alone" in done.stderr, done
    after = files_of(work)
    assert {name: after[name] for name in before} == before and len(after) == len(before) + 2


@pytest.mark.parametrize("moved", ["renamed", "link"])
def test_a_run_whose_folder_was_moved_leaves_the_files_of_the_run_that_took_its_place(tmp_path, moved):
    images = np.random.default_rng(1)
    np.savez(tmp_path / "large.npz", x=images.random((128, 32, 32, 3), dtype=np.float32), y=np.zeros(128, int))
    model = ROOT / "models/CIFAR10/ResNet20.keras"
    assert run("generate", "--model", model, "-o", tmp_path / "list.csv", "--n", 2000).returncode == DONE
    place, first, second = tmp_path / "o", tmp_path / "first", tmp_path / "second"
    first.mkdir(), second.mkdir()
    place.symlink_to(first) if moved == "link" else first.rename(place)
    report = place / "r.csv"
    words = [PROGRAM, "--model", model, "--data", tmp_path / "large.npz", "-f", tmp_path / "list.csv", "--report", report]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        while not (report.with_suffix(".run.json").exists() and report.exists()):
            time.sleep(0.001)
        time.sleep(0.3)  # it is open now, and works on its only block for seconds
        running.send_signal(signal.SIGSTOP)
        place.unlink() if moved == "link" else place.rename(first)
        place.symlink_to(second) if moved == "link" else second.rename(place)
        other = ["--model", MODEL, "--data", write_images(tmp_path / "small.npz"), "-f", LIST, "--report", report]
        assert run(*other).returncode == DONE
        before = files_of(place)
        running.send_signal(signal.SIGCONT)
        _, said = running.communicate()
    assert running.returncode == NOT_WRITTEN, said
    assert files_of(place) == before
    assert run("verify", report).returncode == DONE


def test_the_path_of_the_owner_is_shown_whole(work):
    """A path longer than what messages show of other text; its control characters are escaped."""
    folder = work / ("long_" * 20 + "\x1b")
    folder.mkdir()
    report = f"{folder.name}/x.csv"
    assert campaign(work, report, "-s").returncode == DONE
    shown = report.replace("\x1b", "\\x1b")
    assert f"which belong to the report {shown}" in refused(work, f"{folder.name}/x.txt")
