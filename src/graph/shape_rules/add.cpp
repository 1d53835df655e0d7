#include "graph/ops/add.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Add&, std::span<const Shape> inputs) {
  if (inputs.empty()) throw ModelError("expected at least one input, found none");
  for (const Shape& shape : inputs) {
    if (shape != inputs[0]) {
      throw ModelError("expected inputs of one shape, found " + inputs[0].to_string() + " and " +
                       shape.to_string());
    }
  }
  return inputs[0];
}

}  // namespace tf_injector::detail::ops
