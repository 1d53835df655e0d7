#!/usr/bin/env python3
"""No program that is built, nor one that is installed, takes a library from the folder one works in. Run by ctest:

    check_search_paths.py BUILD_FOLDER PROGRAM READELF CMAKE [EMULATOR...]

1. Every program and shared library below BUILD_FOLDER, and the program as `cmake --install` leaves it: each entry of RPATH and RUNPATH is
   a full path or begins with $ORIGIN (an empty or relative one means the working directory); needed libraries are named without a folder.
2. PROGRAM starts in a folder that holds broken libraries of all the names it needs.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ELF_PROGRAM, ELF_SHARED = 2, 3


def files_below(folder):
    """Without what CMake tries and what other tests (scripts/torture) make and remove meanwhile."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "CMakeFiles" and not name.startswith("torture-"))
        yield from (pathlib.Path(place) / name for name in sorted(names))


def is_linked_elf(path):
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(18)
    little = len(head) == 18 and head[5] == 1
    return head[:4] == b"\x7fELF" and int.from_bytes(head[16:18], "little" if little else "big") in (ELF_PROGRAM, ELF_SHARED)


def search_paths(readelf, path):
    """(entries of RPATH and RUNPATH, names of needed libraries)"""
    text = subprocess.run([readelf, "-W", "-d", path], capture_output=True, text=True, check=True).stdout
    entries = [entry for found in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", text) for entry in found.split(":")]
    return entries, re.findall(r"\(NEEDED\).*\[(.*)\]", text)


def is_safe(entry):
    return entry.startswith("/") or re.match(r"\$(ORIGIN|\{ORIGIN\})(/|$)", entry) is not None


def check_elf(readelf, path, problems):
    entries, needed = search_paths(readelf, path)
    problems += [f"{path}: '{entry}' among the places for libraries means the working directory" for entry in entries if not is_safe(entry)]
    problems += [f"{path}: needs '{name}', a library in a folder" for name in needed if "/" in name]


def check_start(readelf, program, emulator, problems):
    needed = search_paths(readelf, program)[1]
    if not needed:
        problems.append(f"{program}: no needed libraries found; is '{readelf}' the right one?")
    with tempfile.TemporaryDirectory() as folder:
        for name in needed:
            (pathlib.Path(folder) / name).write_text("no library\n")
        done = subprocess.run([*emulator, program, "--version"], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        problems.append(f"{program}: exit code {done.returncode} among broken libraries: {done.stderr.strip()}")


def main(build, program, readelf, cmake, *emulator):
    found = [path for path in files_below(build) if is_linked_elf(path)]
    if pathlib.Path(program) not in found:
        sys.exit(f"{program}: not among the {len(found)} programs found in {build}")
    problems = []
    for path in found:
        check_elf(readelf, path, problems)
    check_start(readelf, program, emulator, problems)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([cmake, "--install", build, "--prefix", folder], check=True, stdout=subprocess.DEVNULL)
        installed = [path for path in files_below(folder) if is_linked_elf(path)]
        if not installed:
            problems.append("nothing was installed")
        for path in installed:
            check_elf(readelf, path, problems)
            if path.suffix != ".so":  # Python's module starts with Python
                check_start(readelf, path, emulator, problems)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(found)} built and {len(installed)} installed: {len(problems)} problems")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
