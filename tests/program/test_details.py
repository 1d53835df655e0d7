"""run --details: every column against NumPy on the scores that -s saves; what does not change its bytes; going on; whose file it is."""
import csv
import hashlib
import io
import json
import signal
import subprocess
import time

import numpy as np
import pytest
from dense_model import random_faults, write_dense_model, write_fault_list
from small_campaign import DONE, LIST, MODEL, NOT_WRITTEN, PROGRAM, RESUME, USAGE, files_of, run, write_images

HEADER = ("inj_id,nan_images,inf_images,sdc5,sdc10pct,sdc20pct,fixed,broken,majority_class,majority_images,max_abs_logit_change,"
          "golden_value,faulty_value")


# --- What the columns mean, in NumPy -------------------------------------------------------------------------------------------------------

def top(scores, k):
    """(images, k): as the Python tool takes them."""
    k = min(k, scores.shape[1])
    return scores.argpartition(-k, axis=1)[:, -k:]


def confidence(scores, classes, probabilities):
    """(images,): float64, of one class of each image."""
    x = scores.astype(np.float64)
    images = np.arange(len(x))
    if x.shape[1] == 1:
        own = np.where(classes == 1, x[:, 0], -x[:, 0])
        return np.where(classes == 1, x[:, 0], 1 - x[:, 0]) if probabilities else 1 / (1 + np.exp(-own))
    if probabilities:
        return x[images, classes]
    e = np.exp(x - np.fmax.reduce(x, axis=1, keepdims=True))
    return e[images, classes] / np.cumsum(e, axis=1)[:, -1]


def decisions(scores, probabilities):
    """Golden class, sets of the top 1 and top 5, selected class."""
    if scores.shape[1] > 1:
        return scores.argmax(axis=1), top(scores, 1), top(scores, 5), top(scores, 1)[:, 0]
    decided = (scores[:, 0] > (0.5 if probabilities else 0)).astype(int)
    return decided, decided[:, None], np.tile([0, 1], (len(scores), 1)), decided


@np.errstate(all="ignore")
def details(clean, faulty, labels, probabilities):
    golden, golden_top, _, _ = decisions(clean, probabilities)
    _, now_top, now_top5, selected = decisions(faulty, probabilities)
    contains = lambda chosen, label: (chosen == label[:, None]).any(axis=1)
    right, right_now = contains(golden_top, labels), contains(now_top, labels)
    changed = ~contains(now_top, golden)
    before, after = confidence(clean, golden, probabilities), confidence(faulty, golden, probabilities)
    more_than = lambda share: int((~(np.abs(after - before) <= share * before)).sum())
    same = (clean == faulty) | (np.isnan(clean) & np.isnan(faulty))
    went = np.bincount(selected[changed], minlength=1)
    return {
        "nan_images": int(np.isnan(faulty).any(axis=1).sum()),
        "inf_images": int(np.isinf(faulty).any(axis=1).sum()),
        "sdc5": int((~contains(now_top5, golden)).sum()),
        "sdc10pct": more_than(0.1),
        "sdc20pct": more_than(0.2),
        "fixed": int((right_now & ~right).sum()),
        "broken": int((right & ~right_now).sum()),
        "majority_class": int(went.argmax()) if changed.any() else None,
        "majority_images": int(went.max()) if changed.any() else 0,
        "max_abs_logit_change": np.where(same, np.float32(0), np.abs(faulty - clean)).max(),
    }, golden[changed], selected[changed]


def flipped(value, bit):
    return (np.array(value, np.float32).view(np.uint32) ^ np.uint32(1 << bit)).view(np.float32)


def is_float(text, value):
    """The shortest text that is read as this float32."""
    value = np.float32(value)
    if np.isnan(value):
        return text == "nan"
    return np.float32(text).tobytes() == value.tobytes() and len(text) <= len(str(value))


# --- Cases ---------------------------------------------------------------------------------------------------------------------------------

KINDS = {"logits": (10, "linear", False), "softmax": (10, "softmax", True), "sigmoids": (6, "sigmoid", True), "three": (3, "linear", False),
         "two": (2, "linear", False), "log_softmax": (7, "log_softmax", False), "unit": (1, "sigmoid", True), "logit": (1, "linear", False),
         "thousand": (1000, "linear", False), "201": (201, "linear", False)}


class Case:
    def __init__(self, folder, kind, seed, images=37, faults=60):
        classes, activation, self.probabilities = KINDS[kind]
        rng = np.random.default_rng(seed)
        few = lambda *shape: rng.integers(-2, 3, shape).astype(np.float32)  # scores tie
        self.layers = [("hidden", "input", few(5, 8) + (seed % 2) * rng.normal(size=(5, 8)).astype(np.float32), "relu"),
                       ("scores", "hidden", few(8, classes) + (seed % 2) * rng.normal(size=(8, classes)).astype(np.float32), activation)]
        x = few(images, 5)
        if seed % 3 == 2:  # golden scores with NaN and Inf
            x[0, 0], x[1, 1], x[2] = np.nan, np.inf, 0
        self.labels = rng.integers(0, max(classes, 2), images)
        self.faults = random_faults(rng, self.layers, faults)
        self.folder = folder
        write_dense_model(folder / "net.h5", self.layers, 5)
        np.savez(folder / "set.npz", x=x, y=self.labels)
        write_fault_list(folder / "list.csv", self.faults)

    def words(self, report="r.csv", details="d.csv"):
        return ["--model", self.folder / "net.h5", "--data", self.folder / "set.npz", "-f", self.folder / "list.csv",
                "--report", self.folder / report, *(["--details", self.folder / details] if details else [])]

    def run(self, *more, report="r.csv", details="d.csv"):
        done = run(*self.words(report, details), "-q", *more)
        assert done.returncode == DONE, done.stderr
        return done


def metadata(path):
    return json.loads(path.read_text())


def rows_of(path):
    text = path.read_bytes().decode()
    assert text.endswith("\r\n") and text.count("\n") == text.count("\r\n")
    assert text.split("\r\n")[0] == HEADER
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", KINDS)
def test_every_column_is_numpys(kind, seed, tmp_path):
    case = Case(tmp_path, kind, seed)
    case.run("-s")
    scores = tmp_path / "r"
    clean = np.load(scores / "clean.npy")
    rows, reported = rows_of(tmp_path / "d.csv"), list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text())))[1:]
    assert [int(row["inj_id"]) for row in rows] == [number for number, *_ in case.faults]
    classes = max(clean.shape[1], 2)
    confusion = np.zeros((classes, classes), int)
    for row, report, (number, layer, index, bit) in zip(rows, reported, case.faults):
        expected, before, after = details(clean, np.load(scores / f"inj_{number}.npy"), case.labels, case.probabilities)
        assert is_float(row["max_abs_logit_change"], expected.pop("max_abs_logit_change")), row
        for name, value in expected.items():
            assert row[name] == ("" if value is None else str(value)), (name, row, expected)
        weight = next(kernel for name, _, kernel, _ in case.layers if name == layer)[index]
        assert is_float(row["golden_value"], weight) and is_float(row["faulty_value"], flipped(weight, bit)), row
        assert int(row["sdc5"]) == int(report["n_injections"]) - int(report["top_5_robust"])
        np.add.at(confusion, (before, after), 1)
    found = metadata(tmp_path / "r.run.json")["details"]
    assert found["rows"] == len(rows) and found["file"] == "d.csv" and found["bytes"] == (tmp_path / "d.csv").stat().st_size
    assert found["sha256"] == hashlib.sha256((tmp_path / "d.csv").read_bytes()).hexdigest()
    if classes > 200:
        assert found["confusion"] is None
    else:
        assert np.array_equal(found["confusion"], confusion) and confusion.sum() == sum(int(row["critical"]) for row in reported)


def test_the_cases_have_what_they_are_for(tmp_path):
    """NaN, Inf, decisions that change, and faults of which every column is something."""
    rows = []
    for seed in (0, 1, 5):
        case = Case(tmp_path, "logits", seed, images=60, faults=120)
        case.run(report=f"{seed}.csv", details=f"{seed}.d.csv")
        rows += rows_of(tmp_path / f"{seed}.d.csv")
    for name in HEADER.split(",")[1:8]:
        assert any(int(row[name]) > 0 for row in rows), name
    assert {"", "0"} < {row["majority_class"] for row in rows}
    assert {"nan", "inf", "0"} <= {row["max_abs_logit_change"] for row in rows}
    assert any(abs(float(row["faulty_value"])) > 1e30 for row in rows)


def test_of_an_output_that_is_named(tmp_path):
    case = Case(tmp_path, "logits", 1)
    kernel = case.layers[1][2][:, :4]
    write_dense_model(tmp_path / "net.h5", [*case.layers, ("other", "hidden", kernel, "softmax")], 5, ["scores", "other"])
    case.labels %= 4
    np.savez(tmp_path / "set.npz", x=np.load(tmp_path / "set.npz")["x"], y=case.labels)
    case.run("-s", "--output", "other")
    clean = np.load(tmp_path / "r/clean.npy")
    for row in rows_of(tmp_path / "d.csv"):
        expected, _, _ = details(clean, np.load(tmp_path / f"r/inj_{row['inj_id']}.npy"), case.labels, True)
        assert row["sdc10pct"] == str(expected["sdc10pct"]) and row["sdc5"] == str(expected["sdc5"])


# --- What changes no byte ------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["logits", "unit", "thousand"])
def test_the_bytes_are_the_same_whatever_the_work(kind, tmp_path):
    case = Case(tmp_path, kind, 2)
    case.run()
    expected, plain = (tmp_path / "d.csv").read_bytes(), (tmp_path / "r.csv").read_bytes()
    table = metadata(tmp_path / "r.run.json")["details"]["confusion"]
    ways = [["--threads", 1], ["--threads", 3], ["--tile", 1], ["--tile", 5, "--threads", 2], ["--kernels", "scalar"], ["--kernels", "avx2"],
            ["--check", 1], ["--scores", "changed"], ["--scores", "all"], ["-b", 7]]
    for i, way in enumerate(ways):
        done = run(*case.words(f"w{i}.csv", f"w{i}.details.csv"), "-q", *way)
        if done.returncode == USAGE and "avx2" in way:
            continue  # another CPU
        assert done.returncode == DONE, done.stderr
        assert (tmp_path / f"w{i}.details.csv").read_bytes() == expected, way
        assert (tmp_path / f"w{i}.csv").read_bytes() == plain, way
        assert metadata(tmp_path / f"w{i}.run.json")["details"]["confusion"] == table, way


def test_without_details_no_file_has_another_byte(tmp_path):
    case = Case(tmp_path, "logits", 1)
    case.run()
    case.run(report="p.csv", details=None)
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "r.csv").read_bytes()
    assert "details" not in metadata(tmp_path / "p.run.json")


# --- Going on ------------------------------------------------------------------------------------------------------------------------------

def test_killed_anywhere_it_goes_on_to_the_same_bytes(tmp_path):
    case = Case(tmp_path, "logits", 2, images=300, faults=4000)
    case.run(report="whole.csv", details="whole.d.csv")
    rng = np.random.default_rng(3)
    words = [str(word) for word in (PROGRAM, *case.words(), "-q", "--threads", 1, "--memory", "40M")]  # blocks of few faults
    lengths = set()
    for _ in range(25):
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:
            time.sleep(float(rng.uniform(0.0, 0.2)))
            process.send_signal(signal.SIGKILL)
            code = process.wait()
        if (tmp_path / "r.run.json").exists():
            lengths.add(metadata(tmp_path / "r.run.json")["details"]["rows"])
        if code != -signal.SIGKILL:
            break
    assert lengths
    case.run()
    for name in ("d.csv", "r.csv"):
        whole = "whole." + name if name == "d.csv" else "whole.csv"
        assert (tmp_path / name).read_bytes() == (tmp_path / whole).read_bytes()
    found, expected = (metadata(tmp_path / name)["details"] for name in ("r.run.json", "whole.run.json"))
    assert found["confusion"] == expected["confusion"] and found["sha256"] == expected["sha256"]


def interrupted(case, rows, keep_details=None, keep_report=None):
    """A finished report as a kill would leave it: metadata record `rows` and announce the rest, of which the files have some."""
    report, file, facts = case.folder / "r.csv", case.folder / "d.csv", metadata(case.folder / "r.run.json")
    lines = lambda path, count: b"".join(path.read_bytes().splitlines(keepends=True)[:count])
    kept, details_kept = lines(report, rows + 2), lines(file, rows + 1)
    confusion = np.zeros((10, 10), int).tolist()
    if rows > 0:  # the table of the classes up to there, by a run of the first rows only
        write_fault_list(case.folder / "first.csv", case.faults[:rows])
        words = [case.folder / "first.csv" if word == case.folder / "list.csv" else word for word in case.words("first_r.csv", "first_d.csv")]
        assert run(*words, "-q").returncode == DONE
        confusion = metadata(case.folder / "first_r.run.json")["details"]["confusion"]
    facts["state"] = "running"
    whole, details_whole = report.read_bytes(), file.read_bytes()
    pending = {"bytes": len(details_whole), "sha256": hashlib.sha256(details_whole).hexdigest(), "confusion": facts["details"]["confusion"]}
    facts["report"].update(rows=rows, bytes=len(kept), sha256=hashlib.sha256(kept).hexdigest())
    facts["report"]["pending"] = {"rows": len(case.faults), "bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
    facts["details"].update(rows=rows, bytes=len(details_kept), sha256=hashlib.sha256(details_kept).hexdigest(), confusion=confusion, pending=pending)
    report.write_bytes(kept if keep_report is None else report.read_bytes()[: len(kept) + keep_report])
    file.write_bytes(details_kept if keep_details is None else file.read_bytes()[: len(details_kept) + keep_details])
    (case.folder / "r.run.json").write_text(json.dumps(facts))


@pytest.mark.parametrize("keep_details, keep_report", [(None, None), (17, None), (100, None), (10**6, None), (10**6, 30), (10**6, 10**6), (None, 30)])
@pytest.mark.parametrize("rows", [0, 7])
def test_torn_between_the_two_files_it_is_mended(rows, keep_details, keep_report, tmp_path):
    case = Case(tmp_path, "logits", 1, faults=20)
    case.run()
    names = ("r.csv", "d.csv")
    expected, table = [(tmp_path / name).read_bytes() for name in names], metadata(tmp_path / "r.run.json")["details"]
    interrupted(case, rows, keep_details, keep_report)
    case.run()
    assert [(tmp_path / name).read_bytes() for name in names] == expected
    assert metadata(tmp_path / "r.run.json")["details"] == table


def check_refused(words, *texts, code=RESUME):
    folder = words[1].parent
    before = files_of(folder)
    done = run(*words)
    assert done.returncode == code, done.stderr
    for text in texts:
        assert text in done.stderr
    assert files_of(folder) == before


@pytest.mark.parametrize("state", ["finished", "interrupted"])
def test_what_is_wanted_must_be_what_the_report_has(state, tmp_path):
    case = Case(tmp_path, "logits", 1, faults=12)
    case.run()
    if state == "interrupted":
        interrupted(case, 5)
    check_refused(case.words(details=None), "--details: d.csv in the report, none now")
    check_refused(case.words(details="e.csv"), "--details: d.csv in the report, ")
    case.run(report="plain.csv", details=None)
    check_refused(case.words("plain.csv", "e.csv"), "--details: none in the report, ")


@pytest.mark.parametrize("state", ["finished", "interrupted"])
def test_a_file_that_is_lost_cut_or_changed_is_refused(state, tmp_path):
    case = Case(tmp_path, "logits", 1, faults=12)
    case.run()
    if state == "interrupted":
        interrupted(case, 5)
    path = tmp_path / "d.csv"
    text = path.read_bytes()
    path.unlink()
    check_refused(case.words(), "the details of", "are not there")
    path.write_bytes(text[:-3])
    check_refused(case.words(), "it was cut or changed after it was written")
    path.write_bytes(text[:200] + bytes([text[200] ^ 1]) + text[201:])
    check_refused(case.words(), "are not those that the metadata of")
    if state == "finished":
        path.write_bytes(text + text[-20:])
        check_refused(case.words(), "was added to")
        path.write_bytes(text)
        assert "is finished already" in run(*case.words()).stderr
    case.run("--overwrite")
    assert len(rows_of(path)) == 12


def test_what_follows_the_recorded_details_is_what_was_announced(tmp_path):
    case = Case(tmp_path, "logits", 1, faults=12)
    case.run()
    path = tmp_path / "d.csv"
    text = path.read_bytes()
    for keep_report in (0, 10**6):  # both files are there, or the report has none of the block yet
        interrupted(case, 5, 10**6, keep_report)
        digit = next(i for i in range(len(text) - 3, 0, -1) if text[i : i + 1].isdigit())
        path.write_bytes(text[:digit] + bytes([text[digit] ^ 1]) + text[digit + 1 :])
        check_refused(case.words(), "changed after it was written" if keep_report == 0 else "are not those that the metadata of")
        path.write_bytes(text + b"1,2\r\n")
        check_refused(case.words(), "5 bytes behind row 12, the last that was written")
        path.write_bytes(text[:-1])
        if keep_report > 0:
            check_refused(case.words(), "it was cut or changed after it was written")
        path.write_bytes(text)
        case.run()
        assert path.read_bytes() == text


def test_renamed_together_it_goes_on(tmp_path):
    case = Case(tmp_path, "logits", 1, faults=12)
    case.run()
    expected = (tmp_path / "d.csv").read_bytes()
    interrupted(case, 5)
    for old, new in (("r.csv", "s.csv"), ("r.run.json", "s.run.json"), ("d.csv", "e.csv")):
        (tmp_path / old).rename(tmp_path / new)
    case.run(report="s.csv", details="e.csv")
    assert (tmp_path / "e.csv").read_bytes() == expected and metadata(tmp_path / "s.run.json")["details"]["file"] == "e.csv"


# --- Whose file it is ----------------------------------------------------------------------------------------------------------------------

def test_a_foreign_file_is_never_written_over(tmp_path):
    case = Case(tmp_path, "logits", 1, faults=12)
    (tmp_path / "d.csv").write_text("my notes\r\n")
    check_refused(case.words(), "exists already")
    check_refused([*case.words(), "--overwrite"], "holds no details, so it is not overwritten")
    (tmp_path / "d.csv").write_text("")  # of a run that was killed before it wrote
    case.run()
    check_refused(case.words("other.csv"), "holds the details of the report", "r.csv")
    check_refused([*case.words("other.csv"), "--overwrite"], "holds the details of the report")
    (tmp_path / "r.csv").unlink()
    (tmp_path / "r.run.json").unlink()
    check_refused(case.words("other.csv"), "exists already")
    case.run("--overwrite", report="other.csv")
    (tmp_path / "second_name").hardlink_to(tmp_path / "d.csv")
    check_refused([*case.words("other.csv"), "--overwrite"], "a hard link")


def test_in_another_folder_it_is_still_the_reports(tmp_path):
    case = Case(tmp_path, "logits", 1, faults=12)
    (tmp_path / "there").mkdir()
    case.run(details="there/d.csv")
    assert metadata(tmp_path / "r.run.json")["details"]["file"] == str(tmp_path / "there/d.csv")
    check_refused([*case.words("other.csv", "there/d.csv"), "--overwrite"], "holds the details of the report")
    assert "is finished already" in run(*case.words(details="there/d.csv")).stderr


def test_of_an_unknown_owner_in_another_folder_they_are_not_overwritten(tmp_path):
    case = Case(tmp_path, "logits", 1, faults=12)
    for folder in ("there", "a", "b"):
        (tmp_path / folder).mkdir()
    case.run(report="a/r.csv", details="there/d.csv")
    before = (tmp_path / "there/d.csv").read_bytes()
    check_refused([*case.words("b/r.csv", "there/d.csv"), "--overwrite"], "lies in another folder than")
    assert (tmp_path / "there/d.csv").read_bytes() == before
    case.run("--overwrite", report="a/r.csv", details="there/d.csv")  # its own


def test_overwriting_without_details_leaves_no_old_ones(tmp_path):
    case = Case(tmp_path, "logits", 1, faults=12)
    case.run()
    case.run("--overwrite", details=None)
    assert not (tmp_path / "d.csv").exists()
    case.run("--overwrite", details="e.csv")
    case.run("--overwrite", details="f.csv")
    assert (tmp_path / "f.csv").exists() and not (tmp_path / "e.csv").exists()


@pytest.mark.parametrize("words, text", [
    (["--details", "r.csv"], "expected another file than the report's"),
    (["--details", "x.run.json"], "names that end in .run.json are those of metadata"),
    (["--details", "folder/"], "expected a file name"),
])
def test_names_that_cannot_be_meant(words, text, tmp_path):
    case = Case(tmp_path, "logits", 1, faults=3)
    words = [words[0], f"{tmp_path}/{words[1]}"]
    check_refused([*case.words(details=None), *words], text, code=USAGE)


def test_without_a_list_there_are_no_rows(tmp_path):
    done = run("--model", MODEL, "--data", write_images(tmp_path / "set.npz"), "--details", tmp_path / "d.csv")
    assert done.returncode == USAGE and "--details needs a --fault-list" in done.stderr


def test_a_folder_that_is_not_there_is_no_report(tmp_path):
    case = Case(tmp_path, "logits", 1, faults=3)
    check_refused(case.words(details="nowhere/d.csv"), "nowhere/d.csv", code=NOT_WRITTEN)


def test_a_report_that_is_named_by_the_clock(tmp_path):
    words = ["--model", MODEL, "--data", write_images(tmp_path / "set.npz"), "-f", LIST, "-o", tmp_path / "out", "--details", tmp_path / "d.csv"]
    planned = run(*words, "--dry-run")
    assert planned.returncode == DONE and f"would write: {tmp_path / 'd.csv'}\n" in planned.stdout
    assert not (tmp_path / "d.csv").exists() and not (tmp_path / "out").exists()
    done = run(*words)
    assert done.returncode == DONE and f"details: {tmp_path / 'd.csv'}\n" in done.stdout
    assert len(rows_of(tmp_path / "d.csv")) == len(LIST.read_text().splitlines()) - 1
    check_refused(words, "holds the details of the report")
