#include "graph/ops/transpose.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Transpose& op, std::span<const Shape> inputs) {
  const Shape& in = expect_one(inputs);
  if (static_cast<int>(op.perm.size()) != in.rank()) {
    throw ModelError("expected a permutation of " + std::to_string(in.rank()) + " axes, found " +
                     std::to_string(op.perm.size()));
  }
  std::vector<bool> seen(op.perm.size(), false);
  std::vector<int64_t> dims;
  for (int axis : op.perm) {
    if (axis < 0 || axis >= in.rank() || seen[static_cast<size_t>(axis)])
      throw ModelError("not a permutation of the axes");
    seen[static_cast<size_t>(axis)] = true;
    dims.push_back(in[axis]);
  }
  return Shape(std::move(dims));
}

}  // namespace tf_injector::detail::ops
