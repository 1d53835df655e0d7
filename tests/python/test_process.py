"""The package in a process of somebody else: threads, fork, spawn, signals, what importing it brings along."""
import multiprocessing
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
import small_campaign
import tf_injector as fi
from golden import golden

G = golden("odd_channels")


def csv(_=None):
    images = fi.Dataset.from_arrays(G.inputs, np.arange(len(G.inputs)))
    return fi.run_campaign(G.model, images, G.faults, progress=False).to_csv()


def python(code, *, expect=0, **options):
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, **options)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done


def test_campaigns_in_threads():
    expected, found = csv(), []
    threads = [threading.Thread(target=lambda: found.append(csv())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_one_model_and_data_set_in_threads():
    model, images = fi.load_model(G.model), fi.Dataset.from_arrays(G.inputs, np.arange(len(G.inputs)))
    found = []
    threads = [threading.Thread(target=lambda: found.append(fi.run_campaign(model, images, G.faults, progress=False).to_csv())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [csv()] * 3


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_campaigns_in_processes(method):
    expected = csv()  # threads of ours have run before the fork
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(csv, range(3)) == [expected] * 3


def test_other_threads_run_meanwhile():
    """A campaign that waits for another Python thread would never end if it kept the GIL."""
    model, images = fi.load_model(G.model), fi.Dataset.from_arrays(G.inputs, np.arange(len(G.inputs)))
    asked, answered = threading.Event(), threading.Event()
    threading.Thread(target=lambda: (asked.wait(), answered.set())).start()

    def wait(_):
        asked.set()
        assert answered.wait(60)

    fi.run_campaign(model, images, G.faults, progress=wait)
    assert answered.is_set()


def long_campaign(folder):
    """Model, data and list of a campaign that takes minutes: paths."""
    rng = np.random.default_rng(1)
    np.savez(folder / "d.npz", x=rng.integers(0, 256, (40, 32, 32, 3), np.uint8), y=np.zeros(40, int))
    model = small_campaign.ROOT / "models/CIFAR10/ResNet20.keras"
    tensors = fi.load_model(model).faultable
    faults = [(t.layer, tuple(int(rng.integers(n)) for n in t.shape), int(rng.integers(32))) for t in tensors for _ in range(1000)]
    fi.FaultList.from_faults(faults).to_csv(folder / "f.csv")
    return str(model), str(folder / "d.npz"), str(folder / "f.csv")


def wait_for_rows(child, report):
    while not (report.exists() and report.read_bytes().count(b"\n") > 3):
        assert child.poll() is None, child.communicate()
        time.sleep(0.01)


def check_stopped(report):
    lines = report.read_bytes().splitlines(keepends=True)
    assert 3 < len(lines) < 20002 and all(line.endswith(b"\r\n") for line in lines)
    assert len({line.count(b",") for line in lines[2:]}) == 1


def test_ctrl_c_ends_a_campaign_and_what_was_written_stays(tmp_path):
    model, data, faults = long_campaign(tmp_path)
    code = textwrap.dedent(f"""
        import sys, tf_injector as fi
        try:
            fi.run_campaign({model!r}, fi.Dataset.read({data!r}), {faults!r}, report={str(tmp_path / "r.csv")!r}, progress=False)
        except KeyboardInterrupt:
            sys.exit(7)
    """)
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_rows(child, tmp_path / "r.csv")
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60) == ("", "") and child.returncode == 7
    check_stopped(tmp_path / "r.csv")


READING = ["load_model(pipe)", "Dataset.read(pipe)", "FaultList.read(pipe)", "read_report(pipe)", "read_details(pipe)", "compare(pipe, pipe)"]


@pytest.mark.parametrize("call", READING)
def test_ctrl_c_is_heard_while_a_file_is_read(call, tmp_path):
    """The file is a pipe into which nothing is written: a call that went on to the end of its file would not come back."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = f"""
        import tf_injector as fi
        pipe = {str(pipe)!r}
        try:
            fi.{call}
        except KeyboardInterrupt:
            print("heard", flush=True)
    """
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = threading.Timer(100, child.kill)
    end.start()
    writer = opened_for_writing(pipe, child)
    wait_for_its_read(child)
    child.send_signal(signal.SIGINT)
    heard = child.stdout.readline()
    os.close(writer)  # what was left behind comes to its end, and the process with it
    assert (heard, *child.communicate()) == ("heard\n", "", "") and child.returncode == 0
    end.cancel()


def wait_for_its_read(child):
    """Until a thread of the child sleeps in its read of a pipe. A signal between open and read is one that CPython itself looks at only
    behind the read. At most a second, should the system not say where a thread sleeps."""
    for _ in range(100):
        if any("pipe" in place.read_text() for place in pathlib.Path(f"/proc/{child.pid}/task").glob("*/wchan")):
            return
        time.sleep(0.01)


def opened_for_writing(pipe, child):
    """As soon as the child reads it."""
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert child.poll() is None, child.communicate()
            time.sleep(0.01)


def test_handlers_of_the_caller_stay():
    python(f"""
        import signal, numpy as np, tf_injector as fi
        before = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)]
        fi.run_campaign({G.model!r}, (np.zeros((2, 11, 9, 3), np.float32), [0, 1]), {G.faults!r}, progress=False)
        assert before == [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)]
        import os
        signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError("mine")))
        def soon(_): signal.raise_signal(signal.SIGALRM)
        try:
            fi.run_campaign({G.model!r}, (np.zeros((2, 11, 9, 3), np.float32), [0, 1]), {G.faults!r}, progress=soon)
        except TimeoutError as error:
            print("raised", error)
    """)


def test_importing_brings_numpy_alone():
    done = python("""
        import sys, numpy
        before = set(sys.modules)
        import tf_injector
        print(sorted({name.split(".")[0] for name in set(sys.modules) - before}))
    """)
    assert not {"pandas", "polars", "matplotlib", "tqdm", "tensorflow", "keras", "asyncio", "multiprocessing", "urllib", "tempfile", "logging"} & set(eval(done.stdout))


def test_nothing_is_printed():
    done = python(f"""
        import numpy as np, tf_injector as fi
        fi.run_campaign({G.model!r}, (np.zeros((2, 11, 9, 3), np.float32), [0, 1]), {G.faults!r})
    """)
    assert (done.stdout, done.stderr) == ("", "") or "fault" in done.stderr  # tqdm's bar


def test_floating_point_state_of_the_caller_stays():
    """Denormal numbers are still there after a campaign, which flushes them in its own threads."""
    done = python(f"""
        import numpy as np, tf_injector as fi
        fi.run_campaign({G.model!r}, (np.zeros((2, 11, 9, 3), np.float32), [0, 1]), {G.faults!r}, progress=False, threads=1)
        print(np.float32(1e-40) * np.float32(1) != 0)
    """)
    assert done.stdout == "True\n"


def test_memory_does_not_grow():
    """Loading and a campaign in memory, again and again (10,000 times: scripts/long python-memory)."""
    times = int(os.environ.get("TFI_REPEATS", 200))
    done = python(f"""
        import numpy as np, tf_injector as fi
        def resident():
            return int(open("/proc/self/statm").read().split()[1]) * 4096
        x, y = np.zeros((2, 11, 9, 3), np.float32), [0, 1]
        def once():
            model = fi.load_model({G.model!r})
            faults = fi.FaultList.read({G.faults!r})
            report = fi.run_campaign(model, fi.Dataset.from_arrays(x, y), faults[:3], scores="all", progress=False)
            model.predict(x, faults[:2]); report.by_layer(); report.scores[0]
            try: fi.FaultList.parse("rubbish")
            except fi.FaultListError: pass
        for _ in range(50): once()
        before = resident()
        for _ in range({times}): once()
        print(resident() - before)
    """)
    assert int(done.stdout) < 4 << 20, done.stdout


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["inspect", G.model], ["inspect", "none.keras"], ["nonsense"], ["--limit", "x"], ["validate", "-f", G.faults, "--model", G.model]])
def test_command_line_is_the_programs(words, tmp_path):
    program = small_campaign.run(*words, cwd=tmp_path)
    module = subprocess.run([sys.executable, "-m", "tf_injector", *words], capture_output=True, text=True, cwd=tmp_path)
    assert (module.returncode, module.stdout, module.stderr) == (program.returncode, program.stdout, program.stderr)


def test_command_line_writes_the_programs_files(tmp_path):
    data = small_campaign.write_images(tmp_path / "d.npz")
    words = ["--model", small_campaign.MODEL, "--data", data, "-f", small_campaign.LIST, "-s", "--report"]
    program = small_campaign.run(*words, tmp_path / "a/r.csv")
    module = subprocess.run([sys.executable, "-m", "tf_injector", *map(str, words), str(tmp_path / "b/r.csv")], capture_output=True, text=True)
    assert module.returncode == program.returncode == 0, module.stderr
    a, b = small_campaign.files_of(tmp_path / "a"), small_campaign.files_of(tmp_path / "b")
    assert {n: v for n, v in a.items() if n != "r.run.json"} == {n: v for n, v in b.items() if n != "r.run.json"}
    assert module.stdout.replace(str(tmp_path / "b"), str(tmp_path / "a")) == program.stdout


def test_command_line_stops_at_a_signal(tmp_path):
    model, data, faults = long_campaign(tmp_path)
    words = ["--model", model, "--data", data, "-f", faults, "--report", str(tmp_path / "r.csv"), "-q"]
    child = subprocess.Popen([sys.executable, "-m", "tf_injector", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_rows(child, tmp_path / "r.csv")
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 75 and "the same command goes on" in err
    check_stopped(tmp_path / "r.csv")


@pytest.mark.parametrize("work", [
    "fi.run_campaign(model, images, faults, progress=False)",
    "fi.run_campaign(model, images, faults, progress=lambda _: None)",
    "fi.run_campaign(model, images, faults, progress=lambda _: time.sleep(0.05))",
    "[model.predict(images, faults) for _ in forever]",
    "[fi.run_campaign(model, images, faults[:1], progress=False) for _ in forever]",
    "[fi.load_model(path) for _ in forever]",
    "[faults[:] for _ in forever]",
])
def test_a_process_may_end_while_a_daemon_thread_works(work):
    """The thread is in our code when the interpreter ends: without a word, and no abort."""
    path = str(small_campaign.ROOT / "models/CIFAR10/ResNet20.keras")
    done = python(f"""
        import itertools, threading, time, numpy as np, tf_injector as fi
        path, forever = {path!r}, itertools.repeat(0)
        model = fi.load_model(path)
        images = fi.Dataset.from_arrays(np.zeros((20, 32, 32, 3), np.uint8), np.zeros(20, int))
        faults = fi.FaultList.generate(model, n=5000)
        works = threading.Event()
        def work(): works.set(); {work}
        threading.Thread(target=work, daemon=True).start()
        works.wait(); time.sleep(0.2)
    """)
    assert (done.stdout, done.stderr) == ("", "")


def test_work_of_the_parent_is_not_waited_for_after_a_fork():
    python(f"""
        import os, sys, threading, numpy as np, tf_injector as fi
        def fork(_):
            child = os.fork()
            if child == 0:
                threading.Thread(target=sys.exit).start()
                import atexit; atexit._run_exitfuncs(); os._exit(3)
            assert os.waitpid(child, 0)[1] >> 8 == 3
        images = fi.Dataset.from_arrays(np.zeros((2, 11, 9, 3), np.float32), [0, 1])
        fi.run_campaign({G.model!r}, images, {G.faults!r}, progress=fork)
    """, timeout=120)


def test_a_process_that_may_not_have_more_threads():
    done = python(f"""
        import os, resource, numpy as np, tf_injector as fi
        images = fi.Dataset.from_arrays(np.zeros((2, 11, 9, 3), np.float32), [0, 1])
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        if os.getuid() == 0:
            os.setuid(65534)
        try:
            fi.run_campaign({G.model!r}, images, {G.faults!r}, progress=False)
        except fi.OutOfMemory as error:
            print(error)
    """)
    assert done.stdout.startswith("cannot start a thread") or done.stdout == ""


@pytest.mark.parametrize("name", [b"net.keras", "n\u00e9t.keras".encode(), b"n\xe9t.keras", b"none\xff.keras"])
@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}], ids=["usual", "ascii"])
def test_words_of_the_command_line_are_bytes(name, locale, tmp_path):
    if not name.startswith(b"none"):
        shutil.copy(os.fsencode(G.model), os.fsencode(tmp_path) + b"/" + name)
    called = [subprocess.run([*program, b"inspect", name], capture_output=True, cwd=tmp_path, env=os.environ | locale)
              for program in ([small_campaign.PROGRAM], [sys.executable, "-m", "tf_injector"])]
    assert (called[0].returncode, called[0].stdout, called[0].stderr) == (called[1].returncode, called[1].stdout, called[1].stderr)


@pytest.mark.parametrize("output", [">/dev/full", ">&-", "| true"])
def test_a_check_that_cannot_be_printed(output):
    command = f'{{ sleep 0.3; "{sys.executable}" -m tf_injector check "{G.model}"; echo $? >&2; }} {output}'
    done = subprocess.run(["bash", "-c", command.replace("; echo", f" {output}; echo") if output != "| true" else command], capture_output=True, text=True)
    assert done.stderr.splitlines() == ["error: standard output could not be written; not all results were printed", "4"]


def test_a_bar_that_cannot_be_drawn_is_left_out():
    python(f"""
        import io, sys, numpy as np, tf_injector as fi
        class Broken(io.StringIO):
            def write(self, text): raise BrokenPipeError(32, "gone")
            def isatty(self): return True
        def run(): assert len(fi.run_campaign({G.model!r}, (np.zeros((2, 11, 9, 3), np.float32), [0, 1]), {G.faults!r})) == 20
        usual, sys.stderr = sys.stderr, Broken()
        run()
        sys.modules["tqdm"] = sys.modules["tqdm.auto"] = None
        run()
        sys.stderr = usual
    """)
