"""Row 2: a kill at every single call that changes a file, of runs of all kinds."""
from torture import program, strace
from torture.case import Case, Failed

NUMBER, FAULT, UNIT = 2, "kill at every write-side system call", "kills"
CRITERION = "files byte-identical after the same command again"
PYTHON_TOOL = "not known"
SHORT = 40


def prepare(torture, campaign, start, folder):
    """What is there before the run: nothing, the finished run, or one that was killed halfway."""
    if start == "overwrite":
        campaign.finished_folder(torture, folder)
    elif start == "going_on":
        calls = [call for call in start_calls(torture, campaign) if call.name in ("fdatasync", "rename")]
        kill(campaign, folder, calls[len(calls) // 2])


def start_calls(torture, campaign):
    with torture.lock:
        if not hasattr(campaign, "calls"):
            with torture.folder() as folder:
                campaign.calls = strace.calls_of(campaign, folder)
        return campaign.calls


def kill(campaign, folder, call, *more):
    ended = campaign.run(folder, *more, before=strace.words([call.name], "/dev/null", *strace.kill_at(call)))
    if ended.code != -9:
        raise Failed(f"was not killed at {call.label}: {ended.describe()}")


def run_case(torture, campaign, start, call):
    with torture.folder() as folder:
        prepare(torture, campaign, start, folder)
        kill(campaign, folder, call, *more_of(start))
        campaign.check_partial(torture, folder, replaced=start == "overwrite")
        campaign.finish(torture, folder)


def more_of(start):
    return ["--overwrite"] if start == "overwrite" else []


def starts_of(campaign):
    """What a campaign can find when it starts."""
    if campaign.name in ("golden", "generate", "report"):
        return ["anew"]
    return ["anew", "going_on"] if campaign.name == "estimate" else ["anew", "overwrite", "going_on"]


def pairs(torture):
    """(campaign, start) of all kinds; in the short form some."""
    if torture.short:
        return [(torture.toys[name], start) for name, start in (("blocks", "anew"), ("scores", "going_on"), ("details", "overwrite"))]
    return [(campaign, start) for campaign in torture.toys.values() for start in starts_of(campaign)]


def every_case(torture):
    for campaign, start in pairs(torture):
        with torture.folder() as folder:
            prepare(torture, campaign, start, folder)
            calls = strace.calls_of(campaign, folder, more=more_of(start))
        for call in calls:
            if call.changes_files:
                yield Case(f"{campaign.name}:{start}:{call.label}",
                           lambda campaign=campaign, start=start, call=call: run_case(torture, campaign, start, call))


def cases(torture):
    program.need("strace", "strace")
    return torture.choose(NUMBER, every_case(torture), SHORT)
