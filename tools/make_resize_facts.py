#!/usr/bin/env python3
"""What Pillow or TensorFlow makes of small made-up images when it resizes them; tests/data compares ours with it.

    make_resize_facts.py pillow     > tests/data/resize_facts_pillow.txt        (Pillow before 13)
    make_resize_facts.py tensorflow > tests/data/resize_facts_tensorflow.txt    (TensorFlow 2.14)

A line is a case: height and width of the image, of the result, and the result, C order, little-endian: its SHA-256, or for the
smallest ones its bytes in hexadecimal. Sample i of the image of case n (both from 0) is `sample(i + n * 2654435769)`.
"""
import hashlib
import os
import sys

import numpy as np

# Height and width: down, up, one axis each way, sides that stay as they are, the smallest and largest of GTSRB.
SIZES = [(1, 1), (2, 2), (2, 50), (50, 2), (15, 15), (15, 16), (25, 25), (26, 25), (31, 50), (32, 32), (33, 48), (37, 53),
         (49, 49), (49, 51), (50, 50), (50, 31), (50, 120), (51, 49), (51, 51), (53, 54), (60, 50), (64, 64), (75, 75), (76, 71),
         (99, 101), (100, 100), (128, 64), (64, 128), (150, 149), (193, 181), (200, 200), (225, 243), (243, 225), (250, 15),
         (15, 250), (250, 250)]
SIDE = 50
SMALLEST = [((1, 1), (2, 3)), ((2, 2), (5, 5)), ((3, 5), (4, 4)), ((5, 3), (5, 2)), ((9, 7), (4, 3)), ((16, 16), (3, 3))]


def sample(index):
    """A byte from each 32-bit index, well mixed."""
    value = index & 0xFFFFFFFF
    value ^= value >> 16
    value = value * 0x7FEB352D & 0xFFFFFFFF
    value ^= value >> 15
    value = value * 0x846CA68B & 0xFFFFFFFF
    return (value >> 24).astype(np.uint8)


def image_of(case, height, width):
    index = np.arange(height * width * 3, dtype=np.uint64) + np.uint64(case * 2654435769)
    return sample(index).reshape(height, width, 3)


def resize_as_pillow():
    import PIL
    from PIL import Image

    if int(PIL.__version__.split(".")[0]) >= 13:
        sys.exit(f"Pillow {PIL.__version__} resizes tall images in another order; install pillow<13")
    return lambda image, size: np.asarray(Image.fromarray(image).resize(size[::-1], Image.Resampling.BILINEAR))


def resize_as_tensorflow():
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    import tensorflow as tf

    return lambda image, size: tf.image.resize(image, size).numpy().astype("<f4")


def main():
    makers = {"pillow": resize_as_pillow, "tensorflow": resize_as_tensorflow}
    if len(sys.argv) != 2 or sys.argv[1] not in makers:
        print(__doc__)
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    resize = makers[sys.argv[1]]()
    cases = [(size, (SIDE, SIDE)) for size in SIZES] + SMALLEST
    for case, (size, out_size) in enumerate(cases):
        result = resize(image_of(case, *size), out_size).tobytes()
        text = hashlib.sha256(result).hexdigest() if out_size == (SIDE, SIDE) else result.hex()
        print(*size, *out_size, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
