// Tables of plain text that fit a line length: the columns that matter least are left out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tf_injector::detail {

struct PlainColumn {
  std::string title;
  bool right = true;  // aligned to the right: numbers
  int keep = 0;       // where there is no room for all, those of the least number go first
};

// Title line, rule, rows; columns two blanks apart and as wide as their widest cell, no blanks at line ends.
// Cells are UTF-8; the first column is always there.
[[nodiscard]] std::string plain_table(std::vector<PlainColumn> columns,
                                      std::vector<std::vector<std::string>> rows, size_t longest_line);

}  // namespace tf_injector::detail
