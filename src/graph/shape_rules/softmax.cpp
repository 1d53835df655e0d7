#include "graph/ops/softmax.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Softmax&, std::span<const Shape> inputs) {
  const Shape& in = expect_one(inputs);
  if (in.rank() < 1) throw ModelError("expected at least one axis beside the batch");
  return in;
}

}  // namespace tf_injector::detail::ops
