#include "data/problem_lines.hpp"

#include <fmt/format.h>

#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {

void ProblemLines::add(std::string_view line) {
  if (++count_ > kShown) return;
  if (!lines_.empty()) lines_ += '\n';
  lines_ += line;
}

void ProblemLines::throw_if_any() const {
  if (count_ == 0) return;
  throw DatasetError(count_ > kShown ? fmt::format("{}\n... and {} more", lines_, count_ - kShown) : lines_);
}

}  // namespace tf_injector::detail::data
