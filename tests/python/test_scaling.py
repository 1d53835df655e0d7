"""tools/scaling_model.py gives what can be worked out by hand; tools/measure_scaling.py writes what it reads."""
import dataclasses
import json
import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_campaign import PROGRAM, ROOT

pytest.importorskip("simpy")
pytest.importorskip("distributed")
sys.path.insert(0, str(ROOT / "tools"))
import scaling_model as model  # noqa: E402

NOTHING = {"images": 1000, "threads": 1.0, "start": 0.0, "golden": 0.0, "block_pass": 0.0, "slice": 0.0, "check": 0.0, "append": 0.0, "cut": 0.0,
           "load": 0.0, "bytes_per_worker": 0.0, "bandwidth": 1e9, "scheduler_seconds": 0.0}
COSTLY = {**NOTHING, "start": 0.3, "golden": 1e-3, "block_pass": 1e-3, "slice": 0.01, "check": 0.4, "append": 0.004, "cut": 1e-4, "load": 0.05,
          "bytes_per_worker": 3e7, "scheduler_seconds": 0.001, "round_trip": 0.01, "merge": (0.05, 1e-3, 1e-6)}
MORE = {"start": 1.0, "golden": 1e-3, "block_pass": 1e-3, "slice": 0.1, "append": 0.01, "cut": 0.01, "load": 1.0, "bytes_per_worker": 1e8,
        "scheduler_seconds": 0.01, "round_trip": 0.1}


def even_case(faults=2000, seconds=2e-5, **parts):
    return model.Case(model.Costs([0, faults], [0, faults * seconds]), **{**NOTHING, **parts})


def costs_from(layers):
    rows, seconds = [0], [0.0]
    for faults, cost in layers:
        rows.append(rows[-1] + faults)
        seconds.append(seconds[-1] + faults * cost)
    return model.Costs(rows, seconds)


layers = st.lists(st.tuples(st.integers(1, 5000), st.floats(1e-6, 1e-3)), min_size=1, max_size=8)


@settings(max_examples=30, deadline=None)
@given(layers, st.floats(1, 4))
def test_one_worker_for_which_nothing_else_costs_takes_the_sum_of_the_work(layers, threads):
    case = model.Case(costs_from(layers), **{**NOTHING, "threads": threads})
    work = sum(faults * cost for faults, cost in layers) * case.images / threads
    assert case.work == pytest.approx(work)
    assert model.simulate_shards(case, 1).seconds == pytest.approx(work)
    assert model.simulate_dask(case, 1).seconds == pytest.approx(work)


@settings(max_examples=30, deadline=None)
@given(layers, st.integers(1, 40), st.booleans())
def test_no_cluster_is_faster_than_its_nodes_and_all_time_is_accounted_for(layers, nodes, is_dask):
    case = model.Case(costs_from(layers), **COSTLY)
    found = model.simulate_dask(case, nodes) if is_dask else model.simulate_shards(case, nodes)
    assert found.seconds >= case.work / nodes
    assert found.spent["faults"] == pytest.approx(case.work / nodes / found.seconds)
    assert sum(found.spent.values()) == pytest.approx(1)
    assert found.spent["nothing to do"] > -1e-9


@settings(max_examples=30, deadline=None)
@given(layers, st.integers(1, 20))
def test_where_nothing_is_shared_twice_the_nodes_are_not_slower(layers, nodes):
    case = model.Case(costs_from(layers), **{**COSTLY, "bytes_per_worker": 0, "scheduler_seconds": 0, "merge": (0, 0, 0)})
    shares = [seconds / case.costs.seconds[-1] for seconds in case.costs.seconds]
    case = dataclasses.replace(case, begins=(shares, case.costs.rows))  # a cut that is right
    rounding = 1.1 * case.images * max(cost for _, cost in layers)  # a shard holds whole faults
    assert model.simulate_shards(case, 2 * nodes).seconds <= model.simulate_shards(case, nodes).seconds + rounding


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(MORE)), st.integers(1, 8))
def test_what_costs_more_makes_no_run_of_shards_faster(part, nodes):
    case = even_case(**COSTLY)
    dearer = dataclasses.replace(case, **{part: getattr(case, part) + MORE[part]})
    assert model.simulate_shards(dearer, nodes).seconds >= model.simulate_shards(case, nodes).seconds
    if nodes == 1:
        assert model.simulate_dask(dearer, 1).seconds >= 0.999 * model.simulate_dask(case, 1).seconds


@pytest.mark.parametrize("nodes", [1, 7, 500])
def test_a_scheduler_that_is_slow_starts_the_last_shard_last(nodes):
    case = even_case(scheduler_seconds=100.0, start=1.0)
    last = case.work / nodes + 1
    assert model.simulate_shards(case, nodes).seconds == pytest.approx(100 * nodes + last, rel=0.01)


@pytest.mark.parametrize("nodes", [1, 7, 500])
def test_a_file_server_that_is_slow_serves_the_last_shard_last(nodes):
    case = even_case(bytes_per_worker=1e6, bandwidth=1e4)
    assert model.simulate_shards(case, nodes).seconds == pytest.approx(100 * nodes + case.work / nodes, rel=0.01)


def test_many_workers_wait_for_the_one_that_writes():
    case = even_case(faults=100_000, append=5.0)
    few, many = model.simulate_dask(case, 100), model.simulate_dask(case, 1000)
    for found in (few, many):
        assert found.seconds >= 5 * found.slices
    first_slice = case.work / 2000
    assert many.seconds == pytest.approx(5 * many.slices + first_slice, rel=0.01)  # however many there are


def test_a_slow_scheduler_of_tasks_sees_each_twice():
    case = even_case(faults=100_000, scheduler_seconds=1.0)
    found = model.simulate_dask(case, 1000)
    assert found.seconds == pytest.approx(2 * found.slices, rel=0.02)


def test_the_merge_comes_behind_the_last_shard():
    case = even_case()
    merged = dataclasses.replace(case, merge=(1.0, 2.0, 0.001))
    assert model.simulate_shards(merged, 10).seconds - model.simulate_shards(case, 10).seconds == pytest.approx(1 + 20 + 2)


def test_more_shards_than_nodes_run_one_behind_the_other():
    case = even_case(start=1.0)
    assert model.simulate_shards(case, 4, 20).seconds == pytest.approx(5 * (1 + case.work / 20))


def test_a_list_that_is_one_block_has_its_golden_run_in_the_same_pass():
    short, long = even_case(faults=100, golden=1e-3, block_pass=1e-3), even_case(faults=5000, golden=1e-3, block_pass=1e-3)
    assert model.process_seconds(short, 0, 100) == pytest.approx(short.work + 1)
    blocks = math.ceil(5000 / 5000)
    assert model.process_seconds(long, 0, 5000) >= long.work + 1 + blocks


def test_few_faults_together_cost_what_was_measured_of_few():
    layer = {"layer": "a", "faults": 1000, "seconds_per_fault_and_image": {"16": 3e-4, "256": 1e-4}}
    costs = model.Costs.of_layers([layer])
    assert costs.between(0, 1000) == pytest.approx(0.1)
    assert costs.between(100, 116) == pytest.approx(16 * 3e-4)
    assert costs.between(100, 104) == pytest.approx(4 * 3e-4)
    assert costs.between(0, 64) == pytest.approx(64 * 2e-4)


def test_the_slope_of_merges_is_found():
    merges = [{"shards": n, "rows": rows, "seconds": 0.05 + 0.002 * n + 1e-6 * rows} for n, rows in ((1, 100), (64, 100), (2, 200_000), (8, 1000))]
    assert model.merge_cost(merges) == pytest.approx((0.05, 0.002, 1e-6))


def test_tables_take_the_place_of_those_before(tmp_path):
    path = tmp_path / "scaling.md"
    path.write_text("# Text\n\nthat stays\n")
    for turn in ("first", "second"):
        model.write_tables(path, {name: f"| {turn} {name} |\n" for name in model.TITLES})
        text = path.read_text()
        assert text.startswith("# Text\n\nthat stays\n\n" + model.FIGURES)
        assert all(text.count(f"| {turn} {name} |") == 1 for name in model.TITLES)
    assert "first" not in text


@pytest.fixture(scope="module")
def short_figures(tmp_path_factory):
    """Of a campaign that takes no time: their values mean nothing."""
    path = tmp_path_factory.mktemp("figures") / "scaling.json"
    command = [sys.executable, ROOT / "tools/measure_scaling.py", "--short", "--program", PROGRAM, "-o", path]
    end = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert end.returncode == 0, end.stderr
    return path


def test_what_is_measured_can_be_read(short_figures):
    figures = json.loads(short_figures.read_text())
    assert set(figures["shards"]["cuts"]) == {"1", "2", "4"}
    for of, shards in figures["shards"]["cuts"].items():
        assert len(shards) == int(of)
        assert sum(shard["rows"] for shard in shards) == figures["campaign"]["faults"]
    assert set(model.predictions(figures)) == set(figures["runs"])
    assert all(predicted > 0 for predicted, _ in model.predictions(figures).values())


def test_a_wrong_prediction_is_an_error(short_figures, tmp_path):
    figures = json.loads(short_figures.read_text())
    figures["runs"]["dask_1"] = [1000.0]
    (tmp_path / "wrong.json").write_text(json.dumps(figures))
    end = subprocess.run([sys.executable, str(ROOT / "tools/scaling_model.py"), str(tmp_path / "wrong.json")], capture_output=True, text=True)
    assert end.returncode == 1
    assert "dask_1" in end.stderr and "wrong by more than 10 %" in end.stderr
    assert "1,000" not in end.stdout
