"""scripts/same-bytes: two builds that write the same are told so, one that writes another byte anywhere is found."""
import subprocess
import sys

import pytest

from small_campaign import PROGRAM, ROOT


def same_bytes(new, tmp_path):
    words = [sys.executable, ROOT / "tools/same_bytes.py", PROGRAM, new, "--short", "--only", "golden/odd_channels",
             "--data", tmp_path / "none"]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    return done.returncode, done.stdout


def spoiled(tmp_path, line):
    """A program that is PROGRAM, but runs `line` of Python after a campaign; the working folder is the campaign's."""
    path = tmp_path / "program"
    path.write_text(f"#!{sys.executable}\nimport os, pathlib, subprocess, sys\n"
                    f"code = subprocess.run([{str(PROGRAM)!r}, *sys.argv[1:]]).returncode\n"
                    f"if '--report' in sys.argv:\n    {line}\nsys.exit(code)\n")
    path.chmod(0o755)
    return path


def test_the_same_program_writes_the_same(tmp_path):
    code, out = same_bytes(PROGRAM, tmp_path)
    assert code == 0 and "skipped: reference and networks" in out, out
    assert out.splitlines()[-1].startswith("1 campaigns, ") and out.endswith(" files: all the same\n")


@pytest.mark.parametrize("line, name", [
    ("f = pathlib.Path('r.csv'); f.write_bytes(f.read_bytes()[:-2] + b'7\\n')", "r.csv"),
    ("f = pathlib.Path('r/clean.npy'); b = bytearray(f.read_bytes()); b[-4] ^= 1; f.write_bytes(b)", "r/clean.npy"),
    ("f = next(pathlib.Path('r').glob('inj_*')); name = str(f); f.unlink()", "r/inj_"),
    ("f = pathlib.Path('r.run.json'); f.write_text(f.read_text().replace('\"classes\": ', '\"classes\": 1'))", "r.run.json"),
    ("code = 7", "new: exit code 7"),
])
def test_another_byte_is_found(tmp_path, line, name):
    code, out = same_bytes(spoiled(tmp_path, line), tmp_path)
    assert code == 1 and "DIFFERS  golden/odd_channels" in out and name in out, out
    assert out.splitlines()[-1] == "1 of 1 campaigns differ: golden/odd_channels"


def test_nothing_compared_is_no_success(tmp_path):
    words = [sys.executable, ROOT / "tools/same_bytes.py", PROGRAM, PROGRAM, "--short", "--only", "no such campaign"]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout.endswith("nothing was compared\n")
