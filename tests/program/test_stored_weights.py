"""`--storage`: campaigns over weights that are stored as bfloat16, float16 or int8, with the real program. The scores are TensorFlow's of
quantised variables; whatever names a run names the format, and another one is refused."""
import json

import numpy as np
import pytest
import small_campaign
from small_campaign import BAD_INPUT, DONE, MODEL, RESUME, ROOT, USAGE, run

GOLDEN = ROOT / "tests/golden"
FORMATS = {"bfloat16": 16, "float16": 16, "int8": 8}
STORED = sorted((path.name.split(".")[0], path.name.split(".")[1]) for path in GOLDEN.glob("*.csv") if path.name.split(".")[1] in FORMATS)
LAYER = (GOLDEN / "odd_channels.faults.csv").read_text().splitlines()[1].split(",")[1]


def words_of(folder, name, storage):
    inputs = np.load(GOLDEN / f"{name}.golden.npz")["inputs"]
    np.savez(folder / "set.npz", x=inputs, y=np.arange(len(inputs)))
    return ["--model", GOLDEN / f"{name}.keras", "--data", folder / "set.npz", "-f", GOLDEN / f"{name}.{storage}.csv", "--threads", "1",
            "--preprocess", "none", "-q", "--storage", storage]


def done(*words, code=DONE):
    ended = run(*words)
    assert ended.returncode == code, ended.stderr
    return ended


def metadata(report):
    return json.loads(report.with_suffix(".run.json").read_text())


@pytest.fixture(name="sample")
def drawn_sample(tmp_path):
    """(storage) -> a list of 40 single flips with its plan, and the words of a campaign over it."""
    def draw(storage, *more):
        path = tmp_path / f"{storage}.csv"
        done("generate", "--model", MODEL, "-o", path, "--n", 40, "--storage", storage, *more)
        words = words_of(tmp_path, "odd_channels", "int8")
        words[words.index("-f") + 1], words[-1] = path, storage
        return path, words
    return draw


@pytest.mark.parametrize("name, storage", STORED)
@pytest.mark.parametrize("more", [(), ("--check", "1")])
def test_scores_are_tensorflows(tmp_path, name, storage, more):
    done(*words_of(tmp_path, name, storage), "--report", tmp_path / "r.csv", "--scores", "one", *more)
    with np.load(GOLDEN / f"{name}.{storage}.npz") as golden:
        expected = np.concatenate([golden["clean"][None], golden["faulty"]])
    found = np.load(tmp_path / "r/scores.npy")
    number = ~np.isnan(expected)
    assert np.array_equal(found, expected, equal_nan=True) and np.array_equal(np.signbit(found[number]), np.signbit(expected[number]))


@pytest.mark.parametrize("storage", FORMATS)
def test_shards_merge_to_the_same_bytes(tmp_path, storage):
    words = words_of(tmp_path, "odd_channels", storage)
    one = tmp_path / "one.csv"
    done(*words, "--report", one, "--details", tmp_path / "one.details.csv")
    shards = [tmp_path / f"s{i}.csv" for i in range(3)]
    for i, shard in enumerate(shards):
        done(*words, "--report", shard, "--details", tmp_path / f"s{i}.details.csv", "--shard", f"{i}/3")
    done("merge", "-o", tmp_path / "all.csv", *shards)
    for end in (".csv", ".details.csv"):
        assert (tmp_path / f"all{end}").read_bytes() == (tmp_path / f"one{end}").read_bytes()
    facts = metadata(tmp_path / "all.csv")
    assert facts["settings"]["storage"] == storage and facts["schema"] == 4
    done("verify", tmp_path / "all.csv", "--sample", "all")
    for other in FORMATS:
        ended = run("verify", tmp_path / "all.csv", "--storage", other)
        assert ended.returncode == (DONE if other == storage else RESUME), ended.stderr
        assert other == storage or f"--storage: {storage} in the report's metadata, {other} now" in ended.stderr


def test_an_interrupted_report_goes_on_with_its_format_only(tmp_path, sample):
    _, words = sample("bfloat16", "--bits", "0-7")  # bits of all formats
    report = tmp_path / "r.csv"
    done(*words, "--report", report)
    whole = report.read_bytes()
    small_campaign.interrupt(report, 17)
    for other in ("float32", "float16", "int8"):
        ended = done(*words[:-1], other, "--report", report, code=RESUME)
        assert f"--storage: bfloat16 in the report, {other} now" in ended.stderr
    done(*words, "--report", report)
    assert report.read_bytes() == whole


def test_a_report_of_float32_does_not_go_on_with_another_format(tmp_path, sample):
    _, words = sample("float32", "--bits", "0-7")
    report = tmp_path / "r.csv"
    done(*words, "--report", report)
    facts = metadata(report)
    assert "storage" not in facts["settings"] and facts["schema"] == 2 and "storage" not in facts["plan"]
    small_campaign.interrupt(report, 17)
    assert "--storage: float32 in the report, int8 now" in done(*words[:-1], "int8", "--report", report, code=RESUME).stderr


def test_shards_of_several_formats_are_not_merged(tmp_path, sample):
    _, words = sample("int8")
    done(*words, "--report", tmp_path / "a.csv", "--shard", "0/2")
    done(*words[:-1], "bfloat16", "--report", tmp_path / "b.csv", "--shard", "1/2")
    ended = done("merge", "-o", tmp_path / "all.csv", tmp_path / "a.csv", tmp_path / "b.csv", code=RESUME)
    assert "--storage: bfloat16 here, int8 there" in ended.stderr


@pytest.mark.parametrize("row, storage, message", [
    (',"(0, 0, 0, 0)",16,,,', "bfloat16", "Bit out of range; expected bits from 0 to 15 (sign) of the stored bfloat16"),
    (',"(0, 0, 0, 0)",8,,,', "int8", "Bit out of range; expected bits from 0 to 7 (sign) of the stored int8"),
    (',"(0, 0, 0, 0)",32,,,', "float32", "Bit out of range; expected bits from 0 (lowest mantissa bit) to 31 (sign)"),
    (',"(0, 0, 0, 0)",,,set,0x7fc00000', "float16", "Value is no float16; expected a number"),
    (',"(0, 0, 0, 0)",,,set,0x7fc0', "int8", "Value is no int8; expected a number"),
    (',"(0, 0, 0, 0)",,,set,0x7f', "float32", "Value is no float32; expected a float32"),
    (',"(0, 0, 0, 0)",,,set,nan', "int8", "Value is no int8; expected a number"),
])
def test_what_a_format_does_not_have_is_refused(tmp_path, row, storage, message):
    path = tmp_path / "list.csv"
    path.write_text(f"Injection,Layer,TensorIndex,Bit,Tensor,Model,Value\n0,{LAYER}{row}\n")
    for words in (("validate", "--model", MODEL, "-f", path), (*words_of(tmp_path, "odd_channels", "int8")[:4], "-f", path, "-q", "--report", tmp_path / "r.csv")):
        ended = done(*words, "--storage", storage, code=BAD_INPUT)
        assert message in ended.stderr and len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "r.csv").exists()


@pytest.mark.parametrize("storage, bits", FORMATS.items())
def test_populations_are_those_of_the_format(tmp_path, storage, bits):
    path = tmp_path / "all.csv"
    done("generate", "--model", MODEL, "-o", path, "--scheme", "exhaustive", "--storage", storage)
    rows = np.array([int(line.rsplit(",", 1)[1]) for line in path.read_text().splitlines()[1:]])
    assert sorted(set(rows)) == list(range(bits)) and len(set(np.bincount(rows))) == 1
    plan = json.loads((tmp_path / "all.csv.plan.json").read_text())
    assert plan["storage"] == storage and plan["population"] == len(rows) and plan["bits"] == list(range(bits))
    inspected = done("inspect", MODEL, "--storage", storage).stdout
    assert f"weights stored in {storage}" in inspected
    assert [line.split()[-1] for line in inspected.splitlines() if line.strip().startswith("total")] == [str(len(rows))]
    assert f"stored in {storage}" in done("validate", "--model", MODEL, "-f", path, "--storage", storage).stdout
    refused = done("generate", "--model", MODEL, "-o", path, "--bits", str(bits), "--storage", storage, code=USAGE)
    assert f"--bits: expected 0 to {bits - 1} (sign) of {storage}, found {bits}" in refused.stderr
    done("generate", "--model", MODEL, "-o", path, "--published", "--storage", storage, code=USAGE)


def test_data_aware_strata_follow_from_what_is_stored(tmp_path):
    path = tmp_path / "aware.csv"
    done("generate", "--model", MODEL, "-o", path, "--scheme", "data-aware", "--error", "0.2", "--storage", "int8")
    strata = json.loads((tmp_path / "aware.csv.plan.json").read_text())["strata"]
    p = {stratum["bit_first"]: stratum["p"] for stratum in strata}
    assert [p[bit] for bit in sorted(p)] == sorted(p.values()) and p[0] == 0 and p[7] == 0.5  # a flip of bit i changes 2^i scales
    assert p[6] == pytest.approx(0.5 * 63 / 127)


def test_a_plan_of_another_format_is_left_unread(tmp_path, sample):
    path, words = sample("bfloat16", "--bits", "0-7")
    ended = run(*[word for word in words if word != "-q"][:-1], "int8", "--report", tmp_path / "r.csv")
    assert ended.returncode == DONE, ended.stderr
    assert f"{path}.plan.json: left unread: it is the plan of a list for weights that are stored in bfloat16, not int8" in ended.stderr
    assert "plan" not in metadata(tmp_path / "r.csv")


@pytest.mark.parametrize("storage, fields", [("bfloat16", {"sign": (15, 15), "exponent": (7, 14), "mantissa": (0, 6)}),
                                             ("float16", {"sign": (15, 15), "exponent": (10, 14), "mantissa": (0, 9)}),
                                             ("int8", {"sign": (7, 7), "magnitude": (0, 6)})])
def test_reports_know_the_fields_of_the_format(tmp_path, sample, storage, fields):
    path, words = sample(storage)
    report = tmp_path / "r.csv"
    printed = done(*words, "--report", report).stdout
    for name, (first, last) in fields.items():
        assert f"{name} ({last if first == last else f'{first}-{last}'})" in printed
    found = json.loads(done("report", report, "--json", "-", "-o", tmp_path / "r.html", "--svg", tmp_path / "svg").stdout)
    assert found["storage"] == storage
    assert {item["field"]: (item["bit_first"], item["bit_last"]) for item in found["fields"]} == fields
    assert [item["bit_first"] for item in found["bits"]] == list(range(FORMATS[storage]))[::-1]
    plan = json.loads((path.parent / f"{path.name}.plan.json").read_text())
    assert found["network"]["population"] == plan["population"]
    text = done("report", report).stdout
    assert f"in a weight of odd_channels stored in {storage} changes" in " ".join(text.split()) and f"By field of the {storage}" in text
    page = (tmp_path / "r.html").read_text()
    assert f"column > {FORMATS[storage] - 1}" in page and "column > 31" not in page
    assert f">{FORMATS[storage] - 1}</text>" in (tmp_path / "svg/heatmap.svg").read_text()
    assert f">{FORMATS[storage]}</text>" not in (tmp_path / "svg/heatmap.svg").read_text()
    # With the model at hand, too; and without metadata by the flag.
    again = json.loads(done("report", report, "--json", "-", "--model", MODEL, "--list", path).stdout)
    assert again["fields"] == found["fields"]
    report.with_suffix(".run.json").rename(tmp_path / "kept.json")
    bare = json.loads(done("report", report, "--json", "-", "--model", MODEL, "--list", path, "--storage", storage).stdout)
    assert bare["fields"] == found["fields"]
    without = json.loads(done("report", report, "--json", "-", "--storage", storage).stdout)
    assert {item["field"]: (item["bit_first"], item["bit_last"]) for item in without["fields"]} == fields
    (tmp_path / "kept.json").rename(report.with_suffix(".run.json"))
    other = next(name for name in FORMATS if name != storage)
    assert f"the metadata of {report} say {storage}" in done("report", report, "--storage", other, code=USAGE).stderr


@pytest.mark.parametrize("storage, row", [("bfloat16", "tmr-bits=7-14"), ("float16", "tmr-bits=10-14"), ("int8", "tmr-bits=6")])
def test_protections_are_of_the_formats_bits(tmp_path, sample, storage, row):
    _, words = sample(storage)
    done(*words, "--report", tmp_path / "r.csv")
    found = json.loads(done("protect", tmp_path / "r.csv", "--json", "-").stdout)
    rows = {item["name"]: item for item in found["rows"]}
    assert found["storage"] == storage and row in rows and "tmr-bits=31" not in rows
    bits = FORMATS[storage]
    assert rows["secded64"]["bits_per_weight"] == 8 * bits / 64 and rows["secded32"]["bits_per_weight"] == 7 * bits / 32
    assert rows["parity-reload"]["bits_per_weight"] == 1
    ended = done("protect", tmp_path / "r.csv", "--tmr-bits", str(bits), code=USAGE)
    assert f"expected bits from 0 to {bits - 1}, found {bits}" in ended.stderr
    assert f"besides its {bits}" in done("protect", tmp_path / "r.csv").stdout


@pytest.mark.parametrize("storage, bits", FORMATS.items())
def test_estimates(tmp_path, storage, bits):
    small_campaign.write_images(tmp_path / "set.npz")
    words = ["estimate", "--model", MODEL, "--data", tmp_path / "set.npz", "--error", "0.2"]
    state = tmp_path / "a.state"
    found = json.loads(done(*words, "--storage", storage, "--by", "bit", "--json", "-", "--state", state).stdout)
    assert found["storage"] == storage and [item["bit_first"] for item in found["strata"]] == list(range(bits))[::-1]
    assert json.loads(state.read_text().splitlines()[0])["schema"] == 4
    ended = done(*words, "--by", "bit", "--state", state, code=RESUME)
    assert f"storage: {storage} in the file, float32 now" in ended.stderr
    plain = tmp_path / "plain.state"
    done(*words, "--by", "bit", "--state", plain)
    assert "storage" not in plain.read_text()
    ended = done(*words, "--by", "bit", "--storage", storage, "--state", plain, code=RESUME)
    assert f"storage: float32 in the file, {storage} now" in ended.stderr
    network = done(*words, "--storage", storage).stdout
    assert network.startswith(f"A random bit flip in a kernel stored in {storage} changes")


def test_states_of_several_formats_are_not_merged(tmp_path):
    small_campaign.write_images(tmp_path / "set.npz")
    words = ["estimate", "--model", MODEL, "--data", tmp_path / "set.npz", "--error", "0.2", "--by", "layer"]
    done(*words, "--shard", "0/2", "--state", tmp_path / "a.state", "--storage", "int8")
    done(*words, "--shard", "1/2", "--state", tmp_path / "b.state")
    done(*words, "--shard", "1/2", "--state", tmp_path / "c.state", "--storage", "int8")
    ended = done("merge", "-o", tmp_path / "all.state", tmp_path / "a.state", tmp_path / "b.state", code=RESUME)
    assert "storage int8 there, float32 here" in ended.stderr
    done("merge", "-o", tmp_path / "all.state", tmp_path / "a.state", tmp_path / "c.state")
    one = json.loads(done(*words, "--storage", "int8", "--json", "-").stdout)
    merged = json.loads(done(*words, "--storage", "int8", "--json", "-", "--state", tmp_path / "all.state").stdout)
    assert {**one, "seconds": 0} == {**merged, "seconds": 0}


@pytest.mark.parametrize("storage, bit, change", [("bfloat16", 14, "becomes_inf"), ("bfloat16", 13, "exponent_down"), ("float16", 9, "mantissa"), ("float16", 15, "sign"),
                                                  ("int8", 6, "magnitude"), ("int8", 7, "sign")])
def test_explain(tmp_path, storage, bit, change):
    fault = f"{LAYER},(0, 0, 0, 0),{bit}"
    found = json.loads(done("explain", fault, "--model", MODEL, "--storage", storage, "--json", "-").stdout)
    assert found["change_class"] == change and found["storage"] == storage
    before, after = (int(found[when]["bits"], 16) for when in ("before", "after"))
    assert before ^ after == 1 << bit and len(found["before"]["bits"]) == 2 + FORMATS[storage] // 4
    assert f"stored in {storage}" in done("explain", fault, "--model", MODEL, "--storage", storage).stdout
    done("explain", f"{LAYER},(0, 0, 0, 0),{FORMATS[storage]}", "--model", MODEL, "--storage", storage, code=BAD_INPUT)


def test_details_have_the_weights_that_are_stored(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(f'Injection,Layer,TensorIndex,Bit\n0,{LAYER},"(0, 0, 0, 0)",7\n')
    words = words_of(tmp_path, "odd_channels", "int8")
    words[words.index("-f") + 1] = path
    done(*words, "--report", tmp_path / "r.csv", "--details", tmp_path / "d.csv")
    before, after = map(float, (tmp_path / "d.csv").read_text().splitlines()[1].split(",")[-2:])
    explained = json.loads(done("explain", f"{LAYER},(0, 0, 0, 0),7", "--model", MODEL, "--storage", "int8", "--json", "-").stdout)
    assert (before, after) == tuple(pytest.approx(explained[when]["value"], rel=1e-7) for when in ("before", "after"))
    code = int(explained["before"]["bits"], 16)
    scale = before / (code - 256 * (code > 127))
    assert abs(after - before) == pytest.approx(128 * scale, rel=1e-6)


def test_flags_come_from_a_file_and_reach_the_tasks_of_a_job(tmp_path):
    words = words_of(tmp_path, "odd_channels", "float16")
    shown = done(*words, "--report", tmp_path / "r.csv", "--print-config").stdout
    assert 'storage = "float16"' in shown
    script = done("slurm", *words, "--report", tmp_path / "r.csv", "--array-size", "2", "--time", "5").stdout
    assert "--storage" in script and "float16" in script
    assert done(*words[:-1], "half", code=USAGE).stderr.startswith("error: --storage: expected one of float32, bfloat16, float16, int8")
