#include "cli/text/text_table.hpp"

#include <algorithm>

namespace tf_injector::detail::cli {
namespace {

constexpr size_t kGap = 2;

std::string table_line(const std::vector<Column>& columns, const std::vector<std::string>& cells,
                       const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) line.append(kGap, ' ');
    const std::string padding(widths[i] - cells[i].size(), ' ');
    line += columns[i].right ? padding + cells[i] : cells[i] + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string text_table(const std::vector<Column>& columns,
                       const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> titles;
  std::vector<size_t> widths;
  size_t total = kGap * (columns.size() - 1);
  for (size_t i = 0; i < columns.size(); ++i) {
    titles.push_back(columns[i].title);
    size_t width = columns[i].title.size();
    for (const auto& row : rows) width = std::max(width, row.empty() ? 0 : row[i].size());
    widths.push_back(width);
    total += width;
  }
  const std::string rule = std::string(total, '-') + "\n";
  std::string table = table_line(columns, titles, widths) + rule;
  for (const auto& row : rows) table += row.empty() ? rule : table_line(columns, row, widths);
  return table;
}

}  // namespace tf_injector::detail::cli
