"""Row 4: a disk that is full: small file systems in memory, a limit on the size of files, /dev/full. With space again the run goes on."""
import re
import shlex
import subprocess

from torture import program
from torture.campaign import says_not_kept
from torture.case import Case, Failed, Figures, NotRun

NUMBER, FAULT, UNIT = 4, "disk full", "full disks"
CRITERION = "exit 4 naming file and error (of kept work: a warning, and the files identical); with space again identical"
PYTHON_TOOL = "not known"
KIB = 1024


def said(ended, *texts):
    """One line that says which file and why."""
    lines = [line for line in ended.err.splitlines() if line.startswith("error")]
    if ended.code != program.NOT_WRITTEN or len(lines) != 1 or not any(text in lines[0] for text in texts):
        raise Failed(f"{ended.describe()}; exit code 4 and one line with {' or '.join(texts)} were expected")


def size_limit(torture, campaign, size):
    """RLIMIT_FSIZE: no file may be larger."""
    with torture.folder() as folder:
        ended = campaign.run(folder, before=[program.need("prlimit", "util-linux"), f"--fsize={size}"])
        if ended.code == program.DONE:
            campaign.check(torture, folder)
            return None
        said(ended, "File too large", "space", "limit")
        campaign.check_partial(torture, folder)
        campaign.finish(torture, folder)
        return Figures(milliseconds=1000 * ended.seconds)


def no_room_to_keep(torture, campaign, size):
    """Files may grow to more than all that the run must write, and less than what is kept of its one block."""
    with torture.folder() as folder:
        ended = campaign.run(folder, before=[program.need("prlimit", "util-linux"), f"--fsize={size}"])
        if not says_not_kept(ended, "File too large"):
            raise Failed(f"{ended.describe()}; exit code 0 and a warning that names what is not kept were expected")
        campaign.check(torture, folder)


def in_own_mounts(torture, commands, folder):
    """Runs a shell script where it may mount; NotRun where that is not allowed."""
    unshare = program.need("unshare", "util-linux")
    allowed = subprocess.run([unshare, "-rm", "mount", "-t", "tmpfs", "none", folder], capture_output=True, text=True, check=False)
    if allowed.returncode:
        raise NotRun(f"unshare -rm, mount: not permitted here ({allowed.stderr.strip()[:100]})")
    return subprocess.run([unshare, "-rm", "sh", "-ec", commands], capture_output=True, text=True, timeout=program.HANGS, check=False)


def small_disk(torture, campaign, size):
    """A tmpfs of this size; then the same one with space, where the same command must end well."""
    with torture.folder() as place:
        folder, kept = place / "disk", place / "kept"
        folder.mkdir(), kept.mkdir()
        line = " ".join(shlex.quote(str(word)) for word in [program.PROGRAM, *campaign.words])
        script = f"""
            mount -t tmpfs -o size={size} none {folder}; cd {folder}
            {line} > {place}/out 2> {place}/err || echo $? > {place}/code
            mkdir {kept}/full {kept}/done; cp -a . {kept}/full
            mount -o remount,size=1g {folder}
            {line} > {place}/out2 2> {place}/err2 || echo $? > {place}/code2
            cp -a . {kept}/done"""
        done = in_own_mounts(torture, script, folder)
        if done.returncode:
            raise Failed(f"the script itself: {done.stderr.strip()[-300:]}")
        code = int((place / "code").read_text()) if (place / "code").exists() else 0
        ended = program.Ended(code, "", (place / "err").read_text(), 0.0, 0.0)
        if code:
            said(ended, "No space left on device", "are free; make room")
            campaign.check_partial(torture, kept / "full")
        if (place / "code2").exists():
            raise Failed(f"with space again: {(place / 'err2').read_text().strip()[-300:]}")
        campaign.check(torture, kept / "done")


def scores_that_cannot_fit(torture):
    """Scores that are larger than the disk are refused before anything is evaluated."""
    with torture.folder() as place:
        folder = place / "disk"
        folder.mkdir()
        files = torture.model_files(4000, 64)
        line = " ".join(shlex.quote(str(word)) for word in [program.PROGRAM, *files, "--report", "r.csv", "-s", "--threads", "1"])
        done = in_own_mounts(torture, f"mount -t tmpfs -o size=1m none {folder}; cd {folder}\n{line} 2> {place}/err || echo $? > {place}/code\nls > {place}/list", folder)
        code = int((place / "code").read_text()) if (place / "code").exists() else 0
        said(program.Ended(code, "", (place / "err").read_text(), 0.0, 0.0), "are free; make room")
        if "GOLD" in done.stdout or "r" in (place / "list").read_text().split():
            raise Failed("evaluated before it was refused")


def full_device(torture, words, device):
    """An output that is always full; `device` says which: standard output or a file."""
    with torture.folder() as folder:
        options = {}
        if device == "stdout":
            line = " ".join(shlex.quote(str(word)) for word in [program.PROGRAM, *words])
            done = subprocess.run(["sh", "-c", f"{line} > /dev/full"], cwd=folder, capture_output=True, text=True, timeout=program.HANGS, check=False)
            said(program.Ended(done.returncode, "", done.stderr, 0.0, 0.0), "standard output", "/dev/stdout")
        else:
            said(program.run(words, folder, **options), "/dev/full")
        if any(path.is_file() for path in folder.rglob("*.tmp")):
            raise Failed("left a temporary file behind")


def device_cases(torture):
    model = torture.toys["blocks"].inputs[:4]
    yield "stdout_run", "stdout", torture.toys["blocks"].words
    yield "stdout_inspect", "stdout", ["inspect", model[1]]
    yield "stdout_generate", "stdout", ["generate", "--model", model[1], "-o", "-", "--n", "5000"]
    yield "file_estimate", "file", ["estimate", *model, "--error", "0.05", "--json", "/dev/full", "-q"]


def cases(torture):
    limits = [1 * KIB, 4 * KIB] if torture.short else [0, 1, 100, 500, KIB, 2 * KIB, 3 * KIB, 4 * KIB, 5 * KIB, 8 * KIB, 16 * KIB, 64 * KIB]
    disks = ["16k", "64k"] if torture.short else ["4k", "8k", "12k", "16k", "20k", "24k", "32k", "40k", "48k", "64k", "80k", "96k", "128k", "192k", "256k"]
    names = ["scores"] if torture.short else ["blocks", "scores", "changed", "details", "golden", "estimate"]
    for campaign in (torture.toys[name] for name in names):
        for size in limits:
            yield Case(f"{campaign.name}:limit:{size}", lambda campaign=campaign, size=size: size_limit(torture, campaign, size))
        for size in disks:
            yield Case(f"{campaign.name}:tmpfs:{size}", lambda campaign=campaign, size=size: small_disk(torture, campaign, size))
    for name, size in () if torture.short else (("long_block", 64 * KIB), ("long_changed", 256 * KIB)):
        yield Case(f"kept:{name}", lambda name=name, size=size: no_room_to_keep(torture, torture.one_long_block[name], size))
    yield Case("scores_that_cannot_fit", lambda: scores_that_cannot_fit(torture))
    for name, device, words in device_cases(torture):
        yield Case(f"dev_full:{name}", lambda words=words, device=device: full_device(torture, words, device))
