"""scripts/check_layers finds every kind of violation and passes what is allowed. Run by ctest (standard library only)."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check_layers"

CLEAN = {
    "src/core/bits.hpp": "#pragma once\n#include <cstdint>\n",
    "src/graph/op.hpp": '#pragma once\n#include "core/bits.hpp"\n#include "tf_injector/error.hpp"\n',
    "src/keras/import.cpp": '#include "graph/op.hpp"\n#include <fmt/format.h>\n// getenv() is only talked of\n',
    "src/kernels/lanes.hpp": "#pragma once\n#include <hwy/highway.h>\n",
    "src/kernels/dense.cpp": '#include "graph/op.hpp"\n#include "kernels/lanes.hpp"\n',
    "src/plan/plan.hpp": '#pragma once\n#include "graph/op.hpp"\n',
    "src/cli/main.cpp": '#include "core/bits.hpp"\n#include "tf_injector/error.hpp"\n#include <unistd.h>\nint main() { std::cerr << getenv("A"); exit(1); }\n',
    "include/tf_injector/error.hpp": "#pragma once\n#include <string>\n",
}


class CheckLayers(unittest.TestCase):
    def run_check(self, changed):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**CLEAN, **changed}.items():
                path = pathlib.Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True, check=False)

    def expect(self, name, text, complaint):
        done = self.run_check({name: text})
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(complaint, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_clean_tree_passes(self):
        done = self.run_check({})
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_lower_includes_higher(self):
        self.expect("src/core/a.cpp", '\n#include "graph/op.hpp"\n', "src/core/a.cpp:2: core includes graph")

    def test_program_includes_the_inside(self):
        self.expect("src/cli/a.cpp", '#include "plan/plan.hpp"\n', "it may use include/tf_injector, core only")

    def test_same_rank(self):
        self.expect("src/kernels/a.cpp", '#include "keras/other.hpp"\n', '"keras/other.hpp" is no file')
        done = self.run_check({"src/data/a.hpp": "#pragma once\n", "src/kernels/a.cpp": '#include "data/a.hpp"\n'})
        self.assertIn("src/kernels/a.cpp:1: kernels includes data", done.stderr)

    def test_third_party_in_a_wrong_folder(self):
        self.expect("src/graph/a.cpp", "#include <zip.h>\n", "<zip.h> may be included only by io")

    def test_third_party_through_our_header(self):
        self.expect("src/plan/a.cpp", '#include "kernels/lanes.hpp"\n', "brings in <hwy/highway.h> through our headers")

    def test_unknown_library(self):
        self.expect("src/io/a.cpp", "#include <boost/any.hpp>\n", "unknown header")

    def test_public_header(self):
        self.expect("include/tf_injector/a.hpp", '#pragma once\n#include "core/bits.hpp"\n', "which is not public")
        self.expect("include/tf_injector/a.hpp", "#pragma once\n#include <fmt/core.h>\n", "not of the standard library")
        self.expect("include/tf_injector/a.hpp", "#pragma once\n#include <unistd.h>\n", "not of the standard library")

    def test_unknown_folder(self):
        self.expect("src/misc/a.cpp", "int a;\n", "src/misc has no rank")

    def test_namespace(self):
        self.expect("src/io/a.hpp", "#pragma once\nnamespace tf_injector {\nint a();\n}\n", "src/io/a.hpp:2: expected namespace tf_injector::detail")
        self.expect("src/io/a.hpp", "#pragma once\nnamespace tf_injector::io {\n}\n", "expected namespace tf_injector::detail")
        inside = "#pragma once\nnamespace tf_injector::detail::io {\n}\nnamespace tf_injector {\n\n// What it holds.\nstruct Model::Data {\n};\n}\n"
        self.assertEqual(self.run_check({"src/io/a.hpp": inside}).returncode, 0)

    def test_conduct(self):
        self.expect("src/io/a.cpp", 'void f() { std::printf("x"); }\n', "io prints")
        self.expect("src/io/a.cpp", "void f() { std::exit(1); }\n", "io ends the program")
        self.expect("src/io/a.cpp", 'auto v = std::getenv("A");\n', "io reads an environment variable")

    def test_form(self):
        self.expect("src/io/a.hpp", "int a;\n", "no #pragma once")
        self.expect("src/io/a.cpp", "// \u00fc\n", "not ASCII")

    def test_empty_tree_is_an_error(self):
        with tempfile.TemporaryDirectory() as root:
            done = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
