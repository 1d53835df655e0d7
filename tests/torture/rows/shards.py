"""Row 8: a list in N shards, merged in a random order; one missing, given twice, foreign or changed; merges that are killed."""
import shutil
import time

from torture import program
from torture.campaign import Campaign, difference, outcome
from torture.case import Case, Failed, Figures

NUMBER, FAULT, UNIT = 8, "shards: any number and order, missing, twice, foreign, changed; kills", "merges"
CRITERION = "files byte-identical, or exit 6 naming the shard and nothing written"
PYTHON_TOOL = "has no shards"
COUNTS, COUNTS_SHORT = range(1, 65), (1, 3, 64)
KILLS, KILLS_SHORT = 20, 2


def make_shards(torture, campaign, folder, count):
    """Their reports, in the folder."""
    names = [f"s{i}.csv" for i in range(count)]
    for i, name in enumerate(names):
        words = [*campaign.inputs, "--report", name, "--details", f"s{i}.details.csv", "-s", "--threads", "1", "-q", "--shard", f"{i}/{count}"]
        ended = program.run(words, folder)
        if ended.code != program.DONE:
            raise Failed(f"shard {i}/{count}: {ended.describe()}")
    return [folder / name for name in names]


def merge(folder, shards, *more):
    return program.run(["merge", "-o", "r.csv", *shards, "-q", *more], folder)


def check_whole(torture, campaign, folder):
    """Report, scores, details and what is the same in metadata are those of one run."""
    expected, found = campaign.reference(torture), outcome(folder)
    if found != expected:
        raise Failed(difference(expected, found))


def check_refused(ended, folder, *named):
    if ended.code != program.REFUSED or not all(name in ended.err for name in named):
        raise Failed(f"expected exit 6 naming {named}: {ended.describe()}")
    if any(folder.iterdir()):
        raise Failed(f"a refusal leaves {sorted(path.name for path in folder.iterdir())}")


def change(path, at):
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1
    path.write_bytes(bytes(content))


def try_count(torture, campaign, count):
    random = torture.random(NUMBER, f"count:{count}")
    tried = 0
    with torture.folder() as made, torture.folder() as foreign:
        shards = make_shards(torture, campaign, made, count)
        one = random.randrange(count)
        other = program.run([*campaign.inputs, "--report", "foreign.csv", "--details", "foreign.details.csv", "-s", "-q", "--limit", "2",
                             "--shard", f"{one}/{count}"], foreign)
        if other.code != program.DONE:
            raise Failed(other.describe())
        given = random.sample(shards, count)
        rest = [path for path in given if path != shards[one]]
        wrong = [(given + [shards[one]], [f"{shards[one].name} are both shard {one}/{count}"])]
        if count > 1:
            wrong += [(rest, [f"shard {one}/{count} is missing"]), (rest + [foreign / "foreign.csv"], ["is of another run", "foreign.csv"])]
        for words, named in wrong:
            with torture.folder() as folder:
                check_refused(merge(folder, words), folder, *named)
                tried += 1
        for suffix in (".csv", ".details.csv"):
            path = made / f"s{one}{suffix}"
            kept = path.read_bytes()
            for damage in (lambda: change(path, random.randrange(len(kept))), lambda: path.write_bytes(kept[: random.randrange(len(kept))])):
                with torture.folder() as folder:
                    damage()
                    check_refused(merge(folder, given), folder, f"s{one}.")
                    path.write_bytes(kept)
                    tried += 1
        with torture.folder() as folder:
            ended = merge(folder, given)
            if ended.code != program.DONE:
                raise Failed(ended.describe())
            check_whole(torture, campaign, folder)
            check_refused_existing(folder, given)
            tried += 2
    return Figures(volume=tried)


def check_refused_existing(folder, given):
    before = outcome(folder)
    ended = merge(folder, given)
    if ended.code != program.REFUSED or "exists already" not in ended.err or outcome(folder) != before:
        raise Failed(f"a report that is there: {ended.describe()}")


def kill_merge(torture, campaign, name):
    """Killed at a random instant, then repeated: with --overwrite only where it was done already."""
    random = torture.random(NUMBER, name)
    with torture.folder() as made, torture.folder() as folder:
        shards = make_shards(torture, campaign, made, 4)
        words = ["merge", "-o", "r.csv", *shards, "-q"]
        started = time.monotonic()
        program.run(words, folder)
        seconds = time.monotonic() - started
        shutil.rmtree(folder)
        folder.mkdir()
        for _ in range(5):
            since = time.monotonic()
            child = program.start(words, folder)
            time.sleep(random.uniform(0, seconds))
            program.kill(child)
            ended = program.end_of(child, since)
            report = folder / "r.csv"
            if report.exists() and report.read_bytes() not in (b"", campaign.reference(torture)["r.csv"]):
                raise Failed("a killed merge leaves a part of a report")
            if ended.code == program.DONE or (ended.code == program.REFUSED and "exists already" in ended.err):
                break
        again = merge(folder, shards)
        if again.code == program.REFUSED and "exists already" in again.err:
            again = merge(folder, shards, "--overwrite")
        if again.code != program.DONE:
            raise Failed(again.describe())
        check_whole(torture, campaign, folder)
    return Figures(volume=5)


def cases(torture):
    # Its report is written by one run.
    campaign = Campaign("sharded", torture.model_files(40, 1), "-s", "--details", "r.details.csv")
    for count in COUNTS_SHORT if torture.short else COUNTS:
        yield Case(f"count:{count}", lambda count=count: try_count(torture, campaign, count))
    for number in range(KILLS_SHORT if torture.short else KILLS):
        yield Case(f"kill:{number}", lambda number=number: kill_merge(torture, campaign, f"kill:{number}"))
