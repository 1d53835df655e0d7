#include "answers/page/assets.hpp"

namespace tf_injector::detail {
namespace {

// Everything on the page is there without it: it sorts, tells the numbers of a cell, and changes the theme.
// What it shows comes from the page's own tables and goes back as text.
constexpr std::string_view kScript = R"js(
"use strict";
(function () {
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  // Theme: as the system has it, until the button is pressed.
  const root = document.documentElement;
  const theme = document.createElement("button");
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const label = () => { theme.textContent = dark() ? "Light theme" : "Dark theme"; };
  theme.type = "button";
  theme.className = "theme";
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; label(); });
  label();
  document.querySelector(".top").append(theme);

  // Tables: a header's button sorts by its column, numbers from the largest down first.
  const key = (cell) => "s" in cell.dataset ? Number(cell.dataset.s) : cell.textContent;
  function sort(header) {
    const table = header.closest("table"), body = table.tBodies[0], column = header.cellIndex;
    const rows = Array.from(body.rows);
    const numbers = rows.some((row) => "s" in row.cells[column].dataset);
    const was = header.getAttribute("aria-sort");
    const down = was ? was === "ascending" : numbers;
    const order = (a, b) => typeof a === "number" && typeof b === "number" ? a - b
      : String(a).localeCompare(String(b), undefined, { numeric: true });
    rows.sort((a, b) => (down ? -1 : 1) * order(key(a.cells[column]), key(b.cells[column])));
    all("th[aria-sort]", table.tHead).forEach((other) => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
  }
  all("table.sortable thead th").forEach((header) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(header));
    header.append(button);
  });

  // Heat map: the cell below the pointer, or the one that the arrow keys have reached, tells its numbers.
  const box = document.querySelector(".map"), table = document.querySelector(".cells");
  if (!box || !table) return;
  const svg = box.querySelector("svg"), rows = table.tBodies[0].rows, at = { row: 0, column: 0 };
  const size = ["x", "y", "w", "h"].map((name) => Number(svg.dataset[name]));
  const tip = document.createElement("div"), cursor = document.createElementNS(svg.namespaceURI, "rect");
  all("title", svg).forEach((title) => title.remove());
  tip.className = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  cursor.setAttribute("class", "cursor");
  cursor.setAttribute("width", size[2]);
  cursor.setAttribute("height", size[3]);
  document.body.append(tip);
  const hide = () => { tip.hidden = true; cursor.remove(); };
  function show(row, column) {
    const cells = rows[row].cells, cell = cells[column + 1], data = (cell.dataset.v || "").split("|");
    const name = cells[0].textContent + ", bit " + (LAST_BIT - column) + ": ";
    tip.textContent = name + (data.length < 3 ? "no fault"
      : cell.textContent + " % of the images " + data[0] + "; " + data[1] + " % of " + data[2]
        + (data[2] === "1" ? " fault" : " faults"));
    at.row = row;
    at.column = column;
    cursor.setAttribute("x", size[0] + column * size[2]);
    cursor.setAttribute("y", size[1] + row * size[3]);
    svg.append(cursor);
    tip.hidden = false;
    place_tip();
  }
  function place_tip() {  // above the cell; below it where there is no room
    const place = cursor.getBoundingClientRect(), width = tip.offsetWidth, height = tip.offsetHeight;
    const left = Math.min(Math.max(4, place.left + place.width / 2 - width / 2), innerWidth - width - 4);
    tip.style.left = left + "px";
    tip.style.top = (place.top > height + 12 ? place.top - height - 8 : place.bottom + 8) + "px";
  }
  svg.addEventListener("pointermove", (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const column = Math.floor((point.x - size[0]) / size[2]), row = Math.floor((point.y - size[1]) / size[3]);
    if (column < 0 || column > LAST_BIT || row < 0 || row >= rows.length) hide();
    else if (tip.hidden || row !== at.row || column !== at.column) show(row, column);
  });
  svg.addEventListener("pointerleave", hide);
  box.addEventListener("focus", () => { if (box.matches(":focus-visible")) show(at.row, at.column); });
  box.addEventListener("blur", hide);
  document.addEventListener("scroll", () => { if (!tip.hidden) place_tip(); }, true);
  box.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Escape") hide();
    if (!step) return;
    event.preventDefault();
    const row = Math.min(Math.max(at.row + step[0], 0), rows.length - 1);
    const column = Math.min(Math.max(at.column + step[1], 0), LAST_BIT);
    show(row, column);
    cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
})();
)js";

}  // namespace

std::string page_script(int last_bit) {
  constexpr std::string_view kLastBit = "LAST_BIT";
  std::string script(kScript);
  for (size_t at = script.find(kLastBit); at != std::string::npos; at = script.find(kLastBit, at))
    script.replace(at, kLastBit.size(), std::to_string(last_bit));
  return script;
}

}  // namespace tf_injector::detail
