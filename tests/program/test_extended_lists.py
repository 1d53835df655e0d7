"""Campaigns over extended lists with the real program: the scores are TensorFlow's, whatever the engine, and shards, interruptions and
what is asked of a report are as with plain lists."""
import json

import numpy as np
import pytest
import small_campaign
from small_campaign import DONE, ROOT

GOLDEN = ROOT / "tests/golden"
BAD_INPUT, USAGE = 3, 2


LISTS = sorted(path.name.rsplit(".", 1)[0] for kind in ("extended", "outputs") for path in GOLDEN.glob(f"*.{kind}.csv"))


def words_of(tmp_path, of_list):
    name = of_list.split(".")[0]
    inputs = np.load(GOLDEN / f"{name}.golden.npz")["inputs"]
    np.savez(tmp_path / "set.npz", x=inputs, y=np.arange(len(inputs)))
    return ["--model", GOLDEN / f"{name}.keras", "--data", tmp_path / "set.npz", "-f", GOLDEN / f"{of_list}.csv", "--threads", "1",
            "--preprocess", "none", "-q"]


@pytest.fixture(params=["extended", "outputs"])
def words(tmp_path, request):
    return words_of(tmp_path, f"odd_channels.{request.param}")


def run(words, report, *more):
    done = small_campaign.run(*words, "--report", report, *more)
    assert done.returncode == DONE, done.stderr
    return report


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("more", [(), ("--kernels", "scalar"), ("--check", "1"), ("--tile", "1", "--check", "0")])
def test_scores_are_tensorflows(tmp_path, name, more):
    run(words_of(tmp_path, name), tmp_path / "r.csv", "--scores", "one", *more)
    (place,) = [path for path in tmp_path.rglob("*.npy") if "golden" not in path.name and "clean" not in path.name]
    found = np.load(place)
    with np.load(GOLDEN / f"{name}.npz") as golden:
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


def outputs_list(tmp_path, words, *rows):
    words[words.index("-f") + 1] = tmp_path / "list.csv"
    (tmp_path / "list.csv").write_text("Injection,Layer,TensorIndex,Bit,Tensor,Model,Value,Part,Image,Call\n" + "".join(f"{row}\n" for row in rows))
    return words


def counts(report):
    return [[int(count) for count in line.rsplit(",", 8)[1:]] for line in report.read_text().splitlines()[2:]]


def test_faults_of_one_image_count_that_image(tmp_path, words):
    conv = (GOLDEN / "odd_channels.faults.csv").read_text().splitlines()[1].split(",")[1]
    fault = f'{conv},"(0, 0, 0)",,output,set,1e30,'
    words = outputs_list(tmp_path, words, f"0,{fault},all,", *(f"{1 + image},{fault},{image}," for image in range(4)))
    details = tmp_path / "d.csv"
    of_all, *of_one = counts(run(words, tmp_path / "r.csv", "--details", details))
    assert of_all[0] == 4 and [row[0] for row in of_one] == [1, 1, 1, 1]
    assert [sum(column) for column in zip(*of_one)] == of_all
    rows = [line.split(",") for line in details.read_text().splitlines()[1:]]
    assert [sum(int(row[column]) for row in rows[1:]) for column in range(1, 8)] == [int(number) for number in rows[0][1:8]]
    assert all(row[-2:] == ["nan", "nan"] for row in rows)
    plain = run(words, tmp_path / "scalar.csv", "--kernels", "scalar", "--details", tmp_path / "scalar.d.csv")
    assert plain.read_bytes() == (tmp_path / "r.csv").read_bytes()
    assert (tmp_path / "scalar.d.csv").read_bytes() == details.read_bytes()


def test_an_image_that_is_not_there_is_refused(tmp_path, words):
    conv = (GOLDEN / "odd_channels.faults.csv").read_text().splitlines()[1].split(",")[1]
    words = outputs_list(tmp_path, words, f'7,{conv},"(0, 0, 0)",3,output,,,,4,', f'8,{conv},"(0, 0, 0)",3,output,,,,3,')
    done = small_campaign.run(*words, "--report", tmp_path / "r.csv")
    assert done.returncode == BAD_INPUT and not (tmp_path / "r.csv").exists()
    assert done.stderr == (f"error: {tmp_path / 'list.csv'}: fault 7: Image out of range; expected 0 to 3, the images of the test set; "
                           "found 4\n")
