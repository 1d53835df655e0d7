// What is wrong with a data set, collected while it is read: the first problems as lines, the rest as a
// number.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tf_injector::data {

class ProblemLines {
 public:
  static constexpr size_t kShown = 100;

  void add(std::string_view line);
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  // Throws DatasetError with a line per problem (at most kShown, then "... and N more"), when there are any.
  void throw_if_any() const;

 private:
  std::string lines_;
  size_t count_ = 0;
};

}  // namespace tf_injector::data
