"""Row 12: .keras files that were made to do harm. And what tests/keras, tests/data and tests/oracle make:
hostile HDF5, random damage to files of every format."""
import json
import struct
import warnings
import zipfile
import zlib

from torture import program, strace, suites
from torture.case import Case, Failed, Figures
from torture.inputs import GOLDEN

NUMBER, FAULT, UNIT = 12, "hostile archives, damaged files of all kinds", "files"
CRITERION = "exit 3, <= 1 s, <= 256 MiB, no other file or network"
PYTHON_TOOL = "some execute code"
SOURCE = GOLDEN / "odd_channels.keras"
MOST_SECONDS, MOST_MEMORY = 1.0, 256.0
OPENS = ("openat", "?open", "?creat", "connect", "socket", "execve", "?mkdir", "?unlink", "unlinkat", "?rename", "?renameat", "renameat2", "?symlink")
ITS_OWN = ("/lib", "/usr/", "/etc/ld.so", "/proc/", "/sys/", "/dev/", "/etc/localtime")


def members():
    with zipfile.ZipFile(SOURCE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, parts, compression=zipfile.ZIP_STORED):
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path, "w", compression) as archive:  # of names twice
        for name, content in parts:
            archive.writestr(name, content)


def with_config(change):
    """An archive whose configuration was changed: change(configuration) gives the new one, or text."""
    def make(path):
        parts = members()
        changed = change(json.loads(parts["config.json"]))
        parts["config.json"] = changed if isinstance(changed, (str, bytes)) else json.dumps(changed)
        write(path, parts.items(), zipfile.ZIP_DEFLATED)
    return make


def with_parts(change):
    def make(path):
        write(path, change(members()))
    return make


def with_layer(**changes):
    """The first convolution has other settings."""
    def change(config):
        layer = next(layer for layer in config["config"]["layers"] if layer["class_name"] == "Conv2D")
        for key, value in changes.items():
            (layer if key in layer else layer["config"])[key] = value
        return config
    return with_config(change)


def with_inbound(change):
    """The first convolution reads something else."""
    def make(config):
        layer = next(layer for layer in config["config"]["layers"] if layer["class_name"] == "Conv2D")
        change(layer)
        return config
    return with_config(make)


def many_layers(count):
    def change(config):
        layers = config["config"]["layers"]
        activation = {"module": "keras.layers", "class_name": "Activation", "config": {"name": "a", "trainable": True, "dtype": "float32", "activation": "relu"}, "registered_name": None, "name": "a",
                      "inbound_nodes": [[[layers[0]["config"]["name"], 0, 0, {}]]]}
        config["config"]["layers"] = layers + [json.loads(json.dumps(activation).replace('"a"', f'"a{number}"')) for number in range(count)]
        return config
    return with_config(change)


def raw(change):
    """The bytes of the good archive, changed."""
    return lambda path: path.write_bytes(change(SOURCE.read_bytes()))


def overlapping(path):
    """Two names for the same bytes: the second entry of the directory points to the first one's."""
    write(path, members().items())
    content = bytearray(path.read_bytes())
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    content[second + 42:second + 46] = content[first + 42:first + 46]
    path.write_bytes(content)


def patched(offset, value, where=b"PK\x01\x02"):
    """A field of the first header of this kind has another value."""
    def change(content):
        place = content.index(where) + offset
        return content[:place] + value + content[place + len(value):]
    return raw(change)


def archives():
    """{name: (make(path), exit codes)}"""
    deep, refused, either = 1000000, (program.BAD_INPUT,), (program.BAD_INPUT, program.DONE)
    op = {"module": "builtins", "class_name": "TFOpLambda", "registered_name": "TFOpLambda"}
    made = {
        "json_deep_lists": (with_config(lambda _: "[" * deep + "]" * deep), refused), "json_deep_objects": (with_config(lambda _: '{"a":' * deep + "1" + "}" * deep), refused),
        "json_bomb_lists": (with_config(lambda _: "[" + "[]," * 20000000 + "[]]"), refused), "json_bomb_spaces": (with_config(lambda config: " " * 100000000 + json.dumps(config)), refused),
        "json_bomb_text": (with_config(lambda _: '"' + "x" * 100000000 + '"'), refused), "json_cut": (with_config(lambda config: json.dumps(config)[:-2]), refused),
        "json_more_text": (with_config(lambda config: json.dumps(config) + " x"), refused), "json_number": (with_config(lambda _: "1e999999"), refused),
        "json_not_utf8": (with_config(lambda _: b'{"a": "\xff\xfe"}'), refused), "json_empty": (with_config(lambda _: ""), refused), "json_null": (with_config(lambda _: "null"), refused),
        "layers_100000": (many_layers(100000), refused), "layers_none": (with_config(lambda config: {**config, "config": {**config["config"], "layers": []}}), refused),
        "lambda": (with_layer(class_name="Lambda", function={"class_name": "__lambda__", "config": {"code": "4wAAAA=="}}), refused),
        "tf_io": (with_layer(**op, function="io.read_file"), refused), "tf_system": (with_layer(**op, function="os.system"), refused),
        "module": (with_layer(module="os", class_name="system"), refused), "string_lookup": (with_layer(class_name="StringLookup", vocabulary="/etc/passwd"), refused),
        "filters_huge": (with_layer(filters=2**40), refused), "filters_negative": (with_layer(filters=-7), refused), "kernel_huge": (with_layer(kernel_size=[2**31, 2**31]), refused),
        "kernel_overflow": (with_layer(kernel_size=[2**63, 2]), refused), "strides_0": (with_layer(strides=[0, 0]), refused), "groups_0": (with_layer(groups=0), refused),
        "dilation_huge": (with_layer(dilation_rate=[2**30, 2**30]), either), "name_nul": (with_layer(name="a\0b"), refused), "name_path": (with_layer(name="../../x"), refused),
        "name_terminal": (with_layer(class_name="\x1b]0;owned\x07\x1b[2J"), refused), "name_newline": (with_layer(class_name="two\nlines"), refused),
        "node_1e9": (with_inbound(lambda layer: layer["inbound_nodes"][0][0].__setitem__(1, 10**9)), refused),
        "node_negative": (with_inbound(lambda layer: layer["inbound_nodes"][0][0].__setitem__(1, -1)), refused),
        "cycle": (with_inbound(lambda layer: layer["inbound_nodes"][0][0].__setitem__(0, layer["config"]["name"])), refused),
        "unknown_input": (with_inbound(lambda layer: layer["inbound_nodes"][0][0].__setitem__(0, "nobody")), refused),
        "calls_100000": (with_inbound(lambda layer: layer.__setitem__("inbound_nodes", layer["inbound_nodes"] * 100000)), refused),
        "members_200000": (with_parts(lambda parts: [*parts.items(), *((f"x{number}", b"") for number in range(200000))]), refused),
        "slip": (with_parts(lambda parts: [*parts.items(), ("../../../tmp/torture_slip", b"x")]), either),
        "absolute": (with_parts(lambda parts: [*parts.items(), ("/tmp/torture_absolute", b"x")]), either),
        "twice": (with_parts(lambda parts: [*parts.items(), ("config.json", b"{}")]), refused), "overlap": (overlapping, refused),
        "no_config": (with_parts(lambda parts: [(name, data) for name, data in parts.items() if name != "config.json"]), refused),
        "no_weights": (with_parts(lambda parts: [(name, data) for name, data in parts.items() if not name.endswith(".h5")]), refused),
        "weights_empty": (with_parts(lambda parts: {**parts, "model.weights.h5": b""}.items()), refused),
        "weights_text": (with_parts(lambda parts: {**parts, "model.weights.h5": b"\x89HDF\r\n\x1a\n" + b"A" * 5000}.items()), refused),
        "weights_deflated_bomb": (lambda path: write(path, {**members(), "model.weights.h5": bytes(400000000)}.items(), zipfile.ZIP_DEFLATED), refused),
        "crc": (patched(16, b"\1\2\3\4"), refused), "size_lies": (patched(24, struct.pack("<I", 2**31)), refused), "stored_size_lies": (patched(20, struct.pack("<I", 2**31)), refused),
        "encrypted": (patched(8, b"\1\0"), refused), "method_99": (patched(10, b"\x63\0"), refused), "local_name": (patched(30, b"x", b"PK\3\4"), refused),
        "offset_beyond": (patched(42, struct.pack("<I", 2**31)), refused), "zip64_lies": (patched(24, b"\xff\xff\xff\xff"), refused),
        "directory_beyond": (patched(16, struct.pack("<I", 2**31), b"PK\5\6"), refused), "entries_65535": (patched(10, b"\xff\xff", b"PK\5\6"), refused),
        "gzip": (lambda path: path.write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\3" + zlib.compress(bytes(1000))), refused), "directory_only": (raw(lambda content: content[content.index(b"PK\x01\x02"):]), refused),
    }
    return made


def foreign_opens(path, model):
    """What a trace names besides the model and the program's own libraries."""
    found = []
    for _, _, name, arguments in strace.lines_of(path):
        if name == "execve" and str(program.PROGRAM) in arguments:
            continue
        named = arguments.split('"')[1] if '"' in arguments else arguments
        if name == "openat" and (named.startswith(ITS_OWN) or named in ("/", str(model)) or str(program.PROGRAM.parent) in named) and "O_CREAT" not in arguments:
            continue
        found.append(f"{name}({arguments[:100]}")
    return found


def refuse(torture, make, codes):
    with torture.folder() as folder:
        model = folder / "m.keras"
        make(model)
        ended = torture.run_measured(["inspect", model], folder)
        if ended.code not in codes:
            raise Failed(ended.describe())
        lines = ended.err.strip().splitlines()
        if ended.code and (len(lines) != 1 or any(ord(character) < 32 for character in lines[0])):
            raise Failed(f"says {ended.err[-300:]!r}")
        if ended.mebibytes > MOST_MEMORY:
            raise Failed(f"{ended.mebibytes:.0f} MiB")
        if ended.seconds > MOST_SECONDS and not torture.short:
            raise Failed(f"{ended.seconds:.1f} s")
        trace = folder / "trace"
        names = [word for word in strace.words(OPENS, trace) if word != "-y" and word not in ("-s", "0")]
        program.run(["inspect", model], folder, before=[*names, "-s", "300"])
        other = foreign_opens(trace, model)
        if other:
            raise Failed(f"opens {other[0]}")
        return Figures(milliseconds=1000 * ended.seconds, mebibytes=ended.mebibytes)


def cases(torture):
    program.need("strace", "strace")
    made = archives()
    if torture.short:
        made = {name: made[name] for name in torture.choose(NUMBER, made, 24)}
    mutations = 300 if torture.short else 20000
    damaged = {"each": mutations, "TFI_MUTATIONS": str(mutations)}
    yield from suites.cases(torture, (suites.gtest, "test_keras", "Refused.*:Damaged.*:ForeignFile.*:RefusedLayer.*:LambdaCode.*", {}),
                            (suites.gtest, "test_data", "*utation*", damaged), (suites.pytest, "tests/oracle/test_mutations.py", damaged))
    for name, (make, codes) in made.items():
        yield Case(name, lambda make=make, codes=codes: refuse(torture, make, codes))
