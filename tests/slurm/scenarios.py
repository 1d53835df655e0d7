"""Campaigns on a Slurm of this machine: `python -m slurm.scenarios [SCENARIO...]`; see scripts/test-slurm. Whatever happens to the tasks, the
report, scores and details that are merged in the end are those of one process, byte for byte."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np
from slurm.cluster import Cluster, ask, facts, jobs
from small_campaign import LIST, MODEL, PROGRAM, ROOT, write_images

PREEMPTIONS = 20


class Campaign:
    """In a folder of its own: the job script that `run` with these words makes, and what one process gives. The files that `words` name are there."""

    def __init__(self, folder, cluster, tasks, words, *flags):
        self.cluster, self.tasks, self.folder = cluster, tasks, folder
        one = folder / "one"
        one.mkdir()
        ask(PROGRAM, *words, "--report", "one/net.csv", "--details", "one/details.csv", cwd=folder)
        self.expected = digest(one / "net.csv", one / "details.csv")
        shutil.rmtree(one)
        script = ask(PROGRAM, "slurm", *words, "--report", "net.csv", "--details", "details.csv", "--array-size", tasks, *flags, cwd=folder)
        (folder / "job.sh").write_text(script + "\n")
        self.array = self.join = None

    def submit(self, *options):
        done = subprocess.run(["bash", "job.sh", *options], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        self.array, self.join = (re.search(rf"^{name} job (\d+):", done.stderr, re.M)[1] for name in ("array", "merge"))

    def states(self):
        return {task: facts(f"{self.array}_{task}") for task in range(self.tasks)}

    def status(self, task):
        path = self.folder / f"net.shards/{task}-of-{self.tasks}.status.json"
        return json.loads(path.read_text()) if path.exists() else None

    def at_work(self, task, more_than=-1):
        """Whether the task runs and has done more faults than that; then how many."""
        if jobs().get(f"{self.array}_{task}") != "RUNNING":
            return None
        status = self.status(task)
        return status if status and status["state"] == "running" and status["faults_done"] > more_than else None

    def wait_for_work(self, task=0, more_than=-1):
        return self.cluster.wait(lambda: self.at_work(task, more_than), f"task {task} is not at work", 180)

    def wait_until_done(self, seconds=600):
        """All tasks are done, and the merge."""
        self.cluster.wait(lambda: not any(job.split("_")[0] in (self.array, self.join) for job in jobs()), f"tasks are not done: {jobs()}", seconds)

    def logs(self):
        return "".join(f"--- {path.name}\n{path.read_text()[-2000:]}" for path in sorted(self.folder.glob("slurm-*.out")))

    def check(self, restarts=0):
        """Every task and the merge are done and right; at least so many restarts in all. Returns how many."""
        states = self.states()
        assert all(state["JobState"] == "COMPLETED" for state in states.values()), (states, self.logs())
        assert facts(f"{self.join}_0")["JobState"] == "COMPLETED", (facts(f"{self.join}_0"), self.logs())
        self.check_bytes()
        count = sum(int(state["Restarts"]) for state in states.values())
        assert count >= restarts, f"{count} restarts, expected at least {restarts}"
        for task in range(self.tasks):
            status = self.status(task)
            assert status["state"] == "finished" and status["shard"] == f"{task}/{self.tasks}", status
        return f"{self.tasks} tasks, {count} restarts"

    def check_bytes(self):
        found = digest(self.folder / "net.csv", self.folder / "details.csv")
        assert found == self.expected, (f"SHA-256 {found}, of one process {self.expected}", self.logs())


def slow_campaign(folder, cluster, seconds, tasks, *flags):
    """A task takes about so many seconds, with the slow kernels."""
    folder.mkdir(parents=True)
    write_inputs(folder, int(cluster.faults_per_second * seconds * tasks))
    words = ["--model", "net.keras", "--data", "test.npz", "-f", "faults.csv", "--scores", "changed", "-q"]
    return Campaign(folder, cluster, tasks, words, "--kernels", "scalar", *flags)


def write_inputs(folder, faults):
    with np.load(write_images(folder / "few.npz")) as few:
        np.savez(folder / "test.npz", x=np.tile(few["x"], (50, 1, 1, 1)), y=np.tile(few["y"], 50))
    shutil.copy(MODEL, folder / "net.keras")
    header, *lines = LIST.read_text().splitlines()
    rows = [line.split(",", 1)[1] for line in lines]
    (folder / "faults.csv").write_text("\n".join([header, *(f"{i},{rows[i * 7 % len(rows)]}" for i in range(faults))]) + "\n")


def faults_per_second(folder):
    """Of one thread of this machine with the slow kernels, as busy as it is."""
    folder.mkdir()
    write_inputs(folder, 200)
    words = ["--model", "net.keras", "--data", "test.npz", "-f", "faults.csv", "--threads", "1", "--kernels", "scalar", "--report", "r.csv", "--status", "s.json"]
    ask(PROGRAM, *words, cwd=folder)
    return json.loads((folder / "s.json").read_text())["faults_per_second"]


def digest(report, details):
    """One SHA-256 of the report, its details and the names and bytes of its scores."""
    total = hashlib.sha256()
    for path in [report, details, *sorted(report.with_suffix("").iterdir())]:
        content = path.read_bytes()
        name = "scores/" + path.name if path.parent != report.parent else path.name
        total.update(f"{name} {len(content)}\n".encode() + content)
    return total.hexdigest()


def array(cluster, folder):
    """8 tasks and the merge"""
    campaign = slow_campaign(folder / "odd $name 'of' a folder", cluster, 1, 8)
    campaign.submit()
    campaign.wait_until_done()
    return campaign.check()


def signal_usr1(cluster, folder):
    """scancel --signal=USR1 --batch: queued again"""
    campaign = slow_campaign(folder / "usr1", cluster, 12, 2)
    campaign.submit()
    campaign.wait_for_work()
    ask("scancel", "--signal=USR1", "--batch", f"{campaign.array}_0")
    campaign.wait_until_done()
    return campaign.check(restarts=1)


def signal_term(cluster, folder):
    """scancel --signal=TERM --full: the task fails with 75, the merge goes; the same task again, merged by hand"""
    campaign = slow_campaign(folder / "term", cluster, 12, 2)
    campaign.submit()
    campaign.wait_for_work()
    ask("scancel", "--signal=TERM", "--full", f"{campaign.array}_0")
    campaign.wait_until_done()
    state = facts(f"{campaign.array}_0")
    assert (state["JobState"], state["ExitCode"], state["Restarts"]) == ("FAILED", "75:0", "0"), state
    assert facts(f"{campaign.join}_0")["JobState"] == "CANCELLED"
    return again_by_hand(campaign, 0)


def again_by_hand(campaign, tasks):
    campaign.array = ask("sbatch", "--parsable", f"--array={tasks}", "job.sh", cwd=campaign.folder)
    campaign.wait_until_done()
    ask("bash", "job.sh", "merge", cwd=campaign.folder)
    campaign.check_bytes()
    return f"{campaign.tasks} tasks, {tasks} again, merged by hand"


def requeue(cluster, folder):
    """scontrol requeue of both tasks"""
    campaign = slow_campaign(folder / "requeue", cluster, 12, 2)
    campaign.submit()
    for task in range(2):
        campaign.wait_for_work(task)
        ask("scontrol", "requeue", f"{campaign.array}_{task}")
    campaign.wait_until_done()
    return campaign.check(restarts=2)


def time_limit(cluster, folder):
    """a limit of one minute, work of more"""
    campaign = slow_campaign(folder / "limit", cluster, 100, 2, "--time", "1")
    campaign.submit()
    campaign.wait_until_done(900)
    return campaign.check(restarts=2)


def restarts(cluster, folder):
    """the same with --restarts 1: it gives up, says so, and the merge goes"""
    campaign = slow_campaign(folder / "restarts", cluster, 60, 1, "--restarts", "1")
    campaign.submit()
    for _ in range(2):
        before = int(facts(f"{campaign.array}_0")["Restarts"])
        campaign.wait_for_work()
        ask("scancel", "--signal=USR1", "--batch", f"{campaign.array}_0")
        if before == 0:
            cluster.wait(lambda: facts(f"{campaign.array}_0")["Restarts"] == "1", "no restart", 60)
    campaign.wait_until_done()
    state = facts(f"{campaign.array}_0")
    assert (state["JobState"], state["ExitCode"], state["Restarts"]) == ("FAILED", "75:0", "1"), state
    assert facts(f"{campaign.join}_0")["JobState"] == "CANCELLED"
    assert "for the last time" in campaign.logs()
    return "1 restart, then FAILED 75:0"


def preemption(cluster, folder):
    """20 preemptions by urgent jobs"""
    campaign = slow_campaign(folder / "preemption", cluster, 120, 2)
    campaign.submit()
    for count in range(PREEMPTIONS):
        cluster.wait(lambda: campaign.at_work(0) or campaign.at_work(1), f"no task is at work after {count} preemptions", 120)
        time.sleep(1)
        urgent = ask("sbatch", "--parsable", "--partition=urgent", f"--cpus-per-task={cluster.cpus}", "--mem=100", "--output=/dev/null", "--wrap=sleep 1")
        cluster.wait(lambda job=urgent: facts(job)["JobState"] == "COMPLETED", "the urgent job is not done", 120)
    preempted = sum(int(state["Restarts"]) for state in campaign.states().values())
    campaign.wait_until_done(900)
    assert preempted >= PREEMPTIONS, f"only {preempted} restarts: the campaign was too short"
    return campaign.check(restarts=PREEMPTIONS)


def drain(cluster, folder):
    """a node drained (what runs goes on, what waits does not begin) and resumed; down (queued again) and resumed"""
    campaign = slow_campaign(folder / "drain", cluster, 10, 2 * cluster.cpus)
    campaign.submit()
    campaign.wait_for_work()
    ask("scontrol", "update", "nodename=localhost", "state=drain", "reason=test")
    cluster.wait(lambda: "RUNNING" not in jobs().values(), "the drained node still works", 180)
    assert "COMPLETED" in [state["JobState"] for state in campaign.states().values()] and "PENDING" in jobs().values()
    ask("scontrol", "update", "nodename=localhost", "state=resume", check=False)  # it may be back already (ReturnToService)
    last = cluster.cpus
    campaign.wait_for_work(last)
    ask("scontrol", "update", "nodename=localhost", "state=down", "reason=test")
    cluster.wait(lambda: "RUNNING" not in jobs().values(), "the node that is down still works", 60)
    ask("scontrol", "update", "nodename=localhost", "state=resume", check=False)  # it may be back already (ReturnToService)
    campaign.wait_until_done()
    return campaign.check(restarts=1)


def cancel(cluster, folder):
    """plain scancel stays one: nothing is queued again, the merge goes; submitted again, it goes on"""
    campaign = slow_campaign(folder / "cancel", cluster, 12, 2)
    campaign.submit()
    done = campaign.wait_for_work()["faults_done"]
    ask("scancel", campaign.array)
    campaign.wait_until_done(60)
    time.sleep(5)
    assert campaign.array not in {job.split("_")[0] for job in jobs()}
    for state in campaign.states().values():
        assert state["JobState"] == "CANCELLED" and state["Restarts"] == "0", state
    assert facts(f"{campaign.join}_0")["JobState"] == "CANCELLED"
    assert campaign.status(0)["state"] == "interrupted"
    assert not (campaign.folder / "net.csv").exists()
    campaign.submit()
    campaign.wait_until_done()
    return campaign.check() + f", cancelled at {done} faults"


def wrong(cluster, folder):
    """a task that fails: the merge goes, and nothing is merged by hand either"""
    campaign = slow_campaign(folder / "wrong", cluster, 1, 2)
    (campaign.folder / "faults.csv").write_text("nonsense\n")
    campaign.submit()
    campaign.wait_until_done()
    assert facts(f"{campaign.array}_0")["ExitCode"] == "3:0" and facts(f"{campaign.join}_0")["JobState"] == "CANCELLED"
    done = subprocess.run(["bash", "job.sh", "merge"], cwd=campaign.folder, capture_output=True, text=True, check=False)
    assert done.returncode in (3, 6), done
    return "FAILED 3:0, merge refused"


def howto(cluster, folder):
    """every command of docs/howto-slurm.md"""
    campaign = slow_campaign(folder / "howto", cluster, 3, 4)
    (campaign.folder / "job.sh").unlink()
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs/howto-slurm.md").read_text(), re.M | re.S)
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "tf_injector").symlink_to(PROGRAM)
    environment = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"}
    for block in blocks:
        done = subprocess.run(["bash", "-ec", block], cwd=campaign.folder, env=environment, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, f"{block}{done.stdout}{done.stderr}"
    campaign.check_bytes()
    return f"{len(blocks)} blocks of commands"


SCENARIOS = [array, howto, wrong, cancel, signal_usr1, signal_term, requeue, restarts, drain, time_limit, preemption]


def end_by_interrupt():
    """Signals become KeyboardInterrupt, also where a shell ignores them: the cluster goes first."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def main(words):
    keep = "--keep" in words
    chosen = [word for word in words if word != "--keep"]
    if {"--list", "--help", "-h"} & set(chosen):
        for scenario in SCENARIOS:
            print(f"{scenario.__name__:14}{scenario.__doc__}")
        return 0
    names = [scenario.__name__ for scenario in SCENARIOS]
    if unknown := [word for word in chosen if word not in names]:
        print(f"error: '{unknown[0]}' is no scenario; there are {', '.join(names)}", file=sys.stderr)
        return 2
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tfi-slurm-"))
    folder.chmod(0o755)
    failed = 0
    end_by_interrupt()
    try:
        with Cluster(folder) as cluster:
            cluster.faults_per_second = faults_per_second(folder / "speed")
            print(f"{ask('sinfo', '--version')}, a node of {cluster.cpus} processors, {cluster.faults_per_second:.0f} faults a second", flush=True)
            for scenario in SCENARIOS:
                if chosen and scenario.__name__ not in chosen:
                    continue
                begin = time.monotonic()
                try:
                    result, word = scenario(cluster, folder / "campaigns" / scenario.__name__), "passed"
                except Exception as error:  # the next ones are tried as well
                    result, word = f"{type(error).__name__}: {error}", "FAILED"
                    failed += 1
                    subprocess.run(["scontrol", "update", "nodename=localhost", "state=resume"], capture_output=True, check=False)
                    subprocess.run(["scancel", "--user", "root"], check=False)
                print(f"{word}  {scenario.__name__:12} {time.monotonic() - begin:5.0f} s  {scenario.__doc__}: {result}", flush=True)
    finally:
        if keep or failed:
            print(f"logs and campaigns are in {folder}")
        else:
            shutil.rmtree(folder)
    ran = len(chosen or SCENARIOS)
    print(f"{failed} of {ran} scenarios failed" if failed else f"all {ran} scenarios passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
