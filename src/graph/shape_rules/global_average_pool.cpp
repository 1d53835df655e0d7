#include "graph/ops/global_average_pool.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const GlobalAveragePool& op, std::span<const Shape> inputs) {
  const Shape& in = expect_image(inputs);
  return op.keepdims ? Shape{1, 1, in[2]} : Shape{in[2]};
}

}  // namespace tf_injector::detail::ops
