"""Row 9: sixteen runs of one report are started together."""
import collections
import time

from torture import program
from torture.case import Case, Failed, Figures
from torture.campaign import Campaign

NUMBER, FAULT, UNIT = 9, "16 starts at once on one report", "starts"
CRITERION = "one runs, the others exit 5, files intact"
PYTHON_TOOL = "rows of all are mixed in one file"
STARTS, TIMES, TIMES_SHORT = 16, 50, 2


def start_together(torture, campaign):
    """All ends are counted: one that ran, the others busy, or done already where they came late."""
    with torture.folder() as folder:
        since = time.monotonic()
        children = [program.start([word for word in campaign.words if word != "-q"], folder) for _ in range(STARTS)]
        ended = [program.end_of(child, since) for child in children]
        ran = [end for end in ended if end.code == program.DONE and "finished already" not in end.err and "is finished" not in end.err]
        wrong = [end for end in ended if end.code not in (program.DONE, program.BUSY)]
        if wrong:
            raise Failed(wrong[0].describe())
        if len(ran) != 1:
            raise Failed(f"{len(ran)} of {STARTS} ran: {collections.Counter(end.code for end in ended)}")
        campaign.check(torture, folder)
    return Figures(volume=STARTS)


class InFolder(Campaign):
    """Without --report: the report's name is the program's choice."""

    def __init__(self, name, inputs, *flags):
        super().__init__(name, inputs, *flags, command=("-o", "."))


def start_in_folder(torture, campaign, reference):
    """Of runs without --report each that ends well has written a complete report of its own, or found one finished."""
    with torture.folder() as folder:
        since = time.monotonic()
        children = [program.start(campaign.words, folder) for _ in range(STARTS)]
        ended = [program.end_of(child, since) for child in children]
        wrong = [end for end in ended if end.code not in (program.DONE, program.BUSY)]
        if wrong:
            raise Failed(wrong[0].describe())
        reports = [path for path in folder.rglob("*.csv")]
        expected = reference.reference(torture)["r.csv"]
        bad = [path.name for path in reports if path.read_bytes() != expected]
        if bad or not reports or len(reports) > sum(end.code == program.DONE for end in ended):
            raise Failed(f"{len(reports)} reports, of which are wrong: {bad[:3]}")
    return Figures(volume=STARTS)


def cases(torture):
    campaign = torture.seconds_long["many_blocks"]
    files = torture.model_files(100, 8)
    own, reference = InFolder("folder", files), torture.seconds_long["many_scores"]
    for number in range(TIMES_SHORT if torture.short else TIMES):
        yield Case(f"report:{number}", lambda: start_together(torture, campaign))
    for number in range(1 if torture.short else TIMES // 5):
        yield Case(f"folder:{number}", lambda: start_in_folder(torture, own, reference))
