"""`report`: text, page, JSON and pictures of small campaigns, and what is refused (docs/interface.md, "report")."""
import csv
import json
import os
import pathlib
import pty
import re
import shutil
import xml.etree.ElementTree
import zipfile

import numpy as np
import pytest
from dense_model import write_dense_model
from page import check_page
from small_campaign import BAD_INPUT, DONE, LIST, MODEL, NOT_WRITTEN, PROGRAM, USAGE, files_of, interrupt, run, write_images

NAMES = {"conv2d_1": "<script>alert(1)", "conv2d_2": "\"&amp;'<b>]]>", "dense": "emoji \U0001f525 <:svg>"}


def renamed_model(path):
    """The golden model with layers of other names."""
    with zipfile.ZipFile(MODEL) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "config.json":
                for before, after in NAMES.items():
                    text = text.replace(json.dumps(before).encode(), json.dumps(after).encode())
            new.writestr(name, text)
    return path


def renamed_list(path):
    with open(LIST, newline="") as old, open(path, "w", newline="") as new:
        rows = list(csv.reader(old))
        csv.writer(new).writerows([rows[0], *([row[0], NAMES.get(row[1], row[1]), *row[2:]] for row in rows[1:])])
    return path


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """A folder with two reports: r.csv, of the names as they are and with details; odd.csv, of other names."""
    folder = tmp_path_factory.mktemp("campaign")
    images = write_images(folder / "set.npz")
    done = run("--model", MODEL, "--data", images, "-f", LIST, "--report", folder / "r.csv", "--details", folder / "d.csv")
    assert done.returncode == DONE, done.stderr
    odd = ["--model", renamed_model(folder / "odd.keras"), "-f", renamed_list(folder / "odd_list.csv")]
    done = run(*odd, "--data", images, "--report", folder / "odd.csv")
    assert done.returncode == DONE, done.stderr
    return folder


@pytest.fixture
def folder(campaign, tmp_path):
    """A copy, in which a test may write."""
    shutil.copytree(campaign, tmp_path, dirs_exist_ok=True)
    return tmp_path


def report(folder, *words, environment=None, **options):
    variables = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR")}
    return run("report", *words, cwd=folder, env={**variables, **(environment or {})}, **options)


def rows_of(folder, name="r.csv"):
    with open(folder / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))[1:]


@pytest.mark.parametrize("columns", [80, 120])
def test_text(folder, columns):
    done = report(folder, "r.csv", environment={"COLUMNS": str(columns)})
    assert done.returncode == DONE and done.stderr == ""
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= columns and "\x1b" not in done.stdout
    assert re.match(r"A .* changes the decision on [\d.]+ % of the", lines[0])
    order = [done.stdout.index("\n" + heading) for heading in ("By field", "By bit", "By layer", "The worst faults")]
    assert order == sorted(order)
    assert ("non-critical" in done.stdout) == (columns == 120)


def test_text_has_80_columns_where_nothing_is_known(folder):
    assert report(folder, "r.csv").stdout == report(folder, "r.csv", environment={"COLUMNS": "80"}).stdout


@pytest.mark.parametrize("environment,is_colored", [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_terminals_have_colour_unless_it_is_not_wanted(folder, environment, is_colored):
    ours, theirs = pty.openpty()
    done = report(folder, "r.csv", environment={"TERM": "xterm", **environment}, capture_output=False, stdout=theirs)
    os.close(theirs)
    text = b""
    try:
        while part := os.read(ours, 65536):
            text += part
    except OSError:  # its other end is closed
        pass
    os.close(ours)
    assert done.returncode == DONE and (b"\x1b[1m" in text) == is_colored and b"By bit" in text


def test_json_says_what_the_rows_say(folder):
    assert report(folder, "r.csv", "--json", "r.json", "--confidence", "0.9").returncode == DONE
    read, every = json.loads((folder / "r.json").read_bytes()), rows_of(folder)
    rows = list({(row["target_layer"], row["layer_weigths"], row["bit_pos"]): row for row in reversed(every)}.values())[::-1]  # each bit once
    assert len(rows) < len(every)
    critical = np.array([int(row["critical"]) for row in rows])
    share = critical / int(rows[0]["n_injections"])
    assert read["schema"] == 1 and read["report"] == "r.csv" and read["confidence"] == 0.9 and read["model"] == "odd_channels"
    assert read["network"]["faults"] == len(rows) and read["images"] == int(rows[0]["n_injections"])
    assert sum(domain["faults"] for domain in read["layers"]) == len(rows) == sum(domain["faults"] for domain in read["cells"])
    assert {domain["bit_first"] for domain in read["bits"] if domain["faults"]} == {int(row["bit_pos"]) for row in rows}
    assert read["golden"]["top_1_correct"] == int(next(csv.DictReader(open(folder / "r.csv")))["top_1_correct"])
    bins = np.histogram(np.ceil(share * 20 - 1e-9), bins=np.arange(22) - 0.5)[0]
    assert [item["faults"] for item in read["distribution"]] == bins.tolist()
    assert [fault["critical"] for fault in read["worst"]] == sorted(critical[critical > 0], reverse=True)[:20]
    worst = next(row for row in rows if int(row["inj_id"]) == read["worst"][0]["injection"])
    assert str(tuple(read["worst"][0]["index"])) == worst["layer_weigths"] and read["worst"][0]["layer"] == worst["target_layer"]
    for domain in [read["network"], *read["layers"], *read["bits"], *read["fields"], *read["cells"]]:
        for outcome in ("critical", "non_critical", "masked"):
            for of in ("images", "faults") if domain["faults"] else ():
                rate = domain[outcome][of]
                assert 0 <= rate["low"] <= rate["estimate"] <= rate["high"] <= 1
    by_field = read["fields"][0]
    assert by_field["field"] == "sign" and by_field["bit_first"] == 31


def test_images_that_are_not_all(folder):
    for more, expected in [(["--limit", "2"], ", the first 2 images"), ([], "set.npz")]:
        done = run("--model", MODEL, "--data", folder / "set.npz", "-f", LIST, "--report", folder / "few.csv", "--overwrite", *more)
        assert done.returncode == DONE, done.stderr
        provenance = json.loads(report(folder, "few.csv", "--json", "-").stdout)["provenance"]
        assert [item["value"] for item in provenance if item["name"] == "test set"][0].endswith(expected)


def test_details_of_the_run_are_found(folder):
    assert report(folder, "r.csv", "--json", "r.json").returncode == DONE
    details = json.loads((folder / "r.json").read_bytes())["details"]
    flips = sum(int(row["critical"]) for row in rows_of(folder))
    with open(folder / "d.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert details["flips"] == flips == sum(map(sum, details["confusion"])) and details["faults"] == len(rows)
    assert details["nan_faults"] == sum(row["nan_images"] != "0" for row in rows)
    assert details["broken"] == sum(int(row["broken"]) for row in rows) and details["fixed"] == sum(int(row["fixed"]) for row in rows)
    expected = {}
    for row in rows:
        if row["majority_class"]:
            count = expected.setdefault(int(row["majority_class"]), [0, 0])
            count[0] += 1
            count[1] += int(row["majority_images"])
    assert {c["class"]: [c["faults"], c["images"]] for c in details["classes"]} == expected
    (folder / "d.csv").rename(folder / "moved.csv")
    assert json.loads(report(folder, "r.csv", "--json", "-").stdout)["details"] is None
    assert json.loads(report(folder, "r.csv", "--json", "-", "--details", "moved.csv").stdout)["details"]["confusion"] == details["confusion"]
    (folder / "moved.csv").write_bytes(b"\r\n".join((folder / "moved.csv").read_bytes().split(b"\r\n")[:-2]) + b"\r\n")
    done = report(folder, "r.csv", "--details", "moved.csv")
    assert done.returncode == BAD_INPUT and "rows are not the report's" in done.stderr


def test_json_in_place_of_the_text(folder):
    done = report(folder, "r.csv", "--json", "-")
    assert report(folder, "r.csv", "--json", "r.json").stdout != done.stdout
    assert done.stdout == (folder / "r.json").read_text(encoding="utf-8")


def test_names_stay_text(folder):
    """Layers whose names are markup, from the model to the page."""
    done = report(folder, "odd.csv", "-o", "odd.html", "--json", "odd.json", "--svg", "odd_svg")
    assert done.returncode == DONE, done.stderr
    page = check_page((folder / "odd.html").read_text(encoding="utf-8"))
    assert set(NAMES.values()) <= set(page.texts["th"])
    assert not [tag for tag, _ in page.elements if tag == "b"]
    read = json.loads((folder / "odd.json").read_bytes())
    assert set(NAMES.values()) <= {layer["layer"] for layer in read["layers"]}
    for picture in (folder / "odd_svg").iterdir():
        xml.etree.ElementTree.parse(picture)


def test_the_same_report_gives_the_same_bytes(folder):
    for out in ("one", "two"):
        done = report(folder, "r.csv", "-o", f"{out}/r.html", "--json", f"{out}/r.json", "--svg", f"{out}/svg")
        assert done.returncode == DONE, done.stderr
        assert done.stderr.splitlines() == [f"wrote {out}/{name}" for name in (
            "r.html", "r.json", "svg/heatmap.svg", "svg/bits.svg", "svg/layers.svg", "svg/distribution.svg", "svg/classes.svg", "svg/confusion.svg")]
    assert files_of(folder / "one") == files_of(folder / "two")
    check_page((folder / "one/r.html").read_text(encoding="utf-8"))


def test_what_is_there_stays_unless_it_may_be_replaced(folder):
    (folder / "r.html").write_text("mine")
    before = files_of(folder)
    done = report(folder, "r.csv", "--json", "new.json", "-o", "r.html")
    assert done.returncode == NOT_WRITTEN and "'r.html' is there already; --overwrite replaces it" in done.stderr
    assert files_of(folder) == before and done.stdout == ""
    assert report(folder, "r.csv", "--json", "new.json", "-o", "r.html", "--overwrite").returncode == DONE
    check_page((folder / "r.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("words,message", [
    ([], "report needs a REPORT.csv"),
    (["r.csv", "--list", "l.csv"], "--list needs --model"),
    (["r.csv", "--confidence", "1"], "--confidence: expected a number between 0 and 1, found '1'"),
    (["r.csv", "--confidence", "x"], "--confidence"),
    (["r.csv", "--margin", "0"], "--margin: expected a number between 0 and 1, found '0'"),
    (["r.csv", "--fit-per-mbit", "-1"], "--fit-per-mbit: expected a number above 0, at most 1e+15, found '-1'"),
    (["r.csv", "--fit-per-mbit", "1e308"], "--fit-per-mbit: expected a number above 0, at most 1e+15, found '1e308'"),
    (["r.csv", "-o", "x", "--json", "./x"], "is to be written twice"),
    (["r.csv", "-o", "r.csv", "--overwrite"], "'r.csv' would be written over 'r.csv', which is read"),
    (["r.csv", "--json", "r.run.json", "--overwrite"], "which is read"),
    (["r.csv", "--json", "d.csv", "--details", "d.csv", "--overwrite"], "which is read"),
    (["r.csv", "--json", "d.csv", "--overwrite"], "which is read"),
    (["r.csv", "--model", "odd.keras", "-o", "odd.keras", "--overwrite"], "which is read"),
    (["r.csv", "--model", "odd.keras", "--list", "odd_list.csv", "-o", "odd_list.csv", "--overwrite"], "which is read"),
    (["r.csv", "--model", "odd.keras", "--list", "odd_list.csv", "--json", "odd_list.csv.plan.json"], "which is read"),
])
def test_command_lines_that_are_wrong(folder, words, message):
    before = files_of(folder)
    done = report(folder, *words)
    assert done.returncode == USAGE and message in done.stderr, done.stderr
    assert files_of(folder) == before and done.stdout == ""


@pytest.mark.parametrize("words,message", [
    (["none.csv"], "none.csv"),
    (["set.npz"], "set.npz"),
    (["r.csv", "--details", "none.csv"], "none.csv"),
    (["r.csv", "--details", "r.csv"], "r.csv:1:"),
    (["r.csv", "--model", "none.keras"], "none.keras"),
    (["r.csv", "--model", "odd.keras"], "r.csv: its metadata name another model than 'odd.keras'"),
    (["odd.csv", "--model", "odd.keras", "--list", LIST], "odd_channels.faults.csv:3:3"),
    (["odd.csv", "--model", "odd.keras", "--list", "none.csv"], "none.csv"),
])
def test_input_that_is_wrong(folder, words, message):
    before = files_of(folder)
    done = report(folder, *words, "-o", "new.html")
    assert done.returncode == BAD_INPUT and message in done.stderr, done.stderr
    assert files_of(folder) == before


def test_unfinished_reports(folder):
    interrupt(folder / "r.csv", 3)
    done = report(folder, "r.csv")
    assert done.returncode == BAD_INPUT and "unfinished" in done.stderr


def test_output_that_cannot_be_written(folder):
    (folder / "file").write_text("no folder")
    before = files_of(folder)
    done = report(folder, "r.csv", "-o", "new.html", "--json", "file/r.json")
    assert done.returncode == NOT_WRITTEN and "file" in done.stderr
    assert files_of(folder) == before


def test_a_closed_standard_output(folder):
    done = report(folder, "r.csv", "-o", "r.html", preexec_fn=lambda: os.close(1))
    assert done.returncode == NOT_WRITTEN and "standard output could not be written" in done.stderr
    check_page((folder / "r.html").read_text(encoding="utf-8"))


def test_a_page_that_standard_output_is_redirected_into(folder):
    with open(folder / "r.html", "w") as out:
        done = report(folder, "r.csv", "-o", "r.html", "--overwrite", capture_output=False, stdout=out)
    assert done.returncode == USAGE and (folder / "r.html").read_text() == ""


def test_the_model_says_how_large_layers_are(folder):
    (folder / "r.run.json").unlink()
    alone = json.loads(report(folder, "r.csv", "--json", "-").stdout)
    assert alone["network"]["population"] is None and alone["remarks"] and alone["model"] is None
    assert report(folder, "r.csv", "--fit-per-mbit", "10").returncode == BAD_INPUT
    done = report(folder, "r.csv", "--model", MODEL, "--fit-per-mbit", "10", "--json", "-")
    read = json.loads(done.stdout)
    elements = {"conv2d": 315, "conv2d_1": 819, "conv2d_2": 1053}  # at least: their kernels
    assert read["network"]["population"] % 32 == 0 and read["model"] == "odd_channels"
    assert read["network"]["population"] == sum(layer["population"] for layer in read["layers"])
    assert set(elements) <= {layer["layer"] for layer in read["layers"]}
    assert read["fit"]["estimate"] == pytest.approx(10 * read["network"]["population"] / 1e6 * read["network"]["critical"]["images"]["estimate"])


def test_the_plan_beside_a_list(folder):
    drawn = run("generate", "--model", MODEL, "-o", folder / "drawn.csv", "--n", 40, "--scheme", "layer-wise")
    assert drawn.returncode == DONE, drawn.stderr
    done = run("--model", MODEL, "--data", folder / "set.npz", "-f", folder / "drawn.csv", "--report", folder / "w.csv")
    assert done.returncode == DONE, done.stderr
    known = json.loads(report(folder, "w.csv", "--json", "-").stdout)
    assert known["design"]["scheme"] == "layer-wise" and known["design"]["seed"] == 42
    (folder / "w.run.json").unlink()
    read = json.loads(report(folder, "w.csv", "--json", "-", "--model", MODEL, "--list", "drawn.csv").stdout)
    assert read["design"] == known["design"] and read["network"]["critical"] == known["network"]["critical"]
    with open(folder / "drawn.csv", "a") as file:
        file.write("\n")
    done = report(folder, "w.csv", "--json", "-", "--model", MODEL, "--list", "drawn.csv")
    assert done.returncode == DONE and "it is the plan of another list" in done.stderr
    (folder / "drawn.csv.plan.json").unlink()
    done = report(folder, "w.csv", "--json", "-", "--model", MODEL, "--list", "drawn.csv")
    assert done.returncode == DONE and "'drawn.csv.plan.json': no plan of the list is known" in done.stderr
    assert json.loads(done.stdout)["design"]["scheme"] != "layer-wise"


def test_a_wanted_margin(folder):
    read = json.loads(report(folder, "r.csv", "--json", "-", "--margin", "0.002").stdout)
    assert read["margin"]["wanted"] == 0.002 and read["margin"]["faults_for_wanted"] > len(rows_of(folder))
    assert "faults of the same design" in report(folder, "r.csv", "--margin", "0.002").stdout.replace("\n", " ")


HEADER = "inj_id,target_layer,layer_weigths,bit_pos,n_injections,top_1_correct,top_5_correct,top_1_robust,top_5_robust,masked,non_critical,critical"


def hand_made(path, faults):
    """A report of 10 images; `faults`: (layer, index, bit, critical)."""
    rows = [f'{i},{layer},"{index}",{bit},10,5,10,{10 - critical},10,0,{10 - critical},{critical}'
            for i, (layer, index, bit, critical) in enumerate(faults)]
    path.write_text("\r\n".join([HEADER, "GOLDEN,,,,10,5,10,,,,", *rows, ""]))
    return path


@pytest.fixture
def small(tmp_path):
    """A model of two layers, three weights, and all its faults, each critical on as many images as its bit says, at most 10."""
    model = write_dense_model(tmp_path / "net.h5", [("a", "input", np.ones((1, 1)), "relu"), ("b", "a", np.ones((1, 2)), "softmax")], 1)
    faults = [(layer, (0, column), bit, min(bit, 10)) for layer, columns in (("a", 1), ("b", 2)) for column in range(columns)
              for bit in range(32)]
    return model, faults


def intervals(value):
    if isinstance(value, dict):
        if {"estimate", "low", "high"} <= set(value):
            yield value
        for each in value.values():
            yield from intervals(each)
    elif isinstance(value, list):
        for each in value:
            yield from intervals(each)


def test_bits_that_are_hit_again_count_once(tmp_path, small):
    model, faults = small
    once = json.loads(run("report", hand_made(tmp_path / "once.csv", faults), "--model", model, "--json", "-").stdout)
    again = json.loads(run("report", hand_made(tmp_path / "again.csv", faults + faults[::-1] * 2), "--model", model, "--json", "-").stdout)
    assert once["network"]["faults"] == once["network"]["population"] == 96
    assert any("192 of 288 rows hit a bit that a row before hit too" in remark for remark in again["remarks"])
    for key in ("network", "bits", "layers", "fields", "cells"):
        assert again[key] == once[key]
    one = json.loads(run("report", hand_made(tmp_path / "one.csv", faults[31:32] * 500), "--model", model, "--json", "-").stdout)
    assert one["network"]["faults"] == 1
    for result in (once, again, one):
        assert all(0 <= each["low"] <= each["estimate"] <= each["high"] <= 1 for each in intervals(result))


def test_no_more_faults_are_wanted_than_there_are(tmp_path, small):
    model, faults = small
    report_path = hand_made(tmp_path / "r.csv", faults[::2])
    done = run("report", report_path, "--model", model, "--margin", "1e-9", "--json", "-")
    assert json.loads(done.stdout)["margin"]["faults_for_wanted"] == 96


def test_more_faults_than_the_model_has(tmp_path, small):
    model, _ = small
    done = run("report", hand_made(tmp_path / "r.csv", [("a", (0, 0), 3, 1), ("a", (0, 1), 3, 1)]), "--model", model)
    assert done.returncode == BAD_INPUT and "expected at most 1 faults in bit 3 of 'a'" in done.stderr


def test_a_name_of_a_network_is_not_obeyed(tmp_path):
    model = tmp_path / "net\x1b[2J\u202e.keras"
    shutil.copy(MODEL, model)
    assert run("--model", model, "--data", write_images(tmp_path / "d.npz"), "-f", LIST, "--report", tmp_path / "r.csv").returncode == DONE
    done = run("report", tmp_path / "r.csv")
    assert done.returncode == DONE and "\x1b" not in done.stdout and "\u202e" not in done.stdout and "net\ufffd[2J" in done.stdout
