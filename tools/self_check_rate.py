"""How many wrong campaigns the self-check finds: random lists on small networks, with a program that is wrong on purpose (a repair taken out).

    python tools/self_check_rate.py build/release/tf_injector FOLDER [--faults N] [--seeds N]

FOLDER holds a folder per network, with net.keras and data.npz. A campaign that ends with exit code 7 is found; of one that ends with 0 report
and scores are compared with those of the scalar reference, and it is right or missed. Lists of odd seeds draw weights, of even ones layers.
Which rows are wrong can differ from run to run, as the faults of a block do: so the very run that was checked is compared."""
import argparse
import pathlib
import re
import subprocess
import tempfile

import numpy as np

SELF_CHECK = 7


def kernels(program, model):
    """(name, shape) of every kernel that faults can hit."""
    said = subprocess.run([program, "inspect", model], capture_output=True, text=True, check=True).stdout
    found = []
    for line in said.splitlines():
        row = re.match(r"(\S+)\s+(?:Conv2D|Dense)\s+\([^)]*\)\s+\(([^)]*)\)", line)
        if row:
            found.append((row[1], tuple(int(n) for n in row[2].split(",") if n.strip())))
    return found


def write_list(path, layers, seed, faults):
    rng = np.random.default_rng(seed)
    sizes = np.array([np.prod(shape) for _, shape in layers], float)
    chances = sizes / sizes.sum() if seed % 2 else np.full(len(layers), 1 / len(layers))
    lines = ["Injection,Layer,TensorIndex,Bit"]
    for number in range(faults):
        name, shape = layers[rng.choice(len(layers), p=chances)]
        lines.append(f'{number},{name},"{tuple(int(rng.integers(n)) for n in shape)}",{rng.integers(32)}')
    path.write_text("\n".join(lines) + "\n")


def campaign(program, case, faults, report, *flags):
    words = [program, "run", "--model", case / "net.keras", "--data", case / "data.npz", "-f", faults, "--report", report, "--scores", "changed", "-q"]
    done = subprocess.run([str(word) for word in (*words, *flags)], capture_output=True, text=True)
    if done.returncode not in (0, SELF_CHECK):
        raise SystemExit(f"{case.name}: exit code {done.returncode}: {done.stderr}")
    return done.returncode


def scores(report):
    """Golden's rows, and the rows that differ from them by (fault, image), as bytes."""
    folder = report.with_suffix("")
    rows = {}
    for path in folder.glob("inj_*.npz"):
        arrays = np.load(path)
        rows.update({(path.stem, int(i)): row.tobytes() for i, row in zip(arrays["index"], arrays["scores"])})
    return (folder / "clean.npy").read_bytes(), rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--faults", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    for case in sorted(path.parent for path in arguments.folder.glob("*/net.keras")):
        layers = kernels(arguments.program, case / "net.keras")
        found = right = 0
        missed = []
        for seed in range(1, arguments.seeds + 1):
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                write_list(folder / "list.csv", layers, seed, arguments.faults)
                ours, reference = folder / "ours.csv", folder / "reference.csv"
                if campaign(arguments.program, case, folder / "list.csv", ours) == SELF_CHECK:
                    found += 1
                    continue
                campaign(arguments.program, case, folder / "list.csv", reference, "--kernels", "scalar")
                if ours.read_bytes() == reference.read_bytes() and scores(ours) == scores(reference):
                    right += 1
                else:
                    missed.append(seed)
        print(f"{case.name}: {found} found, {right} right, {len(missed)} missed {missed or ''}", flush=True)


if __name__ == "__main__":
    main()
