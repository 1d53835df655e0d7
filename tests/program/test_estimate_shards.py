"""`estimate --shard`, the states of shards and `merge`: whatever the split, the answer is that of one process, byte for byte."""
import itertools
import json
import random
import shutil
import signal
import subprocess
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_campaign import BAD_INPUT, DONE, MODEL, PROGRAM, RESUME, USAGE, run, write_images

PARTS = {"bit": 32, "layer": 4}  # of MODEL


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("estimates")
    write_images(folder / "set.npz")
    return folder


def estimate(folder, by, *more):
    return run("estimate", "--model", MODEL, "--data", folder / "set.npz", "--by", by, "--error", "0.2", *more)


def answer(folder, by, *more):
    """The JSON on standard output, but for the line of the time that it took."""
    done = estimate(folder, by, "--json", "-", *more)
    assert done.returncode == DONE, done.stderr
    return [line for line in done.stdout.splitlines() if '"seconds"' not in line]


_whole = {}


def whole(folder, by):
    if by not in _whole:
        _whole[by] = answer(folder, by)
    return _whole[by]


_states = {}


def states(folder, by, of):
    """Paths of the states of all shards."""
    if (by, of) not in _states:
        paths = [folder / f"{by}-{i}-of-{of}.state" for i in range(of)]
        for i, path in enumerate(paths):
            done = estimate(folder, by, "--shard", f"{i}/{of}", "--state", path)
            assert done.returncode == DONE, done.stderr
            assert done.stdout.startswith(f"Shard {i}/{of}: {len(range(i, PARTS[by], of))} {by}"), done.stdout
        _states[by, of] = paths
    return _states[by, of]


def merge(*paths, to):
    return run("merge", "-o", to, *paths)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(by=st.sampled_from(["bit", "layer"]), of=st.integers(1, 16), seed=st.integers(0, 1000))
def test_merged_the_answer_is_that_of_one_process(folder, by, of, seed):
    paths = list(states(folder, by, of))
    random.Random(seed).shuffle(paths)
    to = folder / "whole.state"
    to.unlink(missing_ok=True)
    done = merge(*paths, to=to)
    assert done.returncode == DONE, done.stderr
    before = to.read_bytes()
    assert answer(folder, by, "--state", to) == whole(folder, by)
    assert to.read_bytes() == before, "something was evaluated again"
    to.unlink()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(of=st.integers(2, 6), draw=st.data())
def test_missing_and_twice_are_refused_by_name(folder, of, draw):
    paths = states(folder, "layer", of)
    lost = draw.draw(st.integers(0, of - 1))
    again = draw.draw(st.integers(0, of - 1).filter(lambda i: i != lost))
    to = folder / "refused.state"
    some = [path for i, path in enumerate(paths) if i != lost]
    done = merge(*some, to=to)
    assert (done.returncode, done.stderr) == (RESUME, f"error: shard {lost}/{of} is missing\n")
    done = merge(*paths, paths[again], to=to)
    assert done.returncode == RESUME and f"{paths[again]}: shard {again}/{of} again" in done.stderr
    assert not to.exists()


def test_foreign_shards_are_refused_with_what_differs(folder, tmp_path):
    paths = states(folder, "layer", 2)
    other = tmp_path / "other.state"
    assert estimate(folder, "layer", "--seed", "5", "--shard", "1/2", "--state", other).returncode == DONE
    done = merge(paths[0], other, to=tmp_path / "a.state")
    assert done.returncode == RESUME and f"{other}: of another estimate than {paths[0]}: seed 1 there, 5 here" in done.stderr
    done = merge(paths[0], states(folder, "layer", 3)[1], to=tmp_path / "a.state")
    assert done.returncode == RESUME and "expected shards of one number" in done.stderr
    whole_state = tmp_path / "whole.state"
    assert merge(*paths, to=whole_state).returncode == DONE
    done = merge(paths[0], whole_state, to=tmp_path / "a.state")
    assert done.returncode == RESUME and "is the state of a whole estimate, not of a shard" in done.stderr
    assert not (tmp_path / "a.state").exists()


def test_cut_and_changed_shards_are_refused(folder, tmp_path):
    good, bad = states(folder, "layer", 2)[0], tmp_path / "bad.state"
    text = states(folder, "layer", 2)[1].read_bytes()
    generator = random.Random(3)
    for cut in sorted({0, 1, 100, len(text) - 1, *(generator.randrange(len(text)) for _ in range(12))}):
        bad.write_bytes(text[:cut])
        done = merge(good, bad, to=tmp_path / "a.state")
        assert done.returncode in (RESUME, BAD_INPUT) and str(bad) in done.stderr and done.stderr.count("\n") == 1, (cut, done.stderr)
    for place in (generator.randrange(len(text)) for _ in range(40)):
        bad.write_bytes(text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :])
        done = merge(good, bad, to=tmp_path / "a.state")
        assert done.returncode in (RESUME, BAD_INPUT) and str(bad) in done.stderr, (place, done.stderr)
    assert not (tmp_path / "a.state").exists()


def test_what_is_there_is_replaced_only_with_overwrite(folder, tmp_path):
    paths, to = states(folder, "layer", 2), tmp_path / "a.state"
    to.write_text("mine")
    done = merge(*paths, to=to)
    assert done.returncode == RESUME and "--overwrite replaces it" in done.stderr and to.read_text() == "mine"
    assert run("merge", "--overwrite", "-o", to, *paths).returncode == DONE
    assert answer(folder, "layer", "--state", to) == whole(folder, "layer")
    before = paths[0].read_bytes()
    done = run("merge", "--overwrite", "-o", paths[0], *paths)
    assert done.returncode == USAGE and paths[0].read_bytes() == before


def test_a_state_belongs_to_its_shard(folder, tmp_path):
    state = tmp_path / "0.state"
    shutil.copy(states(folder, "layer", 2)[0], state)
    for more, found in ((["--shard", "1/2"], "1/2 now"), ([], "none now")):
        done = estimate(folder, "layer", *more, "--state", state)
        assert done.returncode == RESUME and f"shard: 0/2 in the file, {found}" in done.stderr
    assert estimate(folder, "layer", "--shard", "0/2", "--state", state).returncode == DONE
    assert state.read_bytes() == states(folder, "layer", 2)[0].read_bytes()


@pytest.mark.parametrize("words, why", [
    (["--by", "network", "--shard", "0/2", "--state", "s"], "--by layer or bit"),
    (["--by", "layer", "--shard", "0/2"], "--shard needs a --state"),
    (["--by", "layer", "--shard", "2/2", "--state", "s"], "2/2"),
    (["--by", "layer", "--shard", "slurm", "--state", "s"], "SLURM_ARRAY_TASK_ID"),
    (["--by", "layer", "--shard", "0/2", "--state", "s", "--json", "-"], "--json is of the whole estimate"),
])
def test_wrong_flags(folder, words, why):
    done = run("estimate", "--model", MODEL, "--data", folder / "set.npz", *words)
    assert done.returncode == USAGE and why in done.stderr


def test_killed_and_gone_on_with(folder, tmp_path):
    """A kill tears the last line at most; an unfinished shard is not merged."""
    words = ["estimate", "--model", MODEL, "--data", folder / "set.npz", "--by", "layer", "--error", "0.02", "--threads", "1"]
    paths = [tmp_path / f"{i}.state" for i in range(2)]
    kills = 0
    for i, path in enumerate(paths):
        for attempt in itertools.count():
            child = subprocess.Popen([PROGRAM, *map(str, words), "--shard", f"{i}/2", "--state", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.01 * 1.5**attempt)
            child.send_signal(signal.SIGKILL)
            if child.wait() == DONE:
                break
            kills += 1
            if path.exists() and path.stat().st_size > 0:
                assert merge(*paths[: i + 1], to=tmp_path / "a.state").returncode != DONE
    assert kills > 0
    assert merge(*paths, to=tmp_path / "a.state").returncode == DONE

    def one(*more):
        done = run(*words, "--json", "-", *more)
        return {key: value for key, value in json.loads(done.stdout).items() if key != "seconds"}

    assert one("--state", tmp_path / "a.state") == one()


def test_status(folder, tmp_path):
    status = tmp_path / "s.json"
    done = estimate(folder, "layer", "--shard", "1/2", "--state", tmp_path / "1.state", "--status", status)
    assert done.returncode == DONE, done.stderr
    read = json.loads(status.read_text())
    assert (read["what"], read["state"], read["shard"], read["exit_code"], read["share"]) == ("tf_injector status", "finished", "1/2", 0, 1)
    assert read["estimate_state"] == str(tmp_path / "1.state") and read["inferences"] > read["faults"] > 0
    assert 0 <= read["low"] <= read["estimate"] <= read["high"] <= 1
    again = estimate(folder, "layer", "--shard", "0/2", "--state", tmp_path / "1.state", "--status", status)
    read = json.loads(status.read_text())
    assert again.returncode == RESUME and (read["state"], read["exit_code"]) == ("failed", RESUME) and "shard: 1/2 in the file" in read["error"]
    for path in (tmp_path / "1.state", folder / "set.npz"):
        before = path.read_bytes()
        refused = estimate(folder, "layer", "--shard", "1/2", "--state", tmp_path / "1.state", "--status", path)
        assert refused.returncode == USAGE and path.read_bytes() == before
