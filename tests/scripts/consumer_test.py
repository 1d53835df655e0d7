#!/usr/bin/env python3
"""A project of somebody else's (tests/consumer) builds against an installed tree and runs. Run by ctest:
consumer_test.py CMAKE COMPILER BUILD_FOLDER PROGRAM

The tree is moved after it was installed: nothing in it may know where it was. What the consumer counts in one session, while another
is stopped in the middle, is what the program writes.
"""
import csv
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CMAKE, COMPILER, BUILD, PROGRAM = sys.argv[1:5]
CASE = ROOT / "tests/golden/activations"


def write_data(folder):
    """The case's images with labels 0, 1, 2, ... as x.npy and y.npy."""
    folder.mkdir()
    with zipfile.ZipFile(f"{CASE}.golden.npz") as arrays:
        (folder / "x.npy").write_bytes(arrays.read("inputs.npy"))
    header = "{'descr': '<i8', 'fortran_order': False, 'shape': (4,), }"
    header += " " * (117 - len(header)) + "\n"
    (folder / "y.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack("<4q", 0, 1, 2, 3))
    return folder


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    library = folder / "library"
    launcher = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={os.environ['CMAKE_CXX_COMPILER_LAUNCHER']}"] \
        if os.environ.get("CMAKE_CXX_COMPILER_LAUNCHER") else []
    # The objects of the build that is tested, packed and installed.
    run(CMAKE, "-S", ROOT, "-B", BUILD, "-DTFI_INSTALL_LIBRARY=ON")
    try:
        run(CMAKE, "--build", BUILD, "--target", "tf_injector_library", "tf_injector")
        run(CMAKE, "--install", BUILD, "--prefix", library)
    finally:
        run(CMAKE, "-S", ROOT, "-B", BUILD, "-DTFI_INSTALL_LIBRARY=OFF")
    moved = folder / "moved"
    shutil.move(library, moved)
    run(CMAKE, "-S", ROOT / "tests/consumer", "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={moved}", "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_CXX_COMPILER={COMPILER}", *launcher)
    run(CMAKE, "--build", folder / "build")
    files = (f"{CASE}.keras", write_data(folder / "data"), f"{CASE}.faults.csv")
    found = [tuple(map(int, line.split())) for line in run(folder / "build/consumer", *files).splitlines()]
    run(PROGRAM, "--model", files[0], "--data", files[1], "-f", files[2], "--report", folder / "r.csv", "-q")
    with open(folder / "r.csv", newline="") as report:
        rows = list(csv.DictReader(report))[1:]
    expected = [(int(row["inj_id"]), int(row["masked"]), int(row["critical"])) for row in rows]
    if not expected or found != expected:
        sys.exit(f"the consumer counts {found[:3]}..., the report has {expected[:3]}...")
    print(f"consumer_test: {len(found)} faults counted as the program counts them")
