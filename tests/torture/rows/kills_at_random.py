"""Row 1: kill -9 at random instants, again and again until a run gets through."""
import time

from torture import program
from torture.case import Case, Failed, Figures

NUMBER, FAULT, UNIT = 1, "kill -9 at random instants", "kills"
CRITERION = "files byte-identical, no acknowledged row lost"
PYTHON_TOOL = "loses up to 8 KiB of rows; resumes at the wrong fault, whose rows are wrong"
KILLS, KILLS_SHORT, CHAIN = 200, 15, 5


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


def cases(torture):
    campaigns = list(torture.seconds_long.values())
    wanted = KILLS_SHORT if torture.short else KILLS
    for number in range(wanted // CHAIN):
        campaign = campaigns[number % len(campaigns)]
        name = f"{campaign.name}:{number}"
        yield Case(name, lambda campaign=campaign, name=name: chain(torture, campaign, name, CHAIN))
