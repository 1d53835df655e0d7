"""The campaigns' inputs, made of the golden models: images, longer fault lists. Written with the standard library alone."""
import ast
import io
import random
import struct
import zipfile

from torture.program import ROOT

GOLDEN = ROOT / "tests/golden"


def npy(kind, shape, data):
    """The bytes of np.save of an array in C order."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {tuple(shape)!r}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def read_npy(content):
    """(kind, shape, data) of such bytes."""
    length = struct.unpack_from("<H", content, 8)[0]
    facts = ast.literal_eval(content[10:10 + length].decode())
    return facts["descr"], facts["shape"], content[10 + length:]


def golden_arrays(name):
    """{array: (kind, shape, data)} of tests/golden/NAME.golden.npz."""
    with zipfile.ZipFile(GOLDEN / f"{name}.golden.npz") as archive:
        return {entry.removesuffix(".npy"): read_npy(archive.read(entry)) for entry in archive.namelist()}


def write_npz(path, **arrays):
    """arrays: bytes of npy()."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in arrays.items():
            archive.writestr(f"{name}.npy", content)


def images_of(name, path, times=1):
    """The model's golden images, `times` over, with labels 0, 1, ... 9, 0, ..."""
    kind, shape, data = golden_arrays(name)["inputs"]
    count = shape[0] * times
    write_npz(path, x=npy(kind, (count, *shape[1:]), data * times), y=npy("<i8", (count,), struct.pack(f"<{count}q", *(n % 10 for n in range(count)))))
    return path


def random_images(path, count, shape, seed=1):
    """8-bit images of noise."""
    size = shape[0] * shape[1] * shape[2]
    data = random.Random(seed).randbytes(count * size)
    write_npz(path, x=npy("|u1", (count, *shape), data), y=npy("<i8", (count,), struct.pack(f"<{count}q", *(n % 10 for n in range(count)))))
    return path


def layers_of(list_path):
    """{layer: an index of it} as the rows of a fault list have them."""
    rows = [line.split(",", 1)[1] for line in list_path.read_text().splitlines()[1:] if line]
    return {row.split(",", 1)[0]: row.split('"')[1] for row in rows}


def repeat_list(source, path, rows):
    """A list of so many rows: those of `source` over and over, numbered anew."""
    faults = [line.split(",", 1)[1] for line in source.read_text().splitlines()[1:] if line]
    with io.open(path, "w", newline="\n") as out:
        out.write("Injection,Layer,TensorIndex,Bit\n")
        for number in range(rows):
            out.write(f"{number},{faults[number % len(faults)]}\n")
    return path


def float_images(path, count, shape, seed=15):
    """float32 images of noise around 0, the same everywhere: sums of 16-bit numbers."""
    numbers, size = random.Random(seed), count * shape[0] * shape[1] * shape[2]
    values = ((numbers.getrandbits(16) + numbers.getrandbits(16) + numbers.getrandbits(16) - 98304) / 32768 for _ in range(size))
    data = struct.pack(f"<{size}f", *values)
    write_npz(path, x=npy("<f4", (count, *shape), data), y=npy("<i8", (count,), struct.pack(f"<{count}q", *(n % 10 for n in range(count)))))
    return path
