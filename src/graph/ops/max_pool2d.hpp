// The largest value of a window; positions outside the image (padding="same") are left out. NaN is skipped: a
// window of nothing but NaN gives the lowest float.
#pragma once
#include <array>
#include <span>

#include "graph/ops/conv2d.hpp"

namespace tf_injector::detail::ops {

struct MaxPool2D {
  static constexpr const char* kName = "MaxPool2D";
  std::array<int64_t, 2> pool_size{2, 2};
  std::array<int64_t, 2> strides{2, 2};
  Padding padding = Padding::valid;
};

Shape infer_shape(const MaxPool2D& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
