"""The GTSRB images against Pillow: how PPM files are read, and every byte of the resize to 50x50.

TensorFlow is not installed for the tests: its resize is compared with a model of it in NumPy here, and with what TensorFlow
itself gave in tests/data/resize_test.cpp.
"""

import io
import os
import pathlib
import random
import subprocess
import zipfile

import numpy as np
import pytest

PIL = pytest.importorskip("PIL", reason="Pillow is not installed (scripts/test installs it)")
from PIL import Image  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIDE = 50
HEADER = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId"
# From version 13 on Pillow resizes some tall images along the columns first, which gives other bytes.
COLUMNS_FIRST = int(PIL.__version__.split(".")[0]) >= 13


def program():
    named = os.environ.get("TFI_GTSRB_IMAGES")
    path = pathlib.Path(named) if named else ROOT / "build/release/tests/oracle/gtsrb_images"
    assert path.exists(), f"{path} is not built; build the target gtsrb_images, or name it in TFI_GTSRB_IMAGES"
    return path


def write_labels(folder, count):
    rows = [f"{i:05}.ppm;{SIDE};{SIDE};0;0;0;0;{i % 43}" for i in range(count)]
    (folder / "GT-final_test.csv").write_text("\n".join([HEADER, *rows, ""]))


def write_set(folder, files):
    for i, content in enumerate(files):
        (folder / f"{i:05}.ppm").write_bytes(content)
    write_labels(folder, len(files))


def load(folder, resize="pillow"):
    subprocess.run([program(), folder, resize, folder / "out.npy"], check=True)
    return np.load(folder / "out.npy")


def ppm_of(image):
    height, width, _ = image.shape
    return b"P6\n# made by a test\n%d %d\n255\n" % (width, height) + image.tobytes()


def resized_by_pillow(image):
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def images_of_random_sizes(rng, count):
    """Sides of 15..250 as in GTSRB; a part of them with sides near 50, where filters change; noise, ramps and extremes."""
    for i in range(count):
        height, width = rng.integers(45, 56, size=2) if i % 5 == 0 else rng.integers(15, 251, size=2)
        if i % 11 == 0:
            height = SIDE
        if i % 13 == 0:
            width = SIDE
        if COLUMNS_FIRST:
            height = min(height, width)
        if i % 3 == 0:
            yield rng.choice(np.array([0, 255], np.uint8), size=(height, width, 3))
        elif i % 3 == 1:
            yield rng.integers(0, 256, size=(height, width, 3), dtype=np.uint8)
        else:
            ramp = np.arange(height)[:, None] * rng.integers(1, 5) + np.arange(width) * rng.integers(1, 5)
            yield (ramp[:, :, None] + np.array([0, 85, 170])).astype(np.uint8)


def assert_same(expected, ours, images):
    assert ours.dtype == expected.dtype and ours.shape == expected.shape
    wrong = np.flatnonzero((ours != expected).reshape(len(images), -1).any(axis=1))
    assert wrong.size == 0, f"{wrong.size} of {len(images)} images differ; the first is of {images[wrong[0]].shape}"


def test_every_byte_is_pillows(tmp_path):
    images = list(images_of_random_sizes(np.random.default_rng(50), 1500))
    write_set(tmp_path, [ppm_of(image) for image in images])
    expected = np.stack([resized_by_pillow(Image.fromarray(image)) for image in images])
    assert_same(expected, load(tmp_path), images)


def test_the_official_zips(tmp_path):
    images = list(images_of_random_sizes(np.random.default_rng(51), 60))
    write_labels(tmp_path, len(images))
    with zipfile.ZipFile(tmp_path / "GTSRB_Final_Test_GT.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "GT-final_test.csv", "GT-final_test.csv")
    (tmp_path / "GT-final_test.csv").unlink()
    with zipfile.ZipFile(tmp_path / "GTSRB_Final_Test_Images.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("GTSRB/Final_Test/Images/", "")
        for i, image in enumerate(images):
            archive.writestr(f"GTSRB/Final_Test/Images/{i:05}.ppm", ppm_of(image))
        archive.writestr("GTSRB/Readme-Images-Final-test.txt", "GTSRB")
    expected = np.stack([resized_by_pillow(Image.fromarray(image)) for image in images])
    assert_same(expected, load(tmp_path), images)


def random_header(dice):
    """A header with two sides and a maximum, parted, commented and broken in many ways."""
    space = [b" ", b"\n", b"\t", b"\r", b"\r\n", b"\v", b"\f", b" \n ", b"", b"#\n", b"# c\n", b"\n#c c\r", b" # 9 9\n \n#\n"]
    number = [b"%d" % dice.randint(1, 40), b"0%d" % dice.randint(1, 9), b"1#x\n2", b"3", b"4", b"x", b"0", b"0000000000005"]

    def pick_space():
        return dice.choice(space) if dice.random() < 0.5 else b"\n"

    def pick_number():
        return dice.choice(number) if dice.random() < 0.3 else b"%d" % dice.randint(1, 40)

    magic = dice.choice([b"P6", b"P6", b"P6", b"P6", b"P6", b"P6 ", b"P6#", b"p6", b" P6"])
    maximum = b"255" if dice.random() < 0.9 else dice.choice([b"25#\n5", b"254", b"255#c\n", b"2 55"])
    return magic + pick_space() + pick_number() + pick_space() + pick_number() + pick_space() + maximum + pick_space()


def read_by_pillow(content):
    """The image, or None when Pillow refuses it or scales its samples (which are then not of 0..255: refused by us)."""
    try:
        with Image.open(io.BytesIO(content), formats=["PPM"]) as image:
            decoder = image.tile[0][0]
            image.load()
            return image.copy() if decoder == "raw" else None
    except (OSError, ValueError, SyntaxError):
        return None


def test_headers_are_read_as_pillow_reads_them(tmp_path):
    dice = random.Random(6)
    samples = bytes(dice.randrange(256) for _ in range(40 * 40 * 3 + 200))
    good, bad = [], []
    while len(good) < 600 or len(bad) < 90:
        content = random_header(dice) + samples[: dice.choice([len(samples), len(samples), 700, 50])]
        image = read_by_pillow(content)
        if image is not None and not (COLUMNS_FIRST and image.height > image.width):
            good.append((content, image))
        elif image is None:
            bad.append(content)
    bad = bad[:90]  # all are told: at most 100 lines

    accepted, refused = tmp_path / "accepted", tmp_path / "refused"
    accepted.mkdir()
    refused.mkdir()
    write_set(accepted, [content for content, _ in good])
    expected = np.stack([resized_by_pillow(image) for _, image in good])
    assert_same(expected, load(accepted), [np.asarray(image) for _, image in good])

    write_set(refused, bad)
    done = subprocess.run([program(), refused, "pillow", refused / "out.npy"], capture_output=True, text=True)
    assert done.returncode == 3
    told = {line.split(": ")[0] for line in done.stderr.splitlines()}
    silent = [bad[i][:60] for i in range(len(bad)) if str(refused / f"{i:05}.ppm") not in told]
    assert silent == [], "Pillow refuses these, we do not"


def places(in_size, out_size):
    one = np.float32
    position = (np.arange(out_size, dtype=one) + one(0.5)) * (one(in_size) / one(out_size)) - one(0.5)
    floor = np.floor(position)
    lower = np.maximum(floor.astype(int), 0)
    upper = np.minimum(np.ceil(position).astype(int), in_size - 1)
    return lower, upper, position - floor


def resized_by_tensorflow(image):
    """docs/numerics.md in NumPy: float32, every step rounded."""
    top, bottom, down = places(image.shape[0], SIDE)
    left, right, across = places(image.shape[1], SIDE)
    values = image.astype(np.float32)

    def row(index):
        first, second = values[index][:, left], values[index][:, right]
        return first + (second - first) * across[None, :, None]

    return row(top) + (row(bottom) - row(top)) * down[:, None, None]


def test_the_model_of_tensorflows_resize(tmp_path):
    images = list(images_of_random_sizes(np.random.default_rng(52), 500))
    write_set(tmp_path, [ppm_of(image) for image in images])
    expected = np.stack([resized_by_tensorflow(image) for image in images])
    assert_same(expected, load(tmp_path, "tensorflow"), images)
