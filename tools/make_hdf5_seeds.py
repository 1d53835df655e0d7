#!/usr/bin/env python3
"""Writes tests/fuzz/hdf5.zip: small HDF5 files of every form that the reader knows or refuses, as h5py writes them; and layers.keras
beside it: a model of all layers that have weights (tests/fuzz/layer_seeds.py). Seeds of the fuzz targets.  make_hdf5_seeds.py [FOLDER]"""
import io
import json
import pathlib
import sys
import tempfile
import zipfile

import h5py
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests/fuzz"
sys.dont_write_bytecode = True
sys.path.insert(0, str(FOLDER))
import layer_seeds  # noqa: E402

# The weights of the layers of layer_seeds.weighted(), by the names of their groups, for an input (6, 6, 4).
WEIGHTS = {"conv2d": [(2, 2, 4, 3), (3,)], "dense": [(4, 3), (3,)], "depthwise_conv2d": [(2, 2, 4, 2), (8,)], "separable_conv2d": [(2, 2, 4, 2), (1, 1, 8, 3), (3,)],
           "batch_normalization": [(4,)] * 4, "layer_normalization": [(4,)] * 2, "normalization": [(4,), (4,), ()], "layer_scale": [(4,)], "p_re_lu": [(1, 1, 4)]}
FORMS = {"old": ("earliest", "v110"), "v108": ("v108", "v110"), "v110": ("v110", "v110")}
NUMBERS = ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8", "<i1", "<i2", "<i4", "<i8", "<u1", "<u2", "<u4", "<u8", ">i2", ">u4", ">i8"]


def some(kind="<f4", *shape):
    return np.arange(1, 1 + int(np.prod(shape or (3,)))).reshape(shape or (3,)).astype(kind)


def types(file):
    for kind in NUMBERS:
        file[kind.replace("<", "l").replace(">", "b")] = some(kind)
    file.create_dataset("bfloat16", data=some("<u2").view("V2")).attrs["dtype"] = "bfloat16"
    file.create_dataset("opaque", data=some("<u2").view("V2"))
    file.create_dataset("float8", data=some("<u2").view("V2")).attrs["dtype"] = "float8"
    file["text"] = np.array([b"a", b"bc"])
    file["any_text"] = ["a", "bc"]
    file["compound"] = np.zeros(2, [("x", "<f4"), ("y", "<i4")])
    file.create_dataset("enum", (2,), h5py.enum_dtype({"a": 0, "b": 1}))
    file.create_dataset("many", (2,), h5py.vlen_dtype("<f4"))
    file["scalar"], file["none"], file["null"] = np.float32(1.5), np.zeros((0, 3), "<f4"), h5py.Empty("<f4")


def named_type(file):
    file["type"] = np.dtype("<f4")
    file.create_dataset("x", (3,), file["type"])
    file.attrs.create("weight_names", np.array([b"a"]), dtype=None)
    file["text"] = np.dtype("S3")
    file.attrs.create("layer_names", np.array([b"abc"]), dtype=file["text"])


def chunks(file):
    file.create_dataset("plain", data=some("<f4", 5, 3), chunks=(2, 2))
    file.create_dataset("gzip", data=some("<f4", 9), chunks=(9,), compression="gzip")
    file.create_dataset("shuffled", data=some("<f4", 8), chunks=(4,), compression="gzip", shuffle=True)
    file.create_dataset("shuffle", data=some("<f8", 4), chunks=(4,), shuffle=True)
    file.create_dataset("sum", data=some("<f4", 4), chunks=(2,), fletcher32=True)
    file.create_dataset("lzf", data=some("<f4", 4), chunks=(2,), compression="lzf")
    file.create_dataset("unwritten", (6,), "<f4", chunks=(3,))
    file.create_dataset("growing", data=some("<f4", 4), chunks=(2,), maxshape=(None,))
    file.create_dataset("growing2", data=some("<f4", 2, 2), chunks=(2, 2), maxshape=(None, None))
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_chunk((4,))
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    h5py.h5d.create(file.id, b"early", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((8,)), early)


def many_chunks(file):
    file.create_dataset("x", data=some("<i1", 70), chunks=(1,))


def layouts(file):
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((3,)), compact).write(h5py.h5s.ALL, h5py.h5s.ALL, some())
    file.create_dataset("contiguous", data=some())
    file.create_dataset("unwritten", (3,), "<f4")
    file.create_dataset("elsewhere", (3,), "<f4", external=[("raw.bin", 0, 12)])
    layout = h5py.VirtualLayout((3,), "<f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (3,))
    file.create_virtual_dataset("view", layout)


def links(file):
    file["x"] = some()
    file["hard"], file["soft"], file["external"] = file["x"], h5py.SoftLink("/x"), h5py.ExternalLink("other.h5", "/x")
    file["group/inner/y"] = some()
    file["group/up"] = file["/"]


def many_links(file):
    """An index of two levels and a heap with an indirect block."""
    file["x"] = some()
    for number in range(90):
        file[f"a_name_that_takes_room_{number}"] = file["x"]


def many_members(file):
    """A tree of two levels, of leaves of eight members."""
    file["x"] = some()
    for number in range(290):
        file[f"m{number}"] = file["x"]


def ordered(file):
    group = file.create_group("g", track_order=True)
    for number in range(3):
        group[f"m{number}"] = some("<i1", 1)
        group.attrs[f"a{number}"] = "x"
    group = file.create_group("many", track_order=True)
    for number in range(12):
        group[f"m{number}"] = group.file["g/m0"]
        group.attrs[f"a{number}"] = "x"


def attributes(file):
    file.attrs["layer_names"] = np.array([b"conv2d", b"", b"dense_1"])
    file.attrs["weight_names0"], file.attrs["weight_names1"] = np.array([b"a:0"]), np.array([b"b:0"])
    file.attrs["dtype"] = "any length"
    for padding, name in ((h5py.h5t.STR_NULLTERM, b"term"), (h5py.h5t.STR_NULLPAD, b"pad"), (h5py.h5t.STR_SPACEPAD, b"space")):
        kind = h5py.h5t.C_S1.copy()
        kind.set_size(6)
        kind.set_strpad(padding)
        group = file.create_group(name)
        h5py.h5a.create(group.id, b"dtype", kind, h5py.h5s.create(h5py.h5s.SCALAR)).write(np.array(b"abc", "S6"))
    for name, value in {"empty": [], "number": 3, "null": h5py.Empty("S1"), "texts": ["a", "bc", ""], "two": ["a", "b"]}.items():
        group = file.create_group(name)
        group.attrs["layer_names"], group.attrs["dtype"] = value, value


def many_attributes(file):
    """More than eight, and one that does not fit into a block of their heap."""
    for number in range(12):
        file.attrs[f"a{number}"] = "x" * number
    file.attrs["layer_names"] = np.array([b"n" * 60] * 100)
    group = file.create_group("g")
    for number in range(60):
        group.attrs[f"a_name_that_takes_room_{number}"] = "y"
    group.attrs["weight_names"] = np.array([b"kernel:0", b"bias:0"])


def continued(file):
    """What is added later stands in another part of the header."""
    first, second = file.create_group("a"), file.create_group("b")
    for number in range(6):
        first.attrs[f"a{number}"] = "x" * 40
        second.attrs[f"b{number}"] = "y" * 40
        first[f"m{number}"] = some("<i1", 1)


def write(folder):
    made = {"types": types, "named_type": named_type, "chunks": chunks, "many_chunks": many_chunks, "layouts": layouts, "links": links,
            "many_links": many_links, "ordered": ordered, "attributes": attributes, "many_attributes": many_attributes, "continued": continued}
    for form, versions in FORMS.items():
        for name, make in made.items():
            if form == "v110" and "chunks" not in name:
                continue  # the same as the form before
            if form == "old" and name == "many_links":
                name, make = "many_members", many_members
            with h5py.File(folder / f"{name}_{form}.h5", "w", libver=versions) as file:
                make(file)
    with h5py.File(folder / "user_block.h5", "w", userblock_size=512) as file:
        file["x"] = some()
    with h5py.File(folder / "times.h5", "w", libver=FORMS["v108"]) as file:
        file.create_dataset("x", data=some(), track_times=True)


def layers_model():
    """The bytes of layers.keras."""
    weights = io.BytesIO()
    with h5py.File(weights, "w", libver=FORMS["old"]) as file:
        for group, shapes in WEIGHTS.items():
            for number, shape in enumerate(shapes):
                file[f"layers/{group}/vars/{number}"] = some("<f4", *shape) if shape else np.float32(3)
    rows = layer_seeds.weighted(keras3=True)
    members = {"metadata.json": json.dumps({"keras_version": "3.15.1"}).encode(), "model.weights.h5": weights.getvalue(),
               "config.json": json.dumps(layer_seeds.model(list(rows.values()), "3.15.1")).encode()}
    return zipped(members)


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def main(target):
    with tempfile.TemporaryDirectory() as folder:
        write(pathlib.Path(folder))
        (target / "hdf5.zip").write_bytes(zipped({file.name: file.read_bytes() for file in sorted(pathlib.Path(folder).glob("*.h5"))}))
    (target / "layers.keras").write_bytes(layers_model())


if __name__ == "__main__":
    if len(sys.argv) > 2 or sys.argv[1:2] == ["--help"]:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) == 2 else FOLDER)
