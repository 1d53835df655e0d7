// Collects the problems of a file while it is read: the first of them as text, the others as a count.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

// One message: "what; expected ...; found ...".
struct ProblemText {
  std::string what;
  std::string expected = {};  // may be empty
  std::string found = {};     // may be empty; already fit for a message
};

class ProblemList {
 public:
  static constexpr size_t kShown = 100;

  // `make` returns the ProblemText; it is called only for problems that can be shown. Problems must be added
  // in the order of their positions.
  template <typename Make>
  void add(int line, int column, const Make& make) {
    ++count_;
    if (problems_.size() < kShown) problems_.push_back({line, column, make()});
  }
  // Adds the problems of another list, in the order of their positions.
  void merge(ProblemList other);

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  // A line per problem, "label:line:column: ...", at most kShown, then "... and N more".
  [[nodiscard]] std::string text(std::string_view label) const;

 private:
  struct Problem {
    int line, column;
    ProblemText text;
  };
  std::vector<Problem> problems_;
  int64_t count_ = 0;
};

}  // namespace tf_injector::detail
