"""The blocks of README.md and docs/*.md are run, in a folder with small files of the names that they use.

A comment above a block says what is not: <!-- test: skip (why) -->, <!-- test: needs MODULE -->. Blocks of a document run in order;
those in Python share their variables.
"""
import importlib.util
import os
import pathlib
import pickle
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from conftest import ROOT
from small_campaign import PROGRAM

DOCUMENTS = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?:<!-- test: (?P<rule>[^>]*?) -->\n)?^```(?P<language>python|sh)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
FAULTS = [("conv2d", (2, 1, 0, 7), 15), ("conv2d_8", (2, 0, 30, 3), 3), ("conv2d_8", (2, 0, 30, 3), 30), ("dense", (5, 1), 31)]
REPORT = (
    b"inj_id,target_layer,layer_weigths,bit_pos,n_injections,top_1_correct,top_5_correct,top_1_robust,top_5_robust,masked,non_critical,critical\r\n"
    b"GOLDEN,,,,40,4,20,,,,\r\n"
    b'0,conv2d,"(2, 1, 0, 7)",15,40,4,20,39,40,5,34,1\r\n'
)


def blocks(document):
    """(line of the code, language, rule, code)"""
    text = (ROOT / document).read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        yield text.count("\n", 0, found.start("code")) + 1, found["language"], found["rule"] or "", found["code"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Models, data and lists by the names that the documents use: a few images, a few faults."""
    random = np.random.default_rng(0)
    (tmp_path / "models/CIFAR10").mkdir(parents=True)
    for name in ("models/CIFAR10/ResNet20.keras", "net.keras", "ResNet20.keras"):
        shutil.copy(ROOT / "models/CIFAR10/ResNet20.keras", tmp_path / name)
    batch = tmp_path / "datasets/CIFAR10/cifar-10-batches-py/test_batch"
    batch.parent.mkdir(parents=True)
    x, y = random.integers(0, 256, (40, 3072), dtype=np.uint8), random.integers(0, 10, 40)
    batch.write_bytes(pickle.dumps({b"data": x, b"labels": [int(label) for label in y]}, protocol=2))
    np.savez(tmp_path / "test.npz", x=x.reshape(-1, 32, 32, 3), y=y)
    rows = "".join(f'{i},{layer},"{index}",{bit}\n' for i, (layer, index, bit) in enumerate(FAULTS))
    (tmp_path / "faults.csv").write_text("Injection,Layer,TensorIndex,Bit\n" + rows)
    for name in ("before.csv", "after.csv"):
        (tmp_path / name).write_bytes(REPORT)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tf_injector").symlink_to(PROGRAM)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def is_left_out(rule):
    if rule.startswith("skip ("):
        return True
    needed = re.fullmatch(r"needs (\w+)", rule)
    assert needed or not rule, f"unknown rule '{rule}'"
    return needed is not None and importlib.util.find_spec(needed[1]) is None


@pytest.mark.parametrize("document", [document for document in DOCUMENTS if any(blocks(document))])
def test_blocks_run(document, folder):
    variables = {"__name__": document}
    for line, language, rule, code in blocks(document):
        if is_left_out(rule):
            continue
        if language == "sh":
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", code], capture_output=True, text=True, stdin=subprocess.DEVNULL)
            assert done.returncode == 0, f"{document}:{line}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        else:
            exec(compile("\n" * (line - 1) + code, str(ROOT / document), "exec"), variables)


def test_a_block_without_a_rule_is_run_and_one_with_a_rule_has_a_reason():
    found = [(document, block) for document in DOCUMENTS for block in blocks(document)]
    assert sum(document == "README.md" for document, _ in found) >= 3
    assert sum(not rule for _, (_, language, rule, _) in found if language == "python") >= 5
    for document, (line, _, rule, _) in found:
        if rule:
            is_left_out(rule)
            assert rule.startswith("needs ") or re.fullmatch(r"skip \(.{5,}\)", rule), f"{document}:{line}: {rule}"
