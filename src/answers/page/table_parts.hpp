// What tables of pages are made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail {

struct HtmlColumn {
  std::string title;
  bool is_text = false;
};

// Up to where the rows begin.
[[nodiscard]] std::string table_start(const std::string& style, const std::string& caption,
                                      const std::vector<HtmlColumn>& columns);
inline constexpr const char* kTableEnd = "</tbody></table>\n";

// A cell that is sorted by a number.
[[nodiscard]] std::string number_cell(double value, const std::string& text);
[[nodiscard]] std::string count_cell(int64_t count);
// Two cells: the estimate and its interval.
[[nodiscard]] std::string share_cells(const Share& share);

// `text`, escaped: a number keeps its percent sign on its line, and has a true minus.
[[nodiscard]] std::string html_text(std::string_view text);

}  // namespace tf_injector::detail
