"""Row 1: kill -9 at random instants, again and again until a run gets through. The long form also finds what a kill costs, and how long a
run takes that goes on with a report of 20,000 rows."""
import hashlib
import json
import time

from torture import program
from torture.case import Case, Failed, Figures

NUMBER, FAULT, UNIT = 1, "kill -9 at random instants", "kills"
CRITERION = "files byte-identical, no acknowledged row lost"
PYTHON_TOOL = "loses up to 8 KiB of rows; resumes at the wrong fault, whose rows are wrong"
KILLS, KILLS_SHORT, CHAIN = 200, 15, 5
COSTLY_KILLS, STARTS = 5, 20


def kill_once(torture, campaign, folder, instant):
    """Kills a run at an instant; False: it was done before."""
    since = time.monotonic()
    child = program.start(campaign.words, folder)
    try:
        child.communicate(timeout=instant)
    except program.subprocess.TimeoutExpired:
        program.kill(child)
        program.end_of(child, since)
        return True
    if child.returncode != program.DONE:
        raise Failed(f"exit code {child.returncode}")
    campaign.check(torture, folder)
    return False


def chain(torture, campaign, name, kills):
    """A run is killed, gone on with and killed again until it is done; then the next, until there were so many kills."""
    campaign.reference(torture)
    random, done = torture.random(NUMBER, name), 0
    while done < kills:
        with torture.folder() as folder:
            rows = 0
            while done < kills and kill_once(torture, campaign, folder, random.uniform(0, campaign.seconds)):
                done += 1
                now = campaign.check_partial(torture, folder)
                if now < rows:
                    raise Failed(f"{now} rows are there, {rows} were before the kill")
                rows = now
            campaign.finish(torture, folder)
    return Figures(volume=done)


def cost(torture, campaign):
    """Seconds of work that are lost by kills at random instants of a long block: what the killed run and the one that goes on with it take of
    the processor beyond what an undisturbed run does."""
    campaign.reference(torture)
    with torture.folder() as folder:
        _, whole = program.processor_seconds(campaign.words, folder)
    random, figures = torture.random(NUMBER, campaign.name), Figures(volume=0, lost=0.0)
    while figures.volume < COSTLY_KILLS:
        with torture.folder() as folder:
            code, before = program.processor_seconds(campaign.words, folder, random.uniform(0, whole))
            if code == program.DONE:
                continue
            campaign.check_partial(torture, folder)
            code, after = program.processor_seconds(campaign.words, folder)
            if code != program.DONE:
                raise Failed(f"gone on with: exit code {code}")
            campaign.check(torture, folder)
        figures.volume += 1
        figures.lost = max(figures.lost, before + after - whole)
    return figures


def leave_unfinished(folder):
    """Of a finished report in the folder: what a run leaves that was killed before its last row."""
    report, metadata = folder / "r.csv", folder / "r.run.json"
    content = report.read_bytes()
    content = content[:content.rindex(b"\r\n", 0, -2) + 2]
    report.write_bytes(content)
    facts = json.loads(metadata.read_text())
    facts["state"] = "running"
    facts["report"].update(rows=facts["report"]["rows"] - 1, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    metadata.write_text(json.dumps(facts))


def start_up(torture, campaign):
    """How long a run takes that goes on with a report of 20,000 rows; one fault on one image is left to do."""
    with torture.folder() as folder:
        campaign.finished_folder(torture, folder)
        leave_unfinished(folder)
        ended = campaign.run(folder)
        if ended.code != program.DONE:
            raise Failed(f"gone on with: {ended.describe()}")
        campaign.check(torture, folder)
    return Figures(volume=0, milliseconds=1000 * ended.seconds)


def cases(torture):
    campaigns = list(torture.seconds_long.values())
    wanted = KILLS_SHORT if torture.short else KILLS
    for number in range(wanted // CHAIN):
        campaign = campaigns[number % len(campaigns)]
        name = f"{campaign.name}:{number}"
        yield Case(name, lambda campaign=campaign, name=name: chain(torture, campaign, name, CHAIN))
    if torture.short:
        return
    for campaign in torture.one_long_block.values():
        yield Case(f"cost:{campaign.name}", lambda campaign=campaign: cost(torture, campaign))
    for number in range(STARTS):
        yield Case(f"start_up:{number}", lambda: start_up(torture, torture.many_rows))
