#include "answers/plain_table.hpp"

#include <algorithm>
#include <numeric>

#include "answers/safe_text.hpp"

namespace tf_injector::detail {
namespace {

constexpr size_t kColumnGap = 2;

std::string plain_line(const std::vector<PlainColumn>& columns, const std::vector<std::string>& cells,
                       const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) line.append(kColumnGap, ' ');
    const std::string padding(widths[i] - text_width(cells[i]), ' ');
    line += columns[i].right ? padding + cells[i] : cells[i] + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

// Without blanks at the end of the line.
size_t line_width(const std::vector<size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), kColumnGap * (widths.size() - 1));
}

}  // namespace

std::string plain_table(std::vector<PlainColumn> columns, std::vector<std::vector<std::string>> rows,
                        size_t longest_line) {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    size_t width = text_width(columns[i].title);
    for (const auto& row : rows) width = std::max(width, text_width(row[i]));
    widths.push_back(width);
  }
  while (line_width(widths) > longest_line && columns.size() > 2) {
    const auto least = std::min_element(columns.begin() + 1, columns.end(),
                                        [](const auto& a, const auto& b) { return a.keep < b.keep; });
    const auto at = least - columns.begin();
    columns.erase(least);
    widths.erase(widths.begin() + at);
    for (auto& row : rows) row.erase(row.begin() + at);
  }
  std::vector<std::string> titles;
  for (const PlainColumn& column : columns) titles.push_back(column.title);
  std::string table = plain_line(columns, titles, widths) + std::string(line_width(widths), '-') + "\n";
  for (const auto& row : rows) table += plain_line(columns, row, widths);
  return table;
}

}  // namespace tf_injector::detail
