"""--scores one: the array holds what --scores all writes, in the order of the report's rows; kills, going on, what is lost, verify, Python."""
import csv
import json
import os
import signal
import subprocess
import time

import numpy as np
import pytest
from small_campaign import DONE, LIST, MODEL, NOT_WRITTEN, PROGRAM, RESUME, USAGE, files_of, interrupt, run, write_images

VERIFY_DIFFERS = 7


@pytest.fixture
def campaign(tmp_path):
    """Words of the campaign with one array, into the folder `one`."""
    words = ["--model", MODEL, "--data", write_images(tmp_path / "set.npz"), "-f", LIST, "--threads", "2"]
    return tmp_path, words


def write_both(tmp_path, words):
    assert run(*words, "--report", tmp_path / "all/r.csv", "--scores", "all").returncode == DONE
    assert run(*words, "--report", tmp_path / "one/r.csv", "--scores", "one").returncode == DONE
    return tmp_path / "all", tmp_path / "one"


def bits(array):
    return np.asarray(array).view(np.uint32)


def ids_of(report):
    return [row[0] for row in csv.reader(report.read_text().splitlines())][1:]


def test_it_holds_what_all_files_hold(campaign):
    tmp_path, words = campaign
    every, one = write_both(tmp_path, words)
    assert (every / "r.csv").read_bytes() == (one / "r.csv").read_bytes()
    assert sorted(path.name for path in (one / "r").iterdir()) == ["scores.index.csv", "scores.npy"]
    array = np.load(one / "r/scores.npy", mmap_mode="r")
    ids = ids_of(one / "r.csv")
    assert ids[0] == "GOLDEN" and array.dtype == np.float32
    assert list(csv.reader((one / "r/scores.index.csv").read_text().splitlines())) == [["place", "inj_id"], *([str(i), id] for i, id in enumerate(ids))]
    for place, id in enumerate(ids):
        alone = np.load(every / "r" / ("clean.npy" if place == 0 else f"inj_{id}.npy"))
        assert np.array_equal(bits(array[place]), bits(alone))
    assert array.shape == (len(ids), *alone.shape)
    # What np.save would write, byte for byte.
    np.save(tmp_path / "again.npy", array)
    assert (tmp_path / "again.npy").read_bytes() == (one / "r/scores.npy").read_bytes()
    assert json.loads((one / "r.run.json").read_text())["scores"] == {"mode": "one", "folder": "r"}


def test_from_a_row_on(campaign):
    tmp_path, words = campaign
    every, one = write_both(tmp_path, words)
    whole = np.load(one / "r/scores.npy")
    ids = ids_of(one / "r.csv")
    first = len(ids) // 2
    assert run(*words, "-r", ids[first], "--report", tmp_path / "rest.csv", "--scores", "one").returncode == DONE
    rest = np.load(tmp_path / "rest/scores.npy")
    assert np.array_equal(bits(rest[0]), bits(whole[0])) and np.array_equal(bits(rest[1:]), bits(whole[first:]))


@pytest.mark.parametrize("rows", [0, 3, 7])
def test_what_is_behind_the_rows_does_not_count(campaign, rows):
    """As a run leaves it that was killed while it wrote: the places behind the report's rows hold anything."""
    tmp_path, words = campaign
    one = [*words, "--report", tmp_path / "r.csv", "--scores", "one"]
    assert run(*one).returncode == DONE
    before = {name: content for name, content in files_of(tmp_path).items() if not name.endswith(".run.json")}
    interrupt(tmp_path / "r.csv", faults=rows)
    array = np.load(tmp_path / "r/scores.npy", mmap_mode="r+")
    array[rows + 1:] = 17
    array.flush()
    del array
    assert run(*one).returncode == DONE
    assert {name: content for name, content in files_of(tmp_path).items() if not name.endswith(".run.json")} == before


def test_kills_at_any_time_leave_the_same_bytes(campaign):
    tmp_path, words = campaign
    assert run(*words, "--report", tmp_path / "whole/r.csv", "--scores", "one").returncode == DONE
    expected = {name: content for name, content in files_of(tmp_path / "whole").items() if not name.endswith(".run.json")}
    started = time.monotonic()
    assert run(*words, "--report", tmp_path / "timed/r.csv", "--scores", "one").returncode == DONE
    seconds = time.monotonic() - started
    for attempt in range(8):
        report = tmp_path / f"killed{attempt}/r.csv"
        command = [PROGRAM, *words, "--report", report, "--scores", "one"]
        for part in (attempt + 1, attempt + 5):
            process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(seconds * part / 12)
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert run(*command[1:]).returncode == DONE
        assert {name: content for name, content in files_of(report.parent).items() if not name.endswith(".run.json")} == expected


def lose(path):
    path.unlink()


def cut(path):
    os.truncate(path, path.stat().st_size - 1)


def lengthen(path):
    os.truncate(path, path.stat().st_size + 1)


def change_header(path):
    content = path.read_bytes()
    path.write_bytes(content[:20] + b"X" + content[21:])


def link(path):
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


@pytest.mark.parametrize("state", ["finished", "interrupted"])
@pytest.mark.parametrize("name, damage", [("scores.npy", lose), ("scores.npy", cut), ("scores.npy", lengthen), ("scores.npy", change_header), ("scores.npy", link),
                                          ("scores.index.csv", lose), ("scores.index.csv", cut), ("scores.index.csv", change_header)])
def test_lost_or_damaged_files_are_noticed(campaign, name, damage, state):
    tmp_path, words = campaign
    one = [*words, "--report", tmp_path / "r.csv", "--scores", "one"]
    assert run(*one).returncode == DONE
    if state == "interrupted":
        interrupt(tmp_path / "r.csv", faults=4)
    damage(tmp_path / "r" / name)
    before = files_of(tmp_path)
    done = run(*one)
    assert done.returncode == RESUME and "r/scores.npy and" in done.stderr and "--overwrite" in done.stderr
    assert files_of(tmp_path) == before
    assert run(*one, "--overwrite").returncode == DONE
    assert run("verify", tmp_path / "r.csv").returncode == DONE


def test_overwrite_leaves_other_files(campaign):
    tmp_path, words = campaign
    one = [*words, "--report", tmp_path / "r.csv"]
    assert run(*one, "--scores", "one").returncode == DONE
    (tmp_path / "r/mine.npy").write_bytes(b"mine")
    other = run(*one, "-s")
    assert other.returncode == RESUME and "--scores: one in the report, all now" in other.stderr
    assert run(*one, "-s", "--overwrite").returncode == DONE
    names = {path.name for path in (tmp_path / "r").iterdir()}
    assert "mine.npy" in names and "clean.npy" in names and not names & {"scores.npy", "scores.index.csv"}


def test_the_golden_run_alone(campaign):
    tmp_path, words = campaign
    golden = [word for word in words if word not in ("-f", LIST)]
    done = run(*golden, "-o", tmp_path / "out", "--scores", "one")
    assert done.returncode == DONE
    (path,) = (tmp_path / "out").rglob("scores.npy")
    assert np.load(path).shape[0] == 1
    assert run(*golden, "-o", tmp_path / "other", "-s").returncode == DONE
    (clean,) = (tmp_path / "other").rglob("clean.npy")
    assert np.array_equal(bits(np.load(path)[0]), bits(np.load(clean)))


def test_dry_run_names_both_files_and_their_space(campaign):
    tmp_path, words = campaign
    done = run(*words, "--report", tmp_path / "r.csv", "--scores", "one", "--dry-run")
    assert done.returncode == DONE
    assert [line for line in done.stdout.splitlines() if "would write" in line and "scores" in line] == [
        f"would write: {tmp_path}/r/scores.npy", f"would write: {tmp_path}/r/scores.index.csv"]
    assert not (tmp_path / "r").exists()


def test_with_s_and_with_another_mode(campaign):
    tmp_path, words = campaign
    assert run(*words, "--report", tmp_path / "r.csv", "-s", "--scores", "one", "--dry-run").returncode == DONE
    assert run(*words, "--report", tmp_path / "r.csv", "-s", "--scores", "changed", "--dry-run").returncode == USAGE


def test_no_room_for_the_array(campaign):
    tmp_path, words = campaign
    with np.load(tmp_path / "set.npz") as data:
        x = np.concatenate([data["x"]] * 16)
    np.savez(tmp_path / "set.npz", x=x, y=np.zeros(len(x), dtype=int))
    kilobytes = 20  # less than the array, more than the report and its metadata
    command = ["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "x", str(PROGRAM), *map(str, words), "--report", str(tmp_path / "r.csv"), "--scores", "one"]
    limited = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert limited.returncode == NOT_WRITTEN and "scores.npy" in limited.stderr
    assert not list((tmp_path / "r").glob("*.npy"))
    assert run(*words, "--report", tmp_path / "r.csv", "--scores", "one").returncode == DONE


@pytest.mark.parametrize("place", [0, 3, -1])
def test_verify_finds_a_score_that_was_changed(campaign, place):
    tmp_path, words = campaign
    assert run(*words, "--report", tmp_path / "r.csv", "--scores", "one").returncode == DONE
    assert "2 files of scores" in run("verify", tmp_path / "r.csv").stdout
    array = np.load(tmp_path / "r/scores.npy", mmap_mode="r+")
    array.view(np.uint32)[place, 1, 2] ^= 1
    array.flush()
    done = run("verify", tmp_path / "r.csv")
    assert done.returncode == VERIFY_DIFFERS
    assert f"r/scores.npy: place {place % len(array)}, row 1, class 2: expected 0x" in done.stdout


@pytest.mark.parametrize("name, damage", [("scores.npy", lose), ("scores.npy", cut), ("scores.npy", change_header), ("scores.index.csv", lose), ("scores.index.csv", change_header)])
def test_verify_finds_damaged_files(campaign, name, damage):
    tmp_path, words = campaign
    assert run(*words, "--report", tmp_path / "r.csv", "--scores", "one").returncode == DONE
    damage(tmp_path / "r" / name)
    done = run("verify", tmp_path / "r.csv")
    assert done.returncode == VERIFY_DIFFERS and name in done.stdout
    assert len([line for line in done.stdout.splitlines() if name in line]) == 1


def test_python_reads_it(campaign):
    fi = pytest.importorskip("tf_injector")
    tmp_path, words = campaign
    every, one = write_both(tmp_path, words)
    a, b = fi.read_report(every / "r.csv"), fi.read_report(one / "r.csv")
    assert len(a.scores) == len(b.scores)
    assert np.array_equal(bits(a.golden_scores), bits(b.golden_scores))
    for i in (0, 5, len(a.scores) - 1, -1):
        assert np.array_equal(bits(a.scores[i]), bits(b.scores[i]))
    with pytest.raises(IndexError):
        b.scores[len(a.scores)]
    cut(one / "r/scores.npy")
    with pytest.raises(fi.BadInput, match="scores.npy"):
        b.scores[0]


def test_python_writes_it(campaign):
    fi = pytest.importorskip("tf_injector")
    tmp_path, words = campaign
    every, one = write_both(tmp_path, words)
    model = fi.load_model(MODEL)
    with np.load(tmp_path / "set.npz") as data:
        images = fi.Dataset.from_arrays(data["x"], data["y"])
    report = fi.run_campaign(model, images, fi.FaultList.read(LIST), report=tmp_path / "py.csv", scores="one", progress=False)
    assert np.array_equal(bits(report.scores[3]), bits(np.load(one / "r/scores.npy")[4]))
    in_memory = fi.run_campaign(model, images, fi.FaultList.read(LIST), scores="one", progress=False)
    assert np.array_equal(bits(in_memory.scores[3]), bits(report.scores[3]))


def test_merge_joins_the_arrays_of_shards(campaign):
    tmp_path, words = campaign
    assert run(*words, "--report", tmp_path / "whole/r.csv", "--scores", "one").returncode == DONE
    shards = [tmp_path / f"s{i}.csv" for i in range(3)]
    for i, shard in enumerate(shards):
        assert run(*words, "--shard", f"{i}/3", "--report", shard, "--scores", "one").returncode == DONE
    merged = run("merge", "-o", tmp_path / "merged/r.csv", *reversed(shards))
    assert merged.returncode == DONE, merged.stderr
    whole, joined = files_of(tmp_path / "whole"), files_of(tmp_path / "merged")
    facts = json.loads(joined.pop("r.run.json"))
    whole.pop("r.run.json")
    assert joined == whole and len(whole) == 3
    assert "shard" not in facts["config"]["flags"] and "model" in facts["config"]["flags"]
    assert run("verify", tmp_path / "merged/r.csv").returncode == DONE


@pytest.mark.parametrize("name, damage", [("scores.npy", lose), ("scores.npy", cut), ("scores.index.csv", lose), ("scores.index.csv", change_header)])
def test_merge_names_a_shard_whose_array_is_lost(campaign, name, damage):
    tmp_path, words = campaign
    shards = [tmp_path / f"s{i}.csv" for i in range(2)]
    for i, shard in enumerate(shards):
        assert run(*words, "--shard", f"{i}/2", "--report", shard, "--scores", "one").returncode == DONE
    damage(tmp_path / "s1" / name)
    merged = run("merge", "-o", tmp_path / "r.csv", *shards)
    assert merged.returncode == RESUME and "s1.csv" in merged.stderr and "scores.npy" in merged.stderr
    assert not (tmp_path / "r.csv").exists()


def test_merge_refuses_shards_whose_golden_scores_differ(campaign):
    tmp_path, words = campaign
    shards = [tmp_path / f"s{i}.csv" for i in range(2)]
    for i, shard in enumerate(shards):
        assert run(*words, "--shard", f"{i}/2", "--report", shard, "--scores", "one").returncode == DONE
    array = np.load(tmp_path / "s1/scores.npy", mmap_mode="r+")
    array.view(np.uint32)[0, 1, 2] ^= 1
    array.flush()
    merged = run("merge", "-o", tmp_path / "r.csv", *shards)
    assert merged.returncode == RESUME and "place 0 of" in merged.stderr
