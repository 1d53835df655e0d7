"""Fault lists as files: some that are refused, with the place of the first problem, and some that are accepted; endless and huge ones are refused at once, in little memory."""
import os
import resource
import subprocess

import pytest
from small_campaign import BAD_INPUT, DONE, MODEL, PROGRAM, run

HEAD = b"Injection,Layer,TensorIndex,Bit\n"
NAMES = "Injection,Layer,TensorIndex,Bit"
ROW = b'0,conv2d,"(0, 0, 0, 0)",30\n'
LONG = 65536


def row(injection="0", layer="conv2d", index="(0, 0, 0, 0)", bit="30"):
    return f'{injection},{layer},"{index}",{bit}\n'.encode()


REFUSED = {  # bytes, and where the first problem is
    "empty": (b"", "1:1"),
    "only line ends": (b"\n\r\n\n", "1:1"),
    "only a BOM": (b"\xef\xbb\xbf", "1:1"),
    "no rows": (HEAD, "2:1"),
    "missing header": (ROW + row("1"), "1:1"),
    "another order": (b"Layer,Injection,TensorIndex,Bit\n" + ROW, "1:1"),
    "a column of pandas": (b",Injection,Layer,TensorIndex,Bit\n0," + ROW, "1:1"),
    "a fifth column": (b"Injection,Layer,TensorIndex,Bit,Count\n", "1:1"),
    "three columns": (b"Injection,Layer,TensorIndex\n", "1:1"),
    "UTF-16": (b"\xff\xfe" + NAMES.encode("utf-16-le"), "1:1"),
    "unknown separator": (b"sep=|\nInjection|Layer|TensorIndex|Bit\n", "1:1"),
    "a report": (b"inj_id,target_layer,layer_weigths,bit_pos\n", "1:1"),
    "negative id": (HEAD + row("-1"), "2:1"),
    "fraction id": (HEAD + row("1.0"), "2:1"),
    "id without end": (HEAD + row("9223372036854775808"), "2:1"),
    "NaN id": (HEAD + row("nan"), "2:1"),
    "empty id": (HEAD + row(""), "2:1"),
    "id twice": (HEAD + ROW + ROW, "3:1"),
    "id twice, apart": (HEAD + row("7") + row("3") + row("7"), "4:1"),
    "unknown layer": (HEAD + row(layer="conv2d_77"), "2:3"),
    "layer in capitals": (HEAD + row(layer="CONV2D"), "2:3"),
    "empty layer": (HEAD + row(layer=""), "2:3"),
    "layer with a NUL": (HEAD + b'0,con\0v2d,"(0, 0, 0, 0)",30\n', "2:6"),
    "layer without a kernel": (HEAD + row(layer="flatten"), "2:3"),
    "index out of range": (HEAD + row(index="(0, 0, 0, 99)"), "2:10"),
    "negative index": (HEAD + row(index="(-1, 0, 0, 0)"), "2:10"),
    "wrong rank": (HEAD + row(index="(0, 0)"), "2:10"),
    "wrong rank, none": (HEAD + row(index="()"), "2:10"),
    "fraction index": (HEAD + row(index="(0.0, 0, 0, 0)"), "2:10"),
    "NaN index": (HEAD + row(index="(nan, 0, 0, 0)"), "2:10"),
    "empty index": (HEAD + row(index=""), "2:10"),
    "index without quotes": (HEAD + b"0,conv2d,(0, 0, 0, 0),30\n", "2:1"),
    "NumPy array": (HEAD + row(index="[0 0 0 0]"), "2:10"),
    "index without end": (HEAD + row(index="(0, 0, 0, 99999999999999999999)"), "2:10"),
    "bit 32": (HEAD + row(bit="32"), "2:25"),
    "bit 40": (HEAD + row(bit="40"), "2:25"),
    "bit -1": (HEAD + row(bit="-1"), "2:25"),
    "fraction bit": (HEAD + row(bit="3.0"), "2:25"),
    "NaN bit": (HEAD + row(bit="NaN"), "2:25"),
    "empty bit": (HEAD + row(bit=""), "2:25"),
    "bit in hexadecimal": (HEAD + row(bit="0x1f"), "2:25"),
    "too few columns": (HEAD + b'0,conv2d,"(0, 0, 0, 0)"\n', "2:1"),
    "too many columns": (HEAD + b'0,conv2d,"(0, 0, 0, 0)",30,1\n', "2:1"),
    "quote not closed": (HEAD + b'0,conv2d,"(0, 0, 0, 0),30\n', "2:10"),
    "quote inside": (HEAD + b'0,con"v2d,"(0, 0, 0, 0)",30\n', "2:6"),
    "text behind a quote": (HEAD + b'0,"conv2d"x,"(0, 0, 0, 0)",30\n', "2:11"),
    "a field of two lines": (HEAD + b'0,"conv\n2d","(0, 0, 0, 0)",30\n', "2:3"),
    "old Mac line ends": (HEAD[:-1] + b"\r" + ROW[:-1] + b"\r", "1:32"),
    "a NUL": (HEAD + b"\0\n", "2:1"),
    "a line that is too long": (HEAD + ROW + b"1," + b"x" * LONG + b"\n" + row(bit="77"), "3:1"),
    "a blank line that is too long": (HEAD + b" " * (LONG + 1) + b"\n" + ROW, "2:1"),
}
ACCEPTED = {
    "plain": HEAD + ROW,
    "no last line end": HEAD + ROW[:-1],
    "BOM": b"\xef\xbb\xbf" + HEAD + ROW,
    "CRLF": (HEAD + ROW).replace(b"\n", b"\r\n"),
    "CR CR LF": (HEAD + ROW).replace(b"\n", b"\r\r\n"),
    "blank lines": b"\n \n" + HEAD + b"\n\t\n" + ROW + b"\n\n",
    "rows of delimiters": HEAD + b",,,\n" + ROW + b",,,,,\n",
    "unsorted ids": HEAD + row("9") + row("2") + row("9223372036854775807") + row("0"),
    "semicolons": b"Injection;Layer;TensorIndex;Bit\n0;conv2d;(0, 0, 0, 0);30\n",
    "tabs": b"Injection\tLayer\tTensorIndex\tBit\n0\tconv2d\t(0, 0, 0, 0)\t30\n",
    "sep=": b"sep=;\r\nInjection;Layer;TensorIndex;Bit\r\n0;conv2d;(0, 0, 0, 0);30\r\n",
    "all quoted": b'"Injection","Layer","TensorIndex","Bit"\n"0","conv2d","(0, 0, 0, 0)","30"\n',
    "spaces and cases": b'injection, LAYER, tensorindex, bIT\n0 , conv2d , "( 0,0 , 0,0 )" , 30 \n',
    "lists and NumPy numbers": HEAD + row(injection="np.int64(0)", index="[np.int32(0), 0, 0, numpy.uint8(0)]", bit="np.int64(30)"),
    "a line that is just not too long": HEAD + ROW[:-1] + b" " * (LONG - len(ROW) + 1) + b"\n",
}


def validate(path, **options):
    return run("validate", "--model", MODEL, "-f", path, **options)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    data, place = REFUSED[name]
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    done = validate(path)
    assert done.returncode == BAD_INPUT
    assert done.stderr.startswith(f"error: {path}:{place}: "), done.stderr


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name, tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(ACCEPTED[name])
    done = validate(path)
    assert done.returncode == DONE, done.stderr
    assert done.stdout.startswith(f"{path}: {4 if name == 'unsorted ids' else 1} fault")


def test_lists_come_through_pipes(tmp_path):
    rows = HEAD + b"".join(row(str(i), bit=str(i % 32)) for i in range(20000))
    done = validate("/dev/stdin", input=rows, stdin=None, text=False)
    assert done.returncode == DONE and b"20000 faults" in done.stdout


def limited(words, **options):
    """The program with 256 MiB of address space, for half a minute."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))

    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=30, preexec_fn=limit, **options)


def test_a_line_of_a_gigabyte_is_refused(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(HEAD + ROW)
    with path.open("r+b") as file:
        file.truncate(1 << 30)  # sparse
    done = limited(["validate", "--model", MODEL, "-f", path], stdin=subprocess.DEVNULL)
    assert done.returncode == BAD_INPUT
    assert done.stderr == f"error: {path}:3:1: a line of more than 65536 bytes\n"


def test_files_without_an_end_are_refused():
    done = limited(["validate", "--model", MODEL, "-f", "/dev/zero"], stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (BAD_INPUT, "error: /dev/zero:1:1: a line of more than 65536 bytes\n")
    with subprocess.Popen(["sh", "-c", f"printf '{NAMES}\\n'; exec tr '\\0' x < /dev/zero"], stdout=subprocess.PIPE) as endless:
        done = limited(["validate", "--model", MODEL, "-f", "/dev/stdin"], stdin=endless.stdout)
        endless.stdout.close()
        endless.kill()
    assert (done.returncode, done.stderr) == (BAD_INPUT, "error: /dev/stdin:2:1: a line of more than 65536 bytes\n")


def test_all_problems_up_to_a_hundred(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(HEAD + b"".join(row(str(i), bit="32") for i in range(250)))
    lines = validate(path).stderr.splitlines()
    assert len(lines) == 101 and lines[-1] == "error: ... and 150 more"


@pytest.mark.skipif("asan" in os.environ.get("TFI_PROGRAM", ""), reason="the sanitizer takes memory of its own")
def test_a_fault_takes_little_memory(tmp_path):
    path = tmp_path / "list.csv"
    rows = 400_000
    path.write_bytes(HEAD + b"".join(row(str(i), bit=str(i % 32)) for i in range(rows)))
    words = ["validate", "--model", MODEL, "-f", path]
    peaks = []
    for name in (path, "tests/golden/odd_channels.faults.csv"):
        words[-1] = name
        child = subprocess.Popen([PROGRAM, *map(str, words)], stdout=subprocess.DEVNULL, cwd=MODEL.parents[2])
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == DONE
        peaks.append(usage.ru_maxrss * 1024)
    assert (peaks[0] - peaks[1]) / rows < 64  # bytes; the text of a row takes 32
