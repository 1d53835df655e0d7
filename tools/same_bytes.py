#!/usr/bin/env python3
"""Do two builds of tf_injector write the same bytes? Runs both on the same campaigns and compares every file. Start it with scripts/same-bytes.

    same_bytes.py OLD NEW [--short] [--only TEXT] [--data FOLDER] [--cifar10 FOLDER] [--keep FOLDER]

OLD, NEW: two programs. Campaigns, each with the scores of every fault and with every kernel set that this CPU has:
  reference   the 24 reference faults of ResNet20 on the 10,000 images of CIFAR-10
  networks    60 faults of each network of --data (../shared/data): of its published list, drawn by seed, or made up; on few images
  golden      the golden models of tests/golden, with their own lists
The scalar kernels evaluate few faults on two images.
Reports and score files are compared byte for byte; of run.json all but times, the command line and the version. One line per network, and
one at the end; exit code 1 when anything differs or fails, or nothing was compared.
"""
import argparse
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
KERNELS = ("auto", "avx512", "avx2", "neon", "scalar")
VARIES = ("command_line", "started", "updated", "seconds", "check", "tool")  # check: as much as there is time for
HEADER = "Injection,Layer,TensorIndex,Bit\n"
WORK, SCALAR_WORK = 3e9, 1e9  # multiply-adds of the golden run; of all whole evaluations of the scalar kernels


class Case:
    """A campaign: name, model, images (x.npz, or a folder), data set's name or "", text of the list, most images or None for all."""

    def __init__(self, name, model, data, dataset, faults, images=None):
        self.name, self.model, self.data, self.dataset = name, model, data, dataset
        self.faults, self.images = faults, images


# ---- what is run -----------------------------------------------------------------------------------------------------------

def inspect(program, model):
    """(layer, kernel's shape) of every layer that faults can hit; multiply-adds of an image."""
    text = subprocess.run([program, "inspect", "--plan", model], capture_output=True, text=True, check=True).stdout
    layers = re.findall(r"^(\S+) .*\)\s+\((\d+(?:, \d+)+)\)\s+\d+\s+\d+$", text, re.M)
    total = re.search(r"^\s+total\s+(\d+)$", text, re.M)
    return [(name, [int(n) for n in shape.split(", ")]) for name, shape in layers], int(total[1])


def made_up(layers, count, seed):
    """Faults of any layer, element and bit."""
    chance = random.Random(seed)
    rows = []
    for i in range(count):
        name, shape = chance.choice(layers)
        index = ", ".join(str(chance.randrange(n)) for n in shape)
        rows.append(f'{i},{name},"({index})",{chance.randrange(32)}\n')
    return HEADER + "".join(rows)


def drawn(path, count, seed):
    """Rows of a published list, in its order."""
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)[1:]
    picked = sorted(random.Random(seed).sample(range(len(rows)), min(count, len(rows))))
    return HEADER + "".join(rows[i] for i in picked)


def published_list(data, dataset, network):
    wanted = f"{network.removesuffix('_nchw')}_TF_FL.csv".lower()
    found = [path for path in (data / "fault_lists" / dataset).glob("*.csv") if path.name.lower() == wanted]
    return found[0] if found else None


def write_images(path, inputs, labels):
    labels = labels if len(labels) >= len(inputs) else np.arange(len(inputs)) % 10
    np.savez(path, x=inputs, y=labels[:len(inputs)].astype(np.int32))
    return path


def network_cases(program, data, count, only, work):
    for model in sorted((data / "models").rglob("*")):
        reference = model.with_name(model.stem + ("_h5" if model.suffix == ".h5" else "") + ".ref.npz")
        group = model.parent.name
        if model.suffix not in (".keras", ".h5") or not reference.exists() or only not in f"{group}/{model.name}":
            continue
        arrays = np.load(reference)
        dataset = group if "inputs_u8" in arrays else ""
        layers, multiply_adds = inspect(program, model)
        published = published_list(data, dataset, model.stem) if dataset else None
        faults = drawn(published, count, 1) if published else made_up(layers, count, 1)
        labels = arrays["labels"] if "labels" in arrays else np.zeros(0)
        inputs = arrays["inputs_u8" if dataset else "inputs"]
        images = write_images(work / f"{group}_{model.name}.npz", inputs, labels)
        most = int(min(64, len(inputs), max(4, WORK / multiply_adds)))
        yield Case(f"{group}/{model.name}", model, images, dataset, faults, most)


def golden_cases(work):
    for golden in sorted((ROOT / "tests/golden").glob("*.golden.npz")):
        name = golden.name.removesuffix(".golden.npz")
        model = next(path for path in (golden.with_name(name + ".keras"), golden.with_name(name + ".h5")) if path.exists())
        images = write_images(work / f"golden_{name}.npz", np.load(golden)["inputs"], np.zeros(0))
        yield Case(f"golden/{name}", model, images, "", golden.with_name(name + ".faults.csv").read_text(encoding="utf-8"), 16)


def cifar10_folder(named):
    places = [named] if named else [ROOT / "datasets/CIFAR10", pathlib.Path.home() / ".keras/datasets"]
    for place in places:
        for folder in (place, place / "cifar-10-batches-py"):
            if (folder / "test_batch").exists():
                return folder
    return None


def cases(args, work):
    model, faults = args.data / "models/CIFAR10/ResNet20.keras", args.data / "reference/ResNet20_24faults.csv"
    cifar10 = cifar10_folder(args.cifar10)
    if not faults.exists():
        print(f"skipped: reference and networks ({args.data} is not there; --data names another folder)")
    else:
        if cifar10 is None:
            print("skipped: reference (no CIFAR-10 here; --cifar10 names the folder with test_batch)")
        else:
            yield Case("reference", model, cifar10, "CIFAR10", faults.read_text(encoding="utf-8"), 500 if args.short else None)
        yield from network_cases(args.old, args.data, 10 if args.short else 60, args.only, work)
    yield from golden_cases(work)


# ---- runs and comparison ---------------------------------------------------------------------------------------------------

def available(program):
    """The kernel sets that program and CPU have."""
    model = ROOT / "tests/golden/dense_blocks.keras"
    return [kernels for kernels in KERNELS
            if subprocess.run([program, "inspect", "--plan", "--kernels", kernels, model], capture_output=True).returncode == 0]


def run(program, case, kernels, folder, multiply_adds):
    """Runs the program in the folder, which it makes anew. Returns what went wrong, or ""."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    faults, images = case.faults, case.images
    if kernels == "scalar":  # whole evaluations, slow ones
        images = min(2, images or 2)
        rows = faults.splitlines(keepends=True)
        faults = "".join(rows[:1 + int(min(60, max(2, SCALAR_WORK / multiply_adds / images)))])
    (folder / "faults.csv").write_text(faults, encoding="utf-8")
    words = [program, "--model", case.model, "--data", case.data, "-f", "faults.csv", "--report", "r.csv", "-s", "-q",
             "--kernels", kernels, "--threads", "2"]
    words += ["-d", case.dataset] if case.dataset else []
    words += ["--limit", str(images)] if images else []
    done = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return "" if done.returncode == 0 else f"exit code {done.returncode}: {done.stderr.strip()}"


def stable(metadata):
    """What of a run.json is the same in every run; reasons are words, which may be put better."""
    facts = json.loads(metadata)
    facts.get("preprocess", {}).pop("why", None)
    facts.get("machine", {}).pop("threads_source", None)
    return json.dumps({key: value for key, value in facts.items() if key not in VARIES}, indent=1)


def differences(old, new):
    """(files compared, names of those that differ)"""
    files = {side: {str(path.relative_to(side)): path for path in side.rglob("*") if path.is_file()} for side in (old, new)}
    names = sorted(files[old].keys() | files[new].keys())
    differing = []
    for name in names:
        both = [files[side][name].read_bytes() if name in files[side] else None for side in (old, new)]
        if name.endswith(".run.json") and None not in both:
            both = [stable(text) for text in both]
        if both[0] != both[1]:
            differing.append(name)
    return len(names), differing


def compare(case, args, kernel_sets, work):
    """Prints the case's line; (files compared, is all the same)."""
    begin, total, problems, ran = time.monotonic(), 0, [], []
    multiply_adds = inspect(args.old, case.model)[1]
    for kernels in kernel_sets:
        errors = [run(program, case, kernels, work / side, multiply_adds) for program, side in ((args.old, "old"), (args.new, "new"))]
        if errors != ["", ""]:
            problems.append(f"{kernels}: " + "; ".join(f"{side} {error}" for side, error in zip(("old:", "new:"), errors) if error))
        compared, differing = differences(work / "old", work / "new")
        total += compared
        if differing:
            problems.append(f"{kernels}: {len(differing)} of {compared} files differ: {' '.join(differing[:5])}")
        ran.append(kernels)
    faults = case.faults.count("\n") - 1
    print(f"{'DIFFERS' if problems else 'same':8} {case.name:36} {faults:3} faults x {case.images or 'all':>3} images, {total:4} files, "
          f"{time.monotonic() - begin:6.1f} s  {' '.join(ran)}", *problems, sep="\n         ", flush=True)
    return total, not problems


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/same-bytes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=pathlib.Path)
    parser.add_argument("new", type=pathlib.Path)
    parser.add_argument("--short", action="store_true", help="500 reference images, 10 faults of each network; kernels auto and avx2")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the campaigns with this in their name")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared/data", metavar="FOLDER", help="default ../shared/data")
    parser.add_argument("--cifar10", type=pathlib.Path, metavar="FOLDER", help="with test_batch; default: where scripts/demo puts it, or Keras")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER", help="work there and leave the last campaign's files")
    args = parser.parse_args()
    for name in ("old", "new", "data", "cifar10", "keep"):
        if getattr(args, name) is not None:
            setattr(args, name, getattr(args, name).absolute())
    for program in (args.old, args.new):
        if not program.is_file():
            parser.error(f"{program}: no such program")
    return args


def main():
    args = arguments()
    both = [kernels for kernels in available(args.old) if kernels in available(args.new)]
    kernel_sets = [kernels for kernels in both if not args.short or kernels in ("auto", "avx2")]
    print("kernels:", *kernel_sets)
    compared, files, differ = 0, 0, []
    with tempfile.TemporaryDirectory(prefix="same_bytes_") as temporary:
        work = args.keep or pathlib.Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        for case in cases(args, work):
            if args.only not in case.name:
                continue
            count, is_same = compare(case, args, kernel_sets, work)
            compared, files = compared + 1, files + count
            differ += [] if is_same else [case.name]
    if differ:
        print(f"{len(differ)} of {compared} campaigns differ: {' '.join(differ)}")
    else:
        print(f"{compared} campaigns, {files} files: all the same" if files else "nothing was compared")
    return 1 if differ or not files else 0


if __name__ == "__main__":
    sys.exit(main())
