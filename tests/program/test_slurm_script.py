"""The job script that `slurm` prints: what bash makes of it is what was typed, shellcheck has nothing to say, and its signals. Beside it,
scripts/test-slurm runs it on a real Slurm."""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

import pytest
from small_campaign import BAD_INPUT, DONE, LIST, MODEL, PROGRAM, USAGE, campaign_in, files_of, run

INTERRUPTED = 75
PIECES = ["a", "B7", " ", "'", '"', "\\", "$", "`", "$(x)", "${y}", "!", "*", "?", "~", "#", "&", ";", "|", "<", ">", "(", ")", "[", "]", "{", "}", "\n", "\t", "%s", "=", ",", "-", "--",
          "-f", "--mem", "\\n", "é", "\U0001f600", "\udcff"]
TEXT_FLAGS = ["--model", "--data", "-f", "--output", "--fault-list", "--output-path", "-o", "-n"]


def text(rng):
    value = "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 8)))
    return value if value.strip("-/ \n\t") and "/" not in value else value + "x"


def script_of(tmp_path, *words, program=PROGRAM, cwd=None):
    done = subprocess.run([program, "slurm", *words], capture_output=True, stdin=subprocess.DEVNULL, cwd=cwd or tmp_path, check=False)
    assert done.returncode == DONE, done.stderr
    path = tmp_path / "job.sh"
    path.write_bytes(done.stdout)
    return path


def listing_program(path):
    """A program that writes its words, each ended by NUL, into the file `said` of its folder."""
    path.unlink(missing_ok=True)
    path.write_text('#!/bin/bash\nprintf "%s\\0" "$@" >"$(dirname "$0")/said"\npwd >"$(dirname "$0")/where"\n')
    path.chmod(0o755)


@pytest.mark.parametrize("seed", range(int(os.environ.get("TFI_SEED", 0)), int(os.environ.get("TFI_SEED", 0)) + 60))
def test_bash_reads_what_was_typed(seed, tmp_path):
    """Random flags with random values, in all forms that the command line knows, the own flags of slurm between them."""
    rng = random.Random(seed)
    folder = tmp_path / (text(rng).replace("/", "") + "d")
    folder.mkdir()
    program = folder / "tf_injector"
    program.symlink_to(PROGRAM)
    report, details = "r" + text(rng).replace("/", "").replace(".", "") + ".csv", "d" + text(rng).replace("/", "")
    kept = [["--model", "m" + text(rng)], ["--data", "d" + text(rng)], ["-f", "l" + text(rng)]]
    for flag in rng.sample(TEXT_FLAGS, 3):
        value = "v" + text(rng).replace("/", "")
        kept.append([flag, value] if not flag.startswith("--") else rng.choice([[flag, value], [f"{flag}={value}"]]))
    kept += rng.sample([["-s"], ["-su"], ["-sb", "7"], ["-b9"], ["--limit", "5"], ["-q"], ["--kernels=scalar"], ["--mean", "1,2,3", "--std", "4,5,6"]], 3)
    own = [["--array-size", "5"], ["--time=1:30:00"], ["--partition", "p"], ["--sbatch", "qos=long"], [f"--report={report}"]]
    with_details = rng.random() < 0.5
    if with_details:
        own.append(["--details", details])
    both = [(words, True) for words in kept] + [(words, False) for words in own]
    rng.shuffle(both)
    script = script_of(tmp_path, *(word for words, _ in both for word in words), program=program, cwd=folder)
    listing_program(program)
    stem = report[: -len(".csv")]
    subprocess.run(["bash", script], env={**os.environ, "SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_JOB_ID": "77"}, cwd="/", check=True)
    expected = ["run", *(word for words, keep in both if keep for word in words), "--shard", "3/5", "--report", f"{stem}.shards/3-of-5.csv",
                "--status", f"{stem}.shards/3-of-5.status.json", *(["--details", f"{stem}.shards/3-of-5.details.csv"] if with_details else [])]
    assert (folder / "said").read_bytes() == b"".join(os.fsencode(word) + b"\0" for word in expected)
    assert (folder / "where").read_bytes() == os.fsencode(str(folder)) + b"\n"
    subprocess.run(["bash", script, "merge"], cwd="/", check=True)
    expected = ["merge", "-o", report, *(["--details", details] if with_details else []), *(f"{stem}.shards/{i}-of-5.csv" for i in range(5))]
    assert (folder / "said").read_bytes() == b"".join(os.fsencode(word) + b"\0" for word in expected)


NAMES = ["net", "a b", "$(x) `y` $z", "it's \"so\"", "back\\slash", "~/x", "two\nlines", "*?[a]{1,2}"]


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_shellcheck_has_nothing_to_say(name, tmp_path):
    script = script_of(tmp_path, "--model", f"{name}.keras", "--data", f"./{name}", f"-f{name}", f"--report={name}.csv", f"--details={name}",
                       "--mean", "1,2,3", "--std=1,2,3", "--array-size", "8", "--time", "90")
    done = subprocess.run(["shellcheck", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_slurm_is_asked_for(tmp_path):
    words = ["--model", "m", "--data", "d", "-f", "l", "--report", "r.csv", "--array-size", "8"]
    lines = script_of(tmp_path, *words, "--time", "1-2", "--parallel", "3", "--partition", "batch", "--account=me", "--threads", "4", "--memory", "1.5G", "--job-name", "n",
                      "--sbatch", "qos=long", "--sbatch=nice").read_text().splitlines()
    assert lines[0] == "#!/bin/bash"
    options = [line.split(" ", 1)[1] for line in lines[1:] if line.startswith("#SBATCH ")]
    assert options == ["--job-name=n", "--array=0-7%3", "--time=1-2", "--cpus-per-task=4", "--mem=1536M", "--requeue", "--open-mode=append", "--signal=B:USR1@60",
                       "--partition=batch", "--account=me", "--qos=long", "--nice"]
    assert lines[1].startswith("#SBATCH ") and not any(line.startswith("#SBATCH") for line in lines[1 + len(options):])


@pytest.mark.parametrize("time_limit, before", [("1", 10), ("2", 20), ("0:30", 10), ("5:00", 50), ("1:00:00", 60), ("0-0:3", 30)])
def test_the_signal_comes_before_the_limit(time_limit, before, tmp_path):
    """Also where that is a minute: USR1 must leave time for some work, and come early enough."""
    script = script_of(tmp_path, "--model", "m", "--data", "d", "-f", "l", "--report", "r.csv", "--array-size", "2", "--time", time_limit)
    assert f"#SBATCH --signal=B:USR1@{before}\n" in script.read_text()


def test_the_limit_is_estimated(tmp_path):
    """Of a campaign that takes no time: the five minutes that a task has for the rest, rounded up."""
    words = [str(word) for word in campaign_in(tmp_path)]
    assert "#SBATCH --time=6\n" in script_of(tmp_path, *words, "--report", "r.csv", "--array-size", "2").read_text()
    assert not (tmp_path / "r.csv").exists() and not (tmp_path / "r.shards").exists()


@pytest.mark.parametrize("words, said", [
    ([], "--report"), (["--report", "r.csv"], "--array-size"), (["--array-size", "0"], "--array-size"), (["--shard", "0/2"], "--shard"), (["--status", "s"], "--status"),
    (["--overwrite"], "--overwrite"), (["--dry-run"], "--dry-run"), (["--time", "x"], "--time"), (["--time", "0"], "--time"), (["--time", "1:2:3:4"], "--time"),
    (["--partition", "a b"], "--partition"), (["--account", "a\nb"], "--account"), (["--sbatch", "--qos=x"], "--sbatch"), (["--sbatch="], "--sbatch"), (["--sbatch=x='"], "--sbatch"), (["--mem", "$x"], "--mem"),
    (["--job-name", "#"], "--job-name"), (["--arraysize", "3"], "--array-size")])
def test_what_is_refused(words, said, tmp_path):
    if words and words[0] != "--report":
        words = ["--report", "r.csv", *([] if "--array-size" in words else ["--array-size", "2"]), *words]
    elif not words:
        words = ["--array-size", "2"]
    done = run("slurm", "--model", MODEL, "--data", tmp_path, "-f", LIST, *words, cwd=tmp_path)
    assert done.returncode == USAGE and said in done.stderr and done.stdout == "", done.stderr
    assert done.stderr.count("\n") == 2


def test_wrong_inputs_are_known_before_anything_is_submitted(tmp_path):
    words = campaign_in(tmp_path)
    (tmp_path / "wrong.csv").write_text("nonsense\n")
    done = run("slurm", *words, "-f", tmp_path / "wrong.csv", "--report", "r.csv", "--array-size", "2", cwd=tmp_path)
    assert done.returncode == BAD_INPUT and done.stdout == ""


class Task:
    """A task without a Slurm: a program that takes what time it likes, and a scontrol that notes what it is asked."""

    def __init__(self, folder, program, restarts="0"):
        self.folder = folder
        (folder / "bin").mkdir()
        tool = folder / "bin/tf_injector"
        tool.symlink_to(PROGRAM)
        script = script_of(folder, "--model", "m", "--data", "d", "-f", "l", "--report", "r.csv", "--array-size", "5", "--time", "90", "--restarts", "3", program=tool)
        tool.unlink()
        tool.write_text("#!/bin/bash\n" + program)
        tool.chmod(0o755)
        scontrol = folder / "bin/scontrol"
        scontrol.write_text(f'#!/bin/bash\necho "$@" >>{folder}/asked\n')
        scontrol.chmod(0o755)
        (folder / "bin/sleep").write_text("#!/bin/bash\n")  # until Slurm ends the task
        (folder / "bin/sleep").chmod(0o755)
        self.shell = subprocess.Popen(["bash", script], start_new_session=True, stderr=subprocess.PIPE, text=True, cwd=folder,
                                      env={**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_JOB_ID": "77", "SLURM_RESTART_COUNT": restarts})

    def wait_for(self, name):
        end = time.monotonic() + 60
        while not (self.folder / name).exists():
            assert time.monotonic() < end and self.shell.poll() is None, name
            time.sleep(0.01)

    def end(self):
        self.err = self.shell.communicate(timeout=60)[1]
        asked = self.folder / "asked"
        return self.shell.returncode, asked.read_text() if asked.exists() else ""


# Counts SIGTERM; ends with 75 a while after the first, as a run does.
STOPPABLE = """count=0
trap 'count=$((count + 1)); echo "$count" >terms' TERM
: >begun
until [ "$count" -gt 0 ]; do read -rt 0.05 <> <(:); done
read -rt 0.3 <> <(:)
exit 75
"""


def test_near_the_time_limit(tmp_path):
    """USR1 to the shell alone: the program gets one SIGTERM, and the task is queued again."""
    task = Task(tmp_path, STOPPABLE)
    task.wait_for("begun")
    task.shell.send_signal(signal.SIGUSR1)
    assert task.end() == (INTERRUPTED, "requeue 77_3\n")
    assert (tmp_path / "terms").read_text() == "1\n"


def test_scancel(tmp_path):
    """TERM to all: the program gets it once, the shell waits for it, and nothing is queued again."""
    task = Task(tmp_path, STOPPABLE)
    task.wait_for("begun")
    os.killpg(task.shell.pid, signal.SIGTERM)
    assert task.end() == (INTERRUPTED, "")
    assert (tmp_path / "terms").read_text() == "1\n"


@pytest.mark.parametrize("code", [0, 1, 3, 4, 6, 75, 137])
def test_its_exit_code_is_the_programs(code, tmp_path):
    assert Task(tmp_path, f"exit {code}\n").end() == (code, "")


def test_at_the_last_restart(tmp_path):
    task = Task(tmp_path, STOPPABLE, restarts="3")
    task.wait_for("begun")
    task.shell.send_signal(signal.SIGUSR1)
    assert task.end() == (INTERRUPTED, "") and "for the last time" in task.err


def test_after_the_last_restart(tmp_path):
    task = Task(tmp_path, ": >begun\n", restarts="4")
    assert task.end() == (1, "") and "restarted 4 times" in task.err
    assert not (tmp_path / "begun").exists()


def test_whole_without_a_slurm(tmp_path):
    """The tasks one by one, and the merge: the files of one process."""
    words = [str(word) for word in campaign_in(tmp_path)]
    one = tmp_path / "one"
    one.mkdir()
    assert run(*words, "--report", one / "r.csv", "--details", one / "d.csv", "-s").returncode == DONE
    many = tmp_path / "many"
    many.mkdir()
    script = script_of(tmp_path, *words, "--report", "r.csv", "--details", "d.csv", "-s", "--array-size", "7", "--time", "9", cwd=many)
    for task in range(7):
        subprocess.run(["bash", script], env={**os.environ, "SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_JOB_ID": "77"}, check=True, capture_output=True)
    subprocess.run(["bash", script, "merge"], check=True, capture_output=True)
    shutil.rmtree(many / "r.shards")
    different = {"r.run.json"}
    assert {path: content for path, content in files_of(many).items() if path not in different} == {path: content for path, content in files_of(one).items() if path not in different}


def test_the_script_is_submitted_by_its_own_name(tmp_path):
    """`bash FILE OPTIONS`: two calls of sbatch; from a pipe it has no name."""
    (tmp_path / "bin").mkdir()
    sbatch = tmp_path / "bin/sbatch"
    sbatch.write_text(f'#!/bin/bash\nprintf "%s\\n" "$*" >>{tmp_path}/asked\necho "4$(wc -l <{tmp_path}/asked);cluster"\n')
    sbatch.chmod(0o755)
    script = script_of(tmp_path, "--model", "m", "--data", "d", "-f", "l", "--report", "r.csv", "--array-size", "5", "--time", "90")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SLURM_")} | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "job.sh", "--nice=5"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "asked").read_text().splitlines() == [
        f"--parsable --nice=5 -- {script}", f"--parsable --nice=5 --array=0 --cpus-per-task=1 --dependency=afterok:41 --kill-on-invalid-dep=yes -- {script} merge"]
    assert f"to merge by hand: bash {script} merge" in done.stderr
    with open(script) as piped:
        done = subprocess.run(["bash"], stdin=piped, cwd=pathlib.Path("/"), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "save this script into a file" in done.stderr
