""".npy and .npz against NumPy: what np.save and np.savez write is read as np.load reads it, and what we write has their bytes."""

import io
import zipfile

import numpy as np
import pytest

from probe import InputError, seeded

NUMBERS = ["?"] + [order + kind for order in "<>" for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")]
DTYPES = NUMBERS + ["<c8", ">c8", "<c16", ">c16", "S1", "S7", "<U1", "<U5", ">U3"]


def random_array(rng, dtype, rank=None):
    dtype = np.dtype(dtype)
    rank = rng.choice((0, 1, 1, 2, 2, 3, 4, 5)) if rank is None else rank
    shape = tuple(rng.choice((0, 1, 2, 3, 4, 5)) if rng.random() < 0.1 else rng.randint(1, 5) for _ in range(rank))
    count = int(np.prod(shape, dtype=np.int64))
    if dtype.kind == "U":
        text = ["".join(chr(rng.choice((65, 0xE9, 0x1F600))) for _ in range(rng.randint(0, dtype.itemsize // 4))) for _ in range(count)]
        array = np.array(text, dtype=dtype).reshape(shape)
    elif dtype.kind == "b":
        array = np.array([rng.random() < 0.5 for _ in range(count)], dtype=dtype).reshape(shape)
    else:
        array = np.frombuffer(rng.randbytes(count * dtype.itemsize), dtype=dtype).reshape(shape)
    if rng.random() < 0.4:
        array = np.asfortranarray(array)
    return array


def expected_bytes(array):
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()


def saved(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version, allow_pickle=False)
    return out.getvalue()


def assert_same(array, fields):
    dtype, shape, digits = fields
    assert np.dtype(dtype) == array.dtype.newbyteorder("<")
    assert shape == ",".join(map(str, array.shape))
    assert digits == expected_bytes(array).hex()


@pytest.mark.parametrize("dtype", DTYPES)
def test_reads_what_numpy_saves(probe, tmp_path, dtype):
    rng = seeded()
    for _ in range(25):
        array = random_array(rng, dtype)
        version = rng.choice((None, (1, 0), (2, 0), (3, 0)))
        (tmp_path / "a.npy").write_bytes(saved(array, version))
        assert_same(array, probe("npy", tmp_path / "a.npy"))


def test_header_of_many_kilobytes(probe, tmp_path):
    """Version 2 exists for headers above 64 KiB: here one made long by blanks."""
    array = np.arange(6, dtype="<i2")
    text = "{'descr': '<i2', 'fortran_order': False, 'shape': (6,), }" + " " * 70000 + "\n"
    head = b"\x93NUMPY\x02\x00" + len(text).to_bytes(4, "little") + text.encode()
    (tmp_path / "a.npy").write_bytes(head + array.tobytes())
    assert_same(array, probe("npy", tmp_path / "a.npy"))


@pytest.mark.parametrize("dtype", NUMBERS)
def test_conversion_to_float32_is_astype(probe, tmp_path, dtype):
    rng = seeded()
    with np.errstate(over="ignore"):
        for _ in range(10):
            array = random_array(rng, dtype)
            np.save(tmp_path / "a.npy", array)
            (digits,) = probe("npy_floats", tmp_path / "a.npy")
            got, wanted = np.frombuffer(bytes.fromhex(digits), "<f4"), array.astype("<f4").ravel()
            nan = np.isnan(wanted)
            assert np.array_equal(np.isnan(got), nan)
            assert got[~nan].tobytes() == wanted[~nan].tobytes()
            if np.dtype(dtype).itemsize == 4 and np.dtype(dtype).kind == "f":
                assert got.tobytes() == wanted.tobytes()  # float32: payloads of NaN too


def test_conversion_to_int64(probe, tmp_path):
    rng = seeded()
    for dtype in [d for d in NUMBERS if np.dtype(d).kind in "iu?"]:
        array = random_array(rng, dtype, rank=1)
        if np.dtype(dtype).newbyteorder("=") == np.uint64:
            array = (array // 2).astype(dtype)
        np.save(tmp_path / "a.npy", array)
        assert probe("npy_ints", tmp_path / "a.npy") == [",".join(str(int(v)) for v in array)]
    np.save(tmp_path / "a.npy", np.array([1, 1 << 63], dtype=np.uint64))
    with pytest.raises(InputError, match="above 2\\^63 - 1"):
        probe("npy_ints", tmp_path / "a.npy")
    np.save(tmp_path / "a.npy", np.array([1.0]))
    with pytest.raises(InputError, match="expected integers"):
        probe("npy_ints", tmp_path / "a.npy")


def test_every_float16(probe):
    (digits,) = probe("halves")
    got, halves = np.frombuffer(bytes.fromhex(digits), "<u4"), np.arange(0x10000, dtype=np.uint16).view(np.float16)
    wanted = halves.astype(np.float32).view("<u4")
    nan = np.isnan(halves)
    assert np.array_equal(got[~nan], wanted[~nan])
    assert np.array_equal(got[nan] | 0x400000, wanted[nan] | 0x400000)  # payloads; some NumPy builds set the quiet bit


def test_writes_the_bytes_of_np_save(probe, tmp_path):
    rng = seeded()
    shapes = [(0, 10), (1, 1), (3, 0), (10, 7), (9999, 2), (10000, 1), (123456, 1)]
    shapes += [(rng.randint(0, 300), rng.randint(0, 300)) for _ in range(20)]
    for shape in shapes:
        np.save(tmp_path / "a.npy", np.frombuffer(rng.randbytes(4 * shape[0] * shape[1]), "<f4").reshape(shape))
        assert bytes.fromhex(probe("npy_write", tmp_path / "a.npy")[0]) == (tmp_path / "a.npy").read_bytes(), shape


def test_refuses_what_is_no_array_of_numbers(probe, tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="a.npy: dtype '.O' .Python objects. is refused"):
        probe("npy", path)
    for array, problem in [(np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]), "a structured array"),
                           (np.zeros(2, "<M8[s]"), "dtype '<M8\\[s\\]' is not known"),
                           (np.zeros(2, np.longdouble), "dtype '<f16' is not known"),
                           (np.zeros(2, "V3"), "dtype '.V3' is not known")]:
        np.save(path, array)
        with pytest.raises(InputError, match="a.npy: " + problem):
            probe("npy", path)


GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"


@pytest.mark.parametrize("text, problem", [
    (GOOD.replace("(2,)", "(3,)"), "announces 12 bytes of data, there are 8"),
    (GOOD.replace("(2,)", "(1,)"), "announces 4 bytes of data, there are 8"),
    (GOOD.replace("(2,)", "(-2,)"), "expected a dimension"),
    (GOOD.replace("(2,)", "(2)"), "expected a tuple"),
    (GOOD.replace("(2,)", "(99999999999999999999,)"), "expected a dimension"),
    (GOOD.replace("(2,)", "(4611686018427387904, 4611686018427387904)"), "more elements than any file"),
    (GOOD.replace("(2,)", "(" + "1, " * 65 + ")"), "more than 64 dimensions"),
    (GOOD.replace("False", "Maybe"), "expected True or False"),
    (GOOD.replace("'shape'", "'form'"), "unexpected key 'form'"),
    (GOOD.replace("'shape': (2,), ", ""), "is missing"),
    (GOOD.replace(", }", ", 'shape': (2,)}"), "unexpected key 'shape'"),
    (GOOD + " x", "text after the dictionary"),
    (GOOD[:-1], "expected"),
    (GOOD.replace("'<f4'", "'<f4"), "damaged .npy header"),
    (GOOD.replace("<f4", "<f3"), "'<f3' is not known"),
    (GOOD.replace("<f4", "|f4"), "'.f4' is not known"),
    (GOOD.replace("<f4", "|S0"), "'.S0' is not known"),
    (GOOD.replace("<f4", "<U99999999999"), "is not known"),
    ("", "expected '{'"),
])
def test_damaged_headers(probe, tmp_path, text, problem):
    head = b"\x93NUMPY\x01\x00" + (len(text) + 1).to_bytes(2, "little") + text.encode() + b"\n"
    (tmp_path / "a.npy").write_bytes(head + bytes(8))
    with pytest.raises(InputError, match="a.npy: .*" + problem):
        probe("npy", tmp_path / "a.npy")


def test_every_truncation_is_refused(probe, tmp_path):
    whole = saved(np.arange(5, dtype="<f4"))
    for length in range(len(whole)):
        (tmp_path / "a.npy").write_bytes(whole[:length])
        with pytest.raises(InputError):
            probe("npy", tmp_path / "a.npy")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_reads_what_savez_writes(probe, tmp_path, save):
    rng = seeded()
    for _ in range(10):
        arrays = {name: random_array(rng, rng.choice(DTYPES)) for name in ("x", "y", "input_1", "folder/z", "\u00e9")}
        save(tmp_path / "a.npz", **arrays)
        fields = probe("npz", tmp_path / "a.npz")
        assert len(fields) == 4 * len(arrays)
        for i in range(0, len(fields), 4):
            assert_same(arrays[bytes.fromhex(fields[i]).decode()], fields[i + 1:i + 4])


def test_npz_with_another_member_is_refused(probe, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(InputError, match="a.npz: member 'readme.txt' is no .npy array"):
        probe("npz", tmp_path / "a.npz")


def savez_writes_zip64_headers():
    """False for CPython before its fix of force_zip64 (Debian 12's 3.11.2): the local header has the extra field, but not the
    version and the sizes that go with it."""
    file = io.BytesIO()
    np.savez(file, a=np.zeros(1, np.float32))
    return file.getvalue()[4:6] == b"\x2d\x00"


def random_npz(rng, probe, folder):
    """Random arrays, and the bytes of the .npz that we write of them."""
    arrays = {name: random_array(rng, "<f4", rank=2) for name in sorted(rng.sample(["index", "scores", "a", "b"], rng.randint(1, 4)))}
    words = []
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
        words += [name, folder / f"{name}.npy"]
    return arrays, bytes.fromhex(probe("npz_write", *words)[0])


@pytest.mark.skipif(not savez_writes_zip64_headers(), reason="this Python's zipfile writes wrong zip64 headers")
def test_writes_the_bytes_of_savez_with_fixed_times(probe, tmp_path, monkeypatch):
    rng = seeded()
    monkeypatch.setattr("time.localtime", lambda *_: (1980, 1, 1, 0, 0, 0, 1, 1, 0))
    for _ in range(10):
        arrays, written = random_npz(rng, probe, tmp_path)
        np.savez(tmp_path / "a.npz", **arrays)
        assert written == (tmp_path / "a.npz").read_bytes()


def test_numpy_and_zipfile_read_what_is_written(probe, tmp_path):
    rng = seeded()
    for _ in range(10):
        arrays, written = random_npz(rng, probe, tmp_path)
        with zipfile.ZipFile(io.BytesIO(written)) as archive:
            assert archive.testzip() is None
        with np.load(io.BytesIO(written)) as read:
            assert sorted(read.files) == sorted(arrays)
            for name, array in arrays.items():
                assert read[name].dtype == array.dtype and read[name].shape == array.shape
                assert read[name].tobytes() == array.tobytes()
