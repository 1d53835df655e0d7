"""Damaged files: random flips, cuts and fillings of small valid files end in one clear line or in an answer; never in a
crash, a hang, or gigabytes of memory. TFI_MUTATIONS says how many per kind of file; TFI_SEED repeats a run.
"""

import io
import os
import zipfile

import h5py
import numpy as np
import pytest

from probe import Crash, InputError, Probe, mutated, seeded

COUNT = int(os.environ.get("TFI_MUTATIONS", "300"))
PEAK_LIMIT_KIB = 1 << 20


def npy_files():
    for array in (np.arange(6, dtype="<f4").reshape(2, 3), np.asfortranarray(np.arange(24, dtype=">i2").reshape(2, 3, 4)),
                  np.array(["a", "bcd"])):
        out = io.BytesIO()
        np.save(out, array)
        yield out.getvalue()


def npz_files():
    for save in (np.savez, np.savez_compressed):
        out = io.BytesIO()
        save(out, x=np.arange(50, dtype="<f4"), y=np.arange(3))
        yield out.getvalue()


def zip_files():
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", compression) as archive:
            archive.writestr("x", "hello " * 30)
            archive.writestr("y", bytes(100))
        yield out.getvalue()


def csv_files():
    yield b'Injection,Layer,TensorIndex,Bit\r\n0,conv2d,"(2, 1, 0, 7)",15\r\n1,dense,"(3, 4)",31\r\n'


def hdf5_file(libver):
    out = io.BytesIO()
    with h5py.File(out, "w", libver=libver) as file:
        file.attrs["fixed"] = np.array([b"conv2d", b"dense"])
        file.attrs["variable"] = "text " * 10
        file["layers/conv2d/vars/0"] = np.arange(54, dtype="<f4").reshape(3, 3, 3, 2)
        file["layers/conv2d/vars/1"] = np.arange(2, dtype="<f2")
        file.create_dataset("layers/dense/vars/0", data=np.arange(200, dtype="<f4"), chunks=(64,), compression="gzip", shuffle=True)
    return out.getvalue()


def hdf5_files():
    yield hdf5_file(("earliest", "v110"))
    yield hdf5_file(("v110", "v110"))


KINDS = {
    "npy": (npy_files, [("npy",), ("npy_floats",)]),
    "npz": (npz_files, [("npz",)]),
    "zip": (zip_files, [("zip_read", "x"), ("zip_read", "y")]),
    "csv": (csv_files, [("csv", ",")]),
    "hdf5": (hdf5_files, [("hdf5_strings", "/", "fixed"), ("hdf5_strings", "/", "variable"), ("hdf5_walk",)]),
}


def peak_kib(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def run(kind, rng, path, probe):
    """Mutates and reads; returns what went wrong, with the bytes that did it kept beside `path`."""
    files, commands = KINDS[kind]
    files, bad, refused, answered = list(files()), [], 0, 0
    for number in range(COUNT):
        path.write_bytes(mutated(rng, rng.choice(files)))
        for command, *words in commands:
            try:
                probe(command, path, *words)
                answered += 1
            except InputError as error:
                assert "\n" not in str(error) and str(path) in str(error)
                refused += 1
            except (Crash, AssertionError) as error:
                kept = path.with_name(f"{kind}_{number}_{command}.bin")
                kept.write_bytes(path.read_bytes())
                bad.append(f"{kept}: {error}")
    print(f"{kind}: {COUNT} files, {answered} answers, {refused} refusals, {len(bad)} failures")
    return bad


@pytest.mark.parametrize("kind", ["npy", "npz", "zip", "csv", "hdf5"])
def test_damaged_files(tmp_path, kind):
    probe = Probe()
    bad = run(kind, seeded(), tmp_path / "file", probe)
    peak = peak_kib(probe.process)
    probe.close()
    assert not bad, "\n".join(bad)
    assert peak < PEAK_LIMIT_KIB or "TFI_IO_PROBE" in os.environ  # a sanitizer needs more
