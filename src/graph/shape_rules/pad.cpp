#include "graph/ops/pad.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Pad& op, std::span<const Shape> inputs) {
  const Shape& in = expect_one(inputs);
  if (static_cast<int>(op.paddings.size()) != in.rank()) {
    throw ModelError("expected paddings for " + std::to_string(in.rank()) + " axes, found " +
                     std::to_string(op.paddings.size()));
  }
  std::vector<int64_t> dims = in.dims();
  for (size_t a = 0; a < dims.size(); ++a) {
    const auto [before, after] = op.paddings[a];
    expect_within(before, 0, "paddings");
    expect_within(after, 0, "paddings");
    expect_within(dims[a] + before + after, 1, "a padded axis");
    dims[a] += before + after;
  }
  return Shape(std::move(dims));
}

}  // namespace tf_injector::detail::ops
