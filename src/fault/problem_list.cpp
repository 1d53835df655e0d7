#include "fault/problem_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

namespace tf_injector::detail {

void ProblemList::merge(ProblemList other) {
  count_ += other.count_;
  std::move(other.problems_.begin(), other.problems_.end(), std::back_inserter(problems_));
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (problems_.size() > kShown) problems_.resize(kShown);
}

std::string ProblemList::text(std::string_view label) const {
  std::string lines;
  for (const auto& [line, column, problem] : problems_) {
    if (!lines.empty()) lines += '\n';
    lines += fmt::format("{}:{}:{}: {}", label, line, column, problem.what);
    if (!problem.expected.empty()) lines += "; expected " + problem.expected;
    if (!problem.found.empty()) lines += "; found " + problem.found;
  }
  const int64_t more = count_ - static_cast<int64_t>(problems_.size());
  if (more > 0) lines += fmt::format("\n... and {} more", more);
  return lines;
}

}  // namespace tf_injector::detail
