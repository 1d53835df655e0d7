"""Archives that are the same wherever and whenever they are made: sorted members, the time of SOURCE_DATE_EPOCH, no owner.

    packing.py archive OUTPUT.tar.gz FOLDER FILE...              FOLDER: what the files are in, inside the archive
    packing.py wheel WHEEL OUTPUT_FOLDER PLATFORM BUNDLE         the wheel for this platform (manylinux_2_28_x86_64), with what bundle.py
                                                                 wrote to the folder BUNDLE: licences/, and sboms/ (PEP 639, PEP 770)
"""
import base64
import gzip
import hashlib
import io
import os
import pathlib
import re
import sys
import tarfile
import time
import zipfile

from names import BILL, TEXT

EARLIEST = 315532800  # 1980, where a zip's time begins


def epoch():
    return max(int(os.environ["SOURCE_DATE_EPOCH"]), EARLIEST)


def tar_gz(folder, files):
    """The bytes of an archive of {name: (content, is a program)}."""
    tar_bytes = io.BytesIO()
    with tarfile.open(fileobj=tar_bytes, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, (content, is_program) in sorted(files.items()):
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime, entry.mode = len(content), epoch(), 0o755 if is_program else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(tar_bytes.getvalue(), 9, mtime=0)


def record_line(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def with_bundle(files, platform, bundle):
    """The files of a wheel ({name: content}) for this platform, with licences and bill of `bundle` ({name: content})."""
    information, = {name.split("/")[0] for name in files if name.split("/")[0].endswith(".dist-info")}
    files = {name: content for name, content in files.items() if name != f"{information}/RECORD"}
    files[f"{information}/licenses/{TEXT}"] = bundle[TEXT]
    files[f"{information}/sboms/{BILL}"] = bundle[BILL]
    expression = bundle["licence_expression"].decode().strip()
    head, blank, body = files[f"{information}/METADATA"].decode().partition("\n\n")
    lines = [line for line in head.splitlines() if not re.match(r"License(-Expression|-File)?: |Metadata-Version: |Classifier: License ::", line)]
    licences = sorted(name.split("/licenses/")[1] for name in files if name.startswith(f"{information}/licenses/"))
    lines = ["Metadata-Version: 2.4", *lines, f"License-Expression: {expression}", *(f"License-File: {name}" for name in licences)]
    files[f"{information}/METADATA"] = ("\n".join(lines) + blank + body).encode()
    wheel = files[f"{information}/WHEEL"].decode()
    files[f"{information}/WHEEL"] = re.sub(r"^(Tag: [^-\s]+-[^-\s]+)-\S+$", rf"\1-{platform}", wheel, flags=re.M).encode()
    record = "".join(record_line(name, files[name]) for name in sorted(files)) + f"{information}/RECORD,,\n"
    return {**files, f"{information}/RECORD": record.encode()}


def zipped(files):
    """The bytes of a zip of {name: content}; .dist-info last, as wheels have it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in sorted(files, key=lambda name: (".dist-info/" in name, name)):
            entry = zipfile.ZipInfo(name, time.gmtime(epoch())[:6])
            entry.external_attr, entry.create_system = (0o100644 << 16), 3
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()


def finish_wheel(wheel, output, platform, bundle):
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    texts = {path.name: path.read_bytes() for path in bundle.iterdir() if path.is_file()}
    name = re.sub(r"-[^-]+\.whl$", f"-{platform}.whl", wheel.name)
    (output / name).write_bytes(zipped(with_bundle(files, platform, texts)))
    return output / name


def main(words):
    if len(words) >= 4 and words[0] == "archive":
        paths = [pathlib.Path(word) for word in words[3:]]
        pathlib.Path(words[1]).write_bytes(tar_gz(words[2], {path.name: (path.read_bytes(), os.access(path, os.X_OK)) for path in paths}))
    elif len(words) == 5 and words[0] == "wheel":
        print(finish_wheel(pathlib.Path(words[1]), pathlib.Path(words[2]), words[3], pathlib.Path(words[4])))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
