// Places that are spread evenly over [0, 1) however many of them are taken.
#pragma once

#include <cmath>
#include <cstddef>

namespace tf_injector {

// The i-th of them, from 0.
[[nodiscard]] inline double spread_place(size_t i) {
  constexpr double kGoldenRatio = 0.6180339887498949;  // its multiples fill [0, 1)
  return std::fmod(static_cast<double>(i + 1) * kGoldenRatio, 1.0);
}

}  // namespace tf_injector
