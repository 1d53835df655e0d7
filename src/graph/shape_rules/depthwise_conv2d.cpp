#include "graph/ops/depthwise_conv2d.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const DepthwiseConv2D& op, std::span<const Shape> inputs) {
  const Shape& in = expect_image(inputs);
  expect_within(op.multiplier, 1, "a depth multiplier");
  return Shape{window_output(in[0], op.kernel_size[0], op.strides[0], op.dilation[0], op.padding),
               window_output(in[1], op.kernel_size[1], op.strides[1], op.dilation[1], op.padding),
               in[2] * op.multiplier};
}

}  // namespace tf_injector::detail::ops
