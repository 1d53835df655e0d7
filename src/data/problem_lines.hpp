// Collects the problems of a data set while it is read: the first of them as lines, the others as a count.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tf_injector::detail::data {

class ProblemLines {
 public:
  static constexpr size_t kShown = 100;

  void add(std::string_view line);
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  // Throws DatasetError if there are problems: a line each, at most kShown, then "... and N more".
  void throw_if_any() const;

 private:
  std::string lines_;
  size_t count_ = 0;
};

}  // namespace tf_injector::detail::data
