#!/usr/bin/env python3
"""Files of released versions are read, gone on with to the same bytes, or refused by name. Run by ctest: compat_test.py PROGRAM

The files of tests/compat/<version> are copied; the commands of their cases.json run where the copy is.
"""
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = sorted(path.parent for path in HERE.glob("*/cases.json"))
PROGRAM = HERE.parents[1] / "build/release/tf_injector"
DONE, BAD_INPUT, RESUME = 0, 3, 6
MACHINE = ("seconds", "version")  # of an estimate's JSON


def is_campaign(case):
    return case["words"][0] != "estimate"


def is_killed(case):  # with rows, so with metadata
    return is_campaign(case) and case["killed"] and case["name"] != "killed_at_start"


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def report_of(folder):
    report, = (path for path in folder.rglob("*.csv") if path.name != "details.csv")
    return report


def scores_and_details(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.suffix in (".npy", ".npz") or path.name == "details.csv"}


class Files(unittest.TestCase):
    def each(self, wanted, check):
        """Calls check(case, copy of its version's folder) for those cases of all versions that are wanted."""
        chosen = [(version, case) for version in VERSIONS for case in json.loads((version / "cases.json").read_text()) if wanted(case)]
        self.assertTrue(chosen)
        for version, case in chosen:
            with self.subTest(version=version.name, case=case["name"]), tempfile.TemporaryDirectory() as folder:
                check(case, pathlib.Path(shutil.copytree(version, pathlib.Path(folder) / version.name)))

    def run_program(self, folder, *words, code=DONE):
        done = subprocess.run([PROGRAM, *words], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, f"{' '.join(map(str, words))}\n{done.stdout}\n{done.stderr}")
        return done

    def assert_same_results(self, found, wanted):
        """Report, details and scores have the same bytes, and the metadata know that of the report."""
        report = report_of(found)
        self.assertEqual(report.read_bytes(), report_of(wanted).read_bytes())
        self.assertEqual(scores_and_details(found), scores_and_details(wanted))
        facts = json.loads(report.with_suffix(".run.json").read_text())
        self.assertEqual((facts["state"], facts["report"]["sha256"]), ("finished", hashlib.sha256(report.read_bytes()).hexdigest()))


class Campaigns(Files):
    def test_finished_ones_are_known_as_finished(self):
        def check(case, folder):
            before = files_of(folder)
            self.assertIn("finished already", self.run_program(folder, *case["words"]).stderr)
            self.assertEqual(files_of(folder), before)
        self.each(lambda case: is_campaign(case) and not case["killed"], check)

    def test_killed_ones_are_gone_on_with(self):
        def check(case, folder):
            self.assertIn("going on with", self.run_program(folder, *case["words"]).stderr)
            self.assert_same_results(folder / case["name"], folder / case["becomes"])
        self.each(is_killed, check)

    def test_killed_ones_are_gone_on_with_by_other_kernels(self):
        def check(case, folder):
            self.run_program(folder, *(word for word in case["words"] if word not in ("--kernels", "scalar")))
            self.assert_same_results(folder / case["name"], folder / case["becomes"])
        self.each(lambda case: "scalar" in case["words"], check)

    def test_one_without_metadata_is_begun(self):
        def check(case, folder):
            self.run_program(folder, *case["words"])
            self.assert_same_results(folder / case["name"], folder / case["becomes"])
        self.each(lambda case: case["name"] == "killed_at_start", check)

    def test_another_list_is_refused(self):
        def check(case, folder):
            before = files_of(folder)
            done = self.run_program(folder, *(word.replace("list.csv", "few.csv") for word in case["words"]), code=RESUME)
            self.assertIn("fault list's SHA-256", done.stderr)
            self.assertEqual(files_of(folder), before)
        self.each(lambda case: case["name"] in ("plain", "killed_in_a_row", "killed_with_details"), check)

    def test_a_changed_digit_is_noticed(self):
        def check(case, folder):
            report = report_of(folder / case["name"])
            lines = report.read_bytes().splitlines(keepends=True)
            changed = lines[3].replace(b",4,2,4", b",4,3,4")
            self.assertNotEqual(changed, lines[3])
            report.write_bytes(b"".join([*lines[:3], changed, *lines[4:]]))
            self.run_program(folder, *case["words"], code=RESUME)
        self.each(lambda case: case["name"] in ("plain", "killed_in_a_row"), check)

    # Of an unfinished one, and of a torn last line, it is said what to do.
    def test_reports_are_read(self):
        def check(case, folder):
            report = report_of(folder / case["name"])
            if case["killed"]:
                self.assertIn("the command that wrote it goes on", self.run_program(folder, "report", report, code=BAD_INPUT).stderr)
            else:
                facts = json.loads(self.run_program(folder, "report", report, "--json", "-").stdout)
                self.assertEqual(facts["network"]["faults"], report.read_bytes().count(b"\n") - 2)
        self.each(lambda case: is_campaign(case) and case["name"] != "killed_at_start", check)

    def test_finished_ones_are_verified(self):
        def check(case, folder):
            self.run_program(folder, "verify", report_of(folder / case["name"]).relative_to(folder))
        self.each(lambda case: is_campaign(case) and not case["killed"], check)

    def test_reports_are_compared(self):
        def check(case, folder):
            report = report_of(folder / case["becomes"])
            self.run_program(folder, "compare", report, report)
            self.run_program(folder, *case["words"])
            self.run_program(folder, "compare", report_of(folder / case["name"]), report)
        self.each(is_killed, check)


class Estimates(Files):
    def test_they_are_gone_on_with(self):
        def check(case, folder):
            wanted = HERE / folder.name / case["becomes"]
            self.run_program(folder, *case["words"])
            results = [{key: value for key, value in json.loads((of / "net.json").read_text()).items() if key not in MACHINE}
                       for of in (folder / case["name"], wanted)]
            self.assertEqual(*results)
            self.assertEqual((folder / case["name"] / "net.state").read_text(), (wanted / "net.state").read_text())
        self.each(lambda case: not is_campaign(case), check)


class LaterVersions(Files):
    """What a later version wrote is refused by the number of its schema, with what to do; nothing is touched."""

    def check_text(self, errors, path):
        self.assertIn(str(path), errors)
        self.assertRegex(errors, r"later version of tf_injector \(([\d.]+, )?schema 99; this is \d+\.\d+\.\d+, which knows schemas up to \d+\)")
        self.assertIn("with that version", errors)

    def test_metadata(self):
        def check(case, folder):
            path = report_of(folder / case["name"]).with_suffix(".run.json")
            facts = json.loads(path.read_text())
            facts["schema"], facts["tool"]["version"] = 99, "9.9.9"
            path.write_text(json.dumps(facts))
            before = files_of(folder)
            relative = path.relative_to(folder)
            self.check_text(self.run_program(folder, *case["words"], code=RESUME).stderr, relative)
            report = report_of(folder / case["name"]).relative_to(folder)
            self.check_text(self.run_program(folder, "report", report, code=BAD_INPUT).stderr, relative)
            self.check_text(self.run_program(folder, "compare", report, report).stdout, relative)
            self.assertEqual(files_of(folder), before)
        self.each(lambda case: case["name"] in ("plain", "killed_between_blocks"), check)

    # One without a name of its own is left alone, and a new report is begun beside it.
    def test_metadata_of_a_folder(self):
        def check(case, folder):
            report = report_of(folder / case["name"])
            path = report.with_suffix(".run.json")
            path.write_text(path.read_text().replace('"schema": 2', '"schema": 99'))
            before = path.read_bytes(), report.read_bytes()
            self.check_text(self.run_program(folder, *case["words"]).stderr, path.relative_to(folder))
            self.assertEqual((path.read_bytes(), report.read_bytes()), before)
        self.each(lambda case: case["name"] == "killed_without_a_name", check)

    def test_state_of_an_estimate(self):
        def check(case, folder):
            state = folder / case["name"] / "net.state"
            state.write_text(re.sub(r'"schema":\d+', '"schema":99', state.read_text(), count=1))
            before = files_of(folder)
            self.check_text(self.run_program(folder, *case["words"], code=RESUME).stderr, state.relative_to(folder))
            self.assertEqual(files_of(folder), before)
        self.each(lambda case: not is_campaign(case), check)

    # The list counts without its plan.
    def test_plan_of_a_list(self):
        def check(case, folder):
            plan = folder / "inputs/list.csv.plan.json"
            plan.write_text(plan.read_text().replace('"schema": 1', '"schema": 99', 1))
            words = [word.replace("plain/", "anew/") for word in case["words"]]
            self.check_text(self.run_program(folder, *words).stderr, plan.relative_to(folder))
            self.assertEqual(report_of(folder / "anew").read_bytes(), report_of(folder / "plain").read_bytes())
        self.each(lambda case: case["name"] == "plain", check)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
