#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets, FOLDER/<target>/: small valid inputs, and some that are nearly valid; and dictionaries of words
that formats hold, FOLDER/<target>.dict.  make_seeds.py FOLDER

Models, lists and pickles are those of tests/, reports are written here. Nothing but Python's standard library is used, and the same
files give the same bytes.
"""
import base64
import hashlib
import io
import json
import pathlib
import re
import struct
import sys
import warnings
import zipfile

sys.dont_write_bytecode = True
import data_seeds  # noqa: E402
import layer_seeds  # noqa: E402
import report_seeds  # noqa: E402
from data_seeds import archive  # noqa: E402
from report_seeds import json_words, lines, spoiled  # noqa: E402

TESTS = pathlib.Path(__file__).resolve().parent.parent
LARGEST_MODEL = 64 << 10  # mutations of larger files seldom hit what matters
LARGEST_MODEL_RUN = 24 << 10

class Seeds:
    """Writes FOLDER/<target>/<name>, where it is not there already."""

    def __init__(self, folder):
        self.folder = folder
        self.written = set()

    def add(self, target, name, content):
        self.write(self.folder / target / name.replace("/", "_"), content if isinstance(content, bytes) else content.encode())

    def write(self, path, content):
        self.written.add(path)
        if path.is_file() and path.read_bytes() == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def remove_others(self):
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in self.written:
                path.unlink()

    def words(self, target, words):
        """The dictionary of a target: what a mutation may put in."""
        texts = {word if isinstance(word, bytes) else word.encode() for word in words}
        quoted = ["".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\x{c:02x}" for c in word) for word in sorted(texts) if 0 < len(word) <= 64]
        self.write(self.folder / f"{target}.dict", "".join(f'"{word}"\n' for word in quoted).encode())


def parts_of(path):
    """The configuration and the weights of a model file, as the targets of the two take them."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        zipped = zipfile.ZipFile(path)
        return zipped.read("config.json"), zipped.read("model.weights.h5")
    text = content[re.search(rb'\{"(module|class_name)"', content).start():].decode("latin-1")
    return text[:json.JSONDecoder().raw_decode(text)[1]].encode("latin-1"), content


def declared(zipped, size):
    """An archive of one member, which says that it unpacks to so many bytes."""
    place = zipped.index(b"PK\1\2")
    return zipped[:22] + struct.pack("<I", size) + zipped[26:place + 24] + struct.pack("<I", size) + zipped[place + 28:]


def large(zipped):
    """The archive with the end records of one that is larger than 4 GiB, or has more members than 65535."""
    end = zipped.rindex(b"PK\5\6")
    members, size, place = struct.unpack("<H", zipped[end + 10:end + 12])[0], *struct.unpack("<II", zipped[end + 12:end + 20])
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, members, members, size, place)
    return zipped[:end] + record + struct.pack("<4sIQI", b"PK\6\7", 0, end, 1) + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xffff, 0xffff, 0xffffffff,
        0xffffffff, 0)


def last_declared(zipped, size):
    """The archive with another size of its last member, unpacked."""
    for signature, place in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        at = zipped.rindex(signature) + place
        zipped = zipped[:at] + struct.pack("<I", size) + zipped[at + 4:]
    return zipped


def odd_files(seeds):
    """Containers of models that are refused, or nearly."""
    zipped = zipfile.ZipFile(TESTS / "fuzz/layers.keras")
    parts = {name: zipped.read(name) for name in zipped.namelist()}
    for name, text in {"none": None, "number": b'{"keras_version": 3}', "long": b'{"keras_version": "' + b"3" * 61 + b'"}',
                       "control": b'{"keras_version": "3.\\u001b"}', "empty": b"{}", "text": b"x", "keras2": b'{"keras_version": "2.14.0"}',
                       "early": b'{"keras_version": "3.5"}'}.items():
        seeds.add("keras_file", f"metadata_{name}", archive({key: value for key, value in (parts | {"metadata.json": text}).items() if value is not None}))
    for name, text in {"none": None, "empty": b"", "text": b"x", "number": b"1", "cut": b"{", "nul": b"{}\0", "words": b'{"a": [NaN, Infinity, -Infinity]}',
                       "mark": b'{"a": "tf_injector number: NaN"}', "deep": b"[" * 200, "bytes": b'{"a": "\xff"}',
                       "twice": b'{"class_name": "Sequential", "class_name": 1}'}.items():
        seeds.add("keras_file", f"config_{name}", archive({key: value for key, value in (parts | {"config.json": text}).items() if value is not None}))
    for name, content in {"none": None, "empty": b"", "text": b"x", "zip": archive({})}.items():
        seeds.add("keras_file", f"weights_{name}", archive({key: value for key, value in (parts | {"model.weights.h5": content}).items() if value is not None}))
    seeds.add("keras_file", "sharded", archive({key: value for key, value in parts.items() if key != "model.weights.h5"} | {"model.weights.json": b"{}"}))
    for name, content in {"folder": {"m/config.json": b"{}"}, "h5_inside": {"a/m.h5": b""}, "h5_here": {"m.h5": b""},
                          "many": {f"a{number}": b"" for number in range(20)}, "none": {}, "more": {f"a{number}": b"" for number in range(1001)}}.items():
        seeds.add("keras_file", f"archive_{name}", archive(content))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        seeds.add("keras_file", f"method_{method}", archive({"config.json": b"{}"}, method))
    whole = archive(parts)
    one = archive({"config.json": b"{}"}, zipfile.ZIP_DEFLATED)
    stored = archive({"config.json": b"{}"})
    place = one.index(b"PK\1\2")
    for name, content in {"bomb": declared(one, 100 << 20), "large": declared(one, 3 << 30), "longer": declared(one, 1), "shorter": declared(one, 9),
                          "stored_other": declared(stored, 5), "encrypted": one[:6] + b"\1" + one[7:place + 8] + b"\1" + one[place + 9:],
                          "crc": one[:14] + b"abcd" + one[18:place + 16] + b"abcd" + one[place + 20:], "behind": whole + b"x", "before": b"PK\3\4" + whole,
                          "two": whole + whole, "twice": stored[:stored.index(b"PK\1\2")], "comment": whole[:-2] + b"\1\0x", "cut": whole[:-30],
                          "local": one[:30] + b"X" + one[31:], "deflate": one[:41] + b"\xff" * (place - 41) + one[place:],
                          "method": one[:8] + b"\x63" + one[9:place + 10] + b"\x63" + one[place + 11:]}.items():
        seeds.add("keras_file", f"zip_{name}", content)
    seeds.add("keras_file", "zip_large", large(whole))
    seeds.add("keras_file", "zip_large_cut", large(whole)[60:])
    seeds.add("keras_file", "zip_large_other", large(whole).replace(b"PK\6\6", b"PK\6\0"))
    order = {name: parts[name] for name in ("config.json", "metadata.json")} | {"model.weights.h5": bytes(5000)}
    seeds.add("keras_file", "weights_bomb", last_declared(archive(order, zipfile.ZIP_DEFLATED), 100 << 20))
    seeds.add("keras_config", "deep", b"\0" + b"[" * 2000)
    seeds.add("keras_config", "no_end", b'\0{"a')
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as double:
        for _ in range(2):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                double.writestr(zipfile.ZipInfo("config.json"), b"{}")
    seeds.add("keras_file", "zip_double", out.getvalue())
    h5 = (TESTS / "keras/files/k2_sequential.h5").read_bytes()
    for name, old, new in (("keras1", b"2.14.0", b"1.14.0"), ("keras3", b"2.14.0", b"3.15.1"), ("no_version", b"keras_version", b"keras_versiox"),
                           ("no_config", b"model_config", b"model_confix"), ("bad_config", b'{"class_name"', b'["class_name"'),
                           ("no_layers", b"layer_names", b"layer_namex"),
                           ("no_names", b"weight_names", b"weight_namex"), ("no_weights", b"model_weights", b"model_weightx"),
                           ("control_version", b"2.14.0", b"2.1\x1b.0"), ("other_names", b"kernel:0", b"kernal:0"),
                           ("other_layer", b'"name": "', b'"name": "x')):
        seeds.add("h5_file", f"odd_{name}", h5.replace(old, new[:len(old)]))
    old = h5.replace(b"keras_version", b"keras_versiox").replace(b'"kernel_regularizer": null', b'"W_regularizer": null'.ljust(26))
    seeds.add("h5_file", "odd_keras1_layers", old)


def legacy_configurations(config):
    """Another configuration beside the weights of a .h5 file: frozen models and layers, no names, other orders."""
    def changed(value, change):
        if isinstance(value, dict):
            return change({key: changed(item, change) for key, item in value.items()})
        return [changed(item, change) for item in value] if isinstance(value, list) else value

    def is_layer(value):
        return "class_name" in value and isinstance(value.get("config"), dict) and ("name" in value["config"] or "layers" in value["config"])

    def with_flag(flag, of_models):
        return lambda value: value | {"config": value["config"] | {"trainable": flag}} if is_layer(value) and ("layers" in value["config"]) == of_models else value

    layers = config["config"]["layers"]
    yield "frozen_models", changed(config, with_flag(False, True))
    yield "frozen_layers", changed(config, with_flag(False, False))
    yield "frozen_all", changed(changed(config, with_flag(False, False)), with_flag(False, True))
    yield "renamed", changed(config, lambda value: value | {"name": "renamed"} if value.get("name") == "conv2d" else value)
    yield "no_bias", changed(config, lambda value: value | {"use_bias": False} if "use_bias" in value else value)
    yield "list", {"class_name": "Sequential", "config": layers}
    yield "one_unnamed", {"class_name": "Sequential", "config": [{"class_name": "Sequential", "config": layers}]}
    yield "unnamed", {"class_name": "Sequential", "config": [layers[0], *({"class_name": "Sequential", "config": [row]} for row in layers[1:])]}
    yield "backwards", {"class_name": "Sequential", "config": {"name": "s", "layers": [layers[0], *layers[:0:-1]]}}


def models(seeds):
    words = {"NaN", "Infinity", "-Infinity"}
    model_files = (TESTS / "fuzz/model_files.txt").read_text().split()
    for number, name in enumerate(model_files):
        mark = bytes([number])
        config, weights = parts_of(TESTS / name)
        words |= set(json_words(json.loads(config)))
        seeds.add("keras_config", name, mark + config)
        if name.endswith(".h5"):
            for kind, other in legacy_configurations(json.loads(config)):
                seeds.add("keras_config", f"{name}_{kind}", mark + json.dumps(other).encode())
        if len(weights) <= LARGEST_MODEL:
            seeds.add("keras_weights", name, mark + weights)
    mark = bytes([model_files.index("fuzz/layers.keras")])
    for name, config in layer_seeds.configurations():
        words |= set(json_words(config))
        seeds.add("keras_config", f"layers_{name}", mark + json.dumps(config).encode())
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
            mark = bytes([model_files.index(file)])
            seeds.add("keras_config", f"{name}_{number}", mark + json.dumps(model).encode())
    seeds.words("keras_config", words)
    codes = [base64.b64decode(row.split("\t")[0]) for row in (TESTS / "keras/refused/lambda_3.8.tsv").read_text(encoding="utf-8").splitlines()[:5]]
    for number, config in enumerate(layer_seeds.old_lambdas(codes)):
        seeds.add("keras_config", f"lambda_{number}", mark + json.dumps(config).encode())
    for path in sorted((TESTS / "keras/refused").glob("lambda_*.tsv")):
        for number, row in enumerate(path.read_text(encoding="utf-8").splitlines()):
            seeds.add("lambda_code", f"{path.stem}_{number}", base64.b64decode(row.split("\t")[0]))
    for name, content in {"empty": b"", "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n",
                          "lite": b"\x1c\0\0\0TFL3",
                          "gzip": b"\x1f\x8b\x08", "json": b"{}", "page": b"<html>", "pickle": b"\x80\x02.",
                          "saved_model": archive({"m/saved_model.pb": b""}), "outer": archive({"a/m.keras": b""}),
                          "pytorch": archive({"archive/data.pkl": b""}), "sharded": archive({"config.json": b"{}", "model.weights.json": b"{}"})}.items():
        seeds.add("keras_file", f"foreign_{name}", content)
    odd_files(seeds)
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
    extended = header + ",Tensor,Model,Value,Part"
    seeds.add("fault_list", "parts", lines(extended, '0,conv2d,"(2, 1, 0, 7)",30 29,kernel,flip,,0', '0,dense,"(5, 9)",,,set,nan,1',
                                           '1,conv2d,"(0, 0, 0, 0)",0 8-15,,stuck1,,0', '2,dense,"(1, 1)",,,set,0x7fc00001,0'))
    for name, value in {"bfloat16": "0x7fc0", "float16": "0xfe01", "int8": "0x80", "all": "-3e4"}.items():
        seeds.add("fault_list", f"stored_{name}", lines(extended, '0,conv2d,"(2, 1, 0, 7)",0-7,,stuck1,,0', f'1,dense,"(5, 9)",,,set,{value},0'))
    seeds.add("fault_list", "some_columns", lines(header + ",model, PART", '4,dense,"(1, 2)",31,stuck0,', '4,dense,"(1, 3)",3-5,,1'))
    seeds.add("fault_list", "wrong_parts", lines(extended, '0,dense,"(1, 2)",3 3,bias,flop,1e99,1', '0,dense,"(1, 2)",5-3,,set,,x'))
    outputs = header + ",Tensor,Model,Value,Part,Image,Call"
    seeds.add("fault_list", "outputs", lines(outputs, '0,conv2d,"(3, 3, 1)",30,output,,,,all,', '1,conv2d,"(3, 4, 1)",30,output,stuck0,,0,17,0',
                                             '1,dense,"(39,)",,output,set,inf,1,17,', '2,dense,"(1, 1)",3,,,,,0,'))
    seeds.add("fault_list", "several_outputs", lines(outputs, '0,conv2d,"(3, 3, 1)",30,output,,,0,,', '0,dense,"(3,)",30,output,,,1,,',
                                                     '0,conv2d,"(0, 0, 1)",,output,set,nan,2,,', '0,conv2d,"(1, 0, 1)",1,output,,,3,,1'))
    seeds.add("fault_list", "wrong_outputs", lines(outputs, '0,conv2d,"(3, 4, 1)",30,output,,,,-1,2', '1,batch_normalization,"(0,)",3,output,,,,1.5,',
                                                   '2,dense,"(1, 1)",3,kernel,,,0,3,1', '3,dense,"(1,)",3,output,,,0,3,', '3,dense,"(2,)",3,output,,,1,4,x'))
    seeds.add("fault_list", "reordered", lines("Layer,Injection,TensorIndex,Bit", 'dense,0,"(1, 2)",3'))
    for number, row in enumerate(spoiled("7;dense;INDEX;15", ";")):
        seeds.add("fault_list", f"row_{number}", lines(header.replace(",", ";"), '1;dense;"(5, 9)";3', row.replace("INDEX", "(5, 9)")))
    for number, index in enumerate(["(5, 9)", "[5, 9]", "(5,9,)", "5, 9", "()", "(5)", "(5, -1)", "(6, 9)", "(5, 9", "(5 9)", "(5, 9))", "(a, 9)", "(5.0, 9)",
                            "(np.int64(5), np.int32(9))", "(np.int64(5, 9)", "(99999999999999999999, 0)", "(5, , 9)", " ( 5 , 9 ) ", "(5, 9) x", "(1, 2, 3, 4)",
                            "", "(05, 9)", "(+5, 9)", "np.array([5, 9])",
                                    "(np.int64(5), 9)x", "((5, 9))", "(5, 9,,)", "tuple(5, 9)", "(5L, 9)"]):
        seeds.add("fault_list", f"index_{number}", lines(header, f'1,dense,"{index}",3'))
        seeds.add("fault_text", f"index_{number}", f"dense,{index},3")
    for number, text in enumerate(["", "\n", header, header + "\n\n", "#a\n", "index," + header + '\n0,1,dense,"(5, 9)",3\n',
                            header + ",more\n" + '1,dense,"(5, 9)",3,x\n', '1,dense,"(5, 9)",3\n', "sep=|\n", 'sep=";"\n',
                            '"sep=;"\n' + header.replace(",", ";"), "sep=\t\n" + header, f'"{header}"\n', "a,b\n", "Bit,Layer,TensorIndex,Injection\n",
                                   header + '\n1,dense,"(5, 9)\n', header + '\n1,den"se,x\n', header + "\r1,dense\r", header + "\n1,dense\0,3\n",
                                   header + '\n1,"dense"x,3\n', header + '\n1,"de""nse","(5, 9)",3\n', header + "\n1,conv,\"(0, 0, 0, 0)\",3\n",
                                   header + "\n1,batch_normalization,(0),3\n", header + "\n1,conv2d_2,\"(0, 0, 0, 0)\",3\n",
                                   header + "\n1,/left/conv,\"(0, 0, 0, 0)\",3\n", header + "\n1,x/conv,\"(0, 0, 0, 0)\",3\n",
                                   header + "\n" + "x" * 70000 + "\n", header.upper() + '\n1,dense,"(5, 9)",3\n', header + "\n" + '1,dense,"(5, 9)",3\n' * 2]):
        seeds.add("fault_list", f"text_{number}", text)
    for number, text in enumerate(["", "dense", "dense(1),2", ",(1),2", "dense,(1)3", "dense,(1),", "dense,(1),x", "dense,(1),32", "dense,(1),-1",
                            '"dense",(1),3', 'dense,"(1)","3', "dense,)1(,3", "dense,(1),3.0", "dense, (1) , 31 "]):
        seeds.add("fault_text", f"text_{number}", text)
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
    for name, about in (("plan", plan | {"list_sha256": hash_of}), ("other_plan", plan), ("later_plan", {"schema": 9, "list_sha256": hash_of}),
                        ("no_hash", {"schema": 1})):
        seeds.add("list_file", name, small + "\0" + json.dumps(about))
    seeds.add("list_file", "wrong", small.replace("w0", "w1") + "2,w9,(0),-1\n\0{")
    seeds.add("list_file", "long_line", small + '3,"' + "w" * 70000 + '","(0, 0, 0, 0)",1\n')
    seeds.words("list_file", {"Injection", "Layer", "w0", "w1", '"list_sha256": ', '"schema": ', "sep=;", "\ufeff", '""', "\r\n", "\0"})
    seeds.add("plan", "data_unaware", json.dumps(plan))
    seeds.add("plan", "other_length", json.dumps(plan | {"faults": 4}))
    for number, changes in enumerate([{"bits": [2, 30]}, {"bits": [32]}, {"bits": ["x"]}, {"layers": ["conv2d"]}, {"layers": ["conv2d", "other"]},
                            {"layers": [1]}, {"strata": plan["strata"][:3]}, {"strata": [{}]}, {"strata": plan["strata"][:1]}, {"n": 3, "error": None},
                            {"error": None}, {"error": 0}, {"error": 1},
                                      {"confidence": 2}, {"confidence": None}, {"seed": -1}, {"seed": "x"}, {"seed": 1 << 63}, {"scheme": 1}, {"faults": "x"},
                                      {"strata": None}]):
        seeds.add("plan", f"changed_{number}", json.dumps(plan | changes))
    for name, text in {"none": "", "text": "x", "list": "[]"}.items():
        seeds.add("plan", name, text)
    seeds.add("plan", "network_wise", json.dumps(plan | {"scheme": "network-wise", "n": 3, "error": None, "strata":
                                                         [{"layer": None, "bit_first": 0, "bit_last": 31, "population": 832, "faults": 3, "p": 0.5,
                                                           "margin": 1}]}))


def config_files(seeds):
    seeds.add("toml", "campaign", '\ufeff# of run\nmodel = "a \\"b\\" \\u00e9.keras"\r\n\'data\' = \'c\\d\'\nthreads = 1_0 # ten\nmean = [\n0.5, -1e-3,\n+2,]\nquiet = true\n')
    for number, text in enumerate(["[run]\na = 1", "a.b = 1", "a = {}", "a = [[1]]", 'a = """b"""', "a = 1\na = 2", 'a = "\\uD800"', "a = 01", "a = 1979-05-27", "a"]):
        seeds.add("toml", f"refused_{number}", text)
    seeds.words("toml", {'"', "'", '"""', "\\u0041", "\\U0001F600", "\ufeff", "true", "false", " = ", "[", "]", "#", "\r\n", "1e-3", "+", "_", "\0"})


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    seeds = Seeds(folder)
    for make in (models, lists, config_files, report_seeds.kept_work, report_seeds.slices, report_seeds.reports, data_seeds.data_sets):
        make(seeds)
    seeds.remove_others()


if __name__ == "__main__":
    main()
