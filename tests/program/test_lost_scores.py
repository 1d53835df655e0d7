"""Score files that were lost or cut are noticed when a report is gone on with, or found to be finished: its rows are not computed again."""
import shutil

import pytest
from small_campaign import DONE, LIST, MODEL, RESUME, files_of, interrupt, run, write_images

HOW = {"all": ["--scores", "all"], "changed": ["--scores", "changed"]}


@pytest.fixture(params=HOW)
def campaign(request, tmp_path):
    words = ["--model", MODEL, "--data", write_images(tmp_path / "set.npz"), "-f", LIST, "--report", tmp_path / "r.csv", *HOW[request.param]]
    assert run(*words).returncode == DONE
    return tmp_path, words


def fault_files(folder):
    return sorted((folder / "r").glob("inj_*"), key=lambda path: int(path.stem[4:]))


def check_refused(words, path):
    done = run(*words)
    assert done.returncode == RESUME
    assert f"of its scores are missing or cut, the first is {path}" in done.stderr
    assert "--overwrite" in done.stderr


@pytest.mark.parametrize("state", ["finished", "interrupted"])
def test_a_lost_file_is_named(campaign, state):
    folder, words = campaign
    lost = fault_files(folder)[2]
    if state == "interrupted":
        interrupt(folder / "r.csv", faults=5)
    lost.unlink()
    before = files_of(folder)
    check_refused(words, lost)
    assert files_of(folder) == before
    assert run(*words, "--overwrite").returncode == DONE
    assert lost.exists()


def test_an_empty_file_is_lost(campaign):
    folder, words = campaign
    fault_files(folder)[0].write_bytes(b"")
    check_refused(words, fault_files(folder)[0])


def test_a_lost_folder_is_noticed(campaign):
    folder, words = campaign
    shutil.rmtree(folder / "r")
    check_refused(words, folder / "r" / "clean.npy")


def test_a_cut_array_is_lost(campaign):
    folder, words = campaign
    path = folder / "r" / "clean.npy"
    path.write_bytes(path.read_bytes()[:-1])
    check_refused(words, path)


def test_files_of_rows_that_are_still_to_come_may_be_missing(campaign):
    folder, words = campaign
    whole = files_of(folder)
    interrupt(folder / "r.csv", faults=5)
    for path in fault_files(folder)[5:]:
        path.unlink()
    (folder / "r" / "clean.npy").unlink()
    assert run(*words).returncode == DONE
    found = files_of(folder)
    for files in (whole, found):
        files.pop("r.run.json")
    assert found == whole
