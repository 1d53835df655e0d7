"""A copy of the tree with a build of its own, in which mutants are built and tested one after the other."""
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import threading
import time

from scope import STAGES

COMPILER_SAYS = re.compile(r"\berror:|undefined reference|collect2|ld returned")
MEMORY = 8 << 30  # bytes of address space: a mutant that wants more is killed
LEAST_SECONDS, WALL_SECONDS = 8, 600


def bounded(command, folder, environment, cpu_seconds):
    """(exit code, output, processor time) of a command that may use so much of that; code None: it ran for too long."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds), int(cpu_seconds) + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    running = subprocess.Popen(command, cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,  # noqa: R1732
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=limit)
    watch = threading.Timer(WALL_SECONDS, os.killpg, (running.pid, signal.SIGKILL))
    watch.start()
    output = running.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(running.pid, 0)
    watch.cancel()
    running.stdout.close()
    running.returncode = os.waitstatus_to_exitcode(status)
    code = None if running.returncode in (-signal.SIGXCPU, -signal.SIGKILL) else running.returncode
    return code, output, usage.ru_utime + usage.ru_stime


def failed_test(output):
    """The test that failed, by the output of a test program or pytest."""
    named = re.findall(r"^\[ RUN      \] (\S+)", output, re.MULTILINE) or re.findall(r"^FAILED (\S+)", output, re.MULTILINE)
    return named[-1] if named else ""


class Workshop:
    """The copy in `folder` of the tree in `root`: build and tests run there, one job at a time. `seconds`: what the tests of a stage take,
    shared by all copies."""

    def __init__(self, root, folder, seconds=None):
        self.root, self.folder = root, folder
        self.build = folder / "build/release"
        self.same = {}  # stage -> what its programs hash to
        self.seconds = {} if seconds is None else seconds
        self.environment = {"TMPDIR": str(folder / "tmp"), "TEST_TMPDIR": str(folder / "tmp") + "/", "CCACHE_BASEDIR": str(folder),
                            "CCACHE_NOHASHDIR": "1"}

    def make(self):
        """Brings the copy up to date with the tree; files that are the same are not touched, so little is compiled again."""
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=self.root, capture_output=True, text=True, check=True)
        wanted = {name for name in listed.stdout.splitlines() if (self.root / name).is_file()}
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in wanted:
            self._write(self.folder / name, (self.root / name).read_bytes(), (self.root / name).stat().st_mode)
        for path in [p for top in ("src", "include", "tests") for p in (self.folder / top).rglob("*")]:
            if path.is_file() and path.relative_to(self.folder).as_posix() not in wanted and "__pycache__" not in path.parts:
                path.unlink()
        (self.folder / ".cache").mkdir(exist_ok=True)
        venv = self.folder / ".cache/venv"
        if not venv.exists() and (self.root / ".cache/venv").exists():
            venv.symlink_to((self.root / ".cache/venv").resolve())
        launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        self._clean()
        done = subprocess.run(["cmake", "--preset", "release", "-DTFI_UNITY_BUILD=OFF", *launcher], cwd=self.folder, env={**os.environ, **self.environment},
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"error: {self.folder}: cmake fails\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def check(self, stages):
        """Builds and runs every stage of the unbroken tree: all must pass. Takes their times and their programs' hashes. What passed
        with the same programs the last time is not run again."""
        kept = self.folder / "build/passed.json"
        passed = json.loads(kept.read_text()) if kept.exists() else {}
        for stage in stages:
            self.prepare(stage)
            mark = f"{self.same[stage.name]} {stage.command} {stage.environment}"
            if passed.get(stage.name, {}).get("mark") == mark:
                self.seconds[stage.name] = passed[stage.name]["seconds"]
                continue
            code, output, seconds = bounded(stage.command, self.folder, {**self.environment, **stage.environment}, 3600)
            if code != 0:
                raise SystemExit(f"error: {stage.name} fails without any mutant\n{output[-3000:]}")
            self.seconds[stage.name] = seconds
            passed[stage.name] = {"mark": mark, "seconds": self.seconds[stage.name]}
            kept.write_text(json.dumps(passed))

    def prepare(self, stage):
        code, output = self._ninja(stage)
        if code != 0:
            raise SystemExit(f"error: {stage.name} does not build\n{output[-3000:]}")
        self.same[stage.name] = self._hash(stage)

    def has(self, stage):
        """Does the project have what the stage builds and runs?"""
        done = subprocess.run(["ninja", "-C", str(self.build), "-t", "query", *stage.targets], capture_output=True, check=False)
        return done.returncode == 0 and all((self.folder / word).exists() for word in stage.command if word.startswith(("tests/", ".cache/")))

    def judge(self, mutant, stages):
        """Builds and tests a mutant, then mends the copy: {verdict, by, test}. Verdicts: no_build, same_code, killed, survived."""
        path = self.folder / mutant.path
        good = path.read_bytes()
        try:
            self._write(path, mutant.applied(good.decode()).encode())
            return self._first_failure(stages)
        finally:
            self._write(path, good)
            self._clean()

    def _first_failure(self, stages):
        is_same = True
        for stage in stages:
            code, output = self._ninja(stage)
            if code != 0:
                if COMPILER_SAYS.search(output):
                    return {"verdict": "no_build", "by": re.sub(r"\s+", " ", "".join(re.findall(r"error: (.*)", output)[:1]))}
                return {"verdict": "killed", "by": stage.name, "test": "does not start"}
            if self._hash(stage) == self.same[stage.name]:
                continue
            is_same = False
            cpu_seconds = LEAST_SECONDS + 3 * self.seconds.get(stage.name, 60)
            code, output, _ = bounded(stage.command, self.folder, {**self.environment, **stage.environment}, cpu_seconds)
            if code != 0:
                test = failed_test(output) + (" (too long)" if code is None else "")
                return {"verdict": "killed", "by": stage.name, "test": test}
        return {"verdict": "same_code" if is_same else "survived"}

    def _ninja(self, stage):
        done = subprocess.run(["nice", "-n", "5", "ninja", "-C", str(self.build), "-j1", *stage.targets], env={**os.environ, **self.environment},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode(errors="replace")

    def _hash(self, stage):
        return "".join(hashlib.sha256((self.build / target).read_bytes()).hexdigest() for target in stage.targets)

    def _clean(self):
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        (self.folder / "tmp").mkdir()

    def _write(self, path, content, mode=None):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            if path.exists():
                # Ninja compares times: a file that is written twice within its clock's tick must not look unchanged.
                while time.time_ns() - path.stat().st_mtime_ns < 10_000_000:
                    time.sleep(0.01)
            path.write_bytes(content)
        if mode is not None:
            path.chmod(mode & 0o777)


def stages_for(workshop, folder):
    """The stages that judge a mutant of this folder, those that the project has."""
    return [stage for stage in STAGES[folder] if workshop.has(stage)]
