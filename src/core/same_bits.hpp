// Compares two float32 arrays by their bits: a NaN equals a NaN of the same bits, +0 differs from -0.
#pragma once

#include <cstring>
#include <span>

namespace tf_injector::detail {

[[nodiscard]] inline bool same_bits(std::span<const float> a, std::span<const float> b) noexcept {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace tf_injector::detail
