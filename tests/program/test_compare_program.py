"""`compare` as a program and in Python, against what Python's own csv module makes of the same files."""
import csv
import json
import os
import random

import pytest
from small_campaign import BAD_INPUT, DONE, LIST, MODEL, ROOT, USAGE, interrupt, run, write_images

DIFFERS = 10
COUNTS = ["top_1_correct", "top_5_correct", "top_1_robust", "top_5_robust", "masked", "non_critical", "critical"]
PUBLISHED = ["masked", "non_critical", "critical"]


@pytest.fixture(scope="module")
def campaigns(tmp_path_factory):
    """A folder with the reports of one list: all.csv on all images, few.csv on the first three, cut.csv, which is not done."""
    folder = tmp_path_factory.mktemp("campaigns")
    images = write_images(folder / "set.npz")
    for name, more in (("all", ()), ("few", ("--limit", 3)), ("cut", ())):
        assert run("--model", MODEL, "--data", images, "-f", LIST, "--report", folder / f"{name}.csv", *more, "-q").returncode == DONE
    interrupt(folder / "cut.csv", 4)
    return folder


def rows_of(path):
    with open(path, newline="") as file:
        return [row for row in csv.DictReader(file) if row["inj_id"] != "GOLDEN"]


def write_published(path, rows, rng):
    """The rows as a published list in PyTorch's coordinates, some counts changed; returns {id: counts}."""
    counts = {}
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["Injection", "Layer", "TensorIndex", "Bit", "n_injections", *PUBLISHED])
        for row in rows:
            index = eval(row["layer_weigths"])
            index = (index[3], index[2], index[0], index[1]) if len(index) == 4 else index[::-1]
            images, critical = int(row["n_injections"]), int(row["critical"])
            masked = rng.randint(0, images - critical) if rng.random() < 0.5 else int(row["masked"])
            counts[row["inj_id"]] = (masked, images - masked - critical, critical)
            out.writerow([row["inj_id"], "twin." + row["target_layer"], str(index), row["bit_pos"], images, *counts[row["inj_id"]]])
    return counts


def test_a_report_equals_itself(campaigns):
    done = run("compare", campaigns / "all.csv", campaigns / "all.csv", "--json", "-")
    assert done.returncode == DONE and done.stderr == ""
    found = json.loads(done.stdout)
    assert found["same"] and [column["name"] for column in found["columns"]] == COUNTS
    assert found["matched"] == len(rows_of(campaigns / "all.csv")) and found["notes"] == []


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_the_csv_module(campaigns, tmp_path, seed):
    rng = random.Random(seed)
    rows = rows_of(campaigns / "all.csv")
    left_out = rng.sample(rows, 2)
    kept = [row for row in rows if row not in left_out]
    counts = write_published(tmp_path / "published.csv", kept, rng)
    done = run("compare", campaigns / "all.csv", tmp_path / "published.csv", "--json", tmp_path / "r.json", "--top", 1000)
    assert done.returncode == DIFFERS
    found = json.loads((tmp_path / "r.json").read_text())
    assert sorted(found["only_a"]) == sorted(int(row["inj_id"]) for row in left_out)
    assert found["only_b"] == [] and found["mismatches"] == [] and found["matched"] == len(kept)
    for i, column in enumerate(found["columns"]):
        name = PUBLISHED[i]
        ours, theirs = [int(row[name]) for row in kept], [counts[row["inj_id"]][i] for row in kept]
        shares = [abs(a - b) / int(row["n_injections"]) for a, b, row in zip(ours, theirs, kept)]
        images = sum(int(row["n_injections"]) for row in kept)
        assert column["name"] == name and column["rows"] == len(kept)
        assert column["equal"] == sum(a == b for a, b in zip(ours, theirs))
        assert column["sum"] == {"a": sum(ours), "b": sum(theirs)}
        assert column["rate"]["a"] == pytest.approx(sum(ours) / images) and column["rate"]["b"] == pytest.approx(sum(theirs) / images)
        assert column["mean_difference"] == pytest.approx(sum(shares) / len(kept))
        assert column["largest_difference"] == pytest.approx(max(shares))
        assert column["differing_bits"] == sorted({int(row["bit_pos"]) for a, b, row in zip(ours, theirs, kept) if a != b})
    differing = sum(tuple(int(row[name]) for name in PUBLISHED) != counts[row["inj_id"]] for row in kept)
    assert found["differing_rows"] == len(found["rows"]) == differing
    differences = [row["largest_difference"] for row in found["rows"]]
    assert differences == sorted(differences, reverse=True)


def test_other_numbers_of_images_are_said_and_shares_compared(campaigns):
    done = run("compare", campaigns / "all.csv", campaigns / "few.csv")
    assert done.returncode == DIFFERS
    assert "the numbers of images differ" in done.stdout and "--limit differs: not given in A, 3 in B" in done.stdout


def test_an_unfinished_report_is_compared_as_far_as_it_goes(campaigns):
    done = run("compare", campaigns / "cut.csv", campaigns / "all.csv")
    faults = len(rows_of(campaigns / "all.csv"))
    assert done.returncode == DIFFERS
    assert f"cut.csv is unfinished: 4 of {faults} faults" in done.stdout and f"only in B: {faults - 4}" in done.stdout


def test_another_model_is_said_and_not_refused(campaigns, tmp_path):
    for name in ("all.csv", "all.run.json"):
        (tmp_path / name).write_bytes((campaigns / name).read_bytes())
    facts = json.loads((tmp_path / "all.run.json").read_text())
    facts["settings"]["model_sha256"] = "0" * 64
    (tmp_path / "all.run.json").write_text(json.dumps(facts))
    done = run("compare", campaigns / "all.csv", tmp_path / "all.csv")
    assert done.returncode == DONE and "note: the model's SHA-256 differs: " in done.stdout


def test_the_published_results_of_resnet20():
    """24 faults that TensorFlow ran: critical as published within one image, masked not below bit 22 (docs/interface.md)."""
    reference = ROOT.parent / "shared/data/reference/ResNet20_24faults_report.csv"
    published = ROOT.parent / "shared/data/published/ResNet20_CIFAR10_torch.csv"
    if not (reference.exists() and published.exists()):
        pytest.skip("needs ../shared/data")
    done = run("compare", reference, published, "--json", "-")
    assert done.returncode == DIFFERS
    found = json.loads(done.stdout)
    columns = {column["name"]: column for column in found["columns"]}
    assert found["matched"] == 24 and found["only_a"] == [] and found["mismatches"] == []
    assert "B names weights as PyTorch does" in found["notes"][0]
    assert columns["critical"]["largest_difference_images"] == 1 and columns["masked"]["largest_difference"] > 0.99


def test_text_fits_a_terminal_and_has_no_colour(campaigns, tmp_path):
    write_published(tmp_path / "p.csv", rows_of(campaigns / "all.csv"), random.Random(3))
    os.symlink(campaigns / "all.csv", tmp_path / "a.csv")
    text = run("compare", "a.csv", "p.csv", cwd=tmp_path).stdout
    tables = [line for line in text.splitlines() if not line.startswith(("note: ", "they differ", "masked differs", "non_critical differs"))]
    assert all(len(line) <= 80 for line in tables), max(tables, key=len)
    assert "\x1b" not in text and text.splitlines()[-1].startswith("they differ: masked on ")


@pytest.mark.parametrize("words, code, said", [
    ((), USAGE, "compare needs two files: A and B"),
    (("a.csv",), USAGE, "compare needs two files: A and B"),
    (("a.csv", "a.csv", "--top", "-1"), USAGE, "--top"),
    (("a.csv", "a.csv", "--json", "a.csv"), USAGE, "--json a.csv would be written over 'a.csv'"),
    (("a.csv", "a.csv", "--json", "./a.csv"), USAGE, "--json ./a.csv would be written over 'a.csv'"),
    (("a.csv", "none.csv"), BAD_INPUT, "cannot read 'none.csv'"),
    (("a.csv", str(LIST)), BAD_INPUT, "the header lacks n_injections"),
    (("a.csv", "a.csv", "--json", "a.csv/r.json"), 4, "a.csv"),
])
def test_wrong_input_ends_as_documented(campaigns, tmp_path, words, code, said):
    os.symlink(campaigns / "all.csv", tmp_path / "a.csv")
    done = run("compare", *words, cwd=tmp_path)
    assert done.returncode == code and said in done.stderr, done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("error: ")]) == 1
