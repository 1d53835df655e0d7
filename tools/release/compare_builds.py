"""Two builds, file by file: the same SHA-256, or what differs inside.

    compare_builds.py FOLDER_A FOLDER_B        exit code 1 where anything differs, or there is nothing

Archives (.whl, .tar.gz) that differ are compared member by member (bytes, order, times, modes), programs and modules section by section.
"""
import hashlib
import io
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def members(name, content):
    """{member: (content, facts)} in the order of the archive; None for other files."""
    if name.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {entry.filename: (archive.read(entry), f"{entry.date_time} {entry.external_attr:o}") for entry in archive.infolist()}
    if name.endswith(".tar.gz"):
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            return {entry.name: (archive.extractfile(entry).read(), f"{entry.mtime} {entry.mode:o} {entry.uname}") for entry in archive if entry.isfile()}
    return None


def sections(content):
    """{section: content} of an ELF file."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        table = subprocess.run(["readelf", "-S", "-W", file.name], check=True, capture_output=True, text=True).stdout
    rows = re.findall(r"^\s*\[\s*\d+\]\s+(\S+)\s+(\S+)\s+[0-9a-f]+\s+([0-9a-f]+)\s+([0-9a-f]+)", table, re.M)
    return {name: content[int(at, 16):int(at, 16) + int(size, 16)] for name, kind, at, size in rows if kind != "NOBITS"}


def first_difference(a, b):
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    shown = [bytes(text[max(at - 20, 0):at + 40]) for text in (a, b)]
    return f"{len(a)} and {len(b)} bytes, first at {at}: {shown[0]!r} and {shown[1]!r}"


def differences(name, a, b):
    """A line for everything that differs between two contents of one name."""
    if a == b:
        return []
    if members(name, a) is not None:
        return differences_of_members(name, members(name, a), members(name, b))
    if a[:4] == b[:4] == b"\x7fELF":
        ours, theirs = sections(a), sections(b)
        lines = [f"{name}: section {key} is in one of both" for key in sorted(ours.keys() ^ theirs.keys())]
        lines += [f"{name}: section {key}: {first_difference(ours[key], theirs[key])}" for key in ours if key in theirs and ours[key] != theirs[key]]
        return lines or [f"{name}: headers: {first_difference(a, b)}"]
    return [f"{name}: {first_difference(a, b)}"]


def differences_of_members(name, a, b):
    lines = [f"{name}: {key} is in one of both" for key in sorted(a.keys() ^ b.keys())]
    for key in (key for key in a if key in b):
        lines += differences(f"{name}: {key}", a[key][0], b[key][0])
        if a[key][1] != b[key][1]:
            lines.append(f"{name}: {key}: {a[key][1]} and {b[key][1]}")
    if not lines and list(a) != list(b):
        lines.append(f"{name}: the members are in another order")
    return lines or [f"{name}: the compressed bytes differ, what they hold does not"]


def compare(a, b):
    """({name: SHA-256} of what is the same, lines on what differs)."""
    names = sorted({path.name for folder in (a, b) for path in folder.iterdir() if path.is_file()})
    same, lines = {}, []
    for name in names:
        if not ((a / name).is_file() and (b / name).is_file()):
            lines.append(f"{name} is in one of both")
            continue
        found = differences(name, (a / name).read_bytes(), (b / name).read_bytes())
        lines += found
        if not found:
            same[name] = sha256((a / name).read_bytes())
    return same, lines or ([] if same else ["there is nothing to compare"])


def main(words):
    if len(words) != 2:
        sys.exit(__doc__)
    same, lines = compare(*map(pathlib.Path, words))
    for name, digest in same.items():
        print(f"same  {digest}  {name}")
    for line in lines:
        print(f"DIFFERS  {line}", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
