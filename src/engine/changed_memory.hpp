// What is said when something changed in memory that never changes.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tf_injector::detail {

// "0x3F800000 (1)"
[[nodiscard]] std::string bits_text(float value);

// Both throw Error(self_check). `what`: "the weights of step 3".
[[noreturn]] void throw_changed(const std::string& what, uint64_t hash_before, uint64_t hash_now);
// Throws unless the golden scores of the image, computed once more, are what they were.
void require_same_golden(std::span<const float> before, std::span<const float> now, int64_t image);

}  // namespace tf_injector::detail
