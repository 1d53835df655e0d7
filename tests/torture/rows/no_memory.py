"""Row 5: allocations that fail, the N-th alone or all from the N-th on; a limit on the address space; --memory."""
import pathlib

from torture import program, shim
from torture.case import Case, Failed

NUMBER, FAULT, UNIT = 5, "out of memory", "failures"
CRITERION = "exit 8 in one line (0 where nothing was lost), going on identical"
PYTHON_TOOL = "not known"
EVERY, SAMPLE, SHORT = 3000, 2000, 40
SUPPORT = pathlib.Path(__file__).resolve().parents[2] / "support"


def judge(torture, campaign, folder, ended):
    if ended.code == program.DONE:
        campaign.check(torture, folder)
        return
    lines = [line for line in ended.err.splitlines() if line.startswith("error")]
    if ended.code != program.NO_MEMORY or len(lines) != 1 or "memory" not in lines[0]:
        raise Failed(ended.describe())
    campaign.check_partial(torture, folder)
    campaign.finish(torture, folder)


def allocations(torture, **variables):
    """What a program is started with to have tests/support/fail_allocations.c in front."""
    return {"LD_PRELOAD": str(shim.build(torture, "fail_allocations", folder=SUPPORT)), **variables}


def fail_allocation(torture, campaign, place, ever):
    with torture.folder() as folder:
        environment = allocations(torture, TFI_FAIL_ALLOCATION=f"{place}{'+' if ever else ''}")
        judge(torture, campaign, folder, campaign.run(folder, environment=environment))


def address_space(torture, campaign, mebibytes):
    with torture.folder() as folder:
        ended = campaign.run(folder, before=[program.need("prlimit", "util-linux"), f"--as={mebibytes << 20}"])
        if ended.code == 127 and "shared libraries" in ended.err:
            return  # the loader's own, before main
        judge(torture, campaign, folder, ended)


def memory_flag(torture, campaign, mebibytes):
    with torture.folder() as folder:
        judge(torture, campaign, folder, campaign.run(folder, "--memory", f"{mebibytes}M"))


def count_of(torture, campaign):
    """Allocations of an undisturbed run."""
    campaign.reference(torture)
    with torture.folder() as folder:
        count = folder.parent / f"{folder.name}.count"
        ended = campaign.run(folder, environment=allocations(torture, TFI_COUNT_ALLOCATIONS=str(count)))
        if ended.code != program.DONE or not count.exists():
            raise Failed(f"with the shim: {ended.describe()}")
        campaign.check(torture, folder)
        return int(count.read_text())


def places_of(torture, campaign):
    """Every one of the first allocations, and of those behind a sample."""
    count = count_of(torture, campaign)
    places = list(range(1, min(count, EVERY) + 1))
    rest = range(EVERY + 1, count + 1)
    return places + sorted(torture.random(NUMBER, campaign.name).sample(rest, min(SAMPLE, len(rest))))


def every_case(torture):
    for campaign in (torture.toys[name] for name in ("scores", "details", "estimate")):
        for ever in (False, True):
            for place in places_of(torture, campaign):
                yield Case(f"{campaign.name}:allocation:{place}{'+' if ever else ''}",
                           lambda campaign=campaign, place=place, ever=ever: fail_allocation(torture, campaign, place, ever))
    for mebibytes in (8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 96, 112, 128, 160, 192, 256, 384, 512, 768, 1024, 2048):
        yield Case(f"address_space:{mebibytes}", lambda mebibytes=mebibytes: address_space(torture, torture.toys["scores"], mebibytes))
    for mebibytes in (1, 8, 16, 24, 32, 36, 40, 44, 48, 64, 128):
        yield Case(f"memory_flag:{mebibytes}", lambda mebibytes=mebibytes: memory_flag(torture, torture.toys["details"], mebibytes))


def cases(torture):
    return torture.choose(NUMBER, every_case(torture), SHORT)
