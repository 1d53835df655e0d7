"""Row 20: odd paths, foreign files in the way, folders that are read-only or gone, files replaced during a run, a clock that jumps."""
import os
import shlex
import shutil
import stat
import time

from torture import program, shim
from torture.case import Case, Failed
from torture.rows import full_disk

NUMBER, FAULT, UNIT = 20, "odd paths, foreign files, clock jumps", "cases"
CRITERION = "done, or one clear line; no foreign file touched"
PYTHON_TOOL = "not known"
FOREIGN = b"somebody's work\n"
REFUSALS = (program.USAGE, program.BAD_INPUT, program.NOT_WRITTEN, program.REFUSED)


def one_line(ended, codes):
    """The end is one of `codes`; a refusal is one line."""
    if ended.code not in codes:
        raise Failed(f"{ended.describe()}; exit code {' or '.join(map(str, codes))} was expected")
    lines = [line for line in ended.err.splitlines() if line.startswith("error")]
    if ended.code != program.DONE and len(lines) != 1:
        raise Failed(f"says {ended.err.strip()[-300:]!r}, not one line")


def untouched(*paths):
    for path in paths:
        if path.read_bytes() != FOREIGN:
            raise Failed(f"{path.name} was written over")


def report_words(campaign, report):
    return [*campaign.inputs, f"--report={report}", "--threads", "1", "-q", *campaign.flags]


def named(torture, name):
    """Model, list and report in a folder of this name, and named so."""
    campaign = torture.toys["scores"]
    expected = campaign.reference(torture)
    with torture.folder() as place:
        folder = os.path.join(os.fsencode(place), name)
        os.mkdir(folder)
        files = [os.path.join(folder, name + ending) for ending in (b".keras", b".npz", b".list")]
        for source, copy in zip(campaign.inputs[1::2], files):
            shutil.copy(source, copy)
        words = [b"--model", files[0], b"--data", files[1], b"-f", files[2], b"--report", b"./" + name + b".csv", b"--threads", b"1", b"-q", b"-s"]
        ended = program.end_of(start_bytes(words, folder), time.monotonic())
        one_line(ended, (program.DONE,))
        if open(os.path.join(folder, name + b".csv"), "rb").read() != expected["r.csv"]:
            raise Failed("other rows")
        again = program.end_of(start_bytes(words, folder), time.monotonic())
        one_line(again, (program.DONE,))
        shutil.rmtree(folder)


def start_bytes(words, folder):
    return program.subprocess.Popen([os.fsencode(program.PROGRAM), *words], cwd=folder, stdin=program.subprocess.DEVNULL,
                                    stdout=program.subprocess.PIPE, stderr=program.subprocess.PIPE, start_new_session=True)


def too_long(torture):
    with torture.folder() as folder:
        one_line(program.run(report_words(torture.toys["blocks"], "x" * 300 + ".csv"), folder), REFUSALS)
        one_line(program.run(report_words(torture.toys["blocks"], "x" * 250 + ".csv"), folder), REFUSALS)
        one_line(program.run(report_words(torture.toys["blocks"], "d/" * 3000 + "r.csv"), folder), REFUSALS)


def foreign(torture, make, report, codes, *more):
    """Somebody else's file is in the way: `make` makes it and gives the paths that must stay as they are."""
    with torture.folder() as folder:
        paths = make(folder)
        one_line(program.run([*report_words(torture.toys["blocks"], report), *more], folder), codes)
        untouched(*paths)


def put(folder, *names):
    """Foreign files below the folder."""
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FOREIGN)
    return paths


def link_to(folder, name, target):
    paths = put(folder, target)
    (folder / name).symlink_to(target)
    return paths


def link_to_nothing(folder):
    (folder / "r.csv").symlink_to("gone/away.csv")
    return []


def inputs_as_outputs(torture):
    """No output is an input."""
    campaign = torture.toys["blocks"]
    with torture.folder() as folder:
        copies = [folder / f"input{number}.csv" for number in range(3)]
        for source, copy in zip(campaign.inputs[1::2], copies):
            shutil.copy(source, copy)
        before = [copy.read_bytes() for copy in copies]
        inputs = ["--model", copies[0], "--data", copies[1], "-f", copies[2], "--threads", "1", "-q"]
        for copy in copies:
            for more in ([], ["--overwrite"]):
                one_line(program.run([*inputs, "--report", copy, *more], folder), REFUSALS)
                one_line(program.run([*inputs, "--report", "r.csv", "--details", copy, *more], folder), REFUSALS)
        if [copy.read_bytes() for copy in copies] != before:
            raise Failed("an input was written over")


def devices(torture):
    """/dev/null stays what it is."""
    with torture.folder() as folder:
        for more in ([], ["--overwrite"]):
            one_line(program.run([*report_words(torture.toys["blocks"], "/dev/null"), *more], folder), REFUSALS)
    if not stat.S_ISCHR(os.stat("/dev/null").st_mode):
        raise Failed("/dev/null was replaced")


def read_only(torture):
    """A file system that nobody may write to, root neither."""
    campaign = torture.toys["blocks"]
    with torture.folder() as place:
        folder = place / "disk"
        folder.mkdir()
        line = " ".join(shlex.quote(str(word)) for word in [program.PROGRAM, *campaign.words])
        done = full_disk.in_own_mounts(torture, f"mount -t tmpfs -o ro none {folder}; cd {folder}\n{line} 2> {place}/err || echo $? > {place}/code", folder)
        code = int((place / "code").read_text()) if (place / "code").exists() else done.returncode
        one_line(program.Ended(code, "", (place / "err").read_text(), 0.0, 0.0), (program.NOT_WRITTEN,))


def deleted_folder(torture, report, codes):
    """The working directory is gone when the program begins."""
    campaign = torture.toys["blocks"]
    with torture.folder() as folder:
        words = " ".join(shlex.quote(str(word)) for word in [program.PROGRAM, *report_words(campaign, folder / report if report else "r.csv")])
        (folder / "gone").mkdir()
        done = program.subprocess.run(["sh", "-c", f"cd gone && rmdir ../gone && exec {words}"], cwd=folder, capture_output=True, text=True,
                                      stdin=program.subprocess.DEVNULL, timeout=program.HANGS, check=False)
        one_line(program.Ended(done.returncode, done.stdout, done.stderr, 0.0, 0.0), codes)
        if report:
            campaign.check(torture, folder)


def replaced_input(torture, place, how):
    """A file that is read is replaced, emptied or removed during the run: what was read counts."""
    campaign = torture.seconds_long["many_blocks"]
    expected = campaign.reference(torture)["r.csv"]
    with torture.folder() as folder:
        words, copy = list(campaign.words), folder / "input"
        shutil.copy(words[place], copy)
        words[place] = copy
        child, since = program.start(words, folder), time.monotonic()
        while not (folder / "r.csv").exists() and child.poll() is None and time.monotonic() - since < 60:
            time.sleep(0.001)
        if how == "removed":
            copy.unlink()
        elif how == "emptied":
            os.truncate(copy, 0)
        else:
            copy.write_bytes(FOREIGN)
        ended = program.end_of(child, since)
        one_line(ended, (program.DONE, program.BAD_INPUT))
        if ended.code == program.DONE and (folder / "r.csv").read_bytes() != expected:
            raise Failed("other rows")


def replaced_report(torture, how):
    """The report is removed or replaced during the run: it must not end as if all were well, and the other file stays."""
    campaign = torture.seconds_long["many_blocks"]
    expected = campaign.reference(torture)["r.csv"]
    with torture.folder() as folder:
        child, since = program.start(campaign.words, folder), time.monotonic()
        report = folder / "r.csv"
        while child.poll() is None and (not report.exists() or report.stat().st_size < 1000) and time.monotonic() - since < 60:
            time.sleep(0.001)
        if child.poll() is not None:
            raise Failed("was done too early for this case")
        if how == "removed":
            report.unlink()
        elif how == "replaced":
            (folder / "other").write_bytes(FOREIGN)
            (folder / "other").rename(report)
        else:
            os.truncate(report, 500)
        ended = program.end_of(child, since)
        if ended.code == program.DONE and (not report.exists() or report.read_bytes() != expected):
            raise Failed("ends with exit code 0, but the report is not there")
        if how == "replaced":
            untouched(report)


def wrong_clock(torture, name, start, jump, when):
    campaign = torture.toys["details"]
    with torture.folder() as folder:
        environment = shim.environment(torture, "clock", start=start, jump=jump, when=when)
        one_line(campaign.run(folder, environment=environment), (program.DONE,))
        campaign.check(torture, folder)
        environment = shim.environment(torture, "clock", start=-start, jump=-jump, when=when)
        one_line(campaign.run(folder, environment=environment), (program.DONE,))  # finished already
        campaign.check(torture, folder)


def odd_environment(torture, **variables):
    with torture.folder() as folder:
        one_line(torture.toys["scores"].run(folder, environment=variables), (program.DONE,))
        torture.toys["scores"].check(torture, folder)


def few_descriptors(torture, number):
    campaign = torture.toys["scores"]
    with torture.folder() as folder:
        ended = campaign.run(folder, before=[program.need("prlimit", "util-linux"), f"--nofile={number}"])
        if ended.code == 127:
            return  # the loader
        one_line(ended, (program.DONE, program.NOT_WRITTEN, program.BAD_INPUT))
        campaign.check_partial(torture, folder)
        campaign.finish(torture, folder)


def missing_folder(torture):
    with torture.folder() as folder:
        one_line(program.run(report_words(torture.toys["blocks"], "a/b/c/r.csv"), folder), (program.DONE,))
        if (folder / "a/b/c/r.csv").read_bytes() != torture.toys["blocks"].reference(torture)["r.csv"]:
            raise Failed("other rows")


NAMES = {"space": b"my report (1)", "emoji": "\N{PILE OF POO}\N{GRINNING FACE}".encode(), "not_utf8": b"caf\xe9\xff", "newline": b"two\nlines",
         "quotes": b"a'b\"c`d", "percent": b"%s%n%d{}", "dash": b"-r", "backslash": b"a\\b", "terminal": b"\x1b[31mred", "comma": b"a,b;c", "right_to_left":
         "\N{RIGHT-TO-LEFT OVERRIDE}vsc".encode(), "dots": b"a..b", "tab": b"a\tb", "hash": b"#1", "star": b"*?[a]"}


def path_cases(torture):
    for name, text in NAMES.items():
        yield f"name:{name}", lambda text=text: named(torture, text)
    yield "name:too_long", lambda: too_long(torture)
    yield "missing_folder", lambda: missing_folder(torture)
    yield "read_only", lambda: read_only(torture)
    yield "inputs_as_outputs", lambda: inputs_as_outputs(torture)
    yield "devices", lambda: devices(torture)
    yield "deleted_folder:absolute", lambda: deleted_folder(torture, "r.csv", (program.DONE,))
    yield "deleted_folder:relative", lambda: deleted_folder(torture, "", REFUSALS)


def foreign_cases(torture):
    cases_of = {"report": (lambda folder: put(folder, "r.csv"), "r.csv"), "metadata": (lambda folder: put(folder, "r.run.json"), "r.csv"),
                "file_as_folder": (lambda folder: put(folder, "d"), "d/r.csv"), "link_to_file": (lambda folder: link_to(folder, "r.csv", "theirs.csv"), "r.csv"),
                "link_to_nothing": (link_to_nothing, "r.csv"), "folder": (lambda folder: put(folder, "r.csv/theirs"), "r.csv"),
                "link_of_metadata": (lambda folder: link_to(folder, "r.run.json", "theirs.json"), "r.csv")}
    for name, (make, report) in cases_of.items():
        yield f"foreign:{name}", lambda make=make, report=report: foreign(torture, make, report, REFUSALS)
    yield "foreign:scores", lambda: foreign(torture, lambda folder: put(folder, "r/theirs", "r/inj_0.txt"), "r.csv", (program.DONE, *REFUSALS), "-s")
    yield "foreign:beside", lambda: foreign(torture, lambda folder: put(folder, "other.csv", "r2.csv", "d/x"), "r.csv", (program.DONE,), "--overwrite")


def moving_cases(torture):
    for place, name in ((1, "model"), (3, "data"), (5, "list")):
        for how in ("removed", "replaced", "emptied"):
            yield f"input:{name}:{how}", lambda place=place, how=how: replaced_input(torture, place, how)
    for how in ("removed", "replaced", "cut"):
        yield f"report:{how}", lambda how=how: replaced_report(torture, how)
    year = 31557600
    for name, start, jump, when in (("back", 0, -year, 5), ("forward", 0, 10 * year, 5), ("before_1970", -100 * year, 0, 1), ("far", 9000 * year, 0, 1),
                                    ("back_and_before_1970", 0, -60 * year, 3)):
        yield f"clock:{name}", lambda name=name, start=start, jump=jump, when=when: wrong_clock(torture, name, start, jump, when)
    for name, variables in (("no_home", {"HOME": ""}), ("no_tmp", {"TMPDIR": "/nowhere"}), ("locale", {"LC_ALL": "tr_TR.UTF-8", "LANG": "xx"}), ("zone", {"TZ": "Mars/Base"})):
        yield f"environment:{name}", lambda variables=variables: odd_environment(torture, **variables)
    for number in (4, 5, 6, 7, 8, 10, 12):
        yield f"descriptors:{number}", lambda number=number: few_descriptors(torture, number)


def cases(torture):
    every = [*path_cases(torture), *foreign_cases(torture), *moving_cases(torture)]
    return torture.choose(NUMBER, [Case(name, run) for name, run in every], 30)
