"""Row 15: every bit of every layer of ResNet20, Inf and NaN among the results, and the golden models' faults, held against TensorFlow's scores."""
import hashlib
import struct

from torture import inputs, program
from torture.case import Case, Failed, Figures, NotRun
from torture.inputs import GOLDEN, golden_arrays, npy, write_npz
from torture.rows.determinism import one_nan

NUMBER, FAULT, UNIT = 15, "NaN, Inf, denormals: every bit x every layer", "faults"
CRITERION = "scores and rows equal TensorFlow's in every bit"
PYTHON_TOOL = "the reference"
EVERY_BIT = program.ROOT / "tests/torture/golden"
MODEL = program.ROOT / "models/CIFAR10/ResNet20.keras"


def resnet(torture, flags):
    """ResNet20: TensorFlow's report, and the digest of each fault's scores."""
    if not MODEL.exists():
        raise NotRun(f"{MODEL.name} is not there")
    data = torture.once("float_noise.npz", lambda path: inputs.float_images(path, 64, (32, 32, 3)))
    digests = [line.split() for line in (EVERY_BIT / "every_bit.scores.txt").read_text().splitlines()]
    with torture.folder() as folder:
        ended = program.run(["--model", MODEL, "--data", data, "-f", EVERY_BIT / "every_bit.faults.csv", "--report", "r.csv", "-s", "-q", *flags], folder)
        if ended.code != program.DONE:
            raise Failed(ended.describe())
        other = [name for name, digest, *_ in digests if hashlib.sha256((folder / f"r/{name}.npy").read_bytes()).hexdigest() != digest]
        ours, theirs = ((path.read_bytes().splitlines()) for path in (folder / "r.csv", EVERY_BIT / "every_bit.report.csv"))
        rows = [number - 2 for number in range(max(len(ours), len(theirs))) if ours[number:number + 1] != theirs[number:number + 1]]
    wrong = {f"inj_{row}" for row in rows} | set(other)
    why = f"{len(other)} scores and {len(rows)} rows are not TensorFlow's, the first {sorted(wrong)[0]}" if wrong else ""
    return Figures(volume=len(digests) - 1, failed=len(wrong), why=why)


def golden_model(torture, model):
    """A small model's faults, of batches of all images: TensorFlow's scores."""
    name = model.name.split(".")[0]
    arrays = golden_arrays(name)
    with torture.folder() as folder:
        kind, shape, data = arrays["inputs"]
        write_npz(folder / "set.npz", x=npy(kind, shape, data), y=npy("<i8", shape[:1], struct.pack(f"<{shape[0]}q", *range(shape[0]))))
        words = ["--model", model, "--data", "set.npz", "-f", GOLDEN / f"{name}.faults.csv", "--report", "r.csv", "-s", "-q"]
        ended = program.run(words, folder)
        if ended.code != program.DONE:
            raise Failed(ended.describe())
        faulty = arrays["faulty"][2]
        size = len(faulty) // arrays["faulty"][1][0]
        wrong = [number for number in range(len(faulty) // size)
                 if (folder / f"r/inj_{number}.npy").read_bytes()[-size:] != one_nan(faulty[number * size:(number + 1) * size])]
    return Figures(volume=len(faulty) // size, failed=len(wrong), why=f"the scores of faults {wrong} are not TensorFlow's" if wrong else "")


def cases(torture):
    for flags in ([["--threads", "2"]] if torture.short else [["--threads", "2"], ["--threads", "1", "--kernels", "avx2"]]):
        yield Case(f"resnet20:{':'.join(flags)}", lambda flags=flags: resnet(torture, flags))
    for model in sorted([*GOLDEN.glob("*.keras"), *GOLDEN.glob("*.h5")]):
        yield Case(model.name, lambda model=model: golden_model(torture, model))
