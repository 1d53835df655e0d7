#!/usr/bin/env python3
"""Runs commands on a pseudo-terminal and draws what stands on the screen at the end: docs/pictures/run.svg.

    python tools/draw_run.py --list > faults.csv        200 faults, drawn from all weights and bits of ResNet20
    python tools/draw_run.py docs/pictures/run.svg \\
        'tf_injector -d CIFAR10 -n ResNet20 -f faults.csv --limit 1000 --report report.csv > summary.txt' \\
        'cat summary.txt' 'tail -3 report.csv'

Every command is run by the shell in the current folder and shown behind a $. Colours (SGR 30 to 37), carriage returns and
"erase to the end of the line" are understood, which is all that tf_injector writes to a terminal; a progress bar that is erased in
the end stays as it was last. Needs only Python.
"""
import fcntl
import math
import os
import pty
import random
import re
import struct
import subprocess
import sys
import termios
from xml.sax.saxutils import escape

COLUMNS, CELL_WIDTH, CELL_HEIGHT, MARGIN, BAR = 122, 7.8, 18, 14, 26
FOREGROUND, BACKGROUND, FRAME, PROMPT = "#d4d4d4", "#1e1e1e", "#3a3a3a", "#6a9955"
COLOURS = {31: "#f14c4c", 32: "#4ec96f", 33: "#e5c07b", 34: "#569cd6", 35: "#c586c0", 36: "#4ec9b0"}
TOKEN = re.compile("\x1b\\[([0-9;]*)([A-Za-z])|(\r)|(\n)|(.)", re.DOTALL)
BLOCKS = {" ": 0, **{chr(0x2590 - eighths): eighths for eighths in range(1, 9)}}  # U+2588 is a whole cell, U+258F an eighth


def print_list(count=200, seed=1):
    """As many faults in a layer as its kernel has elements, as the published lists have."""
    widths = [(3, 16)] + [(16, 16)] * 6 + [(16, 32)] + [(32, 32)] * 5 + [(32, 64)] + [(64, 64)] * 5
    shapes = {"conv2d" if i == 0 else f"conv2d_{i}": (3, 3, *width) for i, width in enumerate(widths)} | {"dense": (64, 10)}
    dice = random.Random(seed)
    layers = sorted(dice.choices(list(shapes), [math.prod(shape) for shape in shapes.values()], k=count), key=list(shapes).index)
    print("Injection,Layer,TensorIndex,Bit")
    for i, layer in enumerate(layers):
        print(f'{i},{layer},"{tuple(dice.randrange(size) for size in shapes[layer])}",{dice.randrange(32)}')


def run(command):
    """All that the command writes to its terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    process = subprocess.Popen(command, shell=True, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    output = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the last writer has closed it
            break
        if not part:
            break
        output += part
    os.close(ours)
    if process.wait() != 0:
        sys.exit(f"{command}: exit code {process.returncode}\n{output.decode()}")
    return output.decode()


def screen(text):
    """Lines of (character, colour) cells."""
    lines, column, colour = [[]], 0, None
    for match in TOKEN.finditer(text):
        parameters, final, carriage_return, line_feed, character = match.groups()
        if final == "m":
            colour = COLOURS.get(int(parameters or 0))
        elif final == "K":
            if column == 0 and is_bar(lines[-1]) and lines[-1] not in lines[:-1]:
                lines.append([])  # the bar stays as it was
            del lines[-1][column:]
        elif carriage_return:
            column = 0
        elif line_feed:
            lines.append([])
            column = 0
        elif character:
            line = lines[-1]
            line += [(" ", None)] * (column + 1 - len(line))
            line[column] = (character, colour)
            column += 1
    lines = [line for line, below in zip(lines, [*lines[1:], []]) if not (is_bar(line) and is_bar(below))]  # it was drawn again
    return lines[:-1] if lines and not lines[-1] else lines


def is_bar(line):
    return any(cell != " " and cell in BLOCKS for cell, _ in line)


def runs(line):
    """(first column, text, colour) of cells of one kind that follow each other."""
    start = 0
    for i in range(1, len(line) + 1):
        def kind(j):
            return line[j][1], line[j][0] in BLOCKS and line[j][0] != " "
        if i == len(line) or kind(i) != kind(start):
            yield start, "".join(character for character, _ in line[start:i]), line[start][1]
            start = i


def draw(lines):
    width = COLUMNS * CELL_WIDTH + 2 * MARGIN
    height = len(lines) * CELL_HEIGHT + 2 * MARGIN + BAR
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img"',
           ' aria-label="a run in a terminal">',
           f'<rect x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="8" fill="{BACKGROUND}" stroke="{FRAME}"/>']
    out += [f'<circle cx="{MARGIN + 6 + 18 * i}" cy="17" r="5" fill="{FRAME}"/>' for i in range(3)]
    out.append(f'<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" font-size="13"'
               f' fill="{FOREGROUND}">')
    for row, line in enumerate(lines):
        top = MARGIN + BAR + row * CELL_HEIGHT
        for column, text, colour in runs(line):
            x, length = MARGIN + column * CELL_WIDTH, len(text) * CELL_WIDTH
            if text[0] in BLOCKS and text[0] != " ":
                filled = sum(BLOCKS[character] for character in text) / 8 * CELL_WIDTH
                out.append(f'<rect x="{x:g}" y="{top + 3:g}" width="{filled:g}" height="12" fill="{colour or FOREGROUND}"/>')
            elif text.strip():
                fill = f' fill="{colour}"' if colour else ""
                place = f'x="{x:g}" y="{top + 13:g}" textLength="{length:g}" xml:space="preserve"'
                out.append(f"<text {place}{fill}>{escape(text)}</text>")
    return "\n".join(out + ["</g>", "</svg>", ""])


def main():
    if sys.argv[1:] == ["--list"]:
        print_list()
        return 0
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if len(sys.argv) == 2 else 2
    lines = []
    for command in sys.argv[2:]:
        lines += [[(character, PROMPT if i < 2 else None) for i, character in enumerate("$ " + command)]] + screen(run(command)) + [[]]
    lines = lines[:-1]
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(draw(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
