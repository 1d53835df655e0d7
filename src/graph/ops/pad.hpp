// Adds a border of one value (ZeroPadding2D, tf.pad with mode CONSTANT): (before, after) for every axis but
// the batch.
#pragma once
#include <array>
#include <span>
#include <vector>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

struct Pad {
  static constexpr const char* kName = "Pad";
  std::vector<std::array<int64_t, 2>> paddings;
  float value = 0.0f;
};

Shape infer_shape(const Pad& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
