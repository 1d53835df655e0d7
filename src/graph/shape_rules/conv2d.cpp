#include "graph/ops/conv2d.hpp"

#include <algorithm>

#include "core/round_up.hpp"
#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

std::array<int64_t, 2> padding_of(int64_t in, int64_t kernel, int64_t stride, int64_t dilation,
                                  Padding padding) {
  if (padding == Padding::valid) return {0, 0};
  const int64_t out = divide_up(in, stride);
  const int64_t all = std::max<int64_t>(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - in);
  return {all / 2, all - all / 2};
}

int64_t window_output(int64_t in, int64_t kernel, int64_t stride, int64_t dilation, Padding padding) {
  expect_within(in, 1, "an axis");
  expect_within(kernel, 1, "a window");
  expect_within(stride, 1, "strides");
  expect_within(dilation, 1, "a dilation");
  if (padding == Padding::same) return divide_up(in, stride);
  const int64_t span = (kernel - 1) * dilation + 1;
  if (in < span) {
    throw ModelError("a window of " + std::to_string(span) + " does not fit an axis of " +
                     std::to_string(in));
  }
  return (in - span) / stride + 1;
}

Shape infer_shape(const Conv2D& op, std::span<const Shape> inputs) {
  const Shape& in = expect_image(inputs);
  expect_within(op.filters, 1, "filters");
  if (op.groups < 1 || in[2] % op.groups != 0 || op.filters % op.groups != 0) {
    throw ModelError(std::to_string(in[2]) + " input channels and " + std::to_string(op.filters) +
                     " filters cannot be cut into " + std::to_string(op.groups) + " groups");
  }
  return Shape{window_output(in[0], op.kernel_size[0], op.strides[0], op.dilation[0], op.padding),
               window_output(in[1], op.kernel_size[1], op.strides[1], op.dilation[1], op.padding),
               op.filters};
}

}  // namespace tf_injector::detail::ops
