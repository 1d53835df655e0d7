"""Shards of a list, and their reports merged, with the real program."""
import json
import os
import random
import shutil
import signal
import subprocess
import time

import pytest
import small_campaign
from small_campaign import DONE, RESUME, USAGE

TIMES = ("started", "updated", "seconds", "check", "command_line", "machine")


@pytest.fixture()
def words(tmp_path):
    return [*small_campaign.campaign_in(tmp_path), "-q"]


def run_shard(words, folder, shard, name=None, *more, **options):
    name = name or f"s{shard.replace('/', 'of')}"
    done = small_campaign.run(*words, "--shard", shard, "--report", folder / f"{name}.csv", "--details", folder / f"{name}.details.csv", "-s", *more, **options)
    assert done.returncode == DONE, done.stderr
    return folder / f"{name}.csv"


def run_whole(words, folder, name="one"):
    done = small_campaign.run(*words, "--report", folder / f"{name}.csv", "--details", folder / f"{name}.details.csv", "-s")
    assert done.returncode == DONE, done.stderr


def merge(report, *shards, **options):
    return small_campaign.run("merge", "-o", report, *shards, **options)


def written(folder, name):
    """The bytes of report, details and scores; of metadata what is no time."""
    facts = json.loads((folder / f"{name}.run.json").read_text())
    for key in TIMES:
        facts.pop(key)
    facts["report"].pop("file"), facts["details"].pop("file"), facts["scores"].pop("folder")
    for flag in ("report", "details"):  # merged metadata have none
        facts["config"]["flags"].pop(flag, None)
    scores = small_campaign.files_of(folder / name)
    return (folder / f"{name}.csv").read_bytes(), (folder / f"{name}.details.csv").read_bytes(), scores, facts


@pytest.mark.parametrize("count", [1, 2, 5, 33])
def test_merged_is_what_one_run_writes(tmp_path, words, count):
    run_whole(words, tmp_path)
    shards = [run_shard(words, tmp_path, f"{i}/{count}") for i in range(count)]
    random.Random(count).shuffle(shards)
    done = merge(tmp_path / "all.csv", *shards)
    assert done.returncode == DONE, done.stderr
    assert written(tmp_path, "all") == written(tmp_path, "one")
    verified = small_campaign.run("verify", tmp_path / "all.csv", "--sample", "all")
    assert verified.returncode == DONE, verified.stdout
    again = small_campaign.run(*words[:-1], "--report", tmp_path / "all.csv", "--details", tmp_path / "all.details.csv", "-s")
    assert again.returncode == DONE and "finished already" in again.stderr


def test_a_shard_goes_on_and_is_told_from_others(tmp_path, words):
    shard = run_shard(words, tmp_path, "1/2")
    whole = shard.read_bytes()
    assert "shard" in json.loads(shard.with_suffix(".run.json").read_text())
    other = small_campaign.run(*words, "--shard", "0/2", "--report", shard, "--details", shard.with_suffix(".details.csv"), "-s")
    assert other.returncode == RESUME and "--shard: 1/2, rows" in other.stderr
    no_shard = small_campaign.run(*words, "--report", shard, "--details", shard.with_suffix(".details.csv"), "-s")
    assert no_shard.returncode == RESUME and "not given now" in no_shard.stderr
    small_campaign_words = [*words, "--shard", "1/2", "--report", tmp_path / "x.csv"]
    assert small_campaign.run(*small_campaign_words).returncode == DONE
    small_campaign.interrupt(tmp_path / "x.csv", 3)
    assert merge(tmp_path / "r.csv", tmp_path / "x.csv").returncode == RESUME
    assert small_campaign.run(*small_campaign_words).returncode == DONE
    assert (tmp_path / "x.csv").read_bytes() == whole
    assert small_campaign.run("verify", shard).returncode == DONE


def test_slurm_says_which(tmp_path, words):
    names = ("ID", "MIN", "COUNT", "STEP")
    def variables(*values):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_ARRAY")}
        return {**kept, **{f"SLURM_ARRAY_TASK_{name}": value for name, value in zip(names, values) if value}}
    def dry(*values):
        return small_campaign.run(*words, "--shard", "slurm", "--report", tmp_path / "r.csv", "--dry-run", env=variables(*values))
    assert "shard: 1/3, rows" in dry("7", "3", "3", "4").stdout  # --array=3-11:4
    assert "shard: 0/8, rows" in dry("0", "0", "8", "1").stdout
    for values, named in ((("", "3", "3", "4"), "SLURM_ARRAY_TASK_ID is not set"), (("7", "3", "3", ""), "SLURM_ARRAY_TASK_STEP is not set"),
                          (("8", "3", "3", "4"), "no shard"), (("15", "3", "3", "4"), "no shard"), (("x", "3", "3", "4"), "'x'"), (("7", "3", "0", "4"), "'0'")):
        refused = dry(*values)
        assert refused.returncode == USAGE and named in refused.stderr and len(refused.stderr.splitlines()) == 2, refused.stderr


@pytest.mark.parametrize("shard", ["", "1", "3/3", "-1/3", "1/0", "a/b", "1/2/3", "01/3", "0/1000001", "1/ 3", "Slurm"])
def test_no_such_shard(tmp_path, words, shard):
    refused = small_campaign.run(*words, "--shard", shard)
    assert refused.returncode == USAGE and "--shard" in refused.stderr


def test_what_is_no_whole_is_named_and_nothing_written(tmp_path, words):
    shards = [run_shard(words, tmp_path, f"{i}/3") for i in range(3)]
    foreign = run_shard(words, tmp_path, "1/3", "foreign", "--limit", "2")
    run_whole(words, tmp_path)
    (tmp_path / "text.csv").write_text("a,b\n")
    cases = [((shards[0], shards[2]), "shard 1/3 is missing"), ((*shards, shards[1]), "are both shard 1/3"),
             ((shards[0], foreign, shards[2]), "foreign.csv: is of another run"), ((*shards, tmp_path / "one.csv"), "one.csv: is no report of a shard"),
             ((*shards, tmp_path / "text.csv"), "text.csv: "), ((*shards, tmp_path / "not_there.csv"), "not_there.csv: is not there"),
             ((tmp_path, *shards), f"{tmp_path}: ")]
    for given, named in cases:
        refused = merge(tmp_path / "r.csv", *given)
        assert refused.returncode == RESUME and named in refused.stderr, refused.stderr
        assert not (tmp_path / "r.csv").exists() and not (tmp_path / "r.run.json").exists()
    for wrong in ([shards[0]], []):
        assert merge(shards[0], *wrong, "--overwrite").returncode in (USAGE, RESUME)
    assert merge(shards[0], *shards, "--overwrite").returncode == USAGE
    assert shards[0].stat().st_size > 0


def test_a_killed_merge_is_repeated(tmp_path, words):
    run_whole(words, tmp_path)
    shards = [run_shard(words, tmp_path, f"{i}/4") for i in range(4)]
    begin = time.monotonic()
    assert merge(tmp_path / "x.csv", *shards).returncode == DONE
    seconds = time.monotonic() - begin
    numbers = random.Random(1)
    for _ in range(12):
        child = subprocess.Popen([small_campaign.PROGRAM, "merge", "-o", tmp_path / "all.csv", *shards], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(numbers.uniform(0, seconds))
        child.send_signal(signal.SIGKILL)
        child.wait()
        report = tmp_path / "all.csv"
        assert not report.exists() or report.read_bytes() in (b"", (tmp_path / "one.csv").read_bytes())
        done = merge(report, *shards)
        if done.returncode == RESUME:
            assert "exists already" in done.stderr
        else:
            assert done.returncode == DONE, done.stderr
        assert written(tmp_path, "all") == written(tmp_path, "one")
        assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]
        for name in ("all.csv", "all.run.json", "all.details.csv"):
            (tmp_path / name).unlink()
        shutil.rmtree(tmp_path / "all")


def test_a_merge_that_cannot_write_leaves_nothing(tmp_path, words):
    shards = [run_shard(words, tmp_path, f"{i}/2") for i in range(2)]
    before = small_campaign.files_of(tmp_path)
    failed = merge(tmp_path / "r.csv", *shards, before=["prlimit", "--fsize=700"])
    assert failed.returncode == small_campaign.NOT_WRITTEN, failed.stderr
    assert small_campaign.files_of(tmp_path) == before
