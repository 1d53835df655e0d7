"""The program started with standard input, output or error closed, in all combinations: no file that it opens gets one of their numbers,
so what is printed stays out of reports, scores and downloads. Results that nobody can read are exit code 4 (docs/interface.md)."""
import hashlib
import http.server
import itertools
import json
import os
import subprocess
import threading

import pytest
from small_campaign import DONE, DOWNLOAD_FAILED, LIST, MODEL, NOT_WRITTEN, PROGRAM, USAGE, files_of, interrupt, run, write_images

FAULT = LIST.read_text().splitlines()[1].split(",", 1)[1]
REPORT = b'Injection,Layer,TensorIndex,Bit,n_injections,critical\n0,conv,"(1, 2)",3,10,1\n'
COMBINATIONS = [closed for n in range(4) for closed in itertools.combinations((0, 1, 2), n)]
every_combination = pytest.mark.parametrize("closed", COMBINATIONS, ids=lambda closed: "closed_" + ("".join(map(str, closed)) or "none"))


def run_closed(closed, *words, cwd=None):
    """The program with its standard streams open to files below cwd, but those of `closed`."""

    def prepare():
        for descriptor in closed:
            os.close(descriptor)

    with open(os.devnull) as nothing:
        return run(*words, cwd=cwd, preexec_fn=prepare, stdin=nothing)


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """What a campaign writes when nothing is closed."""
    folder = tmp_path_factory.mktemp("usual")
    images = write_images(folder / "set.npz")
    assert run(*campaign(images), cwd=folder).returncode == DONE
    return {"images": images, "files": files_of(folder)}


def campaign(images):
    return ["--model", MODEL, "--data", images, "-f", LIST, "--report", "r.csv", "-s"]


def compare(folder, usual):
    found = files_of(folder)
    metadata = json.loads(found.pop("r.run.json"))
    expected = {name: content for name, content in usual["files"].items() if name not in ("r.run.json", "set.npz")}
    assert found == expected
    assert metadata["state"] == "finished" and metadata["report"]["bytes"] == len(expected["r.csv"])


@every_combination
def test_a_report_holds_rows_only(closed, tmp_path, usual):
    done = run_closed(closed, *campaign(usual["images"]), cwd=tmp_path)
    assert done.returncode == (NOT_WRITTEN if 1 in closed else DONE), done.stderr
    compare(tmp_path, usual)
    if 2 not in closed:
        assert ("standard output could not be written" in done.stderr) == (1 in closed)


@every_combination
def test_a_report_that_is_gone_on_with_holds_rows_only(closed, tmp_path, usual):
    for name in usual["files"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(usual["files"][name])
    interrupt(tmp_path / "r.csv", 5)
    done = run_closed(closed, *campaign(usual["images"]), cwd=tmp_path)
    assert done.returncode == (NOT_WRITTEN if 1 in closed else DONE), done.stderr
    assert (tmp_path / "r.csv").read_bytes() == usual["files"]["r.csv"]


@every_combination
@pytest.mark.parametrize("words", [["inspect", MODEL, "--plan"], ["validate", "-f", LIST, "--model", MODEL], ["compare", "list.csv", "list.csv"], ["explain", FAULT, "--model", MODEL],
                                   ["bench", "-f", LIST, "--model", MODEL, "--data", "set.npz", "--seconds", "1", "-q"], ["--help"], ["--version"],
                                   ["--model", MODEL, "--data", "set.npz"], ["--model", MODEL, "--data", "set.npz", "-f", LIST, "--dry-run"]],
                         ids=["inspect", "validate", "compare", "explain", "bench", "help", "version", "golden", "dry_run"])
def test_what_writes_no_file_ends_as_documented(closed, words, tmp_path):
    write_images(tmp_path / "set.npz")
    (tmp_path / "list.csv").write_bytes(REPORT)
    before = files_of(tmp_path)
    done = run_closed(closed, *words, cwd=tmp_path)
    assert done.returncode == (NOT_WRITTEN if 1 in closed else DONE), done.stderr
    assert files_of(tmp_path) == before


WRITERS = {"generate": ["generate", "--model", MODEL, "-o", "list_of_all.csv", "--n", "20"],
           "estimate": ["estimate", "--model", MODEL, "--data", "set.npz", "--error", "0.2", "--json", "e.json", "--state", "e.state"],
           "report": ["report", "r.csv", "-o", "page.html", "--json", "page.json", "--svg", "pictures"],
           "compare": ["compare", "r.csv", "r.csv", "--json", "c.json"],
           "protect": ["protect", "r.csv", "--json", "p.json"],
           "explain": ["explain", FAULT, "--model", MODEL, "--data", "set.npz", "--json", "x.json"],
           "details": ["--model", MODEL, "--data", "set.npz", "-f", LIST, "--report", "new.csv", "--details", "d.csv"],
           "changed": ["--model", MODEL, "--data", "set.npz", "-f", LIST, "--report", "new.csv", "--scores", "changed"],
           "overwrite": ["--model", MODEL, "--data", "set.npz", "-f", LIST, "--report", "r.csv", "--overwrite"]}


@pytest.mark.parametrize("words", WRITERS.values(), ids=WRITERS)
def test_files_are_the_same_whatever_is_closed(words, tmp_path, usual):
    """Every command that writes files, in all combinations."""
    written = {}
    for closed in COMBINATIONS:
        folder = tmp_path / ("closed_" + "".join(map(str, closed)))
        folder.mkdir()
        for name in ("set.npz", "r.csv", "r.run.json"):
            (folder / name).write_bytes(usual["files"][name])
        done = run_closed(closed, *words, cwd=folder)
        prints = words[0] != "generate"  # its list goes into the file
        assert done.returncode == (NOT_WRITTEN if 1 in closed and prints else DONE), (closed, done.stderr)
        written[closed] = {name: content for name, content in files_of(folder).items() if not name.endswith((".run.json", "e.json"))}
        if "e.json" in words:  # it holds a time
            written[closed]["e.json"] = {k: v for k, v in json.loads((folder / "e.json").read_text()).items() if k != "seconds"}
    assert all(files == written[()] for files in written.values()), {closed: files.keys() for closed, files in written.items()}
    assert len(written[()]) >= (2 if "--overwrite" in words else 3)


@every_combination
def test_bad_input_keeps_its_exit_code(closed, tmp_path):
    assert run_closed(closed, "inspect", tmp_path / "none.keras").returncode == 3
    assert run_closed(closed, "--no-such-flag").returncode == 2


class Archive(http.server.BaseHTTPRequestHandler):
    content = bytes(range(256)) * 64

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_):
        pass


@every_combination
def test_a_download_holds_what_was_fetched_only(closed, tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Archive)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    wrong = run_closed(closed, "download", "CIFAR10", "--to", tmp_path / "wrong", "--url", address)
    assert wrong.returncode == DOWNLOAD_FAILED
    digest = hashlib.sha256(Archive.content).hexdigest()
    done = run_closed(closed, "download", "CIFAR10", "--to", tmp_path / "set", "--url", address, "--sha256", digest)
    server.shutdown()
    server.server_close()
    assert done.returncode == (NOT_WRITTEN if 1 in closed else DONE), done.stderr
    assert list(files_of(tmp_path / "set").values()) == [Archive.content]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_report_that_a_stream_is_redirected_into_is_refused(stream, tmp_path, usual):
    """The shell makes the file, empty, before the program begins: `--report r.csv > r.csv`."""
    report = tmp_path / "r.csv"
    with open(report, "w") as into:
        done = subprocess.run([PROGRAM, *map(str, campaign(usual["images"]))], cwd=tmp_path, stdin=subprocess.DEVNULL,
                              **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: into}, check=False)
    assert done.returncode == USAGE
    said = report.read_text() if stream == "stderr" else done.stderr.decode()
    assert "--report r.csv: standard " + {"stdout": "output", "stderr": "error"}[stream] + " is redirected into that file" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.csv"]
    assert stream == "stderr" or report.read_bytes() == b""
