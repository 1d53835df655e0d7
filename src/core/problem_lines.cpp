#include "core/problem_lines.hpp"

#include <fmt/format.h>

namespace tf_injector::detail {

void ProblemLines::add(std::string_view line) {
  if (++count_ > kShown) return;
  if (!lines_.empty()) lines_ += '\n';
  lines_ += line;
}

std::string ProblemLines::text() const {
  return count_ > kShown ? fmt::format("{}\n... and {} more", lines_, count_ - kShown) : lines_;
}

}  // namespace tf_injector::detail
