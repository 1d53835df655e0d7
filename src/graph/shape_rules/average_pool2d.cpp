#include "graph/ops/average_pool2d.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const AveragePool2D& op, std::span<const Shape> inputs) {
  const Shape& in = expect_image(inputs);
  return Shape{window_output(in[0], op.pool_size[0], op.strides[0], 1, op.padding),
               window_output(in[1], op.pool_size[1], op.strides[1], 1, op.padding), in[2]};
}

}  // namespace tf_injector::detail::ops
