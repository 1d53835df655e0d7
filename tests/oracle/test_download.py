"""`tf_injector download` against servers of Python's http.server that behave well and badly."""

import errno
import hashlib
import http.server
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTENT = bytes(range(256)) * 4096  # 1 MiB
HASH = hashlib.sha256(CONTENT).hexdigest()
NAME = "cifar-10-python.tar.gz"
HANGS = 120  # seconds after which a program counts as hanging, on however busy a machine


def program():
    named = os.environ.get("TFI_PROGRAM")
    path = pathlib.Path(named) if named else ROOT / "build/release/tf_injector"
    assert path.exists(), f"{path} is not built; build the target tf_injector, or name it in TFI_PROGRAM"
    return path


class Server:
    """Serves CONTENT at every address. `cut`: bytes after which a connection is closed, one entry per request. `slow`: sends
    that many bytes and then waits until the test ends. As a proxy for https it never answers."""

    def __init__(self, content=CONTENT, ranges=True, status=None, cut=(), slow=None):
        self.content, self.ranges, self.status, self.cut, self.slow = content, ranges, status, list(cut), slow
        self.asked = []  # (path, Range header)
        self.over = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def do_CONNECT(self):
                outer.asked.append((self.path, None))
                outer.over.wait(2 * HANGS)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def answer(self, request):
        self.asked.append((request.path, request.headers.get("Range")))
        if self.status:
            return request.send_error(self.status)
        start = 0
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range") or "")
        if wanted and self.ranges:
            start = int(wanted[1])
            if start >= len(self.content):
                return request.send_error(416)
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        else:
            request.send_response(200)
        body = self.content[start:]
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if self.slow is not None:
            request.wfile.write(body[:self.slow])
            request.wfile.flush()
            self.over.wait(2 * HANGS)
            return None
        request.wfile.write(body[:self.cut.pop(0)] if self.cut else body)
        return None

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.http.server_port}{path}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.http.shutdown()
        self.http.server_close()


def wait_until(condition):
    end = time.monotonic() + HANGS
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition(), f"nothing came of it in {HANGS} seconds"


def command(server, to, *more, dataset="CIFAR10", sha256=HASH):
    words = [program(), "download", dataset, "--to", to]
    if server:
        words += ["--url", server.url()]
    return words + (["--sha256", sha256] if sha256 else []) + list(more)


def run(*arguments, **options):
    done = subprocess.run(command(*arguments, **options), capture_output=True, text=True, timeout=HANGS)
    return done.returncode, done.stdout, done.stderr


def is_one_line_error(text):
    return text.startswith("error: ") and text.count("\n") == 1


def test_a_file_is_fetched_checked_and_kept(tmp_path):
    with Server() as server:
        code, out, err = run(server, tmp_path / "new" / "folder")
        file = tmp_path / "new" / "folder" / NAME
        assert (code, out) == (0, f"{file}: {len(CONTENT)} bytes, SHA-256 {HASH}\n"), err
        assert file.read_bytes() == CONTENT and os.listdir(file.parent) == [NAME]
        assert f"fetching {server.url()}{NAME} to {file}\n" in err and "\r" not in err
        assert run(server, file.parent)[:2] == (0, out)  # it is there: nobody is asked
        assert server.asked == [("/" + NAME, None)]
        file.write_bytes(b"another file")
        assert run(server, file.parent)[0] == 0 and file.read_bytes() == CONTENT


def test_a_cut_connection_goes_on_where_it_ended(tmp_path):
    with Server(cut=[300_000, 200_000]) as server:
        code, out, err = run(server, tmp_path)
        assert code == 9 and out == "" and "the connection was cut after 300000 bytes" in err
        assert os.listdir(tmp_path) == [NAME + ".part"]
        code, _, err = run(server, tmp_path, "-q")
        assert code == 9 and is_one_line_error(err)
        assert run(server, tmp_path)[0] == 0
        assert [wanted for _, wanted in server.asked] == [None, "bytes=300000-", "bytes=500000-"]
    assert (tmp_path / NAME).read_bytes() == CONTENT and os.listdir(tmp_path) == [NAME]


def test_a_server_without_ranges_sends_all_again(tmp_path):
    with Server(ranges=False, cut=[300_000]) as server:
        assert run(server, tmp_path)[0] == 9
        assert run(server, tmp_path)[0] == 0
        assert server.asked[1][1] == "bytes=300000-"
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_another_file_is_refused(tmp_path):
    with Server(content=CONTENT[:-1] + b"x") as server:
        code, out, err = run(server, tmp_path, "-q")
    assert code == 9 and out == "" and is_one_line_error(err)
    assert HASH in err and hashlib.sha256(CONTENT[:-1] + b"x").hexdigest() in err and server.url(f"/{NAME}") in err
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("dataset, files", [("CIFAR10", [NAME]), ("CIFAR100", ["cifar-100-python.tar.gz"]),
                                            ("GTSRB", ["GTSRB_Final_Test_GT.zip"])])
def test_without_sha256_the_published_hash_counts(tmp_path, dataset, files):
    with Server() as server:
        code, _, err = run(server, tmp_path, "-q", dataset=dataset, sha256=None)
        assert code == 9 and is_one_line_error(err) and f"has the {'MD5' if dataset == 'GTSRB' else 'SHA-256'} " in err
        assert [path for path, _ in server.asked] == ["/" + name for name in files]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_what_the_server_answers_is_said(tmp_path, status):
    with Server(status=status) as server:
        code, _, err = run(server, tmp_path, "-q")
        assert code == 9 and is_one_line_error(err) and f"the server answers {status}" in err and server.url(f"/{NAME}") in err
    assert os.listdir(tmp_path) == []


def test_no_server_there(tmp_path):
    with Server() as server:
        address = server.url()
    code, _, err = run(None, tmp_path, "-q", "--url", address)
    assert code == 9 and is_one_line_error(err)


def test_mirrors_are_tried_in_their_order(tmp_path):
    with Server(status=404) as bad, Server() as good:
        code, _, err = run(bad, tmp_path, "--url", good.url("/file"))
        assert code == 0 and "the server answers 404" in err and "error:" not in err
        assert [path for path, _ in good.asked] == ["/file"] and len(bad.asked) == 1
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_disk_that_takes_no_more(tmp_path):
    def small_files():  # Python has SIGXFSZ ignored; the program inherits that
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    with Server() as server:
        done = subprocess.run(command(server, tmp_path, "-q"), capture_output=True, text=True, timeout=HANGS, restore_signals=False,
                              preexec_fn=small_files)
        assert done.returncode == 4 and done.stdout == "" and is_one_line_error(done.stderr)
        assert f"cannot write '{tmp_path / NAME}.part'" in done.stderr and os.strerror(errno.EFBIG) in done.stderr
        assert os.listdir(tmp_path) == [NAME + ".part"]
        assert run(server, tmp_path)[0] == 0  # what was written is not fetched again
        start = int(server.asked[1][1].removeprefix("bytes=").removesuffix("-"))
        assert 300_000 < start <= 400_000
    assert (tmp_path / NAME).read_bytes() == CONTENT


@pytest.mark.parametrize("target", ["file/sub", "closed"])
def test_a_folder_that_cannot_be_written(tmp_path, target):
    (tmp_path / "file").write_text("a file")
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed").chmod(0o500)
    if target == "closed" and os.access(tmp_path / "closed", os.W_OK):
        pytest.skip("nothing is closed to this user")
    with Server() as server:
        code, _, err = run(server, tmp_path / target, "-q")
        assert code == 4 and is_one_line_error(err) and str(tmp_path / target.split("/")[0]) in err
        assert server.asked == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_the_next_run_goes_on(tmp_path, number):
    part = tmp_path / (NAME + ".part")
    with Server(slow=250_000) as server:
        running = subprocess.Popen(command(server, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: running.poll() is not None or part.exists() and part.stat().st_size == 250_000)
        running.send_signal(number)
        _, err = running.communicate(timeout=HANGS)
    assert running.returncode == 75 and re.search("run the same command again|the same command goes on", err) and "error:" not in err
    with Server() as server:
        assert run(server, tmp_path)[0] == 0
        assert server.asked[0][1] == "bytes=250000-"
    assert (tmp_path / NAME).read_bytes() == CONTENT


@pytest.mark.parametrize("words", [[], ["bench"], ["bench", "--techniques"], ["bench", "--steps"]], ids=" ".join)
def test_a_signal_stops_any_command_that_fetches_its_data(tmp_path, words):
    model = ROOT / "tests/golden/odd_channels.keras"
    words = [program(), *words, "-d", "CIFAR10", "--model", model, "-f", model.with_suffix(".faults.csv")]
    with Server() as server:
        environment = {"HOME": str(tmp_path), "https_proxy": server.url(), "no_proxy": ""}
        running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
                                   env=os.environ | environment)
        wait_until(lambda: server.asked or running.poll() is not None)
        assert server.asked == [("www.cs.toronto.edu:443", None)], running.stderr.read() if running.returncode else "not asked"
        running.send_signal(signal.SIGINT)
        try:
            out, err = running.communicate(timeout=HANGS)
        except subprocess.TimeoutExpired:
            running.kill()
            running.communicate()
            raise
    assert running.returncode == 75 and out == "" and re.search("run the same command again|the same command goes on", err) and "error:" not in err


def test_progress_for_programs(tmp_path):
    with Server(cut=[300_000]) as server:
        assert run(server, tmp_path)[0] == 9
        code, _, err = run(server, tmp_path, "--progress", "json")
    assert code == 0
    events = [json.loads(line) for line in err.splitlines()]
    transfers = [event for event in events if event["event"] == "transfer"]
    assert events[0]["event"] == "message" and transfers
    assert {event["file"] for event in transfers} == {NAME}
    assert {event["bytes_total"] for event in transfers} == {len(CONTENT)}
    done = [event["bytes_done"] for event in transfers]
    assert done == sorted(done) and done[0] >= 300_000 and done[-1] == len(CONTENT)


@pytest.mark.parametrize("words, message", [
    (["download"], "download needs a DATASET: CIFAR10, CIFAR100, GTSRB"),
    (["download", "MNIST"], "MNIST"),
    (["download", "CIFAR10", "--sha256", HASH], "--sha256 goes with --url, and with a set that is one file"),
    (["download", "GTSRB", "--url", "http://x/", "--sha256", HASH], "--sha256 goes with --url, and with a set that is one file"),
    (["download", "CIFAR10", "--url", "http://x/", "--sha256", "12"], "--sha256: expected 64 digits of 0-9 and a-f, found '12'"),
    (["download", "CIFAR10", "--url"], "--url needs"),
    (["download", "CIFAR10", "CIFAR100"], "unexpected argument 'CIFAR100'"),
])
def test_a_wrong_command_line(words, message):
    done = subprocess.run([program(), *words], capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == 2 and done.stdout == "" and message in done.stderr
    assert done.stderr.endswith("'tf_injector download --help' lists the flags.\n")


def test_a_folder_that_run_looks_in_is_the_default(tmp_path):
    with Server() as server:
        words = [program(), "download", "CIFAR10", "--url", server.url(), "--sha256", HASH]
        done = subprocess.run(words, capture_output=True, text=True, timeout=HANGS, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith(f"datasets/CIFAR10/{NAME}: ")
    assert (tmp_path / "datasets" / "CIFAR10" / NAME).read_bytes() == CONTENT
