"""Row 3: every call that changes a file fails once, or from then on; is interrupted; or writes less than it was given."""
import errno
import os
import re

from torture import program, shim, strace
from torture.case import Case, Failed, Figures
from torture.campaign import says_not_kept
from torture.rows import kills_at_calls

NUMBER, FAULT, UNIT = 3, "every write-side call fails", "failed calls"
CRITERION = "exit 4 naming file and error (of kept work: a warning; EINTR, short: unnoticed), going on identical"
PYTHON_TOOL = "a traceback, a report that is cut"
SHORT = 50
ERRORS = ("ENOSPC", "EIO", "EDQUOT")
MAY_GO_ON = ("fchmod", "flock", "unlink", "unlinkat", "mkdir", "mkdirat")  # a run that leaves the right files without them is as good (a folder may be there)
MAY_BE_INTERRUPTED = strace.WRITERS + ("read", "pread64")
OUTPUTS = re.compile(r"\b(r\.csv|r\.run\.json|r\.html|r\.json|d\.csv|s\.txt|e\.json|l\.csv|clean\.npy|inj_\d+\.np[yz])|folder|directory|\./r\b|'r'")


def traced(campaign, folder, inject, calls, more):
    """(how the run ended, milliseconds from the error to the end, calls from the error on)"""
    trace = folder.parent / f"{folder.name}.trace"
    try:
        ended = campaign.run(folder, *more, before=strace.words(calls, trace, *inject))
        return ended, *strace.aftermath(trace)
    finally:
        trace.unlink(missing_ok=True)


def check_message(ended, error):
    """The error is said in one line, with the file and what the system says of it."""
    lines = [line for line in ended.err.splitlines() if line.startswith("error")]
    text = os.strerror(getattr(errno, error))
    if len(lines) != 1 or text not in lines[0] or not OUTPUTS.search(lines[0]):
        raise Failed(f"says {ended.err.strip()[-300:]!r}; one line with the file and '{text}' was expected")


def check_not_again(calls):
    """After a failed fsync none is tried again on that file."""
    name, arguments = calls[0]
    file = re.match(r"\d+<([^>]*)>", arguments)
    for later, more in calls[1:]:
        if later in ("fsync", "fdatasync") and file and f"<{file[1]}>" in more and not file[1].endswith((".tmp", "/")) and "." in os.path.basename(file[1]):
            raise Failed(f"{name} failed and was tried again on {file[1]}")


def fail(torture, campaign, start, call, error, ever_after):
    """The call fails; the run must say so, end with exit code 4, and go on afterwards."""
    with torture.folder() as folder:
        kills_at_calls.prepare(torture, campaign, start, folder)
        more = kills_at_calls.more_of(start)
        ended, milliseconds, calls = traced(campaign, folder, strace.fail_at(call, error, ever_after), strace.WRITERS, more)
        if not calls:
            raise Failed(f"{call.label} was not reached")
        goes_on = call.descriptor == 2 or call.name in MAY_GO_ON
        if ended.code == program.DONE and goes_on:
            if not call.name.startswith("unlink"):  # what could not be removed is removed by the next run
                campaign.check(torture, folder)
        elif says_not_kept(ended, os.strerror(getattr(errno, error))):
            campaign.check(torture, folder)
            milliseconds = None  # it goes on to its end
        elif ended.code != program.NOT_WRITTEN:
            raise Failed(ended.describe())
        elif call.descriptor in (1, 2):  # no line can be said where standard error fails with the results
            campaign.check(torture, folder)
        else:
            check_message(ended, error)
            if call.name in ("fsync", "fdatasync"):
                check_not_again(calls)
        campaign.check_partial(torture, folder, replaced=start == "overwrite")
        campaign.finish(torture, folder)
        return Figures(milliseconds=milliseconds)


def interrupt(torture, campaign, start, call):
    """The call is interrupted (EINTR), which must not be noticed."""
    with torture.folder() as folder:
        kills_at_calls.prepare(torture, campaign, start, folder)
        more = kills_at_calls.more_of(start)
        ended, _, calls = traced(campaign, folder, strace.fail_at(call, "EINTR"), [call.name], more)
        if not calls:
            raise Failed(f"{call.label} was not reached")
        if ended.code != program.DONE:
            raise Failed(ended.describe())
        campaign.check(torture, folder)


def shorten(torture, campaign, when, most):
    with torture.folder() as folder:
        ended = campaign.run(folder, environment=shim.environment(torture, "short_writes", when=when, most=most))
        if ended.code != program.DONE:
            raise Failed(ended.describe())
        campaign.check(torture, folder)


def error_cases(torture, campaign, start, calls):
    for call in calls:
        if not call.changes_files:
            continue
        for error in ERRORS:
            for ever_after in (False, True):
                name = f"{campaign.name}:{start}:{error}:{call.label}{'+' if ever_after else ''}"
                yield Case(name, lambda call=call, error=error, ever_after=ever_after: fail(torture, campaign, start, call, error, ever_after))


def kept_cases(torture):
    """The calls by which a block's work is kept for the first time, of a run that is long enough for that."""
    campaign = torture.one_long_block["long_block"]
    with torture.folder() as folder:
        calls = strace.calls_of(campaign, folder)
    names = [re.search(r"[^/\"]*\.tmp", call.arguments) for call in calls if call.name.startswith("rename") and "r.run.part" in call.arguments]
    if not names:
        raise Failed("the block was not kept")
    for call in calls:
        if names[0][0] in call.arguments:
            for error in ("ENOSPC", "EIO"):
                yield Case(f"kept:{error}:{call.label}", lambda call=call, error=error: fail(torture, campaign, "anew", call, error, False))


def after_loading(calls):
    """The calls of the program itself: those that come behind the last shared library."""
    last = max((place for place, call in enumerate(calls) if call.name == "openat" and ".so" in call.arguments), default=-1)
    return [call for call in calls[last + 1:] if call.name not in ("fchmod", "fallocate") and
            not (call.name in ("read", "pread64") and ".so" in call.arguments)]


def interrupted_cases(torture, campaign, start):
    with torture.folder() as folder:
        kills_at_calls.prepare(torture, campaign, start, folder)
        calls = strace.calls_of(campaign, folder, MAY_BE_INTERRUPTED, kills_at_calls.more_of(start))
    for call in after_loading(calls):
        yield Case(f"{campaign.name}:{start}:EINTR:{call.label}", lambda call=call: interrupt(torture, campaign, start, call))


def short_cases(torture, campaign, writes):
    for when, most in [(0, 0), (0, 1), (0, 100), *((place, 0) for place in range(1, writes + 1))]:
        yield Case(f"{campaign.name}:short:{when}:{most}", lambda when=when, most=most: shorten(torture, campaign, when, most))


def every_case(torture):
    for campaign, start in kills_at_calls.pairs(torture):
        with torture.folder() as folder:
            kills_at_calls.prepare(torture, campaign, start, folder)
            calls = strace.calls_of(campaign, folder, more=kills_at_calls.more_of(start))
        yield from error_cases(torture, campaign, start, calls)
        yield from interrupted_cases(torture, campaign, start)
        if start == "anew":
            yield from short_cases(torture, campaign, sum(call.name in ("write", "pwrite64", "writev") for call in calls))


def cases(torture):
    program.need("strace", "strace")
    return torture.choose(NUMBER, every_case(torture), SHORT) + ([] if torture.short else list(kept_cases(torture)))
