"""What is written in C: shims that are put in front of the C library (LD_PRELOAD), for what no tool can fake. Compiled when first needed."""
import os
import pathlib
import subprocess

from torture.case import NotRun
from torture import program

SOURCES = pathlib.Path(__file__).resolve().parent / "shims"


def environment(torture, name, **values):
    """What a program is started with to have shims/NAME.c in front, with these variables (TORTURE_...)."""
    return {"LD_PRELOAD": str(build(torture, name)), **{f"TORTURE_{key.upper()}": str(value) for key, value in values.items()}}


def build(torture, name, shared=True, folder=SOURCES):
    compiler = os.environ.get("CC") or program.need("cc", "gcc")
    with torture.lock:
        library = torture.base / f"{name}{'.so' if shared else ''}"
        if not library.exists():
            words = [compiler, "-O1", "-Wall", "-Wextra", "-Werror", *(["-shared", "-fPIC"] if shared else []), "-o", library, folder / f"{name}.c", "-ldl", "-pthread"]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotRun(f"{name}.c does not compile here: {done.stderr.strip()[:200]}")
    return library
