"""Seeds of the targets that read test sets: arrays, pickles, archives, images. make_seeds.py writes them."""
import gzip
import io
import json
import pathlib
import struct
import tarfile
import zipfile

from report_seeds import lines, spoiled

TESTS = pathlib.Path(__file__).resolve().parent.parent
PICKLE = sorted((TESTS / "data/pickles").glob("*.pkl"))[0]


def npy(kind, shape, data=b"", order=False, version=1):
    text = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}"
    length = struct.pack("<H" if version == 1 else "<I", 64)
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.ljust(63).encode() + b"\n" + data


def archive(members, compression=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as zipped:
        for name, content in members.items():
            zipped.writestr(zipfile.ZipInfo(name), content, compression)
    return out.getvalue()


def pickles():
    """Operations one by one, as pickles hold them behind their beginning."""

    def text(value):
        return b"\x8c" + bytes([len(value)]) + value.encode()

    def number(value):
        return b"J" + struct.pack("<i", value)

    def contents(size, value=7):
        return b"B" + struct.pack("<I", size) + bytes([value]) * size

    def called(name, *args):
        module, function = name.rsplit(".", 1)
        return f"c{module}\n{function}\n(".encode() + b"".join(args) + b"tR"

    def dtype(code, order="|", more=b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0"):
        return called("numpy.dtype", text(code), b"K\0", b"K\1") + b"(K\3" + text(order) + more + b"tb"

    def array(code, shape, size, order="|", fortran=b"\x89", value=None):
        empty = called("numpy.core.multiarray._reconstruct", b"cnumpy\nndarray\n", b"K\0\x85", text("b"))
        return empty + b"(K\1(" + b"".join(map(number, shape)) + b"t" + dtype(code, order) + fortran + (contents(size) if value is None else value) + b"tb"

    def batch(data, labels, key="labels"):
        return b"}" + text("data") + data + b"s" + text(key) + labels + b"s."

    images = array("u1", (2, 3072), 6144)
    listed = b"](K\3K\5e"
    made = {"none": b"N.", "true": b"\x88.", "false": b"\x89.", "int": number(-5) + b".", "short": b"M\1\2.", "long0": b"\x8a\0.", "long1": b"\x8a\2\xff\xfe.",
            "long8": b"\x8a\x08" + b"\x80" * 8 + b".", "long9": b"\x8a\x09" + bytes(9) + b".", "long4": b"\x8b\2\0\0\0\1\2.",
            "double": b"G\x3f\xf0\0\0\0\0\0\0.", "str": b"U\3abc.", "bytes": b"C\3abc.", "str4": b"T\3\0\0\0abc.", "bytes4": contents(3) + b".",
            "bytes8": b"\x8e\3\0\0\0\0\0\0\0abc.", "bytearray": b"\x96\3\0\0\0\0\0\0\0abc.", "text4": b"X\3\0\0\0abc.", "text8": b"\x8d\3\0\0\0\0\0\0\0abc.",
            "tuples": b")K\1\x85K\2K\3\x86K\4K\5K\6\x87(K\1t0000N.", "list": b"]K\1a(K\2K\3e.", "dict": b"}K\1K\2s(K\3K\4u.", "pop_mark": b"N(K\1K\2" + b"1.",
            "append_to_none": b"NK\1a.", "odd_dict": b"}(K\1u.", "memo": b"Nq\5h\5\x86.", "memo4": b"Nr\5\0\0\0j\5\0\0\0\x86.", "memo_unknown": b"h\5.",
            "memoize": b"N\x94h\0\x86.", "frame": b"\x95\2\0\0\0\0\0\0\0N.", "readonly": b"C\1a\x98.", "two": b"NN.", "open_mark": b"N(.", "nothing": b".",
            "pop_nothing": b"0.", "close_nothing": b"t.", "unknown": b"\xff.", "deep": b"(" * 300, "cut": b"X\xff", "no_line": b"cnumpy",
            "stack_global": text("numpy") + text("dtype") + b"\x93.",
            "stack_global_none": b"NN\x93.", "foreign": b"cos\nsystem\n.", "call_none": b"N)R.", "call_list": b"cnumpy\ndtype\n]R.", "build_none": b"N)b.",
            "make_ndarray": b"cnumpy\nndarray\n)R.", "bytes_call": b"c__builtin__\nbytes\n)R.", "bytes_args": called("builtins.bytes", b"K\1") + b".",
            "encode": called("_codecs.encode", b"X\3\0\0\0a\xc3\xbf", text("latin1")) + b".",
            "encode_wide": called("_codecs.encode", b"X\3\0\0\0\xe2\x82\xac", text("latin1")) + b".",
            "encode_cut": called("_codecs.encode", b"X\1\0\0\0\xc3", text("latin1")) + b".",
            "encode_other": called("_codecs.encode", text("a"), text("utf8")) + b".",
            "encode_one": called("_codecs.encode", text("a")) + b".", "encode_none": called("_codecs.encode", b"N", text("latin1")) + b".",
            "encode_often": b"X\x40\0\0\0" + b"a" * 64 + b"q\1" + b"".join(b"0" + called("_codecs.encode", b"h\1", text("latin1")) for _ in range(20)) + b".",
            "dtype_text": called("numpy.dtype", text("U3")) + b".", "dtype_none": called("numpy.dtype") + b".",
            "dtype_fields": dtype("u1", more=b"NK\1NK\1K\1K\0") + b".", "dtype_short": called("numpy.dtype", text("u1")) + b"K\1\x85b.",
            "dtype_state": called("numpy.dtype", text("u1")) + b"Nb.", "dtype_order": dtype("u2", "x") + b".", "dtype_big": dtype("u2", ">") + b".",
            "scalar": called("numpy.core.multiarray.scalar", dtype("i2", ">"), contents(2, 255)) + b".",
            "scalar_u8": called("numpy.core.multiarray.scalar", dtype("u8", "<"), contents(8, 255)) + b".",
            "scalar_u4": called("numpy._core.multiarray.scalar", dtype("u4", "<"), contents(4)) + b".",
            "scalar_float": called("numpy.core.multiarray.scalar", dtype("f4", "<"), contents(4)) + b".",
            "scalar_short": called("numpy.core.multiarray.scalar", dtype("i4", "<"), contents(2)) + b".",
            "scalar_none": called("numpy.core.multiarray.scalar", b"N", contents(2)) + b".",
            "scalar_one": called("numpy.core.multiarray.scalar", dtype("i4")) + b".", "reconstruct_none": called("numpy.core.multiarray._reconstruct",
                b"NNN") + b".", "reconstruct_one": called("numpy.core.multiarray._reconstruct", b"N") + b".",
            "array_order": array("u1", (2,), 2, fortran=b"N") + b".", "array_integer_order": array("u1", (2,), 2, fortran=b"K\1") + b".",
            "array_objects": array("u1", (2,), 2, value=b"](NNe") + b".", "array_size": array("u1", (2,), 3) + b".",
            "array_large": array("u1", (1 << 30, 1 << 30, 1 << 30), 3) + b".", "array_negative": array("u1", (-1,), 3) + b".",
            "array_axes": array("u1", (1,) * 33, 1) + b".", "array_state": called("numpy.core.multiarray._reconstruct", b"cnumpy\nndarray\n", b"K\0\x85",
                text("b")) + b"K\1\x85b.", "array_list_shape": called("numpy.core.multiarray._reconstruct", b"cnumpy\nndarray\n", b"K\0\x85",
                    text("b")) + b"(K\1]" + dtype("u1") + b"\x89" + contents(0) + b"tb.",
            **{f"from_buffer_{order}": called("numpy.core.numeric._frombuffer", contents(6), dtype("u1"), b"K\2K\3\x86", text(order)) + b"." for order in ("C",
                "F", "x")}, "from_buffer_one": called("numpy._core.numeric._frombuffer", contents(6)) + b".",
            "batch": batch(images, listed), "batch_fine": batch(images, listed, "fine_labels"),
            "batch_both": b"}" + text("data") + images + b"s" + text("labels") + listed + b"s" + text("fine_labels") + listed + b"s.",
            "batch_planes": batch(array("u1", (2, 3, 32, 32), 6144), listed), "batch_fortran": batch(array("u1", (2, 3072), 6144, fortran=b"\x88"), listed),
            "batch_fortran_planes": batch(array("u1", (2, 3, 32, 32), 6144, fortran=b"\x88"), listed),
            "batch_floats": batch(array("f4", (2, 3), 24, "<"), listed), "batch_shape": batch(array("u1", (2, 3), 6), listed),
            "batch_list": batch(b"]", listed), "batch_pairs": batch(images, b"](](K\3e](K\5ee"), "batch_tuple": batch(images, b"(K\3K\5t"),
            "batch_texts": batch(images, b"](" + text("a") + text("b") + b"e"), "batch_number": batch(images, b"K\3"),
            "batch_array": batch(images, array("i8", (2,), 16, "<")), "batch_small": batch(images, array("u1", (2, 1), 2)),
            "batch_big_endian": batch(images, array("i2", (2,), 4, ">")), "batch_float_labels": batch(images, array("f4", (2,), 8, "<")),
            "batch_few": batch(images, b"](K\3e"), "batch_large": batch(images, b"](K\xffK\5e"), "batch_negative": batch(images, b"](" + number(-1) + b"K\5e"),
            "no_data": b"}" + text("labels") + listed + b"s.", "no_labels": b"}" + text("data") + images + b"s.", "list_of_pairs": b"]."}
    return made


def data_sets(seeds):
    for path in sorted((TESTS / "data/pickles").glob("*.pkl")):
        seeds.add("pickle", path.stem, path.read_bytes())
    seeds.words("pickle", {"cnumpy.core.multiarray\n_reconstruct\n", "cnumpy\nndarray\n", "cnumpy\ndtype\n", "c_codecs\nencode\n", "latin1", "labels",
                           "fine_labels", "data", b"\x80\4\x95", b"\x8c", b"\x93", b"\x94", b"R", b"b.", b"}q", b"](", b"\x85", b"\x86", b"\x87", b"\x8e"})
    for name, content in pickles().items():
        seeds.add("pickle", f"made_{name}", b"\x80\4" + content)
    image = bytes(range(256)) * 12
    records = b"\3" + image + b"\x08" + image
    seeds.add("cifar_binary", "cifar10", records)
    seeds.add("cifar_binary", "cifar100", b"\1\x63" + image)
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as tar:
            long = ("n" * 120 + "/first") if form != tarfile.USTAR_FORMAT else "a/first"
            for name, content in ((long, b"first"), ("cifar-10-batches-bin/test_batch.bin", records), ("p", b"")):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        seeds.add("tar_gz", f"tar_{form}", out.getvalue())
        seeds.add("tar_gz", f"tar_gz_{form}", gzip.compress(out.getvalue(), mtime=0))
    for kind, item in {"<f4": 4, ">f8": 8, "<f2": 2, "|u1": 1, "<i8": 8, ">i2": 2, "<u4": 4, "|b1": 1, "<U3": 12, "|S5": 5, "<c8": 8}.items():
        seeds.add("npy", f"array_{kind[1:]}", npy(kind, (2, 3), bytes(range(6 * item))))
    for name, array in {"fortran": npy("<f4", (3, 2), bytes(range(24)), True), "version2": npy("<i2", (2,), b"abcd", version=2),
                        "version3": npy("<i2", (2,), b"abcd", version=3), "scalar": npy("<f4", (), b"abcd"), "none": npy("|u1", (0, 4)),
                        "objects": npy("|O", (1,), b"N."), "large": npy("<f4", (1 << 40, 1 << 40))}.items():
        seeds.add("npy", name, array)
    for name, text in {"keys": "{'descr': '<f4', 'shape': (1,), }", "order": "{'descr': '<f4', 'fortran_order': 1, 'shape': (1,), }",
                       "type": "{'descr': 3, 'fortran_order': True, 'shape': (1,), }",
                       "fields": "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
                       "negative": "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
                       "words": "{'descr': '<f4', 'fortran_order': False, 'shape': (x,), }", "cut": "{'descr': '<f4', ",
                       "twice": "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
                       "more": "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x",
                       "long": "{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 1L), }",
                       "list": "{'descr': '<f4', 'fortran_order': False, 'shape': [1], }",
                       "escape": "{'descr': '<f\\x34', 'fortran_order': False, 'shape': (1,), }",
                       "size": "{'descr': '<f3', 'fortran_order': False, 'shape': (1,), }",
                       "kind": "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,), }",
                       "axes": "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "1," * 40 + "), }",
                       "void": "{'descr': '|V4', 'fortran_order': False, 'shape': (1,), }",
                       "overflow": "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
                       "double": '{"descr": "<f4", "fortran_order": False, "shape": (1,), }', "none": "",
                       "spaces": " { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 1 , ) } ",
                       "item": "{'descr': '<U99999999', 'fortran_order': False, 'shape': (1,), }"}.items():
        seeds.add("npy", f"header_{name}", b"\x93NUMPY\1\0" + struct.pack("<H", len(text) + 1) + text.encode() + b"\nabcd")
    for name, content in {"short": npy("<f4", (2,), b"abc"), "long": npy("|u1", (1,), b"ab"), "none": b"", "magic": b"\x93NUMPY",
                          "version9": npy("<f4", (1,), b"abcd")[:6] + b"\x09" + npy("<f4", (1,), b"abcd")[7:], "large_header": b"\x93NUMPY\2\0\xff\xff\xff\x7f",
                          "cut": npy("<f4", (1,))[:40],
                          "overflow": npy("<f8", (1 << 31, 1 << 31, 1 << 31)), "above": npy("<u8", (1,), b"\xff" * 8),
                          "big_fortran": npy(">i2", (2, 2), bytes(range(8)), True), "zero_large": npy("<f4", (0, 1 << 62, 1 << 62))}.items():
        seeds.add("npy", f"file_{name}", content)
    seeds.words("npy", {b"\x93NUMPY", "'descr': ", "'fortran_order': ", "'shape': ", "True", "False", "<f4", ">i8", "|u1", "<U1", "()", "(1,)", "L", "V4"})
    seeds.words("npz", {b"PK\1\2", b"PK\3\4", b"PK\5\6", "x.npy", "y.npy", "x_test.npy", "y_test.npy", b"\x93NUMPY", "'descr': ", "'shape': "})
    images, labels = npy("|u1", (2, 2, 2, 1), b"abcdefgh"), npy("<i8", (2,), struct.pack("<qq", 3, 8))
    floats = npy("<f4", (2, 3), bytes(24))
    for name, members in {"plain": {"x.npy": images, "y.npy": labels}, "keras": {"x_test.npy": floats, "y_test.npy": labels},
                          "named": {"images.npy": floats, "y.npy": npy("|u1", (2, 1), b"\0\1")},
                          "two": {"left.npy": floats, "right.npy": images, "y.npy": labels}}.items():
        seeds.add("npz", name, archive(members))
        seeds.add("npz", name + "_deflated", archive(members, zipfile.ZIP_DEFLATED))
    one, column, numbers = npy("|u1", (2,), b"\0\1"), npy("|u1", (2, 1), b"\0\1"), {f"a{number}.npy": floats for number in range(25)}
    for names in ("x", "y", "x_test", "y_test", "X Y", "X_test y_test", "images labels", "images y", "x y images", "data target", "arr_0 arr_1", "a b", "a",
                  "a b c", "x label", "x y x_test y_test", "x_test y_test x_train y_train", "left right", "left y", "left right labels",
                  "left other y", "left a", "right y x", "left right y x", "image", "a b y", "1x y", "a-b c-d", "x y_val", "inputs targets extra",
                  "x_val y_val"):
        seeds.add("npz", f"names_{names.replace(' ', '_')}",
                  archive({f"{name}.npy": one if name[0] in "yYtl" and name != "left" else floats for name in names.split()}))
    for name, members in {"none": {}, "foreign": {"a.txt": b"x"}, "many": numbers, "many_y": numbers | {"y.npy": one},
                          "one_label": {"a.npy": one, "b.npy": floats}, "column": {"a.npy": column, "b.npy": floats, "c.npy": floats},
                          "damaged": {"a.npy": b"x", "b.npy": b"x"}}.items():
        seeds.add("npz", f"set_{name}", archive(members))
    for number, array in enumerate([npy("<i8", (3,), bytes(24)), npy("<f4", (2,), struct.pack("<2f", 1, 2)), npy("<f4", (2,), struct.pack("<2f", 1.5, 2)),
                            npy("<f4", (2,), struct.pack("<2f", float("inf"), 2)), npy("|b1", (2,), b"\0\1"), npy("<U2", (2,), bytes(16)),
                            npy("|S2", (2,), bytes(4)), npy("<c8", (2,), bytes(16)),
                                    npy("<i8", (2,), struct.pack("<2q", -1, 1)), npy("<i8", (2,), struct.pack("<2q", -5, 1)),
                                    npy("<i8", (2,), struct.pack("<2q", 1 << 40, 1)), npy("<u8", (2,), b"\xff" * 16), npy("|u1", (2, 3), bytes(6)),
                                    npy("|u1", (1, 2), bytes(2)), npy("|u1", (), b"\0"), npy("|u1", (2, 1, 1), bytes(2)),
                                    npy("|u1", (0,)), npy("|u1", (0, 1)), npy("<u2", (2,), bytes(4)), npy("<f2", (2,), bytes(4)), npy("<f8", (2,), bytes(16)),
                                    npy("|O", (2,), b"N.")]):
        seeds.add("npz", f"labels_{number}", archive({"x.npy": floats, "y.npy": array}))
        seeds.add("npz", f"images_{number}", archive({"x.npy": array, "y.npy": one}))
    seeds.add("npz", "empty_set", archive({"x.npy": npy("<f4", (0, 3)), "y.npy": npy("|u1", (0,))}))
    ppm = b"P6\n2 3\n255\n" + image[:18]
    ground_truth = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n00000.ppm;2;3;0;0;1;1;16\r\n".encode()
    gtsrb = {"GTSRB/Final_Test/Images/00000.ppm": ppm, "GTSRB/Final_Test/Images/Readme.txt": b"x", "GT-final_test.csv": ground_truth}
    for name, number, content in (("gtsrb", 0, archive(gtsrb)), ("no_labels", 0, archive({"00000.ppm": ppm})),
                            ("twice", 0, archive(gtsrb | {"b/00000.ppm": ppm})),
                                  ("npz", 1, archive({"x.npy": images, "y.npy": labels})), ("binary", 2, records), ("pickle", 3, PICKLE.read_bytes()),
                                  ("cifar100", 4, b"\1\x63" + image), ("cifar100_pickle", 5, PICKLE.read_bytes()), ("npy", 7, images), ("text", 8, b"text"),
                                  ("pointer", 8, b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n"), ("ppm", 10, ppm)):
        seeds.add("data_file", name, bytes([number]) + content)
    seeds.words("data_file", {b"PK\1\2", b"PK\3\4", b"PK\5\6", "00000.ppm", "GT-final_test.csv", "x.npy", "y.npy", b"\x93NUMPY", "P6", "ClassId", "Filename;"})
    for name, text in {"plain": b"P6\n2 3\n255\n" + image[:18], "comments": b"P6 # a\n#b\n 3\t2 255\n" + image[:20], "short": b"P6\n9 9\n255\nabc",
                       "maximum": b"P6 1 1 65535 abcdef", "text": b"P3 1 1 255 1 2 3", "wide": b"P6 65535 1 255 abc"}.items():
        seeds.add("ppm", name, text)
    header = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId"
    rows = [f"0000{i}.ppm;53;54;6;5;48;49;{i * 21}" for i in range(3)]
    seeds.add("gtsrb_labels", "plain", lines(header, *rows, end="\r\n"))
    seeds.add("gtsrb_labels", "short", lines("ClassId;Filename", "1;00000.ppm", "43;00001.ppm", "1;00001.ppm", "1;9.ppm"))
    for number, row in enumerate(spoiled("00001.ppm;7;16", ";")):
        seeds.add("gtsrb_labels", f"row_{number}", lines("Filename;Width;ClassId", "00000.ppm;2;1", row, "00002.ppm;2;42"))
    for name, text in {"none": "", "other": "a;b\n", "header": header, "quotes": header + '\n"00000.ppm";"x', "long": header + "\n" + "x" * 66000,
                       "missing": header.replace("ClassId", "class") + "\n"}.items():
        seeds.add("gtsrb_labels", f"text_{name}", text)
    for number, text in enumerate(["P6", "P6x", "P6 ", "P6 2", "P6 2 3", "P6 0 3 255 ", "P6 2 99999999999 255 ", "P6 2 x 255 ", "P6 65536 1 255 ",
                            "P6#\n2#\n 3 255\n", "P6 #", "P6 2 3 254 abc", "P6 2 3 65536 ", "P6 00000000002 1 255 abcdef", "P6 2\t1\r255\nabcdef", "",
                            "P5 1 1 255 a"]):
        seeds.add("ppm", f"header_{number}", text)
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, kind, size in (("link", tarfile.SYMTYPE, 0), ("hard", tarfile.LNKTYPE, 0), ("folder", tarfile.DIRTYPE, 0), ("x/first", tarfile.REGTYPE, 5)):
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, size, "x/first"
            tar.addfile(member, io.BytesIO(b"first"))
    whole = whole.getvalue()
    large = tarfile.TarInfo("first")
    large.size = 3 << 30
    sparse = tarfile.TarInfo("first")
    sparse.type, sparse.size = b"S", 512
    batch = tarfile.TarInfo("cifar-10-batches-py/test_batch")
    batch.size = len(PICKLE.read_bytes())
    for name, content in {"links": whole, "cut": whole[:-1500], "header_only": whole[:512], "sum": whole[:148] + b"0000000\0" + whole[156:],
                          "large": large.tobuf(tarfile.GNU_FORMAT) + bytes(1024), "sparse": sparse.tobuf(tarfile.GNU_FORMAT) + bytes(1024),
                          "empty": bytes(1024), "none": b"", "text": b"text",
                          "pickle": batch.tobuf() + PICKLE.read_bytes() + bytes(1024), "gzip_cut": gzip.compress(whole, mtime=0)[:-30],
                          "gzip_sum": gzip.compress(whole, mtime=0)[:-8] + b"abcd\0\0\0\0", "gzip_behind": gzip.compress(whole, mtime=0) + b"xyz",
                          "gzip_text": gzip.compress(b"text", mtime=0), "gzip_other": b"\x1f\x8bx",
                          "name": whole.replace(b"x/first\0", b"x/fir\xffst"),
                          "long_header": tarfile.TarInfo("n" * 5000).tobuf(tarfile.GNU_FORMAT) + bytes(1024)}.items():
        seeds.add("tar_gz", f"made_{name}", content)
    for number, (name, content) in enumerate([(1, archive({"x.npy": images})), (2, records[:-1]), (2, b""), (2, b"\x0b" + image), (3, b"text"), (3, b""),
                            (4, b"\1\x64" + image), (5, b"\x80\4N."), (6, gzip.compress(b"text", mtime=0)), (6, b"text"), (7, b""), (8, b""), (8, archive({})),
                            (9, archive({"a.npy": images})), (10, b""),
                                              (0, archive({"GT-final_test.csv": ground_truth})),
                                              (0, archive({"00000.ppm": b"P6", "GT-final_test.csv": ground_truth})),
                                              (0, archive({"00000.ppm": ppm, "00001.ppm": ppm, "GT-final_test.csv": ground_truth})),
                                              (0, archive({"a.ppm": ppm, "GT-final_test.csv": ground_truth})), (0, archive({})), (0, b"text"),
                                              (0, archive({".00000.ppm": ppm})), (8, gzip.compress(whole, mtime=0)), (6, gzip.compress(whole, mtime=0)),
                                              (6, gzip.compress(batch.tobuf() + PICKLE.read_bytes() + bytes(1024), mtime=0))]):
        seeds.add("data_file", f"made_{number}", bytes([name]) + content)
    for name, text in {"values": [None, True, 0, -1, 1.5, 1e300, 1 << 63, "a\u00e4\n\"", [[], {}], {"a": {"b": [1, 2]}}], "text": "x"}.items():
        seeds.add("json", name, json.dumps(text))
    seeds.add("json", "odd", ' { "a" : 1 , "a" : 2e-400 , "\\ud83d\\ude00": "\\u0000" } ')
