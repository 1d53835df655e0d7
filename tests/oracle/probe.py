"""Runs the program io_probe (io_probe.cpp) and speaks its protocol; random generators whose seed is printed when a test fails."""

import os
import pathlib
import random
import selectors
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


class InputError(Exception):
    """The program refused the input: exit code 3 and one clear line."""


class Crash(Exception):
    """The program died or did not answer in time."""


def program():
    named = os.environ.get("TFI_IO_PROBE")
    path = pathlib.Path(named) if named else ROOT / "build/release/tests/oracle/io_probe"
    assert path.exists(), f"{path} is not built; build the target io_probe, or name it in TFI_IO_PROBE"
    return path


class Probe:
    def __init__(self, timeout=60.0):
        self.timeout = timeout
        self.start()

    def start(self):
        self.process = subprocess.Popen([program()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def close(self):
        self.selector.close()
        self.process.stdin.close()
        code = self.process.wait()
        text = self.process.stderr.read().decode(errors="replace")
        self.process.stdout.close()
        self.process.stderr.close()
        return code, text

    def read_line(self):
        line = b""
        while not line.endswith(b"\n"):
            if not self.selector.select(self.timeout):
                self.process.send_signal(signal.SIGKILL)
                self.close()
                self.start()
                raise Crash(f"no answer in {self.timeout} s")
            part = os.read(self.process.stdout.fileno(), 1 << 20)
            if not part:
                code, text = self.close()
                self.start()
                raise Crash(f"io_probe ended with {code}: {text[-3000:]}")
            line += part
        return line

    def __call__(self, *words):
        """The answer's fields. Raises InputError, Crash, or AssertionError for an error of another kind."""
        self.process.stdin.write("\t".join(map(str, words)).encode() + b"\n")
        self.process.stdin.flush()
        status, *fields = self.read_line().decode(errors="surrogateescape").rstrip("\n").split("\t")
        if status == "ok":
            return fields
        kind, message = fields
        assert kind == "3", f"{words}: {kind}: {message}"
        raise InputError(message)


def seeded():
    """A random generator with a fresh seed, or that of TFI_SEED; printed, and so shown by pytest when the test fails."""
    seed = int(os.environ.get("TFI_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"TFI_SEED={seed}")
    return random.Random(seed)


def mutated(rng, data):
    """Bytes with a few flips, or a piece missing, doubled, or filled with zeros or ones."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(len(data)) if data else 0
        kind = rng.random()
        if kind < 0.55 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif kind < 0.75 and data:
            data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif kind < 0.85:
            del data[at:]
        elif kind < 0.9:
            del data[at:at + rng.randrange(1, 16)]
        elif kind < 0.95:
            data[at:at] = data[at:at + rng.randrange(1, 16)]
        else:
            length = rng.choice((2, 4, 8))
            data[at:at + length] = bytes([rng.choice((0, 0xFF))]) * length
    return bytes(data)
