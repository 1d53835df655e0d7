"""Row 11: single bits that flip in a model file, and in the files of a report that is gone on with."""
import shutil

from torture import program
from torture.campaign import Campaign
from torture.case import Case, Failed, Figures
from torture.inputs import GOLDEN

NUMBER, FAULT, UNIT = 11, "flipped bits of .keras, report, metadata", "flips"
CRITERION = "noticed, or without effect on any score and row"
PYTHON_TOOL = "model: >= 99.3 % noticed, the rest harmless; report: never noticed"
SMALL, LARGE = "single_channel", program.ROOT / "models/CIFAR10/ResNet20.keras"
A_CASE = 64


def flipped(content, bit):
    changed = bytearray(content)
    changed[bit >> 3] ^= 1 << (bit & 7)
    return bytes(changed)


def flip_model(torture, campaign, bits):
    """Each bit alone: refused, or the same scores and rows as the whole file's."""
    content, milliseconds = (GOLDEN / f"{SMALL}.keras").read_bytes(), 0.0
    expected = {name: data for name, data in campaign.reference(torture).items() if name != "r.run.json"}
    for bit in bits:
        with torture.folder() as folder:
            (folder / "m.keras").write_bytes(flipped(content, bit))
            inputs = ["--model", "m.keras", *campaign.inputs[2:]]
            ended = program.run([*inputs, "--report", "r.csv", "-s", "-q", "--threads", "1"], folder)
            if ended.code == program.DONE:
                found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
                if {name: found.get(name) for name in expected} != expected:
                    raise Failed(f"bit {bit} changes results, and is not noticed")
            elif ended.code != program.BAD_INPUT:
                raise Failed(f"bit {bit}: {ended.describe()}")
            milliseconds = max(milliseconds, 1000 * ended.seconds)
    return Figures(volume=len(bits), milliseconds=milliseconds)


def flip_large(torture, bits):
    """ResNet20: refused; what is not refused must be described as before, and is counted as noticed only if its weights are the same."""
    content = LARGE.read_bytes()
    with torture.folder() as folder:
        path = folder / "m.keras"
        path.write_bytes(content)
        expected = program.run(["inspect", "--plan", path], folder).out
        for bit in bits:
            path.write_bytes(flipped(content, bit))
            ended = program.run(["inspect", "--plan", path], folder)
            if ended.code == program.DONE and ended.out != expected or ended.code not in (program.DONE, program.BAD_INPUT):
                raise Failed(f"bit {bit}: {ended.describe()}")
    return Figures(volume=len(bits))


def flip_report(torture, campaign, name, state, bits):
    """A bit of a report's file flips before it is gone on with, or after it is finished: refused, or the undisturbed run's bytes come out."""
    expected = campaign.reference(torture)
    for bit in bits:
        with torture.folder() as folder:
            shutil.copytree(state, folder, dirs_exist_ok=True)
            path = folder / name
            path.write_bytes(flipped(path.read_bytes(), bit))
            ended = campaign.run(folder)
            if ended.code == program.DONE:
                if (folder / name).suffix == ".csv" and (folder / name).read_bytes() != expected[name] or (folder / "r.csv").read_bytes() != expected["r.csv"]:
                    raise Failed(f"bit {bit} of {name} is not noticed")
            elif ended.code not in (program.REFUSED, program.BAD_INPUT):
                raise Failed(f"bit {bit} of {name}: {ended.describe()}")
    return Figures(volume=len(bits))


def halfway(torture, campaign):
    """Folders of a finished report, and of one that was killed between rows and metadata (see kills_at_calls)."""
    from torture.rows import kills_at_calls

    half, done = torture.inputs / "flipped_half", torture.inputs / "flipped_done"
    half.mkdir(), done.mkdir()
    kills_at_calls.prepare(torture, campaign, "going_on", half)
    campaign.finished_folder(torture, done)
    return {"half": half, "finished": done}


def chosen_bits(torture, name, size, count):
    bits = range(8 * size)
    return list(bits) if count is None or count >= len(bits) else sorted(torture.random(NUMBER, name).sample(bits, count))


def groups(name, bits, run):
    for place in range(0, len(bits), A_CASE):
        group = bits[place:place + A_CASE]
        yield Case(f"{name}:{group[0]}", lambda group=group: run(group))


def cases(torture):
    campaign = Campaign("flips", torture.model_files(20, 1, SMALL), "-s")
    bits = chosen_bits(torture, SMALL, (GOLDEN / f"{SMALL}.keras").stat().st_size, 64 if torture.short else None)
    yield from groups(SMALL, bits, lambda group: flip_model(torture, campaign, group))
    if LARGE.exists():
        bits = chosen_bits(torture, LARGE.name, LARGE.stat().st_size, 16 if torture.short else 10000)
        yield from groups(LARGE.name, bits, lambda group: flip_large(torture, group))
    report = torture.toys["details"]
    for state, folder in halfway(torture, report).items():
        for name in ("r.csv", "d.csv", "r.run.json"):
            bits = chosen_bits(torture, f"{state}:{name}", (folder / name).stat().st_size, 32 if torture.short else 1000)
            yield from groups(f"{state}:{name}", bits, lambda group, name=name, folder=folder: flip_report(torture, report, name, folder, group))
