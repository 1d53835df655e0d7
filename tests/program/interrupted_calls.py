"""The program's system calls, one by one, under strace: which ones touch a folder, and runs in which the N-th of them is disturbed."""
import re
import shutil
import subprocess

import pytest
from small_campaign import run

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


STUCK = """#include <unistd.h>
int fdatasync(int descriptor) { (void)descriptor; for (;;) pause(); }
"""
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler (cc)")


def stuck_disk(folder):
    """A library for LD_PRELOAD: rows that are written are never on the disk, and the call does not come back."""
    (folder / "stuck.c").write_text(STUCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "stuck.so", folder / "stuck.c"], check=True)
    return folder / "stuck.so"


def touching(call, words, folder, trace, **options):
    """The numbers, from 1, of the calls of this kind that name the folder or a file below it (the program's one thread)."""
    done = run(*words, before=["strace", "-qq", "-y", "-e", f"trace={call}", "-o", trace], **options)
    assert done.returncode == 0, done.stderr
    lines = [line for line in trace.read_text(errors="replace").splitlines() if re.match(rf"{call}\(", line)]
    return [number for number, line in enumerate(lines, 1) if str(folder) in line]


def disturbed(call, number, how, words, **options):
    """A run whose N-th call of this kind ends so: "error=EINTR", "signal=SIGKILL"."""
    return run(*words, before=["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{how}:when={number}"], **options)
