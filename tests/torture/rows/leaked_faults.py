"""Row 17: faults that stay behind. Each fault's row is the same whatever faults were evaluated before it, and the golden scores too."""
from torture import program
from torture.case import Case, Failed, Figures
from torture.inputs import GOLDEN

NUMBER, FAULT, UNIT = 17, "leaked faults: random lists in another order", "faults"
CRITERION = "each row and the golden scores are the same"
PYTHON_TOOL = "not checked"
MODELS = ("odd_channels", "k3_residual", "mobile", "inception", "shared_layers")
FAULTS, SHORT = 20000, 500


def rows_of(path):
    return {line.split(b",", 1)[0]: line for line in path.read_bytes().splitlines()[1:]}


def campaign(folder, name, words):
    ended = program.run([*words, "--report", f"{name}.csv", "-q", "--threads", "2"], folder)
    if ended.code != program.DONE:
        raise Failed(ended.describe())
    return rows_of(folder / f"{name}.csv")


def golden(folder, name, words):
    ended = program.run([*words, "--report", f"{name}.csv", "-s", "-q"], folder)
    if ended.code != program.DONE:
        raise Failed(ended.describe())
    return (folder / name / "clean.npy").read_bytes()


def shuffled(torture, name, count):
    """A random list in its order, in a random one, and its halves alone, the way the self-check checks every fault."""
    model, data = torture.model_files(20, 2, name)[:2], torture.model_files(20, 2, name)[2:4]
    with torture.folder() as folder:
        made = program.run(["generate", *model, "-o", "l.csv", "--n", str(count), "--seed", str(torture.seed)], folder)
        if made.code != program.DONE:
            raise Failed(made.describe())
        head, *faults = (folder / "l.csv").read_text().splitlines(keepends=True)
        torture.random(NUMBER, name).shuffle(faults)
        (folder / "s.csv").write_text(head + "".join(faults))
        (folder / "h.csv").write_text(head + "".join(faults[::2]))
        before = golden(folder, "g0", [*model, *data])
        expected = campaign(folder, "r", [*model, *data, "-f", "l.csv"])
        for other, flags in (("s", ["--memory", "100M"]), ("h", ["--check", "5"])):
            found = campaign(folder, other + "r", [*model, *data, "-f", f"{other}.csv", *flags])
            wrong = [number for number, row in found.items() if expected.get(number) != row]
            if wrong:
                raise Failed(f"{len(wrong)} rows depend on the faults before them, the first is {wrong[0].decode()}")
        if golden(folder, "g1", [*model, *data]) != before:
            raise Failed("the golden scores differ")
        return Figures(volume=len(expected) - 1)


def cases(torture):
    assert all((GOLDEN / f"{name}.keras").exists() for name in MODELS)
    for name in MODELS[:2] if torture.short else MODELS:
        yield Case(name, lambda name=name: shuffled(torture, name, SHORT if torture.short else FAULTS))
