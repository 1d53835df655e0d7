// A separate 2-D convolution of every channel, NHWC. Kernel (kh, kw, channels, multiplier): channel c yields
// the output channels c * multiplier ... c * multiplier + multiplier - 1.
#pragma once
#include <array>
#include <span>

#include "graph/ops/conv2d.hpp"

namespace tf_injector::detail::ops {

struct DepthwiseConv2D {
  static constexpr const char* kName = "DepthwiseConv2D";
  WeightId kernel = kNoWeight;
  WeightId bias = kNoWeight;  // (channels * multiplier,) or kNoWeight
  std::array<int64_t, 2> kernel_size{1, 1};
  std::array<int64_t, 2> strides{1, 1};
  std::array<int64_t, 2> dilation{1, 1};
  int64_t multiplier = 1;
  Padding padding = Padding::valid;
};

// (H, W, C) -> (H', W', C * multiplier). Throws ModelError.
Shape infer_shape(const DepthwiseConv2D& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
