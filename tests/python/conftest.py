"""Tests of the Python package, as it was built into build/release/python (TFI_PYTHONPATH names another place; "": what is installed)."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = os.environ.get("TFI_PYTHONPATH", str(ROOT / "build/release/python"))
if PACKAGE:
    sys.path.insert(0, PACKAGE)
    os.environ["PYTHONPATH"] = os.pathsep.join([PACKAGE, *filter(None, [os.environ.get("PYTHONPATH")])])  # of child processes
sys.path.insert(0, str(ROOT / "tests/program"))
