#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets, FOLDER/<target>/: small valid inputs, and some that are nearly valid; and dictionaries of words
that formats hold, FOLDER/<target>.dict.  make_seeds.py FOLDER

Models, lists and pickles are those of tests/, reports are written here. Nothing but Python's standard library is used, and the same
files give the same bytes.
"""
import base64
import gzip
import hashlib
import io
import json
import pathlib
import shutil
import struct
import sys
import tarfile
import zipfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
PICKLE = sorted((TESTS / "data/pickles").glob("*.pkl"))[0]
LARGEST_MODEL = 64 << 10  # mutations of larger files seldom hit what matters
LARGEST_MODEL_RUN = 24 << 10

HEADER = "inj_id,target_layer,layer_weigths,bit_pos,n_injections,top_1_correct,top_5_correct,top_1_robust,top_5_robust,masked,non_critical,critical"
DETAILS = "inj_id,nan_images,inf_images,sdc5,sdc10pct,sdc20pct,fixed,broken,majority_class,majority_images,max_abs_logit_change,golden_value,faulty_value"


class Seeds:
    """Writes FOLDER/<target>/<name>."""

    def __init__(self, folder):
        self.folder = folder

    def add(self, target, name, content):
        path = self.folder / target / name.replace("/", "_")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def words(self, target, words):
        """The dictionary of a target: what a mutation may put in."""
        texts = {word if isinstance(word, bytes) else word.encode() for word in words}
        quoted = ["".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\x{c:02x}" for c in word) for word in sorted(texts) if 0 < len(word) <= 64]
        (self.folder / f"{target}.dict").write_text("".join(f'"{word}"\n' for word in quoted))


def json_words(value):
    """Every key and every text."""
    if isinstance(value, str):
        yield f'"{value}"'
    elif isinstance(value, list):
        for item in value:
            yield from json_words(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f'"{key}":'
            yield from json_words(item)


def lines(*rows, end="\n"):
    return "".join(row + end for row in rows)


def npy(kind, shape, data=b"", order=False, version=1):
    text = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}"
    length = struct.pack("<H" if version == 1 else "<I", 64)
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.ljust(63).encode() + b"\n" + data


def archive(members, compression=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as zipped:
        for name, content in members.items():
            zipped.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def models(seeds):
    words = {"NaN", "Infinity", "-Infinity"}
    for number, name in enumerate((TESTS / "fuzz/model_files.txt").read_text().split()):
        zipped = zipfile.ZipFile(TESTS / name)
        mark = bytes([number])
        config = zipped.read("config.json")
        words |= set(json_words(json.loads(config)))
        seeds.add("keras_config", name, mark + config)
        weights = zipped.read("model.weights.h5")
        if len(weights) <= LARGEST_MODEL:
            seeds.add("keras_weights", name, mark + weights)
    files = {path.name: path.read_bytes() for folder in ("golden", "keras/files") for path in sorted((TESTS / folder).iterdir())}
    for name in ("structures_k2.zip", "structures_k3.zip"):
        zipped = zipfile.ZipFile(TESTS / "keras" / name)
        files |= {f"{name[:-4]}_{member}": zipped.read(member) for member in zipped.namelist()}
    for name, content in files.items():
        if len(content) > LARGEST_MODEL:
            continue
        if name.endswith(".keras"):
            seeds.add("keras_file", name, content)
            if content.startswith(b"PK") and len(content) <= LARGEST_MODEL_RUN:
                seeds.add("model_run", name, content)
        elif name.endswith((".h5", ".hdf5")):
            seeds.add("h5_file", name, content)
            seeds.add("h5_structure", name, content)
    for name in ("k2_layers", "k3_layers"):  # a model of each layer class that is refused
        for number, layer in enumerate(json.loads((TESTS / f"keras/refused/{name}.json").read_text()).items()):
            words |= set(json_words(layer))
            seeds.add("json", f"{name}_{number}", json.dumps(layer))
            # In the place of the Dense layer of a model of two.
            file = f"keras/files/{name[:2]}_mixed.keras"
            model = json.loads(zipfile.ZipFile(TESTS / file).read("config.json"))
            model["config"]["layers"][1] = layer[1]
            mark = bytes([(TESTS / "fuzz/model_files.txt").read_text().split().index(file)])
            seeds.add("keras_config", f"{name}_{number}", mark + json.dumps(model).encode())
    seeds.words("keras_config", words)
    for path in sorted((TESTS / "keras/refused").glob("lambda_*.tsv")):
        for number, row in enumerate(path.read_text(encoding="utf-8").splitlines()):
            seeds.add("lambda_code", f"{path.stem}_{number}", base64.b64decode(row.split("\t")[0]))
    for name, content in {"empty": b"", "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n", "lite": b"\x1c\0\0\0TFL3",
                          "gzip": b"\x1f\x8b\x08", "json": b"{}", "page": b"<html>", "pickle": b"\x80\x02.",
                          "saved_model": archive({"m/saved_model.pb": b""}), "outer": archive({"a/m.keras": b""}),
                          "pytorch": archive({"archive/data.pkl": b""}), "sharded": archive({"config.json": b"{}", "model.weights.json": b"{}"})}.items():
        seeds.add("keras_file", f"foreign_{name}", content)
    zipped = zipfile.ZipFile(TESTS / "fuzz/hdf5.zip")  # tools/make_hdf5_seeds.py
    for name in zipped.namelist():
        for target in ("h5_file", "h5_structure"):
            seeds.add(target, name, zipped.read(name))
    hdf5 = {b"\x89HDF\r\n\x1a\n", b"TREE", b"SNOD", b"HEAP", b"GCOL", b"FRHP", b"FHDB", b"FHIB", b"BTHD", b"BTLF", b"BTIN", b"OHDR", b"OCHK", b"FADB",
            b"EAHD", b"FSHD", b"SMTB", b"\xff" * 8, "model_config", "weight_names", "layer_names", "keras_version", "backend", "vars", "layers", "kernel:0"}
    for target in ("h5_file", "h5_structure", "keras_weights"):
        seeds.words(target, hdf5)
    seeds.words("keras_file", hdf5 | {b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\7\b", "config.json", "metadata.json", "model.weights.h5"})


def lists(seeds):
    header = "Injection,Layer,TensorIndex,Bit"
    seeds.add("fault_list", "plain", lines(header, '0,conv2d,"(2, 1, 0, 7)",31', '1,conv2d_1,"(2, 1, 7, 3)",0', '7,dense,"(5, 9)",15'))
    seeds.add("fault_list", "nested", lines(header, '3,left/conv,"(0, 0, 3, 3)",3', '2,/right/inner/conv,"[0, 0, 1, 2]",30', end="\r\n"))
    seeds.add("fault_list", "sheet", "\ufeff" + lines("sep=;", "injection; layer;TensorIndex;Bit;;", '0;conv2d;"(2,1,0,7)";31;;', ";;;;;"))
    seeds.add("fault_list", "tabs", lines(header.replace(",", "\t"), "0\tdense\t(1, 2)\t4", "", '"1"\tdense\t"(1, 3,)"\t4'))
    seeds.add("fault_list", "numpy", lines(header, 'np.int64(5),dense,"(np.int64(1), np.int64(2))",np.int64(4)'))
    seeds.add("fault_list", "wrong", lines(header, '0,dense,"(1, 2)",32', '0,conv,"(1, 2)",-1', "1,dense,(1, 2),3", '2,"dense,"(9, 9)",1', "x,y"))
    seeds.add("fault_list", "reordered", lines("Layer,Injection,TensorIndex,Bit", 'dense,0,"(1, 2)",3'))
    seeds.words("fault_list", {"Injection", "Layer", "TensorIndex", "Bit", "sep=;", "\ufeff", "np.int64(", "/right/inner/conv", "left/conv", "conv2d_1", '""',
                               "9223372036854775807", "-1", "32", "\r\n", "\0"})
    for name, text in {"plain": "conv2d_8,(2, 0, 30, 3),3", "list": 'a/b,"(1, 2)",31', "list2": "dense, [ 1,2,] , 0", "numpy": "d,(np.int64(3), 4),7",
                       "not": "dense,1,2", "fraction": "dense,(1.5, 2),3", "large": "dense,(99999999999999999999, 0),3"}.items():
        seeds.add("fault_text", name, text)
    plan = {"schema": 1, "tool": "tf_injector 0.1.0", "scheme": "data-unaware", "seed": 42, "error": 0.01, "confidence": 0.99, "t": 2.58, "n": None,
            "p": 0.5, "layers": ["conv2d", "dense"], "bits": [2, 30, 31], "population": 78, "faults": 3, "strata":
            [{"layer": layer, "bit_first": bit, "bit_last": bit, "population": 18, "faults": 1, "p": 0.5, "margin": 0.5}
             for layer in ("conv2d", "dense") for bit in (2, 30, 31)], "list_sha256": "0" * 64}
    seeds.words("plan", json_words(plan))
    small = lines(header, '0,w0,"(0, 1, 2, 0)",3', '1,w0,"(2, 2, 0, 1)",31')
    hash_of = hashlib.sha256(small.encode()).hexdigest()
    for name, about in (("plan", plan | {"list_sha256": hash_of}), ("other_plan", plan), ("later_plan", {"schema": 9, "list_sha256": hash_of}), ("no_hash", {"schema": 1})):
        seeds.add("list_file", name, small + "\0" + json.dumps(about))
    seeds.add("list_file", "wrong", small.replace("w0", "w1") + "2,w9,(0),-1\n\0{")
    seeds.add("list_file", "long_line", small + '3,"' + "w" * 70000 + '","(0, 0, 0, 0)",1\n')
    seeds.words("list_file", {"Injection", "Layer", "w0", "w1", '"list_sha256": ', '"schema": ', "sep=;", "\ufeff", '""', "\r\n", "\0"})
    seeds.add("plan", "data_unaware", json.dumps(plan))
    seeds.add("plan", "other_length", json.dumps(plan | {"faults": 4}))
    seeds.add("plan", "network_wise", json.dumps(plan | {"scheme": "network-wise", "n": 3, "error": None, "strata":
                                                         [{"layer": None, "bit_first": 0, "bit_last": 31, "population": 832, "faults": 3, "p": 0.5, "margin": 1}]}))


def metadata(report, rows, state, details=None):
    text = {"schema": 2, "tool": {"name": "tf_injector", "version": "0.1.0"}, "state": state, "command_line": ["tf_injector", "-f", "list.csv"],
            "report": {"file": "r.csv", "rows": rows, "bytes": len(report), "sha256": hashlib.sha256(report).hexdigest()},
            "scores": {"mode": "none", "folder": ""}, "files": {"model": "m.keras", "data": "set.npz", "fault_list": "list.csv"},
            "keras_version": "2.14.0",
            "settings": {"model_sha256": "a" * 64, "fault_list_sha256": "b" * 64, "data_sha256": "c" * 64, "batch_size": 512, "use_tf": False,
                         "resume_from": 4, "limit": None, "output": "dense", "threshold": 0.5},
            "preprocess": {"how": "x / 255", "why": "8-bit images", "mean": [0.5, 0.25, 0.125], "std": [1, 1, 2], "resize": "pillow"},
            "images": 100, "classes": 2, "faults": 3,
            "machine": {"cpu": "a CPU", "threads": 2, "threads_source": "as asked", "tile": 16, "kernels": "avx2"},
            "layers": [{"name": "m/dense", "class": "Dense", "kernel_shape": [10, 2]}],
            "steps": [{"layer": "conv", "op": "Conv2D+relu", "kernel": "avx2:conv2d 6x16"}],
            "started": "2024-05-01T12:00:00Z", "updated": "2024-05-01T12:00:09Z", "seconds": 8.5,
            "check": {"faults": 1, "pairs": 16, "golden_images": 2, "seconds": 0.25}}
    if details is not None:
        text["details"] = {"file": "d.csv", "rows": rows, "bytes": len(details), "sha256": hashlib.sha256(details).hexdigest(),
                           "confusion": [[0, 3], [2, 0]]}
    return text


def kept_work(seeds):
    """<report>.run.part of the run in kept_work_fuzz.cpp: 4 faults, 6 images, 3 classes, no row given by the engine."""
    faults, images, classes = 4, 6, 3

    def work(areas, has_details=False, joined=False, kept=True):
        done = [(fault, image) for first, count, first_image, count_images in areas
                for fault in range(first, first + count) for image in range(first_image, first_image + count_images)]
        of_fault = [sum(one == fault for one, _ in done) for fault in range(faults)]
        tallies = b"".join(struct.pack("<6q", count, min(count, 1), count, count, count, min(count, 1)) for count in of_fault)
        details = struct.pack("<6q3i", *[0] * 9) + bytes(faults * 6 * 8 + faults * classes * 4 + faults * 8 + classes * classes * 8)
        rows = bytes(len(done)) + bytes([1] * len(done)) if kept else b""
        golden = struct.pack(f"<{classes}f", *range(classes)) * len({image for _, image in done}) if joined else b""
        head = struct.pack("<11Q", 0, faults, images, classes, classes, has_details, kept, len(rows), joined, len(areas), 0)
        return head + b"".join(struct.pack("<4Q", *area) for area in areas) + b"0" * 64 + tallies + (details if has_details else b"") + rows + golden

    for name, mark, content in (("first_images", 4, work([(0, 4, 0, 2)])), ("two_areas", 4, work([(0, 2, 0, 6), (2, 2, 1, 2)])),
                                ("details", 6, work([(0, 4, 3, 3)], has_details=True)), ("joined", 4, work([(0, 4, 0, 3)], joined=True)),
                                ("unchecked", 4, work([(1, 1, 0, 1)], kept=False)), ("other_golden", 0, work([(0, 4, 0, 2)]))):
        seeds.add("kept_work", name, bytes([mark]) + content)
    title = b"tf_injector: work on a block, 1\n"
    for name, content in (("whole", title + b"{}\n\nwork"), ("other", title + b'{"a":1}\nnote\nwork'), ("foreign", b"mine\n")):
        seeds.add("kept_work", f"file_{name}", b"\1" + content + hashlib.sha256(content).hexdigest().encode())
    seeds.add("kept_work", "file_short", b"\1" + title)
    seeds.words("kept_work", {title, *(struct.pack("<Q", number) for number in (0, 1, 2, 3, 4, 6, 1 << 20, 1 << 62)), b"\xff" * 8})
    for name, text in {"gone": "HERE-77-1\nnode3\n", "elsewhere": "0123456789abcdef-77-1234\nnode3\n", "unknown": "-77-0\n", "foreign": "mine\n"}.items():
        seeds.add("lock_file", name, "\0" + text)
    for name, text in {"own": ".tf_injector-0123456789abcdef-77-12-3.tmp", "old": ".tf_injector-77-3.tmp", "foreign": "r.csv"}.items():
        seeds.add("lock_file", f"name_{name}", "\1" + text)
    seeds.words("lock_file", {"HERE-", "-", "\n", ".tf_injector-", ".tmp", "9223372036854775807", "4294967297", "\x1b[2J"})


def reports(seeds):
    rows = ['4,conv,"(2, 0, 1, 3)",3,100,91,99,100,100,68,32,0', '7,m/dense,"(9, 1)",31,100,10,50,12,50,0,12,88',
            '8,"dense, ""x""","(0, 1)",0,100,91,99,100,100,100,0,0']
    whole = lines(HEADER, "GOLDEN,,,,100,91,99,,,,", *rows, end="\r\n")
    half = lines(HEADER, "GOLDEN,,,,100,91,99,,,,", *rows[:2], end="\r\n")
    for name, text in {"whole": whole, "torn": whole[:-9], "header": HEADER + "\r\n", "none": "", "sums": whole.replace("32,0", "31,0")}.items():
        seeds.add("report", name, text)
    details = lines(DETAILS, "4,0,0,0,0,0,0,0,,0,2.527237e-05,-0.7960762,-0.7961372", "7,1,2,50,3,4,5,6,1,12,inf,0.10166827,nan", end="\r\n")
    seeds.add("details", "whole", details)
    seeds.words("report", set(HEADER.split(",")) | {"GOLDEN,,,,", "\r\n", '""', "-1", "9223372036854775807"})
    seeds.words("details", set(DETAILS.split(",")) | {"inf", "-inf", "nan", "\r\n", "1e-45", "3.4028235e+38", "-0"})
    for state, text in (("finished", whole), ("running", half), ("running", half[:60])):
        about = metadata(text.encode(), max(text.count("\r\n") - 2, 0), state)
        for mark in ("\0", "\1", "\5"):
            seeds.add("report_open", f"{state}_{len(text)}_{ord(mark)}", mark + json.dumps(about) + "\0" + text)
    seeds.add("report_open", "more_than_recorded", "\0" + json.dumps(metadata(half.encode(), 2, "running")) + "\0" + whole)
    half_details = lines(*details.split("\r\n")[:3], end="\r\n")
    with_details = metadata(half.encode(), 2, "running", half_details.encode())
    for name, about in (("details", with_details), ("no_table", with_details | {"details": with_details["details"] | {"confusion": None}}), ("other_table", with_details | {"classes": 1, "details": with_details["details"] | {"confusion": [[1]]}})):
        for mark in ("\2", "\7"):
            seeds.add("report_open", f"{name}_{ord(mark)}", mark + json.dumps(about) + "\0" + half + "\0" + half_details)
    pending = {"rows": 3, "bytes": len(whole), "sha256": hashlib.sha256(whole.encode()).hexdigest()}
    seeds.add("report_open", "pending", "\5" + json.dumps(with_details | {"report": with_details["report"] | {"pending": pending}} | {"details": None}).replace(', "details": null', "") + "\0" + whole)
    seeds.add("report_open", "new", "\0" + json.dumps(metadata(b"", 0, "running")) + "\0")
    seeds.add("run_metadata", "plain", json.dumps(metadata(whole.encode(), 3, "finished")))
    seeds.add("run_metadata", "details", json.dumps(metadata(whole.encode(), 3, "finished", details.encode()) | {"plan": {"scheme": "network-wise"}}))
    seeds.words("run_metadata", json_words(metadata(whole.encode(), 3, "finished", details.encode())))
    old = metadata(whole.encode(), 3, "finished")
    old["settings"] |= {"mean": None, "std": [1, 2, 3], "resize": "pillow"}
    for name in ("preprocess", "layers", "check"):
        del old[name]
    seeds.add("run_metadata", "schema_1", json.dumps(old | {"schema": 1}))
    published = lines("Injection;Layer;TensorIndex;Bit;n_injections;masked;non_critical;critical", '4;conv;"(3, 1, 2, 0)";3;100;68;32;0', '7;fc;"(1, 9)";31;100;0;12;88')
    seeds.add("results", "equal", whole + "\0" + whole)
    seeds.add("results", "published", whole + "\0" + published)
    seeds.add("results", "torn", half[:-5] + "\0" + whole.replace("100,91", "100,90"))
    seeds.words("results", set(HEADER.split(",")) | {"Injection", "TensorIndex", "layer_weights", "golden", "1000000000", "\ufeff"})
    kernels = [{"name": name, "class": "Dense", "kernel_shape": shape} for name, shape in (("conv", [3, 3, 2, 4]), ("m/dense", [10, 2]), ('dense, "x"', [2, 2]))]
    all_details = details + "8,0,0,0,0,0,0,0,,0,0,0.25,0.25\r\n"
    finished = metadata(whole.encode(), 3, "finished", all_details.encode()) | {"layers": kernels}
    plan = {"schema": 1, "tool": "tf_injector 0.1.0", "scheme": "network-wise", "seed": 42, "error": 0.01, "confidence": 0.99, "t": 2.58, "n": 3, "p": 0.5,
            "layers": [kernel["name"] for kernel in kernels], "bits": list(range(32)), "population": 3072, "faults": 3, "list_sha256": "b" * 64,
            "strata": [{"layer": None, "bit_first": 0, "bit_last": 31, "population": 3072, "faults": 3, "p": 0.5, "margin": 0.5}]}
    for name, about, text in (("details", finished, all_details), ("plan", finished | {"plan": plan}, all_details),
                              ("no_layers", metadata(whole.encode(), 3, "finished"), ""), ("other_details", finished, details)):
        seeds.add("statistics", name, json.dumps(about) + "\0" + whole + "\0" + text)
    seeds.add("statistics", "no_metadata", "\0" + whole)
    seeds.add("statistics", "unfinished", json.dumps(finished | {"state": "running"}) + "\0" + half)
    seeds.words("statistics", {*json_words(finished), *json_words(plan), "GOLDEN,,,,", "\r\n", "9223372036854775807", "\0", "<script>alert"})
    other = finished | {"report": finished["report"] | {"file": "other.csv"}, "scores": {"mode": "all", "folder": "r"}}
    for name, about in (("names_all", other), ("names_none", {}), ("no_folder", other | {"scores": {}}), ("text", "x"), ("paths", other | {"report": {"file": "../../r.csv"}})):
        seeds.add("report_owner", name, json.dumps(about))
    seeds.words("report_owner", json_words(other))
    for name, line, expected in (("equal", rows[0], rows[0]), ("digit", rows[0].replace("68", "69"), rows[0]), ("short", rows[1][:20], rows[1]), ("quoted", rows[2] + ",1", rows[2])):
        seeds.add("verified_line", name, line + "\r\n\0" + expected)
    state = '{"file":"estimate state","schema":1,"model":"m","seed":"1"}\n'
    seeds.add("estimate_state", "plain", state + lines("0,0,0", "0,1,24", "3,5,7"))
    seeds.add("estimate_state", "torn", state + "0,0,0\n0,1,")
    seeds.add("estimate_state", "torn_first", state[:20])
    seeds.add("estimate_state", "other", state.replace('"1"', '"2"'))


def data_sets(seeds):
    for path in sorted((TESTS / "data/pickles").glob("*.pkl")):
        seeds.add("pickle", path.stem, path.read_bytes())
    seeds.words("pickle", {"cnumpy.core.multiarray\n_reconstruct\n", "cnumpy\nndarray\n", "cnumpy\ndtype\n", "c_codecs\nencode\n", "latin1", "labels",
                           "fine_labels", "data", b"\x80\4\x95", b"\x8c", b"\x93", b"\x94", b"R", b"b.", b"}q", b"](", b"\x85", b"\x86", b"\x87", b"\x8e"})
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
    seeds.words("npy", {b"\x93NUMPY", "'descr': ", "'fortran_order': ", "'shape': ", "True", "False", "<f4", ">i8", "|u1", "<U1", "()", "(1,)", "L", "V4"})
    seeds.words("npz", {b"PK\1\2", b"PK\3\4", b"PK\5\6", "x.npy", "y.npy", "x_test.npy", "y_test.npy", b"\x93NUMPY", "'descr': ", "'shape': "})
    images, labels = npy("|u1", (2, 2, 2, 1), b"abcdefgh"), npy("<i8", (2,), struct.pack("<qq", 3, 8))
    floats = npy("<f4", (2, 3), bytes(24))
    for name, members in {"plain": {"x.npy": images, "y.npy": labels}, "keras": {"x_test.npy": floats, "y_test.npy": labels},
                          "named": {"images.npy": floats, "y.npy": npy("|u1", (2, 1), b"\0\1")},
                          "two": {"left.npy": floats, "right.npy": images, "y.npy": labels}}.items():
        seeds.add("npz", name, archive(members))
        seeds.add("npz", name + "_deflated", archive(members, zipfile.ZIP_DEFLATED))
    ppm = b"P6\n2 3\n255\n" + image[:18]
    ground_truth = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n00000.ppm;2;3;0;0;1;1;16\r\n".encode()
    gtsrb = {"GTSRB/Final_Test/Images/00000.ppm": ppm, "GTSRB/Final_Test/Images/Readme.txt": b"x", "GT-final_test.csv": ground_truth}
    for name, number, content in (("gtsrb", 0, archive(gtsrb)), ("no_labels", 0, archive({"00000.ppm": ppm})), ("twice", 0, archive(gtsrb | {"b/00000.ppm": ppm})),
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
    for name, text in {"values": [None, True, 0, -1, 1.5, 1e300, 1 << 63, "a\u00e4\n\"", [[], {}], {"a": {"b": [1, 2]}}], "text": "x"}.items():
        seeds.add("json", name, json.dumps(text))
    seeds.add("json", "odd", ' { "a" : 1 , "a" : 2e-400 , "\\ud83d\\ude00": "\\u0000" } ')


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    seeds = Seeds(folder)
    for make in (models, lists, kept_work, reports, data_sets):
        make(seeds)


if __name__ == "__main__":
    main()
