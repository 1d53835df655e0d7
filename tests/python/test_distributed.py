"""`tf_injector.distributed` on clusters of this machine: the bytes of a local run, whatever happens to the workers."""
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
import tf_injector as fi
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from small_campaign import LIST, MODEL, ROOT, files_of, interrupt

dask = pytest.importorskip("dask")
pytest.importorskip("distributed")
from distributed import Client, LocalCluster  # noqa: E402
from distributed.security import Security  # noqa: E402
from tf_injector import distributed  # noqa: E402

RESNET20 = ROOT / "models/CIFAR10/ResNet20.keras"
MINUTES = float(os.environ.get("TFI_DASK_MINUTES", 0))  # of disturbed campaigns


def cluster_of(workers, threads=1, **options):
    return LocalCluster(n_workers=workers, threads_per_worker=threads, dashboard_address=None, silence_logs=50, **options)


@pytest.fixture(scope="module")
def client():
    with cluster_of(2) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def small():
    inputs = np.load(ROOT / "tests/golden/odd_channels.golden.npz")["inputs"]
    return fi.load_model(MODEL), fi.Dataset.from_arrays(inputs, np.arange(len(inputs))), fi.FaultList.read(LIST)


@pytest.fixture(scope="module")
def long():
    """Some seconds of work, and its report."""
    model = fi.load_model(RESNET20)
    random = np.random.default_rng(7)
    data = fi.Dataset.from_arrays(random.integers(0, 256, (60, 32, 32, 3), dtype=np.uint8), random.integers(0, 10, 60))
    return model, data, fi.FaultList.generate(model, n=600, seed=3)


@pytest.fixture(scope="module")
def long_report(long, tmp_path_factory):
    path = tmp_path_factory.mktemp("local") / "r.csv"
    fi.run_campaign(*long, report=path, progress=False, check=0)
    return path.read_bytes()


def run(client, campaign, path, **options):
    options = {"progress": False, "timeout": 60, "slice_seconds": 0.3, "check": 0, **options}
    return distributed.run_campaign(client, *campaign, report=path, **options)


def pids(client):
    """Of the workers that are there: one that dies while it is asked is left out."""
    found = {}
    assert wait_until(lambda: found.update(client.run(os.getpid, on_error="ignore")) or found, 20), "no worker answers"
    return found


def busy_workers(client):
    """Workers that evaluate a slice now."""

    def is_busy(dask_worker):
        return any(plugin._turn.locked() for name, plugin in dask_worker.plugins.items() if name.startswith("tf_injector-"))

    return [worker for worker, is_busy_now in client.run(is_busy, on_error="ignore").items() if is_busy_now]


def wait_until(holds, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


class Once:
    """A `progress` that does something once, when so many rows are there."""

    def __init__(self, rows, work):
        self.rows, self.work, self.is_done = rows, work, False

    def __call__(self, now):
        if not self.is_done and now.rows >= self.rows:
            self.is_done = True
            self.work()


def files_of_report(folder, name):
    """{path without the report's name: bytes}, but for the metadata."""
    return {path[len(name) :]: data for path, data in files_of(folder).items() if path.startswith(name) and "run.json" not in path}


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(scores=st.sampled_from(["none", "changed", "all"]), details=st.booleans(), slice_seconds=st.sampled_from([0.001, 0.05, 20.0]),
       limit=st.none() | st.integers(1, 4), check=st.sampled_from([None, 0, 3]), batch_size=st.sampled_from([1, 3, 512]))
def test_every_byte_is_that_of_a_local_run(client, small, tmp_path_factory, scores, details, slice_seconds, limit, check, batch_size):
    folder = tmp_path_factory.mktemp("same")
    options = {"scores": scores, "details": details, "limit": limit, "check": check, "batch_size": batch_size, "progress": False}
    here = fi.run_campaign(*small, report=folder / "a.csv", **options)
    there = distributed.run_campaign(client, *small, report=folder / "b.csv", slice_seconds=slice_seconds, timeout=60, **options)
    files = files_of_report(folder, "a")
    assert files_of_report(folder, "b") == files and ".csv" in files
    assert here.to_csv() == there.to_csv()
    in_memory = distributed.run_campaign(client, *small, slice_seconds=slice_seconds, timeout=60, **options)
    local = fi.run_campaign(*small, **options)
    assert in_memory.to_csv() == local.to_csv() == here.to_csv()
    if details:
        assert in_memory.details.tobytes() == local.details.tobytes() and np.array_equal(in_memory.confusion, local.confusion)
    if scores == "all":
        assert np.array_equal(np.asarray(in_memory.scores), np.asarray(local.scores), equal_nan=True)


def test_a_killed_worker_costs_no_byte(long, long_report, tmp_path):
    with cluster_of(2) as cluster, Client(cluster) as client:
        def kill():
            os.kill(next(iter(pids(client).values())), signal.SIGKILL)

        first, second = Once(50, kill), Once(250, kill)
        run(client, long, tmp_path / "r.csv", progress=lambda now: (first(now), second(now)))
        assert first.is_done and second.is_done
    assert (tmp_path / "r.csv").read_bytes() == long_report


def test_a_slice_that_kills_its_workers_is_named(long, tmp_path):
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), cluster_of(2) as cluster, Client(cluster) as client:
        victims = pids(client).values()

        def kill_all():  # soon after it is seen that they work: what they have been given lasts longer
            assert wait_until(lambda: busy_workers(client), 20)
            for pid in victims:
                os.kill(pid, signal.SIGKILL)

        with pytest.raises(distributed.ClusterError, match=r"the slice of rows \d+ to \d+ of the list: every worker that evaluated it died"):
            run(client, long, tmp_path / "r.csv", slice_seconds=20, progress=Once(0, kill_all))


def test_workers_that_come_and_go(long, long_report, tmp_path):
    with cluster_of(1) as cluster, Client(cluster) as client:
        more, fewer = Once(50, lambda: cluster.scale(3)), Once(300, lambda: cluster.scale(1))
        run(client, long, tmp_path / "r.csv", progress=lambda now: (more(now), fewer(now)))
        assert more.is_done and fewer.is_done
    assert (tmp_path / "r.csv").read_bytes() == long_report


def test_adaptive_clusters_begin_with_none(small, tmp_path):
    with cluster_of(0) as cluster, Client(cluster) as client:
        cluster.adapt(minimum=0, maximum=2, interval="100 ms")
        starter = client.submit(time.sleep, 0.1, pure=False)  # what asks for a worker
        run(client, small, tmp_path / "r.csv")
        del starter
    fi.run_campaign(*small, report=tmp_path / "l.csv", progress=False)
    assert (tmp_path / "r.csv").read_bytes() == (tmp_path / "l.csv").read_bytes()


def test_over_tls(small, tmp_path):
    pytest.importorskip("cryptography")
    with cluster_of(1, security=Security.temporary()) as cluster, Client(cluster) as client:
        assert cluster.scheduler_address.startswith("tls://")
        run(client, small, tmp_path / "r.csv", check=None)
    fi.run_campaign(*small, report=tmp_path / "l.csv", progress=False)
    assert (tmp_path / "r.csv").read_bytes() == (tmp_path / "l.csv").read_bytes()


def test_what_progress_raises_ends_it_here_and_there(client, long, long_report, tmp_path):
    class Enough(Exception):
        pass

    def enough(now):
        if now.rows > 0:
            raise Enough()

    with pytest.raises(Enough):
        run(client, long, tmp_path / "r.csv", slice_seconds=20.0, progress=enough)
    assert wait_until(lambda: not busy_workers(client), 20), "workers compute on"
    rows = (tmp_path / "r.csv").read_bytes()
    assert long_report.startswith(rows)  # as a rule not all: the first slice may be the last that is done
    fi.run_campaign(*long, report=tmp_path / "r.csv", progress=False, check=0)  # goes on here
    assert (tmp_path / "r.csv").read_bytes() == long_report


def test_a_report_begun_here_goes_on_there(client, long, long_report, tmp_path):
    fi.run_campaign(*long, report=tmp_path / "r.csv", progress=False, check=0)
    interrupt(tmp_path / "r.csv", 200)
    before = (tmp_path / "r.csv").read_bytes()
    assert len(before) < len(long_report)
    run(client, long, tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_bytes() == long_report
    run(client, long, tmp_path / "r.csv")  # finished already
    assert (tmp_path / "r.csv").read_bytes() == long_report


@pytest.mark.skipif(MINUTES == 0, reason="takes long: scripts/long dask")
def test_whatever_happens_to_the_workers_no_byte_is_lost(long, long_report, tmp_path):
    random = np.random.default_rng(int(time.time()))
    end, done, kills = time.monotonic() + 60 * MINUTES, 0, 0
    with dask.config.set({"distributed.scheduler.allowed-failures": 100}), cluster_of(2) as cluster, Client(cluster) as client:
        while time.monotonic() < end:
            next_at = 0.0

            def disturb(now):
                nonlocal next_at, kills
                if time.monotonic() < next_at:
                    return
                next_at = time.monotonic() + random.uniform(0.2, 4)
                what = random.integers(4)
                running = client.run(os.getpid, on_error="ignore") if what < 2 else {}
                if what < 2 and running:
                    os.kill(random.choice(list(running.values())), signal.SIGKILL)
                    kills += 1
                elif what == 2:
                    cluster.scale(int(random.integers(1, 4)))
                elif now.rows > 0:
                    raise InterruptedError()

            path, scores = tmp_path / f"r{done}.csv", ("none", "changed")[done % 2]
            while True:
                try:
                    run(client, long, path, scores=scores, slice_seconds=1.0, timeout=120, progress=disturb)
                    break
                except InterruptedError:
                    if random.integers(2):  # some rows here, as it comes
                        try:
                            fi.run_campaign(*long, report=path, scores=scores, check=0, progress=disturb)
                        except InterruptedError:
                            pass
            assert path.read_bytes() == long_report
            done += 1
    print(f"{done} campaigns, {kills} workers killed")


SCRIPT = """
    import sys
    import numpy as np
    import tf_injector as fi
    from distributed import Client
    from tf_injector import distributed

    random = np.random.default_rng(7)
    data = fi.Dataset.from_arrays(random.integers(0, 256, (60, 32, 32, 3), dtype=np.uint8), random.integers(0, 10, 60))
    model = fi.load_model(sys.argv[2])
    with Client(sys.argv[1]) as client:
        try:
            distributed.run_campaign(client, model, data, fi.FaultList.generate(model, n=600, seed=3), report=sys.argv[3], check=0,
                                     slice_seconds=20.0, timeout=60, progress=lambda now: print(now.rows, now.done, flush=True))
        except KeyboardInterrupt as interrupt:
            sys.exit("interrupted: " + str(interrupt))
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_client_that_is_stopped_leaves_no_work_behind(client, long, long_report, tmp_path, sent):
    script = tmp_path / "client.py"
    script.write_text(textwrap.dedent(SCRIPT))
    words = [sys.executable, script, client.scheduler.address, RESNET20, tmp_path / "r.csv"]
    process = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert wait_until(lambda: busy_workers(client), 20)
        process.send_signal(sent)
        assert wait_until(lambda: not busy_workers(client), 20), "workers compute on"
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    if sent == signal.SIGINT:
        assert process.returncode == 1 and "the same call goes on" in errors
    run(client, long, tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_bytes() == long_report


def test_an_estimate_is_the_local_one(client, small, tmp_path):
    model, data, _ = small
    for metric in ("critical", "due"):
        options = {"error": 0.03, "metric": metric, "by": "bit" if MINUTES else "network", "progress": False}
        here = fi.estimate(model, data, **options).to_dict()
        there = distributed.estimate(client, model, data, timeout=60, state=tmp_path / f"{metric}.state", **options).to_dict()
        for found in (here, there):
            found.pop("seconds")
        assert here == there
        again = fi.estimate(model, data, state=tmp_path / f"{metric}.state", **options).to_dict()  # the state goes on here
        again.pop("seconds")
        assert again == here


def test_model_and_data_are_brought_once(client, small):
    distributed.forget(client)
    assert not any(client.run(distributed._plugin_names).values())
    for _ in range(2):
        distributed.run_campaign(client, *small, progress=False, timeout=60)
        names = client.run(distributed._plugin_names)
        assert all(len(of_worker) == 1 for of_worker in names.values()), names
    distributed.run_campaign(client, small[0], fi.Dataset.from_arrays(small[1].x, small[1].y[::-1]), small[2], progress=False, timeout=60)
    assert all(len(of_worker) == 2 for of_worker in client.run(distributed._plugin_names).values())
    distributed.forget(client)
    assert not any(client.run(distributed._plugin_names).values())


@pytest.mark.parametrize("shared_files", [False, True])
def test_workers_store_the_weights_too(client, small, tmp_path, shared_files):
    np.savez(tmp_path / "set.npz", x=np.load(ROOT / "tests/golden/odd_channels.golden.npz")["inputs"], y=np.arange(4))
    model, data = fi.load_model(MODEL, storage="int8"), fi.Dataset.read(tmp_path / "set.npz")
    faults = fi.FaultList.generate(model, n=80)
    one = fi.run_campaign(model, data, faults, report=tmp_path / "one.csv", progress=False)
    many = run(client, (model, data, faults), tmp_path / "many.csv", shared_files=shared_files)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "many.csv").read_bytes()
    assert one.storage == many.storage == distributed.run_campaign(client, model, data, faults, progress=False).storage == "int8"


def test_workers_read_shared_files(client, small, tmp_path):
    model, data, faults = small
    np.savez(tmp_path / "set.npz", x=data.x, y=data.y)
    read = fi.Dataset.read(tmp_path / "set.npz")
    fi.run_campaign(model, read, faults, report=tmp_path / "l.csv", progress=False)
    run(client, (model, read, faults), tmp_path / "r.csv", shared_files=True)
    assert (tmp_path / "r.csv").read_bytes() == (tmp_path / "l.csv").read_bytes()
    with pytest.raises(fi.Usage, match="shared_files"):
        run(client, small, tmp_path / "other.csv", shared_files=True)
    np.savez(tmp_path / "set.npz", x=data.x, y=data.y[::-1])  # other bytes on the workers
    distributed.forget(client)
    with pytest.raises(fi.BadInput, match="another campaign"):
        run(client, (model, read, faults), tmp_path / "changed.csv", shared_files=True)


def test_a_worker_uses_the_threads_and_memory_that_dask_gave_it(small):
    with cluster_of(1, threads=3, memory_limit="2 GiB") as cluster, Client(cluster) as client:
        distributed.run_campaign(client, *small, progress=False, timeout=60)
        threads, memory = client.run(lambda dask_worker: (distributed._threads_of(dask_worker), distributed._memory_of(dask_worker))).popitem()[1]
        assert threads == 3 and 2**29 < memory < 0.7 * 2**31


def test_refusals(client, small, tmp_path):
    model, data, faults = small
    with pytest.raises(fi.Usage, match="`client`: expected a distributed.Client, found str"):
        distributed.run_campaign("tcp://nowhere", *small)
    with pytest.raises(fi.Usage, match="`timeout`: expected"):
        run(client, small, tmp_path / "r.csv", timeout=0)
    with pytest.raises(fi.Usage, match="`scores`: expected one of"):
        run(client, small, tmp_path / "r.csv", scores="some")
    with pytest.raises(fi.FaultListError, match="no_layer"):
        run(client, (model, data, [("no_layer", (0, 0, 0, 0), 3)]), tmp_path / "r.csv")
    run(client, small, tmp_path / "r.csv")
    with pytest.raises(fi.ResumeRefused):
        run(client, (model, data, faults[:3]), tmp_path / "r.csv")
    assert distributed.run_campaign(client, model, data, progress=False).golden == fi.run_campaign(model, data, progress=False).golden


def test_without_workers_it_ends_in_time(small, tmp_path):
    with cluster_of(0) as cluster, Client(cluster) as client:
        begin = time.monotonic()
        with pytest.raises(distributed.ClusterError, match="no worker for 1 s: the scheduler .* has none"):
            run(client, small, tmp_path / "r.csv", timeout=1)
        assert time.monotonic() - begin < 6


def test_workers_that_do_not_come_back(long, tmp_path):
    with cluster_of(1) as cluster, Client(cluster) as client:
        with pytest.raises(distributed.ClusterError, match="no worker for 2 s"):
            run(client, long, tmp_path / "r.csv", timeout=2, progress=Once(1, lambda: cluster.scale(0)))


def test_another_version_there_is_refused(small, tmp_path):
    with cluster_of(1) as cluster, Client(cluster) as client:
        client.run(lambda: setattr(__import__("tf_injector"), "__version__", "0.0.1"))
        with pytest.raises(distributed.ClusterError, match="found 0.0.1; install that version there"):
            run(client, small, tmp_path / "r.csv")
        client.run(lambda: __import__("sys").modules.__setitem__("tf_injector", None))
        with pytest.raises(distributed.ClusterError, match="it cannot be imported"):
            run(client, small, tmp_path / "r.csv")


def test_importing_the_package_imports_no_dask():
    code = "import sys, tf_injector; sys.exit(any(name.split('.')[0] in ('dask', 'distributed') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
