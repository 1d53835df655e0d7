"""Random fault lists against the rules of docs/interface.md written down plainly: what is accepted, as which faults, and where every problem is."""
import hashlib
import os
import struct

from probe import seeded

LISTS = int(os.environ.get("TFI_LISTS", 10_000))
MOST_LINE, SHOWN, MOST_ID = 65536, 100, 2**63 - 1
HEADER = ["injection", "layer", "tensorindex", "bit"]
INTEGERS = ["int8", "int16", "int32", "int64", "intc", "intp", "int_", "int", "uint8", "uint16", "uint32", "uint64", "uintc", "uintp", "uint",
            "byte", "ubyte", "short", "ushort", "long", "ulong", "longlong", "ulonglong"]
# Of test::small_model: weight and shape of the layers with a kernel, by every name that finds them.
KERNELS = {"conv2d": (0, (3, 3, 1, 8)), "conv2d_1": (2, (3, 2, 8, 4)), "left/conv": (3, (1, 1, 4, 4)), "right/inner/conv": (4, (1, 1, 4, 4)),
           "inner/conv": (4, (1, 1, 4, 4)), "right/block/0": (5, (1, 1, 4, 2)), "block/0": (5, (1, 1, 4, 2)), "dense": (6, (6, 10))}
KERNELS.update({"/" + path: KERNELS[path] for path in ("conv2d", "conv2d_1", "left/conv", "right/inner/conv", "right/block/0", "dense")})


class Problem(Exception):
    pass


def fields_of(line, separator):
    """[(text, column)] of a line: Python's csv with skipinitialspace, strict, and spaces behind a closing quote."""
    fields, at = [], 0
    while True:
        while line[at:at + 1] == b" ":
            at += 1
        begin, text = at, b""
        if line[at:at + 1] == b'"':
            at += 1
            while True:
                quote = line.find(b'"', at)
                if quote < 0:
                    raise Problem(begin + 1)
                text += line[at:quote]
                at = quote + 1
                if line[at:at + 1] != b'"':
                    break
                text += b'"'
                at += 1
            while line[at:at + 1] == b" ":
                at += 1
            if at < len(line) and line[at:at + 1] != separator:
                raise Problem(at + 1)
        else:
            while at < len(line) and line[at:at + 1] != separator:
                if line[at:at + 1] == b'"':
                    raise Problem(at + 1)
                at += 1
            text = line[begin:at]
        fields.append((text, begin + 1))
        if at == len(line):
            return fields
        at += 1


def lines_of(data):
    """(number, fields or Problem) of every line that is not blank; separator unknown yet, so the line itself."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield 1, Problem(1)
        return
    data = data.removeprefix(b"\xef\xbb\xbf")
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    for number, line in enumerate(lines, 1):
        line = line.rstrip(b"\r")
        if len(line) > MOST_LINE:
            inside = line.find(b"\r", 0, MOST_LINE)
            yield number, Problem(inside + 1 if inside >= 0 else 1)
            return
        if not line.strip(b" \t"):
            continue
        at = line.find(b"\r")
        if at < 0:
            at = line.find(b"\0")
        yield number, Problem(at + 1) if at >= 0 else line


def whole(text):
    """The number, or None."""
    text = text.strip(b" \t")
    for prefix in (b"np.", b"numpy."):
        if text.startswith(prefix) and text.endswith(b")") and text[len(prefix):].partition(b"(")[0].decode("latin-1") in INTEGERS:
            text = text.partition(b"(")[2][:-1].strip(b" \t")
            break
    digits = text.removeprefix(b"-")
    return int(text) if digits and all(48 <= c <= 57 for c in digits) else None


def index_of(text):
    """The numbers of a tuple or list, or None."""
    text = text.strip(b" \t")
    if len(text) < 2 or (text[:1], text[-1:]) not in ((b"(", b")"), (b"[", b"]")):
        return None
    inside = text[1:-1].strip(b" \t")
    if not inside:
        return []
    parts = inside.split(b",")
    if len(parts) > 1 and not parts[-1].strip(b" \t"):
        parts.pop()
    elif len(parts) == 1 and text[:1] == b"(":
        return None
    numbers = [whole(part) for part in parts]
    return None if None in numbers else numbers


def is_header(fields):
    return [text.strip(b" \t").lower() for text, _ in fields[:4]] == [name.encode() for name in HEADER] and not any(text.strip(b" \t") for text, _ in fields[4:])


def read(data):
    """("accepted", rows) or ("refused", [(line, column)], how many)."""
    lines = list(lines_of(data))
    problems, rows, ids = [], [], []
    separator = b","
    if lines and not isinstance(lines[0][1], Problem):
        most = 0  # columns: in front of the header may be rows of delimiters
        for candidate in (b",", b";", b"\t"):
            try:
                fields = fields_of(lines[0][1], candidate)
            except Problem:
                continue
            if is_header(fields):
                separator = candidate
                break
            if len(fields) > most:
                separator, most = candidate, len(fields)
    parsed = []
    for number, line in lines:
        try:
            parsed.append((number, line if isinstance(line, Problem) else fields_of(line, separator)))
        except Problem as problem:
            parsed.append((number, problem))
    parsed = [(number, line) for number, line in parsed if isinstance(line, Problem) or any(text.strip(b" \t") for text, _ in line)]
    if not parsed:
        return "refused", [(1, 1)]
    width = 0
    header_line = parsed[0][0]
    if not isinstance(parsed[0][1], Problem):
        width = len(parsed[0][1])
        if not is_header(parsed[0][1]):
            return "header", None
        parsed = parsed[1:]
    for number, line in parsed:
        if isinstance(line, Problem):
            problems.append((number, line.args[0]))
            continue
        while 4 < len(line) <= width and not line[-1][0].strip(b" \t"):
            line.pop()
        if len(line) != 4:
            problems.append((number, line[0][1]))
            continue
        found = []
        (injection, id_column), (layer, layer_column), (index, index_column), (bit, bit_column) = line
        injection, bit = whole(injection), whole(bit)
        if injection is None or not 0 <= injection <= MOST_ID:
            found.append(id_column)
        else:
            ids.append((injection, number, id_column))
        name = layer.strip(b" \t").decode("latin-1")
        kernel = KERNELS.get(name)
        if kernel is None:
            found.append(layer_column)
        values = index_of(index)
        if values is None or (kernel and len(values) != len(kernel[1])):
            found.append(index_column)
        elif kernel:
            found += [index_column for value, size in zip(values, kernel[1]) if not 0 <= value < size]
        if bit is None or not 0 <= bit <= 31:
            found.append(bit_column)
        problems += [(number, column) for column in found]
        if not found:
            element = 0
            for value, size in zip(values, kernel[1]):
                element = element * size + value
            before = struct.unpack("<I", struct.pack("<f", element))[0]
            rows.append((injection, name, tuple(values), bit, kernel[0], element, before, before ^ 1 << bit))
    seen = set()
    for injection, number, column in ids:
        if injection in seen:
            problems.append((number, column))
        seen.add(injection)
    if not problems and not rows:
        problems = [(header_line + 1, 1)]
    return ("refused", sorted(problems)) if problems else ("accepted", rows)


def random_number(rng, value):
    return f"{rng.choice(['np.', 'numpy.'])}{rng.choice(INTEGERS)}({value})" if rng.random() < 0.05 else str(value)


WRONG_NUMBERS = ["", "-1", "-0", "1.0", "1e3", "nan", "NaN", "inf", "+1", " 7", "7 ", "0x10", "1_000", "9223372036854775807", "9223372036854775808", "99999999999999999999", "32", "40",
                 "-2147483649", "np.float32(1)", "np.int64(3", "int(3)", "()", "\u0661", "x", "True", "np.int64( 5 )", "007"]
WRONG_LAYERS = ["", "conv", "flatten", "batch_normalization", "conv2d_7", "Conv2D", "0", "left", "left/conv/kernel", "conv2d\x01", "\u00e9", "conv2d\\n", "dense:0", "DENSE"]
WRONG_INDICES = ["", "()", "(1)", "(0,)", "[0]", "(0, 0)", "(0, 0, 0)", "(0, 0, 0, 0, 0)", "0, 0", "[0 0]", "(0.0, 0)", "(0, -1)", "(-1, 0, 0, 0)", "(99, 0)", "(0, 10)", "(6, 0)", "(0,,0)",
                 "(0, 0", "0, 0)", "[0, 0)", "array([0, 0])", "(0, 99999999999999999999)", "(np.int64(0), 0)", "( 0 ,0 )", "(0, 0,)", "(,)", "(nan, 0)", "{0, 0}", "(0; 0)", "(0, 0)(0, 0)", "[[0, 0]]"]


def random_list(rng):
    """Bytes of a list: mostly right, with some wrong values, odd forms and damage."""
    separator = rng.choice(",,,;\t")
    end = rng.choice(["\n", "\n", "\r\n", "\r\r\n"])
    wrong = rng.choice([0, 0, 0.02, 0.2])
    rows = rng.choice([0, 1, 3, 10, 10, 40]) if rng.random() > 0.01 else 300
    numbers = list(range(rows)) if rng.random() < 0.5 else rng.sample(range(10**rng.choice([3, 6, 18])), rows)

    def cell(text):
        if separator in text or '"' in text or rng.random() < 0.05:
            text = '"' + text.replace('"', '""') + '"'
        return " " * (rng.random() < 0.02) + text + (" " if text.endswith('"') and rng.random() < 0.02 else "")

    lines = [separator.join(rng.choice([str.lower, str.upper, str])(name) for name in ["Injection", "Layer", "TensorIndex", "Bit"]) + separator * rng.choice([0, 0, 0, 1, 2])]
    for injection in numbers:
        layer = rng.choice(list(KERNELS))
        values = [random_number(rng, rng.randrange(size)) for size in KERNELS[layer][1]]
        index = rng.choice(["({})", "({})", "[{}]"]).format(rng.choice([", ", ", ", ",", " ,  "]).join(values))
        row = [random_number(rng, injection), layer, index, random_number(rng, rng.randrange(32))]
        for column, choices in enumerate([WRONG_NUMBERS, WRONG_LAYERS, WRONG_INDICES, WRONG_NUMBERS]):
            if rng.random() < wrong / 2:
                row[column] = rng.choice(choices)
        if rng.random() < wrong / 4:
            row[0] = str(rng.choice(numbers))
        row = [cell(text) for text in row]
        if rng.random() < wrong / 4:
            row.insert(rng.randrange(5), rng.choice(["", "x", '"']))
        if rng.random() < wrong / 4:
            row.pop()
        lines.append(separator.join(row))
    if rng.random() < 0.2:
        lines.insert(rng.randint(0, len(lines)), rng.choice(["", " ", separator * 3, "\t", separator, '"",""' if separator == "," else ""]))
    data = bytearray((rng.choice(["", "", "\ufeff"]) + end.join(lines) + rng.choice(["", end])).encode())
    for _ in range(rng.choice([0, 0, 0, 0, 1, 3])):  # damage
        if data:
            at = rng.randrange(len(data))
            data[at:at + rng.choice([0, 1])] = rng.choice([b"\0", b'"', b"\r", b"\n", b"\xff", b"a", separator.encode(), b"", b" ", b"x" * rng.choice([1, 1, 65536, 65500, 70000])])
    return bytes(data)


def positions(text):
    """[(line, column)] of the problems in a message, and how many there are in all."""
    lines = text.decode("latin-1").split("\n")
    more = int(lines.pop().split()[2]) if lines[-1].startswith("... and ") else 0
    found = []
    for line in lines:
        number, column = line.removeprefix("LIST:").split(":")[:2]
        found.append((int(number), int(column)))
    return found, len(found) + more


def test_random_lists_are_read_by_the_rules(probe, tmp_path):
    rng = seeded()
    ends = {"accepted": 0, "refused": 0, "header": 0}
    path = tmp_path / "list.csv"
    for turn in range(LISTS):
        data = random_list(rng)
        path.write_bytes(data)
        how, *fields = probe("fault_list", path)
        wanted, what = read(data)
        ends[wanted] += 1
        place = f"list {turn}: {data[:3000]!r}"
        if wanted == "accepted":
            assert how == "accepted", f"{place}\n{bytes.fromhex(fields[0]).decode(errors='replace') if how == 'refused' else how}"
            assert fields[0] == hashlib.sha256(data).hexdigest(), place
            rows = []
            for row in fields[1:]:
                injection, layer, index, *rest = row.split(" ")
                rows.append((int(injection), bytes.fromhex(layer).decode("latin-1"), tuple(map(int, index.split(","))), *map(int, rest)))
            assert rows == what, place
        else:
            assert how == "refused", place
            found, count = positions(bytes.fromhex(fields[0]).replace(str(path).encode(), b"LIST"))
            if wanted == "refused":
                assert count == len(what), f"{place}\n{found}\n{what}"
                assert found == what[:SHOWN], place
    assert min(ends["accepted"], ends["refused"]) > LISTS / 10, ends
