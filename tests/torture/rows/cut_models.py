"""Row 10: a model file that is cut, at every length of a small one, at many of a large one."""
from torture import program
from torture.case import Case, Failed, Figures
from torture.inputs import GOLDEN

NUMBER, FAULT, UNIT = 10, "truncated .keras and .h5", "files"
CRITERION = "exit 3 in one line, RSS <= file + 64 MiB"
PYTHON_TOOL = "an error of Keras"
SMALL, LARGE = GOLDEN / "single_channel.keras", program.ROOT / "models/CIFAR10/ResNet20.keras"
OLD = GOLDEN / "preprocessed_caffe.h5"
A_CASE, MOST_MEMORY = 64, 64.0


def cut(torture, source, lengths):
    """The file's first bytes, of each of these lengths."""
    content, milliseconds, memory = source.read_bytes(), 0.0, 0.0
    with torture.folder() as folder:
        path = folder / f"cut{source.suffix}"
        for length in lengths:
            path.write_bytes(content[:length])
            ended = torture.run_measured(["inspect", path], folder)
            lines = ended.err.strip().splitlines()
            if ended.code != program.BAD_INPUT or len(lines) != 1 or "cut" not in lines[0]:
                raise Failed(f"{length} of {len(content)} bytes: {ended.describe()}")
            if ended.mebibytes > length / 2**20 + MOST_MEMORY:
                raise Failed(f"{length} of {len(content)} bytes: {ended.mebibytes:.0f} MiB")
            milliseconds, memory = max(milliseconds, 1000 * ended.seconds), max(memory, ended.mebibytes)
    return Figures(volume=len(lengths), milliseconds=milliseconds, mebibytes=memory)


def pieces(torture, source, count):
    """So many lengths of a file, or all, in groups."""
    size = source.stat().st_size
    lengths = list(range(size)) if count is None or count >= size else sorted(torture.random(NUMBER, source.name).sample(range(size), count))
    for place in range(0, len(lengths), A_CASE):
        group = lengths[place:place + A_CASE]
        yield Case(f"{source.name}:{group[0]}", lambda group=group: cut(torture, source, group))


def cases(torture):
    yield from pieces(torture, SMALL, 64 if torture.short else None)
    yield from pieces(torture, OLD, 64 if torture.short else 1000)
    if LARGE.exists():
        yield from pieces(torture, LARGE, 16 if torture.short else 1000)
