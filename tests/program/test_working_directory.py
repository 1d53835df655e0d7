"""Files that lie in the folder one works in mean nothing unless they are named on the command line."""
import os
import re
import shutil

import pytest
from small_campaign import DONE, LIST, MODEL, run, write_images

LEGACY = MODEL.parents[1] / "keras/files/k2_sequential.h5"


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_no_other_file_of_the_working_directory_is_opened(tmp_path):
    images = write_images(tmp_path / "set.npz")
    work = tmp_path / "work"
    work.mkdir()
    for words in (["--model", MODEL, "--data", images, "-f", LIST, "--report", tmp_path / "r.csv", "-s", "-q"], ["inspect", LEGACY],
                  ["validate", "-f", LIST, "--model", MODEL], ["download", "CIFAR10", "--to", tmp_path / "set", "--url", "http://127.0.0.1:9/"]):
        trace = tmp_path / "trace"
        run(*words, cwd=work, before=["strace", "-f", "-qq", "-e", "trace=file", "-o", trace])
        text = trace.read_text()
        assert re.search(r'openat?\(.*"/', text), text
        opened = re.findall(r'\b(?!execve)\w+\((?:AT_FDCWD, )?"([^"/][^"]*)"', text)
        assert opened == [] and os.fspath(work) + "/" not in text, (words, opened)


@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_names_that_libhdf5_is_given_are_no_files_of_the_working_directory(kind, tmp_path):
    for number in range(8):
        name = tmp_path / f"tf_injector-image-{number}"
        name.write_bytes(LEGACY.read_bytes()) if kind == "file" else os.mkfifo(name)
    done = run("inspect", MODEL, cwd=tmp_path, timeout=120)
    assert done.returncode == DONE, done.stderr
