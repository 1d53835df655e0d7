"""scripts/mutate finds the places it should and no others, mends what it broke, and tells killed mutants from survivors. Run by ctest
(standard library only; a project of two files is built)."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/mutation"))

import mutants  # noqa: E402
from mutators import find_sites  # noqa: E402
from report import append_result, counted, read_results  # noqa: E402
from scope import Stage  # noqa: E402
from workshop import Workshop  # noqa: E402


def changes(text):
    """{"kind: before => after"} of all sites of a text."""
    return {f"{site.kind}: {text[site.start:site.end]} => {after}" for site in find_sites(text) for after in site.texts}


class Sites(unittest.TestCase):
    def test_operators(self):
        found = changes("int f(int a, int b) { return a < b && a != 0 ? a * b : a - b; }")
        for wanted in ("comparison: < => <=", "comparison: < => >=", "comparison: != => ==", "logic: && => ||", "arithmetic: * => /",
                       "arithmetic: - => +", "constant: 0 => 1", "constant: 0 => (-1)"):
            self.assertIn(wanted, found)

    def test_types_are_left_alone(self):
        text = ("template <class T, int N = 3> T&& f(const T& a, std::array<float, 4>* b, T* const c, std::map<int, std::vector<int>>& d);\n"
                "bool operator<(const A& a, const A& b);\n"
                "void g() { std::vector<int> v; const auto& [x, y] = v; float *const p = nullptr, *q = p; Foo bar(p); Foo other{q}; }\n")
        self.assertEqual(changes(text), set())

    def test_text_is_left_alone(self):
        text = ('#include "a < b"\n#if A == 1 && \\\n    B < 2\n#endif\n// a < b\n/* a + 1\n b; */\nauto s = "a < b \\" 1 + 2"; auto r = R"x(a < 1)x";\n'
                "static_assert(sizeof(int) == 4); void f() { assert(a < b); }")
        self.assertEqual(changes(text), set())

    def test_statements(self):
        found = changes("void A::f() {\n  x_ = g();\n  if (x_) h();\n  v[i].push_back(p->q());\n  for (;;) break;\n  int y = g();\n  run([&](int a) {\n"
                        "    visit(a);\n  });\n  throw Error(y);\n}\nclass B {\n  B(int);\n  void m();\n  int n_ = g();\n};")
        dropped = {name.removeprefix("statement: ").removesuffix(" => {}") for name in found if name.startswith("statement")}
        self.assertEqual(dropped, {"x_ = g();", "h();", "v[i].push_back(p->q());", "break;", "visit(a);", "throw Error(y);",
                                   "run([&](int a) {\n    visit(a);\n  });"})

    def test_arguments_conditions_and_words(self):
        found = changes("void f(int a, int b) { if (a) g(a, {b, 1}, h<int, 2>(b)); if (!c) k = std::max(a, b) + true; while (a || b) m(a, a); }")
        for wanted in ("arguments: a, {b, 1} => {b, 1}, a", "arguments: {b, 1}, h<int, 2>(b) => h<int, 2>(b), {b, 1}", "logic: a => !(a)",
                       "logic: ! => ", "min_max: max => min", "constant: true => false", "logic: a || b => !(a || b)"):
            self.assertIn(wanted, found)
        swapped = [name for name in found if name.startswith("arguments")]
        self.assertFalse([name for name in swapped if "a, a" in name or "int a" in name or "b, a" in name], swapped)

    def test_the_project_has_thousands(self):
        sites = mutants.sites_of(ROOT)
        self.assertGreater(len(sites), 2000)
        self.assertGreaterEqual({site.kind for *_, site in sites},
                                {"comparison", "arithmetic", "logic", "constant", "statement", "arguments", "min_max"})

    def test_a_seed_draws_the_same_whatever_else_changes(self):
        text = "bool f(int a) { return a < 3; }\nbool g(int a) { return a < 3; }\nint h(int a) { return a + 1; }\n"

        def names(text, seed):
            return [m.name for m in mutants.draw([("src/a", "src/a/b.cpp", text, site) for site in find_sites(text)], seed)]

        drawn = names(text, 1)
        self.assertEqual(len(set(drawn)), 6)
        self.assertNotEqual(drawn, names(text, 2))
        self.assertEqual(drawn, [name for name in names("int k = 8;\n" + text, 1) if "int k" not in name])


class Lists(unittest.TestCase):
    def test_results_and_explanations(self):
        with tempfile.TemporaryDirectory() as folder:
            results, explained = pathlib.Path(folder) / "r/results.jsonl", pathlib.Path(folder) / "equivalent.txt"
            for name, verdict in (("a", "survived"), ("b", "survived"), ("c", "no_build"), ("b", "killed"), ("d", "survived")):
                append_result(results, {"name": name, "verdict": verdict})
            with results.open("a") as out:
                out.write('{"name": "cut o')
            explained.write_text("# Why no test sees them.\na\n    because\n    of this\n")
            self.assertEqual(mutants.read_explained(explained), {"a": "because of this"})
            killed, known, survived = counted(read_results(results).values(), {"a": ""})
            self.assertEqual([[r["name"] for r in group] for group in (killed, known, survived)], [["b"], ["a"], ["d"]])

    def test_every_explanation_is_of_a_mutant_that_can_be_drawn(self):
        """An explanation whose line has changed is to be thought over, not kept."""
        every = mutants.all_mutants(mutants.sites_of(ROOT))
        for name, why in mutants.read_explained(ROOT / "tools/mutation/equivalent.txt").items():
            self.assertTrue(name in every, f"no such mutant any more: {name}")
            self.assertGreater(len(why), 20, name)


SMALL = {
    "CMakeLists.txt": "cmake_minimum_required(VERSION 3.22)\nproject(small LANGUAGES CXX)\nadd_compile_options(-Wall -Wextra -Werror)\n"
                      "add_executable(small src/main.cpp src/sum.cpp)\n",
    "CMakePresets.json": '{"version": 3, "configurePresets": [{"name": "release", "generator": "Ninja", '
                         '"binaryDir": "${sourceDir}/build/release", "cacheVariables": {"CMAKE_BUILD_TYPE": "Release"}}]}',
    "src/sum.cpp": "int sum(int n) {\n  int s = 0, steps = 0;\n  for (int i = 0; i < n; ++i) {\n    s += i;\n    ++steps;\n  }\n"
                   "  return s + (n > 90 ? steps : 0);\n}\n",
    "src/main.cpp": "int sum(int n);\nint main() { return sum(4) == 6 ? 0 : 1; }\n",
}


@unittest.skipUnless(all(map(shutil.which, ("git", "cmake", "ninja"))), "needs git, cmake and ninja")
class Judgement(unittest.TestCase):
    def test_a_break_is_killed_and_mended(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder) / "tree"
            for name, text in SMALL.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            subprocess.run(["git", "init", "-q", str(root)], check=True)
            stage = Stage("small", ("small",), ("build/release/small",))
            workshop = Workshop(root, pathlib.Path(folder) / "copy")
            workshop.make()
            workshop.check([stage])
            text = SMALL["src/sum.cpp"]
            sites = find_sites(text)
            verdicts = {}
            for site in sites:
                for after in site.texts:
                    mutant = mutants.Mutant("src", "src/sum.cpp", text, site, after)
                    name = f"{text[site.start:site.end]} => {after}"
                    if name in ("< => >=", "s += i; => {}", "i < n => !(i < n)", "++steps; => {}", "90 => 91", "90 => 89"):
                        verdicts[name] = workshop.judge(mutant, [stage])["verdict"]
                        self.assertEqual((root / "src/sum.cpp").read_text(), text)
                        self.assertEqual((workshop.folder / "src/sum.cpp").read_text(), text)
            self.assertEqual(verdicts, {"< => >=": "killed", "s += i; => {}": "killed", "++steps; => {}": "survived", "90 => 91": "survived",
                                        "90 => 89": "survived"})
            same = mutants.Mutant("src", "src/sum.cpp", text, sites[0], text[sites[0].start : sites[0].end])
            self.assertEqual(workshop.judge(same, [stage])["verdict"], "same_code")
            wrong = mutants.Mutant("src", "src/sum.cpp", text, sites[0], "}")
            self.assertEqual(workshop.judge(wrong, [stage])["verdict"], "no_build")


if __name__ == "__main__":
    unittest.main()
