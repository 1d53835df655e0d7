"""The command line of scripts/torture: runs rows, prints the table of figures."""
import argparse
import concurrent.futures
import fnmatch
import importlib
import pkgutil
import shlex
import signal
import subprocess
import sys
import time
import traceback

from torture import document, program, rows
from torture.case import Case, Failed, NotRun, Result
from torture.torture import Torture

DESCRIPTION = "Runs the fault matrix of docs/reliability.md and prints a table of figures. Exit code 1 when anything failed."


def modules():
    """{number: module} of all rows."""
    found = [importlib.import_module(f"torture.rows.{entry.name}") for entry in pkgutil.iter_modules(rows.__path__)]
    return dict(sorted((module.NUMBER, module) for module in found))


def arguments(words):
    parser = argparse.ArgumentParser(prog="scripts/torture", description=DESCRIPTION)
    parser.add_argument("rows", nargs="*", type=int, metavar="ROW", help="only these rows (--list names them)")
    parser.add_argument("--list", action="store_true", help="the rows: what is done, what is counted, when it counts as passed")
    parser.add_argument("--short", action="store_true", help="small volumes, and no time as a criterion: minutes instead of hours")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (default: 1)")
    parser.add_argument("--case", action="append", default=[], metavar="NAME", help="only the cases of this name (* and ? as in file names)")
    parser.add_argument("--json", metavar="FILE", help="the figures as JSON too; rows that the file has and that were not run stay in it")
    parser.add_argument("--document", action="store_true", help="only writes the table of docs/reliability.md anew, from docs/reliability.json")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time, of rows where nothing is timed (default: 2)")
    parser.add_argument("--keep", action="store_true", help="keep the folders of the cases, and say where they are")
    return parser.parse_args(words)


def repeat_of(options, number, name):
    short = " --short" if options.short else ""
    return f"scripts/torture {number}{short} --seed {options.seed} --case {shlex.quote(name)} --keep"


def try_case(case):
    """(Figures or None, error)"""
    try:
        return case.run(), None
    except (Failed, NotRun) as error:
        return None, error
    except Exception as error:  # a mistake of the row itself must not pass
        return None, Failed("".join(traceback.format_exception_only(type(error), error)).strip() + " in the row itself: " +
                            traceback.format_tb(error.__traceback__)[-1].strip().replace("\n", " "))


def run_row(torture, module, options, tell):
    result = Result(module.NUMBER, module.FAULT, module.UNIT, module.CRITERION)
    started = time.monotonic()
    cases = []
    try:
        cases = [case for case in module.cases(torture) if not options.case or any(fnmatch.fnmatchcase(case.name, name) for name in options.case)]
    except (Failed, NotRun) as error:  # what all cases need
        take(result, options, Case("*", None), None, error, tell)
    jobs = 1 if getattr(module, "ALONE", False) else options.jobs
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for case, (figures, error) in zip(cases, pool.map(try_case, cases)):
            take(result, options, case, figures, error, tell)
    result.seconds = time.monotonic() - started
    return result


def take(result, options, case, figures, error, tell):
    if isinstance(error, NotRun):
        result.not_run[str(error)] = result.not_run.get(str(error), 0) + 1
        return
    if isinstance(error, Failed):
        result.volume += 1
        result.failed += 1
        why = str(error)
    elif figures is None:
        result.volume += 1
        return
    else:
        result.add(figures)
        why = figures.why
    if why:
        result.failures.append({"case": case.name, "why": why, "repeat": repeat_of(options, result.number, case.name)})
        if len(result.failures) <= 20:
            tell(f"  failed: {case.name}: {why}\n    again: {result.failures[-1]['repeat']}")


def worst_of(result):
    parts = []
    if result.times:
        parts.append(f"{result.percentile(1):.0f} ms")
        if len(result.times) >= 100:
            parts.append(f"(p50 {result.percentile(0.5):.0f}, p99 {result.percentile(0.99):.0f})")
    if result.mebibytes is not None:
        parts.append(f"{result.mebibytes:.0f} MiB")
    if result.lost is not None:
        parts.append(f"{result.lost:.1f} s of work lost")
    return " ".join(parts) or "-"


def table(results):
    """The figures as text, a row per row."""
    lines = [f"{'row':>3}  {'fault':<44} {'volume':>22} {'passed':>8} {'failed':>7}  {'worst':<32} criterion"]
    for result in results:
        volume = f"{result.volume} {result.unit}"
        lines.append(f"{result.number:>3}  {result.fault:<44} {volume:>22} {result.passed:>8} {result.failed:>7}  {worst_of(result):<32} {result.criterion}")
        for why, count in result.not_run.items():
            lines.append(f"{'':>5}not run: {why}" + (f" ({count} cases)" if count > 1 else ""))
    return "\n".join(lines)


def version():
    """What was tried: the program's version and, in a clone, its commit."""
    said = subprocess.run([program.PROGRAM, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    commit = subprocess.run(["git", "-C", program.ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    return {"version": said, "commit": commit}


def print_rows(found):
    for number, module in found.items():
        print(f"{number:>3}  {module.FAULT}\n     counted: {module.UNIT}; criterion: {module.CRITERION}")


def hear_signals():
    """Also where whoever started this ignores them (nohup), which programs inherit."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def main(words):
    options = arguments(words)
    hear_signals()
    found = modules()
    if options.list:
        print_rows(found)
        return 0
    if options.document:
        document.write(found)
        return 0
    unknown = [number for number in options.rows if number not in found]
    if unknown:
        print(f"error: no row {unknown[0]}; there are {', '.join(map(str, found))}", file=sys.stderr)
        return 2
    if not program.PROGRAM.is_file():
        print(f"error: {program.PROGRAM} is not there: scripts/build makes it", file=sys.stderr)
        return 2
    torture, results = Torture(options.short, options.seed, options.keep, bool(options.case)), []

    def tell(text):
        print(text, file=sys.stderr, flush=True)

    try:
        for number, module in found.items():
            if not options.rows or number in options.rows:
                tell(f"row {number}: {module.FAULT}")
                results.append(run_row(torture, module, options, tell))
                done = results[-1]
                tell(f"  {done.volume} {done.unit}: {done.passed} passed, {done.failed} failed ({done.seconds:.0f} s)")
    finally:
        torture.close()
    print(table(results))
    if options.keep:
        tell(f"the folders of the cases are in {torture.base}")
    if options.json:
        document.store(options.json, results, {**version(), "form": "short" if options.short else "long", "seed": options.seed})
    return 1 if any(result.failed for result in results) else 0
