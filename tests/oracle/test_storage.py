"""Storage formats against NumPy: every code of bfloat16 and float16, every halfway case of numbers between them, random and odd floats,
and kernels in int8. NumPy has no bfloat16: its rule is written down here with exact arithmetic (tests/graph/storage_facts.csv has what
ml_dtypes says)."""

import os
import pathlib
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUIET = {"bfloat16": 0x0040, "float16": 0x0200}
SIGN, INFINITY = 0x8000, {"bfloat16": 0x7F80, "float16": 0x7C00}


def program():
    named = os.environ.get("TFI_STORAGE_PROBE")
    path = pathlib.Path(named) if named else ROOT / "build/release/tests/oracle/storage_probe"
    assert path.exists(), f"{path} is not built; build the target storage_probe, or name it in TFI_STORAGE_PROBE"
    return path


def ours(folder, *words, values=None):
    files = []
    if values is not None:
        np.save(folder / "in.npy", values)
        files.append(folder / "in.npy")
    subprocess.run([program(), *words, *files, folder / "out.npy"], check=True)
    return np.load(folder / "out.npy").view(np.uint32)


def numbers_of(storage):
    """The float32 bits of each code."""
    codes = np.arange(1 << 16, dtype=np.uint32)
    if storage == "bfloat16":
        return codes << 16
    with np.errstate(invalid="ignore"):
        numbers = codes.astype(np.uint16).view(np.float16).astype(np.float32).view(np.uint32)
    nan = (codes & 0x7FFF) > INFINITY[storage]  # whose bits are kept, where a conversion makes them quiet
    return np.where(nan, (codes & SIGN) << 16 | 0x7F800000 | (codes & 0x3FF) << 13, numbers).astype(np.uint32)


def codes_of(storage, bits):
    """The codes of float32 bits, NaN apart."""
    with np.errstate(invalid="ignore", over="ignore"):
        if storage == "float16":
            return bits.view(np.float32).astype(np.float16).view(np.uint16).astype(np.uint32)
    # The nearest number, of two as near the even one; beyond the largest as if exponents went on.
    magnitude = (bits & 0x7FFFFFFF).view(np.float32).astype(np.float64)
    positive = np.arange(INFINITY[storage], dtype=np.uint32)
    numbers = np.append((positive << 16).view(np.float32).astype(np.float64), 2.0**128)
    above = np.clip(np.searchsorted(numbers, magnitude), 1, len(numbers) - 1)
    below = above - 1
    down, up = magnitude - numbers[below], numbers[above] - magnitude
    nearest = np.where(down < up, below, np.where(up < down, above, np.where(below % 2 == 0, below, above)))
    nearest = np.where(magnitude == np.inf, len(numbers) - 1, nearest)
    return (nearest | (bits >> 16 & SIGN)).astype(np.uint32)


def floats(storage, rng):
    """Bits of random floats, of all numbers of the format, and of all that lie halfway between two, with their neighbours."""
    exact = numbers_of(storage)[: INFINITY[storage] + 1]
    finite = exact[:-1].view(np.float32).astype(np.float64)
    largest = finite[-1] * 2 - finite[-2]  # where the next number would be
    halfway = ((finite + np.append(finite[1:], largest)) / 2).astype(np.float32).view(np.uint32)
    near = np.concatenate([halfway, halfway - 1, halfway + 1, exact, exact[1:] - 1, exact[:-1] + 1])
    odd = np.array([0, 1, 0x7F7FFFFF, 0x7F800000, 0x00800000, 0x007FFFFF, 0x33000000, 0x33000001, 0x32FFFFFF], dtype=np.uint32)
    bits = np.concatenate([near, odd, rng.integers(0, 1 << 32, 1 << 20, dtype=np.uint32), rng.integers(0x33000000, 0x48000000, 1 << 20, dtype=np.uint32)])
    bits = np.concatenate([bits, bits ^ np.uint32(0x80000000)])
    return bits[(bits & 0x7FFFFFFF) <= 0x7F800000]


@pytest.fixture(name="rng")
def random_generator():
    seed = int(os.environ.get("TFI_SEED", np.random.SeedSequence().entropy % (1 << 32)))
    print(f"TFI_SEED={seed}")
    return np.random.default_rng(seed)


@pytest.mark.parametrize("storage", ["bfloat16", "float16"])
def test_every_code(storage, tmp_path):
    np.testing.assert_array_equal(ours(tmp_path, "decode", storage), numbers_of(storage))


@pytest.mark.parametrize("storage", ["bfloat16", "float16"])
def test_rounding(storage, tmp_path, rng):
    bits = floats(storage, rng)
    np.testing.assert_array_equal(ours(tmp_path, "encode", storage, values=bits.view(np.float32)), codes_of(storage, bits))


@pytest.mark.parametrize("storage", ["bfloat16", "float16"])
def test_nan_stays_nan(storage, tmp_path, rng):
    bits = np.concatenate([rng.integers(0x7F800001, 0x80000000, 1 << 16, dtype=np.uint32), np.array([0x7F800001, 0x7FFFFFFF], dtype=np.uint32)])
    bits = np.concatenate([bits, bits | np.uint32(0x80000000)])
    found = ours(tmp_path, "encode", storage, values=bits.view(np.float32))
    assert ((found & 0x7FFF) > INFINITY[storage]).all() and (found & QUIET[storage] != 0).all()
    np.testing.assert_array_equal(found >> 15, bits >> 31)
    with np.errstate(invalid="ignore"):
        if storage == "float16" and np.uint32(0x7F802001).view(np.float32).astype(np.float16).view(np.uint16) == 0x7E01:  # hardware
            np.testing.assert_array_equal(found, bits.view(np.float32).astype(np.float16).view(np.uint16))


@pytest.mark.parametrize("storage", ["bfloat16", "float16"])
def test_what_is_stored_is_read_back(storage, tmp_path):
    numbers = numbers_of(storage)
    numbers = numbers[(numbers & 0x7FFFFFFF) <= 0x7F800000]
    found = ours(tmp_path, "encode", storage, values=numbers.view(np.float32))
    np.testing.assert_array_equal(numbers_of(storage)[found], numbers)


@pytest.mark.parametrize("channels", [1, 3, 8, 31])
def test_int8(channels, tmp_path, rng):
    kernel = (rng.standard_normal((400, channels)) * 10.0 ** rng.integers(-44, 38, channels)).astype(np.float32)
    if channels > 2:
        kernel[:, 0] = 0
        kernel[:, 1] = rng.choice(np.array([0, 1e-45, -1e-45, 3e-45], np.float32), 400)
        kernel[: 255, 2] = np.arange(-127, 128) * np.float32(0.5)  # each of the codes, and halfway between two
        kernel[255:, 2] = (rng.integers(-127, 127, 145) + np.float32(0.5)) * np.float32(0.5)
        kernel[0, 2] = 63.5
    largest = np.abs(kernel).max(axis=0)
    scales = (largest / np.float32(127)).astype(np.float32)
    scales[scales == 0] = 1
    codes = np.clip(np.rint(kernel / scales), -127, 127).astype(np.int8)
    all_codes = np.arange(256).astype(np.uint8).view(np.int8).astype(np.float32)
    with np.errstate(over="ignore"):
        values = all_codes[None, :] * scales[:, None]
    found = ours(tmp_path, "int8", str(channels), values=kernel.reshape(-1))
    np.testing.assert_array_equal(found[:channels], scales.view(np.uint32))
    np.testing.assert_array_equal(found[channels:-256 * channels], codes.view(np.uint8).reshape(-1))
    np.testing.assert_array_equal(found[-256 * channels:], values.astype(np.float32).view(np.uint32).reshape(-1))
