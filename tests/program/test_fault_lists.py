"""A fault list in any form that people's tools write gives the report of the plain one; the metadata hold the hash of the file itself."""
import csv
import hashlib
import io
import json
import os
import pathlib
import random

import pytest
from small_campaign import DONE, LIST, MODEL, USAGE, run, write_images

TYPES = ["np.int64", "np.int32", "np.uint8", "numpy.int64", "np.intp", "np.longlong"]


def rows():
    with LIST.open(newline="") as file:
        return list(csv.reader(file))[1:]


def number(rng, text, typed):
    return f"{rng.choice(TYPES)}({text})" if typed else text


def random_form(rng):
    """The bytes of the list in another form, and a description of it."""
    separator = rng.choice(",,,;\t")
    choices = {name: rng.random() < 0.35 for name in ("spaces", "typed_index", "typed", "listed", "all_quoted", "bom", "sep", "empty", "wide", "cased")}
    end = rng.choice(["\n", "\r\n", "\r\r\n"])
    header = ["Injection", "Layer", "TensorIndex", "Bit"]
    if choices["cased"]:
        header = ["".join(rng.choice((c.lower(), c.upper())) for c in name) for name in header]
    table = [header]
    for injection, layer, index, bit in rows():
        values = [number(rng, value.strip(), choices["typed_index"]) for value in index.strip("()").split(",")]
        index = ("[{}]" if choices["listed"] else "({})").format(rng.choice((", ", ",")).join(values))
        table.append([number(rng, injection, choices["typed"]), layer, index, number(rng, bit, choices["typed"])])
    if choices["wide"]:
        table = [[*row, *[""] * (2 if row is header or rng.random() < 0.5 else 0)] for row in table]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL if choices["all_quoted"] else csv.QUOTE_MINIMAL, lineterminator="\n")
    for row in table:
        writer.writerow(row)
    lines = text.getvalue().split("\n")[:-1]
    if choices["spaces"]:  # behind separators; a field that holds one is in quotes
        lines = [(separator + rng.choice((" ", "   "))).join(cells) for cells in ([one_cell(cell, separator) for cell in row]
                                                                                  for row in csv.reader(lines, delimiter=separator))]
    if choices["empty"]:
        for _ in range(5):
            lines.insert(rng.randint(1, len(lines)), rng.choice(["", separator * 3, separator * rng.randint(1, 9), " ", f" {separator} "]))
    if choices["sep"]:
        lines.insert(0, f"sep={separator}")
    return (b"\xef\xbb\xbf" if choices["bom"] else b"") + (end.join(lines) + rng.choice(("", end))).encode(), (separator, end, choices)


def one_cell(cell, separator):
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="").writerow([cell])
    return "" if not cell else text.getvalue()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    images = write_images(folder / "set.npz")
    assert run("--model", MODEL, "--data", images, "-f", LIST, "--report", folder / "r.csv", "-q").returncode == DONE
    return images, (folder / "r.csv").read_bytes()


def test_every_form_gives_the_report_of_the_plain_list(plain, tmp_path):
    images, report = plain
    seed = int(os.environ.get("TFI_SEED", random.randrange(1 << 30)))
    for turn in range(60):
        rng = random.Random(seed + turn)
        content, form = random_form(rng)
        (tmp_path / "list.csv").write_bytes(content)
        done = run("--model", MODEL, "--data", images, "-f", tmp_path / "list.csv", "--report", tmp_path / "r.csv", "--overwrite", "-q")
        assert done.returncode == DONE, (seed + turn, form, done.stderr)
        assert (tmp_path / "r.csv").read_bytes() == report, (seed + turn, form)
        metadata = (tmp_path / "r.run.json").read_text()
        assert hashlib.sha256(content).hexdigest() in metadata and json.loads(metadata)["state"] == "finished"


@pytest.mark.parametrize("target", ["net.keras", "./net.keras", "link"])
def test_a_list_is_never_written_over_its_model(tmp_path, target):
    model = tmp_path / "net.keras"
    model.write_bytes(pathlib.Path(MODEL).read_bytes())
    (tmp_path / "link").symlink_to(model)
    done = run("generate", "--model", "net.keras", "-o", target, "--n", 3, "--overwrite", cwd=tmp_path)
    assert done.returncode == USAGE and f"-o {target} would be written over the model" in done.stderr
    assert model.read_bytes() == pathlib.Path(MODEL).read_bytes() and not list(tmp_path.glob("*.plan.json"))
