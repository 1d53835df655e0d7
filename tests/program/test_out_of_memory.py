"""A program whose allocations fail: exit code 8 and one line, whichever of them it is and whether one fails or all from there on; nothing half-written stays.

By default a few places of every command; TFI_EVERY_ALLOCATION=1 tries all of them (hours), TFI_ALLOCATION_STEP=K every K-th."""
import os
import resource
import shutil
import subprocess

import pytest
from small_campaign import DONE, LIST, MODEL, PROGRAM, ROOT, files_of, run, write_images

OUT_OF_MEMORY = 8
# The first allocations, where the least is set up, are tried one by one; behind them, so many places.
FIRST, PLACES = 12, 12
STEP = 1 if os.environ.get("TFI_EVERY_ALLOCATION") else int(os.environ.get("TFI_ALLOCATION_STEP", 0))


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    if "asan" in os.environ.get("TFI_PROGRAM", "") or "tsan" in os.environ.get("TFI_PROGRAM", ""):
        pytest.skip("sanitizers have allocation functions of their own")
    library = tmp_path_factory.mktemp("shim") / "fail_allocations.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, ROOT / "tests/support/fail_allocations.c", "-ldl"], check=True)
    return library


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("images") / "set.npz")


@pytest.fixture(scope="session")
def report(tmp_path_factory, images):
    path = tmp_path_factory.mktemp("finished") / "r.csv"
    assert run("--model", MODEL, "--data", images, "-f", LIST, "--report", path, "-q").returncode == DONE
    return path


def words_of(command, images, report, folder):
    return {
        "run": ["--model", MODEL, "--data", images, "-f", LIST, "--report", folder / "r.csv", "--scores", "changed", "--details", folder / "d.csv", "--threads", 1],
        "threads": ["--model", MODEL, "--data", images, "-f", LIST, "--report", folder / "r.csv", "--threads", 2],
        "estimate": ["estimate", "--model", MODEL, "--data", images, "--error", "0.3", "--threads", 1, "--json", folder / "e.json", "--state", folder / "e.state"],
        "validate": ["validate", "--model", MODEL, "-f", LIST],
        "inspect": ["inspect", MODEL],
        "h5": ["inspect", ROOT / "tests/golden/preprocessed_caffe.h5"],
        "generate": ["generate", "--model", MODEL, "-o", folder / "l.csv", "--n", 100],
        "report": ["report", report, "-o", folder / "r.html", "--json", folder / "r.json"],
        "compare": ["compare", report, report, "--json", folder / "c.json"],
        "explain": ["explain", "--model", MODEL, "-f", LIST, 3],
    }[command]


COMMANDS = ["run", "threads", "estimate", "validate", "inspect", "h5", "generate", "report", "compare", "explain"]


def places(total):
    if STEP:
        return range(1, total + 1, STEP)
    return sorted({*range(1, FIRST + 1), *(FIRST + (total - FIRST) * i // PLACES for i in range(1, PLACES + 1))})


def results_in(folder):
    """What is the same whenever a command is run."""
    return {name: data for name, data in files_of(folder).items() if name.endswith((".csv", ".npy", ".npz", ".html"))}


def check(done, place):
    text = done.stderr.decode(errors="replace")
    assert done.returncode in (DONE, OUT_OF_MEMORY), (place, done.returncode, text)
    if done.returncode == OUT_OF_MEMORY:
        errors = [line for line in text.splitlines() if "error:" in line or "terminate" in line or "what()" in line]
        assert len(errors) == 1 and errors[0].startswith("error: ") and any(word in errors[0] for word in ("memory", "cannot start thread")), (place, text)


@pytest.mark.parametrize("and_all_behind", [False, True], ids=["one", "all_behind"])
@pytest.mark.parametrize("command", COMMANDS)
def test_whichever_allocation_fails(command, and_all_behind, shim, images, report, tmp_path):
    folder = tmp_path / "out"

    def go(**environment):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return run(*words_of(command, images, report, folder), text=False, env={**os.environ, "LD_PRELOAD": str(shim), **environment})

    usual = go(TFI_COUNT_ALLOCATIONS=str(tmp_path / "count"))
    assert usual.returncode == DONE, usual.stderr
    written = results_in(folder)
    total = int((tmp_path / "count").read_text())
    assert total > FIRST
    ended = 0
    for place in places(total):
        done = go(TFI_FAIL_ALLOCATION=f"{place}{'+' if and_all_behind else ''}")
        check(done, place)
        assert not [path for path in folder.rglob("*") if path.name.endswith(".tmp")], place
        if done.returncode == DONE:  # it could do without
            assert results_in(folder) == written, place
        ended += done.returncode == OUT_OF_MEMORY
    assert ended >= FIRST / 2  # the shim does what it should


@pytest.mark.parametrize("command", ["run", "threads", "estimate"])
def test_whatever_the_address_space(command, images, report, tmp_path):
    """ulimit -v, from what is too little to start to enough."""
    steps = 40 if STEP else 8
    codes = []
    for step in range(steps):
        folder = tmp_path / str(step)
        folder.mkdir()
        size = int((24 << 20) * (2048 / 24) ** (step / (steps - 1)))

        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (size, size))

        done = run(*words_of(command, images, report, folder), text=False, preexec_fn=limit)
        if done.returncode == 127 and b"shared librar" in done.stderr:
            continue  # too little to load the program
        check(done, f"{size >> 20} MiB")
        codes.append(done.returncode)
    assert codes[-1] == DONE


def test_no_thread_registers_a_destructor():
    """The C library ends a process that has no memory for it, in its own words."""
    nm = shutil.which("nm")
    if nm is None or "asan" in str(PROGRAM) or "tsan" in str(PROGRAM):
        pytest.skip("no nm, or a sanitizer's own functions")
    symbols = subprocess.run([nm, "--dynamic", "--undefined-only", PROGRAM], capture_output=True, text=True, check=True).stdout
    assert "malloc" in symbols or "_Znwm" in symbols
    assert "thread_atexit" not in symbols
