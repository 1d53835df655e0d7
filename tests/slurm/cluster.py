"""A Slurm of one node on this machine, on the loopback interface: started, asked, taken down."""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

CONFIGURATION = """\
ClusterName=tfi
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmctldPort={port}
SlurmdPort={node_port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
CredType=cred/munge
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
MpiDefault=none
ReturnToService=2
KillWait=10
MinJobAge=3600
NodeName=localhost NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} Sockets=1 CoresPerSocket={cpus} ThreadsPerCore=1 RealMemory={memory}
PartitionName=batch Nodes=localhost Default=YES MaxTime=60 DefMemPerCPU=500 PriorityTier=1 PreemptMode=REQUEUE
PartitionName=urgent Nodes=localhost MaxTime=60 DefMemPerCPU=500 PriorityTier=10 PreemptMode=OFF
"""


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


class Cluster:
    """Within `with`: SLURM_CONF names it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.cpus = min(os.cpu_count(), 2)
        self.processes = []

    def __enter__(self):
        try:
            self.start_munge()
            memory = 2000
            (self.folder / "slurm.conf").write_text(CONFIGURATION.format(port=free_port(), node_port=free_port(), folder=self.folder, cpus=self.cpus, memory=memory,
                                                                         host=socket.gethostname().split(".")[0]))
            for name in ("state", "spool"):
                (self.folder / name).mkdir()
            os.environ["SLURM_CONF"] = str(self.folder / "slurm.conf")
            self.start("slurmctld", "-D")
            self.start("slurmd", "-D", "-N", "localhost")
            self.wait(lambda: ask("sinfo", "-h", "-n", "localhost", "-p", "batch", "-o", "%t") == "idle", "the node is not idle", 60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def start_munge(self):
        munge = self.folder / "munge"
        munge.mkdir(mode=0o755)
        keys = self.folder / "keys"
        keys.mkdir(mode=0o700)
        (keys / "munge.key").write_bytes(os.urandom(1024))
        (keys / "munge.key").chmod(0o400)
        user = pwd.getpwnam("munge")
        for path in (munge, keys, keys / "munge.key"):
            os.chown(path, user.pw_uid, user.pw_gid)
        self.start("munged", "--foreground", f"--key-file={keys}/munge.key", f"--socket={munge}/socket", f"--pid-file={munge}/pid", f"--log-file={munge}/log",
                   f"--seed-file={munge}/seed", user="munge")
        self.wait((munge / "socket").exists, "munged has no socket", 30)

    def start(self, *words, user=None):
        log = open(self.folder / f"{words[0]}.out", "ab")
        program = shutil.which(words[0], path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        self.processes.append(subprocess.Popen([program, *words[1:]], stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=user, start_new_session=True, extra_groups=[] if user else None))
        log.close()

    def wait(self, what, otherwise, seconds):
        """For `what()` to be true, which it returns."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if answer := what():
                return answer
            for process in self.processes:
                if process.poll() is not None:
                    raise AssertionError(f"{process.args[0]} ended ({process.returncode}); its log is in {self.folder}")
            time.sleep(0.2)
        raise AssertionError(f"{otherwise} after {seconds} s")

    def __exit__(self, *_):
        subprocess.run(["scancel", "--quiet", "--user", "root"], check=False, capture_output=True)
        end = time.monotonic() + 20
        while "SLURM_CONF" in os.environ and jobs() and time.monotonic() < end:
            time.sleep(0.5)
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        os.environ.pop("SLURM_CONF", None)


def ask(*words, check=True, **options):
    """What a command prints, without the last line end."""
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def jobs(*more):
    """{"7_0": state} of the jobs that are not done."""
    lines = ask("squeue", "-h", "-r", "-o", "%i %T", *more, check=False).splitlines()
    return dict(line.split() for line in lines)


def facts(job):
    """What scontrol knows of a job or a task: {"JobState": "RUNNING", ...}"""
    return dict(word.split("=", 1) for word in ask("scontrol", "-o", "show", "job", job).split() if "=" in word)
