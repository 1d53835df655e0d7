"""scripts/torture notices a program that is broken, row by row, and docs/reliability.md has the figures of docs/reliability.json. Run by ctest:
torture_test.py PROGRAM. Broken programs are scripts in front of the real one."""
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else str(ROOT / "build/release/tf_injector")


def torture(broken, *words):
    """The command with a shell script in the program's place, if one is given: `$real` is the program, "$@" its words."""
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "tf_injector"
        script.write_text(f"#!/bin/bash\nreal={PROGRAM}\n{broken}\n")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        environment = {**os.environ, "TFI_PROGRAM": str(script) if broken else PROGRAM, "PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-c", "import sys; from torture.command import main; sys.exit(main(sys.argv[1:]))", "--short", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


SOUND = ""  # the program itself
# When the report was there before, its last row is lost; the exit code is 0.
LOSES_A_ROW = '[ -e r.csv ] && had=1; "$real" "$@"; code=$?; if [ -n "$had" ] && [ -e r.csv ]; then head -n -1 r.csv > r.new; mv r.new r.csv; fi; exit $code'
# One digit of a row is another where the machine's flags are others.
WRONG_DIGIT = '"$real" "$@"; code=$?; case " $* " in *" --tile "* | *" --threads "[2-9]*) [ -e r.csv ] && sed -i "5s/1/2/" r.csv ;; esac; exit $code'
# Errors are not looked at.
ALL_IS_WELL = '"$real" "$@"; exit 0'
# While another process has the folder's lock, a signal is the end, and none of what it should say.
WAITS_FOR_EVER = 'flock -n . true || { trap "exit 0" TERM; sleep 60 >/dev/null 2>&1 & wait; }; exec "$real" "$@"'
FIRST_LINE_ONLY = '"$real" "$@" 2>&1 >/dev/null | head -c 5 >&2; exit ${PIPESTATUS[0]}'
WRITES_OVER = 'for word; do [ -n "$next" ] && printf x > "$word" 2>/dev/null; next=; [ "$word" = --report ] && next=1; done; exec "$real" "$@"'
LEAKS = """exec python3 -c '
import time
held = []
with open("r.csv", "w") as report:
    for number in range(200):
        held.append(bytearray(100000))
        report.write("row" * 100)
        report.flush()
        time.sleep(0.02)
'"""


class Notices(unittest.TestCase):
    def fails(self, row, broken, case):
        """The row fails with the broken program and passes with the sound one."""
        for script, code in ((broken, 1), (SOUND, 0)):
            done = torture(script, str(row), "--case", case)
            self.assertEqual(done.returncode, code, f"{script}\n{done.stdout}\n{done.stderr}")
            if code:
                self.assertIn(f"scripts/torture {row} --short --seed 1 --case", done.stderr)

    def test_a_row_that_is_lost_after_a_kill(self):
        self.assertRegex(torture(LOSES_A_ROW, "1", "--case", "many_blocks:0").stderr, "r.csv holds rows|other bytes: r.csv|exit code 6")
        self.assertNotIn("r.csv", torture(SOUND, "1", "--case", "many_blocks:0").stderr)

    def test_signals_that_are_not_answered(self):
        self.fails(6, WAITS_FOR_EVER, "waiting:SIGTERM")

    def test_runs_that_do_not_see_each_other(self):
        self.fails(9, 'exec "$real" "${@/r.csv/r$$.csv}"', "report:0")

    def test_damaged_models_that_are_taken(self):
        self.fails(10, ALL_IS_WELL, "single_channel.keras:*")
        self.fails(11, ALL_IS_WELL, "single_channel:*")
        self.fails(12, ALL_IS_WELL, "crc")
        self.fails(12, 'touch /tmp/torture_touched; exec "$real" "$@"', "crc")

    def test_rows_that_depend_on_the_faults_before(self):
        self.fails(17, '"$real" "$@"; code=$?; [ -e sr.csv ] && sed -i "5s/,8,/,7,/" sr.csv; exit $code', "odd_channels")

    def test_memory_that_grows(self):
        self.fails(21, LEAKS, "memory")

    def test_a_full_disk_that_is_not_said(self):
        self.fails(4, ALL_IS_WELL, "scores:limit:1024")

    def test_memory_that_is_not_enough(self):
        self.fails(5, ALL_IS_WELL, "memory_flag:1")

    def test_lists_and_test_sets_that_are_taken(self):
        self.fails(14, ALL_IS_WELL, "bit_32")
        self.fails(14, FIRST_LINE_ONLY, "bit_32")
        self.fails(16, ALL_IS_WELL, "label_negative")

    def test_scores_that_are_not_tensorflows(self):
        self.fails(15, '"$real" "$@"; code=$?; printf x | dd of=r/inj_3.npy bs=1 seek=200 conv=notrunc status=none; exit $code', "odd_channels.keras")

    def test_bytes_that_depend_on_the_machine(self):
        self.fails(18, WRONG_DIGIT, "k3_residual:*")

    def test_a_foreign_file_that_is_written_over(self):
        self.fails(20, WRITES_OVER, "inputs_as_outputs")


class FuzzRecord(unittest.TestCase):
    """Row 13 is as good as the record that it reads."""

    def judged(self, *runs):
        from torture.rows import fuzzing

        with tempfile.TemporaryDirectory() as folder:
            record = pathlib.Path(folder) / "record.json"
            record.write_text(json.dumps({"runs": [{"targets": {name: {"executions": 1000, "minutes": minutes, "findings": findings} for name, minutes, findings in run}} for run in runs]}))
            return fuzzing.recorded(record, ["a", "b"])

    def test_executions_of_all_runs_count(self):
        figures = self.judged([("a", 40, 1), ("b", 20, 0)], [("a", 5, 0)])
        self.assertEqual((figures.volume, figures.failed), (3000, 0))

    def test_findings_are_open_until_a_run_has_none(self):
        self.assertEqual(self.judged([("a", 40, 0), ("b", 20, 0)], [("b", 20, 2)]).failed, 2)

    def test_a_target_that_never_ran_or_too_little_time_fails(self):
        from torture.case import Failed

        with self.assertRaisesRegex(Failed, "no run of b"):
            self.judged([("a", 90, 0)])
        with self.assertRaisesRegex(Failed, "59 minutes"):
            self.judged([("a", 39, 0), ("b", 20, 0)])

    def test_the_corpus_is_replayed(self):
        done = torture(SOUND, "13", "--case", "replay:report_owner")
        self.assertRegex(done.stdout, r"13  fuzzing[^\n]* [1-9]\d* inputs +[1-9]\d* +0 |not run: the fuzz targets are not built")


class Figures(unittest.TestCase):
    def test_the_page_has_the_figures_of_the_run(self):
        from torture import command, document

        self.assertTrue(document.is_current(command.modules()), "scripts/torture --document writes the table anew")

    def test_the_work_that_a_kill_costs_is_the_most_of_all(self):
        from torture import case, command, document

        row = case.Result(1, "kill", "kills", "")
        for lost, milliseconds in ((None, 40.0), (9.5, None), (12.25, None), (3.0, 61.0)):
            row.add(case.Figures(lost=lost, milliseconds=milliseconds))
        self.assertEqual(command.worst_of(row), "61 ms 12.2 s of work lost")
        self.assertEqual(document.worst(row.as_json()["worst"]), "61 ms, 12 s of work lost")
        self.assertNotIn("lost_s", case.Result(1, "kill", "kills", "").as_json()["worst"])


if __name__ == "__main__":
    unittest.main()
