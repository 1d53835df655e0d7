"""Pages, pictures and JSON of statistics, read by other programs: Python's parsers and, where there is one, a browser.

The statistics are made up (tests/answers/made_up_statistics.hpp, by build/release/tests/oracle/statistics_pages; TFI_STATISTICS_PAGES
names another build of it)."""
import base64
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree

import pytest
from browser import Browser, chromium
from page import Page, check_page
from small_campaign import ROOT

PAGES = ["twenty", "many", "hostile", "without_effect", "one_layer", "no_faults"]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ["<script>alert(1)</script>", '"onload="alert(1)', "a&amp;b&<b>", "</svg></title><img src=x>", "emoji \U0001f525\U0001f9e0",
           "bad \ufffd\ufffd utf-8 \ufffd", "line\ufffdend\ufffd\ufffd[31m", "\ufffd turned", "]]>-->{}%s'`", "x" * 300]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    program = os.environ.get("TFI_STATISTICS_PAGES", ROOT / "build/release/tests/oracle/statistics_pages")
    made = tmp_path_factory.mktemp("pages")
    subprocess.run([program, made], check=True)
    return made


def page_of(folder, name):
    return check_page((folder / f"{name}.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_balanced_and_load_nothing(folder, name):
    page_of(folder, name)


@pytest.mark.parametrize("name", PAGES)
def test_pictures_are_well_formed(folder, name):
    pictures = sorted((folder / name).glob("*.svg"))
    assert {p.stem for p in pictures} >= {"heatmap", "bits", "layers", "distribution"}
    for picture in pictures:
        root = xml.etree.ElementTree.fromstring(picture.read_bytes())
        assert root.tag == SVG + "svg" and root.find(SVG + "title").text and root.find(SVG + "desc").text
        width, height = (float(root.get(side)) for side in ("width", "height"))
        for text in root.iter(SVG + "text"):
            assert -1 <= float(text.get("x")) <= width and 0 <= float(text.get("y")) <= height, text.text
        assert not re.search(r"url\((?!#)|href|var\(|<script|\son\w+=", picture.read_text(encoding="utf-8").replace("&quot;", ""))


@pytest.mark.parametrize("name", PAGES)
def test_json_is_read_by_python(folder, name):
    read = json.loads((folder / f"{name}.json").read_bytes(), parse_constant=pytest.fail)
    assert read["schema"] == 1


def test_sizes(folder):
    sizes = {name: (folder / f"{name}.html").stat().st_size for name in PAGES}
    print(sizes)
    assert sizes["twenty"] <= 500_000 and sizes["many"] <= 600_000


def test_names_stay_text(folder):
    page = page_of(folder, "hostile")
    texts = "\n".join(page.texts["th"])
    for name in HOSTILE:
        assert name in texts
    assert not [tag for tag, _ in page.elements if tag in ("img", "b", "i")]
    assert any("onclick=alert(1)" in text for text in page.texts["li"])
    assert page.texts["h1"] == ['Bit flips in </title><script>alert(3)</script> on " onload="alert(4)']


def test_layers_of_json_are_the_names(folder):
    names = [layer["layer"] for layer in json.loads((folder / "hostile.json").read_bytes())["layers"]]
    assert names[:5] == HOSTILE[:5] and names[6:] == ["line\nend\x01\x1b[31m", "\u202e turned", "]]>-->{}%s'`", "x" * 300]


def test_the_heat_map_has_a_table(folder):
    """Every cell's number stands in a table, with what the script tells of it."""
    page = page_of(folder, "twenty")
    table = re.search(r'<table class="cells">.*?</table>', page.source, re.DOTALL)[0]
    assert [row.count("<td") for row in table.split("<tr>")[2:]] == [32] * 20
    cells = [a["data-v"] for a in page.all("td") if "data-v" in a]
    read = json.loads((folder / "twenty.json").read_bytes())["cells"]
    assert len(cells) == len(read)
    for text, cell in zip(cells, read):
        interval, share, faults = text.split("|")
        low, high = (float(x.lstrip("<>")) for x in interval[1:-1].split(", "))
        assert abs(low - 100 * cell["critical"]["images"]["low"]) <= 0.51 and faults == str(cell["faults"])
        assert abs(high - 100 * cell["critical"]["images"]["high"]) <= 0.51 and share


def boxes_of(path):
    """Left and upper corners of the rectangles of a path: M12 34h21v18H12z..."""
    for x, y, width in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)", path):
        yield float(x), float(y), float(width)


@pytest.mark.parametrize("name", ["twenty", "many"])
def test_cells_are_where_they_belong(folder, name):
    """The heat map's colours, by place, follow the rates; the titles of cells stand at their layer and bit."""
    svg = next(a for a in page_of(folder, name).all("svg") if "data-h" in a)
    x, y, w, h = (float(svg[f"data-{side}"]) for side in "xywh")
    read = json.loads((folder / f"{name}.json").read_bytes())
    layers = [layer["layer"] for layer in read["layers"]]
    root = xml.etree.ElementTree.parse(folder / name / "heatmap.svg").getroot()
    levels, empty, titles = {}, set(), 0
    for path in root.iter(SVG + "path"):
        title = path.find(SVG + "title")
        for left, top, width in boxes_of(path.get("d")):
            row, column = round((top - y) / h), round((left - x) / w)
            cells = [(row, 31 - column - i) for i in range(round(width / w))]
            if title is not None:
                assert title.text.startswith(f"{layers[row]}, bit {31 - column}: ") and len(cells) == 1
                titles += 1
            elif path.get("fill") == "url(#hatch)":
                empty |= set(cells)
            elif re.fullmatch(r"c\d+", path.get("class") or ""):
                levels.update(dict.fromkeys(cells, int(path.get("class")[1:])))
    rates = {(layers.index(cell["layer"]), cell["bit_first"]): cell["critical"]["images"]["estimate"] for cell in read["cells"]}
    assert empty == {(row, bit) for row in range(len(layers)) for bit in range(32)} - set(rates)
    assert set(levels) == {cell for cell, rate in rates.items() if rate > 0}
    least, most = min(filter(None, rates.values())), max(rates.values())
    assert most / least > 100  # so the scale is logarithmic
    for cell, level in levels.items():
        assert abs(1 + 16 * math.log(rates[cell] / least) / math.log(most / least) - 0.5 - level) <= 0.5 + 1e-9 or level == 16
    assert titles == (len(rates) if name == "twenty" else 0)


def test_marks_are_where_they_belong(folder):
    """By bit: a mark is the higher the larger its rate, and stands on its bit."""
    root = xml.etree.ElementTree.parse(folder / "twenty" / "bits.svg").getroot()
    names = {int(text.text): float(text.get("x")) for text in root.iter(SVG + "text") if text.text.isdigit() and text.text != "0" or text.text == "0" and text.get("text-anchor") == "middle"}
    bits = {bit["bit_first"]: bit["critical"] for bit in json.loads((folder / "twenty.json").read_bytes())["bits"]}
    heights = {}
    for group in root.iter(SVG + "g"):
        bit = int(re.match(r"bit (\d+): ", group.find(SVG + "title").text)[1])
        circle = next(mark for mark in group if mark.get("class") == "faults" and mark.tag == SVG + "circle")
        assert abs(float(circle.get("cx")) - names[bit]) < 8
        heights[bit] = -float(circle.get("cy"))
        interval = next(mark for mark in group if mark.get("class") == "faults iv")
        low, high = (-float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", interval.get("d")))
        assert low <= heights[bit] <= high
        images = next(mark for mark in group if (mark.get("class") or "faults")[:6] != "faults" and mark.get("class")[-3:] != " iv")
        middle = {"rect": lambda m: float(m.get("y")) + float(m.get("height")) / 2, "circle": lambda m: float(m.get("cy")),
                  "path": lambda m: float(re.match(r"M[\d.]+ ([\d.]+)", m.get("d"))[1])}[images.tag.removeprefix(SVG)](images)
        if bits[bit]["faults"]["estimate"] > 1.5 * bits[bit]["images"]["estimate"]:
            assert heights[bit] > -middle + 1
    assert set(heights) == set(bits)
    order = sorted(bits, key=lambda bit: bits[bit]["faults"]["estimate"])
    assert [heights[bit] for bit in order] == sorted(heights.values()) and len(set(heights.values())) > 5


def test_many_rows_are_legible(folder):
    svg = next(a for a in page_of(folder, "many").all("svg") if "data-h" in a)
    assert float(svg["data-h"]) >= 12 and float(svg["viewbox"].split()[3]) >= 200 * float(svg["data-h"])


def test_what_the_checks_see():
    """They fail where they should."""
    good = "<!DOCTYPE html><html lang=en><p>a<br>b</p></html>"
    assert not Page(good).problems and not Page(good).loads()
    for bad in ("<p><b>x</p></b>", "<div>", "</p>", "<p id=a></p><p id=a></p>", "<!-- x -->"):
        assert Page(bad).problems, bad
    for bad in ("<img src=x>", "<a href=http://x>", "<p style=x>", "<p onclick=x>", "<style>p{background:url(x)}</style>", "<script src=x>"):
        assert Page(bad).loads(), bad


needs_browser = pytest.mark.skipif(chromium() is None, reason="needs Chromium")


@pytest.fixture(scope="module")
def browser():
    with Browser() as opened:
        yield opened


@needs_browser
@pytest.mark.parametrize("name", PAGES)
def test_a_browser_has_no_complaint_and_loads_nothing(folder, browser, name):
    seconds = browser.open(folder / f"{name}.html")
    browser.run("document.querySelector('.theme').click()")
    assert browser.complaints() == []
    assert browser.requests() == ["file://" + str(folder / f"{name}.html")]
    print(f"{name}: {seconds:.2f} s until it is loaded")


@needs_browser
def test_a_browser_runs_no_foreign_script(folder, browser, tmp_path):
    """The policy holds: what is not ours neither runs nor loads."""
    text = (folder / "twenty.html").read_text(encoding="utf-8")
    bad = tmp_path / "bad.html"
    bad.write_text(text.replace("</main>", "<script>document.title = 'ran'</script><img src='other.png' onerror=\"document.title = 'ran'\"></main>"),
                   encoding="utf-8")
    browser.open(bad)
    assert browser.run("document.title") == "Bit flips in ResNet20 on CIFAR10"
    assert browser.complaints()


@needs_browser
def test_headers_sort(folder, browser):
    browser.open(folder / "twenty.html")
    column = "[...document.querySelectorAll('#tables ~ div table')[1].tBodies[0].rows].map(row => row.cells[{}].textContent)"
    header = "document.querySelectorAll('#tables ~ div table')[1].tHead.rows[0].cells[{}]"
    before = browser.run(column.format(0))
    assert before[:3] == ["conv2d", "conv2d_1", "conv2d_2"]
    browser.run(header.format(3) + ".querySelector('button').focus()")
    browser.press("Enter")
    rates = [float(text) for text in browser.run(column.format(3))]
    assert rates == sorted(rates, reverse=True) and rates[0] > rates[-1]
    assert browser.run(header.format(3) + ".getAttribute('aria-sort')") == "descending"
    browser.press("Enter")
    assert [float(text) for text in browser.run(column.format(3))] == sorted(rates)
    browser.run(header.format(0) + ".querySelector('button').click()")
    assert browser.run(column.format(0)) == before
    assert browser.run(header.format(3) + ".getAttribute('aria-sort')") is None


@needs_browser
@pytest.mark.parametrize("name", ["twenty", "many", "hostile"])
def test_arrow_keys_tell_cells(folder, browser, name):
    browser.open(folder / f"{name}.html")
    names = browser.run("[...document.querySelectorAll('.cells tbody th')].map(cell => cell.textContent)")
    browser.press("Tab")
    browser.run("document.querySelector('.map').focus({focusVisible: true})")
    tip = "document.querySelector('.tip').hidden ? null : document.querySelector('.tip').textContent"
    seen = [browser.run(tip)]
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        browser.press(key)
        seen.append(browser.run(tip))
    assert seen[0].startswith(names[0] + ", bit 31: ") and seen[3].startswith(names[1] + ", bit 29: ")
    assert re.search(r"bit 30: [\d.]+ % of the images \[.*\]; [\d.>]+ % of 25 faults$", seen[1])
    for key in ["ArrowRight"] * 6 + ["ArrowDown"] * 5:  # faster than it is drawn
        browser.press(key)
    assert browser.run(tip).startswith(names[6] + ", bit 23: ")
    assert browser.complaints() == []
    distance = "document.querySelector('.cursor').getBoundingClientRect().top - document.querySelector('.tip').getBoundingClientRect().bottom"
    for _ in range(3):
        browser.run("scrollBy(0, 30)")
        assert 0 < browser.run(distance) < 20  # it stays with its cell
    browser.run("document.activeElement.blur()")
    assert browser.run(tip) is None


@needs_browser
def test_the_pointer_tells_cells(folder, browser):
    browser.open(folder / "twenty.html")
    place = browser.run("(() => { const svg = document.querySelector('.map svg'); svg.scrollIntoView(); const box = svg.getBoundingClientRect(), "
                        "scale = box.width / svg.viewBox.baseVal.width, d = svg.dataset; return [box.x + scale * (+d.x + 1.5 * d.w), "
                        "box.y + scale * (+d.y + 12.2 * d.h)]; })()")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])
    assert browser.run("document.querySelector('.tip').textContent").startswith("conv2d_12, bit 30: ")
    assert browser.run("document.querySelectorAll('.map title').length") == 0  # the browser's own tip would hide it


@needs_browser
@pytest.mark.parametrize("width", [360, 900, 1600])
@pytest.mark.parametrize("name", ["twenty", "many", "hostile"])
def test_pages_are_as_wide_as_the_window(folder, browser, name, width):
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    browser.open(folder / f"{name}.html")
    assert browser.run("document.documentElement.scrollWidth") <= width
    browser.call("Emulation.clearDeviceMetricsOverride")


@needs_browser
def test_dark_and_print(folder, browser):
    browser.open(folder / "twenty.html")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    for features, media, expected in (({"light"}, "screen", "rgb(255, 255, 255)"), ({"dark"}, "screen", "rgb(20, 23, 28)"),
                                      ({"dark"}, "print", "rgb(255, 255, 255)")):
        browser.call("Emulation.setEmulatedMedia", media=media,
                     features=[{"name": "prefers-color-scheme", "value": value} for value in features])
        assert browser.run(ground) == expected
    browser.run("document.querySelector('.theme').click()")  # a theme that was chosen is not printed either
    assert browser.run(ground) == "rgb(255, 255, 255)"
    browser.call("Emulation.setEmulatedMedia", media="", features=[])


@needs_browser
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext reads what was printed (poppler-utils)")
def test_print_of_many_layers(folder, browser, tmp_path):
    browser.open(folder / "many.html")
    printed = tmp_path / "many.pdf"
    printed.write_bytes(base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True)["data"]))
    text = subprocess.run(["pdftotext", "-layout", printed, "-"], capture_output=True, text=True, check=True).stdout
    pages = text.rstrip("\f").split("\f")
    headings = {"Critical rate by layer and bit", "Critical rate by bit and by layer", "Tables", "By layer", "By bit"}
    for number, page in enumerate(pages, 1):
        lines = [line.strip() for line in page.splitlines() if line.strip()]
        assert lines, f"page {number} is empty"
        assert lines[-1] not in headings, f"page {number} ends with a heading"
    rows = [page for page in pages if len(re.findall(r"^ *conv2d_\d+ +\d+ +[\d,]+ +\d", page, re.MULTILINE)) > 5]
    assert len(rows) > 2
    assert all("possible" in page for page in rows), "each page of a table has its header"


@needs_browser
def test_it_reads_without_scripts(folder, browser):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(folder / "twenty.html")
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    count = {selector: len(browser.call("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"])
             for selector in (".map title", ".cells td[data-v]", "button", ".tip")}
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert count[".map title"] == count[".cells td[data-v]"] > 500  # the browser's own tips tell the numbers
    assert count["button"] == count[".tip"] == 0
    assert browser.complaints() == []
