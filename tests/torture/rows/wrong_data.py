"""Row 16: test sets that do not fit: shapes, types, labels, counts, files that are none."""
import struct

from torture import program
from torture.case import Case, Failed, Figures
from torture.inputs import GOLDEN, npy, write_npz

NUMBER, FAULT, UNIT = 16, "wrong shapes, labels, data sets", "test sets"
CRITERION = "exit 3 in one line, expected and found; no file written"
PYTHON_TOOL = "a traceback"
HEIGHT, WIDTH, CHANNELS, CLASSES = 11, 9, 3, 10  # of tests/golden/odd_channels.keras


def array(kind, *shape, fill=None):
    """An array of zeros, or of one number."""
    size = struct.calcsize(kind.replace("|u1", "<B").replace("<f4", "<f").replace("<i8", "<q").replace("<f8", "<d").replace("<i4", "<i").replace("<f2", "<e"))
    count = 1
    for length in shape:
        count *= length
    data = bytes(size * count) if fill is None else struct.pack({"<i8": "<q", "<f8": "<d", "<f4": "<f", "<i4": "<i", "|u1": "<B"}[kind], fill) * count
    return npy(kind, shape, data)


GOOD_X, GOOD_Y = ("<f4", 4, HEIGHT, WIDTH, CHANNELS), ("<i8", 4)


def sets():
    """{name: arrays of an .npz that must be refused}"""
    x, y = array(*GOOD_X), array(*GOOD_Y)
    shapes = {"height": (4, HEIGHT + 1, WIDTH, CHANNELS), "width": (4, HEIGHT, WIDTH - 1, CHANNELS), "channels": (4, HEIGHT, WIDTH, 1),
              "transposed": (4, WIDTH, HEIGHT, CHANNELS), "middle": (4, HEIGHT, CHANNELS, WIDTH), "flat": (4, HEIGHT * WIDTH * CHANNELS), "rank": (4, 1, HEIGHT, WIDTH, CHANNELS),
              "no_axis": (4,), "scalar": (), "empty": (0, HEIGHT, WIDTH, CHANNELS), "huge": (4, HEIGHT, WIDTH, 2)}
    made = {f"shape_{name}": {"x": array("<f4", *shape), "y": y} for name, shape in shapes.items()}
    for kind in ("<f8", "<i4", "<i8", "<f2"):
        made[f"type_{kind[1:]}"] = {"x": array(kind, *GOOD_X[1:]), "y": y}
    for name, value in (("negative", -1), ("too_large", CLASSES), ("enormous", 2**62), ("least", -2**63)):
        made[f"label_{name}"] = {"x": x, "y": array("<i8", 4, fill=value)}
    made["labels_from_one"] = {"x": x, "y": npy("<i8", (4,), struct.pack("<4q", 1, 5, 9, 10))}
    made["labels_one_hot"] = {"x": x, "y": array("<f4", 4, CLASSES)}
    made["labels_float"] = {"x": x, "y": array("<f4", 4, fill=1.0)}
    made["labels_nan"] = {"x": x, "y": array("<f8", 4, fill=float("nan"))}
    made["labels_few"] = {"x": x, "y": array("<i8", 3)}
    made["labels_many"] = {"x": x, "y": array("<i8", 5)}
    made["labels_none"] = {"x": x, "y": array("<i8", 0)}
    made["labels_rank"] = {"x": x, "y": array("<i8", 4, 2)}
    made["no_labels"], made["no_images"], made["nothing"] = {"x": x}, {"y": y}, {}
    made["other_names"] = {"a": x, "b": y}
    made["cut"] = {"x": x[:-5], "y": y}
    made["shape_lies"] = {"x": npy("<f4", (2**40, HEIGHT, WIDTH, CHANNELS), bytes(64)), "y": y}
    made["shape_overflows"] = {"x": npy("<f4", (2**62, 2**62), bytes(64)), "y": y}
    made["shape_negative"] = {"x": npy("<f4", (-4, HEIGHT, WIDTH, CHANNELS), bytes(64)), "y": y}
    made["object"] = {"x": x, "y": npy("|O", (4,), b"cos\nsystem\n(S'touch pwned'\ntR.")}
    made["not_npy"] = {"x": b"no array", "y": y}
    return made


def refuse(torture, name, write, *more):
    with torture.folder() as place:
        folder, data = place / "work", place / "set.npz"
        folder.mkdir()
        write(data)
        words = ["--model", GOLDEN / "odd_channels.keras", "--data", data, "-f", GOLDEN / "odd_channels.faults.csv", "--report", "r.csv", "-q", *more]
        ended = torture.run_measured(words, folder)
        lines = ended.err.strip().splitlines()
        if ended.code != program.BAD_INPUT or not lines or any(not line.startswith(("error", " ")) for line in lines) or "GOLD" in ended.out:
            raise Failed(ended.describe())
        if any(folder.iterdir()):
            raise Failed(f"wrote {[path.name for path in folder.iterdir()]}")
    return Figures(milliseconds=1000 * ended.seconds, mebibytes=ended.mebibytes)


def bytes_of(content):
    return lambda path: path.write_bytes(content)


def cases(torture):
    for name, arrays in sets().items():
        yield Case(name, lambda name=name, arrays=arrays: refuse(torture, name, lambda path: write_npz(path, **arrays)))
    for name, content in (("empty_file", b""), ("no_archive", b"PK\x03\x04 no archive"), ("text", b"x,y\n1,2\n")):
        yield Case(name, lambda name=name, content=content: refuse(torture, name, bytes_of(content)))
    yield Case("missing", lambda: refuse(torture, "missing", lambda path: None))
    yield Case("folder_without_arrays", lambda: refuse(torture, "folder", lambda path: path.mkdir()))
