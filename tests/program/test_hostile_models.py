"""Model files that are made to hurt: each ends with exit code 3 and one line, within 256 MiB, and nothing but the file is
opened and no socket (seen through strace where there is one).
"""

import io
import json
import os
import pathlib
import re
import resource
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib

import h5py
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TFI_PROGRAM", ROOT / "build/release/tf_injector"))
FILES = ROOT / "tests/keras/files"
GOOD = zipfile.ZipFile(FILES / "k2_sequential.keras")
MEMBERS = {name: GOOD.read(name) for name in GOOD.namelist()}
CONFIG = json.loads(MEMBERS["config.json"])
SECONDS = 60  # what a hang is; how long a refusal takes is measured where nothing else runs
LIMIT_KIB = 256 << 10


def packed(members, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def model(**changed):
    """The good model with some members in place of its own."""
    members = dict(MEMBERS)
    for name, content in changed.items():
        members[{"config": "config.json", "metadata": "metadata.json", "weights": "model.weights.h5"}[name]] = content
    return packed(members.items())


def with_config(change):
    config = json.loads(json.dumps(CONFIG))
    change(config)
    return model(config=json.dumps(config))


def functional(layers, inputs=(("i", 0, 0),), outputs=(("i", 0, 0),), shape=(None, 4)):
    first = {"class_name": "InputLayer", "name": "i", "config": {"name": "i", "batch_input_shape": list(shape)}, "inbound_nodes": []}
    return {"class_name": "Functional", "config": {"name": "m", "layers": [first, *layers], "input_layers": [list(t) for t in inputs],
                                                   "output_layers": [list(t) for t in outputs]}}


def layer(name, class_name, source, config=None, kwargs=None, **more):
    return {"class_name": class_name, "name": name, "config": {"name": name, **(config or {})},
            "inbound_nodes": [[[source, 0, 0, kwargs or {}]]], **more}


def of_layers(*layers, **more):
    return model(config=json.dumps(functional(layers, outputs=((layers[-1]["name"], 0, 0),), **more)))


def lambda_op(function, **kwargs):
    return of_layers(layer("o", "TFOpLambda", "i", {"function": function}, kwargs))


def h5(fill):
    out = io.BytesIO()
    with h5py.File(out, "w", libver=("earliest", "v110")) as file:
        fill(file)
    return out.getvalue()


def weights_with(change):
    """The good weights with the first kernel replaced by what `change(file, path)` puts there."""
    def fill(file):
        with h5py.File(io.BytesIO(MEMBERS["model.weights.h5"])) as good:
            for name in good:
                good.copy(name, file)
        paths = []
        file.visititems(lambda name, item: paths.append(name) if isinstance(item, h5py.Dataset) else None)
        path = sorted(paths)[0]
        del file[path]
        change(file, path)
    return model(weights=h5(fill))


def patched(content, old, new, count=1):
    assert old in content
    return content.replace(old, new, count)


def end_record(entries, size, offset):
    return b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, entries, entries, size, offset, 0)


def local(name, content, crc=None, size=None):
    crc = zlib.crc32(content) if crc is None else crc
    return b"PK\3\4" + struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, crc, len(content), size or len(content), len(name), 0) + name + content


def central(name, content, offset, crc=None, size=None, extra=b""):
    crc = zlib.crc32(content) if crc is None else crc
    stored = 0xFFFFFFFF if extra else len(content)
    return b"PK\1\2" + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 33, crc, stored, 0xFFFFFFFF if extra else (size or len(content)),
                                   len(name), len(extra), 0, 0, 0, 0, offset) + name + extra


def by_hand(entries, directory):
    body = b"".join(entries)
    listed = b"".join(directory)
    return body + listed + end_record(len(directory), len(listed), len(body))


def commented(content):
    """An archive whose comment ends as an archive does."""
    end = content[-22:]
    return content[:-2] + struct.pack("<H", len(end)) + end


def overlapping():
    """Two members whose bytes are the same ones."""
    content = MEMBERS["config.json"]
    first = local(b"config.json", content)
    return by_hand([first], [central(b"config.json", content, 0), central(b"model.weights.h5", content, 0)])


def zip64_lies():
    content = MEMBERS["config.json"]
    extra = struct.pack("<HHQQ", 1, 16, 1 << 62, 1 << 62)
    return by_hand([local(b"config.json", content)], [central(b"config.json", content, 0, extra=extra)])


def directory_differs():
    content = MEMBERS["config.json"]
    return by_hand([local(b"other.json", content)], [central(b"config.json", content, 0)])


def h5_cycle(_):
    """A group that holds itself, and one more that holds the first."""
    def fill(file):
        group = file.create_group("_layer_checkpoint_dependencies")
        group["conv2d"] = group
        group["loop"] = file["/"]
    return model(weights=h5(fill))


def tree_cycle(_):
    """The B-tree of a group is its own child: the address of its first leaf is that of the node."""
    content = bytearray(MEMBERS["model.weights.h5"])
    at = content.find(b"TREE")
    while at >= 0:
        content[at + 5] = 1  # a level above leaves
        content[at + 32 : at + 40] = struct.pack("<Q", at)
        at = content.find(b"TREE", at + 4)
    return model(weights=bytes(content))


def repeated_texts(_):
    """A list of texts in which every reference names the same large one."""
    def fill(file):
        file.attrs["model_config"] = json.dumps(CONFIG)
        file.attrs["keras_version"] = "2.14.0"
        group = file.create_group("model_weights")
        for entry in CONFIG["config"]["layers"]:
            group.create_group(entry["config"]["name"]).attrs["weight_names"] = ["x" * 60000] + ["y"] * 3000
    content = h5(fill)
    large = re.search(re.escape(struct.pack("<I", 60000)) + rb".{5}\0{3}.{2}\0\0", content, re.DOTALL)[0]
    return re.sub(re.escape(struct.pack("<I", 1)) + rb".{5}\0{3}.{2}\0\0", lambda _: large, content, flags=re.DOTALL)


def doubling(levels=40):
    config = functional([])
    for _ in range(levels):
        inner = {**config, "name": "m", "inbound_nodes": [[["i", 0, 0, {}]], [["m", 1, 0, {}]]]}
        config = functional([inner], outputs=(("m", 2, 0),))
    return model(config=json.dumps(config))


def chain(count, config=None):
    layers, last = [], "i"
    for i in range(count):
        layers.append(layer(f"r{i}", "ReLU", last))
        last = f"r{i}"
    return of_layers(*layers)


def cyclic():
    a, b = layer("a", "ReLU", "b"), layer("b", "ReLU", "a")
    return of_layers(a, b)


def first_layer(key, value):
    def change(config):
        config["config"]["layers"][1]["config"][key] = value
    return with_config(change)


CASES = {
    "bomb of brackets": lambda _: model(config=b"[" + b"[]," * 20_000_000 + b"[]]"),
    "brackets below the size limit": lambda _: model(config=b"[" + b"[]," * 10_000_000 + b"[]]"),
    "brackets below the number of values": lambda _: model(config=b"[" + b"[]," * 499_990 + b"[]]"),
    "one long string": lambda _: model(config=b'"' + b"x" * 33_000_000 + b'"'),
    "escapes": lambda _: model(config=b'["' + b"\\u00e9" * 5_000_000 + b'"]'),
    "an object of many keys": lambda _: model(config=json.dumps({str(i): i for i in range(400_000)})),
    "json a million deep": lambda _: model(config=b"[" * 1_000_000),
    "objects a million deep": lambda _: model(config=b'{"a":' * 1_000_000),
    "text behind the json": lambda _: model(config=MEMBERS["config.json"] + b"{}"),
    "a NUL behind the json": lambda _: model(config=MEMBERS["config.json"] + b"\0 and more"),
    "text behind the metadata": lambda _: model(metadata=MEMBERS["metadata.json"] + b"\0x"),
    "a key twice": lambda _: model(config=patched(MEMBERS["config.json"], b'{"module"', b'{"module": "os", "module"')),
    "no UTF-8": lambda _: model(config=patched(MEMBERS["config.json"], b'"conv2d"', b'"conv\xff2d"', 5)),
    "a huge integer": lambda _: first_layer("filters", 10**30),
    "a negative size": lambda _: first_layer("filters", -(2**63)),
    "a NUL in a name": lambda _: first_layer("name", "a\0b"),
    "an escape sequence in a name": lambda _: first_layer("name", "\x1b]0;x\x07"),
    "a line end in a name": lambda _: first_layer("name", "a\nerror: b"),
    "a mark of direction in a name": lambda _: first_layer("name", "a\u202eb"),
    "a name of a megabyte": lambda _: first_layer("name", "n" * 1_000_000),
    "a hundred thousand layers": lambda _: chain(100_000),
    "thirty thousand layers": lambda _: chain(30_000),
    "models that double": lambda _: doubling(),
    "a cycle of layers": lambda _: cyclic(),
    "a node that is not": lambda _: of_layers({**layer("r", "ReLU", "i"), "inbound_nodes": [[["i", 10**9, 0, {}]]]}),
    "unstack of two thousand million": lambda _: model(config=json.dumps(functional(
        [layer("o", "TFOpLambda", "i", {"function": "unstack"}, {"axis": 1})], shape=(None, 2**31), outputs=(("o", 0, 0),)))),
    "reshape to many axes": lambda _: lambda_op("reshape", shape=[-1] + [1] * 3000),
    "Lambda": lambda _: of_layers(layer("l", "Lambda", "i", {"function": ["4wEAAAA=", None, None], "function_type": "lambda"})),
    "Lambda of Keras 3": lambda _: of_layers(layer("l", "Lambda", "i", {"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}})),
    "tf.io.read_file": lambda _: lambda_op("io.read_file", filename="/etc/passwd"),
    "tf.io.write_file": lambda _: lambda_op("io.write_file", filename="/tmp/owned", contents="x"),
    "any function of any module": lambda _: of_layers(layer("l", "function", "i", {"name": "system"}, module="os", registered_name="system")),
    "StringLookup with a file": lambda _: of_layers(layer("l", "StringLookup", "i", {"vocabulary": "/etc/passwd"})),
    "TextVectorization with an address": lambda _: of_layers(layer("l", "TextVectorization", "i", {"vocabulary": "http://127.0.0.1:9/x"})),
    "unsafe deserialization": lambda _: of_layers(layer("l", "Dense", "i", {"units": 1, "activation": {
        "class_name": "function", "module": "keras.config", "config": "enable_unsafe_deserialization"}})),
    "a zip bomb": lambda _: model(weights=bytes(1 << 29)),
    "weights of zeros": lambda _: model(weights=bytes(60 << 20)),
    "two members of one name": lambda _: packed([*MEMBERS.items(), ("config.json", b"{}")]),
    "../ in a name": lambda _: packed([("../config.json", MEMBERS["config.json"]), ("../model.weights.h5", MEMBERS["model.weights.h5"])]),
    "two hundred thousand members": lambda _: packed([*MEMBERS.items(), *((f"x{i}", b"") for i in range(200_000))]),
    "overlapping members": lambda _: overlapping(),
    "central and local header differ": lambda _: directory_differs(),
    "ZIP64 lies": lambda _: zip64_lies(),
    "more entries than there are": lambda _: model()[:-22] + end_record(65535, 200, 0),
    "two archives in one file": lambda _: model() + model(),
    "an archive behind another of its size": lambda _: of_layers(layer("a", "ReLU", "i")) + of_layers(layer("b", "ReLU", "i")),
    "bytes in front": lambda _: b"PK\3\4" + bytes(60) + model(),
    "bytes behind": lambda _: model() + b"x",
    "a comment that is an archive": lambda _: commented(model()),
    "encrypted": lambda _: patched(model(), b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\1\0"),
    "a group inside itself": h5_cycle,
    "a B-tree inside itself": tree_cycle,
    "a text that is named again and again": repeated_texts,
    "a data set without end": lambda _: weights_with(lambda file, path: file.create_dataset(path, (1 << 40,), "<f4")),
    "a shape that overflows": lambda _: model(weights=h5(lambda file: file.create_dataset(
        "_layer_checkpoint_dependencies/conv2d/vars/0", (1 << 31, 1 << 31, 1 << 31), "<f4", chunks=(1, 1, 1)))),
    "chunks that unpack to gigabytes": lambda _: weights_with(lambda file, path: file.create_dataset(
        path, (1 << 26,), "<f4", chunks=(1 << 20,), compression="gzip").write_direct(np.zeros(1 << 26, "<f4"))),
    "a soft link": lambda _: weights_with(lambda file, path: file.__setitem__(path, h5py.SoftLink("/x"))),
    "an external link": lambda folder: weights_with(lambda file, path: file.__setitem__(path, h5py.ExternalLink(str(folder / "other.h5"), "/x"))),
    "data in another file": lambda folder: weights_with(lambda file, path: file.create_dataset(
        path, (3, 3, 2, 3), "<f4", external=[(str(folder / "raw.bin"), 0, 216)])),
    "a virtual data set": lambda folder: weights_with(lambda file, path: virtual(file, path, folder)),
}


def virtual(file, path, folder):
    layout = h5py.VirtualLayout((3, 3, 2, 3), "<f4")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "x", (3, 3, 2, 3))
    file.create_virtual_dataset(path, layout)


def can_trace():
    return shutil.which("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL).returncode == 0


TRACED = can_trace()


def limit_memory():
    """A failure of these tests must not take the machine along. (A sanitizer maps far more than it uses.)"""
    if "TFI_PROGRAM" not in os.environ:
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))


def run(path, trace):
    """Exit code, standard output, standard error, peak memory in KiB."""
    command = [str(PROGRAM), "inspect", str(path)]
    if trace:
        command = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=%file,%network", *command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limit_memory) as process:
        out, err = process.communicate(timeout=SECONDS)
        return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")


MEASURE = """
import os, sys
null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
print(os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], dict(os.environ), file_actions=null), 0)[2].ru_maxrss)
"""


def peak_kib(path):
    """What the kernel counts. It begins with what the parent has: so that is a small process."""
    command = [sys.executable, "-c", MEASURE, str(PROGRAM), "inspect", str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, timeout=SECONDS, preexec_fn=limit_memory).stdout)


def calls(trace):
    """The files that calls name, and calls that have to do with the network."""
    files, network = set(), []
    for line in trace.read_text(errors="replace").splitlines():
        call = re.match(r"(?:\d+ +)?(\w+)\((.*)", line)
        if call and call[1] in ("socket", "connect", "bind", "sendto", "sendmsg"):
            network.append(line)
        elif call:
            files.update(re.findall(r'"((?:[^"\\]|\\.)*)"', call[2])[:1])
    return files, network


@pytest.fixture(scope="session")
def usual_files(tmp_path_factory):
    """What every start of the program opens: its libraries, what the machine is."""
    folder = tmp_path_factory.mktemp("usual")
    (folder / "m.keras").write_bytes(model())
    if not TRACED:
        return set()
    assert run(folder / "m.keras", folder / "trace")[0] == 0
    return calls(folder / "trace")[0] - {str(folder / "m.keras")}


@pytest.mark.parametrize("case", CASES)
def test_hostile_model(tmp_path, usual_files, case):
    path = tmp_path / ("m.h5" if case == "a text that is named again and again" else "m.keras")
    path.write_bytes(CASES[case](tmp_path))
    trace = tmp_path / "trace" if TRACED else None
    code, out, err = run(path, trace)
    assert code == 3, (code, out[:500], err[:500])
    assert out == ""
    assert re.fullmatch(r"error: [^\x00-\x1f\x7f]{1,5000}\n", err), err[:2000]
    if trace:
        files, network = calls(trace)
        assert files - usual_files == {str(path)} and not network
    assert peak_kib(path) < LIMIT_KIB + path.stat().st_size / 1024 or "TFI_PROGRAM" in os.environ  # a sanitizer needs more


def test_what_the_tests_begin_with_is_read(tmp_path):
    (tmp_path / "m.keras").write_bytes(model())
    assert run(tmp_path / "m.keras", None)[0] == 0
    (tmp_path / "n.keras").write_bytes(chain(7000))
    assert run(tmp_path / "n.keras", None)[0] == 0


@pytest.mark.parametrize("name", ["a\nb.keras", "\x1b[31mred.keras", "\u202erekat.keras", "c1\u009b31m.keras"])
def test_names_of_files_are_not_obeyed(tmp_path, name):
    path = tmp_path / name
    code, _, err = run(path, None)
    assert code == 3
    assert re.fullmatch(r"error: [^\x00-\x1f\x7f\x80-\x9f\u202e]+\n", err), repr(err)
    path.write_bytes(model())
    code, out, err = run(path, None)
    assert code == 0 and not err
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u202e]", out)
    assert out.splitlines()[0].endswith("model 'sequential', Keras 2.14.0")
