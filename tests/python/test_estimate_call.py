"""Estimates from Python: those of the program, and what cannot be meant."""
import json
import re

import numpy as np
import pytest
import small_campaign
import tf_injector as fi
from golden import golden


def small():
    g = golden("odd_channels")
    return fi.load_model(g.model), fi.Dataset.from_arrays(g.inputs, np.arange(len(g.inputs)))


def facts(text):
    """All but the time."""
    read = json.loads(text)
    del read["seconds"]
    return read


@pytest.mark.parametrize("metric", ["critical", "masked", "non-critical", "sdc5", "due"])
@pytest.mark.parametrize("by", ["network", "bit", "layer"])
def test_the_same_as_the_programs(tmp_path, metric, by):
    data = small_campaign.write_images(tmp_path / "d.npz")
    words = ["--metric", metric, "--by", by, "--error", "0.1", "--confidence", "0.9", "--seed", "7"]
    done = small_campaign.run("estimate", "--model", small_campaign.MODEL, "--data", data, *words, "--json", "-", "-q")
    assert done.returncode == 0, done.stderr
    found = fi.estimate(small_campaign.MODEL, fi.Dataset.read(data), metric=metric, by=by, error=0.1, confidence=0.9, seed=7, progress=False)
    assert facts(found.to_json()) == facts(done.stdout)
    assert facts(json.dumps(found.to_dict())) == facts(done.stdout)


def test_what_it_says():
    seen = []
    found = fi.estimate(*small(), error=0.02, progress=seen.append)
    assert found.rate.low <= found.rate.estimate <= found.rate.high
    assert found.rate.high - found.rate.low <= 0.04
    assert (found.metric, found.confidence, found.stopped) == ("critical", 0.99, "error")
    assert found.inferences == found.faults * found.images_per_fault
    assert seen and all(isinstance(now, fi.EstimateProgress) for now in seen)
    assert seen[-1].faults <= found.faults
    assert re.fullmatch(r"A random bit flip in a kernel changes the decision on .* % \[.*, .*\] of the images, at 99 % confidence\.", str(found))
    strata = found.strata()
    assert strata["population"].sum() == found.population
    assert strata["faults"].sum() == found.faults
    assert len(found.strata().to_pandas()) == len(strata)
    assert "%" in repr(found) and found._repr_html_().startswith("<p>")


def test_all_faults_of_a_small_part_are_the_truth():
    model, images = small()
    found = fi.estimate(model, images, metric="masked", error=1e-6, by="network", max_seconds=600, progress=False)
    assert found.stopped == "exhausted" and found.rate.low == found.rate.high
    truth = fi.run_campaign(model, images, fi.FaultList.generate(model, scheme="exhaustive"), progress=False)
    assert found.rate.low == pytest.approx(truth.rows["masked"].sum() / truth.rows["n_injections"].sum(), abs=1e-9)


def test_stopped_by_the_callback_it_goes_on(tmp_path):
    model, images = small()
    expected = fi.estimate(model, images, error=0.003, progress=False)

    def stop(now):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fi.estimate(model, images, error=0.003, state=tmp_path / "s", progress=stop)
    assert (tmp_path / "s").stat().st_size > 0
    again = fi.estimate(model, images, error=0.003, state=tmp_path / "s", progress=False, threads=1)
    assert facts(again.to_json()) == facts(expected.to_json())
    with pytest.raises(fi.ResumeRefused, match="seed"):
        fi.estimate(model, images, error=0.003, seed=2, state=tmp_path / "s", progress=False)


@pytest.mark.parametrize("wrong", [
    {"metric": "fatal"}, {"metric": 3}, {"by": "image"}, {"error": 0}, {"error": "0.1"}, {"error": float("nan")}, {"error": 0.7},
    {"confidence": 1}, {"confidence": 0.2}, {"seed": -1}, {"seed": 1.5}, {"max_seconds": 0}, {"state": 3}, {"progress": "yes"},
    {"split_by_sign": 1}, {"threads": 0}, {"kernels": "sse"}, {"limit": 0}])
def test_arguments_that_cannot_be_meant(wrong):
    with pytest.raises(fi.Usage, match=f"`{next(iter(wrong))}`"):
        fi.estimate(*small(), **{"progress": False, **wrong})


def test_merged_states_of_shards_answer_as_one_call(tmp_path):
    inputs = small()
    call = {"by": "layer", "error": 0.2, "progress": False}
    whole = fi.estimate(*inputs, **call)
    paths = [tmp_path / f"{i}.state" for i in range(3)]
    parts = [fi.estimate(*inputs, **call, shard=(i, 3), state=path) for i, path in enumerate(paths)]
    assert sum(part.faults for part in parts) == whole.faults and sum(part.population for part in parts) == whole.population
    fi.merge_estimates(reversed(paths), tmp_path / "all.state")
    answer = fi.estimate(*inputs, **call, state=tmp_path / "all.state").to_dict()
    assert {**answer, "seconds": 0} == {**whole.to_dict(), "seconds": 0}
    with pytest.raises(fi.ResumeRefused, match="is there already"):
        fi.merge_estimates(paths, tmp_path / "all.state")
    with pytest.raises(fi.ResumeRefused, match="shard 1/3 is missing"):
        fi.merge_estimates([paths[0], paths[2]], tmp_path / "b.state")
    for wrong in ({"shard": (0, 3)}, {"shard": (3, 3), "state": tmp_path / "x"}, {"shard": 2, "state": tmp_path / "x"}):
        with pytest.raises(fi.Usage, match="shard"):
            fi.estimate(*inputs, **call, **wrong)
    with pytest.raises(fi.Usage, match="several paths"):
        fi.merge_estimates(paths[0], tmp_path / "b.state")
