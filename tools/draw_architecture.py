#!/usr/bin/env python3
"""Draws the pictures of ARCHITECTURE.md into docs/pictures: data_flow.svg and life_of_a_fault.svg.

    python tools/draw_architecture.py

The second shows docs/pictures/worked_example.json, which comes from the model with the published weights:

    python tools/worked_example.py --model ResNet20.keras --data datasets/CIFAR10/cifar-10-batches-py \\
        --fault "conv2d_8,(2, 0, 30, 3),3" --images 0 --json docs/pictures/worked_example.json

Needs only Python. Colours follow the reader's light or dark setting.
"""
import json
import pathlib

PICTURES = pathlib.Path(__file__).resolve().parents[1] / "docs/pictures"
STYLE = """<style>
svg { --page: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #8c959f; --file: #f3f4f6; --work: #ddf4ff; --data: #fff8c5;
      --grid: #d9dee3; --hot: #d1242f; --keep: #2da44e }
@media (prefers-color-scheme: dark) { svg { --page: #0d1117; --ink: #e6edf3; --soft: #9198a1; --line: #6e7681; --file: #21262d;
      --work: #12304d; --data: #3a2e0b; --grid: #30363d; --hot: #ff7b72; --keep: #3fb950 } }
text { font-family: system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; font-size: 13px; fill: var(--ink) }
.mono { font-family: ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', monospace; font-size: 12px }
.soft { fill: var(--soft); font-size: 12px }
.file { fill: var(--file) } .work { fill: var(--work) } .data { fill: var(--data) }
.box { stroke: var(--line) } .arrow { fill: none; stroke: var(--line); stroke-width: 1.5; marker-end: url(#head) }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
<path d="M0 0 8 4 0 8z" fill="var(--line)"/></marker></defs>"""


class Picture:
    def __init__(self, width, height, label):
        self.parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">', STYLE,
                      f'<rect width="{width}" height="{height}" rx="8" fill="var(--page)"/>']

    def text(self, x, y, text, kind="", anchor="middle"):
        self.parts.append(f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" class="{kind}">{text}</text>')

    def box(self, x, y, width, height, kind, title, *lines):
        """A box with its title and soft lines below it, in its middle."""
        self.parts.append(f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" class="box {kind}"/>')
        top = y + height / 2 - 8.5 * len(lines) + 4.5
        self.text(x + width / 2, top, title, "mono" if kind == "file" else "")
        for i, line in enumerate(lines):
            self.text(x + width / 2, top + 17 * (i + 1), line, "soft")

    def arrow(self, *points):
        self.parts.append(f'<path class="arrow" d="M{" L".join(f"{x} {y}" for x, y in points)}"/>')

    def square(self, x, y, size, colour):
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" fill="var(--{colour})"/>')

    def write(self, name):
        (PICTURES / name).write_text("\n".join(self.parts + ["</svg>", ""]), encoding="ascii")


def draw_data_flow():
    p = Picture(980, 560, "data flow: files to plan, faults and images, through the engine, to the report")
    # Inputs, each through its folder.
    for y, file, reader, lines, result, about in (
            (20, "model.keras", "keras/", ("zip, HDF5, JSON", "one function per class"),
             "Graph", ("ops as Keras means them,", "nothing optimised")),
            (120, "faults.csv", "fault/", ("read, checked against", "the Graph, all at once"),
             "Patch", ("weight, element,", "old and new bits")),
            (220, "test set", "data/, session/", ("load, preprocess,", "in tiles"),
             "tile of images", ("with their places", "in a batch"))):
        p.box(20, y + 15, 120, 50, "file", file)
        p.arrow((140, y + 40), (178, y + 40))
        p.box(180, y, 170, 80, "work", reader, *lines)
        p.arrow((350, y + 40), (388, y + 40))
        p.box(390, y, 170, 80, "data", result, *about)
    # Compiled and prepared.
    p.arrow((560, 60), (598, 60))
    p.box(600, 20, 160, 80, "work", "plan/", "fuse, pack weights,", "choose kernels")
    p.arrow((760, 60), (798, 60))
    p.box(800, 20, 160, 80, "data", "Plan, ReplayPlan", "const, shared by", "all threads")
    p.arrow((560, 160), (598, 160))
    p.box(600, 120, 160, 80, "work", "FaultBlock", "sort by layer,", "64 faults a pack")
    p.arrow((760, 160), (798, 160))
    p.box(800, 120, 160, 80, "data", "packs", "with the weights", "that they change")
    # The engine.
    p.parts.append('<rect x="180" y="330" width="780" height="120" rx="8" class="box work"/>')
    p.text(195, 350, "engine/, replay/: one ReplayWorkspace per thread, image by image", "", "start")
    p.arrow((880, 100), (880, 110), (972, 110), (972, 318), (900, 318), (900, 328))
    p.arrow((850, 200), (850, 328))
    p.arrow((475, 300), (475, 328))
    p.box(200, 362, 200, 74, "data", "golden run of the image", "every activation is kept,", "once per block of faults")
    p.arrow((400, 399), (438, 399))
    p.box(440, 362, 230, 74, "data", "every pack, from its layer on", "only what can differ,", "until it equals golden again")
    p.arrow((670, 399), (708, 399))
    p.box(710, 362, 230, 74, "data", "scores that differ", "one row per fault and image;", "all others are golden")
    # Out.
    p.arrow((825, 450), (825, 478))
    p.box(710, 480, 230, 60, "work", "metrics/", "row against golden row and label")
    p.arrow((710, 510), (672, 510))
    p.box(530, 480, 140, 60, "data", "Tally per fault", "integers, added up")
    p.arrow((530, 510), (492, 510))
    p.box(300, 480, 190, 60, "work", "report/", "block done: rows synced")
    p.arrow((300, 510), (262, 510))
    p.box(140, 485, 120, 50, "file", "report.csv")
    p.write("data_flow.svg")


def counted(count, noun):
    return f"{count:,} {noun}{'' if count == 1 else 's'} differ{'s' if count == 1 else ''}"


def draw_map(p, x, y, step):
    """The positions of a step's output that differ."""
    size = 112 / len(step["rows"])
    p.parts.append(f'<rect x="{x}" y="{y}" width="112" height="112" fill="var(--grid)"/>')
    for r, line in enumerate(step["rows"]):
        for c, value in enumerate(line):
            if value == "1":
                p.square(x + c * size + 0.5, y + r * size + 0.5, size - 1, "hot")


def draw_life():
    example = json.loads((PICTURES / "worked_example.json").read_text(encoding="ascii"))[0]
    steps = {step["name"]: step for step in example["steps"]}
    p = Picture(980, 450, "which output positions of each step differ from the golden run")
    p.text(20, 28, "One flipped bit in conv2d_8 of ResNet20, one image: "
           "the positions of each step's output that differ from the golden run", "", "start")
    top = 92
    for i in range(12):
        name = f"conv2d_{i + 7}"
        row, column = divmod(i, 6)
        x, y, step = 20 + column * 160, top + row * 180, steps[name]
        p.text(x, y - 8, name, "mono", "start")
        draw_map(p, x, y, step)
        below = ("golden: nothing is", "computed up to here") if i == 0 else \
            (counted(step["sums"], "sum") + ",", f"{step['outputs']:,} of {step['of']:,} outputs")
        for j, line in enumerate(below):
            p.text(x, y + 129 + 16 * j, line, "soft", "start")
        if column < 5:
            p.arrow((x + 118, y + 56), (x + 154, y + 56))
    # conv2d_8's output is also an operand of conv2d_10's Add.
    start, end = 20 + 160 + 80, 20 + 3 * 160 + 30
    p.parts.append(f'<path class="arrow" d="M{start} {top - 8} C{start + 20} {top - 40} {end - 20} {top - 40} {end} {top - 22}"/>')
    p.text((start + end) / 2, top - 42, "shortcut, added in conv2d_10", "soft")
    scores = steps["dense"]
    p.text(20, 441, f"then {steps['average_pooling2d']['outputs']} of 64 averages, and {scores['outputs']} of {scores['of']} scores: "
           "the decision stays, the row counts as non-critical", "soft", "start")
    p.write("life_of_a_fault.svg")


if __name__ == "__main__":
    draw_data_flow()
    draw_life()
