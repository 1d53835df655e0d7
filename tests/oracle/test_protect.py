"""`protect` against a report whose corrected faults are set to masked, and against NumPy."""
import csv
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from probe import seeded

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/program"))
from small_campaign import BAD_INPUT, DONE, NOT_WRITTEN, USAGE, campaign_in, run  # noqa: E402

HEADER = "inj_id,target_layer,layer_weigths,bit_pos,n_injections,top_1_correct,top_5_correct,top_1_robust,top_5_robust,masked,non_critical,critical"
IMAGES = 500
LAYERS = {"conv2d": (3, 3, 3, 4), "conv2d_1": (3, 3, 4, 8), "conv2d_2": (3, 3, 8, 8), "dense": (32, 10)}


def row_of(fault, layer, index, bit, critical, sdc5):
    masked = (IMAGES - critical) // 3
    return [fault, layer, str(index), bit, IMAGES, IMAGES // 2, IMAGES - sdc5, IMAGES - critical, IMAGES - sdc5, masked,
            IMAGES - critical - masked, critical]


def write_report(path, rows):
    with open(path, "w", newline="") as file:
        file.write(HEADER + "\r\n" + f"GOLDEN,,,,{IMAGES},{IMAGES // 2},{IMAGES},,,,\r\n")
        csv.writer(file, lineterminator="\r\n").writerows(rows)
    return path


def drawn_rows(rng, count):
    """Bit 30 hurts many images, the layers differ; the sign now and then."""
    rows, seen = [], set()
    while len(rows) < count:
        layer = rng.choice(list(LAYERS))
        index = tuple(rng.randrange(size) for size in LAYERS[layer])
        bit = rng.randrange(32)
        if (layer, index, bit) in seen:
            continue
        seen.add((layer, index, bit))
        critical = 0
        if bit == 30 and rng.random() < 0.7:
            critical = rng.randrange(IMAGES // (1 + list(LAYERS).index(layer)))
        elif rng.random() < 0.03:
            critical = rng.randrange(20)
        rows.append(row_of(len(rows), layer, index, bit, critical, critical // 2))
    return rows


def masked_where(rows, is_corrected):
    return [row_of(*row[:4], 0, 0) if is_corrected(row[1], row[3]) else row for row in rows]


PROTECTED = {
    "tmr-bits=30": lambda layer, bit: bit == 30,
    "tmr-bits=30,31": lambda layer, bit: bit >= 30,
    "tmr-bits=23-31": lambda layer, bit: bit >= 23,
    "tmr=conv2d,dense": lambda layer, bit: layer in ("conv2d", "dense"),
    "tmr=dense+tmr-bits=29,30": lambda layer, bit: layer == "dense" or bit in (29, 30),
}


def json_of(*words):
    done = run(*words, "--json", "-")
    assert done.returncode == DONE, done.stderr
    return json.loads(done.stdout)


def named(study, name):
    """The last: usual rows come first."""
    return [row for row in study["rows"] if row["name"] == name][-1]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("protect")
    rows = drawn_rows(seeded(), 3000)
    return folder, rows, write_report(folder / "r.csv", rows)


def protections():
    return [word for name in PROTECTED for word in ("--protect", name)]


@pytest.fixture(scope="module")
def study(drawn):
    return json_of("protect", drawn[2], *protections(), "--confidence", "0.95")


@pytest.mark.parametrize("name", PROTECTED)
def test_what_is_left_is_what_a_protected_campaign_reports(drawn, study, name):
    """The same rows with the corrected faults masked are the report of a campaign with the protection: every number is the same."""
    folder, rows, _ = drawn
    path = write_report(folder / "masked.csv", masked_where(rows, PROTECTED[name]))
    report = json_of("report", path, "--confidence", "0.95")
    row = named(study, name)
    assert row["residual"] == report["network"]["critical"]
    worst = report["worst"][0]
    assert {key: row["worst"][key] for key in worst} == worst
    assert row["worst"]["share"] == worst["critical"] / IMAGES


@pytest.mark.parametrize("metric", ["critical", "sdc5"])
@pytest.mark.parametrize("name", PROTECTED)
def test_estimates_are_those_of_numpy(drawn, name, metric):
    """Sizes are not known: every fault counts alike. What is removed and what is left add up."""
    _, rows, path = drawn
    study = json_of("protect", path, "--protect", name, "--metric", metric)
    harm = np.array([row[11] if metric == "critical" else IMAGES - row[8] for row in rows]) / IMAGES
    corrected = np.array([PROTECTED[name](row[1], row[3]) for row in rows])
    row = named(study, name)
    left = np.where(corrected, 0, harm)
    assert row["residual"]["images"]["estimate"] == pytest.approx(left.mean(), rel=1e-9)
    assert row["removed"]["estimate"] == pytest.approx((harm - left).mean(), rel=1e-9)
    assert row["remaining"]["estimate"] == pytest.approx(left.mean() / harm.mean(), rel=1e-9)
    assert row["reduction"]["estimate"] == pytest.approx(harm.mean() / left.mean(), rel=1e-9)
    for rate in (row["residual"]["images"], row["residual"]["faults"], row["removed"], row["remaining"], row["reduction"]):
        assert rate["low"] <= rate["estimate"] <= (float("inf") if rate["high"] is None else rate["high"])


def test_paired_intervals_are_about_those_of_a_paired_bootstrap(drawn, study):
    """NumPy draws the faults again and again, each with both of its values. Ours are valid at any sample size, so hardly narrower, and
    not out of all proportion where the harm is that of few faults."""
    _, rows, _ = drawn
    rng = np.random.default_rng(1)
    harm = np.array([row[11] for row in rows]) / IMAGES
    for name in ("tmr-bits=30", "tmr=conv2d,dense"):
        left = np.where([PROTECTED[name](row[1], row[3]) for row in rows], 0, harm)
        again = rng.integers(0, len(rows), (2000, len(rows)))
        unprotected, residual = harm[again].mean(axis=1), left[again].mean(axis=1)
        for rate, values in (("removed", unprotected - residual), ("remaining", residual / unprotected)):
            found, (low, high) = named(study, name)[rate], np.quantile(values, (0.025, 0.975))
            most = 4 if rate == "removed" else 10  # of the residual harm there are few faults
            assert 0.8 * (high - low) < found["high"] - found["low"] < most * (high - low), (name, rate, found, low, high)
            assert found["low"] < high and found["high"] > low


def test_layers_are_chosen_by_one_half_and_evaluated_on_the_other(drawn, study):
    _, rows, _ = drawn
    harm = np.array([row[11] for row in rows]) / IMAGES
    best = [row for row in study["rows"] if row["best_layers"]]
    assert [row["best_layers"] for row in best] == [1, 2, 3]
    for row in best:
        left = np.array([value if r[1] not in row["layers"] else 0 for value, r in zip(harm, rows)])
        assert row["of_choosing_faults"] == pytest.approx(left.mean(), rel=1e-9)
        assert row["name"] == "tmr=" + ",".join(row["layers"])
    assert best[2]["layers"][:1] == best[0]["layers"] == ["conv2d"]
    plain = json_of("protect", drawn[2], "--protect", best[1]["name"], "--confidence", "0.95")
    fixed = plain["rows"][-1]["residual"]["images"]
    chosen = best[1]["residual"]["images"]
    assert chosen["low"] < fixed["low"] and chosen["high"] > fixed["high"]  # holds for every choice


def test_what_a_list_does_not_say(study):
    for name in ("parity-zero", "clamp", "ranger"):
        row = named(study, name)
        assert row["not_known"] == f"not known from this list: run ... --protect {name}"
        assert row["residual"] is row["removed"] is row["reduction"] is row["worst"] is None and not row["front"]
    for name in ("secded32", "secded64", "parity-reload"):
        row = named(study, name)
        assert row["exact"] and row["residual"]["images"] == {"estimate": 0, "low": 0, "high": 0}
        assert row["removed"] == named(study, "none")["residual"]["images"] and row["reduction"]["estimate"] is None


def test_the_front_has_what_nothing_beats(drawn, tmp_path):
    assert all(row["bits_per_weight"] is None and not row["front"] for row in json_of("protect", drawn[2])["rows"])  # sizes are not known
    report = tmp_path / "r.csv"
    assert run("run", *campaign_in(tmp_path), "--report", report, "-q").returncode == DONE
    study = json_of("protect", report)
    points = {row["name"]: (row["bits_per_weight"], row["residual"]["images"]["estimate"]) for row in study["rows"] if row["residual"]}
    assert points["none"][0] == 0 and points["tmr-bits=23-31"][0] == 18 and points["secded32"] == (7, 0)
    del points["parity-reload"]  # needs a copy besides
    for row in study["rows"]:
        if row["name"] not in points:
            assert not row["front"]
            continue
        bits, left = points[row["name"]]
        beaten = any(b <= bits and r <= left and (b, r) != (bits, left) for b, r in points.values())
        assert row["front"] == (not beaten), row["name"]


def test_files_and_their_refusals(drawn, tmp_path):
    _, rows, path = drawn
    files = {"--html": tmp_path / "p.html", "--csv": tmp_path / "p.csv", "--json": tmp_path / "p.json", "--svg": tmp_path / "p.svg"}
    words = [word for pair in files.items() for word in pair]
    done = run("protect", path, *words)
    assert done.returncode == DONE and "TMR of bit 30" in done.stdout
    study = json.loads(files["--json"].read_text())
    with open(files["--csv"], newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["protection"] for row in table] == [row["name"] for row in study["rows"]]
    for line, row in zip(table, study["rows"]):
        if row["residual"]:
            assert float(line["residual_high"]) == row["residual"]["images"]["high"]
        else:
            assert line["residual"] == "" and line["not_known"]
    assert run("protect", path, *words).returncode == NOT_WRITTEN
    assert run("protect", path, *words, "--overwrite").stdout == done.stdout
    assert run("protect", path, "--csv", path, "--overwrite").returncode == USAGE


def test_hostile_reports_end_in_one_line(drawn, tmp_path):
    _, rows, path = drawn
    text = path.read_text()
    for name, changed in {
        "empty": "",
        "no_faults": "\n".join(text.splitlines()[:2]) + "\n",
        "no_report": "a,b\n1,2\n",
        "several_bits": text.replace(f",{rows[0][3]},{IMAGES},", f',"30 29",{IMAGES},', 1),
        "several_layers": text.replace(",conv2d,", ",conv2d + dense,", 1),
        "other_bit": text.replace(f",{rows[0][3]},{IMAGES},", f",32,{IMAGES},", 1),
        "cut": text[:-30],
    }.items():
        bad = tmp_path / f"{name}.csv"
        bad.write_text(changed)
        done = run("protect", bad)
        if name == "several_layers":  # a layer's name as any other, while sizes are not known
            continue
        assert done.returncode == BAD_INPUT, (name, done.stdout, done.stderr)
        assert done.stdout == "" and len(done.stderr.splitlines()) == 1, (name, done.stderr)
    for words in (["--protect", "secded33"], ["--layers", "nothing"], ["--tmr-bits", "32"], ["--metric", "masked"], ["--confidence", "0.4"]):
        done = run("protect", path, *words)
        assert done.returncode == USAGE and len(done.stderr.splitlines()) == 2, (words, done.stderr)
        assert done.stderr.splitlines()[1] == "'tf_injector protect --help' lists the flags."
