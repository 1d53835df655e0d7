"""tools/check_portable.py sees what would keep a program or a module from running elsewhere."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from check_portable import problems  # noqa: E402

DYNAMIC = """
Dynamic section at offset 0xa63a40 contains 30 entries:
  Tag        Type                         Name/Value
 0x0000000000000001 (NEEDED)             Shared library: [libm.so.6]
 0x0000000000000001 (NEEDED)             Shared library: [libpthread.so.0]
 0x0000000000000001 (NEEDED)             Shared library: [ld-linux-x86-64.so.2]
 0x000000000000001e (FLAGS)              BIND_NOW
"""
PROGRAM = """
                 U abort@GLIBC_2.2.5
                 U fcntl64@GLIBC_2.28
                 w __gmon_start__
0000000000a5f0c0 B environ@GLIBC_2.2.5
"""
MODULE = """
                 U memcpy@GLIBC_2.14
                 U PyErr_Clear
                 U _Py_Dealloc
0000000000012340 T PyInit__core
"""


class Problems(unittest.TestCase):
    def test_what_runs_anywhere_has_none(self):
        self.assertEqual(problems(DYNAMIC, PROGRAM, False), [])
        self.assertEqual(problems(DYNAMIC, MODULE, True), [])

    def test_other_libraries(self):
        for name in ("libz.so.1", "libstdc++.so.6", "libc.so.6.evil", "libmvec.so.1"):
            self.assertEqual(problems(DYNAMIC.replace("libm.so.6", name), PROGRAM, False), [f"loads {name}"])

    def test_folders_that_are_searched(self):
        self.assertEqual(problems(DYNAMIC + " 0x000000000000001d (RUNPATH)   Library runpath: [/opt/lib]\n", PROGRAM, False),
                         ["searches /opt/lib for libraries"])

    def test_young_symbols(self):
        for symbol in ("arc4random@GLIBC_2.36", "f@GLIBC_3.0", "f@GLIBC_PRIVATE", "f@GLIBCXX_3.4", "deflate@ZLIB_1.2.9"):
            for kind in "Uw":
                self.assertEqual(problems(DYNAMIC, f"   {kind} {symbol}\n", False), [f"asks for {symbol}"])

    def test_symbols_of_nobody(self):
        wrong = ["asks for _dl_find_object, which no library is said to have"]
        for is_module in (False, True):
            self.assertEqual(problems(DYNAMIC, "    U _dl_find_object\n", is_module), wrong)
        self.assertEqual(problems(DYNAMIC, MODULE, False)[0], "asks for PyErr_Clear, which no library is said to have")

    def test_what_a_module_shows(self):
        self.assertEqual(problems(DYNAMIC, MODULE + "0000000000012340 T SSL_new\n", True), ["shows SSL_new"])


if __name__ == "__main__":
    unittest.main()
