"""A campaign that takes no time, for tests of the whole program: a golden model, its list of faults, and its images."""
import hashlib
import json
import os
import pathlib
import subprocess

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TFI_PROGRAM", ROOT / "build/release/tf_injector"))
MODEL = ROOT / "tests/golden/odd_channels.keras"
LIST = ROOT / "tests/golden/odd_channels.faults.csv"

DONE, USAGE, BAD_INPUT, NOT_WRITTEN, BUSY, RESUME, DOWNLOAD_FAILED = 0, 2, 3, 4, 5, 6, 9


def write_images(path):
    inputs = np.load(ROOT / "tests/golden/odd_channels.golden.npz")["inputs"]
    np.savez(path, x=inputs, y=np.arange(len(inputs)))
    return path


def run(*words, before=(), **options):
    """The end of the program (`before`: what starts it): returncode, stdout, stderr."""
    options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL, **options}
    return subprocess.run([*map(str, before), str(PROGRAM), *map(str, words)], **options)


def files_of(folder):
    """{path below the folder: bytes}"""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()}


def interrupt(report, faults):
    """Makes a finished report what it would be if the run had ended after so many faults."""
    report, metadata = pathlib.Path(report), pathlib.Path(report).with_suffix(".run.json")
    kept = b"".join(report.read_bytes().splitlines(keepends=True)[: 2 + faults])
    facts = json.loads(metadata.read_text())
    facts["state"] = "running"
    facts["report"].update(rows=faults, bytes=len(kept), sha256=hashlib.sha256(kept).hexdigest())
    report.write_bytes(kept)
    metadata.write_text(json.dumps(facts))


def campaign_in(folder):
    """The words of a campaign on one thread, with its images in the folder."""
    return ["--model", MODEL, "--data", write_images(folder / "set.npz"), "-f", LIST, "--threads", "1"]
