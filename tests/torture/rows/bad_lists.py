"""Row 14: fault lists that are wrong, and lists that look odd and are right; random damage to a good list."""
import re

from torture import program, suites
from torture.case import Case, Failed, Figures
from torture.inputs import GOLDEN

NUMBER, FAULT, UNIT = 14, "hostile and wrong fault lists", "lists"
CRITERION = "exit 3 with file:line:column, or the very faults; 0 silently wrong"
PYTHON_TOOL = "3 of 4 kinds silently wrong"
MODEL = GOLDEN / "odd_channels.keras"  # conv2d (3, 2, 3, 7), conv2d_1 (3, 3, 7, 7), conv2d_2 (2, 3, 7, 13), dense (13, 10)
HEAD = "Injection,Layer,TensorIndex,Bit\n"
GOOD = '0,conv2d,"(2, 1, 2, 6)",31\n'
DAMAGED, SHORT, A_CASE = 10000, 200, 50

WRONG = {
    "negative_index": HEAD + '0,conv2d,"(-1, 0, 0, 0)",3\n', "index_too_large": HEAD + '0,conv2d,"(3, 0, 0, 0)",3\n',
    "rank_too_low": HEAD + '0,conv2d,"(0, 0)",3\n', "rank_too_high": HEAD + '0,dense,"(0, 0, 0)",3\n', "rank_0": HEAD + '0,conv2d,"()",3\n',
    "bit_32": HEAD + '0,conv2d,"(0, 0, 0, 0)",32\n', "bit_40": HEAD + '0,conv2d,"(0, 0, 0, 0)",40\n', "bit_negative": HEAD + '0,conv2d,"(0, 0, 0, 0)",-1\n',
    "bit_float": HEAD + '0,conv2d,"(0, 0, 0, 0)",3.0\n', "bit_empty": HEAD + '0,conv2d,"(0, 0, 0, 0)",\n', "bit_word": HEAD + '0,conv2d,"(0, 0, 0, 0)",sign\n',
    "bit_huge": HEAD + '0,conv2d,"(0, 0, 0, 0)",18446744073709551619\n', "bit_hex": HEAD + '0,conv2d,"(0, 0, 0, 0)",0x3\n',
    "unknown_layer": HEAD + '0,conv2d_9,"(0, 0, 0, 0)",3\n', "layer_without_kernel": HEAD + '0,average_pooling2d,"(0, 0, 0, 0)",3\n',
    "layer_empty": HEAD + '0,,"(0, 0, 0, 0)",3\n', "layer_case": HEAD + '0,Conv2D,"(0, 0, 0, 0)",3\n',
    "id_twice": HEAD + GOOD + GOOD, "id_float": HEAD + '0.5,conv2d,"(0, 0, 0, 0)",3\n', "id_nan": HEAD + 'nan,conv2d,"(0, 0, 0, 0)",3\n',
    "id_empty": HEAD + ',conv2d,"(0, 0, 0, 0)",3\n', "id_huge": HEAD + '99999999999999999999,conv2d,"(0, 0, 0, 0)",3\n',
    "index_float": HEAD + '0,conv2d,"(0.0, 0, 0, 0)",3\n', "index_word": HEAD + '0,conv2d,"(a, 0, 0, 0)",3\n', "index_empty": HEAD + '0,conv2d,,3\n',
    "index_numpy": HEAD + '0,conv2d,"[0 0 0 0]",3\n', "index_code": HEAD + '0,conv2d,"(0, 0, 0, __import__(1))",3\n',
    "index_huge": HEAD + '0,conv2d,"(4294967296, 0, 0, 0)",3\n', "index_open": HEAD + '0,conv2d,"(0, 0, 0, 0",3\n',
    "index_unquoted": HEAD + "0,conv2d,(0, 0, 0, 0),3\n", "three_columns": HEAD + '0,conv2d,"(0, 0, 0, 0)"\n', "five_columns": HEAD + '0,conv2d,"(0, 0, 0, 0)",3,4\n',
    "no_header": GOOD, "header_names": "Injection,Layer,Index,Bit\n" + GOOD, "header_order": "Layer,Injection,TensorIndex,Bit\n" + GOOD,
    "header_extra": "Injection,Layer,TensorIndex,Bit,Note\n" + GOOD.rstrip() + ",x\n", "header_cut": "Injection,Layer\n", "empty": "", "blank": "\n\n\n",
    "nul": HEAD + '0,conv2d\0,"(0, 0, 0, 0)",3\n', "quote_open": HEAD + '0,"conv2d,"(0, 0, 0, 0)",3\n', "quote_open_to_end": HEAD + '"0,conv2d,(0, 0, 0, 0),3\n',
    "utf16": (HEAD + GOOD).encode("utf-16"), "cr_alone": (HEAD + GOOD).replace("\n", "\r"), "long_line": HEAD + "0," + "x" * 100000 + ',"(0, 0, 0, 0)",3\n',
    "binary": bytes(range(256)) * 16, "gzip": b"\x1f\x8b\x08\0" + bytes(100), "pandas_index": "," + HEAD + "0," + GOOD,
}
RIGHT = {
    "lf": HEAD + GOOD, "crlf": (HEAD + GOOD).replace("\n", "\r\n"), "bom": "\ufeff" + HEAD + GOOD, "blank_lines": "\n" + HEAD + "\n\n" + GOOD + "\n\n",
    "no_last_newline": (HEAD + GOOD).rstrip(), "semicolons": (HEAD + GOOD).replace("conv2d,", "conv2d;").replace('",', '";').replace("0,conv", "0;conv").replace(
        "Injection,Layer,TensorIndex,Bit", "Injection;Layer;TensorIndex;Bit"), "tabs": 'Injection\tLayer\tTensorIndex\tBit\n0\tconv2d\t"(2, 1, 2, 6)"\t31\n',
    "sep_line": 'sep=;\nInjection;Layer;TensorIndex;Bit\n0;conv2d;"(2, 1, 2, 6)";31\n', "case": "INJECTION,layer,tensorindex,BIT\n" + GOOD,
    "spaces": 'Injection, Layer, TensorIndex, Bit\n0, conv2d, "(2, 1, 2, 6)", 31\n', "list_index": HEAD + '0,conv2d,"[2, 1, 2, 6]",31\n',
    "numpy_integers": HEAD + '0,conv2d,"(np.int64(2), np.int64(1), np.int64(2), np.int64(6))",31\n', "delimiters_only": HEAD + GOOD + ",,,\n",
}


def validate(torture, content):
    """(how `validate` ended, whether it said where)"""
    with torture.folder() as folder:
        path = folder / "l.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        ended = torture.run_measured(["validate", "-f", path, "--model", MODEL], folder)
        return ended, re.search(r"l\.csv(:\d+)?(:\d+)?: ", ended.err) is not None


def refuse(torture, content):
    ended, says_where = validate(torture, content)
    if ended.code != program.BAD_INPUT or not says_where or "\0" in ended.err or "\x1b" in ended.err:
        raise Failed(ended.describe())
    return Figures(milliseconds=1000 * ended.seconds, mebibytes=ended.mebibytes)


def accept(torture, content):
    """It is taken, and is the very fault that it says: the report's row has it."""
    with torture.folder() as folder:
        (folder / "l.csv").write_text(content, encoding="utf-8", newline="")
        model, data = torture.model_files(20, 1)[:2], torture.model_files(20, 1)[2:4]
        ended = program.run([*model, *data, "-f", "l.csv", "--report", "r.csv", "-q"], folder)
        if ended.code != program.DONE:
            raise Failed(ended.describe())
        rows = (folder / "r.csv").read_text().splitlines()[2:]
        if len(rows) != 1 or not rows[0].startswith('0,conv2d,"(2, 1, 2, 6)",31,'):
            raise Failed(f"another fault: {rows[:2]}")


def damage(random, text):
    """One random change of a list's text."""
    place = random.randrange(len(text))
    kind = random.randrange(4)
    other = random.choice('0123456789-+.,;"()[] \n\r\t\0eExnaN\x1b\xff')
    if kind == 0:
        return text[:place] + other + text[place + 1:]
    if kind == 1:
        return text[:place] + other + text[place:]
    if kind == 2:
        return text[:place] + text[place + 1:]
    return text[:place] + text[random.randrange(len(text)):]


def simple(text):
    """The faults of a list that is written in the usual way, read by rules of a line each; None: written otherwise."""
    lines = text.split("\n")
    if lines[0] != HEAD.rstrip():
        return None
    rows = [re.fullmatch(r'(\d+),([a-z0-9_]+),"\((\d+(?:, \d+)*)\)",(\d+)', line) for line in lines[1:] if line]
    return [(int(row[1]), row[2], tuple(map(int, row[3].split(", "))), int(row[4])) for row in rows] if all(rows) else None


SHAPES = {"conv2d": (3, 2, 3, 7), "conv2d_1": (3, 3, 7, 7), "conv2d_2": (2, 3, 7, 13), "dense": (13, 10)}


def is_right(faults):
    """Whether every fault of the list exists, by the kernels' shapes alone."""
    identifiers = [fault[0] for fault in faults]
    return bool(faults) and len(set(identifiers)) == len(identifiers) and all(
        layer in SHAPES and len(index) == len(SHAPES[layer]) and all(place < size for place, size in zip(index, SHAPES[layer])) and bit < 32
        for _, layer, index, bit in faults)


def damaged(torture, number, count):
    """Lists with random damage: a list that reads simply is taken exactly if its faults exist; any other is refused, or taken; never a crash."""
    random, times, memory = torture.random(NUMBER, number), 0.0, 0.0
    text = (GOLDEN / "odd_channels.faults.csv").read_text()
    for _ in range(count):
        changed = text
        for _ in range(random.choice((1, 1, 1, 2, 5))):
            changed = damage(random, changed)
        faults = simple(changed)
        ended, says_where = validate(torture, changed.encode("latin-1"))
        wrong = ended.code not in (program.DONE, program.BAD_INPUT) or (ended.code == program.BAD_INPUT and not says_where)
        if not wrong and faults is not None and max((fault[0] for fault in faults), default=0) < 2**31:
            wrong = (ended.code == program.DONE) != is_right(faults)
        if wrong:
            raise Failed(f"{changed!r}: {ended.describe()}")
        times, memory = max(times, ended.seconds), max(memory, ended.mebibytes)
    return Figures(volume=count, milliseconds=1000 * times, mebibytes=memory)


def cases(torture):
    yield from suites.cases(torture, (suites.gtest, "test_fault", "*", {}), (suites.pytest, "tests/program/test_fault_lists.py", {}),
                            (suites.pytest, "tests/program/test_list_files.py", {}), (suites.pytest, "tests/oracle/test_fault_list_rules.py", {}))
    for name, content in WRONG.items():
        yield Case(name, lambda content=content: refuse(torture, content))
    for name, content in RIGHT.items():
        yield Case(f"right_{name}", lambda content=content: accept(torture, content))
    for number in range((SHORT if torture.short else DAMAGED) // A_CASE):
        yield Case(f"damaged:{number}", lambda number=number: damaged(torture, number, A_CASE))
