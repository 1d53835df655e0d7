#include "graph/ops/reshape.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Reshape& op, std::span<const Shape> inputs) {
  const Shape& in = expect_one(inputs);
  if (in.elements() != op.shape.elements()) {
    throw ModelError("cannot give " + in.to_string() + " the shape " + op.shape.to_string());
  }
  return op.shape;
}

}  // namespace tf_injector::detail::ops
