#!/usr/bin/env python3
"""Runs the same random faults with TensorFlow and with tf_injector, and compares the reports' bytes and every score.

    .venv-tools/bin/python tools/compare_with_tensorflow.py tests/golden/*.keras
    .venv-tools/bin/python tools/compare_with_tensorflow.py models/CIFAR10/ResNet20.keras --dataset CIFAR10 \\
        --data datasets/CIFAR10/cifar-10-batches-py --limit 300 --faults 80

Without --data a model is fed random images. Faults go over every layer and every bit; some hit bit 30 of a layer's largest weight and
send Inf and NaN through the network. One line per model; the exit code is 1 when anything differs. Models of the other Keras
generation than the installed one are skipped.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import numpy as np

import oracle


def is_for_this_keras(path):
    """Keras 2 and Keras 3 do not read each other's files."""
    if not zipfile.is_zipfile(path):
        return not oracle.KERAS_3
    with zipfile.ZipFile(path) as archive:
        version = json.loads(archive.read("metadata.json"))["keras_version"]
    return (version >= "3") == oracle.KERAS_3


def random_data(model, count, seed, path):
    """An .npz of random float32 images, N x H x W x C where the model takes (C, H, W), and labels."""
    rng = np.random.default_rng(seed)
    images = rng.standard_normal((count, *model.input_shape[1:])).astype(np.float32)
    np.savez(path, x=images, y=rng.integers(0, model.output_shape[-1], count).astype(np.uint8))


def differing_rows(ours, theirs):
    """Rows of two score files that differ in a bit; NaN equals NaN."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return len(theirs)
    same = (ours.view(np.uint32) == theirs.view(np.uint32)) | (np.isnan(ours) & np.isnan(theirs))
    return int((~same.all(axis=1)).sum())


def run_ours(arguments, model, data, faults, folder):
    """The program's report and score folder."""
    command = [arguments.program, "run", "--model", model, "--data", data, "--fault-list", faults, "--report",
               folder / "ours.csv", "--save-scores", "--batch-size", arguments.batch, "--progress", "none"]
    if arguments.dataset:
        command += ["--dataset", arguments.dataset]
    if arguments.limit:
        command += ["--limit", arguments.limit]
    if arguments.use_tf:
        command += ["--use-tf"]
    command = [str(word) for word in command + arguments.program_flags.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"exit code {done.returncode} of {' '.join(command)}\n{done.stderr}")
    return folder / "ours.csv", folder / "ours"


def compare(arguments, path, folder):
    """True when report and scores are the same; prints the model's line."""
    model = oracle.load_model(path)
    data = arguments.data
    if data is None:
        data = folder / "data.npz"
        random_data(model, arguments.limit or 64, arguments.seed, data)
    images, labels = oracle.load_images(data, arguments.dataset, arguments.use_tf)
    images, labels = oracle.as_fed(model, images[:arguments.limit]), labels[:arguments.limit]
    faults = oracle.random_faults(model, arguments.faults, arguments.seed)
    oracle.write_faults(folder / "faults.csv", faults)
    oracle.run_campaign(model, images, labels, faults, arguments.batch, folder / "theirs.csv", folder / "theirs")
    report, scores = run_ours(arguments, path, data, folder / "faults.csv", folder)
    same_report = report.read_bytes() == (folder / "theirs.csv").read_bytes()
    rows, different, bad_faults, nans = 0, 0, 0, 0
    for theirs in sorted((folder / "theirs").glob("*.npy")):
        expected, found = np.load(theirs), np.load(scores / theirs.name)
        count = differing_rows(found, expected)
        rows, different, bad_faults = rows + len(expected), different + count, bad_faults + (count > 0)
        nans += int(np.isnan(expected).any(axis=1).sum())
    print(f"{path}: {len(faults)} faults x {len(labels)} images, report {'the same' if same_report else 'DIFFERS'}, "
          f"{different} of {rows} score rows differ (in {bad_faults} files; {nans} rows hold NaN)", flush=True)
    return same_report and different == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--program", default=pathlib.Path(__file__).resolve().parents[1] / "build" / "release" / "tf_injector")
    parser.add_argument("--program-flags", default="", help="more flags for it, e.g. '--kernels avx2 --threads 3'")
    parser.add_argument("--faults", type=int, default=64, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", help="a folder of CIFAR pickles or an .npz (x, y)")
    parser.add_argument("--dataset", choices=oracle.STATISTICS)
    parser.add_argument("--limit", type=int, help="images (default: all, 64 random ones without --data)")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--use-tf", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path, help="keep lists, reports and scores in this folder")
    arguments = parser.parse_args()
    failed = compared = 0
    for path in arguments.models:
        if not is_for_this_keras(path):
            print(f"{path}: skipped, of another Keras generation than the installed one")
            continue
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            if arguments.keep:
                folder = arguments.keep / pathlib.Path(path).stem
                folder.mkdir(parents=True, exist_ok=True)
            compared += 1
            failed += not compare(arguments, path, folder)
    print(f"{compared} models compared, {failed} differ")
    return 1 if failed or compared == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
