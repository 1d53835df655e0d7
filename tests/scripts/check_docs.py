#!/usr/bin/env python3
"""Checks the documents against the tree and the program. Run by ctest:  check_docs.py [PROGRAM]

1. Every relative link of a Markdown file points to a file that exists, and to a heading in it.
2. docs/interface.md lists exactly the flags that `PROGRAM run --help`, `PROGRAM generate --help` and `PROGRAM report --help` list;
   of `estimate` those that `run` has not.
3. src/README.md has a row for every folder of src/ that holds sources, and for no other.
4. Every file that a document names in `backticks`, as a path from the root or from src/ on, exists; "replay/repack" stands for its
   .hpp or .cpp, "replay/repack: join" and "replay/repack.cpp:12" for a place in it. <op>, my_op and * stand for any name.
5. No line of a document is longer than 120 columns, tables, code and pictures aside.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
CODE = re.compile(r"`([^`]+)`")
FOLDERS = {"src", "include", "tests", "tools", "docs", "scripts", "bench", "cmake", "models", "python"}
FREE = re.compile(r"[<*]|\bmy_|\.\.\.|[A-Z]{4}")  # in a path: a name that the reader puts in
COLUMNS = 120
SKIP = {"build", "datasets", "reports", ".cache", ".git"}


def documents():
    """Folders to skip are not even entered: other tests make and remove files in build/ meanwhile."""
    for place, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in SKIP and not name.startswith(".venv"))
        yield from (pathlib.Path(place) / name for name in sorted(names) if name.endswith(".md"))


def anchors(path):
    """What GitHub calls the headings of a document in links."""
    headings = [line.lstrip("#").strip().lower() for _, line in prose(path) if line.startswith("#")]
    return {re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in headings}


def check_links(problems):
    for path in documents():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for target, anchor in LINK.findall(line):
                if "://" in target:
                    continue
                file = path.parent / target if target else path
                if not file.exists():
                    problems.append(f"{path.relative_to(ROOT)}:{number}: link to {target}, which does not exist")
                elif anchor and file.suffix == ".md" and anchor not in anchors(file):
                    problems.append(f"{path.relative_to(ROOT)}:{number}: link to #{anchor}, which is no heading of {file.name}")


def prose(path):
    """(number, line) of a document without its blocks of code."""
    in_code = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        elif not in_code:
            yield number, line


def is_there(name):
    folder = name.split("/")[0]
    base = ROOT if folder in FOLDERS else ROOT / "src"
    return any((base / (name.rstrip("/") + end)).exists() for end in ("", ".hpp", ".cpp"))


def check_paths(problems):
    ours = FOLDERS | {p.name for p in (ROOT / "src").iterdir() if p.is_dir()}
    for path in documents():
        for number, line in prose(path):
            for code in CODE.findall(line):
                name = re.split(r":", code)[0].strip()
                if not re.fullmatch(r"[\w.+-]+(/[\w.+<>*-]+)+/?", name) or name.split("/")[0] not in ours or FREE.search(name):
                    continue
                if not is_there(name) and not (path.parent / name).exists():
                    problems.append(f"{path.relative_to(ROOT)}:{number}: `{name}` does not exist")


def check_width(problems):
    for path in documents():
        for number, line in prose(path):
            if len(line) > COLUMNS and not line.startswith(("|", "![", "<")) and CODE.sub("", line).strip():
                problems.append(f"{path.relative_to(ROOT)}:{number}: {len(line)} columns, more than {COLUMNS}")


def described_flags(text, command):
    """Flags in the first columns of the tables below the headings that begin with the sub-command's name."""
    described, is_inside = set(), False
    for line in text.splitlines():
        if line.startswith("## "):
            is_inside = line.startswith(f"## `{command}`")
        elif is_inside and line.startswith("| `-"):
            described |= set(re.findall(r"(?<![\w-])--[a-z-]+", line.split("|")[1]))
    return described


def offered_flags(program, command):
    help_text = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=True).stdout
    # CLI11 lists flags at the start of a line: "  -d,--dataset TEXT:..."
    offered = set()
    for line in help_text.splitlines():
        found = re.match(r"  (-[\w,-]+)", line)
        if found:
            offered |= set(re.findall(r"(?<![\w-])--[a-z-]+", found[1]))
    return offered


def check_flags(program, problems):
    text = (ROOT / "docs" / "interface.md").read_text(encoding="utf-8")
    for command in ("run", "generate", "report", "estimate"):
        usual = set() if command == "run" else {"--help", "--version", "--config", "--print-config"}  # described once
        if command == "estimate":
            usual |= offered_flags(program, "run") - described_flags(text, command)
        described, offered = described_flags(text, command), offered_flags(program, command) - usual
        for flag in sorted(described - offered):
            problems.append(f"docs/interface.md describes {flag}, which `{command} --help` does not offer")
        for flag in sorted(offered - described):
            problems.append(f"`{command} --help` offers {flag}, which docs/interface.md does not describe")


def check_map(problems):
    rows = set(re.findall(r"^\| `(\w+)/` ", (ROOT / "src" / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    folders = {p.name for p in (ROOT / "src").iterdir() if p.is_dir() and any(p.rglob("*.[ch]pp"))}
    for folder in sorted(folders ^ rows):
        problems.append(f"src/README.md and src/ disagree about the folder {folder}/")


def main():
    problems = []
    check_links(problems)
    check_map(problems)
    check_paths(problems)
    check_width(problems)
    if len(sys.argv) > 1:
        check_flags(sys.argv[1], problems)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"check_docs: {len(problems)} problem(s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
