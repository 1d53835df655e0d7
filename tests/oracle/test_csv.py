"""CSV and SHA-256 against Python's csv and hashlib: random fields, both ways."""

import csv
import hashlib
import io

import pytest

from probe import seeded

PIECES = ["a", "0", " ", "(1, 2)", ",", ";", '"', '""', "'", "\t", "\u00e9", "\u4e2d", "\\", "#"]


def random_rows(rng, width, breaks):
    pieces = PIECES + (["\n", "\r", "\r\n"] if breaks else [])
    return [["".join(rng.choice(pieces) for _ in range(rng.choice((0, 1, 1, 2, 5)))) for _ in range(width)]
            for _ in range(rng.randint(1, 30))]


def read_back(fields):
    problems, *rows = fields
    parsed = []
    for row in rows:
        line, *cells = row.split(" ")
        parsed.append((int(line), [(int(column), bytes.fromhex(text).decode()) for column, _, text in
                                   (cell.partition(":") for cell in cells)]))
    return int(problems), parsed


def word(separator):
    return "tab" if separator == "\t" else separator


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_reads_what_csv_writes(probe, tmp_path, separator, quoting, end, bom):
    rng = seeded()
    for _ in range(20):
        rows = random_rows(rng, rng.randint(2, 5), breaks=False)
        text = io.StringIO()
        csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=end).writerows(rows)
        data = text.getvalue().encode()
        if rng.random() < 0.3:
            data = data[:-len(end)]  # no end after the last line
        (tmp_path / "a.csv").write_bytes(bom + data)
        problems, parsed = read_back(probe("csv", tmp_path / "a.csv", word(separator)))
        lines = data.split(b"\n")
        kept = [(number, row) for number, row in enumerate(rows, 1) if lines[number - 1].strip(b" \t\r")]
        assert problems == 0
        assert [(line, [text for _, text in cells]) for line, cells in parsed] == kept
        for line, cells in parsed:
            for column, value in cells:  # every field starts where the column says
                rest = lines[line - 1][column - 1:]
                assert rest.startswith(b'"' if rest[:1] == b'"' else value.encode())
                assert column == 1 or lines[line - 1][column - 2:column - 1] == separator.encode()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_spaces_behind_separators_are_free_as_with_skipinitialspace(probe, tmp_path, separator, quoting):
    rng = seeded()
    for _ in range(50):
        rows = random_rows(rng, rng.randint(2, 5), breaks=False)
        lines = []
        for row in rows:
            fields = io.StringIO()
            csv.writer(fields, delimiter=separator, quoting=quoting, lineterminator="\n").writerows([[cell] for cell in row])
            cells = fields.getvalue().split("\n")[:-1]
            lines.append(separator.join(" " * rng.choice((0, 0, 1, 3)) + ("" if cell == '""' and rng.random() < 0.5 else cell) for cell in cells))
        (tmp_path / "a.csv").write_bytes("\r\n".join(lines).encode())
        problems, parsed = read_back(probe("csv_free_spaces", tmp_path / "a.csv", word(separator)))
        expected = [(number, row) for number, line in enumerate(lines, 1) if line.strip(" \t")
                    for row in csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True)]
        assert problems == 0
        assert [(line, [text for _, text in cells]) for line, cells in parsed] == expected


def test_writes_what_csv_writes(probe, tmp_path):
    rng = seeded()
    for _ in range(50):
        rows = random_rows(rng, rng.randint(2, 5), breaks=True)
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        (tmp_path / "hex.csv").write_text("\n".join("|".join(cell.encode().hex() for cell in row) for row in rows))
        assert bytes.fromhex(probe("csv_write", tmp_path / "hex.csv")[0]).decode() == text.getvalue()


def test_a_field_over_several_lines_is_a_problem(probe, tmp_path):
    (tmp_path / "a.csv").write_bytes(b'a,b\n"one\ntwo",c\nd,e\n')
    problems, parsed = read_back(probe("csv", tmp_path / "a.csv", ","))
    assert problems == 2  # a quote that is not closed, a quote inside a field
    assert [line for line, _ in parsed] == [1, 4]


def test_sha256(probe, tmp_path):
    rng = seeded()
    for size in (0, 1, 63, 64, 65, 1000, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 20):
        data = rng.randbytes(size)
        (tmp_path / "a").write_bytes(data)
        assert probe("sha256", tmp_path / "a") == [hashlib.sha256(data).hexdigest()]
