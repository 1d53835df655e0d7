"""tools/release: whose code a program holds and under which licences, archives that are always the same, what differs between two builds."""
import base64
import hashlib
import io
import os
import pathlib
import sys
import tarfile
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/release"))
import compare_builds  # noqa: E402
import components  # noqa: E402
import licences  # noqa: E402
import packing  # noqa: E402
import texts  # noqa: E402
from components import Component, Origins, Problem  # noqa: E402

PREFIX = str(ROOT / ".cache/portable/prefix")
LINK = (f": && cmake -E env ZIG_LOCAL_CACHE_DIR=/z /z/bin/python-zig cc -pie main.cpp.o -o tf_injector {PREFIX}/lib/tfi_glibc.o -Wl,--start-group "
        f"libtfi_cli.a {PREFIX}/lib/libz.a -ldl /usr/lib/gcc/libstdc++.a -lunwind -Wl,--end-group -s && :")
DEPS = """CMakeFiles/a.cpp.o: #deps 2, deps mtime 1 (VALID)
    ../../src/a.cpp
    /usr/include/zlib.h

CMakeFiles/b.cpp.o: #deps 1, deps mtime 1 (VALID)
    ../../src/b.cpp
"""


ZLIB = "Do what you like, but you\n * must not claim that you wrote the original software.\n"


def component(name="zlib", licence="Zlib", text=ZLIB):
    return Component(name, "1.0", f"pkg:generic/{name}@1.0", [("LICENSE", text)], licence=licence)


class Parts(unittest.TestCase):
    def test_link_command(self):
        files, libraries, by_zig = components.linked(LINK)
        self.assertEqual(files, ["main.cpp.o", f"{PREFIX}/lib/tfi_glibc.o", "libtfi_cli.a", f"{PREFIX}/lib/libz.a", "/usr/lib/gcc/libstdc++.a"])
        self.assertEqual((libraries, by_zig), (["dl", "unwind"], True))
        self.assertFalse(components.linked("g++ a.o -o a.so libz.a")[2])
        self.assertEqual(components.linked("g++ a.o -o a.so libz.a")[0], ["a.o", "libz.a"])

    def test_what_was_read(self):
        self.assertEqual(components.dependencies(DEPS), {"CMakeFiles/a.cpp.o": ["../../src/a.cpp", "/usr/include/zlib.h"],
                                                         "CMakeFiles/b.cpp.o": ["../../src/b.cpp"]})

    def test_files_of_the_prefix(self):
        for path, name in {"lib/libz.a": "zlib", "include/zip.h": "libzip", "include/openssl/ssl.h": "openssl", "lib/libcrypto.a": "openssl",
                           "include/hwy/highway.h": "highway", "lib/tfi_glibc.o": None}.items():
            self.assertEqual(components.prefix_part(path), name, path)

    def test_a_library_of_nobody(self):
        for path in (f"{PREFIX}/lib/libevil.a", "/opt/lib/libevil.a", str(ROOT / "vendored/evil.h")):
            origins = Origins()
            origins.add_files({path})
            self.assertEqual(len(origins.problems), 1, path)
            self.assertIn(path.removeprefix(PREFIX + "/"), origins.problems[0])
        origins = Origins()
        origins.add_libraries(["m", "evil"], False)
        self.assertEqual(origins.problems, ["-levil is of no known library"])

    def test_our_own_files_are_no_part(self):
        origins = Origins()
        origins.add_files({str(ROOT / "src/core/a.cpp"), str(ROOT / "include/tf_injector/model.hpp"), f"{PREFIX}/lib/tfi_glibc.o"})
        self.assertEqual((origins.found, origins.problems), ({}, []))

    def test_pinned_sources(self):
        origins = Origins()
        origins.add_files({f"{PREFIX}/lib/libz.a"})
        self.assertRegex(origins.found["zlib"].sha256, "^[0-9a-f]{64}$")
        self.assertRegex(origins.found["zlib"].purl, r"^pkg:deb/debian/zlib@1%3A1\.2\S*\?arch=source$")


class Licences(unittest.TestCase):
    TABLE = components.read_licences((ROOT / "cmake/portable/licences.txt").read_text())

    def test_every_pinned_source_has_one(self):
        pins = [line.split()[0] for line in (ROOT / "cmake/portable/sources.txt").read_text().splitlines() if not line.startswith("#")]
        known = {name for _, name in components.PREFIX_FILES} - {None}
        self.assertEqual(set(pins), known)
        self.assertEqual([name for name in pins if name not in self.TABLE], [])
        for licence in self.TABLE.values():
            self.assertLessEqual(set(licence.split(" AND ")), components.ALLOWED)
        for licence in components.ALLOWED:
            self.assertLessEqual(set(components.spoken_of(licence)), components.WORDS.keys())

    def test_none_is_a_problem(self):
        self.assertIn("evil 1.0 has no line in cmake/portable/licences.txt", components.licence_problems([component("evil")], self.TABLE))

    def test_one_that_does_not_go_with_ours(self):
        for licence in ("GPL-3.0-or-later", "MIT AND AGPL-3.0-only", "GPL-3.0-or-later WITH Bison-exception-2.2"):
            problems = components.licence_problems([component("evil")], {"evil": licence})
            self.assertEqual(len(problems), 1, licence)
            self.assertIn("no licence that goes with this project's", problems[0])

    def test_a_text_that_is_missing(self):
        for text in ([], [("LICENSE", "\n")]):
            part = component()
            part.texts = text
            self.assertEqual(components.licence_problems([part], {"zlib": "Zlib"}), ["zlib 1.0: the text of its licence was not found"])

    def test_a_text_of_another_licence(self):
        part = component("evil", text="All rights reserved.")
        self.assertEqual(components.licence_problems([part], {"evil": "Zlib"}), ["evil 1.0: its texts are not those of Zlib"])
        part = component("evil", text="Redistributions in binary form must reproduce the above. THIS SOFTWARE IS PROVIDED")
        self.assertEqual(components.licence_problems([part], {"evil": "BSD-2-Clause AND BSD-3-Clause"}), ["evil 1.0: its texts are not those of BSD-3-Clause"])

    def test_a_text_that_is_only_referred_to_is_added(self):
        with tempfile.TemporaryDirectory() as folder:
            common = pathlib.Path(folder)
            part = component("gcc-12", "GPL-3.0-or-later WITH GCC-exception-3.1", "GCC RUNTIME LIBRARY EXCEPTION; the GPL is in another file")
            self.assertEqual(components.complete_texts(part, common), ["GPL-3.0-or-later"])
            (common / "GPL-3").write_text("GNU GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007\n")
            self.assertEqual(components.complete_texts(part, common), [])
            self.assertEqual([title for title, _ in part.texts], ["LICENSE", "GPL-3.0-or-later, the text"])
            self.assertEqual(components.complete_texts(part, common), [])
            self.assertEqual(len(part.texts), 2)

    def test_the_file_holds_all(self):
        parts = [component(), component("curl", "curl", "  Copyright (c) us  \n\n\nAll rights.\n")]
        text = licences.licences_text(parts)
        self.assertEqual(licences.missing_texts(parts, text), [])
        self.assertEqual(licences.missing_texts([*parts, component("evil", "MIT", "Evil text.")], text),
                         ["evil is not in THIRD_PARTY_LICENSES.txt", "evil: its LICENSE is not in THIRD_PARTY_LICENSES.txt"])
        self.assertEqual(licences.expression(parts), "Apache-2.0 AND Zlib AND curl")

    # Debian's copyright file of GCC speaks of neither.
    def test_the_cxx_library(self):
        with tempfile.TemporaryDirectory() as folder:
            header = pathlib.Path(folder) / "usr/include/c++/12/bits/stl_algo.h"
            header.parent.mkdir(parents=True)
            header.write_text("/* GPL */\n/*\n *\n * Copyright (c) 1994\n * Hewlett-Packard Company\n */\nint x;\n")
            self.assertEqual(components.heads_of_stl([str(header), str(header)]), [("heads of headers", "Copyright (c) 1994\nHewlett-Packard Company\n")])
            self.assertEqual(components.heads_of_stl([]), [])
        self.assertIn("fast-float", self.TABLE)

    def test_a_long_copyright_file(self):
        text = ("Format: x\n\nFiles: *\nCopyright: all\nLicense: BSL-1.0\n\nFiles: libs/math/include/boost/math/tools/*\nCopyright: tools\nLicense: MIT\n\n"
                "Files: libs/geometry/*\nCopyright: geometry\nLicense: GPL-3\n\nLicense: BSL-1.0\n Boost text\n\nLicense: MIT\n MIT text\n\n"
                "License: GPL-3\n GPL text\n\n" + "Comment: x\n\n" * 20000)
        kept = components.copyright_of(text, ["/usr/include/boost/math/tools/roots.hpp"])
        for wanted in ("Copyright: all", "Copyright: tools", "Boost text", "MIT text"):
            self.assertIn(wanted, kept)
        self.assertNotIn("GPL", kept)
        self.assertEqual(components.copyright_of("Files: *\n", []), "Files: *\n")


class Archives(unittest.TestCase):
    WHEEL = {"tf_injector/__init__.py": b"", "tf_injector/_core.so": b"\x7fELF",
             "tf_injector-0.1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tf_injector\nLicense: old\n\nLicense: in the text\n",
             "tf_injector-0.1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp312-abi3-linux_x86_64\n",
             "tf_injector-0.1.0.dist-info/licenses/LICENSE": b"ours", "tf_injector-0.1.0.dist-info/RECORD": b"old"}
    BUNDLE = {"THIRD_PARTY_LICENSES.txt": b"theirs", "tf_injector.cdx.json": b"{}", "licence_expression": b"Apache-2.0 AND MIT\n"}

    def setUp(self):
        os.environ["SOURCE_DATE_EPOCH"] = "1700000000"

    def test_wheel(self):
        files = packing.with_bundle(self.WHEEL, "manylinux_2_28_x86_64", self.BUNDLE)
        self.assertEqual(files["tf_injector-0.1.0.dist-info/licenses/THIRD_PARTY_LICENSES.txt"], b"theirs")
        self.assertEqual(files["tf_injector-0.1.0.dist-info/sboms/tf_injector.cdx.json"], b"{}")
        self.assertIn(b"\nTag: cp312-abi3-manylinux_2_28_x86_64\n", files["tf_injector-0.1.0.dist-info/WHEEL"])
        head, _, body = files["tf_injector-0.1.0.dist-info/METADATA"].decode().partition("\n\n")
        self.assertEqual(head.splitlines(), ["Metadata-Version: 2.4", "Name: tf_injector", "License-Expression: Apache-2.0 AND MIT",
                                             "License-File: LICENSE", "License-File: THIRD_PARTY_LICENSES.txt"])
        self.assertEqual(body, "License: in the text\n")
        rows = dict(line.split(",", 1) for line in files["tf_injector-0.1.0.dist-info/RECORD"].decode().splitlines())
        self.assertEqual(rows.keys(), files.keys())
        digest = base64.urlsafe_b64encode(hashlib.sha256(b"\x7fELF").digest()).decode().rstrip("=")
        self.assertEqual(rows["tf_injector/_core.so"], f"sha256={digest},4")

    def test_zip_is_always_the_same(self):
        backwards = dict(reversed(self.WHEEL.items()))
        self.assertEqual(packing.zipped(self.WHEEL), packing.zipped(backwards))
        with zipfile.ZipFile(io.BytesIO(packing.zipped(self.WHEEL))) as archive:
            self.assertEqual({entry.date_time for entry in archive.infolist()}, {(2023, 11, 14, 22, 13, 20)})
            self.assertEqual({entry.external_attr >> 16 for entry in archive.infolist()}, {0o100644})
            self.assertIn(".dist-info/", archive.namelist()[-1])

    def test_tar_is_always_the_same(self):
        files = {"tf_injector": (b"program", True), "LICENSE": (b"ours", False)}
        content = packing.tar_gz("tf_injector-1", files)
        self.assertEqual(content, packing.tar_gz("tf_injector-1", dict(reversed(files.items()))))
        self.assertEqual(content[4:8], bytes(4))  # gzip's own time
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            facts = [(entry.name, entry.mode, entry.mtime, entry.uid, entry.uname) for entry in archive]
        self.assertEqual(facts, [("tf_injector-1/LICENSE", 0o644, 1700000000, 0, ""), ("tf_injector-1/tf_injector", 0o755, 1700000000, 0, "")])


class Comparison(unittest.TestCase):
    def setUp(self):
        os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.a, self.b = (pathlib.Path(self.folder.name) / name for name in "ab")

    def compare(self, a, b):
        for folder, files in ((self.a, a), (self.b, b)):
            folder.mkdir()
            for name, content in files.items():
                (folder / name).write_bytes(content)
        return compare_builds.compare(self.a, self.b)

    def test_the_same(self):
        self.assertEqual(self.compare({"x": b"1"}, {"x": b"1"}), ({"x": hashlib.sha256(b"1").hexdigest()}, []))

    def test_nothing(self):
        self.assertEqual(self.compare({}, {}), ({}, ["there is nothing to compare"]))

    def test_one_file_too_many(self):
        self.assertEqual(self.compare({"x": b"1", "y": b""}, {"x": b"1"})[1], ["y is in one of both"])

    def test_a_member_of_a_wheel(self):
        lines = self.compare({"x.whl": packing.zipped({"p": b"same", "q": b"built in /a"})}, {"x.whl": packing.zipped({"p": b"same", "q": b"built in /b"})})[1]
        self.assertEqual(len(lines), 1)
        self.assertIn("x.whl: q: 11 and 11 bytes, first at 10: b'built in /a' and b'built in /b'", lines[0])

    def test_a_section_of_a_program(self):
        program = pathlib.Path(sys.executable).resolve().read_bytes()
        at = program.index(compare_builds.sections(program)[".dynstr"])
        changed = bytearray(program)
        changed[at + 5] ^= 1
        lines = self.compare({"python": program}, {"python": bytes(changed)})[1]
        self.assertEqual([line.split(":")[:2] for line in lines], [["python", " section .dynstr"]])

    def test_times(self):
        one = packing.zipped({"p": b"same"})
        os.environ["SOURCE_DATE_EPOCH"] = "1700000600"
        lines = self.compare({"x.whl": one}, {"x.whl": packing.zipped({"p": b"same"})})[1]
        self.assertEqual(len(lines), 1)
        self.assertIn("x.whl: p: (2023, 11, 14, 22, 13, 20)", lines[0])


class Versions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "CMakeLists.txt").write_text("include(x)\nproject(tf_injector VERSION 0.2.0 LANGUAGES CXX)\n")
        (self.root / "CITATION.cff").write_text("version: 0.2.0\n")
        (self.root / "pyproject.toml").write_text('dynamic = ["version"]\ninput = "CMakeLists.txt"\n')
        (self.root / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0 (2026-12-01)\n\n- New.\n\n## 0.1.0 (2026-11-30)\n\n- Old.\n")
        (self.root / "docs").mkdir()
        (self.root / "docs/installing.md").write_text("pip install tf_injector-0.2.0-cp312.whl, tf_injector-0.2.0-linux.tar.gz\n")
        (self.root / "tests/compat/0.1.0").mkdir(parents=True)
        (self.root / "tests/compat/0.1.0/cases.json").write_text("[]")

    def change(self, file, old, new):
        text = (self.root / file).read_text()
        self.assertIn(old, text)
        (self.root / file).write_text(text.replace(old, new))

    def test_ready(self):
        self.assertEqual(texts.problems(self.root, "0.2.0"), [])

    def test_each_problem(self):
        for file, old, new, text in [
                ("CMakeLists.txt", "0.2.0", "0.1.0", "CMakeLists.txt has 0.1.0"),
                ("CITATION.cff", "0.2.0", "0.1.0", "CITATION.cff has 0.1.0"),
                ("docs/installing.md", "0.2.0-cp", "0.1.0-cp", "docs/installing.md has 0.1.0 and 0.2.0"),
                ("pyproject.toml", "dynamic = ", "version = '0.2.0'\nx = ", "pyproject.toml has a version of its own"),
                ("CHANGELOG.md", "0.2.0 (2026-12-01)", "0.2.0 (not yet released)", "0.2.0 has no date"),
                ("CHANGELOG.md", "- New.\n", "", "nothing is said of 0.2.0"),
                ("CHANGELOG.md", "## 0.2.0", "## 0.3.0", "the newest chapter of CHANGELOG.md is 0.3.0"),
                ("CHANGELOG.md", "## 0.1.0", "## 0.1.5", "tests/compat/0.1.5 is missing")]:
            self.change(file, old, new)
            found = texts.problems(self.root, "0.2.0")
            self.assertTrue(any(text in line for line in found), found)
            self.setUp()

    def test_it_is_set(self):
        for file in ("CMakeLists.txt", "CITATION.cff", "docs/installing.md"):
            self.change(file, "0.2.0", "0.1.0")
        self.change("CHANGELOG.md", "0.2.0 (2026-12-01)", "0.2.0 (not yet released)")
        texts.set_version(self.root, "0.2.0", "2026-12-24")
        self.assertEqual(texts.problems(self.root, "0.2.0"), [])
        self.assertIn("## 0.2.0 (2026-12-24)\n", (self.root / "CHANGELOG.md").read_text())

    def test_this_project(self):
        held = texts.versions(ROOT)
        self.assertEqual(len(set(held.values())), 1, held)


if __name__ == "__main__":
    unittest.main()
