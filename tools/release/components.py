"""What a portable program or module consists of besides this project: found in what its build has read and linked.

    components.py BUILD_FOLDER TARGET        prints name, version, licence and origin of each part; exit code 1 if something has none

Every header that went into an object of the target and every archive on its link line belongs to a source package that was built for it
(scripts/portable_libraries), to a Debian or Python package, or to CPython. What zig's linker adds by itself is listed below. A file or a
library of nobody, a part without a line in cmake/portable/licences.txt, and a licence that does not go with ours are problems.
"""
import dataclasses
import fnmatch
import hashlib
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What a program under the Apache License 2.0 may hold, in binary form, with the texts beside it.
ALLOWED = {"Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "curl", "MIT", "PSF-2.0", "Zlib",
           "GPL-3.0-or-later WITH GCC-exception-3.1", "LGPL-2.1-or-later WITH GCC-exception-2.0-note"}
# Below .cache/portable/prefix, by their paths there: source package, or None for what is the project's own.
PREFIX_FILES = [
    (r"lib/libz\.a|include/(zlib|zconf)\.h", "zlib"),
    (r"lib/libzip\.a|include/zip(conf)?\.h", "libzip"),
    (r"lib/libarchive\.a|include/archive(_entry)?\.h", "libarchive"),
    (r"lib/libfmt\.a|include/fmt/.*", "fmtlib"),
    (r"lib/libhwy\.a|include/hwy/.*", "highway"),
    (r"lib/lib(ssl|crypto)\.a|include/openssl/.*", "openssl"),
    (r"lib/libcurl\.a|include/curl/.*", "curl"),
    (r"lib/tfi_glibc\.o", None),
]
# glibc is the system's, loaded when the program starts; of the kernel's headers nothing but numbers is used.
SYSTEM_PACKAGES = {"libc6-dev", "libc-dev-bin", "linux-libc-dev", "libcrypt-dev"}
SYSTEM_LIBRARIES = {"m", "dl", "pthread", "c", "rt"}
ZIG_LIBRARIES = {"unwind": "llvm-libunwind"}
ZIG_PARTS = ("zig-runtime", "glibc-start")  # in everything that `zig cc` links: compiler-rt; what a program starts with


@dataclasses.dataclass
class Component:
    name: str
    version: str
    purl: str
    texts: list  # of pairs: title, text
    sha256: str = ""  # of what was fetched: the .dsc, which holds the hashes of the sources
    licence: str = ""


class Problem(Exception):
    pass


def output_of(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options).stdout


# ---- what went in ----------------------------------------------------------------------------------------------------------

def dependencies(text):
    """{object: files} of what `ninja -t deps` prints."""
    files, current = {}, None
    for line in text.splitlines():
        if line.startswith("    "):
            files[current].append(line.strip())
        elif ": #deps" in line:
            current = line.split(": #deps")[0]
            files[current] = []
    return files


def linked(command):
    """(archives and objects, names behind -l, whether zig links) of a link command."""
    words = shlex.split(command)
    files = [word for word in words if re.search(r"\.(a|o|so(\.\d+)*|obj)$", word)]
    files = [word for i, word in enumerate(files) if words[words.index(word) - 1] != "-o"]
    return files, [word[2:] for word in words if word.startswith("-l")], any(word.endswith("python-zig") for word in words)


def files_of_build(build, target):
    """(all files that went into the target, names behind -l, whether zig links), paths absolute."""
    inputs = set(output_of("ninja", "-C", build, "-t", "inputs", target).splitlines())
    inputs.discard(f"ninja: Entering directory `{build}'")
    command = output_of("ninja", "-C", build, "-t", "commands", target).splitlines()[-1]
    files, libraries, by_zig = linked(command)
    for built, read in dependencies(output_of("ninja", "-C", build, "-t", "deps")).items():
        if built in inputs:
            files += read
    if not any(f.endswith(".a") for f in files) or len(files) < 100:
        raise Problem(f"{build}: what {target} is built from is not known: was it built?")
    return {os.path.normpath(os.path.join(build, file)) for file in files}, libraries, by_zig


# ---- whose it is -----------------------------------------------------------------------------------------------------------

def prefix_part(path):
    """The source package of a file below the prefix, None for our own."""
    for pattern, name in PREFIX_FILES:
        if re.fullmatch(pattern, path):
            return name
    raise Problem(f"{path}, below .cache/portable/prefix, is of no known library (PREFIX_FILES in tools/release/components.py)")


def packages_of(paths):
    """{path: Debian package}, of those that have one."""
    owners = {}
    paths = sorted(paths)
    for first in range(0, len(paths), 500):
        done = subprocess.run(["dpkg-query", "-S", *paths[first:first + 500]], capture_output=True, text=True)
        for line in done.stdout.splitlines():
            owner, _, path = line.partition(": ")
            owners[path] = owner.split(",")[0].split(":")[0]
    return owners


def python_part(path):
    """("nanobind", dist-info folder) for a file of an installed Python package; ("cpython", LICENSE.txt) for headers of CPython; or None."""
    parts = pathlib.Path(path).parts
    if "site-packages" in parts:
        at = parts.index("site-packages") + 1
        name = "robin-map" if "robin_map" in parts[at:] else parts[at]
        found = sorted(pathlib.Path(*parts[:at]).glob(f"{parts[at]}-*.dist-info"))
        return (name, found[0]) if found else None
    if match := re.fullmatch(r"(.*)/include/(python3\.\d+)/.*", path):
        licence = pathlib.Path(match[1], "lib", match[2], "LICENSE.txt")
        return ("cpython", licence) if licence.exists() else None
    return None


class Origins:
    """Finds the components that files belong to."""

    def __init__(self, root=ROOT):
        self.root = root
        self.portable = root / ".cache/portable"
        self.found = {}  # name -> Component
        self.problems = []

    def add_files(self, paths):
        rest, own = [], (str(self.root / "src") + "/", str(self.root / "include") + "/", str(self.root / "build") + "/")
        for path in sorted(paths):
            if path.startswith(str(self.portable / "prefix") + "/"):
                self.guarded(self.add_source, path.removeprefix(str(self.portable / "prefix") + "/"))
            elif part := python_part(path):
                self.guarded(self.add_python, path, *part)
            elif not path.startswith(own):
                rest.append(path)
        owners = packages_of(rest)
        self.problems += [f"{path} was read or linked, and is of no package" for path in rest if path not in owners]
        for package in sorted(set(owners.values()) - SYSTEM_PACKAGES):
            self.guarded(self.add_package, package, [path for path in rest if owners.get(path) == package])

    def add_libraries(self, names, by_zig):
        for name in names:
            if by_zig and name in ZIG_LIBRARIES:
                self.guarded(self.add_zig, ZIG_LIBRARIES[name])
            elif name not in SYSTEM_LIBRARIES:
                self.problems.append(f"-l{name} is of no known library")
        if by_zig:
            for name in ZIG_PARTS:
                self.guarded(self.add_zig, name)

    def guarded(self, function, *arguments):
        try:
            function(*arguments)
        except (Problem, OSError, subprocess.CalledProcessError) as error:
            if str(error) not in self.problems:
                self.problems.append(str(error))

    def add_source(self, path):
        name = prefix_part(path)
        if name is None or name in self.found:
            return
        pins = [line.split() for line in (self.root / "cmake/portable/sources.txt").read_text().splitlines() if not line.startswith("#")]
        version, sha256 = next((pin[1], pin[2]) for pin in pins if pin and pin[0] == name)
        folder = self.portable / "prefix/share/licences" / name
        texts = [(path.name, path.read_text(errors="replace")) for path in sorted(folder.iterdir())] if folder.is_dir() else []
        self.found[name] = Component(name, version, f"pkg:deb/debian/{name}@{quoted(version)}?arch=source", texts, sha256)

    def add_package(self, package, files):
        source, version = output_of("dpkg-query", "-W", "-f", "${source:Package} ${source:Version}", package).split()
        if source not in self.found:
            text = pathlib.Path("/usr/share/doc", package, "copyright")
            texts = [("copyright", copyright_of(text.read_text(errors="replace"), files))] if text.exists() else []
            self.found[source] = Component(source, version, f"pkg:deb/debian/{source}@{quoted(version)}?arch=source", texts)
        self.found[source].texts += heads_of_stl(files)
        if any(file.endswith("/libstdc++.a") for file in files):
            note = "std::from_chars of GCC's C++ library. Copyright (c) 2021 The fast_float authors. Of its two licences, MIT and Apache 2.0, the latter is taken.\n"
            self.found["fast-float"] = Component("fast-float", f"in {source} {version}", "pkg:github/fastfloat/fast_float", [("note", note)])

    def add_python(self, path, name, information):
        if name in self.found:
            return
        if name == "cpython":
            version = re.search(r'PY_VERSION\s+"([^"]+)"', (pathlib.Path(path).parents[0] / "patchlevel.h").read_text())[1] \
                if (pathlib.Path(path).parents[0] / "patchlevel.h").exists() else information.parent.name.removeprefix("python")
            self.found[name] = Component(name, version, f"pkg:generic/cpython@{version}", [("LICENSE.txt", information.read_text())])
            return
        version = re.search(r"^Version: (.*)$", (information / "METADATA").read_text(), re.M)[1]
        if name == "robin-map":  # inside nanobind; its licence is the head of its headers
            head = re.match(r"/\*\*(.*?)\*/", pathlib.Path(path).read_text(), re.S)
            texts = [("head of " + pathlib.Path(path).name, re.sub(r"^ \* ?", "", head[1], flags=re.M))] if head else []
            self.found[name] = Component(name, f"in nanobind {version}", "pkg:github/Tessil/robin-map", texts)
            return
        texts = [(file.name, file.read_text()) for file in sorted(information.rglob("*")) if re.match(r"(LICEN[CS]E|COPYING|NOTICE)", file.name)]
        self.found[name] = Component(name, version, f"pkg:pypi/{name}@{version}", texts)

    def add_zig(self, name):
        if name in self.found:
            return
        package, = self.portable.glob("zig/lib/python3*/site-packages/ziglang")
        information, = package.parent.glob("ziglang-*.dist-info")
        version = re.search(r"^Version: (.*)$", (information / "METADATA").read_text(), re.M)[1]
        glibc = package / "lib/libc/glibc"
        files = {"zig-runtime": [package / "LICENSE"], "llvm-libunwind": [package / "lib/libunwind/LICENSE.TXT"], "glibc-start": [glibc / "LICENSES"]}
        texts = [(file.name, file.read_text()) for file in files[name]]
        if name == "glibc-start":
            start = glibc / "sysdeps/x86_64/start-2.33.S"
            texts.insert(0, ("head of " + start.name, start.read_text().split("*/")[0].lstrip("/* ")))
        self.found[name] = Component(name, f"in zig {version}", f"pkg:pypi/ziglang@{version}", texts)


LONG = 200_000  # characters; Boost's has two million, on all of its libraries


def copyright_of(text, files):
    """Debian's copyright file; of a long one the paragraphs on these files (/usr/include/...) and the licences that they name."""
    if len(text) <= LONG:
        return text
    paragraphs = [(paragraph, dict(re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", paragraph, re.M))) for paragraph in text.split("\n\n")]
    names = {file.removeprefix("/usr/include/") for file in files}
    tops = {name.split("/")[0] for name in names}
    kept = []
    for paragraph, fields in paragraphs:
        # "libs/math/include/boost/math/tools/*" is installed as "boost/math/tools/..."; a mere "libs/geometry/*" has no headers.
        patterns = {pattern.rpartition("/include/")[2] for pattern in fields.get("Files", "").split()}
        wild = [re.compile(fnmatch.translate(pattern)) for pattern in patterns if re.search(r"[*?]", pattern)
                and (pattern.split("/")[0] in tops or fields["Files"].strip() == "*")]
        if "Files" not in fields and "License" not in fields or patterns & names or any(w.match(name) for w in wild for name in names):
            kept.append((paragraph, fields))
    named = {word for _, fields in kept for word in re.split(r"[\s,()]+", fields.get("License", "").split("\n")[0])} - {""}
    kept += [(paragraph, fields) for paragraph, fields in paragraphs if "Files" not in fields and fields.get("License", "").split("\n")[0] in named]
    return "\n\n".join(paragraph for paragraph, _ in kept) + "\n"


def heads_of_stl(files):
    """What Hewlett-Packard and Silicon Graphics ask to be said of parts of the C++ library; Debian's copyright file leaves it out."""
    heads = set()
    for file in files:
        if "/include/c++/" in file:
            comments = re.findall(r"/\*(.*?)\*/", pathlib.Path(file).read_text(errors="replace")[:6000], re.S)
            heads |= {re.sub(r"^ \* ?", "", comment, flags=re.M).strip() for comment in comments if re.search("Hewlett-Packard|Silicon Graphics", comment)}
    return [("heads of headers", "\n\n".join(sorted(heads)) + "\n")] if heads else []


def quoted(version):
    return re.sub(r"[^\w.~-]", lambda match: f"%{ord(match[0]):02X}", version)


# ---- licences --------------------------------------------------------------------------------------------------------------

# Words that the text of each licence or exception has, and where Debian keeps the text of those that copyright files only refer to.
WORDS = {
    "Apache-2.0": (r"Apache License Version 2\.0, January 2004", "Apache-2.0"),
    "BSD-2-Clause": (r"Redistributions in binary form must reproduce", None),
    "BSD-3-Clause": (r"Redistributions in binary form must reproduce.* endorse or promote", None),
    "BSL-1.0": (r"Boost Software License - Version 1\.0", None),
    "curl": (r"Permission to use, copy, modify, and distribute this software", None),
    "GPL-3.0-or-later": (r"GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007", "GPL-3"),
    "GCC-exception-2.0-note": (r"In addition to the permissions in the GNU Lesser General Public License", None),
    "GCC-exception-3.1": (r"GCC RUNTIME LIBRARY EXCEPTION", None),
    "LGPL-2.1-or-later": (r"GNU LESSER GENERAL PUBLIC LICENSE Version 2\.1, February 1999", "LGPL-2.1"),
    "LLVM-exception": (r"LLVM Exceptions to the Apache 2\.0 License", None),
    "MIT": (r"Permission is hereby granted, free of charge", None),
    "PSF-2.0": (r"PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2", None),
    "Zlib": (r"must not claim that you wrote the original software", None),
}


def spoken_of(licence):
    """The licences and exceptions in an SPDX expression."""
    return re.split(r" AND | WITH ", licence)


def complete_texts(component, common=pathlib.Path("/usr/share/common-licenses")):
    """Adds texts that the component's own only refer to; names of licences whose text is not to be had."""
    missing = []
    for name in spoken_of(component.licence):
        words, file = WORDS[name]
        has = any(re.search(words, re.sub(r"[\s*/#]+", " ", text), re.I) for _, text in component.texts)
        if not has and file and (common / file).exists():
            component.texts.append((f"{name}, the text", (common / file).read_text()))
        elif not has:
            missing.append(name)
    return missing

def read_licences(text):
    """{part: SPDX expression}"""
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {name: licence.strip() for name, licence in lines}


def licence_problems(components, licences):
    """Sets the licence of each component; what is missing or not allowed, a line each."""
    found = []
    for component in components:
        component.licence = licences.get(component.name, "")
        if not component.licence:
            found.append(f"{component.name} {component.version} has no line in cmake/portable/licences.txt")
        for part in component.licence.split(" AND "):
            if part and part not in ALLOWED:
                found.append(f"{component.name}: '{part}' is no licence that goes with this project's (ALLOWED in tools/release/components.py)")
        if not any(text.strip() for _, text in component.texts):
            found.append(f"{component.name} {component.version}: the text of its licence was not found")
        elif set(component.licence.split(" AND ")) <= ALLOWED:
            found += [f"{component.name} {component.version}: its texts are not those of {name}" for name in complete_texts(component)]
    return found


def components_of(build, target, root=ROOT):
    """All components of what a build folder made, by their names. Throws Problem, with a line for each."""
    files, libraries, by_zig = files_of_build(os.path.abspath(build), target)
    origins = Origins(root)
    origins.add_files(files)
    origins.add_libraries(libraries, by_zig)
    components = [origins.found[name] for name in sorted(origins.found)]
    licences = read_licences((root / "cmake/portable/licences.txt").read_text())
    problems = origins.problems + licence_problems(components, licences)
    if problems:
        raise Problem("\n".join(problems))
    return components


def main(words):
    if len(words) != 2:
        sys.exit(__doc__)
    try:
        for component in components_of(*words):
            size = sum(len(text) for _, text in component.texts)
            digest = hashlib.sha256("".join(text for _, text in component.texts).encode()).hexdigest()[:12]
            print(f"{component.name:15} {component.version:24} {component.licence:48} {size:7} {digest}")
    except Problem as problem:
        sys.exit(f"error: {problem}")


if __name__ == "__main__":
    main(sys.argv[1:])
