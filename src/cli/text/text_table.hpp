// Tables of plain text.
#pragma once

#include <string>
#include <vector>

namespace tf_injector::detail::cli {

struct Column {
  std::string title;
  bool right = false;  // aligned to the right: numbers
};

// Title line, rule, rows; columns two blanks apart and as wide as their widest cell, no blanks at line ends.
// A row without cells is a rule.
[[nodiscard]] std::string text_table(const std::vector<Column>& columns,
                                     const std::vector<std::vector<std::string>>& rows);

}  // namespace tf_injector::detail::cli
