"""--memory bounds what the program takes: the most that the system counts (ru_maxrss) stays below, whatever the network; less than the least
that is said is refused. TFI_PROGRAM names another build of the program."""
import json
import os
import pathlib
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
PROGRAM = pathlib.Path(os.environ.get("TFI_PROGRAM", ROOT / "build/release/tf_injector"))
GOLDEN = ROOT / "tests" / "golden"
MIB = 1 << 20

# Started by a small process, whose own memory does not hide the program's.
RUN = ("import resource, subprocess, sys\n"
       "code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL).returncode\n"
       "print('rss', code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n")


def run(*words):
    """(exit code, the most memory in bytes, standard output and error)."""
    done = subprocess.run([sys.executable, "-S", "-c", RUN, PROGRAM, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said, _, last = done.stdout.rstrip("\n").rpartition("\n")
    _, code, rss = last.split()
    return int(code), int(rss) * 1024, said


def images_of(folder, shape, count, classes):
    path = folder / "images.npz"
    rng = np.random.default_rng(5)
    np.savez(path, x=rng.standard_normal((count, *shape), dtype=np.float32), y=rng.integers(0, classes, count).astype(np.int32))
    return path


def shared_list(folder, source, count):
    lines = (SHARED / "fault_lists" / source).read_text().splitlines()
    path = folder / "list.csv"
    path.write_text("\n".join([lines[0], *lines[1::max(1, len(lines) // count)][:count]]) + "\n")
    return path


def golden_case(name, folder, images=40):
    inputs = np.load(GOLDEN / f"{name}.golden.npz")["inputs"]
    clean = np.load(GOLDEN / f"{name}.golden.npz")["clean"]
    return GOLDEN / f"{name}.keras", images_of(folder, inputs.shape[1:], images, clean.shape[-1]), GOLDEN / f"{name}.faults.csv"


def shared_case(model, source, folder, images=3, faults=120):
    return SHARED / "models" / "CIFAR10" / f"{model}.keras", images_of(folder, (32, 32, 3), images, 10), shared_list(folder, source, faults)


def check(case, folder, *flags):
    model, data, faults = case
    report = folder / "report.csv"
    common = ["run", "-q", "--model", model, "--data", data, "-f", faults, "--report", report, "--overwrite", "--threads", "2", *flags]
    code, _, said = run(*common, "--memory", "1M")
    assert code == 8, said
    lines = said.splitlines()
    assert len(lines) == 1, said
    least = int(re.search(r"need at least --memory (\d+)M", lines[0]).group(1))
    code, _, said = run(*common, "--memory", f"{least - 8}M")
    assert code == 8 and not report.exists(), said
    reports = set()
    for factor in (1, 1.5, 4):
        bound = int(least * factor)
        code, rss, said = run(*common, "--memory", f"{bound}M")
        assert code == 0, said
        assert rss <= bound * MIB, f"--memory {bound}M, but {rss / MIB:.0f} MiB were taken"
        reports.add(report.read_bytes())
        code, rss, said = run(*common, "--memory", f"{bound}M", "--dry-run", "--report", folder / "other.csv")
        assert code == 0 and "memory: at most " in said, said
        assert rss <= bound * MIB
    assert len(reports) == 1


@pytest.mark.parametrize("name", ["inception", "mobile", "dense_blocks", "activations", "shared_layers", "k3_channels"])
def test_small_networks(name, tmp_path):
    check(golden_case(name, tmp_path), tmp_path)


def test_scores_and_the_self_check_count(tmp_path):
    check(golden_case("option_a", tmp_path, images=2000), tmp_path, "-s", "--check", "3")


def test_the_scalar_reference(tmp_path):
    check(golden_case("projection", tmp_path), tmp_path, "--kernels", "scalar")


def said_by_a_dry_run(common, folder):
    code, _, said = run(*common, "--dry-run", "--report", folder / "other.csv")
    number, unit = re.search(r"memory: at most ([\d.]+) (kB|MB|GB)", said).groups()
    assert code == 0
    return float(number) * {"kB": 1e3, "MB": 1e6, "GB": 1e9}[unit]


@pytest.mark.parametrize("name, images, most", [("inception", 40, None), ("projection", 30000, 1.3)])
def test_a_dry_run_says_what_is_taken_without_a_bound_too(name, images, most, tmp_path):
    """`most`: how much more than is taken may be said; of networks that replay takes in packs it is what they can need at most."""
    model, data, faults = golden_case(name, tmp_path, images)
    common = ["run", "-q", "--model", model, "--data", data, "-f", faults, "--threads", "2"]
    told = said_by_a_dry_run(common, tmp_path)
    code, rss, said = run(*common, "--report", tmp_path / "report.csv")
    assert code == 0, said
    assert rss <= told * 1.005, f"{told / 1e6:.0f} MB said, but {rss / 1e6:.0f} MB taken"  # two runs differ by some pages
    assert most is None or told <= most * rss, f"{told / 1e6:.0f} MB said, {rss / 1e6:.0f} MB taken"


def long_names(folder, length, rows):
    """A small network of which one layer has a long name, one image, and that many faults in that layer."""
    layer = "n" * length
    model = folder / "model.keras"
    with zipfile.ZipFile(GOLDEN / "activations.keras") as old, zipfile.ZipFile(model, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data.replace(b'"conv2d"', f'"{layer}"'.encode()) if name == "config.json" else data)
    faults = folder / "list.csv"
    faults.write_text("Injection,Layer,TensorIndex,Bit\n" + "".join(f'{i},{layer},"(0, 0, 0, 0)",{i % 31}\n' for i in range(rows)))
    return model, golden_case("activations", folder, images=1)[1], faults


@pytest.mark.parametrize("length, rows", [(1000, 20000), (8, 25000)])
def test_reports_that_are_read_again(length, rows, tmp_path):
    """Finished, and unfinished with an end that is torn: what is refused is refused before it is read, with the least that does."""
    model, data, faults = long_names(tmp_path, length, rows)
    report = tmp_path / "report.csv"
    common = ["run", "-q", "--model", model, "--data", data, "-f", faults, "--report", report, "--threads", "2"]
    code, _, said = run(*common, "--memory", "1M")
    least = int(re.search(r"need at least --memory (\d+)M", said).group(1))
    metadata, whole = tmp_path / "report.run.json", None
    for state in ("begun", "finished", "dry", "torn"):
        if state == "torn":
            described = json.loads(metadata.read_text()) | {"state": "running"}
            described["report"]["pending"] = {"rows": rows + 1, "bytes": len(whole) + 10_000, "sha256": described["report"]["sha256"]}
            metadata.write_text(json.dumps(described))
            report.write_bytes(whole + b"123,")
        words = ["--dry-run"] if state == "dry" else []
        bound = least + 8 if state == "begun" else least  # blocks of more than a few faults
        code, rss, said = run(*common, "--memory", f"{bound}M", *words)
        assert code == 0, said
        assert rss <= bound * MIB, f"{state}: --memory {bound}M, but {rss / MIB:.0f} MiB were taken"
        whole = whole or report.read_bytes()
        assert report.read_bytes() == whole
    assert json.loads(metadata.read_text())["state"] == "finished"


def test_a_golden_run_needs_less_than_a_campaign(tmp_path):
    model, data, faults = golden_case("inception", tmp_path)
    needed = []
    for words in ([], ["-f", faults]):
        code, _, said = run("run", "-q", "--model", model, "--data", data, "--memory", "1M", *words)
        assert code == 8
        needed.append(int(re.search(r"--memory (\d+)M", said).group(1)))
    assert needed[0] <= needed[1]


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")
@pytest.mark.parametrize("model, source", [("ResNet20", "CIFAR10/ResNet20_TF_FL.csv"), ("MobileNetV2", "CIFAR10/MobilenetV2_TF_FL.csv"),
                                           ("DenseNet121", "CIFAR10/DenseNet121_TF_FL.csv"), ("GoogLeNet", "CIFAR10/GoogLeNet_TF_FL.csv")])
def test_published_networks(model, source, tmp_path):
    check(shared_case(model, source, tmp_path), tmp_path)


def test_a_fault_takes_what_the_manual_says(tmp_path):
    """Of the report that would be read to go on; details, whose file is read in pieces, add next to nothing."""
    model, data, faults = golden_case("odd_channels", tmp_path)
    rows = [line.split(",", 1)[1] for line in faults.read_text().splitlines()[1:] if line]

    def least(count, *flags):
        path = tmp_path / "list.csv"
        path.write_text("Injection,Layer,TensorIndex,Bit\n" + "".join(f"{i},{rows[i % len(rows)]}\n" for i in range(count)))
        words = ["--model", model, "--data", data, "-f", path, "--report", tmp_path / "r.csv", "--threads", 1, "--memory", "1M", "--dry-run"]
        return int(re.search(r"at least --memory (\d+)M", run(*words, *flags)[2])[1]) * MIB

    few, many = least(20_000), least(120_000)
    assert 480 < (many - few) / 100_000 < 540
    assert least(120_000, "--details", tmp_path / "d.csv") <= many + 2 * MIB
