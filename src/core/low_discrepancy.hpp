// A low-discrepancy sequence: points that cover [0, 1) evenly however many of them are taken.
#pragma once

#include <cmath>
#include <cstddef>

namespace tf_injector::detail {

// The i-th point, counted from 0: the fractional part of (i + 1) / golden ratio.
[[nodiscard]] inline double low_discrepancy_point(size_t i) {
  constexpr double kInverseGoldenRatio = 0.6180339887498949;
  return std::fmod(static_cast<double>(i + 1) * kInverseGoldenRatio, 1.0);
}

}  // namespace tf_injector::detail
