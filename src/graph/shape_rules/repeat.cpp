#include "graph/ops/repeat.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Repeat& op, std::span<const Shape> inputs) {
  const Shape& in = expect_one(inputs);
  if (static_cast<int>(op.times.size()) != in.rank()) {
    throw ModelError("expected " + std::to_string(in.rank()) + " numbers of repetitions, found " +
                     std::to_string(op.times.size()));
  }
  std::vector<int64_t> dims;
  for (int axis = 0; axis < in.rank(); ++axis) {
    const int64_t times = op.times[static_cast<size_t>(axis)];
    expect_within(times, 1, "a number of repetitions");
    int64_t dim = 0;
    if (__builtin_mul_overflow(in[axis], times, &dim)) dim = kMaxAxis + 1;
    expect_within(dim, 0, "an axis");
    dims.push_back(dim);
  }
  return Shape(std::move(dims));
}

}  // namespace tf_injector::detail::ops
