// Collects problems while something is read or checked: the first of them as lines, the others as a count.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tf_injector::detail {

class ProblemLines {
 public:
  static constexpr size_t kShown = 100;

  void add(std::string_view line);
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  // A line per problem, at most kShown, then "... and N more".
  [[nodiscard]] std::string text() const;

 private:
  std::string lines_;
  size_t count_ = 0;
};

}  // namespace tf_injector::detail
