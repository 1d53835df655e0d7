// Text of a terminal: lines of so many characters.
#pragma once

#include <cstddef>
#include <string>

#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail {

class TextWriter {
 public:
  explicit TextWriter(const StatisticsTextOptions& options);

  [[nodiscard]] size_t columns() const { return columns_; }
  void heading(const std::string& text) { add("\n" + bold(text) + "\n"); }
  void add(const std::string& text) { text_ += text; }
  // Words, broken at blanks; lines after the first are indented. What a terminal would obey is not passed on.
  void paragraph(const std::string& words, const std::string& indent = "", bool is_bold = false);
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  [[nodiscard]] std::string bold(const std::string& text) const {
    return color_ ? "\x1b[1m" + text + "\x1b[0m" : text;
  }
  void end_line(const std::string& line, bool is_bold) { add((is_bold ? bold(line) : line) + "\n"); }

  size_t columns_;
  bool color_;
  std::string text_;
};

}  // namespace tf_injector::detail
