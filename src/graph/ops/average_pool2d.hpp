// The average over a window: a sequential sum in the order of h, w, divided by the number of elements that
// are not padding.
#pragma once
#include <array>
#include <span>

#include "graph/ops/conv2d.hpp"

namespace tf_injector::detail::ops {

struct AveragePool2D {
  static constexpr const char* kName = "AveragePool2D";
  std::array<int64_t, 2> pool_size{2, 2};
  std::array<int64_t, 2> strides{2, 2};
  Padding padding = Padding::valid;
};

Shape infer_shape(const AveragePool2D& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
