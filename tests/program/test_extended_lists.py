"""Campaigns over extended lists with the real program: the scores are TensorFlow's, whatever the engine, and shards, interruptions and
what is asked of a report are as with plain lists."""
import json

import numpy as np
import pytest
import small_campaign
from small_campaign import DONE, ROOT

GOLDEN = ROOT / "tests/golden"
BAD_INPUT, USAGE = 3, 2


NAMES = sorted(path.name.split(".")[0] for path in GOLDEN.glob("*.extended.csv"))


def words_of(tmp_path, name):
    inputs = np.load(GOLDEN / f"{name}.golden.npz")["inputs"]
    np.savez(tmp_path / "set.npz", x=inputs, y=np.arange(len(inputs)))
    return ["--model", GOLDEN / f"{name}.keras", "--data", tmp_path / "set.npz", "-f", GOLDEN / f"{name}.extended.csv", "--threads", "1",
            "--preprocess", "none", "-q"]


@pytest.fixture()
def words(tmp_path):
    return words_of(tmp_path, "odd_channels")


def run(words, report, *more):
    done = small_campaign.run(*words, "--report", report, *more)
    assert done.returncode == DONE, done.stderr
    return report


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("more", [(), ("--kernels", "scalar"), ("--check", "1"), ("--tile", "1", "--check", "0")])
def test_scores_are_tensorflows(tmp_path, name, more):
    run(words_of(tmp_path, name), tmp_path / "r.csv", "--scores", "one", *more)
    (place,) = [path for path in tmp_path.rglob("*.npy") if "golden" not in path.name and "clean" not in path.name]
    found = np.load(place)
    with np.load(GOLDEN / f"{name}.extended.npz") as golden:
        expected = golden["faulty"]
    found = found[len(found) - len(expected):]
    assert np.array_equal(found, expected, equal_nan=True) and np.array_equal(np.signbit(found[~np.isnan(found)]),
                                                                              np.signbit(expected[~np.isnan(expected)]))


def test_shards_merge_to_the_same_bytes(tmp_path, words):
    one = run(words, tmp_path / "one.csv", "--details", tmp_path / "one.details.csv")
    shards = [run(words, tmp_path / f"s{i}.csv", "--details", tmp_path / f"s{i}.details.csv", "--shard", f"{i}/3") for i in range(3)]
    done = small_campaign.run("merge", "-o", tmp_path / "all.csv", *shards)
    assert done.returncode == DONE, done.stderr
    for end in (".csv", ".details.csv"):
        assert (tmp_path / f"all{end}").read_bytes() == (tmp_path / f"one{end}").read_bytes()
    assert json.loads(one.with_suffix(".run.json").read_text())["extended_list"] is True
    verified = small_campaign.run("verify", tmp_path / "all.csv", "--sample", "all")
    assert verified.returncode == DONE, verified.stdout


def test_an_interrupted_report_goes_on(tmp_path, words):
    report = run(words, tmp_path / "r.csv")
    whole = report.read_bytes()
    small_campaign.interrupt(report, 17)
    assert report.read_bytes() != whole
    assert run(words, report).read_bytes() == whole


def test_a_stuck_bit_that_is_so_already_is_masked(tmp_path, words):
    rows = (tmp_path / "list.csv", "Injection,Layer,TensorIndex,Bit,Tensor,Model\n")
    layer = (GOLDEN / "odd_channels.faults.csv").read_text().splitlines()[1].split(",")[1]
    rows[0].write_text(rows[1] + f'0,{layer},"(0, 0, 0, 0)",30,,stuck0\n1,{layer},"(0, 0, 0, 0)",30,,stuck1\n')
    words[words.index("-f") + 1] = rows[0]
    lines = run(words, tmp_path / "r.csv").read_text().splitlines()[2:]
    masked = [int(line.rsplit(",", 3)[1]) for line in lines]
    assert max(masked) == 4 and min(masked) < 4


def test_what_is_of_single_bits_only_says_so(tmp_path, words):
    report = run(words, tmp_path / "r.csv")
    done = small_campaign.run("report", report)
    assert done.returncode == BAD_INPUT and "the report of an extended list" in done.stderr
    assert len(done.stderr.splitlines()) == 1
