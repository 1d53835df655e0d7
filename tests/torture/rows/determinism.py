"""Row 18: threads, batch sizes, tiles, instruction sets, memory, address space randomisation, run after run: the same bytes."""
import itertools
import struct

from torture import program
from torture.campaign import Campaign
from torture.case import Case, Failed, NotRun
from torture.inputs import GOLDEN, golden_arrays, npy, write_npz

NUMBER, FAULT, UNIT = 18, "threads, tiles, instruction sets, ASLR", "runs"
CRITERION = "report and scores byte-identical"
PYTHON_TOOL = "needs --seed; depends on the batch size"
MODELS = ("odd_channels", "k3_residual", "mobile", "inception")
SHORT = 24


class Machine(Campaign):
    """A campaign with all scores, whose flags about the machine differ from run to run; plain evaluation is the reference."""

    def __init__(self, name, inputs):
        super().__init__(name, inputs, "--kernels", "scalar", "-s")

    def run_with(self, folder, flags, before=()):
        words = [*self.inputs, *self.command, "-q", "-s", *flags]
        return program.run(words, folder, before=before)


def same(torture, campaign, flags, before=()):
    campaign.reference(torture)
    with torture.folder() as folder:
        ended = campaign.run_with(folder, flags, before)
        if ended.code == program.USAGE and "--kernels" in ended.err:
            raise NotRun(f"this CPU has no {flags[flags.index('--kernels') + 1]}")
        if ended.code != program.DONE:
            raise Failed(ended.describe())
        campaign.check(torture, folder)


def alone_or_together(torture, name, batch):
    """-b: the bytes of TensorFlow's scores, of batches of one (where Dense layers sum differently) and of all images."""
    arrays = golden_arrays(name)
    with torture.folder() as folder:
        kind, shape, data = arrays["inputs"]
        write_npz(folder / "set.npz", x=npy(kind, shape, data), y=npy("<i8", shape[:1], struct.pack(f"<{shape[0]}q", *range(shape[0]))))
        model = next(path for path in GOLDEN.glob(f"{name}.*") if path.suffix in (".keras", ".h5"))
        ended = program.run(["--model", model, "--data", "set.npz", "-f", GOLDEN / f"{name}.faults.csv", "--report", "r.csv", "-s", "-q", "-b", str(batch)], folder)
        if ended.code != program.DONE:
            raise Failed(ended.describe())
        kind, shape, faulty = arrays["faulty_alone" if batch == 1 else "faulty"]
        size = len(faulty) // shape[0]
        for number in range(shape[0]):
            if (folder / f"r/inj_{number}.npy").read_bytes()[-size:] != one_nan(faulty[number * size:(number + 1) * size]):
                raise Failed(f"the scores of fault {number} are not TensorFlow's")


def one_nan(data):
    """float32 scores with every NaN as the program writes it."""
    words = struct.unpack(f"<{len(data) // 4}I", data)
    return struct.pack(f"<{len(words)}I", *(0xFFC00000 if word & 0x7FFFFFFF > 0x7F800000 else word for word in words))


def every_case(torture):
    randomised = lambda: [program.need("setarch", "util-linux"), "-R"]  # noqa: E731
    for name in MODELS:
        campaign = Machine(name, torture.model_files(60, 8, name))
        for threads, kernels in itertools.product((1, 2, 3, 5, 8, 16), ("avx512", "avx2", "scalar", "auto")):
            flags = ["--threads", str(threads), "--kernels", kernels]
            yield Case(f"{name}:{threads}:{kernels}", lambda campaign=campaign, flags=flags: same(torture, campaign, flags))
        for tile in (1, 2, 3, 7, 16, 32):
            yield Case(f"{name}:tile:{tile}", lambda campaign=campaign, tile=tile: same(torture, campaign, ["--tile", str(tile), "--threads", "2"]))
        for memory in (48, 64, 100):
            flags = ["--memory", f"{memory}M", "--threads", "2"]
            yield Case(f"{name}:memory:{memory}", lambda campaign=campaign, flags=flags: same(torture, campaign, flags))
        yield Case(f"{name}:not_randomised", lambda campaign=campaign: same(torture, campaign, ["--threads", "2"], randomised()))
        yield Case(f"{name}:again", lambda campaign=campaign: same(torture, campaign, ["--threads", "2"]))
        for batch in (1, 512):
            yield Case(f"{name}:batch:{batch}", lambda name=name, batch=batch: alone_or_together(torture, name, batch))


def cases(torture):
    return torture.choose(NUMBER, every_case(torture), SHORT)
