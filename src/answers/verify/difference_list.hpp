// The differences that a verification has found, the first so many of them.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tf_injector/verify.hpp"

namespace tf_injector::detail {

class DifferenceList {
 public:
  explicit DifferenceList(Verification& result) : result_(result) {}

  void add(VerifyDifference difference) {
    if (result_.differences.size() < Verification::kMostDifferences) {
      result_.differences.push_back(std::move(difference));
    } else {
      ++result_.more_differences;
    }
  }
  // Adds one unless both are the same. `file`, `what`: as in a VerifyDifference.
  bool require_same(const std::string& file, const std::string& what, const std::string& expected,
                    const std::string& found) {
    if (expected == found) return true;
    add({.file = file, .what = what, .expected = expected, .found = found});
    return false;
  }
  // Is there one in this line of this file?
  [[nodiscard]] bool has(const std::string& file, int64_t line) const {
    for (const VerifyDifference& known : result_.differences)
      if (known.file == file && known.line == line) return true;
    return false;
  }
  [[nodiscard]] bool empty() const noexcept { return result_.differences.empty(); }

 private:
  Verification& result_;
};

}  // namespace tf_injector::detail
