"""Every input is read once: what the metadata name by its hash is what the rows come from, even where the file under its name is replaced
while it is read; pipes do as inputs. TFI_PROGRAM names another build of the program."""
import hashlib
import json
import os
import pathlib
import subprocess
import threading

import numpy as np
import pytest
import small_campaign
from interrupted_calls import needs_strace

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TFI_PROGRAM", ROOT / "build/release/tf_injector"))
GOLDEN = ROOT / "tests" / "golden"
MODELS = [GOLDEN / "inception.keras", ROOT / "tests" / "keras" / "files" / "k2_sequential.h5"]
INPUTS = ["model", "list", "data"]


def shape_and_kernel(model):
    """The shape of the model's input, the name and the shape of its first layer with a kernel."""
    told = subprocess.run([PROGRAM, "inspect", model], capture_output=True, text=True, check=True).stdout
    numbers = lambda text: tuple(int(n) for n in text.strip("()").split(",") if n.strip())
    shape = next(line for line in told.splitlines() if line.startswith("inputs: ")).split(" ", 2)[2]
    row = next(line.split() for line in told.splitlines() if line.split()[1:2] in (["Conv2D"], ["Dense"]))
    kernel = told[told.index(row[0]):].splitlines()[0]
    return numbers(shape), row[0], numbers(kernel[kernel.rindex("("):kernel.rindex(")")])


def make_inputs(folder, model, seed=1):
    shape, layer, kernel = shape_and_kernel(model)
    rng = np.random.default_rng(seed)
    index = tuple(int(rng.integers(n)) for n in kernel)
    (folder / "list").write_text(f'Injection,Layer,TensorIndex,Bit\n{seed},{layer},"{index}",30\n')
    np.savez(folder / "data.npz", x=rng.standard_normal((5, *shape)).astype(np.float32), y=np.zeros(5, np.int32))
    (folder / "data.npz").rename(folder / "data")
    (folder / "model").write_bytes(model.read_bytes())
    return {name: (folder / name).read_bytes() for name in INPUTS}


def run(folder, report, **other):
    """(exit code, standard error): of the folder's inputs, or those that are named otherwise."""
    paths = {name: other.get(name, folder / name) for name in INPUTS}
    words = [PROGRAM, "--model", paths["model"], "--data", paths["data"], "-f", paths["list"], "--report", report, "-q"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, stdin=other.get("stdin", subprocess.DEVNULL))
    return done.returncode, done.stderr


def feed(path, content, replacement):
    """A pipe under this name: as soon as it is opened another file takes its name; then its content comes."""
    os.mkfifo(path)

    def write():
        with open(path, "wb") as pipe:
            pathlib.Path(f"{path}.new").write_bytes(replacement)
            os.replace(f"{path}.new", path)
            pipe.write(content)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("model", MODELS, ids=lambda p: p.suffix)
@pytest.mark.parametrize("name", INPUTS)
def test_a_file_that_is_replaced_while_it_is_read(model, name, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir(), second.mkdir()
    inputs = make_inputs(first, model)
    others = make_inputs(second, model, seed=2)
    if name == "model":  # another file, as good a model, with another hash
        others["model"] = next(m for m in MODELS if m != model).read_bytes()
    assert run(first, tmp_path / "whole.csv") == (0, "")
    (first / name).unlink()
    thread = feed(first / name, inputs[name], others[name])
    code, said = run(first, tmp_path / "r.csv")
    thread.join(10)
    assert code == 0, said
    assert (first / name).read_bytes() == others[name]
    assert (tmp_path / "r.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    metadata, whole = (json.loads((tmp_path / f"{stem}.run.json").read_text())["settings"] for stem in ("r", "whole"))
    assert metadata == whole
    assert metadata["model_sha256"] == hashlib.sha256(inputs["model"]).hexdigest()
    assert metadata["fault_list_sha256"] == hashlib.sha256(inputs["list"]).hexdigest()


@pytest.mark.parametrize("name", INPUTS)
def test_standard_input(name, tmp_path):
    inputs = make_inputs(tmp_path, MODELS[0])
    assert run(tmp_path, tmp_path / "whole.csv") == (0, "")
    program = subprocess.Popen(["cat", tmp_path / name], stdout=subprocess.PIPE)
    code, said = run(tmp_path, tmp_path / "r.csv", stdin=program.stdout, **{name: "/dev/stdin"})
    assert code == 0, said
    assert (tmp_path / "r.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert json.loads((tmp_path / "r.run.json").read_text())["settings"] == json.loads((tmp_path / "whole.run.json").read_text())["settings"]
    assert inputs


@pytest.mark.parametrize("name", INPUTS)
def test_an_empty_pipe_is_one_clear_line(name, tmp_path):
    make_inputs(tmp_path, MODELS[0])
    code, said = run(tmp_path, tmp_path / "r.csv", **{name: "/dev/stdin"})
    assert code == 3 and len(said.splitlines()) == 1 and "/dev/stdin" in said, said


@needs_strace
def test_a_report_is_read_once(tmp_path):
    """What its metadata prove and what is said of it are the same bytes; so are those of its details."""
    words = [*small_campaign.campaign_in(tmp_path), "--report", tmp_path / "r.csv", "--details", tmp_path / "d.csv", "-q"]
    assert small_campaign.run(*words).returncode == 0
    trace = tmp_path / "trace"
    done = small_campaign.run("report", tmp_path / "r.csv", before=["strace", "-f", "-qq", "-e", "trace=openat", "-o", trace])
    assert done.returncode == 0, done.stderr
    opened = trace.read_text()
    assert {name: opened.count(f'/{name}"') for name in ("r.csv", "r.run.json", "d.csv")} == {"r.csv": 1, "r.run.json": 1, "d.csv": 1}
