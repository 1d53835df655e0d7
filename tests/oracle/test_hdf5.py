"""HDF5 against h5py: data sets and attributes as Keras writes them, and what must be refused in one clear line."""

import zipfile

import h5py
import numpy as np
import pytest

from probe import ROOT, InputError, seeded

FLOATS = [order + kind for order in "<>" for kind in ("f2", "f4", "f8")]
INTEGERS = [order + kind for order in "<>" for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")]


def random_array(rng, dtype, rank=None):
    shape = tuple(rng.randint(1, 6) for _ in range(rng.randint(0, 4) if rank is None else rank))
    dtype = np.dtype(dtype)
    return np.frombuffer(rng.randbytes(int(np.prod(shape, dtype=np.int64)) * dtype.itemsize), dtype).reshape(shape)


def assert_same(array, fields):
    shape, digits = fields
    assert shape == ",".join(map(str, array.shape))
    with np.errstate(over="ignore"):
        got, wanted = np.frombuffer(bytes.fromhex(digits), "<f4"), array.astype("<f4").ravel()
    nan = np.isnan(wanted)
    assert np.array_equal(np.isnan(got), nan)
    assert got[~nan].tobytes() == wanted[~nan].tobytes()
    if array.dtype.kind == "f" and array.dtype.itemsize == 4:
        assert got.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("libver", ["earliest", "v110"])
@pytest.mark.parametrize("dtype", FLOATS + INTEGERS)
def test_data_sets(probe, tmp_path, dtype, libver):
    rng = seeded()
    options = [{}, {"chunks": True}, {"chunks": True, "compression": "gzip"},
               {"chunks": True, "compression": "gzip", "shuffle": True}, {"chunks": True, "shuffle": True}]
    for i, option in enumerate(options):
        array = random_array(rng, dtype, rank=rng.randint(1, 4))
        with h5py.File(tmp_path / "a.h5", "w", libver=(libver, "v110")) as file:
            file.create_dataset(f"layers/conv2d/vars/{i}", data=array, **option)
        assert_same(array, probe("hdf5_floats", tmp_path / "a.h5", f"layers/conv2d/vars/{i}"))
        assert_same(array, probe("hdf5_floats", tmp_path / "a.h5", f"/layers//conv2d/vars/{i}/"))


def test_scalar_and_empty(probe, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["scalar"] = np.float32(1.5)
        file["none"] = np.zeros((0, 3), "<f4")
        file["null"] = h5py.Empty("<f4")
    assert_same(np.float32(1.5), probe("hdf5_floats", tmp_path / "a.h5", "scalar"))
    assert_same(np.zeros((0, 3), "<f4"), probe("hdf5_floats", tmp_path / "a.h5", "none"))
    with pytest.raises(InputError, match="a.h5: 'null': has no shape"):
        probe("hdf5_floats", tmp_path / "a.h5", "null")


def test_bfloat16_is_opaque_with_an_attribute(probe, tmp_path):
    rng = seeded()
    bits = np.frombuffer(rng.randbytes(24), "<u2").reshape(3, 4)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=bits.view("V2")).attrs["dtype"] = "bfloat16"  # as Keras 3 does
        file.create_dataset("y", data=bits.view("V2"))
        file.create_dataset("z", data=bits.view("V2")).attrs["dtype"] = "float8"
    shape, digits = probe("hdf5_floats", tmp_path / "a.h5", "x")
    assert shape == "3,4"
    assert bytes.fromhex(digits) == (bits.astype("<u4") << 16).tobytes()
    for name in "yz":
        with pytest.raises(InputError, match=f"a.h5: '{name}': holds opaque values; expected an attribute dtype = 'bfloat16'"):
            probe("hdf5_floats", tmp_path / "a.h5", name)


def names_of(fields):
    kind, *digits = fields
    return None if kind == "none" else [bytes.fromhex(text) for text in digits]


def test_string_attributes(probe, tmp_path):
    texts = ["conv2d", "", "dense_1/kernel:0", "\u00e9\u4e2d", "x" * 3000]
    encoded = [text.encode() for text in texts]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["fixed"] = np.array(encoded)  # as Keras writes layer_names
        file.attrs["variable"] = texts
        file.attrs["variable_ascii"] = np.array([b"a", b"bc"], dtype=h5py.string_dtype("ascii"))
        file.attrs["one"] = "text"
        file.attrs["bytes"] = b"text"
        file.attrs["fixed_one"] = np.bytes_(b"text")
        file.attrs["empty_list"] = []
        file.attrs["number"] = 3
        file.attrs["null"] = h5py.Empty("S1")
        file.create_group("g").attrs["name"] = "inner"
    path = tmp_path / "a.h5"
    for name, wanted in [("fixed", encoded), ("variable", encoded), ("variable_ascii", [b"a", b"bc"]), ("one", [b"text"]),
                         ("bytes", [b"text"]), ("fixed_one", [b"text"]), ("empty_list", []), ("null", []), ("absent", None)]:
        assert names_of(probe("hdf5_strings", path, "/", name)) == wanted, name
    assert names_of(probe("hdf5_strings", path, "g", "name")) == [b"inner"]
    with pytest.raises(InputError, match="a.h5: '/': attribute 'number': is not text"):
        probe("hdf5_strings", path, "/", "number")
    with pytest.raises(InputError, match="a.h5: 'h': is not in the file"):
        probe("hdf5_strings", path, "h", "name")


def test_long_attribute_in_parts(probe, tmp_path):
    """Keras splits a list that does not fit an object header of 64 KiB: weight_names0, weight_names1, ..."""
    names = [b"layer_%06d" % i + b"_" * 60 for i in range(3000)]
    parts = np.array_split(np.array(names), 4)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for i, part in enumerate(parts):
            file.attrs[f"weight_names{i}"] = part
        file.attrs["weight_names5"] = np.array([b"behind a gap"])
    assert names_of(probe("hdf5_strings", tmp_path / "a.h5", "/", "weight_names")) == names


def test_links_other_than_hard_ones(probe, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.zeros(3, "<f4")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(3, dtype="<f4")
        file["hard"] = file["x"]
        file["soft"] = h5py.SoftLink("/x")
        file["external"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/x")
    path = tmp_path / "a.h5"
    assert_same(np.arange(3, dtype="<f4"), probe("hdf5_floats", path, "hard"))
    for name in ("soft", "external"):
        with pytest.raises(InputError, match=f"a.h5: '{name}': '{name}' is a soft or external link; that is refused"):
            probe("hdf5_floats", path, name)


def test_data_outside_of_the_file(probe, tmp_path):
    (tmp_path / "raw.bin").write_bytes(bytes(12))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (3,), "<f4", external=[(str(tmp_path / "raw.bin"), 0, 12)])
        layout = h5py.VirtualLayout((3,), "<f4")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (3,))
        file.create_virtual_dataset("v", layout)
    with pytest.raises(InputError, match="a.h5: 'x': keeps its data in another file; that is refused"):
        probe("hdf5_floats", tmp_path / "a.h5", "x")
    with pytest.raises(InputError, match="a.h5: 'v': is a view of other data sets or of an unknown layout"):
        probe("hdf5_floats", tmp_path / "a.h5", "v")


def test_what_is_no_number(probe, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["text"] = "hello"
        file["bool"] = np.array([True])
        file["complex"] = np.array([1j])
        file["struct"] = np.zeros(2, dtype=[("a", "<f4")])
        file["long"] = np.zeros(2, np.longdouble)
        file.create_group("group")
    for name in ("text", "bool", "complex", "struct", "long"):
        with pytest.raises(InputError, match=f"a.h5: '{name}': expected floats of 16, 32 or 64 bits or integers"):
            probe("hdf5_floats", tmp_path / "a.h5", name)
    with pytest.raises(InputError, match="a.h5: 'group': is not a data set"):
        probe("hdf5_floats", tmp_path / "a.h5", "group")
    for name in ("absent", "group/absent", "text/below"):
        with pytest.raises(InputError, match=f"a.h5: '{name}': is not in the file"):
            probe("hdf5_floats", tmp_path / "a.h5", name)


def test_sizes_that_are_not_there(probe, tmp_path):
    """A small file that declares far more than it holds takes no memory for it."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("never_written", (1 << 33,), "<f4")
        file.create_dataset("sparse", (1 << 33,), "<f4", chunks=(1000,))[0] = 1
        file.create_dataset("bomb", (1 << 26,), "<f4", chunks=(1 << 20,), compression="gzip")[:] = 0
        file.create_dataset("large_chunk", (3,), "<f4", chunks=(1 << 25,), maxshape=(None,), compression="gzip")[:] = 0
    for name in ("never_written", "sparse", "bomb"):
        with pytest.raises(InputError, match=f"a.h5: '{name}': declares [0-9]+ bytes, the file stores [0-9]+ for it"):
            probe("hdf5_floats", tmp_path / "a.h5", name)
    with pytest.raises(InputError, match="a.h5: 'large_chunk': declares chunks larger than its data"):
        probe("hdf5_floats", tmp_path / "a.h5", "large_chunk")


def test_filters(probe, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("lzf", data=np.zeros(1000, "<f4"), compression="lzf")
        file.create_dataset("checked", data=np.zeros(1000, "<f4"), fletcher32=True)
    for name in ("lzf", "checked"):
        with pytest.raises(InputError, match=f"a.h5: '{name}': is packed with HDF5 filter [0-9]+; expected none, gzip or shuffle"):
            probe("hdf5_floats", tmp_path / "a.h5", name)


def test_no_hdf5_file(probe, tmp_path):
    for data in (b"", b"hello", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(200)):
        (tmp_path / "a.h5").write_bytes(data)
        with pytest.raises(InputError, match="a.h5: not an HDF5 file, or a damaged or truncated one"):
            probe("hdf5_walk", tmp_path / "a.h5")


def test_every_truncation_is_refused(probe, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(30, dtype="<f4")
    whole = (tmp_path / "a.h5").read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "a.h5").write_bytes(whole[:length])
        with pytest.raises(InputError):
            probe("hdf5_walk", tmp_path / "a.h5")


FORMS = [("earliest", "v108"), ("v108", "v108"), ("v110", "v110"), ("v112", "latest")]


def walked(probe, path):
    """What the reader finds: {path of a data set: (shape, bytes of float32)}."""
    fields = probe("hdf5_walk", path)
    found = {}
    for i in range(0, len(fields) - 2, 3):
        name, shape, digits = fields[i : i + 3]
        found[name] = (shape, bytes.fromhex(digits))
    return found


def expected(file):
    found = {}
    file.visititems(lambda name, item: found.update(
        {"/" + name: (",".join(map(str, item.shape)), np.asarray(item, "<f4").tobytes())} if isinstance(item, h5py.Dataset) else {}))
    return found


# Up to eight links stand in the group's header (new form); more in a fractal heap, whose root is a direct block, then an
# indirect one, then one with indirect blocks below; its index gets levels. In the old form a B-tree lists them.
@pytest.mark.parametrize("libver", FORMS)
@pytest.mark.parametrize("count", [0, 1, 8, 9, 60, 700, 6000])
def test_groups_of_any_size(probe, tmp_path, libver, count):
    rng = seeded()
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver=libver) as file:
        group = file.create_group("layers")
        for i in range(count):
            name = f"{i:x}_" + "n" * rng.choice([1, 5, 30, 150])
            group.create_dataset(name, data=np.full(rng.randint(0, 2), i, "<f4"))
        for name in rng.sample(sorted(group), min(count, 20)):
            if rng.random() < 0.5:
                del group[name]
    with h5py.File(path) as file:
        wanted = expected(file)
    assert walked(probe, path) == wanted


@pytest.mark.parametrize("libver", FORMS)
def test_attributes_of_any_number(probe, tmp_path, libver):
    rng = seeded()
    texts = {f"name{i}": ["x" * rng.randint(0, 3000) for _ in range(rng.randint(1, 4))] for i in range(40)}
    with h5py.File(tmp_path / "a.h5", "w", libver=libver) as file:
        for name, values in texts.items():
            file.attrs[f"v_{name}"] = values
            file.attrs[f"f_{name}"] = np.array([value.encode() for value in values])
    for name, values in texts.items():
        for kind in "vf":
            assert names_of(probe("hdf5_strings", tmp_path / "a.h5", "/", f"{kind}_{name}")) == [v.encode() for v in values]


@pytest.mark.parametrize("libver", FORMS[:2])
@pytest.mark.parametrize("packed", [{}, {"compression": "gzip"}, {"compression": "gzip", "shuffle": True}])
def test_many_chunks(probe, tmp_path, libver, packed):
    array = np.frombuffer(seeded().randbytes(4 * 31 * 47 * 5), "<i4").reshape(31, 47, 5).astype("<f4")
    with h5py.File(tmp_path / "a.h5", "w", libver=libver) as file:
        file.create_dataset("x", data=array, chunks=(2, 3, 4), **packed)
    assert_same(array, probe("hdf5_floats", tmp_path / "a.h5", "x"))


def test_chunks_with_a_newer_index_are_refused(probe, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w", libver="v110") as file:
        file.create_dataset("x", data=np.zeros((9, 9), "<f4"), chunks=(2, 2))
    with pytest.raises(InputError, match="a.h5: 'x': is stored in chunks with an index of HDF5 1.10; write it with libver='earliest'"):
        probe("hdf5_floats", tmp_path / "a.h5", "x")


MODELS = sorted(path for folder in ("tests/golden", "tests/keras/files", "models") for pattern in ("*.keras", "*.h5")
                for path in (ROOT / folder).rglob(pattern))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_files_of_keras(probe, tmp_path, path):
    """Every data set and every text of the committed models, in every bit."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        content = zipfile.ZipFile(path).read("model.weights.h5")
    copy = tmp_path / "copy.h5"
    copy.write_bytes(content)
    with h5py.File(copy) as file:
        wanted, texts = expected(file), {}
        file.visititems(lambda name, item: texts.update({(name, key): value for key, value in item.attrs.items()}))
        texts.update({("/", key): value for key, value in file.attrs.items()})
    assert walked(probe, copy) == wanted
    for (name, key), value in texts.items():
        if not isinstance(value, (str, bytes, np.bytes_)) and getattr(value, "dtype", np.dtype("f4")).kind not in "SO":
            continue
        values = [value] if isinstance(value, (str, bytes)) else list(value)
        encoded = [v.encode() if isinstance(v, str) else bytes(v) for v in values]
        assert names_of(probe("hdf5_strings", copy, name, key)) == encoded, (name, key)
