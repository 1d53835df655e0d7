"""Row 6: SIGTERM, SIGINT and SIGHUP at random instants, of runs of all kinds; a second signal; SIGPIPE."""
import signal
import threading
import time

from torture import inputs, program
from torture.campaign import Campaign, files_of
from torture.case import Case, Failed, Figures

NUMBER, FAULT, UNIT = 6, "SIGTERM, SIGINT, SIGHUP", "signals"
CRITERION = "exit 75 saying how to go on, p99 <= 200 ms, no row lost"
PYTHON_TOOL = "rows are lost"
ALONE = True
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PATIENCE = (0.5, 2.0, 8.0)  # seconds that a run is given to begin to wait
COUNT, SHORT, LIMIT, MOST = 102, 12, 200.0, 2000.0  # ms: 99 of 100, all


class Heavy(Campaign):
    """ResNet20, longer than any signal is waited for; what it leaves is not looked at."""

    def reference(self, torture):
        return {}


def campaigns(torture):
    """{name: (campaign, seconds that are interesting)}"""
    chosen = dict(torture.seconds_long)
    model = program.ROOT / "models/CIFAR10/ResNet20.keras"
    if not torture.short and model.exists():
        data = torture.once("noise.npz", lambda path: inputs.random_images(path, 256, (32, 32, 3)))
        own = torture.once("resnet.csv", lambda path: program.run(["generate", "--model", model, "-o", path, "--n", "5000"], torture.inputs))
        long = torture.once("million.csv", lambda path: inputs.repeat_list(own, path, 1000000))
        for name, faults, more in (("resnet", own, ()), ("resnet_scalar", own, ("--kernels", "scalar")), ("million", long, ())):
            chosen[name] = Heavy(name, ("--model", model, "--data", data, "-d", "CIFAR10", "-f", faults), *more)
    return chosen


def interrupt(torture, campaign, name, number, seconds):
    """One signal at a random instant."""
    with torture.folder() as folder:
        child = program.start(campaign.words, folder)
        since = time.monotonic()
        time.sleep(torture.random(NUMBER, name).uniform(0.03, seconds))
        sent = time.monotonic()
        child.send_signal(number)
        ended = program.end_of(child, since)
        milliseconds = 1000 * (time.monotonic() - sent)
        if ended.code == -number and not files_of(folder) and not ended.out:
            return None  # it had not reached main yet
        if ended.code == program.DONE and not isinstance(campaign, Heavy):
            campaign.check(torture, folder)
            return None  # it was done already
        if ended.code != program.INTERRUPTED:
            raise Failed(ended.describe())
        if not any(text in ended.err for text in ("same command", "go on", "goes on", "nothing was written")):
            raise Failed(f"does not say how to go on: {ended.err.strip()[-200:]!r}")
        if milliseconds > MOST and not torture.short:
            raise Failed(f"took {milliseconds:.0f} ms")
        if not isinstance(campaign, Heavy):
            campaign.check_partial(torture, folder)
            campaign.finish(torture, folder)
        return Figures(milliseconds=milliseconds)


def twice(torture, campaign, number):
    """A second signal right behind the first ends it at once, however; it goes on as after any kill."""
    with torture.folder() as folder:
        child = program.start(campaign.words, folder)
        since = time.monotonic()
        time.sleep(campaign.seconds / 2)
        child.send_signal(number)
        child.send_signal(number)
        ended = program.end_of(child, since)
        if ended.code not in (program.INTERRUPTED, program.DONE, -number, 128 + number):
            raise Failed(ended.describe())
        campaign.check_partial(torture, folder)
        campaign.finish(torture, folder)


def closed_pipe(torture, campaign):
    """Nobody reads standard output any more (SIGPIPE): the report is complete, and exit code 4 says so."""
    with torture.folder() as folder:
        child = program.start(campaign.words, folder)
        child.stdout.close()
        child.stdout = None
        err = child.stderr.read().decode()
        if child.wait() != program.NOT_WRITTEN:
            raise Failed(f"exit code {child.returncode}: {err.strip()[-200:]!r}")
        campaign.check(torture, folder)


def waiting(torture, number):
    """A run that waits for the lock of a folder ends as well."""
    import fcntl

    campaign = torture.toys["blocks"]
    campaign.reference(torture)
    with torture.folder() as folder:
        descriptor = program.os.open(folder, program.os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            for patience in PATIENCE:
                child = program.start(campaign.words, folder)
                killer = threading.Timer(patience + (3 if torture.short else 10), lambda child=child: program.kill(child))
                killer.start()
                time.sleep(patience)
                sent = time.monotonic()
                if child.poll() is None:
                    child.send_signal(number)
                ended = program.end_of(child, sent)
                killer.cancel()
                if ended.code != -number or ended.err:
                    break  # else it had not reached main yet
        finally:
            program.os.close(descriptor)
    if ended.code not in (program.INTERRUPTED, program.BUSY):
        raise Failed(f"waiting for the folder: {ended.describe()}")
    return Figures(milliseconds=1000 * ended.seconds)


def latency(times):
    """The criterion on all cases together: 99 of 100 within the limit."""
    if len(times) >= 20:
        p99 = sorted(times)[min(len(times) - 1, int(0.99 * len(times)))]
        if p99 > LIMIT:
            raise Failed(f"p99 of {len(times)} signals is {p99:.0f} ms, more than {LIMIT:.0f} ms")


def cases(torture):
    chosen, times = campaigns(torture), []
    for campaign in torture.seconds_long.values():
        campaign.reference(torture)

    def timed(run):
        figures = run()
        if figures:
            times.append(figures.milliseconds)
        return figures

    for number in range(SHORT if torture.short else COUNT):
        key = list(chosen)[number % len(chosen)]
        which = SIGNALS[number % 3 if len(chosen) % 3 else (number // len(chosen)) % 3]
        campaign = chosen[key]
        seconds = getattr(campaign, "seconds", 6.0)
        name = f"{key}:{which.name}:{number}"
        yield Case(name, lambda campaign=campaign, name=name, which=which, seconds=seconds:
                   timed(lambda: interrupt(torture, campaign, name, which, seconds)))
    for which in SIGNALS:
        yield Case(f"twice:{which.name}", lambda which=which: twice(torture, torture.seconds_long["many_blocks"], which))
        yield Case(f"waiting:{which.name}", lambda which=which: waiting(torture, which))
    yield Case("closed_pipe", lambda: closed_pipe(torture, torture.toys["blocks"]))
    if not torture.short:
        yield Case("p99", lambda: latency(times))
