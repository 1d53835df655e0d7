"""docs/reliability.md: its table and its sentence are made from the figures of a run, docs/reliability.json."""
import datetime
import json
import pathlib
import textwrap

from torture import program

FIGURES = program.ROOT / "docs/reliability.json"
PAGE = program.ROOT / "docs/reliability.md"
BEGIN, END = "<!-- figures: begin (scripts/torture --document writes this) -->\n", "<!-- figures: end -->\n"
KINDS = (("kills", (1, 2)), ("failing calls, full disks and failed allocations", (3, 4, 5)), ("signals", (6,)), ("starts at once", (9,)),
         ("damaged, hostile or wrong files", (10, 11, 12, 14, 16)), ("faults held against TensorFlow", (15,)))


def store(path, results, run):
    """Writes the figures; rows that stand there and were not run again stay."""
    path, rows = pathlib.Path(path), {}
    if path.exists():
        rows = {row["row"]: row for row in json.loads(path.read_text())["rows"]}
    for result in results:
        failures = [{**failure, "why": failure["why"].replace(str(program.ROOT), ".")[:300]} for failure in result.failures]
        rows[result.number] = {**result.as_json(), **run, "date": datetime.date.today().isoformat(),
                               "failures": failures[:20], "more_failures": max(0, len(failures) - 20)}
    path.write_text(json.dumps({"rows": [rows[number] for number in sorted(rows)]}, indent=1) + "\n")


def number(value):
    return f"{value:,}"


def worst(figures):
    parts = [f"{figures['ms_p99']:.0f} ms of 99 in 100"] if figures.get("ms_p99") is not None and figures["ms_p99"] != figures["ms"] else []
    parts += [f"{figures['ms']:.0f} ms"] if "ms" in figures else []
    parts += [f"{figures['MiB']:.0f} MiB"] if "MiB" in figures else []
    return ", ".join(parts + ([f"{figures['lost_s']:.0f} s of work lost"] if "lost_s" in figures else []))


def headline(rows):
    """The sentence: volumes of each kind, and what failed of them."""
    parts, failed = [], sum(row["failed"] for row in rows.values())
    for text, numbers in KINDS:
        volume = sum(rows[row]["volume"] for row in numbers if row in rows)
        if volume:
            parts.append(f"{number(volume)} {text}")
    said = "0 silent wrong rows, 0 lost rows, 0 crashes" if failed == 0 else f"{number(failed)} of all that was tried failed (rows {failing(rows)})"
    return f"**{', '.join(parts)}: {said}.**"


def failing(rows):
    return ", ".join(str(key) for key, row in rows.items() if row["failed"])


def table(rows, modules):
    lines = ["| row | fault | tried | passed | failed | worst | passed means | the Python tool |", "|---|---|---|---|---|---|---|---|"]
    for key, module in modules.items():
        row = rows.get(key)
        if row is None:
            lines.append(f"| {key} | {module.FAULT} | not run | | | | {module.CRITERION} | {module.PYTHON_TOOL} |")
            continue
        tried = f"{number(row['volume'])} {row['unit']}" if row["volume"] else "not run: " + "; ".join(row["not_run"])
        tried += " (short form)" if row["form"] == "short" and row["volume"] else ""
        lines.append(f"| {key} | {module.FAULT} | {tried} | {number(row['passed'])} | {number(row['failed'])} | {worst(row['worst'])} | {module.CRITERION} | {module.PYTHON_TOOL} |")
    return lines


def commits(rows):
    """Of which builds the figures are."""
    return ", ".join(sorted({f"`{row['commit']}` of {row['date']}" for row in rows.values() if row["volume"]}))


def text_of(modules):
    """What stands between the marks."""
    rows = {row["row"]: row for row in json.loads(FIGURES.read_text())["rows"]}
    above = [textwrap.fill(text, 118, break_on_hyphens=False) for text in (headline(rows), f"Figures of {commits(rows)}.")]
    return "\n".join([above[0], "", above[1], "", *table(rows, modules), ""])


def parts():
    before, rest = PAGE.read_text().split(BEGIN)
    return before, rest.split(END)


def write(modules):
    before, (_, after) = parts()
    PAGE.write_text(before + BEGIN + text_of(modules) + END + after)


def is_current(modules):
    return parts()[1][0] == text_of(modules)
