// Where a kernel's element is multiplied: the outputs of its layer that it decides, and the inputs it meets.
#pragma once

#include <cstdint>
#include <vector>

#include "core/shape.hpp"
#include "graph/op.hpp"

namespace tf_injector::detail {

// One product of the element: which input element, for which output element of an image.
struct KernelUse {
  static constexpr int64_t kPadding = -1;  // the tap lies outside the image: a zero, or no product at all
  int64_t input = 0;
  int64_t output = 0;
};

// The products of element `element` (row-major) of the kernel of a Conv2D, DepthwiseConv2D or Dense: one for
// each output position. None for other ops.
[[nodiscard]] std::vector<KernelUse> kernel_uses(const Op& op, const Shape& kernel, int64_t element,
                                                 const Shape& input, const Shape& output);

// The input positions (row-major) of the window of an output row or column; those outside are left out.
[[nodiscard]] std::vector<int64_t> window_of(int64_t output, int64_t in, int64_t kernel, int64_t stride,
                                             int64_t dilation, ops::Padding padding);

}  // namespace tf_injector::detail
