// 2-D convolution, NHWC. Kernel (kh, kw, cin / groups, cout). The activation, if any, is a node of its own.
#pragma once
#include <array>
#include <span>

#include "core/shape.hpp"
#include "graph/ops/release.hpp"
#include "graph/weight.hpp"

namespace tf_injector::detail::ops {

enum class Padding { valid, same };

struct Conv2D {
  static constexpr const char* kName = "Conv2D";
  WeightId kernel = kNoWeight;
  WeightId bias = kNoWeight;  // (cout,) or kNoWeight
  std::array<int64_t, 2> kernel_size{1, 1};
  std::array<int64_t, 2> strides{1, 1};
  std::array<int64_t, 2> dilation{1, 1};
  int64_t groups = 1;
  int64_t filters = 0;
  Padding padding = Padding::valid;
  TensorFlow release = TensorFlow::v2_14;  // matters only if the window is the whole image
};

// The number of zeros before and after an axis: {0, 0} for `valid`; for `same` an odd one goes after, as in
// TensorFlow.
std::array<int64_t, 2> padding_of(int64_t in, int64_t kernel, int64_t stride, int64_t dilation,
                                  Padding padding);
// The output length along one axis. Throws ModelError if the window does not fit.
int64_t window_output(int64_t in, int64_t kernel, int64_t stride, int64_t dilation, Padding padding);
// (H, W, C) -> (H', W', filters). Throws ModelError.
Shape infer_shape(const Conv2D& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
