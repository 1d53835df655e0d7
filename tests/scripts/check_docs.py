#!/usr/bin/env python3
"""Checks the documents against the tree and the program. Run by ctest:  check_docs.py [PROGRAM]

1. Every relative link of a Markdown file points to a file that exists.
2. docs/interface.md lists exactly the flags that `PROGRAM run --help` lists.
3. src/README.md has a row for every folder of src/ that holds sources, and for no other.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)")
SKIP = {"build", "datasets", "reports", ".cache", ".git"}


def documents():
    for path in sorted(ROOT.rglob("*.md")):
        parts = path.relative_to(ROOT).parts
        if not SKIP & set(parts) and not any(part.startswith(".venv") for part in parts):
            yield path


def check_links(problems):
    for path in documents():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for target in LINK.findall(line):
                if "://" not in target and not (path.parent / target).exists():
                    problems.append(f"{path.relative_to(ROOT)}:{number}: link to {target}, which does not exist")


def check_flags(program, problems):
    text = (ROOT / "docs" / "interface.md").read_text(encoding="utf-8")
    described = set()
    for line in text.splitlines():
        if line.startswith("| `-"):
            described |= set(re.findall(r"(?<![\w-])--[a-z-]+", line.split("|")[1]))
    help_text = subprocess.run([program, "run", "--help"], capture_output=True, text=True, check=True).stdout
    # CLI11 lists flags at the start of a line: "  -d,--dataset TEXT:..."
    offered = set()
    for line in help_text.splitlines():
        found = re.match(r"\s+(-[\w,-]+)", line)
        if found:
            offered |= set(re.findall(r"(?<![\w-])--[a-z-]+", found[1]))
    for flag in sorted(described - offered):
        problems.append(f"docs/interface.md describes {flag}, which `run --help` does not offer")
    for flag in sorted(offered - described):
        problems.append(f"`run --help` offers {flag}, which docs/interface.md does not describe")


def check_map(problems):
    rows = set(re.findall(r"^\| `(\w+)/` ", (ROOT / "src" / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    folders = {p.name for p in (ROOT / "src").iterdir() if p.is_dir() and any(p.rglob("*.[ch]pp"))}
    for folder in sorted(folders ^ rows):
        problems.append(f"src/README.md and src/ disagree about the folder {folder}/")


def main():
    problems = []
    check_links(problems)
    check_map(problems)
    if len(sys.argv) > 1:
        check_flags(sys.argv[1], problems)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"check_docs: {len(problems)} problem(s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
