"""What all rows are handed: the seed, the folders, the campaigns."""
import contextlib
import functools
import pathlib
import random
import re
import subprocess
import tempfile
import threading

from torture import inputs, program, shim
from torture.campaign import Campaign, Estimate, OneFile
from torture.case import Failed
from torture.inputs import GOLDEN

NAME = "odd_channels"


def remove(folder):
    """Also of folders in folders in folders, thousands deep, where shutil.rmtree ends."""
    subprocess.run(["rm", "-rf", "--", folder], check=False)


class Torture:
    def __init__(self, short=False, seed=1, keep=False, named=False):
        """`named`: the cases are chosen by name, among all."""
        self.short, self.seed, self.keep, self.named = short, seed, keep, named
        base = program.ROOT / "build"
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="torture-", dir=base if base.is_dir() else None))
        self.inputs = self.base / "inputs"
        self.inputs.mkdir()
        self.lock, self.number = threading.RLock(), 0

    def close(self):
        if not self.keep:
            remove(self.base)

    def random(self, *names):
        """Numbers that follow from the seed and these names."""
        return random.Random("/".join(map(str, (self.seed, *names))))

    def choose(self, row, cases, count):
        """In the short form so many of the cases, in the long form all."""
        cases = list(cases)
        if not self.short or self.named or len(cases) <= count:
            return cases
        kept = set(self.random(row).sample(range(len(cases)), count))
        return [case for place, case in enumerate(cases) if place in kept]

    @contextlib.contextmanager
    def folder(self):
        """An empty folder that is gone afterwards."""
        with self.lock:
            self.number += 1
            path = self.base / f"case{self.number}"
        path.mkdir()
        try:
            yield path
        finally:
            if not self.keep:
                remove(path)

    def run_measured(self, words, folder):
        return program.run_measured(words, folder, shim.build(self, "measure", shared=False))

    # ---- inputs and campaigns, each made once ---------------------------------------------------------------------------------

    def once(self, name, make):
        """A file of self.inputs that make(path) writes."""
        path = self.inputs / name
        with self.lock:
            if not path.exists():
                make(path)
        return path

    def model_files(self, faults, images, name=NAME):
        """--model, --data, -f of a golden model: so many faults (its own list over and over), so many times its four images."""
        data = self.once(f"{name}_{images}.npz", lambda path: inputs.images_of(name, path, images))
        own = GOLDEN / f"{name}.faults.csv"
        fault_list = self.once(f"{name}_{faults}.csv", lambda path: inputs.repeat_list(own, path, faults))
        return "--model", GOLDEN / f"{name}.keras", "--data", data, "-f", fault_list

    def least_memory(self, files):
        """The least --memory that these files are run with; it makes blocks small, so that there are many."""
        ended = program.run([*files, "--report", "r.csv", "--threads", "1", "--memory", "1M", "--dry-run"], self.inputs)
        found = re.search(r"at least --memory (\d+)M", ended.err)
        if not found:
            raise Failed(f"--memory 1M: {ended.describe()}")
        return f"{int(found[1]) + 1}M"

    @functools.cached_property
    def toys(self):
        """{name: a campaign of a few blocks} for what is repeated hundreds of times."""
        with self.lock:
            blocks, small = self.model_files(60, 64), self.model_files(20, 1)
            memory = ("--memory", self.least_memory(blocks))
            toys = [Campaign("blocks", blocks, *memory), Campaign("scores", small, "-s"), Campaign("changed", small, "--scores", "changed"),
                    Campaign("details", blocks, "--details", "d.csv", *memory), Campaign("golden", small[:4], "-s"),
                    Estimate("estimate", blocks[:4], "--error", "0.05")]
            generate = ["generate", "--model", blocks[1], "-o", "l.csv", "--n", "50"]
            toys.append(OneFile("generate", generate, again=["--overwrite"]))
            report = Campaign("reported", small)
            report.reference(self)
            page = ["report", report.folder / "r.csv", "-o", "r.html", "--json", "r.json"]
            toys.append(OneFile("report", page, again=["--overwrite"]))
            return {toy.name: toy for toy in toys}

    @functools.cached_property
    def seconds_long(self):
        """{name: a campaign that takes about a second} for what is done at random instants."""
        with self.lock:
            many, some, joined = self.model_files(1200, 32), self.model_files(100, 8), self.model_files(2500, 32)
            memory = ("--memory", self.least_memory(many))
            campaigns = [Campaign("many_blocks", many, *memory), Campaign("many_scores", some, "-s"), Campaign("one_block", joined),
                         Campaign("many_details", many, "--details", "d.csv", *memory), Campaign("many_changed", some, "--scores", "changed")]
            for campaign in campaigns:
                with self.folder() as folder:
                    campaign.seconds = campaign.run(folder).seconds
            return {campaign.name: campaign for campaign in campaigns}

    @functools.cached_property
    def one_long_block(self):
        """{name: a campaign of one block of about half a minute} for what a kill costs; with scores, with a full check."""
        with self.lock:
            model = program.ROOT / "models/CIFAR10/ResNet20.keras"
            data = self.once("noise_3000.npz", lambda path: inputs.random_images(path, 3000, (32, 32, 3)))
            faults = self.once("resnet20_500.csv", lambda path: program.run(["generate", "--model", model, "-o", path, "--n", "500"], self.inputs))
            files = ("--model", model, "--data", data, "-f", faults)
            return {name: Campaign(name, files, *flags) for name, flags in
                    (("long_block", ()), ("long_scores", ("-s",)), ("long_changed", ("--scores", "changed")), ("long_check", ("--check", "50")))}

    @functools.cached_property
    def many_rows(self):
        """A campaign of 20,001 faults on one image."""
        with self.lock:
            return Campaign("many_rows", self.model_files(20001, 1))
