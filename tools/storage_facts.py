#!/usr/bin/env python3
"""Codes of float32 by ml_dtypes (bfloat16) and NumPy (float16), for tests/graph/storage_test.cpp:

  python tools/storage_facts.py > tests/graph/storage_facts.csv     (ml_dtypes 0.2 or later)

A row: the format, the float32's bits, its code, the bits of the float32 that the code means. Of NaN what both must be is in the test.
"""
import ml_dtypes
import numpy as np

TYPES = {"bfloat16": ml_dtypes.bfloat16, "float16": np.float16}


def floats(kind, rng):
    """Bits of odd floats, of random ones, and of those halfway between two numbers of the format, and beside."""
    odd = [0, 1, 0x7FFFFF, 0x800000, 0x3F800000, 0x7F7FFFFF, 0x7F800000, 0x477FEFFF, 0x477FF000, 0x477FF001, 0x33000000, 0x33000001,
           0x33800000, 0x38800000, 0x387FFFFF, 0x7F7F7FFF, 0x7F7F8000, 0x7F7F8001]
    codes = np.concatenate([rng.integers(0, 0x7C00 if kind == "float16" else 0x7F80, 60), np.arange(4)]).astype(np.uint16)
    numbers = codes.view(TYPES[kind]).astype(np.float64)
    above = (codes + np.uint16(1)).view(TYPES[kind]).astype(np.float64)
    halfway = ((numbers + above) / 2)
    halfway = halfway[np.isfinite(halfway)].astype(np.float32).view(np.uint32)
    bits = np.concatenate([odd, halfway, halfway + 1, np.maximum(halfway, 1) - 1, rng.integers(0, 0x7F800000, 100)]).astype(np.uint32)
    return np.unique(np.concatenate([bits, bits | np.uint32(1 << 31)]))


def main():
    rng = np.random.default_rng(1)
    print("format,float32,code,value")
    for kind, dtype in TYPES.items():
        bits = floats(kind, rng)
        with np.errstate(over="ignore"):
            codes = bits.view(np.float32).astype(dtype)
        for one, code, value in zip(bits, codes.view(np.uint16), codes.astype(np.float32).view(np.uint32)):
            print(f"{kind},{one:08x},{code:04x},{value:08x}")


if __name__ == "__main__":
    main()
