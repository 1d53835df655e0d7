#!/usr/bin/env python3
"""How many lines of what reads files are reached, from llvm-cov's lcov export (scripts/fuzz --coverage):  fuzz_coverage.py FILE.lcov

Prints a table by folder, then the lines that nothing reaches. Exit code 1 below 95 %.
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WANTED = 0.95
READERS = re.compile(r"src/(io|keras|fault|report|data)/|src/core/json|src/estimate/estimate_state|src/session/(partial_block|partial_golden|kept_scores|done_pairs|check/kept_rows)|"
                     r"src/answers/(result_file|sample_design|report_metadata|detail_statistics|fault_argument|verify/csv_lines)")
# What writes files, fetches them or asks the system; not the format of any input.
OTHERS = re.compile(r"src/io/(md5|write_file|npz_write|posix|digest)|src/data/(download|certificates|datasets|dataset_hash)|"
                    r"src/report/(score_files|report_journal|folder_lock|report_names|row_bytes|group_summary)|src/fault/fault_bytes")


def lines_of(path):
    """{file: {line: times it ran}}; a line that was compiled several times counts where it ran most."""
    files = collections.defaultdict(lambda: collections.defaultdict(int))
    with open(path, encoding="utf-8") as lcov:
        for row in lcov:
            if row.startswith("SF:"):
                name = pathlib.Path(row[3:].strip()).resolve()
                name = str(name.relative_to(ROOT)) if name.is_relative_to(ROOT) else ""
            elif row.startswith("DA:") and READERS.match(name) and not OTHERS.match(name):
                line, count = row[3:].split(",")[:2]
                files[name][int(line)] = max(files[name][int(line)], int(count))
    return files


def main(path):
    files = lines_of(path)
    totals = collections.defaultdict(lambda: [0, 0])
    for name, lines in files.items():
        for key in (str(pathlib.Path(name).parent), "all"):
            totals[key][0] += sum(count > 0 for count in lines.values())
            totals[key][1] += len(lines)
    print(f"{'folder':24} {'lines':>7} {'reached':>8}")
    for folder, (reached, lines) in sorted(totals.items(), key=lambda row: (row[0] == "all", row[0])):
        print(f"{folder:24} {lines:7} {100 * reached / lines:7.2f} %")
    print("\nnot reached:")
    for name, lines in sorted(files.items()):
        text = (ROOT / name).read_text(encoding="utf-8").splitlines()
        for line, count in sorted(lines.items()):
            if count == 0:
                print(f"  {name}:{line}: {text[line - 1].strip()[:90]}")
    reached, lines = totals["all"]
    return 0 if lines and reached >= WANTED * lines else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else __doc__)
