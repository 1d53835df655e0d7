#include "graph/ops/dense.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Dense& op, std::span<const Shape> inputs) {
  const Shape& in = expect_one(inputs);
  if (in.rank() < 1) throw ModelError("expected at least one axis beside the batch, found " + in.to_string());
  expect_within(op.units, 1, "units");
  std::vector<int64_t> dims = in.dims();
  dims.back() = op.units;
  return Shape(std::move(dims));
}

}  // namespace tf_injector::detail::ops
