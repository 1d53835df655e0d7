#include "graph/ops/concat.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Concat& op, std::span<const Shape> inputs) {
  if (inputs.empty()) throw ModelError("expected at least one input, found none");
  const Shape& first = inputs[0];
  if (op.axis < 0 || op.axis >= first.rank()) {
    throw ModelError("cannot join " + first.to_string() + " along axis " + std::to_string(op.axis));
  }
  std::vector<int64_t> dims = first.dims();
  int64_t& joined = dims[static_cast<size_t>(op.axis)];
  joined = 0;
  for (const Shape& shape : inputs) {
    bool fits = shape.rank() == first.rank();
    for (int a = 0; fits && a < first.rank(); ++a) fits = a == op.axis || shape[a] == first[a];
    if (!fits) {
      throw ModelError("cannot join " + first.to_string() + " and " + shape.to_string() + " along axis " +
                       std::to_string(op.axis));
    }
    joined += shape[op.axis];
    expect_within(joined, 0, "an axis");
  }
  return Shape(dims);
}

}  // namespace tf_injector::detail::ops
