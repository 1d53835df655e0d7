"""Does the installed package work? Run by the Python that it is installed in, in any folder but the project's: scripts/wheel does.

    python smoke_wheel.py PROGRAM VERSION ROOT [--cifar10 FOLDER --model FILE --list FILE --report FILE]

PROGRAM: one that the package must equal; ROOT: the project, for its golden models. What is compared byte for byte: reports and score files
of small campaigns, and with --cifar10 a report of the 10,000 images with a reference that is there already.
"""
import argparse
import importlib.metadata
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import tf_injector

GOLDEN = ("odd_channels", "preprocessed", "shared_layers")
MODEL_H5 = "k2_sequential.h5"  # through HDF5


def output_of(*words):
    return subprocess.run([*map(str, words)], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix in (".csv", ".npy")}


def same_campaign(program, root, name, work):
    """The golden model's own list on its own images, with scores."""
    golden = root / "tests/golden"
    inputs = np.load(golden / f"{name}.golden.npz")["inputs"]
    np.savez(work / "images.npz", x=inputs, y=np.arange(len(inputs)) % 10)
    made = []
    for number, start in enumerate(([program], [sys.executable, "-m", "tf_injector"])):
        folder = work / f"{name}-{number}"
        folder.mkdir()
        output_of(*start, "--model", golden / f"{name}.keras", "--data", work / "images.npz", "-f", golden / f"{name}.faults.csv",
                  "--report", folder / "r.csv", "-s", "-q")
        made.append(files_of(folder))
    if made[0] != made[1] or len(made[0]) < 3:
        sys.exit(f"{name}: the package and {program} write other bytes, or nothing")
    return len(made[0])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("version")
    parser.add_argument("root", type=pathlib.Path)
    for name in ("cifar10", "model", "list", "report"):
        parser.add_argument(f"--{name}", type=pathlib.Path)
    args = parser.parse_args()
    place = pathlib.Path(tf_injector.__file__).resolve()
    if args.root.resolve() / "python" in place.parents:
        sys.exit(f"this is the source, not the installed package: {place}")

    said = {"tf_injector.__version__": tf_injector.__version__, "metadata": importlib.metadata.version("tf_injector"),
            "python -m tf_injector": output_of(sys.executable, "-m", "tf_injector", "--version").split()[-1],
            "tf_injector": output_of(pathlib.Path(sys.executable).with_name("tf_injector"), "--version").split()[-1]}
    for name, version in said.items():
        if version != args.version:
            sys.exit(f"{name} says version {version}, expected {args.version}")

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        files = sum(same_campaign(args.program, args.root, name, work) for name in GOLDEN)
        words = ("inspect", args.root / "tests/keras/files" / MODEL_H5)
        if output_of(args.program, *words) != output_of(sys.executable, "-m", "tf_injector", *words):
            sys.exit(f"{MODEL_H5}: inspect prints something else")
        tf_injector.load_model(words[1])
        if args.cifar10:
            output_of(sys.executable, "-m", "tf_injector", "-d", "CIFAR10", "--model", args.model, "--data", args.cifar10, "-f", args.list,
                      "--report", work / "reference.csv", "-q")
            if (work / "reference.csv").read_bytes() != args.report.read_bytes():
                sys.exit("the report on CIFAR-10 is not the reference")
            files += 1
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}: {place.parent}, {files} files equal")


if __name__ == "__main__":
    main()
