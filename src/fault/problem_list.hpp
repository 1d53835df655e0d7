// What is wrong with a file, collected while it is read: the first problems as text, the rest as a number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector {

// One message: "what; expected ...; found ...".
struct ProblemText {
  std::string what;
  std::string expected = {};  // may be empty
  std::string found = {};     // may be empty; as it shall be shown
};

class ProblemList {
 public:
  static constexpr size_t kShown = 100;

  // `make` returns the ProblemText; it is called only for problems that may be shown. Positions must not go
  // down.
  template <typename Make>
  void add(int line, int column, const Make& make) {
    ++count_;
    if (problems_.size() < kShown) problems_.push_back({line, column, make()});
  }
  // Takes over the problems of another list; the order of positions is restored.
  void merge(ProblemList other);

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  // "label:line:column: ..." a line each, at most kShown, then "... and N more".
  [[nodiscard]] std::string text(std::string_view label) const;

 private:
  struct Problem {
    int line, column;
    ProblemText text;
  };
  std::vector<Problem> problems_;
  int64_t count_ = 0;
};

}  // namespace tf_injector
