"""In which order files are written, synced and renamed (strace): what a power cut may find. `run` with scores and details; every file with results."""
import json
import re
import shutil
import subprocess

import pytest
from small_campaign import DONE, LIST, MODEL, NOT_WRITTEN, PROGRAM, run, write_images

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="no strace")
CALL = re.compile(r"^\d+ +(?P<call>\w+)\((?P<rest>.*)\) += (?P<result>-?\d+)")
NAME = re.compile(r'<([^<>]*)>|"([^"]*)"')


def traced(folder, *words, inject=None):
    """(exit code, [(call, its paths, whether it failed, its arguments)])"""
    log = folder / "strace.log"
    trace = ["-e", "trace=openat,pwrite64,fsync,fdatasync,rename,ftruncate"]
    if inject:
        trace += ["-e", "inject=" + inject]
    words = ["strace", "-f", "-y", "-s", "0", "-qq", "-e", "signal=none", *trace, "-o", log, PROGRAM, *words]
    code = subprocess.run([str(word) for word in words], capture_output=True).returncode
    calls = []
    for line in log.read_text(errors="replace").splitlines():
        found = CALL.match(line)
        if found:
            paths = [a or b for a, b in NAME.findall(found["rest"]) if a or b]
            calls.append((found["call"], paths, int(found["result"]) < 0, found["rest"]))
    log.unlink()
    return code, calls


def check_replaced(calls, path):
    """The file is only ever the target of a rename, of a file that was synced, into a folder that is synced then. Returns where."""
    path, folder = str(path), str(path.parent)
    renames = [i for i, (call, paths, *_) in enumerate(calls) if call == "rename" and paths[1] == path]
    assert renames, path
    for i in renames:
        temporary = calls[i][1][0]
        mine = [(call, paths) for call, paths, *_ in calls[:i] if paths and temporary in paths]
        assert mine[-1][0] == "fsync" and any(call == "pwrite64" for call, _ in mine), "it is synced last"
        after = next((call, paths) for call, paths, *_ in calls[i + 1 :] if call in ("fsync", "fdatasync", "rename", "pwrite64"))
        assert after == ("fsync", [folder]), "its folder is synced next"
    assert not any(call == "openat" and path in paths and re.search("O_WRONLY|O_RDWR", rest) for call, paths, _, rest in calls)
    return renames


def test_scores_then_metadata_then_details_then_rows(tmp_path):
    tmp_path = tmp_path.resolve()
    images = write_images(tmp_path / "set.npz")
    report, details, metadata = tmp_path / "r.csv", tmp_path / "d.csv", tmp_path / "r.run.json"
    code, calls = traced(tmp_path, "--model", MODEL, "--data", images, "-f", LIST, "--report", report, "--details", details, "-s", "-q", "--threads", "1")
    assert code == DONE
    written = check_replaced(calls, metadata)
    scores = [i for path in sorted((tmp_path / "r").iterdir()) for i in check_replaced(calls, path)]
    first, *blocks = [i for i, (call, paths, *_) in enumerate(calls) if call == "pwrite64" and paths == [str(report)]]
    clean = check_replaced(calls, tmp_path / "r" / "clean.npy")[0]
    assert clean < first
    assert len(scores) == 1 + json.loads(metadata.read_text())["report"]["rows"]
    assert blocks and max(scores) < blocks[-1], "no row before its scores"
    for i in [first, *blocks]:
        before = [(call, paths) for call, paths, *_ in calls[:i] if call != "openat"]
        assert before[-2:] == [("pwrite64", [str(details)]), ("fdatasync", [str(details)])]
        assert before[-4][1][-1] == str(metadata) and before[-3] == ("fsync", [str(tmp_path)]), "announced, durably"
        assert next((call, paths) for call, paths, *_ in calls[i + 1 :]) == ("fdatasync", [str(report)])
    assert written[-1] > blocks[-1]


@pytest.mark.parametrize("call", ["fsync", "fdatasync"])
def test_a_sync_that_fails_is_not_repeated(call, tmp_path):
    tmp_path = tmp_path.resolve()
    words = ["--model", MODEL, "--data", write_images(tmp_path / "set.npz"), "-f", LIST, "--report", tmp_path / "r.csv", "-q", "--threads", "1"]
    _, calls = traced(tmp_path, *words)
    number = sum(name == call for name, *_ in calls)
    assert number >= 2
    (tmp_path / "r.csv").unlink(), (tmp_path / "r.run.json").unlink()
    for n in range(1, number + 1):
        code, calls = traced(tmp_path, *words, inject=f"{call}:error=EIO:when={n}")
        assert code == NOT_WRITTEN, n
        at = next(i for i, (name, _, failed, _) in enumerate(calls) if failed and name == call)
        assert not any(paths == calls[at][1] and name in ("fsync", "fdatasync") for name, paths, *_ in calls[at + 1 :]), n
        assert run(*words).returncode == DONE, n
        (tmp_path / "r.csv").unlink(), (tmp_path / "r.run.json").unlink()


def test_every_file_with_results_is_replaced(tmp_path):
    tmp_path = tmp_path.resolve()
    images, report, out = write_images(tmp_path / "set.npz"), tmp_path / "r.csv", tmp_path / "out"
    assert run("--model", MODEL, "--data", images, "-f", LIST, "--report", report, "-q").returncode == DONE
    out.mkdir()
    fault = LIST.read_text().splitlines()[1].split(",", 1)[1].replace('"', "").rsplit(",", 1)
    for words, names in (
        (["report", report, "-o", out / "r.html", "--json", out / "r.json", "--svg", out / "svg"], ["r.html", "r.json"]),
        (["compare", report, report, "--json", out / "c.json"], ["c.json"]),
        (["explain", f"{fault[0]},{fault[1]}".replace(" ", ""), "--model", MODEL, "--json", out / "e.json"], ["e.json"]),
        (["estimate", "--model", MODEL, "--data", images, "--error", "0.2", "--json", out / "s.json"], ["s.json"]),
        (["generate", "--model", MODEL, "--n", "10", "-o", out / "list.csv"], ["list.csv", "list.csv.plan.json"]),
    ):
        code, calls = traced(tmp_path, *words)
        assert code == DONE, words
        for name in names:
            check_replaced(calls, out / name)
        for path in (out / "svg").glob("*.svg") if "--svg" in words else ():
            check_replaced(calls, path)
