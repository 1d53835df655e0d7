// What a self-check says when it finds a difference.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tf_injector/fault.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail {

// "fault 7 (conv2d, (0, 1, 2, 3), bit 30)"
[[nodiscard]] std::string fault_text(const Fault& fault);

// All throw Error(self_check). `what`: whose they are, a fault's or the golden run's.
[[noreturn]] void throw_different_rows(std::span<const float> found, std::span<const float> plain,
                                       const std::string& what, int64_t image);
// `found`: what the report would count; `expected`: what the rows that it was counted from give.
void require_equal_counts(const Tally& found, const Tally& expected, const std::string& what);
[[noreturn]] void throw_given_twice(const std::string& what, int64_t image);

}  // namespace tf_injector::detail
