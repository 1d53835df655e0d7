// Checks shared by the shape rules. All throw ModelError, saying what was expected and what was found.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/shape.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::ops {

// Larger sizes, strides and paddings are refused: no tensor has such an axis, and so sums cannot overflow.
inline constexpr int64_t kMaxAxis = (int64_t{1} << 31) - 1;

inline void expect_within(int64_t value, int64_t least, const char* what) {
  if (value < least || value > kMaxAxis) {
    throw ModelError(std::string("expected ") + what + " from " + std::to_string(least) + " to " +
                     std::to_string(kMaxAxis) + ", found " + std::to_string(value));
  }
}

inline const Shape& expect_one(std::span<const Shape> inputs) {
  if (inputs.size() != 1) throw ModelError("expected one input, found " + std::to_string(inputs.size()));
  return inputs[0];
}

inline const Shape& expect_image(std::span<const Shape> inputs) {
  const Shape& shape = expect_one(inputs);
  if (shape.rank() != 3)
    throw ModelError("expected an image (height, width, channels), found " + shape.to_string());
  return shape;
}

}  // namespace tf_injector::detail::ops
