"""A command line of the program, and what it must leave in its folder, whatever happens on the way."""
import json
import pathlib
import re
import shutil
import threading

from torture import program
from torture.case import Failed

KEPT = re.compile(r"\br\.run\.(part|part\.scores|golden)'")  # what a run goes on without
SAME_IN_METADATA = ("schema", "state", "report", "scores", "settings", "preprocess", "images", "classes", "faults", "layers", "details", "plan")


class Campaign:
    """`flags` as typed in the folder of a run; the report is r.csv there, details are d.csv. `inputs`: model, data and list."""

    def __init__(self, name, inputs, *flags, command=("--report", "r.csv")):
        self.name, self.inputs, self.flags, self.command = name, inputs, flags, command
        self.lock, self.expected = threading.Lock(), None

    @property
    def words(self):
        return [*self.inputs, *self.command, "--threads", "1", "-q", *self.flags]

    def run(self, folder, *more, **options):
        return program.run([*self.words, *more], folder, **options)

    def reference(self, torture):
        """The outcome of a run that nothing disturbs; made once."""
        with self.lock:
            if self.expected is None:
                folder = torture.inputs / f"reference_{self.name}"
                folder.mkdir()
                ended = self.run(folder)
                if ended.code != program.DONE:
                    raise Failed(f"undisturbed, {self.name} ends with {ended.describe()}")
                self.folder, self.expected = folder, outcome(folder)
            return self.expected

    def finished_folder(self, torture, folder):
        """Makes `folder` what an undisturbed run leaves."""
        self.reference(torture)
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)

    def check(self, torture, folder):
        """The folder holds what an undisturbed run leaves, byte for byte, and nothing else."""
        expected, found = self.reference(torture), outcome(folder)
        if found != expected:
            raise Failed(difference(expected, found))

    def finish(self, torture, folder, *more):
        """The same command again, which must end well and leave the reference's bytes."""
        ended = self.run(folder, *more)
        if ended.code != program.DONE:
            raise Failed(f"gone on with: {ended.describe()}")
        self.check(torture, folder)

    def check_partial(self, torture, folder, replaced=False):
        """After a kill or an error: tables are the beginnings of the reference's, scores are whole, and the rows that the metadata
        acknowledge are there, unless they are a former report's that is being replaced. Gives the number of rows."""
        expected = self.reference(torture)
        for path in files_of(folder):
            name = str(path.relative_to(folder))
            if name.endswith(".csv") and name in expected and not expected[name].startswith(path.read_bytes()):
                raise Failed(f"{name} holds rows that are not the undisturbed run's")
            if name.endswith((".npy", ".npz")) and path.read_bytes() != expected.get(name):
                raise Failed(f"{name} is incomplete or wrong")
        report, metadata = folder / "r.csv", folder / "r.run.json"
        rows = report.read_bytes().count(b"\r\n") if report.exists() else 0
        if metadata.exists():
            try:
                acknowledged = json.loads(metadata.read_text())["report"]["rows"]
            except (ValueError, KeyError) as error:
                raise Failed(f"r.run.json is incomplete: {error}") from None
            if rows - 2 < acknowledged and acknowledged > 0 and not replaced:
                raise Failed(f"{acknowledged} rows were acknowledged, {rows - 2} are there")
        return max(0, rows - 2)


class Estimate(Campaign):
    """`estimate` with a state file; e.json is the result."""

    def __init__(self, name, inputs, *flags):
        super().__init__(name, inputs, *flags, command=("--state", "s.txt", "--json", "e.json"))

    @property
    def words(self):
        return ["estimate", *super().words]

    def check_partial(self, torture, folder, replaced=False):
        self.reference(torture)
        if (folder / "e.json").exists():
            json.loads((folder / "e.json").read_text())
        return 0


class OneFile(Campaign):
    """A command that writes files in one go: each is absent or whole at any time."""

    def __init__(self, name, words, again=()):
        super().__init__(name, ())
        self.own, self.again = words, again

    @property
    def words(self):
        return list(self.own)

    def finish(self, torture, folder, *more):
        super().finish(torture, folder, *self.again, *more)

    def check_partial(self, torture, folder, replaced=False):
        expected = self.reference(torture)
        for path in files_of(folder):
            name = str(path.relative_to(folder))
            if name in expected and read(path) != expected[name]:
                raise Failed(f"{name} is incomplete")
        return 0


def says_not_kept(ended, error):
    """The run is done, and said in one line that what it does of a block could not be kept: the file, and the system's text."""
    lines = [line for line in ended.err.splitlines() if line.startswith("warning")]
    return ended.code == program.DONE and len(lines) == 1 and error in lines[0] and KEPT.search(lines[0]) is not None


def files_of(folder):
    return [path for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file() and not path.is_symlink()]


def read(path):
    """A file's bytes; of metadata and estimates what is the same in every run."""
    content = path.read_bytes()
    if path.name.endswith(".run.json"):
        facts = json.loads(content)
        return json.dumps({key: facts.get(key) for key in SAME_IN_METADATA}).encode()
    if path.name == "e.json":
        return re.sub(rb'"seconds": [^,]*,', b"", content)
    return content


def outcome(folder):
    """{path below the folder: what must be the same}"""
    try:
        return {str(path.relative_to(folder)): read(path) for path in files_of(folder)}
    except (ValueError, KeyError) as error:
        raise Failed(f"unreadable metadata: {error}") from None


def difference(expected, found):
    missing, more = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    other = sorted(name for name in expected.keys() & found.keys() if expected[name] != found[name])
    parts = [f"{text} {', '.join(names[:5])}" for text, names in (("missing:", missing), ("left behind:", more), ("other bytes:", other)) if names]
    return "; ".join(parts)
